/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Packets, from the devices to the file in the order of their times; see
 * bpftap-engine-private.h.
 *
 * Each turn of the loop waits for the devices and fetches a buffer from each
 * that has one.  The packets of all buffers then go to the file by their time.
 * A device that has nothing to read has nothing older than HORIZON either,
 * because the switch makes it readable at the latest when a packet in it has
 * waited for so long; so packets of the others go out once they are older than
 * that, and with one device at once. */

#include "bpftap-engine-private.h"

#include <errno.h>
#include <poll.h>

#define MSEC (1000 * 1000)

/* A device that is not readable has no packet older than this. */
#define HORIZON (30 * MSEC)

/* However long the order of times says to hold a packet back (the clock may
 * have been set), it goes to the file after this. */
#define HOLD_MAX (250 * MSEC)

/* A clock that goes back by less has merely been disciplined, or two threads
 * of the switch took their turns. */
#define CLOCK_JUMP (100 * MSEC)

/* How often to look for a switch that is gone. */
#define RETRY (100 * MSEC)

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
        bt_engine_blemish(e);
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
        .queue = tap->packet.queue,
        .left = tap->packet.left,
        .lost = tap->packet.drops + source->past_lost,
    };
    bool more;

    check_clock(e, source, packet.ts);
    packet.comment = source->comment;
    if (tap->identity) {
        struct bpfdev_identity identity;

        bpfdev_identity(tap->dev, &tap->packet, &identity);
        packet.id = identity.id;
        if (identity.reason && !packet.comment) {
            packet.comment = bpfdev_drop_reason(identity.reason);
        }
    }
    if (e->capture->observe) {
        e->capture->observe(e->capture->aux, source->number, source->name,
                            packet.direction);
    }
    more = bt_files_packet(e->files, source->number, &packet);
    if (e->capture->watch) {
        /* Who writes a file because of a packet wants it to be in it. */
        e->capture->watch->packet(e->capture->watch->aux, e->files,
                                  source->name, tap->dlt, &packet);
    }
    source->n_packets++;
    source->told += packet.lost;
    source->past_lost = 0;
    bt_source_comment(source, NULL);
    return more;
}

/* Fetches a buffer from 'feed'.  Returns false if there was none. */
bool
bt_engine_fetch(struct engine *e, struct bt_feed *feed)
{
    int error = bt_tap_fetch(&feed->tap);

    if (!error) {
        bt_merge_add(&e->merge, &feed->tap.item);
    } else if (error == ENXIO || error == ETIMEDOUT) {
        e->stuck |= error == ETIMEDOUT;
        bt_engine_lose_switch(e);
    } else if (error != EAGAIN) {
        bt_engine_lose_port(e, feed->source);
    }
    return !error;
}

/* Writes the packets of the buffers that we hold, as far as no packet before
 * them can be elsewhere.  Returns true if that needs another look at the
 * devices first. */
bool
bt_engine_write_packets(struct engine *e, uint64_t limit)
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
    size_t n = e->n_feeds + 2 + BT_WATCH_FDS;

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
uint64_t
bt_engine_sleep_time(const struct engine *e)
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
        if (!bt_source_is_here(e->sources[i])) {
            wait = min64(wait, RETRY);
        }
    }
    return wait;
}

/* Waits for up to 'timeout' and fetches what there is.  Returns the time up to
 * which packets may be written. */
uint64_t
bt_engine_wait_and_fetch(struct engine *e, uint64_t timeout)
{
    const struct bt_watch *watch = e->capture->watch;
    size_t n = collect_fds(e);
    uint64_t seen, limit = UINT64_MAX;

    e->n_watched = (watch ? watch->prepare(watch->aux, &e->fds[n], &timeout)
                    : 0);
    e->n_fds = n;
    bt_poll(e->fds, n + e->n_watched, timeout);
    seen = bt_now_real();
    if (e->fds[0].revents & (POLLERR | POLLHUP)) {
        bt_files_hang_up(e->files);
    }
    if (e->fds[1].revents) {
        bt_engine_refresh_ports(e);
        if (!e->monitor) {
            bt_engine_lose_switch(e);
            return UINT64_MAX;
        }
    }
    for (size_t i = 2; i < n; i++) {
        struct bt_feed *feed = e->fd_feeds[i];

        if (!feed->source->n_feeds || !feed->tap.dev) {
            continue;           /* Lost while we were at the others. */
        }
        if ((!e->fds[i].revents || !bt_engine_fetch(e, feed)) && e->n_feeds > 1) {
            limit = seen - HORIZON;
        }
        if (e->gone_since) {
            return UINT64_MAX;
        }
    }
    return limit;
}
