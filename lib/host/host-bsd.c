/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface of the BSDs: values of interfaces, and the helpers with
 * which requests are made.
 *
 * 'socket_mutex' guards 'request_socket'.  'flags_mutex' is held while the
 * flags of an interface are read, changed and written back, so that two of our
 * threads do not undo each other's change.  Any thread may call anything. */

#include "host/host-bsd.h"

#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sockio.h>
#include <sys/sysctl.h>
#include <net/if_dl.h>
#include <net/route.h>

#include "host/rtbsd.h"

/* How often a table is asked for again that grew while it was read. */
#define MAX_TABLE_RETRIES 8

static pthread_mutex_t socket_mutex = PTHREAD_MUTEX_INITIALIZER;
static int request_socket = -1;

static pthread_mutex_t flags_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Both have jemalloc(3). */
void
host_keep_memory(size_t size)
{
    (void) size;
}

int
bsd_errno(int error)
{
    return error == ENXIO ? ENODEV : error;
}

int
bsd_check_name(const char *name)
{
    size_t len = strnlen(name, IFNAMSIZ);

    if (len >= IFNAMSIZ) {
        return ENAMETOOLONG;
    }
    return (!name[bsd_digits_are_index ? strspn(name, "0123456789") : 0]
            ? ENODEV : 0);
}

int
bsd_name_request(const char *name, void *req, size_t size)
{
    int error = bsd_check_name(name);

    if (!error) {
        memset(req, 0, size);
        memcpy(req, name, strlen(name));
    }
    return error;
}

/* Stores a socket to make requests on in '*fdp'.  It is opened at the first
 * need and again after each failure to open it, and never closed. */
static int
get_request_socket(int *fdp)
{
    int error = 0;

    pthread_mutex_lock(&socket_mutex);
    if (request_socket < 0) {
        request_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        error = request_socket < 0 ? errno : 0;
    }
    *fdp = request_socket;
    pthread_mutex_unlock(&socket_mutex);
    return error;
}

int
bsd_ioctl(unsigned long request, void *arg)
{
    int fd, error;

    error = get_request_socket(&fd);
    if (error) {
        return error;
    }
    while (ioctl(fd, request, arg) < 0) {
        if (errno != EINTR) {
            return bsd_errno(errno);
        }
    }
    return 0;
}

int
bsd_ifreq(const char *name, unsigned long request, struct ifreq *ifr)
{
    int error = bsd_check_name(name);

    if (error) {
        return error;
    }
    memset(ifr->ifr_name, 0, sizeof ifr->ifr_name);
    memcpy(ifr->ifr_name, name, strlen(name));
    return bsd_ioctl(request, ifr);
}

bool
bsd_is_unsupported(int error)
{
    return error == EINVAL || error == ENOTTY || error == EOPNOTSUPP;
}

int
bsd_ifindex(const char *name, unsigned int *ifindex)
{
    struct ifreq ifr;
    int error;

    memset(&ifr, 0, sizeof ifr);
    error = bsd_ifreq(name, SIOCGIFINDEX, &ifr);
    if (!error) {
        /* FreeBSD's member is a short, which must not be sign-extended. */
        *ifindex = ifr.ifr_index & USHRT_MAX;
        error = *ifindex ? 0 : ENODEV;
    }
    return error;
}

int
bsd_sysctl_table(const int *mib, unsigned int mib_len, void **bufp,
                 size_t *lenp)
{
    for (int i = 0; i < MAX_TABLE_RETRIES; i++) {
        size_t len = 0;
        void *buf;
        int error;

        if (sysctl(mib, mib_len, NULL, &len, NULL, 0) < 0) {
            return bsd_errno(errno);
        }

        /* A little more than it takes now, for what is added meanwhile. */
        len += len / 8 + 512;
        buf = malloc(len);
        if (!buf) {
            return ENOMEM;
        }
        if (!sysctl(mib, mib_len, buf, &len, NULL, 0)) {
            *bufp = buf;
            *lenp = len;
            return 0;
        }
        error = errno;
        free(buf);
        if (error != ENOMEM && error != EINTR) {
            return bsd_errno(error);
        }
    }
    return EAGAIN;
}

int
bsd_iflist(const char *name, bool addresses, unsigned int *ifindex,
           void **buf, size_t *len)
{
    int error = bsd_ifindex(name, ifindex);

    if (error) {
        return error;
    }

    /* With a family, only addresses of this family follow the interface; the
     * link-layer address is part of the interface's own message. */
    int mib[] = {
        CTL_NET, PF_ROUTE, 0, addresses ? 0 : AF_LINK, NET_RT_IFLIST,
        (int) *ifindex
    };

    return bsd_sysctl_table(mib, sizeof mib / sizeof mib[0], buf, len);
}

