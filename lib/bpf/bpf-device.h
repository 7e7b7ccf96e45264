/*
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */

/* The capture device: bpf(4) as a state machine.
 *
 * What it is
 * ==========
 *
 * A struct bpf_dev is what an open descriptor of /dev/bpf is in a BSD kernel:
 * options, filter, counters and the buffers in which captured packets wait
 * for their reader.  It has no lock, no thread, no socket and allocates
 * nothing while packets come in; time, port and memory are handed to it.
 *
 * The rules are bpf(4)'s, interface version 1.1, and where the BSDs differ
 * NetBSD's, with some requests that only FreeBSD (BIOCSETFNR, BIOCSETWF,
 * BIOCLOCK, BIOCSTSTAMP) or OpenBSD (BIOCSWTIMEOUT) have.
 *
 * States
 * ======
 *
 *     bpf_dev_init()                unattached
 *     bpf_dev_attach()              -> attached
 *     bpf_dev_detach()              -> detached: the port is gone; what is
 *                                      buffered can still be read, then EIO
 *     bpf_dev_uninit()              the end, from every state
 *
 * A device attaches once in its life.
 *
 * Buffers
 * =======
 *
 * Memory for 'n_buffers' buffers of equal length lies in one piece that the
 * caller provides at attach.  One of them is the "store" buffer, to which
 * packets are appended.  A full one is queued (with two buffers there is room
 * for one in the queue: bpf(4)'s "hold" buffer) until bpf_dev_read() hands it
 * to the client.  The client then owns that buffer, and the device does not
 * touch it, until bpf_dev_release().  At most one buffer is with the client.
 *
 * bpf_dev_read() and bpf_dev_release() together are what read(2) is to
 * bpf(4); the copying, the blocking and the read timeout between them are the
 * caller's.  A client may keep its buffer while it waits for the next one
 * (this saves it a message per buffer): the device counts it as given back
 * for the question whether a read would find something, see
 * bpf_dev_is_readable().
 *
 * Receiving
 * =========
 *
 *     struct bpf_dev_run run;
 *
 *     if (bpf_dev_filter_batch(dev, pkts, n, BPF_DEV_IN, &run)) {
 *         lock;
 *         was_readable = bpf_dev_is_readable(dev);
 *         bpf_dev_append(dev, pkts, n, &run, now);
 *         if (!was_readable && bpf_dev_is_readable(dev)) { ...notify... }
 *         unlock;
 *     }
 *
 * Between the two calls a request may have changed filter or direction.
 * bpf_dev_append() notices and decides anew, so that once such a request is
 * done no packet appears that the new setting would not let through.
 *
 * Thread-safety
 * =============
 *
 * The caller serialises all calls for one device, by a mutex of its own,
 * except for those said to be "lock-free" (bpf_dev_wants(),
 * bpf_dev_filter_batch(), bpf_dev_miss()), which any number of threads may
 * call at any time between bpf_dev_init() and bpf_dev_uninit(), provided that
 * they are not in an RCU quiescent state.  A replaced filter is freed after an RCU grace
 * period. */

#ifndef BPF_DEVICE_H
#define BPF_DEVICE_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/bpf-filter.h"
#include "bpf/bpf-record.h"
#include "ovs-atomic.h"
#include "ovs-rcu.h"

struct bpf_insn;

/* Version of the interface that BIOCVERSION reports. */
#define BPF_DEV_MAJOR_VERSION 1
#define BPF_DEV_MINOR_VERSION 1

/* Buffer length, in bytes, of a new device by default, and the smallest
 * there is: room for the header of a record. */
#define BPF_DEV_DEFAULT_BLEN 32768
#define BPF_DEV_MIN_BLEN ((uint32_t) sizeof(struct bpf_record))

/* Number of buffers: two are bpf(4)'s store and hold. */
#define BPF_DEV_MIN_BUFFERS 2
#define BPF_DEV_MAX_BUFFERS 32

/* Longest port name, in bytes without the NUL.  As in the messages of the
 * capture protocol, whose names are 256 bytes with the NUL. */
#define BPF_DEV_NAME_MAX 255

/* Link types, as in the list of libpcap and the BSDs. */
#define BPF_DEV_DLT_EN10MB 1    /* Ethernet. */
#define BPF_DEV_DLT_RAW 12      /* IPv4 or IPv6 without a link header. */

