/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Tests of the netdev provider above a host that does as it is told
 * (fake-host.h): caches, notifier, packet I/O, and what happens when
 * interfaces vanish or messages are lost.
 *
 * "test-netdev-bsd NAME" runs one test.  A failure prints what was expected
 * and what there was, and exits with status 1. */

#include <config.h>

#undef NDEBUG
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dp-packet.h"
#include "dpif-netdev.h"
#include "fake-host.h"
#include "netdev-provider.h"
#include "netdev.h"
#include "netdev/netdev-bsd-private.h"
#include "netdev/netdev-bsd.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/netdev.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-thread.h"
#include "packets.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"

/* Checks. */

static void
expect(const char *file, int line, const char *what, long long int got,
       long long int expected)
{
    if (got != expected) {
        printf("%s:%d: %s is %lld, expected %lld\n", file, line, what, got,
               expected);
        exit(EXIT_FAILURE);
    }
}

#define EXPECT(GOT, EXPECTED) \
    expect(__FILE__, __LINE__, #GOT, (long long int) (GOT), \
           (long long int) (EXPECTED))

/* As EXPECT(), of what another thread is about to do. */
#define EXPECT_SOON(GOT, EXPECTED)                          \
    do {                                                    \
        for (int tries_ = 0;                                \
             tries_ < 20000 && (GOT) != (EXPECTED);         \
             tries_++) {                                    \
            xnanosleep(1000 * 1000);                        \
        }                                                   \
        EXPECT(GOT, EXPECTED);                              \
    } while (0)

static struct netdev *
open_dev(const char *name, const char *type)
{
    struct netdev *netdev;

    EXPECT(netdev_open(name, type, &netdev), 0);
    return netdev;
}

static int
get_mtu(struct netdev *netdev)
{
    int mtu = -1;
    int error = netdev_get_mtu(netdev, &mtu);

    return error ? -error : mtu;
}

static bool
is_up(struct netdev *netdev)
{
    enum netdev_flags flags;

    EXPECT(netdev_get_flags(netdev, &flags), 0);
    return flags & NETDEV_UP;
}

static uint8_t
last_mac_byte(struct netdev *netdev)
{
    struct eth_addr mac;

    EXPECT(netdev_get_etheraddr(netdev, &mac), 0);
    return mac.ea[5];
}

static size_t
n_addrs(struct netdev *netdev)
{
    struct in6_addr *addrs, *masks;
    int n;

    netdev_get_addr_list(netdev, &addrs, &masks, &n);
    free(addrs);
    free(masks);
    return n;
}

/* Reads all the properties that are cached. */
static void
get_all(struct netdev *netdev)
{
    enum netdev_features current, advertised, supported, peer;
    struct smap smap = SMAP_INITIALIZER(&smap);

    get_mtu(netdev);
    is_up(netdev);
    last_mac_byte(netdev);
    n_addrs(netdev);
    netdev_get_ifindex(netdev);
    netdev_get_carrier(netdev);
    netdev_get_features(netdev, &current, &advertised, &supported, &peer);
    netdev_get_status(netdev, &smap);
    smap_destroy(&smap);
}

/* Number of questions that were asked of the system. */
static unsigned int
n_asked(void)
{
    return (fake.calls.link_get + fake.calls.get_media
            + fake.calls.get_driver + fake.calls.get_addrs);
}

static uint64_t
custom_stat(struct netdev *netdev, const char *name)
{
    struct netdev_custom_stats stats;
    uint64_t value = UINT64_MAX;

    EXPECT(netdev_get_custom_stats(netdev, &stats), 0);
    for (int i = 0; i < stats.size; i++) {
        if (!strcmp(stats.counters[i].name, name)) {
            value = stats.counters[i].value;
        }
    }
    netdev_free_custom_stats_counters(&stats);
    return value;
}

/* Makes the interface with the name that the kernel gave to 'netdev' go. */
static void
vanish(const char *name)
{
    struct fake_if *interface = fake_find(name);

    fake_remove(interface);
    fake_gone_event(interface);
}

static struct fake_if *
come_back(const char *name)
{
    struct fake_if *interface = fake_add(name);

    fake_link_event(interface, HOST_V_IFINDEX | HOST_V_NAME, 0);
    return interface;
}

/* Opens the notifier, and leaves behind what that brings along. */
static void
settle(void)
{
    netdev_run();
    memset(&fake.calls, 0, sizeof fake.calls);
}

/* Caches. */

static void
test_ask_once(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev;
    unsigned int asked;

    /* One answer carries one value, as on a BSD. */
    fake.link_get_all = false;
    settle();
    netdev = open_dev("em0", "system");
    get_all(netdev);
    asked = n_asked();
    for (int i = 0; i < 10; i++) {
        get_all(netdev);
    }
    EXPECT(n_asked(), asked);
    EXPECT(fake.calls.get_media, 1);
    EXPECT(fake.calls.get_driver, 1);
    EXPECT(fake.calls.get_addrs, 1);

    /* A message invalidates what it names, and nothing else. */
    em0->n_addrs = 1;
    EXPECT(n_addrs(netdev), 0);
    fake_event(&(struct host_event) {
        .type = HOST_EV_STALE, .stale = HOST_V_ADDRS,
        .link = { .have = HOST_V_IFINDEX, .ifindex = em0->link.ifindex } });
    netdev_run();
    EXPECT(n_addrs(netdev), 1);
    get_all(netdev);
    EXPECT(n_asked(), asked + 1);
    netdev_close(netdev);
}

static void
test_one_answer_many_values(void)
{
    struct netdev *netdev;

    fake_add("em0");
    settle();
    netdev = open_dev("em0", "system");
    fake.calls.link_get = 0;
    get_mtu(netdev);
    is_up(netdev);
    last_mac_byte(netdev);
    netdev_get_carrier(netdev);
    netdev_get_ifindex(netdev);
    EXPECT(fake.calls.link_get, 1);
    netdev_close(netdev);
}

static void
test_errors_are_cached(void)
{
    enum netdev_features f;
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev;

    settle();
    netdev = open_dev("em0", "system");

    /* What the device cannot do, it cannot do the next time. */
    em0->media_error = EOPNOTSUPP;
    EXPECT(netdev_get_features(netdev, &f, &f, &f, &f), EOPNOTSUPP);
    EXPECT(netdev_get_features(netdev, &f, &f, &f, &f), EOPNOTSUPP);
    EXPECT(fake.calls.get_media, 1);

    /* What failed for another reason may work the next time. */
    em0->get_error = ENOMEM;
    EXPECT(get_mtu(netdev), -ENOMEM);
    em0->get_error = 0;
    EXPECT(get_mtu(netdev), 1500);
    netdev_close(netdev);
}

static void
test_event_carries_values(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev;
    unsigned int asked;
    uint64_t seq;

    settle();
    netdev = open_dev("em0", "system");
    get_all(netdev);
    asked = n_asked();

    /* Values in a message are used and not asked for again. */
    em0->link.mtu = 9000;
    em0->link.lladdr[5] = 0x77;
    em0->link.flags = 0;
    em0->link.carrier = false;
    seq = netdev_get_change_seq(netdev);
    fake_link_event(em0, (HOST_V_IFINDEX | HOST_V_MTU | HOST_V_LLADDR
                          | HOST_V_FLAGS | HOST_V_CARRIER), 0);
    netdev_run();
    EXPECT(netdev_get_change_seq(netdev) != seq, true);
    EXPECT(get_mtu(netdev), 9000);
    EXPECT(last_mac_byte(netdev), 0x77);
    EXPECT(is_up(netdev), false);
    EXPECT(netdev_get_carrier(netdev), false);
    EXPECT(n_asked(), asked);

    /* A message that tells nothing new is no change. */
    seq = netdev_get_change_seq(netdev);
    fake_link_event(em0, (HOST_V_IFINDEX | HOST_V_MTU | HOST_V_LLADDR
                          | HOST_V_FLAGS | HOST_V_CARRIER), 0);
    netdev_run();
    EXPECT(netdev_get_change_seq(netdev), seq);
    netdev_close(netdev);
}

