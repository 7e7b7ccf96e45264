/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Ports and switches that come and go during a capture; see
 * bpftap-engine-private.h. */

#include "bpftap-engine-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpftap-ports.h"
#include "bpftap-who.h"

/* A port that goes away while nobody said --wait may return for so long. */
#define GRACE BT_NSEC

/* Buffer memory, for all ports together, of which one port gets an eighth, or
 * less if there are others: ours, and those that somebody captures on already.
 * So hundreds can capture before the switch's own limit, 512 MiB unless it is
 * configured, is reached.  More would bridge a slow disk for longer, but the
 * switch has to provide all of it before the first packet. */
#define MEMORY_IN_ALL (128 * 1024 * 1024)
#define SHARES_MIN 8
#define MEMORY_MIN (256 * 1024)

static double
seconds_since(uint64_t start)
{
    return (bt_now_mono() - start) / 1e9;
}

static struct bt_source *
find_source(const struct engine *e, const char *name)
{
    for (size_t i = 0; i < e->n_sources; i++) {
        if (!strcmp(e->sources[i]->name, name)) {
            return e->sources[i];
        }
    }
    return NULL;
}

/* The spec that 'port' belongs to: one that names it, or else the first that
 * covers it. */
static const struct bt_spec *
find_spec(const struct bt_capture *capture, const struct bpfdev_port *port)
{
    const struct bt_spec *found = NULL;

    for (size_t i = 0; i < capture->n_specs; i++) {
        const struct bt_spec *spec = &capture->specs[i];

        if (bt_pattern_matches(spec->pattern, port)) {
            if (bt_pattern_is_exact(spec->pattern)) {
                return spec;
            } else if (!found) {
                found = spec;
            }
        }
    }
    return found;
}

static uint64_t
memory_per_port(const struct bt_capture *capture, size_t n_ports,
                size_t n_listeners)
{
    size_t n_shares = (n_ports > SHARES_MIN ? n_ports : SHARES_MIN)
                      + n_listeners;
    uint64_t memory = MEMORY_IN_ALL / n_shares;

    if (capture->memory) {
        return capture->memory;
    }
    return memory < MEMORY_MIN ? MEMORY_MIN : memory;
}

/* One pcap file has one link type. */
static bool
fits_into_file(struct engine *e, const struct bt_source *source)
{
    const struct bt_source *first = NULL;

    for (size_t i = 0; i < e->n_sources && !first; i++) {
        if (e->sources[i] != source && e->sources[i]->was_here) {
            first = e->sources[i];
        }
    }
    if (!first || first->iface.dlt == source->iface.dlt
        || e->capture->files.encoder.format == BT_PCAPNG) {
        return true;
    }
    bt_error("%s has another link type than %s, and pcap can hold one only; "
             "capture to pcapng", source->name, first->name);
    return false;
}

static void
mark_return(struct bt_source *source)
{
    double away = seconds_since(source->gone_since);
    char *comment = (source->gone_with_switch
                     ? bt_asprintf("the switch was away for %.3f seconds "
                                   "before this packet", away)
                     : bt_asprintf("port %s was away for %.3f seconds before "
                                   "this packet", source->name, away));

    bt_source_comment(source, comment);
    source->gone_with_switch = false;
}

/* What failed to attach: a reason to end if the user named the port, one to
 * go on without it otherwise. */
static void
refuse(struct engine *e, struct bt_source *source, const char *reason)
{
    if (reason) {
        bt_error("%s", reason);
    }
    source->refused = true;
    if (bt_pattern_is_exact(source->spec->pattern)) {
        bt_engine_fail(e);
    } else {
        bt_engine_blemish(e);
    }
}

static void
attach_source(struct engine *e, struct bt_source *source,
              const struct bpfdev_port *port, uint64_t memory)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    int error = bt_source_attach(source, e->capture, port, memory, errbuf);

    if (error == ENXIO) {
        return;                 /* Gone again: the monitor will tell. */
    } else if (error) {
        refuse(e, source, errbuf);
    } else if (!fits_into_file(e, source)) {
        bt_source_detach(source);
        refuse(e, source, NULL);
    } else {
        e->n_feeds += source->n_feeds;
        if (source->was_here) {
            mark_return(source);
            bt_engine_news(e, "port %s is back", source->name);
        }
        source->was_here = true;
    }
}

