/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Forecast and fact; see bpftap-fact.h. */

#include "bpftap-fact.h"

#include <string.h>

#include "bpftap-forecast.h"
#include "bpftap-names.h"
#include "bpftap-ways.h"

static bool
is_output(const struct bt_way_event *e)
{
    return !e->at->drops && e->direction == BPFDEV_DIR_OUT;
}

/* Is 'name' in a forecast the port of 'e'?  The datapath calls all tunnels of
 * a type by one name, such as vxlan_sys_4789. */
static bool
is_port(const struct bt_way_event *e, const char *name)
{
    const struct bpfdev_port *port = &e->at->info;
    size_t n = strlen(port->type);

    return (!strcmp(name, port->name)
            || (n && !strncmp(name, port->type, n)
                && !strncmp(name + n, "_sys", 4)));
}

static bool
was_forecast(const struct bt_forecast *f, const struct bt_way_event *e)
{
    for (size_t i = 0; i < f->ports.n; i++) {
        if (is_port(e, f->ports.v[i])) {
            return true;
        }
    }
    return false;
}

static bool
was_sent(const struct bt_way *way, const char *name)
{
    for (size_t i = 0; i < way->n_events; i++) {
        if (is_output(&way->events[i]) && is_port(&way->events[i], name)) {
            return true;
        }
    }
    return false;
}

static bool
is_as_forecast(const struct bt_way *way, const struct bt_forecast *f)
{
    for (size_t i = 0; !way->n_more && i < f->ports.n; i++) {
        if (!was_sent(way, f->ports.v[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < way->n_events; i++) {
        const struct bt_way_event *e = &way->events[i];

        if (e->at->drops ? !f->dropped
            : is_output(e) && !f->undecided && !was_forecast(f, e)) {
            return false;
        }
    }
    return true;
}

static void
add_event(struct bt_fact *fact, const struct bt_way_event *in,
          const struct bt_way_event *e)
{
    const char *separator = fact->text.length ? "; " : "";

    if (e->at->drops) {
        bt_strv_add(&fact->reasons, bt_way_reason(e->reason));
        bt_str_printf(&fact->text, "%sdropped: %s", separator,
                      bt_way_reason(e->reason));
    } else if (is_output(e)) {
        bt_strv_add(&fact->ports, e->at->info.name);
        bt_str_printf(&fact->text, "%sout of %s after %.1f us", separator,
                      bt_names_title(e->at->info.name),
                      bt_way_latency(in, e) / 1e3);
    }
}

void
bt_fact_get(struct bt_fact *fact, const struct bt_way *way,
            const struct bt_way_event *in, const struct bt_forecast *f)
{
    memset(fact, 0, sizeof *fact);
    fact->known = true;
    fact->as_forecast = f->error || is_as_forecast(way, f);
    for (size_t i = 0; i < way->n_events; i++) {
        add_event(fact, in, &way->events[i]);
    }
    if (way->n_more) {
        bt_str_printf(&fact->text, "; and %zu more", way->n_more);
    }
    if (!fact->text.length) {
        bt_str_puts(&fact->text, "not seen again");
    }
}

void
bt_fact_destroy(struct bt_fact *fact)
{
    bt_str_free(&fact->text);
    bt_strv_free(&fact->ports);
    bt_strv_free(&fact->reasons);
    memset(fact, 0, sizeof *fact);
}
