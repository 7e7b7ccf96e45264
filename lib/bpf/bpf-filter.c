/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* Filter programs: the validator, and the choice between machine code and
 * libpcap's interpreter.
 *
 * Nothing here changes after bpf_prog_create(), so there is no lock and any
 * thread may call everything. */

#include <config.h>
#include "bpf/bpf-filter.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

/* Wants the types of <sys/types.h>. */
#include <pcap/bpf.h>

#include "util.h"

/* What the validator has to know of an operation. */
enum op_kind {
    OP_INVALID,                 /* No operation of bpf(4). */
    OP_PLAIN,                   /* Nothing to be checked. */
    OP_READ_MEM,                /* Reads M[k]. */
    OP_WRITE_MEM,               /* Writes M[k]. */
    OP_DIVIDE,                  /* Divides by k. */
    OP_SHIFT,                   /* Shifts by k. */
    OP_JUMP,                    /* Jumps by k. */
    OP_BRANCH,                  /* Jumps by jt or jf. */
    OP_RETURN
};

/* Every operation there is.  All others are invalid, also those that some
 * interpreter takes for one of these because it ignores bits. */
#define N_CODES 256
static const uint8_t op_kinds[N_CODES] = {
    [BPF_LD | BPF_W | BPF_ABS] = OP_PLAIN,
    [BPF_LD | BPF_H | BPF_ABS] = OP_PLAIN,
    [BPF_LD | BPF_B | BPF_ABS] = OP_PLAIN,
    [BPF_LD | BPF_W | BPF_IND] = OP_PLAIN,
    [BPF_LD | BPF_H | BPF_IND] = OP_PLAIN,
    [BPF_LD | BPF_B | BPF_IND] = OP_PLAIN,
    [BPF_LD | BPF_W | BPF_LEN] = OP_PLAIN,
    [BPF_LD | BPF_IMM] = OP_PLAIN,
    [BPF_LD | BPF_MEM] = OP_READ_MEM,
    [BPF_LDX | BPF_W | BPF_IMM] = OP_PLAIN,
    [BPF_LDX | BPF_W | BPF_MEM] = OP_READ_MEM,
    [BPF_LDX | BPF_W | BPF_LEN] = OP_PLAIN,
    [BPF_LDX | BPF_B | BPF_MSH] = OP_PLAIN,
    [BPF_ST] = OP_WRITE_MEM,
    [BPF_STX] = OP_WRITE_MEM,
    [BPF_ALU | BPF_ADD | BPF_K] = OP_PLAIN,
    [BPF_ALU | BPF_ADD | BPF_X] = OP_PLAIN,
    [BPF_ALU | BPF_SUB | BPF_K] = OP_PLAIN,
    [BPF_ALU | BPF_SUB | BPF_X] = OP_PLAIN,
    [BPF_ALU | BPF_MUL | BPF_K] = OP_PLAIN,
    [BPF_ALU | BPF_MUL | BPF_X] = OP_PLAIN,
    [BPF_ALU | BPF_DIV | BPF_K] = OP_DIVIDE,
    [BPF_ALU | BPF_DIV | BPF_X] = OP_PLAIN,
    [BPF_ALU | BPF_MOD | BPF_K] = OP_DIVIDE,
    [BPF_ALU | BPF_MOD | BPF_X] = OP_PLAIN,
    [BPF_ALU | BPF_AND | BPF_K] = OP_PLAIN,
    [BPF_ALU | BPF_AND | BPF_X] = OP_PLAIN,
    [BPF_ALU | BPF_OR | BPF_K] = OP_PLAIN,
    [BPF_ALU | BPF_OR | BPF_X] = OP_PLAIN,
    [BPF_ALU | BPF_XOR | BPF_K] = OP_PLAIN,
    [BPF_ALU | BPF_XOR | BPF_X] = OP_PLAIN,
    [BPF_ALU | BPF_LSH | BPF_K] = OP_SHIFT,
    [BPF_ALU | BPF_LSH | BPF_X] = OP_PLAIN,
    [BPF_ALU | BPF_RSH | BPF_K] = OP_SHIFT,
    [BPF_ALU | BPF_RSH | BPF_X] = OP_PLAIN,
    [BPF_ALU | BPF_NEG] = OP_PLAIN,
    [BPF_JMP | BPF_JA] = OP_JUMP,
    [BPF_JMP | BPF_JEQ | BPF_K] = OP_BRANCH,
    [BPF_JMP | BPF_JEQ | BPF_X] = OP_BRANCH,
    [BPF_JMP | BPF_JGT | BPF_K] = OP_BRANCH,
    [BPF_JMP | BPF_JGT | BPF_X] = OP_BRANCH,
    [BPF_JMP | BPF_JGE | BPF_K] = OP_BRANCH,
    [BPF_JMP | BPF_JGE | BPF_X] = OP_BRANCH,
    [BPF_JMP | BPF_JSET | BPF_K] = OP_BRANCH,
    [BPF_JMP | BPF_JSET | BPF_X] = OP_BRANCH,
    [BPF_RET | BPF_K] = OP_RETURN,
    [BPF_RET | BPF_A] = OP_RETURN,
    [BPF_MISC | BPF_TAX] = OP_PLAIN,
    [BPF_MISC | BPF_TXA] = OP_PLAIN,
};

