/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* The compiler of filters for x86-64, System V calling convention (Linux and
 * all BSDs).  See bpf-jit-arch.h.  No state, any thread.
 *
 * Registers:
 *
 *     eax            A, and the verdict
 *     ecx            X (a shift wants its count there)
 *     rdi            the packet's bytes
 *     esi            its length on the wire
 *     r8             the number of bytes at rdi
 *     edx, r9, r10   scratch (a division destroys edx)
 *     r11, rbx       the struct bpf_packet, and the end of the batch
 *     ebp            number of packets accepted
 *
 * All of them are zero in their upper halves but for the pointers, as every
 * operation on 32 bits leaves them.  M[] lies below the stack pointer: the
 * code calls nothing, and the calling convention keeps 128 bytes there from
 * being touched by signal handlers. */

#include "bpf/bpf-jit-arch.h"

#if BPF_JIT_X86_64
#include <string.h>

#include "bpf/bpf-jit.h"

/* The prologue multiplies by that. */
_Static_assert(sizeof(struct bpf_packet) == 24, "layout of struct bpf_packet");

const char *
bpf_jit_target(void)
{
    return "x86-64";
}

/* Appends the bytes given. */
#define PUT(CTX, ...) \
    bpf_jit_put(CTX, (const uint8_t[]) { __VA_ARGS__ }, \
                sizeof((const uint8_t[]) { __VA_ARGS__ }))

static void
put_imm32(struct bpf_jit_ctx *ctx, uint32_t imm)
{
    bpf_jit_put(ctx, &imm, sizeof imm);
}

/* True if the processor, that takes one byte for a number between -128 and
 * 127, will get 'value' from it. */
static bool
is_imm8(uint32_t value)
{
    return value <= INT8_MAX;
}

/* Jumps.  Each has two forms, with a distance of one and of four bytes; the
 * conditions of the first are 0x70 to 0x7f, of the second 0x0f and 0x80 to
 * 0x8f. */
enum condition {
    CC_BELOW = 0x2,
    CC_NOT_BELOW = 0x3,
    CC_EQUAL = 0x4,
    CC_NOT_EQUAL = 0x5,
    CC_NOT_ABOVE = 0x6,
    CC_ABOVE = 0x7,
    CC_ALWAYS = 0x10
};

static void
put_long_jump(struct bpf_jit_ctx *ctx, enum condition cc, size_t to)
{
    if (cc == CC_ALWAYS) {
        PUT(ctx, 0xe9);
    } else {
        PUT(ctx, 0x0f, 0x80 | cc);
    }
    put_imm32(ctx, ctx->at[to] - (ctx->len + 4));
}

static void
put_short_jump(struct bpf_jit_ctx *ctx, enum condition cc, size_t to)
{
    uint8_t distance = ctx->at[to] - (ctx->len + 2);

    PUT(ctx, cc == CC_ALWAYS ? 0xeb : 0x70 | cc, distance);
}

/* A jump, as part of instruction 'i', to place 'to'.  Whether it is short
 * depends on a distance that the real one cannot exceed. */
static void
put_jump(struct bpf_jit_ctx *ctx, size_t i, enum condition cc, size_t to)
{
    if (!ctx->long_jumps && ctx->long_at[to] - ctx->long_at[i] <= INT8_MAX) {
        put_short_jump(ctx, cc, to);
    } else {
        put_long_jump(ctx, cc, to);
    }
}

/* Loads from the packet. */

/* Rejects packets that are too short for instruction 'i' and those that
 * follow it. */
static void
put_check(struct bpf_jit_ctx *ctx, size_t i)
{
    uint64_t need = ctx->check[i];

    if (!need) {
        return;
    } else if (need == BPF_JIT_NEVER) {
        put_jump(ctx, i, CC_ALWAYS, ctx->n);
        return;
    } else if (is_imm8(need)) {
        PUT(ctx, 0x41, 0x83, 0xf8, need);           /* cmp r8d, need */
    } else {
        PUT(ctx, 0x41, 0x81, 0xf8);
        put_imm32(ctx, need);
    }
    put_jump(ctx, i, CC_BELOW, ctx->n);
}

/* The operation that loads what 'insn' does, zero-extended. */
static void
put_load_opcode(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    switch (bpf_jit_load_size(insn)) {
    case 4:
        PUT(ctx, 0x8b);                             /* mov r32, m32 */
        break;
    case 2:
        PUT(ctx, 0x0f, 0xb7);                       /* movzx r32, m16 */
        break;
    case 1:
        PUT(ctx, 0x0f, 0xb6);                       /* movzx r32, m8 */
        break;
    }
}

