/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors. */

#ifndef VSWITCHD_DATAPATH_H
#define VSWITCHD_DATAPATH_H 1

/* Makes "system", the datapath type of a bridge that names none, a second name
 * of the userspace datapath "netdev", and takes the kernel's datapath, if Open
 * vSwitch was built with one, out of the list of types.
 *
 * Call it on the main thread after options are parsed and before
 * bridge_init().  It must not be called where "system" is switched off
 * (--disable-system) or has a dummy in its place. */
void datapath_make_userspace_the_system(void);

#endif /* vswitchd/datapath.h */
