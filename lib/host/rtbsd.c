/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The messages of the routing socket: their parser.  See rtbsd.h.
 *
 * No state and no locks.  Any thread may call anything. */

#include "host/rtbsd.h"

#include <limits.h>
#include <string.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <net/if.h>
#include <net/if_dl.h>
#include <net/if_types.h>
#include <net/route.h>
#include <netinet/in.h>

/* Message types. */

static bool
is_known_type(int type)
{
    return (type >= 0
            && (size_t) type < rtbsd_n_types
            && rtbsd_types[type].name);
}

const char *
rtbsd_type_name(int type)
{
    return is_known_type(type) ? rtbsd_types[type].name : NULL;
}

enum rtbsd_kind
rtbsd_type_kind(int type)
{
    return is_known_type(type) ? rtbsd_types[type].kind : RTBSD_OTHER;
}

unsigned int
rtbsd_host_flags(unsigned int flags)
{
    return ((flags & IFF_UP ? HOST_FLAG_UP : 0)
            | (flags & rtbsd_promisc_flags ? HOST_FLAG_PROMISC : 0)
            | (flags & IFF_LOOPBACK ? HOST_FLAG_LOOPBACK : 0));
}

static void
stats_from_data(const struct if_data *data, struct host_stats *stats)
{
    host_stats_init(stats);
    stats->rx_packets = data->ifi_ipackets;
    stats->tx_packets = data->ifi_opackets;
    stats->rx_bytes = data->ifi_ibytes;
    stats->tx_bytes = data->ifi_obytes;
    stats->rx_errors = data->ifi_ierrors;
    stats->tx_errors = data->ifi_oerrors;
    stats->rx_dropped = data->ifi_iqdrops;
    stats->tx_dropped = rtbsd_output_drops(data);
    stats->rx_multicast = data->ifi_imcasts;
    stats->tx_multicast = data->ifi_omcasts;
    stats->collisions = data->ifi_collisions;
    stats->rx_noproto = data->ifi_noproto;
}

void
rtbsd_link_from_data(const struct if_data *data, struct host_link *link)
{
    link->have |= HOST_V_STATS | HOST_V_MTU;
    stats_from_data(data, &link->stats);
    link->mtu = data->ifi_mtu > INT_MAX ? INT_MAX : (int) data->ifi_mtu;

    /* An interface whose state is unknown may know better by its media. */
    if (data->ifi_link_state != LINK_STATE_UNKNOWN) {
        link->have |= HOST_V_CARRIER;
        link->carrier = data->ifi_link_state == LINK_STATE_UP;
    }
}

/* Values that no message about an interface's arrival carries. */
#define ALL_BUT_IDENTITY (HOST_V_FLAGS | HOST_V_MTU | HOST_V_LLADDR     \
                          | HOST_V_CARRIER | HOST_V_STATS | HOST_V_ADDRS \
                          | HOST_V_MEDIA | HOST_V_NEIGH)

/* Where a socket address has its length and its family. */
#define SA_LEN_AT 0
#define SA_FAMILY_AT 1

/* Length of a message up to and including its type. */
#define MIN_MSG_LEN 4

static size_t
header_len(enum rtbsd_kind kind)
{
    switch (kind) {
    case RTBSD_LINK:
        return sizeof(struct if_msghdr);
    case RTBSD_ADDR:
        return sizeof(struct ifa_msghdr);
    case RTBSD_ANNOUNCE:
        return sizeof(struct if_announcemsghdr);
    case RTBSD_ROUTE:
    case RTBSD_NEIGH:
        return sizeof(struct rt_msghdr);
    case RTBSD_OTHER:
    case RTBSD_MALFORMED:
    default:
        return MIN_MSG_LEN;
    }
}

