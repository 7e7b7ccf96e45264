/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* "ovs-bpftap top": what goes through the ports, again and again. */

#include "bpftap-commands.h"

#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-drops.h"
#include "bpftap-names.h"
#include "bpftap-options.h"
#include "bpftap-ports.h"

static const char help[] =
"usage: ovs-bpftap top [OPTION]... [PATTERN]...\n"
"\n"
"Shows the ports with their rates, counters and listeners, busiest first.\n"
"On a terminal the table stays in place and q ends; in a pipe one table\n"
"follows the other.\n"
"\n"
"PATTERN chooses ports: a name, BRIDGE/NAME with wildcards, or any.\n"
"\n"
"  -d, --delay=SECONDS  time between tables (1)\n"
"  -n, --count=N        end after N tables\n"
"  -s, --sort=KEY       rate, name, drops or listeners (rate)\n"
BT_HELP_COMMON
"\n"
"IN is what the switch receives from a port, OUT what it sends out of it.\n"
"DROPS are those of the port itself, LOST those of captures on it.  The\n"
"port's own counters come from ovs-ofctl, which must be in PATH.\n";

/* A port's counters at one time. */
struct sample {
    struct bpfdev_port port;
    struct bt_counters counters;
    bool known;                 /* Are 'counters'? */
    uint64_t lost;              /* By devices on it. */
    double in_pps, in_bps;      /* Since the sample before: negative while */
    double out_pps, out_bps;    /* there is none. */
};

struct samples {
    struct sample *s;
    size_t n;
    uint64_t when;              /* Monotonic. */
};

enum sort_key {
    BY_RATE,
    BY_NAME,
    BY_DROPS,
    BY_LISTENERS,
};

struct top {
    struct bt_common common;
    char **patterns;            /* NULL-terminated; empty for all. */
    uint64_t delay;             /* Nanoseconds. */
    uint64_t count;             /* Tables, 0 for no end. */
    enum sort_key sort;
    bool terminal;
};

/* The terminal as it was, if keys come one by one now. */
static struct termios saved_mode;
static bool raw_mode;

static bool
is_wanted(const struct top *top, const struct bpfdev_port *port)
{
    for (char **p = top->patterns; *p; p++) {
        if (bt_pattern_matches(*p, port)) {
            return true;
        }
    }
    return !top->patterns[0];
}

/* The counters of one bridge. */
struct bridge {
    const char *name;
    struct bt_child child;
    struct bt_counters *counters;
    size_t n;
};

static struct bridge *
find_bridge(struct bridge *bridges, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(bridges[i].name, name)) {
            return &bridges[i];
        }
    }
    return NULL;
}

/* Asks all bridges at once for the counters of their ports. */
static void
fill_counters(struct samples *samples)
{
    struct bridge *bridges = bt_zalloc(samples->n * sizeof *bridges);
    size_t n = 0;

    for (size_t i = 0; i < samples->n; i++) {
        const char *name = samples->s[i].port.bridge;

        if (!find_bridge(bridges, n, name)) {
            bridges[n].name = name;
            bt_counters_start(&bridges[n++].child, name);
        }
    }
    for (size_t i = 0; i < n; i++) {
        bridges[i].counters = bt_counters_finish(&bridges[i].child,
                                                 &bridges[i].n);
    }
    samples->when = bt_now_mono();
    for (size_t i = 0; i < samples->n; i++) {
        struct sample *s = &samples->s[i];
        struct bridge *bridge = find_bridge(bridges, n, s->port.bridge);
        const struct bt_counters *c
            = bt_counters_find(bridge->counters, bridge->n, s->port.ofport);

        s->known = c != NULL;
        if (c) {
            s->counters = *c;
        }
    }
    for (size_t i = 0; i < n; i++) {
        free(bridges[i].counters);
    }
    free(bridges);
}

static void
fill_losses(struct bpfdev *dev, struct samples *samples)
{
    struct bpfdev_peer *peers;
    size_t n;

    if (bpfdev_list_peers(dev, &peers, &n)) {
        return;                 /* Not for this user to see. */
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < samples->n; j++) {
            if (!strcmp(peers[i].port, samples->s[j].port.name)) {
                samples->s[j].lost += peers[i].stats.dropped;
            }
        }
    }
    free(peers);
}

