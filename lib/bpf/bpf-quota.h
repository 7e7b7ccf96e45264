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

#ifndef BPF_QUOTA_H
#define BPF_QUOTA_H 1

/* What clients may use
 * ====================
 *
 * Every user has a quota of each resource, all users together have a total,
 * and of each total an eighth is kept for privileged users: the superuser and
 * the user that the switch runs as.  Quotas bind ordinary users only, totals
 * bind everybody.
 *
 * What is taken counts until it is given back, which is when the kernel has
 * it back: a descriptor when close() has returned, memory when its pages are
 * gone.
 *
 * A port's budget is something else, see bpf/bpf-client.h.
 *
 * Any thread.  Takes a mutex of its own, inside of which nothing happens but
 * counting. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum bpf_resource {
    BPF_CONNECTIONS,
    BPF_MONITORS,               /* Connections that watch the ports. */
    BPF_DEVICES,
    BPF_MEMORY,                 /* Bytes of buffers. */
    BPF_DESCRIPTORS,
    BPF_N_RESOURCES
};

/* A resource's name ("devices"), and those of the settings that limit it; the
 * second is NULL if users have no limit of their own. */
struct bpf_resource_info {
    const char *name;
    const char *total_setting;
    const char *user_setting;
};
extern const struct bpf_resource_info bpf_resources[BPF_N_RESOURCES];

/* The limits in force.  A user without a limit has UINT64_MAX. */
uint64_t bpf_quota_total_max(enum bpf_resource);
uint64_t bpf_quota_user_max(enum bpf_resource);

/* True if 'uid' is the superuser or the switch's own user. */
bool bpf_quota_is_privileged(uid_t uid);

/* Takes 'n' of 'resource' for 'uid', if it may have them. */
bool bpf_quota_take(uid_t uid, enum bpf_resource resource, uint64_t n);

/* Gives back what bpf_quota_take() took. */
void bpf_quota_give(uid_t uid, enum bpf_resource resource, uint64_t n);

/* From now on 'n' of 'resource' are used by 'to' and not by 'from'.  Cannot
 * fail: 'to' may end up with more than its quota. */
void bpf_quota_move(uid_t from, uid_t to, enum bpf_resource resource,
                    uint64_t n);

/* Returns what all users use of 'resource'. */
uint64_t bpf_quota_used(enum bpf_resource resource);

/* Writes into the 'size' bytes at 'buf' why 'uid' got no more of 'resource':
 * what the limit is, which setting it comes from, who uses it. */
void bpf_quota_explain(uid_t uid, enum bpf_resource resource, char *buf,
                       size_t size);

/* Takes 'n' of the requests that 'uid', and all ordinary users together, may
 * make in a second.  Returns 0, or for how many milliseconds the user's
 * connections have to wait first: a user may fall behind, but is not cut
 * off. */
int bpf_quota_request(uid_t uid, unsigned int n);

/* What a thread that moves packets spent on the devices of an ordinary user. */
struct bpf_quota_time {
    uid_t uid;
    uint64_t ns;
};

/* Notes that the calling thread spent the 'n' of 'times' since it called
 * before, a moment ago.  Returns false if that would have had to wait, and
 * nothing was noted.  'second' is the caller's and zero in the beginning. */
bool bpf_quota_spend(const struct bpf_quota_time *times, size_t n,
                     long long int *second);

/* Returns how many threads did so in the last second that is over. */
unsigned int bpf_quota_n_threads(void);

/* What one user uses. */
struct bpf_quota_user {
    uid_t uid;
    uint64_t used[BPF_N_RESOURCES];

    /* In the last second that is over; ordinary users only. */
    uint64_t n_requests;
    uint64_t ns_spent;          /* By all threads together. */
};

/* Returns a snapshot of all users who use anything, in order of 'uid', and
 * stores their number in '*np'.  The caller frees it with free(); NULL if
 * there are none. */
struct bpf_quota_user *bpf_quota_list(size_t *np);

#endif /* bpf/bpf-quota.h */
