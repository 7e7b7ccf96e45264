/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* The capture device as a state machine: see bpf-device.h for the rules.
 *
 * There is no lock in this file.  'filter', 'direction', 'generation',
 * 'received' and 'missed' of struct bpf_dev are read or counted by the threads
 * that move packets without any lock; all else is under the caller's lock. */

#include <config.h>
#include "bpf/bpf-device.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "bpf/bpf-stream.h"
#include "packets.h"
#include "util.h"

/* No wait timeout. */
#define NO_WAIT UINT32_MAX

/* Upper bound of the configured bound: a sum of two lengths has to fit into 32
 * bits, and the size of all buffers into a size_t. */
#define HIGHEST_MAX_BLEN MIN(1u << 30, SIZE_MAX / BPF_DEV_MAX_BUFFERS)

const char *
bpf_dev_state_to_string(enum bpf_dev_state state)
{
    switch (state) {
    case BPF_DEV_UNATTACHED: return "unattached";
    case BPF_DEV_ATTACHED: return "attached";
    case BPF_DEV_DETACHED: return "detached";
    }
    OVS_NOT_REACHED();
}

const char *
bpf_dev_direction_to_string(enum bpf_dev_direction direction)
{
    switch (direction) {
    case BPF_DEV_D_IN: return "in";
    case BPF_DEV_D_INOUT: return "inout";
    case BPF_DEV_D_OUT: return "out";
    }
    OVS_NOT_REACHED();
}

static uint32_t
clamp(uint32_t value, uint32_t min, uint32_t max)
{
    return MIN(MAX(value, min), max);
}

/* Settings that the data path reads. */

static enum bpf_dev_direction
get_direction(const struct bpf_dev *dev)
{
    uint32_t direction;

    atomic_read_relaxed(&CONST_CAST(struct bpf_dev *, dev)->direction,
                        &direction);
    return direction;
}

static uint64_t
get_generation(const struct bpf_dev *dev)
{
    uint64_t generation;

    atomic_read_explicit(&CONST_CAST(struct bpf_dev *, dev)->generation,
                         &generation, memory_order_acquire);
    return generation;
}

/* Tells the data path that verdicts given so far may be wrong.  To be called
 * after the change: who sees the new generation then sees the change too. */
static void
bump_generation(struct bpf_dev *dev)
{
    uint64_t orig;

    atomic_add_explicit(&dev->generation, 1, &orig, memory_order_release);
}

static uint64_t
get_received(const struct bpf_dev *dev)
{
    uint64_t received;

    atomic_read_relaxed(&CONST_CAST(struct bpf_dev *, dev)->received,
                        &received);
    return received;
}

static void
count_received(struct bpf_dev *dev, size_t n)
{
    uint64_t orig;

    atomic_add_relaxed(&dev->received, n, &orig);
}

static uint64_t
get_missed(const struct bpf_dev *dev)
{
    uint64_t missed;

    atomic_read_relaxed(&CONST_CAST(struct bpf_dev *, dev)->missed, &missed);
    return missed;
}

/* The buffers. */

static uint32_t
store_len(const struct bpf_dev *dev)
{
    return dev->len[dev->store];
}

static bool
has_free_buffer(const struct bpf_dev *dev)
{
    return dev->claimed + dev->n_full + 1 < dev->limits.n_buffers;
}

/* Makes the buffer behind those in use the store buffer, an empty one. */
static void
start_store(struct bpf_dev *dev)
{
    dev->store = dev->order[dev->claimed + dev->n_full];
    dev->len[dev->store] = 0;
    dev->aged = false;
    dev->starved = false;
}

/* Queues the store buffer and takes an empty one for it, if there is one.
 * Returns true if so. */
static bool
rotate(struct bpf_dev *dev)
{
    if (!has_free_buffer(dev)) {
        return false;
    }
    dev->n_full++;
    start_store(dev);
    return true;
}

/* How much of a buffer records may fill: each ends aligned. */
static uint32_t
usable_len(const struct bpf_dev *dev)
{
    return ROUND_DOWN(dev->blen, BPF_RECORD_ALIGNMENT);
}

/* True if no further packet will go into the store buffer as it is. */
static bool
store_is_complete(const struct bpf_dev *dev)
{
    return (store_len(dev) == usable_len(dev)
            || dev->starved
            || dev->state == BPF_DEV_DETACHED);
}

/* Queues the store buffer if waiting longer would gain nothing. */
static void
rotate_if_complete(struct bpf_dev *dev)
{
    if (store_len(dev) && store_is_complete(dev)) {
        rotate(dev);
    }
}

/* True if a read need not wait for the store buffer to be queued. */
static bool
store_is_due(const struct bpf_dev *dev)
{
    return (store_len(dev)
            && (dev->immediate || dev->aged || store_is_complete(dev)));
}

