/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface on FreeBSD: what differs from the other BSDs.
 *
 * No state and no locks.  Any thread may call anything. */

#include "host/host-bsd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/sockio.h>
#include <sys/sysctl.h>
#include <net/if_media.h>
#include <net/if_mib.h>
#include <net/if_tap.h>
#include <net/route.h>

/* The headers of older releases lack it; the kernel that counts is the one that
 * the daemon runs on. */
#ifndef TAPSTRANSIENT
#define TAPSTRANSIENT _IOW('t', 98, int)
#endif

/* How often to look for link addresses that changed without a message. */
#define REVALIDATE_MS 5000

const char *
host_system(void)
{
    return "freebsd";
}

/* FreeBSD sends no message when a link address is set, and before release 14
 * nothing tells that messages were lost. */
int
host_revalidate_interval(void)
{
    return REVALIDATE_MS;
}

/* Flags.  The kernel keeps 32 bits but hands them out in halves. */

int
bsd_get_flags(const char *name, unsigned int *flags)
{
    struct ifreq ifr;
    int error;

    memset(&ifr, 0, sizeof ifr);
    error = bsd_ifreq(name, SIOCGIFFLAGS, &ifr);
    if (!error) {
        *flags = ((ifr.ifr_flags & 0xffff)
                  | (unsigned int) (ifr.ifr_flagshigh & 0xffff) << 16);
    }
    return error;
}

int
bsd_set_flags(const char *name, unsigned int flags)
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    ifr.ifr_flags = flags & 0xffff;
    ifr.ifr_flagshigh = flags >> 16;
    return bsd_ifreq(name, SIOCSIFFLAGS, &ifr);
}

/* The request is declared as one that only passes data in, but the kernel
 * stores through the pointer that it is given. */
int
bsd_get_if_data(const char *name, struct if_data *data)
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    memset(data, 0, sizeof *data);
    ifr.ifr_data = (void *) data;
    return bsd_ifreq(name, SIOCGIFDATA, &ifr);
}

/* 'sa_len' is the length of the Ethernet address here, not of the sockaddr. */
int
host_set_lladdr(const char *name, const uint8_t lladdr[HOST_LLADDR_LEN])
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    ifr.ifr_addr.sa_len = HOST_LLADDR_LEN;
    ifr.ifr_addr.sa_family = AF_LINK;
    memcpy(ifr.ifr_addr.sa_data, lladdr, HOST_LLADDR_LEN);
    return bsd_ifreq(name, SIOCSIFLLADDR, &ifr);
}

/* Media. */

/* SIOCGIFMEDIA folds the media beyond 31 into one, so the request that does
 * not comes first. */
int
bsd_get_media(struct ifmediareq *imr)
{
    struct ifmediareq saved = *imr;
    int error = bsd_ioctl(SIOCGIFXMEDIA, imr);

    if (bsd_is_unsupported(error)) {
        *imr = saved;
        error = bsd_ioctl(SIOCGIFMEDIA, imr);
    }
    return error;
}

int
bsd_change_offloads(const char *name, uint64_t off, uint64_t on,
                    uint64_t *changed)
{
    unsigned int present, enabled, wanted;
    struct ifreq ifr;
    int error;

    *changed = 0;
    memset(&ifr, 0, sizeof ifr);
    error = bsd_ifreq(name, SIOCGIFCAP, &ifr);
    if (error) {
        return error;
    }
    present = ifr.ifr_reqcap;
    enabled = ifr.ifr_curcap;
    wanted = (enabled & ~off) | (on & present);
    if (wanted == enabled) {
        return 0;
    }
    ifr.ifr_reqcap = wanted;
    error = bsd_ifreq(name, SIOCSIFCAP, &ifr);
    *changed = error ? 0 : wanted ^ enabled;
    return error;
}

/* The name that the driver gave to the interface survives renaming. */
int
bsd_birth_name(unsigned int ifindex, char *driver, size_t size)
{
    const int mib[] = {
        CTL_NET, PF_LINK, NETLINK_GENERIC, IFMIB_IFDATA, (int) ifindex,
        IFDATA_DRIVERNAME
    };
    size_t len = size - 1;

    memset(driver, 0, size);
    if (sysctl(mib, sizeof mib / sizeof mib[0], driver, &len, NULL, 0) < 0) {
        return errno == ENOENT || errno == ENXIO ? ENODEV : errno;
    }
    return 0;
}

/* Cuts the unit off the end of 'driver'. */
static void
cut_unit(char *driver)
{
    size_t len = strlen(driver);

    while (len > 1 && isdigit((unsigned char) driver[len - 1])) {
        driver[--len] = '\0';
    }
}

