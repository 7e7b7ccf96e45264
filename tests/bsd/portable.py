#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# portable.py SOURCE...
#
# Prints what a BSD would not compile, or not link:
#
#   - inclusions of headers that only Linux has, and names that it alone has,
#     unless they are within a condition of the preprocessor;
#
#   - in what stands without Open vSwitch, names whose header is only included
#     by another one of the system's, which differs from system to system.
#
# Sources of the host interface of Linux, and of the tests of it, are not
# looked at: a BSD does not compile them.

import os
import re
import sys

LINUX_ONLY = re.compile(
    r"(?:linux|asm|asm-generic)/.*|malloc\.h|features\.h|byteswap\.h"
    r"|endian\.h|netpacket/packet\.h|net/ethernet\.h"
    r"|sys/(?:epoll|eventfd|signalfd|timerfd|inotify|prctl|sendfile|sysinfo"
    r"|syscall|sysmacros|vfs|random|capability|xattr)\.h")

NAMES = re.compile(
    r"epoll_\w+|EPOLL\w+|eventfd|EFD_\w+|signalfd|timerfd_\w+|inotify_\w+"
    r"|memfd_create|MFD_\w+|F_ADD_SEALS|F_SEAL_\w+|unshare|setns|CLONE_\w+"
    r"|prctl|PR_[GS]ET_\w+|gettid|accept4|splice|vmsplice|fallocate|mremap"
    r"|sync_file_range|syncfs|program_invocation\w*|error|qsort_r|mempcpy"
    r"|rawmemchr|strchrnul|strverscmp|canonicalize_file_name|secure_getenv"
    r"|get_current_dir_name|execvpe|sched_setaffinity|sched_getcpu"
    r"|mallopt|malloc_trim|O_PATH|O_TMPFILE|MSG_MORE|MSG_ERRQUEUE|SO_PEERCRED"
    r"|SO_PASS\w+|SCM_CREDENTIALS|SO_BINDTODEVICE|SO_ATTACH_\w+|SOL_PACKET"
    r"|SOL_NETLINK|AF_PACKET|PF_PACKET|AF_NETLINK|MAP_POPULATE|MAP_HUGETLB"
    r"|MADV_(?:HUGEPAGE|REMOVE|DONTFORK)|RUSAGE_THREAD|CLOCK_MONOTONIC_RAW"
    r"|CLOCK_\w+_COARSE|CLOCK_BOOTTIME|SCHED_BATCH|SCHED_IDLE|EBADFD|ENODATA"
    r"|EREMOTEIO|ENOTUNIQ|sighandler_t|SIGRTMIN_|POLLRDHUP|struct ucred"
    # One BSD has it, the other not.
    r"|bs_capt")

# Called like that, 'error' is GNU's; ours are variables.
CALLED = {"error", "splice"}

# The headers of which any declares these names everywhere.
DECLARED = [(re.compile(names), set(headers.split())) for names, headers in (
    (r"[AP]F_(?:UNIX|INET6?|UNSPEC)|SOCK_[A-Z]+|SOL_SOCKET|SHUT_[A-Z]+"
     r"|SO_[A-Z]+|struct (?:sockaddr|sockaddr_storage|msghdr|cmsghdr)",
     "sys/socket.h"),
    (r"IPPROTO_[A-Z0-9]+|IPV6_[A-Z0-9]+|INADDR_[A-Z]+|IN6_IS_\w+"
     r"|struct (?:sockaddr_in6?|in6_addr)", "netinet/in.h"),
    (r"struct sockaddr_un", "sys/un.h"),
    (r"inet_(?:ntop|pton)", "arpa/inet.h"),
    (r"struct iovec|writev|readv", "sys/uio.h sys/socket.h"),
    (r"struct timeval|gettimeofday", "sys/time.h"),
    (r"struct stat|S_IS[A-Z]+", "sys/stat.h"),
    (r"waitpid|WIF[A-Z]+|WEXITSTATUS|WNOHANG", "sys/wait.h"),
    (r"PROT_[A-Z]+|MAP_[A-Z]+|munmap", "sys/mman.h"),
    (r"ioctl|FION[A-Z]+|TIOC[A-Z]+", "sys/ioctl.h"),
    (r"struct (?:rlimit|rusage)|RLIMIT_[A-Z]+", "sys/resource.h"),
    (r"struct pollfd|POLL(?:IN|OUT|ERR|HUP)", "poll.h"),
    (r"struct sigaction|SIG[A-Z]+|sigset_t", "signal.h"),
    (r"O_(?:RDONLY|WRONLY|RDWR|CREAT|NONBLOCK|CLOEXEC)|F_[GS]ET\w+",
     "fcntl.h"),
    (r"strn?casecmp", "strings.h"),
    (r"IF_?NAMESIZ|IF_NAMESIZE|if_nametoindex", "net/if.h"),
    (r"va_list|va_start", "stdarg.h"),
    (r"PATH_MAX|[A-Z]*INT_MAX|LL?ONG_MAX", "limits.h"),
    (r"PRI[a-zA-Z0-9]+|SCN[a-z0-9]+", "inttypes.h"),
    (r"pthread_\w+", "pthread.h"),
    (r"FD_SET|fd_set", "sys/select.h"),
    (r"nanosleep|clock_gettime|struct timespec|localtime_r|strftime",
     "time.h"),
    (r"u?int(?:8|16|32|64|ptr)_t", "stdint.h inttypes.h"),
)]

