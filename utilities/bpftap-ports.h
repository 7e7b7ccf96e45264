/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Which ports an argument of -i stands for, and what messages and files say
 * about a port.
 *
 * One thread, no locks. */

#ifndef BPFTAP_PORTS_H
#define BPFTAP_PORTS_H 1

#include <stdbool.h>

#include "bpfdev/bpfdev.h"

/* Ports that this tool makes for itself have names that start with this. */
#define BT_OWN_PORT_PREFIX "bpftap-"

/* Packets that the switch drops appear on a port of this name, unless there is
 * another. */
#define BT_PORT_DROPS "drops"

/* Does 'pattern' stand for the one port of that name and no other? */
bool bt_pattern_is_exact(const char *pattern);

/* Does 'pattern' stand for 'port'?
 *
 *     any               every port but patch ports and this tool's own
 *     NAME              the port of that name, slashes and all
 *     ovn:NAME, iface-id=NAME, network=, vm-uuid=, container=
 *                       what others call it, see bpftap-names.h
 *     BRIDGE/PATTERN    ports of a bridge by fnmatch(3), except the same
 *     PATTERN with *?[  ports of any bridge, except the same */
bool bt_pattern_matches(const char *pattern, const struct bpfdev_port *port);

/* "br0/p1, system, ofport 3", and what others call the port.  The caller frees
 * it. */
char *bt_port_description(const struct bpfdev_port *);

/* Connects to the switch for lists, or ends the program with a message. */
struct bpfdev *bt_monitor_open(const char *socket);

/* Describes the port that dropped packets appear on, which no list has. */
void bt_port_drops(struct bpfdev_port *port);

/* As bpfdev_list_ports(), and learns the ports' names. */
int bt_ports_try_list(struct bpfdev *, struct bpfdev_port **, size_t *n);

/* Lists the ports, or ends the program with a message. */
struct bpfdev_port *bt_ports_list(struct bpfdev *, size_t *n);

#endif /* bpftap-ports.h */
