/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* Tests of filters: validator, meaning, and whether machine code and
 * libpcap's interpreter always agree.
 *
 *     test-bpf-filter check             what the validator accepts and refuses
 *     test-bpf-filter cases             programs with known results
 *     test-bpf-filter expressions       compiled pcap expressions on frames
 *     test-bpf-filter random SEED N     N random programs, packets of every
 *                                       length; SEED 0: from the clock
 *     test-bpf-filter vectors SEED N    the same with results, as text for
 *                                       test-bpf-jit on another processor
 *     test-bpf-filter wx                code is never writable and executable
 *     test-bpf-filter refused           the system refuses memory for code
 *     test-bpf-filter threads           replaced while other threads run it
 *
 * Every packet ends where a page begins that must not be read. */

#include <config.h>
#undef NDEBUG
#include "bpf/bpf-filter.h"

#include <errno.h>
#include <inttypes.h>
#include <pcap.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "bpf-gen.h"
#include "bpf/bpf-device.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "util.h"

/* Longest packet of random tests, in bytes. */
#define MAX_PACKET 80

static uint8_t *packet_end;

static void OVS_NO_RETURN OVS_PRINTF_FORMAT(1, 2)
fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(EXIT_FAILURE);
}

static void
print_program(const struct bpf_insn *insns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fprintf(stderr, "%s\n", bpf_image(&insns[i], i));
    }
}

/* Fails unless the verdict about 'p' is that of libpcap's interpreter. */
static void
check_verdict(const struct bpf_prog *prog, const struct bpf_packet *p)
{
    const uint8_t *data = p->data;
    uint32_t expected = bpf_filter(prog->insns, data, p->wirelen, p->size);

    if (p->verdict != expected) {
        print_program(prog->insns, prog->n_insns);
        for (uint32_t i = 0; i < p->size; i++) {
            fprintf(stderr, "%02x ", data[i]);
        }
        fail("\n%"PRIu32" bytes of %"PRIu32": expected %"PRIu32
             ", got %"PRIu32, p->size, p->wirelen, expected, p->verdict);
    }
}

/* Runs a program in both ways, over a batch: of the packet, of less of it, and
 * once more of the packet, for nothing may be left of one packet when it is
 * the next one's turn.  Fails if the ways disagree.  Returns the verdict about
 * the packet. */
static uint32_t
run_both(const struct bpf_prog *prog, uint32_t wirelen, uint32_t size)
{
    const uint32_t sizes[] = { size, size / 2, size };
    struct bpf_packet packets[ARRAY_SIZE(sizes)];
    size_t n_accepted = 0;
    size_t n;

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        packets[i] = (struct bpf_packet) {
            .data = packet_end - sizes[i], .size = sizes[i],
            .wirelen = wirelen, .verdict = 4242,
        };
    }
    n = bpf_prog_run_batch(prog, packets, ARRAY_SIZE(packets));
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        check_verdict(prog, &packets[i]);
        n_accepted += packets[i].verdict != 0;
    }
    if (n != n_accepted) {
        print_program(prog->insns, prog->n_insns);
        fail("%"PRIuSIZE" packets accepted, %"PRIuSIZE" counted",
             n_accepted, n);
    }
    return packets[0].verdict;
}

static struct bpf_prog *
create(const struct bpf_insn *insns, size_t n)
{
    struct bpf_prog *prog;
    const char *why;

    if (bpf_prog_create(insns, n, BPF_PROG_MAX_INSNS, 0, &prog, &why)) {
        print_program(insns, n);
        fail("program expected to be valid: %s", why);
    }
    if (bpf_prog_is_compiled(prog) != (bpf_jit_target() != NULL)) {
        fail("program expected to be compiled");
    }
    return prog;
}

/* Validator. */

#define STMT(CODE, K) BPF_STMT(CODE, K)
#define JUMP(CODE, K, JT, JF) BPF_JUMP(CODE, K, JT, JF)
#define RET(K) BPF_STMT(BPF_RET | BPF_K, K)

struct check_case {
    const char *title;
    const char *why;            /* NULL if valid. */
    size_t where;
    size_t n;
    struct bpf_insn insns[8];
};

static const char too_many[] =
    "too many instructions (see other_config:bpf-insn-max)";
static const char unknown[] = "unknown operation";
static const char out_of_program[] = "jump out of the program";
static const char backward[] =
    "backward jump (no loops, hence no \"protochain\")";
static const char word_range[] = "memory word out of range";
static const char unwritten[] = "memory word read before it is written";
static const char division[] = "division by zero";
static const char shift[] = "shift by 32 or more bits";
static const char no_return[] = "last instruction does not return";

static const char foreign[] =
    "load of what only Linux's kernel knows (\"ifindex\")";

