/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * What is known about one device: see netdev-cache.h.
 *
 * No lock here: the caller serialises. */

#include <config.h>

#include "netdev/netdev-cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "timeval.h"
#include "util.h"

/* Values that are never remembered. */
#define NB_V_VOLATILE (HOST_V_STATS | HOST_V_NEIGH | HOST_V_NAME)

/* Values of which struct host_link has the contents. */
#define NB_V_LINK (HOST_V_IFINDEX | HOST_V_NAME | HOST_V_FLAGS | HOST_V_MTU \
                   | HOST_V_LLADDR | HOST_V_CARRIER | HOST_V_RESETS \
                   | HOST_V_STATS)

static struct nb_slot *
slot_of(struct nb_cache *cache, unsigned int value)
{
    ovs_assert(IS_POW2(value) && value <= NB_V_ALL);
    return &cache->slots[raw_ctz(value)];
}

void
nb_cache_init(struct nb_cache *cache)
{
    memset(cache, 0, sizeof *cache);
}

void
nb_cache_destroy(struct nb_cache *cache)
{
    free(cache->addrs);
    cache->addrs = NULL;
}

/* Notes that 'value' was seen now, or that the system has an error instead. */
static void
note_value(struct nb_cache *cache, unsigned int value, int error,
           bool cacheable)
{
    struct nb_slot *slot = slot_of(cache, value);

    slot->error = error;
    slot->when = time_msec();
    cache->known |= value;
    if (cacheable && !(value & NB_V_VOLATILE)
        && (!error || error == ENODEV || error == EOPNOTSUPP)) {
        cache->valid |= value;
    } else {
        cache->valid &= ~value;
    }
}

/* Counts changes of carrier.  A kernel that counts them itself also knows of
 * those that nobody saw; its counter restarts with a new interface. */
static void
count_resets(struct nb_cache *cache, const struct host_link *new)
{
    const struct host_link *old = &cache->link;

    if (new->have & HOST_V_RESETS) {
        if (cache->known & HOST_V_RESETS) {
            cache->carrier_resets += (new->resets >= old->resets
                                      ? new->resets - old->resets
                                      : new->resets);
        }
    } else if (new->have & cache->known & HOST_V_CARRIER
               && new->carrier != old->carrier) {
        cache->carrier_resets++;
    }
}

/* Values in which 'new' differs from the old ones, whether known or not. */
static unsigned int
compare_links(const struct host_link *old, const struct host_link *new)
{
    return ((old->ifindex != new->ifindex ? HOST_V_IFINDEX : 0)
            | (old->flags != new->flags ? HOST_V_FLAGS : 0)
            | (old->mtu != new->mtu ? HOST_V_MTU : 0)
            | (old->ether != new->ether
               || memcmp(old->lladdr, new->lladdr, sizeof old->lladdr)
               ? HOST_V_LLADDR : 0)
            | (old->carrier != new->carrier ? HOST_V_CARRIER : 0)
            | (old->resets != new->resets ? HOST_V_RESETS : 0));
}

static void
copy_link(struct host_link *dst, const struct host_link *src)
{
    if (src->have & HOST_V_IFINDEX) {
        dst->ifindex = src->ifindex;
    }
    if (src->have & HOST_V_FLAGS) {
        dst->flags = src->flags;
    }
    if (src->have & HOST_V_MTU) {
        dst->mtu = src->mtu;
    }
    if (src->have & HOST_V_LLADDR) {
        memcpy(dst->lladdr, src->lladdr, sizeof dst->lladdr);
        dst->ether = src->ether;
    }
    if (src->have & HOST_V_CARRIER) {
        dst->carrier = src->carrier;
    }
    if (src->have & HOST_V_RESETS) {
        dst->resets = src->resets;
    }
    if (src->have & HOST_V_STATS) {
        dst->stats = src->stats;
    }
}

/* Values of 'link' that had an error before. */
static unsigned int
had_errors(const struct nb_cache *cache)
{
    unsigned int values = 0;

    for (int i = 0; i < NB_N_VALUES; i++) {
        if (cache->slots[i].error) {
            values |= 1u << i;
        }
    }
    return values;
}

/* Takes over the values of 'link' and returns those that are not as they were
 * known to be. */
