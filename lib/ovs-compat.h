/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * All differences between the versions of Open vSwitch that this project
 * builds with.  Configure looks for them in Open vSwitch's headers; a version
 * number is never asked for.
 *
 * To be included after everything else: configure's results for this project
 * are in a header that, as its counterpart <config.h> of Open vSwitch, names
 * the package.
 *
 * No state.  The functions here may be called where those that they call may
 * be: about packets, on any thread that owns them; about the daemon, on the
 * main thread. */

#ifndef OVS_COMPAT_H
#define OVS_COMPAT_H 1

#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "daemon.h"
#include "dp-packet.h"
#include "flow.h"
#include "netdev-provider.h"
#include "openvswitch/json.h"
#include "ovs-router.h"
#include "util.h"

#undef PACKAGE
#undef PACKAGE_BUGREPORT
#undef PACKAGE_NAME
#undef PACKAGE_STRING
#undef PACKAGE_TARNAME
#undef PACKAGE_URL
#undef PACKAGE_VERSION
#undef VERSION
#undef LT_OBJDIR
#include "bsd-config.h"

/* Operations of netdev classes. */

/* Speed in Mb/s, an operation of its own since 3.2. */
#ifdef OVS_NETDEV_HAS_GET_SPEED
#define OVS_COMPAT_GET_SPEED(FUNCTION) .get_speed = FUNCTION,
#else
#define OVS_COMPAT_GET_SPEED(FUNCTION)
#endif

/* Duplex, an operation of its own since 3.3. */
#ifdef OVS_NETDEV_HAS_GET_DUPLEX
#define OVS_COMPAT_GET_DUPLEX(FUNCTION) .get_duplex = FUNCTION,
#else
#define OVS_COMPAT_GET_DUPLEX(FUNCTION)
#endif

/* What netdev_push_header() knows since 4.0 of where the packets came from:
 * the parameter's declaration, and its name to pass it on. */
#ifdef OVS_NETDEV_PUSH_HEADER_HAS_INGRESS
#define OVS_COMPAT_INGRESS_PARAMETER const struct netdev *ingress_netdev,
#define OVS_COMPAT_INGRESS_ARGUMENT ingress_netdev,
#else
#define OVS_COMPAT_INGRESS_PARAMETER
#define OVS_COMPAT_INGRESS_ARGUMENT
#endif

/* Packets. */

/* Takes the flow mark off 'packet'.  It has been outside of the offload flags
 * since 3.6. */
static inline void
ovs_compat_clear_flow_mark(struct dp_packet *packet)
{
#ifdef OVS_DP_PACKET_HAS_MARK
    packet->has_mark = false;
#else
    *dp_packet_ol_flags_ptr(packet) &= ~DP_PACKET_OL_FLOW_MARK;
#endif
}

/* Does 'packet' stand for several TCP segments, to be cut by who sends it? */
static inline bool
ovs_compat_is_tso(const struct dp_packet *packet)
{
#ifdef OVS_DP_PACKET_HAS_HWOL
    return dp_packet_hwol_is_tso(packet);
#else
    return dp_packet_get_tso_segsz(packet) != 0;
#endif
}

/* Writes the checksums into 'packet', which is about to be sent, that are
 * still missing from it.  Since 3.2 the datapath leaves them to the netdev's
 * hardware or, just before the class's send function, to netdev_send().
 * Packets that stand for several stay as they are, because each segment has
 * checksums of its own. */
static inline void
ovs_compat_finish_checksums(struct dp_packet *packet OVS_UNUSED)
{
#ifdef OVS_DP_PACKET_HAS_SEND_PREPARE
    if (!ovs_compat_is_tso(packet)) {
        dp_packet_ol_send_prepare(packet, 0);
    }
#endif
}

/* What is left to do about TCP and UDP packets
 *
 * The checksum of such a packet is unfinished: its field has the sum of the
 * pseudo header, or whatever actions have made of it.  It may stand for
 * several TCP segments, too.  Whoever sends it has to see to that. */

/* For versions in which packets have no place for the size of their segments:
 * a flow mark with this in its upper half and the size in the lower one. */
#define OVS_COMPAT_SEGSZ_SIGNATURE 0xb9f60000u

/* Payload in bytes of each segment of 'packet', for which ovs_compat_is_tso()
 * is true; 0 = unknown. */
static inline uint16_t
ovs_compat_get_segsz(const struct dp_packet *packet)
{
#ifdef OVS_DP_PACKET_HAS_SEGSZ
    return dp_packet_get_tso_segsz(packet);
#else
    uint32_t mark;

    return (dp_packet_has_flow_mark(packet, &mark)
            && (mark & 0xffff0000u) == OVS_COMPAT_SEGSZ_SIGNATURE
            ? mark & 0xffff : 0);
#endif
}

