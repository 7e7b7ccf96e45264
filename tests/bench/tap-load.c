/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Measures what capture devices cost a switch that has a source of packets
 * inside (bench-netdev.c).
 *
 *     tap-load [OPTION...] BASE-CONTROL BASE-PID CONTROL PID
 *
 *     -u SOCKET    capture socket of the switch to be loaded
 *     -p PORT      port to attach to; may be repeated
 *     -n DEVICES   devices on each port (default: 0)
 *     -o           filters that match nothing (default: everything)
 *     -D           see only what the switch receives from the port
 *     -s SNAPLEN   bytes of each packet that matches
 *     -b BYTES     length of a buffer
 *     -N BUFFERS   buffers of a device
 *     -c           copy packets out (bpfdev_read) instead of walking in place
 *     -t SECONDS   time to measure in each state (default: 0.5)
 *     -i SECONDS   time before changing to the other state (default: 0.05)
 *     -l           measure latency instead
 *
 * The switch with control socket CONTROL forwards all the time.  It is
 * measured with and without the devices by turns, quickly, so that whatever
 * else the machine does weighs on both.  BASE-CONTROL may be another switch to
 * be measured in place of the one without devices; then each switch is stopped
 * while the other is measured, and that one is left stopped.  One line comes
 * out:
 *
 *     BASE-RATE BASE-COST RATE COST CAPTURED DELIVERED
 *
 * with rates in packets per second, costs in nanoseconds of the forwarding
 * thread's processor time for each packet, and the packets that the devices
 * accepted and that arrived here.  With -l, the devices are in immediate mode
 * and the line is
 *
 *     MEDIAN 99TH-PERCENTILE PACKETS
 *
 * of the microseconds from the packet's time stamp to its arrival here.
 *
 * One thread, no locks. */

#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <time.h>

#include "bpfdev/bpfdev.h"
#include "jsonrpc.h"
#include "openvswitch/vlog.h"
#include "unixctl.h"
#include "util.h"

enum {
    MAX_PORTS = 256,
    MAX_SAMPLES = 100000,
};

/* A switch. */
struct side {
    struct jsonrpc *control;
    pid_t pid;
};

/* What a switch says of itself. */
struct counters {
    uint64_t packets;           /* Forwarded. */
    uint64_t cpu;               /* Nanoseconds of the forwarding threads. */
    uint64_t time;              /* Nanoseconds. */
};

/* Sums over all slices of one state. */
struct total {
    uint64_t packets, cpu, time;
};

struct load {
    const char *socket;
    const char *ports[MAX_PORTS];
    size_t n_ports;
    size_t devices_per_port;
    const char *filter;
    unsigned int snaplen;
    unsigned int blen;          /* 0: as it comes. */
    unsigned int n_buffers;     /* 0: as it comes. */
    bool in_only;
    bool copy;
    bool latency;
    double seconds, slice;

    struct bpfdev **devices;
    struct pollfd *fds;
    size_t n;
    uint8_t *buffer;            /* For -c. */

    uint64_t delivered, captured;
    double *samples;            /* Microseconds, for -l. */
    size_t n_samples;
};

