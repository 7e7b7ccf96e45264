/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Tests single modules of ovs-bpftap, without a switch.  Which one is the
 * first argument; see bpftap.at.
 *
 * One thread, no locks. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "utilities/bpftap-files-private.h"
#include "utilities/bpftap-files.h"
#include "utilities/bpftap-labels.h"
#include "utilities/bpftap-merge.h"
#include "utilities/bpftap-output.h"
#include "utilities/bpftap-ring.h"
#include "utilities/bpftap-util.h"

/* 2026-01-01 00:00:00 UTC. */
#define NEW_YEAR (UINT64_C(1767225600) * BT_NSEC)

static const struct bt_interface interfaces[] = {
    {
        .name = "p1", .description = "br0/p1, system, ofport 1",
        .filter = "icmp", .hardware = "test", .addr = { 2, 0, 0, 0, 0, 1 },
        .addr_len = 6, .speed = UINT64_C(10000000000), .dlt = 1,
        .snaplen = 65535,
    },
    { .name = "a name with spaces/slashes", .dlt = 1, .snaplen = 65535 },
};

static struct bt_encoder
encoder_from_name(const char *name)
{
    struct bt_encoder encoder = {
        .format = strcmp(name, "pcapng") ? BT_PCAP : BT_PCAPNG,
        .nanoseconds = strcmp(name, "pcap") != 0,
    };

    return encoder;
}

/* Fills 'data' with an Ethernet frame for 'destination' of 'length' bytes. */
static void
make_frame(uint8_t *data, size_t length, uint8_t destination)
{
    memset(data, length, length);
    memset(data, destination, length < 6 ? length : 6);
}

static void
write_stats(struct bt_files *files, void *aux)
{
    const struct bt_interface_stats stats = {
        .start = NEW_YEAR, .end = NEW_YEAR + 5 * BT_NSEC,
        .received = 100, .accepted = 50, .dropped = 7, .delivered = 43,
        .if_dropped = 3, .comment = "the end",
    };

    (void) aux;
    bt_files_stats(files, 0, &stats);
}

static struct bt_files *
open_files(const struct bt_files_config *config)
{
    struct bt_files *files = bt_files_open(config, write_stats, NULL);

    if (!files) {
        exit(1);
    }
    return files;
}

/* write FORMAT FILE: packets of every length from 0 to 99 with all kinds of
 * direction, loss and comment. */
static int
test_write(int argc, char *argv[])
{
    static const uint8_t destinations[] = { 0x02, 0x01, 0xff };
    struct bt_strv comments = { NULL, 0 };
    struct bt_files_config config;
    struct bt_files *files;
    uint8_t data[100];

    if (argc != 3) {
        return 2;
    }
    bt_strv_add(&comments, "first comment");
    bt_strv_add(&comments, "second \"comment\"");
    memset(&config, 0, sizeof config);
    config.path = argv[2];
    config.encoder = encoder_from_name(argv[1]);
    config.comments = &comments;
    files = open_files(&config);
    for (size_t i = 0; i < BT_ARRAY_SIZE(interfaces); i++) {
        bt_files_add_interface(files, &interfaces[i]);
    }
    for (size_t i = 0; i < 100; i++) {
        struct bt_packet packet = {
            .ts = NEW_YEAR + i * 1000000001,
            .data = data, .caplen = i, .len = 2 * i,
            .direction = i % 3,
            .ethernet = true,
            .lost = i % 10 ? 0 : i,
            .comment = i % 7 ? NULL : "a comment",
        };

        make_frame(data, i, destinations[i / 3 % 3]);
        if (!bt_files_packet(files, 0, &packet)) {
            return 1;
        }
    }
    bt_strv_free(&comments);
    return !bt_files_close(files);
}

/* fill FORMAT FILE N: N packets of 1000 bytes, in one go, and says how many of
 * them were taken before the file was full. */
static int
test_fill(int argc, char *argv[])
{
    struct bt_files_config config;
    struct bt_files *files;
    uint8_t data[1000];
    bool ok;

    if (argc != 4) {
        return 2;
    }
    bt_signals_init();
    make_frame(data, sizeof data, 2);
    memset(&config, 0, sizeof config);
    config.path = argv[2];
    config.encoder = encoder_from_name(argv[1]);
    files = open_files(&config);
    bt_files_add_interface(files, &interfaces[0]);
    for (int i = 0; i < atoi(argv[3]); i++) {
        struct bt_packet packet = {
            .ts = NEW_YEAR + i, .data = data, .caplen = sizeof data,
            .len = sizeof data,
        };

        if (!bt_files_packet(files, 0, &packet)) {
            break;
        }
    }
    ok = bt_files_run(files);
    return !bt_files_close(files) || !ok;
}