static struct samples
take_samples(const struct top *top, struct bpfdev *dev)
{
    struct samples samples = { NULL, 0, 0 };
    struct bpfdev_port *ports;
    size_t n;

    ports = bt_ports_list(dev, &n);
    samples.s = bt_zalloc(n * sizeof *samples.s);
    for (size_t i = 0; i < n; i++) {
        if (is_wanted(top, &ports[i])) {
            samples.s[samples.n++].port = ports[i];
        }
    }
    free(ports);
    fill_counters(&samples);
    fill_losses(dev, &samples);
    return samples;
}

/* The rate from 'old' to 'new', -1 if it cannot be told. */
static double
rate(uint64_t old, uint64_t new, double seconds)
{
    return (old == UINT64_MAX || new == UINT64_MAX || new < old
            || seconds <= 0
            ? -1
            : (new - old) / seconds);
}

static const struct sample *
find_sample(const struct samples *samples, const struct sample *like)
{
    for (size_t i = 0; i < samples->n; i++) {
        if (!strcmp(samples->s[i].port.name, like->port.name)
            && samples->s[i].known) {
            return &samples->s[i];
        }
    }
    return NULL;
}

static void
fill_rates(struct samples *new, const struct samples *old)
{
    double seconds = (new->when - old->when) / 1e9;

    for (size_t i = 0; i < new->n; i++) {
        struct sample *s = &new->s[i];
        const struct sample *o = find_sample(old, s);

        s->in_pps = s->in_bps = s->out_pps = s->out_bps = -1;
        if (!o || !s->known) {
            continue;
        }
        s->in_pps = rate(o->counters.rx_packets, s->counters.rx_packets,
                         seconds);
        s->in_bps = 8 * rate(o->counters.rx_bytes, s->counters.rx_bytes,
                             seconds);
        s->out_pps = rate(o->counters.tx_packets, s->counters.tx_packets,
                          seconds);
        s->out_bps = 8 * rate(o->counters.tx_bytes, s->counters.tx_bytes,
                              seconds);
    }
}

static uint64_t
drops(const struct sample *s)
{
    uint64_t rx = s->counters.rx_dropped;
    uint64_t tx = s->counters.tx_dropped;

    if (!s->known || (rx == UINT64_MAX && tx == UINT64_MAX)) {
        return UINT64_MAX;
    }
    return (rx == UINT64_MAX ? 0 : rx) + (tx == UINT64_MAX ? 0 : tx);
}

/* The key that 'a' is sorted by, the largest first; 0 for by name. */
static double
sort_value(const struct sample *s, enum sort_key key)
{
    switch (key) {
    case BY_RATE:
        return s->in_pps + s->out_pps;
    case BY_DROPS:
        return (drops(s) == UINT64_MAX ? 0 : drops(s)) + s->lost;
    case BY_LISTENERS:
        return s->port.listeners;
    case BY_NAME:
    default:
        return 0;
    }
}

static enum sort_key compare_key;

static int
compare_samples(const void *a_, const void *b_)
{
    const struct sample *a = a_, *b = b_;
    double x = sort_value(a, compare_key);
    double y = sort_value(b, compare_key);
    int bridges;

    if (x != y) {
        return x > y ? -1 : 1;
    }
    bridges = strcmp(a->port.bridge, b->port.bridge);
    return bridges ? bridges : strcmp(a->port.name, b->port.name);
}

/* "12.3k": three digits and what they count. */
static void
add_scaled(struct bt_strv *cells, double x)
{
    static const char units[] = " kMGTPE";
    size_t unit = 0;

    if (x < 0) {
        bt_strv_add(cells, "-");
        return;
    }
    while (x >= 999.5 && unit < strlen(units) - 1) {
        x /= 1000;
        unit++;
    }
    if (!unit) {
        bt_strv_addf(cells, "%.0f", x);
    } else {
        bt_strv_addf(cells, "%.*f%c", x < 9.995 ? 2 : x < 99.95 ? 1 : 0, x,
                     units[unit]);
    }
}

static void
add_count(struct bt_strv *cells, const struct sample *s, uint64_t count)
{
    add_scaled(cells, !s->known || count == UINT64_MAX ? -1 : (double) count);
}

