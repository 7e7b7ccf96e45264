/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* A recorder's events from the switch's log: new lines that match a regular
 * expression.  The file may be rotated, emptied or removed. */

#include "bpftap-events-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpfdev/bpfdev-rundir.h"
#include "printable.h"

/* How often to look at the file. */
#define INTERVAL (BT_NSEC / 5)

/* Of a line, so much is looked at. */
#define LINE_MAX_ 4096

void
bt_events_log_add(struct bt_events *events, const char *what, const char *s)
{
    char text[256];
    int error;

    if (events->log.pattern) {
        bt_usage("%s: one log: is enough; join expressions with \"|\"", what);
    }
    error = regcomp(&events->log.regex, s, REG_EXTENDED | REG_NOSUB);
    if (error) {
        regerror(error, &events->log.regex, text, sizeof text);
        bt_usage("%s: log: \"%s\": %s", what, s, text);
    }
    events->log.pattern = s;
}

/* Opens the file, to be read from 'offset' on, or with SEEK_END its end. */
static bool
open_log(struct bt_events_log *log, int whence)
{
    log->fd = open(log->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (log->fd >= 0) {
        log->offset = lseek(log->fd, 0, whence);
    }
    bt_str_clear(&log->line);
    return log->fd >= 0;
}

void
bt_events_log_start(struct bt_events *events)
{
    struct bt_events_log *log = &events->log;
    const char *logdir = getenv("OVS_LOGDIR");

    if (!log->pattern) {
        return;
    } else if (!log->path) {
        log->default_path = bt_asprintf("%s/ovs-vswitchd.log",
                                        (logdir && logdir[0] ? logdir
                                         : BPFDEV_LOGDIR));
        log->path = log->default_path;
    }
    if (!open_log(log, SEEK_END)) {
        bt_fatal("log: cannot read the switch's log %s (%s); --log-file=PATH "
                 "names another one", log->path, strerror(errno));
    }
}

void
bt_events_log_wait(const struct bt_events *events, uint64_t *wait)
{
    uint64_t now = bt_now_mono();
    uint64_t left = events->log.next_look > now ? events->log.next_look - now
                                                : 0;

    if (events->log.pattern && left < *wait) {
        *wait = left;
    }
}

static void
check_line(struct bt_events_log *log, struct bt_files *files)
{
    const char *line = bt_str_cstr(&log->line);

    if (!regexec(&log->regex, line, 0, NULL, 0)) {
        char *text = printable_dup(line);
        char *reason = bt_asprintf("the switch's log: %.300s", text);

        bt_files_event(files, reason);
        free(reason);
        free(text);
    }
    bt_str_clear(&log->line);
}

/* Takes the next part of the file. */
static void
take(struct bt_events_log *log, struct bt_files *files, const char *data,
     size_t n)
{
    while (n) {
        const char *end = memchr(data, '\n', n);
        size_t part = end ? (size_t) (end - data) : n;

        if (log->line.length < LINE_MAX_) {
            bt_str_put(&log->line, data, part);
        }
        if (!end) {
            return;
        }
        check_line(log, files);
        n -= part + 1;
        data = end + 1;
    }
}

static void
read_log(struct bt_events_log *log, struct bt_files *files)
{
    char buffer[16384];
    ssize_t n;

    while ((n = pread(log->fd, buffer, sizeof buffer, log->offset)) > 0) {
        log->offset += n;
        take(log, files, buffer, n);
    }
}

/* Goes on to the file that has the name now, if it is another one. */
static void
follow_name(struct bt_events_log *log, struct bt_files *files)
{
    struct stat old, new;

    if (stat(log->path, &new)) {
        return;                 /* Renamed, and nothing new yet. */
    } else if (log->fd < 0) {
        open_log(log, SEEK_SET);
    } else if (fstat(log->fd, &old) || old.st_ino != new.st_ino
               || old.st_dev != new.st_dev) {
        read_log(log, files);
        close(log->fd);
        open_log(log, SEEK_SET);
    } else if (new.st_size < log->offset) {
        log->offset = 0;        /* Emptied. */
        bt_str_clear(&log->line);
    }
}

void
bt_events_log_run(struct bt_events *events, struct bt_files *files)
{
    struct bt_events_log *log = &events->log;
    uint64_t now = bt_now_mono();

    if (!log->pattern || now < log->next_look) {
        return;
    }
    log->next_look = now + INTERVAL;
    follow_name(log, files);
    if (log->fd >= 0) {
        read_log(log, files);
    }
}

void
bt_events_log_stop(struct bt_events *events)
{
    struct bt_events_log *log = &events->log;

    if (log->pattern) {
        regfree(&log->regex);
        bt_str_free(&log->line);
        free(log->default_path);
        if (log->fd >= 0) {
            close(log->fd);
        }
    }
}
