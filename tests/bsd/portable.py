#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# portable.py SOURCE...
#
# Prints the inclusions of headers that only Linux has, unless they are within a
# condition of the preprocessor.  Sources of the host interface of Linux, and
# of the tests of it, are not looked at: a BSD does not compile them.

import re
import sys

LINUX_ONLY = re.compile(
    r"(?:linux|asm|asm-generic)/.*|malloc\.h|features\.h|byteswap\.h"
    r"|endian\.h|netpacket/packet\.h|net/ethernet\.h"
    r"|sys/(?:epoll|eventfd|signalfd|timerfd|inotify|prctl|sendfile|sysinfo"
    r"|syscall|sysmacros|vfs|random|capability|xattr)\.h")

# What lib/host/automake.mk and tests/automake.mk have for Linux only.
NOT_THERE = re.compile(
    r".*/(?:host-(?:linux|rtnl|rx-(?:packet|queue|ring)).*|fuzz-rtnl\.c"
    r"|test-host-grow\.c|blast\.c|fake-[a-z]+\.c)")


def unconditional(text):
    """The headers that 'text' includes whatever the conditions."""
    depth = 0
    for line in text.splitlines():
        directive = re.match(r"\s*#\s*(\w+)\s*(.*)", line)
        if not directive:
            continue
        word, rest = directive.groups()
        if word in ("if", "ifdef", "ifndef"):
            # What keeps a header from being read twice is no condition.
            depth += not (word == "ifndef" and rest.split()[0].endswith("_H"))
        elif word == "endif":
            depth = max(0, depth - 1)
        elif word == "include" and not depth:
            name = re.match(r"[<\"](.*)[>\"]", rest)
            if name:
                yield name.group(1)


def main():
    n = 0
    for source in sys.argv[1:]:
        if NOT_THERE.match(source):
            continue
        with open(source) as f:
            for name in unconditional(f.read()):
                n += 1
                if LINUX_ONLY.fullmatch(name):
                    print("%s: <%s> is there on Linux only" % (source, name))
    if n < 100:
        sys.exit("only %d inclusions found" % n)


main()
