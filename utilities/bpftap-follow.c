/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* "ovs-bpftap follow" and "ovs-bpftap drops": the way of each packet through
 * the switch, or the end of it.
 *
 * "follow" prints ways when they have come to their end, "drops" packets as
 * they appear on the port of dropped ones.
 *
 * One thread, no locks. */

#include "bpftap-commands.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-brief.h"
#include "bpftap-latency.h"
#include "bpftap-names.h"
#include "bpftap-options.h"
#include "bpftap-ways.h"

static const char follow_help[] =
"usage: ovs-bpftap follow [-i PORT] [OPTION]... [FILTER]\n"
"\n"
"Prints one line for each packet that the switch received on PORT (any): where\n"
"and after how many microseconds it was sent, what had changed, or why it was\n"
"dropped.  FILTER is for the packet as it was received.\n"
"\n"
"  -i PORT     port: NAME, BRIDGE/PATTERN, ovn:NAME or any\n"
"  -c N        end after N packets\n"
"  --latency   only how long packets took, for each pair of ports, at the end\n"
"  --wait=S    how long to wait for what becomes of a packet (1 second)\n"
BT_HELP_COMMON
"\n"
"example: ovs-bpftap follow -i p1 -c 10 icmp\n";

static const char drops_help[] =
"usage: ovs-bpftap drops [-i PORT] [OPTION]... [FILTER]\n"
"\n"
"Prints one line for each packet that the switch drops, with the reason.\n"
"\n"
"  -i PORT     only packets that were received on PORT\n"
"  -c N        end after N packets\n"
"  --summary   only the number of packets for each reason, at the end\n"
BT_HELP_COMMON
"\n"
"\"ovs-bpftap capture -i drops -w FILE\" writes them to a file.\n";

/* Bytes of a packet that are read: what is told of it is in the headers. */
#define SNAPLEN 256

struct follow {
    struct bt_common common;
    const char *pattern;        /* -i, or NULL. */
    char *filter;
    uint64_t max;               /* -c, 0 for no end. */
    uint64_t patience;          /* Nanoseconds. */
    bool latency;
    bool summary;
    bool drops_only;

    struct bt_ways ways;
    uint64_t n_printed;
    uint64_t reasons[256];
    struct bt_latencies latencies;
};

/* Printing. */

static void
put_time(struct bt_str *s, uint64_t ts)
{
    time_t seconds = ts / BT_NSEC;
    struct tm tm;
    char text[32];

    localtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%H:%M:%S", &tm);
    bt_str_printf(s, "%s.%06llu", text,
                  (unsigned long long int) (ts % BT_NSEC / 1000));
}

static double
microseconds(const struct bt_way_event *from, const struct bt_way_event *to)
{
    return bt_way_latency(from, to) / 1e3;
}

static void
print_way_text(const struct bt_way *way, const struct bt_way_event *in)
{
    struct bt_str s = { NULL, 0, 0 };
    size_t n = 0;

    put_time(&s, in->ts);
    bt_str_printf(&s, " %s: ", bt_names_title(in->at->info.name));
    bt_brief_format(&in->brief, &s);
    for (size_t i = 0; i < way->n_events; i++) {
        const struct bt_way_event *e = &way->events[i];

        if (e == in) {
            continue;
        }
        n++;
        if (e->at->drops) {
            bt_str_printf(&s, "; dropped: %s", bt_way_reason(e->reason));
            continue;
        }
        bt_str_printf(&s, "; %s %s after %.1f us",
                      e->direction == BPFDEV_DIR_IN ? "in" : "out",
                      bt_names_title(e->at->info.name),
                      microseconds(in, e));
        bt_brief_diff(&in->brief, &e->brief, &s);
    }
    if (way->n_more) {
        bt_str_printf(&s, "; and %zu more", way->n_more);
    }
    if (!n) {
        bt_str_puts(&s, "; not seen again");
    }
    puts(s.s);
    bt_str_free(&s);
}

