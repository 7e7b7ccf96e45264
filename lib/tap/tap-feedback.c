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

/* Queues of frames on their way into the switch.
 *
 * 'mutex' guards the set of queues against concurrent writers: the server
 * thread, which makes queues, and the main thread, which removes those that
 * have not been used for a while.  Threads that move packets find a queue by
 * RCU.
 *
 * Each queue has a mutex of its own, which a thread that moves packets only
 * ever tries to take: whoever else holds it is about to change the queue, so
 * that the next poll will do. */

#include <config.h>

#include "tap/tap-feedback.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/bpf-feed.h"
#include "cmap.h"
#include "coverage.h"
#include "dp-packet.h"
#include "hash.h"
#include "netdev.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/thread.h"
#include "seq.h"
#include "timeval.h"
#include "util.h"

COVERAGE_DEFINE(bpf_feedback);
COVERAGE_DEFINE(bpf_feedback_dropped);

/* Milliseconds after which frames that nobody fetched are dropped, and queues
 * that nobody uses are removed. */
#define TIMEOUT 1000

struct queue {
    struct cmap_node node;              /* In 'queues', by hash of name. */
    bool is_pmd;                        /* Not polled by the main thread? */

    struct ovs_mutex mutex;
    long long int used OVS_GUARDED;     /* Last time something happened. */
    size_t head OVS_GUARDED;            /* Index of the oldest frame. */
    size_t n OVS_GUARDED;               /* Number of frames. */
    struct dp_packet *packets[TAP_FEEDBACK_MAX] OVS_GUARDED;

    char name[];                        /* Of the port. */
};

static struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;
static struct cmap queues = CMAP_INITIALIZER;

/* Frames in all queues; those for ports that the main thread polls. */
static atomic_count n_pending = ATOMIC_COUNT_INIT(0);
static atomic_count n_for_main = ATOMIC_COUNT_INIT(0);

/* Changes when there is something for the main thread. */
static struct seq *main_seq;
static uint64_t main_seqno;

void
tap_feedback_init(void)
{
    main_seq = seq_create();
    main_seqno = seq_read(main_seq);
}

bool
tap_feedback_pending(void)
{
    return atomic_count_get(&n_pending) != 0;
}

static struct queue *
queue_find(const char *name)
{
    struct queue *q;

    CMAP_FOR_EACH_WITH_HASH (q, node, hash_string(name, 0), &queues) {
        if (!strcmp(q->name, name)) {
            return q;
        }
    }
    return NULL;
}

static struct queue *
queue_create(const char *name, bool is_pmd)
    OVS_REQUIRES(mutex)
{
    size_t size = strlen(name) + 1;
    struct queue *q = xzalloc(sizeof *q + size);

    q->is_pmd = is_pmd;
    ovs_mutex_init(&q->mutex);
    memcpy(q->name, name, size);
    cmap_insert(&queues, &q->node, hash_string(name, 0));
    return q;
}

static void
queue_free(struct queue *q)
{
    ovs_mutex_destroy(&q->mutex);
    free(q);
}

static void
queue_remove(struct queue *q)
    OVS_REQUIRES(mutex)
{
    cmap_remove(&queues, &q->node, hash_string(q->name, 0));
    ovsrcu_postpone(queue_free, q);
}

/* Counts frames in and out of 'q'.  While there is one, threads that move
 * packets must look for it. */
static void
queue_add_one(struct queue *q, struct dp_packet *packet)
    OVS_REQUIRES(q->mutex)
{
    q->packets[(q->head + q->n++) % TAP_FEEDBACK_MAX] = packet;
    q->used = time_msec();
    bpf_tap_hold();
    if (!q->is_pmd) {
        atomic_count_inc(&n_for_main);
    }
    atomic_count_inc(&n_pending);
}

static struct dp_packet *
queue_take_one(struct queue *q)
    OVS_REQUIRES(q->mutex)
{
    struct dp_packet *packet = q->packets[q->head];

    q->head = (q->head + 1) % TAP_FEEDBACK_MAX;
    q->n--;
    atomic_count_dec(&n_pending);
    if (!q->is_pmd) {
        atomic_count_dec(&n_for_main);
    }
    bpf_tap_release();
    return packet;
}

