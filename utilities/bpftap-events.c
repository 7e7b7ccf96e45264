/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What a recorder waits for; see bpftap-events.h.
 *
 *     SIGUSR1, commands         here
 *     match:                    here, by libpcap
 *     counter:, link            bpftap-events-db.c
 *     log:                      bpftap-events-log.c
 *     restart                   the capture engine tells */

#include "bpftap-events-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-filter.h"
#include "bpftap-socket.h"
#include "bpftap-who.h"
#include "printable.h"

/* Sockets of recorders, beside that of the switch: this and the process. */
#define PREFIX "bpftap-record."

/* How long a recorder may take for its answer. */
#define PATIENCE (10 * BT_NSEC)

/* Commands are shorter. */
#define COMMAND_MAX 1024

/* Where libpcap's "inbound" and "outbound" look for the direction, and what
 * they find there in packets that are sent. */
#define AUX_TYPE 0xfffff004u
#define AUX_TYPE_OUT 4

/* SIGUSR1 writes a byte into the second, and the first is waited for. */
static int signal_pipe[2] = { -1, -1 };

static void
handle_signal(int signo)
{
    int error = errno;
    ssize_t retval = write(signal_pipe[1], "", 1);

    (void) signo;
    (void) retval;
    errno = error;
}

struct bt_events *
bt_events_create(void)
{
    struct bt_events *events = bt_zalloc(sizeof *events);

    events->listener = -1;
    events->log.fd = -1;
    events->db.child.fd = -1;
    for (size_t i = 0; i < BT_ARRAY_SIZE(events->clients); i++) {
        events->clients[i].fd = -1;
    }
    return events;
}

void
bt_events_add(struct bt_events *events, const char *what, const char *s)
{
    if (!strncmp(s, "match:", 6) && s[6]) {
        if (events->match) {
            bt_usage("%s: one match: is enough; join filters with \"or\"",
                     what);
        }
        events->match = s + 6;
    } else if (!strncmp(s, "counter:", 8) && s[8]) {
        bt_events_db_add(events, what, s + 8);
    } else if (!strcmp(s, "link")) {
        events->db.link = true;
    } else if (!strncmp(s, "log:", 4) && s[4]) {
        bt_events_log_add(events, what, s + 4);
    } else if (!strcmp(s, "restart")) {
        events->restart = true;
    } else {
        bt_usage("%s: \"%s\" is none of match:FILTER, counter:NAME[+N], link, "
                 "log:REGEX and restart", what, s);
    }
}

void
bt_events_set_log(struct bt_events *events, const char *path)
{
    events->log.path = path;
}

/* Filters
 * ======= */

/* Makes of 'program' one that knows packets which go 'direction': libpcap's
 * interpreter has no such thing. */
static void
fix_direction(struct bpf_program *fixed, const struct bpf_program *program,
              enum bt_direction direction)
{
    size_t size = program->bf_len * sizeof *program->bf_insns;

    fixed->bf_len = program->bf_len;
    fixed->bf_insns = bt_alloc(size);
    memcpy(fixed->bf_insns, program->bf_insns, size);
    for (unsigned int i = 0; i < fixed->bf_len; i++) {
        struct bpf_insn *insn = &fixed->bf_insns[i];

        if (BPF_CLASS(insn->code) == BPF_LD && BPF_MODE(insn->code) == BPF_ABS
            && insn->k == AUX_TYPE) {
            insn->code = BPF_LD | BPF_IMM;
            insn->k = direction == BT_DIR_OUT ? AUX_TYPE_OUT : 0;
        }
    }
}

/* Makes the programs for link type 'dlt'.  Returns false if that cannot be,
 * with the reason in 'errbuf'. */
static bool
compile_match(struct bt_events *events, uint32_t dlt, char errbuf[])
{
    const struct bpf_program *program;

    if (events->compiled && events->dlt == dlt) {
        return true;
    }
    program = bt_filter_compile(events->match, dlt, 0, true, errbuf);
    if (!program) {
        return false;
    }
    for (size_t i = 0; i < BT_ARRAY_SIZE(events->programs); i++) {
        free(events->programs[i].bf_insns);
        fix_direction(&events->programs[i], program, i);
    }
    events->compiled = true;
    events->dlt = dlt;
    return true;
}

static void
watch_packet(void *events_, struct bt_files *files, const char *port,
             uint32_t dlt, const struct bt_packet *packet)
{
    struct bt_events *events = events_;
    char errbuf[BPFDEV_ERRBUF_SIZE];
    char *reason;

    if (!events->match || !compile_match(events, dlt, errbuf)
        || !bpf_filter(events->programs[packet->direction].bf_insns,
                       packet->data, packet->len, packet->caplen)) {
        return;
    }
    if (bt_files_is_writing(files)) {
        return;                 /* The packet is there, that is enough. */
    }
    reason = bt_asprintf("a packet on %s matches \"%s\"", port,
                         events->match);
    bt_files_event(files, reason);
    free(reason);
}