static const struct check_case check_cases[] = {
    { "Linux's ifindex", foreign, 1, 3,
      { STMT(BPF_LD | BPF_IMM, 0),
        STMT(BPF_LD | BPF_W | BPF_ABS, 0xfffff008), RET(1) } },
    { "Linux's packet type", NULL, 0, 2,
      { STMT(BPF_LD | BPF_H | BPF_ABS, 0xfffff004), RET(1) } },
    { "one return", NULL, 0, 1, { RET(0) } },
    { "return A", NULL, 0, 1, { STMT(BPF_RET | BPF_A, 0) } },
    { "return X", unknown, 0, 1, { STMT(BPF_RET | BPF_X, 0) } },
    { "nothing", "no instructions", 0, 0, { RET(0) } },
    { "no return", no_return, 0, 1, { STMT(BPF_LD | BPF_IMM, 1) } },
    { "return in the middle only", no_return, 1, 2,
      { RET(1), STMT(BPF_LD | BPF_IMM, 1) } },
    { "load of 8 bytes", unknown, 0, 2,
      { STMT(BPF_LD | 0x18 | BPF_ABS, 0), RET(1) } },
    { "load byte immediate", unknown, 0, 2,
      { STMT(BPF_LD | BPF_B | BPF_IMM, 0), RET(1) } },
    { "load byte from memory", unknown, 1, 3,
      { STMT(BPF_ST, 0), STMT(BPF_LD | BPF_B | BPF_MEM, 0), RET(1) } },
    { "load MSH into A", unknown, 0, 2,
      { STMT(BPF_LD | BPF_B | BPF_MSH, 0), RET(1) } },
    { "load word MSH", unknown, 0, 2,
      { STMT(BPF_LDX | BPF_W | BPF_MSH, 0), RET(1) } },
    { "load X absolute", unknown, 0, 2,
      { STMT(BPF_LDX | BPF_W | BPF_ABS, 0), RET(1) } },
    { "high bits of the operation", unknown, 0, 2,
      { STMT(0x100 | BPF_LD | BPF_IMM, 0), RET(1) } },
    { "all bits of the operation", unknown, 0, 1, { STMT(0xffff, 0) } },
    { "store with a mode", unknown, 0, 2,
      { STMT(BPF_ST | BPF_MEM, 0), RET(1) } },
    { "negation with X", unknown, 0, 2,
      { STMT(BPF_ALU | BPF_NEG | BPF_X, 0), RET(1) } },
    { "unknown arithmetic", unknown, 0, 2,
      { STMT(BPF_ALU | 0xb0, 1), RET(1) } },
    { "unknown jump", unknown, 0, 2,
      { JUMP(BPF_JMP | 0x50, 0, 0, 0), RET(1) } },
    { "jump always with X", unknown, 0, 2,
      { STMT(BPF_JMP | BPF_JA | BPF_X, 0), RET(1) } },
    { "coprocessor call", unknown, 0, 2,
      { STMT(BPF_MISC | 0x20, 0), RET(1) } },
    { "jump to the last instruction", NULL, 0, 3,
      { JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), RET(0), RET(1) } },
    { "jump behind the last (true)", out_of_program, 0, 3,
      { JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0), RET(0), RET(1) } },
    { "jump behind the last (false)", out_of_program, 1, 3,
      { STMT(BPF_LD | BPF_IMM, 0), JUMP(BPF_JMP | BPF_JSET | BPF_X, 0, 0, 1),
        RET(1) } },
    { "jump always, too far", out_of_program, 0, 2,
      { STMT(BPF_JMP | BPF_JA, 1), RET(1) } },
    { "jump always, very far", out_of_program, 0, 2,
      { STMT(BPF_JMP | BPF_JA, INT32_MAX), RET(1) } },
    { "jump to itself", backward, 0, 2,
      { STMT(BPF_JMP | BPF_JA, UINT32_MAX), RET(1) } },
    { "jump back", backward, 1, 3,
      { STMT(BPF_LD | BPF_IMM, 0), STMT(BPF_JMP | BPF_JA, -2), RET(1) } },
    { "jump back, most", backward, 0, 2,
      { STMT(BPF_JMP | BPF_JA, 0x80000000), RET(1) } },
    { "memory word 15", NULL, 0, 3,
      { STMT(BPF_ST, 15), STMT(BPF_LD | BPF_MEM, 15), RET(1) } },
    { "store to memory word 16", word_range, 0, 2,
      { STMT(BPF_ST, 16), RET(1) } },
    { "store X to memory word 2**32 - 1", word_range, 0, 2,
      { STMT(BPF_STX, UINT32_MAX), RET(1) } },
    { "load from memory word 16", word_range, 0, 2,
      { STMT(BPF_LD | BPF_MEM, 16), RET(1) } },
    { "load X from memory word 16", word_range, 0, 2,
      { STMT(BPF_LDX | BPF_MEM, 16), RET(1) } },
    { "memory not written", unwritten, 0, 2,
      { STMT(BPF_LD | BPF_MEM, 3), RET(1) } },
    { "another memory word written", unwritten, 1, 3,
      { STMT(BPF_ST, 4), STMT(BPF_LDX | BPF_MEM, 3), RET(1) } },
    { "memory written on one path", unwritten, 2, 4,
      { JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), STMT(BPF_ST, 0),
        STMT(BPF_LD | BPF_MEM, 0), RET(1) } },
    { "memory written on both paths", NULL, 0, 6,
      { JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 2), STMT(BPF_ST, 0),
        STMT(BPF_JMP | BPF_JA, 1), STMT(BPF_STX, 0),
        STMT(BPF_LD | BPF_MEM, 0), RET(1) } },
    { "memory written, other path returns", NULL, 0, 5,
      { JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), STMT(BPF_JMP | BPF_JA, 1),
        RET(0), STMT(BPF_ST, 0), RET(1) } },
    { "memory written on the path that is jumped over", unwritten, 3, 5,
      { STMT(BPF_JMP | BPF_JA, 1), STMT(BPF_ST, 0), STMT(BPF_LD | BPF_IMM, 0),
        STMT(BPF_LD | BPF_MEM, 0), RET(1) } },
    { "memory read where nothing gets", NULL, 0, 3,
      { RET(1), STMT(BPF_LD | BPF_MEM, 0), RET(1) } },
    { "division by 0", division, 0, 2,
      { STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RET(1) } },
    { "modulus by 0", division, 0, 2,
      { STMT(BPF_ALU | BPF_MOD | BPF_K, 0), RET(1) } },
    { "division by X, k is 0", NULL, 0, 2,
      { STMT(BPF_ALU | BPF_DIV | BPF_X, 0), RET(1) } },
    { "shift left by 31", NULL, 0, 2,
      { STMT(BPF_ALU | BPF_LSH | BPF_K, 31), RET(1) } },
    { "shift left by 32", shift, 0, 2,
      { STMT(BPF_ALU | BPF_LSH | BPF_K, 32), RET(1) } },
    { "shift right by 2**32 - 1", shift, 0, 2,
      { STMT(BPF_ALU | BPF_RSH | BPF_K, UINT32_MAX), RET(1) } },
    { "shift by X, k is 32", NULL, 0, 2,
      { STMT(BPF_ALU | BPF_RSH | BPF_X, 32), RET(1) } },
    { "unused fields", NULL, 0, 3,
      { JUMP(BPF_LD | BPF_IMM, 0, 255, 255),
        JUMP(BPF_MISC | BPF_TAX, 0xffffffff, 1, 77),
        JUMP(BPF_RET | BPF_A, 99, 200, 200) } },
};

