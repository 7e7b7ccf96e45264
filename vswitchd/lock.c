/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Forwarding while the database server is away.
 *
 * Open vSwitch's bridges do nothing unless the daemon has its lock in the
 * database, which says that no other daemon runs.  A lock ends with its
 * connection.  Where the kernel forwards this is of no consequence; but here
 * the main thread does, so that all traffic would wait for a database server
 * that is restarted.  Therefore what was ours is taken to be ours still, until
 * the server says that somebody else has it.  Nothing can be written to the
 * database meanwhile: Open vSwitch does not ask here before it writes.
 *
 * The linker option --wrap sends this call here.  Main thread only. */

#include <config.h>

#include "lib/ovsdb-idl.h"
#include "schema.h"

bool __real_ovsdb_idl_has_lock(const struct ovsdb_idl *);
bool __wrap_ovsdb_idl_has_lock(const struct ovsdb_idl *);

bool
__wrap_ovsdb_idl_has_lock(const struct ovsdb_idl *idl)
{
    static bool ours;

    /* Nowhere else is the bridges' IDL to be had. */
    schema_report(idl);
    ours = (__real_ovsdb_idl_has_lock(idl)
            || (ours && !ovsdb_idl_is_lock_contended(idl)));
    return ours;
}
