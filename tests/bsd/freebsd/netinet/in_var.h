/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Requests that set addresses on FreeBSD.
 */

#ifndef FAKE_FREEBSD_NETINET_IN_VAR_H
#define FAKE_FREEBSD_NETINET_IN_VAR_H 1

#include <netinet/in.h>
#include <net/if.h>

struct in_aliasreq {
    char ifra_name[IFNAMSIZ];
    struct sockaddr_in ifra_addr;
    struct sockaddr_in ifra_broadaddr;
    struct sockaddr_in ifra_mask;
    int ifra_vhid;
};
#define ifra_dstaddr ifra_broadaddr

struct in6_addrlifetime {
    time_t ia6t_expire;
    time_t ia6t_preferred;
    uint32_t ia6t_vltime;
    uint32_t ia6t_pltime;
};

struct in6_aliasreq {
    char ifra_name[IFNAMSIZ];
    struct sockaddr_in6 ifra_addr;
    struct sockaddr_in6 ifra_dstaddr;
    struct sockaddr_in6 ifra_prefixmask;
    int ifra_flags;
    struct in6_addrlifetime ifra_lifetime;
    int ifra_vhid;
};

struct in6_ifreq {
    char ifr_name[IFNAMSIZ];
    union {
        struct sockaddr_in6 ifru_addr;
        char ifru_space[272];
    } ifr_ifru;
};

#define SIOCAIFADDR_IN6 _IOW('i', 27, struct in6_aliasreq)
#define SIOCDIFADDR_IN6 _IOW('i', 25, struct in6_ifreq)

#endif /* FAKE_FREEBSD_NETINET_IN_VAR_H */