static void
test_loss(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct fake_if *em1 = fake_add("em1");
    struct netdev *system = open_dev("em0", "system");
    struct netdev *other = open_dev("em1", "system");
    struct netdev *tap = open_dev("tap0", "tap");
    uint64_t seq;

    settle();
    get_all(system);
    get_all(other);
    get_all(tap);

    /* The system lost the messages about all this. */
    em0->link.mtu = 1400;
    fake_find("tap0")->link.mtu = 1300;
    fake_remove(em1);
    EXPECT(get_mtu(system), 1500);
    fake_notifier_error(ENOBUFS);
    seq = netdev_get_change_seq(tap);
    netdev_run();
    EXPECT(get_mtu(system), 1400);
    EXPECT(get_mtu(tap), 1300);
    EXPECT(get_mtu(other), -ENODEV);
    EXPECT(netdev_get_change_seq(tap) != seq, true);
    EXPECT(fake.calls.link_dump, 1);

    /* It also lost that the device is back, as another one. */
    fake_add("em1")->link.mtu = 1200;
    fake_notifier_error(ENOBUFS);
    netdev_run();
    EXPECT(get_mtu(other), 1200);
    netdev_close(system);
    netdev_close(other);
    netdev_close(tap);
}

static void
test_notifier_breaks(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev;

    /* As long as nobody tells of changes, nothing may be remembered. */
    fake.notifier_open_error = EMFILE;
    netdev = open_dev("em0", "system");
    netdev_run();
    EXPECT(get_mtu(netdev), 1500);
    em0->link.mtu = 1400;
    EXPECT(get_mtu(netdev), 1400);

    /* A failure to open it is not for ever. */
    fake.notifier_open_error = 0;
    while (fake.calls.notifier_open < 2) {
        netdev_run();
        poll_timer_wait(10);
        poll_block();
    }
    get_all(netdev);
    fake.calls.link_get = 0;
    get_all(netdev);
    EXPECT(fake.calls.link_get, 0);

    /* Nor is a failure to read it: it is opened again. */
    em0->link.mtu = 1300;
    fake_notifier_error(EIO);
    netdev_run();
    EXPECT(get_mtu(netdev), 1300);
    em0->link.mtu = 1200;
    EXPECT(get_mtu(netdev), 1200);
    while (fake.calls.notifier_open < 3) {
        netdev_run();
        poll_timer_wait(10);
        poll_block();
    }
    get_mtu(netdev);
    fake.calls.link_get = 0;
    EXPECT(get_mtu(netdev), 1200);
    EXPECT(fake.calls.link_get, 0);
    netdev_close(netdev);
}

static void
test_silent_change(void)
{
    struct fake_if *em0 = fake_add("em0");
    const struct eth_addr mac = ETH_ADDR_C(02,00,00,00,00,55);
    struct netdev *netdev;
    uint64_t seq;

    settle();
    netdev = open_dev("em0", "system");
    EXPECT(netdev_set_etheraddr(netdev, mac), 0);
    EXPECT(fake.calls.set_lladdr, 1);
    EXPECT(last_mac_byte(netdev), 0x55);

    /* The right address is not set again. */
    EXPECT(netdev_set_etheraddr(netdev, mac), 0);
    EXPECT(fake.calls.set_lladdr, 1);

    /* An address that changed without a message is mended, although the cache
     * says that it is right.  Those who looked at it are told. */
    em0->link.lladdr[5] = 0x66;
    EXPECT(last_mac_byte(netdev), 0x55);
    seq = netdev_get_change_seq(netdev);
    EXPECT(netdev_set_etheraddr(netdev, mac), 0);
    EXPECT(fake.calls.set_lladdr, 2);
    EXPECT(em0->link.lladdr[5], 0x55);
    EXPECT(netdev_get_change_seq(netdev), seq);
    netdev_run();
    EXPECT(netdev_get_change_seq(netdev) != seq, true);
    netdev_close(netdev);
}

static void
test_revalidation(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev;

    /* A system that does not tell everything is asked now and then. */
    fake.revalidate_ms = 20;
    netdev = open_dev("em0", "system");
    netdev_run();
    EXPECT(last_mac_byte(netdev), 1);
    EXPECT(get_mtu(netdev), 1500);
    em0->link.lladdr[5] = 0x99;
    em0->link.mtu = 1400;
    for (unsigned int n = fake.calls.link_dump; fake.calls.link_dump == n; ) {
        netdev_run();
        poll_timer_wait(5);
        poll_block();
    }
    EXPECT(last_mac_byte(netdev), 0x99);
    EXPECT(get_mtu(netdev), 1400);
    netdev_close(netdev);
}

static void
test_own_change(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev;
    uint64_t seq;

    settle();
    netdev = open_dev("em0", "system");
    EXPECT(get_mtu(netdev), 1500);

    /* Only the notifier announces, also what we changed ourselves. */
    seq = netdev_get_change_seq(netdev);
    EXPECT(netdev_set_mtu(netdev, 9000), 0);
    EXPECT(get_mtu(netdev), 9000);
    EXPECT(netdev_get_change_seq(netdev), seq);
    fake_link_event(em0, HOST_V_IFINDEX | HOST_V_MTU, 0);
    netdev_run();
    EXPECT(netdev_get_change_seq(netdev) != seq, true);

    /* No change, no request. */
    EXPECT(netdev_set_mtu(netdev, 9000), 0);
    EXPECT(fake.calls.set_mtu, 1);
    netdev_close(netdev);
}

/* Names. */

static void
test_rename_system(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev, *lan;
    unsigned int ifindex = em0->link.ifindex;

    settle();
    netdev = open_dev("em0", "system");
    EXPECT(get_mtu(netdev), 1500);

    /* The interface has another name: this device is gone. */
    strcpy(em0->link.name, "lan0");
    fake_link_event(em0, HOST_V_IFINDEX | HOST_V_NAME | HOST_V_MTU, 0);
    netdev_run();
    EXPECT(get_mtu(netdev), -ENODEV);
    lan = open_dev("lan0", "system");
    EXPECT(get_mtu(lan), 1500);

    /* It gets its name back. */
    strcpy(em0->link.name, "em0");
    fake_link_event(em0, HOST_V_IFINDEX | HOST_V_NAME | HOST_V_MTU, 0);
    netdev_run();
    EXPECT(get_mtu(netdev), 1500);
    EXPECT(netdev_get_ifindex(netdev), ifindex);
    EXPECT(get_mtu(lan), -ENODEV);
    netdev_close(netdev);
    netdev_close(lan);
}

static void
test_rename_as_departure_and_arrival(void)
{
    struct netdev *tap = open_dev("br0", "tap");
    struct fake_if *br0 = fake_find("br0");

    /* A rename on FreeBSD; a tap stays what it was. */
    settle();
    EXPECT(get_mtu(tap), 1500);
    fake_gone_event(br0);
    strcpy(br0->link.name, "xyz");
    fake_link_event(br0, HOST_V_IFINDEX | HOST_V_NAME, 0);
    netdev_run();
    br0->link.mtu = 1400;
    EXPECT(get_mtu(tap), 1400);
    netdev_close(tap);
}

static void
test_creation_messages_do_not_matter(void)
{
    struct netdev *tap = open_dev("br0", "tap");
    struct fake_if *br0 = fake_find("br0");
    struct fake_if old = *br0;

    /* FreeBSD made the tap under the name tap7 and renamed it; the messages
     * about that come when the device has long been open. */
    strcpy(old.link.name, "tap7");
    fake_link_event(&old, HOST_V_IFINDEX | HOST_V_NAME, 0);
    fake_gone_event(&old);
    fake_link_event(br0, HOST_V_IFINDEX | HOST_V_NAME, 0);
    netdev_run();
    EXPECT(get_mtu(tap), 1500);
    EXPECT(netdev_get_ifindex(tap), br0->link.ifindex);
    netdev_close(tap);
}

