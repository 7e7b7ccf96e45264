/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Interfaces whose frames the host's own stack does not get, on Linux.
 *
 * A packet socket gets its copy of a frame before the kernel's traffic control
 * sees the frame at ingress (tc-bpf(8)).  A filter there that drops everything
 * makes an interface the switch's alone.  It is a program of classic BPF, which
 * needs one module of the kernel less than "matchall" with an action would.
 *
 * No state, no lock: any thread may call any function. */

#include "host/host.h"
#include "host/host-linux.h"
#include "host/host-rtnl.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>

/* Where our filter is: behind those that a user gives a low number to, and
 * before those that the kernel numbers, which come from 49152 on downwards. */
#define FILTER_PREF 1000
#define FILTER_HANDLE 0x6f7673

/* From <linux/pkt_sched.h> of Linux 4.5 and later. */
#define PARENT_INGRESS TC_H_MAKE(TC_H_CLSACT, 0xfff2U)
#define PARENT_EGRESS TC_H_MAKE(TC_H_CLSACT, 0xfff3U)

static void
init_request(struct rtnl_request *req, uint16_t type, uint16_t flags,
             unsigned int ifindex, uint32_t parent)
{
    struct tcmsg tcm = {
        .tcm_family = AF_UNSPEC,
        .tcm_ifindex = ifindex,
        .tcm_parent = parent,
    };

    if (parent == TC_H_CLSACT) {
        tcm.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
    } else if (type != RTM_GETTFILTER) {
        tcm.tcm_handle = FILTER_HANDLE;
        tcm.tcm_info = TC_H_MAKE(FILTER_PREF << 16, htons(ETH_P_ALL));
    }
    rtnl_request_init(req, type, flags, &tcm, sizeof tcm);
}

static void
put_kind(struct rtnl_request *req, const char *kind)
{
    rtnl_request_put(req, TCA_KIND, kind, strlen(kind) + 1);
}

static int
do_request(struct rtnl_request *req)
{
    return rtnl_transact(req, NULL, NULL, LHOST_TIMEOUT_MS);
}

/* Makes what filters at ingress hang on.  EEXIST: there is one. */
static int
add_qdisc(unsigned int ifindex)
{
    struct rtnl_request req;

    init_request(&req, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK,
                 ifindex, TC_H_CLSACT);
    put_kind(&req, "clsact");
    return do_request(&req);
}

static int
remove_qdisc(unsigned int ifindex)
{
    struct rtnl_request req;

    init_request(&req, RTM_DELQDISC, NLM_F_ACK, ifindex, TC_H_CLSACT);
    return do_request(&req);
}

/* Adds the filter that drops everything. */
static int
add_filter(unsigned int ifindex)
{
    const struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, TC_ACT_SHOT);
    const uint32_t flags = TCA_BPF_FLAG_ACT_DIRECT;
    const uint16_t n_insns = 1;
    struct rtnl_request req;
    size_t options;

    init_request(&req, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK,
                 ifindex, PARENT_INGRESS);
    put_kind(&req, "bpf");
    options = rtnl_request_begin(&req, TCA_OPTIONS);
    rtnl_request_put(&req, TCA_BPF_OPS_LEN, &n_insns, sizeof n_insns);
    rtnl_request_put(&req, TCA_BPF_OPS, &drop, sizeof drop);
    rtnl_request_put(&req, TCA_BPF_FLAGS, &flags, sizeof flags);
    rtnl_request_end(&req, options);
    return do_request(&req);
}

static int
remove_filter(unsigned int ifindex)
{
    struct rtnl_request req;

    init_request(&req, RTM_DELTFILTER, NLM_F_ACK, ifindex, PARENT_INGRESS);
    put_kind(&req, "bpf");
    return do_request(&req);
}

static void
count_filter(const struct nlmsghdr *nlmsg, void *n)
{
    *(size_t *) n += nlmsg->nlmsg_type == RTM_NEWTFILTER;
}

/* True if somebody's filters hang on what we have added. */
static bool
has_filters(unsigned int ifindex)
{
    const uint32_t parents[] = { PARENT_INGRESS, PARENT_EGRESS };
    size_t n = 0;

    for (size_t i = 0; i < 2; i++) {
        struct rtnl_request req;

        init_request(&req, RTM_GETTFILTER, NLM_F_DUMP, ifindex, parents[i]);
        if (rtnl_transact(&req, count_filter, &n, LHOST_TIMEOUT_MS)) {
            return true;
        }
    }
    return n > 0;
}

bool
host_has_exclusive(void)
{
    return true;
}

int
lhost_exclusive_on(unsigned int ifindex, bool *added_qdisc)
{
    int error = add_qdisc(ifindex);

    *added_qdisc = !error;
    if (!error || error == EEXIST) {
        error = add_filter(ifindex);
        if (error && *added_qdisc) {
            remove_qdisc(ifindex);
            *added_qdisc = false;
        }
    }

    /* ENOENT is what a kernel says that has no such filter or queueing
     * discipline. */
    return (error == EEXIST ? 0
            : error == ENOENT ? EOPNOTSUPP
            : lhost_errno(error));
}

int
lhost_exclusive_off(unsigned int ifindex, bool added_qdisc)
{
    int error = remove_filter(ifindex);

    if (added_qdisc && !has_filters(ifindex)) {
        remove_qdisc(ifindex);
    }
    /* Somebody else may have removed it. */
    return error == ENOENT || error == EINVAL ? 0 : lhost_errno(error);
}
