/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Interfaces that are in another network namespace on Linux.
 *
 * Whoever moves a tap's interface ("ip link set dev t1 netns c1") does not
 * take the tap from who has it open: frames come and go as before, but its
 * name says nothing here any more.  The descriptor tells the namespace, which
 * the kernel lets us ask through a number that our namespace has for it.
 *
 * No state and no lock: any thread may call any function at any time. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_tun.h>
#include <linux/net_namespace.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/host-linux.h"
#include "host/host-rtnl.h"
#include "host/host.h"

#ifndef TUNGETDEVNETNS          /* Older than Linux 5.2. */
#define TUNGETDEVNETNS _IO('T', 227)
#endif

/* Where "ip netns" has its names. */
#define NETNS_DIR "/run/netns"

static bool
is_file(const char *path, const void *s_)
{
    const struct stat *s = s_;
    struct stat other;

    return (!stat(path, &other) && other.st_ino == s->st_ino
            && other.st_dev == s->st_dev);
}

/* Stores in 'where' the name of the first entry of 'parent' for whose file
 * 'suffix' 'is_it' is true, or leaves that as it is.  Returns true if there is
 * one. */
static bool
find_file(const char *parent, const char *suffix,
          bool (*is_it)(const char *path, const void *aux), const void *aux,
          char *where, size_t size)
{
    DIR *dir = opendir(parent);
    const struct dirent *entry;
    bool found = false;

    while (dir && !found && (entry = readdir(dir)) != NULL) {
        char path[32 + sizeof entry->d_name];

        snprintf(path, sizeof path, "%s/%s%s", parent, entry->d_name, suffix);
        found = is_it(path, aux);
        if (found) {
            snprintf(where, size, "%s", entry->d_name);
        }
    }
    if (dir) {
        closedir(dir);
    }
    return found;
}

/* Stores the name of the first namespace for which 'is_it' is true in 'where',
 * or leaves that as it is. */
static bool
find_netns(bool (*is_it)(const char *path, const void *aux), const void *aux,
           char *where, size_t size)
{
    return find_file(NETNS_DIR, "", is_it, aux, where, size);
}

/* Stores what people call the namespace 'ns' in 'where'. */
static void
name_netns(const struct stat *ns, char *where, size_t size)
{
    snprintf(where, size, "net:[%llu]", (unsigned long long int) ns->st_ino);
    find_netns(is_file, ns, where, size);
}

static void
nsid_cb(const struct nlmsghdr *nlmsg, void *nsid)
{
    const struct rtattr *rta = rtnl_find(nlmsg, sizeof(struct rtgenmsg),
                                         NETNSA_NSID, sizeof(int32_t));

    if (rta) {
        memcpy(nsid, RTA_DATA(rta), sizeof(int32_t));
    }
}

/* Stores the number that our namespace has for 'fd''s, which is negative if it
 * has none. */
static int
get_nsid(int fd, int32_t *nsid)
{
    const struct rtgenmsg gen = { .rtgen_family = AF_UNSPEC };
    struct rtnl_request req;

    *nsid = NETNSA_NSID_NOT_ASSIGNED;
    rtnl_request_init(&req, RTM_GETNSID, 0, &gen, sizeof gen);
    rtnl_request_put(&req, NETNSA_FD, &fd, sizeof fd);
    return rtnl_transact(&req, nsid_cb, nsid, LHOST_TIMEOUT_MS);
}

/* Like get_nsid(), but sees to it that there is one. */
static int
obtain_nsid(int fd, int32_t *nsid)
{
    const struct rtgenmsg gen = { .rtgen_family = AF_UNSPEC };
    const int32_t any = NETNSA_NSID_NOT_ASSIGNED;
    struct rtnl_request req;
    int error;

    rtnl_request_init(&req, RTM_NEWNSID, NLM_F_ACK, &gen, sizeof gen);
    rtnl_request_put(&req, NETNSA_FD, &fd, sizeof fd);
    rtnl_request_put(&req, NETNSA_NSID, &any, sizeof any);
    error = rtnl_transact(&req, NULL, NULL, LHOST_TIMEOUT_MS);
    if (error && error != EEXIST) {
        return error;
    }
    error = get_nsid(fd, nsid);
    return error ? error : *nsid < 0 ? ENODEV : 0;
}