unsigned int
bsd_host_flags(unsigned int flags)
{
    return ((flags & IFF_UP ? HOST_FLAG_UP : 0)
            | (flags & bsd_promisc_flags ? HOST_FLAG_PROMISC : 0)
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
    stats->tx_dropped = bsd_output_drops(data);
    stats->rx_multicast = data->ifi_imcasts;
    stats->tx_multicast = data->ifi_omcasts;
    stats->collisions = data->ifi_collisions;
    stats->rx_noproto = data->ifi_noproto;
}

void
bsd_link_from_data(const struct if_data *data, struct host_link *link)
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

static int
get_ifindex(const char *name, struct host_link *link)
{
    int error = bsd_ifindex(name, &link->ifindex);

    if (!error) {
        link->have |= HOST_V_IFINDEX | HOST_V_NAME;
        memset(link->name, 0, sizeof link->name);
        memcpy(link->name, name, strlen(name));
    }
    return error;
}

static int
get_flags(const char *name, struct host_link *link)
{
    unsigned int flags;
    int error = bsd_get_flags(name, &flags);

    if (!error) {
        link->have |= HOST_V_FLAGS;
        link->flags = bsd_host_flags(flags);
    }
    return error;
}

static int
get_mtu(const char *name, struct host_link *link)
{
    struct ifreq ifr;
    int error;

    memset(&ifr, 0, sizeof ifr);
    error = bsd_ifreq(name, SIOCGIFMTU, &ifr);
    if (!error) {
        link->have |= HOST_V_MTU;
        link->mtu = ifr.ifr_mtu;
    }
    return error;
}

static int
get_stats(const char *name, struct host_link *link)
{
    struct if_data data;
    int error = bsd_get_if_data(name, &data);

    if (!error) {
        bsd_link_from_data(&data, link);
    }
    return error;
}

static int
get_carrier(const char *name, struct host_link *link)
{
    int error = get_stats(name, link);

    if (!error && !(link->have & HOST_V_CARRIER)) {
        error = bsd_media_carrier(name, &link->carrier);
        if (error == EOPNOTSUPP) {
            link->carrier = true;
            error = 0;
        }
        link->have |= error ? 0 : HOST_V_CARRIER;
    }
    return error;
}

/* No request of either system tells the present link-layer address of an
 * interface, but its message in the interface table does, along with about
 * everything else. */
static int
get_lladdr(const char *name, struct host_link *link)
{
    struct host_event event;
    struct rtbsd_msg msg;
    unsigned int ifindex;
    size_t len;
    void *buf;
    int error;

    error = bsd_iflist(name, false, &ifindex, &buf, &len);
    if (error) {
        return error;
    }

    error = ENODEV;
    if (len) {
        rtbsd_next(buf, len, &msg);
        rtbsd_to_event(&msg, &event);
        if (event.type == HOST_EV_LINK
            && event.link.have & HOST_V_LLADDR
            && event.link.ifindex == ifindex) {
            *link = event.link;
            error = 0;
        }
    }
    free(buf);
    return error;
}

static int
get_resets(const char *name, struct host_link *link)
{
    unsigned int ifindex;
    int error = bsd_ifindex(name, &ifindex);

    /* No BSD counts them. */
    link->resets = 0;
    return error ? error : EOPNOTSUPP;
}

int
host_link_get(const char *name, enum host_value want, struct host_link *link)
{
    static const struct {
        enum host_value want;
        int (*get)(const char *name, struct host_link *);
    } values[] = {
        { HOST_V_IFINDEX, get_ifindex },
        { HOST_V_NAME, get_ifindex },
        { HOST_V_FLAGS, get_flags },
        { HOST_V_MTU, get_mtu },
        { HOST_V_LLADDR, get_lladdr },
        { HOST_V_CARRIER, get_carrier },
        { HOST_V_RESETS, get_resets },
        { HOST_V_STATS, get_stats },
    };

    link->have = 0;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (values[i].want == want) {
            return values[i].get(name, link);
        }
    }
    return EINVAL;
}

/* Translates an address of family AF_LINK in the list of getifaddrs(3). */
static void
link_from_ifaddrs(const struct ifaddrs *ifa, struct host_link *link)
{
    const struct rtbsd_addr addr = {
        .data = (const uint8_t *) ifa->ifa_addr,
        .len = ifa->ifa_addr->sa_len,
    };

    memset(link, 0, sizeof *link);
    rtbsd_parse_sdl(&addr, link);
    if (!bsd_check_name(ifa->ifa_name)) {
        link->have |= HOST_V_NAME;
        memset(link->name, 0, sizeof link->name);
        memcpy(link->name, ifa->ifa_name, strlen(ifa->ifa_name));
    }
    link->have |= HOST_V_FLAGS;
    link->flags = bsd_host_flags(ifa->ifa_flags);
    if (ifa->ifa_data) {
        struct if_data data;

        memcpy(&data, ifa->ifa_data, sizeof data);
        bsd_link_from_data(&data, link);
    }
}

