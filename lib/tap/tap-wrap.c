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

/* The tap point: every packet that the datapath receives from or sends to a
 * netdev passes here.
 *
 * The program is linked with --wrap, so that what the datapath believes to be
 * netdev_rxq_recv() is __wrap_netdev_rxq_recv() here, which calls the real
 * one, and so on:
 *
 *    - netdev_rxq_recv(): packets on their way in, before any change by the
 *      switch.  Also where frames that clients write enter the switch.
 *
 *    - netdev_send(): packets on their way out, after any change, with the
 *      checksums that they leave with.
 *
 *    - netdev_push_header(), netdev_pop_header(): tunnel ports, to which
 *      nothing is ever sent: they see the inner packets, before the header
 *      goes on and after it came off.
 *
 * Patch ports appear nowhere in the datapath.
 *
 * netdev_reconfigure() is there as well, though it moves no packet: the main
 * thread, which alone calls it, is kept from rebuilding a netdev to which a
 * client's frame is just being sent.
 *
 * Any thread that moves packets.  No locks, no allocation, no waiting: with
 * nobody listening, one relaxed load for each batch. */

#include <config.h>

#include <errno.h>

#include "bpf/bpf-port.h"
#include "dp-packet.h"
#include "netdev.h"
#include "netdev-provider.h"
#include "packets.h"
#include "tap/tap-feedback.h"
#include "tap/tap-inject.h"
#include "tap/tap-netdev.h"
#include "tap/tap-trunc.h"
#include "tap/tap-tunnel.h"
#include "util.h"

/* Last, because it undoes definitions of <config.h>. */
#include "ovs-compat.h"

struct ovs_action_push_tnl;

int __real_netdev_rxq_recv(struct netdev_rxq *, struct dp_packet_batch *,
                           int *qfill);
int __wrap_netdev_rxq_recv(struct netdev_rxq *, struct dp_packet_batch *,
                           int *qfill);
int __real_netdev_send(struct netdev *, int qid, struct dp_packet_batch *,
                       bool concurrent_txq);
int __wrap_netdev_send(struct netdev *, int qid, struct dp_packet_batch *,
                       bool concurrent_txq);
int __real_netdev_push_header(const struct netdev *,
                              OVS_COMPAT_INGRESS_PARAMETER
                              struct dp_packet_batch *,
                              const struct ovs_action_push_tnl *);
int __wrap_netdev_push_header(const struct netdev *,
                              OVS_COMPAT_INGRESS_PARAMETER
                              struct dp_packet_batch *,
                              const struct ovs_action_push_tnl *);
int __real_netdev_reconfigure(struct netdev *);
int __wrap_netdev_reconfigure(struct netdev *);
void __real_netdev_pop_header(struct netdev *, struct dp_packet_batch *);
void __wrap_netdev_pop_header(struct netdev *, struct dp_packet_batch *);

/* True if 'packet' is what devices on a port of link type 'dlt' expect.  Ports
 * that carry both Ethernet frames and bare IP packets show one kind only. */
static bool
has_link_type(const struct dp_packet *packet, uint32_t dlt)
{
    if (packet->packet_type == htonl(PT_ETH)) {
        return dlt == BPF_DEV_DLT_EN10MB;
    } else {
        return (dlt == BPF_DEV_DLT_RAW
                && (packet->packet_type == htonl(PT_IPV4)
                    || packet->packet_type == htonl(PT_IPV6)));
    }
}

/* Packets to be shown to one tap. */
struct shown {
    const struct bpf_tap *tap;          /* NULL to show nothing. */
    uint32_t dlt;                       /* What 'tap' expects. */
    enum bpf_dev_way way;
    struct bpf_packet packets[NETDEV_MAX_BURST];
    size_t n;
};

static void
shown_init(struct shown *shown, const struct bpf_tap *tap,
           enum bpf_dev_way way)
{
    shown->tap = tap;
    shown->dlt = tap ? bpf_tap_dlt(tap) : 0;
    shown->way = way;
    shown->n = 0;
}

static void
shown_flush(struct shown *shown)
{
    if (shown->n) {
        bpf_tap_feed(shown->tap, shown->packets, shown->n, shown->way, 0);
        shown->n = 0;
    }
}

/* Adds 'packet' if the tap takes packets of its kind.  A batch may have more
 * packets than the datapath receives at a time. */
static void
shown_add(struct shown *shown, struct dp_packet *packet)
{
    struct bpf_packet *p;

    if (!has_link_type(packet, shown->dlt)) {
        return;
    }
    if (shown->n >= ARRAY_SIZE(shown->packets)) {
        shown_flush(shown);
    }
    if (shown->way == BPF_DEV_OUT) {
        ovs_compat_finish_checksums(packet);
    }
    p = &shown->packets[shown->n++];
    p->data = dp_packet_data(packet);
    p->size = dp_packet_size(packet);
    p->wirelen = (shown->way == BPF_DEV_OUT
                  ? tap_trunc_wirelen(packet) : p->size);
}

