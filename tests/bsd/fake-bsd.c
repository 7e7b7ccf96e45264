/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The fake BSD kernel: the calls, and the structures that go through them.
 * Compiled once per system with its clean-room headers.  See fake-kernel.h.
 *
 * The lock is fk_lock(), taken around every call. */

#define FAKE_KERNEL 1

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/ioctl.h>
#include <sys/filio.h>
#include <sys/sockio.h>
#include <sys/sysctl.h>
#include <net/bpf.h>
#include <net/if.h>
#include <net/if_dl.h>
#include <net/if_tap.h>
#include <net/route.h>
#include <netinet/in.h>
#include <netinet/in_var.h>
#include <ifaddrs.h>

#include "fake-bsd.h"

static int
fail(int error)
{
    errno = error;
    return -1;
}

/* Messages. */

void
out_put(struct out *out, const void *data, size_t len)
{
    if (out->len + len > out->size) {
        out->size = (out->len + len) * 2 + 256;
        out->data = realloc(out->data, out->size);
        if (!out->data) {
            abort();
        }
    }
    memcpy(out->data + out->len, data, len);
    out->len += len;
}

void
out_put_sa(struct out *out, const void *sa, size_t len)
{
    static const uint8_t zeros[16];

    out_put(out, sa, len);
    out_put(out, zeros, fk_sa_space(len) - len);
}

void
out_free(struct out *out)
{
    free(out->data);
    memset(out, 0, sizeof *out);
}

/* The length of a message that starts at 'start' is known when it is
 * complete. */
static void
end_msg(struct out *out, size_t start)
{
    unsigned short int msglen = out->len - start;

    memcpy(out->data + start, &msglen, sizeof msglen);
}

size_t
fk_make_sdl(const struct fk_if *ifp, const uint8_t *lladdr,
            struct sockaddr_storage *ss)
{
    struct sockaddr_dl *sdl = (struct sockaddr_dl *) ss;
    size_t nlen = strlen(ifp->name);
    size_t len = offsetof(struct sockaddr_dl, sdl_data) + nlen + ifp->alen;

    memset(ss, 0, sizeof *ss);
    sdl->sdl_len = len < fk_min_sdl_len ? fk_min_sdl_len : len;
    sdl->sdl_family = AF_LINK;
    sdl->sdl_index = ifp->index;
    sdl->sdl_type = ifp->type;
    sdl->sdl_nlen = nlen;
    sdl->sdl_alen = ifp->alen;
    memcpy(sdl->sdl_data, ifp->name, nlen);
    memcpy((uint8_t *) sdl->sdl_data + nlen, lladdr,
           ifp->alen < 8 ? ifp->alen : 8);
    return sdl->sdl_len;
}

static void
put_ifinfo(struct out *out, const struct fk_if *ifp, bool with_sdl)
{
    struct sockaddr_storage ss;
    size_t start = out->len;
    struct if_msghdr ifm;

    memset(&ifm, 0, sizeof ifm);
    ifm.ifm_version = RTM_VERSION;
    ifm.ifm_type = RTM_IFINFO;
    ifm.ifm_addrs = with_sdl ? RTA_IFP : 0;
    ifm.ifm_flags = ifp->flags;
    ifm.ifm_index = ifp->index;
    fk_fill_if_data(ifp, &ifm.ifm_data);
    out_put(out, &ifm, sizeof ifm);
    if (with_sdl) {
        size_t len = fk_make_sdl(ifp, ifp->lladdr[0], &ss);

        out_put_sa(out, &ss, len);
    }
    end_msg(out, start);
}

static void
put_addr_msg(struct out *out, const struct fk_if *ifp, int type,
             const void *ifa, size_t len, const void *mask, size_t mask_len)
{
    struct sockaddr_storage ss;
    size_t start = out->len;
    struct ifa_msghdr ifam;

    memset(&ifam, 0, sizeof ifam);
    ifam.ifam_version = RTM_VERSION;
    ifam.ifam_type = type;
    ifam.ifam_addrs = RTA_IFP | RTA_IFA | (mask ? RTA_NETMASK : 0);
    ifam.ifam_index = ifp->index;
    out_put(out, &ifam, sizeof ifam);
    if (mask) {
        out_put_sa(out, mask, mask_len);
    }
    out_put_sa(out, &ss, fk_make_sdl(ifp, ifp->lladdr[0], &ss));
    out_put_sa(out, ifa, len);
    end_msg(out, start);
}

void
fk_send_addr_msg(const struct fk_if *ifp, int type, const void *ifa,
                 size_t len, const void *mask, size_t mask_len)
{
    struct out out = { .data = NULL };

    put_addr_msg(&out, ifp, type, ifa, len, mask, mask_len);
    fk_route_broadcast(type, out.data, out.len);
    out_free(&out);
}

/* Builds the socket address of 'addr', or of its mask, in '*ss'. */
static size_t
make_sa(const struct fk_if *ifp, const struct fk_addr *addr, bool mask,
        struct sockaddr_storage *ss)
{
    const uint8_t *bytes = mask ? addr->mask : addr->addr;

