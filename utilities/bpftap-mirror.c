/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Mirrors of patch ports; see bpftap-mirror.h. */

#include "bpftap-mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-child.h"
#include "bpftap-ports.h"
#include "bpftap-util.h"

#define OWNER_KEY "ovs-bpftap-owner"
#define MIRRORED_KEY "ovs-bpftap-port"

struct bt_mirror {
    char *ports[3];             /* By enum bt_direction; NULL if not wanted. */
    int guard_fd;               /* Its end tells the guardian. */
    pid_t guardian;
};

/* Appends field 22 of /proc/PID/stat, the start in clock ticks since boot.
 * The second field, in parentheses, may hold anything. */
static bool
put_proc_start(struct bt_str *s, long int pid)
{
    char path[64], buffer[1024];
    const char *p;
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    n = read(fd, buffer, sizeof buffer - 1);
    close(fd);
    buffer[n > 0 ? n : 0] = '\0';
    p = strrchr(buffer, ')');
    for (int field = 2; p && field < 22; field++) {
        p = strchr(p + 1, ' ');
    }
    if (!p) {
        return false;
    }
    bt_str_put(s, p + 1, strcspn(p + 1, " \n"));
    return true;
}

/* Appends when process 'pid' started, as the system puts it, or nothing if
 * there is no such process. */
static void
put_start_time(struct bt_str *s, long int pid)
{
    char *number = bt_asprintf("%ld", pid);
    char *argv[] = {
        (char *) "ps", (char *) "-o", (char *) "lstart=", (char *) "-p",
        number, NULL
    };
    struct bt_str output = { NULL, 0, 0 };

    if (!put_proc_start(s, pid) && !bt_run(argv, &output)) {
        for (const char *p = bt_str_cstr(&output); *p && *p != '\n'; p++) {
            bt_str_put(s, *p == ' ' || *p == ':' ? "." : p, 1);
        }
    }
    bt_str_free(&output);
    free(number);
}

/* What identifies process 'pid' of this system for as long as the database
 * may remember it: where it runs (another host, or another container, may use
 * the same database), its number, and its start, because numbers return. */
static char *
owner_of(long int pid)
{
    struct bt_str s = { NULL, 0, 0 };
    char host[256] = "", ns[64] = "";

    if (gethostname(host, sizeof host - 1)) {
        host[0] = '\0';
    }
    if (readlink("/proc/self/ns/pid", ns, sizeof ns - 1) < 0) {
        ns[0] = '\0';
    }
    bt_str_printf(&s, "%s/%s/%ld/", host, ns, pid);
    put_start_time(&s, pid);
    return s.s;
}

/* Does 'owner' denote a process of this system that has ended? */
static bool
owner_is_dead(const char *owner)
{
    char *mine = owner_of(getpid());
    const char *slash = strchr(mine, '/');
    size_t here = strchr(slash + 1, '/') + 1 - mine;
    bool dead = false;

    if (!strncmp(owner, mine, here)) {
        char *now = owner_of(strtol(owner + here, NULL, 10));

        dead = strcmp(owner, now) != 0;
        free(now);
    }
    free(mine);
    return dead;
}

static void
vsctl_start(struct bt_strv *argv)
{
    bt_strv_add(argv, "ovs-vsctl");
    bt_strv_add(argv, "--timeout=10");
}

/* Adds to 'argv' what makes port 'name' and a mirror to it.  'select' is the
 * column that chooses the direction. */
static void
add_mirror(struct bt_strv *argv, const char *bridge, const char *port,
           const char *name, const char *select, int i, const char *owner)
{
    struct bt_str quoted = { NULL, 0, 0 };

    bt_str_json(&quoted, port);
    bt_strv_addf(argv, "--");
    bt_strv_addf(argv, "--id=@i%d", i);
    bt_strv_add(argv, "create");
    bt_strv_add(argv, "Interface");
    bt_strv_addf(argv, "name=\"%s\"", name);
    bt_strv_add(argv, "type=bpf");

    bt_strv_addf(argv, "--");
    bt_strv_addf(argv, "--id=@p%d", i);
    bt_strv_add(argv, "create");
    bt_strv_add(argv, "Port");
    bt_strv_addf(argv, "name=\"%s\"", name);
    bt_strv_addf(argv, "interfaces=@i%d", i);
    bt_strv_addf(argv, "external_ids:" OWNER_KEY "=\"%s\"", owner);
    bt_strv_addf(argv, "external_ids:" MIRRORED_KEY "=%s", quoted.s);

    bt_strv_addf(argv, "--");
    bt_strv_addf(argv, "--id=@m%d", i);
    bt_strv_add(argv, "create");
    bt_strv_add(argv, "Mirror");
    bt_strv_addf(argv, "name=\"%s\"", name);
    bt_strv_addf(argv, "%s=@port", select);
    bt_strv_addf(argv, "output_port=@p%d", i);
    bt_strv_addf(argv, "external_ids:" OWNER_KEY "=\"%s\"", owner);

    bt_strv_addf(argv, "--");
    bt_strv_add(argv, "add");
    bt_strv_add(argv, "Bridge");
    bt_strv_add(argv, bridge);
    bt_strv_add(argv, "ports");
    bt_strv_addf(argv, "@p%d", i);
    bt_strv_addf(argv, "--");
    bt_strv_add(argv, "add");
    bt_strv_add(argv, "Bridge");
    bt_strv_add(argv, bridge);
    bt_strv_add(argv, "mirrors");
    bt_strv_addf(argv, "@m%d", i);
    bt_str_free(&quoted);
}

