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
 * Nothing here waits for a client.  What its requests do is in
 * bpf-request.c. */

#include "bpf/bpf-conn.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bpf/bpf-device.h"
#include "bpf/bpf-passed.h"
#include "bpf/bpf-peercred.h"
#include "bpf/bpf-pool.h"
#include "bpf/bpf-port.h"
#include "bpf/bpf-proto.h"
#include "bpf/bpf-quota.h"
#include "bpf/bpf-request.h"
#include "bpf/bpf-shm.h"
#include "latch.h"
#include "openvswitch/vlog.h"
#include "ovs-rcu.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(bpf_conn);

/* Messages of one connection that are answered before others get a turn. */
#define CONN_BATCH 8

/* What a client did wrong; see VLOG_WARN_RL in conn_misbehaved(). */
static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 12);

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
void
bpf_conn_notify(struct bpf_conn *conn, bool readable)
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
    bpf_conn_notify(client->aux, readable);
}

int
bpf_conn_open_channel(struct bpf_conn *conn)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds)) {
        return errno;
    }
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);

    /* The client has the second one: it must not send anything by it. */
    bpf_passed_refuse(fds[0]);
    bpf_passed_refuse(fds[1]);
    if (shutdown(fds[0], SHUT_RD)) {
        int error = errno;

        close(fds[0]);
        close(fds[1]);
        return error;
    }
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

/* Memory
 * ====== */

/* What the memory pool does for a connection, and afterwards for its
 * memory. */
struct bpf_conn_job {
    struct bpf_job job;
    struct ovs_list node;       /* In 'context->done'. */
    struct bpf_conn_context *context;

    /* Guarded by 'context->mutex': NULL if the connection is gone. */
    struct bpf_conn *conn;
    bool done;                  /* In 'context->done'. */

    size_t size;
    uint8_t *mem;
    int fd;
    int error;
};

/* How long a client may look at a buffer after its device was taken away, in
 * milliseconds. */
#define CONN_GRACE 1000

/* Gives memory back for good: the pages, too, whoever has them mapped. */
static void
job_unmap(struct bpf_job *job_)
{
    struct bpf_conn_job *job = CONTAINER_OF(job_, struct bpf_conn_job, job);

    if (job->mem) {
        bpf_shm_destroy(job->mem, job->size, true);
        bpf_quota_give(job->job.uid, BPF_MEMORY, job->size);
    }
    if (job->fd >= 0) {
        close(job->fd);
    }
    free(job);
}

static void
job_map(struct bpf_job *job_)
{
    struct bpf_conn_job *job = CONTAINER_OF(job_, struct bpf_conn_job, job);
    struct bpf_conn_context *context = job->context;

    /* Here, because what was given back before has been counted by now. */
    ovsrcu_quiesce_end();
    bool ok = bpf_quota_take(job->job.uid, BPF_MEMORY, job->size);
    ovsrcu_quiesce_start();
    if (!ok) {
        job->error = ENOMEM;
    } else {
        job->error = bpf_shm_create(job->size, &job->mem, &job->fd);
        if (job->error) {
            bpf_quota_give(job->job.uid, BPF_MEMORY, job->size);
        }
    }

    ovs_mutex_lock(&context->mutex);
    bool wanted = job->conn != NULL;
    if (wanted) {
        job->done = true;
        ovs_list_push_back(&context->done, &job->node);
        latch_set(context->wakeup);
    }
    ovs_mutex_unlock(&context->mutex);

    if (!wanted) {
        job_unmap(&job->job);
    }
}

/* The connection of 'job' goes away. */
static void
job_abandon(struct bpf_conn_job *job)
{
    struct bpf_conn_context *context = job->context;

    ovs_mutex_lock(&context->mutex);
    bool done = job->done;
    job->conn = NULL;
    if (done) {
        ovs_list_remove(&job->node);
    }
    ovs_mutex_unlock(&context->mutex);

    if (done) {
        job->job.run = job_unmap;
        bpf_pool_submit(&bpf_memory_pool, &job->job);
    }
}

/* Callbacks of the client
 * ======================= */

static int
conn_map(struct bpf_client *client, size_t buffer_len, unsigned int n_buffers,
         uint8_t **memp OVS_UNUSED)
{
    struct bpf_conn *conn = client->aux;
    struct bpf_conn_job *job = xmalloc(sizeof *job);

    *job = (struct bpf_conn_job) {
        .job = { .run = job_map, .uid = client->cred.uid },
        .context = conn->context,
        .conn = conn,
        .size = buffer_len * n_buffers,
        .fd = -1,
    };
    conn->job = job;
    bpf_pool_submit(&bpf_memory_pool, &job->job);
    return EINPROGRESS;
}

