/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* The capture itself; see bpftap-engine.h.
 *
 * Each turn of the loop waits for the devices and fetches a buffer from each
 * that has one.  The packets of all buffers then go to the file by their time.
 * A device that has nothing to read has nothing older than HORIZON either,
 * because the switch makes it readable at the latest when a packet in it has
 * waited for so long; so packets of the others go out once they are older than
 * that, and with one device at once.
 *
 * One thread, no locks. */

#include "bpftap-engine.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-drops.h"
#include "bpftap-mirror.h"
#include "bpftap-ports.h"
#include "bpftap-source.h"

#define MSEC (1000 * 1000)

/* A device that is not readable has no packet older than this. */
#define HORIZON (30 * MSEC)

/* However long the order of times says to hold a packet back (the clock may
 * have been set), it goes to the file after this. */
#define HOLD_MAX (250 * MSEC)

/* A clock that goes back by less has merely been disciplined, or two threads
 * of the switch took their turns. */
#define CLOCK_JUMP (100 * MSEC)

/* A port that goes away while nobody said --wait may return for so long. */
#define GRACE BT_NSEC

/* libpcap's compiler takes time that grows with the cube of the length of some
 * filters, and cannot be interrupted.  In seconds. */
#define COMPILE_TIMEOUT 15

/* How often to look for a switch that is gone. */
#define RETRY (100 * MSEC)

/* Buffer memory: for one port, and for all together.  More would bridge a
 * slow disk for longer, but the switch has to provide all of it before the
 * first packet. */
#define MEMORY_PER_PORT (16 * 1024 * 1024)
#define MEMORY_IN_ALL (128 * 1024 * 1024)
#define MEMORY_MIN (256 * 1024)

struct engine {
    const struct bt_capture *capture;
    struct bpfdev *monitor;     /* NULL while the switch is gone. */
    uint64_t gone_since;        /* Monotonic, then. */

    struct bt_source **sources;
    size_t n_sources;
    size_t n_feeds;             /* Devices open. */
    struct bt_merge merge;
    struct bt_files *files;     /* NULL until the first port is there. */
    struct bt_drops drops;

    struct pollfd *fds;
    struct bt_feed **fd_feeds;
    size_t n_fds_allocated;

    bool stop;
    bool draining;              /* After the end: only what is buffered. */
    enum bt_status status;
    uint64_t next_stats;        /* Monotonic, as the following. */
    uint64_t next_line;
    uint64_t last_line;
};

void
bt_capture_init(struct bt_capture *capture)
{
    memset(capture, 0, sizeof *capture);
    capture->defaults.direction = BPF_D_INOUT;
    capture->stats_interval = 60 * BT_NSEC;
}

struct bt_spec *
bt_capture_add(struct bt_capture *capture, const char *pattern)
{
    struct bt_spec *spec;

    capture->specs = bt_realloc(capture->specs, (capture->n_specs + 1)
                                                * sizeof *capture->specs);
    spec = &capture->specs[capture->n_specs++];
    *spec = capture->defaults;
    spec->pattern = pattern;
    spec->filter = NULL;
    return spec;
}

struct bt_spec *
bt_capture_last(struct bt_capture *capture)
{
    return (capture->n_specs
            ? &capture->specs[capture->n_specs - 1]
            : &capture->defaults);
}

bool
bt_capture_is_plural(const struct bt_capture *capture)
{
    return (capture->n_specs > 1
            || (capture->n_specs
                && !bt_pattern_is_exact(capture->specs[0].pattern)));
}

void
bt_capture_destroy(struct bt_capture *capture)
{
    free(capture->specs);
    capture->specs = NULL;
    capture->n_specs = 0;
}

/* Ends the capture early.  The reason is on standard error already. */
static void
fail(struct engine *e)
{
    e->stop = true;
    e->status = BT_FAILED;
}

static void
blemish(struct engine *e)
{
    if (e->status == BT_OK) {
        e->status = BT_BLEMISHED;
    }
}

static void BT_PRINTF(2, 3)
news(const struct engine *e, const char *format, ...)
{
    if (!e->capture->quiet) {
        char text[1024];
        va_list args;

        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        bt_note("%s", text);
    }
}

