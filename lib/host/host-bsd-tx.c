/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface of the BSDs: transmit handles.  Each is a bpf(4)
 * descriptor of its own.
 *
 * A handle belongs to one thread at a time. */

#include "host/host-bsd.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/types.h>
#include <sys/time.h>
#include <sys/ioctl.h>
#include <net/bpf.h>

/* Frames that every bpf(4) takes, if the MTU allows: 2,048 bytes less the
 * space that NetBSD keeps free in the buffer of a packet. */
#define MAX_SURE_WRITE 2046

struct host_tx {
    int fd;
};

int
host_tx_open(const char *name, struct host_tx **txp)
{
    unsigned int complete = 1;
    struct host_tx *tx;
    int error;
    int fd;

    *txp = NULL;
    error = bsd_bpf_open_mute(name, &fd);
    if (error) {
        return error;
    }
    /* Frames go out with the source address that they have. */
    error = ioctl(fd, BIOCSHDRCMPLT, &complete) < 0 ? errno : 0;
    tx = error ? NULL : malloc(sizeof *tx);
    if (!tx) {
        close(fd);
        return error ? error : ENOMEM;
    }
    tx->fd = fd;
    *txp = tx;
    return 0;
}

bool
host_tx_leave_work(struct host_tx *tx)
{
    /* bpf sends what it is given. */
    (void) tx;
    return false;
}

void
host_tx_close(struct host_tx *tx)
{
    if (tx) {
        close(tx->fd);
        free(tx);
    }
}

int
host_tx_fd(const struct host_tx *tx)
{
    /* bpf(4) is always writable. */
    (void) tx;
    return -1;
}

static int
tx_errno(int error, size_t len)
{
    switch (error) {
    case ENXIO:
    case EBADF:
        return ENODEV;
    case EIO:
        /* FreeBSD 13 and NetBSD have no packet buffer for long frames. */
        return len > MAX_SURE_WRITE ? EMSGSIZE : EIO;
    default:
        return error;
    }
}

static int
send_frame(const struct host_tx *tx, const struct host_frame *frame)
{
    ssize_t n;

    do {
        n = write(tx->fd, frame->data, frame->len);
    } while (n < 0 && errno == EINTR);

    if (n < 0) {
        return tx_errno(errno, frame->len);
    }
    return (size_t) n < frame->len ? EMSGSIZE : 0;
}

size_t
host_tx_send(struct host_tx *tx, const struct host_frame *frames, size_t n,
             int *errors)
{
    bool gone = false;
    size_t n_sent = 0;

    for (size_t i = 0; i < n; i++) {
        errors[i] = gone ? ENODEV : send_frame(tx, &frames[i]);
        gone = errors[i] == ENODEV;
        n_sent += !errors[i];
    }
    return n_sent;
}