static unsigned int
merge_link(struct nb_cache *cache, const struct host_link *link,
           bool cacheable)
{
    unsigned int have = link->have & NB_V_LINK;
    unsigned int changed = (compare_links(&cache->link, link)
                            | had_errors(cache)) & have & cache->known;

    count_resets(cache, link);
    copy_link(&cache->link, link);
    for (int i = 0; i < NB_N_VALUES; i++) {
        if (have & (1u << i)) {
            note_value(cache, 1u << i, 0, cacheable);
        }
    }
    return changed & ~NB_V_VOLATILE;
}

static int
ask_link(struct nb_cache *cache, const char *name, unsigned int value,
         bool cacheable, unsigned int *changed)
{
    struct host_link link;
    int error = host_link_get(name, value, &link);

    if (!error) {
        *changed |= merge_link(cache, &link, cacheable);
    } else {
        note_value(cache, value, error, cacheable);
    }
    return error;
}

static int
ask_addrs(struct nb_cache *cache, const char *name)
{
    struct host_addr *addrs;
    size_t n;
    int error = host_get_addrs(name, &addrs, &n);

    free(cache->addrs);
    cache->addrs = error ? NULL : addrs;
    cache->n_addrs = error ? 0 : n;
    return error;
}

static int
ask(struct nb_cache *cache, const char *name, unsigned int value,
    bool cacheable, unsigned int *changed)
{
    int error;

    if (value & NB_V_LINK) {
        return ask_link(cache, name, value, cacheable, changed);
    } else if (value == HOST_V_ADDRS) {
        error = ask_addrs(cache, name);
    } else if (value == HOST_V_MEDIA) {
        error = host_get_media(name, &cache->media);
    } else {
        ovs_assert(value == NB_V_DRIVER);
        error = host_get_driver(name, &cache->driver);
    }
    note_value(cache, value, error, cacheable);
    return error;
}

int
nb_cache_get(struct nb_cache *cache, const char *name, unsigned int value,
             bool cacheable, unsigned int *changed)
{
    struct nb_slot *slot = slot_of(cache, value);

    if (cacheable && cache->valid & value) {
        slot->hits++;
        return slot->error;
    }
    slot->misses++;
    return ask(cache, name, value, cacheable, changed);
}

unsigned int
nb_cache_update(struct nb_cache *cache, const struct host_link *link,
                unsigned int stale, bool cacheable)
{
    unsigned int told = (link->have | stale) & cache->unannounced;
    unsigned int changed = merge_link(cache, link, cacheable);

    /* Nothing says whether a stale value changed, only whether anybody has
     * looked at it since it was last declared stale. */
    changed |= stale & cache->valid;
    nb_cache_invalidate(cache, stale);
    cache->unannounced &= ~told;
    return changed | told;
}

void
nb_cache_invalidate(struct nb_cache *cache, unsigned int values)
{
    cache->valid &= ~values;
}

void
nb_cache_own_change(struct nb_cache *cache, unsigned int values)
{
    cache->valid &= ~values;
    cache->known &= ~values;
    cache->unannounced |= values;
}

void
nb_cache_gone(struct nb_cache *cache)
{
    if (cache->known & HOST_V_CARRIER && cache->link.carrier) {
        cache->carrier_resets++;
        cache->link.carrier = false;
    }
    for (int i = 0; i < NB_N_VALUES; i++) {
        note_value(cache, 1u << i, ENODEV, true);
    }
    cache->valid = NB_V_ALL;
    cache->unannounced = 0;
}

void
nb_cache_arrived(struct nb_cache *cache)
{
    /* A new interface starts without carrier and with a count of 0. */
    cache->link.carrier = false;
    cache->link.resets = 0;
    cache->known = HOST_V_CARRIER | HOST_V_RESETS;
    cache->valid = 0;
    cache->unannounced = 0;
    for (int i = 0; i < NB_N_VALUES; i++) {
        cache->slots[i].error = 0;
    }
}

/* Words. */

const char *
nb_strerror(int error)
{
    switch (error) {
    case ENODEV:
        return "the interface is gone";
    case ENETDOWN:
        return "the interface is down";
    case EOPNOTSUPP:
        return "not supported by this interface";
    default:
        return ovs_strerror(error);
    }
}

