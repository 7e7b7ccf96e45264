/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Forecasts: see bpftap-forecast.h.
 *
 * The tracer's text is made for people.  What is read of it is what has been
 * the same since Open vSwitch 2.8: a heading for each bridge, a line for each
 * table that starts with the table's number, its actions below, and lines that
 * start with "Datapath actions: ".  What is not understood is left out, never
 * guessed. */

#include "bpftap-forecast.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "bpftap-child.h"
#include "bpftap-outer.h"

/* The longest argument that a program can be given on Linux is 128 KiB, and a
 * byte takes two letters. */
#define MAX_BYTES 65000

/* Remarks of the tracer on why it does not go on, and how we put them. */
static const struct {
    const char *remark;
    const char *reason;
} remarks[] = {
    { "decrement TTL exception", "TTL expired" },
    { "Translation failed (Recursion too deep)",
      "loop guard: recursion too deep" },
    { "Translation failed (Too many resubmits)",
      "loop guard: too many resubmits" },
    { "STP not in forwarding state", "port not in STP's forwarding state" },
    { "not managing BPDU in this state", "port blocked by STP" },
    { "skipping output to input port", "would go back to where it came from" },
    { "learned port is input port", "would go back to where it came from" },
    { "OFPPC_NO_FWD set", "port configured not to forward" },
    { "OFPPC_PORT_DOWN set", "port down" },
    { "OFPPC_NO_RECV set", "port configured not to receive" },
    { "Nonexistent output port", "output port does not exist" },
    { "native tunnel routing failed", "no route to the tunnel's other end" },
    { "neighbor cache miss", "tunnel's next hop not resolved yet (ARP)" },
    { "Tunneling decided against output", "tunnel refused it" },
    { "disallowed VLAN", "VLAN not allowed on the port" },
    { "dropping VLAN", "VLAN not allowed on the port" },
    { "partial VLAN tag", "VLAN tag incomplete" },
    { "bonding refused admissibility", "bond refused it" },
    { "input port is mirror output port", "input port is a mirror's output" },
    { "reserved exclusively for mirroring", "input port is a mirror's output" },
    { "Flow is between protected ports", "both ports are protected" },
    { "received on port", "received on a port that may not" },
};

/* What the tracer cannot know. */
#define CT_NOTE "conntrack: taken for a new connection, the real state may be " \
    "another"
#define CHOICE_NOTE "the datapath decides where it goes by chance or hash"

/* A line of the tracer's text, without indentation. */
struct line {
    const char *text;
    size_t length;
    size_t indent;
};

struct parser {
    struct bt_forecast *forecast;
    char *bridge;               /* That the lines are about. */
    const char *reason;         /* Of a drop, the last one named. */
    char *translation;          /* Why translation failed. */
    bool controller;            /* Is there one that gets it? */
    bool slow;                  /* Handled by the switch itself. */
    const char *elsewhere;      /* Where else it goes, NULL for nowhere. */
    size_t length;              /* Bytes of the packet. */
};

static bool
starts_with(const struct line *line, const char *prefix)
{
    return (line->length >= strlen(prefix)
            && !memcmp(line->text, prefix, strlen(prefix)));
}

static char *
copy(const char *s, size_t n)
{
    char *new = bt_alloc(n + 1);

    memcpy(new, s, n);
    new[n] = '\0';
    return new;
}

/* Takes the next line off '*trace'.  Returns false at the end. */
static bool
next_line(const char **trace, struct line *line)
{
    const char *start = *trace;
    size_t n = strcspn(start, "\n");

    if (!*start) {
        return false;
    }
    *trace = start + n + (start[n] == '\n');
    line->indent = strspn(start, " ");
    if (line->indent > n) {
        line->indent = n;
    }
    line->text = start + line->indent;
    line->length = n - line->indent;
    while (line->length && isspace((unsigned char)
                                   line->text[line->length - 1])) {
        line->length--;
    }
    return true;
}

static void
note(struct bt_forecast *f, const char *text)
{
    if (!bt_strv_contains(&f->notes, text)) {
        bt_strv_add(&f->notes, text);
    }
}

/* "bridge("br0")" */
static bool
parse_bridge(struct parser *p, const struct line *line)
{
    static const char prefix[] = "bridge(\"";
    size_t n = strlen(prefix);

    if (!starts_with(line, prefix) || line->length < n + 2) {
        return false;
    }
    free(p->bridge);
    p->bridge = copy(line->text + n, line->length - n - 2);
    return true;
}

