/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Reception on Linux through packet sockets (packet(7)) with virtio headers,
 * which tell of each frame what its sender has left to do: the checksum, or
 * cutting it into segments.  libpcap's sockets cannot have them, because they
 * must be asked for before a ring is made.
 *
 * There are two ways to read such a socket.  Its queue (host-rx-queue.c) takes
 * memory only for what waits in it, and takes no time to open, but a system
 * call to read.  A ring (host-rx-ring.c) is read without one, but its memory is
 * there from the beginning, and making one takes the kernel 10 milliseconds.
 * So a handle begins with the queue, and a ring takes its place when traffic is
 * seen to need it, later on perhaps a larger one.
 *
 * No frame is lost or comes twice when one handle takes the place of another:
 * both are members of a fanout group whose program chooses the member that gets
 * a frame, and the kernel changes from one program to another at one moment.
 *
 * No lock: a handle is serialised by its caller. */

#ifndef HOST_HOST_RX_PACKET_H
#define HOST_HOST_RX_PACKET_H 1

#include <linux/virtio_net.h>

#include "host/host-rx.h"

/* Bytes of the longest frame that a packet socket hands out: 64 KiB of IP
 * packet with an Ethernet header and tags. */
#define PACKET_FRAME_MAX (65536 + 64)

/* The beginning of the structure of each way to read. */
struct packet_rx {
    struct host_rx up;
    struct host_rx_config config;
    unsigned int ifindex;
    int group;                  /* For one that takes our place, or -1. */
    uint64_t n_lost;            /* Frames that the kernel had no room for. */
    unsigned int n_empty;       /* Empty-handed calls. */
    int error;                  /* Of the socket, not yet reported. */
};

/* Opens the socket of 'rx', which must be all zeros, for 'config'.  Nothing is
 * received yet.  'rx->up.fd' is -1 on failure. */
int packet_rx_init(struct packet_rx *rx, const struct host_rx_config *config);

/* Starts reception on the interface 'name', which becomes promiscuous for as
 * long as the socket is open. */
int packet_rx_start(struct packet_rx *rx, const char *name);

/* Makes 'rx' the only member of a new group, so that another handle can take
 * its place some day. */
int packet_rx_make_group(struct packet_rx *rx);

/* Makes 'rx', which is set up but not started, take the place of 'old': when
 * this returns, what arrives goes to 'rx' only.  Slow.  Another thread may
 * receive from 'old' meanwhile. */
int packet_rx_take_over(struct packet_rx *rx, struct packet_rx *old);

/* Closes the socket. */
void packet_rx_uninit(struct packet_rx *rx);

/* Finds out, once in a while, why a call is empty-handed.  Returns 0 or what
 * host_rx_recv() is to return. */
int packet_rx_check(struct packet_rx *rx);

/* As host_rx_quiet(). */
void packet_rx_quiet(struct host_rx *rx);

/* As host_rx_drops(). */
uint64_t packet_rx_drops(struct host_rx *rx);

/* The two ways.  The first, for one handle alone, is EOPNOTSUPP if nothing
 * could ever take its place. */
int packet_rx_open_queue(const char *name, const struct host_rx_config *config,
                         struct host_rx **rxp);
int packet_rx_open_ring(const char *name, const struct host_rx_config *config,
                        struct host_rx **rxp);

/* Opens a ring that takes the place of 'old', with at least 'size' bytes if
 * the configuration of 'old' does not say how many. */
int packet_rx_grow_ring(struct packet_rx *old, size_t size,
                        struct host_rx **rxp);

#endif /* HOST_HOST_RX_PACKET_H */
