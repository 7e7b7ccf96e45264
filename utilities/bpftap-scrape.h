/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What the exporter tells about the switch.
 *
 * Ports and captures come from the switch's capture sockets, counters of ports
 * from the database (ovs-vsctl), where the switch puts them every five seconds
 * (other_config:stats-update-interval), so that a scrape costs it nothing, and
 * reasons of drops, caches and notifier from its control socket (ovs-appctl).
 * All of them are asked at once.  What does not answer is left out and said to
 * be down.
 *
 * One thread at a time. */

#ifndef BPFTAP_SCRAPE_H
#define BPFTAP_SCRAPE_H 1

#include "bpftap-latency.h"
#include "bpftap-metrics.h"

/* Appends everything that is known at present to '*metrics'.  'socket' is
 * that of the switch, NULL for the default. */
void bt_scrape(struct bt_metrics *metrics, const char *socket,
               const struct bt_latencies *latencies);

#endif /* bpftap-scrape.h */