/* Life. */

static void
set_limits(struct bpf_dev *dev, const struct bpf_dev_limits *limits)
{
    struct bpf_dev_limits *own = &dev->limits;

    own->max_blen = ROUND_DOWN(clamp(limits->max_blen, BPF_DEV_MIN_BLEN,
                                     HIGHEST_MAX_BLEN),
                               BPF_RECORD_ALIGNMENT);
    own->default_blen = BPF_RECORD_ALIGN(clamp(limits->default_blen,
                                               BPF_DEV_MIN_BLEN,
                                               own->max_blen));
    own->n_buffers = clamp(limits->n_buffers, BPF_DEV_MIN_BUFFERS,
                           BPF_DEV_MAX_BUFFERS);
    own->max_insns = clamp(limits->max_insns, 1, BPF_PROG_MAX_INSNS);
}

void
bpf_dev_init(struct bpf_dev *dev, const struct bpf_dev_limits *limits,
             bool read_only)
{
    memset(dev, 0, sizeof *dev);
    set_limits(dev, limits);
    ovsrcu_init(&dev->filter, NULL);
    atomic_init(&dev->direction, BPF_DEV_D_INOUT);
    atomic_init(&dev->generation, 0);
    atomic_init(&dev->received, 0);
    atomic_init(&dev->missed, 0);
    dev->state = BPF_DEV_UNATTACHED;
    dev->read_only = read_only;
    for (size_t i = 0; i < BPF_DEV_MAX_BUFFERS; i++) {
        dev->order[i] = i;
    }
    dev->tstamp = BPF_DEV_T_MICROTIME;
    dev->blen = dev->limits.default_blen;
    dev->wait_ms = NO_WAIT;
}

void
bpf_dev_uninit(struct bpf_dev *dev)
{
    struct bpf_prog *filter = ovsrcu_get_protected(struct bpf_prog *,
                                                   &dev->filter);

    ovsrcu_set(&dev->filter, NULL);
    if (filter) {
        ovsrcu_postpone(bpf_prog_destroy, filter);
    }
    bpf_prog_destroy(dev->write_filter);
    dev->write_filter = NULL;
}

/* Attachment. */

int
bpf_dev_check_attach(const struct bpf_dev *dev)
{
    return (dev->locked ? EPERM
            : dev->state != BPF_DEV_UNATTACHED ? EINVAL
            : 0);
}

void
bpf_dev_set_n_buffers(struct bpf_dev *dev, uint32_t n_buffers)
{
    dev->limits.n_buffers = clamp(n_buffers, BPF_DEV_MIN_BUFFERS,
                                  BPF_DEV_MAX_BUFFERS);
}

size_t
bpf_dev_memory_size(const struct bpf_dev *dev)
{
    return bpf_dev_stride(dev) * dev->limits.n_buffers;
}

/* Shortest buffer of a device that wants identities: room for a header. */
#define IDENTITY_BLEN_MIN 128

static uint32_t
link_header_len(const struct bpf_dev *dev)
{
    return dev->dlt == BPF_DEV_DLT_EN10MB ? ETH_HEADER_LEN : 0;
}

/* Length of a record's header such that what follows the link header is
 * aligned.  The smallest buffer has room for the header alone. */
static uint32_t
record_header_len(const struct bpf_dev *dev)
{
    uint32_t link = link_header_len(dev);
    uint32_t fixed = (sizeof(struct bpf_record)
                      + (bpf_dev_wants_identities(dev)
                         ? sizeof(struct bpf_record_identity) : 0));
    uint32_t padded = BPF_RECORD_ALIGN(fixed + link) - link;

    return padded <= usable_len(dev) ? padded : fixed;
}

bool
bpf_dev_wants_identities(const struct bpf_dev *dev)
{
    return dev->tstamp == BPF_DEV_T_IDENTITY;
}

void
bpf_dev_attach(struct bpf_dev *dev, const struct bpf_dev_port *port,
               void *memory)
{
    ovs_assert(dev->state == BPF_DEV_UNATTACHED);
    ovs_strlcpy(dev->name, port->name, sizeof dev->name);
    dev->dlt = port->dlt;
    dev->hdrlen = record_header_len(dev);
    dev->memory = memory;
    dev->state = BPF_DEV_ATTACHED;
}

void
bpf_dev_detach(struct bpf_dev *dev)
{
    if (dev->state == BPF_DEV_ATTACHED) {
        dev->state = BPF_DEV_DETACHED;
        rotate_if_complete(dev);
    }
}

/* Requests. */

static int
req_gblen(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    arg->value = dev->blen;
    return 0;
}

static int
req_sblen(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    dev->blen = arg->value = clamp(arg->value, BPF_DEV_MIN_BLEN,
                                   dev->limits.max_blen);
    return 0;
}

