/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at:
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

/* Start, main loop and end of the capture module.  Main thread only. */

#include <config.h>

#include "tap/bpf-tap.h"

#include <stdbool.h>

#include "bpf/bpf-port.h"
#include "tap/tap-appctl.h"
#include "tap/tap-feedback.h"
#include "tap/tap-inject.h"
#include "tap/tap-netdev.h"
#include "tap/tap-ovsdb.h"
#include "tap/tap-server.h"
#include "tap/tap-tunnel.h"

void
bpf_tap_init(const char *ovsdb_remote, const char *rundir)
{
    bpf_port_module_init();
    bpf_port_set_ops(&tap_inject_ops);
    tap_netdev_register();
    tap_feedback_init();
    tap_server_init();
    tap_ovsdb_init(ovsdb_remote, rundir);
    tap_appctl_register();
}

void
bpf_tap_run(void)
{
    tap_ovsdb_run();
    tap_feedback_run();
    tap_server_run();
}

void
bpf_tap_wait(void)
{
    tap_ovsdb_wait();
    tap_feedback_wait();
    tap_server_wait();
}

void
bpf_tap_exit(void)
{
    bool ended = tap_server_exit();

    tap_ovsdb_exit();
    tap_tunnel_exit();
    tap_feedback_exit();
    if (ended) {
        bpf_port_module_exit();
    }
}
