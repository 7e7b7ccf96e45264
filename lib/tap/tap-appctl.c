/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at:
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

/* Control commands of the capture module.
 *
 * What a command has to say is put together as JSON, from snapshots that
 * lib/bpf gives out, so that nothing is locked meanwhile; the text for people
 * is made from the JSON.  Main thread only. */

#include <config.h>

#include "tap/tap-appctl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/bpf-client.h"
#include "bpf/bpf-config.h"
#include "bpf/bpf-port.h"
#include "bpf/bpf-quota.h"
#include "bpf/bpf-server.h"
#include "bpf/bpf-totals.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "printable.h"
#include "svec.h"
#include "table.h"
#include "tap/tap-ovsdb.h"
#include "tap/tap-server.h"
#include "unixctl.h"
#include "util.h"

/* Last, because it undoes definitions of <config.h>. */
#include "ovs-compat.h"

VLOG_DEFINE_THIS_MODULE(bpf_appctl);

/* A command that prints something. */
struct printer {
    const char *name;
    struct json *(*collect)(void);
    void (*format)(const struct json *, struct ds *);
};

/* JSON. */

static void
put_int(struct json *object, const char *name, uint64_t value)
{
    json_object_put(object, name, json_integer_create(value));
}

static void
put_bool(struct json *object, const char *name, bool value)
{
    json_object_put(object, name, json_boolean_create(value));
}

/* Adds text that somebody else chose, in printable form. */
static void
put_text(struct json *object, const char *name, const char *text)
{
    char *printable = printable_dup(text);

    json_object_put_string(object, name, printable ? printable : "");
    free(printable);
}

static const struct json *
get_member(const struct json *object, const char *name)
{
    return shash_find_data(json_object(object), name);
}

/* Returns the text of member 'name' of 'object', "-" if there is none.  The
 * caller frees it. */
static char *
get_text(const struct json *object, const char *name)
{
    const struct json *member = get_member(object, name);

    if (!member) {
        return xstrdup("-");
    } else if (member->type == JSON_STRING) {
        return xstrdup(json_string(member)[0] ? json_string(member) : "-");
    } else {
        return json_to_string(member, 0);
    }
}

/* A column of a table, or a line of a list. */
struct column {
    const char *heading;
    const char *member;
};

/* Prints the objects in 'array' as a table. */
static void
format_table(const struct json *array, const struct column columns[],
             size_t n_columns, struct ds *s)
{
    struct table_style style = TABLE_STYLE_DEFAULT;
    struct table table;

    table_init(&table);
    for (size_t i = 0; i < n_columns; i++) {
        table_add_column(&table, "%s", columns[i].heading);
    }
    for (size_t i = 0; i < json_array_size(array); i++) {
        table_add_row(&table);
        for (size_t j = 0; j < n_columns; j++) {
            table_add_cell(&table)->text = get_text(json_array_at(array, i),
                                                    columns[j].member);
        }
    }

    table_format_reset();
    style.format = TF_TABLE;
    style.cell_format = CF_BARE;
    table_format(&table, &style, s);
    table_destroy(&table);
}

/* Prints members of 'object', one in a line. */
static void
format_lines(const struct json *object, const struct column lines[],
             size_t n_lines, struct ds *s)
{
    for (size_t i = 0; i < n_lines; i++) {
        char *text = get_text(object, lines[i].member);

        ds_put_format(s, "%s: %s\n", lines[i].heading, text);
        free(text);
    }
}

/* Ports. */

static const char *
dlt_to_string(uint32_t dlt)
{
    return dlt == BPF_DEV_DLT_RAW ? "RAW" : "EN10MB";
}

/* Adds a counter of a port, unless the port does not have it. */
static void
put_counter(struct json *object, const char *name, uint64_t value)
{
    if (value != UINT64_MAX) {
        put_int(object, name, value);
    }
}

