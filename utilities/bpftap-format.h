/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* The two capture file formats: pcap and pcapng (draft-ietf-opsawg-pcap and
 * draft-ietf-opsawg-pcapng).  Everything is written in host byte order, which
 * both formats allow and readers recognise.
 *
 * One thread, no locks. */

#ifndef BPFTAP_FORMAT_H
#define BPFTAP_FORMAT_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bt_output;
struct bt_strv;

enum bt_format {
    BT_PCAP,
    BT_PCAPNG
};

/* What is known of an interface, for pcapng's Interface Description Block, and
 * of which pcap keeps the link type and the snapshot length. */
struct bt_interface {
    const char *name;
    const char *description;    /* NULL to leave it out, as all below. */
    const char *filter;
    const char *hardware;
    uint8_t addr[6];
    uint8_t addr_len;           /* 6, or 0 for none. */
    uint64_t speed;             /* Bits per second, 0 if unknown. */
    uint32_t dlt;               /* A DLT_ value of this system. */
    uint32_t snaplen;           /* 0 for no limit. */
};

enum bt_direction {
    BT_DIR_UNKNOWN = 0,
    BT_DIR_IN = 1,              /* The values are those of epb_flags. */
    BT_DIR_OUT = 2
};

struct bt_packet {
    uint64_t ts;                /* Nanoseconds since 1970, UTC. */
    const uint8_t *data;
    uint32_t caplen;
    uint32_t len;
    enum bt_direction direction;
    bool ethernet;              /* 'data' starts with an Ethernet header. */
    uint64_t id;                /* epb_packetid, 0 for none. */
    uint8_t queue;              /* As in struct bpfdev_packet. */
    uint8_t left;               /* Likewise. */
    uint64_t lost;              /* Lost between the packet before and this. */
    const char *comment;        /* NULL for none. */
};

/* For pcapng's Interface Statistics Block. */
struct bt_interface_stats {
    uint64_t start, end;        /* Nanoseconds since 1970, UTC. */
    uint64_t received;          /* Seen by the tap. */
    uint64_t accepted;          /* Accepted by the filter. */
    uint64_t dropped;           /* Accepted, but lost: buffers were full. */
    uint64_t delivered;         /* Handed to this program. */
    uint64_t if_dropped;        /* Lost by the port itself, UINT64_MAX if
                                 * unknown. */
    const char *comment;        /* NULL for none. */
};

struct bt_encoder {
    enum bt_format format;
    bool nanoseconds;           /* Resolution of time stamps. */
};

/* Starts a file: pcap's header, for which 'iface' matters, or pcapng's Section
 * Header Block with 'comments'. */
void bt_encode_start(const struct bt_encoder *, struct bt_output *,
                     const struct bt_interface *iface,
                     const struct bt_strv *comments);

/* Describes the next interface: the first is number 0.  Nothing in pcap. */
void bt_encode_interface(const struct bt_encoder *, struct bt_output *,
                         const struct bt_interface *);

/* A packet of interface 'number'. */
void bt_encode_packet(const struct bt_encoder *, struct bt_output *,
                      uint32_t number, const struct bt_packet *);

/* Statistics of interface 'number'.  Nothing in pcap. */
void bt_encode_stats(const struct bt_encoder *, struct bt_output *,
                     uint32_t number, const struct bt_interface_stats *);

/* Returns the length of the block or record at 'block', for struct bt_output:
 * see bt_block_length_func. */
size_t bt_pcap_block_length(const uint8_t *block, uint64_t offset);
size_t bt_pcapng_block_length(const uint8_t *block, uint64_t offset);

/* Returns the number of the interface that the packet at 'block' is of, or
 * UINT32_MAX if it is another block.  'offset' as above. */
uint32_t bt_block_interface(const struct bt_encoder *, const uint8_t *block,
                            uint64_t offset);

#endif /* bpftap-format.h */
