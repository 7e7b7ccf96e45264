/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* The last packets, in memory of a fixed size: when there is no room for a
 * packet the oldest ones go.
 *
 * One thread, no locks. */

#ifndef BPFTAP_RING_H
#define BPFTAP_RING_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpftap-format.h"

struct bt_ring;

/* The smallest ring, in bytes, which has room for any packet. */
#define BT_RING_MIN (1024 * 1024)

/* Makes a ring of 'size' bytes, at least BT_RING_MIN.  Memory that has not been
 * written is not used yet. */
struct bt_ring *bt_ring_create(size_t size);

/* Frees 'ring', also NULL. */
void bt_ring_destroy(struct bt_ring *ring);

/* Copies 'packet' of interface 'number', with its data and comment, into the
 * ring.  'arrived' is now, on the monotonic clock. */
void bt_ring_put(struct bt_ring *, uint32_t number, const struct bt_packet *,
                 uint64_t arrived);

/* Takes the oldest packet out.  Its data and comment are in the ring: they stay
 * until the next call of bt_ring_put().  Returns false if there is none. */
bool bt_ring_take(struct bt_ring *, uint32_t *number, struct bt_packet *);

/* Forgets packets that arrived before 'limit'. */
void bt_ring_forget(struct bt_ring *, uint64_t limit);

/* Packets in the ring, and when the oldest arrived (only if there are any). */
size_t bt_ring_n_packets(const struct bt_ring *);
uint64_t bt_ring_oldest(const struct bt_ring *);

#endif /* bpftap-ring.h */
