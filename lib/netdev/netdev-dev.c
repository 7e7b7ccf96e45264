/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Devices and the notifier: see netdev-dev.h for the locks and their order.
 *
 * 'registry_mutex' guards the hashes; 'pending_mutex', innermost, guards the
 * list of devices to announce.  The notifier belongs to the main thread and
 * needs no lock. */

#include <config.h>

#include "netdev/netdev-dev.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "hash.h"
#include "netdev/netdev-leftovers.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "seq.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(netdev_bsd_notifier);

COVERAGE_DEFINE(netdev_bsd_event);
COVERAGE_DEFINE(netdev_bsd_events_lost);

/* Events that are read before they are applied, and that one call of
 * nb_notifier_run() handles at most. */
#define EVENT_BATCH 64
#define EVENTS_PER_RUN 1024

/* Milliseconds before a notifier that could not be opened, or a
 * resynchronisation that failed, is tried again. */
#define RETRY_MS 1000
#define RESYNC_RETRY_MS 100

static struct ovs_mutex registry_mutex = OVS_MUTEX_INITIALIZER;
static struct hmap by_name OVS_GUARDED_BY(registry_mutex)
    = HMAP_INITIALIZER(&by_name);
static struct hmap by_index OVS_GUARDED_BY(registry_mutex)
    = HMAP_INITIALIZER(&by_index);

static struct ovs_mutex pending_mutex = OVS_MUTEX_INITIALIZER;
static struct ovs_list pending OVS_GUARDED_BY(pending_mutex)
    = OVS_LIST_INITIALIZER(&pending);

/* Number of devices with carrier polls, so that nobody looks for them if
 * there are none. */
static atomic_count n_miimon = ATOMIC_COUNT_INIT(0);

/* Returns what wakes up the main thread when something joins 'pending'. */
static struct seq *
get_pending_seq(void)
{
    static struct ovsthread_once once = OVSTHREAD_ONCE_INITIALIZER;
    static struct seq *seq;

    if (ovsthread_once_start(&once)) {
        seq = seq_create();
        ovsthread_once_done(&once);
    }
    return seq;
}

/* True while the system tells of changes.  Otherwise nothing is cached. */
static atomic_bool notifier_works = false;

/* The notifier.  Main thread only. */
static struct host_notifier *notifier;
static long long int reopen_at;
static bool more_events;            /* Stopped before the end of events. */
static bool resync_wanted;
static long long int resync_at;
static long long int revalidate_at;
static struct {
    uint64_t by_msg_type[256];
    uint64_t malformed;
    uint64_t applied;               /* Events that were about a device. */
    uint64_t announced;
    uint64_t losses;
    uint64_t resyncs;
    uint64_t opens;
} counters;

static uint32_t
hash_index(unsigned int ifindex)
{
    return hash_int(ifindex, 0);
}

static void
registry_insert(struct nb_dev *dev)
    OVS_REQUIRES(registry_mutex)
{
    hmap_insert(&by_name, &dev->name_node, hash_string(dev->kname, 0));
    hmap_insert(&by_index, &dev->index_node, hash_index(dev->ifindex));
}

static void
registry_remove(struct nb_dev *dev)
    OVS_REQUIRES(registry_mutex)
{
    hmap_remove(&by_name, &dev->name_node);
    hmap_remove(&by_index, &dev->index_node);
}

/* Lookups.  Several devices may be the same interface: a tap that was also
 * opened as a system device, or a device that Open vSwitch opens again under
 * another class while somebody still holds the old one.
 *
 * The successor of a device stays valid if the device itself is moved: moving
 * never grows a hash, and puts the device at the head of its bucket. */

static struct nb_dev *
match_index(struct hmap_node *node, unsigned int ifindex)
    OVS_REQUIRES(registry_mutex)
{
    for (; node; node = hmap_next_with_hash(node)) {
        struct nb_dev *dev = CONTAINER_OF(node, struct nb_dev, index_node);

        if (dev->ifindex == ifindex) {
            return dev;
        }
    }
    return NULL;
}

static struct nb_dev *
first_by_index(unsigned int ifindex)
    OVS_REQUIRES(registry_mutex)
{
    return match_index(hmap_first_with_hash(&by_index, hash_index(ifindex)),
                       ifindex);
}

