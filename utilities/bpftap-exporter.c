/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* "ovs-bpftap exporter": the switch's metrics, by HTTP.
 *
 * Two threads: libmicrohttpd's answers requests; the main one follows packets
 * with --latency, and otherwise waits for the end.  'mutex' guards all that
 * both of them use, which is everything but the waiting itself.  Signals are
 * for the main thread. */

#include "bpftap-commands.h"

#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <microhttpd.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-latency.h"
#include "bpftap-options.h"
#include "bpftap-ports.h"
#include "bpftap-scrape.h"
#include "bpftap-socket.h"
#include "bpftap-ways.h"
#include "bpftap-who.h"

static const char help[] =
"usage: ovs-bpftap exporter [OPTION]...\n"
"\n"
"Serves counters of ports, drops by reason, captures, and caches and notifier\n"
"of the network devices at http://ADDRESS/metrics, in OpenMetrics text.\n"
"\n"
"  --listen=ADDRESS  [HOST]:PORT, or the PATH of a UNIX socket (127.0.0.1:9475)\n"
"  --latency         also how long packets take, for each pair of ports, which\n"
"                    costs the switch what \"ovs-bpftap follow\" does\n"
"  -i PORT           latency of packets from there only (any)\n"
BT_HELP_COMMON
"\n"
"Port 0 is one that is free; the address is printed.  ovsdb-client must be in\n"
"PATH.\n";

#define DEFAULT_ADDRESS "127.0.0.1:9475"

/* Connections at a time, and seconds after which a silent one is closed. */
#define MAX_CONNECTIONS 16
#define CONNECTION_TIMEOUT 10

/* Requests that wait for their turn. */
#define BACKLOG 16

/* How often to look whether ports can be followed that could not before. */
#define RETRY (5 * BT_NSEC)

struct exporter {
    struct bt_common common;
    const char *address;
    const char *pattern;
    bool latency;

    int fd;                     /* Listens. */
    const char *path;           /* Of the UNIX socket, to be removed. */
    struct MHD_Daemon *daemon;

    pthread_mutex_t mutex;
    struct bt_latencies latencies;

    /* Main thread only. */
    struct bt_ways ways;
    bool following;
    struct bpfdev *monitor;     /* Tells of ports that come and go. */
    uint64_t retry_at;
};

/* The address. */

static void
listen_unix(struct exporter *e)
{
    int error = bt_socket_listen(e->address, BACKLOG, &e->fd);

    if (error == ENAMETOOLONG) {
        bt_fatal("--listen: %s: a socket's path has at most %zu bytes",
                 e->address, sizeof ((struct sockaddr_un *) NULL)->sun_path - 1);
    } else if (error) {
        bt_fatal("--listen: %s: %s", e->address, strerror(error));
    }
    e->path = e->address;
}

/* Splits 'address' into host, "" for any, and port. */
static void
split_address(const char *address, char host[256], const char **port)
{
    const char *colon = strrchr(address, ':');
    size_t n = colon ? colon - address : 0;

    if (!colon || !colon[1] || n >= 256) {
        bt_fatal("--listen: \"%s\" is neither [HOST]:PORT nor the path of a "
                 "UNIX socket, which has a \"/\"", address);
    }
    *port = colon + 1;
    if (n >= 2 && address[0] == '[' && address[n - 1] == ']') {
        address++;
        n -= 2;
    }
    memcpy(host, address, n);
    host[n] = '\0';
}

static int
bind_one(const struct addrinfo *ai)
{
    int fd = socket(ai->ai_family, ai->ai_socktype, 0);
    int on = 1, off = 0;

    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (ai->ai_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    }
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, BACKLOG)) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static void
listen_inet(struct exporter *e)
{
    const struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE,
    };
    struct addrinfo *list;
    const char *port;
    char host[256];
    int error;

    split_address(e->address, host, &port);
    error = getaddrinfo(host[0] ? host : NULL, port, &hints, &list);
    if (error) {
        bt_fatal("--listen: %s: %s", e->address, gai_strerror(error));
    }
    e->fd = -1;
    for (const struct addrinfo *ai = list; ai && e->fd < 0; ai = ai->ai_next) {
        e->fd = bind_one(ai);
    }
    if (e->fd < 0) {
        bt_fatal("--listen: %s: %s", e->address, strerror(errno));
    }
    freeaddrinfo(list);
}

