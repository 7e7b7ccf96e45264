/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* The compiler of filters for AArch64, little-endian.  See bpf-jit-arch.h.
 * No state, any thread.
 *
 * Registers:
 *
 *     x0          the packet's bytes; the result at the end
 *     w1          its length on the wire
 *     w2          the number of bytes at x0
 *     w3          A, and the verdict
 *     w4          X
 *     x5, x6, x7  scratch
 *     x8, x9      the struct bpf_packet, and the end of the batch
 *     w10         number of packets accepted
 *
 * Where 32 bits are written, the upper half becomes zero.  M[] lies on the
 * stack, if there is any.
 *
 * All instructions have four bytes and all jumps the same form, so the passes
 * do not differ.  A conditional jump reaches 1 MiB, which is more than the
 * longest program takes. */

#include "bpf/bpf-jit-arch.h"

#if BPF_JIT_AARCH64
#include "bpf/bpf-jit.h"

/* The prologue multiplies by that; the lengths are loaded as a pair. */
_Static_assert(sizeof(struct bpf_packet) == 24
               && (offsetof(struct bpf_packet, wirelen)
                   == offsetof(struct bpf_packet, size) + 4),
               "layout of struct bpf_packet");

const char *
bpf_jit_target(void)
{
    return "AArch64";
}

enum reg {
    PACKET = 0,
    RESULT = 0,
    WIRELEN = 1,
    BUFLEN = 2,
    A = 3,
    X = 4,
    TMP = 5,
    TMP2 = 6,
    DESCRIPTOR = 8,
    END = 9,
    N_ACCEPTED = 10,
    ZERO = 31,          /* Where a register is an operand. */
    SP = 31             /* Where it is an address. */
};

/* Conditions.  Two that differ in the lowest bit are opposites. */
enum condition {
    CC_EQ = 0,
    CC_NE = 1,
    CC_HS = 2,          /* Unsigned >=. */
    CC_LO = 3,          /* Unsigned <. */
    CC_HI = 8,          /* Unsigned >. */
    CC_LS = 9           /* Unsigned <=. */
};

/* Bytes of the stack that M[] takes. */
#define MEMORY_SIZE (4 * BPF_MEMWORDS)

/* Instructions. */

static void
put(struct bpf_jit_ctx *ctx, uint32_t insn)
{
    bpf_jit_put(ctx, &insn, sizeof insn);
}

/* 'op' with registers d, n and m: d = n op m. */
static void
put_dnm(struct bpf_jit_ctx *ctx, uint32_t op, enum reg d, enum reg n,
        enum reg m)
{
    put(ctx, op | m << 16 | n << 5 | d);
}

/* Operations on 32 bits for put_dnm(). */
#define OP_ADD   0x0b000000u
#define OP_SUB   0x4b000000u
#define OP_SUBS  0x6b000000u
#define OP_AND   0x0a000000u
#define OP_ANDS  0x6a000000u
#define OP_ORR   0x2a000000u
#define OP_EOR   0x4a000000u
#define OP_MUL   0x1b007c00u
#define OP_UDIV  0x1ac00800u
#define OP_LSLV  0x1ac02000u
#define OP_LSRV  0x1ac02400u

/* On 64 bits. */
#define OP_ADD_X  0x8b000000u
#define OP_SUBS_X 0xeb000000u

static void
put_mov(struct bpf_jit_ctx *ctx, enum reg d, enum reg m)
{
    put_dnm(ctx, OP_ORR, d, ZERO, m);
}

/* d = imm. */
static void
put_imm(struct bpf_jit_ctx *ctx, enum reg d, uint32_t imm)
{
    uint32_t low = imm & 0xffff;
    uint32_t high = imm >> 16;

    if (high == 0xffff) {
        put(ctx, 0x12800000 | (low ^ 0xffff) << 5 | d);     /* movn */
    } else if (!low && high) {
        put(ctx, 0x52a00000 | high << 5 | d);               /* movz, lsl 16 */
    } else {
        put(ctx, 0x52800000 | low << 5 | d);                /* movz */
        if (high) {
            put(ctx, 0x72a00000 | high << 5 | d);           /* movk, lsl 16 */
        }
    }
}

/* Compares n, of 32 bits, with imm. */
static void
put_cmp_imm(struct bpf_jit_ctx *ctx, enum reg n, uint32_t imm)
{
    if (imm < 4096) {
        put(ctx, 0x71000000 | imm << 10 | n << 5 | ZERO);
    } else {
        put_imm(ctx, TMP, imm);
        put_dnm(ctx, OP_SUBS, ZERO, n, TMP);
    }
}

