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

/* The bpf server, see the header.
 *
 * The main thread opens sockets and hands them to the server's thread, which
 * does the rest.  'server.mutex' guards what the two share: the listeners.
 * Connections belong to the server's thread alone. */

#include "bpf/bpf-server.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/bpf-config.h"
#include "bpf/bpf-conn.h"
#include "bpf/bpf-passed.h"
#include "bpf/bpf-peercred.h"
#include "bpf/bpf-poller.h"
#include "bpf/bpf-pool.h"
#include "bpf/bpf-port.h"
#include "bpf/bpf-proto.h"
#include "bpf/bpf-quota.h"
#include "coverage.h"
#include "fatal-signal.h"
#include "latch.h"
#include "lockfile.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(bpf_server);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(6, 12);

/* Descriptors that the rest of the switch has at least, if the system lets us
 * raise the limit. */
#define FDS_OTHERS 4096

/* How long to leave new connections alone, in milliseconds, if there is no
 * descriptor even to turn one away. */
#define ACCEPT_PAUSE 250

/* Connections that wait to be accepted. */
#define BACKLOG 128

/* Connections that are accepted between two looks at the rest. */
#define ACCEPT_BATCH 16

/* Those that are turned away before nobody is accepted at the same socket for a
 * moment, and for how many milliseconds: turning away costs, too. */
#define TURN_AWAY_BATCH 16
#define TURN_AWAY_PAUSE 10

enum { LISTENER, LISTENER_RO, N_LISTENERS };

/* A socket to connect to. */
struct listener {
    int fd;                     /* -1: none. */
    struct bpf_socket_config config;
    gid_t own_group;            /* Of a socket without a configured group. */
    struct lockfile *lockfile;  /* Keeps others from replacing it. */
};

/* Descriptors that are dealt with between two looks at the rest. */
#define MAX_READY 64

static struct {
    /* Main thread. */
    bool running;
    bool ending;                /* The thread was told to end. */
    pthread_t thread;

    /* Set by the thread as the last thing that it does. */
    struct latch ended;

    /* Written by the main thread; see also 'fd_limit'. */
    struct latch wakeup;
    atomic_bool exit;

    struct ovs_mutex mutex;
    struct listener listeners[N_LISTENERS] OVS_GUARDED;
    int *retired OVS_GUARDED;   /* Descriptors for the thread to close. */
    size_t n_retired OVS_GUARDED, allocated_retired OVS_GUARDED;

    /* Server's thread. */
    struct bpf_conn_context context;
    struct bpf_poller *poller;
    struct ovs_list conns;      /* Of struct bpf_conn, by 'node'. */
    size_t n_conns;
    int active[N_LISTENERS];    /* Listeners that are waited for, or -1. */
    int spare_fd;               /* Given up to turn somebody away. */
    long long int accept_after[N_LISTENERS]; /* In a pause until then; 0 if in
                                              * none. */
    unsigned int n_turned_away[N_LISTENERS]; /* Since the last pause. */
    uint64_t ports_seqno;       /* That monitors were told of. */
    bool any_parked;            /* Does a connection wait for its time? */

    /* For statistics; any thread. */
    atomic_uint64_t n_accepted;
    atomic_uint64_t n_rejected;
    atomic_count n_connections;
    atomic_count n_monitors;
} server = {
    .mutex = OVS_MUTEX_INITIALIZER,
    .context.mutex = OVS_MUTEX_INITIALIZER,
};

/* Listeners
 * ========= */

/* Finds out whether somebody serves the socket at 'path'.  Returns 0 if not,
 * otherwise a positive errno value: EADDRINUSE if so, ENOTSOCK if it is
 * something else that should not be replaced. */
static int
probe_socket(const char *path)
{
    struct stat s;

    if (lstat(path, &s)) {
        return errno == ENOENT ? 0 : errno;
    } else if (!S_ISSOCK(s.st_mode)) {
        return ENOTSOCK;
    }

    int fd = make_unix_socket(SOCK_SEQPACKET, true, NULL, path);
    if (fd >= 0) {
        close(fd);
        return EADDRINUSE;
    }
    return fd == -ECONNREFUSED ? 0 : EADDRINUSE;
}

static char *
listener_error(const char *path, const char *what, int error)
{
    return xasprintf("%s: cannot %s: %s", path, what, ovs_strerror(error));
}