    memset(ss, 0, sizeof *ss);
    if (addr->family == 4) {
        struct sockaddr_in *sin = (struct sockaddr_in *) ss;

        sin->sin_len = sizeof *sin;
        sin->sin_family = AF_INET;
        memcpy(&sin->sin_addr, bytes, 4);
        return sizeof *sin;
    } else {
        struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *) ss;

        sin6->sin6_len = sizeof *sin6;
        sin6->sin6_family = AF_INET6;
        memcpy(&sin6->sin6_addr, bytes, 16);
        if (!mask && IN6_IS_ADDR_LINKLOCAL(&sin6->sin6_addr)) {
            /* As KAME has it inside. */
            sin6->sin6_addr.s6_addr[2] = ifp->index >> 8;
            sin6->sin6_addr.s6_addr[3] = ifp->index;
        }
        return sizeof *sin6;
    }
}

/* Trailing zeros of a netmask are left out by the kernel's routing code. */
static size_t
cut_mask(struct sockaddr_storage *mask, size_t len)
{
    while (len > 5 && !((const uint8_t *) mask)[len - 1]) {
        len--;
    }
    mask->ss_len = len;
    mask->ss_family = 0;
    return len;
}

static void
put_addr(struct out *out, const struct fk_if *ifp, const struct fk_addr *addr,
         int type)
{
    struct sockaddr_storage ifa, mask;
    size_t len = make_sa(ifp, addr, false, &ifa);
    size_t mask_len = make_sa(ifp, addr, true, &mask);

    mask_len = addr->family == 4 ? cut_mask(&mask, mask_len) : mask_len;
    put_addr_msg(out, ifp, type, &ifa, len, &mask, mask_len);
}

void
fk_msg_addr(const struct fk_if *ifp, const struct fk_addr *addr, bool add)
{
    int type = add ? RTM_NEWADDR : RTM_DELADDR;
    struct out out = { .data = NULL };

    put_addr(&out, ifp, addr, type);
    fk_route_broadcast(type, out.data, out.len);
    out_free(&out);
}

void
fk_msg_ifinfo(const struct fk_if *ifp)
{
    struct out out = { .data = NULL };

    put_ifinfo(&out, ifp, false);
    fk_route_broadcast(RTM_IFINFO, out.data, out.len);
    out_free(&out);
}

void
fk_msg_announce(const struct fk_if *ifp, bool arrival)
{
    struct if_announcemsghdr ifan;

    memset(&ifan, 0, sizeof ifan);
    ifan.ifan_msglen = sizeof ifan;
    ifan.ifan_version = RTM_VERSION;
    ifan.ifan_type = RTM_IFANNOUNCE;
    ifan.ifan_index = ifp->index;
    memcpy(ifan.ifan_name, ifp->name, sizeof ifan.ifan_name);
    ifan.ifan_what = arrival ? IFAN_ARRIVAL : IFAN_DEPARTURE;
    fk_route_broadcast(RTM_IFANNOUNCE, &ifan, sizeof ifan);
}

/* Descriptors. */

static struct fk_file *
get_file(int fd)
{
    struct fk_file *file = fk_file_find(fd);

    if (!file) {
        errno = EBADF;
    }
    return file;
}

int
fakebsd_socket(int domain, int type, int protocol)
{
    struct fk_file *file;
    int error = fk_enter("socket", 0);

    (void) protocol;
    if (error) {
        return fail(error);
    }
    switch (domain) {
    case AF_INET:
        file = fk_file_new(FK_INET);
        break;
    case AF_LINK:
        file = fk_file_new(FK_LINK);
        break;
    case AF_ROUTE:
        file = fk_file_new(FK_ROUTE);
        break;
    default:
        return fail(EAFNOSUPPORT);
    }
    if (!file) {
        return -1;
    }
    file->nonblock = (type & SOCK_NONBLOCK) != 0;
    return file->fd;
}

/* True if there is a device file 'path' of taps. */
static bool
is_tap_node(const char *path)
{
    unsigned int unit;

    if (!strcmp(path, "/dev/tap")) {
        return fk_knobs.devfs_cloning;
    }
    return (sscanf(path, "/dev/tap%u", &unit) == 1
            && (fk_knobs.tap_nodes < 0
                || unit < (unsigned int) fk_knobs.tap_nodes));
}

int
fakebsd_open(const char *path, int flags, ...)
{
    struct fk_file *file;
    int error = fk_enter("open", 0);

    if (error) {
        return fail(error);
    }
    if (!strcmp(path, "/dev/bpf")) {
        file = fk_file_new(FK_BPF);
        if (file) {
            file->write_only = (flags & O_ACCMODE) == O_WRONLY;
        }
    } else if (is_tap_node(path)) {
        file = fk_tap_open(path + 5, !fk_tap_survives_close);
    } else {
        return fail(ENOENT);
    }
    if (!file) {
        return -1;
    }
    file->nonblock = (flags & O_NONBLOCK) != 0;
    return file->fd;
}

