/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface of the BSDs: what is asked of bpf(4) besides packets, and
 * descriptors that capture nothing.
 *
 * The latter are opened for writing only: FreeBSD keeps such ones apart from
 * those that frames are shown to, for as long as they have no filter but one
 * that takes all or nothing.  The other systems run the filter.
 *
 * No state and no locks.  Any thread may call anything. */

#include "host/host-bsd.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/types.h>
#include <sys/time.h>
#include <sys/ioctl.h>
#include <net/bpf.h>

int
bsd_bpf_errno(const char *name, int error)
{
    unsigned int ifindex;

    switch (error) {
    case ENXIO:
        return bsd_ifindex(name, &ifindex) == ENODEV ? ENODEV : EOPNOTSUPP;
    case EINVAL:
        return ENODEV;
    default:
        return error;
    }
}

/* Attaches bpf descriptor 'fd' to 'name', without capturing anything. */
static int
attach_mute(int fd, const char *name)
{
    struct bpf_insn reject = BPF_STMT(BPF_RET | BPF_K, 0);
    struct bpf_program program = { .bf_len = 1, .bf_insns = &reject };
    struct ifreq ifr;
    int error;

    /* The filter comes first, lest packets are copied meanwhile. */
    error = bsd_name_request(name, &ifr, sizeof ifr);
    if (!error && (ioctl(fd, BIOCSETF, &program) < 0
                   || ioctl(fd, BIOCSETIF, &ifr) < 0)) {
        error = bsd_bpf_errno(name, errno);
    }
    return error;
}

/* Where frames are shown to the filter of 'fd' at all, those that arrive need
 * not be. */
static void
look_away(int fd)
{
#ifdef BIOCSDIRECTION
    unsigned int direction = BPF_D_OUT;

    (void) ioctl(fd, BIOCSDIRECTION, &direction);
#else
    (void) fd;
#endif
}

int
bsd_bpf_open_mute(const char *name, int *fdp)
{
    int fd = open("/dev/bpf", O_WRONLY | O_CLOEXEC);
    int error = fd < 0 ? errno : attach_mute(fd, name);

    if (!error) {
        look_away(fd);
    } else if (fd >= 0) {
        close(fd);
    }
    *fdp = error ? -1 : fd;
    return error;
}

bool
host_rx_is_attached(const struct host_rx *rx)
{
    unsigned int type;

    return (ioctl(host_rx_fd(rx), BIOCGDLT, &type) >= 0
            || errno != EINVAL);
}
