/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Messages of the Linux routing netlink: see host-rtnl.h.
 *
 * No lock, no state shared between threads. */

#include "host/host-rtnl.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_arp.h>

/* Large enough for whatever part of a dump the kernel puts into one
 * datagram. */
#define RTNL_BUF_SIZE 32768

void
rtnl_request_init(struct rtnl_request *req, uint16_t type, uint16_t flags,
                  const void *fixed, size_t size)
{
    memset(req, 0, sizeof *req);
    req->hdr.nlmsg_type = type;
    req->hdr.nlmsg_flags = flags | NLM_F_REQUEST;
    req->hdr.nlmsg_seq = 1;
    req->hdr.nlmsg_len = NLMSG_LENGTH(size);
    memcpy(NLMSG_DATA(&req->hdr), fixed, size);
}

void
rtnl_request_put(struct rtnl_request *req, uint16_t type, const void *data,
                 size_t size)
{
    size_t ofs = NLMSG_ALIGN(req->hdr.nlmsg_len);
    struct rtattr *rta = (struct rtattr *) ((char *) req + ofs);

    rta->rta_type = type;
    rta->rta_len = RTA_LENGTH(size);
    memcpy(RTA_DATA(rta), data, size);
    req->hdr.nlmsg_len = ofs + RTA_LENGTH(size);
}

size_t
rtnl_request_begin(struct rtnl_request *req, uint16_t type)
{
    size_t ofs = NLMSG_ALIGN(req->hdr.nlmsg_len);

    rtnl_request_put(req, type, "", 0);
    return ofs;
}

void
rtnl_request_end(struct rtnl_request *req, size_t ofs)
{
    struct rtattr *rta = (struct rtattr *) ((char *) req + ofs);

    rta->rta_len = req->hdr.nlmsg_len - ofs;
}

static long long int
now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Opens a socket whose dumps honour the filters of the request.  A kernel
 * that does not know the option answers with more than was asked for, which
 * every caller looks through anyway. */
static int
rtnl_open(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int on = 1;

    if (fd >= 0) {
        setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
    }
    return fd;
}

