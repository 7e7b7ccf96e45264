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
 * Both read devices that give identities: "follow" those of all ports and the
 * one of dropped packets, "drops" the latter only.  What belongs to one packet
 * comes from different devices at different times, so it is put together by
 * identity and printed when nothing more can be expected.
 *
 * One thread, no locks. */

#include "bpftap-commands.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-brief.h"
#include "bpftap-names.h"
#include "bpftap-options.h"
#include "bpftap-ports.h"
#include "bpftap-tap.h"

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

/* Bytes of a device's buffers. */
#define MEMORY (4 << 20)

/* Packets under way at a time; the oldest ones are printed early. */
#define MAX_WAYS 65536

/* Copies of one packet that are told. */
#define MAX_EVENTS 16

/* Latencies are counted in steps of a quarter of a power of 2, from 1 ns. */
#define STEPS 4
#define N_STEPS (STEPS * 40)

struct source {
    struct bpfdev_port port;
    uint32_t hash;              /* bpfdev_port_hash(). */
    bool chosen;                /* By -i. */
    bool drops;
    struct bt_tap tap;
};

/* A packet at one port. */
struct event {
    const struct source *source;
    uint64_t ts;
    unsigned int direction;     /* BPFDEV_DIR_*. */
    uint32_t reason;
    struct bt_brief brief;
};

/* The way of one packet. */
struct way {
    uint64_t id;                /* 0: place is free. */
    uint64_t since;             /* Monotonic, of what is known first. */
    uint32_t port;
    size_t n_events;
    struct event events[MAX_EVENTS];
};

struct histogram {
    const struct source *in, *out;
    uint64_t n;
    double sum;                 /* Nanoseconds. */
    uint64_t min, max;
    uint64_t steps[N_STEPS];
};

struct follow {
    struct bt_common common;
    const char *pattern;
    char *filter;
    uint64_t max;               /* -c, 0 for no end. */
    uint64_t patience;          /* Nanoseconds. */
    bool latency;
    bool summary;
    bool drops_only;

    struct source *sources;
    size_t n_sources;
    struct way *ways;           /* A ring, by 'first' and 'n_ways'. */
    size_t first, n_ways;
    uint32_t *index;            /* By identity: place in 'ways' + 1. */
    uint64_t n_printed;
    uint64_t n_lost;            /* Records for which there was no room. */
    uint64_t reasons[256];
    struct histogram *histograms;
    size_t n_histograms;
};

#define INDEX_SIZE (4 * MAX_WAYS)

/* A way is at most so many places behind the one that its identity gives.
 * Places are not given back: one whose way has another identity by now is as
 * good as free. */
#define PROBES 16

static const struct source *
find_source(const struct follow *f, uint32_t hash)
{
    for (size_t i = 0; i < f->n_sources; i++) {
        if (f->sources[i].hash == hash && !f->sources[i].drops) {
            return &f->sources[i];
        }
    }
    return NULL;
}

static size_t
index_place(uint64_t id, size_t probe)
{
    return (id * UINT64_C(0x9e3779b97f4a7c15) >> 40) + probe;
}

static struct way *
find_way(struct follow *f, uint64_t id)
{
    for (size_t i = 0; i < PROBES; i++) {
        uint32_t place = f->index[index_place(id, i) % INDEX_SIZE];

        if (place && f->ways[place - 1].id == id) {
            return &f->ways[place - 1];
        }
    }
    return NULL;
}

/* Makes 'place' findable, in the stead of what is gone if need be. */
static void
add_to_index(struct follow *f, uint64_t id, uint32_t place)
{
    size_t chosen = index_place(id, 0) % INDEX_SIZE;

    for (size_t i = 0; i < PROBES; i++) {
        size_t k = index_place(id, i) % INDEX_SIZE;
        uint32_t old = f->index[k];

        if (!old || !f->ways[old - 1].id
            || (k - index_place(f->ways[old - 1].id, 0)) % INDEX_SIZE
               >= PROBES) {
            chosen = k;
            break;
        }
    }
    f->index[chosen] = place + 1;
}

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

static const char *
reason_text(uint32_t reason)
{
    const char *text = bpfdev_drop_reason(reason);

    return text ? text : "a reason that this program does not know";
}

