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

#ifndef TAP_IDENTITY_H
#define TAP_IDENTITY_H 1

/* Identities of packets
 * =====================
 *
 * While somebody follows packets, each one that the datapath receives gets a
 * number, which stays with it and with its copies until they are sent or
 * dropped.
 *
 * It is kept in the last bytes of the packet's metadata, in what would be the
 * end of the longest possible list of tunnel options.  The datapath copies
 * metadata whole when it copies a packet, and leaves these bytes alone: it
 * does not clear them on reception (only options in use are ever looked at),
 * and writes to them only for a packet that comes out of a Geneve tunnel with
 * more than 240 bytes of options, which loses its identity.
 *
 * Memory of packets is used again.  So that no other packet inherits an
 * identity, it is taken off when a packet is deleted (tap-drops.c). */

#include "bpf/bpf-record.h"

struct dp_packet;
struct dp_packet_batch;

/* The number after '*last', which becomes it, of a thread whose own number is
 * 'thread'.  It is never 0. */
uint64_t tap_identity_next(unsigned int thread, uint64_t *last);

/* Gives each packet in 'batch', just received from port 'name', an identity.
 * Any thread. */
void tap_identity_give(const char *name, struct dp_packet_batch *batch);

/* Stores the identity of 'packet', zeros if it has none, in '*identity'.  Any
 * thread. */
void tap_identity_get(const struct dp_packet *packet,
                      struct bpf_record_identity *identity);

/* Takes the identity off 'packet'.  Any thread. */
void tap_identity_forget(struct dp_packet *packet);

#endif /* tap/tap-identity.h */
