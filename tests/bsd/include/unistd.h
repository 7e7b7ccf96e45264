/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Linux's <unistd.h>, with the calls redirected.
 */

#ifndef FAKE_INCLUDE_UNISTD_H
#define FAKE_INCLUDE_UNISTD_H 1

#include_next <unistd.h>
#include <bsd-calls.h>

#endif /* FAKE_INCLUDE_UNISTD_H */
