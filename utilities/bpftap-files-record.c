/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Files that begin when something happens; see bpftap-files.h.
 *
 * Until then packets go into a ring in memory.  An event empties the ring into
 * a new file, and packets follow there for some time.  So no packet is in two
 * files. */

#include "bpftap-files-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpftap-ring.h"

/* Further events that a file tells of. */
#define COMMENTS_MAX 16

/* After a file that could not be started, at first and at most. */
#define RETRY_MIN BT_NSEC
#define RETRY_MAX (60 * BT_NSEC)

struct bt_recorder {
    struct bt_ring *ring;
    bool writing;
    uint64_t until;             /* End of the file that is being written... */
    uint64_t size_max;          /* ...also at this size. */
    uint64_t paused_until;      /* No file begins before. */
    char *pending;              /* What happened meanwhile, first. */
    char *comment;              /* For the next packet. */
    unsigned int n_comments;    /* In this file. */
    unsigned int n_events;
    unsigned int n_files;
    bool failed;                /* A file could not be written. */
    uint64_t retry;             /* Nanoseconds before it is tried again. */
};

void
bt_recorder_open(struct bt_files *files)
{
    const struct bt_files_config *config = files->config;

    files->recorder = bt_zalloc(sizeof *files->recorder);
    files->recorder->ring = bt_ring_create(config->record->memory);
    bt_files_adopt(files);
}

/* The comments of a file: those of the command line, and what happened.  The
 * caller frees them. */
static struct bt_strv
make_comments(const struct bt_files_config *config, const char *reason)
{
    struct bt_strv comments = { NULL, 0 };
    time_t now = time(NULL);
    struct tm tm;
    char stamp[64];

    for (size_t i = 0; config->comments && i < config->comments->n; i++) {
        bt_strv_add(&comments, config->comments->v[i]);
    }
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S %z",
             localtime_r(&now, &tm));
    bt_strv_addf(&comments, "event at %s: %s", stamp, reason);
    return comments;
}

/* Ends the file that is being written. */
static void
end(struct bt_files *files)
{
    struct bt_recorder *r = files->recorder;
    uint64_t n = files->file_packets;
    char *name = bt_strdup(files->name);

    r->writing = false;
    bt_files_end(files);
    r->n_files++;
    r->paused_until = bt_now_mono() + files->config->record->pause;
    if (files->failed) {
        r->failed = true;
        files->failed = false;
    } else if (!files->config->quiet) {
        bt_note("%s: %llu packets", name, (unsigned long long int) n);
    }
    if (files->config->end.files
        && r->n_files >= files->config->end.files) {
        files->over = true;
    }
    free(name);
}

/* Ends the file if it is long enough, or can take no more. */
static void
check(struct bt_files *files)
{
    struct bt_recorder *r = files->recorder;

    if (r->writing
        && (files->output->failed || bt_now_mono() >= r->until
            || bt_output_size(files->output) >= r->size_max)) {
        end(files);
    }
}

/* Keeps 'reason' for later. */
static void
postpone(struct bt_recorder *r, const char *reason)
{
    if (!r->pending) {
        r->pending = bt_strdup(reason);
    }
}

/* Writes what the ring has. */
static void
write_ring(struct bt_files *files)
{
    struct bt_recorder *r = files->recorder;
    struct bt_packet packet;
    uint32_t number;

    while (!files->output->failed
           && bt_ring_take(r->ring, &number, &packet)) {
        bt_files_encode(files, number, &packet);
    }
    bt_output_flush(files->output);
}

