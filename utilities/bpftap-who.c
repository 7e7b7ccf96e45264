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
#include <stdlib.h>
#include <string.h>

#include "bpfdev/bpfdev-rundir.h"
#include "bpfdev/bpfdev.h"
#include "bpftap-control.h"
#include "bpftap-util.h"

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

enum answer {
    NOBODY,
    SILENT,
    WITH_BPF,
    WITHOUT_BPF,
};

/* What the daemon in 'rundir', whose process number is stored in '*pid',
 * answers when it is asked for its commands. */
static enum answer
ask(const char *rundir, pid_t *pid)
{
    struct bt_str commands = { NULL, 0, 0 };
    enum answer result = NOBODY;
    struct bt_control control;

    if (!bt_control_open(&control, rundir)) {
        result = (bt_control_call(&control, "list-commands", &commands)
                  ? SILENT
                  : strstr(bt_str_cstr(&commands), "bpf/show")
                  ? WITH_BPF : WITHOUT_BPF);
        bt_control_close(&control);
    }
    *pid = control.pid;
    bt_str_free(&commands);
    return result;
}

void
bt_who_explain(const char *socket, int error, char errbuf[])
{
    char *rundir;
    pid_t pid;

    if (error != ENOENT && error != ECONNREFUSED) {
        return;
    }
    rundir = bt_who_rundir(socket);
    switch (ask(rundir, &pid)) {
    case NOBODY:
        break;
    case SILENT:
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "%s: the switch, process %ld, "
                 "does not answer: its daemon is stopped or stuck", rundir,
                 (long int) pid);
        break;
    case WITH_BPF:
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "%s: the switch, process %ld, "
                 "has no capture socket here: captures are turned off "
                 "(\"ovs-vsctl set Open_vSwitch . other_config:bpf-enable="
                 "true\" turns them on), or %s must name the socket "
                 "that \"ovs-appctl bpf/limits\" tells", rundir, (long int) pid,
                 bt_advice("--socket", "\"Socket of the switch\""));
        break;
    case WITHOUT_BPF:
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "%s: the switch that runs, "
                 "process %ld, is another ovs-vswitchd, which has no "
                 "captures: start the one of ovs-bsd in its place, see "
                 "ovs-vswitchd(8)", rundir, (long int) pid);
        break;
    }
    free(rundir);
}
