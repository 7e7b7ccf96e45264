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

#ifndef BPF_SERVER_H
#define BPF_SERVER_H 1

/* The bpf server
 * ==============
 *
 * Capture clients reach the bpf module through a UNIX socket.  The server is
 * the thread behind it: it accepts connections, gives each one a client (see
 * bpf/bpf-port.h), carries out the requests that arrive in the form that
 * bpf/bpf-proto.h describes, and hands out buffers.
 *
 * A client is not trusted and never waited for.  Whatever it sends, fails to
 * send, or does to its descriptors concerns its own connection only.
 *
 * There is one server in a process.  Its functions are for one thread, the one
 * that configures the module (the daemon's main thread); the server's own
 * thread is its own business. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_config;
struct bpf_socket_config;

/* Starts the server on the sockets that 'config' names ('config->ro_socket' is
 * optional).  Returns NULL if it now runs, otherwise a line that says what is
 * wrong and what to do, which the caller frees; the commonest reason is
 * another daemon that serves the same path.  A socket that a crashed daemon
 * left behind is replaced.
 *
 * The server takes the callback of bpf_change_set_callback() for itself, to
 * wake clients that watch the set of ports. */
char *bpf_server_start(const struct bpf_config *config);

/* Applies the paths, permissions and groups in 'config' to the server that
 * runs.  Connections stay.  Returns NULL, or a line that says what is wrong,
 * which the caller frees; in that case the socket that it is about stays as it
 * was, the other one becomes what 'config' says. */
char *bpf_server_reconfigure(const struct bpf_config *config);

/* Removes the sockets and tells the thread to close every connection and to
 * end.  Does not wait for that.  Does nothing if the server does not run. */
void bpf_server_stop(void);

/* True from bpf_server_stop() on until the thread has ended; meanwhile the
 * server cannot be started. */
bool bpf_server_is_ending(void);

/* Waits until the thread has ended and what clients used has been given back,
 * but not for longer than some times 'ms' milliseconds.  Returns false if that
 * was not long enough.  For the end of the process. */
bool bpf_server_wait_end(int ms);

/* True between bpf_server_start() and bpf_server_stop(). */
bool bpf_server_is_running(void);

/* Stores in '*socket' what the socket, or the read-only one, is at present:
 * without a path if nobody listens on it. */
void bpf_server_get_socket(bool read_only, struct bpf_socket_config *socket);

/* What the server has done since it started, and has at present. */
struct bpf_server_stats {
    uint64_t n_accepted;        /* Connections accepted. */
    uint64_t n_rejected;        /* Turned away: too many, version, limits. */
    uint64_t n_misbehaved;      /* Closed for breaking the protocol. */
    uint64_t n_requests;        /* Messages carried out. */
    unsigned int n_connections; /* Open now. */
    unsigned int n_monitors;    /* Of these, monitors. */
};

/* Stores the server's statistics in '*stats'. */
void bpf_server_get_stats(struct bpf_server_stats *stats);

#endif /* bpf/bpf-server.h */