static char *
listener_check_free(const char *path)
{
    int error = probe_socket(path);

    return (error == EADDRINUSE
            ? xasprintf("%s: another switch or program serves this socket; "
                        "stop it or choose another run directory or "
                        "other_config:bpf-socket", path)
            : error == ENOTSOCK
            ? xasprintf("%s: exists and is not a socket; remove it or choose "
                        "another other_config:bpf-socket", path)
            : error ? listener_error(path, "look at it", error) : NULL);
}

/* Gives the socket of 'listener' the permissions that 'config' asks for.  The
 * group comes first, because changing it may clear bits of the mode, and so
 * that the mode does not let in a group that is not meant. */
static char *
listener_set_rights(const struct listener *listener,
                    const struct bpf_socket_config *config)
{
    gid_t group = (config->group != (gid_t) -1 ? config->group
                   : listener->own_group);
    struct stat s;

    if (stat(config->path, &s)) {
        return listener_error(config->path, "look at it", errno);
    } else if (s.st_gid != group && chown(config->path, -1, group)) {
        return listener_error(config->path, "change its group", errno);
    } else if (chmod(config->path, config->mode)) {
        return listener_error(config->path, "change its permissions", errno);
    }
    return NULL;
}

static void
listener_close(struct listener *listener)
{
    if (listener->fd >= 0) {
        fatal_signal_unlink_file_now(listener->config.path);
        close(listener->fd);
        listener->fd = -1;
    }
    lockfile_unlock(listener->lockfile);
    listener->lockfile = NULL;
}

/* Opens the socket of 'listener', whose 'config' is set and whose lock is
 * held. */
static char *
listener_bind(struct listener *listener)
{
    const char *path = listener->config.path;
    char *why = listener_check_free(path);
    if (why) {
        return why;
    }

    /* The socket is the owner's alone until its rights are set. */
    int fd = make_unix_socket(SOCK_SEQPACKET, true, path, NULL);
    if (fd < 0) {
        return listener_error(path, "create socket", -fd);
    }
    listener->fd = fd;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    bpf_passed_refuse(fd);    /* Those accepted inherit it. */

    struct stat s;
    if (stat(path, &s)) {
        return listener_error(path, "look at it", errno);
    }
    listener->own_group = s.st_gid;
    why = listener_set_rights(listener, &listener->config);
    if (!why && listen(fd, BACKLOG)) {
        why = listener_error(path, "listen", errno);
    }
    return why;
}

/* Opens 'listener' as 'config' says; none if that has no path.  Returns NULL
 * or what is wrong. */
static char *
listener_open(struct listener *listener,
              const struct bpf_socket_config *config)
{
    *listener = (struct listener) { .fd = -1, .config = *config };
    if (!config->path[0]) {
        return NULL;
    }

    int error = lockfile_lock(config->path, &listener->lockfile);
    if (error) {
        return (error == EAGAIN || error == EDEADLK
                ? xasprintf("%s: another switch serves this socket; stop it "
                            "or choose another run directory or "
                            "other_config:bpf-socket", config->path)
                : listener_error(config->path, "lock", error));
    }

    char *why = listener_bind(listener);
    if (why) {
        listener_close(listener);
    }
    return why;
}

/* Connections
 * =========== */

/* Raises the limit of open descriptors, as far as it goes, to what clients and
 * the rest of the switch may come to need. */
static void
raise_fd_limit(unsigned int descriptors_max)
{
    rlim_t wanted = descriptors_max + (rlim_t) MAX(descriptors_max,
                                                   FDS_OTHERS);
    struct rlimit r;

    if (!getrlimit(RLIMIT_NOFILE, &r) && r.rlim_cur != RLIM_INFINITY
        && r.rlim_cur < wanted) {
        r.rlim_cur = (r.rlim_max == RLIM_INFINITY ? wanted
                      : MIN(r.rlim_max, wanted));
        setrlimit(RLIMIT_NOFILE, &r);
    }
}

/* Takes what a connection of 'uid' needs from the quotas.  Returns false, and
 * says why in 'why', if it may not have it. */
