/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* Compiler from classic BPF to machine code, one file per processor.
 *
 * The files behind this header stand alone (C library only, nothing of Open
 * vSwitch), so that the compiler of another processor can be built and tested
 * under an emulator.
 *
 * Memory for code is first writable, then, before it is ever called, made
 * executable and no longer writable; it is never both.
 *
 * Any thread may call these functions. */

#ifndef BPF_JIT_H
#define BPF_JIT_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_insn;

/* One packet of a batch. */
struct bpf_packet {
    const void *data;       /* Its bytes, in one piece. */
    uint32_t size;          /* Number of bytes at 'data'. */
    uint32_t wirelen;       /* Number of bytes that the packet has on the wire,
                             * 'size' or more. */
    uint32_t verdict;       /* Set by filters: 0 rejects the packet, otherwise
                             * how many bytes of it are wanted, at most. */
    uint32_t age : 30;      /* Nanoseconds by which it is older than the time
                             * that goes with the batch. */
    uint32_t left : 2;      /* What is left to do about it: BPF_PACKET_*. */
};

/* Longest "age". */
#define BPF_PACKET_AGE_MAX ((UINT32_C(1) << 30) - 1)

/* Bits of "left", in the order of those in struct bpf_record. */
#define BPF_PACKET_CSUM 1   /* Its checksum is unfinished. */
#define BPF_PACKET_TSO 2    /* It stands for several TCP segments. */

/* A compiled program: sets the verdicts of the 'n' packets at 'packets', at
 * least one, and returns how many of them it accepted.  A whole batch at a
 * time, because a call costs as much as a usual filter does. */
typedef size_t bpf_jit_func(struct bpf_packet packets[], size_t n);

struct bpf_jit {
    bpf_jit_func *run;      /* NULL if there is no machine code. */
    void *map;              /* The mapping that 'run' lies in. */
    size_t map_len;         /* Its length in bytes. */
};

/* Name of the processor that this build compiles for ("x86-64", "AArch64"),
 * or NULL if it has no compiler and programs are interpreted. */
const char *bpf_jit_target(void);

/* Compiles the 'n' instructions at 'insns', which must have passed
 * bpf_prog_check(), and fills in '*jit'.  Returns true if successful.
 * Returns false, with jit->run NULL, where there is no compiler for this
 * processor or the system grants no memory for code. */
bool bpf_jit_compile(const struct bpf_insn *insns, size_t n,
                     struct bpf_jit *jit);

/* Frees the code of 'jit', if it has any.  No thread may be running it. */
void bpf_jit_free(struct bpf_jit *jit);

#endif /* bpf-jit.h */
