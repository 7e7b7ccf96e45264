/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Transmitting: batches through the host file's transmit handle for system
 * devices, one write per frame for taps.  With userspace-tso-enable packets
 * may have work left over (see ovs-compat.h), which is left to the system, or
 * done here if it cannot do that.
 *
 * Segments that were cut where they entered, and go out of the same port one
 * after the other, are joined again on the way to a system that cuts by itself:
 * one call for 64 KiB costs both the switch and who receives on this host much
 * less than 45.
 *
 * 'tx_mutex' guards the handle.  Any thread may send: the main thread, PMD
 * threads, and the threads that send BFD and CFM frames. */

#include <config.h>

#include "netdev/netdev-bsd-private.h"

#include <errno.h>

#include "coverage.h"
#include "netdev/netdev-bsd.h"
#include "netdev/netdev-chore.h"
#include "netdev/netdev-offload.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(netdev_bsd_tx);

COVERAGE_DEFINE(netdev_bsd_tx_packets);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* Set before the first netdev is opened. */
static netdev_bsd_sent_func *sent_hook;

void
netdev_bsd_set_sent(netdev_bsd_sent_func *sent)
{
    sent_hook = sent;
}

/* Puts the failure of one frame where statistics can show it. */
static void
count_error(struct netdev_bsd *netdev, int error)
{
    switch (error) {
    case 0:
        break;
    case EMSGSIZE:
        nb_count(netdev, NB_TX_TOO_LONG, 1);
        break;
    case EAGAIN:
    case ENOBUFS:
        nb_count(netdev, NB_TX_NO_ROOM, 1);
        break;
    case ENETDOWN:
    case ENODEV:
        nb_count(netdev, NB_TX_DOWN, 1);
        break;
    default:
        nb_count(netdev, NB_TX_FAILED, 1);
        VLOG_WARN_RL(&rl, "%s: cannot send: %s",
                     netdev_get_name(&netdev->up), nb_strerror(error));
        break;
    }
}

/* Counts all failures and returns what to report: EAGAIN for want of room,
 * else the first error. */
static int
settle(struct netdev_bsd *netdev, const int *errors, size_t n)
{
    int error = 0;

    for (size_t i = 0; i < n; i++) {
        count_error(netdev, errors[i]);
        if (!error) {
            error = errors[i] == ENOBUFS ? EAGAIN : errors[i];
        }
    }
    return error;
}

/* Makes sure that there is a transmit handle for the present interface.  A
 * failure is not tried again with every batch. */
static int
tx_ensure_open(struct netdev_bsd *netdev)
    OVS_REQUIRES(netdev->tx_mutex)
{
    char kname[IFNAMSIZ];
    uint32_t generation;
    int error;

    atomic_read_relaxed(&netdev->dev.generation, &generation);
    if (OVS_UNLIKELY(generation != netdev->tx_generation)) {
        nb_chore_close_tx(netdev->tx);
        netdev->tx = NULL;
        netdev->tx_generation = generation;
        nb_backoff_reset(&netdev->tx_backoff);
    }
    if (OVS_LIKELY(netdev->tx)) {
        return 0;
    }
    if (!nb_backoff_is_due(&netdev->tx_backoff)
        || !nb_dev_is_present(&netdev->dev)) {
        return ENODEV;
    }

    nb_dev_get_kname(&netdev->dev, kname);
    error = host_tx_open(kname, &netdev->tx);
    netdev->tx_work = !error && host_tx_leave_work(netdev->tx);
    if (error) {
        VLOG_DBG("%s: cannot open for sending: %s",
                 netdev_get_name(&netdev->up), nb_strerror(error));
        nb_backoff_failed(&netdev->tx_backoff);
    } else {
        nb_backoff_reset(&netdev->tx_backoff);
    }
    return error;
}

/* None of 'n' packets could be sent, for want of an interface. */
static int
fail_all(struct netdev_bsd *netdev, int error, int errors[], size_t n)
{
    nb_count(netdev, NB_TX_DOWN, n);
    for (size_t i = 0; i < n; i++) {
        errors[i] = error;
    }
    return error;
}

/* Sends the 'n' frames at 'frames', and sets 'errors' for each. */
static void
system_send(struct netdev_bsd *netdev, const struct host_frame frames[],
            int errors[], size_t n)
    OVS_REQUIRES(netdev->tx_mutex)
{
    if (OVS_LIKELY(host_tx_send(netdev->tx, frames, n, errors) == n)) {
        return;
    }
    if (errors[n - 1] == ENODEV) {
        nb_chore_close_tx(netdev->tx);
        netdev->tx = NULL;
        nb_backoff_failed(&netdev->tx_backoff);

        /* A capture need not notice by itself. */
        nb_dev_doubt(&netdev->dev);
    }
}

