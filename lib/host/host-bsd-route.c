/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface of the BSDs: routes and neighbours.
 *
 * Requests on a routing socket are answered by broadcasting the request itself
 * with the answer filled in, so an answer is recognised by its process number
 * and sequence number, and everything else that is read is somebody else's.
 *
 * 'next_seq' is atomic.  Each request has a socket of its own, so no locks.
 * Any thread may call anything. */

#include "host/host-bsd.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/sysctl.h>
#include <net/if_dl.h>
#include <net/route.h>
#include <netinet/in.h>

#include "host/rtbsd.h"

/* RTF_LLINFO is what some systems call it. */
#ifndef RTF_LLDATA
#define RTF_LLDATA RTF_LLINFO
#endif

static atomic_int next_seq = 1;

/* A request: header and up to three addresses. */
struct request {
    struct rt_msghdr rtm;
    uint8_t addrs[3 * 64];
    size_t len;                 /* Bytes used of 'addrs'. */
};

static void
init_request(struct request *req, int type, int flags)
{
    memset(req, 0, sizeof *req);
    req->rtm.rtm_version = RTM_VERSION;
    req->rtm.rtm_type = type;
    req->rtm.rtm_flags = flags;
    req->rtm.rtm_seq = atomic_fetch_add(&next_seq, 1);
}

/* Appends the address 'sa' of 'len' bytes.  Addresses must be appended in the
 * order of their bits, RTA_*. */
static void
put_addr(struct request *req, int bit, const void *sa, size_t len)
{
    memcpy(req->addrs + req->len, sa, len);
    req->len += rtbsd_space(len);
    req->rtm.rtm_addrs |= bit;
}

static void
put_in4(struct request *req, int bit, struct in_addr in)
{
    struct sockaddr_in sin;

    memset(&sin, 0, sizeof sin);
    sin.sin_len = sizeof sin;
    sin.sin_family = AF_INET;
    sin.sin_addr = in;
    put_addr(req, bit, &sin, sizeof sin);
}

/* Asks for the interface of the route. */
static void
put_ifp(struct request *req)
{
    struct sockaddr_dl sdl;

    memset(&sdl, 0, sizeof sdl);
    sdl.sdl_len = sizeof sdl;
    sdl.sdl_family = AF_LINK;
    put_addr(req, RTA_IFP, &sdl, sizeof sdl);
}

/* Sends 'req' on the new routing socket '*fdp', which the caller must close
 * if this returns 0. */
static int
send_request(struct request *req, int *fdp)
{
    size_t len = sizeof req->rtm + req->len;
    uint8_t msg[sizeof req->rtm + sizeof req->addrs];
    ssize_t n;
    int fd;

    fd = socket(AF_ROUTE, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, AF_INET);
    if (fd < 0) {
        return errno;
    }
    req->rtm.rtm_msglen = len;
    memcpy(msg, &req->rtm, sizeof req->rtm);
    memcpy(msg + sizeof req->rtm, req->addrs, req->len);
    do {
        n = write(fd, msg, len);
    } while (n < 0 && errno == EINTR);

    if (n < 0) {
        int error = errno;

        close(fd);
        return error;
    }
    *fdp = fd;
    return 0;
}

static long long int
now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / (1000 * 1000);
}

/* True if 'msg' is the answer to 'req'. */
static bool
is_answer(const struct rtbsd_msg *msg, const struct request *req,
          struct rt_msghdr *rtm)
{
    if (msg->kind != RTBSD_ROUTE || msg->type != req->rtm.rtm_type) {
        return false;
    }
    memcpy(rtm, msg->data, sizeof *rtm);
    return rtm->rtm_pid == getpid() && rtm->rtm_seq == req->rtm.rtm_seq;
}

/* Takes what the caller wants to know out of the answer 'msg' with header
 * 'rtm'. */
static int
parse_answer(const struct rtbsd_msg *msg, const struct rt_msghdr *rtm,
             struct in_addr *gateway, char name[IFNAMSIZ])
{
    struct rtbsd_addr addrs[RTBSD_MAX_ADDRS];
    struct host_link link = { .have = 0 };

    if (rtm->rtm_errno) {
        return rtm->rtm_errno;
    }
    if (!rtbsd_msg_addrs(msg, addrs)) {
        return EPROTO;
    }

    gateway->s_addr = htonl(INADDR_ANY);
    if (rtm->rtm_flags & RTF_GATEWAY
        && rtbsd_family(&addrs[RTAX_GATEWAY]) == AF_INET) {
        rtbsd_get_in4(&addrs[RTAX_GATEWAY], gateway);
    }

    rtbsd_parse_sdl(&addrs[RTAX_IFP], &link);
    if (link.have & HOST_V_NAME) {
        memcpy(name, link.name, IFNAMSIZ);
        return 0;
    }
    return if_indextoname(rtm->rtm_index, name) ? 0 : ENETUNREACH;
}

