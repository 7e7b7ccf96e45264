/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Requests of bpf(4) that have one number on both systems.  The guard is the
 * systems' own: libpcap's header looks at it to find out whether the filter
 * structures are declared already.
 */

#ifndef FAKE_INCLUDE_FLAVOUR_BPF_COMMON_H
#define FAKE_INCLUDE_FLAVOUR_BPF_COMMON_H 1

#include <stdint.h>
#include <sys/ioccom.h>
#include <sys/time.h>
#include <net/if.h>

typedef int32_t bpf_int32;
typedef uint32_t bpf_u_int32;

struct bpf_insn {
    u_short code;
    u_char jt;
    u_char jf;
    bpf_u_int32 k;
};

struct bpf_program {
    u_int bf_len;
    struct bpf_insn *bf_insns;
};

struct bpf_version {
    u_short bv_major;
    u_short bv_minor;
};

struct bpf_dltlist {
    u_int bfl_len;
    u_int *bfl_list;
};

#define BPF_RET 0x06
#define BPF_K 0x00
#define BPF_STMT(CODE, K) { (u_short) (CODE), 0, 0, K }

#define BIOCGBLEN _IOR('B', 102, u_int)
#define BIOCSBLEN _IOWR('B', 102, u_int)
#define BIOCSETF _IOW('B', 103, struct bpf_program)
#define BIOCFLUSH _IO('B', 104)
#define BIOCPROMISC _IO('B', 105)
#define BIOCGDLT _IOR('B', 106, u_int)
#define BIOCGETIF _IOR('B', 107, struct ifreq)
#define BIOCSETIF _IOW('B', 108, struct ifreq)
#define BIOCIMMEDIATE _IOW('B', 112, u_int)
#define BIOCVERSION _IOR('B', 113, struct bpf_version)
#define BIOCSHDRCMPLT _IOW('B', 117, u_int)

#endif /* FAKE_INCLUDE_FLAVOUR_BPF_COMMON_H */
