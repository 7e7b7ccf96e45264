/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* What a packet costs in a capture device: the filter, interpreted and as
 * machine code, and storing the packet, by itself and in memory that another
 * processor reads.  Processor time of one thread, without a switch around it.
 * To copy the bytes and do nothing else is the least that any capture costs.
 *
 * Two ways to do the same thing are measured in turn, run by run; the table
 * has the medians, and the median of the ratios within a run with the extremes
 * in brackets.  Each measurement takes a tenth of $BENCH_SECONDS and is done
 * $BENCH_RUNS times. */

#include <config.h>
#undef NDEBUG
#include "bpf/bpf-device.h"

#include <inttypes.h>
#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "bpf/bpf-filter.h"
#include "ovs-atomic.h"
#include "ovs-thread.h"
#include "util.h"

#define MAX_RUNS 1000
#define BATCH 32                /* Packets that are handled at once, */
#define CHUNK 8                 /* and that are stored at once: they have to
                                 * fit into one buffer. */
#define MAX_SIZE 9000

static unsigned int n_runs = 7;
static double seconds = 0.05;

/* What must not be optimised away. */
static volatile uint32_t sink;

static double
cpu_time(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

/* Something that can be measured: handles BATCH packets. */
struct work {
    double (*measure)(struct work *);
    void (*run)(struct work *);
    const struct bpf_prog *prog;
    struct bpf_dev *dev;
    uint8_t *memory;
    uint32_t size;              /* Of the packets. */
    size_t at;                  /* In 'memory', for copying only. */
};

/* Nanoseconds per packet. */
static double
measure(struct work *work)
{
    double start = cpu_time();
    uint64_t n_batches = 0;
    double now;

    do {
        for (int i = 0; i < 100; i++) {
            work->run(work);
        }
        n_batches += 100;
        now = cpu_time();
    } while (now - start < seconds);
    return (now - start) * 1e9 / (n_batches * BATCH);
}

static int
compare_doubles(const void *a_, const void *b_)
{
    const double *a = a_;
    const double *b = b_;

    return *a < *b ? -1 : *a > *b;
}

static double
sort_and_median(double values[])
{
    qsort(values, n_runs, sizeof values[0], compare_doubles);
    return values[n_runs / 2];
}

/* Measures 'a' and 'b' in turn and prints a line of a table. */
static void
compare(const char *label, struct work *a, struct work *b)
{
    static double a_ns[MAX_RUNS], b_ns[MAX_RUNS], ratio[MAX_RUNS];

    for (unsigned int i = 0; i < n_runs; i++) {
        a_ns[i] = a->measure(a);
        b_ns[i] = b->measure(b);
        ratio[i] = a_ns[i] / b_ns[i];
    }

    double median = sort_and_median(ratio);
    printf("%-44.44s %8.1f %8.1f %7.2f (%.2f-%.2f)\n", label,
           sort_and_median(a_ns), sort_and_median(b_ns),
           median, ratio[0], ratio[n_runs - 1]);
    fflush(stdout);
}

static void
print_head(const char *title, const char *a, const char *b)
{
    printf("%-44s %8s %8s %7s\n", title, a, b, "ratio");
}

/* Filters, over frames as they come: IPv4 and IPv6, TCP and UDP. */

static const uint8_t tcp4[64] = {
    0x52, 0x54, 0, 0, 0, 2, 0x52, 0x54, 0, 0, 0, 1, 0x08, 0x00,
    0x45, 0, 0, 50, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    0xc3, 0x50, 0x01, 0xbb, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x10,
};
static const uint8_t udp4[64] = {
    0x52, 0x54, 0, 0, 0, 2, 0x52, 0x54, 0, 0, 0, 1, 0x08, 0x00,
    0x45, 0, 0, 50, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    0xc3, 0x50, 0x12, 0xb5, 0, 30, 0, 0,
};
static const uint8_t tcp6[80] = {
    0x52, 0x54, 0, 0, 0, 2, 0x52, 0x54, 0, 0, 0, 1, 0x86, 0xdd,
    0x60, 0, 0, 0, 0, 26, 6, 64,
    0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
    0xc3, 0x50, 0x01, 0xbb, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x10,
};

static const struct {
    const uint8_t *data;
    uint32_t size;
} frames[] = {
    { tcp4, sizeof tcp4 }, { tcp4, sizeof tcp4 }, { udp4, sizeof udp4 },
    { tcp6, sizeof tcp6 },
};

static const char *const expressions[] = {
    "icmp",
    "host 10.9.9.9",
    "tcp port 80",
    "udp port 53 or tcp port 53 or icmp",
    "net 10.1.0.0/16 and not port 22",
    "tcp[tcpflags] & (tcp-syn|tcp-rst) != 0",
    "vlan and tcp",
    "ip6 host 2001:db8::99",
    "port 1 or port 2 or port 3 or port 4 or port 5 or port 6",
};

static void
run_filter(struct work *work)
{
    struct bpf_packet pkts[BATCH];

    for (size_t i = 0; i < BATCH; i++) {
        size_t j = i % ARRAY_SIZE(frames);

        pkts[i] = (struct bpf_packet) {
            .data = frames[j].data, .size = frames[j].size,
            .wirelen = frames[j].size,
        };
    }
    sink = bpf_prog_run_batch(work->prog, pkts, BATCH);
}

static struct bpf_prog *
compile(pcap_t *pcap, const char *text, unsigned int flags)
{
    struct bpf_program program;
    struct bpf_prog *prog;
    const char *why;

    if (pcap_compile(pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN)) {
        ovs_fatal(0, "%s: %s", text, pcap_geterr(pcap));
    }
    if (bpf_prog_create(program.bf_insns, program.bf_len,
                        BPF_PROG_MAX_INSNS, flags, &prog, &why)) {
        ovs_fatal(0, "%s: %s", text, why);
    }
    pcap_freecode(&program);
    return prog;
}

static void
bench_filters(void)
{
    pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 262144);

    printf("Filters: ns per packet, interpreted and as %s code\n",
           bpf_jit_target());
    print_head("filter (instructions)", "interp.", "code");
    for (size_t i = 0; i < ARRAY_SIZE(expressions); i++) {
        struct bpf_prog *interpreted = compile(pcap, expressions[i],
                                               BPF_PROG_F_NO_JIT);
        struct bpf_prog *compiled = compile(pcap, expressions[i], 0);
        struct work a = {
            .measure = measure, .run = run_filter, .prog = interpreted
        };
        struct work b = {
            .measure = measure, .run = run_filter, .prog = compiled
        };
        char label[80];

        snprintf(label, sizeof label, "%s (%"PRIuSIZE")",
                 expressions[i], interpreted->n_insns);
        compare(label, &a, &b);
        bpf_prog_destroy(interpreted);
        bpf_prog_destroy(compiled);
    }
    pcap_close(pcap);
}