static void
put_json_event(struct bt_str *s, const struct bt_way_event *in,
               const struct bt_way_event *e)
{
    struct bt_str text = { NULL, 0, 0 };

    if (e->at->drops) {
        bt_str_puts(s, "{\"dropped\": ");
        bt_str_json(s, bt_way_reason(e->reason));
        bt_str_puts(s, ", \"counter\": ");
        bt_str_json(s, bpfdev_drop_counter(e->reason)
                       ? bpfdev_drop_counter(e->reason) : "");
    } else {
        bt_str_printf(s, "{\"%s\": ",
                      e->direction == BPFDEV_DIR_IN ? "in" : "out");
        bt_str_json(s, e->at->info.name);
        bt_brief_format(&e->brief, &text);
        bt_str_puts(s, ", \"packet\": ");
        bt_str_json(s, text.s);
        bt_str_free(&text);
    }
    bt_str_printf(s, ", \"microseconds\": %.3f}", microseconds(in, e));
}

static void
print_way_json(const struct bt_way *way, const struct bt_way_event *in)
{
    struct bt_str s = { NULL, 0, 0 };
    bool first = true;

    bt_str_printf(&s, "{\"time\": %llu.%09llu, \"id\": \"0x%llx\", "
                  "\"bridge\": ", (unsigned long long int) (in->ts / BT_NSEC),
                  (unsigned long long int) (in->ts % BT_NSEC),
                  (unsigned long long int) way->id);
    bt_str_json(&s, in->at->info.bridge);
    bt_names_json(in->at->info.name, &s);
    bt_str_puts(&s, ", \"events\": [");
    for (size_t i = 0; i < way->n_events; i++) {
        bt_str_puts(&s, first ? "" : ", ");
        put_json_event(&s, in, &way->events[i]);
        first = false;
    }
    bt_str_printf(&s, "], \"more\": %zu}", way->n_more);
    puts(s.s);
    bt_str_free(&s);
}

/* For struct bt_ways_config: a way has ended. */
static void
tell_way(const struct bt_way *way, const struct bt_way_event *in, void *f_)
{
    struct follow *f = f_;

    if (f->max && f->n_printed >= f->max) {
        return;
    }
    f->n_printed++;
    if (f->latency) {
        bt_latencies_count(&f->latencies, way, in);
    } else if (f->common.json) {
        print_way_json(way, in);
    } else {
        print_way_text(way, in);
    }
}

/* Drops alone. */

/* For struct bt_ways_config: a packet was dropped. */
static void
tell_drop(const struct bt_way_port *port,
          const struct bpfdev_identity *identity, void *f_)
{
    struct follow *f = f_;
    const struct bt_way_port *in = bt_ways_find_port(&f->ways,
                                                     identity->port);
    const struct bt_tap *tap = &port->tap;
    struct bt_str s = { NULL, 0, 0 };
    struct bt_brief brief;

    if (f->pattern && !(in && in->chosen)) {
        return;
    }
    f->n_printed++;
    f->reasons[identity->reason & 0xff]++;
    if (f->summary) {
        return;
    }
    bt_brief_parse(&brief, tap->packet.data, tap->packet.caplen,
                   tap->packet.len);
    if (f->common.json) {
        struct bt_str text = { NULL, 0, 0 };
        const char *counter = bpfdev_drop_counter(identity->reason);

        bt_brief_format(&brief, &text);
        bt_str_printf(&s, "{\"time\": %llu.%09llu, \"id\": \"0x%llx\", "
                      "\"port\": ",
                      (unsigned long long int) (tap->item.ts / BT_NSEC),
                      (unsigned long long int) (tap->item.ts % BT_NSEC),
                      (unsigned long long int) identity->id);
        bt_str_json(&s, in ? in->info.name : "");
        bt_str_puts(&s, ", \"reason\": ");
        bt_str_json(&s, bt_way_reason(identity->reason));
        bt_str_puts(&s, ", \"counter\": ");
        bt_str_json(&s, counter ? counter : "");
        bt_str_puts(&s, ", \"packet\": ");
        bt_str_json(&s, text.s);
        bt_str_puts(&s, "}");
        bt_str_free(&text);
    } else {
        put_time(&s, tap->item.ts);
        bt_str_printf(&s, " %s: ", in ? bt_names_title(in->info.name) : "-");
        bt_brief_format(&brief, &s);
        bt_str_printf(&s, "; dropped: %s", bt_way_reason(identity->reason));
    }
    puts(s.s);
    bt_str_free(&s);
}

