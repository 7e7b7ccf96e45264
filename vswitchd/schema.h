/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors. */

#ifndef VSWITCHD_SCHEMA_H
#define VSWITCHD_SCHEMA_H 1

struct ovsdb_idl;

/* Logs one line, with the next step, if the database that 'idl' follows lacks
 * tables or columns which this daemon knows, and again if others are lacking
 * after a change.  'idl' must be that of the bridges: one that follows fewer
 * tables cannot tell.  Costs nothing while the database does not change.  Main
 * thread only. */
void schema_report(const struct ovsdb_idl *idl);

#endif /* vswitchd/schema.h */
