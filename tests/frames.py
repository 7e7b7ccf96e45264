#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# Sends and receives raw Ethernet frames, for tests.
#
#   frames.py send DEV HEX...     sends each frame
#   frames.py many DEV N HEX      sends the frame N times
#   frames.py recv DEV N READY    creates the file READY when it listens, then
#                                 prints the first N frames whose Ethernet
#                                 destination is 02:..:.. with the EtherType
#                                 88b5 (local experiments) after any tags, in
#                                 hexadecimal; gives up after 20 seconds
#
# A kernel takes the outermost VLAN tag out of a frame; recv puts it back.

import socket
import struct
import sys
import time

ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_AUXDATA = 8
TP_STATUS_VLAN_VALID = 1 << 4
TP_STATUS_VLAN_TPID_VALID = 1 << 6
PACKET_OUTGOING = 4


def send(dev, frames):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((dev, 0))
    for frame in frames:
        s.send(bytes.fromhex(frame))


def many(dev, n, frame):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((dev, 0))
    frame = bytes.fromhex(frame)
    for _ in range(n):
        s.send(frame)


def with_tag(frame, ancdata):
    for level, kind, data in ancdata:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, tci, tpid = struct.unpack("=I12xHH", data[:20])
            if status & TP_STATUS_VLAN_VALID:
                if not status & TP_STATUS_VLAN_TPID_VALID:
                    tpid = 0x8100
                tag = struct.pack("!HH", tpid, tci)
                return frame[:12] + tag + frame[12:]
    return frame


def ethertype(frame):
    ofs = 12
    while frame[ofs:ofs + 2] in (b"\x81\x00", b"\x88\xa8"):
        ofs += 4
    return frame[ofs:ofs + 2]


def recv(dev, n, ready):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                      socket.htons(ETH_P_ALL))
    s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    s.bind((dev, ETH_P_ALL))
    deadline = time.monotonic() + 20
    open(ready, "w").close()
    while n > 0:
        s.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            frame, ancdata, flags, addr = s.recvmsg(65536, 128)
        except socket.timeout:
            sys.exit("gave up with %d frames missing" % n)
        frame = with_tag(frame, ancdata)
        if (addr[2] != PACKET_OUTGOING and frame[0] == 2
                and ethertype(frame) == b"\x88\xb5"):
            print(frame.hex(), flush=True)
            n -= 1


if sys.argv[1] == "send":
    send(sys.argv[2], sys.argv[3:])
elif sys.argv[1] == "many":
    many(sys.argv[2], int(sys.argv[3]), sys.argv[4])
else:
    recv(sys.argv[2], int(sys.argv[3]), sys.argv[4])