static void
test_check(void)
{
    struct bpf_insn many[BPF_PROG_MAX_INSNS + 1];

    for (size_t i = 0; i < ARRAY_SIZE(check_cases); i++) {
        const struct check_case *c = &check_cases[i];
        size_t where = 99;
        const char *why = bpf_prog_check(c->insns, c->n, 512, &where);

        if (!why != !c->why || (why && strcmp(why, c->why))
            || where != c->where) {
            fail("%s: expected %s at %"PRIuSIZE", got %s at %"PRIuSIZE,
                 c->title, c->why ? c->why : "valid", c->where,
                 why ? why : "valid", where);
        }
    }

    /* Lengths. */
    for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
        many[i] = (struct bpf_insn) RET(1);
    }
    static const struct {
        size_t n;
        size_t max;
        bool ok;
    } lens[] = {
        { 512, 512, true }, { 513, 512, false },
        { 4096, 4096, true }, { 4097, 4096, false },
        { 4097, SIZE_MAX, false }, { 2, 1, false },
    };
    for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
        const char *why = bpf_prog_check(many, lens[i].n, lens[i].max, NULL);

        if (!why != lens[i].ok
            || (why && strcmp(why, too_many))) {
            fail("%"PRIuSIZE" of %"PRIuSIZE" instructions: got %s",
                 lens[i].n, lens[i].max, why ? why : "valid");
        }
    }

    /* bpf_prog_create() refuses what bpf_prog_check() does. */
    struct bpf_prog *prog;
    const char *why;
    if (bpf_prog_create(many, 2, 1, 0, &prog, &why) != EINVAL || prog
        || strcmp(why, too_many)) {
        fail("program that is too long: expected EINVAL");
    }
}

/* Every operation code that there is, against the table of bpf(4). */
static void
test_codes(void)
{
    static const uint16_t valid[] = {
        /* ld */ 0x00, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x60, 0x80,
        /* ldx */ 0x01, 0x61, 0x81, 0xb1, /* st, stx */ 0x02, 0x03,
        /* alu */ 0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c,
        0x54, 0x5c, 0x64, 0x6c, 0x74, 0x7c, 0x84, 0x94, 0x9c, 0xa4, 0xac,
        /* jmp */ 0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d,
        /* ret */ 0x06, 0x16, /* misc */ 0x07, 0x87,
    };

    for (uint32_t code = 0; code <= UINT16_MAX; code++) {
        /* Surrounded such that no other rule refuses it. */
        struct bpf_insn insns[] = {
            STMT(BPF_ST, 1), STMT(code, 1), RET(1), RET(1),
        };
        bool expected = false;
        bool got = !bpf_prog_check(insns, ARRAY_SIZE(insns), 512, NULL);

        for (size_t i = 0; i < ARRAY_SIZE(valid); i++) {
            expected |= valid[i] == code;
        }
        if (got != expected) {
            fail("operation %#x: expected %s", code,
                 expected ? "valid" : "unknown");
        }
    }
}

/* Programs with known results. */

struct run_case {
    const char *title;
    uint32_t expected;
    uint32_t wirelen;
    uint32_t size;
    size_t n;
    struct bpf_insn insns[8];
};

#define RETA STMT(BPF_RET | BPF_A, 0)
#define LDI(K) STMT(BPF_LD | BPF_IMM, K)
#define LDXI(K) STMT(BPF_LDX | BPF_IMM, K)
#define ALU_K(OP, K) STMT(BPF_ALU | BPF_K | (OP), K)
#define ALU_X(OP) STMT(BPF_ALU | BPF_X | (OP), 0)
#define LDABS(SIZE, K) STMT(BPF_LD | BPF_ABS | (SIZE), K)
#define LDIND(SIZE, K) STMT(BPF_LD | BPF_IND | (SIZE), K)

