/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * What must be put right on interfaces some day, across the end of the
 * daemon.
 *
 * Offloads are switched off while an interface is a port, and the host may be
 * kept from its frames.  A daemon that is killed leaves it like that, and the
 * next one would take it for the user's wish.  So that is written to a file in
 * the run directory, which does not survive the system itself.  The next daemon
 * puts it right when it starts, whether the interface becomes a port again or
 * not; one that ends, by a command or a signal, does so itself.  What is on an
 * interface that is moved out of reach is put right there, if the system says
 * where and lets us, or else when it returns.
 *
 * 'mutex' guards the list and the file.  Any thread may call anything; a file
 * is written with each change. */

#include <config.h>

#include "netdev/netdev-leftovers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dirs.h"
#include "fatal-signal.h"
#include "host/host.h"
#include "netdev/netdev-cache.h"
#include "netdev/netdev-chore.h"
#include "openvswitch/thread.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(netdev_bsd_leftovers);

/* Beyond these, an interface that goes makes another one that went be
 * forgotten. */
#define ENTRIES_ENOUGH 256

static struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;
static struct host_offloads *entries OVS_GUARDED_BY(mutex);
static size_t n_entries OVS_GUARDED_BY(mutex);
static size_t allocated_entries OVS_GUARDED_BY(mutex);
static bool loaded OVS_GUARDED_BY(mutex);

static char *
file_name(void)
{
    return xasprintf("%s/ovs-bsd.offloads", ovs_rundir());
}

static bool
is_known(const struct host_offloads *offloads)
{
    static const uint64_t nobody[HOST_OFFLOADS_ID];

    return memcmp(offloads->id, nobody, sizeof nobody) != 0;
}

/* The entry of the interface that 'offloads' is about, or NULL. */
static struct host_offloads *
find(const struct host_offloads *offloads)
    OVS_REQUIRES(mutex)
{
    for (size_t i = 0; i < n_entries; i++) {
        if (!memcmp(entries[i].id, offloads->id, sizeof offloads->id)) {
            return &entries[i];
        }
    }
    return NULL;
}

/* The others keep their order. */
static void
remove_entry(struct host_offloads *entry)
    OVS_REQUIRES(mutex)
{
    n_entries--;
    memmove(entry, entry + 1, (entries + n_entries - entry) * sizeof *entry);
}

/* Makes room by forgetting the interface that has been away the longest. */
static void
forget_absent(void)
    OVS_REQUIRES(mutex)
{
    for (size_t i = 0; i < n_entries; i++) {
        if (!host_offloads_present(&entries[i])) {
            remove_entry(&entries[i]);
            return;
        }
    }
}

static void
add(const struct host_offloads *offloads)
    OVS_REQUIRES(mutex)
{
    if (n_entries >= ENTRIES_ENOUGH) {
        forget_absent();
    }
    if (n_entries >= allocated_entries) {
        entries = x2nrealloc(entries, &allocated_entries, sizeof *entries);
    }
    entries[n_entries++] = *offloads;
}

static void save(void) OVS_REQUIRES(mutex);

/* Puts right what is on interfaces that are there, and forgets it. */
static void
restore_all(void)
    OVS_REQUIRES(mutex)
{
    size_t n = 0;

    for (size_t i = 0; i < n_entries; i++) {
        if (host_offloads_restore(&entries[i]) == ENODEV) {
            entries[n++] = entries[i];
        }
    }
    if (n < n_entries) {
        n_entries = n;
        save();
    }
}

static void
restore_at_exit(void *unused OVS_UNUSED)
{
    ovs_mutex_lock(&mutex);
    restore_all();
    ovs_mutex_unlock(&mutex);
}

/* A file that somebody has damaged is believed up to there. */
static void
read_entries(void)
    OVS_REQUIRES(mutex)
{
    struct host_offloads o = { .changed = true };
    char *name = file_name();
    FILE *stream = fopen(name, "r");

    if (stream) {
        while (fscanf(stream, "%"SCNx64" %"SCNx64" %"SCNx64" %"SCNx64
                      " %"SCNx64" %"SCNx64" %"SCNx64"\n", &o.id[0], &o.id[1],
                      &o.id[2], &o.saved[0], &o.saved[1], &o.saved[2],
                      &o.saved[3]) == 7) {
            add(&o);
        }
        fclose(stream);
    }
    free(name);
}

