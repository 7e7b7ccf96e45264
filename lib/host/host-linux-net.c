/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface on Linux, part 3: addresses, routes and neighbours,
 * through rtnetlink(7) and arp(7).
 *
 * No state, no lock: any thread may call any function. */

#include "host/host.h"
#include "host/host-linux.h"
#include "host/host-rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>

#include <linux/sockios.h>

/* How often a dump is repeated that something kept changing under. */
#define DUMP_TRIES 3

/* Addresses and routes. */

struct addr_dump {
    unsigned int ifindex;
    struct host_addr *addrs;
    size_t n, allocated;
    int error;
};

/* Turns the first 'plen' bits of '*mask' on. */
static void
make_mask(unsigned int plen, struct in6_addr *mask)
{
    memset(mask, 0, sizeof *mask);
    for (unsigned int i = 0; i < plen && i < 128; i++) {
        mask->s6_addr[i / 8] |= 0x80 >> (i % 8);
    }
}

static void
map_in4(const void *in4, struct in6_addr *in6)
{
    memset(in6, 0, sizeof *in6);
    in6->s6_addr[10] = in6->s6_addr[11] = 0xff;
    memcpy(&in6->s6_addr[12], in4, 4);
}

static bool
is_mapped(const struct in6_addr *in6)
{
    return IN6_IS_ADDR_V4MAPPED(in6);
}

static struct in_addr
unmap_in4(const struct in6_addr *in6)
{
    struct in_addr in4;

    memcpy(&in4, &in6->s6_addr[12], sizeof in4);
    return in4;
}

static struct host_addr *
addr_dump_grow(struct addr_dump *dump)
{
    if (dump->n == dump->allocated) {
        size_t n = dump->allocated ? 2 * dump->allocated : 4;
        struct host_addr *p = realloc(dump->addrs, n * sizeof *p);

        if (!p) {
            dump->error = ENOMEM;
            return NULL;
        }
        dump->addrs = p;
        dump->allocated = n;
    }
    return &dump->addrs[dump->n];
}

static void
addr_dump_add(struct addr_dump *dump, const struct ifaddrmsg *ifa,
              const void *bytes)
{
    struct host_addr *a = addr_dump_grow(dump);

    if (!a) {
        return;
    }
    if (ifa->ifa_family == AF_INET6) {
        memcpy(&a->addr, bytes, sizeof a->addr);
        make_mask(ifa->ifa_prefixlen, &a->mask);
    } else {
        struct in6_addr mask;

        make_mask(ifa->ifa_prefixlen, &mask);
        map_in4(bytes, &a->addr);
        map_in4(&mask, &a->mask);
    }
    dump->n++;
}

static void
addr_dump_cb(const struct nlmsghdr *nlmsg, void *dump_)
{
    struct addr_dump *dump = dump_;
    const struct ifaddrmsg *ifa = NLMSG_DATA(nlmsg);
    const struct rtattr *rta;
    size_t size;

    if (nlmsg->nlmsg_type != RTM_NEWADDR
        || nlmsg->nlmsg_len < NLMSG_LENGTH(sizeof *ifa)
        || ifa->ifa_index != dump->ifindex
        || (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6)) {
        return;
    }

    /* On a point-to-point interface IFA_ADDRESS is the other end. */
    size = ifa->ifa_family == AF_INET ? 4 : 16;
    rta = rtnl_find(nlmsg, sizeof *ifa, IFA_LOCAL, size);
    if (!rta) {
        rta = rtnl_find(nlmsg, sizeof *ifa, IFA_ADDRESS, size);
    }
    if (rta) {
        addr_dump_add(dump, ifa, RTA_DATA(rta));
    }
}

