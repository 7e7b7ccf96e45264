/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * sysctl(3), as far as the network tables need it.
 */

#ifndef FAKE_INCLUDE_SYS_SYSCTL_H
#define FAKE_INCLUDE_SYS_SYSCTL_H 1

#include <bsd-calls.h>

#define CTL_NET 4

#endif /* FAKE_INCLUDE_SYS_SYSCTL_H */