/* Byte 'i' of the packet is 0x81 + i. */
static const struct run_case run_cases[] = {
    { "A starts at 0", 0, 8, 8, 1, { RETA } },
    { "X starts at 0", 0, 8, 8, 2, { STMT(BPF_MISC | BPF_TXA, 0), RETA } },
    { "return k", 77, 8, 8, 1, { RET(77) } },
    { "return the largest k", UINT32_MAX, 8, 8, 1, { RET(UINT32_MAX) } },
    { "load byte", 0x83, 8, 8, 2, { LDABS(BPF_B, 2), RETA } },
    { "load half-word", 0x8384, 8, 8, 2, { LDABS(BPF_H, 2), RETA } },
    { "load word", 0x83848586, 8, 8, 2, { LDABS(BPF_W, 2), RETA } },
    { "load last word", 0x85868788, 8, 8, 2, { LDABS(BPF_W, 4), RETA } },
    { "load word beyond the end", 0, 8, 8, 3,
      { LDABS(BPF_W, 5), RET(1), RETA } },
    { "load byte beyond the end", 0, 100, 8, 2, { LDABS(BPF_B, 8), RET(1) } },
    { "load from an empty packet", 0, 0, 0, 2, { LDABS(BPF_B, 0), RET(1) } },
    { "load at 2**31", 0, 8, 8, 2, { LDABS(BPF_B, 0x80000000), RET(1) } },
    { "load at 2**32 - 1", 0, 8, 8, 2, { LDABS(BPF_W, UINT32_MAX), RET(1) } },
    { "load at 2**32 - 4", 0, 8, 8, 2, { LDABS(BPF_W, -4), RET(1) } },
    { "indirect byte", 0x84, 8, 8, 3, { LDXI(1), LDIND(BPF_B, 2), RETA } },
    { "indirect half-word", 0x8788, 8, 8, 3,
      { LDXI(4), LDIND(BPF_H, 2), RETA } },
    { "indirect word", 0x82838485, 8, 8, 3,
      { LDXI(1), LDIND(BPF_W, 0), RETA } },
    { "indirect word beyond the end", 0, 8, 8, 3,
      { LDXI(4), LDIND(BPF_W, 1), RET(1) } },
    { "indirect, sum overflows to 0", 0, 8, 8, 3,
      { LDXI(UINT32_MAX), LDIND(BPF_B, 1), RET(1) } },
    { "indirect, negative X", 0, 8, 8, 3,
      { LDXI(-2), LDIND(BPF_B, 4), RET(1) } },
    { "indirect, end overflows", 0, 8, 8, 3,
      { LDXI(0), LDIND(BPF_W, -2), RET(1) } },
    { "indirect, k is 2**31", 0, 8, 8, 3,
      { LDXI(0), LDIND(BPF_B, 0x80000000), RET(1) } },
    { "indirect, X and k are 2**31", 0, 8, 8, 3,
      { LDXI(0x80000000), LDIND(BPF_B, 0x80000000), RET(1) } },
    { "MSH", 12, 8, 8, 3,
      { STMT(BPF_LDX | BPF_MSH | BPF_B, 2), STMT(BPF_MISC | BPF_TXA, 0),
        RETA } },
    { "MSH keeps A", 5, 8, 8, 3,
      { LDI(5), STMT(BPF_LDX | BPF_MSH | BPF_B, 2), RETA } },
    { "MSH of the last byte", 32, 8, 8, 3,
      { STMT(BPF_LDX | BPF_MSH | BPF_B, 7), STMT(BPF_MISC | BPF_TXA, 0),
        RETA } },
    { "MSH beyond the end", 0, 9, 8, 2,
      { STMT(BPF_LDX | BPF_MSH | BPF_B, 8), RET(1) } },
    { "length into A", 1000, 1000, 8, 2,
      { STMT(BPF_LD | BPF_LEN, 0), RETA } },
    { "length into X", 1000, 1000, 8, 3,
      { STMT(BPF_LDX | BPF_LEN, 0), STMT(BPF_MISC | BPF_TXA, 0), RETA } },
    { "memory", 11, 8, 8, 6,
      { LDI(11), STMT(BPF_ST, 0), LDI(22), STMT(BPF_ST, 15),
        STMT(BPF_LD | BPF_MEM, 0), RETA } },
    { "memory from X", 33, 8, 8, 5,
      { LDXI(33), STMT(BPF_STX, 15), LDXI(0), STMT(BPF_LD | BPF_MEM, 15),
        RETA } },
    { "add", 1, 8, 8, 3, { LDI(UINT32_MAX), ALU_K(BPF_ADD, 2), RETA } },
    { "subtract", UINT32_MAX, 8, 8, 3, { LDI(1), ALU_K(BPF_SUB, 2), RETA } },
    { "multiply", 0xfffffffe, 8, 8, 3,
      { LDI(UINT32_MAX), ALU_K(BPF_MUL, 2), RETA } },
    { "divide is unsigned", 0x7fffffff, 8, 8, 3,
      { LDI(UINT32_MAX), ALU_K(BPF_DIV, 2), RETA } },
    { "divide by 7", 14, 8, 8, 3, { LDI(100), ALU_K(BPF_DIV, 7), RETA } },
    { "divide by 1", 100, 8, 8, 3, { LDI(100), ALU_K(BPF_DIV, 1), RETA } },
    { "divide by 2**32 - 1", 1, 8, 8, 3,
      { LDI(UINT32_MAX), ALU_K(BPF_DIV, UINT32_MAX), RETA } },
    { "modulus 7", 2, 8, 8, 3, { LDI(100), ALU_K(BPF_MOD, 7), RETA } },
    { "modulus 1", 0, 8, 8, 3, { LDI(100), ALU_K(BPF_MOD, 1), RETA } },
    { "modulus 16", 4, 8, 8, 3, { LDI(100), ALU_K(BPF_MOD, 16), RETA } },
    { "divide by X", 14, 8, 8, 4,
      { LDI(100), LDXI(7), ALU_X(BPF_DIV), RETA } },
    { "modulus X", 2, 8, 8, 4, { LDI(100), LDXI(7), ALU_X(BPF_MOD), RETA } },
    { "divide by X of 0", 0, 8, 8, 3, { LDI(100), ALU_X(BPF_DIV), RET(1) } },
    { "modulus X of 0", 0, 8, 8, 3, { LDI(100), ALU_X(BPF_MOD), RET(1) } },
    { "or", 0x7b, 8, 8, 4, { LDI(0x5a), LDXI(0x33), ALU_X(BPF_OR), RETA } },
    { "and", 0x12, 8, 8, 4, { LDI(0x5a), LDXI(0x33), ALU_X(BPF_AND), RETA } },
    { "exclusive or", 0x69, 8, 8, 4,
      { LDI(0x5a), LDXI(0x33), ALU_X(BPF_XOR), RETA } },
    { "negate", -5, 8, 8, 3, { LDI(5), STMT(BPF_ALU | BPF_NEG, 0), RETA } },
    { "shift left by 31", 0x80000000, 8, 8, 3,
      { LDI(3), ALU_K(BPF_LSH, 31), RETA } },
    { "shift right by 31", 1, 8, 8, 3,
      { LDI(UINT32_MAX), ALU_K(BPF_RSH, 31), RETA } },
    { "shift left by X", 40, 8, 8, 4,
      { LDI(5), LDXI(3), ALU_X(BPF_LSH), RETA } },
    { "shift left by X of 32", 0, 8, 8, 4,
      { LDI(5), LDXI(32), ALU_X(BPF_LSH), RETA } },
    { "shift right by X of 31", 1, 8, 8, 4,
      { LDI(UINT32_MAX), LDXI(31), ALU_X(BPF_RSH), RETA } },
    { "shift right by X of 33", 0, 8, 8, 4,
      { LDI(UINT32_MAX), LDXI(33), ALU_X(BPF_RSH), RETA } },
    { "shift right by X of 2**31", 0, 8, 8, 4,
      { LDI(UINT32_MAX), LDXI(0x80000000), ALU_X(BPF_RSH), RETA } },
    { "right shift of a difference", 0x7fffffff, 8, 8, 4,
      { LDI(0), ALU_K(BPF_SUB, 1), ALU_K(BPF_RSH, 1), RETA } },
    { "greater is unsigned", 1, 8, 8, 4,
      { LDI(0x80000000), JUMP(BPF_JMP | BPF_JGT | BPF_K, 1, 0, 1), RET(1),
        RET(2) } },
    { "greater, equal", 2, 8, 8, 4,
      { LDI(5), JUMP(BPF_JMP | BPF_JGT | BPF_K, 5, 0, 1), RET(1), RET(2) } },
    { "greater or equal, equal", 1, 8, 8, 5,
      { LDI(5), LDXI(5), JUMP(BPF_JMP | BPF_JGE | BPF_X, 0, 0, 1), RET(1),
        RET(2) } },
    { "bits in common", 1, 8, 8, 4,
      { LDI(0x80000001), JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x80000000, 0, 1),
        RET(1), RET(2) } },
    { "no bits in common", 2, 8, 8, 4,
      { LDI(6), JUMP(BPF_JMP | BPF_JSET | BPF_K, 9, 0, 1), RET(1), RET(2) } },
    { "both ways the same", 2, 8, 8, 4,
      { LDI(6), JUMP(BPF_JMP | BPF_JEQ | BPF_K, 9, 1, 1), RET(1), RET(2) } },
    { "jump always", 2, 8, 8, 4,
      { STMT(BPF_JMP | BPF_JA, 1), RET(1), RET(2), RET(3) } },
    { "both ways far", 3, 8, 8, 5,
      { LDI(6), JUMP(BPF_JMP | BPF_JEQ | BPF_K, 9, 1, 2), RET(1), RET(2),
        RET(3) } },
    { "short packet, but no load on this path", 9, 3, 3, 5,
      { LDABS(BPF_B, 0), JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x81, 2, 0),
        LDABS(BPF_W, 40), RET(1), RET(9) } },
    { "short packet, load on the other path", 0, 3, 3, 5,
      { LDABS(BPF_B, 0), JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x82, 2, 0),
        LDABS(BPF_W, 40), RET(1), RET(9) } },
    { "long load after a short one", 0, 3, 3, 3,
      { LDABS(BPF_B, 0), LDABS(BPF_W, 0), RET(9) } },
};