static bool
take_room(uid_t uid, char why[BPF_PROTO_MAX_TEXT])
{
    if (!bpf_quota_take(uid, BPF_CONNECTIONS, 1)) {
        bpf_quota_explain(uid, BPF_CONNECTIONS, why, BPF_PROTO_MAX_TEXT);
        return false;
    } else if (!bpf_quota_take(uid, BPF_DESCRIPTORS, BPF_CONN_FDS)) {
        bpf_quota_explain(uid, BPF_DESCRIPTORS, why, BPF_PROTO_MAX_TEXT);
        bpf_quota_give(uid, BPF_CONNECTIONS, 1);
        return false;
    }
    return true;
}

/* Stops listening to 'conn' for a while. */
static void
park_conn(struct bpf_conn *conn)
{
    conn->parked = true;
    bpf_poller_remove(server.poller, conn->fd);
}

static void
remove_conn(struct bpf_conn *conn)
{
    atomic_count_dec(&server.n_connections);
    if (conn->monitor) {
        atomic_count_dec(&server.n_monitors);
    }
    server.n_conns--;
    ovs_list_remove(&conn->node);
    if (!conn->parked) {
        bpf_poller_remove(server.poller, conn->fd);
    }
    bpf_conn_destroy(conn);
}

/* Listens to 'conn' again, unless it still has to wait for something. */
static void
resume_conn(struct bpf_conn *conn)
{
    if (conn->parked && !conn->job
        && (!conn->resume_at || conn->resume_at <= time_msec())) {
        int error = bpf_poller_add(server.poller, conn->fd, conn);

        if (error) {
            VLOG_WARN_RL(&rl, "client disconnected: %s", ovs_strerror(error));
            remove_conn(conn);
            return;
        }
        conn->resume_at = 0;
        conn->parked = false;
    }
}

static void
add_conn(int fd, const struct bpf_cred *cred, bool read_only)
{
    struct bpf_conn *conn = bpf_conn_create(&server.context, fd, cred,
                                            read_only);

    ovs_list_push_back(&server.conns, &conn->node);
    server.n_conns++;
    atomic_count_inc(&server.n_connections);

    if (conn->resume_at) {
        conn->parked = true;
        server.any_parked = true;
        return;
    }
    int error = bpf_poller_add(server.poller, fd, conn);
    if (error) {
        VLOG_WARN_RL(&rl, "client turned away: %s", ovs_strerror(error));
        conn->parked = true;    /* The poller does not know it. */
        remove_conn(conn);
    }
}

/* Accepts nobody as listener number 'i' for 'ms' milliseconds. */
static void
pause_listener(size_t i, int ms)
{
    server.accept_after[i] = time_msec() + ms;
    server.n_turned_away[i] = 0;
}

/* Turns away the client that waits at listener number 'i', for whom there is
 * no descriptor left: with the one that was kept for this purpose. */
static void
turn_away_without_fd(size_t i)
{
    int listen_fd = server.active[i];
    int fd = -1;

    if (server.spare_fd >= 0) {
        close(server.spare_fd);
        fd = accept(listen_fd, NULL, NULL);
    }
    if (fd >= 0) {
        bpf_conn_turn_away(fd, ENFILE, "the switch is out of descriptors");

        /* Here and now, so that the spare one can be had again. */
        ovsrcu_quiesce_start();
        bpf_passed_close(fd);
        ovsrcu_quiesce_end();
    } else {
        pause_listener(i, ACCEPT_PAUSE);
    }
    server.spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
count_rejected(const char *why)
{
    uint64_t orig;

    atomic_add_relaxed(&server.n_rejected, 1, &orig);
    VLOG_WARN_RL(&rl, "client turned away: %s", why);
}

/* Turns away the client on 'fd', of user 'uid', who came to listener number
 * 'i'. */
static void
turn_away(size_t i, int fd, uid_t uid, const char *why)
{
    count_rejected(why);
    bpf_conn_turn_away(fd, ENOBUFS, why);
    bpf_pool_close(fd, uid, 0, 0);
    if (++server.n_turned_away[i] >= TURN_AWAY_BATCH) {
        pause_listener(i, TURN_AWAY_PAUSE);
    }
}

/* Accepts one connection from listener number 'i'.  Returns false if there is
 * none. */
static bool
accept_one(size_t i)
{
    int fd = accept(server.active[i], NULL, NULL);

    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE) {
            turn_away_without_fd(i);
            count_rejected("out of descriptors");
        } else if (errno == ENOBUFS || errno == ENOMEM) {
            pause_listener(i, ACCEPT_PAUSE);
        }
        return errno == EINTR || errno == ECONNABORTED;
    }

    struct bpf_cred cred;
    if (bpf_peercred_get(fd, &cred)) {
        cred = (struct bpf_cred) { .uid = (uid_t) -1, .gid = (gid_t) -1 };
    }

    char why[BPF_PROTO_MAX_TEXT];
    if (!take_room(cred.uid, why)) {
        turn_away(i, fd, cred.uid, why);
        return true;
    }

    uint64_t orig;
    atomic_add_relaxed(&server.n_accepted, 1, &orig);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    add_conn(fd, &cred, i == LISTENER_RO);
    return true;
}

