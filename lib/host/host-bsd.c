/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface of the BSDs: values of interfaces.
 *
 * 'flags_mutex' is held while the flags of an interface are read, changed and
 * written back, so that two of our threads do not undo each other's change.
 * Any thread may call anything. */

#include "host/host-bsd.h"

#include <errno.h>
#include <ifaddrs.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sockio.h>

#include "host/rtbsd.h"

static pthread_mutex_t flags_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Both have jemalloc(3). */
void
host_keep_memory(size_t size)
{
    (void) size;
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
        link->flags = rtbsd_host_flags(flags);
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
        rtbsd_link_from_data(&data, link);
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
        { HOST_V_LLADDR, bsd_get_lladdr },
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
    link->flags = rtbsd_host_flags(ifa->ifa_flags);
    if (ifa->ifa_data) {
        struct if_data data;

        memcpy(&data, ifa->ifa_data, sizeof data);
        rtbsd_link_from_data(&data, link);
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

int
host_set_mtu(const char *name, int mtu)
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    ifr.ifr_mtu = mtu;
    return bsd_ifreq(name, SIOCSIFMTU, &ifr);
}