static bool
is_here(const struct bt_source *source)
{
    return source->n_feeds > 0;
}

static double
seconds_since(uint64_t start)
{
    return (bt_now_mono() - start) / 1e9;
}

/* Statistics in the file. */

static void
write_stats(struct engine *e, struct bt_files *files,
            struct bt_source *source, const char *comment)
{
    struct bt_interface_stats stats;

    if (!source->in_file) {
        return;
    }
    bt_source_update_stats(source);
    stats.start = source->started;
    stats.end = bt_now_real();
    stats.received = source->stats.received;
    stats.accepted = source->stats.captured;
    stats.dropped = source->stats.dropped;
    stats.delivered = bt_source_delivered(source);
    stats.if_dropped = bt_drops_of(&e->drops, source->bridge, source->ofport);
    stats.comment = comment;
    bt_files_stats(files, source->number, &stats);
}

static void
close_file(struct bt_files *files, void *e_)
{
    struct engine *e = e_;

    bt_drops_update(&e->drops);
    for (size_t i = 0; i < e->n_sources; i++) {
        write_stats(e, files, e->sources[i], NULL);
    }
}

/* Ports that come and go. */

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
memory_per_port(const struct bt_capture *capture, size_t n_ports)
{
    uint64_t memory = MEMORY_IN_ALL / (n_ports ? n_ports : 1);

    if (capture->memory) {
        return capture->memory;
    } else if (memory > MEMORY_PER_PORT) {
        return MEMORY_PER_PORT;
    } else {
        return memory < MEMORY_MIN ? MEMORY_MIN : memory;
    }
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
        fail(e);
    } else {
        blemish(e);
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
            news(e, "port %s is back", source->name);
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
    size_t n_wanted = 0;

    for (size_t i = 0; i < n; i++) {
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
        if (!is_here(source) && !source->refused) {
            attach_source(e, source, &ports[i],
                          memory_per_port(e->capture, n_wanted));
        }
    }
}

static void
register_interfaces(struct engine *e)
{
    for (size_t i = 0; i < e->n_sources; i++) {
        struct bt_source *source = e->sources[i];

        if (is_here(source) && !source->in_file) {
            source->number = bt_files_add_interface(e->files, &source->iface);
            source->in_file = true;
            if (e->capture->files.encoder.format == BT_PCAPNG) {
                bt_drops_watch(&e->drops, source->bridge);
            }
        }
    }
}

/* Looks at the list of ports and attaches to new ones. */
static void
refresh_ports(struct engine *e)
{
    struct bpfdev_port *ports;
    size_t n;

    if (bpfdev_list_ports(e->monitor, &ports, &n)) {
        bpfdev_close(e->monitor);
        e->monitor = NULL;
        return;
    }
    attach_ports(e, ports, n);
    free(ports);
    if (e->files) {
        register_interfaces(e);
    }
}

static bool write_packets(struct engine *, uint64_t limit);

/* Detaches 'source', whose port or switch went away. */
static void
lose_source(struct engine *e, struct bt_source *source, const char *what)
{
    for (size_t i = 0; i < source->n_feeds; i++) {
        while (source->feeds[i].tap.has_packet && !e->stop) {
            write_packets(e, UINT64_MAX);
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

        write_stats(e, e->files, source, comment);
        free(comment);
    }
}

static void
lose_port(struct engine *e, struct bt_source *source)
{
    char *what = bt_asprintf("port %s", source->name);

    lose_source(e, source, what);
    if (e->capture->wait || e->n_feeds) {
        news(e, "port %s went away", source->name);
    }                           /* Else check_gone() has the last word. */
    free(what);
}

/* The switch is gone.  What the devices had buffered went with it, except what
 * is in our hands already. */
static void
lose_switch(struct engine *e)
{
    if (e->gone_since) {
        return;
    }
    bpfdev_close(e->monitor);
    e->monitor = NULL;
    e->gone_since = bt_now_mono();
    for (size_t i = 0; i < e->n_sources; i++) {
        if (is_here(e->sources[i])) {
            e->sources[i]->gone_with_switch = true;
            lose_source(e, e->sources[i], "the switch");
        }
    }
    if (e->draining) {
        return;
    } else if (e->capture->reconnect) {
        news(e, "the switch went away; waiting for it to return");
    } else {
        bt_error("the switch went away, its daemon ended or crashed; the "
                 "capture ends here (--reconnect would wait for it)");
        fail(e);
    }
}

/* Says why there is no connection at the start, or keeps trying. */
static void
connect_monitor(struct engine *e)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];

    e->monitor = bpfdev_monitor_open(e->capture->socket, BPFDEV_RDONLY,
                                     errbuf);
    if (e->monitor) {
        if (e->gone_since) {
            news(e, "the switch is back after %.3f seconds",
                 seconds_since(e->gone_since));
            e->gone_since = 0;
        }
        refresh_ports(e);
    } else if (!e->capture->reconnect || errno == EPROTONOSUPPORT) {
        bt_error("%s", errbuf);
        fail(e);
    } else if (!e->gone_since) {
        news(e, "%s; waiting for it", errbuf);
        e->gone_since = bt_now_mono();
    }
}

