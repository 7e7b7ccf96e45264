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


#ifndef BPF_PROTO_H
#define BPF_PROTO_H 1

/* The protocol between capture clients and the bpf server
 * =======================================================
 *
 * Shared by lib/bpf (server) and lib/bpfdev (client), so plain C: no types of
 * Open vSwitch's, no types of bpf(4)'s.
 *
 * Transport is a UNIX socket of type SOCK_SEQPACKET: one message per packet,
 * in order, never merged or split.  (Each is sent with MSG_EOR, or FreeBSD
 * merges it with the next.)  Both ends are on one machine, so that numbers are
 * in its byte order, and error numbers are its errno values.
 *
 * Every message is a struct bpf_proto_header and a body, whose structure (or
 * lack of one) follows from the type; "length" counts both.  The client sends
 * requests, each with another sequence number.  The server answers each one,
 * in order, with a message of the same type plus BPF_PROTO_REPLY, the same
 * sequence number, and in "error" 0 or a positive errno value.  With an error
 * the body is one line of text for the user (at most BPF_PROTO_MAX_TEXT bytes,
 * without a null terminator), or empty if errno says it all.
 * BPF_PROTO_RELEASE has no answer.
 *
 * The first request is BPF_PROTO_HELLO, and only the first.  Its header has
 * the same form in all versions of the protocol.  A server of another version
 * answers with its own version in the header and EPROTONOSUPPORT, and closes
 * the connection.
 *
 * A request of unknown type is answered with ENOTTY.  One that has the wrong
 * length for its type, a bad header, or that comes before BPF_PROTO_HELLO,
 * makes the server close the connection, and so does a client that lets
 * answers pile up.
 *
 *
 * Descriptors
 * -----------
 *
 * The answer to BPF_PROTO_HELLO carries one descriptor (SCM_RIGHTS): it is
 * readable exactly when the device is, in the sense of bpf(4).  The client may
 * poll it and do nothing else with it.
 *
 * A successful answer to BPF_PROTO_SETIF carries another one: the device's
 * memory, which can be mapped for reading only.  Buffer number I starts at I
 * times "stride".
 *
 * Clients never pass descriptors.
 *
 *
 * Reading
 * -------
 *
 * BPF_PROTO_READ never waits: it answers EAGAIN if bpf(4)'s read would wait.
 * To wait, the client polls the descriptor and asks again; when a read timeout
 * is over it asks with BPF_PROTO_READ_EXPIRED.  A buffer that was handed over
 * stays as it is until the client gives it back, with BPF_PROTO_RELEASE or
 * with BPF_PROTO_READ_RELEASE in its next BPF_PROTO_READ. */

#include <stddef.h>
#include <stdint.h>

#define BPF_PROTO_MAGIC 0x62706664u     /* "bpfd" */
#define BPF_PROTO_VERSION 1

/* Room for names, null terminators included. */
#define BPF_PROTO_NAME_LEN 256
#define BPF_PROTO_TYPE_LEN 64
#define BPF_PROTO_PROCESS_LEN 32

/* The longest body: a frame, or the instructions of a filter. */
#define BPF_PROTO_MAX_FRAME (65536 + 64)
/* The longest frame that a port of the switch can send or receive, whatever its
 * MTU: the switch counts a packet's bytes, and 6 in front of them for headers
 * to come, with 16 bits. */
#define BPF_PROTO_MAX_SENT (65535 - 6)

#define BPF_PROTO_MAX_INSNS 4096
#define BPF_PROTO_MAX_BODY BPF_PROTO_MAX_FRAME

/* The longest text with an error. */
#define BPF_PROTO_MAX_TEXT 200

/* Socket buffer, in bytes, that both sides ask for: room for the longest
 * message, which some systems do not give unasked. */
#define BPF_PROTO_SOCKET_BUFFER (256 * 1024)

/* Requests that a client may have under way at a time without the risk that
 * answers pile up. */
#define BPF_PROTO_MAX_PIPELINE 32

struct bpf_proto_header {
    uint32_t magic;             /* BPF_PROTO_MAGIC. */
    uint16_t version;           /* BPF_PROTO_VERSION. */
    uint16_t type;              /* BPF_PROTO_*. */
    uint32_t length;            /* Bytes, this header included. */
    uint32_t sequence;          /* Chosen by the client. */
    uint32_t error;             /* Answers: errno.  Requests: 0. */
    uint32_t reserved;          /* 0. */
};