static double
now(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Switches. */

static void
side_open(struct side *side, const char *path, const char *pid)
{
    int error = unixctl_client_create(path, &side->control);

    if (error) {
        ovs_fatal(error, "cannot connect to \"%s\"", path);
    }
    side->pid = atoi(pid);
    if (side->pid <= 1) {
        ovs_fatal(0, "\"%s\" is not a process id", pid);
    }
}

static void
side_signal(const struct side *side, int sig)
{
    if (kill(side->pid, sig)) {
        ovs_fatal(errno, "cannot signal process %d", (int) side->pid);
    }
}

static struct counters
side_read(const struct side *side)
{
    char *result, *err;
    struct counters c;
    int error = unixctl_client_transact(side->control, "bench/counters", 0,
                                        NULL, &result, &err);

    if (error || err) {
        ovs_fatal(error, "bench/counters: %s", err ? err : "no answer");
    }
    if (sscanf(result, "%"SCNu64" %"SCNu64" %"SCNu64,
               &c.packets, &c.cpu, &c.time) != 3) {
        ovs_fatal(0, "bench/counters: cannot understand \"%s\"", result);
    }
    free(result);
    return c;
}

static void
total_add(struct total *t, const struct counters *a, const struct counters *b)
{
    t->packets += b->packets - a->packets;
    t->cpu += b->cpu - a->cpu;
    t->time += b->time - a->time;
}

static void
total_print(const struct total *t)
{
    if (!t->packets) {
        ovs_fatal(0, "the switch forwarded nothing");
    }
    printf("%.0f %.3f ", t->packets * 1e9 / t->time,
           (double) t->cpu / t->packets);
}

/* Devices. */

static struct bpfdev *
device_open(const struct load *load, const char *port)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    struct bpfdev *dev = bpfdev_open(load->socket, BPFDEV_NONBLOCK, errbuf);
    unsigned int blen = load->blen;
    unsigned int n_buffers = load->n_buffers;
    unsigned int direction = load->in_only ? BPF_D_IN : BPF_D_INOUT;
    unsigned int immediate = load->latency;
    unsigned int stamp = BPF_T_NANOTIME;

    if (!dev) {
        ovs_fatal(0, "%s", errbuf);
    }
    if ((blen && bpfdev_ioctl(dev, BIOCSBLEN, &blen))
        || (n_buffers && bpfdev_set_buffers(dev, &n_buffers))
        || bpfdev_ioctl(dev, BIOCSTSTAMP, &stamp)
        || bpfdev_ioctl(dev, BIOCSDIRECTION, &direction)
        || bpfdev_ioctl(dev, BIOCIMMEDIATE, &immediate)
        || bpfdev_attach(dev, port)
        || bpfdev_set_filter_expr(dev, load->filter, load->snaplen, true)) {
        ovs_fatal(0, "%s", bpfdev_strerror(dev));
    }
    return dev;
}

static void
load_open(struct load *load)
{
    load->n = 0;
    for (size_t i = 0; i < load->devices_per_port; i++) {
        for (size_t j = 0; j < load->n_ports; j++) {
            struct bpfdev *dev = device_open(load, load->ports[j]);

            load->fds[load->n].fd = bpfdev_fd(dev);
            load->fds[load->n].events = POLLIN;
            load->devices[load->n++] = dev;
        }
    }
    if (load->n && load->copy && !load->buffer) {
        if (bpfdev_ioctl(load->devices[0], BIOCGBLEN, &load->blen)) {
            ovs_fatal(0, "%s", bpfdev_strerror(load->devices[0]));
        }
        load->buffer = xmalloc(load->blen);
    }
}

static void
load_close(struct load *load)
{
    for (size_t i = 0; i < load->n; i++) {
        struct bpfdev_stats stats;

        if (bpfdev_stats(load->devices[i], &stats)) {
            ovs_fatal(0, "%s", bpfdev_strerror(load->devices[i]));
        }
        load->captured += stats.captured;
        bpfdev_close(load->devices[i]);
    }
    load->n = 0;
}

static void
add_sample(struct load *load, const struct timespec *stamp)
{
    if (load->n_samples < MAX_SAMPLES) {
        double arrived = now(CLOCK_REALTIME);

        load->samples[load->n_samples++]
            = (arrived - stamp->tv_sec - stamp->tv_nsec / 1e9) * 1e6;
    }
}

/* Looks at each packet in the 'n' bytes at 'data'. */
static void
consume(struct load *load, struct bpfdev *dev, const void *data, size_t n)
{
    struct bpfdev_packet packet;
    size_t offset = 0;

    while (bpfdev_walk(dev, data, n, &offset, &packet)) {
        load->delivered++;
        if (load->latency) {
            add_sample(load, &packet.ts);
        }
    }
}

static void
drain(struct load *load, struct bpfdev *dev)
{
    const void *data = load->buffer;
    ssize_t n;

    while ((n = (load->copy
                 ? bpfdev_read(dev, load->buffer, load->blen)
                 : bpfdev_next(dev, &data))) > 0) {
        consume(load, dev, data, n);
    }
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        ovs_fatal(0, "%s", bpfdev_strerror(dev));
    }
    if (!load->copy) {
        bpfdev_release(dev);
    }
}

/* Reads what comes for 'seconds'. */
static void
load_read(struct load *load, double seconds)
{
    double end = now(CLOCK_MONOTONIC) + seconds;
    double left;

    while ((left = end - now(CLOCK_MONOTONIC)) > 0) {
        if (poll(load->fds, load->n, left * 1000 + 1) <= 0) {
            continue;
        }
        for (size_t i = 0; i < load->n; i++) {
            if (load->fds[i].revents) {
                drain(load, load->devices[i]);
            }
        }
    }
}

/* Measuring. */

