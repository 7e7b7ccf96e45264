/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Mirrors for patch ports; see bpftap-mirror.h. */

#include "bpftap-mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-child.h"
#include "bpftap-ports.h"
#include "bpftap-util.h"

/* How long the end of a capture waits for its mirrors to be gone, for how long
 * the guardian goes on trying, and how long it rests in between. */
#define END_PATIENCE (7 * BT_NSEC)
#define GUARDIAN_PATIENCE (3600 * BT_NSEC)
#define TRY_INTERVAL (10 * BT_NSEC)

#define OWNER_KEY "ovs-bpftap-owner"
#define OUTPUT_KEY "ovs-bpftap-output"

struct bt_mirror {
    char *ports[3];             /* By enum bt_direction; NULL if not wanted. */
    char *bridges[3];           /* That they are on. */
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
    bt_strv_add(argv, "--timeout=5");
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

/* Runs ovs-vsctl with the arguments that follow, up to a NULL, and appends the
 * words of what it prints to 'words'.  Returns its exit status. */
static int
vsctl_words(struct bt_strv *words, ...)
{
    struct bt_str output = { NULL, 0, 0 };
    struct bt_strv argv = { NULL, 0 };
    const char *argument;
    char *line, *save;
    va_list args;
    int status;

    vsctl_start(&argv);
    va_start(args, words);
    while ((argument = va_arg(args, const char *))) {
        bt_strv_add(&argv, argument);
    }
    va_end(args);
    status = bt_run(argv.v, &output);
    for (line = output.s ? strtok_r(output.s, "\n", &save) : NULL; line;
         line = strtok_r(NULL, "\n", &save)) {
        size_t n = strlen(line);

        if (n >= 2 && line[0] == '"' && line[n - 1] == '"') {
            line[n - 1] = '\0';
            line++;
        }
        bt_strv_add(words, line);
    }
    bt_strv_free(&argv);
    bt_str_free(&output);
    return status;
}

/* What is mirrored: the packets that enter 'bridge' through a patch port. */
struct entrance {
    const char *name;           /* Of the port and mirrors to make. */
    const char *bridge;
    struct bt_strv ports;       /* Of the bridge, except patch ports. */
    size_t n_patches;
};

/* Finds the ports of the bridge of 'entrance'. */
static void
find_ports(struct entrance *entrance)
{
    struct bt_strv all = { NULL, 0 }, patches = { NULL, 0 };

    vsctl_words(&all, "list-ports", entrance->bridge, NULL);
    vsctl_words(&patches, "--bare", "--columns=name", "find", "Interface",
                "type=patch", NULL);
    bt_strv_add(&entrance->ports, entrance->bridge);
    for (size_t i = 0; i < all.n; i++) {
        if (bt_strv_contains(&patches, all.v[i])) {
            entrance->n_patches++;
        } else if (strncmp(all.v[i], BT_OWN_PORT_PREFIX,
                           strlen(BT_OWN_PORT_PREFIX))) {
            bt_strv_add(&entrance->ports, all.v[i]);
        }
    }
    bt_strv_free(&all);
    bt_strv_free(&patches);
}

/* Adds to 'argv' the creation of a mirror of 'entrance', called by the name of
 * its port and 'suffix', of all its ports in the direction of 'column'. */
static void
add_mirror(struct bt_strv *argv, const struct entrance *entrance, int i,
           const char *suffix, const char *column, const char *owner)
{
    struct bt_str selection = { NULL, 0, 0 };

    bt_strv_add(argv, "--");
    bt_strv_addf(argv, "--id=@m%s%d", suffix, i);
    bt_strv_add(argv, "create");
    bt_strv_add(argv, "Mirror");
    bt_strv_addf(argv, "name=\"%s%s\"", entrance->name, suffix);
    bt_strv_addf(argv, "output_port=@p%d", i);
    bt_strv_addf(argv, "external_ids:" OWNER_KEY "=\"%s\"", owner);
    bt_strv_addf(argv, "external_ids:" OUTPUT_KEY "=\"%s\"",
                 entrance->name);
    bt_str_printf(&selection, "%s=", column);
    for (size_t j = 0; j < entrance->ports.n; j++) {
        bt_str_printf(&selection, "%s@s%d.%zu", j ? "," : "", i, j);
    }
    bt_strv_add(argv, selection.s);
    bt_str_free(&selection);
}

/* Adds to 'argv' the creation of the port and the mirrors of 'entrance'. */
static void
add_entrance(struct bt_strv *argv, const struct entrance *entrance, int i,
             const char *owner)
{
    for (size_t j = 0; j < entrance->ports.n; j++) {
        bt_strv_add(argv, "--");
        bt_strv_addf(argv, "--id=@s%d.%zu", i, j);
        bt_strv_add(argv, "get");
        bt_strv_add(argv, "Port");
        bt_strv_add(argv, entrance->ports.v[j]);
    }

    bt_strv_add(argv, "--");
    bt_strv_addf(argv, "--id=@i%d", i);
    bt_strv_add(argv, "create");
    bt_strv_add(argv, "Interface");
    bt_strv_addf(argv, "name=\"%s\"", entrance->name);
    bt_strv_add(argv, "type=bpf");

    bt_strv_add(argv, "--");
    bt_strv_addf(argv, "--id=@p%d", i);
    bt_strv_add(argv, "create");
    bt_strv_add(argv, "Port");
    bt_strv_addf(argv, "name=\"%s\"", entrance->name);
    bt_strv_addf(argv, "interfaces=@i%d", i);
    bt_strv_addf(argv, "external_ids:" OWNER_KEY "=\"%s\"", owner);
    bt_strv_addf(argv, "external_ids:" OUTPUT_KEY "=\"%s\"",
                 entrance->name);

    add_mirror(argv, entrance, i, "-all", "select_dst_port", owner);
    add_mirror(argv, entrance, i, "-own", "select_src_port", owner);
    bt_strv_addf(argv, "snaplen=%d", BT_MIRROR_STUB);

    bt_strv_add(argv, "--");
    bt_strv_add(argv, "add");
    bt_strv_add(argv, "Bridge");
    bt_strv_add(argv, entrance->bridge);
    bt_strv_add(argv, "ports");
    bt_strv_addf(argv, "@p%d", i);
    bt_strv_add(argv, "--");
    bt_strv_add(argv, "add");
    bt_strv_add(argv, "Bridge");
    bt_strv_add(argv, entrance->bridge);
    bt_strv_add(argv, "mirrors");
    bt_strv_addf(argv, "@m-all%d", i);
    bt_strv_addf(argv, "@m-own%d", i);
}

/* Makes ports and mirrors, for both directions, in one transaction. */
static int
transact(const struct bt_mirror *mirror, const char *port, char errbuf[])
{
    struct bt_str output = { NULL, 0, 0 };
    struct bt_strv argv = { NULL, 0 };
    char *owner = owner_of(getpid());
    int status;

    vsctl_start(&argv);
    for (int i = BT_DIR_IN; i <= BT_DIR_OUT; i++) {
        struct entrance entrance = {
            mirror->ports[i], mirror->bridges[i], { NULL, 0 }, 0
        };

        if (!entrance.name) {
            continue;
        }
        find_ports(&entrance);
        if (entrance.n_patches > 1) {
            bt_note("%s: bridge %s has %zu patch ports, whose packets cannot "
                    "be told apart", port, entrance.bridge,
                    entrance.n_patches);
        }
        add_entrance(&argv, &entrance, i, owner);
        bt_strv_free(&entrance.ports);
    }
    status = bt_run(argv.v, &output);
    if (status) {
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "%s: no mirror for this patch "
                 "port (%s)", port, first_line(&output));
    }
    bt_strv_free(&argv);
    bt_str_free(&output);
    free(owner);
    return status ? EIO : 0;
}

