/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Requests of the bpf device of NetBSD.
 */

#ifndef _NET_BPF_H_
#define _NET_BPF_H_ 1

#include <flavour-bpf-common.h>

#define BIOCGSTATS _IOR('B', 111, struct bpf_stat)
#define BIOCSDLT _IOW('B', 118, u_int)
#define BIOCGDLTLIST _IOWR('B', 119, struct bpf_dltlist)
#define BIOCSDIRECTION _IOW('B', 121, u_int)
#define BIOCSRTIMEOUT _IOW('B', 122, struct timeval)
#define BIOCFEEDBACK _IOW('B', 125, u_int)
#define BIOCLOCK _IO('B', 126)
#define BIOCSETWF _IOW('B', 127, struct bpf_program)

#define BPF_D_IN 0
#define BPF_D_INOUT 1
#define BPF_D_OUT 2

struct bpf_stat {
    uint64_t bs_recv;
    uint64_t bs_drop;
    uint64_t bs_capt;
    uint64_t bs_padding[13];
};

struct bpf_hdr {
    struct timeval bh_tstamp;
    uint32_t bh_caplen;
    uint32_t bh_datalen;
    uint16_t bh_hdrlen;
};

#endif /* _NET_BPF_H_ */
