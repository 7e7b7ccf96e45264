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
/* The hot path: from a packet at a tap point to the devices attached there.
 *
 * Threads that move packets take no lock of the registry.  They find a port to
 * which somebody is attached in 'taps', a cmap that holds no others, and the
 * port's clients in an array that RCU protects.  Both are written under
 * 'bpf_mutex'.
 *
 * Devices of privileged users come first and get everything.  What those of
 * ordinary users get is bounded by a share of the thread's time, see
 * bpf/bpf-share.h, and no thread waits for their mutexes. */

#include <config.h>

#include "bpf/bpf-feed.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bpf/bpf-client.h"
#include "bpf/bpf-config.h"
#include "bpf/bpf-quota.h"
#include "bpf/bpf-registry.h"
#include "bpf/bpf-share.h"
#include "cmap.h"
#include "coverage.h"
#include "hash.h"
#include "openvswitch/util.h"
#include "ovs-rcu.h"
#include "util.h"

COVERAGE_DEFINE(bpf_received);
COVERAGE_DEFINE(bpf_captured);
COVERAGE_DEFINE(bpf_dropped);
COVERAGE_DEFINE(bpf_missed);

/* Where threads that move packets find the clients of a port.  Exists while
 * there is one. */
struct bpf_tap {
    struct cmap_node node;              /* In 'taps', by hash of name. */
    OVSRCU_TYPE(struct bpf_client_array *) clients;
    uint32_t dlt;
    char name[];
};

struct bpf_client_array {
    size_t n;
    struct bpf_client *clients[];
};

atomic_count bpf_tap_reasons = ATOMIC_COUNT_INIT(0);
atomic_count bpf_followers = ATOMIC_COUNT_INIT(0);

/* Written under 'bpf_mutex', read by anyone. */
static struct cmap taps = CMAP_INITIALIZER;
static atomic_uint64_t taps_seqno = ATOMIC_VAR_INIT(1); /* Of 'taps'. */

/* Arrays of clients
 * ================= */

static struct bpf_client_array *
client_array_get_protected(const struct bpf_tap *tap)
    OVS_REQUIRES(bpf_mutex)
{
    return ovsrcu_get_protected(struct bpf_client_array *, &tap->clients);
}

static void
client_array_set(struct bpf_tap *tap, struct bpf_client_array *new)
    OVS_REQUIRES(bpf_mutex)
{
    struct bpf_client_array *old = client_array_get_protected(tap);

    ovsrcu_set(&tap->clients, new);
    ovsrcu_postpone(free, old);
}

static struct bpf_client_array *
client_array_alloc(size_t n)
{
    struct bpf_client_array *array;

    array = xmalloc(sizeof *array + n * sizeof array->clients[0]);
    array->n = n;
    return array;
}

void
bpf_tap_add_client(struct bpf_tap *tap, struct bpf_client *client)
    OVS_REQUIRES(bpf_mutex)
{
    struct bpf_client_array *old = client_array_get_protected(tap);
    struct bpf_client_array *new = client_array_alloc(old->n + 1);

    memcpy(new->clients, old->clients, old->n * sizeof old->clients[0]);
    new->clients[old->n] = client;
    client_array_set(tap, new);
}

void
bpf_tap_remove_client(struct bpf_tap *tap, struct bpf_client *client)
    OVS_REQUIRES(bpf_mutex)
{
    struct bpf_client_array *old = client_array_get_protected(tap);
    struct bpf_client_array *new = client_array_alloc(old->n - 1);
    size_t n = 0;

    for (size_t i = 0; i < old->n; i++) {
        if (old->clients[i] != client) {
            new->clients[n++] = old->clients[i];
        }
    }
    ovs_assert(n == new->n);
    client_array_set(tap, new);
}

size_t
bpf_tap_n_clients(const struct bpf_tap *tap)
{
    return client_array_get_protected(tap)->n;
}

struct bpf_client *
bpf_tap_client(const struct bpf_tap *tap, size_t i)
{
    return client_array_get_protected(tap)->clients[i];
}

/* Taps
 * ==== */

static void
taps_changed(void)
    OVS_REQUIRES(bpf_mutex)
{
    uint64_t orig;

    atomic_add_explicit(&taps_seqno, 1, &orig, memory_order_release);
}

struct bpf_tap *
bpf_tap_create(const struct bpf_port_info *info, struct bpf_client *client)
    OVS_REQUIRES(bpf_mutex)
{
    size_t size = strlen(info->name) + 1;
    struct bpf_tap *tap = xmalloc(sizeof *tap + size);
    struct bpf_client_array *array = client_array_alloc(1);

    array->clients[0] = client;
    ovsrcu_init(&tap->clients, array);
    tap->dlt = info->dlt;
    memcpy(tap->name, info->name, size);
    cmap_insert(&taps, &tap->node, hash_string(info->name, 0));
    taps_changed();
    return tap;
}