static void
flush(struct bpf_dev *dev)
{
    dev->n_full = 0;
    start_store(dev);
    dev->recent_drops = 0;
    dev->missed_before = get_missed(dev);
    bpf_dev_get_lifetime_stats(dev, &dev->base);
}

int
bpf_dev_compile(const struct bpf_dev *dev, union bpf_dev_arg *arg,
                struct bpf_prog **progp)
{
    *progp = NULL;
    arg->filter.why = NULL;
    return (arg->filter.n
            ? bpf_prog_create(arg->filter.insns, arg->filter.n,
                              dev->limits.max_insns, 0, progp,
                              &arg->filter.why)
            : 0);
}

/* Exchanges the filter for reception, or for writing, with '*progp'. */
static void
exchange_filter(struct bpf_dev *dev, struct bpf_prog **progp)
{
    struct bpf_prog *old = ovsrcu_get_protected(struct bpf_prog *,
                                                &dev->filter);

    ovsrcu_set(&dev->filter, *progp);
    bump_generation(dev);
    *progp = old;
}

static void
exchange_write_filter(struct bpf_dev *dev, struct bpf_prog **progp)
{
    struct bpf_prog *old = dev->write_filter;

    dev->write_filter = *progp;
    *progp = old;
}

static int
req_setfnr(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    struct bpf_prog *prog;
    int error = bpf_dev_compile(dev, arg, &prog);

    if (error) {
        return error;
    }
    exchange_filter(dev, &prog);
    if (prog) {
        ovsrcu_postpone(bpf_prog_destroy, prog);
    }
    return 0;
}

static int
req_setf(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    int error = req_setfnr(dev, arg);

    if (!error) {
        flush(dev);
    }
    return error;
}

static int
req_setwf(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    struct bpf_prog *prog;
    int error = bpf_dev_compile(dev, arg, &prog);

    if (!error) {
        exchange_write_filter(dev, &prog);
        bpf_prog_destroy(prog);
    }
    return error;
}

static int
req_lock(struct bpf_dev *dev, union bpf_dev_arg *arg OVS_UNUSED)
{
    dev->locked = true;
    return 0;
}

static int
req_flush(struct bpf_dev *dev, union bpf_dev_arg *arg OVS_UNUSED)
{
    flush(dev);
    return 0;
}

static int
req_promisc(struct bpf_dev *dev, union bpf_dev_arg *arg OVS_UNUSED)
{
    dev->promisc = true;
    return 0;
}

static int
req_gdlt(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    arg->value = dev->dlt;
    return 0;
}

static int
req_sdlt(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    return arg->value == dev->dlt ? 0 : EINVAL;
}

static int
req_gdltlist(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    if (arg->dlts.list) {
        if (!arg->dlts.n) {
            return ENOMEM;
        }
        arg->dlts.list[0] = dev->dlt;
    }
    arg->dlts.n = 1;
    return 0;
}

static int
req_getif(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    arg->name = dev->name;
    return 0;
}

static int
req_immediate(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    dev->immediate = arg->value != 0;
    return 0;
}

static int
req_gstats(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    bpf_dev_get_stats(dev, &arg->stats);
    return 0;
}

static int
req_version(struct bpf_dev *dev OVS_UNUSED, union bpf_dev_arg *arg)
{
    arg->version.major = BPF_DEV_MAJOR_VERSION;
    arg->version.minor = BPF_DEV_MINOR_VERSION;
    return 0;
}

static int
req_ghdrcmplt(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    arg->value = dev->hdrcmplt;
    return 0;
}

static int
req_shdrcmplt(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    dev->hdrcmplt = arg->value != 0;
    return 0;
}

static void
set_direction(struct bpf_dev *dev, enum bpf_dev_direction direction)
{
    atomic_store_relaxed(&dev->direction, direction);
    bump_generation(dev);
}

static int
req_gseesent(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    arg->value = get_direction(dev) != BPF_DEV_D_IN;
    return 0;
}

static int
req_sseesent(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    set_direction(dev, arg->value ? BPF_DEV_D_INOUT : BPF_DEV_D_IN);
    return 0;
}

static int
req_gdirection(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    arg->value = get_direction(dev);
    return 0;
}

static int
req_sdirection(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    if (arg->value > BPF_DEV_D_OUT) {
        return EINVAL;
    }
    set_direction(dev, arg->value);
    return 0;
}

static int
req_gfeedback(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    arg->value = dev->feedback;
    return 0;
}

static int
req_sfeedback(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    dev->feedback = arg->value != 0;
    return 0;
}

static struct bpf_dev_timeout
timeout_from_ms(uint32_t ms)
{
    return (struct bpf_dev_timeout) {
        .sec = ms / 1000,
        .usec = ms % 1000 * 1000,
    };
}

