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


/* Devices: opening, attaching, reading, writing.  See bpfdev-private.h for
 * locks and for what the other files do. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bpf/bpf-record.h"
#include "bpfdev/bpfdev-private.h"
#include "bpfdev/bpfdev-rundir.h"

/* Opening and closing
 * =================== */

/* Returns a copy of 'path', or if that is NULL the path of the file called
 * 'base' in the run directory.  NULL if out of memory. */
static char *
socket_path(const char *path, const char *base)
{
    const char *rundir = getenv("OVS_RUNDIR");
    size_t size;
    char *copy;

    if (path) {
        return strdup(path);
    }
    rundir = rundir && rundir[0] ? rundir : BPFDEV_RUNDIR;
    size = strlen(rundir) + 1 + strlen(base) + 1;
    copy = malloc(size);
    if (copy) {
        snprintf(copy, size, "%s/%s", rundir, base);
    }
    return copy;
}

static int
fail_connect(char errbuf[], const char *path, int error)
{
    switch (error) {
    case ENOENT:
    case ECONNREFUSED:
        return bpfdev_fail_errbuf(
            errbuf, error, "%s: no switch is running there: start "
            "ovs-vswitchd, or name its run directory in OVS_RUNDIR", path);

    case EACCES:
    case EPERM:
        return bpfdev_fail_errbuf(
            errbuf, error, "%s: no permission to capture: become root, or "
            "a member of the group that may use this socket", path);

    case EPROTOTYPE:
        return bpfdev_fail_errbuf(
            errbuf, error, "%s: this is not the capture socket of a switch",
            path);

    case ETIMEDOUT:
        return bpfdev_fail_errbuf(
            errbuf, error, "%s: the switch does not answer: its daemon is "
            "stopped or stuck", path);

    default:
        return bpfdev_fail_errbuf(errbuf, error, "%s: cannot connect: %s",
                                  path, strerror(error));
    }
}

/* Waits a moment.  Returns EAGAIN, or ETIMEDOUT if it is enough. */
static int
wait_to_connect(long long int started)
{
    struct pollfd none = { .fd = -1 };

    poll(&none, 1, 10);
    return bpfdev_wait_left(started, false) ? EAGAIN : ETIMEDOUT;
}

/* Connects to the socket at 'path'.  Returns its descriptor, or -1. */
static int
connect_to(const char *path, char errbuf[])
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    long long int started = bpfdev_now_msec();
    int size = BPF_PROTO_SOCKET_BUFFER;
    int error;

    if (strlen(path) >= sizeof sun.sun_path) {
        return bpfdev_fail_errbuf(
            errbuf, ENAMETOOLONG, "%s: too long for the path of a socket "
            "(%zu bytes at most)", path, sizeof sun.sun_path - 1);
    }
    strcpy(sun.sun_path, path);

    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    if (fd < 0) {
        return fail_connect(errbuf, path, errno);
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
#ifdef SO_NOSIGPIPE
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif

    /* A daemon that does not accept connections makes connect() wait, or
     * fail with EAGAIN. */
    fcntl(fd, F_SETFL, O_NONBLOCK);
    do {
        error = (connect(fd, (struct sockaddr *) &sun, sizeof sun)
                 ? errno : 0);
        if (error == EAGAIN) {
            error = wait_to_connect(started);
        }
    } while (error == EINTR || error == EAGAIN);
    if (error) {
        close(fd);
        return fail_connect(errbuf, path, error);
    }
    return fd;
}

static struct bpfdev *
alloc_device(int fd, char *path)
{
    struct bpfdev *dev = calloc(1, sizeof *dev);

    if (!dev || pipe(dev->interrupt_fds)) {
        free(dev);
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        fcntl(dev->interrupt_fds[i], F_SETFD, FD_CLOEXEC);
        fcntl(dev->interrupt_fds[i], F_SETFL, O_NONBLOCK);
    }
    dev->fd = fd;
    dev->notify_fd = -1;
    dev->path = path;
    pthread_mutex_init(&dev->mutex, NULL);
    return dev;
}

