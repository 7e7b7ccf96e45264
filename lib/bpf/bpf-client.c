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
/* Capture clients, see the header.
 *
 * 'bpf_mutex' guards the list of clients and their links to ports.  A client's
 * mutex is taken after it.  Whoever closes a client does so under that mutex,
 * so that once it is released no thread touches the client's buffers.  The
 * client itself must outlive threads that still have an old array of clients,
 * so it is freed after a grace period. */

#include <config.h>

#include "bpf/bpf-client.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/bpf-config.h"
#include "bpf/bpf-cost.h"
#include "bpf/bpf-feed.h"
#include "bpf/bpf-peercred.h"
#include "bpf/bpf-port.h"
#include "bpf/bpf-quota.h"
#include "bpf/bpf-registry.h"
#include "coverage.h"
#include "openvswitch/util.h"
#include "ovs-rcu.h"
#include "printable.h"
#include "util.h"

COVERAGE_DEFINE(bpf_written);
COVERAGE_DEFINE(bpf_write_error);
COVERAGE_DEFINE(bpf_device_opened);
COVERAGE_DEFINE(bpf_device_refused);

static struct ovs_list all_clients OVS_GUARDED_BY(bpf_mutex)
    = OVS_LIST_INITIALIZER(&all_clients);
static uint64_t next_id OVS_GUARDED_BY(bpf_mutex) = 1;

/* Life
 * ==== */