static struct nb_dev *
next_by_index(const struct nb_dev *dev)
    OVS_REQUIRES(registry_mutex)
{
    return match_index(hmap_next_with_hash(&dev->index_node), dev->ifindex);
}

static struct nb_dev *
match_name(struct hmap_node *node, const char *kname)
    OVS_REQUIRES(registry_mutex)
{
    for (; node; node = hmap_next_with_hash(node)) {
        struct nb_dev *dev = CONTAINER_OF(node, struct nb_dev, name_node);

        if (!strcmp(dev->kname, kname)) {
            return dev;
        }
    }
    return NULL;
}

static struct nb_dev *
first_by_name(const char *kname)
    OVS_REQUIRES(registry_mutex)
{
    return match_name(hmap_first_with_hash(&by_name, hash_string(kname, 0)),
                      kname);
}

static struct nb_dev *
next_by_name(const struct nb_dev *dev)
    OVS_REQUIRES(registry_mutex)
{
    return match_name(hmap_next_with_hash(&dev->name_node), dev->kname);
}

/* Gives 'dev' another name and ifindex. */
static void
registry_move(struct nb_dev *dev, const char *kname, unsigned int ifindex)
    OVS_REQUIRES(registry_mutex)
{
    registry_remove(dev);
    ovs_mutex_lock(&dev->mutex);
    ovs_strlcpy(dev->kname, kname, sizeof dev->kname);
    dev->ifindex = ifindex;
    ovs_mutex_unlock(&dev->mutex);
    registry_insert(dev);
}

/* Tells those who hold descriptors that belong to the interface. */
static void
new_generation(struct nb_dev *dev)
{
    uint32_t orig;

    atomic_add(&dev->generation, 1, &orig);
    seq_change(dev->seq);
}

void
nb_dev_register(struct nb_dev *dev, const char *name, bool is_tap,
                const char *kname, unsigned int ifindex,
                void (*announce)(struct nb_dev *))
{
    dev->name = xstrdup(name);
    dev->is_tap = is_tap;
    dev->announce = announce;
    ovs_strlcpy(dev->kname, kname, sizeof dev->kname);
    dev->ifindex = ifindex;
    dev->seen = false;
    atomic_init(&dev->generation, 0);
    atomic_init(&dev->doubts, 0);
    atomic_init(&dev->mtu, 0);
    dev->seq = seq_create();
    ovs_mutex_init(&dev->mutex);
    nb_cache_init(&dev->cache);
    dev->present = true;
    dev->moved = false;
    dev->tap_fd = -1;
    dev->miimon_interval = 0;
    dev->miimon_next = 0;
    dev->miimon_up = false;
    ovs_list_init(&dev->pending_node);

    ovs_mutex_lock(&registry_mutex);
    registry_insert(dev);
    ovs_mutex_unlock(&registry_mutex);
}

void
nb_dev_unregister(struct nb_dev *dev)
{
    nb_dev_set_miimon(dev, 0);

    ovs_mutex_lock(&registry_mutex);
    registry_remove(dev);
    ovs_mutex_lock(&pending_mutex);
    ovs_list_remove(&dev->pending_node);
    ovs_mutex_unlock(&pending_mutex);
    ovs_mutex_unlock(&registry_mutex);

    nb_cache_destroy(&dev->cache);
    ovs_mutex_destroy(&dev->mutex);
    seq_destroy(dev->seq);
    free(dev->name);
}

void
nb_dev_get_kname(struct nb_dev *dev, char kname[IFNAMSIZ])
{
    ovs_mutex_lock(&dev->mutex);
    ovs_strlcpy(kname, dev->kname, IFNAMSIZ);
    ovs_mutex_unlock(&dev->mutex);
}

char *
nb_dev_name_from_kname(const char *kname)
{
    const char *name = kname;
    struct nb_dev *dev;
    char *copy;

    ovs_mutex_lock(&registry_mutex);
    for (dev = first_by_name(kname); dev; dev = next_by_name(dev)) {
        if (dev->is_tap) {
            name = dev->name;
        }
    }
    copy = xstrdup(name);
    ovs_mutex_unlock(&registry_mutex);
    return copy;
}

