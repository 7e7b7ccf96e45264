/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Ports that threads of their own poll (PMD threads), by an option.
 *
 * Open vSwitch decides by class whether such threads poll a netdev, so a
 * program with a datapath in it is linked with --wrap=netdev_is_pmd, and we
 * decide by netdev.
 *
 * No lock: the flag is atomic.  Any thread. */

#include <config.h>

#include "netdev/netdev-bsd-private.h"
#include "netdev/netdev-bsd.h"

bool __real_netdev_is_pmd(const struct netdev *);
bool __wrap_netdev_is_pmd(const struct netdev *);

bool
__wrap_netdev_is_pmd(const struct netdev *netdev)
{
    bool pmd;

    if (!netdev_bsd_is_ours(netdev)) {
        return __real_netdev_is_pmd(netdev);
    }
    atomic_read_relaxed(&netdev_bsd_cast(netdev)->pmd, &pmd);
    return pmd;
}
