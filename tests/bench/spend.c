/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Takes processor time and does nothing with it, as long as packets arrive.
 *
 *     spend DEVICE PERCENT
 *
 * Where a capture tool and the generator of packets share a processor, the
 * switch gets its packets in another rhythm than without the tool.  What this
 * program costs is that alone: it takes PERCENT of the processor in turns of
 * two milliseconds, as a tool does that is woken up for each full buffer, while
 * the counter of received packets of DEVICE moves, and none otherwise.
 *
 * One thread, no locks. */

#include <ifaddrs.h>
#include <inttypes.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* A turn, in nanoseconds. */
#define TURN (2 * 1000 * 1000)

static void __attribute__((noreturn))
fail(const char *what)
{
    fprintf(stderr, "spend: %s\n", what);
    exit(EXIT_FAILURE);
}

/* How many packets 'device' has received so far. */
static uint64_t
count_packets(const char *device)
{
    struct ifaddrs *list;
    bool found = false;
    uint64_t n = 0;

    if (getifaddrs(&list)) {
        fail("no list of devices");
    }
    for (struct ifaddrs *ifa = list; ifa; ifa = ifa->ifa_next) {
        if (ifa->ifa_addr && ifa->ifa_addr->sa_family == AF_PACKET
            && !strcmp(ifa->ifa_name, device)) {
            n = ((const struct rtnl_link_stats *) ifa->ifa_data)->rx_packets;
            found = true;
        }
    }
    freeifaddrs(list);
    if (!found) {
        fail("no such device");
    }
    return n;
}

static int64_t
used_nsec(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void
spend_until(int64_t used)
{
    while (used_nsec() < used) {
        /* That is all. */
    }
}

int
main(int argc, char *argv[])
{
    int percent = argc == 3 ? atoi(argv[2]) : 0;
    uint64_t last = 0;

    if (percent < 1 || percent > 99) {
        fail("wants a device and a percentage");
    }
    for (;;) {
        const struct timespec rest = {
            .tv_nsec = TURN / 100 * (100 - percent)
        };
        uint64_t n = count_packets(argv[1]);

        if (n != last) {
            spend_until(used_nsec() + TURN / 100 * percent);
        }
        last = n;
        nanosleep(&rest, NULL);
    }
}
