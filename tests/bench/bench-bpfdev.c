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

/* What a capture client gets: packets per second without loss, zero-copy and
 * by read, by packet size; latency in immediate mode, alone and among many;
 * memory per device.
 *
 * The switch of the tests (test-bpfdev-switch.h) is source of packets and
 * datapath; the client is another process.  The source waits whenever more is
 * under way than the buffers can hold, so that nothing is lost and the
 * slower side decides; that nothing was lost is checked.
 *
 * BENCH_RUNS and BENCH_SECONDS in the environment say how many runs of which
 * the median is printed, and how long each takes. */

#include "../test-bpfdev-switch.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bpf/bpf-feed.h"
#include "openvswitch/vlog.h"
#include "ovs-atomic.h"
#include "ovs-rcu.h"
#include "util.h"

#define BLEN (512 * 1024)
#define N_BUFFERS 4
#define BATCH 32
#define N_LATENCIES 2000
#define N_DEVICES 1000

/* What source and client share. */
static struct shared {
    atomic_uint64_t delivered;  /* Packets that the client has seen. */
    atomic_bool stop;
    atomic_bool ready;          /* The client is attached. */
    uint64_t lost;
    uint64_t cpu;               /* Client's processor time, ns. */
    int n_others;               /* Idle devices beside the client's. */
    uint64_t sum;               /* So that nothing is optimized away. */
    int64_t latencies[N_LATENCIES];
} *shared;

static double
env_number(const char *name, double default_value)
{
    const char *s = getenv(name);
    double value = s ? atof(s) : 0;

    return value > 0 ? value : default_value;
}

static uint64_t
nsec_now(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return ts.tv_sec * UINT64_C(1000000000) + ts.tv_nsec;
}

static bool
get_flag(atomic_bool *flag)
{
    bool value;

    atomic_read_explicit(flag, &value, memory_order_acquire);
    return value;
}

static void
set_flag(atomic_bool *flag, bool value)
{
    atomic_store_explicit(flag, value, memory_order_release);
}

static uint64_t
get_delivered(void)
{
    uint64_t n;

    atomic_read_explicit(&shared->delivered, &n, memory_order_acquire);
    return n;
}

static int
compare_doubles(const void *a_, const void *b_)
{
    const double *a = a_, *b = b_;

    return *a < *b ? -1 : *a > *b;
}

static double
median(double values[], size_t n)
{
    qsort(values, n, sizeof *values, compare_doubles);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* The client
 * ========== */

enum mode { ZERO_COPY, BY_READ, N_MODES };

static struct bpfdev *
client_open(bool immediate)
{
    struct timeval timeout = { 0, 10000 };
    unsigned int n = N_BUFFERS;
    u_int blen = BLEN, on = immediate;

    struct bpfdev *dev = open_device(BPFDEV_RDONLY);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSBLEN, &blen), 0);
    CHECK_ERRNO(bpfdev_set_buffers(dev, &n), 0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSRTIMEOUT, &timeout), 0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCIMMEDIATE, &on), 0);
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), 0);
    return dev;
}

/* Goes through the packets in a buffer, as a client that looks at them
 * would. */
static uint64_t
client_look(struct bpfdev *dev, const void *buffer, size_t size)
{
    struct bpfdev_packet packet;
    size_t offset = 0;
    uint64_t n = 0;

    while (bpfdev_walk(dev, buffer, size, &offset, &packet)) {
        shared->sum += packet.data[packet.caplen - 1];
        n++;
    }
    return n;
}

