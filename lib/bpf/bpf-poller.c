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

/* Waiting for many descriptors, see the header.  No locks: one thread uses a
 * poller.  There are two implementations, of which the system's headers choose
 * one; BPF_POLLER_USE_POLL chooses the second everywhere, for tests. */

#include "bpf/bpf-poller.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "util.h"

#if defined(__has_include) && !defined(BPF_POLLER_USE_POLL)
#if __has_include(<sys/epoll.h>)
#define USE_EPOLL
#endif
#endif

#ifdef USE_EPOLL
#include <sys/epoll.h>

struct bpf_poller {
    int fd;
};

/* Descriptors that one call of epoll_wait() reports. */
#define MAX_EVENTS 64

int
bpf_poller_create(struct bpf_poller **pollerp)
{
    int fd = epoll_create1(EPOLL_CLOEXEC);

    if (fd < 0) {
        *pollerp = NULL;
        return errno;
    }
    *pollerp = xmalloc(sizeof **pollerp);
    (*pollerp)->fd = fd;
    return 0;
}

void
bpf_poller_destroy(struct bpf_poller *poller)
{
    if (poller) {
        close(poller->fd);
        free(poller);
    }
}

int
bpf_poller_add(struct bpf_poller *poller, int fd, void *aux)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = aux };

    return epoll_ctl(poller->fd, EPOLL_CTL_ADD, fd, &event) ? errno : 0;
}

void
bpf_poller_remove(struct bpf_poller *poller, int fd)
{
    struct epoll_event ignored;

    epoll_ctl(poller->fd, EPOLL_CTL_DEL, fd, &ignored);
}

size_t
bpf_poller_wait(struct bpf_poller *poller, int timeout, void *ready[],
                size_t max)
{
    struct epoll_event events[MAX_EVENTS];
    int n = epoll_wait(poller->fd, events, MIN(max, MAX_EVENTS), timeout);

    for (int i = 0; i < n; i++) {
        ready[i] = events[i].data.ptr;
    }
    return MAX(n, 0);
}
#else
#include <poll.h>

struct bpf_poller {
    struct pollfd *pollfds;
    void **auxes;               /* Of the same descriptors. */
    size_t n, allocated;
    size_t next;                /* Where to begin to report. */
};

int
bpf_poller_create(struct bpf_poller **pollerp)
{
    *pollerp = xzalloc(sizeof **pollerp);
    return 0;
}

void
bpf_poller_destroy(struct bpf_poller *poller)
{
    if (poller) {
        free(poller->pollfds);
        free(poller->auxes);
        free(poller);
    }
}

int
bpf_poller_add(struct bpf_poller *poller, int fd, void *aux)
{
    if (poller->n >= poller->allocated) {
        poller->pollfds = x2nrealloc(poller->pollfds, &poller->allocated,
                                     sizeof *poller->pollfds);
        poller->auxes = xrealloc(poller->auxes, (poller->allocated
                                                 * sizeof *poller->auxes));
    }
    poller->pollfds[poller->n] = (struct pollfd) { .fd = fd,
                                                   .events = POLLIN };
    poller->auxes[poller->n++] = aux;
    return 0;
}

void
bpf_poller_remove(struct bpf_poller *poller, int fd)
{
    for (size_t i = 0; i < poller->n; i++) {
        if (poller->pollfds[i].fd == fd) {
            poller->n--;
            poller->pollfds[i] = poller->pollfds[poller->n];
            poller->auxes[i] = poller->auxes[poller->n];
            return;
        }
    }
}

size_t
bpf_poller_wait(struct bpf_poller *poller, int timeout, void *ready[],
                size_t max)
{
    size_t n_ready = 0, last = 0;

    if (poll(poller->pollfds, poller->n, timeout) <= 0) {
        return 0;
    }
    for (size_t i = 0; i < poller->n && n_ready < max; i++) {
        size_t j = (poller->next + i) % poller->n;

        if (poller->pollfds[j].revents) {
            ready[n_ready++] = poller->auxes[j];
            last = j;
        }
    }

    /* Those behind the last one come first the next time. */
    poller->next = last + 1;
    return n_ready;
}
#endif
