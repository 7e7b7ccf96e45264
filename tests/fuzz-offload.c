/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Feeds frames with work left over to lib/netdev/netdev-offload.c.
 *
 * First those that a kernel makes, of every combination of tags, tunnels and
 * protocols: what comes out has to be, byte for byte, what a plain builder of
 * whole frames makes of the same headers and each piece of the payload, with
 * checksums by Open vSwitch's own functions; half of the time after a stay as
 * packets that have the work left over, in which sums are spoilt.  Then damaged ones, with random
 * descriptions: nothing may be read or written where it should not (the
 * program is built with AddressSanitizer), and no packet may be longer than
 * what it was made of.
 *
 * The same seed gives the same frames: "fuzz-offload SEED ROUNDS".  Silent and
 * successful if all is well. */

#include <config.h>

#include "netdev/netdev-offload.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "csum.h"
#include "packets.h"
#include "random.h"
#include "unaligned.h"
#include "util.h"

/* Last, because it undoes definitions of <config.h>. */
#include "ovs-compat.h"

#define MTU 1500

static uint32_t the_round;

static void OVS_PRINTF_FORMAT(1, 2)
fail(const char *format, ...)
{
    va_list args;

    printf("round %u: ", the_round);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    exit(EXIT_FAILURE);
}

/* The builder. */

enum tunnel { NO_TUNNEL, VXLAN, GENEVE, GRE, IPIP, N_TUNNELS };

/* What a frame looks like. */
struct shape {
    int n_tags;
    bool tag_off;               /* The outermost one is in the description. */
    enum tunnel tunnel;
    bool outer_v6, outer_csum;
    bool v6;
    int n_options;              /* Of IPv4 and TCP, or extension headers of
                                 * IPv6, in units of 4 or 8 bytes. */
    uint8_t proto;
    uint8_t flags;              /* Of TCP. */
    size_t payload_len;
    size_t segment;
};

/* A piece of the payload. */
struct piece {
    size_t number;
    size_t ofs;
    size_t len;
    bool last;
};

static uint8_t payload[65536];

/* Bytes that are known about the frame that was built last. */
struct layout {
    size_t l4;
    size_t csum_offset;
};

struct builder {
    uint8_t data[70000];
    size_t n;
};

static uint8_t *
put(struct builder *b, const void *data, size_t n)
{
    uint8_t *p = b->data + b->n;

    if (data) {
        memcpy(p, data, n);
    } else {
        memset(p, 0, n);
    }
    b->n += n;
    return p;
}

static void
put_be16(struct builder *b, uint16_t value)
{
    ovs_be16 be = htons(value);

    put(b, &be, sizeof be);
}

static void
store16(uint8_t *p, uint16_t value)
{
    p[0] = value >> 8;
    p[1] = value;
}

/* An IP header whose length is filled in by end_ip(). */
static size_t
put_ip(struct builder *b, bool v6, int n_options, uint8_t proto, uint16_t id)
{
    size_t ofs = b->n;

    if (v6) {
        uint8_t *ip = put(b, NULL, 40);

        ip[0] = 0x60;
        ip[6] = n_options ? IPPROTO_DSTOPTS : proto;
        ip[7] = 64;
        memset(ip + 8, 0x20, 16);
        memset(ip + 24, 0x31, 16);
        for (int i = 0; i < n_options; i++) {
            uint8_t *ext = put(b, NULL, 8);

            ext[0] = i + 1 < n_options ? IPPROTO_DSTOPTS : proto;
        }
    } else {
        uint8_t *ip = put(b, NULL, 20 + 4 * n_options);

        ip[0] = 0x45 + n_options;
        store16(ip + 4, id);
        ip[6] = 0x40;
        ip[8] = 64;
        ip[9] = proto;
        memcpy(ip + 12, "\x0a\x01\x02\x03\xc0\xa8\xfe\x81", 8);
        memset(ip + 20, 1, 4 * n_options);
    }
    return ofs;
}

static void
end_ip(struct builder *b, size_t ofs, bool v6, int n_options)
{
    uint8_t *ip = b->data + ofs;
    size_t len = b->n - ofs;

    if (v6) {
        store16(ip + 4, len - 40);
    } else {
        ovs_be16 sum;

        store16(ip + 2, len);
        sum = csum(ip, 20 + 4 * n_options);
        memcpy(ip + 10, &sum, 2);
    }
}

