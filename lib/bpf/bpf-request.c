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

#include <config.h>

/* Requests of clients: what each is called, how long it may be, and how it is
 * carried out.
 *
 * Server's thread only.  Nothing that a client sends is believed: lengths are
 * checked against the type before a body is looked at, names are terminated,
 * numbers go to the device, which checks them. */

#include "bpf/bpf-request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <pcap/bpf.h>

#include "bpf/bpf-client.h"
#include "bpf/bpf-config.h"
#include "bpf/bpf-conn.h"
#include "bpf/bpf-cost.h"
#include "bpf/bpf-device.h"
#include "bpf/bpf-port.h"
#include "bpf/bpf-quota.h"
#include "bpf/bpf-totals.h"
#include "openvswitch/vlog.h"
#include "ovs-rcu.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(bpf_request);

BUILD_ASSERT_DECL(sizeof(struct bpf_proto_insn) == sizeof(struct bpf_insn));

/* Puts 'text' into the body of 'reply', for an answer with an error. */
static void
reply_set_text(struct bpf_reply *reply, const char *text)
{
    reply->size = text ? strnlen(text, BPF_PROTO_MAX_TEXT) : 0;
    if (reply->size) {
        memcpy(reply->body.text, text, reply->size);
    }
}

/* Requests to the device
 * ====================== */

/* What the device calls a request of the protocol.  Returns false if it is not
 * one for the device. */
static bool
device_request(unsigned int type, enum bpf_dev_req *req)
{
    static const uint8_t reqs[] = {
        [BPF_PROTO_GBLEN] = BPF_DEV_GBLEN + 1,
        [BPF_PROTO_SBLEN] = BPF_DEV_SBLEN + 1,
        [BPF_PROTO_SETF] = BPF_DEV_SETF + 1,
        [BPF_PROTO_FLUSH] = BPF_DEV_FLUSH + 1,
        [BPF_PROTO_PROMISC] = BPF_DEV_PROMISC + 1,
        [BPF_PROTO_GDLT] = BPF_DEV_GDLT + 1,
        [BPF_PROTO_SDLT] = BPF_DEV_SDLT + 1,
        [BPF_PROTO_GDLTLIST] = BPF_DEV_GDLTLIST + 1,
        [BPF_PROTO_GETIF] = BPF_DEV_GETIF + 1,
        [BPF_PROTO_SRTIMEOUT] = BPF_DEV_SRTIMEOUT + 1,
        [BPF_PROTO_GRTIMEOUT] = BPF_DEV_GRTIMEOUT + 1,
        [BPF_PROTO_GSTATS] = BPF_DEV_GSTATS + 1,
        [BPF_PROTO_IMMEDIATE] = BPF_DEV_IMMEDIATE + 1,
        [BPF_PROTO_GHDRCMPLT] = BPF_DEV_GHDRCMPLT + 1,
        [BPF_PROTO_SHDRCMPLT] = BPF_DEV_SHDRCMPLT + 1,
        [BPF_PROTO_GSEESENT] = BPF_DEV_GSEESENT + 1,
        [BPF_PROTO_SSEESENT] = BPF_DEV_SSEESENT + 1,
        [BPF_PROTO_GDIRECTION] = BPF_DEV_GDIRECTION + 1,
        [BPF_PROTO_SDIRECTION] = BPF_DEV_SDIRECTION + 1,
        [BPF_PROTO_GFEEDBACK] = BPF_DEV_GFEEDBACK + 1,
        [BPF_PROTO_SFEEDBACK] = BPF_DEV_SFEEDBACK + 1,
        [BPF_PROTO_GTSTAMP] = BPF_DEV_GTSTAMP + 1,
        [BPF_PROTO_STSTAMP] = BPF_DEV_STSTAMP + 1,
        [BPF_PROTO_GWTIMEOUT] = BPF_DEV_GWTIMEOUT + 1,
        [BPF_PROTO_SWTIMEOUT] = BPF_DEV_SWTIMEOUT + 1,
        [BPF_PROTO_DWTIMEOUT] = BPF_DEV_DWTIMEOUT + 1,
        [BPF_PROTO_LOCK] = BPF_DEV_LOCK + 1,
        [BPF_PROTO_NREAD] = BPF_DEV_NREAD + 1,
        [BPF_PROTO_LANGUAGE] = BPF_DEV_VERSION + 1,
    };

    if (type >= ARRAY_SIZE(reqs) || !reqs[type]) {
        return false;
    }
    *req = reqs[type] - 1;
    return true;
}

