/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Devices, as the notifier sees them, and the notifier.
 *
 * Motivation
 * ==========
 *
 * A struct nb_dev ties an open netdev to an interface of the kernel.  The
 * notifier reads what the system reports, finds the devices that a message is
 * about in a hash (by ifindex or by the kernel's name, so in O(1) with
 * thousands of devices) and updates their caches.
 *
 * What a device *is* depends on its kind.  A system device is its name: when
 * the interface of that name goes or is renamed, the device is gone, and when
 * another interface of that name appears, the device is back.  A tap is its
 * ifindex: it stays the same interface when somebody renames it.
 *
 * Thread-safety and locks
 * =======================
 *
 * Order, outermost first:
 *
 *   netdev_mutex (of Open vSwitch, held during construct and destruct)
 *   registry mutex (in netdev-dev.c: hashes, name and ifindex of devices)
 *   nb_dev's mutex (the cache)
 *   pending mutex (in netdev-dev.c: a list)
 *
 * Nothing here ever takes netdev_mutex or opens, references or closes a
 * netdev, so an event cannot deadlock with netdev_open() or be the one that
 * destroys a device: nb_dev_unregister() waits for the registry mutex.
 *
 * Messages are read without any lock, by the main thread only, and then
 * applied batch by batch with the registry mutex held. */

#ifndef NETDEV_NETDEV_DEV_H
#define NETDEV_NETDEV_DEV_H 1

#include "netdev/netdev-cache.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/thread.h"
#include "ovs-atomic.h"

struct ds;

struct nb_dev {
    /* Guarded by the registry mutex; written with 'mutex' held as well, so
     * that either suffices for reading. */
    struct hmap_node name_node;     /* In hash by 'kname'. */
    struct hmap_node index_node;    /* In hash by 'ifindex'. */
    char kname[IFNAMSIZ];           /* The kernel's name. */
    unsigned int ifindex;           /* 0 if the interface is gone. */
    bool seen;                      /* For resynchronisation. */

    /* Constant. */
    bool is_tap;                    /* Is its ifindex, not its name. */
    char *name;                     /* For messages: the netdev's name. */
    void (*announce)(struct nb_dev *);

    /* Readable without a lock. */
    atomic_uint32_t generation;     /* Changes when the interface goes, comes,
                                     * or is another one. */
    atomic_int mtu;                 /* Latest known MTU, 0 if none. */
    atomic_uint32_t doubts;         /* Changes when the interface may be
                                     * another one under the same name and
                                     * ifindex. */
    struct seq *seq;                /* Changes with the interface. */

    struct ovs_mutex mutex;         /* Guards what follows. */
    struct nb_cache cache;
    bool present;                   /* The interface exists. */
    bool moved;                     /* It went to 'place', as the notifier */
    int place;                      /* said (host_place_name()). */
    int tap_fd;                     /* Of a tap, to ask where it is, or -1. */
    long long int miimon_interval;  /* Milliseconds, <= 0 if off. */
    long long int miimon_next;      /* Time of the next poll. */
    bool miimon_up;                 /* Result of the latest poll. */

    /* Guarded by the pending mutex. */
    struct ovs_list pending_node;   /* Waits to be announced, else empty. */
};

/* Makes 'dev' known to the notifier.  'name' is the netdev's name, 'kname' and
 * 'ifindex' are the kernel's.  'announce' is called by the main thread, with
 * the registry mutex held, when consumers should look at the device again.
 * May be called with netdev_mutex held. */
void nb_dev_register(struct nb_dev *dev, const char *name, bool is_tap,
                     const char *kname, unsigned int ifindex,
                     void (*announce)(struct nb_dev *));

/* Reverses nb_dev_register().  'announce' is not called any more when it
 * returns. */
void nb_dev_unregister(struct nb_dev *dev);

/* Tells that 'dev', a tap, is another interface now. */
void nb_dev_rebind(struct nb_dev *dev, const char *kname,
                   unsigned int ifindex);

