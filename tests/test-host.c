/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface by hand: "test-host COMMAND ARG..." calls one function
 * of host/host.h and prints its answer, for tests in a network namespace and
 * for trying a new host file on its system.  An error is printed as its text
 * and makes the exit status 1. */

#include "host/host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

static int
finish(int error)
{
    if (error) {
        printf("%s\n", strerror(error));
    }
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void
print_lladdr(const uint8_t lladdr[HOST_LLADDR_LEN])
{
    printf("%02x:%02x:%02x:%02x:%02x:%02x", lladdr[0], lladdr[1], lladdr[2],
           lladdr[3], lladdr[4], lladdr[5]);
}

static bool
parse_lladdr(const char *s, uint8_t lladdr[HOST_LLADDR_LEN])
{
    return sscanf(s, "%"SCNx8":%"SCNx8":%"SCNx8":%"SCNx8":%"SCNx8":%"SCNx8,
                  &lladdr[0], &lladdr[1], &lladdr[2],
                  &lladdr[3], &lladdr[4], &lladdr[5]) == 6;
}

static struct in_addr
parse_in4(const char *s)
{
    struct in_addr in4;

    if (inet_pton(AF_INET, s, &in4) != 1) {
        printf("%s: not an IPv4 address\n", s);
        exit(EXIT_FAILURE);
    }
    return in4;
}

/* Asks for every value on its own, as the provider does. */
static int
cmd_link(char *argv[])
{
    static const struct {
        enum host_value value;
        const char *name;
    } values[] = {
        { HOST_V_IFINDEX, "ifindex" },
        { HOST_V_FLAGS, "flags" },
        { HOST_V_MTU, "mtu" },
        { HOST_V_LLADDR, "lladdr" },
        { HOST_V_CARRIER, "carrier" },
    };

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct host_link link;
        int error = host_link_get(argv[0], values[i].value, &link);

        if (error) {
            return error;
        }
        if (!(link.have & values[i].value)) {
            printf("%s: success without a value\n", values[i].name);
            return EPROTO;
        }
        printf("%s ", values[i].name);
        switch (values[i].value) {
        case HOST_V_IFINDEX:
            printf("%s\n", link.ifindex == if_nametoindex(argv[0])
                   ? "right" : "wrong");
            break;
        case HOST_V_FLAGS:
            printf("%s%s%s\n", link.flags & HOST_FLAG_UP ? "up" : "down",
                   link.flags & HOST_FLAG_PROMISC ? " promisc" : "",
                   link.flags & HOST_FLAG_LOOPBACK ? " loopback" : "");
            break;
        case HOST_V_MTU:
            printf("%d\n", link.mtu);
            break;
        case HOST_V_LLADDR:
            print_lladdr(link.lladdr);
            printf("%s\n", link.ether ? "" : " not Ethernet");
            break;
        default:
            printf("%s\n", link.carrier ? "yes" : "no");
            break;
        }
    }
    return 0;
}

static void
print_counter(const char *name, uint64_t value)
{
    if (value == UINT64_MAX) {
        printf("%s unsupported\n", name);
    } else {
        printf("%s %"PRIu64"\n", name, value);
    }
}

static int
cmd_stats(char *argv[])
{
    struct host_link link;
    int error = host_link_get(argv[0], HOST_V_STATS, &link);

    if (!error) {
        print_counter("rx_packets", link.stats.rx_packets);
        print_counter("tx_packets", link.stats.tx_packets);
        print_counter("rx_bytes", link.stats.rx_bytes);
        print_counter("tx_bytes", link.stats.tx_bytes);
        print_counter("rx_dropped", link.stats.rx_dropped);
        print_counter("tx_dropped", link.stats.tx_dropped);
        print_counter("tx_multicast", link.stats.tx_multicast);
    }
    return error;
}

static void
print_link(const struct host_link *link, void *aux)
{
    (void) aux;
    printf("%s %s\n", link->name,
           link->flags & HOST_FLAG_UP ? "up" : "down");
}

