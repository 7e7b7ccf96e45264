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

#ifndef BPFDEV_H
#define BPFDEV_H 1

/* libbpfdev: bpf(4) devices on the ports of a userspace switch
 * ============================================================
 *
 * The switch daemon offers, for every port of every bridge, what the BSDs
 * offer for every network interface: a capture device that filters, buffers
 * and hands out packets, and that sends frames.  This library is the client's
 * side of it.  It needs no privilege of its own beyond access to the daemon's
 * socket, and no part of Open vSwitch.
 *
 *
 * Porting a program from /dev/bpf
 * -------------------------------
 *
 * Five calls change their names; the requests, their structures, the format
 * of the buffer that a read returns and the values of errno stay:
 *
 *     /dev/bpf                            libbpfdev
 *     ------------------------------      -----------------------------------
 *     fd = open("/dev/bpf", O_RDWR)       dev = bpfdev_open(NULL, 0, errbuf)
 *     ioctl(fd, BIOCSETF, &prog)         bpfdev_ioctl(dev, BIOCSETF, &prog)
 *     read(fd, buffer, size)              bpfdev_read(dev, buffer, size)
 *     write(fd, frame, length)            bpfdev_write(dev, frame, length)
 *     close(fd)                           bpfdev_close(dev)
 *     select(fd + 1, ...)                 select(bpfdev_fd(dev) + 1, ...)
 *
 * O_NONBLOCK becomes BPFDEV_NONBLOCK, or FIONBIO through bpfdev_ioctl();
 * O_RDONLY becomes BPFDEV_RDONLY.  On systems that have <net/bpf.h> with
 * bpf(4)'s requests this header includes it; elsewhere it declares the
 * requests and structures itself, under the same names, with 64-bit
 * statistics as NetBSD has them.
 *
 *
 * A first capture
 * ---------------
 *
 *     char errbuf[BPFDEV_ERRBUF_SIZE];
 *     struct bpfdev *dev = bpfdev_open(NULL, BPFDEV_RDONLY, errbuf);
 *     if (!dev) {
 *         errx(1, "%s", errbuf);
 *     }
 *     if (bpfdev_attach(dev, "p1")
 *         || bpfdev_set_filter_expr(dev, "icmp", 65535, true)) {
 *         errx(1, "%s", bpfdev_strerror(dev));
 *     }
 *     for (;;) {
 *         struct bpfdev_packet packet;
 *         const void *buffer;
 *         size_t offset = 0;
 *         ssize_t n = bpfdev_next(dev, &buffer);
 *         if (n < 0) {
 *             errx(1, "%s", bpfdev_strerror(dev));
 *         }
 *         while (bpfdev_walk(dev, buffer, n, &offset, &packet)) {
 *             handle(packet.data, packet.caplen);
 *         }
 *         bpfdev_release(dev);
 *     }
 *
 * bpfdev(3) has a complete program.
 *
 *
 * Reading: two ways
 * -----------------
 *
 * bpfdev_read() is read(2) on a bpf device: it copies one buffer of records
 * into memory of the caller's.
 *
 * bpfdev_next() lends the caller the buffer itself, in memory that the daemon
 * filled and that is mapped here read-only; bpfdev_release() gives it back.
 * Nothing is copied.  While a buffer is lent the daemon fills the others: with
 * the classic two buffers one, with bpfdev_set_buffers() more.
 *
 * Both return records: a struct bpf_hdr, of which bh_hdrlen says how far away
 * the packet is, the packet, and padding up to BPF_WORDALIGN().  bpfdev_walk()
 * walks them and turns the time stamp into nanoseconds, whatever the device
 * was set to.
 *
 * Both wait as bpf(4) says: until a buffer is full (regular mode), until there
 * is any packet (BIOCIMMEDIATE), until the read timeout is over
 * (BIOCSRTIMEOUT), or not at all (BPFDEV_NONBLOCK, FIONBIO).
 *
 *
 * Waiting for several things
 * --------------------------
 *
 * bpfdev_fd() is for select(), poll(), epoll and kqueue only, never for read()
 * or write().  It is readable exactly when a bpfdev_read() would not wait,
 * which is when bpf(4)'s device would be readable: level-triggered, no
 * spurious wake-ups, also when the port or the whole switch is gone.
 *
 *
 * Errors
 * ------
 *
 * A function that fails returns -1 (a pointer: NULL) and sets errno to what
 * bpf(4) sets it to.  bpfdev_strerror() has a sentence about the last failure
 * on that device: what, which, and what to do.  When the daemon is gone every
 * call fails with ENXIO; close the device and open another.
 *
 *
 * Threads, signals, fork
 * ----------------------
 *
 * There is no global state but the limit that bpfdev_set_wait_limit() sets.
 * Different devices are independent.  One device
 * may be used by several threads: each call is atomic, but, as in bpf(4), a
 * bpfdev_read(), bpfdev_next() or bpfdev_ioctl() fails with EIO while another
 * thread waits in a read of the same device.  bpfdev_write(), the statistics
 * and the lists may be used at any time.  bpfdev_close() must be the last
 * call, with no other under way.  A buffer from bpfdev_next() belongs to the
 * device: one thread at a time should walk and release.
 *
 * A signal handler that was installed without SA_RESTART makes a waiting
 * read fail with EINTR; with SA_RESTART too, because it waits in poll().
 * Nothing is lost: the next read returns what this one would have.
 * bpfdev_interrupt() does the same from another thread, or from a signal
 * handler, in which no other function may be called.  The library raises no
 * SIGPIPE.
 *
 * A daemon that is stopped or stuck does not hang the program: what waits for
 * an answer fails with ETIMEDOUT after half a minute, or what
 * bpfdev_set_wait_limit() allows.  As the answer may still come, and would be
 * taken for that to another question, the device is of no use afterwards: all
 * calls but bpfdev_close() fail with ENXIO.
 *
 * All descriptors are close-on-exec.  After fork() only one of the two
 * processes may go on using a device; the other may call bpfdev_close().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#if defined(__has_include)
#if __has_include(<net/bpf.h>)
#include <net/bpf.h>
#endif
#endif
#ifndef BIOCSETF
#include <pcap/bpf.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* bpf(4)'s requests and structures, where the system does not have them
 * ====================================================================
 *
 * The meaning of each request, and its errors, are those of bpf(4); what
 * differs between the BSDs is settled as NetBSD has it.  "arg" names what the
 * last argument of bpfdev_ioctl() points to. */

