/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What a recorder waits for: signals, commands, and what happens in packets,
 * in the database, in the switch's log, and to the switch.
 *
 * One thread, no locks. */

#ifndef BPFTAP_EVENTS_H
#define BPFTAP_EVENTS_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bt_capture;
struct bt_events;

/* Makes a set of events with none but SIGUSR1 in it. */
struct bt_events *bt_events_create(void);

/* Adds what the argument 's' of option 'what' describes: "match:FILTER",
 * "counter:NAME", "counter:NAME+N", "link", "log:REGEX" or "restart".  Ends the
 * program with a message if it is none of these.  's' must stay. */
void bt_events_add(struct bt_events *, const char *what, const char *s);

/* Where the switch's log is, for "log:".  'path' must stay. */
void bt_events_set_log(struct bt_events *, const char *path);

/* Starts to wait for all, for 'capture', and to serve commands on a socket
 * called 'path', or, if that is NULL, on one beside the switch's, if that can
 * be.  Ends the program with a message if the events cannot work. */
void bt_events_start(struct bt_events *, struct bt_capture *capture,
                     const char *path);

/* Ends it.  NULL is fine. */
void bt_events_destroy(struct bt_events *);

/* Sends 'command', a line without its end, to the recorder whose socket is
 * 'path', or, if that is NULL, to the only one beside the switch's socket
 * 'socket' (NULL for the default).  Prints what it answers.  Returns true if
 * all went well. */
bool bt_events_command(const char *socket, const char *path,
                       const char *command);

#endif /* bpftap-events.h */
