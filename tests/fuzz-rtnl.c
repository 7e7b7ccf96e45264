/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Feeds damaged rtnetlink messages to the parser of the Linux host file.
 *
 * Every message ends (but for its padding to 4 bytes) where a page without
 * access begins, so that a read beyond it ends the program, with or without a
 * sanitizer.  The same seed
 * gives the same messages: "fuzz-rtnl SEED ROUNDS". */

#include "host/host-rtnl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/if_arp.h>

#define MSG_MAX 2048

static uint32_t state;

static uint32_t
next_random(uint32_t limit)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return limit ? state % limit : state;
}

/* A whole message as the kernel sends it.  Returns its length. */
static size_t
make_link(char *buf, uint16_t type)
{
    struct rtnl_request *req = (struct rtnl_request *) buf;
    struct ifinfomsg ifi = { .ifi_index = 7, .ifi_type = ARPHRD_ETHER,
                             .ifi_flags = IFF_UP };
    struct rtnl_link_stats64 stats;
    const uint8_t lladdr[] = { 2, 0, 0, 0, 0, 7 };
    uint32_t mtu = 9000, changes = 3;
    uint8_t carrier = 1;

    memset(&stats, 0x11, sizeof stats);
    rtnl_request_init(req, type, 0, &ifi, sizeof ifi);
    rtnl_request_put(req, IFLA_IFNAME, "veth7", 6);
    rtnl_request_put(req, IFLA_MTU, &mtu, sizeof mtu);
    rtnl_request_put(req, IFLA_ADDRESS, lladdr, sizeof lladdr);
    rtnl_request_put(req, IFLA_CARRIER, &carrier, sizeof carrier);
    rtnl_request_put(req, IFLA_CARRIER_CHANGES, &changes, sizeof changes);
    rtnl_request_put(req, IFLA_STATS64, &stats, sizeof stats);
    return req->hdr.nlmsg_len;
}

static size_t
make_addr(char *buf)
{
    struct rtnl_request *req = (struct rtnl_request *) buf;
    struct ifaddrmsg ifa = { .ifa_family = AF_INET, .ifa_index = 7 };
    uint32_t addr = 0x0100000a;

    rtnl_request_init(req, RTM_NEWADDR, 0, &ifa, sizeof ifa);
    rtnl_request_put(req, IFA_LOCAL, &addr, sizeof addr);
    return req->hdr.nlmsg_len;
}

static size_t
make_message(char *buf)
{
    switch (next_random(4)) {
    case 0:
        return make_link(buf, RTM_DELLINK);
    case 1:
        return make_addr(buf);
    default:
        return make_link(buf, RTM_NEWLINK);
    }
}

static void
damage(char *buf, size_t len)
{
    for (unsigned int n = next_random(6); n > 0; n--) {
        size_t ofs = next_random(len);

        switch (next_random(4)) {
        case 0:
            buf[ofs] = next_random(256);
            break;
        case 1:
            buf[ofs] ^= 1 << next_random(8);
            break;
        case 2:
            buf[ofs] = 0;
            break;
        default:
            buf[ofs] = 0xff;
            break;
        }
    }
}

/* What comes out must make sense, whatever went in. */
static void
check(const struct host_event *event, uint32_t round)
{
    const struct host_link *link = &event->link;

    if ((unsigned int) event->type > HOST_EV_MALFORMED
        || (link->have & HOST_V_NAME
            && (!link->name[0] || !memchr(link->name, '\0', IFNAMSIZ)))
        || (link->have & HOST_V_IFINDEX && !link->ifindex)
        || (event->type == HOST_EV_LINK && !(link->have & HOST_V_IFINDEX))
        || link->have & event->stale) {
        printf("round %u: event of type %d with values %#x, stale %#x "
               "makes no sense\n", round, event->type, link->have,
               event->stale);
        exit(EXIT_FAILURE);
    }
}

static void
fuzz(char *end, uint32_t round)
{
    char buf[MSG_MAX] __attribute__((aligned(8)));
    size_t len = make_message(buf);
    struct host_event event;
    struct nlmsghdr *nlmsg;

    damage(buf, len);

    /* Cut at a random place, and often not at all. */
    if (next_random(2)) {
        len = sizeof *nlmsg + next_random(len - sizeof *nlmsg + 1);
    }
    nlmsg = (struct nlmsghdr *) buf;
    if (nlmsg->nlmsg_len > len || nlmsg->nlmsg_len < sizeof *nlmsg) {
        nlmsg->nlmsg_len = len;
    }
    len = NLMSG_ALIGN(len);
    memcpy(end - len, buf, len);
    rtnl_parse_event((struct nlmsghdr *) (end - len), &event);
    check(&event, round);
}

/* An undamaged message has to be understood. */
static void
check_whole(char *end)
{
    char buf[MSG_MAX] __attribute__((aligned(8)));
    size_t len = make_link(buf, RTM_NEWLINK);
    struct host_event event;

    memcpy(end - len, buf, len);
    rtnl_parse_event((struct nlmsghdr *) (end - len), &event);
    if (event.type != HOST_EV_LINK || strcmp(event.link.name, "veth7")
        || event.link.mtu != 9000 || event.link.ifindex != 7
        || event.link.lladdr[5] != 7 || !event.link.carrier
        || event.link.resets != 3
        || event.link.stats.rx_packets != UINT64_C(0x1111111111111111)) {
        printf("a whole message was not understood\n");
        exit(EXIT_FAILURE);
    }
}

int
main(int argc, char *argv[])
{
    size_t page = sysconf(_SC_PAGESIZE);
    uint32_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000000;
    char *mem = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (mem == MAP_FAILED || mprotect(mem + page, page, PROT_NONE)) {
        perror("fuzz-rtnl: mmap");
        return EXIT_FAILURE;
    }
    state = argc > 1 ? strtoul(argv[1], NULL, 10) | 1 : 1;
    check_whole(mem + page);
    for (uint32_t round = 0; round < rounds; round++) {
        fuzz(mem + page, round);
    }
    return EXIT_SUCCESS;
}
