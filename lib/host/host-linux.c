/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface on Linux: links, addresses and routes through
 * rtnetlink(7), media and offloads through ethtool, taps through
 * /dev/net/tun, transmission through a packet socket (packet(7)).
 *
 * No lock and no state of the process: every query opens the socket that it
 * needs, so that a failure is never remembered.  Queries are rare (the
 * provider caches), transmission and taps keep their descriptors in handles.
 * Any thread may call any function; handles are serialised by the caller. */

/* For sendmmsg(2). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "host/host.h"
#include "host/host-rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if_arp.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/mii.h>
#include <linux/sockios.h>

/* Longest wait for an answer of the kernel about local state. */
#define HOST_TIMEOUT_MS 1000

/* How often a dump is repeated that something kept changing under. */
#define HOST_DUMP_TRIES 3

/* Frames that the capture ring of an interface should hold. */
#define HOST_RING_FRAMES 1024

/* Upper bound for one ring, which is memory that cannot be swapped. */
#define HOST_RING_MAX (4 * 1024 * 1024)

/* Most frames that one sendmmsg() takes. */
#define HOST_TX_BURST 64

/* Linux 5.17 and later; the number is part of the kernel's interface. */
#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000
#endif

const char *
host_system(void)
{
    return "linux";
}

int
host_revalidate_interval(void)
{
    return 0;
}

/* Helpers for names and ioctls. */

static int
check_name(const char *name)
{
    return strlen(name) < IFNAMSIZ ? 0 : ENAMETOOLONG;
}

static int
host_errno(int error)
{
    return error == ENXIO ? ENODEV : error;
}

static int
inet_ioctl(unsigned long int request, void *arg)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0) {
        return errno;
    }
    do {
        error = ioctl(fd, request, arg) < 0 ? errno : 0;
    } while (error == EINTR);
    close(fd);
    return error;
}

/* Does the ioctl 'request' on interface 'name', with everything but the name
 * as given in '*ifr'. */
static int
ifreq_ioctl(const char *name, unsigned long int request, struct ifreq *ifr)
{
    int error = check_name(name);

    if (!error) {
        strcpy(ifr->ifr_name, name);
        error = host_errno(inet_ioctl(request, ifr));
    }
    return error;
}

static int
ethtool_ioctl(const char *name, void *cmd)
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    ifr.ifr_data = cmd;
    return ifreq_ioctl(name, SIOCETHTOOL, &ifr);
}

/* Links. */

struct link_reply {
    struct host_link *link;
    bool ok;
};

static void
link_reply_cb(const struct nlmsghdr *nlmsg, void *reply_)
{
    struct link_reply *reply = reply_;

    reply->ok = (nlmsg->nlmsg_type == RTM_NEWLINK
                 && rtnl_parse_link(nlmsg, reply->link));
}

int
host_link_get(const char *name, enum host_value want, struct host_link *link)
{
    struct link_reply reply = { .link = link, .ok = false };
    struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
    struct rtnl_request req;
    int error = check_name(name);

    if (error) {
        return error;
    }
    rtnl_request_init(&req, RTM_GETLINK, 0, &ifi, sizeof ifi);
    rtnl_request_put(&req, IFLA_IFNAME, name, strlen(name) + 1);
    error = rtnl_transact(&req, link_reply_cb, &reply, HOST_TIMEOUT_MS);
    if (error) {
        return host_errno(error);
    } else if (!reply.ok) {
        return EPROTO;
    }
    return link->have & want ? 0 : EOPNOTSUPP;
}

struct link_dump {
    void (*cb)(const struct host_link *, void *aux);
    void *aux;
};

static void
link_dump_cb(const struct nlmsghdr *nlmsg, void *dump_)
{
    struct link_dump *dump = dump_;
    struct host_link link;

    if (nlmsg->nlmsg_type == RTM_NEWLINK && rtnl_parse_link(nlmsg, &link)) {
        dump->cb(&link, dump->aux);
    }
}

int
host_link_dump(void (*cb)(const struct host_link *, void *aux), void *aux)
{
    struct link_dump dump = { .cb = cb, .aux = aux };
    struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
    struct rtnl_request req;

    rtnl_request_init(&req, RTM_GETLINK, NLM_F_DUMP, &ifi, sizeof ifi);
    return rtnl_transact(&req, link_dump_cb, &dump, HOST_TIMEOUT_MS);
}

/* Changes the IFF_* flags of 'name', and writes them only if that changes
 * anything. */
static int
change_iff(const char *name, int off, int on)
{
    struct ifreq ifr;
    int old_flags;
    int error;

    memset(&ifr, 0, sizeof ifr);
    error = ifreq_ioctl(name, SIOCGIFFLAGS, &ifr);
    if (error) {
        return error;
    }

    old_flags = (unsigned short int) ifr.ifr_flags;
    ifr.ifr_flags = (old_flags & ~off) | on;
    return ((unsigned short int) ifr.ifr_flags == old_flags
            ? 0
            : ifreq_ioctl(name, SIOCSIFFLAGS, &ifr));
}

int
host_set_flags(const char *name, unsigned int off, unsigned int on)
{
    if ((off | on) & ~HOST_FLAG_UP) {
        return EINVAL;
    }
    return change_iff(name, off ? IFF_UP : 0, on ? IFF_UP : 0);
}

