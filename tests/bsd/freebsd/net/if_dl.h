/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Link-layer addresses of FreeBSD.
 */

#ifndef FAKE_FREEBSD_NET_IF_DL_H
#define FAKE_FREEBSD_NET_IF_DL_H 1

#include <sys/types.h>

struct sockaddr_dl {
    u_char sdl_len;
    u_char sdl_family;
    u_short sdl_index;
    u_char sdl_type;
    u_char sdl_nlen;
    u_char sdl_alen;
    u_char sdl_slen;
    char sdl_data[46];
};
#define LLADDR(SDL) ((SDL)->sdl_data + (SDL)->sdl_nlen)

#endif /* FAKE_FREEBSD_NET_IF_DL_H */
