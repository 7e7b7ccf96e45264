/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* A port that is being captured; see bpftap-source.h. */

#include "bpftap-source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpftap-mirror.h"
#include "bpftap-ports.h"

/* How long a packet may wait in the switch for company, so that one request
 * fetches many: nobody notices it, and it saves most of the work. */
#define MAX_AGE (10 * 1000 * 1000)

/* How long the switch may take to offer a port that it was told to make. */
#define NEW_PORT_TIMEOUT (5 * BT_NSEC)

struct bt_source *
bt_source_create(const struct bt_capture *capture,
                 const struct bt_spec *spec, const struct bpfdev_port *port)
{
    struct bt_source *source = bt_zalloc(sizeof *source);
    const char *filter = spec->filter;

    if (!filter) {
        filter = capture->defaults.filter;
    }
    source->name = bt_strdup(port->name);
    source->filter = bt_strdup(filter ? filter : "");
    source->spec = spec;
    source->started = bt_now_real();
    source->iface.name = source->name;
    source->iface.filter = source->filter;
    source->iface.snaplen = spec->snaplen;
    return source;
}

/* Takes over what the switch says about 'port'. */
static void
describe(struct bt_source *source, const struct bpfdev_port *port)
{
    source->ofport = port->ofport;
    free(source->bridge);
    source->bridge = bt_strdup(port->bridge);
    if (source->in_file) {
        return;                 /* What is in the file stays. */
    }
    free(source->description);
    source->description = bt_port_description(port);
    source->iface.description = source->description;
    source->iface.hardware = "Open vSwitch userspace datapath";
    source->iface.dlt = port->dlt;
    source->iface.speed = port->speed;
    source->iface.addr_len = port->addr_len;
    memcpy(source->iface.addr, port->addr, sizeof source->iface.addr);
}

static int
add_feed(struct bt_source *source, const struct bt_tap_config *config,
         enum bt_direction direction, char errbuf[])
{
    struct bt_feed *feed = &source->feeds[source->n_feeds];
    int error = bt_tap_open(&feed->tap, config, errbuf);

    if (!error) {
        feed->source = source;
        feed->direction = direction;
        source->n_feeds++;
    }
    return error;
}

/* As add_feed(), for a port that the switch has just made: it may take a
 * moment until capture clients can have it. */
static int
add_new_feed(struct bt_source *source, const struct bt_tap_config *config,
             enum bt_direction direction, char errbuf[])
{
    uint64_t deadline = bt_now_mono() + NEW_PORT_TIMEOUT;
    int error;

    while ((error = add_feed(source, config, direction, errbuf)) == ENXIO
           && bt_now_mono() < deadline && !bt_stop_signal()) {
        bt_poll(NULL, 0, 5 * 1000 * 1000);
    }
    return error;
}

/* Attaches to the mirrors of a patch port.  They only ever send. */
static int
attach_patch(struct bt_source *source, struct bt_tap_config *config,
             char errbuf[])
{
    static const enum bt_direction directions[] = { BT_DIR_IN, BT_DIR_OUT };
    int error;

    bt_mirror_destroy(source->mirror);
    source->mirror = bt_mirror_create(source->bridge, source->name,
                                      config->direction, &error, errbuf);
    if (!source->mirror) {
        return error;
    }

    config->direction = BPF_D_OUT;
    config->longer_than = BT_MIRROR_STUB;
    for (size_t i = 0; i < BT_ARRAY_SIZE(directions); i++) {
        config->port = bt_mirror_port(source->mirror, directions[i]);
        if (config->port) {
            error = add_new_feed(source, config, directions[i], errbuf);
            if (error) {
                return error;
            }
        }
    }
    return 0;
}

int
bt_source_attach(struct bt_source *source, const struct bt_capture *capture,
                 const struct bpfdev_port *port, uint64_t memory,
                 char errbuf[])
{
    struct bt_tap_config config = {
        .socket = capture->socket,
        .port = source->name,
        .filter = source->filter,
        .dlt = port->dlt,
        .snaplen = source->spec->snaplen,
        .direction = source->spec->direction,
        .memory = memory,
        .max_age = capture->immediate ? 0 : MAX_AGE,
        .optimize = !capture->no_optimize,
        .quiet = capture->quiet,
        .identity = (capture->identity
                     || !strcmp(port->type, BT_PORT_DROPS)),
    };
    int error;

    describe(source, port);
    error = (!strcmp(port->type, "patch")
             ? attach_patch(source, &config, errbuf)
             : add_feed(source, &config, BT_DIR_UNKNOWN, errbuf));
    if (error) {
        bt_source_detach(source);
    } else if (!source->in_file) {
        source->iface.dlt = source->feeds[0].tap.dlt;
    }
    return error;
}

static void
add_stats(struct bpfdev_stats *sum, const struct bpfdev_stats *stats)
{
    sum->received += stats->received;
    sum->captured += stats->captured;
    sum->dropped += stats->dropped;
}

void
bt_source_update_stats(struct bt_source *source)
{
    source->stats = source->past;
    for (size_t i = 0; i < source->n_feeds; i++) {
        struct bpfdev_stats stats;

        bt_tap_stats(&source->feeds[i].tap, &stats);
        add_stats(&source->stats, &stats);
    }
}

void
bt_source_detach(struct bt_source *source)
{
    bt_source_update_stats(source);
    source->past = source->stats;
    source->past_delivered = bt_source_delivered(source);
    source->past_lost = bt_source_lost_since(source);
    for (size_t i = 0; i < source->n_feeds; i++) {
        bt_tap_close(&source->feeds[i].tap);
    }
    source->n_feeds = 0;
}

uint64_t
bt_source_lost_since(const struct bt_source *source)
{
    return (source->stats.dropped > source->told
            ? source->stats.dropped - source->told : 0);
}

uint64_t
bt_source_delivered(const struct bt_source *source)
{
    uint64_t n = source->past_delivered;

    for (size_t i = 0; i < source->n_feeds; i++) {
        n += source->feeds[i].tap.n_delivered;
    }
    return n;
}

void
bt_source_comment(struct bt_source *source, char *comment)
{
    free(source->comment);
    source->comment = comment;
}

bool
bt_source_destroy(struct bt_source *source)
{
    bool ok;

    bt_source_detach(source);
    ok = bt_mirror_destroy(source->mirror);
    free(source->name);
    free(source->bridge);
    free(source->description);
    free(source->filter);
    free(source->comment);
    free(source);
    return ok;
}
