/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What a capture is asked for: the ports, each with its filter, snapshot
 * length and direction; see bpftap-engine.h.
 *
 * One thread, no locks. */

#include "bpftap-engine.h"

#include <stdlib.h>
#include <string.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-ports.h"

void
bt_capture_init(struct bt_capture *capture)
{
    memset(capture, 0, sizeof *capture);
    capture->defaults.direction = BPF_D_INOUT;
    capture->stats_interval = 60 * BT_NSEC;
}

struct bt_spec *
bt_capture_add(struct bt_capture *capture, const char *pattern)
{
    struct bt_spec *spec;

    capture->specs = bt_realloc(capture->specs, (capture->n_specs + 1)
                                                * sizeof *capture->specs);
    spec = &capture->specs[capture->n_specs++];
    *spec = capture->defaults;
    spec->pattern = pattern;
    spec->filter = NULL;
    return spec;
}

struct bt_spec *
bt_capture_last(struct bt_capture *capture)
{
    return (capture->n_specs
            ? &capture->specs[capture->n_specs - 1]
            : &capture->defaults);
}

bool
bt_capture_is_plural(const struct bt_capture *capture)
{
    return (capture->n_specs > 1
            || (capture->n_specs
                && !bt_pattern_is_exact(capture->specs[0].pattern)));
}

void
bt_capture_destroy(struct bt_capture *capture)
{
    free(capture->specs);
    capture->specs = NULL;
    capture->n_specs = 0;
}
