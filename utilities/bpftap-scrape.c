/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What the exporter tells; see bpftap-scrape.h. */

#include "bpftap-scrape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-child.h"
#include "bpftap-control.h"
#include "bpftap-csv.h"
#include "bpftap-names.h"
#include "bpftap-ports.h"
#include "bpftap-who.h"

/* What is asked. */
enum source {
    DATABASE,
    COVERAGE,
    NOTIFIER,
    CACHES,
    N_SOURCES
};

/* Commands of the switch's control socket, which needs no program for each. */
static const char *const commands[N_SOURCES] = {
    [COVERAGE] = "coverage/show",
    [NOTIFIER] = "netdev-bsd/notifier-show",
    [CACHES] = "netdev-bsd/cache-totals",
};

/* Runs while the switch is asked.  Waits for the database 5 seconds at most.
 * Prints a heading, then a line for each Interface, its columns in order.  (So
 * does ovs-vsctl, but it reads the whole database first.) */
static char *const query[] = {
    (char *) "ovsdb-client", (char *) "--timeout=5", (char *) "--format=csv",
    (char *) "--data=bare", (char *) "--no-headings", (char *) "dump",
    (char *) "Open_vSwitch", (char *) "Interface", (char *) "link_state",
    (char *) "mtu", (char *) "name", (char *) "statistics", NULL
};

/* An Interface in the database: parts of what ovs-vsctl has printed. */
struct row {
    const char *name;
    const char *link_state;
    const char *mtu;
    const char *statistics;     /* "rx_bytes=1 rx_packets=2" */
};

struct scrape {
    struct bpfdev_port *ports;
    size_t n_ports;
    struct bpfdev_stats totals;
    bool switch_up;             /* Are 'ports' and 'totals' known? */
    struct bt_str outputs[N_SOURCES];
    bool known[N_SOURCES];      /* Was it answered? */
    struct row *rows;           /* One for each port. */
};

/* Statistics with a family of their own. */
static const struct {
    const char *key;
    const char *family;
    const char *unit;
    const char *help;
} statistics[] = {
    { "rx_packets", "openvswitch_port_receive_packets", "packets",
      "Packets that the switch received from the port." },
    { "rx_bytes", "openvswitch_port_receive_bytes", "bytes",
      "Bytes that the switch received from the port." },
    { "rx_dropped", "openvswitch_port_receive_dropped_packets", "packets",
      "Packets from the port that were dropped before the switch." },
    { "rx_errors", "openvswitch_port_receive_errors", NULL,
      "Errors at reception." },
    { "tx_packets", "openvswitch_port_transmit_packets", "packets",
      "Packets that the switch sent to the port." },
    { "tx_bytes", "openvswitch_port_transmit_bytes", "bytes",
      "Bytes that the switch sent to the port." },
    { "tx_dropped", "openvswitch_port_transmit_dropped_packets", "packets",
      "Packets to the port that were dropped." },
    { "tx_errors", "openvswitch_port_transmit_errors", NULL,
      "Errors at transmission." },
};

/* Asking. */

static void
ask_control(struct scrape *s, const char *socket)
{
    char *rundir = bt_who_rundir(socket);
    struct bt_control control;
    int error = bt_control_open(&control, rundir);

    for (size_t i = 0; !error && i < N_SOURCES; i++) {
        if (commands[i]) {
            error = bt_control_call(&control, commands[i], &s->outputs[i]);
            s->known[i] = !error;

            /* A command that another switch does not have. */
            error = error == EPROTO ? 0 : error;
        }
    }
    bt_control_close(&control);
    free(rundir);
}

static void
ask_switch(struct scrape *s, const char *socket)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    struct bpfdev *dev = bpfdev_monitor_open(socket, BPFDEV_RDONLY, errbuf);

    if (!dev) {
        return;
    }
    s->switch_up = (!bt_ports_try_list(dev, &s->ports, &s->n_ports)
                    && !bpfdev_totals(dev, &s->totals));
    if (!s->switch_up) {
        s->n_ports = 0;
    }
    bpfdev_close(dev);
}

static int
compare_names(const void *name, const void *port)
{
    return strcmp(name, (*(const struct bpfdev_port *const *) port)->name);
}

