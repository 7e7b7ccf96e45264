/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The datapath type "system", which is the userspace datapath here.
 *
 * A plain "ovs-vsctl add-br br0" asks for the datapath type "system", which
 * in Open vSwitch is a kernel module that the BSDs do not have.  Registering
 * the userspace datapath a second time under that name does not work: its
 * class tells dummies from the real thing by name.  So "system" is another
 * name for "netdev", translated wherever a type enters Open vSwitch's
 * libraries from the database or from a command:
 *
 *   - bridges: ofproto_normalize_type();
 *   - the Datapath table (capabilities, timeouts and limits of connection
 *     tracking): the functions of ofproto that bridge.c calls with a type;
 *   - commands that take a datapath ("dpctl/show system@ovs-system"):
 *     dp_parse_name();
 *   - lists of types (Open_vSwitch's column datapath_types): "system" is a
 *     type, of which no datapath exists, for each datapath is listed once.
 *
 * The linker option --wrap sends these calls here.
 *
 * 'system_is_userspace' is written once, on the main thread, before the bridge
 * module starts, and only read from then on. */

#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "datapath.h"
#include "dpif.h"
#include "ofproto/ofproto.h"
#include "sset.h"
#include "util.h"

#include "ovs-compat.h"

static bool system_is_userspace;

static const char *
real_type(const char *type)
{
    return system_is_userspace && !strcmp(type, "system") ? "netdev" : type;
}

const char *__real_ofproto_normalize_type(const char *);
const char *__wrap_ofproto_normalize_type(const char *);

const char *
__wrap_ofproto_normalize_type(const char *type)
{
    return real_type(__real_ofproto_normalize_type(type));
}

/* The Datapath table. */

void __real_ofproto_get_datapath_cap(const char *, struct smap *);
void __wrap_ofproto_get_datapath_cap(const char *, struct smap *);

void
__wrap_ofproto_get_datapath_cap(const char *type, struct smap *caps)
{
    __real_ofproto_get_datapath_cap(real_type(type), caps);
}

void __real_ofproto_ct_set_zone_timeout_policy(const char *, uint16_t,
                                               struct simap *);
void __wrap_ofproto_ct_set_zone_timeout_policy(const char *, uint16_t,
                                               struct simap *);

void
__wrap_ofproto_ct_set_zone_timeout_policy(const char *type, uint16_t zone,
                                          struct simap *policy)
{
    __real_ofproto_ct_set_zone_timeout_policy(real_type(type), zone, policy);
}

void __real_ofproto_ct_del_zone_timeout_policy(const char *, uint16_t);
void __wrap_ofproto_ct_del_zone_timeout_policy(const char *, uint16_t);

void
__wrap_ofproto_ct_del_zone_timeout_policy(const char *type, uint16_t zone)
{
    __real_ofproto_ct_del_zone_timeout_policy(real_type(type), zone);
}

#ifdef OVS_OFPROTO_HAS_CT_ZONE_LIMIT
void __real_ofproto_ct_zone_limit_update(const char *, int32_t, int64_t *);
void __wrap_ofproto_ct_zone_limit_update(const char *, int32_t, int64_t *);

void
__wrap_ofproto_ct_zone_limit_update(const char *type, int32_t zone,
                                    int64_t *limit)
{
    __real_ofproto_ct_zone_limit_update(real_type(type), zone, limit);
}

void __real_ofproto_ct_zone_limit_protection_update(const char *, bool);
void __wrap_ofproto_ct_zone_limit_protection_update(const char *, bool);

void
__wrap_ofproto_ct_zone_limit_protection_update(const char *type,
                                               bool protected)
{
    __real_ofproto_ct_zone_limit_protection_update(real_type(type),
                                                   protected);
}
#endif

/* Commands. */

void __real_dp_parse_name(const char *, char **, char **);
void __wrap_dp_parse_name(const char *, char **, char **);

/* The names of the datapaths that hold the ports of all bridges come from
 * their types. */
void
__wrap_dp_parse_name(const char *text, char **name, char **type)
{
    __real_dp_parse_name(text, name, type);
    if (!strcmp(real_type(*type), *type)) {
        return;
    }
    free(*type);
    *type = xstrdup("netdev");
    if (!strcmp(*name, "ovs-system")) {
        free(*name);
        *name = xstrdup("ovs-netdev");
    }
}

/* Lists. */

void __real_dp_enumerate_types(struct sset *);
void __wrap_dp_enumerate_types(struct sset *);

void
__wrap_dp_enumerate_types(struct sset *types)
{
    __real_dp_enumerate_types(types);
    if (system_is_userspace && sset_contains(types, "netdev")) {
        sset_add(types, "system");
    }
}

int __real_dp_enumerate_names(const char *, struct sset *);
int __wrap_dp_enumerate_names(const char *, struct sset *);

int
__wrap_dp_enumerate_names(const char *type, struct sset *names)
{
    if (strcmp(real_type(type), type)) {
        sset_clear(names);
        return 0;
    }
    return __real_dp_enumerate_names(type, names);
}

void
datapath_make_userspace_the_system(void)
{
    system_is_userspace = true;

    /* Fails only where no such class exists, as on the BSDs. */
    dp_unregister_provider("system");
}