#define BPF_PROTO_MAX_none 0
#define BPF_PROTO_MAX_hello BPF_PROTO_SIZE_hello
#define BPF_PROTO_MAX_u32 BPF_PROTO_SIZE_u32
#define BPF_PROTO_MAX_time BPF_PROTO_SIZE_time
#define BPF_PROTO_MAX_name BPF_PROTO_SIZE_name
#define BPF_PROTO_MAX_read BPF_PROTO_SIZE_read
#define BPF_PROTO_MAX_port_key BPF_PROTO_SIZE_port_key
#define BPF_PROTO_MAX_peer_key BPF_PROTO_SIZE_peer_key
#define BPF_PROTO_MAX_frame BPF_PROTO_MAX_FRAME
#define BPF_PROTO_MAX_filter \
    (BPF_PROTO_SIZE_filter \
     + BPF_PROTO_MAX_INSNS * sizeof(struct bpf_proto_insn))

BUILD_ASSERT_DECL(BPF_PROTO_MAX_filter <= BPF_PROTO_MAX_BODY);

const struct bpf_request_type *
bpf_request_find_type(unsigned int type)
{
    static const struct bpf_request_type types[] = {
#define BPF_PROTO_REQUEST(NAME, NUMBER, IN, OUT)                        \
        [NUMBER] = { #NAME, KIND_##IN, KIND_##OUT, BPF_PROTO_SIZE_##IN, \
                     BPF_PROTO_MAX_##IN },
        BPF_PROTO_REQUESTS
#undef BPF_PROTO_REQUEST
    };

    return type < ARRAY_SIZE(types) && types[type].name ? &types[type] : NULL;
}

bool
bpf_request_size_is_right(const struct bpf_request_type *type,
                          const struct bpf_request *request, size_t size)
{
    if (size < type->min_size || size > type->max_size) {
        return false;
    }
    return (type->in != KIND_filter
            || (request->body.filter.n <= BPF_PROTO_MAX_INSNS
                && size == (sizeof request->body.filter
                            + request->body.filter.n
                            * sizeof(struct bpf_proto_insn))));
}

/* Turns the body of 'request' into the argument that the device expects. */
static void
decode_argument(enum bpf_body_kind kind, const struct bpf_request *request,
                union bpf_dev_arg *arg, enum bpf_dev_req *req)
{
    switch ((int) kind) {
    case KIND_u32:
        arg->value = request->body.u32.value;
        break;

    case KIND_time:
        arg->timeout.sec = request->body.time.sec;
        arg->timeout.usec = request->body.time.usec;
        break;

    case KIND_filter: {
        const struct bpf_proto_filter *filter = &request->body.filter;

        arg->filter.insns = (const struct bpf_insn *) (filter + 1);
        arg->filter.n = filter->n;
        arg->filter.why = NULL;
        *req = (filter->flags & BPF_PROTO_FILTER_WRITE ? BPF_DEV_SETWF
                : filter->flags & BPF_PROTO_FILTER_KEEP ? BPF_DEV_SETFNR
                : BPF_DEV_SETF);
        break;
    }
    }
}

/* Turns what the device returned into the body of 'reply'. */
static void
encode_result(enum bpf_body_kind kind, const union bpf_dev_arg *arg,
              struct bpf_reply *reply)
{
    switch ((int) kind) {
    case KIND_u32:
        reply->body.u32.value = arg->value;
        reply->size = sizeof reply->body.u32;
        break;

    case KIND_time:
        reply->body.time.sec = arg->timeout.sec;
        reply->body.time.usec = arg->timeout.usec;
        reply->size = sizeof reply->body.time;
        break;

    case KIND_version:
        reply->body.version.major = arg->version.major;
        reply->body.version.minor = arg->version.minor;
        reply->size = sizeof reply->body.version;
        break;

    case KIND_counters:
        reply->body.counters.received = arg->stats.received;
        reply->body.counters.dropped = arg->stats.dropped;
        reply->body.counters.captured = arg->stats.captured;
        reply->size = sizeof reply->body.counters;
        break;

    case KIND_name:
        reply->size = sizeof reply->body.name;
        memset(&reply->body.name, 0, reply->size);
        ovs_strlcpy(reply->body.name.name, arg->name, BPF_PROTO_NAME_LEN);
        break;

    case KIND_dltlist:
        reply->body.dltlist.n = arg->dlts.n;
        reply->size = sizeof reply->body.dltlist;
        break;
    }
}

static int
client_request(struct bpf_client *client, enum bpf_dev_req req,
               union bpf_dev_arg *arg)
{
    int error;

    ovs_mutex_lock(&client->mutex);
    error = bpf_dev_request(client->dev, req, arg);
    bpf_client_sync_ready(client);
    ovs_mutex_unlock(&client->mutex);
    return error;
}

/* As client_request(), for filters: a client that sets one after the other
 * must not keep those who move packets away from its mutex.  'why' is for
 * what the port's budget says. */
static int
set_filter(struct bpf_client *client, enum bpf_dev_req req,
           union bpf_dev_arg *arg, char *why, size_t size)
{
    struct bpf_prog *prog;
    int error;

    ovs_mutex_lock(&client->mutex);
    error = bpf_dev_check_request(client->dev, req);
    ovs_mutex_unlock(&client->mutex);

    error = error ? error : bpf_dev_compile(client->dev, arg, &prog);
    if (error) {
        return error;
    }
    if (req != BPF_DEV_SETWF
        && !bpf_client_set_cost(client, bpf_cost_of_filter(prog), why, size)) {
        bpf_prog_destroy(prog);
        return ENOBUFS;
    }

    /* Nothing can have changed that the check above would have refused. */
    ovs_mutex_lock(&client->mutex);
    error = bpf_dev_set_prog(client->dev, req, &prog);
    bpf_client_sync_ready(client);
    ovs_mutex_unlock(&client->mutex);

    if (prog) {
        ovsrcu_postpone(bpf_prog_destroy, prog);
    }
    return error;
}

static int
conn_device_request(struct bpf_conn *conn, const struct bpf_request_type *type,
                    enum bpf_dev_req req, const struct bpf_request *request,
                    struct bpf_reply *reply)
{
    char why[BPF_PROTO_MAX_TEXT + 1] = "";
    union bpf_dev_arg arg;

    memset(&arg, 0, sizeof arg);
    decode_argument(type->in, request, &arg, &req);
    if (type->out == KIND_dltlist) {
        memset(&reply->body.dltlist, 0, sizeof reply->body.dltlist);
        arg.dlts.list = reply->body.dltlist.dlt;
        arg.dlts.n = BPF_PROTO_MAX_DLTS;
    }

    int error = (type->in == KIND_filter
                 ? set_filter(conn->client, req, &arg, why, sizeof why)
                 : client_request(conn->client, req, &arg));
    if (error) {
        reply_set_text(reply, (type->in != KIND_filter ? NULL
                               : why[0] ? why : arg.filter.why));
        return error;
    }
    encode_result(type->out, &arg, reply);
    if (req == BPF_DEV_SWTIMEOUT || req == BPF_DEV_DWTIMEOUT) {
        bpf_conn_schedule(conn);
    }
    return 0;
}

/* Other requests
 * ============== */

static int
conn_hello(struct bpf_conn *conn, const struct bpf_request *request,
           struct bpf_reply *reply)
{
    uint32_t flags = request->body.hello.flags;
    bool read_only = conn->read_only || flags & BPF_PROTO_F_RDONLY;
    char why[BPF_PROTO_MAX_TEXT + 1];

    if (flags & ~(BPF_PROTO_F_RDONLY | BPF_PROTO_F_MONITOR)) {
        reply_set_text(reply, "unknown flags in HELLO");
        return EINVAL;
    }

    int error = bpf_conn_open_channel(conn);
    if (error) {
        reply_set_text(reply, "the switch is short of descriptors");
        return error;
    }
    if (flags & BPF_PROTO_F_MONITOR
        && !bpf_quota_take(conn->cred.uid, BPF_MONITORS, 1)) {
        bpf_quota_explain(conn->cred.uid, BPF_MONITORS, why, sizeof why);
        reply_set_text(reply, why);
        return ENOBUFS;
    }
    conn->monitor = (flags & BPF_PROTO_F_MONITOR) != 0;
    if (!conn->monitor) {
        error = bpf_client_create(&conn->cred, read_only,
                                  &bpf_conn_client_ops, conn, &conn->client);
        if (error) {
            bpf_quota_explain(conn->cred.uid, BPF_DEVICES, why, sizeof why);
            reply_set_text(reply, why);
            return error;
        }
        ovs_mutex_lock(&conn->client->mutex);
        bpf_client_sync_ready(conn->client);
        ovs_mutex_unlock(&conn->client->mutex);
    } else {
        bpf_conn_run_monitor(conn);
    }

    char name[64];
    VLOG_DBG("%s: opened, %s%s", bpf_conn_name(conn, name),
             read_only ? "read-only" : "read-write",
             conn->monitor ? ", to watch the ports" : "");
    conn->greeted = true;
    ovs_list_remove(&conn->timer_node);
    ovs_list_init(&conn->timer_node);
    reply->body.hello.id = conn->client ? conn->client->id : 0;
    reply->body.hello.flags = flags | (read_only ? BPF_PROTO_F_RDONLY : 0);
    reply->body.hello.reserved = 0;
    reply->size = sizeof reply->body.hello;
    reply->fd = conn->notify_recv;
    return 0;
}

/* Fills in the answer to an attachment that ended with 'error'. */
static int
setif_answer(struct bpf_conn *conn, int error, const char *why,
             struct bpf_reply *reply)
{
    if (error) {
        reply_set_text(reply, why);
        return error;
    }

    ovs_mutex_lock(&conn->client->mutex);
    bpf_client_sync_ready(conn->client);
    reply->body.setif = (struct bpf_proto_setif_reply) {
        .n_buffers = bpf_dev_n_buffers(conn->client->dev),
        .buffer_length = bpf_dev_blen(conn->client->dev),
        .stride = bpf_dev_stride(conn->client->dev),
        .size = bpf_dev_memory_size(conn->client->dev),
    };
    ovs_mutex_unlock(&conn->client->mutex);
    reply->size = sizeof reply->body.setif;
    reply->fd = conn->memory_fd;

    bpf_conn_schedule(conn);
    return 0;
}

static int
conn_setif(struct bpf_conn *conn, struct bpf_request *request,
           struct bpf_reply *reply)
{
    char why[BPF_PROTO_MAX_TEXT + 1];
    char *name = request->body.name.name;
    name[BPF_PROTO_NAME_LEN - 1] = '\0';

    int error = bpf_client_attach(conn->client, name, why, sizeof why);
    if (error == EINPROGRESS) {
        ovs_strlcpy(conn->attaching, name, sizeof conn->attaching);
        return error;
    }
    return setif_answer(conn, error, why, reply);
}

int
bpf_request_end_setif(struct bpf_conn *conn, int error,
                      struct bpf_reply *reply)
{
    char why[BPF_PROTO_MAX_TEXT + 1] = "";

    error = bpf_client_attach_end(conn->client, conn->attaching, error, why,
                                  sizeof why);
    return setif_answer(conn, error, why, reply);
}

static int
conn_sbufs(struct bpf_conn *conn, const struct bpf_request *request,
           struct bpf_reply *reply)
{
    unsigned int max = MIN(bpf_config_get()->n_buffers_max,
                           BPF_DEV_MAX_BUFFERS);
    uint32_t n = MAX(MIN(request->body.u32.value, max), BPF_DEV_MIN_BUFFERS);

    ovs_mutex_lock(&conn->client->mutex);
    int error = bpf_dev_check_attach(conn->client->dev);
    ovs_mutex_unlock(&conn->client->mutex);
    if (error) {
        return error;
    }

    conn->client->n_buffers = n;
    reply->body.u32.value = n;
    reply->size = sizeof reply->body.u32;
    return 0;
}

static int
conn_read(struct bpf_conn *conn, const struct bpf_request *request,
          struct bpf_reply *reply)
{
    const struct bpf_proto_read *read = &request->body.read;
    struct bpf_dev *dev = conn->client->dev;
    struct bpf_dev_buffer buffer;
    struct bpf_dev_stats stats;
    unsigned int flags = 0;

    if (read->flags & BPF_PROTO_READ_NONBLOCK) {
        flags |= BPF_DEV_READ_NONBLOCK;
    }
    if (read->flags & BPF_PROTO_READ_EXPIRED) {
        flags |= BPF_DEV_READ_EXPIRED;
    }

    ovs_mutex_lock(&conn->client->mutex);
    if (read->flags & BPF_PROTO_READ_RELEASE) {
        bpf_dev_release(dev);
    }
    int error = bpf_dev_read(dev, flags, read->size, &buffer);
    bpf_client_sync_ready(conn->client);
    bpf_dev_get_stats(dev, &stats);
    ovs_mutex_unlock(&conn->client->mutex);
    if (error) {
        return error;
    }

    reply->body.read = (struct bpf_proto_read_reply) {
        .index = buffer.index,
        .length = buffer.len,
        .counters = {
            .received = stats.received,
            .dropped = stats.dropped,
            .captured = stats.captured,
        },
    };
    reply->size = sizeof reply->body.read;
    return 0;
}

void
bpf_request_release(struct bpf_conn *conn)
{
    if (conn->client) {
        ovs_mutex_lock(&conn->client->mutex);
        bpf_dev_release(conn->client->dev);
        bpf_client_sync_ready(conn->client);
        ovs_mutex_unlock(&conn->client->mutex);
    }
}

/* Lists
 * ===== */

/* The client of 'conn' now knows the set of ports as of 'seqno'. */
static void
conn_ports_known(struct bpf_conn *conn, uint64_t seqno)
{
    conn->ports_seqno = seqno;
    if (conn->notified) {
        conn->notified = false;
        bpf_conn_notify(conn, false);
    }
    bpf_conn_run_monitor(conn);
}

static void
encode_port(const struct bpf_port_info *in, struct bpf_proto_port *out)
{
    memset(out, 0, sizeof *out);
    ovs_strlcpy(out->bridge, in->bridge, sizeof out->bridge);
    ovs_strlcpy(out->name, in->name, sizeof out->name);
    ovs_strlcpy(out->type, in->type, sizeof out->type);
    out->dlt = in->dlt;
    out->ofport = in->ofport;
    out->mtu = in->mtu;
    out->listeners = in->n_clients;
    out->speed = in->speed;
    if (in->has_link_address) {
        memcpy(out->addr, in->mac, sizeof out->addr);
        out->addr_len = sizeof out->addr;
    }
}

static int
conn_list_ports(struct bpf_conn *conn, struct bpf_request *request,
                struct bpf_reply *reply)
{
    struct bpf_proto_port_key *key = &request->body.port_key;
    struct bpf_proto_ports *out = &reply->body.ports;
    uint64_t seqno;

    key->bridge[sizeof key->bridge - 1] = '\0';
    key->name[sizeof key->name - 1] = '\0';
    bool from_start = !key->bridge[0] && !key->name[0];

    struct bpf_port_info *infos
        = xmalloc(BPF_PROTO_MAX_PORTS * sizeof *infos);
    memset(out, 0, offsetof(struct bpf_proto_ports, ports));
    out->n = bpf_port_list_after(key->bridge, key->name, NULL, infos,
                                 BPF_PROTO_MAX_PORTS, &seqno);
    for (size_t i = 0; i < out->n; i++) {
        encode_port(&infos[i], &out->ports[i]);
    }
    free(infos);

    if (conn->monitor && from_start) {
        conn_ports_known(conn, seqno);
    }
    reply->size = offsetof(struct bpf_proto_ports, ports[out->n]);
    return 0;
}

static bool
has_names(const struct bpf_port_info *port)
{
    return (port->iface_id[0] || port->network[0] || port->vm[0]
            || port->container[0]);
}

static void
encode_names(const struct bpf_port_info *in, struct bpf_proto_port_names *out)
{
    memset(out, 0, sizeof *out);
    ovs_strlcpy(out->bridge, in->bridge, sizeof out->bridge);
    ovs_strlcpy(out->name, in->name, sizeof out->name);
    ovs_strlcpy(out->iface_id, in->iface_id, sizeof out->iface_id);
    ovs_strlcpy(out->network, in->network, sizeof out->network);
    ovs_strlcpy(out->vm, in->vm, sizeof out->vm);
    ovs_strlcpy(out->container, in->container, sizeof out->container);
}

static int
conn_list_names(struct bpf_request *request, struct bpf_reply *reply)
{
    struct bpf_proto_port_key *key = &request->body.port_key;
    struct bpf_proto_names *out = &reply->body.names;

    key->bridge[sizeof key->bridge - 1] = '\0';
    key->name[sizeof key->name - 1] = '\0';

    struct bpf_port_info *infos
        = xmalloc(BPF_PROTO_MAX_NAMES * sizeof *infos);
    memset(out, 0, offsetof(struct bpf_proto_names, names));
    out->n = bpf_port_list_after(key->bridge, key->name, has_names, infos,
                                 BPF_PROTO_MAX_NAMES, NULL);
    for (size_t i = 0; i < out->n; i++) {
        encode_names(&infos[i], &out->names[i]);
    }
    free(infos);
    reply->size = offsetof(struct bpf_proto_names, names[out->n]);
    return 0;
}

static uint32_t
encode_peer_flags(const struct bpf_dev_info *info)
{
    return ((info->promisc ? BPF_PROTO_PEER_PROMISC : 0)
            | (info->immediate ? BPF_PROTO_PEER_IMMEDIATE : 0)
            | (info->hdrcmplt ? BPF_PROTO_PEER_HDRCMPLT : 0)
            | (info->see_sent ? BPF_PROTO_PEER_SEESENT : 0)
            | (info->feedback ? BPF_PROTO_PEER_FEEDBACK : 0)
            | (info->read_only ? BPF_PROTO_PEER_RDONLY : 0)
            | (info->locked ? BPF_PROTO_PEER_LOCKED : 0));
}

static void
encode_peer(const struct bpf_peer *in, struct bpf_proto_peer *out)
{
    const struct bpf_dev_info *info = &in->info;

    memset(out, 0, sizeof *out);
    out->id = in->id;
    ovs_strlcpy(out->port, info->port, sizeof out->port);
    ovs_strlcpy(out->process, in->process, sizeof out->process);
    out->pid = in->cred.pid ? (int32_t) in->cred.pid : -1;
    out->uid = in->cred.uid;
    out->state = info->state;
    out->flags = encode_peer_flags(info);
    out->buffer_length = info->blen;
    out->n_buffers = info->n_buffers;
    out->direction = info->direction;
    out->store_bytes = MIN(info->store_len, UINT32_MAX);
    out->hold_bytes = MIN(info->hold_len, UINT32_MAX);
    out->counters.received = info->stats.received;
    out->counters.dropped = info->stats.dropped;
    out->counters.captured = info->stats.captured;
}

static int
conn_list_peers(struct bpf_conn *conn, const struct bpf_request *request,
                struct bpf_reply *reply)
{
    struct bpf_proto_peers *out = &reply->body.peers;
    size_t n;

    if (!bpf_quota_is_privileged(conn->cred.uid)) {
        reply_set_text(reply, "only the superuser and the switch's own user "
                       "may list the devices of others");
        return EPERM;
    }

    struct bpf_peer *peers = bpf_peer_list(&n);
    memset(out, 0, offsetof(struct bpf_proto_peers, peers));
    for (size_t i = 0; i < n && out->n < BPF_PROTO_MAX_PEERS; i++) {
        if (peers[i].id > request->body.peer_key.id) {
            encode_peer(&peers[i], &out->peers[out->n++]);
        }
    }
    free(peers);

    reply->size = offsetof(struct bpf_proto_peers, peers[out->n]);
    return 0;
}

static int
conn_totals(struct bpf_reply *reply)
{
    struct bpf_totals totals;

    bpf_totals_get(&totals);
    reply->body.counters = (struct bpf_proto_counters) {
        .received = totals.received,
        .dropped = totals.dropped,
        .captured = totals.captured,
    };
    reply->size = sizeof reply->body.counters;
    return 0;
}

static int
conn_write(struct bpf_conn *conn, struct bpf_request *request, size_t size)
{
    int error = bpf_client_write(conn->client, request->body.bytes, size);

    conn->write_failed = error != 0;
    return error;
}

/* All requests
 * ============ */

/* Memory that is got, cleared, and given back for the price of a request. */
#define BYTES_PER_REQUEST (64 * 1024)

unsigned int
bpf_request_weight(const struct bpf_conn *conn,
                   const struct bpf_request *request)
{
    switch (request->header.type) {
    case BPF_PROTO_SETIF:
        return 50 + (conn->client
                     ? conn->client->mem_size / BYTES_PER_REQUEST : 0);
    case BPF_PROTO_LIST_PORTS:
    case BPF_PROTO_LIST_NAMES:
    case BPF_PROTO_LIST_PEERS:
        return 50;
    case BPF_PROTO_SETF:
        return 10 + request->header.length / 256;
    default:
        return 1;
    }
}

/* Carries out a request that needs a device.  'size' is that of its body. */
static int
conn_carry_out_on_device(struct bpf_conn *conn,
                         const struct bpf_request_type *type,
                         struct bpf_request *request, size_t size,
                         struct bpf_reply *reply)
{
    enum bpf_dev_req req;

    if (!conn->client) {
        reply_set_text(reply, "this connection has no device");
        return EINVAL;
    } else if (device_request(request->header.type, &req)) {
        return conn_device_request(conn, type, req, request, reply);
    }

    switch (request->header.type) {
    case BPF_PROTO_SETIF:
        return conn_setif(conn, request, reply);
    case BPF_PROTO_SBUFS:
        return conn_sbufs(conn, request, reply);
    case BPF_PROTO_READ:
        return conn_read(conn, request, reply);
    case BPF_PROTO_WRITE:
        return conn_write(conn, request, size);
    case BPF_PROTO_WRITE_NEXT:
        return (conn->write_failed ? ECANCELED
                : conn_write(conn, request, size));
    default:
        OVS_NOT_REACHED();
    }
}

int
bpf_request_carry_out(struct bpf_conn *conn,
                      const struct bpf_request_type *type,
                      struct bpf_request *request, size_t size,
                      struct bpf_reply *reply)
{
    switch (request->header.type) {
    case BPF_PROTO_HELLO:
        return conn_hello(conn, request, reply);
    case BPF_PROTO_LIST_PORTS:
        return conn_list_ports(conn, request, reply);
    case BPF_PROTO_LIST_NAMES:
        return conn_list_names(request, reply);
    case BPF_PROTO_LIST_PEERS:
        return conn_list_peers(conn, request, reply);
    case BPF_PROTO_TOTALS:
        return conn_totals(reply);
    default:
        return conn_carry_out_on_device(conn, type, request, size, reply);
    }
}
