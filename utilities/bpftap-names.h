/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What people call the ports: OVN's logical port and network, the virtual
 * machine or container behind one.
 *
 * The names are fetched with each list of ports and kept here, because every
 * part of the program may want to show them.  One thread, no locks. */

#ifndef BPFTAP_NAMES_H
#define BPFTAP_NAMES_H 1

#include <stdbool.h>

#include "bpfdev/bpfdev.h"

struct bt_str;

/* Replaces what is known by what the switch at the other end of 'dev' says.  A
 * switch that does not know of names has none. */
void bt_names_load(struct bpfdev *dev);

/* Returns the names of port 'port', or NULL if it has none. */
const struct bpfdev_names *bt_names_find(const char *port);

/* Is 'pattern' about names?
 *
 *     ovn:NAME         iface-id=NAME, for those who think in OVN's terms
 *     iface-id=NAME    likewise network=, vm-uuid=, container=;
 *                      NAME is for fnmatch(3) */
bool bt_names_is_pattern(const char *pattern);

/* Does 'pattern', which is about names, stand for port 'port'? */
bool bt_names_match(const char *pattern, const char *port);

/* Appends "iface-id lp1, network blue" and so on, or nothing. */
void bt_names_describe(const char *port, struct bt_str *);

/* Appends ", \"iface_id\": \"lp1\"" and so on, or nothing. */
void bt_names_json(const char *port, struct bt_str *);

/* Returns "p1", or "p1(lp1)" if the port has an iface-id, in printable form.
 * The string is good until the next call. */
const char *bt_names_title(const char *port);

#endif /* bpftap-names.h */