/* Finds "cookie 0x5" in a flow. */
static char *
find_cookie(const char *flow)
{
    const char *cookie = strstr(flow, "cookie 0x");

    return (cookie
            ? copy(cookie + 7, strcspn(cookie + 7, ", "))
            : NULL);
}

/* " 0. in_port=1, priority 100, cookie 0x5" or "10. No match." */
static bool
parse_table(struct parser *p, const struct line *line)
{
    struct bt_forecast *f = p->forecast;
    struct bt_step *step;
    size_t digits = 0, skip;

    while (digits < line->length && isdigit((unsigned char)
                                            line->text[digits])) {
        digits++;
    }
    if (!digits || digits > 3 || digits + 2 > line->length
        || line->text[digits] != '.' || line->text[digits + 1] != ' ') {
        return false;
    }

    skip = digits + 2;
    f->steps = bt_realloc(f->steps, (f->n_steps + 1) * sizeof *f->steps);
    step = &f->steps[f->n_steps++];
    memset(step, 0, sizeof *step);
    step->bridge = bt_strdup(p->bridge ? p->bridge : "?");
    step->table = strtoul(line->text, NULL, 10);
    step->actions = bt_strdup("");
    if (strncmp(line->text + skip, "No match", 8)) {
        step->flow = copy(line->text + skip, line->length - skip);
        step->cookie = find_cookie(step->flow);
    }
    p->reason = NULL;
    return true;
}

static void
add_action(struct bt_forecast *f, const struct line *line)
{
    struct bt_step *step = &f->steps[f->n_steps - 1];
    char *old = step->actions;

    step->actions = bt_asprintf("%s%s%.*s", old, old[0] ? "," : "",
                                (int) line->length, line->text);
    free(old);
}

/* A remark of the tracer's, after "->", ">>" or without. */
static void
parse_remark(struct parser *p, const char *text)
{
    for (size_t i = 0; i < BT_ARRAY_SIZE(remarks); i++) {
        if (strstr(text, remarks[i].remark)) {
            p->reason = remarks[i].reason;
        }
    }
    if (strstr(text, "no learned MAC for destination")
        || strstr(text, "forwarding to learned port")) {
        note(p->forecast, "learned MAC addresses: as they are now");
    }
    if (strstr(text, "bucket") || strstr(text, "dp_hash")) {
        note(p->forecast, "group or bond: which member depends on a hash that "
             "the datapath may compute otherwise");
    }
}

/* Adds 'name', a port, if it is not there yet. */
static void
add_port(struct bt_forecast *f, const char *name, size_t n)
{
    char *s = copy(name, n);

    if (!bt_strv_contains(&f->ports, s)) {
        bt_strv_add(&f->ports, s);
    }
    free(s);
}

/* Returns the length of the action at 's', up to the comma that ends it. */
static size_t
action_length(const char *s)
{
    size_t depth = 0, n;

    for (n = 0; s[n] && (s[n] != ',' || depth); n++) {
        depth += s[n] == '(';
        depth -= s[n] == ')' && depth;
    }
    return n;
}

static bool
is_action(const char *s, size_t n, const char *name)
{
    return n >= strlen(name) && !memcmp(s, name, strlen(name));
}

static void parse_actions(struct parser *, const char *actions);

/* Looks into the parentheses of 's', which has 'n' bytes. */
static void
parse_nested(struct parser *p, const char *s, size_t n)
{
    const char *open = memchr(s, '(', n);
    char *inner;

    if (open && s[n - 1] == ')') {
        inner = copy(open + 1, s + n - 1 - (open + 1));
        parse_actions(p, inner);
        free(inner);
    }
}

/* "tnl_push(tnl_port(vxlan_sys_4789),...)" */
static void
parse_push(struct parser *p, const char *s, size_t n)
{
    static const char prefix[] = "tnl_push(tnl_port(";

    if (is_action(s, n, prefix)) {
        s += strlen(prefix);
        add_port(p->forecast, s, strcspn(s, ")"));
    }
}

static void
parse_userspace(struct parser *p, const char *s, size_t n)
{
    char *text = copy(s, n);

    p->controller |= strstr(text, "controller(") != NULL;
    p->slow |= strstr(text, "slow_path(") != NULL;
    free(text);
}