static int
compare_ports(const void *a_, const void *b_)
{
    const struct bpfdev_port *const *a = a_, *const *b = b_;

    return strcmp((*a)->name, (*b)->name);
}

/* Gives each port its row of the database. */
static void
parse_rows(struct scrape *s)
{
    const struct bpfdev_port **sorted
        = bt_alloc((s->n_ports + 1) * sizeof *sorted);
    char *p = s->outputs[DATABASE].s;

    if (p) {
        bt_csv_field(&p);       /* The heading. */
    }
    s->rows = bt_zalloc((s->n_ports + 1) * sizeof *s->rows);
    for (size_t i = 0; i < s->n_ports; i++) {
        sorted[i] = &s->ports[i];
    }
    qsort(sorted, s->n_ports, sizeof *sorted, compare_ports);
    while (s->known[DATABASE] && p && *p) {
        const struct bpfdev_port **found;
        struct row row;

        row.link_state = bt_csv_field(&p);
        row.mtu = bt_csv_field(&p);
        row.name = bt_csv_field(&p);
        row.statistics = bt_csv_field(&p);
        found = bsearch(row.name, sorted, s->n_ports, sizeof *sorted,
                        compare_names);
        if (found) {
            s->rows[*found - s->ports] = row;
        }
    }
    free(sorted);
}

/* Telling. */

static void
put_up(struct bt_metrics *m, const char *name, const char *help, bool up)
{
    bt_metrics_family(m, name, BT_METRIC_GAUGE, NULL, help);
    bt_metrics_count(m, "", NULL, up);
}

static const char *
or_null(const char *s)
{
    return s && s[0] ? s : NULL;
}

static void
put_port_infos(struct bt_metrics *m, const struct scrape *s)
{
    bt_metrics_family(m, "openvswitch_port", BT_METRIC_INFO, NULL,
                      "Ports of the switch, and what others call them.");
    for (size_t i = 0; i < s->n_ports; i++) {
        const struct bpfdev_port *port = &s->ports[i];
        const struct bpfdev_names *names = bt_names_find(port->name);
        char ofport[16];

        snprintf(ofport, sizeof ofport, "%"PRIu32, port->ofport);
        bt_metrics_count(m, "", (const struct bt_label[]) {
            { "bridge", port->bridge },
            { "port", port->name },
            { "type", port->type },
            { "ofport", ofport },
            { "iface_id", names ? or_null(names->iface_id) : NULL },
            { "network", names ? or_null(names->network) : NULL },
            { "vm", names ? or_null(names->vm) : NULL },
            { "container", names ? or_null(names->container) : NULL },
            { NULL, NULL },
        }, 1);
    }
}

/* Adds a sample of 'port', with the label 'name' if that is not NULL. */
static void
put_port(struct bt_metrics *m, const struct bpfdev_port *port,
         const char *name, const char *value, uint64_t n)
{
    bt_metrics_count(m, "", (const struct bt_label[]) {
        { "bridge", port->bridge },
        { "port", port->name },
        { name, value },
        { NULL, NULL },
    }, n);
}

static bool
has_family(const char *key)
{
    for (size_t i = 0; i < BT_ARRAY_SIZE(statistics); i++) {
        if (!strcmp(statistics[i].key, key)) {
            return true;
        }
    }
    return false;
}

/* Adds those statistics of all ports that are called 'wanted', or with NULL
 * all that have no family of their own. */
static void
put_statistics(struct bt_metrics *m, const struct scrape *s,
               const char *wanted)
{
    for (size_t i = 0; i < s->n_ports; i++) {
        const char *p = s->rows[i].statistics;
        char key[64];
        uint64_t n;

        while (p && bt_csv_pair(&p, key, &n)) {
            if (wanted && !strcmp(key, wanted)) {
                put_port(m, &s->ports[i], NULL, NULL, n);
            } else if (!wanted && !has_family(key)) {
                put_port(m, &s->ports[i], "statistic", key, n);
            }
        }
    }
}

