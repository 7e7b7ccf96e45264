/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * What <net/route.h> says on both systems: types of messages with the same
 * number, flags, the sets of addresses.
 */

#ifndef FAKE_INCLUDE_FLAVOUR_ROUTE_COMMON_H
#define FAKE_INCLUDE_FLAVOUR_ROUTE_COMMON_H 1

#define RTM_ADD 0x1
#define RTM_DELETE 0x2
#define RTM_CHANGE 0x3
#define RTM_GET 0x4
#define RTM_LOSING 0x5
#define RTM_REDIRECT 0x6
#define RTM_MISS 0x7

#define RTF_UP 0x1
#define RTF_GATEWAY 0x2
#define RTF_HOST 0x4
#define RTF_REJECT 0x8
#define RTF_DONE 0x40
#define RTF_LLDATA 0x400
#define RTF_STATIC 0x800
#define RTF_BLACKHOLE 0x1000

#define RTA_DST 0x1
#define RTA_GATEWAY 0x2
#define RTA_NETMASK 0x4
#define RTA_GENMASK 0x8
#define RTA_IFP 0x10
#define RTA_IFA 0x20
#define RTA_AUTHOR 0x40
#define RTA_BRD 0x80

#define RTAX_DST 0
#define RTAX_GATEWAY 1
#define RTAX_NETMASK 2
#define RTAX_GENMASK 3
#define RTAX_IFP 4
#define RTAX_IFA 5
#define RTAX_AUTHOR 6
#define RTAX_BRD 7

#endif /* FAKE_INCLUDE_FLAVOUR_ROUTE_COMMON_H */
