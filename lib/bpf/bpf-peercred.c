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

/* Credentials of clients, see the header.  No locks, no state.  What the
 * system has is told by the names that its headers define. */

#include "bpf/bpf-peercred.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bpf/bpf-client.h"
#include "util.h"

#if defined(LOCAL_PEERCRED)
#include <sys/ucred.h>

/* FreeBSD. */
int
bpf_peercred_get(int fd, struct bpf_cred *cred)
{
    struct xucred x;
    socklen_t len = sizeof x;

    if (getsockopt(fd, SOL_LOCAL, LOCAL_PEERCRED, &x, &len)) {
        return errno;
    }
    cred->uid = x.cr_uid;
    cred->gid = x.cr_ngroups > 0 ? x.cr_groups[0] : (gid_t) -1;
    cred->pid = x.cr_pid;
    return 0;
}
#elif defined(LOCAL_PEEREID)

/* NetBSD. */
int
bpf_peercred_get(int fd, struct bpf_cred *cred)
{
    struct unpcbid x;
    socklen_t len = sizeof x;

    if (getsockopt(fd, 0, LOCAL_PEEREID, &x, &len)) {
        return errno;
    }
    cred->pid = x.unp_pid;
    cred->uid = x.unp_euid;
    cred->gid = x.unp_egid;
    return 0;
}
#elif defined(SO_PEERCRED)

/* Linux, and OpenBSD with another name for the structure. */
#ifdef SCM_CREDENTIALS
typedef struct ucred peercred;
#else
typedef struct sockpeercred peercred;
#endif

int
bpf_peercred_get(int fd, struct bpf_cred *cred)
{
    peercred x;
    socklen_t len = sizeof x;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &x, &len)) {
        return errno;
    }
    cred->pid = x.pid;
    cred->uid = x.uid;
    cred->gid = x.gid;
    return 0;
}
#else

int
bpf_peercred_get(int fd, struct bpf_cred *cred)
{
    cred->pid = 0;
    return getpeereid(fd, &cred->uid, &cred->gid) ? errno : 0;
}
#endif

#if defined(SO_PASSCRED) && defined(SCM_CREDENTIALS)
void
bpf_peercred_enable(int fd)
{
    int on = 1;

    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
}

size_t
bpf_peercred_control_size(void)
{
    BUILD_ASSERT_DECL(CMSG_SPACE(sizeof(struct ucred))
                      <= sizeof(union bpf_peercred_control));
    return CMSG_SPACE(sizeof(struct ucred));
}

bool
bpf_peercred_from_message(struct msghdr *msg, struct bpf_cred *cred)
{
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
    struct ucred x;

    if (!cmsg || cmsg->cmsg_level != SOL_SOCKET
        || cmsg->cmsg_type != SCM_CREDENTIALS
        || cmsg->cmsg_len < CMSG_LEN(sizeof x)) {
        return false;
    }
    memcpy(&x, CMSG_DATA(cmsg), sizeof x);
    cred->pid = x.pid;
    cred->uid = x.uid;
    cred->gid = x.gid;
    return true;
}
#else
void
bpf_peercred_enable(int fd OVS_UNUSED)
{
}

size_t
bpf_peercred_control_size(void)
{
    return 0;
}

bool
bpf_peercred_from_message(struct msghdr *msg OVS_UNUSED,
                          struct bpf_cred *cred OVS_UNUSED)
{
    return false;
}
#endif

/* Names of processes. */

#if defined(LOCAL_PEERCRED)
#include <sys/sysctl.h>
#include <sys/user.h>

/* FreeBSD. */
void
bpf_peercred_get_name(pid_t pid, char name[], size_t size)
{
    int mib[] = { CTL_KERN, KERN_PROC, KERN_PROC_PID, pid };
    struct kinfo_proc proc;
    size_t len = sizeof proc;

    name[0] = '\0';
    if (pid > 0 && !sysctl(mib, ARRAY_SIZE(mib), &proc, &len, NULL, 0)
        && len >= offsetof(struct kinfo_proc, ki_comm)
                  + sizeof proc.ki_comm) {
        ovs_strlcpy(name, proc.ki_comm, size);
    }
}
#elif defined(LOCAL_PEEREID)
#include <sys/sysctl.h>

/* NetBSD. */
void
bpf_peercred_get_name(pid_t pid, char name[], size_t size)
{
    struct kinfo_proc2 proc;
    int mib[] = {
        CTL_KERN, KERN_PROC2, KERN_PROC_PID, pid, sizeof proc, 1
    };
    size_t len = sizeof proc;

    name[0] = '\0';
    if (pid > 0 && !sysctl(mib, ARRAY_SIZE(mib), &proc, &len, NULL, 0)
        && len >= sizeof proc) {
        ovs_strlcpy(name, proc.p_comm, size);
    }
}
#else

/* Linux, and whoever has its /proc. */
void
bpf_peercred_get_name(pid_t pid, char name[], size_t size)
{
    char path[64];
    FILE *stream;

    name[0] = '\0';
    snprintf(path, sizeof path, "/proc/%ld/comm", (long int) pid);
    stream = pid > 0 ? fopen(path, "re") : NULL;
    if (stream) {
        if (fgets(name, size, stream)) {
            name[strcspn(name, "\n")] = '\0';
        }
        fclose(stream);
    }
}
#endif
