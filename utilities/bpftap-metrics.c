/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Metrics; see bpftap-metrics.h. */

#include "bpftap-metrics.h"

#include <stdlib.h>
#include <string.h>

#include "printable.h"

static const char *const kind_names[] = {
    [BT_METRIC_COUNTER] = "counter",
    [BT_METRIC_GAUGE] = "gauge",
    [BT_METRIC_HISTOGRAM] = "histogram",
    [BT_METRIC_INFO] = "info",
};

/* What is added to the names of a kind's samples. */
static const char *
kind_suffix(enum bt_metric_kind kind)
{
    return (kind == BT_METRIC_COUNTER ? "_total"
            : kind == BT_METRIC_INFO ? "_info"
            : "");
}

/* Older readers know the names of samples only, and no "info". */
static void
put_old_head(struct bt_metrics *m, const char *help)
{
    const char *suffix = kind_suffix(m->kind);
    const char *kind = (m->kind == BT_METRIC_INFO ? "gauge"
                        : kind_names[m->kind]);

    bt_str_printf(&m->text, "# HELP %s%s %s\n", m->family, suffix, help);
    bt_str_printf(&m->text, "# TYPE %s%s %s\n", m->family, suffix, kind);
}

void
bt_metrics_family(struct bt_metrics *m, const char *name,
                  enum bt_metric_kind kind, const char *unit,
                  const char *help)
{
    m->family = name;
    m->kind = kind;
    if (!m->openmetrics) {
        put_old_head(m, help);
        return;
    }
    bt_str_printf(&m->text, "# TYPE %s %s\n", name, kind_names[kind]);
    if (unit) {
        bt_str_printf(&m->text, "# UNIT %s %s\n", name, unit);
    }
    bt_str_printf(&m->text, "# HELP %s %s\n", name, help);
}

/* Almost all values are: names, and there are very many. */
static bool
is_plain(const char *value)
{
    for (; *value; value++) {
        if (*value <= ' ' || *value >= 127 || *value == '"'
            || *value == '\\') {
            return false;
        }
    }
    return true;
}

/* Backslash, quote and line feed are escaped; nothing else is special. */
static void
put_value(struct bt_str *s, const char *value)
{
    char *printable;

    if (is_plain(value)) {
        bt_str_puts(s, value);
        return;
    }
    printable = printable_dup(value);
    for (const char *p = printable ? printable : ""; *p; p++) {
        if (*p == '\\' || *p == '"') {
            bt_str_puts(s, "\\");
        }
        bt_str_put(s, p, 1);
    }
    free(printable);
}

static void
put_name(struct bt_metrics *m, const char *suffix,
         const struct bt_label labels[])
{
    bool any = false;

    /* Without printf(), which takes half of the time of a scrape. */
    bt_str_puts(&m->text, m->family);
    bt_str_puts(&m->text, kind_suffix(m->kind));
    bt_str_puts(&m->text, suffix);
    for (const struct bt_label *l = labels; l && l->name; l++) {
        if (l->value) {
            bt_str_puts(&m->text, any ? "," : "{");
            bt_str_puts(&m->text, l->name);
            bt_str_puts(&m->text, "=\"");
            put_value(&m->text, l->value);
            bt_str_puts(&m->text, "\"");
            any = true;
        }
    }
    bt_str_puts(&m->text, any ? "} " : " ");
}

void
bt_metrics_sample(struct bt_metrics *m, const char *suffix,
                  const struct bt_label labels[], double value)
{
    put_name(m, suffix, labels);
    bt_str_printf(&m->text, "%.9g\n", value);
}

void
bt_metrics_count(struct bt_metrics *m, const char *suffix,
                 const struct bt_label labels[], uint64_t value)
{
    put_name(m, suffix, labels);
    bt_str_printf(&m->text, "%llu\n", (unsigned long long int) value);
}

void
bt_metrics_end(struct bt_metrics *m)
{
    if (m->openmetrics) {
        bt_str_puts(&m->text, "# EOF\n");
    }
}

const char *
bt_metrics_content_type(const struct bt_metrics *m)
{
    return (m->openmetrics
            ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
            : "text/plain; version=0.0.4; charset=utf-8");
}
