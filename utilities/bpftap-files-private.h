/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What the files of a sequence of files share.
 *
 *     bpftap-files.c           one file, many, or a ring of many
 *     bpftap-files-name.c      their names
 *     bpftap-files-parse.c     conditions of the command line
 *     bpftap-files-record.c    files that begin when something happens
 *
 * One thread, no locks. */

#ifndef BPFTAP_FILES_PRIVATE_H
#define BPFTAP_FILES_PRIVATE_H 1

#include "bpftap-files.h"
#include "bpftap-output.h"

struct bt_files {
    const struct bt_files_config *config;
    bt_files_closing_func *closing;
    void *aux;

    struct bt_output *output;
    char *name;                 /* Of the current file. */
    unsigned int number;        /* Of the current file, from 1. */
    unsigned int first_number;  /* What it was at the start. */
    char *stamped;              /* Last name from strftime(), or NULL... */
    unsigned int n_stamped;     /* ...and how many files had it. */
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

    /* While no more can be written to a sequence: disk full. */
    bool starved;
    bool was_starved;           /* At any time. */
    uint64_t retry;             /* When to try again, monotonic. */
    uint64_t *unwritten;        /* Packets, by interface. */
    uint64_t n_unwritten;       /* Of all, ever. */

    struct bt_recorder *recorder; /* NULL unless config->record. */
};

/* Does 'config' ask for more than one file? */
bool bt_files_is_sequence(const struct bt_files_config *);

/* Starts the next file, and ends the current one.  bt_files_start() returns
 * false if that failed, see 'failed'; 'comments' are for its header. */
bool bt_files_start(struct bt_files *, const struct bt_strv *comments);
void bt_files_end(struct bt_files *);

/* Removes the oldest files until the ring has room for one more. */
void bt_files_trim(struct bt_files *);

/* Writes 'packet' to the current file, whatever the conditions. */
void bt_files_encode(struct bt_files *, uint32_t number,
                     const struct bt_packet *);

/* Returns the name of the next file.  The caller frees it. */
char *bt_files_name(struct bt_files *);

/* Puts the files of an earlier run, of the same sequence, before those of this
 * one. */
void bt_files_adopt(struct bt_files *);

/* Of a recorder, as the functions of the same names without "recorder". */
void bt_recorder_open(struct bt_files *);
void bt_recorder_close(struct bt_files *);
bool bt_recorder_packet(struct bt_files *, uint32_t number,
                        const struct bt_packet *);
void bt_recorder_run(struct bt_files *);
uint64_t bt_recorder_wait(const struct bt_files *);

#endif /* bpftap-files-private.h */
