/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Encoders for pcap and pcapng; see bpftap-format.h. */

#include "bpftap-format.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <pcap/pcap.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-output.h"
#include "bpftap-util.h"
#include "bsd-config.h"

/* pcap. */
#define PCAP_MAGIC_USEC 0xa1b2c3d4
#define PCAP_MAGIC_NSEC 0xa1b23c4d
#define PCAP_HEADER_LENGTH 24
#define PCAP_RECORD_HEADER_LENGTH 16
#define PCAP_NO_LIMIT 262144

/* pcapng: block types. */
#define NG_SHB 0x0a0d0d0a
#define NG_IDB 1
#define NG_ISB 5
#define NG_EPB 6
#define NG_BYTE_ORDER 0x1a2b3c4d

/* pcapng: options, by the block that they belong to. */
#define OPT_END 0
#define OPT_COMMENT 1
#define SHB_HARDWARE 2
#define SHB_OS 3
#define SHB_USERAPPL 4
#define IF_NAME 2
#define IF_DESCRIPTION 3
#define IF_MAC 6
#define IF_SPEED 8
#define IF_TSRESOL 9
#define IF_FILTER 11
#define IF_OS 12
#define IF_HARDWARE 15
#define EPB_FLAGS 2
#define EPB_DROPCOUNT 4
#define EPB_QUEUE 6
#define EPB_PACKETID 5
#define ISB_STARTTIME 2
#define ISB_ENDTIME 3
#define ISB_IFRECV 4
#define ISB_IFDROP 5
#define ISB_FILTERACCEPT 6
#define ISB_OSDROP 7
#define ISB_USRDELIV 8

/* epb_flags: reception type, above the two bits of the direction. */
#define EPB_UNICAST (1 << 2)
#define EPB_MULTICAST (2 << 2)
#define EPB_BROADCAST (3 << 2)

/* Likewise: checksum not ready, TCP segmentation left to hardware. */
#define EPB_CSUM_NOT_READY (1 << 9)
#define EPB_TSO (1 << 11)

/* An option's length is 16 bits. */
#define OPTION_MAX 65535

/* Link types in files differ from DLT_ values for a few types whose DLT_
 * values differ between systems. */
static uint16_t
linktype(uint32_t dlt)
{
    return dlt == DLT_RAW ? 101 : dlt;
}

static size_t
align4(size_t n)
{
    return (n + 3) & ~(size_t) 3;
}

/* A block under construction, collected apart from packets' data. */
static void
put16(struct bt_str *s, uint16_t x)
{
    bt_str_put(s, &x, sizeof x);
}

static void
put32(struct bt_str *s, uint32_t x)
{
    bt_str_put(s, &x, sizeof x);
}

static void
put_padded(struct bt_str *s, const void *data, size_t n)
{
    bt_str_put(s, data, n);
    bt_str_put(s, "\0\0\0", align4(n) - n);
}

static void
put_option(struct bt_str *s, uint16_t code, const void *data, size_t n)
{
    n = n > OPTION_MAX ? OPTION_MAX : n;
    put16(s, code);
    put16(s, n);
    put_padded(s, data, n);
}

static void
put_text(struct bt_str *s, uint16_t code, const char *text)
{
    if (text && text[0]) {
        put_option(s, code, text, strlen(text));
    }
}

static void
put_option64(struct bt_str *s, uint16_t code, uint64_t x)
{
    put_option(s, code, &x, sizeof x);
}

/* Gives the block 'body' its type and lengths and hands it to 'output'. */
static void
finish_block(struct bt_output *output, uint32_t type, struct bt_str *body)
{
    uint32_t length;
    uint8_t *p;

    put16(body, OPT_END);
    put16(body, 0);

    length = body->length + 12;
    p = bt_output_block(output, length);
    memcpy(p, &type, 4);
    memcpy(p + 4, &length, 4);
    memcpy(p + 8, body->s, body->length);
    memcpy(p + 8 + body->length, &length, 4);
    bt_str_free(body);
}

/* The name and release of this system. */
static char *
system_name(void)
{
    struct utsname u;

    return (uname(&u) < 0
            ? bt_strdup("unknown")
            : bt_asprintf("%s %s", u.sysname, u.release));
}

static void
start_pcapng(struct bt_output *output, const struct bt_strv *comments)
{
    struct bt_str s = { NULL, 0, 0 };
    struct utsname u;
    char *application = bt_asprintf("ovs-bpftap (%s) with %s",
                                    PACKAGE_STRING, pcap_lib_version());
    char *os = system_name();

    put32(&s, NG_BYTE_ORDER);
    put16(&s, 1);
    put16(&s, 0);
    put32(&s, UINT32_MAX);      /* Length of the section: not known. */
    put32(&s, UINT32_MAX);
    for (size_t i = 0; comments && i < comments->n; i++) {
        put_text(&s, OPT_COMMENT, comments->v[i]);
    }
    if (uname(&u) >= 0) {
        put_text(&s, SHB_HARDWARE, u.machine);
    }
    put_text(&s, SHB_OS, os);
    put_text(&s, SHB_USERAPPL, application);
    finish_block(output, NG_SHB, &s);
    free(application);
    free(os);
}

