#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# duplicates.py OVS-SOURCE OBJECT...
#
# Prints the global symbols that an object file or archive of ours has in
# common with a source that Open vSwitch compiles on a BSD only: there, nothing
# would link.  These sources do not compile elsewhere, so their symbols are
# taken from their text, which follows Open vSwitch's coding style: a
# definition starts in the first column, the name of a function on a line of
# its own after the return type.

import os
import re
import subprocess
import sys


def bsd_sources(ovs):
    """The files in the part of lib/automake.mk for BSDs."""
    with open(os.path.join(ovs, "lib", "automake.mk")) as f:
        part = re.search(r"^if HAVE_IF_DL\n(.*?)^endif", f.read(), re.M | re.S)
    files = re.findall(r"\S+\.c\b", part.group(1)) if part else []
    if not files:
        sys.exit("lib/automake.mk: no sources for BSDs found")
    return [os.path.join(ovs, name) for name in files]


def symbols(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    found = {"VLM_" + name for name in
             re.findall(r"^VLOG_DEFINE_(?:THIS_)?MODULE\((\w+)\)", text, re.M)}
    found |= {"counter_" + name for name in
              re.findall(r"^COVERAGE_DEFINE\((\w+)\)", text, re.M)}
    # Functions: type on the line before, name in the first column.
    for kind, name in re.findall(r"^([a-z][\w *]*)\n(\w+)\(", text, re.M):
        if not kind.startswith("static"):
            found.add(name)
    # Variables.
    for kind, name in re.findall(
            r"^((?:[a-z]\w* )+)\**(\w+)(?:\[[^\]]*\])*(?: =.*|;)$",
            text, re.M):
        if not kind.startswith(("static ", "extern ", "typedef ")):
            found.add(name)
    return found


def main():
    theirs = {}
    for source in bsd_sources(sys.argv[1]):
        with open(source) as f:
            for name in symbols(f.read()):
                theirs[name] = os.path.basename(source)
    # Nothing found is a failure of this program, not a success of ours.
    for known in "VLM_netdev_bsd", "netdev_bsd_class", "route_table_run":
        if known not in theirs:
            sys.exit("%s: not found in Open vSwitch's sources" % known)

    ours = subprocess.run(["nm", "-g", "--defined-only"] + sys.argv[2:],
                          stdout=subprocess.PIPE, check=True).stdout.decode()
    names = {line.split()[2] for line in ours.splitlines()
             if len(line.split()) == 3}
    if len(names) < 50:
        sys.exit("only %d symbols of ours found" % len(names))
    for name in sorted(names & set(theirs)):
        print("%s: also in %s" % (name, theirs[name]))


main()