static void
test_kernel_name_differs(void)
{
    struct fake_if *interface;
    struct in_addr host = { .s_addr = 0 };
    struct in_addr next_hop;
    struct eth_addr mac;
    struct netdev *tap;
    char *name;

    fake.tap_keeps_kname = true;
    tap = open_dev("br0", "tap");
    interface = fake_find("tap0");
    EXPECT(interface != NULL, true);
    settle();

    /* Every question uses the kernel's name. */
    EXPECT(get_mtu(tap), 1500);
    EXPECT(is_up(tap), false);
    EXPECT(netdev_get_ifindex(tap), interface->link.ifindex);
    interface->n_addrs = 1;
    EXPECT(n_addrs(tap), 1);
    EXPECT(netdev_set_mtu(tap, 1400), 0);
    EXPECT(interface->link.mtu, 1400);
    EXPECT(netdev_turn_flags_on(tap, NETDEV_UP, NULL), 0);
    EXPECT(interface->link.flags & HOST_FLAG_UP, HOST_FLAG_UP);
    EXPECT(netdev_arp_lookup(tap, 1, &mac), 0);

    /* Messages under the kernel's name, or the ifindex alone, are about it. */
    interface->link.mtu = 1300;
    fake_link_event(interface, HOST_V_IFINDEX | HOST_V_NAME | HOST_V_MTU, 0);
    netdev_run();
    EXPECT(get_mtu(tap), 1300);
    interface->link.mtu = 1200;
    fake_link_event(interface, HOST_V_IFINDEX | HOST_V_MTU, 0);
    netdev_run();
    EXPECT(get_mtu(tap), 1200);

    /* A route leads to the netdev, not to a name that nobody can open. */
    EXPECT(netdev_get_next_hop(tap, &host, &next_hop, &name), 0);
    if (strcmp(name, "br0")) {
        printf("next hop is on \"%s\", expected \"br0\"\n", name);
        exit(EXIT_FAILURE);
    }
    free(name);
    netdev_close(tap);
}

/* Devices that cannot be opened, or vanish. */

static void
test_open_fails(void)
{
    struct netdev *netdev;

    /* Whatever the error: a device that cannot be asked is not opened. */
    EXPECT(netdev_open("em0", "system", &netdev), ENODEV);
    fake_add("em0")->get_error = EIO;
    EXPECT(netdev_open("em0", "system", &netdev), EIO);

    /* Names are never cut. */
    fake_add("name-of-15-byte");
    netdev_close(open_dev("name-of-15-byte", "system"));
    EXPECT(netdev_open("name-of-16-bytes", "system", &netdev), ENAMETOOLONG);
    EXPECT(netdev_open("a-name-of-fortytwo-characters-and-no-fewer", "tap",
                       &netdev), ENAMETOOLONG);

    fake.tap_open_error = EBUSY;
    EXPECT(netdev_open("tap0", "tap", &netdev), EBUSY);
    fake.tap_open_error = EEXIST;
    EXPECT(netdev_open("tap0", "tap", &netdev), EEXIST);
    fake.tap_open_error = 0;
    netdev_close(open_dev("tap0", "tap"));
}

static void
test_gone_costs_nothing(void)
{
    struct netdev_stats stats;
    struct netdev *netdev;
    struct eth_addr mac;
    unsigned int asked;
    bool carrier;

    fake_add("em0");
    settle();
    netdev = open_dev("em0", "system");
    get_all(netdev);
    vanish("em0");
    netdev_run();
    asked = n_asked();
    EXPECT(get_mtu(netdev), -ENODEV);
    EXPECT(netdev_get_etheraddr(netdev, &mac), ENODEV);
    carrier = netdev_get_carrier(netdev);
    EXPECT(carrier, false);
    EXPECT(netdev_get_ifindex(netdev), -ENODEV);
    EXPECT(n_addrs(netdev), 0);
    EXPECT(n_asked(), asked);

    /* No flags, and no error that would be logged. */
    EXPECT(is_up(netdev), false);
    EXPECT(netdev_turn_flags_on(netdev, NETDEV_PROMISC, NULL), 0);
    EXPECT(netdev_get_stats(netdev, &stats), ENODEV);

    come_back("em0");
    netdev_run();
    EXPECT(get_mtu(netdev), 1500);
    EXPECT(netdev_get_carrier(netdev), true);
    netdev_close(netdev);
}

/* Opens and closes devices while messages about them are applied.  Order of
 * locks: Open vSwitch holds its mutex when it opens and destroys devices. */
static void *
churn(void *done_)
{
    atomic_bool *done = done_;

    for (int i = 0; i < 3000; i++) {
        struct netdev *a = open_dev("em0", "system");
        struct netdev *b = open_dev("tap0", "tap");

        get_mtu(a);
        get_mtu(b);
        netdev_close(b);
        netdev_close(a);
    }
    atomic_store(done, true);
    return NULL;
}

static void
test_no_deadlock(void)
{
    struct fake_if *em0 = fake_add("em0");
    atomic_bool done = false;
    bool finished = false;
    pthread_t thread;

    settle();
    alarm(60);
    thread = ovs_thread_create("churn", churn, &done);
    while (!finished) {
        struct shash devices = SHASH_INITIALIZER(&devices);

        fake_link_event(em0, HOST_V_IFINDEX | HOST_V_NAME | HOST_V_MTU,
                        HOST_V_MEDIA | HOST_V_ADDRS);
        fake_notifier_error(ENOBUFS);
        netdev_run();
        atomic_read(&done, &finished);
    }
    xpthread_join(thread, NULL);
}

static void
test_last_reference_in_event(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");

    /* A device is closed between a message and its application. */
    settle();
    get_all(netdev);
    em0->link.mtu = 1400;
    fake_link_event(em0, HOST_V_IFINDEX | HOST_V_MTU, 0);
    netdev_close(netdev);
    netdev_run();
    netdev = open_dev("em0", "system");
    EXPECT(get_mtu(netdev), 1400);
    netdev_close(netdev);
}

static void
test_same_interface_twice(void)
{
    struct fake_if *tap0;
    struct netdev *tap, *system;

    /* The tap "br0" is the interface tap0, and somebody opens that too. */
    fake.tap_keeps_kname = true;
    tap = open_dev("br0", "tap");
    system = open_dev("tap0", "system");
    tap0 = fake_find("tap0");
    settle();
    get_all(tap);
    get_all(system);
    tap0->link.mtu = 1400;
    fake_link_event(tap0, HOST_V_IFINDEX | HOST_V_MTU, 0);
    netdev_run();
    EXPECT(get_mtu(tap), 1400);
    EXPECT(get_mtu(system), 1400);
    netdev_close(tap);
    netdev_close(system);
}

/* Carrier. */

static void
test_carrier_resets(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev;

    settle();
    netdev = open_dev("em0", "system");
    EXPECT(netdev_get_carrier(netdev), true);
    EXPECT(netdev_get_carrier_resets(netdev), 0);
    em0->link.carrier = false;
    fake_link_event(em0, HOST_V_IFINDEX | HOST_V_CARRIER, 0);
    em0->link.carrier = true;
    fake_link_event(em0, HOST_V_IFINDEX | HOST_V_CARRIER, 0);
    fake_link_event(em0, HOST_V_IFINDEX | HOST_V_CARRIER, 0);
    netdev_run();
    EXPECT(netdev_get_carrier_resets(netdev), 2);

    /* A kernel that counts also knows of what nobody saw. */
    em0->link.resets = 10;
    fake_link_event(em0, HOST_V_IFINDEX | HOST_V_CARRIER | HOST_V_RESETS, 0);
    em0->link.resets = 14;
    fake_link_event(em0, HOST_V_IFINDEX | HOST_V_CARRIER | HOST_V_RESETS, 0);
    netdev_run();
    EXPECT(netdev_get_carrier_resets(netdev), 6);
    netdev_close(netdev);
}

static void
test_miimon(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev;

    settle();
    netdev = open_dev("em0", "system");
    EXPECT(netdev_get_carrier(netdev), true);

    /* The transceiver is asked, whatever the messages say. */
    em0->mii_up = true;
    EXPECT(netdev_set_miimon_interval(netdev, 20), 0);
    EXPECT(netdev_get_carrier(netdev), true);
    EXPECT(netdev_get_carrier_resets(netdev), 0);
    em0->mii_up = false;
    do {
        netdev_wait();
        poll_timer_wait(5);
        poll_block();
        netdev_run();
    } while (netdev_get_carrier(netdev));
    EXPECT(netdev_get_carrier_resets(netdev), 1);
    EXPECT(netdev_set_miimon_interval(netdev, 0), 0);
    EXPECT(netdev_get_carrier(netdev), true);
    netdev_close(netdev);
}