static void
measure_slice(struct load *load, const struct side *side, struct total *total)
{
    struct counters before, after;

    load_read(load, load->slice / 10);
    before = side_read(side);
    load_read(load, load->slice);
    after = side_read(side);
    total_add(total, &before, &after);
}

static void
measure_cost(struct load *load, const struct side *base,
             const struct side *side)
{
    struct total without = { .packets = 0 };
    struct total with = { .packets = 0 };
    bool two = base->pid != side->pid;

    while (with.time < load->seconds * 1e9) {
        if (two) {
            side_signal(side, SIGSTOP);
            side_signal(base, SIGCONT);
        }
        measure_slice(load, base, &without);
        if (two) {
            side_signal(base, SIGSTOP);
            side_signal(side, SIGCONT);
        }
        load_open(load);
        measure_slice(load, side, &with);
        load_close(load);
    }
    total_print(&without);
    total_print(&with);
    printf("%"PRIu64" %"PRIu64"\n", load->captured, load->delivered);
}

static int
compare_doubles(const void *a_, const void *b_)
{
    const double *a = a_;
    const double *b = b_;

    return *a < *b ? -1 : *a > *b;
}

static void
measure_latency(struct load *load)
{
    load->samples = xmalloc(MAX_SAMPLES * sizeof *load->samples);
    load_open(load);
    load_read(load, load->seconds);
    load_close(load);
    if (!load->n_samples) {
        ovs_fatal(0, "no packet arrived");
    }
    qsort(load->samples, load->n_samples, sizeof *load->samples,
          compare_doubles);
    printf("%.1f %.1f %"PRIuSIZE"\n", load->samples[load->n_samples / 2],
           load->samples[load->n_samples * 99 / 100], load->n_samples);
    free(load->samples);
}

static double
parse_number(const char *string, double min, double max)
{
    char *tail;
    double value = strtod(string, &tail);

    if (tail == string || *tail || !(value >= min && value <= max)) {
        ovs_fatal(0, "\"%s\" is not a number from %g to %g", string, min, max);
    }
    return value;
}

static void
add_port(struct load *load, const char *port)
{
    if (load->n_ports == MAX_PORTS) {
        ovs_fatal(0, "more than %d ports", MAX_PORTS);
    }
    load->ports[load->n_ports++] = port;
}

static void
parse_options(int argc, char *argv[], struct load *load)
{
    int c;

    while ((c = getopt(argc, argv, "u:p:n:oDs:b:N:ct:i:l")) != -1) {
        switch (c) {
        case 'u': load->socket = optarg; break;
        case 'p': add_port(load, optarg); break;
        case 'n': load->devices_per_port = parse_number(optarg, 0, 1e4); break;
        case 'o': load->filter = "tcp port 4242"; break;
        case 'D': load->in_only = true; break;
        case 's': load->snaplen = parse_number(optarg, 1, 262144); break;
        case 'b': load->blen = parse_number(optarg, 32, 1 << 30); break;
        case 'N': load->n_buffers = parse_number(optarg, 2, 1024); break;
        case 'c': load->copy = true; break;
        case 't': load->seconds = parse_number(optarg, 0.001, 3600); break;
        case 'i': load->slice = parse_number(optarg, 0.001, 3600); break;
        case 'l': load->latency = true; break;
        default: exit(EXIT_FAILURE);
        }
    }
    if (argc - optind != 4) {
        ovs_fatal(0, "needs BASE-CONTROL, BASE-PID, CONTROL and PID");
    }
}

int
main(int argc, char *argv[])
{
    struct load load = {
        .filter = "", .snaplen = 262144, .seconds = 0.5, .slice = 0.05
    };
    struct side base, side;
    size_t n;

    set_program_name(argv[0]);
    /* The library would warn of long pauses, which are meant. */
    vlog_set_levels(NULL, VLF_CONSOLE, VLL_OFF);
    parse_options(argc, argv, &load);
    side_open(&base, argv[optind], argv[optind + 1]);
    side_open(&side, argv[optind + 2], argv[optind + 3]);
    n = load.n_ports * load.devices_per_port;
    load.devices = xcalloc(n + 1, sizeof *load.devices);
    load.fds = xcalloc(n + 1, sizeof *load.fds);

    if (load.latency) {
        measure_latency(&load);
    } else {
        measure_cost(&load, &base, &side);
    }

    free(load.buffer);
    free(load.devices);
    free(load.fds);
    jsonrpc_close(base.control);
    jsonrpc_close(side.control);
    return EXIT_SUCCESS;
}