static void
tap_free(struct bpf_tap *tap)
{
    free(ovsrcu_get(struct bpf_client_array *, &tap->clients));
    free(tap);
}

void
bpf_tap_destroy(struct bpf_tap *tap)
    OVS_REQUIRES(bpf_mutex)
{
    cmap_remove(&taps, &tap->node, hash_string(tap->name, 0));
    taps_changed();
    ovsrcu_postpone(tap_free, tap);
}

void
bpf_taps_exit(void)
{
    cmap_destroy(&taps);
    cmap_init(&taps);
}

void
bpf_tap_hold(void)
{
    atomic_count_inc(&bpf_tap_reasons);
}

void
bpf_tap_release(void)
{
    atomic_count_dec(&bpf_tap_reasons);
}

/* Whether a port is tapped is asked twice for each batch of packets, so every
 * thread remembers the last answers.  An answer holds as long as 'taps_seqno'
 * is what it was before the question: while a thread sees the old number it
 * has not quiesced since the change, hence the tap has not been freed. */
struct remembered_tap {
    const char *address;                /* Where the name was. */
    uint64_t seqno;                     /* 'taps_seqno'; 0 for no answer. */
    const struct bpf_tap *tap;          /* The answer: NULL for none. */
    char name[40];                      /* Other names may be there later. */
};
#define N_REMEMBERED 64
struct remembered_taps {
    struct remembered_tap taps[N_REMEMBERED];
};
DEFINE_STATIC_PER_THREAD_DATA(struct remembered_taps, remembered_taps,
                              { .taps = { { .address = NULL } } });

static const struct bpf_tap *
tap_find(const char *name)
{
    const struct bpf_tap *tap;

    CMAP_FOR_EACH_WITH_HASH (tap, node, hash_string(name, 0), &taps) {
        if (!strcmp(tap->name, name)) {
            return tap;
        }
    }
    return NULL;
}

static const struct bpf_tap *
tap_find_and_remember(const char *name, uint64_t seqno,
                      struct remembered_tap *r)
{
    size_t size = strlen(name) + 1;

    r->tap = tap_find(name);
    r->address = name;
    r->seqno = 0;
    if (size <= sizeof r->name) {
        memcpy(r->name, name, size);
        r->seqno = seqno;
    }
    return r->tap;
}

const struct bpf_tap *
bpf_tap_lookup(const char *name)
{
    struct remembered_tap *r;
    uint64_t seqno;

    atomic_read_explicit(&taps_seqno, &seqno, memory_order_acquire);
    r = &remembered_taps_get()->taps[hash_pointer(name, 0) % N_REMEMBERED];
    return (OVS_LIKELY(r->address == name && r->seqno == seqno
                       && !strcmp(r->name, name))
            ? r->tap
            : tap_find_and_remember(name, seqno, r));
}

uint32_t
bpf_tap_dlt(const struct bpf_tap *tap)
{
    return tap->dlt;
}

/* Packets
 * ======= */

static void
client_append(struct bpf_client *client, struct bpf_packet packets[],
              size_t n, const struct bpf_dev_run *run, uint64_t now)
    OVS_REQUIRES(client->mutex)
{
    size_t n_dropped = bpf_dev_append(client->dev, packets, n, run, now);

    bpf_client_sync_ready(client);
    COVERAGE_ADD(bpf_dropped, n_dropped);
}

uint64_t
bpf_tap_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

/* How often to try to get the mutex of an ordinary user's device.  Whoever has
 * it needs less time than that, unless the processor was taken from it; then
 * that may take as long as the system likes. */
#define LOCK_TRIES 1000

/* Takes the mutex of 'client'.  Returns false if it cannot be had. */
static bool
client_lock(const struct bpf_client *client, bool ordinary)
    OVS_NO_THREAD_SAFETY_ANALYSIS
{
    if (!ordinary) {
        ovs_mutex_lock(&client->mutex);
        return true;
    }
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (!ovs_mutex_trylock(&client->mutex)) {
            return true;
        }
    }
    return false;
}

/* Lets 'client' know of 'n' packets, 'n_missed' of which would have been stored
 * if there had been time. */
static void
client_miss(struct bpf_client *client, size_t n, size_t n_missed)
{
    COVERAGE_ADD(bpf_missed, n_missed);
    COVERAGE_ADD(bpf_dropped, n_missed);
    bpf_dev_miss(client->dev, n, n_missed);
}

/* A batch of packets on their way to the clients of a port. */
struct batch {
    struct bpf_packet *packets;
    const struct bpf_record_identity *identities;
    size_t n;
    enum bpf_dev_way way;
    uint8_t queue;
    uint64_t now;               /* 0 until it is needed first. */
};