static struct json *
port_stats_to_json(const char *port)
{
    struct json *object = json_object_create();
    struct bpf_port_stats stats;

    if (!bpf_port_get_stats(port, &stats)) {
        put_counter(object, "rx_packets", stats.rx_packets);
        put_counter(object, "rx_bytes", stats.rx_bytes);
        put_counter(object, "rx_dropped", stats.rx_dropped);
        put_counter(object, "rx_errors", stats.rx_errors);
        put_counter(object, "tx_packets", stats.tx_packets);
        put_counter(object, "tx_bytes", stats.tx_bytes);
        put_counter(object, "tx_dropped", stats.tx_dropped);
        put_counter(object, "tx_errors", stats.tx_errors);
    }
    return object;
}

/* Adds what others call a port, unless they do not. */
static void
put_label(struct json *object, const char *name, const char *label)
{
    if (label[0]) {
        json_object_put_string(object, name, label);
    }
}

static struct json *
port_to_json(const struct bpf_port_info *p)
{
    struct json *object = json_object_create();

    put_text(object, "bridge", p->bridge);
    put_text(object, "name", p->name);
    put_text(object, "type", p->type);
    put_int(object, "ofport", p->ofport);
    put_int(object, "dlt", p->dlt);
    json_object_put_string(object, "link", dlt_to_string(p->dlt));
    put_int(object, "mtu", p->mtu);
    put_int(object, "speed", p->speed);
    if (p->has_link_address) {
        struct eth_addr ea;

        memcpy(ea.ea, p->mac, sizeof ea.ea);
        json_object_put_format(object, "mac", ETH_ADDR_FMT,
                               ETH_ADDR_ARGS(ea));
    }
    put_label(object, "iface_id", p->iface_id);
    put_label(object, "network", p->network);
    put_label(object, "vm", p->vm);
    put_label(object, "container", p->container);
    put_int(object, "n_listeners", p->n_clients);
    json_object_put(object, "statistics", port_stats_to_json(p->name));
    return object;
}

static struct json *
collect_ports(void)
{
    struct json *array = json_array_create_empty();
    struct bpf_port_info *ports;
    size_t n;

    ports = bpf_port_list(&n);
    for (size_t i = 0; i < n; i++) {
        json_array_add(array, port_to_json(&ports[i]));
    }
    free(ports);
    return array;
}

static void
format_ports(const struct json *ports, struct ds *s)
{
    static const struct column columns[] = {
        { "bridge", "bridge" },
        { "port", "name" },
        { "type", "type" },
        { "ofport", "ofport" },
        { "dlt", "link" },
        { "mtu", "mtu" },
        { "speed", "speed" },
        { "address", "mac" },
        { "devices", "n_listeners" },
    };

    format_table(ports, columns, ARRAY_SIZE(columns), s);
}

/* Devices. */

static struct json *
peer_to_json(const struct bpf_peer *peer)
{
    const struct bpf_dev_info *info = &peer->info;
    struct json *object = json_object_create();

    put_int(object, "id", peer->id);
    put_int(object, "pid", peer->cred.pid);
    put_int(object, "uid", peer->cred.uid);
    put_int(object, "gid", peer->cred.gid);
    put_text(object, "process", peer->process);
    put_text(object, "port", info->port);
    json_object_put_string(object, "state",
                           bpf_dev_state_to_string(info->state));
    json_object_put_string(object, "direction",
                           bpf_dev_direction_to_string(info->direction));
    put_bool(object, "promiscuous", info->promisc);
    put_bool(object, "immediate", info->immediate);
    put_bool(object, "header_complete", info->hdrcmplt);
    put_bool(object, "see_sent", info->see_sent);
    put_bool(object, "feedback", info->feedback);
    put_bool(object, "read_only", info->read_only);
    put_bool(object, "locked", info->locked);
    put_int(object, "filter_instructions", info->n_insns);
    put_bool(object, "filter_compiled", info->compiled);
    put_int(object, "buffer_length", info->blen);
    put_int(object, "buffers", info->n_buffers);
    put_int(object, "memory", peer->memory);
    put_int(object, "cost", peer->cost);
    put_int(object, "received", info->stats.received);
    put_int(object, "captured", info->stats.captured);
    put_int(object, "dropped", info->stats.dropped);
    put_int(object, "store_bytes", info->store_len);
    put_int(object, "hold_bytes", info->hold_len);
    return object;
}