void
nb_dev_forget_addrs(void)
{
    struct nb_dev *dev;

    ovs_mutex_lock(&registry_mutex);
    HMAP_FOR_EACH (dev, name_node, &by_name) {
        ovs_mutex_lock(&dev->mutex);
        nb_cache_invalidate(&dev->cache, HOST_V_ADDRS);
        ovs_mutex_unlock(&dev->mutex);
    }
    ovs_mutex_unlock(&registry_mutex);
}

bool
nb_dev_is_present(struct nb_dev *dev)
{
    bool present;

    ovs_mutex_lock(&dev->mutex);
    present = dev->present;
    ovs_mutex_unlock(&dev->mutex);
    return present;
}

/* Arranges for 'dev' to be announced by the main thread. */
static void
announce_later(struct nb_dev *dev)
{
    ovs_mutex_lock(&pending_mutex);
    if (ovs_list_is_empty(&dev->pending_node)) {
        ovs_list_push_back(&pending, &dev->pending_node);
    }
    ovs_mutex_unlock(&pending_mutex);
    seq_change(get_pending_seq());
}

void
nb_dev_doubt(struct nb_dev *dev)
{
    uint32_t orig;

    atomic_add(&dev->doubts, 1, &orig);
    seq_change(get_pending_seq());
}

/* Publishes the cached MTU for those who cannot take the mutex. */
static void
publish_mtu(struct nb_dev *dev)
    OVS_REQUIRES(dev->mutex)
{
    if (dev->cache.valid & HOST_V_MTU
        && !dev->cache.slots[raw_ctz(HOST_V_MTU)].error) {
        atomic_store_relaxed(&dev->mtu, dev->cache.link.mtu);
    }
}

void
nb_dev_set_tap_fd(struct nb_dev *dev, int fd)
{
    ovs_mutex_lock(&dev->mutex);
    dev->tap_fd = fd;
    ovs_mutex_unlock(&dev->mutex);
}

/* What the system says of an interface that is elsewhere is not cached, for
 * nothing tells of its changes. */
static bool
locate(struct nb_dev *dev, char *where, size_t size, struct host_link *link)
    OVS_REQUIRES(dev->mutex)
{
    struct host_tap tap = { .fd = dev->tap_fd };

    return (!dev->present && dev->tap_fd >= 0
            && !host_tap_locate(&tap, where, size, link));
}

static bool
differ(const struct host_link *a, const struct host_link *b)
{
    return (a->flags != b->flags || a->mtu != b->mtu
            || a->carrier != b->carrier
            || memcmp(a->lladdr, b->lladdr, sizeof a->lladdr));
}

bool
nb_dev_is_elsewhere__(struct nb_dev *dev, char *where, size_t size)
{
    struct host_link link;

    return locate(dev, where, size, &link);
}

bool
nb_dev_is_moved__(struct nb_dev *dev, char *where, size_t size)
{
    return (!dev->present && dev->moved
            && !host_place_name(dev->place, where, size));
}

int
nb_dev_get__(struct nb_dev *dev, unsigned int value)
{
    unsigned int changed = 0;
    struct host_link link;
    char where[NAME_MAX];
    bool cacheable;
    int error;

    /* Its ifindex would be another interface's here. */
    if (value != HOST_V_IFINDEX
        && locate(dev, where, sizeof where, &link) && link.have & value) {
        if (differ(&dev->cache.link, &link)) {
            announce_later(dev);
        }
        dev->cache.link = link;
        return 0;
    }
    atomic_read_relaxed(&notifier_works, &cacheable);
    error = nb_cache_get(&dev->cache, dev->kname, value, cacheable, &changed);
    publish_mtu(dev);
    if (changed) {
        /* The system did not tell (some lose messages silently, some do not
         * report a new link address), but now somebody knows. */
        announce_later(dev);
    }
    return error;
}

bool
nb_dev_is_ethernet__(struct nb_dev *dev)
{
    return nb_dev_get__(dev, HOST_V_LLADDR) || dev->cache.link.ether;
}

bool
nb_dev_is_ethernet(struct nb_dev *dev)
{
    bool ethernet;

    ovs_mutex_lock(&dev->mutex);
    ethernet = nb_dev_is_ethernet__(dev);
    ovs_mutex_unlock(&dev->mutex);
    return ethernet;
}

