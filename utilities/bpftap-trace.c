/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* "ovs-bpftap trace": what the switch does with packets, and why.
 *
 * Packets come from ports, as they arrive, or from a file.  Each is handed to
 * the switch's own tracer, which runs on the switch's main thread: therefore
 * no more than so many in a second, and never for more than a tenth of its
 * time.  Of live packets that come faster the others are left out, and
 * counted; those in a file wait.
 *
 * Packets from ports are followed as well, and told when their way has come to
 * its end, so that the forecast can be compared with the fact.
 *
 * One thread, no locks. */

#include "bpftap-commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-child.h"
#include "bpftap-fact.h"
#include "bpftap-forecast.h"
#include "bpftap-logical.h"
#include "bpftap-names.h"
#include "bpftap-options.h"
#include "bpftap-outer.h"
#include "bpftap-ports.h"
#include "bpftap-ways.h"
#include "bpftap-who.h"

static const char help[] =
"usage: ovs-bpftap trace -i PORT [OPTION]... [FILTER]\n"
"\n"
"Takes packets as the switch receives them from PORT, asks the switch's own\n"
"tracer what becomes of each, and prints the flows that it meets, the datapath\n"
"actions, where it leaves or why it is dropped, and whether it did so in fact.\n"
"\n"
"  -i PORT       port: NAME, BRIDGE/PATTERN, ovn:NAME or any\n"
"  -c N          end after N packets\n"
"  -r FILE       packets from a capture file, as if received from PORT\n"
"  --rate=N      at most N packets in a second (10)\n"
"  --timeout=S   wait at most S seconds for the tracer (10)\n"
"  --summary     only the number of packets for each outcome\n"
"  --forecast    do not look what becomes of the packets in fact\n"
"  --wait=TIME   how long to wait for what becomes of a packet (1s)\n"
BT_HELP_COMMON
"\n"
"The tracer is ofproto/trace, called through ovs-appctl, which must be in\n"
"PATH; so may be tcpdump, for a line about each packet, and ovn-sbctl, for the\n"
"logical flows of OVN.\n"
"\n"
"example: ovs-bpftap trace -i p1 -c 3 icmp\n";

/* Packets of one outcome. */
struct outcome {
    char *text;
    uint64_t n;
};

/* What is to be traced. */
struct packet {
    uint64_t ts;                /* Nanoseconds since 1970. */
    const uint8_t *data;
    uint32_t caplen;
    uint32_t len;
    uint32_t dlt;
};

/* The beginning of a packet that a tunnel may take another one out of. */
struct outer {
    uint64_t id;                /* Its identity, 0: none. */
    size_t n;
    uint8_t data[256];
};

/* Of the latest so many: ports are read in turn, and bring what came within a
 * twentieth of a second. */
#define N_OUTERS 4096

/* A packet that was traced, until it is told. */
struct pending {
    uint64_t id;                /* Its identity. */
    bool waiting;               /* For its outer packet, and not traced. */
    uint64_t n_lost;            /* Of the ways when it was traced. */
    struct packet packet;
    const struct bpfdev_port *port;
    struct bt_forecast forecast;
};

struct trace {
    struct bt_common common;
    const char *pattern;        /* -i */
    const char *file;           /* -r, or NULL. */
    char *filter;
    uint64_t max;               /* -c, 0 for no end. */
    uint64_t rate;              /* Packets in a second. */
    unsigned int timeout;       /* Seconds. */
    uint64_t patience;          /* --wait, nanoseconds. */
    bool summary;
    bool forecast_only;

    struct bt_ways ways;        /* Not of packets from a file. */
    struct outer *outers;       /* A ring; NULL if no tunnel is traced. */
    size_t next_outer;
    struct pending *pending;
    size_t n_pending;
    bool ending;                /* There is no time to wait any more. */
    uint64_t next_at;           /* When the next packet may be traced. */
    uint64_t n_traced;
    uint64_t n_skipped;         /* Came too fast. */
    uint64_t n_told;
    uint64_t n_differ;          /* Of these, whose fact is another. */
    uint64_t n_failed;          /* The tracer had no answer. */
    struct outcome *outcomes;
    size_t n_outcomes;
    bool no_tcpdump;            /* It cannot be run. */
    struct bt_logicals logicals;
};

