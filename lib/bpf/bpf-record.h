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
 * have a use: direction, queue and losses. */

#ifndef BPF_RECORD_H
#define BPF_RECORD_H 1

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* With identities
 * ===============
 *
 * A device may ask for the identity of its packets (BPF_RECORD_T_IDENTITY as
 * its time stamp format).  Then 'hdrlen' is 16 bytes more, and the 16 bytes
 * right in front of the data, at no particular alignment, are a struct
 * bpf_record_identity. */

/* As BPF_T_NANOTIME, and identities: a value that no BSD has. */
#define BPF_RECORD_T_IDENTITY 0x1001

struct bpf_record_identity {
    uint64_t id;        /* The same for a packet, its copies, and what became
                         * of it, from reception to transmission; 0: it was
                         * not received while somebody followed packets, as
                         * those that the switch makes itself. */
    uint32_t port;      /* Where it was received: bpf_record_port_hash(). */
    uint32_t reason;    /* Why it was dropped, BPF_DROP_*, otherwise 0. */
};

/* Port that every dropped packet appears on, while somebody captures there.
 * Clients attach to it by the first name, unless a port has it; the second is
 * what it is called then, which no port can have. */
#define BPF_RECORD_DROPS "drops"
#define BPF_RECORD_DROPS_FULL "@drops"

/* Reasons: number, name, the switch's coverage counter, words for people. */
#define BPF_DROP_REASONS \
    BPF_DROP(1, PIPELINE, drop_action_of_pipeline, \
             "by the flow table: no match, or a flow without output") \
    BPF_DROP(2, BRIDGE, drop_action_bridge_not_found, "bridge is gone") \
    BPF_DROP(3, RECURSION, drop_action_recursion_too_deep, \
             "loop guard: recursion too deep") \
    BPF_DROP(4, RESUBMIT, drop_action_too_many_resubmit, \
             "loop guard: too many resubmits") \
    BPF_DROP(5, STACK, drop_action_stack_too_deep, "stack too deep") \
    BPF_DROP(6, CONTEXT, drop_action_no_recirculation_context, \
             "recirculation context is gone") \
    BPF_DROP(7, CONFLICT, drop_action_recirculation_conflict, \
             "recirculation conflict") \
    BPF_DROP(8, LABELS, drop_action_too_many_mpls_labels, \
             "too many MPLS labels") \
    BPF_DROP(9, METADATA, drop_action_invalid_tunnel_metadata, \
             "invalid tunnel metadata") \
    BPF_DROP(10, PACKET_TYPE, drop_action_unsupported_packet_type, \
             "packet type not supported") \
    BPF_DROP(11, CONGESTION, drop_action_congestion, "congestion") \
    BPF_DROP(12, FORWARDING, drop_action_forwarding_disabled, \
             "forwarding disabled on the port") \
    BPF_DROP(13, METER, datapath_drop_meter, "meter") \
    BPF_DROP(14, UPCALL, datapath_drop_upcall_error, \
             "upcall failed: no flow, and none can be made") \
    BPF_DROP(15, LOCK, datapath_drop_lock_error, \
             "flow table busy with a change of ports") \
    BPF_DROP(16, USERSPACE, datapath_drop_userspace_action_error, \
             "slow path failed") \
    BPF_DROP(17, PUSH, datapath_drop_tunnel_push_error, \
             "tunnel push failed") \
    BPF_DROP(18, POP, datapath_drop_tunnel_pop_error, "tunnel pop failed") \
    BPF_DROP(19, RECIRC, datapath_drop_recirc_error, \
             "recirculation limit") \
    BPF_DROP(20, PORT, datapath_drop_invalid_port, "port is gone") \
    BPF_DROP(21, BOND, datapath_drop_invalid_bond, "bond is gone") \
    BPF_DROP(22, TUNNEL_PORT, datapath_drop_invalid_tnl_port, \
             "tunnel port is gone") \
    BPF_DROP(23, INVALID, datapath_drop_rx_invalid_packet, \
             "shorter than an Ethernet header") \
    BPF_DROP(24, SAMPLE, datapath_drop_sample_error, "sampling failed") \
    BPF_DROP(25, NSH, datapath_drop_nsh_decap_error, \
             "NSH header cannot be taken off") \
    BPF_DROP(26, PREPARE, netdev_send_prepare_drops, \
             "offload that the port cannot do") \
    BPF_DROP(27, PUSH_OFFLOAD, netdev_push_header_drops, \
             "offload that a tunnel cannot carry") \
    BPF_DROP(28, SEND, netdev_send_failed, \
             "port refused it: queue full, MTU, or port down")

enum bpf_drop {
#define BPF_DROP(NUMBER, NAME, COUNTER, TEXT) BPF_DROP_##NAME = NUMBER,
    BPF_DROP_REASONS
#undef BPF_DROP
    BPF_N_DROPS
};

/* A number for the port called 'name' (FNV-1a).  Two of 1,000 ports have the
 * same with a probability of 1 in 10,000. */
static inline uint32_t
bpf_record_port_hash(const char *name)
{
    uint32_t hash = 2166136261u;

    for (; *name; name++) {
        hash = (hash ^ (uint8_t) *name) * 16777619u;
    }
    return hash;
}

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

/* Further bits: what is left to do about the packet. */
#define BPF_RECORD_LEFT      0x0c
#define BPF_RECORD_LEFT_SHIFT 2
#define BPF_RECORD_LEFT_CSUM 0x04   /* The checksum is unfinished. */
#define BPF_RECORD_LEFT_TSO  0x08   /* It stands for several TCP segments. */

/* In host byte order, like everything a BSD kernel puts there. */
struct bpf_record {
    int64_t sec;        /* Time of capture, seconds since 1970. */
    int64_t frac;       /* Microseconds, or nanoseconds, within 'sec'. */
    uint32_t caplen;    /* Bytes of data in this record. */
    uint32_t datalen;   /* Bytes that the packet had. */
    uint16_t hdrlen;    /* Bytes from here to the data. */
    uint8_t flags;      /* BPF_RECORD_*. */
    uint8_t queue;      /* 1 + the queue that the port received it on, if the
                         * port has several and this is less than 256;
                         * otherwise 0. */
    uint32_t drops;     /* Packets that the filter accepted and that were lost
                         * for want of room since the previous record of this
                         * device; stays at UINT32_MAX once it gets there. */
};

#ifdef __cplusplus
}
#endif

#endif /* bpf-record.h */