/* Says HELLO with 'flags'.  Returns 0 or -1. */
static int
say_hello(struct bpfdev *dev, uint32_t flags, char errbuf[])
{
    struct bpf_proto_hello hello = { .flags = flags };
    struct bpf_proto_hello_reply answer;
    struct bpfdev_request request = {
        BPF_PROTO_HELLO, &hello, sizeof hello, NULL, 0
    };
    struct bpfdev_reply reply = {
        .body = &answer, .min_size = sizeof answer, .max_size = sizeof answer,
    };

    /* If the daemon turns us away it may do so before it reads this. */
    bpfdev_send(dev, &request);
    dev->dead = false;

    int error = bpfdev_receive(dev, BPF_PROTO_HELLO, dev->sequence, &reply);
    if (dev->stuck) {
        return fail_connect(errbuf, dev->path, ETIMEDOUT);
    } else if (dev->dead) {
        return bpfdev_fail_errbuf(
            errbuf, ECONNREFUSED, "%s: the program that serves this socket "
            "closes the connection or is not a switch", dev->path);
    } else if (error == EPROTONOSUPPORT) {
        return bpfdev_fail_errbuf(
            errbuf, error, "%s: the switch has version %u of the capture "
            "protocol, this program has version %d: use those that belong "
            "together", dev->path, reply.version, BPF_PROTO_VERSION);
    } else if (error) {
        return bpfdev_fail_errbuf(errbuf, error, "%s: %s", dev->path,
                                  reply.text[0] ? reply.text
                                  : strerror(error));
    } else if (reply.fd < 0) {
        return bpfdev_fail_errbuf(
            errbuf, EMFILE, "%s: no descriptor left to wait for packets",
            dev->path);
    }
    dev->notify_fd = reply.fd;
    dev->read_only = (answer.flags & BPF_PROTO_F_RDONLY) != 0;
    return 0;
}

/* Opens a connection to the socket at 'path', which it takes over. */
static struct bpfdev *
open_path(char *path, unsigned int flags, uint32_t hello_flags, char errbuf[])
{
    if (!path) {
        bpfdev_fail_errbuf(errbuf, ENOMEM, "out of memory");
        return NULL;
    }

    int fd = connect_to(path, errbuf);
    if (fd < 0) {
        free(path);
        return NULL;
    }

    struct bpfdev *dev = alloc_device(fd, path);
    if (!dev) {
        close(fd);
        free(path);
        bpfdev_fail_errbuf(errbuf, ENOMEM, "out of memory");
        return NULL;
    }
    dev->nonblock = (flags & BPFDEV_NONBLOCK) != 0;
    if (say_hello(dev, hello_flags, errbuf)) {
        int error = errno;

        bpfdev_close(dev);
        errno = error;
        return NULL;
    }
    return dev;
}

static struct bpfdev *
open_connection(const char *path, unsigned int flags, uint32_t hello_flags,
                char errbuf[])
{
    struct bpfdev *dev;

    if (flags & ~(unsigned int) (BPFDEV_RDONLY | BPFDEV_NONBLOCK)) {
        bpfdev_fail_errbuf(errbuf, EINVAL, "unknown flags 0x%x", flags);
        return NULL;
    }
    if (flags & BPFDEV_RDONLY) {
        hello_flags |= BPF_PROTO_F_RDONLY;
    }

    dev = open_path(socket_path(path, "bpf.sock"), flags, hello_flags, errbuf);
    if (!dev && !path && errno == EACCES && flags & BPFDEV_RDONLY) {
        char ignored[BPFDEV_ERRBUF_SIZE];

        /* If that is not there either, the first message is the better. */
        dev = open_path(socket_path(NULL, "bpf-ro.sock"), flags, hello_flags,
                        ignored);
        errno = EACCES;
    }
    return dev;
}

struct bpfdev *
bpfdev_open(const char *path, unsigned int flags, char errbuf[])
{
    return open_connection(path, flags, 0, errbuf);
}

struct bpfdev *
bpfdev_monitor_open(const char *path, unsigned int flags, char errbuf[])
{
    return open_connection(path, flags, BPF_PROTO_F_MONITOR, errbuf);
}

