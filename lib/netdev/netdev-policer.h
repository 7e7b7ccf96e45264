/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Ingress policing: drops received packets that exceed a rate, by token
 * buckets for bits and for packets.  In user space, so that it works the same
 * on every system.
 *
 * Thread-safety: any thread may call any function. */

#ifndef NETDEV_NETDEV_POLICER_H
#define NETDEV_NETDEV_POLICER_H 1

#include "openvswitch/thread.h"
#include "openvswitch/token-bucket.h"
#include "ovs-atomic.h"

struct dp_packet_batch;

struct nb_policer {
    atomic_bool enabled;            /* Readable without the mutex. */
    struct ovs_mutex mutex;         /* Guards the rest. */
    bool police_bits;
    bool police_packets;
    struct token_bucket bits;       /* One token per bit. */
    struct token_bucket packets;    /* One token per packet. */
};

void nb_policer_init(struct nb_policer *policer);
void nb_policer_destroy(struct nb_policer *policer);

/* Sets the limits.  A rate of 0 is no limit; a burst of 0 stands for the
 * default: 8000 kilobits, 16 kilopackets. */
void nb_policer_set(struct nb_policer *policer,
                    unsigned int kbits_rate, unsigned int kbits_burst,
                    unsigned int kpkts_rate, unsigned int kpkts_burst);

/* Drops the packets of 'batch' that exceed the limits, and returns how
 * many. */
size_t nb_policer_run(struct nb_policer *policer,
                      struct dp_packet_batch *batch);

#endif /* NETDEV_NETDEV_POLICER_H */
