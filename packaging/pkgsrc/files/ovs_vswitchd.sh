#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# PROVIDE: ovs_vswitchd
# REQUIRE: ovsdb_server
# BEFORE: DAEMON
# KEYWORD: shutdown
#
# The switch.  In rc.conf:
#
#   ovs_vswitchd            YES starts it
#   ovs_vswitchd_flags      more options
#   ovsdb_server_sock       where the database is
#                           (default: @RUNDIR@/db.sock)

$_rc_subr_loaded . @SYSCONFBASE@/rc.subr

name=ovs_vswitchd
desc="Open vSwitch daemon"
rcvar=$name

load_rc_config $name

: ${ovs_vswitchd:=NO}
: ${ovs_vswitchd_flags:=}
: ${ovsdb_server_sock:=@RUNDIR@/db.sock}

command=@PREFIX@/sbin/ovs-vswitchd
pidfile=@RUNDIR@/ovs-vswitchd.pid
command_args="--detach --no-chdir --pidfile=$pidfile \
    -vconsole:off --log-file unix:$ovsdb_server_sock"
start_precmd=ovs_vswitchd_prestart

ovs_vswitchd_prestart()
{
    mkdir -p "${pidfile%/*}" @LOGDIR@
}

run_rc_command "$1"
