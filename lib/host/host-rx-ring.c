/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Reception on Linux through a packet socket's ring (packet(7), TPACKET_V2)
 * with virtio headers, which tell of each frame what its sender has left to
 * do: the checksum, or cutting it into segments.  libpcap's sockets cannot
 * have them, because they must be asked for before the ring is made.
 *
 * A slot of the ring has room for a frame of the interface's MTU.  Longer ones,
 * that is, those that stand for several and those that come before the MTU is
 * known to have grown, wait in the socket's queue: the kernel puts their
 * beginning into a slot and marks it with TP_STATUS_COPY.  That way the memory
 * that an idle interface costs does not depend on how long they can be.
 *
 * No lock: a handle is serialised by its caller. */

/* For MAP_POPULATE and be sure of MSG_TRUNC. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "host/host-linux.h"
#include "host/host-rx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>

/* Slots of a ring whose size is not given, if they fit in RING_MAX bytes. */
#define RING_SLOTS 1024
#define RING_MAX (4 * 1024 * 1024)

/* A ring consists of blocks of this size, which the kernel can allocate
 * without effort.  A slot does not cross from one to the next. */
#define BLOCK_SIZE (32 * 1024)

/* Bytes that may wait in the socket's queue, as the kernel counts them. */
#define QUEUE_MAX (8 * 1024 * 1024)

/* Bytes of the longest frame that can wait there: 64 KiB of IP packet with an
 * Ethernet header and tags. */
#define LONG_MAX (65536 + 64)

/* Empty-handed calls of host_rx_recv() for each look at the socket's state,
 * which is a system call. */
#define CHECK_INTERVAL 64

/* Linux 6.2 and later; the number is part of virtio. */
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

struct ring_rx {
    struct host_rx up;

    /* The ring. */
    uint8_t *ring;
    size_t ring_size;           /* Bytes. */
    size_t slot_size;           /* Bytes. */
    size_t block_slots;         /* Slots in each block. */
    size_t n_slots;
    size_t next;                /* The slot that is to be filled next. */

    uint8_t *longer;            /* LONG_MAX bytes for a frame that does not
                                 * fit in a slot; NULL until one comes. */
    uint64_t n_lost;            /* Frames that the kernel had no room for. */
    unsigned int n_empty;       /* Empty-handed calls. */
    int error;                  /* Of the socket, not yet reported. */
};

static const struct host_rx_class ring_rx_class;

static int
set_option(int fd, int option, int value)
{
    return (setsockopt(fd, SOL_PACKET, option, &value, sizeof value) < 0
            ? errno : 0);
}

/* The set-up. */

static size_t
round_up(size_t x, size_t y)
{
    return (x + y - 1) / y * y;
}

/* Decides on the layout of the ring. */
static void
plan_ring(struct ring_rx *rx, const struct host_rx_config *config)
{
    /* What the kernel puts before the frame: its own header with an address,
     * the virtio header, and padding that aligns what follows the Ethernet
     * header. */
    const size_t prefix = TPACKET2_HDRLEN + sizeof(struct virtio_net_hdr) + 32;
    size_t size = config->buffer_size;
    size_t n_blocks;

    rx->slot_size = round_up(prefix + config->max_frame, TPACKET_ALIGNMENT);
    if (rx->slot_size > BLOCK_SIZE) {
        rx->slot_size = BLOCK_SIZE;
    }
    rx->block_slots = BLOCK_SIZE / rx->slot_size;
    if (!size) {
        size = rx->slot_size * RING_SLOTS;
        size = size < RING_MAX ? size : RING_MAX;
    }
    n_blocks = (size + BLOCK_SIZE - 1) / BLOCK_SIZE;
    rx->n_slots = n_blocks * rx->block_slots;
    rx->ring_size = n_blocks * BLOCK_SIZE;
}

static int
make_ring(struct ring_rx *rx)
{
    struct tpacket_req req = {
        .tp_block_size = BLOCK_SIZE,
        .tp_block_nr = rx->ring_size / BLOCK_SIZE,
        .tp_frame_size = rx->slot_size,
        .tp_frame_nr = rx->n_slots,
    };
    void *ring;

    if (setsockopt(rx->up.fd, SOL_PACKET, PACKET_RX_RING,
                   &req, sizeof req) < 0) {
        return errno;
    }
    ring = mmap(NULL, rx->ring_size, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_POPULATE, rx->up.fd, 0);
    if (ring == MAP_FAILED) {
        return errno;
    }
    rx->ring = ring;
    return 0;
}

