/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Packet sockets, as far as all ways to read them need the same: see
 * host-rx-packet.h.
 *
 * No lock: a handle is serialised by its caller. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "host/host-rx-packet.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "host/host-linux.h"

/* Bytes that may wait in the socket's queue, as the kernel counts them. */
#define QUEUE_MAX (8 * 1024 * 1024)

/* Empty-handed calls of host_rx_recv() for each look at the socket's state,
 * which is a system call. */
#define CHECK_INTERVAL 64

/* Linux 4.12 and later. */
#ifndef PACKET_FANOUT_FLAG_UNIQUEID
#define PACKET_FANOUT_FLAG_UNIQUEID 0x2000
#endif

static int
set_option(int fd, int option, int value)
{
    return (setsockopt(fd, SOL_PACKET, option, &value, sizeof value) < 0
            ? errno : 0);
}

/* The set-up. */

static void
enlarge_queue(int fd)
{
    int size = QUEUE_MAX;

    /* Forced, because the system's limit for everybody has room for two or
     * three of the longest frames.  Where that is refused, it must do. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
}

int
packet_rx_init(struct packet_rx *rx, const struct host_rx_config *config)
{
    int error;

    rx->up.any_length = true;
    rx->config = *config;
    rx->group = -1;

    /* Protocol 0: nothing is received before everything is set up. */
    rx->up.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (rx->up.fd < 0) {
        return errno;
    }
    error = set_option(rx->up.fd, PACKET_VERSION, TPACKET_V2);
    error = error ? error : set_option(rx->up.fd, PACKET_VNET_HDR, 1);
    if (error) {
        packet_rx_uninit(rx);
        return error;
    }
    enlarge_queue(rx->up.fd);

    /* Kernels before 4.20 do not know it; the look at each frame's type
     * remains. */
    set_option(rx->up.fd, PACKET_IGNORE_OUTGOING, 1);
    return 0;
}

void
packet_rx_uninit(struct packet_rx *rx)
{
    if (rx->up.fd >= 0) {
        close(rx->up.fd);
        rx->up.fd = -1;
    }
}

static int
check_ethernet(int fd, const char *name)
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    strcpy(ifr.ifr_name, name);
    if (ioctl(fd, SIOCGIFHWADDR, &ifr) < 0) {
        return lhost_errno(errno);
    }
    return ifr.ifr_hwaddr.sa_family == ARPHRD_ETHER ? 0 : EOPNOTSUPP;
}

/* Starts reception. */
static int
bind_socket(struct packet_rx *rx)
{
    struct sockaddr_ll sll = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = rx->ifindex,
    };
    struct packet_mreq mreq = {
        .mr_ifindex = rx->ifindex,
        .mr_type = PACKET_MR_PROMISC,
    };

    return (bind(rx->up.fd, (struct sockaddr *) &sll, sizeof sll) < 0
            || setsockopt(rx->up.fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                          &mreq, sizeof mreq) < 0
            ? lhost_errno(errno) : 0);
}

int
packet_rx_start(struct packet_rx *rx, const char *name)
{
    int error = lhost_get_ifindex(name, &rx->ifindex);

    error = error ? error : check_ethernet(rx->up.fd, name);
    return error ? error : bind_socket(rx);
}

/* Taking over.
 *
 * A group chooses its first member as long as it has no program. */

/* What the members of a group agree on. */
#define GROUP_MODE PACKET_FANOUT_CBPF

int
packet_rx_make_group(struct packet_rx *rx)
{
    int value;
    socklen_t len = sizeof value;
    int error = lhost_join_fanout(rx->up.fd, 0,
                                  GROUP_MODE | PACKET_FANOUT_FLAG_UNIQUEID);

    if (!error
        && getsockopt(rx->up.fd, SOL_PACKET, PACKET_FANOUT, &value, &len)) {
        error = errno;
    }
    rx->group = error ? -1 : value & 0xffff;
    return error;
}

/* From now on member number 'member' of the group of 'fd' (or, if there are
 * not so many, the first) gets all frames.  If the group had a program before,
 * no other one gets any when this returns, for the kernel then waits until
 * nobody uses that any more. */
static int
choose_member(int fd, unsigned int member)
{
    struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, member);
    struct sock_fprog program = { .len = 1, .filter = &code };

    return (setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA,
                       &program, sizeof program) < 0 ? errno : 0);
}

/* Keeps all frames away from 'fd'. */
static int
close_ears(int fd)
{
    struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = { .len = 1, .filter = &code };

    return (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER,
                       &program, sizeof program) < 0 ? errno : 0);
}

static int
open_ears(int fd)
{
    int unused = 0;

    return (setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER,
                       &unused, sizeof unused) < 0 ? errno : 0);
}

/* Without this a member of a group, or one alone, would go on to use up memory
 * and time. */
void
packet_rx_quiet(struct host_rx *rx)
{
    close_ears(rx->fd);
}

int
packet_rx_take_over(struct packet_rx *rx, struct packet_rx *old)
{
    int fd = rx->up.fd;
    int error;

    rx->ifindex = old->ifindex;
    rx->group = old->group;

    /* A socket can join a group only while it receives, which it must not
     * before it has joined. */
    error = close_ears(fd);
    error = error ? error : bind_socket(rx);

    /* The old one is the group's only member.  The second time waits until the
     * new one is surely no receiver of its own any more. */
    error = error ? error : choose_member(old->up.fd, 0);
    error = error ? error : lhost_join_fanout(fd, rx->group, GROUP_MODE);
    error = error ? error : choose_member(old->up.fd, 0);
    error = error ? error : open_ears(fd);
    return error ? error : choose_member(old->up.fd, 1);
}

/* Reception. */

static int
check_state(struct packet_rx *rx)
{
    struct sockaddr_ll sll;
    socklen_t len = sizeof sll;
    int error = 0;
    socklen_t error_len = sizeof error;

    getsockopt(rx->up.fd, SOL_SOCKET, SO_ERROR, &error, &error_len);
    error = error ? error : rx->error;
    rx->error = 0;
    if (error != ENETDOWN) {
        return lhost_errno(error);
    }

    /* The socket of an interface that is gone has lost its address, too. */
    return (getsockname(rx->up.fd, (struct sockaddr *) &sll, &len) < 0
            || sll.sll_ifindex <= 0 ? ENODEV : ENETDOWN);
}

/* Whoever waits is woken at once if the socket has an error, and comes here
 * until it is looked at. */
int
packet_rx_check(struct packet_rx *rx)
{
    return (rx->error || ++rx->n_empty % CHECK_INTERVAL == 0
            ? check_state(rx) : 0);
}

uint64_t
packet_rx_drops(struct host_rx *rx_)
{
    struct packet_rx *rx = (struct packet_rx *) rx_;
    struct tpacket_stats stats;
    socklen_t len = sizeof stats;

    /* Reading them resets them. */
    if (!getsockopt(rx->up.fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len)) {
        rx->n_lost += stats.tp_drops;
    }
    return rx->n_lost;
}
