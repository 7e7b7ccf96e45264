/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * ioctl() and its requests.
 */

#ifndef FAKE_INCLUDE_SYS_IOCTL_H
#define FAKE_INCLUDE_SYS_IOCTL_H 1

#include <sys/ioccom.h>
#include <sys/filio.h>
#include <sys/sockio.h>
#include <bsd-calls.h>

#endif /* FAKE_INCLUDE_SYS_IOCTL_H */
