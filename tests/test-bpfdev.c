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

/* libbpfdev against the server, in one process: what a capture client may rely
 * on.  Run without an argument for a list of tests.
 *
 * The main thread feeds packets.  Tests of reads that wait have a second
 * thread, which is known to wait when requests fail with EIO. */

#include "test-bpfdev-switch.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#if __has_include(<sys/epoll.h>)
#include <sys/epoll.h>
#define HAVE_EPOLL 1
#endif

#include "bpf/bpf-proto.h"
#include "bpf/bpf-record.h"
#include "bpf/bpf-server.h"
#include "ovs-atomic.h"
#include "util.h"

/* Bytes that a packet of SIZE bytes takes up in a buffer (Ethernet). */
#define RECORD(SIZE) BPF_RECORD_SIZE(34, SIZE)

/* Requests with a number. */
static u_int
get_uint(struct bpfdev *dev, unsigned long int request)
{
    u_int value = 0xdeadbeef;

    CHECK_ERRNO(bpfdev_ioctl(dev, request, &value), 0);
    return value;
}

static int
set_uint(struct bpfdev *dev, unsigned long int request, u_int value)
{
    return bpfdev_ioctl(dev, request, &value);
}

static int
set_msec(struct bpfdev *dev, unsigned long int request, int msec)
{
    struct timeval tv = { msec / 1000, msec % 1000 * 1000 };

    return bpfdev_ioctl(dev, request, &tv);
}

static int
n_readable(struct bpfdev *dev)
{
    int n = -1;

    CHECK_ERRNO(bpfdev_ioctl(dev, FIONREAD, &n), 0);
    return n;
}

/* A device with buffers of 'blen' bytes, attached to p1. */
static struct bpfdev *
open_small(u_int blen, unsigned int flags)
{
    struct bpfdev *dev = open_device(flags);

    CHECK_ERRNO(set_uint(dev, BIOCSBLEN, blen), 0);
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), 0);
    return dev;
}

static void
start_with_port(void)
{
    switch_start();
    switch_add_port("p1");
}

/* Checks that the next read of 'dev', which must not need to wait, returns
 * packets number 'first' to 'last'. */
static void
check_packets(struct bpfdev *dev, uint32_t first, uint32_t last)
{
    struct bpfdev_packet packet;
    const void *buffer;
    size_t offset = 0;
    uint32_t i = first;

    ssize_t n = bpfdev_next(dev, &buffer);
    CHECK_ERRNO(n, 0);
    while (bpfdev_walk(dev, buffer, n, &offset, &packet)) {
        uint32_t number = ((uint32_t) packet.data[0] << 24
                           | packet.data[1] << 16 | packet.data[2] << 8
                           | packet.data[3]);

        CHECK_INT(number, i);
        for (size_t j = 4; j < packet.caplen; j++) {
            CHECK_INT(packet.data[j], (uint8_t) (i + j));
        }
        i++;
    }
    CHECK_INT(i - 1, last);
    CHECK_ERRNO(bpfdev_release(dev), 0);
}

/* Reads in another thread
 * ======================= */

struct reader {
    pthread_t thread;
    struct bpfdev *dev;
    size_t size;
    uint8_t *buffer;
    ssize_t retval;
    int error;
    atomic_bool done;
};

static void *
reader_main(void *reader_)
{
    struct reader *reader = reader_;

    reader->retval = bpfdev_read(reader->dev, reader->buffer, reader->size);
    reader->error = errno;
    atomic_store_relaxed(&reader->done, true);
    return NULL;
}

/* Starts to read from 'dev' in another thread, and returns when it waits. */
static void
reader_start(struct reader *reader, struct bpfdev *dev, size_t size)
{
    int n;

    reader->dev = dev;
    reader->size = size;
    reader->buffer = malloc(size);
    atomic_init(&reader->done, false);
    CHECK_INT(pthread_create(&reader->thread, NULL, reader_main, reader), 0);
    while (!bpfdev_ioctl(dev, FIONREAD, &n)) {
        sched_yield();
    }
    CHECK_INT(errno, EIO);
}

/* Awaits the end of the read, which returns 'expected' bytes, or fails with
 * 'error' if that is not 0. */
static void
reader_join(struct reader *reader, ssize_t expected, int error)
{
    pthread_join(reader->thread, NULL);
    if (error) {
        CHECK_INT(reader->retval, -1);
        CHECK_INT(reader->error, error);
    } else {
        CHECK_INT(reader->retval, expected);
    }
    free(reader->buffer);
}

/* Tests: opening and the device
 * ============================= */

static void
test_first_packet(void)
{
    struct switch_resources before;

    start_with_port();
    switch_get_resources(&before);
    switch_check_serves("p1");
    switch_check_resources(&before);
    switch_stop();
}

/* Section 1: every open gives an independent device; no free one is
 * ENOBUFS. */
static void
test_open_limit(void)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    struct switch_resources before;
    struct bpfdev *devs[5];

    switch_config.devices_max = 5;
    start_with_port();
    switch_get_resources(&before);
    for (size_t i = 0; i < ARRAY_SIZE(devs); i++) {
        devs[i] = open_device(0);
        CHECK_ERRNO(set_uint(devs[i], BIOCSBLEN, 4096 * (i + 1)), 0);
    }
    errno = 0;
    CHECK(!bpfdev_open(SWITCH_SOCKET, 0, errbuf));
    CHECK_INT(errno, ENOBUFS);
    CHECK_STR(errbuf, SWITCH_SOCKET ": 5 of the switch's 5 devices are in use "
              "(other_config:bpf-devices-max), most of them, 5, by uid 0");
    for (size_t i = 0; i < ARRAY_SIZE(devs); i++) {
        CHECK_INT(get_uint(devs[i], BIOCGBLEN), 4096 * (i + 1));
        bpfdev_close(devs[i]);
    }
    switch_check_resources(&before);
    switch_check_serves("p1");
    switch_stop();
}

static void
test_defaults(void)
{
    struct timeval tv = { 1, 1 };
    struct bpf_version version;
    static const struct bpf_stat none;
    struct bpf_stat stats;

    switch_start();
    struct bpfdev *dev = open_device(0);
    CHECK_INT(get_uint(dev, BIOCGBLEN), 32768);
    CHECK_INT(get_uint(dev, BIOCGSEESENT), 1);
    CHECK_INT(get_uint(dev, BIOCGHDRCMPLT), 0);
    CHECK_INT(get_uint(dev, BIOCGFEEDBACK), 0);
    CHECK_INT(get_uint(dev, BIOCGDIRECTION), BPF_D_INOUT);
    CHECK_INT(get_uint(dev, BIOCGTSTAMP), BPF_T_MICROTIME);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGRTIMEOUT, &tv), 0);
    CHECK_INT(tv.tv_sec, 0);
    CHECK_INT(tv.tv_usec, 0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGWTIMEOUT, &tv), ENXIO);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGSTATS, &stats), 0);
    CHECK(!memcmp(&stats, &none, sizeof stats));
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCVERSION, &version), 0);
    CHECK_INT(version.bv_major, BPF_MAJOR_VERSION);
    CHECK_INT(version.bv_minor, BPF_MINOR_VERSION);
    CHECK(!bpfdev_port_name(dev));
    CHECK_STR(bpfdev_path(dev), SWITCH_SOCKET);
    bpfdev_close(dev);
    switch_stop();
}

/* Section 5, one row after the other: first unattached, then attached, then
 * with the port gone (as attached, but for what the table marks). */
static void
test_requests(void)
{
    static struct bpf_insn bad = { 0xffff, 0, 0, 0 };
    static struct bpf_insn good = { BPF_RET | BPF_K, 0, 0, 65535 };
    struct bpf_program program = { 1, &good }, bad_program = { 1, &bad };
    struct bpf_dltlist list;
    struct bpf_stat stats;
    struct timeval tv;
    struct ifreq ifr;
    u_int dlts[2];

    start_with_port();
    struct bpfdev *dev = open_device(0);

    for (int state = 0; state < 3; state++) {
        bool attached = state > 0;
        int einval = attached ? 0 : EINVAL;

        get_uint(dev, BIOCGBLEN);
        CHECK_ERRNO(set_uint(dev, BIOCSBLEN, 8192), attached ? EINVAL : 0);
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETF, &program), 0);
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETF, &bad_program), EINVAL);
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETFNR, &program), 0);
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETFNR, &bad_program), EINVAL);
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETWF, &program), 0);
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETWF, &bad_program), EINVAL);
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCFLUSH), 0);
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGSTATS, &stats), 0);
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGSTATS, &stats), 0);
        CHECK_ERRNO(set_uint(dev, BIOCIMMEDIATE, 1), 0);
        CHECK_ERRNO(set_uint(dev, BIOCIMMEDIATE, 0), 0);

        if (state < 2) {
            CHECK_ERRNO(bpfdev_ioctl(dev, BIOCPROMISC), einval);
            CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGDLT, dlts), einval);
            CHECK_ERRNO(set_uint(dev, BIOCSDLT, DLT_EN10MB), einval);
            CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGETIF, &ifr), einval);
            list.bfl_list = NULL;
            list.bfl_len = 0;
            CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGDLTLIST, &list), einval);
        }
        if (state == 1) {
            CHECK_INT(dlts[0], DLT_EN10MB);
            CHECK_ERRNO(set_uint(dev, BIOCSDLT, DLT_RAW), EINVAL);
            CHECK_STR(ifr.ifr_name, "p1");
            CHECK_INT(list.bfl_len, 1);
            list.bfl_list = dlts;
            list.bfl_len = 0;
            CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGDLTLIST, &list), ENOMEM);
            list.bfl_len = 2;
            CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGDLTLIST, &list), 0);
            CHECK_INT(list.bfl_len, 1);
            CHECK_INT(list.bfl_list[0], DLT_EN10MB);
        }

        CHECK_ERRNO(set_uint(dev, BIOCSHDRCMPLT, 7), 0);
        CHECK_INT(get_uint(dev, BIOCGHDRCMPLT), 1);
        CHECK_ERRNO(set_uint(dev, BIOCSFEEDBACK, 8), 0);
        CHECK_INT(get_uint(dev, BIOCGFEEDBACK), 1);
        CHECK_ERRNO(set_uint(dev, BIOCSSEESENT, 0), 0);
        CHECK_INT(get_uint(dev, BIOCGSEESENT), 0);
        CHECK_INT(get_uint(dev, BIOCGDIRECTION), BPF_D_IN);
        CHECK_ERRNO(set_uint(dev, BIOCSSEESENT, 9), 0);
        CHECK_INT(get_uint(dev, BIOCGSEESENT), 1);
        CHECK_INT(get_uint(dev, BIOCGDIRECTION), BPF_D_INOUT);
        CHECK_ERRNO(set_uint(dev, BIOCSDIRECTION, BPF_D_OUT), 0);
        CHECK_INT(get_uint(dev, BIOCGDIRECTION), BPF_D_OUT);
        CHECK_ERRNO(set_uint(dev, BIOCSDIRECTION, 3), EINVAL);

        tv = (struct timeval) { 1, 1 };
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSRTIMEOUT, &tv), 0);
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGRTIMEOUT, &tv), 0);
        CHECK_INT(tv.tv_sec, 1);
        CHECK_INT(tv.tv_usec, 1000);
        tv = (struct timeval) { -1, 0 };
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSRTIMEOUT, &tv), EINVAL);
        tv = (struct timeval) { 0, 1000000 };
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSRTIMEOUT, &tv), EINVAL);
        tv = (struct timeval) { INT64_MAX, 0 };
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSRTIMEOUT, &tv), EDOM);
        tv = (struct timeval) { 0, 0 };
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSRTIMEOUT, &tv), 0);
        tv = (struct timeval) { 2, 0 };
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSWTIMEOUT, &tv), 0);
        tv = (struct timeval) { 0, 0 };
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGWTIMEOUT, &tv), 0);
        CHECK_INT(tv.tv_sec, 2);
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCDWTIMEOUT), 0);
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGWTIMEOUT, &tv), ENXIO);

        CHECK_ERRNO(set_uint(dev, BIOCSTSTAMP, BPF_T_NANOTIME),
                    attached ? EINVAL : 0);
        CHECK_ERRNO(set_uint(dev, BIOCSTSTAMP, BPF_T_MICROTIME),
                    attached ? EINVAL : 0);
        CHECK_INT(n_readable(dev), 0);
        CHECK_ERRNO(bpfdev_ioctl(dev, 0x12345678), ENOTTY);
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGBLEN, NULL), EFAULT);

        memset(&ifr, 0, sizeof ifr);
        if (state == 0) {
            strcpy(ifr.ifr_name, "nosuch");
            CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETIF, &ifr), ENXIO);
            CHECK_STR(bpfdev_strerror(dev),
                      "nosuch: the switch has no such port");
        }
        strcpy(ifr.ifr_name, "p1");
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETIF, &ifr), attached ? EINVAL : 0);
        if (state == 1) {
            switch_remove_port("p1");
        }
    }
    bpfdev_close(dev);
    switch_stop();
}