int
fakebsd_close(int fd)
{
    struct fk_file *file = get_file(fd);

    if (!file) {
        return -1;
    }
    fk_enter("close", 0);
    return fk_file_close(file);
}

int
fakebsd_fcntl(int fd, int command, ...)
{
    int error = fk_enter("fcntl", 0);
    va_list args;
    int arg;

    if (error) {
        return fail(error);
    }
    va_start(args, command);
    arg = va_arg(args, int);
    va_end(args);

    /* The descriptor is a real one. */
    return get_file(fd) ? fcntl(fd, command, arg) : -1;
}

int
fakebsd_shutdown(int fd, int how)
{
    (void) how;
    return get_file(fd) ? 0 : -1;
}

int
fakebsd_setsockopt(int fd, int level, int option, const void *value,
                   unsigned int length)
{
    struct fk_file *file = get_file(fd);
    int error = fk_enter("setsockopt", option);
    int integer = 0;

    if (error || !file) {
        return error ? fail(error) : -1;
    }
    memcpy(&integer, value, length < sizeof integer ? length : sizeof integer);
    if (level == SOL_SOCKET && option == SO_RCVBUF) {
        if (integer > fk_knobs.max_sockbuf) {
            return fail(ENOBUFS);
        }
        file->rcvbuf = integer;
        return 0;
    }
    if (level == SOL_SOCKET && option == SO_RERROR && fk_knobs.rerror) {
        file->rerror = integer != 0;
        return 0;
    }
#ifdef RO_MSGFILTER
    if (level == AF_ROUTE && option == RO_MSGFILTER) {
        const uint8_t *types = value;

        file->filtered = true;
        memset(file->wanted, 0, sizeof file->wanted);
        for (unsigned int i = 0; i < length; i++) {
            file->wanted[types[i]] = 1;
        }
        return 0;
    }
#endif
    return fail(ENOPROTOOPT);
}

/* Takes the next message or frame out of 'q' into the 'size' bytes at
 * 'buf'. */
static ssize_t
take(struct fk_file *file, struct fk_queue *q, void *buf, size_t size)
{
    struct fk_buf *b = fk_queue_get(q);
    size_t n = b->len < size ? b->len : size;

    memcpy(buf, b->data, n);
    free(b);
    fk_file_update(file);
    return n;
}

static ssize_t
route_recv(struct fk_file *file, void *buf, size_t size, bool nonblock)
{
    for (;;) {
        ssize_t n = -1;

        fk_lock();
        if (file->overflowed) {
            file->overflowed = false;
            fk_file_update(file);
            errno = ENOBUFS;
        } else if (file->queue.n) {
            n = take(file, &file->queue, buf, size);
            fk_garble(buf, n);
        } else {
            errno = EAGAIN;
        }
        fk_unlock();
        if (n >= 0 || errno != EAGAIN || nonblock) {
            return n;
        }
        fk_file_wait(file);
    }
}

ssize_t
fakebsd_recv(int fd, void *buf, size_t size, int flags)
{
    struct fk_file *file = get_file(fd);
    int error = fk_enter("recv", 0);

    if (error || !file) {
        return error ? fail(error) : -1;
    }
    if (file->type != FK_ROUTE) {
        return fail(EOPNOTSUPP);
    }
    return route_recv(file, buf, size,
                      file->nonblock || flags & MSG_DONTWAIT);
}

/* A frame that the host's stack sent through a tap. */
static ssize_t
tap_read(struct fk_file *file, void *buf, size_t size)
{
    size_t limit = fk_take_short();
    ssize_t n = -1;

    fk_lock();
    if (!file->ifp) {
        errno = ENXIO;
    } else if (!(file->ifp->flags & IFF_UP)) {
        errno = EHOSTDOWN;
    } else if (limit == 0) {
        n = 0;
    } else if (!file->ifp->host_tx.n) {
        errno = EAGAIN;
    } else {
        struct fk_counters *c = &file->ifp->counters;
        struct fk_queue *q = &file->ifp->host_tx;

        c->opackets++;
        c->obytes += q->head->len;
        c->omcasts += q->head->data[0] & 1;
        n = take(file, q, buf, size < limit ? size : limit);
    }
    fk_unlock();
    return n;
}

ssize_t
fakebsd_read(int fd, void *buf, size_t size)
{
    struct fk_file *file = get_file(fd);
    int error = fk_enter("read", file ? FK_OF_TYPE(file->type) : 0);
    ssize_t n;

    if (error || !file) {
        return error ? fail(error) : -1;
    }
    switch (file->type) {
    case FK_ROUTE:
        return route_recv(file, buf, size, file->nonblock);
    case FK_TAP:
        while ((n = tap_read(file, buf, size)) < 0 && errno == EAGAIN
               && !file->nonblock) {
            fk_file_wait(file);
        }
        return n;
    case FK_BPF:
    case FK_INET:
    case FK_LINK:
    default:
        return fail(EOPNOTSUPP);
    }
}

