/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Tests every function of host/host.h on a fake BSD kernel.  Compiled once per
 * system.  "test-host-SYSTEM NAME" runs one test, without NAME all; which
 * defect of earlier providers a test guards against is in README.md here.
 *
 * Single-threaded. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/types.h>
#include <sys/ioctl.h>
#include <net/bpf.h>
#include <net/if_media.h>
#include <net/route.h>
#include <netinet/in.h>

#include "host/host.h"
#include "host/rtbsd.h"
#include "fake-kernel.h"

static int n_failed;

static void
check_int(int line, const char *what, long long int got, long long int want)
{
    if (got != want) {
        printf("line %d: %s: expected %lld, got %lld\n",
               line, what, want, got);
        n_failed++;
    }
}

static void
check_error(int line, const char *what, int got, int want)
{
    if (got != want) {
        printf("line %d: %s: expected \"%s\", got \"%s\"\n",
               line, what, strerror(want), strerror(got));
        n_failed++;
    }
}

static void
check_string(int line, const char *what, const char *got, const char *want)
{
    if (strcmp(got, want)) {
        printf("line %d: %s: expected \"%s\", got \"%s\"\n",
               line, what, want, got);
        n_failed++;
    }
}

#define CHECK(EXPR, WANT) check_int(__LINE__, #EXPR, EXPR, WANT)
#define CHECK_ERR(EXPR, WANT) check_error(__LINE__, #EXPR, EXPR, WANT)
#define CHECK_OK(EXPR) check_error(__LINE__, #EXPR, EXPR, 0)
#define CHECK_STR(EXPR, WANT) check_string(__LINE__, #EXPR, EXPR, WANT)

static bool
is_freebsd(void)
{
    return !strcmp(host_system(), "freebsd");
}

static struct in_addr
ip(const char *s)
{
    unsigned int a, b, c, d;
    struct in_addr in;

    if (sscanf(s, "%u.%u.%u.%u", &a, &b, &c, &d) != 4) {
        abort();
    }
    in.s_addr = htonl(a << 24 | b << 16 | c << 8 | d);
    return in;
}

static const uint8_t mac_a[6] = { 0x02, 0xaa, 0, 0, 0, 0x0a };
static const uint8_t mac_b[6] = { 0x02, 0xbb, 0, 0, 0, 0x0b };

static unsigned int
n_interfaces(void)
{
    unsigned int n = 0;

    for (struct fk_if *ifp = fk_if_first(); ifp; ifp = ifp->next) {
        n++;
    }
    return n;
}

static int
get(const char *name, enum host_value want, struct host_link *link)
{
    int error;

    memset(link, 0xa5, sizeof *link);
    error = host_link_get(name, want, link);
    if (!error && !(link->have & want)) {
        printf("host_link_get(%s, %#x): value is missing\n", name, want);
        n_failed++;
    }
    return error;
}

/* Values. */

static void
test_ifindex(void)
{
    struct host_link link;
    struct fk_if *em0;

    fk_if_create("lo0");
    em0 = fk_if_create("em0");
    CHECK_OK(get("em0", HOST_V_IFINDEX, &link));
    CHECK(link.ifindex, em0->index);
    CHECK_OK(get("em0", HOST_V_NAME, &link));
    CHECK_STR(link.name, "em0");
    CHECK_ERR(get("em1", HOST_V_IFINDEX, &link), ENODEV);
    CHECK_ERR(get("em0", HOST_V_RESETS, &link), EOPNOTSUPP);
    CHECK_ERR(host_link_get("em0", HOST_V_ADDRS, &link), EINVAL);
}

static void
test_flags(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    struct host_link link;
    unsigned int n;

    /* Every other flag survives, in both halves of the word. */
    em0->flags = 0x1000 | 0x8000 | (is_freebsd() ? 0x80000 : 0);
    CHECK_OK(get("em0", HOST_V_FLAGS, &link));
    CHECK(link.flags, 0);
    CHECK_OK(host_set_flags("em0", 0, HOST_FLAG_UP));
    CHECK(em0->flags, 0x1000 | 0x8000 | (is_freebsd() ? 0x80000 : 0) | 1);
    CHECK_OK(get("em0", HOST_V_FLAGS, &link));
    CHECK(link.flags, HOST_FLAG_UP);

    /* What is as wanted is left alone. */
    n = fk_n_calls("ioctl", fk_request_by_name("SIOCSIFFLAGS"));
    CHECK_OK(host_set_flags("em0", 0, HOST_FLAG_UP));
    CHECK(fk_n_calls("ioctl", fk_request_by_name("SIOCSIFFLAGS")), n);

    CHECK_OK(host_set_flags("em0", HOST_FLAG_UP, 0));
    CHECK(em0->flags & 1, 0);
    CHECK_ERR(host_set_flags("em0", 0, HOST_FLAG_PROMISC), EINVAL);
    CHECK_ERR(host_set_flags("em1", 0, HOST_FLAG_UP), ENODEV);

    fk_fault("ioctl", fk_request_by_name("SIOCGIFFLAGS"), EPERM, 0, 1);
    n = em0->flags;
    CHECK_ERR(host_set_flags("em0", 0, HOST_FLAG_UP), EPERM);
    CHECK(em0->flags, n);
}

static void
test_promisc(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    struct host_promisc *hold = NULL;
    struct host_link link;
    struct fk_if *em1;
    size_t files;

    CHECK_OK(get("em0", HOST_V_FLAGS, &link));
    CHECK_OK(host_set_promisc("em0", true, &hold));
    files = fk_n_files();
    CHECK_OK(host_set_promisc("em0", true, &hold));
    CHECK(fk_n_files(), files);
    CHECK(fk_if_is_promisc(em0), true);
    CHECK((hold != NULL), true);
    CHECK_OK(get("em0", HOST_V_FLAGS, &link));
    CHECK(link.flags & HOST_FLAG_PROMISC, HOST_FLAG_PROMISC);

    /* The descriptor that holds the mode captures nothing, and what is for
     * others does not get into the host's stack. */
    CHECK_OK(host_set_flags("em0", 0, HOST_FLAG_UP));
    fk_wire_rx(em0, "\x02\x00\x00\x00\x00\x99" "abcdefgh", 14);
    CHECK(em0->counters.ipackets, 1);
    CHECK(fk_n_captured(), 0);
    CHECK(em0->host_rx.n, 0);
    fk_wire_rx(em0, "\xff\xff\xff\xff\xff\xff" "abcdefgh", 14);
    CHECK(em0->host_rx.n, 1);

    CHECK_OK(host_set_promisc("em0", false, &hold));
    CHECK(fk_if_is_promisc(em0), false);
    CHECK((hold == NULL), true);
    CHECK_OK(host_set_promisc("em0", false, &hold));

    /* Somebody else's promiscuous mode counts, and stays. */
    fk_if_change_pcount(em0, 1);
    CHECK_OK(get("em0", HOST_V_FLAGS, &link));
    CHECK(link.flags & HOST_FLAG_PROMISC, HOST_FLAG_PROMISC);
    CHECK_OK(host_set_promisc("em0", true, &hold));
    CHECK_OK(host_set_promisc("em0", false, &hold));
    CHECK(fk_if_is_promisc(em0), true);

    fk_if_change_pcount(em0, -1);

    /* Renamed: the mode goes with the interface, and ends. */
    CHECK_OK(host_set_promisc("em0", true, &hold));
    fk_if_rename(em0, "uplink");
    CHECK_OK(host_set_promisc("em0", false, &hold));
    CHECK(fk_if_is_promisc(em0), false);
    CHECK_OK(host_set_promisc("uplink", true, &hold));
    fk_if_rename(em0, "em0");
    em1 = fk_if_create("uplink");
    CHECK_OK(host_set_promisc("uplink", true, &hold));
    CHECK(fk_if_is_promisc(em0), false);
    CHECK(fk_if_is_promisc(em1), true);
    CHECK_OK(host_set_promisc("uplink", false, &hold));
    CHECK(fk_n_files(), files - 1);

    /* The interface goes first. */
    CHECK_OK(host_set_promisc("em0", true, &hold));
    fk_if_destroy(em0);
    CHECK_OK(host_set_promisc("em0", false, &hold));
    CHECK((hold == NULL), true);
    CHECK_ERR(host_set_promisc("em0", true, &hold), ENODEV);
    CHECK((hold == NULL), true);

    /* One without bpf is not the same as none. */
    fk_if_create("bridge0");
    CHECK_ERR(host_set_promisc("bridge0", true, &hold), EOPNOTSUPP);
    CHECK((hold == NULL), true);

    /* Another one takes its place. */
    em0 = fk_if_create("em0");
    CHECK_OK(host_set_promisc("em0", true, &hold));
    fk_if_destroy(em0);
    em0 = fk_if_create("em0");
    CHECK_OK(host_set_promisc("em0", true, &hold));
    CHECK(fk_if_is_promisc(em0), true);
    CHECK_OK(host_set_promisc("em0", false, &hold));
}

/* Nothing is left of it when the process is killed. */
static void
test_promisc_crash(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    struct host_promisc *hold = NULL;
    unsigned int flags = em0->flags;

    CHECK_OK(host_set_promisc("em0", true, &hold));
    CHECK((em0->flags != flags), true);
    fk_crash();
    CHECK(em0->flags, flags);
    CHECK(fk_if_is_promisc(em0), false);
    host_set_promisc("em0", false, &hold);
}

static void
test_mtu(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    struct host_link link;

    CHECK_OK(get("em0", HOST_V_MTU, &link));
    CHECK(link.mtu, 1500);
    CHECK_OK(host_set_mtu("em0", 9000));
    CHECK(em0->mtu, 9000);
    CHECK_OK(get("em0", HOST_V_MTU, &link));
    CHECK(link.mtu, 9000);
    CHECK_ERR(host_set_mtu("em0", 20000), EINVAL);
    CHECK_ERR(host_set_mtu("em1", 1500), ENODEV);
}

static void
test_lladdr(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    struct host_link link;
    uint8_t factory[6];

    memcpy(factory, em0->lladdr[0], 6);
    CHECK_OK(get("em0", HOST_V_LLADDR, &link));
    CHECK(link.ether, true);
    CHECK(memcmp(link.lladdr, factory, 6), 0);

    /* One answer carries everything else. */
    CHECK(link.have & (HOST_V_IFINDEX | HOST_V_NAME | HOST_V_FLAGS
                       | HOST_V_MTU | HOST_V_CARRIER | HOST_V_STATS),
          HOST_V_IFINDEX | HOST_V_NAME | HOST_V_FLAGS
          | HOST_V_MTU | HOST_V_CARRIER | HOST_V_STATS);
    CHECK(link.mtu, 1500);

    CHECK_OK(host_set_lladdr("em0", mac_a));
    CHECK(memcmp(em0->lladdr[0], mac_a, 6), 0);
    CHECK_OK(get("em0", HOST_V_LLADDR, &link));
    CHECK(memcmp(link.lladdr, mac_a, 6), 0);

    /* An address that replaced another leaves none behind but the one that
     * the hardware came with. */
    CHECK_OK(host_set_lladdr("em0", mac_b));
    CHECK(memcmp(em0->lladdr[0], mac_b, 6), 0);
    CHECK(em0->n_lladdrs, is_freebsd() ? 1 : 2);
    CHECK_OK(host_set_lladdr("em0", mac_b));
    CHECK(em0->n_lladdrs, is_freebsd() ? 1 : 2);
    CHECK_OK(host_set_lladdr("em0", factory));
    CHECK(em0->n_lladdrs, 1);

    CHECK_ERR(host_set_lladdr("em1", mac_a), ENODEV);
    CHECK_ERR(get("em1", HOST_V_LLADDR, &link), ENODEV);
}