int
host_link_dump(void (*cb)(const struct host_link *, void *aux), void *aux)
{
    const unsigned int identity = HOST_V_IFINDEX | HOST_V_NAME;
    struct ifaddrs *list;
    unsigned int last = 0;

    if (getifaddrs(&list) < 0) {
        return bsd_errno(errno);
    }
    for (const struct ifaddrs *ifa = list; ifa; ifa = ifa->ifa_next) {
        struct host_link link;

        if (!ifa->ifa_name || !ifa->ifa_addr
            || ifa->ifa_addr->sa_family != AF_LINK) {
            continue;
        }

        /* On NetBSD more link-layer addresses may follow the active one. */
        link_from_ifaddrs(ifa, &link);
        if ((link.have & identity) == identity && link.ifindex != last) {
            last = link.ifindex;
            cb(&link, aux);
        }
    }
    freeifaddrs(list);
    return 0;
}

/* Turns off the flags 'off' (IFF_*) and turns on those in 'on', and nothing
 * else. */
static int
change_flags(const char *name, unsigned int off, unsigned int on)
{
    unsigned int flags, wanted;
    int error;

    pthread_mutex_lock(&flags_mutex);
    error = bsd_get_flags(name, &flags);
    if (!error) {
        wanted = (flags & ~off) | on;
        error = wanted != flags ? bsd_set_flags(name, wanted) : 0;
    }
    pthread_mutex_unlock(&flags_mutex);
    return error;
}

int
host_set_flags(const char *name, unsigned int off, unsigned int on)
{
    if ((off | on) & ~(unsigned int) HOST_FLAG_UP) {
        return EINVAL;
    }
    return change_flags(name, off & HOST_FLAG_UP ? IFF_UP : 0,
                        on & HOST_FLAG_UP ? IFF_UP : 0);
}

/* Offloads: an interface is its index, together with the name that it was
 * born with, because an index may be used again. */

static int
identify(unsigned int ifindex, uint64_t id[HOST_OFFLOADS_ID])
{
    char name[2 * sizeof id[0]];
    int error;

    memset(name, 0, sizeof name);
    error = bsd_birth_name(ifindex, name, sizeof name);
    id[0] = ifindex;
    memcpy(&id[1], name, sizeof name);
    return error;
}

/* Stores in 'saved->id' which interface 'name' is. */
static void
offloads_identify(const char *name, struct host_offloads *saved)
{
    unsigned int ifindex;

    if (bsd_ifindex(name, &ifindex) || identify(ifindex, saved->id)) {
        memset(saved->id, 0, sizeof saved->id);
    }
}

/* Stores in 'name' what the interface of 'saved->id' is called now.  ENODEV:
 * it is gone. */
static int
offloads_find(const struct host_offloads *saved, char name[IFNAMSIZ])
{
    uint64_t id[HOST_OFFLOADS_ID];

    if (!saved->id[0] || !if_indextoname(saved->id[0], name)
        || identify(saved->id[0], id)
        || memcmp(id, saved->id, sizeof id)) {
        return ENODEV;
    }
    return 0;
}

int
host_offloads_off(const char *name, struct host_offloads *saved)
{
    int error;

    memset(saved, 0, sizeof *saved);
    error = bsd_change_offloads(name, bsd_bad_offloads, 0, &saved->saved[0]);
    saved->changed = saved->saved[0] != 0;
    offloads_identify(name, saved);
    return bsd_is_unsupported(error) ? 0 : error;
}

int
host_offloads_restore(const char *name, struct host_offloads *saved)
{
    char now[IFNAMSIZ];
    uint64_t changed;
    int error;

    (void) name;
    if (!saved->changed) {
        return 0;
    }
    saved->changed = false;
    error = offloads_find(saved, now);
    if (!error) {
        error = bsd_change_offloads(now, 0, saved->saved[0], &changed);
    }
    return error == ENODEV ? 0 : error;
}

bool
host_offloads_present(const struct host_offloads *saved)
{
    char name[IFNAMSIZ];

    return !offloads_find(saved, name);
}

/* bpf gets its copy where the stack gets the frame, and nothing in between could
 * keep one from the other. */
bool
host_has_exclusive(void)
{
    return false;
}

int
host_exclusive(const char *name, struct host_offloads *saved)
{
    (void) name;
    (void) saved;
    return EOPNOTSUPP;
}

int
host_set_mtu(const char *name, int mtu)
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    ifr.ifr_mtu = mtu;
    return bsd_ifreq(name, SIOCSIFMTU, &ifr);
}