static void
client_receive(enum mode mode)
{
    struct bpfdev *dev = client_open(false);
    uint8_t *copy = xmalloc(BLEN);
    struct bpfdev_stats stats;
    uint64_t delivered = 0;

    set_flag(&shared->ready, true);
    uint64_t start = nsec_now(CLOCK_PROCESS_CPUTIME_ID);
    while (!get_flag(&shared->stop)) {
        const void *buffer = copy;
        ssize_t n = (mode == ZERO_COPY ? bpfdev_next(dev, &buffer)
                     : bpfdev_read(dev, copy, BLEN));

        if (n >= 0) {
            delivered += client_look(dev, buffer, n);
            bpfdev_release(dev);
            atomic_store_explicit(&shared->delivered, delivered,
                                  memory_order_release);
        } else {
            CHECK_INT(errno, EAGAIN);
        }
    }
    shared->cpu = nsec_now(CLOCK_PROCESS_CPUTIME_ID) - start;
    CHECK_ERRNO(bpfdev_stats(dev, &stats), 0);
    shared->lost = stats.dropped;
    free(copy);
    bpfdev_close(dev);
}

static void
client_receive_zero_copy(void)
{
    client_receive(ZERO_COPY);
}

static void
client_receive_by_read(void)
{
    client_receive(BY_READ);
}

/* Notes for each packet how long ago it passed the port. */
static void
client_latency(void)
{
    struct bpfdev *dev = client_open(true);
    struct pollfd pfd = { .fd = bpfdev_fd(dev), .events = POLLIN };

    for (int i = 0; i < shared->n_others; i++) {
        open_attached("p2", 0);
    }
    set_flag(&shared->ready, true);
    for (size_t i = 0; i < N_LATENCIES; i++) {
        struct bpfdev_packet packet;
        const void *buffer;
        size_t offset = 0;
        uint64_t sent;

        CHECK_INT(poll(&pfd, 1, WAIT_SECONDS * 1000), 1);
        ssize_t n = bpfdev_next(dev, &buffer);
        CHECK(n > 0);
        CHECK(bpfdev_walk(dev, buffer, n, &offset, &packet));
        memcpy(&sent, packet.data, sizeof sent);
        shared->latencies[i] = nsec_now(CLOCK_MONOTONIC) - sent;
        bpfdev_release(dev);
        atomic_store_explicit(&shared->delivered, i + 1,
                              memory_order_release);
    }
    bpfdev_close(dev);
}

/* Opens devices and keeps them until it is told to end. */
static void
client_many(void)
{
    for (int i = 0; i < N_DEVICES; i++) {
        open_attached("p1", 0);
    }
    set_flag(&shared->ready, true);
    while (!get_flag(&shared->stop)) {
        poll(NULL, 0, 10);
    }
}

/* The switch
 * ========== */

/* Waits, as a datapath thread that polls does: without sleeping, but in favour
 * of a client that has no core of its own. */
static void
wait_for_flag(atomic_bool *flag)
{
    while (!get_flag(flag)) {
        ovsrcu_quiesce();
        sched_yield();
    }
}

/* Starts the switch with a client that does 'function', for which 'n_others'
 * is meant.  Returns the client's process. */
static pid_t
start(void (*function)(void), int n_others)
{
    int go[2];
    char byte;

    memset(shared, 0, sizeof *shared);
    shared->n_others = n_others;
    CHECK_ERRNO(pipe(go), 0);
    pid_t pid = fork();
    if (!pid) {
        struct rlimit limit;

        if (!getrlimit(RLIMIT_NOFILE, &limit)) {
            limit.rlim_cur = limit.rlim_max;
            setrlimit(RLIMIT_NOFILE, &limit);
        }
        CHECK_INT(read(go[0], &byte, 1), 1);
        function();
        _exit(0);
    }
    switch_start();
    switch_add_port("p1");
    switch_add_port("p2");
    CHECK_INT(write(go[1], "", 1), 1);
    close(go[0]);
    close(go[1]);
    return pid;
}

static void
stop(pid_t pid)
{
    int status;

    set_flag(&shared->stop, true);
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK_INT(status, 0);
    switch_stop();
}

/* Each run is a process of its own, because a switch can be started once. */
static void
in_child(void (*function)(void *), void *aux)
{
    int status;

    fflush(stdout);
    pid_t pid = fork();
    if (!pid) {
        switch_init();
        vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
        function(aux);
        _exit(0);
    }
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK_INT(status, 0);
}

