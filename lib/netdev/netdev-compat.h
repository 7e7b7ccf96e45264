/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Differences between the versions of Open vSwitch that the provider builds
 * with.  Configure looks for them in Open vSwitch's headers; a version number
 * is never asked for.
 *
 * To be included after everything else: configure's results for this project
 * are in a header that, as its counterpart <config.h> of Open vSwitch, names
 * the package. */

#ifndef NETDEV_NETDEV_COMPAT_H
#define NETDEV_NETDEV_COMPAT_H 1

#undef PACKAGE
#undef PACKAGE_BUGREPORT
#undef PACKAGE_NAME
#undef PACKAGE_STRING
#undef PACKAGE_TARNAME
#undef PACKAGE_URL
#undef PACKAGE_VERSION
#undef VERSION
#undef LT_OBJDIR
#include "bsd-config.h"

/* Speed in Mb/s, its own operation since 3.2. */
#ifdef OVS_NETDEV_HAS_GET_SPEED
#define NETDEV_COMPAT_GET_SPEED(FUNCTION) .get_speed = FUNCTION,
#else
#define NETDEV_COMPAT_GET_SPEED(FUNCTION)
#endif

/* Duplex, its own operation since 3.7. */
#ifdef OVS_NETDEV_HAS_GET_DUPLEX
#define NETDEV_COMPAT_GET_DUPLEX(FUNCTION) .get_duplex = FUNCTION,
#else
#define NETDEV_COMPAT_GET_DUPLEX(FUNCTION)
#endif

#endif /* NETDEV_NETDEV_COMPAT_H */