/* Values of BIOCSDIRECTION (FreeBSD, NetBSD): which packets a device sees. */
enum bpf_dev_direction {
    BPF_DEV_D_IN = 0,           /* Received from the port. */
    BPF_DEV_D_INOUT = 1,        /* All. */
    BPF_DEV_D_OUT = 2           /* Sent to the port. */
};

/* Which way a packet goes. */
enum bpf_dev_way {
    BPF_DEV_IN = BPF_RECORD_IN,     /* Received from the port's wire, or fed
                                     * back as if it were. */
    BPF_DEV_OUT = BPF_RECORD_OUT    /* Sent by the switch, or written through
                                     * a device. */
};

/* Values of BIOCSTSTAMP (FreeBSD). */
enum bpf_dev_tstamp {
    BPF_DEV_T_MICROTIME = 0,
    BPF_DEV_T_NANOTIME = 1,
    BPF_DEV_T_IDENTITY = BPF_RECORD_T_IDENTITY
};

enum bpf_dev_state {
    BPF_DEV_UNATTACHED,
    BPF_DEV_ATTACHED,
    BPF_DEV_DETACHED
};

/* "attached" and so on, for messages and listings. */
const char *bpf_dev_state_to_string(enum bpf_dev_state);

/* "in", "inout" or "out", for messages and listings. */
const char *bpf_dev_direction_to_string(enum bpf_dev_direction);

/* What configuration imposes on a device.  Values outside the bounds below
 * are brought to the nearest one that is inside. */
struct bpf_dev_limits {
    uint32_t max_blen;      /* Longest buffer, bytes; at least
                             * BPF_DEV_MIN_BLEN, at most 1 GiB (128 MiB where
                             * addresses have 32 bits). */
    uint32_t default_blen;  /* Buffer length of a new device, bytes; at most
                             * 'max_blen'. */
    uint32_t n_buffers;     /* BPF_DEV_MIN_BUFFERS..BPF_DEV_MAX_BUFFERS. */
    uint32_t max_insns;     /* Longest filter, 1..BPF_PROG_MAX_INSNS. */
};

/* 256 KiB (classic maximum), 32 KiB, 2 buffers, 512 instructions. */
#define BPF_DEV_LIMITS_CLASSIC                                  \
    { .max_blen = 262144, .default_blen = BPF_DEV_DEFAULT_BLEN, \
      .n_buffers = 2, .max_insns = BPF_PROG_DEFAULT_INSNS }

/* Counters of bpf(4), in packets. */
struct bpf_dev_stats {
    uint64_t received;      /* Run through the filter, or missed. */
    uint64_t dropped;       /* Accepted, but there was no room; or missed. */
    uint64_t captured;      /* Accepted, those dropped included. */
};

/* A timeout, as struct timeval has it. */
struct bpf_dev_timeout {
    int64_t sec;
    int64_t usec;
};

/* What a device must know of its port. */
struct bpf_dev_port {
    const char *name;       /* Copied; cut to BPF_DEV_NAME_MAX bytes. */
    uint32_t dlt;           /* BPF_DEV_DLT_*. */
};

/* What bpf_dev_filter_batch() tells bpf_dev_append(). */
struct bpf_dev_run {
    uint64_t generation;    /* Of the settings that gave the verdicts. */
    enum bpf_dev_way way;
    uint8_t queue;          /* As in struct bpf_record; 0 until the caller
                             * sets it. */

    /* For devices that want them, one for each packet; NULL: all zeros. */
    const struct bpf_record_identity *identities;
};

/* A device.  All members are private to bpf-device.c: others use the
 * functions below. */
struct bpf_dev {
    /* Read, without a lock, by the threads that move packets. */
    OVSRCU_TYPE(struct bpf_prog *) filter; /* NULL if there is none. */
    atomic_uint32_t direction;             /* enum bpf_dev_direction. */
    atomic_uint64_t generation;            /* Changes with the two above. */

    /* Under the caller's lock, like all below but for atomics.  What only
     * requests change comes first: what every batch of packets changes is to
     * be in other cache lines than what every thread reads. */
    struct bpf_dev_limits limits;
    enum bpf_dev_state state;
    bool read_only;
    bool locked;
    bool promisc;
    bool immediate;
    bool hdrcmplt;
    bool feedback;
    enum bpf_dev_tstamp tstamp;
    uint32_t read_ms;               /* Read timeout, 0 if there is none. */
    uint32_t wait_ms;               /* Wait timeout, UINT32_MAX if none. */
    struct bpf_prog *write_filter;

