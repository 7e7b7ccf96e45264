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

#include "host/rtbsd.h"

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

const bool bsd_digits_are_index = false;

/* Flags.  The kernel keeps 32 bits but hands them out in halves. */

/* IFF_PROMISC is what the kernel's own users of the interface asked for
 * (bpf(4), and so this program), IFF_PPROMISC what others asked for by
 * ioctl. */
const unsigned int bsd_promisc_flags = IFF_PROMISC | IFF_PPROMISC;

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

uint64_t
bsd_output_drops(const struct if_data *data)
{
    return data->ifi_oqdrops;
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

/* Bits 5 to 8 of the number are bits 11 to 14 of the word. */
unsigned int
bsd_medium_number(int word)
{
    return (word & 0x1f) | (word & 0x7800) >> 6;
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
    { 62, 62, 100, 0, "SGMII" },
    { 11, 11, 1000, 'F', "SX" },
    { 14, 14, 1000, 'F', "LX" },
    { 15, 15, 1000, 'C', "CX" },
    { 16, 16, 1000, 'C', "T" },
    { 30, 30, 1000, 'C', "KX" },
    { 41, 41, 1000, 0, "SGMII" },
    { 44, 44, 1000, 'C', "CX-SGMII" },
    { 21, 21, 2500, 'F', "SX" },
    { 36, 36, 2500, 'C', "KX" },
    { 37, 37, 2500, 'C', "T" },
    { 63, 63, 2500, 0, "X" },
    { 38, 38, 5000, 'C', "T" },
    { 64, 64, 5000, 'C', "KR" },
    { 69, 69, 5000, 'C', "KR-S" },
    { 70, 70, 5000, 'C', "KR1" },
    { 18, 18, 10000, 'F', "LR" },
    { 19, 19, 10000, 'F', "SR" },
    { 20, 20, 10000, 'C', "CX4" },
    { 22, 22, 10000, 'C', "TWINAX" },
    { 23, 23, 10000, 'C', "TWINAX-LONG" },
    { 24, 24, 10000, 'F', "LRM" },
    { 26, 26, 10000, 'C', "T" },
    { 32, 32, 10000, 'C', "KX4" },
    { 33, 33, 10000, 'C', "KR" },
    { 34, 34, 10000, 'C', "CR1" },
    { 42, 42, 10000, 0, "SFI" },
    { 46, 46, 10000, 'F', "ER" },
    { 59, 59, 10000, 'F', "AOC" },
    { 35, 35, 20000, 'C', "KR2" },
    { 40, 40, 25000, 0, "PCIE" },
    { 53, 53, 25000, 'C', "CR" },
    { 54, 54, 25000, 'C', "KR" },
    { 55, 55, 25000, 'F', "SR" },
    { 58, 58, 25000, 'F', "LR" },
    { 60, 60, 25000, 'C', "ACC" },
    { 61, 61, 25000, 'F', "AOC" },
    { 65, 65, 25000, 'C', "T" },
    { 66, 66, 25000, 'C', "CR-S" },
    { 67, 67, 25000, 'C', "CR1" },
    { 68, 68, 25000, 'C', "KR-S" },
    { 71, 71, 25000, 0, "AUI" },
    { 86, 86, 25000, 'C', "KR1" },
    { 27, 27, 40000, 'C', "CR4" },
    { 28, 28, 40000, 'F', "SR4" },
    { 29, 29, 40000, 'F', "LR4" },
    { 43, 43, 40000, 0, "XLPPI" },
    { 45, 45, 40000, 'C', "KR4" },
    { 72, 73, 40000, 0, "XLAUI" },
    { 74, 74, 40000, 'F', "ER4" },
    { 119, 119, 40000, 'F', "LM4" },
    { 39, 39, 50000, 0, "PCIE" },
    { 56, 56, 50000, 'C', "CR2" },
    { 57, 57, 50000, 'C', "KR2" },
    { 75, 75, 50000, 'F', "SR2" },
    { 76, 76, 50000, 'F', "LR2" },
    { 77, 78, 50000, 0, "LAUI2" },
    { 79, 80, 50000, 0, "AUI2" },
    { 81, 81, 50000, 'C', "CP" },
    { 82, 82, 50000, 'F', "SR" },
    { 83, 83, 50000, 'F', "LR" },
    { 84, 84, 50000, 'F', "FR" },
    { 85, 85, 50000, 'C', "KR-PAM4" },
    { 87, 88, 50000, 0, "AUI1" },
    { 118, 118, 50000, 'C', "KR4" },
    { 51, 51, 56000, 0, "R4" },
    { 47, 47, 100000, 'C', "CR4" },
    { 48, 48, 100000, 'F', "SR4" },
    { 49, 49, 100000, 'C', "KR4" },
    { 50, 50, 100000, 'F', "LR4" },
    { 89, 90, 100000, 0, "CAUI4" },
    { 91, 92, 100000, 0, "AUI4" },
    { 93, 93, 100000, 'C', "CR-PAM4" },
    { 94, 94, 100000, 'C', "KR-PAM4" },
    { 95, 95, 100000, 'C', "CP2" },
    { 96, 96, 100000, 'F', "SR2" },
    { 97, 97, 100000, 'F', "DR" },
    { 98, 98, 100000, 'C', "KR2-PAM4" },
    { 99, 100, 100000, 0, "CAUI2" },
    { 101, 102, 100000, 0, "AUI2" },
    { 103, 103, 200000, 'C', "CR4-PAM4" },
    { 104, 104, 200000, 'F', "SR4" },
    { 105, 105, 200000, 'F', "FR4" },
    { 106, 106, 200000, 'F', "LR4" },
    { 107, 107, 200000, 'F', "DR4" },
    { 108, 108, 200000, 'C', "KR4-PAM4" },
    { 109, 110, 200000, 0, "AUI4" },
    { 111, 112, 200000, 0, "AUI8" },
    { 113, 113, 400000, 'F', "FR8" },
    { 114, 114, 400000, 'F', "LR8" },
    { 115, 115, 400000, 'F', "DR4" },
    { 116, 117, 400000, 0, "AUI8" },
};
const size_t n_bsd_media = sizeof bsd_media / sizeof bsd_media[0];

/* bpf(4): net.bpf.maxbufsize. */
const int bsd_max_capture_buffer = 512 * 1024;

/* Offloads that if_bridge(4) takes from its members, too. */
const uint64_t bsd_bad_offloads = (IFCAP_LRO | IFCAP_TSO4 | IFCAP_TSO6
                                   | IFCAP_TXCSUM | IFCAP_TXCSUM_IPV6
                                   | IFCAP_TOE4 | IFCAP_TOE6
                                   | IFCAP_VLAN_HWTSO);

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
#ifdef TAPSTRANSIENT
    int one = 1;

    /* An older kernel answers ENOTTY; host_tap_close() destroys the interface
     * anyway, and host_tap_open() adopts what a crash leaves behind. */
    (void) ioctl(fd, TAPSTRANSIENT, &one);
#else
    (void) fd;
#endif
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

const struct rtbsd_type rtbsd_types[] = {
    [RTM_ADD] = { "RTM_ADD", RTBSD_ROUTE },
    [RTM_DELETE] = { "RTM_DELETE", RTBSD_ROUTE },
    [RTM_CHANGE] = { "RTM_CHANGE", RTBSD_ROUTE },
    [RTM_GET] = { "RTM_GET", RTBSD_ROUTE },
    [RTM_LOSING] = { "RTM_LOSING", RTBSD_OTHER },
    [RTM_REDIRECT] = { "RTM_REDIRECT", RTBSD_OTHER },
    [RTM_MISS] = { "RTM_MISS", RTBSD_OTHER },
    [RTM_NEWADDR] = { "RTM_NEWADDR", RTBSD_ADDR },
    [RTM_DELADDR] = { "RTM_DELADDR", RTBSD_ADDR },
    [RTM_IFINFO] = { "RTM_IFINFO", RTBSD_LINK },
    [RTM_NEWMADDR] = { "RTM_NEWMADDR", RTBSD_OTHER },
    [RTM_DELMADDR] = { "RTM_DELMADDR", RTBSD_OTHER },
    [RTM_IFANNOUNCE] = { "RTM_IFANNOUNCE", RTBSD_ANNOUNCE },
    [RTM_IEEE80211] = { "RTM_IEEE80211", RTBSD_OTHER },
};

const size_t rtbsd_n_types = sizeof rtbsd_types / sizeof rtbsd_types[0];

/* SA_SIZE() of <net/route.h>, which wants a structure. */
size_t
rtbsd_space(size_t len)
{
    return len ? (len + sizeof(long) - 1) & ~(sizeof(long) - 1)
           : sizeof(long);
}

void
rtbsd_tune(int fd)
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
