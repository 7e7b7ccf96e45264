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

#ifndef BPF_PASSED_H
#define BPF_PASSED_H 1

/* Descriptors that clients pass
 * =============================
 *
 * The protocol has no use for them, but a client can attach some to any message
 * that it sends.  Whoever drops the last reference to such a file may have to
 * wait for as long as its owner likes: a TCP socket with unsent data and
 * SO_LINGER is enough.  A message counts even if nobody receives it, because
 * closing the connection drops it.
 *
 * Linux 6.16 and later refuse to pass descriptors where the receiver asks for
 * that.  Elsewhere on Linux the server looks at a message before it receives
 * it, closes the connection if there are descriptors, and has the references
 * dropped by a thread that ends: then the kernel does not wait.  On other
 * systems the server receives them and hands them to a pool (bpf/bpf-pool.h).
 *
 * Any thread. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct msghdr;

/* Keeps the peer of socket 'fd' from passing descriptors, if the system can.
 * Sockets accepted from 'fd' inherit it. */
void bpf_passed_refuse(int fd);

/* Bytes of control data that a receiver has to offer for descriptors, at most
 * and really: 0 where they never come so far. */
#define BPF_PASSED_CONTROL_MAX 2048
size_t bpf_passed_control_size(void);

/* True if descriptors come with the next message of 'fd', which need not be
 * there and is not received.  False where bpf_passed_control_size() is not
 * 0. */
bool bpf_passed_in_next(int fd);

/* Has descriptors that came with message 'mh' closed for 'uid' by somebody who
 * may sleep.  Returns true if there were any. */
bool bpf_passed_drop(struct msghdr *mh, uid_t uid);

/* Closes 'fd', a connection or a listening socket.  May sleep if the system
 * leaves no other way. */
void bpf_passed_close(int fd);

#endif /* bpf/bpf-passed.h */
