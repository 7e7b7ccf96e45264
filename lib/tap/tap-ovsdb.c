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

/* Follows Open_vSwitch, Bridge, Port and Interface in the database through an
 * IDL of our own, which asks for few columns and never writes.
 *
 * A port exists while its Interface row has an OpenFlow port number.  Link
 * address, MTU and speed are taken from the database as well: the bridge keeps
 * them there up to date.  What kind of packets a port carries, and how a
 * tunnel tells its packets from those of others, only its netdev knows; that
 * may change without a change of the database, so that ports are also looked
 * at again whenever a netdev changes while there are tunnels.
 *
 * Main thread only. */

#include <config.h>

#include "tap/tap-ovsdb.h"

#include <stdlib.h>
#include <string.h>

#include "bpf/bpf-config.h"
#include "bpf/bpf-device.h"
#include "bpf/bpf-port.h"
#include "connectivity.h"
#include "lib/vswitch-idl.h"
#include "netdev.h"
#include "netdev-provider.h"
#include "openvswitch/vlog.h"
#include "printable.h"
#include "ovsdb-idl.h"
#include "packets.h"
#include "seq.h"
#include "sset.h"
#include "svec.h"
#include "tap/tap-config.h"
#include "tap/tap-tunnel.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(bpf_ovsdb);

static struct ovsdb_idl *idl;
static unsigned int idl_seqno;          /* Last one taken over. */
static uint64_t connectivity_seqno;     /* Last one taken over. */
static struct sset port_names = SSET_INITIALIZER(&port_names);
static struct svec problems = SVEC_EMPTY_INITIALIZER;
static char *run_dir;

static void
add_columns(void)
{
    static const struct {
        const struct ovsdb_idl_table_class *table;
        const struct ovsdb_idl_column *column;
    } columns[] = {
        { &ovsrec_table_open_vswitch, &ovsrec_open_vswitch_col_bridges },
        { &ovsrec_table_open_vswitch, &ovsrec_open_vswitch_col_other_config },
        { &ovsrec_table_bridge, &ovsrec_bridge_col_name },
        { &ovsrec_table_bridge, &ovsrec_bridge_col_ports },
        { &ovsrec_table_port, &ovsrec_port_col_interfaces },
        { &ovsrec_table_interface, &ovsrec_interface_col_name },
        { &ovsrec_table_interface, &ovsrec_interface_col_type },
        { &ovsrec_table_interface, &ovsrec_interface_col_ofport },
        { &ovsrec_table_interface, &ovsrec_interface_col_mac_in_use },
        { &ovsrec_table_interface, &ovsrec_interface_col_mtu },
        { &ovsrec_table_interface, &ovsrec_interface_col_link_speed },
        { &ovsrec_table_interface, &ovsrec_interface_col_external_ids },
    };

    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ovsdb_idl_add_table(idl, columns[i].table);
        ovsdb_idl_add_column(idl, columns[i].column);
    }
}

void
tap_ovsdb_init(const char *remote, const char *rundir)
{
    idl = ovsdb_idl_create(remote, &ovsrec_idl_class, false, true);
    ovsdb_idl_set_leader_only(idl, false);
    add_columns();
    idl_seqno = ovsdb_idl_get_seqno(idl);
    connectivity_seqno = seq_read(connectivity_seq_get());
    run_dir = xstrdup(rundir);
}

void
tap_ovsdb_exit(void)
{
    const char *name;

    SSET_FOR_EACH (name, &port_names) {
        bpf_port_remove(name);
    }
    sset_clear(&port_names);
    svec_clear(&problems);
    ovsdb_idl_destroy(idl);
    idl = NULL;
    free(run_dir);
    run_dir = NULL;
}

bool
tap_ovsdb_is_ready(void)
{
    return ovsdb_idl_has_ever_connected(idl);
}

const struct svec *
tap_ovsdb_problems(void)
{
    return &problems;
}

static void
set_link_address(struct bpf_port_info *info, const char *text)
{
    struct eth_addr mac;

    if (text && eth_addr_from_string(text, &mac)) {
        memcpy(info->mac, mac.ea, sizeof info->mac);
        info->has_link_address = true;
    }
}

/* Layer-3 tunnels ("lisp", or "gre" with packet_type=legacy_l3) hand over IP
 * packets without a link header, everything else Ethernet frames. */
static uint32_t
get_dlt(const struct netdev *netdev)
{
    return (netdev && netdev_get_pt_mode(netdev) == NETDEV_PT_LEGACY_L3
            ? BPF_DEV_DLT_RAW
            : BPF_DEV_DLT_EN10MB);
}

/* Fits 'name', of a port or bridge, into 'dst'.  Returns false if it is too
 * long for the capture protocol. */
static bool
copy_name(char dst[BPF_PORT_NAME_MAX], const char *name)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 1);

    if (strlen(name) >= BPF_PORT_NAME_MAX) {
        char *printable = printable_dup(name);

        VLOG_INFO_RL(&rl, "%s: no capturing there, the name has more than %d"
                     " characters", printable ? printable : "",
                     BPF_PORT_NAME_MAX - 1);
        free(printable);
        return false;
    }
    ovs_strlcpy(dst, name, BPF_PORT_NAME_MAX);
    return true;
}