/* Whoever has a tap open hands a frame to the host's stack. */
ssize_t
fk_tap_write(struct fk_file *file, const void *buf, size_t size)
{
    struct fk_if *ifp = file->ifp;
    const uint8_t *frame = buf;

    if (!ifp) {
        return fail(ENXIO);
    }
    if (size > 65535) {
        return fail(EIO);
    }
    if (!(ifp->flags & IFF_UP)) {
        /* FreeBSD says so, NetBSD's stack drops the frame in silence. */
        return fk_tap_survives_close ? 0 : (ssize_t) size;
    }
    if (size < 14) {
        return size;
    }
    if (fk_tap_survives_close && !(frame[0] & 1) && !fk_if_is_promisc(ifp)
        && memcmp(frame, ifp->lladdr[0], 6)) {
        /* FreeBSD's tap is selective, as a network card is. */
        return size;
    }
    ifp->counters.ipackets++;
    ifp->counters.ibytes += size;
    ifp->counters.imcasts += frame[0] & 1;
    fk_bpf_deliver(ifp, buf, size, false, NULL);
    fk_stack_input(ifp, frame, size);
    return size;
}

/* Finds address 'bit' in the request 'msg'. */
static const void *
request_addr(const uint8_t *msg, size_t len, int bit)
{
    struct rt_msghdr rtm;
    size_t ofs = sizeof rtm;

    memcpy(&rtm, msg, sizeof rtm);
    for (int i = 1; i < bit && ofs < len; i <<= 1) {
        ofs += rtm.rtm_addrs & i ? fk_sa_space(msg[ofs]) : 0;
    }
    return rtm.rtm_addrs & bit && ofs + sizeof(struct sockaddr_in) <= len
           ? msg + ofs : NULL;
}

static uint32_t
request_in4(const uint8_t *msg, size_t len, int bit)
{
    const void *sa = request_addr(msg, len, bit);
    struct sockaddr_in sin;

    memset(&sin, 0, sizeof sin);
    if (sa) {
        memcpy(&sin, sa, sizeof sin);
    }
    return sin.sin_addr.s_addr;
}

static const struct fk_route *
find_route(uint32_t dst)
{
    const struct fk_route *best = NULL;

    for (int i = 0; i < fk_n_routes; i++) {
        const struct fk_route *r = &fk_routes[i];

        if ((dst & r->mask) == r->dst
            && (!best || ntohl(r->mask) > ntohl(best->mask))) {
            best = r;
        }
    }
    return best;
}

static void
put_sin(struct out *out, uint32_t ip)
{
    struct sockaddr_in sin = {
        .sin_len = sizeof sin, .sin_family = AF_INET, .sin_addr = { ip },
    };

    out_put_sa(out, &sin, sizeof sin);
}

static void
answer_get(const struct rt_msghdr *request, pid_t pid, uint32_t dst,
           const struct fk_route *route)
{
    const struct fk_if *ifp = fk_if_by_index(route->ifindex);
    struct sockaddr_storage ss;
    struct out out = { .data = NULL };
    struct rt_msghdr rtm = *request;

    rtm.rtm_pid = pid;
    rtm.rtm_flags = RTF_UP | RTF_DONE | (route->gateway ? RTF_GATEWAY : 0);
    rtm.rtm_addrs = (RTA_DST | RTA_GATEWAY | RTA_NETMASK
                     | (ifp ? RTA_IFP | RTA_IFA : 0));
    rtm.rtm_index = route->ifindex;
    out_put(&out, &rtm, sizeof rtm);
    put_sin(&out, dst & route->mask);
    if (route->gateway) {
        put_sin(&out, route->gateway);
    } else if (ifp) {
        out_put_sa(&out, &ss, fk_make_sdl(ifp, ifp->lladdr[0], &ss));
    }
    put_sin(&out, route->mask);
    if (ifp) {
        out_put_sa(&out, &ss, fk_make_sdl(ifp, ifp->lladdr[0], &ss));
        put_sin(&out, htonl(0x0a000001));
    }
    end_msg(&out, 0);
    fk_route_broadcast(RTM_GET, out.data, out.len);
    out_free(&out);
}

/* Answers that everybody hears and that are for others: another process with
 * the same number, and another request of this process. */
static void
answer_others(const struct rt_msghdr *request)
{
    const struct fk_route elsewhere = { .gateway = htonl(0x01020304) };
    struct rt_msghdr other = *request;

    answer_get(&other, getpid() + 1, 0, &elsewhere);
    other.rtm_seq += 1000;
    answer_get(&other, getpid(), 0, &elsewhere);
}