/* The first line of 'output', for a message. */
static const char *
first_line(struct bt_str *output)
{
    if (output->s) {
        output->s[strcspn(output->s, "\n")] = '\0';
    }
    return bt_str_cstr(output);
}

/* Makes ports and mirrors in one transaction. */
static int
transact(const struct bt_mirror *mirror, const char *bridge,
         const char *port, char errbuf[])
{
    struct bt_str output = { NULL, 0, 0 };
    struct bt_strv argv = { NULL, 0 };
    char *owner = owner_of(getpid());
    int status;

    vsctl_start(&argv);
    bt_strv_add(&argv, "--");
    bt_strv_add(&argv, "--id=@port");
    bt_strv_add(&argv, "get");
    bt_strv_add(&argv, "Port");
    bt_strv_add(&argv, port);
    if (mirror->ports[BT_DIR_IN]) {
        add_mirror(&argv, bridge, port, mirror->ports[BT_DIR_IN],
                   "select_src_port", 1, owner);
    }
    if (mirror->ports[BT_DIR_OUT]) {
        add_mirror(&argv, bridge, port, mirror->ports[BT_DIR_OUT],
                   "select_dst_port", 2, owner);
    }
    status = bt_run(argv.v, &output);
    if (status == 127) {
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "%s: a patch port is captured "
                 "through a mirror, which needs ovs-vsctl; put it into PATH",
                 port);
    } else if (status) {
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "%s: no mirror of this patch "
                 "port (%s)", port, first_line(&output));
    }
    bt_strv_free(&argv);
    bt_str_free(&output);
    free(owner);
    return status ? EIO : 0;
}

/* Removes port 'name' of 'bridge' and the mirror to it, as far as they still
 * exist. */
static void
remove_port(const char *bridge, const char *name)
{
    struct bt_str uuid = { NULL, 0, 0 };
    struct bt_strv argv = { NULL, 0 };

    vsctl_start(&argv);
    bt_strv_add(&argv, "--bare");
    bt_strv_add(&argv, "--columns=_uuid");
    bt_strv_add(&argv, "find");
    bt_strv_add(&argv, "Mirror");
    bt_strv_addf(&argv, "name=\"%s\"", name);
    if (bt_run(argv.v, &uuid)) {
        bt_str_clear(&uuid);
    }
    bt_strv_free(&argv);
    first_line(&uuid);

    vsctl_start(&argv);
    if (uuid.s && uuid.s[0]) {
        bt_strv_add(&argv, "--");
        bt_strv_add(&argv, "--if-exists");
        bt_strv_add(&argv, "remove");
        bt_strv_add(&argv, "Bridge");
        bt_strv_add(&argv, bridge);
        bt_strv_add(&argv, "mirrors");
        bt_strv_add(&argv, uuid.s);
    }
    bt_strv_add(&argv, "--");
    bt_strv_add(&argv, "--if-exists");
    bt_strv_add(&argv, "del-port");
    bt_strv_add(&argv, name);
    bt_str_clear(&uuid);
    if (bt_run(argv.v, &uuid)) {
        bt_error("cannot remove mirror port %s (%s); \"ovs-vsctl del-port "
                 "%s\" does", name, first_line(&uuid), name);
    }
    bt_strv_free(&argv);
    bt_str_free(&uuid);
}

/* The guardian shares nothing with this program but standard error and the
 * pipe 'fd': neither devices nor the capture file. */
