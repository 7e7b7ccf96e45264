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


/* Prints the first packets that match a filter on a port of the switch, one
 * line each.  This is the example of bpfdev(3), which shows what follows. */

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <bpfdev.h>

static const char *
direction(const struct bpfdev_packet *packet)
{
    return (packet->direction == BPFDEV_DIR_IN ? "in"
            : packet->direction == BPFDEV_DIR_OUT ? "out"
            : "?");
}

/* Prints a packet: time, direction, length, the first bytes. */
static void
print_packet(const struct bpfdev_packet *packet)
{
    printf("%lld.%09ld %s %u bytes:", (long long int) packet->ts.tv_sec,
           packet->ts.tv_nsec, direction(packet), packet->len);
    for (unsigned int i = 0; i < packet->caplen && i < 20; i++) {
        printf(" %02x", packet->data[i]);
    }
    putchar('\n');
}

/* Opens a device on 'port' that sees what matches 'expression'. */
static struct bpfdev *
open_port(const char *port, const char *expression)
{
    unsigned int nanoseconds = BPF_T_NANOTIME, on = 1;
    char errbuf[BPFDEV_ERRBUF_SIZE];
    struct bpfdev *dev;

    dev = bpfdev_open(NULL, BPFDEV_RDONLY, errbuf);
    if (!dev) {
        errx(1, "%s", errbuf);
    }
    if (bpfdev_ioctl(dev, BIOCSTSTAMP, &nanoseconds)
        || bpfdev_attach(dev, port)
        || bpfdev_set_filter_expr(dev, expression, 65535, true)
        || bpfdev_ioctl(dev, BIOCIMMEDIATE, &on)) {
        errx(1, "%s", bpfdev_strerror(dev));
    }
    return dev;
}

/* Prints the packets of one buffer, at most 'max'.  Returns how many. */
static int
print_buffer(struct bpfdev *dev, int max)
{
    struct bpfdev_packet packet;
    const void *buffer;
    size_t offset = 0;
    int n = 0;

    ssize_t size = bpfdev_next(dev, &buffer);
    if (size < 0) {
        if (errno == EINTR) {
            return 0;
        }
        errx(1, "%s", bpfdev_strerror(dev));
    }
    while (n < max && bpfdev_walk(dev, buffer, size, &offset, &packet)) {
        print_packet(&packet);
        n++;
    }
    bpfdev_release(dev);
    fflush(stdout);
    return n;
}

int
main(int argc, char *argv[])
{
    struct bpfdev_stats stats;
    struct bpfdev *dev;
    int left;

    if (argc != 4) {
        errx(2, "usage: %s PORT COUNT EXPRESSION", argv[0]);
    }
    dev = open_port(argv[1], argv[3]);
    for (left = atoi(argv[2]); left > 0; ) {
        left -= print_buffer(dev, left);
    }
    if (bpfdev_stats(dev, &stats)) {
        errx(1, "%s", bpfdev_strerror(dev));
    }
    printf("%llu received, %llu matched, %llu lost\n",
           (unsigned long long int) stats.received,
           (unsigned long long int) stats.captured,
           (unsigned long long int) stats.dropped);
    bpfdev_close(dev);
    return 0;
}
