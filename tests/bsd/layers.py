#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# layers.py ARCHIVE BOTTOM...
#
# Prints the object files of ARCHIVE that need one another in a circle, and the
# symbols by which they do; and what those called BOTTOM need of others that are
# not tables.  Objects whose name starts with "fake" are left out: they are the
# system.

import re
import subprocess
import sys


def read(archive):
    """For each object, the symbols that it defines and those it wants."""
    out = subprocess.run(["nm", "-g", archive], stdout=subprocess.PIPE,
                         check=True).stdout.decode()
    objects = {}
    for line in out.splitlines():
        if line.endswith(":"):
            # libtool prefixes what would be the same name otherwise.
            name = re.sub(r"^\w+_la-|\.l?o:$", "", line)
            defined, wanted = objects.setdefault(name, (set(), set()))
        elif line.split()[-2:-1] == ["U"]:
            wanted.add(line.split()[-1])
        elif len(line.split()) == 3:
            defined.add(line.split()[2])
    return {name: symbols for name, symbols in objects.items()
            if not name.startswith("fake")}


def uses(objects):
    """For each object, those that it needs and the symbols of each."""
    owner = {symbol: name for name, (defined, _) in objects.items()
             for symbol in defined}
    graph = {name: {} for name in objects}
    for name, (_, wanted) in objects.items():
        for symbol in sorted(wanted):
            if owner.get(symbol, name) != name:
                graph[name].setdefault(owner[symbol], []).append(symbol)
    return graph


def circle(graph):
    """A list of objects each of which needs the next, the last the first."""
    done = set()

    def visit(name, path):
        if name in path:
            return path[path.index(name):]
        if name not in done:
            for other in sorted(graph[name]):
                found = visit(other, path + [name])
                if found:
                    return found
            done.add(name)
        return None

    for name in sorted(graph):
        found = visit(name, [])
        if found:
            return found
    return []


def main():
    graph = uses(read(sys.argv[1]))
    if len(graph) < 10:
        sys.exit("%s: only %d objects" % (sys.argv[1], len(graph)))
    names = circle(graph)
    for name, other in zip(names, names[1:] + names[:1]):
        print("%s needs %s: %s" % (name, other,
                                   ", ".join(graph[name][other])))
    for name in sys.argv[2:]:
        if name not in graph:
            sys.exit("%s: no object %s" % (sys.argv[1], name))
        for other, symbols in sorted(graph[name].items()):
            if not other.endswith("-tables"):
                print("%s needs %s: %s" % (name, other, ", ".join(symbols)))


main()