static struct json *
collect_peers(void)
{
    struct json *array = json_array_create_empty();
    struct bpf_peer *peers;
    size_t n;

    peers = bpf_peer_list(&n);
    for (size_t i = 0; i < n; i++) {
        json_array_add(array, peer_to_json(&peers[i]));
    }
    free(peers);
    return array;
}

/* Returns a copy of 'peer' with a letter for each property that it has, as
 * netstat -B does. */
static struct json *
clone_with_flags(const struct json *peer)
{
    static const struct column flags[] = {
        { "P", "promiscuous" },
        { "I", "immediate" },
        { "H", "header_complete" },
        { "S", "see_sent" },
        { "F", "feedback" },
        { "R", "read_only" },
        { "L", "locked" },
    };
    struct json *clone = json_deep_clone(peer);
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        bool set = json_boolean(get_member(peer, flags[i].member));

        ds_put_cstr(&s, set ? flags[i].heading : "-");
    }
    json_object_put_string(clone, "flags", ds_cstr(&s));
    ds_destroy(&s);
    return clone;
}

static void
format_peers(const struct json *peers, struct ds *s)
{
    static const struct column columns[] = {
        { "id", "id" },
        { "pid", "pid" },
        { "uid", "uid" },
        { "process", "process" },
        { "port", "port" },
        { "state", "state" },
        { "flags", "flags" },
        { "direction", "direction" },
        { "cost", "cost" },
        { "buffer", "buffer_length" },
        { "n", "buffers" },
        { "received", "received" },
        { "captured", "captured" },
        { "dropped", "dropped" },
        { "store", "store_bytes" },
        { "hold", "hold_bytes" },
    };
    struct json *copy = json_array_create_empty();

    for (size_t i = 0; i < json_array_size(peers); i++) {
        json_array_add(copy, clone_with_flags(json_array_at(peers, i)));
    }
    format_table(copy, columns, ARRAY_SIZE(columns), s);
    json_destroy(copy);
}

/* Totals. */

static struct json *
collect_stats(void)
{
    struct json *object = json_object_create();
    struct bpf_server_stats server;
    struct bpf_totals totals;

    bpf_totals_get(&totals);
    put_int(object, "received", totals.received);
    put_int(object, "captured", totals.captured);
    put_int(object, "dropped", totals.dropped);
    put_int(object, "written", totals.written);
    put_int(object, "write_errors", totals.write_errors);
    put_int(object, "opened", totals.opened);
    put_int(object, "refused", totals.refused);
    put_int(object, "devices", totals.n_devices);
    put_int(object, "ports", totals.n_ports);
    put_int(object, "memory", totals.memory);

    bpf_server_get_stats(&server);
    put_int(object, "accepted", server.n_accepted);
    put_int(object, "rejected", server.n_rejected);
    put_int(object, "misbehaved", server.n_misbehaved);
    put_int(object, "requests", server.n_requests);
    put_int(object, "connections", server.n_connections);
    put_int(object, "monitors", server.n_monitors);
    return object;
}

static void
format_stats(const struct json *stats, struct ds *s)
{
    static const struct column lines[] = {
        { "packets received", "received" },
        { "packets captured", "captured" },
        { "packets dropped", "dropped" },
        { "frames written", "written" },
        { "frames not written", "write_errors" },
        { "devices opened", "opened" },
        { "devices refused", "refused" },
        { "devices open now", "devices" },
        { "ports", "ports" },
        { "buffer memory in use", "memory" },
        { "connections accepted", "accepted" },
        { "connections rejected", "rejected" },
        { "connections closed for errors", "misbehaved" },
        { "connections open now", "connections" },
        { "connections that watch ports", "monitors" },
        { "requests", "requests" },
    };

    format_lines(stats, lines, ARRAY_SIZE(lines), s);
}

/* Limits and other settings. */

static void
put_socket(struct json *object, const char *name,
           const struct bpf_socket_config *socket)
{
    char *member;

    put_text(object, name, socket->path);
    member = xasprintf("%s_mode", name);
    json_object_put_format(object, member, "%04o",
                           (unsigned int) socket->mode);
    free(member);
    if (socket->group != (gid_t) -1) {
        member = xasprintf("%s_group", name);
        put_int(object, member, socket->group);
        free(member);
    }
}

