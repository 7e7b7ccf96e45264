/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* The sequence of files that a capture writes: one, many, or a ring of many,
 * with the conditions under which dumpcap(1) goes on to the next file or ends.
 *
 * Durations are measured on the monotonic clock, so that a change of the time
 * of day neither ends a capture nor keeps it going.  Only the interval
 * condition, which is about times of day, follows the real one.
 *
 * One thread, no locks. */

#ifndef BPFTAP_FILES_H
#define BPFTAP_FILES_H 1

#include <stdbool.h>
#include <stdint.h>

#include "bpftap-compress.h"
#include "bpftap-format.h"
#include "bpftap-util.h"

/* Limits: 0 stands for none. */
struct bt_limits {
    uint64_t bytes;
    uint64_t packets;
    uint64_t duration;          /* Nanoseconds. */
    uint64_t interval;          /* Seconds; for the next file only. */
    unsigned int files;         /* Next file: size of the ring.  End: number
                                 * of files. */
};

/* A recorder keeps packets in memory, and writes a file when something
 * happens. */
struct bt_record {
    size_t memory;              /* Bytes. */
    uint64_t before;            /* Nanoseconds to write of what was before; 0
                                 * for all that there is. */
    uint64_t after;             /* Nanoseconds to write from then on. */
    uint64_t pause;             /* After a file, before the next one. */
};

struct bt_files_config {
    const char *path;           /* "-" for standard output.  If NULL, */
    int (*open)(void *aux);     /* returns a descriptor, or -1 after a
                                 * message. */
    void *open_aux;
    struct bt_encoder encoder;
    enum bt_compression compression;
    const struct bt_strv *comments;
    struct bt_limits next;      /* When to go on to the next file. */
    struct bt_limits end;       /* When to end. */
    const struct bt_record *record; /* NULL unless packets are recorded. */
    const char *print_names;    /* Where names of complete files go: "-",
                                 * "stderr", a file, or NULL for nowhere. */
    bool reader_may_close;      /* It ends the capture well. */
    bool quiet;                 /* A recorder tells nothing of its files. */
    bool time_first;            /* NAME_TIME_NUMBER, not NAME_NUMBER_TIME. */
};

struct bt_files;

/* Called at the end of each file, to write what belongs there. */
typedef void bt_files_closing_func(struct bt_files *, void *aux);

/* Opens the first file.  'config' must stay.  Returns NULL after a message. */
struct bt_files *bt_files_open(const struct bt_files_config *config,
                               bt_files_closing_func *, void *aux);

/* Adds an interface, to this file and those to come, and returns its number.
 * The strings must stay. */
uint32_t bt_files_add_interface(struct bt_files *,
                                const struct bt_interface *);

/* Writes a packet of interface 'number', to a new file if that is due.
 * Returns false when the capture is over: by a condition or an error. */
bool bt_files_packet(struct bt_files *, uint32_t number,
                     const struct bt_packet *);

/* Writes statistics of interface 'number'. */
void bt_files_stats(struct bt_files *, uint32_t number,
                    const struct bt_interface_stats *);

/* Does what is due by the clock and writes out what is collected.  Returns
 * false when the capture is over. */
bool bt_files_run(struct bt_files *);

/* Returns the nanoseconds until bt_files_run() has something to do by the
 * clock, UINT64_MAX for never. */
uint64_t bt_files_wait(const struct bt_files *);

/* Would another packet be written?  After the end by duration, those that came
 * before it still are. */
bool bt_files_accept(const struct bt_files *);

/* Returns the descriptor of a pipe that is written, on which poll(2) reports
 * POLLERR or POLLHUP when its reader has closed the other end, or -1.  Then
 * call bt_files_hang_up(). */
int bt_files_pipe(const struct bt_files *);
void bt_files_hang_up(struct bt_files *);

/* Something has happened for which a recorder writes: the packets that it has,
 * and those that come for some time from then on.  'reason' goes into the
 * file. */
void bt_files_event(struct bt_files *, const char *reason);

/* Is a recorder writing a file? */
bool bt_files_is_writing(const struct bt_files *);

/* Says on one line, for people, what a recorder has and does.  The caller frees
 * it. */
char *bt_files_describe(const struct bt_files *);

/* Has anything failed?  Was it because the reader closed its end? */
bool bt_files_failed(const struct bt_files *);
bool bt_files_closed_by_reader(const struct bt_files *);

/* Packets in all files, and in all files that are complete or being
 * written the bytes. */
uint64_t bt_files_n_packets(const struct bt_files *);
uint64_t bt_files_n_bytes(const struct bt_files *);

/* Ends the last file and frees 'files'.  Returns false if anything failed. */
bool bt_files_close(struct bt_files *files);

/* Parses a condition such as "filesize:1000" into 'limits'.  'what' is the
 * option, for messages; 'next' says which conditions there are. */
void bt_files_parse_next(const char *what, const char *s,
                         struct bt_files_config *config);
void bt_files_parse_end(const char *what, const char *s,
                        struct bt_files_config *config);

/* Returns a name for a file, or the files of a sequence, that have none: with
 * the time in it, and with 'suffix' ("pcap" or "pcapng").  The caller frees
 * it. */
char *bt_files_default_name(const struct bt_files_config *,
                            const char *suffix);

/* Ends the program with a message if the conditions do not go together. */
void bt_files_check(const struct bt_files_config *);

#endif /* bpftap-files.h */
