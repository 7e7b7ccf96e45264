#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# PROVIDE: ovsdb_server
# REQUIRE: mountcritremote NETWORKING
# BEFORE: DAEMON
# KEYWORD: shutdown
#
# The switch's database server.  In rc.conf:
#
#   ovsdb_server            YES starts it
#   ovsdb_server_flags      more options
#   ovsdb_server_database   default: @DBDIR@/conf.db
#   ovsdb_server_sock       default: @RUNDIR@/db.sock

$_rc_subr_loaded . @SYSCONFBASE@/rc.subr

name=ovsdb_server
desc="Open vSwitch database server"
rcvar=$name

load_rc_config $name

: ${ovsdb_server:=NO}
: ${ovsdb_server_flags:=}
: ${ovsdb_server_database:=@DBDIR@/conf.db}
: ${ovsdb_server_sock:=@RUNDIR@/db.sock}

command=@PREFIX@/sbin/ovsdb-server
pidfile=@RUNDIR@/ovsdb-server.pid
command_args="--detach --no-chdir --pidfile=$pidfile \
    -vconsole:off --log-file --remote=punix:$ovsdb_server_sock \
    --remote=db:Open_vSwitch,Open_vSwitch,manager_options \
    --private-key=db:Open_vSwitch,SSL,private_key \
    --certificate=db:Open_vSwitch,SSL,certificate \
    --bootstrap-ca-cert=db:Open_vSwitch,SSL,ca_cert \
    $ovsdb_server_database"
start_precmd=ovsdb_server_prestart
start_postcmd=ovsdb_server_poststart

schema=@PREFIX@/share/openvswitch/vswitch.ovsschema
tool=@PREFIX@/bin/ovsdb-tool

# A database of another version of Open vSwitch is converted, and kept beside.
ovsdb_server_prestart()
{
    mkdir -p "${ovsdb_server_database%/*}" "${ovsdb_server_sock%/*}" \
        "${pidfile%/*}" @LOGDIR@ || return 1
    if [ ! -e "$ovsdb_server_database" ]; then
        $tool create "$ovsdb_server_database" $schema
    elif [ "$($tool needs-conversion "$ovsdb_server_database" $schema)" = yes ]
    then
        cp -p "$ovsdb_server_database" \
            "$ovsdb_server_database.backup$(date +%Y%m%d%H%M%S)" &&
            $tool convert "$ovsdb_server_database" $schema
    fi
}

ovsdb_server_poststart()
{
    @PREFIX@/bin/ovs-vsctl --db="unix:$ovsdb_server_sock" --no-wait \
        --timeout=30 init
}

run_rc_command "$1"