/* Makes up a request number.  Only this library ever sees it, so that it needs
 * to be unlike other requests and nothing else. */
#define BPFDEV_REQUEST__(N) (0x42504600UL | (N))

#ifndef BIOCSETF                /* A system without bpf(4). */

#define BIOCGBLEN BPFDEV_REQUEST__(1)      /* u_int: bytes per buffer. */
#define BIOCSBLEN BPFDEV_REQUEST__(2)      /* u_int, value-result. */
#define BIOCSETF BPFDEV_REQUEST__(3)       /* struct bpf_program. */
#define BIOCFLUSH BPFDEV_REQUEST__(4)      /* No argument. */
#define BIOCPROMISC BPFDEV_REQUEST__(5)    /* No argument. */
#define BIOCGDLT BPFDEV_REQUEST__(6)       /* u_int: a DLT_ value. */
#define BIOCSDLT BPFDEV_REQUEST__(7)       /* u_int. */
#define BIOCGDLTLIST BPFDEV_REQUEST__(8)   /* struct bpf_dltlist. */
#define BIOCGETIF BPFDEV_REQUEST__(9)      /* struct ifreq: ifr_name. */
#define BIOCSETIF BPFDEV_REQUEST__(10)     /* struct ifreq: ifr_name. */
#define BIOCSRTIMEOUT BPFDEV_REQUEST__(11) /* struct timeval; 0 is none. */
#define BIOCGRTIMEOUT BPFDEV_REQUEST__(12) /* struct timeval. */
#define BIOCGSTATS BPFDEV_REQUEST__(13)    /* struct bpf_stat. */
#define BIOCIMMEDIATE BPFDEV_REQUEST__(14) /* u_int: 0 or 1. */
#define BIOCVERSION BPFDEV_REQUEST__(15)   /* struct bpf_version. */
#define BIOCGHDRCMPLT BPFDEV_REQUEST__(16) /* u_int: 0 or 1. */
#define BIOCSHDRCMPLT BPFDEV_REQUEST__(17) /* u_int. */
#define BIOCGSEESENT BPFDEV_REQUEST__(18)  /* u_int: 0 or 1. */
#define BIOCSSEESENT BPFDEV_REQUEST__(19)  /* u_int. */