/* "check_pkt_len(size=1500,gt(ACTIONS),le(ACTIONS))" */
static void
parse_length(struct parser *p, const char *s, size_t n)
{
    char *text = copy(s, n);
    const char *size = strstr(text, "size=");
    bool longer = size && p->length > strtoul(size + 5, NULL, 10);
    const char *branch = strstr(text, longer ? ",gt(" : ",le(");

    if (branch) {
        parse_nested(p, branch + 1, action_length(branch + 1));
    }
    free(text);
}

/* What datapath actions mean for where the packet goes. */
static const struct {
    const char *name;           /* With what is behind it. */
    void (*parse)(struct parser *, const char *, size_t);
    const char *note;
    const char *elsewhere;
    bool undecided;
} kinds[] = {
    { "tnl_push(", parse_push, NULL, NULL, false },
    { "clone(", parse_nested, NULL, NULL, false },
    { "userspace(", parse_userspace, NULL, NULL, false },
    { "check_pkt_len(", parse_length, NULL, NULL, false },
    { "tnl_pop(", NULL, NULL,
      "out of its tunnel: what was in it comes in by the tunnel's port",
      true },
    { "meter(", NULL, "meter: may drop it, the tracer does not count",
      NULL, false },
    { "ct(", NULL, CT_NOTE, NULL, false },
    { "sample(", NULL, CHOICE_NOTE, NULL, true },
    { "hash(", NULL, CHOICE_NOTE, NULL, true },
    { "lb_output(", NULL, CHOICE_NOTE,
      "out of a member of a bond, which the datapath chooses", true },
};

/* Looks at an action that has parentheses. */
static void
parse_kind(struct parser *p, const char *s, size_t n)
{
    for (size_t i = 0; i < BT_ARRAY_SIZE(kinds); i++) {
        if (!is_action(s, n, kinds[i].name)) {
            continue;
        }
        p->forecast->undecided |= kinds[i].undecided;
        if (kinds[i].elsewhere) {
            p->elsewhere = kinds[i].elsewhere;
        }
        if (kinds[i].note) {
            note(p->forecast, kinds[i].note);
        }
        if (kinds[i].parse) {
            kinds[i].parse(p, s, n);
        }
        return;
    }
}

/* Looks at one datapath action. */
static void
parse_action(struct parser *p, const char *s, size_t n)
{
    static const char *const plain[] = {
        "drop", "ct_clear", "pop_vlan", "pop_eth",
    };

    if (memchr(s, '(', n)) {
        parse_kind(p, s, n);
        return;
    }
    for (size_t i = 0; i < BT_ARRAY_SIZE(plain); i++) {
        if (n == strlen(plain[i]) && !memcmp(s, plain[i], n)) {
            return;
        }
    }
    if (n == 2 && !memcmp(s, "ct", 2)) {
        note(p->forecast, CT_NOTE);
    } else if (n) {
        add_port(p->forecast, s, n);
    }
}

static void
parse_actions(struct parser *p, const char *actions)
{
    while (*actions) {
        size_t n;

        while (*actions == ' ' || *actions == ',') {
            actions++;
        }
        n = action_length(actions);
        parse_action(p, actions, n);
        actions += n;
    }
}

static bool
parse_datapath(struct parser *p, const struct line *line)
{
    static const char prefix[] = "Datapath actions: ";
    char *actions;

    if (!starts_with(line, prefix)) {
        return false;
    }
    actions = copy(line->text + strlen(prefix),
                   line->length - strlen(prefix));
    if (p->forecast->datapath.length) {
        bt_str_puts(&p->forecast->datapath, "; ");
    }
    bt_str_puts(&p->forecast->datapath, actions);
    parse_actions(p, actions);
    free(actions);
    return true;
}

/* "Translation failed (Recursion too deep), packet is dropped." */
static bool
parse_failure(struct parser *p, const struct line *line)
{
    static const char prefix[] = "Translation failed (";
    char *text;

    if (!starts_with(line, prefix)) {
        return false;
    }
    text = copy(line->text, line->length);
    parse_remark(p, text);
    free(p->translation);
    p->translation = copy(text + strlen(prefix),
                          strcspn(text + strlen(prefix), ")"));
    free(text);
    return true;
}

