/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Statistics: the kernel's counters from the switch's side, together with
 * what this provider dropped itself.
 *
 * No lock of its own; the counters are atomic. */

#include <config.h>

#include "netdev/netdev-bsd-private.h"

#include "openvswitch/netdev.h"
#include "util.h"

static uint64_t
get_counter(struct netdev_bsd *netdev, enum nb_counter counter)
{
    uint64_t value;

    atomic_read_relaxed(&netdev->counters[counter], &value);
    return value;
}

static int
get_host_stats(struct netdev_bsd *netdev, struct host_stats *stats)
{
    struct nb_dev *dev = &netdev->dev;
    int error;

    ovs_mutex_lock(&dev->mutex);
    error = nb_dev_get__(dev, HOST_V_STATS);
    if (!error) {
        *stats = dev->cache.link.stats;
    }
    ovs_mutex_unlock(&dev->mutex);
    return error;
}

/* What the kernel receives from a tap is what the switch sent. */
static void
swap_directions(struct host_stats *s)
{
    struct host_stats old = *s;

    host_stats_init(s);
    s->rx_packets = old.tx_packets;
    s->tx_packets = old.rx_packets;
    s->rx_bytes = old.tx_bytes;
    s->tx_bytes = old.rx_bytes;
    s->rx_errors = old.tx_errors;
    s->tx_errors = old.rx_errors;
    s->rx_dropped = old.tx_dropped;
    s->tx_dropped = old.rx_dropped;
    s->rx_multicast = old.tx_multicast;
    s->tx_multicast = old.rx_multicast;
    s->collisions = old.collisions;
}

static void
add_own(uint64_t *counter, uint64_t n)
{
    *counter = *counter == UINT64_MAX ? n : *counter + n;
}

int
nb_get_stats(const struct netdev *netdev_, struct netdev_stats *stats)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);
    struct host_stats s;
    int error = get_host_stats(netdev, &s);

    memset(stats, 0xff, sizeof *stats);
    if (error) {
        return error;
    }
    if (netdev_bsd_is_tap(netdev)) {
        swap_directions(&s);
    }

    stats->rx_packets = s.rx_packets;
    stats->tx_packets = s.tx_packets;
    stats->rx_bytes = s.rx_bytes;
    stats->tx_bytes = s.tx_bytes;
    stats->rx_errors = s.rx_errors;
    stats->tx_errors = s.tx_errors;
    stats->rx_dropped = s.rx_dropped;
    stats->tx_dropped = s.tx_dropped;
    stats->multicast = s.rx_multicast;
    stats->tx_multicast_packets = s.tx_multicast;
    stats->collisions = s.collisions;
    stats->rx_length_errors = s.rx_length_errors;
    stats->rx_over_errors = s.rx_over_errors;
    stats->rx_crc_errors = s.rx_crc_errors;
    stats->rx_frame_errors = s.rx_frame_errors;
    stats->rx_fifo_errors = s.rx_fifo_errors;
    stats->rx_missed_errors = s.rx_missed_errors;
    stats->tx_aborted_errors = s.tx_aborted_errors;
    stats->tx_carrier_errors = s.tx_carrier_errors;
    stats->tx_fifo_errors = s.tx_fifo_errors;
    stats->tx_heartbeat_errors = s.tx_heartbeat_errors;
    stats->tx_window_errors = s.tx_window_errors;

    add_own(&stats->rx_dropped, (get_counter(netdev, NB_RX_CUT)
                                 + get_counter(netdev, NB_RX_SHORT)
                                 + get_counter(netdev, NB_RX_POLICED)
                                 + get_counter(netdev, NB_RX_BAD)
                                 + nb_rxqs_ring_drops(netdev)));
    add_own(&stats->tx_dropped, (get_counter(netdev, NB_TX_TOO_LONG)
                                 + get_counter(netdev, NB_TX_NO_ROOM)
                                 + get_counter(netdev, NB_TX_DOWN)
                                 + get_counter(netdev, NB_TX_BAD)
                                 + get_counter(netdev, NB_TX_FAILED)));
    return 0;
}

static const char *const counter_names[NB_N_COUNTERS] = {
    [NB_RX_CUT] = "rx_capture_cut",
    [NB_RX_SHORT] = "rx_capture_short",
    [NB_RX_POLICED] = "rx_policed",
    [NB_RX_REOPENED] = "rx_reopened",
    [NB_RX_GROWN] = "rx_capture_grown",
    [NB_RX_CSUM] = "rx_checksum_finished",
    [NB_RX_GSO] = "rx_segmented",
    [NB_RX_SEGMENTS] = "rx_segments",
    [NB_RX_BAD] = "rx_offload_invalid",
    [NB_RX_TSO] = "rx_tso",
    [NB_TX_CSUM] = "tx_checksum_finished",
    [NB_TX_GSO] = "tx_segmented",
    [NB_TX_SEGMENTS] = "tx_segments",
    [NB_TX_TSO] = "tx_tso",
    [NB_TX_JOINED] = "tx_joined",
    [NB_TX_BAD] = "tx_offload_invalid",
    [NB_TX_TOO_LONG] = "tx_too_long",
    [NB_TX_NO_ROOM] = "tx_no_room",
    [NB_TX_DOWN] = "tx_interface_down",
    [NB_TX_FAILED] = "tx_failed",
};

static void
add_custom(struct netdev_custom_stats *stats, const char *name,
           uint64_t value)
{
    struct netdev_custom_counter *counter = &stats->counters[stats->size++];

    ovs_strlcpy(counter->name, name, sizeof counter->name);
    counter->value = value;
}

int
nb_get_custom_stats(const struct netdev *netdev_,
                    struct netdev_custom_stats *stats)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);
    struct host_stats s;

    stats->size = 0;
    stats->counters = xcalloc(NB_N_COUNTERS + 2, sizeof *stats->counters);
    for (int i = 0; i < NB_N_COUNTERS; i++) {
        add_custom(stats, counter_names[i], get_counter(netdev, i));
    }
    if (!netdev_bsd_is_tap(netdev)) {
        add_custom(stats, "rx_capture_dropped", nb_rxqs_ring_drops(netdev));
    }
    if (!get_host_stats(netdev, &s) && s.rx_noproto != UINT64_MAX) {
        add_custom(stats, "rx_no_protocol", s.rx_noproto);
    }
    return 0;
}
