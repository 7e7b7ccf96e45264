/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Receiving: through the host file's receive handle for system devices, from
 * the tap's descriptor for taps.
 *
 * A receive queue whose interface vanishes closes its handle and waits: for
 * the notifier if that said that the interface is gone, else with growing
 * pauses.  When an interface of the same name returns, the handle is opened
 * again.  Both states cost nothing while nothing happens.
 *
 * Each queue has a mutex that guards all of it; it is not contended, because
 * a queue is polled by one thread.  Any thread may call any function. */

#include <config.h>

#include "netdev/netdev-bsd.h"
#include "netdev/netdev-bsd-private.h"
#include "netdev/netdev-chore.h"
#include "netdev/netdev-leftovers.h"
#include "netdev/netdev-offload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "seq.h"
#include "timeval.h"
#include "userspace-tso.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(netdev_bsd_rxq);

COVERAGE_DEFINE(netdev_bsd_rx_packets);
COVERAGE_DEFINE(netdev_bsd_rx_dispatch);
COVERAGE_DEFINE(netdev_bsd_rx_skipped);
COVERAGE_DEFINE(netdev_bsd_rx_checksum_finished);
COVERAGE_DEFINE(netdev_bsd_rx_segmented);

/* Room beyond the MTU: the Ethernet header and two VLAN tags. */
#define FRAME_OVERHEAD (ETH_HEADER_LEN + 2 * VLAN_HEADER_LEN)

/* For interfaces whose MTU is unknown or small. */
#define MTU_MIN 1500

/* Milliseconds after which a queue is read though poll(2) says that there is
 * nothing, lest anything depend on that alone. */
#define MAX_SKIP_MS 1000

/* Frames that nb_rxq_drain() discards at most, so that it ends on an
 * interface that receives all the time. */
#define DRAIN_MAX 16384

struct nb_rxq {
    struct netdev_rxq up;
    struct ovs_list node;           /* In netdev_bsd's 'rxqs'. */
    struct ovs_mutex mutex;         /* Guards what follows. */

    struct host_rx *rx;             /* NULL for taps and while waiting. */
    struct nb_growth *growth;       /* What takes the place of 'rx' soon, or
                                     * NULL. */
    bool may_grow;                  /* Not if the system has refused it. */
    int mtu;                        /* MTU that 'rx' was opened for. */
    struct dp_packet *spare;        /* For the next frame of a tap. */
    void *buffer;                   /* Room for a frame of a tap that can have
                                     * work left over, behind
                                     * HOST_FRAME_HEADROOM bytes; or NULL. */
    struct nb_packets packets;      /* Received, but not yet handed out: one
                                     * frame can stand for many. */
    long long int skip_until;       /* time_msec() up to which a read may be
                                     * skipped. */
    size_t n_times;                 /* Packets handed out last, ... */
    uint64_t times[NETDEV_MAX_BURST]; /* ...and when they arrived. */

    /* Waiting. */
    uint32_t generation;            /* dev's, when it was looked at last. */
    uint32_t doubts;                /* Likewise. */
    uint64_t seqno;                 /* dev's 'seq' before that. */
    struct nb_backoff backoff;
};

static struct nb_rxq *
nb_rxq_cast(const struct netdev_rxq *rxq)
{
    return CONTAINER_OF(CONST_CAST(struct netdev_rxq *, rxq),
                        struct nb_rxq, up);
}

static struct netdev_bsd *
rxq_netdev(const struct nb_rxq *rxq)
{
    return netdev_bsd_cast(rxq->up.netdev);
}

/* Backoff. */

void
nb_backoff_failed(struct nb_backoff *backoff)
{
    backoff->ms = MIN(MAX(2 * backoff->ms, NB_BACKOFF_MIN_MS),
                      NB_BACKOFF_MAX_MS);
    backoff->next = time_msec() + backoff->ms;
}

bool
nb_backoff_is_due(const struct nb_backoff *backoff)
{
    return time_msec() >= backoff->next;
}

/* Opening and closing a handle. */

/* What a handle is opened with. */
struct rx_args {
    char kname[IFNAMSIZ];
    bool ether;
    int mtu;
    struct host_rx_config config;
};