/* Lines below a table are actions, but for these. */
static bool
is_action_line(const struct line *line)
{
    static const char *const others[] = {
        ">>", "- ", "Initial flow:", "Modified flow:", "thaw",
        "Resuming from table",
    };

    for (size_t i = 0; i < BT_ARRAY_SIZE(others); i++) {
        if (starts_with(line, others[i])) {
            return false;
        }
    }
    return true;
}

static void
parse_line(struct parser *p, const struct line *line)
{
    struct bt_forecast *f = p->forecast;
    char *text;

    if (!line->length || line->text[0] == '-'
        || parse_bridge(p, line) || parse_datapath(p, line)
        || parse_failure(p, line) || parse_table(p, line)) {
        /* "-> text" is a remark, "-----" is below a heading. */
        if (starts_with(line, "->")) {
            text = copy(line->text, line->length);
            parse_remark(p, text);
            free(text);
        }
        return;
    }
    text = copy(line->text, line->length);
    if (starts_with(line, ">>") || strchr(text, ' ')) {
        parse_remark(p, text);
    }
    if (line->indent && f->n_steps && is_action_line(line)) {
        add_action(f, line);
    }
    free(text);
}

/* The reason that the last table gives. */
static void
put_flow(struct bt_forecast *f)
{
    const struct bt_step *last = f->n_steps ? &f->steps[f->n_steps - 1] : NULL;

    if (!last) {
        bt_str_puts(&f->outcome, "before the first table");
    } else if (!last->flow) {
        bt_str_printf(&f->outcome, "no match in table %u of %s", last->table,
                      last->bridge);
    } else {
        bt_str_printf(&f->outcome, "%sby flow in table %u of %s: %s",
                      strstr(last->flow, "+inv") ? "conntrack invalid, " : "",
                      last->table, last->bridge, last->flow);
    }
}

static void
put_outcome(struct parser *p)
{
    struct bt_forecast *f = p->forecast;

    if (f->ports.n) {
        bt_str_puts(&f->outcome, "out of ");
        for (size_t i = 0; i < f->ports.n; i++) {
            bt_str_printf(&f->outcome, "%s%s", i ? ", " : "", f->ports.v[i]);
        }
    } else if (p->elsewhere) {
        bt_str_puts(&f->outcome, p->elsewhere);
    } else if (p->controller && !p->reason) {
        bt_str_puts(&f->outcome, "to the controller");
    } else if (p->slow && !p->reason) {
        bt_str_puts(&f->outcome, "handled by the switch itself");
    } else {
        f->dropped = true;
        bt_str_puts(&f->outcome, "dropped: ");
        if (p->reason) {
            bt_str_printf(&f->outcome, "%s%s", p->reason,
                          p->controller ? ", the controller is told" : "");
        } else if (p->translation) {
            bt_str_puts(&f->outcome, p->translation);
        } else {
            put_flow(f);
        }
    }
}

/* Puts the text 'trace' about a packet of 'length' bytes into '*f'. */
static void
parse_trace(struct bt_forecast *f, const char *trace, size_t length)
{
    struct parser p = { .forecast = f, .length = length };
    struct line line;

    memset(f, 0, sizeof *f);
    while (next_line(&trace, &line)) {
        parse_line(&p, &line);
    }
    if (!f->datapath.length) {
        f->error = bt_strdup("the tracer's answer is not understood");
    } else {
        put_outcome(&p);
    }
    free(p.bridge);
    free(p.translation);
}

/* The first line of what ovs-appctl prints, for a message. */
static char *
first_line(const struct bt_str *s)
{
    const char *text = bt_str_cstr(s);

    return copy(text, strcspn(text, "\n"));
}

static char *
to_hex(const uint8_t *data, size_t n)
{
    char *hex = bt_alloc(2 * n + 1);

    for (size_t i = 0; i < n; i++) {
        snprintf(hex + 2 * i, 3, "%02x", data[i]);
    }
    hex[2 * n] = '\0';
    return hex;
}

static void
ask(struct bt_forecast *f, struct bt_strv *argv, size_t length)
{
    struct bt_str output = { NULL, 0, 0 };
    int status = bt_run(argv->v, &output);

    if (!status) {
        parse_trace(f, bt_str_cstr(&output), length);
    } else {
        memset(f, 0, sizeof *f);
        f->error = (status == 127
                    ? bt_strdup("ovs-appctl cannot be run")
                    : status == 128 + 14
                    ? bt_strdup("the tracer did not answer in time")
                    : first_line(&output));
    }
    bt_str_free(&output);
}

