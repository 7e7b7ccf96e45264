/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Packets in few words; see bpftap-brief.h. */

#include "bpftap-brief.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static void
parse_ports(struct bt_brief *b, const uint8_t *p, size_t n)
{
    bool has_ports = b->proto == 6 || b->proto == 17 || b->proto == 132;

    if (has_ports && n >= 4) {
        b->sport = bt_get_u16(p);
        b->dport = bt_get_u16(p + 2);
    }
}

/* These two look at what 'offset' says of the 'size' bytes at 'data'. */

static void
parse_ipv4(struct bt_brief *b, const uint8_t *data, size_t size, size_t offset)
{
    const uint8_t *p = data + offset;
    size_t n = size - offset;
    size_t header = n ? (p[0] & 0xf) * 4 : 0;

    if (n < 20 || p[0] >> 4 != 4 || header < 20) {
        return;
    }
    b->family = 4;
    b->tos = p[1];
    b->ttl = p[8];
    b->proto = p[9];
    memcpy(b->src, p + 12, 4);
    memcpy(b->dst, p + 16, 4);
    if (n >= header && !(bt_get_u16(p + 6) & 0x1fff)) {
        b->payload = offset + header;
        parse_ports(b, p + header, n - header);
    }
}

static void
parse_ipv6(struct bt_brief *b, const uint8_t *data, size_t size, size_t offset)
{
    const uint8_t *p = data + offset;
    size_t n = size - offset;

    if (n < 40 || p[0] >> 4 != 6) {
        return;
    }
    b->family = 6;
    b->tos = bt_get_u16(p) >> 4;
    b->ttl = p[7];
    b->proto = p[6];
    memcpy(b->src, p + 8, 16);
    memcpy(b->dst, p + 24, 16);
    b->payload = offset + 40;
    parse_ports(b, p + 40, n - 40);
}

void
bt_brief_parse(struct bt_brief *b, const uint8_t *data, size_t n,
               uint32_t len)
{
    size_t offset = 12;

    memset(b, 0, sizeof *b);
    b->len = len;
    if (n < 14) {
        return;
    }
    memcpy(b->eth_dst, data, 6);
    memcpy(b->eth_src, data + 6, 6);
    b->eth_type = bt_get_u16(data + offset);
    while ((b->eth_type == 0x8100 || b->eth_type == 0x88a8)
           && n >= offset + 6) {
        if (offset == 12) {
            b->vlan = bt_get_u16(data + offset + 2) & 0xfff;
        }
        offset += 4;
        b->eth_type = bt_get_u16(data + offset);
    }
    offset += 2;
    if (b->eth_type == 0x0800) {
        parse_ipv4(b, data, n, offset);
    } else if (b->eth_type == 0x86dd) {
        parse_ipv6(b, data, n, offset);
    }
}

static void
put_mac(struct bt_str *s, const uint8_t mac[6])
{
    bt_str_printf(s, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
                  mac[3], mac[4], mac[5]);
}

static void
put_address(struct bt_str *s, const struct bt_brief *b,
            const uint8_t address[16], uint16_t port)
{
    char text[INET6_ADDRSTRLEN] = "";

    inet_ntop(b->family == 6 ? AF_INET6 : AF_INET, address, text, sizeof text);
    bt_str_puts(s, text);
    if (b->sport || b->dport) {
        bt_str_printf(s, ".%u", port);
    }
}

static const char *
proto_name(uint8_t proto)
{
    switch (proto) {
    case 1:
        return "ICMP";
    case 6:
        return "TCP";
    case 17:
        return "UDP";
    case 47:
        return "GRE";
    case 50:
        return "ESP";
    case 58:
        return "ICMPv6";
    case 132:
        return "SCTP";
    default:
        return NULL;
    }
}

void
bt_brief_format(const struct bt_brief *b, struct bt_str *s)
{
    if (b->family) {
        const char *name = proto_name(b->proto);

        put_address(s, b, b->src, b->sport);
        bt_str_puts(s, " > ");
        put_address(s, b, b->dst, b->dport);
        if (name) {
            bt_str_printf(s, " %s", name);
        } else {
            bt_str_printf(s, " proto %u", b->proto);
        }
    } else {
        put_mac(s, b->eth_src);
        bt_str_puts(s, " > ");
        put_mac(s, b->eth_dst);
        if (b->eth_type == 0x0806) {
            bt_str_puts(s, " ARP");
        } else {
            bt_str_printf(s, " type 0x%04x", b->eth_type);
        }
    }
    if (b->vlan) {
        bt_str_printf(s, " vlan %u", b->vlan);
    }
    bt_str_printf(s, ", %u bytes", b->len);
}

void
bt_brief_diff(const struct bt_brief *old, const struct bt_brief *new,
              struct bt_str *s)
{
    bool addresses = (old->family != new->family
                      || memcmp(old->src, new->src, sizeof old->src)
                      || memcmp(old->dst, new->dst, sizeof old->dst)
                      || old->sport != new->sport
                      || old->dport != new->dport);

    if (old->vlan != new->vlan) {
        if (new->vlan) {
            bt_str_printf(s, ", vlan %u", new->vlan);
        } else {
            bt_str_puts(s, ", vlan off");
        }
    }
    if (memcmp(old->eth_src, new->eth_src, 6)
        || memcmp(old->eth_dst, new->eth_dst, 6)) {
        bt_str_puts(s, ", ");
        put_mac(s, new->eth_src);
        bt_str_puts(s, " > ");
        put_mac(s, new->eth_dst);
    }
    if (addresses && new->family) {
        bt_str_puts(s, ", ");
        put_address(s, new, new->src, new->sport);
        bt_str_puts(s, " > ");
        put_address(s, new, new->dst, new->dport);
    }
    if (old->ttl != new->ttl && new->family) {
        bt_str_printf(s, ", ttl %u", new->ttl);
    }
    if (old->len != new->len) {
        bt_str_printf(s, ", %u bytes", new->len);
    }
}
