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


#ifndef BPF_PEERCRED_H
#define BPF_PEERCRED_H 1

/* Who is at the other end of a UNIX socket
 * ========================================
 *
 * Each system has its own way to ask.  The functions may be called by any
 * thread. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct bpf_cred;
struct msghdr;

/* Bytes of control data that a receiver of messages should offer, and a buffer
 * for it.  It has no room for descriptors: the kernel closes those that a
 * client passes, and says so by MSG_CTRUNC. */
union bpf_peercred_control {
    char bytes[64];
    long int align;
};

/* Stores in '*cred' who connected to socket 'fd' (which was accepted), as far
 * as the system can tell: the process is 0 if it cannot.  Returns 0 or a
 * positive errno value. */
int bpf_peercred_get(int fd, struct bpf_cred *cred);

/* Asks the system to name the sender of each message on 'fd', if it can. */
void bpf_peercred_enable(int fd);

/* Number of bytes at the start of a union bpf_peercred_control to offer to
 * recvmsg(). */
size_t bpf_peercred_control_size(void);

/* If message 'msg' names its sender stores it in '*cred' and returns true. */
bool bpf_peercred_from_message(struct msghdr *msg, struct bpf_cred *cred);

/* Stores the name of process 'pid' in the 'size' bytes at 'name', or an empty
 * string if there is no such process or the system does not tell. */
void bpf_peercred_get_name(pid_t pid, char name[], size_t size);

#endif /* bpf/bpf-peercred.h */
