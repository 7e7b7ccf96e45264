/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Socket numbers of NetBSD.
 */

#ifndef FAKE_NETBSD_FLAVOUR_SOCKET_H
#define FAKE_NETBSD_FLAVOUR_SOCKET_H 1

#define AF_ROUTE 34
#define AF_INET6 24
#define SO_RERROR 0x4000

#endif /* FAKE_NETBSD_FLAVOUR_SOCKET_H */
