/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* Unit tests of the capture device, one function per rule of bpf(4).
 *
 * "test-bpf-device NAME" runs one, silently unless it fails; without an
 * argument it lists the names.  Single-threaded, so that what a lock would
 * guard needs none; only the last test has threads, and the lock that the
 * device's header asks for. */

#include <config.h>
#undef NDEBUG
#include "bpf/bpf-device.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/* Wants the types of <sys/types.h>. */
#include <pcap/bpf.h>

#include "openvswitch/thread.h"
#include "ovs-thread.h"
#include "util.h"

/* Fails unless 'GOT' equals 'EXPECTED'. */
#define CHECK(GOT, EXPECTED) \
    check(__LINE__, #GOT, (long long int) (GOT), (long long int) (EXPECTED))

static void
check(int line, const char *what, long long int got, long long int expected)
{
    if (got != expected) {
        fprintf(stderr, "line %d: %s: expected %lld, got %lld\n",
                line, what, expected, got);
        exit(EXIT_FAILURE);
    }
}

#define NSEC UINT64_C(1000000000)
#define MSEC UINT64_C(1000000)

/* Header of an Ethernet record, with the padding that aligns what follows the
 * 14 bytes of the link header. */
#define ETH_HDRLEN 34

/* A fixture: a device, its memory and the packets that it got. */
struct fixture {
    struct bpf_dev dev;
    uint8_t *memory;
    uint64_t now;               /* Clock, ns. */
    unsigned int n_sent;        /* Number of packets so far. */
};

#define LIMITS(MAX_BLEN, BLEN, N_BUFFERS)                         \
    &(struct bpf_dev_limits) {                                    \
        .max_blen = MAX_BLEN, .default_blen = BLEN,               \
        .n_buffers = N_BUFFERS, .max_insns = 512 }

static void
open_dev(struct fixture *f, const struct bpf_dev_limits *limits)
{
    memset(f, 0, sizeof *f);
    f->now = 1000 * NSEC + 123456789;
    bpf_dev_init(&f->dev, limits, false);
}

static void
attach_dlt(struct fixture *f, uint32_t dlt)
{
    struct bpf_dev_port port = { .name = "p1", .dlt = dlt };

    /* Exactly the size that is asked for, so that AddressSanitizer sees what
     * goes beyond. */
    f->memory = xmalloc(bpf_dev_memory_size(&f->dev));
    memset(f->memory, 0xa5, bpf_dev_memory_size(&f->dev));
    CHECK(bpf_dev_check_attach(&f->dev), 0);
    bpf_dev_attach(&f->dev, &port, f->memory);
}

static void
open_attached(struct fixture *f, uint32_t blen, uint32_t n_buffers)
{
    open_dev(f, LIMITS(65536, blen, n_buffers));
    attach_dlt(f, BPF_DEV_DLT_EN10MB);
}

static void
close_dev(struct fixture *f)
{
    bpf_dev_uninit(&f->dev);
    free(f->memory);
    f->memory = NULL;
}

/* Requests. */

static int
set_value(struct fixture *f, enum bpf_dev_req req, uint32_t value)
{
    union bpf_dev_arg arg = { .value = value };

    return bpf_dev_request(&f->dev, req, &arg);
}

static int
get_error(struct fixture *f, enum bpf_dev_req req)
{
    union bpf_dev_arg arg;

    memset(&arg, 0, sizeof arg);
    return bpf_dev_request(&f->dev, req, &arg);
}

static uint32_t
get_value(struct fixture *f, enum bpf_dev_req req)
{
    union bpf_dev_arg arg;

    memset(&arg, 0, sizeof arg);
    CHECK(bpf_dev_request(&f->dev, req, &arg), 0);
    return arg.value;
}

static int
command(struct fixture *f, enum bpf_dev_req req)
{
    return bpf_dev_request(&f->dev, req, NULL);
}

static int
set_filter(struct fixture *f, enum bpf_dev_req req,
           const struct bpf_insn *insns, size_t n)
{
    union bpf_dev_arg arg = { .filter = { .insns = insns, .n = n } };
    int error = bpf_dev_request(&f->dev, req, &arg);

    CHECK(arg.filter.why == NULL || error == EINVAL, true);
    return error;
}

/* A filter of one instruction, "return k". */
static int
set_filter_ret(struct fixture *f, enum bpf_dev_req req, uint32_t k)
{
    struct bpf_insn insn = BPF_STMT(BPF_RET | BPF_K, k);

    return set_filter(f, req, &insn, 1);
}

/* A filter that accepts up to 'snaplen' bytes of packets whose first byte
 * is 'byte'. */
static int
set_filter_byte(struct fixture *f, enum bpf_dev_req req, uint8_t byte,
                uint32_t snaplen)
{
    struct bpf_insn insns[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, byte, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, snaplen),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };

    return set_filter(f, req, insns, ARRAY_SIZE(insns));
}

static int
set_timeout(struct fixture *f, enum bpf_dev_req req, int64_t sec,
            int64_t usec)
{
    union bpf_dev_arg arg = { .timeout = { .sec = sec, .usec = usec } };

    return bpf_dev_request(&f->dev, req, &arg);
}

static void
check_timeout(struct fixture *f, enum bpf_dev_req req, int64_t sec,
              int64_t usec)
{
    union bpf_dev_arg arg;

    CHECK(bpf_dev_request(&f->dev, req, &arg), 0);
    CHECK(arg.timeout.sec, sec);
    CHECK(arg.timeout.usec, usec);
}

static struct bpf_dev_info
info_of(const struct fixture *f)
{
    struct bpf_dev_info info;

    bpf_dev_get_info(&f->dev, &info);
    return info;
}

static void
check_stats(struct fixture *f, uint64_t received, uint64_t captured,
            uint64_t dropped)
{
    union bpf_dev_arg arg;

    CHECK(bpf_dev_request(&f->dev, BPF_DEV_GSTATS, &arg), 0);
    CHECK(arg.stats.received, received);
    CHECK(arg.stats.captured, captured);
    CHECK(arg.stats.dropped, dropped);
}

/* Packets.  Packet 'i' is filled with bytes of value 'i' + 1. */

static uint8_t
fill_byte(unsigned int i)
{
    return i + 1;
}

static void
send_way(struct fixture *f, uint32_t size, uint32_t wirelen,
         enum bpf_dev_way way)
{
    uint8_t *data = xmalloc(size ? size : 1);
    struct bpf_packet pkt = {
        .data = data, .size = size, .wirelen = wirelen,
    };
    struct bpf_dev_run run;

    memset(data, fill_byte(f->n_sent++), size);
    if (bpf_dev_filter_batch(&f->dev, &pkt, 1, way, &run)) {
        bpf_dev_append(&f->dev, &pkt, 1, &run, f->now);
    }
    free(data);
}

static void
send_packet(struct fixture *f, uint32_t size)
{
    send_way(f, size, size, BPF_DEV_IN);
}

/* Sends 'n' packets that take 'record' bytes of the buffer each. */
static void
send_records(struct fixture *f, unsigned int n, uint32_t record)
{
    for (unsigned int i = 0; i < n; i++) {
        send_packet(f, record - ETH_HDRLEN);
    }
}

/* Reading. */

static int
try_read_buffer(struct fixture *f, unsigned int flags,
                struct bpf_dev_buffer *buffer)
{
    return bpf_dev_read(&f->dev, flags, bpf_dev_blen(&f->dev), buffer);
}

static int
try_read(struct fixture *f, unsigned int flags)
{
    struct bpf_dev_buffer buffer;

    return try_read_buffer(f, flags, &buffer);
}

static void
claim(struct fixture *f, unsigned int flags, struct bpf_dev_buffer *buffer)
{
    CHECK(try_read_buffer(f, flags, buffer), 0);
}

static const uint8_t *
buffer_data(const struct fixture *f, const struct bpf_dev_buffer *buffer)
{
    return f->memory + buffer->index * bpf_dev_stride(&f->dev);
}

static struct bpf_record
record_at(const uint8_t *p)
{
    struct bpf_record record;

    memcpy(&record, p, sizeof record);
    return record;
}

/* Checks the records in 'buffer': the packets with the 'n' numbers at
 * 'numbers', each in whole. */
static void
check_packets(const struct fixture *f, const struct bpf_dev_buffer *buffer,
              const unsigned int numbers[], size_t n)
{
    const uint8_t *p = buffer_data(f, buffer);
    const uint8_t *end = p + buffer->len;
    size_t i;

    for (i = 0; p < end; i++) {
        struct bpf_record r = record_at(p);

        CHECK(i < n, true);
        for (uint32_t j = 0; j < r.caplen; j++) {
            CHECK(p[r.hdrlen + j], fill_byte(numbers[i]));
        }
        p += BPF_RECORD_SIZE(r.hdrlen, r.caplen);
    }
    CHECK(p - end, 0);
    CHECK(i, n);
}

/* Reads and gives back one buffer, which must hold the packets numbered from
 * 'first' to 'last'. */
static void
check_read(struct fixture *f, unsigned int flags, unsigned int first,
           unsigned int last)
{
    struct bpf_dev_buffer buffer;
    unsigned int numbers[64];
    size_t n = 0;

    for (unsigned int i = first; i <= last; i++) {
        numbers[n++] = i;
    }
    claim(f, flags, &buffer);
    check_packets(f, &buffer, numbers, n);
    bpf_dev_release(&f->dev);
}

static void
check_lens(struct fixture *f, uint64_t store, uint64_t hold)
{
    struct bpf_dev_info info;

    bpf_dev_get_info(&f->dev, &info);
    CHECK(info.store_len, store);
    CHECK(info.hold_len, hold);
}

/* Section 1: the device. */

static void
test_defaults(void)
{
    struct bpf_dev_limits classic = BPF_DEV_LIMITS_CLASSIC;
    struct bpf_dev_info info;
    struct fixture f;

    open_dev(&f, &classic);
    CHECK(get_value(&f, BPF_DEV_GBLEN), 32768);
    CHECK(get_value(&f, BPF_DEV_GSEESENT), 1);
    CHECK(get_value(&f, BPF_DEV_GDIRECTION), BPF_DEV_D_INOUT);
    CHECK(get_value(&f, BPF_DEV_GHDRCMPLT), 0);
    CHECK(get_value(&f, BPF_DEV_GFEEDBACK), 0);
    CHECK(get_value(&f, BPF_DEV_GTSTAMP), BPF_DEV_T_MICROTIME);
    check_timeout(&f, BPF_DEV_GRTIMEOUT, 0, 0);
    CHECK(get_error(&f, BPF_DEV_GWTIMEOUT), ENXIO);
    check_stats(&f, 0, 0, 0);

    bpf_dev_get_info(&f.dev, &info);
    CHECK(info.state, BPF_DEV_UNATTACHED);
    CHECK(info.immediate, false);
    CHECK(info.promisc, false);
    CHECK(info.locked, false);
    CHECK(info.n_insns, 0);

    attach_dlt(&f, BPF_DEV_DLT_EN10MB);
    send_packet(&f, 100);
    check_stats(&f, 1, 1, 0);
    close_dev(&f);
}

