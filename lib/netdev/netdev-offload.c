/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * See netdev-offload.h.
 *
 * Nothing that is said about a frame, nor any length in it, is believed: the
 * owner of a tap can say what he likes.  Headers are read and written bytewise
 * because no alignment can be relied on.
 *
 * No state.  Any thread may call anything. */

#include <config.h>

#include "netdev/netdev-offload.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "crc32c.h"
#include "csum.h"
#include "dpif-netdev.h"
#include "netdev/netdev-bsd.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "unaligned.h"
#include "util.h"

/* Last, because it undoes definitions of <config.h>. */
#include "ovs-compat.h"

VLOG_DEFINE_THIS_MODULE(netdev_bsd_offload);

/* Packets that were made whole because what was to become of them wanted it
 * so, and those of which that was not possible. */
COVERAGE_DEFINE(netdev_bsd_finished);
COVERAGE_DEFINE(netdev_bsd_finish_drops);

BUILD_ASSERT_DECL(NB_HEADROOM >= DP_NETDEV_HEADROOM);

/* Most bytes of headers of a frame that is cut. */
#define HEADERS_MAX 512

/* Most segments that a frame is cut into.  64 KiB at the smallest segments
 * that TCP makes are fewer. */
#define SEGMENTS_MAX 2048

/* Offsets in headers. */
enum {
    IP_TOTAL_LEN = 2,
    IP_ID = 4,
    IP_FRAGMENT = 6,
    IP_PROTO = 9,
    IP_CSUM = 10,
    IP_SRC = 12,

    IP6_LEN = 4,
    IP6_NEXT = 6,
    IP6_SRC = 8,

    TCP_SEQ = 4,
    TCP_OFFSET = 12,
    TCP_FLAG_BITS = 13,
    TCP_CSUM = 16,

    UDP_LEN = 4,
    UDP_CSUM = 6,

    SCTP_CSUM = 8,
};

static uint16_t
get16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static void
put16(uint8_t *p, uint16_t value)
{
    put_unaligned_be16((ovs_be16 *) p, htons(value));
}

/* Queue of packets. */

void
nb_packets_push(struct nb_packets *q, struct dp_packet *packet,
                uint64_t time_ns)
{
    if (q->head + q->n >= q->allocated) {
        q->packets = x2nrealloc(q->packets, &q->allocated,
                                sizeof *q->packets);
    }
    q->packets[q->head + q->n++] = (struct nb_packet) { packet, time_ns };
}

void
nb_packets_move(struct nb_packets *q, struct dp_packet_batch *batch,
                uint64_t times[NETDEV_MAX_BURST])
{
    while (q->n && !dp_packet_batch_is_full(batch)) {
        const struct nb_packet *p = &q->packets[q->head++];

        times[dp_packet_batch_size(batch)] = p->time_ns;
        dp_packet_batch_add(batch, p->packet);
        q->n--;
    }
    if (!q->n) {
        q->head = 0;
    }
}

void
nb_packets_destroy(struct nb_packets *q)
{
    for (size_t i = 0; i < q->n; i++) {
        dp_packet_delete(q->packets[q->head + i].packet);
    }
    free(q->packets);
    memset(q, 0, sizeof *q);
}

/* Checksums. */

uint32_t
nb_csum_continue(uint32_t partial, const void *data, size_t n)
{
    const uint8_t *p = data;
    uint64_t sums[8] = { partial };
    uint64_t sum = 0;

    /* Words of 32 bits, in sums between which nothing depends on each other.
     * None can overflow: no frame is that long. */
    for (; n >= sizeof(uint32_t) * 8; n -= sizeof(uint32_t) * 8) {
        for (int i = 0; i < 8; i++) {
            uint32_t word;

            memcpy(&word, p, sizeof word);
            sums[i] += word;
            p += sizeof word;
        }
    }
    for (int i = 0; i < 8; i++) {
        sum += sums[i];
    }
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return csum_continue(sum, p, n);
}

/* Sum of the pseudo header of the IP header at 'ip' for 'len' bytes of
 * protocol 'proto'. */
static uint32_t
sum_pseudo(const uint8_t *ip, bool v6, uint8_t proto, uint32_t len)
{
    uint32_t sum = (v6
                    ? nb_csum_continue(0, ip + IP6_SRC, 32)
                    : nb_csum_continue(0, ip + IP_SRC, 8));

    return csum_add32(csum_add16(sum, htons(proto)), htonl(len));
}

/* Stores the checksum that 'sum' makes at 'field'.  0 means that there is
 * none, for UDP, and says the same as all ones otherwise. */
static void
put_csum(uint8_t *field, uint32_t sum)
{
    ovs_be16 csum = csum_finish(sum);

    put_unaligned_be16((ovs_be16 *) field, csum ? csum : OVS_BE16_MAX);
}

/* Headers. */

