/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The routing socket of FreeBSD.
 */

#ifndef FAKE_FREEBSD_NET_ROUTE_H
#define FAKE_FREEBSD_NET_ROUTE_H 1

#include <stdint.h>
#include <sys/types.h>
#include <flavour-route-common.h>

#define RTM_VERSION 5

#define RTM_NEWADDR 0xc
#define RTM_DELADDR 0xd
#define RTM_IFINFO 0xe
#define RTM_NEWMADDR 0xf
#define RTM_DELMADDR 0x10
#define RTM_IFANNOUNCE 0x11
#define RTM_IEEE80211 0x12

#define RTF_LLINFO RTF_LLDATA
#define RTF_LOCAL 0x200000

#define RTF_BROADCAST 0x400000

#define NET_RT_DUMP 1
#define NET_RT_FLAGS 2
#define NET_RT_IFLIST 3
#define NET_RT_IFLISTL 5

#define RTAX_MAX 8

#define SA_SIZE(SA) \
    (((SA)->sa_len == 0 \
      ? sizeof(long) \
      : 1 + (((SA)->sa_len - 1) | (sizeof(long) - 1))))

struct rt_metrics {
    uint64_t rmx_locks;
    uint64_t rmx_mtu;
    uint64_t rmx_other[12];
};

struct rt_msghdr {
    u_short rtm_msglen;
    u_char rtm_version;
    u_char rtm_type;
    u_short rtm_index;
    u_short rtm_spare1;
    int rtm_flags;
    int rtm_addrs;
    pid_t rtm_pid;
    int rtm_seq;
    int rtm_errno;
    int rtm_fmask;
    u_long rtm_inits;
    struct rt_metrics rtm_rmx;
};

#endif /* FAKE_FREEBSD_NET_ROUTE_H */
