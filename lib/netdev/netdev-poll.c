/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The answers of poll(2), for netdev-ready.c, and the reads of control sockets,
 * notifiers and latches that can be done without after them: the main loop tries
 * to accept and to receive from each of them whenever a packet wakes it, which
 * is a good part of what a packet costs that comes alone.  Programs with a
 * datapath in them are linked with --wrap for all of these calls.
 *
 * A call that is left out fails with EAGAIN, as it would have failed when
 * poll(2) looked; what has come since makes the next poll(2) return at once.
 *
 * No state.  Any thread. */

#include <config.h>

#include "netdev/netdev-bsd-private.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coverage.h"

COVERAGE_DEFINE(netdev_bsd_reads_left_out);

int __real_poll(struct pollfd *, nfds_t, int timeout);
int __wrap_poll(struct pollfd *, nfds_t, int timeout);
int __real_accept(int fd, struct sockaddr *, socklen_t *);
int __wrap_accept(int fd, struct sockaddr *, socklen_t *);
ssize_t __real_read(int fd, void *, size_t);
ssize_t __wrap_read(int fd, void *, size_t);
ssize_t __real_recv(int fd, void *, size_t, int flags);
ssize_t __wrap_recv(int fd, void *, size_t, int flags);
ssize_t __real_recvfrom(int fd, void *, size_t, int flags, struct sockaddr *,
                        socklen_t *);
ssize_t __wrap_recvfrom(int fd, void *, size_t, int flags, struct sockaddr *,
                        socklen_t *);
ssize_t __real_recvmsg(int fd, struct msghdr *, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *, int flags);
int __real_close(int fd);
int __wrap_close(int fd);

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

/* True if a read from 'fd' can be left out; errno is set then. */
static bool
leave_out(int fd)
{
    if (nb_ready_is_still_empty(fd)) {
        COVERAGE_INC(netdev_bsd_reads_left_out);
        errno = EAGAIN;
        return true;
    }
    return false;
}

/* Notes what a read from 'fd' returned, and returns it. */
static ssize_t
note(int fd, ssize_t retval)
{
    nb_ready_was_read(fd, retval < 0 && errno == EAGAIN);
    return retval;
}

int
__wrap_accept(int fd, struct sockaddr *addr, socklen_t *len)
{
    return leave_out(fd) ? -1 : note(fd, __real_accept(fd, addr, len));
}

ssize_t
__wrap_read(int fd, void *buf, size_t n)
{
    return leave_out(fd) ? -1 : note(fd, __real_read(fd, buf, n));
}

ssize_t
__wrap_recv(int fd, void *buf, size_t n, int flags)
{
    return leave_out(fd) ? -1 : note(fd, __real_recv(fd, buf, n, flags));
}

ssize_t
__wrap_recvfrom(int fd, void *buf, size_t n, int flags, struct sockaddr *addr,
                socklen_t *len)
{
    return (leave_out(fd) ? -1
            : note(fd, __real_recvfrom(fd, buf, n, flags, addr, len)));
}

/* The same socket may be read with and without MSG_DONTWAIT. */
ssize_t
__wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
    return (!(flags & MSG_DONTWAIT) ? __real_recvmsg(fd, msg, flags)
            : leave_out(fd) ? -1
            : note(fd, __real_recvmsg(fd, msg, flags)));
}

int
__wrap_close(int fd)
{
    nb_ready_forget(fd);
    return __real_close(fd);
}
