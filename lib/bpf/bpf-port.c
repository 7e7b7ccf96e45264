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
/* The registry of ports, see the header.
 *
 * 'bpf_mutex' guards the ports and what the rest of the registry holds. */

#include <config.h>

#include "bpf/bpf-port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/bpf-config.h"
#include "bpf/bpf-registry.h"
#include "bpf/bpf-device.h"
#include "bpf/bpf-record.h"
#include "hash.h"
#include "openvswitch/hmap.h"
#include "ovs-atomic.h"
#include "util.h"

struct ovs_mutex bpf_mutex = OVS_MUTEX_INITIALIZER;

static struct hmap ports OVS_GUARDED_BY(bpf_mutex) = HMAP_INITIALIZER(&ports);
static const struct bpf_port_ops *port_ops OVS_GUARDED_BY(bpf_mutex);

/* The ports in the order of lists, as of 'sorted_seqno'.  Clients may list
 * often, but the set changes seldom. */
static struct bpf_port **sorted OVS_GUARDED_BY(bpf_mutex);
static size_t n_sorted OVS_GUARDED_BY(bpf_mutex);
static uint64_t sorted_seqno OVS_GUARDED_BY(bpf_mutex) = UINT64_MAX;

/* Written under 'bpf_mutex', read by anyone. */
static atomic_uint64_t ports_seqno = ATOMIC_VAR_INIT(0);

void
bpf_port_module_init(void)
{
    bpf_config_module_init();
}

static void
port_destroy(struct bpf_port *port)
    OVS_REQUIRES(bpf_mutex)
{
    hmap_remove(&ports, &port->node);
    free(port);
}

void
bpf_port_module_exit(void)
{
    struct bpf_port *port;

    bpf_change_set_callback(NULL, NULL);

    ovs_mutex_lock(&bpf_mutex);
    ovs_assert(!bpf_clients_exist());
    HMAP_FOR_EACH_SAFE (port, node, &ports) {
        port_destroy(port);
    }
    hmap_destroy(&ports);
    hmap_init(&ports);
    free(sorted);
    sorted = NULL;
    sorted_seqno = UINT64_MAX;
    bpf_taps_exit();
    port_ops = NULL;
    ovs_mutex_unlock(&bpf_mutex);

    bpf_config_module_exit();
}

void
bpf_port_set_ops(const struct bpf_port_ops *ops)
{
    ovs_mutex_lock(&bpf_mutex);
    port_ops = ops;
    ovs_mutex_unlock(&bpf_mutex);
}

const struct bpf_port_ops *
bpf_port_get_ops(void)
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

struct bpf_port *
bpf_port_drops(void)
{
    static struct bpf_port drops = {
        .info = {
            .name = BPF_RECORD_DROPS_FULL,
            .type = BPF_RECORD_DROPS,
            .dlt = BPF_DEV_DLT_EN10MB,
        },
    };

    return &drops;
}

struct bpf_port *
bpf_port_lookup(const char *name)
{
    struct bpf_port *port;

    HMAP_FOR_EACH_WITH_HASH (port, node, hash_string(name, 0), &ports) {
        if (!strcmp(port->info.name, name)) {
            return port;
        }
    }
    return (!strcmp(name, BPF_RECORD_DROPS)
            || !strcmp(name, BPF_RECORD_DROPS_FULL)
            ? bpf_port_drops() : NULL);
}

static struct bpf_port *
port_create(const char *name)
    OVS_REQUIRES(bpf_mutex)
{
    struct bpf_port *port = xzalloc(sizeof *port);

    hmap_insert(&ports, &port->node, hash_string(name, 0));
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
            && !memcmp(a->mac, b->mac, sizeof a->mac)
            && !strcmp(a->iface_id, b->iface_id)
            && !strcmp(a->network, b->network)
            && !strcmp(a->vm, b->vm)
            && !strcmp(a->container, b->container));
}

static void
port_detach_clients(struct bpf_port *port)
    OVS_REQUIRES(bpf_mutex)
{
    if (!port->tap) {
        return;
    }

    for (size_t i = 0; i < bpf_tap_n_clients(port->tap); i++) {
        bpf_client_detach(bpf_tap_client(port->tap, i));
    }
    bpf_tap_destroy(port->tap);
    port->tap = NULL;
}