/* Makes 'packet' stand for several segments with 'segsz' bytes of payload. */
static inline void
ovs_compat_set_segsz(struct dp_packet *packet, uint16_t segsz)
{
#ifdef OVS_DP_PACKET_HAS_SEGSZ
    dp_packet_set_tso_segsz(packet, segsz);
#else
    dp_packet_set_flow_mark(packet, OVS_COMPAT_SEGSZ_SIGNATURE | segsz);
#endif
#ifdef OVS_DP_PACKET_HAS_HWOL
    dp_packet_hwol_set_tcp_seg(packet);
#endif
}

/* Says that the checksum of 'packet', a TCP segment if 'tcp' is true and else
 * a UDP datagram, in IPv6 or IPv4, is unfinished.  It is over everything from
 * 'start' on and its field is 'offset' bytes behind that. */
static inline void
ovs_compat_set_partial(struct dp_packet *packet, bool tcp OVS_UNUSED,
                       bool ipv6 OVS_UNUSED, uint16_t start OVS_UNUSED,
                       uint16_t offset OVS_UNUSED)
{
#ifdef OVS_DP_PACKET_HAS_HWOL
    if (ipv6) {
        dp_packet_hwol_set_tx_ipv6(packet);
    } else {
        dp_packet_hwol_set_tx_ipv4(packet);
    }
    if (tcp) {
        dp_packet_hwol_set_csum_tcp(packet);
    } else {
        dp_packet_hwol_set_csum_udp(packet);
    }
#ifdef OVS_DP_PACKET_HAS_CSUM_START
    packet->csum_start = start;
    packet->csum_offset = offset;
#endif
#else
    parse_tcp_flags(packet, NULL, NULL, NULL);
    dp_packet_l4_checksum_set_partial(packet);
#endif
}

/* Protocol whose checksum in 'packet' is unfinished, IPPROTO_TCP or
 * IPPROTO_UDP, or 0. */
static inline uint8_t
ovs_compat_get_partial(const struct dp_packet *packet_)
{
    struct dp_packet *packet = CONST_CAST(struct dp_packet *, packet_);
#ifdef OVS_DP_PACKET_HAS_HWOL
    return (dp_packet_hwol_l4_is_tcp(packet) ? IPPROTO_TCP
            : dp_packet_hwol_l4_is_udp(packet) ? IPPROTO_UDP : 0);
#else
    return (!dp_packet_l4_checksum_partial(packet) ? 0
            : dp_packet_l4_proto_tcp(packet) ? IPPROTO_TCP
            : dp_packet_l4_proto_udp(packet) ? IPPROTO_UDP : 0);
#endif
}

/* Says that the checksums of 'packet', outside of tunnels, are right. */
static inline void
ovs_compat_set_good(struct dp_packet *packet)
{
#ifdef OVS_DP_PACKET_HAS_HWOL
    *dp_packet_ol_flags_ptr(packet) |= (DP_PACKET_OL_RX_IP_CKSUM_GOOD
                                        | DP_PACKET_OL_RX_L4_CKSUM_GOOD);
#else
    dp_packet_ip_checksum_set_good(packet);
    dp_packet_l4_checksum_set_good(packet);
#endif
}

/* Is the checksum of TCP or UDP in 'packet' known to be right? */
static inline bool
ovs_compat_is_good(const struct dp_packet *packet)
{
#if !defined OVS_DP_PACKET_HAS_HWOL
    return dp_packet_l4_checksum_good(packet);
#elif defined OVS_DP_PACKET_HAS_SEND_PREPARE
    return (dp_packet_l4_checksum_good(packet)
            && !ovs_compat_get_partial(packet));
#else
    return (dp_packet_l4_checksum_valid(packet)
            && !ovs_compat_get_partial(packet));
#endif
}

/* Bits of enum netdev_ol_flags: what a netdev must be able to do in order to
 * send 'packet' as it is. */
static inline uint64_t
ovs_compat_needs(const struct dp_packet *packet)
{
    uint8_t proto = ovs_compat_get_partial(packet);

    return ((ovs_compat_is_tso(packet) ? NETDEV_TX_OFFLOAD_TCP_TSO : 0)
            | (proto == IPPROTO_TCP ? NETDEV_TX_OFFLOAD_TCP_CKSUM
               : proto == IPPROTO_UDP ? NETDEV_TX_OFFLOAD_UDP_CKSUM : 0));
}

/* Can packets be put into tunnels, at least some, without a look at what is
 * left to do about them? */
