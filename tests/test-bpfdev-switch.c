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


#include <config.h>

/* A switch with nothing but capture ports, see the header.  For one thread. */

#include "test-bpfdev-switch.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "bpf/bpf-feed.h"
#include "bpf/bpf-server.h"
#include "bpf/bpf-totals.h"
#include "ovs-rcu.h"
#include "util.h"

struct bpf_config switch_config;
uint64_t switch_now;
struct switch_sent switch_sent;
int switch_send_error;

/* Checks
 * ====== */

void
fail(const char *file, int line, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s:%d: ", file, line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    putc('\n', stderr);
    exit(EXIT_FAILURE);
}

void
check_true(bool condition, const char *what, const char *file, int line)
{
    if (!condition) {
        fail(file, line, "expected that %s, but it is not so", what);
    }
}

void
check_int(long long int actual, long long int expected, const char *what,
          const char *file, int line)
{
    if (actual != expected) {
        fail(file, line, "%s: expected %lld, got %lld", what, expected,
             actual);
    }
}

void
check_str(const char *actual, const char *expected, const char *what,
          const char *file, int line)
{
    if (strcmp(actual, expected)) {
        fail(file, line, "%s: expected \"%s\", got \"%s\"", what, expected,
             actual);
    }
}

void
check_errno(long long int retval, int expected, const char *what,
            const char *file, int line)
{
    int actual = errno;

    if (expected ? retval != -1 || actual != expected : retval < 0) {
        fail(file, line, "%s: expected %s, got %lld (%s)", what,
             expected ? ovs_strerror(expected) : "success", retval,
             retval < 0 ? ovs_strerror(actual) : "success");
    }
}

/* Waiting
 * ======= */

bool
is_readable(int fd)
{
    struct pollfd pfd = { .fd = fd, .events = POLLIN };

    return poll(&pfd, 1, 0) == 1;
}

void
wait_until_readable(int fd)
{
    struct pollfd pfd = { .fd = fd, .events = POLLIN };

    if (poll(&pfd, 1, WAIT_SECONDS * 1000) != 1) {
        fail(__FILE__, __LINE__, "expected that descriptor %d becomes "
             "readable, but it did not in %d s", fd, WAIT_SECONDS);
    }
}

/* The switch
 * ========== */

static int
get_link(const char *name, uint32_t *mtu, uint8_t mac[6])
{
    struct bpf_port_info info;

    if (!bpf_port_find(name, &info)) {
        return ENXIO;
    }
    *mtu = info.mtu;
    memcpy(mac, info.mac, sizeof info.mac);
    return 0;
}

static int
send_frame(const char *name, const void *frame, size_t size, bool feedback)
{
    if (switch_send_error) {
        return switch_send_error;
    }
    switch_sent.n++;
    ovs_strlcpy(switch_sent.port, name, sizeof switch_sent.port);
    memcpy(switch_sent.frame, frame, size);
    switch_sent.size = size;
    switch_sent.feedback = feedback;
    return 0;
}

static int
get_port_stats(const char *name OVS_UNUSED,
               struct bpf_port_stats *stats OVS_UNUSED)
{
    return EOPNOTSUPP;
}

static const struct bpf_port_ops port_ops = {
    .get_link = get_link,
    .send = send_frame,
    .get_stats = get_port_stats,
};

void
switch_init(void)
{
    signal(SIGPIPE, SIG_IGN);
    bpf_config_init(&switch_config, ".");
    ovs_strlcpy(switch_config.socket.path, SWITCH_SOCKET,
                sizeof switch_config.socket.path);
}

void
switch_start(void)
{
    bpf_port_module_init();
    bpf_port_set_ops(&port_ops);
    bpf_config_set(&switch_config);

    char *why = bpf_server_start(&switch_config);
    if (why) {
        fail(__FILE__, __LINE__, "expected that the server starts, got \"%s\"",
             why);
    }
}

void
switch_stop(void)
{
    bpf_server_stop();
    CHECK(bpf_server_wait_end(10000));
    bpf_port_module_exit();
}

