/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * A netdev class for measurements, "bench": a source and sink of packets in
 * the switch itself, polled by PMD threads, so that no system call hides what
 * the switch costs.
 *
 *     ovs-vsctl add-port br0 b1 -- set interface b1 type=bench \
 *         options:size=64 options:flows=16 options:rate=0 options:copy=false
 *
 * As long as "size" is set the port receives frames of that many bytes,
 * "rate" a second or, if that is 0, as fast as it is polled.  What is sent to
 * the port is counted and goes back to the source: as in a network card, a
 * ring of packets goes round, and no memory is allocated on the way.  With
 * "copy" the port receives copies, in memory that is allocated for each packet
 * and freed when it is sent, as it is on ports of Open vSwitch that are no
 * such cards.
 *
 * The control command "bench/counters" prints how many packets have been
 * sunk, and the nanoseconds of processor time and of real time that the PMD
 * threads had used by then.
 *
 * The program is linked with --wrap=bridge_init, where the class is
 * registered.
 *
 * Locks: 'mutex' of a netdev guards what the main thread sets, 'totals_mutex'
 * the sums of all PMD threads.  PMD threads take the latter once in many
 * calls.  Rings belong to one thread each. */

#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "csum.h"
#include "dp-packet.h"
#include "netdev-provider.h"
#include "openvswitch/thread.h"
#include "ovs-atomic.h"
#include "ovs-thread.h"
#include "packets.h"
#include "smap.h"
#include "unixctl.h"
#include "util.h"
#include "vswitchd/bridge.h"

void __real_bridge_init(const char *remote);
void __wrap_bridge_init(const char *remote);

enum {
    RING_SIZE = 1024,           /* Packets on their way round. */
    PUBLISH_INTERVAL = 512,     /* Calls between two updates of totals. */
    MIN_FRAME = 60,
    MAX_FRAME = 9018,
    HEADROOM = 128,             /* For headers that the switch may push. */
};

struct bench_netdev {
    struct netdev up;
    struct eth_addr mac;        /* Constant. */

    /* Written by the main thread, read by PMD threads. */
    atomic_uint32_t size;       /* Bytes; 0: no source. */
    atomic_uint32_t flows;
    atomic_bool copy;
    atomic_uint64_t interval;   /* Nanoseconds between packets, or 0. */

    /* Written by PMD threads. */
    atomic_uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;

    struct ovs_mutex mutex;
    enum netdev_flags flags OVS_GUARDED;
    struct eth_addr set_mac OVS_GUARDED;
    int n_txq OVS_GUARDED;      /* As requested. */
};

struct bench_rxq {
    struct netdev_rxq up;
    uint64_t next;              /* When the next packet is due. */
};

/* What a PMD thread keeps for itself. */
struct worker {
    struct dp_packet *ring[RING_SIZE];
    unsigned int head, n;       /* First packet, and how many there are. */
    uint32_t size;              /* Bytes in each. */
    bool copy;                  /* The ring only lends copies. */
    uint16_t next_flow;

    unsigned int calls;         /* Since totals were updated. */
    uint64_t packets;           /* Sunk since then. */
    uint64_t cpu;               /* Nanoseconds at that time. */
};
DEFINE_STATIC_PER_THREAD_DATA(struct worker, worker, { .n = 0 });

/* Sums over PMD threads. */
static struct ovs_mutex totals_mutex = OVS_MUTEX_INITIALIZER;
static struct {
    uint64_t packets;           /* Sunk. */
    uint64_t cpu;               /* Nanoseconds of the threads' time. */
    uint64_t time;              /* Nanoseconds: when this was true. */
} totals OVS_GUARDED_BY(totals_mutex);

static struct bench_netdev *
bench_netdev_cast(const struct netdev *netdev)
{
    return CONTAINER_OF(netdev, struct bench_netdev, up);
}

static uint64_t
now_ns(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

static void
add_relaxed(atomic_uint64_t *counter, uint64_t n)
{
    uint64_t orig;

    atomic_add_relaxed(counter, n, &orig);
}

static uint64_t
read_relaxed(const atomic_uint64_t *counter)
{
    uint64_t value;

    atomic_read_relaxed(CONST_CAST(atomic_uint64_t *, counter), &value);
    return value;
}

/* Counters. */

static void
publish(struct worker *w)
{
    uint64_t cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);

    ovs_mutex_lock(&totals_mutex);
    totals.packets += w->packets;
    totals.cpu += cpu - w->cpu;
    totals.time = now_ns(CLOCK_MONOTONIC);
    ovs_mutex_unlock(&totals_mutex);

    w->calls = 0;
    w->packets = 0;
    w->cpu = cpu;
}

