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

/* The netdev class "bpf".
 *
 * The tap point, which every netdev has, does the work: here packets are only
 * counted and thrown away.  Each netdev's mutex guards its properties;
 * counters are atomic, for they are written by any thread that moves
 * packets. */

#include <config.h>

#include "tap/tap-netdev.h"

#include <errno.h>
#include <stdlib.h>

#include "dp-packet.h"
#include "netdev-provider.h"
#include "openvswitch/thread.h"
#include "ovs-atomic.h"
#include "packets.h"
#include "tap/tap-feedback.h"
#include "util.h"

enum counter {
    RX_PACKETS,
    RX_BYTES,
    TX_PACKETS,
    TX_BYTES,
    N_COUNTERS
};

struct netdev_bpf {
    struct netdev up;

    struct ovs_mutex mutex;
    struct eth_addr mac OVS_GUARDED;
    int mtu OVS_GUARDED;
    enum netdev_flags flags OVS_GUARDED;

    atomic_uint64_t counters[N_COUNTERS];
};

static const struct netdev_class bpf_class;

bool
tap_netdev_is_bpf(const struct netdev *netdev)
{
    return netdev_get_class(netdev) == &bpf_class;
}

static struct netdev_bpf *
cast(const struct netdev *netdev)
{
    ovs_assert(tap_netdev_is_bpf(netdev));
    return CONTAINER_OF(netdev, struct netdev_bpf, up);
}

static void
count(struct netdev_bpf *dev, enum counter counter, uint64_t n)
{
    uint64_t orig;

    atomic_add_relaxed(&dev->counters[counter], n, &orig);
}

static void
count_batch(struct netdev_bpf *dev, enum counter packets, enum counter bytes,
            const struct dp_packet_batch *batch)
{
    const struct dp_packet *packet;
    uint64_t n_bytes = 0;

    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        n_bytes += dp_packet_size(packet);
    }
    count(dev, packets, dp_packet_batch_size(batch));
    count(dev, bytes, n_bytes);
}

static uint64_t
get_counter(const struct netdev_bpf *dev, enum counter counter)
{
    uint64_t n;

    atomic_read_relaxed(&CONST_CAST(struct netdev_bpf *,
                                    dev)->counters[counter], &n);
    return n;
}

static struct netdev *
netdev_bpf_alloc(void)
{
    struct netdev_bpf *dev = xzalloc(sizeof *dev);

    return &dev->up;
}

static int
netdev_bpf_construct(struct netdev *netdev)
{
    struct netdev_bpf *dev = cast(netdev);

    ovs_mutex_init(&dev->mutex);
    ovs_mutex_lock(&dev->mutex);
    eth_addr_random(&dev->mac);
    /* A bridge takes the lowest address of its ports: not this one. */
    dev->mac.ea[0] = 0xfe;
    dev->mtu = ETH_PAYLOAD_MAX;
    dev->flags = NETDEV_UP;
    ovs_mutex_unlock(&dev->mutex);
    for (size_t i = 0; i < N_COUNTERS; i++) {
        atomic_init(&dev->counters[i], 0);
    }
    return 0;
}

static void
netdev_bpf_destruct(struct netdev *netdev)
{
    ovs_mutex_destroy(&cast(netdev)->mutex);
}

static void
netdev_bpf_dealloc(struct netdev *netdev)
{
    free(cast(netdev));
}

static int
netdev_bpf_send(struct netdev *netdev, int qid OVS_UNUSED,
                struct dp_packet_batch *batch, bool concurrent_txq OVS_UNUSED)
{
    count_batch(cast(netdev), TX_PACKETS, TX_BYTES, batch);
    dp_packet_delete_batch(batch, true);
    return 0;
}

static int
netdev_bpf_set_etheraddr(struct netdev *netdev, const struct eth_addr mac)
{
    struct netdev_bpf *dev = cast(netdev);

    ovs_mutex_lock(&dev->mutex);
    if (!eth_addr_equals(dev->mac, mac)) {
        dev->mac = mac;
        netdev_change_seq_changed(netdev);
    }
    ovs_mutex_unlock(&dev->mutex);
    return 0;
}

static int
netdev_bpf_get_etheraddr(const struct netdev *netdev, struct eth_addr *mac)
{
    struct netdev_bpf *dev = cast(netdev);

    ovs_mutex_lock(&dev->mutex);
    *mac = dev->mac;
    ovs_mutex_unlock(&dev->mutex);
    return 0;
}