/* long FILE LENGTH: one packet of LENGTH bytes. */
static int
test_long(int argc, char *argv[])
{
    struct bt_files_config config;
    struct bt_packet packet;
    struct bt_files *files;
    uint8_t *data;

    if (argc != 3) {
        return 2;
    }
    memset(&packet, 0, sizeof packet);
    packet.ts = NEW_YEAR;
    packet.caplen = packet.len = atoi(argv[2]);
    packet.data = data = bt_zalloc(packet.len);
    memset(&config, 0, sizeof config);
    config.path = argv[1];
    files = open_files(&config);
    bt_files_add_interface(files, &interfaces[0]);
    bt_files_packet(files, 0, &packet);
    free(data);
    return !bt_files_close(files);
}

/* rotate FILE N OPTION...: N packets into files that follow each other as the
 * OPTIONs, each as for -b or with "-a " in front, say. */
static int
test_rotate(int argc, char *argv[])
{
    struct bt_files_config config;
    struct bt_files *files;
    uint8_t data[100];
    int n = 0;

    if (argc < 3) {
        return 2;
    }
    memset(&config, 0, sizeof config);
    config.path = argv[1];
    for (int i = 3; i < argc; i++) {
        if (!strncmp(argv[i], "-a ", 3)) {
            bt_files_parse_end("-a", argv[i] + 3, &config);
        } else {
            bt_files_parse_next("-b", argv[i], &config);
        }
    }
    bt_files_check(&config);
    make_frame(data, sizeof data, 2);
    files = open_files(&config);
    bt_files_add_interface(files, &interfaces[0]);
    while (n < atoi(argv[2])) {
        struct bt_packet packet = {
            .ts = NEW_YEAR + n, .data = data, .caplen = sizeof data,
            .len = sizeof data,
        };

        n++;
        if (!bt_files_packet(files, 0, &packet)) {
            break;
        }
    }
    printf("%d packets\n", n);
    return !bt_files_close(files);
}

/* Files FILE that end with every interval, one so long that none ends now, from a
 * time when the clock was ten of them ahead: the next file begins when it is put
 * right, and only then. */
static int
test_set_back(int argc, char *argv[])
{
    struct bt_files_config config;
    struct bt_files *files;
    uint64_t next;

    if (argc < 2) {
        return 2;
    }
    memset(&config, 0, sizeof config);
    config.path = argv[1];
    bt_files_parse_next("-b", "interval:10000d", &config);
    bt_files_check(&config);
    files = open_files(&config);
    bt_files_add_interface(files, &interfaces[0]);
    next = files->next_interval;
    bt_files_run(files);
    printf("%s\n", files->number == 1 ? "one file" : "several files");
    files->next_interval += 10 * config.next.interval;
    bt_files_run(files);
    printf("%u files, %s\n", files->number,
           files->next_interval == next ? "the same interval" : "another interval");
    return !bt_files_close(files);
}

/* merge: adds, changes and removes items at random; what comes out must be in
 * order. */
static int
test_merge(int argc, char *argv[])
{
    enum { N = 100 };
    struct bt_merge_item items[N];
    struct bt_merge merge = { NULL, 0, 0 };
    bool in_heap[N] = { false };

    (void) argc;
    (void) argv;
    srand(1);
    for (int step = 0; step < 100000; step++) {
        int i = rand() % N;
        const struct bt_merge_item *first;

        if (!in_heap[i]) {
            items[i].ts = rand() % 1000;
            bt_merge_add(&merge, &items[i]);
            in_heap[i] = true;
        } else if (rand() % 2) {
            bt_merge_remove(&merge, &items[i]);
            in_heap[i] = false;
        } else {
            items[i].ts = rand() % 1000;
            bt_merge_changed(&merge, &items[i]);
        }

        first = bt_merge_first(&merge);
        for (int j = 0; j < N; j++) {
            if (in_heap[j] && (!first || items[j].ts < first->ts)) {
                printf("step %d: item %d has time %llu, but %llu is said to "
                       "be the first\n", step, j,
                       (unsigned long long int) items[j].ts,
                       (unsigned long long int) (first ? first->ts : 0));
                return 1;
            }
        }
    }
    bt_merge_free(&merge);
    return 0;
}

