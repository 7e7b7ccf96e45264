/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * A stand-in for libpcap on the fake BSD kernel, with the properties of
 * libpcap on bpf(4) that matter to a switch:
 *
 *   - pcap_dispatch() reads once, as much as the kernel has in one buffer, and
 *     then parses.  Told to stop early it keeps the rest in memory of its
 *     own, where poll(2) does not see it.
 *
 *   - Frames are cut to the snapshot length.
 *
 *   - A buffer size that the system does not allow is an error.
 *
 *   - Times of arrival are in microseconds.
 *
 *   - Setting a filter flushes what was captured.
 *
 *   - When the interface goes, FreeBSD's read fails, which shows as an error
 *     text only; NetBSD's just finds nothing any more.
 *
 * A handle belongs to one thread at a time.  The kernel's side of it is
 * guarded by fk_lock(). */

#include "fake-pcap.h"

#include <errno.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fake-kernel.h"

/* The options of a handle, until it is activated and afterwards. */
struct pcap {
    char name[64];
    struct fk_file *file;       /* NULL until activated. */
    int snaplen;
    int buffer_size;
    int promisc;
    int type;                   /* IFT_*. */
    bool nonblock;
    struct fk_queue user;       /* Read, but not yet handed out. */
    char errbuf[PCAP_ERRBUF_SIZE];
};

pcap_t *
pcap_create(const char *name, char *errbuf)
{
    pcap_t *p = calloc(1, sizeof *p);

    if (!p) {
        snprintf(errbuf, PCAP_ERRBUF_SIZE, "malloc");
        return NULL;
    }
    snprintf(p->name, sizeof p->name, "%s", name);
    p->snaplen = 262144;
    fk_queue_init(&p->user);
    return p;
}

int
pcap_set_snaplen(pcap_t *p, int snaplen)
{
    p->snaplen = snaplen;
    return 0;
}

int
pcap_set_promisc(pcap_t *p, int promisc)
{
    p->promisc = promisc;
    return 0;
}

int
pcap_set_immediate_mode(pcap_t *p, int immediate)
{
    /* The fake device is always immediate. */
    (void) p;
    (void) immediate;
    return 0;
}

int
pcap_set_tstamp_precision(pcap_t *p, int precision)
{
    (void) p;
    return (precision == PCAP_TSTAMP_PRECISION_MICRO
            ? 0 : PCAP_ERROR_TSTAMP_PRECISION_NOTSUP);
}

int
pcap_get_tstamp_precision(pcap_t *p)
{
    (void) p;
    return PCAP_TSTAMP_PRECISION_MICRO;
}

int
pcap_set_timeout(pcap_t *p, int ms)
{
    (void) p;
    (void) ms;
    return 0;
}

int
pcap_set_buffer_size(pcap_t *p, int size)
{
    p->buffer_size = size;
    return 0;
}

/* Stores an error text as libpcap does: what failed, and why. */
static int __attribute__((format(printf, 4, 5)))
set_error(pcap_t *p, int rc, int error, const char *format, ...)
{
    va_list args;
    size_t n;

    va_start(args, format);
    n = vsnprintf(p->errbuf, sizeof p->errbuf, format, args);
    va_end(args);
    if (error) {
        snprintf(p->errbuf + n, sizeof p->errbuf - n, ": %s",
                 strerror(error));
    }

    /* As with libpcap, errno is not to be relied on. */
    errno = 0;
    return rc;
}

static int
activate_error(pcap_t *p, int error)
{
    return set_error(p,
                     error == ENXIO ? PCAP_ERROR_NO_SUCH_DEVICE
                     : error == EPERM ? PCAP_ERROR_PERM_DENIED
                     : PCAP_ERROR, error, "%s", p->name);
}

int
pcap_activate(pcap_t *p)
{
    int error = fk_enter("pcap_activate", 0);
    struct fk_if *ifp;

    if (error) {
        return activate_error(p, error);
    }
    if (p->buffer_size > 0 && (size_t) p->buffer_size > fk_max_bpfbuf) {
        return set_error(p, PCAP_ERROR, ENOBUFS, "BIOCSBLEN: %s", p->name);
    }
    ifp = strlen(p->name) < FK_NAME ? fk_if_lookup(p->name) : NULL;
    if (!ifp || ifp->no_bpf) {
        return activate_error(p, ENXIO);
    }
    p->file = fk_file_new(FK_BPF);
    if (!p->file) {
        return activate_error(p, errno);
    }
    fk_lock();
    p->type = ifp->type;
    p->file->snaplen = p->snaplen;
    p->file->bufsize = p->buffer_size > 0 ? p->buffer_size : 524288;
    fk_bpf_attach(p->file, ifp);
    fk_bpf_set_promisc(p->file, p->promisc != 0);
    fk_unlock();
    return 0;
}

