/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The netdev classes "system" and "tap": life cycle, properties, and the
 * registration.  Packets are in netdev-rxq.c and netdev-tx.c, statistics in
 * netdev-stats.c, caches and the notifier in netdev-cache.c and netdev-dev.c.
 *
 * Every property is read through the device's cache with the device's mutex
 * held; the locks are listed in netdev-bsd-private.h and netdev-dev.h.  Any
 * thread may call any operation, but for 'run' and 'wait', which belong to
 * the main thread. */

#include <config.h>

#include "netdev/netdev-bsd.h"
#include "netdev/netdev-bsd-private.h"
#include "netdev/netdev-chore.h"
#include "netdev/netdev-leftovers.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "fatal-signal.h"
#include "netdev-vport.h"
#include "netdev.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "smap.h"
#include "unixctl.h"
#include "util.h"

/* Last, because it undoes definitions of <config.h>. */
#include "ovs-compat.h"

/* Not "netdev_bsd": Open vSwitch's own provider has that name on a BSD. */
VLOG_DEFINE_THIS_MODULE(netdev_bsd_class);

/* Longest wait for the kernel's answer about a route, in milliseconds.  The
 * main thread waits, so it is short; the answer is local. */
#define ROUTE_TIMEOUT_MS 200

/* Freed memory that is kept for the next packets: of a few batches of the
 * longest. */
#define MEMORY_KEPT (8 * 1024 * 1024)

/* The numbers of features go through unchanged. */
BUILD_ASSERT_DECL((int) HOST_F_10MB_HD == NETDEV_F_10MB_HD);
BUILD_ASSERT_DECL((int) HOST_F_10MB_FD == NETDEV_F_10MB_FD);
BUILD_ASSERT_DECL((int) HOST_F_100MB_HD == NETDEV_F_100MB_HD);
BUILD_ASSERT_DECL((int) HOST_F_100MB_FD == NETDEV_F_100MB_FD);
BUILD_ASSERT_DECL((int) HOST_F_1GB_HD == NETDEV_F_1GB_HD);
BUILD_ASSERT_DECL((int) HOST_F_1GB_FD == NETDEV_F_1GB_FD);
BUILD_ASSERT_DECL((int) HOST_F_10GB_FD == NETDEV_F_10GB_FD);
BUILD_ASSERT_DECL((int) HOST_F_40GB_FD == NETDEV_F_40GB_FD);
BUILD_ASSERT_DECL((int) HOST_F_100GB_FD == NETDEV_F_100GB_FD);
BUILD_ASSERT_DECL((int) HOST_F_1TB_FD == NETDEV_F_1TB_FD);
BUILD_ASSERT_DECL((int) HOST_F_OTHER == NETDEV_F_OTHER);
BUILD_ASSERT_DECL((int) HOST_F_COPPER == NETDEV_F_COPPER);
BUILD_ASSERT_DECL((int) HOST_F_FIBER == NETDEV_F_FIBER);
BUILD_ASSERT_DECL((int) HOST_F_AUTONEG == NETDEV_F_AUTONEG);
BUILD_ASSERT_DECL((int) HOST_F_PAUSE == NETDEV_F_PAUSE);
BUILD_ASSERT_DECL((int) HOST_F_PAUSE_ASYM == NETDEV_F_PAUSE_ASYM);

/* Life cycle. */

static struct netdev *
nb_alloc(void)
{
    struct netdev_bsd *netdev = xzalloc(sizeof *netdev);

    return &netdev->up;
}

static void
nb_dealloc(struct netdev *netdev)
{
    free(netdev_bsd_cast(netdev));
}

/* The only place that bumps the change sequence number. */
static void
announce(struct nb_dev *dev)
{
    struct netdev_bsd *netdev = CONTAINER_OF(dev, struct netdev_bsd, dev);

    netdev_change_seq_changed(&netdev->up);
}

static void
common_construct(struct netdev_bsd *netdev, bool is_tap, const char *kname,
                 unsigned int ifindex)
{
    ovs_mutex_init(&netdev->rxqs_mutex);
    ovs_mutex_init(&netdev->tx_mutex);
    ovs_mutex_init(&netdev->qos_mutex);
    ovs_list_init(&netdev->rxqs);
    nb_policer_init(&netdev->policer);
    for (int i = 0; i < NB_N_COUNTERS; i++) {
        atomic_init(&netdev->counters[i], 0);
    }
    atomic_init(&netdev->ring_drops, 0);
    atomic_init(&netdev->pmd, false);
    atomic_init(&netdev->rx_way, NULL);
    netdev->config.n_rxq = netdev->wanted.n_rxq = 1;
    nb_dev_register(&netdev->dev, netdev_get_name(&netdev->up), is_tap,
                    kname, ifindex, announce);
}