/* Accepts what waits on listener number 'i', up to a bound. */
static void
run_listener(size_t i)
{
    for (int n = 0; n < ACCEPT_BATCH && !server.accept_after[i]; n++) {
        if (!accept_one(i)) {
            return;
        }
    }
}

/* Thread
 * ====== */

static void
close_retired(void)
    OVS_REQUIRES(server.mutex)
{
    while (server.n_retired) {
        bpf_pool_close(server.retired[--server.n_retired], (uid_t) -1, 0,
                       0);
    }
}

/* Waits for connections on 'fd', or none if that is -1, as listener number
 * 'i'. */
static void
activate_listener(size_t i, int fd)
{
    if (server.active[i] == fd) {
        return;
    }
    if (server.active[i] >= 0) {
        bpf_poller_remove(server.poller, server.active[i]);
    }
    if (fd >= 0) {
        int error = bpf_poller_add(server.poller, fd, &server.active[i]);

        if (error) {
            VLOG_WARN_RL(&rl, "cannot wait for clients: %s",
                         ovs_strerror(error));
            pause_listener(i, ACCEPT_PAUSE);
            fd = -1;
        }
    }
    server.active[i] = fd;
}

/* Takes over listeners from the main thread, except during a pause. */
static void
run_listener_changes(void)
{
    ovs_mutex_lock(&server.mutex);
    for (size_t i = 0; i < N_LISTENERS; i++) {
        activate_listener(i, (server.accept_after[i] ? -1
                              : server.listeners[i].fd));
    }
    close_retired();
    ovs_mutex_unlock(&server.mutex);
}

/* Closes the connections that the administrator wants closed. */
static void
run_doomed(void)
{
    bool any;

    atomic_read_explicit(&server.context.any_doomed, &any,
                         memory_order_acquire);
    if (!any) {
        return;
    }
    atomic_store_relaxed(&server.context.any_doomed, false);

    struct bpf_conn *conn, *next;
    LIST_FOR_EACH_SAFE (conn, next, node, &server.conns) {
        bool doomed;

        atomic_read_relaxed(&conn->doomed, &doomed);
        if (doomed) {
            char name[64];

            VLOG_INFO("%s: disconnected by the administrator",
                      bpf_conn_name(conn, name));
            remove_conn(conn);
        }
    }
}

/* Wakes monitors if the set of ports has changed. */
static void
run_monitors(void)
{
    uint64_t seqno = bpf_ports_seqno();
    struct bpf_conn *conn;

    if (seqno == server.ports_seqno) {
        return;
    }
    server.ports_seqno = seqno;
    LIST_FOR_EACH (conn, node, &server.conns) {
        if (conn->monitor) {
            bpf_conn_run_monitor(conn);
        }
    }
}

/* Runs wait timeouts that have come.  Returns when the next one will, in
 * milliseconds of time_msec(). */
static long long int
run_timers(long long int now)
{
    struct bpf_conn *conn, *next;
    long long int deadline = LLONG_MAX;
    struct ovs_list due;

    /* Running a timer puts it back into the list. */
    ovs_list_init(&due);
    LIST_FOR_EACH_SAFE (conn, next, timer_node, &server.context.timers) {
        if (conn->deadline <= now) {
            ovs_list_remove(&conn->timer_node);
            ovs_list_push_back(&due, &conn->timer_node);
        }
    }
    LIST_FOR_EACH_SAFE (conn, next, timer_node, &due) {
        bpf_conn_run_timer(conn);
    }
    LIST_FOR_EACH (conn, timer_node, &server.context.timers) {
        deadline = MIN(deadline, conn->deadline);
    }
    return deadline;
}