static void
start_pcap(const struct bt_encoder *encoder, struct bt_output *output,
           const struct bt_interface *iface)
{
    uint8_t *p = bt_output_block(output, PCAP_HEADER_LENGTH);
    uint32_t magic = encoder->nanoseconds ? PCAP_MAGIC_NSEC : PCAP_MAGIC_USEC;
    uint32_t snaplen = iface->snaplen ? iface->snaplen : PCAP_NO_LIMIT;
    uint32_t network = linktype(iface->dlt);
    uint16_t version[2] = { 2, 4 };

    memset(p, 0, PCAP_HEADER_LENGTH);
    memcpy(p, &magic, 4);
    memcpy(p + 4, version, 4);
    memcpy(p + 16, &snaplen, 4);
    memcpy(p + 20, &network, 4);
}

void
bt_encode_start(const struct bt_encoder *encoder, struct bt_output *output,
                const struct bt_interface *iface,
                const struct bt_strv *comments)
{
    if (encoder->format == BT_PCAP) {
        start_pcap(encoder, output, iface);
    } else {
        start_pcapng(output, comments);
    }
}

/* if_filter: the first octet says what follows, 0 a libpcap expression. */
static void
put_filter(struct bt_str *s, const char *filter)
{
    struct bt_str value = { NULL, 0, 0 };

    if (filter && filter[0]) {
        bt_str_put(&value, "", 1);
        bt_str_puts(&value, filter);
        put_option(s, IF_FILTER, value.s, value.length);
        bt_str_free(&value);
    }
}

void
bt_encode_interface(const struct bt_encoder *encoder,
                    struct bt_output *output,
                    const struct bt_interface *iface)
{
    uint8_t resolution = encoder->nanoseconds ? 9 : 6;
    struct bt_str s = { NULL, 0, 0 };
    char *os;

    if (encoder->format == BT_PCAP) {
        return;
    }

    put16(&s, linktype(iface->dlt));
    put16(&s, 0);
    put32(&s, iface->snaplen);
    put_text(&s, IF_NAME, iface->name);
    put_text(&s, IF_DESCRIPTION, iface->description);
    if (iface->addr_len == 6) {
        put_option(&s, IF_MAC, iface->addr, 6);
    }
    if (iface->speed) {
        put_option64(&s, IF_SPEED, iface->speed);
    }
    put_option(&s, IF_TSRESOL, &resolution, 1);
    put_filter(&s, iface->filter);
    os = system_name();
    put_text(&s, IF_OS, os);
    put_text(&s, IF_HARDWARE, iface->hardware);
    free(os);
    finish_block(output, NG_IDB, &s);
}

static void
encode_pcap_packet(const struct bt_encoder *encoder, struct bt_output *output,
                   const struct bt_packet *packet)
{
    uint8_t *p = bt_output_block(output,
                                 PCAP_RECORD_HEADER_LENGTH + packet->caplen);
    uint32_t fraction = packet->ts % BT_NSEC;
    uint32_t header[4] = {
        packet->ts / BT_NSEC,
        encoder->nanoseconds ? fraction : fraction / 1000,
        packet->caplen,
        packet->len,
    };

    memcpy(p, header, sizeof header);
    memcpy(p + sizeof header, packet->data, packet->caplen);
}

static uint32_t
packet_flags(const struct bt_packet *packet)
{
    static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };
    uint32_t flags = packet->direction;

    if (packet->left & BPFDEV_LEFT_CSUM) {
        flags |= EPB_CSUM_NOT_READY;
    }
    if (packet->left & BPFDEV_LEFT_TSO) {
        flags |= EPB_TSO;
    }

    /* The reception type is about reception. */
    if (packet->direction != BT_DIR_IN || !packet->ethernet
        || packet->caplen < sizeof broadcast) {
        return flags;
    } else if (!memcmp(packet->data, broadcast, sizeof broadcast)) {
        return flags | EPB_BROADCAST;
    } else {
        return flags | (packet->data[0] & 1 ? EPB_MULTICAST : EPB_UNICAST);
    }
}

static void
put_timestamp(uint32_t pair[2], const struct bt_encoder *encoder, uint64_t ts)
{
    uint64_t units = encoder->nanoseconds ? ts : ts / 1000;

    pair[0] = units >> 32;
    pair[1] = units;
}