/* Turns what was loaded into A into host byte order. */
static void
put_byte_swap(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    switch (bpf_jit_load_size(insn)) {
    case 4:
        PUT(ctx, 0x0f, 0xc8);                       /* bswap eax */
        break;
    case 2:
        PUT(ctx, 0x66, 0xc1, 0xc0, 0x08);           /* rol ax, 8 */
        break;
    }
}

/* Numbers of the registers where they are operands. */
enum { EAX = 0, ECX = 1 };

/* Loads from [rdi + k] to 'reg'. */
static void
put_fixed_load(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn, int reg)
{
    if (insn->k > INT32_MAX) {
        PUT(ctx, 0x41, 0xb9);                       /* mov r9d, k */
        put_imm32(ctx, insn->k);
        PUT(ctx, 0x42);
        put_load_opcode(ctx, insn);
        PUT(ctx, 0x04 | reg << 3, 0x0f);            /* reg, [rdi + r9] */
        return;
    }

    put_load_opcode(ctx, insn);
    if (is_imm8(insn->k)) {
        PUT(ctx, 0x47 | reg << 3, insn->k);         /* reg, [rdi + k] */
    } else {
        PUT(ctx, 0x87 | reg << 3);
        put_imm32(ctx, insn->k);
    }
}

static void
put_ld_abs(struct bpf_jit_ctx *ctx, size_t i)
{
    const struct bpf_insn *insn = &ctx->insns[i];

    put_check(ctx, i);
    put_fixed_load(ctx, insn, EAX);
    put_byte_swap(ctx, insn);
}

/* The sum of X, k and the size is formed with 64 bits, so that it cannot
 * overflow. */
static void
put_ld_ind(struct bpf_jit_ctx *ctx, size_t i)
{
    const struct bpf_insn *insn = &ctx->insns[i];

    if (insn->k <= INT32_MAX) {
        PUT(ctx, 0x4c, 0x8d, 0x89);                 /* lea r9, [rcx + k] */
        put_imm32(ctx, insn->k);
    } else {
        PUT(ctx, 0x41, 0xb9);                       /* mov r9d, k */
        put_imm32(ctx, insn->k);
        PUT(ctx, 0x49, 0x01, 0xc9);                 /* add r9, rcx */
    }
    PUT(ctx, 0x4d, 0x8d, 0x51, bpf_jit_load_size(insn)); /* lea r10, [r9+n] */
    PUT(ctx, 0x4d, 0x39, 0xc2);                     /* cmp r10, r8 */
    put_jump(ctx, i, CC_ABOVE, ctx->n);

    PUT(ctx, 0x42);
    put_load_opcode(ctx, insn);
    PUT(ctx, 0x04, 0x0f);                           /* eax, [rdi + r9] */
    put_byte_swap(ctx, insn);
}

static void
put_ldx_msh(struct bpf_jit_ctx *ctx, size_t i)
{
    put_check(ctx, i);
    put_fixed_load(ctx, &ctx->insns[i], ECX);
    PUT(ctx, 0x83, 0xe1, 0x0f);                     /* and ecx, 15 */
    PUT(ctx, 0xc1, 0xe1, 0x02);                     /* shl ecx, 2 */
}

/* Other loads and stores. */

static void
put_load_imm(struct bpf_jit_ctx *ctx, int reg, uint32_t imm)
{
    if (imm) {
        PUT(ctx, 0xb8 | reg);                       /* mov reg, imm */
        put_imm32(ctx, imm);
    } else {
        PUT(ctx, 0x31, 0xc0 | reg << 3 | reg);      /* xor reg, reg */
    }
}

/* mov between 'reg' and M[k], 'opcode' says which way. */
static void
put_memory(struct bpf_jit_ctx *ctx, uint8_t opcode, int reg, uint32_t k)
{
    PUT(ctx, opcode, 0x44 | reg << 3, 0x24,         /* [rsp - 64 + 4 * k] */
        4 * k - 4 * BPF_MEMWORDS);
}

static void
put_ld(struct bpf_jit_ctx *ctx, size_t i, int reg)
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
        put_load_imm(ctx, reg, insn->k);
        break;
    case BPF_MEM:
        put_memory(ctx, 0x8b, reg, insn->k);
        break;
    case BPF_LEN:
        PUT(ctx, 0x89, 0xf0 | reg);                 /* mov reg, esi */
        break;
    }
}

/* Arithmetic. */

/* A and 'k', for an operation that has a short form for eax. */
static void
put_alu_imm(struct bpf_jit_ctx *ctx, uint8_t opcode, uint32_t k)
{
    PUT(ctx, opcode);
    put_imm32(ctx, k);
}

