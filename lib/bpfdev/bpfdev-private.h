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


#ifndef BPFDEV_PRIVATE_H
#define BPFDEV_PRIVATE_H 1

/* What the library's files share
 * ==============================
 *
 * bpfdev.c has the functions that act on a device, bpfdev-conn.c carries
 * messages, bpfdev-ioctl.c translates bpf(4)'s requests, bpfdev-filter.c
 * compiles expressions, bpfdev-list.c makes lists.
 *
 * 'mutex' guards all of a device that changes, and the order of messages on
 * its socket.  It is held for the time that the daemon needs for an answer,
 * never while a read waits for packets; then 'reading' is set instead. */

#include <pthread.h>
#include <stdarg.h>

#include "bpf/bpf-proto.h"
#include "bpfdev/bpfdev.h"

struct bpfdev {
    /* Constant. */
    int fd;                     /* Connection. */
    int notify_fd;              /* For the caller to poll. */
    bool read_only;
    char *path;                 /* Of the socket. */
    int interrupt_fds[2];       /* A pipe that is readable after
                                 * bpfdev_interrupt(). */

    pthread_mutex_t mutex;
    uint32_t sequence;          /* Of the last request. */
    bool dead;                  /* The daemon is gone. */
    bool stuck;                 /* It does not answer, so that we gave up. */
    bool reading;               /* Some thread waits for packets. */
    bool nonblock;
    bool nanoseconds;           /* Unit of time stamps. */
    bool identities;            /* Each record has one. */
    bool lent;                  /* We have a buffer of the daemon's. */
    int timeout;                /* Read timeout, ms; 0 for none. */

    /* Set by attaching. */
    char port[BPF_PROTO_NAME_LEN];
    bool attached;
    const uint8_t *memory;
    struct bpf_proto_setif_reply layout;

    struct bpfdev_stats buffer_stats;
    char error[BPFDEV_ERRBUF_SIZE];
};

/* Notes 'error' as the last one of 'dev', with a text formatted from 'format',
 * sets errno and returns -1. */
int bpfdev_fail(struct bpfdev *dev, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Formats into 'errbuf' unless it is NULL, sets errno to 'error', returns
 * -1. */
int bpfdev_fail_errbuf(char errbuf[], int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A request that is to be sent: its body may be in two pieces. */
struct bpfdev_request {
    enum bpf_proto_type type;
    const void *body;
    size_t size;
    const void *more;
    size_t more_size;
};

/* Where to put an answer.  A body of other than 'min_size' to 'max_size' bytes
 * counts as an error of the daemon's. */
struct bpfdev_reply {
    void *body;
    size_t min_size;
    size_t max_size;
    size_t size;                /* Out: bytes in the body. */
    int fd;                     /* Out: descriptor that came along, or -1. */
    uint16_t version;           /* Out: version of the daemon's protocol. */
    char text[BPF_PROTO_MAX_TEXT + 1]; /* Out: with an error. */
};

/* Waits until 'events' of poll(2) happen on 'fd', as long as the limit for the
 * daemon's answers allows.  'started' is when the wait began, by
 * bpfdev_now_msec().  'interrupt_fd', if not negative, shortens it while
 * readable.  Returns 0 or ETIMEDOUT. */
int bpfdev_wait(int fd, short int events, int interrupt_fd,
                long long int started);

/* Milliseconds that a wait which began at 'started' may still last. */
int bpfdev_wait_left(long long int started, bool interrupted);

/* Milliseconds of the monotonic clock. */
long long int bpfdev_now_msec(void);

/* Sends 'request' on 'dev' without awaiting the answer.  Returns 0, or a
 * positive errno value.  'dev->mutex' must be held. */
int bpfdev_send(struct bpfdev *dev, const struct bpfdev_request *request);

/* Receives the answer to the request of type 'type' with sequence number
 * 'sequence'.  Returns the errno value in it, or ENXIO if the daemon is gone.
 * 'dev->mutex' must be held. */
int bpfdev_receive(struct bpfdev *dev, enum bpf_proto_type type,
                   uint32_t sequence, struct bpfdev_reply *reply);

/* Both in one. */
int bpfdev_call(struct bpfdev *dev, const struct bpfdev_request *request,
                struct bpfdev_reply *reply);

/* As bpfdev_call(), for requests and answers of constant size.  Takes the
 * mutex, and records errors: returns 0, or -1 with errno. */
int bpfdev_transact(struct bpfdev *dev, enum bpf_proto_type type,
                    const void *body, size_t size,
                    void *answer, size_t answer_size);

/* Records the failure 'error' of something that 'what' names, with the
 * daemon's 'text' about it if that is not empty.  Returns -1. */
int bpfdev_fail_call(struct bpfdev *dev, int error, const char *what,
                     const char *text);

/* Name of a type of request, for messages. */
const char *bpfdev_type_name(enum bpf_proto_type type);

/* Sets the filter that 'type' and 'flags' (BPF_PROTO_FILTER_*) say. */
int bpfdev_send_filter(struct bpfdev *dev, uint32_t flags,
                       const struct bpf_insn insns[], size_t n);

/* Takes 'dev->mutex' for something that fails with EIO while a read waits.
 * Returns 0 with the mutex held, or -1 without. */
int bpfdev_enter(struct bpfdev *dev);
void bpfdev_leave(struct bpfdev *dev);

/* The attachment itself; see bpfdev_attach(). */
int bpfdev_attach__(struct bpfdev *dev, const char *port, size_t length);

#endif /* bpfdev-private.h */
