/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* The switch's own counters; see bpftap-drops.h. */

#include "bpftap-drops.h"

#include <stdlib.h>
#include <string.h>

/* Bridges may be set to any of these. */
#define OPENFLOW_VERSIONS \
    "-OOpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15"

struct bt_drops_bridge {
    char *name;
    struct bt_child child;      /* That brings the first counters. */
    struct bt_counters *first, *last;
    size_t n_first, n_last;
};

void
bt_counters_start(struct bt_child *child, const char *bridge)
{
    struct bt_strv argv = { NULL, 0 };

    bt_strv_add(&argv, "ovs-ofctl");
    bt_strv_add(&argv, "--timeout=2");
    bt_strv_add(&argv, OPENFLOW_VERSIONS);
    bt_strv_add(&argv, "--no-names");
    bt_strv_add(&argv, "dump-ports");
    bt_strv_add(&argv, bridge);
    bt_child_start(child, argv.v);
    bt_strv_free(&argv);
}

/* Reads the number after 'key' in 'line'.  "?" is not known. */
static uint64_t
read_counter(const char *line, const char *key)
{
    const char *p = strstr(line, key);

    return (p && p[strlen(key)] != '?'
            ? strtoull(p + strlen(key), NULL, 10)
            : UINT64_MAX);
}

/* Parses the two lines of a port:
 *
 *   port  1: rx pkts=0, bytes=0, drop=0, errs=0, frame=0, over=0, crc=0
 *            tx pkts=0, bytes=0, drop=0, errs=0, coll=0
 */
static void
parse_line(char *line, struct bt_counters **counters, size_t *n)
{
    const char *port = strstr(line, "port ");
    struct bt_counters *c;

    if (port && strstr(line, ": rx pkts=")) {
        *counters = bt_realloc(*counters, (*n + 1) * sizeof **counters);
        c = &(*counters)[(*n)++];
        memset(c, 0, sizeof *c);
        port += strspn(port + 5, " ") + 5;
        c->ofport = (!strncmp(port, "LOCAL", 5)
                     ? BT_OFPORT_LOCAL
                     : strtoul(port, NULL, 10));
        c->rx_packets = read_counter(line, "pkts=");
        c->rx_bytes = read_counter(line, "bytes=");
        c->rx_dropped = read_counter(line, "drop=");
        c->rx_errors = read_counter(line, "errs=");
    } else if (*n && strstr(line, "tx pkts=")) {
        c = &(*counters)[*n - 1];
        c->tx_packets = read_counter(line, "pkts=");
        c->tx_bytes = read_counter(line, "bytes=");
        c->tx_dropped = read_counter(line, "drop=");
        c->tx_errors = read_counter(line, "errs=");
    }
}

struct bt_counters *
bt_counters_finish(struct bt_child *child, size_t *n)
{
    struct bt_str output = { NULL, 0, 0 };
    struct bt_counters *counters = NULL;
    char *line, *save;

    *n = 0;
    if (!child->pid || bt_child_finish(child, &output) || !output.s) {
        bt_str_free(&output);
        return NULL;
    }
    for (line = strtok_r(output.s, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        parse_line(line, &counters, n);
    }
    bt_str_free(&output);
    return counters;
}

const struct bt_counters *
bt_counters_find(const struct bt_counters *counters, size_t n,
                 uint32_t ofport)
{
    for (size_t i = 0; i < n; i++) {
        if (counters[i].ofport == ofport) {
            return &counters[i];
        }
    }
    return NULL;
}

static struct bt_drops_bridge *
find_bridge(const struct bt_drops *drops, const char *name)
{
    for (size_t i = 0; name && i < drops->n; i++) {
        if (!strcmp(drops->bridges[i].name, name)) {
            return &drops->bridges[i];
        }
    }
    return NULL;
}

void
bt_drops_watch(struct bt_drops *drops, const char *name)
{
    struct bt_drops_bridge *bridge;

    if (!name || find_bridge(drops, name)) {
        return;
    }
    drops->bridges = bt_realloc(drops->bridges,
                                (drops->n + 1) * sizeof *drops->bridges);
    bridge = &drops->bridges[drops->n++];
    memset(bridge, 0, sizeof *bridge);
    bridge->name = bt_strdup(name);
    bt_counters_start(&bridge->child, name);
}

static void
finish_first(struct bt_drops_bridge *bridge)
{
    if (bridge->child.pid) {
        bridge->first = bt_counters_finish(&bridge->child, &bridge->n_first);
    }
}

void
bt_drops_update(struct bt_drops *drops)
{
    struct bt_child *children = bt_zalloc(drops->n * sizeof *children);

    for (size_t i = 0; i < drops->n; i++) {
        finish_first(&drops->bridges[i]);
        bt_counters_start(&children[i], drops->bridges[i].name);
    }
    for (size_t i = 0; i < drops->n; i++) {
        struct bt_drops_bridge *bridge = &drops->bridges[i];

        free(bridge->last);
        bridge->last = bt_counters_finish(&children[i], &bridge->n_last);
    }
    free(children);
}

/* Adds up what is known of two counters. */
static uint64_t
sum(const struct bt_counters *c)
{
    if (!c || c->rx_dropped == UINT64_MAX) {
        return c ? c->tx_dropped : UINT64_MAX;
    }
    return c->rx_dropped + (c->tx_dropped == UINT64_MAX ? 0 : c->tx_dropped);
}

uint64_t
bt_drops_of(const struct bt_drops *drops, const char *name, uint32_t ofport)
{
    const struct bt_drops_bridge *bridge = find_bridge(drops, name);
    uint64_t first, last;

    if (!bridge) {
        return UINT64_MAX;
    }
    first = sum(bt_counters_find(bridge->first, bridge->n_first, ofport));
    last = sum(bt_counters_find(bridge->last, bridge->n_last, ofport));
    return (first == UINT64_MAX || last == UINT64_MAX || last < first
            ? UINT64_MAX
            : last - first);
}

void
bt_drops_free(struct bt_drops *drops)
{
    for (size_t i = 0; i < drops->n; i++) {
        struct bt_drops_bridge *bridge = &drops->bridges[i];

        finish_first(bridge);
        free(bridge->name);
        free(bridge->first);
        free(bridge->last);
    }
    free(drops->bridges);
    drops->bridges = NULL;
    drops->n = 0;
}
