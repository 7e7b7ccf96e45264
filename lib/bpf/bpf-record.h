/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* The record: how one captured packet lies in a capture buffer.
 *
 * This is the contract between the switch, which writes buffers, and the
 * client library, which hands them to programs.  It is plain C without any
 * type of Open vSwitch, so that both may include it.
 *
 * A buffer is a sequence of records.  Each record starts at a multiple of
 * BPF_RECORD_ALIGNMENT and consists of
 *
 *     struct bpf_record    header, 32 bytes
 *     padding              'hdrlen' - 32 bytes of zero
 *     data                 'caplen' bytes of the packet
 *     padding              zeros up to the next multiple of the alignment
 *
 * so that the next record is BPF_RECORD_SIZE(r->hdrlen, r->caplen) bytes
 * further on.  The length of a buffer counts the padding of its last record.
 * The padding in front of the data puts the network layer header, not the
 * link layer header, on a word boundary, as bpf(4) does it: 'hdrlen' is 34
 * for Ethernet, 32 for a layer-3 port.
 *
 * The header is what bpf(4) calls struct bpf_hdr (NetBSD) or struct bpf_xhdr
 * (FreeBSD) on a 64-bit machine, byte for byte, on every machine.  That
 * structure ends in six bytes that C adds to round up its size; here they
 * have a use: direction and losses. */

#ifndef BPF_RECORD_H
#define BPF_RECORD_H 1

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Alignment of every record in a buffer, in bytes. */
#define BPF_RECORD_ALIGNMENT 8

/* 'N' rounded up to the alignment of records. */
#define BPF_RECORD_ALIGN(N) \
    (((N) + (BPF_RECORD_ALIGNMENT - 1)) & ~(BPF_RECORD_ALIGNMENT - 1))

/* Bytes from a record with this 'HDRLEN' and 'CAPLEN' to the next one. */
#define BPF_RECORD_SIZE(HDRLEN, CAPLEN) BPF_RECORD_ALIGN((HDRLEN) + (CAPLEN))

/* Values of 'flags', masked by BPF_RECORD_DIRECTION: which way the packet
 * went.  The numbers are those of the direction bits of pcapng's epb_flags. */
#define BPF_RECORD_DIRECTION 0x03
#define BPF_RECORD_IN        0x01   /* From the port into the switch. */
#define BPF_RECORD_OUT       0x02   /* From the switch out of the port. */

/* In host byte order, like everything a BSD kernel puts there. */
struct bpf_record {
    int64_t sec;        /* Time of capture, seconds since 1970. */
    int64_t frac;       /* Microseconds, or nanoseconds, within 'sec'. */
    uint32_t caplen;    /* Bytes of data in this record. */
    uint32_t datalen;   /* Bytes that the packet had. */
    uint16_t hdrlen;    /* Bytes from here to the data. */
    uint8_t flags;      /* BPF_RECORD_*. */
    uint8_t reserved;   /* Zero. */
    uint32_t drops;     /* Packets that the filter accepted and that were lost
                         * for want of room since the previous record of this
                         * device; stays at UINT32_MAX once it gets there. */
};

#ifdef __cplusplus
}
#endif

#endif /* bpf-record.h */