static void
fill_packet(uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        packet_end[(long int) i - size] = 0x81 + i;
    }
}

static void
test_cases(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(run_cases); i++) {
        const struct run_case *c = &run_cases[i];
        struct bpf_prog *prog = create(c->insns, c->n);
        uint32_t got;

        fill_packet(c->size);
        got = run_both(prog, c->wirelen, c->size);
        if (got != c->expected) {
            fail("%s: expected %"PRIu32", got %"PRIu32,
                 c->title, c->expected, got);
        }
        bpf_prog_destroy(prog);
    }

    /* No program: everything. */
    if (bpf_prog_run(NULL, packet_end, 0, 0) != BPF_PROG_ACCEPT_ALL) {
        fail("no filter: expected everything to be accepted");
    }
    bpf_prog_destroy(NULL);
}

/* The longest programs, with jumps over all lengths, so that every kind of
 * encoding occurs. */
static void
test_long(void)
{
    static struct bpf_insn insns[BPF_PROG_MAX_INSNS];
    const size_t n = ARRAY_SIZE(insns);

    for (size_t distance = 1; distance < n - 2; distance = distance * 3 + 1) {
        struct bpf_prog *prog;
        uint32_t got;

        for (size_t i = 0; i < n; i++) {
            insns[i] = (struct bpf_insn) ALU_K(BPF_ADD, 1);
        }
        insns[0] = (struct bpf_insn) STMT(BPF_JMP | BPF_JA, distance);
        insns[n - 1] = (struct bpf_insn) RETA;
        prog = create(insns, n);
        got = run_both(prog, 0, 0);
        if (got != n - 2 - distance) {
            fail("jump over %"PRIuSIZE": expected %"PRIuSIZE", got %"PRIu32,
                 distance, n - 2 - distance, got);
        }
        bpf_prog_destroy(prog);
    }
    for (unsigned int distance = 1; distance < 256; distance++) {
        struct bpf_prog *prog;
        uint32_t got;

        for (size_t i = 0; i < 300; i++) {
            insns[i] = (struct bpf_insn) ALU_K(BPF_ADD, 1);
        }
        insns[0] = (struct bpf_insn) JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0,
                                          distance, distance / 2);
        insns[1] = (struct bpf_insn) LDABS(BPF_W, distance);
        insns[299] = (struct bpf_insn) RETA;
        prog = create(insns, 300);
        got = run_both(prog, 0, 0);
        if (got != 298 - distance) {
            fail("branch over %u: expected %u, got %"PRIu32,
                 distance, 298 - distance, got);
        }
        bpf_prog_destroy(prog);
    }
}

/* Random programs. */

static uint64_t
choose_seed(const char *s)
{
    uint64_t seed = strtoull(s, NULL, 10);

    return seed ? seed : (uint64_t) time(NULL);
}

static void
gen_packet(struct bpf_gen *g)
{
    for (size_t i = 1; i <= MAX_PACKET; i++) {
        packet_end[-(long int) i] = bpf_gen_u32(g);
    }
}

