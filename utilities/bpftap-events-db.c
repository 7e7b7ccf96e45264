/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* A recorder's events from the database: counters that jump, links that change.
 * ovsdb-client(1) tells of each change of a port, one line of CSV for each:
 *
 *     UUID,ACTION,name,link_state,link_resets,statistics
 *
 * A row that changed has two lines, "old" with what was, and "new". */

#include "bpftap-events-private.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpftap-csv.h"
#include "bpftap-source.h"
#include "printable.h"

/* How long to wait before ovsdb-client is started again. */
#define RETRY BT_NSEC

enum column { UUID, ACTION, NAME, LINK_STATE, LINK_RESETS, STATISTICS,
              N_COLUMNS };

static bool
is_used(const struct bt_events_db *db)
{
    return db->link || db->n_counters;
}

void
bt_events_db_add(struct bt_events *events, const char *what, const char *s)
{
    struct bt_events_db *db = &events->db;
    const char *plus = strrchr(s, '+');
    struct bt_events_counter *counter;

    db->counters = bt_realloc(db->counters, ((db->n_counters + 1)
                                             * sizeof *db->counters));
    counter = &db->counters[db->n_counters++];
    memset(counter, 0, sizeof *counter);
    counter->name = (plus ? bt_asprintf("%.*s", (int) (plus - s), s)
                     : bt_strdup(s));
    counter->by = plus ? bt_parse_uint(what, plus + 1, 1, INT64_MAX) : 1;
    if (!strcmp(counter->name, "drops")) {
        counter->keys[0] = "rx_dropped";
        counter->keys[1] = "tx_dropped";
    } else if (!strcmp(counter->name, "errors")) {
        counter->keys[0] = "rx_errors";
        counter->keys[1] = "tx_errors";
    } else {
        counter->keys[0] = counter->name;
    }
}

static void
start_client(struct bt_events_db *db)
{
    static char *const argv[] = {
        (char *) "ovsdb-client", (char *) "--format=csv",
        (char *) "--data=bare", (char *) "--no-headings",
        (char *) "monitor", (char *) "Open_vSwitch", (char *) "Interface",
        (char *) "name,link_state,link_resets,statistics", NULL
    };

    bt_str_clear(&db->input);
    if (bt_child_start(&db->child, argv)) {
        db->child.fd = -1;
        db->next_start = bt_now_mono() + RETRY;
    }
}

void
bt_events_db_start(struct bt_events *events)
{
    static char *const argv[] = {
        (char *) "ovsdb-client", (char *) "--version", NULL
    };
    struct bt_str output = { NULL, 0, 0 };

    if (is_used(&events->db)) {
        if (bt_run(argv, &output)) {
            bt_fatal("counter: and link need ovsdb-client(1), which cannot be "
                     "run; it comes with Open vSwitch");
        }
        bt_str_free(&output);
        start_client(&events->db);
    }
}

void
bt_events_db_wait(const struct bt_events *events, uint64_t *wait)
{
    const struct bt_events_db *db = &events->db;
    uint64_t now = bt_now_mono();
    uint64_t left = db->next_start > now ? db->next_start - now : 0;

    if (is_used(db) && db->child.fd < 0 && left < *wait) {
        *wait = left;
    }
}

static struct bt_events_port *
find_port(struct bt_events_db *db, const char *name)
{
    for (size_t i = 0; i < db->n_ports; i++) {
        if (!strcmp(db->ports[i].name, name)) {
            return &db->ports[i];
        }
    }
    return NULL;
}

static void BT_PRINTF(3, 4)
tell(struct bt_files *files, const char *name, const char *format, ...)
{
    char *port = printable_dup(name);
    char text[256];
    char *reason;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    reason = bt_asprintf("port %s: %s", port, text);
    bt_files_event(files, reason);
    free(reason);
    free(port);
}

static void
update_counters(const struct bt_events_db *db, struct bt_files *files,
                struct bt_events_port *port, const char *statistics)
{
    for (size_t i = 0; i < db->n_counters; i++) {
        const struct bt_events_counter *counter = &db->counters[i];
        uint64_t value = 0;

        for (size_t j = 0; j < BT_ARRAY_SIZE(counter->keys); j++) {
            uint64_t n;

            if (counter->keys[j]
                && bt_csv_find(statistics, counter->keys[j], &n)) {
                value += n;
            }
        }
        if (files && value > port->counters[i]
            && value - port->counters[i] >= counter->by) {
            tell(files, port->name, "%s went up by %llu", counter->name,
                 (unsigned long long int) (value - port->counters[i]));
        }
        port->counters[i] = value;
    }
}

