/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* A capture device on a port; see bpftap-tap.h. */

#include "bpftap-tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpftap-filter.h"
#include "bpftap-util.h"

/* Less than this holds no packet of the usual length. */
#define MEMORY_MIN (BT_TAP_BUFFERS * 4096)

static int
failed(struct bt_tap *tap, int error, char errbuf[])
{
    snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "%s", bpfdev_strerror(tap->dev));
    bpfdev_close(tap->dev);
    tap->dev = NULL;
    return error;
}

/* What must be set before a device is attached. */
static int
set_up(struct bpfdev *dev, const struct bt_tap_config *config,
       uint64_t memory)
{
    unsigned int n_buffers = BT_TAP_BUFFERS;
    unsigned int format = (config->identity ? BPFDEV_T_IDENTITY
                           : BPF_T_NANOTIME);
    unsigned int direction = config->direction;
    unsigned int immediate = !config->max_age;
    struct timeval age = { config->max_age / BT_NSEC,
                           config->max_age % BT_NSEC / 1000 };
    unsigned int length;

    if (bpfdev_set_buffers(dev, &n_buffers)) {
        return errno;
    }
    length = memory / n_buffers;
    if (bpfdev_ioctl(dev, BIOCSBLEN, &length)
        || bpfdev_ioctl(dev, BIOCSTSTAMP, &format)
        || bpfdev_ioctl(dev, BIOCSDIRECTION, &direction)
        || bpfdev_ioctl(dev, BIOCIMMEDIATE, &immediate)
        || (config->max_age && bpfdev_ioctl(dev, BIOCSWTIMEOUT, &age))) {
        return errno;
    }
    return 0;
}

/* Installs the filter, for link type 'dlt'.  With 'config->longer_than' it is
 * behind a test for packets of more bytes than that: a load from beyond a
 * packet's end rejects it. */
static int
set_filter(struct bpfdev *dev, const struct bt_tap_config *config,
           uint32_t dlt, char errbuf[])
{
    const struct bpf_insn test = BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
                                          config->longer_than);
    size_t n_tests = config->longer_than ? 1 : 0;
    const struct bpf_program *program;
    struct bpf_insn *insns;
    int error = 0;

    if (!config->filter[0] && !config->snaplen && !n_tests) {
        return 0;
    }
    program = bt_filter_compile(config->filter, dlt, config->snaplen,
                                config->optimize, errbuf);
    if (!program) {
        return EINVAL;
    }
    insns = bt_alloc((n_tests + program->bf_len) * sizeof *insns);
    insns[0] = test;
    memcpy(insns + n_tests, program->bf_insns,
           program->bf_len * sizeof *insns);
    if (bpfdev_set_filter(dev, insns, n_tests + program->bf_len)) {
        error = errno;
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "%s", bpfdev_strerror(dev));
    }
    free(insns);
    return error;
}

/* The filter is there before the device is attached, so that no other packet
 * ever takes room. */
static int
open_with(struct bt_tap *tap, const struct bt_tap_config *config,
          uint64_t memory, char errbuf[])
{
    int error;

    tap->dev = bpfdev_open(config->socket, BPFDEV_RDONLY | BPFDEV_NONBLOCK,
                           errbuf);
    if (!tap->dev) {
        return errno;
    }
    error = set_filter(tap->dev, config, config->dlt, errbuf);
    if (error) {
        bt_tap_close(tap);
    } else if (set_up(tap->dev, config, memory)
               || bpfdev_attach(tap->dev, config->port)) {
        error = failed(tap, errno, errbuf);
    }
    return error;
}

/* Says which part of the memory that the user or the default asks for the
 * switch had. */
static void
note_memory(const struct bt_tap_config *config, uint64_t memory)
{
    if (memory < config->memory && !config->quiet) {
        bt_note("%s: the switch had memory for %llu KiB of buffers, not for "
                "%llu: packets may be lost in bursts (-B KIB asks for less, "
                "other_config:bpf-memory-max allows more)", config->port,
                (unsigned long long int) memory / 1024,
                (unsigned long long int) config->memory / 1024);
    }
}

int
bt_tap_open(struct bt_tap *tap, const struct bt_tap_config *config,
            char errbuf[])
{
    uint64_t memory = config->memory;
    int error, dlt;

    memset(tap, 0, sizeof *tap);
    error = open_with(tap, config, memory, errbuf);
    while ((error == ENOBUFS || error == ENOMEM) && memory / 4 >= MEMORY_MIN) {
        memory /= 4;
        error = open_with(tap, config, memory, errbuf);
    }
    if (error == ENOBUFS || error == ENOMEM) {
        size_t length = strlen(errbuf);

        snprintf(errbuf + length, BPFDEV_ERRBUF_SIZE - length, " (%s"
                 "other_config:bpf-memory-max allows more)",
                 bt_advice("-B KIB asks for less, ", ""));
    }
    if (error) {
        return error;
    }
    note_memory(config, memory);
    tap->identity = config->identity;

    dlt = bpfdev_datalink(tap->dev);
    if (dlt < 0) {
        return failed(tap, errno, errbuf);
    }
    tap->dlt = dlt;
    if (tap->dlt != config->dlt) {
        error = set_filter(tap->dev, config, dlt, errbuf);
    }
    if (error) {
        bt_tap_close(tap);
    }
    return error;
}

bool
bt_tap_advance(struct bt_tap *tap)
{
    tap->has_packet = bpfdev_walk(tap->dev, tap->buffer, tap->length,
                                  &tap->offset, &tap->packet);
    if (tap->has_packet) {
        tap->item.ts = ((uint64_t) tap->packet.ts.tv_sec * BT_NSEC
                        + tap->packet.ts.tv_nsec);
        tap->n_delivered++;
    } else {
        /* The buffer goes back with the request for the next one: a message
         * of its own would wake up the switch once more for each buffer. */
        tap->buffer = NULL;
    }
    return tap->has_packet;
}

int
bt_tap_fetch(struct bt_tap *tap)
{
    ssize_t n = bpfdev_next(tap->dev, &tap->buffer);

    if (n < 0) {
        tap->buffer = NULL;
        return errno == EINTR ? EAGAIN : errno;
    }
    tap->length = n;
    tap->offset = 0;
    tap->item.since = bt_now_mono();
    return bt_tap_advance(tap) ? 0 : EAGAIN;
}

void
bt_tap_stats(struct bt_tap *tap, struct bpfdev_stats *stats)
{
    if (bpfdev_stats(tap->dev, stats)) {
        bpfdev_buffer_stats(tap->dev, stats);
    }
}

void
bt_tap_close(struct bt_tap *tap)
{
    bpfdev_close(tap->dev);
    tap->dev = NULL;
    tap->buffer = NULL;
    tap->has_packet = false;
}
