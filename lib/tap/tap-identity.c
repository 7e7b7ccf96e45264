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

/* Numbers that packets keep; see tap-identity.h.
 *
 * Each thread has numbers of its own: its number in the upper 24 bits, then a
 * counter that wraps after 2^40 packets, 12 days at 10^6 in a second.  No
 * locks. */

#include <config.h>

#include "tap/tap-identity.h"

#include <string.h>

#include "dp-packet.h"
#include "ovs-thread.h"
#include "util.h"

/* What is kept in a packet. */
struct tag {
    uint64_t id;
    uint32_t port;
    uint32_t magic;             /* MAGIC, or there is no identity. */
};

#define MAGIC 0x6f766269u
#define COUNTER_BITS 40

BUILD_ASSERT_DECL(sizeof(struct tag) == 16);

DEFINE_STATIC_PER_THREAD_DATA(uint64_t, last_number, 0);

static uint8_t *
tag_place(const struct dp_packet *packet)
{
    const uint8_t *opts = packet->md.tunnel.metadata.opts.u8;

    return CONST_CAST(uint8_t *,
                      opts + sizeof packet->md.tunnel.metadata.opts.u8
                      - sizeof(struct tag));
}

uint64_t
tap_identity_next(unsigned int thread, uint64_t *last)
{
    *last = (*last + 1) & ((UINT64_C(1) << COUNTER_BITS) - 1);
    return ((uint64_t) (thread + 1) << COUNTER_BITS) | *last;
}

void
tap_identity_give(const char *name, struct dp_packet_batch *batch)
{
    struct tag tag = { .port = bpf_record_port_hash(name), .magic = MAGIC };
    unsigned int thread = ovsthread_id_self();
    uint64_t *last = last_number_get();
    struct dp_packet *packet;

    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        tag.id = tap_identity_next(thread, last);
        memcpy(tag_place(packet), &tag, sizeof tag);
    }
}

void
tap_identity_get(const struct dp_packet *packet,
                 struct bpf_record_identity *identity)
{
    struct tag tag;

    memcpy(&tag, tag_place(packet), sizeof tag);
    identity->id = tag.magic == MAGIC ? tag.id : 0;
    identity->port = tag.magic == MAGIC ? tag.port : 0;
    identity->reason = 0;
}

void
tap_identity_forget(struct dp_packet *packet)
{
    memset(tag_place(packet), 0, sizeof(struct tag));
}