/* True if 'lladdr' is known to be that of a system device. */
static bool
is_system_lladdr(const uint8_t lladdr[HOST_LLADDR_LEN])
    OVS_REQUIRES(registry_mutex)
{
    struct nb_dev *dev;
    bool found = false;

    HMAP_FOR_EACH (dev, name_node, &by_name) {
        ovs_mutex_lock(&dev->mutex);
        found = (!dev->is_tap && dev->present && dev->cache.link.ether
                 && !memcmp(dev->cache.link.lladdr, lladdr,
                            HOST_LLADDR_LEN));
        ovs_mutex_unlock(&dev->mutex);
        if (found) {
            break;
        }
    }
    return found;
}

bool
nb_dev_make_unique(uint8_t lladdr[HOST_LLADDR_LEN])
{
    const uint8_t first = lladdr[0];
    unsigned int i = 0;

    ovs_mutex_lock(&registry_mutex);
    while (is_system_lladdr(lladdr) && ++i < 64) {
        /* Locally administered, and not multicast. */
        lladdr[0] = (first | 2) ^ (i << 2);
    }
    ovs_mutex_unlock(&registry_mutex);
    return !i;
}

void
nb_dev_own_change__(struct nb_dev *dev, unsigned int values)
{
    nb_cache_own_change(&dev->cache, values);
}

/* Events. */

static void
announce(struct nb_dev *dev)
    OVS_REQUIRES(registry_mutex)
{
    counters.announced++;
    dev->announce(dev);
}

/* Keeps messages about another interface, which may get the same ifindex,
 * away from a system device that is gone.  A tap remains what it was. */
static void
forget_index(struct nb_dev *dev)
    OVS_REQUIRES(registry_mutex)
{
    if (!dev->is_tap) {
        registry_move(dev, dev->name, 0);
    }
}

/* The interface of 'dev' is no longer there. */
static void
dev_gone(struct nb_dev *dev)
    OVS_REQUIRES(registry_mutex)
{
    bool was_present;

    ovs_mutex_lock(&dev->mutex);
    was_present = dev->present;
    dev->present = false;
    if (was_present) {
        nb_cache_gone(&dev->cache);
    }
    ovs_mutex_unlock(&dev->mutex);

    if (was_present) {
        VLOG_DBG("%s: interface %s is gone", dev->name, dev->kname);
        new_generation(dev);
        announce(dev);
    }
}

/* Notes where 'event' says that the interface of 'dev' went. */
static void
dev_moved(struct nb_dev *dev, const struct host_event *event)
    OVS_REQUIRES(registry_mutex)
{
    ovs_mutex_lock(&dev->mutex);
    dev->moved = event->moved;
    dev->place = event->place;
    ovs_mutex_unlock(&dev->mutex);
}

/* 'dev' is now the interface 'link', which it was not before. */
static void
dev_arrived(struct nb_dev *dev, const struct host_link *link)
    OVS_REQUIRES(registry_mutex)
{
    const char *kname = link->have & HOST_V_NAME ? link->name : dev->kname;
    char name[IFNAMSIZ];

    ovs_strlcpy(name, kname, sizeof name);
    registry_move(dev, name, link->ifindex);

    ovs_mutex_lock(&dev->mutex);
    dev->present = true;
    nb_cache_arrived(&dev->cache);
    ovs_mutex_unlock(&dev->mutex);

    VLOG_DBG("%s: interface %s is there", dev->name, dev->kname);
    new_generation(dev);
}

/* Applies what 'event' says to 'dev', which it is about. */
static void
dev_update(struct nb_dev *dev, const struct host_event *event, bool arrived)
    OVS_REQUIRES(registry_mutex)
{
    unsigned int changed;

    ovs_mutex_lock(&dev->mutex);
    changed = nb_cache_update(&dev->cache, &event->link, event->stale, true);
    publish_mtu(dev);
    ovs_mutex_unlock(&dev->mutex);

    dev->seen = true;
    counters.applied++;
    if (changed || arrived) {
        announce(dev);
        /* Who waits for the interface may have waited for just this, such as
         * for its being up. */
        seq_change(dev->seq);
    }
}

/* True if 'link' cannot be the interface that 'dev' is, though the ifindex is
 * the same: it has another name now and 'dev' goes by its name. */
static bool
renamed_away(const struct nb_dev *dev, const struct host_link *link)
{
    return (!dev->is_tap && link->have & HOST_V_NAME
            && strcmp(dev->kname, link->name));
}