static void
test_states(void)
{
    struct fixture f;

    open_dev(&f, LIMITS(4096, 1024, 2));
    CHECK(info_of(&f).state, BPF_DEV_UNATTACHED);
    bpf_dev_detach(&f.dev);
    CHECK(info_of(&f).state, BPF_DEV_UNATTACHED);
    attach_dlt(&f, BPF_DEV_DLT_EN10MB);
    CHECK(info_of(&f).state, BPF_DEV_ATTACHED);
    CHECK(bpf_dev_check_attach(&f.dev), EINVAL);
    bpf_dev_detach(&f.dev);
    CHECK(info_of(&f).state, BPF_DEV_DETACHED);
    CHECK(bpf_dev_check_attach(&f.dev), EINVAL);
    bpf_dev_detach(&f.dev);
    CHECK(info_of(&f).state, BPF_DEV_DETACHED);
    close_dev(&f);

    CHECK(strcmp(bpf_dev_state_to_string(BPF_DEV_UNATTACHED), "unattached"),
          0);
    CHECK(strcmp(bpf_dev_state_to_string(BPF_DEV_ATTACHED), "attached"), 0);
    CHECK(strcmp(bpf_dev_state_to_string(BPF_DEV_DETACHED), "detached"), 0);
}

/* Closing frees everything in every state: for a leak checker. */
static void
test_close(void)
{
    for (int step = 0; step < 5; step++) {
        struct fixture f;

        open_dev(&f, LIMITS(4096, 1024, 2));
        if (step > 0) {
            CHECK(set_filter_ret(&f, BPF_DEV_SETF, 10000), 0);
            CHECK(set_filter_ret(&f, BPF_DEV_SETWF, 1), 0);
        }
        if (step > 1) {
            attach_dlt(&f, BPF_DEV_DLT_EN10MB);
            send_records(&f, 5, 512);
        }
        if (step > 2) {
            CHECK(try_read(&f, 0), 0);
        }
        if (step > 3) {
            bpf_dev_detach(&f.dev);
        }
        close_dev(&f);
    }
}

static void
test_limits(void)
{
    struct fixture f;

    /* Too small, too large, unaligned. */
    open_dev(&f, LIMITS(0, 0, 0));
    CHECK(bpf_dev_blen(&f.dev), BPF_DEV_MIN_BLEN);
    CHECK(bpf_dev_n_buffers(&f.dev), BPF_DEV_MIN_BUFFERS);
    close_dev(&f);
    open_dev(&f, LIMITS(UINT32_MAX, UINT32_MAX, UINT32_MAX));
    CHECK(bpf_dev_n_buffers(&f.dev), BPF_DEV_MAX_BUFFERS);
    if (sizeof(size_t) > 4) {
        CHECK(bpf_dev_blen(&f.dev), 1 << 30);
    }
    CHECK(bpf_dev_memory_size(&f.dev) / BPF_DEV_MAX_BUFFERS,
          bpf_dev_blen(&f.dev));
    close_dev(&f);
    open_dev(&f, LIMITS(1001, 999, 3));
    CHECK(bpf_dev_blen(&f.dev), 1000);
    CHECK(set_value(&f, BPF_DEV_SBLEN, UINT32_MAX), 0);
    CHECK(bpf_dev_blen(&f.dev), 1000);
    CHECK(bpf_dev_memory_size(&f.dev), 3000);

    /* Another number of buffers, within the bounds. */
    bpf_dev_set_n_buffers(&f.dev, 5);
    CHECK(bpf_dev_n_buffers(&f.dev), 5);
    CHECK(bpf_dev_memory_size(&f.dev), 5000);
    bpf_dev_set_n_buffers(&f.dev, 1);
    CHECK(bpf_dev_n_buffers(&f.dev), BPF_DEV_MIN_BUFFERS);
    bpf_dev_set_n_buffers(&f.dev, BPF_DEV_MAX_BUFFERS + 1);
    CHECK(bpf_dev_n_buffers(&f.dev), BPF_DEV_MAX_BUFFERS);
    close_dev(&f);
}

/* Section 2: buffers. */

static void
test_buffers_outlive_port(void)
{
    struct fixture f;

    open_attached(&f, 1024, 2);
    CHECK(bpf_dev_memory_size(&f.dev), 2048);
    send_records(&f, 3, 512);
    bpf_dev_detach(&f.dev);
    check_read(&f, 0, 0, 1);
    check_read(&f, 0, 2, 2);
    close_dev(&f);
}

static void
test_does_not_fit(void)
{
    struct fixture f;

    /* 400 + 400 + 400 bytes do not fit into 1024. */
    open_attached(&f, 1024, 2);
    send_records(&f, 2, 400);
    check_lens(&f, 800, 0);
    send_records(&f, 1, 400);
    check_lens(&f, 400, 800);
    send_records(&f, 1, 400);
    check_lens(&f, 800, 800);
    check_stats(&f, 4, 4, 0);

    /* Hold is not empty: dropped, and counted. */
    send_records(&f, 1, 400);
    check_lens(&f, 800, 800);
    check_stats(&f, 5, 5, 1);

    /* A smaller one still fits. */
    send_records(&f, 1, 200);
    check_lens(&f, 1000, 800);
    check_stats(&f, 6, 6, 1);

    check_read(&f, 0, 0, 1);

    /* Nothing more fits, but only the next packet rotates. */
    check_lens(&f, 1000, 0);
    send_records(&f, 1, 400);
    check_lens(&f, 400, 1000);

    struct bpf_dev_buffer buffer;
    claim(&f, 0, &buffer);
    check_packets(&f, &buffer, (unsigned int[]) { 2, 3, 5 }, 3);
    close_dev(&f);
}

static void
test_exactly_full(void)
{
    struct fixture f;

    open_attached(&f, 1024, 2);
    send_records(&f, 1, 512);
    CHECK(bpf_dev_is_readable(&f.dev), false);
    send_records(&f, 1, 512);
    check_lens(&f, 0, 1024);
    CHECK(bpf_dev_is_readable(&f.dev), true);

    /* Up to the last byte of padding counts, too. */
    send_packet(&f, 1024 - ETH_HDRLEN - 7);
    check_lens(&f, 1024, 1024);
    check_read(&f, 0, 0, 1);

    /* After the read, the full store buffer is rotated at once. */
    check_lens(&f, 0, 1024);
    check_read(&f, 0, 2, 2);
    check_lens(&f, 0, 0);

    /* Eight bytes short of full is not full. */
    send_packet(&f, 1024 - ETH_HDRLEN - 8);
    check_lens(&f, 1016, 0);
    CHECK(bpf_dev_is_readable(&f.dev), false);
    close_dev(&f);
}

static void
check_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        CHECK(p[i], 0);
    }
}

static void
check_record(uint32_t dlt, uint32_t hdrlen, uint32_t tstamp, uint32_t frac)
{
    struct bpf_dev_buffer buffer;
    struct fixture f;

    open_dev(&f, LIMITS(65536, 4096, 2));
    CHECK(set_value(&f, BPF_DEV_STSTAMP, tstamp), 0);
    attach_dlt(&f, dlt);
    for (uint32_t size = 0; size < 20; size++) {
        send_way(&f, size, size + 1000,
                 size % 2 ? BPF_DEV_OUT : BPF_DEV_IN);
    }
    claim(&f, BPF_DEV_READ_NONBLOCK, &buffer);

    const uint8_t *p = buffer_data(&f, &buffer);
    for (uint32_t size = 0; size < 20; size++) {
        struct bpf_record r = record_at(p);
        uint32_t padded = BPF_RECORD_SIZE(hdrlen, size);

        CHECK((p - f.memory) % 8, 0);
        CHECK(r.sec, 1000);
        CHECK(r.frac, frac);
        CHECK(r.caplen, size);
        CHECK(r.datalen, size + 1000);
        CHECK(r.hdrlen, hdrlen);
        CHECK(r.flags, size % 2 ? BPF_RECORD_OUT : BPF_RECORD_IN);
        CHECK(r.queue, 0);
        CHECK(r.drops, 0);
        check_zero(p + sizeof r, hdrlen - sizeof r);
        for (uint32_t i = 0; i < size; i++) {
            CHECK(p[hdrlen + i], fill_byte(size));
        }
        check_zero(p + hdrlen + size, padded - hdrlen - size);
        p += padded;
    }
    CHECK(p - buffer_data(&f, &buffer), buffer.len);
    close_dev(&f);
}

static void
test_record(void)
{
    CHECK(sizeof(struct bpf_record), 32);
    check_record(BPF_DEV_DLT_EN10MB, ETH_HDRLEN, BPF_DEV_T_MICROTIME, 123456);
    check_record(BPF_DEV_DLT_EN10MB, ETH_HDRLEN, BPF_DEV_T_NANOTIME,
                 123456789);
    check_record(BPF_DEV_DLT_RAW, 32, BPF_DEV_T_MICROTIME, 123456);
}

/* The byte at 'at' of a packet of 'size' bytes: no two neighbours are alike. */
static uint8_t
odd_byte(uint32_t size, uint32_t at)
{
    return size + 7 * at + at / 256;
}

/* Stores two packets, the second of them of 'size' bytes from an address that
 * is 'skew' beyond an aligned one, and checks it: each byte, the padding, and
 * that what comes behind is as it was. */
static void
check_length(struct fixture *f, uint32_t size, uint32_t skew)
{
    uint8_t *data = xmalloc(size + skew + 1);
    struct bpf_packet pkts[] = {
        { .data = data, .size = skew, .wirelen = skew },
        { .data = data + skew, .size = size, .wirelen = size },
    };
    struct bpf_dev_buffer buffer;
    struct bpf_dev_run run;

    for (uint32_t i = 0; i < size; i++) {
        data[skew + i] = odd_byte(size, i);
    }
    memset(f->memory, 0xa5, bpf_dev_memory_size(&f->dev));
    CHECK(bpf_dev_filter_batch(&f->dev, pkts, 2, BPF_DEV_IN, &run), 2);
    CHECK(bpf_dev_append(&f->dev, pkts, 2, &run, f->now), 0);
    free(data);

    claim(f, BPF_DEV_READ_NONBLOCK, &buffer);
    const uint8_t *p = (buffer_data(f, &buffer)
                        + BPF_RECORD_SIZE(ETH_HDRLEN, skew));
    uint32_t padded = BPF_RECORD_SIZE(ETH_HDRLEN, size);
    CHECK(record_at(p).caplen, size);
    for (uint32_t i = 0; i < size; i++) {
        CHECK(p[ETH_HDRLEN + i], odd_byte(size, i));
    }
    for (uint32_t i = ETH_HDRLEN + size; i < padded; i++) {
        CHECK(p[i], 0);
    }
    CHECK(p + padded - buffer_data(f, &buffer), buffer.len);
    CHECK(p[padded], 0xa5);
    bpf_dev_release(&f->dev);
}

static void
test_lengths(void)
{
    struct fixture f;

    open_attached(&f, 16384, 2);
    for (uint32_t size = 0; size <= 200; size++) {
        for (uint32_t skew = 0; skew < 64; skew += 9) {
            check_length(&f, size, skew);
            check_length(&f, 1000 + size, skew);
        }
    }
    for (uint32_t size = 1500; size < 1600; size++) {
        check_length(&f, size, size % 64);
        check_length(&f, 6 * size, size % 61);
    }
    close_dev(&f);
}

static void
check_oversize(uint32_t blen, uint32_t size, uint32_t hdrlen, uint32_t caplen)
{
    struct bpf_dev_buffer buffer;
    struct bpf_record r;
    struct fixture f;

    open_attached(&f, blen, 2);
    send_packet(&f, size);
    claim(&f, BPF_DEV_READ_NONBLOCK, &buffer);
    CHECK(buffer.len, BPF_RECORD_SIZE(hdrlen, caplen));
    r = record_at(buffer_data(&f, &buffer));
    CHECK(r.hdrlen, hdrlen);
    CHECK(r.caplen, caplen);
    CHECK(r.datalen, size);
    check_packets(&f, &buffer, (unsigned int[]) { 0 }, 1);
    close_dev(&f);
}