static bool
is_absolute_load(const struct bpf_insn *insn)
{
    return (BPF_CLASS(insn->code) == BPF_LD
            && BPF_MODE(insn->code) == BPF_ABS);
}

/* Does 'insn' load the type of the packet, which tells its direction? */
static bool
is_type_load(const struct bpf_insn *insn)
{
    return is_absolute_load(insn) && insn->k == BPF_PROG_AUX_TYPE;
}

/* Does 'insn' load something else that only Linux's kernel has? */
static bool
is_foreign_load(const struct bpf_insn *insn)
{
    return (is_absolute_load(insn) && !is_type_load(insn)
            && insn->k - BPF_PROG_AUX_OFFSET < BPF_PROG_AUX_SIZE);
}

static enum op_kind
get_op_kind(const struct bpf_insn *insn)
{
    return insn->code < N_CODES ? op_kinds[insn->code] : OP_INVALID;
}

/* Checks 'insn', which 'n_after' instructions follow, by itself. */
static const char *
check_insn(const struct bpf_insn *insn, size_t n_after)
{
    switch (get_op_kind(insn)) {
    case OP_INVALID:
        return "unknown operation";
    case OP_READ_MEM:
    case OP_WRITE_MEM:
        return insn->k < BPF_MEMWORDS ? NULL : "memory word out of range";
    case OP_DIVIDE:
        return insn->k ? NULL : "division by zero";
    case OP_SHIFT:
        return insn->k < 32 ? NULL : "shift by 32 or more bits";
    case OP_JUMP:
        return (insn->k > INT32_MAX
                ? "backward jump (no loops, hence no \"protochain\")"
                : insn->k < n_after ? NULL
                : "jump out of the program");
    case OP_BRANCH:
        return (insn->jt < n_after && insn->jf < n_after ? NULL
                : "jump out of the program");
    case OP_PLAIN:
        return (is_foreign_load(insn)
                ? "load of what only Linux's kernel knows (\"ifindex\")"
                : NULL);
    case OP_RETURN:
        return NULL;
    }
    OVS_NOT_REACHED();
}

static const char *
check_insns(const struct bpf_insn *insns, size_t n, size_t *where)
{
    for (size_t i = 0; i < n; i++) {
        const char *why = check_insn(&insns[i], n - 1 - i);

        if (why) {
            *where = i;
            return why;
        }
    }
    if (get_op_kind(&insns[n - 1]) != OP_RETURN) {
        *where = n - 1;
        return "last instruction does not return";
    }
    return NULL;
}

/* Bit 'k' of an element of 'written' is set if every path to that instruction
 * writes M[k].  As all jumps go forward, the element is final when its
 * instruction's turn comes. */
