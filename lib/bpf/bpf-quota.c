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

/* What clients may use, see the header.
 *
 * 'quota_mutex' guards everything.  It is taken last. */

#include <config.h>

#include "bpf/bpf-quota.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bpf/bpf-config.h"
#include "hash.h"
#include "openvswitch/hmap.h"
#include "ovs-thread.h"
#include "timeval.h"
#include "util.h"

const struct bpf_resource_info bpf_resources[BPF_N_RESOURCES] = {
    [BPF_CONNECTIONS] = { "connections", "bpf-connections-max",
                          "bpf-user-connections-max" },
    [BPF_MONITORS] = { "monitors", "bpf-monitors-max",
                       "bpf-user-monitors-max" },
    [BPF_DEVICES] = { "devices", "bpf-devices-max", "bpf-user-devices-max" },
    [BPF_MEMORY] = { "bytes of buffers", "bpf-memory-max",
                     "bpf-user-memory-max" },
    [BPF_DESCRIPTORS] = { "descriptors", "bpf-descriptors-max", NULL },
};

/* Requests that may be made: how many are left as of 'as_of', in
 * time_msec(). */
struct bucket {
    long long int left;
    long long int as_of;
};

/* Something that is counted by the second, which is one of time_msec(). */
struct rate {
    long long int second;
    uint64_t n;                 /* In 'second', so far. */
    uint64_t before;            /* In the one before. */
};

/* Someone who uses something, or asked for something a moment ago. */
struct user {
    struct hmap_node node;      /* In 'users', by hash of 'uid'. */
    uid_t uid;
    uint64_t used[BPF_N_RESOURCES];
    struct bucket requests;
    struct rate n_requests;
    struct rate ns_spent;
};

static struct ovs_mutex quota_mutex = OVS_MUTEX_INITIALIZER;
static struct hmap users OVS_GUARDED_BY(quota_mutex)
    = HMAP_INITIALIZER(&users);
static uint64_t totals[BPF_N_RESOURCES] OVS_GUARDED_BY(quota_mutex);

/* Of all ordinary users. */
static struct bucket total_requests OVS_GUARDED_BY(quota_mutex);

/* Threads that spent time on ordinary users. */
static struct rate n_threads OVS_GUARDED_BY(quota_mutex);

bool
bpf_quota_is_privileged(uid_t uid)
{
    return uid == 0 || uid == geteuid();
}

/* Rates
 * ===== */

static long long int
this_second(void)
{
    return time_msec() / 1000;
}

static void
rate_add(struct rate *rate, long long int second, uint64_t n)
{
    if (second != rate->second) {
        rate->before = second == rate->second + 1 ? rate->n : 0;
        rate->n = 0;
        rate->second = second;
    }
    rate->n += n;
}

/* Returns how many there were in the second before 'second', which is now. */
static uint64_t
rate_get(const struct rate *rate, long long int second)
{
    return (second == rate->second ? rate->before
            : second == rate->second + 1 ? rate->n
            : 0);
}

/* Limits
 * ====== */

/* Descriptors: never more than half of what the process may have, so that the
 * other half is the switch's. */
static uint64_t
descriptors_max(const struct bpf_config *config)
{
    struct rlimit r;

    return (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur == RLIM_INFINITY
            ? config->descriptors_max
            : MIN(config->descriptors_max, r.rlim_cur / 2));
}

uint64_t
bpf_quota_total_max(enum bpf_resource resource)
{
    const struct bpf_config *config = bpf_config_get();

    switch (resource) {
    case BPF_CONNECTIONS:
        return config->connections_max;
    case BPF_MONITORS:
        return config->monitors_max;
    case BPF_DEVICES:
        return config->devices_max;
    case BPF_MEMORY:
        return config->memory_max;
    case BPF_DESCRIPTORS:
        return descriptors_max(config);
    case BPF_N_RESOURCES:
        break;
    }
    OVS_NOT_REACHED();
}

uint64_t
bpf_quota_user_max(enum bpf_resource resource)
{
    const struct bpf_config *config = bpf_config_get();

    switch (resource) {
    case BPF_CONNECTIONS:
        return config->user_connections;
    case BPF_MONITORS:
        return config->user_monitors;
    case BPF_DEVICES:
        return config->user_devices;
    case BPF_MEMORY:
        return config->user_memory;
    case BPF_DESCRIPTORS:
        return UINT64_MAX;
    case BPF_N_RESOURCES:
        break;
    }
    OVS_NOT_REACHED();
}

