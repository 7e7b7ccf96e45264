/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at:
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

/* What a filter costs, see the header.  No state, no locks. */

#include <config.h>

#include "bpf/bpf-cost.h"

#include <stdlib.h>
#include <sys/types.h>
/* Wants the types of <sys/types.h>. */
#include <pcap/bpf.h>

#include "bpf/bpf-filter.h"
#include "util.h"

/* How much longer an interpreter takes than machine code. */
#define INTERPRETED 6

static unsigned int
alu_cost(const struct bpf_insn *insn)
{
    switch (BPF_OP(insn->code)) {
    case BPF_DIV:
    case BPF_MOD:
        return 24;
    case BPF_MUL:
        return 6;
    case BPF_LSH:
    case BPF_RSH:
        return BPF_SRC(insn->code) == BPF_X ? 4 : 2;
    default:
        return 2;
    }
}

/* A load from a place that another load tells waits for that one. */
static unsigned int
load_cost(const struct bpf_insn *insn)
{
    switch (BPF_MODE(insn->code)) {
    case BPF_ABS:
        return 3;
    case BPF_MSH:
        return 4;
    case BPF_IND:
        return 10;
    default:
        return 1;
    }
}

static unsigned int
insn_cost(const struct bpf_insn *insn)
{
    switch (BPF_CLASS(insn->code)) {
    case BPF_LD:
    case BPF_LDX:
        return load_cost(insn);
    case BPF_ALU:
        return alu_cost(insn);
    case BPF_JMP:
        return BPF_OP(insn->code) == BPF_JA ? 1 : 8;
    default:
        return 1;
    }
}

/* Cost of a return: what has to be stored of a packet. */
static unsigned int
return_cost(const struct bpf_insn *insn)
{
    return 1 + bpf_cost_of_store(BPF_RVAL(insn->code) == BPF_K
                                 ? insn->k : UINT32_MAX);
}

/* Cost of instruction 'i' and the dearest path after it, whose costs are in
 * 'costs' already. */
static unsigned int
path_cost(const struct bpf_prog *prog, size_t i, const unsigned int costs[])
{
    const struct bpf_insn *insn = &prog->insns[i];
    unsigned int scale = bpf_prog_is_compiled(prog) ? 1 : INTERPRETED;
    const unsigned int *next = &costs[i + 1];

    if (BPF_CLASS(insn->code) == BPF_RET) {
        return return_cost(insn);
    } else if (BPF_CLASS(insn->code) != BPF_JMP) {
        return scale * insn_cost(insn) + next[0];
    } else if (BPF_OP(insn->code) == BPF_JA) {
        return scale * insn_cost(insn) + next[insn->k];
    }
    return scale * insn_cost(insn) + MAX(next[insn->jt], next[insn->jf]);
}

/* Cost of a valid program. */
static unsigned int
prog_cost(const struct bpf_prog *prog)
{
    unsigned int costs[BPF_PROG_MAX_INSNS];

    for (size_t i = prog->n_insns; i-- > 0; ) {
        costs[i] = path_cost(prog, i, costs);
    }
    return costs[0];
}

unsigned int
bpf_cost_of_filter(const struct bpf_prog *prog)
{
    return (BPF_COST_LOOK
            + (!prog ? bpf_cost_of_store(UINT32_MAX)
               : MAX(prog_cost(bpf_prog_for(prog, false)),
                     prog_cost(bpf_prog_for(prog, true)))));
}