static void
get_rx_args(struct netdev_bsd *netdev, struct rx_args *args)
{
    struct host_rx_config *config = &args->config;
    struct nb_dev *dev = &netdev->dev;

    ovs_mutex_lock(&dev->mutex);
    ovs_strlcpy(args->kname, dev->kname, sizeof args->kname);
    args->ether = nb_dev_is_ethernet__(dev);
    args->mtu = nb_dev_get__(dev, HOST_V_MTU) ? 0 : dev->cache.link.mtu;
    config->max_frame = (netdev->config.snaplen
                         ? netdev->config.snaplen
                         : MAX(args->mtu, MTU_MIN) + FRAME_OVERHEAD);
    config->max_frame = MIN(config->max_frame, NB_FRAME_MAX);
    config->pcap = netdev->config.pcap;
    config->buffer_size = netdev->config.buffer_size;
    config->n_queues = netdev->config.n_rxq;

    /* The ifindex is unique among interfaces; it need not be more. */
    config->group = dev->ifindex;
    ovs_mutex_unlock(&dev->mutex);
}

/* Keeps the interface's frames from the host, if that is wanted. */
static void
make_exclusive(struct netdev_bsd *netdev)
    OVS_REQUIRES(netdev->dev.mutex)
{
    int error;

    netdev->is_exclusive = false;
    if (!netdev->config.exclusive) {
        return;
    }
    error = host_exclusive(netdev->dev.kname, &netdev->offloads);
    netdev->is_exclusive = !error;
    if (error) {
        VLOG_WARN("%s: options:exclusive has no effect: the kernel cannot "
                  "drop frames on their way to the host (%s)",
                  netdev_get_name(&netdev->up), nb_strerror(error));
    }
}

static bool
is_link_local(const struct in6_addr *addr)
{
    return IN6_IS_ADDR_LINKLOCAL(addr);
}

/* Says once that the host answers where the switch forwards, which surprises
 * those who come from the kernel's datapath. */
static void
tell_shared(struct netdev_bsd *netdev)
    OVS_REQUIRES(netdev->dev.mutex)
{
    struct nb_cache *cache = &netdev->dev.cache;

    if (netdev->shared_told || netdev->config.exclusive
        || !host_has_exclusive()
        || nb_dev_get__(&netdev->dev, HOST_V_ADDRS)) {
        return;
    }
    for (size_t i = 0; i < cache->n_addrs; i++) {
        if (!is_link_local(&cache->addrs[i].addr)) {
            static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 10);

            netdev->shared_told = true;
            VLOG_INFO_RL(&rl, "%s has an address, on which the host goes on "
                         "to receive beside the switch; options:exclusive="
                         "true makes the interface the switch's alone",
                         netdev_get_name(&netdev->up));
            return;
        }
    }
}

/* Switches off what would corrupt received frames, and whatever else is not to
 * be on while the interface is a port. */
static void
offloads_off(struct netdev_bsd *netdev)
{
    struct nb_dev *dev = &netdev->dev;

    nb_leftovers_recover();
    ovs_mutex_lock(&dev->mutex);
    if (!netdev->offloads.changed) {
        host_offloads_off(dev->kname, &netdev->offloads);
        make_exclusive(netdev);
        nb_leftovers_note(&netdev->offloads);
    }
    tell_shared(netdev);
    ovs_mutex_unlock(&dev->mutex);
}

/* What cannot be put right now, because the interface is out of reach (in
 * another vnet, or gone), remains to be done should it return. */
static void
offloads_restore(struct netdev_bsd *netdev)
{
    struct nb_dev *dev = &netdev->dev;

    ovs_mutex_lock(&dev->mutex);
    if (host_offloads_restore(&netdev->offloads) != ENODEV) {
        nb_leftovers_forget(&netdev->offloads);
    }
    netdev->offloads.changed = false;
    netdev->is_exclusive = false;
    ovs_mutex_unlock(&dev->mutex);
}

/* Makes it part of the status how 'netdev' receives. */
static void
publish_way(struct netdev_bsd *netdev, const char *way)
{
    const char *old;

    atomic_read_relaxed(&netdev->rx_way, &old);
    if (way != old) {
        atomic_store_relaxed(&netdev->rx_way, way);
        netdev_change_seq_changed(&netdev->up);
    }
}

