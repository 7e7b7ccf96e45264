/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Outer packets of tunnels; see bpftap-outer.h. */

#include "bpftap-outer.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "bpftap-brief.h"
#include "bpftap-util.h"

#define PROTO_UDP 17
#define PROTO_GRE 47

#define UDP_LENGTH 8
#define VXLAN_LENGTH 8
#define GENEVE_LENGTH 8

/* Flags of VXLAN: there is a VNI; there is a group's policy. */
#define VXLAN_I 0x08
#define VXLAN_G 0x80

#define GENEVE_OAM 0x80

#define GRE_CSUM 0x8000
#define GRE_KEY 0x2000

/* What follows the outer headers. */
struct rest {
    const uint8_t *data;
    size_t n;
};

static void
put_key(struct bt_str *s, uint32_t key)
{
    bt_str_printf(s, "tun_id=0x%x,", key);
}

/* Each of these appends what is special about its kind of tunnel, in front of
 * what all have, and the names of flags, with a "|" behind each, to 'flags'.
 * They return false if 'rest' is no such header, or not whole. */

static bool
put_vxlan(struct bt_str *s, struct bt_str *flags, const struct rest *rest)
{
    const uint8_t *p = rest->data;

    if (rest->n < VXLAN_LENGTH || !(p[0] & VXLAN_I)) {
        return false;
    }
    put_key(s, bt_get_u32(p + 4) >> 8);
    bt_str_puts(flags, "key|");
    if (p[0] & VXLAN_G) {
        bt_str_printf(s, "vxlan(gbp(id=%u,flags=0x%x)),", bt_get_u16(p + 2),
                      p[1]);
    }
    return true;
}

/* Options of 'length' bytes. */
static bool
put_geneve_options(struct bt_str *s, const uint8_t *p, size_t length)
{
    bt_str_puts(s, "geneve(");
    while (length >= 4) {
        size_t n = (p[3] & 0x1f) * 4;

        if (n > length - 4) {
            return false;
        }
        bt_str_printf(s, "{class=0x%x,type=0x%x,len=%zu", bt_get_u16(p),
                      p[2], n);
        for (size_t i = 0; i < n; i++) {
            bt_str_printf(s, "%s%02x", i ? "" : ",0x", p[4 + i]);
        }
        bt_str_puts(s, "}");
        p += 4 + n;
        length -= 4 + n;
    }
    bt_str_puts(s, "),");
    return !length;
}

static bool
put_geneve(struct bt_str *s, struct bt_str *flags, const struct rest *rest)
{
    const uint8_t *p = rest->data;
    size_t n_options;

    if (rest->n < GENEVE_LENGTH) {
        return false;
    }
    n_options = (p[0] & 0x3f) * 4;
    if (rest->n < GENEVE_LENGTH + n_options) {
        return false;
    }
    put_key(s, bt_get_u32(p + 4) >> 8);
    bt_str_puts(flags, "key|");
    if (p[1] & GENEVE_OAM) {
        bt_str_puts(flags, "oam|");
    }
    return !n_options || put_geneve_options(s, p + GENEVE_LENGTH, n_options);
}

static bool
put_gre(struct bt_str *s, struct bt_str *flags, const struct rest *rest)
{
    uint16_t bits = rest->n >= 4 ? bt_get_u16(rest->data) : 0;
    size_t key_at = bits & GRE_CSUM ? 8 : 4;

    if (rest->n < key_at + (bits & GRE_KEY ? 4 : 0)) {
        return false;
    }
    if (bits & GRE_CSUM) {
        bt_str_puts(flags, "csum|");
    }
    if (bits & GRE_KEY) {
        put_key(s, bt_get_u32(rest->data + key_at));
        bt_str_puts(flags, "key|");
    }
    return true;
}

static const struct kind {
    const char *type;
    uint8_t proto;              /* 0: its header is not known here. */
    bool (*put)(struct bt_str *, struct bt_str *flags, const struct rest *);
} kinds[] = {
    { "vxlan", PROTO_UDP, put_vxlan },
    { "geneve", PROTO_UDP, put_geneve },
    { "gre", PROTO_GRE, put_gre },
    { "ip6gre", PROTO_GRE, put_gre },
    { "bareudp", 0, NULL },
    { "erspan", 0, NULL },
    { "gtpu", 0, NULL },
    { "ip6erspan", 0, NULL },
    { "srv6", 0, NULL },
};

static const struct kind *
find_kind(const char *type)
{
    for (size_t i = 0; i < BT_ARRAY_SIZE(kinds); i++) {
        if (!strcmp(type, kinds[i].type)) {
            return &kinds[i];
        }
    }
    return NULL;
}

bool
bt_outer_is_tunnel(const char *type)
{
    return find_kind(type) != NULL;
}

static void
put_addresses(struct bt_str *s, const struct bt_brief *b)
{
    const char *prefix = b->family == 6 ? "ipv6_" : "";
    int family = b->family == 6 ? AF_INET6 : AF_INET;
    char src[INET6_ADDRSTRLEN] = "", dst[INET6_ADDRSTRLEN] = "";

    inet_ntop(family, b->src, src, sizeof src);
    inet_ntop(family, b->dst, dst, sizeof dst);
    bt_str_printf(s, "%ssrc=%s,%sdst=%s,tos=0x%x,ttl=%u,", prefix, src, prefix,
                  dst, b->tos, b->ttl);
}

/* Steps behind the UDP header, if there is one. */
static bool
put_udp(struct bt_str *s, struct bt_str *flags, const struct bt_brief *b,
        struct rest *rest)
{
    if (b->proto != PROTO_UDP) {
        return true;
    } else if (rest->n < UDP_LENGTH) {
        return false;
    }
    bt_str_printf(s, "tp_src=%u,tp_dst=%u,", b->sport, b->dport);
    if (bt_get_u16(rest->data + 6)) {
        bt_str_puts(flags, "csum|");
    }
    rest->data += UDP_LENGTH;
    rest->n -= UDP_LENGTH;
    return true;
}

bool
bt_outer_put(struct bt_str *s, const char *type, const uint8_t *data, size_t n)
{
    const struct kind *kind = find_kind(type);
    struct bt_str tunnel = { NULL, 0, 0 };
    struct bt_str flags = { NULL, 0, 0 };
    struct bt_brief b;
    struct rest rest;
    bool ok;

    bt_brief_parse(&b, data, n, n);
    if (!kind || !kind->put || !b.payload || b.proto != kind->proto) {
        return false;
    }
    rest.data = data + b.payload;
    rest.n = n - b.payload;
    ok = (put_udp(&tunnel, &flags, &b, &rest)
          && kind->put(&tunnel, &flags, &rest));
    if (ok) {
        put_addresses(&tunnel, &b);
        if (flags.length) {
            flags.s[flags.length - 1] = '\0';
        }
        bt_str_printf(s, "tunnel(%sflags(%s))", bt_str_cstr(&tunnel),
                      bt_str_cstr(&flags));
    }
    bt_str_free(&tunnel);
    bt_str_free(&flags);
    return ok;
}
