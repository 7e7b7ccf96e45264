/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Sequence of capture files; see bpftap-files.h. */

#include "bpftap-files-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

/* A full disk is looked at again after so long, and must have so much room
 * before writing goes on. */
#define RETRY BT_NSEC
#define ROOM_MIN (1024 * 1024)

/* For a file in which there is nothing. */
static const struct bt_interface ethernet = { .name = "", .dlt = 1 };

static void
write_header(struct bt_files *files, const struct bt_strv *comments)
{
    const struct bt_files_config *config = files->config;

    bt_encode_start(&config->encoder, files->output,
                    files->n_interfaces ? files->interfaces : &ethernet,
                    comments);
    for (size_t i = 0; i < files->n_interfaces; i++) {
        bt_encode_interface(&config->encoder, files->output,
                            &files->interfaces[i]);
    }
    files->header_written = true;
}

/* The end of the interval, counted from midnight of 1970, that 'now' is in. */
static uint64_t
interval_end(uint64_t interval, uint64_t now)
{
    return interval ? (now / interval + 1) * interval : 0;
}

bool
bt_files_start(struct bt_files *files, const struct bt_strv *comments)
{
    const struct bt_files_config *config = files->config;
    bt_block_length_func *block_length = (config->encoder.format == BT_PCAP
                                          ? bt_pcap_block_length
                                          : bt_pcapng_block_length);

    files->number++;
    if (!config->path) {
        int fd = config->open(config->open_aux);

        files->name = bt_strdup("-");
        files->output = (fd < 0 ? NULL
                         : bt_output_from_fd(fd, "pipe", block_length));
    } else {
        files->name = bt_files_name(files);
        files->output = bt_output_open(files->name, block_length);
    }
    files->failed = !files->output;
    if (files->output) {
        bt_output_compress(files->output, config->compression);
        files->output->reader_may_close = config->reader_may_close;
    }
    files->header_written = false;
    files->file_packets = 0;
    files->file_started = bt_now_mono();
    files->next_interval = interval_end(config->next.interval, time(NULL));
    if (files->output && (files->n_interfaces
                          || config->encoder.format == BT_PCAPNG)) {
        write_header(files, comments);
    }
    return !files->failed;
}

/* Writes 'name' to where the user wants the names of complete files. */
static void
print_name(const struct bt_files_config *config, const char *name)
{
    const char *to = config->print_names;
    FILE *stream;

    if (!to) {
        return;
    } else if (!strcmp(to, "stderr")) {
        bt_note("%s", name);
    } else if (!strcmp(to, "-") || !strcmp(to, "stdout")) {
        bt_put_name(name);
        fflush(stdout);
    } else {
        stream = fopen(to, "a");
        if (!stream || fprintf(stream, "%s\n", name) < 0 || fclose(stream)) {
            bt_error("%s: cannot write the name of a file (%s)",
                     to, strerror(errno));
        }
    }
}

void
bt_files_trim(struct bt_files *files)
{
    unsigned int max = files->config->next.files;

    while (max && files->names.n - files->n_removed >= max) {
        const char *oldest = files->names.v[files->n_removed++];

        if (unlink(oldest) && errno != ENOENT) {
            bt_error("%s: cannot remove the oldest file of the ring (%s)",
                     oldest, strerror(errno));
        }
    }
    if (files->n_removed > 1000) {
        struct bt_strv kept = { NULL, 0 };

        for (size_t i = files->n_removed; i < files->names.n; i++) {
            bt_strv_add(&kept, files->names.v[i]);
        }
        bt_strv_free(&files->names);
        files->names = kept;
        files->n_removed = 0;
    }
}

/* A stamp may give a name again, so that the older file is gone. */
static void
forget_name(struct bt_files *files, const char *name)
{
    for (size_t i = files->n_removed; i < files->names.n; i++) {
        if (!strcmp(files->names.v[i], name)) {
            free(files->names.v[i]);
            memmove(&files->names.v[i], &files->names.v[i + 1],
                    (files->names.n - i) * sizeof *files->names.v);
            files->names.n--;
            return;
        }
    }
}

void
bt_files_end(struct bt_files *files)
{
    if (files->output) {
        bool empty;

        if (!files->header_written) {
            write_header(files, files->config->comments);
        }
        if (!files->n_interfaces) {
            /* Readers that use libpcap want one. */
            bt_encode_interface(&files->config->encoder, files->output,
                                &ethernet);
        }
        files->closing(files, files->aux);
        files->old_bytes += bt_output_size(files->output);
        if (!bt_output_flush(files->output)) {
            files->failed = true;
            files->closed_by_reader |= files->output->closed_by_reader;
        }
        empty = files->output->regular && !files->output->written;
        if (!bt_output_close(files->output)) {
            files->failed = true;
        }
        files->output = NULL;
        if (empty && files->failed && bt_files_is_sequence(files->config)) {
            unlink(files->name);
        } else {
            if (strcmp(files->name, "-")) {
                print_name(files->config, files->name);
            }
            forget_name(files, files->name);
            bt_strv_add(&files->names, files->name);
        }
    }
    free(files->name);
    files->name = NULL;
}

