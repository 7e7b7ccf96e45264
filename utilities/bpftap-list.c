/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* "ovs-bpftap list": the ports of the switch, and who listens to them. */

#include "bpftap-commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-options.h"
#include "bpftap-names.h"
#include "bpftap-ports.h"

static const char help[] =
"usage: ovs-bpftap list [OPTION]... [PATTERN]...\n"
"\n"
"Lists the ports of the running switch, each with its bridge, type, OpenFlow\n"
"port number, link type, MTU, the programs that capture on it and, if there\n"
"are any, the names that others know it by.\n"
"\n"
"PATTERN chooses ports: a name, BRIDGE/NAME with wildcards, ovn:NAME,\n"
"iface-id=NAME, network=NAME, vm-uuid=NAME, container=NAME, or any.\n"
"\n"
"  -l, --listeners      one line per capturing program, with its counters\n"
"  -n, --names          names only, one to a line\n"
BT_HELP_COMMON
"\n"
"Only the superuser and the switch's own user see who listens; others see\n"
"how many.\n"
"\n"
"examples: ovs-bpftap list\n"
"          ovs-bpftap list 'br0/*'\n"
"          ovs-bpftap list --json | jq '.[].name'\n";

struct list {
    struct bt_common common;
    bool listeners;
    bool names;
    struct bpfdev_port *ports;
    size_t n_ports;
    struct bpfdev_peer *peers;
    size_t n_peers;
    bool peers_known;
};

static const char *
dlt_name(uint32_t dlt)
{
    const char *name = pcap_datalink_val_to_name(dlt);

    return name ? name : "?";
}

/* Keeps of 'list->ports' those that a pattern stands for. */
static void
select_ports(struct list *list, char *patterns[])
{
    size_t n = 0;

    for (size_t i = 0; i < list->n_ports; i++) {
        for (char **p = patterns; *p; p++) {
            if (bt_pattern_matches(*p, &list->ports[i])) {
                list->ports[n++] = list->ports[i];
                break;
            }
        }
    }
    list->n_ports = n;
    if (!n) {
        bt_fatal("no port \"%s\"; \"ovs-bpftap list\" shows them all",
                 patterns[0]);
    }
}

static void
fetch_lists(struct list *list)
{
    struct bpfdev *dev = bt_monitor_open(list->common.socket);

    list->ports = bt_ports_list(dev, &list->n_ports);
    if (!bpfdev_list_peers(dev, &list->peers, &list->n_peers)) {
        list->peers_known = true;
    } else if (errno != EPERM) {
        bt_fatal("%s", bpfdev_strerror(dev));
    } else if (list->listeners) {
        bt_fatal("who listens is for the superuser and the switch's own user "
                 "to see (%s)", strerror(EPERM));
    }
    bpfdev_close(dev);
}

static bool
listens_to(const struct bpfdev_peer *peer, const struct bpfdev_port *port)
{
    return peer->state == BPFDEV_ATTACHED && !strcmp(peer->port, port->name);
}

static void
put_listeners(const struct list *list, const struct bpfdev_port *port,
              struct bt_str *s)
{
    if (!list->peers_known) {
        bt_str_printf(s, "%u", port->listeners);
        return;
    }
    for (size_t i = 0; i < list->n_peers; i++) {
        const struct bpfdev_peer *peer = &list->peers[i];

        if (listens_to(peer, port)) {
            bt_str_printf(s, "%s%s(%d)", s->length ? ", " : "",
                          peer->process[0] ? peer->process : "?", peer->pid);
        }
    }
    if (!s->length) {
        bt_str_puts(s, "-");
    }
}

static bool
any_names(const struct list *list)
{
    for (size_t i = 0; i < list->n_ports; i++) {
        if (bt_names_find(list->ports[i].name)) {
            return true;
        }
    }
    return false;
}