    /* Port. */
    char name[BPF_DEV_NAME_MAX + 1];
    uint32_t dlt;
    uint32_t hdrlen;                /* Header of each record, with padding. */

    /* Buffers, in the order of 'order': the one with the client (if any), the
     * queue, the store buffer, free ones.  Of the free ones that which was
     * released last comes first, because the caches of the processors have the
     * most of it: while the client keeps up, few buffers go round. */
    uint8_t *memory;
    uint32_t blen;
    uint8_t order[BPF_DEV_MAX_BUFFERS]; /* Indexes. */
    bool claimed;                   /* Is the first with the client? */
    uint32_t n_full;                /* Number in the queue. */
    uint32_t store;                 /* Index of the store buffer. */
    uint32_t len[BPF_DEV_MAX_BUFFERS];
    bool aged;                      /* The store buffer's wait is over. */
    bool starved;                   /* A packet did not fit into it while the
                                     * client had a buffer. */
    uint64_t oldest;                /* When its first packet came, ns. */

    /* Counters; 'base' is what they were at the last flush.  The threads that
     * move packets count the first two without a lock.  What was 'missed' is
     * in none of the others. */
    atomic_uint64_t received;
    atomic_uint64_t missed;
    uint64_t captured;
    uint64_t dropped;
    struct bpf_dev_stats base;
    uint32_t recent_drops;          /* Since the last record. */
    uint64_t missed_before;         /* What of 'missed' is in there. */
};

/* Life.
 *
 * bpf_dev_init() makes 'dev' a new, unattached device with bpf(4)'s defaults.
 * With 'read_only', bpf_dev_check_write() refuses everything, as a descriptor
 * opened for reading only does.
 *
 * bpf_dev_uninit() ends it: frees its filters (that for reception after an RCU
 * grace period).  The buffers' memory stays the caller's. */
void bpf_dev_init(struct bpf_dev *dev, const struct bpf_dev_limits *limits,
                  bool read_only);
void bpf_dev_uninit(struct bpf_dev *dev);

/* Attachment (BIOCSETIF), in steps, because the caller finds the port and
 * gets the memory:
 *
 *   1. bpf_dev_check_attach() returns 0 if the device may attach, EINVAL if it
 *      has done so before, EPERM if it is locked.  Only then look for the port
 *      (ENXIO) and get memory (ENOMEM, ENOBUFS).
 *   2. bpf_dev_memory_size() is the number of bytes that all buffers need
 *      together: buffer 'i' starts at i * bpf_dev_stride().
 *   3. bpf_dev_attach(), which cannot fail, with 'memory' aligned to 8 bytes,
 *      readable and writable until after bpf_dev_uninit().  The device never
 *      reads it.
 *
 * Before step 2, bpf_dev_set_n_buffers() may choose another number of buffers
 * than that of the limits; it is brought into the bounds.
 *
 * bpf_dev_detach() says that the port is gone: no packet is stored from now
 * on, the device is readable until it is closed.  Without effect unless the
 * device is attached. */
int bpf_dev_check_attach(const struct bpf_dev *dev);
void bpf_dev_set_n_buffers(struct bpf_dev *dev, uint32_t n_buffers);
size_t bpf_dev_memory_size(const struct bpf_dev *dev);
void bpf_dev_attach(struct bpf_dev *dev, const struct bpf_dev_port *port,
                    void *memory);
void bpf_dev_detach(struct bpf_dev *dev);

/* Requests.
 *
 * The comment of each says which member of union bpf_dev_arg it reads (<) or
 * sets (>), and what errors it has besides these common ones:
 *
 *   EPERM   the device is locked and the request is marked L
 *   EINVAL  the device is not attached and the request is marked A
 *   EINVAL  the device is or was attached and the request is marked U
 *   ENOTTY  no such request
 *
 * BIOCSETIF is bpf_dev_attach(), BIOCGETIF is here. */
