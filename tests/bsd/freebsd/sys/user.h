/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Processes, FreeBSD: what sysctl(3) tells of one.  No program runs with this,
 * so only the member that is used has a name, and its place is not held to be
 * right.
 */

#ifndef FAKE_FREEBSD_SYS_USER_H
#define FAKE_FREEBSD_SYS_USER_H 1

#define COMMLEN 19

struct kinfo_proc {
    char ki_before[447];
    char ki_comm[COMMLEN + 1];
    char ki_behind[621];
};

#endif /* FAKE_FREEBSD_SYS_USER_H */
