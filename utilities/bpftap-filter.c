/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Compiled filters; see bpftap-filter.h. */

#include "bpftap-filter.h"

#include <stdlib.h>
#include <string.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-util.h"

/* The snapshot length of tcpdump, which stands for "all". */
#define NO_LIMIT 262144

struct filter {
    struct filter *next;
    char *expression;
    uint32_t dlt;
    uint32_t snaplen;
    bool optimize;
    struct bpf_program program;
};

static struct filter *filters;

static const struct bpf_program *
find(const char *expression, uint32_t dlt, uint32_t snaplen, bool optimize)
{
    for (struct filter *f = filters; f; f = f->next) {
        if (f->dlt == dlt && f->snaplen == snaplen && f->optimize == optimize
            && !strcmp(f->expression, expression)) {
            return &f->program;
        }
    }
    return NULL;
}

const struct bpf_program *
bt_filter_compile(const char *expression, uint32_t dlt, uint32_t snaplen,
                  bool optimize, char errbuf[])
{
    const struct bpf_program *known;
    struct filter *filter;

    snaplen = snaplen ? snaplen : NO_LIMIT;
    known = find(expression, dlt, snaplen, optimize);
    if (known) {
        return known;
    }

    filter = bt_zalloc(sizeof *filter);
    if (bpfdev_compile(expression, dlt, snaplen, optimize, &filter->program,
                       errbuf)) {
        free(filter);
        return NULL;
    }
    filter->expression = bt_strdup(expression);
    filter->dlt = dlt;
    filter->snaplen = snaplen;
    filter->optimize = optimize;
    filter->next = filters;
    filters = filter;
    return &filter->program;
}

void
bt_filter_free(void)
{
    struct filter *next;

    for (struct filter *f = filters; f; f = next) {
        next = f->next;
        bpfdev_free_filter(&f->program);
        free(f->expression);
        free(f);
    }
    filters = NULL;
}
