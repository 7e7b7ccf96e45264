/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * sysctl(3), as far as the network tables and the names of processes need it.
 */

#ifndef FAKE_INCLUDE_SYS_SYSCTL_H
#define FAKE_INCLUDE_SYS_SYSCTL_H 1

#include <bsd-calls.h>
#include <flavour-sysctl.h>

#define CTL_KERN 1
#define CTL_NET 4

#define KERN_PROC 14
#define KERN_PROC_PID 1

#endif /* FAKE_INCLUDE_SYS_SYSCTL_H */
