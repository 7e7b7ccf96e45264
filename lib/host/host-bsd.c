/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface of the BSDs: values of interfaces, addresses, the parts
 * of taps that do not differ.
 *
 * 'socket_mutex' guards 'request_socket', 'taps_mutex' guards 'taps' and
 * 'n_taps'.  'flags_mutex' is held while the
 * flags of an interface are read, changed and written back, so that two of our
 * threads do not undo each other's change.  Any thread may call anything. */

#include "host/host-bsd.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/filio.h>
#include <sys/sockio.h>
#include <sys/sysctl.h>
#include <net/if_dl.h>
#include <net/if_tap.h>
#include <net/route.h>
#include <netinet/in.h>
#include <netinet/in_var.h>

#include "host/rtbsd.h"

/* How often a table is asked for again that grew while it was read. */
#define MAX_TABLE_RETRIES 8

/* Length of an Ethernet header, below which no frame is one. */
#define ETHER_HEADER_LEN 14

static pthread_mutex_t socket_mutex = PTHREAD_MUTEX_INITIALIZER;
static int request_socket = -1;

static pthread_mutex_t flags_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Indexes of the taps that this process has open. */
static pthread_mutex_t taps_mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned int *taps;
static size_t n_taps;

/* What the systems call ENXIO is ENODEV in host.h. */
static int
host_errno(int error)
{
    return error == ENXIO ? ENODEV : error;
}

int
bsd_check_name(const char *name)
{
    size_t len = strnlen(name, IFNAMSIZ);

    return len >= IFNAMSIZ ? ENAMETOOLONG : len ? 0 : ENODEV;
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
            return host_errno(errno);
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
            return host_errno(errno);
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
            return host_errno(error);
        }
    }
    return EAGAIN;
}

