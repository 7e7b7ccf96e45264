/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Metrics as text: OpenMetrics 1.0, or the format 0.0.4 that Prometheus had
 * before and that its tools still check.
 *
 * Names of families are given without what the formats add: "x" becomes
 * "x_total" if it is a counter, and "x_info" if it only has labels.
 *
 * No state but in the structure; one thread at a time. */

#ifndef BPFTAP_METRICS_H
#define BPFTAP_METRICS_H 1

#include <stdbool.h>
#include <stdint.h>

#include "bpftap-util.h"

enum bt_metric_kind {
    BT_METRIC_COUNTER,
    BT_METRIC_GAUGE,
    BT_METRIC_HISTOGRAM,
    BT_METRIC_INFO,
};

/* A label.  Those of a sample end with one whose name is NULL; one without a
 * value is left out. */
struct bt_label {
    const char *name;
    const char *value;
};

/* Start with all zeros but 'openmetrics'. */
struct bt_metrics {
    struct bt_str text;
    bool openmetrics;
    const char *family;
    enum bt_metric_kind kind;
};

/* Begins family 'name', to which the samples that follow belong.  'unit' is
 * the end of its name, or NULL. */
void bt_metrics_family(struct bt_metrics *, const char *name,
                       enum bt_metric_kind, const char *unit,
                       const char *help);

/* Adds a sample.  'suffix' is "" but for the parts of a histogram. */
void bt_metrics_sample(struct bt_metrics *, const char *suffix,
                       const struct bt_label labels[], double value);
void bt_metrics_count(struct bt_metrics *, const char *suffix,
                      const struct bt_label labels[], uint64_t value);

/* Ends the text. */
void bt_metrics_end(struct bt_metrics *);

/* The Content-Type of the text, for HTTP. */
const char *bt_metrics_content_type(const struct bt_metrics *);

#endif /* bpftap-metrics.h */
