/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * A host that does as it is told: an implementation of host/host.h above a few
 * variables.
 * Tests of the provider order what happens (messages lost, interfaces gone in
 * the middle of something) and count what is asked.
 *
 * One mutex guards everything inside, so any thread may call the functions of
 * the host; the tests themselves change the state from the main thread. */

#ifndef TESTS_FAKE_HOST_H
#define TESTS_FAKE_HOST_H 1

#include "host/host.h"

#define FAKE_MAX_ADDRS 4

/* How often the provider asked for something. */
struct fake_calls {
    unsigned int link_get;
    unsigned int link_dump;
    unsigned int set_flags;
    unsigned int set_promisc;
    unsigned int set_mtu;
    unsigned int set_lladdr;
    unsigned int get_media;
    unsigned int get_driver;
    unsigned int get_addrs;
    unsigned int offloads_off;
    unsigned int offloads_restore;
    unsigned int tap_open;
    unsigned int tx_open;
    unsigned int tx_close;
    unsigned int notifier_open;
    unsigned int rx_open;
    unsigned int rx_close;
    unsigned int rx_grow;
    unsigned int rx_recv;
    unsigned int rx_check;
    unsigned int tap_read;
};

/* An interface. */
struct fake_if {
    bool exists;
    struct host_link link;          /* Everything but 'have'. */
    struct host_addr addrs[FAKE_MAX_ADDRS];
    size_t n_addrs;
    struct host_media media;
    int media_error;
    int get_error;                  /* Of every query, if nonzero. */
    bool offload;                   /* LRO or the like is on. */
    bool exclusive;                 /* host_exclusive(). */
    bool mii_up;

    /* Received frames that wait, as (caplen, len). */
    struct fake_frame {
        unsigned int caplen, len;
    } rx[256];
    unsigned int rx_head, rx_tail;
    const void *rx_data;            /* Their bytes; NULL = all zeros. */
    struct host_meta rx_meta;       /* What is said about all of them. */

    /* Transmission: results of the next frames. */
    int tx_errors[64];
    unsigned int tx_next;
    unsigned int tx_frames;         /* Frames accepted so far. */
};

struct fake_host {
    struct fake_calls calls;
    bool link_get_all;              /* One answer carries all values. */
    int notifier_open_error;
    int revalidate_ms;
    struct host_rx_config rx_config; /* Of the latest host_rx_open(). */
    int rx_open_error;              /* errno value, 0 = success. */
    bool detached;                  /* Receive handles lost their interface
                                     * without a word. */
    bool rx_any_length;             /* host_rx_any_length(). */
    bool rx_wants_room;             /* host_rx_wants_room(), until granted. */
    int rx_grow_error;              /* errno value, 0 = success. */
    bool has_exclusive;             /* host_has_exclusive(). */
    int exclusive_error;            /* errno value, 0 = success. */
    bool tap_keeps_kname;           /* As NetBSD: taps are called tapN. */
    int tap_open_error;
};

extern struct fake_host fake;

/* Reads a counter that another thread may be writing. */
unsigned int fake_count(const unsigned int *counter);

/* Forgets everything. */
void fake_reset(void);

/* Makes the interface 'name', without a message.  It is up, has an MTU of
 * 1500, the address 02:00:00:00:00:<ifindex> and carrier. */
struct fake_if *fake_add(const char *name);
struct fake_if *fake_find(const char *name);
void fake_remove(struct fake_if *);

/* Queues a message. */
void fake_event(const struct host_event *event);

/* Queues HOST_EV_LINK that carries the values 'have' of 'interface'. */
void fake_link_event(const struct fake_if *interface, unsigned int have,
                     unsigned int stale);

/* Queues HOST_EV_GONE, with the name. */
void fake_gone_event(const struct fake_if *interface);

/* Queues a failure of host_notifier_read(). */
void fake_notifier_error(int error);

/* Queues frames for reception. */
void fake_receive(struct fake_if *interface, unsigned int caplen,
                  unsigned int len, unsigned int n);

#endif /* TESTS_FAKE_HOST_H */
