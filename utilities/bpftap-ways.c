/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* The ways of packets; see bpftap-ways.h. */

#include "bpftap-ways.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpftap-ports.h"

/* Bytes of a device's buffers. */
#define MEMORY (4 << 20)

/* Packets under way at a time; the oldest ones are told early. */
#define MAX_WAYS 65536

/* Bytes that no packet is longer than. */
#define NO_LIMIT 262144

/* Bytes of a packet that a struct bt_brief needs. */
#define BRIEF_SNAPLEN 256

#define INDEX_SIZE (4 * MAX_WAYS)

/* A way is at most so many places behind the one that its identity gives.
 * Places are not given back: one whose way has another identity by now is as
 * good as free. */
#define PROBES 16

const struct bt_way_port *
bt_ways_find_port(const struct bt_ways *w, uint32_t hash)
{
    for (size_t i = 0; i < w->n_ports; i++) {
        if (w->ports[i].hash == hash && !w->ports[i].drops) {
            return &w->ports[i];
        }
    }
    return NULL;
}

static size_t
index_place(uint64_t id, size_t probe)
{
    return (id * UINT64_C(0x9e3779b97f4a7c15) >> 40) + probe;
}

static struct bt_way *
find_way(struct bt_ways *w, uint64_t id)
{
    for (size_t i = 0; i < PROBES; i++) {
        uint32_t place = w->index[index_place(id, i) % INDEX_SIZE];

        if (place && w->ways[place - 1].id == id) {
            return &w->ways[place - 1];
        }
    }
    return NULL;
}

/* Makes 'place' findable, in the stead of what is gone if need be. */
static void
add_to_index(struct bt_ways *w, uint64_t id, uint32_t place)
{
    size_t chosen = index_place(id, 0) % INDEX_SIZE;

    for (size_t i = 0; i < PROBES; i++) {
        size_t k = index_place(id, i) % INDEX_SIZE;
        uint32_t old = w->index[k];

        if (!old || !w->ways[old - 1].id
            || (k - index_place(w->ways[old - 1].id, 0)) % INDEX_SIZE
               >= PROBES) {
            chosen = k;
            break;
        }
    }
    w->index[chosen] = place + 1;
}

const char *
bt_way_reason(uint32_t reason)
{
    const char *text = bpfdev_drop_reason(reason);

    return text ? text : "a reason that this program does not know";
}

uint64_t
bt_way_latency(const struct bt_way_event *in,
               const struct bt_way_event *event)
{
    return event->ts > in->ts ? event->ts - in->ts : 0;
}

/* Is 'e' the packet's reception on a port that was chosen? */
static bool
is_reception(const struct bt_way_event *e)
{
    return e->at->chosen && e->direction == BPFDEV_DIR_IN;
}

/* The first such event, or NULL. */
static const struct bt_way_event *
find_reception(const struct bt_way *way)
{
    const struct bt_way_event *found = NULL;

    for (size_t i = 0; i < way->n_events; i++) {
        const struct bt_way_event *e = &way->events[i];

        if (is_reception(e) && (!found || e->ts < found->ts)) {
            found = e;
        }
    }
    return found;
}

static int
compare_events(const void *a_, const void *b_)
{
    const struct bt_way_event *a = a_, *b = b_;

    return (a->ts != b->ts ? (a->ts < b->ts ? -1 : 1)
            : (a->direction > b->direction) - (a->direction < b->direction));
}

/* The end of a way. */

static void
tell_way(struct bt_ways *w, struct bt_way *way)
{
    const struct bt_way_event *in;

    qsort(way->events, way->n_events, sizeof way->events[0], compare_events);
    in = find_reception(way);
    if (in && w->config.ended) {
        w->config.ended(way, in, w->config.aux);
    }
}

static void
end_first_way(struct bt_ways *w)
{
    struct bt_way *way = &w->ways[w->first];

    tell_way(w, way);
    way->id = 0;
    w->first = (w->first + 1) % MAX_WAYS;
    w->n_ways--;
}

static void
end_old_ways(struct bt_ways *w, uint64_t before)
{
    while (w->n_ways && w->ways[w->first].since < before) {
        end_first_way(w);
    }
}

static struct bt_way *
add_way(struct bt_ways *w, const struct bpfdev_identity *identity)
{
    size_t place;
    struct bt_way *way;

    if (w->n_ways == MAX_WAYS) {
        end_first_way(w);
    }
    place = (w->first + w->n_ways++) % MAX_WAYS;
    way = &w->ways[place];
    way->id = identity->id;
    way->since = bt_now_mono();
    way->n_events = way->n_more = 0;
    add_to_index(w, identity->id, place);
    return way;
}

