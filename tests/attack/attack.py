# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
"""What a hostile user of a capture socket does.

    attack.py SCENARIO SOCKET PORT...

Becomes the user "nobody", or the one in ATTACK_USER, does its worst, prints "ready" and what it got, and
keeps that until its standard input ends."""

import errno
import mmap
import os
import pwd
import select
import socket
import struct
import sys
import threading

from rawclient import (Client, Refused, IMMEDIATE, LIST_PEERS, MONITOR,
                       RELEASE, SDIRECTION, STSTAMP, T_IDENTITY, icmp_filter,
                       mod_filter, ret_filter)

# Modules that somebody without rights may not be able to load any more.
"localhost".encode("idna")

held = []


def until_refused(make, most=10000):
    """Calls 'make' until the switch refuses, returns how often it did not."""
    for n in range(most):
        try:
            held.append(make())
        except (Refused, OSError) as e:
            print("refused: %s" % e, file=sys.stderr)
            return n
    return most


def cost(path, *ports):
    """As many and as dear filters on all ports as there may be.  Returns how
    many instructions that are."""
    total = 0
    for port in ports:
        for size in (4096, 2048, 512, 128, 64, 32, 16, 8, 3):
            def device():
                client = Client(path)
                client.filter(mod_filter(size))
                client.attach(port, 4096)
                return client
            total += size * until_refused(device)
    return total


def dear(path, *ports):
    """Twenty devices with 511 remainders each, if that is allowed."""
    def device():
        client = Client(path)
        client.filter(mod_filter(512))
        client.attach(ports[0], 4096)
        return client
    return until_refused(device, 20)