static int
cmd_dump(char *argv[])
{
    (void) argv;
    return host_link_dump(print_link, NULL);
}

static int
cmd_set_up(char *argv[])
{
    return (!strcmp(argv[1], "up")
            ? host_set_flags(argv[0], 0, HOST_FLAG_UP)
            : host_set_flags(argv[0], HOST_FLAG_UP, 0));
}

/* Switches promiscuous mode on, runs a command, and switches it off. */
static int
cmd_promisc(char *argv[])
{
    struct host_promisc *hold = NULL;
    int error = host_set_promisc(argv[0], true, &hold);

    if (!error) {
        fflush(stdout);
        error = system(argv[1]) ? EIO : 0;
    }
    if (!error) {
        error = host_set_promisc(argv[0], false, &hold);
    }
    return error;
}

static int
cmd_set_mtu(char *argv[])
{
    return host_set_mtu(argv[0], atoi(argv[1]));
}

static int
cmd_set_lladdr(char *argv[])
{
    uint8_t lladdr[HOST_LLADDR_LEN];

    return (parse_lladdr(argv[1], lladdr)
            ? host_set_lladdr(argv[0], lladdr) : EINVAL);
}

static int
cmd_media(char *argv[])
{
    struct host_media media;
    int error = host_get_media(argv[0], &media);

    if (!error) {
        printf("current %#"PRIx32" speed %"PRIu64" duplex %d \"%s\"\n",
               media.current, media.speed, media.duplex, media.text);
    }
    return error;
}

static int
cmd_mii(char *argv[])
{
    bool up;
    int error = host_get_mii_link(argv[0], &up);

    if (!error) {
        printf("%s\n", up ? "up" : "down");
    }
    return error;
}

static int
cmd_driver(char *argv[])
{
    struct host_driver driver;
    int error = host_get_driver(argv[0], &driver);

    if (!error) {
        printf("%s\n", driver.name);
    }
    return error;
}

static void
print_in6(const struct in6_addr *in6)
{
    char s[INET6_ADDRSTRLEN];

    inet_ntop(AF_INET6, in6, s, sizeof s);
    printf("%s", s);
}

static int
cmd_addrs(char *argv[])
{
    struct host_addr *addrs;
    size_t n;
    int error = host_get_addrs(argv[0], &addrs, &n);

    for (size_t i = 0; !error && i < n; i++) {
        print_in6(&addrs[i].addr);
        printf(" ");
        print_in6(&addrs[i].mask);
        printf("\n");
    }
    if (!error) {
        free(addrs);
    }
    return error;
}

static int
cmd_set_in4(char *argv[])
{
    return host_set_in4(argv[0], parse_in4(argv[1]), parse_in4(argv[2]));
}

static int
cmd_add_router(char *argv[])
{
    return host_add_router(parse_in4(argv[0]));
}

static int
cmd_next_hop(char *argv[])
{
    char name[IFNAMSIZ];
    struct in_addr gateway;
    int error = host_get_next_hop(parse_in4(argv[0]), 1000, &gateway, name);

    if (!error) {
        printf("%s via %s\n", name, inet_ntoa(gateway));
    }
    return error;
}

static int
cmd_arp(char *argv[])
{
    uint8_t lladdr[HOST_LLADDR_LEN];
    int error = host_arp_lookup(argv[0], parse_in4(argv[1]), lladdr);

    if (!error) {
        print_lladdr(lladdr);
        printf("\n");
    }
    return error;
}

/* Switches offloads off, runs a command, and restores them. */
static int
cmd_offloads(char *argv[])
{
    struct host_offloads saved;
    int error = host_offloads_off(argv[0], &saved);

    if (!error) {
        fflush(stdout);
        error = system(argv[1]) ? EIO : 0;
    }
    if (!error) {
        error = host_offloads_restore(&saved);
    }
    return error;
}

/* Makes a tap, runs a command, and removes the tap. */
static int
cmd_tap(char *argv[])
{
    struct host_tap tap;
    int error = host_tap_open(argv[0], &tap);

    if (!error) {
        fflush(stdout);
        error = system(argv[1]) ? EIO : 0;
        host_tap_close(&tap);
    }
    return error;
}

