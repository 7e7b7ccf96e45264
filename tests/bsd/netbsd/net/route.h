/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The routing socket of NetBSD.
 */

#ifndef FAKE_NETBSD_NET_ROUTE_H
#define FAKE_NETBSD_NET_ROUTE_H 1

#include <stdint.h>
#include <sys/types.h>
#include <net/if.h>
#include <flavour-route-common.h>

#define RTM_VERSION 4

#define RTM_ONEWADDR 0xc
#define RTM_ODELADDR 0xd
#define RTM_OIFINFO 0xf
#define RTM_IFANNOUNCE 0x10
#define RTM_IEEE80211 0x11
#define RTM_LLINFO_UPD 0x13
#define RTM_IFINFO 0x14
#define RTM_NEWADDR 0x16
#define RTM_DELADDR 0x17
#define RTM_CHGADDR 0x18

#define RO_MSGFILTER 1

#define RTF_LOCAL 0x40000
#define RTF_BROADCAST 0x80000

#define RTA_TAG 0x100
#define RTAX_TAG 8
#define RTAX_MAX 9

#define NET_RT_DUMP 1
#define NET_RT_FLAGS 2
#define NET_RT_IFLIST 5

#define RT_ROUNDUP2(A, N) ((A) > 0 ? (1 + (((A) - 1U) | ((N) - 1))) : (N))
#define RT_ROUNDUP(A) RT_ROUNDUP2((A), sizeof(uint64_t))

struct rt_metrics {
    uint64_t rmx_locks;
    uint64_t rmx_mtu;
    uint64_t rmx_other[8];
};

struct rt_msghdr {
    u_short rtm_msglen FAKE_ALIGN64;
    u_char rtm_version;
    u_char rtm_type;
    u_short rtm_index;
    int rtm_flags;
    int rtm_addrs;
    pid_t rtm_pid;
    int rtm_seq;
    int rtm_errno;
    int rtm_use;
    int rtm_inits;
    struct rt_metrics rtm_rmx FAKE_ALIGN64;
};

#endif /* FAKE_NETBSD_NET_ROUTE_H */
