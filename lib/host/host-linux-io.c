/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface on Linux, part 4: taps through /dev/net/tun, what is
 * special about capturing, and transmission through a packet socket
 * (packet(7)).
 *
 * No lock: handles are serialised by the caller. */

/* For sendmmsg(2). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "host/host.h"
#include "host/host-linux.h"
#include "host/host-rx-packet.h"
#include "host/host-rx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>

/* Frames that the capture ring of an interface should hold. */
#define RING_FRAMES 1024

/* Longest frame that is received through libpcap: 64 KiB of IP packet with an
 * Ethernet header and tags. */
#define PCAP_FRAME_MAX (65536 + 64)

/* Upper bound for one ring, which is memory that cannot be swapped. */
#define RING_MAX (4 * 1024 * 1024)

/* Most frames that one sendmmsg() takes. */
#define TX_BURST 64

/* Bytes that may wait to be sent by a card, as the kernel counts them. */
#define TX_QUEUE (1024 * 1024)

/* Most pieces of memory that they consist of. */
#define TX_IOVS (2 * TX_BURST + HOST_PIECES_MAX)

/* Linux 5.17 and later; the number is part of the kernel's interface. */
#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000
#endif

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

/* Taps. */

/* Lets the host leave checksums and segments over: to take 64 KiB at a time and
 * cut them costs much less than to take each segment from the kernel, which
 * would cut them otherwise.  Kernels before 6.2 do not know the last two. */
static int
set_offloads(int fd)
{
    const unsigned int tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
    int size = sizeof(struct virtio_net_hdr);

    /* An interface that was left over may have another size. */
    return (ioctl(fd, TUNSETVNETHDRSZ, &size) < 0
            || (ioctl(fd, TUNSETOFFLOAD, tcp | TUN_F_USO4 | TUN_F_USO6) < 0
                && ioctl(fd, TUNSETOFFLOAD, tcp) < 0) ? errno : 0);
}

/* Gives 'fd' the interface 'name' and fills '*tap'.
 *
 * The interface outlives the process, so that addresses, routes and flags are
 * still there for the next one, as those of Open vSwitch's own taps are. */
static int
tap_attach(int fd, const char *name, struct host_tap *tap)
{
    struct ifreq ifr;
    int error;

    memset(&ifr, 0, sizeof ifr);
    strcpy(ifr.ifr_name, name);
    ifr.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    if (ioctl(fd, TUNSETIFF, &ifr) < 0) {
        return errno;
    }
    error = set_offloads(fd);
    if (error) {
        return error;
    }
    tap->offloads = true;
    strcpy(tap->name, ifr.ifr_name);
    error = lhost_get_ifindex(tap->name, &tap->ifindex);

    /* Last, so that a new interface goes with the descriptor on failure. */
    return error ? error : ioctl(fd, TUNSETPERSIST, 1) < 0 ? errno : 0;
}

const char *
host_tap_device(void)
{
    return "/dev/net/tun";
}