/* Rounds 't' up to milliseconds, what poll(2) can wait for. */
static int
timeout_to_ms(const struct bpf_dev_timeout *t, uint32_t *ms)
{
    if (t->sec < 0 || t->usec < 0 || t->usec >= 1000000) {
        return EINVAL;
    }

    int64_t frac_ms = DIV_ROUND_UP(t->usec, 1000);
    if (t->sec > (INT_MAX - frac_ms) / 1000) {
        return EDOM;
    }
    *ms = t->sec * 1000 + frac_ms;
    return 0;
}

static int
req_grtimeout(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    arg->timeout = timeout_from_ms(dev->read_ms);
    return 0;
}

static int
req_srtimeout(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    int error = timeout_to_ms(&arg->timeout, &dev->read_ms);

    if (!error) {
        /* Who waits is the client: it has to know for how long. */
        arg->timeout = timeout_from_ms(dev->read_ms);
    }
    return error;
}

static int
req_gtstamp(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    arg->value = dev->tstamp;
    return 0;
}

static int
req_ststamp(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    if (arg->value > BPF_DEV_T_NANOTIME
        && (arg->value != BPF_DEV_T_IDENTITY
            || dev->blen < IDENTITY_BLEN_MIN)) {
        return EINVAL;
    }
    dev->tstamp = arg->value;
    return 0;
}

static int
req_gwtimeout(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    if (!bpf_dev_has_wait_timeout(dev)) {
        return ENXIO;
    }
    arg->timeout = timeout_from_ms(dev->wait_ms);
    return 0;
}

/* The age of what is stored is judged anew under the new timeout, which for
 * a timeout of 0 needs no clock. */
static int
req_swtimeout(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    int error = timeout_to_ms(&arg->timeout, &dev->wait_ms);

    if (!error) {
        dev->aged = store_len(dev) && !dev->wait_ms;
    }
    return error;
}

static int
req_dwtimeout(struct bpf_dev *dev, union bpf_dev_arg *arg OVS_UNUSED)
{
    dev->wait_ms = NO_WAIT;
    dev->aged = false;
    return 0;
}

static int
req_nread(struct bpf_dev *dev, union bpf_dev_arg *arg)
{
    uint32_t next = dev->order[dev->claimed];

    arg->value = (dev->n_full ? dev->len[next]
                  : store_is_due(dev) ? store_len(dev)
                  : 0);
    return 0;
}

/* When a request is refused, whatever its argument. */
#define R_LOCKABLE   (1u << 0)      /* On a locked device. */
#define R_ATTACHED   (1u << 1)      /* Unless attached. */
#define R_UNATTACHED (1u << 2)      /* Unless unattached. */

struct req_class {
    int (*run)(struct bpf_dev *, union bpf_dev_arg *);
    unsigned int rules;
};

static const struct req_class req_classes[BPF_DEV_N_REQS] = {
    [BPF_DEV_GBLEN] = { req_gblen, 0 },
    [BPF_DEV_SBLEN] = { req_sblen, R_LOCKABLE | R_UNATTACHED },
    [BPF_DEV_SETF] = { req_setf, R_LOCKABLE },
    [BPF_DEV_SETFNR] = { req_setfnr, R_LOCKABLE },
    [BPF_DEV_SETWF] = { req_setwf, R_LOCKABLE },
    [BPF_DEV_LOCK] = { req_lock, 0 },
    [BPF_DEV_FLUSH] = { req_flush, 0 },
    [BPF_DEV_PROMISC] = { req_promisc, R_LOCKABLE | R_ATTACHED },
    [BPF_DEV_GDLT] = { req_gdlt, R_ATTACHED },
    [BPF_DEV_SDLT] = { req_sdlt, R_LOCKABLE | R_ATTACHED },
    [BPF_DEV_GDLTLIST] = { req_gdltlist, R_ATTACHED },
    [BPF_DEV_GETIF] = { req_getif, R_ATTACHED },
    [BPF_DEV_IMMEDIATE] = { req_immediate, 0 },
    [BPF_DEV_GSTATS] = { req_gstats, 0 },
    [BPF_DEV_VERSION] = { req_version, 0 },
    [BPF_DEV_GHDRCMPLT] = { req_ghdrcmplt, 0 },
    [BPF_DEV_SHDRCMPLT] = { req_shdrcmplt, R_LOCKABLE },
    [BPF_DEV_GSEESENT] = { req_gseesent, 0 },
    [BPF_DEV_SSEESENT] = { req_sseesent, R_LOCKABLE },
    [BPF_DEV_GDIRECTION] = { req_gdirection, 0 },
    [BPF_DEV_SDIRECTION] = { req_sdirection, R_LOCKABLE },
    [BPF_DEV_GFEEDBACK] = { req_gfeedback, 0 },
    [BPF_DEV_SFEEDBACK] = { req_sfeedback, R_LOCKABLE },
    [BPF_DEV_GRTIMEOUT] = { req_grtimeout, 0 },
    [BPF_DEV_SRTIMEOUT] = { req_srtimeout, 0 },
    [BPF_DEV_GTSTAMP] = { req_gtstamp, 0 },
    [BPF_DEV_STSTAMP] = { req_ststamp, R_UNATTACHED },
    [BPF_DEV_GWTIMEOUT] = { req_gwtimeout, 0 },
    [BPF_DEV_SWTIMEOUT] = { req_swtimeout, 0 },
    [BPF_DEV_DWTIMEOUT] = { req_dwtimeout, 0 },
    [BPF_DEV_NREAD] = { req_nread, 0 },
};