static void
guardian_isolate(int fd)
{
    struct rlimit limit;
    int null = open("/dev/null", O_RDWR);
    int max = 65536;

    setsid();
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (!getrlimit(RLIMIT_NOFILE, &limit)
        && limit.rlim_cur < (rlim_t) max) {
        max = limit.rlim_cur;
    }
    for (int i = 3; i < max; i++) {
        if (i != fd) {
            close(i);
        }
    }
}

static void BT_NORETURN
guardian_main(const struct bt_mirror *mirror, const char *bridge, int fd)
{
    char byte;

    guardian_isolate(fd);
    while (read(fd, &byte, 1) < 0 && errno == EINTR) {
        /* Whoever interrupts, the mirrors stay while the tool needs them. */
    }
    for (size_t i = 0; i < BT_ARRAY_SIZE(mirror->ports); i++) {
        if (mirror->ports[i]) {
            remove_port(bridge, mirror->ports[i]);
        }
    }
    _exit(0);
}

static int
start_guardian(struct bt_mirror *mirror, const char *bridge, char errbuf[])
{
    int fds[2];

    if (pipe(fds)) {
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "no pipe (%s)", strerror(errno));
        return errno;
    }
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    fflush(stdout);
    mirror->guardian = fork();
    if (!mirror->guardian) {
        guardian_main(mirror, bridge, fds[0]);
    }
    close(fds[0]);
    mirror->guard_fd = fds[1];
    if (mirror->guardian < 0) {
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "cannot fork (%s)",
                 strerror(errno));
        return errno;
    }
    return 0;
}

struct bt_mirror *
bt_mirror_create(const char *bridge, const char *port,
                 unsigned int direction, int *error, char errbuf[])
{
    struct bt_mirror *mirror = bt_zalloc(sizeof *mirror);
    unsigned int unique = (bt_now_real() / 1000) & 0xffffff;
    static unsigned int n;

    mirror->guard_fd = -1;
    if (direction != BPF_D_OUT) {
        mirror->ports[BT_DIR_IN] = bt_asprintf(
            BT_OWN_PORT_PREFIX "%ld-%06x-%u-in", (long int) getpid(), unique,
            n);
    }
    if (direction != BPF_D_IN) {
        mirror->ports[BT_DIR_OUT] = bt_asprintf(
            BT_OWN_PORT_PREFIX "%ld-%06x-%u-out", (long int) getpid(),
            unique, n);
    }
    n++;

    *error = start_guardian(mirror, bridge, errbuf);
    if (!*error) {
        *error = transact(mirror, bridge, port, errbuf);
    }
    if (*error) {
        bt_mirror_destroy(mirror);
        return NULL;
    }
    return mirror;
}

const char *
bt_mirror_port(const struct bt_mirror *mirror, enum bt_direction direction)
{
    return mirror->ports[direction];
}

void
bt_mirror_destroy(struct bt_mirror *mirror)
{
    if (!mirror) {
        return;
    }
    if (mirror->guard_fd >= 0) {
        close(mirror->guard_fd);
    }
    if (mirror->guardian > 0) {
        bt_wait_pid(mirror->guardian);
    }
    for (size_t i = 0; i < BT_ARRAY_SIZE(mirror->ports); i++) {
        free(mirror->ports[i]);
    }
    free(mirror);
}

/* Returns the recorded owner of port 'name', NULL if there is none. */
static char *
read_owner(const char *name)
{
    struct bt_str output = { NULL, 0, 0 };
    struct bt_strv argv = { NULL, 0 };
    char *owner = NULL;

    vsctl_start(&argv);
    bt_strv_add(&argv, "--if-exists");
    bt_strv_add(&argv, "get");
    bt_strv_add(&argv, "Port");
    bt_strv_add(&argv, name);
    bt_strv_add(&argv, "external_ids:" OWNER_KEY);
    if (!bt_run(argv.v, &output) && output.s && output.s[0] == '"') {
        char *end = strrchr(output.s, '"');

        *end = '\0';
        owner = bt_strdup(output.s + 1);
    }
    bt_strv_free(&argv);
    bt_str_free(&output);
    return owner;
}

void
bt_mirror_clean(const struct bpfdev_port *ports, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *owner;

        if (strcmp(ports[i].type, "bpf")
            || strncmp(ports[i].name, BT_OWN_PORT_PREFIX,
                       strlen(BT_OWN_PORT_PREFIX))) {
            continue;
        }
        owner = read_owner(ports[i].name);
        if (owner && owner_is_dead(owner)) {
            remove_port(ports[i].bridge, ports[i].name);
        }
        free(owner);
    }
}
