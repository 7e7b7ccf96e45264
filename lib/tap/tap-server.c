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

/* Starts, configures and stops the server of capture clients, as the
 * configuration wants it.  Main thread only. */

#include <config.h>

#include "tap/tap-server.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/bpf-config.h"
#include "bpf/bpf-server.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "printable.h"
#include "tap/tap-ovsdb.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(bpf);

/* A server that cannot start, perhaps because another daemon has its socket,
 * is tried again after this many milliseconds. */
#define RETRY_INTERVAL 5000

/* The interval doubles up to this. */
#define RETRY_INTERVAL_MAX 80000

/* How long the end of the process waits for clients' affairs to end, in
 * milliseconds. */
#define EXIT_PATIENCE 2000

/* How often to look whether the server has ended, to start it again. */
#define ENDING_INTERVAL 20

/* The server's state and what it was last told. */
static uint64_t applied_seqno;  /* bpf_config_seqno() that it reflects. */
static char *server_error;      /* Why it does not run, or NULL. */
static long long int retry_at;  /* When to try again, LLONG_MAX for never. */
static int retry_interval;      /* How long it was waited for that. */

/* Takes over 'error', in which there may be a path that somebody chose. */
static void
set_server_error(char *why)
{
    char *error = why ? printable_dup(why) : NULL;

    free(why);
    if (error && (!server_error || strcmp(error, server_error))) {
        VLOG_WARN("%s", error);
    }
    free(server_error);
    server_error = error;
    retry_interval = (!error ? 0
                      : !retry_interval ? RETRY_INTERVAL
                      : MIN(2 * retry_interval, RETRY_INTERVAL_MAX));
    retry_at = error ? time_msec() + retry_interval : LLONG_MAX;
}

/* Brings the server into the state that 'config' wants. */
static void
configure_server(const struct bpf_config *config)
{
    if (!config->enable) {
        bpf_server_stop();
        set_server_error(NULL);
    } else if (bpf_server_is_ending()) {
        /* Nobody waits for its thread. */
        set_server_error(NULL);
        retry_at = time_msec() + ENDING_INTERVAL;
    } else {
        set_server_error(bpf_server_is_running()
                         ? bpf_server_reconfigure(config)
                         : bpf_server_start(config));
    }
}

void
tap_server_run(void)
{
    uint64_t seqno = bpf_config_seqno();

    if (!tap_ovsdb_is_ready()) {
        return;
    }
    if (seqno != applied_seqno || time_msec() >= retry_at) {
        retry_interval = seqno != applied_seqno ? 0 : retry_interval;
        applied_seqno = seqno;
        configure_server(bpf_config_get());
    }
}

void
tap_server_wait(void)
{
    if (retry_at != LLONG_MAX) {
        poll_timer_wait_until(retry_at);
    }
}

const char *
tap_server_error(void)
{
    return server_error;
}

void
tap_server_init(void)
{
    /* No sequence number at all, so that the first configuration applies even
     * if it is the default one. */
    applied_seqno = UINT64_MAX;
    retry_at = LLONG_MAX;
}

bool
tap_server_exit(void)
{
    bpf_server_stop();
    set_server_error(NULL);
    return bpf_server_wait_end(EXIT_PATIENCE);
}