/* Closes connections that have not said HELLO in time.  Returns when the next
 * one has to. */
static long long int
run_strangers(long long int now)
{
    while (!ovs_list_is_empty(&server.context.strangers)) {
        struct bpf_conn *conn
            = CONTAINER_OF(ovs_list_front(&server.context.strangers),
                           struct bpf_conn, timer_node);

        if (conn->deadline > now) {
            return conn->deadline;
        }
        count_rejected("it did not say HELLO");
        remove_conn(conn);
    }
    return LLONG_MAX;
}

/* Listens again to connections that have waited long enough.  Returns when the
 * next one will have. */
static long long int
run_parked(long long int now)
{
    long long int deadline = LLONG_MAX;
    struct bpf_conn *conn, *next;

    LIST_FOR_EACH_SAFE (conn, next, node, &server.conns) {
        if (conn->parked && conn->resume_at > now) {
            deadline = MIN(deadline, conn->resume_at);
        } else if (conn->parked) {
            resume_conn(conn);
        }
    }
    return deadline;
}

/* Ends pauses in accepting that are over.  Returns when the next one will be:
 * now, if the listener has yet to be waited for again. */
static long long int
run_pauses(long long int now)
{
    long long int deadline = LLONG_MAX;

    for (size_t i = 0; i < N_LISTENERS; i++) {
        if (server.accept_after[i] && now >= server.accept_after[i]) {
            server.accept_after[i] = 0;
            deadline = now;
        } else if (server.accept_after[i]) {
            deadline = MIN(deadline, server.accept_after[i]);
        }
    }
    return deadline;
}

/* Does what is due.  Returns how many milliseconds to wait, -1 for ever. */
static int
run_clock(void)
{
    long long int now = time_msec();
    long long int deadline = MIN(run_timers(now), run_strangers(now));

    if (server.any_parked) {
        long long int parked = run_parked(now);

        server.any_parked = parked != LLONG_MAX;
        deadline = MIN(deadline, parked);
    }

    deadline = MIN(deadline, run_pauses(now));
    return (deadline == LLONG_MAX ? -1
            : deadline <= now ? 0
            : MIN(deadline - now, INT_MAX));
}

static void
run_conn(struct bpf_conn *conn)
{
    bool was_monitor = conn->monitor;
    bool ok = bpf_conn_run(conn);

    if (conn->monitor && !was_monitor) {
        atomic_count_inc(&server.n_monitors);
    }
    if (!ok) {
        conn->ended = true;
        remove_conn(conn);
    } else if (conn->job || conn->resume_at) {
        park_conn(conn);
        server.any_parked = server.any_parked || conn->resume_at;
    }
}

/* Deals with the descriptor that the poller knows as 'aux'. */
static void
run_ready(void *aux)
{
    if (aux == &server.wakeup) {
        latch_poll(&server.wakeup);
        return;
    }
    for (size_t i = 0; i < N_LISTENERS; i++) {
        if (aux == &server.active[i]) {
            run_listener(i);
            return;
        }
    }
    run_conn(aux);
}

static void *
server_main(void *aux OVS_UNUSED)
{
    for (;;) {
        void *ready[MAX_READY];
        bool exiting;

        atomic_read_explicit(&server.exit, &exiting, memory_order_acquire);
        if (exiting) {
            break;
        }
        run_doomed();
        bpf_conn_run_jobs(&server.context, resume_conn, remove_conn);
        run_monitors();
        int timeout = run_clock();
        run_listener_changes();

        ovsrcu_quiesce_start();
        size_t n = bpf_poller_wait(server.poller, timeout, ready, MAX_READY);
        ovsrcu_quiesce_end();

        /* None of these removes another of them. */
        for (size_t i = 0; i < n; i++) {
            run_ready(ready[i]);
        }
        coverage_try_clear();       /* As poll_block() would have done. */
    }

    struct bpf_conn *conn, *next;
    LIST_FOR_EACH_SAFE (conn, next, node, &server.conns) {
        remove_conn(conn);
    }
    ovs_mutex_lock(&server.mutex);
    close_retired();
    ovs_mutex_unlock(&server.mutex);
    if (server.spare_fd >= 0) {
        close(server.spare_fd);
    }
    latch_set(&server.ended);
    return NULL;
}

/* Main thread
 * =========== */

