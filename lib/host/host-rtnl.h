/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Messages of the Linux routing netlink (rtnetlink(7)): requests with a
 * bounded wait, and the translation of messages into host events.
 *
 * Private to the Linux host file.  No state and no lock: every request opens
 * a socket of its own, so any thread may call any function at any time. */

#ifndef HOST_HOST_RTNL_H
#define HOST_HOST_RTNL_H 1

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include "host/host.h"

/* A request under construction.  'hdr.nlmsg_len' says how much is used. */
struct rtnl_request {
    struct nlmsghdr hdr;
    char body[512];
};

/* Starts a request of type 'type' with the NLM_F_* in 'flags' (NLM_F_REQUEST
 * is added) whose fixed part is the 'size' bytes at 'fixed'. */
void rtnl_request_init(struct rtnl_request *req, uint16_t type,
                       uint16_t flags, const void *fixed, size_t size);

/* Appends the attribute 'type' with the 'size' bytes at 'data'.  The body of
 * struct rtnl_request has room for all requests of this project. */
void rtnl_request_put(struct rtnl_request *req, uint16_t type,
                      const void *data, size_t size);

/* Between these two, rtnl_request_put() appends to the attribute 'type', which
 * consists of others.  The second takes what the first returned. */
size_t rtnl_request_begin(struct rtnl_request *req, uint16_t type);
void rtnl_request_end(struct rtnl_request *req, size_t ofs);

/* Sends 'req' and calls 'cb' for each message of the answer, which lies
 * completely inside of memory that is valid during the call.  'cb' may be
 * NULL.  Waits at most 'timeout_ms' milliseconds altogether.
 *
 * Returns 0, the error that the kernel answered, ETIMEDOUT, EINTR if a dump
 * was inconsistent because something changed meanwhile, or another errno
 * value. */
typedef void rtnl_cb(const struct nlmsghdr *, void *aux);
int rtnl_transact(struct rtnl_request *req, rtnl_cb *cb, void *aux,
                  int timeout_ms);

/* Finds attribute 'type' in the message 'nlmsg', after a fixed part of
 * 'fixed' bytes.  Returns NULL if there is none or if it has less than
 * 'min_size' bytes of payload. */
const struct rtattr *rtnl_find(const struct nlmsghdr *nlmsg, size_t fixed,
                               uint16_t type, size_t min_size);

/* Translates the link message 'nlmsg' (RTM_NEWLINK, RTM_DELLINK) into
 * '*link'.  Returns false if the message is malformed. */
bool rtnl_parse_link(const struct nlmsghdr *nlmsg, struct host_link *link);

/* Translates any message into '*event'.  'nlmsg->nlmsg_len' must not exceed
 * the memory that is there; nothing else is taken for granted. */
void rtnl_parse_event(const struct nlmsghdr *nlmsg, struct host_event *event);

#endif /* HOST_HOST_RTNL_H */
