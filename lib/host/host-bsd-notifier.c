/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface of the BSDs: the notifier, which reads the routing
 * socket.
 *
 * No locks: a notifier belongs to one thread at a time. */

#include "host/host-bsd.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/types.h>
#include <sys/socket.h>

#include "host/rtbsd.h"

/* The largest message that is looked at.  The kernels' own messages stay below
 * 500 bytes; what is longer is cut by recv() and then fails the check of its
 * length. */
#define RECV_SIZE 4096

/* Size of the receive buffer to ask for, and where to give up asking for
 * less.  10,000 messages about interfaces occupy about 4 MB. */
#define RCVBUF_MAX (8 * 1024 * 1024)
#define RCVBUF_MIN (64 * 1024)

/* How often an interrupted recv() is tried again. */
#define MAX_INTERRUPTS 16

struct host_notifier {
    int fd;
    uint8_t buf[RECV_SIZE];
    size_t ofs, end;            /* What of 'buf' is still to be parsed. */
};

/* Asks for as large a receive buffer as the system's limit admits. */
static void
enlarge_rcvbuf(int fd)
{
    for (int size = RCVBUF_MAX; size >= RCVBUF_MIN; size /= 2) {
        if (!setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size)) {
            return;
        }
    }
}

int
host_notifier_open(struct host_notifier **notifierp)
{
    struct host_notifier *notifier = calloc(1, sizeof *notifier);
    int error;

    *notifierp = NULL;
    if (!notifier) {
        return ENOMEM;
    }
    notifier->fd = socket(AF_ROUTE, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                          0);
    if (notifier->fd < 0) {
        error = errno;
        free(notifier);
        return error;
    }
    enlarge_rcvbuf(notifier->fd);
    bsd_tune_notifier(notifier->fd);
    *notifierp = notifier;
    return 0;
}

void
host_notifier_close(struct host_notifier *notifier)
{
    if (notifier) {
        close(notifier->fd);
        free(notifier);
    }
}

int
host_notifier_fd(const struct host_notifier *notifier)
{
    return notifier->fd;
}

/* Reads the next datagram into the empty buffer of 'notifier'. */
static int
fill(struct host_notifier *notifier)
{
    ssize_t n;

    for (int i = 0; i < MAX_INTERRUPTS; i++) {
        n = recv(notifier->fd, notifier->buf, sizeof notifier->buf,
                 MSG_DONTWAIT);
        if (n >= 0 || errno != EINTR) {
            break;
        }
    }
    if (n < 0) {
        return errno == EINTR ? EAGAIN : errno;
    }
    if (!n) {
        /* The socket delivers nothing any more, but would be readable for
         * ever. */
        return EPIPE;
    }
    notifier->ofs = 0;
    notifier->end = n;
    return 0;
}

int
host_notifier_read(struct host_notifier *notifier, struct host_event *event)
{
    struct rtbsd_msg msg;

    if (notifier->ofs >= notifier->end) {
        int error = fill(notifier);

        if (error) {
            return error;
        }
    }
    notifier->ofs += rtbsd_next(notifier->buf + notifier->ofs,
                                notifier->end - notifier->ofs, &msg);
    rtbsd_to_event(&msg, event);
    return 0;
}

const char *
host_msg_name(int msg_type)
{
    return msg_type >= 0 && msg_type < 256 ? rtbsd_type_name(msg_type) : NULL;
}