struct bt_files *
bt_files_open(const struct bt_files_config *config,
              bt_files_closing_func *closing, void *aux)
{
    struct bt_files *files = bt_zalloc(sizeof *files);

    files->config = config;
    files->closing = closing;
    files->aux = aux;
    files->started = bt_now_mono();
    if (config->record) {
        bt_recorder_open(files);
    } else if (!bt_files_start(files, config->comments)) {
        bt_files_close(files);
        return NULL;
    }
    return files;
}

uint32_t
bt_files_add_interface(struct bt_files *files,
                       const struct bt_interface *iface)
{
    files->interfaces = bt_realloc(files->interfaces,
                                   (files->n_interfaces + 1)
                                   * sizeof *files->interfaces);
    files->unwritten = bt_realloc(files->unwritten,
                                  (files->n_interfaces + 1)
                                  * sizeof *files->unwritten);
    files->unwritten[files->n_interfaces] = 0;
    files->interfaces[files->n_interfaces++] = *iface;
    if (!files->output) {
        /* Nothing can be written any more. */
    } else if (files->header_written) {
        bt_encode_interface(&files->config->encoder, files->output, iface);
    } else {
        write_header(files, files->config->comments);
    }
    return files->n_interfaces - 1;
}

/* Is there room again where the files are? */
static bool
has_room(const struct bt_files *files)
{
    const char *slash = strrchr(files->config->path, '/');
    char *directory = (slash ? bt_asprintf("%.*s/", (int) (slash
                                                    - files->config->path),
                                           files->config->path)
                       : bt_strdup("."));
    struct statvfs s;
    bool room = (statvfs(directory, &s)
                 || (uint64_t) s.f_bavail * s.f_frsize >= ROOM_MIN);

    free(directory);
    return room;
}

/* Starts the next file.  If the disk is full it is tried again later, and what
 * comes until then is counted as lost. */
static void
try_next(struct bt_files *files)
{
    bt_files_trim(files);
    files->starved = false;
    if (bt_files_start(files, files->config->comments)
        && files->header_written) {
        bt_output_flush(files->output);
    }
}

/* Counts the packets in the output's buffer that were not written. */
static void
count_unwritten(struct bt_files *files)
{
    const struct bt_output *output = files->output;
    size_t length;

    for (size_t i = output->lost_start; i < output->lost_end; i += length) {
        uint32_t number = bt_block_interface(&files->config->encoder,
                                             output->buffer + i,
                                             output->written + i
                                             - output->lost_start);

        length = output->block_length(output->buffer + i,
                                      output->written + i
                                      - output->lost_start);
        if (number < files->n_interfaces) {
            files->unwritten[number]++;
            files->n_unwritten++;
        }
    }
}

/* A sequence of files goes on when its disk has room again: only this file is
 * over.  Returns false if it is another failure. */
static bool
starve(struct bt_files *files)
{
    if (!bt_files_is_sequence(files->config) || !files->output
        || !files->output->failed || !files->output->full) {
        return false;
    }
    count_unwritten(files);
    bt_files_end(files);
    files->failed = false;
    files->starved = true;
    files->was_starved = true;
    files->retry = bt_now_mono() + RETRY;
    return true;
}

/* Goes on after a time without room, if there is some. */
static void
revive(struct bt_files *files)
{
    if (bt_now_mono() < files->retry) {
        return;
    }
    files->retry = bt_now_mono() + RETRY;
    if (has_room(files)) {
        try_next(files);
        if (!starve(files) && files->output) {
            bt_error("%s: there is room again; %llu packets were not written",
                     files->name, (unsigned long long int) files->n_unwritten);
        }
    }
}

/* Ends the current file and, unless that was the last, starts the next. */
static void
next_file(struct bt_files *files)
{
    unsigned int last = files->config->end.files;

    bt_files_end(files);
    if (files->failed || (last && files->number >= last)) {
        files->over = true;
    } else {
        bt_files_trim(files);
        files->over = !bt_files_start(files, files->config->comments);
    }
}

static bool
reached(uint64_t value, uint64_t limit)
{
    return limit && value >= limit;
}

/* Goes by the amount that is in the files. */
static void
check_amounts(struct bt_files *files)
{
    const struct bt_limits *next = &files->config->next;
    const struct bt_limits *end = &files->config->end;
    uint64_t size = bt_output_size(files->output);

    if (reached(files->n_packets, end->packets) || reached(size, end->bytes)) {
        files->over = true;
    } else if (reached(size, next->bytes)
               || reached(files->file_packets, next->packets)) {
        next_file(files);
    }
}

