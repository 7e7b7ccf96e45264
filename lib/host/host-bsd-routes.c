/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface of the BSDs: the table of routes, see host-routes.h.
 *
 * The kernel's table has the prefixes and the routes by gateways.  Which
 * addresses are the host's own is taken from the list of addresses, because
 * the routes to them lead through the loopback interface.
 *
 * No state but what callers hold, so no locks.  Any thread may call
 * anything. */

#include "host/host-routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <ifaddrs.h>
#include <net/if_dl.h>
#include <net/route.h>
#include <netinet/in.h>

#include "host/host-bsd.h"
#include "host/rtbsd.h"

/* Messages that one call of host_route_monitor_read() reads at most. */
#define MESSAGES_PER_READ 1024

/* Routes that lead nowhere, to the host itself, or to one neighbour. */
#define RTF_UNWANTED (RTF_REJECT | RTF_BLACKHOLE | RTF_LOCAL | RTF_BROADCAST \
                      | RTF_LLDATA)

#define IPV4_BITS 32
#define MAPPED_BITS 96

/* An interface that routes may lead out of. */
struct iface {
    unsigned int ifindex;
    char name[IFNAMSIZ];
};

/* What is being collected. */
struct collection {
    struct iface *ifaces;
    size_t n_ifaces;
    struct host_route *routes;
    size_t n, allocated;
    int error;
};

/* Returns a new element for 'iface', or NULL if memory is short. */
static struct host_route *
add_route(struct collection *c, const struct iface *iface)
{
    struct host_route *route;

    if (c->n >= c->allocated) {
        size_t allocated = c->allocated ? c->allocated * 2 : 64;
        struct host_route *routes = realloc(c->routes,
                                            allocated * sizeof *routes);

        if (!routes) {
            c->error = ENOMEM;
            return NULL;
        }
        c->routes = routes;
        c->allocated = allocated;
    }
    route = &c->routes[c->n++];
    memset(route, 0, sizeof *route);
    route->ifindex = iface->ifindex;
    memcpy(route->name, iface->name, sizeof route->name);
    return route;
}

static const struct iface *
find_iface(const struct collection *c, unsigned int ifindex)
{
    for (size_t i = 0; i < c->n_ifaces; i++) {
        if (c->ifaces[i].ifindex == ifindex) {
            return &c->ifaces[i];
        }
    }
    return NULL;
}

/* Stores 'addr' in '*in6' and returns true, if it is an Internet address.  A
 * KAME kernel keeps the interface's index in bytes 2 and 3 of a link-local
 * address. */
static bool
get_address(const struct rtbsd_addr *addr, struct in6_addr *in6)
{
    struct in_addr in;

    switch (rtbsd_family(addr)) {
    case AF_INET:
        rtbsd_get_in4(addr, &in);
        rtbsd_map_in4(in, in6);
        return true;
    case AF_INET6:
        rtbsd_get_in6(addr, in6);
        if (IN6_IS_ADDR_LINKLOCAL(in6)) {
            in6->s6_addr[2] = in6->s6_addr[3] = 0;
        }
        return true;
    default:
        return false;
    }
}

static unsigned int
count_ones(const uint8_t *p, size_t n)
{
    unsigned int ones = 0;

    for (size_t i = 0; i < n; i++) {
        for (unsigned int byte = p[i]; byte; byte &= byte - 1) {
            ones++;
        }
    }
    return ones;
}

/* Length of the prefix whose mask is 'mask'.  A mask may lack its family and
 * the zeros at its end, so the family is that of the prefix. */
static unsigned int
prefix_length(int family, const struct rtbsd_addr *mask, int flags)
{
    struct in6_addr in6;
    struct in_addr in;

    if (flags & RTF_HOST) {
        return MAPPED_BITS + IPV4_BITS;
    } else if (family == AF_INET) {
        rtbsd_get_in4(mask, &in);
        return MAPPED_BITS + count_ones((const uint8_t *) &in, sizeof in);
    } else {
        rtbsd_get_in6(mask, &in6);
        return count_ones(in6.s6_addr, sizeof in6);
    }
}