/* Something that clients may watch has changed. */
static void
server_wake(void *aux OVS_UNUSED)
{
    latch_set(&server.wakeup);
}

static const struct bpf_socket_config *
listener_config(const struct bpf_config *config, size_t i)
{
    return i == LISTENER ? &config->socket : &config->ro_socket;
}

/* Opens all listeners that 'config' names.  Returns NULL or what is wrong, in
 * which case none is open. */
static char *
open_listeners(struct listener listeners[N_LISTENERS],
               const struct bpf_config *config)
{
    for (size_t i = 0; i < N_LISTENERS; i++) {
        char *why = listener_open(&listeners[i], listener_config(config, i));

        if (why) {
            while (i-- > 0) {
                listener_close(&listeners[i]);
            }
            return why;
        }
    }
    return NULL;
}

/* Returns 0 or a positive errno value. */
static int
server_init_state(void)
{
    int error = bpf_poller_create(&server.poller);
    if (error) {
        return error;
    }

    latch_init(&server.wakeup);
    latch_init(&server.ended);
    error = bpf_poller_add(server.poller, server.wakeup.fds[0],
                           &server.wakeup);
    if (error) {
        latch_destroy(&server.wakeup);
        latch_destroy(&server.ended);
        bpf_poller_destroy(server.poller);
        return error;
    }

    atomic_init(&server.exit, false);
    server.context.wakeup = &server.wakeup;
    atomic_init(&server.context.any_doomed, false);
    atomic_init(&server.context.n_requests, 0);
    atomic_init(&server.context.n_misbehaved, 0);
    atomic_init(&server.context.n_rejected, 0);
    ovs_list_init(&server.context.timers);
    ovs_list_init(&server.context.strangers);
    ovs_list_init(&server.context.done);
    ovs_list_init(&server.conns);
    server.n_conns = 0;
    for (size_t i = 0; i < N_LISTENERS; i++) {
        server.active[i] = -1;
        server.accept_after[i] = 0;
        server.n_turned_away[i] = 0;
    }
    server.spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    server.ports_seqno = UINT64_MAX;
    server.any_parked = false;
    atomic_init(&server.n_accepted, 0);
    atomic_init(&server.n_rejected, 0);
    atomic_count_init(&server.n_connections, 0);
    atomic_count_init(&server.n_monitors, 0);
    return 0;
}

char *
bpf_server_start(const struct bpf_config *config)
{
    struct listener listeners[N_LISTENERS];

    ovs_assert(!server.running && !bpf_server_is_ending());
    char *why = open_listeners(listeners, config);
    if (why) {
        return why;
    }

    raise_fd_limit(config->descriptors_max);
    int error = server_init_state();
    if (error) {
        for (size_t i = 0; i < N_LISTENERS; i++) {
            listener_close(&listeners[i]);
        }
        return listener_error(config->socket.path, "wait for clients", error);
    }
    ovs_mutex_lock(&server.mutex);
    for (size_t i = 0; i < N_LISTENERS; i++) {
        server.listeners[i] = listeners[i];
    }
    ovs_mutex_unlock(&server.mutex);

    server.thread = ovs_thread_create("bpf-server", server_main, NULL);
    bpf_change_set_callback(server_wake, NULL);
    server.running = true;
    return NULL;
}

/* Has the thread close 'fd', which it may be waiting for. */
static void
retire_fd(int fd)
    OVS_REQUIRES(server.mutex)
{
    if (server.n_retired >= server.allocated_retired) {
        server.retired = x2nrealloc(server.retired, &server.allocated_retired,
                                    sizeof *server.retired);
    }
    server.retired[server.n_retired++] = fd;
}

/* Applies 'config' to listener number 'i'. */
static char *
reconfigure_listener(size_t i, const struct bpf_socket_config *config)
{
    struct listener new;
    char *why;

    /* Only this thread changes listeners, so that it may read them. */
    ovs_mutex_lock(&server.mutex);
    struct listener old = server.listeners[i];
    ovs_mutex_unlock(&server.mutex);

    if (!strcmp(old.config.path, config->path)) {
        if (!config->path[0]
            || (old.config.mode == config->mode
                && old.config.group == config->group)) {
            return NULL;
        }
        new = old;
        new.config = *config;
        why = listener_set_rights(&old, config);
    } else {
        why = listener_open(&new, config);
    }
    if (why) {
        return why;
    }

    ovs_mutex_lock(&server.mutex);
    server.listeners[i] = new;
    if (new.fd != old.fd && old.fd >= 0) {
        retire_fd(old.fd);
    }
    ovs_mutex_unlock(&server.mutex);

    if (new.fd != old.fd && old.fd >= 0) {
        fatal_signal_unlink_file_now(old.config.path);
        lockfile_unlock(old.lockfile);
    }
    return NULL;
}