/* Storing. */

static uint8_t packet[BATCH][ROUND_UP(MAX_SIZE, 16)];

/* Filters and stores a chunk, and reads what has become ready, as a client
 * that keeps up does. */
static void
append_chunk(struct bpf_dev *dev, struct bpf_packet pkts[])
{
    struct bpf_dev_buffer buffer;
    struct bpf_dev_run run;

    if (bpf_dev_filter_batch(dev, pkts, CHUNK, BPF_DEV_IN, &run)) {
        bpf_dev_append(dev, pkts, CHUNK, &run, 1);
    }
    if (!bpf_dev_read(dev, 0, bpf_dev_blen(dev), &buffer)) {
        sink = buffer.len;
        bpf_dev_release(dev);
    }
}

static void
describe(const struct work *work, struct bpf_packet pkts[BATCH])
{
    for (size_t i = 0; i < BATCH; i++) {
        pkts[i] = (struct bpf_packet) {
            .data = packet[i], .size = work->size, .wirelen = work->size,
        };
    }
}

static void
run_append(struct work *work)
{
    struct bpf_packet pkts[BATCH];

    describe(work, pkts);
    for (size_t i = 0; i < BATCH; i += CHUNK) {
        append_chunk(work->dev, pkts + i);
    }
}

/* The same for many buffers, which others read. */
static void
run_append_only(struct work *work)
{
    struct bpf_packet pkts[BATCH];
    struct bpf_dev_run run;

    describe(work, pkts);
    if (bpf_dev_filter_batch(work->dev, pkts, BATCH, BPF_DEV_IN, &run)) {
        bpf_dev_append(work->dev, pkts, BATCH, &run, 1);
    }
}

