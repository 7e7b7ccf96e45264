/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* Compiled filters: memory for machine code, and the answers of a build for
 * a processor that we have no compiler for.
 *
 * There is no state here, so no lock, and any thread may call everything. */

#include "bpf/bpf-jit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* NetBSD wants to be told in advance that a mapping is to become
 * executable. */
#ifdef PROT_MPROTECT
#define PROT_LATER_EXEC PROT_MPROTECT(PROT_EXEC)
#else
#define PROT_LATER_EXEC 0
#endif

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

bool
bpf_jit_compile(const struct bpf_insn *insns, size_t n, struct bpf_jit *jit)
{
    size_t code_len = bpf_jit_generate(insns, n, NULL, 0);

    memset(jit, 0, sizeof *jit);
    if (!code_len) {
        return false;
    }

    size_t map_len = round_up_to_pages(code_len);
    void *map = mmap(NULL, map_len, PROT_READ | PROT_WRITE | PROT_LATER_EXEC,
                     MAP_PRIVATE | MAP_ANON, -1, 0);
    if (map == MAP_FAILED) {
        return false;
    }
    jit->map = map;
    jit->map_len = map_len;

    if (bpf_jit_generate(insns, n, map, code_len) != code_len
        || !make_executable(jit, code_len)) {
        bpf_jit_free(jit);
        return false;
    }
    return true;
}

void
bpf_jit_free(struct bpf_jit *jit)
{
    if (jit->map) {
        munmap(jit->map, jit->map_len);
    }
    memset(jit, 0, sizeof *jit);
}

#if !BPF_JIT_X86_64 && !BPF_JIT_AARCH64
const char *
bpf_jit_target(void)
{
    return NULL;
}

size_t
bpf_jit_generate(const struct bpf_insn *insns, size_t n, uint8_t *code,
                 size_t code_len)
{
    (void) insns;
    (void) n;
    (void) code;
    (void) code_len;
    return 0;
}
#endif