size_t
rtbsd_next(const void *buf, size_t len, struct rtbsd_msg *msg)
{
    const uint8_t *p = buf;
    unsigned short msglen;

    msg->kind = RTBSD_MALFORMED;
    msg->type = 0;
    msg->data = p;
    msg->len = len;
    if (len < MIN_MSG_LEN) {
        return len;
    }

    memcpy(&msglen, p, sizeof msglen);
    msg->type = p[3];
    if (msglen < MIN_MSG_LEN || msglen > len) {
        return len;
    }

    msg->len = msglen;
    if (p[2] == RTM_VERSION) {
        enum rtbsd_kind kind = rtbsd_type_kind(msg->type);

        if (msglen >= header_len(kind)) {
            msg->kind = kind;
        }
    }
    return msglen;
}

bool
rtbsd_addrs(const uint8_t *p, size_t len, unsigned int bits,
            struct rtbsd_addr addrs[RTBSD_MAX_ADDRS])
{
    memset(addrs, 0, RTBSD_MAX_ADDRS * sizeof *addrs);
    for (int i = 0; i < RTBSD_MAX_ADDRS; i++) {
        size_t sa_len, space;

        if (!(bits & (1u << i))) {
            continue;
        }
        if (!len) {
            return false;
        }
        sa_len = p[SA_LEN_AT];
        if (sa_len > len) {
            return false;
        }
        addrs[i].data = p;
        addrs[i].len = sa_len;

        /* The padding behind the last address may be missing: ARP entries of
         * FreeBSD end with a structure of 54 bytes. */
        space = rtbsd_space(sa_len);
        space = space < len ? space : len;
        p += space;
        len -= space;
    }
    return true;
}

/* Finds the set of addresses of 'msg'. */
static unsigned int
msg_bits(const struct rtbsd_msg *msg)
{
    struct if_msghdr ifm;
    struct ifa_msghdr ifam;
    struct rt_msghdr rtm;

    switch (msg->kind) {
    case RTBSD_LINK:
        memcpy(&ifm, msg->data, sizeof ifm);
        return ifm.ifm_addrs;
    case RTBSD_ADDR:
        memcpy(&ifam, msg->data, sizeof ifam);
        return ifam.ifam_addrs;
    case RTBSD_ROUTE:
    case RTBSD_NEIGH:
        memcpy(&rtm, msg->data, sizeof rtm);
        return rtm.rtm_addrs;
    case RTBSD_OTHER:
    case RTBSD_ANNOUNCE:
    case RTBSD_MALFORMED:
    default:
        return 0;
    }
}

bool
rtbsd_msg_addrs(const struct rtbsd_msg *msg,
                struct rtbsd_addr addrs[RTBSD_MAX_ADDRS])
{
    size_t ofs = header_len(msg->kind);

    return rtbsd_addrs(msg->data + ofs, msg->len - ofs, msg_bits(msg), addrs);
}

int
rtbsd_family(const struct rtbsd_addr *addr)
{
    return addr->len > SA_FAMILY_AT ? addr->data[SA_FAMILY_AT] : 0;
}

/* Copies the 'size' bytes that start at 'ofs' in 'addr' to 'dst', with zeros
 * for those that it does not have. */
static void
copy_part(const struct rtbsd_addr *addr, size_t ofs, void *dst, size_t size)
{
    memset(dst, 0, size);
    if (addr->len > ofs) {
        size_t n = addr->len - ofs;

        memcpy(dst, addr->data + ofs, n < size ? n : size);
    }
}

void
rtbsd_get_in4(const struct rtbsd_addr *addr, struct in_addr *in)
{
    copy_part(addr, offsetof(struct sockaddr_in, sin_addr), in, sizeof *in);
}

void
rtbsd_map_in4(struct in_addr in, struct in6_addr *in6)
{
    memset(in6, 0, sizeof *in6);
    in6->s6_addr[10] = 0xff;
    in6->s6_addr[11] = 0xff;
    memcpy(&in6->s6_addr[12], &in, sizeof in);
}

void
rtbsd_get_in6(const struct rtbsd_addr *addr, struct in6_addr *in6)
{
    copy_part(addr, offsetof(struct sockaddr_in6, sin6_addr), in6,
              sizeof *in6);
}