/* tcpdump's line about 'packet', without a line end, or NULL.  The caller
 * frees it. */
static char *
describe(struct trace *trace, const struct packet *packet)
{
    char path[] = "/tmp/bpftap-XXXXXX";
    struct bt_str output = { NULL, 0, 0 };
    struct pcap_pkthdr header = {
        .ts = { packet->ts / BT_NSEC, packet->ts % BT_NSEC / 1000 },
        .caplen = packet->caplen,
        .len = packet->len,
    };
    char *argv[] = {
        (char *) "tcpdump", (char *) "-nn", (char *) "-r", path, NULL
    };
    char *line = NULL;
    int fd, status = 127;

    fd = trace->no_tcpdump ? -1 : mkstemp(path);
    if (fd < 0) {
        return NULL;
    }
    pcap_t *pcap = pcap_open_dead(packet->dlt, 262144);
    FILE *stream = fdopen(fd, "w");
    pcap_dumper_t *dumper = stream ? pcap_dump_fopen(pcap, stream) : NULL;
    if (dumper) {
        pcap_dump((u_char *) dumper, &header, packet->data);
        pcap_dump_close(dumper);
        status = bt_run(argv, &output);
    } else if (!stream) {
        close(fd);
    }
    pcap_close(pcap);
    unlink(path);

    trace->no_tcpdump = status == 127;
    if (output.s) {
        /* The first line is "reading from file". */
        line = strstr(output.s, "\n");
        line = line ? line + 1 : output.s;
        line[strcspn(line, "\n")] = '\0';
        line = line[0] ? bt_strdup(line) : NULL;
    }
    bt_str_free(&output);
    return line;
}

static void
count_outcome(struct trace *trace, const char *text)
{
    for (size_t i = 0; i < trace->n_outcomes; i++) {
        if (!strcmp(trace->outcomes[i].text, text)) {
            trace->outcomes[i].n++;
            return;
        }
    }
    trace->outcomes = bt_realloc(trace->outcomes,
                                 (trace->n_outcomes + 1)
                                 * sizeof *trace->outcomes);
    trace->outcomes[trace->n_outcomes].text = bt_strdup(text);
    trace->outcomes[trace->n_outcomes++].n = 1;
}

static const char *
find_logical(struct trace *trace, const struct bt_step *step)
{
    return step->cookie ? bt_logicals_find(&trace->logicals, step->cookie)
                        : NULL;
}

static void
print_fact(const struct bt_fact *fact)
{
    if (fact->known) {
        bt_put_line("    fact%s: %s",
                    fact->as_forecast ? "" : ", NOT AS FORECAST", fact->text.s);
    } else if (fact->text.length) {
        bt_put_line("    fact not known: %s", fact->text.s);
    }
}

static void
print_text(struct trace *trace, const struct pending *p,
           const struct bt_fact *fact)
{
    const struct bt_forecast *f = &p->forecast;
    char *line = describe(trace, &p->packet);

    bt_put_line("%s/%s %s", p->port->bridge, bt_names_title(p->port->name),
                line ? line : "");
    free(line);
    if (f->error) {
        bt_put_line("    not known: %s", f->error);
        print_fact(fact);
        return;
    }
    for (size_t i = 0; i < f->n_steps; i++) {
        const struct bt_step *step = &f->steps[i];
        const char *logical = find_logical(trace, step);

        bt_put_line("    %s table %u: %s%s%s", step->bridge, step->table,
                    step->flow ? step->flow : "no match",
                    step->actions[0] ? " -> " : "", step->actions);
        if (logical) {
            bt_put_line("        %s", logical);
        }
    }
    bt_put_line("    datapath: %s", f->datapath.s);
    for (size_t i = 0; i < f->notes.n; i++) {
        bt_put_line("    note: %s", f->notes.v[i]);
    }
    bt_put_line("    => %s", f->outcome.s);
    print_fact(fact);
}

