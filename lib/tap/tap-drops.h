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

#ifndef TAP_DROPS_H
#define TAP_DROPS_H 1

/* Packets that the datapath drops
 * ===============================
 *
 * While somebody captures on the port "drops", packets that the datapath
 * deletes for one of its reasons are shown there.
 *
 * Every deletion passes dp_packet_uninit(), which is wrapped.  Most packets
 * that are deleted were not dropped: they have been sent, or copies of them.
 * The datapath does not hand a reason to the deletion, but counts one: just
 * before, or just after.  Therefore the coverage counters of drops are wrapped
 * as well (at their registration), so that a thread can tell which of its own
 * have moved.
 *
 * What cannot be told apart:
 *
 *    - Of a batch that a port refused in part (netdev_send() fails), which
 *      packets, unless the netdev reports it (bpf_tap_sent()): all are shown.
 *
 *    - A copy that could not be made or sent while the packet itself goes on:
 *      the datapath counts it, but there is no packet to show; the next
 *      deletion in the same list of actions is shown for it.
 *
 *    - Packets whose memory belongs to DPDK or AF_XDP are not deleted this way
 *      and are not seen.
 *
 * All functions are for any thread that moves packets; no locks, no waiting,
 * and no allocation but of one buffer for each thread. */

struct dp_packet;

enum tap_drops_phase {
    TAP_DROPS_ANY,              /* Deletions have reasons of their own. */
    TAP_DROPS_SENDING,          /* Deletions mean that packets were sent. */
    TAP_DROPS_REPORTED,         /* They mean nothing: the netdev tells. */
    TAP_DROPS_POPPING,          /* Deletions mean that this failed. */
};

/* Brackets a call during which deletions mean something else.  'error' is what
 * sending returned. */
void tap_drops_begin(enum tap_drops_phase);
void tap_drops_end(int error);

/* The thread's netdev refuses to send 'packet'. */
void tap_drops_refused(const struct dp_packet *packet);

/* The thread begins something new: what was deleted before had a reason that
 * has been counted by now, or none. */
void tap_drops_settle(void);

#endif /* tap/tap-drops.h */
