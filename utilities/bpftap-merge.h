/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Puts packets of several ports in the order of their times.
 *
 * A binary heap of the next packet of each port.  The members are embedded in
 * what they stand for.  One thread, no locks. */

#ifndef BPFTAP_MERGE_H
#define BPFTAP_MERGE_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bt_merge_item {
    uint64_t ts;                /* Time of the next packet, nanoseconds. */
    uint64_t since;             /* When it came here, monotonic. */
    size_t index;               /* Place in the heap. */
};

struct bt_merge {
    struct bt_merge_item **items;
    size_t n;
    size_t allocated;
};

/* Adds 'item', whose 'ts' is set. */
void bt_merge_add(struct bt_merge *, struct bt_merge_item *item);

/* Takes 'item' out, which is in the heap. */
void bt_merge_remove(struct bt_merge *, struct bt_merge_item *item);

/* Puts 'item' into its new place after its 'ts' changed. */
void bt_merge_changed(struct bt_merge *, struct bt_merge_item *item);

/* Returns the item with the lowest time, or NULL. */
static inline struct bt_merge_item *
bt_merge_first(const struct bt_merge *merge)
{
    return merge->n ? merge->items[0] : NULL;
}

void bt_merge_free(struct bt_merge *);

#endif /* bpftap-merge.h */