static struct json *
collect_problems(void)
{
    const struct svec *problems = tap_ovsdb_problems();
    const char *server_error = tap_server_error();
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < problems->n; i++) {
        json_array_add(array, json_string_create(problems->names[i]));
    }
    if (server_error) {
        json_array_add(array, json_string_create(server_error));
    }
    return array;
}

/* The sockets are given as they are, not as they should be. */
static void
put_sockets(struct json *object)
{
    struct bpf_socket_config socket;

    bpf_server_get_socket(false, &socket);
    put_socket(object, "socket", &socket);
    bpf_server_get_socket(true, &socket);
    put_socket(object, "readonly_socket", &socket);
}

/* Adds to 'users' that 'uid' uses 'n' of something. */
static void
add_user(struct json *users, uid_t uid, uint64_t n)
{
    struct json *user = json_object_create();

    put_int(user, "uid", uid);
    put_int(user, "used", n);
    json_array_add(users, user);
}

/* Who uses 'resource', those who use anything of it. */
static struct json *
collect_users(enum bpf_resource resource)
{
    struct json *array = json_array_create_empty();
    size_t n;
    struct bpf_quota_user *users = bpf_quota_list(&n);

    for (size_t i = 0; i < n; i++) {
        if (users[i].used[resource]) {
            add_user(array, users[i].uid, users[i].used[resource]);
        }
    }
    free(users);
    return array;
}

/* Adds to 'quotas' how much of 'resource' is used, which 'setting' limits.
 * 'user_limit' is UINT64_MAX if there is none.  Takes 'users'. */
static void
add_quota(struct json *quotas, const char *resource, const char *setting,
          uint64_t limit, uint64_t user_limit, uint64_t used,
          struct json *users)
{
    struct json *quota = json_object_create();

    put_text(quota, "resource", resource);
    json_object_put_string(quota, "setting", setting);
    put_int(quota, "limit", limit);
    if (user_limit != UINT64_MAX) {
        put_int(quota, "user_limit", user_limit);
    }
    put_int(quota, "used", used);
    json_object_put(quota, "users", users);
    json_array_add(quotas, quota);
}

static void
add_resources(struct json *quotas)
{
    for (size_t i = 0; i < BPF_N_RESOURCES; i++) {
        add_quota(quotas, bpf_resources[i].name,
                  bpf_resources[i].total_setting, bpf_quota_total_max(i),
                  bpf_resources[i].user_setting
                  ? bpf_quota_user_max(i) : UINT64_MAX,
                  bpf_quota_used(i), collect_users(i));
    }
}

/* What is counted by the second. */
static void
add_rates(struct json *quotas)
{
    const struct bpf_config *config = bpf_config_get();
    struct json *requesters = json_array_create_empty();
    struct json *spenders = json_array_create_empty();
    uint64_t n_requests = 0, us_spent = 0;
    size_t n;
    struct bpf_quota_user *users = bpf_quota_list(&n);

    for (size_t i = 0; i < n; i++) {
        uint64_t us = users[i].ns_spent / 1000;

        if (users[i].n_requests) {
            add_user(requesters, users[i].uid, users[i].n_requests);
        }
        if (us) {
            add_user(spenders, users[i].uid, us);
        }
        n_requests += users[i].n_requests;
        us_spent += us;
    }
    free(users);

    add_quota(quotas, "requests in the last second", "bpf-requests-max",
              config->requests_max, config->user_requests, n_requests,
              requesters);
    if (config->time_max < 100) {
        uint64_t limit = config->time_max * UINT64_C(10000);

        add_quota(quotas, "microseconds of forwarding in the last second",
                  "bpf-time-max", limit * MAX(1, bpf_quota_n_threads()),
                  UINT64_MAX, us_spent, spenders);
    } else {
        json_destroy(spenders);
    }
}

static bool
is_on_budget(const struct bpf_peer *peer)
{
    return (peer->info.state == BPF_DEV_ATTACHED
            && !bpf_quota_is_privileged(peer->cred.uid));
}

