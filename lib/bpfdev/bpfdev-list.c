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


/* Lists of ports and devices.  See bpfdev-private.h for locks.
 *
 * The daemon gives a list piece by piece; each piece is asked for by the last
 * entry of the one before, so that the daemon need not remember anything.  A
 * port that comes or goes meanwhile is in the list or not. */

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bpfdev/bpfdev-private.h"

/* A kind of list, and one that is being made.  All entries of the caller's are
 * of one size, and so are all entries of the daemon's. */
struct list {
    enum bpf_proto_type type;
    size_t entry_size;          /* In the caller's array. */
    size_t wire_size;           /* In an answer. */
    size_t head;                /* Bytes in an answer before the entries. */
    size_t key_size;
    unsigned int max_n;         /* Entries in one answer. */
    void (*decode)(const void *wire, void *entry);
    void (*make_key)(const void *entry, void *key);
};

/* Appends the 'n' entries at 'wire' to '*entries', which has '*count'. */
static int
append_entries(const struct list *list, const uint8_t *wire, size_t n,
               uint8_t **entries, size_t *count)
{
    uint8_t *new = realloc(*entries, (*count + n) * list->entry_size);

    if (!new) {
        return ENOMEM;
    }
    *entries = new;
    for (size_t i = 0; i < n; i++) {
        list->decode(wire + i * list->wire_size,
                     new + (*count)++ * list->entry_size);
    }
    return 0;
}

/* Gets the next piece of the list into 'answer', a buffer of 'size' bytes, and
 * adds it to '*entries'.  Returns 0 or an errno value; '*n' is the number of
 * new entries. */
static int
get_piece(struct bpfdev *dev, const struct list *list, void *answer,
          size_t size, uint8_t **entries, size_t *count, uint32_t *n,
          char text[])
{
    uint8_t key[sizeof(struct bpf_proto_port_key)];
    struct bpfdev_request request = {
        list->type, key, list->key_size, NULL, 0
    };
    struct bpfdev_reply reply = {
        .body = answer, .min_size = list->head, .max_size = size,
    };

    memset(key, 0, sizeof key);
    if (*count) {
        list->make_key(*entries + (*count - 1) * list->entry_size, key);
    }

    pthread_mutex_lock(&dev->mutex);
    int error = bpfdev_call(dev, &request, &reply);
    if (!error) {
        memcpy(n, answer, sizeof *n);
        if (*n > list->max_n
            || reply.size != list->head + *n * list->wire_size) {
            dev->dead = true;
            error = ENXIO;
        }
    }
    pthread_mutex_unlock(&dev->mutex);
    if (error) {
        strcpy(text, reply.text);
        return error;
    }
    return (*n ? append_entries(list, (uint8_t *) answer + list->head, *n,
                                entries, count) : 0);
}

static int
get_list(struct bpfdev *dev, const struct list *list, void **entriesp,
         size_t *np)
{
    size_t size = list->head + list->max_n * list->wire_size;
    char text[BPF_PROTO_MAX_TEXT + 1] = "";
    uint8_t *entries = NULL;
    size_t count = 0;
    uint32_t n;

    void *answer = malloc(size);
    int error = answer ? 0 : ENOMEM;
    do {
        n = 0;
        if (!error) {
            error = get_piece(dev, list, answer, size, &entries, &count, &n,
                              text);
        }
    } while (!error && n);
    free(answer);

    if (error) {
        free(entries);
        pthread_mutex_lock(&dev->mutex);
        bpfdev_fail_call(dev, error, bpfdev_type_name(list->type), text);
        pthread_mutex_unlock(&dev->mutex);
        return -1;
    }
    *entriesp = entries;
    *np = count;
    return 0;
}

/* Copies a string that ought to be terminated. */
static void
copy_string(char *dst, const char *src, size_t size)
{
    memcpy(dst, src, size - 1);
    dst[size - 1] = '\0';
}

static void
decode_port(const void *wire, void *entry)
{
    const struct bpf_proto_port *in = wire;
    struct bpfdev_port *out = entry;

    memset(out, 0, sizeof *out);
    copy_string(out->name, in->name, sizeof out->name);
    copy_string(out->bridge, in->bridge, sizeof out->bridge);
    copy_string(out->type, in->type, sizeof out->type);
    out->dlt = in->dlt;
    out->ofport = in->ofport;
    out->mtu = in->mtu;
    out->listeners = in->listeners;
    out->speed = in->speed;
    memcpy(out->addr, in->addr, sizeof out->addr);
    out->addr_len = in->addr_len;
}

static void
make_port_key(const void *entry, void *key_)
{
    const struct bpfdev_port *port = entry;
    struct bpf_proto_port_key *key = key_;

    memcpy(key->bridge, port->bridge, sizeof key->bridge);
    memcpy(key->name, port->name, sizeof key->name);
}

