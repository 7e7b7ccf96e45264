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


/* bpf(4)'s requests.  See bpfdev-private.h for locks.
 *
 * Each request is a line in a table that says what the protocol calls it and
 * what its argument is; one function per kind of argument translates. */

#include "bsd-config.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpfdev/bpfdev-private.h"

/* Kinds of arguments. */
enum kind {
    NONE,                       /* No argument. */
    GET_UINT,                   /* u_int: out. */
    SET_UINT,                   /* u_int: in. */
    XCHG_UINT,                  /* u_int: value-result. */
    GET_TIME,                   /* struct timeval: out. */
    SET_TIME,                   /* struct timeval: in. */
    READ_TIMEOUT,               /* struct timeval: in, and kept here. */
    TSTAMP,                     /* u_int: in, and kept here. */
    FILTER,                     /* struct bpf_program. */
    FILTER_KEEP,
    FILTER_WRITE,
    DLTLIST,                    /* struct bpf_dltlist. */
    GET_IF,                     /* struct ifreq: out. */
    SET_IF,                     /* struct ifreq: in. */
    STATS,                      /* struct bpf_stat. */
    LANGUAGE,                   /* struct bpf_version. */
    NREAD,                      /* int: out. */
    NBIO                        /* int: in. */
};

struct request {
    unsigned long int number;   /* What the caller says. */
    enum bpf_proto_type type;   /* What the daemon is told. */
    enum kind kind;
};

/* The first that fits counts: FreeBSD's BIOCGSEESENT and BIOCSSEESENT are old
 * names of BIOCGDIRECTION and BIOCSDIRECTION. */
static const struct request requests[] = {
    { BIOCGBLEN, BPF_PROTO_GBLEN, GET_UINT },
    { BIOCSBLEN, BPF_PROTO_SBLEN, XCHG_UINT },
    { BIOCSETF, BPF_PROTO_SETF, FILTER },
    { BIOCSETFNR, BPF_PROTO_SETF, FILTER_KEEP },
    { BIOCSETWF, BPF_PROTO_SETF, FILTER_WRITE },
    { BIOCLOCK, BPF_PROTO_LOCK, NONE },
    { BIOCFLUSH, BPF_PROTO_FLUSH, NONE },
    { BIOCPROMISC, BPF_PROTO_PROMISC, NONE },
    { BIOCGDLT, BPF_PROTO_GDLT, GET_UINT },
    { BIOCSDLT, BPF_PROTO_SDLT, SET_UINT },
    { BIOCGDLTLIST, BPF_PROTO_GDLTLIST, DLTLIST },
    { BIOCGETIF, BPF_PROTO_GETIF, GET_IF },
    { BIOCSETIF, BPF_PROTO_SETIF, SET_IF },
    { BIOCSRTIMEOUT, BPF_PROTO_SRTIMEOUT, READ_TIMEOUT },
    { BIOCGRTIMEOUT, BPF_PROTO_GRTIMEOUT, GET_TIME },
    { BIOCSWTIMEOUT, BPF_PROTO_SWTIMEOUT, SET_TIME },
    { BIOCGWTIMEOUT, BPF_PROTO_GWTIMEOUT, GET_TIME },
    { BIOCDWTIMEOUT, BPF_PROTO_DWTIMEOUT, NONE },
    { BIOCGSTATS, BPF_PROTO_GSTATS, STATS },
    { BIOCIMMEDIATE, BPF_PROTO_IMMEDIATE, SET_UINT },
    { BIOCVERSION, BPF_PROTO_LANGUAGE, LANGUAGE },
    { BIOCGHDRCMPLT, BPF_PROTO_GHDRCMPLT, GET_UINT },
    { BIOCSHDRCMPLT, BPF_PROTO_SHDRCMPLT, SET_UINT },
    { BIOCGDIRECTION, BPF_PROTO_GDIRECTION, GET_UINT },
    { BIOCSDIRECTION, BPF_PROTO_SDIRECTION, SET_UINT },
    { BIOCGSEESENT, BPF_PROTO_GSEESENT, GET_UINT },
    { BIOCSSEESENT, BPF_PROTO_SSEESENT, SET_UINT },
    { BIOCGFEEDBACK, BPF_PROTO_GFEEDBACK, GET_UINT },
    { BIOCSFEEDBACK, BPF_PROTO_SFEEDBACK, SET_UINT },
    { BIOCGTSTAMP, BPF_PROTO_GTSTAMP, GET_UINT },
    { BIOCSTSTAMP, BPF_PROTO_STSTAMP, TSTAMP },
    { FIONREAD, BPF_PROTO_NREAD, NREAD },
    { FIONBIO, 0, NBIO },
};

