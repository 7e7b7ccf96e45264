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

/* Keeps the original length of packets that are truncated on output, where
 * the datapath's actions are executed; also sees to it there that packets are
 * whole for those actions that want it so.
 *
 * Any thread that moves packets.  No state but what is in the packets.  Not in
 * use while nobody listens. */

#include <config.h>

#include "tap/tap-trunc.h"

#include "bpf/bpf-feed.h"
#include "dp-packet.h"
#include "netlink.h"
#include "odp-execute.h"
#include "odp-netlink.h"
#include "tap/tap-drops.h"
#include "tap/tap-whole.h"
#include "util.h"

/* Last, because it undoes definitions of <config.h>. */
#include "ovs-compat.h"

/* A note is a flow mark with this in its upper half and the number of bytes
 * cut off in the lower one. */
#define SIGNATURE 0xb9f70000u
#define SIGNATURE_MASK 0xffff0000u

/* What is to be executed, and by whom. */
struct execution {
    void *dp;
    odp_execute_cb execute;
};

void __real_odp_execute_actions(void *dp, struct dp_packet_batch *, bool steal,
                                const struct nlattr *actions, size_t len,
                                odp_execute_cb);
void __wrap_odp_execute_actions(void *dp, struct dp_packet_batch *, bool steal,
                                const struct nlattr *actions, size_t len,
                                odp_execute_cb);

static bool
get_note(const struct dp_packet *packet, uint32_t *cut)
{
    uint32_t mark;

    if (!dp_packet_has_flow_mark(packet, &mark)
        || (mark & SIGNATURE_MASK) != SIGNATURE) {
        return false;
    }
    *cut = mark & ~SIGNATURE_MASK;
    return true;
}

uint32_t
tap_trunc_wirelen(const struct dp_packet *packet)
{
    uint32_t cut;

    return dp_packet_size(packet) + (get_note(packet, &cut) ? cut : 0);
}

void
tap_trunc_forget(struct dp_packet_batch *batch)
{
    struct dp_packet *packet;
    uint32_t cut;

    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        if (get_note(packet, &cut)) {
            ovs_compat_clear_flow_mark(packet);
        }
    }
}

/* Notes by how much the packets in 'batch' are about to be cut. */
static void
note(struct dp_packet_batch *batch)
{
    struct dp_packet *packet;

    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        uint32_t cut = MIN(dp_packet_get_cutlen(packet), ~SIGNATURE_MASK);

        /* The place may be taken for the size of segments. */
        if (cut && !ovs_compat_is_tso(packet)) {
            dp_packet_set_flow_mark(packet, SIGNATURE | cut);
        }
    }
}

static bool
is_output(int type)
{
    return (type == OVS_ACTION_ATTR_OUTPUT
            || type == OVS_ACTION_ATTR_LB_OUTPUT);
}

static void
execute_truncated(const struct execution *e, struct dp_packet_batch *batch,
                  const struct nlattr *a, bool steal)
{
    bool output = is_output(nl_attr_type(a));

    if (output || nl_attr_type(a) == OVS_ACTION_ATTR_TUNNEL_PUSH) {
        note(batch);
    }
    e->execute(e->dp, batch, a, steal);
    if (output && !steal) {
        /* Copies were sent.  These packets are whole, and may have further
         * actions ahead of them. */
        tap_trunc_forget(batch);
    }
}

static void
execute(void *e_, struct dp_packet_batch *batch, const struct nlattr *a,
        bool steal)
{
    const struct execution *e = e_;

    if (OVS_LIKELY(!batch->trunc)) {
        e->execute(e->dp, batch, a, steal);
    } else {
        execute_truncated(e, batch, a, steal);
    }
}

static void
execute_actions(void *dp, struct dp_packet_batch *batch, bool steal,
                const struct nlattr *actions, size_t len,
                odp_execute_cb execute_)
{
    if (OVS_LIKELY(!bpf_tap_is_active()) || !execute_) {
        __real_odp_execute_actions(dp, batch, steal, actions, len, execute_);
    } else {
        struct execution e = { .dp = dp, .execute = execute_ };

        tap_drops_settle();
        __real_odp_execute_actions(&e, batch, steal, actions, len, execute);
    }
}

/* All but the packets that execute_actions() needs. */
struct call {
    void *dp;
    const struct nlattr *actions;
    size_t len;
    odp_execute_cb execute;
};

static void
execute_call(struct dp_packet_batch *batch, const void *call_)
{
    const struct call *call = call_;

    execute_actions(call->dp, batch, true, call->actions, call->len,
                    call->execute);
}

void
__wrap_odp_execute_actions(void *dp, struct dp_packet_batch *batch, bool steal,
                           const struct nlattr *actions, size_t len,
                           odp_execute_cb execute_)
{
    if (OVS_UNLIKELY(tap_whole_is_due_for(batch, actions, len))) {
        const struct call call = { dp, actions, len, execute_ };

        tap_whole_execute(batch, steal, execute_call, &call);
    } else {
        execute_actions(dp, batch, steal, actions, len, execute_);
    }
}
