/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * What the files of the provider share: struct netdev_bsd and the operations
 * that are not in netdev-bsd.c.
 *
 * Locks of one device, outermost first (netdev-dev.h has those above and
 * below):
 *
 *   rxqs_mutex     the list of receive queues
 *   rxq's mutex    everything in a receive queue
 *   tx_mutex       the transmit handle
 *   qos_mutex      the device of the built-in class that manages queues
 *   registry mutex, nb_dev's mutex
 *   the mutexes of netdev-leftovers.c and netdev-chore.c
 *
 * The tap is read with the rxq's mutex held, written with tx_mutex held, and
 * replaced with both. */

#ifndef NETDEV_NETDEV_BSD_PRIVATE_H
#define NETDEV_NETDEV_BSD_PRIVATE_H 1

#include "dp-packet.h"
#include "host/host.h"
#include "netdev-provider.h"
#include "netdev/netdev-dev.h"
#include "netdev/netdev-policer.h"
#include "openvswitch/thread.h"
#include "ovs-atomic.h"

struct netdev_custom_stats;

/* Events of a device's packet I/O that the kernel's statistics do not show.
 * Names for "ovs-vsctl get interface" are in netdev-bsd.c. */
enum nb_counter {
    NB_RX_CUT,                  /* Longer than the capture: dropped. */
    NB_RX_SHORT,                /* No whole Ethernet header: dropped. */
    NB_RX_POLICED,              /* Exceeded the ingress policing rate. */
    NB_RX_REOPENED,             /* The receive side was opened again. */
    NB_RX_GROWN,                /* ...or got a larger buffer. */
    NB_RX_CSUM,                 /* Checksum that the sender left over. */
    NB_RX_GSO,                  /* Stood for several: cut into segments... */
    NB_RX_SEGMENTS,             /* ...into so many. */
    NB_RX_BAD,                  /* What was left over made no sense: dropped. */
    NB_RX_TSO,                  /* Stood for several: left to. */
    NB_TX_CSUM,                 /* Checksum left over, finished for want... */
    NB_TX_GSO,                  /* ...of a system that does it; stood for... */
    NB_TX_SEGMENTS,             /* ...several: cut, into so many. */
    NB_TX_TSO,                  /* Stood for several: left to the system. */
    NB_TX_JOINED,               /* Segments that were sent several at once. */
    NB_TX_BAD,                  /* What was left over made no sense: dropped. */
    NB_TX_TOO_LONG,             /* EMSGSIZE. */
    NB_TX_NO_ROOM,              /* EAGAIN, ENOBUFS. */
    NB_TX_DOWN,                 /* ENETDOWN, ENODEV. */
    NB_TX_FAILED,               /* Other errors. */
    NB_N_COUNTERS
};

/* Waits between attempts that double while they fail. */
struct nb_backoff {
    long long int next;         /* time_msec() of the next attempt. */
    int ms;                     /* Latest wait. */
};

#define NB_BACKOFF_MIN_MS 100
#define NB_BACKOFF_MAX_MS 8000

static inline void
nb_backoff_reset(struct nb_backoff *backoff)
{
    backoff->next = 0;
    backoff->ms = 0;
}

void nb_backoff_failed(struct nb_backoff *backoff);
bool nb_backoff_is_due(const struct nb_backoff *backoff);

struct netdev_bsd {
    struct netdev up;
    struct nb_dev dev;

    atomic_bool pmd;                /* Threads of their own poll it. */
    atomic_uint64_t counters[NB_N_COUNTERS];
    bool leave;                     /* Packets may have work left over
                                     * (userspace-tso-enable).  Constant once
                                     * this is a port. */
    struct nb_policer policer;

    /* Receiving. */
    struct ovs_mutex rxqs_mutex;
    struct ovs_list rxqs;           /* Contains "struct nb_rxq"s. */
    atomic_uint64_t ring_drops;     /* Of handles that were closed. */
    ATOMIC(const char *) rx_way;    /* host_rx_way() of the latest handle, or
                                     * NULL. */

    /* Transmitting. */
    struct ovs_mutex tx_mutex;
    struct host_tx *tx;             /* Class "system"; may be NULL. */
    bool tx_work;                   /* 'tx' takes frames with work left over. */
    uint32_t tx_generation;         /* 'dev.generation' that 'tx' is for. */
    struct nb_backoff tx_backoff;

    struct eth_addr told_etheraddr; /* Main thread only: address that was
                                     * taken in place of another one. */

    /* Class "tap".  'fd' is -1 for class "system" and while the tap is
     * lost. */
    struct host_tap tap;

