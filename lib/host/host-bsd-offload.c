/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface of the BSDs: offloads that are off while an interface is
 * a port.
 *
 * An interface is its index, together with the name that it was born with,
 * because an index may be used again.
 *
 * No state and no locks.  Any thread may call anything. */

#include "host/host-bsd.h"

#include <errno.h>
#include <string.h>

static int
identify(unsigned int ifindex, uint64_t id[HOST_OFFLOADS_ID])
{
    char name[2 * sizeof id[0]];
    int error;

    memset(name, 0, sizeof name);
    error = bsd_birth_name(ifindex, name, sizeof name);
    id[0] = ifindex;
    memcpy(&id[1], name, sizeof name);
    return error;
}

/* Stores in 'saved->id' which interface 'name' is. */
static void
offloads_identify(const char *name, struct host_offloads *saved)
{
    unsigned int ifindex;

    if (bsd_ifindex(name, &ifindex) || identify(ifindex, saved->id)) {
        memset(saved->id, 0, sizeof saved->id);
    }
}

/* Stores in 'name' what the interface of 'saved->id' is called now.  ENODEV:
 * it is gone. */
static int
offloads_find(const struct host_offloads *saved, char name[IFNAMSIZ])
{
    uint64_t id[HOST_OFFLOADS_ID];

    if (!saved->id[0] || !if_indextoname(saved->id[0], name)
        || identify(saved->id[0], id)
        || memcmp(id, saved->id, sizeof id)) {
        return ENODEV;
    }
    return 0;
}

int
host_offloads_off(const char *name, struct host_offloads *saved)
{
    int error;

    memset(saved, 0, sizeof *saved);
    error = bsd_change_offloads(name, bsd_bad_offloads, 0, &saved->saved[0]);
    saved->changed = saved->saved[0] != 0;
    offloads_identify(name, saved);
    return bsd_is_unsupported(error) ? 0 : error;
}

int
host_offloads_restore(struct host_offloads *saved)
{
    char name[IFNAMSIZ];
    uint64_t changed;
    int error;

    if (!saved->changed) {
        return 0;
    }
    error = offloads_find(saved, name);
    if (!error) {
        error = bsd_change_offloads(name, 0, saved->saved[0], &changed);
    }
    saved->changed = error == ENODEV;
    return bsd_is_unsupported(error) ? 0 : error;
}

bool
host_offloads_present(const struct host_offloads *saved)
{
    char name[IFNAMSIZ];

    return !offloads_find(saved, name);
}

/* No BSD says where an interface went. */
int
host_offloads_follow(struct host_offloads *saved,
                     const struct host_event *event)
{
    (void) saved;
    (void) event;
    return ENODEV;
}

/* bpf gets its copy where the stack gets the frame, and nothing in between could
 * keep one from the other. */
bool
host_has_exclusive(void)
{
    return false;
}

int
host_exclusive(const char *name, struct host_offloads *saved)
{
    (void) name;
    (void) saved;
    return EOPNOTSUPP;
}
