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

/* A client's connection, see the header.
 *
 * Everything runs on the server's thread, but for the callbacks in 'ops':
 * conn_ready() runs on any thread with the client's mutex, which guards the
 * notification channel's state, and conn_disconnect() on the main thread.  A
 * connection outlives its client, so that the callbacks may use it.
 *
 * Nothing that a client sends is believed: lengths are checked against the
 * type before a body is looked at, names are terminated, numbers go to the
 * device, which checks them.  Nothing here waits for a client. */

#include "bpf/bpf-conn.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pcap/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bpf/bpf-device.h"
#include "bpf/bpf-peercred.h"
#include "bpf/bpf-proto.h"
#include "bpf/bpf-shm.h"
#include "latch.h"
#include "openvswitch/vlog.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(bpf_conn);

/* Messages of one connection that are answered before others get a turn. */
#define CONN_BATCH 32

/* What a client did wrong; see VLOG_WARN_RL in conn_misbehaved(). */
static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 12);

/* A message that arrived.  One more byte than is allowed, so that a longer one
 * can be told. */
struct conn_request {
    struct bpf_proto_header header;
    union {
        struct bpf_proto_hello hello;
        struct bpf_proto_u32 u32;
        struct bpf_proto_time time;
        struct bpf_proto_name name;
        struct bpf_proto_filter filter;
        struct bpf_proto_read read;
        struct bpf_proto_port_key port_key;
        struct bpf_proto_peer_key peer_key;
        uint8_t bytes[BPF_PROTO_MAX_BODY + 1];
    } body;
};

/* An answer. */
struct conn_reply {
    struct bpf_proto_header header;
    union {
        struct bpf_proto_hello_reply hello;
        struct bpf_proto_u32 u32;
        struct bpf_proto_time time;
        struct bpf_proto_version version;
        struct bpf_proto_counters counters;
        struct bpf_proto_name name;
        struct bpf_proto_dltlist dltlist;
        struct bpf_proto_setif_reply setif;
        struct bpf_proto_read_reply read;
        struct bpf_proto_ports ports;
        struct bpf_proto_peers peers;
        char text[BPF_PROTO_MAX_TEXT];
    } body;
    size_t size;                /* Bytes of body. */
    int fd;                     /* Descriptor to pass, or -1. */
};

BUILD_ASSERT_DECL(sizeof(struct bpf_proto_insn) == sizeof(struct bpf_insn));

const char *
bpf_conn_name(const struct bpf_conn *conn, char buf[64])
{
    snprintf(buf, 64, "client %"PRIu64" (pid %ld, uid %ld)",
             conn->client ? conn->client->id : 0, (long int) conn->cred.pid,
             (long int) conn->cred.uid);
    return buf;
}

/* Notes that 'conn' broke the protocol in the way that 'what' says.  Returns
 * false, for the caller to return. */
static bool
conn_misbehaved(struct bpf_conn *conn, const char *what)
{
    uint64_t orig;
    char name[64];

    atomic_add_relaxed(&conn->context->n_misbehaved, 1, &orig);
    VLOG_WARN_RL(&rl, "%s: closing connection: %s",
                 bpf_conn_name(conn, name), what);
    return false;
}

/* Notification channel
 * ==================== */

/* Makes the client's descriptor readable, or not.  One byte in the channel
 * stands for "readable".  MSG_DONTWAIT, because the client shares the other
 * end's file status flags.  If the client tampers with the channel that is its
 * own loss. */
static void
conn_notify(struct bpf_conn *conn, bool readable)
{
    char byte = 0;
    ssize_t n;

    do {
        n = (readable
             ? send(conn->notify_send, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL)
             : recv(conn->notify_recv, &byte, 1, MSG_DONTWAIT));
    } while (n < 0 && errno == EINTR);
}

static void
conn_ready(struct bpf_client *client, bool readable)
{
    conn_notify(client->aux, readable);
}