static int
rtnl_send(int fd, const struct rtnl_request *req)
{
    struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
    ssize_t n;

    do {
        n = sendto(fd, req, req->hdr.nlmsg_len, 0,
                   (struct sockaddr *) &kernel, sizeof kernel);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? errno : 0;
}

/* Receives one datagram from the kernel before 'deadline'. */
static int
rtnl_recv(int fd, void *buf, size_t size, long long int deadline,
          size_t *lenp)
{
    for (;;) {
        struct pollfd pfd = { .fd = fd, .events = POLLIN };
        struct sockaddr_nl from;
        socklen_t from_len = sizeof from;
        long long int left = deadline - now_ms();
        ssize_t n;

        if (left < 0 || poll(&pfd, 1, left) == 0) {
            return ETIMEDOUT;
        }

        n = recvfrom(fd, buf, size, MSG_DONTWAIT | MSG_TRUNC,
                     (struct sockaddr *) &from, &from_len);
        if (n < 0) {
            if (errno != EINTR && errno != EAGAIN) {
                return errno;
            }
        } else if ((size_t) n > size) {
            return EMSGSIZE;
        } else if (from_len == sizeof from && !from.nl_pid) {
            *lenp = n;
            return 0;
        }
    }
}

/* The error that 'nlmsg', an NLMSG_ERROR or NLMSG_DONE, carries. */
static int
rtnl_error(const struct nlmsghdr *nlmsg)
{
    const int *code = NLMSG_DATA(nlmsg);

    if (nlmsg->nlmsg_len < NLMSG_LENGTH(sizeof *code)) {
        return nlmsg->nlmsg_type == NLMSG_DONE ? 0 : EPROTO;
    }
    return *code < 0 ? -*code : 0;
}

/* Hands the messages of one datagram to 'cb'.  Returns true if they ended the
 * answer, with the result in '*error'.  'len' is signed because NLMSG_NEXT()
 * makes it negative after a last message without padding. */
static bool
rtnl_deliver(const void *buf, int len, rtnl_cb *cb, void *aux, int *error)
{
    const struct nlmsghdr *nlmsg = buf;

    for (; NLMSG_OK(nlmsg, len); nlmsg = NLMSG_NEXT(nlmsg, len)) {
        if (nlmsg->nlmsg_type == NLMSG_ERROR
            || nlmsg->nlmsg_type == NLMSG_DONE) {
            int result = rtnl_error(nlmsg);

            *error = result ? result : *error;
            return true;
        }
        if (nlmsg->nlmsg_flags & NLM_F_DUMP_INTR) {
            *error = EINTR;
        }
        if (cb) {
            cb(nlmsg, aux);
        }
        if (!(nlmsg->nlmsg_flags & NLM_F_MULTI)) {
            return true;
        }
    }
    return false;
}

static int
rtnl_receive_all(int fd, rtnl_cb *cb, void *aux, int timeout_ms)
{
    long long int deadline = now_ms() + timeout_ms;
    char buf[RTNL_BUF_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
    int result = 0;
    size_t len = 0;
    int error;

    do {
        error = rtnl_recv(fd, buf, sizeof buf, deadline, &len);
    } while (!error && !rtnl_deliver(buf, len, cb, aux, &result));
    return error ? error : result;
}

int
rtnl_transact(struct rtnl_request *req, rtnl_cb *cb, void *aux,
              int timeout_ms)
{
    int fd;
    int error;

    /* A request that has no other answer wants to hear that it worked. */
    if (!cb) {
        req->hdr.nlmsg_flags |= NLM_F_ACK;
    }

    fd = rtnl_open();
    if (fd < 0) {
        return errno;
    }
    error = rtnl_send(fd, req);
    if (!error) {
        error = rtnl_receive_all(fd, cb, aux, timeout_ms);
    }
    close(fd);
    return error;
}

const struct rtattr *
rtnl_find(const struct nlmsghdr *nlmsg, size_t fixed, uint16_t type,
          size_t min_size)
{
    size_t ofs = NLMSG_SPACE(fixed);
    const struct rtattr *rta;
    int left;

    if (nlmsg->nlmsg_len < ofs) {
        return NULL;
    }

    /* Signed: what remains after an attribute without its padding is less
     * than nothing. */
    left = nlmsg->nlmsg_len - ofs;
    rta = (const struct rtattr *) ((const char *) nlmsg + ofs);
    for (; RTA_OK(rta, left); rta = RTA_NEXT(rta, left)) {
        if ((rta->rta_type & NLA_TYPE_MASK) == type) {
            return RTA_PAYLOAD(rta) >= min_size ? rta : NULL;
        }
    }
    return NULL;
}

/* Copies the counters that the kernel sent: older kernels know fewer. */
static void
parse_stats(const struct rtattr *rta, struct host_stats *stats)
{
    struct rtnl_link_stats64 s;
    size_t len = RTA_PAYLOAD(rta);

    memset(&s, 0xff, sizeof s);
    memcpy(&s, RTA_DATA(rta), len < sizeof s ? len : sizeof s);

    host_stats_init(stats);
    stats->rx_packets = s.rx_packets;
    stats->tx_packets = s.tx_packets;
    stats->rx_bytes = s.rx_bytes;
    stats->tx_bytes = s.tx_bytes;
    stats->rx_errors = s.rx_errors;
    stats->tx_errors = s.tx_errors;
    stats->rx_dropped = s.rx_dropped;
    stats->tx_dropped = s.tx_dropped;
    stats->rx_multicast = s.multicast;
    stats->collisions = s.collisions;
    stats->rx_noproto = s.rx_nohandler;
    stats->rx_length_errors = s.rx_length_errors;
    stats->rx_over_errors = s.rx_over_errors;
    stats->rx_crc_errors = s.rx_crc_errors;
    stats->rx_frame_errors = s.rx_frame_errors;
    stats->rx_fifo_errors = s.rx_fifo_errors;
    stats->rx_missed_errors = s.rx_missed_errors;
    stats->tx_aborted_errors = s.tx_aborted_errors;
    stats->tx_carrier_errors = s.tx_carrier_errors;
    stats->tx_fifo_errors = s.tx_fifo_errors;
    stats->tx_heartbeat_errors = s.tx_heartbeat_errors;
    stats->tx_window_errors = s.tx_window_errors;
}

static unsigned int
flags_from_iff(unsigned int iff)
{
    return ((iff & IFF_UP ? HOST_FLAG_UP : 0)
            | (iff & IFF_PROMISC ? HOST_FLAG_PROMISC : 0)
            | (iff & IFF_LOOPBACK ? HOST_FLAG_LOOPBACK : 0));
}

/* The address of anything but Ethernet stays zero: its length is another one
 * or it means something else. */
static void
parse_lladdr(const struct rtattr *rta, unsigned short int type,
             struct host_link *link)
{
    link->ether = type == ARPHRD_ETHER;
    if (link->ether) {
        memcpy(link->lladdr, RTA_DATA(rta), HOST_LLADDR_LEN);
    }
    link->have |= HOST_V_LLADDR;
}

static bool
parse_name(const struct rtattr *rta, struct host_link *link)
{
    size_t len = strnlen(RTA_DATA(rta), RTA_PAYLOAD(rta));

    if (!len || len >= IFNAMSIZ) {
        return false;
    }
    memcpy(link->name, RTA_DATA(rta), len);
    link->name[len] = '\0';
    link->have |= HOST_V_NAME;
    return true;
}

bool
rtnl_parse_link(const struct nlmsghdr *nlmsg, struct host_link *link)
{
    const size_t fixed = sizeof(struct ifinfomsg);
    const struct ifinfomsg *ifi = NLMSG_DATA(nlmsg);
    const struct rtattr *rta;

    memset(link, 0, sizeof *link);
    if (nlmsg->nlmsg_len < NLMSG_LENGTH(fixed) || ifi->ifi_index <= 0) {
        return false;
    }

    link->ifindex = ifi->ifi_index;
    link->flags = flags_from_iff(ifi->ifi_flags);
    link->have = HOST_V_IFINDEX | HOST_V_FLAGS;

    rta = rtnl_find(nlmsg, fixed, IFLA_IFNAME, 1);
    if (rta && !parse_name(rta, link)) {
        return false;
    }
    rta = rtnl_find(nlmsg, fixed, IFLA_MTU, sizeof(uint32_t));
    if (rta) {
        link->mtu = *(const uint32_t *) RTA_DATA(rta);
        link->have |= HOST_V_MTU;
    }
    rta = rtnl_find(nlmsg, fixed, IFLA_ADDRESS, HOST_LLADDR_LEN);
    if (rta || ifi->ifi_type != ARPHRD_ETHER) {
        parse_lladdr(rta, ifi->ifi_type, link);
    }
    rta = rtnl_find(nlmsg, fixed, IFLA_CARRIER, 1);
    if (rta) {
        /* The kernel leaves the carrier of some virtual interfaces on while
         * they are down.  Nothing can pass then, so it counts as off. */
        link->carrier = (*(const uint8_t *) RTA_DATA(rta)
                         && link->flags & HOST_FLAG_UP);
        link->have |= HOST_V_CARRIER;
    }
    rta = rtnl_find(nlmsg, fixed, IFLA_CARRIER_CHANGES, sizeof(uint32_t));
    if (rta) {
        link->resets = *(const uint32_t *) RTA_DATA(rta);
        link->have |= HOST_V_RESETS;
    }
    rta = rtnl_find(nlmsg, fixed, IFLA_STATS64, sizeof(uint64_t));
    if (rta) {
        parse_stats(rta, &link->stats);
        link->have |= HOST_V_STATS;
    }
    return true;
}

/* A bridge of the kernel reports on its ports with link messages of family
 * AF_BRIDGE.  RTM_DELLINK then means that the port left the bridge, not that
 * the interface is gone. */
static bool
is_plain_link(const struct nlmsghdr *nlmsg)
{
    const struct ifinfomsg *ifi = NLMSG_DATA(nlmsg);

    return (nlmsg->nlmsg_len < NLMSG_LENGTH(sizeof *ifi)
            || ifi->ifi_family == AF_UNSPEC);
}

/* Since Linux 4.15 the kernel says where it moves an interface, since 5.1 also
 * what index it gets there. */
static void
parse_move(const struct nlmsghdr *nlmsg, struct host_event *event)
{
    const size_t skip = sizeof(struct ifinfomsg);
    const struct rtattr *rta = rtnl_find(nlmsg, skip, IFLA_NEW_NETNSID,
                                         sizeof(int32_t));

    if (rta) {
        event->place = *(const int32_t *) RTA_DATA(rta);
        event->moved = event->place >= 0;
    }
    rta = rtnl_find(nlmsg, skip, IFLA_NEW_IFINDEX, sizeof(uint32_t));
    if (rta) {
        event->new_ifindex = *(const uint32_t *) RTA_DATA(rta);
    }
}

static void
parse_link_event(const struct nlmsghdr *nlmsg, struct host_event *event)
{
    if (!is_plain_link(nlmsg)) {
        event->type = HOST_EV_OTHER;
    } else if (!rtnl_parse_link(nlmsg, &event->link)) {
        event->type = HOST_EV_MALFORMED;
    } else if (nlmsg->nlmsg_type == RTM_DELLINK) {
        event->type = HOST_EV_GONE;
        event->link.have &= HOST_V_IFINDEX | HOST_V_NAME;
        parse_move(nlmsg, event);
    } else {
        event->type = HOST_EV_LINK;
        event->stale = HOST_V_MEDIA;
    }
}

static void
parse_addr_event(const struct nlmsghdr *nlmsg, struct host_event *event)
{
    const struct ifaddrmsg *ifa = NLMSG_DATA(nlmsg);

    if (nlmsg->nlmsg_len < NLMSG_LENGTH(sizeof *ifa) || !ifa->ifa_index) {
        event->type = HOST_EV_MALFORMED;
        return;
    }
    event->type = HOST_EV_STALE;
    event->stale = HOST_V_ADDRS;
    event->link.ifindex = ifa->ifa_index;
    event->link.have = HOST_V_IFINDEX;
}

void
rtnl_parse_event(const struct nlmsghdr *nlmsg, struct host_event *event)
{
    memset(event, 0, sizeof *event);
    event->msg_type = nlmsg->nlmsg_type & 0xff;

    switch (nlmsg->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
        parse_link_event(nlmsg, event);
        break;

    case RTM_NEWADDR:
    case RTM_DELADDR:
        parse_addr_event(nlmsg, event);
        break;

    default:
        event->type = HOST_EV_OTHER;
        break;
    }
}
