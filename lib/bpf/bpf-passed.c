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

/* Descriptors that clients pass, see the header.  The only state is whether
 * the system refuses them, which does not change once it is known. */

#include <config.h>

#include "bpf/bpf-passed.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bpf/bpf-peercred.h"
#include "bpf/bpf-pool.h"
#include "ovs-atomic.h"
#include "util.h"

/* Descriptors that the system passes with one message, at most. */
#define MAX_PASSED_FDS 253

/* The option that refuses them.  An older C library does not name it: this is
 * its number wherever SO_PASSCRED has this one. */
#if !defined(SO_PASSRIGHTS) && defined(SO_PASSCRED)
#if SO_PASSCRED == 16
#define SO_PASSRIGHTS 83
#endif
#endif

/* Does the system keep clients from passing descriptors? */
static atomic_bool refused = ATOMIC_VAR_INIT(false);

static bool
are_refused(void)
{
    bool value;

    atomic_read_relaxed(&refused, &value);
    return value;
}

#ifdef SO_PASSRIGHTS
void
bpf_passed_refuse(int fd)
{
    int off = 0;

    atomic_store_relaxed(&refused,
                         !setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &off,
                                     sizeof off));
}
#else
void
bpf_passed_refuse(int fd OVS_UNUSED)
{
}
#endif

bool
bpf_passed_drop(struct msghdr *mh, uid_t uid)
{
    bool any = false;

    for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(mh); cmsg;
         cmsg = CMSG_NXTHDR(mh, cmsg)) {
        if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS) {
            size_t n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

            for (size_t i = 0; i < n; i++) {
                int fd;

                memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof fd, sizeof fd);
                bpf_pool_close(fd, uid, 0, 0);
            }
            any = true;
        }
    }
    return any;
}

/* NetBSD has CLONE_FILES, for clone(2), but no unshare(2). */
#if defined(CLONE_FILES) && defined(CLONE_NEWNET)
size_t
bpf_passed_control_size(void)
{
    return 0;
}

/* Looks at the next message of 'fd' without receiving it, with room for its
 * sender's name only if 'cred'.  Descriptors that there is no room for stay
 * with the message, and make MSG_CTRUNC appear in '*flags'.  Returns what
 * recvmsg() does. */
static ssize_t
peek(int fd, bool cred, int *flags)
{
    union bpf_peercred_control control;
    char byte;
    struct iovec iov = { &byte, sizeof byte };
    struct msghdr mh = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = cred ? &control : NULL,
        .msg_controllen = cred ? bpf_peercred_control_size() : 0,
    };
    ssize_t n = recvmsg(fd, &mh, MSG_PEEK | MSG_DONTWAIT);

    *flags = n < 0 ? 0 : mh.msg_flags;
    return n;
}

bool
bpf_passed_in_next(int fd)
{
    int flags;

    return (!are_refused() && peek(fd, true, &flags) >= 0
            && flags & MSG_CTRUNC);
}

/* True if no message waits on 'fd', and none will come.  Sockets that listen
 * have connections that wait, and so may messages there.  A message without a
 * byte differs from the end by what it would tell of its sender. */
static bool
is_drained(int fd)
{
    int flags;

    shutdown(fd, SHUT_RD);
    return peek(fd, false, &flags) == 0 && !(flags & MSG_CTRUNC);
}

/* A thread that has all open files of the process open, too, and ends. */
struct holder {
    sem_t ready;
    sem_t go;
};

static void *
holder_main(void *holder_)
{
    struct holder *holder = holder_;

    /* If this fails the caller waits, as it would otherwise. */
    unshare(CLONE_FILES);
    sem_post(&holder->ready);
    while (sem_wait(&holder->go) && errno == EINTR) {
        continue;
    }
    return NULL;
}

/* Closes 'fd' in such a way that the last reference to it is dropped by a
 * thread that ends.  Joining that thread does not wait for its files. */
static void
close_by_exit(int fd)
{
    struct holder holder;
    pthread_t thread;

    sem_init(&holder.ready, 0, 0);
    sem_init(&holder.go, 0, 0);
    bool held = !pthread_create(&thread, NULL, holder_main, &holder);
    if (held) {
        while (sem_wait(&holder.ready) && errno == EINTR) {
            continue;
        }
    }
    close(fd);
    if (held) {
        sem_post(&holder.go);
        pthread_join(thread, NULL);
    }
    sem_destroy(&holder.ready);
    sem_destroy(&holder.go);
}

void
bpf_passed_close(int fd)
{
    if (are_refused() || is_drained(fd)) {
        close(fd);
    } else {
        close_by_exit(fd);
    }
}
#else
size_t
bpf_passed_control_size(void)
{
    BUILD_ASSERT_DECL(CMSG_SPACE(MAX_PASSED_FDS * sizeof(int))
                      <= BPF_PASSED_CONTROL_MAX);
    return are_refused() ? 0 : CMSG_SPACE(MAX_PASSED_FDS * sizeof(int));
}

bool
bpf_passed_in_next(int fd OVS_UNUSED)
{
    return false;
}

void
bpf_passed_close(int fd)
{
    close(fd);
}
#endif
