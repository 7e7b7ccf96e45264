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

/* The registry of ports and capture clients: who is attached where, within
 * which limits.
 *
 * 'bpf_mutex' guards the ports, the list of clients, their links to one
 * another and the totals.  The main and the server thread take it, threads
 * that move packets never do: these go through 'taps', a cmap that holds only
 * ports to which someone is attached, and through an RCU-protected array of
 * clients for each.
 *
 * A client's mutex is taken after 'bpf_mutex'.  Whoever closes a client does
 * so under that mutex, so that once it is released no thread touches the
 * client's buffers.  The client itself must outlive threads that still have
 * an old array, so it is freed after a grace period. */

#include <config.h>

#include "bpf/bpf-port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmap.h"
#include "coverage.h"
#include "hash.h"
#include "openvswitch/hmap.h"
#include "openvswitch/util.h"
#include "util.h"

COVERAGE_DEFINE(bpf_received);
COVERAGE_DEFINE(bpf_captured);
COVERAGE_DEFINE(bpf_dropped);
COVERAGE_DEFINE(bpf_written);
COVERAGE_DEFINE(bpf_write_error);
COVERAGE_DEFINE(bpf_device_opened);
COVERAGE_DEFINE(bpf_device_refused);

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

/* A port of the switch. */
struct bpf_port {
    struct hmap_node node;              /* In 'ports', by hash of name. */
    struct bpf_port_info info;
    struct bpf_tap *tap;                /* NULL if nobody is attached. */
};

atomic_count bpf_tap_reasons = ATOMIC_COUNT_INIT(0);

static struct ovs_mutex bpf_mutex = OVS_MUTEX_INITIALIZER;
static struct hmap ports OVS_GUARDED_BY(bpf_mutex) = HMAP_INITIALIZER(&ports);
static struct ovs_list all_clients OVS_GUARDED_BY(bpf_mutex)
    = OVS_LIST_INITIALIZER(&all_clients);
static struct bpf_totals totals OVS_GUARDED_BY(bpf_mutex);
static uint64_t next_id OVS_GUARDED_BY(bpf_mutex) = 1;
static const struct bpf_port_ops *port_ops OVS_GUARDED_BY(bpf_mutex);

/* Written under 'bpf_mutex', read by anyone. */
static struct cmap taps = CMAP_INITIALIZER;
static atomic_uint64_t taps_seqno = ATOMIC_VAR_INIT(1); /* Of 'taps'. */
static atomic_uint64_t ports_seqno = ATOMIC_VAR_INIT(0);
static atomic_uint64_t config_seqno = ATOMIC_VAR_INIT(0);

/* Written by the main thread, read by anyone. */
static OVSRCU_TYPE(struct bpf_config *) config = OVSRCU_INITIALIZER(NULL);

/* A mutex of its own, so that the callback may ask for lists of ports. */
static struct ovs_mutex change_mutex = OVS_MUTEX_INITIALIZER;
static void (*change_cb)(void *aux) OVS_GUARDED_BY(change_mutex);
static void *change_aux OVS_GUARDED_BY(change_mutex);

static void
report_change(void)
{
    ovs_mutex_lock(&change_mutex);
    if (change_cb) {
        change_cb(change_aux);
    }
    ovs_mutex_unlock(&change_mutex);
}

void
bpf_change_set_callback(void (*cb)(void *aux), void *aux)
{
    ovs_mutex_lock(&change_mutex);
    change_cb = cb;
    change_aux = aux;
    ovs_mutex_unlock(&change_mutex);
}

/* Configuration. */

void
bpf_config_init(struct bpf_config *c, const char *rundir)
{
    memset(c, 0, sizeof *c);
    c->enable = true;
    snprintf(c->socket.path, sizeof c->socket.path, "%s/bpf.sock", rundir);
    c->socket.mode = 0600;
    c->socket.group = (gid_t) -1;
    c->ro_socket.mode = 0660;
    c->ro_socket.group = (gid_t) -1;
    c->max_devices = 2048;
    c->buffer_default = BPF_DEV_DEFAULT_BLEN;
    c->buffer_max = 64 << 20;
    c->n_buffers_max = BPF_DEV_MAX_BUFFERS;
    c->memory_max = 512 << 20;
    c->insn_max = BPF_PROG_DEFAULT_INSNS;
}