static const struct request *
find_request(unsigned long int number)
{
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        /* Some callers sign-extend what is a 32-bit number. */
        if ((uint32_t) requests[i].number == (uint32_t) number) {
            return &requests[i];
        }
    }
    return NULL;
}

/* Addresses.
 *
 * A kernel says EFAULT where we would crash.  So the system is asked first: it
 * writes a byte from the address to a pipe and, if the address has to be
 * writable, reads it back to where it was. */

static bool
byte_is_good(const int fds[2], uint8_t *p, bool writable)
{
    uint8_t byte;

    return (write(fds[1], p, 1) == 1
            && read(fds[0], writable ? p : &byte, 1) == 1);
}

/* True if the 'size' bytes at 'p_' can be read and, if 'writable', written. */
static bool
bytes_are_good(const void *p_, size_t size, bool writable)
{
    const size_t page = sysconf(_SC_PAGESIZE);
    uint8_t *p = (uint8_t *) p_;
    bool good = true;
    int fds[2];

    if (!size) {
        return true;
    }
    if ((uintptr_t) p > UINTPTR_MAX - size) {
        return false;
    }
    if (pipe2(fds, O_CLOEXEC)) {
        /* Without descriptors there is no asking. */
        return p != NULL;
    }
    for (size_t ofs = 0; good && ofs < size;
         ofs += page - ((uintptr_t) (p + ofs) & (page - 1))) {
        good = byte_is_good(fds, p + ofs, writable);
    }
    close(fds[0]);
    close(fds[1]);
    return good;
}

/* Sends 'request' with 'size' bytes at 'body', for an answer of 'answer_size'
 * bytes in 'answer'.  Returns 0 or -1. */
static int
call(struct bpfdev *dev, enum bpf_proto_type type, const void *body,
     size_t size, void *answer, size_t answer_size)
{
    struct bpfdev_request request = { type, body, size, NULL, 0 };
    struct bpfdev_reply reply = {
        .body = answer, .min_size = answer_size, .max_size = answer_size,
    };
    int error = bpfdev_call(dev, &request, &reply);

    return (error ? bpfdev_fail_call(dev, error, bpfdev_type_name(type),
                                     reply.text)
            : 0);
}

static int
get_uint(struct bpfdev *dev, enum bpf_proto_type type, u_int *arg)
{
    struct bpf_proto_u32 answer;

    if (call(dev, type, NULL, 0, &answer, sizeof answer)) {
        return -1;
    }
    *arg = answer.value;
    return 0;
}

static int
set_uint(struct bpfdev *dev, enum bpf_proto_type type, u_int value)
{
    struct bpf_proto_u32 body = { .value = value };

    return call(dev, type, &body, sizeof body, NULL, 0);
}

static int
exchange_uint(struct bpfdev *dev, enum bpf_proto_type type, u_int *arg)
{
    struct bpf_proto_u32 body = { .value = *arg };

    if (call(dev, type, &body, sizeof body, &body, sizeof body)) {
        return -1;
    }
    *arg = body.value;
    return 0;
}

static int
set_tstamp(struct bpfdev *dev, enum bpf_proto_type type, u_int value)
{
    if (set_uint(dev, type, value)) {
        return -1;
    }
    dev->identities = value == BPFDEV_T_IDENTITY;
    dev->nanoseconds = value == BPF_T_NANOTIME || dev->identities;
    return 0;
}

static int
get_time(struct bpfdev *dev, enum bpf_proto_type type, struct timeval *arg)
{
    struct bpf_proto_time answer;

    if (call(dev, type, NULL, 0, &answer, sizeof answer)) {
        return -1;
    }
    arg->tv_sec = answer.sec;
    arg->tv_usec = answer.usec;
    return 0;
}

static int
set_time(struct bpfdev *dev, enum bpf_proto_type type,
         const struct timeval *arg)
{
    struct bpf_proto_time body = { .sec = arg->tv_sec, .usec = arg->tv_usec };

    return call(dev, type, &body, sizeof body, NULL, 0);
}

