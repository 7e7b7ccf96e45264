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


/* See tap-whole.h.
 *
 * No locks; no state but the function that does the work, which is set before
 * packets move.  Costs one look at a variable for each batch while
 * userspace-tso-enable is off. */

#include <config.h>

#include "tap/tap-whole.h"

#include <stdlib.h>

#include "dp-packet.h"
#include "netdev.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "packets.h"
#include "tap/bpf-tap.h"
#include "userspace-tso.h"
#include "util.h"

/* Last, because it undoes definitions of <config.h>. */
#include "ovs-compat.h"

static bpf_tap_finish_func *finish;

void
bpf_tap_set_finish(bpf_tap_finish_func *finish_)
{
    finish = finish_;
}

bool
tap_whole_is_due(const struct dp_packet_batch *batch, uint64_t flags)
{
    const struct dp_packet *packet;

    if (OVS_LIKELY(!userspace_tso_enabled()) || !finish) {
        return false;
    }
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        if (ovs_compat_needs(packet) & ~flags) {
            return true;
        }
    }
    return false;
}

int
tap_whole_send(struct netdev *netdev, int qid, struct dp_packet_batch *batch,
               bool concurrent_txq, tap_whole_send_func *send)
{
    struct dp_packet **packets;
    int error = 0;
    size_t n;

    packets = finish(batch, &n);
    for (size_t i = 0; i < n; i += NETDEV_MAX_BURST) {
        struct dp_packet_batch some;
        int retval;

        dp_packet_batch_init(&some);
        for (size_t j = i; j < MIN(n, i + NETDEV_MAX_BURST); j++) {
            dp_packet_batch_add(&some, packets[j]);
        }
        retval = send(netdev, qid, &some, concurrent_txq);
        error = error ? error : retval;
    }
    free(packets);
    return error;
}

/* Can packets go into this kind of tunnel as they are? */
static bool
tunnel_takes_all(uint32_t tnl_type)
{
    return (OVS_COMPAT_TUNNELS_TAKE_TSO
            && (tnl_type == OVS_VPORT_TYPE_VXLAN
                || tnl_type == OVS_VPORT_TYPE_GENEVE
                || tnl_type == OVS_VPORT_TYPE_GRE
                || tnl_type == OVS_VPORT_TYPE_IP6GRE));
}

/* Do 'actions' want whole packets?  Those in a "sample" action that show
 * packets to sFlow or IPFIX do not: they look at headers, of traffic that
 * should not become slower by that. */
static bool
want_whole(const struct nlattr *actions, size_t len, bool sampled)
{
    const struct nlattr *a;
    unsigned int left;

    NL_ATTR_FOR_EACH_UNSAFE (a, left, actions, len) {
        const struct nlattr *nested;

        switch (nl_attr_type(a)) {
        case OVS_ACTION_ATTR_TUNNEL_PUSH: {
            const struct ovs_action_push_tnl *push = nl_attr_get(a);

            if (!tunnel_takes_all(push->tnl_type)) {
                return true;
            }
            break;
        }
        case OVS_ACTION_ATTR_PUSH_MPLS:
        case OVS_ACTION_ATTR_ADD_MPLS:
        case OVS_ACTION_ATTR_PUSH_NSH:
        case OVS_ACTION_ATTR_CHECK_PKT_LEN:
            return true;
        case OVS_ACTION_ATTR_USERSPACE:
            if (!sampled) {
                return true;
            }
            break;
        case OVS_ACTION_ATTR_CLONE:
            if (want_whole(nl_attr_get(a), nl_attr_get_size(a), sampled)) {
                return true;
            }
            break;
        case OVS_ACTION_ATTR_SAMPLE:
            nested = nl_attr_find_nested(a, OVS_SAMPLE_ATTR_ACTIONS);
            if (nested && want_whole(nl_attr_get(nested),
                                     nl_attr_get_size(nested), true)) {
                return true;
            }
            break;
        }
    }
    return false;
}

bool
tap_whole_is_due_for(const struct dp_packet_batch *batch,
                     const struct nlattr *actions, size_t len)
{
    return (tap_whole_is_due(batch, 0)
            && want_whole(actions, len, false));
}

void
tap_whole_execute(struct dp_packet_batch *batch, bool steal,
                  tap_whole_execute_func *execute, const void *aux)
{
    struct dp_packet_batch copies;
    struct dp_packet **packets;
    size_t n;

    if (!steal) {
        dp_packet_batch_clone(&copies, batch);
        batch = &copies;
    }
    packets = finish(batch, &n);
    for (size_t i = 0; i < n; i += NETDEV_MAX_BURST) {
        struct dp_packet_batch some;

        dp_packet_batch_init(&some);
        for (size_t j = i; j < MIN(n, i + NETDEV_MAX_BURST); j++) {
            dp_packet_batch_add(&some, packets[j]);
        }
        execute(&some, aux);
    }
    free(packets);
}