static int
check_rules(const struct bpf_dev *dev, unsigned int rules)
{
    if (rules & R_LOCKABLE && dev->locked) {
        return EPERM;
    } else if (rules & R_ATTACHED && dev->state != BPF_DEV_ATTACHED) {
        return EINVAL;
    } else if (rules & R_UNATTACHED && dev->state != BPF_DEV_UNATTACHED) {
        return EINVAL;
    } else {
        return 0;
    }
}

int
bpf_dev_check_request(const struct bpf_dev *dev, enum bpf_dev_req req)
{
    return check_rules(dev, req_classes[req].rules);
}

int
bpf_dev_request(struct bpf_dev *dev, enum bpf_dev_req req,
                union bpf_dev_arg *arg)
{
    if ((unsigned int) req >= BPF_DEV_N_REQS) {
        return ENOTTY;
    }

    int error = bpf_dev_check_request(dev, req);

    return error ? error : req_classes[req].run(dev, arg);
}

int
bpf_dev_set_prog(struct bpf_dev *dev, enum bpf_dev_req req,
                 struct bpf_prog **progp)
{
    int error = bpf_dev_check_request(dev, req);

    if (error) {
        return error;
    }
    if (req == BPF_DEV_SETWF) {
        exchange_write_filter(dev, progp);
        return 0;
    }
    exchange_filter(dev, progp);
    if (req == BPF_DEV_SETF) {
        flush(dev);
    }
    return 0;
}

/* Data path, lock-free part. */

static bool
direction_includes(enum bpf_dev_direction direction, enum bpf_dev_way way)
{
    return (direction == BPF_DEV_D_INOUT
            || (direction == BPF_DEV_D_IN) == (way == BPF_DEV_IN));
}

bool
bpf_dev_wants(const struct bpf_dev *dev, enum bpf_dev_way way)
{
    return direction_includes(get_direction(dev), way);
}

/* Sets the verdicts of the 'n' packets at 'pkts', which went 'way', and returns
 * how many of them are accepted. */
static size_t
run_filter(const struct bpf_dev *dev, struct bpf_packet pkts[], size_t n,
           enum bpf_dev_way way)
{
    const struct bpf_prog *prog = ovsrcu_get(struct bpf_prog *, &dev->filter);

    return bpf_prog_run_batch(bpf_prog_for(prog, way == BPF_DEV_OUT), pkts,
                              n);
}

size_t
bpf_dev_filter_batch(struct bpf_dev *dev, struct bpf_packet pkts[],
                     size_t n, enum bpf_dev_way way, struct bpf_dev_run *run)
{
    size_t n_accepted;

    /* The generation first: what is read after it is at least as new. */
    run->generation = get_generation(dev);
    run->way = way;
    run->queue = 0;
    run->identities = NULL;
    if (!bpf_dev_wants(dev, way)) {
        return 0;
    }

    n_accepted = run_filter(dev, pkts, n, way);
    if (!n_accepted) {
        /* bpf_dev_append() counts the others, so that a flush cannot come
         * between the two counters of a packet. */
        count_received(dev, n);
    }
    return n_accepted;
}

void
bpf_dev_miss(struct bpf_dev *dev, size_t n, size_t n_missed)
{
    uint64_t orig;

    /* One counter for what three of bpf(4)'s have in common, so that a flush
     * cannot come between them. */
    atomic_add_relaxed(&dev->missed, n_missed, &orig);
    count_received(dev, n - n_missed);
}

/* Data path, under the caller's lock. */

/* Counts more packets that are lost between two records. */
static void
add_recent_drops(struct bpf_dev *dev, uint64_t n)
{
    dev->recent_drops += MIN(n, UINT32_MAX - dev->recent_drops);
}

/* Has the next record tell of packets that were missed before it. */
static void
tell_missed(struct bpf_dev *dev)
{
    uint64_t missed = get_missed(dev);

    if (OVS_UNLIKELY(missed != dev->missed_before)) {
        add_recent_drops(dev, missed - dev->missed_before);
        dev->missed_before = missed;
    }
}

