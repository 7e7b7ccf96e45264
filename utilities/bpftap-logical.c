/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* OVN's logical flows; see bpftap-logical.h. */

#include "bpftap-logical.h"

#include <stdlib.h>
#include <string.h>

#include "bpftap-child.h"
#include "bpftap-util.h"

struct bt_logical {
    char *cookie;
    char *text;                 /* NULL: none has it. */
};

/* Finds the logical flow in what ovn-sbctl prints: "table=8 (ls_in_acl), ..."
 * below a line about its datapath, for each datapath that has it.  Which one is
 * meant cannot be told if there are several. */
static char *
parse(const char *text)
{
    static const char datapath[] = "Datapath: ";
    const char *table = strstr(text, "table=");
    const char *name = strstr(text, datapath);
    struct bt_str s = { NULL, 0, 0 };

    if (!table) {
        return NULL;
    }
    if (name) {
        name += strlen(datapath);
        if (!strstr(name, datapath)) {
            bt_str_put(&s, name, strcspn(name, " \n"));
            bt_str_puts(&s, " ");
        }
    }
    bt_str_put(&s, table, strcspn(table, "\n"));
    return s.s;
}

/* Asks the database 'db', NULL for the one that ovn-sbctl knows by itself.
 * Returns false if it does not answer. */
static bool
ask(const char *db, const char *cookie, struct bt_str *output)
{
    struct bt_strv argv = { NULL, 0 };
    int status;

    bt_strv_add(&argv, "ovn-sbctl");
    bt_strv_add(&argv, "--timeout=3");
    bt_strv_add(&argv, "--no-leader-only");
    if (db) {
        bt_strv_addf(&argv, "--db=%s", db);
    }
    bt_strv_add(&argv, "lflow-list");
    bt_strv_add(&argv, cookie);
    bt_str_clear(output);
    status = bt_run(argv.v, output);
    bt_strv_free(&argv);
    return !status;
}

/* Returns the database that the chassis is connected to, or NULL.  The caller
 * frees it. */
static char *
find_remote(void)
{
    char *argv[] = {
        (char *) "ovs-vsctl", (char *) "--timeout=3", (char *) "--if-exists",
        (char *) "get", (char *) "Open_vSwitch", (char *) ".",
        (char *) "external_ids:ovn-remote", NULL
    };
    struct bt_str output = { NULL, 0, 0 };
    char *remote = NULL;
    const char *s;

    if (!bt_run(argv, &output)) {
        s = bt_str_cstr(&output);
        s += s[0] == '"';
        remote = bt_asprintf("%.*s", (int) strcspn(s, "\"\n"), s);
    }
    bt_str_free(&output);
    if (remote && !remote[0]) {
        free(remote);
        remote = NULL;
    }
    return remote;
}

/* The first question decides which database is asked from then on. */
static bool
ask_any(struct bt_logicals *l, const char *cookie, struct bt_str *output)
{
    if (l->silent) {
        return false;
    } else if (ask(l->db, cookie, output)) {
        return true;
    } else if (!l->n) {
        l->db = find_remote();
        if (l->db && ask(l->db, cookie, output)) {
            return true;
        }
    }
    l->silent = true;
    return false;
}

const char *
bt_logicals_find(struct bt_logicals *l, const char *cookie)
{
    struct bt_str output = { NULL, 0, 0 };
    struct bt_logical *logical;
    char *text;

    for (size_t i = 0; i < l->n; i++) {
        if (!strcmp(l->v[i].cookie, cookie)) {
            return l->v[i].text;
        }
    }
    text = ask_any(l, cookie, &output) ? parse(bt_str_cstr(&output)) : NULL;
    bt_str_free(&output);

    l->v = bt_realloc(l->v, (l->n + 1) * sizeof *l->v);
    logical = &l->v[l->n++];
    logical->cookie = bt_strdup(cookie);
    logical->text = text;
    return text;
}

void
bt_logicals_free(struct bt_logicals *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->v[i].cookie);
        free(l->v[i].text);
    }
    free(l->v);
    free(l->db);
    memset(l, 0, sizeof *l);
}
