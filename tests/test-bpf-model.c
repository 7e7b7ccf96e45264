/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* Model-based test of the capture device.
 *
 * "test-bpf-model SEED STEPS" drives a device with STEPS random requests,
 * packets, reads and events, does the same to a reference model, and compares
 * after every step every result, everything that can be asked, readiness, and
 * every byte that a client can see.  SEED 0 takes one from the clock.  It
 * prints the seed; on failure also the last steps.
 *
 * The model is written from the description of bpf(4), not from the device:
 * buffers are byte strings in a list, records are put together byte by byte,
 * and nothing is remembered that could be counted again.
 *
 * Single-threaded. */

#include <config.h>
#undef NDEBUG
#include "bpf/bpf-device.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

/* Wants the types of <sys/types.h>. */
#include <pcap/bpf.h>

#include "util.h"

#define MAX_BLEN 1024
#define MAX_BUFFERS 6
#define MAX_INSNS 8
#define MAX_PACKET 1200
#define MAX_BATCH 5
#define MSEC UINT64_C(1000000)

/* Random numbers, the same on every machine. */

static uint64_t random_state;

static uint32_t
rnd(void)
{
    random_state = random_state * UINT64_C(6364136223846793005)
                   + UINT64_C(1442695040888963407);
    return random_state >> 33;
}

/* One of 0...n-1. */
static uint32_t
below(uint32_t n)
{
    return rnd() % n;
}

static bool
one_in(uint32_t n)
{
    return below(n) == 0;
}

/* What has been done, for the report. */

#define N_TRACE 40
static char trace[N_TRACE][128];
static unsigned long int n_trace;
static uint64_t seed;

static void OVS_PRINTF_FORMAT(1, 2)
log_step(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(trace[n_trace++ % N_TRACE], sizeof trace[0], format, args);
    va_end(args);
}