/* An IP header. */
struct l3 {
    size_t ofs;                 /* Its first byte. */
    size_t end;                 /* The first byte of what it carries, behind
                                 * options or extension headers. */
    size_t len;                 /* Its length and that of what it carries, as
                                 * it says itself; 0 = it does not. */
    uint8_t proto;              /* What it carries. */
    bool v6;
    bool fragment;              /* Carries a part only. */
};

static bool
parse_ipv4(const uint8_t *data, size_t size, struct l3 *l3)
{
    const uint8_t *ip = data + l3->ofs;
    size_t ihl;

    if (size - l3->ofs < IP_HEADER_LEN || ip[0] >> 4 != 4) {
        return false;
    }
    ihl = (ip[0] & 15) * 4;
    l3->v6 = false;
    l3->end = l3->ofs + ihl;
    l3->len = get16(ip + IP_TOTAL_LEN);
    l3->proto = ip[IP_PROTO];
    l3->fragment = get16(ip + IP_FRAGMENT) & 0x3fff;
    return ihl >= IP_HEADER_LEN && l3->end <= size;
}

static bool
is_extension(uint8_t proto)
{
    return (proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING
            || proto == IPPROTO_DSTOPTS);
}

static bool
parse_ipv6(const uint8_t *data, size_t size, struct l3 *l3)
{
    const uint8_t *ip = data + l3->ofs;

    if (size - l3->ofs < IPV6_HEADER_LEN || ip[0] >> 4 != 6) {
        return false;
    }
    l3->v6 = true;
    l3->end = l3->ofs + IPV6_HEADER_LEN;
    l3->len = get16(ip + IP6_LEN);
    l3->len += l3->len ? IPV6_HEADER_LEN : 0;
    l3->proto = ip[IP6_NEXT];
    while (is_extension(l3->proto)) {
        if (size - l3->end < 8) {
            return false;
        }
        l3->proto = data[l3->end];
        l3->end += (data[l3->end + 1] + 1) * 8;
        if (l3->end > size) {
            return false;
        }
    }
    l3->fragment = l3->proto == IPPROTO_FRAGMENT;
    return true;
}

/* Looks for the first IP header of the Ethernet frame of 'size' bytes at
 * 'data'. */
static bool
parse_l3(const uint8_t *data, size_t size, struct l3 *l3)
{
    size_t ofs = 2 * ETH_ADDR_LEN;
    uint16_t type;

    for (;;) {
        if (size < ofs + 2) {
            return false;
        }
        type = get16(data + ofs);
        ofs += 2;
        if (!eth_type_vlan(htons(type))) {
            break;
        }
        ofs += 2;
    }
    l3->ofs = ofs;
    return (type == ETH_TYPE_IP ? parse_ipv4(data, size, l3)
            : type == ETH_TYPE_IPV6 ? parse_ipv6(data, size, l3)
            : false);
}

/* Looks for the IP header just before 'l4', where a header of protocol 'proto'
 * is, within a tunnel of whatever kind, in the frame of 'size' bytes at
 * 'data'.  Its length tells it from what only looks like one. */
static bool
parse_inner_l3(const uint8_t *data, size_t size, size_t l4, uint8_t proto,
               struct l3 *l3)
{
    for (size_t ihl = IP_HEADER_LEN; ihl <= 60 && ihl <= l4; ihl += 4) {
        l3->ofs = l4 - ihl;
        if (parse_ipv4(data, size, l3) && l3->end == l4
            && l3->proto == proto && l3->len == size - l3->ofs) {
            return !l3->fragment;
        }
    }
    l3->ofs = l4 - IPV6_HEADER_LEN;
    return (l4 >= IPV6_HEADER_LEN
            && parse_ipv6(data, size, l3) && l3->end == l4
            && l3->proto == proto && l3->len == size - l3->ofs);
}

/* Whole frames. */

/* Writes the tag that was taken off 'frame' to the 4 bytes at 'tag'. */
static void
put_tag(uint8_t *tag, const struct host_frame *frame)
{
    put16(tag, frame->meta.tpid);
    put16(tag + 2, frame->meta.tci);
}

/* Makes a packet of the first 'n' bytes of 'frame', with its tag, and room for
 * 'more' bytes behind them. */
static struct dp_packet *
new_packet(const struct host_frame *frame, size_t n, size_t more)
{
    struct dp_packet *packet
        = dp_packet_new_with_headroom(n + VLAN_HEADER_LEN + more,
                                      NB_HEADROOM);
    const uint8_t *data = frame->data;
    size_t done = 0;

    if (OVS_UNLIKELY(frame->meta.tpid)) {
        done = 2 * ETH_ADDR_LEN;
        dp_packet_put(packet, data, done);
        put_tag(dp_packet_put_uninit(packet, VLAN_HEADER_LEN), frame);
    }
    dp_packet_put(packet, data + done, n - done);
    return packet;
}