int
host_set_promisc(const char *name, bool on,
                 struct host_promisc **holdp __attribute__((unused)))
{
    int error = change_iff(name, on ? 0 : IFF_PROMISC, on ? IFF_PROMISC : 0);

    return error == ENODEV && !on ? 0 : error;
}

int
host_set_mtu(const char *name, int mtu)
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    ifr.ifr_mtu = mtu;
    return ifreq_ioctl(name, SIOCSIFMTU, &ifr);
}

static int
set_hwaddr(const char *name, const uint8_t lladdr[HOST_LLADDR_LEN])
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    ifr.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(ifr.ifr_hwaddr.sa_data, lladdr, HOST_LLADDR_LEN);
    return ifreq_ioctl(name, SIOCSIFHWADDR, &ifr);
}

int
host_set_lladdr(const char *name, const uint8_t lladdr[HOST_LLADDR_LEN])
{
    int error = set_hwaddr(name, lladdr);

    if (error == EBUSY) {
        /* The driver takes a new address only while it is down. */
        error = change_iff(name, IFF_UP, 0);
        if (!error) {
            int error2;

            error = set_hwaddr(name, lladdr);
            error2 = change_iff(name, 0, IFF_UP);
            error = error ? error : error2;
        }
    }
    return error;
}

/* Media, through ethtool.
 *
 * The link modes of ethtool are numbered in the order in which they were
 * invented.  Those that OpenFlow has a bit for are listed; every other mode
 * that is a rate is HOST_F_OTHER. */

#define MODE_WORDS 8            /* 256 link modes, three bitmaps of them. */

union link_settings {
    struct ethtool_link_settings s;
    uint8_t room[sizeof(struct ethtool_link_settings)
                 + 3 * MODE_WORDS * sizeof(uint32_t)];
};

static const struct {
    uint8_t bit;
    uint32_t feature;
} link_modes[] = {
    { ETHTOOL_LINK_MODE_10baseT_Half_BIT, HOST_F_10MB_HD },
    { ETHTOOL_LINK_MODE_10baseT_Full_BIT, HOST_F_10MB_FD },
    { ETHTOOL_LINK_MODE_100baseT_Half_BIT, HOST_F_100MB_HD },
    { ETHTOOL_LINK_MODE_100baseT_Full_BIT, HOST_F_100MB_FD },
    { ETHTOOL_LINK_MODE_100baseT1_Full_BIT, HOST_F_100MB_FD },
    { ETHTOOL_LINK_MODE_100baseFX_Half_BIT, HOST_F_100MB_HD },
    { ETHTOOL_LINK_MODE_100baseFX_Full_BIT, HOST_F_100MB_FD },
    { ETHTOOL_LINK_MODE_1000baseT_Half_BIT, HOST_F_1GB_HD },
    { ETHTOOL_LINK_MODE_1000baseT_Full_BIT, HOST_F_1GB_FD },
    { ETHTOOL_LINK_MODE_1000baseKX_Full_BIT, HOST_F_1GB_FD },
    { ETHTOOL_LINK_MODE_1000baseX_Full_BIT, HOST_F_1GB_FD },
    { ETHTOOL_LINK_MODE_1000baseT1_Full_BIT, HOST_F_1GB_FD },
    { ETHTOOL_LINK_MODE_10000baseT_Full_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_10000baseKX4_Full_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_10000baseKR_Full_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_10000baseR_FEC_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_10000baseCR_Full_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_10000baseSR_Full_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_10000baseLR_Full_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_10000baseLRM_Full_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_10000baseER_Full_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_40000baseKR4_Full_BIT, HOST_F_40GB_FD },
    { ETHTOOL_LINK_MODE_40000baseCR4_Full_BIT, HOST_F_40GB_FD },
    { ETHTOOL_LINK_MODE_40000baseSR4_Full_BIT, HOST_F_40GB_FD },
    { ETHTOOL_LINK_MODE_40000baseLR4_Full_BIT, HOST_F_40GB_FD },
    { ETHTOOL_LINK_MODE_100000baseKR4_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseSR4_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseCR4_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseLR4_ER4_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseKR2_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseSR2_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseCR2_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseLR2_ER2_FR2_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseDR2_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseKR_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseSR_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseLR_ER_FR_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseCR_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseDR_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_TP_BIT, HOST_F_COPPER },
    { ETHTOOL_LINK_MODE_FIBRE_BIT, HOST_F_FIBER },
    { ETHTOOL_LINK_MODE_Autoneg_BIT, HOST_F_AUTONEG },
    { ETHTOOL_LINK_MODE_Pause_BIT, HOST_F_PAUSE },
    { ETHTOOL_LINK_MODE_Asym_Pause_BIT, HOST_F_PAUSE_ASYM },
    /* Not rates, and without a meaning for OpenFlow. */
    { ETHTOOL_LINK_MODE_AUI_BIT, 0 },
    { ETHTOOL_LINK_MODE_MII_BIT, 0 },
    { ETHTOOL_LINK_MODE_BNC_BIT, 0 },
    { ETHTOOL_LINK_MODE_Backplane_BIT, 0 },
    { ETHTOOL_LINK_MODE_FEC_NONE_BIT, 0 },
    { ETHTOOL_LINK_MODE_FEC_RS_BIT, 0 },
    { ETHTOOL_LINK_MODE_FEC_BASER_BIT, 0 },
    { ETHTOOL_LINK_MODE_FEC_LLRS_BIT, 0 },
};

