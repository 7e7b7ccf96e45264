/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Measures the provider's notifier and caches on a fake BSD kernel, with 10,
 * 1,000 and 10,000 interfaces, all of them open as netdevs:
 *
 *   - the cost of a routing message, from the socket to the cache of the
 *     device it is about, each about another device;
 *
 *   - the cost of values that are cached (MTU, flags, link address);
 *
 *   - a look at all interfaces, which is what follows a loss, and what a
 *     system needs now and then that loses messages in silence;
 *
 *   - how many messages per second the notifier takes from a thread that
 *     sends them at a steady rate, without one being lost.
 *
 * The first two should not depend on the number of interfaces.  Cost includes
 * what the fake kernel does for recv(), which is no more than a real one's.
 *
 * The main thread is the provider's, another one sends. */

#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "netdev.h"
#include "netdev/netdev-bsd.h"
#include "openvswitch/netdev.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-atomic.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "packets.h"
#include "timeval.h"
#include "util.h"

#include "host/host.h"
#include "tests/bsd/fake-kernel.h"

#define N_RUNS 5
#define N_GETS 1000000
#define BURST 200               /* Fits into the smallest receive buffer. */
#define N_BURSTS 20
#define RATE_MIN 10000
#define RATE_MAX 1280000
#define RATE_MSEC 300

/* Makes the compiler's hands be tied about values that are not used. */
static volatile int sink;

static long long int
now_nsec(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000LL * 1000 * 1000 + ts.tv_nsec;
}

static int
compare_doubles(const void *a_, const void *b_)
{
    const double *a = a_, *b = b_;

    return *a < *b ? -1 : *a > *b;
}

static double
median(double values[N_RUNS])
{
    qsort(values, N_RUNS, sizeof values[0], compare_doubles);
    return values[N_RUNS / 2];
}

/* The interfaces of one configuration. */
struct machine {
    int n;
    struct fk_if **ifps;
    struct netdev **netdevs;
};

static void
machine_start(struct machine *m, int n)
{
    m->n = n;
    m->ifps = xcalloc(n, sizeof *m->ifps);
    m->netdevs = xcalloc(n, sizeof *m->netdevs);
    for (int i = 0; i < n; i++) {
        char name[FK_NAME];
        int error;

        snprintf(name, sizeof name, "em%d", i);
        m->ifps[i] = fk_if_create(name);
        error = netdev_open(name, "system", &m->netdevs[i]);
        if (error) {
            ovs_fatal(error, "%s: cannot be opened", name);
        }
    }
}

static void
machine_stop(struct machine *m)
{
    for (int i = 0; i < m->n; i++) {
        netdev_close(m->netdevs[i]);
    }
    while (fk_if_first()) {
        fk_if_destroy(fk_if_first());
    }
    free(m->ifps);
    free(m->netdevs);
}

/* True if the notifier's socket has nothing left to read. */
static bool
is_drained(void)
{
    return !fk_n_queued();
}

static void
drain(void)
{
    while (!is_drained()) {
        netdev_run();
    }
    netdev_run();
}

/* Has a message sent about interface number 'i'.  (An MTU changes without one
 * on NetBSD.) */
static void
announce(const struct machine *m, long long int i)
{
    struct fk_if *ifp = m->ifps[i % m->n];

    fk_if_set_link(ifp, (ifp->link_state == FK_LINK_UP
                         ? FK_LINK_DOWN : FK_LINK_UP));
}

/* Nanoseconds that a message costs. */
static double
measure_message(const struct machine *m)
{
    long long int total = 0;

    drain();
    for (int burst = 0; burst < N_BURSTS; burst++) {
        long long int start;

        for (int i = 0; i < BURST; i++) {
            announce(m, burst * BURST + i);
        }
        ovs_assert(fk_n_queued() == BURST);
        start = now_nsec();
        drain();
        total += now_nsec() - start;
    }
    return (double) total / (N_BURSTS * BURST);
}

/* Nanoseconds that a cached value costs. */
static double
measure_get(const struct machine *m)
{
    long long int start;
    int mtu;

    /* Once for each, so that it is cached. */
    for (int i = 0; i < m->n; i++) {
        netdev_get_mtu(m->netdevs[i], &mtu);
    }
    start = now_nsec();
    for (int i = 0; i < N_GETS; i++) {
        netdev_get_mtu(m->netdevs[i % m->n], &mtu);
        sink += mtu;
    }
    return (double) (now_nsec() - start) / N_GETS;
}

static void
count_link(const struct host_link *link OVS_UNUSED, void *n_)
{
    int *n = n_;

    ++*n;
}

/* Microseconds that a look at all interfaces takes. */
static double
measure_dump(const struct machine *m)
{
    long long int start = now_nsec();
    int n = 0;

    host_link_dump(count_link, &n);
    ovs_assert(n == m->n);
    return (now_nsec() - start) / 1000.0;
}

/* A thread that sends messages at a steady rate. */
struct sender {
    const struct machine *machine;
    int rate;                   /* Messages per second. */
    atomic_bool done;
};

static void *
send_messages(void *sender_)
{
    struct sender *sender = sender_;
    const struct machine *m = sender->machine;
    long long int total = (long long int) sender->rate * RATE_MSEC / 1000;
    long long int start = now_nsec();

    for (long long int sent = 0; sent < total; ) {
        long long int due = (now_nsec() - start) * sender->rate / 1000000000;

        for (; sent < MIN(due, total); sent++) {
            announce(m, sent);
        }
        xnanosleep(50 * 1000);
    }
    atomic_store(&sender->done, true);
    return NULL;
}

/* True if nothing is lost of 'rate' messages per second. */
static bool
sustains(const struct machine *m, int rate)
{
    struct sender sender = { .machine = m, .rate = rate };
    unsigned long long int lost = fk_n_lost();
    pthread_t thread;
    bool done = false;

    drain();
    atomic_init(&sender.done, false);
    thread = ovs_thread_create("sender", send_messages, &sender);
    while (!done) {
        netdev_run();
        netdev_wait();
        poll_timer_wait(10);
        poll_block();
        atomic_read(&sender.done, &done);
    }
    xpthread_join(thread, NULL);
    drain();
    return fk_n_lost() == lost;
}

static int
find_rate(const struct machine *m)
{
    int best = 0;

    for (int rate = RATE_MIN; rate <= RATE_MAX; rate *= 2) {
        if (!sustains(m, rate)) {
            break;
        }
        best = rate;
    }
    return best;
}

int
main(int argc OVS_UNUSED, char *argv[])
{
    static const int sizes[] = { 10, 1000, 10000 };

    set_program_name(argv[0]);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    if (netdev_bsd_register()) {
        ovs_fatal(0, "cannot register the provider");
    }

    printf("Notifier and caches on a fake %s kernel"
           " (medians of %d runs)\n", host_system(), N_RUNS);
    printf("%10s %14s %11s %15s %21s\n", "interfaces", "ns per message",
           "ns per get", "us per look", "messages/s, no loss");
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        double messages[N_RUNS], gets[N_RUNS], dumps[N_RUNS];
        struct machine m;
        int rate;

        machine_start(&m, sizes[i]);
        for (int run = 0; run < N_RUNS; run++) {
            messages[run] = measure_message(&m);
            gets[run] = measure_get(&m);
            dumps[run] = measure_dump(&m);
        }
        rate = find_rate(&m);
        printf("%10d %14.0f %11.1f %15.0f %15s%d\n", sizes[i],
               median(messages), median(gets), median(dumps),
               rate == RATE_MAX ? ">= " : "", rate);
        fflush(stdout);
        machine_stop(&m);
        drain();
    }
    return 0;
}