/* Bytes by which a tag moves what is behind it. */
static size_t
tag_shift(const struct host_frame *frame)
{
    return frame->meta.tpid ? VLAN_HEADER_LEN : 0;
}

/* Unfinished checksums. */

/* Where an unfinished checksum is. */
struct partial {
    size_t start;               /* The sum is over what begins here... */
    size_t end;                 /* ...and ends here... */
    size_t field;               /* ...and belongs here. */
    bool crc;                   /* It is SCTP's. */
};

/* SCTP has a checksum of another kind, which must not be mistaken for it. */
static bool
carries_sctp(const struct host_frame *frame, size_t start)
{
    struct l3 l3;

    return (parse_l3(frame->data, frame->len, &l3) && !l3.fragment
            && l3.proto == IPPROTO_SCTP && l3.end == start);
}

/* Finds the checksum that is said to be unfinished. */
static bool
find_marked(const struct host_frame *frame, struct partial *partial)
{
    const struct host_meta *meta = &frame->meta;

    partial->start = meta->csum_start;
    partial->end = frame->len;
    partial->field = partial->start + meta->csum_offset;
    partial->crc = (meta->csum_offset == SCTP_CSUM
                    && carries_sctp(frame, partial->start));
    return (partial->start >= ETH_HEADER_LEN
            && partial->field + (partial->crc ? 4 : 2) <= frame->len);
}

/* Finds a checksum that nobody says is unfinished but that has just the sum of
 * the pseudo header.  (Should a finished one have it, by chance, then
 * finishing it again gives the same.) */
static bool
find_unmarked(const struct host_frame *frame, struct partial *partial)
{
    const uint8_t *data = frame->data;
    struct l3 l3;
    uint16_t folded;
    uint32_t sum;

    if (!parse_l3(data, frame->len, &l3) || l3.fragment
        || (l3.proto != IPPROTO_TCP && l3.proto != IPPROTO_UDP)
        || !l3.len || l3.len > frame->len - l3.ofs
        || l3.ofs + l3.len < l3.end) {
        return false;
    }
    partial->crc = false;
    partial->start = l3.end;
    partial->end = l3.ofs + l3.len;
    partial->field = l3.end + (l3.proto == IPPROTO_TCP ? TCP_CSUM : UDP_CSUM);
    if (partial->field + 2 > partial->end) {
        return false;
    }
    sum = sum_pseudo(data + l3.ofs, l3.v6, l3.proto,
                     partial->end - partial->start);
    folded = ~ntohs(csum_finish(sum));
    return get16(data + partial->field) == folded;
}

/* Finishes the checksum of 'packet'. */
static void
finish(struct dp_packet *packet, const struct partial *partial, size_t shift)
{
    uint8_t *data = dp_packet_data(packet);
    const uint8_t *start = data + partial->start + shift;
    uint8_t *field = data + partial->field + shift;
    size_t n = partial->end - partial->start;

    if (partial->crc) {
        memset(field, 0, sizeof(ovs_be32));
        put_unaligned_be32((ovs_be32 *) field, crc32c(start, n));
    } else {
        put_csum(field, nb_csum_continue(0, start, n));
    }
}

/* Leaves the checksum in 'packet', made of 'frame', unfinished, if it is one
 * that packets can tell of, and returns true. */
static bool
leave_checksum(struct dp_packet *packet, const struct host_frame *frame,
               const struct partial *partial)
{
    size_t offset = partial->field - partial->start;
    size_t shift = tag_shift(frame);
    struct l3 l3;
    bool tcp;

    if (partial->crc || !parse_l3(frame->data, frame->len, &l3)
        || l3.fragment || l3.end != partial->start) {
        return false;
    }
    tcp = l3.proto == IPPROTO_TCP && offset == TCP_CSUM;
    if (!tcp && (l3.proto != IPPROTO_UDP || offset != UDP_CSUM)) {
        return false;
    }
    ovs_compat_set_partial(packet, tcp, l3.v6, partial->start + shift, offset);
    return true;
}

/* Makes a packet of 'frame', which is one frame. */
static bool
receive_one(const struct host_frame *frame, bool leave,
            struct nb_packets *packets, struct nb_offload_work *work)
{
    struct dp_packet *packet;
    struct partial partial;
    bool finishing = false;

    if (OVS_UNLIKELY(frame->len > NB_FRAME_MAX - VLAN_HEADER_LEN)) {
        return false;
    }
    if (frame->meta.csum == HOST_CSUM_PARTIAL) {
        finishing = find_marked(frame, &partial);
        if (!finishing) {
            return false;
        }
    } else if (frame->meta.csum == HOST_CSUM_MAYBE) {
        finishing = find_unmarked(frame, &partial);
    }

    packet = new_packet(frame, frame->len, 0);
    if (finishing && !(leave && leave_checksum(packet, frame, &partial))) {
        finish(packet, &partial, tag_shift(frame));
        work->n_finished++;
    }
    nb_packets_push(packets, packet, frame->meta.time_ns);
    return true;
}