/* Statistics since the device was opened or flushed. */
struct bpf_stat {
    uint64_t bs_recv;           /* Packets run through the filter. */
    uint64_t bs_drop;           /* Accepted, but lost for lack of room. */
    uint64_t bs_capt;           /* Accepted by the filter. */
    uint64_t bs_padding[13];
};

/* Version of the filter language: BPF_MAJOR_VERSION.BPF_MINOR_VERSION. */
struct bpf_version {
    u_short bv_major;
    u_short bv_minor;
};

#ifndef BPF_MAJOR_VERSION
#define BPF_MAJOR_VERSION 1
#define BPF_MINOR_VERSION 1
#endif

/* Link types that a port can give. */
struct bpf_dltlist {
    u_int bfl_len;              /* Room in bfl_list; out: number of types. */
    u_int *bfl_list;            /* NULL to ask for the number only. */
};

/* Time of a packet, 64 bits on every machine.  'tv_usec' is in nanoseconds
 * after BIOCSTSTAMP with BPF_T_NANOTIME. */
struct bpf_timeval {
    int64_t tv_sec;
    int64_t tv_usec;
};

/* What precedes each packet in a buffer. */
struct bpf_hdr {
    struct bpf_timeval bh_tstamp; /* Time of the packet. */
    uint32_t bh_caplen;         /* Bytes of the packet that follow. */
    uint32_t bh_datalen;        /* Bytes the packet had. */
    uint16_t bh_hdrlen;         /* From this header to the packet, bytes. */
};

/* Distance of records.  libpcap's header has the macro for 4-byte words;
 * bpf(4)'s are 8 bytes long. */
#undef BPF_ALIGNMENT
#undef BPF_WORDALIGN
#define BPF_ALIGNMENT sizeof(int64_t)
#define BPF_WORDALIGN(X) (((X) + (BPF_ALIGNMENT - 1)) & ~(BPF_ALIGNMENT - 1))

#endif /* BIOCSETF */

/* Requests that only some of the BSDs have. */
#ifndef BIOCSETFNR
#define BIOCSETFNR BPFDEV_REQUEST__(32)    /* As BIOCSETF, keeps packets. */
#endif
#ifndef BIOCSETWF
#define BIOCSETWF BPFDEV_REQUEST__(33)     /* struct bpf_program: writes. */
#endif
#ifndef BIOCLOCK
#define BIOCLOCK BPFDEV_REQUEST__(34)      /* No argument. */
#endif
#ifndef BIOCGDIRECTION
#define BIOCGDIRECTION BPFDEV_REQUEST__(35) /* u_int: BPF_D_*. */
#endif
#ifndef BIOCSDIRECTION
#define BIOCSDIRECTION BPFDEV_REQUEST__(36) /* u_int: BPF_D_*. */
#endif
#ifndef BIOCGFEEDBACK
#define BIOCGFEEDBACK BPFDEV_REQUEST__(37) /* u_int: 0 or 1. */
#endif
#ifndef BIOCSFEEDBACK
#ifdef BIOCFEEDBACK             /* FreeBSD's name. */
#define BIOCSFEEDBACK BIOCFEEDBACK
#else
#define BIOCSFEEDBACK BPFDEV_REQUEST__(38) /* u_int. */
#endif
#endif
#ifndef BIOCGTSTAMP
#define BIOCGTSTAMP BPFDEV_REQUEST__(39)   /* u_int: BPF_T_*. */
#endif
#ifndef BIOCSTSTAMP
#define BIOCSTSTAMP BPFDEV_REQUEST__(40)   /* u_int, before attaching. */
#endif
#ifndef BIOCSWTIMEOUT
#define BIOCSWTIMEOUT BPFDEV_REQUEST__(41) /* struct timeval; 0: at once. */
#endif
#ifndef BIOCGWTIMEOUT
#define BIOCGWTIMEOUT BPFDEV_REQUEST__(42) /* struct timeval. */
#endif
#ifndef BIOCDWTIMEOUT
#define BIOCDWTIMEOUT BPFDEV_REQUEST__(43) /* No argument: none again. */
#endif