int
host_tap_open(const char *port_name, struct host_tap *tap)
{
    unsigned int ifindex;
    int error = lhost_check_name(port_name);
    int fd;

    memset(tap, 0, sizeof *tap);
    tap->fd = -1;
    if (error) {
        return error;
    }
    if (!strcmp(port_name, "all") || !strcmp(port_name, "default")) {
        /* The kernel refuses these names, after it has announced the new
         * interface, which makes a switch try again and again. */
        return EINVAL;
    }

    fd = open(host_tap_device(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    error = tap_attach(fd, port_name, tap);
    if (error) {
        close(fd);
        return (error == EINVAL && !lhost_get_ifindex(port_name, &ifindex)
                ? EEXIST : error);
    }
    tap->fd = fd;
    return 0;
}

int
host_tap_close(struct host_tap *tap)
{
    int error = 0;

    /* The interface goes with its last descriptor, unless it is persistent. */
    if (tap->fd >= 0) {
        ioctl(tap->fd, TUNSETPERSIST, 0);
        error = close(tap->fd) < 0 && errno != EINTR ? errno : 0;
        tap->fd = -1;
    }
    return error;
}

void
host_tap_leave(const struct host_tap *tap)
{
    if (tap->fd >= 0) {
        ioctl(tap->fd, TUNSETOFFLOAD, 0);
    }
}

static int
tap_error(int error)
{
    return (error == EBADFD || error == ENXIO ? ENODEV
            : error == EIO ? ENETDOWN
            : error);
}

int
host_tap_read(struct host_tap *tap, void *buf, size_t size, size_t *len,
              struct host_meta *meta)
{
    struct virtio_net_hdr vnet;
    const struct iovec iov[] = {
        { .iov_base = &vnet, .iov_len = sizeof vnet },
        { .iov_base = buf, .iov_len = size },
    };
    ssize_t n;

    memset(meta, 0, sizeof *meta);
    do {
        n = readv(tap->fd, iov, 2);
    } while (n < 0 && errno == EINTR);
    if (n > (ssize_t) sizeof vnet) {
        lhost_get_meta(&vnet, meta);
        *len = n - sizeof vnet;
        return 0;
    }
    return n >= 0 || errno == EHOSTDOWN ? EAGAIN : tap_error(errno);
}

/* Puts the bytes of 'frame' into 'iov', and returns how many elements that
 * takes. */
static size_t
put_frame(struct iovec iov[1 + HOST_PIECES_MAX],
          const struct host_frame *frame)
{
    iov[0].iov_base = (void *) frame->data;
    iov[0].iov_len = frame->len;
    for (size_t i = 0; i < frame->n_pieces; i++) {
        iov[1 + i].iov_base = (void *) frame->pieces[i].data;
        iov[1 + i].iov_len = frame->pieces[i].len;
    }
    return 1 + frame->n_pieces;
}

int
host_tap_write(struct host_tap *tap, const struct host_frame *frame)
{
    struct iovec iov[2 + HOST_PIECES_MAX];
    struct virtio_net_hdr vnet;
    size_t total = sizeof vnet;
    size_t n_iov;
    ssize_t n;

    lhost_put_meta(frame, &vnet);
    iov[0].iov_base = &vnet;
    iov[0].iov_len = sizeof vnet;
    n_iov = 1 + put_frame(&iov[1], frame);
    for (size_t i = 1; i < n_iov; i++) {
        total += iov[i].iov_len;
    }
    do {
        n = writev(tap->fd, iov, n_iov);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        return tap_error(errno);
    }
    return (!n ? ENETDOWN
            : (size_t) n < total ? EMSGSIZE : 0);
}

/* Capture. */

int
host_pcap_buffer_size(int snaplen)
{
    /* In immediate mode the ring consists of slots of equal size. */
    long long int size = (snaplen + 128LL) * RING_FRAMES;

    return size < RING_MAX ? size : RING_MAX;
}

bool
host_rx_is_attached(const struct host_rx *rx)
{
    /* Receiving would fail. */
    (void) rx;
    return true;
}

/* A packet socket without virtio headers does not tell. */
const enum host_csum host_pcap_csum = HOST_CSUM_MAYBE;

int
host_pcap_tune(pcap_t *pcap)
{
    int on = 1;

    /* Kernels before 4.20 do not know it; libpcap's own check remains. */
    setsockopt(pcap_fileno(pcap), SOL_PACKET, PACKET_IGNORE_OUTGOING,
               &on, sizeof on);
    return 0;
}

int
lhost_join_fanout(int fd, uint16_t group, int mode)
{
    const int flags[] = { PACKET_FANOUT_FLAG_IGNORE_OUTGOING, 0 };
    int error = EINVAL;

    for (size_t i = 0; i < 2 && error == EINVAL; i++) {
        int arg = group | (mode | flags[i]) << 16;

        error = (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &arg,
                            sizeof arg) < 0 ? errno : 0);
    }
    return error;
}

int
host_pcap_fanout(pcap_t *pcap, uint16_t group)
{
    return lhost_join_fanout(pcap_fileno(pcap), group,
                             PACKET_FANOUT_HASH);
}

int
host_pcap_error(pcap_t *pcap, int rc)
{
    const char *text = pcap_geterr(pcap);

    switch (rc) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return ENODEV;
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return EPERM;
    case PCAP_ERROR_IFACE_NOT_UP:
        return ENETDOWN;
    }
    if (strstr(text, "interface disappeared")
        || strstr(text, strerror(ENODEV)) || strstr(text, strerror(ENXIO))) {
        return ENODEV;
    } else if (strstr(text, "went down")
               || strstr(text, strerror(ENETDOWN))) {
        return ENETDOWN;
    } else if (strstr(text, strerror(ENOMEM))) {
        return ENOMEM;
    } else if (strstr(text, strerror(EINVAL))) {
        return EINVAL;
    }
    return EIO;
}

bool
host_rx_has_queues(void)
{
    return true;
}

/* Opens a packet socket.  Its queue comes first, unless no ring could take its
 * place later. */
static int
open_packet(const char *name, const struct host_rx_config *config,
            struct host_rx **rxp)
{
    int error = EOPNOTSUPP;

    if (config->n_queues <= 1) {
        error = packet_rx_open_queue(name, config, rxp);
    }
    return (error == EOPNOTSUPP ? packet_rx_open_ring(name, config, rxp)
            : error);
}