/* Shifts d to the left or right by 0 to 31 bits. */
static void
put_lsl(struct bpf_jit_ctx *ctx, enum reg d, uint32_t bits)
{
    put(ctx, 0x53000000 | ((32 - bits) & 31) << 16 | (31 - bits) << 10
             | d << 5 | d);
}

static void
put_lsr(struct bpf_jit_ctx *ctx, enum reg d, uint32_t bits)
{
    put(ctx, 0x53000000 | bits << 16 | 31 << 10 | d << 5 | d);
}

/* Jumps to place 'to'. */
static void
put_jump(struct bpf_jit_ctx *ctx, size_t to)
{
    int64_t words = ((int64_t) ctx->at[to] - (int64_t) ctx->len) / 4;

    put(ctx, 0x14000000 | (words & 0x3ffffff));
}

/* The distance to offset 'at' of the code, for a conditional jump. */
static uint32_t
distance19(const struct bpf_jit_ctx *ctx, size_t at)
{
    int64_t words = ((int64_t) at - (int64_t) ctx->len) / 4;

    return (words & 0x7ffff) << 5;
}

static void
put_jump_if(struct bpf_jit_ctx *ctx, enum condition cc, size_t to)
{
    put(ctx, 0x54000000 | distance19(ctx, ctx->at[to]) | cc);
}

static void
put_jump_back_if(struct bpf_jit_ctx *ctx, enum condition cc)
{
    put(ctx, 0x54000000 | distance19(ctx, ctx->loop) | cc);
}

static void
put_jump_if_zero(struct bpf_jit_ctx *ctx, enum reg t, size_t to)
{
    put(ctx, 0x34000000 | distance19(ctx, ctx->at[to]) | t);
}

/* Moves the stack pointer down or up by what M[] takes. */
static void
put_enter(struct bpf_jit_ctx *ctx)
{
    if (ctx->uses_memory) {
        put(ctx, 0xd1000000 | MEMORY_SIZE << 10 | SP << 5 | SP);
    }
}

static void
put_leave(struct bpf_jit_ctx *ctx)
{
    if (ctx->uses_memory) {
        put(ctx, 0x91000000 | MEMORY_SIZE << 10 | SP << 5 | SP);
    }
    put(ctx, 0xd65f03c0);                                   /* ret */
}

/* Loads from the packet. */

/* Bits of a load instruction that say how many bytes it loads. */
static uint32_t
load_width(const struct bpf_insn *insn)
{
    switch (bpf_jit_load_size(insn)) {
    case 4: return 0x80000000;
    case 2: return 0x40000000;
    default: return 0;
    }
}

/* d = what lies at PACKET + m. */
static void
put_load_reg(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn,
             enum reg d, enum reg m)
{
    put_dnm(ctx, 0x38606800 | load_width(insn), d, PACKET, m);
}

/* d = what lies at PACKET + k. */
static void
put_load_fixed(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn,
               enum reg d)
{
    if (insn->k < 256) {
        put(ctx, 0x38400000 | load_width(insn) | insn->k << 12
                 | PACKET << 5 | d);
    } else {
        put_imm(ctx, TMP, insn->k);
        put_load_reg(ctx, insn, d, TMP);
    }
}

/* Turns what was loaded into A into host byte order. */
static void
put_byte_swap(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    switch (bpf_jit_load_size(insn)) {
    case 4:
        put(ctx, 0x5ac00800 | A << 5 | A);                  /* rev */
        break;
    case 2:
        put(ctx, 0x5ac00400 | A << 5 | A);                  /* rev16 */
        break;
    }
}

/* Rejects packets that are too short for instruction 'i' and those that
 * follow it. */
static void
put_check(struct bpf_jit_ctx *ctx, size_t i)
{
    uint64_t need = ctx->check[i];

    if (need == BPF_JIT_NEVER) {
        put_jump(ctx, ctx->n);
    } else if (need) {
        put_cmp_imm(ctx, BUFLEN, need);
        put_jump_if(ctx, CC_LO, ctx->n);
    }
}

static void
put_ld_abs(struct bpf_jit_ctx *ctx, size_t i)
{
    const struct bpf_insn *insn = &ctx->insns[i];

    put_check(ctx, i);
    put_load_fixed(ctx, insn, A);
    put_byte_swap(ctx, insn);
}

/* The sum of X, k and the size is formed with 64 bits, so that it cannot
 * overflow. */
