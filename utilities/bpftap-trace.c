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
 * One thread, no locks. */

#include "bpftap-commands.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-child.h"
#include "bpftap-forecast.h"
#include "bpftap-names.h"
#include "bpftap-options.h"
#include "bpftap-ports.h"
#include "bpftap-tap.h"
#include "bpftap-who.h"

static const char help[] =
"usage: ovs-bpftap trace -i PORT [OPTION]... [FILTER]\n"
"\n"
"Takes packets as the switch receives them from PORT, asks the switch's own\n"
"tracer what becomes of each, and prints the flows that it meets, the datapath\n"
"actions, and where it leaves or why it is dropped.\n"
"\n"
"  -i PORT       port: NAME, BRIDGE/PATTERN, ovn:NAME or any\n"
"  -c N          end after N packets\n"
"  -r FILE       packets from a capture file, as if received from PORT\n"
"  --rate=N      at most N packets in a second (10)\n"
"  --timeout=S   wait at most S seconds for the tracer (10)\n"
"  --summary     only the number of packets for each outcome\n"
BT_HELP_COMMON
"\n"
"The tracer is ofproto/trace, called through ovs-appctl, which must be in\n"
"PATH; so may be tcpdump, for a line about each packet, and ovn-sbctl, for the\n"
"logical flows of OVN.\n"
"\n"
"example: ovs-bpftap trace -i p1 -c 3 icmp\n";

/* Bytes of a device's buffers. */
#define MEMORY (1 << 20)

/* Packets of one outcome. */
struct outcome {
    char *text;
    uint64_t n;
};

/* A port that packets are taken from. */
struct source {
    struct bpfdev_port port;
    struct bt_tap tap;
};

/* A cookie and the logical flow that has it. */
struct logical {
    char *cookie;
    char *text;                 /* NULL: none has. */
};

struct trace {
    struct bt_common common;
    const char *pattern;        /* -i */
    const char *file;           /* -r, or NULL. */
    char *filter;
    uint64_t max;               /* -c, 0 for no end. */
    uint64_t rate;              /* Packets in a second. */
    unsigned int timeout;       /* Seconds. */
    bool summary;

    struct source *sources;
    size_t n_sources;
    uint64_t next_at;           /* When the next packet may be traced. */
    uint64_t n_traced;
    uint64_t n_skipped;         /* Came too fast. */
    uint64_t n_failed;          /* The tracer had no answer. */
    struct outcome *outcomes;
    size_t n_outcomes;
    bool no_tcpdump;            /* It cannot be run. */
    bool no_ovn;                /* Nor can ovn-sbctl, or it knows nothing. */
    struct logical *logicals;
    size_t n_logicals;
};