/* Removes port 'name' of 'bridge' and the mirrors to it, as far as they still
 * exist.  Returns false if the database does not take that. */
static bool
remove_port(const char *bridge, const char *name)
{
    struct bt_str output = { NULL, 0, 0 };
    struct bt_strv mirrors = { NULL, 0 };
    struct bt_strv argv = { NULL, 0 };
    char *condition = bt_asprintf("external_ids:" OUTPUT_KEY "=\"%s\"", name);
    bool ok = false;

    if (vsctl_words(&mirrors, "--bare", "--columns=_uuid", "find", "Mirror",
                    condition, NULL)) {
        goto out;
    }
    vsctl_start(&argv);
    for (size_t i = 0; i < mirrors.n; i++) {
        bt_strv_add(&argv, "--");
        bt_strv_add(&argv, "--if-exists");
        bt_strv_add(&argv, "remove");
        bt_strv_add(&argv, "Bridge");
        bt_strv_add(&argv, bridge);
        bt_strv_add(&argv, "mirrors");
        bt_strv_add(&argv, mirrors.v[i]);
    }
    bt_strv_add(&argv, "--");
    bt_strv_add(&argv, "--if-exists");
    bt_strv_add(&argv, "del-port");
    bt_strv_add(&argv, name);
    ok = !bt_run(argv.v, &output);

out:
    bt_strv_free(&argv);
    bt_strv_free(&mirrors);
    bt_str_free(&output);
    free(condition);
    return ok;
}