/* Checksum of what begins at 'l4', or the folded sum of its pseudo header. */
static void
end_l4(struct builder *b, size_t ip_ofs, bool v6, uint8_t proto, size_t l4,
       size_t field, bool unfinished)
{
    const uint8_t *ip = b->data + ip_ofs;
    size_t len = b->n - l4;
    uint32_t sum = 0;
    ovs_be16 value;

    sum = csum_continue(sum, ip + (v6 ? 8 : 12), v6 ? 32 : 8);
    sum = csum_add16(sum, htons(proto));
    sum = csum_add16(sum, htons(len));
    if (unfinished) {
        value = ~csum_finish(sum);
    } else {
        value = csum_finish(csum_continue(sum, b->data + l4, len));
        value = value ? value : OVS_BE16_MAX;
    }
    memcpy(b->data + l4 + field, &value, 2);
}

/* The headers of a tunnel up to the inner IP header.  Returns the offset of
 * its UDP header or 0. */
static size_t
put_tunnel(struct builder *b, const struct shape *shape)
{
    size_t udp = b->n;

    switch (shape->tunnel) {
    case VXLAN:
    case GENEVE:
        put_be16(b, 50000);
        put_be16(b, shape->tunnel == VXLAN ? 4789 : 6081);
        put(b, NULL, 4);
        put(b, shape->tunnel == VXLAN ? "\x08\0\0\0\0\0\x05"
            : "\x01\0\x65\x58\0\0\x05", 8);
        if (shape->tunnel == GENEVE) {
            put(b, "\1\2\3\1\4\5\6\7", 8);
        }
        put(b, "\2\2\2\2\2\2\4\4\4\4\4\4", 12);
        put_be16(b, shape->v6 ? ETH_TYPE_IPV6 : ETH_TYPE_IP);
        return udp;
    case GRE:
        put_be16(b, 0x2000);
        put_be16(b, shape->v6 ? ETH_TYPE_IPV6 : ETH_TYPE_IP);
        put(b, "\0\0\0\7", 4);
        return 0;
    case NO_TUNNEL:
    case IPIP:
    case N_TUNNELS:
    default:
        return 0;
    }
}

static uint8_t
tunnel_proto(const struct shape *shape)
{
    return (shape->tunnel == GRE ? IPPROTO_GRE
            : shape->tunnel == IPIP ? (shape->v6 ? IPPROTO_IPV6 : IPPROTO_IPIP)
            : IPPROTO_UDP);
}

static void
put_l4(struct builder *b, const struct shape *shape, const struct piece *piece)
{
    put_be16(b, 1234);
    put_be16(b, 4321);
    if (shape->proto == IPPROTO_TCP) {
        uint32_t seq = 0xfffff000 + piece->ofs;
        uint8_t *p = put(b, NULL, 16 + 4 * shape->n_options);

        store16(p, seq >> 16);
        store16(p + 2, seq);
        p[8] = (5 + shape->n_options) << 4;
        p[9] = shape->flags;
        if (piece->number) {
            p[9] &= ~0x80;      /* CWR. */
        }
        if (!piece->last) {
            p[9] &= ~0x09;      /* PSH, FIN. */
        }
        memset(p + 16, 1, 4 * shape->n_options);
    } else {
        put_be16(b, 8 + piece->len);
        put_be16(b, 0);
    }
}

/* Builds a whole frame that carries 'piece', or if 'unfinished' is true what a
 * kernel hands out instead of it. */
