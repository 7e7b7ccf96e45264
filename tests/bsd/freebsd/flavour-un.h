/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Who is at the other end of a local socket, on FreeBSD.
 */

#ifndef FAKE_FREEBSD_FLAVOUR_UN_H
#define FAKE_FREEBSD_FLAVOUR_UN_H 1

#define SOL_LOCAL 0
#define LOCAL_PEERCRED 1

#endif /* FAKE_FREEBSD_FLAVOUR_UN_H */