const struct bpf_config *
bpf_config_get(void)
{
    return ovsrcu_get(struct bpf_config *, &config);
}

uint64_t
bpf_config_seqno(void)
{
    uint64_t seqno;

    atomic_read(&config_seqno, &seqno);
    return seqno;
}

static bool
socket_config_equal(const struct bpf_socket_config *a,
                    const struct bpf_socket_config *b)
{
    return (!strcmp(a->path, b->path)
            && a->mode == b->mode
            && a->group == b->group);
}

static bool
config_equal(const struct bpf_config *a, const struct bpf_config *b)
{
    return (a->enable == b->enable
            && socket_config_equal(&a->socket, &b->socket)
            && socket_config_equal(&a->ro_socket, &b->ro_socket)
            && a->max_devices == b->max_devices
            && a->buffer_default == b->buffer_default
            && a->buffer_max == b->buffer_max
            && a->n_buffers_max == b->n_buffers_max
            && a->memory_max == b->memory_max
            && a->insn_max == b->insn_max);
}

static void
config_replace(struct bpf_config *new)
{
    struct bpf_config *old = ovsrcu_get_protected(struct bpf_config *,
                                                  &config);

    ovsrcu_set(&config, new);
    if (old) {
        ovsrcu_postpone(free, old);
    }
}

void
bpf_config_set(const struct bpf_config *new)
{
    uint64_t orig;

    if (!config_equal(new, bpf_config_get())) {
        config_replace(xmemdup(new, sizeof *new));
        atomic_add(&config_seqno, 1, &orig);
        report_change();
    }
}

void
bpf_port_module_init(void)
{
    struct bpf_config *c = xmalloc(sizeof *c);

    bpf_config_init(c, "");
    config_replace(c);
}

static void
port_destroy(struct bpf_port *port)
    OVS_REQUIRES(bpf_mutex)
{
    hmap_remove(&ports, &port->node);
    totals.n_ports--;
    free(port);
}

void
bpf_port_module_exit(void)
{
    struct bpf_port *port;

    bpf_change_set_callback(NULL, NULL);

    ovs_mutex_lock(&bpf_mutex);
    ovs_assert(ovs_list_is_empty(&all_clients));
    HMAP_FOR_EACH_SAFE (port, node, &ports) {
        port_destroy(port);
    }
    hmap_destroy(&ports);
    hmap_init(&ports);
    cmap_destroy(&taps);
    cmap_init(&taps);
    port_ops = NULL;
    ovs_mutex_unlock(&bpf_mutex);

    config_replace(NULL);
}

/* Arrays of clients. */

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

static void
client_array_add(struct bpf_tap *tap, struct bpf_client *client)
    OVS_REQUIRES(bpf_mutex)
{
    struct bpf_client_array *old = client_array_get_protected(tap);
    struct bpf_client_array *new = client_array_alloc(old->n + 1);

    memcpy(new->clients, old->clients, old->n * sizeof old->clients[0]);
    new->clients[old->n] = client;
    client_array_set(tap, new);
}

static void
client_array_remove(struct bpf_tap *tap, struct bpf_client *client)
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

/* Taps. */

static void
taps_changed(void)
    OVS_REQUIRES(bpf_mutex)
{
    uint64_t orig;

    atomic_add_explicit(&taps_seqno, 1, &orig, memory_order_release);
}

static struct bpf_tap *
tap_create(const struct bpf_port_info *info, struct bpf_client *client)
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

