/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* The logical flows of OVN that OpenFlow flows stand for.
 *
 * The cookie of an OpenFlow flow of OVN's is the beginning of its logical
 * flow's UUID.  ovn-sbctl(8) is asked: the database that it knows by itself,
 * or else the one that the chassis is connected to.
 *
 * One thread, no locks. */

#ifndef BPFTAP_LOGICAL_H
#define BPFTAP_LOGICAL_H 1

#include <stdbool.h>
#include <stddef.h>

/* A cookie and the logical flow that has it. */
struct bt_logical;

/* What is known of logical flows.  All zeros is a valid one. */
struct bt_logicals {
    bool silent;                /* No database answers. */
    char *db;                   /* Which one does, NULL: by itself. */
    struct bt_logical *v;
    size_t n;
};

/* Returns the logical flow with 'cookie' ("0x1234"), or NULL if there is none
 * or it cannot be known.  The string is good until bt_logicals_free().
 *
 * May take seconds for the first cookie, while databases do not answer. */
const char *bt_logicals_find(struct bt_logicals *, const char *cookie);

void bt_logicals_free(struct bt_logicals *);

#endif /* bpftap-logical.h */