/* Does the work of bpf_port_update().  Returns true if anything changed. */
static bool
port_update(const struct bpf_port_info *info)
    OVS_REQUIRES(bpf_mutex)
{
    struct bpf_port *port = bpf_port_lookup(info->name);

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
        bpf_change_report();
    }
}

void
bpf_port_remove(const char *name)
{
    struct bpf_port *port;

    ovs_mutex_lock(&bpf_mutex);
    port = bpf_port_lookup(name);
    if (port) {
        port_detach_clients(port);
        port_destroy(port);
        ports_changed();
    }
    ovs_mutex_unlock(&bpf_mutex);

    if (port) {
        bpf_change_report();
    }
}

size_t
bpf_port_n_clients(const struct bpf_port *port)
{
    return port->tap ? bpf_tap_n_clients(port->tap) : 0;
}

static void
port_get_info(const struct bpf_port *port, struct bpf_port_info *info)
    OVS_REQUIRES(bpf_mutex)
{
    *info = port->info;
    info->n_clients = bpf_port_n_clients(port);
}

bool
bpf_port_find(const char *name, struct bpf_port_info *info)
{
    const struct bpf_port *port;

    ovs_mutex_lock(&bpf_mutex);
    port = bpf_port_lookup(name);
    if (port) {
        port_get_info(port, info);
    }
    ovs_mutex_unlock(&bpf_mutex);

    return port != NULL;
}

static int
compare_names(const struct bpf_port_info *a, const char *bridge,
              const char *name)
{
    int cmp = strcmp(a->bridge, bridge);

    return cmp ? cmp : strcmp(a->name, name);
}

static int
compare_ports(const void *a_, const void *b_)
{
    struct bpf_port *const *a = a_;
    struct bpf_port *const *b = b_;

    return compare_names(&(*a)->info, (*b)->info.bridge, (*b)->info.name);
}

/* Makes 'sorted' what it is said to be. */
static void
sort_ports(void)
    OVS_REQUIRES(bpf_mutex)
{
    struct bpf_port *port;

    if (sorted_seqno == bpf_ports_seqno()) {
        return;
    }
    sorted_seqno = bpf_ports_seqno();
    n_sorted = 0;
    sorted = xrealloc(sorted, MAX(1, hmap_count(&ports)) * sizeof *sorted);
    HMAP_FOR_EACH (port, node, &ports) {
        sorted[n_sorted++] = port;
    }
    qsort(sorted, n_sorted, sizeof *sorted, compare_ports);
}

/* Returns the index in 'sorted' of the first port after port 'name' of
 * 'bridge', which need not exist. */
static size_t
find_after(const char *bridge, const char *name)
    OVS_REQUIRES(bpf_mutex)
{
    size_t low = 0, high = n_sorted;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (compare_names(&sorted[mid]->info, bridge, name) > 0) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return low;
}

size_t
bpf_port_list_after(const char *bridge, const char *name,
                    bool (*wanted)(const struct bpf_port_info *),
                    struct bpf_port_info infos[], size_t max,
                    uint64_t *seqnop)
{
    size_t n = 0;

    ovs_mutex_lock(&bpf_mutex);
    sort_ports();
    for (size_t i = find_after(bridge, name); i < n_sorted && n < max; i++) {
        if (!wanted || wanted(&sorted[i]->info)) {
            port_get_info(sorted[i], &infos[n++]);
        }
    }
    if (seqnop) {
        *seqnop = bpf_ports_seqno();
    }
    ovs_mutex_unlock(&bpf_mutex);

    return n;
}

struct bpf_port_info *
bpf_port_list(size_t *np)
{
    struct bpf_port_info *infos = NULL;

    ovs_mutex_lock(&bpf_mutex);
    sort_ports();
    if (n_sorted) {
        infos = xmalloc(n_sorted * sizeof *infos);
    }
    for (size_t i = 0; i < n_sorted; i++) {
        port_get_info(sorted[i], &infos[i]);
    }
    *np = n_sorted;
    ovs_mutex_unlock(&bpf_mutex);

    return infos;
}

int
bpf_port_get_stats(const char *name, struct bpf_port_stats *stats)
{
    const struct bpf_port_ops *ops = bpf_port_get_ops();
    struct bpf_port_info info;

    return ops && bpf_port_find(name, &info) ? ops->get_stats(name, stats)
                                             : ENXIO;
}

size_t
bpf_ports_count(void)
{
    return hmap_count(&ports);
}
