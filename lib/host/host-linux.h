/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * What the parts of the Linux host file share.  No state, no lock: any thread
 * may call any function. */

#ifndef HOST_HOST_LINUX_H
#define HOST_HOST_LINUX_H 1

#include <net/if.h>
#include <stdint.h>

#include "host/host.h"

/* Longest wait for an answer of the kernel about local state, in
 * milliseconds. */
#define LHOST_TIMEOUT_MS 1000

/* Returns ENAMETOOLONG if 'name' cannot be an interface's, else 0. */
int lhost_check_name(const char *name);

/* Returns what host.h calls the errno value 'error' of the kernel. */
int lhost_errno(int error);

/* Does the ioctl 'request' with 'arg' on some socket.  Returns 0 or the errno
 * value, as the kernel has it. */
int lhost_ioctl(unsigned long int request, void *arg);

/* Does the ioctl 'request' on interface 'name', with everything but the name
 * as given in '*ifr'.  Returns 0 or an errno value as host.h has it. */
int lhost_ifreq_ioctl(const char *name, unsigned long int request,
                      struct ifreq *ifr);

/* Does the ethtool command 'cmd' (see <linux/ethtool.h>) on interface
 * 'name'.  Returns 0 or an errno value as host.h has it. */
int lhost_ethtool(const char *name, void *cmd);

/* Keeps the frames of an interface from the host's own stack, see
 * host_exclusive().  '*added_qdisc' tells what has to be removed, too. */
int lhost_exclusive_on(unsigned int ifindex, bool *added_qdisc);
int lhost_exclusive_off(unsigned int ifindex, bool added_qdisc);

/* Makes the packet socket 'fd' a member of 'group', with 'mode' (PACKET_FANOUT_*
 * of packet(7)) as all of its members.  What the host sends is left out, where
 * the kernel can. */
int lhost_join_fanout(int fd, uint16_t group, int mode);

/* Puts into '*meta' what the virtio header at 'vnet', of sizeof(struct
 * virtio_net_hdr) bytes, says of the frame behind it. */
void lhost_get_meta(const void *vnet, struct host_meta *meta);

/* Puts into the sizeof(struct virtio_net_hdr) bytes at 'vnet' what is left to
 * do about 'frame'. */
void lhost_put_meta(const struct host_frame *frame, void *vnet);

/* Has 'run' called with 'aux' by a thread that is in 'place' (of struct
 * host_event), and waits for it.  Returns what that returns, or ENODEV if the
 * place is not found, or EPERM if it may not be entered. */
int lhost_run_at(int place, int (*run)(void *aux), void *aux);

/* Stores the ifindex of interface 'name' in '*ifindex', 0 on error. */
int lhost_get_ifindex(const char *name, unsigned int *ifindex);

#endif /* HOST_HOST_LINUX_H */