/* Directions for BIOCSDIRECTION, as seen from the switch's port: what it
 * received, both, what it sent. */
#ifndef BPF_D_INOUT
#define BPF_D_IN 0
#define BPF_D_INOUT 1
#define BPF_D_OUT 2
#endif

/* Time stamp formats for BIOCSTSTAMP. */
#ifndef BPF_T_MICROTIME
#define BPF_T_MICROTIME 0x0000
#define BPF_T_NANOTIME 0x0001
#endif

/* Waiting
 * ======= */

/* For how long a call may wait for the daemon's answer.  'limit' gets 'aux' and
 * the milliseconds that the call has waited so far, and returns for how many
 * more it may, 0 or less for none.  It is called before each wait and again
 * when a signal handler ran during one: so a program whose handler sets a flag
 * ends a wait by returning 0 from then on.  NULL stands for 30 seconds.
 *
 * For all devices, those that are open included; to be called while no other
 * thread uses the library.  The wait of a read for packets is not limited by
 * this. */
void bpfdev_set_wait_limit(int (*limit)(void *aux, int elapsed), void *aux);

/* Time stamps as BPF_T_NANOTIME, and bpfdev_identity() works.  Its own number,
 * which no BSD uses. */
#define BPFDEV_T_IDENTITY 0x1001

/* Constants
 * ========= */

/* Version of this interface, for the preprocessor. */
#define BPFDEV_API_VERSION 1

/* Flags of bpfdev_open() and bpfdev_monitor_open(). */
#define BPFDEV_RDONLY 0x1       /* Never write: bpfdev_write() is EBADF. */
#define BPFDEV_NONBLOCK 0x2     /* Reads fail with EAGAIN and do not wait. */

/* Bytes in a buffer for error messages, a null terminator included. */
#define BPFDEV_ERRBUF_SIZE 512

/* Bytes in the longest port or bridge name, a null terminator included. */
#define BPFDEV_NAME_MAX 256

/* Directions of a packet, in struct bpfdev_packet. */
#define BPFDEV_DIR_UNKNOWN 0
#define BPFDEV_DIR_IN 1         /* Received by the switch from the port. */
#define BPFDEV_DIR_OUT 2        /* Sent by the switch out of the port. */

/* States of a device, in struct bpfdev_peer. */
#define BPFDEV_UNATTACHED 0
#define BPFDEV_ATTACHED 1
#define BPFDEV_DETACHED 2       /* Its port is gone. */

/* Structures
 * ========== */

/* A device, or a monitor connection.  Opaque. */
struct bpfdev;

/* A packet in a buffer.  "data" points into the buffer. */
struct bpfdev_packet {
    struct timespec ts;         /* Time since 1970, UTC. */
    const uint8_t *data;        /* The bytes, from the link header on. */
    uint32_t caplen;            /* Number of bytes at "data". */
    uint32_t len;               /* Length of the packet before truncation. */
    uint32_t drops;             /* Packets lost between the one before and this
                                 * one: accepted by the filter, no room. */
    uint8_t direction;          /* BPFDEV_DIR_*. */
    uint8_t queue;              /* 1 + the queue that the port received it on,
                                 * if the port has several and this is less
                                 * than 256; otherwise 0. */
    uint8_t left;               /* What is left to do about it by whoever sends
                                 * it: BPFDEV_LEFT_*, or 0. */
};

