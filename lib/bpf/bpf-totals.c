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
/* Sums over all devices, see the header. */

#include <config.h>

#include "bpf/bpf-totals.h"

#include "bpf/bpf-quota.h"
#include "bpf/bpf-registry.h"

struct bpf_totals bpf_sums;

void
bpf_totals_get(struct bpf_totals *t)
{
    ovs_mutex_lock(&bpf_mutex);
    *t = bpf_sums;
    t->n_ports = bpf_ports_count();
    t->n_devices = bpf_quota_used(BPF_DEVICES);
    t->memory = bpf_quota_used(BPF_MEMORY);
    bpf_clients_add_stats(t);
    ovs_mutex_unlock(&bpf_mutex);
}
