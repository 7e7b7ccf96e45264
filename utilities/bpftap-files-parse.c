/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Conditions for the next file and the end; see bpftap-files.h. */

#include "bpftap-files-private.h"

#include <string.h>

bool
bt_files_is_sequence(const struct bt_files_config *config)
{
    const struct bt_limits *next = &config->next;

    return (next->bytes || next->packets || next->duration || next->interval
            || config->record);
}

/* Returns the part of 's' after the colon if what is before it is 'name'. */
static const char *
condition_value(const char *s, const char *name)
{
    size_t n = strlen(name);

    return !strncmp(s, name, n) && s[n] == ':' ? s + n + 1 : NULL;
}

/* Parses the conditions that both options have.  Returns false if 's' is none
 * of them. */
static bool
parse_limit(const char *what, const char *s, struct bt_limits *limits)
{
    const char *value;

    if ((value = condition_value(s, "filesize"))) {
        /* dumpcap's kilobytes have 1000 bytes. */
        limits->bytes = 1000 * bt_parse_uint(what, value, 1, UINT32_MAX);
    } else if ((value = condition_value(s, "packets"))) {
        limits->packets = bt_parse_uint(what, value, 1, INT64_MAX);
    } else if ((value = condition_value(s, "duration"))) {
        limits->duration = bt_parse_duration(what, value);
    } else if ((value = condition_value(s, "files"))) {
        limits->files = bt_parse_uint(what, value, 1, 99999);
    } else {
        return false;
    }
    return true;
}

void
bt_files_parse_next(const char *what, const char *s,
                    struct bt_files_config *config)
{
    const char *value;

    if (parse_limit(what, s, &config->next)) {
        /* Done. */
    } else if ((value = condition_value(s, "interval"))) {
        config->next.interval = (bt_parse_duration(what, value) + BT_NSEC - 1)
                                / BT_NSEC;
    } else if ((value = condition_value(s, "printname"))) {
        config->print_names = value;
    } else if ((value = condition_value(s, "nametimenum"))) {
        config->time_first = bt_parse_uint(what, value, 1, 2) == 2;
    } else {
        bt_usage("%s: \"%s\" is none of filesize:KB, duration:TIME, "
                 "interval:TIME, packets:N, files:N, printname:FILE and "
                 "nametimenum:1|2", what, s);
    }
}

void
bt_files_parse_end(const char *what, const char *s,
                   struct bt_files_config *config)
{
    if (!parse_limit(what, s, &config->end)) {
        bt_usage("%s: \"%s\" is none of duration:TIME, filesize:KB, "
                 "packets:N and files:N", what, s);
    }
}

void
bt_files_check(const struct bt_files_config *config)
{
    bool sequence = bt_files_is_sequence(config);

    if (sequence && (!config->path || !strcmp(config->path, "-"))) {
        bt_usage("-b: several files need a name, given with -w FILE, and not "
                 "standard output");
    } else if (!sequence && (config->next.files || config->end.files)) {
        bt_usage("a number of files needs a condition for the next file, "
                 "such as -b filesize:1000");
    } else if (sequence && config->end.bytes) {
        bt_usage("-a filesize and several files exclude each other; use "
                 "-b filesize for the size of each");
    }
}
