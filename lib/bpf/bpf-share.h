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

#ifndef BPF_SHARE_H
#define BPF_SHARE_H 1

/* The share of ordinary users
 * ===========================
 *
 * Of the time of a thread that moves packets, the devices of ordinary users
 * may take a share (bpf-time-max in ovs-bpf.conf(5)), whatever they do: how
 * many they are, what their filters cost, how large the packets are, how often
 * somebody has to be woken, whose cache the memory is in.  What a device costs
 * by bpf/bpf-cost.h is what lets it in; this is what holds.
 *
 * A thread earns credit for the time that passes, and pays with the time that
 * it spends on those devices.  Without credit it runs their filters, but keeps
 * nothing; deep in debt it leaves them out.  Either way the packets count as
 * dropped by the device.
 *
 * Each user has credit of its own, so that nobody's devices make those of
 * somebody else lose packets.  What is earned goes in equal parts to those who
 * have room for it: what one leaves, others get.  A user to come counts as one
 * of them, and finds what was saved for it.
 *
 * Time that a thread waited for a processor earns nothing, or a machine that
 * has other things to do would leave such devices a larger share of the rest.
 * Time that it slept does: then nothing is lost that it could have forwarded.
 *
 * Each thread has a struct bpf_share of its own, zeroed in the beginning.  No
 * locks. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Users that are told apart at a time.  If there are more, several share what
 * is one user's. */
#define BPF_SHARE_USERS 15

/* What to do for the devices of ordinary users. */
enum bpf_share_room {
    BPF_SHARE_NONE,             /* Nothing. */
    BPF_SHARE_FILTER,           /* Run filters, store nothing. */
    BPF_SHARE_ALL,              /* Everything. */
};

/* What a user may take. */
struct bpf_share_user {
    uid_t uid;
    bool seen;                  /* Since credit was earned last. */
    int64_t credit;             /* Nanoseconds; a debt if negative. */
    uint64_t spent;             /* Nanoseconds, for the caller to zero. */
};

struct bpf_share {
    /* The first one stands for a user to come; 'n' more follow. */
    struct bpf_share_user users[1 + BPF_SHARE_USERS];
    size_t n;

    /* Whose devices it is now that something is done for, NULL before the
     * first; since when, in monotonic time; and what may be done. */
    struct bpf_share_user *current;
    uint64_t began;
    enum bpf_share_room room;

    /* The last look at what the thread had done; all in ns but the last. */
    uint64_t looked;            /* Monotonic time; 0 if there was none. */
    uint64_t worked;            /* Processor time of the thread. */
    uint64_t n_sleeps;
};

/* To be called before and after the calling thread does something for devices
 * of ordinary users, who may take 'percent' of its time, and in between before
 * it does something for a device of 'uid'.  The last returns what to do.  A
 * look at the clock for each, except for a 'uid' that is that of before; a
 * system call in a millisecond at most: the first returns true if it was now,
 * which is when to take account of what was spent. */
bool bpf_share_begin(struct bpf_share *, unsigned int percent);
enum bpf_share_room bpf_share_turn(struct bpf_share *, uid_t uid);
void bpf_share_end(struct bpf_share *);

/* The same without clocks.  Of 'elapsed' nanoseconds the thread had a processor
 * for 'worked', and did it sleep?  What it did for a user took 'took'. */
void bpf_share_earn(struct bpf_share *, uint64_t elapsed, uint64_t worked,
                    bool slept, unsigned int percent);
struct bpf_share_user *bpf_share_find(struct bpf_share *, uid_t uid);
void bpf_share_pay(struct bpf_share_user *, uint64_t took);
enum bpf_share_room bpf_share_get_room(const struct bpf_share_user *);

#endif /* bpf/bpf-share.h */