static void
print_port_table(const struct list *list)
{
    struct bt_str names = { NULL, 0, 0 };
    static const char *const titles[] = {
        "PORT", "BRIDGE", "TYPE", "OFPORT", "LINK", "MTU", "LISTENERS", "NAMES"
    };
    struct bt_table table = {
        { NULL, 0 }, BT_ARRAY_SIZE(titles), (1u << 3) | (1u << 5),
        0, NULL
    };
    bool named = any_names(list);

    table.n_columns -= !named;
    for (size_t i = 0; i < table.n_columns; i++) {
        bt_strv_add(&table.cells, titles[i]);
    }
    for (size_t i = 0; i < list->n_ports; i++) {
        const struct bpfdev_port *port = &list->ports[i];
        struct bt_str listeners = { NULL, 0, 0 };

        put_listeners(list, port, &listeners);
        bt_strv_add(&table.cells, port->name);
        bt_strv_add(&table.cells, port->bridge);
        bt_strv_add(&table.cells, port->type);
        bt_strv_addf(&table.cells, "%u", port->ofport);
        bt_strv_add(&table.cells, dlt_name(port->dlt));
        if (port->mtu) {
            bt_strv_addf(&table.cells, "%u", port->mtu);
        } else {
            bt_strv_add(&table.cells, "-");
        }
        bt_strv_add(&table.cells, bt_str_cstr(&listeners));
        bt_str_free(&listeners);
        if (named) {
            bt_names_describe(port->name, &names);
            bt_strv_add(&table.cells, names.length ? names.s : "-");
            bt_str_clear(&names);
        }
    }
    bt_table_print(&table);
    bt_str_free(&names);
}

static const char *
direction_name(uint32_t direction)
{
    return (direction == BPF_D_IN ? "in"
            : direction == BPF_D_OUT ? "out"
            : "inout");
}

static const char *
state_name(uint32_t state)
{
    return (state == BPFDEV_ATTACHED ? "attached"
            : state == BPFDEV_DETACHED ? "detached"
            : "unattached");
}

/* The letters of netstat -B, and r and L for what it does not know. */
static void
put_flags(const struct bpfdev_peer *peer, struct bt_str *s)
{
    bt_str_printf(s, "%c%c%c%c%c%c%c",
                  peer->promisc ? 'p' : '-',
                  peer->immediate ? 'i' : '-',
                  peer->header_complete ? 'f' : '-',
                  peer->see_sent ? 's' : '-',
                  peer->feedback ? 'a' : '-',
                  peer->read_only ? 'r' : '-',
                  peer->locked ? 'l' : '-');
}

static void
print_peer_table(const struct list *list)
{
    static const char *const titles[] = {
        "PID", "COMMAND", "UID", "PORT", "STATE", "FLAGS", "DIR", "BUFFERS",
        "RECEIVED", "CAPTURED", "DROPPED", "WAITING"
    };
    struct bt_table table = {
        { NULL, 0 }, BT_ARRAY_SIZE(titles),
        1u | (1u << 2) | (1u << 7) | (1u << 8) | (1u << 9) | (1u << 10)
        | (1u << 11), 0, NULL
    };

    for (size_t i = 0; i < BT_ARRAY_SIZE(titles); i++) {
        bt_strv_add(&table.cells, titles[i]);
    }
    for (size_t i = 0; i < list->n_peers; i++) {
        const struct bpfdev_peer *peer = &list->peers[i];
        struct bt_str flags = { NULL, 0, 0 };

        put_flags(peer, &flags);
        bt_strv_addf(&table.cells, "%d", peer->pid);
        bt_strv_add(&table.cells, peer->process[0] ? peer->process : "?");
        bt_strv_addf(&table.cells, "%u", peer->uid);
        bt_strv_add(&table.cells, peer->port[0] ? peer->port : "-");
        bt_strv_add(&table.cells, state_name(peer->state));
        bt_strv_add(&table.cells, flags.s);
        bt_strv_add(&table.cells, direction_name(peer->direction));
        bt_strv_addf(&table.cells, "%ux%u", peer->n_buffers,
                     peer->buffer_length);
        bt_strv_addf(&table.cells, "%llu",
                     (unsigned long long int) peer->stats.received);
        bt_strv_addf(&table.cells, "%llu",
                     (unsigned long long int) peer->stats.captured);
        bt_strv_addf(&table.cells, "%llu",
                     (unsigned long long int) peer->stats.dropped);
        bt_strv_addf(&table.cells, "%u",
                     peer->store_bytes + peer->hold_bytes);
        bt_str_free(&flags);
    }
    bt_table_print(&table);
}

static const char *
json_bool(bool x)
{
    return x ? "true" : "false";
}

