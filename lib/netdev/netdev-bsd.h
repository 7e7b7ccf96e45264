/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The netdev provider: classes "system" and "tap" above the host interface
 * (host/host.h).  Use needs nothing but the call below; everything else goes
 * through Open vSwitch's netdev interface. */

#ifndef NETDEV_NETDEV_BSD_H
#define NETDEV_NETDEV_BSD_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Replaces the netdev classes "system" and "tap" that come with Open vSwitch
 * by this project's, and registers the provider's ovs-appctl commands.
 *
 * Call it once, after option parsing and before the first netdev is opened,
 * on the main thread.  If "system" is a dummy class (--enable-dummy with
 * "system" or "override"), nothing is replaced.
 *
 * Returns 0, or a positive errno value (which is logged) if the classes could
 * not be replaced: EBUSY if a netdev of one of these types is open. */
int netdev_bsd_register(void);

struct dp_packet;
struct netdev;

/* Is 'netdev' of one of this provider's classes?  Any thread. */
bool netdev_bsd_is_ours(const struct netdev *netdev);

/* From now on calls 'sent' whenever one of this provider's netdevs has sent
 * packets, in the order in which they went: with the 'n' packets of a batch,
 * and in 'errors' for each of them 0, or the errno value with which the system
 * refused it.
 *
 * To be called before the first netdev is opened.  'sent' is called by any
 * thread that sends, which holds a lock of the netdev: it must neither wait nor
 * use the netdev.  The packets stay the netdev's. */
typedef void netdev_bsd_sent_func(const struct netdev *,
                                  struct dp_packet *const packets[],
                                  const int errors[], size_t n);
void netdev_bsd_set_sent(netdev_bsd_sent_func *sent);

/* Returns the times at which the 'n' packets arrived that netdev_rxq_recv() has
 * just returned from 'rx', in nanoseconds since 1970-01-01 UTC, 0 for one that
 * is not known.  NULL if 'rx' is not of one of this provider's classes, or the
 * packets are not 'n'.
 *
 * To be called by the thread that receives from 'rx'; good until it does so
 * again. */
struct netdev_rxq;
const uint64_t *netdev_bsd_get_times(struct netdev_rxq *rx, size_t n);

/* Does what is left to do about the packets in 'batch' (unfinished checksums,
 * segmentation), which it deletes or hands on, and returns those that have come
 * of it, with their number in '*n': an array that is the caller's to free.
 * Packets that are not what they claim to be are dropped.  Any thread. */
struct dp_packet_batch;
struct dp_packet **netdev_bsd_finish(struct dp_packet_batch *batch, size_t *n);

#endif /* NETDEV_NETDEV_BSD_H */