static void
test_oversize(void)
{
    check_oversize(1024, 1024 - ETH_HDRLEN, ETH_HDRLEN, 1024 - ETH_HDRLEN);
    check_oversize(1024, 1024 - ETH_HDRLEN + 1, ETH_HDRLEN,
                   1024 - ETH_HDRLEN);
    check_oversize(1024, 65535, ETH_HDRLEN, 1024 - ETH_HDRLEN);
    check_oversize(40, 60, ETH_HDRLEN, 6);

    /* The smallest buffer has room for a header only. */
    check_oversize(32, 60, 32, 0);
}

static void
test_verdict(void)
{
    static const struct {
        uint32_t verdict;
        uint32_t size;
        uint32_t caplen;
    } cases[] = {
        { 1, 100, 1 },
        { 99, 100, 99 },
        { 100, 100, 100 },
        { 101, 100, 100 },
        { UINT32_MAX, 100, 100 },
        { 0x80000000, 100, 100 },
    };
    struct fixture f;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct bpf_dev_buffer buffer;
        struct bpf_record r;

        open_attached(&f, 1024, 2);
        CHECK(set_filter_ret(&f, BPF_DEV_SETF, cases[i].verdict), 0);
        send_packet(&f, cases[i].size);
        claim(&f, BPF_DEV_READ_NONBLOCK, &buffer);
        r = record_at(buffer_data(&f, &buffer));
        CHECK(r.caplen, cases[i].caplen);
        CHECK(r.datalen, cases[i].size);
        close_dev(&f);
    }

    open_attached(&f, 1024, 2);
    CHECK(set_filter_ret(&f, BPF_DEV_SETF, 0), 0);
    send_packet(&f, 100);
    CHECK(try_read(&f, BPF_DEV_READ_NONBLOCK), EAGAIN);
    check_stats(&f, 1, 0, 0);

    uint8_t byte = 7;
    struct bpf_packet pkt = { .data = &byte, .size = 1, .wirelen = 1 };
    struct bpf_dev_run run;
    CHECK(bpf_dev_filter_batch(&f.dev, &pkt, 1, BPF_DEV_IN, &run), 0);
    CHECK(pkt.verdict, 0);
    CHECK(set_filter_byte(&f, BPF_DEV_SETF, 7, 55), 0);
    CHECK(bpf_dev_filter_batch(&f.dev, &pkt, 1, BPF_DEV_IN, &run), 1);
    CHECK(pkt.verdict, 55);
    close_dev(&f);
}

static void
test_counters(void)
{
    struct bpf_dev_stats life;
    struct fixture f;

    /* Packets 0..9 of which 4 (byte 5) and 5 to 9 (after the change). */
    open_attached(&f, 256, 2);
    CHECK(set_filter_byte(&f, BPF_DEV_SETF, 5, 10000), 0);
    send_records(&f, 5, 128);
    check_stats(&f, 5, 1, 0);
    CHECK(set_filter(&f, BPF_DEV_SETFNR, NULL, 0), 0);
    send_records(&f, 5, 128);
    check_stats(&f, 10, 6, 2);

    bpf_dev_get_lifetime_stats(&f.dev, &life);
    CHECK(life.received, 10);
    CHECK(life.captured, 6);
    CHECK(life.dropped, 2);

    /* A flush clears the device's counters, not what totals are made of. */
    CHECK(command(&f, BPF_DEV_FLUSH), 0);
    check_stats(&f, 0, 0, 0);
    bpf_dev_get_lifetime_stats(&f.dev, &life);
    CHECK(life.received, 10);
    CHECK(life.captured, 6);
    CHECK(life.dropped, 2);
    send_records(&f, 5, 128);
    check_stats(&f, 5, 5, 1);
    bpf_dev_get_lifetime_stats(&f.dev, &life);
    CHECK(life.received, 15);
    CHECK(life.dropped, 3);
    close_dev(&f);
}

/* What there was no time for counts, also across a flush, and the next record
 * tells of it. */
static void
test_missed(void)
{
    struct bpf_dev_buffer buffer;
    struct bpf_dev_stats life;
    struct fixture f;

    open_attached(&f, 256, 2);
    bpf_dev_miss(&f.dev, 5, 2);
    check_stats(&f, 5, 2, 2);
    CHECK(bpf_dev_is_readable(&f.dev), false);
    send_records(&f, 1, 128);
    bpf_dev_miss(&f.dev, 1, 1);
    send_records(&f, 1, 128);
    check_stats(&f, 8, 5, 3);
    claim(&f, 0, &buffer);
    CHECK(record_at(buffer_data(&f, &buffer)).drops, 2);
    CHECK(record_at(buffer_data(&f, &buffer) + 128).drops, 1);
    bpf_dev_release(&f.dev);

    bpf_dev_miss(&f.dev, 1, 1);
    CHECK(command(&f, BPF_DEV_FLUSH), 0);
    check_stats(&f, 0, 0, 0);
    bpf_dev_get_lifetime_stats(&f.dev, &life);
    CHECK(life.received, 9);
    CHECK(life.dropped, 4);
    send_records(&f, 2, 128);
    claim(&f, 0, &buffer);
    CHECK(record_at(buffer_data(&f, &buffer)).drops, 0);
    close_dev(&f);
}

static void
test_drops_in_record(void)
{
    static const uint32_t expected[] = { 0, 0, 3, 0 };
    struct bpf_dev_buffer buffer;
    struct fixture f;
    size_t i = 0;

    /* Two buffers of two records, three lost, then two more. */
    open_attached(&f, 256, 2);
    send_records(&f, 4 + 3, 128);
    check_read(&f, 0, 0, 1);
    send_records(&f, 2, 128);
    check_stats(&f, 9, 9, 3);
    for (int n = 0; n < 2; n++) {
        claim(&f, 0, &buffer);
        CHECK(buffer.len, 256);
        CHECK(record_at(buffer_data(&f, &buffer)).drops, expected[i++]);
        CHECK(record_at(buffer_data(&f, &buffer) + 128).drops, expected[i++]);
        bpf_dev_release(&f.dev);
    }

    /* A flush forgets them. */
    send_records(&f, 4 + 3, 128);
    CHECK(command(&f, BPF_DEV_FLUSH), 0);
    send_records(&f, 2, 128);
    claim(&f, 0, &buffer);
    CHECK(record_at(buffer_data(&f, &buffer)).drops, 0);
    close_dev(&f);
}

static void
test_n_buffers(void)
{
    struct bpf_dev_buffer buffer;
    struct fixture f;

    /* Four buffers of two records: three in the queue and one to store. */
    open_attached(&f, 256, 4);
    send_records(&f, 8, 128);
    check_lens(&f, 256, 768);
    send_records(&f, 1, 128);
    check_stats(&f, 9, 9, 1);

    /* The client's buffer is not written to before it is released; then it is
     * free at once. */
    claim(&f, 0, &buffer);
    check_packets(&f, &buffer, (unsigned int[]) { 0, 1 }, 2);
    send_records(&f, 1, 128);
    check_packets(&f, &buffer, (unsigned int[]) { 0, 1 }, 2);
    check_stats(&f, 10, 10, 2);
    check_lens(&f, 256, 768);
    bpf_dev_release(&f.dev);
    check_lens(&f, 0, 768);
    send_records(&f, 2, 128);
    check_stats(&f, 12, 12, 2);
    check_lens(&f, 256, 768);

    check_read(&f, 0, 2, 3);
    check_read(&f, 0, 4, 5);
    check_read(&f, 0, 6, 7);
    check_read(&f, 0, 10, 11);
    CHECK(try_read(&f, 0), EAGAIN);
    check_lens(&f, 0, 0);
    close_dev(&f);
}

static void
test_batch(void)
{
    uint8_t data[64];
    struct bpf_packet pkts[4];
    struct bpf_dev_run run;
    struct fixture f;

    for (size_t i = 0; i < 64; i++) {
        data[i] = i;
    }
    for (size_t i = 0; i < 4; i++) {
        pkts[i] = (struct bpf_packet) {
            .data = &data[i], .size = 10, .wirelen = 20, .verdict = 99,
        };
    }

    /* Nothing accepted: counted, and no append is needed. */
    open_attached(&f, 1024, 2);
    CHECK(set_filter_byte(&f, BPF_DEV_SETF, 200, 5), 0);
    CHECK(bpf_dev_filter_batch(&f.dev, pkts, 4, BPF_DEV_IN, &run), 0);
    check_stats(&f, 4, 0, 0);

    CHECK(set_filter_byte(&f, BPF_DEV_SETF, 2, 5), 0);
    CHECK(bpf_dev_filter_batch(&f.dev, pkts, 4, BPF_DEV_IN, &run), 1);
    CHECK(pkts[0].verdict, 0);
    CHECK(pkts[2].verdict, 5);
    bpf_dev_append(&f.dev, pkts, 4, &run, f.now);
    check_stats(&f, 4, 1, 0);

    struct bpf_dev_buffer buffer;
    claim(&f, BPF_DEV_READ_NONBLOCK, &buffer);
    CHECK(buffer.len, BPF_RECORD_SIZE(ETH_HDRLEN, 5));
    CHECK(buffer_data(&f, &buffer)[ETH_HDRLEN + 4], 6);
    CHECK(record_at(buffer_data(&f, &buffer)).datalen, 20);
    close_dev(&f);
}

/* A request that comes between filtering and appending counts. */
static void
test_batch_race(void)
{
    uint8_t data = 5;
    struct bpf_packet pkt = { .data = &data, .size = 1, .wirelen = 1 };
    struct bpf_dev_run run;
    struct fixture f;

    open_attached(&f, 1024, 2);

    /* New filter refuses. */
    CHECK(bpf_dev_filter_batch(&f.dev, &pkt, 1, BPF_DEV_OUT, &run), 1);
    CHECK(set_filter_byte(&f, BPF_DEV_SETF, 6, 5), 0);
    bpf_dev_append(&f.dev, &pkt, 1, &run, f.now);
    check_lens(&f, 0, 0);
    check_stats(&f, 1, 0, 0);

    /* New filter accepts, with another length. */
    CHECK(set_filter_byte(&f, BPF_DEV_SETF, 5, 9), 0);
    CHECK(bpf_dev_filter_batch(&f.dev, &pkt, 1, BPF_DEV_OUT, &run), 1);
    CHECK(set_filter(&f, BPF_DEV_SETFNR, NULL, 0), 0);
    bpf_dev_append(&f.dev, &pkt, 1, &run, f.now);
    CHECK(pkt.verdict, BPF_PROG_ACCEPT_ALL);
    check_stats(&f, 1, 1, 0);

    /* New direction excludes. */
    CHECK(bpf_dev_filter_batch(&f.dev, &pkt, 1, BPF_DEV_OUT, &run), 1);
    CHECK(set_value(&f, BPF_DEV_SSEESENT, 0), 0);
    bpf_dev_append(&f.dev, &pkt, 1, &run, f.now);
    check_stats(&f, 1, 1, 0);

    /* A flush between the two leaves both counters of the packet right. */
    CHECK(bpf_dev_filter_batch(&f.dev, &pkt, 1, BPF_DEV_IN, &run), 1);
    CHECK(command(&f, BPF_DEV_FLUSH), 0);
    bpf_dev_append(&f.dev, &pkt, 1, &run, f.now);
    check_stats(&f, 1, 1, 0);

    /* Port gone. */
    CHECK(bpf_dev_filter_batch(&f.dev, &pkt, 1, BPF_DEV_IN, &run), 1);
    bpf_dev_detach(&f.dev);
    bpf_dev_append(&f.dev, &pkt, 1, &run, f.now);
    check_stats(&f, 1, 1, 0);
    close_dev(&f);
}

/* Section 3: reading. */