/* BIOCSBLEN brings the length into its bounds and hands it back. */
static void
test_blen(void)
{
    switch_config.buffer_max = 1 << 20;
    switch_start();
    struct bpfdev *dev = open_device(0);
    u_int blen = 0;

    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSBLEN, &blen), 0);
    CHECK_INT(blen, sizeof(struct bpf_record));
    blen = 1001;
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSBLEN, &blen), 0);
    CHECK_INT(blen, 1001);
    blen = UINT32_MAX;
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSBLEN, &blen), 0);
    CHECK_INT(blen, 1 << 20);
    CHECK_INT(get_uint(dev, BIOCGBLEN), 1 << 20);
    bpfdev_close(dev);
    switch_stop();
}

/* Bad addresses in requests are errors, as in a kernel, and the device lives
 * on. */
static void
test_bad_addresses(void)
{
    const size_t page = sysconf(_SC_PAGESIZE);
    struct bpf_program program = { .bf_len = 1 };
    struct bpf_dltlist list = { .bfl_len = 1 };
    struct bpf_insn accept = BPF_STMT(BPF_RET | BPF_K, 100);
    uint8_t *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *bad = pages + page;

    CHECK(pages != MAP_FAILED);
    CHECK_INT(mprotect(bad, page, PROT_NONE), 0);
    switch_start();
    switch_add_port("p1");
    struct bpfdev *dev = open_device(0);
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), 0);
    static const unsigned long int all[] = {
        BIOCGBLEN, BIOCSBLEN, BIOCSETF, BIOCSETFNR, BIOCSETWF, BIOCGDLT,
        BIOCSDLT, BIOCGDLTLIST, BIOCGETIF, BIOCSETIF, BIOCSRTIMEOUT,
        BIOCGRTIMEOUT, BIOCSWTIMEOUT, BIOCGWTIMEOUT, BIOCGSTATS,
        BIOCIMMEDIATE, BIOCVERSION, BIOCGHDRCMPLT, BIOCSHDRCMPLT,
        BIOCSDIRECTION, BIOCGSEESENT, BIOCSFEEDBACK, BIOCSTSTAMP, FIONREAD,
        FIONBIO
    };
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        CHECK_ERRNO(bpfdev_ioctl(dev, all[i], bad), EFAULT);
        CHECK_ERRNO(bpfdev_ioctl(dev, all[i], NULL), EFAULT);

        /* It begins well and ends badly. */
        CHECK_ERRNO(bpfdev_ioctl(dev, all[i], (uint8_t *) bad - 2), EFAULT);
    }

    /* What cannot be written does for what is only read. */
    *(u_int *) pages = 1;
    CHECK_INT(mprotect(pages, page, PROT_READ), 0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCIMMEDIATE, pages), 0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGBLEN, pages), EFAULT);

    program.bf_insns = bad;
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETF, &program), EFAULT);
    program.bf_insns = NULL;
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETF, &program), EFAULT);
    program.bf_insns = bad;
    program.bf_len = UINT_MAX;
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETF, &program), EINVAL);
    list.bfl_list = bad;
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGDLTLIST, &list), EFAULT);

    program = (struct bpf_program) { 1, &accept };
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETF, &program), 0);
    CHECK_INT(get_uint(dev, BIOCGDLT), 1);
    bpfdev_close(dev);
    switch_stop();
    munmap(pages, 2 * page);
}

/* A read timeout shorter than what can be waited for is one of that, not
 * none. */
static void
test_short_timeout(void)
{
    struct timeval tv = { 0, 1 };
    uint8_t buffer[4096];

    switch_start();
    switch_add_port("p1");
    struct bpfdev *dev = open_small(sizeof buffer, 0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSRTIMEOUT, &tv), 0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGRTIMEOUT, &tv), 0);
    CHECK_INT(tv.tv_sec, 0);
    CHECK_INT(tv.tv_usec, 1000);
    CHECK_ERRNO(bpfdev_read(dev, buffer, sizeof buffer), EAGAIN);
    bpfdev_close(dev);
    switch_stop();
}

/* A name of exactly IFNAMSIZ bytes in BIOCSETIF is cut to make room for the
 * NUL; bpfdev_attach() takes names of any length. */
static void
test_long_names(void)
{
    char name[BPFDEV_NAME_MAX + 1];
    struct ifreq ifr;

    switch_start();
    switch_add_port("port-of-fifteen");
    memset(name, 'n', sizeof name);
    name[255] = '\0';
    switch_add_port(name);

    struct bpfdev *dev = open_device(0);
    memcpy(ifr.ifr_name, "port-of-fifteenX", IFNAMSIZ);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETIF, &ifr), 0);
    CHECK_STR(bpfdev_port_name(dev), "port-of-fifteen");
    bpfdev_close(dev);

    dev = open_attached(name, 0);
    CHECK_STR(bpfdev_port_name(dev), name);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGETIF, &ifr), 0);
    CHECK_STR(ifr.ifr_name, "nnnnnnnnnnnnnnn");
    bpfdev_close(dev);

    dev = open_device(0);
    name[255] = 'n';
    name[256] = '\0';
    CHECK_ERRNO(bpfdev_attach(dev, name), ENXIO);
    CHECK_ERRNO(bpfdev_attach(dev, ""), ENXIO);
    bpfdev_close(dev);
    switch_stop();
}

/* Layer-3 ports are DLT_RAW. */
static void
test_dlt_raw(void)
{
    struct bpfdev_packet packet;
    const void *buffer;
    size_t offset = 0;

    switch_start();
    switch_set_port("br0", "gre0", 3, 1450, BPF_DEV_DLT_RAW);
    struct bpfdev *dev = open_attached("gre0", BPFDEV_NONBLOCK);
    CHECK_INT(bpfdev_datalink(dev), DLT_RAW);
    CHECK_ERRNO(bpfdev_set_filter_expr(dev, "ether host 1:2:3:4:5:6", 100,
                                       true), EINVAL);
    CHECK_ERRNO(bpfdev_set_filter_expr(dev, "ip", 100, true), 0);
    uint8_t data[20] = { 0x45 };
    switch_feed_data("gre0", BPF_DEV_IN, data, sizeof data, sizeof data);
    ssize_t n = bpfdev_next(dev, &buffer);
    CHECK_INT(n, BPF_RECORD_SIZE(32, 20));
    CHECK(bpfdev_walk(dev, buffer, n, &offset, &packet));
    CHECK_INT(packet.caplen, 20);
    bpfdev_close(dev);
    switch_stop();
}

/* Tests: buffers
 * ============== */

/* Records: header, alignment, padding of zeros, time, direction. */
static void
test_records(void)
{
    struct bpfdev_packet packet;
    uint8_t buffer[4096];
    size_t offset = 0;

    start_with_port();
    switch_now = UINT64_C(1234567890123456789);
    struct bpfdev *dev = open_small(sizeof buffer, BPFDEV_NONBLOCK);
    switch_feed("p1", BPF_DEV_IN, 61, 1, 1);
    switch_feed("p1", BPF_DEV_OUT, 1000, 1, 2);
    ssize_t n = bpfdev_read(dev, buffer, sizeof buffer);
    CHECK_INT(n, RECORD(61) + RECORD(1000));

    /* As a program for bpf(4) does it. */
    const uint8_t *p = buffer;
    struct bpf_hdr hdr;
    memcpy(&hdr, p, sizeof hdr);
    CHECK_INT(hdr.bh_tstamp.tv_sec, 1234567890);
    CHECK_INT(hdr.bh_tstamp.tv_usec, 123456);
    CHECK_INT(hdr.bh_caplen, 61);
    CHECK_INT(hdr.bh_datalen, 61);
    CHECK_INT((hdr.bh_hdrlen + 14) % sizeof(long int), 0);
    CHECK_INT(p[hdr.bh_hdrlen + 3], 1);
    for (size_t i = hdr.bh_hdrlen + hdr.bh_caplen; i < RECORD(61); i++) {
        CHECK_INT(p[i], 0);
    }
    p += BPF_WORDALIGN(hdr.bh_hdrlen + hdr.bh_caplen);
    memcpy(&hdr, p, sizeof hdr);
    CHECK_INT(hdr.bh_caplen, 1000);
    CHECK_INT(p - buffer + BPF_WORDALIGN(hdr.bh_hdrlen + hdr.bh_caplen), n);

    /* As the library does it. */
    CHECK(bpfdev_walk(dev, buffer, n, &offset, &packet));
    CHECK_INT(packet.ts.tv_sec, 1234567890);
    CHECK_INT(packet.ts.tv_nsec, 123456000);
    CHECK_INT(packet.direction, BPFDEV_DIR_IN);
    CHECK(bpfdev_walk(dev, buffer, n, &offset, &packet));
    CHECK_INT(packet.direction, BPFDEV_DIR_OUT);
    CHECK_INT(packet.len, 1000);
    CHECK(!bpfdev_walk(dev, buffer, n, &offset, &packet));

    /* A record that is cut off is none. */
    offset = 0;
    CHECK(!bpfdev_walk(dev, buffer, 31, &offset, &packet));
    CHECK(!bpfdev_walk(dev, buffer, 34 + 60, &offset, &packet));
    offset = n + 8;
    CHECK(!bpfdev_walk(dev, buffer, n, &offset, &packet));
    bpfdev_close(dev);
    switch_stop();
}