/* Types: name, number, body of the request, body of the answer ("none" for no
 * body, "frame" for plain bytes). */
#define BPF_PROTO_REQUESTS                                              \
    /* Opening. */                                                      \
    BPF_PROTO_REQUEST(HELLO, 1, hello, hello_reply)                     \
    /* bpf(4)'s requests, by their names. */                            \
    BPF_PROTO_REQUEST(GBLEN, 2, none, u32)                              \
    BPF_PROTO_REQUEST(SBLEN, 3, u32, u32)                               \
    BPF_PROTO_REQUEST(SETF, 4, filter, none)                            \
    BPF_PROTO_REQUEST(FLUSH, 5, none, none)                             \
    BPF_PROTO_REQUEST(PROMISC, 6, none, none)                           \
    BPF_PROTO_REQUEST(GDLT, 7, none, u32)                               \
    BPF_PROTO_REQUEST(SDLT, 8, u32, none)                               \
    BPF_PROTO_REQUEST(GDLTLIST, 9, none, dltlist)                       \
    BPF_PROTO_REQUEST(GETIF, 10, none, name)                            \
    BPF_PROTO_REQUEST(SETIF, 11, name, setif_reply)                     \
    BPF_PROTO_REQUEST(SRTIMEOUT, 12, time, time)                        \
    BPF_PROTO_REQUEST(GRTIMEOUT, 13, none, time)                        \
    BPF_PROTO_REQUEST(GSTATS, 14, none, counters)                       \
    BPF_PROTO_REQUEST(IMMEDIATE, 15, u32, none)                         \
    BPF_PROTO_REQUEST(GHDRCMPLT, 16, none, u32)                         \
    BPF_PROTO_REQUEST(SHDRCMPLT, 17, u32, none)                         \
    BPF_PROTO_REQUEST(GSEESENT, 18, none, u32)                          \
    BPF_PROTO_REQUEST(SSEESENT, 19, u32, none)                          \
    BPF_PROTO_REQUEST(GDIRECTION, 20, none, u32)                        \
    BPF_PROTO_REQUEST(SDIRECTION, 21, u32, none)                        \
    BPF_PROTO_REQUEST(GFEEDBACK, 22, none, u32)                         \
    BPF_PROTO_REQUEST(SFEEDBACK, 23, u32, none)                         \
    BPF_PROTO_REQUEST(GTSTAMP, 24, none, u32)                           \
    BPF_PROTO_REQUEST(STSTAMP, 25, u32, none)                           \
    BPF_PROTO_REQUEST(GWTIMEOUT, 26, none, time)                        \
    BPF_PROTO_REQUEST(SWTIMEOUT, 27, time, none)                        \
    BPF_PROTO_REQUEST(DWTIMEOUT, 28, none, none)                        \
    BPF_PROTO_REQUEST(LOCK, 32, none, none)                             \
    BPF_PROTO_REQUEST(NREAD, 29, none, u32)     /* FIONREAD. */         \
    BPF_PROTO_REQUEST(LANGUAGE, 30, none, version)  /* BIOCVERSION. */  \
    /* Number of buffers, before SETIF. */                              \
    BPF_PROTO_REQUEST(SBUFS, 31, u32, u32)                              \
    /* Packets. */                                                      \
    BPF_PROTO_REQUEST(READ, 40, read, read_reply)                       \
    BPF_PROTO_REQUEST(RELEASE, 41, none, none)                          \
    BPF_PROTO_REQUEST(WRITE, 42, frame, none)                           \
    /* As WRITE, but fails with ECANCELED if the one before failed: so  \
     * frames that are sent without awaiting each answer stay in order. */ \
    BPF_PROTO_REQUEST(WRITE_NEXT, 43, frame, none)                      \
    /* Lists: the entries after a given one, as many as one message     \
     * holds, none at the end. */                                       \
    BPF_PROTO_REQUEST(LIST_PORTS, 50, port_key, ports)                  \
    BPF_PROTO_REQUEST(LIST_PEERS, 51, peer_key, peers)                  \
    BPF_PROTO_REQUEST(TOTALS, 52, none, counters)                       \
    /* What people call the ports: only those that have such names. */  \
    BPF_PROTO_REQUEST(LIST_NAMES, 53, port_key, names)

