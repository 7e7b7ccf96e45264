/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Requests of the bpf device of FreeBSD.
 */

#ifndef _NET_BPF_H_
#define _NET_BPF_H_ 1

#include <flavour-bpf-common.h>

#define BIOCSRTIMEOUT _IOW('B', 109, struct timeval)
#define BIOCGSTATS _IOR('B', 111, struct bpf_stat)
#define BIOCSDIRECTION _IOW('B', 119, u_int)
#define BIOCSDLT _IOW('B', 120, u_int)
#define BIOCGDLTLIST _IOWR('B', 121, struct bpf_dltlist)
#define BIOCLOCK _IO('B', 122)
#define BIOCSETWF _IOW('B', 123, struct bpf_program)
#define BIOCFEEDBACK _IOW('B', 124, u_int)
#define BIOCSETBUFMODE _IOW('B', 126, u_int)
#define BIOCSETFNR _IOW('B', 130, struct bpf_program)
#define BIOCSTSTAMP _IOW('B', 132, u_int)
#define BIOCSETVLANPCP _IOW('B', 133, u_int)

#define BPF_D_IN 0
#define BPF_D_INOUT 1
#define BPF_D_OUT 2

struct bpf_stat {
    u_int bs_recv;
    u_int bs_drop;
};

struct bpf_hdr {
    struct timeval bh_tstamp;
    bpf_u_int32 bh_caplen;
    bpf_u_int32 bh_datalen;
    u_short bh_hdrlen;
};

struct bpf_ts {
    int64_t bt_sec;
    uint64_t bt_frac;
};

struct bpf_xhdr {
    struct bpf_ts bh_tstamp;
    uint32_t bh_caplen;
    uint32_t bh_datalen;
    u_short bh_hdrlen;
};

#endif /* _NET_BPF_H_ */
