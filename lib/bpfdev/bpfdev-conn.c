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


/* Messages to and from the daemon, see bpfdev-private.h.
 *
 * Callers hold 'dev->mutex', except while a device is being opened.  A daemon
 * that is well answers at once, so that waiting for an answer goes on across
 * signals: a request that has been sent has to be seen through.  There is a
 * limit all the same, for a daemon that is not well. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "bpfdev/bpfdev-private.h"

#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif

/* How long to wait for the daemon, in milliseconds: unless the program says
 * otherwise, and once bpfdev_interrupt() was called. */
#define WAIT_MAX 30000
#define INTERRUPTED_WAIT_MAX 1000

static int (*wait_limit)(void *aux, int elapsed);
static void *wait_limit_aux;

void
bpfdev_set_wait_limit(int (*limit)(void *aux, int elapsed), void *aux)
{
    wait_limit = limit;
    wait_limit_aux = aux;
}

long long int
bpfdev_now_msec(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int
bpfdev_wait_left(long long int started, bool interrupted)
{
    long long int elapsed = bpfdev_now_msec() - started;
    long long int left = (wait_limit
                          ? wait_limit(wait_limit_aux, elapsed)
                          : WAIT_MAX - elapsed);

    if (interrupted && left > INTERRUPTED_WAIT_MAX - elapsed) {
        left = INTERRUPTED_WAIT_MAX - elapsed;
    }
    return left < 0 ? 0 : left > WAIT_MAX ? WAIT_MAX : left;
}

int
bpfdev_wait(int fd, short int events, int interrupt_fd,
            long long int started)
{
    bool interrupted = false;

    for (;;) {
        struct pollfd fds[2] = {
            { .fd = fd, .events = events },
            { .fd = interrupted ? -1 : interrupt_fd, .events = POLLIN },
        };
        int left = bpfdev_wait_left(started, interrupted);
        int n = poll(fds, 2, left);

        if (n > 0 && fds[0].revents) {
            return 0;
        } else if (n > 0) {
            interrupted = true;
            started = bpfdev_now_msec();
        } else if (!n && !left) {
            return ETIMEDOUT;
        }
    }
}

int
bpfdev_fail(struct bpfdev *dev, int error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(dev->error, sizeof dev->error, format, args);
    va_end(args);
    errno = error;
    return -1;
}

int
bpfdev_fail_errbuf(char errbuf[], int error, const char *format, ...)
{
    if (errbuf) {
        va_list args;

        va_start(args, format);
        vsnprintf(errbuf, BPFDEV_ERRBUF_SIZE, format, args);
        va_end(args);
    }
    errno = error;
    return -1;
}

const char *
bpfdev_type_name(enum bpf_proto_type type)
{
    switch (type) {
#define BPF_PROTO_REQUEST(NAME, NUMBER, IN, OUT) \
    case BPF_PROTO_##NAME: return #NAME;
    BPF_PROTO_REQUESTS
#undef BPF_PROTO_REQUEST
    }
    return "unknown";
}

/* The daemon does not answer.  If it ever does, the answer would be taken for
 * that to another request. */
static int
give_up(struct bpfdev *dev)
{
    dev->dead = dev->stuck = true;
    return ETIMEDOUT;
}

/* MSG_EOR ends a message: on FreeBSD, one that is sent without it arrives as
 * one with the next. */
int
bpfdev_send(struct bpfdev *dev, const struct bpfdev_request *request)
{
    struct bpf_proto_header header = {
        .magic = BPF_PROTO_MAGIC,
        .version = BPF_PROTO_VERSION,
        .type = request->type,
        .length = sizeof header + request->size + request->more_size,
        .sequence = ++dev->sequence,
    };
    struct iovec iov[3] = {
        { &header, sizeof header },
        { (void *) request->body, request->size },
        { (void *) request->more, request->more_size },
    };
    struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 3 };
    long long int started = bpfdev_now_msec();
    ssize_t n;

    if (dev->dead) {
        return ENXIO;
    }
    while ((n = sendmsg(dev->fd, &msg, MSG_NOSIGNAL | MSG_EOR)) < 0
           && (errno == EINTR || errno == EAGAIN)) {
        if (errno == EAGAIN
            && bpfdev_wait(dev->fd, POLLOUT, dev->interrupt_fds[0],
                           started)) {
            return give_up(dev);
        }
    }
    if (n == (ssize_t) header.length) {
        return 0;
    } else if (n >= 0) {
        /* It was cut in two, and nothing can mend that. */
    } else if (errno == EMSGSIZE || errno == ENOBUFS || errno == ENOMEM) {
        return errno;
    }
    dev->dead = true;
    return ENXIO;
}

/* Takes the descriptor out of 'msg', or -1 if it has none. */
static int
take_fd(struct msghdr *msg)
{
    for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg;
         cmsg = CMSG_NXTHDR(msg, cmsg)) {
        if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS
            && cmsg->cmsg_len >= CMSG_LEN(sizeof(int))) {
            int fd;

            memcpy(&fd, CMSG_DATA(cmsg), sizeof fd);
            if (!MSG_CMSG_CLOEXEC) {
                fcntl(fd, F_SETFD, FD_CLOEXEC);
            }
            return fd;
        }
    }
    return -1;
}

