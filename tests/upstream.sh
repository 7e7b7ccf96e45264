#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# usage: upstream.sh SUITE OVS-SOURCE OVS-BUILD VSWITCHD-DIR [FLAG...]
#
# Runs Open vSwitch's own test suite SUITE ("testsuite" or
# "system-userspace-testsuite"), out of the source tree OVS-SOURCE and within
# its whole build tree OVS-BUILD, against the ovs-vswitchd in VSWITCHD-DIR.
# FLAGs are the suite's own: -k KEYWORD, -jN, numbers of tests.
#
# What passes with Open vSwitch's own daemon must pass with ours.  Many of its
# tests depend on time and fail on a busy machine, with whatever daemon, so one
# that fails is run again by itself, first with ours and, if it fails again,
# with the stock daemon.  It counts as a failure of ours if it passes there.
# Whatever did not pass at once is named.

set -u

suite=$1 source=$2 build=$3 ours=$4
shift 4
stock=utilities:vswitchd:ovsdb:vtep:tests:ipsec:
log=$build/tests/$suite.log
out=$(mktemp) || exit 1
trap 'rm -f "$out"' 0
trap 'exit 1' 1 2 15

die() {
    echo "upstream.sh: $*" >&2
    exit 1
}

# Device names are the machine's, so the system suite gets a network and a list
# of namespaces of its own.
run_suite() {
    path=$1
    shift
    case $suite in
    system-*)
        unshare -mn sh -c '
            mkdir -p /run/netns && mount -t tmpfs none /run/netns &&
            ip link set lo up && exec "$@"' sh \
            sh "$source/tests/$suite" -C tests AUTOTEST_PATH="$path" "$@"
        ;;
    *)
        sh "$source/tests/$suite" -C tests AUTOTEST_PATH="$path" "$@"
        ;;
    esac
}

# numbers_of RESULT: the numbers of the tests that ended so in $out.
numbers_of() {
    sed -n "s/^ *\([0-9][0-9]*\): .* $1.*/\1/p" "$out"
}

cd "$build" || exit 1
test -x vswitchd/ovs-vswitchd ||
    die "$build is not wholly built: run \"make\" there"

run_suite "$ours:$stock" "$@" >"$out" 2>&1
grep -E '^ *[0-9]+: ' "$out" >/dev/null || {
    cat "$out" >&2
    die "the suite ran no test"
}
# The suite's log lists the programs that it tested, with their versions.
grep 'with ovs-bsd' "$log" >/dev/null ||
    die "the suite did not run the daemon in $ours: see $log"

passed=$(numbers_of ok | wc -l)
skipped=$(numbers_of skipped | wc -l)
failed=0
for number in $(numbers_of FAILED); do
    name=$(sed -n "s/^ *$number: \(.*[^ ]\)  *FAILED.*/\1/p" "$out")
    if run_suite "$ours:$stock" "$number" 2>&1 | grep -E ' ok( |$)' >/dev/null; then
        echo "passed when run again: $number: $name"
        passed=$((passed + 1))
    elif run_suite "$stock" "$number" 2>&1 | grep ' FAILED ' >/dev/null; then
        echo "not counted: $number: $name (fails with the stock daemon, too)"
        skipped=$((skipped + 1))
    else
        echo "FAILED: $number: $name (passes with the stock daemon)"
        failed=$((failed + 1))
    fi
done
echo "$suite: $passed passed, $failed failed, $skipped skipped"
test $failed = 0
