/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * What <net/if_media.h> says on both systems.
 */

#ifndef FAKE_INCLUDE_FLAVOUR_MEDIA_COMMON_H
#define FAKE_INCLUDE_FLAVOUR_MEDIA_COMMON_H 1

#define IFM_AVALID 0x1
#define IFM_ACTIVE 0x2

#define IFM_ETHER 0x20
#define IFM_NMASK 0xe0

#define IFM_AUTO 0
#define IFM_MANUAL 1
#define IFM_NONE 2

#define IFM_FDX 0x00100000
#define IFM_HDX 0x00200000
#define IFM_FLOW 0x00400000
#define IFM_LOOP 0x08000000
#define IFM_ETH_MASTER 0x00000100
#define IFM_ETH_RXPAUSE 0x00000200
#define IFM_ETH_TXPAUSE 0x00000400

#endif /* FAKE_INCLUDE_FLAVOUR_MEDIA_COMMON_H */
