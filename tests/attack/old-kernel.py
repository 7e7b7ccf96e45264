# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
"""Runs a command as an older kernel would: one that cannot keep the peers of a
socket from passing descriptors (Linux before 6.16).

    old-kernel.py COMMAND...

Exits with status 77 where that cannot be had."""

import ctypes
import os
import platform
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
SOL_SOCKET, SO_PASSRIGHTS, ENOPROTOOPT = 1, 83, 92

# AUDIT_ARCH_* and the number of setsockopt().
SYSTEMS = {"x86_64": (0xc000003e, 54), "aarch64": (0xc00000b7, 208)}

# BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K, BPF_RET | BPF_K, and
# where in struct seccomp_data what is.
LOAD, JEQ, RET = 0x20, 0x15, 0x06
NR, ARCH, LEVEL, OPTION = 0, 4, 24, 32


def main():
    if platform.machine() not in SYSTEMS:
        sys.exit(77)
    arch, setsockopt = SYSTEMS[platform.machine()]
    insns = [(LOAD, 0, 0, ARCH), (JEQ, 0, 7, arch),
             (LOAD, 0, 0, NR), (JEQ, 0, 5, setsockopt),
             (LOAD, 0, 0, LEVEL), (JEQ, 0, 3, SOL_SOCKET),
             (LOAD, 0, 0, OPTION), (JEQ, 0, 1, SO_PASSRIGHTS),
             (RET, 0, 0, 0x00050000 | ENOPROTOOPT),
             (RET, 0, 0, 0x7fff0000)]
    code = ctypes.create_string_buffer(
        b"".join(struct.pack("=HBBI", *insn) for insn in insns))
    program = ctypes.create_string_buffer(
        struct.pack("@HP", len(insns), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if (libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            or libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0,
                          0)):
        sys.exit(77)
    os.execvp(sys.argv[1], sys.argv[1:])


main()