/* Removes all that 'mirror' has made. */
static bool
remove_ports(const struct bt_mirror *mirror)
{
    bool ok = true;

    for (size_t i = 0; ok && i < BT_ARRAY_SIZE(mirror->ports); i++) {
        if (mirror->ports[i]) {
            ok = remove_port(mirror->bridges[i], mirror->ports[i]);
        }
    }
    return ok;
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

/* Waits until the tool has ended.  Whoever interrupts, the mirrors stay while
 * the tool needs them. */
static void
guardian_wait(int fd)
{
    char byte;

    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    while (read(fd, &byte, 1) < 0 && errno == EINTR) {
        continue;
    }
    bt_signals_default();
    bt_signals_init();
}

/* The names of the ports of 'mirror', which the caller frees. */
static char *
names_of(const struct bt_mirror *mirror)
{
    const char *in = mirror->ports[BT_DIR_IN];
    const char *out = mirror->ports[BT_DIR_OUT];

    return bt_asprintf("%s%s%s", in ? in : "", in && out ? " and " : "",
                       out ? out : "");
}

/* Says that the ports and mirrors are left, and where to read what to do about
 * them. */
static void
tell_what_is_left(const struct bt_mirror *mirror)
{
    char *names = names_of(mirror);

    bt_error("ovs-vsctl cannot remove the mirrors %s: they are left in the "
             "database; the next capture will look for them, and "
             "ovs-bpftap(8) says how to remove them by hand", names);
    free(names);
}

static void BT_NORETURN
guardian_main(const struct bt_mirror *mirror, int fd)
{
    uint64_t deadline;
    bool removed;

    guardian_isolate(fd);
    guardian_wait(fd);
    deadline = bt_now_mono() + GUARDIAN_PATIENCE;
    while (!(removed = remove_ports(mirror))
           && bt_now_mono() < deadline && bt_n_stops() < 2) {
        /* A database that is away may return. */
        bt_poll(NULL, 0, TRY_INTERVAL);
    }
    if (!removed) {
        tell_what_is_left(mirror);
    }
    _exit(removed ? BT_OK : BT_FAILED);
}

static int
start_guardian(struct bt_mirror *mirror, char errbuf[])
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
        guardian_main(mirror, fds[0]);
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

/* Finds the bridge at the other end of patch port 'port'.  Returns NULL with
 * the reason in 'errbuf'. */
static char *
find_peer_bridge(const char *port, char errbuf[])
{
    struct bt_strv peer = { NULL, 0 }, bridge = { NULL, 0 };
    char *name = NULL;
    int status;

    status = vsctl_words(&peer, "get", "Interface", port, "options:peer",
                         NULL);
    if (status == 127) {
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "%s: a patch port is captured "
                 "through mirrors, which needs ovs-vsctl; put it into PATH",
                 port);
    } else if (status > 128) {
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "%s: a patch port is captured "
                 "through mirrors, and the database does not answer", port);
    } else if (status || !peer.n
               || vsctl_words(&bridge, "iface-to-br", peer.v[0], NULL)
               || !bridge.n) {
        snprintf(errbuf, BPFDEV_ERRBUF_SIZE, "%s: this patch port has no "
                 "other end; its option \"peer\" must name a port", port);
    } else {
        name = bt_strdup(bridge.v[0]);
    }
    bt_strv_free(&peer);
    bt_strv_free(&bridge);
    return name;
}

/* Names the port for 'direction' on 'bridge', which is taken over. */
static void
name_port(struct bt_mirror *mirror, enum bt_direction direction,
          char *bridge)
{
    unsigned int unique = (bt_now_real() / 1000) & 0xffffff;

    mirror->bridges[direction] = bridge;
    mirror->ports[direction]
        = bt_asprintf(BT_OWN_PORT_PREFIX "%ld-%06x-%s", (long int) getpid(),
                      unique, direction == BT_DIR_IN ? "in" : "out");
}