static void
test_read_size(void)
{
    struct bpf_dev_buffer buffer;
    struct fixture f;

    open_dev(&f, LIMITS(4096, 1024, 2));
    CHECK(bpf_dev_read(&f.dev, 0, 1024, &buffer), EINVAL);
    attach_dlt(&f, BPF_DEV_DLT_EN10MB);
    send_records(&f, 2, 512);
    CHECK(bpf_dev_read(&f.dev, 0, 1023, &buffer), EINVAL);
    CHECK(bpf_dev_read(&f.dev, 0, 1025, &buffer), EINVAL);
    CHECK(bpf_dev_read(&f.dev, 0, 0, &buffer), EINVAL);
    CHECK(bpf_dev_read(&f.dev, 0, 1024, &buffer), 0);
    bpf_dev_release(&f.dev);
    bpf_dev_detach(&f.dev);
    CHECK(bpf_dev_read(&f.dev, 0, 1023, &buffer), EINVAL);
    close_dev(&f);
}

static void
test_read_regular(void)
{
    struct fixture f;

    open_attached(&f, 1024, 2);
    CHECK(try_read(&f, 0), EAGAIN);
    send_records(&f, 1, 512);
    CHECK(try_read(&f, 0), EAGAIN);
    check_lens(&f, 512, 0);
    send_records(&f, 1, 512);
    check_read(&f, 0, 0, 1);
    CHECK(try_read(&f, 0), EAGAIN);
    close_dev(&f);
}

static void
test_read_immediate(void)
{
    struct fixture f;

    open_attached(&f, 1024, 2);
    CHECK(set_value(&f, BPF_DEV_IMMEDIATE, 1), 0);
    CHECK(try_read(&f, 0), EAGAIN);
    send_records(&f, 1, 512);
    check_read(&f, 0, 0, 0);

    /* Hold first, then store. */
    send_records(&f, 3, 512);
    check_read(&f, 0, 1, 2);
    check_read(&f, 0, 3, 3);
    CHECK(try_read(&f, 0), EAGAIN);
    close_dev(&f);
}

static void
test_read_nonblock(void)
{
    struct fixture f;

    open_attached(&f, 1024, 2);
    CHECK(try_read(&f, BPF_DEV_READ_NONBLOCK), EAGAIN);
    send_records(&f, 3, 512);
    check_read(&f, BPF_DEV_READ_NONBLOCK, 0, 1);
    check_read(&f, BPF_DEV_READ_NONBLOCK, 2, 2);
    CHECK(try_read(&f, BPF_DEV_READ_NONBLOCK), EAGAIN);
    close_dev(&f);
}

static void
test_read_timeout(void)
{
    struct fixture f;

    open_attached(&f, 1024, 2);
    CHECK(set_timeout(&f, BPF_DEV_SRTIMEOUT, 0, 5000), 0);
    CHECK(info_of(&f).read_ms, 5);
    CHECK(try_read(&f, BPF_DEV_READ_EXPIRED), EAGAIN);
    send_records(&f, 1, 512);

    /* The timeout by itself makes nothing readable. */
    CHECK(bpf_dev_is_readable(&f.dev), false);
    CHECK(try_read(&f, 0), EAGAIN);
    check_read(&f, BPF_DEV_READ_EXPIRED, 0, 0);
    close_dev(&f);
}

/* Interrupted before it got anything, a read leaves all as it was. */
static void
test_read_interrupted(void)
{
    struct fixture f;

    open_attached(&f, 1024, 2);
    send_records(&f, 1, 512);
    for (int i = 0; i < 10; i++) {
        CHECK(try_read(&f, 0), EAGAIN);
    }
    send_records(&f, 1, 512);
    check_read(&f, 0, 0, 1);
    close_dev(&f);
}

static void
test_read_second(void)
{
    struct bpf_dev_buffer buffer;
    struct fixture f;

    open_attached(&f, 1024, 3);
    send_records(&f, 4, 512);
    claim(&f, 0, &buffer);
    CHECK(try_read(&f, 0), EIO);
    CHECK(try_read(&f, BPF_DEV_READ_NONBLOCK), EIO);
    check_packets(&f, &buffer, (unsigned int[]) { 0, 1 }, 2);
    bpf_dev_release(&f.dev);
    bpf_dev_release(&f.dev);
    check_read(&f, 0, 2, 3);
    close_dev(&f);
}

static void
test_read_port_gone(void)
{
    struct fixture f;

    /* Hold, then store, then EIO. */
    open_attached(&f, 1024, 2);
    send_records(&f, 3, 512);
    bpf_dev_detach(&f.dev);
    send_records(&f, 1, 512);
    check_read(&f, 0, 0, 1);
    check_lens(&f, 0, 512);
    check_read(&f, 0, 2, 2);
    CHECK(try_read(&f, 0), EIO);
    CHECK(try_read(&f, BPF_DEV_READ_NONBLOCK), EIO);
    CHECK(try_read(&f, BPF_DEV_READ_EXPIRED), EIO);
    close_dev(&f);

    /* Store only: rotated at once. */
    open_attached(&f, 1024, 2);
    send_records(&f, 1, 512);
    bpf_dev_detach(&f.dev);
    check_lens(&f, 0, 512);
    check_read(&f, 0, 0, 0);
    CHECK(try_read(&f, 0), EIO);
    close_dev(&f);

    /* With a buffer at the client's. */
    open_attached(&f, 1024, 2);
    send_records(&f, 3, 512);
    CHECK(try_read(&f, 0), 0);
    bpf_dev_detach(&f.dev);
    check_lens(&f, 512, 1024);
    bpf_dev_release(&f.dev);
    check_lens(&f, 0, 512);
    check_read(&f, 0, 2, 2);
    CHECK(try_read(&f, 0), EIO);
    close_dev(&f);

    /* Nothing at all. */
    open_attached(&f, 1024, 2);
    bpf_dev_detach(&f.dev);
    CHECK(try_read(&f, 0), EIO);
    close_dev(&f);
}

static void
test_after_read(void)
{
    struct fixture f;

    open_attached(&f, 1024, 2);
    send_records(&f, 4, 512);
    check_lens(&f, 1024, 1024);
    check_read(&f, 0, 0, 1);
    check_lens(&f, 0, 1024);
    send_records(&f, 1, 512);
    check_read(&f, 0, 2, 3);
    check_lens(&f, 512, 0);
    close_dev(&f);
}

static void
test_readiness(void)
{
    struct fixture f;

    open_dev(&f, LIMITS(4096, 1024, 2));
    CHECK(bpf_dev_is_readable(&f.dev), true);
    attach_dlt(&f, BPF_DEV_DLT_EN10MB);
    CHECK(bpf_dev_is_readable(&f.dev), false);

    /* The read timeout has no influence. */
    CHECK(set_timeout(&f, BPF_DEV_SRTIMEOUT, 0, 1), 0);
    send_records(&f, 1, 512);
    CHECK(bpf_dev_is_readable(&f.dev), false);

    /* Immediate mode, on and off. */
    CHECK(set_value(&f, BPF_DEV_IMMEDIATE, 1), 0);
    CHECK(bpf_dev_is_readable(&f.dev), true);
    CHECK(set_value(&f, BPF_DEV_IMMEDIATE, 0), 0);
    CHECK(bpf_dev_is_readable(&f.dev), false);

    /* Hold non-empty. */
    send_records(&f, 2, 512);
    CHECK(bpf_dev_is_readable(&f.dev), true);
    check_read(&f, 0, 0, 1);
    CHECK(bpf_dev_is_readable(&f.dev), false);

    /* Flushed. */
    send_records(&f, 2, 512);
    CHECK(bpf_dev_is_readable(&f.dev), true);
    CHECK(command(&f, BPF_DEV_FLUSH), 0);
    CHECK(bpf_dev_is_readable(&f.dev), false);

    /* Immediate mode with nothing in store. */
    CHECK(set_value(&f, BPF_DEV_IMMEDIATE, 1), 0);
    CHECK(bpf_dev_is_readable(&f.dev), false);

    /* Port gone, for ever. */
    bpf_dev_detach(&f.dev);
    CHECK(bpf_dev_is_readable(&f.dev), true);
    CHECK(try_read(&f, 0), EIO);
    CHECK(bpf_dev_is_readable(&f.dev), true);
    close_dev(&f);
}

/* A client that keeps its buffer while it waits is not left waiting. */
static void
test_readiness_unreleased(void)
{
    struct fixture f;

    /* Store exactly full. */
    open_attached(&f, 1024, 2);
    send_records(&f, 3, 512);
    CHECK(try_read(&f, 0), 0);
    CHECK(bpf_dev_is_readable(&f.dev), false);
    CHECK(get_value(&f, BPF_DEV_NREAD), 0);
    send_records(&f, 1, 512);
    CHECK(bpf_dev_is_readable(&f.dev), true);
    CHECK(get_value(&f, BPF_DEV_NREAD), 1024);
    bpf_dev_release(&f.dev);
    CHECK(bpf_dev_is_readable(&f.dev), true);
    check_read(&f, 0, 2, 3);
    CHECK(bpf_dev_is_readable(&f.dev), false);

    /* A packet got lost for want of the client's buffer. */
    send_records(&f, 1, 800);
    send_records(&f, 1, 512);
    CHECK(try_read(&f, 0), 0);
    CHECK(bpf_dev_is_readable(&f.dev), false);
    send_records(&f, 1, 800);
    check_stats(&f, 7, 7, 1);
    CHECK(bpf_dev_is_readable(&f.dev), true);
    CHECK(get_value(&f, BPF_DEV_NREAD), 512);
    bpf_dev_release(&f.dev);
    check_lens(&f, 0, 512);
    check_read(&f, 0, 5, 5);
    CHECK(bpf_dev_is_readable(&f.dev), false);

    /* With three buffers there is one more before that. */
    close_dev(&f);
    open_attached(&f, 1024, 3);
    send_records(&f, 2, 512);
    CHECK(try_read(&f, 0), 0);
    send_records(&f, 2, 512);
    CHECK(bpf_dev_is_readable(&f.dev), true);
    send_records(&f, 3, 512);
    check_stats(&f, 7, 7, 1);
    bpf_dev_release(&f.dev);
    check_read(&f, 0, 2, 3);
    CHECK(bpf_dev_is_readable(&f.dev), true);
    check_read(&f, 0, 4, 5);
    CHECK(bpf_dev_is_readable(&f.dev), false);
    close_dev(&f);
}

static void
test_fionread(void)
{
    struct fixture f;

    open_dev(&f, LIMITS(4096, 1024, 2));
    CHECK(get_value(&f, BPF_DEV_NREAD), 0);
    attach_dlt(&f, BPF_DEV_DLT_EN10MB);
    CHECK(get_value(&f, BPF_DEV_NREAD), 0);
    send_records(&f, 1, 400);
    CHECK(get_value(&f, BPF_DEV_NREAD), 0);
    CHECK(set_value(&f, BPF_DEV_IMMEDIATE, 1), 0);
    CHECK(get_value(&f, BPF_DEV_NREAD), 400);
    send_records(&f, 2, 400);
    CHECK(get_value(&f, BPF_DEV_NREAD), 800);
    check_read(&f, 0, 0, 1);
    CHECK(get_value(&f, BPF_DEV_NREAD), 400);
    CHECK(set_value(&f, BPF_DEV_IMMEDIATE, 0), 0);
    CHECK(get_value(&f, BPF_DEV_NREAD), 0);
    bpf_dev_detach(&f.dev);
    CHECK(get_value(&f, BPF_DEV_NREAD), 400);
    check_read(&f, 0, 2, 2);
    CHECK(get_value(&f, BPF_DEV_NREAD), 0);
    close_dev(&f);
}

