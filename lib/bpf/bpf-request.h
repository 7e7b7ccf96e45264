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

#ifndef BPF_REQUEST_H
#define BPF_REQUEST_H 1

/* Requests of clients
 * ===================
 *
 * The words of bpf/bpf-proto.h and what they do.  Server's thread only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/bpf-proto.h"

struct bpf_conn;

/* A message that arrived.  One more byte than is allowed, so that a longer one
 * can be told. */
struct bpf_request {
    struct bpf_proto_header header;
    union {
        struct bpf_proto_hello hello;
        struct bpf_proto_u32 u32;
        struct bpf_proto_time time;
        struct bpf_proto_name name;
        struct bpf_proto_filter filter;
        struct bpf_proto_read read;
        struct bpf_proto_port_key port_key;
        struct bpf_proto_peer_key peer_key;
        uint8_t bytes[BPF_PROTO_MAX_BODY + 1];
    } body;
};

/* An answer. */
struct bpf_reply {
    struct bpf_proto_header header;
    union {
        struct bpf_proto_hello_reply hello;
        struct bpf_proto_u32 u32;
        struct bpf_proto_time time;
        struct bpf_proto_version version;
        struct bpf_proto_counters counters;
        struct bpf_proto_name name;
        struct bpf_proto_dltlist dltlist;
        struct bpf_proto_setif_reply setif;
        struct bpf_proto_read_reply read;
        struct bpf_proto_ports ports;
        struct bpf_proto_peers peers;
        struct bpf_proto_names names;
        char text[BPF_PROTO_MAX_TEXT];
    } body;
    size_t size;                /* Bytes of body. */
    int fd;                     /* Descriptor to pass, or -1. */
};

/* The kinds of bodies, as BPF_PROTO_REQUESTS names them. */
enum bpf_body_kind {
    KIND_none,
    KIND_hello, KIND_hello_reply,
    KIND_u32,
    KIND_time,
    KIND_version,
    KIND_counters,
    KIND_name,
    KIND_dltlist,
    KIND_setif_reply,
    KIND_filter,
    KIND_frame,
    KIND_read, KIND_read_reply,
    KIND_port_key, KIND_ports, KIND_names,
    KIND_peer_key, KIND_peers,
};

/* A type of request. */
struct bpf_request_type {
    const char *name;
    enum bpf_body_kind in;          /* Body of the request. */
    enum bpf_body_kind out;         /* Body of the answer. */
    size_t min_size;            /* Bytes in the request's body. */
    size_t max_size;
};

/* Returns the type of request that has number 'type', or NULL. */
const struct bpf_request_type *bpf_request_find_type(unsigned int type);

/* True if the 'size' bytes of body in 'request' are right for its type. */
bool bpf_request_size_is_right(const struct bpf_request_type *type,
                               const struct bpf_request *request,
                               size_t size);

/* Carries out 'request' of 'conn', which is of 'type' and has a body of 'size'
 * bytes, and fills in the body of 'reply', whose size is 0 before.  Returns 0
 * or a positive errno value; then the body is empty or a text.  EINPROGRESS
 * means that the request will be answered later. */
int bpf_request_carry_out(struct bpf_conn *conn,
                          const struct bpf_request_type *type,
                          struct bpf_request *request, size_t size,
                          struct bpf_reply *reply);

/* The memory that a BPF_PROTO_SETIF of 'conn' waited for is there, or could not
 * be got, as 'error' says: fills in the answer as bpf_request_carry_out(), for
 * which the request was EINPROGRESS. */
int bpf_request_end_setif(struct bpf_conn *conn, int error,
                          struct bpf_reply *reply);

/* What 'request', which 'conn' has just made, counts of the requests that a
 * user may make in a second. */
unsigned int bpf_request_weight(const struct bpf_conn *conn,
                                const struct bpf_request *request);

/* Carries out BPF_PROTO_RELEASE, which has no answer. */
void bpf_request_release(struct bpf_conn *conn);

#endif /* bpf/bpf-request.h */
