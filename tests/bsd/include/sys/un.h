/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Local sockets of a BSD.  How one learns who is at the other end is in
 * <flavour-un.h>.
 */

#ifndef FAKE_INCLUDE_SYS_UN_H
#define FAKE_INCLUDE_SYS_UN_H 1

#include <sys/socket.h>
#include <flavour-un.h>

struct sockaddr_un {
    uint8_t sun_len;
    sa_family_t sun_family;
    char sun_path[104];
};

#endif /* FAKE_INCLUDE_SYS_UN_H */