/* Sockets are not opened here but when the device becomes a port
 * (nb_rxq_construct()): the switch opens many devices only to look at their
 * addresses, and a socket each would slow down the host. */
static int
nb_construct_system(struct netdev *netdev_)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);
    const char *name = netdev_get_name(netdev_);
    struct host_link link;
    int error;

    error = host_link_get(name, HOST_V_IFINDEX, &link);
    if (error) {
        if (error == ENAMETOOLONG) {
            VLOG_WARN("%s: the name of an interface has at most %d bytes",
                      name, IFNAMSIZ - 1);
        }
        return error;
    }
    netdev->tap.fd = -1;
    common_construct(netdev, false, name, link.ifindex);
    return 0;
}

static int
nb_construct_tap(struct netdev *netdev_)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);
    const char *name = netdev_get_name(netdev_);
    int error;

    error = host_tap_open(name, &netdev->tap);
    if (error) {
        VLOG_WARN("%s: cannot create tap from %s: %s", name,
                  host_tap_device(),
                  error == ENAMETOOLONG ? "name too long for an interface"
                  : error == EEXIST ? "there is another interface of this name"
                  : error == EBUSY ? "this tap is open already"
                  : error == ENOENT ? "its device file is missing in /dev"
                  : nb_strerror(error));
        return error;
    }
    common_construct(netdev, true, netdev->tap.name, netdev->tap.ifindex);
    nb_dev_set_tap_fd(&netdev->dev, netdev->tap.fd);
    return 0;
}

void
nb_release_promisc(struct netdev_bsd *netdev)
{
    struct nb_dev *dev = &netdev->dev;

    ovs_mutex_lock(&dev->mutex);
    if (netdev->promisc) {
        host_set_promisc(dev->kname, false, &netdev->promisc);
    }
    ovs_mutex_unlock(&dev->mutex);
}

static void
nb_destruct(struct netdev *netdev_)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);

    nb_release_promisc(netdev);
    nb_qos_destroy(netdev);
    nb_dev_unregister(&netdev->dev);
    nb_chore_close_tx(netdev->tx);
    if (netdev->tap.fd >= 0) {
        int error = host_tap_close(&netdev->tap);

        if (error) {
            VLOG_WARN("%s: cannot remove tap %s: %s",
                      netdev_get_name(netdev_), netdev->tap.name,
                      ovs_strerror(error));
        }
    }
    nb_policer_destroy(&netdev->policer);
    ovs_mutex_destroy(&netdev->qos_mutex);
    ovs_mutex_destroy(&netdev->tx_mutex);
    ovs_mutex_destroy(&netdev->rxqs_mutex);
}

static void
nb_run(const struct netdev_class *class OVS_UNUSED)
{
    static bool recovered;

    if (!recovered) {
        recovered = true;
        nb_leftovers_recover();
    }
    nb_notifier_run();
}

static void
nb_wait(const struct netdev_class *class OVS_UNUSED)
{
    nb_notifier_wait();
}

/* Configuration. */

/* Limits of the options, in bytes. */
#define BUFFER_SIZE_MIN (32 * 1024)
#define BUFFER_SIZE_MAX (1024 * 1024 * 1024)
#define SNAPLEN_MIN (ETH_HEADER_LEN + 1500 + 2 * VLAN_HEADER_LEN)
#define SNAPLEN_MAX 65535
#define N_RXQ_MAX 64

static int
parse_option(const struct smap *args, const char *key, int default_value,
             int min, int max, int *value, char **errp)
{
    const char *s = smap_get(args, key);

    *value = default_value;
    if (s && (!str_to_int(s, 10, value) || *value < min || *value > max)) {
        *errp = xasprintf("%s: \"%s\" is not a number from %d to %d",
                          key, s, min, max);
        return EINVAL;
    }
    return 0;
}

/* How to receive: in the best way that there is, or through libpcap. */
static int
parse_method(const struct smap *args, bool *pcap, char **errp)
{
    const char *s = smap_get_def(args, "capture-method", "auto");

    *pcap = !strcmp(s, "libpcap");
    if (!*pcap && strcmp(s, "auto")) {
        *errp = xasprintf("capture-method: \"%s\" is neither \"auto\" nor "
                          "\"libpcap\"", s);
        return EINVAL;
    }
    return 0;
}

static int
parse_bool(const struct smap *args, const char *key, bool *value, char **errp)
{
    const char *s = smap_get_def(args, key, "false");

    *value = !strcmp(s, "true");
    if (!*value && strcmp(s, "false")) {
        *errp = xasprintf("%s: \"%s\" is neither \"true\" nor \"false\"",
                          key, s);
        return EINVAL;
    }
    return 0;
}