static void
test_random(const char *seed_s, const char *n_s)
{
    struct bpf_gen g = { .state = choose_seed(seed_s) };
    unsigned long int n = strtoul(n_s, NULL, 10);
    unsigned long int n_accepted = 0;
    struct bpf_insn insns[BPF_PROG_DEFAULT_INSNS];

    printf("seed %"PRIu64"\n", g.state);
    for (unsigned long int i = 0; i < n; i++) {
        size_t n_insns = bpf_gen_program(&g, insns, ARRAY_SIZE(insns), 60);
        struct bpf_prog *prog = create(insns, n_insns);

        gen_packet(&g);
        for (uint32_t size = 0; size <= MAX_PACKET; size++) {
            uint32_t more = (bpf_gen_below(&g, 4) ? 0
                             : bpf_gen_below(&g, 10000));

            n_accepted += run_both(prog, size + more, size) != 0;
        }
        bpf_prog_destroy(prog);
    }

    /* Programs that reject everything would prove nothing. */
    printf("%lu of %lu packets accepted\n", n_accepted, n * (MAX_PACKET + 1));
    if (n > 100 && n_accepted < n * MAX_PACKET / 10) {
        fail("random programs accept too little to be a test");
    }
}

/* The same as text: a line "p CODE JT JF K ..." for a program, "d HEX" for the
 * longest packet, then "r WIRELEN SIZE VERDICT" for its last SIZE bytes. */

static void
print_program_vector(const struct bpf_insn *insns, size_t n)
{
    printf("p");
    for (size_t i = 0; i < n; i++) {
        printf(" %u %u %u %"PRIu32, insns[i].code, insns[i].jt, insns[i].jf,
               (uint32_t) insns[i].k);
    }
    putchar('\n');
}

static void
print_packet_vector(uint32_t size)
{
    printf("d ");
    for (const uint8_t *p = packet_end - size; p < packet_end; p++) {
        printf("%02x", *p);
    }
    putchar('\n');
}

static void
print_result_vector(const struct bpf_insn *insns, uint32_t wirelen,
                    uint32_t size)
{
    printf("r %"PRIu32" %"PRIu32" %u\n", wirelen, size,
           bpf_filter(insns, packet_end - size, wirelen, size));
}

static void
print_vectors(const char *seed_s, const char *n_s)
{
    struct bpf_gen g = { .state = choose_seed(seed_s) };
    unsigned long int n = strtoul(n_s, NULL, 10);
    struct bpf_insn insns[BPF_PROG_DEFAULT_INSNS];

    for (size_t i = 0; i < ARRAY_SIZE(run_cases); i++) {
        const struct run_case *c = &run_cases[i];

        fill_packet(c->size);
        print_program_vector(c->insns, c->n);
        print_packet_vector(c->size);
        print_result_vector(c->insns, c->wirelen, c->size);
    }
    for (unsigned long int i = 0; i < n; i++) {
        print_program_vector(insns, bpf_gen_program(&g, insns,
                                                    ARRAY_SIZE(insns), 60));
        gen_packet(&g);
        print_packet_vector(MAX_PACKET);
        for (uint32_t size = 0; size <= MAX_PACKET; size++) {
            print_result_vector(insns, size + bpf_gen_below(&g, 10000), size);
        }
    }
}

/* Expressions.  Frames that look like real ones. */

struct frame {
    char name;
    const char *hex;
};

#define MACS "525400aabb02" "525400aabb01"
#define IP4(LEN, FRAG, PROTO) \
    "4500" LEN "1234" FRAG "40" PROTO "0000" "0a000001" "0a000002"
#define IP6(LEN, NEXT) \
    "60000000" LEN NEXT "40" \
    "20010db8000000000000000000000001" "20010db8000000000000000000000002"
#define TCP_SYN "d431" "0050" "00000001" "00000000" "6002" "faf0" "0000" \
    "0000" "020405b4"
#define TCP_ACK "01bb" "c350" "00000007" "00000009" "5010" "faf0" "0000" \
    "0000" "474554202f"
#define UDP_DNS "9c40" "0035" "0014" "0000" "00010100000100000000" "0000"
#define ICMP_ECHO "0800" "f7ff" "0000" "0000" "6162636465666768"
#define ICMP6_NS "8700" "0000" "00000000" \
    "20010db8000000000000000000000002" "0101525400aabb01"

static const struct frame frames[] = {
    { 'a', "ffffffffffff" "525400aabb01" "0806" "0001" "0800" "06" "04"
           "0001" "525400aabb01" "0a000001" "000000000000" "0a000002" },
    { 's', MACS "0800" IP4("002c", "4000", "06") TCP_SYN },
    { 't', MACS "0800" IP4("002d", "4000", "06") TCP_ACK },
    { 'u', MACS "0800" IP4("0028", "0000", "11") UDP_DNS },
    { 'i', MACS "0800" IP4("0024", "0000", "01") ICMP_ECHO },
    { 'f', MACS "0800" IP4("0024", "0064", "11") ICMP_ECHO },
    { 'm', "01005e0000fb" "525400aabb01" "0800"
           "4600" "0020" "0001" "0000" "01" "02" "0000" "0a000001" "e00000fb"
           "94040000" "1600" "0904" "e00000fb" },
    { 'S', MACS "86dd" IP6("0018", "06") TCP_SYN },
    { 'U', MACS "86dd" IP6("0014", "11") UDP_DNS },
    { 'N', "333300000002" "525400aabb01" "86dd" IP6("0020", "3a") ICMP6_NS },
    { 'v', MACS "8100" "0064" "0800" IP4("002c", "4000", "06") TCP_SYN },
    { 'V', MACS "8100" "6065" "86dd" IP6("0014", "11") UDP_DNS },
    { 'q', MACS "88a8" "0005" "8100" "0064" "0800"
           IP4("0028", "0000", "11") UDP_DNS },
    { 'l', "0180c200000e" "525400aabb01" "88cc" "0207" "04525400aabb01"
           "0403" "017031" "0602" "0078" "0000" },
    { 'c', "0180c2000002" "525400aabb01" "8809" "0101" "0114" "8000"
           "525400aabb01" "0001" "8000" "0001" "3d000000" },
    { 'b', "0180c2000000" "525400aabb01" "0026" "424203" "0000000000"
           "8000525400aabb01" "00000000" "8000525400aabb01" "8001" "0000"
           "1400" "0200" "0f00" },
    { 'x', MACS "0800" IP4("0032", "0000", "2f") "0000" "0800"
           IP4("001c", "0000", "01") "08000000" },
    { 'L', MACS "8847" "0001013f" IP4("0028", "0000", "11") UDP_DNS },
    { 'p', MACS "8864" "1100" "0001" "002a" "0021"
           IP4("0028", "0000", "11") UDP_DNS },
};

