/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at:
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

/* Finds tunnel ports by what is in a packet.
 *
 * The main thread builds a table and publishes it by RCU; it never changes
 * after that.  'building' is the main thread's own. */

#include <config.h>

#include "tap/tap-tunnel.h"

#include <stdlib.h>
#include <string.h>

#include "dp-packet.h"
#include "hash.h"
#include "netdev.h"
#include "netdev-provider.h"
#include "netdev-vport.h"
#include "odp-netlink.h"
#include "openvswitch/hmap.h"
#include "ovs-rcu.h"
#include "packets.h"
#include "unaligned.h"
#include "util.h"

/* Longest name of a datapath's tunnel port. */
#define DPIF_PORT_MAX 32

/* What a packet must have to belong to a port.  Members that the port leaves
 * open are zero.  Compared and hashed as bytes: has no gaps. */
struct match {
    struct in6_addr local;
    struct in6_addr remote;
    ovs_be64 key;
    char dpif_port[DPIF_PORT_MAX];
    uint8_t key_flow;           /* Is the key left to the flow table? */
    uint8_t remote_flow;        /* The same for the remote address. */
    uint8_t local_flow;         /* The same for the local address. */
    uint8_t pt_mode;            /* enum netdev_pt_mode. */
    uint8_t pad[4];
};
BUILD_ASSERT_DECL(sizeof(struct match) == 16 + 16 + 8 + DPIF_PORT_MAX + 8);

/* Ways of leaving the local address open. */
enum local_kind { LOCAL_GIVEN, LOCAL_ANY, LOCAL_FLOW, N_LOCAL_KINDS };

/* Number of combinations of what is left open. */
#define N_KINDS (2 * 2 * N_LOCAL_KINDS)

struct entry {
    struct hmap_node node;
    struct match match;
    char name[];                /* Of the user's port. */
};

/* The tunnels as seen from one direction. */
struct side {
    struct hmap entries;        /* Of "struct entry"s. */
    unsigned int kinds;         /* Bit map of the kinds among them. */
};

struct table {
    struct side sent;
    struct side received;
};

static OVSRCU_TYPE(struct table *) table = OVSRCU_INITIALIZER(NULL);
static struct table *building;

static void
side_init(struct side *side)
{
    hmap_init(&side->entries);
    side->kinds = 0;
}

static void
side_uninit(struct side *side)
{
    struct entry *entry;

    HMAP_FOR_EACH_POP (entry, node, &side->entries) {
        free(entry);
    }
    hmap_destroy(&side->entries);
}

static void
table_free(struct table *t)
{
    side_uninit(&t->sent);
    side_uninit(&t->received);
    free(t);
}

static void
publish(struct table *new)
{
    struct table *old = ovsrcu_get_protected(struct table *, &table);

    ovsrcu_set(&table, new);
    if (old) {
        ovsrcu_postpone(table_free, old);
    }
}

void
tap_tunnel_begin(void)
{
    building = xmalloc(sizeof *building);
    side_init(&building->sent);
    side_init(&building->received);
}

void
tap_tunnel_end(void)
{
    if (hmap_is_empty(&building->sent.entries)) {
        table_free(building);
        building = NULL;
    }
    publish(building);
    building = NULL;
}

bool
tap_tunnel_exist(void)
{
    return ovsrcu_get_protected(struct table *, &table) != NULL;
}

void
tap_tunnel_exit(void)
{
    publish(NULL);
}

static uint32_t
match_hash(const struct match *match)
{
    return hash_bytes(match, sizeof *match, 0);
}

/* Returns the number, below N_KINDS, of a combination of what is left open.
 * Lower numbers are more specific. */
static unsigned int
kind_number(bool key_flow, bool remote_flow, enum local_kind local)
{
    return (key_flow * 2 + remote_flow) * N_LOCAL_KINDS + local;
}

