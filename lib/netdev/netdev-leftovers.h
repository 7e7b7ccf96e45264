/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * What must be put right on interfaces some day: see netdev-leftovers.c.
 *
 * Any thread may call any function. */

#ifndef NETDEV_NETDEV_LEFTOVERS_H
#define NETDEV_NETDEV_LEFTOVERS_H 1

struct host_event;
struct host_offloads;

/* Puts right what an earlier process left behind, the first time that it is
 * called, which must be before anything is switched off. */
void nb_leftovers_recover(void);

/* Remembers, until nb_leftovers_forget(), what was switched off, also across
 * the end of this process, and adds to '*offloads' what an earlier process
 * left behind on the same interface. */
void nb_leftovers_note(struct host_offloads *offloads);
void nb_leftovers_forget(const struct host_offloads *offloads);

/* Puts right, some time soon, what is left on an interface that was moved out
 * of reach as 'event' (HOST_EV_GONE and 'moved') says, and forgets it. */
void nb_leftovers_moved(const struct host_event *event);

#endif /* NETDEV_NETDEV_LEFTOVERS_H */