/* The event that is the packet's reception, or NULL. */
static const struct event *
find_reception(const struct way *way)
{
    const struct event *found = NULL;

    for (size_t i = 0; i < way->n_events; i++) {
        const struct event *e = &way->events[i];

        if (!e->source->drops && e->source->hash == way->port
            && e->direction == BPFDEV_DIR_IN && (!found || e->ts < found->ts)) {
            found = e;
        }
    }
    return found;
}

static double
microseconds(const struct event *from, const struct event *to)
{
    return to->ts > from->ts ? (to->ts - from->ts) / 1e3 : 0;
}

static int
compare_events(const void *a_, const void *b_)
{
    const struct event *a = a_, *b = b_;

    return (a->ts != b->ts ? (a->ts < b->ts ? -1 : 1)
            : (a->direction > b->direction) - (a->direction < b->direction));
}

static void
print_way_text(const struct way *way, const struct event *in)
{
    struct bt_str s = { NULL, 0, 0 };
    size_t n = 0;

    put_time(&s, in->ts);
    bt_str_printf(&s, " %s: ", bt_names_title(in->source->port.name));
    bt_brief_format(&in->brief, &s);
    for (size_t i = 0; i < way->n_events; i++) {
        const struct event *e = &way->events[i];

        if (e == in) {
            continue;
        }
        n++;
        if (e->source->drops) {
            bt_str_printf(&s, "; dropped: %s", reason_text(e->reason));
            continue;
        }
        bt_str_printf(&s, "; %s %s after %.1f us",
                      e->direction == BPFDEV_DIR_IN ? "in" : "out",
                      bt_names_title(e->source->port.name),
                      microseconds(in, e));
        bt_brief_diff(&in->brief, &e->brief, &s);
    }
    if (!n) {
        bt_str_puts(&s, "; not seen again");
    }
    puts(s.s);
    bt_str_free(&s);
}

static void
put_json_event(struct bt_str *s, const struct event *in,
               const struct event *e)
{
    struct bt_str text = { NULL, 0, 0 };

    if (e->source->drops) {
        bt_str_puts(s, "{\"dropped\": ");
        bt_str_json(s, reason_text(e->reason));
        bt_str_puts(s, ", \"counter\": ");
        bt_str_json(s, bpfdev_drop_counter(e->reason)
                       ? bpfdev_drop_counter(e->reason) : "");
    } else {
        bt_str_printf(s, "{\"%s\": ",
                      e->direction == BPFDEV_DIR_IN ? "in" : "out");
        bt_str_json(s, e->source->port.name);
        bt_brief_format(&e->brief, &text);
        bt_str_puts(s, ", \"packet\": ");
        bt_str_json(s, text.s);
        bt_str_free(&text);
    }
    bt_str_printf(s, ", \"microseconds\": %.3f}", microseconds(in, e));
}

static void
print_way_json(const struct way *way, const struct event *in)
{
    struct bt_str s = { NULL, 0, 0 };
    bool first = true;

    bt_str_printf(&s, "{\"time\": %llu.%09llu, \"id\": \"0x%llx\", "
                  "\"bridge\": ", (unsigned long long int) (in->ts / BT_NSEC),
                  (unsigned long long int) (in->ts % BT_NSEC),
                  (unsigned long long int) way->id);
    bt_str_json(&s, in->source->port.bridge);
    bt_names_json(in->source->port.name, &s);
    bt_str_puts(&s, ", \"events\": [");
    for (size_t i = 0; i < way->n_events; i++) {
        bt_str_puts(&s, first ? "" : ", ");
        put_json_event(&s, in, &way->events[i]);
        first = false;
    }
    bt_str_puts(&s, "]}");
    puts(s.s);
    bt_str_free(&s);
}

/* Latencies. */

static struct histogram *
get_histogram(struct follow *f, const struct source *in,
              const struct source *out)
{
    struct histogram *h;

    for (size_t i = 0; i < f->n_histograms; i++) {
        if (f->histograms[i].in == in && f->histograms[i].out == out) {
            return &f->histograms[i];
        }
    }
    f->histograms = bt_realloc(f->histograms, (f->n_histograms + 1)
                               * sizeof *f->histograms);
    h = &f->histograms[f->n_histograms++];
    memset(h, 0, sizeof *h);
    h->in = in;
    h->out = out;
    h->min = UINT64_MAX;
    return h;
}

