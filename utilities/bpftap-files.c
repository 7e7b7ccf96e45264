/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Sequence of capture files; see bpftap-files.h. */

#include "bpftap-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpftap-output.h"

struct bt_files {
    const struct bt_files_config *config;
    bt_files_closing_func *closing;
    void *aux;

    struct bt_output *output;
    char *name;                 /* Of the current file. */
    unsigned int number;        /* Of the current file, from 1. */
    struct bt_strv names;       /* Complete files of the ring. */
    size_t n_removed;           /* Of 'names', from the start. */

    bool header_written;        /* pcap's waits for the first interface. */
    bool failed;
    bool closed_by_reader;
    bool over;                  /* No more packets. */
    bool time_up;               /* No more than what has come until now. */

    uint64_t started;           /* Monotonic, of the capture... */
    uint64_t file_started;      /* ...and of the current file. */
    uint64_t next_interval;     /* Real time, seconds. */
    uint64_t n_packets;         /* Of the capture... */
    uint64_t file_packets;      /* ...and in the current file. */
    uint64_t old_bytes;         /* In files before the current one. */

    struct bt_interface *interfaces;
    size_t n_interfaces;
};

static bool
is_sequence(const struct bt_files_config *config)
{
    const struct bt_limits *next = &config->next;

    return next->bytes || next->packets || next->duration || next->interval;
}

/* Splits off what follows the last dot of the last component of 'path', the
 * dot included.  Returns a pointer to it, or to the terminating null. */
static const char *
find_suffix(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');

    return dot && dot != base ? dot : base + strlen(base);
}

/* As find_suffix(), with the suffix before one of a compression. */
static const char *
find_whole_suffix(const char *path)
{
    const char *suffix = find_suffix(path);
    char *stem;

    if (bt_compression_of_name(path) == BT_PLAIN) {
        return suffix;
    }
    stem = bt_asprintf("%.*s", (int) (suffix - path), path);
    suffix = path + (find_suffix(stem) - stem);
    free(stem);
    return suffix;
}

/* As dumpcap(1) names them: NAME_00001_20261122103000.pcapng. */
static char *
sequence_name(const struct bt_files_config *config, unsigned int number)
{
    const char *suffix = find_whole_suffix(config->path);
    int stem = suffix - config->path;
    time_t now = time(NULL);
    struct tm tm;
    char stamp[32];

    strftime(stamp, sizeof stamp, "%Y%m%d%H%M%S", localtime_r(&now, &tm));
    return (config->time_first
            ? bt_asprintf("%.*s_%s_%05u%s", stem, config->path, stamp, number,
                          suffix)
            : bt_asprintf("%.*s_%05u_%s%s", stem, config->path, number, stamp,
                          suffix));
}

static void
write_header(struct bt_files *files)
{
    const struct bt_files_config *config = files->config;
    static const struct bt_interface ethernet = { .name = "", .dlt = 1 };

    bt_encode_start(&config->encoder, files->output,
                    files->n_interfaces ? files->interfaces : &ethernet,
                    config->comments);
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

static bool
start_file(struct bt_files *files)
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
        files->name = (is_sequence(config)
                       ? sequence_name(config, files->number)
                       : bt_strdup(config->path));
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
        write_header(files);
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
        printf("%s\n", name);
        fflush(stdout);
    } else {
        stream = fopen(to, "a");
        if (!stream || fprintf(stream, "%s\n", name) < 0 || fclose(stream)) {
            bt_error("%s: cannot write the name of a file (%s)",
                     to, strerror(errno));
        }
    }
}

/* Removes the oldest files until the ring has room for one more. */
static void
trim_ring(struct bt_files *files)
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