/* Commands
 * ======== */

static void
close_client(struct bt_events_client *client)
{
    close(client->fd);
    client->fd = -1;
    bt_str_clear(&client->input);
}

/* Answers with one line, the first character of which says how it went. */
static void
answer(struct bt_events_client *client, char status, const char *text)
{
    char *line = bt_asprintf("%c%s\n", status, text);

    bt_write_all(client->fd, line, strlen(line));
    free(line);
    close_client(client);
}

static void
run_command(struct bt_events_client *client, struct bt_files *files)
{
    char *line = client->input.s;
    char *text;

    if (!strncmp(line, "trigger", 7)) {
        char *reason = printable_dup(line[7] == ' ' ? line + 8 : "command");

        bt_files_event(files, reason);
        free(reason);
    } else if (strcmp(line, "status")) {
        answer(client, '-', "no such command");
        return;
    }
    text = bt_files_describe(files);
    answer(client, '+', text);
    free(text);
}

static void
read_client(struct bt_events_client *client, struct bt_files *files)
{
    char buffer[COMMAND_MAX];
    ssize_t n = read(client->fd, buffer, sizeof buffer);
    char *end;

    if (n <= 0) {
        if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            close_client(client);
        }
        return;
    }
    bt_str_put(&client->input, buffer, n);
    end = memchr(client->input.s, '\n', client->input.length);
    if (end) {
        *end = '\0';
        run_command(client, files);
    } else if (client->input.length > COMMAND_MAX) {
        answer(client, '-', "too long a command");
    }
}

static void
accept_client(struct bt_events *events)
{
    struct bt_events_client *client = &events->clients[events->next_client];
    int fd = accept(events->listener, NULL, NULL);

    if (fd < 0) {
        return;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    if (client->fd >= 0) {
        close_client(client);   /* It had its time. */
    }
    client->fd = fd;
    events->next_client = ((events->next_client + 1)
                           % BT_ARRAY_SIZE(events->clients));
}

/* Makes the socket 'path', for this user only.  Returns 0 or an errno value. */
static int
listen_on(struct bt_events *events, const char *path)
{
    mode_t old = umask(077);
    int error = bt_socket_listen(path, 4, &events->listener);

    umask(old);
    if (!error) {
        fcntl(events->listener, F_SETFL, O_NONBLOCK);
        events->path = bt_strdup(path);
    }
    return error;
}

static void
start_listening(struct bt_events *events, const struct bt_capture *capture,
                const char *path)
{
    char *rundir = bt_who_rundir(capture->socket);
    char *name = (path ? bt_strdup(path)
                  : bt_asprintf("%s/" PREFIX "%ld", rundir,
                                (long int) getpid()));
    int error = listen_on(events, name);

    if (error && path) {
        bt_fatal("--control: cannot make the socket %s (%s)", path,
                 strerror(error));
    } else if (error && !capture->quiet) {
        bt_note("no commands can be given: cannot make the socket %s (%s); "
                "SIGUSR1 works, and --control=PATH names another place", name,
                strerror(error));
    }
    free(name);
    free(rundir);
}

/* Everything
 * ========== */

enum { FD_SIGNAL, FD_LISTENER, FD_DB, FD_CLIENTS };

static size_t
watch_prepare(void *events_, struct pollfd fds[], uint64_t *wait)
{
    struct bt_events *events = events_;
    size_t n = FD_CLIENTS;

    fds[FD_SIGNAL].fd = signal_pipe[0];
    fds[FD_LISTENER].fd = events->listener;
    fds[FD_DB].fd = events->db.child.fd;
    for (size_t i = 0; i < BT_ARRAY_SIZE(events->clients); i++) {
        fds[n++].fd = events->clients[i].fd;
    }
    for (size_t i = 0; i < n; i++) {
        fds[i].events = POLLIN;
        fds[i].revents = 0;
    }
    bt_events_db_wait(events, wait);
    bt_events_log_wait(events, wait);
    return n;
}

static void
watch_run(void *events_, struct bt_files *files,
          struct bt_source *const sources[], size_t n_sources,
          const struct pollfd fds[], size_t n)
{
    struct bt_events *events = events_;
    char buffer[16];

    if (n && fds[FD_SIGNAL].revents
        && read(signal_pipe[0], buffer, sizeof buffer) > 0) {
        bt_files_event(files, "signal");
    }
    bt_events_db_run(events, files, sources, n_sources,
                     n && fds[FD_DB].revents);
    bt_events_log_run(events, files);
    for (size_t i = FD_CLIENTS; i < n; i++) {
        struct bt_events_client *client = &events->clients[i - FD_CLIENTS];

        if (fds[i].revents && client->fd == fds[i].fd && client->fd >= 0) {
            read_client(client, files);
        }
    }
    if (n && fds[FD_LISTENER].revents) {
        accept_client(events);
    }
}

static void
watch_gone(void *events_, struct bt_files *files)
{
    struct bt_events *events = events_;

    if (events->restart) {
        bt_files_event(files, "the switch went away");
    }
}

static void
start_signal(void)
{
    struct sigaction action;

    if (pipe(signal_pipe)) {
        bt_fatal("no pipe for signals (%s)", strerror(errno));
    }
    for (int i = 0; i < 2; i++) {
        fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK);
        fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC);
    }
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    action.sa_handler = handle_signal;
    sigaction(SIGUSR1, &action, NULL);
}

