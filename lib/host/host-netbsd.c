/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface on NetBSD: what differs from the other BSDs.
 *
 * No state and no locks.  Any thread may call anything. */

#include "host/host-bsd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/sockio.h>
#include <net/if_dl.h>
#include <net/if_media.h>
#include <net/if_tap.h>
#include <net/if_types.h>
#include <net/route.h>

/* How often to look for changes without a message. */
#define REVALIDATE_MS 1000

const char *
host_system(void)
{
    return "netbsd";
}

/* NetBSD announces neither that an MTU changed nor that an interface became
 * promiscuous, and drops messages without a trace where many come at once. */
int
host_revalidate_interval(void)
{
    return REVALIDATE_MS;
}

/* Flags: 16 bits. */

int
bsd_get_flags(const char *name, unsigned int *flags)
{
    struct ifreq ifr;
    int error;

    memset(&ifr, 0, sizeof ifr);
    error = bsd_ifreq(name, SIOCGIFFLAGS, &ifr);
    if (!error) {
        *flags = ifr.ifr_flags & 0xffff;
    }
    return error;
}

int
bsd_set_flags(const char *name, unsigned int flags)
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    ifr.ifr_flags = flags;
    return bsd_ifreq(name, SIOCSIFFLAGS, &ifr);
}

int
bsd_get_if_data(const char *name, struct if_data *data)
{
    struct ifdatareq req;
    int error;

    error = bsd_name_request(name, &req, sizeof req);
    if (!error) {
        error = bsd_ioctl(SIOCGIFDATA, &req);
        *data = req.ifdr_data;
    }
    return error;
}

/* Link-layer addresses.  An interface can have several, one of them active.
 * The requests work on a socket of the addresses' own family only. */

/* Makes 'request' for the address 'lladdr' of 'name'. */
static int
lladdr_request(int fd, unsigned long request, const char *name,
               const uint8_t lladdr[HOST_LLADDR_LEN], unsigned int flags)
{
    struct if_laddrreq req;
    struct sockaddr_dl sdl;
    int error;

    error = bsd_name_request(name, &req, sizeof req);
    if (error) {
        return error;
    }
    memset(&sdl, 0, sizeof sdl);
    sdl.sdl_len = sizeof sdl;
    sdl.sdl_family = AF_LINK;
    sdl.sdl_type = IFT_ETHER;
    sdl.sdl_alen = HOST_LLADDR_LEN;
    memcpy(sdl.sdl_data, lladdr, HOST_LLADDR_LEN);
    memcpy(&req.addr, &sdl, sizeof sdl);
    req.flags = flags;
    if (ioctl(fd, request, &req) < 0) {
        return errno == ENXIO ? ENODEV : errno;
    }
    return 0;
}

/* Activates 'lladdr' and removes 'old'.  The address that the hardware came
 * with cannot be removed (EBUSY), and need not be. */
