/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Whether the database is that of this Open vSwitch.
 *
 * A database server of another version serves another schema.  A newer one is
 * of no consequence.  In an older one tables and columns are missing; the
 * switch works without them, but what is configured or told by means of them
 * does not.  Open vSwitch logs each of them, and leaves it to the reader to
 * know what to do; that is added here.
 *
 * Main thread only, hence no lock. */

#include <config.h>

#include "schema.h"

#include "dirs.h"
#include "lib/ovsdb-idl-provider.h"
#include "lib/ovsdb-idl.h"
#include "lib/vswitch-idl.h"
#include "openvswitch/version.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(schema);

/* Those that Open vSwitch makes up are in no database. */
static size_t
count_missing_columns(const struct ovsdb_idl *idl,
                      const struct ovsdb_idl_table_class *table)
{
    size_t n = 0;

    for (size_t i = 0; i < table->n_columns; i++) {
        const struct ovsdb_idl_column *column = &table->columns[i];

        n += (!column->is_synthetic
              && !ovsdb_idl_server_has_column(idl, column));
    }
    return n;
}

/* What the server lacks is known with the first contents of the database, and
 * with those that follow after a server with another schema was connected. */
static bool
has_changed(const struct ovsdb_idl *idl)
{
    static unsigned int seqno;
    bool changed = seqno != ovsdb_idl_get_seqno(idl);

    seqno = ovsdb_idl_get_seqno(idl);
    return changed && ovsdb_idl_has_ever_connected(idl);
}

void
schema_report(const struct ovsdb_idl *idl)
{
    static size_t reported;
    size_t n_tables = 0, n_columns = 0;

    if (!has_changed(idl)) {
        return;
    }
    for (size_t i = 0; i < ovsrec_idl_class.n_tables; i++) {
        const struct ovsdb_idl_table_class *table
            = &ovsrec_idl_class.tables[i];

        if (ovsdb_idl_server_has_table(idl, table)) {
            n_columns += count_missing_columns(idl, table);
        } else {
            n_tables++;
        }
    }
    if (n_tables + n_columns != reported && n_tables + n_columns) {
        VLOG_WARN("the database is that of an older Open vSwitch: it lacks "
                  "%"PRIuSIZE" tables and %"PRIuSIZE" columns, what is "
                  "configured or told by these does not work; to upgrade it, "
                  "stop both daemons, run \"ovsdb-tool convert %s/conf.db "
                  "SCHEMA\" with vswitch.ovsschema of Open vSwitch %s, and "
                  "start them", n_tables, n_columns, ovs_dbdir(),
                  OVS_PACKAGE_VERSION);
    }
    reported = n_tables + n_columns;
}