static void
pass_on(const struct bpf_insn *insns, size_t i, uint16_t written[])
{
    const struct bpf_insn *insn = &insns[i];

    switch (get_op_kind(insn)) {
    case OP_WRITE_MEM:
        written[i + 1] &= written[i] | 1u << insn->k;
        break;
    case OP_JUMP:
        written[i + 1 + insn->k] &= written[i];
        break;
    case OP_BRANCH:
        written[i + 1 + insn->jt] &= written[i];
        written[i + 1 + insn->jf] &= written[i];
        break;
    case OP_RETURN:
        break;
    case OP_PLAIN:
    case OP_READ_MEM:
    case OP_DIVIDE:
    case OP_SHIFT:
    case OP_INVALID:
        written[i + 1] &= written[i];
        break;
    }
}

/* Checks that no word of M[] is read before it is written.  The instructions
 * have passed check_insns(). */
static const char *
check_memory(const struct bpf_insn *insns, size_t n, size_t *where)
{
    uint16_t written[BPF_PROG_MAX_INSNS];

    memset(written, 0xff, n * sizeof written[0]);
    written[0] = 0;
    for (size_t i = 0; i < n; i++) {
        if (get_op_kind(&insns[i]) == OP_READ_MEM
            && !(written[i] & 1u << insns[i].k)) {
            *where = i;
            return "memory word read before it is written";
        }
        pass_on(insns, i, written);
    }
    return NULL;
}

const char *
bpf_prog_check(const struct bpf_insn *insns, size_t n, size_t max_insns,
               size_t *where)
{
    size_t dummy;
    const char *why;

    where = where ? where : &dummy;
    *where = 0;
    if (!n) {
        return "no instructions";
    } else if (n > MIN(max_insns, BPF_PROG_MAX_INSNS)) {
        return "too many instructions (see other_config:bpf-insn-max)";
    }
    why = check_insns(insns, n, where);
    return why ? why : check_memory(insns, n, where);
}

static bool
has_type_load(const struct bpf_insn *insns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (is_type_load(&insns[i])) {
            return true;
        }
    }
    return false;
}

/* Makes a program of the 'n' valid instructions at 'insns', for packets whose
 * type is 'type'.  As that is known before the program runs, the load of it is
 * one of a constant. */
static struct bpf_prog *
create_for_type(const struct bpf_insn *insns, size_t n, uint32_t type,
                unsigned int flags)
{
    struct bpf_prog *prog = xzalloc(sizeof *prog);

    prog->insns = xmemdup(insns, n * sizeof *insns);
    prog->n_insns = n;
    for (size_t i = 0; i < n; i++) {
        if (is_type_load(&prog->insns[i])) {
            prog->insns[i].code = BPF_LD | BPF_IMM;
            prog->insns[i].k = type;
        }
    }
    if (!(flags & BPF_PROG_F_NO_JIT)) {
        bpf_jit_compile(prog->insns, n, &prog->jit);
    }
    return prog;
}

int
bpf_prog_create(const struct bpf_insn *insns, size_t n, size_t max_insns,
                unsigned int flags, struct bpf_prog **progp, const char **why)
{
    const char *wrong = bpf_prog_check(insns, n, max_insns, NULL);

    *progp = NULL;
    if (why) {
        *why = wrong;
    }
    if (wrong) {
        return EINVAL;
    }

    *progp = create_for_type(insns, n, BPF_PROG_TYPE_IN, flags);
    if (has_type_load(insns, n)) {
        (*progp)->out = create_for_type(insns, n, BPF_PROG_TYPE_OUT, flags);
    }
    return 0;
}

void
bpf_prog_destroy(struct bpf_prog *prog)
{
    if (prog) {
        bpf_prog_destroy(prog->out);
        bpf_jit_free(&prog->jit);
        free(prog->insns);
        free(prog);
    }
}

static uint32_t
interpret(const struct bpf_prog *prog, const struct bpf_packet *p)
{
    return (prog
            ? bpf_filter(prog->insns, p->data, p->wirelen, p->size)
            : BPF_PROG_ACCEPT_ALL);
}

size_t
bpf_prog_run_batch(const struct bpf_prog *prog, struct bpf_packet packets[],
                   size_t n)
{
    size_t n_accepted = 0;

    if (prog && prog->jit.run && n) {
        return prog->jit.run(packets, n);
    }
    for (size_t i = 0; i < n; i++) {
        packets[i].verdict = interpret(prog, &packets[i]);
        n_accepted += packets[i].verdict != 0;
    }
    return n_accepted;
}