/* Receives one message.  A server that turned us away and closed before it
 * read our request makes the first attempt fail with ECONNRESET, though there
 * is an answer. */
static ssize_t
receive_message(struct bpfdev *dev, struct msghdr *msg)
{
    long long int started = bpfdev_now_msec();
    bool reset = false;
    ssize_t n;

    for (;;) {
        n = recvmsg(dev->fd, msg, MSG_CMSG_CLOEXEC);
        if (n < 0 && errno == ECONNRESET && !reset) {
            reset = true;
        } else if (n < 0 && errno == EAGAIN) {
            if (bpfdev_wait(dev->fd, POLLIN, dev->interrupt_fds[0],
                            started)) {
                give_up(dev);
                return -1;
            }
        } else if (n >= 0 || errno != EINTR) {
            return n;
        }
    }
}

/* The daemon is gone, or does not talk as it should. */
static int
connection_lost(struct bpfdev *dev, struct bpfdev_reply *reply)
{
    if (reply->fd >= 0) {
        close(reply->fd);
        reply->fd = -1;
    }
    dev->dead = true;
    return ENXIO;
}

/* Puts the 'size' bytes of text, of which the first 'head' are in
 * 'reply->body' and the others at 'rest', into 'reply->text'. */
static void
take_text(struct bpfdev_reply *reply, size_t size, const char *rest)
{
    size_t head = size < reply->max_size ? size : reply->max_size;
    size_t tail = size - head;

    if (head) {
        memcpy(reply->text, reply->body, head);
    }
    memcpy(reply->text + head, rest, tail);
    reply->text[size] = '\0';
}

int
bpfdev_receive(struct bpfdev *dev, enum bpf_proto_type type,
               uint32_t sequence, struct bpfdev_reply *reply)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct bpf_proto_header header;
    char rest[BPF_PROTO_MAX_TEXT];
    struct iovec iov[3] = {
        { &header, sizeof header },
        { reply->body, reply->max_size },
        { rest, sizeof rest },
    };
    struct msghdr msg = {
        .msg_iov = iov,
        .msg_iovlen = 3,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };

    reply->text[0] = '\0';
    reply->size = 0;
    reply->fd = -1;
    if (dev->dead) {
        return ENXIO;
    }
    ssize_t n = receive_message(dev, &msg);
    if (dev->stuck) {
        return ETIMEDOUT;
    }
    if (n > 0) {
        reply->fd = take_fd(&msg);
    }
    if (n < (ssize_t) sizeof header || header.magic != BPF_PROTO_MAGIC
        || header.type != (type | BPF_PROTO_REPLY)
        || header.length != (size_t) n
        || (header.sequence != sequence && type != BPF_PROTO_HELLO)) {
        return connection_lost(dev, reply);
    }

    size_t size = n - sizeof header;
    reply->version = header.version;
    if (header.error) {
        if (size > BPF_PROTO_MAX_TEXT) {
            return connection_lost(dev, reply);
        }
        take_text(reply, size, rest);
    } else if (size < reply->min_size || size > reply->max_size) {
        return connection_lost(dev, reply);
    }
    reply->size = size;
    return header.error;
}

int
bpfdev_call(struct bpfdev *dev, const struct bpfdev_request *request,
            struct bpfdev_reply *reply)
{
    reply->fd = -1;
    reply->text[0] = '\0';
    int error = bpfdev_send(dev, request);

    return error ? error : bpfdev_receive(dev, request->type, dev->sequence,
                                          reply);
}

int
bpfdev_fail_call(struct bpfdev *dev, int error, const char *what,
                 const char *text)
{
    if (dev->stuck) {
        return bpfdev_fail(dev, error, "%s: the switch at %s does not answer: "
                           "its daemon is stopped or stuck", what, dev->path);
    } else if (dev->dead) {
        return bpfdev_fail(dev, error, "%s: the switch at %s is gone, or has "
                           "closed the connection", what, dev->path);
    }
    return bpfdev_fail(dev, error, "%s: %s", what,
                       text && text[0] ? text : strerror(error));
}

int
bpfdev_transact(struct bpfdev *dev, enum bpf_proto_type type,
                const void *body, size_t size,
                void *answer, size_t answer_size)
{
    struct bpfdev_request request = { type, body, size, NULL, 0 };
    struct bpfdev_reply reply = {
        .body = answer, .min_size = answer_size, .max_size = answer_size,
    };

    pthread_mutex_lock(&dev->mutex);
    int error = bpfdev_call(dev, &request, &reply);
    int retval = (error ? bpfdev_fail_call(dev, error, bpfdev_type_name(type),
                                           reply.text)
                  : 0);
    pthread_mutex_unlock(&dev->mutex);

    if (reply.fd >= 0) {
        close(reply.fd);
    }
    return retval;
}