/* A divided by ecx, or by r9d: quotient in eax, remainder in edx. */
static void
put_division(struct bpf_jit_ctx *ctx, size_t i)
{
    if (BPF_SRC(ctx->insns[i].code) == BPF_X) {
        PUT(ctx, 0x85, 0xc9);                       /* test ecx, ecx */
        put_jump(ctx, i, CC_EQUAL, ctx->n);
        PUT(ctx, 0x31, 0xd2);                       /* xor edx, edx */
        PUT(ctx, 0xf7, 0xf1);                       /* div ecx */
    } else {
        PUT(ctx, 0x41, 0xb9);                       /* mov r9d, k */
        put_imm32(ctx, ctx->insns[i].k);
        PUT(ctx, 0x31, 0xd2);                       /* xor edx, edx */
        PUT(ctx, 0x41, 0xf7, 0xf1);                 /* div r9d */
    }
}

static bool
is_power_of_2(uint32_t k)
{
    return k && !(k & (k - 1));
}

static void
put_div(struct bpf_jit_ctx *ctx, size_t i)
{
    const struct bpf_insn *insn = &ctx->insns[i];

    if (BPF_SRC(insn->code) == BPF_K && is_power_of_2(insn->k)) {
        PUT(ctx, 0xc1, 0xe8, __builtin_ctz(insn->k));   /* shr eax, n */
    } else {
        put_division(ctx, i);
    }
}

static void
put_mod(struct bpf_jit_ctx *ctx, size_t i)
{
    const struct bpf_insn *insn = &ctx->insns[i];

    if (BPF_SRC(insn->code) == BPF_K && is_power_of_2(insn->k)) {
        put_alu_imm(ctx, 0x25, insn->k - 1);        /* and eax, k - 1 */
    } else {
        put_division(ctx, i);
        PUT(ctx, 0x89, 0xd0);                       /* mov eax, edx */
    }
}

/* 'which' is what tells "shl" (0xe0) and "shr" (0xe8) apart.  The processor
 * looks at five bits of a count only: the comparison leaves a mask of ones for
 * those below 32, of zeros for others. */
static void
put_shift(struct bpf_jit_ctx *ctx, size_t i, uint8_t which)
{
    const struct bpf_insn *insn = &ctx->insns[i];

    if (BPF_SRC(insn->code) == BPF_K) {
        PUT(ctx, 0xc1, which, insn->k);             /* shX eax, k */
    } else {
        PUT(ctx, 0xd3, which);                      /* shX eax, cl */
        PUT(ctx, 0x83, 0xf9, 0x20);                 /* cmp ecx, 32 */
        PUT(ctx, 0x19, 0xd2);                       /* sbb edx, edx */
        PUT(ctx, 0x21, 0xd0);                       /* and eax, edx */
    }
}

static void
put_mul(struct bpf_jit_ctx *ctx, size_t i)
{
    const struct bpf_insn *insn = &ctx->insns[i];

    if (BPF_SRC(insn->code) == BPF_K) {
        PUT(ctx, 0x69, 0xc0);                       /* imul eax, eax, k */
        put_imm32(ctx, insn->k);
    } else {
        PUT(ctx, 0x0f, 0xaf, 0xc1);                 /* imul eax, ecx */
    }
}

/* One of the operations that take ecx as 'opcode' is, and a constant with bit
 * 0x04 set in it. */
static void
put_simple_alu(struct bpf_jit_ctx *ctx, size_t i, uint8_t opcode)
{
    const struct bpf_insn *insn = &ctx->insns[i];

    if (BPF_SRC(insn->code) == BPF_K) {
        put_alu_imm(ctx, opcode | 0x04, insn->k);
    } else {
        PUT(ctx, opcode, 0xc8);                     /* op eax, ecx */
    }
}

static void
put_alu(struct bpf_jit_ctx *ctx, size_t i)
{
    switch (BPF_OP(ctx->insns[i].code)) {
    case BPF_ADD:
        put_simple_alu(ctx, i, 0x01);
        break;
    case BPF_SUB:
        put_simple_alu(ctx, i, 0x29);
        break;
    case BPF_OR:
        put_simple_alu(ctx, i, 0x09);
        break;
    case BPF_AND:
        put_simple_alu(ctx, i, 0x21);
        break;
    case BPF_XOR:
        put_simple_alu(ctx, i, 0x31);
        break;
    case BPF_MUL:
        put_mul(ctx, i);
        break;
    case BPF_DIV:
        put_div(ctx, i);
        break;
    case BPF_MOD:
        put_mod(ctx, i);
        break;
    case BPF_LSH:
        put_shift(ctx, i, 0xe0);
        break;
    case BPF_RSH:
        put_shift(ctx, i, 0xe8);
        break;
    case BPF_NEG:
        PUT(ctx, 0xf7, 0xd8);                       /* neg eax */
        break;
    }
}

/* Jumps and returns of the program. */

