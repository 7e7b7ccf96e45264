# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
"""A capture client that speaks the protocol of lib/bpf/bpf-proto.h itself,

so that it can break its rules.  Every call has a time limit: a server that
does not answer is a failure, not a test that hangs."""

import array
import os
import socket
import struct

HELLO, GBLEN, SBLEN, SETF, FLUSH = 1, 2, 3, 4, 5
GETIF, SETIF, IMMEDIATE, SDIRECTION, SBUFS = 10, 11, 15, 21, 31
STSTAMP = 25
READ, RELEASE, WRITE = 40, 41, 42
LIST_PORTS, LIST_PEERS, TOTALS = 50, 51, 52
RDONLY, MONITOR = 1, 2
T_IDENTITY = 0x1001

HEADER = struct.Struct("=IHHIIII")
MAGIC, REPLY = 0x62706664, 0x8000

TIMEOUT = 10


class Refused(Exception):
    """An answer with an error."""

    def __init__(self, error, text):
        super().__init__("%s%s" % (os.strerror(error),
                                   ": " + text if text else ""))
        self.errno = error
        self.text = text


class Client:
    def __init__(self, path, hello=True, flags=0):
        self.sequence = 0
        self.fds = []
        self.version = 1
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                             struct.pack("ll", TIMEOUT, 0))
        self.sock.connect(path)
        self.sock.settimeout(TIMEOUT)
        if hello:
            self.call(HELLO, struct.pack("=II", flags, 0))

    def send(self, kind, body=b"", fds=()):
        self.sequence += 1
        msg = HEADER.pack(MAGIC, self.version, kind,
                          HEADER.size + len(body), self.sequence, 0, 0) + body
        control = []
        if fds:
            control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                        array.array("i", fds))]
        self.sock.sendmsg([msg], control)

    def receive(self):
        msg, control, _, _ = self.sock.recvmsg(
            1 << 17, socket.CMSG_SPACE(64))
        for level, kind, data in control:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds = array.array("i")
                fds.frombytes(data)
                self.fds += list(fds)
        if not msg:
            raise ConnectionResetError("the server closed the connection")
        header = HEADER.unpack(msg[:HEADER.size])
        body = msg[HEADER.size:]
        if header[5]:
            raise Refused(header[5], body.decode("utf-8"))
        return body

    def call(self, kind, body=b"", fds=()):
        self.send(kind, body, fds)
        return self.receive()

    def u32(self, kind, value):
        return self.call(kind, struct.pack("=I", value))

    def attach(self, port, length=None, buffers=None):
        if length:
            self.u32(SBLEN, length)
        if buffers:
            self.u32(SBUFS, buffers)
        return self.call(SETIF, port.encode().ljust(256, b"\0"))

    def filter(self, insns):
        """'insns' are tuples of code, jt, jf and k."""
        return self.call(SETF, struct.pack("=II", 0, len(insns))
                         + b"".join(struct.pack("=HBBI", *i) for i in insns))

    def read(self, length):
        """Gives back the last buffer, does not wait for the next one."""
        return self.call(READ, struct.pack("=II", 1 | 4, length))

    def list_ports(self):
        return self.call(LIST_PORTS, bytes(512))

    def close(self):
        self.sock.close()
        for fd in self.fds:
            os.close(fd)
        self.fds = []


def set_process_name(name):
    """Gives this process 'name', which are up to 15 bytes."""
    with open("/proc/self/comm", "wb") as f:
        f.write(name)


# LD IMM, ALU MOD X (or K), RET K.
def mod_filter(n):
    """A program of 'n' instructions that rejects all, nearly all of them a
    remainder."""
    return ([(0x00, 0, 0, 0xfffffff1)] + [(0x94, 0, 0, 0xfffffffb)] * (n - 2)
            + [(0x06, 0, 0, 0)])


def ret_filter(n):
    """A program that accepts all, 'n' bytes of each."""
    return [(0x06, 0, 0, n)]


# LDH ABS, JEQ, LDB ABS, RET K.
def icmp_filter():
    """A program that accepts ICMP in IPv4, 96 bytes of each."""
    return [(0x28, 0, 0, 12), (0x15, 0, 3, 0x0800), (0x30, 0, 0, 23),
            (0x15, 0, 1, 1), (0x06, 0, 0, 96), (0x06, 0, 0, 0)]
