# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# Shell functions that make an OVN of two chassis on one machine: "quickstart
# ovn" shows it and the tests try it.  They build on sandbox-lib.sh and
# netns-lib.sh, and need OVN's programs on PATH and the variable OVN_SCHEMAS to
# name the directory of ovn-nb.ovsschema and ovn-sb.ovsschema.
#
# Everything is below $OVN_DIR: central (databases and northd), ch1 and ch2.
#
#   vm1 --+                                               +-- vm2
#         ch1: br-int == geneve == br-phys -- br-phys == ch2
#   ext --- br-ex                                         +-- vm3
#
# vm1 and vm2 are on the logical switch sw0 (10.0.0.0/24), vm3 is on sw1
# (10.0.1.0/24), the router lr joins both with the network outside
# (203.0.113.0/24, where ext is) on the chassis ch1.  vm1 asks for its address
# by DHCP.  Devices have the offloads that the kernel gives them.

# ovn_env DIR: makes DIR the home of all that is started from now on.
ovn_env() {
    OVN_DIR=$1
    OVN_NB_DB=unix:$OVN_DIR/central/nb.sock
    OVN_SB_DB=unix:$OVN_DIR/central/sb.sock
    # Not a wrapper that somebody has put before it, which takes seconds.
    OVN_PYTHON=/usr/bin/python3
    test -x $OVN_PYTHON || OVN_PYTHON=python3
    export OVN_DIR OVN_NB_DB OVN_SB_DB
}

# ovn_on HOME COMMAND...: runs COMMAND, which may be a function, where HOME's
# daemons and sockets are.
ovn_on() (
    OVN_HOME=$1
    shift
    sandbox_env "$OVN_DIR/$OVN_HOME"
    OVN_RUNDIR=$SANDBOX_DIR OVN_LOGDIR=$SANDBOX_DIR OVN_DBDIR=$SANDBOX_DIR
    OVN_SYSCONFDIR=$SANDBOX_DIR SANDBOX_NETNS=$NET_PREFIX-$OVN_HOME
    export OVN_RUNDIR OVN_LOGDIR OVN_DBDIR OVN_SYSCONFDIR
    cd "$SANDBOX_DIR" && "$@"
)

# ovn_vsctl CHASSIS ARGUMENT...
ovn_vsctl() {
    ovn_chassis=$1
    shift
    ovn_on "$ovn_chassis" ovs-vsctl --timeout=30 "$@"
}

# ovn_start_db NAME: serves the database NAME, nb or sb.
ovn_start_db() {
    test -f "$1.db" ||
        ovsdb-tool create "$1.db" "$OVN_SCHEMAS/ovn-$1.ovsschema" || return
    ovsdb-server -vconsole:off --detach --no-chdir --pidfile="$SANDBOX_DIR/$1.pid" \
        --log-file="$SANDBOX_DIR/$1.log" --unixctl="$SANDBOX_DIR/$1.ctl" \
        --remote=punix:"$SANDBOX_DIR/$1.sock" "$1.db"
}

ovn_start_northd() {
    ovn-northd -vconsole:off --detach --no-chdir \
        --pidfile="$SANDBOX_DIR/northd.pid" --log-file="$SANDBOX_DIR/northd.log" \
        --unixctl="$SANDBOX_DIR/northd.ctl" \
        --ovnnb-db="$OVN_NB_DB" --ovnsb-db="$OVN_SB_DB"
}

ovn_start_controller() {
    ip netns exec "$SANDBOX_NETNS" ovn-controller -vconsole:off --detach \
        --no-chdir --pidfile="$SANDBOX_DIR/ovn-controller.pid" \
        --log-file="$SANDBOX_DIR/ovn-controller.log" unix:"$SANDBOX_DIR/db.sock"
}

# ovn_start_central: the databases and northd.
ovn_start_central() {
    mkdir -p "$OVN_DIR/central" &&
        ovn_on central ovn_start_db nb && ovn_on central ovn_start_db sb &&
        ovn-nbctl init && ovn-sbctl init && ovn_on central ovn_start_northd
}

# ovn_start_switch [OPTION...]: the switch of a chassis.
ovn_start_switch() {
    sandbox_start_switch "$@"
}

