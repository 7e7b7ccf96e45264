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

/* Memory shared with clients, see the header.  No locks, no state. */

#include "bpf/bpf-shm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ovs-atomic.h"
#include "util.h"

/* A file in memory, by its two descriptors. */
struct shm_file {
    int rw;                     /* Ours, for a moment. */
    int ro;                     /* The client's. */
};

/* The kernel has the pages ready if the system can be asked for that. */
#ifndef MAP_POPULATE
#define MAP_POPULATE 0
#endif

static uint8_t *
shm_map(int fd, size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                fd, 0);
}

/* Makes sure that file 'fd' has 'size' bytes, and pages for them: a page that
 * cannot be had later would kill the thread that wants to write to it. */
static int
shm_allocate(int fd, size_t size)
{
    if (ftruncate(fd, size)) {
        return errno;
    }

    int error;
    do {
        error = posix_fallocate(fd, 0, size);
    } while (error == EINTR);

    /* Some systems cannot allocate in advance for such files. */
    return error == EINVAL || error == EOPNOTSUPP || error == ENODEV ? 0
           : error == ENOSPC ? ENOMEM
           : error;
}

#if defined(MFD_ALLOW_SEALING) && defined(MADV_REMOVE)
/* Opens the file 'fd' once more, for reading only, and lets nobody else do so:
 * a client may have the right to open what it is given anew.  Returns -1 if
 * the system does not show its descriptors in /proc. */
static int
reopen_for_reading(int fd)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int ro = open(path, O_RDONLY | O_CLOEXEC);
    if (ro >= 0 && fchmod(fd, 0)) {
        close(ro);
        ro = -1;
    }
    return ro;
}

/* The seals keep the size as it is, so that we can rely on our pages.  There is
 * a seal against writing by others, too, but it would also keep us from
 * discarding the pages. */
static int
shm_open_sealed(size_t size, struct shm_file *file, uint8_t **memp)
{
    int fd = memfd_create("bpf-device", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        return errno;
    }

    int error = shm_allocate(fd, size);
    if (!error && fcntl(fd, F_ADD_SEALS,
                        F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
        error = errno;
    }
    if (!error) {
        file->ro = reopen_for_reading(fd);
        error = file->ro < 0 ? ENOSYS : 0;
    }
    if (!error) {
        *memp = shm_map(fd, size);
        error = *memp == MAP_FAILED ? errno : 0;
    }
    if (error && file->ro >= 0) {
        close(file->ro);
    }
    close(fd);
    return error;
}

static void
shm_discard(uint8_t *mem, size_t size)
{
    madvise(mem, size, MADV_REMOVE);
}
#else
static int
shm_open_sealed(size_t size OVS_UNUSED, struct shm_file *file OVS_UNUSED,
                uint8_t **memp OVS_UNUSED)
{
    return ENOSYS;
}

static void
shm_discard(uint8_t *mem OVS_UNUSED, size_t size OVS_UNUSED)
{
}
#endif

/* Opens a new file of POSIX shared memory under a name that is nobody's, for
 * as long as it takes to open it twice. */
static int
shm_open_twice(struct shm_file *file)
{
    static atomic_count counter = ATOMIC_COUNT_INIT(0);
    char name[64];

    snprintf(name, sizeof name, "/ovs-bpf.%ld.%u", (long int) getpid(),
             atomic_count_inc(&counter));
    file->rw = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0400);
    if (file->rw < 0) {
        return errno;
    }
    file->ro = shm_open(name, O_RDONLY, 0);
    int error = file->ro < 0 ? errno : 0;
    shm_unlink(name);
    if (error) {
        close(file->rw);
    }
    return error;
}

static int
shm_open_unlinked(size_t size, struct shm_file *file, uint8_t **memp)
{
    int error = shm_open_twice(file);
    if (error) {
        return error;
    }

    error = shm_allocate(file->rw, size);
    *memp = error ? MAP_FAILED : shm_map(file->rw, size);
    if (*memp == MAP_FAILED) {
        error = error ? error : errno;
        close(file->ro);
    }
    close(file->rw);
    return error;
}

int
bpf_shm_create(size_t size, uint8_t **memp, int *fdp)
{
    struct shm_file file = { -1, -1 };
    int error = shm_open_sealed(size, &file, memp);

    /* An older kernel may have sealing without the seal that we need. */
    if (error == ENOSYS || error == EINVAL) {
        error = shm_open_unlinked(size, &file, memp);
    }
    *fdp = error ? -1 : file.ro;
    *memp = error ? NULL : *memp;
    return error;
}

void
bpf_shm_destroy(uint8_t *mem, size_t size, bool discard)
{
    if (discard) {
        shm_discard(mem, size);
    }
    munmap(mem, size);
}
