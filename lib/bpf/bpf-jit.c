/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* Compiled filters: what does not depend on the processor, that is memory for
 * code, the analysis of packet lengths, and the order of passes.  See
 * bpf-jit-arch.h.
 *
 * There is no state here, so no lock, and any thread may call everything. */

#include "bpf/bpf-jit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/bpf-jit-arch.h"

/* NetBSD wants to be told in advance that a mapping is to become
 * executable. */
#ifdef PROT_MPROTECT
#define PROT_LATER_EXEC PROT_MPROTECT(PROT_EXEC)
#else
#define PROT_LATER_EXEC 0
#endif

void
bpf_jit_put(struct bpf_jit_ctx *ctx, const void *bytes, size_t n)
{
    if (ctx->code) {
        memcpy(ctx->code + ctx->len, bytes, n);
    }
    ctx->len += n;
}

uint32_t
bpf_jit_load_size(const struct bpf_insn *insn)
{
    switch (BPF_SIZE(insn->code)) {
    case BPF_W: return 4;
    case BPF_H: return 2;
    default: return 1;
    }
}

/* Analysis of lengths. */

static bool
is_return(const struct bpf_insn *insn)
{
    return BPF_CLASS(insn->code) == BPF_RET;
}

static bool
is_reject(const struct bpf_insn *insn)
{
    return is_return(insn) && BPF_RVAL(insn->code) == BPF_K && !insn->k;
}

static bool
is_branch(const struct bpf_insn *insn)
{
    return BPF_CLASS(insn->code) == BPF_JMP && BPF_OP(insn->code) != BPF_JA;
}

/* True if 'insn' loads from a place in the packet that is known now. */
static bool
is_fixed_load(const struct bpf_insn *insn)
{
    unsigned int mode = BPF_MODE(insn->code);

    return ((BPF_CLASS(insn->code) == BPF_LD && mode == BPF_ABS)
            || (BPF_CLASS(insn->code) == BPF_LDX && mode == BPF_MSH));
}

static bool
is_memory_access(const struct bpf_insn *insn)
{
    unsigned int class = BPF_CLASS(insn->code);

    return (class == BPF_ST || class == BPF_STX
            || ((class == BPF_LD || class == BPF_LDX)
                && BPF_MODE(insn->code) == BPF_MEM));
}

/* The instruction after 'insn', number 'i', if it does not return: for a
 * branch, if the condition is as 'cond'. */
static size_t
next_insn(const struct bpf_insn *insn, size_t i, bool cond)
{
    if (is_branch(insn)) {
        return i + 1 + (cond ? insn->jt : insn->jf);
    } else if (BPF_CLASS(insn->code) == BPF_JMP) {
        return i + 1 + insn->k;
    } else {
        return i + 1;
    }
}

static uint64_t
min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t
max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Number of bytes that a packet must have for a fixed load to succeed. */
static uint64_t
load_end(const struct bpf_insn *insn)
{
    uint64_t end = (uint64_t) insn->k + bpf_jit_load_size(insn);

    return end > UINT32_MAX ? BPF_JIT_NEVER : end;
}

/* Sets need[i] to the least number of bytes with which a packet has a chance
 * that the program, at instruction 'i', does not return 0. */
static void
find_needs(const struct bpf_jit_ctx *ctx, uint64_t need[])
{
    for (size_t i = ctx->n; i-- > 0; ) {
        const struct bpf_insn *insn = &ctx->insns[i];

        if (is_return(insn)) {
            need[i] = is_reject(insn) ? BPF_JIT_NEVER : 0;
        } else {
            need[i] = min_u64(need[next_insn(insn, i, true)],
                              need[next_insn(insn, i, false)]);
        }
        if (is_fixed_load(insn)) {
            need[i] = max_u64(need[i], load_end(insn));
        }
    }
}

/* Sets ctx->check: where to check for what is needed, unless all ways to an
 * instruction have done so.  'known' is room for that knowledge. */
static void
place_checks(struct bpf_jit_ctx *ctx, const uint64_t need[], uint64_t known[])
{
    for (size_t i = 0; i < ctx->n; i++) {
        known[i] = i ? BPF_JIT_NEVER : 0;
    }
    for (size_t i = 0; i < ctx->n; i++) {
        const struct bpf_insn *insn = &ctx->insns[i];
        bool checks = is_fixed_load(insn) && known[i] < load_end(insn);

        ctx->check[i] = checks ? need[i] : 0;
        if (!is_return(insn)) {
            uint64_t then = max_u64(known[i], ctx->check[i]);
            size_t t = next_insn(insn, i, true);
            size_t f = next_insn(insn, i, false);

            known[t] = min_u64(known[t], then);
            known[f] = min_u64(known[f], then);
        }
    }
}

static bool
uses_memory(const struct bpf_insn *insns, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (is_memory_access(&insns[i])) {
            return true;
        }
    }
    return false;
}

/* Jumps of the program. */

/* Goes on, after instruction 'i', at place 'to'. */
static void
put_goto(struct bpf_jit_ctx *ctx, size_t i, size_t to)
{
    if (to != i + 1) {
        bpf_jit_put_jump(ctx, i, to);
    }
}

/* Where to jump to from instruction 'i' if it goes on at 'to': an instruction
 * that rejects the packet would only jump again. */
static size_t
shorten_way(const struct bpf_jit_ctx *ctx, size_t i, size_t to)
{
    return (to != i + 1 && is_reject(&ctx->insns[to])
            ? BPF_JIT_REJECT(ctx) : to);
}

