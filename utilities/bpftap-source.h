/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* A port that is being captured: one interface in the file, fed by one device
 * or, for a patch port, by one or two devices on mirrors of it; with what
 * happens to it over time (it goes, it comes back, its switch restarts).
 *
 * One thread, no locks. */

#ifndef BPFTAP_SOURCE_H
#define BPFTAP_SOURCE_H 1

#include <stdbool.h>
#include <stdint.h>

#include "bpftap-engine.h"
#include "bpftap-format.h"
#include "bpftap-tap.h"

struct bt_mirror;
struct bt_child;

/* A device that feeds a source. */
struct bt_feed {
    struct bt_tap tap;          /* First, so that a tap leads here. */
    struct bt_source *source;
    enum bt_direction direction; /* What its packets are, if the device does
                                  * not know better. */
    unsigned int n_drained;     /* Buffers fetched after the end. */
};

struct bt_source {
    char *name;
    char *bridge;
    uint32_t ofport;
    const struct bt_spec *spec;
    struct bt_feed feeds[2];
    size_t n_feeds;             /* 0 while the port is away. */
    struct bt_mirror *mirror;   /* For a patch port. */

    struct bt_interface iface;  /* As it is in the file. */
    char *description;
    char *filter;
    bool in_file;
    uint32_t number;            /* In the file. */

    struct bpfdev_stats past;   /* Counters of devices that are closed. */
    struct bpfdev_stats stats;  /* Of all, as of bt_source_update_stats(). */
    uint64_t past_delivered;
    uint64_t past_lost;         /* Losses of closed devices after their last
                                 * packets: told with the next packet. */
    uint64_t told;              /* Losses that packets in the file tell. */
    uint64_t n_packets;         /* Written. */
    uint64_t n_shown;           /* Of those, in the last live line. */
    uint64_t started;           /* Real time, nanoseconds. */
    uint64_t last_ts;           /* Of the last packet. */
    uint64_t gone_since;        /* Monotonic, while away. */
    bool gone_with_switch;      /* The switch went, and it with it. */
    char *comment;              /* For the next packet. */
    bool was_here;              /* At any time. */
    bool refused;               /* Do not try again. */
};

/* Makes a source for 'port', which 'spec' asked for. */
struct bt_source *bt_source_create(const struct bt_capture *,
                                   const struct bt_spec *,
                                   const struct bpfdev_port *);

/* Attaches it, each port with 'memory' bytes of buffers.  Returns 0 or an
 * errno value with the reason in 'errbuf'. */
int bt_source_attach(struct bt_source *, const struct bt_capture *,
                     const struct bpfdev_port *, uint64_t memory,
                     char errbuf[]);

/* Is it attached? */
static inline bool
bt_source_is_here(const struct bt_source *source)
{
    return source->n_feeds > 0;
}

/* Closes its devices and keeps their counters. */
void bt_source_detach(struct bt_source *);

/* Packets lost since the last one in the file, as of
 * bt_source_update_stats(). */
uint64_t bt_source_lost_since(const struct bt_source *);

/* Asks for the counters. */
void bt_source_update_stats(struct bt_source *);

/* Packets handed to this program. */
uint64_t bt_source_delivered(const struct bt_source *);

/* Sets the comment for the next packet. */
void bt_source_comment(struct bt_source *, char *comment);

/* Returns false after a message if it leaves mirrors behind. */
bool bt_source_destroy(struct bt_source *);

#endif /* bpftap-source.h */
