/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The answers of poll(2), for netdev-ready.c.  Programs with a datapath in them
 * are linked with --wrap=poll.
 *
 * No state.  Any thread. */

#include <config.h>

#include "netdev/netdev-bsd-private.h"

#include <errno.h>
#include <poll.h>

int __real_poll(struct pollfd *, nfds_t, int timeout);
int __wrap_poll(struct pollfd *, nfds_t, int timeout);

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
    int retval = __real_poll(fds, n, timeout);
    int error = errno;

    for (nfds_t i = 0; retval >= 0 && i < n; i++) {
        if (fds[i].events & POLLIN) {
            nb_ready_found(fds[i].fd, fds[i].revents != 0);
        }
    }
    errno = error;
    return retval;
}
