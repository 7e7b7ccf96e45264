# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# Shell functions that run a switch of one's own in a private directory, beside
# whatever switch the machine runs.  The test suites and quickstart source this
# file.  It needs ovsdb-server, ovsdb-tool, ovs-vsctl, ovs-appctl and
# ovs-vswitchd on PATH, and the variable SANDBOX_SCHEMA to name Open vSwitch's
# vswitch.ovsschema.
#
# If SANDBOX_NETNS is set, the daemon runs in the network namespace of that
# name.  If SANDBOX_WRAPPER is set, that command starts it.

# sandbox_env DIR: makes DIR the home of all that is started from now on.
sandbox_env() {
    SANDBOX_DIR=$1
    OVS_RUNDIR=$1 OVS_LOGDIR=$1 OVS_DBDIR=$1 OVS_SYSCONFDIR=$1
    export OVS_RUNDIR OVS_LOGDIR OVS_DBDIR OVS_SYSCONFDIR SANDBOX_DIR
}

# sandbox_wait CONDITION [SECONDS]: evaluates CONDITION until it is true, for
# at most SECONDS (default: 30); says what it waited for if that is in vain.
sandbox_wait() {
    sandbox_tries=$((${2-30} * 20))
    while ! eval "$1" >/dev/null 2>&1; do
        sandbox_tries=$((sandbox_tries - 1))
        if test $sandbox_tries -le 0; then
            echo "waited ${2-30} s in vain for: $1" >&2
            return 1
        fi
        sleep 0.05
    done
}

# sandbox_pid NAME: prints the process id of the daemon NAME.
sandbox_pid() {
    cat "$SANDBOX_DIR/$1.pid"
}

# sandbox_start_db: creates the database, if there is none, and serves it.
sandbox_start_db() {
    test -f "$SANDBOX_DIR/conf.db" ||
        ovsdb-tool create "$SANDBOX_DIR/conf.db" "$SANDBOX_SCHEMA" || return
    ovsdb-server -vconsole:off --detach --no-chdir --pidfile --log-file \
        --remote=punix:"$SANDBOX_DIR/db.sock" "$SANDBOX_DIR/conf.db" || return
    ovs-vsctl --no-wait init
}

# sandbox_start_switch [OPTION...]: starts the daemon with OPTIONs.
sandbox_start_switch() {
    ${SANDBOX_NETNS:+ip netns exec "$SANDBOX_NETNS"} \
        ${SANDBOX_WRAPPER-} ovs-vswitchd -vconsole:off --detach --no-chdir \
        --pidfile --log-file "$@" unix:"$SANDBOX_DIR/db.sock"
}

# sandbox_end NAME [COMMAND...]: ends the daemon NAME, with COMMAND if there is
# one and by SIGTERM otherwise, and waits until it is gone.
sandbox_end() {
    sandbox_name=$1
    shift
    test -f "$SANDBOX_DIR/$sandbox_name.pid" || return 0
    sandbox_ended=$(sandbox_pid "$sandbox_name")
    if test $# -gt 0; then
        "$@"
    else
        kill "$sandbox_ended"
    fi 2>/dev/null
    if ! sandbox_wait "! kill -0 $sandbox_ended" 30; then
        kill -KILL "$sandbox_ended"
        return 1
    fi
    rm -f "$SANDBOX_DIR/$sandbox_name.pid"
}

# sandbox_stop: ends the daemon, and takes its ports and bridges down, then the
# database server.
sandbox_stop() {
    sandbox_status=0
    sandbox_end ovs-vswitchd ovs-appctl -T 10 -t ovs-vswitchd exit --cleanup ||
        sandbox_status=1
    sandbox_end ovsdb-server || sandbox_status=1
    return $sandbox_status
}
