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

#ifndef BPF_TOTALS_H
#define BPF_TOTALS_H 1

/* Totals
 * ====== */

#include <stddef.h>
#include <stdint.h>

/* Sums since the switch was started, over devices open and closed. */
struct bpf_totals {
    uint64_t received, captured, dropped;       /* Packets. */
    uint64_t written, write_errors;             /* Frames. */
    uint64_t opened, refused;                   /* Devices. */
    unsigned int n_devices, n_ports;            /* Now. */
    size_t memory;                              /* Bytes of buffers now. */
};

/* Stores the totals in 'totals'.  Main and server. */
void bpf_totals_get(struct bpf_totals *totals);

#endif /* bpf/bpf-totals.h */
