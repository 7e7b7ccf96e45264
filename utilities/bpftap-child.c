/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Child processes; see bpftap-child.h. */

#include "bpftap-child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: becomes 'argv'. */
static void BT_NORETURN
become(char *const argv[], int fd)
{
    int null = open("/dev/null", O_RDONLY);

    bt_signals_default();
    /* A stop signal from the terminal is for this program, which then decides
     * what becomes of its children. */
    setpgid(0, 0);
    dup2(null, STDIN_FILENO);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    execvp(argv[0], argv);
    _exit(127);
}

int
bt_child_start(struct bt_child *child, char *const argv[])
{
    int fds[2];
    pid_t pid;

    child->pid = 0;
    child->fd = -1;
    if (pipe(fds)) {
        return errno;
    }
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);

    fflush(stdout);
    pid = fork();
    if (pid < 0) {
        int error = errno;

        close(fds[0]);
        close(fds[1]);
        return error;
    } else if (!pid) {
        become(argv, fds[1]);
    }
    close(fds[1]);
    child->pid = pid;
    child->fd = fds[0];
    return 0;
}

int
bt_wait_pid(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return 127;
        } else if (bt_n_stops() > 1) {
            kill(pid, SIGTERM); /* Twice: the user does not want to wait. */
        }
    }
    return (WIFEXITED(status)
            ? WEXITSTATUS(status)
            : 128 + WTERMSIG(status));
}

int
bt_child_finish(struct bt_child *child, struct bt_str *output)
{
    char buffer[4096];
    int status;
    ssize_t n;

    do {
        n = read(child->fd, buffer, sizeof buffer);
        if (n > 0) {
            bt_str_put(output, buffer, n);
        }
    } while (n > 0 || (n < 0 && errno == EINTR));
    close(child->fd);
    status = bt_wait_pid(child->pid);
    child->pid = 0;
    return status;
}

int
bt_run(char *const argv[], struct bt_str *output)
{
    struct bt_child child;

    return (bt_child_start(&child, argv)
            ? 127
            : bt_child_finish(&child, output));
}