def devices(n, path, *ports):
    """'n' devices, which have as dear filters as fit in with each other.
    Returns how many there may be."""
    room = 1000 * len(ports) // n - 20
    filters = mod_filter(2 + max(0, room // 24))
    turns = iter(ports * n)

    def device():
        client = Client(path)
        client.filter(filters)
        client.attach(next(turns), 4096)
        return client
    return until_refused(device, n)


def devices20(path, *ports):
    return devices(20, path, *ports)


def devices100(path, *ports):
    return devices(100, path, *ports)


def forever(work):
    """Does 'work' for as long as it lasts, in a thread.  What this process
    itself takes of the processors is not the switch's to answer for."""
    def loop():
        while True:
            try:
                work()
            except (Refused, OSError):
                pass

    os.nice(19)
    threading.Thread(target=loop, daemon=True).start()
    return 1


def read_all(clients, length):
    """Reads what 'clients' get, as quickly as possible."""
    def work():
        for client in clients:
            try:
                client.read(length)
            except Refused:
                pass
    forever(work)


def take(path, ports, length, snaplen):
    """As many devices as there may be that take 'snaplen' bytes of every
    packet, into buffers of 'length' bytes, and are read as quickly as they may
    be.  Returns how many."""
    turns = iter(ports * 64)

    def device():
        client = Client(path)
        client.filter(ret_filter(snaplen))
        client.attach(next(turns), length)
        client.u32(IMMEDIATE, 1)
        return client
    n = until_refused(device, 64)
    read_all(held[-n:], length)
    return n


def greedy(path, *ports):
    """Whole packets, into buffers that hold two short ones."""
    return take(path, ports, 256, 0xffffffff)


def eager(path, *ports):
    """A byte of each packet: more devices, and more to wake."""
    return take(path, ports, 64, 1)


def hoarding(path, *ports):
    """Whole packets into large buffers: much to copy."""
    return take(path, ports, 256 << 10, 0xffffffff)


def following(path, *ports):
    """A device that wants to know each packet again, and reasons of drops."""
    def device(port):
        client = Client(path)
        client.u32(STSTAMP, T_IDENTITY)
        client.filter(ret_filter(0))
        client.attach(port, 4096)
        return client
    held.extend(device(port) for port in (*ports, "@drops"))
    return len(held)


def monitors(path, *_):
    return until_refused(lambda: Client(path, flags=MONITOR))


def strangers(path, *_):
    """Connections that say nothing.  Returns how many the switch bears; it
    tells the others why."""
    for _ in range(300):
        held.append(Client(path, hello=False))
    poll = select.poll()
    for client in held:
        poll.register(client.sock, select.POLLIN)
    refused = 0
    while True:
        ready = poll.poll(1000)
        for fd, _ in ready:
            poll.unregister(fd)
            try:
                [c for c in held if c.sock.fileno() == fd][0].receive()
            except Refused as e:
                if not refused:
                    print("refused: %s" % e, file=sys.stderr)
                refused += 1
        if not ready:
            return len(held) - refused


def memory(path, port, *_):
    def device():
        client = Client(path)
        answer = client.attach(port, 32 << 20, 2)
        size = struct.unpack("=IIQQ", answer)[3]
        mem = mmap.mmap(client.fds[-1], size, mmap.MAP_SHARED, mmap.PROT_READ)
        for i in range(0, size, 4096):
            mem[i]
        held.append(mem)
        return client
    return until_refused(device)


def slow_socket():
    """A TCP socket on which close() waits for a reader who never comes."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    server.bind(("127.0.0.1", 0))
    server.listen()
    held.append(server)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    client.connect(server.getsockname())
    client.setblocking(False)
    try:
        while True:
            client.send(bytes(65536))
    except BlockingIOError:
        pass
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", 1, 3600))
    return client.detach()


def large_file():
    """12 GB of memory, as far as its owner is concerned."""
    fd = os.memfd_create("large")
    os.ftruncate(fd, 12 << 30)
    return fd


def pass_on(client, way, slow):
    """Hands the descriptor 'slow' to the switch, and closes it, in a thread: if
    the switch was quicker that may take an hour, too.  Returns false if the
    system refuses; then it stays open."""
    fds = [slow] * (253 if way == "many" else 1)
    try:
        if way == "channel":
            channel = socket.socket(fileno=os.dup(client.fds[0]))
            socket.send_fds(channel, [b"x"], fds)
        else:
            client.send(RELEASE, b"x", fds)
    except OSError as e:
        if e.errno not in (errno.EPERM, errno.EPIPE):
            raise
        return False
    threading.Thread(target=os.close, args=(slow,), daemon=True).start()
    return True


def passed(path, *_):
    """Descriptors whose closing takes an hour, in more messages than a switch
    could have threads for: with the first message and later ones, and through
    the notification channel.  Returns how many got through."""
    n = 0
    for _ in range(40):
        for way in "hello", "socket", "channel", "many", "memory":
            try:
                client = Client(path, hello=way != "hello")
            except (Refused, OSError) as e:
                print("refused: %s" % e, file=sys.stderr)
                continue
            n += pass_on(client, way, (large_file() if way == "memory"
                                       else slow_socket()))
            client.close()
    return n


def lists(path, *_):
    def work():
        client = Client(path)
        for _ in range(100):
            client.list_ports()
        client.close()
    return forever(work)


def attachments(path, port, *_):
    def work():
        client = Client(path)
        client.attach(port, 32 << 20, 2)
        client.close()
    return forever(work)


def connections(path, *_):
    return forever(lambda: Client(path).close())


def storm(path, port, *_):
    return (lists(path) + attachments(path, port) + connections(path))


def capture(path, port, *_):
    """Nothing hostile: returns how many bytes there are in the first buffer
    with packets."""
    client = Client(path)
    client.attach(port, 4096)
    client.u32(IMMEDIATE, 1)
    print("attached", file=sys.stderr, flush=True)
    while True:
        try:
            return client.read(4096) and "packets"
        except Refused as e:
            if e.errno != errno.EAGAIN:
                raise
        select.select([client.fds[0]], [], [])


def bystander(path, port, *_):
    """Nothing hostile: captures what comes in by ICMP, and reads none of it."""
    client = Client(path)
    client.filter(icmp_filter())
    client.u32(SDIRECTION, 0)
    client.attach(port, 65536)
    held.append(client)
    return 1


def handed_over(path, *_):
    """A connection that root opened, used by somebody else.  Returns what
    listing devices gives."""
    try:
        held[0].call(LIST_PEERS, bytes(8))
        return "listed"
    except Refused as e:
        return errno.errorcode[e.errno]


def main():
    scenario, path, *ports = sys.argv[1:]
    if scenario == "handed_over":
        held.append(Client(path))
        held[0].call(LIST_PEERS, bytes(8))
    user = pwd.getpwnam(os.environ.get("ATTACK_USER", "nobody"))
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    print("ready", globals()[scenario](path, *ports), flush=True)
    sys.stdin.read()
    os._exit(0)


main()