static void
put_json_peer(struct bt_str *s, const struct bpfdev_peer *peer)
{
    bt_str_printf(s, "{\"id\": %llu, \"pid\": %d, \"uid\": %u, "
                  "\"process\": ", (unsigned long long int) peer->id,
                  peer->pid, peer->uid);
    bt_str_json(s, peer->process);
    bt_str_puts(s, ", \"port\": ");
    bt_str_json(s, peer->port);
    bt_str_printf(s, ", \"state\": \"%s\", \"direction\": \"%s\", "
                  "\"buffers\": %u, \"buffer_length\": %u, "
                  "\"store_bytes\": %u, \"hold_bytes\": %u, ",
                  state_name(peer->state), direction_name(peer->direction),
                  peer->n_buffers, peer->buffer_length, peer->store_bytes,
                  peer->hold_bytes);
    bt_str_printf(s, "\"promiscuous\": %s, \"immediate\": %s, "
                  "\"header_complete\": %s, \"see_sent\": %s, "
                  "\"feedback\": %s, \"read_only\": %s, \"locked\": %s, ",
                  json_bool(peer->promisc), json_bool(peer->immediate),
                  json_bool(peer->header_complete), json_bool(peer->see_sent),
                  json_bool(peer->feedback), json_bool(peer->read_only),
                  json_bool(peer->locked));
    bt_str_printf(s, "\"received\": %llu, \"captured\": %llu, "
                  "\"dropped\": %llu}",
                  (unsigned long long int) peer->stats.received,
                  (unsigned long long int) peer->stats.captured,
                  (unsigned long long int) peer->stats.dropped);
}

static void
put_json_peers(struct bt_str *s, const struct list *list,
               const struct bpfdev_port *port)
{
    bool first = true;

    bt_str_puts(s, "[");
    for (size_t i = 0; i < list->n_peers; i++) {
        if (!port || listens_to(&list->peers[i], port)) {
            bt_str_puts(s, first ? "\n  " : ",\n  ");
            put_json_peer(s, &list->peers[i]);
            first = false;
        }
    }
    bt_str_puts(s, first ? "]" : "\n ]");
}

static void
put_json_port(struct bt_str *s, const struct list *list,
              const struct bpfdev_port *port)
{
    bt_str_puts(s, "{\"name\": ");
    bt_str_json(s, port->name);
    bt_str_puts(s, ", \"bridge\": ");
    bt_str_json(s, port->bridge);
    bt_str_puts(s, ", \"type\": ");
    bt_str_json(s, port->type);
    bt_str_printf(s, ", \"ofport\": %u, \"dlt\": %u, \"link\": \"%s\", "
                  "\"mtu\": %u, \"speed\": %llu, ", port->ofport, port->dlt,
                  dlt_name(port->dlt), port->mtu,
                  (unsigned long long int) port->speed);
    if (port->addr_len == 6) {
        bt_str_printf(s, "\"mac\": \"%02x:%02x:%02x:%02x:%02x:%02x\", ",
                      port->addr[0], port->addr[1], port->addr[2],
                      port->addr[3], port->addr[4], port->addr[5]);
    }
    bt_str_printf(s, "\"n_listeners\": %u", port->listeners);
    bt_names_json(port->name, s);
    if (list->peers_known) {
        bt_str_puts(s, ", \"listeners\": ");
        put_json_peers(s, list, port);
    }
    bt_str_puts(s, "}");
}

static void
print_json(const struct list *list)
{
    struct bt_str s = { NULL, 0, 0 };

    if (list->listeners) {
        put_json_peers(&s, list, NULL);
    } else {
        bt_str_puts(&s, "[");
        for (size_t i = 0; i < list->n_ports; i++) {
            bt_str_puts(&s, i ? ",\n " : "");
            put_json_port(&s, list, &list->ports[i]);
        }
        bt_str_puts(&s, "]");
    }
    puts(bt_str_cstr(&s));
    bt_str_free(&s);
}

static void
print_names(const struct list *list)
{
    for (size_t i = 0; i < list->n_ports; i++) {
        bt_put_name(list->ports[i].name);
    }
}

static void
parse_options(struct list *list, int argc, char *argv[])
{
    static const struct option options[] = {
        { "listeners", no_argument, NULL, 'l' },
        { "names", no_argument, NULL, 'n' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = bt_getopt(argc, argv, ":ln", options, NULL,
                          &list->common)) != -1) {
        if (c == 'l') {
            list->listeners = true;
        } else {
            list->names = true;
        }
    }
}

int
bt_cmd_list(int argc, char *argv[])
{
    struct list list;

    memset(&list, 0, sizeof list);
    list.common.help = help;
    list.common.has = BT_HAS_JSON;
    parse_options(&list, argc, argv);
    fetch_lists(&list);
    if (argv[optind]) {
        select_ports(&list, argv + optind);
    }

    if (list.common.json) {
        print_json(&list);
    } else if (list.names) {
        print_names(&list);
    } else if (list.listeners) {
        print_peer_table(&list);
    } else {
        print_port_table(&list);
    }
    free(list.ports);
    free(list.peers);
    return BT_OK;
}
