/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Which descriptors have nothing to be read, as far as the main loop knows
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
 * The same goes for control sockets and the like, of which the main loop knows
 * a dozen, and which are read in Open vSwitch's own code.  Those are known by a
 * read that found nothing, so that none is among them that would wait.
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
    EMPTY,                          /* A read has found nothing. */
    STILL_EMPTY,                    /* And poll(2) has said so since. */
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

/* Has 'to' follow if the state is 'from', and returns whether it was. */
static bool
replace_state(int fd, uint8_t from, uint8_t to)
{
    bool was = get_state(fd) == from;

    if (was) {
        set_state(fd, to);
    }
    return was;
}

void
nb_ready_wait(int fd)
{
    set_state(fd, WAITED_FOR);
}

bool
nb_ready_is_quiet(int fd)
{
    return replace_state(fd, QUIET, UNKNOWN);
}

void
nb_ready_forget(int fd)
{
    set_state(fd, UNKNOWN);
}

void
nb_ready_found(int fd, bool readable)
{
    uint8_t state = get_state(fd);

    if (state == WAITED_FOR) {
        set_state(fd, readable ? UNKNOWN : QUIET);
    } else if (state == EMPTY) {
        set_state(fd, readable ? UNKNOWN : STILL_EMPTY);
    }
}

bool
nb_ready_is_still_empty(int fd)
{
    return replace_state(fd, STILL_EMPTY, EMPTY);
}

void
nb_ready_was_read(int fd, bool empty)
{
    uint8_t state = get_state(fd);

    if (state == UNKNOWN || state == EMPTY || state == STILL_EMPTY) {
        set_state(fd, empty ? EMPTY : UNKNOWN);
    }
}
