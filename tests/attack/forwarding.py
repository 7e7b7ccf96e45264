# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
"""What a switch forwards: packets out of PORT within SECONDS, or a ratio.

    forwarding.py PORT SECONDS
"""

import json
import subprocess
import sys
import time


def sent(port):
    out = subprocess.run(["ovs-appctl", "bpf/list", "--json"], check=True,
                         stdout=subprocess.PIPE, timeout=30).stdout
    for p in json.loads(out):
        if p["name"] == port:
            return time.monotonic(), p["statistics"]["tx_packets"]
    sys.exit("%s: no such port" % port)


t0, n0 = sent(sys.argv[1])
time.sleep(float(sys.argv[2]))
t1, n1 = sent(sys.argv[1])
print(int((n1 - n0) / (t1 - t0)))