/* Lets frames that are longer than a slot wait in the socket's queue. */
static int
allow_long_frames(int fd)
{
    int size = QUEUE_MAX;

    /* Forced, because the system's limit for everybody has room for two or
     * three.  Where that is refused, the limit must do. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
    return set_option(fd, PACKET_COPY_THRESH, 1);
}

/* Everything that has to be done before the socket is bound. */
static int
set_up(struct ring_rx *rx)
{
    int fd = rx->up.fd;
    int error;

    error = set_option(fd, PACKET_VERSION, TPACKET_V2);
    error = error ? error : set_option(fd, PACKET_VNET_HDR, 1);
    error = error ? error : allow_long_frames(fd);

    /* Kernels before 4.20 do not know it; the look at each frame's type
     * remains. */
    set_option(fd, PACKET_IGNORE_OUTGOING, 1);
    return error ? error : make_ring(rx);
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

/* Starts reception.  The interface is promiscuous for as long as the socket
 * is open. */
static int
bind_to(int fd, unsigned int ifindex)
{
    struct sockaddr_ll sll = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = ifindex,
    };
    struct packet_mreq mreq = {
        .mr_ifindex = ifindex,
        .mr_type = PACKET_MR_PROMISC,
    };

    return (bind(fd, (struct sockaddr *) &sll, sizeof sll) < 0
            || setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                          &mreq, sizeof mreq) < 0
            ? lhost_errno(errno) : 0);
}

static int
open_ring(struct ring_rx *rx, const char *name,
          const struct host_rx_config *config)
{
    unsigned int ifindex;
    int error;

    /* Protocol 0: nothing is received before everything is set up. */
    rx->up.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (rx->up.fd < 0) {
        return errno;
    }
    error = lhost_get_ifindex(name, &ifindex);
    error = error ? error : check_ethernet(rx->up.fd, name);
    error = error ? error : set_up(rx);
    error = error ? error : bind_to(rx->up.fd, ifindex);
    if (!error && config->n_queues > 1) {
        error = lhost_join_fanout(rx->up.fd, config->group);
    }
    return error;
}

static void
ring_rx_close(struct host_rx *rx_)
{
    struct ring_rx *rx = (struct ring_rx *) rx_;

    if (rx->ring) {
        munmap(rx->ring, rx->ring_size);
    }
    if (rx->up.fd >= 0) {
        close(rx->up.fd);
    }
    free(rx->longer);
    free(rx);
}

int
lhost_rx_open_ring(const char *name, const struct host_rx_config *config,
                   struct host_rx **rxp)
{
    struct ring_rx *rx = calloc(1, sizeof *rx);
    int error;

    *rxp = NULL;
    if (!rx) {
        return ENOMEM;
    }
    rx->up.class = &ring_rx_class;
    rx->up.any_length = true;
    plan_ring(rx, config);
    error = open_ring(rx, name, config);
    if (error) {
        ring_rx_close(&rx->up);
        return error;
    }
    *rxp = &rx->up;
    return 0;
}

/* Reception. */

static struct tpacket2_hdr *
get_slot(const struct ring_rx *rx, size_t i)
{
    return (struct tpacket2_hdr *) (rx->ring
                                    + i / rx->block_slots * BLOCK_SIZE
                                    + i % rx->block_slots * rx->slot_size);
}

static enum host_gso
get_gso(const struct virtio_net_hdr *vnet)
{
    switch (vnet->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
    case VIRTIO_NET_HDR_GSO_NONE:
        return HOST_GSO_NONE;
    case VIRTIO_NET_HDR_GSO_TCPV4:
        return HOST_GSO_TCP4;
    case VIRTIO_NET_HDR_GSO_TCPV6:
        return HOST_GSO_TCP6;
    case VIRTIO_NET_HDR_GSO_UDP_L4:
        return HOST_GSO_UDP;
    default:
        return HOST_GSO_UNKNOWN;
    }
}

/* Puts into '*meta' what the virtio header at 'vnet_' says. */
static void
get_meta(const void *vnet_, struct host_meta *meta)
{
    struct virtio_net_hdr vnet;

    /* Both the kernel and who reads use the machine's byte order, because
     * nobody has asked for another one. */
    memcpy(&vnet, vnet_, sizeof vnet);
    meta->gso = get_gso(&vnet);
    meta->gso_size = vnet.gso_size;
    if (vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
        meta->csum = HOST_CSUM_PARTIAL;
        meta->csum_start = vnet.csum_start;
        meta->csum_offset = vnet.csum_offset;
    } else if (vnet.flags & VIRTIO_NET_HDR_F_DATA_VALID) {
        meta->csum = HOST_CSUM_GOOD;
    }
}

