/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Receive handles that take each other's place on Linux while frames come.
 *
 *     test-host-grow FROM TO TIMES
 *
 * Sends numbered frames out of the interface FROM, which is wired to TO, and
 * receives them there, while the handle is replaced TIMES times.  Prints how
 * often that went well.  A frame that is missing, comes twice or comes out of
 * order ends the program with an error.
 *
 * Three threads: one sends, one lets handles grow, and the main thread
 * receives.  They share the atomic counters, and under 'mutex' the handle that
 * is to take over. */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "host/host.h"

/* Frames that may be under way, few enough for the smallest buffer. */
#define WINDOW 100

/* Frames of every kind: short, of full size, and longer than a slot of a ring,
 * as if the MTU had grown. */
static const size_t sizes[] = { 60, 1514, 60, 5000 };

static const char *from;
static atomic_uint n_sent, n_received;
static atomic_bool enough;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct host_rx *growing;     /* Is to grow, or NULL. */
static struct host_rx *grown;       /* Is to take over, or NULL. */
static int grow_error;

static void
fail(const char *what, int error)
{
    printf("%s: %s\n", what, strerror(error));
    exit(EXIT_FAILURE);
}

static void *
send_frames(void *unused)
{
    struct sockaddr_ll sll = { .sll_family = AF_PACKET,
                               .sll_ifindex = if_nametoindex(from) };
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    uint8_t frame[5000] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 };

    while (!enough) {
        unsigned int n = n_sent;

        if (n - n_received >= WINDOW) {
            sched_yield();
            continue;
        }
        memcpy(&frame[14], &n, sizeof n);
        if (sendto(fd, frame, sizes[n % 4], 0, (struct sockaddr *) &sll,
                   sizeof sll) < 0) {
            fail("send", errno);
        }
        n_sent = n + 1;
    }
    close(fd);
    return unused;
}

static void *
let_grow(void *unused)
{
    while (!enough) {
        struct host_rx *old, *new;
        int error;

        pthread_mutex_lock(&mutex);
        old = growing;
        pthread_mutex_unlock(&mutex);
        if (!old) {
            usleep(100);
            continue;
        }
        error = host_rx_grow(old, &new);
        pthread_mutex_lock(&mutex);
        growing = NULL;
        grown = new;
        grow_error = error;
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

static bool
check_frame(const struct host_frame *frame, void *unused)
{
    unsigned int n;

    (void) unused;
    if (frame->len < 18 || memcmp((const char *) frame->data + 12,
                                  "\x88\xb5", 2)) {
        return true;
    }
    memcpy(&n, (const char *) frame->data + 14, sizeof n);
    if (n != n_received || frame->len != sizes[n % 4]
        || !frame->meta.time_ns) {
        printf("got frame %u of %zu bytes, expected frame %u of %zu\n",
               n, frame->len, n_received, sizes[n_received % 4]);
        exit(EXIT_FAILURE);
    }
    n_received++;
    return true;
}

/* Takes the handle that is to take over, if there is one. */
static struct host_rx *
take_grown(void)
{
    struct host_rx *new;

    pthread_mutex_lock(&mutex);
    if (!growing && grow_error) {
        fail("grow", grow_error);
    }
    new = grown;
    pthread_mutex_unlock(&mutex);
    return new;
}

/* Receives until 'rx' is empty or 'n' more frames have come. */
static void
receive(struct host_rx *rx, unsigned int n)
{
    unsigned int end = n_received + n;
    unsigned int before;

    do {
        before = n_received;
        int error = host_rx_recv(rx, 32, check_frame, NULL);
        if (error) {
            fail("receive", error);
        }
    } while (n_received != before && (int) (n_received - end) < 0);
}

/* Replaces 'rx' once, with frames before, meanwhile and after it. */
static struct host_rx *
replace(struct host_rx *rx)
{
    unsigned int start = n_received;
    struct host_rx *new;
    bool final;

    while (n_received - start < 1000) {
        receive(rx, 1000);
    }
    pthread_mutex_lock(&mutex);
    growing = rx;
    pthread_mutex_unlock(&mutex);
    do {
        unsigned int before = n_received;

        new = take_grown();
        receive(rx, 1000);
        final = new && n_received == before;
    } while (!final);
    pthread_mutex_lock(&mutex);
    grown = NULL;
    pthread_mutex_unlock(&mutex);
    host_rx_close(rx);
    return new;
}

int
main(int argc, char *argv[])
{
    struct host_rx_config config = { .max_frame = 1522, .n_queues = 1 };
    pthread_t sender, grower;
    struct host_rx *rx;
    int times;
    int error;

    if (argc != 4) {
        fprintf(stderr, "usage: %s FROM TO TIMES\n", argv[0]);
        return EXIT_FAILURE;
    }
    from = argv[1];
    times = atoi(argv[3]);
    error = host_rx_open(argv[2], &config, &rx);
    if (error) {
        fail("open", error);
    }
    pthread_create(&sender, NULL, send_frames, NULL);
    pthread_create(&grower, NULL, let_grow, NULL);
    for (int i = 0; i < times; i++) {
        rx = replace(rx);
    }
    receive(rx, 1000);
    printf("%d replaced, %ju lost\n", times, (uintmax_t) host_rx_drops(rx));
    enough = true;
    pthread_join(sender, NULL);
    pthread_join(grower, NULL);
    host_rx_close(rx);
    return EXIT_SUCCESS;
}
