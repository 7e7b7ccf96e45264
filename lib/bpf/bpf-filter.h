/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* Filter programs: classic BPF, checked once, then run on every packet.
 *
 * Motivation
 * ==========
 *
 * A filter comes from a client and runs on the threads that forward packets.
 * So nothing of it may be believed (hence a strict validator: what it lets
 * through terminates, reads no byte outside the packet and no memory word
 * that the program has not written), and it has to be fast (hence machine
 * code where we have a compiler, with libpcap's interpreter everywhere else
 * and as the definition of what a program means).
 *
 * Usage
 * =====
 *
 *     struct bpf_prog *prog;
 *     const char *why;
 *     int error = bpf_prog_create(insns, n, BPF_PROG_DEFAULT_INSNS, 0,
 *                                 &prog, &why);
 *     ...
 *     if (bpf_prog_run_batch(prog, packets, n)) { ...some accepted... }
 *     ...
 *     ovsrcu_postpone(bpf_prog_destroy, prog);
 *
 * Thread-safety
 * =============
 *
 * A struct bpf_prog never changes between its creation and its destruction:
 * any number of threads may run it at the same time.  Whoever destroys it has
 * to know that nobody runs it any more, normally by an RCU grace period.
 *
 * The instructions are libpcap's and the BSDs' struct bpf_insn; the names
 * here keep clear of the functions that libpcap exports (bpf_filter() and
 * bpf_validate()). */

#ifndef BPF_FILTER_H
#define BPF_FILTER_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/bpf-jit.h"

struct bpf_insn;

/* Instruction limits: the BSD kernels' own, and the largest that may be
 * configured. */
#define BPF_PROG_DEFAULT_INSNS 512
#define BPF_PROG_MAX_INSNS 4096

/* Verdict of "no filter": the whole packet, whatever its length. */
#define BPF_PROG_ACCEPT_ALL UINT32_MAX

/* Flags for bpf_prog_create(). */
#define BPF_PROG_F_NO_JIT (1u << 0)  /* Interpret, even where we could
                                      * compile: for comparisons. */

/* A validated program.  The members are for the functions below only. */
struct bpf_prog {
    struct bpf_insn *insns;     /* Owned. */
    size_t n_insns;
    struct bpf_jit jit;         /* Interpreted if jit.run is NULL. */
    struct bpf_prog *out;       /* For packets that go out of the port, if it
                                 * is about the direction; else NULL. */
};

/* What Linux's kernel lets a filter load about a packet lies from this offset
 * on, and libpcap's compiler makes use of it there: of the packet's type, which
 * tells its direction, for "inbound" and "outbound".  That one load works here,
 * with the two values that the compiler distinguishes. */
#define BPF_PROG_AUX_OFFSET 0xfffff000u
#define BPF_PROG_AUX_SIZE 64
#define BPF_PROG_AUX_TYPE (BPF_PROG_AUX_OFFSET + 4)
#define BPF_PROG_TYPE_IN 0
#define BPF_PROG_TYPE_OUT 4

/* Checks the 'n' instructions at 'insns' without keeping them.  Returns NULL
 * if they are a program that may be run, otherwise one line that says what is
 * wrong (a constant string, to be printed or sent to the client); then, if
 * 'where' is nonnull, '*where' is the index of the instruction to blame (0 if
 * the program as a whole is).
 *
 * Accepted is: 1 to 'max_insns' instructions; only the operations of
 * bpf(4), with jt, jf and k ignored where they have no meaning; jumps forward
 * and inside the program; M[] words inside M[0..15] and written on every path
 * before they are read; no constant divisor or modulus of 0 and no constant
 * shift of 32 or more; a last instruction that returns, and no return of X.
 * Programs that jump backward (libpcap's "protochain") are refused, and so are
 * those that load what only Linux's kernel knows of a packet (libpcap's
 * "ifindex"), except its direction: no packet would have it.
 *
 * May be called by any thread. */
const char *bpf_prog_check(const struct bpf_insn *insns, size_t n,
                           size_t max_insns, size_t *where);

/* Validates the 'n' instructions at 'insns' (see bpf_prog_check()), copies
 * them and compiles them if this machine can.  Returns 0 and stores the
 * program, which the caller owns, in '*progp'.  If it is no valid program,
 * too long included, returns EINVAL, as bpf(4) does; then '*progp' is NULL
 * and, if 'why' is nonnull, '*why' is one line that says what is wrong, a
 * constant string.
 *
 * If the machine refuses memory for machine code (a hardened system), the
 * program is interpreted, which is no error.
 *
 * May be called by any thread; it allocates memory. */
int bpf_prog_create(const struct bpf_insn *insns, size_t n, size_t max_insns,
                    unsigned int flags, struct bpf_prog **progp,
                    const char **why);

/* Frees 'prog', which may be NULL.  No thread may be running it. */
void bpf_prog_destroy(struct bpf_prog *prog);

/* Returns the program to run for packets that go out of the port ('out'), or
 * that come into it, of what 'prog' (NULL for "no filter") stands for. */
static inline const struct bpf_prog *
bpf_prog_for(const struct bpf_prog *prog, bool out)
{
    return out && prog && prog->out ? prog->out : prog;
}

/* True if 'prog' runs as machine code. */
static inline bool
bpf_prog_is_compiled(const struct bpf_prog *prog)
{
    return prog->jit.run != NULL;
}

/* Runs 'prog', which may be NULL for "no filter", over the 'n' packets at
 * 'packets': sets the verdict of each and returns how many are accepted, that
 * is, how many verdicts are not 0.
 *
 * May be called by any thread.  Takes no lock, allocates nothing, makes no
 * system call, ends after at most prog->n_insns instructions for each
 * packet. */
size_t bpf_prog_run_batch(const struct bpf_prog *prog,
                          struct bpf_packet packets[], size_t n);

/* The same for the one packet whose first 'buflen' bytes are at 'data' and that
 * had 'wirelen' bytes in all.  Returns the verdict: 0 to reject the packet,
 * otherwise how many bytes of it are wanted, at most (more than the packet has
 * is usual). */
static inline uint32_t
bpf_prog_run(const struct bpf_prog *prog, const void *data, uint32_t wirelen,
             uint32_t buflen)
{
    struct bpf_packet packet = {
        .data = data, .size = buflen, .wirelen = wirelen
    };

    bpf_prog_run_batch(prog, &packet, 1);
    return packet.verdict;
}

#endif /* bpf-filter.h */
