# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
"""A foreign program for /dev/bpf on the ports of a switch.

scapy knows the capture devices of the BSDs from the inside: it opens /dev/bpf0
and those that follow, makes the numbers of requests itself, waits in select(2)
and steps from record to record in what read(2) has returned.  Here it is told
that it is on FreeBSD, and what it calls ends at libbpfdev, as bpfdev(3) says:
a name for open, ioctl, read, write, close and O_NONBLOCK.  Nothing else of it
is changed.

    scapy-bpf.py LIBRARY HEADER

The switch needs the ports p1 and p2, of type dummy, one of which sends what
the other receives.  What comes of each step goes to standard output."""

import ctypes
import errno
import fcntl
import os
import re
import struct
import subprocess
import sys
import time
import types

import scapy.consts

# Before what is for the BSDs is imported.
import scapy.all
scapy.consts.LINUX = False
scapy.consts.BSD = scapy.consts.FREEBSD = True

# Since 2.6 it asks a BSD's sysctl(3) for interfaces and routes, which is no part
# of this and not in the C library here.
routes = types.ModuleType("scapy.arch.bpf.pfroute")
routes.read_routes = routes.read_routes6 = lambda: []
routes._get_if_list = lambda: {
    i: {"name": "p%d" % i, "index": i, "flags": 1, "ips": [],
        "mac": "02:00:00:00:00:%02x" % i} for i in (1, 2, 9)}
sys.modules[routes.__name__] = routes

import scapy.arch.bpf.consts
import scapy.arch.bpf.core as core
import scapy.arch.bpf.supersocket as supersocket
from scapy.all import (ARP, AsyncSniffer, Ether, ICMP, IP, conf, sendp, sniff,
                       srp1)

# FreeBSD's requests that scapy has no names for.
MORE_REQUESTS = {0x80104282: "BIOCSETFNR", 0x8010427b: "BIOCSETWF",
                 0x2000427a: "BIOCLOCK"}

READ_ONLY, NONBLOCK = 1, 2      # Flags of bpfdev_open().
ARGUMENT_MAX = 256              # Bytes; no request has a longer one.


class Devices:
    """What the kernel does on a BSD, by file descriptor."""

    def __init__(self, library, header):
        self.lib = ctypes.CDLL(library, use_errno=True)
        self.lib.bpfdev_open.restype = ctypes.c_void_p
        self.lib.bpfdev_fd.argtypes = [ctypes.c_void_p]
        self.lib.bpfdev_close.argtypes = [ctypes.c_void_p]
        self.lib.bpfdev_close.restype = None
        for name in "read", "write":
            function = getattr(self.lib, "bpfdev_" + name)
            function.argtypes = [ctypes.c_void_p, ctypes.c_void_p,
                                 ctypes.c_size_t]
            function.restype = ctypes.c_ssize_t
        self.devices = {}
        self.requests = self.translate(header)

    def translate(self, header):
        """FreeBSD's numbers of requests to names and numbers of HEADER's."""
        with open(header) as f:
            ours = {name: 0x42504600 | int(n) for name, n in
                    re.findall(r"define (BIOC\w+) BPFDEV_REQUEST__\((\d+)\)",
                               f.read())}
        theirs = {number: name
                  for name, number in vars(scapy.arch.bpf.consts).items()
                  if name.startswith("BIOC")}
        return {number: (name, ours[name])
                for number, name in {**theirs, **MORE_REQUESTS}.items()}

    def check(self, result):
        if result < 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
        return result

    def open(self, path, flags, *args):
        if not re.fullmatch("/dev/bpf[0-9]*", path):
            return os.open(path, flags, *args)
        read_only = flags & os.O_ACCMODE == os.O_RDONLY
        device = self.lib.bpfdev_open(None, READ_ONLY if read_only else 0,
                                      None)
        if not device:
            self.check(-1)
        fd = self.lib.bpfdev_fd(device)
        self.devices[fd] = device
        return fd

    def read(self, fd, n):
        buffer = ctypes.create_string_buffer(n)
        n = self.check(self.lib.bpfdev_read(self.devices[fd], buffer, n))
        return buffer.raw[:n]

    def write(self, fd, data):
        return self.check(self.lib.bpfdev_write(self.devices[fd], data,
                                                len(data)))

    def close(self, fd):
        self.lib.bpfdev_close(self.devices.pop(fd))

    def request(self, fd, number, argument):
        return self.lib.bpfdev_ioctl(ctypes.c_void_p(self.devices[fd]),
                                     ctypes.c_ulong(self.requests[number][1]),
                                     argument)

    def ioctl(self, fd, number, argument=b""):
        if not isinstance(argument, bytes):
            # As for any buffer that can be changed, the result is a number.
            return self.check(self.request(fd, number,
                                           ctypes.byref(argument)))
        buffer = ctypes.create_string_buffer(argument, ARGUMENT_MAX)
        self.check(self.request(fd, number, buffer))
        if self.requests[number][0] == "BIOCGSTATS":
            # FreeBSD's counters have 32 bits.
            return struct.pack("2I", *struct.unpack_from("2Q", buffer.raw))
        return buffer.raw[:len(argument)]

    def libc_ioctl(self, fd, number, argument):
        return self.request(fd.value, number,
                            ctypes.cast(argument, ctypes.c_void_p))

    def fcntl(self, fd, command, argument=0):
        if command == fcntl.F_GETFL:
            return os.O_RDWR
        on = ctypes.c_int(bool(argument & os.O_NONBLOCK))
        return self.check(self.lib.bpfdev_ioctl(
            ctypes.c_void_p(self.devices[fd]), ctypes.c_ulong(FIONBIO),
            ctypes.byref(on)))

    def put_under(self, *modules):
        """Has 'modules' call these functions instead of the system's."""
        for module in modules:
            module.os = types.SimpleNamespace(
                **{**vars(os), "open": self.open, "read": self.read,
                   "write": self.write, "close": self.close})
            module.fcntl = types.SimpleNamespace(
                **{**vars(fcntl), "ioctl": self.ioctl, "fcntl": self.fcntl})
        core.LIBC = types.SimpleNamespace(ioctl=self.libc_ioctl)