/* Reads one message from 'fd'.  EAGAIN: it was not the answer to 'req'. */
static int
read_answer(int fd, const struct request *req, struct in_addr *gateway,
            char name[IFNAMSIZ])
{
    struct rt_msghdr rtm;
    struct rtbsd_msg msg;
    uint8_t buf[2048];
    ssize_t n;

    n = recv(fd, buf, sizeof buf, MSG_DONTWAIT);
    if (n < 0) {
        /* An overflow may have taken the answer away, but need not have. */
        return errno == EINTR || errno == ENOBUFS ? EAGAIN : errno;
    }
    if (!n) {
        return EPIPE;
    }
    rtbsd_next(buf, n, &msg);
    return (is_answer(&msg, req, &rtm)
            ? parse_answer(&msg, &rtm, gateway, name)
            : EAGAIN);
}

/* Waits for the answer to 'req' until 'deadline'. */
static int
await_answer(int fd, const struct request *req, long long int deadline,
             struct in_addr *gateway, char name[IFNAMSIZ])
{
    for (;;) {
        struct pollfd pfd = { .fd = fd, .events = POLLIN };
        int error = read_answer(fd, req, gateway, name);
        long long int left = deadline - now_ms();

        if (error != EAGAIN) {
            return error;
        }
        if (left <= 0) {
            return ETIMEDOUT;
        }
        if (poll(&pfd, 1, left) < 0 && errno != EINTR) {
            return errno;
        }
    }
}

static int
route_errno(int error)
{
    return error == ESRCH ? ENETUNREACH : error;
}

int
host_get_next_hop(struct in_addr dst, int timeout_ms,
                  struct in_addr *gateway, char name[IFNAMSIZ])
{
    long long int deadline = now_ms() + timeout_ms;
    struct request req;
    int error;
    int fd;

    init_request(&req, RTM_GET, RTF_UP | RTF_HOST);
    put_in4(&req, RTA_DST, dst);
    put_ifp(&req);
    error = send_request(&req, &fd);
    if (!error) {
        error = await_answer(fd, &req, deadline, gateway, name);
        close(fd);
    }
    return route_errno(error);
}

/* The kernel acts, and finds errors, before write() returns, so there is no
 * answer to wait for. */
int
host_add_router(struct in_addr router)
{
    const struct in_addr any = { .s_addr = htonl(INADDR_ANY) };
    struct request req;
    int error;
    int fd;

    init_request(&req, RTM_ADD, RTF_UP | RTF_GATEWAY | RTF_STATIC);
    put_in4(&req, RTA_DST, any);
    put_in4(&req, RTA_GATEWAY, router);
    put_in4(&req, RTA_NETMASK, any);
    error = send_request(&req, &fd);
    if (!error) {
        close(fd);
    }
    return route_errno(error);
}

/* Looks for 'ip' on interface 'ifindex' in one message of the ARP table.
 * Returns true if it has the address of 'ip'. */
static bool
neighbor_from_msg(const struct rtbsd_msg *msg, unsigned int ifindex,
                  struct in_addr ip, uint8_t lladdr[HOST_LLADDR_LEN])
{
    struct rtbsd_addr addrs[RTBSD_MAX_ADDRS];
    struct host_link link = { .have = 0 };
    struct in_addr dst;

    if (msg->kind != RTBSD_ROUTE || !rtbsd_msg_addrs(msg, addrs)
        || rtbsd_family(&addrs[RTAX_DST]) != AF_INET) {
        return false;
    }
    rtbsd_get_in4(&addrs[RTAX_DST], &dst);
    rtbsd_parse_sdl(&addrs[RTAX_GATEWAY], &link);
    if (!(link.have & HOST_V_IFINDEX)) {
        link.ifindex = rtbsd_msg_ifindex(msg);
    }

    /* An entry that is still being resolved has no Ethernet address. */
    if (dst.s_addr != ip.s_addr || link.ifindex != ifindex
        || !(link.have & HOST_V_LLADDR) || !link.ether) {
        return false;
    }
    memcpy(lladdr, link.lladdr, HOST_LLADDR_LEN);
    return true;
}

int
host_arp_lookup(const char *name, struct in_addr ip,
                uint8_t lladdr[HOST_LLADDR_LEN])
{
    const int mib[] = {
        CTL_NET, PF_ROUTE, 0, AF_INET, NET_RT_FLAGS, RTF_LLDATA
    };
    unsigned int ifindex;
    bool found = false;
    uint8_t *buf;
    size_t len;
    void *table;
    int error;

    error = bsd_ifindex(name, &ifindex);
    if (!error) {
        error = bsd_sysctl_table(mib, sizeof mib / sizeof mib[0], &table,
                                 &len);
    }
    if (error) {
        return error;
    }

    buf = table;
    for (size_t ofs = 0; ofs < len && !found; ) {
        struct rtbsd_msg msg;

        ofs += rtbsd_next(buf + ofs, len - ofs, &msg);
        found = neighbor_from_msg(&msg, ifindex, ip, lladdr);
    }
    free(table);
    return found ? 0 : ENXIO;
}