static void
begin(struct bt_files *files, const char *reason)
{
    const struct bt_record *config = files->config->record;
    struct bt_recorder *r = files->recorder;
    struct bt_strv comments = make_comments(files->config, reason);
    uint64_t now = bt_now_mono();
    bool ok;

    if (config->before && config->before < now) {
        bt_ring_forget(r->ring, now - config->before);
    }
    bt_files_trim(files);
    ok = bt_files_start(files, &comments);
    bt_strv_free(&comments);
    if (!ok) {
        files->failed = false;
        files->number--;
        free(files->name);
        files->name = NULL;
        r->failed = true;
        r->retry = r->retry ? 2 * r->retry : RETRY_MIN;
        if (r->retry > RETRY_MAX) {
            r->retry = RETRY_MAX;
        }
        r->paused_until = now + r->retry;
        postpone(r, reason);
        return;
    }
    if (!files->config->quiet) {
        bt_note("%s: writing %s", reason, files->name);
    }
    r->writing = true;
    r->retry = 0;
    r->n_comments = 0;
    write_ring(files);
    r->until = now + config->after;
    r->size_max = bt_output_size(files->output) + config->memory;
    check(files);
}

void
bt_files_event(struct bt_files *files, const char *reason)
{
    struct bt_recorder *r = files->recorder;

    if (!r || files->over) {
        return;
    }
    r->n_events++;
    if (r->writing) {
        if (!r->comment && r->n_comments < COMMENTS_MAX) {
            r->comment = bt_asprintf("event: %s", reason);
            r->n_comments++;
        }
    } else if (bt_now_mono() < r->paused_until) {
        postpone(r, reason);
    } else {
        begin(files, reason);
    }
}

bool
bt_recorder_packet(struct bt_files *files, uint32_t number,
                   const struct bt_packet *packet)
{
    struct bt_recorder *r = files->recorder;

    check(files);
    if (files->over) {
        return false;
    } else if (!r->writing) {
        bt_ring_put(r->ring, number, packet, bt_now_mono());
        return true;
    } else if (r->comment && !packet->comment) {
        struct bt_packet p = *packet;

        p.comment = r->comment;
        bt_files_encode(files, number, &p);
        free(r->comment);
        r->comment = NULL;
    } else {
        bt_files_encode(files, number, packet);
    }
    check(files);
    return !files->over;
}

void
bt_recorder_run(struct bt_files *files)
{
    const struct bt_record *config = files->config->record;
    struct bt_recorder *r = files->recorder;
    uint64_t now = bt_now_mono();

    check(files);
    if (r->pending && !r->writing && !files->over
        && now >= r->paused_until) {
        char *reason = r->pending;

        r->pending = NULL;
        begin(files, reason);
        free(reason);
    }
    if (config->before && config->before < now) {
        bt_ring_forget(r->ring, now - config->before);
    }
}

uint64_t
bt_recorder_wait(const struct bt_files *files)
{
    const struct bt_recorder *r = files->recorder;
    uint64_t now = bt_now_mono();
    uint64_t when = (r->writing ? r->until
                     : r->pending ? r->paused_until : UINT64_MAX);

    return when == UINT64_MAX ? when : when > now ? when - now : 0;
}

bool
bt_files_is_writing(const struct bt_files *files)
{
    return files->recorder && files->recorder->writing;
}

char *
bt_files_describe(const struct bt_files *files)
{
    const struct bt_recorder *r = files->recorder;
    size_t n = bt_ring_n_packets(r->ring);
    double span = n ? (bt_now_mono() - bt_ring_oldest(r->ring)) / 1e9 : 0;

    return bt_asprintf("%zu packets of %.1f seconds in memory; %u events, "
                       "%u files%s%s", n, span, r->n_events,
                       r->n_files + r->writing,
                       r->writing ? "; writing " : "",
                       r->writing ? files->name : "");
}

void
bt_recorder_close(struct bt_files *files)
{
    struct bt_recorder *r = files->recorder;

    if (r->pending && !r->writing && !files->over) {
        begin(files, r->pending);
    }
    if (r->writing) {
        end(files);
    }
    files->failed |= r->failed;
    bt_ring_destroy(r->ring);
    free(r->pending);
    free(r->comment);
    free(r);
    files->recorder = NULL;
}