int
host_get_driver(const char *name, struct host_driver *driver)
{
    unsigned int ifindex;
    int error;

    memset(driver, 0, sizeof *driver);
    error = bsd_ifindex(name, &ifindex);
    if (!error) {
        error = bsd_birth_name(ifindex, driver->name, sizeof driver->name);
    }
    if (error) {
        return error;
    }
    cut_unit(driver->name);
    return 0;
}

const char *
host_down_hint(const char *driver)
{
    return (strcmp(driver, "tap") ? NULL
            : "the interface is down: the program that has this tap open "
              "closed it meanwhile, which takes it down; use \"ifconfig up\", "
              "or set the sysctl net.link.tap.up_on_open to 1");
}

/* Taps. */

/* Renames interface '*name' to 'port_name'. */
static int
rename_interface(const char *name, const char *port_name)
{
    char new_name[IFNAMSIZ];
    struct ifreq ifr;

    memset(new_name, 0, sizeof new_name);
    memcpy(new_name, port_name, strlen(port_name));
    memset(&ifr, 0, sizeof ifr);
    ifr.ifr_data = new_name;
    return bsd_ifreq(name, SIOCSIFNAME, &ifr);
}

/* Opens a new tap: the cloning device gives one, or the interface cloner where
 * devices are not cloned (net.link.tap.devfs_cloning=0). */
static int
open_new(int *fdp)
{
    struct ifreq ifr;
    int error;

    *fdp = open(host_tap_device(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (*fdp >= 0) {
        return 0;
    }
    if (errno != ENOENT && errno != ENXIO) {
        return errno;
    }
    memset(&ifr, 0, sizeof ifr);
    error = bsd_ifreq("tap", SIOCIFCREATE2, &ifr);
    if (!error) {
        ifr.ifr_name[sizeof ifr.ifr_name - 1] = '\0';
        error = bsd_tap_open_unit(ifr.ifr_name, fdp);
        if (error) {
            struct ifreq destroy;

            memset(&destroy, 0, sizeof destroy);
            bsd_ifreq(ifr.ifr_name, SIOCIFDESTROY, &destroy);
        }
    }
    return error;
}

/* Asks the kernel to destroy the interface when the descriptor goes away,
 * whatever ends this process.  Only new releases know how. */
static void
make_transient(int fd)
{
    int one = 1;

    /* An older kernel answers ENOTTY; host_tap_close() destroys the interface
     * anyway, and host_tap_open() adopts what a crash leaves behind. */
    (void) ioctl(fd, TAPSTRANSIENT, &one);
}

static int
create_tap(const char *port_name, struct host_tap *tap)
{
    int error;
    int fd;

    error = open_new(&fd);
    if (error) {
        return error;
    }
    make_transient(fd);
    error = bsd_tap_init(fd, tap);
    if (!error && strcmp(tap->name, port_name)) {
        error = rename_interface(tap->name, port_name);
        if (!error) {
            memset(tap->name, 0, sizeof tap->name);
            memcpy(tap->name, port_name, strlen(port_name));
        }
    }
    if (error) {
        host_tap_close(tap);
    }
    return error;
}

/* Takes over interface 'port_name', which exists: a tap survives the process
 * that opened it.  Its device still has the driver's name. */
static int
adopt_tap(const char *port_name, unsigned int ifindex, struct host_tap *tap)
{
    char driver[32];
    int error;
    int fd;

    error = bsd_birth_name(ifindex, driver, sizeof driver);
    if (error) {
        return error;
    }
    if (strncmp(driver, "tap", 3) || !isdigit((unsigned char) driver[3])) {
        return EEXIST;
    }
    error = bsd_tap_open_unit(driver, &fd);
    if (error) {
        return error;
    }
    error = bsd_tap_init(fd, tap);
    if (!error && (tap->ifindex != ifindex || strcmp(tap->name, port_name))) {
        /* Renamed or replaced at this very moment. */
        error = EEXIST;
    }
    if (error) {
        bsd_tap_abandon(tap);
        return error;
    }
    make_transient(fd);
    return 0;
}

int
host_tap_open(const char *port_name, struct host_tap *tap)
{
    unsigned int ifindex;
    int error;

    tap->fd = -1;
    error = bsd_check_name(port_name);
    if (error) {
        return error == ENODEV ? EINVAL : error;
    }
    error = bsd_ifindex(port_name, &ifindex);
    if (!error) {
        error = adopt_tap(port_name, ifindex, tap);
    }
    return error == ENODEV ? create_tap(port_name, tap) : error;
}

/* The routing socket. */

void
bsd_tune_notifier(int fd)
{
#ifdef SO_RERROR
    int one = 1;

    /* From release 14 on, an overflow shows as ENOBUFS.  Where the option is
     * unknown, host_revalidate_interval() is the remedy. */
    (void) setsockopt(fd, SOL_SOCKET, SO_RERROR, &one, sizeof one);
#else
    (void) fd;
#endif
}
