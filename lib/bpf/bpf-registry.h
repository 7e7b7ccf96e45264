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

#ifndef BPF_REGISTRY_H
#define BPF_REGISTRY_H 1

/* What the files of the registry share
 * ====================================
 *
 * The registry is who is attached where: bpf-port.c has the ports,
 * bpf-client.c the clients, bpf-feed.c what threads that move packets see of
 * both, bpf-totals.c the sums.  One mutex guards it.  This header is for those
 * files and bpf-config.c only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/bpf-port.h"
#include "bpf/bpf-totals.h"
#include "openvswitch/hmap.h"
#include "ovs-thread.h"

struct bpf_client;
struct bpf_tap;

/* Taken by the main and the server thread only.  See bpf/bpf-port.h for the
 * order of locks. */
extern struct ovs_mutex bpf_mutex;

/* Configuration and changes (bpf-config.c).  Main thread; no lock held. */
void bpf_config_module_init(void);
void bpf_config_module_exit(void);

/* Calls the change callback.  No lock held. */
void bpf_change_report(void);

/* Ports (bpf-port.c). */

/* A port of the switch. */
struct bpf_port {
    struct hmap_node node;              /* In 'ports', by hash of name. */
    struct bpf_port_info info;
    struct bpf_tap *tap;                /* NULL if nobody is attached. */
};

struct bpf_port *bpf_port_lookup(const char *name) OVS_REQUIRES(bpf_mutex);
/* The port that dropped packets appear on, which no list has. */
struct bpf_port *bpf_port_drops(void);

size_t bpf_port_n_clients(const struct bpf_port *) OVS_REQUIRES(bpf_mutex);
size_t bpf_ports_count(void) OVS_REQUIRES(bpf_mutex);

/* Returns what bpf_port_set_ops() was given, or NULL.  Takes the mutex. */
const struct bpf_port_ops *bpf_port_get_ops(void) OVS_EXCLUDED(bpf_mutex);

/* Taps (bpf-feed.c). */

/* Makes the port that 'info' describes visible to those who move packets,
 * with 'client' as its only client.  Adding, removing and destroying take
 * effect when those who move packets look next. */
struct bpf_tap *bpf_tap_create(const struct bpf_port_info *info,
                               struct bpf_client *client)
    OVS_REQUIRES(bpf_mutex);
void bpf_tap_destroy(struct bpf_tap *) OVS_REQUIRES(bpf_mutex);
void bpf_tap_add_client(struct bpf_tap *, struct bpf_client *)
    OVS_REQUIRES(bpf_mutex);
void bpf_tap_remove_client(struct bpf_tap *, struct bpf_client *)
    OVS_REQUIRES(bpf_mutex);

/* The clients of a tap, by number. */
size_t bpf_tap_n_clients(const struct bpf_tap *) OVS_REQUIRES(bpf_mutex);
struct bpf_client *bpf_tap_client(const struct bpf_tap *, size_t i)
    OVS_REQUIRES(bpf_mutex);

void bpf_taps_exit(void) OVS_REQUIRES(bpf_mutex);

/* Clients (bpf-client.c). */

/* Tells 'client' that its port is gone. */
void bpf_client_detach(struct bpf_client *client) OVS_REQUIRES(bpf_mutex);

/* Adds the counters of all open devices to 'totals'. */
void bpf_clients_add_stats(struct bpf_totals *totals)
    OVS_REQUIRES(bpf_mutex);
bool bpf_clients_exist(void) OVS_REQUIRES(bpf_mutex);

/* Sums (bpf-totals.c): of devices that were closed, except for what counts
 * at present. */
extern struct bpf_totals bpf_sums OVS_GUARDED_BY(bpf_mutex);

#endif /* bpf/bpf-registry.h */