/* Devices that have the ifindex of 'event'. */
static void
apply_link_by_index(const struct host_event *event)
    OVS_REQUIRES(registry_mutex)
{
    struct nb_dev *dev, *next;

    for (dev = first_by_index(event->link.ifindex); dev; dev = next) {
        next = next_by_index(dev);
        if (renamed_away(dev, &event->link)) {
            forget_index(dev);
            dev_gone(dev);
        } else if (!dev->present) {
            /* A system that reports a rename as departure and arrival. */
            dev_arrived(dev, &event->link);
            dev_update(dev, event, true);
        } else {
            if (event->link.have & HOST_V_NAME
                && strcmp(dev->kname, event->link.name)) {
                registry_move(dev, event->link.name, dev->ifindex);
            }
            dev_update(dev, event, false);
        }
    }
}

/* Devices that have the name of 'event' and another ifindex: what they were
 * is gone, this is what they are now. */
static void
apply_link_by_name(const struct host_event *event)
    OVS_REQUIRES(registry_mutex)
{
    const struct host_link *link = &event->link;
    struct nb_dev *dev, *next;

    for (dev = first_by_name(link->name); dev; dev = next) {
        next = next_by_name(dev);
        if (!dev->is_tap && dev->ifindex != link->ifindex) {
            dev_gone(dev);
            dev_arrived(dev, link);
            dev_update(dev, event, true);
        }
    }
}

static void
apply_gone(const struct host_event *event)
    OVS_REQUIRES(registry_mutex)
{
    const struct host_link *link = &event->link;
    struct nb_dev *dev, *next;

    for (dev = first_by_index(link->ifindex); dev; dev = next) {
        next = next_by_index(dev);
        if (!(link->have & HOST_V_NAME) || !strcmp(dev->kname, link->name)) {
            counters.applied++;
            forget_index(dev);
            dev_moved(dev, event);
            dev_gone(dev);
        }
    }
    if (event->moved) {
        nb_leftovers_moved(event);
    }
}

static void
apply_stale(const struct host_event *event)
    OVS_REQUIRES(registry_mutex)
{
    struct nb_dev *dev;

    for (dev = first_by_index(event->link.ifindex); dev;
         dev = next_by_index(dev)) {
        dev_update(dev, event, false);
    }
}

static void
apply_event(const struct host_event *event)
    OVS_REQUIRES(registry_mutex)
{
    switch (event->type) {
    case HOST_EV_LINK:
        apply_link_by_index(event);
        if (event->link.have & HOST_V_NAME) {
            apply_link_by_name(event);
        }
        break;

    case HOST_EV_GONE:
        apply_gone(event);
        break;

    case HOST_EV_STALE:
        apply_stale(event);
        break;

    case HOST_EV_MALFORMED:
        counters.malformed++;
        break;

    case HOST_EV_OTHER:
        break;
    }
}

static void
apply_events(const struct host_event *events, size_t n)
{
    ovs_mutex_lock(&registry_mutex);
    for (size_t i = 0; i < n; i++) {
        COVERAGE_INC(netdev_bsd_event);
        counters.by_msg_type[events[i].msg_type & 0xff]++;
        apply_event(&events[i]);
    }
    ovs_mutex_unlock(&registry_mutex);
}

/* Resynchronisation. */

/* Forgets everything about all devices and has them announced. */
static void
invalidate_all(void)
{
    struct nb_dev *dev;

    ovs_mutex_lock(&registry_mutex);
    HMAP_FOR_EACH (dev, name_node, &by_name) {
        ovs_mutex_lock(&dev->mutex);
        nb_cache_invalidate(&dev->cache, NB_V_ALL);
        ovs_mutex_unlock(&dev->mutex);
        announce(dev);
    }
    ovs_mutex_unlock(&registry_mutex);
}

/* Collects the links of a dump, so that they are applied when the system has
 * been read. */
struct link_array {
    struct host_link *links;
    size_t n, allocated;
};

static void
collect_link(const struct host_link *link, void *array_)
{
    struct link_array *array = array_;

    if (array->n >= array->allocated) {
        array->links = x2nrealloc(array->links, &array->allocated,
                                  sizeof *array->links);
    }
    array->links[array->n++] = *link;
}

/* Makes the devices agree with 'array', which has all interfaces.  It cannot
 * tell whether one that looks as before is another one: an ifindex may be used
 * again at once. */