static const struct {
    uint32_t mbps;
    uint32_t full;
    uint32_t half;
} link_speeds[] = {
    { SPEED_10, HOST_F_10MB_FD, HOST_F_10MB_HD },
    { SPEED_100, HOST_F_100MB_FD, HOST_F_100MB_HD },
    { SPEED_1000, HOST_F_1GB_FD, HOST_F_1GB_HD },
    { SPEED_10000, HOST_F_10GB_FD, HOST_F_OTHER },
    { SPEED_40000, HOST_F_40GB_FD, HOST_F_OTHER },
    { SPEED_100000, HOST_F_100GB_FD, HOST_F_OTHER },
};

static uint32_t
mode_to_feature(unsigned int bit)
{
    for (size_t i = 0; i < sizeof link_modes / sizeof link_modes[0]; i++) {
        if (link_modes[i].bit == bit) {
            return link_modes[i].feature;
        }
    }
    return HOST_F_OTHER;
}

static uint32_t
modes_to_features(const uint32_t *words, int n_words)
{
    uint32_t features = 0;

    for (int i = 0; i < n_words * 32; i++) {
        if (words[i / 32] & (UINT32_C(1) << (i % 32))) {
            features |= mode_to_feature(i);
        }
    }
    return features;
}

/* Reads the link settings of 'name'.  The kernel first tells how many words
 * its bitmaps have. */
static int
get_link_settings(const char *name, union link_settings *ls)
{
    int error;

    memset(ls, 0, sizeof *ls);
    ls->s.cmd = ETHTOOL_GLINKSETTINGS;
    error = ethtool_ioctl(name, ls);
    if (error) {
        return error;
    }
    if (ls->s.link_mode_masks_nwords >= 0
        || ls->s.link_mode_masks_nwords < -MODE_WORDS) {
        return EPROTO;
    }

    ls->s.link_mode_masks_nwords = -ls->s.link_mode_masks_nwords;
    ls->s.cmd = ETHTOOL_GLINKSETTINGS;
    error = ethtool_ioctl(name, ls);
    if (!error && (ls->s.link_mode_masks_nwords <= 0
                   || ls->s.link_mode_masks_nwords > MODE_WORDS)) {
        error = EPROTO;
    }
    return error;
}

static uint32_t
speed_to_feature(uint32_t mbps, bool full)
{
    if (!mbps || mbps == (uint32_t) SPEED_UNKNOWN) {
        return 0;
    }
    for (size_t i = 0; i < sizeof link_speeds / sizeof link_speeds[0]; i++) {
        if (link_speeds[i].mbps == mbps) {
            return full ? link_speeds[i].full : link_speeds[i].half;
        }
    }
    return HOST_F_OTHER;
}

static uint32_t
current_features(const struct ethtool_link_settings *s)
{
    uint32_t features = speed_to_feature(s->speed, s->duplex != DUPLEX_HALF);

    if (s->port == PORT_TP || s->port == PORT_DA) {
        features |= HOST_F_COPPER;
    } else if (s->port == PORT_FIBRE) {
        features |= HOST_F_FIBER;
    }
    if (s->autoneg == AUTONEG_ENABLE) {
        features |= HOST_F_AUTONEG;
    }
    return features;
}

static void
format_media(const struct ethtool_link_settings *s, char *text, size_t size)
{
    if (s->speed && s->speed != (uint32_t) SPEED_UNKNOWN) {
        snprintf(text, size, "%u Mb/s%s", s->speed,
                 s->duplex == DUPLEX_FULL ? " full-duplex"
                 : s->duplex == DUPLEX_HALF ? " half-duplex" : "");
    }
}

int
host_get_media(const char *name, struct host_media *media)
{
    union link_settings ls;
    int error = get_link_settings(name, &ls);
    int n;

    memset(media, 0, sizeof *media);
    if (error) {
        return error;
    }

    n = ls.s.link_mode_masks_nwords;
    media->current = current_features(&ls.s);
    media->supported = modes_to_features(ls.s.link_mode_masks, n);
    media->advertised = modes_to_features(ls.s.link_mode_masks + n, n);
    media->peer = modes_to_features(ls.s.link_mode_masks + 2 * n, n);
    if (ls.s.speed != (uint32_t) SPEED_UNKNOWN) {
        media->speed = UINT64_C(1000000) * ls.s.speed;
    }
    media->duplex = (ls.s.duplex == DUPLEX_FULL ? 1
                     : ls.s.duplex == DUPLEX_HALF ? 0 : -1);
    format_media(&ls.s, media->text, sizeof media->text);
    return 0;
}