static int
route_request(const uint8_t *msg, size_t len)
{
    const struct fk_route *route;
    struct rt_msghdr rtm;
    uint32_t dst;

    if (len < sizeof rtm) {
        return EINVAL;
    }
    memcpy(&rtm, msg, sizeof rtm);
    if (rtm.rtm_version != RTM_VERSION) {
        return EPROTONOSUPPORT;
    }
    if (rtm.rtm_msglen != len || !request_addr(msg, len, RTA_DST)) {
        return EINVAL;
    }
    dst = request_in4(msg, len, RTA_DST);
    switch (rtm.rtm_type) {
    case RTM_GET:
        route = find_route(dst);
        if (!route) {
            return ESRCH;
        }
        if (fk_route_noise) {
            answer_others(&rtm);
        }
        if (!fk_route_mute) {
            answer_get(&rtm, getpid(), dst, route);
        }
        return 0;
    case RTM_ADD:
        for (int i = 0; i < fk_n_routes; i++) {
            if (fk_routes[i].dst == dst && !fk_routes[i].mask) {
                return EEXIST;
            }
        }
        route = find_route(request_in4(msg, len, RTA_GATEWAY));
        if (!route) {
            return ENETUNREACH;
        }
        fk_add_route(dst, request_in4(msg, len, RTA_NETMASK),
                     request_in4(msg, len, RTA_GATEWAY), route->ifindex);
        return 0;
    default:
        return EINVAL;
    }
}

ssize_t
fakebsd_write(int fd, const void *buf, size_t size)
{
    struct fk_file *file = get_file(fd);
    int error = fk_enter("write", file ? FK_OF_TYPE(file->type) : 0);
    ssize_t n = size;

    if (error || !file) {
        return error ? fail(error) : -1;
    }
    fk_lock();
    switch (file->type) {
    case FK_ROUTE:
        error = route_request(buf, size);
        break;
    case FK_TAP:
        n = fk_tap_write(file, buf, size);
        error = n < 0 ? errno : 0;
        break;
    case FK_BPF:
        error = fk_bpf_write(file, buf, size);
        break;
    case FK_INET:
    case FK_LINK:
    default:
        error = EOPNOTSUPP;
        break;
    }
    fk_unlock();
    return error ? fail(error) : n;
}

ssize_t
fakebsd_send(int fd, const void *buf, size_t size, int flags)
{
    (void) flags;
    return fakebsd_write(fd, buf, size);
}

/* Requests. */

struct fk_if *
fk_req_if(const void *req)
{
    char name[FK_NAME + 1];

    memcpy(name, req, FK_NAME);
    name[FK_NAME] = '\0';
    return fk_if_lookup(name);
}

static void
addr_from_sin(const struct sockaddr_in *sin, const struct sockaddr_in *mask,
              struct fk_addr *addr)
{
    memset(addr, 0, sizeof *addr);
    addr->family = 4;
    memcpy(addr->addr, &sin->sin_addr, 4);
    if (mask) {
        memcpy(addr->mask, &mask->sin_addr, 4);
    }
}

static int
set_media(struct fk_if *ifp, int word)
{
    for (int i = 0; i < ifp->n_media; i++) {
        if (ifp->media[i] == word) {
            ifp->media_current = word;
            fk_msg_ifinfo(ifp);
            return 0;
        }
    }
    return EINVAL;
}

/* Requests about interface 'ifp' that both systems have with one layout. */
static int
interface_ioctl(struct fk_if *ifp, unsigned long int request, void *arg)
{
    struct ifreq *ifr = arg;
    struct fk_addr addr;

    switch (request) {
    case SIOCGIFINDEX:
        ifr->ifr_index = ifp->index;
        return 0;
    case SIOCGIFMTU:
        ifr->ifr_mtu = ifp->mtu;
        return 0;
    case SIOCSIFMTU:
        if (ifr->ifr_mtu < 68 || ifr->ifr_mtu > fk_knobs.mtu_max) {
            return EINVAL;
        }
        fk_if_set_mtu(ifp, ifr->ifr_mtu);
        return 0;
    case SIOCSIFMEDIA:
        return ifp->has_media ? set_media(ifp, ifr->ifr_media) : EINVAL;
    case SIOCSIFADDR:
    case SIOCSIFNETMASK:
        return EINVAL;
    case SIOCDIFADDR:
        addr_from_sin((const struct sockaddr_in *) &ifr->ifr_addr, NULL,
                      &addr);
        return fk_if_del_addr(ifp, &addr);
    case SIOCAIFADDR: {
        const struct in_aliasreq *req = arg;

        if (req->ifra_addr.sin_len != sizeof req->ifra_addr
            || req->ifra_addr.sin_family != AF_INET) {
            return EINVAL;
        }
        addr_from_sin(&req->ifra_addr, &req->ifra_mask, &addr);
        return fk_if_add_addr(ifp, &addr);
    }
    case SIOCIFDESTROY:
        if (ifp->tap_file) {
            return EBUSY;
        }
        if (!ifp->is_tap) {
            return EINVAL;
        }
        fk_if_destroy(ifp);
        return 0;
    default:
        return FK_UNKNOWN;
    }
}

static int
tap_ioctl(const struct fk_file *file, unsigned long int request, void *arg)
{
    struct ifreq *ifr = arg;

    if (request != TAPGIFNAME) {
        return FK_UNKNOWN;
    }
    if (!file->ifp) {
        return ENXIO;
    }
    memset(ifr, 0, sizeof *ifr);
    memcpy(ifr->ifr_name, file->ifp->name, sizeof ifr->ifr_name);
    return 0;
}

/* Of all programs, only the one that rejects everything is understood here;
 * others accept everything. */
