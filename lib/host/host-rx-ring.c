/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Reception through a packet socket's ring (packet(7), TPACKET_V2): see
 * host-rx-packet.h.
 *
 * A slot of the ring has room for a frame of the interface's MTU.  Longer ones,
 * that is, those that stand for several and those that come before the MTU is
 * known to have grown, wait in the socket's queue: the kernel puts their
 * beginning into a slot and marks it with TP_STATUS_COPY.  That way the memory
 * that a ring costs does not depend on how long they can be.
 *
 * No lock: a handle is serialised by its caller. */

/* For MAP_POPULATE and be sure of MSG_TRUNC. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "host/host-rx-packet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "host/host-linux.h"

/* Slots of a ring whose size is not given, if they fit in RING_MAX bytes. */
#define RING_SLOTS 1024
#define RING_MAX (4 * 1024 * 1024)

/* A ring that was nearly full grows by this factor, up to so many bytes. */
#define GROWTH 4
#define GROWN_MAX (16 * 1024 * 1024)

/* A ring consists of blocks of this size, which the kernel can allocate
 * without effort.  A slot does not cross from one to the next. */
#define BLOCK_SIZE (32 * 1024)

struct ring_rx {
    struct packet_rx up;

    /* The ring. */
    uint8_t *ring;
    size_t ring_size;           /* Bytes. */
    size_t slot_size;           /* Bytes. */
    size_t block_slots;         /* Slots in each block. */
    size_t n_slots;
    size_t next;                /* The slot that is to be filled next. */

    void *longer;               /* Room for a frame of up to PACKET_FRAME_MAX
                                 * bytes that does not fit in a slot, behind
                                 * HOST_FRAME_HEADROOM bytes; NULL until one
                                 * comes, and when somebody kept it. */
};

static const struct host_rx_class ring_rx_class;

/* The set-up. */

static size_t
round_up(size_t x, size_t y)
{
    return (x + y - 1) / y * y;
}

/* Decides on the layout of a ring of at least 'size' bytes, or as the
 * configuration says. */
static void
plan_ring(struct ring_rx *rx, size_t size)
{
    /* What the kernel puts before the frame: its own header with an address,
     * the virtio header, and padding that aligns what follows the Ethernet
     * header. */
    const size_t prefix = TPACKET2_HDRLEN + sizeof(struct virtio_net_hdr) + 32;
    const struct host_rx_config *config = &rx->up.config;
    size_t n_blocks;

    rx->slot_size = round_up(prefix + config->max_frame, TPACKET_ALIGNMENT);
    if (rx->slot_size > BLOCK_SIZE) {
        rx->slot_size = BLOCK_SIZE;
    }
    rx->block_slots = BLOCK_SIZE / rx->slot_size;
    if (config->buffer_size) {
        size = config->buffer_size;
    } else if (!size) {
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
    int fd = rx->up.up.fd;
    int always = 1;
    void *ring;

    /* What is longer than a slot is to wait in the socket's queue. */
    if (setsockopt(fd, SOL_PACKET, PACKET_COPY_THRESH,
                   &always, sizeof always) < 0
        || setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof req) < 0) {
        return errno;
    }
    ring = mmap(NULL, rx->ring_size, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_POPULATE, fd, 0);
    if (ring == MAP_FAILED) {
        return errno;
    }
    rx->ring = ring;
    return 0;
}

static void
ring_rx_close(struct host_rx *rx_)
{
    struct ring_rx *rx = (struct ring_rx *) rx_;

    if (rx->ring) {
        munmap(rx->ring, rx->ring_size);
    }
    packet_rx_uninit(&rx->up);
    free(rx->longer);
    free(rx);
}

/* Makes a ring of 'size' bytes, see plan_ring(), that receives nothing yet. */
static int
prepare_ring(const struct host_rx_config *config, size_t size,
             struct ring_rx **rxp)
{
    struct ring_rx *rx = calloc(1, sizeof *rx);
    int error;

    *rxp = NULL;
    if (!rx) {
        return ENOMEM;
    }
    rx->up.up.class = &ring_rx_class;
    error = packet_rx_init(&rx->up, config);
    if (!error) {
        plan_ring(rx, size);
        error = make_ring(rx);
    }
    if (error) {
        ring_rx_close(&rx->up.up);
        return error;
    }
    *rxp = rx;
    return 0;
}