static void
bench_counters(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    char reply[100];

    ovs_mutex_lock(&totals_mutex);
    snprintf(reply, sizeof reply, "%"PRIu64" %"PRIu64" %"PRIu64"\n",
             totals.packets, totals.cpu, totals.time);
    ovs_mutex_unlock(&totals_mutex);
    unixctl_command_reply(conn, reply);
}

/* The ring. */

static struct dp_packet *
make_packet(uint32_t size, uint16_t flow)
{
    static const struct eth_addr src = ETH_ADDR_C(02,be,4c,00,00,01);
    static const struct eth_addr dst = ETH_ADDR_C(02,be,4c,00,00,02);
    struct dp_packet *packet = dp_packet_new_with_headroom(
        size, HEADROOM);
    struct eth_header *eth = dp_packet_put_zeros(packet, size);
    struct ip_header *ip = (struct ip_header *) (eth + 1);
    struct udp_header *udp = (struct udp_header *) (ip + 1);

    eth->eth_dst = dst;
    eth->eth_src = src;
    eth->eth_type = htons(ETH_TYPE_IP);
    ip->ip_ihl_ver = IP_IHL_VER(5, 4);
    ip->ip_tot_len = htons(size - ETH_HEADER_LEN);
    ip->ip_ttl = 64;
    ip->ip_proto = IPPROTO_UDP;
    put_16aligned_be32(&ip->ip_src, htonl(0x0a090001));
    put_16aligned_be32(&ip->ip_dst, htonl(0x0a090002));
    ip->ip_csum = csum(ip, sizeof *ip);
    udp->udp_src = htons(10000 + flow);
    udp->udp_dst = htons(9);
    udp->udp_len = htons(size - ETH_HEADER_LEN - IP_HEADER_LEN);
    return packet;
}

static struct dp_packet *
ring_pop(struct worker *w)
{
    struct dp_packet *packet = w->ring[w->head];

    w->head = (w->head + 1) % RING_SIZE;
    w->n--;
    return packet;
}

/* Takes 'packet', and keeps it if it is one of ours: nothing between source
 * and sink changes packets in these measurements. */
static void
ring_push(struct worker *w, struct dp_packet *packet)
{
    if (w->n < RING_SIZE && !w->copy && packet->source == DPBUF_MALLOC
        && dp_packet_size(packet) == w->size) {
        w->ring[(w->head + w->n++) % RING_SIZE] = packet;
    } else {
        dp_packet_delete(packet);
    }
}

/* Fills the ring with new packets of 'size' bytes. */
static void
ring_fill(struct worker *w, uint32_t size, uint32_t flows)
{
    while (w->n) {
        dp_packet_delete(ring_pop(w));
    }
    w->size = size;
    w->copy = false;
    while (w->n < RING_SIZE) {
        w->next_flow = (w->next_flow + 1) % flows;
        ring_push(w, make_packet(size, w->next_flow));
    }
}

/* Returns the next packet, or a copy of it if that is wanted. */
static struct dp_packet *
ring_next(struct worker *w)
{
    const struct dp_packet *original;

    if (!w->copy) {
        return ring_pop(w);
    }
    original = w->ring[w->head];
    w->head = (w->head + 1) % RING_SIZE;
    return dp_packet_clone_data_with_headroom(dp_packet_data(original),
                                              dp_packet_size(original),
                                              HEADROOM);
}

/* Netdev functions. */

static struct netdev *
bench_alloc(void)
{
    struct bench_netdev *dev = xzalloc(sizeof *dev);

    return &dev->up;
}

static void
bench_dealloc(struct netdev *netdev)
{
    free(bench_netdev_cast(netdev));
}

static int
bench_construct(struct netdev *netdev)
{
    static atomic_count next_mac = ATOMIC_COUNT_INIT(1);
    struct bench_netdev *dev = bench_netdev_cast(netdev);

    eth_addr_from_uint64(UINT64_C(0x02be4d000000)
                         + atomic_count_inc(&next_mac), &dev->mac);
    ovs_mutex_init(&dev->mutex);
    ovs_mutex_lock(&dev->mutex);
    dev->set_mac = dev->mac;
    dev->flags = NETDEV_UP;
    dev->n_txq = 1;
    ovs_mutex_unlock(&dev->mutex);
    netdev_change_seq_changed(netdev);
    return 0;
}