static int
rx_open(struct nb_rxq *rxq)
    OVS_REQUIRES(rxq->mutex)
{
    struct netdev_bsd *netdev = rxq_netdev(rxq);
    struct rx_args args;
    int error;

    /* An interface that cannot be a port is not touched: to make it
     * promiscuous and back is a change of the interface, whereupon the switch
     * would try again to make it a port, for ever. */
    get_rx_args(netdev, &args);
    if (!args.ether) {
        return EOPNOTSUPP;
    }

    error = host_rx_open(args.kname, &args.config, &rxq->rx);
    if (error) {
        return error;
    }

    nb_ready_forget(host_rx_fd(rxq->rx));
    offloads_off(netdev);
    publish_way(netdev, host_rx_way(rxq->rx));
    rxq->mtu = args.mtu;
    rxq->may_grow = true;
    nb_backoff_reset(&rxq->backoff);
    return 0;
}

/* Keeps the losses of 'rx', which is about to be closed. */
static void
keep_drops(struct netdev_bsd *netdev, struct host_rx *rx)
{
    uint64_t orig;

    atomic_add_relaxed(&netdev->ring_drops, host_rx_drops(rx), &orig);
}

static void
rx_close(struct nb_rxq *rxq)
    OVS_REQUIRES(rxq->mutex)
{
    struct netdev_bsd *netdev = rxq_netdev(rxq);

    if (!rxq->rx) {
        return;
    }
    nb_ready_forget(host_rx_fd(rxq->rx));
    keep_drops(netdev, rxq->rx);
    if (rxq->growth) {
        nb_growth_abandon(rxq->growth);
        rxq->growth = NULL;
    } else if (netdev->config.n_rxq > 1) {
        /* Until it is closed the system goes on to share out frames to it,
         * which would be missing from the next ones of its group. */
        host_rx_close(rxq->rx);
    } else {
        nb_chore_close_rx(rxq->rx);
    }
    rxq->rx = NULL;
}

/* Growing. */

/* Another handle has taken the place of the present one, which is empty. */
static void
rx_replace(struct nb_rxq *rxq)
    OVS_REQUIRES(rxq->mutex)
{
    struct netdev_bsd *netdev = rxq_netdev(rxq);
    int error;
    struct host_rx *rx = nb_growth_finish(rxq->growth, &error);

    rxq->growth = NULL;
    if (!rx) {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

        rxq->may_grow = false;
        VLOG_WARN_RL(&rl, "%s: no more room for frames that arrive (%s), "
                     "going on with what there is",
                     netdev_rxq_get_name(&rxq->up), nb_strerror(error));
        return;
    }
    keep_drops(netdev, rxq->rx);
    nb_chore_close_rx(rxq->rx);
    rxq->rx = rx;
    nb_ready_forget(host_rx_fd(rx));
    nb_count(netdev, NB_RX_GROWN, 1);
}

/* Life cycle. */

/* Why a receive queue of 'netdev' could not be opened, in words. */
static const char *
receive_problem(struct netdev_bsd *netdev, int error)
{
    if (error != EOPNOTSUPP) {
        return nb_strerror(error);
    } else if (netdev->config.n_rxq > 1) {
        return "several receive queues are not supported here";
    }
    return (nb_dev_is_ethernet(&netdev->dev)
            ? "the system cannot capture on this interface"
            : "not an Ethernet interface");
}

struct netdev_rxq *
nb_rxq_alloc(void)
{
    struct nb_rxq *rxq = xzalloc(sizeof *rxq);

    return &rxq->up;
}

/* The switch learns from its database whether TSO packets are allowed, which
 * is later than the routes of the host make it open their devices. */
static void
learn_tso(struct netdev_bsd *netdev)
{
    netdev->leave = userspace_tso_enabled();
    if (netdev->leave) {
        netdev->up.ol_flags |= (NETDEV_TX_OFFLOAD_TCP_TSO
                                | NETDEV_TX_OFFLOAD_TCP_CKSUM
                                | NETDEV_TX_OFFLOAD_UDP_CKSUM);
    }
}

int
nb_rxq_construct(struct netdev_rxq *rxq_)
{
    struct nb_rxq *rxq = nb_rxq_cast(rxq_);
    struct netdev_bsd *netdev = rxq_netdev(rxq);
    int error = 0;

    learn_tso(netdev);
    ovs_mutex_init(&rxq->mutex);
    ovs_mutex_lock(&rxq->mutex);
    rxq->seqno = seq_read(netdev->dev.seq);
    atomic_read(&netdev->dev.generation, &rxq->generation);
    if (!netdev_bsd_is_tap(netdev)) {
        error = rx_open(rxq);
    }
    if (error == ENETDOWN) {
        /* A port may be added first and brought up later. */
        nb_backoff_failed(&rxq->backoff);
        error = 0;
    }
    ovs_mutex_unlock(&rxq->mutex);

    if (error) {
        VLOG_WARN("%s: cannot receive: %s", netdev_rxq_get_name(rxq_),
                  receive_problem(netdev, error));
        ovs_mutex_destroy(&rxq->mutex);
        return error;
    }

    ovs_mutex_lock(&netdev->rxqs_mutex);
    ovs_list_push_back(&netdev->rxqs, &rxq->node);
    ovs_mutex_unlock(&netdev->rxqs_mutex);
    return 0;
}

