/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* The switch's control socket: JSON-RPC, one object for a call and one for the
 * answer; see bpftap-control.h. */

#include "bpftap-control.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpftap-socket.h"
#include "bpftap-util.h"

/* How long the switch may take for its answer. */
#define PATIENCE (2 * BT_NSEC)

/* Longest answer that is read: what a switch of 10,000 ports says of each. */
#define ANSWER_MAX (64 << 20)

/* Finds the end of a JSON object as its bytes come. */
struct scanner {
    size_t depth;
    bool in_string;
    bool escaped;
};

/* Returns true at the brace that closes the object. */
static bool
scan(struct scanner *s, char c)
{
    if (s->escaped) {
        s->escaped = false;
    } else if (s->in_string) {
        s->escaped = c == '\\';
        s->in_string = c != '"';
    } else if (c == '"') {
        s->in_string = true;
    } else if (c == '{') {
        s->depth++;
    } else if (c == '}' && s->depth) {
        return !--s->depth;
    }
    return false;
}

/* Appends the 'n' bytes at 'data'.  Returns true if the object ends in them. */
static bool
add_bytes(struct scanner *s, struct bt_str *answer, const char *data, size_t n)
{
    bool ended = false;

    bt_str_put(answer, data, n);
    for (size_t i = 0; i < n && !ended; i++) {
        ended = scan(s, data[i]);
    }
    return ended;
}

static int
read_answer(int fd, struct bt_str *answer)
{
    struct scanner scanner = { .depth = 0 };
    uint64_t deadline = bt_now_mono() + PATIENCE;
    uint64_t now;

    while ((now = bt_now_mono()) < deadline && !bt_stop_signal()) {
        struct pollfd pollfd = { fd, POLLIN, 0 };
        char buffer[16384];
        ssize_t n;

        poll(&pollfd, 1, (deadline - now) / 1000000 + 1);
        n = read(fd, buffer, sizeof buffer);
        if (n > 0) {
            if (add_bytes(&scanner, answer, buffer, n)) {
                return 0;
            }
        } else if (!n || answer->length > ANSWER_MAX) {
            return ECONNRESET;
        } else if (errno != EAGAIN && errno != EINTR) {
            return errno;
        }
    }
    return ETIMEDOUT;
}

/* Appends the character that the escape sequence 's' stands for, without its
 * backslash, and returns its length.  What is beyond ASCII does not matter to
 * anybody here. */
static size_t
unescape(const char *s, struct bt_str *output)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *found = strchr(from, *s);
    size_t length = *s == 'u' ? 5 : 1;
    char c = *s == 'u' ? '?' : found && *s ? to[found - from] : *s;

    bt_str_put(output, &c, 1);
    return length <= strlen(s) ? length : strlen(s);
}

/* Appends the string after "result": in 'answer'. */
static int
parse_result(const char *answer, struct bt_str *output)
{
    static const char key[] = "\"result\":\"";
    const char *p = strstr(answer, key);

    if (!p) {
        return EPROTO;
    }
    for (p += strlen(key); *p && *p != '"'; ) {
        size_t n = strcspn(p, "\\\"");

        bt_str_put(output, p, n);
        p += n;
        if (*p == '\\' && p[1]) {
            p++;
            p += unescape(p, output);
        }
    }
    return 0;
}

int
bt_control_call(struct bt_control *c, const char *command,
                struct bt_str *output)
{
    char *request = bt_asprintf("{\"id\":0,\"method\":\"%s\","
                                "\"params\":[]}", command);
    struct bt_str answer = { NULL, 0, 0 };
    int error = bt_write_all(c->fd, request, strlen(request));

    if (!error) {
        error = read_answer(c->fd, &answer);
    }
    if (!error) {
        error = parse_result(answer.s, output);
    }
    bt_str_free(&answer);
    free(request);
    return error;
}

/* Returns the process that the daemon's pidfile in 'rundir' names, 0 if there
 * is none. */
static pid_t
read_pidfile(const char *rundir)
{
    char *name = bt_asprintf("%s/ovs-vswitchd.pid", rundir);
    FILE *stream = fopen(name, "r");
    long int pid = 0;

    if (stream) {
        if (fscanf(stream, "%ld", &pid) != 1 || pid < 0) {
            pid = 0;
        }
        fclose(stream);
    }
    free(name);
    return pid;
}

int
bt_control_open(struct bt_control *c, const char *rundir)
{
    char *path;
    int error;

    c->fd = -1;
    c->pid = read_pidfile(rundir);
    if (!c->pid) {
        return ENOENT;
    }
    path = bt_asprintf("%s/ovs-vswitchd.%ld.ctl", rundir, (long int) c->pid);
    c->fd = bt_socket_connect(path, true);
    error = c->fd < 0 ? errno : 0;
    free(path);
    return error;
}

void
bt_control_close(struct bt_control *c)
{
    if (c->fd >= 0) {
        close(c->fd);
        c->fd = -1;
    }
}
