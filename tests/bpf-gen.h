/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* Generator of valid filter programs, for tests that compare the ways to run
 * them, and of memory in which reading one byte too far is deadly.
 *
 * The choices are taken from a struct bpf_gen: from random numbers, the same
 * on every machine for the same seed, or from the input of a fuzzer.  One
 * thread per struct bpf_gen. */

#ifndef BPF_GEN_H
#define BPF_GEN_H 1

#include <stddef.h>
#include <stdint.h>

struct bpf_insn;

struct bpf_gen {
    uint64_t state;             /* Of the random numbers. */
    const uint8_t *input;       /* If nonnull: taken instead of them, */
    size_t input_len;           /* and zeros after that many bytes. */
};

/* A number from 0 to 2**32 - 1. */
uint32_t bpf_gen_u32(struct bpf_gen *);

/* A number from 0 to 'n' - 1; 'n' must not be 0. */
uint32_t bpf_gen_below(struct bpf_gen *, uint32_t n);

/* Fills 'insns' with a program of 1 to 'max' instructions that the validator
 * accepts, mostly with loads from the first 'packet_len' bytes.  Returns their
 * number. */
size_t bpf_gen_program(struct bpf_gen *, struct bpf_insn *insns, size_t max,
                       uint32_t packet_len);

/* Returns the end of at least 'size' bytes of memory.  Behind that end, which
 * is not aligned to more than a page, the program may read nothing.  Never
 * freed. */
uint8_t *bpf_gen_guarded_end(size_t size);

#endif /* bpf-gen.h */