static void
put_ld_ind(struct bpf_jit_ctx *ctx, size_t i)
{
    const struct bpf_insn *insn = &ctx->insns[i];

    put_imm(ctx, TMP, insn->k);
    put_dnm(ctx, OP_ADD_X, TMP, TMP, X);
    put(ctx, 0x91000000 | bpf_jit_load_size(insn) << 10
             | TMP << 5 | TMP2);                            /* add, 64 bits */
    put_dnm(ctx, OP_SUBS_X, ZERO, TMP2, BUFLEN);
    put_jump_if(ctx, CC_HI, ctx->n);
    put_load_reg(ctx, insn, A, TMP);
    put_byte_swap(ctx, insn);
}

static void
put_ldx_msh(struct bpf_jit_ctx *ctx, size_t i)
{
    put_check(ctx, i);
    put_load_fixed(ctx, &ctx->insns[i], X);
    put(ctx, 0x531e0c00 | X << 5 | X);      /* ubfiz: 4 bits, to the left by
                                             * 2 */
}

/* Other loads and stores. */

/* Between t and M[k]. */
static void
put_memory(struct bpf_jit_ctx *ctx, uint32_t op, enum reg t, uint32_t k)
{
    put(ctx, op | k << 10 | SP << 5 | t);
}

static void
put_load_memory(struct bpf_jit_ctx *ctx, enum reg t, uint32_t k)
{
    put_memory(ctx, 0xb9400000, t, k);
}

static void
put_store_memory(struct bpf_jit_ctx *ctx, enum reg t, uint32_t k)
{
    put_memory(ctx, 0xb9000000, t, k);
}

static void
put_ld(struct bpf_jit_ctx *ctx, size_t i, enum reg d)
{
    const struct bpf_insn *insn = &ctx->insns[i];

    switch (BPF_MODE(insn->code)) {
    case BPF_ABS:
        put_ld_abs(ctx, i);
        break;
    case BPF_IND:
        put_ld_ind(ctx, i);
        break;
    case BPF_MSH:
        put_ldx_msh(ctx, i);
        break;
    case BPF_IMM:
        put_imm(ctx, d, insn->k);
        break;
    case BPF_MEM:
        put_load_memory(ctx, d, insn->k);
        break;
    case BPF_LEN:
        put_mov(ctx, d, WIRELEN);
        break;
    }
}

/* Arithmetic. */

/* The register that the second operand is in. */
static enum reg
put_operand(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    if (BPF_SRC(insn->code) == BPF_X) {
        return X;
    }
    put_imm(ctx, TMP, insn->k);
    return TMP;
}

static void
put_simple_alu(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn,
               uint32_t op)
{
    put_dnm(ctx, op, A, A, put_operand(ctx, insn));
}

/* The second operand of a division; X is checked first. */
static enum reg
put_divisor(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    if (BPF_SRC(insn->code) == BPF_X) {
        put_jump_if_zero(ctx, X, ctx->n);
    }
    return put_operand(ctx, insn);
}

static void
put_div(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    put_dnm(ctx, OP_UDIV, A, A, put_divisor(ctx, insn));
}

static void
put_mod(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    enum reg divisor = put_divisor(ctx, insn);

    put_dnm(ctx, OP_UDIV, TMP2, A, divisor);
    put_dnm(ctx, 0x1b008000 | A << 10, A, TMP2, divisor);   /* msub */
}

/* The processor looks at five bits of a count only. */
static void
put_shift_by_x(struct bpf_jit_ctx *ctx, uint32_t op)
{
    put_dnm(ctx, op, A, A, X);
    put_cmp_imm(ctx, X, 32);
    put_dnm(ctx, 0x1a800000 | CC_LO << 12, A, A, ZERO);     /* csel */
}

static void
put_lsh(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    if (BPF_SRC(insn->code) == BPF_X) {
        put_shift_by_x(ctx, OP_LSLV);
    } else {
        put_lsl(ctx, A, insn->k);
    }
}

static void
put_rsh(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    if (BPF_SRC(insn->code) == BPF_X) {
        put_shift_by_x(ctx, OP_LSRV);
    } else {
        put_lsr(ctx, A, insn->k);
    }
}

static void
put_alu(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    switch (BPF_OP(insn->code)) {
    case BPF_ADD:
        put_simple_alu(ctx, insn, OP_ADD);
        break;
    case BPF_SUB:
        put_simple_alu(ctx, insn, OP_SUB);
        break;
    case BPF_OR:
        put_simple_alu(ctx, insn, OP_ORR);
        break;
    case BPF_AND:
        put_simple_alu(ctx, insn, OP_AND);
        break;
    case BPF_XOR:
        put_simple_alu(ctx, insn, OP_EOR);
        break;
    case BPF_MUL:
        put_simple_alu(ctx, insn, OP_MUL);
        break;
    case BPF_DIV:
        put_div(ctx, insn);
        break;
    case BPF_MOD:
        put_mod(ctx, insn);
        break;
    case BPF_LSH:
        put_lsh(ctx, insn);
        break;
    case BPF_RSH:
        put_rsh(ctx, insn);
        break;
    case BPF_NEG:
        put_dnm(ctx, OP_SUB, A, ZERO, A);
        break;
    }
}

