/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface of the BSDs: addresses of interfaces, both of the link
 * and of the Internet.
 *
 * No state and no locks.  Any thread may call anything. */

#include "host/host-bsd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sockio.h>
#include <net/route.h>
#include <netinet/in.h>
#include <netinet/in_var.h>

#include "host/rtbsd.h"

/* No request of either system tells the present link-layer address of an
 * interface, but its message in the interface table does, along with about
 * everything else. */
int
bsd_get_lladdr(const char *name, struct host_link *link)
{
    struct host_event event;
    struct rtbsd_msg msg;
    unsigned int ifindex;
    size_t len;
    void *buf;
    int error;

    error = bsd_iflist(name, false, &ifindex, &buf, &len);
    if (error) {
        return error;
    }

    error = ENODEV;
    if (len) {
        rtbsd_next(buf, len, &msg);
        rtbsd_to_event(&msg, &event);
        if (event.type == HOST_EV_LINK && event.link.ifindex == ifindex) {
            *link = event.link;
            error = link->have & HOST_V_LLADDR ? 0 : EAGAIN;
        }
    }
    free(buf);
    return error;
}

/* The mask of an IPv4-mapped address is IPv4-mapped, too. */
static void
addr_from_in4(const struct rtbsd_addr *ifa, const struct rtbsd_addr *netmask,
              struct host_addr *addr)
{
    struct in_addr in;

    rtbsd_get_in4(ifa, &in);
    rtbsd_map_in4(in, &addr->addr);
    rtbsd_get_in4(netmask, &in);
    rtbsd_map_in4(in, &addr->mask);
}

/* A KAME kernel keeps the interface's index in bytes 2 and 3 of a link-local
 * address, and older ones let it out. */
static void
addr_from_in6(const struct rtbsd_addr *ifa, const struct rtbsd_addr *netmask,
              struct host_addr *addr)
{
    rtbsd_get_in6(ifa, &addr->addr);
    rtbsd_get_in6(netmask, &addr->mask);
    if (IN6_IS_ADDR_LINKLOCAL(&addr->addr)) {
        addr->addr.s6_addr[2] = 0;
        addr->addr.s6_addr[3] = 0;
    }
}

/* Stores the address in message 'msg' in '*addr' and returns true if it is an
 * Internet address of interface 'ifindex'. */
static bool
addr_from_msg(const struct rtbsd_msg *msg, unsigned int ifindex,
              struct host_addr *addr)
{
    struct rtbsd_addr addrs[RTBSD_MAX_ADDRS];

    if (msg->kind != RTBSD_ADDR || rtbsd_msg_ifindex(msg) != ifindex
        || !rtbsd_msg_addrs(msg, addrs)) {
        return false;
    }
    switch (rtbsd_family(&addrs[RTAX_IFA])) {
    case AF_INET:
        addr_from_in4(&addrs[RTAX_IFA], &addrs[RTAX_NETMASK], addr);
        return true;
    case AF_INET6:
        addr_from_in6(&addrs[RTAX_IFA], &addrs[RTAX_NETMASK], addr);
        return true;
    default:
        return false;
    }
}

/* Counts the messages in the 'len' bytes at 'buf'. */
static size_t
count_msgs(const uint8_t *buf, size_t len)
{
    struct rtbsd_msg msg;
    size_t n = 0;

    for (size_t ofs = 0; ofs < len; ofs += rtbsd_next(buf + ofs, len - ofs,
                                                      &msg)) {
        n++;
    }
    return n;
}

static int
addrs_from_table(const uint8_t *buf, size_t len, unsigned int ifindex,
                 struct host_addr **addrsp, size_t *np)
{
    size_t max = count_msgs(buf, len);
    struct host_addr *addrs = max ? calloc(max, sizeof *addrs) : NULL;
    struct rtbsd_msg msg;
    size_t n = 0;

    if (max && !addrs) {
        return ENOMEM;
    }
    for (size_t ofs = 0; ofs < len; ) {
        ofs += rtbsd_next(buf + ofs, len - ofs, &msg);
        n += addr_from_msg(&msg, ifindex, &addrs[n]);
    }
    if (!n) {
        free(addrs);
        addrs = NULL;
    }
    *addrsp = addrs;
    *np = n;
    return 0;
}

int
host_get_addrs(const char *name, struct host_addr **addrs, size_t *n)
{
    unsigned int ifindex;
    size_t len;
    void *buf;
    int error;

    *addrs = NULL;
    *n = 0;
    error = bsd_iflist(name, true, &ifindex, &buf, &len);
    if (error) {
        return error;
    }
    error = addrs_from_table(buf, len, ifindex, addrs, n);
    free(buf);
    return error;
}

static void
make_sin(struct in_addr in, struct sockaddr_in *sin)
{
    memset(sin, 0, sizeof *sin);
    sin->sin_len = sizeof *sin;
    sin->sin_family = AF_INET;
    sin->sin_addr = in;
}

/* SIOCAIFADDR replaces the mask of an address that is there already. */
static int
add_in4(const char *name, struct in_addr in, struct in_addr mask)
{
    const struct in_addr broadcast = { .s_addr = in.s_addr | ~mask.s_addr };
    struct in_aliasreq req;
    int error;

    error = bsd_name_request(name, &req, sizeof req);
    if (error) {
        return error;
    }
    make_sin(in, &req.ifra_addr);
    make_sin(broadcast, &req.ifra_broadaddr);
    make_sin(mask, &req.ifra_mask);
    return bsd_ioctl(SIOCAIFADDR, &req);
}

static int
remove_in4(const char *name, struct in_addr in)
{
    struct sockaddr_in sin;
    struct ifreq ifr;
    int error;

    make_sin(in, &sin);
    memset(&ifr, 0, sizeof ifr);
    memcpy(&ifr.ifr_addr, &sin, sizeof sin);
    error = bsd_ifreq(name, SIOCDIFADDR, &ifr);

    /* Somebody else may have removed it meanwhile. */
    return error == EADDRNOTAVAIL ? 0 : error;
}

static bool
unmap_in4(const struct in6_addr *in6, struct in_addr *in)
{
    struct in6_addr mapped;

    memcpy(in, &in6->s6_addr[12], sizeof *in);
    rtbsd_map_in4(*in, &mapped);
    return !memcmp(&mapped, in6, sizeof mapped);
}

/* True if 'addr' with 'mask' is among the 'n' 'addrs'. */
static bool
has_in4(const struct host_addr *addrs, size_t n, struct in_addr addr,
        struct in_addr mask)
{
    struct host_addr wanted;

    rtbsd_map_in4(addr, &wanted.addr);
    rtbsd_map_in4(mask, &wanted.mask);
    for (size_t i = 0; i < n; i++) {
        if (!memcmp(&addrs[i], &wanted, sizeof wanted)) {
            return true;
        }
    }
    return false;
}

/* The new address comes before the old ones go, so that a refusal leaves the
 * interface as it was.  Nothing is set that is there already, because each
 * change wakes up everybody who listens for changes. */
int
host_set_in4(const char *name, struct in_addr addr, struct in_addr mask)
{
    struct host_addr *addrs;
    size_t n;
    int error;

    error = host_get_addrs(name, &addrs, &n);
    if (!error && addr.s_addr != htonl(INADDR_ANY)
        && !has_in4(addrs, n, addr, mask)) {
        error = add_in4(name, addr, mask);
    }
    for (size_t i = 0; i < n && !error; i++) {
        struct in_addr old;

        if (unmap_in4(&addrs[i].addr, &old) && old.s_addr != addr.s_addr) {
            error = remove_in4(name, old);
        }
    }
    free(addrs);
    return error;
}
