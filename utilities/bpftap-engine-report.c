/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What a capture tells of itself: on the terminal while it runs and at its
 * end, and as statistics in the file; see bpftap-engine-private.h. */

#include "bpftap-engine-private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "bpftap-ports.h"

/* Ends the capture early.  The reason is on standard error already. */
void
bt_engine_fail(struct engine *e)
{
    e->stop = true;
    e->failed = true;
    e->status = BT_FAILED;
}

void
bt_engine_blemish(struct engine *e)
{
    e->status = BT_FAILED;
}

void
bt_engine_news(const struct engine *e, const char *format, ...)
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

void
bt_engine_write_stats(struct engine *e, struct bt_files *files,
                      struct bt_source *source, const char *comment)
{
    struct bt_interface_stats stats;
    char *losses = NULL;
    uint64_t lost;

    if (!source->in_file) {
        return;
    }
    bt_source_update_stats(source);
    lost = bt_source_lost_since(source);
    if (lost && !comment) {
        losses = bt_asprintf("%llu packets lost after the last one",
                             (unsigned long long int) lost);
        comment = losses;
    }
    stats.start = source->started;
    stats.end = bt_now_real();
    stats.received = source->stats.received;
    stats.accepted = source->stats.captured;
    stats.dropped = source->stats.dropped;
    stats.delivered = bt_source_delivered(source);
    stats.if_dropped = bt_drops_of(&e->drops, source->bridge, source->ofport);
    stats.comment = comment;
    bt_files_stats(files, source->number, &stats);
    free(losses);
}


static int
terminal_width(void)
{
    struct winsize size;

    return (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_col
            ? 80 : size.ws_col);
}

void
bt_engine_show_line(struct engine *e)
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
                      bt_source_is_here(source) ? "" : " away");
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

/* Says what is being captured, as tcpdump does. */
void
bt_engine_announce(const struct engine *e)
{
    const struct bt_capture *capture = e->capture;

    for (size_t i = 0; i < e->n_sources && i < 16; i++) {
        const struct bt_source *source = e->sources[i];
        const char *name = pcap_datalink_val_to_name(source->iface.dlt);
        const char *description
            = pcap_datalink_val_to_description(source->iface.dlt);

        if (bt_source_is_here(source)) {
            bt_engine_news(e, "listening on %s, link-type %s (%s), snapshot length %u "
                 "bytes", source->name, name ? name : "?",
                 description ? description : "?",
                 source->iface.snaplen ? source->iface.snaplen : 262144);
        }
    }
    if (e->n_sources > 16) {
        bt_engine_news(e, "... and on %zu more ports", e->n_sources - 16);
    }
    if (capture->progress) {
        bt_status_line("0 packets");
    }
}

/* Ports that were named have to be there at the end, unless that was reason
 * enough to end early. */
static void
check_presence(struct engine *e)
{
    for (size_t i = 0; i < e->n_sources && !e->failed; i++) {
        const struct bt_source *source = e->sources[i];

        if (bt_source_is_here(source) || e->capture->wait
            || !bt_pattern_is_exact(source->spec->pattern)) {
            continue;
        }
        bt_engine_blemish(e);
        if (source->gone_with_switch) {
            bt_error("the switch was away when the capture ended");
            break;
        }
        bt_error("port %s was away when the capture ended", source->name);
    }
}

void
bt_engine_summarize(struct engine *e, uint64_t n)
{
    struct bpfdev_stats sum = { 0, 0, 0 };

    bt_status_line(NULL);
    for (size_t i = 0; i < e->n_sources; i++) {
        bt_source_update_stats(e->sources[i]);
        sum.received += e->sources[i]->stats.received;
        sum.dropped += e->sources[i]->stats.dropped;
    }
    check_presence(e);
    bt_engine_news(e, "%llu packet%s captured", (unsigned long long int) n,
         n == 1 ? "" : "s");
    bt_engine_news(e, "%llu packet%s received by filter",
         (unsigned long long int) sum.received, sum.received == 1 ? "" : "s");
    bt_engine_news(e, "%llu packet%s dropped by switch",
         (unsigned long long int) sum.dropped, sum.dropped == 1 ? "" : "s");
}
