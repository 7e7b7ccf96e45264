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

/* The share of ordinary users, see the header.  No state but what the caller
 * has, no locks. */

#include <config.h>

#include "bpf/bpf-share.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

#include "util.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

/* Most credit of all users together, in the time that earns it: what may come
 * in one burst. */
#define MAX_SAVED (50 * NS_PER_MS)

/* Deepest debt, and the one from which on filters are not run, either. */
#define MAX_DEBT (2 * NS_PER_MS)
#define DEEP_DEBT (NS_PER_MS / 2)

/* What one batch costs at most.  If it took longer somebody else had the
 * processor. */
#define MAX_PAYMENT NS_PER_MS

/* How often to look at what the thread did. */
#define LOOK_INTERVAL NS_PER_MS

/* Credit
 * ====== */

/* Most credit of each user. */
static int64_t
max_credit(const struct bpf_share *share, unsigned int percent)
{
    return MAX_SAVED / 100 * percent / (int64_t) (1 + share->n);
}

/* Gives 'earned' in equal parts to those who have less than 'max', until it is
 * gone or everybody has as much. */
static void
distribute(struct bpf_share *share, int64_t earned, int64_t max)
{
    for (;;) {
        int64_t n_short = 0;

        for (size_t i = 0; i <= share->n; i++) {
            n_short += share->users[i].credit < max;
        }
        if (earned < MAX(n_short, 1) || !n_short) {
            return;
        }
        int64_t part = earned / n_short;

        for (size_t i = 0; i <= share->n; i++) {
            int64_t given = MIN(part, max - share->users[i].credit);

            if (given > 0) {
                share->users[i].credit += given;
                earned -= given;
            }
        }
    }
}

/* Forgets users whom nothing was done for any more and who have nothing to be
 * remembered for: all credit that there may be, and no account to be taken of
 * what was spent.  Nobody else has more than that afterwards. */
static void
forget_idle(struct bpf_share *share, unsigned int percent)
{
    int64_t max = max_credit(share, percent);

    for (size_t i = share->n; i > 0; i--) {
        struct bpf_share_user *user = &share->users[i];

        if (!user->seen && !user->spent && user->credit >= max) {
            *user = share->users[share->n--];
        } else {
            user->seen = false;
        }
    }
}

void
bpf_share_earn(struct bpf_share *share, uint64_t elapsed, uint64_t worked,
               bool slept, unsigned int percent)
{
    uint64_t base = MIN(slept ? elapsed : MIN(worked, elapsed), NS_PER_S);
    int64_t max = max_credit(share, percent);

    for (size_t i = 0; i <= share->n; i++) {
        share->users[i].credit = MIN(share->users[i].credit, max);
    }
    distribute(share, base * percent / 100, max);
    forget_idle(share, percent);
}

/* Returns the user 'uid' of 'share', who is one of them from now on.  If there
 * are too many, it is one with another. */
struct bpf_share_user *
bpf_share_find(struct bpf_share *share, uid_t uid)
{
    size_t i;

    for (i = 1; i <= share->n; i++) {
        if (share->users[i].uid == uid) {
            break;
        }
    }
    if (i > BPF_SHARE_USERS) {
        i = 1 + uid % BPF_SHARE_USERS;
    } else if (i > share->n) {
        int64_t saved = share->users[0].credit;

        share->n = i;
        share->users[i].uid = uid;
        share->users[i].spent = 0;
        share->users[i].credit = saved * (int64_t) i / (int64_t) (i + 1);
        share->users[0].credit -= share->users[i].credit;
    }
    share->users[i].seen = true;
    return &share->users[i];
}

void
bpf_share_pay(struct bpf_share_user *user, uint64_t took)
{
    int64_t paid = MIN(took, MAX_PAYMENT);

    user->credit = MAX(user->credit - paid, -MAX_DEBT);
    user->spent += paid;
}

enum bpf_share_room
bpf_share_get_room(const struct bpf_share_user *user)
{
    return (user->credit > 0 ? BPF_SHARE_ALL
            : user->credit > -DEEP_DEBT ? BPF_SHARE_FILTER
            : BPF_SHARE_NONE);
}

/* Clocks
 * ====== */

static uint64_t
monotonic_time(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* Stores how much processor time the thread has had, in nanoseconds, and how
 * often it has slept. */
#ifdef RUSAGE_THREAD
static void
get_usage(uint64_t now OVS_UNUSED, uint64_t *worked, uint64_t *n_sleeps)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    *worked = ((usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NS_PER_S
               + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000);
    *n_sleeps = usage.ru_nvcsw;
}
#else
/* Where the system does not tell, as if it always had one. */
static void
get_usage(uint64_t now, uint64_t *worked, uint64_t *n_sleeps)
{
    *worked = now;
    *n_sleeps = 0;
}
#endif

static void
look(struct bpf_share *share, unsigned int percent)
{
    uint64_t now = share->began;
    uint64_t worked, n_sleeps;

    get_usage(now, &worked, &n_sleeps);
    if (share->looked) {
        bpf_share_earn(share, now - share->looked, worked - share->worked,
                       n_sleeps != share->n_sleeps, percent);
    } else {
        bpf_share_earn(share, NS_PER_S, 0, true, percent);
    }
    share->looked = now;
    share->worked = worked;
    share->n_sleeps = n_sleeps;
}

bool
bpf_share_begin(struct bpf_share *share, unsigned int percent)
{
    share->began = monotonic_time();
    share->current = NULL;

    bool due = (!share->looked
                || share->began - share->looked >= LOOK_INTERVAL);
    if (due) {
        look(share, percent);
    }
    return due;
}

/* Has the current user pay for the time until now. */
static void
settle(struct bpf_share *share)
{
    uint64_t now = monotonic_time();

    bpf_share_pay(share->current, now - share->began);
    share->began = now;
}

enum bpf_share_room
bpf_share_turn(struct bpf_share *share, uid_t uid)
{
    if (!share->current || share->current->uid != uid) {
        if (share->current) {
            settle(share);
        }
        share->current = bpf_share_find(share, uid);
        share->room = bpf_share_get_room(share->current);
    }
    return share->room;
}

void
bpf_share_end(struct bpf_share *share)
{
    if (share->current) {
        settle(share);
    }
}