static void
test_wait_timeout(void)
{
    struct fixture f;
    uint64_t start;

    open_attached(&f, 1024, 2);
    start = f.now;

    /* None. */
    CHECK(bpf_dev_has_wait_timeout(&f.dev), false);
    CHECK(bpf_dev_check_wait(&f.dev, start), UINT64_MAX);

    /* Nothing stored: look again after the whole time. */
    CHECK(set_timeout(&f, BPF_DEV_SWTIMEOUT, 0, 50000), 0);
    check_timeout(&f, BPF_DEV_GWTIMEOUT, 0, 50000);
    CHECK(bpf_dev_has_wait_timeout(&f.dev), true);
    CHECK(bpf_dev_check_wait(&f.dev, start), start + 50 * MSEC);

    /* The first packet stored counts, not later ones. */
    f.now = start + 30 * MSEC;
    send_records(&f, 1, 400);
    f.now = start + 40 * MSEC;
    send_records(&f, 1, 400);
    CHECK(bpf_dev_check_wait(&f.dev, start + 50 * MSEC), start + 80 * MSEC);
    CHECK(bpf_dev_check_wait(&f.dev, start + 80 * MSEC - 1),
          start + 80 * MSEC);
    CHECK(bpf_dev_is_readable(&f.dev), false);
    CHECK(try_read(&f, 0), EAGAIN);
    CHECK(bpf_dev_check_wait(&f.dev, start + 80 * MSEC),
          start + 130 * MSEC);
    CHECK(bpf_dev_is_readable(&f.dev), true);
    CHECK(get_value(&f, BPF_DEV_NREAD), 800);
    check_lens(&f, 800, 0);
    check_read(&f, 0, 0, 1);
    CHECK(bpf_dev_is_readable(&f.dev), false);

    /* A packet that rotates is the oldest of the new store buffer. */
    f.now = start + 200 * MSEC;
    send_records(&f, 1, 800);
    f.now = start + 210 * MSEC;
    send_records(&f, 1, 800);
    check_read(&f, 0, 2, 2);
    CHECK(bpf_dev_check_wait(&f.dev, start + 220 * MSEC),
          start + 260 * MSEC);

    /* Clock set back: no packet waits longer than the timeout from now. */
    CHECK(bpf_dev_check_wait(&f.dev, start - NSEC),
          start - NSEC + 50 * MSEC);
    CHECK(bpf_dev_is_readable(&f.dev), false);
    CHECK(bpf_dev_check_wait(&f.dev, start - NSEC + 50 * MSEC),
          start - NSEC + 100 * MSEC);
    CHECK(bpf_dev_is_readable(&f.dev), true);

    /* Flushing and changing the timeout make it start again. */
    CHECK(set_timeout(&f, BPF_DEV_SWTIMEOUT, 5, 0), 0);
    CHECK(bpf_dev_is_readable(&f.dev), false);
    CHECK(set_timeout(&f, BPF_DEV_SWTIMEOUT, 0, 0), 0);
    CHECK(bpf_dev_is_readable(&f.dev), true);
    CHECK(command(&f, BPF_DEV_DWTIMEOUT), 0);
    CHECK(bpf_dev_is_readable(&f.dev), false);
    CHECK(get_error(&f, BPF_DEV_GWTIMEOUT), ENXIO);

    /* A timeout of 0 is at once, without a clock. */
    CHECK(command(&f, BPF_DEV_FLUSH), 0);
    CHECK(set_timeout(&f, BPF_DEV_SWTIMEOUT, 0, 0), 0);
    CHECK(bpf_dev_check_wait(&f.dev, f.now), UINT64_MAX);
    CHECK(bpf_dev_is_readable(&f.dev), false);
    send_records(&f, 1, 400);
    CHECK(bpf_dev_is_readable(&f.dev), true);
    check_read(&f, 0, 4, 4);

    /* A store buffer that is due and flushed is due no more. */
    send_records(&f, 1, 400);
    CHECK(command(&f, BPF_DEV_FLUSH), 0);
    CHECK(bpf_dev_is_readable(&f.dev), false);

    bpf_dev_detach(&f.dev);
    CHECK(set_timeout(&f, BPF_DEV_SWTIMEOUT, 1, 0), 0);
    CHECK(bpf_dev_check_wait(&f.dev, f.now), UINT64_MAX);
    close_dev(&f);
}

/* Section 4: writing. */

static int
check_write(struct fixture *f, size_t len, uint32_t mtu, int n_tags,
            uint16_t tpid)
{
    uint8_t *frame = xcalloc(1, len ? len : 1);
    int error;

    for (int i = 0; i < n_tags; i++) {
        frame[12 + 4 * i] = tpid >> 8;
        frame[13 + 4 * i] = tpid;
    }
    error = bpf_dev_check_write(&f->dev, frame, len, mtu);
    free(frame);
    return error;
}

static void
test_write_states(void)
{
    struct fixture f;

    open_dev(&f, LIMITS(4096, 1024, 2));
    CHECK(check_write(&f, 60, 1500, 0, 0), EINVAL);
    CHECK(check_write(&f, 0, 1500, 0, 0), EINVAL);
    attach_dlt(&f, BPF_DEV_DLT_EN10MB);
    CHECK(check_write(&f, 60, 1500, 0, 0), 0);
    CHECK(check_write(&f, 0, 1500, 0, 0), 0);
    bpf_dev_detach(&f.dev);
    CHECK(check_write(&f, 60, 1500, 0, 0), EINVAL);
    CHECK(check_write(&f, 0, 1500, 0, 0), EINVAL);
    close_dev(&f);
}

static void
test_write_too_long(void)
{
    struct fixture f;

    open_attached(&f, 1024, 2);
    CHECK(check_write(&f, 1514, 1500, 0, 0), 0);
    CHECK(check_write(&f, 1515, 1500, 0, 0), EMSGSIZE);
    CHECK(check_write(&f, 1518, 1500, 1, 0x8100), 0);
    CHECK(check_write(&f, 1519, 1500, 1, 0x8100), EMSGSIZE);
    CHECK(check_write(&f, 1518, 1500, 1, 0x88a8), 0);
    CHECK(check_write(&f, 1522, 1500, 2, 0x8100), 0);
    CHECK(check_write(&f, 1523, 1500, 2, 0x8100), EMSGSIZE);
    CHECK(check_write(&f, 1526, 1500, 3, 0x8100), EMSGSIZE);
    CHECK(check_write(&f, 1518, 1500, 1, 0x0800), EMSGSIZE);
    CHECK(check_write(&f, 9014, 9000, 0, 0), 0);
    CHECK(check_write(&f, 9015, 9000, 0, 0), EMSGSIZE);
    CHECK(check_write(&f, 65536, 0, 0, 0), 0);

    /* Not even a link header. */
    CHECK(check_write(&f, 13, 1500, 0, 0), EMSGSIZE);
    CHECK(check_write(&f, 1, 0, 0, 0), EMSGSIZE);
    CHECK(check_write(&f, 14, 1500, 0, 0), 0);
    close_dev(&f);

    open_dev(&f, LIMITS(4096, 1024, 2));
    attach_dlt(&f, BPF_DEV_DLT_RAW);
    CHECK(check_write(&f, 1, 1500, 0, 0), 0);
    CHECK(check_write(&f, 1500, 1500, 0, 0), 0);
    CHECK(check_write(&f, 1501, 1500, 1, 0x8100), EMSGSIZE);
    close_dev(&f);
}

static bool
is_completed(struct fixture *f, size_t len)
{
    static const uint8_t mac[6] = { 2, 3, 4, 5, 6, 7 };
    static const uint8_t before[14] = { [6] = 9, 9, 9, 9, 9, 9, 8, 8 };
    uint8_t frame[14];

    memcpy(frame, before, sizeof frame);
    bpf_dev_complete_header(&f->dev, frame, len, mac);
    CHECK(memcmp(frame, before, 6), 0);
    CHECK(memcmp(frame + 12, before + 12, 2), 0);
    if (!memcmp(frame + 6, before + 6, 6)) {
        return false;
    }
    CHECK(memcmp(frame + 6, mac, 6), 0);
    return true;
}

static void
test_header_complete(void)
{
    struct fixture f;

    open_attached(&f, 1024, 2);
    CHECK(is_completed(&f, 14), true);
    CHECK(is_completed(&f, 13), false);
    CHECK(set_value(&f, BPF_DEV_SHDRCMPLT, 1), 0);
    CHECK(is_completed(&f, 14), false);
    CHECK(set_value(&f, BPF_DEV_SHDRCMPLT, 0), 0);
    CHECK(is_completed(&f, 14), true);
    close_dev(&f);

    open_dev(&f, LIMITS(4096, 1024, 2));
    attach_dlt(&f, BPF_DEV_DLT_RAW);
    CHECK(is_completed(&f, 14), false);
    close_dev(&f);
}

static void
test_see_sent(void)
{
    static const struct {
        enum bpf_dev_direction direction;
        bool in;
        bool out;
    } cases[] = {
        { BPF_DEV_D_IN, true, false },
        { BPF_DEV_D_INOUT, true, true },
        { BPF_DEV_D_OUT, false, true },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fixture f;

        open_attached(&f, 1024, 2);
        CHECK(set_value(&f, BPF_DEV_SDIRECTION, cases[i].direction), 0);
        CHECK(bpf_dev_wants(&f.dev, BPF_DEV_IN), cases[i].in);
        CHECK(bpf_dev_wants(&f.dev, BPF_DEV_OUT), cases[i].out);
        send_way(&f, 60, 60, BPF_DEV_IN);
        check_stats(&f, cases[i].in, cases[i].in, 0);
        send_way(&f, 60, 60, BPF_DEV_OUT);
        check_stats(&f, cases[i].in + cases[i].out,
                    cases[i].in + cases[i].out, 0);
        close_dev(&f);
    }
}

static void
test_read_only(void)
{
    struct bpf_dev_limits classic = BPF_DEV_LIMITS_CLASSIC;
    struct fixture f;

    memset(&f, 0, sizeof f);
    bpf_dev_init(&f.dev, &classic, true);
    CHECK(info_of(&f).read_only, true);
    CHECK(check_write(&f, 60, 1500, 0, 0), EBADF);
    attach_dlt(&f, BPF_DEV_DLT_EN10MB);
    CHECK(check_write(&f, 60, 1500, 0, 0), EBADF);
    CHECK(check_write(&f, 0, 1500, 0, 0), EBADF);
    send_packet(&f, 100);
    check_read(&f, BPF_DEV_READ_NONBLOCK, 0, 0);
    close_dev(&f);
}

/* Section 5: requests. */

/* What a request without further errors answers unattached, attached, and
 * when the port is gone. */
static void
check_request(enum bpf_dev_req req, int unattached, int attached, int gone)
{
    struct fixture f;

    open_dev(&f, LIMITS(4096, 1024, 2));
    CHECK(get_error(&f, req), unattached);
    attach_dlt(&f, BPF_DEV_DLT_EN10MB);
    CHECK(get_error(&f, req), attached);
    bpf_dev_detach(&f.dev);
    CHECK(get_error(&f, req), gone);
    close_dev(&f);
}

static void
test_biocgblen(void)
{
    struct fixture f;

    check_request(BPF_DEV_GBLEN, 0, 0, 0);
    open_attached(&f, 2048, 2);
    CHECK(get_value(&f, BPF_DEV_GBLEN), 2048);
    close_dev(&f);
}