static void
apply_dump(const struct link_array *array, unsigned int stale)
{
    struct nb_dev *dev;

    ovs_mutex_lock(&registry_mutex);
    HMAP_FOR_EACH (dev, name_node, &by_name) {
        dev->seen = false;
    }
    for (size_t i = 0; i < array->n; i++) {
        struct host_event event = { .type = HOST_EV_LINK,
                                    .stale = stale & ~array->links[i].have,
                                    .link = array->links[i] };

        apply_event(&event);
    }
    HMAP_FOR_EACH_SAFE (dev, name_node, &by_name) {
        if (!dev->seen) {
            forget_index(dev);
            dev_gone(dev);
        } else {
            nb_dev_doubt(dev);
        }
    }
    ovs_mutex_unlock(&registry_mutex);
}

/* Compares all devices with what the system says.  Returns the values that it
 * said of every one, and that are therefore known now. */
static unsigned int
resync(void)
{
    struct link_array array = { .links = NULL };
    int error = host_link_dump(collect_link, &array);
    unsigned int known = error ? 0 : NB_V_ALL;

    if (error) {
        VLOG_DBG("cannot list the system's interfaces (%s), trying again",
                 ovs_strerror(error));
        resync_wanted = true;
        resync_at = time_msec() + RESYNC_RETRY_MS;
    } else {
        apply_dump(&array, 0);
        resync_wanted = false;
        counters.resyncs++;
    }
    for (size_t i = 0; i < array.n; i++) {
        known &= array.links[i].have;
    }
    free(array.links);
    return known;
}

static void
lost_events(void)
{
    COVERAGE_INC(netdev_bsd_events_lost);
    counters.losses++;
    invalidate_all();
    resync_wanted = true;
    resync_at = time_msec();
}

/* Looks for changes that the system did not report, where it does not report
 * all.  Values that the dump does not carry are asked again when they are
 * wanted; if they turn out to be new, that is announced then. */
static void
revalidate_run(void)
{
    int interval = host_revalidate_interval();
    unsigned int unknown;
    struct nb_dev *dev;

    if (!interval || time_msec() < revalidate_at) {
        return;
    }
    revalidate_at = time_msec() + interval;
    unknown = (HOST_V_MTU | HOST_V_CARRIER | HOST_V_ADDRS
               | HOST_V_MEDIA) & ~resync();

    ovs_mutex_lock(&registry_mutex);
    HMAP_FOR_EACH (dev, name_node, &by_name) {
        ovs_mutex_lock(&dev->mutex);
        if (dev->present) {
            nb_cache_invalidate(&dev->cache, unknown);
        }
        ovs_mutex_unlock(&dev->mutex);
    }
    ovs_mutex_unlock(&registry_mutex);
}

/* Carrier polls. */

/* Asks the transceiver of 'dev' itself. */
static bool
miimon_ask(struct nb_dev *dev)
    OVS_REQUIRES(dev->mutex)
{
    bool up;

    return dev->present && !host_get_mii_link(dev->kname, &up) && up;
}

void
nb_dev_set_miimon(struct nb_dev *dev, long long int interval)
{
    ovs_mutex_lock(&dev->mutex);
    if (interval > 0 && dev->miimon_interval <= 0) {
        atomic_count_inc(&n_miimon);

        /* At once, lest the link seem to go down and come up. */
        dev->miimon_up = miimon_ask(dev);
        dev->miimon_next = time_msec() + interval;
    } else if (interval <= 0 && dev->miimon_interval > 0) {
        atomic_count_dec(&n_miimon);
    }
    dev->miimon_interval = interval;
    ovs_mutex_unlock(&dev->mutex);
}

/* Polls the carrier of 'dev' if that is due; returns true if it changed. */
static bool
miimon_poll(struct nb_dev *dev)
    OVS_REQUIRES(dev->mutex)
{
    bool old = dev->miimon_up;

    if (dev->miimon_interval <= 0 || time_msec() < dev->miimon_next) {
        return false;
    }
    dev->miimon_next = time_msec() + dev->miimon_interval;
    dev->miimon_up = miimon_ask(dev);
    if (dev->miimon_up != old) {
        dev->cache.carrier_resets++;
    }
    return dev->miimon_up != old;
}

