/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Interface requests of NetBSD.
 */

#ifndef FAKE_NETBSD_SYS_SOCKIO_H
#define FAKE_NETBSD_SYS_SOCKIO_H 1

#include <sys/ioccom.h>
#include <net/if.h>

#define SIOCSIFADDR _IOW('i', 12, struct ifreq)
#define SIOCSIFFLAGS _IOW('i', 16, struct ifreq)
#define SIOCGIFFLAGS _IOWR('i', 17, struct ifreq)
#define SIOCSIFNETMASK _IOW('i', 22, struct ifreq)
#define SIOCDIFADDR _IOW('i', 25, struct ifreq)
#define SIOCAIFADDR _IOW('i', 26, struct ifaliasreq)
#define SIOCALIFADDR _IOW('i', 28, struct if_laddrreq)
#define SIOCGLIFADDR _IOWR('i', 29, struct if_laddrreq)
#define SIOCDLIFADDR _IOW('i', 30, struct if_laddrreq)
#define SIOCGIFADDR _IOWR('i', 33, struct ifreq)
#define SIOCGIFNETMASK _IOWR('i', 37, struct ifreq)
#define SIOCSIFMEDIA _IOWR('i', 55, struct ifreq)
#define SIOCGIFMEDIA _IOWR('i', 56, struct ifmediareq)
#define SIOCSIFCAP _IOW('i', 117, struct ifcapreq)
#define SIOCGIFCAP _IOWR('i', 118, struct ifcapreq)
#define SIOCIFDESTROY _IOW('i', 121, struct ifreq)
#define SIOCIFCREATE _IOW('i', 122, struct ifreq)
#define SIOCGIFMTU _IOWR('i', 126, struct ifreq)
#define SIOCSIFMTU _IOW('i', 127, struct ifreq)
#define SIOCGIFDATA _IOWR('i', 133, struct ifdatareq)
#define SIOCGIFINDEX _IOWR('i', 140, struct ifreq)

#endif /* FAKE_NETBSD_SYS_SOCKIO_H */
