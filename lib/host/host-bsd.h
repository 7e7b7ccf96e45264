/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * What the host files of the BSDs share below host.h.
 *
 * These files are compiled for every BSD.  Each uses those above it only:
 *
 *   - the tables of the system: host-freebsd-tables.c, ...
 *   - rtbsd.c, which takes messages apart, and host-bsd-request.c
 *   - host-freebsd.c, ...: what is asked in another way on each system
 *   - host-bsd-*.c, by subject
 *   - host-bsd.c: the values of an interface.
 *
 * The second half of this header is what comes from the system's files: one
 * question per difference between the systems.  tests/bsd/layers.py sees to it
 * that no two files know each other.
 *
 * Threads: any, for every function.  Nothing here has state but the list of
 * open taps (host-bsd-tap.c), which a mutex guards. */

#ifndef HOST_HOST_BSD_H
#define HOST_HOST_BSD_H 1

#include "host/host.h"
#include "host/host-bsd-request.h"
#include <sys/socket.h>
#include <net/if.h>

struct if_data;
struct ifmediareq;

/* What the failure 'error' to attach a bpf descriptor to 'name' means.  ENXIO
 * has two meanings: there is no such interface (ENODEV), or it is one without
 * bpf (EOPNOTSUPP).  EINVAL is what a descriptor says whose interface has just
 * gone, even if there is another one of its name. */
int bsd_bpf_errno(const char *name, int error);

/* Opens in '*fdp' a bpf descriptor that is attached to 'name', can be written
 * to, and captures nothing. */
int bsd_bpf_open_mute(const char *name, int *fdp);

/* Link-layer address of 'name', as HOST_V_LLADDR of host_link_get(). */
int bsd_get_lladdr(const char *name, struct host_link *link);

/* Finishes a tap: 'fd' has just been opened.  Makes it non-blocking and
 * close-on-exec, fills '*tap' and remembers the tap until it is closed.  On an
 * error too, 'fd' belongs to '*tap', which the caller must close or
 * abandon. */
int bsd_tap_init(int fd, struct host_tap *tap);

/* Closes the descriptor of 'tap' and leaves the interface to its fate. */
void bsd_tap_abandon(struct host_tap *tap);

/* True if this process has the tap with index 'ifindex' open. */
bool bsd_tap_is_ours(unsigned int ifindex);

/* Destroys interface 'name' if it is still the one with index 'ifindex'.
 * ENODEV is success. */
int bsd_destroy(const char *name, unsigned int ifindex);

/* Opens "/dev/tapN" for the interface 'kernel_name' ("tapN"). */
int bsd_tap_open_unit(const char *kernel_name, int *fdp);

/* Asks for the carrier by the media of 'name'.  EOPNOTSUPP: it has none, or
 * they do not tell. */
int bsd_media_carrier(const char *name, bool *up);

/* A transmission medium: one rate and connector.  'first' to 'last' are
 * numbers of media in the system's own numbering. */
struct bsd_medium {
    unsigned short first, last;
    unsigned int mbps;
    char material;              /* 'C'opper, 'F'iber, or 0. */
    const char *suffix;         /* "TX" in "100baseTX". */
};

/*
 * From host-freebsd.c or host-netbsd.c, and their tables.
 */

/* Stores in the 'size' bytes at 'name' what interface 'ifindex' was called when
 * it was made: "em0". */
int bsd_birth_name(unsigned int ifindex, char *name, size_t size);

/* Offloads that corrupt what is received, as the system counts them. */
extern const uint64_t bsd_bad_offloads;

/* Sets the enabled capabilities of 'name' to what is enabled without 'off' and
 * with those of 'on' that it has.  Stores the bits that changed in '*changed',
 * none on error. */
int bsd_change_offloads(const char *name, uint64_t off, uint64_t on,
                        uint64_t *changed);

/* Interface flags, all that the system has, in one word. */
int bsd_get_flags(const char *name, unsigned int *flags);
int bsd_set_flags(const char *name, unsigned int flags);

/* Makes routing socket 'fd' tell about overflows and restricts it to the
 * messages that matter, as far as the system can. */
void bsd_tune_notifier(int fd);

/* SIOCGIFDATA. */
int bsd_get_if_data(const char *name, struct if_data *data);

/* Asks for the media of an interface: 'imr->ifm_name', '->ifm_ulist' and
 * '->ifm_count' are filled in. */
int bsd_get_media(struct ifmediareq *imr);

/* The table of media, without end mark. */
extern const struct bsd_medium bsd_media[];
extern const size_t n_bsd_media;

/* The number of the medium in media word 'word'. */
unsigned int bsd_medium_number(int word);

/* Size in bytes of the largest capture buffer that the system allows. */
extern const int bsd_max_capture_buffer;

#endif /* lib/host/host-bsd.h */
