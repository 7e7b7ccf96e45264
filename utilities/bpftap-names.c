/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What people call the ports; see bpftap-names.h. */

#include "bpftap-names.h"

#include <fnmatch.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bpftap-util.h"

/* A kind of name, and what it is called: in a pattern and for people, and in
 * JSON. */
struct kind {
    const char *key;
    const char *json;
    size_t offset;              /* In struct bpfdev_names. */
};

static const struct kind kinds[] = {
    { "iface-id", "iface_id", offsetof(struct bpfdev_names, iface_id) },
    { "network", "network", offsetof(struct bpfdev_names, network) },
    { "vm-uuid", "vm", offsetof(struct bpfdev_names, vm) },
    { "container", "container", offsetof(struct bpfdev_names, container) },
};

static struct bpfdev_names *all;
static size_t n_all;

static const char *
get_name(const struct bpfdev_names *names, const struct kind *kind)
{
    return (const char *) names + kind->offset;
}

static int
compare_names(const void *a_, const void *b_)
{
    const struct bpfdev_names *a = a_, *b = b_;

    return strcmp(a->name, b->name);
}

void
bt_names_load(struct bpfdev *dev)
{
    free(all);
    if (bpfdev_list_names(dev, &all, &n_all)) {
        all = NULL;
        n_all = 0;
    } else if (n_all) {
        qsort(all, n_all, sizeof *all, compare_names);
    }
}

static int
compare_name(const void *name, const void *names)
{
    return strcmp(name, ((const struct bpfdev_names *) names)->name);
}

const struct bpfdev_names *
bt_names_find(const char *port)
{
    return n_all ? bsearch(port, all, n_all, sizeof *all, compare_name) : NULL;
}

/* Returns the kind of name that 'pattern' is about, and stores in '*value' the
 * rest of it.  NULL if it is not about names. */
static const struct kind *
parse_pattern(const char *pattern, const char **value)
{
    static const char ovn[] = "ovn:";

    if (!strncmp(pattern, ovn, strlen(ovn))) {
        *value = pattern + strlen(ovn);
        return &kinds[0];
    }
    for (size_t i = 0; i < BT_ARRAY_SIZE(kinds); i++) {
        size_t length = strlen(kinds[i].key);

        if (!strncmp(pattern, kinds[i].key, length)
            && pattern[length] == '=') {
            *value = pattern + length + 1;
            return &kinds[i];
        }
    }
    return NULL;
}

bool
bt_names_is_pattern(const char *pattern)
{
    const char *value;

    return parse_pattern(pattern, &value) != NULL;
}

bool
bt_names_match(const char *pattern, const char *port)
{
    const struct bpfdev_names *names = bt_names_find(port);
    const char *value;
    const struct kind *kind = parse_pattern(pattern, &value);

    return (names && kind && get_name(names, kind)[0]
            && (!strcmp(value, get_name(names, kind))
                || !fnmatch(value, get_name(names, kind), 0)));
}

void
bt_names_describe(const char *port, struct bt_str *s)
{
    const struct bpfdev_names *names = bt_names_find(port);
    bool first = true;

    for (size_t i = 0; names && i < BT_ARRAY_SIZE(kinds); i++) {
        const char *name = get_name(names, &kinds[i]);

        if (name[0]) {
            bt_str_printf(s, "%s%s %s", first ? "" : ", ", kinds[i].key,
                          name);
            first = false;
        }
    }
}

void
bt_names_json(const char *port, struct bt_str *s)
{
    const struct bpfdev_names *names = bt_names_find(port);

    for (size_t i = 0; names && i < BT_ARRAY_SIZE(kinds); i++) {
        const char *name = get_name(names, &kinds[i]);

        if (name[0]) {
            bt_str_printf(s, ", \"%s\": ", kinds[i].json);
            bt_str_json(s, name);
        }
    }
}

const char *
bt_names_title(const char *port)
{
    static char *title;
    const struct bpfdev_names *names = bt_names_find(port);
    bool named = names && names->iface_id[0];
    char *text = bt_asprintf("%s%s%s%s", port, named ? "(" : "",
                             named ? names->iface_id : "", named ? ")" : "");

    free(title);
    title = bt_printable(text);
    free(text);
    return title;
}