/* Each socket by itself: that one of them cannot be had does not keep the
 * other from being what it should be. */
char *
bpf_server_reconfigure(const struct bpf_config *config)
{
    char *first = NULL;

    ovs_assert(server.running);
    raise_fd_limit(config->descriptors_max);
    for (size_t i = N_LISTENERS; i-- > 0; ) {
        char *why = reconfigure_listener(i, listener_config(config, i));

        if (why) {
            free(first);
            first = why;
        }
    }
    latch_set(&server.wakeup);
    return first;
}

/* Removes the socket of 'listener'.  Its descriptor is the thread's to
 * close. */
static void
retire_listener(struct listener *listener)
    OVS_REQUIRES(server.mutex)
{
    if (listener->fd >= 0) {
        fatal_signal_unlink_file_now(listener->config.path);
        retire_fd(listener->fd);
        listener->fd = -1;
    }
    lockfile_unlock(listener->lockfile);
    listener->lockfile = NULL;
}

void
bpf_server_stop(void)
{
    if (!server.running) {
        return;
    }
    server.running = false;
    server.ending = true;

    bpf_change_set_callback(NULL, NULL);
    ovs_mutex_lock(&server.mutex);
    for (size_t i = 0; i < N_LISTENERS; i++) {
        retire_listener(&server.listeners[i]);
    }
    ovs_mutex_unlock(&server.mutex);
    atomic_store_explicit(&server.exit, true, memory_order_release);
    latch_set(&server.wakeup);
}

bool
bpf_server_is_ending(void)
{
    if (server.ending && latch_is_set(&server.ended)) {
        /* It has nothing left to do, so that this does not wait. */
        xpthread_join(server.thread, NULL);
        server.ending = false;

        free(server.retired);
        server.retired = NULL;
        server.allocated_retired = 0;
        bpf_poller_destroy(server.poller);
        latch_destroy(&server.wakeup);
        latch_destroy(&server.ended);
    }
    return server.ending;
}

bool
bpf_server_wait_end(int ms)
{
    if (server.ending) {
        struct pollfd pollfd = { .fd = server.ended.fds[0], .events = POLLIN };

        while (poll(&pollfd, 1, ms) < 0 && errno == EINTR) {
            continue;
        }
    }
    return (!bpf_server_is_ending()
            && bpf_pool_drain(&bpf_memory_pool, ms)
            && bpf_pool_drain(&bpf_close_pool, ms));
}

/* What a listener really is. */
void
bpf_server_get_socket(bool read_only, struct bpf_socket_config *socket)
{
    memset(socket, 0, sizeof *socket);
    ovs_mutex_lock(&server.mutex);
    const struct listener *listener
        = &server.listeners[read_only ? LISTENER_RO : LISTENER];
    if (server.running && listener->fd >= 0) {
        *socket = listener->config;
        if (socket->group == (gid_t) -1) {
            socket->group = listener->own_group;
        }
    }
    ovs_mutex_unlock(&server.mutex);
}

bool
bpf_server_is_running(void)
{
    return server.running;
}

void
bpf_server_get_stats(struct bpf_server_stats *stats)
{
    uint64_t rejected_later;

    memset(stats, 0, sizeof *stats);
    if (!server.running) {
        return;
    }
    atomic_read_relaxed(&server.n_accepted, &stats->n_accepted);
    atomic_read_relaxed(&server.n_rejected, &stats->n_rejected);
    atomic_read_relaxed(&server.context.n_rejected, &rejected_later);
    stats->n_rejected += rejected_later;
    atomic_read_relaxed(&server.context.n_misbehaved, &stats->n_misbehaved);
    atomic_read_relaxed(&server.context.n_requests, &stats->n_requests);
    stats->n_connections = atomic_count_get(&server.n_connections);
    stats->n_monitors = atomic_count_get(&server.n_monitors);
}
