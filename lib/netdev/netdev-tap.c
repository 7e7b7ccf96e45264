/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Taps that somebody removes while they are ports ("ip link del br0").
 *
 * A port of class "tap" exists for as long as the switch wants it, so its
 * interface is made again.  Runs on the thread that receives. */

#include <config.h>

#include "netdev/netdev-bsd-private.h"

#include <errno.h>

#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(netdev_bsd_tap);

/* What a tap had that the one made anew should have, too. */
struct tap_settings {
    unsigned int flags;
    int mtu;
    uint8_t lladdr[HOST_LLADDR_LEN];
};

static void
save_settings(struct nb_dev *dev, struct tap_settings *settings)
{
    ovs_mutex_lock(&dev->mutex);
    settings->flags = dev->cache.link.flags;
    settings->mtu = dev->cache.link.mtu;
    memcpy(settings->lladdr, dev->cache.link.lladdr,
           sizeof settings->lladdr);
    ovs_mutex_unlock(&dev->mutex);
}

static void
log_failure(const char *name, const char *what, int error)
{
    if (error) {
        VLOG_WARN("%s: cannot restore the %s: %s", name, what,
                  nb_strerror(error));
    }
}

static void
restore_settings(const char *kname, const struct tap_settings *settings)
{
    static const uint8_t zero[HOST_LLADDR_LEN];

    if (memcmp(settings->lladdr, zero, sizeof zero)) {
        log_failure(kname, "link address",
                    host_set_lladdr(kname, settings->lladdr));
    }
    if (settings->mtu) {
        log_failure(kname, "MTU", host_set_mtu(kname, settings->mtu));
    }
    if (settings->flags & HOST_FLAG_UP) {
        log_failure(kname, "state", host_set_flags(kname, 0, HOST_FLAG_UP));
    }
}

int
nb_tap_recreate(struct netdev_bsd *netdev)
{
    struct tap_settings settings;
    struct host_tap tap;
    int error;

    save_settings(&netdev->dev, &settings);
    nb_dev_set_tap_fd(&netdev->dev, -1);

    ovs_mutex_lock(&netdev->tx_mutex);
    host_tap_close(&netdev->tap);
    error = host_tap_open(netdev_get_name(&netdev->up), &tap);
    if (!error) {
        netdev->tap = tap;
    }
    ovs_mutex_unlock(&netdev->tx_mutex);

    if (!error) {
        nb_dev_set_tap_fd(&netdev->dev, tap.fd);
        nb_dev_rebind(&netdev->dev, tap.name, tap.ifindex);
        restore_settings(tap.name, &settings);
    }
    return error;
}