/* As system_send(), to a tap. */
static void
tap_send(struct netdev_bsd *netdev, const struct host_frame frames[],
         int errors[], size_t n)
    OVS_REQUIRES(netdev->tx_mutex)
{
    for (size_t i = 0; i < n; i++) {
        errors[i] = host_tap_write(&netdev->tap, &frames[i]);
    }
}

/* Frames on their way to the system, made of packets in a row. */
struct burst {
    struct host_frame frames[NETDEV_MAX_BURST];
    size_t n_packets[NETDEV_MAX_BURST]; /* Of each frame. */
    size_t n;                           /* Frames. */
    size_t first;                       /* The first packet. */

    struct nb_join joins[NETDEV_MAX_BURST / 2]; /* What frames are made of. */
    size_t n_joins;
};

/* Counts what was done instead of sending each packet as a frame of its own. */
static void
count_burst(struct netdev_bsd *netdev, const struct burst *burst,
            const int errors[])
{
    for (size_t i = 0; i < burst->n; i++) {
        if (burst->frames[i].meta.gso != HOST_GSO_NONE && !errors[i]) {
            if (burst->n_packets[i] > 1) {
                nb_count(netdev, NB_TX_JOINED, burst->n_packets[i]);
            } else {
                nb_count(netdev, NB_TX_TSO, 1);
            }
        }
    }
}

/* Sends 'burst', which is empty afterwards, and sets those of 'errors' that
 * belong to its packets. */
static int
flush(struct netdev_bsd *netdev, struct burst *burst, int errors[])
    OVS_REQUIRES(netdev->tx_mutex)
{
    int frame_errors[NETDEV_MAX_BURST];
    size_t n = 0;

    if (!burst->n) {
        return 0;
    }
    if (netdev_bsd_is_tap(netdev)) {
        tap_send(netdev, burst->frames, frame_errors, burst->n);
    } else if (netdev->tx) {
        system_send(netdev, burst->frames, frame_errors, burst->n);
    } else {
        /* It was lost while what was before this was sent. */
        for (size_t i = 0; i < burst->n; i++) {
            frame_errors[i] = ENODEV;
        }
    }
    count_burst(netdev, burst, frame_errors);

    for (size_t i = 0; i < burst->n; i++) {
        for (size_t j = 0; j < burst->n_packets[i]; j++) {
            errors[burst->first + n++] = frame_errors[i];
        }
    }
    burst->n = 0;
    burst->n_joins = 0;
    return settle(netdev, &errors[burst->first], n);
}

/* 'packet' has something left to do that is not possible. */
static void
refuse_packet(struct netdev_bsd *netdev, const struct dp_packet *packet,
              int error)
{
    if (error == EMSGSIZE) {
        nb_count(netdev, NB_TX_TOO_LONG, 1);
        return;
    }
    nb_count(netdev, NB_TX_BAD, 1);
    VLOG_WARN_RL(&rl, "%s: cannot send a packet of %"PRIu32" bytes with an "
                 "unfinished checksum or segmentation, which does not fit its "
                 "headers", netdev_get_name(&netdev->up),
                 dp_packet_size(packet));
}

/* Does the system do what is left to do about the frames that 'netdev'
 * sends?  There is a transmit handle, if there can be one. */
static bool
has_work_done(struct netdev_bsd *netdev)
    OVS_REQUIRES(netdev->tx_mutex)
{
    return (netdev_bsd_is_tap(netdev)
            ? netdev->tap.offloads
            : netdev->tx && netdev->tx_work);
}

/* Appends to 'burst' a frame of as many of the 'n' packets at 'packets' as
 * possible, and returns how many that are.  If it is not possible for the
 * first one, returns 0 and sets '*error'. */
static size_t
add_frame(struct netdev_bsd *netdev, struct burst *burst,
          struct dp_packet *packets[], size_t n, int mtu, int *error)
    OVS_REQUIRES(netdev->tx_mutex)
{
    struct host_frame *frame = &burst->frames[burst->n];
    size_t n_joined = 0;

    if (n > 1 && has_work_done(netdev)) {
        n_joined = nb_offload_join(packets, n, mtu, frame,
                                   &burst->joins[burst->n_joins]);
        burst->n_joins += n_joined > 0;
    }
    if (!n_joined) {
        *error = nb_offload_describe(packets[0], mtu, frame);
        if (OVS_UNLIKELY(*error)) {
            return 0;
        }
        n_joined = 1;
    }
    burst->n_packets[burst->n++] = n_joined;
    return n_joined;
}

/* Sends the first 'n' of 'packets', at most NETDEV_MAX_BURST, and sets 'errors'
 * for each. */
