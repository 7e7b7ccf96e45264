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
#include "openvswitch/list.h"
#include "ovs-atomic.h"

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
};

struct bpf_conn {
    struct ovs_list node;       /* For the server's use. */
    struct bpf_conn_context *context;
    int fd;                     /* Socket. */
    bool read_only;             /* Came through the read-only socket. */
    bool privileged;            /* May list other users' devices. */
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

/* Makes a connection of the accepted socket 'fd', which it takes over. */
struct bpf_conn *bpf_conn_create(struct bpf_conn_context *context, int fd,
                                 bool read_only);

/* Closes 'conn', and its device if it has one, and frees it. */
void bpf_conn_destroy(struct bpf_conn *conn);

/* Receives and answers what 'conn' has to say, a bounded number of messages.
 * Returns false if 'conn' should be closed. */
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
