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

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

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

/* Descriptors that the server needs for a device: connection, both ends of the
 * pair that tells of readiness, and memory; and what the switch itself may
 * need. */
#define FDS_PER_DEVICE 4
#define FDS_FOR_SWITCH 4096

/* The server's state and what it was last told. */
static uint64_t applied_seqno;  /* bpf_config_seqno() that it reflects. */
static char *server_error;      /* Why it does not run, or NULL. */
static long long int retry_at;  /* When to try again, LLONG_MAX for never. */

/* Makes room for the descriptors of as many devices as the configuration
 * allows, as far as the hard limit permits. */
static void
raise_fd_limit(unsigned int max_devices)
{
    rlim_t wanted = FDS_FOR_SWITCH + (rlim_t) FDS_PER_DEVICE * max_devices;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit)
        || limit.rlim_cur == RLIM_INFINITY
        || limit.rlim_cur >= wanted) {
        return;
    }

    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < wanted) {
        VLOG_INFO("%u capture devices may need %llu descriptors, more than the"
                  " limit of %llu (ulimit -Hn)", max_devices,
                  (unsigned long long int) wanted,
                  (unsigned long long int) limit.rlim_max);
        wanted = limit.rlim_max;
    }
    limit.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit)) {
        VLOG_INFO("cannot raise the limit of descriptors to %llu: %s",
                  (unsigned long long int) wanted, ovs_strerror(errno));
    }
}

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
        raise_fd_limit(config->max_devices);
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