static void
bench_destruct(struct netdev *netdev)
{
    ovs_mutex_destroy(&bench_netdev_cast(netdev)->mutex);
}

static int
bench_set_config(struct netdev *netdev, const struct smap *args, char **errp)
{
    struct bench_netdev *dev = bench_netdev_cast(netdev);
    int size = smap_get_int(args, "size", 0);
    int flows = smap_get_int(args, "flows", 1);
    int rate = smap_get_int(args, "rate", 0);

    if ((size && (size < MIN_FRAME || size > MAX_FRAME))
        || flows < 1 || flows > RING_SIZE || rate < 0) {
        *errp = xasprintf("%s: needs size from %d to %d (or 0), flows from 1 "
                          "to %d, rate of 0 or more", netdev_get_name(netdev),
                          MIN_FRAME, MAX_FRAME, RING_SIZE);
        return EINVAL;
    }
    atomic_store_relaxed(&dev->flows, flows);
    atomic_store_relaxed(&dev->copy, smap_get_bool(args, "copy", false));
    atomic_store_relaxed(&dev->interval, rate ? 1000000000 / rate : 0);
    atomic_store_relaxed(&dev->size, size);
    return 0;
}

static int
bench_get_numa_id(const struct netdev *netdev OVS_UNUSED)
{
    return 0;
}

static int
bench_set_tx_multiq(struct netdev *netdev, unsigned int n_txq)
{
    struct bench_netdev *dev = bench_netdev_cast(netdev);

    ovs_mutex_lock(&dev->mutex);
    if (dev->n_txq != (int) n_txq) {
        dev->n_txq = n_txq;
        netdev_request_reconfigure(netdev);
    }
    ovs_mutex_unlock(&dev->mutex);
    return 0;
}

static int
bench_reconfigure(struct netdev *netdev)
{
    struct bench_netdev *dev = bench_netdev_cast(netdev);

    ovs_mutex_lock(&dev->mutex);
    netdev->n_txq = dev->n_txq;
    ovs_mutex_unlock(&dev->mutex);
    return 0;
}

static int
bench_send(struct netdev *netdev, int qid OVS_UNUSED,
           struct dp_packet_batch *batch, bool concurrent_txq OVS_UNUSED)
{
    struct bench_netdev *dev = bench_netdev_cast(netdev);
    struct worker *w = worker_get();
    struct dp_packet *packet;
    uint64_t bytes = 0;
    size_t n = dp_packet_batch_size(batch);

    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        bytes += dp_packet_size(packet);
        ring_push(w, packet);
    }
    dp_packet_batch_init(batch);
    w->packets += n;
    add_relaxed(&dev->tx_packets, n);
    add_relaxed(&dev->tx_bytes, bytes);
    return 0;
}

static int
bench_set_etheraddr(struct netdev *netdev, const struct eth_addr mac)
{
    struct bench_netdev *dev = bench_netdev_cast(netdev);

    ovs_mutex_lock(&dev->mutex);
    if (!eth_addr_equals(dev->set_mac, mac)) {
        dev->set_mac = mac;
        netdev_change_seq_changed(netdev);
    }
    ovs_mutex_unlock(&dev->mutex);
    return 0;
}

static int
bench_get_etheraddr(const struct netdev *netdev, struct eth_addr *mac)
{
    struct bench_netdev *dev = bench_netdev_cast(netdev);

    ovs_mutex_lock(&dev->mutex);
    *mac = dev->set_mac;
    ovs_mutex_unlock(&dev->mutex);
    return 0;
}

static int
bench_get_mtu(const struct netdev *netdev OVS_UNUSED, int *mtu)
{
    *mtu = MAX_FRAME - ETH_HEADER_LEN - VLAN_HEADER_LEN;
    return 0;
}

static int
bench_get_stats(const struct netdev *netdev, struct netdev_stats *stats)
{
    struct bench_netdev *dev = bench_netdev_cast(netdev);

    memset(stats, 0xff, sizeof *stats);
    stats->rx_packets = read_relaxed(&dev->rx_packets);
    stats->rx_bytes = read_relaxed(&dev->rx_bytes);
    stats->tx_packets = read_relaxed(&dev->tx_packets);
    stats->tx_bytes = read_relaxed(&dev->tx_bytes);
    return 0;
}

