/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* Fuzzes validator and compiler of filters: whatever instructions come in,
 * those that the validator lets through do the same as machine code as in
 * libpcap's interpreter, and read nothing beyond the packet.
 *
 * Compiled with FUZZER_MAIN, "fuzz-bpf-filter SEED N" mutates compiled pcap
 * expressions N times in a reproducible way and prints how many mutants were
 * valid; SEED 0 takes one from the clock.  Under libFuzzer leave FUZZER_MAIN
 * out, for example:
 *
 *     clang -g -fsanitize=fuzzer,address,undefined ... \
 *         tests/fuzz-bpf-filter.c tests/bpf-gen.c lib/bpf/bpf-filter.c \
 *         lib/bpf/bpf-jit*.c ... -lpcap -o fuzz-bpf-filter
 *
 * An input is: one byte that chooses how to get a program, one byte that says
 * how long it is, the program, and the packet.
 *
 * Single-threaded. */

#include <config.h>
#undef NDEBUG
#include "bpf/bpf-filter.h"

#include <inttypes.h>
#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bpf-gen.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_INSNS 255
#define MAX_PACKET 512

/* Number of inputs so far that were valid programs. */
static unsigned long int n_valid;

/* Runs the program, if it is one, both ways over all beginnings of the
 * packet. */
static void
run(const struct bpf_insn *insns, size_t n, const uint8_t *packet,
    size_t packet_len)
{
    static uint8_t *end;
    struct bpf_prog *prog;
    const char *why;

    if (bpf_prog_create(insns, n, BPF_PROG_MAX_INSNS, 0, &prog, &why)) {
        return;
    }
    n_valid++;
    ovs_assert(bpf_validate(insns, n));
    ovs_assert(bpf_prog_is_compiled(prog) == (bpf_jit_target() != NULL));

    end = end ? end : bpf_gen_guarded_end(MAX_PACKET);
    for (size_t size = 0; size <= MIN(packet_len, MAX_PACKET); size++) {
        memcpy(end - size, packet, size);

        uint32_t expected = bpf_filter(insns, end - size, packet_len, size);
        uint32_t got = bpf_prog_run(prog, end - size, packet_len, size);

        if (got != expected) {
            for (size_t i = 0; i < n; i++) {
                fprintf(stderr, "%s\n", bpf_image(&insns[i], i));
            }
            fprintf(stderr, "%"PRIuSIZE" bytes: expected %"PRIu32
                    ", got %"PRIu32"\n", size, expected, got);
            abort();
        }
    }
    bpf_prog_destroy(prog);
}

/* The input has the instructions themselves. */
static void
run_given(size_t n, const uint8_t *data, size_t size)
{
    struct bpf_insn insns[MAX_INSNS + 1];

    n = MIN(n, size / sizeof insns[0]);
    memcpy(insns, data, n * sizeof insns[0]);
    run(insns, n, data + n * sizeof insns[0], size - n * sizeof insns[0]);
}

/* The input has the choices of which a valid program is made. */
static void
run_generated(size_t n, const uint8_t *data, size_t size)
{
    struct bpf_insn insns[MAX_INSNS + 1];
    struct bpf_gen g = { .input = data, .input_len = size };

    n = bpf_gen_program(&g, insns, n + 1, 60);
    run(insns, n, g.input, g.input_len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    if (data[0] & 1) {
        run_generated(data[1], data + 2, size - 2);
    } else {
        run_given(data[1], data + 2, size - 2);
    }
    return 0;
}

#ifdef FUZZER_MAIN
static const char *const expressions[] = {
    ("tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2))"
     " != 0)"),
    "vlan 100 and udp portrange 50-60",
    "ip6 and ip6[40] & 7 != 0",
    "not host 10.0.0.1 and len / 7 % 3 > 1",
    "ether[0] & 1 = 0 and ip[16] >= 224 or icmp6[0] >> (ip6[6] & 3) == 5",
};

/* Puts expression 'i' and a random packet together as an input for
 * run_given(). */
static size_t
make_input(struct bpf_gen *g, pcap_t *pcap, size_t i, uint8_t *input)
{
    struct bpf_program program;
    size_t size;

    if (pcap_compile(pcap, &program, expressions[i], 1,
                     PCAP_NETMASK_UNKNOWN)) {
        ovs_fatal(0, "%s: %s", expressions[i], pcap_geterr(pcap));
    }
    ovs_assert(program.bf_len <= MAX_INSNS);
    input[0] = 0;
    input[1] = program.bf_len;
    size = 2 + program.bf_len * sizeof(struct bpf_insn);
    memcpy(input + 2, program.bf_insns, size - 2);
    pcap_freecode(&program);
    for (int j = 0; j < 80; j++) {
        input[size++] = bpf_gen_u32(g);
    }
    return size;
}

/* Changes a few bytes, mostly to something that has a meaning. */
static void
mutate(struct bpf_gen *g, uint8_t *input, size_t size)
{
    static const uint8_t values[] = {
        0, 1, 2, 4, 5, 6, 7, 8, 0x0c, 0x15, 0x16, 0x1d, 0x28, 0x30, 0x3c,
        0x40, 0x48, 0x50, 0x60, 0x61, 0x6c, 0x7c, 0x80, 0x9c, 0xb1, 0xff,
    };

    for (uint32_t n = 1 + bpf_gen_below(g, 4); n > 0; n--) {
        size_t at = 2 + bpf_gen_below(g, size - 2);

        input[at] = (bpf_gen_below(g, 2)
                     ? values[bpf_gen_below(g, sizeof values)]
                     : input[at] ^ 1u << bpf_gen_below(g, 8));
    }
}

int
main(int argc, char *argv[])
{
    pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
    struct bpf_gen g = { .state = 0 };
    uint8_t original[4096], mutant[4096];
    unsigned long int n;

    if (argc != 3) {
        fprintf(stderr, "usage: %s SEED N\n", argv[0]);
        return EXIT_FAILURE;
    }
    g.state = strtoull(argv[1], NULL, 10);
    g.state = g.state ? g.state : (uint64_t) time(NULL);
    printf("seed %"PRIu64"\n", g.state);
    n = strtoul(argv[2], NULL, 10);
    for (unsigned long int i = 0; i < n; i += 1000) {
        size_t size = make_input(&g, pcap, i / 1000 % ARRAY_SIZE(expressions),
                                 original);

        for (int j = 0; j < 1000; j++) {
            memcpy(mutant, original, size);
            mutate(&g, mutant, size);
            LLVMFuzzerTestOneInput(mutant, size);
        }
    }
    pcap_close(pcap);

    printf("%lu of %lu valid\n", n_valid, n);
    if (n_valid < n / 100 || n_valid > n / 100 * 99) {
        fprintf(stderr, "expected some mutants to be valid and some not\n");
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
#endif
