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


/* Filters from expressions: the only part that needs libpcap.
 *
 * libpcap before 1.8 compiles with global variables, so 'compile_mutex' keeps
 * compilations apart; it is the one thing that devices share. */

/* Comes first: where <net/bpf.h> exists, libpcap must find it included. */
#include "bpfdev/bpfdev-private.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t compile_mutex = PTHREAD_MUTEX_INITIALIZER;

/* libpcap for Linux compiles "ifindex" to a load from here, where only the
 * kernel has something.  Its load of the packet's type, for "inbound" and
 * "outbound", works in the switch as well. */
#define AUX_OFFSET 0xfffff000u
#define AUX_SIZE 64
#define AUX_TYPE (AUX_OFFSET + 4)

/* Returns a reason why the switch will not take 'program', or NULL. */
static const char *
find_foreign_load(const struct bpf_program *program)
{
    for (unsigned int i = 0; i < program->bf_len; i++) {
        const struct bpf_insn *insn = &program->bf_insns[i];

        if (BPF_CLASS(insn->code) == BPF_LD && BPF_MODE(insn->code) == BPF_ABS
            && insn->k != AUX_TYPE && insn->k - AUX_OFFSET < AUX_SIZE) {
            return "a port of a switch has no ifindex; capture on the port "
                   "that you mean instead";
        }
    }
    return NULL;
}

/* Compiles on 'pcap'.  Returns 0, or -1 with errno and a text. */
static int
compile(pcap_t *pcap, const char *expression, bool optimize,
        struct bpf_program *program, char errbuf[])
{
    const char *why;

    if (pcap_compile(pcap, program, expression, optimize,
                     PCAP_NETMASK_UNKNOWN)) {
        return bpfdev_fail_errbuf(errbuf, EINVAL, "filter \"%.300s\": %s",
                                  expression, pcap_geterr(pcap));
    }
    why = find_foreign_load(program);
    if (why) {
        pcap_freecode(program);
        return bpfdev_fail_errbuf(errbuf, EINVAL, "filter \"%.300s\": %s",
                                  expression, why);
    }
    return 0;
}

int
bpfdev_compile(const char *expression, int dlt, unsigned int snaplen,
               bool optimize, struct bpf_program *program, char errbuf[])
{
    int error = 0;

    /* libpcap takes the snapshot length as an int. */
    if (snaplen > INT32_MAX) {
        snaplen = INT32_MAX;
    }

    /* On a handle that is not live, so that libpcap does not use what only
     * Linux's kernel understands. */
    pthread_mutex_lock(&compile_mutex);
    pcap_t *pcap = pcap_open_dead(dlt, snaplen);
    if (!pcap) {
        error = bpfdev_fail_errbuf(errbuf, ENOMEM, "out of memory");
    } else {
        error = compile(pcap, expression, optimize, program, errbuf);
        pcap_close(pcap);
    }
    pthread_mutex_unlock(&compile_mutex);
    return error;
}

void
bpfdev_free_filter(struct bpf_program *program)
{
    pcap_freecode(program);
}

int
bpfdev_set_filter_expr(struct bpfdev *dev, const char *expression,
                       unsigned int snaplen, bool optimize)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    struct bpf_program program;
    int dlt = bpfdev_datalink(dev);

    if (dlt < 0) {
        return -1;
    } else if (bpfdev_enter(dev)) {
        return -1;
    }
    int retval = bpfdev_compile(expression, dlt, snaplen, optimize, &program,
                                errbuf);
    if (retval) {
        bpfdev_fail(dev, errno, "%s", errbuf);
    } else {
        retval = bpfdev_send_filter(dev, 0, program.bf_insns, program.bf_len);

        int error = errno;
        bpfdev_free_filter(&program);
        errno = error;
    }
    bpfdev_leave(dev);
    return retval;
}