static void
test_nanoseconds(void)
{
    struct bpfdev_packet packet;
    const void *buffer;
    size_t offset = 0;

    start_with_port();
    switch_now = UINT64_C(1234567890123456789);
    struct bpfdev *dev = open_device(BPFDEV_NONBLOCK);
    CHECK_ERRNO(set_uint(dev, BIOCSTSTAMP, BPF_T_NANOTIME), 0);
    CHECK_INT(get_uint(dev, BIOCGTSTAMP), BPF_T_NANOTIME);
    CHECK_ERRNO(set_uint(dev, BIOCSTSTAMP, 77), EINVAL);
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), 0);
    switch_feed("p1", BPF_DEV_IN, 60, 1, 1);
    ssize_t n = bpfdev_next(dev, &buffer);
    CHECK(bpfdev_walk(dev, buffer, n, &offset, &packet));
    CHECK_INT(packet.ts.tv_sec, 1234567890);
    CHECK_INT(packet.ts.tv_nsec, 123456789);
    bpfdev_close(dev);
    switch_stop();
}

/* Section 2: rotation, packets that do not fit, exact fill, drops; section 3:
 * readiness and FIONREAD meanwhile. */
static void
test_rotation(void)
{
    /* Three packets fit, with 8 bytes to spare. */
    const u_int blen = 3 * RECORD(62) + 8;
    struct bpfdev_stats stats;

    start_with_port();
    struct bpfdev *dev = open_small(blen, 0);
    int fd = bpfdev_fd(dev);
    CHECK(!is_readable(fd));

    switch_feed("p1", BPF_DEV_IN, 62, 3, 1);
    CHECK(!is_readable(fd));
    CHECK_INT(n_readable(dev), 0);
    switch_feed("p1", BPF_DEV_IN, 62, 1, 4);
    CHECK(is_readable(fd));
    CHECK_INT(n_readable(dev), 3 * RECORD(62));
    switch_feed("p1", BPF_DEV_IN, 62, 4, 5);
    CHECK_ERRNO(bpfdev_stats(dev, &stats), 0);
    CHECK_INT(stats.received, 8);
    CHECK_INT(stats.captured, 8);
    CHECK_INT(stats.dropped, 2);

    bpfdev_buffer_stats(dev, &stats);
    CHECK_INT(stats.received, 0);
    check_packets(dev, 1, 3);
    bpfdev_buffer_stats(dev, &stats);
    CHECK_INT(stats.received, 8);
    CHECK_INT(stats.dropped, 2);

    /* The store buffer has 4 to 6, and there is room again. */
    CHECK_INT(n_readable(dev), 0);
    CHECK(!is_readable(fd));
    switch_feed("p1", BPF_DEV_IN, 62, 1, 9);
    CHECK(is_readable(fd));
    check_packets(dev, 4, 6);
    CHECK_INT(n_readable(dev), 0);
    CHECK(!is_readable(fd));

    /* Reading statistics does not clear them, flushing does. */
    CHECK_ERRNO(bpfdev_stats(dev, &stats), 0);
    CHECK_INT(stats.received, 9);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCFLUSH), 0);
    CHECK_ERRNO(bpfdev_stats(dev, &stats), 0);
    CHECK_INT(stats.received, 0);
    CHECK_INT(stats.dropped, 0);
    CHECK_ERRNO(bpfdev_totals(dev, &stats), 0);
    CHECK_INT(stats.received, 9);
    CHECK_INT(stats.captured, 9);
    CHECK_INT(stats.dropped, 2);
    bpfdev_close(dev);
    switch_stop();
}

/* A store buffer that is exactly full rotates at once; one that fills while
 * hold is occupied does so after the read. */
static void
test_exact_fill(void)
{
    start_with_port();
    struct bpfdev *dev = open_small(2 * RECORD(62), 0);
    int fd = bpfdev_fd(dev);

    switch_feed("p1", BPF_DEV_IN, 62, 1, 1);
    CHECK(!is_readable(fd));
    switch_feed("p1", BPF_DEV_IN, 62, 1, 2);
    CHECK(is_readable(fd));
    switch_feed("p1", BPF_DEV_IN, 62, 2, 3);
    check_packets(dev, 1, 2);
    CHECK_INT(n_readable(dev), 2 * RECORD(62));
    CHECK(is_readable(fd));
    check_packets(dev, 3, 4);
    CHECK_INT(n_readable(dev), 0);
    CHECK(!is_readable(fd));
    bpfdev_close(dev);
    switch_stop();
}

/* A packet that is longer than a buffer is cut. */
static void
test_oversize(void)
{
    struct bpfdev_packet packet;
    const void *buffer;
    size_t offset = 0;

    start_with_port();
    struct bpfdev *dev = open_small(256, BPFDEV_NONBLOCK);
    switch_feed("p1", BPF_DEV_IN, 9000, 1, 1);
    ssize_t n = bpfdev_next(dev, &buffer);
    CHECK_INT(n, 256);
    CHECK(bpfdev_walk(dev, buffer, n, &offset, &packet));
    CHECK_INT(packet.caplen, 256 - 34);
    CHECK_INT(packet.len, 9000);
    bpfdev_close(dev);
    switch_stop();
}

/* The filter's verdict is a snapshot length; a packet that was cut by the
 * switch keeps its original length. */
static void
test_snaplen(void)
{
    struct bpfdev_packet packet;
    struct bpfdev_stats stats;
    uint8_t data[100] = { 0 };
    const void *buffer;
    size_t offset = 0;

    start_with_port();
    struct bpfdev *dev = open_attached("p1", BPFDEV_NONBLOCK);
    CHECK_ERRNO(bpfdev_set_filter_expr(dev, "len > 70", 68, true), 0);
    switch_feed("p1", BPF_DEV_IN, 70, 3, 1);
    switch_feed("p1", BPF_DEV_IN, 500, 1, 2);
    switch_feed_data("p1", BPF_DEV_OUT, data, 50, 1500);
    ssize_t n = bpfdev_next(dev, &buffer);
    CHECK(bpfdev_walk(dev, buffer, n, &offset, &packet));
    CHECK_INT(packet.caplen, 68);
    CHECK_INT(packet.len, 500);
    CHECK(bpfdev_walk(dev, buffer, n, &offset, &packet));
    CHECK_INT(packet.caplen, 50);
    CHECK_INT(packet.len, 1500);
    CHECK(!bpfdev_walk(dev, buffer, n, &offset, &packet));
    CHECK_ERRNO(bpfdev_stats(dev, &stats), 0);
    CHECK_INT(stats.received, 5);
    CHECK_INT(stats.captured, 2);
    bpfdev_close(dev);
    switch_stop();
}

/* Filters: errors with their text, no filter, flush or not, limit. */
static void
test_filters(void)
{
    struct bpf_insn ret0 = { BPF_RET | BPF_K, 0, 0, 0 };
    struct bpf_insn many[600];
    struct bpf_program program;
    char errbuf[BPFDEV_ERRBUF_SIZE];

    switch_config.insn_max = 512;
    start_with_port();
    struct bpfdev *dev = open_device(BPFDEV_NONBLOCK);
    CHECK_ERRNO(bpfdev_set_filter_expr(dev, "ip", 65535, true), EINVAL);
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), 0);
    CHECK_ERRNO(bpfdev_set_filter_expr(dev, "icmp and and", 65535, true),
                EINVAL);
    CHECK(strstr(bpfdev_strerror(dev), "filter \"icmp and and\": "));
    CHECK(strstr(bpfdev_strerror(dev), "syntax error"));

    /* The old filter stays after a bad one. */
    CHECK_ERRNO(bpfdev_set_filter(dev, &ret0, 1), 0);
    for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
        many[i] = ret0;
    }
    CHECK_ERRNO(bpfdev_set_filter(dev, many, ARRAY_SIZE(many)), EINVAL);
    CHECK_ERRNO(bpfdev_set_filter(dev, many, BPF_PROTO_MAX_INSNS + 1), EINVAL);
    switch_feed("p1", BPF_DEV_IN, 60, 1, 1);
    CHECK_INT(n_readable(dev), 0);

    CHECK_ERRNO(bpfdev_set_filter(dev, NULL, 0), 0);
    CHECK_ERRNO(set_uint(dev, BIOCIMMEDIATE, 1), 0);
    switch_feed("p1", BPF_DEV_IN, 60, 1, 2);
    CHECK_INT(n_readable(dev), RECORD(60));
    program.bf_len = 1;
    program.bf_insns = &ret0;
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETFNR, &program), 0);
    CHECK_INT(n_readable(dev), RECORD(60));
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETF, &program), 0);
    CHECK_INT(n_readable(dev), 0);
    bpfdev_close(dev);

    CHECK_ERRNO(bpfdev_compile("tcp port 80", DLT_EN10MB, 100, true, &program,
                               errbuf), 0);
    CHECK(program.bf_len > 3);
    bpfdev_free_filter(&program);
    CHECK_ERRNO(bpfdev_compile("nonsense!", DLT_EN10MB, 100, true, &program,
                               errbuf), EINVAL);
    CHECK(strstr(errbuf, "filter \"nonsense!\": "));
    switch_stop();
}

/* Which packets are seen: section 6, as far as a device decides it. */
static void
test_direction(void)
{
    start_with_port();
    struct bpfdev *dev = open_attached("p1", BPFDEV_NONBLOCK);
    static const struct {
        u_int direction;
        bool in, out;
    } cases[] = {
        { BPF_D_IN, true, false },
        { BPF_D_OUT, false, true },
        { BPF_D_INOUT, true, true },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CHECK_ERRNO(set_uint(dev, BIOCSDIRECTION, cases[i].direction), 0);
        CHECK_ERRNO(bpfdev_ioctl(dev, BIOCFLUSH), 0);
        switch_feed("p1", BPF_DEV_IN, 60, 1, 1);
        switch_feed("p1", BPF_DEV_OUT, 60, 1, 2);
        check_packets(dev, cases[i].in ? 1 : 2, cases[i].out ? 2 : 1);
    }
    bpfdev_close(dev);
    switch_stop();
}

/* More than the two classic buffers. */
static void
test_more_buffers(void)
{
    struct bpfdev_stats stats;
    unsigned int n = 5;

    start_with_port();
    struct bpfdev *dev = open_device(0);
    CHECK_ERRNO(bpfdev_set_buffers(dev, &n), 0);
    CHECK_INT(n, 5);
    n = 1;
    CHECK_ERRNO(bpfdev_set_buffers(dev, &n), 0);
    CHECK_INT(n, 2);
    n = 1000000;
    CHECK_ERRNO(bpfdev_set_buffers(dev, &n), 0);
    CHECK_INT(n, BPF_DEV_MAX_BUFFERS);
    n = 4;
    CHECK_ERRNO(bpfdev_set_buffers(dev, &n), 0);
    CHECK_ERRNO(set_uint(dev, BIOCSBLEN, RECORD(62)), 0);
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), 0);
    CHECK_ERRNO(bpfdev_set_buffers(dev, &n), EINVAL);

    switch_feed("p1", BPF_DEV_IN, 62, 6, 1);
    CHECK_ERRNO(bpfdev_stats(dev, &stats), 0);
    CHECK_INT(stats.captured, 6);
    CHECK_INT(stats.dropped, 2);
    for (uint32_t i = 1; i <= 4; i++) {
        check_packets(dev, i, i);
    }
    CHECK_INT(n_readable(dev), 0);
    CHECK(!is_readable(bpfdev_fd(dev)));
    bpfdev_close(dev);
    switch_stop();
}

