/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Chores: see netdev-chore.h.
 *
 * 'mutex', which is innermost, guards the list of chores and the state of each
 * growth.  No call of the host file is made with it held. */

#include <config.h>

#include "netdev/netdev-chore.h"

#include "host/host.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/thread.h"
#include "openvswitch/util.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "seq.h"
#include "util.h"

static struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;
static pthread_cond_t given = PTHREAD_COND_INITIALIZER;
static struct ovs_list chores OVS_GUARDED_BY(mutex)
    = OVS_LIST_INITIALIZER(&chores);

struct chore {
    struct ovs_list node;       /* In 'chores'. */
    void (*run)(struct chore *); /* Frees the chore, if that is due. */
};

/* Changes whenever a growth is over. */
static struct seq *
get_seq(void)
{
    static struct ovsthread_once once = OVSTHREAD_ONCE_INITIALIZER;
    static struct seq *seq;

    if (ovsthread_once_start(&once)) {
        seq = seq_create();
        ovsthread_once_done(&once);
    }
    return seq;
}

static struct chore *
next_chore(void)
{
    struct ovs_list *node;

    ovs_mutex_lock(&mutex);
    while (ovs_list_is_empty(&chores)) {
        ovsrcu_quiesce_start();
        ovs_mutex_cond_wait(&given, &mutex);
        ovsrcu_quiesce_end();
    }
    node = ovs_list_pop_front(&chores);
    ovs_mutex_unlock(&mutex);
    return CONTAINER_OF(node, struct chore, node);
}

static void *
chore_main(void *unused OVS_UNUSED)
{
    for (;;) {
        struct chore *chore = next_chore();

        ovsrcu_quiesce_start();
        chore->run(chore);
        ovsrcu_quiesce_end();
    }
    return NULL;
}

static void
give(struct chore *chore, void (*run)(struct chore *))
{
    static struct ovsthread_once once = OVSTHREAD_ONCE_INITIALIZER;

    if (ovsthread_once_start(&once)) {
        ovs_thread_create("netdev_chores", chore_main, NULL);
        ovsthread_once_done(&once);
    }
    chore->run = run;
    ovs_mutex_lock(&mutex);
    ovs_list_push_back(&chores, &chore->node);
    xpthread_cond_signal(&given);
    ovs_mutex_unlock(&mutex);
}

/* Closing. */

struct closing {
    struct chore up;
    struct host_rx *rx;         /* NULL to close nothing of the kind. */
    struct host_tx *tx;
};

static void
close_handles(struct chore *chore)
{
    struct closing *closing = CONTAINER_OF(chore, struct closing, up);

    host_rx_close(closing->rx);
    host_tx_close(closing->tx);
    free(closing);
}

static void
close_soon(struct host_rx *rx, struct host_tx *tx)
{
    if (rx || tx) {
        struct closing *closing = xzalloc(sizeof *closing);

        closing->rx = rx;
        closing->tx = tx;
        give(&closing->up, close_handles);
    }
}

void
nb_chore_close_rx(struct host_rx *rx)
{
    if (rx) {
        host_rx_quiet(rx);
    }
    close_soon(rx, NULL);
}

void
nb_chore_close_tx(struct host_tx *tx)
{
    close_soon(NULL, tx);
}

/* Events. */

struct event {
    struct chore up;
    void (*run)(const struct host_event *);
    struct host_event event;
};

static void
run_event(struct chore *chore)
{
    struct event *event = CONTAINER_OF(chore, struct event, up);

    event->run(&event->event);
    free(event);
}

void
nb_chore_event(void (*run)(const struct host_event *),
               const struct host_event *event_)
{
    struct event *event = xmalloc(sizeof *event);

    event->run = run;
    event->event = *event_;
    give(&event->up, run_event);
}

/* Growing. */

struct nb_growth {
    struct chore up;
    struct host_rx *old;        /* Constant. */

    /* Guarded by 'mutex'. */
    bool abandoned;             /* Nobody waits for it any more. */
    bool over;
    struct host_rx *new;        /* NULL until then, or if it failed. */
    int error;
};

static void
grow(struct chore *chore)
{
    struct nb_growth *growth = CONTAINER_OF(chore, struct nb_growth, up);
    struct host_rx *new;
    int error = host_rx_grow(growth->old, &new);
    bool abandoned;

    ovs_mutex_lock(&mutex);
    growth->over = true;
    growth->new = new;
    growth->error = error;
    abandoned = growth->abandoned;
    ovs_mutex_unlock(&mutex);

    if (abandoned) {
        host_rx_close(growth->old);
        host_rx_close(new);
        free(growth);
    } else {
        seq_change(get_seq());
    }
}

struct nb_growth *
nb_growth_start(struct host_rx *rx)
{
    struct nb_growth *growth = xzalloc(sizeof *growth);

    growth->old = rx;
    give(&growth->up, grow);
    return growth;
}

bool
nb_growth_is_over(const struct nb_growth *growth)
{
    bool over;

    ovs_mutex_lock(&mutex);
    over = growth->over;
    ovs_mutex_unlock(&mutex);
    return over;
}

struct host_rx *
nb_growth_finish(struct nb_growth *growth, int *error)
{
    struct host_rx *new = growth->new;

    *error = growth->error;
    free(growth);
    return new;
}

void
nb_growth_abandon(struct nb_growth *growth)
{
    bool over;

    ovs_mutex_lock(&mutex);
    growth->abandoned = true;
    over = growth->over;
    ovs_mutex_unlock(&mutex);

    if (over) {
        nb_chore_close_rx(growth->old);
        nb_chore_close_rx(growth->new);
        free(growth);
    }
}

void
nb_growth_wait(const struct nb_growth *growth)
{
    uint64_t seqno = seq_read(get_seq());

    if (nb_growth_is_over(growth)) {
        poll_immediate_wake();
    } else {
        seq_wait(get_seq(), seqno);
    }
}
