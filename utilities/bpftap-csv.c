/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* CSV; see bpftap-csv.h. */

#include "bpftap-csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *
bt_csv_field(char **p)
{
    char *field = *p, *from = *p, *to = *p;
    bool quoted = false;
    bool ended;

    for (; *from && (quoted || (*from != ',' && *from != '\n')); from++) {
        if (*from == '"' && quoted && from[1] == '"') {
            from++;
        } else if (*from == '"') {
            quoted = !quoted;
            continue;
        }
        *to++ = *from;
    }
    ended = *from != '\0';
    *to = '\0';
    *p = from + ended;
    return field;
}

bool
bt_csv_pair(const char **p, char key[64], uint64_t *n)
{
    size_t length = strcspn(*p, "= ");

    if (!length || (*p)[length] != '=') {
        return false;
    }
    snprintf(key, 64, "%.*s", (int) (length < 63 ? length : 63), *p);
    *n = strtoull(*p + length + 1, NULL, 10);
    *p += strcspn(*p, " ");
    *p += strspn(*p, " ");
    return true;
}

bool
bt_csv_find(const char *column, const char *key, uint64_t *n)
{
    char other[64];

    while (bt_csv_pair(&column, other, n)) {
        if (!strcmp(key, other)) {
            return true;
        }
    }
    return false;
}