static void
miimon_run(void)
{
    struct nb_dev *dev;

    if (!atomic_count_get(&n_miimon)) {
        return;
    }
    ovs_mutex_lock(&registry_mutex);
    HMAP_FOR_EACH (dev, name_node, &by_name) {
        bool changed;

        ovs_mutex_lock(&dev->mutex);
        changed = miimon_poll(dev);
        ovs_mutex_unlock(&dev->mutex);
        if (changed) {
            announce(dev);
        }
    }
    ovs_mutex_unlock(&registry_mutex);
}

static void
miimon_wait(void)
{
    struct nb_dev *dev;

    if (!atomic_count_get(&n_miimon)) {
        return;
    }
    ovs_mutex_lock(&registry_mutex);
    HMAP_FOR_EACH (dev, name_node, &by_name) {
        ovs_mutex_lock(&dev->mutex);
        if (dev->miimon_interval > 0) {
            poll_timer_wait_until(dev->miimon_next);
        }
        ovs_mutex_unlock(&dev->mutex);
    }
    ovs_mutex_unlock(&registry_mutex);
}

/* The notifier. */

/* Opens the notifier if it is not open.
 *
 * That happens in the main loop and not before: a daemon forks on the way
 * there, and starts from there again if it has crashed.  Whatever was learned
 * about devices that are open already may have been missed. */
static void
open_run(void)
{
    int error;

    if (notifier || time_msec() < reopen_at) {
        return;
    }
    error = host_notifier_open(&notifier);
    if (error) {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 1);

        VLOG_WARN_RL(&rl, "cannot listen to changes of interfaces (%s); "
                     "values are not cached until that works",
                     ovs_strerror(error));
        reopen_at = time_msec() + RETRY_MS;
        return;
    }
    atomic_store_relaxed(&notifier_works, true);
    if (counters.opens++) {
        lost_events();
    } else {
        resync_wanted = true;
    }
}

static void
notifier_broken(int error)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

    VLOG_WARN_RL(&rl, "cannot read changes of interfaces (%s), starting anew",
                 ovs_strerror(error));
    atomic_store_relaxed(&notifier_works, false);
    host_notifier_close(notifier);
    notifier = NULL;
    reopen_at = time_msec() + RETRY_MS;
}

/* Reads up to EVENT_BATCH events into 'events'.  Returns how many, and in
 * '*errorp' why it stopped, 0 if because the array is full. */
static size_t
read_events(struct host_event *events, int *errorp)
{
    size_t n = 0;
    int error = 0;

    while (n < EVENT_BATCH && !error) {
        error = host_notifier_read(notifier, &events[n]);
        n += !error;
    }
    *errorp = error;
    return n;
}

static void
events_run(void)
{
    static struct host_event events[EVENT_BATCH];

    more_events = false;
    for (int budget = EVENTS_PER_RUN; notifier; budget -= EVENT_BATCH) {
        int error;
        size_t n;

        if (budget <= 0) {
            more_events = true;
            return;
        }
        n = read_events(events, &error);
        apply_events(events, n);
        if (error == EAGAIN) {
            return;
        } else if (error) {
            lost_events();
        }
        if (error && error != ENOBUFS) {
            notifier_broken(error);
        }
    }
}

/* Announces what was found to have changed by asking. */
static void
pending_run(void)
{
    struct ovs_list list;

    ovs_mutex_lock(&registry_mutex);
    ovs_mutex_lock(&pending_mutex);
    ovs_list_move(&list, &pending);
    ovs_list_init(&pending);
    ovs_mutex_unlock(&pending_mutex);

    for (;;) {
        struct nb_dev *dev = NULL;

        ovs_mutex_lock(&pending_mutex);
        if (!ovs_list_is_empty(&list)) {
            dev = CONTAINER_OF(ovs_list_pop_front(&list), struct nb_dev,
                               pending_node);
            ovs_list_init(&dev->pending_node);
        }
        ovs_mutex_unlock(&pending_mutex);
        if (!dev) {
            break;
        }
        announce(dev);
    }
    ovs_mutex_unlock(&registry_mutex);
}

static uint64_t pending_seqno;

void
nb_notifier_run(void)
{
    pending_seqno = seq_read(get_pending_seq());
    open_run();
    events_run();
    if (resync_wanted && !more_events && time_msec() >= resync_at) {
        resync();
    }
    revalidate_run();
    miimon_run();
    pending_run();
}