/* The daemon checks and rounds the timeout; waiting for it is up to us. */
static int
set_read_timeout(struct bpfdev *dev, enum bpf_proto_type type,
                 const struct timeval *arg)
{
    struct bpf_proto_time body = { .sec = arg->tv_sec, .usec = arg->tv_usec };

    if (call(dev, type, &body, sizeof body, &body, sizeof body)) {
        return -1;
    }
    /* Rounded up, if the daemon has not done so: 0 is no timeout at all. */
    dev->timeout = body.sec * 1000 + (body.usec + 999) / 1000;
    return 0;
}

int
bpfdev_send_filter(struct bpfdev *dev, uint32_t flags,
                   const struct bpf_insn insns[], size_t n)
{
    struct bpf_proto_filter body = { .flags = flags, .n = n };
    struct bpfdev_request request = {
        BPF_PROTO_SETF, &body, sizeof body, insns, n * sizeof insns[0]
    };
    struct bpfdev_reply reply = { .body = NULL };

    if (n > BPF_PROTO_MAX_INSNS) {
        return bpfdev_fail(dev, EINVAL, "a filter of %zu instructions is too "
                           "long (%d at most); networks instead of hosts, or "
                           "several captures, need fewer", n,
                           BPF_PROTO_MAX_INSNS);
    }
    int error = bpfdev_call(dev, &request, &reply);
    if (error) {
        char what[64];

        snprintf(what, sizeof what, "filter of %zu instructions", n);
        return bpfdev_fail_call(dev, error, what, reply.text);
    }
    return 0;
}

static int
set_filter(struct bpfdev *dev, const struct bpf_program *program,
           uint32_t flags)
{
    size_t n = program->bf_len;

    /* A length that no filter has is refused as such, wherever it is. */
    if (n <= BPF_PROTO_MAX_INSNS
        && !bytes_are_good(program->bf_insns,
                           n * sizeof program->bf_insns[0], false)) {
        return bpfdev_fail(dev, EFAULT, "the filter is at a bad address");
    }
    return bpfdev_send_filter(dev, flags, program->bf_insns, n);
}

static int
get_dlt_list(struct bpfdev *dev, struct bpf_dltlist *list)
{
    struct bpf_proto_dltlist answer;

    if (call(dev, BPF_PROTO_GDLTLIST, NULL, 0, &answer, sizeof answer)) {
        return -1;
    }
    if (list->bfl_list) {
        if (list->bfl_len < answer.n) {
            return bpfdev_fail(dev, ENOMEM, "the list of link types needs "
                               "room for %u", answer.n);
        }
        if (!bytes_are_good(list->bfl_list,
                            answer.n * sizeof list->bfl_list[0], true)) {
            return bpfdev_fail(dev, EFAULT, "the list of link types is at a "
                               "bad address");
        }
        for (uint32_t i = 0; i < answer.n; i++) {
            list->bfl_list[i] = answer.dlt[i];
        }
    }
    list->bfl_len = answer.n;
    return 0;
}

static int
get_if(struct bpfdev *dev, struct ifreq *ifr)
{
    struct bpf_proto_name answer;

    if (call(dev, BPF_PROTO_GETIF, NULL, 0, &answer, sizeof answer)) {
        return -1;
    }
    answer.name[sizeof ifr->ifr_name - 1] = '\0';
    memcpy(ifr->ifr_name, answer.name, sizeof ifr->ifr_name);
    return 0;
}

static int
set_if(struct bpfdev *dev, const struct ifreq *ifr)
{
    return bpfdev_attach__(dev, ifr->ifr_name,
                           strnlen(ifr->ifr_name, sizeof ifr->ifr_name - 1));
}

static int
get_stats(struct bpfdev *dev, struct bpf_stat *stat)
{
    struct bpf_proto_counters answer;

    if (call(dev, BPF_PROTO_GSTATS, NULL, 0, &answer, sizeof answer)) {
        return -1;
    }
    memset(stat, 0, sizeof *stat);
    stat->bs_recv = answer.received;
    stat->bs_drop = answer.dropped;
#if !defined HAVE_NET_BPF_H || defined HAVE_STRUCT_BPF_STAT_BS_CAPT
    stat->bs_capt = answer.captured;
#endif
    return 0;
}

static int
get_version(struct bpfdev *dev, struct bpf_version *version)
{
    struct bpf_proto_version answer;

    if (call(dev, BPF_PROTO_LANGUAGE, NULL, 0, &answer, sizeof answer)) {
        return -1;
    }
    version->bv_major = answer.major;
    version->bv_minor = answer.minor;
    return 0;
}

