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

/* Identities of packets, and why they were dropped. */

#include "bpfdev/bpfdev.h"

#include <string.h>

#include "bpf/bpf-record.h"
#include "bpfdev/bpfdev-private.h"

_Static_assert(sizeof(struct bpfdev_identity)
               == sizeof(struct bpf_record_identity)
               && BPFDEV_T_IDENTITY == BPF_RECORD_T_IDENTITY,
               "identities as the daemon has them");

void
bpfdev_identity(const struct bpfdev *dev, const struct bpfdev_packet *packet,
                struct bpfdev_identity *identity)
{
    if (dev->identities) {
        memcpy(identity, packet->data - sizeof *identity, sizeof *identity);
    } else {
        memset(identity, 0, sizeof *identity);
    }
}

uint32_t
bpfdev_port_hash(const char *name)
{
    return bpf_record_port_hash(name);
}

const char *
bpfdev_drop_reason(uint32_t reason)
{
    static const char *const texts[BPF_N_DROPS] = {
#define BPF_DROP(NUMBER, NAME, COUNTER, TEXT) [NUMBER] = TEXT,
        BPF_DROP_REASONS
#undef BPF_DROP
    };

    return reason < BPF_N_DROPS ? texts[reason] : NULL;
}

const char *
bpfdev_drop_counter(uint32_t reason)
{
    static const char *const counters[BPF_N_DROPS] = {
#define BPF_DROP(NUMBER, NAME, COUNTER, TEXT) [NUMBER] = #COUNTER,
        BPF_DROP_REASONS
#undef BPF_DROP
    };

    return reason < BPF_N_DROPS ? counters[reason] : NULL;
}
