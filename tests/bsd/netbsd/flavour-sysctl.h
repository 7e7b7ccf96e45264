/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Processes, NetBSD: what sysctl(3) tells of one.  As with FreeBSD's
 * <sys/user.h>, only the member that is used has a name.
 */

#ifndef FAKE_NETBSD_FLAVOUR_SYSCTL_H
#define FAKE_NETBSD_FLAVOUR_SYSCTL_H 1

#define KERN_PROC2 47
#define KI_MAXCOMLEN 24

struct kinfo_proc2 {
    char p_before[344];
    char p_comm[KI_MAXCOMLEN];
    char p_behind[256];
};

#endif /* FAKE_NETBSD_FLAVOUR_SYSCTL_H */