/* labels: numbers in tcpdump's output are replaced once, in order. */
static int
test_labels(int argc, char *argv[])
{
    static const char *const lines[] = {
        "    1  12:00:00.000000 IP\n",
        "    1  not again\n",
        "\t0x0000:  4500\n",
        "    2  12:00:00.000001 IP\n",
        "    10.0.0.1 > 10.0.0.2: ICMP\n",
        "    3  12:00:00.000002 IP\n",
    };
    struct bt_labels *labels = bt_labels_create();

    (void) argc;
    (void) argv;
    bt_labels_note(labels, 0, "p1", BT_DIR_IN);
    bt_labels_note(labels, 1, "p2", BT_DIR_OUT);
    bt_labels_note(labels, 0, "p1", BT_DIR_UNKNOWN);
    for (size_t i = 0; i < BT_ARRAY_SIZE(lines); i++) {
        char label[300] = "";
        size_t skip = bt_labels_match(labels, lines[i], strlen(lines[i]),
                                      label, sizeof label);

        printf("%s%s", label, lines[i] + skip);
    }
    return 0;
}

/* json STRING: prints STRING as JSON. */
static int
test_json(int argc, char *argv[])
{
    struct bt_str s = { NULL, 0, 0 };

    if (argc != 2) {
        return 2;
    }
    bt_str_json(&s, argv[1]);
    puts(s.s);
    bt_str_free(&s);
    return 0;
}

/* Prints the options of a block, from 'p' up to 'end': "CODE=NUMBER" for those
 * of 4 or 8 bytes, else "CODE:LENGTH". */
static void
print_options(const uint8_t *p, const uint8_t *end)
{
    while (p + 4 <= end) {
        uint16_t code, length;
        uint64_t number = 0;

        memcpy(&code, p, 2);
        memcpy(&length, p + 2, 2);
        if (!code) {
            break;
        }
        if (length == 4 || length == 8) {
            uint32_t low;

            memcpy(&low, p + 4, 4);
            memcpy(&number, p + 4, length);
            printf(" %u=%llu", code,
                   length == 4 ? (unsigned long long int) low
                               : (unsigned long long int) number);
        } else {
            printf(" %u:%u", code, length);
        }
        p += 4 + (length + 3) / 4 * 4;
    }
    putchar('\n');
}

/* options FILE: prints the blocks of a pcapng file, one to a line, with their
 * options.  This reads the format's own words, which other readers may pass
 * over. */
static int
test_options(int argc, char *argv[])
{
    uint32_t head[2], caplen;
    FILE *stream;

    if (argc != 2 || !(stream = fopen(argv[1], "rb"))) {
        return 2;
    }
    while (fread(head, sizeof head, 1, stream) == 1) {
        uint8_t *body = bt_alloc(head[1] - 8);
        const uint8_t *end = body + head[1] - 12;
        uint32_t tail;

        if (head[1] < 12 || fread(body, head[1] - 8, 1, stream) != 1) {
            printf("cut short\n");
            return 1;
        }
        memcpy(&tail, end, 4);
        memcpy(&caplen, body + 12, 4);
        printf("%s", tail == head[1] ? "" : "wrong length ");
        switch (head[0]) {
        case 0x0a0d0d0a:
            printf("SHB");
            print_options(body + 16, end);
            break;
        case 1:
            printf("IDB");
            print_options(body + 8, end);
            break;
        case 5:
            printf("ISB");
            print_options(body + 12, end);
            break;
        case 6:
            printf("EPB");
            print_options(body + 20 + (caplen + 3) / 4 * 4, end);
            break;
        default:
            printf("block %u\n", head[0]);
            break;
        }
        free(body);
    }
    fclose(stream);
    return 0;
}

/* hex FILE: prints the packets of FILE, as libpcap reads it: the original
 * length if it differs, and the bytes. */