/* A handle that shares the frames with others is a member of their group, not
 * of one whose members take each other's place. */
static int
join_others(struct packet_rx *rx)
{
    if (rx->config.n_queues > 1) {
        return lhost_join_fanout(rx->up.fd, rx->config.group,
                                 PACKET_FANOUT_HASH);
    }

    /* A kernel that cannot do that leaves it at this ring. */
    packet_rx_make_group(rx);
    return 0;
}

int
packet_rx_open_ring(const char *name, const struct host_rx_config *config,
                    struct host_rx **rxp)
{
    struct ring_rx *rx;
    int error;

    *rxp = NULL;
    error = prepare_ring(config, 0, &rx);
    if (error) {
        return error;
    }
    error = packet_rx_start(&rx->up, name);
    error = error ? error : join_others(&rx->up);
    if (error) {
        ring_rx_close(&rx->up.up);
        return error;
    }
    *rxp = &rx->up.up;
    return 0;
}

int
packet_rx_grow_ring(struct packet_rx *old, size_t size, struct host_rx **rxp)
{
    struct ring_rx *rx;
    int error;

    *rxp = NULL;
    error = prepare_ring(&old->config, size, &rx);
    if (error) {
        return error;
    }
    error = packet_rx_take_over(&rx->up, old);
    if (error) {
        ring_rx_close(&rx->up.up);
        return error;
    }
    *rxp = &rx->up.up;
    return 0;
}

static int
ring_rx_grow(struct host_rx *rx_, struct host_rx **rxp)
{
    struct ring_rx *rx = (struct ring_rx *) rx_;

    return packet_rx_grow_ring(&rx->up, GROWTH * rx->ring_size, rxp);
}

/* Reception. */

static struct tpacket2_hdr *
get_slot(const struct ring_rx *rx, size_t i)
{
    return (struct tpacket2_hdr *) (rx->ring
                                    + i / rx->block_slots * BLOCK_SIZE
                                    + i % rx->block_slots * rx->slot_size);
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
    lhost_get_meta(data - sizeof(struct virtio_net_hdr), &frame->meta);
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
        rx->longer = malloc(HOST_FRAME_HEADROOM + PACKET_FRAME_MAX);
        if (!rx->longer) {
            return false;
        }
    }
    iov[1].iov_base = (uint8_t *) rx->longer + HOST_FRAME_HEADROOM;
    iov[1].iov_len = PACKET_FRAME_MAX;
    do {
        n = recvmsg(rx->up.up.fd, &msg, MSG_DONTWAIT);
        if (n < 0 && errno == ENETDOWN) {
            /* The frames from before are still there. */
            rx->up.error = errno;
        }
    } while (n < 0 && (errno == EINTR || errno == ENETDOWN));
    if (n < (ssize_t) sizeof vnet) {
        return false;
    }
    frame->data = iov[1].iov_base;
    frame->memory = &rx->longer;
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
        rx->up.n_lost++;
        return true;
    }
    return sll->sll_pkttype == PACKET_OUTGOING || cb(&frame, aux);
}

/* True if a ring that has just had 'n' frames is nearly full all the same, and
 * may grow. */
static bool
is_too_small(const struct ring_rx *rx)
{
    size_t far = rx->next + rx->n_slots / 4 * 3;
    const struct tpacket2_hdr *h = get_slot(rx, far % rx->n_slots);

    return (rx->up.group >= 0 && !rx->up.config.buffer_size
            && GROWTH * rx->ring_size <= GROWN_MAX
            && (__atomic_load_n(&h->tp_status, __ATOMIC_RELAXED)
                & TP_STATUS_USER));
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
    if (n >= max && !rx->up.up.wants_room) {
        rx->up.up.wants_room = is_too_small(rx);
    }
    return n ? 0 : packet_rx_check(&rx->up);
}

static const struct host_rx_class ring_rx_class = {
    .destroy = ring_rx_close,
    .receive = ring_rx_recv,
    .drops = packet_rx_drops,
    .quiet = packet_rx_quiet,
    .grow = ring_rx_grow,
    .name = "ring",
};