static void
count_latency(struct follow *f, const struct event *in,
              const struct event *out)
{
    struct histogram *h = get_histogram(f, in->source, out->source);
    uint64_t ns = out->ts > in->ts ? out->ts - in->ts : 1;
    size_t step = STEPS * log2(ns);

    h->n++;
    h->sum += ns;
    h->min = ns < h->min ? ns : h->min;
    h->max = ns > h->max ? ns : h->max;
    h->steps[step < N_STEPS ? step : N_STEPS - 1]++;
}

/* Upper bound, in microseconds, of the latency of 'share' of the packets. */
static double
quantile(const struct histogram *h, double share)
{
    uint64_t n = 0;

    for (size_t i = 0; i < N_STEPS; i++) {
        n += h->steps[i];
        if (n >= share * h->n) {
            double bound = exp2((i + 1.0) / STEPS);

            return (bound < h->max ? bound : h->max) / 1e3;
        }
    }
    return h->max / 1e3;
}

static void
print_histogram_json(const struct histogram *h)
{
    struct bt_str s = { NULL, 0, 0 };
    bool first = true;

    bt_str_puts(&s, "{\"in\": ");
    bt_str_json(&s, h->in->port.name);
    bt_str_puts(&s, ", \"out\": ");
    bt_str_json(&s, h->out->port.name);
    bt_str_printf(&s, ", \"packets\": %llu, \"min_us\": %.3f, "
                  "\"mean_us\": %.3f, \"max_us\": %.3f, \"buckets\": [",
                  (unsigned long long int) h->n, h->min / 1e3,
                  h->sum / h->n / 1e3, h->max / 1e3);
    for (size_t i = 0; i < N_STEPS; i++) {
        if (h->steps[i]) {
            bt_str_printf(&s, "%s{\"le_us\": %.3f, \"packets\": %llu}",
                          first ? "" : ", ", exp2((i + 1.0) / STEPS) / 1e3,
                          (unsigned long long int) h->steps[i]);
            first = false;
        }
    }
    bt_str_puts(&s, "]}");
    puts(s.s);
    bt_str_free(&s);
}

static void
print_histogram_text(const struct histogram *h)
{
    uint64_t most = 0;

    printf("%s to ", bt_names_title(h->in->port.name));
    printf("%s: %llu packets; microseconds: min %.1f, mean %.1f, 50%% %.1f, "
           "99%% %.1f, max %.1f\n", bt_names_title(h->out->port.name),
           (unsigned long long int) h->n, h->min / 1e3, h->sum / h->n / 1e3,
           quantile(h, 0.5), quantile(h, 0.99), h->max / 1e3);
    for (size_t i = 0; i < N_STEPS; i++) {
        most = h->steps[i] > most ? h->steps[i] : most;
    }
    for (size_t i = 0; i < N_STEPS; i++) {
        if (h->steps[i]) {
            int length = (h->steps[i] * 40 + most - 1) / most;

            printf("%12.1f %8llu %.*s\n", exp2((i + 1.0) / STEPS) / 1e3,
                   (unsigned long long int) h->steps[i], length,
                   "########################################");
        }
    }
}

/* The end of a way. */

static void
tell_way(struct follow *f, struct way *way)
{
    const struct event *in;

    qsort(way->events, way->n_events, sizeof way->events[0], compare_events);
    in = find_reception(way);
    if (!in || !in->source->chosen || (f->max && f->n_printed >= f->max)) {
        return;                 /* Not asked for, or seen only in part. */
    }
    f->n_printed++;
    if (f->latency) {
        for (size_t i = 0; i < way->n_events; i++) {
            if (way->events[i].direction == BPFDEV_DIR_OUT
                && !way->events[i].source->drops) {
                count_latency(f, in, &way->events[i]);
            }
        }
    } else if (f->common.json) {
        print_way_json(way, in);
    } else {
        print_way_text(way, in);
    }
}

static void
end_first_way(struct follow *f)
{
    struct way *way = &f->ways[f->first];

    tell_way(f, way);
    way->id = 0;
    f->first = (f->first + 1) % MAX_WAYS;
    f->n_ways--;
}

static void
end_old_ways(struct follow *f, uint64_t before)
{
    while (f->n_ways && f->ways[f->first].since < before) {
        end_first_way(f);
    }
}