/* What is to be traced. */
struct packet {
    uint64_t ts;                /* Nanoseconds since 1970. */
    const uint8_t *data;
    uint32_t caplen;
    uint32_t len;
    uint32_t dlt;
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

/* Finds the logical flow in what ovn-sbctl prints: "table=8 (ls_in_acl), ..."
 * below a line about its datapath. */
static char *
parse_logical(const char *text)
{
    const char *table = strstr(text, "table=");
    const char *datapath = strstr(text, "Datapath: ");
    struct bt_str s = { NULL, 0, 0 };

    if (!table) {
        return NULL;
    }
    if (datapath) {
        datapath += strlen("Datapath: ");
        bt_str_put(&s, datapath, strcspn(datapath, " \n"));
        bt_str_puts(&s, " ");
    }
    bt_str_put(&s, table, strcspn(table, "\n"));
    return s.s;
}

/* Returns the logical flow with 'cookie', or NULL. */
static const char *
find_logical(struct trace *trace, const char *cookie)
{
    char *argv[] = {
        (char *) "ovn-sbctl", (char *) "--timeout=3", (char *) "lflow-list",
        (char *) cookie, NULL
    };
    struct bt_str output = { NULL, 0, 0 };
    struct logical *logical;

    for (size_t i = 0; i < trace->n_logicals; i++) {
        if (!strcmp(trace->logicals[i].cookie, cookie)) {
            return trace->logicals[i].text;
        }
    }
    if (trace->no_ovn) {
        return NULL;
    }
    trace->no_ovn = bt_run(argv, &output) != 0;
    trace->logicals = bt_realloc(trace->logicals,
                                 (trace->n_logicals + 1)
                                 * sizeof *trace->logicals);
    logical = &trace->logicals[trace->n_logicals++];
    logical->cookie = bt_strdup(cookie);
    logical->text = (trace->no_ovn ? NULL
                     : parse_logical(bt_str_cstr(&output)));
    bt_str_free(&output);
    return logical->text;
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

static void
print_text(struct trace *trace, const struct bpfdev_port *port,
           const struct packet *packet, const struct bt_forecast *f)
{
    char *line = describe(trace, packet);

    printf("%s/%s %s\n", port->bridge, bt_names_title(port->name),
           line ? line : "");
    free(line);
    if (f->error) {
        printf("    not known: %s\n", f->error);
        return;
    }
    for (size_t i = 0; i < f->n_steps; i++) {
        const struct bt_step *step = &f->steps[i];
        const char *logical = (step->cookie
                               ? find_logical(trace, step->cookie) : NULL);

        printf("    %s table %u: %s%s%s\n", step->bridge, step->table,
               step->flow ? step->flow : "no match",
               step->actions[0] ? " -> " : "", step->actions);
        if (logical) {
            printf("        %s\n", logical);
        }
    }
    printf("    datapath: %s\n", f->datapath.s);
    for (size_t i = 0; i < f->notes.n; i++) {
        printf("    note: %s\n", f->notes.v[i]);
    }
    printf("    => %s\n", f->outcome.s);
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
        put_member(s, "logical_flow", step->cookie
                   ? find_logical(trace, step->cookie) : NULL);
        bt_str_puts(s, "}");
    }
    bt_str_puts(s, "]");
}

static void
print_json(struct trace *trace, const struct bpfdev_port *port,
           const struct packet *packet, const struct bt_forecast *f)
{
    struct bt_str s = { NULL, 0, 0 };
    char *line = describe(trace, packet);

    bt_str_printf(&s, "{\"time\": %llu.%09llu, \"length\": %u",
                  (unsigned long long int) (packet->ts / BT_NSEC),
                  (unsigned long long int) (packet->ts % BT_NSEC),
                  packet->len);
    put_member(&s, "bridge", port->bridge);
    put_member(&s, "port", port->name);
    bt_names_json(port->name, &s);
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
    bt_str_puts(&s, "}");
    puts(s.s);
    bt_str_free(&s);
    free(line);
}

/* Asks the tracer about 'packet' and says what it says.  The next one has to
 * wait until the switch has had time for other things. */
static void
trace_packet(struct trace *trace, const struct bpfdev_port *port,
             const struct packet *packet)
{
    uint64_t start = bt_now_mono();
    uint64_t took, pause = BT_NSEC / trace->rate;
    struct bt_forecast f;

    bt_forecast_get(&f, port->bridge, port->ofport, packet->data,
                    packet->caplen, trace->timeout);
    took = bt_now_mono() - start;
    trace->next_at = start + (pause > 10 * took ? pause : 10 * took);

    count_outcome(trace, f.error ? f.error : f.outcome.s);
    trace->n_failed += f.error != NULL;
    if (trace->summary) {
        /* At the end. */
    } else if (trace->common.json) {
        print_json(trace, port, packet, &f);
    } else {
        print_text(trace, port, packet, &f);
    }
    fflush(stdout);
    bt_forecast_destroy(&f);
    trace->n_traced++;
}

static bool
is_over(const struct trace *trace)
{
    return (bt_stop_signal() || ferror(stdout)
            || (trace->max && trace->n_traced >= trace->max));
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

static void
trace_file(struct trace *trace)
{
    const struct bpfdev_port *port = &trace->sources[0].port;
    char errbuf[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *header;
    const u_char *data;
    pcap_t *pcap;
    int retval = 1;

    if (trace->n_sources != 1) {
        bt_fatal("-r: \"%s\" stands for %zu ports, one is needed",
                 trace->pattern, trace->n_sources);
    }
    pcap = pcap_open_offline_with_tstamp_precision(
        trace->file, PCAP_TSTAMP_PRECISION_NANO, errbuf);
    if (!pcap) {
        bt_fatal("%s", errbuf);
    } else if (pcap_datalink(pcap) != (int) port->dlt) {
        bt_fatal("%s: packets of another link type than those of %s",
                 trace->file, port->name);
    }
    set_file_filter(trace, pcap);
    while (!is_over(trace)
           && (retval = pcap_next_ex(pcap, &header, &data)) == 1) {
        struct packet packet = {
            .ts = header->ts.tv_sec * BT_NSEC + header->ts.tv_usec,
            .data = data, .caplen = header->caplen, .len = header->len,
            .dlt = port->dlt,
        };

        wait_for_turn(trace);
        trace_packet(trace, port, &packet);
    }
    if (retval == PCAP_ERROR) {
        bt_fatal("%s: %s", trace->file, pcap_geterr(pcap));
    }
    pcap_close(pcap);
}

/* From ports. */

static void
open_sources(struct trace *trace)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];

    for (size_t i = 0; i < trace->n_sources; i++) {
        struct source *source = &trace->sources[i];
        const struct bt_tap_config config = {
            .socket = trace->common.socket,
            .port = source->port.name,
            .filter = trace->filter,
            .dlt = source->port.dlt,
            .direction = BPF_D_IN,
            .memory = MEMORY,
            .quiet = trace->common.quiet,
            .optimize = true,
        };

        if (bt_tap_open(&source->tap, &config, errbuf)) {
            bt_fatal("%s: %s", source->port.name, errbuf);
        }
    }
}

/* Takes what 'source' has; traces the first packet of it if there is time.
 * Returns false if the port is gone. */
static bool
take_packets(struct trace *trace, struct source *source)
{
    struct bt_tap *tap = &source->tap;
    int error = bt_tap_fetch(tap);

    while (!error && tap->has_packet && !is_over(trace)) {
        struct packet packet = {
            .ts = tap->item.ts, .data = tap->packet.data,
            .caplen = tap->packet.caplen, .len = tap->packet.len,
            .dlt = tap->dlt,
        };

        trace->n_skipped += tap->packet.drops;
        if (bt_now_mono() >= trace->next_at) {
            trace_packet(trace, &source->port, &packet);
        } else {
            trace->n_skipped++;
        }
        bt_tap_advance(tap);
    }
    return !error || error == EAGAIN;
}

static void
trace_ports(struct trace *trace)
{
    struct pollfd *fds = bt_alloc(trace->n_sources * sizeof *fds);
    size_t n_open = trace->n_sources;

    open_sources(trace);
    for (size_t i = 0; i < trace->n_sources; i++) {
        fds[i].fd = bpfdev_fd(trace->sources[i].tap.dev);
        fds[i].events = POLLIN;
    }
    while (n_open && !is_over(trace)) {
        bt_poll(fds, trace->n_sources, UINT64_MAX);
        for (size_t i = 0; i < trace->n_sources && !is_over(trace); i++) {
            if (fds[i].fd >= 0 && fds[i].revents
                && !take_packets(trace, &trace->sources[i])) {
                bt_error("%s: the port is gone", trace->sources[i].port.name);
                fds[i].fd = -1;
                n_open--;
            }
        }
    }
    for (size_t i = 0; i < trace->n_sources; i++) {
        bt_tap_close(&trace->sources[i].tap);
    }
    free(fds);
}

static void
find_sources(struct trace *trace)
{
    struct bpfdev *dev = bt_monitor_open(trace->common.socket);
    struct bpfdev_port *ports;
    size_t n;

    ports = bt_ports_list(dev, &n);
    trace->sources = bt_zalloc((n + 1) * sizeof *trace->sources);
    for (size_t i = 0; i < n; i++) {
        if (bt_pattern_matches(trace->pattern, &ports[i])) {
            trace->sources[trace->n_sources++].port = ports[i];
        }
    }
    free(ports);
    bpfdev_close(dev);
    if (!trace->n_sources) {
        bt_fatal("no port \"%s\"; \"ovs-bpftap list\" shows the ports",
                 trace->pattern);
    }
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
                  "\"outcomes\": [", (unsigned long long int) trace->n_traced,
                  (unsigned long long int) trace->n_skipped);
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
    }
    bt_str_free(&s);
}