void
bpfdev_close(struct bpfdev *dev)
{
    if (!dev) {
        return;
    }
    if (dev->memory) {
        munmap((void *) dev->memory, dev->layout.size);
    }
    if (dev->notify_fd >= 0) {
        close(dev->notify_fd);
    }
    close(dev->interrupt_fds[0]);
    close(dev->interrupt_fds[1]);
    close(dev->fd);
    pthread_mutex_destroy(&dev->mutex);
    free(dev->path);
    free(dev);
}

void
bpfdev_interrupt(struct bpfdev *dev)
{
    int error = errno;
    ssize_t n = write(dev->interrupt_fds[1], "", 1);

    (void) n;                   /* A full pipe interrupts as well. */
    errno = error;
}

int
bpfdev_fd(const struct bpfdev *dev)
{
    return dev->notify_fd;
}

const char *
bpfdev_strerror(const struct bpfdev *dev)
{
    return dev->error;
}

const char *
bpfdev_path(const struct bpfdev *dev)
{
    return dev->path;
}

/* Attaching
 * ========= */

int
bpfdev_enter(struct bpfdev *dev)
{
    pthread_mutex_lock(&dev->mutex);
    if (dev->reading) {
        bpfdev_fail(dev, EIO, "another thread waits in a read of this device");
        pthread_mutex_unlock(&dev->mutex);
        return -1;
    }
    return 0;
}

void
bpfdev_leave(struct bpfdev *dev)
{
    pthread_mutex_unlock(&dev->mutex);
}

/* Maps the memory that came as 'fd'. */
static int
map_memory(struct bpfdev *dev, const struct bpf_proto_setif_reply *layout,
           int fd)
{
    void *memory = MAP_FAILED;

    if (layout->size <= SIZE_MAX
        && layout->buffer_length <= layout->stride
        && layout->n_buffers
        && layout->size / layout->n_buffers >= layout->stride) {
        memory = mmap(NULL, layout->size, PROT_READ, MAP_SHARED, fd, 0);
    }
    if (memory == MAP_FAILED) {
        /* The device is of no use without, and cannot attach again. */
        dev->dead = true;
        return bpfdev_fail(dev, ENOMEM, "cannot map the buffers of the switch "
                           "(%u of %u bytes)", layout->n_buffers,
                           layout->buffer_length);
    }
    dev->memory = memory;
    dev->layout = *layout;
    return 0;
}

static int
fail_attach(struct bpfdev *dev, const char *port, int error, const char *text)
{
    switch (error) {
    case ENXIO:
        if (!dev->dead) {
            return bpfdev_fail(dev, error, "%s: the switch has no such port",
                               port);
        }
        break;
    case EINVAL:
        return bpfdev_fail(dev, error, "%s: this device has been attached "
                           "before, open another", port);
    case EPERM:
        return bpfdev_fail(dev, error, "%s: this device is locked", port);
    case ENOMEM:
        if (!text[0]) {
            return bpfdev_fail(dev, error, "%s: no memory for the buffers: "
                               "choose smaller ones", port);
        }
        break;
    }
    return bpfdev_fail_call(dev, error, port, text);
}

int
bpfdev_attach__(struct bpfdev *dev, const char *port, size_t length)
{
    struct bpf_proto_setif_reply layout;
    struct bpf_proto_name name;
    struct bpfdev_request request = {
        BPF_PROTO_SETIF, &name, sizeof name, NULL, 0
    };
    struct bpfdev_reply reply = {
        .body = &layout, .min_size = sizeof layout, .max_size = sizeof layout,
    };

    memset(&name, 0, sizeof name);
    memcpy(name.name, port, length);
    int error = bpfdev_call(dev, &request, &reply);
    if (error) {
        return fail_attach(dev, name.name, error, reply.text);
    }
    memcpy(dev->port, name.name, sizeof dev->port);
    dev->attached = true;
    error = map_memory(dev, &layout, reply.fd);
    close(reply.fd);
    return error;
}

int
bpfdev_attach(struct bpfdev *dev, const char *port)
{
    size_t length = strlen(port);

    if (bpfdev_enter(dev)) {
        return -1;
    }
    int retval = (length < BPF_PROTO_NAME_LEN
                  ? bpfdev_attach__(dev, port, length)
                  : bpfdev_fail(dev, ENXIO, "%.60s...: no port has a name of "
                                "%zu bytes", port, length));
    bpfdev_leave(dev);
    return retval;
}