/* Only copies the bytes to where the device would put them. */
static void
run_copy(struct work *work)
{
    size_t room = bpf_dev_memory_size(work->dev);

    for (size_t i = 0; i < BATCH; i++) {
        if (work->at + work->size > room) {
            work->at = 0;
        }
        memcpy(work->memory + work->at, packet[i], work->size);
        work->at += BPF_RECORD_SIZE(34, work->size);
    }
    sink = work->memory[0];
}

#ifdef __SSE2__
/* Likewise, past the caches: in whole words of 16 bytes. */
static void
run_stream(struct work *work)
{
    size_t room = bpf_dev_memory_size(work->dev);
    size_t size = ROUND_UP(work->size, sizeof(__m128i));

    for (size_t i = 0; i < BATCH; i++) {
        if (work->at + size > room) {
            work->at = 0;
        }
        for (size_t j = 0; j < size; j += sizeof(__m128i)) {
            const void *from = packet[i] + j;
            void *to = work->memory + work->at + j;

            _mm_stream_si128(to, _mm_loadu_si128(from));
        }
        work->at += ROUND_UP(BPF_RECORD_SIZE(34, work->size),
                             sizeof(__m128i));
    }
    _mm_sfence();
    sink = work->at;
}
#endif

/* Storing in memory that another processor reads. */

/* What the reader is to do.  The writer changes it between two turns. */
static struct {
    const uint8_t *data;
    size_t size;
} region;
static atomic_uint32_t turns_asked = ATOMIC_VAR_INIT(0);
static atomic_uint32_t turns_done = ATOMIC_VAR_INIT(0);

static uint32_t
turns_read(atomic_uint32_t *turns)
{
    uint32_t n;

    atomic_read_explicit(turns, &n, memory_order_acquire);
    return n;
}

/* Reads what is in the region, once each time that it is asked to. */
static void *
reader_main(void *aux OVS_UNUSED)
{
    uint32_t turn = 0;

    for (;;) {
        uint64_t sum = 0;

        while (turns_read(&turns_asked) == turn) {
            continue;
        }
        for (size_t i = 0; i < region.size; i += CACHE_LINE_SIZE) {
            sum += region.data[i];
        }
        sink = sum;
        atomic_store_explicit(&turns_done, ++turn, memory_order_release);
    }
    return NULL;
}

static void
let_read(const uint8_t *data, size_t size)
{
    uint32_t turn = turns_read(&turns_asked) + 1;

    region.data = data;
    region.size = size;
    atomic_store_explicit(&turns_asked, turn, memory_order_release);
    while (turns_read(&turns_done) != turn) {
        continue;
    }
}

/* Prints how far away the other processor is: the table depends on that, and
 * on a virtual machine it may change from one second to the next. */
static void
print_distance(void)
{
    enum { N = 100000 };
    double start = cpu_time();

    for (int i = 0; i < N; i++) {
        let_read(NULL, 0);
    }
    printf("(to the other processor and back: %.0f ns)\n",
           (cpu_time() - start) * 1e9 / N);
}

static void
drain(struct bpf_dev *dev)
{
    struct bpf_dev_buffer buffer;

    while (!bpf_dev_read(dev, BPF_DEV_READ_NONBLOCK, bpf_dev_blen(dev),
                         &buffer)) {
        bpf_dev_release(dev);
    }
}

/* As measure(), but all that has been written is read by the other thread
 * before it is written again. */
static double
measure_shared(struct work *work)
{
    size_t room = bpf_dev_memory_size(work->dev);
    size_t n = ((room - bpf_dev_blen(work->dev))
                / (BATCH * BPF_RECORD_SIZE(34, work->size)) - 1);
    double end = cpu_time() + seconds;
    uint64_t n_packets = 0;
    double spent = 0;
    double start;

    do {
        let_read(work->memory, room);
        start = cpu_time();
        for (size_t i = 0; i < n; i++) {
            work->run(work);
        }
        spent += cpu_time() - start;
        n_packets += n * BATCH;
        drain(work->dev);
    } while (start < end);
    return spent * 1e9 / n_packets;
}