static void
put_member(struct bt_str *s, const char *name, const char *value)
{
    bt_str_printf(s, ", \"%s\": ", name);
    if (value) {
        bt_str_json(s, value);
    } else {
        bt_str_puts(s, "null");
    }
}

static void
put_list(struct bt_str *s, const char *name, const struct bt_strv *list)
{
    bt_str_printf(s, ", \"%s\": [", name);
    for (size_t i = 0; i < list->n; i++) {
        bt_str_puts(s, i ? ", " : "");
        bt_str_json(s, list->v[i]);
    }
    bt_str_puts(s, "]");
}

static void
put_steps(struct trace *trace, struct bt_str *s, const struct bt_forecast *f)
{
    bt_str_puts(s, ", \"tables\": [");
    for (size_t i = 0; i < f->n_steps; i++) {
        const struct bt_step *step = &f->steps[i];

        bt_str_printf(s, "%s{\"table\": %u", i ? ", " : "", step->table);
        put_member(s, "bridge", step->bridge);
        put_member(s, "flow", step->flow);
        put_member(s, "actions", step->actions);
        put_member(s, "cookie", step->cookie);
        put_member(s, "logical_flow", find_logical(trace, step));
        bt_str_puts(s, "}");
    }
    bt_str_puts(s, "]");
}

static void
put_fact(struct bt_str *s, const struct bt_fact *fact)
{
    if (!fact->known) {
        bt_str_puts(s, ", \"fact\": null");
        return;
    }
    bt_str_printf(s, ", \"fact\": {\"as_forecast\": %s",
                  fact->as_forecast ? "true" : "false");
    put_member(s, "text", fact->text.s);
    put_list(s, "ports", &fact->ports);
    put_list(s, "dropped", &fact->reasons);
    bt_str_puts(s, "}");
}

static void
print_json(struct trace *trace, const struct pending *p,
           const struct bt_fact *fact)
{
    const struct packet *packet = &p->packet;
    const struct bt_forecast *f = &p->forecast;
    struct bt_str s = { NULL, 0, 0 };
    char *line = describe(trace, packet);

    bt_str_printf(&s, "{\"time\": %llu.%09llu, \"length\": %u",
                  (unsigned long long int) (packet->ts / BT_NSEC),
                  (unsigned long long int) (packet->ts % BT_NSEC),
                  packet->len);
    put_member(&s, "bridge", p->port->bridge);
    put_member(&s, "port", p->port->name);
    bt_names_json(p->port->name, &s);
    put_member(&s, "packet", line);
    if (f->error) {
        put_member(&s, "error", f->error);
    } else {
        put_steps(trace, &s, f);
        put_member(&s, "datapath_actions", f->datapath.s);
        put_member(&s, "outcome", f->outcome.s);
        bt_str_printf(&s, ", \"dropped\": %s", f->dropped ? "true" : "false");
        put_list(&s, "ports", &f->ports);
        put_list(&s, "notes", &f->notes);
    }
    put_fact(&s, fact);
    bt_str_puts(&s, "}");
    puts(s.s);
    bt_str_free(&s);
    free(line);
}

/* Asks the tracer about 'p', and stores the answer there.  The next one has to
 * wait until the switch has had time for other things.  'tunnel' is as for
 * bt_forecast_get(). */
static void
forecast(struct trace *trace, struct pending *p, const char *tunnel)
{
    struct bt_forecast *f = &p->forecast;
    uint64_t start = bt_now_mono();
    uint64_t took, pause = BT_NSEC / trace->rate;

    bt_forecast_get(f, p->port, tunnel, p->packet.data, p->packet.caplen,
                    trace->timeout);
    p->waiting = false;
    took = bt_now_mono() - start;
    trace->next_at = start + (pause > 10 * took ? pause : 10 * took);

    count_outcome(trace, f->error ? f->error : f->outcome.s);
    trace->n_failed += f->error != NULL;
}