/* A lent buffer stays as it is, cannot be written to, and comes back. */
static void
test_zero_copy(void)
{
    const u_int blen = 4 * RECORD(62);
    uint8_t copy[4 * RECORD(62)];
    const void *buffer;

    start_with_port();
    struct bpfdev *dev = open_small(blen, 0);
    switch_feed("p1", BPF_DEV_IN, 62, 4, 1);
    CHECK_INT(bpfdev_next(dev, &buffer), blen);
    memcpy(copy, buffer, blen);
    switch_feed("p1", BPF_DEV_IN, 62, 40, 5);
    CHECK(!memcmp(copy, buffer, blen));

    uintptr_t page = (uintptr_t) buffer & ~((uintptr_t) getpagesize() - 1);
    CHECK_ERRNO(mprotect((void *) page, getpagesize(),
                         PROT_READ | PROT_WRITE), EACCES);

    /* The next read takes the buffer back by itself. */
    CHECK_INT(bpfdev_next(dev, &buffer), blen);
    CHECK_ERRNO(bpfdev_release(dev), 0);
    CHECK_ERRNO(bpfdev_release(dev), 0);
    switch_feed("p1", BPF_DEV_IN, 62, 4, 100);
    check_packets(dev, 100, 103);
    bpfdev_close(dev);
    switch_stop();
}

/* Tests: reading
 * ============== */

static void
test_read_size(void)
{
    uint8_t buffer[8192];

    start_with_port();
    struct bpfdev *dev = open_device(0);
    CHECK_ERRNO(set_uint(dev, BIOCSBLEN, 4096), 0);
    CHECK_ERRNO(bpfdev_read(dev, buffer, 4096), EINVAL);
    CHECK_STR(bpfdev_strerror(dev), "the device is not attached to a port");
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), 0);
    switch_feed("p1", BPF_DEV_IN, 1000, 4, 1);
    CHECK_ERRNO(bpfdev_read(dev, buffer, 4095), EINVAL);
    CHECK_ERRNO(bpfdev_read(dev, buffer, 4097), EINVAL);
    CHECK_ERRNO(bpfdev_read(dev, buffer, 0), EINVAL);
    CHECK_ERRNO(bpfdev_read(dev, buffer, SIZE_MAX), EINVAL);
    CHECK_STR(bpfdev_strerror(dev), "a read has to ask for exactly 4096 "
              "bytes");
    CHECK_INT(bpfdev_read(dev, buffer, 4096), 3 * RECORD(1000));
    bpfdev_close(dev);
    switch_stop();
}

static void
test_regular_mode(void)
{
    struct reader reader;

    start_with_port();
    struct bpfdev *dev = open_small(4096, 0);
    reader_start(&reader, dev, 4096);
    switch_feed("p1", BPF_DEV_IN, 1000, 3, 1);

    /* That it still waits can only be seen by its being refused others. */
    int n;
    CHECK_ERRNO(bpfdev_ioctl(dev, FIONREAD, &n), EIO);
    switch_feed("p1", BPF_DEV_IN, 1000, 1, 4);
    reader_join(&reader, 3 * RECORD(1000), 0);
    CHECK(!is_readable(bpfdev_fd(dev)));
    bpfdev_close(dev);
    switch_stop();
}

static void
test_immediate_mode(void)
{
    struct reader reader;

    start_with_port();
    struct bpfdev *dev = open_small(4096, 0);
    int fd = bpfdev_fd(dev);
    CHECK_ERRNO(set_uint(dev, BIOCIMMEDIATE, 1), 0);
    reader_start(&reader, dev, 4096);
    switch_feed("p1", BPF_DEV_IN, 100, 1, 1);
    reader_join(&reader, RECORD(100), 0);

    /* Readiness follows the mode while the store buffer has data. */
    CHECK(!is_readable(fd));
    switch_feed("p1", BPF_DEV_IN, 100, 2, 2);
    CHECK(is_readable(fd));
    CHECK_INT(n_readable(dev), 2 * RECORD(100));
    CHECK_ERRNO(set_uint(dev, BIOCIMMEDIATE, 0), 0);
    CHECK(!is_readable(fd));
    CHECK_INT(n_readable(dev), 0);
    CHECK_ERRNO(set_uint(dev, BIOCIMMEDIATE, 1), 0);
    CHECK(is_readable(fd));
    check_packets(dev, 2, 3);
    CHECK_INT(n_readable(dev), 0);
    CHECK(!is_readable(fd));

    /* What arrives while a buffer is lent can be read at once. */
    const void *buffer;
    switch_feed("p1", BPF_DEV_IN, 100, 1, 4);
    CHECK_INT(bpfdev_next(dev, &buffer), RECORD(100));
    CHECK(!is_readable(fd));
    switch_feed("p1", BPF_DEV_IN, 100, 1, 5);
    CHECK(is_readable(fd));
    check_packets(dev, 5, 5);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCFLUSH), 0);
    CHECK(!is_readable(fd));
    bpfdev_close(dev);
    switch_stop();
}

static void
test_nonblocking(void)
{
    uint8_t buffer[4096];
    int on = 1, off = 0;

    start_with_port();
    struct bpfdev *dev = open_small(sizeof buffer, BPFDEV_NONBLOCK);
    CHECK_ERRNO(bpfdev_read(dev, buffer, sizeof buffer), EAGAIN);
    CHECK_STR(bpfdev_strerror(dev), "no packets yet");
    switch_feed("p1", BPF_DEV_IN, 100, 1, 1);
    CHECK(!is_readable(bpfdev_fd(dev)));
    CHECK_INT(bpfdev_read(dev, buffer, sizeof buffer), RECORD(100));
    CHECK_ERRNO(bpfdev_read(dev, buffer, sizeof buffer), EAGAIN);
    bpfdev_close(dev);

    dev = open_small(sizeof buffer, 0);
    CHECK_ERRNO(bpfdev_ioctl(dev, FIONBIO, &on), 0);
    CHECK_ERRNO(bpfdev_read(dev, buffer, sizeof buffer), EAGAIN);
    CHECK_ERRNO(bpfdev_ioctl(dev, FIONBIO, &off), 0);
    CHECK_ERRNO(set_msec(dev, BIOCSRTIMEOUT, 1), 0);
    CHECK_ERRNO(bpfdev_read(dev, buffer, sizeof buffer), EAGAIN);
    bpfdev_close(dev);
    switch_stop();
}

static long long int
msec_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void
test_read_timeout(void)
{
    uint8_t buffer[4096];

    start_with_port();
    struct bpfdev *dev = open_small(sizeof buffer, 0);
    CHECK_ERRNO(set_msec(dev, BIOCSRTIMEOUT, 50), 0);

    long long int start = msec_now();
    CHECK_ERRNO(bpfdev_read(dev, buffer, sizeof buffer), EAGAIN);
    CHECK(msec_now() - start >= 49);

    /* The timeout does not affect readiness. */
    switch_feed("p1", BPF_DEV_IN, 100, 2, 1);
    CHECK(!is_readable(bpfdev_fd(dev)));
    start = msec_now();
    CHECK_INT(bpfdev_read(dev, buffer, sizeof buffer), 2 * RECORD(100));
    CHECK(msec_now() - start >= 49);
    CHECK(!is_readable(bpfdev_fd(dev)));

    /* Without data in time, but with data at once if there is a full
     * buffer. */
    switch_feed("p1", BPF_DEV_IN, 1000, 4, 1);
    CHECK_INT(bpfdev_read(dev, buffer, sizeof buffer), 3 * RECORD(1000));
    bpfdev_close(dev);
    switch_stop();
}

/* From another thread: no matter whether the reader waits already, and each
 * interruption ends one read. */
static void
test_interrupt(void)
{
    struct reader reader;
    uint8_t buffer[4096];

    start_with_port();
    struct bpfdev *dev = open_small(4096, 0);
    switch_feed("p1", BPF_DEV_IN, 1000, 1, 1);
    reader_start(&reader, dev, 4096);
    bpfdev_interrupt(dev);
    reader_join(&reader, 0, EINTR);

    bpfdev_interrupt(dev);
    bpfdev_interrupt(dev);
    CHECK_ERRNO(bpfdev_read(dev, buffer, sizeof buffer), EINTR);

    /* Nothing is lost. */
    switch_feed("p1", BPF_DEV_IN, 1000, 4, 1);
    CHECK_INT(bpfdev_read(dev, buffer, sizeof buffer), 3 * RECORD(1000));
    bpfdev_close(dev);
    switch_stop();
}

static int
no_time(void *aux OVS_UNUSED, int elapsed OVS_UNUSED)
{
    return 0;
}

/* A server that accepts connections and says nothing. */
static void
test_no_answer(void)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    char errbuf[BPFDEV_ERRBUF_SIZE];
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

    strcpy(sun.sun_path, "mute.sock");
    CHECK_INT(bind(fd, (struct sockaddr *) &sun, sizeof sun), 0);
    CHECK_INT(listen(fd, 1), 0);
    bpfdev_set_wait_limit(no_time, NULL);
    for (int i = 0; i < 4; i++) {   /* The last with a full backlog. */
        CHECK(!bpfdev_open("mute.sock", 0, errbuf));
        CHECK_INT(errno, ETIMEDOUT);
        CHECK(strstr(errbuf, "does not answer") != NULL);
    }
    bpfdev_set_wait_limit(NULL, NULL);
    close(fd);
    unlink("mute.sock");
}

static void
on_signal(int signal_nr OVS_UNUSED)
{
}

static void
test_interrupted(void)
{
    struct sigaction action = { .sa_handler = on_signal };
    struct reader reader;

    sigaction(SIGUSR1, &action, NULL);
    start_with_port();
    struct bpfdev *dev = open_small(4096, 0);
    switch_feed("p1", BPF_DEV_IN, 1000, 1, 1);
    reader_start(&reader, dev, 4096);

    /* The thread may be just about to wait: then a signal comes too early. */
    bool done;
    do {
        pthread_kill(reader.thread, SIGUSR1);
        sched_yield();
        atomic_read_relaxed(&reader.done, &done);
    } while (!done);
    reader_join(&reader, 0, EINTR);

    switch_feed("p1", BPF_DEV_IN, 1000, 3, 2);
    check_packets(dev, 1, 3);
    bpfdev_close(dev);
    switch_stop();
}

/* A second read, or a request, while a read waits, is EIO; writing and
 * statistics go on. */
