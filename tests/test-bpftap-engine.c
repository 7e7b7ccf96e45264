/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Runs the capture of ovs-bpftap on a script instead of a switch: this file
 * implements the part of libbpfdev that it uses.  What a switch does rarely
 * or never on demand happens here at will: clocks that go back, losses, ports
 * whose packets interleave.
 *
 *     test-bpftap-engine FILE STEP...
 *
 * Each STEP is a buffer that the switch hands over: "PORT DROPPED TIME...",
 * with the counter of lost packets at the hand-over and the times of its
 * packets in milliseconds, each followed by "/N" if N were lost before it.  The exit status is that of the capture, which ends
 * with the last packet.  With a filter in the environment variable FILTER, the
 * number of compilations goes to standard error.
 *
 * One thread, no locks. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpfdev/bpfdev.h"
#include "utilities/bpftap-engine.h"

/* 2026-01-01 00:00:00 UTC. */
#define NEW_YEAR 1767225600

#define N_STEPS_MAX 64
#define N_TIMES_MAX 16

struct step {
    char port[16];
    uint64_t dropped;
    long int times[N_TIMES_MAX];
    uint32_t lost[N_TIMES_MAX];
    size_t n;
};

static struct step steps[N_STEPS_MAX];
static size_t n_steps;
static int n_compilations;

struct bpfdev {
    char port[16];              /* "" for a monitor. */
    int fds[2];                 /* A pipe that is readable, or is not. */
    size_t next;                /* First step that was not looked at. */
    const struct step *buffer;
    struct bpfdev_stats stats;
};

static struct bpfdev *
make_device(void)
{
    struct bpfdev *dev = bt_zalloc(sizeof *dev);

    if (pipe(dev->fds)) {
        exit(2);
    }
    return dev;
}

/* Makes the descriptor readable while there are buffers. */
static void
find_next(struct bpfdev *dev)
{
    char byte;

    while (dev->next < n_steps && strcmp(steps[dev->next].port, dev->port)) {
        dev->next++;
    }
    if (dev->next >= n_steps && read(dev->fds[0], &byte, 1) != 1) {
        exit(2);
    }
}

struct bpfdev *
bpfdev_open(const char *path, unsigned int flags, char errbuf[])
{
    (void) path;
    (void) flags;
    (void) errbuf;
    return make_device();
}

struct bpfdev *
bpfdev_monitor_open(const char *path, unsigned int flags, char errbuf[])
{
    return bpfdev_open(path, flags, errbuf);
}

void
bpfdev_close(struct bpfdev *dev)
{
    if (dev) {
        close(dev->fds[0]);
        close(dev->fds[1]);
        free(dev);
    }
}

int
bpfdev_fd(const struct bpfdev *dev)
{
    return dev->fds[0];
}

const char *
bpfdev_strerror(const struct bpfdev *dev)
{
    (void) dev;
    return strerror(errno);
}

int
bpfdev_ioctl(struct bpfdev *dev, unsigned long int request, ...)
{
    (void) dev;
    (void) request;
    return 0;
}

int
bpfdev_attach(struct bpfdev *dev, const char *port)
{
    if (getenv("RENAMED")) {    /* Since it was listed. */
        errno = ENXIO;
        return -1;
    }
    snprintf(dev->port, sizeof dev->port, "%s", port);
    if (write(dev->fds[1], "", 1) != 1) {
        exit(2);
    }
    find_next(dev);
    return 0;
}

int
bpfdev_datalink(struct bpfdev *dev)
{
    (void) dev;
    return 1;
}

int
bpfdev_set_buffers(struct bpfdev *dev, unsigned int *n)
{
    (void) dev;
    (void) n;
    return 0;
}

int
bpfdev_set_filter(struct bpfdev *dev, const struct bpf_insn insns[], size_t n)
{
    (void) dev;
    (void) insns;
    (void) n;
    return 0;
}

int
bpfdev_compile(const char *expression, int dlt, unsigned int snaplen,
               bool optimize, struct bpf_program *program, char errbuf[])
{
    (void) expression;
    (void) dlt;
    (void) snaplen;
    (void) optimize;
    (void) errbuf;
    memset(program, 0, sizeof *program);
    n_compilations++;
    return 0;
}

void
bpfdev_free_filter(struct bpf_program *program)
{
    (void) program;
}

