/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Mirrors for patch ports.
 *
 * A patch port is a short cut inside the switch: packets never pass a device
 * there, so there is nothing to tap, and Open vSwitch carries out no mirror of
 * a patch port either (it turns to the other bridge before it looks for
 * mirrors).  What can be had is the packets that came into a bridge through
 * its patch ports and leave it through another port: for the direction "in" of
 * a patch port those of its own bridge, for "out" those of its peer's.
 *
 * Two mirrors with the same output port single them out.  One selects all that
 * leaves through the bridge's ports, the other all that comes in through them,
 * cut to BT_MIRROR_STUB bytes.  Open vSwitch sends a packet to an output port
 * once, so that a packet that came in through an ordinary port arrives as a
 * stub, which the filter drops, and one that came in through a patch port
 * whole.
 *
 * Ports and mirrors are made in one transaction and taken away however this
 * program ends: a guardian process waits for that and removes them.  Should
 * even the guardian be killed, the next start of this tool finds in the
 * database who made them, and removes them if that process is gone.  Names are
 * unique, so that any number of tools work side by side.
 *
 * One thread, no locks. */

#ifndef BPFTAP_MIRROR_H
#define BPFTAP_MIRROR_H 1

#include <stdbool.h>

#include "bpftap-format.h"

struct bt_mirror;

/* Length of what is left of packets that are not wanted: an Ethernet header,
 * the least that Open vSwitch can cut to. */
#define BT_MIRROR_STUB 14

/* Makes mirrors for patch port 'port' of 'bridge' in 'direction' (BPF_D_*).
 * Returns NULL with '*error' and the reason in 'errbuf' (BPFDEV_ERRBUF_SIZE
 * bytes) if that fails. */
struct bt_mirror *bt_mirror_create(const char *bridge, const char *port,
                                   unsigned int direction,
                                   int *error, char errbuf[]);

/* Returns the port that packets of 'direction' are mirrored to, NULL if that
 * direction is not. */
const char *bt_mirror_port(const struct bt_mirror *, enum bt_direction);

/* Removes the mirrors and waits until they are gone.  NULL is fine.  Returns
 * false after a message if the database does not let it, for now. */
bool bt_mirror_destroy(struct bt_mirror *);

/* Removes from the database what tools that died have left there: in another
 * process, for which nobody waits, because the database may not answer. */
void bt_mirror_clean(void);

#endif /* bpftap-mirror.h */