/* Fills '*frame' with the frame in slot 'h'. */
static void
describe(struct tpacket2_hdr *h, struct host_frame *frame)
{
    uint8_t *data = (uint8_t *) h + h->tp_mac;

    memset(frame, 0, sizeof *frame);
    frame->data = data;
    frame->len = h->tp_snaplen;
    frame->wire_len = h->tp_len;
    frame->meta.time_ns = (h->tp_sec * UINT64_C(1000000000) + h->tp_nsec);
    if (h->tp_status & TP_STATUS_VLAN_VALID) {
        frame->meta.tci = h->tp_vlan_tci;
        frame->meta.tpid = (h->tp_status & TP_STATUS_VLAN_TPID_VALID
                            ? h->tp_vlan_tpid : ETH_P_8021Q);
    }
    get_meta(data - sizeof(struct virtio_net_hdr), &frame->meta);
}

/* Takes the frame that begins in the slot of '*frame' from the socket's queue,
 * where it is whole. */
static bool
fetch_long(struct ring_rx *rx, struct host_frame *frame)
{
    struct virtio_net_hdr vnet;
    struct iovec iov[2] = { { .iov_base = &vnet, .iov_len = sizeof vnet } };
    struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
    ssize_t n;

    if (!rx->longer) {
        rx->longer = malloc(LONG_MAX);
        if (!rx->longer) {
            return false;
        }
    }
    iov[1].iov_base = rx->longer;
    iov[1].iov_len = LONG_MAX;
    do {
        n = recvmsg(rx->up.fd, &msg, MSG_DONTWAIT);
        if (n < 0 && errno == ENETDOWN) {
            /* The frames from before are still there. */
            rx->error = errno;
        }
    } while (n < 0 && (errno == EINTR || errno == ENETDOWN));
    if (n < (ssize_t) sizeof vnet) {
        return false;
    }
    frame->data = rx->longer;
    frame->len = n - sizeof vnet;
    return true;
}

/* Hands out the frame in slot 'h', unless it is none to be handed out.
 * Returns false if no more frames are wanted. */
static bool
hand_out(struct ring_rx *rx, struct tpacket2_hdr *h, uint32_t status,
         host_rx_cb *cb, void *aux)
{
    const struct sockaddr_ll *sll
        = (void *) ((uint8_t *) h + TPACKET_ALIGN(sizeof *h));
    bool long_frame = (status & TP_STATUS_COPY) != 0;
    struct host_frame frame;

    describe(h, &frame);
    if ((long_frame || frame.len < frame.wire_len)
        && !(long_frame && fetch_long(rx, &frame))) {
        /* There was no room in the queue. */
        rx->n_lost++;
        return true;
    }
    return sll->sll_pkttype == PACKET_OUTGOING || cb(&frame, aux);
}

/* Finds out why there may be no more frames. */
static int
check_state(struct ring_rx *rx)
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

static int
ring_rx_recv(struct host_rx *rx_, size_t max, host_rx_cb *cb, void *aux)
{
    struct ring_rx *rx = (struct ring_rx *) rx_;
    bool more = true;
    size_t n;

    for (n = 0; more && n < max; n++) {
        struct tpacket2_hdr *h = get_slot(rx, rx->next);
        uint32_t status = __atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE);

        if (!(status & TP_STATUS_USER)) {
            break;
        }
        more = hand_out(rx, h, status, cb, aux);
        __atomic_store_n(&h->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
        rx->next = rx->next + 1 < rx->n_slots ? rx->next + 1 : 0;
    }

    /* Whoever waits is woken at once if the socket has an error, and comes
     * here until it is looked at. */
    return (n || ++rx->n_empty % CHECK_INTERVAL ? 0 : check_state(rx));
}

static uint64_t
ring_rx_drops(struct host_rx *rx_)
{
    struct ring_rx *rx = (struct ring_rx *) rx_;
    struct tpacket_stats stats;
    socklen_t len = sizeof stats;

    /* Reading them resets them. */
    if (!getsockopt(rx->up.fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len)) {
        rx->n_lost += stats.tp_drops;
    }
    return rx->n_lost;
}

static const struct host_rx_class ring_rx_class = {
    .destroy = ring_rx_close,
    .receive = ring_rx_recv,
    .drops = ring_rx_drops,
    .name = "ring",
};