enum bpf_dev_req {
    BPF_DEV_GBLEN,      /* > value: buffer length in bytes. */
    BPF_DEV_SBLEN,      /* LU <> value: the same; brought into the bounds and
                         * rounded up to whole words, handed back. */
    BPF_DEV_SETF,       /* L < filter: sets the filter and flushes; without
                         * instructions: no filter.  EINVAL: not valid, the
                         * old one stays. */
    BPF_DEV_SETFNR,     /* L < filter: SETF without flushing. */
    BPF_DEV_SETWF,      /* L < filter: the filter for writing. */
    BPF_DEV_LOCK,       /* No argument. */
    BPF_DEV_FLUSH,      /* No argument.  Empties the buffers, except for one
                         * that is with the client, and clears the counters. */
    BPF_DEV_PROMISC,    /* LA.  No argument.  Only recorded: a switch has all
                         * its ports in promiscuous mode. */
    BPF_DEV_GDLT,       /* A > value: BPF_DEV_DLT_*. */
    BPF_DEV_SDLT,       /* LA < value.  EINVAL unless it is what GDLT says. */
    BPF_DEV_GDLTLIST,   /* A <> dlts: 'list' null: sets 'n' only; otherwise 'n'
                         * is its room in elements.  ENOMEM: no room. */
    BPF_DEV_GETIF,      /* A > name: valid as long as the device. */
    BPF_DEV_IMMEDIATE,  /* < value: on or off. */
    BPF_DEV_GSTATS,     /* > stats: since open or the last flush. */
    BPF_DEV_VERSION,    /* > version. */
    BPF_DEV_GHDRCMPLT,  /* > value: 0 or 1. */
    BPF_DEV_SHDRCMPLT,  /* L < value: on or off. */
    BPF_DEV_GSEESENT,   /* > value: 0 if the direction is "in", else 1. */
    BPF_DEV_SSEESENT,   /* L < value: 0 sets direction "in", else "inout". */
    BPF_DEV_GDIRECTION, /* > value: enum bpf_dev_direction. */
    BPF_DEV_SDIRECTION, /* L < value.  EINVAL: no such direction. */
    BPF_DEV_GFEEDBACK,  /* > value: 0 or 1. */
    BPF_DEV_SFEEDBACK,  /* L < value: on or off. */
    BPF_DEV_GRTIMEOUT,  /* > timeout. */
    BPF_DEV_SRTIMEOUT,  /* < timeout: rounded up to milliseconds, 0 for none.
                         * EINVAL: negative or 'usec' too large; EDOM: more
                         * than INT_MAX milliseconds. */
    BPF_DEV_GTSTAMP,    /* > value: enum bpf_dev_tstamp. */
    BPF_DEV_STSTAMP,    /* U < value.  EINVAL: no such kind. */
    BPF_DEV_GWTIMEOUT,  /* > timeout.  ENXIO: there is none. */
    BPF_DEV_SWTIMEOUT,  /* < timeout: as SRTIMEOUT, but 0 means at once.  The
                         * caller then asks bpf_dev_check_wait(). */
    BPF_DEV_DWTIMEOUT,  /* No argument.  No wait timeout any more. */
    BPF_DEV_NREAD,      /* > value: FIONREAD, bytes that are ready. */

    BPF_DEV_N_REQS
};

/* Argument of a request. */
union bpf_dev_arg {
    uint32_t value;
    struct bpf_dev_timeout timeout;
    struct bpf_dev_stats stats;
    const char *name;
    struct {
        const struct bpf_insn *insns;   /* The caller's. */
        size_t n;
        const char *why;        /* Set to what is wrong if refused (a constant
                                 * string), otherwise to NULL. */
    } filter;
    struct {
        uint16_t major;
        uint16_t minor;
    } version;
    struct {
        uint32_t *list;         /* The caller's, or NULL. */
        uint32_t n;
    } dlts;
};

/* Does what 'req' says.  'arg' may be NULL for requests without an argument.
 * Returns 0 or a positive errno value, as above; on error '*arg' keeps its
 * value (but for filter.why) and the device too.
 *
 * May change whether the device is readable. */
int bpf_dev_request(struct bpf_dev *dev, enum bpf_dev_req req,
                    union bpf_dev_arg *arg);

/* Returns the error with which bpf_dev_request() would refuse 'req' whatever
 * its argument (EPERM or EINVAL, as above), or 0. */
int bpf_dev_check_request(const struct bpf_dev *dev, enum bpf_dev_req req);