/* Whether the host is to be kept from the frames. */
static int
check_exclusive(struct netdev_bsd *netdev, char **errp)
{
    if (netdev_bsd_is_tap(netdev)) {
        *errp = xstrdup("exclusive: what a tap receives comes from the host "
                        "itself");
        return EOPNOTSUPP;
    }
    if (!host_has_exclusive()) {
        *errp = xasprintf("exclusive: %s cannot keep the frames of an "
                          "interface from the host", host_system());
        return EOPNOTSUPP;
    }
    return 0;
}

static int
parse_config(struct netdev_bsd *netdev, const struct smap *args,
             struct nb_config *config, char **errp)
{
    if (parse_option(args, "n_rxq", 1, 1, N_RXQ_MAX, &config->n_rxq, errp)
        || parse_option(args, "capture-buffer-size", 0, BUFFER_SIZE_MIN,
                        BUFFER_SIZE_MAX, &config->buffer_size, errp)
        || parse_option(args, "capture-snaplen", 0, SNAPLEN_MIN,
                        SNAPLEN_MAX, &config->snaplen, errp)
        || parse_method(args, &config->pcap, errp)
        || parse_bool(args, "exclusive", &config->exclusive, errp)
        || parse_bool(args, "pmd", &config->pmd, errp)) {
        return EINVAL;
    }
    if (config->exclusive && check_exclusive(netdev, errp)) {
        return EOPNOTSUPP;
    }
    if (!nb_dev_is_ethernet(&netdev->dev)) {
        *errp = xasprintf("%s cannot be a port: it is not an Ethernet "
                          "interface", netdev_get_name(&netdev->up));
        return EOPNOTSUPP;
    }
    if (config->n_rxq > 1 && netdev_bsd_is_tap(netdev)) {
        *errp = xstrdup("n_rxq: a tap has one receive queue");
        return EOPNOTSUPP;
    }
    if (config->n_rxq > 1 && !host_rx_has_queues()) {
        *errp = xasprintf("n_rxq: %s cannot share out the frames of an "
                          "interface to several queues", host_system());
        return EOPNOTSUPP;
    }
    return 0;
}

static int
nb_set_config(struct netdev *netdev_, const struct smap *args, char **errp)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);
    struct nb_config config;
    bool changed;
    int error;

    memset(&config, 0, sizeof config); /* Also what pads it. */
    error = parse_config(netdev, args, &config, errp);
    if (error) {
        return error;
    }

    ovs_mutex_lock(&netdev->dev.mutex);
    changed = memcmp(&config, &netdev->wanted, sizeof config) != 0;
    netdev->wanted = config;
    ovs_mutex_unlock(&netdev->dev.mutex);

    if (changed) {
        /* The datapath looks for ports to be polled by threads before it
         * reconfigures them, and makes no threads if there are none.  The way
         * back has to wait until no thread polls it any more. */
        if (config.pmd) {
            atomic_store_relaxed(&netdev->pmd, true);
        }
        netdev_request_reconfigure(netdev_);
    }
    return 0;
}

/* Only what is not the default is reported. */
static int
nb_get_config(const struct netdev *netdev_, struct smap *args)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);

    ovs_mutex_lock(&netdev->dev.mutex);
    if (netdev->config.n_rxq > 1) {
        smap_add_format(args, "n_rxq", "%d", netdev->config.n_rxq);
    }
    if (netdev->config.buffer_size) {
        smap_add_format(args, "capture-buffer-size", "%d",
                        netdev->config.buffer_size);
    }
    if (netdev->config.snaplen) {
        smap_add_format(args, "capture-snaplen", "%d",
                        netdev->config.snaplen);
    }
    if (netdev->config.pcap) {
        smap_add(args, "capture-method", "libpcap");
    }
    if (netdev->config.exclusive) {
        smap_add(args, "exclusive", "true");
    }
    if (netdev->config.pmd) {
        smap_add(args, "pmd", "true");
    }
    ovs_mutex_unlock(&netdev->dev.mutex);
    return 0;
}

static int
nb_reconfigure(struct netdev *netdev_)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);

    ovs_mutex_lock(&netdev->dev.mutex);
    netdev->config = netdev->wanted;
    netdev_->n_rxq = netdev->config.n_rxq;
    atomic_store_relaxed(&netdev->pmd, netdev->config.pmd);
    ovs_mutex_unlock(&netdev->dev.mutex);
    return 0;
}

/* Properties. */

