/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The interface table in the MIB of FreeBSD.
 */

#ifndef FAKE_FREEBSD_NET_IF_MIB_H
#define FAKE_FREEBSD_NET_IF_MIB_H 1

#include <net/if.h>

#define NETLINK_GENERIC 0
#define IFMIB_SYSTEM 1
#define IFMIB_IFDATA 2
#define IFDATA_GENERAL 1
#define IFDATA_LINKSPECIFIC 2
#define IFDATA_DRIVERNAME 3

struct ifmibdata {
    char ifmd_name[IFNAMSIZ];
    int ifmd_pcount;
    int ifmd_flags;
    int ifmd_snd_len;
    int ifmd_snd_maxlen;
    int ifmd_snd_drops;
    int ifmd_filler[4];
    struct if_data ifmd_data;
};

#endif /* FAKE_FREEBSD_NET_IF_MIB_H */