static void
conn_unmap(struct bpf_client *client, uint8_t *mem, size_t size)
{
    struct bpf_conn *conn = client->aux;
    struct bpf_conn_job *job = xmalloc(sizeof *job);

    *job = (struct bpf_conn_job) {
        .job = {
            .run = job_unmap,
            .not_before = conn->ended ? 0 : time_msec() + CONN_GRACE,
            .uid = client->cred.uid,
        },
        .size = size,
        .mem = mem,
        .fd = conn->memory_fd,
    };
    conn->memory_fd = -1;
    bpf_pool_submit(&bpf_memory_pool, &job->job);
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

const struct bpf_client_ops bpf_conn_client_ops = {
    .ready = conn_ready,
    .map = conn_map,
    .unmap = conn_unmap,
    .disconnect = conn_disconnect,
};

/* Life
 * ==== */

/* What it counts to connect, in requests. */
#define CONNECT_WEIGHT 50

/* Counts 'n' requests of 'conn' against what its user may make in a second. */
static void
conn_pace(struct bpf_conn *conn, unsigned int n)
{
    int wait = bpf_quota_request(conn->cred.uid, n);

    if (wait) {
        conn->resume_at = time_msec() + wait;
    }
}

struct bpf_conn *
bpf_conn_create(struct bpf_conn_context *context, int fd,
                const struct bpf_cred *cred, bool read_only)
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

    conn->cred = *cred;
    bpf_peercred_enable(fd);
    bpf_passed_refuse(fd);

    /* Where this fails the default has to do. */
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);

    conn->deadline = time_msec() + BPF_CONN_PATIENCE;
    ovs_list_push_back(&context->strangers, &conn->timer_node);
    conn_pace(conn, CONNECT_WEIGHT);
    return conn;
}

void
bpf_conn_destroy(struct bpf_conn *conn)
{
    uid_t uid = conn->cred.uid;
    char name[64];

    VLOG_DBG("%s: closed", bpf_conn_name(conn, name));
    if (conn->job) {
        job_abandon(conn->job);
    }
    if (conn->client) {
        bpf_client_destroy(conn->client);
    }
    if (!ovs_list_is_empty(&conn->timer_node)) {
        ovs_list_remove(&conn->timer_node);
    }
    if (conn->monitor) {
        bpf_quota_give(uid, BPF_MONITORS, 1);
    }
    close_fd(&conn->memory_fd);
    close_fd(&conn->notify_send);
    close_fd(&conn->notify_recv);

    /* There may be messages with descriptors in its queue. */
    bpf_pool_close(conn->fd, uid, 1, BPF_CONN_FDS);
    free(conn);
}

/* Timers and monitors
 * =================== */

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
void
bpf_conn_schedule(struct bpf_conn *conn)
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
    bpf_conn_schedule(conn);
}

void
bpf_conn_run_monitor(struct bpf_conn *conn)
{
    if (!conn->notified && conn->ports_seqno != bpf_ports_seqno()) {
        conn->notified = true;
        bpf_conn_notify(conn, true);
    }
}

/* Answers
 * ======= */

/* Sends 'size' bytes at 'msg' to socket 'fd' together with descriptor
 * 'passed', if that is not -1.  Returns 0 or a positive errno value.
 *
 * MSG_EOR ends the message: FreeBSD joins what is sent without it with what
 * follows, and may take a part of a message for which it has no room. */
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
        n = sendmsg(fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_EOR);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? errno : (size_t) n < size ? EAGAIN : 0;
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

static bool
conn_answer(struct bpf_conn *conn, const struct bpf_proto_header *request,
            int error, struct bpf_reply *reply)
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

/* Receiving
 * ========= */

/* Checks the header of 'request', a message of 'n' bytes.  Returns NULL if it
 * is good, otherwise what is wrong with it. */
static const char *
check_header(const struct bpf_request *request, size_t n)
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
conn_answer_version(struct bpf_conn *conn, const struct bpf_request *request,
                    struct bpf_reply *reply)
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
conn_handle(struct bpf_conn *conn, struct bpf_request *request, size_t n,
            struct bpf_reply *reply)
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

    const struct bpf_request_type *type = bpf_request_find_type(header->type);
    if (!type) {
        return conn_answer(conn, header, ENOTTY, reply);
    } else if (!bpf_request_size_is_right(type, request, n - sizeof *header)) {
        return conn_misbehaved(conn, "wrong length for its type");
    } else if (header->type == BPF_PROTO_RELEASE) {
        bpf_request_release(conn);
        return true;
    }

    int error = bpf_request_carry_out(conn, type, request,
                                      n - sizeof *header, reply);
    if (error == EINPROGRESS) {
        conn->attaching_sequence = header->sequence;
        return true;
    }
    bool ok = conn_answer(conn, header, error, reply);
    close_fd(&conn->memory_fd);

    /* A client that was refused its device has no other use for us. */
    if (!conn->greeted) {
        atomic_add_relaxed(&conn->context->n_rejected, 1, &orig);
    }
    return ok && conn->greeted;
}

