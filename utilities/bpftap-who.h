/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Why nobody serves the capture socket: no switch runs, another daemon than
 * ours does, or ours with captures turned off.
 *
 * One thread, no locks. */

#ifndef BPFTAP_WHO_H
#define BPFTAP_WHO_H 1

/* Connecting to 'socket' (NULL for the default) failed with 'error' and the
 * message 'errbuf' (BPFDEV_ERRBUF_SIZE bytes).  If a daemon runs all the same,
 * replaces the message by one that says so and what to do. */
void bt_who_explain(const char *socket, int error, char errbuf[]);

/* Returns the directory of the switch's sockets: that of 'socket', or, if that
 * is NULL, the default.  The caller frees it. */
char *bt_who_rundir(const char *socket);

/* Makes children look for the switch in that directory: ovs-appctl, ovs-ofctl
 * and ovs-vsctl go by OVS_RUNDIR. */
void bt_who_set_rundir(const char *socket);

#endif /* bpftap-who.h */
