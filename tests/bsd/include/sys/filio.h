/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Requests that every descriptor takes.
 */

#ifndef FAKE_INCLUDE_SYS_FILIO_H
#define FAKE_INCLUDE_SYS_FILIO_H 1

#include <sys/ioccom.h>

#define FIONREAD _IOR('f', 127, int)
#define FIONBIO _IOW('f', 126, int)

#endif /* FAKE_INCLUDE_SYS_FILIO_H */