FIONBIO = 0x5421                # Of Linux.


def receive(port, packet):
    """Lets 'port' of the switch receive 'packet'."""
    subprocess.check_call(["ovs-appctl", "netdev-dummy/receive", port,
                           bytes(packet).hex()], stdout=subprocess.DEVNULL)


def ping(n):
    return (Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
            / IP(src="10.0.0.1", dst="10.0.0.2") / ICMP(seq=n))


def request(n):
    return (Ether(src="02:00:00:00:00:01", dst="ff:ff:ff:ff:ff:ff")
            / ARP(hwsrc="02:00:00:00:00:01", psrc="10.0.0.1",
                  pdst="10.0.0.%d" % n))


def reply(packet):
    """Answers as the host behind p2 would, if 'packet' asks."""
    if packet[ARP].op == 1:
        receive("p2", Ether(src="02:00:00:00:00:02", dst=packet.src)
                / ARP(op="is-at", hwsrc="02:00:00:00:00:02",
                      psrc=packet.pdst, hwdst=packet.src, pdst=packet.psrc))


def show(packets):
    for packet in packets:
        number = (" " + str(packet[ICMP].seq)) if ICMP in packet else ""
        print("  " + packet.summary() + number)
        if abs(float(packet.time) - time.time()) > 600:
            print("  at", packet.time)


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            sys.exit("waited in vain")
        time.sleep(0.01)


def descriptor(sock):
    return getattr(sock, "bpf_fd", None) or sock.ins    # Before 2.6.


def attach_as(number, sock, expression):
    """scapy's attach_filter(), by another request than BIOCSETF."""
    usual, core.BIOCSETF = core.BIOCSETF, number
    try:
        core.attach_filter(descriptor(sock), expression, sock.iface)
    finally:
        core.BIOCSETF = usual


def try_to(what, *args):
    try:
        return what(*args)
    except OSError as e:
        return errno.errorcode[e.errno]


def listen():
    print("listen with a filter")
    with conf.L2listen(iface="p1", filter="icmp") as sock:
        for n in 1, 2, 3:
            receive("p1", request(n))
            receive("p1", ping(n))
        show(sniff(opened_socket=sock, count=3, timeout=30))
        print("  received", sock.get_stats()[0], "buffer", sock.get_blen())


def send():
    print("send and sniff")
    with conf.L2listen(iface="p2") as sock:
        sendp([ping(4), request(4)], iface="p2", verbose=False)
        show(sniff(opened_socket=sock, count=2, timeout=30))


def ask():
    print("ask and be answered")
    with conf.L2listen(iface="p2", filter="arp") as sock:
        sniffer = AsyncSniffer(opened_socket=sock, prn=reply, count=2,
                               timeout=30)
        sniffer.start()
        answer = srp1(request(2), iface="p2", timeout=30, verbose=False)
        show([answer] if answer else [])
        sniffer.join()
        show(sniffer.results)


def read_at_once():
    print("read what is not there")
    sock = conf.L2socket(iface="p1")
    print(" ", sock.nonblock_recv())
    receive("p1", ping(5))
    wait_for(lambda: sock.get_stats()[0])
    show([sock.nonblock_recv()])
    sock.close()


def change_filters():
    print("change the filter and keep what came, BIOCSETFNR")
    sock = conf.L2socket(iface="p1")
    receive("p1", ping(6))
    receive("p1", request(6))
    wait_for(lambda: sock.get_stats()[0] == 2)
    attach_as(0x80104282, sock, "arp")
    print("  received", sock.get_stats()[0])
    receive("p1", ping(7))
    receive("p1", request(7))
    show(sniff(opened_socket=sock, count=3, timeout=30))
    print("and lose it, BIOCSETF")
    receive("p1", request(8))
    wait_for(lambda: sock.get_stats()[0] == 5)
    core.attach_filter(descriptor(sock), "icmp", "p1")
    print("  received", sock.get_stats()[0])
    receive("p1", ping(9))
    show(sniff(opened_socket=sock, count=1, timeout=30))

    print("filter what is written, BIOCSETWF, BIOCLOCK")
    attach_as(0x8010427b, sock, "arp")
    print(" ", try_to(sock.send, ping(10)), try_to(sock.send, request(10)))
    supersocket.fcntl.ioctl(descriptor(sock), 0x2000427a)
    print(" ", try_to(supersocket.fcntl.ioctl, descriptor(sock),
                      scapy.arch.bpf.consts.BIOCSHDRCMPLT,
                      struct.pack("i", 0)))
    sock.close()


def refuse():
    print("a port that is not there")
    try:
        conf.L2listen(iface="p9")
    except scapy.error.Scapy_Exception as e:
        print(" ", e)


Devices(*sys.argv[1:]).put_under(core, supersocket)
# What setting conf.use_bpf does, without a look at the system's interfaces.
scapy.config.Interceptor.set_from_hook(conf, "use_bpf", True)
conf.L2listen = supersocket.L2bpfListenSocket
conf.L2socket = supersocket.L2bpfSocket
listen()
send()
ask()
read_at_once()
change_filters()
refuse()