int
bpfdev_list_ports(struct bpfdev *dev, struct bpfdev_port **ports, size_t *n)
{
    static const struct list list = {
        .type = BPF_PROTO_LIST_PORTS,
        .entry_size = sizeof(struct bpfdev_port),
        .wire_size = sizeof(struct bpf_proto_port),
        .head = offsetof(struct bpf_proto_ports, ports),
        .key_size = sizeof(struct bpf_proto_port_key),
        .max_n = BPF_PROTO_MAX_PORTS,
        .decode = decode_port,
        .make_key = make_port_key,
    };
    void *entries;

    if (get_list(dev, &list, &entries, n)) {
        return -1;
    }
    *ports = entries;
    return 0;
}

static void
decode_names(const void *wire, void *entry)
{
    const struct bpf_proto_port_names *in = wire;
    struct bpfdev_names *out = entry;

    memset(out, 0, sizeof *out);
    copy_string(out->name, in->name, sizeof out->name);
    copy_string(out->bridge, in->bridge, sizeof out->bridge);
    copy_string(out->iface_id, in->iface_id, sizeof out->iface_id);
    copy_string(out->network, in->network, sizeof out->network);
    copy_string(out->vm, in->vm, sizeof out->vm);
    copy_string(out->container, in->container, sizeof out->container);
}

static void
make_names_key(const void *entry, void *key_)
{
    const struct bpfdev_names *names = entry;
    struct bpf_proto_port_key *key = key_;

    memcpy(key->bridge, names->bridge, sizeof key->bridge);
    memcpy(key->name, names->name, sizeof key->name);
}

int
bpfdev_list_names(struct bpfdev *dev, struct bpfdev_names **names, size_t *n)
{
    static const struct list list = {
        .type = BPF_PROTO_LIST_NAMES,
        .entry_size = sizeof(struct bpfdev_names),
        .wire_size = sizeof(struct bpf_proto_port_names),
        .head = offsetof(struct bpf_proto_names, names),
        .key_size = sizeof(struct bpf_proto_port_key),
        .max_n = BPF_PROTO_MAX_NAMES,
        .decode = decode_names,
        .make_key = make_names_key,
    };
    void *entries;

    if (get_list(dev, &list, &entries, n)) {
        return -1;
    }
    *names = entries;
    return 0;
}

static void
decode_peer(const void *wire, void *entry)
{
    const struct bpf_proto_peer *in = wire;
    struct bpfdev_peer *out = entry;

    memset(out, 0, sizeof *out);
    out->id = in->id;
    copy_string(out->port, in->port, sizeof out->port);
    copy_string(out->process, in->process, sizeof out->process);
    out->pid = in->pid;
    out->uid = in->uid;
    out->state = in->state;
    out->buffer_length = in->buffer_length;
    out->n_buffers = in->n_buffers;
    out->direction = in->direction;
    out->store_bytes = in->store_bytes;
    out->hold_bytes = in->hold_bytes;
    out->promisc = (in->flags & BPF_PROTO_PEER_PROMISC) != 0;
    out->immediate = (in->flags & BPF_PROTO_PEER_IMMEDIATE) != 0;
    out->header_complete = (in->flags & BPF_PROTO_PEER_HDRCMPLT) != 0;
    out->see_sent = (in->flags & BPF_PROTO_PEER_SEESENT) != 0;
    out->feedback = (in->flags & BPF_PROTO_PEER_FEEDBACK) != 0;
    out->read_only = (in->flags & BPF_PROTO_PEER_RDONLY) != 0;
    out->locked = (in->flags & BPF_PROTO_PEER_LOCKED) != 0;
    out->stats.received = in->counters.received;
    out->stats.dropped = in->counters.dropped;
    out->stats.captured = in->counters.captured;
}

static void
make_peer_key(const void *entry, void *key_)
{
    const struct bpfdev_peer *peer = entry;
    struct bpf_proto_peer_key *key = key_;

    key->id = peer->id;
}

int
bpfdev_list_peers(struct bpfdev *dev, struct bpfdev_peer **peers, size_t *n)
{
    static const struct list list = {
        .type = BPF_PROTO_LIST_PEERS,
        .entry_size = sizeof(struct bpfdev_peer),
        .wire_size = sizeof(struct bpf_proto_peer),
        .head = offsetof(struct bpf_proto_peers, peers),
        .key_size = sizeof(struct bpf_proto_peer_key),
        .max_n = BPF_PROTO_MAX_PEERS,
        .decode = decode_peer,
        .make_key = make_peer_key,
    };
    void *entries;

    if (get_list(dev, &list, &entries, n)) {
        return -1;
    }
    *peers = entries;
    return 0;
}