static void
put_ports(struct bt_metrics *m, const struct scrape *s)
{
    put_port_infos(m, s);
    bt_metrics_family(m, "openvswitch_port_up", BT_METRIC_GAUGE, NULL,
                      "1 if the port's link is up.");
    for (size_t i = 0; i < s->n_ports; i++) {
        if (s->rows[i].link_state && s->rows[i].link_state[0]) {
            put_port(m, &s->ports[i], NULL, NULL,
                     !strcmp(s->rows[i].link_state, "up"));
        }
    }
    bt_metrics_family(m, "openvswitch_port_mtu_bytes", BT_METRIC_GAUGE,
                      "bytes", "The port's MTU.");
    for (size_t i = 0; i < s->n_ports; i++) {
        if (s->rows[i].mtu && s->rows[i].mtu[0]) {
            put_port(m, &s->ports[i], NULL, NULL,
                     strtoull(s->rows[i].mtu, NULL, 10));
        }
    }
    bt_metrics_family(m, "openvswitch_port_captures", BT_METRIC_GAUGE, NULL,
                      "Capture devices attached to the port.");
    for (size_t i = 0; i < s->n_ports; i++) {
        put_port(m, &s->ports[i], NULL, NULL, s->ports[i].listeners);
    }
    for (size_t i = 0; i < BT_ARRAY_SIZE(statistics); i++) {
        bt_metrics_family(m, statistics[i].family, BT_METRIC_COUNTER,
                          statistics[i].unit, statistics[i].help);
        put_statistics(m, s, statistics[i].key);
    }
    bt_metrics_family(m, "openvswitch_port_statistic", BT_METRIC_COUNTER, NULL,
                      "What else the database has in the column statistics.");
    put_statistics(m, s, NULL);
}

static void
put_captures(struct bt_metrics *m, const struct scrape *s)
{
    const struct {
        const char *name, *help;
        uint64_t n;
    } counters[] = {
        { "openvswitch_capture_received_packets",
          "Packets that filters of capture devices have seen.",
          s->totals.received },
        { "openvswitch_capture_captured_packets",
          "Packets that these filters accepted.", s->totals.captured },
        { "openvswitch_capture_dropped_packets",
          "Packets accepted that found no room in a buffer.",
          s->totals.dropped },
    };

    for (size_t i = 0; i < BT_ARRAY_SIZE(counters); i++) {
        bt_metrics_family(m, counters[i].name, BT_METRIC_COUNTER, "packets",
                          counters[i].help);
        bt_metrics_count(m, "", NULL, counters[i].n);
    }
}

/* The total of 'counter' in what coverage/show prints: counters that are 0 are
 * not in it. */
static uint64_t
coverage_total(const char *text, const char *counter)
{
    size_t length = strlen(counter);
    const char *p = text;

    while ((p = strstr(p, counter))) {
        bool whole = ((p == text || p[-1] == '\n')
                      && strspn(p + length, " ") > 0);
        const char *total = strstr(p, "total: ");

        p += length;
        if (whole && total) {
            return strtoull(total + strlen("total: "), NULL, 10);
        }
    }
    return 0;
}

static void
put_drops(struct bt_metrics *m, const struct scrape *s)
{
    const char *text = bt_str_cstr(&s->outputs[COVERAGE]);

    bt_metrics_family(m, "openvswitch_dropped_packets", BT_METRIC_COUNTER,
                      "packets", "Packets that the datapath dropped.");
    for (uint32_t reason = 1; s->known[COVERAGE]; reason++) {
        const char *counter = bpfdev_drop_counter(reason);

        if (!bpfdev_drop_reason(reason)) {
            break;
        } else if (counter && counter[0]) {
            bt_metrics_count(m, "", (const struct bt_label[]) {
                { "counter", counter },
                { "reason", bpfdev_drop_reason(reason) },
                { NULL, NULL },
            }, coverage_total(text, counter));
        }
    }
}

/* Adds a sample for each line "NAME: N" of notifier-show. */
static void
put_notifier(struct bt_metrics *m, const struct scrape *s)
{
    const char *p = bt_str_cstr(&s->outputs[NOTIFIER]);

    bt_metrics_family(m, "openvswitch_notifier_events", BT_METRIC_COUNTER,
                      NULL, "What the provider's notifier has counted.");
    for (; s->known[NOTIFIER] && *p; p += strcspn(p, "\n"),
           p += *p != '\0') {
        char name[64];
        uint64_t n;
        char end;

        if (sscanf(p, "%63[^:\n]: %"SCNu64"%c", name, &n, &end) == 3
            && end == '\n') {
            bt_metrics_count(m, "", (const struct bt_label[]) {
                { "event", name },
                { NULL, NULL },
            }, n);
        }
    }
}

