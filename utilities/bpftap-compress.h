/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Compressed capture files: gzip by zlib, zstd by its own library.
 *
 * What is written consists of pieces that are each whole for themselves
 * (members of gzip, frames of zstd), so that a file which ends after any of
 * them can be read to its end.
 *
 * One thread, no locks. */

#ifndef BPFTAP_COMPRESS_H
#define BPFTAP_COMPRESS_H 1

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "bpftap-util.h"

enum bt_compression {
    BT_PLAIN,
    BT_GZIP,
    BT_ZSTD,
};

/* Parses the argument of -z.  Ends the program with a message if it is none. */
enum bt_compression bt_compression_parse(const char *what, const char *s);

/* What the suffix of 'name' asks for: ".gz", ".zst". */
enum bt_compression bt_compression_of_name(const char *name);

/* ".gz", ".zst" or "". */
const char *bt_compression_suffix(enum bt_compression);

/* Appends the 'n' bytes at 'data', compressed, to 'out'. */
void bt_compress(enum bt_compression, const void *data, size_t n,
                 struct bt_str *out);

/* Opens the file 'name' ("-" for standard input) for reading; if it is
 * compressed, what is read is not.  Returns NULL with errno.  '*child' is a
 * process that decompresses, or 0: after closing the stream, bt_input_close()
 * takes care of it. */
FILE *bt_input_open(const char *name, pid_t *child);

/* Closes 'stream'.  Returns false if what was compressed was damaged, or did
 * not come to its end. */
bool bt_input_close(FILE *stream, pid_t child);

#endif /* bpftap-compress.h */
