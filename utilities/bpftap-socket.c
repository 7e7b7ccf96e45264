/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* UNIX sockets; see bpftap-socket.h. */

#include "bpftap-socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Returns a socket for 'path', whose address is stored in '*sun', or -1 with
 * errno. */
static int
make_socket(const char *path, struct sockaddr_un *sun)
{
    int fd;

    memset(sun, 0, sizeof *sun);
    sun->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof sun->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(sun->sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd >= 0) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    return fd;
}

/* Closes 'fd' and returns -1; errno stays. */
static int
give_up(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
    return -1;
}

int
bt_socket_connect(const char *path, bool nonblock)
{
    struct sockaddr_un sun;
    int fd = make_socket(path, &sun);

    if (fd < 0) {
        return -1;
    }
    if (nonblock) {
        fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    return (connect(fd, (struct sockaddr *) &sun, sizeof sun)
            ? give_up(fd) : fd);
}

/* Removes 'path' if it is a socket that nobody serves.  Returns false if
 * somebody does. */
static bool
make_way(const char *path)
{
    int fd = bt_socket_connect(path, false);

    if (fd >= 0) {
        close(fd);
        return false;
    }
    if (errno == ECONNREFUSED) {
        unlink(path);
    }
    return true;
}

int
bt_socket_listen(const char *path, int backlog, int *fdp)
{
    struct sockaddr_un sun;
    int fd;

    *fdp = -1;
    if (!make_way(path)) {
        return EADDRINUSE;
    }
    fd = make_socket(path, &sun);
    if (fd >= 0 && (bind(fd, (struct sockaddr *) &sun, sizeof sun)
                    || listen(fd, backlog))) {
        fd = give_up(fd);
    }
    *fdp = fd;
    return fd < 0 ? errno : 0;
}
