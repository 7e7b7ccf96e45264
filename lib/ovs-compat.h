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

#include <stdbool.h>

#include "daemon.h"
#include "dp-packet.h"
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
