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

# world_make NAME DAEMON-OPTION...: makes a world with the hosts a and b at the
# ports p1 and p2, which are wired to each other, and enters it.
world_make() {
    world=$1
    shift
    mkdir "$BENCH_DIR/$world" && cd "$BENCH_DIR/$world" || return
    sandbox_env "$BENCH_DIR/$world"
    net_init && echo "$NET_PREFIX" >net-prefix &&
        net_host a p1 10.9.0.1/24 && net_host b p2 10.9.0.2/24 || return
    net_in a sysctl -q -w net.ipv6.conf.all.disable_ipv6=1
    net_in b sysctl -q -w net.ipv6.conf.all.disable_ipv6=1
    { sandbox_start_db && sandbox_start_switch "$@"; } 2>start.err || {
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