int
host_set_advertised(const char *name, uint32_t features)
{
    union link_settings ls;
    uint32_t *supported, *advertised;
    bool any = false;
    int error;

    error = get_link_settings(name, &ls);
    if (error) {
        return error;
    }

    supported = ls.s.link_mode_masks;
    advertised = supported + ls.s.link_mode_masks_nwords;
    for (int i = 0; i < ls.s.link_mode_masks_nwords * 32; i++) {
        uint32_t bit = UINT32_C(1) << (i % 32);

        if (supported[i / 32] & bit && mode_to_feature(i) & features) {
            advertised[i / 32] |= bit;
            any = true;
        } else {
            advertised[i / 32] &= ~bit;
        }
    }
    if (!any) {
        return EINVAL;
    }

    ls.s.cmd = ETHTOOL_SLINKSETTINGS;
    ls.s.autoneg = (features & HOST_F_AUTONEG
                    ? AUTONEG_ENABLE : AUTONEG_DISABLE);
    return ethtool_ioctl(name, &ls);
}

/* Reads MII register BMSR.  Its link bit latches failures, so the first read
 * may tell of the past. */
static int
get_mii_bmsr(const char *name, uint16_t *bmsr)
{
    struct ifreq ifr;
    struct mii_ioctl_data *mii = (struct mii_ioctl_data *) &ifr.ifr_data;
    int error;

    memset(&ifr, 0, sizeof ifr);
    error = ifreq_ioctl(name, SIOCGMIIPHY, &ifr);
    for (int i = 0; !error && i < 2; i++) {
        mii->reg_num = MII_BMSR;
        error = ifreq_ioctl(name, SIOCGMIIREG, &ifr);
        *bmsr = mii->val_out;
    }
    return error;
}

int
host_get_mii_link(const char *name, bool *up)
{
    struct ethtool_value link = { .cmd = ETHTOOL_GLINK };
    uint16_t bmsr = 0;
    int error = get_mii_bmsr(name, &bmsr);

    if (!error) {
        *up = (bmsr & BMSR_LSTATUS) != 0;
    } else if (error != ENODEV && error != ENAMETOOLONG) {
        error = ethtool_ioctl(name, &link);
        *up = link.data != 0;
    }
    return error;
}

int
host_get_driver(const char *name, struct host_driver *driver)
{
    struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
    int error = ethtool_ioctl(name, &info);

    memset(driver, 0, sizeof *driver);
    if (!error) {
        snprintf(driver->name, sizeof driver->name, "%.31s", info.driver);
        snprintf(driver->version, sizeof driver->version, "%.31s",
                 info.version);
        snprintf(driver->firmware, sizeof driver->firmware, "%.31s",
                 info.fw_version);
        snprintf(driver->bus, sizeof driver->bus, "%.31s", info.bus_info);
    }
    return error;
}

/* Addresses and routes. */

struct addr_dump {
    unsigned int ifindex;
    struct host_addr *addrs;
    size_t n, allocated;
    int error;
};

/* Turns the first 'plen' bits of '*mask' on. */
static void
make_mask(unsigned int plen, struct in6_addr *mask)
{
    memset(mask, 0, sizeof *mask);
    for (unsigned int i = 0; i < plen && i < 128; i++) {
        mask->s6_addr[i / 8] |= 0x80 >> (i % 8);
    }
}

static void
map_in4(const void *in4, struct in6_addr *in6)
{
    memset(in6, 0, sizeof *in6);
    in6->s6_addr[10] = in6->s6_addr[11] = 0xff;
    memcpy(&in6->s6_addr[12], in4, 4);
}

static bool
is_mapped(const struct in6_addr *in6)
{
    return IN6_IS_ADDR_V4MAPPED(in6);
}

static struct in_addr
unmap_in4(const struct in6_addr *in6)
{
    struct in_addr in4;

    memcpy(&in4, &in6->s6_addr[12], sizeof in4);
    return in4;
}

static struct host_addr *
addr_dump_grow(struct addr_dump *dump)
{
    if (dump->n == dump->allocated) {
        size_t n = dump->allocated ? 2 * dump->allocated : 4;
        struct host_addr *p = realloc(dump->addrs, n * sizeof *p);

        if (!p) {
            dump->error = ENOMEM;
            return NULL;
        }
        dump->addrs = p;
        dump->allocated = n;
    }
    return &dump->addrs[dump->n];
}

static void
addr_dump_add(struct addr_dump *dump, const struct ifaddrmsg *ifa,
              const void *bytes)
{
    struct host_addr *a = addr_dump_grow(dump);

    if (!a) {
        return;
    }
    if (ifa->ifa_family == AF_INET6) {
        memcpy(&a->addr, bytes, sizeof a->addr);
        make_mask(ifa->ifa_prefixlen, &a->mask);
    } else {
        struct in6_addr mask;

        make_mask(ifa->ifa_prefixlen, &mask);
        map_in4(bytes, &a->addr);
        map_in4(&mask, &a->mask);
    }
    dump->n++;
}

static void
addr_dump_cb(const struct nlmsghdr *nlmsg, void *dump_)
{
    struct addr_dump *dump = dump_;
    const struct ifaddrmsg *ifa = NLMSG_DATA(nlmsg);
    const struct rtattr *rta;
    size_t size;

    if (nlmsg->nlmsg_type != RTM_NEWADDR
        || nlmsg->nlmsg_len < NLMSG_LENGTH(sizeof *ifa)
        || ifa->ifa_index != dump->ifindex
        || (ifa->ifa_family != AF_INET && ifa->ifa_family != AF_INET6)) {
        return;
    }

    /* On a point-to-point interface IFA_ADDRESS is the other end. */
    size = ifa->ifa_family == AF_INET ? 4 : 16;
    rta = rtnl_find(nlmsg, sizeof *ifa, IFA_LOCAL, size);
    if (!rta) {
        rta = rtnl_find(nlmsg, sizeof *ifa, IFA_ADDRESS, size);
    }
    if (rta) {
        addr_dump_add(dump, ifa, RTA_DATA(rta));
    }
}

