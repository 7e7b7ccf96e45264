/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Output of capture files; see bpftap-output.h. */

#include "bpftap-output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpftap-util.h"

/* Large enough that the cost of a system call disappears, small enough to stay
 * in the second-level cache of most processors. */
#define BUFFER_SIZE (512 * 1024)

void
bt_output_compress(struct bt_output *output, enum bt_compression compression)
{
    output->compression = compression;
    output->last_piece = bt_now_mono();
}

struct bt_output *
bt_output_from_fd(int fd, const char *name,
                  bt_block_length_func *block_length)
{
    struct bt_output *output = bt_zalloc(sizeof *output);
    struct stat s;

    output->fd = fd;
    output->name = bt_strdup(name);
    output->owned = true;
    output->regular = !fstat(fd, &s) && S_ISREG(s.st_mode);
    output->block_length = block_length;
    output->allocated = BUFFER_SIZE;
    output->buffer = bt_alloc(output->allocated);
    return output;
}

/* Locks the file 'fd' for this process.  Returns false after a message. */
static bool
lock_file(int fd, const char *name)
{
    struct flock lock;

    memset(&lock, 0, sizeof lock);
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (!fcntl(fd, F_SETLK, &lock)) {
        return true;
    } else if (errno != EAGAIN && errno != EACCES) {
        return true;            /* A file system without locks. */
    }

    memset(&lock, 0, sizeof lock);
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (!fcntl(fd, F_GETLK, &lock) && lock.l_type != F_UNLCK) {
        bt_error("%s: process %ld is writing this file; choose another name",
                 name, (long int) lock.l_pid);
    } else {
        bt_error("%s: another process is writing this file; choose another "
                 "name", name);
    }
    return false;
}

/* What to do about an error of open(2), or "". */
static const char *
open_advice(int error)
{
    switch (error) {
    case EISDIR:
        return "; name a file inside it";
    case EACCES:
    case EPERM:
    case EROFS:
        return "; choose a place where you may write";
    case ENOENT:
        return "; make the directory first";
    default:
        return "";
    }
}

static struct bt_output *
open_stdout(bt_block_length_func *block_length)
{
    struct bt_output *output;

    if (isatty(STDOUT_FILENO)) {
        bt_error("standard output is a terminal, which cannot show a capture "
                 "file; redirect it, or use \"ovs-bpftap dump\"");
        return NULL;
    }
    output = bt_output_from_fd(STDOUT_FILENO, "standard output",
                               block_length);
    output->owned = false;
    output->regular = false;    /* Others may write it: never cut it back. */
    return output;
}

struct bt_output *
bt_output_open(const char *name, bt_block_length_func *block_length)
{
    struct bt_output *output;
    int fd;

    if (!strcmp(name, "-")) {
        return open_stdout(block_length);
    }

    fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0) {
        bt_error("%s: cannot write (%s)%s", name, strerror(errno),
                 open_advice(errno));
        return NULL;
    }
    output = bt_output_from_fd(fd, name, block_length);
    if (output->regular) {
        if (!lock_file(fd, name)) {
            output->failed = true;
        } else if (ftruncate(fd, 0)) {
            bt_error("%s: cannot empty the file (%s)", name, strerror(errno));
            output->failed = true;
        }
    }
    if (output->failed) {
        bt_output_close(output);
        return NULL;
    }
    return output;
}

uint64_t
bt_output_size(const struct bt_output *output)
{
    return output->written + output->used;
}

/* Cuts a regular file back to the last of the blocks from 'output->buffer' of
 * which all was among the 'n' bytes that could be written. */
static void
cut_back(struct bt_output *output, size_t n)
{
    uint64_t start = output->written;
    size_t whole = 0;

    while (whole < n) {
        size_t length = output->block_length(output->buffer + whole,
                                             start + whole);

        if (whole + length > n) {
            break;
        }
        whole += length;
    }
    output->written = start + whole;
    output->lost_start = whole;
    output->lost_end = output->used;
    if (output->regular
        && ftruncate(output->fd, (output->compression == BT_PLAIN
                                  ? output->written : output->stored))) {
        bt_error("%s: the last packet is incomplete (%s)",
                 output->name, strerror(errno));
    }
}