static void
add_source(struct engine *e, struct bt_source *source)
{
    e->sources = bt_realloc(e->sources,
                            (e->n_sources + 1) * sizeof *e->sources);
    e->sources[e->n_sources++] = source;
}

/* Attaches to what 'ports' has of what the user asked for. */
static void
attach_ports(struct engine *e, const struct bpfdev_port *ports, size_t n)
{
    size_t n_wanted = 0, n_listeners = 0;

    for (size_t i = 0; i < n; i++) {
        n_listeners += ports[i].listeners;
        n_wanted += find_spec(e->capture, &ports[i]) != NULL;
    }
    for (size_t i = 0; i < n && !e->stop && !bt_stop_signal(); i++) {
        const struct bt_spec *spec = find_spec(e->capture, &ports[i]);
        struct bt_source *source;

        if (!spec) {
            continue;
        }
        source = find_source(e, ports[i].name);
        if (!source) {
            source = bt_source_create(e->capture, spec, &ports[i]);
            add_source(e, source);
        }
        if (!bt_source_is_here(source) && !source->refused) {
            attach_source(e, source, &ports[i],
                          memory_per_port(e->capture, n_wanted, n_listeners));
        }
    }
}

void
bt_engine_register_interfaces(struct engine *e)
{
    for (size_t i = 0; i < e->n_sources; i++) {
        struct bt_source *source = e->sources[i];

        if (bt_source_is_here(source) && !source->in_file) {
            source->number = bt_files_add_interface(e->files, &source->iface);
            source->in_file = true;
            if (e->capture->files.encoder.format == BT_PCAPNG) {
                bt_drops_watch(&e->drops, source->bridge);
            }
        }
    }
}

/* Adds to the '*n' '*ports' the one for dropped packets, if the user wants it
 * and there is no real one of its name.  Returns 0. */
static int
add_drops(const struct engine *e, struct bpfdev_port **ports, size_t *n)
{
    bool wanted = false;

    for (size_t i = 0; i < e->capture->n_specs; i++) {
        wanted |= !strcmp(e->capture->specs[i].pattern, BT_PORT_DROPS);
    }
    for (size_t i = 0; i < *n; i++) {
        wanted &= strcmp((*ports)[i].name, BT_PORT_DROPS) != 0;
    }
    if (wanted) {
        *ports = bt_realloc(*ports, (*n + 1) * sizeof **ports);
        bt_port_drops(&(*ports)[(*n)++]);
    }
    return 0;
}

/* Looks at the list of ports and attaches to new ones. */
void
bt_engine_refresh_ports(struct engine *e)
{
    struct bpfdev_port *ports;
    size_t n;

    if (bt_ports_try_list(e->monitor, &ports, &n)
        || add_drops(e, &ports, &n)) {
        e->stuck |= errno == ETIMEDOUT;
        bpfdev_close(e->monitor);
        e->monitor = NULL;
        return;
    }
    attach_ports(e, ports, n);
    free(ports);
    if (e->files) {
        bt_engine_register_interfaces(e);
    }
}


/* Detaches 'source', whose port or switch went away. */
static void
lose_source(struct engine *e, struct bt_source *source, const char *what)
{
    for (size_t i = 0; i < source->n_feeds; i++) {
        while (source->feeds[i].tap.has_packet && !e->stop) {
            bt_engine_write_packets(e, UINT64_MAX);
        }
        if (source->feeds[i].tap.has_packet) {
            bt_merge_remove(&e->merge, &source->feeds[i].tap.item);
        }
    }
    e->n_feeds -= source->n_feeds;
    source->gone_since = bt_now_mono();
    bt_source_detach(source);
    if (e->files && source->in_file) {
        char *comment = bt_asprintf("%s went away", what);

        bt_engine_write_stats(e, e->files, source, comment);
        free(comment);
    }
}

void
bt_engine_lose_port(struct engine *e, struct bt_source *source)
{
    char *what = bt_asprintf("port %s", source->name);

    lose_source(e, source, what);
    if (e->capture->wait || e->n_feeds) {
        bt_engine_news(e, "port %s went away", source->name);
    }                           /* Else bt_engine_check_gone() has the last word. */
    free(what);
}

static const char *
reconnect_option(void)
{
    return bt_advice("--reconnect", "\"Go on when the switch restarts\", in "
                     "the options of this interface,");
}