void
bt_events_start(struct bt_events *events, struct bt_capture *capture,
                const char *path)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];

    if (events->match && !compile_match(events, DLT_EN10MB, errbuf)) {
        bt_fatal("match: %s", errbuf);
    }
    bt_events_db_start(events);
    bt_events_log_start(events);
    start_signal();
    start_listening(events, capture, path);
    events->watch.prepare = watch_prepare;
    events->watch.run = watch_run;
    events->watch.packet = watch_packet;
    events->watch.gone = watch_gone;
    events->watch.aux = events;
    capture->watch = &events->watch;
}

void
bt_events_destroy(struct bt_events *events)
{
    if (!events) {
        return;
    }
    if (events->listener >= 0) {
        unlink(events->path);
        close(events->listener);
        free(events->path);
    }
    for (size_t i = 0; i < BT_ARRAY_SIZE(events->clients); i++) {
        if (events->clients[i].fd >= 0) {
            close_client(&events->clients[i]);
        }
        bt_str_free(&events->clients[i].input);
    }
    for (size_t i = 0; i < BT_ARRAY_SIZE(events->programs); i++) {
        free(events->programs[i].bf_insns);
    }
    bt_events_db_stop(events);
    bt_events_log_stop(events);
    free(events);
}

/* Commanding another recorder
 * =========================== */

/* Returns a connection to the only recorder whose socket is in 'rundir', or -1
 * after a message. */
static int
find_recorder(const char *rundir)
{
    struct bt_str names = { NULL, 0, 0 };
    DIR *dir = opendir(rundir);
    struct dirent *entry;
    size_t n_found = 0;
    int found = -1;

    while (dir && (entry = readdir(dir))) {
        char *path = bt_asprintf("%s/%s", rundir, entry->d_name);
        int fd = (strncmp(entry->d_name, PREFIX, strlen(PREFIX))
                  ? -1 : bt_socket_connect(path, false));

        if (fd >= 0) {
            bt_str_printf(&names, "%s%s", n_found++ ? ", " : "", path);
            if (found >= 0) {
                close(found);
            }
            found = fd;
        }
        free(path);
    }
    if (dir) {
        closedir(dir);
    }
    if (!n_found) {
        bt_error("no recorder runs here: there is no socket %s/" PREFIX
                 "* that answers; --control=PATH names another one", rundir);
    } else if (n_found > 1) {
        bt_error("several recorders run: choose one by --control=PATH, of %s",
                 bt_str_cstr(&names));
        close(found);
        found = -1;
    }
    bt_str_free(&names);
    return found;
}

/* Reads a line from 'fd', as far as it comes in time. */
static void
read_line(int fd, struct bt_str *line)
{
    uint64_t deadline = bt_now_mono() + PATIENCE;
    struct pollfd pfd = { .fd = fd, .events = POLLIN };
    char buffer[1024];
    ssize_t n;

    for (uint64_t now = bt_now_mono(); now < deadline; now = bt_now_mono()) {
        if (poll(&pfd, 1, (deadline - now) / 1000000 + 1) <= 0) {
            continue;
        }
        n = read(fd, buffer, sizeof buffer);
        if (n <= 0) {
            return;
        }
        bt_str_put(line, buffer, n);
        if (memchr(buffer, '\n', n)) {
            return;
        }
    }
}

bool
bt_events_command(const char *socket_, const char *path, const char *command)
{
    struct bt_str line = { NULL, 0, 0 };
    char *rundir = bt_who_rundir(socket_);
    char *request = bt_asprintf("%s\n", command);
    int fd = path ? bt_socket_connect(path, false) : find_recorder(rundir);
    bool ok = false;

    if (fd < 0) {
        if (path) {
            bt_error("no recorder answers at %s (%s)", path, strerror(errno));
        }
    } else {
        signal(SIGPIPE, SIG_IGN);
        bt_write_all(fd, request, strlen(request));
        read_line(fd, &line);
        close(fd);
        ok = line.length && line.s[0] == '+';
        if (ok) {
            bt_put_line("%.*s", (int) line.length - 2, line.s + 1);
        } else {
            bt_error("the recorder %s%.*s", line.length ? "says: " : "does "
                     "not answer", line.length ? (int) line.length - 2 : 0,
                     line.length ? line.s + 1 : "");
        }
    }
    bt_str_free(&line);
    free(request);
    free(rundir);
    return ok;
}