/* Bits of "left": the checksum of TCP or UDP is unfinished; the packet stands
 * for several TCP segments. */
#define BPFDEV_LEFT_CSUM 1
#define BPFDEV_LEFT_TSO 2

/* Counters of a device, or of the whole module.  Packets. */
struct bpfdev_stats {
    uint64_t received;          /* Run through the filter. */
    uint64_t dropped;           /* Accepted, but lost for lack of room. */
    uint64_t captured;          /* Accepted by the filter (also dropped). */
};

/* A port of the switch. */
struct bpfdev_port {
    char name[BPFDEV_NAME_MAX];   /* Name of the interface in the database. */
    char bridge[BPFDEV_NAME_MAX]; /* Bridge that has it. */
    char type[64];              /* Interface type: "system", "tap", ... */
    uint32_t dlt;               /* Link type, a DLT_ value. */
    uint32_t ofport;            /* OpenFlow port number. */
    uint32_t mtu;               /* Bytes of payload; 0 if unknown. */
    uint32_t listeners;         /* Devices attached at present. */
    uint64_t speed;             /* Bits per second; 0 if unknown. */
    uint8_t addr[6];            /* Link address. */
    uint8_t addr_len;           /* 6, or 0 if the port has none. */
};

/* What those outside the switch call a port: strings from external_ids of its
 * Interface in the database, "" for those that are not there. */
struct bpfdev_names {
    char name[BPFDEV_NAME_MAX];   /* Of the port, as in struct bpfdev_port. */
    char bridge[BPFDEV_NAME_MAX];
    char iface_id[128];         /* "iface-id": to OVN, the logical port. */
    char network[128];          /* "network" or "k8s.ovn.org/network". */
    char vm[128];               /* "vm-uuid" or "vm-id". */
    char container[128];        /* "container" or "container_id". */
};

/* A device of any client, as bpfdev_list_peers() tells it. */
struct bpfdev_peer {
    uint64_t id;                /* As "ovs-appctl bpf/disconnect" has it. */
    char port[BPFDEV_NAME_MAX]; /* Port it is (or was) attached to, or "". */
    char process[32];           /* Name of the client's program, or "". */
    int32_t pid;                /* Process, or -1 if the system cannot say. */
    uint32_t uid;               /* User. */
    uint32_t state;             /* BPFDEV_UNATTACHED and so on. */
    uint32_t buffer_length;     /* Bytes in each buffer. */
    uint32_t n_buffers;         /* Buffers. */
    uint32_t direction;         /* BPF_D_*. */
    uint32_t store_bytes;       /* Bytes waiting in the store buffer. */
    uint32_t hold_bytes;        /* Bytes waiting in hold buffers. */
    bool promisc;
    bool immediate;
    bool header_complete;
    bool see_sent;
    bool feedback;
    bool read_only;
    bool locked;
    struct bpfdev_stats stats;
};

/* Opening and closing
 * =================== */

/* Opens a new device, not yet attached to a port, and returns it.
 *
 * 'path' is the daemon's socket, or NULL for the default: the file bpf.sock in
 * $OVS_RUNDIR, or else in the directory that the library was built for.  With
 * BPFDEV_RDONLY and NULL, a socket that this user may not open is passed over
 * in favour of the read-only one beside it, bpf-ro.sock.
 *
 * 'flags' is 0 or a combination of BPFDEV_RDONLY and BPFDEV_NONBLOCK.
 *
 * 'errbuf', if not NULL, has room for BPFDEV_ERRBUF_SIZE bytes and receives
 * one line about a failure.
 *
 * On failure returns NULL with errno: ENOENT or ECONNREFUSED (no switch is
 * running, or it is another's run directory), EACCES (no permission on the
 * socket), ENOBUFS (the daemon has no free device), EPROTONOSUPPORT (library
 * and daemon have different protocol versions; the text says both),
 * ENAMETOOLONG, EINVAL (unknown flag), EMFILE, ENOMEM. */