/* The switch is gone.  What the devices had buffered went with it, except what
 * is in our hands already. */
void
bt_engine_lose_switch(struct engine *e)
{
    if (e->gone_since) {
        return;
    }
    bpfdev_close(e->monitor);
    e->monitor = NULL;
    e->gone_since = bt_now_mono();
    for (size_t i = 0; i < e->n_sources; i++) {
        if (bt_source_is_here(e->sources[i])) {
            e->sources[i]->gone_with_switch = true;
            lose_source(e, e->sources[i], "the switch");
        }
    }
    if (e->capture->watch && e->files) {
        e->capture->watch->gone(e->capture->watch->aux, e->files);
    }
    if (e->stuck && (e->draining || bt_stop_signal())) {
        bt_error("the switch does not answer, its daemon is stopped or stuck; "
                 "what it had buffered is not in the file");
        bt_engine_fail(e);
    } else if (e->draining) {
        return;
    } else if (e->capture->reconnect) {
        bt_engine_news(e, "the switch %s; waiting for it to return",
                       e->stuck ? "does not answer" : "went away");
    } else if (e->stuck) {
        bt_error("the switch does not answer, its daemon is stopped or stuck; "
                 "the capture ends here (%s would wait for it)",
                 reconnect_option());
        bt_engine_fail(e);
    } else {
        bt_error("the switch went away, its daemon ended or crashed; the "
                 "capture ends here (%s would wait for it)",
                 reconnect_option());
        bt_engine_fail(e);
    }
}

/* Says why there is no connection at the start, or keeps trying. */
void
bt_engine_connect_monitor(struct engine *e)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];

    e->monitor = bpfdev_monitor_open(e->capture->socket, BPFDEV_RDONLY,
                                     errbuf);
    if (e->monitor) {
        if (e->gone_since) {
            bt_engine_news(e, "the switch is back after %.3f seconds",
                 seconds_since(e->gone_since));
            e->gone_since = 0;
            e->stuck = false;
        }
        bt_engine_refresh_ports(e);
    } else if (!e->capture->reconnect || errno == EPROTONOSUPPORT) {
        bt_who_explain(e->capture->socket, errno, errbuf);
        bt_error("%s", errbuf);
        bt_engine_fail(e);
    } else if (!e->gone_since) {
        bt_engine_news(e, "%s; waiting for it", errbuf);
        e->gone_since = bt_now_mono();
    }
}

/* What the user named and is not there. */
void
bt_engine_check_missing(struct engine *e)
{
    const struct bt_capture *capture = e->capture;

    for (size_t i = 0; i < capture->n_specs && !e->stop; i++) {
        const struct bt_spec *spec = &capture->specs[i];
        bool found = !strcmp(spec->pattern, "any");

        for (size_t j = 0; j < e->n_sources && !found; j++) {
            found = e->sources[j]->spec == spec
                    || !strcmp(e->sources[j]->name, spec->pattern);
        }
        if (found) {
            continue;
        } else if (capture->wait || (capture->reconnect && !e->monitor)) {
            bt_engine_news(e, "waiting for port %s", spec->pattern);
        } else {
            bt_error("no port \"%s\"; %s", spec->pattern,
                     bt_advice("\"ovs-bpftap list\" shows the ports, --wait "
                               "waits for one",
                               "\"Refresh Interfaces\" shows the ports that "
                               "there are"));
            bt_engine_fail(e);
        }
    }
}

/* Ends the capture if every port that it could be about is gone for good. */
void
bt_engine_check_gone(struct engine *e)
{
    struct bt_source *last = NULL;

    if (e->capture->wait || !e->monitor || !e->n_sources) {
        return;
    }
    for (size_t i = 0; i < e->n_sources; i++) {
        struct bt_source *source = e->sources[i];

        if (bt_source_is_here(source) || source->gone_with_switch
            || !bt_pattern_is_exact(source->spec->pattern)
            || bt_now_mono() - source->gone_since < GRACE) {
            return;
        }
        last = source;
    }
    bt_error("port %s is gone; the capture ends here (%s would wait for its "
             "return)", last->name,
             bt_advice("--wait", "\"Go on when the switch restarts\", in the "
                       "options of this interface,"));
    bt_engine_fail(e);
}
