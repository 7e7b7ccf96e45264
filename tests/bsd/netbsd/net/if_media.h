/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Media words of NetBSD.
 */

#ifndef FAKE_NETBSD_NET_IF_MEDIA_H
#define FAKE_NETBSD_NET_IF_MEDIA_H 1

#include <flavour-media-common.h>

#define IFM_OTHER 31
#define IFM_TMASK 0x0000e01f
#define IFM_SUBTYPE(WORD) ((WORD) & IFM_TMASK)
#define IFM_TYPE(WORD) ((WORD) & IFM_NMASK)

#endif /* FAKE_NETBSD_NET_IF_MEDIA_H */