/* Receiving. */

static struct netdev_rxq *
open_rxq(struct netdev *netdev)
{
    struct netdev_rxq *rxq;

    EXPECT(netdev_rxq_open(netdev, &rxq, 0), 0);
    return rxq;
}

/* Receives a batch, returns its size or a negative errno value. */
static int
receive(struct netdev_rxq *rxq)
{
    struct dp_packet_batch batch;
    int error = netdev_rxq_recv(rxq, &batch, NULL);
    int n;

    if (error) {
        return -error;
    }
    n = dp_packet_batch_size(&batch);
    dp_packet_delete_batch(&batch, true);
    return n;
}

/* True if a thread that waits for 'rxq' wakes up at once. */
static bool
wakes_at_once(struct netdev_rxq *rxq)
{
    long long int start = time_msec();

    netdev_rxq_wait(rxq);
    poll_timer_wait(1000);
    poll_block();
    return time_msec() - start < 500;
}

/* Reads of descriptors that are not a port's are left out once for each time
 * that poll(2) finds nothing, after a read has shown that they do not wait. */
static void
test_reads_left_out(void)
{
    enum { FD = 1000 };

    /* Nothing has been read yet: who knows whether a read would wait. */
    nb_ready_found(FD, false);
    EXPECT(nb_ready_is_still_empty(FD), false);

    nb_ready_was_read(FD, true);
    EXPECT(nb_ready_is_still_empty(FD), false);
    nb_ready_found(FD, false);
    EXPECT(nb_ready_is_still_empty(FD), true);
    EXPECT(nb_ready_is_still_empty(FD), false);
    nb_ready_found(FD, false);
    EXPECT(nb_ready_is_still_empty(FD), true);

    /* Something has come. */
    nb_ready_found(FD, true);
    EXPECT(nb_ready_is_still_empty(FD), false);
    nb_ready_was_read(FD, false);
    nb_ready_found(FD, false);
    EXPECT(nb_ready_is_still_empty(FD), false);

    /* Another descriptor in its place. */
    nb_ready_was_read(FD, true);
    nb_ready_found(FD, false);
    nb_ready_forget(FD);
    EXPECT(nb_ready_is_still_empty(FD), false);

    /* A port's own look at the answer is not touched by reads. */
    nb_ready_wait(FD);
    nb_ready_was_read(FD, true);
    nb_ready_found(FD, false);
    EXPECT(nb_ready_is_still_empty(FD), false);
    EXPECT(nb_ready_is_quiet(FD), true);
}

static void
test_nothing_is_stranded(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");
    struct netdev_rxq *rxq = open_rxq(netdev);

    settle();
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT(wakes_at_once(rxq), false);

    /* Frames that the host file holds are invisible to poll(). */
    fake_receive(em0, 100, 100, 50);
    EXPECT(receive(rxq), NETDEV_MAX_BURST);
    EXPECT(wakes_at_once(rxq), true);
    EXPECT(receive(rxq), 50 - NETDEV_MAX_BURST);
    EXPECT(wakes_at_once(rxq), false);

    /* Also if what comes first is of no use. */
    fake_receive(em0, 100, 200, NETDEV_MAX_BURST);
    fake_receive(em0, 100, 100, 1);
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT(wakes_at_once(rxq), true);
    EXPECT(receive(rxq), 1);
    netdev_rxq_close(rxq);
    netdev_close(netdev);
}

/* Frames whose senders left work over. */
static void
test_offload(void)
{
    static const uint8_t head[14 + 20 + 20] = {
        2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
        0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6, 0, 0, 10, 1, 1, 1, 10, 1, 1, 2,
        1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0, 0, 0, 0, 0, 0, 0,
    };
    enum { N = 100, SEGMENT = 1000 };
    static uint8_t frame[sizeof head + N * SEGMENT / 2];
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");
    struct netdev_rxq *rxq = open_rxq(netdev);
    int n = 0;

    settle();
    memcpy(frame, head, sizeof head);
    frame[16] = (sizeof frame - 14) >> 8;
    frame[17] = (sizeof frame - 14) & 0xff;
    em0->rx_data = frame;
    em0->rx_meta = (struct host_meta) {
        .csum = HOST_CSUM_PARTIAL,
        .csum_start = 34,
        .csum_offset = 16,
        .gso = HOST_GSO_TCP4,
        .gso_size = SEGMENT,
    };

    /* Two frames stand for more packets than fit in a batch, and those of both
     * come one after the other with nothing in between to wait for. */
    fake_receive(em0, sizeof frame, sizeof frame, 2);
    while (n < N) {
        int retval = receive(rxq);

        EXPECT(retval > 0, true);
        n += retval;
        EXPECT(wakes_at_once(rxq), n < N);
    }
    EXPECT(n, N);
    EXPECT(custom_stat(netdev, "rx_segmented"), 2);
    EXPECT(custom_stat(netdev, "rx_segments"), N);

    /* They go with everything else that waits. */
    fake_receive(em0, sizeof frame, sizeof frame, 1);
    EXPECT(receive(rxq), NETDEV_MAX_BURST);
    EXPECT(netdev_rxq_drain(rxq), 0);
    EXPECT(receive(rxq), -EAGAIN);

    /* A checksum. */
    em0->rx_meta.gso = HOST_GSO_NONE;
    fake_receive(em0, 60, 60, 1);
    EXPECT(receive(rxq), 1);
    EXPECT(custom_stat(netdev, "rx_checksum_finished"), 1);

    /* What makes no sense takes nothing else along. */
    em0->rx_meta.csum_start = 60;
    fake_receive(em0, 60, 60, 2);
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT(custom_stat(netdev, "rx_offload_invalid"), 2);
    em0->rx_meta.gso = HOST_GSO_UNKNOWN;
    fake_receive(em0, 60, 60, 1);
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT(custom_stat(netdev, "rx_offload_invalid"), 3);

    /* Segments that wait when everything is closed are freed. */
    em0->rx_meta.csum_start = 34;
    em0->rx_meta.gso = HOST_GSO_TCP4;
    fake_receive(em0, sizeof frame, sizeof frame, 1);
    EXPECT(receive(rxq), NETDEV_MAX_BURST);
    netdev_rxq_close(rxq);
    netdev_close(netdev);
}

/* Frames that arrived before, while and after a larger buffer was made come in
 * this order (fake-host.c sees to it that nothing is left behind). */
static void
test_growth(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");
    struct netdev_rxq *rxq = open_rxq(netdev);

    settle();
    fake_receive(em0, 60, 60, 2 * NETDEV_MAX_BURST);
    fake.rx_wants_room = true;
    EXPECT(receive(rxq), NETDEV_MAX_BURST);
    EXPECT_SOON(fake_count(&fake.calls.rx_grow), 1);
    fake_receive(em0, 60, 60, 3);
    EXPECT(receive(rxq), NETDEV_MAX_BURST);
    EXPECT(fake.calls.rx_close, 0);

    /* Nothing is left in the old one: the new one takes its place, and whoever
     * waits is woken for that. */
    EXPECT_SOON(wakes_at_once(rxq), true);
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT_SOON(fake_count(&fake.calls.rx_close), 1);
    EXPECT(receive(rxq), 3);
    EXPECT(custom_stat(netdev, "rx_capture_grown"), 1);
    EXPECT(custom_stat(netdev, "rx_capture_dropped"), 7 + 7);

    /* A growth that is under way when everything is closed. */
    fake.rx_wants_room = true;
    fake_receive(em0, 60, 60, 1);
    EXPECT(receive(rxq), 1);
    netdev_rxq_close(rxq);
    EXPECT_SOON(fake_count(&fake.calls.rx_close), 3);
    EXPECT(fake_count(&fake.calls.rx_grow), 2);
    netdev_close(netdev);
}