static void
parse(struct trace *trace, int argc, char *argv[])
{
    enum { OPT_RATE = 256, OPT_TIMEOUT, OPT_SUMMARY };
    static const struct option options[] = {
        { "interface", required_argument, NULL, 'i' },
        { "rate", required_argument, NULL, OPT_RATE },
        { "timeout", required_argument, NULL, OPT_TIMEOUT },
        { "summary", no_argument, NULL, OPT_SUMMARY },
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
        }
    }
    trace->filter = bt_join_words(argc - optind, argv + optind);
    if (!trace->filter) {
        trace->filter = bt_strdup("");
    }
    if (!trace->pattern) {
        bt_usage("which port? Say -i PORT; \"ovs-bpftap list\" shows them");
    }
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
    parse(&trace, argc, argv);
    bt_who_set_rundir(trace.common.socket);
    find_sources(&trace);

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
    for (size_t i = 0; i < trace.n_logicals; i++) {
        free(trace.logicals[i].cookie);
        free(trace.logicals[i].text);
    }
    free(trace.outcomes);
    free(trace.logicals);
    free(trace.sources);
    free(trace.filter);
    return (fflush(stdout) || ferror(stdout) ? BT_FAILED
            : trace.n_failed ? BT_BLEMISHED
            : BT_OK);
}
