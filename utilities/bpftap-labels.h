/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Who each line of tcpdump's output is about, when one tcpdump prints the
 * packets of several ports.
 *
 * tcpdump numbers the packets (its option -#).  The capturing process notes,
 * in memory that it shares with the process that reads tcpdump's output, the
 * port and direction of each packet before it hands the packet over; the
 * reader puts that in place of the number.
 *
 * The notes are a ring without any acknowledgement: it has more places than
 * packets can be under way in the buffers and pipes between the two. */

#ifndef BPFTAP_LABELS_H
#define BPFTAP_LABELS_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpftap-format.h"

struct bt_labels;

/* Returns notes that are shared with processes forked from now on, NULL after
 * a message. */
struct bt_labels *bt_labels_create(void);

/* Makes the column of names wide enough for 'name', of which there may be
 * packets later. */
void bt_labels_expect(struct bt_labels *, const char *name);

/* Notes that the next packet is one of port 'name', which is interface
 * 'number', in 'direction'. */
void bt_labels_note(struct bt_labels *, uint32_t number, const char *name,
                    enum bt_direction direction);

/* If 'line' starts with the number of the next packet, as tcpdump prints it,
 * returns the number's length and prints to 'label' (of 'size' bytes) what
 * goes in its place; else returns 0. */
size_t bt_labels_match(struct bt_labels *, const char *line, size_t n,
                       char *label, size_t size);

#endif /* bpftap-labels.h */