const char *
bpfdev_port_name(const struct bpfdev *dev)
{
    return dev->attached ? dev->port : NULL;
}

int
bpfdev_datalink(struct bpfdev *dev)
{
    struct bpf_proto_u32 dlt;

    if (bpfdev_transact(dev, BPF_PROTO_GDLT, NULL, 0, &dlt, sizeof dlt)) {
        return -1;
    }
    return dlt.value;
}

int
bpfdev_set_buffers(struct bpfdev *dev, unsigned int *n)
{
    struct bpf_proto_u32 body = { .value = *n };

    if (bpfdev_transact(dev, BPF_PROTO_SBUFS, &body, sizeof body, &body,
                        sizeof body)) {
        return -1;
    }
    *n = body.value;
    return 0;
}

/* Reading
 * ======= */

/* Asks for a buffer with 'flags' (BPF_PROTO_READ_*).  Returns 0 or an errno
 * value. */
static int
ask_for_buffer(struct bpfdev *dev, uint32_t flags, uint32_t size,
               struct bpf_proto_read_reply *answer)
{
    struct bpf_proto_read body = { .flags = flags, .size = size };
    struct bpfdev_request request = {
        BPF_PROTO_READ, &body, sizeof body, NULL, 0
    };
    struct bpfdev_reply reply = {
        .body = answer, .min_size = sizeof *answer,
        .max_size = sizeof *answer,
    };

    if (dev->lent) {
        body.flags |= BPF_PROTO_READ_RELEASE;
    }
    int error = bpfdev_call(dev, &request, &reply);
    dev->lent = !error;
    if (!error && (answer->index >= dev->layout.n_buffers
                   || answer->length > dev->layout.buffer_length)) {
        dev->dead = true;
        error = ENXIO;
    }
    return error;
}

/* Waits, without the mutex, until 'dev' is readable or the time is 'deadline'
 * (in milliseconds; 0 for no limit).  Returns 0, EINTR or ETIMEDOUT. */
static int
wait_readable(struct bpfdev *dev, long long int deadline)
{
    struct pollfd fds[2] = {
        { .fd = dev->notify_fd, .events = POLLIN },
        { .fd = dev->interrupt_fds[0], .events = POLLIN },
    };
    char bytes[64];
    int timeout = -1;

    if (deadline) {
        long long int left = deadline - bpfdev_now_msec();

        timeout = left < 0 ? 0 : left > INT_MAX ? INT_MAX : left;
    }

    dev->reading = true;
    pthread_mutex_unlock(&dev->mutex);
    int n = poll(fds, 2, timeout);
    int error = n > 0 ? 0 : n == 0 ? ETIMEDOUT : errno;
    if (n > 0 && fds[1].revents) {
        while (read(dev->interrupt_fds[0], bytes, sizeof bytes) > 0) {
            /* However often it was interrupted, it is once for the reader. */
        }
        error = EINTR;
    }
    pthread_mutex_lock(&dev->mutex);
    dev->reading = false;
    return error;
}

static int
fail_read(struct bpfdev *dev, int error)
{
    switch (error) {
    case EAGAIN:
        return bpfdev_fail(dev, error, "no packets yet");
    case EINTR:
        return bpfdev_fail(dev, error, "interrupted");
    case EIO:
        return bpfdev_fail(dev, error, "%s: the port is gone", dev->port);
    case EINVAL:
        return (dev->attached
                ? bpfdev_fail(dev, error, "a read has to ask for exactly %u "
                              "bytes", dev->layout.buffer_length)
                : bpfdev_fail(dev, error, "the device is not attached to a "
                              "port"));
    default:
        return bpfdev_fail_call(dev, error, "read", NULL);
    }
}

/* Has the daemon hand over a buffer to a read of 'size' bytes, waiting as
 * bpf(4) does.  Returns its length and stores in '*buffer' where it is, or
 * returns -1. */
