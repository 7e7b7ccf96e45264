/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Types of interfaces (IANA ifType).
 */

#ifndef FAKE_INCLUDE_NET_IF_TYPES_H
#define FAKE_INCLUDE_NET_IF_TYPES_H 1

#define IFT_OTHER 0x1
#define IFT_ISO88025 0x9
#define IFT_FDDI 0xf
#define IFT_ETHER 0x6
#define IFT_PPP 0x17
#define IFT_LOOP 0x18
#define IFT_L2VLAN 0x87
#define IFT_BRIDGE 0xd1
#define IFT_TUNNEL 0x83

#endif /* FAKE_INCLUDE_NET_IF_TYPES_H */
