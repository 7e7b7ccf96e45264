/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface on Linux, part 1: links through rtnetlink(7) and ioctls,
 * and the change notifier.  The other parts are host-linux-media.c
 * (ethtool), host-linux-net.c (addresses and routes) and host-linux-io.c
 * (taps, capture, transmission).
 *
 * No lock and no state of the process: every query opens the socket that it
 * needs, so that a failure is never remembered.  Queries are rare, because the
 * provider caches; what is not rare keeps its descriptor in a handle.  Any
 * thread may call any function; handles are serialised by the caller. */

#include "host/host.h"
#include "host/host-linux.h"
#include "host/host-rtnl.h"

#include <errno.h>
#include <malloc.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sockios.h>

const char *
host_system(void)
{
    return "linux";
}

/* Once it is told anything, glibc no more raises by itself the other threshold
 * either, the size from which on memory is mapped and unmapped each time. */
void
host_keep_memory(size_t size)
{
#ifdef M_TRIM_THRESHOLD
    mallopt(M_TRIM_THRESHOLD, size);
    mallopt(M_MMAP_THRESHOLD, size);
#else
    (void) size;
#endif
}

int
host_revalidate_interval(void)
{
    return 0;
}

/* Helpers for names and ioctls. */

int
lhost_check_name(const char *name)
{
    return strlen(name) < IFNAMSIZ ? 0 : ENAMETOOLONG;
}

int
lhost_errno(int error)
{
    return error == ENXIO ? ENODEV : error;
}

int
lhost_ioctl(unsigned long int request, void *arg)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0) {
        return errno;
    }
    do {
        error = ioctl(fd, request, arg) < 0 ? errno : 0;
    } while (error == EINTR);
    close(fd);
    return error;
}

int
lhost_ifreq_ioctl(const char *name, unsigned long int request,
                  struct ifreq *ifr)
{
    int error = lhost_check_name(name);

    if (!error) {
        strcpy(ifr->ifr_name, name);
        error = lhost_errno(lhost_ioctl(request, ifr));
    }
    return error;
}

int
lhost_ethtool(const char *name, void *cmd)
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    ifr.ifr_data = cmd;
    return lhost_ifreq_ioctl(name, SIOCETHTOOL, &ifr);
}

int
lhost_get_ifindex(const char *name, unsigned int *ifindex)
{
    struct ifreq ifr;
    int error;

    memset(&ifr, 0, sizeof ifr);
    error = lhost_ifreq_ioctl(name, SIOCGIFINDEX, &ifr);
    *ifindex = error ? 0 : ifr.ifr_ifindex;
    return error;
}

/* Links. */

struct link_reply {
    struct host_link *link;
    bool ok;
};

static void
link_reply_cb(const struct nlmsghdr *nlmsg, void *reply_)
{
    struct link_reply *reply = reply_;

    reply->ok = (nlmsg->nlmsg_type == RTM_NEWLINK
                 && rtnl_parse_link(nlmsg, reply->link));
}

int
host_link_get(const char *name, enum host_value want, struct host_link *link)
{
    struct link_reply reply = { .link = link, .ok = false };
    struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
    struct rtnl_request req;
    int error = lhost_check_name(name);

    if (error) {
        return error;
    }
    rtnl_request_init(&req, RTM_GETLINK, 0, &ifi, sizeof ifi);
    rtnl_request_put(&req, IFLA_IFNAME, name, strlen(name) + 1);
    error = rtnl_transact(&req, link_reply_cb, &reply, LHOST_TIMEOUT_MS);
    if (error) {
        return lhost_errno(error);
    } else if (!reply.ok) {
        return EPROTO;
    }
    return link->have & want ? 0 : EOPNOTSUPP;
}

struct link_dump {
    void (*cb)(const struct host_link *, void *aux);
    void *aux;
};

static void
link_dump_cb(const struct nlmsghdr *nlmsg, void *dump_)
{
    struct link_dump *dump = dump_;
    struct host_link link;

    if (nlmsg->nlmsg_type == RTM_NEWLINK && rtnl_parse_link(nlmsg, &link)) {
        dump->cb(&link, dump->aux);
    }
}

int
host_link_dump(void (*cb)(const struct host_link *, void *aux), void *aux)
{
    struct link_dump dump = { .cb = cb, .aux = aux };
    struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
    struct rtnl_request req;
    int error;

    rtnl_request_init(&req, RTM_GETLINK, NLM_F_DUMP, &ifi, sizeof ifi);
    error = rtnl_transact(&req, link_dump_cb, &dump, LHOST_TIMEOUT_MS);
    return error == EINTR ? EAGAIN : error;
}

/* Changes the IFF_* flags of 'name', and writes them only if that changes
 * anything. */
static int
change_iff(const char *name, int off, int on)
{
    struct ifreq ifr;
    int old_flags;
    int error;

    memset(&ifr, 0, sizeof ifr);
    error = lhost_ifreq_ioctl(name, SIOCGIFFLAGS, &ifr);
    if (error) {
        return error;
    }

    old_flags = (unsigned short int) ifr.ifr_flags;
    ifr.ifr_flags = (old_flags & ~off) | on;
    return ((unsigned short int) ifr.ifr_flags == old_flags
            ? 0
            : lhost_ifreq_ioctl(name, SIOCSIFFLAGS, &ifr));
}