static void
get_netdev_info(const struct ovsrec_interface *iface,
                struct bpf_port_info *info)
{
    struct netdev *netdev = netdev_from_name(iface->name);

    info->dlt = get_dlt(netdev);
    if (netdev) {
        tap_tunnel_add(netdev);
        netdev_close(netdev);
    }
}

/* Stores in 'label' the first of the external IDs called 'keys', a list that
 * ends with NULL, that 'iface' has; cut off if it is longer than any name in
 * use. */
static void
set_label(char label[BPF_PORT_LABEL_MAX], const struct ovsrec_interface *iface,
          const char *const keys[])
{
    const char *value = NULL;

    for (; *keys && !value; keys++) {
        value = smap_get(&iface->external_ids, *keys);
    }
    if (value) {
        ovs_strlcpy(label, value, BPF_PORT_LABEL_MAX);
    }
}

/* The external IDs are those that integrations write there: OVN, libvirt and
 * XenServer, container networks. */
static void
set_labels(const struct ovsrec_interface *iface, struct bpf_port_info *info)
{
    static const char *const iface_id[] = { "iface-id", NULL };
    static const char *const network[] = {
        "network", "k8s.ovn.org/network", "xs-network-uuid", NULL
    };
    static const char *const vm[] = {
        "vm-uuid", "vm-id", "xs-vm-uuid", NULL
    };
    static const char *const container[] = {
        "container", "container_id", "sandbox", NULL
    };

    set_label(info->iface_id, iface, iface_id);
    set_label(info->network, iface, network);
    set_label(info->vm, iface, vm);
    set_label(info->container, iface, container);
}

static void
update_port(const struct ovsrec_bridge *bridge,
            const struct ovsrec_interface *iface, struct sset *seen)
{
    struct bpf_port_info info = { .ofport = 0 };

    if (!iface->n_ofport || *iface->ofport <= 0
        || !copy_name(info.name, iface->name)
        || !copy_name(info.bridge, bridge->name)) {
        return;
    }

    ovs_strlcpy(info.type, iface->type[0] ? iface->type : "system",
                sizeof info.type);
    info.ofport = *iface->ofport;
    info.mtu = iface->n_mtu ? *iface->mtu : 0;
    info.speed = iface->n_link_speed ? *iface->link_speed : 0;
    set_link_address(&info, iface->mac_in_use);
    set_labels(iface, &info);
    get_netdev_info(iface, &info);

    bpf_port_update(&info);
    sset_add(seen, info.name);
}

static void
update_bridge(const struct ovsrec_bridge *bridge, struct sset *seen)
{
    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct ovsrec_port *port = bridge->ports[i];

        for (size_t j = 0; j < port->n_interfaces; j++) {
            update_port(bridge, port->interfaces[j], seen);
        }
    }
}

static void
remove_ports_but(const struct sset *seen)
{
    const char *name;

    SSET_FOR_EACH (name, &port_names) {
        if (!sset_contains(seen, name)) {
            bpf_port_remove(name);
        }
    }
}

static void
update_ports(const struct ovsrec_open_vswitch *cfg)
{
    struct sset seen = SSET_INITIALIZER(&seen);

    tap_tunnel_begin();
    for (size_t i = 0; cfg && i < cfg->n_bridges; i++) {
        update_bridge(cfg->bridges[i], &seen);
    }
    tap_tunnel_end();

    remove_ports_but(&seen);
    sset_swap(&port_names, &seen);
    sset_destroy(&seen);
}

/* Logs what is wrong with the configuration, but each thing only once. */
static void
set_problems(struct svec *new)
{
    svec_sort(new);
    for (size_t i = 0; i < new->n; i++) {
        if (!svec_contains(&problems, new->names[i])) {
            VLOG_WARN("%s", new->names[i]);
        }
    }
    svec_swap(&problems, new);
}

static void
update_config(const struct ovsrec_open_vswitch *cfg)
{
    static const struct smap empty = SMAP_INITIALIZER(&empty);
    struct svec new_problems = SVEC_EMPTY_INITIALIZER;
    struct bpf_config config;

    tap_config_parse(cfg ? &cfg->other_config : &empty, run_dir, &config,
                     &new_problems);
    set_problems(&new_problems);
    svec_destroy(&new_problems);

    bpf_config_set(&config);
}

/* True if netdevs changed in a way that could concern tunnels. */
static bool
tunnels_changed(void)
{
    uint64_t seqno = seq_read(connectivity_seq_get());
    bool changed = seqno != connectivity_seqno && tap_tunnel_exist();

    connectivity_seqno = seqno;
    return changed;
}

void
tap_ovsdb_run(void)
{
    bool tunnels = tunnels_changed();
    bool database;

    ovsdb_idl_run(idl);
    database = idl_seqno != ovsdb_idl_get_seqno(idl);
    idl_seqno = ovsdb_idl_get_seqno(idl);

    if (tap_ovsdb_is_ready()) {
        const struct ovsrec_open_vswitch *cfg = ovsrec_open_vswitch_first(idl);

        if (database) {
            update_config(cfg);
        }
        if (database || tunnels) {
            update_ports(cfg);
        }
    }
}

void
tap_ovsdb_wait(void)
{
    ovsdb_idl_wait(idl);
    if (tap_tunnel_exist()) {
        seq_wait(connectivity_seq_get(), connectivity_seqno);
    }
}