static int
nb_get_etheraddr(const struct netdev *netdev_, struct eth_addr *mac)
{
    struct nb_dev *dev = &netdev_bsd_cast(netdev_)->dev;
    int error;

    ovs_mutex_lock(&dev->mutex);
    error = nb_dev_get__(dev, HOST_V_LLADDR);
    if (!error) {
        memcpy(mac, dev->cache.link.lladdr, sizeof *mac);
    }
    ovs_mutex_unlock(&dev->mutex);
    return error;
}

/* A tap that somebody removed gets its address when it is made anew. */
static int
set_etheraddr_later(struct nb_dev *dev, const struct eth_addr mac)
    OVS_REQUIRES(dev->mutex)
{
    if (!dev->is_tap) {
        return ENODEV;
    }
    memcpy(dev->cache.link.lladdr, &mac, sizeof mac);
    return 0;
}

/* A bridge gets the link address of one of its ports by default.  Where nothing
 * keeps the host from what a port receives, it would take in frames for that
 * address at the port as well as at the bridge, and answer twice. */
static struct eth_addr
choose_etheraddr(struct netdev *netdev_, const struct eth_addr wanted)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);
    struct eth_addr mac = wanted;

    if (netdev_bsd_is_tap(netdev) && !host_has_exclusive()
        && !nb_dev_make_unique(mac.ea)
        && !eth_addr_equals(mac, netdev->told_etheraddr)) {
        netdev->told_etheraddr = mac;
        VLOG_INFO("%s: link address "ETH_ADDR_FMT" is that of a port, at which "
                  "the host would answer, too; taking "ETH_ADDR_FMT" instead",
                  netdev_get_name(netdev_), ETH_ADDR_ARGS(wanted),
                  ETH_ADDR_ARGS(mac));
    }
    return mac;
}

/* Called at each reconfiguration, so it must not change what is right
 * already: every change is reported, and each report leads to another
 * reconfiguration.  But the cache is not believed: where a system changes an
 * address without a message, a wrong one would stay for ever. */
static int
nb_set_etheraddr(struct netdev *netdev_, const struct eth_addr wanted)
{
    struct nb_dev *dev = &netdev_bsd_cast(netdev_)->dev;
    struct eth_addr mac = choose_etheraddr(netdev_, wanted);
    int error;

    ovs_mutex_lock(&dev->mutex);
    if (dev->present) {
        nb_cache_invalidate(&dev->cache, HOST_V_LLADDR);
    }
    error = dev->present ? nb_dev_get__(dev, HOST_V_LLADDR) : ENODEV;
    if (error == ENODEV) {
        error = set_etheraddr_later(dev, mac);
    } else if (!error && memcmp(dev->cache.link.lladdr, &mac, sizeof mac)) {
        error = host_set_lladdr(dev->kname, mac.ea);
        if (!error) {
            nb_dev_own_change__(dev, HOST_V_LLADDR);
        }
    }
    ovs_mutex_unlock(&dev->mutex);
    return error;
}

static int
nb_get_mtu(const struct netdev *netdev_, int *mtup)
{
    struct nb_dev *dev = &netdev_bsd_cast(netdev_)->dev;
    int error;

    ovs_mutex_lock(&dev->mutex);
    error = nb_dev_get__(dev, HOST_V_MTU);
    if (!error) {
        *mtup = dev->cache.link.mtu;
    }
    ovs_mutex_unlock(&dev->mutex);
    return error;
}

static int
nb_set_mtu(struct netdev *netdev_, int mtu)
{
    struct nb_dev *dev = &netdev_bsd_cast(netdev_)->dev;
    int error;

    ovs_mutex_lock(&dev->mutex);
    error = nb_dev_get__(dev, HOST_V_MTU);
    if (!error && dev->cache.link.mtu != mtu) {
        error = host_set_mtu(dev->kname, mtu);
        if (!error) {
            nb_dev_own_change__(dev, HOST_V_MTU);

            /* Makes the receive queue take longer frames at once. */
            nb_dev_get__(dev, HOST_V_MTU);
        }
    }
    ovs_mutex_unlock(&dev->mutex);
    return error;
}

static int
nb_get_ifindex(const struct netdev *netdev_)
{
    struct nb_dev *dev = &netdev_bsd_cast(netdev_)->dev;
    int retval;

    ovs_mutex_lock(&dev->mutex);
    retval = -nb_dev_get__(dev, HOST_V_IFINDEX);
    if (!retval) {
        retval = dev->cache.link.ifindex;
    }
    ovs_mutex_unlock(&dev->mutex);
    return retval;
}