/* Throughput
 * ========== */

struct throughput {
    enum mode mode;
    size_t size;
    double pps;
    double ns;                  /* Client's processor time per packet. */
};

static void
feed_batch(const uint8_t *data, size_t size)
{
    struct bpf_packet packets[BATCH];

    for (size_t i = 0; i < BATCH; i++) {
        packets[i] = (struct bpf_packet) {
            .data = data, .size = size, .wirelen = size,
        };
    }
    bpf_tap_feed(bpf_tap_lookup("p1"), packets, NULL, BATCH, BPF_DEV_IN, 0,
                 nsec_now(CLOCK_REALTIME));
    ovsrcu_quiesce();
}

static void
run_throughput(void *t_)
{
    static uint8_t data[65536];
    struct throughput *t = t_;
    size_t record = BPF_RECORD_SIZE(34, t->size);
    uint64_t room = (uint64_t) (N_BUFFERS - 1) * (BLEN / record) - BATCH;
    uint64_t duration = env_number("BENCH_SECONDS", 0.5) * 1e9;
    uint64_t fed = 0;

    pid_t pid = start(t->mode == ZERO_COPY ? client_receive_zero_copy
                      : client_receive_by_read, 0);
    wait_for_flag(&shared->ready);

    uint64_t begin = nsec_now(CLOCK_MONOTONIC), end;
    do {
        if (fed - get_delivered() < room) {
            feed_batch(data, t->size);
            fed += BATCH;
        } else {
            sched_yield();
        }
        end = nsec_now(CLOCK_MONOTONIC);
    } while (end - begin < duration);
    t->pps = get_delivered() * 1e9 / (end - begin);
    stop(pid);
    t->ns = shared->cpu / (double) get_delivered();
    if (shared->lost) {
        fail(__FILE__, __LINE__, "expected no losses, got %"PRIu64,
             shared->lost);
    }
}

/* Prints the median of 'values', and the extremes. */
static void
print_ratio(double values[], size_t n)
{
    double m = median(values, n);       /* Sorts them. */

    printf(" %5.2f [%.2f-%.2f]", m, values[0], values[n - 1]);
}

static void
bench_throughput(struct throughput *result)
{
    static const size_t sizes[] = { 64, 128, 256, 512, 1024, 1514, 9000 };
    int runs = env_number("BENCH_RUNS", 7);

    puts("Packets delivered to one client without loss (million/s), and the "
         "client's\nprocessor time for each (ns)\n\n"
         "           zero-copy             by read                "
         "zero-copy/by read\n"
         "   bytes    Mp/s       ns      Mp/s       ns"
         "             Mp/s               ns");
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        double pps[N_MODES + 1][runs], ns[N_MODES + 1][runs];

        for (int run = 0; run < runs; run++) {
            for (int mode = 0; mode < N_MODES; mode++) {
                result->mode = mode;
                result->size = sizes[i];
                in_child(run_throughput, result);
                pps[mode][run] = result->pps / 1e6;
                ns[mode][run] = result->ns;
            }
            pps[N_MODES][run] = pps[ZERO_COPY][run] / pps[BY_READ][run];
            ns[N_MODES][run] = ns[ZERO_COPY][run] / ns[BY_READ][run];
        }
        printf("%8"PRIuSIZE, sizes[i]);
        for (int mode = 0; mode < N_MODES; mode++) {
            printf(" %7.3f %8.1f  ", median(pps[mode], runs),
                   median(ns[mode], runs));
        }
        print_ratio(pps[N_MODES], runs);
        print_ratio(ns[N_MODES], runs);
        putchar('\n');
        fflush(stdout);
    }
}

/* Latency
 * ======= */

