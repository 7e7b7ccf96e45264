/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Link-layer addresses of NetBSD.
 */

#ifndef FAKE_NETBSD_NET_IF_DL_H
#define FAKE_NETBSD_NET_IF_DL_H 1

#include <stdint.h>
#include <sys/socket.h>

struct dl_addr {
    uint8_t dl_type;
    uint8_t dl_nlen;
    uint8_t dl_alen;
    uint8_t dl_slen;
    char dl_data[12];
};

struct sockaddr_dl {
    uint8_t sdl_len;
    sa_family_t sdl_family;
    uint16_t sdl_index;
    struct dl_addr sdl_addr;
};
#define sdl_type sdl_addr.dl_type
#define sdl_nlen sdl_addr.dl_nlen
#define sdl_alen sdl_addr.dl_alen
#define sdl_slen sdl_addr.dl_slen
#define sdl_data sdl_addr.dl_data
#define LLADDR(SDL) ((SDL)->sdl_data + (SDL)->sdl_nlen)

#endif /* FAKE_NETBSD_NET_IF_DL_H */