static int
netdev_bpf_set_mtu(struct netdev *netdev, int mtu)
{
    struct netdev_bpf *dev = cast(netdev);

    if (mtu < ETH_PAYLOAD_MIN || mtu > UINT16_MAX - ETH_HEADER_LEN) {
        return EINVAL;
    }

    ovs_mutex_lock(&dev->mutex);
    if (dev->mtu != mtu) {
        dev->mtu = mtu;
        netdev_change_seq_changed(netdev);
    }
    ovs_mutex_unlock(&dev->mutex);
    return 0;
}

static int
netdev_bpf_get_mtu(const struct netdev *netdev, int *mtup)
{
    struct netdev_bpf *dev = cast(netdev);

    ovs_mutex_lock(&dev->mutex);
    *mtup = dev->mtu;
    ovs_mutex_unlock(&dev->mutex);
    return 0;
}

static int
netdev_bpf_get_stats(const struct netdev *netdev, struct netdev_stats *stats)
{
    const struct netdev_bpf *dev = cast(netdev);

    /* All ones: this netdev has no such counter. */
    memset(stats, 0xff, sizeof *stats);
    stats->rx_packets = get_counter(dev, RX_PACKETS);
    stats->rx_bytes = get_counter(dev, RX_BYTES);
    stats->tx_packets = get_counter(dev, TX_PACKETS);
    stats->tx_bytes = get_counter(dev, TX_BYTES);
    return 0;
}

static int
netdev_bpf_update_flags(struct netdev *netdev, enum netdev_flags off,
                        enum netdev_flags on, enum netdev_flags *old_flags)
{
    struct netdev_bpf *dev = cast(netdev);
    int error = 0;

    ovs_mutex_lock(&dev->mutex);
    *old_flags = dev->flags;
    if ((off | on) & ~(NETDEV_UP | NETDEV_PROMISC)) {
        error = EINVAL;
    } else {
        dev->flags = (dev->flags | on) & ~off;
        if (*old_flags != dev->flags) {
            netdev_change_seq_changed(netdev);
        }
    }
    ovs_mutex_unlock(&dev->mutex);
    return error;
}

static struct netdev_rxq *
netdev_bpf_rxq_alloc(void)
{
    return xzalloc(sizeof(struct netdev_rxq));
}

static int
netdev_bpf_rxq_construct(struct netdev_rxq *rxq OVS_UNUSED)
{
    return 0;
}

static void
netdev_bpf_rxq_destruct(struct netdev_rxq *rxq OVS_UNUSED)
{
}

static void
netdev_bpf_rxq_dealloc(struct netdev_rxq *rxq)
{
    free(rxq);
}

static int
netdev_bpf_rxq_recv(struct netdev_rxq *rxq, struct dp_packet_batch *batch,
                    int *qfill)
{
    struct netdev_bpf *dev = cast(rxq->netdev);

    if (!tap_feedback_pending()
        || !tap_feedback_take(netdev_get_name(rxq->netdev), batch)) {
        return EAGAIN;
    }

    count_batch(dev, RX_PACKETS, RX_BYTES, batch);
    if (qfill) {
        *qfill = -ENOTSUP;
    }
    return 0;
}

static void
netdev_bpf_rxq_wait(struct netdev_rxq *rxq OVS_UNUSED)
{
    /* tap_feedback_wait() waits for all queues at once. */
}

static const struct netdev_class bpf_class = {
    .type = "bpf",
    .alloc = netdev_bpf_alloc,
    .construct = netdev_bpf_construct,
    .destruct = netdev_bpf_destruct,
    .dealloc = netdev_bpf_dealloc,
    .send = netdev_bpf_send,
    .set_etheraddr = netdev_bpf_set_etheraddr,
    .get_etheraddr = netdev_bpf_get_etheraddr,
    .set_mtu = netdev_bpf_set_mtu,
    .get_mtu = netdev_bpf_get_mtu,
    .get_stats = netdev_bpf_get_stats,
    .update_flags = netdev_bpf_update_flags,
    .rxq_alloc = netdev_bpf_rxq_alloc,
    .rxq_construct = netdev_bpf_rxq_construct,
    .rxq_destruct = netdev_bpf_rxq_destruct,
    .rxq_dealloc = netdev_bpf_rxq_dealloc,
    .rxq_recv = netdev_bpf_rxq_recv,
    .rxq_wait = netdev_bpf_rxq_wait,
};

void
tap_netdev_register(void)
{
    netdev_register_provider(&bpf_class);
}
