/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface of the BSDs: capture and transmission through libpcap,
 * that is, bpf(4).
 *
 * A handle belongs to one thread at a time.  'strerror_mutex' is held while
 * the result of strerror() is used, which need not be safe for threads. */

#include "host/host-bsd.h"
#include "host/host-rx.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The transmit handle captures nothing, so these only have to be valid. */
#define TX_SNAPLEN 96
#define TX_BUFFER 4096

/* Frames that every bpf(4) takes, if the MTU allows: 2,048 bytes less the
 * space that NetBSD keeps free in the buffer of a packet. */
#define MAX_SURE_WRITE 2046

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

struct host_tx {
    pcap_t *pcap;
    int fd;                     /* Descriptor of 'pcap'. */
};

/* Makes 'pcap' capture nothing at all.  Setting the filter also discards what
 * was captured since the handle was activated. */
static int
set_reject_filter(pcap_t *pcap)
{
    struct bpf_insn reject = BPF_STMT(BPF_RET | BPF_K, 0);
    struct bpf_program program = { .bf_len = 1, .bf_insns = &reject };

    return pcap_setfilter(pcap, &program);
}

static int
activate_tx(pcap_t *pcap)
{
    char errbuf[PCAP_ERRBUF_SIZE];
    int rc;

    pcap_set_snaplen(pcap, TX_SNAPLEN);
    pcap_set_buffer_size(pcap, TX_BUFFER);
    rc = pcap_activate(pcap);
    if (rc >= 0) {
        rc = set_reject_filter(pcap);
    }
    if (rc >= 0) {
        rc = pcap_setnonblock(pcap, 1, errbuf);
    }
    return rc < 0 ? host_pcap_error(pcap, rc) : 0;
}

int
host_tx_open(const char *name, struct host_tx **txp)
{
    char errbuf[PCAP_ERRBUF_SIZE];
    struct host_tx *tx;
    pcap_t *pcap;
    int error;

    *txp = NULL;
    error = bsd_check_name(name);
    if (error) {
        return error;
    }
    pcap = pcap_create(name, errbuf);
    if (!pcap) {
        return ENOMEM;
    }
    error = activate_tx(pcap);
    tx = error ? NULL : malloc(sizeof *tx);
    if (!tx) {
        pcap_close(pcap);
        return error ? error : ENOMEM;
    }
    tx->pcap = pcap;
    tx->fd = pcap_fileno(pcap);
    *txp = tx;
    return 0;
}

bool
host_tx_leave_work(struct host_tx *tx)
{
    /* bpf sends what it is given. */
    (void) tx;
    return false;
}

void
host_tx_close(struct host_tx *tx)
{
    if (tx) {
        pcap_close(tx->pcap);
        free(tx);
    }
}

int
host_tx_fd(const struct host_tx *tx)
{
    /* bpf(4) is always writable. */
    (void) tx;
    return -1;
}

static int
tx_errno(int error, size_t len)
{
    switch (error) {
    case ENXIO:
    case EBADF:
        return ENODEV;
    case EIO:
        /* FreeBSD 13 and NetBSD have no packet buffer for long frames. */
        return len > MAX_SURE_WRITE ? EMSGSIZE : EIO;
    default:
        return error;
    }
}

/* Writes to the descriptor itself, because pcap_inject() does not preserve
 * errno, and the errors are of interest here. */
static int
send_frame(const struct host_tx *tx, const struct host_frame *frame)
{
    ssize_t n;

    do {
        n = write(tx->fd, frame->data, frame->len);
    } while (n < 0 && errno == EINTR);

    if (n < 0) {
        return tx_errno(errno, frame->len);
    }
    return (size_t) n < frame->len ? EMSGSIZE : 0;
}

size_t
host_tx_send(struct host_tx *tx, const struct host_frame *frames, size_t n,
             int *errors)
{
    bool gone = false;
    size_t n_sent = 0;

    for (size_t i = 0; i < n; i++) {
        errors[i] = gone ? ENODEV : send_frame(tx, &frames[i]);
        gone = errors[i] == ENODEV;
        n_sent += !errors[i];
    }
    return n_sent;
}
