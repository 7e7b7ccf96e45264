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
/* The configuration of the bpf module, and who is told when something changes.
 *
 * The configuration is a value that the main thread replaces as a whole and
 * that any thread reads through RCU.  'change_mutex' guards the callback. */

#include <config.h>

#include "bpf/bpf-config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/bpf-device.h"
#include "bpf/bpf-filter.h"
#include "bpf/bpf-registry.h"
#include "ovs-atomic.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "util.h"

/* Written by the main thread, read by anyone. */
static OVSRCU_TYPE(struct bpf_config *) config = OVSRCU_INITIALIZER(NULL);
static atomic_uint64_t config_seqno = ATOMIC_VAR_INIT(0);

/* Changes
 * ======= */

/* A mutex of its own, so that the callback may ask for lists of ports. */
static struct ovs_mutex change_mutex = OVS_MUTEX_INITIALIZER;
static void (*change_cb)(void *aux) OVS_GUARDED_BY(change_mutex);
static void *change_aux OVS_GUARDED_BY(change_mutex);

void
bpf_change_report(void)
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

/* Configuration
 * ============= */

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
    c->devices_max = 2048;
    c->buffer_default = BPF_DEV_DEFAULT_BLEN;
    c->buffer_max = 64 << 20;
    c->n_buffers_max = BPF_DEV_MAX_BUFFERS;
    c->memory_max = 512 << 20;
    c->insn_max = BPF_PROG_MAX_INSNS;
    c->port_devices = 512;
    c->connections_max = 4096;
    c->monitors_max = 1024;
    c->descriptors_max = 8192;
    c->requests_max = 20000;
    c->user_connections = 128;
    c->user_monitors = 16;
    c->user_devices = 64;
    c->user_memory = 128 << 20;
    c->user_requests = 10000;
    c->port_cost = 4096;
    c->user_port_cost = 1024;
    c->time_max = 5;
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
            && a->devices_max == b->devices_max
            && a->buffer_default == b->buffer_default
            && a->buffer_max == b->buffer_max
            && a->n_buffers_max == b->n_buffers_max
            && a->memory_max == b->memory_max
            && a->insn_max == b->insn_max
            && a->port_devices == b->port_devices
            && a->connections_max == b->connections_max
            && a->monitors_max == b->monitors_max
            && a->descriptors_max == b->descriptors_max
            && a->requests_max == b->requests_max
            && a->user_connections == b->user_connections
            && a->user_monitors == b->user_monitors
            && a->user_devices == b->user_devices
            && a->user_memory == b->user_memory
            && a->user_requests == b->user_requests
            && a->port_cost == b->port_cost
            && a->user_port_cost == b->user_port_cost
            && a->time_max == b->time_max);
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
        bpf_change_report();
    }
}

void
bpf_config_module_init(void)
{
    struct bpf_config *c = xmalloc(sizeof *c);

    bpf_config_init(c, "");
    config_replace(c);
}

void
bpf_config_module_exit(void)
{
    config_replace(NULL);
}
