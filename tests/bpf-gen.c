/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* Generator of valid filter programs: see bpf-gen.h.  One thread per
 * generator. */

#include <config.h>
#include "bpf-gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

/* Wants the types of <sys/types.h>. */
#include <pcap/bpf.h>

#include "bpf/bpf-filter.h"
#include "util.h"

static uint8_t
next_input(struct bpf_gen *g)
{
    if (!g->input_len) {
        return 0;
    }
    g->input_len--;
    return *g->input++;
}

uint32_t
bpf_gen_u32(struct bpf_gen *g)
{
    if (g->input) {
        uint32_t value = 0;

        for (int i = 0; i < 4; i++) {
            value = value << 8 | next_input(g);
        }
        return value;
    }
    g->state = g->state * UINT64_C(6364136223846793005)
               + UINT64_C(1442695040888963407);
    return g->state >> 32;
}

uint32_t
bpf_gen_below(struct bpf_gen *g, uint32_t n)
{
    if (g->input && n <= 256) {
        return next_input(g) % n;
    }
    return (bpf_gen_u32(g) >> 7) % n;
}

static const uint16_t loads[] = {
    BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_H | BPF_ABS,
    BPF_LD | BPF_B | BPF_ABS, BPF_LD | BPF_W | BPF_IND,
    BPF_LD | BPF_H | BPF_IND, BPF_LD | BPF_B | BPF_IND,
    BPF_LDX | BPF_MSH | BPF_B,
};

static const uint16_t others[] = {
    BPF_LD | BPF_IMM, BPF_LD | BPF_W | BPF_LEN, BPF_LDX | BPF_W | BPF_IMM,
    BPF_LDX | BPF_W | BPF_LEN, BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA,
    BPF_ALU | BPF_NEG,
};

static const uint16_t memory[] = {
    BPF_LD | BPF_MEM, BPF_LDX | BPF_W | BPF_MEM, BPF_ST, BPF_STX,
};

static const uint16_t operations[] = {
    BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD, BPF_OR, BPF_AND, BPF_XOR,
    BPF_LSH, BPF_RSH,
};

static const uint16_t comparisons[] = {
    BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET,
};

/* Numbers at which something changes. */
static const uint32_t edges[] = {
    0, 1, 2, 3, 4, 7, 8, 15, 31, 32, 63, 127, 128, 255, 256, 0x7ffc,
    0x7fff, 0x8000, 0xffff, 0x10000, 0x7ffffffc, 0x7fffffff, 0x80000000,
    0x80000001, 0xfffffffc, 0xfffffffe, 0xffffffff,
};

#define PICK(G, ARRAY) ((ARRAY)[bpf_gen_below(G, ARRAY_SIZE(ARRAY))])

static uint32_t
gen_number(struct bpf_gen *g)
{
    switch (bpf_gen_below(g, 4)) {
    case 0: return PICK(g, edges);
    case 1: return bpf_gen_u32(g);
    default: return bpf_gen_below(g, 256);
    }
}

static uint32_t
gen_offset(struct bpf_gen *g, uint32_t packet_len)
{
    return (bpf_gen_below(g, 16) ? bpf_gen_below(g, packet_len)
            : gen_number(g));
}

static uint16_t
gen_source(struct bpf_gen *g)
{
    return bpf_gen_below(g, 2) ? BPF_X : BPF_K;
}

static void
gen_alu(struct bpf_gen *g, struct bpf_insn *insn)
{
    uint16_t op = PICK(g, operations);

    insn->code = BPF_ALU | op | gen_source(g);
    insn->k = gen_number(g);
    if (op == BPF_LSH || op == BPF_RSH) {
        insn->k %= 32;
    } else if (op == BPF_DIV || op == BPF_MOD) {
        /* A power of two half of the time. */
        insn->k = (bpf_gen_below(g, 2) ? 1u << bpf_gen_below(g, 32)
                   : insn->k ? insn->k : 1);
    }
}

/* A jump forward over up to 'n_after' - 1 instructions, mostly a few. */
static void
gen_jump(struct bpf_gen *g, struct bpf_insn *insn, size_t n_after)
{
    uint32_t far = MIN(n_after, 256);
    uint32_t near = bpf_gen_below(g, 8) ? MIN(far, 6) : far;

    insn->jt = bpf_gen_below(g, near);
    insn->jf = bpf_gen_below(g, near);
    if (bpf_gen_below(g, 8)) {
        insn->code = BPF_JMP | PICK(g, comparisons) | gen_source(g);
        insn->k = gen_number(g);
    } else {
        insn->code = BPF_JMP | BPF_JA;
        insn->k = bpf_gen_below(g, near);
    }
}

static void
gen_return(struct bpf_gen *g, struct bpf_insn *insn)
{
    insn->code = BPF_RET | (bpf_gen_below(g, 2) ? BPF_K : BPF_A);
    insn->k = bpf_gen_below(g, 3) ? gen_number(g) : 0;
}

/* An instruction that 'n_after' others follow.  What it does not use has
 * random contents. */
static void
gen_insn(struct bpf_gen *g, struct bpf_insn *insn, size_t n_after,
         uint32_t packet_len)
{
    insn->jt = bpf_gen_below(g, 256);
    insn->jf = bpf_gen_below(g, 256);
    switch (bpf_gen_below(g, 16)) {
    case 0:
    case 1:
    case 2:
    case 3:
        insn->code = PICK(g, loads);
        insn->k = gen_offset(g, packet_len);
        break;
    case 4:
    case 5:
        insn->code = PICK(g, others);
        insn->k = gen_number(g);
        break;
    case 6:
    case 7:
        insn->code = PICK(g, memory);
        insn->k = bpf_gen_below(g, BPF_MEMWORDS);
        break;
    case 8:
    case 9:
    case 10:
        gen_jump(g, insn, n_after);
        break;
    case 11:
        if (!bpf_gen_below(g, 4)) {
            gen_return(g, insn);
            break;
        }
        /* Fall through. */
    default:
        gen_alu(g, insn);
        break;
    }
}

size_t
bpf_gen_program(struct bpf_gen *g, struct bpf_insn *insns, size_t max,
                uint32_t packet_len)
{
    size_t n = 1 + bpf_gen_below(g, bpf_gen_below(g, 4) ? MIN(max, 32) : max);
    const char *why;
    size_t where;

    for (size_t i = 0; i < n - 1; i++) {
        gen_insn(g, &insns[i], n - 1 - i, packet_len);
    }
    gen_return(g, &insns[n - 1]);

    /* What can be wrong is a word of M[] that is not written on every path:
     * write it there. */
    while ((why = bpf_prog_check(insns, n, max, &where)) != NULL) {
        if (BPF_MODE(insns[where].code) != BPF_MEM) {
            fprintf(stderr, "instruction %"PRIuSIZE": %s\n", where, why);
            abort();
        }
        insns[where].code = BPF_ST;
    }
    return n;
}

uint8_t *
bpf_gen_guarded_end(size_t size)
{
    size_t page = sysconf(_SC_PAGESIZE);
    size_t usable = ROUND_UP(size, page);
    uint8_t *start = mmap(NULL, usable + page, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANON, -1, 0);

    if (start == MAP_FAILED || mprotect(start + usable, page, PROT_NONE)) {
        perror("guard page");
        exit(EXIT_FAILURE);
    }
    return start + usable;
}
