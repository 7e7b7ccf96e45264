/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Between the parts of the fake kernel that speak the systems' own
 * structures.  To be included after FAKE_KERNEL was defined.  Threads: the
 * callers of all of this hold fk_lock(). */

#ifndef TESTS_BSD_FAKE_BSD_H
#define TESTS_BSD_FAKE_BSD_H 1

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <net/if.h>
#include "fake-kernel.h"

/* A message or table under construction. */
struct out {
    uint8_t *data;
    size_t len, size;
};
void out_put(struct out *out, const void *data, size_t len);
void out_put_sa(struct out *out, const void *sa, size_t len);
void out_free(struct out *out);

/* The number of an unknown request's answer. */
#define FK_UNKNOWN -1

/* Carries out 'request' if it is one of the system's own.  Returns an errno
 * value, 0, or FK_UNKNOWN. */
int fk_system_ioctl(struct fk_file *file, unsigned long int request,
                    void *arg);

/* Answers a table of sysctl that only this system has.  FK_UNKNOWN. */
int fk_system_sysctl(const int *mib, unsigned int n, struct out *out);

/* Fills '*data' for 'ifp'. */
void fk_fill_if_data(const struct fk_if *ifp, struct if_data *data);

/* Bytes that an address of 'len' bytes occupies in a message. */
size_t fk_sa_space(size_t len);

/* Sends a message of type 'type' about an address of 'ifp'. */
void fk_send_addr_msg(const struct fk_if *ifp, int type, const void *ifa,
                      size_t len, const void *mask, size_t mask_len);

/* Link-layer addresses of interfaces are at least this long. */
extern const size_t fk_min_sdl_len;

/* The socket address of the link 'ifp' with address 'lladdr', in '*ss'.
 * Returns its length. */
size_t fk_make_sdl(const struct fk_if *ifp, const uint8_t *lladdr,
                   struct sockaddr_storage *ss);

/* The interface named in the first 16 bytes of 'req', or NULL. */
struct fk_if *fk_req_if(const void *req);

/* Names of requests, for faults on order. */
struct fk_request_name {
    const char *name;
    unsigned long int request;
};
extern const struct fk_request_name fk_request_names[];

#endif /* tests/bsd/fake-bsd.h */