static int
send_some(struct netdev_bsd *netdev, struct dp_packet *packets[],
          int errors[], size_t n)
    OVS_REQUIRES(netdev->tx_mutex)
{
    struct burst burst;
    int retval = 0;
    int error;
    int mtu;

    error = (!netdev_bsd_is_tap(netdev) ? tx_ensure_open(netdev)
             : netdev->tap.fd < 0 ? ENODEV : 0);
    if (OVS_UNLIKELY(error)) {
        return fail_all(netdev, error, errors, n);
    }

    atomic_read_relaxed(&netdev->dev.mtu, &mtu);
    burst.n = burst.n_joins = burst.first = 0;
    for (size_t i = 0; i < n; ) {
        size_t n_added = add_frame(netdev, &burst, &packets[i], n - i, mtu,
                                   &error);

        i += n_added;
        if (OVS_UNLIKELY(!n_added)) {
            int e = flush(netdev, &burst, errors);

            refuse_packet(netdev, packets[i], error);
            errors[i++] = error;
            burst.first = i;
            retval = retval ? retval : e ? e : error;
        }
    }
    error = flush(netdev, &burst, errors);
    return retval ? retval : error;
}

/* Sends the 'n' packets at 'packets', and tells who wants to know. */
static int
send_all(struct netdev_bsd *netdev, struct dp_packet *packets[], size_t n)
    OVS_REQUIRES(netdev->tx_mutex)
{
    int error = 0;

    for (size_t i = 0; i < n; i += NETDEV_MAX_BURST) {
        size_t n_now = MIN(n - i, NETDEV_MAX_BURST);
        int errors[NETDEV_MAX_BURST];
        int retval = send_some(netdev, &packets[i], errors, n_now);

        if (sent_hook) {
            sent_hook(&netdev->up, &packets[i], errors, n_now);
        }
        error = error ? error : retval;
    }
    return error;
}

/* As send_all(), with everything done that is left to do.  Consumes 'batch'. */
static int
send_finished(struct netdev_bsd *netdev, struct dp_packet_batch *batch)
    OVS_REQUIRES(netdev->tx_mutex)
{
    struct nb_offload_work work = { 0 };
    struct nb_packets whole = { 0 };
    struct dp_packet **packets;
    struct dp_packet *packet;
    int error = 0;
    int retval;
    int mtu;

    atomic_read_relaxed(&netdev->dev.mtu, &mtu);
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        if (!nb_offload_finish(packet, mtu, &whole, &work)) {
            refuse_packet(netdev, packet, EINVAL);
            dp_packet_delete(packet);
            error = EINVAL;
        }
    }
    nb_count(netdev, NB_TX_CSUM, work.n_finished);
    nb_count(netdev, NB_TX_GSO, work.n_cut);
    nb_count(netdev, NB_TX_SEGMENTS, work.n_segments);

    packets = xmalloc(whole.n * sizeof *packets);
    for (size_t i = 0; i < whole.n; i++) {
        packets[i] = whole.packets[whole.head + i].packet;
    }
    retval = send_all(netdev, packets, whole.n);
    free(packets);
    nb_packets_destroy(&whole);
    return error ? error : retval;
}

/* Is work left over in packets that the system does not do? */
static bool
must_finish(struct netdev_bsd *netdev)
    OVS_REQUIRES(netdev->tx_mutex)
{
    if (!netdev->leave) {
        return false;
    }
    return (!netdev_bsd_is_tap(netdev) && tx_ensure_open(netdev)
            ? false : !has_work_done(netdev));
}

int
nb_send(struct netdev *netdev_, int qid OVS_UNUSED,
        struct dp_packet_batch *batch, bool concurrent_txq OVS_UNUSED)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);
    int error;

    COVERAGE_ADD(netdev_bsd_tx_packets, dp_packet_batch_size(batch));
    ovs_mutex_lock(&netdev->tx_mutex);
    if (OVS_UNLIKELY(must_finish(netdev))) {
        error = send_finished(netdev, batch);
        dp_packet_batch_init(batch);
    } else {
        error = send_all(netdev, batch->packets, dp_packet_batch_size(batch));
    }
    ovs_mutex_unlock(&netdev->tx_mutex);

    dp_packet_delete_batch(batch, true);
    return error;
}

void
nb_send_wait(struct netdev *netdev_, int qid OVS_UNUSED)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);
    int fd = -1;

    /* A tap or an interface that takes frames at all times, or that is gone,
     * gives nothing to wait for: to wake up at once would be a busy loop. */
    ovs_mutex_lock(&netdev->tx_mutex);
    if (netdev->tx) {
        fd = host_tx_fd(netdev->tx);
    }
    if (fd >= 0) {
        poll_fd_wait(fd, POLLOUT);
    }
    ovs_mutex_unlock(&netdev->tx_mutex);
}