int
pcap_setnonblock(pcap_t *p, int nonblock, char *errbuf)
{
    (void) errbuf;
    p->nonblock = nonblock != 0;
    return 0;
}

int
pcap_setdirection(pcap_t *p, pcap_direction_t direction)
{
    int error = fk_enter("pcap_setdirection", 0);

    if (error) {
        return set_error(p, PCAP_ERROR, error, "BIOCSDIRECTION");
    }
    fk_lock();
    p->file->direction = (direction == PCAP_D_IN ? 0
                          : direction == PCAP_D_OUT ? 2 : 1);
    fk_unlock();
    return 0;
}

int
pcap_setfilter(pcap_t *p, struct bpf_program *program)
{
    int error = fk_enter("pcap_setfilter", 0);

    if (error) {
        return set_error(p, PCAP_ERROR, error, "BIOCSETF");
    }
    fk_lock();
    p->file->reject = (program->bf_len == 1
                       && program->bf_insns[0].code == (BPF_RET | BPF_K)
                       && !program->bf_insns[0].k);
    fk_bpf_flush(p->file);
    fk_unlock();
    return 0;
}

int
pcap_datalink(pcap_t *p)
{
    switch (p->type) {
    case FK_IFT_LOOP:
        return DLT_NULL;
    case FK_IFT_FDDI:
        return DLT_FDDI;
    default:
        return DLT_EN10MB;
    }
}

/* The one read(2) of pcap_dispatch(): moves what is in one buffer of the
 * device.  Returns PCAP_ERROR or 0. */
static int
read_buffer(pcap_t *p)
{
    int error = fk_enter("bpf_read", 0);
    struct fk_buf *buf;
    size_t n = 0;

    if (error) {
        return (error == EINTR ? 0
                : error == ENXIO
                ? set_error(p, PCAP_ERROR, 0, "The interface disappeared")
                : set_error(p, PCAP_ERROR, error, "read"));
    }
    fk_lock();
    if (!p->file->ifp && !p->file->queue.n && fk_bpf_read_fails_when_gone) {
        fk_unlock();
        return set_error(p, PCAP_ERROR, 0, "The interface disappeared");
    }
    fk_count(p->file->queue.n ? "bpf_read_found" : "bpf_read_empty");
    while (n < p->file->bufsize && (buf = fk_queue_get(&p->file->queue))) {
        n += buf->len + 32;
        fk_queue_put(&p->user, buf->data, buf->len, buf->orig_len);
        free(buf);
    }
    fk_file_update(p->file);
    fk_unlock();
    return 0;
}

int
pcap_dispatch(pcap_t *p, int cnt, pcap_handler callback, u_char *user)
{
    struct fk_buf *buf;
    int n = 0;

    if (!p->user.n) {
        int rc = read_buffer(p);

        if (rc) {
            return rc;
        }
    }
    while ((cnt <= 0 || n < cnt) && (buf = fk_queue_get(&p->user))) {
        struct pcap_pkthdr header = {
            .caplen = buf->len,
            .len = buf->orig_len,
            .ts = { .tv_sec = time(NULL) },
        };

        callback(user, &header, buf->data);
        free(buf);
        n++;
    }
    return n;
}

int
pcap_fileno(pcap_t *p)
{
    return p->file ? p->file->fd : -1;
}

int
pcap_get_selectable_fd(pcap_t *p)
{
    return pcap_fileno(p);
}

char *
pcap_geterr(pcap_t *p)
{
    return p->errbuf;
}

int
pcap_stats(pcap_t *p, struct pcap_stat *stats)
{
    memset(stats, 0, sizeof *stats);
    fk_lock();
    stats->ps_recv = p->file->n_recv;
    stats->ps_drop = p->file->n_drop;
    fk_unlock();
    return 0;
}

void
pcap_close(pcap_t *p)
{
    fk_queue_clear(&p->user);
    if (p->file) {
        fk_file_close(p->file);
    }
    free(p);
}
