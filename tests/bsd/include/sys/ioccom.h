/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * How the BSDs encode ioctl requests.
 */

#ifndef FAKE_INCLUDE_SYS_IOCCOM_H
#define FAKE_INCLUDE_SYS_IOCCOM_H 1

#define IOCPARM_MASK 0x1fffUL
#define IOC_VOID 0x20000000UL
#define IOC_OUT 0x40000000UL
#define IOC_IN 0x80000000UL
#define IOC_INOUT (IOC_IN | IOC_OUT)

#define IOCPARM_LEN(REQUEST) (((REQUEST) >> 16) & IOCPARM_MASK)
#define _IOC(DIRECTION, GROUP, NUMBER, LENGTH) \
    ((unsigned long) (DIRECTION) | (((LENGTH) & IOCPARM_MASK) << 16) \
     | ((unsigned long) (GROUP) << 8) | (NUMBER))
#define _IO(GROUP, NUMBER) _IOC(IOC_VOID, GROUP, NUMBER, 0UL)
#define _IOR(GROUP, NUMBER, TYPE) \
    _IOC(IOC_OUT, GROUP, NUMBER, sizeof(TYPE))
#define _IOW(GROUP, NUMBER, TYPE) _IOC(IOC_IN, GROUP, NUMBER, sizeof(TYPE))
#define _IOWR(GROUP, NUMBER, TYPE) \
    _IOC(IOC_INOUT, GROUP, NUMBER, sizeof(TYPE))

#endif /* FAKE_INCLUDE_SYS_IOCCOM_H */