static void
tap_destroy(struct bpf_tap *tap)
    OVS_REQUIRES(bpf_mutex)
{
    cmap_remove(&taps, &tap->node, hash_string(tap->name, 0));
    taps_changed();
    ovsrcu_postpone(tap_free, tap);
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

static void
client_append(struct bpf_client *client, struct bpf_packet packets[],
              size_t n, const struct bpf_dev_run *run, uint64_t now)
    OVS_REQUIRES(client->mutex)
{
    size_t n_dropped = bpf_dev_append(client->dev, packets, n, run, now);

    bpf_client_sync_ready(client);
    COVERAGE_ADD(bpf_dropped, n_dropped);
}

static uint64_t
now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

/* Sets '*now', if it is still 0, when it is needed first. */
static void
client_feed(struct bpf_client *client, struct bpf_packet packets[],
            size_t n, enum bpf_dev_way way, uint64_t *now)
{
    struct bpf_dev_run run;
    size_t n_accepted;

    if (!bpf_dev_wants(client->dev, way)) {
        return;
    }

    n_accepted = bpf_dev_filter_batch(client->dev, packets, n, way, &run);
    COVERAGE_ADD(bpf_received, n);
    if (!n_accepted) {
        return;
    }

    COVERAGE_ADD(bpf_captured, n_accepted);
    if (!*now) {
        *now = now_ns();
    }
    ovs_mutex_lock(&client->mutex);
    if (!client->closed) {
        client_append(client, packets, n, &run, *now);
    }
    ovs_mutex_unlock(&client->mutex);
}

void
bpf_tap_feed(const struct bpf_tap *tap, struct bpf_packet packets[],
             size_t n, enum bpf_dev_way way, uint64_t now)
{
    const struct bpf_client_array *array
        = ovsrcu_get(struct bpf_client_array *, &tap->clients);

    for (size_t i = 0; i < array->n; i++) {
        client_feed(array->clients[i], packets, n, way, &now);
    }
}

/* Ports. */

void
bpf_port_set_ops(const struct bpf_port_ops *ops)
{
    ovs_mutex_lock(&bpf_mutex);
    port_ops = ops;
    ovs_mutex_unlock(&bpf_mutex);
}

static const struct bpf_port_ops *
get_port_ops(void)
{
    const struct bpf_port_ops *ops;

    ovs_mutex_lock(&bpf_mutex);
    ops = port_ops;
    ovs_mutex_unlock(&bpf_mutex);
    return ops;
}

uint64_t
bpf_ports_seqno(void)
{
    uint64_t seqno;

    atomic_read(&ports_seqno, &seqno);
    return seqno;
}

static void
ports_changed(void)
    OVS_REQUIRES(bpf_mutex)
{
    uint64_t orig;

    atomic_add(&ports_seqno, 1, &orig);
}

static struct bpf_port *
port_lookup(const char *name)
    OVS_REQUIRES(bpf_mutex)
{
    struct bpf_port *port;

    HMAP_FOR_EACH_WITH_HASH (port, node, hash_string(name, 0), &ports) {
        if (!strcmp(port->info.name, name)) {
            return port;
        }
    }
    return NULL;
}

static struct bpf_port *
port_create(const char *name)
    OVS_REQUIRES(bpf_mutex)
{
    struct bpf_port *port = xzalloc(sizeof *port);

    hmap_insert(&ports, &port->node, hash_string(name, 0));
    totals.n_ports++;
    return port;
}

static bool
port_info_equal(const struct bpf_port_info *a, const struct bpf_port_info *b)
{
    return (!strcmp(a->name, b->name)
            && !strcmp(a->bridge, b->bridge)
            && !strcmp(a->type, b->type)
            && a->dlt == b->dlt
            && a->ofport == b->ofport
            && a->mtu == b->mtu
            && a->speed == b->speed
            && a->has_link_address == b->has_link_address
            && !memcmp(a->mac, b->mac, sizeof a->mac));
}

/* Tells 'client' that its port is gone. */
static void
client_detach(struct bpf_client *client)
    OVS_REQUIRES(bpf_mutex)
{
    client->port = NULL;
    atomic_count_dec(&bpf_tap_reasons);

    ovs_mutex_lock(&client->mutex);
    bpf_dev_detach(client->dev);
    bpf_client_sync_ready(client);
    ovs_mutex_unlock(&client->mutex);
}

static void
port_detach_clients(struct bpf_port *port)
    OVS_REQUIRES(bpf_mutex)
{
    const struct bpf_client_array *array;

    if (!port->tap) {
        return;
    }

    array = client_array_get_protected(port->tap);
    for (size_t i = 0; i < array->n; i++) {
        client_detach(array->clients[i]);
    }
    tap_destroy(port->tap);
    port->tap = NULL;
}

/* Does the work of bpf_port_update().  Returns true if anything changed. */
static bool
port_update(const struct bpf_port_info *info)
    OVS_REQUIRES(bpf_mutex)
{
    struct bpf_port *port = port_lookup(info->name);

    if (port && port_info_equal(&port->info, info)) {
        return false;
    }
    if (!port) {
        port = port_create(info->name);
    } else if (port->info.dlt != info->dlt) {
        port_detach_clients(port);
    }
    port->info = *info;
    ports_changed();
    return true;
}

void
bpf_port_update(const struct bpf_port_info *info)
{
    bool changed;

    ovs_mutex_lock(&bpf_mutex);
    changed = port_update(info);
    ovs_mutex_unlock(&bpf_mutex);

    if (changed) {
        report_change();
    }
}

void
bpf_port_remove(const char *name)
{
    struct bpf_port *port;

    ovs_mutex_lock(&bpf_mutex);
    port = port_lookup(name);
    if (port) {
        port_detach_clients(port);
        port_destroy(port);
        ports_changed();
    }
    ovs_mutex_unlock(&bpf_mutex);

    if (port) {
        report_change();
    }
}

static size_t
port_n_clients(const struct bpf_port *port)
    OVS_REQUIRES(bpf_mutex)
{
    return port->tap ? client_array_get_protected(port->tap)->n : 0;
}

static void
port_get_info(const struct bpf_port *port, struct bpf_port_info *info)
    OVS_REQUIRES(bpf_mutex)
{
    *info = port->info;
    info->n_clients = port_n_clients(port);
}

bool
bpf_port_find(const char *name, struct bpf_port_info *info)
{
    const struct bpf_port *port;

    ovs_mutex_lock(&bpf_mutex);
    port = port_lookup(name);
    if (port) {
        port_get_info(port, info);
    }
    ovs_mutex_unlock(&bpf_mutex);

    return port != NULL;
}

static int
compare_port_infos(const void *a_, const void *b_)
{
    const struct bpf_port_info *a = a_;
    const struct bpf_port_info *b = b_;
    int cmp = strcmp(a->bridge, b->bridge);

    return cmp ? cmp : strcmp(a->name, b->name);
}

struct bpf_port_info *
bpf_port_list(size_t *np, uint64_t *seqnop)
{
    struct bpf_port_info *infos;
    const struct bpf_port *port;
    size_t n = 0;

    ovs_mutex_lock(&bpf_mutex);
    infos = (hmap_is_empty(&ports) ? NULL
             : xmalloc(hmap_count(&ports) * sizeof *infos));
    HMAP_FOR_EACH (port, node, &ports) {
        port_get_info(port, &infos[n++]);
    }
    if (seqnop) {
        *seqnop = bpf_ports_seqno();
    }
    ovs_mutex_unlock(&bpf_mutex);

    if (n) {
        qsort(infos, n, sizeof *infos, compare_port_infos);
    }
    *np = n;
    return infos;
}

int
bpf_port_get_stats(const char *name, struct bpf_port_stats *stats)
{
    const struct bpf_port_ops *ops = get_port_ops();
    struct bpf_port_info info;

    return ops && bpf_port_find(name, &info) ? ops->get_stats(name, stats)
                                             : ENXIO;
}

/* Clients. */

/* Stores the name of process 'pid' in 'name', as far as this system tells it
 * by way of a file; otherwise an empty string. */
static void
get_process_name(pid_t pid, char name[], size_t size)
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

/* Counts another device, if there may be one. */
static bool
reserve_device(void)
    OVS_REQUIRES(bpf_mutex)
{
    if (totals.n_devices >= bpf_config_get()->max_devices) {
        totals.refused++;
        COVERAGE_INC(bpf_device_refused);
        return false;
    }
    totals.n_devices++;
    totals.opened++;
    COVERAGE_INC(bpf_device_opened);
    return true;
}

static struct bpf_dev *
dev_create(bool read_only)
{
    const struct bpf_config *c = bpf_config_get();
    const struct bpf_dev_limits limits = {
        .max_blen = c->buffer_max,
        .default_blen = c->buffer_default,
        .n_buffers = BPF_DEV_MIN_BUFFERS,
        .max_insns = c->insn_max,
    };
    struct bpf_dev *dev = xmalloc(sizeof *dev);

    bpf_dev_init(dev, &limits, read_only);
    return dev;
}

int
bpf_client_create(const struct bpf_cred *cred, bool read_only,
                  const struct bpf_client_ops *ops, void *aux,
                  struct bpf_client **clientp)
{
    struct bpf_client *client;
    bool ok;

    ovs_mutex_lock(&bpf_mutex);
    ok = reserve_device();
    ovs_mutex_unlock(&bpf_mutex);
    if (!ok) {
        *clientp = NULL;
        return ENOBUFS;
    }

    client = xzalloc(sizeof *client);
    client->read_only = read_only;
    client->ops = ops;
    client->aux = aux;
    client->dev = dev_create(read_only);
    client->n_buffers = BPF_DEV_MIN_BUFFERS;
    client->cred = *cred;
    get_process_name(cred->pid, client->process, sizeof client->process);
    ovs_mutex_init_adaptive(&client->mutex);

    ovs_mutex_lock(&bpf_mutex);
    client->id = next_id++;
    ovs_list_push_back(&all_clients, &client->list_node);
    ovs_mutex_unlock(&bpf_mutex);

    *clientp = client;
    return 0;
}

static void
client_free(struct bpf_client *client)
{
    bpf_dev_uninit(client->dev);
    free(client->dev);
    ovs_mutex_destroy(&client->mutex);
    free(client);
}

/* Takes 'client' off its port, if it is attached to one. */
static void
client_unlink(struct bpf_client *client)
    OVS_REQUIRES(bpf_mutex)
{
    struct bpf_port *port = client->port;

    if (!port) {
        return;
    }

    if (port_n_clients(port) > 1) {
        client_array_remove(port->tap, client);
    } else {
        tap_destroy(port->tap);
        port->tap = NULL;
    }
    client->port = NULL;
    atomic_count_dec(&bpf_tap_reasons);
}

/* Ends appending to 'client' and adds its counters to the totals. */
static void
client_close(struct bpf_client *client)
    OVS_REQUIRES(bpf_mutex)
{
    struct bpf_dev_stats stats;

    ovs_mutex_lock(&client->mutex);
    client->closed = true;
    bpf_dev_get_lifetime_stats(client->dev, &stats);
    ovs_mutex_unlock(&client->mutex);

    totals.received += stats.received;
    totals.captured += stats.captured;
    totals.dropped += stats.dropped;
}

void
bpf_client_destroy(struct bpf_client *client)
{
    ovs_mutex_lock(&bpf_mutex);
    ovs_list_remove(&client->list_node);
    client_unlink(client);
    client_close(client);
    totals.n_devices--;
    totals.memory -= client->mem_size;
    ovs_mutex_unlock(&bpf_mutex);

    if (client->mem) {
        client->ops->unmap(client, client->mem, client->mem_size);
    }
    ovsrcu_postpone(client_free, client);
}

void
bpf_client_set_cred(struct bpf_client *client, const struct bpf_cred *cred)
{
    char process[sizeof client->process];

    if (cred->pid == client->cred.pid
        && cred->uid == client->cred.uid
        && cred->gid == client->cred.gid) {
        return;
    }

    get_process_name(cred->pid, process, sizeof process);
    ovs_mutex_lock(&bpf_mutex);
    client->cred = *cred;
    memcpy(client->process, process, sizeof process);
    ovs_mutex_unlock(&bpf_mutex);
}

/* Checks whether 'client' may attach at all and, if so, fixes the size of its
 * buffers. */
static int
client_prepare(struct bpf_client *client, size_t *sizep)
{
    unsigned int max = bpf_config_get()->n_buffers_max;
    int error;

    ovs_mutex_lock(&client->mutex);
    error = bpf_dev_check_attach(client->dev);
    if (!error) {
        bpf_dev_set_n_buffers(client->dev, MIN(client->n_buffers, max));
        client->n_buffers = bpf_dev_n_buffers(client->dev);
        *sizep = bpf_dev_memory_size(client->dev);
    }
    ovs_mutex_unlock(&client->mutex);

    return error;
}

/* Counts 'size' bytes of memory for a device that attaches to port 'name'. */
static int
reserve_memory(const char *name, size_t size)
{
    int error = 0;

    ovs_mutex_lock(&bpf_mutex);
    if (!port_lookup(name)) {
        error = ENXIO;
    } else if (size > bpf_config_get()->memory_max
               || totals.memory > bpf_config_get()->memory_max - size) {
        error = ENOMEM;
    } else {
        totals.memory += size;
    }
    ovs_mutex_unlock(&bpf_mutex);

    return error;
}

static void
unreserve_memory(size_t size)
{
    ovs_mutex_lock(&bpf_mutex);
    totals.memory -= size;
    ovs_mutex_unlock(&bpf_mutex);
}

/* Makes 'client', whose memory is there, a client of 'port'. */
static void
client_link(struct bpf_client *client, struct bpf_port *port)
    OVS_REQUIRES(bpf_mutex)
{
    const struct bpf_dev_port dev_port = {
        .name = port->info.name,
        .dlt = port->info.dlt,
    };

    ovs_mutex_lock(&client->mutex);
    bpf_dev_attach(client->dev, &dev_port, client->mem);
    bpf_client_sync_ready(client);
    ovs_mutex_unlock(&client->mutex);

    client->port = port;
    if (port->tap) {
        client_array_add(port->tap, client);
    } else {
        port->tap = tap_create(&port->info, client);
    }
    atomic_count_inc(&bpf_tap_reasons);
}

/* Attaches 'client', whose memory of 'size' bytes is there, to port 'name'.
 * The port may have gone while the memory was got. */
static int
client_attach(struct bpf_client *client, const char *name, size_t size)
{
    struct bpf_port *port;

    ovs_mutex_lock(&bpf_mutex);
    port = port_lookup(name);
    if (port) {
        client->mem_size = size;
        client_link(client, port);
    }
    ovs_mutex_unlock(&bpf_mutex);

    return port ? 0 : ENXIO;
}

static int
client_map(struct bpf_client *client)
{
    return client->ops->map(client, bpf_dev_blen(client->dev),
                            client->n_buffers, &client->mem);
}

static void
client_unmap(struct bpf_client *client, size_t size)
{
    client->ops->unmap(client, client->mem, size);
    client->mem = NULL;
}

int
bpf_client_attach(struct bpf_client *client, const char *name)
{
    size_t size;
    int error;

    error = client_prepare(client, &size);
    if (error) {
        return error;
    }

    error = reserve_memory(name, size);
    if (error) {
        return error;
    }

    error = client_map(client);
    if (!error) {
        error = client_attach(client, name, size);
        if (error) {
            client_unmap(client, size);
        }
    }
    if (error) {
        unreserve_memory(size);
    }
    return error;
}

/* Copies the name of the client's port to 'name'.  Returns false if it has
 * none. */
static bool
client_get_port(const struct bpf_client *client, char name[BPF_PORT_NAME_MAX])
{
    bool attached;

    ovs_mutex_lock(&bpf_mutex);
    attached = client->port != NULL;
    if (attached) {
        ovs_strlcpy(name, client->port->info.name, BPF_PORT_NAME_MAX);
    }
    ovs_mutex_unlock(&bpf_mutex);

    return attached;
}

static int
client_write(struct bpf_client *client, void *frame, size_t size)
{
    const struct bpf_port_ops *ops = get_port_ops();
    char name[BPF_PORT_NAME_MAX];
    uint8_t mac[6] = { 0 };
    uint32_t mtu = 0;
    bool feedback;
    int error;

    error = (client_get_port(client, name) && ops
             ? ops->get_link(name, &mtu, mac)
             : 0);
    if (error) {
        return error;
    }

    ovs_mutex_lock(&client->mutex);
    error = bpf_dev_check_write(client->dev, frame, size, mtu);
    if (!error) {
        bpf_dev_complete_header(client->dev, frame, size, mac);
    }
    feedback = bpf_dev_is_feedback(client->dev);
    ovs_mutex_unlock(&client->mutex);

    return error || !size ? error : ops->send(name, frame, size, feedback);
}

int
bpf_client_write(struct bpf_client *client, void *frame, size_t size)
{
    int error = client_write(client, frame, size);

    ovs_mutex_lock(&bpf_mutex);
    if (error) {
        totals.write_errors++;
        COVERAGE_INC(bpf_write_error);
    } else {
        totals.written++;
        COVERAGE_INC(bpf_written);
    }
    ovs_mutex_unlock(&bpf_mutex);

    return error;
}

void
bpf_client_sync_ready(struct bpf_client *client)
{
    bool readable = bpf_dev_is_readable(client->dev);

    if (readable != client->ready) {
        client->ready = readable;
        client->ops->ready(client, readable);
    }
}

bool
bpf_client_disconnect(uint64_t id)
{
    struct bpf_client *client;
    bool found = false;

    ovs_mutex_lock(&bpf_mutex);
    LIST_FOR_EACH (client, list_node, &all_clients) {
        if (client->id == id) {
            client->ops->disconnect(client);
            found = true;
            break;
        }
    }
    ovs_mutex_unlock(&bpf_mutex);

    return found;
}

static void
client_get_peer(struct bpf_client *client, struct bpf_peer *peer)
    OVS_REQUIRES(bpf_mutex)
{
    peer->id = client->id;
    peer->cred = client->cred;
    memcpy(peer->process, client->process, sizeof peer->process);
    peer->memory = client->mem_size;

    ovs_mutex_lock(&client->mutex);
    bpf_dev_get_info(client->dev, &peer->info);
    ovs_mutex_unlock(&client->mutex);
}

struct bpf_peer *
bpf_peer_list(size_t *np)
{
    struct bpf_client *client;
    struct bpf_peer *peers;
    size_t n = 0;

    ovs_mutex_lock(&bpf_mutex);
    peers = (ovs_list_is_empty(&all_clients) ? NULL
             : xmalloc(ovs_list_size(&all_clients) * sizeof *peers));
    LIST_FOR_EACH (client, list_node, &all_clients) {
        client_get_peer(client, &peers[n++]);
    }
    ovs_mutex_unlock(&bpf_mutex);

    *np = n;
    return peers;
}

void
bpf_totals_get(struct bpf_totals *t)
{
    struct bpf_client *client;

    ovs_mutex_lock(&bpf_mutex);
    *t = totals;
    LIST_FOR_EACH (client, list_node, &all_clients) {
        struct bpf_dev_stats stats;

        ovs_mutex_lock(&client->mutex);
        bpf_dev_get_lifetime_stats(client->dev, &stats);
        ovs_mutex_unlock(&client->mutex);

        t->received += stats.received;
        t->captured += stats.captured;
        t->dropped += stats.dropped;
    }
    ovs_mutex_unlock(&bpf_mutex);
}