/* One that is announced before it has an address is not "not Ethernet". */
static void
test_incomplete(void)
{
    struct fk_if *em1 = fk_if_create_type("em1", FK_IFT_ETHER, 0);
    struct host_link link;

    CHECK_ERR(get("em1", HOST_V_LLADDR, &link), EAGAIN);
    em1->alen = 6;
    CHECK_OK(get("em1", HOST_V_LLADDR, &link));
    CHECK(link.ether, true);
}

static void
test_not_ethernet(void)
{
    struct host_link link;

    fk_if_create_type("lo0", FK_IFT_LOOP, 0);
    fk_if_create_type("fddi0", FK_IFT_FDDI, 6);
    fk_if_create_type("ib0", 0xc7, 20);
    CHECK_OK(get("lo0", HOST_V_LLADDR, &link));
    CHECK(link.ether, false);
    CHECK(memcmp(link.lladdr, "\0\0\0\0\0", 6), 0);
    CHECK_OK(get("lo0", HOST_V_FLAGS, &link));
    CHECK(link.flags, HOST_FLAG_LOOPBACK);
    CHECK_OK(get("fddi0", HOST_V_LLADDR, &link));
    CHECK(link.ether, false);
    CHECK_OK(get("ib0", HOST_V_LLADDR, &link));
    CHECK(link.ether, false);
    CHECK((host_set_lladdr("lo0", mac_a) != 0), true);
}

static void
test_names(void)
{
    static const char name15[] = "longinterface15";
    static const char name16[] = "longinterface016";
    static const char name40[] = "a0123456789012345678901234567890123456789";
    const char *too_long[] = { name16, name40 };
    struct host_promisc *hold = NULL;
    struct host_offloads offloads;
    struct host_addr *addrs;
    struct host_media media;
    struct host_driver driver;
    struct host_link link;
    struct host_tap tap;
    struct host_tx *tx;
    char digits[IFNAMSIZ];
    uint8_t mac[6];
    size_t n;
    bool up;

    fk_if_create(name15);
    CHECK_OK(get(name15, HOST_V_MTU, &link));
    CHECK_OK(get(name15, HOST_V_LLADDR, &link));
    CHECK_STR(link.name, name15);
    CHECK_OK(host_set_flags(name15, 0, HOST_FLAG_UP));
    CHECK_OK(host_tx_open(name15, &tx));
    host_tx_close(tx);

    for (size_t i = 0; i < 2; i++) {
        const char *name = too_long[i];

        for (unsigned int v = HOST_V_IFINDEX; v <= HOST_V_STATS; v <<= 1) {
            CHECK_ERR(host_link_get(name, v, &link), ENAMETOOLONG);
        }
        CHECK_ERR(host_set_flags(name, 0, HOST_FLAG_UP), ENAMETOOLONG);
        CHECK_ERR(host_set_promisc(name, true, &hold), ENAMETOOLONG);
        CHECK_ERR(host_set_mtu(name, 1500), ENAMETOOLONG);
        CHECK_ERR(host_set_lladdr(name, mac_a), ENAMETOOLONG);
        CHECK_ERR(host_get_media(name, &media), ENAMETOOLONG);
        CHECK_ERR(host_set_advertised(name, HOST_F_AUTONEG), ENAMETOOLONG);
        CHECK_ERR(host_get_mii_link(name, &up), ENAMETOOLONG);
        CHECK_ERR(host_get_driver(name, &driver), ENAMETOOLONG);
        CHECK_ERR(host_get_addrs(name, &addrs, &n), ENAMETOOLONG);
        CHECK_ERR(host_set_in4(name, ip("10.0.0.1"), ip("255.0.0.0")),
                  ENAMETOOLONG);
        CHECK_ERR(host_arp_lookup(name, ip("10.0.0.1"), mac), ENAMETOOLONG);
        CHECK_ERR(host_offloads_off(name, &offloads), ENAMETOOLONG);
        CHECK_ERR(host_tx_open(name, &tx), ENAMETOOLONG);
        CHECK_ERR(host_tap_open(name, &tap), is_freebsd() ? ENAMETOOLONG : 0);
        CHECK_OK(host_tap_close(&tap));
    }
    CHECK_ERR(host_link_get("", HOST_V_MTU, &link), ENODEV);
    CHECK_ERR(host_tap_open("", &tap), EINVAL);

    /* Digits are the index of an interface to NetBSD's kernel, not a name;
     * FreeBSD can have an interface of that name. */
    CHECK_OK(get(name15, HOST_V_IFINDEX, &link));
    snprintf(digits, sizeof digits, "%u", link.ifindex);
    CHECK_ERR(host_link_get(digits, HOST_V_MTU, &link), ENODEV);
    CHECK_ERR(host_set_flags(digits, HOST_FLAG_UP, 0), ENODEV);
    CHECK_ERR(host_set_promisc(digits, true, &hold), ENODEV);
    CHECK_OK(host_tap_open(digits, &tap));
    CHECK_STR(tap.name, is_freebsd() ? digits : "tap0");
    CHECK_OK(host_tap_close(&tap));
    CHECK_OK(get(name15, HOST_V_FLAGS, &link));
    CHECK(link.flags, HOST_FLAG_UP);
}

static void
test_carrier(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    const int words[] = { IFM_ETHER | IFM_AUTO };
    struct host_link link;
    bool up;

    CHECK_OK(get("em0", HOST_V_CARRIER, &link));
    CHECK(link.carrier, true);
    fk_if_set_link(em0, FK_LINK_DOWN);
    CHECK_OK(get("em0", HOST_V_CARRIER, &link));
    CHECK(link.carrier, false);

    /* No link state and no media: connected. */
    fk_if_set_link(em0, FK_LINK_UNKNOWN);
    CHECK_OK(get("em0", HOST_V_CARRIER, &link));
    CHECK(link.carrier, true);
    CHECK_ERR(host_get_mii_link("em0", &up), EOPNOTSUPP);

    /* No link state, but media that know. */
    fk_if_set_media(em0, words, 1, words[0], words[0], IFM_AVALID);
    CHECK_OK(get("em0", HOST_V_CARRIER, &link));
    CHECK(link.carrier, false);
    CHECK_OK(host_get_mii_link("em0", &up));
    CHECK(up, false);
    em0->media_status |= IFM_ACTIVE;
    CHECK_OK(get("em0", HOST_V_CARRIER, &link));
    CHECK(link.carrier, true);
    CHECK_OK(host_get_mii_link("em0", &up));
    CHECK(up, true);

    /* Media that do not sense the link. */
    em0->media_status = 0;
    CHECK_OK(get("em0", HOST_V_CARRIER, &link));
    CHECK(link.carrier, true);
    CHECK_ERR(host_get_mii_link("em0", &up), EOPNOTSUPP);
    CHECK_ERR(host_get_mii_link("em1", &up), ENODEV);
}

static void
test_stats(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    struct host_link link;
    unsigned int n;

    em0->counters = (struct fk_counters) {
        .ipackets = 1, .ierrors = 2, .opackets = 3, .oerrors = 4,
        .collisions = 5, .ibytes = 6, .obytes = 7, .imcasts = 8,
        .omcasts = 9, .iqdrops = 10, .oqdrops = 11, .noproto = 12,
    };
    get("em0", HOST_V_MTU, &link);
    n = fk_n_calls("any", 0);
    CHECK_OK(get("em0", HOST_V_STATS, &link));

    /* One call, however many interfaces there are. */
    CHECK(fk_n_calls("any", 0), n + 1);
    CHECK(link.stats.rx_packets, 1);
    CHECK(link.stats.rx_errors, 2);
    CHECK(link.stats.tx_packets, 3);
    CHECK(link.stats.tx_errors, 4);
    CHECK(link.stats.collisions, 5);
    CHECK(link.stats.rx_bytes, 6);
    CHECK(link.stats.tx_bytes, 7);
    CHECK(link.stats.rx_multicast, 8);
    CHECK(link.stats.tx_multicast, 9);
    CHECK(link.stats.rx_dropped, 10);
    CHECK(link.stats.tx_dropped, is_freebsd() ? 11 : -1);
    CHECK(link.stats.rx_noproto, 12);
    CHECK(link.stats.rx_crc_errors, -1);
    CHECK(link.stats.tx_window_errors, -1);
    CHECK_ERR(get("em1", HOST_V_STATS, &link), ENODEV);
}

/* Media. */

/* The word for medium 'number' in the system's own numbering. */
static int
medium(unsigned int number)
{
    return IFM_ETHER | (number & 0x1f)
           | (is_freebsd() ? (number & 0x1e0) << 6 : (number & 0xe0) << 8);
}

static void
check_medium(unsigned int number, uint64_t mbps, uint32_t features)
{
    struct fk_if *em0 = fk_if_find("em0");
    const int words[] = { medium(number) | IFM_FDX };
    struct host_media media;

    fk_if_set_media(em0, words, 1, words[0], words[0],
                    IFM_AVALID | IFM_ACTIVE);
    CHECK_OK(host_get_media("em0", &media));
    if (media.speed != mbps * 1000000 || media.current != features
        || media.supported != features || media.duplex != 1) {
        printf("medium %u: expected %llu Mb/s, features %#x; got %llu b/s,"
               " current %#x, supported %#x, duplex %d (%s)\n",
               number, (unsigned long long int) mbps, features,
               (unsigned long long int) media.speed,
               media.current, media.supported, media.duplex, media.text);
        n_failed++;
    }
}

