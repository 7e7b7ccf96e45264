/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * What is known about one device.
 *
 * Motivation
 * ==========
 *
 * The switch asks for flags, MTU, addresses and so on over and over again,
 * and each question is a system call or several.  A cache remembers each
 * value, or the error that the system gave instead, until an event says that
 * it may have changed.  So a value is asked of the system at most once
 * between two invalidations.
 *
 * Statistics are never cached: they change all the time and no message says
 * so.
 *
 * A value is in one of these states:
 *
 *   - valid: what the system would answer, as far as events tell.
 *
 *   - known but not valid: it may have changed.  The old value is kept to
 *     find out, when the new one is seen, whether it did.
 *
 *   - unknown: never seen, or changed by ourselves.
 *
 * Thread-safety
 * =============
 *
 * None.  The caller serialises (struct nb_dev does, by its mutex). */

#ifndef NETDEV_NETDEV_CACHE_H
#define NETDEV_NETDEV_CACHE_H 1

#include "host/host.h"

struct ds;

/* Values are the HOST_V_* and: */
#define NB_V_DRIVER (1u << 11)          /* host_get_driver(). */
#define NB_N_VALUES 12

/* Everything that a change of the interface as a whole makes doubtful. */
#define NB_V_ALL ((1u << NB_N_VALUES) - 1)

struct nb_slot {
    int error;                  /* 0, or why there is no value. */
    long long int when;         /* time_msec() when the value was seen. */
    uint64_t hits;              /* Answered from the cache. */
    uint64_t misses;            /* Asked of the system. */
};

struct nb_cache {
    unsigned int valid;         /* Values that need not be asked. */
    unsigned int known;         /* Values that were seen before. */
    unsigned int unannounced;   /* Values that we changed and about which no
                                 * event has come yet. */
    struct nb_slot slots[NB_N_VALUES];

    struct host_link link;      /* HOST_V_IFINDEX to HOST_V_STATS. */
    struct host_addr *addrs;    /* HOST_V_ADDRS. */
    size_t n_addrs;
    struct host_media media;    /* HOST_V_MEDIA. */
    struct host_driver driver;  /* NB_V_DRIVER. */

    uint64_t carrier_resets;    /* Changes of carrier since nb_cache_init(). */
};

/* Makes 'cache' empty. */
void nb_cache_init(struct nb_cache *cache);

/* Frees what 'cache' points to, not 'cache'. */
void nb_cache_destroy(struct nb_cache *cache);

/* Makes sure that 'cache' holds 'value' (one HOST_V_* or NB_V_*) of interface
 * 'name', and counts a hit or a miss.  Afterwards the member of 'cache' that
 * belongs to 'value' may be read.  Returns 0 or the error that the system
 * gave, which is remembered only if it is lasting: ENODEV and EOPNOTSUPP.
 *
 * If 'cacheable' is false the system is asked in any case and the value is
 * not remembered: there is no notifier that would tell of changes.
 *
 * If values turn out to be other than they were known to be, their bits are
 * added to '*changed': somebody should be told. */
int nb_cache_get(struct nb_cache *cache, const char *name, unsigned int value,
                 bool cacheable, unsigned int *changed);

/* Takes over the values that 'link' carries, and makes the values in 'stale'
 * invalid.  Returns the values that changed for someone who looked at them
 * before, or that we changed ourselves without an event so far: if the result
 * is nonzero, the change has to be announced.  'cacheable' is as for
 * nb_cache_get(). */
unsigned int nb_cache_update(struct nb_cache *cache,
                             const struct host_link *link,
                             unsigned int stale, bool cacheable);

/* Makes 'values' invalid: they are asked again when they are wanted. */
void nb_cache_invalidate(struct nb_cache *cache, unsigned int values);

/* Notes that we changed 'values' ourselves. */
void nb_cache_own_change(struct nb_cache *cache, unsigned int values);

/* The interface is gone: until nb_cache_arrived(), every question is answered
 * with ENODEV and costs no system call. */
void nb_cache_gone(struct nb_cache *cache);

/* The interface is there (again); nothing is known about it yet. */
void nb_cache_arrived(struct nb_cache *cache);

/* Appends a readable form of 'cache' to 'ds', one line per value. */
void nb_cache_format(const struct nb_cache *cache, struct ds *ds);

/* Look-ups of one value, of one cache or of many. */
struct nb_lookups {
    uint64_t hits, misses;
};

/* Adds those of 'cache' to 'sums'. */
void nb_cache_add_lookups(const struct nb_cache *cache,
                          struct nb_lookups sums[NB_N_VALUES]);

/* Appends 'sums' to 'ds', one line per value, in the words of
 * nb_cache_format(). */
void nb_lookups_format(const struct nb_lookups sums[NB_N_VALUES],
                       struct ds *ds);

/* What 'error', in the terms of host.h, means for a device, in words.  The
 * system's own are not about devices ("Operation not supported by device" for
 * one that is gone). */
const char *nb_strerror(int error);

#endif /* NETDEV_NETDEV_CACHE_H */