void
nb_rxq_destruct(struct netdev_rxq *rxq_)
{
    struct nb_rxq *rxq = nb_rxq_cast(rxq_);
    struct netdev_bsd *netdev = rxq_netdev(rxq);

    ovs_mutex_lock(&netdev->rxqs_mutex);
    ovs_list_remove(&rxq->node);
    if (ovs_list_is_empty(&netdev->rxqs)) {
        offloads_restore(netdev);
    }
    ovs_mutex_unlock(&netdev->rxqs_mutex);

    ovs_mutex_lock(&rxq->mutex);
    rx_close(rxq);
    dp_packet_delete(rxq->spare);
    nb_packets_destroy(&rxq->packets);
    free(rxq->buffer);
    ovs_mutex_unlock(&rxq->mutex);
    ovs_mutex_destroy(&rxq->mutex);
}

void
nb_rxq_dealloc(struct netdev_rxq *rxq_)
{
    free(nb_rxq_cast(rxq_));
}

/* Waiting for an interface that vanished. */

static void
rxq_lost(struct nb_rxq *rxq, int error)
    OVS_REQUIRES(rxq->mutex)
{
    struct netdev_bsd *netdev = rxq_netdev(rxq);
    bool known;

    VLOG_INFO("%s: reception stopped (%s), waiting for the interface",
              netdev_rxq_get_name(&rxq->up), nb_strerror(error));
    rx_close(rxq);
    nb_backoff_failed(&rxq->backoff);

    /* What was switched off was switched off on another interface, which may
     * still be there under another name. */
    ovs_mutex_lock(&netdev->dev.mutex);
    known = netdev->offloads.id[0] != 0;
    netdev->offloads.changed &= known;
    ovs_mutex_unlock(&netdev->dev.mutex);
    if (known) {
        offloads_restore(netdev);
    }

    /* That goes with the interface, too, wherever it is.  A receive handle that
     * is opened later sees to its own. */
    nb_release_promisc(netdev);
}

/* Does not let a change of the interface, for which the queue may have waited,
 * wait for the end of the pause. */
static void
rxq_check_news(struct nb_rxq *rxq)
    OVS_REQUIRES(rxq->mutex)
{
    uint64_t seqno = seq_read(rxq_netdev(rxq)->dev.seq);

    if (seqno != rxq->seqno) {
        rxq->seqno = seqno;
        nb_backoff_reset(&rxq->backoff);
    }
}

/* True while it makes no sense to ask the system for the interface. */
static bool
rxq_must_wait(struct nb_rxq *rxq)
    OVS_REQUIRES(rxq->mutex)
{
    return (!nb_backoff_is_due(&rxq->backoff)
            || !nb_dev_is_present(&rxq_netdev(rxq)->dev));
}

static int
rxq_reopen(struct nb_rxq *rxq)
    OVS_REQUIRES(rxq->mutex)
{
    struct netdev_bsd *netdev = rxq_netdev(rxq);
    int error = rx_open(rxq);

    if (error) {
        VLOG_DBG("%s: cannot receive yet: %s", netdev_rxq_get_name(&rxq->up),
                 nb_strerror(error));
        nb_backoff_failed(&rxq->backoff);
        return EAGAIN;
    }
    nb_count(netdev, NB_RX_REOPENED, 1);
    VLOG_INFO("%s: receiving again", netdev_rxq_get_name(&rxq->up));
    return 0;
}

/* Looks whether the interface is another one than before. */
static void
rxq_check_generation(struct nb_rxq *rxq)
    OVS_REQUIRES(rxq->mutex)
{
    struct nb_dev *dev = &rxq_netdev(rxq)->dev;
    uint32_t generation;

    atomic_read_relaxed(&dev->generation, &generation);
    if (OVS_UNLIKELY(generation != rxq->generation)) {
        rxq->seqno = seq_read(dev->seq);
        atomic_read(&dev->generation, &rxq->generation);
        if (rxq->rx) {
            rxq_lost(rxq, ENODEV);
        }
        nb_backoff_reset(&rxq->backoff);
    }
}