/* Shows 'batch' to the devices on port 'name', if there are any. */
static void
tap_batch(const char *name, struct dp_packet_batch *batch,
          enum bpf_dev_way way)
{
    const struct bpf_tap *tap = bpf_tap_lookup(name);
    struct dp_packet *packet;
    struct shown shown;

    if (!tap) {
        return;
    }

    shown_init(&shown, tap, way);
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        shown_add(&shown, packet);
    }
    shown_flush(&shown);
}

/* Receives from the feedback queue or else from the real one.  Ports of type
 * "bpf" have a receive function that does so itself. */
static int
receive(struct netdev_rxq *rx, struct dp_packet_batch *batch, int *qfill)
{
    if (tap_feedback_pending()
        && !tap_netdev_is_bpf(rx->netdev)
        && tap_feedback_take(netdev_rxq_get_name(rx), batch)) {
        if (qfill) {
            *qfill = -ENOTSUP;
        }
        return 0;
    }
    return __real_netdev_rxq_recv(rx, batch, qfill);
}

int
__wrap_netdev_rxq_recv(struct netdev_rxq *rx, struct dp_packet_batch *batch,
                       int *qfill)
{
    int error;

    if (OVS_LIKELY(!bpf_tap_is_active())) {
        return __real_netdev_rxq_recv(rx, batch, qfill);
    }

    error = receive(rx, batch, qfill);
    if (!error) {
        tap_batch(netdev_rxq_get_name(rx), batch, BPF_DEV_IN);
    }
    return error;
}

int
__wrap_netdev_send(struct netdev *netdev, int qid,
                   struct dp_packet_batch *batch, bool concurrent_txq)
{
    if (OVS_UNLIKELY(bpf_tap_is_active())) {
        tap_batch(netdev_get_name(netdev), batch, BPF_DEV_OUT);
    }
    return __real_netdev_send(netdev, qid, batch, concurrent_txq);
}

/* Shows packets that are about to go into a tunnel. */
static void
tap_pushed(const struct netdev *netdev, struct dp_packet_batch *batch,
           const struct ovs_action_push_tnl *data)
{
    /* One header for all of them, hence one port. */
    const char *name = tap_tunnel_find_sent(netdev, data, batch->packets[0]);

    if (name) {
        tap_batch(name, batch, BPF_DEV_OUT);
    }
    tap_trunc_forget(batch);
}

int
__wrap_netdev_push_header(const struct netdev *netdev,
                          OVS_COMPAT_INGRESS_PARAMETER
                          struct dp_packet_batch *batch,
                          const struct ovs_action_push_tnl *data)
{
    if (OVS_UNLIKELY(bpf_tap_is_active())
        && !dp_packet_batch_is_empty(batch)) {
        tap_pushed(netdev, batch, data);
    }
    return __real_netdev_push_header(netdev, OVS_COMPAT_INGRESS_ARGUMENT
                                     batch, data);
}

/* True if 'a' and 'b' came through the same tunnel, as far as a port's
 * configuration can tell. */
static bool
same_tunnel(const struct dp_packet *a, const struct dp_packet *b)
{
    const struct flow_tnl *ta = &a->md.tunnel;
    const struct flow_tnl *tb = &b->md.tunnel;

    return (ta->tun_id == tb->tun_id
            && ta->ip_src == tb->ip_src
            && ta->ip_dst == tb->ip_dst
            && ipv6_addr_equals(&ta->ipv6_src, &tb->ipv6_src)
            && ipv6_addr_equals(&ta->ipv6_dst, &tb->ipv6_dst)
            && a->packet_type == b->packet_type);
}

/* Shows packets that came out of tunnels, which may be different ones. */
static void
tap_popped(const struct netdev *netdev, struct dp_packet_batch *batch)
{
    struct dp_packet *packet, *prev = NULL;
    struct shown shown;

    shown_init(&shown, NULL, BPF_DEV_IN);
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        if (!prev || !same_tunnel(prev, packet)) {
            const char *name = tap_tunnel_find_received(netdev, packet);

            shown_flush(&shown);
            shown_init(&shown, name ? bpf_tap_lookup(name) : NULL, BPF_DEV_IN);
        }
        if (shown.tap) {
            shown_add(&shown, packet);
        }
        prev = packet;
    }
    shown_flush(&shown);
}

void
__wrap_netdev_pop_header(struct netdev *netdev, struct dp_packet_batch *batch)
{
    __real_netdev_pop_header(netdev, batch);
    if (OVS_UNLIKELY(bpf_tap_is_active())) {
        tap_popped(netdev, batch);
    }
}

int
__wrap_netdev_reconfigure(struct netdev *netdev)
{
    int error;

    tap_inject_pause();
    error = __real_netdev_reconfigure(netdev);
    tap_inject_resume();
    return error;
}