static int
get_ifindex(const char *name, unsigned int *ifindex)
{
    struct ifreq ifr;
    int error;

    memset(&ifr, 0, sizeof ifr);
    error = ifreq_ioctl(name, SIOCGIFINDEX, &ifr);
    *ifindex = error ? 0 : ifr.ifr_ifindex;
    return error;
}

static int
dump_addrs(struct addr_dump *dump)
{
    struct ifaddrmsg ifa = { .ifa_index = dump->ifindex };
    struct rtnl_request req;
    int error;

    for (int i = 0; i < HOST_DUMP_TRIES; i++) {
        dump->n = 0;
        rtnl_request_init(&req, RTM_GETADDR, NLM_F_DUMP, &ifa, sizeof ifa);
        error = rtnl_transact(&req, addr_dump_cb, dump, HOST_TIMEOUT_MS);
        if (error != EINTR) {
            break;
        }
    }
    /* An answer that changed while it was read is still the best one: the
     * change sends a message of its own. */
    return error && error != EINTR ? error : dump->error;
}

int
host_get_addrs(const char *name, struct host_addr **addrs, size_t *n)
{
    struct addr_dump dump;
    int error;

    *addrs = NULL;
    *n = 0;

    memset(&dump, 0, sizeof dump);
    error = get_ifindex(name, &dump.ifindex);
    if (!error) {
        error = dump_addrs(&dump);
    }
    if (error || !dump.n) {
        free(dump.addrs);
        return host_errno(error);
    }
    *addrs = dump.addrs;
    *n = dump.n;
    return 0;
}

/* Adds or removes (by 'type') an IPv4 address. */
static int
change_in4(unsigned int ifindex, uint16_t type, uint16_t flags,
           struct in_addr addr, unsigned int plen)
{
    struct ifaddrmsg ifa = { .ifa_family = AF_INET, .ifa_prefixlen = plen,
                             .ifa_index = ifindex };
    struct rtnl_request req;

    rtnl_request_init(&req, type, flags, &ifa, sizeof ifa);
    rtnl_request_put(&req, IFA_LOCAL, &addr, sizeof addr);
    rtnl_request_put(&req, IFA_ADDRESS, &addr, sizeof addr);
    if (type == RTM_NEWADDR && plen < 31) {
        struct in_addr brd = addr;

        brd.s_addr |= htonl(UINT32_MAX >> plen);
        rtnl_request_put(&req, IFA_BROADCAST, &brd, sizeof brd);
    }
    return rtnl_transact(&req, NULL, NULL, HOST_TIMEOUT_MS);
}

static bool
mask_to_plen(struct in_addr mask, unsigned int *plen)
{
    uint32_t inverse = ~ntohl(mask.s_addr);

    if (inverse & (inverse + 1)) {
        return false;
    }
    *plen = inverse ? __builtin_clz(inverse) : 32;
    return true;
}

/* Removes every IPv4 address of the interface but 'keep' with 'keep_mask'.
 * Sets '*kept' if that one was there. */
static int
remove_in4(unsigned int ifindex, const struct host_addr *addrs, size_t n,
           struct in_addr keep, struct in_addr keep_mask, bool *kept)
{
    int error = 0;

    *kept = false;
    for (size_t i = 0; i < n; i++) {
        struct in_addr addr = unmap_in4(&addrs[i].addr);
        struct in_addr mask = unmap_in4(&addrs[i].mask);
        unsigned int plen;
        int retval;

        if (!is_mapped(&addrs[i].addr) || !mask_to_plen(mask, &plen)) {
            continue;
        }
        if (addr.s_addr == keep.s_addr && mask.s_addr == keep_mask.s_addr) {
            *kept = true;
            continue;
        }

        /* Removing a primary address takes its secondary ones along. */
        retval = change_in4(ifindex, RTM_DELADDR, 0, addr, plen);
        if (retval && retval != EADDRNOTAVAIL) {
            error = retval;
        }
    }
    return error;
}

int
host_set_in4(const char *name, struct in_addr addr, struct in_addr mask)
{
    struct host_addr *addrs;
    unsigned int ifindex;
    unsigned int plen;
    bool kept;
    size_t n;
    int error;

    if (!mask_to_plen(mask, &plen)) {
        return EINVAL;
    }
    error = get_ifindex(name, &ifindex);
    if (!error) {
        error = host_get_addrs(name, &addrs, &n);
    }
    if (error) {
        return error;
    }

    error = remove_in4(ifindex, addrs, n, addr, mask, &kept);
    free(addrs);
    if (!error && addr.s_addr != htonl(INADDR_ANY)) {
        /* Also if it was there: it may just have gone along with a primary
         * address. */
        error = change_in4(ifindex, RTM_NEWADDR,
                           NLM_F_CREATE | NLM_F_EXCL, addr, plen);
        if (error == EEXIST && kept) {
            error = 0;
        }
    }
    return host_errno(error);
}