/* Keeps 'e' in 'way'.  Without its reception a way is not told: that takes the
 * place of another event if there is no room. */
static void
keep_event(struct bt_way *way, const struct bt_way_event *e)
{
    if (way->n_events < BT_WAY_EVENTS) {
        way->events[way->n_events++] = *e;
        return;
    }
    way->n_more++;
    if (is_reception(e)) {
        way->events[BT_WAY_EVENTS - 1] = *e;
    }
}

static void
add_event(struct bt_ways *w, const struct bt_way_port *port,
          const struct bpfdev_identity *identity)
{
    const struct bt_tap *tap = &port->tap;
    struct bt_way *way = find_way(w, identity->id);
    struct bt_way_event e = {
        .at = port,
        .ts = tap->item.ts,
        .direction = tap->packet.direction,
        .reason = identity->reason,
    };

    bt_brief_parse(&e.brief, tap->packet.data, tap->packet.caplen,
                   tap->packet.len);
    keep_event(way ? way : add_way(w, identity), &e);
}

/* The loop. */

static bool
is_over(const struct bt_ways *w)
{
    return w->config.is_over && w->config.is_over(w->config.aux);
}

static void
take_packet(struct bt_ways *w, struct bt_way_port *port)
{
    const struct bpfdev_packet *packet = &port->tap.packet;
    struct bpfdev_identity identity;

    w->n_lost += packet->drops;
    bpfdev_identity(port->tap.dev, packet, &identity);
    if (w->config.seen && !is_over(w)) {
        w->config.seen(port, &identity, w->config.aux);
    }
    if (identity.id && w->config.ended) {
        add_event(w, port, &identity);
    }
}

/* Takes what 'port' has.  Returns false if the port is gone. */
static bool
take_packets(struct bt_ways *w, struct bt_way_port *port)
{
    struct bt_tap *tap = &port->tap;
    int error = bt_tap_fetch(tap);

    while (!error && tap->has_packet) {
        take_packet(w, port);
        bt_tap_advance(tap);
    }
    return !error || error == EAGAIN;
}

/* What is left is not worth waiting for without a port that packets come in
 * by. */
static bool
is_worth_waiting(const struct bt_ways *w, const struct bt_way_port *port)
{
    return w->config.only_drops || port->chosen;
}

static void
port_is_gone(struct bt_ways *w, size_t i)
{
    bt_error("%s: the port is gone", w->ports[i].info.name);
    bt_tap_close(&w->ports[i].tap);
    w->fds[i].fd = -1;
    w->n_open -= is_worth_waiting(w, &w->ports[i]);
}

bool
bt_ways_run(struct bt_ways *w, uint64_t timeout)
{
    uint64_t now;

    if (w->n_ways && w->config.patience / 4 < timeout) {
        timeout = w->config.patience / 4;
    }
    if (!w->n_open || is_over(w)) {
        return false;
    }
    bt_poll(w->fds, w->n_ports, timeout);

    /* Whoever is told of a packet may take his time: that is none in which
     * others could have been read. */
    now = bt_now_mono();
    for (size_t i = 0; i < w->n_ports; i++) {
        if (w->fds[i].fd >= 0 && w->fds[i].revents
            && !take_packets(w, &w->ports[i])) {
            port_is_gone(w, i);
        }
    }
    end_old_ways(w, now - w->config.patience);
    return w->n_open && !is_over(w);
}

void
bt_ways_finish(struct bt_ways *w)
{
    for (size_t i = 0; i < w->n_ports; i++) {
        if (w->fds[i].fd >= 0) {
            take_packets(w, &w->ports[i]);
        }
    }
    end_old_ways(w, UINT64_MAX);
}

/* Start and end. */

static int
open_port(struct bt_ways *w, struct bt_way_port *port, char errbuf[])
{
    const struct bt_ways_config *c = &w->config;
    const struct bt_tap_config config = {
        .socket = c->socket,
        .port = port->info.name,
        .filter = c->only_drops || c->only_received ? c->filter : "",
        .dlt = port->info.dlt,
        .snaplen = port->chosen && !c->only_drops ? c->snaplen
                   : BRIEF_SNAPLEN,
        .direction = c->only_received ? BPF_D_IN : BPF_D_INOUT,
        .memory = c->only_drops ? MEMORY : MEMORY / 4,
        .max_age = BT_NSEC / 20,
        .identity = !c->only_received,
        .quiet = c->quiet,
        .optimize = true,
    };
    char reason[BPFDEV_ERRBUF_SIZE];
    int error = bt_tap_open(&port->tap, &config, reason);

    if (error) {
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "%.255s: %.250s",
                 port->info.name, reason);
    }
    return error;
}

