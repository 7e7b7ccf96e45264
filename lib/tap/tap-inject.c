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

/* Sends frames that clients write, on the server thread.
 *
 * A netdev is looked up by name and referenced for each call, and released at
 * once, so that a port can be deleted at any time.  Sending goes through the
 * tap point like any other, which is how other devices see the frame.  The
 * server thread owns no transmit queue of any netdev, so it tells the netdev
 * that others may use the same one.
 *
 * Some netdevs rebuild their queues in netdev_reconfigure(), which the main
 * thread calls when it has stopped all threads that move packets.  It does not
 * know of this one, so that 'mutex' keeps the two apart; the program is linked
 * with --wrap for that function. */

#include <config.h>

#include "tap/tap-inject.h"

#include <errno.h>
#include <string.h>

#include "bpf/bpf-port.h"
#include "bpf/bpf-proto.h"
#include "dp-packet.h"
#include "dpif-netdev.h"
#include "netdev.h"
#include "netdev-provider.h"
#include "openvswitch/thread.h"
#include "ovs-rcu.h"
#include "packets.h"
#include "tap/tap-feedback.h"
#include "tap/tap-netdev.h"

/* Held while a frame is sent, and while a netdev is reconfigured.  Taken before
 * the mutexes of netdevs, of clients (by the tap point) and of feedback queues,
 * never after one of them. */
static struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;

void
tap_inject_pause(void)
    OVS_ACQUIRES(mutex)
{
    ovs_mutex_lock(&mutex);
}

void
tap_inject_resume(void)
    OVS_RELEASES(mutex)
{
    ovs_mutex_unlock(&mutex);
}

static int
get_link(const char *name, uint32_t *mtup, uint8_t mac[6])
{
    struct eth_addr ea;
    int mtu;

    /* What a netdev does not know by heart it asks the system. */
    ovsrcu_quiesce_start();
    struct netdev *netdev = netdev_from_name(name);
    if (!netdev) {
        ovsrcu_quiesce_end();
        return ENXIO;
    }

    *mtup = netdev_get_mtu(netdev, &mtu) || mtu < 0 ? 0 : mtu;
    if (netdev_get_etheraddr(netdev, &ea)) {
        ea = eth_addr_zero;
    }
    memcpy(mac, ea.ea, sizeof ea.ea);
    netdev_close(netdev);
    ovsrcu_quiesce_end();
    return 0;
}

static struct dp_packet *
make_packet(const void *frame, size_t size)
{
    return dp_packet_clone_data_with_headroom(frame, size, DP_NETDEV_HEADROOM);
}

/* With feedback, whoever captures sees the frame when it enters the switch,
 * and so must not see it here. */
static int
send_out(struct netdev *netdev, const void *frame, size_t size, bool feedback)
{
    struct dp_packet_batch batch;

    dp_packet_batch_init_packet(&batch, make_packet(frame, size));
    return (feedback
            ? tap_send_unseen(netdev, &batch)
            : netdev_send(netdev, 0, &batch, true));
}

static bool
can_send(const struct netdev *netdev)
{
    return netdev_get_class(netdev)->send && netdev_n_txq(netdev) > 0;
}

static bool
can_receive(const struct netdev *netdev)
{
    return netdev_get_class(netdev)->rxq_alloc && netdev_n_rxq(netdev) > 0;
}

static int
send_frame(struct netdev *netdev, const void *frame, size_t size,
           bool feedback)
{
    int error;

    if (tap_netdev_is_bpf(netdev)) {
        /* Nothing is connected to such a port but the switch. */
        return tap_feedback_put(netdev, make_packet(frame, size));
    }

    if (!can_send(netdev) || (feedback && !can_receive(netdev))) {
        return EOPNOTSUPP;
    }

    /* What cannot enter the switch must not be sent either: the client will
     * try again. */
    if (feedback && !tap_feedback_has_room(netdev)) {
        return ENOBUFS;
    }
    error = send_out(netdev, frame, size, feedback);
    return (error || !feedback
            ? error
            : tap_feedback_put(netdev, make_packet(frame, size)));
}

/* Clients know the longest frame that a dp_packet, which counts in 16 bits, can
 * hold with the headroom that the datapath wants. */
BUILD_ASSERT_DECL(BPF_PROTO_MAX_SENT == UINT16_MAX - DP_NETDEV_HEADROOM);

static int
inject(const char *name, const void *frame, size_t size, bool feedback)
{
    struct netdev *netdev;
    int error;

    if (size > BPF_PROTO_MAX_SENT) {
        return EMSGSIZE;
    }

    netdev = netdev_from_name(name);
    if (!netdev) {
        return ENXIO;
    }

    /* The main thread may wait for RCU while it has the mutex. */
    ovsrcu_quiesce_start();
    ovs_mutex_lock(&mutex);
    ovsrcu_quiesce_end();
    error = send_frame(netdev, frame, size, feedback);
    ovs_mutex_unlock(&mutex);
    netdev_close(netdev);
    return error;
}

static int
get_stats(const char *name, struct bpf_port_stats *stats)
{
    struct netdev *netdev = netdev_from_name(name);
    struct netdev_stats ns;
    int error;

    if (!netdev) {
        return ENXIO;
    }
    error = netdev_get_stats(netdev, &ns);
    netdev_close(netdev);
    if (error) {
        return error;
    }

    *stats = (struct bpf_port_stats) {
        .rx_packets = ns.rx_packets,
        .rx_bytes = ns.rx_bytes,
        .rx_dropped = ns.rx_dropped,
        .rx_errors = ns.rx_errors,
        .tx_packets = ns.tx_packets,
        .tx_bytes = ns.tx_bytes,
        .tx_dropped = ns.tx_dropped,
        .tx_errors = ns.tx_errors,
    };
    return 0;
}

const struct bpf_port_ops tap_inject_ops = {
    .get_link = get_link,
    .send = inject,
    .get_stats = get_stats,
};
