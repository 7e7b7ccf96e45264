/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Reception from a packet socket's queue: see host-rx-packet.h.  A handle is
 * like that from the beginning until there is traffic.
 *
 * 'pool_mutex' guards the memory into which frames are received.  That is
 * borrowed for one call each time, so that there is as much of it as there are
 * threads that receive at the same time, however many handles there are.  A
 * handle is serialised by its caller. */

/* For recvmmsg(2). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "host/host-rx-packet.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "host/host-linux.h"

/* Frames that one system call takes. */
#define BURST 32

/* A ring is wanted if so many frames come within a second, or if so many wait
 * that one call does not take all of them. */
#define BUSY_FRAMES 256
#define SECOND_NS UINT64_C(1000000000)

struct queue_rx {
    struct packet_rx up;

    /* The present second, by the time of arrival of frames. */
    uint64_t second_ns;         /* When it began. */
    unsigned int n_frames;      /* In it so far. */
};

static const struct host_rx_class queue_rx_class;

/* Memory for frames. */

/* Room for one frame.  The kernel writes to no more of it than a frame needs,
 * so that most of it is never there.  Its size is no multiple of what caches
 * divide memory into, lest all beginnings compete for the same lines. */
struct room {
    struct virtio_net_hdr vnet;
    uint8_t frame[PACKET_FRAME_MAX + 256];
};

struct rooms {
    struct rooms *next;         /* In 'pool'. */
    struct room room[BURST];
};

static pthread_mutex_t pool_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct rooms *pool;

static struct rooms *
borrow_rooms(void)
{
    struct rooms *rooms;

    pthread_mutex_lock(&pool_mutex);
    rooms = pool;
    if (rooms) {
        pool = rooms->next;
    }
    pthread_mutex_unlock(&pool_mutex);
    return rooms ? rooms : malloc(sizeof *rooms);
}

static void
return_rooms(struct rooms *rooms)
{
    pthread_mutex_lock(&pool_mutex);
    rooms->next = pool;
    pool = rooms;
    pthread_mutex_unlock(&pool_mutex);
}

/* The set-up. */

static int
set_up(struct queue_rx *rx, const char *name)
{
    int fd = rx->up.up.fd;
    int on = 1;
    int error;

    if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) < 0
        || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0) {
        return errno;
    }
    error = packet_rx_start(&rx->up, name);
    if (error) {
        return error;
    }
    return packet_rx_make_group(&rx->up) ? EOPNOTSUPP : 0;
}

static void
queue_rx_close(struct host_rx *rx_)
{
    struct queue_rx *rx = (struct queue_rx *) rx_;

    packet_rx_uninit(&rx->up);
    free(rx);
}

int
packet_rx_open_queue(const char *name, const struct host_rx_config *config,
                     struct host_rx **rxp)
{
    struct queue_rx *rx = calloc(1, sizeof *rx);
    int error;

    *rxp = NULL;
    if (!rx) {
        return ENOMEM;
    }
    rx->up.up.class = &queue_rx_class;
    error = packet_rx_init(&rx->up, config);
    error = error ? error : set_up(rx, name);
    if (error) {
        queue_rx_close(&rx->up.up);
        return error;
    }
    *rxp = &rx->up.up;
    return 0;
}

static int
queue_rx_grow(struct host_rx *rx_, struct host_rx **rxp)
{
    struct queue_rx *rx = (struct queue_rx *) rx_;

    return packet_rx_grow_ring(&rx->up, 0, rxp);
}

/* Reception. */

/* What comes with a frame. */
struct envelope {
    struct iovec iov;
    struct sockaddr_ll from;
    union {
        char buf[CMSG_SPACE(sizeof(struct tpacket_auxdata))
                 + CMSG_SPACE(sizeof(struct timespec))];
        struct cmsghdr align;
    } control;
};

/* Prepares to receive up to 'n' frames into 'rooms'. */
static void
prepare(struct rooms *rooms, struct mmsghdr *msgs, struct envelope *envelopes,
        size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct msghdr *msg = &msgs[i].msg_hdr;

        envelopes[i].iov.iov_base = &rooms->room[i];
        envelopes[i].iov.iov_len = sizeof rooms->room[i];
        msg->msg_name = &envelopes[i].from;
        msg->msg_namelen = sizeof envelopes[i].from;
        msg->msg_iov = &envelopes[i].iov;
        msg->msg_iovlen = 1;
        msg->msg_control = &envelopes[i].control;
        msg->msg_controllen = sizeof envelopes[i].control;
        msg->msg_flags = 0;
    }
}

