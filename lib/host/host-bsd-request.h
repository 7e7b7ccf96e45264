/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Requests to the kernel of a BSD, by ioctl(2) and sysctl(3), with errors in
 * the terms of host.h: ENODEV instead of ENXIO.  What is asked for, and what
 * the answer means, is other files' business.
 *
 * Threads: any, for every function.  The only state is the one socket for
 * requests. */

#ifndef HOST_HOST_BSD_REQUEST_H
#define HOST_HOST_BSD_REQUEST_H 1

#include <stdbool.h>
#include <stddef.h>

struct ifreq;

/* Functions return 0 or a positive errno value, except where noted. */

/* The value of host.h for the system's errno value 'error'. */
int bsd_errno(int error);

/* ENAMETOOLONG if 'name' does not fit, with its NUL, into IFNAMSIZ bytes.
 * ENODEV if it is empty or no interface can have it. */
int bsd_check_name(const char *name);

/* Puts 'name' into the first member of a request 'req', and clears the other
 * bytes of its 'size'. */
int bsd_name_request(const char *name, void *req, size_t size);

/* Makes 'request' with argument 'arg' on a socket for requests. */
int bsd_ioctl(unsigned long request, void *arg);

/* bsd_name_request() and bsd_ioctl() for a struct ifreq. */
int bsd_ifreq(const char *name, unsigned long request, struct ifreq *ifr);

/* True if 'error' of a request means that the interface or the system does
 * not know it. */
bool bsd_is_unsupported(int error);

/* Looks up the index of 'name'. */
int bsd_ifindex(const char *name, unsigned int *ifindex);

/* Reads the table 'mib' of sysctl(3) into '*buf', which the caller must
 * free(), and its length into '*len'.  The table may grow while it is
 * read. */
int bsd_sysctl_table(const int *mib, unsigned int mib_len, void **buf,
                     size_t *len);

/* Reads the part of the interface table that is about 'name', whose index is
 * stored in '*ifindex': a message for the interface and, if 'addresses', one
 * for each of its addresses. */
int bsd_iflist(const char *name, bool addresses, unsigned int *ifindex,
               void **buf, size_t *len);

/* From the tables of the system (host-freebsd-tables.c, ...). */

/* True where the kernel takes a name of digits for the index of an interface,
 * so that no interface can have such a name. */
extern const bool bsd_digits_are_index;

#endif /* lib/host/host-bsd-request.h */
