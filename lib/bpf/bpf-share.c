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

/* Most credit, in the time that earns it: what may come in one burst. */
#define MAX_SAVED (50 * NS_PER_MS)

/* Deepest debt, and the one from which on filters are not run, either. */
#define MAX_DEBT (2 * NS_PER_MS)
#define DEEP_DEBT (NS_PER_MS / 2)

/* What one batch costs at most.  If it took longer somebody else had the
 * processor. */
#define MAX_PAYMENT NS_PER_MS

/* How often to look at what the thread did. */
#define LOOK_INTERVAL NS_PER_MS

static int64_t
max_credit(unsigned int percent)
{
    return MAX_SAVED / 100 * percent;
}

void
bpf_share_earn(struct bpf_share *share, uint64_t elapsed, uint64_t worked,
               bool slept, unsigned int percent)
{
    uint64_t base = MIN(slept ? elapsed : MIN(worked, elapsed), NS_PER_S);

    share->credit = MIN(share->credit + (int64_t) (base * percent / 100),
                        max_credit(percent));
}

void
bpf_share_pay(struct bpf_share *share, uint64_t took)
{
    int64_t left = share->credit - (int64_t) MIN(took, MAX_PAYMENT);

    share->credit = MAX(left, -MAX_DEBT);
}

enum bpf_share_room
bpf_share_get_room(const struct bpf_share *share)
{
    return (share->credit > 0 ? BPF_SHARE_ALL
            : share->credit > -DEEP_DEBT ? BPF_SHARE_FILTER
            : BPF_SHARE_NONE);
}

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
        share->credit = max_credit(percent);
    }
    share->looked = now;
    share->worked = worked;
    share->n_sleeps = n_sleeps;
}

enum bpf_share_room
bpf_share_begin(struct bpf_share *share, unsigned int percent)
{
    share->began = monotonic_time();
    if (!share->looked || share->began - share->looked >= LOOK_INTERVAL) {
        look(share, percent);
    }
    return bpf_share_get_room(share);
}

void
bpf_share_end(struct bpf_share *share)
{
    bpf_share_pay(share, monotonic_time() - share->began);
}
