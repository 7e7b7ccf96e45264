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

#ifndef TAP_TRUNC_H
#define TAP_TRUNC_H 1

/* How long was it?
 * ================
 *
 * A flow may truncate packets on output (output(port=1,max_len=100)).  By the
 * time when such a packet reaches netdev_send() the datapath has cut it and
 * forgotten how long it was, but capture clients want to know.
 *
 * So the datapath's actions are executed through a function here, which leaves
 * a note in the packet, just before it is cut: in its flow mark, a value that
 * means something only between a network card and the first flow table
 * lookup, and that no netdev looks at on output.  Notes carry a signature, in
 * case a card set a mark. */

#include <stdint.h>

struct dp_packet;
struct dp_packet_batch;

/* Returns the number of bytes that 'packet', on its way out, had before it was
 * truncated: its size, if it was not.  Any thread. */
uint32_t tap_trunc_wirelen(const struct dp_packet *packet);

/* Takes off the notes in 'batch', whose packets are about to grow a tunnel
 * header and to go on as other packets.  Any thread. */
void tap_trunc_forget(struct dp_packet_batch *batch);

#endif /* tap-trunc.h */