/* BPF_DEV_SETF, BPF_DEV_SETFNR and BPF_DEV_SETWF in two steps, because to
 * validate and compile a filter takes longer than a thread that moves packets
 * should find the caller's lock taken.
 *
 * bpf_dev_compile() makes a program, which the caller owns, of 'arg->filter'
 * (NULL of no instructions) and stores it in '*progp'.  Returns 0, or EINVAL
 * as the requests do.  Needs no lock.  To have the errors in the order of
 * bpf_dev_request(), ask bpf_dev_check_request() before.
 *
 * bpf_dev_set_prog() then does what 'req' says with that program.  Returns 0
 * and stores in '*progp' the program that it replaced (or NULL), to be
 * destroyed by the caller after an RCU grace period; or EPERM, and leaves
 * '*progp' alone. */
int bpf_dev_compile(const struct bpf_dev *dev, union bpf_dev_arg *arg,
                    struct bpf_prog **progp);
int bpf_dev_set_prog(struct bpf_dev *dev, enum bpf_dev_req req,
                     struct bpf_prog **progp);

/* Data path, lock-free part.
 *
 * bpf_dev_wants() is true if the device looks at packets that go 'way'.
 *
 * bpf_dev_filter_batch() runs the filter over the 'n' packets at 'pkts', all
 * of which go 'way'; sets their verdicts and '*run'.  Returns the number that
 * were accepted.  If there are any, the caller passes the whole batch, with
 * those that were not accepted, and '*run' to bpf_dev_append().  If not, the
 * packets are counted and that is all. */
bool bpf_dev_wants(const struct bpf_dev *dev, enum bpf_dev_way way);
size_t bpf_dev_filter_batch(struct bpf_dev *dev,
                            struct bpf_packet pkts[], size_t n,
                            enum bpf_dev_way way, struct bpf_dev_run *run);

/* Does 'dev' want its packets' identities?  Constant once it is attached. */
bool bpf_dev_wants_identities(const struct bpf_dev *dev);

/* Data path, under the caller's lock: counts the 'n' packets at 'pkts' and
 * stores those that were accepted, in order, with the time 'now' in
 * nanoseconds since 1970.  If filter or direction have changed since '*run'
 * was made, decides (and sets the verdicts) anew.  Does nothing unless the
 * device is attached.  Returns the number of packets for which there was no
 * room.
 *
 * Makes no system call and allocates nothing. */
size_t bpf_dev_append(struct bpf_dev *dev, struct bpf_packet pkts[],
                      size_t n, const struct bpf_dev_run *run, uint64_t now);

/* Data path, lock-free, instead of bpf_dev_append() and, if that was not done,
 * bpf_dev_filter_batch(): of 'n' packets that 'dev' was to be shown 'n_missed'
 * were, or might have been, accepted, but there was no time to store them.
 * They count as captured and dropped, the rest as received only. */
void bpf_dev_miss(struct bpf_dev *dev, size_t n, size_t n_missed);

/* Flags for bpf_dev_read(). */
#define BPF_DEV_READ_NONBLOCK (1u << 0) /* The descriptor is non-blocking. */
#define BPF_DEV_READ_EXPIRED  (1u << 1) /* The read timeout is over. */

/* A buffer that is handed to the client. */
struct bpf_dev_buffer {
    uint32_t index;         /* 0..n_buffers-1. */
    uint32_t len;           /* Bytes of records in it. */
};

/* Reading.
 *
 * bpf_dev_read() hands the next buffer to the client.  'size' is what the
 * client gives as its read size.  Returns 0 and sets '*buffer', or
 *
 *   EINVAL  the device is unattached, or 'size' is not the buffer length
 *   EIO     the client has a buffer already (a second concurrent read), or
 *           the port is gone and everything has been read
 *   EAGAIN  nothing to be read: a non-blocking or expired read fails with
 *           that; for any other it means "wait until the device is readable
 *           or the read timeout is over, then ask again".
 *
 * The store buffer is handed out before it is full in immediate mode, with
 * either flag, after the wait timeout, and when the port is gone.
 *
 * bpf_dev_release() takes back the buffer that is with the client, if there
 * is one; it is free at once. */
int bpf_dev_read(struct bpf_dev *dev, unsigned int flags, uint32_t size,
                 struct bpf_dev_buffer *buffer);
void bpf_dev_release(struct bpf_dev *dev);

