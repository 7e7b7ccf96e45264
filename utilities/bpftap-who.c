/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Asks a daemon's control socket which commands it has; see bpftap-who.h. */

#include "bpftap-who.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpfdev/bpfdev-rundir.h"
#include "bpfdev/bpfdev.h"
#include "bpftap-socket.h"
#include "bpftap-util.h"

/* How long a daemon may take for its answer. */
#define PATIENCE (2 * BT_NSEC)

char *
bt_who_rundir(const char *socket)
{
    const char *slash = socket ? strrchr(socket, '/') : NULL;
    const char *rundir = getenv("OVS_RUNDIR");

    if (slash) {
        return bt_asprintf("%.*s", (int) (slash - socket), socket);
    }
    return bt_strdup(rundir && rundir[0] ? rundir : BPFDEV_RUNDIR);
}

void
bt_who_set_rundir(const char *socket)
{
    char *dir;

    if (socket && strchr(socket, '/')) {
        dir = bt_who_rundir(socket);
        setenv("OVS_RUNDIR", dir[0] ? dir : "/", 1);
        free(dir);
    }
}

/* Returns the process that the daemon's pidfile in 'rundir' names, 0 if there
 * is none. */
static long int
read_pidfile(const char *rundir)
{
    char *name = bt_asprintf("%s/ovs-vswitchd.pid", rundir);
    FILE *stream = fopen(name, "r");
    long int pid = 0;

    if (stream) {
        if (fscanf(stream, "%ld", &pid) != 1) {
            pid = 0;
        }
        fclose(stream);
    }
    free(name);
    return pid;
}

/* Appends what 'fd' answers, as far as it comes in time and up to the closing
 * brace of a JSON-RPC message whose strings have none. */
static void
read_answer(int fd, struct bt_str *answer)
{
    uint64_t deadline = bt_now_mono() + PATIENCE;
    uint64_t now;

    while ((now = bt_now_mono()) < deadline && !bt_stop_signal()
           && !strchr(bt_str_cstr(answer), '}')) {
        struct pollfd pollfd = { fd, POLLIN, 0 };
        char buffer[4096];
        ssize_t n;

        poll(&pollfd, 1, (deadline - now) / 1000000 + 1);
        n = read(fd, buffer, sizeof buffer);
        if (n > 0) {
            bt_str_put(answer, buffer, n);
        } else if (!n || (errno != EAGAIN && errno != EINTR)) {
            break;
        }
    }
}

enum answer {
    NOBODY,
    SILENT,
    WITH_BPF,
    WITHOUT_BPF,
};

/* What the daemon with process number 'pid' answers when it is asked for its
 * commands. */
static enum answer
ask(const char *rundir, long int pid)
{
    static const char request[] =
        "{\"id\":0,\"method\":\"list-commands\",\"params\":[]}";
    char *path = bt_asprintf("%s/ovs-vswitchd.%ld.ctl", rundir, pid);
    struct bt_str answer = { NULL, 0, 0 };
    enum answer result = NOBODY;
    int fd = bt_socket_connect(path, true);

    if (fd >= 0) {
        if (!bt_write_all(fd, request, strlen(request))) {
            read_answer(fd, &answer);
        }
        close(fd);
        result = (!answer.length ? SILENT
                  : strstr(answer.s, "bpf/show") ? WITH_BPF : WITHOUT_BPF);
    }
    bt_str_free(&answer);
    free(path);
    return result;
}

void
bt_who_explain(const char *socket, int error, char errbuf[])
{
    char *rundir;
    long int pid;

    if (error != ENOENT && error != ECONNREFUSED) {
        return;
    }
    rundir = bt_who_rundir(socket);
    pid = read_pidfile(rundir);
    switch (pid > 0 ? ask(rundir, pid) : NOBODY) {
    case NOBODY:
        break;
    case SILENT:
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "%s: the switch, process %ld, "
                 "does not answer: its daemon is stopped or stuck", rundir,
                 pid);
        break;
    case WITH_BPF:
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "%s: the switch, process %ld, "
                 "has no capture socket here: captures are turned off "
                 "(\"ovs-vsctl set Open_vSwitch . other_config:bpf-enable="
                 "true\" turns them on), or %s must name the socket "
                 "that \"ovs-appctl bpf/limits\" tells", rundir, pid,
                 bt_advice("--socket", "\"Socket of the switch\""));
        break;
    case WITHOUT_BPF:
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "%s: the switch that runs, "
                 "process %ld, is another ovs-vswitchd, which has no "
                 "captures: start the one of ovs-bsd in its place, see "
                 "ovs-vswitchd(8)", rundir, pid);
        break;
    }
    free(rundir);
}
