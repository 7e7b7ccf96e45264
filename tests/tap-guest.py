#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# Owns a tap as a virtual machine does: with a virtio header before each frame,
# and checksums and segments left over.
#
#   tap-guest.py DEV READY WORD...
#
# Creates the tap DEV and the file READY, waits until a line comes on standard
# input, and then sends one frame for each WORD:
#
#   super      4,000 bytes of TCP in segments of 1,000, checksum left over
#   tagged     the same in two VLANs
#   csum       one UDP datagram whose checksum is left over
#   last       an ordinary frame of the EtherType 88b5
#
# or one of those that make no sense: gso-size-0, csum-start-beyond,
# hdr-len-beyond, segments-of-1, short, unknown-gso, tcp6-in-ipv4, no-tcp.  The
# kernel may refuse these by itself, which is as good.

import fcntl
import os
import struct
import sys

TUNSETIFF = 0x400454ca
IFF_TAP = 2
IFF_NO_PI = 0x1000
IFF_VNET_HDR = 0x4000

NEEDS_CSUM = 1
GSO_TCPV4 = 1
GSO_TCPV6 = 4

MACS = bytes.fromhex("020000000002020000000001")
SRC, DST = bytes([10, 1, 1, 9]), bytes([10, 1, 1, 2])


def fold(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def pseudo(proto, length):
    return fold(SRC + DST + struct.pack("!HH", proto, length))


def ipv4(proto, l4):
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(l4), 7, 0x4000, 64,
                       proto, 0) + SRC + DST
    head = head[:10] + struct.pack("!H", 0xffff - fold(head)) + head[12:]
    return head + l4


def tcp(n):
    payload = bytes(i % 251 for i in range(n))
    head = struct.pack("!HHIIBBHHH", 1234, 4321, 1000, 0, 0x50, 0x18, 1000,
                       pseudo(6, 20 + n), 0)
    return ipv4(6, head + payload)


def udp(n):
    return ipv4(17, struct.pack("!HHHH", 1234, 4321, 8 + n,
                                pseudo(17, 8 + n)) + bytes(n))


def vnet(flags=NEEDS_CSUM, gso=GSO_TCPV4, hdr_len=54, gso_size=1000,
         start=34, offset=16):
    return struct.pack("=BBHHHH", flags, gso, hdr_len, gso_size, start, offset)


def make(word):
    ip = MACS + b"\x08\x00"
    tags = bytes.fromhex("88a80014") + bytes.fromhex("8100000a0800")
    return {
        "super": vnet() + ip + tcp(4000),
        "tagged": vnet(hdr_len=62, start=42) + MACS + tags + tcp(4000),
        "csum": vnet(gso=0, hdr_len=42, gso_size=0, offset=6) + ip + udp(100),
        "last": vnet(0, 0, 0, 0, 0, 0) + MACS + b"\x88\xb5" + bytes(46),
        "gso-size-0": vnet(gso_size=0) + ip + tcp(4000),
        "csum-start-beyond": vnet(start=5000) + ip + tcp(4000),
        "hdr-len-beyond": vnet(hdr_len=9000) + ip + tcp(4000),
        "segments-of-1": vnet(gso_size=1) + ip + tcp(4000),
        "short": vnet() + ip,
        "unknown-gso": vnet(gso=77) + ip + tcp(4000),
        "tcp6-in-ipv4": vnet(gso=GSO_TCPV6) + ip + tcp(4000),
        "no-tcp": vnet() + ip + udp(4000),
    }[word]


def main():
    dev, ready = sys.argv[1:3]
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack(
        "16sH22x", dev.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
    open(ready, "w").close()
    sys.stdin.readline()
    for word in sys.argv[3:]:
        try:
            os.write(fd, make(word))
        except OSError:
            pass
    sys.stdin.readline()


main()