static int
dump_addrs(struct addr_dump *dump)
{
    struct ifaddrmsg ifa = { .ifa_index = dump->ifindex };
    struct rtnl_request req;
    int error;

    for (int i = 0; i < DUMP_TRIES; i++) {
        dump->n = 0;
        rtnl_request_init(&req, RTM_GETADDR, NLM_F_DUMP, &ifa, sizeof ifa);
        error = rtnl_transact(&req, addr_dump_cb, dump, LHOST_TIMEOUT_MS);
        if (error != EINTR) {
            break;
        }
    }
    /* An answer that changed while it was read is still the best one: the
     * change sends a message of its own. */
    return error && error != EINTR ? error : dump->error;
}

int
host_get_addrs(const char *name, struct host_addr **addrs, size_t *n)
{
    struct addr_dump dump;
    int error;

    *addrs = NULL;
    *n = 0;

    memset(&dump, 0, sizeof dump);
    error = lhost_get_ifindex(name, &dump.ifindex);
    if (!error) {
        error = dump_addrs(&dump);
    }
    if (error || !dump.n) {
        free(dump.addrs);
        return lhost_errno(error);
    }
    *addrs = dump.addrs;
    *n = dump.n;
    return 0;
}

/* Adds or removes (by 'type') an IPv4 address. */
static int
change_in4(unsigned int ifindex, uint16_t type, uint16_t flags,
           struct in_addr addr, unsigned int plen)
{
    struct ifaddrmsg ifa = { .ifa_family = AF_INET, .ifa_prefixlen = plen,
                             .ifa_index = ifindex };
    struct rtnl_request req;

    rtnl_request_init(&req, type, flags, &ifa, sizeof ifa);
    rtnl_request_put(&req, IFA_LOCAL, &addr, sizeof addr);
    rtnl_request_put(&req, IFA_ADDRESS, &addr, sizeof addr);
    if (type == RTM_NEWADDR && plen < 31) {
        struct in_addr brd = addr;

        brd.s_addr |= htonl(UINT32_MAX >> plen);
        rtnl_request_put(&req, IFA_BROADCAST, &brd, sizeof brd);
    }
    return rtnl_transact(&req, NULL, NULL, LHOST_TIMEOUT_MS);
}

static bool
mask_to_plen(struct in_addr mask, unsigned int *plen)
{
    uint32_t inverse = ~ntohl(mask.s_addr);

    if (inverse & (inverse + 1)) {
        return false;
    }
    *plen = inverse ? __builtin_clz(inverse) : 32;
    return true;
}

/* Removes every IPv4 address of the interface but 'keep' with 'keep_mask'.
 * Sets '*kept' if that one was there. */
static int
remove_in4(unsigned int ifindex, const struct host_addr *addrs, size_t n,
           struct in_addr keep, struct in_addr keep_mask, bool *kept)
{
    int error = 0;

    *kept = false;
    for (size_t i = 0; i < n; i++) {
        struct in_addr addr = unmap_in4(&addrs[i].addr);
        struct in_addr mask = unmap_in4(&addrs[i].mask);
        unsigned int plen;
        int retval;

        if (!is_mapped(&addrs[i].addr) || !mask_to_plen(mask, &plen)) {
            continue;
        }
        if (addr.s_addr == keep.s_addr && mask.s_addr == keep_mask.s_addr) {
            *kept = true;
            continue;
        }

        /* Removing a primary address takes its secondary ones along. */
        retval = change_in4(ifindex, RTM_DELADDR, 0, addr, plen);
        if (retval && retval != EADDRNOTAVAIL) {
            error = retval;
        }
    }
    return error;
}