/* Adds samples for each line "  NAME: N hits, N misses" of cache-totals. */
static void
put_caches(struct bt_metrics *m, const struct scrape *s)
{
    const char *p = bt_str_cstr(&s->outputs[CACHES]);

    bt_metrics_family(m, "openvswitch_netdev_cache_lookups", BT_METRIC_COUNTER,
                      NULL, "Look-ups of what the provider caches.");
    for (; s->known[CACHES] && *p; p += strcspn(p, "\n"), p += *p != '\0') {
        uint64_t n[2];
        char name[32];

        if (sscanf(p, "  %31[^:]: %"SCNu64" hits, %"SCNu64" misses", name,
                   &n[0], &n[1]) == 3) {
            for (int miss = 0; miss < 2; miss++) {
                bt_metrics_count(m, "", (const struct bt_label[]) {
                    { "value", name },
                    { "result", miss ? "miss" : "hit" },
                    { NULL, NULL },
                }, n[miss]);
            }
        }
    }
}

/* Powers of 2 nanoseconds from 1 microsecond to 1 second; steps are quarters
 * of such. */
#define FIRST_POWER 10
#define LAST_POWER 30

static void
put_latency(struct bt_metrics *m, const struct bt_latency *latency)
{
    struct bt_label labels[] = {
        { "in", latency->in },
        { "out", latency->out },
        { "le", NULL },
        { NULL, NULL },
    };
    uint64_t n = 0;
    size_t step = 0;
    char le[32];

    labels[2].value = le;
    for (size_t power = FIRST_POWER; power <= LAST_POWER; power++) {
        for (; step < 4 * power; step++) {
            n += latency->steps[step];
        }
        snprintf(le, sizeof le, "%.9g", (double) (1u << power) / 1e9);
        bt_metrics_count(m, "_bucket", labels, n);
    }
    labels[2].value = "+Inf";
    bt_metrics_count(m, "_bucket", labels, latency->n);
    labels[2].value = NULL;
    bt_metrics_sample(m, "_sum", labels, latency->sum / 1e9);
    bt_metrics_count(m, "_count", labels, latency->n);
}

static void
put_latencies(struct bt_metrics *m, const struct bt_latencies *latencies)
{
    if (latencies->n) {
        bt_metrics_family(m, "openvswitch_latency_seconds",
                          BT_METRIC_HISTOGRAM, "seconds",
                          "From reception to transmission.");
    }
    for (size_t i = 0; i < latencies->n; i++) {
        put_latency(m, &latencies->pairs[i]);
    }
}

void
bt_scrape(struct bt_metrics *m, const char *socket,
          const struct bt_latencies *latencies)
{
    struct bt_child child;
    uint64_t began = bt_now_mono();
    struct scrape s;

    memset(&s, 0, sizeof s);
    bt_child_start(&child, query);
    ask_switch(&s, socket);
    ask_control(&s, socket);
    s.known[DATABASE] = (child.pid
                         && !bt_child_finish(&child, &s.outputs[DATABASE]));
    parse_rows(&s);

    put_up(m, "openvswitch_up", "1 if the switch answers.", s.switch_up);
    put_up(m, "openvswitch_database_up", "1 if the database answers.",
           s.known[DATABASE]);
    put_up(m, "openvswitch_control_up",
           "1 if the switch's control socket answers.", s.known[COVERAGE]);
    if (s.switch_up) {
        put_ports(m, &s);
        put_captures(m, &s);
    }
    put_drops(m, &s);
    put_notifier(m, &s);
    put_caches(m, &s);
    put_latencies(m, latencies);
    bt_metrics_family(m, "openvswitch_exporter_scrape_duration_seconds",
                      BT_METRIC_GAUGE, "seconds",
                      "How long it took to collect all this.");
    bt_metrics_sample(m, "", NULL, (bt_now_mono() - began) / 1e9);
    bt_metrics_end(m);

    for (size_t i = 0; i < N_SOURCES; i++) {
        bt_str_free(&s.outputs[i]);
    }
    free(s.rows);
    free(s.ports);
}