struct bpfdev *bpfdev_open(const char *path, unsigned int flags,
                           char errbuf[]);

/* Opens a connection that has no device but learns of changes: its bpfdev_fd()
 * is readable whenever a port came, went or changed since the last
 * bpfdev_list_ports() on it (and at first, until then).  When the daemon is
 * gone it is readable too, and bpfdev_list_ports() fails with ENXIO.  Only
 * bpfdev_list_*(), bpfdev_totals(), bpfdev_fd(),
 * bpfdev_strerror() and bpfdev_close() make sense on it; others fail with
 * EINVAL.  Arguments and errors as for bpfdev_open(). */
struct bpfdev *bpfdev_monitor_open(const char *path, unsigned int flags,
                                   char errbuf[]);

/* Closes 'dev' (a device or a monitor; NULL is fine) and frees it with
 * everything it lent: buffers, its descriptor. */
void bpfdev_close(struct bpfdev *dev);

/* Returns the descriptor to wait on, which stays the same until 'dev' is
 * closed.  For select() and its kin only: it must not be read, written or
 * closed. */
int bpfdev_fd(const struct bpfdev *dev);

/* Returns one line, without a new-line, about the last call on 'dev' that
 * failed in this thread or another, or "" if none has.  Belongs to 'dev' and
 * is overwritten by the next failure. */
const char *bpfdev_strerror(const struct bpfdev *dev);

/* Returns the path of the socket that 'dev' is connected to.  Belongs to
 * 'dev'. */
const char *bpfdev_path(const struct bpfdev *dev);

/* Requests
 * ======== */

/* Performs request 'request' of bpf(4), or FIONREAD (int: bytes that a read
 * would return at once) or FIONBIO (int: non-zero for reads that do not wait),
 * on 'dev'.  A request with an argument takes a pointer to it, as ioctl(2)
 * does.  Returns 0, or -1 with errno:
 *
 *     EINVAL   not in this state (bpf(4) says for each request), bad argument
 *     ENXIO    BIOCSETIF: no such port; any: the daemon is gone
 *     ENOTTY   not a request of bpf(4)
 *     EPERM    the device is locked (BIOCLOCK)
 *     EIO      another thread waits in a read
 *     ENOMEM   BIOCSETIF: the limit of buffer memory is reached, or there is
 *              no memory; BIOCGDLTLIST: the list is too small
 *     EDOM     BIOCSRTIMEOUT: too long to be represented
 *
 * BIOCSBLEN accepts any length and hands back the one that was set. */
int bpfdev_ioctl(struct bpfdev *dev, unsigned long int request, ...);

/* As BIOCSETIF, for port names of any length. */
int bpfdev_attach(struct bpfdev *dev, const char *port);

/* Returns the full name of the port that 'dev' is or was attached to, or NULL
 * if it never was.  Belongs to 'dev'. */
const char *bpfdev_port_name(const struct bpfdev *dev);

/* Returns the link type of the port that 'dev' is attached to, or -1 with
 * errno EINVAL. */
int bpfdev_datalink(struct bpfdev *dev);

/* Asks for '*n' buffers instead of two, before the device is attached, and
 * stores in '*n' how many it will have: at least 2, at most what the daemon
 * allows.  Returns 0, or -1 with errno EINVAL if attached. */
int bpfdev_set_buffers(struct bpfdev *dev, unsigned int *n);

/* Filters
 * ======= */

/* Compiles 'expression' (pcap-filter(7)) for 'dev', which must be attached,
 * and installs it as BIOCSETF does.  Of a packet that matches, 'snaplen' bytes
 * are captured; with an empty expression every packet matches.  'optimize'
 * as for pcap_compile().
 *
 * Fails with EINVAL if the expression is wrong (bpfdev_strerror() has
 * libpcap's message and the expression), or as BIOCSETF does. */
