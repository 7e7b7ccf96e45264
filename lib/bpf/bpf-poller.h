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


#ifndef BPF_POLLER_H
#define BPF_POLLER_H 1

/* Waiting for many descriptors to become readable
 * ===============================================
 *
 * The time that a wait takes does not grow with the number of descriptors that
 * are idle, where the system can do that (epoll); elsewhere poll(2) does it.
 *
 * A poller is for one thread. */

#include <stddef.h>

struct bpf_poller;

/* Stores a new poller without descriptors in '*pollerp', or NULL.  Returns 0
 * or a positive errno value. */
int bpf_poller_create(struct bpf_poller **pollerp);

/* Frees 'poller', which may be NULL.  Its descriptors stay open. */
void bpf_poller_destroy(struct bpf_poller *poller);

/* Waits for 'fd', too, from now on, and calls it 'aux'.  Returns 0 or a
 * positive errno value. */
int bpf_poller_add(struct bpf_poller *poller, int fd, void *aux);

/* Waits for 'fd' no longer.  It has to be open still. */
void bpf_poller_remove(struct bpf_poller *poller, int fd);

/* Waits until some descriptor is readable or has failed, at most 'timeout'
 * milliseconds (-1: for ever).  Stores the names of up to 'max' of those that
 * are in 'ready', each once, and returns their number, which is 0 after the
 * timeout or a signal.  Those that do not fit in are not neglected next
 * time. */
size_t bpf_poller_wait(struct bpf_poller *poller, int timeout,
                       void *ready[], size_t max);

#endif /* bpf/bpf-poller.h */
