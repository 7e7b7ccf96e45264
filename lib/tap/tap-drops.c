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

/* Finds out which packets are dropped, and why; see tap-drops.h.
 *
 * All state belongs to one thread each; 'slots' is written by constructors,
 * before there are threads, and constant after that. */

#include <config.h>

#include "tap/tap-drops.h"

#include <string.h>

#include "bpf/bpf-feed.h"
#include "bpf/bpf-record.h"
#include "coverage.h"
#include "dp-packet.h"
#include "ovs-thread.h"
#include "tap/tap-identity.h"
#include "util.h"
/* After everything else. */
#include "ovs-compat.h"

/* Bytes that are kept of a packet that may turn out to be dropped. */
#define KEPT_BYTES 2048

/* A packet that was deleted and whose reason is not known yet. */
struct kept {
    struct bpf_record_identity identity;
    uint32_t size;              /* Bytes in 'data'. */
    uint32_t wirelen;
    bool ethernet;
    uint8_t data[KEPT_BYTES];
};

struct drops_state {
    unsigned int counted[BPF_N_DROPS];  /* Not yet told to coverage. */
    unsigned int fresh[BPF_N_DROPS];    /* Not yet matched with a packet. */
    unsigned int expected[BPF_N_DROPS]; /* Packets shown ahead of counting. */
    enum tap_drops_phase phase;
    size_t next;                /* Where to keep the next one. */
    size_t n_kept;              /* Before that, in a circle. */
};
DEFINE_STATIC_PER_THREAD_DATA(struct drops_state, drops, { .n_kept = 0 });

struct kept_array {
    struct kept kept[NETDEV_MAX_BURST];
};
DEFINE_PER_THREAD_MALLOCED_DATA(struct kept_array *, kept_array);

/* The switch's own counters of these reasons, or NULL. */
static struct coverage_counter *slots[BPF_N_DROPS];

void __real_coverage_counter_register(struct coverage_counter *);
void __wrap_coverage_counter_register(struct coverage_counter *);
void __real_dp_packet_uninit(struct dp_packet *);
void __wrap_dp_packet_uninit(struct dp_packet *);

/* Takes over what this thread has counted for 'reason' since the last time. */
static void
absorb(struct drops_state *state, unsigned int reason)
{
    unsigned int n = slots[reason] ? slots[reason]->count() : 0;

    if (n) {
        unsigned int ahead = MIN(n, state->expected[reason]);

        state->counted[reason] += n;
        state->expected[reason] -= ahead;
        if (bpf_tap_is_followed()) {
            state->fresh[reason] += n - ahead;
        }
    }
}

static unsigned int
count(unsigned int reason)
{
    struct drops_state *state = drops_get();
    unsigned int n;

    absorb(state, reason);
    n = state->counted[reason];
    state->counted[reason] = 0;
    return n;
}

/* What coverage calls for each of the counters. */
#define BPF_DROP(NUMBER, NAME, COUNTER, TEXT) \
    static unsigned int \
    count_##NAME(void) \
    { \
        return count(NUMBER); \
    }
BPF_DROP_REASONS
#undef BPF_DROP

