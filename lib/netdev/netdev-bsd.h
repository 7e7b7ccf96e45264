/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The netdev provider: classes "system" and "tap" above the host interface
 * (host/host.h).  Use needs nothing but the call below; everything else goes
 * through Open vSwitch's netdev interface. */

#ifndef NETDEV_NETDEV_BSD_H
#define NETDEV_NETDEV_BSD_H 1

/* Replaces the netdev classes "system" and "tap" that come with Open vSwitch
 * by this project's, and registers the provider's ovs-appctl commands.
 *
 * Call it once, after option parsing and before the first netdev is opened,
 * on the main thread.  If "system" is a dummy class (--enable-dummy with
 * "system" or "override"), nothing is replaced.
 *
 * Returns 0, or a positive errno value (which is logged) if the classes could
 * not be replaced: EBUSY if a netdev of one of these types is open. */
int netdev_bsd_register(void);

#endif /* NETDEV_NETDEV_BSD_H */