static void
test_media_rates(void)
{
    struct rate {
        unsigned int freebsd, netbsd, mbps;
        uint32_t features;
    };
    static const struct rate rates[] = {
        { 3, 3, 10, HOST_F_10MB_FD | HOST_F_COPPER },
        { 13, 13, 10, HOST_F_10MB_FD | HOST_F_FIBER },
        { 6, 6, 100, HOST_F_100MB_FD | HOST_F_COPPER },
        { 7, 7, 100, HOST_F_100MB_FD | HOST_F_FIBER },
        { 16, 16, 1000, HOST_F_1GB_FD | HOST_F_COPPER },
        { 11, 11, 1000, HOST_F_1GB_FD | HOST_F_FIBER },
        { 30, 27, 1000, HOST_F_1GB_FD | HOST_F_COPPER },
        { 21, 21, 2500, HOST_F_OTHER | HOST_F_FIBER },
        { 37, 29, 2500, HOST_F_OTHER | HOST_F_COPPER },
        { 38, 30, 5000, HOST_F_OTHER | HOST_F_COPPER },
        { 26, 26, 10000, HOST_F_10GB_FD | HOST_F_COPPER },
        { 19, 19, 10000, HOST_F_10GB_FD | HOST_F_FIBER },
        { 22, 23, 10000, HOST_F_10GB_FD | HOST_F_COPPER },
        { 46, 36, 10000, HOST_F_10GB_FD | HOST_F_FIBER },
        { 35, 42, 20000, HOST_F_OTHER | HOST_F_COPPER },
        { 55, 52, 25000, HOST_F_OTHER | HOST_F_FIBER },
        { 27, 55, 40000, HOST_F_40GB_FD | HOST_F_COPPER },
        { 28, 60, 40000, HOST_F_40GB_FD | HOST_F_FIBER },
        { 51, 75, 56000, HOST_F_OTHER },
        { 119, 0, 40000, HOST_F_40GB_FD | HOST_F_FIBER },
        { 0, 63, 50000, HOST_F_OTHER },
        { 0, 74, 50000, HOST_F_OTHER },
        { 56, 0, 50000, HOST_F_OTHER | HOST_F_COPPER },
        { 47, 0, 100000, HOST_F_100GB_FD | HOST_F_COPPER },
        { 50, 0, 100000, HOST_F_100GB_FD | HOST_F_FIBER },
        { 0, 76, 100000, HOST_F_100GB_FD },
        { 0, 105, 100000, HOST_F_100GB_FD },
        { 104, 0, 200000, HOST_F_OTHER | HOST_F_FIBER },
        { 0, 95, 200000, HOST_F_OTHER },
        { 115, 0, 400000, HOST_F_OTHER | HOST_F_FIBER },
        { 117, 111, 400000, HOST_F_OTHER },
    };

    fk_if_create("em0");
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        const struct rate *r = &rates[i];
        unsigned int number = is_freebsd() ? r->freebsd : r->netbsd;

        if (number) {
            check_medium(number, r->mbps, r->features);
        }
    }
}

static void
test_media(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    const int tx = medium(6), t1000 = medium(16);
    const int words[] = {
        IFM_ETHER | IFM_AUTO, medium(3), medium(3) | IFM_FDX,
        tx, tx | IFM_FDX, t1000 | IFM_FDX,
    };
    const uint32_t all = (HOST_F_10MB_HD | HOST_F_10MB_FD | HOST_F_100MB_HD
                          | HOST_F_100MB_FD | HOST_F_1GB_FD | HOST_F_COPPER
                          | HOST_F_AUTONEG);
    const int radio[] = { 0x80 | 1 };
    struct host_media media;

    /* A device without media. */
    CHECK_ERR(host_get_media("em0", &media), EOPNOTSUPP);
    CHECK_ERR(host_set_advertised("em0", HOST_F_AUTONEG), EOPNOTSUPP);
    CHECK_ERR(host_get_media("em1", &media), ENODEV);

    fk_if_set_media(em0, words, 6, words[0], words[5] | IFM_FLOW,
                    IFM_AVALID | IFM_ACTIVE);
    CHECK_OK(host_get_media("em0", &media));
    CHECK(media.supported, all);
    CHECK(media.advertised, all);
    CHECK(media.current, HOST_F_1GB_FD | HOST_F_COPPER | HOST_F_AUTONEG
                         | HOST_F_PAUSE);
    CHECK(media.speed, 1000000000);
    CHECK(media.duplex, 1);
    CHECK_STR(media.text, "autoselect (1000baseT <full-duplex>)");

    /* Half duplex, chosen by hand, asymmetric pause. */
    em0->media_current = em0->media_active = tx | IFM_HDX | IFM_ETH_TXPAUSE;
    CHECK_OK(host_get_media("em0", &media));
    CHECK(media.current, HOST_F_100MB_HD | HOST_F_COPPER | HOST_F_PAUSE_ASYM);
    CHECK(media.advertised, media.current);
    CHECK(media.duplex, 0);
    CHECK_STR(media.text, "100baseTX <half-duplex>");

    /* No link. */
    em0->media_current = words[0];
    em0->media_active = IFM_ETHER | IFM_NONE;
    em0->media_status = IFM_AVALID;
    CHECK_OK(host_get_media("em0", &media));
    CHECK(media.current, HOST_F_AUTONEG);
    CHECK(media.speed, 0);
    CHECK(media.duplex, -1);
    CHECK_STR(media.text, "autoselect (none)");

    /* A medium that the table does not know: the interface's own word. */
    em0->media_active = IFM_ETHER | IFM_OTHER;
    em0->media_status |= IFM_ACTIVE;
    em0->baudrate = 800000000000;
    CHECK_OK(host_get_media("em0", &media));
    CHECK(media.speed, 800000000000);

    /* Words of another kind of network. */
    fk_if_set_media(em0, radio, 1, radio[0], radio[0],
                    IFM_AVALID | IFM_ACTIVE);
    CHECK_ERR(host_get_media("em0", &media), EOPNOTSUPP);
    fk_if_set_media(em0, radio, 1, words[0], words[5],
                    IFM_AVALID | IFM_ACTIVE);
    CHECK_OK(host_get_media("em0", &media));
    CHECK(media.supported, 0);
}

static void
test_media_list_grows(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    int words[32];
    struct host_media media;

    for (int i = 0; i < 32; i++) {
        words[i] = medium(16) | IFM_FDX;
    }
    fk_if_set_media(em0, words, 20, words[0], words[0],
                    IFM_AVALID | IFM_ACTIVE);
    em0->media_grow = 2;
    CHECK_OK(host_get_media("em0", &media));
    CHECK(em0->n_media, 22);
    CHECK(media.supported, HOST_F_1GB_FD | HOST_F_COPPER);

    /* It does not go on for ever. */
    em0->media_grow = 30;
    CHECK_ERR(host_get_media("em0", &media), E2BIG);
}

static void
test_advertised(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    const int words[] = {
        IFM_ETHER | IFM_AUTO, medium(6) | IFM_FDX, medium(6),
        medium(16) | IFM_FDX,
    };
    unsigned int n;

    fk_if_set_media(em0, words, 4, words[0], words[3],
                    IFM_AVALID | IFM_ACTIVE);
    CHECK_OK(host_set_advertised("em0", HOST_F_100MB_FD | HOST_F_100MB_HD));
    CHECK(em0->media_current, words[1]);
    CHECK_OK(host_set_advertised("em0", HOST_F_100MB_FD | HOST_F_1GB_FD
                                        | HOST_F_COPPER));
    CHECK(em0->media_current, words[3]);
    CHECK_ERR(host_set_advertised("em0", HOST_F_10GB_FD | HOST_F_COPPER),
              EINVAL);
    CHECK(em0->media_current, words[3]);
    CHECK_OK(host_set_advertised("em0", HOST_F_AUTONEG | HOST_F_100MB_FD));
    CHECK(em0->media_current, words[0]);

    n = fk_n_calls("ioctl", fk_request_by_name("SIOCSIFMEDIA"));
    CHECK_OK(host_set_advertised("em0", HOST_F_AUTONEG));
    CHECK(fk_n_calls("ioctl", fk_request_by_name("SIOCSIFMEDIA")), n);
}

/* Addresses and routes. */

static struct fk_addr
addr4(const char *addr, int prefix)
{
    struct fk_addr a = { .family = 4 };
    struct in_addr in = ip(addr);
    uint32_t mask = htonl(prefix ? UINT32_MAX << (32 - prefix) : 0);

    memcpy(a.addr, &in, 4);
    memcpy(a.mask, &mask, 4);
    return a;
}

static bool
is_addr(const struct fk_addr *a, const struct fk_addr *b)
{
    return (a->family == b->family
            && !memcmp(a->addr, b->addr, sizeof a->addr)
            && !memcmp(a->mask, b->mask, sizeof a->mask));
}

static bool
is_mapped(const struct in6_addr *in6, const char *addr)
{
    static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
    struct in_addr in = ip(addr);

    return (!memcmp(in6, prefix, 12)
            && !memcmp(&in6->s6_addr[12], &in, 4));
}

static void
test_addrs(void)
{
    struct fk_addr v6 = { .family = 6, .addr = { 0xfe, 0x80 } };
    struct fk_if *em0, *em1;
    struct host_addr *addrs;
    struct fk_addr a;
    size_t n;

    em1 = fk_if_create("em1");
    em0 = fk_if_create("em0");
    a = addr4("10.9.9.9", 8);
    fk_if_add_addr(em1, &a);

    /* None is no error. */
    CHECK_OK(host_get_addrs("em0", &addrs, &n));
    CHECK(n, 0);
    CHECK((addrs == NULL), true);

    /* The kernel cuts trailing zeros off a mask. */
    a = addr4("192.0.2.1", 24);
    fk_if_add_addr(em0, &a);
    a = addr4("10.1.2.3", 8);
    fk_if_add_addr(em0, &a);
    v6.addr[15] = 1;
    memset(v6.mask, 0xff, 8);
    fk_if_add_addr(em0, &v6);
    CHECK_OK(host_get_addrs("em0", &addrs, &n));
    CHECK(n, 3);
    if (n == 3) {
        CHECK(is_mapped(&addrs[0].addr, "192.0.2.1"), true);
        CHECK(is_mapped(&addrs[0].mask, "255.255.255.0"), true);
        CHECK(is_mapped(&addrs[1].addr, "10.1.2.3"), true);
        CHECK(is_mapped(&addrs[1].mask, "255.0.0.0"), true);

        /* The interface's index is not part of a link-local address. */
        CHECK(memcmp(&addrs[2].addr, v6.addr, 16), 0);
        CHECK(memcmp(&addrs[2].mask, v6.mask, 16), 0);
    }
    free(addrs);
    CHECK_ERR(host_get_addrs("em2", &addrs, &n), ENODEV);
    CHECK((addrs == NULL), true);
}

