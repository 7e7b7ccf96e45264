/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Sockets of a BSD: addresses begin with their length, and most numbers differ
 * from Linux's.  The numbers in which the systems differ from one another are in
 * <flavour-socket.h>.
 */

#ifndef FAKE_INCLUDE_SYS_SOCKET_H
#define FAKE_INCLUDE_SYS_SOCKET_H 1

#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <bsd-calls.h>
#include <flavour-socket.h>

typedef uint8_t sa_family_t;
typedef uint32_t socklen_t;

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_LINK 18
#define PF_INET AF_INET
#define PF_LINK AF_LINK
#define PF_ROUTE AF_ROUTE

#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_CLOEXEC 0x10000000
#define SOCK_NONBLOCK 0x20000000

#define SOL_SOCKET 0xffff
#define SO_USELOOPBACK 0x0040
#define SO_SNDBUF 0x1001
#define SO_RCVBUF 0x1002

#define MSG_TRUNC 0x10
#define MSG_DONTWAIT 0x80

#define SHUT_RD 0

struct sockaddr {
    uint8_t sa_len;
    sa_family_t sa_family;
    char sa_data[14];
};

struct sockaddr_storage {
    uint8_t ss_len;
    sa_family_t ss_family;
    char ss_pad1[6];
    int64_t ss_align;
    char ss_pad2[112];
};

struct msghdr;

int getsockopt(int fd, int level, int option, void *value,
               socklen_t *length);

#endif /* FAKE_INCLUDE_SYS_SOCKET_H */