static int
replace_lladdr(const char *name, const uint8_t lladdr[HOST_LLADDR_LEN],
               const uint8_t old[HOST_LLADDR_LEN])
{
    int error;
    int fd;

    fd = socket(AF_LINK, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    error = lladdr_request(fd, SIOCALIFADDR, name, lladdr, IFLR_ACTIVE);
    if (!error && memcmp(lladdr, old, HOST_LLADDR_LEN)) {
        error = lladdr_request(fd, SIOCDLIFADDR, name, old, 0);
        if (error == EBUSY || error == EADDRNOTAVAIL) {
            error = 0;
        }
    }
    close(fd);
    return error;
}

int
host_set_lladdr(const char *name, const uint8_t lladdr[HOST_LLADDR_LEN])
{
    struct host_link link;
    int error;

    link.have = 0;
    error = bsd_get_lladdr(name, &link);
    if (error) {
        return error;
    }
    return (link.ether
            ? replace_lladdr(name, lladdr, link.lladdr)
            : EOPNOTSUPP);
}

/* Media. */

int
bsd_get_media(struct ifmediareq *imr)
{
    return bsd_ioctl(SIOCGIFMEDIA, imr);
}

int
bsd_change_offloads(const char *name, uint64_t off, uint64_t on,
                    uint64_t *changed)
{
    uint64_t enabled, wanted;
    struct ifcapreq req;
    int error;

    *changed = 0;
    error = bsd_name_request(name, &req, sizeof req);
    if (!error) {
        error = bsd_ioctl(SIOCGIFCAP, &req);
    }
    if (error) {
        return error;
    }
    enabled = req.ifcr_capenable;
    wanted = (enabled & ~off) | (on & req.ifcr_capabilities);
    if (wanted == enabled) {
        return 0;
    }
    req.ifcr_capenable = wanted;
    error = bsd_ioctl(SIOCSIFCAP, &req);
    *changed = error ? 0 : wanted ^ enabled;
    return error;
}

/* Interfaces cannot be renamed. */
int
bsd_birth_name(unsigned int ifindex, char *name, size_t size)
{
    char now[IFNAMSIZ];

    if (!if_indextoname(ifindex, now)) {
        return ENODEV;
    }
    snprintf(name, size, "%s", now);
    return 0;
}

/* So their names start with the driver's. */
int
host_get_driver(const char *name, struct host_driver *driver)
{
    unsigned int ifindex;
    size_t len;
    int error;

    memset(driver, 0, sizeof *driver);
    error = bsd_ifindex(name, &ifindex);
    if (error) {
        return error;
    }
    for (len = strlen(name);
         len > 1 && isdigit((unsigned char) name[len - 1]); len--) {
        continue;
    }
    memcpy(driver->name, name, len);
    return 0;
}

const char *
host_down_hint(const char *driver)
{
    /* Nothing but its owner takes an interface down. */
    (void) driver;
    return NULL;
}

/* Taps. */

/* True if 'name' is "tapN". */
static bool
is_tap_name(const char *name)
{
    return (!strncmp(name, "tap", 3) && name[3]
            && strspn(name + 3, "0123456789") == strlen(name + 3));
}

static int
clone_tap(int *fdp)
{
    *fdp = open(host_tap_device(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return *fdp < 0 ? errno : 0;
}

/* Opens the tap for the port 'port_name': the interface of that name if there
 * is one, else a new one from the cloning device. */
static int
open_tap(const char *port_name, int *fdp)
{
    unsigned int ifindex;
    int error;

    /* Longer names cannot be an interface's.  They are welcome, because the
     * kernel never gets to see them. */
    error = bsd_check_name(port_name) ? ENODEV : bsd_ifindex(port_name,
                                                             &ifindex);
    if (error) {
        return error == ENODEV ? clone_tap(fdp) : error;
    }
    if (!is_tap_name(port_name)) {
        return EEXIST;
    }

    /* The kernel may have given this name to the tap of another port of ours:
     * which one gets "tap0" depends on the order in which ports are opened. */
    return (bsd_tap_is_ours(ifindex)
            ? clone_tap(fdp)
            : bsd_tap_open_unit(port_name, fdp));
}

int
host_tap_open(const char *port_name, struct host_tap *tap)
{
    int error;
    int fd;

    tap->fd = -1;
    error = port_name[0] ? open_tap(port_name, &fd) : EINVAL;
    if (error) {
        return error;
    }
    error = bsd_tap_init(fd, tap);
    if (error) {
        /* A cloned interface goes with its descriptor. */
        bsd_tap_abandon(tap);
    }
    return error;
}

/* The routing socket. */

void
bsd_tune_notifier(int fd)
{
#ifdef SO_RERROR
    int one = 1;

    /* Since release 8 an overflow shows as ENOBUFS.  Before, and for what does
     * not get as far as the socket, host_revalidate_interval() is the
     * remedy. */
    (void) setsockopt(fd, SOL_SOCKET, SO_RERROR, &one, sizeof one);
#endif

#ifdef RO_MSGFILTER
    /* Routes come and go in great numbers on a router.  The entries of the
     * ARP table are asked for when they are needed. */
    static const unsigned char wanted[] = {
        RTM_IFINFO, RTM_IFANNOUNCE, RTM_NEWADDR, RTM_DELADDR, RTM_CHGADDR,
        RTM_LLINFO_UPD
    };

    /* Without the filter, what is not wanted is read and counted. */
    (void) setsockopt(fd, AF_ROUTE, RO_MSGFILTER, wanted, sizeof wanted);
#endif

    /* Release 7 has neither. */
    (void) fd;
}
