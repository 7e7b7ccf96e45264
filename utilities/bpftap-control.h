/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* The switch's control socket, which ovs-appctl(8) uses, too: for those who ask
 * so often, or so little, that a program for each question is too much.
 *
 * One thread for each connection, no locks. */

#ifndef BPFTAP_CONTROL_H
#define BPFTAP_CONTROL_H 1

#include <sys/types.h>

struct bt_str;

struct bt_control {
    int fd;                     /* -1: closed. */
    pid_t pid;                  /* The switch's process, 0: unknown. */
};

/* Connects to the switch whose pidfile is in 'rundir'.  Returns 0 or an errno
 * value, after which bt_control_close() may be called but need not. */
int bt_control_open(struct bt_control *, const char *rundir);

/* Calls 'command', which has no arguments, and appends what it prints to
 * 'output'.  Returns 0, ETIMEDOUT if the switch has not answered in two seconds
 * or the user wants to stop, EPROTO if it answered with an error, or another
 * errno value. */
int bt_control_call(struct bt_control *, const char *command,
                    struct bt_str *output);

void bt_control_close(struct bt_control *);

#endif /* bpftap-control.h */