static size_t
terminal_height(void)
{
    struct winsize size;

    return (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row < 3
            ? 24 : size.ws_row);
}

static void
print_table(const struct top *top, const struct samples *samples)
{
    static const char *const titles[] = {
        "PORT", "BRIDGE", "IN p/s", "IN bit/s", "OUT p/s", "OUT bit/s",
        "IN pkts", "IN bytes", "OUT pkts", "OUT bytes", "DROPS", "LISTEN",
        "LOST"
    };
    struct bt_table table = {
        { NULL, 0 }, BT_ARRAY_SIZE(titles), ~3u
    };
    size_t max = samples->n;

    if (top->terminal && max > terminal_height() - 2) {
        max = terminal_height() - 2;
    }
    for (size_t i = 0; i < BT_ARRAY_SIZE(titles); i++) {
        bt_strv_add(&table.cells, titles[i]);
    }
    for (size_t i = 0; i < max; i++) {
        const struct sample *s = &samples->s[i];

        bt_strv_add(&table.cells, bt_names_title(s->port.name));
        bt_strv_add(&table.cells, s->port.bridge);
        add_scaled(&table.cells, s->in_pps);
        add_scaled(&table.cells, s->in_bps);
        add_scaled(&table.cells, s->out_pps);
        add_scaled(&table.cells, s->out_bps);
        add_count(&table.cells, s, s->counters.rx_packets);
        add_count(&table.cells, s, s->counters.rx_bytes);
        add_count(&table.cells, s, s->counters.tx_packets);
        add_count(&table.cells, s, s->counters.tx_bytes);
        add_count(&table.cells, s, drops(s));
        bt_strv_addf(&table.cells, "%u", s->port.listeners);
        add_scaled(&table.cells, s->lost);
    }
    if (top->terminal) {
        fputs("\033[H\033[J", stdout);
    }
    bt_table_print(&table);
    if (!top->terminal) {
        putchar('\n');
    }
}

static void
put_json_number(struct bt_str *s, const char *name, double x)
{
    if (x < 0) {
        bt_str_printf(s, ", \"%s\": null", name);
    } else {
        bt_str_printf(s, ", \"%s\": %.1f", name, x);
    }
}

static void
put_json_count(struct bt_str *s, const char *name, bool known, uint64_t x)
{
    if (!known || x == UINT64_MAX) {
        bt_str_printf(s, ", \"%s\": null", name);
    } else {
        bt_str_printf(s, ", \"%s\": %llu", name,
                      (unsigned long long int) x);
    }
}

static void
put_json_sample(struct bt_str *str, const struct sample *s)
{
    const struct bt_counters *c = &s->counters;

    bt_str_puts(str, "{\"name\": ");
    bt_str_json(str, s->port.name);
    bt_str_puts(str, ", \"bridge\": ");
    bt_str_json(str, s->port.bridge);
    put_json_number(str, "in_packets_per_second", s->in_pps);
    put_json_number(str, "in_bits_per_second", s->in_bps);
    put_json_number(str, "out_packets_per_second", s->out_pps);
    put_json_number(str, "out_bits_per_second", s->out_bps);
    put_json_count(str, "in_packets", s->known, c->rx_packets);
    put_json_count(str, "in_bytes", s->known, c->rx_bytes);
    put_json_count(str, "in_dropped", s->known, c->rx_dropped);
    put_json_count(str, "in_errors", s->known, c->rx_errors);
    put_json_count(str, "out_packets", s->known, c->tx_packets);
    put_json_count(str, "out_bytes", s->known, c->tx_bytes);
    put_json_count(str, "out_dropped", s->known, c->tx_dropped);
    put_json_count(str, "out_errors", s->known, c->tx_errors);
    put_json_count(str, "capture_dropped", true, s->lost);
    bt_str_printf(str, ", \"n_listeners\": %u}", s->port.listeners);
}