static ssize_t
read_buffer(struct bpfdev *dev, uint32_t size, const uint8_t **buffer)
{
    long long int deadline = dev->timeout ? bpfdev_now_msec() + dev->timeout
                                          : 0;
    uint32_t flags = dev->nonblock ? BPF_PROTO_READ_NONBLOCK : 0;
    struct bpf_proto_read_reply answer;
    int error;

    while ((error = ask_for_buffer(dev, flags, size, &answer)) == EAGAIN
           && !flags) {
        error = wait_readable(dev, deadline);
        if (error == ETIMEDOUT) {
            flags = BPF_PROTO_READ_EXPIRED;
        } else if (error) {
            break;
        }
    }
    if (error) {
        return fail_read(dev, error);
    }

    dev->buffer_stats.received = answer.counters.received;
    dev->buffer_stats.dropped = answer.counters.dropped;
    dev->buffer_stats.captured = answer.counters.captured;
    *buffer = dev->memory + answer.index * dev->layout.stride;
    return answer.length;
}

/* Gives back the buffer that we have, if any. */
static int
release_buffer(struct bpfdev *dev)
{
    struct bpfdev_request request = { BPF_PROTO_RELEASE, NULL, 0, NULL, 0 };

    if (!dev->lent) {
        return 0;
    }
    dev->lent = false;
    return bpfdev_send(dev, &request);
}

ssize_t
bpfdev_read(struct bpfdev *dev, void *buffer, size_t size)
{
    const uint8_t *data;

    if (bpfdev_enter(dev)) {
        return -1;
    }
    ssize_t n = read_buffer(dev, size <= UINT32_MAX ? size : 0, &data);
    if (n >= 0) {
        memcpy(buffer, data, n);

        /* If the daemon has gone by now the next call will say so. */
        release_buffer(dev);
    }
    bpfdev_leave(dev);
    return n;
}

ssize_t
bpfdev_next(struct bpfdev *dev, const void **buffer)
{
    const uint8_t *data = NULL;

    if (bpfdev_enter(dev)) {
        return -1;
    }
    ssize_t n = read_buffer(dev, dev->layout.buffer_length, &data);
    *buffer = data;
    bpfdev_leave(dev);
    return n;
}

int
bpfdev_release(struct bpfdev *dev)
{
    if (bpfdev_enter(dev)) {
        return -1;
    }
    int error = release_buffer(dev);
    int retval = error ? bpfdev_fail_call(dev, error, "release", NULL) : 0;
    bpfdev_leave(dev);
    return retval;
}

bool
bpfdev_walk(const struct bpfdev *dev, const void *buffer, size_t n,
            size_t *offset, struct bpfdev_packet *packet)
{
    const uint8_t *start = (const uint8_t *) buffer + *offset;
    struct bpf_record record;

    if (*offset > n || n - *offset < sizeof record) {
        return false;
    }
    memcpy(&record, start, sizeof record);
    if (record.hdrlen < sizeof record || record.hdrlen > n - *offset
        || record.caplen > n - *offset - record.hdrlen) {
        return false;
    }

    packet->ts.tv_sec = record.sec;
    packet->ts.tv_nsec = dev->nanoseconds ? record.frac : record.frac * 1000;
    packet->data = start + record.hdrlen;
    packet->caplen = record.caplen;
    packet->len = record.datalen;
    packet->drops = record.drops;
    packet->direction = record.flags & BPF_RECORD_DIRECTION;
    packet->queue = record.queue;
    packet->left = ((record.flags & BPF_RECORD_LEFT)
                    >> BPF_RECORD_LEFT_SHIFT);
    *offset += BPF_RECORD_SIZE((size_t) record.hdrlen, record.caplen);
    return true;
}

/* Writing
 * ======= */

static int
fail_write(struct bpfdev *dev, size_t size, int error, const char *text)
{
    switch (error) {
    case EBADF:
        return bpfdev_fail(dev, error, "the device was opened for reading "
                           "only");
    case EINVAL:
        return bpfdev_fail(dev, error, (dev->attached
                                        ? "the port is gone"
                                        : "the device is not attached to a "
                                        "port"));
    case EMSGSIZE:
        if (size > BPF_PROTO_MAX_SENT) {
            return bpfdev_fail(dev, error, "%s: a frame of %zu bytes is "
                               "longer than a switch can send, which is %d",
                               dev->port, size, BPF_PROTO_MAX_SENT);
        }
        return bpfdev_fail(dev, error, "%s: a frame of %zu bytes is too long "
                           "or too short for this port", dev->port, size);
    case EPERM:
        return bpfdev_fail(dev, error, "refused by the write filter");
    case ENOBUFS:
        return bpfdev_fail(dev, error, "%s: the switch has no room for a "
                           "frame now", dev->port);
    case ENXIO:
        if (!dev->dead) {
            return bpfdev_fail(dev, error, "%s: the port is gone", dev->port);
        }
        break;
    }
    return bpfdev_fail_call(dev, error, "write", text);
}