static void
test_set_in4(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    struct fk_addr v6 = { .family = 6, .addr = { 0x20, 1 } };
    struct fk_addr a;
    unsigned int n;

    CHECK_OK(host_set_in4("em0", ip("0.0.0.0"), ip("0.0.0.0")));
    CHECK_OK(host_set_in4("em0", ip("10.0.0.1"), ip("255.255.0.0")));
    CHECK(em0->n_addrs, 1);
    a = addr4("10.0.0.1", 16);
    CHECK(is_addr(&em0->addrs[0], &a), true);

    /* Again: nothing happens. */
    n = fk_n_calls("ioctl", fk_request_by_name("SIOCAIFADDR"));
    CHECK_OK(host_set_in4("em0", ip("10.0.0.1"), ip("255.255.0.0")));
    CHECK(fk_n_calls("ioctl", fk_request_by_name("SIOCAIFADDR")), n);

    /* Another mask, another address; other families stay. */
    CHECK_OK(host_set_in4("em0", ip("10.0.0.1"), ip("255.255.255.0")));
    a = addr4("10.0.0.1", 24);
    CHECK(is_addr(&em0->addrs[0], &a), true);
    fk_if_add_addr(em0, &v6);
    a = addr4("10.0.0.7", 24);
    fk_if_add_addr(em0, &a);
    CHECK_OK(host_set_in4("em0", ip("10.0.0.2"), ip("255.255.255.0")));
    CHECK(em0->n_addrs, 2);
    a = addr4("10.0.0.2", 24);
    CHECK(is_addr(&em0->addrs[1], &a), true);

    /* A refusal leaves things as they were. */
    fk_fault("ioctl", fk_request_by_name("SIOCAIFADDR"), EEXIST, 0, 1);
    CHECK_ERR(host_set_in4("em0", ip("10.0.0.3"), ip("255.255.255.0")),
              EEXIST);
    CHECK(em0->n_addrs, 2);

    CHECK_OK(host_set_in4("em0", ip("0.0.0.0"), ip("0.0.0.0")));
    CHECK(em0->n_addrs, 1);
    CHECK(em0->addrs[0].family, 6);
}

static long long int
now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void
test_next_hop(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    struct fk_if *em1 = fk_if_create("em1");
    struct in_addr gateway;
    char name[IFNAMSIZ];
    long long int start;
    size_t files;

    fk_add_route(ip("10.0.0.0").s_addr, ip("255.255.255.0").s_addr, 0,
                 em0->index);
    fk_add_route(ip("20.0.0.0").s_addr, ip("255.0.0.0").s_addr,
                 ip("10.0.0.254").s_addr, em0->index);
    fk_add_route(ip("20.1.0.0").s_addr, ip("255.255.0.0").s_addr, 0,
                 em1->index);
    files = fk_n_files();

    CHECK_OK(host_get_next_hop(ip("10.0.0.7"), 1000, &gateway, name));
    CHECK(gateway.s_addr, 0);
    CHECK_STR(name, "em0");
    CHECK_OK(host_get_next_hop(ip("20.0.0.1"), 1000, &gateway, name));
    CHECK(gateway.s_addr, ip("10.0.0.254").s_addr);
    CHECK_STR(name, "em0");
    CHECK_OK(host_get_next_hop(ip("20.1.0.1"), 1000, &gateway, name));
    CHECK_STR(name, "em1");
    CHECK_ERR(host_get_next_hop(ip("30.0.0.1"), 1000, &gateway, name),
              ENETUNREACH);

    /* Everybody hears all answers. */
    fk_route_noise = true;
    CHECK_OK(host_get_next_hop(ip("20.0.0.1"), 1000, &gateway, name));
    CHECK(gateway.s_addr, ip("10.0.0.254").s_addr);
    CHECK_STR(name, "em0");

    /* No answer: the wait is bounded. */
    fk_route_mute = true;
    start = now_ms();
    CHECK_ERR(host_get_next_hop(ip("10.0.0.7"), 50, &gateway, name),
              ETIMEDOUT);
    CHECK((now_ms() - start < 5000), true);
    fk_route_mute = false;

    CHECK_OK(host_get_next_hop(ip("10.0.0.7"), 1000, &gateway, name));
    fk_fault("recv", 0, EINTR, 0, 3);
    CHECK_OK(host_get_next_hop(ip("10.0.0.7"), 1000, &gateway, name));
    fk_fault("recv", 0, ENOBUFS, 0, 1);
    CHECK_OK(host_get_next_hop(ip("10.0.0.7"), 1000, &gateway, name));
    fk_fault("write", 0, EINTR, 0, 1);
    CHECK_OK(host_get_next_hop(ip("10.0.0.7"), 1000, &gateway, name));

    /* Every step may fail, and leaves nothing open. */
    fk_fault("socket", 0, EMFILE, 0, 1);
    CHECK_ERR(host_get_next_hop(ip("10.0.0.7"), 10, &gateway, name), EMFILE);
    fk_fault("write", 0, ENOBUFS, 0, 1);
    CHECK_ERR(host_get_next_hop(ip("10.0.0.7"), 10, &gateway, name), ENOBUFS);
    fk_fault("recv", 0, EIO, 0, 1);
    CHECK_ERR(host_get_next_hop(ip("10.0.0.7"), 10, &gateway, name), EIO);
    CHECK(fk_n_files(), files);
}

static void
test_add_router(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    struct in_addr gateway;
    char name[IFNAMSIZ];

    CHECK_ERR(host_add_router(ip("10.0.0.1")), ENETUNREACH);
    fk_add_route(ip("10.0.0.0").s_addr, ip("255.255.255.0").s_addr, 0,
                 em0->index);
    CHECK_OK(host_add_router(ip("10.0.0.1")));
    CHECK_OK(host_get_next_hop(ip("99.0.0.1"), 1000, &gateway, name));
    CHECK(gateway.s_addr, ip("10.0.0.1").s_addr);
    CHECK_ERR(host_add_router(ip("10.0.0.2")), EEXIST);
}

static void
test_arp(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    struct fk_if *em1 = fk_if_create("em1");
    uint8_t mac[6];

    CHECK_ERR(host_arp_lookup("em0", ip("10.0.0.1"), mac), ENXIO);
    fk_add_neigh(ip("10.0.0.1").s_addr, em1->index, mac_b);
    fk_add_neigh(ip("10.0.0.2").s_addr, em0->index, NULL);
    CHECK_ERR(host_arp_lookup("em0", ip("10.0.0.1"), mac), ENXIO);
    CHECK_ERR(host_arp_lookup("em0", ip("10.0.0.2"), mac), ENXIO);
    fk_add_neigh(ip("10.0.0.1").s_addr, em0->index, mac_a);
    CHECK_OK(host_arp_lookup("em0", ip("10.0.0.1"), mac));
    CHECK(memcmp(mac, mac_a, 6), 0);
    CHECK_OK(host_arp_lookup("em1", ip("10.0.0.1"), mac));
    CHECK(memcmp(mac, mac_b, 6), 0);
    CHECK_ERR(host_arp_lookup("em2", ip("10.0.0.1"), mac), ENODEV);

    /* The table grows while it is read. */
    fk_fault("sysctl", 0, ENOMEM, 1, 1);
    CHECK_OK(host_arp_lookup("em0", ip("10.0.0.1"), mac));
    fk_fault("sysctl", 0, EPERM, 1, 1);
    CHECK_ERR(host_arp_lookup("em0", ip("10.0.0.1"), mac), EPERM);
}

static void
test_offloads(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    struct host_offloads saved;
    unsigned int index;
    struct fk_if *other;
    uint64_t bad = is_freebsd() ? 0x400 | 0x100 | 2 : 0x80 | 0x80000 | 0x200;
    uint64_t good = is_freebsd() ? 0x8 | 0x1 : 0x100;

    /* None at all. */
    CHECK_OK(host_offloads_off("em0", &saved));
    CHECK(saved.changed, false);
    CHECK_OK(host_offloads_restore(&saved));

    em0->has_caps = true;
    em0->caps = bad | good | (is_freebsd() ? 0x200 : 0x40000);
    em0->caps_enabled = bad | good;
    CHECK_OK(host_offloads_off("em0", &saved));
    CHECK(saved.changed, true);
    CHECK(em0->caps_enabled, good);
    CHECK_OK(host_offloads_restore(&saved));
    CHECK(em0->caps_enabled, bad | good);
    CHECK(saved.changed, false);

    /* Nothing to do, and what cannot be changed. */
    em0->caps_enabled = good;
    CHECK_OK(host_offloads_off("em0", &saved));
    CHECK(saved.changed, false);
    em0->caps_enabled = bad;
    fk_fault("ioctl", fk_request_by_name("SIOCSIFCAP"), EOPNOTSUPP, 0, 1);
    CHECK_OK(host_offloads_off("em0", &saved));
    CHECK(saved.changed, false);

    /* Renamed, where that can be: found by its index. */
    CHECK_OK(host_offloads_off("em0", &saved));
    CHECK(saved.changed, true);
    if (is_freebsd()) {
        fk_if_rename(em0, "uplink");
        CHECK_OK(host_offloads_restore(&saved));
        CHECK(em0->caps_enabled, bad);
        CHECK_OK(host_offloads_off("uplink", &saved));
    }

    /* Gone, and another one has its index or its name. */
    other = fk_if_create("other0");
    fk_if_destroy(em0);
    CHECK_ERR(host_offloads_restore(&saved), ENODEV);
    CHECK(saved.changed, true);
    CHECK_ERR(host_offloads_off("em0", &saved), ENODEV);
    if (is_freebsd()) {
        /* Takes the index that would be used again first. */
        fk_if_create("pad0");
    }
    other->has_caps = true;
    other->caps = bad;
    other->caps_enabled = bad;
    CHECK_OK(host_offloads_off("other0", &saved));
    index = other->index;
    fk_if_destroy(other);
    other = fk_if_create("other1");
    other->has_caps = true;
    other->caps = bad;
    other->caps_enabled = 0;
    CHECK(other->index, index);
    CHECK_ERR(host_offloads_restore(&saved), ENODEV);
    CHECK(other->caps_enabled, 0);
}

static void
test_driver(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    struct host_driver driver;

    CHECK_OK(host_get_driver("em0", &driver));
    CHECK_STR(driver.name, "em");
    if (is_freebsd()) {
        fk_if_rename(em0, "uplink");
        CHECK_OK(host_get_driver("uplink", &driver));
        CHECK_STR(driver.name, "em");
    }
    CHECK_ERR(host_get_driver("em9", &driver), ENODEV);
}

/* Taps. */

static void
test_tap_open(void)
{
    struct host_link link;
    struct host_tap tap;
    size_t files;

    get("x", HOST_V_MTU, &link);
    files = fk_n_files();
    CHECK_OK(host_tap_open("br0", &tap));
    CHECK_STR(tap.name, is_freebsd() ? "br0" : "tap0");
    CHECK_OK(get(tap.name, HOST_V_IFINDEX, &link));
    CHECK(link.ifindex, tap.ifindex);
    CHECK(fk_if_find(tap.name)->flags & 1, 0);
    CHECK(fk_n_files(), files + 1);
    CHECK_OK(host_tap_close(&tap));
    CHECK(tap.fd, -1);
    CHECK(n_interfaces(), 0);
    CHECK(fk_n_files(), files);
    CHECK_OK(host_tap_close(&tap));
}

static void
test_tap_busy(void)
{
    struct fk_file *other = fk_tap_open("tap", false);
    struct host_tap tap, tap2;

    /* Another program's tap. */
    CHECK_ERR(host_tap_open("tap0", &tap), EBUSY);
    CHECK(n_interfaces(), 1);
    fk_file_close(other);

    /* Our own.  On NetBSD the port that has it is called something else. */
    CHECK_OK(host_tap_open("tap0", &tap));
    CHECK_STR(tap.name, "tap0");
    if (is_freebsd()) {
        CHECK_ERR(host_tap_open("tap0", &tap2), EBUSY);
    } else {
        CHECK_OK(host_tap_open("tap0", &tap2));
        CHECK_STR(tap2.name, "tap1");
        CHECK_OK(host_tap_close(&tap2));
    }
    fk_if_create("em0");
    CHECK_ERR(host_tap_open("em0", &tap2), EEXIST);
    CHECK(n_interfaces(), 2);
    CHECK_OK(host_tap_close(&tap));
}