static void
run_latency(void *n_others_)
{
    int *n_others = n_others_;

    switch_config.memory_max = SIZE_MAX;
    pid_t pid = start(client_latency, *n_others);

    wait_for_flag(&shared->ready);
    for (size_t i = 0; i < N_LATENCIES; i++) {
        uint8_t data[64] = { 0 };

        /* Let the client go to sleep. */
        for (int j = 0; j < 50; j++) {
            sched_yield();
        }
        uint64_t now = nsec_now(CLOCK_MONOTONIC);
        memcpy(data, &now, sizeof now);
        switch_feed_data("p1", BPF_DEV_IN, data, sizeof data, sizeof data);
        while (get_delivered() <= i) {
            sched_yield();
        }
    }
    stop(pid);
}

static void
bench_latency(void)
{
    static int n_others[] = { 0, 100, 1000 };
    int runs = env_number("BENCH_RUNS", 7);

    puts("\nLatency in immediate mode, from the port to the client (us), "
         "beside idle\ndevices of others\n\n"
         "  others   median      99 %");
    for (size_t i = 0; i < ARRAY_SIZE(n_others); i++) {
        double medians[runs], tails[runs];

        for (int run = 0; run < runs; run++) {
            double values[N_LATENCIES];

            in_child(run_latency, &n_others[i]);
            for (size_t j = 0; j < N_LATENCIES; j++) {
                values[j] = shared->latencies[j] / 1e3;
            }
            medians[run] = median(values, N_LATENCIES);
            tails[run] = values[N_LATENCIES * 99 / 100];
        }
        printf("%8d %8.1f  %8.1f\n", n_others[i], median(medians, runs),
               median(tails, runs));
        fflush(stdout);
    }
}

/* Memory
 * ====== */

/* Returns a value of /proc/self/status in bytes. */
static long long int
get_status(const char *name)
{
    FILE *stream = fopen("/proc/self/status", "r");
    size_t len = strlen(name);
    long long int kb = 0;
    char line[256];

    while (stream && fgets(line, sizeof line, stream)) {
        if (!strncmp(line, name, len) && line[len] == ':') {
            kb = atoll(line + len + 1);
        }
    }
    if (stream) {
        fclose(stream);
    }
    return kb * 1024;
}

static void
run_memory(void *result_)
{
    struct throughput *result = result_;

    switch_config.memory_max = SIZE_MAX;
    pid_t pid = start(client_many, 0);
    long long int anon = get_status("RssAnon");
    long long int shmem = get_status("RssShmem");
    wait_for_flag(&shared->ready);
    result->pps = (get_status("RssShmem") - shmem) / (double) N_DEVICES;
    result->size = (get_status("RssAnon") - anon) / N_DEVICES;
    stop(pid);
}

static void
bench_memory(struct throughput *result)
{
    in_child(run_memory, result);
    printf("\nMemory per attached device with two buffers of 32768 bytes, of "
           "%d\n\n  buffers %8.0f bytes\n  other   %8"PRIuSIZE" bytes\n",
           N_DEVICES, result->pps, result->size);
}

/* Where the socket is. */
static char dir[] = "/tmp/bench-bpfdev.XXXXXX";

/* Removes 'dir', in which we are.  May be called by a signal handler. */
static void
clean_up(void)
{
    unlink(SWITCH_SOCKET);
    unlink("." SWITCH_SOCKET ".~lock~");
    rmdir(dir);
}

static void
on_signal(int signal_nr OVS_UNUSED)
{
    clean_up();
    _exit(1);
}

int
main(int argc OVS_UNUSED, char *argv[])
{
    static const int signals[] = { SIGHUP, SIGINT, SIGPIPE, SIGTERM };
    struct throughput *result;

    set_program_name(argv[0]);
    if (!mkdtemp(dir) || chdir(dir)) {
        ovs_fatal(errno, "%s: cannot create directory", dir);
    }
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
        signal(signals[i], on_signal);
    }
    shared = mmap(NULL, sizeof *shared + sizeof *result,
                  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        ovs_fatal(errno, "cannot map memory");
    }
    result = (struct throughput *) (shared + 1);

    bench_throughput(result);
    bench_latency();
    bench_memory(result);

    clean_up();
    return 0;
}