/* What the system refuses is not asked for again. */
static void
test_growth_refused(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");
    struct netdev_rxq *rxq = open_rxq(netdev);

    settle();
    fake.rx_wants_room = true;
    fake.rx_grow_error = ENOMEM;
    fake_receive(em0, 60, 60, 1);
    EXPECT(receive(rxq), 1);
    EXPECT_SOON(wakes_at_once(rxq), true);
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT(fake_count(&fake.calls.rx_grow), 1);
    for (int i = 0; i < 10; i++) {
        fake_receive(em0, 60, 60, 1);
        EXPECT(receive(rxq), 1);
    }
    EXPECT(wakes_at_once(rxq), false);
    EXPECT(fake_count(&fake.calls.rx_grow), 1);
    EXPECT(custom_stat(netdev, "rx_capture_grown"), 0);
    netdev_rxq_close(rxq);
    netdev_close(netdev);
}

static void
test_bad_frames(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");
    struct netdev_rxq *rxq = open_rxq(netdev);
    struct dp_packet_batch batch;
    struct netdev_stats stats;

    settle();
    em0->link.stats.rx_dropped = 100;
    fake_receive(em0, 1500, 1600, 3);       /* Cut. */
    fake_receive(em0, 13, 13, 2);           /* No Ethernet header. */
    fake_receive(em0, 14, 14, 1);
    fake_receive(em0, 1522, 1522, 1);       /* Two VLAN tags. */
    EXPECT(netdev_rxq_recv(rxq, &batch, NULL), 0);
    EXPECT(dp_packet_batch_size(&batch), 2);
    EXPECT(dp_packet_size(batch.packets[0]), 14);
    EXPECT(dp_packet_size(batch.packets[1]), 1522);
    EXPECT(dp_packet_headroom(batch.packets[1]) >= DP_NETDEV_HEADROOM, true);
    dp_packet_delete_batch(&batch, true);

    EXPECT(custom_stat(netdev, "rx_capture_cut"), 3);
    EXPECT(custom_stat(netdev, "rx_capture_short"), 2);
    EXPECT(netdev_get_stats(netdev, &stats), 0);
    EXPECT(stats.rx_dropped, 100 + 3 + 2 + 7);
    netdev_rxq_close(rxq);
    netdev_close(netdev);
}

static void
test_capture_options(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");
    struct netdev_rxq *rxq;

    rxq = open_rxq(netdev);
    settle();
    EXPECT(fake.rx_config.max_frame, 1500 + 14 + 8);
    EXPECT(fake.rx_config.buffer_size, 0);
    EXPECT(fake.rx_config.n_queues, 1);

    /* A larger MTU makes room for longer frames, whoever sets it. */
    em0->link.mtu = 9000;
    fake_link_event(em0, HOST_V_IFINDEX | HOST_V_MTU, 0);
    netdev_run();
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT(fake.rx_config.max_frame, 9000 + 14 + 8);
    EXPECT(netdev_set_mtu(netdev, 9100), 0);
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT(fake.rx_config.max_frame, 9100 + 14 + 8);

    /* A smaller one changes nothing. */
    fake.calls.rx_open = 0;
    EXPECT(netdev_set_mtu(netdev, 1000), 0);
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT(fake.calls.rx_open, 0);
    netdev_rxq_close(rxq);
    netdev_close(netdev);
}

static void
test_cannot_receive(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");
    struct netdev_rxq *rxq;

    /* What was not opened is not closed, and nothing was changed. */
    em0->offload = true;
    fake.rx_open_error = EPERM;
    EXPECT(netdev_rxq_open(netdev, &rxq, 0), EPERM);
    EXPECT(fake.calls.rx_close, 0);
    EXPECT(em0->offload, true);
    fake.rx_open_error = 0;

    /* What is not Ethernet is not even touched. */
    em0->link.ether = false;
    fake.calls.rx_open = fake.calls.rx_close = 0;
    EXPECT(netdev_rxq_open(netdev, &rxq, 0), EOPNOTSUPP);
    EXPECT(fake.calls.rx_open, 0);
    em0->link.ether = true;
    fake_remove(em0);
    EXPECT(netdev_rxq_open(netdev, &rxq, 0), ENODEV);
    EXPECT(fake.calls.rx_close, 0);
    netdev_close(netdev);
}

static void
test_vanish_and_return(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");
    struct netdev_rxq *rxq = open_rxq(netdev);

    settle();

    /* The capture fails before any message comes. */
    fake_remove(em0);
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT_SOON(fake_count(&fake.calls.rx_close), 1);
    fake_gone_event(em0);
    netdev_run();

    /* While it is known to be away, nothing is tried and nobody is woken. */
    memset(&fake.calls, 0, sizeof fake.calls);
    for (int i = 0; i < 100; i++) {
        EXPECT(receive(rxq), -EAGAIN);
    }
    EXPECT(wakes_at_once(rxq), false);
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT(fake.calls.rx_open, 0);
    EXPECT(fake.calls.rx_recv, 0);
    EXPECT(n_asked(), 0);

    /* It comes back: the thread is woken, and receives. */
    em0 = come_back("em0");
    netdev_run();
    EXPECT(wakes_at_once(rxq), true);
    fake_receive(em0, 60, 60, 5);
    EXPECT(receive(rxq), 5);
    EXPECT(custom_stat(netdev, "rx_reopened"), 1);
    netdev_rxq_close(rxq);
    netdev_close(netdev);
}

static void
test_vanish_unnoticed(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");
    struct netdev_rxq *rxq = open_rxq(netdev);
    int n;

    /* The interface is another one and no capture ever fails (NetBSD): the
     * message alone says so. */
    settle();
    fake_gone_event(em0);
    strcpy(em0->link.name, "old");
    em0 = come_back("em0");
    netdev_run();
    fake_receive(em0, 60, 60, 1);
    EXPECT(receive(rxq), 1);

    /* The capture fails though nothing is reported: growing pauses, and it
     * works again by itself. */
    fake_remove(em0);
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT(wakes_at_once(rxq), true);
    memset(&fake.calls, 0, sizeof fake.calls);
    for (int i = 0; i < 1000; i++) {
        EXPECT(receive(rxq), -EAGAIN);
    }
    EXPECT(fake.calls.rx_open <= 1, true);
    em0->exists = true;
    fake_receive(em0, 60, 60, 1);
    do {
        netdev_rxq_wait(rxq);
        poll_block();
        n = receive(rxq);
    } while (n == -EAGAIN);
    EXPECT(n, 1);
    netdev_rxq_close(rxq);
    netdev_close(netdev);
}

static void
test_interface_down(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");
    struct netdev_rxq *rxq = open_rxq(netdev);

    /* Down is not gone: the capture stays open. */
    settle();
    em0->link.flags = 0;
    EXPECT(receive(rxq), -EAGAIN);
    em0->link.flags = HOST_FLAG_UP;
    fake_receive(em0, 60, 60, 1);
    EXPECT(receive(rxq), 1);
    EXPECT(fake.calls.rx_open, 0);
    EXPECT(fake.calls.rx_close, 0);
    netdev_rxq_close(rxq);
    netdev_close(netdev);
    EXPECT_SOON(fake_count(&fake.calls.rx_close), 1);
}

static void
test_drain(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");
    struct netdev *tap = open_dev("tap0", "tap");
    struct netdev_rxq *rxq = open_rxq(netdev);
    struct netdev_rxq *tap_rxq = open_rxq(tap);

    settle();
    fake_receive(em0, 60, 60, 100);
    EXPECT(receive(rxq), NETDEV_MAX_BURST);
    EXPECT(netdev_rxq_drain(rxq), 0);
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT(wakes_at_once(rxq), false);

    fake_receive(fake_find("tap0"), 60, 60, 100);
    EXPECT(netdev_rxq_drain(tap_rxq), 0);
    EXPECT(receive(tap_rxq), -EAGAIN);
    netdev_rxq_close(rxq);
    netdev_rxq_close(tap_rxq);
    netdev_close(netdev);
    netdev_close(tap);
}

