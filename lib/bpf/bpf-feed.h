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

#ifndef BPF_FEED_H
#define BPF_FEED_H 1

/* Data path
 * =========
 *
 * What the threads that move packets call. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/bpf-device.h"
#include "ovs-thread.h"

struct bpf_tap;

/* For a variable that is read for every packet: as it belongs to the program
 * alone, its address need not be fetched before. */
#define BPF_FEED_HOT __attribute__((visibility("hidden")))

/* Number of reasons to look at packets at all: devices that are attached,
 * anywhere, and calls of bpf_tap_hold() not yet undone. */
extern BPF_FEED_HOT atomic_count bpf_tap_reasons;

/* Returns true if packets must be shown to bpf_tap_lookup().  This is all
 * that capturing costs while nobody captures.  Any thread. */
static inline bool
bpf_tap_is_active(void)
{
    return atomic_count_get(&bpf_tap_reasons) != 0;
}

/* Makes bpf_tap_is_active() return true, until undone by bpf_tap_release(). */
void bpf_tap_hold(void);
void bpf_tap_release(void);

/* Number of devices that want identities or dropped packets. */
extern BPF_FEED_HOT atomic_count bpf_followers;

/* Returns true if somebody follows packets: if they should get identities when
 * they are received, and be shown when they are dropped.  Any thread. */
static inline bool
bpf_tap_is_followed(void)
{
    return atomic_count_get(&bpf_followers) != 0;
}

/* Returns the tap of the port called 'name', or NULL if no device is attached
 * there.  It may be used until the caller quiesces next.  Any thread; takes no
 * lock. */
const struct bpf_tap *bpf_tap_lookup(const char *name);

/* Returns the link type (BPF_DEV_DLT_*) of the packets that the devices on
 * 'tap' expect. */
uint32_t bpf_tap_dlt(const struct bpf_tap *tap);

/* The time in nanoseconds since 1970.  Any thread. */
uint64_t bpf_tap_now(void);

/* Shows the 'n' packets in 'packets', all of which go 'way' and came by queue
 * number 'queue', as in struct bpf_record, to every device on 'tap'.
 * 'identities' are those of the packets, or NULL.  'now' is bpf_tap_now(), or 0
 * to have the clock read, which happens only if a device accepts a packet.
 * Copies what it keeps; uses the packets' "verdict" members for itself.  Any
 * thread; never allocates; takes the mutexes of those clients only whose filter
 * accepts a packet. */
void bpf_tap_feed(const struct bpf_tap *tap, struct bpf_packet packets[],
                  const struct bpf_record_identity identities[], size_t n,
                  enum bpf_dev_way way, uint8_t queue, uint64_t now);

#endif /* bpf/bpf-feed.h */