/* If the interface may be another one, asks the handle.  One that goes on
 * looking good has lost nothing; otherwise reception begins anew at once. */
static void
rxq_check_doubts(struct nb_rxq *rxq)
    OVS_REQUIRES(rxq->mutex)
{
    uint32_t doubts;

    atomic_read_relaxed(&rxq_netdev(rxq)->dev.doubts, &doubts);
    if (OVS_UNLIKELY(doubts != rxq->doubts)) {
        rxq->doubts = doubts;
        if (rxq->rx && !host_rx_is_attached(rxq->rx)) {
            rxq_lost(rxq, ENODEV);
            nb_backoff_reset(&rxq->backoff);
        }
    }
}

/* Frames may be longer now than the handle has room for. */
static bool
rxq_mtu_grew(struct nb_rxq *rxq)
    OVS_REQUIRES(rxq->mutex)
{
    int mtu;

    atomic_read_relaxed(&rxq_netdev(rxq)->dev.mtu, &mtu);
    return (OVS_UNLIKELY(mtu > rxq->mtu)
            && !host_rx_any_length(rxq->rx));
}

/* True if to read from 'fd', from which 'rxq' receives, could only find
 * nothing. */
static bool
rxq_skips_read(struct nb_rxq *rxq, int fd)
    OVS_REQUIRES(rxq->mutex)
{
    if (nb_ready_is_quiet(fd) && time_msec() < rxq->skip_until) {
        COVERAGE_INC(netdev_bsd_rx_skipped);
        return true;
    }
    rxq->skip_until = time_msec() + MAX_SKIP_MS;
    return false;
}

/* Receiving from a handle. */

struct rx_batch {
    struct nb_rxq *rxq;
    bool any;                       /* At least one frame came. */
    int mtu;
    size_t snaplen;                 /* Longest frame that is wanted, 0 = any. */
    bool leave;                     /* Leave work over that packets can tell. */
    struct nb_offload_work work;
};

/* Takes a frame of which nothing can be made. */
static void
refuse_frame(struct netdev_bsd *netdev, const struct host_frame *frame)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

    nb_count(netdev, NB_RX_BAD, 1);
    VLOG_WARN_RL(&rl, "%s: dropped a frame of %"PRIuSIZE" bytes whose sender "
                 "left its checksum or its segmentation to be done in a way "
                 "that makes no sense (checksum from %u at %u, segments "
                 "of %u, kind %u)", netdev_get_name(&netdev->up), frame->len,
                 frame->meta.csum_start, frame->meta.csum_offset,
                 frame->meta.gso_size, frame->meta.gso);
}

/* True if 'frame' is longer than any that is wanted, or not all there. */
static bool
is_cut(const struct rx_batch *rb, const struct host_frame *frame)
{
    return (frame->len < frame->wire_len
            || (rb->snaplen && frame->meta.gso == HOST_GSO_NONE
                && frame->len > rb->snaplen));
}

/* Takes one frame, whose memory is the host file's.  Wants no more if there
 * are already more packets than go into a batch. */
static bool
take_frame(const struct host_frame *frame, void *rb_)
{
    struct rx_batch *rb = rb_;
    struct netdev_bsd *netdev = rxq_netdev(rb->rxq);

    rb->any = true;
    if (OVS_UNLIKELY(is_cut(rb, frame))) {
        /* What is missing cannot be made up: never forward the rest. */
        nb_count(netdev, NB_RX_CUT, 1);
    } else if (OVS_UNLIKELY(frame->len < ETH_HEADER_LEN)) {
        nb_count(netdev, NB_RX_SHORT, 1);
    } else if (OVS_UNLIKELY(!nb_offload_receive(frame, rb->mtu, rb->leave,
                                                &rb->rxq->packets,
                                                &rb->work))) {
        refuse_frame(netdev, frame);
    }
    return rb->rxq->packets.n < NETDEV_MAX_BURST;
}

static void
count_work(struct netdev_bsd *netdev, const struct nb_offload_work *work)
{
    nb_count(netdev, NB_RX_CSUM, work->n_finished);
    nb_count(netdev, NB_RX_GSO, work->n_cut);
    nb_count(netdev, NB_RX_SEGMENTS, work->n_segments);
    nb_count(netdev, NB_RX_TSO, work->n_left);
    if (work->n_cut) {
        COVERAGE_ADD(netdev_bsd_rx_segmented, work->n_cut);
    }
    if (work->n_finished) {
        COVERAGE_ADD(netdev_bsd_rx_checksum_finished, work->n_finished);
    }
}

