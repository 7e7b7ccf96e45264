/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Which receive queues have nothing to be read, as far as the main loop knows
 * already.
 *
 * The main loop waits for all ports at once, and then reads from all of them,
 * though poll(2) has just said which have something.  Where a read is a system
 * call that is most of what forwarding costs under load, so a program with a
 * datapath in it takes note of the answer (netdev-poll.c).
 *
 * What is noted is good for one read: a thread that does not wait between two
 * reads, as those that only poll ports, makes them all.
 *
 * No lock: there is one atomic byte per descriptor.  A descriptor is waited for
 * and read by one thread at a time; any thread may call any function. */

#include <config.h>

#include "netdev/netdev-bsd-private.h"

#include "ovs-atomic.h"
#include "util.h"

/* Descriptors beyond these are always read. */
#define MAX_FDS 65536

enum {
    UNKNOWN,
    WAITED_FOR,                     /* poll(2) comes next. */
    QUIET,                          /* It has said that there is nothing. */
};
static atomic_uint8_t states[MAX_FDS];

static uint8_t
get_state(int fd)
{
    uint8_t state = UNKNOWN;

    if (fd >= 0 && fd < MAX_FDS) {
        atomic_read_relaxed(&states[fd], &state);
    }
    return state;
}

static void
set_state(int fd, uint8_t state)
{
    if (fd >= 0 && fd < MAX_FDS) {
        atomic_store_relaxed(&states[fd], state);
    }
}

void
nb_ready_wait(int fd)
{
    set_state(fd, WAITED_FOR);
}

bool
nb_ready_is_quiet(int fd)
{
    bool quiet = get_state(fd) == QUIET;

    if (quiet) {
        set_state(fd, UNKNOWN);
    }
    return quiet;
}

void
nb_ready_forget(int fd)
{
    set_state(fd, UNKNOWN);
}

void
nb_ready_found(int fd, bool readable)
{
    if (get_state(fd) == WAITED_FOR) {
        set_state(fd, readable ? UNKNOWN : QUIET);
    }
}
