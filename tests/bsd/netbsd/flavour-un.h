/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Who is at the other end of a local socket, on NetBSD.
 */

#ifndef FAKE_NETBSD_FLAVOUR_UN_H
#define FAKE_NETBSD_FLAVOUR_UN_H 1

#include <sys/types.h>

#define LOCAL_PEEREID 3

struct unpcbid {
    pid_t unp_pid;
    uid_t unp_euid;
    gid_t unp_egid;
};

#endif /* FAKE_NETBSD_FLAVOUR_UN_H */
