/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Requests of the tap device of NetBSD.
 */

#ifndef FAKE_NETBSD_NET_IF_TAP_H
#define FAKE_NETBSD_NET_IF_TAP_H 1

#include <sys/ioccom.h>
#include <net/if.h>

#define TAPGIFNAME _IOR('e', 0, struct ifreq)

#endif /* FAKE_NETBSD_NET_IF_TAP_H */
