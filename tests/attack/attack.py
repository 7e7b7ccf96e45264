# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
"""What a hostile user of a capture socket does.

    attack.py SCENARIO SOCKET PORT

Becomes the user "nobody", does its worst, prints "ready" and what it got, and
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

from rawclient import (Client, Refused, MONITOR, LIST_PEERS, RELEASE,
                       mod_filter)

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


def cost(path, port):
    """As many and as dear filters as there may be."""
    n = total = 0
    for size in (4096, 2048, 512, 128, 64, 32, 16, 8, 3):
        def device():
            client = Client(path)
            client.attach(port, 4096)
            client.filter(mod_filter(size))
            return client
        n = until_refused(device)
        total += n * size
    return total


def monitors(path, port):
    return until_refused(lambda: Client(path, flags=MONITOR))


def strangers(path, port):
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


def memory(path, port):
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
    server = socket.create_server(("127.0.0.1", 0))
    held.append(server)
    client = socket.create_connection(server.getsockname())
    client.setblocking(False)
    try:
        while True:
            client.send(bytes(65536))
    except BlockingIOError:
        pass
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", 1, 3600))
    return client


def passed(path, port):
    """Descriptors whose closing takes an hour: with a message, and through
    the notification channel.  Returns how many got through."""
    n = 0
    for _ in range(3):
        for way in "socket", "channel":
            slow = slow_socket()
            client = Client(path)
            try:
                if way == "socket":
                    client.send(RELEASE, b"x", [slow.fileno()])
                else:
                    channel = socket.socket(fileno=os.dup(client.fds[0]))
                    socket.send_fds(channel, [b"x"], [slow.fileno()])
                n += 1
                os.close(slow.detach())
            except OSError as e:
                if e.errno not in (errno.EPERM, errno.EPIPE):
                    raise
                held.append(slow)
            client.close()
    return n


def storm(path, port):
    """Lists, attachments and connections for as long as it lasts."""
    def forever(work):
        while True:
            try:
                work()
            except (Refused, OSError):
                pass

    def lists():
        client = Client(path)
        for _ in range(100):
            client.list_ports()
        client.close()

    def attachments():
        client = Client(path)
        client.attach(port, 32 << 20, 2)
        client.close()

    def connections():
        Client(path).close()

    for work in lists, attachments, connections:
        threading.Thread(target=forever, args=(work,), daemon=True).start()
    return 3


def handed_over(path, port):
    """A connection that root opened, used by somebody else.  Returns what
    listing devices gives."""
    try:
        held[0].call(LIST_PEERS, bytes(8))
        return "listed"
    except Refused as e:
        return errno.errorcode[e.errno]


def main():
    scenario, path, port = sys.argv[1:]
    if scenario == "handed_over":
        held.append(Client(path))
        held[0].call(LIST_PEERS, bytes(8))
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)
    print("ready", globals()[scenario](path, port), flush=True)
    sys.stdin.read()
    os._exit(0)


main()