/* A tap that a crash left behind, with the port's name where the system can
 * rename, is adopted. */
static void
test_tap_stale(void)
{
    struct fk_if *stale;
    struct host_tap tap;
    char name[FK_NAME];

    fk_tap_create(name);
    stale = fk_if_find(name);
    if (is_freebsd()) {
        fk_if_rename(stale, "br0");
    }
    CHECK_OK(host_tap_open(is_freebsd() ? "br0" : name, &tap));
    CHECK(tap.ifindex, stale->index);
    CHECK(n_interfaces(), 1);
    CHECK_OK(host_tap_close(&tap));
    CHECK(n_interfaces(), 0);

    /* One that cannot be opened by name is not taken for none. */
    if (!is_freebsd()) {
        for (int i = 0; i < 5; i++) {
            fk_tap_create(name);
        }
        CHECK_STR(name, "tap4");
        CHECK_ERR(host_tap_open(name, &tap), ENOENT);
        CHECK(tap.fd, -1);
        CHECK(n_interfaces(), 5);
    }
}

static void
test_tap_errors(void)
{
    static const char *const steps[] = {
        "FIONBIO", "TAPGIFNAME", "SIOCGIFINDEX", "SIOCSIFNAME",
    };
    struct host_link link;
    struct host_tap tap;
    size_t files;

    get("x", HOST_V_MTU, &link);
    files = fk_n_files();
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        unsigned long int request = fk_request_by_name(steps[i]);

        if (!request) {
            continue;
        }
        fk_fault("ioctl", request, EPERM, 0, 1);
        CHECK_ERR(host_tap_open("br0", &tap), EPERM);
        CHECK(tap.fd, -1);
        CHECK(fk_n_files(), files);
        CHECK(n_interfaces(), 0);
    }

    /* Somebody takes the name in between. */
    if (is_freebsd()) {
        fk_fault("ioctl", fk_request_by_name("SIOCSIFNAME"), EEXIST, 0, 1);
        CHECK_ERR(host_tap_open("br0", &tap), EEXIST);
        CHECK(n_interfaces(), 0);
    }

    fk_fault("open", 0, EPERM, 0, 1);
    CHECK_ERR(host_tap_open("br0", &tap), EPERM);
    CHECK(fk_n_files(), files);

    /* Without cloning devices (FreeBSD) the interface cloner helps. */
    if (is_freebsd()) {
        fk_knobs.devfs_cloning = 0;
        CHECK_OK(host_tap_open("br0", &tap));
        CHECK_OK(host_tap_close(&tap));
        fk_fault("open", 0, EMFILE, 1, 1);
        CHECK_ERR(host_tap_open("br0", &tap), EMFILE);
        CHECK(n_interfaces(), 0);
    }
}

static void
test_tap_close(void)
{
    struct host_tap tap;
    struct fk_if *ifp;

    /* The administrator renames it. */
    CHECK_OK(host_tap_open("br0", &tap));
    if (is_freebsd()) {
        fk_if_rename(fk_if_find("br0"), "other");
    }
    CHECK_OK(host_tap_close(&tap));
    CHECK(n_interfaces(), 0);

    /* The administrator destroys it, and something else gets its name. */
    CHECK_OK(host_tap_open("br0", &tap));
    fk_if_destroy(fk_if_find(tap.name));
    ifp = fk_if_create(tap.name);
    ifp->is_tap = true;
    CHECK_OK(host_tap_close(&tap));
    CHECK((fk_if_find(tap.name) == ifp), true);

    /* A kernel that does not know how to do it by itself. */
    if (is_freebsd()) {
        fk_fault("ioctl", fk_request_by_name("TAPSTRANSIENT"), ENOTTY, 0, 1);
        CHECK_OK(host_tap_open("br1", &tap));
        CHECK_OK(host_tap_close(&tap));
        CHECK((fk_if_find("br1") == NULL), true);
    }
}

/* Writes a frame about which there is nothing more to say. */
static int
write_tap(struct host_tap *tap, const void *data, size_t len)
{
    struct host_frame frame = { .data = data, .len = len };

    return host_tap_write(tap, &frame);
}

static void
test_tap_read(void)
{
    struct host_tap tap;
    struct host_meta meta;
    struct fk_if *ifp;
    char buf[64];
    size_t len = 0;

    CHECK_OK(host_tap_open("br0", &tap));
    ifp = fk_if_find(tap.name);

    /* Down. */
    CHECK_ERR(host_tap_read(&tap, buf, sizeof buf, &len, &meta), EAGAIN);
    CHECK_OK(host_set_flags(tap.name, 0, HOST_FLAG_UP));
    CHECK_ERR(host_tap_read(&tap, buf, sizeof buf, &len, &meta), EAGAIN);

    fk_host_tx(ifp, "frame of 20 bytes...", 20);
    CHECK_OK(host_tap_read(&tap, buf, sizeof buf, &len, &meta));
    CHECK(len, 20);
    CHECK(meta.csum, HOST_CSUM_UNKNOWN);
    CHECK(meta.gso, HOST_GSO_NONE);
    CHECK(memcmp(buf, "frame of 20 bytes...", 20), 0);

    /* Too long: cut, which shows. */
    fk_host_tx(ifp, "frame of 20 bytes...", 20);
    CHECK_OK(host_tap_read(&tap, buf, 16, &len, &meta));
    CHECK(len, 16);
    CHECK_ERR(host_tap_read(&tap, buf, sizeof buf, &len, &meta), EAGAIN);

    /* 0 bytes, interrupted, short. */
    fk_host_tx(ifp, "frame of 20 bytes...", 20);
    fk_fault_short(0, 1);
    CHECK_ERR(host_tap_read(&tap, buf, sizeof buf, &len, &meta), EAGAIN);
    fk_fault("read", 0, EINTR, 0, 2);
    fk_fault_short(14, 1);
    CHECK_OK(host_tap_read(&tap, buf, sizeof buf, &len, &meta));
    CHECK(len, 14);

    fk_fault("read", 0, EIO, 0, 1);
    CHECK_ERR(host_tap_read(&tap, buf, sizeof buf, &len, &meta), EIO);
    fk_if_destroy(ifp);
    CHECK_ERR(host_tap_read(&tap, buf, sizeof buf, &len, &meta), ENODEV);
    fk_fault("read", 0, EIO, 0, 1);
    CHECK_ERR(host_tap_read(&tap, buf, sizeof buf, &len, &meta), ENODEV);
    CHECK_OK(host_tap_close(&tap));
}

static void
test_tap_write(void)
{
    static char big[70000];
    char frame[60] = "\xff\xff\xff\xff\xff\xff";
    struct host_tap tap;
    struct fk_if *ifp;

    CHECK_OK(host_tap_open("br0", &tap));
    ifp = fk_if_find(tap.name);
    CHECK_ERR(write_tap(&tap, frame, sizeof frame),
              is_freebsd() ? ENETDOWN : 0);
    CHECK(ifp->host_rx.n, 0);
    CHECK_OK(host_set_flags(tap.name, 0, HOST_FLAG_UP));
    CHECK_OK(write_tap(&tap, frame, sizeof frame));
    CHECK(ifp->host_rx.n, 1);
    CHECK(ifp->counters.ipackets, 1);
    CHECK(ifp->counters.ibytes, 60);
    CHECK_ERR(write_tap(&tap, frame, 5), EINVAL);
    CHECK_ERR(write_tap(&tap, big, sizeof big), EMSGSIZE);
    fk_fault("write", 0, ENOBUFS, 0, 1);
    CHECK_ERR(write_tap(&tap, frame, sizeof frame), ENOBUFS);
    fk_fault("write", 0, EHOSTDOWN, 0, 1);
    CHECK_ERR(write_tap(&tap, frame, sizeof frame), ENETDOWN);
    fk_fault("write", 0, EINTR, 0, 1);
    CHECK_OK(write_tap(&tap, frame, sizeof frame));
    fk_if_destroy(ifp);
    CHECK_ERR(write_tap(&tap, frame, sizeof frame), ENODEV);
    CHECK_OK(host_tap_close(&tap));
}

/* Capture and transmission. */

/* What host_rx_recv() handed out. */
struct got {
    size_t n;                       /* Frames. */
    size_t n_cut;                   /* Those that are not whole. */
    uint8_t last;                   /* First byte of the latest one. */
    uint64_t time_ns;               /* Arrival of the latest one. */
};

static bool
take(const struct host_frame *frame, void *got_)
{
    struct got *got = got_;

    got->n++;
    got->n_cut += frame->len < frame->wire_len;
    got->last = *(const uint8_t *) frame->data;
    got->time_ns = frame->meta.time_ns;
    return true;
}

static void
arrive(struct fk_if *ifp, size_t n, size_t len)
{
    uint8_t frame[4096];

    memset(frame, 0, sizeof frame);
    for (size_t i = 0; i < n; i++) {
        frame[0] = 2 * i;
        fk_wire_rx(ifp, frame, len);
    }
}

static void
test_rx_open(void)
{
    struct host_rx_config config = { .max_frame = 1522, .n_queues = 1 };
    struct host_rx *rx;
    struct fk_if *em0;
    size_t files;

    CHECK_ERR(host_rx_open("em0", &config, &rx), ENODEV);
    CHECK((rx == NULL), true);
    CHECK_ERR(host_rx_open("a-name-that-is-too-long", &config, &rx),
              ENAMETOOLONG);

    /* But for the socket that stays open. */
    files = fk_n_files();
    em0 = fk_if_create("em0");
    em0->flags |= FK_IFF_UP;
    fk_fault("pcap_activate", 0, EPERM, 0, 1);
    CHECK_ERR(host_rx_open("em0", &config, &rx), EPERM);
    fk_fault("pcap_setdirection", 0, EINVAL, 0, 1);
    CHECK_ERR(host_rx_open("em0", &config, &rx), EINVAL);

    /* bpf(4) gives every frame to every descriptor. */
    CHECK(host_rx_has_queues(), false);
    config.n_queues = 2;
    CHECK_ERR(host_rx_open("em0", &config, &rx), EOPNOTSUPP);
    config.n_queues = 1;
    em0->type = FK_IFT_LOOP;
    CHECK_ERR(host_rx_open("em0", &config, &rx), EOPNOTSUPP);
    CHECK(fk_n_files(), files);
    em0->type = FK_IFT_ETHER;

    /* A size that the system refuses is halved until it fits. */
    fk_max_bpfbuf = 65536;
    config.buffer_size = 1 << 30;
    CHECK_OK(host_rx_open("em0", &config, &rx));
    arrive(em0, 1000, 1000);
    CHECK((fk_n_captured() > 16), true);
    CHECK((fk_n_captured() < 1000), true);
    CHECK((host_rx_drops(rx) > 0), true);
    host_rx_close(rx);
    host_rx_close(NULL);
    fk_max_bpfbuf = is_freebsd() ? 512 * 1024 : 1024 * 1024;
    CHECK(fk_n_files(), files);
}