static enum local_kind
match_local_kind(const struct match *match)
{
    return (match->local_flow ? LOCAL_FLOW
            : ipv6_addr_is_set(&match->local) ? LOCAL_GIVEN
            : LOCAL_ANY);
}

static void
side_add(struct side *side, const struct match *match, const char *name)
{
    size_t size = strlen(name) + 1;
    struct entry *entry = xmalloc(sizeof *entry + size);

    entry->match = *match;
    memcpy(entry->name, name, size);
    hmap_insert(&side->entries, &entry->node, match_hash(match));
    side->kinds |= 1u << kind_number(match->key_flow, match->remote_flow,
                                     match_local_kind(match));
}

void
tap_tunnel_add(const struct netdev *netdev)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    char namebuf[NETDEV_VPORT_NAME_BUFSIZE];
    const char *dpif_port;
    struct match match;

    if (!cfg) {
        return;
    }
    dpif_port = netdev_vport_get_dpif_port(netdev, namebuf, sizeof namebuf);
    if (strlen(dpif_port) >= sizeof match.dpif_port) {
        return;
    }

    memset(&match, 0, sizeof match);
    ovs_strzcpy(match.dpif_port, dpif_port, sizeof match.dpif_port);
    match.local = cfg->ipv6_src;
    match.remote = cfg->ipv6_dst;
    match.local_flow = cfg->ip_src_flow;
    match.remote_flow = cfg->ip_dst_flow;
    match.pt_mode = netdev_get_pt_mode(netdev);

    match.key = cfg->in_key;
    match.key_flow = cfg->in_key_flow;
    side_add(&building->received, &match, netdev_get_name(netdev));

    match.key = cfg->out_key;
    match.key_flow = cfg->out_key_flow;
    side_add(&building->sent, &match, netdev_get_name(netdev));
}

static const struct entry *
side_find_exact(const struct side *side, const struct match *match)
{
    const struct entry *entry;

    HMAP_FOR_EACH_WITH_HASH (entry, node, match_hash(match), &side->entries) {
        if (!memcmp(&entry->match, match, sizeof *match)) {
            return entry;
        }
    }
    return NULL;
}

/* As side_find_exact(), for a port that takes packets of the type of 'packet'
 * only or, failing that, of any type. */
static const struct entry *
side_find_for_packet(const struct side *side, struct match *match,
                     const struct dp_packet *packet)
{
    bool l3 = pt_ns(packet->packet_type) == OFPHTN_ETHERTYPE;
    const struct entry *entry;

    match->pt_mode = l3 ? NETDEV_PT_LEGACY_L3 : NETDEV_PT_LEGACY_L2;
    entry = side_find_exact(side, match);
    if (!entry) {
        match->pt_mode = NETDEV_PT_AWARE;
        entry = side_find_exact(side, match);
    }
    return entry;
}

/* Finds the most specific port for a packet with local address, remote address
 * and key as in 'full'. */
static const char *
side_find(const struct side *side, const struct match *full,
          const struct dp_packet *packet)
{
    for (unsigned int kind = 0; kind < N_KINDS; kind++) {
        if (side->kinds & (1u << kind)) {
            enum local_kind local = kind % N_LOCAL_KINDS;
            struct match match = *full;
            const struct entry *entry;

            match.local_flow = local == LOCAL_FLOW;
            match.remote_flow = kind / N_LOCAL_KINDS % 2;
            match.key_flow = kind / N_LOCAL_KINDS / 2;
            if (local != LOCAL_GIVEN) {
                match.local = in6addr_any;
            }
            if (match.remote_flow) {
                match.remote = in6addr_any;
            }
            if (match.key_flow) {
                match.key = 0;
            }
            entry = side_find_for_packet(side, &match, packet);
            if (entry) {
                return entry->name;
            }
        }
    }
    return NULL;
}