/* Cutting. */

/* A frame that stands for several, with offsets into its segments. */
struct super {
    const uint8_t *payload;
    size_t payload_len;
    size_t segment;             /* Payload of all segments but the last. */
    size_t n_segments;
    size_t headers;             /* Bytes before the payload. */
    size_t l4;
    uint8_t proto;              /* IPPROTO_TCP or IPPROTO_UDP. */
    struct l3 l3;

    /* Tunnel. */
    bool tunnel;
    struct l3 outer;
    size_t outer_udp;           /* 0 = none. */
    bool outer_csum;            /* The outer UDP header has a checksum. */
};

/* Reads the headers of a tunnel, between its IP header and 'super->l3'. */
static bool
parse_tunnel(const uint8_t *data, struct super *super)
{
    size_t ofs = super->outer.end;

    if (super->outer.fragment || super->l3.ofs < ofs) {
        return false;
    }
    switch (super->outer.proto) {
    case IPPROTO_UDP:
        super->outer_udp = ofs;
        super->outer_csum = get16(data + ofs + UDP_CSUM) != 0;
        return super->l3.ofs >= ofs + UDP_HEADER_LEN;
    case IPPROTO_GRE:
        /* These would have to be made for each segment. */
        return (super->l3.ofs >= ofs + 4
                && !(get16(data + ofs) & (GRE_CSUM | GRE_SEQ)));
    case IPPROTO_IPIP:
    case IPPROTO_IPV6:
        return super->l3.ofs == ofs;
    default:
        return false;
    }
}

/* Finds the IP header, or the two, of 'frame' of which the protocol is
 * known. */
static bool
parse_super_l3(const struct host_frame *frame, struct super *super)
{
    const uint8_t *data = frame->data;

    if (!parse_l3(data, frame->len, &super->l3)) {
        return false;
    }
    if (frame->meta.csum != HOST_CSUM_PARTIAL
        || frame->meta.csum_start == super->l3.end) {
        return !super->l3.fragment && super->l3.proto == super->proto;
    }

    super->tunnel = true;
    super->outer = super->l3;
    return (frame->meta.csum_start <= frame->len
            && parse_inner_l3(data, frame->len, frame->meta.csum_start,
                              super->proto, &super->l3)
            && parse_tunnel(data, super));
}

/* Finds the payload. */
static bool
parse_super_l4(const struct host_frame *frame, struct super *super)
{
    const uint8_t *data = frame->data;
    const struct l3 *l3 = &super->l3;
    size_t len = l3->len ? l3->len : frame->len - l3->ofs;
    size_t end = l3->ofs + len;
    size_t l4_len;

    super->l4 = l3->end;
    if (end > frame->len || end < super->l4 + UDP_HEADER_LEN) {
        return false;
    }
    l4_len = UDP_HEADER_LEN;
    if (super->proto == IPPROTO_TCP) {
        if (end < super->l4 + TCP_HEADER_LEN) {
            return false;
        }
        l4_len = (data[super->l4 + TCP_OFFSET] >> 4) * 4;
        if (l4_len < TCP_HEADER_LEN || end < super->l4 + l4_len) {
            return false;
        }
    }
    super->headers = super->l4 + l4_len;
    super->payload = data + super->headers;
    super->payload_len = end - super->headers;
    return super->headers <= HEADERS_MAX;
}

static void
shift_l3(struct l3 *l3, size_t shift)
{
    l3->ofs += shift;
    l3->end += shift;
}

/* Makes offsets into the frame offsets into its segments, which have the tag
 * that was taken off. */
static void
shift_super(struct super *super, size_t shift)
{
    super->headers += shift;
    super->l4 += shift;
    shift_l3(&super->l3, shift);
    shift_l3(&super->outer, shift);
    super->outer_udp += super->outer_udp ? shift : 0;
}

/* True if the inner IP header is of the version that the description says. */
static bool
has_right_version(const struct host_frame *frame, const struct super *super)
{
    return (frame->meta.gso == HOST_GSO_TCP4 ? !super->l3.v6
            : frame->meta.gso == HOST_GSO_TCP6 ? super->l3.v6
            : true);
}

static bool
parse_super(const struct host_frame *frame, int mtu, struct super *super)
{
    memset(super, 0, sizeof *super);
    super->proto = (frame->meta.gso == HOST_GSO_UDP
                    ? IPPROTO_UDP : IPPROTO_TCP);
    if (!parse_super_l3(frame, super) || !has_right_version(frame, super)
        || !parse_super_l4(frame, super)) {
        return false;
    }

    /* Where the size is unknown, any that fits will do for TCP. */
    super->segment = frame->meta.gso_size;
    if (!super->segment) {
        size_t l3_headers = super->headers - super->l3.ofs;

        if (frame->meta.csum == HOST_CSUM_PARTIAL
            || mtu <= 0 || (size_t) mtu <= l3_headers) {
            return false;
        }
        super->segment = mtu - l3_headers;
    }
    super->n_segments = (super->payload_len
                         ? DIV_ROUND_UP(super->payload_len, super->segment)
                         : 1);
    shift_super(super, tag_shift(frame));
    return (super->n_segments <= SEGMENTS_MAX
            && (super->headers + MIN(super->segment, super->payload_len)
                <= NB_FRAME_MAX));
}

