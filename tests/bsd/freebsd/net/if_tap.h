/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Requests of the tap device of FreeBSD.
 */

#ifndef FAKE_FREEBSD_NET_IF_TAP_H
#define FAKE_FREEBSD_NET_IF_TAP_H 1

#include <sys/ioccom.h>
#include <net/if.h>

struct tuninfo {
    int baudrate;
    unsigned short mtu;
    unsigned char type;
    unsigned char dummy;
};
#define tapinfo tuninfo

#define TAPSIFINFO _IOW('t', 91, struct tuninfo)
#define TAPGIFINFO _IOR('t', 92, struct tuninfo)
#define TAPGIFNAME _IOR('t', 93, struct ifreq)
#define TAPSVNETHDR _IOW('t', 91, int)
#define TAPGVNETHDR _IOR('t', 94, int)
#define TAPSTRANSIENT _IOW('t', 98, int)
#define TAPGTRANSIENT _IOR('t', 99, int)

#endif /* FAKE_FREEBSD_NET_IF_TAP_H */
