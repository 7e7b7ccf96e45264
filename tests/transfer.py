#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# Moves bytes between two hosts as programs do, for tests: what arrives must be
# what was sent, over TCP and UDP, both ways.
#
#   transfer.py serve ADDRESS PORT READY   serves one client; creates the file
#                                          READY when it listens
#   transfer.py watch DEV PORT READY       watches what passes on DEV until all
#                                          that a client sends to TCP port PORT
#                                          over IPv4 has; prints "ok" then
#   transfer.py ask ADDRESS PORT [udp-gso] is the client; prints "ok", or what
#                                          went wrong
#
# With "udp-gso" the client also has its kernel leave the cutting of datagrams
# to whoever sends them on (UDP_SEGMENT).  Both end by themselves after four
# minutes.

import hashlib
import signal
import socket
import sys
import threading

TCP_BYTES = 1000000
UDP_SIZES = [0, 1, 2, 3, 17, 512, 1000, 1371, 1372]
UDP_SEGMENT = 103
SEGMENT = 1000
N_SEGMENTS = 20
SO_RCVBUFFORCE = 33


def pattern(n):
    block = b"seed"
    blocks = []
    for _ in range(n // 32 + 1):
        block = hashlib.sha256(block).digest()
        blocks.append(block)
    return b"".join(blocks)[:n]


def new_socket(address, port, kind):
    family, kind, proto, _, where = socket.getaddrinfo(
        address, port, type=kind)[0]
    return socket.socket(family, kind, proto), where


def receive(conn, n):
    data = bytearray()
    while len(data) < n:
        more = conn.recv(1 << 20)
        if not more:
            break
        data += more
    return bytes(data)


def echo(sock):
    while True:
        data, where = sock.recvfrom(65536)
        sock.sendto(data, where)


def serve(address, port, ready):
    listener, where = new_socket(address, port, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(where)
    listener.listen()
    udp, where = new_socket(address, port, socket.SOCK_DGRAM)
    udp.bind(where)
    threading.Thread(target=echo, args=(udp,), daemon=True).start()
    open(ready, "w").close()
    conn, _ = listener.accept()
    data = receive(conn, TCP_BYTES)
    if data == pattern(TCP_BYTES):
        conn.sendall(data)
    conn.shutdown(socket.SHUT_WR)
    conn.recv(1)


def ask_tcp(address, port):
    sock, where = new_socket(address, port, socket.SOCK_STREAM)
    sock.settimeout(90)
    sock.connect(where)
    data = pattern(TCP_BYTES)
    sock.sendall(data)
    got = receive(sock, TCP_BYTES)
    return "ok" if got == data else "%d bytes came back" % len(got)


def ask_udp(address, port):
    sock, where = new_socket(address, port, socket.SOCK_DGRAM)
    sock.settimeout(60)
    sock.connect(where)
    for size in UDP_SIZES:
        data = pattern(size)
        sock.send(data)
        got = sock.recv(65536)
        if got != data:
            return "sent %d bytes, received %d" % (size, len(got))
    return "ok"


def ask_udp_gso(address, port):
    sock, where = new_socket(address, port, socket.SOCK_DGRAM)
    sock.settimeout(60)
    sock.connect(where)
    sock.setsockopt(socket.SOL_UDP, UDP_SEGMENT, SEGMENT)
    data = pattern(N_SEGMENTS * SEGMENT)
    sock.send(data)
    got = {sock.recv(65536) for _ in range(N_SEGMENTS)}
    want = {data[i:i + SEGMENT] for i in range(0, len(data), SEGMENT)}
    return "ok" if got == want else "%d datagrams came back" % len(got)


def payload(frame, port):
    """Of a TCP segment to 'port': sequence number, flags, data."""
    ofs = 14
    while frame[ofs - 2:ofs] in (b"\x81\x00", b"\x88\xa8"):
        ofs += 4
    if frame[ofs - 2:ofs] != b"\x08\x00" or frame[ofs + 9] != 6:
        return None
    end = ofs + int.from_bytes(frame[ofs + 2:ofs + 4], "big")
    tcp = frame[ofs + (frame[ofs] & 15) * 4:end]
    if int.from_bytes(tcp[2:4], "big") != port:
        return None
    return (int.from_bytes(tcp[4:8], "big"), tcp[13],
            tcp[(tcp[12] >> 4) * 4:])


def watch(dev, port, ready):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
    sock.bind((dev, 3))
    open(ready, "w").close()
    got = bytearray(TCP_BYTES)
    missing = set(range(TCP_BYTES))
    first = None
    while missing:
        segment = payload(sock.recv(1 << 17), port)
        if not segment:
            continue
        seq, flags, data = segment
        if flags & 2:
            first = seq + 1
        elif data and first is not None:
            ofs = (seq - first) & 0xffffffff
            got[ofs:ofs + len(data)] = data
            missing.difference_update(range(ofs, ofs + len(data)))
    print("ok" if got == pattern(TCP_BYTES) else "other bytes", flush=True)


def complain(name, function, *args):
    try:
        result = function(*args)
    except OSError as e:
        result = str(e)
    if result != "ok":
        print("%s: %s" % (name, result), flush=True)
    return result != "ok"


def main():
    signal.alarm(240)
    what, address, port = sys.argv[1:4]
    if what == "serve":
        serve(address, port, sys.argv[4])
        return
    if what == "watch":
        watch(address, int(port), sys.argv[4])
        return
    bad = complain("udp", ask_udp, address, port)
    if sys.argv[4:] == ["udp-gso"]:
        bad |= complain("udp-gso", ask_udp_gso, address, port)
    bad |= complain("tcp", ask_tcp, address, port)
    if not bad:
        print("ok")


main()
