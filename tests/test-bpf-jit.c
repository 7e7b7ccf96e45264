/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* Runs the filters that "test-bpf-filter vectors" printed as machine code and
 * compares the results.
 *
 * This program needs nothing but the C library and the compiler of filters,
 * so that the compiler for another processor can be tested under an emulator:
 * the expected results come from the machine that printed them.
 *
 * Reads standard input; prints how many results it compared.  Every packet
 * ends where a page begins that must not be read. */

#undef NDEBUG
#include "bpf/bpf-jit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

/* Wants the types of <sys/types.h>. */
#include <pcap/bpf.h>

#define MAX_INSNS 4096

static struct bpf_jit jit;
static uint8_t *packet_end;
static unsigned long int n_programs;
static unsigned long int n_results;

static void
fail(const char *what)
{
    fprintf(stderr, "program %lu, result %lu: %s\n",
            n_programs, n_results, what);
    exit(EXIT_FAILURE);
}

static void
make_packet_memory(void)
{
    size_t page = sysconf(_SC_PAGESIZE);
    uint8_t *start = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANON, -1, 0);

    if (start == MAP_FAILED || mprotect(start + page, page, PROT_NONE)) {
        fail("no memory");
    }
    packet_end = start + page;
}

/* "p CODE JT JF K ...". */
static void
read_program(const char *s)
{
    static struct bpf_insn insns[MAX_INSNS];
    size_t n = 0;
    unsigned int code, jt, jf;
    uint32_t k;
    int len;

    while (sscanf(s, "%u %u %u %"SCNu32"%n", &code, &jt, &jf, &k, &len) == 4) {
        if (n >= MAX_INSNS) {
            fail("program too long");
        }
        insns[n++] = (struct bpf_insn) {
            .code = code, .jt = jt, .jf = jf, .k = k,
        };
        s += len;
    }
    n_programs++;
    bpf_jit_free(&jit);
    if (!bpf_jit_compile(insns, n, &jit)) {
        fail("not compiled");
    }
}

/* "d HEX". */
static void
read_packet(const char *s)
{
    size_t n = strspn(s, "0123456789abcdef") / 2;

    for (uint8_t *p = packet_end - n; p < packet_end; p++, s += 2) {
        unsigned int byte;

        if (sscanf(s, "%2x", &byte) != 1) {
            fail("bad packet");
        }
        *p = byte;
    }
}

/* Runs the program over a batch with the packet at both ends and something
 * shorter in between. */
static uint32_t
run(uint32_t wirelen, uint32_t size)
{
    struct bpf_packet packets[3];
    size_t n_accepted, n = 0;

    for (size_t i = 0; i < 3; i++) {
        uint32_t cut = i == 1 ? size / 2 : size;

        packets[i] = (struct bpf_packet) {
            .data = packet_end - cut, .size = cut, .wirelen = wirelen,
            .verdict = 4242,
        };
    }
    n_accepted = jit.run(packets, 3);
    for (size_t i = 0; i < 3; i++) {
        n += packets[i].verdict != 0;
    }
    if (n_accepted != n) {
        fprintf(stderr, "%zu accepted, %zu counted\n", n, n_accepted);
        fail("wrong number of packets accepted");
    }
    if (packets[0].verdict != packets[2].verdict) {
        fail("a packet's place in the batch matters");
    }
    return packets[0].verdict;
}

/* "r WIRELEN SIZE VERDICT". */
static void
check_result(const char *s)
{
    uint32_t wirelen, size, expected, got;

    if (sscanf(s, "%"SCNu32" %"SCNu32" %"SCNu32,
               &wirelen, &size, &expected) != 3) {
        fail("bad result");
    }
    n_results++;
    got = run(wirelen, size);
    if (got != expected) {
        fprintf(stderr, "size %"PRIu32": expected %"PRIu32", got %"PRIu32"\n",
                size, expected, got);
        fail("wrong result");
    }
}

int
main(void)
{
    char *line = NULL;
    size_t room = 0;

    make_packet_memory();
    while (getline(&line, &room, stdin) > 0) {
        switch (line[0]) {
        case 'p':
            read_program(line + 1);
            break;
        case 'd':
            read_packet(line + 2);
            break;
        case 'r':
            check_result(line + 1);
            break;
        default:
            fail("bad line");
        }
    }
    free(line);
    bpf_jit_free(&jit);
    printf("%s: %lu programs, %lu results\n",
           bpf_jit_target(), n_programs, n_results);
    return n_results ? EXIT_SUCCESS : EXIT_FAILURE;
}