static void
test_offloads(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");
    struct netdev_rxq *rxq;

    /* Off while the device is a port, and no longer. */
    em0->offload = true;
    get_all(netdev);
    EXPECT(em0->offload, true);
    rxq = open_rxq(netdev);
    EXPECT(em0->offload, false);
    netdev_rxq_close(rxq);
    EXPECT(em0->offload, true);

    /* A new interface of the same name has its own: nothing is restored that
     * was taken from the old one. */
    rxq = open_rxq(netdev);
    settle();
    vanish("em0");
    netdev_run();
    EXPECT(receive(rxq), -EAGAIN);
    em0 = come_back("em0");
    em0->offload = true;
    netdev_run();
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT(em0->offload, false);
    vanish("em0");
    netdev_run();
    EXPECT(receive(rxq), -EAGAIN);
    em0 = come_back("em0");
    netdev_run();
    EXPECT(receive(rxq), -EAGAIN);
    netdev_rxq_close(rxq);
    EXPECT(em0->offload, false);
    em0->offload = true;
    rxq = open_rxq(netdev);
    EXPECT(em0->offload, false);
    netdev_rxq_close(rxq);
    EXPECT(em0->offload, true);

    /* What was off before stays off. */
    em0->offload = false;
    rxq = open_rxq(netdev);
    netdev_rxq_close(rxq);
    EXPECT(em0->offload, false);
    netdev_close(netdev);
}

static void
test_exclusive(void)
{
    struct smap status = SMAP_INITIALIZER(&status);
    struct smap args = SMAP_INITIALIZER(&args);
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");
    struct netdev_rxq *rxq;

    fake.has_exclusive = true;
    smap_add(&args, "exclusive", "true");
    EXPECT(netdev_set_config(netdev, &args, NULL), 0);
    EXPECT(netdev_reconfigure(netdev), 0);
    EXPECT(em0->exclusive, false);
    rxq = open_rxq(netdev);
    EXPECT(em0->exclusive, true);
    EXPECT(netdev_get_status(netdev, &status), 0);
    EXPECT(smap_get_bool(&status, "exclusive", false), true);
    netdev_rxq_close(rxq);
    EXPECT(em0->exclusive, false);

    /* A kernel that cannot do it: the port works all the same. */
    fake.exclusive_error = EOPNOTSUPP;
    rxq = open_rxq(netdev);
    EXPECT(em0->exclusive, false);
    smap_clear(&status);
    EXPECT(netdev_get_status(netdev, &status), 0);
    EXPECT(smap_get_bool(&status, "exclusive", true), false);
    settle();
    fake_receive(em0, 60, 60, 1);
    EXPECT(receive(rxq), 1);
    netdev_rxq_close(rxq);
    netdev_close(netdev);
    smap_destroy(&status);
    smap_destroy(&args);
}

static void
test_tap_receive(void)
{
    struct netdev *tap = open_dev("tap0", "tap");
    struct netdev_rxq *rxq = open_rxq(tap);
    struct fake_if *tap0 = fake_find("tap0");
    struct dp_packet_batch batch;

    settle();
    EXPECT(receive(rxq), -EAGAIN);
    get_mtu(tap);

    /* A read that fills all of its room was cut. */
    fake_receive(tap0, 0, 1522, 1);
    fake_receive(tap0, 0, 1523, 1);
    fake_receive(tap0, 0, 5000, 1);
    fake_receive(tap0, 0, 13, 1);
    fake_receive(tap0, 0, 60, 1);
    EXPECT(netdev_rxq_recv(rxq, &batch, NULL), 0);
    EXPECT(dp_packet_batch_size(&batch), 2);
    EXPECT(dp_packet_size(batch.packets[0]), 1522);
    EXPECT(dp_packet_size(batch.packets[1]), 60);
    dp_packet_delete_batch(&batch, true);
    EXPECT(custom_stat(tap, "rx_capture_cut"), 2);
    EXPECT(custom_stat(tap, "rx_capture_short"), 1);

    /* Batches, and room that grows with the MTU. */
    fake_receive(tap0, 0, 100, 40);
    EXPECT(receive(rxq), NETDEV_MAX_BURST);
    EXPECT(receive(rxq), 40 - NETDEV_MAX_BURST);
    EXPECT(netdev_set_mtu(tap, 9000), 0);
    fake_receive(tap0, 0, 9022, 1);
    EXPECT(receive(rxq), 1);
    netdev_rxq_close(rxq);
    netdev_close(tap);
    EXPECT(tap0->exists, false);
}

static void
test_tap_removed(void)
{
    const struct eth_addr mac = ETH_ADDR_C(02,00,00,00,00,44);
    struct netdev *tap = open_dev("br0", "tap");
    struct netdev_rxq *rxq = open_rxq(tap);
    struct fake_if *br0;

    settle();
    EXPECT(netdev_set_etheraddr(tap, mac), 0);
    EXPECT(netdev_set_mtu(tap, 1400), 0);
    EXPECT(netdev_turn_flags_on(tap, NETDEV_UP, NULL), 0);
    get_all(tap);

    /* Somebody destroys the interface of a port: it is made anew. */
    vanish("br0");
    netdev_run();
    EXPECT(netdev_set_etheraddr(tap, mac), 0);
    fake.tap_open_error = ENOMEM;
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT(wakes_at_once(rxq), true);
    fake.tap_open_error = 0;
    while (!(br0 = fake_find("br0"))) {
        EXPECT(receive(rxq), -EAGAIN);
        netdev_rxq_wait(rxq);
        poll_block();
    }
    EXPECT(br0->link.mtu, 1400);
    EXPECT(br0->link.lladdr[5], 0x44);
    EXPECT(br0->link.flags, HOST_FLAG_UP);
    EXPECT(get_mtu(tap), 1400);
    EXPECT(netdev_get_ifindex(tap), br0->link.ifindex);
    fake_receive(br0, 0, 60, 1);
    EXPECT(receive(rxq), 1);
    netdev_rxq_close(rxq);
    netdev_close(tap);
}

/* Sending. */

static int
send_frames(struct netdev *netdev, int n)
{
    struct dp_packet_batch batch;

    dp_packet_batch_init(&batch);
    for (int i = 0; i < n; i++) {
        struct dp_packet *packet = dp_packet_new(100);

        dp_packet_put_zeros(packet, 60);
        dp_packet_batch_add(&batch, packet);
    }
    return netdev_send(netdev, 0, &batch, false);
}

/* The interface was replaced by one of the same name and ifindex and neither a
 * message nor the capture says so (NetBSD): whenever there is doubt, the
 * capture is asked. */
static void
test_replaced_unnoticed(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");
    struct netdev_rxq *rxq = open_rxq(netdev);

    settle();
    EXPECT(receive(rxq), -EAGAIN);
    memset(&fake.calls, 0, sizeof fake.calls);
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT(fake.calls.rx_check, 0);

    /* Messages were lost, and nothing had happened. */
    fake_notifier_error(ENOBUFS);
    netdev_run();
    EXPECT(receive(rxq), -EAGAIN);
    EXPECT(fake.calls.rx_check, 1);
    EXPECT(fake.calls.rx_close, 0);

    /* Messages were lost, and it had.  The main loop goes round for it. */
    fake.detached = true;
    fake_notifier_error(ENOBUFS);
    netdev_run();
    netdev_wait();
    EXPECT(wakes_at_once(rxq), true);
    fake_receive(em0, 60, 60, 3);
    EXPECT(receive(rxq), 3);
    EXPECT(custom_stat(netdev, "rx_reopened"), 1);

    /* Sending notices it first. */
    fake.detached = false;
    netdev_run();
    EXPECT(receive(rxq), -EAGAIN);
    em0->tx_next = 0;
    em0->tx_errors[0] = ENODEV;
    fake.detached = true;
    EXPECT(send_frames(netdev, 1), ENODEV);
    fake_receive(em0, 60, 60, 2);
    EXPECT(receive(rxq), 2);
    EXPECT(custom_stat(netdev, "rx_reopened"), 2);
    netdev_rxq_close(rxq);
    netdev_close(netdev);
}