static long long int
now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void
print_event(const struct host_event *event)
{
    static const char *types[] = { "link", "gone", "stale", "other",
                                   "malformed" };

    printf("%s", types[event->type]);
    if (event->link.have & HOST_V_NAME) {
        printf(" %s", event->link.name);
    }
    if (event->link.have & HOST_V_MTU) {
        printf(" mtu %d", event->link.mtu);
    }
    if (event->link.have & HOST_V_FLAGS) {
        printf(" %s", event->link.flags & HOST_FLAG_UP ? "up" : "down");
    }
    if (event->stale & HOST_V_ADDRS) {
        printf(" addresses");
    }
    printf("\n");
}

/* Runs a command and prints the events that it causes, until there has been
 * none for half a second. */
static int
cmd_events(char *argv[])
{
    struct host_notifier *notifier;
    long long int last;
    int error = host_notifier_open(&notifier);

    if (error) {
        return error;
    }
    fflush(stdout);
    error = system(argv[0]) ? EIO : 0;
    last = now_ms();
    while (!error && now_ms() < last + 500) {
        struct pollfd pfd = { .fd = host_notifier_fd(notifier),
                              .events = POLLIN };
        struct host_event event;
        int retval = host_notifier_read(notifier, &event);

        if (!retval) {
            print_event(&event);
            last = now_ms();
        } else if (retval == EAGAIN) {
            poll(&pfd, 1, 100);
        } else {
            error = retval;
        }
    }
    host_notifier_close(notifier);
    return error;
}

/* Allocates, fills and frees a batch of long packets. */
static void
use_memory(void)
{
    void *packets[32];

    for (size_t i = 0; i < 32; i++) {
        packets[i] = malloc(65536);
        if (packets[i]) {
            memset(packets[i], i, 65536);
        }
    }
    for (size_t i = 0; i < 32; i++) {
        free(packets[i]);
    }
}

/* What a second batch costs when there was one. */
static int
cmd_keep_memory(char *argv[])
{
    struct rusage before, after;

    (void) argv;
    host_keep_memory(8 * 1024 * 1024);
    use_memory();
    getrusage(RUSAGE_SELF, &before);
    use_memory();
    getrusage(RUSAGE_SELF, &after);
    printf("%ld page faults\n", after.ru_minflt - before.ru_minflt);
    return 0;
}

static const struct {
    const char *name;
    int n_args;
    int (*run)(char *argv[]);
} commands[] = {
    { "link", 1, cmd_link },
    { "stats", 1, cmd_stats },
    { "dump", 0, cmd_dump },
    { "set-up", 2, cmd_set_up },
    { "promisc", 2, cmd_promisc },
    { "set-mtu", 2, cmd_set_mtu },
    { "set-lladdr", 2, cmd_set_lladdr },
    { "media", 1, cmd_media },
    { "mii", 1, cmd_mii },
    { "driver", 1, cmd_driver },
    { "addrs", 1, cmd_addrs },
    { "set-in4", 3, cmd_set_in4 },
    { "add-router", 1, cmd_add_router },
    { "next-hop", 1, cmd_next_hop },
    { "arp", 2, cmd_arp },
    { "offloads", 2, cmd_offloads },
    { "tap", 2, cmd_tap },
    { "keep-memory", 0, cmd_keep_memory },
    { "events", 1, cmd_events },
};

int
main(int argc, char *argv[])
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (argc >= 2 && !strcmp(argv[1], commands[i].name)
            && argc == 2 + commands[i].n_args) {
            return finish(commands[i].run(argv + 2));
        }
    }
    fprintf(stderr, "usage: %s COMMAND ARG..., where COMMAND is one of:\n",
            argv[0]);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        fprintf(stderr, "  %s (%d arguments)\n", commands[i].name,
                commands[i].n_args);
    }
    return EXIT_FAILURE;
}
