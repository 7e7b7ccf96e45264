/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * getifaddrs(3).
 */

#ifndef FAKE_INCLUDE_IFADDRS_H
#define FAKE_INCLUDE_IFADDRS_H 1

#include <sys/socket.h>

struct ifaddrs {
    struct ifaddrs *ifa_next;
    char *ifa_name;
    unsigned int ifa_flags;
    struct sockaddr *ifa_addr;
    struct sockaddr *ifa_netmask;
    struct sockaddr *ifa_dstaddr;
    void *ifa_data;
};
#define ifa_broadaddr ifa_dstaddr

int fakebsd_getifaddrs(struct ifaddrs **);
void fakebsd_freeifaddrs(struct ifaddrs *);

#ifndef FAKE_KERNEL
#define getifaddrs(LIST) fakebsd_getifaddrs(LIST)
#define freeifaddrs(LIST) fakebsd_freeifaddrs(LIST)
#endif

#endif /* FAKE_INCLUDE_IFADDRS_H */
