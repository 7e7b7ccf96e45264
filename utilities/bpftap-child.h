/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Child processes, run by argument vector and never through a shell:
 * ovs-vsctl(8), ovs-ofctl(8), ps(1).
 *
 * One thread, no locks. */

#ifndef BPFTAP_CHILD_H
#define BPFTAP_CHILD_H 1

#include <sys/types.h>

#include "bpftap-util.h"

/* A child that runs, its standard output and error going to 'fd'. */
struct bt_child {
    pid_t pid;                  /* 0 if there is none. */
    int fd;
};

/* Starts 'argv'.  Returns 0 or an errno value; that a program does not exist
 * shows in its exit status only. */
int bt_child_start(struct bt_child *, char *const argv[]);

/* Appends to 'output' what the child writes until it ends.  Returns its exit
 * status: 127 if the program could not be run, 128 and more if a signal ended
 * it. */
int bt_child_finish(struct bt_child *, struct bt_str *output);

/* Both at once. */
int bt_run(char *const argv[], struct bt_str *output);

/* Waits for process 'pid' and returns its exit status as above. */
int bt_wait_pid(pid_t pid);

#endif /* bpftap-child.h */
