/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Media words of FreeBSD.
 */

#ifndef FAKE_FREEBSD_NET_IF_MEDIA_H
#define FAKE_FREEBSD_NET_IF_MEDIA_H 1

#include <flavour-media-common.h>

#define IFM_OTHER 31
#define IFM_TMASK 0x0000001f
#define IFM_ETH_XTYPE 0x00007800
#define IFM_ETH_XSHIFT 6
#define IFM_ETHER_SUBTYPE_GET(WORD) ((WORD) & (IFM_TMASK | IFM_ETH_XTYPE))
#define IFM_TYPE(WORD) ((WORD) & IFM_NMASK)

#endif /* FAKE_FREEBSD_NET_IF_MEDIA_H */
