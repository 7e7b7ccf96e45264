/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Interfaces of FreeBSD.
 */

#ifndef FAKE_FREEBSD_NET_IF_H
#define FAKE_FREEBSD_NET_IF_H 1

#include <stdint.h>
#include <sys/time.h>
#include <flavour-if-common.h>

#define IFF_DRV_RUNNING 0x40
#define IFF_PPROMISC 0x20000

#define IFCAP_RXCSUM 0x1
#define IFCAP_TXCSUM 0x2
#define IFCAP_VLAN_MTU 0x8
#define IFCAP_JUMBO_MTU 0x20
#define IFCAP_TSO4 0x100
#define IFCAP_TSO6 0x200
#define IFCAP_LRO 0x400
#define IFCAP_TOE4 0x4000
#define IFCAP_TOE6 0x8000
#define IFCAP_VLAN_HWTSO 0x40000
#define IFCAP_TXCSUM_IPV6 0x400000

struct if_data {
    uint8_t ifi_type;
    uint8_t ifi_physical;
    uint8_t ifi_addrlen;
    uint8_t ifi_hdrlen;
    uint8_t ifi_link_state;
    uint8_t ifi_vhid;
    uint16_t ifi_datalen;
    uint32_t ifi_mtu;
    uint32_t ifi_metric;
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
    uint64_t ifi_oqdrops;
    uint64_t ifi_noproto;
    uint64_t ifi_hwassist;
    int64_t ifi_epoch;
    struct timeval ifi_lastchange;
};

struct if_msghdr {
    u_short ifm_msglen;
    u_char ifm_version;
    u_char ifm_type;
    int ifm_addrs;
    int ifm_flags;
    u_short ifm_index;
    u_short ifm_spare1;
    struct if_data ifm_data;
};

struct ifa_msghdr {
    u_short ifam_msglen;
    u_char ifam_version;
    u_char ifam_type;
    int ifam_addrs;
    int ifam_flags;
    u_short ifam_index;
    u_short ifam_spare1;
    int ifam_metric;
};

struct if_announcemsghdr {
    u_short ifan_msglen;
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
        short ifru_flags[2];
        short ifru_index;
        int ifru_mtu;
        int ifru_media;
        int ifru_cap[2];
        char *ifru_data;
    } ifr_ifru;
};
#define ifr_addr ifr_ifru.ifru_addr
#define ifr_flags ifr_ifru.ifru_flags[0]
#define ifr_flagshigh ifr_ifru.ifru_flags[1]
#define ifr_index ifr_ifru.ifru_index
#define ifr_mtu ifr_ifru.ifru_mtu
#define ifr_media ifr_ifru.ifru_media
#define ifr_reqcap ifr_ifru.ifru_cap[0]
#define ifr_curcap ifr_ifru.ifru_cap[1]
#define ifr_data ifr_ifru.ifru_data

#endif /* FAKE_FREEBSD_NET_IF_H */
