/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Ingress policing: see netdev-policer.h.  The policer's mutex is innermost
 * and is taken once per batch, only if there is a limit. */

#include <config.h>

#include "netdev/netdev-policer.h"

#include <limits.h>

#include "dp-packet.h"
#include "util.h"

#define DEFAULT_BURST_KBITS 8000
#define DEFAULT_BURST_KPKTS 16

void
nb_policer_init(struct nb_policer *policer)
{
    ovs_mutex_init(&policer->mutex);
    atomic_init(&policer->enabled, false);
    policer->police_bits = policer->police_packets = false;
    token_bucket_init(&policer->bits, 0, 0);
    token_bucket_init(&policer->packets, 0, 0);
}

void
nb_policer_destroy(struct nb_policer *policer)
{
    ovs_mutex_destroy(&policer->mutex);
}

static unsigned int
kilo(unsigned int n)
{
    return MIN(n, UINT_MAX / 1000) * 1000;
}

/* Starts with an empty balance in the past, so that a full burst is there at
 * once; a change of limits does not hand out another one. */
static void
set_bucket(struct token_bucket *tb, bool was_on, unsigned int rate,
           unsigned int burst)
{
    if (was_on) {
        token_bucket_set(tb, rate, burst);
    } else {
        token_bucket_init(tb, rate, burst);
    }
}

void
nb_policer_set(struct nb_policer *policer,
               unsigned int kbits_rate, unsigned int kbits_burst,
               unsigned int kpkts_rate, unsigned int kpkts_burst)
{
    kbits_burst = kbits_burst ? kbits_burst : DEFAULT_BURST_KBITS;
    kpkts_burst = kpkts_burst ? kpkts_burst : DEFAULT_BURST_KPKTS;

    ovs_mutex_lock(&policer->mutex);

    /* Kilobits per second are bits per millisecond. */
    set_bucket(&policer->bits, policer->police_bits, kbits_rate,
               kilo(kbits_burst));
    set_bucket(&policer->packets, policer->police_packets, kpkts_rate,
               kilo(kpkts_burst));
    policer->police_bits = kbits_rate > 0;
    policer->police_packets = kpkts_rate > 0;
    atomic_store_relaxed(&policer->enabled,
                         policer->police_bits || policer->police_packets);

    ovs_mutex_unlock(&policer->mutex);
}

/* A packet passes only if both buckets have room, but a refusal by the second
 * one must not cost tokens of the first. */
static bool
policer_admit(struct nb_policer *policer, unsigned int n_bits)
    OVS_REQUIRES(policer->mutex)
{
    if (policer->police_packets
        && !token_bucket_withdraw(&policer->packets, 1)) {
        return false;
    }
    if (policer->police_bits
        && !token_bucket_withdraw(&policer->bits, n_bits)) {
        policer->packets.tokens += policer->police_packets;
        return false;
    }
    return true;
}

size_t
nb_policer_run(struct nb_policer *policer, struct dp_packet_batch *batch)
{
    const size_t n = dp_packet_batch_size(batch);
    struct dp_packet *packet;
    bool enabled;
    size_t i;

    atomic_read_relaxed(&policer->enabled, &enabled);
    if (OVS_LIKELY(!enabled)) {
        return 0;
    }

    ovs_mutex_lock(&policer->mutex);
    DP_PACKET_BATCH_REFILL_FOR_EACH (i, n, packet, batch) {
        if (policer_admit(policer, 8 * dp_packet_size(packet))) {
            dp_packet_batch_add(batch, packet);
        } else {
            dp_packet_delete(packet);
        }
    }
    ovs_mutex_unlock(&policer->mutex);
    return n - dp_packet_batch_size(batch);
}