static void
end_file(struct bt_files *files)
{
    if (files->output) {
        if (!files->header_written) {
            write_header(files);
        }
        files->closing(files, files->aux);
        files->old_bytes += bt_output_size(files->output);
        if (!bt_output_flush(files->output)) {
            files->failed = true;
            files->closed_by_reader |= files->output->closed_by_reader;
        }
        if (!bt_output_close(files->output)) {
            files->failed = true;
        }
        files->output = NULL;
        if (strcmp(files->name, "-")) {
            print_name(files->config, files->name);
        }
        bt_strv_add(&files->names, files->name);
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
    if (!start_file(files)) {
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
    files->interfaces[files->n_interfaces++] = *iface;
    if (!files->output) {
        /* Nothing can be written any more. */
    } else if (files->header_written) {
        bt_encode_interface(&files->config->encoder, files->output, iface);
    } else {
        write_header(files);
    }
    return files->n_interfaces - 1;
}

/* Ends the current file and, unless that was the last, starts the next. */
static void
next_file(struct bt_files *files)
{
    unsigned int last = files->config->end.files;

    end_file(files);
    if (files->failed || (last && files->number >= last)) {
        files->over = true;
    } else {
        trim_ring(files);
        files->over = !start_file(files);
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

/* Goes by the clocks. */
static void
check_clocks(struct bt_files *files)
{
    const struct bt_limits *next = &files->config->next;
    const struct bt_limits *end = &files->config->end;
    uint64_t now = bt_now_mono();

    if (reached(now - files->started, end->duration)) {
        files->time_up = true;
    } else if (reached(now - files->file_started, next->duration)
               || reached(time(NULL), files->next_interval)) {
        next_file(files);
    }
}

bool
bt_files_accept(const struct bt_files *files)
{
    return !files->over && !files->failed && !files->output->failed;
}

bool
bt_files_packet(struct bt_files *files, uint32_t number,
                const struct bt_packet *packet)
{
    if (!bt_files_accept(files)) {
        return false;
    }
    bt_encode_packet(&files->config->encoder, files->output, number, packet);
    files->n_packets++;
    files->file_packets++;
    check_amounts(files);
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
    if (bt_files_accept(files)) {
        check_clocks(files);
    }
    if (files->output && files->header_written
        && !bt_output_flush(files->output)) {
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
    uint64_t wait = min64(time_left(now, files->started,
                                    config->end.duration),
                          time_left(now, files->file_started,
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

    end_file(files);
    ok = !files->failed;
    bt_strv_free(&files->names);
    free(files->interfaces);
    free(files);
    return ok;
}

/* Returns the part of 's' after the colon if what is before it is 'name'. */
static const char *
condition_value(const char *s, const char *name)
{
    size_t n = strlen(name);

    return !strncmp(s, name, n) && s[n] == ':' ? s + n + 1 : NULL;
}

/* Parses the conditions that both options have.  Returns false if 's' is none
 * of them. */
static bool
parse_limit(const char *what, const char *s, struct bt_limits *limits)
{
    const char *value;

    if ((value = condition_value(s, "filesize"))) {
        /* dumpcap's kilobytes have 1000 bytes. */
        limits->bytes = 1000 * bt_parse_uint(what, value, 1, UINT32_MAX);
    } else if ((value = condition_value(s, "packets"))) {
        limits->packets = bt_parse_uint(what, value, 1, INT64_MAX);
    } else if ((value = condition_value(s, "duration"))) {
        limits->duration = bt_parse_duration(what, value);
    } else if ((value = condition_value(s, "files"))) {
        limits->files = bt_parse_uint(what, value, 1, 99999);
    } else {
        return false;
    }
    return true;
}

void
bt_files_parse_next(const char *what, const char *s,
                    struct bt_files_config *config)
{
    const char *value;

    if (parse_limit(what, s, &config->next)) {
        /* Done. */
    } else if ((value = condition_value(s, "interval"))) {
        config->next.interval = (bt_parse_duration(what, value) + BT_NSEC - 1)
                                / BT_NSEC;
    } else if ((value = condition_value(s, "printname"))) {
        config->print_names = value;
    } else if ((value = condition_value(s, "nametimenum"))) {
        config->time_first = bt_parse_uint(what, value, 1, 2) == 2;
    } else {
        bt_usage("%s: \"%s\" is none of filesize:KB, duration:TIME, "
                 "interval:TIME, packets:N, files:N, printname:FILE and "
                 "nametimenum:1|2", what, s);
    }
}

void
bt_files_parse_end(const char *what, const char *s,
                   struct bt_files_config *config)
{
    if (!parse_limit(what, s, &config->end)) {
        bt_usage("%s: \"%s\" is none of duration:TIME, filesize:KB, "
                 "packets:N and files:N", what, s);
    }
}

void
bt_files_check(const struct bt_files_config *config)
{
    bool sequence = is_sequence(config);

    if (sequence && (!config->path || !strcmp(config->path, "-"))) {
        bt_usage("-b: several files need a name, given with -w FILE, and not "
                 "standard output");
    } else if (!sequence && (config->next.files || config->end.files)) {
        bt_usage("a number of files needs a condition for the next file, "
                 "such as -b filesize:1000");
    } else if (sequence && config->end.bytes) {
        bt_usage("-a filesize and several files exclude each other; use "
                 "-b filesize for the size of each");
    }
}
