/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Fuzzes what takes the kernel's messages apart: lib/host/rtbsd.c.
 *
 * Compiled with FUZZER_MAIN it mutates real messages of the fake kernel in a
 * reproducible way and feeds them to the parser; under libFuzzer
 * (clang -fsanitize=fuzzer,address) leave FUZZER_MAIN out.  Each input lies in
 * memory of exactly its size, so that AddressSanitizer sees every step beyond
 * its end.
 *
 * Single-threaded. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sys/sysctl.h>

#include "host/host.h"
#include "host/rtbsd.h"
#include "fake-kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s: a parsed message is not as promised: %s\n",
                host_system(), what);
        abort();
    }
}

/* What host.h promises of every event. */
static void
check_event(const struct host_event *event)
{
    const struct host_link *link = &event->link;

    require(!(event->stale & link->have), "stale and present at once");
    require(!(link->have & HOST_V_NAME)
            || memchr(link->name, '\0', sizeof link->name), "name");
    require(!(link->have & HOST_V_MTU) || link->mtu >= 0, "MTU");
    switch (event->type) {
    case HOST_EV_LINK:
    case HOST_EV_GONE:
    case HOST_EV_STALE:
        require((link->have & HOST_V_IFINDEX) && link->ifindex, "index");
        break;
    case HOST_EV_OTHER:
    case HOST_EV_MALFORMED:
        break;
    default:
        require(false, "type");
        break;
    }
}

static void
parse_addresses(const struct rtbsd_msg *msg)
{
    struct rtbsd_addr addrs[RTBSD_MAX_ADDRS];

    if (!rtbsd_msg_addrs(msg, addrs)) {
        return;
    }
    for (int i = 0; i < RTBSD_MAX_ADDRS; i++) {
        struct host_link link = { .have = 0 };
        struct in6_addr in6;
        struct in_addr in;

        require(!addrs[i].len
                || (addrs[i].data >= msg->data
                    && addrs[i].data + addrs[i].len <= msg->data + msg->len),
                "address");
        rtbsd_parse_sdl(&addrs[i], &link);
        rtbsd_get_in4(&addrs[i], &in);
        rtbsd_get_in6(&addrs[i], &in6);
        rtbsd_family(&addrs[i]);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    size_t ofs = 0;

    if (!copy) {
        abort();
    }
    if (size) {
        memcpy(copy, data, size);
    }
    while (ofs < size) {
        struct host_event event;
        struct rtbsd_msg msg;
        size_t n = rtbsd_next(copy + ofs, size - ofs, &msg);

        require(n > 0 && n <= size - ofs, "length");
        rtbsd_to_event(&msg, &event);
        check_event(&event);
        rtbsd_msg_ifindex(&msg);
        parse_addresses(&msg);
        ofs += n;
    }
    free(copy);
    return 0;
}

#ifdef FUZZER_MAIN

#define MAX_SEEDS 64
#define N_RANDOM 100000

struct seed {
    uint8_t data[1024];
    size_t len;
};
static struct seed seeds[MAX_SEEDS];
static size_t n_seeds;

static uint32_t random_state = 20260101;

static uint32_t
random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static void
add_seed(const void *data, size_t len)
{
    struct seed *seed = &seeds[n_seeds];

    if (n_seeds < MAX_SEEDS && len <= sizeof seed->data) {
        memcpy(seed->data, data, len);
        seed->len = len;
        n_seeds++;
    }
}

/* Collects every kind of message that the fake kernel sends. */
static void
collect_seeds(void)
{
    static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
    struct fk_addr v4 = { .family = 4, .addr = { 10, 0, 0, 1 },
                          .mask = { 255, 255, 255 } };
    struct fk_addr v6 = { .family = 6, .addr = { 0xfe, 0x80 } };
    struct host_notifier *notifier;
    struct fk_file *file;
    struct fk_buf *buf;
    struct fk_if *em0;

    if (host_notifier_open(&notifier)) {
        abort();
    }
    em0 = fk_if_create("em0");
    fk_if_set_flags(em0, FK_IFF_UP);
    fk_if_add_addr(em0, &v4);
    fk_if_add_addr(em0, &v6);
    fk_if_set_lladdr(em0, mac);
    fk_if_rename(em0, "fifteen-letters");
    fk_add_neigh(v4.addr[0], em0->index, mac);
    fk_if_destroy(em0);

    file = fk_file_find(host_notifier_fd(notifier));
    while ((buf = fk_queue_get(&file->queue))) {
        add_seed(buf->data, buf->len);
        free(buf);
    }
    host_notifier_close(notifier);
}

/* Tables of sysctl have more addresses to a message. */
static void
collect_tables(void)
{
    static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
    int mibs[][6] = {
        { 4, PF_ROUTE, 0, 0, NET_RT_IFLIST, 0 },
        { 4, PF_ROUTE, 0, AF_INET, NET_RT_FLAGS, RTF_LLDATA },
    };
    struct fk_if *em0 = fk_if_create("em0");

    fk_add_neigh(htonl(0x0a000001), em0->index, mac);
    fk_add_neigh(htonl(0x0a000002), em0->index, NULL);
    for (size_t i = 0; i < 2; i++) {
        uint8_t buf[1024];
        size_t len = sizeof buf;

        if (!fakebsd_sysctl(mibs[i], 6, buf, &len, NULL, 0)) {
            add_seed(buf, len);
        }
    }
}

static void
fuzz_truncated(const struct seed *seed)
{
    for (size_t len = 0; len <= seed->len; len++) {
        LLVMFuzzerTestOneInput(seed->data, len);
    }

    /* The same with a length that claims to be right. */
    for (uint16_t len = 0; len <= seed->len; len++) {
        struct seed copy = *seed;

        memcpy(copy.data, &len, sizeof len);
        LLVMFuzzerTestOneInput(copy.data, len);
        LLVMFuzzerTestOneInput(copy.data, copy.len);
    }
}

static void
fuzz_bytes(const struct seed *seed)
{
    static const uint8_t values[] = {
        0, 1, 2, 7, 8, 9, 15, 16, 17, 20, 54, 0x7f, 0x80, 0xfe, 0xff,
    };

    for (size_t i = 0; i < seed->len; i++) {
        for (size_t j = 0; j < sizeof values; j++) {
            struct seed copy = *seed;

            copy.data[i] = values[j];
            LLVMFuzzerTestOneInput(copy.data, copy.len);
        }
    }
}

static void
fuzz_random(const struct seed *seed)
{
    struct seed copy = *seed;
    int n = random_number() % 8;

    for (int i = 0; i < n; i++) {
        copy.data[random_number() % copy.len] = random_number();
    }
    if (random_number() % 4 == 0) {
        /* Keep the length, version and type plausible, lest the parser does
         * not get anywhere. */
        memcpy(copy.data, seed->data, 4);
    }
    LLVMFuzzerTestOneInput(copy.data, random_number() % 8
                           ? copy.len : random_number() % (copy.len + 1));
}

int
main(void)
{
    collect_seeds();
    collect_tables();
    if (n_seeds < 6) {
        printf("expected at least 6 kinds of messages, got %zu\n", n_seeds);
        return 1;
    }
    for (size_t i = 0; i < n_seeds; i++) {
        fuzz_truncated(&seeds[i]);
        fuzz_bytes(&seeds[i]);
    }
    for (int i = 0; i < N_RANDOM; i++) {
        fuzz_random(&seeds[random_number() % n_seeds]);
    }
    fk_reset();
    printf("ok\n");
    return 0;
}
#endif /* FUZZER_MAIN */