/* What the user named and is not there. */
static void
check_missing(struct engine *e)
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
            news(e, "waiting for port %s", spec->pattern);
        } else {
            bt_error("no port \"%s\"; \"ovs-bpftap list\" shows the ports, "
                     "--wait waits for one", spec->pattern);
            fail(e);
        }
    }
}

/* Ends the capture if every port that it could be about is gone for good. */
static void
check_gone(struct engine *e)
{
    struct bt_source *last = NULL;

    if (e->capture->wait || !e->monitor || !e->n_sources) {
        return;
    }
    for (size_t i = 0; i < e->n_sources; i++) {
        struct bt_source *source = e->sources[i];

        if (is_here(source) || source->gone_with_switch
            || !bt_pattern_is_exact(source->spec->pattern)
            || bt_now_mono() - source->gone_since < GRACE) {
            return;
        }
        last = source;
    }
    bt_error("port %s is gone; the capture ends here (--wait would wait for "
             "its return)", last->name);
    fail(e);
}

/* Packets. */

/* Notes a clock that went back. */
static void
check_clock(struct engine *e, struct bt_source *source, uint64_t ts)
{
    if (ts + CLOCK_JUMP < source->last_ts) {
        double back = (source->last_ts - ts) / 1e9;

        bt_error("%s: the clock went back by %.3f seconds; times in the file "
                 "do so too", source->name, back);
        bt_source_comment(source, bt_asprintf(
            "the clock went back by %.3f seconds before this packet", back));
        blemish(e);
    }
    source->last_ts = ts;
}

static bool
write_packet(struct engine *e, struct bt_feed *feed)
{
    struct bt_source *source = feed->source;
    struct bt_tap *tap = &feed->tap;
    struct bt_packet packet = {
        .ts = tap->item.ts,
        .data = tap->packet.data,
        .caplen = tap->packet.caplen,
        .len = tap->packet.len,
        .direction = (feed->direction != BT_DIR_UNKNOWN
                      ? feed->direction
                      : (enum bt_direction) tap->packet.direction),
        .ethernet = tap->dlt == DLT_EN10MB,
        .lost = tap->lost,
    };
    bool more;

    check_clock(e, source, packet.ts);
    packet.comment = source->comment;
    if (e->capture->observe) {
        e->capture->observe(e->capture->aux, source->number, source->name,
                            packet.direction);
    }
    more = bt_files_packet(e->files, source->number, &packet);
    source->n_packets++;
    tap->lost = 0;
    bt_source_comment(source, NULL);
    return more;
}

/* Fetches a buffer from 'feed'.  Returns false if there was none. */
static bool
fetch(struct engine *e, struct bt_feed *feed)
{
    int error = bt_tap_fetch(&feed->tap);

    if (!error) {
        bt_merge_add(&e->merge, &feed->tap.item);
    } else if (error == ENXIO) {
        lose_switch(e);
    } else if (error != EAGAIN) {
        lose_port(e, feed->source);
    }
    return !error;
}

/* Writes the packets of the buffers that we hold, as far as no packet before
 * them can be elsewhere.  Returns true if that needs another look at the
 * devices first. */
