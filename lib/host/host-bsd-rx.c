/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface of the BSDs: opening receive handles.  There is one way to
 * receive, libpcap on bpf(4).
 *
 * No state and no locks.  Any thread may call anything. */

#include "host/host-bsd.h"
#include "host/host-rx.h"

#include <errno.h>

bool
host_rx_has_queues(void)
{
    return false;
}

int
host_rx_open(const char *name, const struct host_rx_config *config,
             struct host_rx **rxp)
{
    int error = bsd_check_name(name);
    unsigned int ifindex;

    *rxp = NULL;
    if (!error) {
        error = host_rx_open_pcap(name, config, rxp);
    }

    /* libpcap does not tell an interface without bpf from none. */
    return (error == ENODEV && !bsd_ifindex(name, &ifindex)
            ? EOPNOTSUPP : error);
}
