/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Redirects the system calls that the BSD host files make to the fake kernel.
 *
 * The fake kernel itself, which is compiled with the same headers, defines
 * FAKE_KERNEL and then sees the real functions.
 */

#ifndef FAKE_INCLUDE_BSD_CALLS_H
#define FAKE_INCLUDE_BSD_CALLS_H 1

#include <stddef.h>
#include <sys/types.h>

int fakebsd_open(const char *path, int flags, ...);
int fakebsd_close(int fd);
ssize_t fakebsd_read(int fd, void *buf, size_t size);
ssize_t fakebsd_write(int fd, const void *buf, size_t size);
int fakebsd_ioctl(int fd, unsigned long request, ...);
int fakebsd_fcntl(int fd, int command, ...);
int fakebsd_socket(int domain, int type, int protocol);
int fakebsd_setsockopt(int fd, int level, int option, const void *value,
                       unsigned int length);
int fakebsd_shutdown(int fd, int how);
ssize_t fakebsd_recv(int fd, void *buf, size_t size, int flags);
ssize_t fakebsd_send(int fd, const void *buf, size_t size, int flags);
int fakebsd_sysctl(const int *mib, unsigned int n, void *old, size_t *oldlen,
                   const void *new_, size_t newlen);
int fakebsd_sysctlbyname(const char *name, void *old, size_t *oldlen,
                         const void *new_, size_t newlen);
unsigned int fakebsd_if_nametoindex(const char *name);
char *fakebsd_if_indextoname(unsigned int ifindex, char *name);

#ifndef FAKE_KERNEL
#define open(...) fakebsd_open(__VA_ARGS__)
#define close(FD) fakebsd_close(FD)
#define read(FD, BUF, SIZE) fakebsd_read(FD, BUF, SIZE)
#define write(FD, BUF, SIZE) fakebsd_write(FD, BUF, SIZE)
#define ioctl(...) fakebsd_ioctl(__VA_ARGS__)
#define fcntl(...) fakebsd_fcntl(__VA_ARGS__)
#define socket(DOMAIN, TYPE, PROTOCOL) fakebsd_socket(DOMAIN, TYPE, PROTOCOL)
#define setsockopt(FD, LEVEL, OPTION, VALUE, LENGTH) \
    fakebsd_setsockopt(FD, LEVEL, OPTION, VALUE, LENGTH)
#define shutdown(FD, HOW) fakebsd_shutdown(FD, HOW)
#define recv(FD, BUF, SIZE, FLAGS) fakebsd_recv(FD, BUF, SIZE, FLAGS)
#define send(FD, BUF, SIZE, FLAGS) fakebsd_send(FD, BUF, SIZE, FLAGS)
#define sysctl(MIB, N, OLD, OLDLEN, NEW, NEWLEN) \
    fakebsd_sysctl(MIB, N, OLD, OLDLEN, NEW, NEWLEN)
#define sysctlbyname(NAME, OLD, OLDLEN, NEW, NEWLEN) \
    fakebsd_sysctlbyname(NAME, OLD, OLDLEN, NEW, NEWLEN)
#define if_nametoindex(NAME) fakebsd_if_nametoindex(NAME)
#define if_indextoname(IFINDEX, NAME) fakebsd_if_indextoname(IFINDEX, NAME)
#endif

#endif /* FAKE_INCLUDE_BSD_CALLS_H */