/* Options that few packets have, apart from the flags. */
static void
put_rare_options(struct bt_str *s, const struct bt_packet *packet)
{
    if (packet->lost) {
        put_option64(s, EPB_DROPCOUNT, packet->lost);
    }
    if (packet->id) {
        put_option64(s, EPB_PACKETID, packet->id);
    }
    if (packet->queue) {
        uint32_t queue = packet->queue - 1;

        put_option(s, EPB_QUEUE, &queue, sizeof queue);
    }
    put_text(s, OPT_COMMENT, packet->comment);
}

/* The block is put together in place: this is where the time goes. */
static void
encode_pcapng_packet(const struct bt_encoder *encoder,
                     struct bt_output *output, uint32_t number,
                     const struct bt_packet *packet)
{
    struct bt_str rare = { NULL, 0, 0 };
    size_t padded = align4(packet->caplen);
    uint32_t flags = packet_flags(packet);
    struct {
        uint32_t type, length, interface, timestamp[2], caplen, len;
    } head;
    struct {
        uint16_t code, length;
        uint32_t flags;
    } flags_option = { EPB_FLAGS, 4, flags };
    uint32_t end = OPT_END;
    uint8_t *p;

    put_rare_options(&rare, packet);
    head.type = NG_EPB;
    head.length = (sizeof head + padded + sizeof flags_option + rare.length
                   + sizeof end + sizeof head.length);
    head.interface = number;
    put_timestamp(head.timestamp, encoder, packet->ts);
    head.caplen = packet->caplen;
    head.len = packet->len;

    p = bt_output_block(output, head.length);
    memcpy(p, &head, sizeof head);
    p += sizeof head;
    memset(p + padded - (padded ? 4 : 0), 0, padded ? 4 : 0);
    memcpy(p, packet->data, packet->caplen);
    p += padded;
    memcpy(p, &flags_option, sizeof flags_option);
    p += sizeof flags_option;
    if (rare.length) {
        memcpy(p, rare.s, rare.length);
        p += rare.length;
        bt_str_free(&rare);
    }
    memcpy(p, &end, sizeof end);
    memcpy(p + sizeof end, &head.length, sizeof head.length);
}

void
bt_encode_packet(const struct bt_encoder *encoder, struct bt_output *output,
                 uint32_t number, const struct bt_packet *packet)
{
    if (encoder->format == BT_PCAP) {
        encode_pcap_packet(encoder, output, packet);
    } else {
        encode_pcapng_packet(encoder, output, number, packet);
    }
}

void
bt_encode_stats(const struct bt_encoder *encoder, struct bt_output *output,
                uint32_t number, const struct bt_interface_stats *stats)
{
    struct bt_str s = { NULL, 0, 0 };
    uint32_t pair[2];

    if (encoder->format == BT_PCAP) {
        return;
    }

    put32(&s, number);
    put_timestamp(pair, encoder, stats->end);
    bt_str_put(&s, pair, sizeof pair);
    put_text(&s, OPT_COMMENT, stats->comment);
    put_timestamp(pair, encoder, stats->start);
    put_option(&s, ISB_STARTTIME, pair, sizeof pair);
    put_timestamp(pair, encoder, stats->end);
    put_option(&s, ISB_ENDTIME, pair, sizeof pair);
    put_option64(&s, ISB_IFRECV, stats->received);
    if (stats->if_dropped != UINT64_MAX) {
        put_option64(&s, ISB_IFDROP, stats->if_dropped);
    }
    put_option64(&s, ISB_FILTERACCEPT, stats->accepted);
    put_option64(&s, ISB_OSDROP, stats->dropped);
    put_option64(&s, ISB_USRDELIV, stats->delivered);
    finish_block(output, NG_ISB, &s);
}

size_t
bt_pcap_block_length(const uint8_t *block, uint64_t offset)
{
    uint32_t caplen;

    if (!offset) {
        return PCAP_HEADER_LENGTH;
    }
    memcpy(&caplen, block + 8, sizeof caplen);
    return PCAP_RECORD_HEADER_LENGTH + caplen;
}

size_t
bt_pcapng_block_length(const uint8_t *block, uint64_t offset)
{
    uint32_t length;

    (void) offset;
    memcpy(&length, block + 4, sizeof length);
    return length;
}

uint32_t
bt_block_interface(const struct bt_encoder *encoder, const uint8_t *block,
                   uint64_t offset)
{
    uint32_t type, number;

    if (encoder->format == BT_PCAP) {
        return offset ? 0 : UINT32_MAX;
    }
    memcpy(&type, block, sizeof type);
    memcpy(&number, block + 8, sizeof number);
    return type == NG_EPB ? number : UINT32_MAX;
}