static int
rx_recv(struct nb_rxq *rxq, struct dp_packet_batch *batch)
    OVS_REQUIRES(rxq->mutex)
{
    struct netdev_bsd *netdev = rxq_netdev(rxq);
    struct rx_batch rb = {
        .rxq = rxq,
        .snaplen = netdev->config.snaplen,
        .leave = netdev->leave,
    };
    bool replaced;
    int error;

    COVERAGE_INC(netdev_bsd_rx_dispatch);
    atomic_read_relaxed(&netdev->dev.mtu, &rb.mtu);

    /* Asked before receiving: if nothing is left then, nothing ever comes. */
    replaced = rxq->growth && nb_growth_is_over(rxq->growth);
    error = host_rx_recv(rxq->rx, NETDEV_MAX_BURST, take_frame, &rb);
    count_work(netdev, &rb.work);
    nb_packets_move(&rxq->packets, batch, rxq->times);
    if (OVS_UNLIKELY(error)) {
        if (error != ENETDOWN) {
            rxq_lost(rxq, error);
        }
        /* Else the handle stays good, and is quiet until the interface is up
         * again. */
        return EAGAIN;
    }
    if (OVS_UNLIKELY(replaced && !rb.any)) {
        rx_replace(rxq);
    } else if (OVS_UNLIKELY(host_rx_wants_room(rxq->rx)
                            && rxq->may_grow && !rxq->growth)) {
        rxq->growth = nb_growth_start(rxq->rx);
    }
    COVERAGE_ADD(netdev_bsd_rx_packets, dp_packet_batch_size(batch));
    return 0;
}

static int
system_recv(struct nb_rxq *rxq, struct dp_packet_batch *batch)
    OVS_REQUIRES(rxq->mutex)
{
    rxq_check_generation(rxq);
    rxq_check_doubts(rxq);
    if (OVS_UNLIKELY(!rxq->rx)) {
        rxq_check_news(rxq);
        if (rxq_must_wait(rxq) || rxq_reopen(rxq)) {
            return EAGAIN;
        }
    } else if (OVS_UNLIKELY(rxq_mtu_grew(rxq))) {
        rx_close(rxq);
        if (rxq_reopen(rxq)) {
            return EAGAIN;
        }
    }

    /* One that is growing is asked whether it is empty. */
    return (!rxq->growth && !host_rx_pending(rxq->rx)
            && rxq_skips_read(rxq, host_rx_fd(rxq->rx))
            ? EAGAIN : rx_recv(rxq, batch));
}

/* Receiving from a tap. */

/* Bytes to offer to a read: one more than the longest frame, to recognise a
 * frame that was cut. */
static size_t
tap_read_size(struct netdev_bsd *netdev)
{
    int mtu;

    atomic_read_relaxed(&netdev->dev.mtu, &mtu);
    return MIN(MAX(mtu, MTU_MIN) + FRAME_OVERHEAD, NB_FRAME_MAX - 1) + 1;
}

/* Sees to it that 'rxq->spare' has room for 'size' bytes. */
static void
tap_prepare_spare(struct nb_rxq *rxq, size_t size)
    OVS_REQUIRES(rxq->mutex)
{
    if (rxq->spare && dp_packet_tailroom(rxq->spare) < size) {
        dp_packet_delete(rxq->spare);
        rxq->spare = NULL;
    }
    if (!rxq->spare) {
        rxq->spare = dp_packet_new_with_headroom(size, NB_HEADROOM);
    }
}

/* Reads one frame, in which work can be left over, to 'rxq->packets'. */
static int
tap_recv_any(struct nb_rxq *rxq, struct rx_batch *rb)
    OVS_REQUIRES(rxq->mutex)
{
    struct host_frame frame = { .memory = &rxq->buffer };
    uint8_t *data;
    int error;

    if (!rxq->buffer) {
        rxq->buffer = xmalloc(HOST_FRAME_HEADROOM + HOST_TAP_FRAME_MAX);
    }
    data = (uint8_t *) rxq->buffer + HOST_FRAME_HEADROOM;
    frame.data = data;
    error = host_tap_read(&rxq_netdev(rxq)->tap, data, HOST_TAP_FRAME_MAX,
                          &frame.len, &frame.meta);
    if (!error) {
        /* A frame that fills the buffer was cut. */
        frame.wire_len = frame.len + (frame.len == HOST_TAP_FRAME_MAX);
        take_frame(&frame, rb);
    }
    return error;
}

