# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# Shell functions that benchmarks share.  A benchmark that is a script sources
# this file after tests/atlocal.

: "${BENCH_RUNS:=5}" "${BENCH_SECONDS:=0.5}"

# bench_init: enters a new directory that is removed at the end, with what runs
# in it, however the benchmark ends.  bench_cleanup may be redefined.
bench_init() {
    BENCH_DIR=$(mktemp -d "${TMPDIR-/tmp}/ovs-bsd-bench.XXXXXX") || exit
    trap bench_exit 0
    trap 'exit 129' 1
    trap 'exit 130' 2
    trap 'exit 143' 15
    cd "$BENCH_DIR" || exit
}
bench_cleanup() { :; }
bench_exit() {
    bench_status=$?
    trap '' 1 2 15
    bench_cleanup
    cd / && rm -rf "$BENCH_DIR"
    exit $bench_status
}

# bench_skip REASON: ends the benchmark without a result.
bench_skip() {
    echo "skipped: $1"
    exit 77
}

# Needs namespaces, or the benchmark is skipped.
bench_needs_namespaces() {
    test "$(id -u)" = 0 || bench_skip "needs root for network namespaces"
    unshare -n true 2>/dev/null ||
        bench_skip "network namespaces are not allowed here"
}

# bench_fail WORD...: ends the benchmark as failed.
bench_fail() {
    echo "$*" >&2
    exit 1
}

# A table: see table.awk for the fields.
table_begin() {         # TITLE VALUE-UNIT COST-UNIT
    printf 'title\t%s\nunit\t%s\t%s\n' "$1" "$2" "$3" >"$BENCH_DIR/table"
}
table_row() {           # KEY BASE WANTED LABEL
    printf 'row\t%s\t%s\t%s\t%s\n' "$@" >>"$BENCH_DIR/table"
}
table_value() {         # KEY RATE COST [BASE-RATE BASE-COST]
    printf '\t%s' "$@" | sed 's/^/value/;$a\' >>"$BENCH_DIR/table"
}
table_note() {          # KEY TEXT
    printf 'note\t%s\t%s\n' "$@" >>"$BENCH_DIR/table"
}
table_remark() {        # TEXT
    printf 'remark\t%s\n' "$1" >>"$BENCH_DIR/table"
}
table_end() {
    awk -f "$abs_top_srcdir/tests/bench/table.awk" "$BENCH_DIR/table"
}