static int
nb_get_carrier(const struct netdev *netdev_, bool *carrier)
{
    struct nb_dev *dev = &netdev_bsd_cast(netdev_)->dev;
    int error = 0;

    ovs_mutex_lock(&dev->mutex);
    if (dev->miimon_interval > 0) {
        *carrier = dev->miimon_up;
    } else {
        error = nb_dev_get__(dev, HOST_V_CARRIER);
        if (!error) {
            *carrier = dev->cache.link.carrier;
        }
    }
    ovs_mutex_unlock(&dev->mutex);
    return error;
}

static long long int
nb_get_carrier_resets(const struct netdev *netdev_)
{
    struct nb_dev *dev = &netdev_bsd_cast(netdev_)->dev;
    long long int resets;

    ovs_mutex_lock(&dev->mutex);
    resets = dev->cache.carrier_resets;
    ovs_mutex_unlock(&dev->mutex);
    return resets;
}

static int
nb_set_miimon_interval(struct netdev *netdev_, long long int interval)
{
    nb_dev_set_miimon(&netdev_bsd_cast(netdev_)->dev, interval);
    return 0;
}

/* Fills '*media' and returns 0 or an error. */
static int
get_media(const struct netdev *netdev_, struct host_media *media)
{
    struct nb_dev *dev = &netdev_bsd_cast(netdev_)->dev;
    int error;

    ovs_mutex_lock(&dev->mutex);
    error = nb_dev_get__(dev, HOST_V_MEDIA);
    if (!error) {
        *media = dev->cache.media;
    }
    ovs_mutex_unlock(&dev->mutex);
    return error;
}

static int
nb_get_features(const struct netdev *netdev,
                enum netdev_features *current,
                enum netdev_features *advertised,
                enum netdev_features *supported,
                enum netdev_features *peer)
{
    struct host_media media;
    int error = get_media(netdev, &media);

    if (!error) {
        *current = media.current;
        *advertised = media.advertised;
        *supported = media.supported;
        *peer = media.peer;
    }
    return error;
}

/* The next two are operations of some versions of Open vSwitch only, see
 * ovs-compat.h. */

static int OVS_UNUSED
nb_get_speed(const struct netdev *netdev, uint32_t *current, uint32_t *max)
{
    struct host_media media;
    int error = get_media(netdev, &media);

    if (!error) {
        *current = media.speed / 1000000;
        *max = netdev_features_to_bps(media.supported, 0) / 1000000;
    }
    return error;
}

static int OVS_UNUSED
nb_get_duplex(const struct netdev *netdev, bool *full_duplex)
{
    struct host_media media;
    int error = get_media(netdev, &media);

    if (!error && media.duplex < 0) {
        error = EOPNOTSUPP;
    }
    if (!error) {
        *full_duplex = media.duplex > 0;
    }
    return error;
}

static int
nb_set_advertisements(struct netdev *netdev_, enum netdev_features advertise)
{
    struct nb_dev *dev = &netdev_bsd_cast(netdev_)->dev;
    int error;

    ovs_mutex_lock(&dev->mutex);
    error = host_set_advertised(dev->kname, advertise);
    if (!error) {
        nb_dev_own_change__(dev, HOST_V_MEDIA);
    }
    ovs_mutex_unlock(&dev->mutex);
    return error;
}

static int
nb_set_policing(struct netdev *netdev_,
                unsigned int kbits_rate, unsigned int kbits_burst,
                unsigned int kpkts_rate, unsigned int kpkts_burst)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);

    nb_policer_set(&netdev->policer, kbits_rate, kbits_burst,
                   kpkts_rate, kpkts_burst);
    return 0;
}

static void
add_driver(struct netdev_bsd *netdev, struct smap *smap)
{
    struct nb_dev *dev = &netdev->dev;

    ovs_mutex_lock(&dev->mutex);
    if (!nb_dev_get__(dev, NB_V_DRIVER)) {
        const struct host_driver *driver = &dev->cache.driver;

        smap_add(smap, "driver_name", driver->name);
        smap_add(smap, "driver_version", driver->version);
        smap_add(smap, "firmware_version", driver->firmware);
        if (driver->bus[0]) {
            smap_add(smap, "bus_info", driver->bus);
        }
    }
    ovs_mutex_unlock(&dev->mutex);
}

/* Tells where the interface is that is not here. */
static void
add_whereabouts(struct nb_dev *dev, struct smap *smap)
{
    char where[NAME_MAX];

    ovs_mutex_lock(&dev->mutex);
    if (nb_dev_is_elsewhere__(dev, where, sizeof where)) {
        smap_add(smap, "network_namespace", where);
    } else if (nb_dev_is_moved__(dev, where, sizeof where)) {
        smap_add(smap, "network_namespace", where);
        /* The daemon shows it as the interface's error, too. */
        smap_add_format(smap, "error",
                        "the interface was moved to network namespace %s",
                        where);
    } else {
        smap_add(smap, "error", "the interface is gone");
    }
    ovs_mutex_unlock(&dev->mutex);
}

