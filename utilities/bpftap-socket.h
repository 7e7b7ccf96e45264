/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* UNIX stream sockets by path.
 *
 * One thread, no locks. */

#ifndef BPFTAP_SOCKET_H
#define BPFTAP_SOCKET_H 1

#include <stdbool.h>

/* Returns a connection to 'path', close-on-exec, and from before it connects
 * non-blocking if 'nonblock'; or -1 with errno, ENAMETOOLONG for a path that no
 * socket can have. */
int bt_socket_connect(const char *path, bool nonblock);

/* Makes the socket 'path' in place of one that nobody serves any more, and
 * listens on it for up to 'backlog' connections.  Stores the descriptor,
 * close-on-exec, in '*fdp'.  Returns 0 or an errno value: EADDRINUSE if
 * somebody serves it, ENAMETOOLONG as above. */
int bt_socket_listen(const char *path, int backlog, int *fdp);

#endif /* bpftap-socket.h */
