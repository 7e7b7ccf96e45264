/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Interface requests of FreeBSD.
 */

#ifndef FAKE_FREEBSD_SYS_SOCKIO_H
#define FAKE_FREEBSD_SYS_SOCKIO_H 1

#include <sys/ioccom.h>
#include <net/if.h>

#define SIOCSIFADDR _IOW('i', 12, struct ifreq)
#define SIOCSIFFLAGS _IOW('i', 16, struct ifreq)
#define SIOCGIFFLAGS _IOWR('i', 17, struct ifreq)
#define SIOCSIFNETMASK _IOW('i', 22, struct ifreq)
#define SIOCDIFADDR _IOW('i', 25, struct ifreq)
#define SIOCSIFCAP _IOW('i', 30, struct ifreq)
#define SIOCGIFCAP _IOWR('i', 31, struct ifreq)
#define SIOCGIFINDEX _IOWR('i', 32, struct ifreq)
#define SIOCGIFADDR _IOWR('i', 33, struct ifreq)
#define SIOCGIFNETMASK _IOWR('i', 37, struct ifreq)
#define SIOCSIFNAME _IOW('i', 40, struct ifreq)
#define SIOCAIFADDR _IOW('i', 43, struct in_aliasreq)
#define SIOCGIFDATA _IOW('i', 44, struct ifreq)
#define SIOCGIFMTU _IOWR('i', 51, struct ifreq)
#define SIOCSIFMTU _IOW('i', 52, struct ifreq)
#define SIOCSIFMEDIA _IOWR('i', 55, struct ifreq)
#define SIOCGIFMEDIA _IOWR('i', 56, struct ifmediareq)
#define SIOCSIFLLADDR _IOW('i', 60, struct ifreq)
#define SIOCIFDESTROY _IOW('i', 121, struct ifreq)
#define SIOCIFCREATE _IOWR('i', 122, struct ifreq)
#define SIOCIFCREATE2 _IOWR('i', 124, struct ifreq)
#define SIOCGIFXMEDIA _IOWR('i', 139, struct ifmediareq)

#endif /* FAKE_FREEBSD_SYS_SOCKIO_H */
