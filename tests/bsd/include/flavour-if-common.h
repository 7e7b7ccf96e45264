/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * What <net/if.h> says on both systems.
 */

#ifndef FAKE_INCLUDE_FLAVOUR_IF_COMMON_H
#define FAKE_INCLUDE_FLAVOUR_IF_COMMON_H 1

#include <sys/socket.h>

#define IFNAMSIZ 16
#define IF_NAMESIZE 16

#define LINK_STATE_UNKNOWN 0
#define LINK_STATE_DOWN 1
#define LINK_STATE_UP 2

#define IFF_UP 0x1
#define IFF_BROADCAST 0x2
#define IFF_DEBUG 0x4
#define IFF_LOOPBACK 0x8
#define IFF_POINTOPOINT 0x10
#define IFF_NOARP 0x80
#define IFF_PROMISC 0x100
#define IFF_ALLMULTI 0x200
#define IFF_SIMPLEX 0x800
#define IFF_LINK0 0x1000
#define IFF_MULTICAST 0x8000

#define IFAN_ARRIVAL 0
#define IFAN_DEPARTURE 1

struct ifmediareq {
    char ifm_name[IFNAMSIZ];
    int ifm_current;
    int ifm_mask;
    int ifm_status;
    int ifm_active;
    int ifm_count;
    int *ifm_ulist;
};

#endif /* FAKE_INCLUDE_FLAVOUR_IF_COMMON_H */