static void
test_rx(void)
{
    struct host_rx_config config = { .max_frame = 1522, .n_queues = 1 };
    struct got got = { .n = 0 };
    struct host_rx *rx;
    struct fk_if *em0;
    uint64_t now;
    int error;

    em0 = fk_if_create("em0");
    em0->flags |= FK_IFF_UP;
    CHECK_OK(host_rx_open("em0", &config, &rx));
    CHECK((host_rx_fd(rx) >= 0), true);
    CHECK(host_rx_is_attached(rx), true);
    CHECK_STR(host_rx_way(rx), "libpcap");
    CHECK(host_rx_any_length(rx), false);
    CHECK_OK(host_rx_recv(rx, 32, take, &got));
    CHECK(got.n, 0);
    CHECK(host_rx_pending(rx), false);

    /* The rest is held where no descriptor tells of it. */
    arrive(em0, 50, 100);
    CHECK_OK(host_rx_recv(rx, 32, take, &got));
    CHECK(got.n, 32);
    CHECK(got.last, 2 * 31);
    now = time(NULL);
    CHECK((got.time_ns <= (now + 1) * UINT64_C(1000000000)), true);
    CHECK((got.time_ns > (now - 10) * UINT64_C(1000000000)), true);
    CHECK(host_rx_pending(rx), true);
    CHECK_OK(host_rx_recv(rx, 32, take, &got));
    CHECK(got.n, 50);
    CHECK(got.n_cut, 0);
    CHECK(host_rx_pending(rx), false);

    /* Too long. */
    arrive(em0, 1, 1523);
    CHECK_OK(host_rx_recv(rx, 32, take, &got));
    CHECK(got.n_cut, 1);

    /* It ends, and leaves what is too much. */
    arrive(em0, 300, 60);
    host_rx_drain(rx, 200);
    CHECK_OK(host_rx_recv(rx, 1000, take, &got));
    CHECK(got.n, 51 + 44);

    fk_fault("bpf_read", 0, ENETDOWN, 0, 1);
    CHECK_ERR(host_rx_recv(rx, 32, take, &got), ENETDOWN);
    fk_fault("bpf_read", 0, EIO, 0, 1);
    CHECK_ERR(host_rx_recv(rx, 32, take, &got), EIO);
    CHECK(got.n, 51 + 44);

    fk_if_destroy(em0);
    error = host_rx_recv(rx, 32, take, &got);
    CHECK_ERR(error, is_freebsd() ? ENODEV : 0);

    /* Asked, the handle tells, even if there is another interface of the same
     * name and index now. */
    fk_if_create("em0");
    CHECK(host_rx_is_attached(rx), false);
    host_rx_close(rx);
}

static void
test_tx(void)
{
    static char bytes[4][2048];
    struct fk_if *em0 = fk_if_create("em0");
    struct host_frame frames[4];
    struct host_link link;
    struct host_tx *tx;
    uint64_t shown;
    int errors[4];
    size_t files;

    /* Opens the socket for requests, which stays open. */
    get("em0", HOST_V_MTU, &link);
    files = fk_n_files();
    CHECK_ERR(host_tx_open("em9", &tx), ENODEV);
    CHECK((tx == NULL), true);
    fk_fault("ioctl", BIOCSETF, ENOMEM, 0, 1);
    CHECK_ERR(host_tx_open("em0", &tx), ENOMEM);
    fk_fault("ioctl", BIOCSHDRCMPLT, ENOMEM, 0, 1);
    CHECK_ERR(host_tx_open("em0", &tx), ENOMEM);
    CHECK(fk_n_files(), files);

    CHECK_OK(host_tx_open("em0", &tx));
    em0->flags |= FK_IFF_UP;
    for (int i = 0; i < 4; i++) {
        frames[i] = (struct host_frame) { .data = bytes[i], .len = 60 };
        bytes[i][12] = i;
    }

    /* A frame that is too long does not take the others along. */
    frames[1].len = 1518;
    CHECK(host_tx_send(tx, frames, 4, errors), 3);
    CHECK_ERR(errors[0], 0);
    CHECK_ERR(errors[1], EMSGSIZE);
    CHECK_ERR(errors[2], 0);
    CHECK_ERR(errors[3], 0);
    CHECK(em0->wire.n, 3);
    CHECK(em0->wire.head->next->data[12], 2);

    /* Nor does one that finds no room. */
    frames[1].len = 60;
    fk_fault("write", 0, ENOBUFS, 2, 1);
    CHECK(host_tx_send(tx, frames, 4, errors), 3);
    CHECK_ERR(errors[2], ENOBUFS);

    /* Longer than a packet buffer of the kernel. */
    em0->mtu = 9000;
    frames[0].len = 2048;
    fk_fault("write", 0, EIO, 0, 1);
    CHECK(host_tx_send(tx, frames, 1, errors), 0);
    CHECK_ERR(errors[0], EMSGSIZE);
    frames[0].len = 60;
    fk_fault("write", 0, EIO, 0, 1);
    CHECK(host_tx_send(tx, frames, 1, errors), 0);
    CHECK_ERR(errors[0], EIO);

    em0->flags = 0;
    CHECK(host_tx_send(tx, frames, 1, errors), 0);
    CHECK_ERR(errors[0], ENETDOWN);

    /* What is received is neither copied for a handle that never reads nor
     * shown to its filter, and FreeBSD does not even show it what leaves. */
    em0->flags = FK_IFF_UP | FK_IFF_PPROMISC;
    shown = fk_n_shown();
    fk_wire_rx(em0, bytes[0], 60);
    CHECK(em0->counters.ipackets, 1);
    CHECK(fk_n_captured(), 0);
    CHECK(fk_n_shown(), shown);
    CHECK(host_tx_send(tx, frames, 1, errors), 1);
    CHECK(fk_n_shown(), shown + !is_freebsd());

    /* The interface goes: the rest is not tried. */
    fk_vanish_after(1, "em0");
    CHECK(host_tx_send(tx, frames, 4, errors), 1);
    CHECK_ERR(errors[0], 0);
    CHECK_ERR(errors[1], ENODEV);
    CHECK_ERR(errors[3], ENODEV);
    CHECK(host_tx_fd(tx), -1);
    host_tx_close(tx);
    host_tx_close(NULL);
    CHECK(fk_n_files(), files);
}

/* The notifier. */

static struct host_notifier *
open_notifier(void)
{
    struct host_notifier *notifier;

    CHECK_OK(host_notifier_open(&notifier));
    return notifier;
}

/* Reads one event, which must be of type 'type' and about message 'msg'. */
static void
expect(int line, struct host_notifier *notifier, enum host_event_type type,
       const char *msg, struct host_event *event)
{
    int error = host_notifier_read(notifier, event);

    if (error) {
        printf("line %d: expected %s, got error \"%s\"\n", line, msg,
               strerror(error));
        n_failed++;
        memset(event, 0, sizeof *event);
        return;
    }
    check_int(line, "type of event", event->type, type);
    check_string(line, "message", host_msg_name(event->msg_type)
                 ? host_msg_name(event->msg_type) : "(unknown)", msg);
    check_int(line, "stale & have", event->stale & event->link.have, 0);
}

#define EXPECT(NOTIFIER, TYPE, MSG, EVENT) \
    expect(__LINE__, NOTIFIER, TYPE, MSG, EVENT)

static void
test_notifier_link(void)
{
    size_t files = fk_n_files();
    struct host_notifier *notifier = open_notifier();
    struct host_event ev;
    struct fk_if *em0;

    CHECK_ERR(host_notifier_read(notifier, &ev), EAGAIN);
    em0 = fk_if_create("em0");
    EXPECT(notifier, HOST_EV_LINK, "RTM_IFANNOUNCE", &ev);
    CHECK_STR(ev.link.name, "em0");
    CHECK(ev.link.ifindex, em0->index);
    CHECK((ev.stale & (HOST_V_MTU | HOST_V_LLADDR | HOST_V_ADDRS)) != 0,
          true);

    /* What the message carries is complete. */
    em0->counters.ibytes = 77;
    fk_if_set_flags(em0, FK_IFF_UP);
    EXPECT(notifier, HOST_EV_LINK, "RTM_IFINFO", &ev);
    CHECK(ev.link.flags, HOST_FLAG_UP);
    CHECK(ev.link.have, HOST_V_IFINDEX | HOST_V_FLAGS | HOST_V_MTU
                        | HOST_V_CARRIER | HOST_V_STATS);
    CHECK(ev.link.carrier, true);
    CHECK(ev.link.mtu, 1500);
    CHECK(ev.link.stats.rx_bytes, 77);

    fk_if_set_link(em0, FK_LINK_DOWN);
    EXPECT(notifier, HOST_EV_LINK, "RTM_IFINFO", &ev);
    CHECK(ev.link.carrier, false);

    /* A new MTU, which NetBSD does not announce, nor that an interface is
     * promiscuous: somebody has to look. */
    fk_if_set_mtu(em0, 9000);
    if (is_freebsd()) {
        EXPECT(notifier, HOST_EV_LINK, "RTM_IFINFO", &ev);
        CHECK(ev.link.mtu, 9000);
    }
    fk_if_change_pcount(em0, 1);
    if (is_freebsd()) {
        EXPECT(notifier, HOST_EV_LINK, "RTM_IFINFO", &ev);
        CHECK(ev.link.flags & HOST_FLAG_PROMISC, HOST_FLAG_PROMISC);
    }
    CHECK_ERR(host_notifier_read(notifier, &ev), EAGAIN);
    CHECK((host_revalidate_interval() > 0), true);

    /* A state that the message does not know may be known elsewhere. */
    fk_if_set_link(em0, FK_LINK_UNKNOWN);
    EXPECT(notifier, HOST_EV_LINK, "RTM_IFINFO", &ev);
    CHECK(ev.link.have & HOST_V_CARRIER, 0);
    CHECK(ev.stale & HOST_V_CARRIER, HOST_V_CARRIER);

    fk_if_destroy(em0);
    EXPECT(notifier, HOST_EV_GONE, "RTM_IFANNOUNCE", &ev);
    CHECK_STR(ev.link.name, "em0");
    CHECK_ERR(host_notifier_read(notifier, &ev), EAGAIN);
    host_notifier_close(notifier);
    host_notifier_close(NULL);
    CHECK(fk_n_files(), files);
}

static void
test_notifier_rename(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    struct host_notifier *notifier = open_notifier();
    struct host_event ev;

    fk_if_rename(em0, "uplink");
    EXPECT(notifier, HOST_EV_GONE, "RTM_IFANNOUNCE", &ev);
    CHECK_STR(ev.link.name, "em0");
    CHECK(ev.link.ifindex, em0->index);
    EXPECT(notifier, HOST_EV_LINK, "RTM_IFANNOUNCE", &ev);
    CHECK_STR(ev.link.name, "uplink");
    CHECK(ev.link.ifindex, em0->index);
    host_notifier_close(notifier);
}

