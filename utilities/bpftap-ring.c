/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* The last packets in memory; see bpftap-ring.h.
 *
 * Records lie one behind the other, each whole: one that does not fit before
 * the end of the memory starts at the beginning again, and 'end' tells where
 * the records before it end. */

#include "bpftap-ring.h"

#include <stdlib.h>
#include <string.h>

#include "bpftap-util.h"

/* In front of the bytes of a packet, which its comment follows, if any. */
struct record {
    size_t size;                /* Of all, a multiple of ALIGNMENT. */
    uint64_t arrived;
    uint32_t number;
    struct bt_packet packet;    /* Pointers are set when it is taken out. */
};

#define ALIGNMENT 8

struct bt_ring {
    uint8_t *memory;
    size_t size;
    size_t head;                /* Oldest record. */
    size_t tail;                /* Behind the newest. */
    size_t end;                 /* If 'wrapped': behind the last record before
                                 * the end of the memory. */
    bool wrapped;               /* 'tail' is at or before 'head'. */
    size_t n;
};

struct bt_ring *
bt_ring_create(size_t size)
{
    struct bt_ring *ring = bt_zalloc(sizeof *ring);

    ring->size = size < BT_RING_MIN ? BT_RING_MIN : size;
    ring->memory = bt_alloc(ring->size);
    return ring;
}

void
bt_ring_destroy(struct bt_ring *ring)
{
    if (ring) {
        free(ring->memory);
        free(ring);
    }
}

static struct record *
oldest(const struct bt_ring *ring)
{
    return (struct record *) (ring->memory + ring->head);
}

static void
drop_oldest(struct bt_ring *ring)
{
    ring->head += oldest(ring)->size;
    ring->n--;
    if (ring->wrapped && ring->head >= ring->end) {
        ring->head = 0;
        ring->wrapped = false;
    }
    if (!ring->n) {
        ring->head = ring->tail = 0;
    }
}

/* Starts at the beginning of the memory again. */
static void
wrap(struct bt_ring *ring)
{
    ring->end = ring->tail;
    ring->tail = 0;
    ring->wrapped = true;
}

/* Makes room for 'size' bytes behind 'tail', at the cost of the oldest. */
static void
make_room(struct bt_ring *ring, size_t size)
{
    for (;;) {
        size_t limit = ring->wrapped ? ring->head : ring->size;

        if (limit - ring->tail >= size) {
            return;
        } else if (ring->wrapped) {
            drop_oldest(ring);
        } else {
            wrap(ring);
        }
    }
}

void
bt_ring_put(struct bt_ring *ring, uint32_t number,
            const struct bt_packet *packet, uint64_t arrived)
{
    size_t comment = packet->comment ? strlen(packet->comment) + 1 : 0;
    size_t size = sizeof(struct record) + packet->caplen + comment;
    struct record *record;
    uint8_t *data;

    size = (size + ALIGNMENT - 1) & ~(size_t) (ALIGNMENT - 1);
    if (size > ring->size) {
        return;
    }
    make_room(ring, size);
    record = (struct record *) (ring->memory + ring->tail);
    record->size = size;
    record->arrived = arrived;
    record->number = number;
    record->packet = *packet;
    data = (uint8_t *) (record + 1);
    memcpy(data, packet->data, packet->caplen);
    if (comment) {
        memcpy(data + packet->caplen, packet->comment, comment);
    }
    ring->tail += size;
    ring->n++;
}

bool
bt_ring_take(struct bt_ring *ring, uint32_t *number, struct bt_packet *packet)
{
    struct record *record = oldest(ring);
    const uint8_t *data = (const uint8_t *) (record + 1);

    if (!ring->n) {
        return false;
    }
    *number = record->number;
    *packet = record->packet;
    packet->data = data;
    if (packet->comment) {
        packet->comment = (const char *) data + packet->caplen;
    }
    drop_oldest(ring);
    return true;
}

void
bt_ring_forget(struct bt_ring *ring, uint64_t limit)
{
    while (ring->n && oldest(ring)->arrived < limit) {
        drop_oldest(ring);
    }
}

size_t
bt_ring_n_packets(const struct bt_ring *ring)
{
    return ring->n;
}

uint64_t
bt_ring_oldest(const struct bt_ring *ring)
{
    return oldest(ring)->arrived;
}
