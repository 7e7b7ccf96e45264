/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Receive handles: the common part of all ways to receive.
 *
 * No lock: a handle is serialised by its caller. */

#include "host/host-rx.h"

#include <errno.h>

/* Frames that are discarded at a time. */
#define DRAIN_BURST 256

void
host_rx_close(struct host_rx *rx)
{
    if (rx) {
        rx->class->destroy(rx);
    }
}

void
host_rx_quiet(struct host_rx *rx)
{
    if (rx->class->quiet) {
        rx->class->quiet(rx);
    }
}

int
host_rx_recv(struct host_rx *rx, size_t max, host_rx_cb *cb, void *aux)
{
    return rx->class->receive(rx, max, cb, aux);
}

int
host_rx_fd(const struct host_rx *rx)
{
    return rx->fd;
}

bool
host_rx_pending(const struct host_rx *rx)
{
    return rx->pending;
}

const char *
host_rx_way(const struct host_rx *rx)
{
    return rx->class->name;
}

bool
host_rx_any_length(const struct host_rx *rx)
{
    return rx->any_length;
}

bool
host_rx_wants_room(const struct host_rx *rx)
{
    return rx->wants_room;
}

int
host_rx_grow(struct host_rx *rx, struct host_rx **rxp)
{
    *rxp = NULL;
    return rx->class->grow ? rx->class->grow(rx, rxp) : EOPNOTSUPP;
}

static bool
count_frame(const struct host_frame *frame, void *n)
{
    (void) frame;
    ++*(size_t *) n;
    return true;
}

void
host_rx_drain(struct host_rx *rx, size_t max)
{
    size_t total = 0;
    size_t before;

    do {
        before = total;
        if (rx->class->receive(rx, DRAIN_BURST, count_frame, &total)) {
            break;
        }
    } while (total > before && total < max);
}

uint64_t
host_rx_drops(struct host_rx *rx)
{
    return rx->class->drops(rx);
}