static bool
write_packets(struct engine *e, uint64_t limit)
{
    struct bt_merge_item *item;

    while ((item = bt_merge_first(&e->merge))
           && (item->ts <= limit
               || bt_now_mono() - item->since >= HOLD_MAX)) {
        struct bt_feed *feed = (struct bt_feed *) item;

        if (!write_packet(e, feed)) {
            e->stop = true;
            return false;
        }
        if (bt_tap_advance(&feed->tap)) {
            bt_merge_changed(&e->merge, item);
        } else {
            bt_merge_remove(&e->merge, item);
            if (e->merge.n) {
                return true;
            }
        }
    }
    return false;
}

static void
reserve_fds(struct engine *e)
{
    size_t n = e->n_feeds + 2;

    if (n > e->n_fds_allocated) {
        e->n_fds_allocated = 2 * n;
        e->fds = bt_realloc(e->fds, e->n_fds_allocated * sizeof *e->fds);
        e->fd_feeds = bt_realloc(e->fd_feeds, (e->n_fds_allocated
                                               * sizeof *e->fd_feeds));
    }
}

/* Collects what to wait for: the reader of the output, the monitor, and every
 * device whose packets we do not hold. */
static size_t
collect_fds(struct engine *e)
{
    size_t n = 0;

    reserve_fds(e);
    e->fds[n].fd = bt_files_pipe(e->files);
    e->fds[n].events = 0;
    e->fd_feeds[n++] = NULL;
    e->fds[n].fd = e->monitor ? bpfdev_fd(e->monitor) : -1;
    e->fds[n].events = POLLIN;
    e->fd_feeds[n++] = NULL;
    for (size_t i = 0; i < e->n_sources; i++) {
        for (size_t j = 0; j < e->sources[i]->n_feeds; j++) {
            struct bt_feed *feed = &e->sources[i]->feeds[j];

            if (!feed->tap.has_packet) {
                e->fds[n].fd = bpfdev_fd(feed->tap.dev);
                e->fds[n].events = POLLIN;
                e->fd_feeds[n++] = feed;
            }
        }
    }
    return n;
}

static uint64_t
min64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t
until(uint64_t when)
{
    uint64_t now = bt_now_mono();

    return when > now ? when - now : 0;
}

/* How long the loop may sleep. */
static uint64_t
sleep_time(const struct engine *e)
{
    const struct bt_merge_item *item = bt_merge_first(&e->merge);
    uint64_t wait = bt_files_wait(e->files);

    if (item) {
        uint64_t now = bt_now_real();

        wait = min64(wait, until(item->since + HOLD_MAX));
        if (now < item->ts + HORIZON + MSEC) {
            wait = min64(wait, item->ts + HORIZON + MSEC - now);
        } else {
            wait = 0;
        }
    }
    if (e->next_stats) {
        wait = min64(wait, until(e->next_stats));
    }
    if (e->next_line) {
        wait = min64(wait, until(e->next_line));
    }
    if (!e->monitor) {
        wait = min64(wait, RETRY);
    }
    for (size_t i = 0; i < e->n_sources && !e->capture->wait; i++) {
        if (!is_here(e->sources[i])) {
            wait = min64(wait, RETRY);
        }
    }
    return wait;
}

/* Waits for up to 'timeout' and fetches what there is.  Returns the time up to
 * which packets may be written. */
static uint64_t
wait_and_fetch(struct engine *e, uint64_t timeout)
{
    size_t n = collect_fds(e);
    uint64_t seen, limit = UINT64_MAX;

    bt_poll(e->fds, n, timeout);
    seen = bt_now_real();
    if (e->fds[0].revents & (POLLERR | POLLHUP)) {
        bt_files_hang_up(e->files);
    }
    if (e->fds[1].revents) {
        refresh_ports(e);
        if (!e->monitor) {
            lose_switch(e);
            return UINT64_MAX;
        }
    }
    for (size_t i = 2; i < n; i++) {
        struct bt_feed *feed = e->fd_feeds[i];

        if (!feed->source->n_feeds || !feed->tap.dev) {
            continue;           /* Lost while we were at the others. */
        }
        if ((!e->fds[i].revents || !fetch(e, feed)) && e->n_feeds > 1) {
            limit = seen - HORIZON;
        }
        if (e->gone_since) {
            return UINT64_MAX;
        }
    }
    return limit;
}

/* The live line. */

