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

#ifndef TAP_TUNNEL_H
#define TAP_TUNNEL_H 1

/* Which tunnel port is it?
 * ========================
 *
 * The datapath knows a single port for all tunnels of a kind (for example
 * "vxlan_sys_4789"); that the user sees several is the work of the layer above
 * it.  To show a packet to those who capture on "vx7", the port has to be
 * found again from the packet: from the tunnel header that it gets on its way
 * out, or from the metadata that it has after its header was taken off.
 *
 * Received packets are attributed exactly as the switch itself does it: by
 * key, remote and local address, packet type, and the more specific port
 * first.  Sent packets are attributed by the same rules, with "out_key" in
 * place of "in_key".  What cannot be told apart on the way out: ports of the
 * same kind, remote address and "out_key" that differ in other options only
 * (in_key, tos, ttl, ...), and a port with remote_ip=flow or key=flow from one
 * with just those values.  In these cases a packet is attributed to the more
 * specific of the ports or, if they are alike, to one of them. */

#include <stdbool.h>

struct dp_packet;
struct netdev;
struct ovs_action_push_tnl;

/* The set of tunnels is replaced as a whole: begin, add for each netdev that
 * is a port (those that are no tunnels are ignored), end.  Main thread. */
void tap_tunnel_begin(void);
void tap_tunnel_add(const struct netdev *netdev);
void tap_tunnel_end(void);

/* True if there is any tunnel.  Main thread. */
bool tap_tunnel_exist(void);

/* Forgets all tunnels.  Main thread. */
void tap_tunnel_exit(void);

/* Return the name of the port that 'packet' is sent out of with the header in
 * 'data', or that it was received on according to its metadata; 'netdev' is
 * the datapath's port.  NULL if there is none.  The name is good until the
 * caller quiesces next (RCU).  Any thread; take no lock. */
const char *tap_tunnel_find_sent(const struct netdev *netdev,
                                 const struct ovs_action_push_tnl *data,
                                 const struct dp_packet *packet);
const char *tap_tunnel_find_received(const struct netdev *netdev,
                                     const struct dp_packet *packet);

#endif /* tap-tunnel.h */