# ovn_add_chassis NAME ADDRESS: a chassis in a namespace of its own.  The
# address of its tunnels is on the port that the bridge br-phys itself has, and
# the card (here the device u) is a port of that bridge.
ovn_add_chassis() {
    mkdir -p "$OVN_DIR/$1" && net_add "$1" || return
    ovn_on "$1" sandbox_start_db && ovn_on "$1" ovn_start_switch &&
        ovn_vsctl "$1" -- add-br br-phys -- add-br br-ex \
            -- set Open_vSwitch . external-ids:system-id="$1" \
            external-ids:ovn-remote="$OVN_SB_DB" \
            external-ids:ovn-encap-type=geneve \
            external-ids:ovn-encap-ip="$2" \
            external-ids:ovn-bridge-mappings=public:br-ex &&
        ip -n "$NET_PREFIX-$1" addr add "$2/24" dev br-phys &&
        ip -n "$NET_PREFIX-$1" link set br-phys up &&
        ovn_on "$1" ovn_start_controller
}

# ovn_cable: the cable between the two chassis, at either end a port.  Its
# addresses are like those of cards, not local ones as the kernel chooses for
# such a device: a bridge takes over the former only.
ovn_cable() {
    ip -n "$NET_PREFIX-ch1" link add u type veth \
        peer name u netns "$NET_PREFIX-ch2" || return
    for ovn_chassis in ch1 ch2; do
        ip -n "$NET_PREFIX-$ovn_chassis" link set u \
            address "00:00:5e:00:53:0${ovn_chassis#ch}" up &&
            ovn_vsctl "$ovn_chassis" add-port br-phys u || return
    done
}

# ovn_host CHASSIS NAME MAC: a namespace NAME whose device eth0 leads to the
# device NAME on CHASSIS.
ovn_host() {
    net_add "$2" || return
    ip -n "$NET_PREFIX-$1" link add "$2" type veth \
        peer name eth0 netns "$NET_PREFIX-$2" &&
        ip -n "$NET_PREFIX-$2" link set eth0 address "$3" up &&
        ip -n "$NET_PREFIX-$1" link set "$2" up
}

# ovn_workload CHASSIS NAME MAC: such a host as a logical port.  Its packets
# leave room for the tunnel's header.
ovn_workload() {
    ovn_host "$@" && ip -n "$NET_PREFIX-$2" link set eth0 mtu 1442 &&
        ovn_vsctl "$1" add-port br-int "$2" \
            -- set interface "$2" external-ids:iface-id="$2"
}

# ovn_address NAME ADDRESS ROUTER
ovn_address() {
    ip -n "$NET_PREFIX-$1" addr add "$2" dev eth0 &&
        ip -n "$NET_PREFIX-$1" route add default via "$3"
}

# ovn_dhcp NAME: lets NAME ask for its address.
ovn_dhcp() {
    cat >"$OVN_DIR/dhcp-script" <<'END'
#!/bin/sh
test "$1" = bound || exit 0
ip addr add "$ip/$mask" dev "$interface"
ip route add default via "$router"
END
    chmod +x "$OVN_DIR/dhcp-script"
    net_in "$1" busybox udhcpc -i eth0 -n -q -t 20 -T 1 -s "$OVN_DIR/dhcp-script"
}

# ovn_topology: what the logical network is.
ovn_topology() {
    ovn-nbctl --timeout=30 -- ls-add sw0 -- ls-add sw1 -- ls-add public \
        -- lr-add lr \
        -- lrp-add lr lr-sw0 02:00:00:00:01:01 10.0.0.254/24 \
        -- lsp-add sw0 sw0-lr -- lsp-set-type sw0-lr router \
        -- lsp-set-addresses sw0-lr router \
        -- lsp-set-options sw0-lr router-port=lr-sw0 \
        -- lrp-add lr lr-sw1 02:00:00:00:01:02 10.0.1.254/24 \
        -- lsp-add sw1 sw1-lr -- lsp-set-type sw1-lr router \
        -- lsp-set-addresses sw1-lr router \
        -- lsp-set-options sw1-lr router-port=lr-sw1 \
        -- lrp-add lr lr-public 02:00:00:00:01:03 203.0.113.1/24 \
        -- lrp-set-gateway-chassis lr-public ch1 \
        -- lsp-add public public-lr -- lsp-set-type public-lr router \
        -- lsp-set-addresses public-lr router \
        -- lsp-set-options public-lr router-port=lr-public \
        -- lsp-add public public-net -- lsp-set-type public-net localnet \
        -- lsp-set-addresses public-net unknown \
        -- lsp-set-options public-net network_name=public \
        -- lsp-add sw0 vm1 \
        -- lsp-set-addresses vm1 '02:00:00:00:00:01 10.0.0.1' \
        -- lsp-add sw0 vm2 \
        -- lsp-set-addresses vm2 '02:00:00:00:00:02 10.0.0.2' \
        -- lsp-add sw1 vm3 \
        -- lsp-set-addresses vm3 '02:00:00:00:00:03 10.0.1.3' \
        -- --id=@dhcp create DHCP_Options cidr=10.0.0.0/24 \
        options='"server_id"="10.0.0.254" "server_mac"="02:00:00:00:01:01" "lease_time"="3600" "router"="10.0.0.254"' \
        -- set Logical_Switch_Port vm1 dhcpv4_options=@dhcp >/dev/null &&
        # Who is behind the router is seen as it, but vm2 as itself.
        ovn-nbctl --timeout=30 -- lr-nat-add lr snat 203.0.113.1 10.0.0.0/16 \
        -- lr-nat-add lr dnat_and_snat 203.0.113.2 10.0.0.2 \
        -- acl-add sw0 to-lport 1000 \
        'outport == "vm2" && tcp && tcp.dst == 81' drop \
        -- acl-add sw0 to-lport 900 'outport == "vm2" && ip' allow-related \
        -- lb-add lb0 10.0.9.9:80 10.0.0.2:8080,10.0.1.3:8080 tcp \
        -- lr-lb-add lr lb0 -- ls-lb-add sw0 lb0 -- ls-lb-add sw1 lb0
}