static void
test_biocsblen(void)
{
    static const struct {
        uint32_t asked;
        uint32_t got;
    } cases[] = {
        { 0, 32 }, { 1, 32 }, { 31, 32 }, { 32, 32 }, { 33, 33 },
        { 40, 40 }, { 1000, 1000 }, { 1001, 1001 }, { 4095, 4095 },
        { 4096, 4096 }, { 4097, 4096 }, { UINT32_MAX, 4096 },
    };
    struct fixture f;

    check_request(BPF_DEV_SBLEN, 0, EINVAL, EINVAL);
    open_dev(&f, LIMITS(4096, 1024, 2));
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        union bpf_dev_arg arg = { .value = cases[i].asked };

        CHECK(bpf_dev_request(&f.dev, BPF_DEV_SBLEN, &arg), 0);
        CHECK(arg.value, cases[i].got);
        CHECK(get_value(&f, BPF_DEV_GBLEN), cases[i].got);
    }
    attach_dlt(&f, BPF_DEV_DLT_EN10MB);
    CHECK(set_value(&f, BPF_DEV_SBLEN, 64), EINVAL);
    CHECK(get_value(&f, BPF_DEV_GBLEN), 4096);
    close_dev(&f);

    /* Buffers of a length that is not aligned: all start aligned, and a read
     * asks for the length itself. */
    open_dev(&f, LIMITS(4096, 1024, 2));
    CHECK(set_value(&f, BPF_DEV_SBLEN, 1001), 0);
    CHECK(bpf_dev_stride(&f.dev), 1008);
    CHECK(bpf_dev_memory_size(&f.dev), 2016);
    close_dev(&f);

    /* 64 MiB and more are possible. */
    open_dev(&f, LIMITS(1 << 28, 1024, 2));
    CHECK(set_value(&f, BPF_DEV_SBLEN, 1 << 27), 0);
    CHECK(get_value(&f, BPF_DEV_GBLEN), 1 << 27);
    close_dev(&f);
}

static void
test_biocsetf(void)
{
    struct bpf_insn too_many[513];
    struct bpf_insn loop[] = {
        BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 1),
    };
    struct fixture f;

    check_request(BPF_DEV_SETF, 0, 0, 0);
    open_dev(&f, LIMITS(4096, 1024, 2));
    CHECK(set_filter_byte(&f, BPF_DEV_SETF, 1, 10), 0);
    attach_dlt(&f, BPF_DEV_DLT_EN10MB);
    send_packet(&f, 60);
    send_packet(&f, 60);
    check_stats(&f, 2, 1, 0);

    /* Refused: the old filter, the packets and the counters stay. */
    for (size_t i = 0; i < ARRAY_SIZE(too_many); i++) {
        too_many[i] = (struct bpf_insn) BPF_STMT(BPF_RET | BPF_K, 1);
    }
    CHECK(set_filter(&f, BPF_DEV_SETF, too_many, 513), EINVAL);
    CHECK(set_filter(&f, BPF_DEV_SETF, loop, ARRAY_SIZE(loop)), EINVAL);
    check_stats(&f, 2, 1, 0);
    send_packet(&f, 60);
    check_stats(&f, 3, 1, 0);
    check_lens(&f, BPF_RECORD_SIZE(ETH_HDRLEN, 10), 0);

    /* Accepted: replaced and flushed. */
    CHECK(set_filter(&f, BPF_DEV_SETF, too_many, 512), 0);
    check_stats(&f, 0, 0, 0);
    check_lens(&f, 0, 0);
    send_packet(&f, 60);
    check_stats(&f, 1, 1, 0);

    /* No instructions: no filter. */
    CHECK(set_filter_ret(&f, BPF_DEV_SETF, 0), 0);
    send_packet(&f, 60);
    check_stats(&f, 1, 0, 0);
    CHECK(set_filter(&f, BPF_DEV_SETF, NULL, 0), 0);
    send_packet(&f, 60);
    check_stats(&f, 1, 1, 0);
    close_dev(&f);
}

static void
test_biocsetf_why(void)
{
    struct bpf_insn insn = BPF_STMT(BPF_LD | BPF_IMM, 1);
    union bpf_dev_arg arg = { .filter = { .insns = &insn, .n = 1 } };
    struct fixture f;

    open_dev(&f, LIMITS(4096, 1024, 2));
    CHECK(bpf_dev_request(&f.dev, BPF_DEV_SETF, &arg), EINVAL);
    CHECK(strcmp(arg.filter.why, "last instruction does not return"), 0);
    close_dev(&f);
}

static void
test_biocsetfnr(void)
{
    struct fixture f;

    check_request(BPF_DEV_SETFNR, 0, 0, 0);
    open_attached(&f, 1024, 2);
    send_records(&f, 3, 512);
    CHECK(set_filter_ret(&f, BPF_DEV_SETFNR, 0), 0);
    send_packet(&f, 60);
    check_stats(&f, 4, 3, 0);
    check_lens(&f, 512, 1024);
    close_dev(&f);
}

static void
test_biocsetwf(void)
{
    uint8_t frame[60];
    struct fixture f;

    check_request(BPF_DEV_SETWF, 0, 0, 0);
    open_attached(&f, 1024, 2);
    memset(frame, 3, sizeof frame);
    CHECK(set_filter_byte(&f, BPF_DEV_SETWF, 4, 1), 0);
    CHECK(bpf_dev_check_write(&f.dev, frame, sizeof frame, 1500), EPERM);
    CHECK(set_filter_byte(&f, BPF_DEV_SETWF, 3, 1), 0);
    CHECK(bpf_dev_check_write(&f.dev, frame, sizeof frame, 1500), 0);

    /* It is for writing only. */
    CHECK(set_filter_ret(&f, BPF_DEV_SETWF, 0), 0);
    send_packet(&f, 60);
    check_stats(&f, 1, 1, 0);
    CHECK(bpf_dev_check_write(&f.dev, frame, sizeof frame, 1500), EPERM);

    /* One that is not valid changes nothing; an empty one takes it away. */
    struct bpf_insn bad = BPF_STMT(0xffff, 0);
    CHECK(set_filter(&f, BPF_DEV_SETWF, &bad, 1), EINVAL);
    CHECK(bpf_dev_check_write(&f.dev, frame, sizeof frame, 1500), EPERM);
    CHECK(set_filter(&f, BPF_DEV_SETWF, NULL, 0), 0);
    CHECK(bpf_dev_check_write(&f.dev, frame, sizeof frame, 1500), 0);
    close_dev(&f);
}

static bool
is_refused_on_locked(enum bpf_dev_req req)
{
    switch (req) {
    case BPF_DEV_SBLEN:
    case BPF_DEV_SETF:
    case BPF_DEV_SETFNR:
    case BPF_DEV_SETWF:
    case BPF_DEV_PROMISC:
    case BPF_DEV_SDLT:
    case BPF_DEV_SHDRCMPLT:
    case BPF_DEV_SSEESENT:
    case BPF_DEV_SDIRECTION:
    case BPF_DEV_SFEEDBACK:
        return true;
    case BPF_DEV_GBLEN:
    case BPF_DEV_LOCK:
    case BPF_DEV_FLUSH:
    case BPF_DEV_GDLT:
    case BPF_DEV_GDLTLIST:
    case BPF_DEV_GETIF:
    case BPF_DEV_IMMEDIATE:
    case BPF_DEV_GSTATS:
    case BPF_DEV_VERSION:
    case BPF_DEV_GHDRCMPLT:
    case BPF_DEV_GSEESENT:
    case BPF_DEV_GDIRECTION:
    case BPF_DEV_GFEEDBACK:
    case BPF_DEV_GRTIMEOUT:
    case BPF_DEV_SRTIMEOUT:
    case BPF_DEV_GTSTAMP:
    case BPF_DEV_STSTAMP:
    case BPF_DEV_GWTIMEOUT:
    case BPF_DEV_SWTIMEOUT:
    case BPF_DEV_DWTIMEOUT:
    case BPF_DEV_NREAD:
    case BPF_DEV_N_REQS:
        return false;
    }
    OVS_NOT_REACHED();
}

static void
test_bioclock(void)
{
    struct fixture f;

    /* In both states, exactly these requests get EPERM. */
    for (int attached = 0; attached < 2; attached++) {
        open_dev(&f, LIMITS(4096, 1024, 2));
        CHECK(set_filter_byte(&f, BPF_DEV_SETF, 1, 10), 0);
        if (attached) {
            attach_dlt(&f, BPF_DEV_DLT_EN10MB);
        }
        CHECK(command(&f, BPF_DEV_LOCK), 0);
        for (int req = 0; req < BPF_DEV_N_REQS; req++) {
            CHECK(get_error(&f, req) == EPERM, is_refused_on_locked(req));
        }
        CHECK(bpf_dev_check_attach(&f.dev), EPERM);
        CHECK(get_error(&f, BPF_DEV_N_REQS), ENOTTY);
        if (attached) {
            send_packet(&f, 60);
            send_packet(&f, 60);
            check_stats(&f, 2, 1, 0);
            check_read(&f, BPF_DEV_READ_NONBLOCK, 0, 0);
            CHECK(check_write(&f, 60, 1500, 0, 0), 0);
        }
        close_dev(&f);
    }
}

static void
test_biocflush(void)
{
    struct bpf_dev_buffer buffer;
    struct fixture f;

    check_request(BPF_DEV_FLUSH, 0, 0, 0);
    open_attached(&f, 1024, 3);
    send_records(&f, 6, 512);
    claim(&f, 0, &buffer);
    CHECK(command(&f, BPF_DEV_FLUSH), 0);
    check_stats(&f, 0, 0, 0);
    CHECK(bpf_dev_is_readable(&f.dev), false);

    /* The client's own buffer stays its own. */
    check_lens(&f, 0, 1024);
    send_records(&f, 4, 512);
    check_packets(&f, &buffer, (unsigned int[]) { 0, 1 }, 2);
    bpf_dev_release(&f.dev);
    check_read(&f, 0, 6, 7);
    check_read(&f, 0, 8, 9);
    CHECK(try_read(&f, BPF_DEV_READ_NONBLOCK), EAGAIN);
    close_dev(&f);
}

static void
test_biocpromisc(void)
{
    struct fixture f;

    check_request(BPF_DEV_PROMISC, EINVAL, 0, EINVAL);
    open_attached(&f, 1024, 2);
    CHECK(info_of(&f).promisc, false);
    CHECK(command(&f, BPF_DEV_PROMISC), 0);
    CHECK(info_of(&f).promisc, true);
    CHECK(command(&f, BPF_DEV_PROMISC), 0);

    /* For the life of the device: it tells its owner to the end. */
    bpf_dev_detach(&f.dev);
    CHECK(info_of(&f).promisc, true);
    close_dev(&f);
}

static void
test_biocgdlt(void)
{
    struct fixture f;

    check_request(BPF_DEV_GDLT, EINVAL, 0, EINVAL);
    open_attached(&f, 1024, 2);
    CHECK(get_value(&f, BPF_DEV_GDLT), 1);
    close_dev(&f);
    open_dev(&f, LIMITS(4096, 1024, 2));
    attach_dlt(&f, BPF_DEV_DLT_RAW);
    CHECK(get_value(&f, BPF_DEV_GDLT), 12);
    close_dev(&f);
}

static void
test_biocsdlt(void)
{
    struct fixture f;

    open_dev(&f, LIMITS(4096, 1024, 2));
    CHECK(set_value(&f, BPF_DEV_SDLT, 1), EINVAL);
    attach_dlt(&f, BPF_DEV_DLT_EN10MB);
    CHECK(set_value(&f, BPF_DEV_SDLT, 1), 0);
    CHECK(set_value(&f, BPF_DEV_SDLT, 12), EINVAL);
    CHECK(set_value(&f, BPF_DEV_SDLT, 0), EINVAL);
    bpf_dev_detach(&f.dev);
    CHECK(set_value(&f, BPF_DEV_SDLT, 1), EINVAL);
    close_dev(&f);
}

