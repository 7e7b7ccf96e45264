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


#include <config.h>

/* Memory that the daemon writes and a client only reads, both ways of making
 * it: the module is compiled here with a memfd_create() that can be made to
 * fail as on a system that lacks it. */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int memfd_error;

#if defined(MFD_ALLOW_SEALING) && defined(MADV_REMOVE)
static int
test_memfd_create(const char *name, unsigned int flags)
{
    if (memfd_error) {
        errno = memfd_error;
        return -1;
    }
    return memfd_create(name, flags);
}
#define memfd_create test_memfd_create
#endif

#include "../lib/bpf/bpf-shm.c"

#define CHECK(CONDITION)                                                \
    if (!(CONDITION)) {                                                 \
        fprintf(stderr, "%s:%d: expected that %s, but it is not so "    \
                "(memfd_create: %s)\n", __FILE__, __LINE__, #CONDITION, \
                memfd_error ? strerror(memfd_error) : "works");         \
        exit(EXIT_FAILURE);                                             \
    }

/* Makes memory, with memfd_create() failing with 'error' if that is not 0, and
 * tries on it all that a client must not be able to do. */
static void
check_memory(int error, size_t size)
{
    uint8_t *ours, *theirs;
    int fd;

    memfd_error = error;
    CHECK(!bpf_shm_create(size, &ours, &fd));
    for (size_t i = 0; i < size; i++) {
        CHECK(!ours[i]);
    }

    theirs = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    CHECK(theirs != MAP_FAILED);
    memset(ours, 0x5a, size);
    CHECK(!memcmp(ours, theirs, size));

    CHECK(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
          == MAP_FAILED);
    CHECK(mprotect(theirs, size, PROT_READ | PROT_WRITE) == -1);
    CHECK(write(fd, "x", 1) == -1);
    CHECK(ftruncate(fd, 0) == -1);
    CHECK(ftruncate(fd, 2 * size) == -1);

    /* The client's view outlives ours. */
    bpf_shm_destroy(ours, size, false);
    CHECK(theirs[size - 1] == 0x5a);
    munmap(theirs, size);
    close(fd);
}

#if defined(MFD_ALLOW_SEALING) && defined(MADV_REMOVE)
/* A client that keeps its view of memory that we discard keeps nothing. */
static void
check_discard(int error, size_t size)
{
    uint8_t *ours, *theirs;
    struct stat s;
    int fd;

    memfd_error = error;
    CHECK(!bpf_shm_create(size, &ours, &fd));
    theirs = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    CHECK(theirs != MAP_FAILED);
    memset(ours, 0x5a, size);
    CHECK(!fstat(fd, &s) && s.st_blocks > 0);
    bpf_shm_destroy(ours, size, true);
    CHECK(!fstat(fd, &s) && !s.st_blocks);
    CHECK(!theirs[0] && !theirs[size - 1]);
    munmap(theirs, size);
    close(fd);
}

/* Opened anew, a descriptor gives no more rights than before; who may do all
 * things is another matter. */
static void
check_reopening(void)
{
    uint8_t *mem;
    char path[64];
    struct stat s;
    int fd;

    memfd_error = 0;
    CHECK(!bpf_shm_create(4096, &mem, &fd));
    CHECK(!fstat(fd, &s) && !(s.st_mode & 0777));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK(!geteuid() || (open(path, O_RDWR) < 0 && errno == EACCES));
    bpf_shm_destroy(mem, 4096, true);
    close(fd);
}
#endif

int
main(void)
{
    check_memory(0, 65536);
    check_memory(0, 100);
    check_memory(ENOSYS, 65536);
    check_memory(ENOSYS, 100);
    check_memory(EINVAL, 65536);

#if defined(MFD_ALLOW_SEALING) && defined(MADV_REMOVE)
    check_discard(0, 65536);
    check_discard(0, 100);
    check_discard(ENOSYS, 65536);
    check_reopening();

    /* Other errors are the caller's. */
    uint8_t *mem;
    int fd;

    memfd_error = EMFILE;
    CHECK(bpf_shm_create(4096, &mem, &fd) == EMFILE);
    CHECK(!mem && fd == -1);
#endif
    return 0;
}
