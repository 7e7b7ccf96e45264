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
 *      checksums that they leave with.  Netdevs that report what they have
 *      sent do so in the course of this call, and then only what they have
 *      sent is shown; see bpf_tap_set_reporter().
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

#include "bpf/bpf-feed.h"
#include "dp-packet.h"
#include "netdev.h"
#include "netdev-provider.h"
#include "ovs-thread.h"
#include "packets.h"
#include "tap/bpf-tap.h"
#include "tap/tap-drops.h"
#include "tap/tap-feedback.h"
#include "tap/tap-identity.h"
#include "tap/tap-inject.h"
#include "tap/tap-netdev.h"
#include "tap/tap-trunc.h"
#include "tap/tap-tunnel.h"
#include "tap/tap-whole.h"
#include "userspace-tso.h"
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

/* Describes 'packet', which goes 'way', for those who look at it. */
static void
describe(struct bpf_packet *p, struct dp_packet *packet, enum bpf_dev_way way)
{
    if (way == BPF_DEV_OUT && !userspace_tso_enabled()) {
        ovs_compat_finish_checksums(packet);
    }
    p->age = 0;
    p->left = ((ovs_compat_get_partial(packet) ? BPF_PACKET_CSUM : 0)
               | (ovs_compat_is_tso(packet) ? BPF_PACKET_TSO : 0));
    p->data = dp_packet_data(packet);
    p->size = dp_packet_size(packet);
    p->wirelen = (way == BPF_DEV_OUT
                  ? tap_trunc_wirelen(packet) : p->size);
}

/* Shows those of the 'n' packets at 'packets', at most NETDEV_MAX_BURST, that
 * are of the kind that 'tap' takes.  'now' is the time, or 0; 'queue'
 * as in struct bpf_record.  If 'times' is nonnull, it has the time of each
 * packet, none later than 'now', or 0. */
static void
show_some(const struct bpf_tap *tap, struct dp_packet *const packets[],
          size_t n, enum bpf_dev_way way, uint8_t queue, uint64_t now,
          const uint64_t times[])
{
    struct bpf_record_identity identities[NETDEV_MAX_BURST];
    struct bpf_packet shown[NETDEV_MAX_BURST];
    struct bpf_packet *end = shown;
    bool followed = bpf_tap_is_followed();
    uint32_t dlt = bpf_tap_dlt(tap);

    for (size_t i = 0; i < n; i++) {
        if (has_link_type(packets[i], dlt)) {
            if (OVS_UNLIKELY(followed)) {
                tap_identity_get(packets[i], &identities[end - shown]);
            }
            describe(end, packets[i], way);
            if (times && times[i]) {
                end->age = MIN(now - times[i], BPF_PACKET_AGE_MAX);
            }
            end++;
        }
    }
    if (end > shown) {
        bpf_tap_feed(tap, shown, followed ? identities : NULL, end - shown, way,
                     queue, now);
    }
}

/* Shows the 'n' packets at 'packets' to the devices on port 'name', if there
 * are any.  A batch may have more packets than the datapath receives at a
 * time. */
static void
show(const char *name, struct dp_packet *const packets[], size_t n,
     enum bpf_dev_way way)
{
    const struct bpf_tap *tap = bpf_tap_lookup(name);

    while (tap && n) {
        size_t burst = MIN(n, NETDEV_MAX_BURST);

        show_some(tap, packets, burst, way, 0, 0, NULL);
        packets += burst;
        n -= burst;
    }
}

static void
tap_batch(const char *name, const struct dp_packet_batch *batch,
          enum bpf_dev_way way)
{
    show(name, batch->packets, dp_packet_batch_size(batch), way);
}

/* Where to ask for the times of packets that were received.  Set before packets
 * move. */
static bpf_tap_clock_func *rx_clock;

void
bpf_tap_set_clock(bpf_tap_clock_func *clock)
{
    rx_clock = clock;
}

/* The number of 'rx' in struct bpf_record. */
static uint8_t
queue_number(struct netdev_rxq *rx)
{
    int id = netdev_rxq_get_queue_id(rx);

    return netdev_n_rxq(rx->netdev) > 1 && id < UINT8_MAX ? id + 1 : 0;
}

/* Shows 'batch', which was just received from 'rx', with the times at which its
 * packets arrived, if they are known; not if they are 'feedback'. */
static void
tap_received(struct netdev_rxq *rx, const struct dp_packet_batch *batch,
             bool feedback)
{
    const struct bpf_tap *tap = bpf_tap_lookup(netdev_rxq_get_name(rx));
    size_t n = dp_packet_batch_size(batch);
    const uint64_t *times;
    uint64_t now = 0;

    if (!tap) {
        return;
    }
    times = rx_clock && !feedback ? rx_clock(rx, n) : NULL;
    for (size_t i = 0; times && i < n; i++) {
        now = MAX(now, times[i]);
    }
    show_some(tap, batch->packets, n, BPF_DEV_IN, queue_number(rx), now,
              times);
}

/* Receives from the feedback queue, if there is something in it.  Ports of type
 * "bpf" have a receive function that does so itself. */
static bool
receive_feedback(struct netdev_rxq *rx, struct dp_packet_batch *batch,
                 int *qfill)
{
    if (!tap_feedback_pending()
        || tap_netdev_is_bpf(rx->netdev)
        || !tap_feedback_take(netdev_rxq_get_name(rx), batch)) {
        return false;
    }
    if (qfill) {
        *qfill = -ENOTSUP;
    }
    return true;
}

