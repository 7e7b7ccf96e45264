/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Errors of ports that already exist, in the column "error" of the database.
 *
 * Open vSwitch writes an interface's "error" when it cannot make a port of it,
 * and clears it whenever it configures the switch.  What happens to a device
 * later shows in "link_state" only, which "ovs-vsctl show" does not print.  So
 * a netdev puts an "error" into its status, and whatever the bridge writes to
 * the columns "status" and "error" passes here: while there is an "error" in
 * the status, it is the interface's, too.
 *
 * The linker option --wrap sends these calls here.  Main thread only, as
 * everything that writes to the database. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "smap.h"
#include "util.h"
#include "lib/vswitch-idl.h"

void __real_ovsrec_interface_set_error(const struct ovsrec_interface *,
                                       const char *);
void __wrap_ovsrec_interface_set_error(const struct ovsrec_interface *,
                                       const char *);

void
__wrap_ovsrec_interface_set_error(const struct ovsrec_interface *iface,
                                  const char *error)
{
    __real_ovsrec_interface_set_error(
        iface, error ? error : smap_get(&iface->status, "error"));
}

void __real_ovsrec_interface_set_status(const struct ovsrec_interface *,
                                        const struct smap *);
void __wrap_ovsrec_interface_set_status(const struct ovsrec_interface *,
                                        const struct smap *);

void
__wrap_ovsrec_interface_set_status(const struct ovsrec_interface *iface,
                                   const struct smap *status)
{
    char *old = nullable_xstrdup(smap_get(&iface->status, "error"));
    const char *new = status ? smap_get(status, "error") : NULL;

    __real_ovsrec_interface_set_status(iface, status);
    if (new) {
        __real_ovsrec_interface_set_error(iface, new);
    } else if (old && iface->error && !strcmp(iface->error, old)) {
        __real_ovsrec_interface_set_error(iface, NULL);
    }
    free(old);
}
