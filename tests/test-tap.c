/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * What keeps the frames that clients write from harming the switch: a port is
 * not rebuilt under a frame that is being sent to it, and frames that nobody
 * fetches do not stay.  See tap/tap-inject.c and tap/tap-feedback.c.  And the
 * numbers of packets, when a thread has used up its own. */

#include <config.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/bpf-port.h"
#include "dp-packet.h"
#include "dummy.h"
#include "netdev-provider.h"
#include "netdev.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "tap/tap-feedback.h"
#include "tap/tap-identity.h"
#include "tap/tap-inject.h"
#include "timeval.h"
#include "util.h"

#define CHECK_INT(EXPR, EXPECTED)                                       \
    do {                                                                \
        long long int got_ = (EXPR), expected_ = (EXPECTED);            \
                                                                        \
        if (got_ != expected_) {                                        \
            fprintf(stderr, "%s:%d: %s: expected %lld, got %lld\n",     \
                    __FILE__, __LINE__, #EXPR, expected_, got_);        \
            exit(EXIT_FAILURE);                                         \
        }                                                               \
    } while (0)

/* What happened, in order; guarded by 'mutex'. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static bool sending;            /* A frame is being sent. */
static bool waiting;            /* The main thread is about to wait for a
                                 * lock, in order to rebuild the port. */
static bool rebuilt;            /* It has rebuilt the port, ... */
static bool rebuilt_under_send; /* ...while a frame was being sent. */

/* Set for the main thread while it rebuilds. */
static __thread bool is_rebuilding;

static void
note(bool *what, bool value)
{
    pthread_mutex_lock(&mutex);
    *what = value;
    pthread_cond_broadcast(&cond);
    pthread_mutex_unlock(&mutex);
}

void __real_ovs_mutex_lock_at(const struct ovs_mutex *, const char *where);
void __wrap_ovs_mutex_lock_at(const struct ovs_mutex *, const char *where);

void
__wrap_ovs_mutex_lock_at(const struct ovs_mutex *lock, const char *where)
{
    if (is_rebuilding) {
        /* Only a mutex that somebody else has counts. */
        if (!ovs_mutex_trylock(lock)) {
            return;
        }
        note(&waiting, true);
    }
    __real_ovs_mutex_lock_at(lock, where);
}

/* A class of netdevs that take their time over sending.
 * ===================================================== */

static struct netdev *
slow_alloc(void)
{
    return xzalloc(sizeof(struct netdev));
}

static int
slow_construct(struct netdev *netdev OVS_UNUSED)
{
    return 0;
}

static void
slow_destruct(struct netdev *netdev OVS_UNUSED)
{
}

static void
slow_dealloc(struct netdev *netdev)
{
    free(netdev);
}

/* Does not end before the main thread either waits or has gone ahead. */
static int
slow_send(struct netdev *netdev OVS_UNUSED, int qid OVS_UNUSED,
          struct dp_packet_batch *batch, bool concurrent OVS_UNUSED)
{
    pthread_mutex_lock(&mutex);
    sending = true;
    pthread_cond_broadcast(&cond);
    while (!waiting && !rebuilt) {
        pthread_cond_wait(&cond, &mutex);
    }
    sending = false;
    pthread_mutex_unlock(&mutex);

    dp_packet_delete_batch(batch, true);
    return 0;
}

static int
slow_reconfigure(struct netdev *netdev OVS_UNUSED)
{
    pthread_mutex_lock(&mutex);
    rebuilt = true;
    rebuilt_under_send = sending;
    pthread_cond_broadcast(&cond);
    pthread_mutex_unlock(&mutex);
    return 0;
}

static const struct netdev_class slow_class = {
    .type = "slow",
    .alloc = slow_alloc,
    .construct = slow_construct,
    .destruct = slow_destruct,
    .dealloc = slow_dealloc,
    .send = slow_send,
    .reconfigure = slow_reconfigure,
};

static void *
write_frame(void *netdev_)
{
    const struct netdev *netdev = netdev_;
    static const uint8_t frame[60];

    CHECK_INT(tap_inject_ops.send(netdev_get_name(netdev), frame,
                                  sizeof frame, false), 0);
    return NULL;
}

static void
test_reconfigure(void)
{
    struct netdev *netdev;

    netdev_register_provider(&slow_class);
    CHECK_INT(netdev_open("slow0", "slow", &netdev), 0);
    pthread_t writer = ovs_thread_create("writer", write_frame, netdev);
    pthread_mutex_lock(&mutex);
    while (!sending) {
        pthread_cond_wait(&cond, &mutex);
    }
    pthread_mutex_unlock(&mutex);

    is_rebuilding = true;
    CHECK_INT(netdev_reconfigure(netdev), 0);
    is_rebuilding = false;

    xpthread_join(writer, NULL);
    CHECK_INT(rebuilt, true);
    CHECK_INT(rebuilt_under_send, false);
    netdev_close(netdev);
}

static struct dp_packet *
new_packet(void)
{
    struct dp_packet *packet = dp_packet_new(60);

    dp_packet_put_zeros(packet, 60);
    return packet;
}

/* Fills the queue of 'netdev'. */
static void
fill_queue(const struct netdev *netdev)
{
    for (size_t i = 0; i < TAP_FEEDBACK_MAX; i++) {
        CHECK_INT(tap_feedback_put(netdev, new_packet()), 0);
    }
    CHECK_INT(tap_feedback_put(netdev, new_packet()), ENOBUFS);
    CHECK_INT(tap_feedback_has_room(netdev), false);
    CHECK_INT(tap_feedback_pending(), true);
}

/* Frames for a port that nobody polls are gone after a while, and so is what
 * makes every thread that forwards look for them. */
static void
test_expire(void)
{
    long long int start = time_msec();
    struct netdev *netdev;

    tap_feedback_init();
    dummy_enable("");
    CHECK_INT(netdev_open("dummy0", "dummy", &netdev), 0);
    fill_queue(netdev);
    tap_feedback_run();
    if (time_msec() < start + 900) {
        CHECK_INT(tap_feedback_pending(), true);
    }
    while (tap_feedback_pending() && time_msec() < start + 20000) {
        poll(NULL, 0, 10);
        tap_feedback_run();
    }
    CHECK_INT(tap_feedback_pending(), false);
    CHECK_INT(tap_feedback_has_room(netdev), true);
    fill_queue(netdev);
    netdev_close(netdev);
    tap_feedback_exit();
    CHECK_INT(tap_feedback_pending(), false);
}

/* Numbers begin again without one that is 0, or another thread's, and without
 * one twice in a row. */
static void
test_identity(void)
{
    const uint64_t n = UINT64_C(1) << 40;
    uint64_t last = n - 2, others = n - 1;

    CHECK_INT(tap_identity_next(0, &last), n + n - 1);
    CHECK_INT(tap_identity_next(0, &last), n);
    CHECK_INT(tap_identity_next(0, &last), n + 1);
    CHECK_INT(tap_identity_next(1, &others), 2 * n);
    CHECK_INT(tap_identity_next(1, &others), 2 * n + 1);
}

int
main(int argc, char *argv[])
{
    set_program_name(argv[0]);
    if (argc == 2 && !strcmp(argv[1], "reconfigure")) {
        test_reconfigure();
    } else if (argc == 2 && !strcmp(argv[1], "expire")) {
        test_expire();
    } else if (argc == 2 && !strcmp(argv[1], "identity")) {
        test_identity();
    } else {
        fprintf(stderr, "usage: %s reconfigure|expire|identity\n", argv[0]);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
