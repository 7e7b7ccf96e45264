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

#ifndef BPF_POOL_H
#define BPF_POOL_H 1

/* Threads that may sleep
 * ======================
 *
 * Closing a descriptor can take as long as somebody else likes, and getting
 * memory takes long.  Neither the server's thread nor the main thread does
 * such things: they hand them to a pool, whose threads no one waits for.
 *
 * Any thread may submit jobs.  Jobs run outside of any RCU read side, those of
 * a user in order and those of privileged users (see bpf/bpf-quota.h) before
 * others, several at a time if the pool has several threads.  Of these, one
 * user's jobs may keep a few busy, those of all ordinary users not quite all:
 * the rest wait for their turn, and count against their user's quota
 * meanwhile. */

#include <stdbool.h>
#include <sys/types.h>

#include "openvswitch/list.h"

struct bpf_pool;

struct bpf_job {
    struct ovs_list node;       /* For the pool. */
    void (*run)(struct bpf_job *);  /* Does the work, and frees the job. */
    long long int not_before;   /* In time_msec(); 0 for at once. */
    uid_t uid;                  /* For whom it is done. */
};

/* Gets memory and gives it back.  One thread, which rests three times as long
 * as it works. */
extern struct bpf_pool bpf_memory_pool;

/* Closes descriptors.  A thread that sleeps does not hold the others up. */
extern struct bpf_pool bpf_close_pool;

void bpf_pool_submit(struct bpf_pool *, struct bpf_job *);

/* Closes 'fd' in due time, for 'uid', and then counts 'n_conns' connections
 * and 'n_fds' descriptors as given back. */
void bpf_pool_close(int fd, uid_t uid, unsigned int n_conns,
                    unsigned int n_fds);

/* Waits until no job is left, but not for longer than 'ms' milliseconds.
 * Delayed jobs become due at once.  Returns true if there is none.  For the
 * end of the process, and for tests. */
bool bpf_pool_drain(struct bpf_pool *, int ms);

#endif /* bpf/bpf-pool.h */
