/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Internet addresses.  This also stands in for Linux's header, whose structures
 * have no length members.
 */

#ifndef FAKE_INCLUDE_NETINET_IN_H
#define FAKE_INCLUDE_NETINET_IN_H 1

#include <stdint.h>
#include <sys/socket.h>

typedef uint32_t in_addr_t;
typedef uint16_t in_port_t;

struct in_addr {
    in_addr_t s_addr;
};

struct in6_addr {
    union {
        uint8_t u6_addr8[16];
        uint16_t u6_addr16[8];
        uint32_t u6_addr32[4];
    } u6_addr;
};
#define s6_addr u6_addr.u6_addr8

struct sockaddr_in {
    uint8_t sin_len;
    sa_family_t sin_family;
    in_port_t sin_port;
    struct in_addr sin_addr;
    char sin_zero[8];
};

struct sockaddr_in6 {
    uint8_t sin6_len;
    sa_family_t sin6_family;
    in_port_t sin6_port;
    uint32_t sin6_flowinfo;
    struct in6_addr sin6_addr;
    uint32_t sin6_scope_id;
};

#define INADDR_ANY ((in_addr_t) 0)
#define INADDR_BROADCAST ((in_addr_t) 0xffffffff)
#define INET_ADDRSTRLEN 16
#define INET6_ADDRSTRLEN 46

#define IN6_IS_ADDR_LINKLOCAL(ADDR) \
    ((ADDR)->s6_addr[0] == 0xfe && ((ADDR)->s6_addr[1] & 0xc0) == 0x80)
#define IN6_IS_ADDR_V4MAPPED(ADDR) \
    (!(ADDR)->u6_addr.u6_addr32[0] && !(ADDR)->u6_addr.u6_addr32[1] \
     && (ADDR)->u6_addr.u6_addr32[2] == htonl(0xffff))
#define IN6_IS_ADDR_MC_LINKLOCAL(ADDR) \
    ((ADDR)->s6_addr[0] == 0xff && ((ADDR)->s6_addr[1] & 0x0f) == 0x02)

uint32_t htonl(uint32_t);
uint32_t ntohl(uint32_t);
uint16_t htons(uint16_t);
uint16_t ntohs(uint16_t);

#endif /* FAKE_INCLUDE_NETINET_IN_H */
