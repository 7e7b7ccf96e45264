/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 */

/* A capture client for tests: opens one device, does what the options say in
 * a fixed order, and prints what happens, one line for each event.
 *
 *     bpf-probe [OPTION]... PORT
 *
 * opens, sets options, attaches to PORT, writes frames, reads packets.  A line
 * for each packet: direction, captured and original length, bytes in
 * hexadecimal.  Says "ready" on stderr as soon as it captures.  The exit status is 0 if everything that was asked for
 * happened. */

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpfdev/bpfdev.h"

#define MAX_FRAMES 64
#define MAX_FRAME_SIZE 65536

struct options {
    const char *socket;         /* -S: path, NULL for the default. */
    bool read_only;             /* -R. */
    const char *filter;         /* -f. */
    unsigned int snaplen;       /* -s. */
    unsigned int direction;     /* -Q in, out or inout. */
    bool feedback;              /* -F. */
    bool header_complete;       /* -H. */
    unsigned int n_packets;     /* -n: packets to wait for. */
    bool until_gone;            /* -g: wait until the port has gone. */
    unsigned int buffer_length; /* -B: bytes, 0 for the default. */
    const char *frames[MAX_FRAMES]; /* -w: in hexadecimal. */
    size_t n_frames;
    const char *port;
};

static void
fail(const char *what, const char *why)
{
    fprintf(stderr, "bpf-probe: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void
check(struct bpfdev *dev, const char *what, int status)
{
    if (status < 0) {
        fail(what, bpfdev_strerror(dev));
    }
}

static void
set_value(struct bpfdev *dev, const char *what, unsigned long int request,
          unsigned int value)
{
    check(dev, what, bpfdev_ioctl(dev, request, &value));
}

static unsigned int
parse_direction(const char *s)
{
    return (!strcmp(s, "in") ? BPF_D_IN
            : !strcmp(s, "out") ? BPF_D_OUT
            : BPF_D_INOUT);
}

static void
parse_options(int argc, char *argv[], struct options *o)
{
    int c;

    memset(o, 0, sizeof *o);
    o->snaplen = 65535;
    o->direction = BPF_D_INOUT;
    while ((c = getopt(argc, argv, "B:FHQ:RS:f:gn:s:w:")) != -1) {
        switch (c) {
        case 'B':
            o->buffer_length = atoi(optarg);
            break;
        case 'F':
            o->feedback = true;
            break;
        case 'H':
            o->header_complete = true;
            break;
        case 'Q':
            o->direction = parse_direction(optarg);
            break;
        case 'R':
            o->read_only = true;
            break;
        case 'S':
            o->socket = optarg;
            break;
        case 'f':
            o->filter = optarg;
            break;
        case 'g':
            o->until_gone = true;
            break;
        case 'n':
            o->n_packets = atoi(optarg);
            break;
        case 's':
            o->snaplen = atoi(optarg);
            break;
        case 'w':
            if (o->n_frames < MAX_FRAMES) {
                o->frames[o->n_frames++] = optarg;
            }
            break;
        default:
            exit(EXIT_FAILURE);
        }
    }
    if (argc - optind != 1) {
        fail("usage", "bpf-probe [OPTION]... PORT");
    }
    o->port = argv[optind];
}

static struct bpfdev *
open_device(const struct options *o)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    struct bpfdev *dev = bpfdev_open(o->socket,
                                     o->read_only ? BPFDEV_RDONLY : 0, errbuf);

    if (!dev) {
        fail("open", errbuf);
    }
    return dev;
}

static void
configure(struct bpfdev *dev, const struct options *o)
{
    set_value(dev, "immediate", BIOCIMMEDIATE, 1);
    set_value(dev, "direction", BIOCSDIRECTION, o->direction);
    if (o->buffer_length) {
        set_value(dev, "buffer length", BIOCSBLEN, o->buffer_length);
    }
    if (o->feedback) {
        set_value(dev, "feedback", BIOCSFEEDBACK, 1);
    }
    if (o->header_complete) {
        set_value(dev, "header complete", BIOCSHDRCMPLT, 1);
    }
    check(dev, "attach", bpfdev_attach(dev, o->port));
    if (o->filter) {
        check(dev, "filter",
              bpfdev_set_filter_expr(dev, o->filter, o->snaplen, true));
    }
    fprintf(stderr, "ready\n");
}

static size_t
parse_hex(const char *hex, uint8_t frame[MAX_FRAME_SIZE])
{
    size_t n = 0;
    unsigned int byte;

    while (n < MAX_FRAME_SIZE && sscanf(&hex[2 * n], "%2x", &byte) == 1) {
        frame[n++] = byte;
    }
    return n;
}

static void
write_frames(struct bpfdev *dev, const struct options *o)
{
    static uint8_t frame[MAX_FRAME_SIZE];

    for (size_t i = 0; i < o->n_frames; i++) {
        size_t size = parse_hex(o->frames[i], frame);
        ssize_t n = bpfdev_write(dev, frame, size);

        if (n < 0) {
            printf("write: %s\n", strerror(errno));
        } else {
            printf("write: %zu of %zu\n", (size_t) n, size);
        }
        fflush(stdout);
    }
}

static void
print_packet(const struct bpfdev_packet *packet)
{
    printf("%s %u/%u ", packet->direction == BPFDEV_DIR_IN ? "in" : "out",
           packet->caplen, packet->len);
    for (uint32_t i = 0; i < packet->caplen; i++) {
        printf("%02x", packet->data[i]);
    }
    putchar('\n');
}

/* Prints up to 'max' of the packets in the next buffer.  Returns the number,
 * or -1 if the port has gone. */
static int
read_packets(struct bpfdev *dev, unsigned int max)
{
    struct bpfdev_packet packet;
    unsigned int n_packets = 0;
    const void *buffer;
    size_t offset = 0;
    ssize_t n;

    n = bpfdev_next(dev, &buffer);
    if (n < 0) {
        if (errno != EIO) {
            fail("read", bpfdev_strerror(dev));
        }
        printf("gone\n");
        return -1;
    }
    while (n_packets < max && bpfdev_walk(dev, buffer, n, &offset, &packet)) {
        print_packet(&packet);
        n_packets++;
    }
    fflush(stdout);
    return n_packets;
}

int
main(int argc, char *argv[])
{
    unsigned int n_packets = 0;
    struct bpfdev *dev;
    struct options o;
    int n = 0;

    parse_options(argc, argv, &o);
    dev = open_device(&o);
    configure(dev, &o);
    write_frames(dev, &o);
    while (n >= 0 && (o.until_gone || n_packets < o.n_packets)) {
        n = read_packets(dev, o.until_gone ? UINT32_MAX
                              : o.n_packets - n_packets);
        n_packets += n < 0 ? 0 : n;
    }
    bpfdev_close(dev);
    return n < 0 && !o.until_gone ? EXIT_FAILURE : EXIT_SUCCESS;
}
