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

#ifndef BPF_CONFIG_H
#define BPF_CONFIG_H 1

/* Configuration
 * =============
 *
 * An immutable value that is replaced as a whole.  Sizes are in bytes. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BPF_SOCKET_PATH_MAX 108         /* As struct sockaddr_un's sun_path. */

/* A socket to listen on. */
struct bpf_socket_config {
    char path[BPF_SOCKET_PATH_MAX];     /* Absolute; "" for no socket. */
    mode_t mode;                        /* Permission bits, e.g. 0600. */
    gid_t group;                        /* (gid_t) -1: leave it alone. */
};

struct bpf_config {
    bool enable;                        /* Listen at all? */
    struct bpf_socket_config socket;    /* Clients that may do everything. */
    struct bpf_socket_config ro_socket; /* Clients that may only read. */

    unsigned int devices_max;           /* Devices open at a time. */
    unsigned int port_devices;          /* Of these, on one port. */
    size_t buffer_default;              /* A new device's buffer length. */
    size_t buffer_max;                  /* What BIOCSBLEN clamps to. */
    unsigned int n_buffers_max;         /* Buffers that one device may have. */
    size_t memory_max;                  /* All devices' buffers together. */
    unsigned int insn_max;              /* Instructions in a filter. */

    /* See bpf/bpf-quota.h. */
    unsigned int connections_max;
    unsigned int monitors_max;
    unsigned int descriptors_max;
    unsigned int requests_max;          /* In a second, of ordinary users. */
    unsigned int user_connections;
    unsigned int user_monitors;
    unsigned int user_devices;
    size_t user_memory;
    unsigned int user_requests;         /* In a second. */
    unsigned int port_cost;             /* See bpf/bpf-client.h. */
    unsigned int user_port_cost;
    unsigned int time_max;              /* Percent, see bpf/bpf-share.h. */
};

/* Fills 'config' with the default of every setting.  'rundir' is the
 * directory of the default socket, "bpf.sock". */
void bpf_config_init(struct bpf_config *config, const char *rundir);

/* Returns the configuration in force.  The caller may use it until it
 * quiesces next (RCU).  Any thread. */
const struct bpf_config *bpf_config_get(void);

/* Replaces the configuration by a copy of 'config' and calls the change
 * callback if anything differs.  Devices that are open keep what they have,
 * even if the new limits would refuse them.  Main thread. */
void bpf_config_set(const struct bpf_config *config);

/* Called after the configuration, the set of ports or what is known of a port
 * changed.  Runs on the thread that made the change with no lock of this
 * module held; must not block.  NULL for none; after this returns the old
 * callback is not running and will not run again. */
void bpf_change_set_callback(void (*cb)(void *aux), void *aux);

/* A number that grows with every change of the configuration.  Any thread. */
uint64_t bpf_config_seqno(void);

#endif /* bpf/bpf-config.h */