enum bpf_proto_type {
#define BPF_PROTO_REQUEST(NAME, NUMBER, BODY, REPLY) BPF_PROTO_##NAME = NUMBER,
    BPF_PROTO_REQUESTS
#undef BPF_PROTO_REQUEST
};

/* Added to the type of a request to make that of its answer. */
#define BPF_PROTO_REPLY 0x8000

/* Bodies
 * ====== */

/* Flags in struct bpf_proto_hello. */
#define BPF_PROTO_F_RDONLY 0x1  /* Refuse to write. */
#define BPF_PROTO_F_MONITOR 0x2 /* No device: watch the set of ports. */

struct bpf_proto_hello {
    uint32_t flags;             /* BPF_PROTO_F_*. */
    uint32_t reserved;          /* 0. */
};

struct bpf_proto_hello_reply {
    uint64_t id;                /* Number of the device, 0 for a monitor. */
    uint32_t flags;             /* As requested, and what the server adds. */
    uint32_t reserved;
};

struct bpf_proto_u32 {
    uint32_t value;
};

struct bpf_proto_time {
    int64_t sec;
    int64_t usec;
};

struct bpf_proto_version {
    uint32_t major;
    uint32_t minor;
};

struct bpf_proto_counters {
    uint64_t received;          /* Packets run through the filter. */
    uint64_t dropped;           /* Accepted, no room. */
    uint64_t captured;          /* Accepted. */
};

/* A null-terminated string, zero-padded. */
struct bpf_proto_name {
    char name[BPF_PROTO_NAME_LEN];
};

#define BPF_PROTO_MAX_DLTS 15

struct bpf_proto_dltlist {
    uint32_t n;
    uint32_t dlt[BPF_PROTO_MAX_DLTS];
};

struct bpf_proto_setif_reply {
    uint32_t n_buffers;
    uint32_t buffer_length;     /* Bytes used of each. */
    uint64_t stride;            /* Bytes from one buffer to the next. */
    uint64_t size;              /* Bytes to map. */
};

/* Flags in struct bpf_proto_filter. */
#define BPF_PROTO_FILTER_WRITE 0x1  /* The write filter (BIOCSETWF). */
#define BPF_PROTO_FILTER_KEEP 0x2   /* Do not flush (BIOCSETFNR). */

struct bpf_proto_insn {
    uint16_t code;
    uint8_t jt;
    uint8_t jf;
    uint32_t k;
};

/* Followed by 'n' struct bpf_proto_insn. */
struct bpf_proto_filter {
    uint32_t flags;             /* BPF_PROTO_FILTER_*. */
    uint32_t n;                 /* At most BPF_PROTO_MAX_INSNS. */
};

/* Flags in struct bpf_proto_read. */
#define BPF_PROTO_READ_NONBLOCK 0x1 /* The client does not wait. */
#define BPF_PROTO_READ_EXPIRED 0x2  /* Its read timeout is over. */
#define BPF_PROTO_READ_RELEASE 0x4  /* Gives back the buffer it has. */

struct bpf_proto_read {
    uint32_t flags;             /* BPF_PROTO_READ_*. */
    uint32_t size;              /* What the client's read asks for, bytes. */
};

struct bpf_proto_read_reply {
    uint32_t index;             /* Which buffer. */
    uint32_t length;            /* Bytes in it. */
    struct bpf_proto_counters counters; /* At the hand-over. */
};

/* Ports are listed in the order of bridge and name.  The key is the last port
 * that the client knows; empty names at the start. */
struct bpf_proto_port_key {
    char bridge[BPF_PROTO_NAME_LEN];
    char name[BPF_PROTO_NAME_LEN];
};

struct bpf_proto_port {
    char bridge[BPF_PROTO_NAME_LEN];
    char name[BPF_PROTO_NAME_LEN];
    char type[BPF_PROTO_TYPE_LEN];
    uint32_t dlt;
    uint32_t ofport;
    uint32_t mtu;               /* 0 if unknown. */
    uint32_t listeners;
    uint64_t speed;             /* Bits per second, 0 if unknown. */
    uint8_t addr[6];
    uint8_t addr_len;           /* 6 or 0. */
    uint8_t reserved;
};

/* Room for what people call a port, null terminator included. */
#define BPF_PROTO_LABEL_LEN 128