int bpfdev_set_filter_expr(struct bpfdev *dev, const char *expression,
                           unsigned int snaplen, bool optimize);

/* Installs the 'n' instructions 'insns' as BIOCSETF does; 'n' of 0 removes the
 * filter. */
int bpfdev_set_filter(struct bpfdev *dev, const struct bpf_insn insns[],
                      size_t n);

/* Compiles 'expression' for link type 'dlt' into '*program', without a device,
 * for example to check it.  Returns 0, or -1 with errno EINVAL (or ENOMEM) and
 * a line in 'errbuf' as for bpfdev_open().  The caller frees the program with
 * bpfdev_free_filter(). */
int bpfdev_compile(const char *expression, int dlt, unsigned int snaplen,
                   bool optimize, struct bpf_program *program, char errbuf[]);

/* Frees the instructions of a program that bpfdev_compile() made. */
void bpfdev_free_filter(struct bpf_program *program);

/* Reading
 * ======= */

/* Reads one buffer of packets into 'buffer', whose 'size' must be exactly the
 * device's buffer length (BIOCGBLEN).  Returns the number of bytes, or -1 with
 * errno:
 *
 *     EINVAL   not attached, or the wrong size
 *     EAGAIN   nothing there: not waiting, or the read timeout is over
 *     EINTR    a signal was caught; nothing is lost
 *     EIO      the port is gone and everything was read, or another thread
 *              waits in a read
 *     ENXIO    the daemon is gone
 *
 * A buffer that was lent by bpfdev_next() is given back first. */
ssize_t bpfdev_read(struct bpfdev *dev, void *buffer, size_t size);

/* As bpfdev_read(), but without copying: stores in '*buffer' where the packets
 * are, and returns how many bytes.  The memory is read-only and stays as it is
 * until bpfdev_release(), the next bpfdev_next() or bpfdev_read(), or
 * bpfdev_close(). */
ssize_t bpfdev_next(struct bpfdev *dev, const void **buffer);

/* Gives back the buffer that bpfdev_next() lent, if any, so that the daemon
 * may fill it.  With several buffers it can be left to the next bpfdev_next(),
 * which saves the daemon a message: while one waits on bpfdev_fd() the daemon
 * then has one buffer less for a burst.  Returns 0, or -1 with ENXIO if the
 * daemon is gone. */
int bpfdev_release(struct bpfdev *dev);

/* Steps through the records in the 'n' bytes at 'buffer', which came from a
 * read of 'dev'.  '*offset' is 0 at first, and is advanced past the record
 * that is returned in '*packet'.  Returns true if there was a record, false at
 * the end, also if what follows is no whole record.  Makes no system call. */
bool bpfdev_walk(const struct bpfdev *dev, const void *buffer, size_t n,
                 size_t *offset, struct bpfdev_packet *packet);

/* Following packets
 * =================
 *
 * After BIOCSTSTAMP with BPFDEV_T_IDENTITY, before attaching, each packet has
 * an identity: the same at the port where it was received, at those where it
 * or a copy of it was sent, whatever was changed on the way, and on the port
 * "drops", where every packet appears that the datapath dropped.  It is kept
 * in the packet itself; packets that the switch makes or makes anew (by the
 * controller, of fragments) have none. */

struct bpfdev_identity {
    uint64_t id;                /* Never the same for two packets; 0: none. */
    uint32_t port;              /* Where it was received: see
                                 * bpfdev_port_hash(). */
    uint32_t reason;            /* On "drops": why, otherwise 0. */
};

/* Stores the identity of 'packet', which bpfdev_walk() returned for 'dev', in
 * '*identity'.  All zeros if the device does not have them. */
void bpfdev_identity(const struct bpfdev *dev,
                     const struct bpfdev_packet *packet,
                     struct bpfdev_identity *identity);