/* First those on a port's budget, by port and user. */
static int
compare_budgets(const void *a_, const void *b_)
{
    const struct bpf_peer *a = a_;
    const struct bpf_peer *b = b_;
    int ports = strcmp(a->info.port, b->info.port);

    return (is_on_budget(a) != is_on_budget(b)
            ? is_on_budget(b) - is_on_budget(a)
            : ports ? ports
            : a->cred.uid < b->cred.uid ? -1 : a->cred.uid > b->cred.uid);
}

/* Adds the budget that 'peers[0]' is on to 'quotas', and returns how many of
 * the 'n' are on it. */
static size_t
add_port_budget(struct json *quotas, const struct bpf_peer *peers, size_t n)
{
    const struct bpf_config *config = bpf_config_get();
    const char *port = peers[0].info.port;
    char *name = xasprintf("cost on port %s", port);
    struct json *users = json_array_create_empty();
    uint64_t used = 0, used_before = 0;
    size_t i;

    for (i = 0; i < n && !strcmp(peers[i].info.port, port); i++) {
        used += peers[i].cost;
        if (i + 1 == n || compare_budgets(&peers[i], &peers[i + 1])) {
            add_user(users, peers[i].cred.uid, used - used_before);
            used_before = used;
        }
    }
    add_quota(quotas, name, "bpf-port-cost-max", config->port_cost,
              config->user_port_cost, used, users);
    free(name);
    return i;
}

/* Adds the budgets of ports, as far as they are used, to 'quotas'. */
static void
add_port_budgets(struct json *quotas)
{
    size_t n, n_on_budgets = 0;
    struct bpf_peer *peers = bpf_peer_list(&n);

    if (n) {
        qsort(peers, n, sizeof *peers, compare_budgets);
    }
    while (n_on_budgets < n && is_on_budget(&peers[n_on_budgets])) {
        n_on_budgets++;
    }
    for (size_t i = 0; i < n_on_budgets; ) {
        i += add_port_budget(quotas, &peers[i], n_on_budgets - i);
    }
    free(peers);
}

/* What is limited: the limit, a user's limit, what is used, by whom. */
static struct json *
collect_quotas(void)
{
    struct json *quotas = json_array_create_empty();

    add_resources(quotas);
    add_rates(quotas);
    add_port_budgets(quotas);
    return quotas;
}

static void
format_quotas(const struct json *quotas, struct ds *s)
{
    for (size_t i = 0; i < json_array_size(quotas); i++) {
        const struct json *quota = json_array_at(quotas, i);
        const struct json *users = get_member(quota, "users");
        char *user_limit = get_text(quota, "user_limit");

        ds_put_format(s, "%s: %"PRId64" of %"PRId64" used, a user may have %s",
                      json_string(get_member(quota, "resource")),
                      json_integer(get_member(quota, "used")),
                      json_integer(get_member(quota, "limit")),
                      user_limit[0] == '-' ? "any number" : user_limit);
        for (size_t j = 0; j < json_array_size(users); j++) {
            const struct json *user = json_array_at(users, j);

            ds_put_format(s, "%s uid %"PRId64" has %"PRId64, j ? "," : ":",
                          json_integer(get_member(user, "uid")),
                          json_integer(get_member(user, "used")));
        }
        ds_put_char(s, '\n');
        free(user_limit);
    }
}

static struct json *
collect_limits(void)
{
    const struct bpf_config *config = bpf_config_get();
    struct json *object = json_object_create();
    struct bpf_totals totals;

    put_bool(object, "enable", config->enable);
    put_bool(object, "running", bpf_server_is_running());
    put_sockets(object);
    put_int(object, "devices_max", config->devices_max);
    put_int(object, "buffer_default", config->buffer_default);
    put_int(object, "buffer_max", config->buffer_max);
    put_int(object, "buffers_max", config->n_buffers_max);
    put_int(object, "memory_max", config->memory_max);
    put_int(object, "insn_max", config->insn_max);
    put_int(object, "port_devices_max", config->port_devices);
    put_int(object, "port_cost_max", config->port_cost);
    put_int(object, "user_port_cost_max", config->user_port_cost);
    put_int(object, "time_max", config->time_max);
    put_int(object, "requests_max", config->requests_max);
    put_int(object, "user_requests_max", config->user_requests);

    bpf_totals_get(&totals);
    put_int(object, "devices", totals.n_devices);
    put_int(object, "memory", totals.memory);

    json_object_put(object, "quotas", collect_quotas());
    json_object_put(object, "problems", collect_problems());
    return object;
}

