/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 */

#include <config.h>

/* The host's routes, for the tunnels of Open vSwitch
 * ==================================================
 *
 * Where Open vSwitch does not read the system's routes by itself, its tunnel
 * ports find no way out and take no packet in: what answers for the BSDs asks
 * the kernel for one route of one family, waits for the answer, and never says
 * which addresses are local.  The functions below stand in the place of all of
 * lib/route-table.h (the linker's --wrap).  They keep Open vSwitch's own table
 * (lib/ovs-router.h) equal to the kernel's, so that nothing has to be asked
 * when packets pass.
 *
 * Everything is loaded anew when something changed, as Open vSwitch does it
 * with the routes of Linux, but only if what was read differs from what is
 * loaded, and at most a tenth of the time goes into reading.
 *
 * Main thread only, but for __wrap_route_table_fallback_lookup(), which any
 * thread may call.  No locks, and none is held when Open vSwitch is called,
 * because it opens netdevs. */

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "host/host-routes.h"
#include "netdev/netdev-dev.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-router.h"
#include "route-table.h"
#include "timeval.h"
#include "util.h"
#include "ovs-compat.h"

VLOG_DEFINE_THIS_MODULE(netdev_bsd_route);

/* Milliseconds before something that failed is tried again. */
#define RETRY_MS 1000

/* Milliseconds at least between two readings of the table that nothing but
 * time gave reason for. */
#define CHECK_MS 5000

/* Part of the time that may go into reading the table. */
#define BUSY_PART 10

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

static struct host_route_monitor *monitor;
static struct host_route *loaded; /* What Open vSwitch knows. */
static size_t n_loaded;
static bool stale = true;       /* Something may have changed. */
static long long int not_before; /* When the table may be read again. */
static long long int next_check; /* When it is read without a reason. */
static uint64_t change_seq = 1;

uint64_t __wrap_route_table_get_change_seq(void);
void __wrap_route_table_init(void);
void __wrap_route_table_run(void);
void __wrap_route_table_wait(void);
bool __wrap_route_table_fallback_lookup(const struct in6_addr *, char name[],
                                        struct in6_addr *gw);

static void
load(struct host_route *routes, size_t n)
{
    /* The notifier reads the messages about addresses from another socket,
     * perhaps later. */
    nb_dev_forget_addrs();
    ovs_compat_router_flush();
    for (size_t i = 0; i < n; i++) {
        const struct host_route *r = &routes[i];
        char *name = nb_dev_name_from_kname(r->name);

        if (strlen(name) < IFNAMSIZ) {
            ovs_compat_router_insert(&r->dst, r->plen, r->local, name,
                                     &r->gateway);
        }
        free(name);
    }
    free(loaded);
    loaded = routes;
    n_loaded = n;
    change_seq++;
    VLOG_DBG("loaded %"PRIuSIZE" routes", n);
}

/* Reads the table and loads it if it is another one. */
static int
refresh(void)
{
    struct host_route *routes;
    size_t n;
    int error;

    error = host_get_routes(&routes, &n);
    if (error) {
        VLOG_WARN_RL(&rl, "cannot read the table of routes: %s",
                     ovs_strerror(error));
        return error;
    }
    if (n == n_loaded && (!n || !memcmp(routes, loaded, n * sizeof *routes))) {
        free(routes);
    } else {
        load(routes, n);
    }
    return 0;
}

static void
watch(void)
{
    int error;

    if (monitor) {
        error = host_route_monitor_read(monitor, &stale);
        if (error) {
            VLOG_WARN_RL(&rl, "cannot follow changes of routes: %s",
                         ovs_strerror(error));
            host_route_monitor_close(monitor);
            monitor = NULL;
            stale = true;
        }
    } else if (time_msec() >= not_before) {
        error = host_route_monitor_open(&monitor);
        if (error) {
            VLOG_WARN_RL(&rl, "cannot follow changes of routes: %s",
                         ovs_strerror(error));
        }
        stale = true;
    }
}

void
__wrap_route_table_init(void)
{
    ovs_router_init();
}

void
__wrap_route_table_run(void)
{
    long long int start, cost;
    int interval;

    watch();
    if ((!stale && time_msec() < next_check) || time_msec() < not_before) {
        return;
    }
    start = time_msec();
    stale = refresh() != 0;
    cost = time_msec() - start;
    not_before = time_msec() + (stale || !monitor ? RETRY_MS
                                : cost * BUSY_PART);
    interval = host_revalidate_interval();
    next_check = (interval ? time_msec() + MAX(interval, CHECK_MS)
                  : LLONG_MAX);
}

void
__wrap_route_table_wait(void)
{
    if (monitor) {
        poll_fd_wait(host_route_monitor_fd(monitor), POLLIN);
    }
    if (stale || !monitor) {
        poll_timer_wait_until(not_before);
    } else if (next_check != LLONG_MAX) {
        poll_timer_wait_until(MAX(next_check, not_before));
    }
}

uint64_t
__wrap_route_table_get_change_seq(void)
{
    return change_seq;
}

/* All routes are loaded. */
bool
__wrap_route_table_fallback_lookup(const struct in6_addr *dst OVS_UNUSED,
                                   char name[] OVS_UNUSED,
                                   struct in6_addr *gw OVS_UNUSED)
{
    return false;
}
