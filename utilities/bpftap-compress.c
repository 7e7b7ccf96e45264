/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Compression; see bpftap-compress.h. */

#include "bpftap-compress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "bpftap-child.h"

/* zlib: the largest window, in the format of gzip. */
#define GZIP_WINDOW (15 + 16)

/* Levels that keep up with a capture. */
#define GZIP_LEVEL 1
#define ZSTD_LEVEL 1

static const char *const suffixes[] = {
    [BT_PLAIN] = "",
    [BT_GZIP] = ".gz",
    [BT_ZSTD] = ".zst",
};

enum bt_compression
bt_compression_parse(const char *what, const char *s)
{
    if (!strcmp(s, "gzip")) {
        return BT_GZIP;
    } else if (!strcmp(s, "zstd")) {
        return BT_ZSTD;
    }
    bt_usage("%s: \"%s\" is none of gzip and zstd", what, s);
}

enum bt_compression
bt_compression_of_name(const char *name)
{
    const char *suffix = strrchr(name, '.');

    for (size_t i = BT_GZIP; suffix && i < BT_ARRAY_SIZE(suffixes); i++) {
        if (!strcmp(suffix, suffixes[i])) {
            return (enum bt_compression) i;
        }
    }
    return BT_PLAIN;
}

const char *
bt_compression_suffix(enum bt_compression compression)
{
    return suffixes[compression];
}

/* Makes room for 'n' more bytes at the end of 'out' and returns it. */
static void *
reserve(struct bt_str *out, size_t n)
{
    if (out->length + n > out->allocated) {
        out->allocated = out->length + n;
        out->s = bt_realloc(out->s, out->allocated);
    }
    return out->s + out->length;
}

static void
compress_gzip(const void *data, size_t n, struct bt_str *out)
{
    z_stream z;

    memset(&z, 0, sizeof z);
    if (deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        bt_fatal("out of memory");
    }
    z.avail_out = deflateBound(&z, n);
    z.next_out = reserve(out, z.avail_out);
    z.next_in = (Bytef *) data;
    z.avail_in = n;
    deflate(&z, Z_FINISH);      /* With so much room it comes to its end. */
    out->length += z.total_out;
    deflateEnd(&z);
}

static void
compress_zstd(const void *data, size_t n, struct bt_str *out)
{
    size_t bound = ZSTD_compressBound(n);
    size_t length = ZSTD_compress(reserve(out, bound), bound, data, n,
                                  ZSTD_LEVEL);

    if (ZSTD_isError(length)) {
        bt_fatal("zstd: %s", ZSTD_getErrorName(length));
    }
    out->length += length;
}

void
bt_compress(enum bt_compression compression, const void *data, size_t n,
            struct bt_str *out)
{
    switch (compression) {
    case BT_PLAIN:
        bt_str_put(out, data, n);
        break;
    case BT_GZIP:
        compress_gzip(data, n, out);
        break;
    case BT_ZSTD:
        compress_zstd(data, n, out);
        break;
    }
}

/* Reading: in a process of its own, which writes into a pipe. */

/* What is at the front of 'stream', of which that tells by its first byte: no
 * capture file starts with one of these. */
static enum bt_compression
look_at(FILE *stream)
{
    int c = getc(stream);

    ungetc(c, stream);
    return c == 0x1f ? BT_GZIP : c == 0x28 ? BT_ZSTD : BT_PLAIN;
}

/* Returns true if all went well, and to the end of a member. */
static bool
decompress_gzip(FILE *stream, int fd)
{
    unsigned char in[65536], out[65536];
    int status = Z_OK;
    z_stream z;

    memset(&z, 0, sizeof z);
    if (inflateInit2(&z, GZIP_WINDOW) != Z_OK) {
        return false;
    }
    for (;;) {
        if (!z.avail_in) {
            z.next_in = in;
            z.avail_in = fread(in, 1, sizeof in, stream);
            if (!z.avail_in) {
                return status == Z_STREAM_END;
            }
        }
        if (status == Z_STREAM_END) {
            inflateReset(&z);
        }
        z.next_out = out;
        z.avail_out = sizeof out;
        status = inflate(&z, Z_NO_FLUSH);
        if (bt_write_all(fd, out, sizeof out - z.avail_out)
            || (status != Z_OK && status != Z_STREAM_END
                && status != Z_BUF_ERROR)) {
            return false;
        }
    }
}

static bool
decompress_zstd(FILE *stream, int fd)
{
    ZSTD_DStream *z = ZSTD_createDStream();
    char in[65536], out[131072];
    size_t left = 1;
    size_t n;

    while (z && (n = fread(in, 1, sizeof in, stream)) > 0) {
        ZSTD_inBuffer input = { in, n, 0 };
        ZSTD_outBuffer output;

        do {
            output = (ZSTD_outBuffer) { out, sizeof out, 0 };
            left = ZSTD_decompressStream(z, &output, &input);
            if (ZSTD_isError(left) || bt_write_all(fd, out, output.pos)) {
                return false;
            }
        } while (input.pos < input.size || output.pos == output.size);
    }
    return !left;
}

static FILE *
fork_to_decompress(FILE *stream, enum bt_compression compression,
                   pid_t *child)
{
    int fds[2];

    if (pipe(fds)) {
        return NULL;
    }
    fflush(stdout);
    *child = fork();
    if (!*child) {
        close(fds[0]);
        bt_signals_default();
        _exit(compression == BT_GZIP
              ? !decompress_gzip(stream, fds[1])
              : !decompress_zstd(stream, fds[1]));
    }
    close(fds[1]);
    if (*child < 0) {
        close(fds[0]);
        return NULL;
    }
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fclose(stream);
    return fdopen(fds[0], "rb");
}

FILE *
bt_input_open(const char *name, pid_t *child)
{
    FILE *stream = !strcmp(name, "-") ? stdin : fopen(name, "rb");
    enum bt_compression compression;

    *child = 0;
    if (!stream) {
        return NULL;
    }
    compression = look_at(stream);
    return (compression == BT_PLAIN
            ? stream
            : fork_to_decompress(stream, compression, child));
}

bool
bt_input_close(FILE *stream, pid_t child)
{
    if (stream) {
        fclose(stream);
    }
    return !child || !bt_wait_pid(child);
}