/* Multicast and link-local destinations concern no tunnel. */
static bool
is_unicast(const struct in6_addr *dst)
{
    return (dst->s6_addr[0] != 0xff && !IN6_IS_ADDR_LINKLOCAL(dst)
            && !(IN6_IS_ADDR_V4MAPPED(dst)
                 && (dst->s6_addr[12] & 0xf0) == 0xe0));
}

static void
add_from_msg(struct collection *c, const struct rtbsd_msg *msg)
{
    struct rtbsd_addr addrs[RTBSD_MAX_ADDRS];
    const struct iface *iface;
    struct host_route *route;
    struct rt_msghdr rtm;
    struct in6_addr dst;

    if (msg->kind != RTBSD_ROUTE || !rtbsd_msg_addrs(msg, addrs)
        || !get_address(&addrs[RTAX_DST], &dst) || !is_unicast(&dst)) {
        return;
    }
    memcpy(&rtm, msg->data, sizeof rtm);
    iface = find_iface(c, rtm.rtm_index);
    if (!iface || !(rtm.rtm_flags & RTF_UP)
        || rtm.rtm_flags & RTF_UNWANTED) {
        return;
    }
    route = add_route(c, iface);
    if (route) {
        route->dst = dst;
        route->plen = prefix_length(rtbsd_family(&addrs[RTAX_DST]),
                                    &addrs[RTAX_NETMASK], rtm.rtm_flags);
        if (rtm.rtm_flags & RTF_GATEWAY) {
            get_address(&addrs[RTAX_GATEWAY], &route->gateway);
        }
    }
}

static int
add_table(struct collection *c)
{
    const int mib[] = { CTL_NET, PF_ROUTE, 0, 0, NET_RT_DUMP, 0 };
    const uint8_t *buf;
    size_t len;
    void *table;
    int error;

    error = bsd_sysctl_table(mib, sizeof mib / sizeof mib[0], &table, &len);
    if (error) {
        return error;
    }
    buf = table;
    for (size_t ofs = 0; ofs < len && !c->error; ) {
        struct rtbsd_msg msg;

        ofs += rtbsd_next(buf + ofs, len - ofs, &msg);
        add_from_msg(c, &msg);
    }
    free(table);
    return c->error;
}

/* An address of the system's list, as the parser of messages has them. */
static struct rtbsd_addr
sockaddr_to_addr(const struct sockaddr *sa)
{
    struct rtbsd_addr addr = { .data = (const uint8_t *) sa };

    addr.len = sa ? sa->sa_len : 0;
    return addr;
}

/* Notes the interface of 'ifa', which is the entry that describes it. */
static void
add_iface(struct collection *c, const struct ifaddrs *ifa)
{
    struct rtbsd_addr addr = sockaddr_to_addr(ifa->ifa_addr);
    struct host_link link = { .have = 0 };
    struct iface *iface = &c->ifaces[c->n_ifaces];

    rtbsd_parse_sdl(&addr, &link);
    if (link.have & HOST_V_IFINDEX && !find_iface(c, link.ifindex)
        && strlen(ifa->ifa_name) < sizeof iface->name) {
        memset(iface, 0, sizeof *iface);
        iface->ifindex = link.ifindex;
        memcpy(iface->name, ifa->ifa_name, strlen(ifa->ifa_name));
        c->n_ifaces++;
    }
}

static void
add_own_address(struct collection *c, const struct ifaddrs *ifa)
{
    struct rtbsd_addr addr = sockaddr_to_addr(ifa->ifa_addr);
    struct host_route *route;
    struct in6_addr own;

    if (!(ifa->ifa_flags & IFF_UP) || !get_address(&addr, &own)) {
        return;
    }
    for (size_t i = 0; i < c->n_ifaces; i++) {
        if (!strcmp(c->ifaces[i].name, ifa->ifa_name)) {
            route = add_route(c, &c->ifaces[i]);
            if (route) {
                route->dst = own;
                route->plen = MAPPED_BITS + IPV4_BITS;
                route->local = 1;
            }
            return;
        }
    }
}