void
switch_set_port(const char *bridge, const char *name, uint32_t ofport,
                uint32_t mtu, uint32_t dlt)
{
    struct bpf_port_info info;

    memset(&info, 0, sizeof info);
    ovs_strlcpy(info.bridge, bridge, sizeof info.bridge);
    ovs_strlcpy(info.name, name, sizeof info.name);
    ovs_strlcpy(info.type, "dummy", sizeof info.type);
    info.ofport = ofport;
    info.mtu = mtu;
    info.dlt = dlt;
    info.speed = UINT64_C(10000000000);
    info.has_link_address = dlt == BPF_DEV_DLT_EN10MB;
    if (info.has_link_address) {
        memcpy(info.mac, "\xaa\x55\0\0\0", 5);
        info.mac[5] = ofport;
    }
    bpf_port_update(&info);
    ovsrcu_quiesce();
}

void
switch_add_port(const char *name)
{
    switch_set_port("br0", name, 1, 1500, BPF_DEV_DLT_EN10MB);
}

void
switch_remove_port(const char *name)
{
    bpf_port_remove(name);
    ovsrcu_quiesce();
}

static uint64_t
packet_time(void)
{
    struct timespec ts;

    if (switch_now) {
        return switch_now;
    }
    clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

void
switch_feed_data(const char *name, enum bpf_dev_way way, const void *data,
                 size_t size, size_t wirelen)
{
    struct bpf_packet packet = {
        .data = data, .size = size, .wirelen = wirelen,
    };

    if (bpf_tap_is_active()) {
        const struct bpf_tap *tap = bpf_tap_lookup(name);
        if (tap) {
            bpf_tap_feed(tap, &packet, NULL, 1, way, 0, packet_time());
        }
    }
    ovsrcu_quiesce();
}

void
switch_feed(const char *name, enum bpf_dev_way way, size_t size,
            unsigned int n, uint32_t first)
{
    static uint8_t data[65536];

    for (uint32_t i = first; i < first + n; i++) {
        for (size_t j = 0; j < size; j++) {
            data[j] = j < 4 ? i >> (24 - 8 * j) : j + i;
        }
        switch_feed_data(name, way, data, size, size);
        if (switch_now) {
            switch_now += 1000;
        }
    }
}

/* Resources
 * ========= */

/* Returns the number of open descriptors, without pipes: each thread of Open
 * vSwitch's library opens one when it first waits for something. */
static unsigned int
count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned int n = 0;
    struct dirent *de;

    while (dir && (de = readdir(dir))) {
        char target[64];
        ssize_t len = readlinkat(dirfd(dir), de->d_name, target,
                                 sizeof target);

        n += len > 0 && (len < 5 || memcmp(target, "pipe:", 5));
    }
    if (dir) {
        closedir(dir);
    }
    return n;
}

/* Returns the number of bytes of devices' memory in this process. */
static size_t
count_shared(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    size_t total = 0;
    char line[512];

    while (maps && fgets(line, sizeof line, maps)) {
        size_t start, end;

        if (strstr(line, "bpf") && !strstr(line, "/lib")
            && !strstr(line, "test-")
            && sscanf(line, "%zx-%zx", &start, &end) == 2) {
            total += end - start;
        }
    }
    if (maps) {
        fclose(maps);
    }
    return total;
}

void
switch_get_resources(struct switch_resources *r)
{
    struct bpf_server_stats stats;
    struct bpf_totals totals;

    bpf_totals_get(&totals);
    bpf_server_get_stats(&stats);
    r->n_fds = count_fds();
    r->n_devices = totals.n_devices;
    r->n_connections = stats.n_connections;
    r->memory = totals.memory;
    r->shared = count_shared();
}

static bool
resources_are_equal(const struct switch_resources *a,
                    const struct switch_resources *b)
{
    return (a->n_fds == b->n_fds && a->n_devices == b->n_devices
            && a->n_connections == b->n_connections
            && a->memory == b->memory && a->shared == b->shared);
}