static void
test_concurrent(void)
{
    struct bpfdev_stats stats;
    struct bpfdev_port *ports;
    struct reader reader;
    const void *lent;
    uint8_t buffer[4096];
    u_int value;
    size_t n;

    start_with_port();
    struct bpfdev *dev = open_small(sizeof buffer, 0);
    reader_start(&reader, dev, sizeof buffer);
    CHECK_ERRNO(bpfdev_read(dev, buffer, sizeof buffer), EIO);
    CHECK_ERRNO(bpfdev_next(dev, &lent), EIO);
    CHECK_ERRNO(bpfdev_release(dev), EIO);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGBLEN, &value), EIO);
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), EIO);
    CHECK_ERRNO(bpfdev_set_filter(dev, NULL, 0), EIO);
    CHECK_STR(bpfdev_strerror(dev),
              "another thread waits in a read of this device");
    CHECK_ERRNO(bpfdev_stats(dev, &stats), 0);
    CHECK_ERRNO(bpfdev_list_ports(dev, &ports, &n), 0);
    free(ports);
    CHECK_INT(bpfdev_write(dev, buffer, 60), 60);
    switch_feed("p1", BPF_DEV_IN, 1000, 4, 1);
    reader_join(&reader, 3 * RECORD(1000), 0);
    bpfdev_close(dev);
    switch_stop();
}

/* Several threads on one device: each call is atomic. */
static void *
busy_main(void *dev_)
{
    struct bpfdev *dev = dev_;
    uint8_t frame[60] = { 0 };

    for (int i = 0; i < 300; i++) {
        struct bpfdev_stats stats;
        struct bpfdev_port *ports;
        const void *buffer;
        u_int value;
        size_t n;

        CHECK_INT(bpfdev_write(dev, frame, sizeof frame), sizeof frame);
        CHECK_ERRNO(bpfdev_stats(dev, &stats), 0);
        bpfdev_buffer_stats(dev, &stats);
        CHECK_ERRNO(bpfdev_list_ports(dev, &ports, &n), 0);
        CHECK_INT(n, 1);
        free(ports);
        if (bpfdev_ioctl(dev, BIOCGBLEN, &value)) {
            CHECK_INT(errno, EIO);
        } else {
            CHECK_INT(value, 4096);
        }
        if (bpfdev_next(dev, &buffer) < 0) {
            CHECK(errno == EIO || errno == EAGAIN);
        }
    }
    return NULL;
}

static void
test_busy_device(void)
{
    pthread_t threads[4];

    start_with_port();
    struct bpfdev *dev = open_small(4096, 0);
    CHECK_ERRNO(set_msec(dev, BIOCSRTIMEOUT, 1), 0);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        CHECK_INT(pthread_create(&threads[i], NULL, busy_main, dev), 0);
    }
    switch_feed("p1", BPF_DEV_IN, 1000, 2000, 1);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK_INT(switch_sent.n, 4 * 300);
    CHECK_INT(get_uint(dev, BIOCGBLEN), 4096);
    bpfdev_close(dev);
    switch_stop();
}

/* What is buffered when the port goes is still delivered, hold then store,
 * then EIO; readable all the time. */
static void
test_port_gone(void)
{
    const void *buffer;

    start_with_port();
    struct bpfdev *dev = open_small(2 * RECORD(62), 0);
    int fd = bpfdev_fd(dev);
    switch_feed("p1", BPF_DEV_IN, 62, 3, 1);
    switch_remove_port("p1");
    switch_feed("p1", BPF_DEV_IN, 62, 1, 4);
    CHECK(is_readable(fd));
    check_packets(dev, 1, 2);
    CHECK(is_readable(fd));
    check_packets(dev, 3, 3);
    CHECK(is_readable(fd));
    CHECK_ERRNO(bpfdev_next(dev, &buffer), EIO);
    CHECK_STR(bpfdev_strerror(dev), "p1: the port is gone");
    CHECK(is_readable(fd));
    CHECK_ERRNO(bpfdev_write(dev, "\0\1\2\3\4\5\6\7\10\11\12\13\14\15", 14),
                EINVAL);

    /* It does not attach again, not even to a port of the same name. */
    switch_add_port("p1");
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), EINVAL);
    switch_feed("p1", BPF_DEV_IN, 62, 1, 5);
    CHECK_ERRNO(bpfdev_next(dev, &buffer), EIO);
    bpfdev_close(dev);
    switch_check_serves("p1");
    switch_stop();
}

/* The port goes while a read waits. */
static void
test_port_gone_while_reading(void)
{
    struct reader reader;

    start_with_port();
    struct bpfdev *dev = open_small(4096, 0);
    reader_start(&reader, dev, 4096);
    switch_remove_port("p1");
    reader_join(&reader, 0, EIO);
    bpfdev_close(dev);

    switch_add_port("p1");
    dev = open_small(4096, 0);
    switch_feed("p1", BPF_DEV_IN, 100, 1, 1);
    reader_start(&reader, dev, 4096);
    switch_remove_port("p1");
    reader_join(&reader, RECORD(100), 0);
    bpfdev_close(dev);
    switch_stop();
}

/* What epoll says, or 'otherwise' where there is none. */
#ifdef HAVE_EPOLL
static bool
is_readable_for_epoll(int fd, bool otherwise OVS_UNUSED)
{
    struct epoll_event event = { .events = EPOLLIN };
    int ep = epoll_create1(EPOLL_CLOEXEC);

    CHECK_ERRNO(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event), 0);
    bool readable = epoll_wait(ep, &event, 1, 0) == 1;
    close(ep);
    return readable;
}
#else
static bool
is_readable_for_epoll(int fd OVS_UNUSED, bool otherwise)
{
    return otherwise;
}
#endif

/* Readiness through poll, select and epoll: the same answer from each, and as
 * often as one asks. */
static bool
is_readable_for_all(int fd)
{
    struct timeval zero = { 0, 0 };
    bool by_poll = is_readable(fd);
    fd_set set;

    FD_ZERO(&set);
    FD_SET(fd, &set);
    bool by_select = select(fd + 1, &set, NULL, NULL, &zero) == 1;
    CHECK_INT(by_select, by_poll);
    CHECK_INT(is_readable_for_epoll(fd, by_poll), by_poll);
    CHECK_INT(is_readable(fd), by_poll);
    return by_poll;
}

static void
test_readiness(void)
{
    start_with_port();
    struct bpfdev *dev = open_device(0);
    int fd = bpfdev_fd(dev);

    CHECK(is_readable_for_all(fd));     /* Unattached. */
    CHECK_ERRNO(set_uint(dev, BIOCSBLEN, RECORD(62)), 0);
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), 0);
    for (int i = 0; i < 1000; i++) {
        CHECK(!is_readable_for_all(fd));
        switch_feed("p1", BPF_DEV_IN, 62, 1 + i % 2, i);
        CHECK(is_readable_for_all(fd));
        check_packets(dev, i, i);
        if (i % 2) {
            CHECK_INT(n_readable(dev), RECORD(62));
            CHECK(is_readable_for_all(fd));
            check_packets(dev, i + 1, i + 1);
        }
        CHECK_INT(n_readable(dev), 0);
    }
    switch_remove_port("p1");
    CHECK(is_readable_for_all(fd));
    bpfdev_close(dev);
    switch_stop();
}

static void
test_wait_timeout(void)
{
    start_with_port();
    struct bpfdev *dev = open_device(0);
    int fd = bpfdev_fd(dev);

    /* Long: not readable.  Short: it becomes readable, and the read returns
     * the part of a buffer. */
    CHECK_ERRNO(set_msec(dev, BIOCSWTIMEOUT, 3600 * 1000), 0);
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), 0);
    switch_feed("p1", BPF_DEV_IN, 100, 1, 1);
    CHECK_INT(n_readable(dev), 0);
    CHECK(!is_readable(fd));
    CHECK_ERRNO(set_msec(dev, BIOCSWTIMEOUT, 20), 0);
    wait_until_readable(fd);
    check_packets(dev, 1, 1);
    CHECK_INT(n_readable(dev), 0);
    CHECK(!is_readable(fd));

    /* And again, for packets that come after a while of nothing. */
    for (int i = 2; i < 5; i++) {
        switch_feed("p1", BPF_DEV_IN, 100, 1, i);
        wait_until_readable(fd);
        check_packets(dev, i, i);
    }

    /* Without: not readable any more. */
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCDWTIMEOUT), 0);
    switch_feed("p1", BPF_DEV_IN, 100, 1, 5);
    CHECK_INT(n_readable(dev), 0);
    CHECK(!is_readable(fd));
    bpfdev_close(dev);
    switch_stop();
}

/* Tests: writing
 * ============== */

static void
test_write(void)
{
    uint8_t frame[2000];

    memset(frame, 0x77, sizeof frame);
    start_with_port();
    struct bpfdev *dev = open_device(0);
    CHECK_ERRNO(bpfdev_write(dev, frame, 60), EINVAL);
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), 0);

    CHECK_INT(bpfdev_write(dev, frame, 0), 0);
    CHECK_INT(switch_sent.n, 0);
    CHECK_INT(bpfdev_write(dev, frame, 60), 60);
    CHECK_INT(switch_sent.n, 1);
    CHECK_STR(switch_sent.port, "p1");
    CHECK_INT(switch_sent.size, 60);
    CHECK(!switch_sent.feedback);
    CHECK(!memcmp(switch_sent.frame, frame, 6));
    CHECK(!memcmp(switch_sent.frame + 6, "\xaa\x55\0\0\0\1", 6));
    CHECK(!memcmp(switch_sent.frame + 12, frame + 12, 48));

    CHECK_ERRNO(set_uint(dev, BIOCSHDRCMPLT, 1), 0);
    CHECK_INT(bpfdev_write(dev, frame, 60), 60);
    CHECK(!memcmp(switch_sent.frame, frame, 60));
    CHECK_ERRNO(set_uint(dev, BIOCSFEEDBACK, 1), 0);
    CHECK_INT(bpfdev_write(dev, frame, 60), 60);
    CHECK(switch_sent.feedback);

    CHECK_INT(bpfdev_write(dev, frame, 1514), 1514);
    CHECK_ERRNO(bpfdev_write(dev, frame, 1515), EMSGSIZE);
    CHECK_ERRNO(bpfdev_write(dev, frame, 100000), EMSGSIZE);
    CHECK_ERRNO(bpfdev_write(dev, frame, 13), EMSGSIZE);
    memcpy(frame + 12, "\x81\0\0\1", 4);
    CHECK_INT(bpfdev_write(dev, frame, 1518), 1518);
    CHECK_ERRNO(bpfdev_write(dev, frame, 1519), EMSGSIZE);
    CHECK_INT(switch_sent.n, 5);

    switch_send_error = ENOBUFS;
    CHECK_ERRNO(bpfdev_write(dev, frame, 60), ENOBUFS);
    bpfdev_close(dev);
    switch_stop();
}