/* True if select, poll or kqueue report the device as readable: a buffer is
 * queued; or the store buffer has data and is to be delivered as it is
 * (immediate mode, wait timeout over, or it is full and only the client's own
 * unreleased buffer keeps it from being queued); or the port is gone; or the
 * device is unattached, where a read fails at once. */
bool bpf_dev_is_readable(const struct bpf_dev *dev);

/* The wait timeout's clock.  To be called, while the device has one, whenever
 * the time that it returned last has come, and after BPF_DEV_SWTIMEOUT and
 * bpf_dev_attach().  'now' is the time in nanoseconds since 1970, of the clock
 * that bpf_dev_append() gets.  If the oldest packet in the store buffer has
 * waited long enough the device becomes readable.  Returns when to call next,
 * or UINT64_MAX if it need not be (no timeout, or not attached).
 *
 * If nothing is stored the next time is 'now' plus the timeout: a packet that
 * arrives later cannot be due earlier. */
uint64_t bpf_dev_check_wait(struct bpf_dev *dev, uint64_t now);

/* Writing.
 *
 * bpf_dev_check_write() says whether the client may send the frame of 'len'
 * bytes at 'frame' out of its port, whose MTU is 'mtu' bytes (0 if unknown,
 * then there is no limit).  Returns 0 if so (if 'len' is 0 there is nothing to
 * be sent and the write is done), or
 *
 *   EBADF     the device was opened read-only
 *   EINVAL    the device is not attached
 *   EMSGSIZE  longer than link header and MTU, with 4 bytes more for each of
 *             up to two VLAN tags in the frame, or shorter than the link
 *             header
 *   EPERM     refused by the write filter, which sees the frame as given
 *
 * bpf_dev_complete_header() then fills in the Ethernet address 'mac' (6 bytes)
 * as source, unless "header complete" is set or the port has no Ethernet
 * header. */
int bpf_dev_check_write(const struct bpf_dev *dev, const void *frame,
                        size_t len, uint32_t mtu);
void bpf_dev_complete_header(const struct bpf_dev *dev, void *frame,
                             size_t len, const uint8_t mac[6]);

/* Single properties, for callers that act on them. */
uint32_t bpf_dev_blen(const struct bpf_dev *dev);

/* Bytes from the start of one buffer to that of the next: the buffer length,
 * rounded up so that all of them are aligned. */
size_t bpf_dev_stride(const struct bpf_dev *dev);
uint32_t bpf_dev_n_buffers(const struct bpf_dev *dev);
bool bpf_dev_has_wait_timeout(const struct bpf_dev *dev);
bool bpf_dev_is_feedback(const struct bpf_dev *dev);

/* Counters since the last flush (as BIOCGSTATS), and since the device was
 * opened, which no request clears: for totals over all devices. */
void bpf_dev_get_stats(const struct bpf_dev *dev, struct bpf_dev_stats *);
void bpf_dev_get_lifetime_stats(const struct bpf_dev *dev,
                                struct bpf_dev_stats *);

/* A line of "netstat -B": everything about a device that is to be listed
 * (its process and user are known to whoever owns the device). */
struct bpf_dev_info {
    enum bpf_dev_state state;
    char port[BPF_DEV_NAME_MAX + 1];    /* Empty if never attached; the last
                                         * one if it is gone. */
    uint32_t dlt;
    uint32_t blen;
    uint32_t n_buffers;
    bool read_only;
    bool locked;
    bool promisc;
    bool immediate;
    bool hdrcmplt;
    bool see_sent;
    bool feedback;
    enum bpf_dev_direction direction;
    enum bpf_dev_tstamp tstamp;
    uint32_t read_ms;               /* Read timeout, 0 if there is none. */
    uint32_t wait_ms;               /* Wait timeout, UINT32_MAX if none. */
    size_t n_insns;                 /* Of the filter, 0 if there is none. */
    bool compiled;                  /* The filter is machine code. */
    struct bpf_dev_stats stats;     /* Since the last flush. */
    uint64_t store_len;             /* Bytes in the store buffer. */
    uint64_t hold_len;              /* Bytes in queued buffers and in the one
                                     * with the client. */
};

/* Fills in '*info'. */
void bpf_dev_get_info(const struct bpf_dev *dev, struct bpf_dev_info *info);

#endif /* bpf-device.h */
