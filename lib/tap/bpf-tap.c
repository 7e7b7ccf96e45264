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

#include <stdlib.h>
#include <string.h>

#include "bpf/bpf-port.h"
#include "bpf/bpf-server.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "tap/tap-appctl.h"
#include "tap/tap-feedback.h"
#include "tap/tap-inject.h"
#include "tap/tap-netdev.h"
#include "tap/tap-ovsdb.h"
#include "tap/tap-tunnel.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(bpf);

/* A server that cannot start, perhaps because another daemon has its socket,
 * is tried again after this many milliseconds. */
#define RETRY_INTERVAL 5000

/* The server's state and what it was last told. */
static uint64_t applied_seqno;  /* bpf_config_seqno() that it reflects. */
static char *server_error;      /* Why it does not run, or NULL. */
static long long int retry_at;  /* When to try again, LLONG_MAX for never. */

static void
set_server_error(char *error)
{
    if (error && (!server_error || strcmp(error, server_error))) {
        VLOG_WARN("%s", error);
    }
    free(server_error);
    server_error = error;
    retry_at = error ? time_msec() + RETRY_INTERVAL : LLONG_MAX;
}

/* Brings the server into the state that 'config' wants. */
static void
configure_server(const struct bpf_config *config)
{
    if (!config->enable) {
        bpf_server_stop();
        set_server_error(NULL);
    } else {
        set_server_error(bpf_server_is_running()
                         ? bpf_server_reconfigure(config)
                         : bpf_server_start(config));
    }
}

static void
run_server(void)
{
    uint64_t seqno = bpf_config_seqno();

    if (!tap_ovsdb_is_ready()) {
        return;
    }
    if (seqno != applied_seqno || time_msec() >= retry_at) {
        applied_seqno = seqno;
        configure_server(bpf_config_get());
    }
}

const char *
bpf_tap_server_error(void)
{
    return server_error;
}

void
bpf_tap_init(const char *ovsdb_remote, const char *rundir)
{
    /* No sequence number at all, so that the first configuration applies even
     * if it is the default one. */
    applied_seqno = UINT64_MAX;
    retry_at = LLONG_MAX;

    bpf_port_module_init();
    bpf_port_set_ops(&tap_inject_ops);
    tap_netdev_register();
    tap_feedback_init();
    tap_ovsdb_init(ovsdb_remote, rundir);
    tap_appctl_register();
}

void
bpf_tap_run(void)
{
    tap_ovsdb_run();
    tap_feedback_run();
    run_server();
}

void
bpf_tap_wait(void)
{
    tap_ovsdb_wait();
    tap_feedback_wait();
    if (retry_at != LLONG_MAX) {
        poll_timer_wait_until(retry_at);
    }
}

void
bpf_tap_exit(void)
{
    bpf_server_stop();
    tap_ovsdb_exit();
    tap_tunnel_exit();
    tap_feedback_exit();
    bpf_port_module_exit();
    set_server_error(NULL);
}