static void
test_write_frames(void)
{
    static uint8_t frames[200][60];
    struct iovec iov[200];

    for (size_t i = 0; i < ARRAY_SIZE(iov); i++) {
        frames[i][59] = i;
        iov[i] = (struct iovec) { frames[i], sizeof frames[i] };
    }
    start_with_port();
    struct bpfdev *dev = open_attached("p1", 0);
    CHECK_INT(bpfdev_write_frames(dev, iov, 200), 200);
    CHECK_INT(switch_sent.n, 200);
    CHECK_INT(switch_sent.frame[59], 199);
    CHECK_INT(bpfdev_write_frames(dev, iov, 0), 0);

    iov[77].iov_len = 5;
    CHECK_INT(bpfdev_write_frames(dev, iov, 200), 77);
    CHECK_INT(errno, EMSGSIZE);
    iov[3].iov_len = 1000000;
    CHECK_INT(bpfdev_write_frames(dev, iov, 200), 3);
    CHECK_INT(errno, EMSGSIZE);
    iov[0].iov_len = 5;
    CHECK_ERRNO(bpfdev_write_frames(dev, iov, 200), EMSGSIZE);

    /* All answers were taken: the device goes on. */
    CHECK_INT(get_uint(dev, BIOCGBLEN), 32768);
    bpfdev_close(dev);
    switch_stop();
}

static void
test_read_only(void)
{
    static uint8_t frame[60];

    start_with_port();
    struct bpfdev *dev = open_attached("p1", BPFDEV_RDONLY);
    CHECK_ERRNO(bpfdev_write(dev, frame, sizeof frame), EBADF);
    CHECK_STR(bpfdev_strerror(dev), "the device was opened for reading only");
    CHECK_INT(switch_sent.n, 0);
    bpfdev_close(dev);
    switch_stop();
}

static void
test_write_filter_and_lock(void)
{
    static struct bpf_insn first_byte_1[] = {
        { BPF_LD | BPF_B | BPF_ABS, 0, 0, 0 },
        { BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 1 },
        { BPF_RET | BPF_K, 0, 0, 1 },
        { BPF_RET | BPF_K, 0, 0, 0 },
    };
    static struct bpf_insn endless[] = { { BPF_LD | BPF_IMM, 0, 0, 0 } };
    struct bpf_program program = { 4, first_byte_1 };
    struct bpf_program invalid = { 1, endless };
    uint8_t frame[60] = { 1 };
    struct bpf_stat stats;

    start_with_port();
    switch_add_port("p2");
    struct bpfdev *dev = open_device(0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETWF, &program), 0);
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), 0);
    CHECK_INT(bpfdev_write(dev, frame, sizeof frame), sizeof frame);
    frame[0] = 2;
    CHECK_ERRNO(bpfdev_write(dev, frame, sizeof frame), EPERM);
    CHECK_STR(bpfdev_strerror(dev), "refused by the write filter");

    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETF, &invalid), EINVAL);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCLOCK), 0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETF, &invalid), EPERM);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETF, &program), EPERM);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETFNR, &program), EPERM);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETWF, &program), EPERM);
    CHECK_ERRNO(set_uint(dev, BIOCSHDRCMPLT, 1), EPERM);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCPROMISC), EPERM);
    CHECK_ERRNO(set_uint(dev, BIOCSDIRECTION, BPF_D_IN), EPERM);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGSTATS, &stats), 0);
    CHECK_ERRNO(set_uint(dev, BIOCIMMEDIATE, 1), 0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCFLUSH), 0);
    bpfdev_close(dev);

    dev = open_device(0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCLOCK), 0);
    CHECK_ERRNO(bpfdev_attach(dev, "p2"), EPERM);
    bpfdev_close(dev);
    switch_stop();
}

/* What a DHCP client for /dev/bpf does before it gives up its rights: a read
 * filter, a write filter, a lock; then nothing but DHCP comes and goes. */
static void
test_dhcp_client(void)
{
    static struct bpf_insn to_client[] = {      /* udp dst port 68 */
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0800, 0, 8),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 0, 6),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 4, 0),
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 68, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    static struct bpf_insn to_server[] = {      /* udp dst port 67 */
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 0, 4),
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 67, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct bpf_program read_filter = { ARRAY_SIZE(to_client), to_client };
    struct bpf_program write_filter = { ARRAY_SIZE(to_server), to_server };
    uint8_t frame[60] = {
        [12] = 0x08, [14] = 0x45, [23] = 17, [35] = 68, [37] = 67,
    };
    struct bpf_version version;
    struct bpf_stat before, after;
    struct ifreq ifr;
    u_int length;

    start_with_port();
    struct bpfdev *dev = open_device(BPFDEV_NONBLOCK);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCVERSION, &version), 0);
    CHECK(version.bv_major == BPF_MAJOR_VERSION
          && version.bv_minor >= BPF_MINOR_VERSION);
    memset(&ifr, 0, sizeof ifr);
    strcpy(ifr.ifr_name, "p1");
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETIF, &ifr), 0);
    CHECK_ERRNO(set_uint(dev, BIOCIMMEDIATE, 1), 0);
    CHECK_ERRNO(set_uint(dev, BIOCSDIRECTION, BPF_D_IN), 0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGBLEN, &length), 0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETF, &read_filter), 0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETWF, &write_filter), 0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCLOCK), 0);

    /* Requests go, others do not, nor can the filters be changed. */
    CHECK_INT(bpfdev_write(dev, frame, sizeof frame), sizeof frame);
    frame[37] = 53;
    CHECK_ERRNO(bpfdev_write(dev, frame, sizeof frame), EPERM);
    frame[37] = 67;
    frame[23] = 6;
    CHECK_ERRNO(bpfdev_write(dev, frame, sizeof frame), EPERM);
    CHECK_ERRNO(bpfdev_write(dev, frame, 20), EPERM);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETWF, &read_filter), EPERM);

    /* Answers come, others do not. */
    frame[23] = 17;
    frame[35] = 67;
    frame[37] = 68;
    switch_feed_data("p1", BPF_DEV_IN, frame, sizeof frame, 1);
    frame[37] = 69;
    switch_feed_data("p1", BPF_DEV_IN, frame, sizeof frame, 2);
    CHECK_INT(n_readable(dev), RECORD(60));
    bpfdev_close(dev);

    /* What libpcap for FreeBSD does in pcap_setfilter(): what has been captured
     * and counted stays. */
    dev = open_device(BPFDEV_NONBLOCK);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETIF, &ifr), 0);
    CHECK_ERRNO(set_uint(dev, BIOCIMMEDIATE, 1), 0);
    switch_feed("p1", BPF_DEV_IN, 60, 3, 1);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGSTATS, &before), 0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCSETFNR, &read_filter), 0);
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGSTATS, &after), 0);
    CHECK_INT(before.bs_recv, 3);
    CHECK_INT(after.bs_recv, 3);
    switch_feed("p1", BPF_DEV_IN, 60, 1, 4);
    check_packets(dev, 1, 3);
    CHECK_INT(n_readable(dev), 0);
    bpfdev_close(dev);
    switch_stop();
}

/* Tests: lists and monitors
 * ========================= */

static void
test_list_ports(void)
{
    struct bpfdev_port *ports;
    size_t n;

    switch_start();
    struct bpfdev *dev = open_device(0);
    CHECK_ERRNO(bpfdev_list_ports(dev, &ports, &n), 0);
    CHECK_INT(n, 0);
    free(ports);

    for (int i = 0; i < 200; i++) {
        char name[32];

        snprintf(name, sizeof name, "p%03d", i);
        switch_set_port(i % 2 ? "br1" : "br0", name, i, 1500 + i,
                        BPF_DEV_DLT_EN10MB);
    }
    CHECK_ERRNO(bpfdev_attach(dev, "p007"), 0);
    CHECK_ERRNO(bpfdev_list_ports(dev, &ports, &n), 0);
    CHECK_INT(n, 200);
    for (int i = 0; i < 200; i++) {
        int number = i < 100 ? 2 * i : 2 * (i - 100) + 1;
        char name[32];

        snprintf(name, sizeof name, "p%03d", number);
        CHECK_STR(ports[i].name, name);
        CHECK_STR(ports[i].bridge, i < 100 ? "br0" : "br1");
        CHECK_STR(ports[i].type, "dummy");
        CHECK_INT(ports[i].dlt, DLT_EN10MB);
        CHECK_INT(ports[i].ofport, number);
        CHECK_INT(ports[i].mtu, 1500 + number);
        CHECK_INT(ports[i].speed, 10000000000);
        CHECK_INT(ports[i].addr_len, 6);
        CHECK_INT(ports[i].addr[5], number);
        CHECK_INT(ports[i].listeners, number == 7);
    }
    free(ports);
    bpfdev_close(dev);
    switch_stop();
}

static void
test_list_peers(void)
{
    struct bpfdev *devs[150];
    struct bpfdev_peer *peers;
    size_t n;

    start_with_port();
    for (size_t i = 0; i < ARRAY_SIZE(devs); i++) {
        devs[i] = open_device(i == 1 ? BPFDEV_RDONLY : 0);
    }
    CHECK_ERRNO(set_uint(devs[0], BIOCSBLEN, 4096), 0);
    CHECK_ERRNO(bpfdev_attach(devs[0], "p1"), 0);
    CHECK_ERRNO(bpfdev_ioctl(devs[0], BIOCPROMISC), 0);
    CHECK_ERRNO(set_uint(devs[0], BIOCIMMEDIATE, 1), 0);
    CHECK_ERRNO(set_uint(devs[0], BIOCSHDRCMPLT, 1), 0);
    CHECK_ERRNO(set_uint(devs[0], BIOCSFEEDBACK, 1), 0);
    CHECK_ERRNO(set_uint(devs[0], BIOCSSEESENT, 0), 0);
    CHECK_ERRNO(bpfdev_ioctl(devs[0], BIOCLOCK), 0);
    switch_feed("p1", BPF_DEV_IN, 1000, 5, 1);

    CHECK_ERRNO(bpfdev_list_peers(devs[2], &peers, &n), 0);
    CHECK_INT(n, ARRAY_SIZE(devs));
    CHECK_STR(peers[0].port, "p1");
    CHECK_INT(peers[0].pid, getpid());
    CHECK_INT(peers[0].uid, getuid());
    CHECK(strstr(peers[0].process, "test-bpfdev"));
    CHECK_INT(peers[0].state, BPFDEV_ATTACHED);
    CHECK_INT(peers[0].buffer_length, 4096);
    CHECK_INT(peers[0].n_buffers, 2);
    CHECK_INT(peers[0].direction, BPF_D_IN);
    CHECK_INT(peers[0].hold_bytes, 3 * RECORD(1000));
    CHECK_INT(peers[0].store_bytes, 2 * RECORD(1000));
    CHECK(peers[0].promisc && peers[0].immediate && peers[0].header_complete
          && peers[0].feedback && peers[0].locked);
    CHECK(!peers[0].see_sent && !peers[0].read_only);
    CHECK_INT(peers[0].stats.received, 5);
    CHECK_INT(peers[0].stats.captured, 5);
    CHECK_INT(peers[0].stats.dropped, 0);
    CHECK(peers[1].read_only);
    CHECK_INT(peers[1].state, BPFDEV_UNATTACHED);
    CHECK_STR(peers[1].port, "");
    for (size_t i = 1; i < n; i++) {
        CHECK(peers[i].id > peers[i - 1].id);
    }
    free(peers);

    switch_remove_port("p1");
    CHECK_ERRNO(bpfdev_list_peers(devs[2], &peers, &n), 0);
    CHECK_INT(peers[0].state, BPFDEV_DETACHED);
    CHECK_STR(peers[0].port, "p1");
    free(peers);
    for (size_t i = 0; i < ARRAY_SIZE(devs); i++) {
        bpfdev_close(devs[i]);
    }
    switch_stop();
}