/* Puts the time 'ns', in nanoseconds, into 'record' as 'dev' counts it. */
static void
set_time(const struct bpf_dev *dev, struct bpf_record *record, uint64_t ns)
{
    uint64_t frac = ns % UINT64_C(1000000000);

    record->sec = ns / UINT64_C(1000000000);
    record->frac = dev->tstamp == BPF_DEV_T_MICROTIME ? frac / 1000 : frac;
}

/* What the headers of a batch have in common, but for packets that are older
 * than the batch. */
static struct bpf_record
common_header(const struct bpf_dev *dev, const struct bpf_dev_run *run,
              uint64_t now)
{
    struct bpf_record record = {
        .hdrlen = dev->hdrlen,
        .flags = run->way,
        .queue = run->queue,
    };

    set_time(dev, &record, now);
    return record;
}

/* How far ahead of the record that is written the processor is told of memory
 * that will be written, in bytes.  The client has read that memory with another
 * processor, so that getting it back takes as long as forwarding a packet: the
 * distance is that of a batch of short packets.  At the end of a buffer it
 * reaches into the next one.
 *
 * Of a long record the first bytes are enough, and of a very long one none:
 * that memory is written one line after the other the processor notices by
 * itself, and more of this would only be in its way.  A record that is stored
 * past the caches needs none either. */
#define PREFETCH_DISTANCE 4096
#define PREFETCH_MAX 512
#define PREFETCH_LONGEST 2048

static inline void
prefetch_ahead(const uint8_t *at, uint32_t size)
{
    const uint8_t *start = at + PREFETCH_DISTANCE;
    const uint8_t *end = start + MIN(size, PREFETCH_MAX);

    if (size > PREFETCH_LONGEST) {
        return;
    }
    for (; start < end; start += CACHE_LINE_SIZE) {
        OVS_PREFETCH_WRITE(start);
    }
}

/* Puts a record of 'size' bytes at 'at', with 'caplen' bytes of 'p', after a
 * loss of 'drops' packets. */
static inline void
put_record(uint8_t *at, uint32_t size, const struct bpf_record *common,
           const struct bpf_packet *p, uint32_t caplen, uint32_t drops)
{
    struct bpf_record *record = ALIGNED_CAST(struct bpf_record *, at);

    if (!bpf_stream_wants(caplen)) {
        prefetch_ahead(at, size);
    }

    /* Padding first, in whole words: what is not padding is overwritten. */
    memset(at + size - BPF_RECORD_ALIGNMENT, 0, BPF_RECORD_ALIGNMENT);
    if (common->hdrlen > sizeof *record) {
        memset(at + sizeof *record, 0, BPF_RECORD_ALIGNMENT);
    }

    /* Field by field: copying all and then changing some takes twice as
     * long. */
    record->sec = common->sec;
    record->frac = common->frac;
    record->caplen = caplen;
    record->datalen = p->wirelen;
    record->hdrlen = common->hdrlen;
    record->flags = common->flags | p->left << BPF_RECORD_LEFT_SHIFT;
    record->queue = common->queue;
    record->drops = drops;
    if (bpf_stream_wants(caplen)) {
        bpf_stream_copy(at + common->hdrlen, p->data, caplen);
    } else {
        memcpy(at + common->hdrlen, p->data, caplen);
    }
}

/* No header without an identity is that long. */
#define IDENTITY_HDRLEN \
    (sizeof(struct bpf_record) + sizeof(struct bpf_record_identity))

/* Puts the identity of packet number 'i' in front of its data at 'data'. */
static void
put_identity(uint8_t *data, const struct bpf_dev_run *run, size_t i)
{
    static const struct bpf_record_identity none;
    const struct bpf_record_identity *identity
        = run->identities ? &run->identities[i] : &none;

    memcpy(data - sizeof *identity, identity, sizeof *identity);
}

/* Appends to the store buffer those of the 'n' packets at 'pkts', beginning
 * with number 'i', that are accepted, up to the first one that does not fit.
 * Returns the number of that one, 'n' if there is none. */