int
host_add_router(struct in_addr router)
{
    struct rtmsg rtm = { .rtm_family = AF_INET,
                         .rtm_table = RT_TABLE_MAIN,
                         .rtm_protocol = RTPROT_STATIC,
                         .rtm_scope = RT_SCOPE_UNIVERSE,
                         .rtm_type = RTN_UNICAST };
    struct rtnl_request req;

    rtnl_request_init(&req, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
                      &rtm, sizeof rtm);
    rtnl_request_put(&req, RTA_GATEWAY, &router, sizeof router);
    return rtnl_transact(&req, NULL, NULL, HOST_TIMEOUT_MS);
}

struct route_reply {
    bool ok;
    int ifindex;
    struct in_addr gateway;
};

static void
route_reply_cb(const struct nlmsghdr *nlmsg, void *reply_)
{
    struct route_reply *reply = reply_;
    const size_t fixed = sizeof(struct rtmsg);
    const struct rtattr *oif = rtnl_find(nlmsg, fixed, RTA_OIF, sizeof(int));
    const struct rtattr *gw = rtnl_find(nlmsg, fixed, RTA_GATEWAY,
                                        sizeof reply->gateway);

    if (nlmsg->nlmsg_type != RTM_NEWROUTE || !oif) {
        return;
    }
    memcpy(&reply->ifindex, RTA_DATA(oif), sizeof reply->ifindex);
    if (gw) {
        memcpy(&reply->gateway, RTA_DATA(gw), sizeof reply->gateway);
    }
    reply->ok = true;
}

int
host_get_next_hop(struct in_addr dst, int timeout_ms, struct in_addr *gateway,
                  char name[IFNAMSIZ])
{
    struct rtmsg rtm = { .rtm_family = AF_INET, .rtm_dst_len = 32 };
    struct route_reply reply;
    struct rtnl_request req;
    int error;

    memset(&reply, 0, sizeof reply);
    rtnl_request_init(&req, RTM_GETROUTE, 0, &rtm, sizeof rtm);
    rtnl_request_put(&req, RTA_DST, &dst, sizeof dst);
    error = rtnl_transact(&req, route_reply_cb, &reply, timeout_ms);
    if (error) {
        return error == ESRCH || error == EHOSTUNREACH ? ENETUNREACH : error;
    } else if (!reply.ok || !if_indextoname(reply.ifindex, name)) {
        return ENETUNREACH;
    }
    *gateway = reply.gateway;
    return 0;
}

int
host_arp_lookup(const char *name, struct in_addr ip,
                uint8_t lladdr[HOST_LLADDR_LEN])
{
    struct sockaddr_in *pa;
    struct arpreq r;
    int error = check_name(name);

    if (error) {
        return error;
    }

    memset(&r, 0, sizeof r);
    pa = (struct sockaddr_in *) &r.arp_pa;
    pa->sin_family = AF_INET;
    pa->sin_addr = ip;
    r.arp_ha.sa_family = ARPHRD_ETHER;
    strcpy(r.arp_dev, name);
    error = inet_ioctl(SIOCGARP, &r);
    if (!error && !(r.arp_flags & ATF_COM)) {
        error = ENXIO;
    }
    if (!error) {
        memcpy(lladdr, r.arp_ha.sa_data, HOST_LLADDR_LEN);
    }
    return error;
}

/* Offloads. */

enum { SAVED_LRO, SAVED_GRO };

int
host_offloads_off(const char *name, struct host_offloads *saved)
{
    struct ethtool_value lro = { .cmd = ETHTOOL_GFLAGS };
    struct ethtool_value gro = { .cmd = ETHTOOL_GGRO };
    int error = check_name(name);

    memset(saved, 0, sizeof *saved);
    if (error) {
        return error;
    }

    if (!ethtool_ioctl(name, &lro) && lro.data & ETH_FLAG_LRO) {
        lro.cmd = ETHTOOL_SFLAGS;
        lro.data &= ~ETH_FLAG_LRO;
        saved->saved[SAVED_LRO] = !ethtool_ioctl(name, &lro);
    }
    if (!ethtool_ioctl(name, &gro) && gro.data) {
        gro.cmd = ETHTOOL_SGRO;
        gro.data = 0;
        saved->saved[SAVED_GRO] = !ethtool_ioctl(name, &gro);
    }
    saved->changed = saved->saved[SAVED_LRO] || saved->saved[SAVED_GRO];
    return 0;
}

int
host_offloads_restore(const char *name, struct host_offloads *saved)
{
    struct ethtool_value lro = { .cmd = ETHTOOL_GFLAGS };
    struct ethtool_value gro = { .cmd = ETHTOOL_SGRO, .data = 1 };
    int error = 0;

    if (saved->saved[SAVED_LRO] && !ethtool_ioctl(name, &lro)) {
        lro.cmd = ETHTOOL_SFLAGS;
        lro.data |= ETH_FLAG_LRO;
        error = ethtool_ioctl(name, &lro);
    }
    if (saved->saved[SAVED_GRO]) {
        int retval = ethtool_ioctl(name, &gro);

        error = error ? error : retval;
    }
    memset(saved, 0, sizeof *saved);
    return error == ENODEV ? 0 : error;
}

/* Taps. */

