/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What became of a packet in fact, beside what was forecast.
 *
 * One thread, no locks. */

#ifndef BPFTAP_FACT_H
#define BPFTAP_FACT_H 1

#include <stdbool.h>

#include "bpftap-util.h"

struct bt_forecast;
struct bt_way;
struct bt_way_event;

/* All zeros: nothing is known. */
struct bt_fact {
    bool known;
    bool as_forecast;           /* If known. */
    struct bt_str text;         /* "out of p2 after 12.3 us". */
    struct bt_strv ports;       /* That it was sent out of. */
    struct bt_strv reasons;     /* Why it, or a copy, was dropped. */
};

/* Puts what 'way', received by 'in', says into '*fact', and whether that is
 * what 'forecast' said: the same ports, and no drop beside them.  A forecast
 * has the datapath's names of tunnel ports, which many ports may share. */
void bt_fact_get(struct bt_fact *fact, const struct bt_way *way,
                 const struct bt_way_event *in,
                 const struct bt_forecast *forecast);

void bt_fact_destroy(struct bt_fact *);

#endif /* bpftap-fact.h */
