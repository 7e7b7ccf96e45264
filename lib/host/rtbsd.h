/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * rtbsd: what the routing socket of a BSD says (route(4)).
 *
 * The messages of the routing socket and of the network tables of sysctl(3)
 * have one format: a header that starts with the message's length, the
 * version of the format and a type, followed by socket addresses, as many as
 * there are bits in a set, each padded to the size of a long.
 *
 * Everything here trusts no byte of a message: nothing is read that lies
 * outside of it, and headers are copied before they are looked at, because
 * neither the messages nor the addresses in them are aligned for sure.
 *
 * Threads: any, for every function; they touch nothing but their arguments. */

#ifndef HOST_RTBSD_H
#define HOST_RTBSD_H 1

#include "host/host.h"

struct if_data;

/* What the header of a message is like, and what it is about. */
enum rtbsd_kind {
    RTBSD_OTHER,                /* Nothing that concerns us. */
    RTBSD_LINK,                 /* struct if_msghdr. */
    RTBSD_ADDR,                 /* struct ifa_msghdr. */
    RTBSD_ANNOUNCE,             /* struct if_announcemsghdr. */
    RTBSD_ROUTE,                /* struct rt_msghdr. */
    RTBSD_NEIGH,                /* struct rt_msghdr, a changed neighbour. */
    RTBSD_MALFORMED,            /* Length or version are wrong. */
};

/* One message in a buffer. */
struct rtbsd_msg {
    enum rtbsd_kind kind;
    int type;                   /* RTM_*. */
    const uint8_t *data;        /* Start of the message. */
    size_t len;                 /* Its length, header included. */
};

/* A socket address in a message.  'len' is 0 if it is missing. */
struct rtbsd_addr {
    const uint8_t *data;        /* Starts with its length and its family. */
    size_t len;
};

/* One more than the largest RTAX_* of any BSD. */
#define RTBSD_MAX_ADDRS 16

/* Takes the first message out of the 'len' > 0 bytes at 'buf' and returns how
 * many bytes it occupies, at least 1 and at most 'len'.  If its length makes
 * no sense the rest of the buffer counts as one malformed message. */
size_t rtbsd_next(const void *buf, size_t len, struct rtbsd_msg *msg);

/* Finds the socket addresses in the 'len' bytes at 'p', which 'bits' (RTA_*)
 * says are there.  Returns false if they do not fit; then no element of
 * 'addrs' is meaningful. */
bool rtbsd_addrs(const uint8_t *p, size_t len, unsigned int bits,
                 struct rtbsd_addr addrs[RTBSD_MAX_ADDRS]);

/* The addresses of 'msg', behind its header, for messages of kind RTBSD_LINK,
 * RTBSD_ADDR, RTBSD_ROUTE and RTBSD_NEIGH.  Returns false as above, and for
 * other kinds. */
bool rtbsd_msg_addrs(const struct rtbsd_msg *msg,
                     struct rtbsd_addr addrs[RTBSD_MAX_ADDRS]);

/* The index of the interface that 'msg' is about, 0 if it does not say. */
unsigned int rtbsd_msg_ifindex(const struct rtbsd_msg *msg);

/* Takes a link-layer address apart.  Stores what it has of the interface's
 * index, name and Ethernet address in 'link' and adds the bits to
 * 'link->have'.  Ignores an address of another family, and parts of one that
 * do not fit into it. */
void rtbsd_parse_sdl(const struct rtbsd_addr *addr, struct host_link *link);

/* Copies an Internet address ('addr', AF_INET) or mask into '*in'.  A mask may
 * be shorter than a whole address: missing bytes are zeros. */
void rtbsd_get_in4(const struct rtbsd_addr *addr, struct in_addr *in);

/* Stores 'in', an address or a mask, in '*in6' as an IPv4-mapped one (RFC
 * 4291, section 2.5.5.2). */
void rtbsd_map_in4(struct in_addr in, struct in6_addr *in6);

/* Likewise for IPv6. */
void rtbsd_get_in6(const struct rtbsd_addr *addr, struct in6_addr *in6);

/* Family of 'addr', 0 if it is missing. */
int rtbsd_family(const struct rtbsd_addr *addr);

/* Fills '*event' from 'msg'. */
void rtbsd_to_event(const struct rtbsd_msg *msg, struct host_event *event);

/* HOST_FLAG_* for the system's interface flags 'flags'. */
unsigned int rtbsd_host_flags(unsigned int flags);

/* Stores the parts of 'data' that have a place in 'link'. */
void rtbsd_link_from_data(const struct if_data *data, struct host_link *link);

/* From the system's tables: the interface flags that mean promiscuous
 * mode. */
extern const unsigned int rtbsd_promisc_flags;

/* Likewise: packets dropped on output, UINT64_MAX if the system does not count
 * them. */
uint64_t rtbsd_output_drops(const struct if_data *data);

/* From the system's tables: what it calls its message types and what they are
 * about, by number.  Numbers without a name are no types. */
struct rtbsd_type {
    const char *name;
    enum rtbsd_kind kind;
};
extern const struct rtbsd_type rtbsd_types[];
extern const size_t rtbsd_n_types;

/* Name and kind of message type 'type' (0..255).  NULL and RTBSD_OTHER if the
 * system has no such type. */
const char *rtbsd_type_name(int type);
enum rtbsd_kind rtbsd_type_kind(int type);

/* From the system's tables: bytes that a socket address of 'len' bytes occupies
 * in a message. */
size_t rtbsd_space(size_t len);

#endif /* lib/host/rtbsd.h */