static int
conn_open_channel(struct bpf_conn *conn)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds)) {
        return errno;
    }
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    conn->notify_send = fds[0];
    conn->notify_recv = fds[1];
    return 0;
}

static void
close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

/* Callbacks of the client
 * ======================= */

static int
conn_map(struct bpf_client *client, size_t buffer_len, unsigned int n_buffers,
         uint8_t **memp)
{
    struct bpf_conn *conn = client->aux;

    return bpf_shm_create(buffer_len * n_buffers, memp, &conn->memory_fd);
}

static void
conn_unmap(struct bpf_client *client, uint8_t *mem, size_t size)
{
    struct bpf_conn *conn = client->aux;

    bpf_shm_destroy(mem, size, conn->ended);
    close_fd(&conn->memory_fd);
}

static void
conn_disconnect(struct bpf_client *client)
{
    struct bpf_conn *conn = client->aux;

    atomic_store_relaxed(&conn->doomed, true);
    atomic_store_explicit(&conn->context->any_doomed, true,
                          memory_order_release);
    latch_set(conn->context->wakeup);
}

static const struct bpf_client_ops conn_ops = {
    .ready = conn_ready,
    .map = conn_map,
    .unmap = conn_unmap,
    .disconnect = conn_disconnect,
};

/* Life
 * ==== */

struct bpf_conn *
bpf_conn_create(struct bpf_conn_context *context, int fd, bool read_only)
{
    struct bpf_conn *conn = xzalloc(sizeof *conn);
    int size = BPF_PROTO_SOCKET_BUFFER;

    conn->context = context;
    conn->fd = fd;
    conn->read_only = read_only;
    conn->notify_send = -1;
    conn->notify_recv = -1;
    conn->memory_fd = -1;
    conn->ports_seqno = UINT64_MAX;
    atomic_init(&conn->doomed, false);

    if (bpf_peercred_get(fd, &conn->cred)) {
        conn->cred.uid = (uid_t) -1;
        conn->cred.gid = (gid_t) -1;
    }
    conn->privileged = conn->cred.uid == 0 || conn->cred.uid == geteuid();
    bpf_peercred_enable(fd);

    /* Where this fails the default has to do. */
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);

    conn->deadline = time_msec() + BPF_CONN_PATIENCE;
    ovs_list_push_back(&context->strangers, &conn->timer_node);
    return conn;
}

void
bpf_conn_destroy(struct bpf_conn *conn)
{
    char name[64];

    VLOG_DBG("%s: closed", bpf_conn_name(conn, name));
    if (conn->client) {
        bpf_client_destroy(conn->client);
    }
    if (!ovs_list_is_empty(&conn->timer_node)) {
        ovs_list_remove(&conn->timer_node);
    }
    close_fd(&conn->memory_fd);
    close_fd(&conn->notify_send);
    close_fd(&conn->notify_recv);
    close_fd(&conn->fd);
    free(conn);
}

/* Answers
 * ======= */

/* Sends 'size' bytes at 'msg' to socket 'fd' together with descriptor
 * 'passed', if that is not -1.  Returns 0 or a positive errno value. */
