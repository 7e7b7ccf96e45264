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

#ifndef BPF_TAP_H
#define BPF_TAP_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The capture module inside the switch
 * ====================================
 *
 * Joins lib/bpf, which knows how to capture, to Open vSwitch:
 *
 *    - every packet that the datapath receives from or sends to a netdev
 *      passes a tap point (tap-wrap.c; the program must be linked with
 *      --wrap for the functions that are served there);
 *
 *    - ports and settings come from the database (tap-ovsdb.c,
 *      tap-config.c);
 *
 *    - the server of capture clients runs as they say (tap-server.c);
 *
 *    - frames that clients write go out of ports or into the switch
 *      (tap-inject.c, tap-feedback.c);
 *
 *    - ports of type "bpf" (tap-netdev.c);
 *
 *    - "ovs-appctl bpf/..." (tap-appctl.c).
 *
 * All functions here are for the main thread, but for bpf_tap_sent(). */

/* Starts the module: registers the netdev class "bpf" and the control
 * commands, and begins to read the database server at 'ovsdb_remote' (a
 * connection method as in "unix:/var/run/openvswitch/db.sock").  The socket
 * for capture clients appears as soon as the configuration is known, by
 * default in the directory 'rundir'.  Both strings are copied.
 *
 * To be called once, after options have been parsed and the process has
 * become a daemon, and before bridge_init(). */
void bpf_tap_init(const char *ovsdb_remote, const char *rundir);

/* To be called in each round of the main loop, after bridge_run() and
 * bridge_wait(), respectively. */
void bpf_tap_run(void);
void bpf_tap_wait(void);

/* Ends the server, which disconnects every client, and frees what the module
 * holds.  To be called before bridge_exit(), so that nothing here uses a
 * bridge that is going. */
void bpf_tap_exit(void);

/* Sent packets
 * ============
 *
 * The tap point shows packets when the switch hands them to a netdev, which
 * may still refuse them.  Netdevs that tell what became of each packet have
 * those shown that were sent, and no others. */

struct dp_packet;
struct netdev;

/* Says which netdevs report what they have sent, to bpf_tap_sent().  To be
 * called before the first packet moves; 'reports' is called by any thread. */
void bpf_tap_set_reporter(bool (*reports)(const struct netdev *));

/* Shows those of the 'n' packets that 'netdev' has just sent, in netdev_send(),
 * whose error is 0.  Any thread; neither waits nor allocates. */
void bpf_tap_sent(const struct netdev *netdev,
                  struct dp_packet *const packets[], const int errors[],
                  size_t n);

/* Times of arrival
 * ================
 *
 * Returns the times at which the 'n' packets arrived that netdev_rxq_recv() has
 * just returned from 'rx', in nanoseconds since 1970-01-01 UTC, 0 for one that
 * is not known; or NULL if none is known, or they are not 'n'.  Good until the
 * next call. */
struct netdev_rxq;
typedef const uint64_t *bpf_tap_clock_func(struct netdev_rxq *rx, size_t n);

/* Says whom to ask for them, on the thread that receives.  Packets whose time
 * is not known get that of their batch.  To be called before the first packet
 * moves. */
void bpf_tap_set_clock(bpf_tap_clock_func *);

/* Work left over
 * ==============
 *
 * With userspace-tso-enable packets may have an unfinished checksum, or stand
 * for several.  Does what is left to do about the packets in 'batch', which it
 * deletes or hands on, and returns those that have come of it, with their
 * number in '*n': an array that is the caller's to free.  Any thread. */
struct dp_packet_batch;
typedef struct dp_packet **bpf_tap_finish_func(struct dp_packet_batch *batch,
                                               size_t *n);

/* Says who does it.  To be called before the first packet moves. */
void bpf_tap_set_finish(bpf_tap_finish_func *);

#endif /* bpf-tap.h */