/* Copies the kernel's name of 'dev' to 'kname'. */
void nb_dev_get_kname(struct nb_dev *dev, char kname[IFNAMSIZ]);

/* Returns the name of the netdev that is the interface 'kname', or a copy of
 * 'kname' if there is none.  They differ for taps that cannot be renamed.  The
 * caller must free() the result. */
char *nb_dev_name_from_kname(const char *kname);

/* Tells that 'fd' is the descriptor of 'dev', a tap, or that it has none for
 * now (-1).  It must stay open until the next call. */
void nb_dev_set_tap_fd(struct nb_dev *dev, int fd);

/* If the interface of 'dev' was moved to a place where its name does not reach
 * but its frames come from, stores what people call it in the 'size' bytes at
 * 'where' and returns true.  The caller holds 'dev->mutex'. */
bool nb_dev_is_elsewhere__(struct nb_dev *dev, char *where, size_t size)
    OVS_REQUIRES(dev->mutex);

/* If the interface of 'dev', a system device, was moved out of reach, stores
 * what people call the place in the 'size' bytes at 'where' and returns true.
 * The caller holds 'dev->mutex'. */
bool nb_dev_is_moved__(struct nb_dev *dev, char *where, size_t size)
    OVS_REQUIRES(dev->mutex);

/* Makes the addresses of all devices be asked for when they are needed
 * next. */
void nb_dev_forget_addrs(void);

/* Has whoever holds descriptors that belong to the interface look whether it
 * is still the same, soon.  Any thread. */
void nb_dev_doubt(struct nb_dev *dev);

/* Changes 'lladdr' to one that no device of class "system" has, always in the
 * same way.  Returns true if it is one already.  No mutex may be held. */
bool nb_dev_make_unique(uint8_t lladdr[HOST_LLADDR_LEN]);

/* Returns false if the interface is known not to be an Ethernet one; of one
 * that has gone meanwhile nobody knows.  The first is for callers that hold
 * 'dev->mutex'. */
bool nb_dev_is_ethernet__(struct nb_dev *dev) OVS_REQUIRES(dev->mutex);
bool nb_dev_is_ethernet(struct nb_dev *dev);

/* Returns true unless the interface is known to be gone. */
bool nb_dev_is_present(struct nb_dev *dev);

/* Makes sure that 'dev->cache' holds 'value' and returns 0 or an errno value,
 * as nb_cache_get().  The caller holds 'dev->mutex'. */
int nb_dev_get__(struct nb_dev *dev, unsigned int value)
    OVS_REQUIRES(dev->mutex);

/* Notes that we changed 'values' of 'dev' ourselves.  The caller holds
 * 'dev->mutex'. */
void nb_dev_own_change__(struct nb_dev *dev, unsigned int values)
    OVS_REQUIRES(dev->mutex);

/* Sets the interval of the carrier polls, in milliseconds; 0 or less turns
 * them off. */
void nb_dev_set_miimon(struct nb_dev *dev, long long int interval);

/* Opens the notifier if it is not open, reads what the system reports and
 * applies it, and does the polls that are due.  Bounded work per call.  Main
 * thread only, and not before the process has become a daemon.  Until the
 * first call nothing is cached. */
void nb_notifier_run(void);

/* Arranges for poll_block() to wake up when nb_notifier_run() has something
 * to do.  Main thread only. */
void nb_notifier_wait(void);

/* Appends counters of the notifier, in readable form.  Main thread only. */
void nb_notifier_format(struct ds *ds);

/* Appends the caches of the device 'name' (a netdev's name), or of all
 * devices in order of names if 'name' is NULL.  Returns false if there is no
 * such device. */
bool nb_dev_format_caches(const char *name, struct ds *ds);

/* Appends how often the caches of all devices were asked, together: a few lines
 * for those who ask again and again, however many devices there are. */
void nb_dev_format_lookups(struct ds *ds);

#endif /* NETDEV_NETDEV_DEV_H */
