/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What the switch would do with a packet: asks the switch's own tracer
 * (ofproto/trace, by way of ovs-appctl) and puts what it says into short form.
 *
 * One thread, no locks. */

#ifndef BPFTAP_FORECAST_H
#define BPFTAP_FORECAST_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-util.h"

/* The flow that a packet met in one table. */
struct bt_step {
    char *bridge;
    unsigned int table;
    char *flow;                 /* "priority 5, ip, cookie 0x1" or the like, as
                                 * the tracer has it; NULL: no match. */
    char *actions;              /* Separated by commas; "" if none are told. */
    char *cookie;               /* "0x1", NULL for 0. */
};

struct bt_forecast {
    struct bt_step *steps;
    size_t n_steps;
    struct bt_str datapath;     /* Datapath actions, each pass after "; ". */
    struct bt_strv ports;       /* Where the packet leaves. */
    struct bt_str outcome;      /* "out of p2" or "dropped: ...". */
    struct bt_strv notes;       /* What the tracer cannot know. */
    bool dropped;
    bool undecided;             /* There may be more ports. */
    char *error;                /* Why there is no forecast, or NULL. */
};

/* Asks what becomes of the 'n' bytes at 'data', received on 'port', and stores
 * the answer in '*forecast'.  If it is a tunnel's port, 'tunnel' is what came
 * with them (bt_outer_put()), NULL if that is not known; otherwise it is NULL.
 * Waits for at most 'timeout' seconds, and with 'tunnel' twice. */
void bt_forecast_get(struct bt_forecast *forecast,
                     const struct bpfdev_port *port, const char *tunnel,
                     const uint8_t *data, size_t n, unsigned int timeout);

void bt_forecast_destroy(struct bt_forecast *);

#endif /* bpftap-forecast.h */
