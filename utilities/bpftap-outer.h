/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* What a packet in a tunnel brings along: addresses, key and options of the
 * outer packet, as ovs-dpctl(8) writes them in a flow.
 *
 * No state. */

#ifndef BPFTAP_OUTER_H
#define BPFTAP_OUTER_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bt_str;

/* True if ports of 'type', as the Interface table has it, are tunnels. */
bool bt_outer_is_tunnel(const char *type);

/* Appends "tunnel(...)" to 's' for the Ethernet frame of which the first 'n'
 * bytes are at 'data', and which a tunnel of 'type' takes its packet out of.
 * Returns false, and leaves 's' alone, if it is not such a frame, if more of it
 * is needed, or if 'type' is another one than VXLAN (RFC 7348), Geneve (RFC
 * 8926) and GRE (RFC 2890). */
bool bt_outer_put(struct bt_str *s, const char *type, const uint8_t *data,
                  size_t n);

#endif /* bpftap-outer.h */
