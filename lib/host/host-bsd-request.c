/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Requests to the kernel of a BSD, and their errors.  See host-bsd-request.h.
 *
 * 'socket_mutex' guards 'request_socket'.  Any thread may call anything. */

#include "host/host-bsd-request.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/ioctl.h>
#include <sys/sockio.h>
#include <sys/sysctl.h>
#include <net/if.h>
#include <net/route.h>

/* How often a table is asked for again that grew while it was read. */
#define MAX_TABLE_RETRIES 8

static pthread_mutex_t socket_mutex = PTHREAD_MUTEX_INITIALIZER;
static int request_socket = -1;

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