#define CHECK(GOT, EXPECTED) \
    check(__LINE__, #GOT, (long long int) (GOT), (long long int) (EXPECTED))

static void
check(int line, const char *what, long long int got, long long int expected)
{
    if (got == expected) {
        return;
    }

    unsigned long int i = n_trace > N_TRACE ? n_trace - N_TRACE : 0;
    for (; i < n_trace; i++) {
        fprintf(stderr, "%lu: %s\n", i, trace[i % N_TRACE]);
    }
    fprintf(stderr, "seed %"PRIu64", line %d: %s: expected %lld, got %lld\n",
            seed, line, what, expected, got);
    exit(EXIT_FAILURE);
}

/* The model. */

/* A filter as a rule that both sides understand: packets whose first byte is
 * at least 'min', up to 'snaplen' bytes. */
struct rule {
    bool present;
    uint8_t min;
    uint32_t snaplen;
};

struct string {
    uint8_t bytes[MAX_BLEN];
    uint32_t len;
};

struct model {
    /* Settings. */
    enum bpf_dev_state state;
    uint32_t blen;
    uint32_t max_blen;
    uint32_t n_buffers;
    uint32_t dlt;
    bool read_only, locked, promisc, immediate, hdrcmplt, feedback, nano;
    bool sees_in, sees_out;
    struct rule filter, write_filter;
    int64_t read_ms, wait_ms;       /* -1: no wait timeout. */

    /* Buffers. */
    struct string hold[MAX_BUFFERS];
    uint32_t n_hold;
    struct string store;
    struct string client;
    bool client_has;
    uint32_t client_index;
    uint64_t oldest;
    bool aged;
    bool lost_for_client;           /* Lost a packet while the client had a
                                     * buffer and since the last rotation. */

    /* Counters. */
    uint64_t received, captured, dropped;
    uint64_t life_received, life_captured, life_dropped;
    uint32_t drops;
};

static struct model m;
static struct bpf_dev dev;
static uint8_t *memory;
static uint64_t now;

static bool
m_can_rotate(void)
{
    return m.n_hold + m.client_has + 1 < m.n_buffers;
}

static void
m_empty_store(void)
{
    m.store.len = 0;
    m.aged = false;
    m.lost_for_client = false;
}

static void
m_rotate(void)
{
    CHECK(m_can_rotate(), true);
    m.hold[m.n_hold++] = m.store;
    m_empty_store();
}

/* What records may take of a buffer, and from one buffer to the next. */
static uint32_t
m_room(void)
{
    return m.blen / 8 * 8;
}

static uint32_t
m_stride(void)
{
    return (m.blen + 7) / 8 * 8;
}

/* No packet will be added to the store buffer as it is. */
static bool
m_store_done(void)
{
    return m.store.len && (m.store.len == m_room() || m.lost_for_client
                           || m.state == BPF_DEV_DETACHED);
}

static void
m_rotate_if_done(void)
{
    if (m_store_done() && m_can_rotate()) {
        m_rotate();
    }
}

static bool
m_store_due(void)
{
    return m.store.len && (m.immediate || m.aged || m_store_done());
}

static bool
m_readable(void)
{
    return m.n_hold || m.state != BPF_DEV_ATTACHED || m_store_due();
}

static uint32_t
m_fionread(void)
{
    return m.n_hold ? m.hold[0].len : m_store_due() ? m.store.len : 0;
}

static void
m_flush(void)
{
    m.n_hold = 0;
    m_empty_store();
    m.received = m.captured = m.dropped = 0;
    m.drops = 0;
}

static uint32_t
m_verdict(const struct rule *rule, const uint8_t *data, uint32_t size)
{
    return (!rule->present ? UINT32_MAX
            : size && data[0] >= rule->min ? rule->snaplen
            : 0);
}

static void
put(struct string *s, uint64_t value, int n_bytes)
{
    for (int i = 0; i < n_bytes; i++) {
        CHECK(s->len < MAX_BLEN, true);
#ifdef WORDS_BIGENDIAN
        s->bytes[s->len++] = value >> 8 * (n_bytes - 1 - i);
#else
        s->bytes[s->len++] = value >> 8 * i;
#endif
    }
}

static uint32_t
m_hdrlen(void)
{
    uint32_t hdrlen = m.dlt == 1 ? 34 : 32;

    return hdrlen > m_room() ? 32 : hdrlen;
}

static void
m_capture(const struct bpf_packet *p, enum bpf_dev_way way)
{
    uint32_t verdict = m_verdict(&m.filter, p->data, p->size);
    uint32_t hdrlen = m_hdrlen();
    uint32_t caplen = verdict;

    if (!verdict) {
        return;
    }
    m.captured++;
    m.life_captured++;
    caplen = caplen < p->size ? caplen : p->size;
    if (caplen > m_room() - hdrlen) {
        caplen = m_room() - hdrlen;
    }

    uint32_t total = (hdrlen + caplen + 7) / 8 * 8;
    if (m.store.len + total > m_room()) {
        if (!m_can_rotate()) {
            m.dropped++;
            m.life_dropped++;
            m.drops++;
            if (m.client_has) {
                m.lost_for_client = true;
            }
            return;
        }
        m_rotate();
    }
    if (!m.store.len) {
        m.oldest = now;
    }

    uint32_t end = m.store.len + total;
    put(&m.store, now / UINT64_C(1000000000), 8);
    put(&m.store, now % UINT64_C(1000000000) / (m.nano ? 1 : 1000), 8);
    put(&m.store, caplen, 4);
    put(&m.store, p->wirelen, 4);
    put(&m.store, hdrlen, 2);
    put(&m.store, way == BPF_DEV_IN ? 1 : 2, 1);
    put(&m.store, 0, 1);
    put(&m.store, m.drops, 4);
    put(&m.store, 0, hdrlen - 32);
    for (uint32_t i = 0; i < caplen; i++) {
        put(&m.store, ((const uint8_t *) p->data)[i], 1);
    }
    put(&m.store, 0, end - m.store.len);
    m.drops = 0;
    if (!m.wait_ms) {
        m.aged = true;
    }
    m_rotate_if_done();
}

static bool
m_wants(enum bpf_dev_way way)
{
    return way == BPF_DEV_IN ? m.sees_in : m.sees_out;
}

static void
m_receive(size_t n)
{
    m.received += n;
    m.life_received += n;
}

static int
m_read(uint32_t size, bool at_once)
{
    if (m.state == BPF_DEV_UNATTACHED || size != m.blen) {
        return EINVAL;
    } else if (m.client_has) {
        return EIO;
    } else if (!m.n_hold && m.store.len && (at_once || m_store_due())) {
        m_rotate();
    }
    if (!m.n_hold) {
        return m.state == BPF_DEV_DETACHED ? EIO : EAGAIN;
    }
    m.client = m.hold[0];
    m.client_has = true;
    m.n_hold--;
    memmove(m.hold, m.hold + 1, m.n_hold * sizeof m.hold[0]);
    return 0;
}

static void
m_release(void)
{
    m.client_has = false;
    m_rotate_if_done();
}

/* Life. */

static void
start(void)
{
    struct bpf_dev_limits limits = {
        .max_blen = 32 + below(MAX_BLEN - 32),
        .n_buffers = 2 + below(MAX_BUFFERS - 1),
        .max_insns = MAX_INSNS,
    };

    limits.default_blen = one_in(8) ? 32 + below(32)
                                    : 32 + below(limits.max_blen);
    memset(&m, 0, sizeof m);
    m.max_blen = limits.max_blen / 8 * 8;
    m.blen = (MIN(limits.default_blen, m.max_blen) + 7) / 8 * 8;
    m.n_buffers = limits.n_buffers;
    m.read_only = one_in(8);
    m.sees_in = m.sees_out = true;
    m.wait_ms = -1;
    log_step("open blen=%"PRIu32" max=%"PRIu32" buffers=%"PRIu32,
             m.blen, m.max_blen, m.n_buffers);
    bpf_dev_init(&dev, &limits, m.read_only);
}

static void
stop(void)
{
    log_step("close");
    bpf_dev_uninit(&dev);
    free(memory);
    memory = NULL;
}

static void
do_attach(void)
{
    struct bpf_dev_port port = {
        .name = "port", .dlt = one_in(3) ? 12 : 1,
    };
    int expected = m.locked ? EPERM : m.state ? EINVAL : 0;

    log_step("attach dlt=%"PRIu32, port.dlt);
    CHECK(bpf_dev_check_attach(&dev), expected);
    if (!expected) {
        CHECK(bpf_dev_memory_size(&dev), m_stride() * m.n_buffers);
        memory = xmalloc(m_stride() * m.n_buffers);
        memset(memory, 0x5a, m_stride() * m.n_buffers);
        bpf_dev_attach(&dev, &port, memory);
        m.dlt = port.dlt;
        m.state = BPF_DEV_ATTACHED;
    }
}

static void
do_detach(void)
{
    log_step("detach");
    bpf_dev_detach(&dev);
    if (m.state == BPF_DEV_ATTACHED) {
        m.state = BPF_DEV_DETACHED;
        m_rotate_if_done();
    }
}

/* Requests. */

static bool
is_locked_request(enum bpf_dev_req req)
{
    return (req == BPF_DEV_SBLEN || req == BPF_DEV_SETF
            || req == BPF_DEV_SETFNR || req == BPF_DEV_SETWF
            || req == BPF_DEV_PROMISC || req == BPF_DEV_SDLT
            || req == BPF_DEV_SHDRCMPLT || req == BPF_DEV_SSEESENT
            || req == BPF_DEV_SDIRECTION || req == BPF_DEV_SFEEDBACK);
}

static bool
needs_port(enum bpf_dev_req req)
{
    return (req == BPF_DEV_PROMISC || req == BPF_DEV_GDLT
            || req == BPF_DEV_SDLT || req == BPF_DEV_GDLTLIST
            || req == BPF_DEV_GETIF);
}

static int
m_common_error(enum bpf_dev_req req)
{
    if (m.locked && is_locked_request(req)) {
        return EPERM;
    } else if (needs_port(req)) {
        return m.state == BPF_DEV_ATTACHED ? 0 : EINVAL;
    } else if (req == BPF_DEV_SBLEN || req == BPF_DEV_STSTAMP) {
        return m.state == BPF_DEV_UNATTACHED ? 0 : EINVAL;
    } else {
        return 0;
    }
}

/* Sets one of the filters. */
static void
do_filter(enum bpf_dev_req req)
{
    struct rule rule = {
        .present = !one_in(3),
        .min = one_in(3) ? 0 : below(256),
        .snaplen = one_in(3) ? UINT32_MAX : one_in(8) ? 0 : below(500),
    };
    struct bpf_insn insns[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, rule.min, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, rule.snaplen),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    union bpf_dev_arg arg = {
        .filter = { .insns = insns, .n = rule.present ? 4 : 0 },
    };
    int expected = m_common_error(req);

    if (rule.present && one_in(8)) {
        /* Too long by one, or ends without a return. */
        arg.filter.n = one_in(2) ? MAX_INSNS + 1 : 2;
        expected = expected ? expected : EINVAL;
    }
    log_step("filter req=%d n=%"PRIuSIZE" min=%d snaplen=%"PRIu32,
             req, arg.filter.n, rule.min, rule.snaplen);
    CHECK(bpf_dev_request(&dev, req, &arg), expected);
    if (expected) {
        return;
    }
    if (req == BPF_DEV_SETWF) {
        m.write_filter = rule;
        return;
    }
    m.filter = rule;
    if (req == BPF_DEV_SETF) {
        m_flush();
    }
}

static int
m_set_timeout(int64_t *ms, int64_t sec, int64_t usec)
{
    if (sec < 0 || usec < 0 || usec > 999999) {
        return EINVAL;
    }

    long double want = sec * 1000.0L + (usec + 999) / 1000;
    if (want > INT_MAX) {
        return EDOM;
    }
    *ms = want;
    return 0;
}

static void
do_timeout(enum bpf_dev_req req)
{
    static const int64_t secs[] = {
        0, 0, 0, 0, 1, -1, INT_MAX / 1000, INT_MAX, INT64_MAX, INT64_MIN
    };
    union bpf_dev_arg arg = {
        .timeout = {
            .sec = secs[below(ARRAY_SIZE(secs))],
            .usec = (one_in(8) ? INT64_C(-1)
                     : (int64_t) below(one_in(4) ? 1000100 : 50000)),
        },
    };
    int expected;

    if (one_in(8)) {
        arg.timeout.sec = arg.timeout.usec = 0;
    }
    log_step("timeout req=%d sec=%"PRId64" usec=%"PRId64,
             req, arg.timeout.sec, arg.timeout.usec);
    expected = m_set_timeout(req == BPF_DEV_SRTIMEOUT ? &m.read_ms
                             : &m.wait_ms,
                             arg.timeout.sec, arg.timeout.usec);
    CHECK(bpf_dev_request(&dev, req, &arg), expected);
    if (!expected && req == BPF_DEV_SRTIMEOUT) {
        CHECK(arg.timeout.sec * 1000 + arg.timeout.usec / 1000, m.read_ms);
    }
    if (!expected && req == BPF_DEV_SWTIMEOUT) {
        m.aged = !m.wait_ms && m.store.len;
    }
}

static int
m_set_value(enum bpf_dev_req req, uint32_t value, uint32_t *result)
{
    switch ((int) req) {
    case BPF_DEV_SBLEN:
        m.blen = MIN(MAX(value, 32), m.max_blen);
        *result = m.blen;
        return 0;
    case BPF_DEV_SDLT:
        return value == m.dlt ? 0 : EINVAL;
    case BPF_DEV_IMMEDIATE:
        m.immediate = value;
        return 0;
    case BPF_DEV_SHDRCMPLT:
        m.hdrcmplt = value;
        return 0;
    case BPF_DEV_SFEEDBACK:
        m.feedback = value;
        return 0;
    case BPF_DEV_SSEESENT:
        m.sees_in = true;
        m.sees_out = value;
        return 0;
    case BPF_DEV_SDIRECTION:
        if (value > 2) {
            return EINVAL;
        }
        m.sees_in = value != 2;
        m.sees_out = value != 0;
        return 0;
    case BPF_DEV_STSTAMP:
        if (value > 1) {
            return EINVAL;
        }
        m.nano = value;
        return 0;
    }
    OVS_NOT_REACHED();
}

static void
do_value(enum bpf_dev_req req)
{
    union bpf_dev_arg arg = {
        .value = (one_in(2) ? below(4) : one_in(2) ? below(2 * MAX_BLEN)
                  : rnd() * 2),
    };
    uint32_t result = arg.value;
    int expected = m_common_error(req);

    log_step("set req=%d value=%"PRIu32, req, arg.value);
    if (!expected) {
        expected = m_set_value(req, arg.value, &result);
    }
    CHECK(bpf_dev_request(&dev, req, &arg), expected);
    CHECK(arg.value, result);
}

static void
do_command(enum bpf_dev_req req)
{
    int expected = m_common_error(req);

    log_step("command req=%d", req);
    CHECK(bpf_dev_request(&dev, req, NULL), expected);
    if (expected) {
        return;
    }
    switch ((int) req) {
    case BPF_DEV_FLUSH:
        m_flush();
        break;
    case BPF_DEV_LOCK:
        m.locked = true;
        break;
    case BPF_DEV_PROMISC:
        m.promisc = true;
        break;
    case BPF_DEV_DWTIMEOUT:
        m.wait_ms = -1;
        m.aged = false;
        break;
    }
}

static void
do_request(void)
{
    static const enum bpf_dev_req values[] = {
        BPF_DEV_SBLEN, BPF_DEV_SDLT, BPF_DEV_IMMEDIATE, BPF_DEV_SHDRCMPLT,
        BPF_DEV_SFEEDBACK, BPF_DEV_SSEESENT, BPF_DEV_SDIRECTION,
        BPF_DEV_STSTAMP,
    };
    static const enum bpf_dev_req filters[] = {
        BPF_DEV_SETF, BPF_DEV_SETFNR, BPF_DEV_SETFNR, BPF_DEV_SETWF,
    };

    switch (below(16)) {
    case 0:
        do_filter(filters[below(ARRAY_SIZE(filters))]);
        break;
    case 1:
        do_timeout(one_in(2) ? BPF_DEV_SRTIMEOUT : BPF_DEV_SWTIMEOUT);
        break;
    case 2:
        do_command(one_in(4) ? BPF_DEV_FLUSH
                   : one_in(30) ? BPF_DEV_LOCK
                   : one_in(2) ? BPF_DEV_DWTIMEOUT
                   : BPF_DEV_PROMISC);
        break;
    case 3:
        CHECK(bpf_dev_request(&dev, BPF_DEV_N_REQS + below(1000), NULL),
              ENOTTY);
        break;
    default:
        do_value(values[below(ARRAY_SIZE(values))]);
        break;
    }
}

/* Packets. */

static void
do_packets(void)
{
    static uint8_t data[MAX_BATCH][MAX_PACKET];
    struct bpf_packet pkts[MAX_BATCH];
    enum bpf_dev_way way = one_in(3) ? BPF_DEV_OUT : BPF_DEV_IN;
    size_t n = 1 + below(MAX_BATCH);
    struct bpf_dev_run run;
    size_t n_accepted = 0;
    size_t n_dropped;
    uint64_t dropped;

    for (size_t i = 0; i < n; i++) {
        uint32_t size = (one_in(8) ? below(MAX_PACKET)
                         : one_in(2) && m.blen > 100 ? m.blen / 2 - 34
                         : below(100));

        for (uint32_t j = 0; j < size; j++) {
            data[i][j] = rnd();
        }
        pkts[i] = (struct bpf_packet) {
            .data = data[i], .size = size,
            .wirelen = size + (one_in(4) ? below(1000) : 0),
        };
        if (m_wants(way) && m_verdict(&m.filter, data[i], size)) {
            n_accepted++;
        }
    }
    now += below(20 * MSEC);
    log_step("packets n=%"PRIuSIZE" way=%d size=%"PRIu32,
             n, way, pkts[0].size);

    CHECK(bpf_dev_filter_batch(&dev, pkts, n, way, &run), n_accepted);
    if (!n_accepted) {
        if (m_wants(way)) {
            m_receive(n);
        }
        return;
    }
    while (one_in(8)) {
        do_request();
    }
    if (one_in(100)) {
        do_detach();
    }
    n_dropped = bpf_dev_append(&dev, pkts, n, &run, now);
    dropped = m.life_dropped;
    if (m.state == BPF_DEV_ATTACHED && m_wants(way)) {
        m_receive(n);
        for (size_t i = 0; i < n; i++) {
            m_capture(&pkts[i], way);
        }
    }
    CHECK(n_dropped, m.life_dropped - dropped);
}

/* Reading. */

static void
do_read(void)
{
    static const unsigned int flags[] = {
        0, BPF_DEV_READ_NONBLOCK, BPF_DEV_READ_EXPIRED,
        BPF_DEV_READ_NONBLOCK | BPF_DEV_READ_EXPIRED,
    };
    unsigned int flag = flags[below(ARRAY_SIZE(flags))];
    uint32_t size = one_in(10) ? below(MAX_BLEN) : m.blen;
    struct bpf_dev_buffer buffer;
    int expected;

    log_step("read size=%"PRIu32" flags=%u", size, flag);
    expected = m_read(size, flag != 0);
    CHECK(bpf_dev_read(&dev, flag, size, &buffer), expected);
    if (!expected) {
        CHECK(buffer.index < m.n_buffers, true);
        CHECK(buffer.len, m.client.len);
        m.client_index = buffer.index;
    }
}

static void
do_release(void)
{
    log_step("release");
    bpf_dev_release(&dev);
    m_release();
}

static void
do_wait(void)
{
    uint64_t expected = UINT64_MAX;

    now = one_in(20) ? now - below(100 * MSEC) : now + below(50 * MSEC);
    log_step("wait now=%"PRIu64, now);
    if (m.wait_ms > 0 && m.state == BPF_DEV_ATTACHED) {
        uint64_t wait = m.wait_ms * MSEC;

        expected = now + wait;
        if (m.store.len && !m.aged) {
            m.oldest = MIN(m.oldest, now);
            if (m.oldest + wait <= now) {
                m.aged = true;
            } else {
                expected = m.oldest + wait;
            }
        }
    }
    CHECK(bpf_dev_check_wait(&dev, now), expected);
}

/* Writing. */

static int
m_write(const uint8_t *frame, size_t len, uint32_t mtu)
{
    size_t link = m.dlt == 1 ? 14 : 0;

    if (m.read_only) {
        return EBADF;
    } else if (m.state != BPF_DEV_ATTACHED) {
        return EINVAL;
    } else if (!len) {
        return 0;
    } else if (len < link) {
        return EMSGSIZE;
    }
    if (link && len >= 16 && frame[12] == 0x81 && !frame[13]) {
        link += 4;
    }
    if (len > link + mtu) {
        return EMSGSIZE;
    }
    return m_verdict(&m.write_filter, frame, len) ? 0 : EPERM;
}

static void
do_write(void)
{
    uint8_t frame[200];
    size_t len = below(sizeof frame);
    uint32_t mtu = 50 + below(100);

    for (size_t i = 0; i < sizeof frame; i++) {
        frame[i] = rnd();
    }
    frame[12] = one_in(2) ? 0x81 : 0x08;
    frame[13] = frame[16] = 0;
    log_step("write len=%"PRIuSIZE" mtu=%"PRIu32, len, mtu);
    CHECK(bpf_dev_check_write(&dev, frame, len, mtu),
          m_write(frame, len, mtu));
}

/* Comparison of all that can be seen. */

static uint32_t
ask(enum bpf_dev_req req)
{
    union bpf_dev_arg arg = { .value = 0 };

    CHECK(bpf_dev_request(&dev, req, &arg), 0);
    return arg.value;
}

static void
compare_requests(void)
{
    union bpf_dev_arg arg = { .value = 0 };
    uint32_t direction = (!m.sees_out ? 0 : m.sees_in ? 1 : 2);
    int port_error = m.state == BPF_DEV_ATTACHED ? 0 : EINVAL;

    CHECK(ask(BPF_DEV_GBLEN), m.blen);
    CHECK(ask(BPF_DEV_GSEESENT), m.sees_out);
    CHECK(ask(BPF_DEV_GDIRECTION), direction);
    CHECK(ask(BPF_DEV_GHDRCMPLT), m.hdrcmplt);
    CHECK(ask(BPF_DEV_GFEEDBACK), m.feedback);
    CHECK(ask(BPF_DEV_GTSTAMP), m.nano);
    CHECK(ask(BPF_DEV_NREAD), m_fionread());

    CHECK(bpf_dev_request(&dev, BPF_DEV_GDLT, &arg), port_error);
    CHECK(arg.value, port_error ? 0 : m.dlt);
    CHECK(bpf_dev_request(&dev, BPF_DEV_GETIF, &arg), port_error);
    CHECK(port_error || !strcmp(arg.name, "port"), true);

    CHECK(bpf_dev_request(&dev, BPF_DEV_GSTATS, &arg), 0);
    CHECK(arg.stats.received, m.received);
    CHECK(arg.stats.captured, m.captured);
    CHECK(arg.stats.dropped, m.dropped);

    CHECK(bpf_dev_request(&dev, BPF_DEV_GRTIMEOUT, &arg), 0);
    CHECK(arg.timeout.sec * 1000 + arg.timeout.usec / 1000, m.read_ms);
    CHECK(bpf_dev_request(&dev, BPF_DEV_GWTIMEOUT, &arg),
          m.wait_ms < 0 ? ENXIO : 0);
    if (m.wait_ms >= 0) {
        CHECK(arg.timeout.sec * 1000 + arg.timeout.usec / 1000, m.wait_ms);
    }
}

static void
compare_info(void)
{
    struct bpf_dev_info info;
    struct bpf_dev_stats life;
    uint64_t hold_len = m.client_has ? m.client.len : 0;

    for (uint32_t i = 0; i < m.n_hold; i++) {
        hold_len += m.hold[i].len;
    }
    bpf_dev_get_info(&dev, &info);
    CHECK(info.state, m.state);
    CHECK(info.locked, m.locked);
    CHECK(info.promisc, m.promisc);
    CHECK(info.immediate, m.immediate);
    CHECK(info.store_len, m.store.len);
    CHECK(info.hold_len, hold_len);
    CHECK(info.n_insns, m.filter.present ? 4 : 0);

    bpf_dev_get_lifetime_stats(&dev, &life);
    CHECK(life.received, m.life_received);
    CHECK(life.captured, m.life_captured);
    CHECK(life.dropped, m.life_dropped);
}

static void
compare_client_buffer(void)
{
    const uint8_t *bytes = memory + m.client_index * m_stride();

    for (uint32_t i = 0; i < m.client.len; i++) {
        if (bytes[i] != m.client.bytes[i]) {
            log_step("buffer %"PRIu32": byte %"PRIu32" of %"PRIu32,
                     m.client_index, i, m.client.len);
            CHECK(bytes[i], m.client.bytes[i]);
        }
    }
}

static void
compare(void)
{
    CHECK(bpf_dev_is_readable(&dev), m_readable());
    CHECK(bpf_dev_wants(&dev, BPF_DEV_IN), m.sees_in);
    CHECK(bpf_dev_wants(&dev, BPF_DEV_OUT), m.sees_out);
    compare_requests();
    compare_info();
    if (m.client_has) {
        compare_client_buffer();
    }
}

static void
step(void)
{
    switch (below(20)) {
    case 0:
    case 1:
        do_request();
        break;
    case 2:
        do_wait();
        break;
    case 3:
        do_write();
        break;
    case 4:
    case 5:
    case 6:
        do_read();
        break;
    case 7:
    case 8:
    case 9:
        do_release();
        break;
    case 10:
        if (m.state == BPF_DEV_UNATTACHED || one_in(5)) {
            do_attach();
        }
        break;
    case 11:
        if (one_in(50)) {
            do_detach();
        }
        break;
    default:
        do_packets();
        break;
    }
    compare();
}

int
main(int argc, char *argv[])
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s SEED STEPS\n", argv[0]);
        return EXIT_FAILURE;
    }
    seed = strtoull(argv[1], NULL, 10);
    seed = seed ? seed : (uint64_t) time(NULL);
    random_state = seed;
    now = UINT64_C(1700000000) * 1000 * MSEC;
    printf("seed %"PRIu64"\n", seed);

    start();
    compare();
    for (unsigned long int n = strtoul(argv[2], NULL, 10); n > 0; n--) {
        if (one_in(1000)) {
            stop();
            start();
            compare();
        }
        step();
    }
    stop();
    return EXIT_SUCCESS;
}