static void
print_reasons(const struct follow *f)
{
    struct bt_str s = { NULL, 0, 0 };
    bool first = true;

    bt_str_puts(&s, "[");
    for (size_t i = 0; i < BT_ARRAY_SIZE(f->reasons); i++) {
        if (!f->reasons[i]) {
            continue;
        }
        bt_str_printf(&s, "%s{\"packets\": %llu, \"reason\": ",
                      first ? "" : ", ",
                      (unsigned long long int) f->reasons[i]);
        first = false;
        bt_str_json(&s, bt_way_reason(i));
        bt_str_puts(&s, "}");
        if (!f->common.json) {
            printf("%8llu  %s\n", (unsigned long long int) f->reasons[i],
                   bt_way_reason(i));
        }
    }
    bt_str_puts(&s, "]");
    if (f->common.json) {
        puts(s.s);
    }
    bt_str_free(&s);
}

static bool
is_over(void *f_)
{
    struct follow *f = f_;

    return (bt_stop_signal() || ferror(stdout)
            || (f->max && f->n_printed >= f->max));
}

static void
loop(struct follow *f)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    const struct bt_ways_config config = {
        .socket = f->common.socket,
        .pattern = f->pattern ? f->pattern : "any",
        .filter = f->filter,
        .only_drops = f->drops_only,
        .snaplen = SNAPLEN,
        .patience = f->patience,
        .quiet = true,
        .seen = f->drops_only ? tell_drop : NULL,
        .ended = f->drops_only ? NULL : tell_way,
        .is_over = is_over,
        .aux = f,
    };

    if (bt_ways_open(&f->ways, &config, errbuf)) {
        bt_fatal("%s", errbuf);
    }
    bt_signals_init();
    while (bt_ways_run(&f->ways, UINT64_MAX)) {
        bt_flush_stdout();
    }
    bt_ways_finish(&f->ways);
}

static void
parse(struct follow *f, int argc, char *argv[])
{
    enum { OPT_LATENCY = 256, OPT_WAIT, OPT_SUMMARY };
    static const struct option options[] = {
        { "interface", required_argument, NULL, 'i' },
        { "latency", no_argument, NULL, OPT_LATENCY },
        { "wait", required_argument, NULL, OPT_WAIT },
        { NULL, 0, NULL, 0 },
    };
    static const struct option drops_options[] = {
        { "interface", required_argument, NULL, 'i' },
        { "summary", no_argument, NULL, OPT_SUMMARY },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = bt_getopt(argc, argv, ":i:c:",
                          f->drops_only ? drops_options : options, NULL,
                          &f->common)) != -1) {
        switch (c) {
        case 'i':
            f->pattern = optarg;
            break;
        case 'c':
            f->max = bt_parse_uint("-c", optarg, 1, INT64_MAX);
            break;
        case OPT_LATENCY:
            f->latency = true;
            break;
        case OPT_WAIT:
            f->patience = bt_parse_duration("--wait", optarg);
            break;
        case OPT_SUMMARY:
            f->summary = true;
            break;
        }
    }
    f->filter = bt_join_words(argc - optind, argv + optind);
    if (!f->filter) {
        f->filter = bt_strdup("");
    }
}

static int
run(struct follow *f, int argc, char *argv[])
{
    uint64_t n_lost;

    f->common.has = BT_HAS_QUIET | BT_HAS_JSON;
    f->patience = BT_NSEC;
    parse(f, argc, argv);
    loop(f);
    bt_latencies_print(&f->latencies, f->common.json);
    if (f->summary) {
        print_reasons(f);
    }
    n_lost = f->ways.n_lost;
    if (n_lost) {
        bt_error("%llu packets were lost between the switch and this program; "
                 "what is shown is not all", (unsigned long long int) n_lost);
    }
    bt_ways_close(&f->ways);
    bt_latencies_free(&f->latencies);
    free(f->filter);
    return n_lost ? BT_FAILED : BT_OK;
}

int
bt_cmd_follow(int argc, char *argv[])
{
    struct follow f;

    memset(&f, 0, sizeof f);
    f.common.help = follow_help;
    return run(&f, argc, argv);
}

int
bt_cmd_drops(int argc, char *argv[])
{
    struct follow f;

    memset(&f, 0, sizeof f);
    f.common.help = drops_help;
    f.drops_only = true;
    return run(&f, argc, argv);
}