/* Continues the connection of 'job', whose memory is there or could not be
 * got.  Returns false if it should be closed. */
static bool
conn_end_attach(struct bpf_conn *conn, struct bpf_conn_job *job)
{
    const struct bpf_proto_header header = {
        .type = BPF_PROTO_SETIF,
        .sequence = conn->attaching_sequence,
    };
    struct bpf_reply *reply = xmalloc(sizeof *reply);

    reply->size = 0;
    reply->fd = -1;
    conn->job = NULL;
    conn->memory_fd = job->fd;
    conn->client->mem = job->mem;
    int error = bpf_request_end_setif(conn, job->error, reply);
    bool ok = conn_answer(conn, &header, error, reply);
    close_fd(&conn->memory_fd);
    free(reply);
    return ok;
}

void
bpf_conn_run_jobs(struct bpf_conn_context *context,
                  void (*resume)(struct bpf_conn *),
                  void (*destroy)(struct bpf_conn *))
{
    struct bpf_conn_job *job, *next;
    struct ovs_list done;

    ovs_mutex_lock(&context->mutex);
    ovs_list_move(&done, &context->done);
    ovs_list_init(&context->done);
    LIST_FOR_EACH (job, node, &done) {
        job->done = false;
    }
    ovs_mutex_unlock(&context->mutex);

    LIST_FOR_EACH_SAFE (job, next, node, &done) {
        struct bpf_conn *conn = job->conn;

        if (conn_end_attach(conn, job)) {
            resume(conn);
        } else {
            conn->ended = true;
            destroy(conn);
        }
        free(job);
    }
}

/* Makes 'cred' the owner of 'conn', if that is another process or user than
 * before: the connection may have been inherited or passed on, or the process
 * may have given up what it was.  Rights and quotas are those of the owner. */
static void
conn_set_cred(struct bpf_conn *conn, const struct bpf_cred *cred)
{
    if (!cred->pid || (cred->pid == conn->cred.pid
                       && cred->uid == conn->cred.uid)) {
        return;
    }
    bpf_quota_move(conn->cred.uid, cred->uid, BPF_CONNECTIONS, 1);
    bpf_quota_move(conn->cred.uid, cred->uid, BPF_DESCRIPTORS, BPF_CONN_FDS);
    if (conn->monitor) {
        bpf_quota_move(conn->cred.uid, cred->uid, BPF_MONITORS, 1);
    }
    conn->cred = *cred;
    if (conn->client) {
        bpf_client_set_cred(conn->client, &conn->cred);
    }
}

/* Receives a message.  Returns its size, 0 if the client is gone, or a
 * negative errno value: -EAGAIN if there is none, -EPROTO if the client
 * misbehaved and that has been logged.
 *
 * Nobody waits for this thread meanwhile. */
static ssize_t
conn_receive(struct bpf_conn *conn, struct bpf_request *request)
{
    struct iovec iov = { request, sizeof *request };
    union {
        union bpf_peercred_control cred;
        char bytes[sizeof(union bpf_peercred_control)
                   + BPF_PASSED_CONTROL_MAX];
    } control;
    struct msghdr mh = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = (bpf_peercred_control_size()
                           + bpf_passed_control_size()),
    };
    struct bpf_cred cred;

    if (bpf_passed_in_next(conn->fd)) {
        conn_misbehaved(conn, "it passes descriptors");
        return -EPROTO;
    }

    ovsrcu_quiesce_start();
    ssize_t n = recvmsg(conn->fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    int error = errno;
    ovsrcu_quiesce_end();

    if (n < 0) {
        return -error;
    } else if (bpf_passed_drop(&mh, conn->cred.uid)
               || mh.msg_flags & MSG_CTRUNC) {
        conn_misbehaved(conn, "it passes descriptors");
        return -EPROTO;
    } else if (mh.msg_flags & MSG_TRUNC) {
        conn_misbehaved(conn, "message too long");
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
    static struct bpf_request request;
    static struct bpf_reply reply;

    conn->resume_at = 0;
    for (int i = 0; i < CONN_BATCH && !conn->job && !conn->resume_at; i++) {
        ssize_t n = conn_receive(conn, &request);
        if (n == -EAGAIN) {
            return true;
        } else if (n == -EINTR) {
            continue;
        } else if (n <= 0 || !conn_handle(conn, &request, n, &reply)) {
            return false;
        }
        conn_pace(conn, bpf_request_weight(conn, &request));
    }
    return true;
}