/* Finds 'port' in what dpif/show prints,
 *
 *     system@ovs-system: hit:1 missed:2
 *       br0:
 *         vxlan0 5/3: (vxlan: ...)
 *
 * and stores in '*number' how the datapath numbers it.  Returns the datapath's
 * name, "ovs-system", which the caller frees, or NULL. */
static char *
parse_datapaths(const char *p, const struct bpfdev_port *port,
                unsigned int *number)
{
    char datapath[64] = "", bridge[64] = "";

    for (; *p; p += strcspn(p, "\n"), p += *p != '\0') {
        char name[64];
        unsigned int ofport;

        if (sscanf(p, "    %63s %u/%u:", name, &ofport, number) == 3) {
            if (ofport == port->ofport && !strcmp(bridge, port->bridge)) {
                return bt_strdup(datapath);
            }
        } else if (*p == ' ') {
            sscanf(p, "  %63[^:\n]:", bridge);
        } else {
            sscanf(p, "%*[^@\n]@%63[^:\n]:", datapath);
        }
    }
    return NULL;
}

static char *
find_datapath(const struct bpfdev_port *port, unsigned int timeout,
              unsigned int *number)
{
    struct bt_strv argv = { NULL, 0 };
    struct bt_str output = { NULL, 0, 0 };
    char *datapath = NULL;

    bt_strv_add(&argv, "ovs-appctl");
    bt_strv_addf(&argv, "--timeout=%u", timeout);
    bt_strv_add(&argv, "dpif/show");
    if (!bt_run(argv.v, &output)) {
        datapath = parse_datapaths(bt_str_cstr(&output), port, number);
    }
    bt_strv_free(&argv);
    bt_str_free(&output);
    return datapath;
}

/* Adds to 'argv' what the tracer is to know beside the packet.  What came in
 * its tunnel can be told in the datapath's terms only: there are no others for
 * options of Geneve. */
static void
add_flow(struct bt_strv *argv, const struct bpfdev_port *port,
         const char **tunnel, unsigned int timeout)
{
    unsigned int number;
    char *datapath = *tunnel ? find_datapath(port, timeout, &number) : NULL;

    if (datapath) {
        bt_strv_add(argv, datapath);
        bt_strv_addf(argv, "%s,in_port(%u)", *tunnel, number);
    } else {
        *tunnel = NULL;
        bt_strv_add(argv, port->bridge);
        bt_strv_addf(argv, "in_port=%u", port->ofport);
    }
    free(datapath);
}

void
bt_forecast_get(struct bt_forecast *f, const struct bpfdev_port *port,
                const char *tunnel, const uint8_t *data, size_t n,
                unsigned int timeout)
{
    struct bt_strv argv = { NULL, 0 };
    char *hex;

    if (n < 14 || n > MAX_BYTES) {
        memset(f, 0, sizeof *f);
        f->error = bt_asprintf("%zu bytes are %s for the tracer", n,
                               n < 14 ? "too few" : "too many");
        return;
    }
    hex = to_hex(data, n);
    bt_strv_add(&argv, "ovs-appctl");
    bt_strv_addf(&argv, "--timeout=%u", timeout);
    bt_strv_add(&argv, "ofproto/trace");
    bt_strv_add(&argv, "--names");
    add_flow(&argv, port, &tunnel, timeout);
    bt_strv_add(&argv, hex);
    ask(f, &argv, n);
    if (!f->error && !tunnel && bt_outer_is_tunnel(port->type)) {
        note(f, "in a tunnel: with what key, addresses and options is not"
             " known");
    }
    bt_strv_free(&argv);
    free(hex);
}

void
bt_forecast_destroy(struct bt_forecast *f)
{
    for (size_t i = 0; i < f->n_steps; i++) {
        free(f->steps[i].bridge);
        free(f->steps[i].flow);
        free(f->steps[i].actions);
        free(f->steps[i].cookie);
    }
    free(f->steps);
    bt_str_free(&f->datapath);
    bt_strv_free(&f->ports);
    bt_str_free(&f->outcome);
    bt_strv_free(&f->notes);
    free(f->error);
}
