/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Options about ports and devices; see bpftap-options.h. */

#include "bpftap-options.h"

#include <getopt.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-commands.h"

/* Largest amount of buffer memory to ask for, in KiB. */
#define MEMORY_MAX (1024 * 1024)

/* Largest snapshot length, which is also that of tcpdump. */
#define SNAPLEN_MAX 262144

static void
set_snaplen(struct bt_spec *spec)
{
    spec->snaplen = bt_parse_uint("-s", optarg, 0, SNAPLEN_MAX);
}

static void
set_direction(struct bt_spec *spec)
{
    spec->direction = bt_parse_direction("-Q", optarg);
}

/* Lets 'set' change what the option is about. */
static void
set_specs(struct bt_capture *capture, void (*set)(struct bt_spec *))
{
    if (!capture->common) {
        set(bt_capture_last(capture));
        return;
    }
    set(&capture->defaults);
    for (size_t i = 0; i < capture->n_specs; i++) {
        set(&capture->specs[i]);
    }
}

bool
bt_parse_port_option(int c, struct bt_capture *capture)
{
    switch (c) {
    case 'i':
        if (!optarg[0]) {
            bt_usage("-i: the name of a port cannot be empty");
        }
        bt_capture_add(capture, optarg);
        return true;
    case 'f':
        bt_capture_last(capture)->filter = optarg;
        return true;
    case 's':
        set_specs(capture, set_snaplen);
        return true;
    case 'Q':
        set_specs(capture, set_direction);
        return true;
    case 'B':
        capture->memory = 1024 * bt_parse_uint("-B", optarg, 1, MEMORY_MAX);
        return true;
    case 'O':
        capture->no_optimize = true;
        return true;
    default:
        return false;
    }
}

void
bt_set_final_filter(struct bt_capture *capture, const char *filter)
{
    if (!filter) {
        return;
    } else if (capture->defaults.filter) {
        bt_usage("a filter at the end and -f before any -i say the same "
                 "thing; use one of them");
    }
    capture->defaults.filter = filter;
}
