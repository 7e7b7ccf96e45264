/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Ways to receive, within lib/host: what host.h declares for receive handles
 * is done by one of several implementations, of which a system may have more
 * than one.
 *
 * No lock: a handle is serialised by its caller. */

#ifndef HOST_HOST_RX_H
#define HOST_HOST_RX_H 1

#include <pcap/pcap.h>

#include "host/host.h"

/* One way to receive.  The functions do what those of host.h do: "destroy" is
 * host_rx_close(), "receive" host_rx_recv(). */
struct host_rx_class {
    void (*destroy)(struct host_rx *);
    int (*receive)(struct host_rx *, size_t max, host_rx_cb *, void *aux);
    uint64_t (*drops)(struct host_rx *);
    void (*quiet)(struct host_rx *);                  /* May be NULL. */
    int (*grow)(struct host_rx *, struct host_rx **); /* May be NULL. */
    const char *name;           /* host_rx_way(). */
};

/* The beginning of each implementation's own structure. */
struct host_rx {
    const struct host_rx_class *class;
    int fd;                     /* host_rx_fd(). */
    bool pending;               /* host_rx_pending(). */
    bool any_length;            /* host_rx_any_length(). */
    bool wants_room;            /* host_rx_wants_room(). */
};

/* Through libpcap (host-rx-pcap.c).  As host_rx_open(). */
int host_rx_open_pcap(const char *name, const struct host_rx_config *config,
                      struct host_rx **rxp);

/* What is special about libpcap on a system, in its own file. */

/* Size in bytes of the capture buffer that suits frames of up to 'snaplen'
 * bytes, for pcap_set_buffer_size(); 0 leaves the choice to libpcap. */
int host_pcap_buffer_size(int snaplen);

/* What is known of the checksums of all frames. */
extern const enum host_csum host_pcap_csum;

/* Finishes the set-up of 'pcap' after pcap_activate() and before
 * pcap_setdirection().  Failure of an option that only saves work is not an
 * error. */
int host_pcap_tune(pcap_t *pcap);

/* Makes 'pcap' one of the queues of 'group'. */
int host_pcap_fanout(pcap_t *pcap, uint16_t group);

/* Translates the failure 'rc' (< 0) of a libpcap call on 'pcap' into an errno
 * value.  errno itself is unreliable after libpcap calls; its error text is
 * used instead.
 *
 *   - ENODEV: the interface is gone.
 *   - ENETDOWN: the interface is down.
 *   - EPERM, EINVAL, ENOMEM: of pcap_activate(), as the names say.
 *   - EIO: anything else. */
int host_pcap_error(pcap_t *pcap, int rc);

#endif /* HOST_HOST_RX_H */