/* Names of a port from outside the switch; empty: it has none of the kind. */
struct bpf_proto_port_names {
    char bridge[BPF_PROTO_NAME_LEN];
    char name[BPF_PROTO_NAME_LEN];
    char iface_id[BPF_PROTO_LABEL_LEN];     /* OVN: the logical port. */
    char network[BPF_PROTO_LABEL_LEN];      /* That it belongs to. */
    char vm[BPF_PROTO_LABEL_LEN];           /* Virtual machine. */
    char container[BPF_PROTO_LABEL_LEN];
};

/* Devices are listed in the order of their numbers.  The key is the last one
 * that the client knows, 0 at the start. */
struct bpf_proto_peer_key {
    uint64_t id;
};

/* Bits in struct bpf_proto_peer. */
#define BPF_PROTO_PEER_PROMISC 0x01
#define BPF_PROTO_PEER_IMMEDIATE 0x02
#define BPF_PROTO_PEER_HDRCMPLT 0x04
#define BPF_PROTO_PEER_SEESENT 0x08
#define BPF_PROTO_PEER_FEEDBACK 0x10
#define BPF_PROTO_PEER_RDONLY 0x20
#define BPF_PROTO_PEER_LOCKED 0x40

struct bpf_proto_peer {
    uint64_t id;
    char port[BPF_PROTO_NAME_LEN];
    char process[BPF_PROTO_PROCESS_LEN];
    int32_t pid;                /* -1 if unknown. */
    uint32_t uid;
    uint32_t state;             /* 0 unattached, 1 attached, 2 detached. */
    uint32_t flags;             /* BPF_PROTO_PEER_*. */
    uint32_t buffer_length;
    uint32_t n_buffers;
    uint32_t direction;         /* 0 in, 1 inout, 2 out. */
    uint32_t store_bytes;
    uint32_t hold_bytes;
    uint32_t reserved;
    struct bpf_proto_counters counters;
};

/* Entries in one message. */
#define BPF_PROTO_MAX_PORTS 48
#define BPF_PROTO_MAX_PEERS 96
#define BPF_PROTO_MAX_NAMES 48

/* All are cut off after 'n' entries. */
struct bpf_proto_ports {
    uint32_t n;
    uint32_t reserved;
    struct bpf_proto_port ports[BPF_PROTO_MAX_PORTS];
};

struct bpf_proto_peers {
    uint32_t n;
    uint32_t reserved;
    struct bpf_proto_peer peers[BPF_PROTO_MAX_PEERS];
};

struct bpf_proto_names {
    uint32_t n;
    uint32_t reserved;
    struct bpf_proto_port_names names[BPF_PROTO_MAX_NAMES];
};

/* Least number of bytes in each kind of body, which is the only one except for
 * "filter" (instructions follow), "frame" (any number) and the lists. */
enum bpf_proto_size {
    BPF_PROTO_SIZE_none = 0,
    BPF_PROTO_SIZE_frame = 0,
    BPF_PROTO_SIZE_hello = sizeof(struct bpf_proto_hello),
    BPF_PROTO_SIZE_hello_reply = sizeof(struct bpf_proto_hello_reply),
    BPF_PROTO_SIZE_u32 = sizeof(struct bpf_proto_u32),
    BPF_PROTO_SIZE_time = sizeof(struct bpf_proto_time),
    BPF_PROTO_SIZE_version = sizeof(struct bpf_proto_version),
    BPF_PROTO_SIZE_counters = sizeof(struct bpf_proto_counters),
    BPF_PROTO_SIZE_name = sizeof(struct bpf_proto_name),
    BPF_PROTO_SIZE_dltlist = sizeof(struct bpf_proto_dltlist),
    BPF_PROTO_SIZE_setif_reply = sizeof(struct bpf_proto_setif_reply),
    BPF_PROTO_SIZE_filter = sizeof(struct bpf_proto_filter),
    BPF_PROTO_SIZE_read = sizeof(struct bpf_proto_read),
    BPF_PROTO_SIZE_read_reply = sizeof(struct bpf_proto_read_reply),
    BPF_PROTO_SIZE_port_key = sizeof(struct bpf_proto_port_key),
    BPF_PROTO_SIZE_peer_key = sizeof(struct bpf_proto_peer_key),
    BPF_PROTO_SIZE_ports = offsetof(struct bpf_proto_ports, ports),
    BPF_PROTO_SIZE_names = offsetof(struct bpf_proto_names, names),
    BPF_PROTO_SIZE_peers = offsetof(struct bpf_proto_peers, peers),
};

#endif /* bpf/bpf-proto.h */