/* What all may use together before 'uid' gets no more. */
static uint64_t
total_for(uid_t uid, enum bpf_resource resource)
{
    uint64_t total = bpf_quota_total_max(resource);

    return total - (bpf_quota_is_privileged(uid) ? 0 : total / 8);
}

static uint64_t
user_max_for(uid_t uid, enum bpf_resource resource)
{
    return (bpf_quota_is_privileged(uid) ? UINT64_MAX
            : bpf_quota_user_max(resource));
}

/* Users
 * ===== */

static struct user *
user_find(uid_t uid)
    OVS_REQUIRES(quota_mutex)
{
    struct user *user;

    HMAP_FOR_EACH_WITH_HASH (user, node, hash_int(uid, 0), &users) {
        if (user->uid == uid) {
            return user;
        }
    }
    return NULL;
}

static bool
user_is_idle(const struct user *user)
{
    for (size_t i = 0; i < BPF_N_RESOURCES; i++) {
        if (user->used[i]) {
            return false;
        }
    }
    return true;
}

/* Forgets users who use nothing, are owed all the requests of a second, and
 * used nothing in the last one. */
static void
users_sweep(void)
    OVS_REQUIRES(quota_mutex)
{
    struct user *user, *next;

    HMAP_FOR_EACH_SAFE (user, next, node, &users) {
        if (user_is_idle(user) && time_msec() - user->requests.as_of >= 2000) {
            hmap_remove(&users, &user->node);
            free(user);
        }
    }
}

static struct user *
user_get(uid_t uid)
    OVS_REQUIRES(quota_mutex)
{
    struct user *user = user_find(uid);

    if (!user) {
        users_sweep();
        user = xzalloc(sizeof *user);
        user->uid = uid;
        user->requests.left = bpf_config_get()->user_requests;
        user->requests.as_of = time_msec();
        hmap_insert(&users, &user->node, hash_int(uid, 0));
    }
    return user;
}

bool
bpf_quota_take(uid_t uid, enum bpf_resource resource, uint64_t n)
{
    uint64_t total = total_for(uid, resource);
    uint64_t max = user_max_for(uid, resource);

    ovs_mutex_lock(&quota_mutex);
    struct user *user = user_get(uid);
    bool ok = (n <= total && totals[resource] <= total - n
               && n <= max && user->used[resource] <= max - n);
    if (ok) {
        totals[resource] += n;
        user->used[resource] += n;
    }
    ovs_mutex_unlock(&quota_mutex);

    return ok;
}

void
bpf_quota_give(uid_t uid, enum bpf_resource resource, uint64_t n)
{
    ovs_mutex_lock(&quota_mutex);
    struct user *user = user_get(uid);
    ovs_assert(user->used[resource] >= n && totals[resource] >= n);
    totals[resource] -= n;
    user->used[resource] -= n;
    ovs_mutex_unlock(&quota_mutex);
}

void
bpf_quota_move(uid_t from, uid_t to, enum bpf_resource resource, uint64_t n)
{
    if (from != to && n) {
        ovs_mutex_lock(&quota_mutex);
        struct user *user = user_get(from);
        ovs_assert(user->used[resource] >= n);
        user_get(to)->used[resource] += n;
        user->used[resource] -= n;
        ovs_mutex_unlock(&quota_mutex);
    }
}

uint64_t
bpf_quota_used(enum bpf_resource resource)
{
    ovs_mutex_lock(&quota_mutex);
    uint64_t used = totals[resource];
    ovs_mutex_unlock(&quota_mutex);

    return used;
}

/* Stores in '*top' who uses most of 'resource'. */
static void
find_top_user(enum bpf_resource resource, struct bpf_quota_user *top)
    OVS_REQUIRES(quota_mutex)
{
    const struct user *user;

    memset(top, 0, sizeof *top);
    HMAP_FOR_EACH (user, node, &users) {
        if (user->used[resource] > top->used[resource]) {
            top->uid = user->uid;
            memcpy(top->used, user->used, sizeof top->used);
        }
    }
}

