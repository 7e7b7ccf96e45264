# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
"""How much harm a command does to a switch.

    harm.py forwarding WANTED PID NETNS:DEVICE COMMAND...
    harm.py ping WANTED NETNS ADDRESS COMMAND...

Measures by turns without COMMAND and with it, so that whatever else the
machine does weighs on both, and takes the median of the ratios.  COMMAND says
"ready" when it does its worst and ends when its standard input does.

"forwarding" compares the processor time that the thread which forwards, that
is the first one of process PID, takes for each packet that arrives at DEVICE:
1 means that the switch could forward as much as before, 0.1 a tenth.  Somebody
else has to send more than can be forwarded; as long as they do not get to it,
and the thread has nothing to do, that is not looked at.  "ping" compares the
times that pings from NETNS to ADDRESS take, in the same sense.

Succeeds as soon as what is left is WANTED, or so little less that it may be
chance, as the ratios scatter, and no more than MARGIN_MAX in any case; gives up
when that has not been so in many turns.  A WANTED that starts with "<" is the
other way around: for tests of this test."""

import json
import re
import statistics
import subprocess
import sys
import time

FIRST_LOOK = 5                  # Turns before the first comparison, and ...
MOST = 20                       # ...the last.
PATIENCE = 200                  # Seconds, unless it was not looked yet.
MARGIN_MAX = 0.05
SLICE = 0.3                     # Seconds for each turn of forwarding.
TRIES = 3                       # To find the thread at work all the time.


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
            at_work, waiting, _ = (int(n) for n in f.read().split())
        return (at_work, at_work + waiting, time.monotonic_ns(),
                json.loads(link)[0]["stats64"]["rx"]["packets"])

    def slice(self):
        """Returns processor time, part of the time without work, packets."""
        before = self.look()
        time.sleep(SLICE)
        at_work, busy, passed, packets = (
            b - a for a, b in zip(before, self.look()))
        return at_work, 1 - busy / passed, packets

    def measure(self):
        for _ in range(TRIES):
            at_work, idle, packets = self.slice()
            if idle < 0.05:
                break
        if packets < 100:
            sys.exit("only %d packets arrived" % packets)
        return at_work / packets


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


def estimate(ratios):
    """Returns the median of 'ratios' and twice its standard error."""
    median = statistics.median(ratios)
    spread = 1.48 * statistics.median(abs(r - median) for r in ratios)
    return median, min(MARGIN_MAX, 2 * 1.25 * spread / len(ratios) ** 0.5)


def main():
    kind, wanted = sys.argv[1:3]
    measured = {"forwarding": Forwarding, "ping": Ping}[kind](*sys.argv[3:5])
    command = Command(sys.argv[5:])

    def good(left, margin):
        return (left < float(wanted[1:]) if wanted.startswith("<")
                else left + margin >= float(wanted))

    without, with_it = [], []
    deadline = time.monotonic() + PATIENCE
    while len(without) < FIRST_LOOK or (len(without) < MOST
                                        and time.monotonic() < deadline):
        without.append(measured.measure())
        with command:
            with_it.append(measured.measure())
        left, margin = estimate([a / b for a, b in zip(without, with_it)])
        if len(without) >= FIRST_LOOK and good(left, margin):
            break
    print("%.3f (+-%.3f) left after %d turns: %.3g without, %.3g with %s (%s)"
          % (left, margin, len(without), statistics.median(without),
             statistics.median(with_it), measured.unit, command.ready))
    sys.exit(not good(left, margin))


main()