static void
print_address(const struct exporter *e)
{
    struct sockaddr_storage ss;
    socklen_t n = sizeof ss;
    char host[256], port[32];

    if (e->path) {
        printf("unix:%s\n", e->path);
    } else if (!getsockname(e->fd, (struct sockaddr *) &ss, &n)
               && !getnameinfo((struct sockaddr *) &ss, n, host, sizeof host,
                               port, sizeof port,
                               NI_NUMERICHOST | NI_NUMERICSERV)) {
        bool v6 = ss.ss_family == AF_INET6;

        printf("http://%s%s%s:%s/metrics\n", v6 ? "[" : "", host,
               v6 ? "]" : "", port);
    }
    bt_flush_stdout();
}

/* Answers: libmicrohttpd's thread. */

static enum MHD_Result
answer(struct MHD_Connection *connection, unsigned int status,
       const char *type, const char *text, size_t n)
{
    struct MHD_Response *response
        = MHD_create_response_from_buffer(n, (void *) text,
                                          MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result;

    if (!response) {
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    }
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result
answer_text(struct MHD_Connection *connection, unsigned int status,
            const char *text)
{
    return answer(connection, status, "text/plain; charset=utf-8", text,
                  strlen(text));
}

static enum MHD_Result
answer_metrics(struct exporter *e, struct MHD_Connection *connection)
{
    const char *accept = MHD_lookup_connection_value(
        connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    struct bt_metrics m;
    enum MHD_Result result;

    memset(&m, 0, sizeof m);
    m.openmetrics = accept && strstr(accept, "application/openmetrics-text");
    pthread_mutex_lock(&e->mutex);
    bt_scrape(&m, e->common.socket, &e->latencies);
    pthread_mutex_unlock(&e->mutex);
    result = answer(connection, MHD_HTTP_OK, bt_metrics_content_type(&m),
                    bt_str_cstr(&m.text), m.text.length);
    bt_str_free(&m.text);
    return result;
}

static enum MHD_Result
handle(void *e, struct MHD_Connection *connection, const char *url,
       const char *method, const char *version, const char *data,
       size_t *data_size, void **state)
{
    (void) version;
    (void) data;
    (void) state;
    if (*data_size) {
        *data_size = 0;         /* Whoever sends something with it. */
        return MHD_YES;
    } else if (strcmp(method, MHD_HTTP_METHOD_GET)
               && strcmp(method, MHD_HTTP_METHOD_HEAD)) {
        return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                           "Only GET.\n");
    } else if (!strcmp(url, "/metrics")) {
        return answer_metrics(e, connection);
    } else if (!strcmp(url, "/")) {
        return answer_text(connection, MHD_HTTP_OK,
                           "ovs-bpftap exporter: see /metrics\n");
    }
    return answer_text(connection, MHD_HTTP_NOT_FOUND,
                       "There is only /metrics.\n");
}

static void
start_server(struct exporter *e)
{
    sigset_t all, old;

    /* The new thread inherits the mask. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    e->daemon = MHD_start_daemon(
        MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle,
        e, MHD_OPTION_LISTEN_SOCKET, e->fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned int) MAX_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned int) CONNECTION_TIMEOUT, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!e->daemon) {
        bt_fatal("--listen: %s: the HTTP server cannot be started",
                 e->address);
    }
}

/* Latencies: the main thread. */

static void
count_way(const struct bt_way *way, const struct bt_way_event *in, void *e_)
{
    struct exporter *e = e_;

    bt_latencies_count(&e->latencies, way, in);
}

static void
start_following(struct exporter *e)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    const struct bt_ways_config config = {
        .socket = e->common.socket,
        .pattern = e->pattern,
        .filter = "",
        .snaplen = 1,
        .patience = BT_NSEC / 2,
        .quiet = true,
        .ended = count_way,
        .aux = e,
    };

    e->following = !bt_ways_open(&e->ways, &config, errbuf);
    e->retry_at = e->following ? UINT64_MAX : bt_now_mono() + RETRY;
    if (!e->following && !e->common.quiet) {
        bt_note("no latency for now: %s", errbuf);
    }
}

static void
stop_following(struct exporter *e)
{
    if (e->following) {
        bt_ways_finish(&e->ways);
        bt_ways_close(&e->ways);
        e->following = false;
    }
}

/* Are the ports that are followed those of 'ports'? */
static bool
follows_all(const struct exporter *e, const struct bpfdev_port *ports,
            size_t n)
{
    size_t n_ordinary = 0;

    for (size_t i = 0; i < n; i++) {
        if (bt_pattern_matches("any", &ports[i])
            || bt_pattern_matches(e->pattern, &ports[i])) {
            const struct bt_way_port *port
                = bt_ways_find_port(&e->ways, bpfdev_port_hash(ports[i].name));

            n_ordinary++;
            if (!port || !port->tap.dev) {
                return false;
            }
        }
    }
    /* The last one is that of dropped packets. */
    return n_ordinary + 1 == e->ways.n_ports;
}

/* Takes note of ports that came or went, or of a switch that did. */
static void
look_at_ports(struct exporter *e)
{
    struct bpfdev_port *ports;
    size_t n;

    if (!e->monitor) {
        char errbuf[BPFDEV_ERRBUF_SIZE];

        e->monitor = bpfdev_monitor_open(e->common.socket, BPFDEV_RDONLY,
                                         errbuf);
    }
    if (!e->monitor || bt_ports_try_list(e->monitor, &ports, &n)) {
        bpfdev_close(e->monitor);
        e->monitor = NULL;
        stop_following(e);
        e->retry_at = bt_now_mono() + RETRY;
        return;
    }
    if (!e->following || !follows_all(e, ports, n)) {
        stop_following(e);
        start_following(e);
    }
    free(ports);
}

static uint64_t
time_to_retry(const struct exporter *e)
{
    uint64_t now = bt_now_mono();

    return (e->retry_at == UINT64_MAX ? UINT64_MAX
            : e->retry_at > now ? e->retry_at - now
            : 0);
}

/* Waits, without the mutex, for packets or for news of ports.  Returns true if
 * it is news, or time to try again. */
static bool
wait_for_news(struct exporter *e)
{
    size_t n = e->following ? e->ways.n_ports : 0;
    struct pollfd *fds = bt_alloc((n + 1) * sizeof *fds);
    uint64_t timeout = time_to_retry(e);
    bool news;

    if (n) {
        memcpy(fds, e->ways.fds, n * sizeof *fds);
        timeout = timeout < BT_NSEC / 4 ? timeout : BT_NSEC / 4;
    }
    fds[n].fd = e->monitor ? bpfdev_fd(e->monitor) : -1;
    fds[n].events = POLLIN;
    fds[n].revents = 0;
    bt_poll(fds, n + 1, timeout);
    news = fds[n].revents || !time_to_retry(e);
    free(fds);
    return news;
}

static void
follow(struct exporter *e)
{
    look_at_ports(e);
    while (!bt_stop_signal()) {
        bool news = wait_for_news(e);

        pthread_mutex_lock(&e->mutex);
        if (e->following) {
            bt_ways_run(&e->ways, 0);
        }
        if (news) {
            look_at_ports(e);
        }
        pthread_mutex_unlock(&e->mutex);
    }
    stop_following(e);
    bpfdev_close(e->monitor);
}

static void
parse(struct exporter *e, int argc, char *argv[])
{
    enum { OPT_LISTEN = 256, OPT_LATENCY };
    static const struct option options[] = {
        { "listen", required_argument, NULL, OPT_LISTEN },
        { "latency", no_argument, NULL, OPT_LATENCY },
        { "interface", required_argument, NULL, 'i' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = bt_getopt(argc, argv, ":i:", options, NULL, &e->common))
           != -1) {
        switch (c) {
        case OPT_LISTEN:
            e->address = optarg;
            break;
        case OPT_LATENCY:
            e->latency = true;
            break;
        case 'i':
            e->pattern = optarg;
            break;
        }
    }
    if (optind < argc) {
        bt_usage("\"%s\" is not wanted here", argv[optind]);
    } else if (e->pattern && !e->latency) {
        bt_usage("-i chooses ports for --latency, which is missing");
    }
    e->pattern = e->pattern ? e->pattern : "any";
}

int
bt_cmd_exporter(int argc, char *argv[])
{
    struct exporter e;

    memset(&e, 0, sizeof e);
    e.common.help = help;
    e.common.has = BT_HAS_QUIET;
    e.address = DEFAULT_ADDRESS;
    pthread_mutex_init(&e.mutex, NULL);
    parse(&e, argc, argv);
    bt_who_set_rundir(e.common.socket);
    if (strchr(e.address, '/')) {
        listen_unix(&e);
    } else {
        listen_inet(&e);
    }

    bt_signals_init();
    start_server(&e);
    print_address(&e);
    if (e.latency) {
        follow(&e);
    }
    while (!bt_stop_signal()) {
        bt_poll(NULL, 0, UINT64_MAX);
    }
    MHD_stop_daemon(e.daemon);
    if (e.path) {
        unlink(e.path);
    }
    bt_latencies_free(&e.latencies);
    pthread_mutex_destroy(&e.mutex);
    return BT_OK;
}