#ifdef OVS_DP_PACKET_HAS_TUNNEL_GSO
#define OVS_COMPAT_TUNNELS_TAKE_TSO 1
#else
#define OVS_COMPAT_TUNNELS_TAKE_TSO 0
#endif

/* Is 'packet' one that has been put into a tunnel, with something still to do
 * inside? */
static inline bool
ovs_compat_is_left_in_tunnel(const struct dp_packet *packet OVS_UNUSED)
{
#if defined OVS_DP_PACKET_HAS_TUNNEL_GSO && defined OVS_DP_PACKET_HAS_HWOL
    return dp_packet_hwol_is_tunnel(CONST_CAST(struct dp_packet *, packet));
#elif defined OVS_DP_PACKET_HAS_TUNNEL_GSO
    return dp_packet_tunnel(packet);
#else
    return false;
#endif
}

/* Gives 'packet', which is new, what is known about 'from' beside its bytes:
 * where it came from, and where its headers are.  Nothing is left to do about
 * 'packet'. */
static inline void
ovs_compat_copy_metadata(struct dp_packet *packet,
                         const struct dp_packet *from)
{
    const size_t ofs = offsetof(struct dp_packet, l2_pad_size);

    memcpy((char *) packet + ofs, (const char *) from + ofs,
           sizeof *packet - ofs);
    dp_packet_set_l2_pad_size(packet, 0);
#ifdef OVS_DP_PACKET_HAS_CSUM_START
    packet->csum_start = 0;
    packet->csum_offset = 0;
#endif
}

/* Do meters count the packets of a batch that they drop when they have deleted
 * all of them, not each before that? */
#ifdef OVS_METERS_COUNT_LAST
#define OVS_COMPAT_METERS_COUNT_LAST 1
#else
#define OVS_COMPAT_METERS_COUNT_LAST 0
#endif

/* JSON arrays, whose structure is no longer for others to look into since
 * 3.6. */
#ifndef OVS_JSON_HAS_ARRAY_AT
static inline size_t
json_array_size(const struct json *json)
{
    return json_array(json)->n;
}

static inline const struct json *
json_array_at(const struct json *json, size_t index)
{
    return json_array(json)->elems[index];
}
#endif

/* The daemon. */

/* Tells Open vSwitch that all memory is locked, which limits what it sets
 * aside for stacks. */
static inline void
ovs_compat_set_memory_locked(void)
{
#ifdef OVS_HAS_SET_ALL_MEMORY_LOCKED
    set_all_memory_locked();
#else
    set_memory_locked();
#endif
}

/* Since 3.2 a daemon that runs as another user may keep the capability to
 * access hardware (--hw-rawio-access).  OVS_COMPAT_RAWIO_OPTION() is the
 * option's line for getopt_long(). */
#ifdef OVS_DAEMON_HAS_RAWIO
#define OVS_COMPAT_RAWIO_OPTION(VALUE) \
    {"hw-rawio-access", no_argument, NULL, VALUE},
#define OVS_COMPAT_RAWIO_USAGE \
    "  --hw-rawio-access         keep the capability to access hardware\n"
#else
#define OVS_COMPAT_RAWIO_OPTION(VALUE)
#define OVS_COMPAT_RAWIO_USAGE ""
#endif

/* As daemonize_start(). */
static inline void
ovs_compat_daemonize_start(bool access_datapath, bool access_hw OVS_UNUSED)
{
#ifdef OVS_DAEMON_HAS_RAWIO
    daemonize_start(access_datapath, access_hw);
#else
    daemonize_start(access_datapath);
#endif
}

/* Routes. */

/* Tells the tunnels of a route of the system's, see ovs_router_insert().  A
 * preferred source address is known since 3.5; none makes it be chosen as
 * before.  Since 3.7 there are tables, numbered as Linux does. */
static inline void
ovs_compat_router_insert(const struct in6_addr *dst, uint8_t plen, bool local,
                         const char name[], const struct in6_addr *gateway)
{
#if defined OVS_ROUTER_HAS_TABLES
    enum { TABLE_MAIN = 254, TABLE_LOCAL = 255 };

    ovs_router_insert(local ? TABLE_LOCAL : TABLE_MAIN, 0, dst, plen, false,
                      name, gateway, &in6addr_any);
#elif defined OVS_ROUTER_HAS_PREFSRC
    ovs_router_insert(0, dst, plen, local, name, gateway, &in6addr_any);
#else
    ovs_router_insert(0, dst, plen, local, name, gateway);
#endif
}

/* Removes the routes that were inserted so. */
static inline void
ovs_compat_router_flush(void)
{
#ifdef OVS_ROUTER_HAS_TABLES
    ovs_router_flush(false);
#else
    ovs_router_flush();
#endif
}

#endif /* OVS_COMPAT_H */