static void
test_biocgdltlist(void)
{
    uint32_t list[3] = { 77, 77, 77 };
    union bpf_dev_arg arg;
    struct fixture f;

    check_request(BPF_DEV_GDLTLIST, EINVAL, 0, EINVAL);
    open_attached(&f, 1024, 2);
    arg.dlts.list = NULL;
    arg.dlts.n = 0;
    CHECK(bpf_dev_request(&f.dev, BPF_DEV_GDLTLIST, &arg), 0);
    CHECK(arg.dlts.n, 1);
    arg.dlts.list = list;
    arg.dlts.n = 0;
    CHECK(bpf_dev_request(&f.dev, BPF_DEV_GDLTLIST, &arg), ENOMEM);
    CHECK(list[0], 77);
    arg.dlts.n = 3;
    CHECK(bpf_dev_request(&f.dev, BPF_DEV_GDLTLIST, &arg), 0);
    CHECK(arg.dlts.n, 1);
    CHECK(list[0], BPF_DEV_DLT_EN10MB);
    CHECK(list[1], 77);
    close_dev(&f);
}

static void
test_biocgetif(void)
{
    char name[BPF_DEV_NAME_MAX + 10];
    struct bpf_dev_port port = { .name = name, .dlt = BPF_DEV_DLT_EN10MB };
    union bpf_dev_arg arg;
    struct fixture f;

    check_request(BPF_DEV_GETIF, EINVAL, 0, EINVAL);
    open_attached(&f, 1024, 2);
    CHECK(bpf_dev_request(&f.dev, BPF_DEV_GETIF, &arg), 0);
    CHECK(strcmp(arg.name, "p1"), 0);
    close_dev(&f);

    /* A name that is too long is cut. */
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    open_dev(&f, LIMITS(4096, 1024, 2));
    f.memory = xmalloc(bpf_dev_memory_size(&f.dev));
    bpf_dev_attach(&f.dev, &port, f.memory);
    CHECK(bpf_dev_request(&f.dev, BPF_DEV_GETIF, &arg), 0);
    CHECK(strlen(arg.name), BPF_DEV_NAME_MAX);
    close_dev(&f);
}

static void
test_biocsetif(void)
{
    struct fixture f;

    open_dev(&f, LIMITS(4096, 1024, 2));
    CHECK(bpf_dev_check_attach(&f.dev), 0);
    CHECK(command(&f, BPF_DEV_LOCK), 0);
    CHECK(bpf_dev_check_attach(&f.dev), EPERM);
    close_dev(&f);
    open_attached(&f, 1024, 2);
    CHECK(bpf_dev_check_attach(&f.dev), EINVAL);
    bpf_dev_detach(&f.dev);
    CHECK(bpf_dev_check_attach(&f.dev), EINVAL);
    close_dev(&f);
}

static void
test_biocimmediate(void)
{
    struct bpf_dev_info info;
    struct fixture f;

    check_request(BPF_DEV_IMMEDIATE, 0, 0, 0);
    open_dev(&f, LIMITS(4096, 1024, 2));
    CHECK(set_value(&f, BPF_DEV_IMMEDIATE, 77), 0);
    bpf_dev_get_info(&f.dev, &info);
    CHECK(info.immediate, true);
    CHECK(set_value(&f, BPF_DEV_IMMEDIATE, 0), 0);
    bpf_dev_get_info(&f.dev, &info);
    CHECK(info.immediate, false);
    close_dev(&f);
}

static void
test_biocgstats(void)
{
    struct fixture f;

    check_request(BPF_DEV_GSTATS, 0, 0, 0);
    open_attached(&f, 1024, 2);
    send_records(&f, 5, 512);
    check_stats(&f, 5, 5, 1);
    check_stats(&f, 5, 5, 1);
    bpf_dev_detach(&f.dev);
    check_stats(&f, 5, 5, 1);
    close_dev(&f);
}

static void
test_biocversion(void)
{
    union bpf_dev_arg arg;
    struct fixture f;

    check_request(BPF_DEV_VERSION, 0, 0, 0);
    open_dev(&f, LIMITS(4096, 1024, 2));
    CHECK(bpf_dev_request(&f.dev, BPF_DEV_VERSION, &arg), 0);
    CHECK(arg.version.major, 1);
    CHECK(arg.version.minor, 1);
    close_dev(&f);
}

/* A pair of requests for a switch: any non-zero value sets 1. */
static void
check_switch(enum bpf_dev_req get, enum bpf_dev_req set)
{
    struct fixture f;

    check_request(get, 0, 0, 0);
    check_request(set, 0, 0, 0);
    open_dev(&f, LIMITS(4096, 1024, 2));
    for (int attached = 0; attached < 2; attached++) {
        CHECK(set_value(&f, set, 0x100), 0);
        CHECK(get_value(&f, get), 1);
        CHECK(set_value(&f, set, 0), 0);
        CHECK(get_value(&f, get), 0);
        CHECK(set_value(&f, set, 1), 0);
        CHECK(get_value(&f, get), 1);
        if (!attached) {
            attach_dlt(&f, BPF_DEV_DLT_EN10MB);
        }
    }
    close_dev(&f);
}

static void
test_biocshdrcmplt(void)
{
    check_switch(BPF_DEV_GHDRCMPLT, BPF_DEV_SHDRCMPLT);
}

static void
test_biocsseesent(void)
{
    check_switch(BPF_DEV_GSEESENT, BPF_DEV_SSEESENT);
}

static void
test_biocsdirection(void)
{
    struct fixture f;

    check_request(BPF_DEV_GDIRECTION, 0, 0, 0);
    check_request(BPF_DEV_SDIRECTION, 0, 0, 0);
    open_dev(&f, LIMITS(4096, 1024, 2));
    CHECK(set_value(&f, BPF_DEV_SDIRECTION, 3), EINVAL);
    CHECK(get_value(&f, BPF_DEV_GDIRECTION), BPF_DEV_D_INOUT);

    /* Consistent with see-sent, both ways. */
    CHECK(set_value(&f, BPF_DEV_SDIRECTION, BPF_DEV_D_IN), 0);
    CHECK(get_value(&f, BPF_DEV_GSEESENT), 0);
    CHECK(set_value(&f, BPF_DEV_SDIRECTION, BPF_DEV_D_OUT), 0);
    CHECK(get_value(&f, BPF_DEV_GSEESENT), 1);
    CHECK(get_value(&f, BPF_DEV_GDIRECTION), BPF_DEV_D_OUT);
    CHECK(set_value(&f, BPF_DEV_SSEESENT, 0), 0);
    CHECK(get_value(&f, BPF_DEV_GDIRECTION), BPF_DEV_D_IN);
    CHECK(set_value(&f, BPF_DEV_SSEESENT, 5), 0);
    CHECK(get_value(&f, BPF_DEV_GDIRECTION), BPF_DEV_D_INOUT);
    close_dev(&f);

    CHECK(strcmp(bpf_dev_direction_to_string(BPF_DEV_D_IN), "in"), 0);
    CHECK(strcmp(bpf_dev_direction_to_string(BPF_DEV_D_INOUT), "inout"), 0);
    CHECK(strcmp(bpf_dev_direction_to_string(BPF_DEV_D_OUT), "out"), 0);
}

static void
test_biocsfeedback(void)
{
    struct fixture f;

    check_switch(BPF_DEV_GFEEDBACK, BPF_DEV_SFEEDBACK);
    open_attached(&f, 1024, 2);
    CHECK(bpf_dev_is_feedback(&f.dev), false);
    CHECK(set_value(&f, BPF_DEV_SFEEDBACK, 1), 0);
    CHECK(bpf_dev_is_feedback(&f.dev), true);
    close_dev(&f);
}

static void
check_srtimeout(enum bpf_dev_req set, enum bpf_dev_req get)
{
    struct fixture f;

    open_dev(&f, LIMITS(4096, 1024, 2));
    for (int attached = 0; attached < 2; attached++) {
        CHECK(set_timeout(&f, set, 1, 500000), 0);
        check_timeout(&f, get, 1, 500000);
        CHECK(set_timeout(&f, set, -1, 0), EINVAL);
        CHECK(set_timeout(&f, set, INT64_MIN, 0), EINVAL);
        CHECK(set_timeout(&f, set, 0, -1), EINVAL);
        CHECK(set_timeout(&f, set, 0, 1000000), EINVAL);
        CHECK(set_timeout(&f, set, -1, 1000000), EINVAL);
        CHECK(set_timeout(&f, set, INT64_MAX, 0), EDOM);
        CHECK(set_timeout(&f, set, INT_MAX / 1000, 999999), EDOM);
        check_timeout(&f, get, 1, 500000);

        /* Rounded up, never down to 0. */
        CHECK(set_timeout(&f, set, 0, 1), 0);
        check_timeout(&f, get, 0, 1000);
        if (set == BPF_DEV_SRTIMEOUT) {
            union bpf_dev_arg arg = { .timeout = { .sec = 2, .usec = 1 } };

            /* Who asked for it learns what it has become. */
            CHECK(bpf_dev_request(&f.dev, set, &arg), 0);
            CHECK(arg.timeout.sec, 2);
            CHECK(arg.timeout.usec, 1000);
        }
        CHECK(set_timeout(&f, set, 0, 1001), 0);
        check_timeout(&f, get, 0, 2000);
        CHECK(set_timeout(&f, set, 0, 999001), 0);
        check_timeout(&f, get, 1, 0);
        CHECK(set_timeout(&f, set, INT_MAX / 1000, 647000), 0);
        check_timeout(&f, get, INT_MAX / 1000, 647000);
        CHECK(set_timeout(&f, set, INT_MAX / 1000, 647001), EDOM);
        CHECK(set_timeout(&f, set, 0, 0), 0);
        check_timeout(&f, get, 0, 0);
        if (!attached) {
            attach_dlt(&f, BPF_DEV_DLT_EN10MB);
        }
    }
    close_dev(&f);
}

static void
test_biocsrtimeout(void)
{
    check_srtimeout(BPF_DEV_SRTIMEOUT, BPF_DEV_GRTIMEOUT);
}

static void
test_biocswtimeout(void)
{
    check_request(BPF_DEV_GWTIMEOUT, ENXIO, ENXIO, ENXIO);
    check_request(BPF_DEV_DWTIMEOUT, 0, 0, 0);
    check_srtimeout(BPF_DEV_SWTIMEOUT, BPF_DEV_GWTIMEOUT);
}

static void
test_biocststamp(void)
{
    struct fixture f;

    check_request(BPF_DEV_STSTAMP, 0, EINVAL, EINVAL);
    check_request(BPF_DEV_GTSTAMP, 0, 0, 0);
    open_dev(&f, LIMITS(4096, 1024, 2));
    CHECK(set_value(&f, BPF_DEV_STSTAMP, BPF_DEV_T_NANOTIME), 0);
    CHECK(get_value(&f, BPF_DEV_GTSTAMP), BPF_DEV_T_NANOTIME);
    CHECK(set_value(&f, BPF_DEV_STSTAMP, 2), EINVAL);
    CHECK(get_value(&f, BPF_DEV_GTSTAMP), BPF_DEV_T_NANOTIME);
    CHECK(set_value(&f, BPF_DEV_STSTAMP, BPF_DEV_T_MICROTIME), 0);
    CHECK(get_value(&f, BPF_DEV_GTSTAMP), BPF_DEV_T_MICROTIME);
    close_dev(&f);
}

static void
test_anything_else(void)
{
    check_request(BPF_DEV_N_REQS, ENOTTY, ENOTTY, ENOTTY);
    check_request(1234567, ENOTTY, ENOTTY, ENOTTY);
    check_request(-1, ENOTTY, ENOTTY, ENOTTY);
    check_request(BPF_DEV_NREAD, 0, 0, 0);
}

/* Section 7: listing. */

