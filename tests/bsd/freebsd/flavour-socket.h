/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Socket numbers of FreeBSD.
 */

#ifndef FAKE_FREEBSD_FLAVOUR_SOCKET_H
#define FAKE_FREEBSD_FLAVOUR_SOCKET_H 1

#define AF_ROUTE 17
#define AF_INET6 28
#define SO_RERROR 0x20000

#endif /* FAKE_FREEBSD_FLAVOUR_SOCKET_H */