    /* Quality of service, see netdev-qos.c. */
    struct ovs_mutex qos_mutex;
    bool qos_refused;               /* That there is none has been said. */
    struct netdev *inner;           /* Of the built-in class, may be NULL. */
    uint32_t inner_generation;      /* 'dev.generation' that it is for. */

    /* Guarded by 'dev.mutex'. */
    struct host_offloads offloads;  /* Switched off while there are rxqs. */
    bool is_exclusive;              /* The host does not get frames. */
    bool shared_told;               /* That it does has been said. */
    struct host_promisc *promisc;   /* As the host file holds it. */

    /* Configuration, guarded by 'dev.mutex'.  'wanted' takes effect in
     * reconfigure. */
    struct nb_config {
        int n_rxq;
        int buffer_size;            /* Bytes; 0 = the host file's choice. */
        int snaplen;                /* Bytes; 0 = from the MTU. */
        bool pcap;                  /* Receive through libpcap. */
        bool exclusive;             /* Keep frames from the host. */
        bool pmd;                   /* Polled by threads of their own. */
    } config, wanted;
};

static inline struct netdev_bsd *
netdev_bsd_cast(const struct netdev *netdev)
{
    return CONTAINER_OF(CONST_CAST(struct netdev *, netdev),
                        struct netdev_bsd, up);
}

static inline bool
netdev_bsd_is_tap(const struct netdev_bsd *netdev)
{
    return netdev->dev.is_tap;
}

static inline void
nb_count(struct netdev_bsd *netdev, enum nb_counter counter, size_t n)
{
    if (OVS_UNLIKELY(n)) {
        uint64_t orig;

        atomic_add_relaxed(&netdev->counters[counter], n, &orig);
    }
}

/* netdev-rxq.c */
struct netdev_rxq *nb_rxq_alloc(void);
int nb_rxq_construct(struct netdev_rxq *);
void nb_rxq_destruct(struct netdev_rxq *);
void nb_rxq_dealloc(struct netdev_rxq *);
int nb_rxq_recv(struct netdev_rxq *, struct dp_packet_batch *, int *qfill);
void nb_rxq_wait(struct netdev_rxq *);
int nb_rxq_drain(struct netdev_rxq *);

/* Frames that 'netdev''s capture handles lost for want of room. */
uint64_t nb_rxqs_ring_drops(struct netdev_bsd *netdev);

/* netdev-ready.c
 *
 * Says that the thread is going to wait for 'fd' in its main loop. */
void nb_ready_wait(int fd);

/* True if the wait for 'fd' has just found nothing to read.  Asked again without
 * another wait, it is false. */
bool nb_ready_is_quiet(int fd);

/* 'fd' is new, or about to be closed. */
void nb_ready_forget(int fd);

/* poll(2) has returned, and found something to read from 'fd' (an error, too)
 * or not. */
void nb_ready_found(int fd, bool readable);

/* For reads outside of this provider, which never wait: a read from 'fd' has
 * found nothing, or something. */
void nb_ready_was_read(int fd, bool empty);

/* True if it had found nothing, and poll(2) has said the same since.  Asked
 * again without another poll(2), it is false. */
bool nb_ready_is_still_empty(int fd);

/* netdev-tx.c */
int nb_send(struct netdev *, int qid, struct dp_packet_batch *,
            bool concurrent_txq);
void nb_send_wait(struct netdev *, int qid);

/* netdev-stats.c */
int nb_get_stats(const struct netdev *, struct netdev_stats *);
int nb_get_custom_stats(const struct netdev *, struct netdev_custom_stats *);

/* netdev-bsd.c
 *
 * Lets go of promiscuous mode where the host file holds it for 'netdev', as
 * when the interface has another name now. */
void nb_release_promisc(struct netdev_bsd *netdev);

/* netdev-qos.c
 *
 * Gives 'class' the operations for queues if 'lender', the built-in class of
 * devices or NULL, has them, else one that refuses.  Main thread, before
 * 'class' is registered. */
void nb_qos_lend(const struct netdev_class *lender,
                 struct netdev_class *class);

/* Frees what these operations keep for 'netdev', in its destruct. */
void nb_qos_destroy(struct netdev_bsd *netdev);

/* netdev-tap.c
 *
 * Makes the tap of 'netdev' anew after its interface was removed, with the
 * link address, MTU and administrative state that it had.  The caller holds
 * the rxq's mutex and not tx_mutex. */
int nb_tap_recreate(struct netdev_bsd *netdev);

#endif /* NETDEV_NETDEV_BSD_PRIVATE_H */