struct bt_mirror *
bt_mirror_create(const char *bridge, const char *port,
                 unsigned int direction, int *error, char errbuf[])
{
    struct bt_mirror *mirror = bt_zalloc(sizeof *mirror);
    char *peer_bridge = find_peer_bridge(port, errbuf);

    mirror->guard_fd = -1;
    *error = peer_bridge ? 0 : EINVAL;
    if (direction != BPF_D_OUT) {
        name_port(mirror, BT_DIR_IN, bt_strdup(bridge));
    }
    if (direction != BPF_D_IN && peer_bridge) {
        name_port(mirror, BT_DIR_OUT, bt_strdup(peer_bridge));
    }
    free(peer_bridge);
    if (!*error) {
        *error = start_guardian(mirror, errbuf);
    }
    if (!*error) {
        *error = transact(mirror, port, errbuf);
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

/* Waits until the guardian has removed all.  Returns false after a message if
 * that takes too long, or the user does not want to wait. */
static bool
wait_for_guardian(const struct bt_mirror *mirror)
{
    uint64_t deadline = bt_now_mono() + END_PATIENCE;
    char *names;
    int status;
    pid_t pid;

    while (!(pid = waitpid(mirror->guardian, &status, WNOHANG))
           && bt_now_mono() < deadline && bt_n_stops() < 2) {
        poll(NULL, 0, 10);
    }
    if (pid == mirror->guardian) {
        /* One that somebody has killed left the work to us. */
        bool removed = !status || remove_ports(mirror);

        if (!removed) {
            tell_what_is_left(mirror);
        }
        return removed;
    }
    names = names_of(mirror);
    bt_error("ovs-vsctl cannot remove the mirrors %s: the database does not "
             "answer; process %ld goes on trying for an hour, and the next "
             "capture will look for them, too", names,
             (long int) mirror->guardian);
    free(names);
    return false;
}

bool
bt_mirror_destroy(struct bt_mirror *mirror)
{
    bool ok = true;

    if (!mirror) {
        return true;
    }
    if (mirror->guard_fd >= 0) {
        close(mirror->guard_fd);
    }
    if (mirror->guardian > 0) {
        ok = wait_for_guardian(mirror);
    }
    for (size_t i = 0; i < BT_ARRAY_SIZE(mirror->ports); i++) {
        free(mirror->ports[i]);
        free(mirror->bridges[i]);
    }
    free(mirror);
    return ok;
}

/* Returns a copy of the value of 'key' in 'row', which ovs-vsctl has printed as
 * CSV, or NULL. */
static char *
find_value(const char *row, const char *key)
{
    const char *value = strstr(row, key);

    if (!value) {
        return NULL;
    }
    value += strlen(key) + 1;
    value += strspn(value, "\"");
    return bt_asprintf("%.*s", (int) strcspn(value, "\",}"), value);
}

/* Removes what 'row' of table 'table' is about, if its owner is dead. */
static void
clean_row(const char *table, const char *row)
{
    char *owner = find_value(row, OWNER_KEY);
    char *output = find_value(row, OUTPUT_KEY);
    char *condition = bt_asprintf("%s{>=}%.36s", table, row);
    struct bt_strv bridge = { NULL, 0 };

    if (owner && output && owner_is_dead(owner)
        && !vsctl_words(&bridge, "--bare", "--columns=name", "find", "Bridge",
                        condition, NULL)
        && bridge.n) {
        remove_port(bridge.v[0], output);
    }
    bt_strv_free(&bridge);
    free(condition);
    free(output);
    free(owner);
}

/* Looks for rows by the keys that mark them: one may be there without the
 * other, or without what the switch would make of it. */
static void
clean_table(const char *table, const char *column)
{
    struct bt_strv rows = { NULL, 0 };

    vsctl_words(&rows, "--format=csv", "--no-headings",
                "--columns=_uuid,external_ids", "list", table, NULL);
    for (size_t i = 0; i < rows.n; i++) {
        clean_row(column, rows.v[i]);
    }
    bt_strv_free(&rows);
}

void
bt_mirror_clean(void)
{
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (!pid) {
        guardian_isolate(-1);
        dup2(STDOUT_FILENO, STDERR_FILENO);
        clean_table("Mirror", "mirrors");
        clean_table("Port", "ports");
        _exit(0);
    }
}