static bool
match_init(struct match *match, const struct netdev *netdev)
{
    const char *name = netdev_get_name(netdev);

    memset(match, 0, sizeof *match);
    ovs_strzcpy(match->dpif_port, name, sizeof match->dpif_port);
    return strlen(name) < sizeof match->dpif_port;
}

/* Reads the addresses in the outer header at 'header' into 'match'.  Returns
 * what follows the IP header. */
static const uint8_t *
parse_addresses(const uint8_t *header, struct match *match)
{
    const struct eth_header *eth = (const void *) header;
    const uint8_t *l3 = header + ETH_HEADER_LEN;

    if (eth->eth_type == htons(ETH_TYPE_IPV6)) {
        const struct ovs_16aligned_ip6_hdr *ip6 = (const void *) l3;

        memcpy(&match->local, &ip6->ip6_src, sizeof match->local);
        memcpy(&match->remote, &ip6->ip6_dst, sizeof match->remote);
        return l3 + IPV6_HEADER_LEN;
    } else {
        const struct ip_header *ip = (const void *) l3;

        in6_addr_set_mapped_ipv4(&match->local,
                                 get_16aligned_be32(&ip->ip_src));
        in6_addr_set_mapped_ipv4(&match->remote,
                                 get_16aligned_be32(&ip->ip_dst));
        return l3 + IP_HEADER_LEN;
    }
}

static uint32_t
get_u32(const uint8_t *p)
{
    return ntohl(get_unaligned_be32((const ovs_be32 *) (const void *) p));
}

static uint32_t
parse_gre_key(const uint8_t *gre)
{
    ovs_be16 flags = get_unaligned_be16((const ovs_be16 *) (const void *) gre);

    return (flags & htons(GRE_KEY)
            ? get_u32(gre + 4 + (flags & htons(GRE_CSUM) ? 4 : 0))
            : 0);
}

/* Reads the key from the tunnel header of type 'tnl_type' that starts at 'l4',
 * behind the outer IP header. */
static uint32_t
parse_key(uint32_t tnl_type, const uint8_t *l4)
{
    switch (tnl_type) {
    case OVS_VPORT_TYPE_GRE:
    case OVS_VPORT_TYPE_IP6GRE:
        return parse_gre_key(l4);

    case OVS_VPORT_TYPE_VXLAN:
    case OVS_VPORT_TYPE_GENEVE:
        /* In both cases the upper three of bytes 4 to 7. */
        return get_u32(l4 + UDP_HEADER_LEN + 4) >> 8;

    case OVS_VPORT_TYPE_GTPU:
        return get_u32(l4 + UDP_HEADER_LEN + 4);

    case OVS_VPORT_TYPE_ERSPAN:
    case OVS_VPORT_TYPE_IP6ERSPAN:
        /* The session, after GRE with a sequence number. */
        return get_u32(l4 + 8) & 0x3ff;

    default:
        return 0;
    }
}

const char *
tap_tunnel_find_sent(const struct netdev *netdev,
                     const struct ovs_action_push_tnl *data,
                     const struct dp_packet *packet)
{
    const struct table *t = ovsrcu_get(struct table *, &table);
    const uint8_t *l4;
    struct match match;

    if (!t || !match_init(&match, netdev)) {
        return NULL;
    }
    l4 = parse_addresses((const uint8_t *) data->header, &match);
    match.key = htonll(parse_key(data->tnl_type, l4));
    return side_find(&t->sent, &match, packet);
}

const char *
tap_tunnel_find_received(const struct netdev *netdev,
                         const struct dp_packet *packet)
{
    const struct table *t = ovsrcu_get(struct table *, &table);
    const struct flow_tnl *tnl = &packet->md.tunnel;
    struct match match;

    if (!t || !match_init(&match, netdev)) {
        return NULL;
    }
    match.local = flow_tnl_dst(tnl);
    match.remote = flow_tnl_src(tnl);
    match.key = tnl->tun_id;
    return side_find(&t->received, &match, packet);
}