/* Corrects the IP header of segment number 'i', whose packet has 'size' bytes
 * at 'data'. */
static void
fix_l3(uint8_t *data, size_t size, const struct l3 *l3, size_t i)
{
    uint8_t *ip = data + l3->ofs;
    size_t len = size - l3->ofs;

    if (l3->v6) {
        put16(ip + IP6_LEN, len - IPV6_HEADER_LEN);
        return;
    }
    put16(ip + IP_TOTAL_LEN, len);
    put16(ip + IP_ID, get16(ip + IP_ID) + i);
    put16(ip + IP_CSUM, 0);
    put_unaligned_be16((ovs_be16 *) (ip + IP_CSUM),
                       csum(ip, l3->end - l3->ofs));
}

/* What TCP says only once: at the beginning, that the window was reduced; at
 * the end, that this was all. */
static void
fix_tcp(uint8_t *tcp, const struct super *super, size_t i)
{
    uint32_t seq = ntohl(get_unaligned_be32((ovs_be32 *) (tcp + TCP_SEQ)));

    put_unaligned_be32((ovs_be32 *) (tcp + TCP_SEQ),
                       htonl(seq + i * super->segment));
    if (i) {
        tcp[TCP_FLAG_BITS] &= ~TCP_CWR;
    }
    if (i + 1 < super->n_segments) {
        tcp[TCP_FLAG_BITS] &= ~(TCP_FIN | TCP_PSH);
    }
}

/* Corrects the header at 'l4' and makes its checksum. */
static void
fix_l4(uint8_t *data, size_t size, const struct super *super, size_t i)
{
    uint8_t *l4 = data + super->l4;
    size_t len = size - super->l4;
    uint8_t *field;

    if (super->proto == IPPROTO_TCP) {
        fix_tcp(l4, super, i);
        field = l4 + TCP_CSUM;
    } else {
        put16(l4 + UDP_LEN, len);
        field = l4 + UDP_CSUM;
    }
    put16(field, 0);
    put_csum(field,
             nb_csum_continue(sum_pseudo(data + super->l3.ofs, super->l3.v6,
                                         super->proto, len), l4, len));
}

/* Corrects the UDP header of a tunnel, after everything in it. */
static void
fix_outer_udp(uint8_t *data, size_t size, const struct super *super)
{
    uint8_t *udp = data + super->outer_udp;
    size_t len = size - super->outer_udp;

    put16(udp + UDP_LEN, len);
    if (super->outer_csum) {
        put16(udp + UDP_CSUM, 0);
        put_csum(udp + UDP_CSUM,
                 nb_csum_continue(sum_pseudo(data + super->outer.ofs,
                                             super->outer.v6, IPPROTO_UDP,
                                             len), udp, len));
    }
}

static struct dp_packet *
make_segment(const struct host_frame *frame, const struct super *super,
             size_t i)
{
    size_t ofs = i * super->segment;
    size_t n = MIN(super->segment, super->payload_len - ofs);
    struct dp_packet *packet
        = new_packet(frame, super->headers - tag_shift(frame), n);
    uint8_t *data;
    size_t size;

    dp_packet_put(packet, super->payload + ofs, n);
    data = dp_packet_data(packet);
    size = dp_packet_size(packet);
    fix_l3(data, size, &super->l3, i);
    fix_l4(data, size, super, i);
    if (!super->tunnel) {
        ovs_compat_set_good(packet);
    } else {
        fix_l3(data, size, &super->outer, i);
        if (super->outer_udp) {
            fix_outer_udp(data, size, super);
        }
    }
    return packet;
}

/* Can 'frame' stay as it is, as a packet that stands for several? */
static bool
can_leave(const struct host_frame *frame, const struct super *super)
{
    return (super->proto == IPPROTO_TCP && !super->tunnel
            && super->n_segments > 1
            && super->headers + super->payload_len <= NB_FRAME_MAX
            && (frame->meta.csum != HOST_CSUM_PARTIAL
                || frame->meta.csum_offset == TCP_CSUM));
}

/* As new_packet(), of a frame whose memory becomes the packet's, for its bytes
 * to stay where they are. */