static struct way *
add_way(struct follow *f, const struct bpfdev_identity *identity)
{
    size_t place;
    struct way *way;

    if (f->n_ways == MAX_WAYS) {
        end_first_way(f);
    }
    place = (f->first + f->n_ways++) % MAX_WAYS;
    way = &f->ways[place];
    way->id = identity->id;
    way->port = identity->port;
    way->since = bt_now_mono();
    way->n_events = 0;
    add_to_index(f, identity->id, place);
    return way;
}

static void
add_event(struct follow *f, const struct source *source,
          const struct bpfdev_identity *identity)
{
    const struct bt_tap *tap = &source->tap;
    struct way *way = find_way(f, identity->id);
    struct event *e;

    if (!way) {
        way = add_way(f, identity);
    }
    if (way->n_events < MAX_EVENTS) {
        e = &way->events[way->n_events++];
        e->source = source;
        e->ts = tap->item.ts;
        e->direction = tap->packet.direction;
        e->reason = identity->reason;
        bt_brief_parse(&e->brief, tap->packet.data, tap->packet.caplen,
                       tap->packet.len);
    }
}

/* Drops alone. */

static void
print_drop(struct follow *f, const struct source *source,
           const struct bpfdev_identity *identity)
{
    const struct source *in = find_source(f, identity->port);
    const struct bt_tap *tap = &source->tap;
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
        bt_str_json(&s, in ? in->port.name : "");
        bt_str_puts(&s, ", \"reason\": ");
        bt_str_json(&s, reason_text(identity->reason));
        bt_str_puts(&s, ", \"counter\": ");
        bt_str_json(&s, counter ? counter : "");
        bt_str_puts(&s, ", \"packet\": ");
        bt_str_json(&s, text.s);
        bt_str_puts(&s, "}");
        bt_str_free(&text);
    } else {
        put_time(&s, tap->item.ts);
        bt_str_printf(&s, " %s: ", in ? bt_names_title(in->port.name) : "-");
        bt_brief_format(&brief, &s);
        bt_str_printf(&s, "; dropped: %s", reason_text(identity->reason));
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
        bt_str_json(&s, reason_text(i));
        bt_str_puts(&s, "}");
        if (!f->common.json) {
            printf("%8llu  %s\n", (unsigned long long int) f->reasons[i],
                   reason_text(i));
        }
    }
    bt_str_puts(&s, "]");
    if (f->common.json) {
        puts(s.s);
    }
    bt_str_free(&s);
}

/* The loop. */

static bool
is_over(const struct follow *f)
{
    return (bt_stop_signal() || ferror(stdout)
            || (f->max && f->n_printed >= f->max));
}

/* Takes what 'source' has.  Returns false if the port is gone. */
static bool
take_packets(struct follow *f, struct source *source)
{
    struct bt_tap *tap = &source->tap;
    int error = bt_tap_fetch(tap);

    while (!error && tap->has_packet) {
        struct bpfdev_identity identity;

        f->n_lost += tap->packet.drops;
        bpfdev_identity(tap->dev, &tap->packet, &identity);
        if (f->drops_only) {
            if (!is_over(f)) {
                print_drop(f, source, &identity);
            }
        } else if (identity.id) {
            add_event(f, source, &identity);
        }
        bt_tap_advance(tap);
    }
    return !error || error == EAGAIN;
}

static void
loop(struct follow *f)
{
    struct pollfd *fds = bt_alloc(f->n_sources * sizeof *fds);
    size_t n_open = 0;

    for (size_t i = 0; i < f->n_sources; i++) {
        fds[i].fd = (f->sources[i].tap.dev
                     ? bpfdev_fd(f->sources[i].tap.dev) : -1);
        fds[i].events = POLLIN;
        fds[i].revents = 0;
        n_open += fds[i].fd >= 0 && !f->sources[i].drops;
    }
    n_open += f->drops_only;
    while (n_open && !is_over(f)) {
        bt_poll(fds, f->n_sources, f->n_ways ? f->patience / 4 : UINT64_MAX);
        for (size_t i = 0; i < f->n_sources; i++) {
            if (fds[i].fd >= 0 && fds[i].revents
                && !take_packets(f, &f->sources[i])) {
                bt_error("%s: the port is gone", f->sources[i].port.name);
                fds[i].fd = -1;
                n_open--;
            }
        }
        end_old_ways(f, bt_now_mono() - f->patience);
        fflush(stdout);
    }
    for (size_t i = 0; i < f->n_sources; i++) {
        if (fds[i].fd >= 0) {
            take_packets(f, &f->sources[i]);
        }
    }
    end_old_ways(f, UINT64_MAX);
    free(fds);
}