static void
tell(struct trace *trace, const struct pending *p, const struct bt_fact *fact)
{
    trace->n_told++;
    trace->n_differ += fact->known && !fact->as_forecast;
    if (trace->summary) {
        /* At the end. */
    } else if (trace->common.json) {
        print_json(trace, p, fact);
    } else {
        print_text(trace, p, fact);
    }
    bt_flush_stdout();
}

static bool
is_over(const struct trace *trace)
{
    return (bt_stop_signal() || ferror(stdout)
            || (trace->max && trace->n_told >= trace->max));
}

/* From a file. */

static void
wait_for_turn(const struct trace *trace)
{
    uint64_t now = bt_now_mono();

    if (now < trace->next_at && !bt_stop_signal()) {
        bt_poll(NULL, 0, trace->next_at - now);
    }
}

static void
set_file_filter(const struct trace *trace, pcap_t *pcap)
{
    struct bpf_program program;

    if (pcap_compile(pcap, &program, trace->filter, 1, PCAP_NETMASK_UNKNOWN)
        || pcap_setfilter(pcap, &program)) {
        bt_fatal("%s: %s", trace->filter, pcap_geterr(pcap));
    }
    pcap_freecode(&program);
}

/* The only port that -i stands for. */
static void
find_port(const struct trace *trace, struct bpfdev_port *port)
{
    struct bpfdev *dev = bt_monitor_open(trace->common.socket);
    size_t n_ports, n = 0;
    struct bpfdev_port *ports = bt_ports_list(dev, &n_ports);

    for (size_t i = 0; i < n_ports; i++) {
        if (bt_pattern_matches(trace->pattern, &ports[i])) {
            *port = ports[i];
            n++;
        }
    }
    free(ports);
    bpfdev_close(dev);
    if (!n) {
        bt_fatal("no port \"%s\"; \"ovs-bpftap list\" shows the ports",
                 trace->pattern);
    } else if (n > 1) {
        bt_fatal("-r: \"%s\" stands for %zu ports, one is needed",
                 trace->pattern, n);
    }
}

