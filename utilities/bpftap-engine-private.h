/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What the files of the capture engine share.
 *
 *     bpftap-engine.c          starts, runs and ends a capture
 *     bpftap-engine-ports.c    ports and switches that come and go
 *     bpftap-engine-packets.c  packets, from the devices to the file
 *     bpftap-engine-report.c   what the user is told, and the statistics
 *
 * One thread, no locks. */

#ifndef BPFTAP_ENGINE_PRIVATE_H
#define BPFTAP_ENGINE_PRIVATE_H 1

#include <poll.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-drops.h"
#include "bpftap-engine.h"
#include "bpftap-source.h"

struct engine {
    const struct bt_capture *capture;
    struct bpfdev *monitor;     /* NULL while the switch is gone. */
    uint64_t gone_since;        /* Monotonic, then. */
    bool stuck;                 /* It does not answer. */

    struct bt_source **sources;
    size_t n_sources;
    size_t n_feeds;             /* Devices open. */
    struct bt_merge merge;
    struct bt_files *files;     /* NULL until the first port is there. */
    struct bt_drops drops;

    struct pollfd *fds;
    struct bt_feed **fd_feeds;
    size_t n_fds_allocated;
    size_t n_watched;           /* The last of 'fds' are the watch's. */
    size_t n_fds;

    bool stop;
    bool failed;                /* It ended early; the reason was told. */
    bool draining;              /* After the end: only what is buffered. */
    enum bt_status status;
    uint64_t next_stats;        /* Monotonic, as the following. */
    uint64_t next_line;
    uint64_t last_line;
};

/* Ends the capture early.  The reason is on standard error already. */
void bt_engine_fail(struct engine *);

/* Goes on, but a warning on standard error says what is amiss. */
void bt_engine_blemish(struct engine *);

/* Tells the user, unless he wants quiet. */
void bt_engine_news(const struct engine *, const char *format, ...)
    BT_PRINTF(2, 3);

/* Ports and switches
 * ================== */

/* Connects to the switch and attaches to the ports.  Says why there is no
 * connection at the start, or keeps trying. */
void bt_engine_connect_monitor(struct engine *);

/* Looks at the list of ports and attaches to new ones. */
void bt_engine_refresh_ports(struct engine *);

/* Writes the interfaces of ports that have come. */
void bt_engine_register_interfaces(struct engine *);

/* Says which ports that the user named are not there. */
void bt_engine_check_missing(struct engine *);

/* Ends the capture if every port that it could be about is gone for good. */
void bt_engine_check_gone(struct engine *);

/* The port of 'source' went, or the whole switch. */
void bt_engine_lose_port(struct engine *, struct bt_source *source);
void bt_engine_lose_switch(struct engine *);

/* Packets
 * ======= */

/* Fetches a buffer from 'feed'.  Returns false if there was none. */
bool bt_engine_fetch(struct engine *, struct bt_feed *feed);

/* Writes the packets of the buffers that we hold and whose times are up to
 * 'limit', as far as no packet before them can be elsewhere.  Returns true if
 * that needs another look at the devices first. */
bool bt_engine_write_packets(struct engine *, uint64_t limit);

/* How long the loop may sleep, in nanoseconds. */
uint64_t bt_engine_sleep_time(const struct engine *);

/* Waits for up to 'timeout' and fetches what there is.  Returns the time up to
 * which packets may be written. */
uint64_t bt_engine_wait_and_fetch(struct engine *, uint64_t timeout);

/* Reports
 * ======= */

/* Says what is being captured, as tcpdump does. */
void bt_engine_announce(const struct engine *);

/* Renews the live line. */
void bt_engine_show_line(struct engine *);

/* Says how many packets there were, 'n' of them in files. */
void bt_engine_summarize(struct engine *, uint64_t n);

/* Writes the statistics of 'source' to 'files', with 'comment' if that is not
 * NULL. */
void bt_engine_write_stats(struct engine *, struct bt_files *files,
                           struct bt_source *source, const char *comment);

#endif /* bpftap-engine-private.h */
