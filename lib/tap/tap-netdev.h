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

#ifndef TAP_NETDEV_H
#define TAP_NETDEV_H 1

/* The netdev class "bpf": a port that leads to capture clients only
 * ================================================================
 *
 *     ovs-vsctl add-port br0 cap0 -- set interface cap0 type=bpf
 *
 * What the switch sends there (an OpenFlow output action, a Mirror) is shown
 * to the devices attached to the port and goes nowhere else.  A frame that a
 * client writes enters the switch; the devices on the port see it once, as
 * received.
 *
 * Options: none.  MTU and link address can be set as for other ports. */

#include <stdbool.h>

struct netdev;

/* Registers the class.  Main thread, once. */
void tap_netdev_register(void);

/* True if 'netdev' is of this class.  Any thread. */
bool tap_netdev_is_bpf(const struct netdev *netdev);

#endif /* tap-netdev.h */
