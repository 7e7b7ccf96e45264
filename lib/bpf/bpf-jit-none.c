/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* The compiler of filters for a processor that there is none for: programs
 * are interpreted.  No state, any thread. */

#include "bpf/bpf-jit.h"
#include "bpf/bpf-jit-arch.h"

#if !BPF_JIT_X86_64 && !BPF_JIT_AARCH64
const char *
bpf_jit_target(void)
{
    return NULL;
}

/* These are not called where bpf_jit_target() returns NULL. */

void
bpf_jit_put_prologue(struct bpf_jit_ctx *ctx)
{
    (void) ctx;
}

void
bpf_jit_put_start(struct bpf_jit_ctx *ctx)
{
    (void) ctx;
}

void
bpf_jit_put_insn(struct bpf_jit_ctx *ctx, size_t i)
{
    (void) ctx;
    (void) i;
}

void
bpf_jit_put_verdict(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    (void) ctx;
    (void) insn;
}

void
bpf_jit_put_reject(struct bpf_jit_ctx *ctx)
{
    (void) ctx;
}

void
bpf_jit_put_done(struct bpf_jit_ctx *ctx)
{
    (void) ctx;
}

unsigned int
bpf_jit_put_comparison(struct bpf_jit_ctx *ctx, const struct bpf_insn *insn)
{
    (void) ctx;
    (void) insn;
    return 0;
}

void
bpf_jit_put_jump_if(struct bpf_jit_ctx *ctx, size_t i, unsigned int condition,
                    size_t to)
{
    (void) ctx;
    (void) i;
    (void) condition;
    (void) to;
}

void
bpf_jit_put_jump(struct bpf_jit_ctx *ctx, size_t i, size_t to)
{
    (void) ctx;
    (void) i;
    (void) to;
}
#endif