WORDS = re.compile(r"struct +\w+|\w+")

# What lib/host/automake.mk and tests/automake.mk have for Linux only.
NOT_THERE = re.compile(
    r".*/(?:host-(?:linux|rtnl|rx-(?:packet|queue|ring)).*|fuzz-rtnl\.c"
    r"|test-host-grow\.c|blast\.c|spend\.c|fake-[a-z]+\.c)")


def unconditional(text):
    """The lines of 'text' that are there whatever the conditions."""
    depth = 0
    for line in text.splitlines():
        directive = re.match(r"\s*#\s*(\w+)\s*(.*)", line)
        word, rest = directive.groups() if directive else ("", "")
        if word in ("if", "ifdef", "ifndef"):
            # What keeps a header from being read twice is no condition.
            depth += not (word == "ifndef" and rest.split()[0].endswith("_H"))
        elif word == "endif":
            depth = max(0, depth - 1)
        elif not depth:
            yield line


def blank(text):
    """'text' without comments and what is between quotation marks."""
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\""
                  r"|'(?:\\.|[^'\\\n])*'",
                  lambda m: m.group() if m.group()[0] == '"'
                  and re.search(r"#\s*include\s*$", text[:m.start()])
                  else re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def read(source, cache={}):
    """The text of 'source', and the headers that it includes: those of the
    system, and files of ours."""
    if source not in cache:
        with open(source) as f:
            text = blank(f.read())
        system, ours = set(), set()
        for kind, name in re.findall(r"^\s*#\s*include\s*([<\"])([^>\"]+)",
                                     text, re.M):
            places = [os.path.join(directory, name) for directory in
                      (os.path.dirname(source), "lib", "lib/bpfdev", ".")]
            found = [p for p in places if kind == '"' and os.path.exists(p)]
            if found:
                ours.add(os.path.normpath(found[0]))
            else:
                system.add(name)
        cache[source] = (text, system, ours)
    return cache[source]


def all_headers(source, seen):
    """Those of the system that 'source' and the files of ours in it have."""
    if source in seen:
        return set()
    seen.add(source)
    _, system, ours = read(source)
    return system.union(*(all_headers(name, seen) for name in ours))


def only_linux(text):
    # What is not there is often defined to be nothing.
    defined = set(re.findall(r"#\s*define\s+(\w+)", text))
    for line in unconditional(text):
        name = re.match(r"\s*#\s*include\s*<(.*)>", line)
        if name:
            if LINUX_ONLY.fullmatch(name.group(1)):
                yield "<%s> is there on Linux only" % name.group(1)
            continue
        for m in WORDS.finditer(line):
            word = m.group()
            if (NAMES.fullmatch(word) and word not in defined
                and (word not in CALLED
                     or re.match(r"\s?\((?:EXIT|[01])", line[m.end():]))):
                yield "%s is not there on all systems" % word


def undeclared(source, text):
    headers = all_headers(source, set())
    if "config.h" in headers:
        # Open vSwitch's headers bring what they need.
        return
    for line in unconditional(text):
        for word in WORDS.findall(line):
            for names, declared in DECLARED:
                if names.fullmatch(word) and not declared & headers:
                    yield "%s needs <%s>" % (word, min(declared))


def main():
    n = 0
    for source in map(os.path.normpath, sys.argv[1:]):
        if NOT_THERE.match(source):
            continue
        text, system, _ = read(source)
        n += len(system)
        for what in sorted(set(only_linux(text)) | set(undeclared(source, text)
                                                       if source[-1] == "c"
                                                       else ())):
            print("%s: %s" % (source, what))
    if n < 100:
        sys.exit("only %d inclusions found" % n)


main()