static void
test_send(const char *type)
{
    struct fake_if *em0 = strcmp(type, "tap") ? fake_add("em0") : NULL;
    struct netdev *netdev = open_dev("em0", type);
    struct netdev_stats stats;

    em0 = fake_find("em0");
    settle();
    EXPECT(send_frames(netdev, 32), 0);
    EXPECT(em0->tx_frames, 32);

    /* Each kind of failure costs its own frame only. */
    em0->tx_next = 0;
    em0->tx_errors[1] = EMSGSIZE;
    em0->tx_errors[3] = ENOBUFS;
    em0->tx_errors[4] = EAGAIN;
    em0->tx_errors[6] = ENETDOWN;
    em0->tx_frames = 0;
    EXPECT(send_frames(netdev, 10) != 0, true);
    EXPECT(em0->tx_frames, 6);
    EXPECT(custom_stat(netdev, "tx_too_long"), 1);
    EXPECT(custom_stat(netdev, "tx_no_room"), 2);
    EXPECT(custom_stat(netdev, "tx_interface_down"), 1);
    em0->link.stats.tx_dropped = em0->link.stats.rx_dropped = 10;
    EXPECT(netdev_get_stats(netdev, &stats), 0);
    EXPECT(stats.tx_dropped, 10 + 4);

    /* The error comes first and the frames after it are still sent. */
    memset(em0->tx_errors, 0, sizeof em0->tx_errors);
    em0->tx_next = 0;
    em0->tx_errors[0] = EMSGSIZE;
    em0->tx_frames = 0;
    EXPECT(send_frames(netdev, 2), EMSGSIZE);
    EXPECT(em0->tx_frames, 1);
    netdev_close(netdev);
}

static void
test_send_system(void)
{
    test_send("system");
}

static void
test_send_tap(void)
{
    test_send("tap");
}

static void
test_send_wait(void)
{
    struct netdev *tap = open_dev("tap0", "tap");
    long long int start = time_msec();

    /* To be woken up at once, again and again, would be a busy loop. */
    netdev_send_wait(tap, 0);
    poll_timer_wait(300);
    poll_block();
    EXPECT(time_msec() - start >= 250, true);
    netdev_close(tap);
}

static void
test_send_vanished(void)
{
    struct netdev *netdev;
    struct fake_if *em0;

    fake_add("em0");
    settle();
    netdev = open_dev("em0", "system");
    EXPECT(send_frames(netdev, 1), 0);
    vanish("em0");
    EXPECT(send_frames(netdev, 3), ENODEV);
    netdev_run();
    for (int i = 0; i < 10; i++) {
        EXPECT(send_frames(netdev, 1), ENODEV);
    }
    EXPECT(fake.calls.tx_open, 1);
    EXPECT(custom_stat(netdev, "tx_interface_down"), 3 + 10);

    em0 = come_back("em0");
    netdev_run();
    EXPECT(send_frames(netdev, 2), 0);
    EXPECT(em0->tx_frames, 2);

    /* Every handle that was opened is closed. */
    fake_remove(em0);
    EXPECT(send_frames(netdev, 1), ENODEV);
    netdev_close(netdev);
    EXPECT_SOON(fake_count(&fake.calls.tx_close), fake.calls.tx_open);
    EXPECT(fake.calls.tx_open, 2);
}

/* Statistics, configuration, policing. */

static void
test_stats(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *system = open_dev("em0", "system");
    struct netdev *tap = open_dev("tap0", "tap");
    struct netdev_stats stats;
    struct host_stats *s;

    settle();
    s = &em0->link.stats;
    s->rx_packets = 1;
    s->tx_packets = 2;
    s->rx_bytes = 100;
    s->tx_bytes = 200;
    fake_find("tap0")->link.stats = *s;

    EXPECT(netdev_get_stats(system, &stats), 0);
    EXPECT(stats.rx_packets, 1);
    EXPECT(stats.tx_packets, 2);
    EXPECT(stats.rx_bytes, 100);
    EXPECT(stats.tx_bytes, 200);
    EXPECT(stats.collisions, UINT64_MAX);
    EXPECT(stats.rx_crc_errors, UINT64_MAX);
    EXPECT(stats.rx_1_to_64_packets, UINT64_MAX);

    /* What the kernel receives from a tap, the switch has sent. */
    EXPECT(netdev_get_stats(tap, &stats), 0);
    EXPECT(stats.rx_packets, 2);
    EXPECT(stats.tx_packets, 1);
    EXPECT(stats.rx_bytes, 200);
    EXPECT(stats.tx_bytes, 100);

    /* Never from a cache. */
    s->rx_packets = 5;
    EXPECT(netdev_get_stats(system, &stats), 0);
    EXPECT(stats.rx_packets, 5);
    netdev_close(system);
    netdev_close(tap);
}

static int
configure(struct netdev *netdev, const char *key, const char *value)
{
    struct smap args = SMAP_INITIALIZER(&args);
    char *err = NULL;
    int error;

    smap_add(&args, key, value);
    error = netdev->netdev_class->set_config(netdev, &args, &err);
    printf("%s=%s: %s\n", key, value, err ? err : "fine");
    free(err);
    smap_destroy(&args);
    return error;
}

static void
test_config(void)
{
    struct smap args = SMAP_INITIALIZER(&args);
    struct netdev *netdev, *tap;

    fake_add("em0");
    netdev = open_dev("em0", "system");
    tap = open_dev("tap0", "tap");
    EXPECT(configure(netdev, "n_rxq", "0"), EINVAL);
    EXPECT(configure(netdev, "n_rxq", "many"), EINVAL);
    EXPECT(configure(netdev, "n_rxq", "2"), EOPNOTSUPP);
    EXPECT(configure(tap, "n_rxq", "2"), EOPNOTSUPP);
    EXPECT(configure(netdev, "capture-buffer-size", "1"), EINVAL);
    EXPECT(configure(netdev, "capture-snaplen", "70000"), EINVAL);
    EXPECT(configure(netdev, "exclusive", "1"), EINVAL);
    EXPECT(configure(netdev, "exclusive", "true"), EOPNOTSUPP);
    EXPECT(configure(tap, "exclusive", "true"), EOPNOTSUPP);
    EXPECT(configure(netdev, "pmd", "yes"), EINVAL);
    EXPECT(configure(netdev, "unrelated", "whatever"), 0);
    EXPECT(netdev_is_reconf_required(netdev), false);

    EXPECT(configure(netdev, "capture-snaplen", "2000"), 0);
    EXPECT(netdev_is_reconf_required(netdev), true);
    EXPECT(netdev_reconfigure(netdev), 0);
    netdev_rxq_close(open_rxq(netdev));
    EXPECT(fake.rx_config.max_frame, 2000);
    EXPECT(netdev_get_config(netdev, &args), 0);
    EXPECT(smap_get_int(&args, "capture-snaplen", 0), 2000);
    EXPECT(smap_count(&args), 1);
    smap_destroy(&args);
    netdev_close(netdev);
    netdev_close(tap);
}

static void
test_policing(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");
    struct netdev_rxq *rxq = open_rxq(netdev);
    int n = 0;

    /* 100 kilobits of burst are 125 frames of 100 bytes. */
    settle();
    EXPECT(netdev_set_policing(netdev, 1, 100, 0, 0), 0);
    for (int i = 0; i < 7; i++) {
        int received;

        fake_receive(em0, 100, 100, NETDEV_MAX_BURST);
        received = receive(rxq);
        n += MAX(received, 0);
    }
    EXPECT(n >= 125 && n <= 130, true);
    EXPECT(custom_stat(netdev, "rx_policed"), 7 * NETDEV_MAX_BURST - n);

    /* No limit. */
    EXPECT(netdev_set_policing(netdev, 0, 0, 0, 0), 0);
    fake_receive(em0, 100, 100, NETDEV_MAX_BURST);
    EXPECT(receive(rxq), NETDEV_MAX_BURST);
    netdev_rxq_close(rxq);
    netdev_close(netdev);
}

