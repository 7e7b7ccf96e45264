/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* Between the two halves of the filter compiler: what bpf-jit.c, which knows
 * the program, and one bpf-jit-<processor>.c, which knows the machine, want
 * from each other.  Nobody else includes this.
 *
 * Length checks
 * =============
 *
 * A load from beyond the end of a packet makes a program return 0, and so may
 * many other things.  bpf-jit.c therefore finds out, for every place in the
 * program, how many bytes a packet must have for the rest not to return 0 in
 * any case, and lets the first load check for all of them at once: the usual
 * filter then has one or two checks instead of one per load.
 *
 * The code's shape
 * ================
 *
 *     prologue     once for a batch
 *     start        takes the next packet; A and X are 0
 *     instructions which go on to "done" with a verdict, or to "reject"
 *     reject       the verdict is 0
 *     done         stores the verdict and counts it; more packets: to "start"
 *
 * Passes
 * ======
 *
 * All instructions are generated three times: with long jumps only, to know
 * the distances; with the jumps as short as these distances allow, to know
 * the final places; and for good.  A processor with jumps of one length only
 * gets the same thing every time.
 *
 * All functions run on one context at a time; there is no other state. */

#ifndef BPF_JIT_ARCH_H
#define BPF_JIT_ARCH_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Wants the types of <sys/types.h>. */
#include <pcap/bpf.h>

/* The processors that there is a compiler for. */
#if defined(__x86_64__) && defined(__LP64__)
#define BPF_JIT_X86_64 1
#elif defined(__aarch64__) && defined(__AARCH64EL__) && defined(__LP64__)
#define BPF_JIT_AARCH64 1
#endif

struct bpf_jit_ctx {
    /* The program. */
    const struct bpf_insn *insns;
    size_t n;
    bool uses_memory;           /* Is there any M[]? */
    uint64_t *check;            /* Per instruction: number of bytes that the
                                 * packet must have, or 'reject'.  Zero if this
                                 * is known already, BPF_JIT_NEVER if no packet
                                 * can have as many. */

    /* The code.  Places are offsets from its start: of the instructions, and
     * those of BPF_JIT_REJECT and BPF_JIT_DONE. */
    uint32_t *long_at;          /* With long jumps only. */
    uint32_t *at;               /* Final. */
    size_t loop;                /* Of the start. */
    bool long_jumps;            /* The first pass: distances unknown. */
    uint8_t *code;              /* Where to put it, NULL if only its length
                                 * is wanted. */
    size_t len;                 /* Its length so far, in bytes. */
};

/* Where to go on with verdict 0, and with that in its register. */
#define BPF_JIT_REJECT(CTX) ((CTX)->n)
#define BPF_JIT_DONE(CTX) ((CTX)->n + 1)

/* No packet has that many bytes. */
#define BPF_JIT_NEVER UINT64_MAX

/* Appends the 'n' bytes at 'bytes' to the code. */
void bpf_jit_put(struct bpf_jit_ctx *ctx, const void *bytes, size_t n);

/* Number of bytes that the load 'insn' takes from the packet. */
uint32_t bpf_jit_load_size(const struct bpf_insn *insn);

/* To be defined by each processor's file.
 *
 * The parts of the code as above.  Of the instructions, bpf_jit_put_insn()
 * does those that neither jump nor return; bpf_jit_put_verdict() puts what the
 * return 'insn' returns into the verdict's register. */
void bpf_jit_put_prologue(struct bpf_jit_ctx *ctx);
void bpf_jit_put_start(struct bpf_jit_ctx *ctx);
void bpf_jit_put_insn(struct bpf_jit_ctx *ctx, size_t i);
void bpf_jit_put_verdict(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn);
void bpf_jit_put_reject(struct bpf_jit_ctx *ctx);
void bpf_jit_put_done(struct bpf_jit_ctx *ctx);

/* Jumps, as part of instruction 'i', to place 'to', which is further on.
 *
 * bpf_jit_put_comparison() compares as the branch 'insn' says and returns the
 * processor's number for the condition that is true if the instruction's is;
 * its lowest bit inverted makes it the opposite.  bpf_jit_put_jump_if() jumps
 * if a condition is true. */
unsigned int bpf_jit_put_comparison(struct bpf_jit_ctx *ctx,
                                    const struct bpf_insn *insn);
void bpf_jit_put_jump_if(struct bpf_jit_ctx *ctx, size_t i,
                         unsigned int condition, size_t to);
void bpf_jit_put_jump(struct bpf_jit_ctx *ctx, size_t i, size_t to);

#endif /* bpf-jit-arch.h */
