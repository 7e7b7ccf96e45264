/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Transmitting: batches through the host file's transmit handle for system
 * devices, one write per frame for taps.  With userspace-tso-enable packets
 * may have work left over (see ovs-compat.h), which is left to the system, or
 * done here if it cannot do that.
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
    netdev->tx_work = (!error && netdev->leave
                       && host_tx_leave_work(netdev->tx));
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
static int
system_send(struct netdev_bsd *netdev, const struct host_frame frames[],
            int errors[], size_t n)
    OVS_REQUIRES(netdev->tx_mutex)
{
    if (OVS_LIKELY(host_tx_send(netdev->tx, frames, n, errors) == n)) {
        return 0;
    }
    if (errors[n - 1] == ENODEV) {
        nb_chore_close_tx(netdev->tx);
        netdev->tx = NULL;
        nb_backoff_failed(&netdev->tx_backoff);

        /* A capture need not notice by itself. */
        nb_dev_doubt(&netdev->dev);
    }
    return settle(netdev, errors, n);
}

/* As system_send(), to a tap. */
static int
tap_send(struct netdev_bsd *netdev, const struct host_frame frames[],
         int errors[], size_t n)
    OVS_REQUIRES(netdev->tx_mutex)
{
    for (size_t i = 0; i < n; i++) {
        errors[i] = host_tap_write(&netdev->tap, &frames[i]);
    }
    return settle(netdev, errors, n);
}

/* As system_send(), after a look at whether there is an interface. */
static int
send_frames(struct netdev_bsd *netdev, const struct host_frame frames[],
            int errors[], size_t n)
    OVS_REQUIRES(netdev->tx_mutex)
{
    int error;

    if (netdev_bsd_is_tap(netdev)) {
        return (OVS_UNLIKELY(netdev->tap.fd < 0)
                ? fail_all(netdev, ENODEV, errors, n)
                : tap_send(netdev, frames, errors, n));
    }
    error = tx_ensure_open(netdev);
    return (OVS_UNLIKELY(error)
            ? fail_all(netdev, error, errors, n)
            : system_send(netdev, frames, errors, n));
}

/* Counts those of the 'n' frames that stand for several and were sent. */
static void
count_left(struct netdev_bsd *netdev, const struct host_frame frames[],
           const int errors[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (frames[i].meta.gso != HOST_GSO_NONE && !errors[i]) {
            nb_count(netdev, NB_TX_TSO, 1);
        }
    }
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

/* Sends the first 'n' of 'packets', at most NETDEV_MAX_BURST, and sets 'errors'
 * for each. */
static int
send_some(struct netdev_bsd *netdev, struct dp_packet *packets[],
          int errors[], size_t n)
    OVS_REQUIRES(netdev->tx_mutex)
{
    struct host_frame frames[NETDEV_MAX_BURST];
    size_t start = 0;
    int retval = 0;
    int mtu;

    atomic_read_relaxed(&netdev->dev.mtu, &mtu);
    for (size_t i = 0; i <= n; i++) {
        int error = (i < n ? nb_offload_describe(packets[i], mtu, &frames[i])
                     : 0);

        /* Send those before one that cannot be sent, or all. */
        if (OVS_UNLIKELY(error) || i == n) {
            if (i > start) {
                int e = send_frames(netdev, &frames[start], &errors[start],
                                    i - start);

                retval = retval ? retval : e;
                if (netdev->leave) {
                    count_left(netdev, &frames[start], &errors[start],
                               i - start);
                }
            }
            start = i + 1;
        }
        if (OVS_UNLIKELY(error)) {
            refuse_packet(netdev, packets[i], error);
            errors[i] = error;
            retval = retval ? retval : error;
        }
    }
    return retval;
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

/* Does the system do what is left to do about the packets that 'netdev'
 * sends? */
static bool
has_work_done(struct netdev_bsd *netdev)
    OVS_REQUIRES(netdev->tx_mutex)
{
    return (netdev_bsd_is_tap(netdev)
            ? netdev->tap.offloads
            : !tx_ensure_open(netdev) && netdev->tx_work);
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

int
nb_send(struct netdev *netdev_, int qid OVS_UNUSED,
        struct dp_packet_batch *batch, bool concurrent_txq OVS_UNUSED)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);
    int error;

    COVERAGE_ADD(netdev_bsd_tx_packets, dp_packet_batch_size(batch));
    ovs_mutex_lock(&netdev->tx_mutex);
    if (OVS_UNLIKELY(netdev->leave && !has_work_done(netdev))) {
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