/* The type of the request for frame number 'i' of a call. */
static enum bpf_proto_type
write_type(size_t i)
{
    return i ? BPF_PROTO_WRITE_NEXT : BPF_PROTO_WRITE;
}

/* Sends frame number 'i' of a call to the daemon, without awaiting the
 * answer. */
static int
send_frame(struct bpfdev *dev, const struct iovec *frame, size_t i)
{
    struct bpfdev_request request = {
        write_type(i), frame->iov_base, frame->iov_len, NULL, 0
    };

    return (frame->iov_len <= BPF_PROTO_MAX_FRAME
            ? bpfdev_send(dev, &request) : EMSGSIZE);
}

ssize_t
bpfdev_write_frames(struct bpfdev *dev, const struct iovec frames[], size_t n)
{
    struct bpfdev_reply reply = { .body = NULL, .fd = -1 };
    size_t n_sent = 0;          /* Sent to the daemon. */
    size_t n_done = 0;          /* Answered. */
    size_t n_ok = 0;            /* Answered, before the first error. */
    size_t end = n;             /* Where to stop sending. */
    int first_error = 0;

    pthread_mutex_lock(&dev->mutex);
    while (n_done < end) {
        if (n_sent < end && n_sent - n_done < BPF_PROTO_MAX_PIPELINE) {
            int error = send_frame(dev, &frames[n_sent], n_sent);
            if (error) {
                first_error = error;
                end = n_sent;
            } else {
                n_sent++;
            }
            continue;
        }

        uint32_t sequence = dev->sequence - (n_sent - n_done) + 1;
        int error = bpfdev_receive(dev, write_type(n_done), sequence,
                                   &reply);
        if (!error && n_ok == n_done) {
            n_ok++;
        } else if (error && n_ok == n_done) {
            first_error = error;
            end = n_sent;
        }
        n_done++;
    }

    ssize_t retval = n_ok;
    if (first_error) {
        fail_write(dev, frames[n_ok].iov_len, first_error, reply.text);
        retval = n_ok ? retval : -1;
    }
    pthread_mutex_unlock(&dev->mutex);
    return retval;
}

_Static_assert(BPFDEV_FRAME_MAX == BPF_PROTO_MAX_SENT,
               "the public limit is the protocol's");

ssize_t
bpfdev_write(struct bpfdev *dev, const void *frame, size_t size)
{
    struct iovec iov = { (void *) frame, size };

    return bpfdev_write_frames(dev, &iov, 1) == 1 ? (ssize_t) size : -1;
}

/* Statistics
 * ========== */

static int
get_counters(struct bpfdev *dev, enum bpf_proto_type type,
             struct bpfdev_stats *stats)
{
    struct bpf_proto_counters counters;

    if (bpfdev_transact(dev, type, NULL, 0, &counters, sizeof counters)) {
        return -1;
    }
    stats->received = counters.received;
    stats->dropped = counters.dropped;
    stats->captured = counters.captured;
    return 0;
}

int
bpfdev_stats(struct bpfdev *dev, struct bpfdev_stats *stats)
{
    return get_counters(dev, BPF_PROTO_GSTATS, stats);
}

int
bpfdev_totals(struct bpfdev *dev, struct bpfdev_stats *stats)
{
    return get_counters(dev, BPF_PROTO_TOTALS, stats);
}

void
bpfdev_buffer_stats(const struct bpfdev *dev, struct bpfdev_stats *stats)
{
    pthread_mutex_t *mutex = (pthread_mutex_t *) &dev->mutex;

    pthread_mutex_lock(mutex);
    *stats = dev->buffer_stats;
    pthread_mutex_unlock(mutex);
}