static struct coverage_counter substitutes[BPF_N_DROPS] = {
#define BPF_DROP(NUMBER, NAME, COUNTER, TEXT) \
    [NUMBER] = { .name = #COUNTER, .count = count_##NAME },
    BPF_DROP_REASONS
#undef BPF_DROP
};

/* Registers a substitute for a counter of drops. */
void
__wrap_coverage_counter_register(struct coverage_counter *counter)
{
    for (unsigned int i = 1; i < BPF_N_DROPS; i++) {
        if (!strcmp(counter->name, substitutes[i].name)) {
            slots[i] = counter;
            counter = &substitutes[i];
            break;
        }
    }
    __real_coverage_counter_register(counter);
}

/* True if the datapath counts 'reason' after it has deleted the packet. */
static bool
is_counted_after(unsigned int reason)
{
    return (reason == BPF_DROP_UPCALL || reason == BPF_DROP_LOCK
            || reason == BPF_DROP_USERSPACE || reason == BPF_DROP_INVALID
            || reason == BPF_DROP_PREPARE || reason == BPF_DROP_PUSH_OFFLOAD
            || (OVS_COMPAT_METERS_COUNT_LAST && reason == BPF_DROP_METER));
}

static void
absorb_all(struct drops_state *state)
{
    for (unsigned int i = 1; i < BPF_N_DROPS; i++) {
        absorb(state, i);
    }
}

static struct kept *
get_kept(size_t i)
{
    struct kept_array *array = kept_array_get();

    if (!array) {
        array = xmalloc(sizeof *array);
        kept_array_set_unsafe(array);
    }
    return &array->kept[i % NETDEV_MAX_BURST];
}

static void
forget_kept(struct drops_state *state)
{
    state->next = 0;
    state->n_kept = 0;
}

static void
keep(struct kept *kept, const struct dp_packet *packet)
{
    tap_identity_get(packet, &kept->identity);
    kept->wirelen = dp_packet_size(packet);
    kept->size = MIN(kept->wirelen, KEPT_BYTES);
    kept->ethernet = packet->packet_type == htonl(PT_ETH);
    if (kept->size) {
        memcpy(kept->data, dp_packet_data(packet), kept->size);
    }
}

/* Shows 'kept' as dropped because of 'reason'. */
static void
show(struct kept *kept, unsigned int reason)
{
    const struct bpf_tap *tap = bpf_tap_lookup(BPF_RECORD_DROPS_FULL);
    struct bpf_packet packet = {
        .data = kept->data, .size = kept->size, .wirelen = kept->wirelen,
    };

    if (tap && kept->ethernet) {
        kept->identity.reason = reason;
        bpf_tap_feed(tap, &packet, &kept->identity, 1, BPF_DEV_IN, 0, 0);
    }
}

/* Takes one of the reasons that were counted and have no packet yet, those of
 * one kind.  Returns 0 if there is none. */
static unsigned int
take_fresh(struct drops_state *state, bool after)
{
    for (unsigned int i = 1; i < BPF_N_DROPS; i++) {
        if (state->fresh[i] && is_counted_after(i) == after) {
            state->fresh[i]--;
            return i;
        }
    }
    return 0;
}

/* The packets kept last have the reasons that have been counted since.  Returns
 * false if there are none. */
static bool
show_last(struct drops_state *state)
{
    unsigned int reasons[NETDEV_MAX_BURST];
    size_t n = 0;

    while (n < state->n_kept && (reasons[n] = take_fresh(state, true))) {
        n++;
    }
    for (size_t i = 0; i < n; i++) {
        show(get_kept(state->next - n + i), reasons[i]);
    }
    return n > 0;
}

/* No reason is counted while a netdev sends: whether it failed is known at its
 * end. */
static void
keep_sent(struct drops_state *state, const struct dp_packet *packet)
{
    if (state->n_kept < NETDEV_MAX_BURST) {
        keep(get_kept(state->next++), packet);
        state->n_kept++;
    }
}

static void
deleted(struct drops_state *state, const struct dp_packet *packet)
{
    struct kept *kept;
    unsigned int reason;

    /* Almost all packets end this way, so it must not cost much. */
    if (OVS_LIKELY(state->phase == TAP_DROPS_REPORTED)) {
        return;
    } else if (state->phase == TAP_DROPS_SENDING) {
        keep_sent(state, packet);
        return;
    }

    absorb_all(state);
    if (show_last(state)) {
        forget_kept(state);
    }
    kept = get_kept(state->next);
    keep(kept, packet);
    if (state->phase == TAP_DROPS_POPPING) {
        state->expected[BPF_DROP_POP]++;
        reason = BPF_DROP_POP;
    } else {
        reason = take_fresh(state, false);
    }
    if (reason) {
        show(kept, reason);
        forget_kept(state);
    } else {
        state->next++;
        state->n_kept = MIN(state->n_kept + 1, NETDEV_MAX_BURST);
    }
}

void
tap_drops_refused(const struct dp_packet *packet)
{
    struct kept *kept = get_kept(MIN(drops_get()->n_kept,
                                     NETDEV_MAX_BURST - 1));

    keep(kept, packet);
    show(kept, BPF_DROP_SEND);
}

void
tap_drops_begin(enum tap_drops_phase phase)
{
    struct drops_state *state = drops_get();

    if (state->n_kept) {
        absorb_all(state);
        show_last(state);
    }
    forget_kept(state);
    state->phase = phase;
}

void
tap_drops_end(int error)
{
    struct drops_state *state = drops_get();

    for (size_t i = 0; error && i < state->n_kept; i++) {
        show(get_kept(i), BPF_DROP_SEND);
    }
    forget_kept(state);
    state->phase = TAP_DROPS_ANY;
}

void
tap_drops_settle(void)
{
    struct drops_state *state;

    if (OVS_LIKELY(!bpf_tap_is_followed())) {
        return;
    }
    state = drops_get();
    absorb_all(state);
    show_last(state);
    memset(state->fresh, 0, sizeof state->fresh);
    forget_kept(state);
}

/* A function of its own, so that the wrapper needs no stack frame when nobody
 * follows. */
static void __attribute__((noinline))
uninit_followed(struct dp_packet *packet)
{
    if (packet) {
        deleted(drops_get(), packet);
        tap_identity_forget(packet);
    }
    __real_dp_packet_uninit(packet);
}

/* Every deletion of a packet. */
void
__wrap_dp_packet_uninit(struct dp_packet *packet)
{
    if (OVS_UNLIKELY(bpf_tap_is_followed())) {
        uninit_followed(packet);
    } else {
        __real_dp_packet_uninit(packet);
    }
}