int
__wrap_netdev_rxq_recv(struct netdev_rxq *rx, struct dp_packet_batch *batch,
                       int *qfill)
{
    bool feedback;
    int error;

    if (OVS_LIKELY(!bpf_tap_is_active())) {
        return __real_netdev_rxq_recv(rx, batch, qfill);
    }

    tap_drops_settle();
    feedback = receive_feedback(rx, batch, qfill);
    error = feedback ? 0 : __real_netdev_rxq_recv(rx, batch, qfill);
    if (!error) {
        if (OVS_UNLIKELY(bpf_tap_is_followed())) {
            tap_identity_give(netdev_rxq_get_name(rx), batch);
        }
        tap_received(rx, batch, feedback);
    }
    return error;
}

/* Which netdevs report.  Set before packets move. */
static bool (*reports)(const struct netdev *);

/* When the thread began to send what a netdev is about to report: an answer to
 * it must not look older.  0 if it does not matter. */
DEFINE_STATIC_PER_THREAD_DATA(uint64_t, sending_since, 0);

/* Is the thread within tap_send_unseen()? */
DEFINE_STATIC_PER_THREAD_DATA(bool, sending_unseen, false);

void
bpf_tap_set_reporter(bool (*reports_)(const struct netdev *))
{
    reports = reports_;
}

static void
show_refused(struct dp_packet *const packets[], const int errors[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (errors[i]) {
            tap_drops_refused(packets[i]);
        }
    }
}

void
bpf_tap_sent(const struct netdev *netdev, struct dp_packet *const packets[],
             const int errors[], size_t n)
{
    struct dp_packet *sent[NETDEV_MAX_BURST];
    const struct bpf_tap *tap;
    size_t n_sent = 0;

    if (OVS_LIKELY(!bpf_tap_is_active()) || *sending_unseen_get()) {
        return;
    }
    if (bpf_tap_is_followed()) {
        show_refused(packets, errors, n);
    }
    tap = bpf_tap_lookup(netdev_get_name(netdev));
    if (!tap) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (!errors[i]) {
            sent[n_sent++] = packets[i];
        }
    }
    show_some(tap, sent, n_sent, BPF_DEV_OUT, 0, *sending_since_get(), NULL);
}

static bool
does_report(const struct netdev *netdev)
{
    return reports && reports(netdev);
}

/* Shows 'batch', or sees to it that 'netdev' does. */
static void
tap_sending(struct netdev *netdev, const struct dp_packet_batch *batch)
{
    const char *name = netdev_get_name(netdev);

    if (!does_report(netdev)) {
        tap_batch(name, batch, BPF_DEV_OUT);
    } else {
        *sending_since_get() = bpf_tap_lookup(name) ? bpf_tap_now() : 0;
    }
}

/* Sends 'batch' and finds out what was not sent, unless 'netdev' tells. */
static int
send_followed(struct netdev *netdev, int qid, struct dp_packet_batch *batch,
              bool concurrent_txq)
{
    int error;

    tap_drops_begin(does_report(netdev) ? TAP_DROPS_REPORTED
                    : TAP_DROPS_SENDING);
    error = __real_netdev_send(netdev, qid, batch, concurrent_txq);
    tap_drops_end(error);
    return error;
}

static int
send_shown(struct netdev *netdev, int qid, struct dp_packet_batch *batch,
           bool concurrent_txq)
{
    if (OVS_UNLIKELY(bpf_tap_is_active())) {
        tap_sending(netdev, batch);
        if (bpf_tap_is_followed()) {
            return send_followed(netdev, qid, batch, concurrent_txq);
        }
    }
    return __real_netdev_send(netdev, qid, batch, concurrent_txq);
}

int
__wrap_netdev_send(struct netdev *netdev, int qid,
                   struct dp_packet_batch *batch, bool concurrent_txq)
{
    return (OVS_UNLIKELY(tap_whole_is_due(batch, netdev->ol_flags))
            ? tap_whole_send(netdev, qid, batch, concurrent_txq, send_shown)
            : send_shown(netdev, qid, batch, concurrent_txq));
}

int
tap_send_unseen(struct netdev *netdev, struct dp_packet_batch *batch)
{
    int error;

    *sending_unseen_get() = true;
    error = __real_netdev_send(netdev, 0, batch, true);
    *sending_unseen_get() = false;
    return error;
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
tap_popped(const struct netdev *netdev, const struct dp_packet_batch *batch)
{
    size_t n = dp_packet_batch_size(batch);

    for (size_t start = 0, end; start < n; start = end) {
        struct dp_packet *first = batch->packets[start];
        const char *name = tap_tunnel_find_received(netdev, first);

        for (end = start + 1; end < n; end++) {
            if (!same_tunnel(first, batch->packets[end])) {
                break;
            }
        }
        if (name) {
            show(name, &batch->packets[start], end - start, BPF_DEV_IN);
        }
    }
}

void
__wrap_netdev_pop_header(struct netdev *netdev, struct dp_packet_batch *batch)
{
    if (OVS_UNLIKELY(bpf_tap_is_followed())) {
        tap_drops_begin(TAP_DROPS_POPPING);
        __real_netdev_pop_header(netdev, batch);
        tap_drops_end(0);
    } else {
        __real_netdev_pop_header(netdev, batch);
    }
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
