/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Credentials, FreeBSD.
 */

#ifndef FAKE_FREEBSD_SYS_UCRED_H
#define FAKE_FREEBSD_SYS_UCRED_H 1

#include <sys/types.h>

#define XU_NGROUPS 16

struct xucred {
    unsigned int cr_version;
    uid_t cr_uid;
    short int cr_ngroups;
    gid_t cr_groups[XU_NGROUPS];
    union {
        void *_cr_unused1;
        pid_t cr_pid;
    };
};

#endif /* FAKE_FREEBSD_SYS_UCRED_H */
