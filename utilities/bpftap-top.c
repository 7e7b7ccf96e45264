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
"On a terminal the table fits it and keys work: q ends, r n d l sort, z hides\n"
"idle ports, / searches.  In a pipe one table follows the other.\n"
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
    bool counters_known;        /* Those of some port. */
    bool losses_known;
    uint64_t when;              /* Monotonic. */
};

enum sort_key {
    BY_RATE,
    BY_NAME,
    BY_DROPS,
    BY_LISTENERS,
};

/* Values of --sort; their first letters are keys. */
static const char *const sort_keys[] = {
    [BY_RATE] = "rate",
    [BY_NAME] = "name",
    [BY_DROPS] = "drops",
    [BY_LISTENERS] = "listeners",
};

struct top {
    struct bt_common common;
    char **patterns;            /* NULL-terminated; empty for all. */
    uint64_t delay;             /* Nanoseconds. */
    uint64_t count;             /* Tables, 0 for no end. */
    enum sort_key sort;
    bool shown;                 /* A table was. */
    bool hide_idle;             /* By keys, as the following. */
    bool typing;
    char search[64];
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
        samples->counters_known |= s->known;
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
    samples->losses_known = true;
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
    struct samples samples = { NULL, 0, false, false, 0 };
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

/* The size of the terminal, as it is now. */
static struct winsize
terminal_size(void)
{
    struct winsize size;

    memset(&size, 0, sizeof size);
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row < 4) {
        size.ws_row = 24;
    }
    if (!size.ws_col) {
        size.ws_col = 80;
    }
    return size;
}

/* Is 's' to be shown, of what the keys have chosen? */
static bool
is_shown(const struct top *top, const struct sample *s)
{
    return ((!top->search[0] || strstr(s->port.name, top->search)
             || strstr(s->port.bridge, top->search))
            && (!top->hide_idle || s->in_pps > 0 || s->out_pps > 0));
}

/* What the keys do and have done, and what cannot be seen, in 'columns'
 * columns. */
static void
print_status(const struct top *top, const struct samples *samples,
             size_t n_shown, int columns)
{
    struct bt_str s = { NULL, 0, 0 };

    if (top->typing) {
        bt_str_printf(&s, "port or bridge: %s_", top->search);
    } else {
        bt_str_printf(&s, "%zu of %zu by %s", n_shown, samples->n,
                      sort_keys[top->sort]);
        if (!samples->counters_known) {
            bt_str_puts(&s, "; no counters: ovs-ofctl may not ask or is not "
                        "there");
        } else if (!samples->losses_known) {
            bt_str_puts(&s, "; LOST is not for you to see");
        }
        bt_str_printf(&s, "  q quit  r n d l sort  z idle  / search%s%s",
                      top->search[0] ? ": " : "", top->search);
    }
    printf("%.*s", columns - 1, s.s);
    bt_str_free(&s);
}

static void
print_table(const struct top *top, const struct samples *samples)
{
    static const char *const titles[] = {
        "PORT", "BRIDGE", "IN p/s", "IN bit/s", "OUT p/s", "OUT bit/s",
        "IN pkts", "IN bytes", "OUT pkts", "OUT bytes", "DROPS", "LISTEN",
        "LOST"
    };
    static const uint8_t least[] = { 9, 7, 8, 6, 1, 11, 12, 5, 3, 10, 4, 2, 0 };
    struct winsize size = terminal_size();
    struct bt_table table = {
        { NULL, 0 }, BT_ARRAY_SIZE(titles), ~3u,
        top->terminal ? (size_t) size.ws_col - 1 : 0, least
    };
    size_t max = top->terminal ? (size_t) size.ws_row - 3 : SIZE_MAX;
    size_t n_shown = 0;

    for (size_t i = 0; i < BT_ARRAY_SIZE(titles); i++) {
        bt_strv_add(&table.cells, titles[i]);
    }
    for (size_t i = 0; i < samples->n; i++) {
        const struct sample *s = &samples->s[i];

        if (!is_shown(top, s) || n_shown++ >= max) {
            continue;
        }
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
        add_scaled(&table.cells,
                   samples->losses_known ? (double) s->lost : -1);
    }
    if (top->terminal) {
        fputs("\033[H\033[J", stdout);
    }
    bt_table_print(&table);
    if (top->terminal) {
        print_status(top, samples, n_shown, size.ws_col);
    } else {
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
    return bt_flush_stdout();
}

/* Adds 'key' to what is searched for, or ends that. */
static void
type_key(struct top *top, char key)
{
    size_t n = strlen(top->search);

    if (key == '\r' || key == '\n') {
        top->typing = false;
    } else if (key == '\033') {
        top->typing = false;
        top->search[0] = '\0';
    } else if (key == 0x7f || key == '\b') {
        top->search[n ? n - 1 : 0] = '\0';
    } else if (key >= ' ' && n + 1 < sizeof top->search) {
        top->search[n] = key;
        top->search[n + 1] = '\0';
    }
}

/* Does what 'key' says.  Returns false if it says to end. */
static bool
handle_key(struct top *top, char key)
{
    if (top->typing) {
        type_key(top, key);
        return true;
    }
    for (size_t i = 0; i < BT_ARRAY_SIZE(sort_keys); i++) {
        if (key == sort_keys[i][0]) {
            top->sort = (enum sort_key) i;
        }
    }
    if (key == 'z') {
        top->hide_idle = !top->hide_idle;
    } else if (key == '/') {
        top->typing = true;
        top->search[0] = '\0';
    }
    return key != 'q';
}

/* Waits for the time of the next table, showing 'samples' again after each key
 * and when the terminal has another size.  Returns false if it is time to
 * end. */
static bool
pause_until(struct top *top, struct samples *samples, uint64_t when)
{
    struct pollfd pollfd = { raw_mode ? STDIN_FILENO : -1, POLLIN, 0 };
    struct winsize size = terminal_size();
    uint64_t now;
    char key;

    while ((now = bt_now_mono()) < when && !bt_stop_signal()) {
        uint64_t left = when - now;
        struct winsize now_size;

        if (top->terminal && left > BT_NSEC / 4) {
            left = BT_NSEC / 4; /* Looks at the size of the terminal. */
        }
        if (bt_poll(&pollfd, 1, left)
            && (read(STDIN_FILENO, &key, 1) < 1 || !handle_key(top, key))) {
            return false;
        }
        now_size = terminal_size();
        if (top->shown && top->terminal
            && (pollfd.revents || memcmp(&size, &now_size, sizeof size))) {
            size = now_size;
            show(top, samples);
        }
    }
    return !bt_stop_signal();
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

    while (pause_until(top, &old, when)) {
        struct samples new = take_samples(top, dev);

        fill_rates(&new, &old);
        free(old.s);
        old = new;
        top->shown = true;
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
    for (size_t i = 0; i < BT_ARRAY_SIZE(sort_keys); i++) {
        if (!strcmp(s, sort_keys[i])) {
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