static struct dp_packet *
keep_memory(const struct host_frame *frame, size_t n)
{
    struct dp_packet *packet = xmalloc(sizeof *packet);

    dp_packet_use(packet, *frame->memory, NB_HEADROOM + n);
    *frame->memory = NULL;
    dp_packet_reserve(packet, NB_HEADROOM);
    dp_packet_set_size(packet, n);
    if (OVS_UNLIKELY(frame->meta.tpid)) {
        uint8_t *data = dp_packet_push_uninit(packet, VLAN_HEADER_LEN);

        memmove(data, data + VLAN_HEADER_LEN, 2 * ETH_ADDR_LEN);
        put_tag(data + 2 * ETH_ADDR_LEN, frame);
    }
    return packet;
}

/* Makes one packet of 'frame'. */
static void
leave_super(const struct host_frame *frame, const struct super *super,
            struct nb_packets *packets)
{
    size_t n = super->headers - tag_shift(frame) + super->payload_len;
    struct dp_packet *packet = (frame->memory && *frame->memory
                                ? keep_memory(frame, n)
                                : new_packet(frame, n, 0));

    ovs_compat_set_partial(packet, true, super->l3.v6, super->l4, TCP_CSUM);
    ovs_compat_set_segsz(packet, super->segment);
    nb_packets_push(packets, packet, frame->meta.time_ns);
}

static bool
receive_super(const struct host_frame *frame, int mtu, bool leave,
              struct nb_packets *packets, struct nb_offload_work *work)
{
    struct super super;

    if (!parse_super(frame, mtu, &super)) {
        return false;
    }
    if (leave && can_leave(frame, &super)) {
        leave_super(frame, &super, packets);
        work->n_left++;
        return true;
    }
    for (size_t i = 0; i < super.n_segments; i++) {
        nb_packets_push(packets, make_segment(frame, &super, i),
                        frame->meta.time_ns);
    }
    work->n_cut++;
    work->n_segments += super.n_segments;
    return true;
}

/* True if 'frame', about which the system says nothing, is too long to have
 * come over a wire. */
static bool
is_unmarked_super(const struct host_frame *frame, int mtu)
{
    return (frame->meta.csum == HOST_CSUM_MAYBE && mtu > 0
            && frame->len > (size_t) mtu + ETH_HEADER_LEN
                            + 2 * VLAN_HEADER_LEN);
}

bool
nb_offload_receive(const struct host_frame *frame, int mtu, bool leave,
                   struct nb_packets *packets, struct nb_offload_work *work)
{
    switch (frame->meta.gso) {
    case HOST_GSO_NONE:
        return (is_unmarked_super(frame, mtu)
                ? receive_super(frame, mtu, leave, packets, work)
                : receive_one(frame, leave, packets, work));
    case HOST_GSO_TCP4:
    case HOST_GSO_TCP6:
    case HOST_GSO_UDP:
        return receive_super(frame, mtu, leave, packets, work);
    default:
        return false;
    }
}

/* Packets on their way out. */

/* Finds the headers in 'frame', made of a packet in which the checksum of
 * 'proto' is unfinished. */
static bool
parse_left(const struct host_frame *frame, uint8_t proto, struct l3 *l3)
{
    size_t need = proto == IPPROTO_TCP ? TCP_HEADER_LEN : UDP_HEADER_LEN;

    return (parse_l3(frame->data, frame->len, l3)
            && !l3->fragment && l3->proto == proto
            && l3->len >= l3->end - l3->ofs + need);
}

/* Puts right what actions may have changed without knowing that the checksum
 * of 'proto' is unfinished. */
static void
fix_left(uint8_t *data, const struct l3 *l3, uint8_t proto)
{
    size_t len = l3->len - (l3->end - l3->ofs);
    uint8_t *field = data + l3->end + (proto == IPPROTO_TCP
                                       ? TCP_CSUM : UDP_CSUM);
    uint8_t *ip = data + l3->ofs;

    put_unaligned_be16((ovs_be16 *) field,
                       ~csum_finish(sum_pseudo(ip, l3->v6, proto, len)));
    if (!l3->v6) {
        put16(ip + IP_CSUM, 0);
        put_unaligned_be16((ovs_be16 *) (ip + IP_CSUM),
                           csum(ip, l3->end - l3->ofs));
    }
}

/* Describes in '*meta' the segments that 'packet', with headers as in 'l3',
 * stands for. */
static int
describe_segments(const struct dp_packet *packet, const struct l3 *l3, int mtu,
                  struct host_meta *meta)
{
    const uint8_t *tcp = (const uint8_t *) dp_packet_data(packet) + l3->end;
    size_t headers = l3->end - l3->ofs + (tcp[TCP_OFFSET] >> 4) * 4;
    size_t size = ovs_compat_get_segsz(packet);
    size_t max = mtu > 0 ? (size_t) mtu : SIZE_MAX;

