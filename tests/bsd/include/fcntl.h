/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Linux's <fcntl.h>, with the calls redirected.
 */

#ifndef FAKE_INCLUDE_FCNTL_H
#define FAKE_INCLUDE_FCNTL_H 1

#include_next <fcntl.h>
#include <bsd-calls.h>

#endif /* FAKE_INCLUDE_FCNTL_H */