int
host_rx_open(const char *name, const struct host_rx_config *config,
             struct host_rx **rxp)
{
    struct host_rx_config long_config = *config;
    int error = lhost_check_name(name);

    *rxp = NULL;
    if (!error && !config->pcap) {
        error = open_packet(name, config, rxp);
        if (!error || error == ENODEV || error == EPERM
            || error == EOPNOTSUPP) {
            return error;
        }
        error = 0;
    }

    /* The system lacks something that the ring needs.  What stands for several
     * frames has to fit in a slot here. */
    if (long_config.max_frame < PCAP_FRAME_MAX) {
        long_config.max_frame = PCAP_FRAME_MAX;
    }
    error = error ? error : host_rx_open_pcap(name, &long_config, rxp);
    if (!error) {
        (*rxp)->any_length = true;
    }
    return error;
}

/* Transmission. */

struct host_tx {
    int fd;
    bool work;                  /* Takes virtio headers. */
};

static int
tx_bind(int fd, const char *name)
{
    struct sockaddr_ll sll;
    unsigned int ifindex;
    int error = lhost_get_ifindex(name, &ifindex);

    if (error) {
        return error;
    }
    memset(&sll, 0, sizeof sll);
    sll.sll_family = AF_PACKET;
    sll.sll_ifindex = ifindex;
    return (bind(fd, (struct sockaddr *) &sll, sizeof sll) < 0
            ? lhost_errno(errno) : 0);
}

int
host_tx_open(const char *name, struct host_tx **txp)
{
    struct host_tx *tx;
    int error;
    int fd;

    *txp = NULL;

    /* Protocol 0: nothing is ever received. */
    fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return errno;
    }
    error = tx_bind(fd, name);
    tx = error ? NULL : malloc(sizeof *tx);
    if (!tx) {
        close(fd);
        return error ? error : ENOMEM;
    }
    tx->fd = fd;
    tx->work = false;
    *txp = tx;
    return 0;
}

bool
host_tx_leave_work(struct host_tx *tx)
{
    int size = TX_QUEUE;
    int on = 1;

    /* Frames may be long now.  Not vital. */
    setsockopt(tx->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    tx->work = !setsockopt(tx->fd, SOL_PACKET, PACKET_VNET_HDR,
                           &on, sizeof on);
    return tx->work;
}

void
host_tx_close(struct host_tx *tx)
{
    if (tx) {
        close(tx->fd);
        free(tx);
    }
}

int
host_tx_fd(const struct host_tx *tx)
{
    return tx->fd;
}

/* Hands up to TX_BURST frames to the kernel.  sendmmsg() stops at the
 * first failure and reports it only if it is the first frame's.  Returns how
 * many frames are settled (at least one), with their errors. */
static size_t
tx_some(struct host_tx *tx, const struct host_frame *frames, size_t n,
        int *errors)
{
    struct virtio_net_hdr vnets[TX_BURST];
    struct mmsghdr msgs[TX_BURST];
    struct iovec iovs[TX_IOVS];
    size_t n_iovs = 0;
    int retval;
    size_t i;

    n = n < TX_BURST ? n : TX_BURST;
    memset(msgs, 0, n * sizeof msgs[0]);
    for (i = 0; i < n && n_iovs + 2 + frames[i].n_pieces <= TX_IOVS; i++) {
        struct msghdr *msg = &msgs[i].msg_hdr;

        msg->msg_iov = &iovs[n_iovs];
        if (tx->work) {
            lhost_put_meta(&frames[i], &vnets[i]);
            iovs[n_iovs].iov_base = &vnets[i];
            iovs[n_iovs++].iov_len = sizeof vnets[i];
        }
        n_iovs += put_frame(&iovs[n_iovs], &frames[i]);
        msg->msg_iovlen = &iovs[n_iovs] - msg->msg_iov;
    }
    n = i;

    do {
        retval = sendmmsg(tx->fd, msgs, n, MSG_DONTWAIT);
    } while (retval < 0 && errno == EINTR);
    if (retval <= 0) {
        errors[0] = retval < 0 ? lhost_errno(errno) : EAGAIN;
        return 1;
    }
    memset(errors, 0, retval * sizeof *errors);
    return retval;
}

size_t
host_tx_send(struct host_tx *tx, const struct host_frame *frames, size_t n,
             int *errors)
{
    size_t n_sent = 0;

    for (size_t i = 0; i < n; ) {
        size_t settled = tx_some(tx, &frames[i], n - i, &errors[i]);

        if (errors[i] == ENODEV) {
            for (; i < n; i++) {
                errors[i] = ENODEV;
            }
        } else {
            n_sent += errors[i] ? 0 : settled;
            i += settled;
        }
    }
    return n_sent;
}