int
host_set_flags(const char *name, unsigned int off, unsigned int on)
{
    if ((off | on) & ~HOST_FLAG_UP) {
        return EINVAL;
    }
    return change_iff(name, off ? IFF_UP : 0, on ? IFF_UP : 0);
}

int
host_set_promisc(const char *name, bool on __attribute__((unused)),
                 struct host_promisc **holdp __attribute__((unused)))
{
    /* A receive handle has it as long as it is open.  The flag would stay when
     * this process is killed, or the interface gets another name. */
    return lhost_check_name(name);
}

int
host_set_mtu(const char *name, int mtu)
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    ifr.ifr_mtu = mtu;
    return lhost_ifreq_ioctl(name, SIOCSIFMTU, &ifr);
}

static int
set_hwaddr(const char *name, const uint8_t lladdr[HOST_LLADDR_LEN])
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    ifr.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(ifr.ifr_hwaddr.sa_data, lladdr, HOST_LLADDR_LEN);
    return lhost_ifreq_ioctl(name, SIOCSIFHWADDR, &ifr);
}

int
host_set_lladdr(const char *name, const uint8_t lladdr[HOST_LLADDR_LEN])
{
    int error = set_hwaddr(name, lladdr);

    if (error == EBUSY) {
        /* The driver takes a new address only while it is down. */
        error = change_iff(name, IFF_UP, 0);
        if (!error) {
            int error2;

            error = set_hwaddr(name, lladdr);
            error2 = change_iff(name, 0, IFF_UP);
            error = error ? error : error2;
        }
    }
    return error;
}

/* Notifier. */

/* What bursts of thousands of events need, before the provider gets to run. */
#define NOTIFIER_RCVBUF (4 * 1024 * 1024)

struct host_notifier {
    int fd;
    const struct nlmsghdr *next;    /* Next message in 'buf'. */
    size_t left;                    /* Bytes from 'next' on. */
    char buf[65536] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static int
notifier_bind(int fd)
{
    struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
    int size = NOTIFIER_RCVBUF;

    addr.nl_groups = (RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
    return bind(fd, (struct sockaddr *) &addr, sizeof addr) < 0 ? errno : 0;
}

int
host_notifier_open(struct host_notifier **notifierp)
{
    struct host_notifier *notifier;
    int error;
    int fd;

    *notifierp = NULL;
    fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                NETLINK_ROUTE);
    if (fd < 0) {
        return errno;
    }
    error = notifier_bind(fd);
    notifier = error ? NULL : malloc(sizeof *notifier);
    if (!notifier) {
        close(fd);
        return error ? error : ENOMEM;
    }
    notifier->fd = fd;
    notifier->next = NULL;
    notifier->left = 0;
    *notifierp = notifier;
    return 0;
}

void
host_notifier_close(struct host_notifier *notifier)
{
    if (notifier) {
        close(notifier->fd);
        free(notifier);
    }
}

int
host_notifier_fd(const struct host_notifier *notifier)
{
    return notifier->fd;
}

/* Reads one datagram.  What did not come from the kernel is nobody's word
 * about interfaces and leaves nothing to hand out. */
static int
notifier_fill(struct host_notifier *notifier)
{
    struct sockaddr_nl from;
    socklen_t from_len = sizeof from;
    ssize_t n;

    do {
        from_len = sizeof from;
        n = recvfrom(notifier->fd, notifier->buf, sizeof notifier->buf,
                     MSG_DONTWAIT | MSG_TRUNC,
                     (struct sockaddr *) &from, &from_len);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return errno;
    } else if ((size_t) n > sizeof notifier->buf) {
        return ENOBUFS;
    }
    notifier->next = (const struct nlmsghdr *) notifier->buf;
    notifier->left = from_len == sizeof from && !from.nl_pid ? n : 0;
    return 0;
}

/* Takes one message from the buffer. */
static void
notifier_take(struct host_notifier *notifier, struct host_event *event)
{
    const struct nlmsghdr *nlmsg = notifier->next;

    if (!NLMSG_OK(nlmsg, notifier->left)) {
        memset(event, 0, sizeof *event);
        event->type = notifier->left ? HOST_EV_MALFORMED : HOST_EV_OTHER;
        notifier->left = 0;
        return;
    }
    rtnl_parse_event(nlmsg, event);
    if (NLMSG_ALIGN(nlmsg->nlmsg_len) >= notifier->left) {
        notifier->left = 0;
    } else {
        notifier->next = NLMSG_NEXT(nlmsg, notifier->left);
    }
}

int
host_notifier_read(struct host_notifier *notifier, struct host_event *event)
{
    if (!notifier->left) {
        int error = notifier_fill(notifier);

        if (error) {
            return error;
        }
    }
    notifier_take(notifier, event);
    return 0;
}

const char *
host_msg_name(int msg_type)
{
    switch (msg_type) {
    case RTM_NEWLINK: return "RTM_NEWLINK";
    case RTM_DELLINK: return "RTM_DELLINK";
    case RTM_NEWADDR: return "RTM_NEWADDR";
    case RTM_DELADDR: return "RTM_DELADDR";
    }
    return NULL;
}
