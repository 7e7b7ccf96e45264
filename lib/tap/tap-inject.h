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

#ifndef TAP_INJECT_H
#define TAP_INJECT_H 1

/* What lib/bpf asks of the switch: link properties, counters, and sending.
 * Server thread. */

struct bpf_port_ops;
struct dp_packet_batch;
struct netdev;

extern const struct bpf_port_ops tap_inject_ops;

/* No frame is sent between these two, which a thread calls around what does
 * not bear it.  tap_inject_pause() waits for the frame that is being sent. */
void tap_inject_pause(void);
void tap_inject_resume(void);

/* Sends 'batch', which it consumes, out of 'netdev' so that nobody who captures
 * there sees it (tap-wrap.c).  Returns 0 or an errno value.  Any thread. */
int tap_send_unseen(struct netdev *netdev, struct dp_packet_batch *batch);

#endif /* tap-inject.h */
