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

#ifndef BPF_PORT_H
#define BPF_PORT_H 1

/* Ports and the capture clients attached to them
 * ==============================================
 *
 * Three kinds of threads meet here:
 *
 *    - The main thread says which ports exist (bpf_port_update(),
 *      bpf_port_remove()) and what the limits are (bpf_config_set()).
 *
 *    - The server thread creates a "struct bpf_client" (bpf/bpf-client.h) for
 *      every device that a process opens, attaches it to a port, carries
 *      requests to its device, and destroys it.
 *
 *    - Any thread that moves packets looks up the tap of a port
 *      (bpf/bpf-feed.h) and hands it packets.  It finds ports and clients
 *      through RCU, runs the filters without a lock, and takes a client's
 *      mutex only to append packets that its filter accepted.
 *
 * The module knows nothing of netdevs.  What only the switch can do (send a
 * frame, read a port's statistics) it asks for through "struct bpf_port_ops".
 *
 * Locks
 * -----
 *
 * The registry's own mutex (ports, list of clients, totals) is taken by the
 * main and the server thread only, before a client's mutex, never after it,
 * and is never held across a callback of "struct bpf_port_ops".  A client's
 * mutex guards its device.  It is held for short, bounded times only: nobody
 * may allocate, wait or make a system call other than the "ready" callback's
 * one while holding it, because a thread that moves packets may want it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Life cycle.
 *
 * bpf_port_module_init() must run once on the main thread before anything
 * else here.  bpf_port_module_exit() frees ports, configuration and whatever
 * else the module holds; every client must have been destroyed and no thread
 * may move packets any longer. */
void bpf_port_module_init(void);
void bpf_port_module_exit(void);

/* Ports
 * ===== */

#define BPF_PORT_NAME_MAX 256           /* With the terminating null. */
#define BPF_PORT_TYPE_MAX 32

#define BPF_PORT_LABEL_MAX 128

/* What is known of a port. */
struct bpf_port_info {
    char name[BPF_PORT_NAME_MAX];
    char bridge[BPF_PORT_NAME_MAX];
    char type[BPF_PORT_TYPE_MAX];       /* "system", "internal", "vxlan"... */
    uint32_t dlt;                       /* DLT_* of <pcap/dlt.h>. */
    uint32_t ofport;                    /* OpenFlow port number. */
    uint32_t mtu;                       /* Bytes; 0 if unknown. */
    uint64_t speed;                     /* Bits per second; 0 if unknown. */
    uint8_t mac[6];                     /* All zeros if unknown. */
    bool has_link_address;

    /* What those outside the switch call it; "" for nothing. */
    char iface_id[BPF_PORT_LABEL_MAX];  /* OVN: its logical port. */
    char network[BPF_PORT_LABEL_MAX];   /* Which it belongs to. */
    char vm[BPF_PORT_LABEL_MAX];        /* Virtual machine. */
    char container[BPF_PORT_LABEL_MAX];

    /* Filled in by bpf_port_list() and bpf_port_find(), ignored by
     * bpf_port_update(). */
    uint32_t n_clients;                 /* Devices attached now. */
};

/* A port's own counters, as the switch has them.  UINT64_MAX: unavailable. */
struct bpf_port_stats {
    uint64_t rx_packets, rx_bytes, rx_dropped, rx_errors;
    uint64_t tx_packets, tx_bytes, tx_dropped, tx_errors;
};

/* Services of the switch, called without any lock of this module. */
struct bpf_port_ops {
    /* Stores the MTU of port 'name' in bytes (0 if it has none) and its link
     * address (all zeros if it has none).  Returns 0 or ENXIO. */
    int (*get_link)(const char *name, uint32_t *mtu, uint8_t mac[6]);

    /* Sends the 'size' bytes at 'frame' out of port 'name'.  With 'feedback',
     * a copy of the frame also enters the switch as if it had been received on
     * the port, provided that it could be sent.
     *
     * Returns 0 or a positive errno value: ENXIO no such port, EMSGSIZE longer
     * than any packet can be, EOPNOTSUPP the port cannot send (or, with
     * 'feedback', receive) frames, ENOBUFS no room, or what sending
     * returned. */
    int (*send)(const char *name, const void *frame, size_t size,
                bool feedback);

    /* Reads the counters of port 'name' into 'stats'.  Returns 0 or a
     * positive errno value. */
    int (*get_stats)(const char *name, struct bpf_port_stats *stats);
};

/* Sets the services; they must stay valid until bpf_port_module_exit(). */
void bpf_port_set_ops(const struct bpf_port_ops *ops);

/* A number that grows with every change of the set of ports or of a port's
 * description.  Any thread. */
uint64_t bpf_ports_seqno(void);

/* Adds the port that 'info' describes, or updates what is known of it if a
 * port of that name exists.  With a different link type it counts as another
 * port: clients become detached.  Main thread. */
void bpf_port_update(const struct bpf_port_info *info);

/* Removes the port called 'name', if there is one.  Clients attached to it
 * become detached: they may read what is buffered.  Main thread. */
void bpf_port_remove(const char *name);

/* Copies what is known of port 'name' to 'info', including the number of
 * clients.  Returns false if there is no such port.  Main and server. */
bool bpf_port_find(const char *name, struct bpf_port_info *info);

/* Returns a snapshot of all ports, ordered by bridge and name, and stores their
 * number in '*np'.  The caller frees it with free(); NULL if there are none.
 * Main and server. */
struct bpf_port_info *bpf_port_list(size_t *np);

/* The same, a part at a time: stores in 'infos' those that follow port 'name'
 * of 'bridge' in this order (both empty: all of them) and that 'wanted', if
 * nonnull, says so of, but no more than 'max'.  Takes time that depends little
 * on how many there are.  Stores in '*seqnop' (if nonnull) the
 * bpf_ports_seqno() that it reflects.  Returns how many were stored.  'wanted'
 * is called under the registry's mutex.  Main and server. */
size_t bpf_port_list_after(const char *bridge, const char *name,
                           bool (*wanted)(const struct bpf_port_info *),
                           struct bpf_port_info infos[], size_t max,
                           uint64_t *seqnop);

/* Reads the counters of port 'name' by way of the switch.  Returns 0 or a
 * positive errno value (ENXIO: no such port).  Main and server. */
int bpf_port_get_stats(const char *name, struct bpf_port_stats *stats);

#endif /* bpf/bpf-port.h */
