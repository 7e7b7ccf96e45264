/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* The capture itself: from the ports of a switch to a sequence of files.
 *
 * What "ovs-bpftap capture", "dump" and the extcap program have in common.
 * They fill in a struct bt_capture and call bt_capture_run().
 *
 * One thread, no locks. */

#ifndef BPFTAP_ENGINE_H
#define BPFTAP_ENGINE_H 1

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "bpftap-files.h"
#include "bpftap-util.h"

/* What one -i asked for. */
struct bt_spec {
    const char *pattern;        /* A port, BRIDGE/PATTERN, or "any". */
    const char *filter;         /* NULL: that of the command line's end. */
    uint32_t snaplen;           /* 0 for no limit. */
    unsigned int direction;     /* BPF_D_*. */
};

struct bt_source;

/* What else is waited for during a capture, and done. */
struct bt_watch {
    /* Fills in some of 'fds', at most BT_WATCH_FDS, and makes '*wait', in
     * nanoseconds, smaller if need be.  Returns how many. */
    size_t (*prepare)(void *aux, struct pollfd fds[], uint64_t *wait);

    /* Called in each turn, with the 'n' of 'fds' after poll(2). */
    void (*run)(void *aux, struct bt_files *, struct bt_source *const sources[],
                size_t n_sources, const struct pollfd fds[], size_t n);

    /* Called for each packet, of link type 'dlt', after it was written. */
    void (*packet)(void *aux, struct bt_files *, const char *port,
                   uint32_t dlt, const struct bt_packet *);

    /* The switch went away. */
    void (*gone)(void *aux, struct bt_files *);
    void *aux;
};
#define BT_WATCH_FDS 8

struct bt_capture {
    struct bt_spec *specs;
    size_t n_specs;
    struct bt_spec defaults;    /* For specs to come; no pattern. */

    bool common;                /* -s and -Q are about all ports. */
    const char *socket;         /* NULL for the default. */
    uint64_t memory;            /* Buffer bytes per port, 0 for the default. */
    bool immediate;             /* Every packet at once. */
    bool identity;              /* Packets have one, in pcapng. */
    bool no_optimize;           /* Filters. */
    bool wait;                  /* For ports that are not there. */
    bool reconnect;             /* To a switch that went. */
    bool quiet;                 /* No news on standard error. */
    bool progress;              /* A live line on the terminal. */
    uint64_t stats_interval;    /* Nanoseconds between statistics in the file,
                                 * 0 for only at the end. */
    struct bt_files_config files;
    const struct bt_watch *watch; /* NULL for nothing. */

    /* If not NULL, called for each packet before it is written. */
    void (*observe)(void *aux, uint32_t number, const char *port,
                    enum bt_direction);

    /* If not NULL, called after the last file was closed and before the
     * counts are printed. */
    void (*closed)(void *aux);
    void *aux;
};

/* Fills '*capture' with the defaults. */
void bt_capture_init(struct bt_capture *capture);

/* Adds a spec for 'pattern' with the defaults as they are now. */
struct bt_spec *bt_capture_add(struct bt_capture *, const char *pattern);

/* Returns the spec that an option such as -s is about: the last one, or the
 * defaults if there is none yet. */
struct bt_spec *bt_capture_last(struct bt_capture *);

/* Does 'capture' name more than one port, or may it? */
bool bt_capture_is_plural(const struct bt_capture *capture);

/* Captures until a signal, a condition or an error ends it.  Says on standard
 * error what there is to say. */
enum bt_status bt_capture_run(const struct bt_capture *capture);

/* Frees what 'capture' points to. */
void bt_capture_destroy(struct bt_capture *capture);

#endif /* bpftap-engine.h */
