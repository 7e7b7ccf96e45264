/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface of the BSDs: taps, but for their creation.
 *
 * 'taps_mutex' guards 'taps' and 'n_taps'.  Any thread may call anything, with
 * the restrictions of host.h for one and the same tap. */

#include "host/host-bsd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/filio.h>
#include <sys/sockio.h>
#include <net/if_tap.h>

/* Length of an Ethernet header, below which no frame is one. */
#define ETHER_HEADER_LEN 14

/* Indexes of the taps that this process has open. */
static pthread_mutex_t taps_mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned int *taps;
static size_t n_taps;

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
    tap->offloads = false;
    tap->ifindex = 0;
    tap->name[0] = '\0';

    /* FIONBIO, since not every tap driver looks at the flags of the
     * descriptor. */
    memset(&ifr, 0, sizeof ifr);
    if (ioctl(fd, FIONBIO, &one) < 0
        || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0
        || ioctl(fd, TAPGIFNAME, &ifr) < 0) {
        return bsd_errno(errno);
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

int
host_tap_locate(const struct host_tap *tap, char *where, size_t size,
                struct host_link *link)
{
    (void) tap;
    (void) where;
    (void) size;
    (void) link;
    return EOPNOTSUPP;
}

int
host_place_name(int place, char *where, size_t size)
{
    (void) place;
    (void) where;
    (void) size;
    return EOPNOTSUPP;
}

const char *
host_tap_device(void)
{
    return "/dev/tap";
}

/* The interface may have been renamed since it was opened, so its descriptor
 * is asked for its name while it is there.  If it is not, whatever has its
 * name and index now is somebody else's. */
int
host_tap_close(struct host_tap *tap)
{
    struct ifreq ifr;
    bool gone;

    if (tap->fd < 0) {
        return 0;
    }
    memset(&ifr, 0, sizeof ifr);
    if (!ioctl(tap->fd, TAPGIFNAME, &ifr)) {
        gone = false;
        memcpy(tap->name, ifr.ifr_name, sizeof tap->name);
        tap->name[sizeof tap->name - 1] = '\0';
    } else {
        gone = errno == ENXIO;
    }
    if (!tap->ifindex) {
        /* It was not opened to the end. */
        bsd_ifindex(tap->name, &tap->ifindex);
    }
    bsd_tap_abandon(tap);
    return gone ? 0 : bsd_destroy(tap->name, tap->ifindex);
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

void
host_tap_leave(const struct host_tap *tap)
{
    /* Frames are whole. */
    (void) tap;
}

int
host_tap_read(struct host_tap *tap, void *buf, size_t size, size_t *len,
              struct host_meta *meta)
{
    ssize_t n;
    int error;

    memset(meta, 0, sizeof *meta);
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
host_tap_write(struct host_tap *tap, const struct host_frame *frame)
{
    size_t len = frame->len;
    ssize_t n;

    if (len < ETHER_HEADER_LEN) {
        /* FreeBSD takes it without a word, and drops it. */
        return EINVAL;
    }
    do {
        n = write(tap->fd, frame->data, len);
    } while (n < 0 && errno == EINTR);

    if (n < 0) {
        int error = tap_errno(tap, errno);

        /* FreeBSD's word for a frame that is too long for any interface. */
        return error == EIO && len > USHRT_MAX ? EMSGSIZE : error;
    }

    /* FreeBSD takes 0 bytes when the interface is down. */
    return !n ? ENETDOWN : (size_t) n < len ? EMSGSIZE : 0;
}
