/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Interfaces of NetBSD.
 */

#ifndef FAKE_NETBSD_NET_IF_H
#define FAKE_NETBSD_NET_IF_H 1

#include <stdint.h>
#include <sys/time.h>
#include <time.h>
#include <flavour-if-common.h>

#define IFF_RUNNING 0x40
#define IFF_CANTCHANGE 0x8f52

#define IFCAP_TSOv4 0x00080
#define IFCAP_CSUM_IPv4_Rx 0x00100
#define IFCAP_CSUM_IPv4_Tx 0x00200
#define IFCAP_CSUM_TCPv4_Rx 0x00400
#define IFCAP_CSUM_TCPv4_Tx 0x00800
#define IFCAP_CSUM_UDPv4_Rx 0x01000
#define IFCAP_CSUM_UDPv4_Tx 0x02000
#define IFCAP_CSUM_TCPv6_Rx 0x04000
#define IFCAP_CSUM_TCPv6_Tx 0x08000
#define IFCAP_CSUM_UDPv6_Rx 0x10000
#define IFCAP_CSUM_UDPv6_Tx 0x20000
#define IFCAP_TSOv6 0x40000
#define IFCAP_LRO 0x80000

struct if_data {
    u_char ifi_type;
    u_char ifi_addrlen;
    u_char ifi_hdrlen;
    int ifi_link_state;
    uint64_t ifi_mtu;
    uint64_t ifi_metric;
    uint64_t ifi_baudrate;
    uint64_t ifi_ipackets;
    uint64_t ifi_ierrors;
    uint64_t ifi_opackets;
    uint64_t ifi_oerrors;
    uint64_t ifi_collisions;
    uint64_t ifi_ibytes;
    uint64_t ifi_obytes;
    uint64_t ifi_imcasts;
    uint64_t ifi_omcasts;
    uint64_t ifi_iqdrops;
    uint64_t ifi_noproto;
    struct timespec ifi_lastchange;
};

#define FAKE_ALIGN64 __attribute__((aligned(8)))

struct if_msghdr {
    u_short ifm_msglen FAKE_ALIGN64;
    u_char ifm_version;
    u_char ifm_type;
    int ifm_addrs;
    int ifm_flags;
    u_short ifm_index;
    struct if_data ifm_data FAKE_ALIGN64;
};

struct ifa_msghdr {
    u_short ifam_msglen FAKE_ALIGN64;
    u_char ifam_version;
    u_char ifam_type;
    u_short ifam_index;
    int ifam_flags;
    int ifam_addrs;
    pid_t ifam_pid;
    int ifam_addrflags;
    int ifam_metric;
};

struct if_announcemsghdr {
    u_short ifan_msglen FAKE_ALIGN64;
    u_char ifan_version;
    u_char ifan_type;
    u_short ifan_index;
    char ifan_name[IFNAMSIZ];
    u_short ifan_what;
};

struct ifreq {
    char ifr_name[IFNAMSIZ];
    union {
        struct sockaddr ifru_addr;
        struct sockaddr_storage ifru_space;
        short ifru_flags;
        int ifru_metric;
        int ifru_mtu;
        u_int ifru_value;
        void *ifru_data;
    } ifr_ifru;
};
#define ifr_addr ifr_ifru.ifru_addr
#define ifr_flags ifr_ifru.ifru_flags
#define ifr_mtu ifr_ifru.ifru_mtu
#define ifr_media ifr_ifru.ifru_metric
#define ifr_index ifr_ifru.ifru_value
#define ifr_data ifr_ifru.ifru_data

struct ifdatareq {
    char ifdr_name[IFNAMSIZ];
    struct if_data ifdr_data;
};

struct ifcapreq {
    char ifcr_name[IFNAMSIZ];
    uint64_t ifcr_capabilities;
    uint64_t ifcr_capenable;
};

struct ifaliasreq {
    char ifra_name[IFNAMSIZ];
    struct sockaddr ifra_addr;
    struct sockaddr ifra_dstaddr;
    struct sockaddr ifra_mask;
};
#define ifra_broadaddr ifra_dstaddr

struct if_laddrreq {
    char iflr_name[IFNAMSIZ];
    unsigned int flags;
    unsigned int prefixlen;
    struct sockaddr_storage addr;
    struct sockaddr_storage dstaddr;
};
#define IFLR_PREFIX 0x8000
#define IFLR_ACTIVE 0x4000
#define IFLR_FACTORY 0x2000

#endif /* FAKE_NETBSD_NET_IF_H */