static void
format_problems(const struct json *object, struct ds *s)
{
    const struct json *problems = get_member(object, "problems");

    for (size_t i = 0; i < json_array_size(problems); i++) {
        ds_put_format(s, "problem: %s\n",
                      json_string(json_array_at(problems, i)));
    }
}

static void
format_limits(const struct json *limits, struct ds *s)
{
    static const struct column lines[] = {
        { "bpf-enable", "enable" },
        { "bpf-socket", "socket" },
        { "bpf-socket-mode", "socket_mode" },
        { "bpf-socket-group", "socket_group" },
        { "bpf-readonly-socket", "readonly_socket" },
        { "bpf-readonly-socket-mode", "readonly_socket_mode" },
        { "bpf-readonly-socket-group", "readonly_socket_group" },
        { "bpf-devices-max", "devices_max" },
        { "bpf-buffer-default", "buffer_default" },
        { "bpf-buffer-max", "buffer_max" },
        { "bpf-buffers-max", "buffers_max" },
        { "bpf-memory-max", "memory_max" },
        { "bpf-insn-max", "insn_max" },
        { "bpf-port-devices-max", "port_devices_max" },
        { "bpf-port-cost-max", "port_cost_max" },
        { "bpf-user-port-cost-max", "user_port_cost_max" },
        { "bpf-time-max", "time_max" },
        { "bpf-requests-max", "requests_max" },
        { "bpf-user-requests-max", "user_requests_max" },
        { "listening now", "running" },
        { "devices open now", "devices" },
        { "buffer memory in use", "memory" },
    };

    format_lines(limits, lines, ARRAY_SIZE(lines), s);
    format_quotas(get_member(limits, "quotas"), s);
    format_problems(limits, s);
}

/* Everything at a glance. */

static struct json *
collect_all(void)
{
    struct json *object = json_object_create();

    json_object_put_string(object, "ovs_bsd_version", OVS_BSD_VERSION);
    json_object_put_string(object, "ovs_version", VERSION);
    json_object_put(object, "limits", collect_limits());
    json_object_put(object, "stats", collect_stats());
    json_object_put(object, "ports", collect_ports());
    json_object_put(object, "peers", collect_peers());
    return object;
}

static const char *
get_string(const struct json *object, const char *name)
{
    return json_string(get_member(object, name));
}

static int64_t
get_int(const struct json *object, const char *name)
{
    return json_integer(get_member(object, name));
}

static void
format_summary(const struct json *limits, const struct json *stats,
               struct ds *s)
{
    bool running = json_boolean(get_member(limits, "running"));
    const char *ro_socket = get_string(limits, "readonly_socket");

    if (running) {
        ds_put_format(s, "listening on %s", get_string(limits, "socket"));
        if (ro_socket[0]) {
            ds_put_format(s, " and, to read only, %s", ro_socket);
        }
        ds_put_char(s, '\n');
    } else {
        ds_put_cstr(s, "not listening\n");
    }
    format_problems(limits, s);
    ds_put_format(s, "devices: %"PRId64" of %"PRId64", with %"PRId64
                  " of %"PRId64" bytes of memory\n",
                  get_int(limits, "devices"), get_int(limits, "devices_max"),
                  get_int(limits, "memory"), get_int(limits, "memory_max"));
    ds_put_format(s, "packets: %"PRId64" received, %"PRId64" captured, "
                  "%"PRId64" dropped\n", get_int(stats, "received"),
                  get_int(stats, "captured"), get_int(stats, "dropped"));
}

static void
format_peer(const struct json *peer, struct ds *s)
{
    ds_put_format(s, "        device %"PRId64": %s, pid %"PRId64", uid "
                  "%"PRId64": %"PRId64" received, %"PRId64" captured, "
                  "%"PRId64" dropped\n", get_int(peer, "id"),
                  get_string(peer, "process"), get_int(peer, "pid"),
                  get_int(peer, "uid"), get_int(peer, "received"),
                  get_int(peer, "captured"), get_int(peer, "dropped"));
}