/* Section 1: the owner is recorded, and updated as requests arrive. */
static void
test_owner(void)
{
    struct bpfdev_peer *peers;
    int status;
    size_t n;

    switch_start();
    struct bpfdev *dev = open_device(0);
    struct bpfdev *other = open_device(0);
    pid_t pid = fork();
    if (!pid) {
        _exit(bpfdev_ioctl(dev, BIOCFLUSH) ? 1 : 0);
    }
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK_INT(status, 0);
    CHECK_ERRNO(bpfdev_list_peers(other, &peers, &n), 0);
    CHECK_INT(n, 2);
    CHECK_INT(peers[0].pid, pid);
    CHECK_INT(peers[1].pid, getpid());
    free(peers);

    /* Back in the hands of the first. */
    CHECK_ERRNO(bpfdev_ioctl(dev, BIOCFLUSH), 0);
    CHECK_ERRNO(bpfdev_list_peers(other, &peers, &n), 0);
    CHECK_INT(peers[0].pid, getpid());
    free(peers);
    bpfdev_close(dev);
    bpfdev_close(other);
    switch_stop();
}

static void
test_monitor(void)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    struct bpfdev_port *ports;
    const void *buffer;
    size_t n;

    switch_start();
    struct bpfdev *monitor = bpfdev_monitor_open(SWITCH_SOCKET, 0, errbuf);
    CHECK(monitor != NULL);
    int fd = bpfdev_fd(monitor);

    CHECK(is_readable(fd));
    CHECK_ERRNO(bpfdev_list_ports(monitor, &ports, &n), 0);
    free(ports);
    CHECK(!is_readable(fd));
    for (int i = 0; i < 100; i++) {
        switch_add_port("p1");
        wait_until_readable(fd);
        CHECK_ERRNO(bpfdev_list_ports(monitor, &ports, &n), 0);
        CHECK_INT(n, 1);
        CHECK_STR(ports[0].name, "p1");
        free(ports);
        CHECK(!is_readable(fd));
        switch_remove_port("p1");
        wait_until_readable(fd);
        CHECK_ERRNO(bpfdev_list_ports(monitor, &ports, &n), 0);
        CHECK_INT(n, 0);
        free(ports);
        CHECK(!is_readable(fd));
    }

    /* It has no device. */
    CHECK_ERRNO(bpfdev_attach(monitor, "p1"), EINVAL);
    CHECK_ERRNO(bpfdev_next(monitor, &buffer), EINVAL);
    CHECK_ERRNO(bpfdev_write(monitor, errbuf, 60), EINVAL);
    CHECK_ERRNO(bpfdev_ioctl(monitor, BIOCFLUSH), EINVAL);

    switch_stop();
    wait_until_readable(fd);
    CHECK_ERRNO(bpfdev_list_ports(monitor, &ports, &n), ENXIO);
    bpfdev_close(monitor);
}

/* Tests: the connection
 * ===================== */

/* The daemon ends: every call fails, what waits is woken. */
static void
test_daemon_gone(void)
{
    struct reader reader;
    const void *buffer;
    u_int value;

    start_with_port();
    struct bpfdev *waiting = open_small(4096, 0);
    struct bpfdev *idle = open_attached("p1", 0);
    reader_start(&reader, waiting, 4096);
    switch_stop();
    reader_join(&reader, 0, ENXIO);
    CHECK(is_readable(bpfdev_fd(idle)));
    CHECK_ERRNO(bpfdev_next(idle, &buffer), ENXIO);
    CHECK_STR(bpfdev_strerror(idle), "read: the switch at " SWITCH_SOCKET
              " is gone, or has closed the connection");
    CHECK_ERRNO(bpfdev_ioctl(idle, BIOCGBLEN, &value), ENXIO);
    CHECK_ERRNO(bpfdev_write(idle, &value, 60), ENXIO);
    bpfdev_close(idle);
    bpfdev_close(waiting);
}

static void
check_cannot_open(const char *path, int error, const char *text)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];

    errno = 0;
    CHECK(!bpfdev_open(path, 0, errbuf));
    CHECK_INT(errno, error);
    CHECK_STR(errbuf, text);
    CHECK(!bpfdev_open(path, 0, NULL));
    CHECK_INT(errno, error);
}

/* Answers one HELLO as a daemon of version 99 does. */
static void *
version_99(void *listen_fd_)
{
    int *listen_fd = listen_fd_;

    for (int i = 0; i < 2; i++) {
        int fd = accept(*listen_fd, NULL, NULL);
        struct bpf_proto_header header;

        recv(fd, &header, sizeof header, 0);
        header.version = 99;
        header.type |= BPF_PROTO_REPLY;
        header.length = sizeof header;
        header.error = EPROTONOSUPPORT;
        send(fd, &header, sizeof header, MSG_NOSIGNAL | MSG_EOR);
        close(fd);
    }
    return NULL;
}

static int
listen_at(const char *path, int type)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, type, 0);

    ovs_strlcpy(sun.sun_path, path, sizeof sun.sun_path);
    CHECK_ERRNO(bind(fd, (struct sockaddr *) &sun, sizeof sun), 0);
    CHECK_ERRNO(listen(fd, 5), 0);
    return fd;
}

static void
test_open_errors(void)
{
    pthread_t thread;
    char path[200];

    check_cannot_open("nowhere/bpf.sock", ENOENT, "nowhere/bpf.sock: no "
                      "switch is running there: start ovs-vswitchd, or name "
                      "its run directory in OVS_RUNDIR");

    int fd = listen_at("stale", SOCK_SEQPACKET);
    close(fd);
    check_cannot_open("stale", ECONNREFUSED, "stale: no switch is running "
                      "there: start ovs-vswitchd, or name its run directory "
                      "in OVS_RUNDIR");

    fd = listen_at("stream", SOCK_STREAM);
    check_cannot_open("stream", EPROTOTYPE,
                      "stream: this is not the capture socket of a switch");
    close(fd);

    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    CHECK(!bpfdev_open(path, 0, NULL));
    CHECK_INT(errno, ENAMETOOLONG);
    CHECK(!bpfdev_open("x", 0x80, NULL));
    CHECK_INT(errno, EINVAL);

    fd = listen_at("version", SOCK_SEQPACKET);
    CHECK_INT(pthread_create(&thread, NULL, version_99, &fd), 0);
    check_cannot_open("version", EPROTONOSUPPORT, "version: the switch has "
                      "version 99 of the capture protocol, this program has "
                      "version 1: use those that belong together");
    pthread_join(thread, NULL);
    close(fd);
}

/* Ways for a daemon to answer wrongly. */
enum bad_answer {
    BAD_MAGIC, BAD_TYPE, BAD_SEQUENCE, BAD_LENGTH, NO_HEADER, BODY_TOO_SHORT,
    BODY_TOO_LONG, TEXT_TOO_LONG, LIST_TOO_LONG, NO_DESCRIPTOR, NO_ANSWER,
    N_BAD_ANSWERS
};

struct bad_daemon {
    int listen_fd;
    enum bad_answer bad;
};

/* Sends 'header' and 'size' bytes of body, with 'passed' unless that is -1. */
static void
send_answer(int fd, struct bpf_proto_header *header, size_t size, int passed)
{
    static uint8_t body[100000];
    uint64_t control[(CMSG_SPACE(sizeof passed) + 7) / 8] = { 0 };
    struct iovec iov[2] = {
        { header, sizeof *header }, { body, size }
    };
    struct msghdr mh = { .msg_iov = iov, .msg_iovlen = 2 };

    if (passed >= 0) {
        mh.msg_control = control;
        mh.msg_controllen = CMSG_SPACE(sizeof passed);
        struct cmsghdr *cmsg = CMSG_FIRSTHDR(&mh);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(sizeof passed);
        memcpy(CMSG_DATA(cmsg), &passed, sizeof passed);
    }
    header->type |= BPF_PROTO_REPLY;
    sendmsg(fd, &mh, MSG_NOSIGNAL | MSG_EOR);
}

/* Accepts one client, answers HELLO, and one more request in the wrong way. */
static void *
bad_daemon_main(void *daemon_)
{
    struct bad_daemon *daemon = daemon_;
    enum bad_answer bad = daemon->bad;
    struct bpf_proto_header header;
    size_t size = 4;

    int fd = accept(daemon->listen_fd, NULL, NULL);
    recv(fd, &header, sizeof header, 0);
    header.length = sizeof header + BPF_PROTO_SIZE_hello_reply;
    send_answer(fd, &header, BPF_PROTO_SIZE_hello_reply,
                bad == NO_DESCRIPTOR ? -1 : daemon->listen_fd);

    if (recv(fd, &header, sizeof header, 0) > 0 && bad != NO_ANSWER) {
        switch (bad) {
        case BAD_MAGIC: header.magic++; break;
        case BAD_TYPE: header.type++; break;
        case BAD_SEQUENCE: header.sequence++; break;
        case BODY_TOO_SHORT: size = 3; break;
        case BODY_TOO_LONG: size = 5; break;
        case TEXT_TOO_LONG: header.error = EINVAL; size = 201; break;
        case LIST_TOO_LONG: size = 90000; break;
        default: break;
        }
        header.length = sizeof header + size + (bad == BAD_LENGTH);
        if (bad == NO_HEADER) {
            send(fd, &header, 5, MSG_NOSIGNAL | MSG_EOR);
        } else {
            send_answer(fd, &header, size, -1);
        }
    }
    close(fd);
    return NULL;
}

/* A daemon that does not talk as it should counts as gone. */
static void
test_bad_answers(void)
{
    struct bad_daemon daemon;

    daemon.listen_fd = listen_at(SWITCH_SOCKET, SOCK_SEQPACKET);
    for (int bad = 0; bad < N_BAD_ANSWERS; bad++) {
        struct bpfdev_port *ports;
        pthread_t thread;
        u_int value;
        size_t n;

        daemon.bad = bad;
        CHECK_INT(pthread_create(&thread, NULL, bad_daemon_main, &daemon), 0);
        struct bpfdev *dev = bpfdev_open(SWITCH_SOCKET, 0, NULL);
        CHECK_INT(dev != NULL, bad != NO_DESCRIPTOR);
        if (dev) {
            if (bad == LIST_TOO_LONG) {
                CHECK_ERRNO(bpfdev_list_ports(dev, &ports, &n), ENXIO);
            } else {
                CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGBLEN, &value), ENXIO);
            }
            CHECK_ERRNO(bpfdev_ioctl(dev, BIOCGBLEN, &value), ENXIO);
            bpfdev_close(dev);
        }
        pthread_join(thread, NULL);
    }
    close(daemon.listen_fd);
}

