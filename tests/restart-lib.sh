# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# Shell functions for restarts by Open vSwitch's ovs-ctl, of our daemon and of
# the stock one, and for what they cost.  The tests and a benchmark source this
# file after atlocal, and set RESTART_CTL to the directory of what ovs-ctl looks
# for.

# The stock daemon, empty if there is none.
stock_vswitchd=
for f in "$OVS_BUILD/vswitchd/ovs-vswitchd" /usr/sbin/ovs-vswitchd; do
    if test -x "$f"; then
        stock_vswitchd=$f
        break
    fi
done

# restart_ctl_tree: makes that directory.
restart_ctl_tree() {
    mkdir -p "$RESTART_CTL/bin" "$RESTART_CTL/sbin" "$RESTART_CTL/share/scripts" &&
        ( unset MAKEFLAGS MFLAGS
          test -f "$OVS_BUILD/utilities/ovs-ctl" ||
              make -C "$OVS_BUILD" utilities/ovs-ctl utilities/ovs-lib ) &&
        ln -s "$OVS_BUILD"/utilities/ovs-appctl "$OVS_BUILD"/utilities/ovs-vsctl \
            "$OVS_BUILD"/utilities/ovs-ofctl "$OVS_BUILD"/utilities/ovs-dpctl \
            "$OVS_BUILD"/ovsdb/ovsdb-tool "$OVS_BUILD"/ovsdb/ovsdb-client \
            "$RESTART_CTL/bin" &&
        ln -s "$OVS_BUILD"/ovsdb/ovsdb-server "$RESTART_CTL/sbin" &&
        cp "$OVS_BUILD"/utilities/ovs-ctl "$OVS_BUILD"/utilities/ovs-lib \
            "$OVS_SOURCE"/utilities/ovs-save \
            "$abs_top_srcdir"/utilities/ovs-kmod-ctl "$RESTART_CTL/share/scripts" &&
        chmod +x "$RESTART_CTL"/share/scripts/* &&
        cp "$SANDBOX_SCHEMA" "$RESTART_CTL/share"
}

# restart_ctl DAEMON COMMAND: lets ovs-ctl start or restart DAEMON in the
# sandbox, whose system-id is its directory's name.
restart_ctl() {
    ln -sf "$1" "$RESTART_CTL/sbin/ovs-vswitchd"
    OVS_PKGDATADIR=$RESTART_CTL/share OVS_BINDIR=$RESTART_CTL/bin \
        OVS_SBINDIR=$RESTART_CTL/sbin ip netns exec "$SANDBOX_NETNS" \
        "$RESTART_CTL/share/scripts/ovs-ctl" --no-record-hostname \
        --system-id="$(basename "$SANDBOX_DIR")" --no-monitor "$2"
}

# restart_lost FILE: prints how many of the pings that FILE tells of were not
# answered.
restart_lost() {
    restart_sum=$(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 - \2/p' "$1")
    test -n "$restart_sum" && echo $(($restart_sum))
}