static void
fail(struct bt_output *output, int error, size_t n_done)
{
    cut_back(output, n_done);
    output->failed = true;
    output->used = 0;
    output->closed_by_reader = error == EPIPE;
    output->full = error == ENOSPC || error == EDQUOT;
    if (error == EPIPE && output->reader_may_close) {
        /* Its reader knows why. */
    } else if (error == EPIPE) {
        bt_error("%s: nobody reads it any more (%s)",
                 output->name, strerror(error));
    } else if (error == EINTR) {
        bt_error("%s: its reader has stopped reading; the last packets are "
                 "lost", output->name);
    } else {
        bt_error("%s: cannot write (%s)%s", output->name, strerror(error),
                 output->regular ? "; the file ends with the last packet that "
                                   "fitted" : "");
    }
}

/* Writes the 'n' bytes at 'data'.  Returns how many went, less than all of them
 * with an error in errno. */
static size_t
write_patiently(int fd, const void *data, size_t n)
{
    size_t done = 0;
    int patience = 2;

    while (done < n) {
        ssize_t retval = write(fd, (const char *) data + done, n - done);

        if (retval > 0) {
            done += retval;
        } else if (retval < 0 && errno == EINTR
                   && (!bt_stop_signal() || patience-- > 0)) {
            /* The user wants to stop, or will; a reader that is alive gets a
             * second or two to take the rest. */
        } else if (retval < 0) {
            break;
        }
    }
    return done;
}

/* Writes what is collected as one compressed piece.  One that does not fit is
 * taken back. */
static bool
flush_piece(struct bt_output *output)
{
    struct bt_str piece = { NULL, 0, 0 };
    bool ok;

    if (!output->used) {
        return true;
    }
    bt_compress(output->compression, output->buffer, output->used, &piece);
    ok = write_patiently(output->fd, piece.s, piece.length) == piece.length;
    if (ok) {
        output->stored += piece.length;
        output->written += output->used;
        output->used = 0;
        output->last_piece = bt_now_mono();
    } else {
        fail(output, errno, 0);
    }
    bt_str_free(&piece);
    return ok;
}

static bool
flush_all(struct bt_output *output)
{
    size_t done;

    if (output->failed) {
        output->used = 0;
        return false;
    } else if (output->compression != BT_PLAIN) {
        return flush_piece(output);
    }
    done = write_patiently(output->fd, output->buffer, output->used);
    if (done < output->used) {
        fail(output, errno, done);
        return false;
    }
    output->written += done;
    output->used = 0;
    return true;
}

bool
bt_output_flush(struct bt_output *output)
{
    if (output->compression != BT_PLAIN && !output->failed
        && output->used < BUFFER_SIZE / 2
        && bt_now_mono() - output->last_piece < BT_NSEC) {
        return true;
    }
    return flush_all(output);
}

void
bt_output_hang_up(struct bt_output *output)
{
    if (!output->failed) {
        fail(output, EPIPE, 0);
    }
}

uint64_t
bt_output_wait(const struct bt_output *output)
{
    uint64_t age = bt_now_mono() - output->last_piece;

    if (output->compression == BT_PLAIN || output->failed || !output->used) {
        return UINT64_MAX;
    }
    return age < BT_NSEC ? BT_NSEC - age : 0;
}

uint8_t *
bt_output_block(struct bt_output *output, size_t n)
{
    uint8_t *block;

    if (output->used + n > BUFFER_SIZE) {
        flush_all(output);
        if (n > output->allocated) {
            output->allocated = n;
            output->buffer = bt_realloc(output->buffer, n);
        }
    }
    block = output->buffer + output->used;
    output->used += n;
    return block;
}

bool
bt_output_close(struct bt_output *output)
{
    bool ok;

    if (!output) {
        return true;
    }

    ok = flush_all(output);
    if (output->owned && close(output->fd) && ok) {
        bt_error("%s: cannot write (%s)", output->name, strerror(errno));
        ok = false;
    }
    free(output->buffer);
    free(output->name);
    free(output);
    return ok;
}
