/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* The capture itself; see bpftap-engine.h.
 *
 * This file starts it, goes round in its loop, and ends it;
 * bpftap-engine-private.h says what the other files do.
 *
 * One thread, no locks. */

#include "bpftap-engine-private.h"

#include <stdlib.h>
#include <string.h>

#include "bpftap-filter.h"
#include "bpftap-mirror.h"

/* libpcap's compiler takes time that grows with the cube of the length of some
 * filters, and cannot be interrupted.  In seconds. */
#define COMPILE_TIMEOUT 15

static void
close_file(struct bt_files *files, void *e_)
{
    struct engine *e = e_;

    bt_drops_update(&e->drops);
    for (size_t i = 0; i < e->n_sources; i++) {
        bt_engine_write_stats(e, files, e->sources[i], NULL);
    }
}

/* What has nothing to do with packets. */
static void
run_watch(struct engine *e)
{
    const struct bt_watch *watch = e->capture->watch;

    if (watch) {
        watch->run(watch->aux, e->files, e->sources, e->n_sources,
                   &e->fds[e->n_fds], e->n_watched);
    }
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
            if (bt_source_is_here(e->sources[i])) {
                bt_engine_write_stats(e, e->files, e->sources[i], NULL);
            }
        }
    }
    if (e->next_line && now >= e->next_line) {
        e->next_line = now + BT_NSEC;
        bt_engine_show_line(e);
    }
}

static void
capture_loop(struct engine *e)
{
    while (!e->stop && !bt_stop_signal()) {
        uint64_t limit = bt_engine_wait_and_fetch(e, bt_engine_sleep_time(e));

        while (bt_engine_write_packets(e, limit) && !e->stop) {
            limit = bt_engine_wait_and_fetch(e, 0);
        }
        run_watch(e);
        if (!bt_files_run(e->files)) {
            e->stop = true;
        }
        run_timers(e);
        if (!e->monitor && !e->stop) {
            bt_engine_connect_monitor(e);
        }
        bt_engine_check_gone(e);
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
            fetched |= bt_engine_fetch(e, feed);
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
        more |= bt_engine_write_packets(e, UINT64_MAX);
    }
}

static void
check_filter(const struct bt_capture *capture, const struct bt_spec *spec)
{
    const char *filter = spec->filter ? spec->filter
                                      : capture->defaults.filter;
    char errbuf[BPFDEV_ERRBUF_SIZE];

    if (filter && filter[0]) {
        const struct bpf_program *program;

        bt_deadline_start(COMPILE_TIMEOUT, "ovs-bpftap: the filter is too "
                          "complex: libpcap could not compile it in 15 "
                          "seconds of processor time\n");
        program = bt_filter_compile(filter, DLT_EN10MB, spec->snaplen,
                                    !capture->no_optimize, errbuf);
        bt_deadline_end();
        if (!program) {
            bt_fatal("%s", errbuf);
        }
    }
}

/* Filters that cannot work for any port, before anything is touched. */
static void
check_filters(const struct bt_capture *capture)
{
    for (size_t i = 0; i < capture->n_specs; i++) {
        check_filter(capture, &capture->specs[i]);
    }
}

/* Gets everything going.  On failure e->stop is true. */
static void
start(struct engine *e)
{
    const struct bt_capture *capture = e->capture;
    uint64_t now;

    bt_engine_connect_monitor(e);
    if (!e->stop) {
        bt_engine_check_missing(e);
    }
    if (e->stop) {
        return;
    }

    e->files = bt_files_open(&capture->files, close_file, e);
    if (!e->files) {
        bt_engine_fail(e);
        return;
    }
    bt_engine_register_interfaces(e);
    bt_engine_announce(e);
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
        bt_engine_summarize(e, n);
    }
    for (size_t i = 0; i < e->n_sources; i++) {
        if (!bt_source_destroy(e->sources[i])) {
            bt_engine_blemish(e);
        }
    }
    bt_filter_free();
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
        bt_mirror_clean();
        capture_loop(&e);
    }
    finish(&e);
    return e.status;
}