static int
terminal_width(void)
{
    struct winsize size;

    return (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col
            ? 80 : size.ws_col);
}

static void
show_line(struct engine *e)
{
    struct bt_str s = { NULL, 0, 0 };
    uint64_t now = bt_now_mono();
    double elapsed = (now - e->last_line) / 1e9;
    size_t width = terminal_width() - 1;

    bt_str_printf(&s, "%llu packets",
                  (unsigned long long int) bt_files_n_packets(e->files));
    for (size_t i = 0; i < e->n_sources && s.length < width; i++) {
        struct bt_source *source = e->sources[i];

        bt_source_update_stats(source);
        bt_str_printf(&s, " | %s: %.0f/s%s", source->name,
                      (source->n_packets - source->n_shown) / elapsed,
                      is_here(source) ? "" : " away");
        if (source->stats.dropped) {
            bt_str_printf(&s, ", %llu dropped",
                          (unsigned long long int) source->stats.dropped);
        }
        source->n_shown = source->n_packets;
    }
    if (s.length > width) {
        s.s[width] = '\0';
    }
    bt_status_line(bt_str_cstr(&s));
    bt_str_free(&s);
    e->last_line = now;
}

/* What is due by the clock. */
static void
run_timers(struct engine *e)
{
    uint64_t now = bt_now_mono();

    if (e->next_stats && now >= e->next_stats) {
        e->next_stats = now + e->capture->stats_interval;
        bt_drops_update(&e->drops);
        for (size_t i = 0; i < e->n_sources; i++) {
            if (is_here(e->sources[i])) {
                write_stats(e, e->files, e->sources[i], NULL);
            }
        }
    }
    if (e->next_line && now >= e->next_line) {
        e->next_line = now + BT_NSEC;
        show_line(e);
    }
}

static void
capture_loop(struct engine *e)
{
    while (!e->stop && !bt_stop_signal()) {
        uint64_t limit = wait_and_fetch(e, sleep_time(e));

        while (write_packets(e, limit) && !e->stop) {
            limit = wait_and_fetch(e, 0);
        }
        if (!bt_files_run(e->files)) {
            e->stop = true;
        }
        run_timers(e);
        if (!e->monitor && !e->stop) {
            connect_monitor(e);
        }
        check_gone(e);
    }
}

/* Fetches what the devices of 'source' had buffered when the capture ended:
 * not more than they can hold, because packets keep coming. */
static bool
drain_source(struct engine *e, struct bt_source *source)
{
    bool fetched = false;

    for (size_t i = 0; i < source->n_feeds; i++) {
        struct bt_feed *feed = &source->feeds[i];

        if (!feed->tap.has_packet && feed->n_drained++ < BT_TAP_BUFFERS) {
            fetched |= fetch(e, feed);
        }
    }
    return fetched;
}

/* Writes what the switch had buffered when the capture ended. */
static void
drain(struct engine *e)
{
    bool more = true;

    e->draining = true;
    e->stop = false;
    while (more && !e->stop) {
        more = false;
        for (size_t i = 0; i < e->n_sources; i++) {
            more |= drain_source(e, e->sources[i]);
        }
        more |= write_packets(e, UINT64_MAX);
    }
}

/* Says what is being captured, as tcpdump does. */
static void
announce(const struct engine *e)
{
    const struct bt_capture *capture = e->capture;

    for (size_t i = 0; i < e->n_sources && i < 16; i++) {
        const struct bt_source *source = e->sources[i];
        const char *name = pcap_datalink_val_to_name(source->iface.dlt);
        const char *description
            = pcap_datalink_val_to_description(source->iface.dlt);

        if (is_here(source)) {
            news(e, "listening on %s, link-type %s (%s), snapshot length %u "
                 "bytes", source->name, name ? name : "?",
                 description ? description : "?",
                 source->iface.snaplen ? source->iface.snaplen : 262144);
        }
    }
    if (e->n_sources > 16) {
        news(e, "... and on %zu more ports", e->n_sources - 16);
    }
    if (capture->progress) {
        bt_status_line("0 packets");
    }
}

