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

#include "host/rtbsd.h"

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

const bool bsd_digits_are_index = true;

/* Flags: 16 bits. */

const unsigned int bsd_promisc_flags = IFF_PROMISC;

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

uint64_t
bsd_output_drops(const struct if_data *data)
{
    /* Not counted per interface. */
    (void) data;
    return UINT64_MAX;
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

    error = host_link_get(name, HOST_V_LLADDR, &link);
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

/* Bits 5 to 7 of the number are bits 13 to 15 of the word. */
unsigned int
bsd_medium_number(int word)
{
    return (word & 0x1f) | (word & 0xe000) >> 8;
}

const struct bsd_medium bsd_media[] = {
    { 3, 3, 10, 'C', "T" },
    { 4, 4, 10, 'C', "2" },
    { 5, 5, 10, 'C', "5" },
    { 12, 12, 10, 'C', "STP" },
    { 13, 13, 10, 'F', "FL" },
    { 6, 6, 100, 'C', "TX" },
    { 7, 7, 100, 'F', "FX" },
    { 8, 8, 100, 'C', "T4" },
    { 9, 9, 100, 'C', "VG" },
    { 10, 10, 100, 'C', "T2" },
    { 11, 11, 1000, 'F', "SX" },
    { 14, 14, 1000, 'F', "LX" },
    { 15, 15, 1000, 'C', "CX" },
    { 16, 16, 1000, 'C', "T" },
    { 22, 22, 1000, 'F', "BX10" },
    { 27, 27, 1000, 'C', "KX" },
    { 32, 32, 1000, 0, "SGMII" },
    { 21, 21, 2500, 'F', "SX" },
    { 28, 28, 2500, 'C', "KX" },
    { 29, 29, 2500, 'C', "T" },
    { 30, 30, 5000, 'C', "T" },
    { 33, 33, 5000, 'C', "KR" },
    { 18, 18, 10000, 'F', "LR" },
    { 19, 19, 10000, 'F', "SR" },
    { 20, 20, 10000, 'C', "CX4" },
    { 23, 23, 10000, 'C', "TWINAX" },
    { 24, 24, 10000, 'C', "TWINAX-LONG" },
    { 25, 25, 10000, 'F', "LRM" },
    { 26, 26, 10000, 'C', "T" },
    { 34, 34, 10000, 'F', "AOC" },
    { 35, 35, 10000, 'C', "CR1" },
    { 36, 36, 10000, 'F', "ER" },
    { 37, 37, 10000, 'C', "KR" },
    { 38, 38, 10000, 'C', "KX4" },
    { 39, 39, 10000, 'F', "LX4" },
    { 40, 40, 10000, 0, "SFI" },
    { 41, 41, 10000, 'F', "ZR" },
    { 42, 42, 20000, 'C', "KR2" },
    { 43, 43, 25000, 'F', "AOC" },
    { 44, 44, 25000, 0, "AUI" },
    { 45, 45, 25000, 'C', "CR" },
    { 46, 46, 25000, 'C', "ACC" },
    { 47, 47, 25000, 'C', "CR-S" },
    { 48, 48, 25000, 'F', "ER" },
    { 49, 49, 25000, 'C', "KR" },
    { 50, 50, 25000, 'C', "KR-S" },
    { 51, 51, 25000, 'F', "LR" },
    { 52, 52, 25000, 'F', "SR" },
    { 53, 53, 25000, 'C', "T" },
    { 54, 54, 40000, 'F', "AOC" },
    { 55, 55, 40000, 'C', "CR4" },
    { 56, 56, 40000, 'F', "ER4" },
    { 57, 57, 40000, 'F', "FR" },
    { 58, 58, 40000, 'C', "KR4" },
    { 59, 59, 40000, 'F', "LR4" },
    { 60, 60, 40000, 'F', "SR4" },
    { 61, 61, 40000, 'C', "T" },
    { 62, 62, 40000, 0, "XLPPI" },
    { 63, 71, 50000, 0, "" },
    { 73, 74, 50000, 0, "" },
    { 75, 75, 56000, 0, "R4" },
    { 76, 87, 100000, 0, "" },
    { 102, 105, 100000, 0, "" },
    { 88, 95, 200000, 0, "" },
    { 106, 106, 200000, 0, "" },
    { 96, 101, 400000, 0, "" },
    { 107, 111, 400000, 0, "" },
};
const size_t n_bsd_media = sizeof bsd_media / sizeof bsd_media[0];

/* bpf(4): net.bpf.maxbufsize. */
const int bsd_max_capture_buffer = 1024 * 1024;

/* Offloads that leave work undone in frames that we see, or make frames that
 * were never on the wire. */
const uint64_t bsd_bad_offloads = (IFCAP_TSOv4 | IFCAP_TSOv6 | IFCAP_LRO
                                   | IFCAP_CSUM_IPv4_Tx
                                   | IFCAP_CSUM_TCPv4_Tx | IFCAP_CSUM_UDPv4_Tx
                                   | IFCAP_CSUM_TCPv6_Tx
                                   | IFCAP_CSUM_UDPv6_Tx);

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

const struct rtbsd_type rtbsd_types[] = {
    [RTM_ADD] = { "RTM_ADD", RTBSD_ROUTE },
    [RTM_DELETE] = { "RTM_DELETE", RTBSD_ROUTE },
    [RTM_CHANGE] = { "RTM_CHANGE", RTBSD_ROUTE },
    [RTM_GET] = { "RTM_GET", RTBSD_ROUTE },
    [RTM_LOSING] = { "RTM_LOSING", RTBSD_OTHER },
    [RTM_REDIRECT] = { "RTM_REDIRECT", RTBSD_OTHER },
    [RTM_MISS] = { "RTM_MISS", RTBSD_OTHER },
    [RTM_IFANNOUNCE] = { "RTM_IFANNOUNCE", RTBSD_ANNOUNCE },
    [RTM_IEEE80211] = { "RTM_IEEE80211", RTBSD_OTHER },
    [RTM_LLINFO_UPD] = { "RTM_LLINFO_UPD", RTBSD_NEIGH },
    [RTM_IFINFO] = { "RTM_IFINFO", RTBSD_LINK },
    [RTM_NEWADDR] = { "RTM_NEWADDR", RTBSD_ADDR },
    [RTM_DELADDR] = { "RTM_DELADDR", RTBSD_ADDR },
    [RTM_CHGADDR] = { "RTM_CHGADDR", RTBSD_ADDR },
};

const size_t rtbsd_n_types = sizeof rtbsd_types / sizeof rtbsd_types[0];

/* RT_ROUNDUP() of <net/route.h>. */
size_t
rtbsd_space(size_t len)
{
    return len ? (len + 7) & ~(size_t) 7 : 8;
}

void
rtbsd_tune(int fd)
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
}