/* Without a path the run directory is searched, which OVS_RUNDIR names. */
static void
test_default_path(void)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];

    switch_start();
    setenv("OVS_RUNDIR", ".", true);
    struct bpfdev *dev = bpfdev_open(NULL, 0, errbuf);
    CHECK(dev != NULL);
    CHECK_STR(bpfdev_path(dev), "./bpf.sock");
    bpfdev_close(dev);
    setenv("OVS_RUNDIR", "/nonexistent", true);
    CHECK(!bpfdev_open(NULL, 0, errbuf));
    CHECK_INT(errno, ENOENT);
    CHECK(strstr(errbuf, "/nonexistent/bpf.sock"));
    switch_stop();
}

/* Runs 'function' in a process of another user, if we may do that. */
static void
run_as_nobody(void (*function)(void))
{
    if (getuid()) {
        return;
    }

    pid_t pid = fork();
    if (!pid) {
        CHECK_ERRNO(setgid(65534), 0);
        CHECK_ERRNO(setuid(65534), 0);
        function();
        _exit(0);
    }
    int status;
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK_INT(status, 0);
}

static void
nobody_is_refused(void)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];

    CHECK(!bpfdev_open(SWITCH_SOCKET, 0, errbuf));
    CHECK_INT(errno, EACCES);
    CHECK_STR(errbuf, SWITCH_SOCKET ": no permission to capture: become root, "
              "or a member of the group that may use this socket");
}

static void
nobody_reads_only(void)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    struct bpfdev_peer *peers;
    uint8_t frame[60];
    size_t n;

    setenv("OVS_RUNDIR", ".", true);
    struct bpfdev *dev = bpfdev_open(NULL, BPFDEV_RDONLY, errbuf);
    CHECK(dev != NULL);
    CHECK_STR(bpfdev_path(dev), "./" SWITCH_RO_SOCKET);
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), 0);
    CHECK_ERRNO(bpfdev_write(dev, frame, sizeof frame), EBADF);
    CHECK_ERRNO(bpfdev_list_peers(dev, &peers, &n), EPERM);
    CHECK(strstr(bpfdev_strerror(dev), "only the superuser"));
    bpfdev_close(dev);
}

/* Permissions, and the read-only socket. */
static void
test_rights(void)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    uint8_t frame[60];
    struct stat s;

    ovs_strlcpy(switch_config.ro_socket.path, SWITCH_RO_SOCKET,
                sizeof switch_config.ro_socket.path);
    switch_config.ro_socket.mode = 0666;
    switch_config.ro_socket.group = getgid();
    CHECK_ERRNO(chmod(".", 0755), 0);
    start_with_port();
    CHECK_ERRNO(stat(SWITCH_SOCKET, &s), 0);
    CHECK_INT(s.st_mode & 07777, 0600);
    CHECK_ERRNO(stat(SWITCH_RO_SOCKET, &s), 0);
    CHECK_INT(s.st_mode & 07777, 0666);
    CHECK_INT(s.st_gid, getgid());

    /* Whoever comes in by that socket is read-only, asked for or not. */
    struct bpfdev *dev = bpfdev_open(SWITCH_RO_SOCKET, 0, errbuf);
    CHECK(dev != NULL);
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), 0);
    CHECK_ERRNO(bpfdev_write(dev, frame, sizeof frame), EBADF);
    bpfdev_close(dev);

    run_as_nobody(nobody_is_refused);
    run_as_nobody(nobody_reads_only);
    switch_stop();
}

/* A new configuration of the sockets, while clients are connected. */
static void
test_reconfigure(void)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    struct switch_resources before;
    struct stat s;

    start_with_port();
    switch_get_resources(&before);
    struct bpfdev *dev = open_attached("p1", BPFDEV_NONBLOCK);

    switch_config.socket.mode = 0660;
    CHECK(!bpf_server_reconfigure(&switch_config));
    CHECK_ERRNO(stat(SWITCH_SOCKET, &s), 0);
    CHECK_INT(s.st_mode & 07777, 0660);

    for (int i = 0; i < 10; i++) {
        snprintf(switch_config.socket.path, sizeof switch_config.socket.path,
                 "other%d.sock", i);
        CHECK(!bpf_server_reconfigure(&switch_config));
    }
    CHECK_ERRNO(stat(SWITCH_SOCKET, &s), ENOENT);
    CHECK_ERRNO(stat("other8.sock", &s), ENOENT);
    struct bpfdev *other = bpfdev_open("other9.sock", 0, errbuf);
    CHECK(other != NULL);
    bpfdev_close(other);

    /* One that cannot be had: all stays as it was. */
    strcpy(switch_config.socket.path, "no/such/directory.sock");
    char *why = bpf_server_reconfigure(&switch_config);
    CHECK(why && strstr(why, "no/such/directory.sock: "));
    free(why);
    other = bpfdev_open("other9.sock", 0, errbuf);
    CHECK(other != NULL);
    bpfdev_close(other);

    strcpy(switch_config.socket.path, SWITCH_SOCKET);
    CHECK(!bpf_server_reconfigure(&switch_config));
    switch_feed("p1", BPF_DEV_IN, 60, 1, 1);
    check_packets(dev, 1, 1);
    bpfdev_close(dev);
    switch_check_resources(&before);
    switch_check_serves("p1");
    switch_stop();
}

/* A second daemon on the same socket is refused, a socket that a crash left
 * behind is replaced, and what is no socket is left alone. */
static void
test_second_daemon(void)
{
    int started[2], status;
    char byte = 0, *why;

    CHECK_ERRNO(pipe(started), 0);
    pid_t pid = fork();
    if (!pid) {
        CHECK_INT(read(started[0], &byte, 1), 1);
        bpf_port_module_init();
        why = bpf_server_start(&switch_config);
        CHECK(why != NULL);
        CHECK_STR(why, SWITCH_SOCKET ": another switch serves this socket; "
                  "stop it or choose another run directory or "
                  "other_config:bpf-socket");
        free(why);
        exit(0);
    }
    start_with_port();
    CHECK_INT(write(started[1], &byte, 1), 1);
    CHECK_INT(waitpid(pid, &status, 0), pid);
    CHECK_INT(status, 0);
    switch_check_serves("p1");
    switch_stop();

    /* Another program's socket. */
    int fd = listen_at(SWITCH_SOCKET, SOCK_STREAM);
    bpf_port_module_init();
    why = bpf_server_start(&switch_config);
    CHECK(why != NULL);
    CHECK_STR(why, SWITCH_SOCKET ": another switch or program serves this "
              "socket; stop it or choose another run directory or "
              "other_config:bpf-socket");
    free(why);
    close(fd);

    /* Now that is stale. */
    CHECK(!bpf_server_start(&switch_config));
    bpf_server_stop();
    CHECK(bpf_server_wait_end(10000));

    fd = open(SWITCH_SOCKET, O_CREAT | O_WRONLY, 0600);
    close(fd);
    why = bpf_server_start(&switch_config);
    CHECK(why != NULL);
    CHECK_STR(why, SWITCH_SOCKET ": exists and is not a socket; remove it or "
              "choose another other_config:bpf-socket");
    free(why);
    CHECK_ERRNO(access(SWITCH_SOCKET, F_OK), 0);
    CHECK_ERRNO(unlink(SWITCH_SOCKET), 0);
}

/* The administrator's hand. */
static void
test_disconnect(void)
{
    struct bpfdev_peer *peers;
    struct reader reader;
    size_t n;

    start_with_port();
    struct bpfdev *dev = open_small(4096, 0);
    CHECK_ERRNO(bpfdev_list_peers(dev, &peers, &n), 0);
    reader_start(&reader, dev, 4096);
    CHECK(!bpf_client_disconnect(peers[0].id + 1));
    CHECK(bpf_client_disconnect(peers[0].id));
    reader_join(&reader, 0, ENXIO);
    free(peers);
    bpfdev_close(dev);
    switch_check_serves("p1");
    switch_stop();
}

/* Limits of memory: attaching fails, the device stays usable. */
static void
test_memory_limit(void)
{
    struct switch_resources before;

    switch_config.memory_max = 1 << 20;
    start_with_port();
    switch_get_resources(&before);
    struct bpfdev *dev = open_device(0);
    CHECK_ERRNO(set_uint(dev, BIOCSBLEN, 1 << 20), 0);
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), ENOMEM);
    CHECK_STR(bpfdev_strerror(dev), "p1: 0 of the switch's 1048576 bytes "
              "of buffers are in use (other_config:bpf-memory-max)");
    CHECK_ERRNO(set_uint(dev, BIOCSBLEN, 1 << 19), 0);
    CHECK_ERRNO(bpfdev_attach(dev, "p1"), 0);
    struct bpfdev *other = open_device(0);
    CHECK_ERRNO(bpfdev_attach(other, "p1"), ENOMEM);
    bpfdev_close(dev);
    switch_check_serves("p1");
    CHECK_ERRNO(bpfdev_attach(other, "p1"), 0);
    bpfdev_close(other);
    switch_check_resources(&before);
    switch_stop();
}

static const struct test tests[] = {
    { "first-packet", test_first_packet },
    { "open-limit", test_open_limit },
    { "interrupt", test_interrupt },
    { "dhcp-client", test_dhcp_client },
    { "no-answer", test_no_answer },
    { "defaults", test_defaults },
    { "requests", test_requests },
    { "blen", test_blen },
    { "bad-addresses", test_bad_addresses },
    { "short-timeout", test_short_timeout },
    { "long-names", test_long_names },
    { "dlt-raw", test_dlt_raw },
    { "records", test_records },
    { "nanoseconds", test_nanoseconds },
    { "rotation", test_rotation },
    { "exact-fill", test_exact_fill },
    { "oversize", test_oversize },
    { "snaplen", test_snaplen },
    { "filters", test_filters },
    { "direction", test_direction },
    { "more-buffers", test_more_buffers },
    { "zero-copy", test_zero_copy },
    { "read-size", test_read_size },
    { "regular-mode", test_regular_mode },
    { "immediate-mode", test_immediate_mode },
    { "nonblocking", test_nonblocking },
    { "read-timeout", test_read_timeout },
    { "interrupted", test_interrupted },
    { "concurrent", test_concurrent },
    { "busy-device", test_busy_device },
    { "port-gone", test_port_gone },
    { "port-gone-while-reading", test_port_gone_while_reading },
    { "readiness", test_readiness },
    { "wait-timeout", test_wait_timeout },
    { "write", test_write },
    { "write-frames", test_write_frames },
    { "read-only", test_read_only },
    { "write-filter-and-lock", test_write_filter_and_lock },
    { "list-ports", test_list_ports },
    { "list-peers", test_list_peers },
    { "owner", test_owner },
    { "monitor", test_monitor },
    { "daemon-gone", test_daemon_gone },
    { "open-errors", test_open_errors },
    { "bad-answers", test_bad_answers },
    { "default-path", test_default_path },
    { "rights", test_rights },
    { "reconfigure", test_reconfigure },
    { "second-daemon", test_second_daemon },
    { "disconnect", test_disconnect },
    { "memory-limit", test_memory_limit },
};

int
main(int argc, char *argv[])
{
    return run_tests(argc, argv, tests, sizeof tests / sizeof tests[0]);
}
