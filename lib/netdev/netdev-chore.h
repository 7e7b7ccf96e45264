/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Chores: calls of the system that take long, done by a thread of their own.
 *
 * Closing a packet socket takes the Linux kernel 10 to 20 milliseconds, making
 * a ring likewise.  A thread that forwards, and the main thread is one, leaves
 * that to this one.  Chores are done one after the other, in order.
 *
 * Any thread may call any function. */

#ifndef NETDEV_NETDEV_CHORE_H
#define NETDEV_NETDEV_CHORE_H 1

#include <stdbool.h>
#include <stdint.h>

struct host_event;
struct host_rx;
struct host_tx;

/* Closes a handle, some time soon.  NULL is fine. */
void nb_chore_close_rx(struct host_rx *);
void nb_chore_close_tx(struct host_tx *);

/* Calls 'run' with a copy of 'event', some time soon. */
void nb_chore_event(void (*run)(const struct host_event *),
                    const struct host_event *event);

/* A receive handle for which one with more room is being opened. */
struct nb_growth;

/* Starts to open a handle that takes the place of 'rx', see host_rx_grow().
 * 'rx' must not be closed before nb_growth_finish() or nb_growth_abandon(). */
struct nb_growth *nb_growth_start(struct host_rx *rx);

/* True if the attempt is over.  If that is so, what 'rx' has now is all that
 * it will ever have, unless the attempt failed. */
bool nb_growth_is_over(const struct nb_growth *);

/* Ends an attempt that is over.  Returns the new handle, or NULL with '*error'
 * set to the reason for which there is none. */
struct host_rx *nb_growth_finish(struct nb_growth *, int *error);

/* Ends an attempt at any time.  The old handle, and the new one if there is
 * one, are closed soon. */
void nb_growth_abandon(struct nb_growth *);

/* Wakes up whoever calls poll_block() next when 'growth' is over. */
void nb_growth_wait(const struct nb_growth *);

#endif /* NETDEV_NETDEV_CHORE_H */