static void
test_listing(void)
{
    struct bpf_dev_info info;
    struct fixture f;

    open_dev(&f, LIMITS(4096, 512, 3));
    bpf_dev_get_info(&f.dev, &info);
    CHECK(info.port[0], '\0');
    CHECK(info.state, BPF_DEV_UNATTACHED);
    attach_dlt(&f, BPF_DEV_DLT_EN10MB);
    CHECK(set_value(&f, BPF_DEV_SHDRCMPLT, 1), 0);
    CHECK(set_value(&f, BPF_DEV_SFEEDBACK, 1), 0);
    CHECK(set_value(&f, BPF_DEV_SDIRECTION, BPF_DEV_D_IN), 0);
    CHECK(set_filter_ret(&f, BPF_DEV_SETF, 10000), 0);
    CHECK(set_timeout(&f, BPF_DEV_SRTIMEOUT, 0, 7000), 0);
    CHECK(set_timeout(&f, BPF_DEV_SWTIMEOUT, 0, 8000), 0);
    CHECK(command(&f, BPF_DEV_PROMISC), 0);
    CHECK(command(&f, BPF_DEV_LOCK), 0);
    send_records(&f, 7, 256);
    send_records(&f, 1, 64);
    CHECK(try_read(&f, 0), 0);

    bpf_dev_get_info(&f.dev, &info);
    CHECK(info.state, BPF_DEV_ATTACHED);
    CHECK(strcmp(info.port, "p1"), 0);
    CHECK(info.dlt, 1);
    CHECK(info.blen, 512);
    CHECK(info.n_buffers, 3);
    CHECK(info.read_only, false);
    CHECK(info.locked, true);
    CHECK(info.promisc, true);
    CHECK(info.immediate, false);
    CHECK(info.hdrcmplt, true);
    CHECK(info.see_sent, false);
    CHECK(info.feedback, true);
    CHECK(info.direction, BPF_DEV_D_IN);
    CHECK(info.tstamp, BPF_DEV_T_MICROTIME);
    CHECK(info.read_ms, 7);
    CHECK(info.wait_ms, 8);
    CHECK(info.n_insns, 1);
    CHECK(info.compiled, bpf_jit_target() != NULL);
    CHECK(info.stats.received, 8);
    CHECK(info.stats.captured, 8);
    CHECK(info.stats.dropped, 2);
    CHECK(info.store_len, 512);
    CHECK(info.hold_len, 1024);

    bpf_dev_detach(&f.dev);
    bpf_dev_get_info(&f.dev, &info);
    CHECK(info.state, BPF_DEV_DETACHED);
    CHECK(strcmp(info.port, "p1"), 0);
    close_dev(&f);
}

/* Thousands of packets of all sizes through few buffers: every byte of every
 * packet that was not counted as dropped comes out, in order. */
static void
test_long_run(void)
{
    struct fixture f;
    uint64_t n_read = 0;
    uint64_t n_lost = 0;
    uint32_t x = 1;
    unsigned int next = 0;

    open_attached(&f, 3000, 3);
    for (int step = 0; step < 20000; step++) {
        struct bpf_dev_buffer buffer;

        x = x * 1103515245 + 12345;
        send_packet(&f, x >> 16 & 1023);
        if (x >> 28 || bpf_dev_read(&f.dev, x >> 27 & 1, 3000, &buffer)) {
            continue;
        }

        const uint8_t *p = buffer_data(&f, &buffer);
        const uint8_t *end = p + buffer.len;
        while (p < end) {
            struct bpf_record r = record_at(p);

            next += r.drops;
            n_lost += r.drops;
            CHECK(r.caplen, r.datalen);
            for (uint32_t i = 0; i < r.caplen; i++) {
                CHECK(p[r.hdrlen + i], fill_byte(next));
            }
            p += BPF_RECORD_SIZE(r.hdrlen, r.caplen);
            n_read++;
            next++;
        }
        CHECK(p - end, 0);
        bpf_dev_release(&f.dev);
    }
    CHECK(n_read > 1000, true);
    CHECK(n_lost > 1000, true);
    close_dev(&f);
}

/* Threads that move packets, as in a switch, while requests are made.  Each
 * packet consists of one byte, repeated. */

struct mover_ctx {
    struct fixture f;
    struct ovs_mutex mutex;     /* Guards f.dev as bpf-device.h says. */
    atomic_bool stop;
    atomic_count n_batches;
};

static void
move_batch(struct mover_ctx *ctx, unsigned int first)
{
    static const enum bpf_dev_way ways[] = { BPF_DEV_IN, BPF_DEV_OUT };
    uint8_t data[8][20];
    struct bpf_packet pkts[8];
    struct bpf_dev_run run;

    for (size_t i = 0; i < ARRAY_SIZE(pkts); i++) {
        memset(data[i], (first + i) % 4, sizeof data[i]);
        pkts[i] = (struct bpf_packet) {
            .data = data[i], .size = 20, .wirelen = 20,
        };
    }
    if (bpf_dev_filter_batch(&ctx->f.dev, pkts, ARRAY_SIZE(pkts),
                             ways[first / 8 % 2], &run)) {
        ovs_mutex_lock(&ctx->mutex);
        bpf_dev_append(&ctx->f.dev, pkts, ARRAY_SIZE(pkts), &run, NSEC);
        ovs_mutex_unlock(&ctx->mutex);
    }
    atomic_count_inc(&ctx->n_batches);
}

static void *
mover_main(void *ctx_)
{
    struct mover_ctx *ctx = ctx_;
    unsigned int i = 0;
    bool stop;

    do {
        move_batch(ctx, i += 3);
        ovsrcu_quiesce();
        atomic_read(&ctx->stop, &stop);
    } while (!stop);
    return NULL;
}

/* Lets the other threads do something. */
static void
await_batches(struct mover_ctx *ctx, unsigned int n)
{
    unsigned int start = atomic_count_get(&ctx->n_batches);

    while (atomic_count_get(&ctx->n_batches) - start < n) {
        sched_yield();
    }
}

/* Reads what there is; all packets must consist of 'byte' and go 'in' if
 * 'in_only' is true.  Returns their number. */
static unsigned int
check_moved(struct mover_ctx *ctx, uint8_t byte, bool in_only)
{
    struct bpf_dev_buffer buffer;
    unsigned int n = 0;

    ovs_mutex_lock(&ctx->mutex);
    while (!try_read_buffer(&ctx->f, BPF_DEV_READ_NONBLOCK, &buffer)) {
        const uint8_t *p = buffer_data(&ctx->f, &buffer);
        const uint8_t *end = p + buffer.len;

        ovs_mutex_unlock(&ctx->mutex);
        while (p < end) {
            struct bpf_record r = record_at(p);

            CHECK(p[r.hdrlen], byte);
            CHECK(p[r.hdrlen + 19], byte);
            CHECK(in_only && r.flags != BPF_RECORD_IN, false);
            p += BPF_RECORD_SIZE(r.hdrlen, r.caplen);
            n++;
        }
        ovs_mutex_lock(&ctx->mutex);
        bpf_dev_release(&ctx->f.dev);
    }
    ovs_mutex_unlock(&ctx->mutex);
    return n;
}

/* Once a request is done, nothing appears that the new setting excludes. */
static void
test_threads(void)
{
    static struct mover_ctx ctx;
    pthread_t threads[2];
    unsigned int n = 0;

    ovs_mutex_init(&ctx.mutex);
    atomic_init(&ctx.stop, false);
    atomic_count_init(&ctx.n_batches, 0);
    open_attached(&ctx.f, 1024, 3);
    CHECK(set_filter_byte(&ctx.f, BPF_DEV_SETF, 0, 20), 0);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        threads[i] = ovs_thread_create("mover", mover_main, &ctx);
    }
    for (unsigned int i = 0; i < 200; i++) {
        bool in_only = i / 4 % 2;

        ovs_mutex_lock(&ctx.mutex);
        CHECK(set_value(&ctx.f, BPF_DEV_SSEESENT, !in_only), 0);
        CHECK(set_filter_byte(&ctx.f, BPF_DEV_SETF, i % 4, 20), 0);
        ovs_mutex_unlock(&ctx.mutex);
        await_batches(&ctx, 10);
        n += check_moved(&ctx, i % 4, in_only);
        ovsrcu_quiesce();
    }
    atomic_store(&ctx.stop, true);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        xpthread_join(threads[i], NULL);
    }
    CHECK(n > 200, true);

    struct bpf_dev_stats stats;
    bpf_dev_get_lifetime_stats(&ctx.f.dev, &stats);
    CHECK(stats.received % 8, 0);
    CHECK(stats.received <= 8 * atomic_count_get(&ctx.n_batches), true);
    close_dev(&ctx.f);
    ovs_mutex_destroy(&ctx.mutex);
    ovsrcu_exit();
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    { "defaults", test_defaults },
    { "states", test_states },
    { "close", test_close },
    { "limits", test_limits },
    { "buffers-outlive-port", test_buffers_outlive_port },
    { "does-not-fit", test_does_not_fit },
    { "exactly-full", test_exactly_full },
    { "record", test_record },
    { "lengths", test_lengths },
    { "oversize", test_oversize },
    { "verdict", test_verdict },
    { "counters", test_counters },
    { "missed", test_missed },
    { "drops-in-record", test_drops_in_record },
    { "n-buffers", test_n_buffers },
    { "batch", test_batch },
    { "batch-race", test_batch_race },
    { "read-size", test_read_size },
    { "read-regular", test_read_regular },
    { "read-immediate", test_read_immediate },
    { "read-nonblock", test_read_nonblock },
    { "read-timeout", test_read_timeout },
    { "read-interrupted", test_read_interrupted },
    { "read-second", test_read_second },
    { "read-port-gone", test_read_port_gone },
    { "after-read", test_after_read },
    { "readiness", test_readiness },
    { "readiness-unreleased", test_readiness_unreleased },
    { "fionread", test_fionread },
    { "wait-timeout", test_wait_timeout },
    { "write-states", test_write_states },
    { "write-too-long", test_write_too_long },
    { "header-complete", test_header_complete },
    { "see-sent", test_see_sent },
    { "read-only", test_read_only },
    { "biocgblen", test_biocgblen },
    { "biocsblen", test_biocsblen },
    { "biocsetf", test_biocsetf },
    { "biocsetf-why", test_biocsetf_why },
    { "biocsetfnr", test_biocsetfnr },
    { "biocsetwf", test_biocsetwf },
    { "bioclock", test_bioclock },
    { "biocflush", test_biocflush },
    { "biocpromisc", test_biocpromisc },
    { "biocgdlt", test_biocgdlt },
    { "biocsdlt", test_biocsdlt },
    { "biocgdltlist", test_biocgdltlist },
    { "biocgetif", test_biocgetif },
    { "biocsetif", test_biocsetif },
    { "biocimmediate", test_biocimmediate },
    { "biocgstats", test_biocgstats },
    { "biocversion", test_biocversion },
    { "biocshdrcmplt", test_biocshdrcmplt },
    { "biocsseesent", test_biocsseesent },
    { "biocsdirection", test_biocsdirection },
    { "biocsfeedback", test_biocsfeedback },
    { "biocsrtimeout", test_biocsrtimeout },
    { "biocswtimeout", test_biocswtimeout },
    { "biocststamp", test_biocststamp },
    { "anything-else", test_anything_else },
    { "listing", test_listing },
    { "long-run", test_long_run },
    { "threads", test_threads },
};

int
main(int argc, char *argv[])
{
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        if (argc < 2) {
            puts(tests[i].name);
        } else if (!strcmp(tests[i].name, argv[1])) {
            tests[i].run();
            return EXIT_SUCCESS;
        }
    }
    if (argc < 2) {
        return EXIT_SUCCESS;
    }
    fprintf(stderr, "%s: no such test (run without arguments for a list)\n",
            argv[1]);
    return EXIT_FAILURE;
}
