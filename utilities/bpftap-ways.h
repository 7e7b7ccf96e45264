/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* The ways of packets through the switch.
 *
 * While somebody follows packets, each one has an identity from its reception
 * to where it leaves.  What belongs to one packet comes from different devices
 * at different times: devices that give identities are read on all ports, and
 * on the one of dropped packets, and what they show is put together by
 * identity until nothing more can be expected.
 *
 * One thread, no locks. */

#ifndef BPFTAP_WAYS_H
#define BPFTAP_WAYS_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-brief.h"
#include "bpftap-tap.h"

struct pollfd;

/* A port that packets pass. */
struct bt_way_port {
    struct bpfdev_port info;
    uint32_t hash;              /* bpfdev_port_hash(). */
    bool chosen;                /* By the configuration's 'pattern'. */
    bool drops;                 /* That of dropped packets. */
    struct bt_tap tap;          /* Closed if the port is gone. */
};

/* A packet at one port. */
struct bt_way_event {
    const struct bt_way_port *at;
    uint64_t ts;                /* Nanoseconds since 1970. */
    unsigned int direction;     /* BPFDEV_DIR_*. */
    uint32_t reason;            /* Why it was dropped. */
    struct bt_brief brief;
};

/* Reception and copies of one packet that are told. */
#define BT_WAY_EVENTS 16

/* The way of one packet. */
struct bt_way {
    uint64_t id;                /* 0: place is free. */
    uint64_t since;             /* Monotonic, of what is known first. */
    size_t n_more;              /* Events that were not kept. */
    size_t n_events;
    struct bt_way_event events[BT_WAY_EVENTS];
};

/* What to follow, and whom to tell. */
struct bt_ways_config {
    const char *socket;         /* NULL for the default. */
    const char *pattern;        /* Ports where packets come in. */
    const char *filter;         /* For packets as they were received, "". */
    bool only_drops;            /* Nothing but the port of dropped packets. */
    bool only_received;         /* Nothing but what chosen ports receive, and
                                 * nobody follows: there are no identities. */
    uint32_t snaplen;           /* For chosen ports; 0 for whole packets. */
    uint64_t patience;          /* Nanoseconds to wait for the rest. */
    bool quiet;                 /* No word if there is less memory. */

    /* Called for each packet at each port as it is read; 'port->tap' has it.
     * May be NULL. */
    void (*seen)(const struct bt_way_port *port,
                 const struct bpfdev_identity *identity, void *aux);

    /* Called with a way that has come to its end, its events in order; 'in' is
     * the one of its reception on a chosen port, where it comes out of the
     * tunnel if that is one.  May be NULL. */
    void (*ended)(const struct bt_way *way, const struct bt_way_event *in,
                  void *aux);

    /* Returns true if no more packets are wanted. */
    bool (*is_over)(void *aux);

    void *aux;
};

/* All members but 'ports', 'n_ports' and 'n_lost' are private. */
struct bt_ways {
    struct bt_ways_config config;
    struct bt_way_port *ports;
    size_t n_ports;
    uint64_t n_lost;            /* Records for which there was no room. */

    struct pollfd *fds;         /* One for each port. */
    size_t n_open;              /* Those that are worth waiting for. */
    struct bt_way *ways;        /* A ring, by 'first' and 'n_ways'. */
    size_t first, n_ways;
    uint32_t *index;            /* By identity: place in 'ways' + 1. */
};

/* Opens devices as '*config' says, which has to last as long as '*ways'.
 * Returns 0 or, with everything closed again and a line in 'errbuf'
 * (BPFDEV_ERRBUF_SIZE), an errno value; ENOENT: no port is called so. */
int bt_ways_open(struct bt_ways *ways, const struct bt_ways_config *config,
                 char errbuf[]);

/* Waits for packets, for at most 'timeout' nanoseconds, and takes what is
 * there.  Returns false when no more can come: everything is over, or all
 * ports are gone. */
bool bt_ways_run(struct bt_ways *ways, uint64_t timeout);

/* Takes what is there without waiting, and ends all ways. */
void bt_ways_finish(struct bt_ways *ways);

/* Closes everything. */
void bt_ways_close(struct bt_ways *ways);

/* The port with 'hash', or NULL. */
const struct bt_way_port *bt_ways_find_port(const struct bt_ways *ways,
                                            uint32_t hash);

/* Nanoseconds from 'in' to 'event', 0 if the clock went back. */
uint64_t bt_way_latency(const struct bt_way_event *in,
                        const struct bt_way_event *event);

/* What to tell people about reason number 'reason'. */
const char *bt_way_reason(uint32_t reason);

#endif /* bpftap-ways.h */
