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


#ifndef TEST_BPFDEV_H
#define TEST_BPFDEV_H 1

/* A switch with nothing but capture ports
 * =======================================
 *
 * For programs that test libbpfdev, the server and the protocol: ports and
 * their clients (bpf/bpf-client.h) and the server run in this process, packets
 * come from it as well, and what clients write arrives here.  The test is the
 * switch's main thread, its datapath, and a client at the same time.
 *
 * The functions that check print what they expected and what they got, and end
 * the program. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/bpf-client.h"
#include "bpf/bpf-config.h"
#include "bpf/bpf-device.h"
#include "bpf/bpf-port.h"
#include "bpfdev/bpfdev.h"

/* The socket of the switch, a file in the current directory.  Path names of
 * sockets are short, those of test directories are not. */
#define SWITCH_SOCKET "bpf.sock"
#define SWITCH_RO_SOCKET "bpf-ro.sock"

/* The configuration with which switch_start() starts; set it before. */
extern struct bpf_config switch_config;

/* Fills 'switch_config' with defaults. */
void switch_init(void);

/* Starts and stops the switch. */
void switch_start(void);
void switch_stop(void);

/* Adds or changes, and removes, port 'name' of bridge br0. */
void switch_add_port(const char *name);
void switch_set_port(const char *bridge, const char *name, uint32_t ofport,
                     uint32_t mtu, uint32_t dlt);
void switch_remove_port(const char *name);

/* Lets 'n' packets of 'size' bytes pass port 'name', which it received, or
 * sent if 'way' is BPF_DEV_OUT.  The bytes of a packet are its number, counted
 * from 'first', as big-endian 32 bits in the first 4, then 4 + number, 5 +
 * number and so on.  Their times are 'switch_now' and later by 1 us each. */
void switch_feed(const char *name, enum bpf_dev_way way, size_t size,
                 unsigned int n, uint32_t first);

/* As above, but the packet is 'data'. */
void switch_feed_data(const char *name, enum bpf_dev_way way,
                      const void *data, size_t size, size_t wirelen);

/* The time that the next packet gets, nanoseconds since 1970; 0 (as at first)
 * for the real time. */
extern uint64_t switch_now;

/* The last frame that a client wrote, and how many in all. */
extern struct switch_sent {
    unsigned int n;
    char port[BPF_PORT_NAME_MAX];
    uint8_t frame[65536 + 64];
    size_t size;
    bool feedback;
} switch_sent;

/* What writing returns: 0, or an errno value. */
extern int switch_send_error;

/* What has to be the same after a test as before. */
struct switch_resources {
    unsigned int n_fds;         /* Open descriptors of this process. */
    unsigned int n_devices;
    unsigned int n_connections;
    size_t memory;              /* Of devices' buffers, by the module. */
    size_t shared;              /* Bytes of shared memory that are mapped. */
};

void switch_get_resources(struct switch_resources *);

/* Waits until resources are back at 'before', and fails if that takes longer
 * than 'WAIT_SECONDS'. */
void switch_check_resources(const struct switch_resources *before);

/* Fails unless a new client can attach to port 'name', gets a packet, and is
 * served in all respects. */
void switch_check_serves(const char *name);

/* How long to wait for what should happen at once. */
#define WAIT_SECONDS 60

/* Opens a device, or fails. */
struct bpfdev *open_device(unsigned int flags);

/* Opens a device and attaches it to port 'name', or fails. */
struct bpfdev *open_attached(const char *name, unsigned int flags);

/* Opens a connection to the server that has not said anything. */
int connect_raw(void);

/* True if poll() says that 'fd' is readable at once. */
bool is_readable(int fd);

/* Waits until 'fd' is readable, or fails. */
void wait_until_readable(int fd);

/* Checks. */
#define CHECK(CONDITION) \
    check_true(CONDITION, #CONDITION, __FILE__, __LINE__)
#define CHECK_INT(ACTUAL, EXPECTED) \
    check_int(ACTUAL, EXPECTED, #ACTUAL, __FILE__, __LINE__)
#define CHECK_STR(ACTUAL, EXPECTED) \
    check_str(ACTUAL, EXPECTED, #ACTUAL, __FILE__, __LINE__)

/* Checks that CALL returns -1 with errno ERROR (ERROR is not 0), or at least 0
 * (ERROR is 0). */
#define CHECK_ERRNO(CALL, ERROR) \
    check_errno(CALL, ERROR, #CALL, __FILE__, __LINE__)

void check_true(bool condition, const char *what, const char *file, int line);
void check_int(long long int actual, long long int expected, const char *what,
               const char *file, int line);
void check_str(const char *actual, const char *expected, const char *what,
               const char *file, int line);
void check_errno(long long int retval, int expected, const char *what,
                 const char *file, int line);
void fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4), noreturn));

/* Runs the test in 'tests' that the program's argument names.  Without an
 * argument, lists their names. */
struct test {
    const char *name;
    void (*function)(void);
};
int run_tests(int argc, char *argv[], const struct test tests[], size_t n);

#endif /* test-bpfdev.h */
