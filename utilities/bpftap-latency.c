/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Latencies; see bpftap-latency.h. */

#include "bpftap-latency.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpftap-names.h"
#include "bpftap-util.h"

/* Steps in a power of 2. */
#define STEPS 4

static struct bt_latency *
get_latency(struct bt_latencies *l, const char *in, const char *out)
{
    struct bt_latency *h;

    for (size_t i = 0; i < l->n; i++) {
        if (!strcmp(l->pairs[i].in, in) && !strcmp(l->pairs[i].out, out)) {
            return &l->pairs[i];
        }
    }
    l->pairs = bt_realloc(l->pairs, (l->n + 1) * sizeof *l->pairs);
    h = &l->pairs[l->n++];
    memset(h, 0, sizeof *h);
    h->in = bt_strdup(in);
    h->out = bt_strdup(out);
    h->min = UINT64_MAX;
    return h;
}

static void
count(struct bt_latency *h, uint64_t ns)
{
    size_t step;

    ns = ns ? ns : 1;
    step = STEPS * log2(ns);
    h->n++;
    h->sum += ns;
    h->min = ns < h->min ? ns : h->min;
    h->max = ns > h->max ? ns : h->max;
    h->steps[step < BT_LATENCY_STEPS ? step : BT_LATENCY_STEPS - 1]++;
}

void
bt_latencies_count(struct bt_latencies *l, const struct bt_way *way,
                   const struct bt_way_event *in)
{
    for (size_t i = 0; i < way->n_events; i++) {
        const struct bt_way_event *e = &way->events[i];

        if (e->direction == BPFDEV_DIR_OUT && !e->at->drops) {
            count(get_latency(l, in->at->info.name, e->at->info.name),
                  bt_way_latency(in, e));
        }
    }
}

double
bt_latency_bound(size_t step)
{
    return exp2((step + 1.0) / STEPS) / 1e3;
}

/* Upper bound, in microseconds, of the latency of 'share' of the packets. */
static double
quantile(const struct bt_latency *h, double share)
{
    uint64_t n = 0;

    for (size_t i = 0; i < BT_LATENCY_STEPS; i++) {
        n += h->steps[i];
        if (n >= share * h->n) {
            double bound = bt_latency_bound(i);

            return bound < h->max / 1e3 ? bound : h->max / 1e3;
        }
    }
    return h->max / 1e3;
}

static void
print_json(const struct bt_latency *h)
{
    struct bt_str s = { NULL, 0, 0 };
    bool first = true;

    bt_str_puts(&s, "{\"in\": ");
    bt_str_json(&s, h->in);
    bt_str_puts(&s, ", \"out\": ");
    bt_str_json(&s, h->out);
    bt_str_printf(&s, ", \"packets\": %llu, \"min_us\": %.3f, "
                  "\"mean_us\": %.3f, \"max_us\": %.3f, \"buckets\": [",
                  (unsigned long long int) h->n, h->min / 1e3,
                  h->sum / h->n / 1e3, h->max / 1e3);
    for (size_t i = 0; i < BT_LATENCY_STEPS; i++) {
        if (h->steps[i]) {
            bt_str_printf(&s, "%s{\"le_us\": %.3f, \"packets\": %llu}",
                          first ? "" : ", ", bt_latency_bound(i),
                          (unsigned long long int) h->steps[i]);
            first = false;
        }
    }
    bt_str_puts(&s, "]}");
    puts(s.s);
    bt_str_free(&s);
}

static void
print_text(const struct bt_latency *h)
{
    uint64_t most = 0;

    printf("%s to ", bt_names_title(h->in));
    printf("%s: %llu packets; microseconds: min %.1f, mean %.1f, 50%% %.1f, "
           "99%% %.1f, max %.1f\n", bt_names_title(h->out),
           (unsigned long long int) h->n, h->min / 1e3, h->sum / h->n / 1e3,
           quantile(h, 0.5), quantile(h, 0.99), h->max / 1e3);
    for (size_t i = 0; i < BT_LATENCY_STEPS; i++) {
        most = h->steps[i] > most ? h->steps[i] : most;
    }
    for (size_t i = 0; i < BT_LATENCY_STEPS; i++) {
        if (h->steps[i]) {
            int length = (h->steps[i] * 40 + most - 1) / most;

            printf("%12.1f %8llu %.*s\n", bt_latency_bound(i),
                   (unsigned long long int) h->steps[i], length,
                   "########################################");
        }
    }
}

void
bt_latencies_print(const struct bt_latencies *l, bool json)
{
    for (size_t i = 0; i < l->n; i++) {
        if (json) {
            print_json(&l->pairs[i]);
        } else {
            print_text(&l->pairs[i]);
        }
    }
}

void
bt_latencies_free(struct bt_latencies *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->pairs[i].in);
        free(l->pairs[i].out);
    }
    free(l->pairs);
    memset(l, 0, sizeof *l);
}
