/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface of the BSDs: what host-rx-pcap.c asks about libpcap on
 * bpf(4).
 *
 * 'strerror_mutex' is held while the result of strerror() is used, which need
 * not be safe for threads.  Any thread may call anything. */

#include "host/host-bsd.h"
#include "host/host-rx.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

int
host_pcap_buffer_size(int snaplen)
{
    /* Room for a full batch of the longest frames in each of the two buffers
     * of the device; the system's limit otherwise, which is what an explicit
     * size must not exceed. */
    int size = 512 * 1024;

    while (size < snaplen * 64 && size < bsd_max_capture_buffer) {
        size *= 2;
    }
    return size < bsd_max_capture_buffer ? size : bsd_max_capture_buffer;
}

/* The offloads that leave something over are switched off. */
const enum host_csum host_pcap_csum = HOST_CSUM_UNKNOWN;

int
host_pcap_tune(pcap_t *pcap)
{
    /* The kernel applies the direction itself (BIOCSDIRECTION), so nothing is
     * left to do but to see that there is a descriptor to wait on: a handle
     * without one could not be a switch port. */
    return pcap_get_selectable_fd(pcap) >= 0 ? 0 : EOPNOTSUPP;
}

int
host_pcap_fanout(pcap_t *pcap, uint16_t group)
{
    /* bpf(4) gives every frame to every descriptor. */
    (void) pcap;
    (void) group;
    return EOPNOTSUPP;
}

static pthread_mutex_t strerror_mutex = PTHREAD_MUTEX_INITIALIZER;

/* True if 'text' says 'error' in the words of strerror(). */
static bool
says_error(const char *text, int error)
{
    bool says;

    pthread_mutex_lock(&strerror_mutex);
    says = strstr(text, strerror(error)) != NULL;
    pthread_mutex_unlock(&strerror_mutex);
    return says;
}

/* Errors that libpcap reports only as text, in the words of strerror(). */
static int
error_from_text(const char *text)
{
    static const struct {
        int error;              /* What the text says. */
        int result;             /* What it means. */
    } errors[] = {
        { ENXIO, ENODEV },
        { ENODEV, ENODEV },
        { ENETDOWN, ENETDOWN },
        { ENOBUFS, ENOBUFS },
        { EACCES, EPERM },
        { EPERM, EPERM },
        { EINVAL, EINVAL },
        { ENOMEM, ENOMEM },
    };

    /* libpcap's own words for ENXIO and, on OpenBSD, EIO from read(). */
    if (strstr(text, "nterface disappeared")) {
        return ENODEV;
    }
    if (strstr(text, "nterface went down")
        || strstr(text, "nterface is not up")) {
        return ENETDOWN;
    }
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (says_error(text, errors[i].error)) {
            return errors[i].result;
        }
    }
    return EIO;
}

int
host_pcap_error(pcap_t *pcap, int rc)
{
    switch (rc) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return ENODEV;
    case PCAP_ERROR_IFACE_NOT_UP:
        return ENETDOWN;
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return EPERM;
    default:
        return error_from_text(pcap_geterr(pcap));
    }
}
