# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
"""How much harm a command does to a switch.

    harm.py forwarding WANTED PID NETNS:DEVICE COMMAND...
    harm.py ping WANTED NETNS ADDRESS COMMAND...

Measures by turns without COMMAND and with it, so that whatever else the
machine does weighs on both, and compares the medians.  COMMAND says "ready"
when it does its worst and ends when its standard input does.

"forwarding" compares the processor time that the thread which forwards, that
is the first one of process PID, takes for each packet that arrives at DEVICE:
1 means that the switch could forward as much as before, 0.1 a tenth.  Somebody
else has to send more than can be forwarded.  "ping" compares the times that
pings from NETNS to ADDRESS take, in the same sense.

Succeeds as soon as what is left is at least WANTED; gives up only when it has
been less for so long that it cannot be chance.  A WANTED that starts with "<"
is the other way around: for tests of this test."""

import json
import re
import statistics
import subprocess
import sys
import time

FIRST_LOOK = 5                  # Turns before the first comparison, and ...
MOST = 30                       # ...the last.
SLICE = 0.3                     # Seconds for each turn of forwarding.


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          timeout=60).stdout.decode()


class Forwarding:
    unit = "ns of processor time for each packet"

    def __init__(self, pid, device):
        self.schedstat = "/proc/%s/task/%s/schedstat" % (pid, pid)
        self.netns, self.device = device.split(":")

    def look(self):
        link = run("ip", "-n", self.netns, "-s", "-j", "link", "show", "dev",
                   self.device)
        with open(self.schedstat) as f:
            return (int(f.read().split()[0]),
                    json.loads(link)[0]["stats64"]["rx"]["packets"])

    def measure(self):
        cpu0, packets0 = self.look()
        time.sleep(SLICE)
        cpu1, packets1 = self.look()
        if packets1 - packets0 < 100:
            sys.exit("only %d packets arrived" % (packets1 - packets0))
        return (cpu1 - cpu0) / (packets1 - packets0)


class Ping:
    unit = "ms for each ping"

    def __init__(self, netns, address):
        self.command = ("ip", "netns", "exec", netns, "ping", "-n", "-i",
                        "0.004", "-c", "60", "-W", "5", address)

    def measure(self):
        times = re.findall(r"time=([0-9.]+) ms", run(*self.command))
        if len(times) < 50:
            sys.exit("only %d of 60 pings came back" % len(times))
        return statistics.median(float(t) for t in times)


class Command:
    """Runs COMMAND, from when it is ready."""

    def __init__(self, command):
        self.command = command

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        ready = self.process.stdout.readline().decode()
        if not ready.startswith("ready"):
            sys.exit("not ready: %s" % ready)
        self.ready = ready.strip()

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait(60)

        # The switch takes a moment to notice.
        deadline = time.monotonic() + 30
        while json.loads(run("ovs-appctl", "-T", "30", "bpf/peers",
                             "--json")):
            if time.monotonic() > deadline:
                sys.exit("devices stay open")


def main():
    kind, wanted = sys.argv[1:3]
    measured = {"forwarding": Forwarding, "ping": Ping}[kind](*sys.argv[3:5])
    command = Command(sys.argv[5:])

    def good(left):
        return (left < float(wanted[1:]) if wanted.startswith("<")
                else left >= float(wanted))

    without, with_it = [], []
    while len(without) < MOST:
        without.append(measured.measure())
        with command:
            with_it.append(measured.measure())
        left = statistics.median(without) / statistics.median(with_it)
        if len(without) >= FIRST_LOOK and good(left):
            break
    print("%.3f left after %d turns: %.3g without, %.3g with %s (%s)"
          % (left, len(without), statistics.median(without),
             statistics.median(with_it), measured.unit, command.ready))
    sys.exit(not good(left))


main()