static size_t
fill_store(struct bpf_dev *dev, const struct bpf_packet pkts[], size_t i,
           size_t n, const struct bpf_record *common,
           const struct bpf_dev_run *run, uint64_t now)
{
    /* Copies, because for all that the compiler knows each record that is
     * written may change the device. */
    uint8_t *buffer = dev->memory + dev->store * bpf_dev_stride(dev);
    uint32_t blen = usable_len(dev);
    uint32_t hdrlen = common->hdrlen;
    uint32_t drops = dev->recent_drops;
    uint32_t old_len = store_len(dev);
    uint32_t len = old_len;
    uint64_t n_stored = 0;
    bool streamed = false;

    for (; i < n; i++) {
        const struct bpf_packet *p = &pkts[i];
        uint32_t caplen = MIN(MIN(p->verdict, p->size), blen - hdrlen);
        uint32_t size = BPF_RECORD_SIZE(hdrlen, caplen);

        if (!p->verdict) {
            continue;
        } else if (size > blen - len) {
            break;
        }
        put_record(buffer + len, size, common, p, caplen, drops);
        streamed |= bpf_stream_wants(caplen);
        if (OVS_UNLIKELY(hdrlen >= IDENTITY_HDRLEN)) {
            put_identity(buffer + len + hdrlen, run, i);
        }
        if (p->age) {
            set_time(dev, ALIGNED_CAST(struct bpf_record *, buffer + len),
                     now - p->age);
        }
        len += size;
        n_stored++;
        drops = 0;
    }
    if (streamed) {
        bpf_stream_end();
    }
    if (n_stored) {
        if (!old_len) {
            dev->oldest = now;
            dev->aged = !dev->wait_ms;
        }
        dev->len[dev->store] = len;
        dev->captured += n_stored;
        dev->recent_drops = 0;
        rotate_if_complete(dev);
    }
    return i;
}

/* A packet did not fit into the store buffer.  Takes an empty one, unless it
 * was complete and has been replaced.  Returns true if there is room now. */
static bool
make_room(struct bpf_dev *dev)
{
    return !store_len(dev) || rotate(dev);
}

/* Counts a packet that there is no room for. */
static void
drop(struct bpf_dev *dev)
{
    dev->captured++;
    dev->dropped++;
    add_recent_drops(dev, 1);

    /* With the client's buffer back there will be room.  If that is the only
     * one missing the client has to be told that it is needed, or it might
     * wait for ever for a packet that has just been lost. */
    dev->starved |= dev->claimed;
}

size_t
bpf_dev_append(struct bpf_dev *dev, struct bpf_packet pkts[], size_t n,
               const struct bpf_dev_run *run, uint64_t now)
{
    if (dev->state != BPF_DEV_ATTACHED) {
        return 0;
    }
    if (run->generation != get_generation(dev)) {
        if (!bpf_dev_wants(dev, run->way)) {
            return 0;
        }
        run_filter(dev, pkts, n, run->way);
    }

    struct bpf_record common = common_header(dev, run, now);
    size_t n_dropped = 0;
    size_t i = 0;

    count_received(dev, n);
    tell_missed(dev);
    while ((i = fill_store(dev, pkts, i, n, &common, run,
                           now)) < n) {
        if (!make_room(dev)) {
            drop(dev);
            n_dropped++;
            i++;
        }
    }
    return n_dropped;
}

/* Reading. */

int
bpf_dev_read(struct bpf_dev *dev, unsigned int flags, uint32_t size,
             struct bpf_dev_buffer *buffer)
{
    bool at_once = flags & (BPF_DEV_READ_NONBLOCK | BPF_DEV_READ_EXPIRED);

    if (dev->state == BPF_DEV_UNATTACHED || size != dev->blen) {
        return EINVAL;
    }
    if (dev->claimed) {
        return EIO;
    }
    if (!dev->n_full && store_len(dev) && (at_once || store_is_due(dev))) {
        rotate(dev);
    }
    if (!dev->n_full) {
        return dev->state == BPF_DEV_DETACHED ? EIO : EAGAIN;
    }

    dev->n_full--;
    dev->claimed = true;
    buffer->index = dev->order[0];
    buffer->len = dev->len[dev->order[0]];
    return 0;
}

void
bpf_dev_release(struct bpf_dev *dev)
{
    if (dev->claimed) {
        uint8_t released = dev->order[0];
        size_t n_used = dev->n_full + 1;    /* The store buffer, too. */

        dev->claimed = false;
        memmove(dev->order, dev->order + 1, n_used * sizeof dev->order[0]);
        dev->order[n_used] = released;
        rotate_if_complete(dev);
    }
}

bool
bpf_dev_is_readable(const struct bpf_dev *dev)
{
    return (dev->n_full
            || dev->state != BPF_DEV_ATTACHED
            || store_is_due(dev));
}

uint64_t
bpf_dev_check_wait(struct bpf_dev *dev, uint64_t now)
{
    uint64_t wait = dev->wait_ms * UINT64_C(1000000);

    if (!bpf_dev_has_wait_timeout(dev) || dev->state != BPF_DEV_ATTACHED
        || !dev->wait_ms) {
        return UINT64_MAX;
    }
    if (!store_len(dev) || dev->aged) {
        return now + wait;
    }

    /* The clock may have been set back. */
    dev->oldest = MIN(dev->oldest, now);
    if (now - dev->oldest < wait) {
        return dev->oldest + wait;
    }
    dev->aged = true;
    return now + wait;
}