/* Formatting. */

static const char *const value_names[NB_N_VALUES] = {
    "ifindex", "name", "flags", "mtu", "etheraddr", "carrier",
    "carrier_changes", "statistics", "addresses", "media", "neighbours",
    "driver",
};

static void
format_addrs(const struct nb_cache *cache, struct ds *ds)
{
    for (size_t i = 0; i < cache->n_addrs; i++) {
        ds_put_cstr(ds, i ? " " : "");
        ipv6_format_mapped(&cache->addrs[i].addr, ds);
    }
    if (!cache->n_addrs) {
        ds_put_cstr(ds, "none");
    }
}

static void
format_flags(unsigned int flags, struct ds *ds)
{
    ds_put_format(ds, "%s%s%s", flags & HOST_FLAG_UP ? "up" : "down",
                  flags & HOST_FLAG_PROMISC ? " promisc" : "",
                  flags & HOST_FLAG_LOOPBACK ? " loopback" : "");
}

static void
format_media(const struct host_media *media, struct ds *ds)
{
    ds_put_format(ds, "%"PRIu64" b/s current 0x%x advertised 0x%x "
                  "supported 0x%x peer 0x%x", media->speed, media->current,
                  media->advertised, media->supported, media->peer);
}

static void
format_value(const struct nb_cache *cache, unsigned int value, struct ds *ds)
{
    const struct host_link *link = &cache->link;

    switch (value) {
    case HOST_V_IFINDEX:
        ds_put_format(ds, "%u", link->ifindex);
        break;
    case HOST_V_FLAGS:
        format_flags(link->flags, ds);
        break;
    case HOST_V_MTU:
        ds_put_format(ds, "%d", link->mtu);
        break;
    case HOST_V_LLADDR:
        ds_put_format(ds, "%02x:%02x:%02x:%02x:%02x:%02x%s",
                      link->lladdr[0], link->lladdr[1], link->lladdr[2],
                      link->lladdr[3], link->lladdr[4], link->lladdr[5],
                      link->ether ? "" : " (not Ethernet)");
        break;
    case HOST_V_CARRIER:
        ds_put_cstr(ds, link->carrier ? "yes" : "no");
        break;
    case HOST_V_RESETS:
        ds_put_format(ds, "%"PRIu64, link->resets);
        break;
    case HOST_V_ADDRS:
        format_addrs(cache, ds);
        break;
    case HOST_V_MEDIA:
        format_media(&cache->media, ds);
        break;
    case NB_V_DRIVER:
        ds_put_format(ds, "\"%s\"", cache->driver.name);
        break;
    }
}

void
nb_cache_format(const struct nb_cache *cache, struct ds *ds)
{
    long long int now = time_msec();

    for (int i = 0; i < NB_N_VALUES; i++) {
        const struct nb_slot *slot = &cache->slots[i];
        unsigned int value = 1u << i;

        if (value & NB_V_VOLATILE) {
            continue;
        }
        ds_put_format(ds, "  %s: ", value_names[i]);
        if (!(cache->valid & value)) {
            ds_put_cstr(ds, "unknown");
        } else if (slot->error) {
            ds_put_format(ds, "(%s), age %lld ms",
                          nb_strerror(slot->error), now - slot->when);
        } else {
            format_value(cache, value, ds);
            ds_put_format(ds, ", age %lld ms", now - slot->when);
        }
        ds_put_format(ds, ", %"PRIu64" hits, %"PRIu64" misses\n",
                      slot->hits, slot->misses);
    }
}

void
nb_cache_add_lookups(const struct nb_cache *cache,
                     struct nb_lookups sums[NB_N_VALUES])
{
    for (int i = 0; i < NB_N_VALUES; i++) {
        sums[i].hits += cache->slots[i].hits;
        sums[i].misses += cache->slots[i].misses;
    }
}

void
nb_lookups_format(const struct nb_lookups sums[NB_N_VALUES], struct ds *ds)
{
    for (int i = 0; i < NB_N_VALUES; i++) {
        if (!((1u << i) & NB_V_VOLATILE)) {
            ds_put_format(ds, "  %s: %"PRIu64" hits, %"PRIu64" misses\n",
                          value_names[i], sums[i].hits, sums[i].misses);
        }
    }
}