unsigned int
bpf_jit_put_comparison(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    bool is_jset = BPF_OP(insn->code) == BPF_JSET;

    if (BPF_SRC(insn->code) == BPF_K) {
        put_alu_imm(ctx, is_jset ? 0xa9 : 0x3d, insn->k); /* test/cmp eax, k */
    } else {
        PUT(ctx, is_jset ? 0x85 : 0x39, 0xc8);      /* test/cmp eax, ecx */
    }
    switch (BPF_OP(insn->code)) {
    case BPF_JEQ: return CC_EQUAL;
    case BPF_JGT: return CC_ABOVE;
    case BPF_JGE: return CC_NOT_BELOW;
    default: return CC_NOT_EQUAL;
    }
}

void
bpf_jit_put_jump_if(struct bpf_jit_ctx *ctx, size_t i, unsigned int condition,
                    size_t to)
{
    put_jump(ctx, i, condition, to);
}

void
bpf_jit_put_jump(struct bpf_jit_ctx *ctx, size_t i, size_t to)
{
    put_jump(ctx, i, CC_ALWAYS, to);
}

void
bpf_jit_put_verdict(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    if (BPF_RVAL(insn->code) == BPF_K) {
        put_load_imm(ctx, EAX, insn->k);
    }
}

static void
put_misc(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    if (BPF_MISCOP(insn->code) == BPF_TAX) {
        PUT(ctx, 0x89, 0xc1);                       /* mov ecx, eax */
    } else {
        PUT(ctx, 0x89, 0xc8);                       /* mov eax, ecx */
    }
}

void
bpf_jit_put_prologue(struct bpf_jit_ctx *ctx)
{
    PUT(ctx, 0x53);                                 /* push rbx */
    PUT(ctx, 0x55);                                 /* push rbp */
    PUT(ctx, 0x49, 0x89, 0xfb);                     /* mov r11, rdi */
    PUT(ctx, 0x48, 0x8d, 0x1c, 0x76);               /* lea rbx, [rsi+rsi*2] */
    PUT(ctx, 0x48, 0x8d, 0x1c, 0xdf);               /* lea rbx, [rdi+rbx*8] */
    PUT(ctx, 0x31, 0xed);                           /* xor ebp, ebp */
}

void
bpf_jit_put_start(struct bpf_jit_ctx *ctx)
{
    PUT(ctx, 0x49, 0x8b, 0x3b);                     /* mov rdi, [r11] */
    PUT(ctx, 0x45, 0x8b, 0x43,                      /* mov r8d, [r11+size] */
        offsetof(struct bpf_packet, size));
    PUT(ctx, 0x41, 0x8b, 0x73,                      /* mov esi, [r11+wirelen] */
        offsetof(struct bpf_packet, wirelen));
    put_load_imm(ctx, EAX, 0);
    put_load_imm(ctx, ECX, 0);
}

void
bpf_jit_put_insn(struct bpf_jit_ctx *ctx, size_t i)
{
    const struct bpf_insn *insn = &ctx->insns[i];

    switch (BPF_CLASS(insn->code)) {
    case BPF_LD:
        put_ld(ctx, i, EAX);
        break;
    case BPF_LDX:
        put_ld(ctx, i, ECX);
        break;
    case BPF_ST:
        put_memory(ctx, 0x89, EAX, insn->k);
        break;
    case BPF_STX:
        put_memory(ctx, 0x89, ECX, insn->k);
        break;
    case BPF_ALU:
        put_alu(ctx, i);
        break;
    case BPF_MISC:
        put_misc(ctx, insn);
        break;
    }
}

void
bpf_jit_put_reject(struct bpf_jit_ctx *ctx)
{
    put_load_imm(ctx, EAX, 0);
}

/* The comparison borrows if the verdict is 0; -1 and that borrow subtracted
 * add 1 or nothing. */
void
bpf_jit_put_done(struct bpf_jit_ctx *ctx)
{
    PUT(ctx, 0x41, 0x89, 0x43,                      /* mov [r11+verdict],eax */
        offsetof(struct bpf_packet, verdict));
    PUT(ctx, 0x83, 0xf8, 0x01);                     /* cmp eax, 1 */
    PUT(ctx, 0x83, 0xdd, 0xff);                     /* sbb ebp, -1 */
    PUT(ctx, 0x49, 0x83, 0xc3,                      /* add r11, size of one */
        sizeof(struct bpf_packet));
    PUT(ctx, 0x49, 0x39, 0xdb);                     /* cmp r11, rbx */
    PUT(ctx, 0x0f, 0x80 | CC_NOT_EQUAL);            /* jne start */
    put_imm32(ctx, ctx->loop - (ctx->len + 4));
    PUT(ctx, 0x89, 0xe8);                           /* mov eax, ebp */
    PUT(ctx, 0x5d);                                 /* pop rbp */
    PUT(ctx, 0x5b);                                 /* pop rbx */
    PUT(ctx, 0xc3);                                 /* ret */
}
#endif
