/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface of the BSDs: promiscuous mode.
 *
 * The mode is held by a bpf descriptor that stays open, and so ends with this
 * process, whatever ends it, and stays with the interface when that is
 * renamed.  The flags are no alternative: NetBSD ignores IFF_PROMISC, and
 * with FreeBSD's IFF_PPROMISC the host's own stack takes in the frames for
 * all other addresses, too, answers them and forwards them.
 *
 * No locks.  Any thread may call, with the restriction of host.h for one and
 * the same port. */

#include "host/host-bsd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/types.h>
#include <sys/time.h>
#include <sys/ioctl.h>
#include <net/bpf.h>

struct host_promisc {
    int fd;
};

/* True if 'fd' still holds the mode of interface 'name': not after the
 * interface was renamed, or destroyed, even if there is another one of its
 * name and index now. */
static bool
holds(int fd, const char *name)
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    return (ioctl(fd, BIOCGETIF, &ifr) >= 0
            && !strncmp(ifr.ifr_name, name, sizeof ifr.ifr_name));
}

static void
release(struct host_promisc **holdp)
{
    if (*holdp) {
        close((*holdp)->fd);
        free(*holdp);
        *holdp = NULL;
    }
}

static int
acquire(const char *name, struct host_promisc **holdp)
{
    struct host_promisc *hold = malloc(sizeof *hold);
    int error;

    if (!hold) {
        return ENOMEM;
    }
    error = bsd_bpf_open_mute(name, &hold->fd);
    if (!error && ioctl(hold->fd, BIOCPROMISC, NULL) < 0) {
        error = bsd_bpf_errno(name, errno);
        close(hold->fd);
    }
    if (error) {
        free(hold);
        return error;
    }
    *holdp = hold;
    return 0;
}

int
host_set_promisc(const char *name, bool on, struct host_promisc **holdp)
{
    if (on && *holdp && holds((*holdp)->fd, name)) {
        return 0;
    }
    release(holdp);
    return on ? acquire(name, holdp) : 0;
}