static void
add_port(struct bt_ways *w, const struct bpfdev_port *info, bool chosen)
{
    struct bt_way_port *port = &w->ports[w->n_ports++];

    port->info = *info;
    port->hash = bpfdev_port_hash(info->name);
    port->chosen = chosen;
}

/* Returns false if no port is called so. */
static bool
find_ports(struct bt_ways *w)
{
    struct bpfdev *dev = bt_monitor_open(w->config.socket);
    struct bpfdev_port *ports, drops;
    bool any = false;
    size_t n;

    ports = bt_ports_list(dev, &n);
    w->ports = bt_zalloc((n + 1) * sizeof *w->ports);
    for (size_t i = 0; i < n; i++) {
        bool chosen = bt_pattern_matches(w->config.pattern, &ports[i]);

        any |= chosen;
        if (chosen || bt_pattern_matches("any", &ports[i])) {
            add_port(w, &ports[i], chosen);
        }
    }
    free(ports);
    bpfdev_close(dev);
    bt_port_drops(&drops);
    add_port(w, &drops, false);
    w->ports[w->n_ports - 1].drops = true;
    return any;
}

/* The filter is for packets as they were received: those ports apply it that
 * were chosen, to what comes in, and nobody else knows of it. */
static int
set_reception_filter(struct bt_ways *w, char errbuf[])
{
    char *expression;
    int error = 0;

    if (!w->config.filter[0] || w->config.only_drops
        || w->config.only_received) {
        return 0;
    }
    expression = bt_asprintf("outbound or (%s)", w->config.filter);
    for (size_t i = 0; !error && i < w->n_ports; i++) {
        struct bt_way_port *port = &w->ports[i];

        if (port->chosen
            && bpfdev_set_filter_expr(port->tap.dev, expression,
                                      w->config.snaplen ? w->config.snaplen
                                      : NO_LIMIT, true)) {
            error = errno;
            snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "%s",
                     bpfdev_strerror(port->tap.dev));
        }
    }
    free(expression);
    return error;
}

static bool
is_wanted(const struct bt_ways *w, const struct bt_way_port *port)
{
    return (w->config.only_received ? port->chosen
            : !w->config.only_drops || port->drops);
}

static int
open_ports(struct bt_ways *w, char errbuf[])
{
    int error = 0;

    for (size_t i = 0; !error && i < w->n_ports; i++) {
        struct bt_way_port *port = &w->ports[i];

        if (is_wanted(w, port)) {
            error = open_port(w, port, errbuf);
        }
    }
    return error ? error : set_reception_filter(w, errbuf);
}

static void
fill_fds(struct bt_ways *w)
{
    w->fds = bt_zalloc(w->n_ports * sizeof *w->fds);
    for (size_t i = 0; i < w->n_ports; i++) {
        struct bt_way_port *port = &w->ports[i];

        w->fds[i].fd = port->tap.dev ? bpfdev_fd(port->tap.dev) : -1;
        w->fds[i].events = POLLIN;
        w->n_open += port->tap.dev && is_worth_waiting(w, port);
    }
}

int
bt_ways_open(struct bt_ways *w, const struct bt_ways_config *config,
             char errbuf[])
{
    int error;

    memset(w, 0, sizeof *w);
    w->config = *config;
    if (!find_ports(w)) {
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE,
                 "no port \"%.200s\"; \"ovs-bpftap list\" shows the ports",
                 config->pattern);
        error = ENOENT;
    } else {
        error = open_ports(w, errbuf);
    }
    if (error) {
        bt_ways_close(w);
        return error;
    }
    fill_fds(w);
    w->ways = bt_zalloc(MAX_WAYS * sizeof *w->ways);
    w->index = bt_zalloc(INDEX_SIZE * sizeof *w->index);
    return 0;
}

void
bt_ways_close(struct bt_ways *w)
{
    for (size_t i = 0; i < w->n_ports; i++) {
        bt_tap_close(&w->ports[i].tap);
    }
    free(w->ports);
    free(w->fds);
    free(w->ways);
    free(w->index);
    memset(w, 0, sizeof *w);
}
