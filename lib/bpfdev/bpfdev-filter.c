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
        if (pcap_compile(pcap, program, expression, optimize,
                         PCAP_NETMASK_UNKNOWN)) {
            error = bpfdev_fail_errbuf(errbuf, EINVAL, "filter \"%.300s\": %s",
                                       expression, pcap_geterr(pcap));
        }
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