static void
test_notifier_addrs(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    struct host_notifier *notifier = open_notifier();
    struct fk_addr a = addr4("192.0.2.1", 24);
    struct host_event ev;

    fk_if_add_addr(em0, &a);
    EXPECT(notifier, HOST_EV_LINK, "RTM_NEWADDR", &ev);
    CHECK(ev.stale, HOST_V_ADDRS);
    CHECK(ev.link.ifindex, em0->index);
    CHECK(ev.link.have & HOST_V_LLADDR, HOST_V_LLADDR);
    CHECK(memcmp(ev.link.lladdr, em0->lladdr[0], 6), 0);
    fk_if_del_addr(em0, &a);
    EXPECT(notifier, HOST_EV_LINK, "RTM_DELADDR", &ev);
    CHECK(ev.stale, HOST_V_ADDRS);

    /* A link address: announced on NetBSD only.  What the messages carry
     * besides is not believed, because the first carries the old one. */
    CHECK_OK(host_set_lladdr("em0", mac_a));
    if (is_freebsd()) {
        CHECK_ERR(host_notifier_read(notifier, &ev), EAGAIN);
        CHECK((host_revalidate_interval() > 0), true);
    } else {
        EXPECT(notifier, HOST_EV_STALE, "RTM_NEWADDR", &ev);
        CHECK(ev.stale, HOST_V_LLADDR);
        EXPECT(notifier, HOST_EV_STALE, "RTM_CHGADDR", &ev);
        CHECK(ev.stale, HOST_V_LLADDR);
        CHECK(ev.link.have, HOST_V_IFINDEX);
        CHECK_ERR(host_notifier_read(notifier, &ev), EAGAIN);
    }
    host_notifier_close(notifier);
}

static void
test_notifier_loss(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    struct host_notifier *notifier = open_notifier();
    struct host_event ev;
    unsigned int n = 0;

    fk_lose_messages(1, false);
    fk_if_set_link(em0, FK_LINK_DOWN);
    CHECK_ERR(host_notifier_read(notifier, &ev), ENOBUFS);
    CHECK_ERR(host_notifier_read(notifier, &ev), EAGAIN);

    /* A real overflow: some messages, one error, and on it goes. */
    for (int i = 0; i < 100000; i++) {
        fk_if_set_link(em0, i % 2 ? FK_LINK_DOWN : FK_LINK_UP);
    }
    CHECK_ERR(host_notifier_read(notifier, &ev), ENOBUFS);
    while (!host_notifier_read(notifier, &ev)) {
        n++;
    }
    CHECK((n > (is_freebsd() ? 10000 : 200)), true);
    fk_if_set_link(em0, FK_LINK_UP);
    EXPECT(notifier, HOST_EV_LINK, "RTM_IFINFO", &ev);
    host_notifier_close(notifier);

    /* A system that cannot tell: then one has to look. */
    fk_knobs.rerror = 0;
    notifier = open_notifier();
    CHECK((host_revalidate_interval() > 0), true);
    host_notifier_close(notifier);
}

static void
test_notifier_errors(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    struct host_notifier *notifier;
    struct host_event ev;
    int n;

    /* A failure is not remembered. */
    fk_fault("socket", 0, EMFILE, 0, 1);
    CHECK_ERR(host_notifier_open(&notifier), EMFILE);
    CHECK((notifier == NULL), true);

    /* The system's limit on buffers. */
    fk_knobs.max_sockbuf = 300 * 1024;
    notifier = open_notifier();
    CHECK(fk_file_find(host_notifier_fd(notifier))->rcvbuf, 256 * 1024);
    host_notifier_close(notifier);
    fk_knobs.max_sockbuf = 256 * 1024 - 1;
    notifier = open_notifier();
    CHECK(fk_file_find(host_notifier_fd(notifier))->rcvbuf, 128 * 1024);

    fk_fault("recv", 0, EINTR, 0, 3);
    fk_if_set_link(em0, FK_LINK_DOWN);
    EXPECT(notifier, HOST_EV_LINK, "RTM_IFINFO", &ev);

    /* Interrupts without end do not hold anybody up. */
    fk_fault("recv", 0, EINTR, 0, 1000);
    fk_if_set_link(em0, FK_LINK_UP);
    CHECK_ERR(host_notifier_read(notifier, &ev), EAGAIN);
    n = fk_n_calls("recv", 0);
    CHECK((n < 100), true);
    host_notifier_close(notifier);

    fk_reset();
    notifier = open_notifier();
    fk_fault("recv", 0, EIO, 0, 1);
    CHECK_ERR(host_notifier_read(notifier, &ev), EIO);
    host_notifier_close(notifier);
}

static void
test_notifier_messages(void)
{
    static const uint8_t empty[1];
    struct host_notifier *notifier = open_notifier();
    uint8_t msg[200] = { 8, 0, RTM_VERSION, RTM_NEWADDR };
    struct if_msghdr ifm;
    struct host_event ev;

    /* Shorter than its header. */
    fk_route_broadcast(RTM_NEWADDR, msg, 8);
    EXPECT(notifier, HOST_EV_MALFORMED, "RTM_NEWADDR", &ev);

    /* Longer than the datagram, shorter than anything, empty. */
    msg[0] = 100;
    fk_route_broadcast(RTM_NEWADDR, msg, 60);
    EXPECT(notifier, HOST_EV_MALFORMED, "RTM_NEWADDR", &ev);
    msg[0] = 2;
    fk_route_broadcast(RTM_NEWADDR, msg, 60);
    EXPECT(notifier, HOST_EV_MALFORMED, "RTM_NEWADDR", &ev);
    fk_route_broadcast(RTM_NEWADDR, empty, 1);
    CHECK_OK(host_notifier_read(notifier, &ev));
    CHECK(ev.type, HOST_EV_MALFORMED);

    /* Another version of something that is fine otherwise. */
    memset(&ifm, 0, sizeof ifm);
    ifm.ifm_msglen = sizeof ifm;
    ifm.ifm_version = RTM_VERSION;
    ifm.ifm_type = RTM_IFINFO;
    ifm.ifm_index = 1;
    fk_route_broadcast(RTM_IFINFO, &ifm, sizeof ifm);
    EXPECT(notifier, HOST_EV_LINK, "RTM_IFINFO", &ev);
    ifm.ifm_version = RTM_VERSION + 1;
    fk_route_broadcast(RTM_IFINFO, &ifm, sizeof ifm);
    EXPECT(notifier, HOST_EV_MALFORMED, "RTM_IFINFO", &ev);

    /* A type that nobody knows, and one that is of no interest; two messages
     * in one piece. */
    msg[0] = 60;
    msg[3] = 0x7e;
    msg[60] = 60;
    msg[62] = RTM_VERSION;
    msg[63] = RTM_MISS;
    fk_route_broadcast(RTM_IFINFO, msg, 120);
    EXPECT(notifier, HOST_EV_OTHER, "(unknown)", &ev);
    EXPECT(notifier, HOST_EV_OTHER, "RTM_MISS", &ev);
    CHECK((host_msg_name(-1) == NULL), true);
    CHECK((host_msg_name(100000) == NULL), true);
    host_notifier_close(notifier);
}

static void
test_notifier_neighbors(void)
{
    struct host_notifier *notifier = open_notifier();
    struct rt_msghdr rtm;
    struct host_event ev;

    memset(&rtm, 0, sizeof rtm);
    rtm.rtm_msglen = sizeof rtm;
    rtm.rtm_version = RTM_VERSION;
    rtm.rtm_type = RTM_ADD;
    rtm.rtm_index = 3;

    /* NetBSD does not even deliver it. */
    rtm.rtm_flags = RTF_UP;
    fk_route_broadcast(RTM_ADD, &rtm, sizeof rtm);
    if (is_freebsd()) {
        EXPECT(notifier, HOST_EV_OTHER, "RTM_ADD", &ev);
        rtm.rtm_flags |= RTF_LLDATA;
        fk_route_broadcast(RTM_ADD, &rtm, sizeof rtm);
        EXPECT(notifier, HOST_EV_STALE, "RTM_ADD", &ev);
        CHECK(ev.stale, HOST_V_NEIGH);
        CHECK(ev.link.ifindex, 3);
    }
    CHECK_ERR(host_notifier_read(notifier, &ev), EAGAIN);
#ifdef RTM_LLINFO_UPD
    rtm.rtm_type = RTM_LLINFO_UPD;
    fk_route_broadcast(RTM_LLINFO_UPD, &rtm, sizeof rtm);
    EXPECT(notifier, HOST_EV_STALE, "RTM_LLINFO_UPD", &ev);
    CHECK(ev.stale, HOST_V_NEIGH | HOST_V_LLADDR);
#endif
    host_notifier_close(notifier);
}

/* All interfaces. */

struct seen {
    unsigned int n;
    struct host_link last;
};

static void
count_link(const struct host_link *link, void *seen_)
{
    struct seen *seen = seen_;

    seen->n++;
    seen->last = *link;
}

static void
test_dump(void)
{
    struct seen seen = { .n = 0 };
    struct fk_if *em0;

    fk_if_create_type("lo0", FK_IFT_LOOP, 0);
    em0 = fk_if_create("em0");
    em0->flags = FK_IFF_UP;
    em0->n_lladdrs = is_freebsd() ? 1 : 2;
    memcpy(em0->lladdr[1], mac_b, 6);
    CHECK_OK(host_link_dump(count_link, &seen));
    CHECK(seen.n, 2);
    CHECK(seen.last.ifindex, em0->index);
    CHECK_STR(seen.last.name, "em0");
    CHECK(seen.last.flags, HOST_FLAG_UP);
    CHECK(seen.last.mtu, 1500);
    CHECK(memcmp(seen.last.lladdr, em0->lladdr[0], 6), 0);

    fk_fault("getifaddrs", 0, ENOMEM, 0, 1);
    CHECK_ERR(host_link_dump(count_link, &seen), ENOMEM);
}

/* A failure to get a socket is not remembered.  Must run in a process of its
 * own: later the socket is there. */
static void
test_socket(void)
{
    struct host_link link;

    fk_if_create("em0");
    fk_fault("socket", 0, EMFILE, 0, 1);
    CHECK_ERR(get("em0", HOST_V_MTU, &link), EMFILE);
    CHECK_OK(get("em0", HOST_V_MTU, &link));
    fk_fault("ioctl", 0, EINTR, 0, 2);
    CHECK_OK(get("em0", HOST_V_MTU, &link));
}

/* FreeBSD's first request for media fails: the other one does, but knows less
 * media. */