int
host_set_in4(const char *name, struct in_addr addr, struct in_addr mask)
{
    struct host_addr *addrs;
    unsigned int ifindex;
    unsigned int plen;
    bool kept;
    size_t n;
    int error;

    if (!mask_to_plen(mask, &plen)) {
        return EINVAL;
    }
    error = lhost_get_ifindex(name, &ifindex);
    if (!error) {
        error = host_get_addrs(name, &addrs, &n);
    }
    if (error) {
        return error;
    }

    error = remove_in4(ifindex, addrs, n, addr, mask, &kept);
    free(addrs);
    if (!error && addr.s_addr != htonl(INADDR_ANY)) {
        /* Also if it was there: it may just have gone along with a primary
         * address. */
        error = change_in4(ifindex, RTM_NEWADDR,
                           NLM_F_CREATE | NLM_F_EXCL, addr, plen);
        if (error == EEXIST && kept) {
            error = 0;
        }
    }
    return lhost_errno(error);
}

int
host_add_router(struct in_addr router)
{
    struct rtmsg rtm = { .rtm_family = AF_INET,
                         .rtm_table = RT_TABLE_MAIN,
                         .rtm_protocol = RTPROT_STATIC,
                         .rtm_scope = RT_SCOPE_UNIVERSE,
                         .rtm_type = RTN_UNICAST };
    struct rtnl_request req;

    rtnl_request_init(&req, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
                      &rtm, sizeof rtm);
    rtnl_request_put(&req, RTA_GATEWAY, &router, sizeof router);
    return rtnl_transact(&req, NULL, NULL, LHOST_TIMEOUT_MS);
}

struct route_reply {
    bool ok;
    int ifindex;
    struct in_addr gateway;
};

static void
route_reply_cb(const struct nlmsghdr *nlmsg, void *reply_)
{
    struct route_reply *reply = reply_;
    const size_t fixed = sizeof(struct rtmsg);
    const struct rtattr *oif = rtnl_find(nlmsg, fixed, RTA_OIF, sizeof(int));
    const struct rtattr *gw = rtnl_find(nlmsg, fixed, RTA_GATEWAY,
                                        sizeof reply->gateway);

    if (nlmsg->nlmsg_type != RTM_NEWROUTE || !oif) {
        return;
    }
    memcpy(&reply->ifindex, RTA_DATA(oif), sizeof reply->ifindex);
    if (gw) {
        memcpy(&reply->gateway, RTA_DATA(gw), sizeof reply->gateway);
    }
    reply->ok = true;
}

int
host_get_next_hop(struct in_addr dst, int timeout_ms, struct in_addr *gateway,
                  char name[IFNAMSIZ])
{
    struct rtmsg rtm = { .rtm_family = AF_INET, .rtm_dst_len = 32 };
    struct route_reply reply;
    struct rtnl_request req;
    int error;

    memset(&reply, 0, sizeof reply);
    rtnl_request_init(&req, RTM_GETROUTE, 0, &rtm, sizeof rtm);
    rtnl_request_put(&req, RTA_DST, &dst, sizeof dst);
    error = rtnl_transact(&req, route_reply_cb, &reply, timeout_ms);
    if (error) {
        return error == ESRCH || error == EHOSTUNREACH ? ENETUNREACH : error;
    } else if (!reply.ok || !if_indextoname(reply.ifindex, name)) {
        return ENETUNREACH;
    }
    *gateway = reply.gateway;
    return 0;
}

int
host_arp_lookup(const char *name, struct in_addr ip,
                uint8_t lladdr[HOST_LLADDR_LEN])
{
    struct sockaddr_in *pa;
    struct arpreq r;
    int error = lhost_check_name(name);

    if (error) {
        return error;
    }

    memset(&r, 0, sizeof r);
    pa = (struct sockaddr_in *) &r.arp_pa;
    pa->sin_family = AF_INET;
    pa->sin_addr = ip;
    r.arp_ha.sa_family = ARPHRD_ETHER;
    strcpy(r.arp_dev, name);
    error = lhost_ioctl(SIOCGARP, &r);
    if (!error && !(r.arp_flags & ATF_COM)) {
        error = ENXIO;
    }
    if (!error) {
        memcpy(lladdr, r.arp_ha.sa_data, HOST_LLADDR_LEN);
    }
    return error;
}
