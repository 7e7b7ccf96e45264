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


#ifndef BPF_CONN_H
#define BPF_CONN_H 1

/* A client's connection, as the server sees it
 * ============================================
 *
 * A connection receives the requests of one client and answers them, in the
 * words of bpf/bpf-proto.h.  All functions are for the server's thread, except
 * that the connection gives bpf/bpf-client.h callbacks which run on others. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/bpf-client.h"
#include "bpf/bpf-port.h"
#include "openvswitch/list.h"
#include "ovs-atomic.h"
#include "ovs-thread.h"

struct bpf_conn_job;
struct latch;

/* What connections share. */
struct bpf_conn_context {
    struct latch *wakeup;       /* Set when a connection is doomed. */
    atomic_bool any_doomed;     /* Is there one? */
    atomic_uint64_t n_requests; /* Messages carried out, for statistics. */
    atomic_uint64_t n_misbehaved; /* Connections closed for misbehaviour. */
    atomic_uint64_t n_rejected; /* Turned away at HELLO. */

    /* Connections with a wait timeout, by 'timer_node'. */
    struct ovs_list timers;

    /* Connections that have not said HELLO, by 'timer_node', the one that has
     * to do so first in front. */
    struct ovs_list strangers;

    /* Jobs that got memory for a connection, by 'node'. */
    struct ovs_mutex mutex;
    struct ovs_list done OVS_GUARDED;
};

struct bpf_conn {
    struct ovs_list node;       /* For the server's use. */
    struct bpf_conn_context *context;
    int fd;                     /* Socket. */
    bool read_only;             /* Came through the read-only socket. */
    bool greeted;               /* Said HELLO. */
    bool write_failed;          /* The last frame was not sent. */
    bool monitor;               /* Watches the set of ports, has no device. */
    bool ended;                 /* By the client, or because of what it sent:
                                 * it reads its buffers no longer. */
    struct bpf_cred cred;       /* Who it is. */
    struct bpf_client *client;  /* Its device, NULL if none. */

    /* The notification channel.  We keep both ends, so that we can take back
     * what we said.  Written under the client's mutex. */
    int notify_send;
    int notify_recv;

    /* Descriptor of the device's memory between attachment and answer. */
    int memory_fd;

    /* Not to be listened to: while memory is got for an attachment to port
     * 'attaching' ('job' is nonnull), or until 'resume_at', in milliseconds of
     * time_msec(), because its user makes too many requests. */
    struct bpf_conn_job *job;
    char attaching[BPF_PORT_NAME_MAX];
    uint32_t attaching_sequence;
    long long int resume_at;    /* 0: not paused. */
    bool parked;                /* For the server's use. */

    /* Monitors: what the client knows, and whether it was told that this is no
     * longer all. */
    uint64_t ports_seqno;
    bool notified;

    /* In 'context->strangers' until HELLO; in 'context->timers' while the
     * device has a wait timeout.  When to act, in milliseconds of
     * time_msec(). */
    struct ovs_list timer_node;
    long long int deadline;

    atomic_bool doomed;         /* The administrator wants it closed. */
};

/* How long a client may take to say HELLO, in milliseconds. */
#define BPF_CONN_PATIENCE 10000

/* Descriptors that a connection may come to need: the socket, both ends of its
 * notification channel and, for a moment, its device's memory. */
#define BPF_CONN_FDS 4

/* Makes a connection of the accepted socket 'fd', which it takes over, of the
 * user in 'cred'.  One of BPF_CONNECTIONS and BPF_CONN_FDS of BPF_DESCRIPTORS
 * have been taken for that user; the connection gives them back. */
struct bpf_conn *bpf_conn_create(struct bpf_conn_context *context, int fd,
                                 const struct bpf_cred *cred, bool read_only);

/* Continues connections whose memory is there.  Calls 'resume' for each one
 * that can be listened to again, 'destroy' for those to be destroyed. */
void bpf_conn_run_jobs(struct bpf_conn_context *context,
                       void (*resume)(struct bpf_conn *),
                       void (*destroy)(struct bpf_conn *));

/* Closes 'conn', and its device if it has one, and frees it. */
void bpf_conn_destroy(struct bpf_conn *conn);

/* Receives and answers what 'conn' has to say, a bounded number of messages.
 * Returns false if 'conn' should be closed.  If it is not to be listened to
 * for a while, 'conn->job' or 'conn->resume_at' is set. */
bool bpf_conn_run(struct bpf_conn *conn);

/* Wakes the client of 'conn', a monitor, if the set of ports is no longer the
 * one that it knows. */
void bpf_conn_run_monitor(struct bpf_conn *conn);

/* Acts on a wait timeout whose 'deadline' has come. */
void bpf_conn_run_timer(struct bpf_conn *conn);

/* Tells the client at the other end of the accepted socket 'fd' that it is
 * turned away with errno value 'error' because of 'why'. */
void bpf_conn_turn_away(int fd, int error, const char *why);

/* For bpf-request.c
 * ================= */

/* The callbacks of a connection's client, whose "aux" is the connection. */
extern const struct bpf_client_ops bpf_conn_client_ops;

/* Opens the notification channel of 'conn'.  Returns 0 or a positive errno
 * value. */
int bpf_conn_open_channel(struct bpf_conn *conn);

/* Makes the client's descriptor readable, or not. */
void bpf_conn_notify(struct bpf_conn *conn, bool readable);

/* Schedules the next look at the wait timeout of the device of 'conn', which
 * has to be attached, or cancels it. */
void bpf_conn_schedule(struct bpf_conn *conn);

/* Formats who is at the other end of 'conn', for log messages. */
const char *bpf_conn_name(const struct bpf_conn *conn, char buf[64]);

#endif /* bpf/bpf-conn.h */