    /* Netdevs of other classes need not say it. */
    if (!size && max != SIZE_MAX && max > headers) {
        size = max - headers;
    }
    if (!size || l3->len <= headers + size) {
        return l3->len <= max ? 0 : EMSGSIZE;
    }
    meta->gso_size = size;
    meta->gso = l3->v6 ? HOST_GSO_TCP6 : HOST_GSO_TCP4;
    return headers + size <= max ? 0 : EMSGSIZE;
}

/* Protocol whose checksum in 'packet' is unfinished, or 0.  What is left of a
 * packet in a tunnel is finished here: its headers are not the outer ones, which
 * are all that a host can be told of. */
static uint8_t
what_is_left(struct dp_packet *packet)
{
    if (ovs_compat_is_left_in_tunnel(packet)) {
        ovs_compat_finish_checksums(packet);
    }
    return ovs_compat_get_partial(packet);
}

int
nb_offload_describe(struct dp_packet *packet, int mtu,
                    struct host_frame *frame)
{
    uint8_t proto = what_is_left(packet);
    struct l3 l3;

    memset(&frame->meta, 0, sizeof frame->meta);
    frame->data = dp_packet_data(packet);
    frame->len = frame->wire_len = dp_packet_size(packet);
    frame->n_pieces = 0;
    frame->memory = NULL;
    if (OVS_LIKELY(!proto)) {
        return 0;
    }
    if (!parse_left(frame, proto, &l3)) {
        return EINVAL;
    }
    if (l3.len > frame->len - l3.ofs) {
        /* Truncated by an action: what is missing has no checksum. */
        return 0;
    }

    fix_left(dp_packet_data(packet), &l3, proto);
    frame->len = frame->wire_len = l3.ofs + l3.len;
    frame->meta.csum = HOST_CSUM_PARTIAL;
    frame->meta.csum_start = l3.end;
    frame->meta.csum_offset = proto == IPPROTO_TCP ? TCP_CSUM : UDP_CSUM;
    return (ovs_compat_is_tso(packet)
            ? describe_segments(packet, &l3, mtu, &frame->meta) : 0);
}

/* Joining. */

/* A TCP segment. */
struct segment {
    const uint8_t *data;
    size_t headers;             /* Bytes before the payload. */
    size_t payload_len;
    uint32_t seq;
    uint8_t flags;
    struct l3 l3;
};

/* Reads 'packet', and returns true if it is a segment that may be joined with
 * others: with a right checksum, and nothing in it that is about itself
 * alone. */
static bool
parse_segment(const struct dp_packet *packet, struct segment *segment)
{
    const uint8_t *data = dp_packet_data(packet);
    size_t size = dp_packet_size(packet);
    struct l3 *l3 = &segment->l3;
    const uint8_t *tcp;

    if (!ovs_compat_is_good(packet)
        || !parse_l3(data, size, l3) || l3->fragment
        || l3->proto != IPPROTO_TCP || l3->len != size - l3->ofs
        || size - l3->end < TCP_HEADER_LEN) {
        return false;
    }
    tcp = data + l3->end;
    segment->data = data;
    segment->headers = l3->end + (tcp[TCP_OFFSET] >> 4) * 4;
    if (segment->headers < l3->end + TCP_HEADER_LEN
        || segment->headers >= size
        || segment->headers > NB_JOIN_HEADERS_MAX) {
        return false;
    }
    segment->payload_len = size - segment->headers;
    segment->seq = ntohl(get_unaligned_be32((ovs_be32 *) (tcp + TCP_SEQ)));
    segment->flags = tcp[TCP_FLAG_BITS];
    return !(segment->flags & ~(TCP_ACK | TCP_PSH | TCP_FIN));
}

/* Are all bytes of the headers of 'a' and 'b' equal from 'start' to 'end'? */
static bool
equal(const struct segment *a, const struct segment *b, size_t start,
      size_t end)
{
    return !memcmp(a->data + start, b->data + start, end - start);
}

/* Do the headers of 'b', which comes 'i' segments after 'a', differ from those
 * of 'a' only as those of segments of one frame do? */
static bool
is_sibling(const struct segment *a, const struct segment *b, size_t i)
{
    const size_t ip = a->l3.ofs;
    const size_t tcp = a->l3.end;

    if (a->headers != b->headers || ip != b->l3.ofs || tcp != b->l3.end
        || a->l3.v6 != b->l3.v6) {
        return false;
    }
    if (a->l3.v6) {
        if (!equal(a, b, 0, ip + IP6_LEN)
            || !equal(a, b, ip + IP6_NEXT, tcp)) {
            return false;
        }
    } else if (!equal(a, b, 0, ip + IP_TOTAL_LEN)
               || (uint16_t) (get16(a->data + ip + IP_ID) + i)
                  != get16(b->data + ip + IP_ID)
               || !equal(a, b, ip + IP_FRAGMENT, ip + IP_CSUM)
               || !equal(a, b, ip + IP_SRC, tcp)) {
        return false;
    }
    return (equal(a, b, tcp, tcp + TCP_SEQ)
            && equal(a, b, tcp + TCP_SEQ + 4, tcp + TCP_FLAG_BITS)
            && equal(a, b, tcp + TCP_FLAG_BITS + 1, tcp + TCP_CSUM)
            && equal(a, b, tcp + TCP_CSUM + 2, a->headers));
}