static void
put_jump(struct bpf_jit_ctx *ctx, size_t i)
{
    const struct bpf_insn *insn = &ctx->insns[i];
    size_t then = shorten_way(ctx, i, next_insn(insn, i, true));
    size_t otherwise = shorten_way(ctx, i, next_insn(insn, i, false));

    if (then == otherwise) {
        put_goto(ctx, i, then);
        return;
    }

    unsigned int condition = bpf_jit_put_comparison(ctx, insn);
    if (then == i + 1) {
        bpf_jit_put_jump_if(ctx, i, condition ^ 1, otherwise);
    } else {
        bpf_jit_put_jump_if(ctx, i, condition, then);
        put_goto(ctx, i, otherwise);
    }
}

static void
put_return(struct bpf_jit_ctx *ctx, size_t i)
{
    const struct bpf_insn *insn = &ctx->insns[i];

    if (is_reject(insn)) {
        put_goto(ctx, i, BPF_JIT_REJECT(ctx));
    } else {
        bpf_jit_put_verdict(ctx, insn);
        put_goto(ctx, i, BPF_JIT_DONE(ctx));
    }
}

/* Passes. */

static void
put_insn(struct bpf_jit_ctx *ctx, size_t i)
{
    switch (BPF_CLASS(ctx->insns[i].code)) {
    case BPF_JMP:
        put_jump(ctx, i);
        break;
    case BPF_RET:
        put_return(ctx, i);
        break;
    default:
        bpf_jit_put_insn(ctx, i);
        break;
    }
}

static void
run_pass(struct bpf_jit_ctx *ctx, uint32_t at[])
{
    ctx->len = 0;
    bpf_jit_put_prologue(ctx);
    ctx->loop = ctx->len;
    bpf_jit_put_start(ctx);
    for (size_t i = 0; i < ctx->n; i++) {
        at[i] = ctx->len;
        put_insn(ctx, i);
    }
    at[BPF_JIT_REJECT(ctx)] = ctx->len;
    bpf_jit_put_reject(ctx);
    at[BPF_JIT_DONE(ctx)] = ctx->len;
    bpf_jit_put_done(ctx);
}

/* Memory for code. */

static size_t
round_up_to_pages(size_t len)
{
    size_t page = sysconf(_SC_PAGESIZE);

    return (len + page - 1) / page * page;
}

/* Makes 'jit', whose mapping holds code, callable.  Returns false if the
 * system does not let us. */
static bool
make_executable(struct bpf_jit *jit, size_t code_len)
{
    char *code = jit->map;

    if (mprotect(jit->map, jit->map_len, PROT_READ | PROT_EXEC)) {
        return false;
    }
    __builtin___clear_cache(code, code + code_len);

    /* ISO C has no conversion from data to function pointers; POSIX systems
     * represent them alike. */
    memcpy(&jit->run, &jit->map, sizeof jit->run);
    return true;
}

/* The last pass, into memory of its own. */
static bool
put_code(struct bpf_jit_ctx *ctx, struct bpf_jit *jit)
{
    size_t code_len = ctx->len;
    size_t map_len = round_up_to_pages(code_len);
    void *map = mmap(NULL, map_len, PROT_READ | PROT_WRITE | PROT_LATER_EXEC,
                     MAP_PRIVATE | MAP_ANON, -1, 0);

    if (map == MAP_FAILED) {
        return false;
    }
    jit->map = map;
    jit->map_len = map_len;
    ctx->code = map;
    run_pass(ctx, ctx->at);
    return make_executable(jit, code_len);
}

/* What the passes need to remember about a program of 'n' instructions. */
struct tables {
    uint64_t *need;
    uint64_t *known;
    uint64_t *check;
    uint32_t *long_at;
    uint32_t *at;
};

static bool
alloc_tables(struct tables *t, size_t n)
{
    t->need = calloc(n, 3 * sizeof *t->need);
    t->long_at = calloc(n + 2, 2 * sizeof *t->long_at);
    if (!t->need || !t->long_at) {
        return false;
    }
    t->known = t->need + n;
    t->check = t->known + n;
    t->at = t->long_at + n + 2;
    return true;
}

static void
free_tables(struct tables *t)
{
    free(t->need);
    free(t->long_at);
}

static bool
compile(const struct bpf_insn *insns, size_t n, struct tables *t,
        struct bpf_jit *jit)
{
    struct bpf_jit_ctx ctx = {
        .insns = insns,
        .n = n,
        .uses_memory = uses_memory(insns, n),
        .check = t->check,
        .long_at = t->long_at,
        .at = t->at,
    };

    find_needs(&ctx, t->need);
    place_checks(&ctx, t->need, t->known);

    ctx.long_jumps = true;
    run_pass(&ctx, ctx.long_at);
    ctx.long_jumps = false;
    run_pass(&ctx, ctx.at);
    return put_code(&ctx, jit);
}

bool
bpf_jit_compile(const struct bpf_insn *insns, size_t n, struct bpf_jit *jit)
{
    struct tables tables;
    bool ok;

    memset(jit, 0, sizeof *jit);
    if (!bpf_jit_target()) {
        return false;
    }
    ok = alloc_tables(&tables, n) && compile(insns, n, &tables, jit);
    free_tables(&tables);
    if (!ok) {
        bpf_jit_free(jit);
    }
    return ok;
}

void
bpf_jit_free(struct bpf_jit *jit)
{
    if (jit->map) {
        munmap(jit->map, jit->map_len);
    }
    memset(jit, 0, sizeof *jit);
}
