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

#ifndef BPF_CLIENT_H
#define BPF_CLIENT_H 1

/* Clients
 * =======
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
#include "ovs-atomic.h"
#include "ovs-thread.h"

struct bpf_port;

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

    /* Takes 'n_buffers' * 'buffer_len' bytes of BPF_MEMORY from the quota of
     * 'client->cred.uid', allocates as many bytes of zeroed memory and stores
     * their address, aligned to a page, in '*memp'.  Called by
     * bpf_client_attach() on its thread without any lock.  Returns 0 or a
     * positive errno value (ENOMEM: over the quota), which becomes the result
     * of the attachment.
     *
     * May also return EINPROGRESS, to do it elsewhere: the owner later sets
     * 'client->mem' and calls bpf_client_attach_end(). */
    int (*map)(struct bpf_client *, size_t buffer_len,
               unsigned int n_buffers, uint8_t **memp);

    /* Takes over what 'map' allocated, to give it back, and then, which may
     * be later, 'size' of BPF_MEMORY to the quota of 'client->cred.uid'.
     * Called by bpf_client_destroy() (or by bpf_client_attach_end() if it
     * fails) without any lock, when no thread uses the memory any more. */
    void (*unmap)(struct bpf_client *, uint8_t *mem, size_t size);

    /* The administrator wants the client gone.  Called on the main thread
     * with the registry's mutex held; must not block or call anything here:
     * it tells the owner, who then calls bpf_client_destroy() from its own
     * thread. */
    void (*disconnect)(struct bpf_client *);
};

/* One open device.  The owner may use 'mutex', 'n_buffers' and the constant
 * members, the rest belongs to bpf-client.c. */
struct bpf_client {
    /* Constant. */
    uint64_t id;                        /* Unique since start, from 1 on. */
    bool read_only;
    const struct bpf_client_ops *ops;
    void *aux;                          /* For the owner's use. */
    struct bpf_dev *dev;                /* What it points to is guarded by
                                         * 'mutex', see bpf-device.h. */

    /* The user in 'cred' if that is an ordinary one, see bpf/bpf-quota.h, and
     * 0 if not.  Read by threads that move packets. */
    atomic_uint ordinary_uid;

    struct ovs_mutex mutex;
    bool ready OVS_GUARDED;             /* Last told to 'ops->ready'. */
    bool closed OVS_GUARDED;            /* Being destroyed. */

    /* Server thread only. */
    unsigned int n_buffers;             /* May be set before attaching. */
    uint8_t *mem;                       /* From 'ops->map', or NULL. */
    size_t mem_size;                    /* Bytes at 'mem', or under way. */

    /* Guarded by the registry's mutex. */
    struct ovs_list list_node;          /* In the list of all clients. */
    struct bpf_port *port;              /* NULL: none (yet or any more). */
    bool follows;                       /* Counted in 'bpf_followers'. */
    struct bpf_cred cred;
    unsigned int cost;                  /* For each packet of the port. */
    char process[32];                   /* Its printable name, or "". */
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
 * ENOMEM over the quota of memory; ENOBUFS too many devices there, or the
 * port's budget does not allow for this one; or what 'ops->map' returned.
 * Says why in the 'size' bytes at 'why' if there is more to say than the
 * number does, otherwise that is "".
 *
 * If 'ops->map' returned EINPROGRESS so does this function; then
 * bpf_client_attach_end() is what ends the attachment and returns its result.
 * 'error' says whether the memory could be got.
 *
 * Server thread, without the client's mutex. */
int bpf_client_attach(struct bpf_client *client, const char *name, char *why,
                      size_t size);
int bpf_client_attach_end(struct bpf_client *client, const char *name,
                          int error, char *why, size_t size);

/* Each port has a budget (bpf-port-cost-max in ovs-bpf.conf(5)) of what the
 * devices of ordinary users there may cost a packet, in the units of
 * bpf/bpf-cost.h, and each user a part of it (bpf-user-port-cost-max).  A
 * device that does not fit in is refused when it attaches, a filter when it is
 * set.
 *
 * Notes that 'client' will have a filter of the given 'cost'.  Returns false,
 * and says why in the 'size' bytes at 'why', if that does not fit in.  Server
 * thread. */
bool bpf_client_set_cost(struct bpf_client *client, unsigned int cost,
                         char *why, size_t size);

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
    char process[32];                   /* Its printable name, or "". */
    size_t memory;                      /* Bytes of buffer memory. */
    unsigned int cost;                  /* For each packet of the port. */
    struct bpf_dev_info info;
};

/* Returns a snapshot of all devices in order of 'id' and stores their number
 * in '*np'.  The caller frees it with free(); NULL if there are none.  Main
 * and server. */
struct bpf_peer *bpf_peer_list(size_t *np);

#endif /* bpf/bpf-client.h */