/* Gives 'fd' the interface 'name' and fills '*tap'. */
static int
tap_attach(int fd, const char *name, struct host_tap *tap)
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    strcpy(ifr.ifr_name, name);
    ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (ioctl(fd, TUNSETIFF, &ifr) < 0) {
        return errno;
    }

    /* An interface that was left over may be set up to outlive its owner, and
     * to hand out unfinished frames. */
    if (ioctl(fd, TUNSETPERSIST, 0) < 0 || ioctl(fd, TUNSETOFFLOAD, 0) < 0) {
        return errno;
    }
    strcpy(tap->name, ifr.ifr_name);
    return get_ifindex(tap->name, &tap->ifindex);
}

int
host_tap_open(const char *port_name, struct host_tap *tap)
{
    unsigned int ifindex;
    int error = check_name(port_name);
    int fd;

    memset(tap, 0, sizeof *tap);
    tap->fd = -1;
    if (error) {
        return error;
    }

    fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    error = tap_attach(fd, port_name, tap);
    if (error) {
        close(fd);
        return (error == EINVAL && !get_ifindex(port_name, &ifindex)
                ? EEXIST : error);
    }
    tap->fd = fd;
    return 0;
}

int
host_tap_close(struct host_tap *tap)
{
    int error = 0;

    /* The interface goes with its last descriptor. */
    if (tap->fd >= 0) {
        error = close(tap->fd) < 0 && errno != EINTR ? errno : 0;
        tap->fd = -1;
    }
    return error;
}

static int
tap_error(int error)
{
    return (error == EBADFD || error == ENXIO ? ENODEV
            : error == EIO ? ENETDOWN
            : error);
}

int
host_tap_read(struct host_tap *tap, void *buf, size_t size, size_t *len)
{
    ssize_t n;

    do {
        n = read(tap->fd, buf, size);
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
        *len = n;
        return 0;
    }
    return !n || errno == EHOSTDOWN ? EAGAIN : tap_error(errno);
}

int
host_tap_write(struct host_tap *tap, const void *frame, size_t len)
{
    ssize_t n;

    do {
        n = write(tap->fd, frame, len);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return tap_error(errno);
    }
    return !n ? ENETDOWN : (size_t) n < len ? EMSGSIZE : 0;
}

/* Capture. */

int
host_capture_buffer_size(int snaplen)
{
    /* In immediate mode the ring consists of slots of equal size. */
    long long int size = (snaplen + 128LL) * HOST_RING_FRAMES;

    return size < HOST_RING_MAX ? size : HOST_RING_MAX;
}

int
host_capture_tune(pcap_t *pcap)
{
    int on = 1;

    /* Kernels before 4.20 do not know it; libpcap's own check remains. */
    setsockopt(pcap_fileno(pcap), SOL_PACKET, PACKET_IGNORE_OUTGOING,
               &on, sizeof on);
    return 0;
}

static int
join_fanout(int fd, uint16_t group, int mode)
{
    int arg = group | mode << 16;

    return (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &arg, sizeof arg) < 0
            ? errno : 0);
}

int
host_capture_fanout(pcap_t *pcap, uint16_t group)
{
    const int mode = PACKET_FANOUT_HASH;
    int error;

    if (!pcap) {
        return 0;
    }
    error = join_fanout(pcap_fileno(pcap), group,
                        mode | PACKET_FANOUT_FLAG_IGNORE_OUTGOING);
    if (error == EINVAL) {
        error = join_fanout(pcap_fileno(pcap), group, mode);
    }
    return error;
}

int
host_capture_error(pcap_t *pcap, int rc)
{
    const char *text = pcap_geterr(pcap);

    switch (rc) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return ENODEV;
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return EPERM;
    case PCAP_ERROR_IFACE_NOT_UP:
        return ENETDOWN;
    }
    if (strstr(text, "interface disappeared")
        || strstr(text, strerror(ENODEV)) || strstr(text, strerror(ENXIO))) {
        return ENODEV;
    } else if (strstr(text, "went down")
               || strstr(text, strerror(ENETDOWN))) {
        return ENETDOWN;
    } else if (strstr(text, strerror(ENOMEM))) {
        return ENOMEM;
    } else if (strstr(text, strerror(EINVAL))) {
        return EINVAL;
    }
    return EIO;
}

/* Transmission. */

struct host_tx {
    int fd;
};

static int
tx_bind(int fd, const char *name)
{
    struct sockaddr_ll sll;
    unsigned int ifindex;
    int error = get_ifindex(name, &ifindex);

    if (error) {
        return error;
    }
    memset(&sll, 0, sizeof sll);
    sll.sll_family = AF_PACKET;
    sll.sll_ifindex = ifindex;
    return (bind(fd, (struct sockaddr *) &sll, sizeof sll) < 0
            ? host_errno(errno) : 0);
}

int
host_tx_open(const char *name, struct host_tx **txp)
{
    struct host_tx *tx;
    int error;
    int fd;

    *txp = NULL;

    /* Protocol 0: nothing is ever received. */
    fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return errno;
    }
    error = tx_bind(fd, name);
    tx = error ? NULL : malloc(sizeof *tx);
    if (!tx) {
        close(fd);
        return error ? error : ENOMEM;
    }
    tx->fd = fd;
    *txp = tx;
    return 0;
}

void
host_tx_close(struct host_tx *tx)
{
    if (tx) {
        close(tx->fd);
        free(tx);
    }
}

