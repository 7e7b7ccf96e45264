/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Quality of service: lent from the built-in class.
 *
 * Where the class "system" that comes with Open vSwitch can configure queues
 * (Linux, through tc(8)), a switch that uses this provider must not lose
 * that.  Queues are a property of the kernel's interface and have nothing to
 * do with how packets get there, so the built-in class does the work: on a
 * device of its own, which nobody else sees, made when it is first needed and
 * made anew when the interface is another one.  Where it cannot, neither can
 * this provider, and says so to who asks for it.
 *
 * 'qos_mutex' of the device guards that inner device.  Any thread may call
 * any function but nb_qos_lend(). */

#include <config.h>

#include "netdev/netdev-bsd-private.h"

#include <errno.h>
#include <stdlib.h>

#include "openvswitch/list.h"
#include "openvswitch/vlog.h"
#include "seq.h"
#include "smap.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(netdev_bsd_qos);

/* The built-in class, or NULL.  Constant once there are devices. */
static const struct netdev_class *builtin;

static void
inner_destroy(struct netdev *inner)
{
    if (inner) {
        builtin->destruct(inner);
        seq_destroy(inner->reconfigure_seq);
        free(inner->name);
        builtin->dealloc(inner);
    }
}

/* Makes a device of the built-in class that is not in the list of netdevs, so
 * that it can have the name of one that is. */
static int
inner_create(const char *kname, struct netdev **innerp)
{
    struct netdev *inner = builtin->alloc();
    int error;

    memset(inner, 0, sizeof *inner);
    inner->netdev_class = builtin;
    inner->name = xstrdup(kname);
    inner->change_seq = 1;
    inner->reconfigure_seq = seq_create();
    inner->ref_cnt = 1;
    ovs_list_init(&inner->saved_flags_list);
    error = builtin->construct(inner);
    if (error) {
        seq_destroy(inner->reconfigure_seq);
        free(inner->name);
        builtin->dealloc(inner);
        inner = NULL;
    }
    *innerp = inner;
    return error;
}

/* Finds the inner device for the present interface. */
static int
get_inner(struct netdev_bsd *netdev, struct netdev **innerp)
    OVS_REQUIRES(netdev->qos_mutex)
{
    char kname[IFNAMSIZ];
    uint32_t generation;
    int error = 0;

    atomic_read(&netdev->dev.generation, &generation);
    if (netdev->inner && generation != netdev->inner_generation) {
        inner_destroy(netdev->inner);
        netdev->inner = NULL;
    }
    if (!netdev->inner) {
        nb_dev_get_kname(&netdev->dev, kname);
        error = inner_create(kname, &netdev->inner);
        netdev->inner_generation = generation;
    }
    *innerp = netdev->inner;
    return error;
}

void
nb_qos_destroy(struct netdev_bsd *netdev)
{
    inner_destroy(netdev->inner);
    netdev->inner = NULL;
}

/* Calls operation OP of the built-in class for the inner device of NETDEV_,
 * with the arguments that follow, and returns what it returns. */
#define LEND(NETDEV_, OP, ...)                                          \
    struct netdev_bsd *netdev__ = netdev_bsd_cast(NETDEV_);             \
    struct netdev *inner__;                                             \
    int error__;                                                        \
                                                                        \
    ovs_mutex_lock(&netdev__->qos_mutex);                               \
    error__ = get_inner(netdev__, &inner__);                            \
    if (!error__) {                                                     \
        error__ = builtin->OP(inner__, __VA_ARGS__);                    \
    }                                                                   \
    ovs_mutex_unlock(&netdev__->qos_mutex);                             \
    return error__

static int
qos_get_types(const struct netdev *netdev, struct sset *types)
{
    LEND(netdev, get_qos_types, types);
}

static int
qos_get_capabilities(const struct netdev *netdev, const char *type,
                     struct netdev_qos_capabilities *caps)
{
    LEND(netdev, get_qos_capabilities, type, caps);
}

static int
qos_get(const struct netdev *netdev, const char **typep, struct smap *details)
{
    LEND(netdev, get_qos, typep, details);
}

static int
set_qos(struct netdev *netdev, const char *type, const struct smap *details)
{
    LEND(netdev, set_qos, type, details);
}

/* The bridge calls this with every reconfiguration.  An interface that is
 * gone has no queues, and that is not worth a warning. */
static int
qos_set(struct netdev *netdev, const char *type, const struct smap *details)
{
    int error = set_qos(netdev, type, details);

    return error == ENODEV && !type[0] ? 0 : error;
}

static int
qos_get_queue(const struct netdev *netdev, unsigned int queue_id,
              struct smap *details)
{
    LEND(netdev, get_queue, queue_id, details);
}

static int
qos_set_queue(struct netdev *netdev, unsigned int queue_id,
              const struct smap *details)
{
    LEND(netdev, set_queue, queue_id, details);
}

static int
qos_delete_queue(struct netdev *netdev, unsigned int queue_id)
{
    LEND(netdev, delete_queue, queue_id);
}

static int
qos_get_queue_stats(const struct netdev *netdev, unsigned int queue_id,
                    struct netdev_queue_stats *stats)
{
    LEND(netdev, get_queue_stats, queue_id, stats);
}

static int
qos_queue_dump_start(const struct netdev *netdev, void **statep)
{
    LEND(netdev, queue_dump_start, statep);
}

static int
qos_queue_dump_next(const struct netdev *netdev, void *state,
                    unsigned int *queue_id, struct smap *details)
{
    LEND(netdev, queue_dump_next, state, queue_id, details);
}

static int
qos_queue_dump_done(const struct netdev *netdev, void *state)
{
    LEND(netdev, queue_dump_done, state);
}

static int
qos_dump_queue_stats(const struct netdev *netdev,
                     void (*cb)(unsigned int queue_id,
                                struct netdev_queue_stats *, void *aux),
                     void *aux)
{
    LEND(netdev, dump_queue_stats, cb, aux);
}

/* The bridge asks again with every reconfiguration and does not tell anybody
 * of the error, so this does, once for each device. */
static int
qos_refuse(struct netdev *netdev_, const char *type,
           const struct smap *details OVS_UNUSED)
{
    struct netdev_bsd *netdev = netdev_bsd_cast(netdev_);
    bool said;

    if (!type || !type[0]) {
        return 0;
    }
    ovs_mutex_lock(&netdev->qos_mutex);
    said = netdev->qos_refused;
    netdev->qos_refused = true;
    ovs_mutex_unlock(&netdev->qos_mutex);
    if (!said) {
        VLOG_WARN("%s: this system has no quality of service \"%s\", nor any "
                  "other; ingress policing works",
                  netdev_get_name(netdev_), type);
    }
    return EOPNOTSUPP;
}

void
nb_qos_lend(const struct netdev_class *lender, struct netdev_class *class)
{
    if (!lender || !lender->set_qos) {
        class->set_qos = qos_refuse;
        return;
    }
    builtin = lender;
    class->get_qos_types = qos_get_types;
    class->get_qos_capabilities = qos_get_capabilities;
    class->get_qos = qos_get;
    class->set_qos = qos_set;
    class->get_queue = qos_get_queue;
    class->set_queue = qos_set_queue;
    class->delete_queue = qos_delete_queue;
    class->get_queue_stats = qos_get_queue_stats;
    class->queue_dump_start = qos_queue_dump_start;
    class->queue_dump_next = qos_queue_dump_next;
    class->queue_dump_done = qos_queue_dump_done;
    class->dump_queue_stats = qos_dump_queue_stats;
}