static void
take_auxdata(const struct cmsghdr *cmsg, struct host_frame *frame)
{
    struct tpacket_auxdata aux;

    memcpy(&aux, CMSG_DATA(cmsg), sizeof aux);
    if (aux.tp_len > frame->len) {
        frame->wire_len = aux.tp_len;
    }
    if (aux.tp_status & TP_STATUS_VLAN_VALID) {
        frame->meta.tci = aux.tp_vlan_tci;
        frame->meta.tpid = (aux.tp_status & TP_STATUS_VLAN_TPID_VALID
                            ? aux.tp_vlan_tpid : ETH_P_8021Q);
    }
}

static void
take_time(const struct cmsghdr *cmsg, struct host_frame *frame)
{
    struct timespec ts;

    memcpy(&ts, CMSG_DATA(cmsg), sizeof ts);
    frame->meta.time_ns = ts.tv_sec * SECOND_NS + ts.tv_nsec;
}

/* Fills '*frame' with the frame that came as 'msg' into 'room'. */
static void
describe(const struct room *room, struct mmsghdr *msg,
         struct host_frame *frame)
{
    struct cmsghdr *cmsg;

    memset(frame, 0, sizeof *frame);
    frame->data = room->frame;
    frame->len = frame->wire_len = msg->msg_len - sizeof room->vnet;
    lhost_get_meta(&room->vnet, &frame->meta);
    for (cmsg = CMSG_FIRSTHDR(&msg->msg_hdr); cmsg;
         cmsg = CMSG_NXTHDR(&msg->msg_hdr, cmsg)) {
        if (cmsg->cmsg_level == SOL_PACKET
            && cmsg->cmsg_type == PACKET_AUXDATA) {
            take_auxdata(cmsg, frame);
        } else if (cmsg->cmsg_level == SOL_SOCKET
                   && cmsg->cmsg_type == SO_TIMESTAMPNS) {
            take_time(cmsg, frame);
        }
    }
}

/* Notes that 'frame' came, when it came. */
static void
count_frame(struct queue_rx *rx, const struct host_frame *frame)
{
    if (frame->meta.time_ns - rx->second_ns >= SECOND_NS) {
        rx->second_ns = frame->meta.time_ns;
        rx->n_frames = 0;
    }
    rx->up.up.wants_room |= ++rx->n_frames >= BUSY_FRAMES;
}

/* Receives up to 'n' frames.  Returns how many, 0 also if it failed. */
static size_t
receive(struct queue_rx *rx, struct mmsghdr *msgs, size_t n)
{
    int retval;

    do {
        retval = recvmmsg(rx->up.up.fd, msgs, n, MSG_DONTWAIT, NULL);
    } while (retval < 0 && errno == EINTR);
    if (retval < 0 && errno != EAGAIN) {
        rx->up.error = errno;
    }
    return retval > 0 ? retval : 0;
}

/* Hands out the 'n' frames that were received, all of them, for nobody keeps
 * them. */
static void
hand_out(struct queue_rx *rx, struct rooms *rooms, struct mmsghdr *msgs,
         size_t n, host_rx_cb *cb, void *aux)
{
    for (size_t i = 0; i < n; i++) {
        const struct sockaddr_ll *from = msgs[i].msg_hdr.msg_name;

        if (msgs[i].msg_len > sizeof rooms->room[i].vnet
            && from->sll_pkttype != PACKET_OUTGOING) {
            struct host_frame frame;

            describe(&rooms->room[i], &msgs[i], &frame);
            count_frame(rx, &frame);
            cb(&frame, aux);
        }
    }
}

static int
queue_rx_recv(struct host_rx *rx_, size_t max, host_rx_cb *cb, void *aux)
{
    struct queue_rx *rx = (struct queue_rx *) rx_;
    struct envelope envelopes[BURST];
    struct mmsghdr msgs[BURST];
    struct rooms *rooms = borrow_rooms();
    size_t n;

    if (!rooms) {
        return ENOMEM;
    }
    max = max < BURST ? max : BURST;
    prepare(rooms, msgs, envelopes, max);
    n = receive(rx, msgs, max);
    hand_out(rx, rooms, msgs, n, cb, aux);
    return_rooms(rooms);

    rx_->wants_room |= n >= BURST;
    return n ? 0 : packet_rx_check(&rx->up);
}

static const struct host_rx_class queue_rx_class = {
    .destroy = queue_rx_close,
    .receive = queue_rx_recv,
    .drops = packet_rx_drops,
    .quiet = packet_rx_quiet,
    .grow = queue_rx_grow,
    .name = "ring",
};