/* True if an interface of IANA type 'type' with addresses of 'alen' bytes has
 * Ethernet addresses.  FDDI and token ring have addresses of that length but
 * other frames. */
static bool
is_ethernet(int type, size_t alen)
{
    return (alen == HOST_LLADDR_LEN
            && type != IFT_FDDI && type != IFT_ISO88025);
}

void
rtbsd_parse_sdl(const struct rtbsd_addr *addr, struct host_link *link)
{
    const size_t data_at = offsetof(struct sockaddr_dl, sdl_data);
    struct sockaddr_dl sdl;
    const uint8_t *data;
    size_t nlen, alen, room;

    if (rtbsd_family(addr) != AF_LINK || addr->len < data_at) {
        return;
    }
    copy_part(addr, 0, &sdl, sizeof sdl);
    data = addr->data + data_at;
    room = addr->len - data_at;
    nlen = sdl.sdl_nlen;
    alen = sdl.sdl_alen;

    if (sdl.sdl_index && !(link->have & HOST_V_IFINDEX)) {
        link->have |= HOST_V_IFINDEX;
        link->ifindex = sdl.sdl_index;
    }
    if (nlen + alen > room) {
        return;
    }
    if (nlen && nlen < sizeof link->name) {
        link->have |= HOST_V_NAME;
        memcpy(link->name, data, nlen);
        link->name[nlen] = '\0';
    }
    if (is_ethernet(sdl.sdl_type, alen)) {
        link->have |= HOST_V_LLADDR;
        link->ether = true;
        memcpy(link->lladdr, data + nlen, alen);
    } else if (nlen && (alen || sdl.sdl_type != IFT_ETHER)) {
        /* The name says that this describes an interface, so it is known that
         * the interface has no Ethernet address.  (An Ethernet interface has
         * none until it is complete: FreeBSD 15.1 announces one before.) */
        link->have |= HOST_V_LLADDR;
        link->ether = false;
        memset(link->lladdr, 0, sizeof link->lladdr);
    }
}

unsigned int
rtbsd_msg_ifindex(const struct rtbsd_msg *msg)
{
    struct if_msghdr ifm;
    struct ifa_msghdr ifam;
    struct if_announcemsghdr ifan;
    struct rt_msghdr rtm;

    switch (msg->kind) {
    case RTBSD_LINK:
        memcpy(&ifm, msg->data, sizeof ifm);
        return ifm.ifm_index;
    case RTBSD_ADDR:
        memcpy(&ifam, msg->data, sizeof ifam);
        return ifam.ifam_index;
    case RTBSD_ANNOUNCE:
        memcpy(&ifan, msg->data, sizeof ifan);
        return ifan.ifan_index;
    case RTBSD_ROUTE:
    case RTBSD_NEIGH:
        memcpy(&rtm, msg->data, sizeof rtm);
        return rtm.rtm_index;
    case RTBSD_OTHER:
    case RTBSD_MALFORMED:
    default:
        return 0;
    }
}

/* Makes 'event' about the interface with index 'ifindex'. */
static void
set_event(struct host_event *event, enum host_event_type type,
          unsigned int ifindex)
{
    event->type = type;
    event->link.have |= HOST_V_IFINDEX;
    event->link.ifindex = ifindex;
}

static void
link_event(const struct rtbsd_msg *msg, struct host_event *event)
{
    struct rtbsd_addr addrs[RTBSD_MAX_ADDRS];
    struct if_msghdr ifm;

    memcpy(&ifm, msg->data, sizeof ifm);
    if (!ifm.ifm_index || !rtbsd_msg_addrs(msg, addrs)) {
        return;
    }

    set_event(event, HOST_EV_LINK, ifm.ifm_index);
    event->link.have |= HOST_V_FLAGS;
    event->link.flags = rtbsd_host_flags(ifm.ifm_flags);
    rtbsd_link_from_data(&ifm.ifm_data, &event->link);
    rtbsd_parse_sdl(&addrs[RTAX_IFP], &event->link);

    /* An interface that does not report its link state here may still report
     * it among its media. */
    event->stale = HOST_V_MEDIA | HOST_V_CARRIER;
    event->stale &= ~event->link.have;
}