static int
test_hex(int argc, char *argv[])
{
    char errbuf[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *header;
    const uint8_t *data;
    pcap_t *pcap;
    int retval;

    if (argc != 2) {
        return 2;
    }
    pcap = pcap_open_offline(argv[1], errbuf);
    if (!pcap) {
        printf("%s\n", errbuf);
        return 1;
    }
    while ((retval = pcap_next_ex(pcap, &header, &data)) == 1) {
        if (header->len != header->caplen) {
            printf("%u: ", header->len);
        }
        for (uint32_t i = 0; i < header->caplen; i++) {
            printf("%02x", data[i]);
        }
        putchar('\n');
    }
    if (retval != PCAP_ERROR_BREAK) {
        printf("%s\n", pcap_geterr(pcap));
    }
    pcap_close(pcap);
    return retval != PCAP_ERROR_BREAK;
}

/* Number 'i' of the packets for a ring, with its data in 'data'. */
static struct bt_packet
ring_packet(uint32_t i, uint8_t data[])
{
    uint32_t caplen = i * 2654435761u % 70000;

    memset(data, i, caplen);
    return (struct bt_packet) {
        .ts = NEW_YEAR + i, .data = data, .caplen = caplen, .len = caplen + 1,
        .direction = BT_DIR_IN, .comment = i % 7 ? NULL : "seven"
    };
}

/* Takes a packet out of 'ring', which must be number 'i'. */
static bool
ring_has(struct bt_ring *ring, uint32_t i)
{
    static uint8_t data[70000];
    struct bt_packet want = ring_packet(i, data);
    struct bt_packet got;
    uint32_t number;

    return (bt_ring_take(ring, &number, &got) && number == i % 3
            && got.ts == want.ts && got.caplen == want.caplen
            && got.len == want.len && got.direction == want.direction
            && !memcmp(got.data, want.data, want.caplen)
            && !strcmp(got.comment ? got.comment : "",
                       want.comment ? want.comment : ""));
}

/* ring: puts packets into the smallest ring and takes some out, at random: those
 * that it has are the last ones, in order and whole. */
static int
test_ring(int argc, char *argv[])
{
    static uint8_t data[70000];
    struct bt_ring *ring = bt_ring_create(0);
    uint32_t next = 0;

    (void) argc;
    (void) argv;
    srand(1);
    for (int step = 0; step < 2000; step++) {
        for (int n = rand() % 100; n > 0; n--) {
            struct bt_packet packet = ring_packet(next, data);

            bt_ring_put(ring, next % 3, &packet, next);
            next++;
        }
        if (rand() % 10 == 0 && next > 10) {
            bt_ring_forget(ring, next - 10);
            if (bt_ring_n_packets(ring) > 10) {
                printf("step %d: what is old was not forgotten\n", step);
                return 1;
            }
        }
        for (int n = rand() % 10; n > 0 && bt_ring_n_packets(ring); n--) {
            uint32_t i = next - bt_ring_n_packets(ring);

            if (bt_ring_oldest(ring) != i || !ring_has(ring, i)) {
                printf("step %d: wrong packet in place of %u\n", step, i);
                return 1;
            }
        }
    }
    for (int i = 0; i < 1000; i++) {
        struct bt_packet packet = ring_packet(next, data);

        bt_ring_put(ring, next % 3, &packet, next);
        next++;
    }
    if (bt_ring_n_packets(ring) < 20) {
        printf("only %zu packets are left in a full ring\n",
               bt_ring_n_packets(ring));
        return 1;
    }
    while (bt_ring_n_packets(ring)) {
        uint32_t i = next - bt_ring_n_packets(ring);

        if (!ring_has(ring, i)) {
            printf("at the end: wrong packet in place of %u\n", i);
            return 1;
        }
    }
    bt_ring_destroy(ring);
    return 0;
}

int
main(int argc, char *argv[])
{
    static const struct {
        const char *name;
        int (*run)(int argc, char *argv[]);
    } tests[] = {
        { "write", test_write },
        { "fill", test_fill },
        { "long", test_long },
        { "rotate", test_rotate },
        { "set-back", test_set_back },
        { "merge", test_merge },
        { "ring", test_ring },
        { "labels", test_labels },
        { "json", test_json },
        { "hex", test_hex },
        { "options", test_options },
    };

    for (size_t i = 0; argc > 1 && i < BT_ARRAY_SIZE(tests); i++) {
        if (!strcmp(argv[1], tests[i].name)) {
            return tests[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "usage: test-bpftap TEST [ARGUMENT]...\n");
    return 2;
}