static int
get_n_read(struct bpfdev *dev, int *arg)
{
    u_int n;

    if (get_uint(dev, BPF_PROTO_NREAD, &n)) {
        return -1;
    }
    *arg = n;
    return 0;
}

static int
set_nonblock(struct bpfdev *dev, int on)
{
    dev->nonblock = on != 0;
    return 0;
}

/* Bytes of the argument of each kind. */
static size_t
argument_size(enum kind kind)
{
    switch (kind) {
    case NONE:
        return 0;
    case GET_UINT:
    case SET_UINT:
    case XCHG_UINT:
    case TSTAMP:
        return sizeof(u_int);
    case GET_TIME:
    case SET_TIME:
    case READ_TIMEOUT:
        return sizeof(struct timeval);
    case FILTER:
    case FILTER_KEEP:
    case FILTER_WRITE:
        return sizeof(struct bpf_program);
    case DLTLIST:
        return sizeof(struct bpf_dltlist);
    case GET_IF:
    case SET_IF:
        return IFNAMSIZ;
    case STATS:
        return sizeof(struct bpf_stat);
    case LANGUAGE:
        return sizeof(struct bpf_version);
    case NREAD:
    case NBIO:
        return sizeof(int);
    }
    return 0;
}

static bool
is_written(enum kind kind)
{
    switch (kind) {
    case GET_UINT:
    case XCHG_UINT:
    case GET_TIME:
    case DLTLIST:
    case GET_IF:
    case STATS:
    case LANGUAGE:
    case NREAD:
        return true;
    case NONE:
    case SET_UINT:
    case SET_TIME:
    case READ_TIMEOUT:
    case TSTAMP:
    case FILTER:
    case FILTER_KEEP:
    case FILTER_WRITE:
    case SET_IF:
    case NBIO:
        return false;
    }
    return false;
}

static int
perform(struct bpfdev *dev, const struct request *request, void *arg)
{
    enum bpf_proto_type type = request->type;

    switch (request->kind) {
    case NONE: return call(dev, type, NULL, 0, NULL, 0);
    case GET_UINT: return get_uint(dev, type, arg);
    case SET_UINT: return set_uint(dev, type, *(u_int *) arg);
    case XCHG_UINT: return exchange_uint(dev, type, arg);
    case GET_TIME: return get_time(dev, type, arg);
    case SET_TIME: return set_time(dev, type, arg);
    case READ_TIMEOUT: return set_read_timeout(dev, type, arg);
    case TSTAMP: return set_tstamp(dev, type, *(u_int *) arg);
    case FILTER: return set_filter(dev, arg, 0);
    case FILTER_KEEP: return set_filter(dev, arg, BPF_PROTO_FILTER_KEEP);
    case FILTER_WRITE: return set_filter(dev, arg, BPF_PROTO_FILTER_WRITE);
    case DLTLIST: return get_dlt_list(dev, arg);
    case GET_IF: return get_if(dev, arg);
    case SET_IF: return set_if(dev, arg);
    case STATS: return get_stats(dev, arg);
    case LANGUAGE: return get_version(dev, arg);
    case NREAD: return get_n_read(dev, arg);
    case NBIO: return set_nonblock(dev, *(int *) arg);
    }
    return -1;
}

int
bpfdev_ioctl(struct bpfdev *dev, unsigned long int number, ...)
{
    const struct request *request = find_request(number);
    void *arg = NULL;
    va_list args;

    if (request && request->kind != NONE) {
        va_start(args, number);
        arg = va_arg(args, void *);
        va_end(args);
    }
    if (bpfdev_enter(dev)) {
        return -1;
    }
    int retval = (!request
                  ? bpfdev_fail(dev, ENOTTY, "0x%lx is not a request of "
                                "bpf(4)", number)
                  : !bytes_are_good(arg, argument_size(request->kind),
                                    is_written(request->kind))
                  ? bpfdev_fail(dev, EFAULT, "the argument of this request is "
                                "at a bad address")
                  : perform(dev, request, arg));
    bpfdev_leave(dev);
    return retval;
}

int
bpfdev_set_filter(struct bpfdev *dev, const struct bpf_insn insns[], size_t n)
{
    if (bpfdev_enter(dev)) {
        return -1;
    }
    int retval = bpfdev_send_filter(dev, 0, insns, n);
    bpfdev_leave(dev);
    return retval;
}
