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

/* Threads that may sleep, see the header.  A pool's mutex guards it. */

#include <config.h>

#include "bpf/bpf-pool.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bpf/bpf-passed.h"
#include "bpf/bpf-quota.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "timeval.h"
#include "util.h"

struct bpf_pool {
    const char *name;           /* Of its threads. */
    unsigned int max_threads;
    unsigned int max_ordinary;  /* Jobs of ordinary users that may run. */
    unsigned int max_per_user;  /* Jobs of one of them. */
    unsigned int rest;          /* How many times as long as a job took a
                                 * thread rests after it. */

    pthread_mutex_t mutex;
    pthread_cond_t cond;        /* Something was submitted. */
    struct ovs_list jobs;
    struct ovs_list running;    /* Of struct running. */
    unsigned int n_threads, n_idle;
    bool hurry;                 /* Delays are over. */
};

/* Longest rest, in milliseconds. */
#define MAX_REST 300

/* A job that a thread is at. */
struct running {
    struct ovs_list node;       /* In 'running' of the pool. */
    uid_t uid;
};

#define POOL_INITIALIZER(POOL, NAME, MAX, MAX_ORDINARY, MAX_PER_USER, REST) \
    {                                                   \
        .name = NAME,                                   \
        .max_threads = MAX,                             \
        .max_ordinary = MAX_ORDINARY,                   \
        .max_per_user = MAX_PER_USER,                   \
        .rest = REST,                                   \
        .mutex = PTHREAD_MUTEX_INITIALIZER,             \
        .cond = PTHREAD_COND_INITIALIZER,               \
        .jobs = OVS_LIST_INITIALIZER(&(POOL)->jobs),    \
        .running = OVS_LIST_INITIALIZER(&(POOL)->running), \
    }

struct bpf_pool bpf_memory_pool
    = POOL_INITIALIZER(&bpf_memory_pool, "bpf-memory", 1, 1, 1, 3);
struct bpf_pool bpf_close_pool
    = POOL_INITIALIZER(&bpf_close_pool, "bpf-close", 20, 16, 4, 0);

/* True if a thread of 'pool' may start with 'job' now: those who make it take
 * long must not keep others from having theirs done. */
static bool
job_may_run(const struct bpf_pool *pool, const struct bpf_job *job)
{
    unsigned int n_ordinary = 0, n_same = 0;
    const struct running *running;

    if (bpf_quota_is_privileged(job->uid)) {
        return true;
    }
    LIST_FOR_EACH (running, node, &pool->running) {
        n_ordinary += !bpf_quota_is_privileged(running->uid);
        n_same += running->uid == job->uid;
    }
    return n_ordinary < pool->max_ordinary && n_same < pool->max_per_user;
}

/* Takes the first job that is due, of a privileged user or of the others, out
 * of 'pool', NULL if there is none.  Reduces '*waitp' to how long it is until
 * another one is due, in milliseconds. */
static struct bpf_job *
pool_take(struct bpf_pool *pool, bool privileged, long long int *waitp)
{
    long long int now = time_msec();
    struct bpf_job *job;

    LIST_FOR_EACH (job, node, &pool->jobs) {
        if (bpf_quota_is_privileged(job->uid) != privileged
            || !job_may_run(pool, job)) {
            continue;           /* Another time. */
        } else if (job->not_before <= now || pool->hurry) {
            ovs_list_remove(&job->node);
            return job;
        }
        *waitp = MIN(*waitp, job->not_before - now);
    }
    return NULL;
}

/* Takes the next job for a thread of 'pool'. */
static struct bpf_job *
pool_next(struct bpf_pool *pool, long long int *waitp)
{
    *waitp = LLONG_MAX;

    struct bpf_job *job = pool_take(pool, true, waitp);
    return job ? job : pool_take(pool, false, waitp);
}