ssize_t
bpfdev_next(struct bpfdev *dev, const void **buffer)
{
    if (dev->next >= n_steps) {
        errno = EAGAIN;
        return -1;
    }
    dev->buffer = &steps[dev->next++];
    dev->stats.dropped = dev->buffer->dropped;
    dev->stats.captured += dev->buffer->n;
    dev->stats.received = dev->stats.captured + dev->stats.dropped;
    find_next(dev);
    *buffer = dev->buffer;
    return dev->buffer->n;
}

int
bpfdev_release(struct bpfdev *dev)
{
    dev->buffer = NULL;
    return 0;
}

bool
bpfdev_walk(const struct bpfdev *dev, const void *buffer, size_t n,
            size_t *offset, struct bpfdev_packet *packet)
{
    static const uint8_t frame[60];
    const struct step *step = buffer;
    long int ms;

    (void) dev;
    if (*offset >= n) {
        return false;
    }
    ms = step->times[*offset];
    memset(packet, 0, sizeof *packet);
    packet->drops = step->lost[(*offset)++];
    packet->ts.tv_sec = NEW_YEAR + ms / 1000;
    packet->ts.tv_nsec = ms % 1000 * 1000000;
    packet->data = frame;
    packet->caplen = packet->len = sizeof frame;
    packet->direction = BPFDEV_DIR_IN;
    return true;
}

int
bpfdev_stats(struct bpfdev *dev, struct bpfdev_stats *stats)
{
    *stats = dev->stats;
    return 0;
}

void
bpfdev_buffer_stats(const struct bpfdev *dev, struct bpfdev_stats *stats)
{
    *stats = dev->stats;
}

void
bpfdev_identity(const struct bpfdev *dev, const struct bpfdev_packet *packet,
                struct bpfdev_identity *identity)
{
    (void) dev;
    (void) packet;
    memset(identity, 0, sizeof *identity);
}

const char *
bpfdev_drop_reason(uint32_t reason)
{
    (void) reason;
    return NULL;
}

int
bpfdev_list_names(struct bpfdev *dev, struct bpfdev_names **names, size_t *n)
{
    (void) dev;
    *names = NULL;
    *n = 0;
    return 0;
}

int
bpfdev_list_ports(struct bpfdev *dev, struct bpfdev_port **ports, size_t *n)
{
    static const char *const names[] = { "p1", "p2" };

    (void) dev;
    *n = BT_ARRAY_SIZE(names);
    *ports = bt_zalloc(*n * sizeof **ports);
    for (size_t i = 0; i < *n; i++) {
        struct bpfdev_port *port = &(*ports)[i];

        snprintf(port->name, sizeof port->name, "%s", names[i]);
        snprintf(port->bridge, sizeof port->bridge, "br0");
        snprintf(port->type, sizeof port->type, "dummy");
        port->dlt = 1;
        port->ofport = i + 1;
    }
    return 0;
}

/* Parses "PORT DROPPED TIME...". */
static size_t
parse_step(const char *s, struct step *step)
{
    int length;

    if (sscanf(s, "%15s %" SCNu64 "%n", step->port, &step->dropped, &length)
        != 2) {
        return 0;
    }
    s += length;
    while (step->n < N_TIMES_MAX
           && sscanf(s, "%ld%n", &step->times[step->n], &length) == 1) {
        s += length;
        if (sscanf(s, "/%" SCNu32 "%n", &step->lost[step->n], &length) == 1) {
            s += length;
        }
        step->n++;
    }
    return step->n;
}

int
main(int argc, char *argv[])
{
    struct bt_capture capture;
    enum bt_status status;
    size_t n_packets = 0;

    if (argc < 3) {
        fprintf(stderr, "usage: test-bpftap-engine FILE STEP...\n");
        return 2;
    }
    while (n_steps < N_STEPS_MAX && argv[n_steps + 2]) {
        n_packets += parse_step(argv[n_steps + 2], &steps[n_steps]);
        n_steps++;
    }

    bt_capture_init(&capture);
    capture.quiet = true;
    capture.files.path = argv[1];
    capture.files.encoder.format = BT_PCAPNG;
    capture.files.encoder.nanoseconds = true;
    capture.files.end.packets = n_packets;
    capture.defaults.filter = getenv("FILTER");
    bt_capture_add(&capture, getenv("RENAMED") ? getenv("RENAMED") : "any");
    bt_signals_init();
    status = bt_capture_run(&capture);
    bt_capture_destroy(&capture);
    if (getenv("FILTER")) {
        fprintf(stderr, "%d compilations\n", n_compilations);
    }
    return status;
}
