/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host's routes, for tunnels.
 *
 * Open vSwitch reads the routes of Linux itself, so only the files of the
 * other systems have these functions (host-bsd-routes.c).  Errors, names and
 * threads are as host.h says; calls with a monitor must be serialised per
 * monitor. */

#ifndef HOST_HOST_ROUTES_H
#define HOST_HOST_ROUTES_H 1

#include "host/host.h"

/* A route, or an address of the host's own.  IPv4 addresses are mapped into
 * IPv6 ones.  Padding and bytes behind the name are zeros, so that two of
 * these can be compared byte by byte. */
struct host_route {
    struct in6_addr dst;        /* Prefix. */
    struct in6_addr gateway;    /* All zeros if the prefix is on the link. */
    unsigned int plen;          /* Bits of 'dst', with the 96 of the mapping
                                 * for IPv4. */
    unsigned int ifindex;       /* Of the interface. */
    char name[IFNAMSIZ];        /* Of the interface. */
    int local;                  /* 1 for an own address of the interface. */
};

/* Stores in '*routesp' the '*np' routes of both families that lead out of an
 * interface, and an element for each address of an interface that is up, a
 * link-local one included.  Loopback interfaces, and routes to link-local
 * prefixes and those that reject, are left out.  Elements are in an order that depends on nothing but
 * themselves.  The caller must free() the array.  Makes a few system calls,
 * however many routes there are, and waits for nothing. */
int host_get_routes(struct host_route **routesp, size_t *np);

/* Tells when routes or addresses change. */
struct host_route_monitor;

/* Opens a monitor, to be used by one process only. */
int host_route_monitor_open(struct host_route_monitor **monitorp);

/* Closes 'monitor'.  NULL is fine. */
void host_route_monitor_close(struct host_route_monitor *monitor);

/* Descriptor of 'monitor' to poll for POLLIN. */
int host_route_monitor_fd(const struct host_route_monitor *monitor);

/* Reads what there is to read, within bounds.  Sets '*changed' if something
 * may have changed since the last call, messages that were lost included, and
 * leaves it alone otherwise.  An error other than 0 means that the monitor is
 * broken: close it, open a new one, and take everything for changed. */
int host_route_monitor_read(struct host_route_monitor *monitor,
                            bool *changed);

#endif /* HOST_HOST_ROUTES_H */
