/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Counters that the switch itself keeps for its ports, asked for with
 * ovs-ofctl(8): packets, bytes, and what ports lost on their own account.
 *
 * One thread, no locks. */

#ifndef BPFTAP_DROPS_H
#define BPFTAP_DROPS_H 1

#include <stddef.h>
#include <stdint.h>

#include "bpftap-child.h"

/* UINT64_MAX stands for "not known". */
struct bt_counters {
    uint32_t ofport;
    uint64_t rx_packets, rx_bytes, rx_dropped, rx_errors;
    uint64_t tx_packets, tx_bytes, tx_dropped, tx_errors;
};

/* The OpenFlow number of a bridge's own port. */
#define BT_OFPORT_LOCAL 65534

/* Starts to ask for the counters of all ports of 'bridge', without waiting. */
void bt_counters_start(struct bt_child *, const char *bridge);

/* Returns the answer, an array of '*n' that the caller frees, NULL if there
 * is none. */
struct bt_counters *bt_counters_finish(struct bt_child *, size_t *n);

/* Finds the counters of port 'ofport', or NULL. */
const struct bt_counters *bt_counters_find(const struct bt_counters *,
                                           size_t n, uint32_t ofport);

/* What the ports of some bridges lost since the watch began. */
struct bt_drops {
    struct bt_drops_bridge *bridges;
    size_t n;
};

/* Begins to watch 'bridge', unless that is so already.  Does not wait. */
void bt_drops_watch(struct bt_drops *, const char *bridge);

/* Asks for new counters. */
void bt_drops_update(struct bt_drops *);

/* Returns how many packets port 'ofport' lost between bt_drops_watch() and the
 * last bt_drops_update(), UINT64_MAX if that is not known. */
uint64_t bt_drops_of(const struct bt_drops *, const char *bridge,
                     uint32_t ofport);

void bt_drops_free(struct bt_drops *);

#endif /* bpftap-drops.h */
