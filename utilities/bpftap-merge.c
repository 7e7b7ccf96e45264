/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Merging by time; see bpftap-merge.h. */

#include "bpftap-merge.h"

#include <stdlib.h>

#include "bpftap-util.h"

static void
place(struct bt_merge *merge, size_t index, struct bt_merge_item *item)
{
    merge->items[index] = item;
    item->index = index;
}

/* Moves 'item' up from the free place 'index' as far as it belongs. */
static void
sift_up(struct bt_merge *merge, size_t index, struct bt_merge_item *item)
{
    while (index && merge->items[(index - 1) / 2]->ts > item->ts) {
        place(merge, index, merge->items[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    place(merge, index, item);
}

/* Moves 'item' down from the free place 'index' as far as it belongs. */
static void
sift_down(struct bt_merge *merge, size_t index, struct bt_merge_item *item)
{
    size_t child;

    while ((child = 2 * index + 1) < merge->n) {
        if (child + 1 < merge->n
            && merge->items[child + 1]->ts < merge->items[child]->ts) {
            child++;
        }
        if (merge->items[child]->ts >= item->ts) {
            break;
        }
        place(merge, index, merge->items[child]);
        index = child;
    }
    place(merge, index, item);
}

void
bt_merge_add(struct bt_merge *merge, struct bt_merge_item *item)
{
    if (merge->n >= merge->allocated) {
        merge->allocated = 2 * merge->allocated + 8;
        merge->items = bt_realloc(merge->items,
                                  merge->allocated * sizeof *merge->items);
    }
    sift_up(merge, merge->n++, item);
}

void
bt_merge_changed(struct bt_merge *merge, struct bt_merge_item *item)
{
    size_t parent = (item->index - 1) / 2;

    if (item->index && merge->items[parent]->ts > item->ts) {
        sift_up(merge, item->index, item);
    } else {
        sift_down(merge, item->index, item);
    }
}

void
bt_merge_remove(struct bt_merge *merge, struct bt_merge_item *item)
{
    struct bt_merge_item *last = merge->items[--merge->n];

    if (last != item) {
        place(merge, item->index, last);
        bt_merge_changed(merge, last);
    }
}

void
bt_merge_free(struct bt_merge *merge)
{
    free(merge->items);
    merge->items = NULL;
    merge->n = merge->allocated = 0;
}