static void
set_filter(struct fk_file *file, const struct bpf_program *program)
{
    file->reject = (program->bf_len == 1
                    && program->bf_insns[0].code == (BPF_RET | BPF_K)
                    && !program->bf_insns[0].k);
    fk_bpf_flush(file);
}

/* Link type of 'ifp', DLT_*. */
static unsigned int
ifp_dlt(const struct fk_if *ifp)
{
    return ifp->type == FK_IFT_LOOP ? 0 : ifp->type == FK_IFT_FDDI ? 10 : 1;
}

static int
bpf_ioctl(struct fk_file *file, unsigned long int request, void *arg)
{
    struct fk_if *ifp;

    switch (request) {
    case BIOCSETF:
        set_filter(file, arg);
        return 0;
    case BIOCSETIF:
        ifp = fk_req_if(arg);
        return ifp && !ifp->no_bpf ? fk_bpf_attach(file, ifp) : ENXIO;
    case BIOCGETIF:
        if (!file->ifp) {
            return EINVAL;
        }
        memset(arg, 0, sizeof(struct ifreq));
        memcpy(arg, file->ifp->name, FK_NAME);
        return 0;
    case BIOCGDLT:
        if (!file->ifp) {
            return EINVAL;
        }
        *(unsigned int *) arg = ifp_dlt(file->ifp);
        return 0;
    case BIOCPROMISC:
        if (!file->ifp) {
            return EINVAL;
        }
        fk_bpf_set_promisc(file, true);
        return 0;
    case BIOCSHDRCMPLT:
        return 0;
    case BIOCSDIRECTION:
        if (*(const unsigned int *) arg > BPF_D_OUT) {
            return EINVAL;
        }
        file->direction = *(const unsigned int *) arg;
        return 0;
    default:
        return FK_UNKNOWN;
    }
}

static int
do_ioctl(struct fk_file *file, unsigned long int request, void *arg)
{
    struct fk_if *ifp;
    int error;

    /* A request that went through an int has all upper bits set. */
    if (request > 0xffffffffUL) {
        return EINVAL;
    }
    if (request == FIONBIO) {
        file->nonblock = *(const int *) arg != 0;
        return 0;
    }
    if (file->type == FK_ROUTE) {
        return ENOTTY;
    }
    error = fk_system_ioctl(file, request, arg);
    if (error == FK_UNKNOWN && file->type == FK_TAP) {
        error = tap_ioctl(file, request, arg);
    } else if (error == FK_UNKNOWN && file->type == FK_BPF) {
        error = bpf_ioctl(file, request, arg);
    } else if (error == FK_UNKNOWN) {
        ifp = fk_req_if(arg);
        error = ifp ? interface_ioctl(ifp, request, arg) : ENXIO;
    }
    return error == FK_UNKNOWN ? ENOTTY : error;
}

int
fakebsd_ioctl(int fd, unsigned long request, ...)
{
    struct fk_file *file = get_file(fd);
    int error = fk_enter("ioctl", request);
    va_list args;
    void *arg;

    if (error || !file) {
        return error ? fail(error) : -1;
    }
    va_start(args, request);
    arg = va_arg(args, void *);
    va_end(args);

    fk_lock();
    error = do_ioctl(file, request, arg);
    fk_unlock();
    return error ? fail(error) : 0;
}

unsigned long int
fk_request_by_name(const char *name)
{
    if (!strcmp(name, "bpf")) {
        return FK_OF_TYPE(FK_BPF);
    } else if (!strcmp(name, "tap")) {
        return FK_OF_TYPE(FK_TAP);
    }
    for (const struct fk_request_name *r = fk_request_names; r->name; r++) {
        if (!strcmp(r->name, name)) {
            return r->request;
        }
    }
    return 0;
}

unsigned int
fakebsd_if_nametoindex(const char *name)
{
    const struct fk_if *ifp;

    fk_enter("if_nametoindex", 0);
    ifp = fk_if_find(name);
    if (!ifp) {
        errno = ENXIO;
    }
    return ifp ? ifp->index : 0;
}

char *
fakebsd_if_indextoname(unsigned int ifindex, char *name)
{
    const struct fk_if *ifp;

    fk_enter("if_indextoname", 0);
    ifp = fk_if_by_index(ifindex);
    if (!ifp) {
        errno = ENXIO;
        return NULL;
    }
    memcpy(name, ifp->name, FK_NAME);
    return name;
}

/* Tables. */

static void
put_iflist(struct out *out, int family, unsigned int index)
{
    for (const struct fk_if *ifp = fk_if_first(); ifp; ifp = ifp->next) {
        if (index && ifp->index != index) {
            continue;
        }
        put_ifinfo(out, ifp, true);
        for (int i = 0; i < ifp->n_addrs; i++) {
            int af = ifp->addrs[i].family == 4 ? AF_INET : AF_INET6;

            if (!family || family == af) {
                put_addr(out, ifp, &ifp->addrs[i], RTM_NEWADDR);
            }
        }
    }
}

