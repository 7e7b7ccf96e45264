/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Options about ports and devices, which "capture" and "dump" have in common.
 */

#ifndef BPFTAP_OPTIONS_H
#define BPFTAP_OPTIONS_H 1

#include <stdbool.h>

#include "bpftap-engine.h"

/* Takes option 'c', with its value in getopt's 'optarg', if it is one of -i,
 * -f, -s, -Q, -B and -O.  Returns false if it is another one. */
bool bt_parse_port_option(int c, struct bt_capture *capture);

/* Makes 'filter', from the end of the command line, the filter of all ports
 * that have none of their own.  NULL is fine. */
void bt_set_final_filter(struct bt_capture *capture, const char *filter);

#endif /* bpftap-options.h */