# The first and the last processor that we may use.
bench_cpus=$(taskset -cp $$ 2>/dev/null | sed 's/.*: //')
first_cpu=${bench_cpus%%[-,]*}
last_cpu=${bench_cpus##*[-,]}

# on_cpu CPU COMMAND...: runs COMMAND there.
on_cpu() {
    on_cpu_number=$1
    shift
    taskset -c "$on_cpu_number" "$@"
}

# Worlds: each a switch with its database and its network namespaces, in the
# subdirectory of its name.  They live side by side, so that runs of different
# switches can alternate.

# world_set: some settings count only from the start of the daemon.
world_set() {
    test -z "$world_settings" ||
        ovs-vsctl --no-wait set open . "other_config:$world_settings"
}

# world_make NAME DAEMON-OPTION...: makes a world with the hosts a and b at the
# ports p1 and p2, which are wired to each other, and enters it.  The database
# has other_config:$world_settings, if that is set.
world_settings=
world_make() {
    world=$1
    shift
    mkdir "$BENCH_DIR/$world" && cd "$BENCH_DIR/$world" || return
    sandbox_env "$BENCH_DIR/$world"
    net_init && echo "$NET_PREFIX" >net-prefix || return
    # The native classes do not learn that TSO is allowed at a device that has
    # a route when the daemon starts, and with IPv6 every device has one.
    net_in sw sysctl -q -w net.ipv6.conf.default.disable_ipv6=1
    net_host a p1 10.9.0.1/24 && net_host b p2 10.9.0.2/24 || return
    net_in a sysctl -q -w net.ipv6.conf.all.disable_ipv6=1
    net_in b sysctl -q -w net.ipv6.conf.all.disable_ipv6=1
    { sandbox_start_db && world_set && sandbox_start_switch "$@"; } \
        2>start.err || {
        cat start.err >&2
        return 1
    }
    ovs-vsctl add-br br0 -- set-fail-mode br0 secure -- \
        add-port br0 p1 -- set interface p1 ofport_request=1 -- \
        add-port br0 p2 -- set interface p2 ofport_request=2 || return
    ovs-ofctl add-flow br0 in_port=1,actions=output:2 &&
        ovs-ofctl add-flow br0 in_port=2,actions=output:1 || return
    taskset -p -c "$first_cpu" "$(sandbox_pid ovs-vswitchd)" >/dev/null
}

# world_poll [PORT...]: has these ports of the world that is entered, which are of
# our provider, polled by a PMD thread.  Such a thread sleeps there while nothing
# comes, lest it take a processor from the other worlds.
world_poll() {
    ovs-vsctl set Open_vSwitch . other_config:pmd-maxsleep=50 \
        other_config:pmd-sleep-max=50
    for world_port; do
        ovs-vsctl set interface "$world_port" options:pmd=true || return
    done
}

# world_enter NAME: what follows concerns the world NAME.
world_enter() {
    cd "$BENCH_DIR/$1" || return
    sandbox_env "$BENCH_DIR/$1"
    NET_PREFIX=$(cat net-prefix)
    SANDBOX_NETNS=$NET_PREFIX-sw
}

# worlds_end: takes all worlds down, all at the same time, because a switch may
# take a second or two over it.
worlds_end() {
    for world in "$BENCH_DIR"/*/net-names; do
        test -f "$world" || continue
        (world_enter "$(basename "$(dirname "$world")")"
         sandbox_stop
         net_cleanup) &
    done
    wait
}

# Tools that capture in worlds.

# capture NAME CONDITION COMMAND...: starts COMMAND, which captures in the
# world NAME until the end, and waits until CONDITION is true.
captures=
capture() {
    capture_name=$1
    capture_condition=$2
    shift 2
    "$@" >capture.out 2>capture.err &
    echo $! >capture.pid
    captures="$captures $capture_name"
    sandbox_wait "$capture_condition" 10 2>/dev/null
}

# captures_end: ends them all; each says what it captured.
captures_end() {
    for capture_name in $captures; do
        world_enter "$capture_name"
        for capture_pid in $(cat capture.pid); do
            kill -INT $(capture_processes "$capture_pid") 2>/dev/null
            kill "$capture_pid" 2>/dev/null
            wait "$capture_pid" 2>/dev/null
        done
    done
    captures=
}

# capture_processes PID: prints PID and its descendants.
capture_processes() {
    for capture_child in $(ps -o pid= --ppid "$1"); do
        capture_processes "$capture_child"
    done
    echo "$1"
}

# capture_ticks NAME: prints the processor time that the tool in world NAME has
# used, in clock ticks.
capture_ticks() {
    test -f "$BENCH_DIR/$1/capture.pid" || { echo 0; return; }
    for capture_process in $(capture_processes \
                             "$(cat "$BENCH_DIR/$1/capture.pid")"); do
        sed 's/.*) //' "/proc/$capture_process/stat" 2>/dev/null
    done | awk '{ n += $12 + $13 } END { print n + 0 }'
}

# add_world NAME [COMMAND...]: makes a switch, with COMMAND capturing.
worlds=
add_world() {
    add_name=$1
    world_make "$1" || bench_fail "no switch to measure"
    shift
    if test $# = 0 || "$@"; then
        worlds="$worlds $add_name"
    else
        echo "$add_name: cannot capture: $(tail -n 1 capture.err)"
    fi
}

lanes() {
    for world in $worlds; do
        world_enter "$world"
        echo "$(sandbox_pid ovs-vswitchd)" \
            "$NET_PREFIX-a:eth0" "$NET_PREFIX-b:eth0"
    done
}

# blast_worlds SIZE: measures how many frames of SIZE bytes the switches of all
# worlds forward, in turn, into the table's rows that are called like them.
# Beside the worlds, in "packets" and "ticks", is what their tools had to do, and
# what they had used up before.
blast_worlds() {
    for world in $worlds; do
        capture_ticks "$world" >"$BENCH_DIR/$world/ticks"
        echo 0 >"$BENCH_DIR/$world/packets"
    done
    for run in $(seq "$BENCH_RUNS"); do
        on_cpu "$last_cpu" "$abs_top_builddir/tests/bench/blast" \
            -t "$BENCH_SECONDS" -s "$1" $(lanes) >"$BENCH_DIR/lines" ||
            bench_fail "cannot measure forwarding"
        exec 3<"$BENCH_DIR/lines"
        for world in $worlds; do
            read -r sent forwarded cost <&3
            awk -v rate="$forwarded" -v seconds="$BENCH_SECONDS" \
                '{ printf "%.0f\n", $1 + rate * seconds }' \
                "$BENCH_DIR/$world/packets" >"$BENCH_DIR/$world/packets.new"
            mv "$BENCH_DIR/$world/packets.new" "$BENCH_DIR/$world/packets"
            table_value "$world" "$(awk "BEGIN { print $forwarded / 1e3 }")" \
                "$cost"
        done
        exec 3<&-
    done
}
