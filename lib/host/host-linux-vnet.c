/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The virtio header that Linux puts before frames, or wants there, on packet
 * sockets (PACKET_VNET_HDR) and taps (IFF_VNET_HDR): what the sender has left
 * to do.
 *
 * Both the kernel and who reads use the machine's byte order, because nobody
 * has asked for another one.
 *
 * No state: any thread may call any function. */

#include "host/host-linux.h"

#include <string.h>

#include <linux/virtio_net.h>

/* Linux 6.2 and later; the number is part of virtio. */
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

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

void
lhost_get_meta(const void *vnet_, struct host_meta *meta)
{
    struct virtio_net_hdr vnet;

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

static uint8_t
put_gso(uint8_t gso)
{
    return (gso == HOST_GSO_TCP4 ? VIRTIO_NET_HDR_GSO_TCPV4
            : gso == HOST_GSO_TCP6 ? VIRTIO_NET_HDR_GSO_TCPV6
            : gso == HOST_GSO_UDP ? VIRTIO_NET_HDR_GSO_UDP_L4
            : VIRTIO_NET_HDR_GSO_NONE);
}

/* Bytes of headers of 'frame', which stands for several: the kernel wants them
 * in one piece. */
static uint16_t
get_header_len(const struct host_frame *frame)
{
    enum { TCP_OFFSET = 12, UDP_LEN = 8 };
    const uint8_t *l4 = (const uint8_t *) frame->data + frame->meta.csum_start;

    return (frame->meta.csum_start
            + (frame->meta.gso == HOST_GSO_UDP
               ? UDP_LEN : (l4[TCP_OFFSET] >> 4) * 4));
}

void
lhost_put_meta(const struct host_frame *frame, void *vnet_)
{
    const struct host_meta *meta = &frame->meta;
    struct virtio_net_hdr vnet;

    memset(&vnet, 0, sizeof vnet);
    if (meta->csum == HOST_CSUM_PARTIAL) {
        vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        vnet.csum_start = meta->csum_start;
        vnet.csum_offset = meta->csum_offset;
    }
    if (meta->gso != HOST_GSO_NONE) {
        vnet.gso_type = put_gso(meta->gso);
        vnet.gso_size = meta->gso_size;
        vnet.hdr_len = get_header_len(frame);
    }
    memcpy(vnet_, &vnet, sizeof vnet);
}