void
bpf_quota_explain(uid_t uid, enum bpf_resource resource, char *buf,
                  size_t size)
{
    const struct bpf_resource_info *info = &bpf_resources[resource];
    uint64_t max = user_max_for(uid, resource);
    struct bpf_quota_user top;

    ovs_mutex_lock(&quota_mutex);
    const struct user *user = user_find(uid);
    uint64_t used = user ? user->used[resource] : 0;
    uint64_t total = totals[resource];
    find_top_user(resource, &top);
    ovs_mutex_unlock(&quota_mutex);

    /* The user's own limit is to blame if reaching it is nearer. */
    uint64_t left = total_for(uid, resource);
    left = left > total ? left - total : 0;
    if (info->user_setting && max - MIN(used, max) <= left) {
        snprintf(buf, size, "uid %ld uses %"PRIu64" of %"PRIu64" %s that a "
                 "user may have (other_config:%s)", (long int) uid, used, max,
                 info->name, info->user_setting);
    } else {
        int n = snprintf(buf, size, "%"PRIu64" of the switch's %"PRIu64" %s "
                         "are in use (other_config:%s)", total,
                         bpf_quota_total_max(resource), info->name,
                         info->total_setting);

        if (top.used[resource] && n >= 0 && (size_t) n < size) {
            snprintf(&buf[n], size - n, ", most of them, %"PRIu64", by uid %ld",
                     top.used[resource], (long int) top.uid);
        }
    }
}

/* Requests
 * ======== */

/* Takes 'n' out of 'bucket', which 'rate' flow into in a second.  Returns 0, or
 * how many milliseconds it takes until what was taken is there. */
static int
bucket_take(struct bucket *bucket, long long int rate, unsigned int n)
{
    long long int now = time_msec();

    /* At most what a second gives.  The rest of a millisecond counts. */
    long long int due = MIN(now - bucket->as_of, 1000) * rate;

    if (due >= 1000) {
        bucket->left += due / 1000;
        bucket->as_of = now;
    }
    bucket->left = MIN(bucket->left, rate) - n;
    return (bucket->left >= 0 ? 0
            : MIN(DIV_ROUND_UP(-bucket->left * 1000, rate), INT_MAX));
}

int
bpf_quota_request(uid_t uid, unsigned int n)
{
    const struct bpf_config *config = bpf_config_get();
    int wait = 0;

    if (bpf_quota_is_privileged(uid)) {
        return 0;
    }

    ovs_mutex_lock(&quota_mutex);
    struct user *user = user_find(uid);
    if (user) {
        rate_add(&user->n_requests, this_second(), n);

        int user_wait = bucket_take(&user->requests, config->user_requests, n);
        int total_wait = bucket_take(&total_requests, config->requests_max, n);

        wait = MAX(user_wait, total_wait);
    }
    ovs_mutex_unlock(&quota_mutex);

    return wait;
}

/* Time
 * ==== */

bool
bpf_quota_spend(const struct bpf_quota_time *times, size_t n,
                long long int *second)
{
    long long int now = this_second();

    if (ovs_mutex_trylock(&quota_mutex)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        struct user *user = user_find(times[i].uid);

        if (user) {
            rate_add(&user->ns_spent, now, times[i].ns);
        }
    }
    if (*second != now) {
        *second = now;
        rate_add(&n_threads, now, 1);
    }
    ovs_mutex_unlock(&quota_mutex);

    return true;
}

unsigned int
bpf_quota_n_threads(void)
{
    ovs_mutex_lock(&quota_mutex);
    unsigned int n = rate_get(&n_threads, this_second());
    ovs_mutex_unlock(&quota_mutex);

    return n;
}

/* Lists
 * ===== */

static int
compare_users(const void *a_, const void *b_)
{
    const struct bpf_quota_user *a = a_;
    const struct bpf_quota_user *b = b_;

    return a->uid < b->uid ? -1 : a->uid > b->uid;
}

struct bpf_quota_user *
bpf_quota_list(size_t *np)
{
    struct bpf_quota_user *list = NULL;
    long long int second = this_second();
    const struct user *user;
    size_t n = 0;

    ovs_mutex_lock(&quota_mutex);
    if (!hmap_is_empty(&users)) {
        list = xmalloc(hmap_count(&users) * sizeof *list);
    }
    HMAP_FOR_EACH (user, node, &users) {
        uint64_t n_requests = rate_get(&user->n_requests, second);
        uint64_t ns_spent = rate_get(&user->ns_spent, second);

        if (n_requests || ns_spent || !user_is_idle(user)) {
            list[n].uid = user->uid;
            list[n].n_requests = n_requests;
            list[n].ns_spent = ns_spent;
            memcpy(list[n++].used, user->used, sizeof user->used);
        }
    }
    ovs_mutex_unlock(&quota_mutex);

    if (n) {
        qsort(list, n, sizeof *list, compare_users);
    } else {
        free(list);
        list = NULL;
    }
    *np = n;
    return list;
}
