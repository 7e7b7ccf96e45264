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

#ifndef BPF_COST_H
#define BPF_COST_H 1

/* What a device costs those who move packets
 * ==========================================
 *
 * Each packet that passes a port runs through the filters of all devices
 * there, and each one that a filter accepts is copied.  Cost is in units for
 * each packet: a unit is about 0.15 ns as machine code on a processor of 3.4
 * GHz, half of what an addition takes that waits for the one before it.
 * Whatever depends on its predecessor is priced as if it always waited, jumps
 * as if one out of two were mispredicted, because a user may see to that.
 *
 * The cost of a filter is that of its dearest path: jumps go forward only, so
 * that a long list of addresses may cost little.  Any thread; no locks. */

#include <stdint.h>

#include "util.h"

struct bpf_prog;

/* To be asked to look at a packet at all. */
#define BPF_COST_LOOK 16

/* To store 'n' bytes of a packet, at most: most of it is the copying. */
static inline unsigned int
bpf_cost_of_store(uint32_t n)
{
    return n ? 64 + MIN(n, 1536) / 8 : 0;
}

/* Cost of a device with filter 'prog', or without one if that is NULL. */
unsigned int bpf_cost_of_filter(const struct bpf_prog *prog);

#endif /* bpf/bpf-cost.h */