static void
print_json(const struct samples *samples)
{
    struct bt_str s = { NULL, 0, 0 };

    bt_str_printf(&s, "{\"time\": %.3f, \"ports\": [", bt_now_real() / 1e9);
    for (size_t i = 0; i < samples->n; i++) {
        bt_str_puts(&s, i ? ", " : "");
        put_json_sample(&s, &samples->s[i]);
    }
    bt_str_puts(&s, "]}");
    puts(s.s);
    bt_str_free(&s);
}

/* Also when the program ends with a message. */
static void
terminal_end(void)
{
    if (raw_mode) {
        tcsetattr(STDIN_FILENO, TCSANOW, &saved_mode);
    }
}

/* Keys come one by one and do not show. */
static void
terminal_start(struct top *top)
{
    struct termios raw;

    top->terminal = isatty(STDOUT_FILENO) && !top->common.json;
    if (top->terminal && isatty(STDIN_FILENO)
        && !tcgetattr(STDIN_FILENO, &saved_mode)) {
        raw = saved_mode;
        raw.c_lflag &= ~(ICANON | ECHO);
        raw_mode = !tcsetattr(STDIN_FILENO, TCSANOW, &raw);
        atexit(terminal_end);
    }
}

/* Waits for the time of the next table.  Returns false if it is time to
 * end. */
static bool
pause_until(uint64_t when)
{
    struct pollfd pollfd = { raw_mode ? STDIN_FILENO : -1, POLLIN, 0 };
    uint64_t now;
    char key;

    while ((now = bt_now_mono()) < when && !bt_stop_signal()) {
        if (bt_poll(&pollfd, 1, when - now)
            && (read(STDIN_FILENO, &key, 1) < 1 || key == 'q')) {
            return false;
        }
    }
    return !bt_stop_signal();
}

static bool
show(const struct top *top, struct samples *samples)
{
    compare_key = top->sort;
    qsort(samples->s, samples->n, sizeof *samples->s, compare_samples);
    if (top->common.json) {
        print_json(samples);
    } else {
        print_table(top, samples);
    }
    return !fflush(stdout);
}

/* Rates need two samples: the first table comes a fraction of a second after
 * the start. */
static void
watch(struct top *top)
{
    struct bpfdev *dev = bt_monitor_open(top->common.socket);
    struct samples old = take_samples(top, dev);
    uint64_t first = top->delay < BT_NSEC / 4 ? top->delay : BT_NSEC / 4;
    uint64_t when = bt_now_mono() + first;
    uint64_t n = 0;

    while (pause_until(when)) {
        struct samples new = take_samples(top, dev);

        fill_rates(&new, &old);
        free(old.s);
        old = new;
        if (!show(top, &old) || ++n == top->count) {
            break;
        }
        when += top->delay;
    }
    free(old.s);
    bpfdev_close(dev);
}

static enum sort_key
parse_sort_key(const char *s)
{
    static const char *const keys[] = {
        [BY_RATE] = "rate",
        [BY_NAME] = "name",
        [BY_DROPS] = "drops",
        [BY_LISTENERS] = "listeners",
    };

    for (size_t i = 0; i < BT_ARRAY_SIZE(keys); i++) {
        if (!strcmp(s, keys[i])) {
            return (enum sort_key) i;
        }
    }
    bt_usage("-s: \"%s\" is none of rate, name, drops and listeners", s);
}

static void
parse(struct top *top, int argc, char *argv[])
{
    static const struct option options[] = {
        { "delay", required_argument, NULL, 'd' },
        { "count", required_argument, NULL, 'n' },
        { "sort", required_argument, NULL, 's' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = bt_getopt(argc, argv, ":d:n:s:", options, NULL,
                          &top->common)) != -1) {
        switch (c) {
        case 'd':
            top->delay = bt_parse_duration("-d", optarg);
            break;
        case 'n':
            top->count = bt_parse_uint("-n", optarg, 1, INT64_MAX);
            break;
        case 's':
            top->sort = parse_sort_key(optarg);
            break;
        }
    }
    top->patterns = argv + optind;
}

int
bt_cmd_top(int argc, char *argv[])
{
    struct top top;

    memset(&top, 0, sizeof top);
    top.common.help = help;
    top.common.has = BT_HAS_JSON;
    top.delay = BT_NSEC;
    parse(&top, argc, argv);
    bt_signals_init();
    terminal_start(&top);
    watch(&top);
    return BT_OK;
}