static void
trace_file(struct trace *trace)
{
    const struct bt_fact no_fact = { .known = false };
    struct bpfdev_port port;
    char errbuf[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *header;
    const u_char *data;
    pcap_t *pcap;
    int retval = 1;

    find_port(trace, &port);
    pcap = pcap_open_offline_with_tstamp_precision(
        trace->file, PCAP_TSTAMP_PRECISION_NANO, errbuf);
    if (!pcap) {
        bt_fatal("%s", errbuf);
    } else if (pcap_datalink(pcap) != (int) port.dlt) {
        bt_fatal("%s: packets of another link type than those of %s",
                 trace->file, port.name);
    }
    set_file_filter(trace, pcap);
    while (!is_over(trace)
           && (retval = pcap_next_ex(pcap, &header, &data)) == 1) {
        struct pending p = {
            .port = &port,
            .packet = {
                .ts = header->ts.tv_sec * BT_NSEC + header->ts.tv_usec,
                .data = data, .caplen = header->caplen, .len = header->len,
                .dlt = port.dlt,
            },
        };

        wait_for_turn(trace);
        trace->n_traced++;
        forecast(trace, &p, NULL);
        tell(trace, &p, &no_fact);
        bt_forecast_destroy(&p.forecast);
    }
    if (retval == PCAP_ERROR) {
        bt_fatal("%s: %s", trace->file, pcap_geterr(pcap));
    }
    pcap_close(pcap);
}

/* What comes out of tunnels. */

/* Traces those of the pending packets that have waited for 'outer'. */
static void
trace_waiting(struct trace *trace, const struct outer *outer)
{
    for (size_t i = 0; i < trace->n_pending; i++) {
        struct pending *p = &trace->pending[i];
        struct bt_str tunnel = { NULL, 0, 0 };

        if (p->waiting && p->id == outer->id
            && bt_outer_put(&tunnel, p->port->type, outer->data, outer->n)) {
            forecast(trace, p, tunnel.s);
        }
        bt_str_free(&tunnel);
    }
}

/* Keeps what 'port' has received, because it may be the outer packet of one
 * that is read before or after it. */
static void
keep_outer(struct trace *trace, const struct bt_way_port *port, uint64_t id)
{
    const struct bpfdev_packet *packet = &port->tap.packet;
    struct outer *outer = &trace->outers[trace->next_outer];

    trace->next_outer = (trace->next_outer + 1) % N_OUTERS;
    outer->id = id;
    outer->n = (packet->caplen < sizeof outer->data ? packet->caplen
                : sizeof outer->data);
    memcpy(outer->data, packet->data, outer->n);
    trace_waiting(trace, outer);
}

/* Traces 'p' now, whatever it waits for. */
static void
stop_waiting(struct trace *trace, struct pending *p)
{
    if (p->waiting) {
        forecast(trace, p, NULL);
    }
}

/* Traces 'p', which has just come in by a tunnel's port, or lets it wait. */
static void
trace_inner(struct trace *trace, struct pending *p)
{
    p->waiting = true;
    if (!p->id || trace->forecast_only) {
        stop_waiting(trace, p);
        return;
    }
    trace->next_at = bt_now_mono() + BT_NSEC / trace->rate;
    for (size_t i = 0; i < N_OUTERS; i++) {
        if (trace->outers[i].id == p->id) {
            trace_waiting(trace, &trace->outers[i]);
        }
    }
}

/* From ports. */

/* Takes the packet that 'port' has. */
static void
take_packet(struct trace *trace, const struct bt_way_port *port, uint64_t id)
{
    const struct bt_tap *tap = &port->tap;
    const struct bpfdev_packet *packet = &tap->packet;
    uint8_t *data = bt_alloc(packet->caplen + 1);
    struct pending *p;

    memcpy(data, packet->data, packet->caplen);
    trace->pending = bt_realloc(trace->pending, (trace->n_pending + 1)
                                * sizeof *trace->pending);
    p = &trace->pending[trace->n_pending++];
    *p = (struct pending) {
        .id = id,
        .n_lost = trace->ways.n_lost,
        .port = &port->info,
        .packet = {
            .ts = tap->item.ts, .data = data, .caplen = packet->caplen,
            .len = packet->len, .dlt = tap->dlt,
        },
    };
    trace->n_traced++;
    if (bt_outer_is_tunnel(p->port->type)) {
        trace_inner(trace, p);
    } else {
        forecast(trace, p, NULL);
    }
}

/* Tells pending packet number 'i', and forgets it. */
static void
finish_packet(struct trace *trace, size_t i, const struct bt_fact *fact)
{
    struct pending *p = &trace->pending[i];

    stop_waiting(trace, p);
    tell(trace, p, fact);
    free((uint8_t *) p->packet.data);
    bt_forecast_destroy(&p->forecast);
    trace->n_pending--;
    memmove(p, p + 1, (trace->n_pending - i) * sizeof *p);
}

/* For struct bt_ways_config: a packet at a port. */
static void
packet_seen(const struct bt_way_port *port,
            const struct bpfdev_identity *identity, void *trace_)
{
    const struct bt_fact no_fact = { .known = false };
    struct trace *trace = trace_;

    if (trace->outers && identity->id
        && port->tap.packet.direction == BPFDEV_DIR_IN
        && !bt_outer_is_tunnel(port->info.type)) {
        keep_outer(trace, port, identity->id);
    }
    if (!port->chosen || port->tap.packet.direction != BPFDEV_DIR_IN
        || (trace->max && trace->n_traced >= trace->max)) {
        return;
    }
    trace->n_skipped += port->tap.packet.drops;
    if (bt_now_mono() < trace->next_at) {
        trace->n_skipped++;
        return;
    }
    take_packet(trace, port, identity->id);
    if (trace->forecast_only || !identity->id) {
        finish_packet(trace, trace->n_pending - 1, &no_fact);
    }
}

/* What to tell of 'p', which went 'way'. */
static void
get_fact(const struct trace *trace, const struct pending *p,
         const struct bt_way *way, const struct bt_way_event *in,
         struct bt_fact *fact)
{
    const char *unknown;

    bt_fact_get(fact, way, in, &p->forecast);
    unknown = (fact->as_forecast ? NULL
               : p->n_lost != trace->ways.n_lost
               ? "packets were lost on their way to this program"
               : trace->ending ? "interrupted"
               : NULL);
    if (unknown) {
        bt_fact_destroy(fact);
        bt_str_puts(&fact->text, unknown);
    }
}

/* For struct bt_ways_config: the way of a packet has ended. */
static void
way_ended(const struct bt_way *way, const struct bt_way_event *in,
          void *trace_)
{
    struct trace *trace = trace_;
    size_t i = 0;

    while (i < trace->n_pending) {
        if (trace->pending[i].id == way->id) {
            struct bt_fact fact;

            stop_waiting(trace, &trace->pending[i]);
            get_fact(trace, &trace->pending[i], way, in, &fact);
            finish_packet(trace, i, &fact);
            bt_fact_destroy(&fact);
        } else {
            i++;
        }
    }
}

/* For struct bt_ways_config. */
static bool
are_ways_over(void *trace_)
{
    return is_over(trace_);
}

/* Packets can be traced when they cannot be followed. */
static void
open_ways(struct trace *trace)
{
    struct bt_ways_config config = {
        .socket = trace->common.socket,
        .pattern = trace->pattern,
        .filter = trace->filter,
        .only_received = trace->forecast_only,
        .patience = trace->patience,
        .quiet = true,
        .seen = packet_seen,
        .ended = way_ended,
        .is_over = are_ways_over,
        .aux = trace,
    };
    char errbuf[BPFDEV_ERRBUF_SIZE];
    int error = bt_ways_open(&trace->ways, &config, errbuf);

    if (error && error != ENOENT && !trace->forecast_only) {
        bt_note("%s; therefore only the forecast is shown", errbuf);
        trace->forecast_only = config.only_received = true;
        error = bt_ways_open(&trace->ways, &config, errbuf);
    }
    if (error) {
        bt_fatal("%s", errbuf);
    }
}

/* Makes room for outer packets if there may be any. */
static void
prepare_outers(struct trace *trace)
{
    for (size_t i = 0; i < trace->ways.n_ports && !trace->outers; i++) {
        const struct bt_way_port *port = &trace->ways.ports[i];

        if (port->chosen && bt_outer_is_tunnel(port->info.type)) {
            trace->outers = bt_zalloc(N_OUTERS * sizeof *trace->outers);
        }
    }
}

static void
trace_ports(struct trace *trace)
{
    const struct bt_fact no_fact = { .known = false };

    open_ways(trace);
    prepare_outers(trace);
    while (bt_ways_run(&trace->ways, UINT64_MAX)) {
        continue;
    }
    trace->ending = true;
    bt_ways_finish(&trace->ways);
    while (trace->n_pending) {
        finish_packet(trace, 0, &no_fact);
    }
    bt_ways_close(&trace->ways);
    free(trace->pending);
    free(trace->outers);
}

static int
compare_outcomes(const void *a_, const void *b_)
{
    const struct outcome *a = a_, *b = b_;

    return (a->n != b->n ? (a->n < b->n ? 1 : -1)
            : strcmp(a->text, b->text));
}

static void
print_summary(struct trace *trace)
{
    struct bt_str s = { NULL, 0, 0 };

    if (trace->n_outcomes) {
        qsort(trace->outcomes, trace->n_outcomes, sizeof *trace->outcomes,
              compare_outcomes);
    }
    bt_str_printf(&s, "{\"traced\": %llu, \"not_traced\": %llu, "
                  "\"not_as_forecast\": %llu, \"outcomes\": [",
                  (unsigned long long int) trace->n_traced,
                  (unsigned long long int) trace->n_skipped,
                  (unsigned long long int) trace->n_differ);
    for (size_t i = 0; i < trace->n_outcomes; i++) {
        const struct outcome *o = &trace->outcomes[i];

        bt_str_printf(&s, "%s{\"packets\": %llu", i ? ", " : "",
                      (unsigned long long int) o->n);
        put_member(&s, "outcome", o->text);
        bt_str_puts(&s, "}");
        if (!trace->common.json) {
            printf("%8llu  %s\n", (unsigned long long int) o->n, o->text);
        }
    }
    bt_str_puts(&s, "]}");
    if (trace->common.json) {
        puts(s.s);
    } else if (trace->n_differ) {
        printf("%8llu  of them in fact NOT AS FORECAST\n",
               (unsigned long long int) trace->n_differ);
    }
    bt_str_free(&s);
}

static void
parse(struct trace *trace, int argc, char *argv[])
{
    enum {
        OPT_RATE = 256, OPT_TIMEOUT, OPT_SUMMARY, OPT_FORECAST, OPT_WAIT
    };
    static const struct option options[] = {
        { "interface", required_argument, NULL, 'i' },
        { "rate", required_argument, NULL, OPT_RATE },
        { "timeout", required_argument, NULL, OPT_TIMEOUT },
        { "summary", no_argument, NULL, OPT_SUMMARY },
        { "forecast", no_argument, NULL, OPT_FORECAST },
        { "wait", required_argument, NULL, OPT_WAIT },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = bt_getopt(argc, argv, ":i:c:r:", options, NULL,
                          &trace->common)) != -1) {
        switch (c) {
        case 'i':
            trace->pattern = optarg;
            break;
        case 'c':
            trace->max = bt_parse_uint("-c", optarg, 1, INT64_MAX);
            break;
        case 'r':
            trace->file = optarg;
            break;
        case OPT_RATE:
            trace->rate = bt_parse_uint("--rate", optarg, 1, 1000);
            break;
        case OPT_TIMEOUT:
            trace->timeout = bt_parse_uint("--timeout", optarg, 1, 3600);
            break;
        case OPT_SUMMARY:
            trace->summary = true;
            break;
        case OPT_FORECAST:
            trace->forecast_only = true;
            break;
        case OPT_WAIT:
            trace->patience = bt_parse_duration("--wait", optarg);
            break;
        }
    }
    trace->filter = bt_join_words(argc - optind, argv + optind);
    if (!trace->filter) {
        trace->filter = bt_strdup("");
    }
    bt_require_port(trace->pattern != NULL);
}

int
bt_cmd_trace(int argc, char *argv[])
{
    struct trace trace;

    memset(&trace, 0, sizeof trace);
    trace.common.help = help;
    trace.common.has = BT_HAS_QUIET | BT_HAS_JSON;
    trace.rate = 10;
    trace.timeout = 10;
    trace.patience = BT_NSEC;
    parse(&trace, argc, argv);
    bt_who_set_rundir(trace.common.socket);

    bt_signals_init();
    if (trace.file) {
        trace_file(&trace);
    } else {
        trace_ports(&trace);
    }
    if (trace.summary) {
        print_summary(&trace);
    }
    if (trace.n_skipped && !trace.common.quiet) {
        bt_note("%llu packets came too fast and were not traced (--rate)",
                (unsigned long long int) trace.n_skipped);
    }

    for (size_t i = 0; i < trace.n_outcomes; i++) {
        free(trace.outcomes[i].text);
    }
    free(trace.outcomes);
    bt_logicals_free(&trace.logicals);
    free(trace.filter);
    return trace.n_failed ? BT_FAILED : BT_OK;
}
