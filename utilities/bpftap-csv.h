/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What ovs-vsctl(8) and ovsdb-client(1) print with --format=csv --data=bare.
 *
 * One thread, no locks. */

#ifndef BPFTAP_CSV_H
#define BPFTAP_CSV_H 1

#include <stdbool.h>
#include <stdint.h>

/* Takes the field at '*p', without its quotes, and moves '*p' behind the comma
 * or line feed that ends it, or to the end.  Returns the field, which is part of
 * what '*p' pointed to. */
char *bt_csv_field(char **p);

/* Takes "KEY=N" from a column such as "a=1 b=2" at '*p', and moves '*p' to the
 * next.  Of the key as much goes to 'key' as there is room for.  Returns false
 * at the end. */
bool bt_csv_pair(const char **p, char key[64], uint64_t *n);

/* Finds the number of 'key' in such a column.  Returns false if there is
 * none. */
bool bt_csv_find(const char *column, const char *key, uint64_t *n);

#endif /* bpftap-csv.h */