/* Start. */

static void
open_source(const struct follow *f, struct source *source)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    const struct bt_tap_config config = {
        .socket = f->common.socket,
        .port = source->port.name,
        .filter = f->drops_only ? f->filter : "",
        .dlt = source->port.dlt,
        .snaplen = 256,
        .direction = BPF_D_INOUT,
        .memory = f->drops_only ? MEMORY : MEMORY / 4,
        .max_age = BT_NSEC / 20,
        .identity = true,
        .quiet = true,
        .optimize = true,
    };

    if (bt_tap_open(&source->tap, &config, errbuf)) {
        bt_fatal("%s: %s", source->port.name, errbuf);
    }
}

static void
add_source(struct follow *f, const struct bpfdev_port *port, bool chosen)
{
    struct source *source = &f->sources[f->n_sources++];

    source->port = *port;
    source->hash = bpfdev_port_hash(port->name);
    source->chosen = chosen;
}

static void
find_sources(struct follow *f)
{
    struct bpfdev *dev = bt_monitor_open(f->common.socket);
    const char *pattern = f->pattern ? f->pattern : "any";
    struct bpfdev_port *ports, drops;
    bool any = false;
    size_t n;

    ports = bt_ports_list(dev, &n);
    f->sources = bt_zalloc((n + 1) * sizeof *f->sources);
    for (size_t i = 0; i < n; i++) {
        bool chosen = bt_pattern_matches(pattern, &ports[i]);

        any |= chosen;
        if (chosen || bt_pattern_matches("any", &ports[i])) {
            add_source(f, &ports[i], chosen);
        }
    }
    free(ports);
    bpfdev_close(dev);
    if (!any) {
        bt_fatal("no port \"%s\"; \"ovs-bpftap list\" shows the ports",
                 pattern);
    }
    bt_port_drops(&drops);
    add_source(f, &drops, false);
    f->sources[f->n_sources - 1].drops = true;
}

/* The filter is for packets as they were received: those ports apply it that
 * were chosen, to what comes in, and nobody else knows of it. */
static void
set_reception_filter(struct follow *f)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    char *expression;

    if (!f->filter[0]) {
        return;
    }
    expression = bt_asprintf("outbound or (%s)", f->filter);
    for (size_t i = 0; i < f->n_sources; i++) {
        struct source *source = &f->sources[i];

        if (source->tap.dev && source->chosen
            && bpfdev_set_filter_expr(source->tap.dev, expression, 256,
                                      true)) {
            snprintf(errbuf, sizeof errbuf, "%s",
                     bpfdev_strerror(source->tap.dev));
            bt_fatal("%s", errbuf);
        }
    }
    free(expression);
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
    f->common.has = BT_HAS_QUIET | BT_HAS_JSON;
    f->patience = BT_NSEC;
    parse(f, argc, argv);
    find_sources(f);
    f->ways = bt_zalloc(MAX_WAYS * sizeof *f->ways);
    f->index = bt_zalloc(INDEX_SIZE * sizeof *f->index);
    for (size_t i = 0; i < f->n_sources; i++) {
        if (!f->drops_only || f->sources[i].drops) {
            open_source(f, &f->sources[i]);
        }
    }
    if (!f->drops_only) {
        set_reception_filter(f);
    }

    bt_signals_init();
    loop(f);
    for (size_t i = 0; f->latency && i < f->n_histograms; i++) {
        if (f->common.json) {
            print_histogram_json(&f->histograms[i]);
        } else {
            print_histogram_text(&f->histograms[i]);
        }
    }
    if (f->summary) {
        print_reasons(f);
    }
    if (f->n_lost && !f->common.quiet) {
        bt_note("%llu packets were lost between the switch and this program; "
                "what is shown is not all",
                (unsigned long long int) f->n_lost);
    }
    for (size_t i = 0; i < f->n_sources; i++) {
        bt_tap_close(&f->sources[i].tap);
    }
    free(f->sources);
    free(f->ways);
    free(f->index);
    free(f->histograms);
    free(f->filter);
    return (fflush(stdout) || ferror(stdout) ? BT_FAILED
            : f->n_lost ? BT_BLEMISHED
            : BT_OK);
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