static void
load(void)
    OVS_REQUIRES(mutex)
{
    if (!loaded) {
        loaded = true;
        read_entries();
        restore_all();
        fatal_signal_add_hook(restore_at_exit, NULL, NULL, true);
    }
}

static int
write_entries(const char *name)
    OVS_REQUIRES(mutex)
{
    FILE *stream = fopen(name, "w");
    int error = 0;

    if (!stream) {
        return errno;
    }
    for (size_t i = 0; i < n_entries; i++) {
        const struct host_offloads *o = &entries[i];

        fprintf(stream, "%"PRIx64" %"PRIx64" %"PRIx64" %"PRIx64" %"PRIx64
                " %"PRIx64" %"PRIx64"\n", o->id[0], o->id[1], o->id[2],
                o->saved[0], o->saved[1], o->saved[2], o->saved[3]);
    }
    if (ferror(stream)) {
        error = EIO;
    }
    return fclose(stream) ? errno : error;
}

/* Without the file all works but for what a crash leaves behind. */
static void
save(void)
    OVS_REQUIRES(mutex)
{
    char *name = file_name();
    char *tmp = xasprintf("%s.tmp", name);
    int error = write_entries(tmp);

    if (!error && rename(tmp, name)) {
        error = errno;
    }
    if (error) {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 1);

        unlink(tmp);
        VLOG_WARN_RL(&rl, "%s: cannot write (%s), so offloads stay off if "
                     "this daemon is killed", name, ovs_strerror(error));
    }
    free(tmp);
    free(name);
}

void
nb_leftovers_recover(void)
{
    ovs_mutex_lock(&mutex);
    load();
    ovs_mutex_unlock(&mutex);
}

void
nb_leftovers_note(struct host_offloads *offloads)
{
    struct host_offloads *entry;

    if (!is_known(offloads)) {
        return;
    }
    ovs_mutex_lock(&mutex);
    load();
    entry = find(offloads);
    if (entry) {
        /* What an earlier daemon switched off is ours to restore, too. */
        for (size_t i = 0; i < ARRAY_SIZE(entry->saved); i++) {
            offloads->saved[i] |= entry->saved[i];
        }
        offloads->changed = true;
        *entry = *offloads;
    } else if (offloads->changed) {
        add(offloads);
    }
    if (offloads->changed) {
        save();
    }
    ovs_mutex_unlock(&mutex);
}

void
nb_leftovers_forget(const struct host_offloads *offloads)
{
    struct host_offloads *entry;

    ovs_mutex_lock(&mutex);
    load();
    entry = is_known(offloads) ? find(offloads) : NULL;
    if (entry) {
        remove_entry(entry);
        save();
    }
    ovs_mutex_unlock(&mutex);
}

/* Copies what is left on the interface that 'event' is about to '*o'.  Returns
 * false if there is none. */
static bool
get_moved(const struct host_event *event, struct host_offloads *o)
{
    bool found = false;

    ovs_mutex_lock(&mutex);
    load();
    for (size_t i = 0; i < n_entries && !found; i++) {
        *o = entries[i];
        found = o->id[0] == event->link.ifindex;
    }
    ovs_mutex_unlock(&mutex);
    return found;
}

/* Slow. */
static void
follow(const struct host_event *event)
{
    struct host_offloads o;
    int error;

    /* Without the mutex: others must not wait for that. */
    if (!get_moved(event, &o)) {
        return;
    }
    error = host_offloads_follow(&o, event);
    if (!error) {
        nb_leftovers_forget(&o);
    } else if (error != ENODEV) {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 1);

        VLOG_INFO_RL(&rl, "%s: offloads stay off where it was moved to (%s)",
                     event->link.name, nb_strerror(error));
    }
}

void
nb_leftovers_moved(const struct host_event *event)
{
    nb_chore_event(follow, event);
}