/* Expressions, each with the frames that it accepts. */
static const struct {
    const char *text;
    const char *accepts;
} expressions[] = {
    { "", "astuifmSUNvVqlcbxLp" },
    { "arp", "a" },
    { "ip", "stuifmx" },
    { "ip6", "SUN" },
    { "tcp", "stS" },
    { "udp", "ufU" },
    { "icmp", "i" },
    { "icmp6", "N" },
    { "igmp", "m" },
    { "tcp port 80", "sS" },
    { "tcp dst port 443", "" },
    { "tcp src port 443", "t" },
    { "port 53", "uU" },
    { "udp port 53 and ip", "u" },
    { "portrange 50-60", "uU" },
    { "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "s" },
    { "tcp[13] == 2", "s" },
    { "tcp and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
      "t" },
    { "host 10.0.0.1", "astuifmx" },
    { "src host 10.0.0.2", "" },
    { "net 10.0.0.0/24 and not tcp", "auifmx" },
    { "dst net 224.0.0.0/4", "m" },
    { "ether host 52:54:00:aa:bb:01", "astuifmSUNvVqlcbxLp" },
    { "ether dst 52:54:00:aa:bb:02", "stuifSUvVqxLp" },
    { "ether broadcast", "a" },
    { "ether multicast", "amNlcb" },
    { "ip multicast", "m" },
    { "ether proto 0x88cc", "l" },
    { "ether proto 0x8809", "c" },
    { "stp", "b" },
    { "vlan", "vVq" },
    { "vlan 100", "v" },
    { "vlan 100 and tcp", "v" },
    { "vlan and ip6", "V" },
    { "vlan 5 and vlan 100 and udp port 53", "q" },
    { "ip6 host 2001:db8::2", "SUN" },
    { "ip6 and udp port 53", "U" },
    { "ip proto 47", "x" },
    { "ip[6:2] & 0x1fff != 0", "f" },
    { "ip[0] & 0xf != 5", "m" },
    { "len > 60", "SUNvVqxp" },
    { "less 50", "aifmlc" },
    { "mpls", "L" },
    { "mpls 16 and udp port 53", "L" },
    { "pppoes and ip", "p" },
    { "ether[0] & 1 = 0 and ip[16] >= 224", "" },
    { "not arp and not port 53", "stifmSNvVqlcbxLp" },
    { "(tcp or udp) and src net 10.0.0.0/8", "stuf" },
    { "tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420", "t" },
    { "ether src 52:54:00:aa:bb:01 and (ip proto 1 or ip6 proto 58)", "iN" },
};

static size_t
unhex(const char *hex, uint8_t bytes[], size_t max)
{
    size_t n = 0;

    for (; hex[0]; hex += 2) {
        unsigned int byte;

        if (n >= max || sscanf(hex, "%2x", &byte) != 1) {
            fail("bad frame %s", hex);
        }
        bytes[n++] = byte;
    }
    return n;
}

static void
compile(pcap_t *pcap, const char *text, int optimize,
        struct bpf_program *program)
{
    if (pcap_compile(pcap, program, text, optimize, PCAP_NETMASK_UNKNOWN)) {
        fail("%s: %s", text, pcap_geterr(pcap));
    }
}

/* Runs 'prog' over all frames and their beginnings.  Stores the names of those
 * that it accepts in 'accepted'. */
static void
run_frames(const struct bpf_prog *prog, char accepted[])
{
    for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
        uint8_t bytes[200];
        size_t n = unhex(frames[i].hex, bytes, sizeof bytes);

        for (size_t size = 0; size < n; size++) {
            memcpy(packet_end - size, bytes, size);
            run_both(prog, n, size);
        }
        memcpy(packet_end - n, bytes, n);
        if (run_both(prog, n, n)) {
            *accepted++ = frames[i].name;
        }
    }
    *accepted = '\0';
}

static bool
same_letters(const char *a, const char *b)
{
    return strspn(a, b) == strlen(a) && strspn(b, a) == strlen(b);
}

static void
test_expressions(void)
{
    pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 262144);
    int n_bad = 0;

    for (size_t i = 0; i < 2 * ARRAY_SIZE(expressions); i++) {
        const char *text = expressions[i / 2].text;
        const char *expected = expressions[i / 2].accepts;
        char accepted[ARRAY_SIZE(frames) + 1];
        struct bpf_program program;
        struct bpf_prog *prog;

        compile(pcap, text, i % 2, &program);
        prog = create(program.bf_insns, program.bf_len);
        run_frames(prog, accepted);
        if (!same_letters(accepted, expected)) {
            fprintf(stderr, "%s: expected %s, got %s\n",
                    text, expected, accepted);
            n_bad++;
        }
        bpf_prog_destroy(prog);
        pcap_freecode(&program);
    }

    /* The one kind that has loops is refused and says so. */
    static const char *const loops[] = {
        "ip protochain 6", "ip6 protochain 58",
    };
    for (size_t i = 0; i < ARRAY_SIZE(loops); i++) {
        struct bpf_program program;
        struct bpf_prog *prog;
        const char *why;

        compile(pcap, loops[i], 0, &program);
        if (bpf_prog_create(program.bf_insns, program.bf_len,
                            BPF_PROG_DEFAULT_INSNS, 0, &prog, &why) != EINVAL
            || strcmp(why, backward)) {
            fprintf(stderr, "%s: expected to be refused\n", loops[i]);
            n_bad++;
        }
        pcap_freecode(&program);
    }
    pcap_close(pcap);
    if (n_bad) {
        exit(EXIT_FAILURE);
    }
}