static void
announce_event(const struct rtbsd_msg *msg, struct host_event *event)
{
    struct if_announcemsghdr ifan;

    memcpy(&ifan, msg->data, sizeof ifan);
    if (!ifan.ifan_index
        || !memchr(ifan.ifan_name, '\0', sizeof ifan.ifan_name)) {
        return;
    }

    event->link.have |= HOST_V_NAME;
    memcpy(event->link.name, ifan.ifan_name, sizeof event->link.name);
    switch (ifan.ifan_what) {
    case IFAN_ARRIVAL:
        set_event(event, HOST_EV_LINK, ifan.ifan_index);
        event->stale = ALL_BUT_IDENTITY;
        break;
    case IFAN_DEPARTURE:
        set_event(event, HOST_EV_GONE, ifan.ifan_index);
        break;
    default:
        event->type = HOST_EV_OTHER;
        break;
    }
}

/* A message about an address carries the interface's own link-layer address
 * as well (RTA_IFP).  That one is to be trusted, unless the message is about a
 * link-layer address itself: NetBSD adds one before it activates it, so that
 * the message still carries the old one. */
static void
addr_event(const struct rtbsd_msg *msg, struct host_event *event)
{
    struct rtbsd_addr addrs[RTBSD_MAX_ADDRS];
    unsigned int ifindex = rtbsd_msg_ifindex(msg);

    if (!ifindex || !rtbsd_msg_addrs(msg, addrs)) {
        return;
    }
    if (rtbsd_family(&addrs[RTAX_IFA]) == AF_LINK) {
        set_event(event, HOST_EV_STALE, ifindex);
        event->stale = HOST_V_LLADDR;
        return;
    }
    set_event(event, HOST_EV_LINK, ifindex);
    event->stale = HOST_V_ADDRS;
    rtbsd_parse_sdl(&addrs[RTAX_IFP], &event->link);
}

/* A route whose gateway is a link-layer address that was looked up is an entry
 * of the neighbour table. */
static void
route_event(const struct rtbsd_msg *msg, struct host_event *event)
{
    struct rtbsd_addr addrs[RTBSD_MAX_ADDRS];
    struct host_link gateway = { .have = 0 };
    struct rt_msghdr rtm;
    unsigned int ifindex;

    memcpy(&rtm, msg->data, sizeof rtm);
    if (!rtbsd_msg_addrs(msg, addrs)) {
        return;
    }

    rtbsd_parse_sdl(&addrs[RTAX_GATEWAY], &gateway);
    ifindex = gateway.have & HOST_V_IFINDEX ? gateway.ifindex : rtm.rtm_index;
    if (!ifindex
        || (msg->kind == RTBSD_ROUTE && !(rtm.rtm_flags & RTF_LLDATA))) {
        event->type = HOST_EV_OTHER;
        return;
    }
    set_event(event, HOST_EV_STALE, ifindex);
    event->stale = HOST_V_NEIGH;
    if (msg->kind == RTBSD_NEIGH) {
        /* RTM_LLINFO_UPD is also how NetBSD says that the interface's own
         * address changed. */
        event->stale |= HOST_V_LLADDR;
    }
}

void
rtbsd_to_event(const struct rtbsd_msg *msg, struct host_event *event)
{
    memset(event, 0, sizeof *event);
    event->type = HOST_EV_MALFORMED;
    event->msg_type = msg->type;

    switch (msg->kind) {
    case RTBSD_LINK:
        link_event(msg, event);
        break;
    case RTBSD_ADDR:
        addr_event(msg, event);
        break;
    case RTBSD_ANNOUNCE:
        announce_event(msg, event);
        break;
    case RTBSD_ROUTE:
    case RTBSD_NEIGH:
        route_event(msg, event);
        break;
    case RTBSD_OTHER:
        event->type = HOST_EV_OTHER;
        break;
    case RTBSD_MALFORMED:
    default:
        break;
    }
}