/* Prints the devices among 'peers' that are attached to 'port', or those that
 * are not attached if 'port' is NULL. */
static void
format_peers_of(const struct json *peers, const char *port, struct ds *s)
{
    for (size_t i = 0; i < json_array_size(peers); i++) {
        const struct json *peer = json_array_at(peers, i);
        bool attached = !strcmp(get_string(peer, "state"), "attached");

        if (port
            ? attached && !strcmp(get_string(peer, "port"), port)
            : !attached) {
            format_peer(peer, s);
        }
    }
}

static void
format_all(const struct json *all, struct ds *s)
{
    const struct json *ports = get_member(all, "ports");
    const struct json *peers = get_member(all, "peers");
    const char *bridge = "";
    struct ds unattached;

    ds_put_format(s, "ovs-bsd %s, Open vSwitch %s\n",
                  get_string(all, "ovs_bsd_version"),
                  get_string(all, "ovs_version"));
    format_summary(get_member(all, "limits"), get_member(all, "stats"), s);
    for (size_t i = 0; i < json_array_size(ports); i++) {
        const struct json *port = json_array_at(ports, i);

        if (strcmp(get_string(port, "bridge"), bridge)) {
            bridge = get_string(port, "bridge");
            ds_put_format(s, "%s\n", bridge);
        }
        ds_put_format(s, "    %s (%s, port %"PRId64", %s)\n",
                      get_string(port, "name"), get_string(port, "type"),
                      get_int(port, "ofport"), get_string(port, "link"));
        format_peers_of(peers, get_string(port, "name"), s);
    }

    ds_init(&unattached);
    format_peers_of(peers, NULL, &unattached);
    if (unattached.length) {
        ds_put_format(s, "not attached\n%s", ds_cstr(&unattached));
    }
    ds_destroy(&unattached);
}

/* Commands. */

static void
print_command(struct unixctl_conn *conn, int argc, const char *argv[],
              void *printer_)
{
    const struct printer *printer = printer_;
    struct json *json;

    if (argc > 1 && strcmp(argv[1], "--json")) {
        char *msg = xasprintf("%s: unknown argument \"%s\"; the only one is"
                              " --json", argv[0], argv[1]);
        unixctl_command_reply_error(conn, msg);
        free(msg);
        return;
    }

    json = printer->collect();
    if (argc > 1) {
        char *text = json_to_string(json, JSSF_SORT);

        unixctl_command_reply(conn, text);
        free(text);
    } else {
        struct ds s = DS_EMPTY_INITIALIZER;

        printer->format(json, &s);
        unixctl_command_reply(conn, ds_cstr(&s));
        ds_destroy(&s);
    }
    json_destroy(json);
}

static void
disconnect_command(struct unixctl_conn *conn, int argc OVS_UNUSED,
                   const char *argv[], void *aux OVS_UNUSED)
{
    unsigned long long int id;

    if (!ovs_scan(argv[1], "%llu", &id) || !bpf_client_disconnect(id)) {
        char *msg = xasprintf("%s: no device has this number; \"bpf/peers\""
                              " lists them", argv[1]);
        unixctl_command_reply_error(conn, msg);
        free(msg);
        return;
    }
    VLOG_INFO("device %llu: disconnected by an administrator", id);
    unixctl_command_reply(conn, NULL);
}

void
tap_appctl_register(void)
{
    static const struct printer printers[] = {
        { "bpf/show", collect_all, format_all },
        { "bpf/list", collect_ports, format_ports },
        { "bpf/peers", collect_peers, format_peers },
        { "bpf/stats", collect_stats, format_stats },
        { "bpf/limits", collect_limits, format_limits },
    };

    for (size_t i = 0; i < ARRAY_SIZE(printers); i++) {
        unixctl_command_register(printers[i].name, "[--json]", 0, 1,
                                 print_command,
                                 CONST_CAST(struct printer *, &printers[i]));
    }
    unixctl_command_register("bpf/disconnect", "ID", 1, 1,
                             disconnect_command, NULL);
}