static void
test_features(void)
{
    enum netdev_features current, advertised, supported, peer;
    struct fake_if *em0 = fake_add("em0");
    struct smap status = SMAP_INITIALIZER(&status);
    struct netdev *netdev;

    em0->media.current = HOST_F_OTHER | HOST_F_FIBER | HOST_F_AUTONEG;
    em0->media.supported = HOST_F_1GB_FD | HOST_F_10GB_FD | HOST_F_AUTONEG;
    em0->media.advertised = HOST_F_10GB_FD | HOST_F_AUTONEG;
    em0->media.peer = HOST_F_100GB_FD;
    em0->media.speed = UINT64_C(25000000000);
    strcpy(em0->media.text, "25GBase-SR");
    settle();
    netdev = open_dev("em0", "system");
    EXPECT(netdev_get_features(netdev, &current, &advertised, &supported,
                               &peer), 0);
    EXPECT(current, NETDEV_F_OTHER | NETDEV_F_FIBER | NETDEV_F_AUTONEG);
    EXPECT(supported, (NETDEV_F_1GB_FD | NETDEV_F_10GB_FD
                       | NETDEV_F_AUTONEG));
    EXPECT(advertised, NETDEV_F_10GB_FD | NETDEV_F_AUTONEG);
    EXPECT(peer, NETDEV_F_100GB_FD);

    /* A rate that has no feature bit shows in the status. */
    EXPECT(netdev_get_status(netdev, &status), 0);
    EXPECT(smap_get_ullong(&status, "link_speed", 0), 25000000000);
    if (strcmp(smap_get_def(&status, "media", ""), "25GBase-SR")
        || strcmp(smap_get_def(&status, "driver_name", ""), "fake")) {
        printf("status lacks medium or driver\n");
        exit(EXIT_FAILURE);
    }
    smap_destroy(&status);

    /* What we changed is asked again, what is old news is not. */
    EXPECT(fake.calls.get_media, 1);
    EXPECT(netdev_set_advertisements(netdev, NETDEV_F_1GB_FD), 0);
    EXPECT(netdev_get_features(netdev, &current, &advertised, &supported,
                               &peer), 0);
    EXPECT(advertised, NETDEV_F_1GB_FD);
    EXPECT(fake.calls.get_media, 2);
    fake_link_event(em0, HOST_V_IFINDEX | HOST_V_CARRIER, HOST_V_MEDIA);
    netdev_run();
    netdev_get_features(netdev, &current, &advertised, &supported, &peer);
    EXPECT(fake.calls.get_media, 3);
    netdev_close(netdev);
}

static void
test_promisc(void)
{
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");
    struct netdev_saved_flags *sf;

    settle();
    EXPECT(netdev_turn_flags_on(netdev, NETDEV_PROMISC, &sf), 0);
    EXPECT(em0->link.flags, HOST_FLAG_UP | HOST_FLAG_PROMISC);
    EXPECT(fake.calls.set_flags, 0);

    /* What is on is not switched on again. */
    EXPECT(netdev_turn_flags_on(netdev, NETDEV_PROMISC | NETDEV_UP, NULL), 0);
    EXPECT(fake.calls.set_promisc, 1);
    EXPECT(fake.calls.set_flags, 0);
    netdev_restore_flags(sf);
    EXPECT(em0->link.flags, HOST_FLAG_UP);

    /* What the host file holds is given back at the latest with the device. */
    EXPECT(netdev_turn_flags_on(netdev, NETDEV_PROMISC, NULL), 0);
    netdev_close(netdev);
    EXPECT(em0->link.flags, HOST_FLAG_UP);
}

static void
test_many_devices(void)
{
    enum { N = 2000 };
    struct fake_if **ifs = xmalloc(N * sizeof *ifs);
    struct netdev **devs = xmalloc(N * sizeof *devs);

    settle();
    for (int i = 0; i < N; i++) {
        char name[IFNAMSIZ];

        snprintf(name, sizeof name, "em%d", i);
        ifs[i] = fake_add(name);
        devs[i] = open_dev(name, "system");
        get_mtu(devs[i]);
    }

    /* Each message reaches its device, in more than one run. */
    for (int i = 0; i < N; i++) {
        ifs[i]->link.mtu = 1000 + i;
        fake_link_event(ifs[i], HOST_V_IFINDEX | HOST_V_MTU, 0);
    }
    memset(&fake.calls, 0, sizeof fake.calls);
    netdev_run();
    EXPECT(get_mtu(devs[N - 1]), 1500);
    netdev_run();
    for (int i = 0; i < N; i++) {
        EXPECT(get_mtu(devs[i]), 1000 + i);
        netdev_close(devs[i]);
    }
    EXPECT(fake.calls.link_get, 0);
    free(devs);
    free(ifs);
}

static void
test_malformed_messages(void)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");

    settle();
    get_all(netdev);
    fake_event(&(struct host_event) { .type = HOST_EV_MALFORMED,
                                      .msg_type = 1 });
    fake_event(&(struct host_event) { .type = HOST_EV_OTHER,
                                      .msg_type = 99 });
    em0->link.mtu = 1400;
    fake_link_event(em0, HOST_V_IFINDEX | HOST_V_MTU, 0);
    netdev_run();
    EXPECT(get_mtu(netdev), 1400);
    nb_notifier_format(&ds);
    fputs(ds_cstr(&ds), stdout);
    ds_destroy(&ds);
    netdev_close(netdev);
}

static void
test_cache_show(void)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct fake_if *em0 = fake_add("em0");
    struct netdev *netdev = open_dev("em0", "system");

    settle();
    em0->media_error = EOPNOTSUPP;
    em0->n_addrs = 1;
    em0->addrs[0].addr = in6_addr_mapped_ipv4(htonl(0x0a000001));
    get_all(netdev);
    get_all(netdev);
    EXPECT(nb_dev_format_caches("em0", &ds), true);
    EXPECT(nb_dev_format_caches("em1", &ds), false);
    ds_put_cstr(&ds, "all:\n");
    nb_dev_format_lookups(&ds);
    fputs(ds_cstr(&ds), stdout);
    ds_destroy(&ds);
    netdev_close(netdev);
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    { "ask-once", test_ask_once },
    { "one-answer-many-values", test_one_answer_many_values },
    { "errors-are-cached", test_errors_are_cached },
    { "event-carries-values", test_event_carries_values },
    { "loss", test_loss },
    { "notifier-breaks", test_notifier_breaks },
    { "silent-change", test_silent_change },
    { "revalidation", test_revalidation },
    { "own-change", test_own_change },
    { "rename-system", test_rename_system },
    { "rename-as-departure", test_rename_as_departure_and_arrival },
    { "creation-messages", test_creation_messages_do_not_matter },
    { "kernel-name-differs", test_kernel_name_differs },
    { "open-fails", test_open_fails },
    { "gone-costs-nothing", test_gone_costs_nothing },
    { "no-deadlock", test_no_deadlock },
    { "last-reference", test_last_reference_in_event },
    { "same-interface-twice", test_same_interface_twice },
    { "carrier-resets", test_carrier_resets },
    { "miimon", test_miimon },
    { "nothing-is-stranded", test_nothing_is_stranded },
    { "reads-left-out", test_reads_left_out },
    { "offload", test_offload },
    { "growth", test_growth },
    { "growth-refused", test_growth_refused },
    { "bad-frames", test_bad_frames },
    { "capture-options", test_capture_options },
    { "cannot-receive", test_cannot_receive },
    { "vanish-and-return", test_vanish_and_return },
    { "vanish-unnoticed", test_vanish_unnoticed },
    { "replaced-unnoticed", test_replaced_unnoticed },
    { "interface-down", test_interface_down },
    { "drain", test_drain },
    { "offloads", test_offloads },
    { "exclusive", test_exclusive },
    { "tap-receive", test_tap_receive },
    { "tap-removed", test_tap_removed },
    { "send-system", test_send_system },
    { "send-tap", test_send_tap },
    { "send-wait", test_send_wait },
    { "send-vanished", test_send_vanished },
    { "stats", test_stats },
    { "config", test_config },
    { "policing", test_policing },
    { "features", test_features },
    { "promisc", test_promisc },
    { "many-devices", test_many_devices },
    { "malformed", test_malformed_messages },
    { "cache-show", test_cache_show },
};

int
main(int argc, char *argv[])
{
    set_program_name(argv[0]);
    vlog_set_levels(NULL, VLF_CONSOLE, VLL_ERR);
    fake_reset();
    EXPECT(netdev_bsd_register(), 0);

    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        if (argc == 2 && !strcmp(argv[1], tests[i].name)) {
            tests[i].run();
            return EXIT_SUCCESS;
        }
    }
    fprintf(stderr, "usage: %s TEST, where TEST is one of:\n", argv[0]);
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        fprintf(stderr, "  %s\n", tests[i].name);
    }
    return EXIT_FAILURE;
}