static int
bench_update_flags(struct netdev *netdev, enum netdev_flags off,
                   enum netdev_flags on, enum netdev_flags *old_flags)
{
    struct bench_netdev *dev = bench_netdev_cast(netdev);

    ovs_mutex_lock(&dev->mutex);
    *old_flags = dev->flags;
    dev->flags = (dev->flags & ~off) | on;
    if (dev->flags != *old_flags) {
        netdev_change_seq_changed(netdev);
    }
    ovs_mutex_unlock(&dev->mutex);
    return 0;
}

static struct netdev_rxq *
bench_rxq_alloc(void)
{
    struct bench_rxq *rxq = xzalloc(sizeof *rxq);

    return &rxq->up;
}

static int
bench_rxq_construct(struct netdev_rxq *rxq OVS_UNUSED)
{
    return 0;
}

static void
bench_rxq_destruct(struct netdev_rxq *rxq OVS_UNUSED)
{
}

static void
bench_rxq_dealloc(struct netdev_rxq *rxq)
{
    free(CONTAINER_OF(rxq, struct bench_rxq, up));
}

/* Returns how many packets are due. */
static size_t
packets_due(struct bench_rxq *rxq, uint64_t interval)
{
    uint64_t now;

    if (!interval) {
        return NETDEV_MAX_BURST;
    }
    now = now_ns(CLOCK_MONOTONIC);
    if (now < rxq->next) {
        return 0;
    }
    rxq->next = MAX(rxq->next + interval, now);
    return 1;
}

static int
bench_rxq_recv(struct netdev_rxq *rxq_, struct dp_packet_batch *batch,
               int *qfill)
{
    struct bench_rxq *rxq = CONTAINER_OF(rxq_, struct bench_rxq, up);
    struct bench_netdev *dev = bench_netdev_cast(rxq_->netdev);
    struct worker *w = worker_get();
    uint32_t size, flows;
    bool copy;
    size_t n;

    if (++w->calls >= PUBLISH_INTERVAL) {
        publish(w);
    }
    atomic_read_relaxed(&dev->size, &size);
    n = size ? packets_due(rxq, read_relaxed(&dev->interval)) : 0;
    if (!n) {
        return EAGAIN;
    }
    atomic_read_relaxed(&dev->copy, &copy);
    if (w->n < n || w->size != size || (copy && w->n < RING_SIZE)) {
        atomic_read_relaxed(&dev->flows, &flows);
        ring_fill(w, size, flows);
    }
    w->copy = copy;

    dp_packet_batch_init(batch);
    for (size_t i = 0; i < n; i++) {
        struct dp_packet *packet = ring_next(w);

        dp_packet_reset_cutlen(packet);
        dp_packet_reset_offload(packet);
        dp_packet_batch_add(batch, packet);
    }
    add_relaxed(&dev->rx_packets, n);
    add_relaxed(&dev->rx_bytes, n * size);
    if (qfill) {
        *qfill = -ENOTSUP;
    }
    return 0;
}

static const struct netdev_class bench_class = {
    .type = "bench",
    .is_pmd = true,
    .alloc = bench_alloc,
    .construct = bench_construct,
    .destruct = bench_destruct,
    .dealloc = bench_dealloc,
    .set_config = bench_set_config,
    .get_numa_id = bench_get_numa_id,
    .set_tx_multiq = bench_set_tx_multiq,
    .send = bench_send,
    .set_etheraddr = bench_set_etheraddr,
    .get_etheraddr = bench_get_etheraddr,
    .get_mtu = bench_get_mtu,
    .get_stats = bench_get_stats,
    .update_flags = bench_update_flags,
    .reconfigure = bench_reconfigure,
    .rxq_alloc = bench_rxq_alloc,
    .rxq_construct = bench_rxq_construct,
    .rxq_destruct = bench_rxq_destruct,
    .rxq_dealloc = bench_rxq_dealloc,
    .rxq_recv = bench_rxq_recv,
};

void
__wrap_bridge_init(const char *remote)
{
    netdev_register_provider(&bench_class);
    unixctl_command_register("bench/counters", "", 0, 0, bench_counters, NULL);
    __real_bridge_init(remote);
}