/* Goes through the interfaces first, since entries for addresses have no
 * index. */
static int
add_addresses(struct collection *c)
{
    struct ifaddrs *list;
    size_t n = 0;

    if (getifaddrs(&list)) {
        return errno;
    }
    for (const struct ifaddrs *ifa = list; ifa; ifa = ifa->ifa_next) {
        n++;
    }
    c->ifaces = calloc(n + 1, sizeof *c->ifaces);
    if (!c->ifaces) {
        c->error = ENOMEM;
    }
    for (const struct ifaddrs *ifa = list; ifa && !c->error;
         ifa = ifa->ifa_next) {
        if (!(ifa->ifa_flags & IFF_LOOPBACK)) {
            add_iface(c, ifa);
        }
    }
    for (const struct ifaddrs *ifa = list; ifa && !c->error;
         ifa = ifa->ifa_next) {
        add_own_address(c, ifa);
    }
    freeifaddrs(list);
    return c->error;
}

static int
compare_routes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct host_route));
}

int
host_get_routes(struct host_route **routesp, size_t *np)
{
    struct collection c = { .error = 0 };
    int error = add_addresses(&c);

    if (!error) {
        error = add_table(&c);
    }
    free(c.ifaces);
    if (error) {
        free(c.routes);
        return error;
    }
    if (c.n) {
        qsort(c.routes, c.n, sizeof *c.routes, compare_routes);
    }
    *routesp = c.routes;
    *np = c.n;
    return 0;
}

/* The monitor. */
struct host_route_monitor {
    int fd;
};

int
host_route_monitor_open(struct host_route_monitor **monitorp)
{
    struct host_route_monitor *monitor = malloc(sizeof *monitor);
    int error;

    *monitorp = NULL;
    if (!monitor) {
        return ENOMEM;
    }
    monitor->fd = socket(AF_ROUTE, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                         0);
    if (monitor->fd < 0) {
        error = errno;
        free(monitor);
        return error;
    }
#ifdef SO_RERROR
    /* Makes an overflow visible.  Where that is impossible, the caller has to
     * look by itself now and then (host_revalidate_interval()). */
    int one = 1;

    (void) setsockopt(monitor->fd, SOL_SOCKET, SO_RERROR, &one, sizeof one);
#endif
    *monitorp = monitor;
    return 0;
}

void
host_route_monitor_close(struct host_route_monitor *monitor)
{
    if (monitor) {
        close(monitor->fd);
        free(monitor);
    }
}

int
host_route_monitor_fd(const struct host_route_monitor *monitor)
{
    return monitor->fd;
}

/* True if 'msg' may be about something that host_get_routes() returns. */
static bool
is_change(const struct rtbsd_msg *msg)
{
    struct rt_msghdr rtm;

    switch (msg->kind) {
    case RTBSD_LINK:
    case RTBSD_ADDR:
    case RTBSD_ANNOUNCE:
        return true;
    case RTBSD_ROUTE:
        memcpy(&rtm, msg->data, sizeof rtm);
        return msg->type != RTM_GET && !(rtm.rtm_flags & RTF_LLDATA);
    case RTBSD_OTHER:
    case RTBSD_NEIGH:
    case RTBSD_MALFORMED:
    default:
        return false;
    }
}

int
host_route_monitor_read(struct host_route_monitor *monitor, bool *changed)
{
    for (int i = 0; i < MESSAGES_PER_READ; i++) {
        struct rtbsd_msg msg;
        uint8_t buf[2048];
        ssize_t n = recv(monitor->fd, buf, sizeof buf, MSG_DONTWAIT);

        if (n > 0) {
            rtbsd_next(buf, n, &msg);
            *changed |= is_change(&msg);
        } else if (n < 0 && errno == ENOBUFS) {
            *changed = true;
        } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return 0;
        } else if (!n || errno != EINTR) {
            return n ? errno : EPIPE;
        }
    }
    return 0;
}