/* As tap_recv_some(), from a tap with offloads. */
static int
tap_recv_offloaded(struct nb_rxq *rxq, struct dp_packet_batch *batch)
    OVS_REQUIRES(rxq->mutex)
{
    struct netdev_bsd *netdev = rxq_netdev(rxq);
    struct rx_batch rb = { .rxq = rxq, .leave = netdev->leave };
    int error = 0;

    atomic_read_relaxed(&netdev->dev.mtu, &rb.mtu);
    for (int n = 0; !error && n < NETDEV_MAX_BURST
         && rxq->packets.n < NETDEV_MAX_BURST; n++) {
        error = tap_recv_any(rxq, &rb);
    }
    count_work(netdev, &rb.work);
    nb_packets_move(&rxq->packets, batch, rxq->times);
    return error;
}

/* Reads one frame.  Adds it to 'batch' unless it is to be dropped. */
static int
tap_recv_one(struct nb_rxq *rxq, struct dp_packet_batch *batch)
    OVS_REQUIRES(rxq->mutex)
{
    struct netdev_bsd *netdev = rxq_netdev(rxq);
    size_t size = tap_read_size(netdev);
    struct host_meta meta;
    size_t len;
    int error;

    tap_prepare_spare(rxq, size);
    error = host_tap_read(&netdev->tap, dp_packet_data(rxq->spare), size,
                          &len, &meta);
    if (error) {
        return error;
    }
    if (OVS_UNLIKELY(len >= size)) {
        nb_count(netdev, NB_RX_CUT, 1);
    } else if (OVS_UNLIKELY(len < ETH_HEADER_LEN)) {
        nb_count(netdev, NB_RX_SHORT, 1);
    } else {
        dp_packet_set_size(rxq->spare, len);
        rxq->times[dp_packet_batch_size(batch)] = meta.time_ns;
        dp_packet_batch_add(batch, rxq->spare);
        rxq->spare = NULL;
    }
    return 0;
}

/* The tap's interface was removed behind our back. */
static int
tap_lost(struct nb_rxq *rxq)
    OVS_REQUIRES(rxq->mutex)
{
    struct netdev_bsd *netdev = rxq_netdev(rxq);
    int error;

    if (!nb_backoff_is_due(&rxq->backoff)) {
        return EAGAIN;
    }
    error = nb_tap_recreate(netdev);
    if (error) {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

        VLOG_WARN_RL(&rl, "%s: the interface was removed and cannot be made "
                     "anew (%s), trying again",
                     netdev_rxq_get_name(&rxq->up), nb_strerror(error));
        nb_backoff_failed(&rxq->backoff);
    } else {
        VLOG_INFO("%s: the interface was removed, made it anew",
                  netdev_rxq_get_name(&rxq->up));
        nb_count(netdev, NB_RX_REOPENED, 1);
        nb_backoff_reset(&rxq->backoff);
    }
    return EAGAIN;
}

/* Reads frames until there are none or enough. */
static int
tap_recv_some(struct nb_rxq *rxq, struct dp_packet_batch *batch)
    OVS_REQUIRES(rxq->mutex)
{
    int error = 0;

    for (int n = 0; !error && n < NETDEV_MAX_BURST; n++) {
        error = tap_recv_one(rxq, batch);
    }
    return error;
}

static int
tap_recv(struct nb_rxq *rxq, struct dp_packet_batch *batch)
    OVS_REQUIRES(rxq->mutex)
{
    int error;

    if (OVS_UNLIKELY(rxq_netdev(rxq)->tap.fd < 0)) {
        return tap_lost(rxq);
    }
    if (rxq_skips_read(rxq, rxq_netdev(rxq)->tap.fd)) {
        return EAGAIN;
    }
    error = (rxq_netdev(rxq)->tap.offloads
             ? tap_recv_offloaded(rxq, batch) : tap_recv_some(rxq, batch));
    if (OVS_UNLIKELY(error == ENODEV)) {
        tap_lost(rxq);
    }
    return 0;
}

/* Operations. */