static void
build(struct builder *b, const struct shape *shape, const struct piece *piece,
      bool unfinished, struct layout *layout)
{
    uint16_t id = 0xfffe + piece->number;
    bool first_v6 = shape->tunnel ? shape->outer_v6 : shape->v6;
    size_t outer = 0, outer_udp = 0;
    size_t ip;

    b->n = 0;
    put(b, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
    for (int i = 0; i < shape->n_tags; i++) {
        if (i || !shape->tag_off || !unfinished) {
            put_be16(b, i ? 0x8100 : 0x88a8);
            put_be16(b, 0x2000 | (100 + i));
        }
    }
    put_be16(b, first_v6 ? ETH_TYPE_IPV6 : ETH_TYPE_IP);
    if (shape->tunnel) {
        outer = put_ip(b, shape->outer_v6, 0, tunnel_proto(shape), id);
        outer_udp = put_tunnel(b, shape);
    }
    ip = put_ip(b, shape->v6, shape->tunnel && shape->v6
                ? 0 : shape->n_options, shape->proto, id);
    layout->l4 = b->n;
    layout->csum_offset = shape->proto == IPPROTO_TCP ? 16 : 6;
    put_l4(b, shape, piece);
    put(b, payload + piece->ofs, piece->len);

    end_ip(b, ip, shape->v6, shape->n_options);
    end_l4(b, ip, shape->v6, shape->proto, layout->l4, layout->csum_offset,
           unfinished);
    if (shape->tunnel) {
        end_ip(b, outer, shape->outer_v6, 0);
    }
    if (outer_udp) {
        store16(b->data + outer_udp + 4, b->n - outer_udp);
        if (shape->outer_csum) {
            end_l4(b, outer, shape->outer_v6, IPPROTO_UDP, outer_udp, 6,
                   false);
        }
    }
}

static void
random_shape(struct shape *shape)
{
    memset(shape, 0, sizeof *shape);
    shape->n_tags = random_range(3);
    shape->tag_off = random_range(2);
    shape->tunnel = random_range(2) ? random_range(N_TUNNELS) : NO_TUNNEL;
    shape->outer_v6 = random_range(2);
    shape->outer_csum = random_range(2);
    shape->v6 = random_range(2);
    shape->n_options = random_range(4);
    shape->proto = random_range(4) ? IPPROTO_TCP : IPPROTO_UDP;
    shape->flags = random_range(2) ? random_uint32() : TCP_ACK | TCP_PSH;
    shape->segment = 48 + random_range(1400);
    shape->payload_len = (random_range(2)
                          ? (size_t) random_range(65000)
                          : shape->segment * random_range(20)
                            + random_range(3));
    shape->payload_len = MIN(shape->payload_len, 65000);
}

/* Describes 'b', which was built unfinished. */
static void
describe(struct host_frame *frame, const struct builder *b,
         const struct shape *shape, const struct layout *layout, bool super)
{
    memset(frame, 0, sizeof *frame);
    frame->data = b->data;
    frame->len = frame->wire_len = b->n;
    frame->meta.csum = HOST_CSUM_PARTIAL;
    frame->meta.csum_start = layout->l4;
    frame->meta.csum_offset = layout->csum_offset;
    if (super) {
        frame->meta.gso = (shape->proto == IPPROTO_UDP ? HOST_GSO_UDP
                           : shape->v6 ? HOST_GSO_TCP6 : HOST_GSO_TCP4);
        frame->meta.gso_size = shape->segment;
    }
    if (shape->n_tags && shape->tag_off) {
        frame->meta.tpid = 0x88a8;
        frame->meta.tci = 0x2000 | 100;
    }
}

/* Compares packet number 'i' with what the builder makes. */
static void
check_packet(const struct dp_packet *packet, const struct builder *want,
             size_t i)
{
    const uint8_t *got = dp_packet_data(packet);

    if (dp_packet_size(packet) != want->n) {
        fail("packet %"PRIuSIZE" has %u bytes instead of %"PRIuSIZE,
             i, dp_packet_size(packet), want->n);
    }
    for (size_t j = 0; j < want->n; j++) {
        if (got[j] != want->data[j]) {
            fail("packet %"PRIuSIZE", byte %"PRIuSIZE": %02x instead of "
                 "%02x", i, j, got[j], want->data[j]);
        }
    }
}

/* What is said of a packet that is sent as it is must be about bytes that are
 * there. */
static void
check_description(struct dp_packet *packet, int mtu)
{
    struct host_frame frame;
    int error = nb_offload_describe(packet, mtu, &frame);
    const struct host_meta *meta = &frame.meta;

    if (error == EINVAL) {
        return;
    }
    if (frame.len > dp_packet_size(packet)) {
        fail("a frame is longer than its packet");
    }
    if (meta->csum == HOST_CSUM_PARTIAL
        && (size_t) meta->csum_start + meta->csum_offset + 2 > frame.len) {
        fail("the checksum is at %u, %u in a frame of %"PRIuSIZE" bytes",
             meta->csum_start, meta->csum_offset, frame.len);
    }
    if (meta->gso != HOST_GSO_NONE
        && (meta->csum != HOST_CSUM_PARTIAL || !meta->gso_size
            || (!error && mtu > 0 && meta->gso_size > mtu))) {
        fail("segments of %u bytes", meta->gso_size);
    }
}

/* As nb_offload_receive(), by leaving over what can be, and finishing that
 * later.  Actions may have spoilt the sum by then. */
static bool
receive_later(const struct host_frame *frame, int mtu, struct nb_packets *q,
              struct nb_offload_work *work)
{
    struct nb_packets left = { .n = 0 };
    struct host_frame kept = *frame;
    void *memory = NULL;
    bool ok;

    /* In memory that a packet can keep, and with no room behind the frame. */
    if (random_range(2)) {
        memory = xmalloc(HOST_FRAME_HEADROOM + frame->len);
        kept.data = memcpy((uint8_t *) memory + HOST_FRAME_HEADROOM,
                           frame->data, frame->len);
        kept.memory = &memory;
    }
    ok = nb_offload_receive(&kept, mtu, true, &left, work);
    free(memory);

    for (size_t i = 0; i < left.n; i++) {
        struct dp_packet *packet = left.packets[i].packet;

        if (ovs_compat_get_partial(packet)) {
            uint8_t *data = dp_packet_data(packet);
            size_t csum_at = (frame->meta.csum_start + frame->meta.csum_offset
                              + (frame->meta.tpid ? VLAN_HEADER_LEN : 0));

            if (frame->meta.csum == HOST_CSUM_PARTIAL) {
                store16(data + csum_at, random_uint32());
            }
        }
        check_description(packet, mtu);
        if (!nb_offload_finish(packet, mtu, q, work)) {
            dp_packet_delete(packet);
            ok = false;
        }
    }
    free(left.packets);
    return ok;
}

static bool
receive(const struct host_frame *frame, int mtu, struct nb_packets *q,
        struct nb_offload_work *work)
{
    return (random_range(2)
            ? receive_later(frame, mtu, q, work)
            : nb_offload_receive(frame, mtu, false, q, work));
}

/* Joins some of the segments in 'q', the first of which is number 'start', and
 * cuts what comes of it: into the same.  Returns how many they are. */
static size_t
check_join(const struct nb_packets *q, size_t start)
{
    static struct builder joined, want;
    struct nb_offload_work work = { .n_cut = 0 };
    struct dp_packet *packets[HOST_PIECES_MAX];
    size_t n = MIN(q->n - start, HOST_PIECES_MAX);
    struct nb_packets again = { .n = 0 };
    struct host_frame frame;
    struct nb_join join;

    for (size_t i = 0; i < n; i++) {
        packets[i] = q->packets[start + i].packet;
    }
    n = nb_offload_join(packets, n, 9000, &frame, &join);
    if (!n) {
        return 0;
    }
    joined.n = 0;
    put(&joined, frame.data, frame.len);
    for (size_t i = 0; i < frame.n_pieces; i++) {
        put(&joined, frame.pieces[i].data, frame.pieces[i].len);
    }
    frame.data = joined.data;
    frame.len = frame.wire_len = joined.n;
    if (!nb_offload_receive(&frame, MTU, false, &again, &work)
        || again.n != n) {
        fail("%"PRIuSIZE" segments became %"PRIuSIZE, n, again.n);
    }
    for (size_t i = 0; i < n; i++) {
        want.n = 0;
        put(&want, dp_packet_data(packets[i]), dp_packet_size(packets[i]));
        check_packet(again.packets[i].packet, &want, i);
    }
    nb_packets_destroy(&again);
    return n;
}

/* Joins what 'shape' was cut into. */
static void
check_joins(const struct nb_packets *q, const struct shape *shape)
{
    bool good = (shape->proto == IPPROTO_TCP && !shape->tunnel
                 && !(shape->flags & ~(TCP_ACK | TCP_PSH | TCP_FIN)));
    size_t rest = q->n;

    while (rest > 1) {
        size_t n = check_join(q, q->n - rest);

        if (n != (good ? MIN(rest, HOST_PIECES_MAX) : 0)) {
            fail("%"PRIuSIZE" of %"PRIuSIZE" segments were joined", n, rest);
        }
        if (!n) {
            break;
        }
        rest -= n;
    }
}

static void
check_super(void)
{
    static struct builder super, want;
    struct nb_offload_work work = { .n_cut = 0 };
    struct nb_packets q = { .n = 0 };
    struct host_frame frame;
    struct layout layout;
    struct shape shape;
    struct piece piece;
    size_t n;

    random_shape(&shape);
    n = MAX(1, DIV_ROUND_UP(shape.payload_len, shape.segment));
    piece = (struct piece) { .len = shape.payload_len, .last = true };
    build(&super, &shape, &piece, true, &layout);
    describe(&frame, &super, &shape, &layout, true);
    if (!receive(&frame, MTU, &q, &work)) {
        fail("a good frame was refused");
    }
    if (q.n != n || work.n_cut != 1 || work.n_segments != n) {
        fail("%"PRIuSIZE" segments instead of %"PRIuSIZE, q.n, n);
    }
    for (size_t i = 0; i < n; i++) {
        piece.number = i;
        piece.ofs = i * shape.segment;
        piece.len = MIN(shape.segment, shape.payload_len - piece.ofs);
        piece.last = i == n - 1;
        build(&want, &shape, &piece, false, &layout);
        check_packet(q.packets[i].packet, &want, i);
    }
    check_joins(&q, &shape);
    nb_packets_destroy(&q);
}

/* Receives 'frame', which 'what' tells of and which makes one packet: that of
 * 'want'. */
static void
check_received(const struct host_frame *frame, const struct builder *want,
               const char *what, struct nb_offload_work *work)
{
    struct nb_packets q = { .n = 0 };

    if (!receive(frame, MTU, &q, work) || q.n != 1) {
        fail("%s was refused", what);
    }
    check_packet(q.packets[0].packet, want, 0);
    nb_packets_destroy(&q);
}

/* One frame, with the checksum left over. */
static void
check_one(void)
{
    static struct builder one, want;
    struct nb_offload_work work = { .n_cut = 0 };
    struct host_frame frame;
    struct layout layout;
    struct shape shape;
    struct piece piece;

    /* The kernel has finished the checksum of a tunnel's header, which does
     * not depend on what the inner one will be. */
    random_shape(&shape);
    shape.outer_csum = false;
    piece = (struct piece) { .len = shape.payload_len % 1400, .last = true };
    build(&one, &shape, &piece, true, &layout);
    describe(&frame, &one, &shape, &layout, false);
    if (!shape.tunnel && random_range(2)) {
        /* The system says nothing about it. */
        frame.meta.csum = HOST_CSUM_MAYBE;
        frame.meta.csum_start = frame.meta.csum_offset = 0;
    }
    build(&want, &shape, &piece, false, &layout);
    check_received(&frame, &want, "a good frame", &work);
    if (work.n_finished != 1) {
        fail("%"PRIuSIZE" checksums finished", work.n_finished);
    }
}

/* A frame of SCTP, whose checksum is a CRC. */
static void
check_sctp(void)
{
    static struct builder b, want;
    struct nb_offload_work work = { .n_cut = 0 };
    struct host_frame frame = { .data = b.data };
    size_t ip, l4;
    ovs_be32 crc;

    b.n = 0;
    put(&b, "\2\0\0\0\0\1\2\0\0\0\0\2\x08\0", 14);
    ip = put_ip(&b, false, 0, IPPROTO_SCTP, 1);
    l4 = b.n;
    put(&b, "\x10\0\x20\0\1\2\3\4\0\0\0\0", 12);
    put(&b, payload, 100);
    end_ip(&b, ip, false, 0);
    frame.len = frame.wire_len = b.n;
    frame.meta.csum = HOST_CSUM_PARTIAL;
    frame.meta.csum_start = l4;
    frame.meta.csum_offset = 8;
    want = b;
    crc = crc32c(b.data + l4, b.n - l4);
    memcpy(want.data + l4 + 8, &crc, sizeof crc);
    check_received(&frame, &want, "SCTP", &work);
}

/* What is not marked, and needs nothing, is left alone. */
static void
check_whole(void)
{
    static struct builder b;
    struct nb_offload_work work = { .n_cut = 0 };
    struct piece piece = { .len = random_range(1200), .last = true };
    struct host_frame frame;
    struct layout layout;
    struct shape shape;

    random_shape(&shape);
    shape.tag_off = false;
    build(&b, &shape, &piece, false, &layout);
    describe(&frame, &b, &shape, &layout, false);
    frame.meta.csum = HOST_CSUM_MAYBE;
    check_received(&frame, &b, "a whole frame", &work);
}

/* Damage. */

static uint16_t
odd_number(size_t len)
{
    static const uint16_t odd[] = { 0, 1, 13, 14, 34, 54, 65535 };

    return (random_range(3) ? random_range(len + 20)
            : odd[random_range(ARRAY_SIZE(odd))]);
}

static void
damage(struct host_frame *frame, uint8_t *data)
{
    struct host_meta *meta = &frame->meta;

    for (uint32_t n = random_range(6); n; n--) {
        data[random_range(MIN(frame->len, 120))] = random_uint32();
    }
    if (!random_range(3)) {
        frame->len = 14 + random_range(frame->len - 13);
        frame->wire_len = frame->len;
    }
    if (!random_range(4)) {
        meta->csum = random_range(HOST_CSUM_MAYBE + 1);
    }
    if (!random_range(4)) {
        meta->csum_start = odd_number(frame->len);
    }
    if (!random_range(4)) {
        meta->csum_offset = odd_number(frame->len);
    }
    if (!random_range(4)) {
        meta->gso = random_range(HOST_GSO_UNKNOWN + 1);
    }
    if (!random_range(4)) {
        meta->gso_size = odd_number(frame->len);
    }
}

static void
check_damaged(void)
{
    static struct builder b;
    struct nb_offload_work work = { .n_cut = 0 };
    struct nb_packets q = { .n = 0 };
    struct host_frame frame;
    struct layout layout;
    struct shape shape;
    struct piece piece;
    uint8_t *copy;
    bool later;
    bool ok;
    int mtu;

    random_shape(&shape);
    shape.payload_len %= 4000;
    piece = (struct piece) { .len = shape.payload_len, .last = true };
    build(&b, &shape, &piece, true, &layout);
    describe(&frame, &b, &shape, &layout, random_range(4));
    damage(&frame, b.data);

    /* Memory that ends where the frame ends. */
    frame.data = copy = xmemdup(b.data, frame.len);
    later = random_range(2);
    mtu = (int) random_range(3000) - 10;
    ok = (later ? receive_later(&frame, mtu, &q, &work)
          : nb_offload_receive(&frame, mtu, false, &q, &work));
    if (later ? ok && !q.n : ok != (q.n > 0)) {
        fail("%s with %"PRIuSIZE" packets", ok ? "success" : "failure", q.n);
    }
    for (size_t i = 0; i < q.n; i++) {
        if (dp_packet_size(q.packets[i].packet) > frame.len + VLAN_HEADER_LEN) {
            fail("a packet is longer than what it was made of");
        }
    }
    nb_packets_destroy(&q);
    free(copy);
}

/* Checksums of everything at every alignment. */
static void
check_csum(void)
{
    size_t ofs = random_range(64);
    size_t n = random_range(random_range(2) ? 70 : 3000);
    uint32_t partial = random_uint32();
    ovs_be16 want = csum_finish(csum_continue(partial >> 8, payload + ofs, n));
    ovs_be16 got = csum_finish(nb_csum_continue(partial >> 8,
                                                payload + ofs, n));

    if (got != want) {
        fail("checksum of %"PRIuSIZE" bytes at %"PRIuSIZE": %04x instead of "
             "%04x", n, ofs, ntohs(got), ntohs(want));
    }
}

int
main(int argc, char *argv[])
{
    uint32_t n = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000;

    random_set_seed(argc > 1 ? strtoul(argv[1], NULL, 10) | 1 : 1);
    for (size_t i = 0; i < sizeof payload; i++) {
        payload[i] = random_uint32();
    }
    check_sctp();
    for (the_round = 0; the_round < n; the_round++) {
        check_csum();
        check_one();
        check_whole();
        check_damaged();
        if (!(the_round % 8)) {
            check_super();
        }
    }
    return EXIT_SUCCESS;
}