/* Jumps and returns of the program. */

unsigned int
bpf_jit_put_comparison(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    if (BPF_OP(insn->code) == BPF_JSET) {
        put_dnm(ctx, OP_ANDS, ZERO, A, put_operand(ctx, insn));
        return CC_NE;
    }

    if (BPF_SRC(insn->code) == BPF_K) {
        put_cmp_imm(ctx, A, insn->k);
    } else {
        put_dnm(ctx, OP_SUBS, ZERO, A, X);
    }
    switch (BPF_OP(insn->code)) {
    case BPF_JEQ: return CC_EQ;
    case BPF_JGT: return CC_HI;
    default: return CC_HS;
    }
}

void
bpf_jit_put_jump_if(struct bpf_jit_ctx *ctx, size_t i, unsigned int condition,
                    size_t to)
{
    (void) i;
    put_jump_if(ctx, condition, to);
}

void
bpf_jit_put_jump(struct bpf_jit_ctx *ctx, size_t i, size_t to)
{
    (void) i;
    put_jump(ctx, to);
}

void
bpf_jit_put_verdict(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    if (BPF_RVAL(insn->code) == BPF_K) {
        put_imm(ctx, A, insn->k);
    }
}

static void
put_misc(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    if (BPF_MISCOP(insn->code) == BPF_TAX) {
        put_mov(ctx, X, A);
    } else {
        put_mov(ctx, A, X);
    }
}

void
bpf_jit_put_prologue(struct bpf_jit_ctx *ctx)
{
    put_enter(ctx);
    put(ctx, 0xaa0003e0 | DESCRIPTOR);                      /* mov, 64 bits */
    put(ctx, 0x8b000400 | 1 << 16 | 1 << 5 | END);  /* END = n + n << 1 */
    put(ctx, 0x8b000c00 | END << 16 | DESCRIPTOR << 5 | END); /* + END << 3 */
    put_imm(ctx, N_ACCEPTED, 0);
}

void
bpf_jit_put_start(struct bpf_jit_ctx *ctx)
{
    put(ctx, 0xf9400000 | DESCRIPTOR << 5 | PACKET);        /* ldr */
    put(ctx, 0x29400000
             | offsetof(struct bpf_packet, size) / 4 << 15
             | WIRELEN << 10 | DESCRIPTOR << 5 | BUFLEN);   /* ldp */
    put_imm(ctx, A, 0);
    put_imm(ctx, X, 0);
}

void
bpf_jit_put_insn(struct bpf_jit_ctx *ctx, size_t i)
{
    const struct bpf_insn *insn = &ctx->insns[i];

    switch (BPF_CLASS(insn->code)) {
    case BPF_LD:
        put_ld(ctx, i, A);
        break;
    case BPF_LDX:
        put_ld(ctx, i, X);
        break;
    case BPF_ST:
        put_store_memory(ctx, A, insn->k);
        break;
    case BPF_STX:
        put_store_memory(ctx, X, insn->k);
        break;
    case BPF_ALU:
        put_alu(ctx, insn);
        break;
    case BPF_MISC:
        put_misc(ctx, insn);
        break;
    }
}

void
bpf_jit_put_reject(struct bpf_jit_ctx *ctx)
{
    put_imm(ctx, A, 0);
}

void
bpf_jit_put_done(struct bpf_jit_ctx *ctx)
{
    put(ctx, 0xb9000000
             | offsetof(struct bpf_packet, verdict) / 4 << 10
             | DESCRIPTOR << 5 | A);                        /* str */
    put_cmp_imm(ctx, A, 0);
    put_dnm(ctx, 0x1a800400 | CC_EQ << 12, N_ACCEPTED, N_ACCEPTED,
            N_ACCEPTED);                                    /* csinc */
    put(ctx, 0x91000000 | sizeof(struct bpf_packet) << 10
             | DESCRIPTOR << 5 | DESCRIPTOR);               /* add, 64 bits */
    put_dnm(ctx, OP_SUBS_X, ZERO, DESCRIPTOR, END);
    put_jump_back_if(ctx, CC_NE);
    put_mov(ctx, RESULT, N_ACCEPTED);
    put_leave(ctx);
}
#endif
