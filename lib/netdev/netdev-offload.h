/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Frames whose senders have left work to whoever sends them on: to finish the
 * checksum, or to cut what stands for several frames into segments.
 *
 * Senders on the same host do that, for no wire is in between: containers
 * behind a veth, virtual machines behind a tap, the host itself.  A switch
 * that passed such frames on as they are would send out frames with a wrong
 * checksum, and would drop those that are longer than the MTU: everything but
 * ping would be dead.  So they are made whole where they enter, unless
 * other_config:userspace-tso-enable wants them as they are: then where they
 * leave through a port that cannot send them so.
 *
 * No state.  Any thread may call anything. */

#ifndef NETDEV_NETDEV_OFFLOAD_H
#define NETDEV_NETDEV_OFFLOAD_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dp-packet.h"
#include "host/host.h"
#include "packets.h"

/* Room before a frame, as in memory that frames are received into. */
#define NB_HEADROOM HOST_FRAME_HEADROOM

/* Longest frame that a dp_packet can hold with its headroom. */
#define NB_FRAME_MAX (UINT16_MAX - NB_HEADROOM)

/* Most bytes of headers of packets that are joined: an Ethernet header with two
 * tags, and the longest of IPv4 and TCP. */
#define NB_JOIN_HEADERS_MAX (ETH_HEADER_LEN + 2 * VLAN_HEADER_LEN + 60 + 60)

/* A packet and the time at which it arrived, as in struct host_meta. */
struct nb_packet {
    struct dp_packet *packet;
    uint64_t time_ns;
};

/* Packets in order, the first at packets[head]. */
struct nb_packets {
    struct nb_packet *packets;
    size_t head;
    size_t n;                   /* Those from 'head' on. */
    size_t allocated;
};

/* Adds 'packet', which arrived at 'time_ns', at the end. */
void nb_packets_push(struct nb_packets *, struct dp_packet *packet,
                     uint64_t time_ns);

/* Moves packets to the end of 'batch', and their times to the same place in
 * 'times', for as long as there are any and there is room. */
void nb_packets_move(struct nb_packets *, struct dp_packet_batch *batch,
                     uint64_t times[NETDEV_MAX_BURST]);

/* Deletes all packets, and the memory that held them. */
void nb_packets_destroy(struct nb_packets *);

/* What has been done, for counters; added to what is there. */
struct nb_offload_work {
    size_t n_finished;          /* Frames whose checksum was finished. */
    size_t n_cut;               /* Frames that were cut into segments. */
    size_t n_segments;          /* The segments. */
    size_t n_left;              /* Frames that were left to stand for
                                 * several. */
};

/* True if there is nothing to do about a frame of which 'meta' is known. */
static inline bool
nb_offload_is_whole(const struct host_meta *meta)
{
    return ((meta->csum == HOST_CSUM_UNKNOWN || meta->csum == HOST_CSUM_GOOD)
            && meta->gso == HOST_GSO_NONE);
}

/* Makes packets of 'frame', which has at least an Ethernet header, is not cut
 * off, and came in on a device with an MTU of 'mtu' bytes, and appends them to
 * 'packets'.  Its tag, if it was taken off, is put back.
 *
 * If 'leave' is true, work that packets can tell of (see ovs-compat.h) is left
 * over: checksums of TCP and UDP, and the segmentation of TCP, outside of
 * tunnels.
 *
 * Returns false, and makes no packet, if 'frame' is not what it is said to be,
 * is too long for a packet, or stands for several frames in a way that is not
 * understood. */
bool nb_offload_receive(const struct host_frame *frame, int mtu, bool leave,
                        struct nb_packets *packets,
                        struct nb_offload_work *work);

/* Describes 'packet', which is about to be sent on a device with an MTU of
 * 'mtu' bytes, in '*frame', with what is left to do about it.  Corrects the
 * sum in an unfinished checksum's field, which the kernel goes on from.
 *
 * Returns 0 or an errno value: EMSGSIZE if it stands for segments that are
 * longer than the MTU; EINVAL if its headers do not fit what is said to be
 * left to do. */
int nb_offload_describe(struct dp_packet *packet, int mtu,
                        struct host_frame *frame);

/* What a frame that was made of several packets refers to. */
struct nb_join {
    uint8_t headers[NB_JOIN_HEADERS_MAX];
    struct host_piece pieces[HOST_PIECES_MAX];
};

/* If some of the 'n' packets at 'packets', from the first one on, are TCP
 * segments that follow each other in a way in which a system cuts them, with
 * checksums that are known to be right, describes them in '*frame' as one frame
 * that stands for several, and returns how many they are; otherwise 0.  'mtu'
 * as for nb_offload_describe().  The frame refers to '*join' and to the
 * packets, which are not changed. */
size_t nb_offload_join(struct dp_packet *const packets[], size_t n, int mtu,
                       struct host_frame *frame, struct nb_join *join);

/* Appends 'packet', or what it stands for if something is left to do, whole to
 * 'packets'.  'mtu' matters if the size of segments is unknown.
 *
 * Returns false, and leaves 'packet' to the caller, if that is not possible. */
bool nb_offload_finish(struct dp_packet *packet, int mtu,
                       struct nb_packets *packets,
                       struct nb_offload_work *work);

/* Adds the 'n' bytes at 'data', an even number of bytes behind whatever has
 * been summed up in 'partial', as csum_continue() of Open vSwitch does, but
 * several times as fast. */
uint32_t nb_csum_continue(uint32_t partial, const void *data, size_t n);

#endif /* NETDEV_NETDEV_OFFLOAD_H */
