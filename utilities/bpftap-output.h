/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Where capture files go: a regular file, a pipe, a FIFO, standard output.
 *
 * Blocks are collected in memory and written with few large write(2)s.  The
 * output never holds half a block for longer than one such call lasts, and a
 * regular file that cannot take a block whole (full disk) is cut back to its
 * last whole one.
 *
 * One thread, no locks. */

#ifndef BPFTAP_OUTPUT_H
#define BPFTAP_OUTPUT_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpftap-compress.h"

/* Returns the length of the block at 'block', which lies 'offset' bytes from
 * the start of the output.  The whole block is in memory. */
typedef size_t bt_block_length_func(const uint8_t *block, uint64_t offset);

struct bt_output {
    char *name;                 /* For messages. */
    int fd;
    bool regular;               /* A regular file, which can be cut back. */
    bool owned;                 /* Close 'fd' at the end? */
    bool reader_may_close;      /* A closed pipe needs no message. */
    bool failed;                /* The message is out; nothing more goes. */
    bool closed_by_reader;      /* It failed with EPIPE. */
    bool full;                  /* It failed for want of room. */
    bt_block_length_func *block_length;
    enum bt_compression compression;
    uint64_t stored;            /* Bytes that 'fd' has of compressed pieces. */
    uint64_t last_piece;        /* When the last was written, monotonic. */

    uint8_t *buffer;            /* Whole blocks, not yet written. */
    size_t used;
    size_t allocated;
    size_t lost_start, lost_end; /* Whole blocks in 'buffer', once it failed,
                                  * that were not written. */
    uint64_t written;           /* Bytes that 'fd' has, before compression. */
};

/* Opens 'name' ("-" for standard output) and empties it.  A regular file is
 * locked, so that two captures never write the same one.  Returns NULL after
 * a message. */
struct bt_output *bt_output_open(const char *name, bt_block_length_func *);

/* Sets the compression of an output of which nothing has been written. */
void bt_output_compress(struct bt_output *, enum bt_compression);

/* Takes over the open descriptor 'fd', called 'name' in messages. */
struct bt_output *bt_output_from_fd(int fd, const char *name,
                                    bt_block_length_func *);

/* Returns room for a block of 'n' bytes.  The block counts as part of the
 * output from then on: fill it before the next call. */
uint8_t *bt_output_block(struct bt_output *, size_t n);

/* Bytes of the output, written or not, before compression. */
uint64_t bt_output_size(const struct bt_output *);

/* Writes what is collected; with compression, if it is much or a second old.
 * Returns false if that failed now or earlier. */
bool bt_output_flush(struct bt_output *);

/* Nanoseconds until bt_output_flush() writes what it has kept back, UINT64_MAX
 * if that is nothing. */
uint64_t bt_output_wait(const struct bt_output *);

/* The reader of a pipe has closed its end: nothing more will be written. */
void bt_output_hang_up(struct bt_output *);

/* Flushes and closes 'output', also NULL, and frees it.  Returns false if
 * anything since bt_output_open() failed. */
bool bt_output_close(struct bt_output *);

#endif /* bpftap-output.h */