/* Says why nothing passes, where that surprises. */
static void
add_problem(struct netdev_bsd *netdev, struct smap *smap)
{
    struct nb_dev *dev = &netdev->dev;
    const char *hint = NULL;

    ovs_mutex_lock(&dev->mutex);
    if (!dev->is_tap && !nb_dev_get__(dev, HOST_V_FLAGS)
        && !(dev->cache.link.flags & HOST_FLAG_UP)
        && !nb_dev_get__(dev, NB_V_DRIVER)) {
        hint = host_down_hint(dev->cache.driver.name);
    }
    ovs_mutex_unlock(&dev->mutex);
    if (hint) {
        smap_add(smap, "problem", hint);
    }
}

/* Tells whether the host is kept from the frames, if that was asked for. */
static void
add_exclusive(struct netdev_bsd *netdev, struct smap *smap)
{
    ovs_mutex_lock(&netdev->dev.mutex);
    if (netdev->config.exclusive) {
        smap_add(smap, "exclusive", netdev->is_exclusive ? "true" : "false");
    }
    ovs_mutex_unlock(&netdev->dev.mutex);
}

static int
nb_get_status(const struct netdev *netdev_, struct smap *smap)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);
    struct host_media media;
    char kname[IFNAMSIZ];
    const char *way;

    /* Another daemon that takes the port over writes the status anew. */
    smap_add(smap, "provider", PACKAGE_STRING);
    add_driver(netdev, smap);
    add_problem(netdev, smap);
    atomic_read_relaxed(&netdev->rx_way, &way);
    if (way) {
        smap_add(smap, "capture_method", way);
    }
    add_exclusive(netdev, smap);
    if (!get_media(netdev_, &media)) {
        if (media.text[0]) {
            smap_add(smap, "media", media.text);
        }
        if (media.speed) {
            smap_add_format(smap, "link_speed", "%"PRIu64, media.speed);
        }
    }
    nb_dev_get_kname(&netdev->dev, kname);
    if (strcmp(kname, netdev_get_name(netdev_))) {
        smap_add(smap, "interface_name", kname);
    }
    if (!nb_dev_is_present(&netdev->dev)) {
        add_whereabouts(&netdev->dev, smap);
    }
    return 0;
}

/* Addresses and routes. */

static int
nb_set_in4(struct netdev *netdev_, struct in_addr addr, struct in_addr mask)
{
    struct nb_dev *dev = &netdev_bsd_cast(netdev_)->dev;
    int error;

    ovs_mutex_lock(&dev->mutex);
    error = host_set_in4(dev->kname, addr, mask);
    nb_dev_own_change__(dev, HOST_V_ADDRS);
    ovs_mutex_unlock(&dev->mutex);
    return error;
}

static void
copy_addrs(const struct nb_cache *cache, struct in6_addr **addr,
           struct in6_addr **mask)
{
    *addr = xmalloc(cache->n_addrs * sizeof **addr);
    *mask = xmalloc(cache->n_addrs * sizeof **mask);
    for (size_t i = 0; i < cache->n_addrs; i++) {
        (*addr)[i] = cache->addrs[i].addr;
        (*mask)[i] = cache->addrs[i].mask;
    }
}

static int
nb_get_addr_list(const struct netdev *netdev_, struct in6_addr **addr,
                 struct in6_addr **mask, int *n_addr)
{
    struct nb_dev *dev = &netdev_bsd_cast(netdev_)->dev;
    struct in6_addr *masks = NULL;
    struct in6_addr *addrs = NULL;
    int error;
    int n = 0;

    ovs_mutex_lock(&dev->mutex);
    error = nb_dev_get__(dev, HOST_V_ADDRS);
    if (!error && !dev->cache.n_addrs) {
        error = EADDRNOTAVAIL;
    }
    if (!error) {
        n = dev->cache.n_addrs;
        copy_addrs(&dev->cache, &addrs, &masks);
    }
    ovs_mutex_unlock(&dev->mutex);

    /* The caller may want no addresses, but how many there are. */
    if (addr) {
        *addr = addrs;
        *mask = masks;
    } else {
        free(addrs);
        free(masks);
    }
    *n_addr = n;
    return error;
}

static int
nb_add_router(struct netdev *netdev OVS_UNUSED, struct in_addr router)
{
    return host_add_router(router);
}

static int
nb_get_next_hop(const struct in_addr *host, struct in_addr *next_hop,
                char **netdev_name)
{
    char kname[IFNAMSIZ];
    int error = host_get_next_hop(*host, ROUTE_TIMEOUT_MS, next_hop, kname);

    *netdev_name = error ? NULL : nb_dev_name_from_kname(kname);
    return error;
}

