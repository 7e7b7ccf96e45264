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
 *    - The server thread creates a "struct bpf_client" for every device that
 *      a process opens, attaches it to a port, carries requests to its
 *      device, and destroys it.
 *
 *    - Any thread that moves packets looks up the tap of a port
 *      (bpf_tap_lookup()) and hands it packets (bpf_tap_feed()).  It finds
 *      ports and clients through RCU, runs the filters without a lock, and
 *      takes a client's mutex only to append packets that its filter
 *      accepted.
 *
 * This module knows nothing of netdevs.  What only the switch can do (send a
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
 *
 *
 * Use by the server
 * -----------------
 *
 *     bpf_client_create(&cred, read_only, &ops, conn, &client);
 *     ...
 *     bpf_client_attach(client, "p1");
 *     ...
 *     ovs_mutex_lock(&client->mutex);
 *     error = bpf_dev_...(client->dev, ...);
 *     bpf_client_sync_ready(client);
 *     ovs_mutex_unlock(&client->mutex);
 *     ...
 *     bpf_client_destroy(client);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/bpf-device.h"
#include "openvswitch/list.h"
#include "openvswitch/thread.h"
#include "openvswitch/types.h"
#include "ovs-atomic.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"

/* Life cycle.
 *
 * bpf_port_module_init() must run once on the main thread before anything
 * else here.  bpf_port_module_exit() frees ports, configuration and whatever
 * else the module holds; every client must have been destroyed and no thread
 * may move packets any longer. */
void bpf_port_module_init(void);
void bpf_port_module_exit(void);

/* Configuration
 * =============
 *
 * An immutable value that is replaced as a whole.  Sizes are in bytes. */

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

    unsigned int max_devices;           /* Devices open at a time. */
    size_t buffer_default;              /* A new device's buffer length. */
    size_t buffer_max;                  /* What BIOCSBLEN clamps to. */
    unsigned int n_buffers_max;         /* Buffers that one device may have. */
    size_t memory_max;                  /* All devices' buffers together. */
    unsigned int insn_max;              /* Instructions in a filter. */
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

/* These numbers grow with every change of the configuration, and of the set
 * of ports or a port's description, respectively.  Any thread. */
uint64_t bpf_config_seqno(void);
uint64_t bpf_ports_seqno(void);

/* Ports
 * ===== */

#define BPF_PORT_NAME_MAX 256           /* With the terminating null. */
#define BPF_PORT_TYPE_MAX 32

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

/* Returns a snapshot of all ports, ordered by bridge and name, stores their
 * number in '*np', and in '*seqnop' (if nonnull) the bpf_ports_seqno() that
 * it reflects.  The caller frees it with free(); NULL if there are none.
 * Main and server. */
struct bpf_port_info *bpf_port_list(size_t *np, uint64_t *seqnop);

/* Reads the counters of port 'name' by way of the switch.  Returns 0 or a
 * positive errno value (ENXIO: no such port).  Main and server. */
int bpf_port_get_stats(const char *name, struct bpf_port_stats *stats);

/* Clients
 * ======= */

struct bpf_client;

/* Who is on the other side of a connection. */
struct bpf_cred {
    pid_t pid;                          /* 0 if the system cannot tell. */
    uid_t uid;
    gid_t gid;
};

/* What the owner of a client provides. */
struct bpf_client_ops {
    /* The client's device became readable ('readable' true) or stopped being
     * so.  Called with the client's mutex held, by whichever thread made the
     * change: a thread that moves packets only ever makes it true.  Must not
     * block or allocate. */
    void (*ready)(struct bpf_client *, bool readable);

    /* Allocates 'n_buffers' * 'buffer_len' bytes of zeroed memory and stores
     * their address, aligned to a page, in '*memp'.  Called by
     * bpf_client_attach() on its thread without any lock, after the memory
     * has been counted against the limit.  Returns 0 or a positive errno
     * value, which becomes the result of the attachment. */
    int (*map)(struct bpf_client *, size_t buffer_len,
               unsigned int n_buffers, uint8_t **memp);

    /* Gives back what 'map' allocated.  Called by bpf_client_destroy() (or by
     * bpf_client_attach() if it fails after 'map') without any lock, when no
     * thread uses the memory any more. */
    void (*unmap)(struct bpf_client *, uint8_t *mem, size_t size);

    /* The administrator wants the client gone.  Called on the main thread
     * with the registry's mutex held; must not block or call anything here:
     * it tells the owner, who then calls bpf_client_destroy() from its own
     * thread. */
    void (*disconnect)(struct bpf_client *);
};

/* One open device.  The owner may use 'mutex', 'n_buffers' and the constant
 * members, the rest belongs to bpf-port.c. */
struct bpf_client {
    /* Constant. */
    uint64_t id;                        /* Unique since start, from 1 on. */
    bool read_only;
    const struct bpf_client_ops *ops;
    void *aux;                          /* For the owner's use. */
    struct bpf_dev *dev;                /* What it points to is guarded by
                                         * 'mutex', see bpf-device.h. */

    struct ovs_mutex mutex;
    bool ready OVS_GUARDED;             /* Last told to 'ops->ready'. */
    bool closed OVS_GUARDED;            /* Being destroyed. */

    /* Server thread only. */
    unsigned int n_buffers;             /* May be set before attaching. */
    uint8_t *mem;                       /* From 'ops->map', or NULL. */

    /* Guarded by the registry's mutex. */
    struct ovs_list list_node;          /* In the list of all clients. */
    struct bpf_port *port;              /* NULL: none (yet or any more). */
    size_t mem_size;                    /* Bytes at 'mem'. */
    struct bpf_cred cred;
    char process[32];                   /* Name of the process, or "". */
};

/* Opens a new device for the process that 'cred' names, with the configured
 * default buffer length, and stores it in '*clientp'.  With 'read_only' it
 * will refuse to write.  'ops->ready' has not been called yet: the owner calls
 * bpf_client_sync_ready() when it is able to hear that the device is readable,
 * as every unattached device is.
 *
 * Returns 0, or ENOBUFS if the maximum number of devices are open.  On failure
 * '*clientp' is NULL.  Server thread. */
int bpf_client_create(const struct bpf_cred *cred, bool read_only,
                      const struct bpf_client_ops *ops, void *aux,
                      struct bpf_client **clientp);

/* Closes a device.  When this returns no thread uses its buffers any more and
 * they have been given back.  'client' itself lives on until the end of the
 * RCU grace period; the caller must forget it.  Server thread. */
void bpf_client_destroy(struct bpf_client *client);

/* Records that 'client' is now used by the process that 'cred' names.  Cheap
 * if nothing changed.  Server thread. */
void bpf_client_set_cred(struct bpf_client *client,
                         const struct bpf_cred *cred);

/* Attaches 'client' to the port with the full name 'name'.  The owner may have
 * set 'client->n_buffers', which is BPF_DEV_MIN_BUFFERS in a new client, to
 * another number; it is brought into the bounds of the configuration.
 *
 * Returns 0 or a positive errno value: EINVAL already attached, or detached
 * because the port has gone; EPERM the device is locked; ENXIO no such port;
 * ENOMEM over the limit of memory; or what 'ops->map' returned.  Server
 * thread, without the client's mutex. */
int bpf_client_attach(struct bpf_client *client, const char *name);

/* Writes the 'size' bytes at 'frame' to the client's port, after filling in
 * the source address unless "header complete" is set.  May change the bytes at
 * 'frame'.
 *
 * Returns 0 or a positive errno value: EBADF, EINVAL, EMSGSIZE and EPERM as
 * bpf_dev_check_write(), or what the "send" function of struct bpf_port_ops
 * returned.  Server thread, without the client's mutex. */
int bpf_client_write(struct bpf_client *client, void *frame, size_t size);

/* Calls 'ops->ready' if the readiness of the client's device is no longer
 * what it was told last.  To be called after any request that may have changed
 * it, before the mutex is released. */
void bpf_client_sync_ready(struct bpf_client *client)
    OVS_REQUIRES(client->mutex);

/* Asks the owner of the client with the given 'id' to destroy it.  Returns
 * false if there is no such client.  Main thread. */
bool bpf_client_disconnect(uint64_t id);

/* A line of the list of devices (netstat -B, net.bpf.peers). */
struct bpf_peer {
    uint64_t id;
    struct bpf_cred cred;
    char process[32];                   /* Name of the process, or "". */
    size_t memory;                      /* Bytes of buffer memory. */
    struct bpf_dev_info info;
};

/* Returns a snapshot of all devices in order of 'id' and stores their number
 * in '*np'.  The caller frees it with free(); NULL if there are none.  Main
 * and server. */
struct bpf_peer *bpf_peer_list(size_t *np);

/* Sums since the switch was started, over devices open and closed. */
struct bpf_totals {
    uint64_t received, captured, dropped;       /* Packets. */
    uint64_t written, write_errors;             /* Frames. */
    uint64_t opened, refused;                   /* Devices. */
    unsigned int n_devices, n_ports;            /* Now. */
    size_t memory;                              /* Bytes of buffers now. */
};

/* Stores the totals in 'totals'.  Main and server. */
void bpf_totals_get(struct bpf_totals *totals);

/* Data path
 * ========= */

struct bpf_tap;

/* Number of reasons to look at packets at all: devices that are attached,
 * anywhere, and calls of bpf_tap_hold() not yet undone. */
extern atomic_count bpf_tap_reasons;

/* Returns true if packets must be shown to bpf_tap_lookup().  This is all
 * that capturing costs while nobody captures.  Any thread. */
static inline bool
bpf_tap_is_active(void)
{
    return atomic_count_get(&bpf_tap_reasons) != 0;
}

/* Makes bpf_tap_is_active() return true, until undone by bpf_tap_release(). */
void bpf_tap_hold(void);
void bpf_tap_release(void);

/* Returns the tap of the port called 'name', or NULL if no device is attached
 * there.  It may be used until the caller quiesces next.  Any thread; takes no
 * lock. */
const struct bpf_tap *bpf_tap_lookup(const char *name);

/* Returns the link type (BPF_DEV_DLT_*) of the packets that the devices on
 * 'tap' expect. */
uint32_t bpf_tap_dlt(const struct bpf_tap *tap);

/* Shows the 'n' packets in 'packets', all of which go 'way', to every device
 * on 'tap'.  'now' is the time in nanoseconds since 1970, or 0 to have the
 * clock read, which happens only if a device accepts a packet.  Copies what it
 * keeps; uses the packets' "verdict" members for itself.  Any thread; never
 * allocates; takes the mutexes of those clients only whose filter accepts a
 * packet. */
void bpf_tap_feed(const struct bpf_tap *tap, struct bpf_packet packets[],
                  size_t n, enum bpf_dev_way way, uint64_t now);

#endif /* bpf-port.h */