/* 'files' is NULL if nothing is to be told. */
static void
update_link(const struct bt_events_db *db, struct bt_files *files,
            struct bt_events_port *port, const char *state, uint64_t resets)
{
    bool changed = strcmp(port->link, state);

    if (files && db->link && (changed || resets > port->resets)) {
        tell(files, port->name, changed ? "link is %s" : "link was %s",
             !changed ? "reset" : state[0] ? state : "gone");
    }
    if (changed) {
        free(port->link);
        port->link = bt_strdup(state);
    }
    port->resets = resets;
}

static void
update_port(struct bt_events_db *db, struct bt_files *files,
            char *const columns[N_COLUMNS])
{
    struct bt_events_port *port = find_port(db, columns[NAME]);
    uint64_t resets = strtoull(columns[LINK_RESETS], NULL, 10);

    if (!port) {
        files = NULL;           /* What was before is not known. */
        db->ports = bt_realloc(db->ports,
                               (db->n_ports + 1) * sizeof *db->ports);
        port = &db->ports[db->n_ports++];
        port->name = bt_strdup(columns[NAME]);
        port->link = bt_strdup("");
        port->counters = bt_zalloc((db->n_counters + 1)
                                   * sizeof *port->counters);
    }
    update_link(db, files, port, columns[LINK_STATE], resets);
    update_counters(db, files, port, columns[STATISTICS]);
}

static void
remove_port(struct bt_events_db *db, struct bt_files *files, const char *name)
{
    struct bt_events_port *port = find_port(db, name);

    if (!port) {
        return;
    }
    if (files && db->link) {
        tell(files, name, "it was removed");
    }
    free(port->name);
    free(port->link);
    free(port->counters);
    *port = db->ports[--db->n_ports];
}

static void
take_line(struct bt_events_db *db, struct bt_files *files,
          struct bt_source *const sources[], size_t n_sources, char *line)
{
    char *columns[N_COLUMNS];
    bool recorded = false;

    for (size_t i = 0; i < N_COLUMNS; i++) {
        columns[i] = bt_csv_field(&line);
    }
    for (size_t i = 0; i < n_sources; i++) {
        recorded |= !strcmp(sources[i]->name, columns[NAME]);
    }
    if (!strcmp(columns[ACTION], "delete")) {
        remove_port(db, recorded ? files : NULL, columns[NAME]);
    } else if (columns[NAME][0] && strcmp(columns[ACTION], "old")) {
        update_port(db, recorded ? files : NULL, columns);
    }
}

/* Takes what ovsdb-client has written. */
static void
read_client(struct bt_events_db *db, struct bt_files *files,
            struct bt_source *const sources[], size_t n_sources)
{
    char buffer[16384];
    ssize_t n = read(db->child.fd, buffer, sizeof buffer);
    char *start, *end;

    if (n < 0 && errno == EINTR) {
        return;
    } else if (n <= 0) {
        /* The database went away, or is not there. */
        close(db->child.fd);
        db->child.fd = -1;
        bt_wait_pid(db->child.pid);
        db->next_start = bt_now_mono() + RETRY;
        return;
    }
    bt_str_put(&db->input, buffer, n);
    start = db->input.s;
    while ((end = memchr(start, '\n',
                         db->input.length - (start - db->input.s)))) {
        *end = '\0';
        take_line(db, files, sources, n_sources, start);
        start = end + 1;
    }
    db->input.length -= start - db->input.s;
    memmove(db->input.s, start, db->input.length);
}

void
bt_events_db_run(struct bt_events *events, struct bt_files *files,
                 struct bt_source *const sources[], size_t n_sources,
                 bool readable)
{
    struct bt_events_db *db = &events->db;

    if (!is_used(db)) {
        return;
    } else if (db->child.fd >= 0 && readable) {
        read_client(db, files, sources, n_sources);
    } else if (db->child.fd < 0 && bt_now_mono() >= db->next_start) {
        start_client(db);
    }
}

void
bt_events_db_stop(struct bt_events *events)
{
    struct bt_events_db *db = &events->db;

    if (db->child.fd >= 0) {
        kill(db->child.pid, SIGTERM);
        close(db->child.fd);
        bt_wait_pid(db->child.pid);
    }
    for (size_t i = 0; i < db->n_counters; i++) {
        free(db->counters[i].name);
    }
    for (size_t i = 0; i < db->n_ports; i++) {
        free(db->ports[i].name);
        free(db->ports[i].link);
        free(db->ports[i].counters);
    }
    free(db->counters);
    free(db->ports);
    bt_str_free(&db->input);
}
