/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at:
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */


#include <config.h>

/* Waiting for descriptors, with the implementation that BPF_POLLER_USE_POLL
 * chooses when this is compiled. */

#include "../lib/bpf/bpf-poller.c"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define N 200

#define CHECK_INT(ACTUAL, EXPECTED) \
    check_int(ACTUAL, EXPECTED, #ACTUAL, __LINE__)

static void
check_int(long long int actual, long long int expected, const char *what,
          int line)
{
    if (actual != expected) {
        fprintf(stderr, "%s:%d: %s: expected %lld, got %lld\n", __FILE__,
                line, what, expected, actual);
        exit(EXIT_FAILURE);
    }
}

static int pipes[N][2];

static void
make_readable(int i)
{
    CHECK_INT(write(pipes[i][1], "x", 1), 1);
}

static void
make_unreadable(int i)
{
    char c;

    CHECK_INT(read(pipes[i][0], &c, 1), 1);
}

/* Waits, without patience, and counts how often each pipe is reported. */
static size_t
poll_pipes(struct bpf_poller *poller, size_t max, int seen[N])
{
    void *ready[N];
    size_t n = bpf_poller_wait(poller, 0, ready, max);

    for (size_t i = 0; i < n; i++) {
        int (*p)[2] = ready[i];

        seen[p - pipes]++;
    }
    return n;
}

int
main(void)
{
    struct bpf_poller *poller;
    int seen[N];
    void *ready[N];

    bpf_poller_destroy(NULL);
    CHECK_INT(bpf_poller_create(&poller), 0);
    for (int i = 0; i < N; i++) {
        CHECK_INT(pipe(pipes[i]), 0);
        CHECK_INT(bpf_poller_add(poller, pipes[i][0], &pipes[i]), 0);
    }

    /* Nothing, then one, level-triggered. */
    CHECK_INT(bpf_poller_wait(poller, 0, ready, N), 0);
    CHECK_INT(bpf_poller_wait(poller, 1, ready, N), 0);
    make_readable(7);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(bpf_poller_wait(poller, -1, ready, N), 1);
        CHECK_INT(ready[0] == &pipes[7], true);
    }
    make_unreadable(7);
    CHECK_INT(bpf_poller_wait(poller, 0, ready, N), 0);

    /* Many at a time, few of them reported: all get their turn. */
    for (int i = 0; i < N; i++) {
        make_readable(i);
    }
    memset(seen, 0, sizeof seen);
    for (int i = 0; i < N; i++) {
        CHECK_INT(poll_pipes(poller, 3, seen), 3);
    }
    for (int i = 0; i < N; i++) {
        CHECK_INT(seen[i] >= 1, true);
    }

    /* Those that are removed are not reported, the others are. */
    for (int i = 0; i < N; i += 2) {
        bpf_poller_remove(poller, pipes[i][0]);
    }
    memset(seen, 0, sizeof seen);
    for (int i = 0; i < N; i++) {
        poll_pipes(poller, N, seen);
    }
    for (int i = 0; i < N; i++) {
        CHECK_INT(seen[i] >= 1, i % 2);
    }

    /* The end of a connection is reported, too. */
    for (int i = 1; i < N; i += 2) {
        make_unreadable(i);
    }
    CHECK_INT(bpf_poller_wait(poller, 0, ready, N), 0);
    close(pipes[1][1]);
    CHECK_INT(bpf_poller_wait(poller, -1, ready, N), 1);
    CHECK_INT(ready[0] == &pipes[1], true);
    for (int i = 1; i < N; i += 2) {
        bpf_poller_remove(poller, pipes[i][0]);
    }
    CHECK_INT(bpf_poller_wait(poller, 0, ready, N), 0);
    bpf_poller_destroy(poller);
    return 0;
}
