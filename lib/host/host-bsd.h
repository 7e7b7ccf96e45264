/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * What the host files of the BSDs share below host.h.
 *
 * host-bsd.c, its siblings and rtbsd.c are compiled for every BSD.  The second
 * half of this header is what they ask of host-freebsd.c or host-netbsd.c: one
 * question per difference between the systems.
 *
 * Threads: any, for every function.  Nothing here has state but the one
 * socket for requests (host-bsd.c) and the list of open taps (host-bsd-tap.c),
 * which mutexes guard. */

#ifndef HOST_HOST_BSD_H
#define HOST_HOST_BSD_H 1

#include "host/host.h"
#include <sys/socket.h>
#include <net/if.h>

struct if_data;
struct ifmediareq;
struct ifreq;

/* Helpers (host-bsd.c).  All return 0 or a positive errno value in the terms
 * of host.h: ENODEV instead of ENXIO. */

/* The value of host.h for the system's errno value 'error'. */
int bsd_errno(int error);

/* ENAMETOOLONG if 'name' does not fit, with its NUL, into IFNAMSIZ bytes.
 * ENODEV if it is empty or no interface can have it. */
int bsd_check_name(const char *name);

/* Puts 'name' into the first member of a request 'req', and clears the other
 * bytes of its 'size'. */
int bsd_name_request(const char *name, void *req, size_t size);

/* Makes 'request' with argument 'arg' on a socket for requests. */
int bsd_ioctl(unsigned long request, void *arg);

/* bsd_name_request() and bsd_ioctl() for a struct ifreq. */
int bsd_ifreq(const char *name, unsigned long request, struct ifreq *ifr);

/* True if 'error' of a request means that the interface or the system does
 * not know it. */
bool bsd_is_unsupported(int error);

/* What the failure 'error' to attach a bpf descriptor to 'name' means.  ENXIO
 * has two meanings: there is no such interface (ENODEV), or it is one without
 * bpf (EOPNOTSUPP).  EINVAL is what a descriptor says whose interface has just
 * gone. */
int bsd_bpf_errno(const char *name, int error);

/* Looks up the index of 'name'. */
int bsd_ifindex(const char *name, unsigned int *ifindex);

/* Reads the table 'mib' of sysctl(3) into '*buf', which the caller must
 * free(), and its length into '*len'.  The table may grow while it is
 * read. */
int bsd_sysctl_table(const int *mib, unsigned int mib_len, void **buf,
                     size_t *len);

/* Reads the part of the interface table that is about 'name', whose index is
 * stored in '*ifindex': a message for the interface and, if 'addresses', one
 * for each of its addresses. */
int bsd_iflist(const char *name, bool addresses, unsigned int *ifindex,
               void **buf, size_t *len);

/* Stores the parts of 'data' that have a place in 'link'. */
void bsd_link_from_data(const struct if_data *data, struct host_link *link);

/* HOST_FLAG_* for the system's interface flags 'flags'. */
unsigned int bsd_host_flags(unsigned int flags);

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
 * From host-freebsd.c or host-netbsd.c.
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

/* The bits of them that mean promiscuous mode. */
extern const unsigned int bsd_promisc_flags;

/* SIOCGIFDATA. */
int bsd_get_if_data(const char *name, struct if_data *data);

/* Packets dropped on output, UINT64_MAX if the system does not count them. */
uint64_t bsd_output_drops(const struct if_data *data);

/* Asks for the media of an interface: 'imr->ifm_name', '->ifm_ulist' and
 * '->ifm_count' are filled in. */
int bsd_get_media(struct ifmediareq *imr);

/* The table of media, without end mark. */
extern const struct bsd_medium bsd_media[];
extern const size_t n_bsd_media;

/* The number of the medium in media word 'word'. */
unsigned int bsd_medium_number(int word);

/* True where the kernel takes a name of digits for the index of an interface,
 * so that no interface can have such a name. */
extern const bool bsd_digits_are_index;

/* Size in bytes of the largest capture buffer that the system allows. */
extern const int bsd_max_capture_buffer;

#endif /* lib/host/host-bsd.h */