/* Not cached: not every system tells when an entry changes. */
static int
nb_arp_lookup(const struct netdev *netdev_, ovs_be32 ip, struct eth_addr *mac)
{
    struct nb_dev *dev = &netdev_bsd_cast(netdev_)->dev;
    struct in_addr in4 = { .s_addr = ip };
    char kname[IFNAMSIZ];

    nb_dev_get_kname(dev, kname);
    return host_arp_lookup(kname, in4, mac->ea);
}

/* Flags. */

static enum netdev_flags
flags_from_host(unsigned int flags)
{
    return ((flags & HOST_FLAG_UP ? NETDEV_UP : 0)
            | (flags & HOST_FLAG_PROMISC ? NETDEV_PROMISC : 0)
            | (flags & HOST_FLAG_LOOPBACK ? NETDEV_LOOPBACK : 0));
}

static int
change_up(struct nb_dev *dev, enum netdev_flags off, enum netdev_flags on)
    OVS_REQUIRES(dev->mutex)
{
    return ((off | on) & NETDEV_UP
            ? host_set_flags(dev->kname, off & NETDEV_UP ? HOST_FLAG_UP : 0,
                             on & NETDEV_UP ? HOST_FLAG_UP : 0)
            : 0);
}

static int
change_promisc(struct netdev_bsd *netdev, enum netdev_flags off,
               enum netdev_flags on)
    OVS_REQUIRES(netdev->dev.mutex)
{
    return ((off | on) & NETDEV_PROMISC
            ? host_set_promisc(netdev->dev.kname, on & NETDEV_PROMISC,
                               &netdev->promisc)
            : 0);
}

/* Makes the changes that are needed, given the present flags. */
static int
change_flags(struct netdev_bsd *netdev, enum netdev_flags old,
             enum netdev_flags off, enum netdev_flags on)
    OVS_REQUIRES(netdev->dev.mutex)
{
    int error;

    off &= old;
    on &= ~old;
    if (!((off | on) & (NETDEV_UP | NETDEV_PROMISC))) {
        return 0;
    }
    error = change_up(&netdev->dev, off, on);
    if (!error) {
        error = change_promisc(netdev, off, on);
    }
    nb_dev_own_change__(&netdev->dev, HOST_V_FLAGS | HOST_V_CARRIER);
    return error;
}

static int
nb_update_flags(struct netdev *netdev_, enum netdev_flags off,
                enum netdev_flags on, enum netdev_flags *old_flagsp)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);
    int error;

    *old_flagsp = 0;
    ovs_mutex_lock(&netdev->dev.mutex);
    error = nb_dev_get__(&netdev->dev, HOST_V_FLAGS);
    if (!error) {
        *old_flagsp = flags_from_host(netdev->dev.cache.link.flags);
        error = change_flags(netdev, *old_flagsp, off, on);
    }
    ovs_mutex_unlock(&netdev->dev.mutex);

    /* A device that has vanished has no flags.  That is not worth the warning
     * that an error would lead to. */
    return error == ENODEV ? 0 : error;
}

/* Classes. */

#define NETDEV_BSD_CLASS_COMMON                         \
    .alloc = nb_alloc,                                  \
    .destruct = nb_destruct,                            \
    .dealloc = nb_dealloc,                              \
    .get_config = nb_get_config,                        \
    .set_config = nb_set_config,                        \
    .reconfigure = nb_reconfigure,                      \
    .send = nb_send,                                    \
    .send_wait = nb_send_wait,                          \
    .set_etheraddr = nb_set_etheraddr,                  \
    .get_etheraddr = nb_get_etheraddr,                  \
    .get_mtu = nb_get_mtu,                              \
    .set_mtu = nb_set_mtu,                              \
    .get_ifindex = nb_get_ifindex,                      \
    .get_carrier = nb_get_carrier,                      \
    .get_carrier_resets = nb_get_carrier_resets,        \
    .set_miimon_interval = nb_set_miimon_interval,      \
    .get_stats = nb_get_stats,                          \
    .get_custom_stats = nb_get_custom_stats,            \
    .get_features = nb_get_features,                    \
    OVS_COMPAT_GET_SPEED(nb_get_speed)               \
    OVS_COMPAT_GET_DUPLEX(nb_get_duplex)             \
    .set_advertisements = nb_set_advertisements,        \
    .set_policing = nb_set_policing,                    \
    .set_in4 = nb_set_in4,                              \
    .get_addr_list = nb_get_addr_list,                  \
    .add_router = nb_add_router,                        \
    .get_next_hop = nb_get_next_hop,                    \
    .get_status = nb_get_status,                        \
    .arp_lookup = nb_arp_lookup,                        \
    .update_flags = nb_update_flags,                    \
    .rxq_alloc = nb_rxq_alloc,                          \
    .rxq_construct = nb_rxq_construct,                  \
    .rxq_destruct = nb_rxq_destruct,                    \
    .rxq_dealloc = nb_rxq_dealloc,                      \
    .rxq_recv = nb_rxq_recv,                            \
    .rxq_wait = nb_rxq_wait,                            \
    .rxq_drain = nb_rxq_drain