struct remote_link {
    struct host_link *link;
    bool ok;
};

static void
remote_link_cb(const struct nlmsghdr *nlmsg, void *reply_)
{
    struct remote_link *reply = reply_;

    if (nlmsg->nlmsg_type == RTM_NEWLINK) {
        reply->ok = rtnl_parse_link(nlmsg, reply->link);
    }
}

static int
get_remote_link(int32_t nsid, const char *name, struct host_link *link)
{
    const struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
    struct remote_link reply = { .link = link, .ok = false };
    struct rtnl_request req;
    int error;

    rtnl_request_init(&req, RTM_GETLINK, 0, &ifi, sizeof ifi);
    rtnl_request_put(&req, IFLA_TARGET_NETNSID, &nsid, sizeof nsid);
    rtnl_request_put(&req, IFLA_IFNAME, name, strlen(name) + 1);
    error = rtnl_transact(&req, remote_link_cb, &reply, LHOST_TIMEOUT_MS);
    return error ? lhost_errno(error) : reply.ok ? 0 : EPROTO;
}

int
host_tap_locate(const struct host_tap *tap, char *where, size_t size,
                struct host_link *link)
{
    struct ifreq ifr;
    struct stat s;
    int32_t nsid;
    int error;
    int ns;

    memset(&ifr, 0, sizeof ifr);
    if (ioctl(tap->fd, TUNGETIFF, &ifr) < 0) {
        return ENODEV;
    }
    ns = ioctl(tap->fd, TUNGETDEVNETNS);
    if (ns < 0) {
        return ENODEV;
    }
    if (fstat(ns, &s) < 0 || is_file("/proc/thread-self/ns/net", &s)) {
        close(ns);
        return ENODEV;
    }
    name_netns(&s, where, size);
    error = obtain_nsid(ns, &nsid);
    close(ns);
    return error ? error : get_remote_link(nsid, ifr.ifr_name, link);
}

static bool
has_nsid(const char *path, const void *wanted_)
{
    const int32_t *wanted = wanted_;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int32_t nsid;
    bool has;

    if (fd < 0) {
        return false;
    }
    has = !get_nsid(fd, &nsid) && nsid == *wanted;
    close(fd);
    return has;
}

int
host_place_name(int place, char *where, size_t size)
{
    const int32_t nsid = place;

    snprintf(where, size, "number %d", place);
    find_netns(has_nsid, &nsid, where, size);
    return 0;
}

/* Returns a descriptor of the network namespace that ours knows by the number
 * 'nsid', or -1. */
static int
open_netns(int32_t nsid)
{
    char name[NAME_MAX + 1];
    char path[NAME_MAX + 32];

    if (find_netns(has_nsid, &nsid, name, sizeof name)) {
        snprintf(path, sizeof path, NETNS_DIR "/%s", name);
    } else if (find_file("/proc", "/ns/net", has_nsid, &nsid, name,
                         sizeof name)) {
        snprintf(path, sizeof path, "/proc/%s/ns/net", name);
    } else {
        return -1;
    }
    return open(path, O_RDONLY | O_CLOEXEC);
}

struct errand {
    int ns;
    int (*run)(void *aux);
    void *aux;
    int error;
};

static void *
errand_main(void *errand_)
{
    struct errand *errand = errand_;

    errand->error = (setns(errand->ns, CLONE_NEWNET) ? errno
                     : errand->run(errand->aux));
    return NULL;
}

/* A thread of its own, because one that could not return would go on to do all
 * its work in the other namespace. */
int
lhost_run_at(int place, int (*run)(void *aux), void *aux)
{
    struct errand errand = { .ns = open_netns(place), .run = run, .aux = aux };
    pthread_t thread;
    int error;

    if (errand.ns < 0) {
        return ENODEV;
    }
    error = pthread_create(&thread, NULL, errand_main, &errand);
    if (!error) {
        pthread_join(thread, NULL);
        error = errand.error;
    }
    close(errand.ns);
    return error;
}