/* Writing. */

/* Number of VLAN tags at the start of 'frame', at most two. */
static unsigned int
count_vlan_tags(const uint8_t *frame, size_t len)
{
    unsigned int n = 0;

    for (size_t at = 2 * ETH_ADDR_LEN;
         n < 2 && at + VLAN_HEADER_LEN <= len;
         at += VLAN_HEADER_LEN) {
        ovs_be16 type;

        memcpy(&type, frame + at, sizeof type);
        if (!eth_type_vlan(type)) {
            break;
        }
        n++;
    }
    return n;
}

static bool
is_frame_len_ok(const struct bpf_dev *dev, const uint8_t *frame, size_t len,
                uint32_t mtu)
{
    size_t link = link_header_len(dev);

    if (len < link) {
        return false;
    }
    if (link) {
        link += count_vlan_tags(frame, len) * VLAN_HEADER_LEN;
    }
    return !mtu || len <= link + mtu;
}

int
bpf_dev_check_write(const struct bpf_dev *dev, const void *frame, size_t len,
                    uint32_t mtu)
{
    if (dev->read_only) {
        return EBADF;
    } else if (dev->state != BPF_DEV_ATTACHED) {
        return EINVAL;
    } else if (!len) {
        return 0;
    } else if (len > UINT32_MAX || !is_frame_len_ok(dev, frame, len, mtu)) {
        return EMSGSIZE;
    } else if (!bpf_prog_run(bpf_prog_for(dev->write_filter, true), frame,
                             len, len)) {
        return EPERM;
    } else {
        return 0;
    }
}

void
bpf_dev_complete_header(const struct bpf_dev *dev, void *frame, size_t len,
                        const uint8_t mac[6])
{
    if (!dev->hdrcmplt && link_header_len(dev) && len >= ETH_HEADER_LEN) {
        memcpy((uint8_t *) frame + ETH_ADDR_LEN, mac, ETH_ADDR_LEN);
    }
}

/* Properties. */

uint32_t
bpf_dev_blen(const struct bpf_dev *dev)
{
    return dev->blen;
}

size_t
bpf_dev_stride(const struct bpf_dev *dev)
{
    return BPF_RECORD_ALIGN((size_t) dev->blen);
}

uint32_t
bpf_dev_n_buffers(const struct bpf_dev *dev)
{
    return dev->limits.n_buffers;
}

bool
bpf_dev_has_wait_timeout(const struct bpf_dev *dev)
{
    return dev->wait_ms != NO_WAIT;
}

bool
bpf_dev_is_feedback(const struct bpf_dev *dev)
{
    return dev->feedback;
}

void
bpf_dev_get_lifetime_stats(const struct bpf_dev *dev,
                           struct bpf_dev_stats *stats)
{
    uint64_t missed = get_missed(dev);

    stats->received = get_received(dev) + missed;
    stats->dropped = dev->dropped + missed;
    stats->captured = dev->captured + missed;
}

void
bpf_dev_get_stats(const struct bpf_dev *dev, struct bpf_dev_stats *stats)
{
    bpf_dev_get_lifetime_stats(dev, stats);
    stats->received -= dev->base.received;
    stats->dropped -= dev->base.dropped;
    stats->captured -= dev->base.captured;
}

static uint64_t
get_hold_len(const struct bpf_dev *dev)
{
    uint64_t len = 0;

    for (uint32_t i = 0; i < dev->claimed + dev->n_full; i++) {
        len += dev->len[dev->order[i]];
    }
    return len;
}

void
bpf_dev_get_info(const struct bpf_dev *dev, struct bpf_dev_info *info)
{
    const struct bpf_prog *prog = ovsrcu_get(struct bpf_prog *, &dev->filter);

    *info = (struct bpf_dev_info) {
        .state = dev->state,
        .dlt = dev->dlt,
        .blen = dev->blen,
        .n_buffers = dev->limits.n_buffers,
        .read_only = dev->read_only,
        .locked = dev->locked,
        .promisc = dev->promisc,
        .immediate = dev->immediate,
        .hdrcmplt = dev->hdrcmplt,
        .see_sent = get_direction(dev) != BPF_DEV_D_IN,
        .feedback = dev->feedback,
        .direction = get_direction(dev),
        .tstamp = dev->tstamp,
        .read_ms = dev->read_ms,
        .wait_ms = dev->wait_ms,
        .n_insns = prog ? prog->n_insns : 0,
        .compiled = prog && bpf_prog_is_compiled(prog),
        .store_len = store_len(dev),
        .hold_len = get_hold_len(dev),
    };
    ovs_strlcpy(info->port, dev->name, sizeof info->port);
    bpf_dev_get_stats(dev, &info->stats);
}