# ovn_start: all of it, but for vm1's address.
ovn_start() {
    ovn_start_central && ovn_add_chassis ch1 192.0.2.1 &&
        ovn_add_chassis ch2 192.0.2.2 && ovn_cable && ovn_topology || return
    for ovn_chassis in ch1 ch2; do
        # OVN's controller makes it.
        sandbox_wait "ovn_vsctl $ovn_chassis br-exists br-int" || return
    done
    ovn_workload ch1 vm1 02:00:00:00:00:01 &&
        ovn_workload ch2 vm2 02:00:00:00:00:02 &&
        ovn_workload ch2 vm3 02:00:00:00:00:03 &&
        ovn_host ch1 ext 02:00:00:00:00:09 &&
        ovn_vsctl ch1 add-port br-ex ext &&
        ovn_address vm2 10.0.0.2/24 10.0.0.254 &&
        ovn_address vm3 10.0.1.3/24 10.0.1.254 &&
        ip -n "$NET_PREFIX-ext" addr add 203.0.113.9/24 dev eth0 &&
        ovn-nbctl --timeout=60 --wait=hv sync
}

# ovn_tunnel CHASSIS: prints the name of the port that leads to the other.
ovn_tunnel() {
    ovn_vsctl "$1" --bare --columns=name find interface type=geneve
}

# ovn_serve NAME PORT: lets NAME tell its name to whoever connects to PORT,
# until it is killed; returns when it can be connected to.
ovn_serve() {
    net_in "$1" "$OVN_PYTHON" -c '
import os, socket, sys
with open(sys.argv[3], "a") as f:
    print(os.getpid(), file=f)
s = socket.create_server(("", int(sys.argv[2])))
while True:
    c = s.accept()[0]
    c.sendall(sys.argv[1].encode() + b"\n")
    c.shutdown(socket.SHUT_WR)
    while c.recv(65536):
        pass
    c.close()
' "$1" "$2" "$OVN_DIR/servers.pid" >/dev/null 2>&1 &
    sandbox_wait "net_in $1 ss -Hltn 'sport = $2' | grep LISTEN" 10
}

# ovn_fetch NAME ADDRESS PORT [BYTES]: connects from NAME, sends BYTES, prints
# who answered; false if nobody does within 5 seconds.
ovn_fetch() {
    net_in "$1" "$OVN_PYTHON" -c '
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
s.sendall(bytes(int(sys.argv[3])))
s.shutdown(socket.SHUT_WR)
print(s.makefile().read(), end="")
' "$2" "$3" "${4-0}" 2>/dev/null
}

# ovn_stop: ends every daemon; false if one had to be killed.
ovn_stop() {
    ovn_status=0
    test ! -f "$OVN_DIR/servers.pid" ||
        xargs kill <"$OVN_DIR/servers.pid" 2>/dev/null
    for ovn_home in ch1 ch2; do
        test -d "$OVN_DIR/$ovn_home" || continue
        ovn_on "$ovn_home" sandbox_end ovn-controller || ovn_status=1
        ovn_on "$ovn_home" sandbox_stop || ovn_status=1
    done
    test ! -d "$OVN_DIR/central" ||
        for ovn_daemon in northd sb nb; do
            ovn_on central sandbox_end $ovn_daemon || ovn_status=1
        done
    return $ovn_status
}