/* One entry of the ARP table. */
static void
put_neigh(struct out *out, const struct fk_neigh *neigh)
{
    const struct fk_if *ifp = fk_if_by_index(neigh->ifindex);
    struct sockaddr_dl sdl;
    size_t start = out->len;
    struct rt_msghdr rtm;

    memset(&rtm, 0, sizeof rtm);
    rtm.rtm_version = RTM_VERSION;
    rtm.rtm_type = RTM_GET;
    rtm.rtm_index = neigh->ifindex;
    rtm.rtm_flags = RTF_UP | RTF_HOST | RTF_LLDATA;
    rtm.rtm_addrs = RTA_DST | RTA_GATEWAY;
    out_put(out, &rtm, sizeof rtm);
    put_sin(out, neigh->ip);
    memset(&sdl, 0, sizeof sdl);
    sdl.sdl_len = sizeof sdl;
    sdl.sdl_family = AF_LINK;
    sdl.sdl_index = neigh->ifindex;
    sdl.sdl_type = ifp ? ifp->type : 0;
    sdl.sdl_alen = neigh->complete ? 6 : 0;
    memcpy(sdl.sdl_data, neigh->lladdr, neigh->complete ? 6 : 0);
    out_put_sa(out, &sdl, sizeof sdl);
    end_msg(out, start);
}

/* Routes, as the table has them and as messages tell of them. */

static void
begin_route(struct out *out, int type, int flags, int addrs,
            unsigned int ifindex)
{
    struct rt_msghdr rtm;

    memset(&rtm, 0, sizeof rtm);
    rtm.rtm_version = RTM_VERSION;
    rtm.rtm_type = type;
    rtm.rtm_index = ifindex;
    rtm.rtm_flags = RTF_UP | RTF_DONE | flags;
    rtm.rtm_addrs = addrs;
    out_put(out, &rtm, sizeof rtm);
}

static void
put_route(struct out *out, int type, const struct fk_route *route)
{
    const struct fk_if *ifp = fk_if_by_index(route->ifindex);
    struct fk_addr addr = { .family = 4 };
    struct sockaddr_storage ss;
    size_t start = out->len;
    size_t len;

    begin_route(out, type, RTF_STATIC | (route->gateway ? RTF_GATEWAY : 0),
                RTA_DST | RTA_GATEWAY | RTA_NETMASK, route->ifindex);
    put_sin(out, route->dst);
    if (route->gateway) {
        put_sin(out, route->gateway);
    } else if (ifp) {
        out_put_sa(out, &ss, fk_make_sdl(ifp, ifp->lladdr[0], &ss));
    }
    memcpy(addr.mask, &route->mask, 4);
    len = make_sa(ifp, &addr, true, &ss);
    out_put_sa(out, &ss, cut_mask(&ss, len));
    end_msg(out, start);
}

static void
put_route6(struct out *out, int type, const struct fk_route6 *route)
{
    const struct fk_if *ifp = fk_if_by_index(route->ifindex);
    struct fk_addr addr = { .family = 6 };
    struct sockaddr_storage ss;
    size_t start = out->len;

    begin_route(out, type, RTF_STATIC | RTF_GATEWAY,
                RTA_DST | RTA_GATEWAY | RTA_NETMASK, route->ifindex);
    memcpy(addr.addr, route->dst, 16);
    out_put_sa(out, &ss, make_sa(ifp, &addr, false, &ss));
    memcpy(addr.addr, route->gateway, 16);
    out_put_sa(out, &ss, make_sa(ifp, &addr, false, &ss));
    memcpy(addr.mask, route->mask, 16);
    out_put_sa(out, &ss, make_sa(ifp, &addr, true, &ss));
    end_msg(out, start);
}

/* What follows from the address 'addr' of 'ifp': the route to its network and
 * the one to the host itself. */
static void
put_addr_routes(struct out *out, const struct fk_if *ifp,
                const struct fk_addr *addr)
{
    struct fk_addr net = *addr;
    struct sockaddr_storage ss;
    size_t start = out->len;

    for (size_t i = 0; i < sizeof net.addr; i++) {
        net.addr[i] &= net.mask[i];
    }
    begin_route(out, RTM_GET, 0, RTA_DST | RTA_GATEWAY | RTA_NETMASK,
                ifp->index);
    out_put_sa(out, &ss, make_sa(ifp, &net, false, &ss));
    out_put_sa(out, &ss, fk_make_sdl(ifp, ifp->lladdr[0], &ss));
    out_put_sa(out, &ss, make_sa(ifp, &net, true, &ss));
    end_msg(out, start);

    start = out->len;
    begin_route(out, RTM_GET, RTF_HOST | RTF_LOCAL, RTA_DST | RTA_GATEWAY,
                ifp->index);
    out_put_sa(out, &ss, make_sa(ifp, addr, false, &ss));
    out_put_sa(out, &ss, fk_make_sdl(ifp, ifp->lladdr[0], &ss));
    end_msg(out, start);
}