void
nb_notifier_wait(void)
{
    if (more_events) {
        poll_immediate_wake();
    } else if (notifier) {
        poll_fd_wait(host_notifier_fd(notifier), POLLIN);
    } else {
        poll_timer_wait_until(reopen_at);
    }
    if (resync_wanted) {
        poll_timer_wait_until(resync_at);
    }
    if (host_revalidate_interval()) {
        poll_timer_wait_until(revalidate_at);
    }
    seq_wait(get_pending_seq(), pending_seqno);
    miimon_wait();
}

/* Taps. */

void
nb_dev_rebind(struct nb_dev *dev, const char *kname, unsigned int ifindex)
{
    ovs_mutex_lock(&registry_mutex);
    registry_move(dev, kname, ifindex);
    ovs_mutex_lock(&dev->mutex);
    dev->present = true;
    nb_cache_arrived(&dev->cache);
    ovs_mutex_unlock(&dev->mutex);
    ovs_mutex_unlock(&registry_mutex);

    new_generation(dev);
    announce_later(dev);
}

/* Formatting. */

void
nb_notifier_format(struct ds *ds)
{
    ds_put_format(ds, "system: %s\n", host_system());
    ds_put_format(ds, "notifier: %s, opened %"PRIu64" times\n",
                  notifier ? "open" : "closed", counters.opens);
    for (size_t i = 0; i < ARRAY_SIZE(counters.by_msg_type); i++) {
        const char *name = host_msg_name(i);

        if (!counters.by_msg_type[i]) {
            continue;
        }
        if (name) {
            ds_put_format(ds, "%s: ", name);
        } else {
            ds_put_format(ds, "message type %"PRIuSIZE": ", i);
        }
        ds_put_format(ds, "%"PRIu64"\n", counters.by_msg_type[i]);
    }
    ds_put_format(ds, "malformed: %"PRIu64"\n", counters.malformed);
    ds_put_format(ds, "applied to devices: %"PRIu64"\n", counters.applied);
    ds_put_format(ds, "announced: %"PRIu64"\n", counters.announced);
    ds_put_format(ds, "losses: %"PRIu64"\n", counters.losses);
    ds_put_format(ds, "resynchronisations: %"PRIu64"\n", counters.resyncs);
}

static int
compare_devs(const void *a_, const void *b_)
{
    const struct nb_dev *const *a = a_;
    const struct nb_dev *const *b = b_;

    return strcmp((*a)->name, (*b)->name);
}

static void
format_dev(struct nb_dev *dev, struct ds *ds)
    OVS_REQUIRES(registry_mutex)
{
    ovs_mutex_lock(&dev->mutex);
    ds_put_format(ds, "%s: %s, interface %s, %s\n", dev->name,
                  dev->is_tap ? "tap" : "system", dev->kname,
                  dev->present ? "present" : "gone");
    nb_cache_format(&dev->cache, ds);
    ovs_mutex_unlock(&dev->mutex);
}

bool
nb_dev_format_caches(const char *name, struct ds *ds)
{
    struct nb_dev **devs;
    struct nb_dev *dev;
    size_t n = 0;

    ovs_mutex_lock(&registry_mutex);
    devs = xmalloc((hmap_count(&by_name) + 1) * sizeof *devs);
    HMAP_FOR_EACH (dev, name_node, &by_name) {
        if (!name || !strcmp(name, dev->name)) {
            devs[n++] = dev;
        }
    }
    qsort(devs, n, sizeof *devs, compare_devs);
    for (size_t i = 0; i < n; i++) {
        format_dev(devs[i], ds);
    }
    ovs_mutex_unlock(&registry_mutex);
    free(devs);
    return n || !name;
}

void
nb_dev_format_lookups(struct ds *ds)
{
    struct nb_lookups sums[NB_N_VALUES];
    struct nb_dev *dev;

    memset(sums, 0, sizeof sums);
    ovs_mutex_lock(&registry_mutex);
    HMAP_FOR_EACH (dev, name_node, &by_name) {
        ovs_mutex_lock(&dev->mutex);
        nb_cache_add_lookups(&dev->cache, sums);
        ovs_mutex_unlock(&dev->mutex);
    }
    ovs_mutex_unlock(&registry_mutex);
    nb_lookups_format(sums, ds);
}
