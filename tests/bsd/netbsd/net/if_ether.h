/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Capabilities of Ethernet interfaces of NetBSD.
 */

#ifndef FAKE_NETBSD_NET_IF_ETHER_H
#define FAKE_NETBSD_NET_IF_ETHER_H 1

#define ETHER_ADDR_LEN 6
#define ETHERCAP_VLAN_MTU 0x1
#define ETHERCAP_JUMBO_MTU 0x4

#endif /* FAKE_NETBSD_NET_IF_ETHER_H */