static void
put_routes(struct out *out)
{
    for (const struct fk_if *ifp = fk_if_first(); ifp; ifp = ifp->next) {
        for (int i = 0; ifp->flags & IFF_UP && i < ifp->n_addrs; i++) {
            put_addr_routes(out, ifp, &ifp->addrs[i]);
        }
    }
    for (int i = 0; i < fk_n_routes; i++) {
        put_route(out, RTM_GET, &fk_routes[i]);
    }
    for (int i = 0; i < fk_n_routes6; i++) {
        put_route6(out, RTM_GET, &fk_routes6[i]);
    }
}

void
fk_msg_route(const struct fk_route *route)
{
    struct out out = { .data = NULL };

    put_route(&out, RTM_ADD, route);
    fk_route_broadcast(RTM_ADD, out.data, out.len);
    out_free(&out);
}

void
fk_msg_route6(const struct fk_route6 *route)
{
    struct out out = { .data = NULL };

    put_route6(&out, RTM_ADD, route);
    fk_route_broadcast(RTM_ADD, out.data, out.len);
    out_free(&out);
}

static int
do_sysctl(const int *mib, unsigned int n, struct out *out)
{
    int error = fk_system_sysctl(mib, n, out);

    if (error != FK_UNKNOWN) {
        return error;
    }
    if (n != 6 || mib[0] != CTL_NET || mib[1] != PF_ROUTE || mib[2]) {
        return ENOENT;
    }
    switch (mib[4]) {
    case NET_RT_IFLIST:
        put_iflist(out, mib[3], mib[5]);
        return 0;
    case NET_RT_DUMP:
        put_routes(out);
        return 0;
    case NET_RT_FLAGS:
        for (int i = 0; i < fk_n_neighs && mib[5] == RTF_LLDATA; i++) {
            put_neigh(out, &fk_neighs[i]);
        }
        return 0;
    default:
        return EINVAL;
    }
}

int
fakebsd_sysctl(const int *mib, unsigned int n, void *old, size_t *oldlen,
               const void *new_, size_t newlen)
{
    int error = fk_enter("sysctl", 0);
    struct out out = { .data = NULL };

    (void) new_;
    (void) newlen;
    if (!error) {
        fk_lock();
        error = do_sysctl(mib, n, &out);
        fk_unlock();
    }
    if (!error && old && *oldlen < out.len) {
        error = ENOMEM;
    } else if (!error && old && out.len) {
        fk_garble(out.data, out.len);
        memcpy(old, out.data, out.len);
    }
    *oldlen = out.len;
    out_free(&out);
    return error ? fail(error) : 0;
}

int
fakebsd_sysctlbyname(const char *name, void *old, size_t *oldlen,
                     const void *new_, size_t newlen)
{
    (void) name;
    (void) old;
    (void) oldlen;
    (void) new_;
    (void) newlen;
    return fail(ENOENT);
}

/* getifaddrs(). */

/* An element of the list with everything that it points to. */
struct entry {
    struct ifaddrs ifa;
    char name[FK_NAME];
    struct sockaddr_storage addr, mask;
    struct if_data data;
};

static struct entry *
add_entry(struct ifaddrs ***tail, const struct fk_if *ifp)
{
    struct entry *e = calloc(1, sizeof *e);

    if (!e) {
        abort();
    }
    memcpy(e->name, ifp->name, sizeof e->name);
    e->ifa.ifa_name = e->name;
    e->ifa.ifa_flags = ifp->flags;
    **tail = &e->ifa;
    *tail = &e->ifa.ifa_next;
    return e;
}

static void
add_interface(struct ifaddrs ***tail, const struct fk_if *ifp)
{
    for (int i = 0; i < ifp->n_lladdrs; i++) {
        struct entry *e = add_entry(tail, ifp);

        fk_make_sdl(ifp, ifp->lladdr[i], &e->addr);
        e->ifa.ifa_addr = (struct sockaddr *) &e->addr;
        fk_fill_if_data(ifp, &e->data);
        e->ifa.ifa_data = &e->data;
    }
    for (int i = 0; i < ifp->n_addrs; i++) {
        struct entry *e = add_entry(tail, ifp);

        make_sa(ifp, &ifp->addrs[i], false, &e->addr);
        make_sa(ifp, &ifp->addrs[i], true, &e->mask);
        e->ifa.ifa_addr = (struct sockaddr *) &e->addr;
        e->ifa.ifa_netmask = (struct sockaddr *) &e->mask;
    }
}

int
fakebsd_getifaddrs(struct ifaddrs **list)
{
    int error = fk_enter("getifaddrs", 0);
    struct ifaddrs **tail = list;

    if (error) {
        return fail(error);
    }
    fk_lock();
    *list = NULL;
    for (const struct fk_if *ifp = fk_if_first(); ifp; ifp = ifp->next) {
        add_interface(&tail, ifp);

        /* An entry without an address is legitimate. */
        add_entry(&tail, ifp);
    }
    fk_unlock();
    return 0;
}

void
fakebsd_freeifaddrs(struct ifaddrs *list)
{
    while (list) {
        struct ifaddrs *next = list->ifa_next;

        free((struct entry *) list);
        list = next;
    }
}