/* Returns the number that stands for the port called 'name' in an identity. */
uint32_t bpfdev_port_hash(const char *name);

/* Returns words for reason number 'reason', and the name of the switch's
 * coverage counter for it, or NULL for numbers that mean nothing. */
const char *bpfdev_drop_reason(uint32_t reason);
const char *bpfdev_drop_counter(uint32_t reason);

/* Writing
 * ======= */

/* Makes a bpfdev_read() or bpfdev_next() of 'dev' that waits in another thread
 * for packets, or else the next one that would wait, fail with EINTR.  Nothing
 * is lost.  Also ends, after a second, the wait of that thread for a daemon
 * that does not answer.  May be called by any thread and from signal handlers,
 * until bpfdev_close() is called. */
void bpfdev_interrupt(struct bpfdev *dev);

/* The longest frame, in bytes, that a switch can send, whatever the MTU of its
 * port: it counts the bytes of a packet, and 6 in front, with 16 bits. */
#define BPFDEV_FRAME_MAX 65529

/* Sends the frame of 'size' bytes out of the port (and, after BIOCSFEEDBACK,
 * lets it enter the switch as well).  Returns 'size', or -1 with errno:
 *
 *     EBADF     the device is read-only
 *     EINVAL    not attached, or the port is gone
 *     EMSGSIZE  longer than link header, VLAN tags and MTU, or than
 *               BPFDEV_FRAME_MAX
 *     ENOBUFS   no room in the switch now, nothing was sent; later there is
 *     EPERM     refused by the write filter (BIOCSETWF)
 *     ENXIO     the port goes at this moment, or the daemon is gone
 *
 * or what the port's own driver says.  A 'size' of 0 does nothing. */
ssize_t bpfdev_write(struct bpfdev *dev, const void *frame, size_t size);

/* Sends 'n' frames, in order, as 'n' calls to bpfdev_write() would, but
 * without waiting for each to be confirmed before the next.  Returns how
 * many were sent before the first that failed, whose error is in errno; that
 * one and those after it have not been sent.  Returns -1 if the first
 * failed. */
ssize_t bpfdev_write_frames(struct bpfdev *dev, const struct iovec frames[],
                            size_t n);

/* Statistics and lists
 * ==================== */

/* Stores the counters of 'dev', as BIOCGSTATS but 64 bits on every system, in
 * '*stats'. */
int bpfdev_stats(struct bpfdev *dev, struct bpfdev_stats *stats);

/* Stores in '*stats' the counters as they were when the daemon handed over the
 * buffer that was read last: what had been seen and lost by the end of it.
 * All 0 before the first read.  Asks nobody. */
void bpfdev_buffer_stats(const struct bpfdev *dev,
                         struct bpfdev_stats *stats);

/* Stores in '*stats' the sums of all devices since the daemon started. */
int bpfdev_totals(struct bpfdev *dev, struct bpfdev_stats *stats);

/* Stores in '*ports' an array of '*n' ports, those of the switch at present,
 * sorted by bridge and name.  The caller frees it with free().  Any connection
 * will do.  Returns 0, or -1 with errno. */
int bpfdev_list_ports(struct bpfdev *dev, struct bpfdev_port **ports,
                      size_t *n);

/* Stores in '*names' an array of '*n' entries, one for each port that has any
 * such name, sorted by bridge and port.  The caller frees it with free().  Any
 * connection will do.  Returns 0, or -1 with errno: ENOTTY from a daemon that
 * does not know of names. */
int bpfdev_list_names(struct bpfdev *dev, struct bpfdev_names **names,
                      size_t *n);

/* Stores in '*peers' an array of '*n' devices, those of all clients at
 * present, sorted by their numbers.  The caller frees it with free().  For the
 * superuser and the daemon's own user: EPERM for others. */
int bpfdev_list_peers(struct bpfdev *dev, struct bpfdev_peer **peers,
                      size_t *n);

#ifdef __cplusplus
}
#endif

#endif /* bpfdev.h */
