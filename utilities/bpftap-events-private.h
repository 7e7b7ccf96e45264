/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What the files of a recorder's events share.
 *
 * One thread, no locks. */

#ifndef BPFTAP_EVENTS_PRIVATE_H
#define BPFTAP_EVENTS_PRIVATE_H 1

#include <regex.h>
#include <sys/types.h>

/* Comes first: where <net/bpf.h> exists, libpcap must find it included. */
#include "bpfdev/bpfdev.h"

#include <pcap/pcap.h>

#include "bpftap-child.h"
#include "bpftap-engine.h"
#include "bpftap-events.h"
#include "bpftap-util.h"

/* Somebody who gives a command. */
struct bt_events_client {
    int fd;                     /* -1: none. */
    struct bt_str input;
};

/* A counter that may jump. */
struct bt_events_counter {
    char *name;                 /* As the user has it, */
    const char *keys[2];        /* and in the database. */
    uint64_t by;                /* The least jump. */
};

/* What is known of a port from the database. */
struct bt_events_port {
    char *name;
    char *link;                 /* "up", "down" or "". */
    uint64_t resets;
    uint64_t *counters;
};

struct bt_events_db {
    bool link;
    struct bt_events_counter *counters;
    size_t n_counters;
    struct bt_events_port *ports;
    size_t n_ports;
    struct bt_child child;      /* ovsdb-client; 'fd' is -1 while there is
                                 * none. */
    struct bt_str input;
    uint64_t next_start;        /* Monotonic. */
};

struct bt_events_log {
    const char *path;           /* NULL for the default. */
    char *default_path;
    const char *pattern;        /* NULL for none. */
    regex_t regex;
    int fd;                     /* -1 while there is no file. */
    off_t offset;
    struct bt_str line;
    uint64_t next_look;         /* Monotonic. */
};

struct bt_events {
    bool restart;
    const char *match;          /* NULL for none. */
    bool compiled;
    uint32_t dlt;               /* For which 'programs' are. */
    struct bpf_program programs[3]; /* By direction. */
    struct bt_events_db db;
    struct bt_events_log log;
    int listener;
    char *path;                 /* Of 'listener'. */
    struct bt_events_client clients[4];
    size_t next_client;
    struct bt_watch watch;
};

/* The database: add a counter, start, how long to wait, go on, stop. */
void bt_events_db_add(struct bt_events *, const char *what, const char *s);
void bt_events_db_start(struct bt_events *);
void bt_events_db_wait(const struct bt_events *, uint64_t *wait);
void bt_events_db_run(struct bt_events *, struct bt_files *,
                      struct bt_source *const sources[], size_t n_sources,
                      bool readable);
void bt_events_db_stop(struct bt_events *);

/* The switch's log, likewise. */
void bt_events_log_add(struct bt_events *, const char *what, const char *s);
void bt_events_log_start(struct bt_events *);
void bt_events_log_wait(const struct bt_events *, uint64_t *wait);
void bt_events_log_run(struct bt_events *, struct bt_files *);
void bt_events_log_stop(struct bt_events *);

#endif /* bpftap-events-private.h */