static void
open_device(struct bpf_dev *dev, uint32_t blen, uint32_t n_buffers,
            uint8_t **memory)
{
    struct bpf_dev_limits limits = {
        .max_blen = blen, .default_blen = blen, .n_buffers = n_buffers,
        .max_insns = 1,
    };
    struct bpf_dev_port port = {
        .name = "p", .dlt = BPF_DEV_DLT_EN10MB,
    };

    bpf_dev_init(dev, &limits, false);
    *memory = xzalloc(bpf_dev_memory_size(dev));
    bpf_dev_attach(dev, &port, *memory);
}

static const struct buffers {
    uint32_t blen;
    uint32_t n;
} own_buffers[] = {
    { 32768, 2 }, { 262144, 2 }, { 1048576, 4 }, { 0, 0 }
}, shared_buffers[] = {
    { 65536, 8 }, { 262144, 8 }, { 0, 0 }
};

/* A way to fill the buffers of a device. */
struct way {
    const char *name;
    void (*run)(struct work *);
};

static void
bench_device(const char *title, const struct buffers buffers[],
             double (*measure_it)(struct work *),
             const struct way *first, const struct way *second)
{
    static const uint32_t sizes[] = { 64, 512, 1514, MAX_SIZE };

    printf("\n%s: ns per packet, %s and %s\n", title, first->name,
           second->name);
    print_head("bytes, buffers", first->name, second->name);
    for (size_t i = 0; buffers[i].n; i++) {
        struct bpf_dev dev;
        uint8_t *memory;

        open_device(&dev, buffers[i].blen, buffers[i].n, &memory);
        for (size_t j = 0; j < ARRAY_SIZE(sizes); j++) {
            if (CHUNK * (sizes[j] + 40) > buffers[i].blen) {
                continue;
            }

            struct work a = {
                .measure = measure_it, .run = first->run, .dev = &dev,
                .memory = memory, .size = sizes[j],
            };
            struct work b = {
                .measure = measure_it, .run = second->run, .dev = &dev,
                .memory = memory, .size = sizes[j],
            };
            char label[80];

            snprintf(label, sizeof label,
                     "%"PRIu32" bytes, %"PRIu32" x %"PRIu32" KiB",
                     sizes[j], buffers[i].n, buffers[i].blen / 1024);
            compare(label, &a, &b);
        }

        struct bpf_dev_stats stats;
        bpf_dev_get_stats(&dev, &stats);
        ovs_assert(!stats.dropped);
        bpf_dev_uninit(&dev);
        free(memory);
    }
}

static void
get_settings(void)
{
    const char *runs = getenv("BENCH_RUNS");
    const char *duration = getenv("BENCH_SECONDS");

    if (runs) {
        n_runs = atoi(runs);
        n_runs = MIN(MAX(n_runs, 1), MAX_RUNS);
    }
    if (duration) {
        seconds = atof(duration) / 10;
    }
}

int
main(void)
{
    static const struct way append = { "stored", run_append };
    static const struct way append_only = { "stored", run_append_only };
    static const struct way copy = { "copied", run_copy };

    get_settings();
    if (!bpf_jit_target()) {
        printf("no compiler of filters for this processor\n");
        return 77;
    }
    bench_filters();
    bench_device("Storing in a device, without a filter", own_buffers,
                 measure, &append, &copy);
    if (count_cpu_cores() < 2) {
        printf("\nno second processor to read what is stored\n");
        return EXIT_SUCCESS;
    }
    ovs_thread_create("reader", reader_main, NULL);
    bench_device("Storing in memory that another processor has just read",
                 shared_buffers, measure_shared, &append_only, &copy);
#ifdef __SSE2__
    static const struct way stream = { "streamed", run_stream };
    bench_device("Copying there, through the caches or past them",
                 shared_buffers, measure_shared, &copy, &stream);
#endif
    print_distance();
    return EXIT_SUCCESS;
}
