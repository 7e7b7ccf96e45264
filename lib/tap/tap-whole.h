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

#ifndef TAP_WHOLE_H
#define TAP_WHOLE_H 1

/* Packets with work left over
 * ===========================
 *
 * With userspace-tso-enable packets have unfinished checksums, and stand for
 * several.  Some versions of Open vSwitch drop them where they cannot go as
 * they are: at ports that cannot send such packets, at the mouth of tunnels.
 * Others treat them as one packet that is too long, or show an unfinished
 * checksum to a controller.  So they are made whole before.
 *
 * Any thread that moves packets, for all functions here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_packet_batch;
struct netdev;
struct nlattr;

/* Must something be done about 'batch' before a netdev can send it that can do
 * 'flags', of enum netdev_ol_flags? */
bool tap_whole_is_due(const struct dp_packet_batch *batch, uint64_t flags);

/* Sends 'batch', made whole, by 'send' as netdev_send() does. */
typedef int tap_whole_send_func(struct netdev *, int qid,
                                struct dp_packet_batch *, bool concurrent_txq);
int tap_whole_send(struct netdev *, int qid, struct dp_packet_batch *batch,
                   bool concurrent_txq, tap_whole_send_func *send);

/* Must something be done about 'batch' before the 'len' bytes of 'actions' can
 * be executed on it? */
bool tap_whole_is_due_for(const struct dp_packet_batch *batch,
                          const struct nlattr *actions, size_t len);

/* Calls 'execute' with 'aux' for batches of what 'batch' stands for, which are
 * for it to delete, and deletes the packets in 'batch' if 'steal' is true. */
typedef void tap_whole_execute_func(struct dp_packet_batch *, const void *aux);
void tap_whole_execute(struct dp_packet_batch *batch, bool steal,
                       tap_whole_execute_func *execute, const void *aux);

#endif /* tap-whole.h */
