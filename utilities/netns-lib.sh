# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# Shell functions that make and remove network namespaces, for tests and
# benchmarks that need real interfaces.  The switch has a namespace of its own
# ("sw"), so tests that run side by side may use the same device names.
#
# Namespaces are named PREFIX-NAME with a prefix that no other run uses.

# net_init: makes the switch's namespace.  The caller arranges for net_cleanup.
net_init() {
    NET_PREFIX=bsd$$-$(od -An -N3 -tx1 /dev/urandom | tr -d ' ')
    NET_NAMES=
    net_add sw || return
    SANDBOX_NETNS=$NET_PREFIX-sw
}

# net_add NAME: makes the namespace NAME.
net_add() {
    ip netns add "$NET_PREFIX-$1" || return
    echo "$NET_PREFIX-$1" >>net-names
    ip -n "$NET_PREFIX-$1" link set lo up
    NET_NAMES="$NET_NAMES $1"
}

# net_in NAME COMMAND...: runs COMMAND in the namespace NAME.
net_in() {
    net_name=$1
    shift
    ip netns exec "$NET_PREFIX-$net_name" "$@"
}

# net_host NAME PORT ADDRESS: makes the namespace NAME with a device eth0 that
# has ADDRESS (with prefix length) and whose other end is PORT in the switch's
# namespace.
net_host() {
    net_add "$1" && net_veth "$1" eth0 "$2" &&
        ip -n "$NET_PREFIX-$1" addr add "$3" dev eth0
}

# net_veth NAME DEVICE PORT: a veth pair from DEVICE in the namespace NAME to
# PORT in the switch's.
net_veth() {
    ip -n "$NET_PREFIX-sw" link add "$3" type veth \
        peer name "$2" netns "$NET_PREFIX-$1" || return
    ip -n "$NET_PREFIX-sw" link set "$3" up
    ip -n "$NET_PREFIX-$1" link set "$2" up
}

# net_cleanup: removes all namespaces, and with them their devices.
net_cleanup() {
    test -f net-names || return 0
    while read -r net_ns; do
        ip netns del "$net_ns"
    done <net-names
    rm -f net-names
}