/* Stores those packets of 'batch' that the filter of 'client' accepted. */
static void
client_store(struct bpf_client *client, struct batch *batch,
             const struct bpf_dev_run *run, size_t n_accepted, bool ordinary)
    OVS_NO_THREAD_SAFETY_ANALYSIS
{
    if (!batch->now) {
        batch->now = bpf_tap_now();
    }
    if (!client_lock(client, ordinary)) {
        client_miss(client, batch->n, n_accepted);
        return;
    }
    if (!client->closed) {
        client_append(client, batch->packets, batch->n, run, batch->now);
    }
    ovs_mutex_unlock(&client->mutex);
}

static void
client_feed(struct bpf_client *client, struct batch *batch, bool ordinary,
            enum bpf_share_room room)
{
    struct bpf_dev_run run;
    size_t n_accepted;

    if (!bpf_dev_wants(client->dev, batch->way)) {
        return;
    } else if (room == BPF_SHARE_NONE) {
        COVERAGE_ADD(bpf_received, batch->n);
        COVERAGE_ADD(bpf_captured, batch->n);
        client_miss(client, batch->n, batch->n);
        return;
    }

    n_accepted = bpf_dev_filter_batch(client->dev, batch->packets, batch->n,
                                      batch->way, &run);
    COVERAGE_ADD(bpf_received, batch->n);
    COVERAGE_ADD(bpf_captured, n_accepted);
    if (!n_accepted) {
        return;
    } else if (room == BPF_SHARE_FILTER) {
        client_miss(client, batch->n, n_accepted);
        return;
    }

    run.queue = batch->queue;
    run.identities = batch->identities;
    client_store(client, batch, &run, n_accepted, ordinary);
}

/* Returns the ordinary user who has 'client', 0 if the user is privileged. */
static uid_t
client_ordinary_uid(struct bpf_client *client)
{
    unsigned int uid;

    atomic_read_relaxed(&client->ordinary_uid, &uid);
    return uid;
}

/* Shows 'batch' to the clients in 'array' who are privileged.  Returns true if
 * there are others, too. */
static bool
feed_privileged(const struct bpf_client_array *array, struct batch *batch)
{
    bool others = false;

    for (size_t i = 0; i < array->n; i++) {
        if (client_ordinary_uid(array->clients[i])) {
            others = true;
        } else {
            client_feed(array->clients[i], batch, false, BPF_SHARE_ALL);
        }
    }
    return others;
}

/* The calling thread's share for ordinary users, and the second in which it
 * was accounted for last. */
struct accounted_share {
    struct bpf_share share;
    long long int second;
};

DEFINE_STATIC_PER_THREAD_DATA(struct accounted_share, share, { .second = 0 });

/* Takes account of what was spent on whom.  If that would have to wait, next
 * time does. */
static void
account_for(struct accounted_share *as)
{
    struct bpf_quota_time times[BPF_SHARE_USERS];
    size_t n = as->share.n;

    for (size_t i = 0; i < n; i++) {
        times[i].uid = as->share.users[1 + i].uid;
        times[i].ns = as->share.users[1 + i].spent;
    }
    if (bpf_quota_spend(times, n, &as->second)) {
        for (size_t i = 0; i < n; i++) {
            as->share.users[1 + i].spent = 0;
        }
    }
}

/* Begins to do something for ordinary users.  Returns the calling thread's
 * share for them, or NULL if they may take all of its time. */
static struct bpf_share *
share_begin(void)
{
    unsigned int percent = bpf_config_get()->time_max;

    if (percent >= 100) {
        return NULL;
    }
    struct accounted_share *as = share_get();

    if (bpf_share_begin(&as->share, percent)) {
        account_for(as);
    }
    return &as->share;
}

/* Shows 'batch' to the clients in 'array' who are ordinary users. */
static void
feed_ordinary(const struct bpf_client_array *array, struct batch *batch)
{
    struct bpf_share *s = share_begin();

    for (size_t i = 0; i < array->n; i++) {
        uid_t uid = client_ordinary_uid(array->clients[i]);

        if (uid) {
            client_feed(array->clients[i], batch, true,
                        s ? bpf_share_turn(s, uid) : BPF_SHARE_ALL);
        }
    }
    if (s) {
        bpf_share_end(s);
    }
}

void
bpf_tap_feed(const struct bpf_tap *tap, struct bpf_packet packets[],
             const struct bpf_record_identity identities[], size_t n,
             enum bpf_dev_way way, uint8_t queue, uint64_t now)
{
    const struct bpf_client_array *array
        = ovsrcu_get(struct bpf_client_array *, &tap->clients);
    struct batch batch = {
        .packets = packets,
        .identities = identities,
        .n = n,
        .way = way,
        .queue = queue,
        .now = now,
    };

    if (feed_privileged(array, &batch)) {
        feed_ordinary(array, &batch);
    }
}