/* Counts another device of 'uid', if there may be one. */
static bool
reserve_device(uid_t uid)
{
    bool ok = bpf_quota_take(uid, BPF_DEVICES, 1);

    ovs_mutex_lock(&bpf_mutex);
    if (ok) {
        bpf_sums.opened++;
        COVERAGE_INC(bpf_device_opened);
    } else {
        bpf_sums.refused++;
        COVERAGE_INC(bpf_device_refused);
    }
    ovs_mutex_unlock(&bpf_mutex);

    return ok;
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

static unsigned int
ordinary_uid(const struct bpf_cred *cred)
{
    return bpf_quota_is_privileged(cred->uid) ? 0 : cred->uid;
}

/* Stores in the 'size' bytes at 'process' what the process that 'cred' names
 * calls itself, in printable form: it is for people to read only. */
static void
get_process(const struct bpf_cred *cred, char process[], size_t size)
{
    char name[32];

    bpf_peercred_get_name(cred->pid, name, sizeof name);
    printable_copy(process, size, name, strlen(name));
}

int
bpf_client_create(const struct bpf_cred *cred, bool read_only,
                  const struct bpf_client_ops *ops, void *aux,
                  struct bpf_client **clientp)
{
    struct bpf_client *client;

    if (!reserve_device(cred->uid)) {
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
    atomic_init(&client->ordinary_uid, ordinary_uid(cred));
    client->cost = bpf_cost_of_filter(NULL);
    get_process(cred, client->process, sizeof client->process);
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

static void
client_unfollow(struct bpf_client *client)
    OVS_REQUIRES(bpf_mutex)
{
    if (client->follows) {
        client->follows = false;
        atomic_count_dec(&bpf_followers);
    }
}

void
bpf_client_detach(struct bpf_client *client)
{
    client->port = NULL;
    atomic_count_dec(&bpf_tap_reasons);
    client_unfollow(client);

    ovs_mutex_lock(&client->mutex);
    bpf_dev_detach(client->dev);
    bpf_client_sync_ready(client);
    ovs_mutex_unlock(&client->mutex);
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

    if (bpf_tap_n_clients(port->tap) > 1) {
        bpf_tap_remove_client(port->tap, client);
    } else {
        bpf_tap_destroy(port->tap);
        port->tap = NULL;
    }
    client->port = NULL;
    atomic_count_dec(&bpf_tap_reasons);
    client_unfollow(client);
}

/* Ends appending to 'client' and adds its counters to the bpf_sums. */
static void
client_close(struct bpf_client *client)
    OVS_REQUIRES(bpf_mutex)
{
    struct bpf_dev_stats stats;

    ovs_mutex_lock(&client->mutex);
    client->closed = true;
    bpf_dev_get_lifetime_stats(client->dev, &stats);
    ovs_mutex_unlock(&client->mutex);

    bpf_sums.received += stats.received;
    bpf_sums.captured += stats.captured;
    bpf_sums.dropped += stats.dropped;
}

void
bpf_client_destroy(struct bpf_client *client)
{
    ovs_mutex_lock(&bpf_mutex);
    ovs_list_remove(&client->list_node);
    client_unlink(client);
    client_close(client);
    ovs_mutex_unlock(&bpf_mutex);

    bpf_quota_give(client->cred.uid, BPF_DEVICES, 1);
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

    get_process(cred, process, sizeof process);
    bpf_quota_move(client->cred.uid, cred->uid, BPF_DEVICES, 1);
    bpf_quota_move(client->cred.uid, cred->uid, BPF_MEMORY, client->mem_size);
    ovs_mutex_lock(&bpf_mutex);
    client->cred = *cred;
    memcpy(client->process, process, sizeof process);
    ovs_mutex_unlock(&bpf_mutex);
    atomic_store_relaxed(&client->ordinary_uid, ordinary_uid(cred));
}

/* The budget of a port
 * ==================== */

/* What the devices of ordinary users on a port cost each packet. */
struct port_cost {
    unsigned int used;          /* By all of them. */
    unsigned int user_used;     /* By those of one user. */
    const struct bpf_client *top; /* The dearest, NULL if there is none. */
};

/* Sums up what the devices on 'port' cost, except for 'client', as far as its
 * user is concerned and in all. */
static void
port_get_cost(const struct bpf_port *port, const struct bpf_client *client,
              struct port_cost *cost)
    OVS_REQUIRES(bpf_mutex)
{
    memset(cost, 0, sizeof *cost);
    for (size_t i = 0; i < bpf_port_n_clients(port); i++) {
        const struct bpf_client *other = bpf_tap_client(port->tap, i);

        if (other == client || bpf_quota_is_privileged(other->cred.uid)) {
            continue;
        }
        cost->used += other->cost;
        if (other->cred.uid == client->cred.uid) {
            cost->user_used += other->cost;
        }
        if (!cost->top || other->cost > cost->top->cost) {
            cost->top = other;
        }
    }
}

/* Checks whether 'client' may cost the packets of 'port' 'cost' units each.
 * If not, says why in the 'size' bytes at 'why'. */
static bool
check_cost(const struct bpf_client *client, const struct bpf_port *port,
           unsigned int cost, char *why, size_t size)
    OVS_REQUIRES(bpf_mutex)
{
    const struct bpf_config *config = bpf_config_get();
    unsigned int user_max = config->user_port_cost;
    unsigned int max = config->port_cost;
    struct port_cost now;

    if (bpf_quota_is_privileged(client->cred.uid)) {
        return true;
    }
    port_get_cost(port, client, &now);
    if (cost > MIN(max, user_max)) {
        snprintf(why, size, "this device would cost each packet %u, and "
                 "other_config:%s allows %u; a simpler filter costs less",
                 cost, (user_max < max ? "bpf-user-port-cost-max"
                        : "bpf-port-cost-max"), MIN(max, user_max));
    } else if (now.user_used > user_max - cost) {
        snprintf(why, size, "this device would cost each packet %u of the %u "
                 "that other_config:bpf-user-port-cost-max allows a user on a "
                 "port; uid %ld uses %u", cost, user_max,
                 (long int) client->cred.uid, now.user_used);
    } else if (now.used > max - cost) {
        snprintf(why, size, "this device would cost each packet %u of the %u "
                 "that other_config:bpf-port-cost-max allows for a port; "
                 "%u are in use, %u by device %"PRIu64" of uid %ld", cost, max,
                 now.used, now.top->cost, now.top->id,
                 (long int) now.top->cred.uid);
    } else {
        return true;
    }
    return false;
}

static int
compare_uids(const void *a_, const void *b_)
{
    const uid_t *a = a_;
    const uid_t *b = b_;

    return *a < *b ? -1 : *a > *b;
}

/* Returns the user with most devices on 'port', which has some, and stores in
 * '*most' how many these are. */
static uid_t
port_top_user(const struct bpf_port *port, size_t *most)
    OVS_REQUIRES(bpf_mutex)
{
    size_t n = bpf_port_n_clients(port);
    uid_t *uids = xmalloc(n * sizeof *uids);
    size_t first = 0;
    uid_t top = 0;

    for (size_t i = 0; i < n; i++) {
        uids[i] = bpf_tap_client(port->tap, i)->cred.uid;
    }
    qsort(uids, n, sizeof *uids, compare_uids);
    *most = 0;
    for (size_t i = 0; i < n; i++) {
        first = uids[i] == uids[first] ? first : i;
        if (i - first + 1 > *most) {
            *most = i - first + 1;
            top = uids[i];
        }
    }
    free(uids);
    return top;
}

/* Checks whether there may be one more device, 'client', on 'port'. */
static bool
check_n_clients(const struct bpf_client *client, const struct bpf_port *port,
                char *why, size_t size)
    OVS_REQUIRES(bpf_mutex)
{
    unsigned int max = bpf_config_get()->port_devices;
    bool privileged = bpf_quota_is_privileged(client->cred.uid);
    size_t n = bpf_port_n_clients(port);
    size_t most;

    if (n < max - (privileged ? 0 : max / 8)) {
        return true;
    }
    int len = snprintf(why, size, "%"PRIuSIZE" of the %u devices that a port "
                       "may have (other_config:bpf-port-devices-max) are in "
                       "use", n, max);
    if (n && len >= 0 && (size_t) len < size) {
        uid_t top = port_top_user(port, &most);

        snprintf(&why[len], size - len, ", most of them, %"PRIuSIZE", by uid "
                 "%ld", most, (long int) top);
    }
    return false;
}

bool
bpf_client_set_cost(struct bpf_client *client, unsigned int cost, char *why,
                    size_t size)
{
    ovs_mutex_lock(&bpf_mutex);
    bool ok = (!client->port
               || check_cost(client, client->port, cost, why, size));
    if (ok) {
        client->cost = cost;
    }
    ovs_mutex_unlock(&bpf_mutex);

    return ok;
}

/* Attaching
 * ========= */

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

/* Checks whether 'client' may attach to port 'name' now. */
static int
check_port(struct bpf_client *client, const char *name, char *why,
           size_t why_size)
    OVS_REQUIRES(bpf_mutex)
{
    const struct bpf_port *port = bpf_port_lookup(name);

    return (!port ? ENXIO
            : check_n_clients(client, port, why, why_size)
              && check_cost(client, port, client->cost, why, why_size)
            ? 0 : ENOBUFS);
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
        bpf_tap_add_client(port->tap, client);
    } else {
        port->tap = bpf_tap_create(&port->info, client);
    }
    client->follows = (bpf_dev_wants_identities(client->dev)
                       || port == bpf_port_drops());
    if (client->follows) {
        atomic_count_inc(&bpf_followers);
    }
    atomic_count_inc(&bpf_tap_reasons);
}

int
bpf_client_attach_end(struct bpf_client *client, const char *name, int error,
                      char *why, size_t size)
{
    if (error) {
        client->mem_size = 0;
        if (error == ENOMEM) {
            bpf_quota_explain(client->cred.uid, BPF_MEMORY, why, size);
        }
        return error;
    }

    ovs_mutex_lock(&bpf_mutex);
    error = check_port(client, name, why, size);
    if (!error) {
        client_link(client, bpf_port_lookup(name));
    }
    ovs_mutex_unlock(&bpf_mutex);

    if (error) {
        client->ops->unmap(client, client->mem, client->mem_size);
        client->mem = NULL;
        client->mem_size = 0;
    }
    return error;
}

int
bpf_client_attach(struct bpf_client *client, const char *name, char *why,
                  size_t why_size)
{
    size_t size;
    int error;

    why[0] = '\0';
    error = client_prepare(client, &size);
    if (!error) {
        ovs_mutex_lock(&bpf_mutex);
        error = check_port(client, name, why, why_size);
        ovs_mutex_unlock(&bpf_mutex);
    }
    if (error) {
        return error;
    }

    client->mem_size = size;
    error = client->ops->map(client, bpf_dev_stride(client->dev),
                             client->n_buffers, &client->mem);
    return (error == EINPROGRESS ? error
            : bpf_client_attach_end(client, name, error, why, why_size));
}

/* Requests
 * ======== */

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
    const struct bpf_port_ops *ops = bpf_port_get_ops();
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
        bpf_sums.write_errors++;
        COVERAGE_INC(bpf_write_error);
    } else {
        bpf_sums.written++;
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

/* Lists
 * ===== */

static void
client_get_peer(struct bpf_client *client, struct bpf_peer *peer)
    OVS_REQUIRES(bpf_mutex)
{
    peer->id = client->id;
    peer->cred = client->cred;
    memcpy(peer->process, client->process, sizeof peer->process);
    peer->memory = client->mem_size;
    peer->cost = client->cost;

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
bpf_clients_add_stats(struct bpf_totals *t)
{
    struct bpf_client *client;

    LIST_FOR_EACH (client, list_node, &all_clients) {
        struct bpf_dev_stats stats;

        ovs_mutex_lock(&client->mutex);
        bpf_dev_get_lifetime_stats(client->dev, &stats);
        ovs_mutex_unlock(&client->mutex);

        t->received += stats.received;
        t->captured += stats.captured;
        t->dropped += stats.dropped;
    }
}

bool
bpf_clients_exist(void)
{
    return !ovs_list_is_empty(&all_clients);
}