static bool
queue_put(struct queue *q, struct dp_packet *packet)
{
    bool fits;

    ovs_mutex_lock(&q->mutex);
    fits = q->n < TAP_FEEDBACK_MAX;
    if (fits) {
        queue_add_one(q, packet);
    }
    ovs_mutex_unlock(&q->mutex);

    return fits;
}

bool
tap_feedback_has_room(const struct netdev *netdev)
{
    bool room = true;
    struct queue *q;

    ovs_mutex_lock(&mutex);
    q = queue_find(netdev_get_name(netdev));
    if (q) {
        ovs_mutex_lock(&q->mutex);
        room = q->n < TAP_FEEDBACK_MAX;
        ovs_mutex_unlock(&q->mutex);
    }
    ovs_mutex_unlock(&mutex);
    return room;
}

int
tap_feedback_put(const struct netdev *netdev, struct dp_packet *packet)
{
    const char *name = netdev_get_name(netdev);
    struct queue *q;
    bool fits, wake;

    ovs_mutex_lock(&mutex);
    q = queue_find(name);
    if (!q) {
        q = queue_create(name, netdev_is_pmd(netdev));
    }
    fits = queue_put(q, packet);
    wake = !q->is_pmd;
    ovs_mutex_unlock(&mutex);

    if (!fits) {
        COVERAGE_INC(bpf_feedback_dropped);
        dp_packet_delete(packet);
        return ENOBUFS;
    }
    if (wake) {
        seq_change(main_seq);
    }
    return 0;
}

bool
tap_feedback_take(const char *name, struct dp_packet_batch *batch)
{
    struct queue *q = queue_find(name);
    size_t n;

    if (!q || ovs_mutex_trylock(&q->mutex)) {
        return false;
    }

    n = MIN(q->n, NETDEV_MAX_BURST);
    if (n) {
        dp_packet_batch_init(batch);
        q->used = time_msec();
        for (size_t i = 0; i < n; i++) {
            dp_packet_batch_add(batch, queue_take_one(q));
        }
        COVERAGE_ADD(bpf_feedback, n);
    }
    ovs_mutex_unlock(&q->mutex);

    return n != 0;
}

static void
queue_drop(struct queue *q)
    OVS_REQUIRES(q->mutex)
{
    COVERAGE_ADD(bpf_feedback_dropped, q->n);
    while (q->n) {
        dp_packet_delete(queue_take_one(q));
    }
}

/* Empties 'q' and removes it if nothing has happened to it for a while. */
static void
queue_expire(struct queue *q, long long int now)
    OVS_REQUIRES(mutex)
{
    bool expired;

    ovs_mutex_lock(&q->mutex);
    expired = now >= q->used + TIMEOUT;
    if (expired) {
        queue_drop(q);
    }
    ovs_mutex_unlock(&q->mutex);

    if (expired) {
        queue_remove(q);
    }
}

static void
expire_queues(long long int now)
{
    struct queue *q;

    ovs_mutex_lock(&mutex);
    CMAP_FOR_EACH (q, node, &queues) {
        queue_expire(q, now);
    }
    ovs_mutex_unlock(&mutex);
}

void
tap_feedback_run(void)
{
    if (!cmap_is_empty(&queues)) {
        expire_queues(time_msec());
    }
}

void
tap_feedback_wait(void)
{
    seq_wait(main_seq, main_seqno);
    main_seqno = seq_read(main_seq);
    if (atomic_count_get(&n_for_main)) {
        /* The datapath polls a port once in each round of the main loop. */
        poll_immediate_wake();
    } else if (!cmap_is_empty(&queues)) {
        poll_timer_wait(TIMEOUT);
    }
}

void
tap_feedback_exit(void)
{
    expire_queues(LLONG_MAX);
    cmap_destroy(&queues);
    cmap_init(&queues);
    seq_destroy(main_seq);
    main_seq = NULL;
}