/* The notifier serves both classes and is run once, by "system". */
static struct netdev_class system_class = {
    .type = "system",
    .run = nb_run,
    .wait = nb_wait,
    .construct = nb_construct_system,
    NETDEV_BSD_CLASS_COMMON
};

static struct netdev_class tap_class = {
    .type = "tap",
    .construct = nb_construct_tap,
    NETDEV_BSD_CLASS_COMMON
};

/* Control commands. */

static void
cache_show(struct unixctl_conn *conn, int argc, const char *argv[],
           void *aux OVS_UNUSED)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    if (nb_dev_format_caches(argc > 1 ? argv[1] : NULL, &ds)) {
        unixctl_command_reply(conn, ds_cstr(&ds));
    } else {
        ds_put_format(&ds, "%s: no open device of this name", argv[1]);
        unixctl_command_reply_error(conn, ds_cstr(&ds));
    }
    ds_destroy(&ds);
}

static void
cache_totals(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    nb_dev_format_lookups(&ds);
    unixctl_command_reply(conn, ds_cstr(&ds));
    ds_destroy(&ds);
}

static void
notifier_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
              const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    nb_notifier_format(&ds);
    unixctl_command_reply(conn, ds_cstr(&ds));
    ds_destroy(&ds);
}

/* Registration. */

static void
note_first(const struct host_link *link, void *first_)
{
    struct host_link *first = first_;

    if (!first->name[0]) {
        *first = *link;
    }
}

/* Returns the class "system" as registered, or NULL if there is no interface
 * to try it on.  Sets '*dummy' to true if it is a dummy class, which opens a
 * device of any name and does not know the index of the interface. */
static const struct netdev_class *
get_builtin_class(bool *dummy)
{
    const struct netdev_class *class;
    struct host_link first = { .have = 0 };
    struct netdev *netdev;

    *dummy = false;
    host_link_dump(note_first, &first);
    if (!first.name[0] || netdev_open(first.name, "system", &netdev)) {
        return NULL;
    }
    *dummy = netdev_get_ifindex(netdev) != (int) first.ifindex;
    class = netdev_get_class(netdev);
    netdev_close(netdev);
    return class;
}

static int
replace_class(const struct netdev_class *class)
{
    int error = netdev_unregister_provider(class->type);

    if (!error || error == EAFNOSUPPORT) {
        error = netdev_register_provider(class);
    }
    if (error) {
        VLOG_ERR("cannot replace the network device class \"%s\": %s",
                 class->type, ovs_strerror(error));
    }
    return error;
}

bool
netdev_bsd_is_ours(const struct netdev *netdev)
{
    return netdev_get_class(netdev)->send == nb_send;
}

/* At the end of the process, which leaves taps to who comes next. */
static void
leave_taps(void *aux OVS_UNUSED)
{
    struct shash devices = SHASH_INITIALIZER(&devices);
    struct shash_node *node;

    netdev_get_devices(&tap_class, &devices);
    SHASH_FOR_EACH (node, &devices) {
        struct netdev *netdev = node->data;

        host_tap_leave(&netdev_bsd_cast(netdev)->tap);
        netdev_close(netdev);
    }
    shash_destroy(&devices);
}

int
netdev_bsd_register(void)
{
    const struct netdev_class *builtin;
    bool dummy;
    int error;

    builtin = get_builtin_class(&dummy);
    if (dummy) {
        return 0;
    }
    host_keep_memory(MEMORY_KEPT);
    nb_qos_lend(builtin, &system_class);
    nb_qos_lend(builtin, &tap_class);
    fatal_signal_add_hook(leave_taps, NULL, NULL, true);

    unixctl_command_register("netdev-bsd/cache-show", "[dev]", 0, 1,
                             cache_show, NULL);
    unixctl_command_register("netdev-bsd/cache-totals", "", 0, 0,
                             cache_totals, NULL);
    unixctl_command_register("netdev-bsd/notifier-show", "", 0, 0,
                             notifier_show, NULL);

    /* Open vSwitch does it by itself on some systems; it never harms. */
    netdev_vport_tunnel_register();
    error = replace_class(&system_class);
    return error ? error : replace_class(&tap_class);
}