int
nb_rxq_recv(struct netdev_rxq *rxq_, struct dp_packet_batch *batch,
            int *qfill)
{
    struct nb_rxq *rxq = nb_rxq_cast(rxq_);
    struct netdev_bsd *netdev = rxq_netdev(rxq);
    int error;

    dp_packet_batch_init(batch);
    ovs_mutex_lock(&rxq->mutex);
    nb_packets_move(&rxq->packets, batch, rxq->times);
    error = (!dp_packet_batch_is_empty(batch) ? 0
             : netdev_bsd_is_tap(netdev) ? tap_recv(rxq, batch)
             : system_recv(rxq, batch));
    rxq->n_times = dp_packet_batch_size(batch);
    ovs_mutex_unlock(&rxq->mutex);

    if (!dp_packet_batch_is_empty(batch)) {
        nb_count(netdev, NB_RX_POLICED,
                 nb_policer_run(&netdev->policer, batch));
    }
    if (qfill) {
        *qfill = -ENOTSUP;
    }
    return error ? error : dp_packet_batch_is_empty(batch) ? EAGAIN : 0;
}

/* Only the thread that receives looks at them, hence no lock.  Packets that
 * were policed away leave fewer, of which nobody knows any more which they
 * are. */
const uint64_t *
netdev_bsd_get_times(struct netdev_rxq *rxq_, size_t n)
    OVS_NO_THREAD_SAFETY_ANALYSIS
{
    struct nb_rxq *rxq;

    if (!netdev_bsd_is_ours(rxq_->netdev)) {
        return NULL;
    }
    rxq = nb_rxq_cast(rxq_);
    return rxq->n_times == n ? rxq->times : NULL;
}

static void
rxq_wait_for_interface(struct nb_rxq *rxq)
    OVS_REQUIRES(rxq->mutex)
{
    struct nb_dev *dev = &rxq_netdev(rxq)->dev;

    seq_wait(dev->seq, rxq->seqno);
    if (nb_dev_is_present(dev) || netdev_bsd_is_tap(rxq_netdev(rxq))) {
        poll_timer_wait_until(rxq->backoff.next);
    }
}

void
nb_rxq_wait(struct netdev_rxq *rxq_)
{
    struct nb_rxq *rxq = nb_rxq_cast(rxq_);
    struct netdev_bsd *netdev = rxq_netdev(rxq);
    int fd;

    ovs_mutex_lock(&rxq->mutex);
    fd = (netdev_bsd_is_tap(netdev) ? netdev->tap.fd
          : rxq->rx ? host_rx_fd(rxq->rx) : -1);
    if (rxq->packets.n || (rxq->rx && host_rx_pending(rxq->rx))) {
        poll_immediate_wake();
    } else if (fd >= 0) {
        poll_fd_wait(fd, POLLIN);
        nb_ready_wait(fd);
    } else {
        rxq_wait_for_interface(rxq);
    }
    if (OVS_UNLIKELY(rxq->growth)) {
        nb_growth_wait(rxq->growth);
    }
    ovs_mutex_unlock(&rxq->mutex);
}

static void
tap_drain(struct nb_rxq *rxq)
    OVS_REQUIRES(rxq->mutex)
{
    struct host_tap *tap = &rxq_netdev(rxq)->tap;
    uint8_t frame[ETH_HEADER_LEN];
    struct host_meta meta;
    size_t len;

    for (int n = 0; n < DRAIN_MAX; n++) {
        if (host_tap_read(tap, frame, sizeof frame, &len, &meta)) {
            break;
        }
    }
}

int
nb_rxq_drain(struct netdev_rxq *rxq_)
{
    struct nb_rxq *rxq = nb_rxq_cast(rxq_);

    ovs_mutex_lock(&rxq->mutex);
    nb_packets_destroy(&rxq->packets);
    if (rxq->rx) {
        host_rx_drain(rxq->rx, DRAIN_MAX);
    } else if (rxq_netdev(rxq)->tap.fd >= 0) {
        tap_drain(rxq);
    }
    ovs_mutex_unlock(&rxq->mutex);
    return 0;
}

uint64_t
nb_rxqs_ring_drops(struct netdev_bsd *netdev)
{
    struct nb_rxq *rxq;
    uint64_t drops;

    atomic_read_relaxed(&netdev->ring_drops, &drops);
    ovs_mutex_lock(&netdev->rxqs_mutex);
    LIST_FOR_EACH (rxq, node, &netdev->rxqs) {
        ovs_mutex_lock(&rxq->mutex);
        drops += rxq->rx ? host_rx_drops(rxq->rx) : 0;
        ovs_mutex_unlock(&rxq->mutex);
    }
    ovs_mutex_unlock(&netdev->rxqs_mutex);
    return drops;
}