static int
send_message(int fd, const void *msg, size_t size, int passed)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov = { CONST_CAST(void *, msg), size };
    struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

    if (passed >= 0) {
        memset(&control, 0, sizeof control);
        mh.msg_control = &control;
        mh.msg_controllen = sizeof control;

        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&mh);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(sizeof passed);
        memcpy(CMSG_DATA(cmsg), &passed, sizeof passed);
    }

    ssize_t n;
    do {
        n = sendmsg(fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? errno : 0;
}

static void
fill_header(struct bpf_proto_header *header, unsigned int type,
            uint32_t sequence, int error, size_t body_size)
{
    *header = (struct bpf_proto_header) {
        .magic = BPF_PROTO_MAGIC,
        .version = BPF_PROTO_VERSION,
        .type = type | BPF_PROTO_REPLY,
        .length = sizeof *header + body_size,
        .sequence = sequence,
        .error = error,
    };
}

/* Puts 'text' into the body of 'reply', for an answer with an error. */
static void
reply_set_text(struct conn_reply *reply, const char *text)
{
    reply->size = text ? strnlen(text, BPF_PROTO_MAX_TEXT) : 0;
    if (reply->size) {
        memcpy(reply->body.text, text, reply->size);
    }
}

static bool
conn_answer(struct bpf_conn *conn, const struct bpf_proto_header *request,
            int error, struct conn_reply *reply)
{
    fill_header(&reply->header, request->type, request->sequence, error,
                reply->size);

    int retval = send_message(conn->fd, reply, reply->header.length,
                              error ? -1 : reply->fd);
    if (retval == EAGAIN || retval == ENOBUFS) {
        return conn_misbehaved(conn, "it does not read its answers");
    } else if (retval) {
        VLOG_DBG_RL(&rl, "answer not sent: %s", ovs_strerror(retval));
        return false;
    }
    return true;
}

void
bpf_conn_turn_away(int fd, int error, const char *why)
{
    struct {
        struct bpf_proto_header header;
        char text[BPF_PROTO_MAX_TEXT];
    } msg;
    size_t size = strnlen(why, sizeof msg.text);

    fill_header(&msg.header, BPF_PROTO_HELLO, 0, error, size);
    memcpy(msg.text, why, size);
    send_message(fd, &msg, msg.header.length, -1);
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

/* The kinds of bodies, as BPF_PROTO_REQUESTS names them. */
enum conn_kind {
    KIND_none,
    KIND_hello, KIND_hello_reply,
    KIND_u32,
    KIND_time,
    KIND_version,
    KIND_counters,
    KIND_name,
    KIND_dltlist,
    KIND_setif_reply,
    KIND_filter,
    KIND_frame,
    KIND_read, KIND_read_reply,
    KIND_port_key, KIND_ports,
    KIND_peer_key, KIND_peers,
};

/* A type of request. */
struct conn_type {
    const char *name;
    enum conn_kind in;          /* Body of the request. */
    enum conn_kind out;         /* Body of the answer. */
    size_t min_size;            /* Bytes in the request's body. */
    size_t max_size;
};

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

static const struct conn_type *
conn_find_type(unsigned int type)
{
    static const struct conn_type types[] = {
#define BPF_PROTO_REQUEST(NAME, NUMBER, IN, OUT)                        \
        [NUMBER] = { #NAME, KIND_##IN, KIND_##OUT, BPF_PROTO_SIZE_##IN, \
                     BPF_PROTO_MAX_##IN },
        BPF_PROTO_REQUESTS
#undef BPF_PROTO_REQUEST
    };

    return type < ARRAY_SIZE(types) && types[type].name ? &types[type] : NULL;
}

/* True if the 'size' bytes of body in 'request' are right for its type. */
static bool
conn_size_is_right(const struct conn_type *type,
                   const struct conn_request *request, size_t size)
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
decode_argument(enum conn_kind kind, const struct conn_request *request,
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
encode_result(enum conn_kind kind, const union bpf_dev_arg *arg,
              struct conn_reply *reply)
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

/* The clock that stamps packets, in nanoseconds. */
static uint64_t
packet_time(void)
{
    struct timespec ts;

    xclock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

/* Schedules the next look at the wait timeout of the device of 'conn', which
 * has to be attached, or cancels it. */
static void
conn_schedule(struct bpf_conn *conn)
{
    uint64_t now = packet_time();

    ovs_mutex_lock(&conn->client->mutex);
    uint64_t next = bpf_dev_check_wait(conn->client->dev, now);
    bpf_client_sync_ready(conn->client);
    ovs_mutex_unlock(&conn->client->mutex);

    if (!ovs_list_is_empty(&conn->timer_node)) {
        ovs_list_remove(&conn->timer_node);
        ovs_list_init(&conn->timer_node);
    }
    if (next != UINT64_MAX) {
        uint64_t ns = next > now ? next - now : 0;

        conn->deadline = time_msec() + DIV_ROUND_UP(ns, 1000 * 1000);
        ovs_list_push_back(&conn->context->timers, &conn->timer_node);
    }
}

void
bpf_conn_run_timer(struct bpf_conn *conn)
{
    conn_schedule(conn);
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
 * must not keep those who move packets away from its mutex. */
static int
set_filter(struct bpf_client *client, enum bpf_dev_req req,
           union bpf_dev_arg *arg)
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
conn_device_request(struct bpf_conn *conn, const struct conn_type *type,
                    enum bpf_dev_req req, const struct conn_request *request,
                    struct conn_reply *reply)
{
    union bpf_dev_arg arg;

    memset(&arg, 0, sizeof arg);
    decode_argument(type->in, request, &arg, &req);
    if (type->out == KIND_dltlist) {
        memset(&reply->body.dltlist, 0, sizeof reply->body.dltlist);
        arg.dlts.list = reply->body.dltlist.dlt;
        arg.dlts.n = BPF_PROTO_MAX_DLTS;
    }

    int error = (type->in == KIND_filter
                 ? set_filter(conn->client, req, &arg)
                 : client_request(conn->client, req, &arg));
    if (error) {
        reply_set_text(reply, type->in == KIND_filter ? arg.filter.why : NULL);
        return error;
    }
    encode_result(type->out, &arg, reply);
    if (req == BPF_DEV_SWTIMEOUT || req == BPF_DEV_DWTIMEOUT) {
        conn_schedule(conn);
    }
    return 0;
}

/* Other requests
 * ============== */

static int
conn_hello(struct bpf_conn *conn, const struct conn_request *request,
           struct conn_reply *reply)
{
    uint32_t flags = request->body.hello.flags;
    bool read_only = conn->read_only || flags & BPF_PROTO_F_RDONLY;

    if (flags & ~(BPF_PROTO_F_RDONLY | BPF_PROTO_F_MONITOR)) {
        reply_set_text(reply, "unknown flags in HELLO");
        return EINVAL;
    }

    int error = conn_open_channel(conn);
    if (error) {
        reply_set_text(reply, "the switch is short of descriptors");
        return error;
    }
    conn->monitor = (flags & BPF_PROTO_F_MONITOR) != 0;
    if (!conn->monitor) {
        error = bpf_client_create(&conn->cred, read_only, &conn_ops, conn,
                                  &conn->client);
        if (error) {
            reply_set_text(reply, "all capture devices of the switch are in "
                           "use (see other_config:bpf-max-devices)");
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

static int
conn_setif(struct bpf_conn *conn, struct conn_request *request,
           struct conn_reply *reply)
{
    char *name = request->body.name.name;
    name[BPF_PROTO_NAME_LEN - 1] = '\0';

    int error = bpf_client_attach(conn->client, name);
    if (error) {
        return error;
    }

    ovs_mutex_lock(&conn->client->mutex);
    bpf_client_sync_ready(conn->client);
    reply->body.setif = (struct bpf_proto_setif_reply) {
        .n_buffers = bpf_dev_n_buffers(conn->client->dev),
        .buffer_length = bpf_dev_blen(conn->client->dev),
        .stride = bpf_dev_blen(conn->client->dev),
        .size = bpf_dev_memory_size(conn->client->dev),
    };
    ovs_mutex_unlock(&conn->client->mutex);
    reply->size = sizeof reply->body.setif;
    reply->fd = conn->memory_fd;

    conn_schedule(conn);
    return 0;
}

static int
conn_sbufs(struct bpf_conn *conn, const struct conn_request *request,
           struct conn_reply *reply)
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
conn_read(struct bpf_conn *conn, const struct conn_request *request,
          struct conn_reply *reply)
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

static void
conn_release(struct bpf_conn *conn)
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

void
bpf_conn_run_monitor(struct bpf_conn *conn)
{
    if (!conn->notified && conn->ports_seqno != bpf_ports_seqno()) {
        conn->notified = true;
        conn_notify(conn, true);
    }
}

/* The client of 'conn' now knows the set of ports as of 'seqno'. */
static void
conn_ports_known(struct bpf_conn *conn, uint64_t seqno)
{
    conn->ports_seqno = seqno;
    if (conn->notified) {
        conn->notified = false;
        conn_notify(conn, false);
    }
    bpf_conn_run_monitor(conn);
}

/* The order in which bpf_port_list() sorts. */
static bool
port_is_after(const struct bpf_port_info *port,
              const struct bpf_proto_port_key *key)
{
    int cmp = strcmp(port->bridge, key->bridge);

    return (cmp ? cmp : strcmp(port->name, key->name)) > 0;
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
conn_list_ports(struct bpf_conn *conn, struct conn_request *request,
                struct conn_reply *reply)
{
    struct bpf_proto_port_key *key = &request->body.port_key;
    struct bpf_proto_ports *out = &reply->body.ports;
    uint64_t seqno;
    size_t n;

    key->bridge[sizeof key->bridge - 1] = '\0';
    key->name[sizeof key->name - 1] = '\0';
    bool from_start = !key->bridge[0] && !key->name[0];

    struct bpf_port_info *ports = bpf_port_list(&n, &seqno);
    memset(out, 0, offsetof(struct bpf_proto_ports, ports));
    for (size_t i = 0; i < n && out->n < BPF_PROTO_MAX_PORTS; i++) {
        if (from_start || port_is_after(&ports[i], key)) {
            encode_port(&ports[i], &out->ports[out->n++]);
        }
    }
    free(ports);

    if (conn->monitor && from_start) {
        conn_ports_known(conn, seqno);
    }
    reply->size = offsetof(struct bpf_proto_ports, ports[out->n]);
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
conn_list_peers(struct bpf_conn *conn, const struct conn_request *request,
                struct conn_reply *reply)
{
    struct bpf_proto_peers *out = &reply->body.peers;
    size_t n;

    if (!conn->privileged) {
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
conn_totals(struct conn_reply *reply)
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

/* Receiving
 * ========= */

/* Carries out a request that needs a device.  'size' is that of its body. */
static int
conn_carry_out_on_device(struct bpf_conn *conn, const struct conn_type *type,
                         struct conn_request *request, size_t size,
                         struct conn_reply *reply)
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
        return bpf_client_write(conn->client, request->body.bytes, size);
    default:
        OVS_NOT_REACHED();
    }
}

static int
conn_carry_out(struct bpf_conn *conn, const struct conn_type *type,
               struct conn_request *request, size_t size,
               struct conn_reply *reply)
{
    switch (request->header.type) {
    case BPF_PROTO_HELLO:
        return conn_hello(conn, request, reply);
    case BPF_PROTO_LIST_PORTS:
        return conn_list_ports(conn, request, reply);
    case BPF_PROTO_LIST_PEERS:
        return conn_list_peers(conn, request, reply);
    case BPF_PROTO_TOTALS:
        return conn_totals(reply);
    default:
        return conn_carry_out_on_device(conn, type, request, size, reply);
    }
}

/* Checks the header of 'request', a message of 'n' bytes.  Returns NULL if it
 * is good, otherwise what is wrong with it. */
static const char *
check_header(const struct conn_request *request, size_t n)
{
    const struct bpf_proto_header *header = &request->header;

    return (n < sizeof *header ? "message shorter than a header"
            : header->magic != BPF_PROTO_MAGIC ? "not a message of ours"
            : header->length != n ? "wrong length in header"
            : header->type & BPF_PROTO_REPLY ? "an answer and not a request"
            : NULL);
}

/* A client of another version: its header looks like ours, and so will our
 * answer's.  Returns false, for the connection is of no use. */
static bool
conn_answer_version(struct bpf_conn *conn, const struct conn_request *request,
                    struct conn_reply *reply)
{
    uint64_t orig;
    char name[64];

    atomic_add_relaxed(&conn->context->n_rejected, 1, &orig);
    VLOG_INFO_RL(&rl, "%s: turned away: it has version %u of the protocol, "
                 "this switch has %d", bpf_conn_name(conn, name),
                 request->header.version, BPF_PROTO_VERSION);
    reply->size = 0;
    conn_answer(conn, &request->header, EPROTONOSUPPORT, reply);
    return false;
}

/* Deals with 'request', a message of 'n' bytes.  Returns false if 'conn'
 * should be closed. */
static bool
conn_handle(struct bpf_conn *conn, struct conn_request *request, size_t n,
            struct conn_reply *reply)
{
    const struct bpf_proto_header *header = &request->header;
    const char *wrong = check_header(request, n);
    uint64_t orig;

    if (wrong) {
        return conn_misbehaved(conn, wrong);
    } else if (!conn->greeted && header->version != BPF_PROTO_VERSION) {
        return conn_answer_version(conn, request, reply);
    } else if (header->version != BPF_PROTO_VERSION || header->reserved
               || header->error) {
        return conn_misbehaved(conn, "bad header");
    } else if (conn->greeted == (header->type == BPF_PROTO_HELLO)) {
        return conn_misbehaved(conn, "HELLO has to be the first message and "
                               "no other");
    }

    atomic_add_relaxed(&conn->context->n_requests, 1, &orig);
    reply->size = 0;
    reply->fd = -1;

    const struct conn_type *type = conn_find_type(header->type);
    if (!type) {
        return conn_answer(conn, header, ENOTTY, reply);
    } else if (!conn_size_is_right(type, request, n - sizeof *header)) {
        return conn_misbehaved(conn, "wrong length for its type");
    } else if (header->type == BPF_PROTO_RELEASE) {
        conn_release(conn);
        return true;
    }

    int error = conn_carry_out(conn, type, request, n - sizeof *header, reply);
    bool ok = conn_answer(conn, header, error, reply);
    close_fd(&conn->memory_fd);

    /* A client that was refused its device has no other use for us. */
    if (!conn->greeted) {
        atomic_add_relaxed(&conn->context->n_rejected, 1, &orig);
    }
    return ok && conn->greeted;
}

/* Makes 'cred' the owner of 'conn', if that is another process than before:
 * the connection may have been inherited or passed on. */
static void
conn_set_cred(struct bpf_conn *conn, const struct bpf_cred *cred)
{
    if (cred->pid && cred->pid != conn->cred.pid) {
        conn->cred = *cred;
        conn->privileged = (conn->privileged
                            && (cred->uid == 0 || cred->uid == geteuid()));
        if (conn->client) {
            bpf_client_set_cred(conn->client, &conn->cred);
        }
    }
}

/* Receives a message.  Returns its size, 0 if the client is gone, or a
 * negative errno value: -EAGAIN if there is none, -EPROTO if the client
 * misbehaved and that has been logged. */
static ssize_t
conn_receive(struct bpf_conn *conn, struct conn_request *request)
{
    struct iovec iov = { request, sizeof *request };
    union bpf_peercred_control control;
    struct msghdr mh = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = bpf_peercred_control_size(),
    };
    struct bpf_cred cred;

    ssize_t n = recvmsg(conn->fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0) {
        return -errno;
    } else if (mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        conn_misbehaved(conn, (mh.msg_flags & MSG_CTRUNC
                               ? "it passes descriptors"
                               : "message too long"));
        return -EPROTO;
    }
    if (bpf_peercred_from_message(&mh, &cred)) {
        conn_set_cred(conn, &cred);
    }
    return n;
}

bool
bpf_conn_run(struct bpf_conn *conn)
{
    /* Both are too large for a stack, and there is one server thread. */
    static struct conn_request request;
    static struct conn_reply reply;

    for (int i = 0; i < CONN_BATCH; i++) {
        ssize_t n = conn_receive(conn, &request);
        if (n == -EAGAIN) {
            return true;
        } else if (n == -EINTR) {
            continue;
        } else if (n <= 0 || !conn_handle(conn, &request, n, &reply)) {
            return false;
        }
    }
    return true;
}
