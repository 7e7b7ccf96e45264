/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Transmitting: batches through the host file's transmit handle for system
 * devices, one write per frame for taps.
 *
 * 'tx_mutex' guards the handle.  Any thread may send: the main thread, PMD
 * threads, and the threads that send BFD and CFM frames. */

#include <config.h>

#include "netdev/netdev-bsd-private.h"

#include <errno.h>

#include "coverage.h"
#include "netdev/netdev-bsd.h"
#include "netdev/netdev-chore.h"
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
    if (error) {
        VLOG_DBG("%s: cannot open for sending: %s",
                 netdev_get_name(&netdev->up), nb_strerror(error));
        nb_backoff_failed(&netdev->tx_backoff);
    } else {
        nb_backoff_reset(&netdev->tx_backoff);
    }
    return error;
}

static void
describe(struct host_frame *frame, const struct dp_packet *packet)
{
    memset(&frame->meta, 0, sizeof frame->meta);
    frame->data = dp_packet_data(packet);
    frame->len = frame->wire_len = dp_packet_size(packet);
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

/* Sends the first 'n' of 'packets', at most NETDEV_MAX_BURST, and sets 'errors'
 * for each. */
static int
system_send(struct netdev_bsd *netdev, struct dp_packet *packets[],
            int errors[], size_t n)
    OVS_REQUIRES(netdev->tx_mutex)
{
    struct host_frame frames[NETDEV_MAX_BURST];
    int error;

    error = tx_ensure_open(netdev);
    if (OVS_UNLIKELY(error)) {
        return fail_all(netdev, error, errors, n);
    }

    for (size_t i = 0; i < n; i++) {
        describe(&frames[i], packets[i]);
    }
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
tap_send(struct netdev_bsd *netdev, struct dp_packet *packets[],
         int errors[], size_t n)
    OVS_REQUIRES(netdev->tx_mutex)
{
    if (OVS_UNLIKELY(netdev->tap.fd < 0)) {
        return fail_all(netdev, ENODEV, errors, n);
    }
    for (size_t i = 0; i < n; i++) {
        struct host_frame frame;

        describe(&frame, packets[i]);
        errors[i] = host_tap_write(&netdev->tap, &frame);
    }
    return settle(netdev, errors, n);
}

/* Sends all of 'batch', which may be longer than a batch that was received:
 * large packets are cut into segments on their way here. */
static int
send_all(struct netdev_bsd *netdev, struct dp_packet_batch *batch)
    OVS_REQUIRES(netdev->tx_mutex)
{
    const size_t n = dp_packet_batch_size(batch);
    int error = 0;

    for (size_t i = 0; i < n; i += NETDEV_MAX_BURST) {
        struct dp_packet **packets = &batch->packets[i];
        size_t n_now = MIN(n - i, NETDEV_MAX_BURST);
        int errors[NETDEV_MAX_BURST];
        int retval = (netdev_bsd_is_tap(netdev)
                      ? tap_send(netdev, packets, errors, n_now)
                      : system_send(netdev, packets, errors, n_now));

        if (sent_hook) {
            sent_hook(&netdev->up, packets, errors, n_now);
        }
        if (!error) {
            error = retval;
        }
    }
    return error;
}

int
nb_send(struct netdev *netdev_, int qid OVS_UNUSED,
        struct dp_packet_batch *batch, bool concurrent_txq OVS_UNUSED)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);
    int error;

    COVERAGE_ADD(netdev_bsd_tx_packets, dp_packet_batch_size(batch));
    ovs_mutex_lock(&netdev->tx_mutex);
    error = send_all(netdev, batch);
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