/* Has the interval that the file began in come to its end?  Also by a clock
 * that was set back: it would be right again only after as long. */
static bool
is_interval_over(const struct bt_files *files)
{
    uint64_t now = time(NULL);

    return (reached(now, files->next_interval)
            || interval_end(files->config->next.interval, now)
               < files->next_interval);
}

/* Goes by the clocks. */
static void
check_clocks(struct bt_files *files)
{
    const struct bt_limits *next = &files->config->next;
    const struct bt_limits *end = &files->config->end;
    uint64_t now = bt_now_mono();

    if (reached(now - files->started, end->duration)) {
        files->time_up = true;
    } else if (files->output && !files->recorder
               && (reached(now - files->file_started, next->duration)
                   || is_interval_over(files))) {
        next_file(files);
    }
}

bool
bt_files_accept(const struct bt_files *files)
{
    return (!files->over && !files->failed
            && !(files->output && files->output->failed));
}

void
bt_files_encode(struct bt_files *files, uint32_t number,
                const struct bt_packet *packet)
{
    struct bt_packet p = *packet;

    p.lost += files->unwritten[number];
    files->unwritten[number] = 0;
    bt_encode_packet(&files->config->encoder, files->output, number, &p);
    files->file_packets++;
}

bool
bt_files_packet(struct bt_files *files, uint32_t number,
                const struct bt_packet *packet)
{
    if (!bt_files_accept(files)) {
        return false;
    } else if (files->starved) {
        files->unwritten[number] += 1 + packet->lost;
        files->n_unwritten++;
        return true;
    }
    files->n_packets++;
    if (files->recorder) {
        return bt_recorder_packet(files, number, packet);
    }
    bt_files_encode(files, number, packet);
    if (!starve(files)) {
        check_amounts(files);
    }
    return bt_files_accept(files);
}

void
bt_files_stats(struct bt_files *files, uint32_t number,
               const struct bt_interface_stats *stats)
{
    if (files->output) {
        bt_encode_stats(&files->config->encoder, files->output, number,
                        stats);
    }
}

bool
bt_files_run(struct bt_files *files)
{
    if (files->recorder) {
        bt_recorder_run(files);
    } else if (files->starved) {
        revive(files);
    }
    if (bt_files_accept(files)) {
        check_clocks(files);
    }
    if (files->output && files->header_written
        && !bt_output_flush(files->output) && !starve(files)) {
        files->failed = true;
        files->closed_by_reader |= files->output->closed_by_reader;
    }
    return !files->failed && !files->time_up && bt_files_accept(files);
}

static uint64_t
time_left(uint64_t now, uint64_t start, uint64_t duration)
{
    if (!duration) {
        return UINT64_MAX;
    }
    return now - start >= duration ? 0 : start + duration - now;
}

static uint64_t
min64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t
bt_files_wait(const struct bt_files *files)
{
    const struct bt_files_config *config = files->config;
    uint64_t now = bt_now_mono();
    uint64_t wait = time_left(now, files->started, config->end.duration);

    if (files->recorder) {
        return min64(wait, bt_recorder_wait(files));
    } else if (files->starved) {
        return min64(wait, time_left(now, files->retry - RETRY, RETRY));
    }
    if (files->output && files->header_written) {
        wait = min64(wait, bt_output_wait(files->output));
    }
    wait = min64(wait, time_left(now, files->file_started,
                                 config->next.duration));
    if (files->next_interval) {
        uint64_t real = bt_now_real();
        uint64_t due = files->next_interval * BT_NSEC;

        wait = min64(wait, real >= due ? 0 : due - real);
    }
    return wait;
}

int
bt_files_pipe(const struct bt_files *files)
{
    const struct bt_output *output = files->output;

    return output && !output->regular ? output->fd : -1;
}

void
bt_files_hang_up(struct bt_files *files)
{
    if (files->output) {
        bt_output_hang_up(files->output);
    }
}

bool
bt_files_failed(const struct bt_files *files)
{
    return files->failed;
}

bool
bt_files_closed_by_reader(const struct bt_files *files)
{
    return files->closed_by_reader;
}

uint64_t
bt_files_n_packets(const struct bt_files *files)
{
    return files->n_packets;
}

uint64_t
bt_files_n_bytes(const struct bt_files *files)
{
    return (files->old_bytes
            + (files->output ? bt_output_size(files->output) : 0));
}

bool
bt_files_close(struct bt_files *files)
{
    bool ok;

    if (files->recorder) {
        bt_recorder_close(files);
    }
    bt_files_end(files);
    if (files->starved && files->n_unwritten) {
        bt_error("%llu packets were not written for want of room",
                 (unsigned long long int) files->n_unwritten);
    }
    ok = !files->failed && !files->was_starved;
    bt_strv_free(&files->names);
    free(files->stamped);
    free(files->unwritten);
    free(files->interfaces);
    free(files);
    return ok;
}
