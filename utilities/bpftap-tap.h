/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* One capture device of libbpfdev on one port, read packet by packet.
 *
 * One thread, no locks. */

#ifndef BPFTAP_TAP_H
#define BPFTAP_TAP_H 1

#include <stdbool.h>
#include <stdint.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-format.h"
#include "bpftap-merge.h"

/* Buffers of a device.  One is lent to us while the switch fills the next; the
 * others take a burst while the disk is slow.  Each costs the switch a request
 * and waking us up, so that a few large ones are better than many. */
#define BT_TAP_BUFFERS 4

/* How a device is set up. */
struct bt_tap_config {
    const char *socket;         /* NULL for the default. */
    const char *port;           /* Interface to attach to. */
    const char *filter;         /* "" for none. */
    uint32_t dlt;               /* The port's link type, as it is listed. */
    uint32_t snaplen;
    unsigned int direction;     /* BPF_D_IN, BPF_D_OUT, BPF_D_INOUT. */
    uint64_t memory;            /* Bytes in all its buffers; less is taken if
                                 * the switch has no more. */
    uint64_t max_age;           /* Nanoseconds a packet may wait in the switch
                                 * for company; 0 for not at all. */
    bool optimize;              /* The filter. */
    bool identity;              /* Packets have one, see bpfdev.h. */
    bool quiet;                 /* No word if it is less memory. */
    uint32_t longer_than;       /* Only packets of more bytes, before the
                                 * filter; 0 for any. */
};

struct bt_tap {
    struct bt_merge_item item;  /* In the heap while 'has_packet'. */
    struct bpfdev *dev;         /* NULL while closed. */
    uint32_t dlt;
    bool identity;              /* As configured. */
    bool has_packet;
    struct bpfdev_packet packet;

    const void *buffer;         /* Lent by libbpfdev, or NULL. */
    size_t length;
    size_t offset;

    uint64_t n_delivered;
};

/* Opens a device and attaches it.  Returns 0, or an errno value with the
 * reason in 'errbuf' (BPFDEV_ERRBUF_SIZE bytes). */
int bt_tap_open(struct bt_tap *, const struct bt_tap_config *, char errbuf[]);

/* Fetches the next buffer of packets, without waiting, and moves to its first.
 * Returns 0, EAGAIN if there is none, EIO if the port is gone, ENXIO if the
 * switch is. */
int bt_tap_fetch(struct bt_tap *);

/* Moves to the next packet of the buffer.  At its end gives the buffer back
 * and returns false. */
bool bt_tap_advance(struct bt_tap *);

/* The counters, of the last buffer if the switch does not answer. */
void bt_tap_stats(struct bt_tap *, struct bpfdev_stats *);

/* Closes the device, if open. */
void bt_tap_close(struct bt_tap *);

#endif /* bpftap-tap.h */