int
host_tx_fd(const struct host_tx *tx)
{
    return tx->fd;
}

/* Hands up to HOST_TX_BURST frames to the kernel.  sendmmsg() stops at the
 * first failure and reports it only if it is the first frame's.  Returns how
 * many frames are settled (at least one), with their errors. */
static size_t
tx_some(struct host_tx *tx, const struct iovec *frames, size_t n, int *errors)
{
    struct mmsghdr msgs[HOST_TX_BURST];
    int retval;

    n = n < HOST_TX_BURST ? n : HOST_TX_BURST;
    memset(msgs, 0, n * sizeof msgs[0]);
    for (size_t i = 0; i < n; i++) {
        msgs[i].msg_hdr.msg_iov = (struct iovec *) &frames[i];
        msgs[i].msg_hdr.msg_iovlen = 1;
    }

    do {
        retval = sendmmsg(tx->fd, msgs, n, MSG_DONTWAIT);
    } while (retval < 0 && errno == EINTR);
    if (retval <= 0) {
        errors[0] = retval < 0 ? host_errno(errno) : EAGAIN;
        return 1;
    }
    memset(errors, 0, retval * sizeof *errors);
    return retval;
}

size_t
host_tx_send(struct host_tx *tx, const struct iovec *frames, size_t n,
             int *errors)
{
    size_t n_sent = 0;

    for (size_t i = 0; i < n; ) {
        size_t settled = tx_some(tx, &frames[i], n - i, &errors[i]);

        if (errors[i] == ENODEV) {
            for (; i < n; i++) {
                errors[i] = ENODEV;
            }
        } else {
            n_sent += errors[i] ? 0 : settled;
            i += settled;
        }
    }
    return n_sent;
}

/* Notifier. */

/* What bursts of thousands of events need, before the provider gets to run. */
#define NOTIFIER_RCVBUF (4 * 1024 * 1024)

struct host_notifier {
    int fd;
    const struct nlmsghdr *next;    /* Next message in 'buf'. */
    size_t left;                    /* Bytes from 'next' on. */
    char buf[65536] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static int
notifier_bind(int fd)
{
    struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
    int size = NOTIFIER_RCVBUF;

    addr.nl_groups = (RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    }
    return bind(fd, (struct sockaddr *) &addr, sizeof addr) < 0 ? errno : 0;
}

int
host_notifier_open(struct host_notifier **notifierp)
{
    struct host_notifier *notifier;
    int error;
    int fd;

    *notifierp = NULL;
    fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                NETLINK_ROUTE);
    if (fd < 0) {
        return errno;
    }
    error = notifier_bind(fd);
    notifier = error ? NULL : malloc(sizeof *notifier);
    if (!notifier) {
        close(fd);
        return error ? error : ENOMEM;
    }
    notifier->fd = fd;
    notifier->next = NULL;
    notifier->left = 0;
    *notifierp = notifier;
    return 0;
}

void
host_notifier_close(struct host_notifier *notifier)
{
    if (notifier) {
        close(notifier->fd);
        free(notifier);
    }
}

int
host_notifier_fd(const struct host_notifier *notifier)
{
    return notifier->fd;
}

/* Reads one datagram.  What did not come from the kernel is nobody's word
 * about interfaces and leaves nothing to hand out. */
static int
notifier_fill(struct host_notifier *notifier)
{
    struct sockaddr_nl from;
    socklen_t from_len = sizeof from;
    ssize_t n;

    do {
        from_len = sizeof from;
        n = recvfrom(notifier->fd, notifier->buf, sizeof notifier->buf,
                     MSG_DONTWAIT | MSG_TRUNC,
                     (struct sockaddr *) &from, &from_len);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return errno;
    } else if ((size_t) n > sizeof notifier->buf) {
        return ENOBUFS;
    }
    notifier->next = (const struct nlmsghdr *) notifier->buf;
    notifier->left = from_len == sizeof from && !from.nl_pid ? n : 0;
    return 0;
}

/* Takes one message from the buffer. */
static void
notifier_take(struct host_notifier *notifier, struct host_event *event)
{
    const struct nlmsghdr *nlmsg = notifier->next;

    if (!NLMSG_OK(nlmsg, notifier->left)) {
        memset(event, 0, sizeof *event);
        event->type = notifier->left ? HOST_EV_MALFORMED : HOST_EV_OTHER;
        notifier->left = 0;
        return;
    }
    rtnl_parse_event(nlmsg, event);
    if (NLMSG_ALIGN(nlmsg->nlmsg_len) >= notifier->left) {
        notifier->left = 0;
    } else {
        notifier->next = NLMSG_NEXT(nlmsg, notifier->left);
    }
}

int
host_notifier_read(struct host_notifier *notifier, struct host_event *event)
{
    if (!notifier->left) {
        int error = notifier_fill(notifier);

        if (error) {
            return error;
        }
    }
    notifier_take(notifier, event);
    return 0;
}

const char *
host_msg_name(int msg_type)
{
    switch (msg_type) {
    case RTM_NEWLINK: return "RTM_NEWLINK";
    case RTM_DELLINK: return "RTM_DELLINK";
    case RTM_NEWADDR: return "RTM_NEWADDR";
    case RTM_DELADDR: return "RTM_DELADDR";
    }
    return NULL;
}
