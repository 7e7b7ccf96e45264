/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 */

/* Unit tests of the registry of ports and clients, with clients that have no
 * socket and packets that come from no netdev.
 *
 * "test-bpf-port NAME" runs one, silently unless it fails; without an argument
 * it lists the names.  The main thread plays the parts of the daemon's main
 * and server threads; "race" adds threads that move packets. */

#include <config.h>
#undef NDEBUG
#include "bpf/bpf-client.h"
#include "bpf/bpf-config.h"
#include "bpf/bpf-cost.h"
#include "bpf/bpf-feed.h"
#include "bpf/bpf-port.h"
#include "bpf/bpf-quota.h"
#include "bpf/bpf-share.h"
#include "bpf/bpf-totals.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Wants the types of <sys/types.h>. */
#include <pcap/bpf.h>

#include "random.h"
#include "util.h"

#define CHECK(GOT, EXPECTED) \
    check(__LINE__, #GOT, (long long int) (GOT), (long long int) (EXPECTED))

static void
check(int line, const char *what, long long int got, long long int expected)
{
    if (got != expected) {
        fprintf(stderr, "line %d: %s: expected %lld, got %lld\n",
                line, what, expected, got);
        exit(EXIT_FAILURE);
    }
}

#define CHECK_IN(GOT, LOWEST, HIGHEST) \
    check_in(__LINE__, #GOT, GOT, LOWEST, HIGHEST)

static void
check_in(int line, const char *what, long long int got, long long int lowest,
         long long int highest)
{
    if (got < lowest || got > highest) {
        fprintf(stderr, "line %d: %s: expected %lld to %lld, got %lld\n",
                line, what, lowest, highest, got);
        exit(EXIT_FAILURE);
    }
}

#define CHECK_STR(GOT, EXPECTED) \
    check_str(__LINE__, #GOT, GOT, EXPECTED)

static void
check_str(int line, const char *what, const char *got, const char *expected)
{
    if (strcmp(got, expected)) {
        fprintf(stderr, "line %d: %s: expected \"%s\", got \"%s\"\n",
                line, what, expected, got);
        exit(EXIT_FAILURE);
    }
}

/* The owner of a client. */
struct owner {
    struct bpf_client *client;
    bool readable;              /* As last told. */
    unsigned int n_told;        /* Number of times. */
    unsigned int n_mapped;      /* Pieces of memory that it has. */
    unsigned int n_disconnects;
    int map_error;              /* What "map" shall fail with. */
    const char *gone;           /* Port to remove while mapping. */
};

static void
owner_ready(struct bpf_client *client, bool readable)
{
    struct owner *owner = client->aux;

    CHECK(owner->readable, !readable);
    owner->readable = readable;
    owner->n_told++;
}

static int
owner_map(struct bpf_client *client, size_t buffer_len,
          unsigned int n_buffers, uint8_t **memp)
{
    struct owner *owner = client->aux;

    if (owner->gone) {
        bpf_port_remove(owner->gone);
    }
    if (owner->map_error) {
        return owner->map_error;
    }
    if (!bpf_quota_take(client->cred.uid, BPF_MEMORY,
                        n_buffers * buffer_len)) {
        return ENOMEM;
    }
    *memp = xcalloc(n_buffers, buffer_len);
    owner->n_mapped++;
    return 0;
}

static void
owner_unmap(struct bpf_client *client, uint8_t *mem, size_t size)
{
    struct owner *owner = client->aux;

    /* A thread that still wrote here would be caught by the sanitizers. */
    memset(mem, 0xa5, size);
    free(mem);
    owner->n_mapped--;
    bpf_quota_give(client->cred.uid, BPF_MEMORY, size);
}

static char why[200];           /* What attach() said last. */

static int
attach(struct bpf_client *client, const char *name)
{
    return bpf_client_attach(client, name, why, sizeof why);
}

static void
owner_disconnect(struct bpf_client *client)
{
    struct owner *owner = client->aux;

    owner->n_disconnects++;
}

static const struct bpf_client_ops owner_ops = {
    .ready = owner_ready,
    .map = owner_map,
    .unmap = owner_unmap,
    .disconnect = owner_disconnect,
};

static void
open_client_as(struct owner *owner, bool read_only)
{
    const struct bpf_cred cred = { .pid = getpid(), .uid = 7, .gid = 8 };

    memset(owner, 0, sizeof *owner);
    CHECK(bpf_client_create(&cred, read_only, &owner_ops, owner,
                            &owner->client), 0);
    ovs_mutex_lock(&owner->client->mutex);
    bpf_client_sync_ready(owner->client);
    ovs_mutex_unlock(&owner->client->mutex);
}

static void
open_client(struct owner *owner)
{
    open_client_as(owner, false);
}

static void
close_client(struct owner *owner)
{
    bpf_client_destroy(owner->client);
    CHECK(owner->n_mapped, 0);
}

static int
request(struct owner *owner, enum bpf_dev_req req, union bpf_dev_arg *arg)
{
    int error;

    ovs_mutex_lock(&owner->client->mutex);
    error = bpf_dev_request(owner->client->dev, req, arg);
    bpf_client_sync_ready(owner->client);
    ovs_mutex_unlock(&owner->client->mutex);
    return error;
}

static void
set_value(struct owner *owner, enum bpf_dev_req req, uint32_t value)
{
    union bpf_dev_arg arg = { .value = value };

    CHECK(request(owner, req, &arg), 0);
}

static struct bpf_dev_stats
get_stats(struct owner *owner)
{
    union bpf_dev_arg arg;

    CHECK(request(owner, BPF_DEV_GSTATS, &arg), 0);
    return arg.stats;
}

/* Sets a filter that accepts everything ('verdict' large) or nothing (0). */
static void
set_filter(struct owner *owner, uint32_t verdict)
{
    struct bpf_insn insn = BPF_STMT(BPF_RET + BPF_K, verdict);
    union bpf_dev_arg arg = { .filter = { .insns = &insn, .n = 1 } };

    CHECK(request(owner, BPF_DEV_SETF, &arg), 0);
}

static int
read_client(struct owner *owner, struct bpf_dev_buffer *buffer)
{
    struct bpf_dev *dev = owner->client->dev;
    int error;

    ovs_mutex_lock(&owner->client->mutex);
    bpf_dev_release(dev);
    error = bpf_dev_read(dev, BPF_DEV_READ_NONBLOCK, bpf_dev_blen(dev),
                         buffer);
    bpf_client_sync_ready(owner->client);
    ovs_mutex_unlock(&owner->client->mutex);
    return error;
}

static void
add_port_to(const char *bridge, const char *name, uint32_t dlt)
{
    struct bpf_port_info info = { .dlt = dlt, .ofport = 1, .mtu = 1500 };

    ovs_strlcpy(info.bridge, bridge, sizeof info.bridge);
    ovs_strlcpy(info.name, name, sizeof info.name);
    ovs_strlcpy(info.type, "system", sizeof info.type);
    bpf_port_update(&info);
}

static void
add_port(const char *name)
{
    add_port_to("br0", name, BPF_DEV_DLT_EN10MB);
}

/* Shows a packet of 'size' bytes to the devices on port 'name'.  Returns false
 * if there are none. */
static bool
feed(const char *name, size_t size, enum bpf_dev_way way)
{
    static const uint8_t data[2048];
    struct bpf_packet packet = {
        .data = data, .size = size, .wirelen = size
    };
    const struct bpf_tap *tap = bpf_tap_lookup(name);

    if (tap) {
        bpf_tap_feed(tap, &packet, NULL, 1, way, 0,
                     UINT64_C(1000000000));
    }
    return tap != NULL;
}

/* Sets the share of forwarding threads' time that the clients here, who are
 * ordinary users but for one, may take. */
static void
set_time_max(unsigned int percent)
{
    struct bpf_config config;

    bpf_config_init(&config, "/");
    config.time_max = percent;
    bpf_config_set(&config);
}

static void
start(void)
{
    bpf_port_module_init();
    set_time_max(100);
}

/* Ends a test: nothing may be left of it. */
static void
finish(void)
{
    struct bpf_totals totals;

    bpf_totals_get(&totals);
    CHECK(totals.n_devices, 0);
    CHECK(totals.memory, 0);
    CHECK(bpf_tap_is_active(), false);
    bpf_port_module_exit();
}

/* Ports. */

static void
count_change(void *n_)
{
    unsigned int *n = n_;

    (*n)++;
}

static bool
is_raw(const struct bpf_port_info *info)
{
    return info->dlt == BPF_DEV_DLT_RAW;
}

static void
test_ports(void)
{
    struct bpf_port_info info, *infos;
    unsigned int n_changes = 0;
    uint64_t seqno;
    size_t n;

    start();
    bpf_change_set_callback(count_change, &n_changes);
    CHECK(bpf_port_find("p1", &info), false);
    infos = bpf_port_list(&n);
    CHECK(n, 0);
    free(infos);

    seqno = bpf_ports_seqno();
    add_port_to("br1", "p1", BPF_DEV_DLT_EN10MB);
    add_port_to("br0", "p3", BPF_DEV_DLT_EN10MB);
    add_port_to("br0", "p2", BPF_DEV_DLT_RAW);
    CHECK(n_changes, 3);
    CHECK(bpf_ports_seqno() > seqno, true);

    /* What is known already is no change. */
    seqno = bpf_ports_seqno();
    add_port_to("br0", "p2", BPF_DEV_DLT_RAW);
    CHECK(n_changes, 3);
    CHECK(bpf_ports_seqno(), seqno);

    infos = bpf_port_list(&n);
    CHECK(n, 3);
    CHECK_STR(infos[0].name, "p2");
    CHECK_STR(infos[1].name, "p3");
    CHECK_STR(infos[2].name, "p1");
    CHECK_STR(infos[2].bridge, "br1");
    CHECK(infos[0].dlt, BPF_DEV_DLT_RAW);
    free(infos);

    /* A part at a time. */
    struct bpf_port_info part[2];
    CHECK(bpf_port_list_after("", "", NULL, part, 2, &seqno), 2);
    CHECK(seqno, bpf_ports_seqno());
    CHECK_STR(part[0].name, "p2");
    CHECK_STR(part[1].name, "p3");
    CHECK(bpf_port_list_after("br0", "p3", NULL, part, 2, NULL), 1);
    CHECK_STR(part[0].name, "p1");
    CHECK(bpf_port_list_after("br0", "p2x", NULL, part, 1, NULL), 1);
    CHECK_STR(part[0].name, "p3");
    CHECK(bpf_port_list_after("br1", "p1", NULL, part, 2, NULL), 0);
    CHECK(bpf_port_list_after("", "", is_raw, part, 2, NULL), 1);
    CHECK_STR(part[0].name, "p2");

    bpf_port_remove("p2");
    bpf_port_remove("p2");
    CHECK(n_changes, 4);
    CHECK(bpf_port_find("p2", &info), false);
    CHECK(bpf_port_find("p3", &info), true);
    CHECK(info.mtu, 1500);
    finish();
}

static void
test_config(void)
{
    struct bpf_config config;
    unsigned int n_changes = 0;
    uint64_t seqno;

    start();
    bpf_change_set_callback(count_change, &n_changes);
    bpf_config_init(&config, "/run/x");
    CHECK_STR(config.socket.path, "/run/x/bpf.sock");
    CHECK(config.socket.mode, 0600);
    CHECK_STR(config.ro_socket.path, "");
    CHECK(config.enable, true);
    CHECK(config.devices_max >= 1024, true);
    CHECK(config.buffer_default, 32768);
    CHECK(config.buffer_max >= 64 << 20, true);
    CHECK(config.insn_max, 4096);

    seqno = bpf_config_seqno();
    config.devices_max = 17;
    bpf_config_set(&config);
    CHECK(bpf_config_get()->devices_max, 17);
    CHECK(n_changes, 1);
    CHECK(bpf_config_seqno(), seqno + 1);
    bpf_config_set(&config);
    CHECK(n_changes, 1);
    finish();
}

/* Clients. */

static void
test_attach(void)
{
    struct bpf_port_info info;
    struct owner a, b;

    start();
    add_port("p1");
    open_client(&a);
    open_client(&b);
    CHECK(a.readable, true);    /* A read would fail at once. */
    CHECK(bpf_tap_is_active(), false);
    CHECK(feed("p1", 60, BPF_DEV_IN), false);

    CHECK(attach(a.client, "p9"), ENXIO);
    CHECK(a.n_mapped, 0);
    CHECK(attach(a.client, "p1"), 0);
    CHECK(a.n_mapped, 1);
    CHECK(a.readable, false);
    CHECK(attach(a.client, "p1"), EINVAL);
    CHECK(a.n_mapped, 1);
    CHECK(attach(b.client, "p1"), 0);
    CHECK(bpf_tap_is_active(), true);
    CHECK(bpf_port_find("p1", &info), true);
    CHECK(info.n_clients, 2);

    CHECK(feed("p1", 60, BPF_DEV_IN), true);
    CHECK(get_stats(&a).received, 1);
    CHECK(get_stats(&b).received, 1);

    close_client(&a);
    CHECK(bpf_port_find("p1", &info), true);
    CHECK(info.n_clients, 1);
    CHECK(feed("p1", 60, BPF_DEV_IN), true);
    CHECK(get_stats(&b).received, 2);

    close_client(&b);
    CHECK(bpf_tap_is_active(), false);
    CHECK(feed("p1", 60, BPF_DEV_IN), false);
    finish();
}

static void
test_attach_fails(void)
{
    struct bpf_totals totals;
    struct owner owner;

    start();
    add_port("p1");
    open_client(&owner);

    /* No memory to be had. */
    owner.map_error = ENOMEM;
    CHECK(attach(owner.client, "p1"), ENOMEM);
    bpf_totals_get(&totals);
    CHECK(totals.memory, 0);

    /* The port goes while memory is got. */
    owner.map_error = 0;
    owner.gone = "p1";
    CHECK(attach(owner.client, "p1"), ENXIO);
    CHECK(owner.n_mapped, 0);
    bpf_totals_get(&totals);
    CHECK(totals.memory, 0);
    CHECK(bpf_tap_is_active(), false);

    /* None of this counts as having been attached. */
    owner.gone = NULL;
    add_port("p1");
    CHECK(attach(owner.client, "p1"), 0);

    close_client(&owner);
    finish();
}

static void
test_locked(void)
{
    struct owner owner;

    start();
    add_port("p1");
    open_client(&owner);
    CHECK(request(&owner, BPF_DEV_LOCK, NULL), 0);
    CHECK(attach(owner.client, "p1"), EPERM);
    close_client(&owner);
    finish();
}

static void
test_devices_max(void)
{
    struct bpf_cred cred = { .pid = 1 };
    struct bpf_config config;
    struct bpf_client *client;
    struct bpf_totals totals;
    struct owner a, b;

    start();
    bpf_config_init(&config, "/");
    config.devices_max = 2;
    bpf_config_set(&config);

    open_client(&a);
    open_client(&b);
    CHECK(bpf_client_create(&cred, false, &owner_ops, &b, &client), ENOBUFS);
    CHECK(client == NULL, true);
    bpf_totals_get(&totals);
    CHECK(totals.n_devices, 2);
    CHECK(totals.refused, 1);
    CHECK(totals.opened, 2);

    close_client(&a);
    open_client(&a);
    CHECK(a.client->id, 3);
    close_client(&a);
    close_client(&b);
    finish();
}

static void
test_max_memory(void)
{
    struct bpf_config config;
    struct bpf_totals totals;
    struct owner a, b;

    start();
    bpf_config_init(&config, "/");
    config.memory_max = 3 * 65536 * 8 / 7;    /* An eighth is not theirs. */
    bpf_config_set(&config);
    add_port("p1");

    open_client(&a);
    open_client(&b);
    set_value(&a, BPF_DEV_SBLEN, 65536);
    set_value(&b, BPF_DEV_SBLEN, 65536);
    CHECK(attach(a.client, "p1"), 0);
    bpf_totals_get(&totals);
    CHECK(totals.memory, 2 * 65536);
    CHECK(attach(b.client, "p1"), ENOMEM);
    CHECK(b.n_mapped, 0);

    /* Less is possible. */
    set_value(&b, BPF_DEV_SBLEN, 32768);
    CHECK(attach(b.client, "p1"), 0);
    bpf_totals_get(&totals);
    CHECK(totals.memory, 3 * 65536);

    close_client(&a);
    close_client(&b);
    finish();
}

static void
test_n_buffers(void)
{
    struct bpf_config config;
    struct bpf_totals totals;
    struct owner owner;

    start();
    bpf_config_init(&config, "/");
    config.n_buffers_max = 4;
    bpf_config_set(&config);
    add_port("p1");

    open_client(&owner);
    CHECK(owner.client->n_buffers, 2);
    owner.client->n_buffers = 10;
    CHECK(attach(owner.client, "p1"), 0);
    CHECK(owner.client->n_buffers, 4);
    bpf_totals_get(&totals);
    CHECK(totals.memory, 4 * 32768);
    close_client(&owner);
    finish();
}

static void
test_limits(void)
{
    struct bpf_insn insns[3] = {
        BPF_STMT(BPF_LD + BPF_IMM, 1),
        BPF_STMT(BPF_LD + BPF_IMM, 1),
        BPF_STMT(BPF_RET + BPF_K, 1),
    };
    union bpf_dev_arg arg = { .filter = { .insns = insns, .n = 3 } };
    struct bpf_config config;
    struct owner owner;

    start();
    bpf_config_init(&config, "/");
    config.buffer_default = 4096;
    config.buffer_max = 8192;
    config.insn_max = 2;
    bpf_config_set(&config);

    open_client(&owner);
    CHECK(bpf_dev_blen(owner.client->dev), 4096);
    CHECK(request(&owner, BPF_DEV_SETF, &arg), EINVAL);
    arg.value = 100000;
    CHECK(request(&owner, BPF_DEV_SBLEN, &arg), 0);
    CHECK(arg.value, 8192);
    close_client(&owner);
    finish();
}

static void
test_feed(void)
{
    struct owner all, in, none, other;
    struct bpf_dev_buffer buffer;
    struct bpf_totals totals;

    start();
    add_port("p1");
    add_port("p2");
    open_client(&all);
    open_client(&in);
    open_client(&none);
    open_client(&other);
    CHECK(attach(all.client, "p1"), 0);
    CHECK(attach(in.client, "p1"), 0);
    CHECK(attach(none.client, "p1"), 0);
    CHECK(attach(other.client, "p2"), 0);
    set_value(&all, BPF_DEV_IMMEDIATE, 1);
    set_value(&in, BPF_DEV_IMMEDIATE, 1);
    set_value(&in, BPF_DEV_SSEESENT, 0);
    set_value(&none, BPF_DEV_IMMEDIATE, 1);
    set_filter(&none, 0);

    CHECK(feed("p1", 60, BPF_DEV_OUT), true);
    CHECK(all.readable, true);
    CHECK(in.readable, false);
    CHECK(none.readable, false);
    CHECK(other.readable, false);
    CHECK(feed("p1", 60, BPF_DEV_IN), true);
    CHECK(in.readable, true);

    CHECK(get_stats(&all).received, 2);
    CHECK(get_stats(&all).captured, 2);
    CHECK(get_stats(&in).received, 1);
    CHECK(get_stats(&in).captured, 1);
    CHECK(get_stats(&none).received, 2);
    CHECK(get_stats(&none).captured, 0);
    CHECK(get_stats(&other).received, 0);

    CHECK(read_client(&all, &buffer), 0);
    CHECK(all.readable, false);
    CHECK(buffer.len, 2 * BPF_RECORD_SIZE(34, 60));
    CHECK(read_client(&all, &buffer), EAGAIN);

    /* Totals are over devices that are open and those that were. */
    bpf_totals_get(&totals);
    CHECK(totals.received, 5);
    close_client(&none);
    bpf_totals_get(&totals);
    CHECK(totals.received, 5);
    CHECK(totals.captured, 3);
    CHECK(totals.dropped, 0);

    close_client(&all);
    close_client(&in);
    close_client(&other);
    finish();
}

/* Requests are limited for each user, and for all ordinary users together. */
static void
test_requests(void)
{
    struct bpf_config config;

    start();
    bpf_config_init(&config, "/");
    config.requests_max = 1 << 24;
    config.user_requests = 1;
    bpf_config_set(&config);
    CHECK(bpf_quota_take(7, BPF_CONNECTIONS, 1), true);
    CHECK(bpf_quota_take(8, BPF_CONNECTIONS, 1), true);
    CHECK(bpf_quota_take(9, BPF_CONNECTIONS, 1), true);
    CHECK(bpf_quota_request(7, 1), 0);
    CHECK(bpf_quota_request(7, 1000) > 900 * 1000, true);
    CHECK(bpf_quota_request(8, 1), 0);

    config.requests_max = 1;
    config.user_requests = 1 << 20;
    bpf_config_set(&config);
    CHECK(bpf_quota_request(8, 1000) > 900 * 1000, true);
    CHECK(bpf_quota_request(9, 1) > 900 * 1000, true);
    CHECK(bpf_quota_request(geteuid(), 1000), 0);

    for (uid_t uid = 7; uid <= 9; uid++) {
        bpf_quota_give(uid, BPF_CONNECTIONS, 1);
    }
    finish();
}

/* Stores in '*user' what 'uid' uses, zeros if nothing. */
static void
get_user(uid_t uid, struct bpf_quota_user *user)
{
    size_t n;
    struct bpf_quota_user *users = bpf_quota_list(&n);

    memset(user, 0, sizeof *user);
    for (size_t i = 0; i < n; i++) {
        if (users[i].uid == uid) {
            *user = users[i];
        }
    }
    free(users);
}

/* What users asked for, and what was spent on them, is told when the second is
 * over, and forgotten after the next one. */
static void
test_rates(void)
{
    static const struct bpf_quota_time times[] = { { 7, 1000 }, { 99, 1 } };
    struct bpf_quota_user user;
    long long int second = 0;

    start();
    CHECK(bpf_quota_take(7, BPF_CONNECTIONS, 1), true);
    get_user(7, &user);
    CHECK(user.n_requests, 0);
    CHECK(user.ns_spent, 0);
    CHECK(bpf_quota_n_threads(), 0);

    bpf_quota_request(7, 3);
    do {
        get_user(7, &user);
    } while (!user.n_requests);
    CHECK(user.n_requests, 3);

    /* Of this second, which has just begun: a thread counts once. */
    CHECK(bpf_quota_spend(times, ARRAY_SIZE(times), &second), true);
    CHECK(bpf_quota_spend(times, ARRAY_SIZE(times), &second), true);
    do {
        get_user(7, &user);
    } while (!user.ns_spent);
    CHECK(user.ns_spent, 2000);
    CHECK(user.n_requests, 0);
    CHECK(bpf_quota_n_threads(), 1);
    get_user(99, &user);
    CHECK(user.ns_spent, 0);
    do {
        get_user(7, &user);
    } while (user.ns_spent);
    CHECK(bpf_quota_n_threads(), 0);

    bpf_quota_give(7, BPF_CONNECTIONS, 1);
    finish();
}

/* What the devices of ordinary users may take of a thread. */
static void
test_share(void)
{
    enum { MS = 1000000 };
    struct bpf_share share = { .n = 0 };
    struct bpf_share_user *user;

    /* Credit for 50 ms can be saved, half of it is for a user to come. */
    bpf_share_earn(&share, 1000 * MS, 1000 * MS, false, 8);
    user = bpf_share_find(&share, 7);
    CHECK(user->credit, 2 * MS);
    CHECK(bpf_share_get_room(user), BPF_SHARE_ALL);

    /* Paid in full, but no more than a millisecond at a time. */
    bpf_share_pay(user, MS / 2);
    CHECK(user->credit, 3 * MS / 2);
    bpf_share_pay(user, 1000 * MS);
    CHECK(user->credit, MS / 2);
    CHECK(user->spent, 3 * MS / 2);
    CHECK(bpf_share_get_room(user), BPF_SHARE_ALL);
    bpf_share_pay(user, MS / 2);
    CHECK(bpf_share_get_room(user), BPF_SHARE_FILTER);
    bpf_share_pay(user, MS / 2 - 1);
    CHECK(bpf_share_get_room(user), BPF_SHARE_FILTER);
    bpf_share_pay(user, 1);
    CHECK(bpf_share_get_room(user), BPF_SHARE_NONE);
    for (int i = 0; i < 100; i++) {
        bpf_share_pay(user, MS);
    }
    CHECK(user->credit, -2 * MS);

    /* Time without a processor earns nothing, except for sleep. */
    bpf_share_earn(&share, 1000 * MS, 10 * MS, false, 8);
    CHECK(user->credit, -2 * MS + 8 * MS / 10);
    bpf_share_earn(&share, 20 * MS, 0, true, 8);
    CHECK(user->credit, 4 * MS / 10);
    bpf_share_earn(&share, 20 * MS, 20 * MS, true, 0);
    CHECK(user->credit, 0);
}

/* Users have equal parts of that, and what one leaves is for the others. */
static void
test_share_fair(void)
{
    enum { MS = 1000000, GREEDY = 7, MODEST = 8 };
    struct bpf_share share = { .n = 0 };
    int64_t taken = 0;

    bpf_share_earn(&share, 1000 * MS, 1000 * MS, false, 6);
    for (int i = 0; i < 1000; i++) {
        struct bpf_share_user *greedy = bpf_share_find(&share, GREEDY);

        if (bpf_share_get_room(greedy) != BPF_SHARE_NONE) {
            bpf_share_pay(greedy, MS / 2);
            taken += MS / 2;
        }
        if (i >= 500) {
            struct bpf_share_user *modest = bpf_share_find(&share, MODEST);

            /* Whatever the other one does, from the first time on. */
            CHECK(bpf_share_get_room(modest), BPF_SHARE_ALL);
            bpf_share_pay(modest, MS / 100);
        }
        bpf_share_earn(&share, MS, MS, false, 6);
    }
    CHECK(share.n, 2);

    /* 6 % of a second, less what the other one took of it, and up to 3 ms that
     * were saved in the beginning, or are in the end, or are owed. */
    CHECK_IN(taken, 60 * MS - 5 * MS - 3 * MS, 60 * MS - 5 * MS + 3 * MS);

    /* Both greedy: both get the same. */
    int64_t got[2] = { 0, 0 };
    for (int i = 0; i < 1000; i++) {
        for (int j = 0; j < 2; j++) {
            struct bpf_share_user *user = bpf_share_find(&share, GREEDY + j);

            if (bpf_share_get_room(user) != BPF_SHARE_NONE) {
                bpf_share_pay(user, (1 + j) * MS / 4);
                got[j] += (1 + j) * MS / 4;
            }
        }
        bpf_share_earn(&share, MS, MS, false, 6);
    }
    CHECK_IN(got[0], 30 * MS - 3 * MS, 30 * MS + 3 * MS);
    CHECK_IN(got[1], 30 * MS - 3 * MS, 30 * MS + 3 * MS);

    /* They are forgotten when they want nothing any more, owe nothing, and what
     * they took has been accounted for. */
    bpf_share_earn(&share, MS, MS, false, 6);
    CHECK(share.n, 2);
    bpf_share_earn(&share, 1000 * MS, 1000 * MS, false, 6);
    CHECK(share.n, 2);
    for (size_t i = 1; i <= share.n; i++) {
        CHECK(share.users[i].spent > 0, true);
        share.users[i].spent = 0;
    }
    bpf_share_earn(&share, MS, MS, false, 6);
    CHECK(share.n, 0);

    /* However many there are, all together get no more. */
    int64_t all = 0;
    for (int i = 0; i < 1000; i++) {
        for (uid_t uid = 1000; uid < 1040; uid++) {
            struct bpf_share_user *user = bpf_share_find(&share, uid);

            if (bpf_share_get_room(user) != BPF_SHARE_NONE) {
                bpf_share_pay(user, MS / 10);
                all += MS / 10;
            }
        }
        bpf_share_earn(&share, MS, MS, false, 6);
    }
    CHECK(share.n, BPF_SHARE_USERS);
    CHECK_IN(all, 50 * MS, 63 * MS + BPF_SHARE_USERS * 6 * MS / 10);
}

/* How many devices a port may have, and who has most of them. */
static void
test_port_devices(void)
{
    const struct bpf_cred own = { .uid = geteuid() };
    const struct bpf_cred other = { .uid = 9 };
    struct bpf_config config;
    struct owner owners[8], late;

    start();
    bpf_config_init(&config, "/");
    config.port_devices = 8;
    config.port_cost = config.user_port_cost = 1 << 20;
    bpf_config_set(&config);
    add_port("p1");

    for (int i = 0; i < 7; i++) {
        open_client(&owners[i]);
        bpf_client_set_cred(owners[i].client, (i < 2 ? &own
                                               : i < 4 ? &other
                                               : &owners[i].client->cred));
        CHECK(attach(owners[i].client, "p1"), 0);
    }
    open_client(&late);
    CHECK(attach(late.client, "p1"), ENOBUFS);
    CHECK_STR(why, "7 of the 8 devices that a port may have "
              "(other_config:bpf-port-devices-max) are in use, most of them, "
              "3, by uid 7");

    /* The last eighth is for the privileged. */
    open_client(&owners[7]);
    bpf_client_set_cred(owners[7].client, &own);
    CHECK(attach(owners[7].client, "p1"), 0);
    bpf_client_set_cred(late.client, &own);
    CHECK(attach(late.client, "p1"), ENOBUFS);

    close_client(&late);
    for (int i = 0; i < 8; i++) {
        close_client(&owners[i]);
    }
    finish();
}

/* What a device of user 'uid' on port "p1" may cost. */
static void
check_cost_of(uid_t uid, unsigned int cost, int error, const char *text)
{
    const struct bpf_cred cred = { .uid = uid };
    struct owner owner;

    open_client(&owner);
    bpf_client_set_cred(owner.client, &cred);
    CHECK(bpf_client_set_cost(owner.client, cost, why, sizeof why), true);
    CHECK(attach(owner.client, "p1"), error);
    CHECK_STR(why, text);
    close_client(&owner);
}

/* What devices on a port may cost, those of one user and those of all. */
static void
test_port_cost(void)
{
    struct bpf_config config;
    struct owner a, b;

    start();
    bpf_config_init(&config, "/");
    config.port_cost = 250;
    config.user_port_cost = 150;
    bpf_config_set(&config);
    add_port("p1");

    open_client(&a);
    CHECK(bpf_client_set_cost(a.client, 100, why, sizeof why), true);
    CHECK(attach(a.client, "p1"), 0);
    check_cost_of(7, 51, ENOBUFS, "this device would cost each packet 51 of "
                  "the 150 that other_config:bpf-user-port-cost-max allows a "
                  "user on a port; uid 7 uses 100");
    check_cost_of(8, 151, ENOBUFS, "this device would cost each packet 151, "
                  "and other_config:bpf-user-port-cost-max allows 150; a "
                  "simpler filter costs less");
    check_cost_of(8, 150, 0, "");
    check_cost_of(0, 1000, 0, "");

    /* What is attached is checked, too, and stays what it was if refused. */
    CHECK(bpf_client_set_cost(a.client, 151, why, sizeof why), false);
    CHECK(bpf_client_set_cost(a.client, 120, why, sizeof why), true);
    open_client(&b);
    CHECK(bpf_client_set_cost(b.client, 30, why, sizeof why), true);
    CHECK(attach(b.client, "p1"), 0);
    check_cost_of(7, 1, ENOBUFS, "this device would cost each packet 1 of "
                  "the 150 that other_config:bpf-user-port-cost-max allows a "
                  "user on a port; uid 7 uses 150");
    check_cost_of(8, 100, 0, "");
    check_cost_of(8, 101, ENOBUFS, "this device would cost each packet 101 of "
                  "the 250 that other_config:bpf-port-cost-max allows for a "
                  "port; 150 are in use, 120 by device 1 of uid 7");
    close_client(&a);
    close_client(&b);
    finish();
}

/* Ordinary users whose share is used up lose packets, which are counted;
 * others do not. */
static void
test_missed(void)
{
    const struct bpf_cred own = { .uid = geteuid() };
    struct owner ordinary, privileged;

    start();
    set_time_max(0);
    add_port("p1");
    open_client(&ordinary);
    open_client(&privileged);
    bpf_client_set_cred(privileged.client, &own);
    CHECK(attach(ordinary.client, "p1"), 0);
    CHECK(attach(privileged.client, "p1"), 0);
    set_value(&ordinary, BPF_DEV_IMMEDIATE, 1);
    set_value(&ordinary, BPF_DEV_SSEESENT, 0);
    set_value(&privileged, BPF_DEV_IMMEDIATE, 1);

    for (int i = 0; i < 3; i++) {
        CHECK(feed("p1", 60, BPF_DEV_IN), true);
    }
    CHECK(feed("p1", 60, BPF_DEV_OUT), true);
    CHECK(get_stats(&ordinary).received, 3);
    CHECK(get_stats(&ordinary).captured, 3);
    CHECK(get_stats(&ordinary).dropped, 3);
    CHECK(ordinary.readable, false);
    CHECK(get_stats(&privileged).received, 4);
    CHECK(get_stats(&privileged).captured, 4);
    CHECK(get_stats(&privileged).dropped, 0);
    CHECK(privileged.readable, true);

    /* Privileged no more. */
    bpf_client_set_cred(privileged.client, &ordinary.client->cred);
    CHECK(feed("p1", 60, BPF_DEV_IN), true);
    CHECK(get_stats(&privileged).dropped, 1);

    close_client(&ordinary);
    close_client(&privileged);
    finish();
}

static void *
feed_once(void *aux)
{
    CHECK(feed("p1", 60, BPF_DEV_IN), true);
    return aux;
}

/* No thread that moves packets waits for whoever has the mutex of an ordinary
 * user's device. */
static void
test_mutex_held(void)
{
    struct bpf_dev_buffer buffer;
    struct owner owner;

    start();
    add_port("p1");
    open_client(&owner);
    CHECK(attach(owner.client, "p1"), 0);
    set_value(&owner, BPF_DEV_IMMEDIATE, 1);

    ovs_mutex_lock(&owner.client->mutex);
    xpthread_join(ovs_thread_create("feeder", feed_once, NULL), NULL);
    ovs_mutex_unlock(&owner.client->mutex);
    CHECK(get_stats(&owner).captured, 1);
    CHECK(get_stats(&owner).dropped, 1);
    CHECK(owner.readable, false);

    /* The next packet tells. */
    CHECK(feed("p1", 60, BPF_DEV_IN), true);
    CHECK(read_client(&owner, &buffer), 0);
    const struct bpf_record *record
        = (const struct bpf_record *) (owner.client->mem
                                       + buffer.index * BPF_DEV_DEFAULT_BLEN);
    CHECK(record->drops, 1);
    CHECK(get_stats(&owner).received, 2);

    close_client(&owner);
    finish();
}

/* Makes a program that returns 'verdict'. */
static struct bpf_prog *
compile(struct owner *owner, uint32_t verdict)
{
    struct bpf_insn insn = BPF_STMT(BPF_RET + BPF_K, verdict);
    union bpf_dev_arg arg = { .filter = { .insns = &insn, .n = 1 } };
    struct bpf_prog *prog;

    CHECK(bpf_dev_compile(owner->client->dev, &arg, &prog), 0);
    CHECK(prog != NULL, true);
    return prog;
}

/* A filter that was compiled before the client's mutex is taken. */
static void
test_set_prog(void)
{
    struct bpf_insn bad = BPF_STMT(BPF_LD + BPF_IMM, 1);
    union bpf_dev_arg arg = { .filter = { .insns = &bad, .n = 1 } };
    struct bpf_prog *prog, *first;
    struct owner owner;
    struct bpf_dev *dev;

    start();
    add_port("p1");
    open_client(&owner);
    dev = owner.client->dev;
    CHECK(attach(owner.client, "p1"), 0);

    /* Refused. */
    CHECK(bpf_dev_compile(dev, &arg, &prog), EINVAL);
    CHECK(prog == NULL, true);
    CHECK(arg.filter.why != NULL, true);

    /* SETF flushes and hands back what was there, SETFNR does not flush. */
    feed("p1", 60, BPF_DEV_IN);
    CHECK(get_stats(&owner).received, 1);
    prog = first = compile(&owner, 0);
    CHECK(bpf_dev_set_prog(dev, BPF_DEV_SETF, &prog), 0);
    CHECK(prog == NULL, true);
    CHECK(get_stats(&owner).received, 0);
    feed("p1", 60, BPF_DEV_IN);
    CHECK(get_stats(&owner).captured, 0);
    prog = compile(&owner, 96);
    CHECK(bpf_dev_set_prog(dev, BPF_DEV_SETFNR, &prog), 0);
    CHECK(prog == first, true);
    bpf_prog_destroy(prog);
    CHECK(get_stats(&owner).received, 1);
    feed("p1", 60, BPF_DEV_IN);
    CHECK(get_stats(&owner).captured, 1);

    /* The write filter. */
    prog = compile(&owner, 0);
    CHECK(bpf_dev_set_prog(dev, BPF_DEV_SETWF, &prog), 0);
    CHECK(prog == NULL, true);
    CHECK(bpf_dev_check_write(dev, "0123456789abcdef", 16, 0), EPERM);

    /* Not when locked. */
    CHECK(request(&owner, BPF_DEV_LOCK, NULL), 0);
    prog = first = compile(&owner, 0);
    CHECK(bpf_dev_set_prog(dev, BPF_DEV_SETF, &prog), EPERM);
    CHECK(prog == first, true);
    bpf_prog_destroy(prog);

    close_client(&owner);
    finish();
}

/* Readiness is told once per change, however many packets there are. */
static void
test_ready_once(void)
{
    struct bpf_dev_buffer buffer;
    struct owner owner;
    unsigned int n_told;

    start();
    add_port("p1");
    open_client(&owner);
    CHECK(attach(owner.client, "p1"), 0);
    set_value(&owner, BPF_DEV_IMMEDIATE, 1);
    n_told = owner.n_told;
    for (int i = 0; i < 10; i++) {
        feed("p1", 60, BPF_DEV_IN);
    }
    CHECK(owner.n_told, n_told + 1);
    CHECK(read_client(&owner, &buffer), 0);
    CHECK(owner.n_told, n_told + 2);
    CHECK(owner.readable, false);
    close_client(&owner);
    CHECK(owner.n_told, n_told + 2);
    finish();
}

static void
test_port_gone(void)
{
    struct bpf_dev_buffer buffer;
    struct owner owner;
    uint8_t frame[60] = { 0 };

    start();
    add_port("p1");
    open_client(&owner);
    CHECK(attach(owner.client, "p1"), 0);
    feed("p1", 60, BPF_DEV_IN);
    CHECK(owner.readable, false);

    bpf_port_remove("p1");
    CHECK(owner.readable, true);
    CHECK(bpf_tap_is_active(), false);
    CHECK(owner.n_mapped, 1);

    /* The name comes back, but not for this device. */
    add_port("p1");
    CHECK(feed("p1", 60, BPF_DEV_IN), false);
    CHECK(attach(owner.client, "p1"), EINVAL);
    CHECK(bpf_client_write(owner.client, frame, sizeof frame), EINVAL);

    CHECK(read_client(&owner, &buffer), 0);
    CHECK(buffer.len, BPF_RECORD_SIZE(34, 60));
    CHECK(read_client(&owner, &buffer), EIO);
    CHECK(owner.readable, true);
    close_client(&owner);
    finish();
}

/* A port that now carries other packets is not what a client attached to. */
static void
test_dlt_changes(void)
{
    struct owner owner;

    start();
    add_port("p1");
    open_client(&owner);
    CHECK(attach(owner.client, "p1"), 0);
    CHECK(bpf_tap_dlt(bpf_tap_lookup("p1")), BPF_DEV_DLT_EN10MB);
    add_port_to("br0", "p1", BPF_DEV_DLT_RAW);
    CHECK(owner.readable, true);
    CHECK(bpf_tap_lookup("p1") == NULL, true);
    close_client(&owner);

    open_client(&owner);
    CHECK(attach(owner.client, "p1"), 0);
    CHECK(bpf_tap_dlt(bpf_tap_lookup("p1")), BPF_DEV_DLT_RAW);
    close_client(&owner);
    finish();
}

static void
test_disconnect(void)
{
    struct owner a, b;

    start();
    open_client(&a);
    open_client(&b);
    CHECK(bpf_client_disconnect(b.client->id), true);
    CHECK(a.n_disconnects, 0);
    CHECK(b.n_disconnects, 1);
    CHECK(bpf_client_disconnect(12345), false);
    close_client(&a);
    close_client(&b);
    finish();
}

static void
test_peers(void)
{
    const struct bpf_cred cred = { .pid = 0, .uid = 70, .gid = 80 };
    struct bpf_peer *peers;
    struct owner a, b;
    size_t n;

    start();
    add_port("p1");
    peers = bpf_peer_list(&n);
    CHECK(n, 0);
    free(peers);

    open_client(&a);
    open_client_as(&b, true);
    CHECK(attach(b.client, "p1"), 0);
    bpf_client_set_cred(a.client, &cred);

    peers = bpf_peer_list(&n);
    CHECK(n, 2);
    CHECK(peers[0].id < peers[1].id, true);
    CHECK(peers[0].cred.pid, 0);
    CHECK(peers[0].cred.uid, 70);
    CHECK_STR(peers[0].process, "");
    CHECK_STR(peers[0].info.port, "");
    CHECK(peers[0].info.state, BPF_DEV_UNATTACHED);
    CHECK(peers[0].memory, 0);
    CHECK(peers[1].cred.pid, getpid());
    CHECK(peers[1].cred.uid, 7);
    CHECK_STR(peers[1].info.port, "p1");
    CHECK(peers[1].info.state, BPF_DEV_ATTACHED);
    CHECK(peers[1].info.read_only, true);
    CHECK(peers[1].memory, 2 * 32768);
    if (!access("/proc/self/comm", R_OK)) {
        CHECK(strncmp(peers[1].process, "test-bpf-port", 13), 0);
    }
    free(peers);
    close_client(&a);
    close_client(&b);
    finish();
}

/* Writing. */

static struct {
    unsigned int n;
    char name[BPF_PORT_NAME_MAX];
    uint8_t frame[2048];
    size_t size;
    bool feedback;
    int error;
} sent;

static int
fake_get_link(const char *name, uint32_t *mtu, uint8_t mac[6])
{
    CHECK_STR(name, "p1");
    *mtu = 100;
    memcpy(mac, "\x02\0\0\0\0\x11", 6);
    return 0;
}

static int
fake_send(const char *name, const void *frame, size_t size, bool feedback)
{
    sent.n++;
    ovs_strlcpy(sent.name, name, sizeof sent.name);
    memcpy(sent.frame, frame, size);
    sent.size = size;
    sent.feedback = feedback;
    return sent.error;
}

static int
fake_get_stats(const char *name, struct bpf_port_stats *stats)
{
    CHECK_STR(name, "p1");
    memset(stats, 0, sizeof *stats);
    stats->rx_packets = 42;
    return 0;
}

static const struct bpf_port_ops fake_ops = {
    .get_link = fake_get_link,
    .send = fake_send,
    .get_stats = fake_get_stats,
};

static void
test_write(void)
{
    static uint8_t frame[2048];
    struct bpf_totals totals;
    struct owner owner;

    start();
    bpf_port_set_ops(&fake_ops);
    add_port("p1");
    open_client(&owner);
    CHECK(bpf_client_write(owner.client, frame, 60), EINVAL);
    CHECK(attach(owner.client, "p1"), 0);
    CHECK(bpf_client_write(owner.client, frame, 0), 0);
    CHECK(sent.n, 0);

    /* The port's own address goes in. */
    CHECK(bpf_client_write(owner.client, frame, 60), 0);
    CHECK(sent.n, 1);
    CHECK_STR(sent.name, "p1");
    CHECK(sent.size, 60);
    CHECK(sent.feedback, false);
    CHECK(memcmp(&sent.frame[6], "\x02\0\0\0\0\x11", 6), 0);

    /* As given. */
    set_value(&owner, BPF_DEV_SHDRCMPLT, 1);
    set_value(&owner, BPF_DEV_SFEEDBACK, 1);
    memset(frame, 0xee, sizeof frame);
    CHECK(bpf_client_write(owner.client, frame, 114), 0);
    CHECK(memcmp(sent.frame, frame, 114), 0);
    CHECK(sent.feedback, true);

    /* One byte more than the MTU of 100. */
    CHECK(bpf_client_write(owner.client, frame, 115), EMSGSIZE);
    CHECK(sent.n, 2);

    /* What sending returns. */
    sent.error = ENOBUFS;
    CHECK(bpf_client_write(owner.client, frame, 60), ENOBUFS);
    sent.error = 0;

    bpf_totals_get(&totals);
    CHECK(totals.written, 3);
    CHECK(totals.write_errors, 3);
    close_client(&owner);

    open_client_as(&owner, true);
    CHECK(attach(owner.client, "p1"), 0);
    CHECK(bpf_client_write(owner.client, frame, 60), EBADF);
    close_client(&owner);
    finish();
}

static void
test_port_stats(void)
{
    struct bpf_port_stats stats;

    start();
    add_port("p1");
    CHECK(bpf_port_get_stats("p1", &stats), ENXIO);
    bpf_port_set_ops(&fake_ops);
    CHECK(bpf_port_get_stats("p1", &stats), 0);
    CHECK(stats.rx_packets, 42);
    CHECK(bpf_port_get_stats("p9", &stats), ENXIO);
    finish();
}

/* Threads that move packets, while devices and ports come and go. */

#define N_FEEDERS 3
#define N_ROUNDS 20000

static atomic_bool feeding;

static void *
feeder_main(void *n_fed_)
{
    uint64_t *n_fed = n_fed_;
    bool go_on;

    do {
        for (int i = 0; i < 10; i++) {
            if (bpf_tap_is_active()) {
                feed("p1", 60, i & 1 ? BPF_DEV_IN : BPF_DEV_OUT);
                *n_fed += feed("p2", 100, BPF_DEV_IN);
            }
        }
        ovsrcu_quiesce();
        atomic_read_relaxed(&feeding, &go_on);
    } while (go_on);

    return NULL;
}

/* Does something at random to one of the 'n' owners. */
static void
disturb(struct owner owners[], size_t n)
{
    struct owner *owner = &owners[random_range(n)];
    struct bpf_dev_buffer buffer;

    switch (random_range(8)) {
    case 0:
        if (owner->client) {
            close_client(owner);
            owner->client = NULL;
        }
        break;
    case 1:
        if (owner->client) {
            set_filter(owner, random_range(2) * 96);
        }
        break;
    case 2:
        bpf_port_remove("p1");
        break;
    case 3:
        add_port("p1");
        break;
    case 4:
        if (owner->client) {
            read_client(owner, &buffer);
        }
        break;
    default:
        if (!owner->client) {
            open_client(owner);
            attach(owner->client, "p1");
        }
        break;
    }
}

static void
test_race(void)
{
    struct owner owners[8] = { { .client = NULL } };
    uint64_t n_fed[N_FEEDERS] = { 0 };
    pthread_t threads[N_FEEDERS];
    struct bpf_dev_stats stats;
    uint64_t total = 0;
    struct owner steady;

    start();
    random_set_seed(1);
    add_port("p1");
    add_port("p2");
    open_client(&steady);
    CHECK(attach(steady.client, "p2"), 0);
    atomic_init(&feeding, true);
    for (int i = 0; i < N_FEEDERS; i++) {
        threads[i] = ovs_thread_create("feeder", feeder_main, &n_fed[i]);
    }

    for (int i = 0; i < N_ROUNDS; i++) {
        disturb(owners, ARRAY_SIZE(owners));
        ovsrcu_quiesce();
    }

    atomic_store_relaxed(&feeding, false);
    for (int i = 0; i < N_FEEDERS; i++) {
        xpthread_join(threads[i], NULL);
        total += n_fed[i];
    }

    /* Whatever happened elsewhere, this device saw every packet. */
    stats = get_stats(&steady);
    CHECK(stats.received, total);
    CHECK(stats.captured, total);

    close_client(&steady);
    for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
        if (owners[i].client) {
            close_client(&owners[i]);
        }
    }
    finish();
    ovsrcu_exit();
}

/* What a filter of the 'n' instructions at 'insns' costs, as if it were run as
 * machine code, beyond being looked at. */
static unsigned int
cost(const struct bpf_insn *insns, size_t n)
{
    struct bpf_prog *prog;
    const char *why;

    CHECK(bpf_prog_create(insns, n, BPF_PROG_MAX_INSNS, 0, &prog, &why), 0);
    unsigned int scale = bpf_prog_is_compiled(prog) ? 1 : 6;
    unsigned int total = bpf_cost_of_filter(prog) - BPF_COST_LOOK;
    bpf_prog_destroy(prog);
    return (total - 1) / scale;
}

static void
test_cost(void)
{
    static const struct {
        struct bpf_insn insn;
        unsigned int cost;
    } prices[] = {
        { BPF_STMT(BPF_ALU + BPF_ADD + BPF_X, 0), 2 },
        { BPF_STMT(BPF_ALU + BPF_LSH + BPF_K, 1), 2 },
        { BPF_STMT(BPF_ALU + BPF_LSH + BPF_X, 0), 4 },
        { BPF_STMT(BPF_ALU + BPF_MUL + BPF_K, 3), 6 },
        { BPF_STMT(BPF_ALU + BPF_MOD + BPF_K, 3), 24 },
        { BPF_STMT(BPF_ALU + BPF_DIV + BPF_X, 0), 24 },
        { BPF_STMT(BPF_LD + BPF_W + BPF_ABS, 0), 3 },
        { BPF_STMT(BPF_LD + BPF_B + BPF_IND, 0), 10 },
        { BPF_STMT(BPF_LDX + BPF_B + BPF_MSH, 14), 4 },
        { BPF_STMT(BPF_LD + BPF_W + BPF_LEN, 0), 1 },
        { BPF_STMT(BPF_ST, 0), 1 },
        { BPF_STMT(BPF_MISC + BPF_TAX, 0), 1 },
        { BPF_STMT(BPF_JMP + BPF_JA, 0), 1 },
        { BPF_JUMP(BPF_JMP + BPF_JEQ + BPF_K, 1, 0, 0), 8 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(prices); i++) {
        const struct bpf_insn insns[] = {
            prices[i].insn, BPF_STMT(BPF_RET + BPF_K, 0)
        };

        CHECK(cost(insns, ARRAY_SIZE(insns)), prices[i].cost);
    }

    /* The dearest path counts, and it alone. */
    const struct bpf_insn fork[] = {
        BPF_JUMP(BPF_JMP + BPF_JEQ + BPF_K, 0, 0, 1),
        BPF_STMT(BPF_RET + BPF_K, 0),
        BPF_STMT(BPF_ALU + BPF_MUL + BPF_K, 3),
        BPF_STMT(BPF_RET + BPF_K, 0),
    };
    CHECK(cost(fork, ARRAY_SIZE(fork)), 8 + 6);

    /* What is stored, up to what is usual in a packet. */
    CHECK(bpf_cost_of_filter(NULL), BPF_COST_LOOK + 64 + 192);
    CHECK(bpf_cost_of_store(0), 0);
    CHECK(bpf_cost_of_store(96), 64 + 12);
    CHECK(bpf_cost_of_store(UINT32_MAX), 64 + 192);
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    { "ports", test_ports },
    { "config", test_config },
    { "attach", test_attach },
    { "attach-fails", test_attach_fails },
    { "locked", test_locked },
    { "max-devices", test_devices_max },
    { "max-memory", test_max_memory },
    { "n-buffers", test_n_buffers },
    { "limits", test_limits },
    { "feed", test_feed },
    { "requests", test_requests },
    { "rates", test_rates },
    { "share", test_share },
    { "share-fair", test_share_fair },
    { "missed", test_missed },
    { "mutex-held", test_mutex_held },
    { "set-prog", test_set_prog },
    { "cost", test_cost },
    { "port-cost", test_port_cost },
    { "port-devices", test_port_devices },
    { "ready-once", test_ready_once },
    { "port-gone", test_port_gone },
    { "dlt-changes", test_dlt_changes },
    { "disconnect", test_disconnect },
    { "peers", test_peers },
    { "write", test_write },
    { "port-stats", test_port_stats },
    { "race", test_race },
};

int
main(int argc, char *argv[])
{
    set_program_name(argv[0]);
    for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
        if (argc < 2) {
            puts(tests[i].name);
        } else if (!strcmp(tests[i].name, argv[1])) {
            tests[i].run();
            return EXIT_SUCCESS;
        }
    }
    if (argc < 2) {
        return EXIT_SUCCESS;
    }
    fprintf(stderr, "%s: no such test (run without arguments for a list)\n",
            argv[1]);
    return EXIT_FAILURE;
}