int
bsd_iflist(unsigned int ifindex, bool addresses, void **buf, size_t *len)
{
    /* With a family, only addresses of this family follow the interface; the
     * link-layer address is part of the interface's own message. */
    int mib[] = {
        CTL_NET, PF_ROUTE, 0, addresses ? 0 : AF_LINK, NET_RT_IFLIST,
        (int) ifindex
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

    error = bsd_ifindex(name, &ifindex);
    if (error) {
        return error;
    }
    error = bsd_iflist(ifindex, false, &buf, &len);
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
        return host_errno(errno);
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

int
host_set_flags(const char *name, unsigned int off, unsigned int on)
{
    unsigned int flags, wanted;
    int error;

    if ((off | on) & ~(unsigned int) HOST_FLAG_UP) {
        return EINVAL;
    }

    pthread_mutex_lock(&flags_mutex);
    error = bsd_get_flags(name, &flags);
    if (!error) {
        wanted = off & HOST_FLAG_UP ? flags & ~(unsigned int) IFF_UP : flags;
        wanted |= on & HOST_FLAG_UP ? IFF_UP : 0;
        error = wanted != flags ? bsd_set_flags(name, wanted) : 0;
    }
    pthread_mutex_unlock(&flags_mutex);
    return error;
}

int
host_set_mtu(const char *name, int mtu)
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    ifr.ifr_mtu = mtu;
    return bsd_ifreq(name, SIOCSIFMTU, &ifr);
}

/* Addresses. */

static void
map_in4(struct in_addr in, struct in6_addr *in6)
{
    memset(in6, 0, sizeof *in6);
    in6->s6_addr[10] = 0xff;
    in6->s6_addr[11] = 0xff;
    memcpy(&in6->s6_addr[12], &in, sizeof in);
}

/* The mask of an IPv4-mapped address is IPv4-mapped, too. */
static void
addr_from_in4(const struct rtbsd_addr *ifa, const struct rtbsd_addr *netmask,
              struct host_addr *addr)
{
    struct in_addr in;

    rtbsd_get_in4(ifa, &in);
    map_in4(in, &addr->addr);
    rtbsd_get_in4(netmask, &in);
    map_in4(in, &addr->mask);
}

/* A KAME kernel keeps the interface's index in bytes 2 and 3 of a link-local
 * address, and older ones let it out. */
static void
addr_from_in6(const struct rtbsd_addr *ifa, const struct rtbsd_addr *netmask,
              struct host_addr *addr)
{
    rtbsd_get_in6(ifa, &addr->addr);
    rtbsd_get_in6(netmask, &addr->mask);
    if (IN6_IS_ADDR_LINKLOCAL(&addr->addr)) {
        addr->addr.s6_addr[2] = 0;
        addr->addr.s6_addr[3] = 0;
    }
}

/* Stores the address in message 'msg' in '*addr' and returns true if it is an
 * Internet address of interface 'ifindex'. */
static bool
addr_from_msg(const struct rtbsd_msg *msg, unsigned int ifindex,
              struct host_addr *addr)
{
    struct rtbsd_addr addrs[RTBSD_MAX_ADDRS];

    if (msg->kind != RTBSD_ADDR || rtbsd_msg_ifindex(msg) != ifindex
        || !rtbsd_msg_addrs(msg, addrs)) {
        return false;
    }
    switch (rtbsd_family(&addrs[RTAX_IFA])) {
    case AF_INET:
        addr_from_in4(&addrs[RTAX_IFA], &addrs[RTAX_NETMASK], addr);
        return true;
    case AF_INET6:
        addr_from_in6(&addrs[RTAX_IFA], &addrs[RTAX_NETMASK], addr);
        return true;
    default:
        return false;
    }
}

/* Counts the messages in the 'len' bytes at 'buf'. */
static size_t
count_msgs(const uint8_t *buf, size_t len)
{
    struct rtbsd_msg msg;
    size_t n = 0;

    for (size_t ofs = 0; ofs < len; ofs += rtbsd_next(buf + ofs, len - ofs,
                                                      &msg)) {
        n++;
    }
    return n;
}

static int
addrs_from_table(const uint8_t *buf, size_t len, unsigned int ifindex,
                 struct host_addr **addrsp, size_t *np)
{
    size_t max = count_msgs(buf, len);
    struct host_addr *addrs = max ? calloc(max, sizeof *addrs) : NULL;
    struct rtbsd_msg msg;
    size_t n = 0;

    if (max && !addrs) {
        return ENOMEM;
    }
    for (size_t ofs = 0; ofs < len; ) {
        ofs += rtbsd_next(buf + ofs, len - ofs, &msg);
        n += addr_from_msg(&msg, ifindex, &addrs[n]);
    }
    if (!n) {
        free(addrs);
        addrs = NULL;
    }
    *addrsp = addrs;
    *np = n;
    return 0;
}

int
host_get_addrs(const char *name, struct host_addr **addrs, size_t *n)
{
    unsigned int ifindex;
    size_t len;
    void *buf;
    int error;

    *addrs = NULL;
    *n = 0;
    error = bsd_ifindex(name, &ifindex);
    if (error) {
        return error;
    }
    error = bsd_iflist(ifindex, true, &buf, &len);
    if (error) {
        return error;
    }
    error = addrs_from_table(buf, len, ifindex, addrs, n);
    free(buf);
    return error;
}

static void
make_sin(struct in_addr in, struct sockaddr_in *sin)
{
    memset(sin, 0, sizeof *sin);
    sin->sin_len = sizeof *sin;
    sin->sin_family = AF_INET;
    sin->sin_addr = in;
}

/* SIOCAIFADDR replaces the mask of an address that is there already. */
static int
add_in4(const char *name, struct in_addr in, struct in_addr mask)
{
    const struct in_addr broadcast = { .s_addr = in.s_addr | ~mask.s_addr };
    struct in_aliasreq req;
    int error;

    error = bsd_name_request(name, &req, sizeof req);
    if (error) {
        return error;
    }
    make_sin(in, &req.ifra_addr);
    make_sin(broadcast, &req.ifra_broadaddr);
    make_sin(mask, &req.ifra_mask);
    return bsd_ioctl(SIOCAIFADDR, &req);
}

static int
remove_in4(const char *name, struct in_addr in)
{
    struct sockaddr_in sin;
    struct ifreq ifr;
    int error;

    make_sin(in, &sin);
    memset(&ifr, 0, sizeof ifr);
    memcpy(&ifr.ifr_addr, &sin, sizeof sin);
    error = bsd_ifreq(name, SIOCDIFADDR, &ifr);

    /* Somebody else may have removed it meanwhile. */
    return error == EADDRNOTAVAIL ? 0 : error;
}

static bool
unmap_in4(const struct in6_addr *in6, struct in_addr *in)
{
    struct in6_addr mapped;

    memcpy(in, &in6->s6_addr[12], sizeof *in);
    map_in4(*in, &mapped);
    return !memcmp(&mapped, in6, sizeof mapped);
}

/* True if 'addr' with 'mask' is among the 'n' 'addrs'. */
static bool
has_in4(const struct host_addr *addrs, size_t n, struct in_addr addr,
        struct in_addr mask)
{
    struct host_addr wanted;

    map_in4(addr, &wanted.addr);
    map_in4(mask, &wanted.mask);
    for (size_t i = 0; i < n; i++) {
        if (!memcmp(&addrs[i], &wanted, sizeof wanted)) {
            return true;
        }
    }
    return false;
}

/* The new address comes before the old ones go, so that a refusal leaves the
 * interface as it was.  Nothing is set that is there already, because each
 * change wakes up everybody who listens for changes. */
int
host_set_in4(const char *name, struct in_addr addr, struct in_addr mask)
{
    struct host_addr *addrs;
    size_t n;
    int error;

    error = host_get_addrs(name, &addrs, &n);
    if (!error && addr.s_addr != htonl(INADDR_ANY)
        && !has_in4(addrs, n, addr, mask)) {
        error = add_in4(name, addr, mask);
    }
    for (size_t i = 0; i < n && !error; i++) {
        struct in_addr old;

        if (unmap_in4(&addrs[i].addr, &old) && old.s_addr != addr.s_addr) {
            error = remove_in4(name, old);
        }
    }
    free(addrs);
    return error;
}

/* Taps. */

static int
remember_tap(unsigned int ifindex)
{
    unsigned int *more;

    pthread_mutex_lock(&taps_mutex);
    more = realloc(taps, (n_taps + 1) * sizeof *taps);
    if (more) {
        taps = more;
        taps[n_taps++] = ifindex;
    }
    pthread_mutex_unlock(&taps_mutex);
    return more ? 0 : ENOMEM;
}

static void
forget_tap(unsigned int ifindex)
{
    pthread_mutex_lock(&taps_mutex);
    for (size_t i = 0; i < n_taps; i++) {
        if (taps[i] == ifindex) {
            taps[i] = taps[--n_taps];
            break;
        }
    }
    if (!n_taps) {
        free(taps);
        taps = NULL;
    }
    pthread_mutex_unlock(&taps_mutex);
}

bool
bsd_tap_is_ours(unsigned int ifindex)
{
    bool found = false;

    pthread_mutex_lock(&taps_mutex);
    for (size_t i = 0; i < n_taps && !found; i++) {
        found = taps[i] == ifindex;
    }
    pthread_mutex_unlock(&taps_mutex);
    return found;
}

int
bsd_tap_init(int fd, struct host_tap *tap)
{
    struct ifreq ifr;
    int one = 1;
    int error;

    tap->fd = fd;
    tap->ifindex = 0;
    tap->name[0] = '\0';

    /* FIONBIO, since not every tap driver looks at the flags of the
     * descriptor. */
    memset(&ifr, 0, sizeof ifr);
    if (ioctl(fd, FIONBIO, &one) < 0
        || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0
        || ioctl(fd, TAPGIFNAME, &ifr) < 0) {
        return host_errno(errno);
    }
    memcpy(tap->name, ifr.ifr_name, sizeof tap->name);
    tap->name[sizeof tap->name - 1] = '\0';
    error = bsd_ifindex(tap->name, &tap->ifindex);
    return error ? error : remember_tap(tap->ifindex);
}

void
bsd_tap_abandon(struct host_tap *tap)
{
    forget_tap(tap->ifindex);
    close(tap->fd);
    tap->fd = -1;
}

int
bsd_destroy(const char *name, unsigned int ifindex)
{
    struct ifreq ifr;
    unsigned int now;
    int error;

    error = bsd_ifindex(name, &now);
    if (!error && now == ifindex) {
        memset(&ifr, 0, sizeof ifr);
        error = bsd_ifreq(name, SIOCIFDESTROY, &ifr);
    }
    return error == ENODEV ? 0 : error;
}

int
bsd_tap_open_unit(const char *kernel_name, int *fdp)
{
    char path[IFNAMSIZ + 8];

    snprintf(path, sizeof path, "/dev/%s", kernel_name);
    *fdp = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return *fdp < 0 ? errno : 0;
}

/* The interface may have been renamed since it was opened, so its descriptor
 * is asked for its name while it is there. */
int
host_tap_close(struct host_tap *tap)
{
    struct ifreq ifr;

    if (tap->fd < 0) {
        return 0;
    }
    memset(&ifr, 0, sizeof ifr);
    if (!ioctl(tap->fd, TAPGIFNAME, &ifr)) {
        memcpy(tap->name, ifr.ifr_name, sizeof tap->name);
        tap->name[sizeof tap->name - 1] = '\0';
    }
    if (!tap->ifindex) {
        /* It was not opened to the end. */
        bsd_ifindex(tap->name, &tap->ifindex);
    }
    bsd_tap_abandon(tap);
    return bsd_destroy(tap->name, tap->ifindex);
}

/* What the failure 'error' to read or write a tap means.  EIO has several
 * reasons, one of them that the interface is no more. */
static int
tap_errno(const struct host_tap *tap, int error)
{
    char name[IFNAMSIZ];

    switch (error) {
    case ENXIO:
    case EBADF:
        return ENODEV;
    case EIO:
        return if_indextoname(tap->ifindex, name) ? EIO : ENODEV;
    case EHOSTDOWN:
        return ENETDOWN;
    default:
        return error;
    }
}

int
host_tap_read(struct host_tap *tap, void *buf, size_t size, size_t *len)
{
    ssize_t n;
    int error;

    do {
        n = read(tap->fd, buf, size);
    } while (n < 0 && errno == EINTR);

    if (n > 0) {
        *len = n;
        return 0;
    }

    /* NetBSD reads 0 bytes when there is nothing after all. */
    error = n ? tap_errno(tap, errno) : EAGAIN;
    return error == ENETDOWN ? EAGAIN : error;
}

int
host_tap_write(struct host_tap *tap, const void *frame, size_t len)
{
    ssize_t n;

    if (len < ETHER_HEADER_LEN) {
        /* FreeBSD takes it without a word, and drops it. */
        return EINVAL;
    }
    do {
        n = write(tap->fd, frame, len);
    } while (n < 0 && errno == EINTR);

    if (n < 0) {
        int error = tap_errno(tap, errno);

        /* FreeBSD's word for a frame that is too long for any interface. */
        return error == EIO && len > USHRT_MAX ? EMSGSIZE : error;
    }

    /* FreeBSD takes 0 bytes when the interface is down. */
    return !n ? ENETDOWN : (size_t) n < len ? EMSGSIZE : 0;
}