void
switch_check_resources(const struct switch_resources *before)
{
    time_t end = time(NULL) + WAIT_SECONDS;
    struct switch_resources now;

    /* The server learns that clients are gone by the end of their connections,
     * which it tells to nobody, hence the polling. */
    do {
        ovsrcu_quiesce();
        switch_get_resources(&now);
        if (resources_are_equal(before, &now)) {
            return;
        }
        poll(NULL, 0, 1);
    } while (time(NULL) < end);

    fail(__FILE__, __LINE__, "expected %u descriptors, %u devices, "
         "%u connections, %"PRIuSIZE" bytes of buffers, %"PRIuSIZE" bytes "
         "mapped; got %u, %u, %u, %"PRIuSIZE", %"PRIuSIZE,
         before->n_fds, before->n_devices, before->n_connections,
         before->memory, before->shared, now.n_fds, now.n_devices,
         now.n_connections, now.memory, now.shared);
}

void
switch_check_serves(const char *name)
{
    struct bpfdev *dev = open_attached(name, BPFDEV_NONBLOCK);
    struct bpfdev_packet packet;
    const void *buffer;
    size_t offset = 0;

    CHECK_ERRNO(bpfdev_next(dev, &buffer), EAGAIN);
    switch_feed(name, BPF_DEV_IN, 60, 1, 7);
    ssize_t n = bpfdev_next(dev, &buffer);
    CHECK(n > 0);
    CHECK(bpfdev_walk(dev, buffer, n, &offset, &packet));
    CHECK_INT(packet.data[3], 7);
    CHECK_ERRNO(bpfdev_release(dev), 0);
    bpfdev_close(dev);
}

/* Clients
 * ======= */

struct bpfdev *
open_device(unsigned int flags)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    struct bpfdev *dev = bpfdev_open(SWITCH_SOCKET, flags, errbuf);

    if (!dev) {
        fail(__FILE__, __LINE__, "expected that a device opens, got \"%s\"",
             errbuf);
    }
    return dev;
}

struct bpfdev *
open_attached(const char *name, unsigned int flags)
{
    struct bpfdev *dev = open_device(flags);

    if (bpfdev_attach(dev, name)) {
        fail(__FILE__, __LINE__, "expected that a device attaches, got \"%s\"",
             bpfdev_strerror(dev));
    }
    return dev;
}

int
connect_raw(void)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    ovs_strlcpy(sun.sun_path, SWITCH_SOCKET, sizeof sun.sun_path);
    CHECK(fd >= 0);
    CHECK_ERRNO(connect(fd, (struct sockaddr *) &sun, sizeof sun), 0);
    return fd;
}

/* Ends of messages
 * ================
 *
 * FreeBSD joins what is sent without MSG_EOR on a socket of type
 * SOCK_SEQPACKET with what is sent after it, depending on when it is read.
 * The functions below stand before the C library's, for client, server and
 * test, and fail where that could happen. */

static void
check_end_of_message(int fd, int flags)
{
    socklen_t len = sizeof(int);
    int type;

    if (!getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len)
        && type == SOCK_SEQPACKET && !(flags & MSG_EOR)) {
        fail(__FILE__, __LINE__, "expected MSG_EOR in the flags with which a "
             "message is sent, got %#x", (unsigned int) flags);
    }
}

ssize_t
send(int fd, const void *data, size_t size, int flags)
{
    ssize_t (*next)(int, const void *, size_t, int);

    check_end_of_message(fd, flags);
    *(void **) &next = dlsym(RTLD_NEXT, "send");
    return next(fd, data, size, flags);
}

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
    ssize_t (*next)(int, const struct msghdr *, int);

    check_end_of_message(fd, flags);
    *(void **) &next = dlsym(RTLD_NEXT, "sendmsg");
    return next(fd, msg, flags);
}

/* Running
 * ======= */

int
run_tests(int argc, char *argv[], const struct test tests[], size_t n)
{
    set_program_name(argv[0]);
    for (size_t i = 0; i < n; i++) {
        if (argc < 2) {
            puts(tests[i].name);
        } else if (!strcmp(argv[1], tests[i].name)) {
            switch_init();
            tests[i].function();
            return EXIT_SUCCESS;
        }
    }
    if (argc >= 2) {
        fprintf(stderr, "%s: no such test\n", argv[1]);
    }
    return argc < 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
