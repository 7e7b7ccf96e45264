/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What is in a packet, in few words, and what differs between two.
 *
 * One thread, no locks. */

#ifndef BPFTAP_BRIEF_H
#define BPFTAP_BRIEF_H 1

#include <stdbool.h>
#include <stdint.h>

#include "bpftap-util.h"

/* What people look at first.  Members of layers that are not there, or that
 * the packet is too short for, are zero. */
struct bt_brief {
    uint8_t eth_dst[6], eth_src[6];
    uint16_t eth_type;          /* After VLAN tags. */
    uint16_t vlan;              /* ID of the outer tag; 0 for none. */
    uint8_t family;             /* 4, 6, or 0. */
    uint8_t src[16], dst[16];   /* IP addresses, the first 4 bytes for IPv4. */
    uint8_t tos;                /* Or the traffic class of IPv6. */
    uint8_t ttl;
    uint8_t proto;
    uint16_t payload;           /* Offset of what follows the IP header. */
    uint16_t sport, dport;      /* TCP, UDP, SCTP. */
    uint32_t len;               /* Bytes of the whole packet. */
};

/* Fills in '*brief' from the first 'n' of the 'len' bytes of an Ethernet
 * frame. */
void bt_brief_parse(struct bt_brief *brief, const uint8_t *data, size_t n,
                    uint32_t len);

/* Appends "10.0.0.1 > 10.0.0.2 ICMP, 50 bytes" or the like. */
void bt_brief_format(const struct bt_brief *, struct bt_str *);

/* Appends what is not the same in 'new' as in 'old', as ", vlan 5, ttl 63";
 * nothing if all is. */
void bt_brief_diff(const struct bt_brief *old, const struct bt_brief *new,
                   struct bt_str *);

#endif /* bpftap-brief.h */