static void
pool_wait(struct bpf_pool *pool, long long int wait)
{
    struct timespec ts;

    pool->n_idle++;
    if (wait == LLONG_MAX) {
        pthread_cond_wait(&pool->cond, &pool->mutex);
    } else {
        clock_gettime(CLOCK_REALTIME, &ts);
        ts.tv_sec += wait / 1000;
        ts.tv_nsec += wait % 1000 * 1000 * 1000;
        if (ts.tv_nsec >= 1000 * 1000 * 1000) {
            ts.tv_sec++;
            ts.tv_nsec -= 1000 * 1000 * 1000;
        }
        pthread_cond_timedwait(&pool->cond, &pool->mutex, &ts);
    }
    pool->n_idle--;
}

/* Leaves the processor to others after a job that began at 'start', in
 * milliseconds: users may keep a thread busy, but not a processor. */
static void
pool_rest(struct bpf_pool *pool, long long int start)
{
    long long int now = time_msec();
    long long int end = now + MIN(pool->rest * (now - start), MAX_REST);

    while (now < end && !pool->hurry) {
        pool_wait(pool, end - now);
        now = time_msec();
    }
}

static void *
pool_main(void *pool_)
{
    struct bpf_pool *pool = pool_;

    /* For good: RCU must never wait for what happens here. */
    ovsrcu_quiesce_start();

    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        long long int wait;
        struct bpf_job *job = pool_next(pool, &wait);

        if (!job) {
            pool_wait(pool, wait);
            continue;
        }

        struct running running = { .uid = job->uid };
        long long int start = time_msec();
        ovs_list_push_back(&pool->running, &running.node);
        pthread_mutex_unlock(&pool->mutex);
        job->run(job);
        pthread_mutex_lock(&pool->mutex);
        ovs_list_remove(&running.node);
        pool_rest(pool, start);
    }
    OVS_NOT_REACHED();
}

void
bpf_pool_submit(struct bpf_pool *pool, struct bpf_job *job)
{
    bool start;

    pthread_mutex_lock(&pool->mutex);
    ovs_list_push_back(&pool->jobs, &job->node);
    start = !pool->n_idle && pool->n_threads < pool->max_threads;
    if (start) {
        pool->n_threads++;
    }
    pthread_cond_signal(&pool->cond);
    pthread_mutex_unlock(&pool->mutex);

    if (start) {
        pthread_detach(ovs_thread_create(pool->name, pool_main, pool));
    }
}

struct close_job {
    struct bpf_job job;
    int fd;
    unsigned int n_conns, n_fds;
};

static void
close_run(struct bpf_job *job_)
{
    struct close_job *job = CONTAINER_OF(job_, struct close_job, job);

    bpf_passed_close(job->fd);
    if (job->n_fds) {
        bpf_quota_give(job->job.uid, BPF_DESCRIPTORS, job->n_fds);
    }
    if (job->n_conns) {
        bpf_quota_give(job->job.uid, BPF_CONNECTIONS, job->n_conns);
    }
    free(job);
}

void
bpf_pool_close(int fd, uid_t uid, unsigned int n_conns, unsigned int n_fds)
{
    struct close_job *job = xmalloc(sizeof *job);

    *job = (struct close_job) {
        .job = { .run = close_run, .uid = uid },
        .fd = fd,
        .n_conns = n_conns,
        .n_fds = n_fds,
    };
    bpf_pool_submit(&bpf_close_pool, &job->job);
}

/* True if 'pool' has nothing to do.  Otherwise makes it do it. */
static bool
pool_is_done(struct bpf_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    bool done = (ovs_list_is_empty(&pool->jobs)
                 && ovs_list_is_empty(&pool->running));
    pool->hurry = !done;
    pthread_cond_broadcast(&pool->cond);
    pthread_mutex_unlock(&pool->mutex);
    return done;
}

bool
bpf_pool_drain(struct bpf_pool *pool, int ms)
{
    long long int deadline = time_msec() + ms;

    while (!pool_is_done(pool)) {
        if (time_msec() >= deadline) {
            return false;
        }
        poll(NULL, 0, 1);
    }
    return true;
}
