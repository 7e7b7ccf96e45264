/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* How long packets take through the switch, for each pair of ports.
 *
 * Latencies are counted in steps of a quarter of a power of 2 nanoseconds.
 *
 * One thread, no locks. */

#ifndef BPFTAP_LATENCY_H
#define BPFTAP_LATENCY_H 1

#include <stddef.h>
#include <stdint.h>

#include "bpftap-ways.h"

#define BT_LATENCY_STEPS 160

struct bt_latency {
    char *in, *out;             /* Names of the ports. */
    uint64_t n;                 /* Packets. */
    double sum;                 /* Nanoseconds. */
    uint64_t min, max;
    uint64_t steps[BT_LATENCY_STEPS];
};

/* All zeros is a valid empty one. */
struct bt_latencies {
    struct bt_latency *pairs;
    size_t n;
};

/* Counts each transmission in 'way', which was received by 'in'. */
void bt_latencies_count(struct bt_latencies *, const struct bt_way *way,
                        const struct bt_way_event *in);

/* Upper bound of step number 'step', in microseconds. */
double bt_latency_bound(size_t step);

/* Prints all of them, as text or as a line of JSON each. */
void bt_latencies_print(const struct bt_latencies *, bool json);

void bt_latencies_free(struct bt_latencies *);

#endif /* bpftap-latency.h */