/* Looks at the mappings of this process, where the system shows them. */
static void
test_wx(void)
{
    struct bpf_insn insn = RET(1);
    struct bpf_prog *prog = create(&insn, 1);
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[1024];
    bool found = false;

    if (!maps || !bpf_prog_is_compiled(prog)) {
        printf("no /proc/self/maps, or no compiler\n");
        exit(77);
    }
    while (fgets(line, sizeof line, maps)) {
        uint64_t start, end;
        char rights[8];

        if (sscanf(line, "%"SCNx64"-%"SCNx64" %7s", &start, &end, rights) == 3
            && start <= (uintptr_t) prog->jit.map
            && (uintptr_t) prog->jit.map < end) {
            found = true;
            if (strncmp(rights, "r-x", 3)) {
                fail("code: expected to be mapped r-x, got %s", rights);
            }
        }
    }
    fclose(maps);
    if (!found) {
        fail("code: expected to be mapped");
    }
    bpf_prog_destroy(prog);
}

/* The program is linked with --wrap=mprotect, so that it can play a system
 * that lets nobody make code. */

static bool refuse_exec;

int __real_mprotect(void *, size_t, int);
int __wrap_mprotect(void *, size_t, int);

int
__wrap_mprotect(void *start, size_t len, int prot)
{
    if (refuse_exec && prot & PROT_EXEC) {
        errno = EACCES;
        return -1;
    }
    return __real_mprotect(start, len, prot);
}

static void
test_refused(void)
{
    struct bpf_insn insns[] = { LDABS(BPF_B, 0), RETA };
    struct bpf_prog *prog;
    const char *why;
    uint8_t byte = 9;

    refuse_exec = true;
    if (bpf_prog_create(insns, ARRAY_SIZE(insns), 512, 0, &prog, &why)) {
        fail("no memory for code: expected to be interpreted, got %s", why);
    }
    if (bpf_prog_is_compiled(prog) || prog->jit.map) {
        fail("no memory for code: expected to be interpreted");
    }
    if (bpf_prog_run(prog, &byte, 1, 1) != 9) {
        fail("interpreted program: expected 9");
    }
    bpf_prog_destroy(prog);
    refuse_exec = false;

    /* Interpreted because it was asked for. */
    bpf_prog_create(insns, ARRAY_SIZE(insns), 512, BPF_PROG_F_NO_JIT, &prog,
                    &why);
    if (bpf_prog_is_compiled(prog) || bpf_prog_run(prog, &byte, 1, 1) != 9) {
        fail("BPF_PROG_F_NO_JIT: expected to be interpreted");
    }
    bpf_prog_destroy(prog);
}

/* Threads filter while the filter is replaced again and again: old code has
 * to stay until nobody runs it. */

struct racer {
    struct bpf_dev dev;
    atomic_bool stop;
};

static void *
race(void *racer_)
{
    struct racer *racer = racer_;
    uint8_t byte = 1;
    struct bpf_packet packet = { .data = &byte, .size = 1, .wirelen = 1 };
    struct bpf_dev_run run;
    bool stop;

    do {
        for (int i = 0; i < 100; i++) {
            bpf_dev_filter_batch(&racer->dev, &packet, 1, BPF_DEV_IN, &run);
            if (packet.verdict < 1 || packet.verdict > 3) {
                fail("verdict %"PRIu32" is none of the filters'",
                     packet.verdict);
            }
        }
        ovsrcu_quiesce();
        atomic_read(&racer->stop, &stop);
    } while (!stop);
    return NULL;
}

static void
test_threads(void)
{
    struct bpf_dev_limits limits = BPF_DEV_LIMITS_CLASSIC;
    struct racer *racer = xzalloc(sizeof *racer);
    pthread_t threads[2];

    atomic_init(&racer->stop, false);
    bpf_dev_init(&racer->dev, &limits, false);
    for (int i = 0; i < 2000; i++) {
        struct bpf_insn insns[] = {
            LDABS(BPF_B, 0), ALU_K(BPF_ADD, i % 3), RETA,
        };
        union bpf_dev_arg arg = { .filter = { .insns = insns, .n = 3 } };

        if (bpf_dev_request(&racer->dev, BPF_DEV_SETF, &arg)) {
            fail("filter expected to be accepted");
        }
        if (!i) {
            for (size_t j = 0; j < ARRAY_SIZE(threads); j++) {
                threads[j] = ovs_thread_create("racer", race, racer);
            }
        }
        ovsrcu_quiesce();
    }
    atomic_store(&racer->stop, true);
    for (size_t j = 0; j < ARRAY_SIZE(threads); j++) {
        xpthread_join(threads[j], NULL);
    }
    bpf_dev_uninit(&racer->dev);
    ovsrcu_exit();
    free(racer);
}

int
main(int argc, char *argv[])
{
    const char *what = argc > 1 ? argv[1] : "";

    packet_end = bpf_gen_guarded_end(512);
    if (!strcmp(what, "check")) {
        test_check();
        test_codes();
    } else if (!strcmp(what, "cases")) {
        test_cases();
        test_long();
    } else if (!strcmp(what, "expressions")) {
        test_expressions();
    } else if (!strcmp(what, "random") && argc == 4) {
        test_random(argv[2], argv[3]);
    } else if (!strcmp(what, "vectors") && argc == 4) {
        print_vectors(argv[2], argv[3]);
    } else if (!strcmp(what, "wx")) {
        test_wx();
    } else if (!strcmp(what, "refused")) {
        test_refused();
    } else if (!strcmp(what, "threads")) {
        test_threads();
    } else {
        fail("usage: %s check|cases|expressions|random SEED N|"
             "vectors SEED N|wx|refused|threads", argv[0]);
    }
    return EXIT_SUCCESS;
}
