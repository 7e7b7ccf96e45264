/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Reception through libpcap: the only way on the BSDs, where it is bpf(4), and
 * one of two on Linux.
 *
 * No lock: a handle is serialised by its caller. */

#include "host/host-rx.h"

#include <errno.h>
#include <stdlib.h>

/* Smallest buffer that is tried before the choice is libpcap's. */
#define BUFFER_MIN 32768

struct pcap_rx {
    struct host_rx up;
    pcap_t *pcap;
    unsigned int ns_per_fraction; /* Unit of what is called tv_usec. */
};

static const struct host_rx_class pcap_rx_class;

/* Activates a capture with a buffer of 'buffer_size' bytes, 0 for libpcap's
 * choice. */
static int
activate(const char *name, const struct host_rx_config *config,
         int buffer_size, pcap_t **pcapp)
{
    char errbuf[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_create(name, errbuf);
    int error;
    int rc;

    *pcapp = NULL;
    if (!pcap) {
        return ENOMEM;
    }
    pcap_set_snaplen(pcap, config->max_frame);
    pcap_set_promisc(pcap, 1);
    pcap_set_immediate_mode(pcap, 1);
    pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
    if (buffer_size) {
        pcap_set_buffer_size(pcap, buffer_size);
    }

    rc = pcap_activate(pcap);
    if (rc < 0) {
        error = host_pcap_error(pcap, rc);
        pcap_close(pcap);
        return error;
    }
    *pcapp = pcap;
    return 0;
}

/* As activate(), with the largest buffer that the system accepts. */
static int
activate_any(const char *name, const struct host_rx_config *config,
             pcap_t **pcapp)
{
    int size = (config->buffer_size
                ? config->buffer_size
                : host_pcap_buffer_size(config->max_frame));
    int error;

    for (;;) {
        error = activate(name, config, size, pcapp);
        if (!error || error == ENODEV || error == ENETDOWN || error == EPERM
            || !size) {
            return error;
        }
        size = size / 2 >= BUFFER_MIN ? size / 2 : 0;
    }
}

static int
set_up(pcap_t *pcap, const struct host_rx_config *config)
{
    char errbuf[PCAP_ERRBUF_SIZE];
    int error;

    if (pcap_datalink(pcap) != DLT_EN10MB) {
        return EOPNOTSUPP;
    }
    error = host_pcap_tune(pcap);
    if (!error && config->n_queues > 1) {
        error = host_pcap_fanout(pcap, config->group);
    }
    if (error) {
        return error;
    }
    if (pcap_setnonblock(pcap, 1, errbuf) < 0) {
        return EIO;
    }
    /* What leaves through the interface is not received. */
    return (pcap_setdirection(pcap, PCAP_D_IN) < 0
            ? host_pcap_error(pcap, PCAP_ERROR) : 0);
}

int
host_rx_open_pcap(const char *name, const struct host_rx_config *config,
                  struct host_rx **rxp)
{
    struct pcap_rx *rx;
    pcap_t *pcap;
    int error;

    *rxp = NULL;
    error = activate_any(name, config, &pcap);
    if (error) {
        return error;
    }
    error = set_up(pcap, config);
    rx = error ? NULL : malloc(sizeof *rx);
    if (!rx) {
        pcap_close(pcap);
        return error ? error : ENOMEM;
    }
    rx->up.class = &pcap_rx_class;
    rx->up.fd = pcap_get_selectable_fd(pcap);
    rx->up.pending = false;
    rx->up.any_length = false;
    rx->up.wants_room = false;
    rx->pcap = pcap;
    rx->ns_per_fraction = (pcap_get_tstamp_precision(pcap)
                           == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000);
    *rxp = &rx->up;
    return 0;
}

static void
pcap_rx_close(struct host_rx *rx_)
{
    struct pcap_rx *rx = (struct pcap_rx *) rx_;

    pcap_close(rx->pcap);
    free(rx);
}

struct dispatch {
    const struct pcap_rx *rx;
    host_rx_cb *cb;
    void *aux;
};

/* Takes one frame from libpcap, whose buffer it is only during the call. */
static void
hand_out(u_char *dispatch_, const struct pcap_pkthdr *h, const u_char *data)
{
    const struct dispatch *dispatch = (const void *) dispatch_;
    struct host_frame frame = {
        .data = data,
        .len = h->caplen,
        .wire_len = h->len,
        .meta = {
            .time_ns = (h->ts.tv_sec * UINT64_C(1000000000)
                        + ((uint64_t) h->ts.tv_usec
                           * dispatch->rx->ns_per_fraction)),
            .csum = host_pcap_csum,
        },
    };

    /* libpcap goes on to the end of what it has read. */
    dispatch->cb(&frame, dispatch->aux);
}

static int
pcap_rx_recv(struct host_rx *rx_, size_t max, host_rx_cb *cb, void *aux)
{
    struct pcap_rx *rx = (struct pcap_rx *) rx_;
    struct dispatch dispatch = { rx, cb, aux };
    int rc = pcap_dispatch(rx->pcap, max, hand_out, (u_char *) &dispatch);

    /* As many as were asked for may have left frames in libpcap's buffer,
     * where no descriptor tells of them.  Fewer have emptied it. */
    rx->up.pending = rc >= (int) max;
    return rc < 0 ? host_pcap_error(rx->pcap, rc) : 0;
}

static uint64_t
pcap_rx_drops(struct host_rx *rx_)
{
    struct pcap_rx *rx = (struct pcap_rx *) rx_;
    struct pcap_stat stat;

    return (pcap_stats(rx->pcap, &stat) < 0
            ? 0 : (uint64_t) stat.ps_drop + stat.ps_ifdrop);
}

static const struct host_rx_class pcap_rx_class = {
    .destroy = pcap_rx_close,
    .receive = pcap_rx_recv,
    .drops = pcap_rx_drops,
    .name = "libpcap",
};
