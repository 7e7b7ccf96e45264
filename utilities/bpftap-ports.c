/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Names and descriptions of ports; see bpftap-ports.h. */

#include "bpftap-ports.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "bpftap-names.h"
#include "bpftap-util.h"
#include "bpftap-who.h"

static bool
has_wildcard(const char *pattern)
{
    return strpbrk(pattern, "*?[") != NULL;
}

bool
bt_pattern_is_exact(const char *pattern)
{
    return (strcmp(pattern, "any") && !has_wildcard(pattern)
            && !bt_names_is_pattern(pattern));
}

/* Ports to which attaching is harmless and which the user knows. */
static bool
is_ordinary(const struct bpfdev_port *port)
{
    return (strcmp(port->type, "patch")
            && strcmp(port->type, BT_PORT_DROPS)
            && strncmp(port->name, BT_OWN_PORT_PREFIX,
                       strlen(BT_OWN_PORT_PREFIX)));
}

/* Matches "BRIDGE/PORT", each part by fnmatch(3). */
static bool
matches_with_bridge(const char *pattern, const struct bpfdev_port *port)
{
    const char *slash = strchr(pattern, '/');
    bool matches;
    char *bridge;

    if (!slash) {
        return false;
    }
    bridge = bt_strdup(pattern);
    bridge[slash - pattern] = '\0';
    matches = (!fnmatch(bridge, port->bridge, 0)
               && !fnmatch(slash + 1, port->name, 0));
    free(bridge);
    return matches;
}

bool
bt_pattern_matches(const char *pattern, const struct bpfdev_port *port)
{
    if (!strcmp(pattern, "any")) {
        return is_ordinary(port);
    } else if (!strcmp(pattern, port->name)) {
        return true;
    } else if (bt_names_is_pattern(pattern)) {
        return bt_names_match(pattern, port->name);
    } else if (has_wildcard(pattern) && !is_ordinary(port)) {
        return false;
    }
    return (matches_with_bridge(pattern, port)
            || (has_wildcard(pattern) && !fnmatch(pattern, port->name, 0)));
}

char *
bt_port_description(const struct bpfdev_port *port)
{
    struct bt_str s = { NULL, 0, 0 };
    struct bt_str names = { NULL, 0, 0 };

    bt_names_describe(port->name, &names);
    bt_str_printf(&s, "%s/%s, %s, ofport %u%s%s", port->bridge, port->name,
                  port->type, port->ofport, names.length ? ", " : "",
                  bt_str_cstr(&names));
    bt_str_free(&names);
    return s.s;
}

struct bpfdev *
bt_monitor_open(const char *socket)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    struct bpfdev *dev = bpfdev_monitor_open(socket, BPFDEV_RDONLY, errbuf);

    if (!dev) {
        bt_who_explain(socket, errno, errbuf);
        bt_fatal("%s", errbuf);
    }
    return dev;
}

void
bt_port_drops(struct bpfdev_port *port)
{
    memset(port, 0, sizeof *port);
    strcpy(port->name, BT_PORT_DROPS);
    strcpy(port->type, BT_PORT_DROPS);
    port->dlt = DLT_EN10MB;
}

int
bt_ports_try_list(struct bpfdev *dev, struct bpfdev_port **ports, size_t *n)
{
    int error = bpfdev_list_ports(dev, ports, n);

    if (!error) {
        bt_names_load(dev);
    }
    return error;
}

struct bpfdev_port *
bt_ports_list(struct bpfdev *dev, size_t *n)
{
    struct bpfdev_port *ports;

    if (bt_ports_try_list(dev, &ports, n)) {
        bt_fatal("%s", bpfdev_strerror(dev));
    }
    return ports;
}