/* Finds out how many of 'packets' can be joined with 'first', which is the
 * first of them, and appends their payload to 'join'.  Stores its length in
 * '*total', and the flags of the last one in '*flags'. */
static size_t
find_siblings(struct dp_packet *const packets[], size_t n,
              const struct segment *first, struct nb_join *join,
              size_t *total, uint8_t *flags)
{
    size_t max = UINT16_MAX - (first->headers - first->l3.ofs);
    struct segment next = *first;
    size_t i = 0;

    *total = 0;
    do {
        join->pieces[i].data = next.data + next.headers;
        join->pieces[i++].len = next.payload_len;
        *total += next.payload_len;
        *flags = next.flags;
    } while (i < n && i < HOST_PIECES_MAX
             && next.payload_len == first->payload_len
             && !(next.flags & (TCP_PSH | TCP_FIN))
             && parse_segment(packets[i], &next)
             && next.payload_len <= first->payload_len
             && *total + next.payload_len <= max
             && next.seq == (uint32_t) (first->seq + *total)
             && is_sibling(first, &next, i));
    return i;
}

size_t
nb_offload_join(struct dp_packet *const packets[], size_t n, int mtu,
                struct host_frame *frame, struct nb_join *join)
{
    struct segment first;
    uint8_t *headers = join->headers;
    uint8_t flags;
    size_t total;
    size_t n_joined;
    size_t l3_len;

    if (!parse_segment(packets[0], &first)
        || mtu <= 0 || first.l3.len > (size_t) mtu) {
        return 0;
    }
    n_joined = find_siblings(packets, n, &first, join, &total, &flags);
    if (n_joined < 2) {
        return 0;
    }

    l3_len = first.headers - first.l3.ofs + total;
    memcpy(headers, first.data, first.headers);
    if (first.l3.v6) {
        put16(headers + first.l3.ofs + IP6_LEN, l3_len - IPV6_HEADER_LEN);
    } else {
        put16(headers + first.l3.ofs + IP_TOTAL_LEN, l3_len);
    }
    headers[first.l3.end + TCP_FLAG_BITS] = flags;
    first.l3.len = l3_len;
    fix_left(headers, &first.l3, IPPROTO_TCP);

    memset(frame, 0, sizeof *frame);
    frame->data = headers;
    frame->len = frame->wire_len = first.headers;
    frame->pieces = join->pieces;
    frame->n_pieces = n_joined;
    frame->meta.csum = HOST_CSUM_PARTIAL;
    frame->meta.csum_start = first.l3.end;
    frame->meta.csum_offset = TCP_CSUM;
    frame->meta.gso = first.l3.v6 ? HOST_GSO_TCP6 : HOST_GSO_TCP4;
    frame->meta.gso_size = first.payload_len;
    return n_joined;
}

bool
nb_offload_finish(struct dp_packet *packet, int mtu,
                  struct nb_packets *packets, struct nb_offload_work *work)
{
    size_t first = packets->head + packets->n;
    struct host_frame frame;

    if (!what_is_left(packet)) {
        nb_packets_push(packets, packet, 0);
        return true;
    }
    if (nb_offload_describe(packet, mtu, &frame) == EINVAL
        || !nb_offload_receive(&frame, mtu, false, packets, work)) {
        return false;
    }
    for (size_t i = first; i < packets->head + packets->n; i++) {
        ovs_compat_copy_metadata(packets->packets[i].packet, packet);
    }
    dp_packet_delete(packet);
    return true;
}

struct dp_packet **
netdev_bsd_finish(struct dp_packet_batch *batch, size_t *n)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);
    struct nb_offload_work work = { 0 };
    struct nb_packets whole = { 0 };
    struct dp_packet **packets;
    struct dp_packet *packet;

    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        /* An MTU for packets that do not say the size of their segments. */
        if (!nb_offload_finish(packet, ETH_PAYLOAD_MAX, &whole, &work)) {
            COVERAGE_INC(netdev_bsd_finish_drops);
            VLOG_WARN_RL(&rl, "dropped a packet of %"PRIu32" bytes whose "
                         "unfinished checksum or segmentation does not fit "
                         "its headers", dp_packet_size(packet));
            dp_packet_delete(packet);
        }
    }
    COVERAGE_ADD(netdev_bsd_finished, whole.n);

    packets = xmalloc(MAX(whole.n, 1) * sizeof *packets);
    for (size_t i = 0; i < whole.n; i++) {
        packets[i] = whole.packets[whole.head + i].packet;
    }
    *n = whole.n;
    free(whole.packets);
    return packets;
}
