/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Filter expressions, each compiled once for all ports of a link type: that of
 * a few hundred hosts takes libpcap the better part of a second.
 *
 * One thread, no locks. */

#ifndef BPFTAP_FILTER_H
#define BPFTAP_FILTER_H 1

#include <stdbool.h>
#include <stdint.h>

struct bpf_program;

/* Returns 'expression' compiled for link type 'dlt' and snapshot length
 * 'snaplen' (0 for no limit).  What is returned stays.  Returns NULL with the
 * reason in 'errbuf' (BPFDEV_ERRBUF_SIZE bytes) if that is not possible. */
const struct bpf_program *bt_filter_compile(const char *expression,
                                            uint32_t dlt, uint32_t snaplen,
                                            bool optimize, char errbuf[]);

/* Frees all that was compiled. */
void bt_filter_free(void);

#endif /* bpftap-filter.h */