static void
summarize(struct engine *e, uint64_t n)
{
    struct bpfdev_stats sum = { 0, 0, 0 };

    for (size_t i = 0; i < e->n_sources; i++) {
        bt_source_update_stats(e->sources[i]);
        sum.received += e->sources[i]->stats.received;
        sum.dropped += e->sources[i]->stats.dropped;
        if (!is_here(e->sources[i]) && !e->capture->wait
            && bt_pattern_is_exact(e->sources[i]->spec->pattern)) {
            blemish(e);
        }
    }
    bt_status_line(NULL);
    news(e, "%llu packet%s captured", (unsigned long long int) n,
         n == 1 ? "" : "s");
    news(e, "%llu packet%s received by filter",
         (unsigned long long int) sum.received, sum.received == 1 ? "" : "s");
    news(e, "%llu packet%s dropped by switch",
         (unsigned long long int) sum.dropped, sum.dropped == 1 ? "" : "s");
}

static void
check_filter(const struct bt_capture *capture, const char *filter)
{
    struct bpf_program program;
    char errbuf[BPFDEV_ERRBUF_SIZE];

    if (filter && filter[0]) {
        int error;

        bt_deadline_start(COMPILE_TIMEOUT, "ovs-bpftap: the filter is too "
                          "complex: libpcap could not compile it in 15 "
                          "seconds\n");
        error = bpfdev_compile(filter, DLT_EN10MB, 262144,
                               !capture->no_optimize, &program, errbuf);
        bt_deadline_end();
        if (error) {
            bt_fatal("%s", errbuf);
        }
        bpfdev_free_filter(&program);
    }
}

/* Filters that cannot work for any port, before anything is touched. */
static void
check_filters(const struct bt_capture *capture)
{
    check_filter(capture, capture->defaults.filter);
    for (size_t i = 0; i < capture->n_specs; i++) {
        check_filter(capture, capture->specs[i].filter);
    }
}

/* Gets everything going.  On failure e->stop is true. */
static void
start(struct engine *e)
{
    const struct bt_capture *capture = e->capture;
    uint64_t now;

    connect_monitor(e);
    if (!e->stop) {
        check_missing(e);
    }
    if (e->stop) {
        return;
    }

    e->files = bt_files_open(&capture->files, close_file, e);
    if (!e->files) {
        fail(e);
        return;
    }
    register_interfaces(e);
    announce(e);
    if (!bt_files_run(e->files)) {
        e->stop = true;         /* Nobody reads, or no room for a header. */
        return;
    }
    now = bt_now_mono();
    e->last_line = now;
    e->next_line = capture->progress ? now + BT_NSEC : 0;
    if (capture->files.encoder.format == BT_PCAPNG) {
        e->next_stats = capture->stats_interval ? now + capture->stats_interval
                                                : 0;
    }
}

/* Takes out of the database what tools that were killed left there. */
static void
clean_up_others(const struct engine *e)
{
    struct bpfdev_port *ports;
    size_t n;

    if (e->monitor && !bpfdev_list_ports(e->monitor, &ports, &n)) {
        bt_mirror_clean(ports, n);
        free(ports);
    }
}

static void
finish(struct engine *e)
{
    bool started = e->files != NULL;
    if (started && bt_files_accept(e->files)) {
        drain(e);
    }
    if (started) {
        uint64_t n = bt_files_n_packets(e->files);
        bool closed = (e->capture->files.reader_may_close
                  && bt_files_closed_by_reader(e->files));
        if (!bt_files_close(e->files) && !closed) {
            e->status = BT_FAILED;
        }
        if (e->capture->closed) {
            e->capture->closed(e->capture->aux);
        }
        summarize(e, n);
    }
    for (size_t i = 0; i < e->n_sources; i++) {
        bt_source_destroy(e->sources[i]);
    }
    bt_drops_free(&e->drops);
    bt_merge_free(&e->merge);
    bpfdev_close(e->monitor);
    free(e->sources);
    free(e->fds);
    free(e->fd_feeds);
}

enum bt_status
bt_capture_run(const struct bt_capture *capture)
{
    struct engine e;

    memset(&e, 0, sizeof e);
    e.capture = capture;
    check_filters(capture);
    start(&e);
    if (!e.stop) {
        clean_up_others(&e);
        capture_loop(&e);
    }
    finish(&e);
    return e.status;
}
