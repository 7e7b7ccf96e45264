/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Which datapath a bridge gets.
 *
 * A plain "ovs-vsctl add-br br0" asks for the datapath type "system", which
 * in Open vSwitch is a kernel module that the BSDs do not have.  Registering
 * the userspace datapath a second time under that name does not work: its
 * class tells dummies from the real thing by name.  So the name is translated
 * where ofproto normalizes it; the linker option --wrap sends bridge.c's calls
 * of ofproto_normalize_type() here.
 *
 * 'system_is_userspace' is written once, on the main thread, before the bridge
 * module starts, and only read from then on. */

#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "datapath.h"
#include "dpif.h"
#include "ofproto/ofproto.h"

const char *__real_ofproto_normalize_type(const char *);
const char *__wrap_ofproto_normalize_type(const char *);

static bool system_is_userspace;

const char *
__wrap_ofproto_normalize_type(const char *type)
{
    const char *normal = __real_ofproto_normalize_type(type);

    return (system_is_userspace && !strcmp(normal, "system")
            ? "netdev"
            : normal);
}

void
datapath_make_userspace_the_system(void)
{
    system_is_userspace = true;

    /* Fails only where no such class exists, as on the BSDs. */
    dp_unregister_provider("system");
}