static void
test_media_folded(void)
{
    struct fk_if *em0 = fk_if_create("em0");
    const int words[] = { IFM_ETHER | IFM_AUTO, medium(50) | IFM_FDX };
    struct host_media media;

    if (!is_freebsd()) {
        return;
    }
    em0->baudrate = 100000000000;
    fk_if_set_media(em0, words, 2, words[0], words[1],
                    IFM_AVALID | IFM_ACTIVE);
    fk_fault("ioctl", fk_request_by_name("SIOCGIFXMEDIA"), EINVAL, 0, 2);
    CHECK_OK(host_get_media("em0", &media));
    CHECK(media.current, HOST_F_AUTONEG);
    CHECK(media.speed, 100000000000);

    /* The list is not folded. */
    CHECK(media.supported, HOST_F_AUTONEG | HOST_F_100GB_FD | HOST_F_FIBER);
}

/* Everything that names an interface, in turn. */
#define N_OPERATIONS 18

static bool
ignore_frame(const struct host_frame *frame, void *aux)
{
    (void) frame;
    (void) aux;
    return true;
}

static int
operate(int i)
{
    const struct host_rx_config rx_config = { .max_frame = 1522,
                                              .n_queues = 1 };
    struct host_rx *rx = NULL;
    struct host_promisc *hold = NULL;
    struct host_offloads offloads;
    struct host_addr *addrs = NULL;
    struct host_media media;
    struct host_driver driver;
    struct host_link link;
    struct host_tx *tx;
    uint8_t mac[6];
    int error;
    size_t n;
    bool up;

    switch (i) {
    case 0 ... 5:
        return host_link_get("em0", 1u << i, &link);
    case 6:
        return host_link_get("em0", HOST_V_STATS, &link);
    case 7:
        return host_set_flags("em0", 0, HOST_FLAG_UP);
    case 8:
        error = host_set_promisc("em0", true, &hold);
        host_set_promisc("em0", false, &hold);
        return error;
    case 9:
        return host_set_mtu("em0", 1400);
    case 10:
        return host_set_lladdr("em0", mac_a);
    case 11:
        return host_get_media("em0", &media);
    case 12:
        error = host_get_addrs("em0", &addrs, &n);
        free(addrs);
        return error;
    case 13:
        return host_set_in4("em0", ip("10.0.0.1"), ip("255.0.0.0"));
    case 14:
        error = host_offloads_off("em0", &offloads);
        return error ? error : host_offloads_restore(&offloads);
    case 15:
        error = host_tx_open("em0", &tx);
        host_tx_close(tx);
        return error;
    case 16:
        error = host_rx_open("em0", &rx_config, &rx);
        if (!error) {
            error = host_rx_recv(rx, 32, ignore_frame, NULL);
            host_rx_is_attached(rx);
        }
        host_rx_close(rx);
        return error;
    case 17:
    default:
        error = host_get_driver("em0", &driver);
        error = error ? error : host_get_mii_link("em0", &up);
        return error ? error : host_arp_lookup("em0", ip("10.0.0.1"), mac);
    }
}

static void
prepare(void)
{
    const int words[] = { IFM_ETHER | IFM_AUTO, medium(16) | IFM_FDX };
    struct fk_addr a = addr4("10.0.0.9", 8);
    struct fk_if *em0;

    fk_reset();
    em0 = fk_if_create("em0");
    fk_if_set_media(em0, words, 2, words[0], words[1],
                    IFM_AVALID | IFM_ACTIVE);
    em0->has_caps = true;
    em0->caps = em0->caps_enabled = is_freebsd() ? 0x402 : 0x80200;
    fk_if_add_addr(em0, &a);
    fk_add_neigh(ip("10.0.0.1").s_addr, em0->index, mac_b);
}

/* The interface vanishes before the first, second, ... call of every
 * operation. */
static void
test_vanish(void)
{
    size_t files;

    prepare();
    operate(0);
    files = fk_n_files();
    for (int i = 0; i < N_OPERATIONS; i++) {
        for (int step = 0; ; step++) {
            int error;

            prepare();
            fk_vanish_after(step, "em0");
            error = operate(i);
            if (fk_if_find("em0")) {
                CHECK_ERR(error, 0);
                break;
            }
            if (error && error != ENODEV && error != EOPNOTSUPP) {
                printf("operation %d, gone at step %d: got \"%s\"\n",
                       i, step, strerror(error));
                n_failed++;
            }
            CHECK(fk_n_files(), files);
            if (step > 40) {
                printf("operation %d does not end\n", i);
                n_failed++;
                break;
            }
        }
    }
}

/* Checks one operation during which em0 was replaced: nothing is left open, and
 * the interface that has its name now is as it was made. */
static void
check_replaced(int operation, int step, int type, int error, size_t files)
{
    const struct fk_if *em0 = fk_if_find("em0");

    /* ENXIO: no such neighbour; EINVAL: no such link address. */
    if (error && error != ENODEV && error != EOPNOTSUPP
        && !(operation == 17 && error == ENXIO)
        && !(operation == 10 && error == EINVAL)) {
        printf("operation %d, replaced at step %d: got \"%s\"\n",
               operation, step, strerror(error));
        n_failed++;
    }
    CHECK(fk_n_files(), files);
    CHECK(em0->type, type);
    CHECK(em0->pcount, 0);
    CHECK(em0->flags & FK_IFF_UP, FK_IFF_UP);
}

/* Between any two calls there is another interface of the name and, as kernels
 * do, of the index, of the same type or not. */
static void
test_replaced(void)
{
    static const struct { int type, alen; } kinds[] = {
        { FK_IFT_ETHER, 6 }, { FK_IFT_FDDI, 6 }, { FK_IFT_LOOP, 0 },
    };
    unsigned int index;
    size_t files;

    prepare();
    operate(0);
    files = fk_n_files();
    for (int i = 0; i < N_OPERATIONS; i++) {
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            for (int step = 0; step <= 40; step++) {
                int error;

                prepare();
                index = fk_if_find("em0")->index;
                fk_replace_after(step, "em0", kinds[k].type, kinds[k].alen);
                error = operate(i);
                if (fk_vanish_pending()) {
                    break;
                }
                CHECK(fk_if_find("em0")->index, index);
                check_replaced(i, step, kinds[k].type, error, files);
                CHECK(step < 40, true);
            }
        }
    }
    fk_vanish_after(-1, NULL);
}

/* Every call of every operation fails in every way. */
static void
test_faults(void)
{
    static const int all[] = {
        EPERM, ENOENT, EINTR, EIO, ENXIO, EBADF, EAGAIN, ENOMEM, EACCES,
        EFAULT, EBUSY, EEXIST, ENODEV, EINVAL, EMFILE, ENOTTY, ENOSPC,
        EOPNOTSUPP, EADDRNOTAVAIL, ENETDOWN, ENOBUFS, E2BIG, EHOSTDOWN,
    };
    size_t files;

    prepare();
    operate(0);
    files = fk_n_files();
    for (int i = 0; i < N_OPERATIONS; i++) {
        for (size_t e = 0; e < sizeof all / sizeof all[0]; e++) {
            for (int step = 0; step < 12; step++) {
                prepare();
                fk_fault("any", 0, all[e], step, 1);
                operate(i);
                CHECK(fk_n_files(), files);
            }
        }
    }
}

/* What the kernel says is garbage, in part.  Nobody promises more than that
 * the functions return, and leave nothing behind. */
static void
test_garbage(void)
{
    struct in_addr gateway;
    char name[IFNAMSIZ];
    size_t files;

    prepare();
    operate(0);
    files = fk_n_files();
    for (uint32_t seed = 1; seed <= 400; seed++) {
        prepare();
        fk_add_route(0, 0, ip("10.0.0.1").s_addr, 1);
        fk_set_garbage(seed);
        for (int i = 0; i < N_OPERATIONS; i++) {
            operate(i);
        }
        host_get_next_hop(ip("10.0.0.1"), 0, &gateway, name);
        CHECK(fk_n_files(), files);
    }
}

/* A tap vanishes at every step of its opening and closing. */
static void
test_tap_vanish(void)
{
    const char *name = is_freebsd() ? "br0" : "tap0";
    struct host_link link;
    struct host_meta meta;
    struct host_tap tap;
    size_t files;
    char buf[64];
    size_t len;

    get("x", HOST_V_MTU, &link);
    files = fk_n_files();
    for (int step = 0; step < 12; step++) {
        for (int which = 0; which < 2; which++) {
            fk_vanish_after(step, which ? name : "tap0");
            if (!host_tap_open(name, &tap)) {
                host_tap_read(&tap, buf, sizeof buf, &len, &meta);
                write_tap(&tap, buf, sizeof buf);
            }
            CHECK_OK(host_tap_close(&tap));
            fk_vanish_after(-1, NULL);
            CHECK(fk_n_files(), files);
            CHECK(n_interfaces(), 0);
        }
    }
}

struct test {
    const char *name;
    void (*run)(void);
};
static const struct test tests[] = {
    { "socket", test_socket },
    { "ifindex", test_ifindex },
    { "flags", test_flags },
    { "promisc", test_promisc },
    { "mtu", test_mtu },
    { "lladdr", test_lladdr },
    { "incomplete", test_incomplete },
    { "not-ethernet", test_not_ethernet },
    { "names", test_names },
    { "carrier", test_carrier },
    { "stats", test_stats },
    { "media-rates", test_media_rates },
    { "media", test_media },
    { "media-list-grows", test_media_list_grows },
    { "media-folded", test_media_folded },
    { "advertised", test_advertised },
    { "addrs", test_addrs },
    { "set-in4", test_set_in4 },
    { "next-hop", test_next_hop },
    { "add-router", test_add_router },
    { "arp", test_arp },
    { "offloads", test_offloads },
    { "driver", test_driver },
    { "tap-open", test_tap_open },
    { "tap-busy", test_tap_busy },
    { "tap-stale", test_tap_stale },
    { "tap-errors", test_tap_errors },
    { "tap-close", test_tap_close },
    { "tap-read", test_tap_read },
    { "tap-write", test_tap_write },
    { "tap-vanish", test_tap_vanish },
    { "rx-open", test_rx_open },
    { "rx", test_rx },
    { "tx", test_tx },
    { "notifier-link", test_notifier_link },
    { "notifier-rename", test_notifier_rename },
    { "notifier-addrs", test_notifier_addrs },
    { "notifier-loss", test_notifier_loss },
    { "notifier-errors", test_notifier_errors },
    { "notifier-messages", test_notifier_messages },
    { "notifier-neighbors", test_notifier_neighbors },
    { "dump", test_dump },
    { "vanish", test_vanish },
    { "replaced", test_replaced },
    { "faults", test_faults },
    { "garbage", test_garbage },

    /* Last, because it takes away the descriptors that stay open. */
    { "promisc-crash", test_promisc_crash },
};

int
main(int argc, char *argv[])
{
    int n = 0;

    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        if (argc < 2 || !strcmp(argv[1], tests[i].name)) {
            int before = n_failed;

            fk_reset();
            tests[i].run();
            n++;
            if (n_failed != before) {
                printf("%s: %s: FAILED\n", host_system(), tests[i].name);
            }
        }
    }
    if (!n) {
        printf("no test is named \"%s\"\n", argv[1]);
    }
    fk_reset();
    return n_failed || !n ? 1 : 0;
}
