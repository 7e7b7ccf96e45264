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

#ifndef TAP_FEEDBACK_H
#define TAP_FEEDBACK_H 1

/* Frames on their way into the switch
 * ===================================
 *
 * What a client writes with feedback, or to a port of type "bpf", waits in a
 * queue that belongs to the port until the datapath polls the port for
 * packets.  A queue is short, and frames that nobody fetches are dropped after
 * a second. */

#include <stdbool.h>
#include <stddef.h>

struct dp_packet;
struct dp_packet_batch;
struct netdev;

/* Frames in a queue at a time. */
#define TAP_FEEDBACK_MAX 1024

/* Main thread. */
void tap_feedback_init(void);
void tap_feedback_exit(void);
void tap_feedback_run(void);
void tap_feedback_wait(void);

/* Queues 'packet', which becomes the queue's in any case, for 'netdev'.
 * Returns 0, or ENOBUFS if the queue is full.  Server thread (or any other
 * that may wait for a mutex). */
int tap_feedback_put(const struct netdev *netdev, struct dp_packet *packet);

/* True if tap_feedback_put() would find room for a packet, and will as long as
 * nobody else calls it. */
bool tap_feedback_has_room(const struct netdev *netdev);

/* True if a frame waits somewhere: costs one relaxed load. */
bool tap_feedback_pending(void);

/* Moves frames that wait for the port called 'name' to 'batch', up to its
 * capacity.  Returns true if there was at least one, otherwise leaves 'batch'
 * alone.  Any thread; does not wait. */
bool tap_feedback_take(const char *name, struct dp_packet_batch *batch);

#endif /* tap-feedback.h */
