/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Control of the fake BSD kernel inside a daemon: "ovs-appctl fake/...".
 *
 * The commands register themselves before main(), so the daemon's own sources
 * need not know.  They run on the main thread; the kernel's own lock guards
 * what they touch. */

#include <config.h>

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "openvswitch/dynamic-string.h"
#include "ovs-thread.h"
#include "packets.h"
#include "unixctl.h"
#include "util.h"

#include "fake-kernel.h"

/* Answers with an error and returns NULL if there is no interface 'name'. */
static struct fk_if *
find(struct unixctl_conn *conn, const char *name)
{
    struct fk_if *ifp = fk_if_find(name);

    if (!ifp) {
        char *msg = xasprintf("no interface is named \"%s\"", name);

        unixctl_command_reply_error(conn, msg);
        free(msg);
    }
    return ifp;
}

static void
reply(struct unixctl_conn *conn, int error)
{
    if (error) {
        unixctl_command_reply_error(conn, ovs_strerror(error));
    } else {
        unixctl_command_reply(conn, NULL);
    }
}

/* fake/create NAME...: Ethernet, or what the name says. */
static void
fake_create(struct unixctl_conn *conn, int argc, const char *argv[],
            void *aux OVS_UNUSED)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "lo0")) {
            fk_if_create_type(argv[i], FK_IFT_LOOP, 0);
        } else if (!strncmp(argv[i], "fddi", 4)) {
            fk_if_create_type(argv[i], FK_IFT_FDDI, 6);
        } else {
            fk_if_create(argv[i]);
        }
    }
    reply(conn, 0);
}

/* fake/create-tap: a tap that nobody has open, as a crash leaves it behind.
 * Replies with its name. */
static void
fake_create_tap(struct unixctl_conn *conn, int argc OVS_UNUSED,
                const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    char name[FK_NAME];

    fk_tap_create(name);
    unixctl_command_reply(conn, name);
}

/* fake/destroy NAME */
static void
fake_destroy(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[], void *aux OVS_UNUSED)
{
    struct fk_if *ifp = find(conn, argv[1]);

    if (ifp) {
        fk_if_destroy(ifp);
        reply(conn, 0);
    }
}

/* fake/rename NAME NEW-NAME */
static void
fake_rename(struct unixctl_conn *conn, int argc OVS_UNUSED,
            const char *argv[], void *aux OVS_UNUSED)
{
    struct fk_if *ifp = find(conn, argv[1]);

    if (ifp) {
        reply(conn, fk_if_rename(ifp, argv[2]));
    }
}

/* Reads hexadecimal digits into the 'size' bytes at 'data'.  Returns how many
 * bytes there were. */
static size_t
parse_hex(const char *hex, uint8_t *data, size_t size)
{
    size_t n = 0;

    while (n < size && hex[0] && hex[1]) {
        bool ok;

        data[n++] = hexits_value(hex, 2, &ok);
        hex += 2;
        hex += *hex == ':';
    }
    return n;
}

/* Sets 'key' of 'ifp'.  Returns false if there is no such key. */
static bool
set_value(struct fk_if *ifp, const char *key, const char *value)
{
    uint8_t mac[6];

    if (!strcmp(key, "link")) {
        fk_if_set_link(ifp, !strcmp(value, "up") ? FK_LINK_UP
                            : !strcmp(value, "down") ? FK_LINK_DOWN
                            : FK_LINK_UNKNOWN);
    } else if (!strcmp(key, "mtu")) {
        fk_if_set_mtu(ifp, atoi(value));
    } else if (!strcmp(key, "admin")) {
        fk_if_set_flags(ifp, ((ifp->flags & ~(unsigned int) FK_IFF_UP)
                              | (!strcmp(value, "up") ? FK_IFF_UP : 0)));
    } else if (!strcmp(key, "lladdr")) {
        parse_hex(value, mac, sizeof mac);
        fk_if_set_lladdr(ifp, mac);
    } else if (!strcmp(key, "caps")) {
        ifp->has_caps = true;
        ifp->caps = ifp->caps_enabled = strtoul(value, NULL, 0);
    } else if (!strcmp(key, "capenable")) {
        ifp->caps_enabled = strtoul(value, NULL, 0);
    } else if (!strcmp(key, "iqdrops")) {
        ifp->counters.iqdrops = strtoul(value, NULL, 0);
    } else {
        return false;
    }
    return true;
}

/* fake/set NAME KEY VALUE */
static void
fake_set(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
         void *aux OVS_UNUSED)
{
    struct fk_if *ifp = find(conn, argv[1]);

    if (ifp) {
        bool ok;

        fk_lock();
        ok = set_value(ifp, argv[2], argv[3]);
        fk_unlock();
        reply(conn, ok ? 0 : EINVAL);
    }
}

/* fake/show: one line per interface, without lengths of time or other things
 * that differ from run to run. */
static void
fake_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
          const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    fk_lock();
    for (const struct fk_if *ifp = fk_if_first(); ifp; ifp = ifp->next) {
        const uint8_t *a = ifp->lladdr[0];

        ds_put_format(&ds, "%s: driver %s, mtu %d, %s, %s, "
                      "%02x:%02x:%02x:%02x:%02x:%02x, caps %#llx, index %u\n",
                      ifp->name, ifp->driver, ifp->mtu,
                      ifp->flags & FK_IFF_UP ? "up" : "down",
                      fk_if_is_promisc(ifp) ? "promisc" : "not promisc",
                      a[0], a[1], a[2], a[3], a[4], a[5],
                      (unsigned long long int) ifp->caps_enabled,
                      ifp->index);
    }
    fk_unlock();
    unixctl_command_reply(conn, ds_cstr(&ds));
    ds_destroy(&ds);
}

/* fake/rx NAME FRAME [COUNT]: FRAME arrives on the wire.
 * fake/host-tx NAME FRAME [COUNT]: the host's stack sends FRAME through a
 * tap. */
static void
fake_rx(struct unixctl_conn *conn, int argc, const char *argv[], void *send)
{
    struct fk_if *ifp = find(conn, argv[1]);
    int count = argc > 3 ? atoi(argv[3]) : 1;
    uint8_t frame[16384];
    size_t len = parse_hex(argv[2], frame, sizeof frame);

    if (ifp) {
        for (int i = 0; i < count; i++) {
            if (send) {
                fk_host_tx(ifp, frame, len);
            } else {
                fk_wire_rx(ifp, frame, len);
            }
        }
        reply(conn, 0);
    }
}

/* Takes all frames out of 'q' and replies with them. */
static void
reply_frames(struct unixctl_conn *conn, struct fk_queue *q)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct fk_buf *buf;

    fk_lock();
    while ((buf = fk_queue_get(q))) {
        for (size_t i = 0; i < buf->len; i++) {
            ds_put_format(&ds, "%02x", buf->data[i]);
        }
        ds_put_char(&ds, '\n');
        free(buf);
    }
    fk_unlock();
    unixctl_command_reply(conn, ds_cstr(&ds));
    ds_destroy(&ds);
}

/* fake/tx NAME: takes the frames that were sent on the wire.
 * fake/host-rx NAME: takes those that the host's stack took in. */
static void
fake_tx(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
        void *host)
{
    struct fk_if *ifp = find(conn, argv[1]);

    if (ifp) {
        reply_frames(conn, host ? &ifp->host_rx : &ifp->wire);
    }
}

/* The error number that is called 'name'. */
static int
parse_errno(const char *name)
{
    for (int i = 1; i < 134; i++) {
        const char *s = strerrorname_np(i);

        if (s && !strcmp(s, name)) {
            return i;
        }
    }
    return atoi(name);
}

/* fake/fault CALL[:REQUEST] ERRNO [COUNT [SKIP]] */
static void
fake_fault(struct unixctl_conn *conn, int argc, const char *argv[],
           void *aux OVS_UNUSED)
{
    char *call = xstrdup(argv[1]);
    char *request = strchr(call, ':');
    unsigned long int number = 0;

    if (request) {
        *request++ = '\0';
        number = fk_request_by_name(request);
    }
    fk_fault(call, number, parse_errno(argv[2]),
             argc > 4 ? atoi(argv[4]) : 0, argc > 3 ? atoi(argv[3]) : 1);
    free(call);
    reply(conn, 0);
}

/* fake/lose N [silently] */
static void
fake_lose(struct unixctl_conn *conn, int argc, const char *argv[],
          void *aux OVS_UNUSED)
{
    fk_lose_messages(atoi(argv[1]), argc > 2);
    reply(conn, 0);
}

/* Takes "ADDRESS/LENGTH" apart, of either family. */
static bool
parse_prefix(const char *s, struct fk_addr *addr)
{
    struct in6_addr in6;
    unsigned int plen;
    ovs_be32 ip, mask;
    char *error;

    memset(addr, 0, sizeof *addr);
    error = ip_parse_masked(s, &ip, &mask);
    if (!error) {
        addr->family = 4;
        memcpy(addr->addr, &ip, sizeof ip);
        memcpy(addr->mask, &mask, sizeof mask);
        return true;
    }
    free(error);
    error = ipv6_parse_cidr(s, &in6, &plen);
    if (!error) {
        addr->family = 6;
        memcpy(addr->addr, &in6, sizeof in6);
        in6 = ipv6_create_mask(plen);
        memcpy(addr->mask, &in6, sizeof in6);
    }
    free(error);
    return !error;
}

/* fake/add-addr NAME ADDRESS/LENGTH, fake/del-addr NAME ADDRESS/LENGTH */
static void
fake_addr(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
          void *add)
{
    struct fk_if *ifp = find(conn, argv[1]);
    struct fk_addr addr;

    if (ifp) {
        reply(conn, (!parse_prefix(argv[2], &addr) ? EINVAL
                     : add ? fk_if_add_addr(ifp, &addr)
                     : fk_if_del_addr(ifp, &addr)));
    }
}

/* fake/addrs NAME: its addresses, and whether they are in use yet. */
static void
fake_addrs(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
           void *aux OVS_UNUSED)
{
    const struct fk_if *ifp = find(conn, argv[1]);
    struct ds ds = DS_EMPTY_INITIALIZER;

    if (!ifp) {
        return;
    }
    fk_lock();
    for (int i = 0; i < ifp->n_addrs; i++) {
        const struct fk_addr *a = &ifp->addrs[i];
        char s[INET6_ADDRSTRLEN];

        inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->addr, s, sizeof s);
        ds_put_format(&ds, "%s%s\n", s, a->detection ? " tentative" : "");
    }
    fk_unlock();
    unixctl_command_reply(conn, ds_cstr(&ds));
    ds_destroy(&ds);
}

/* fake/add-route NAME DESTINATION/LENGTH GATEWAY */
static void
fake_add_route(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[], void *aux OVS_UNUSED)
{
    struct fk_if *ifp = find(conn, argv[1]);
    struct fk_addr dst;
    ovs_be32 gateway;

    if (!ifp) {
        return;
    }
    if (!parse_prefix(argv[2], &dst)) {
        reply(conn, EINVAL);
    } else if (dst.family == 4 && ip_parse(argv[3], &gateway)) {
        uint32_t ip, mask;

        memcpy(&ip, dst.addr, sizeof ip);
        memcpy(&mask, dst.mask, sizeof mask);
        fk_add_route(ip & mask, mask, gateway, ifp->index);
        reply(conn, 0);
    } else {
        struct fk_route6 route = { .ifindex = ifp->index };
        struct in6_addr in6;
        bool ok = dst.family == 6 && ipv6_parse(argv[3], &in6);

        if (ok) {
            memcpy(route.dst, dst.addr, sizeof route.dst);
            memcpy(route.mask, dst.mask, sizeof route.mask);
            memcpy(route.gateway, &in6, sizeof route.gateway);
            fk_add_route6(&route);
        }
        reply(conn, ok ? 0 : EINVAL);
    }
}

/* fake/vanish NAME SKIP [TYPE]: NAME is destroyed after SKIP more calls, and at
 * once there is another one of that name, of TYPE "ether" or "fddi". */
static void
fake_vanish(struct unixctl_conn *conn, int argc, const char *argv[],
            void *aux OVS_UNUSED)
{
    int skip = atoi(argv[2]);

    if (argc <= 3) {
        fk_vanish_after(skip, argv[1]);
    } else if (!strcmp(argv[3], "ether")) {
        fk_replace_after(skip, argv[1], FK_IFT_ETHER, 6);
    } else {
        fk_replace_after(skip, argv[1], FK_IFT_FDDI, 6);
    }
    reply(conn, 0);
}

/* fake/move NAME out|in: to another vnet, or back from there. */
static void
fake_move(struct unixctl_conn *conn, int argc OVS_UNUSED,
          const char *argv[], void *aux OVS_UNUSED)
{
    struct fk_if *ifp;

    if (!strcmp(argv[2], "in")) {
        reply(conn, fk_if_move_in(argv[1]));
        return;
    }
    ifp = find(conn, argv[1]);
    if (ifp) {
        fk_if_move_out(ifp);
        reply(conn, 0);
    }
}

/* fake/foreign NAME: messages arrive that are about another vnet, where NAME
 * has another index and its index is another interface's. */
static void
fake_foreign(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[], void *aux OVS_UNUSED)
{
    struct fk_if *ifp = find(conn, argv[1]);

    if (ifp) {
        struct fk_addr addr = { .family = 4, .addr = { 192, 0, 2, 1 } };
        struct fk_if other = *ifp;

        memcpy(addr.mask, "\377\377\377", 3);
        strcpy(other.name, "other0");
        other.flags = 0;
        other.mtu = 576;
        other.link_state = FK_LINK_DOWN;
        memset(other.lladdr[0], 0xee, 6);
        fk_msg_ifinfo(&other);
        fk_msg_addr(&other, &addr, true);
        fk_msg_announce(&other, false);
        fk_msg_announce(&other, true);
        memcpy(other.name, ifp->name, sizeof other.name);
        other.index = 999;
        fk_msg_announce(&other, true);
        fk_msg_ifinfo(&other);
        fk_msg_announce(&other, false);
        reply(conn, 0);
    }
}

/* fake/files: how many descriptors are open. */
static void
fake_files(struct unixctl_conn *conn, int argc OVS_UNUSED,
           const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    char *answer = xasprintf("%zu", fk_n_files());

    unixctl_command_reply(conn, answer);
    free(answer);
}

/* fake/calls CALL[:REQUEST]: how many there were. */
static void
fake_calls(struct unixctl_conn *conn, int argc OVS_UNUSED,
           const char *argv[], void *aux OVS_UNUSED)
{
    char *call = xstrdup(argv[1]);
    char *request = strchr(call, ':');
    char *answer;

    if (request) {
        *request++ = '\0';
    }
    answer = xasprintf("%u", fk_n_calls(call, request
                                        ? fk_request_by_name(request) : 0));
    unixctl_command_reply(conn, answer);
    free(answer);
    free(call);
}

/* fake/shown: how many frames were shown to filters. */
static void
fake_shown(struct unixctl_conn *conn, int argc OVS_UNUSED,
           const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    char *answer = xasprintf("%"PRIu64, fk_n_shown());

    unixctl_command_reply(conn, answer);
    free(answer);
}

/* Load: frames that arrive on 'in' and are to leave through 'out'. */
struct load {
    struct fk_if *in, *out;
    uint8_t frame[2048];
    size_t len;
    unsigned int count, burst;
};

static uint64_t
n_sent(const struct fk_if *ifp)
{
    uint64_t n;

    fk_lock();
    n = ifp->counters.opackets;
    fk_unlock();
    return n;
}

/* The next burst arrives when the last one has left. */
static void *
load_main(void *load_)
{
    struct load *load = load_;
    uint64_t base = n_sent(load->out);

    for (unsigned int n = 0; n < load->count; n++) {
        while (!(n % load->burst) && n_sent(load->out) < base + n) {
            usleep(20);
        }
        fk_wire_rx(load->in, load->frame, load->len);
    }
    free(load);
    return NULL;
}

/* fake/load IN OUT FRAME COUNT BURST: returns at once.  The interfaces must
 * stay. */
static void
fake_load(struct unixctl_conn *conn, int argc OVS_UNUSED,
          const char *argv[], void *aux OVS_UNUSED)
{
    struct load *load = xzalloc(sizeof *load);

    load->in = find(conn, argv[1]);
    load->out = load->in ? find(conn, argv[2]) : NULL;
    if (!load->out) {
        free(load);
        return;
    }
    load->len = parse_hex(argv[3], load->frame, sizeof load->frame);
    load->count = atoi(argv[4]);
    load->burst = MAX(atoi(argv[5]), 1);
    ovs_thread_create("fake_load", load_main, load);
    reply(conn, 0);
}

/* fake/sent NAME: how many frames have left. */
static void
fake_sent(struct unixctl_conn *conn, int argc OVS_UNUSED,
          const char *argv[], void *aux OVS_UNUSED)
{
    struct fk_if *ifp = find(conn, argv[1]);

    if (ifp) {
        char *answer = xasprintf("%"PRIu64, n_sent(ifp));

        unixctl_command_reply(conn, answer);
        free(answer);
    }
}

/* Virtual machines: another process has a tap open. */

/* Answers with an error and returns NULL unless the tap 'name' is open. */
static struct fk_file *
find_open_tap(struct unixctl_conn *conn, const char *name)
{
    struct fk_if *ifp = find(conn, name);

    if (ifp && !ifp->tap_file) {
        unixctl_command_reply_error(conn, "nobody has this tap open");
    }
    return ifp ? ifp->tap_file : NULL;
}

/* fake/vm-open NAME: a machine starts. */
static void
fake_vm_open(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[], void *aux OVS_UNUSED)
{
    struct fk_if *ifp = find(conn, argv[1]);

    if (ifp) {
        struct fk_file *file = fk_tap_open(ifp->driver, false);

        if (file) {
            file->foreign = true;
        }
        reply(conn, file ? 0 : errno);
    }
}

/* fake/vm-close NAME: it ends. */
static void
fake_vm_close(struct unixctl_conn *conn, int argc OVS_UNUSED,
              const char *argv[], void *aux OVS_UNUSED)
{
    struct fk_file *file = find_open_tap(conn, argv[1]);

    if (file) {
        fk_file_close(file);
        reply(conn, 0);
    }
}

/* fake/vm-tx NAME FRAME: it sends. */
static void
fake_vm_tx(struct unixctl_conn *conn, int argc OVS_UNUSED,
           const char *argv[], void *aux OVS_UNUSED)
{
    struct fk_file *file = find_open_tap(conn, argv[1]);
    uint8_t frame[16384];
    size_t len = parse_hex(argv[2], frame, sizeof frame);

    if (file) {
        fk_lock();
        fk_tap_write(file, frame, len);
        fk_unlock();
        reply(conn, 0);
    }
}

/* fake/vm-rx NAME: takes the frames that it receives. */
static void
fake_vm_rx(struct unixctl_conn *conn, int argc OVS_UNUSED,
           const char *argv[], void *aux OVS_UNUSED)
{
    struct fk_if *ifp = find(conn, argv[1]);

    if (ifp) {
        reply_frames(conn, &ifp->host_tx);
    }
}

/* fake/knob NAME VALUE: see struct fk_knobs. */
static void
fake_knob(struct unixctl_conn *conn, int argc OVS_UNUSED,
          const char *argv[], void *aux OVS_UNUSED)
{
    reply(conn, fk_set_knob(argv[1], atoi(argv[2])) ? 0 : EINVAL);
}

/* fake/add-neigh NAME IP LINK-ADDRESS: the ARP table. */
static void
fake_add_neigh(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[], void *aux OVS_UNUSED)
{
    struct fk_if *ifp = find(conn, argv[1]);
    uint8_t mac[6];
    ovs_be32 ip;

    if (ifp) {
        bool ok = (ip_parse(argv[2], &ip)
                   && parse_hex(argv[3], mac, sizeof mac) == sizeof mac);

        if (ok) {
            fk_add_neigh(ip, ifp->index, mac);
        }
        reply(conn, ok ? 0 : EINVAL);
    }
}

static void __attribute__((constructor))
fake_ctl_init(void)
{
    static bool yes = true;

    unixctl_command_register("fake/create", "NAME...", 1, 16, fake_create,
                             NULL);
    unixctl_command_register("fake/add-addr", "NAME ADDRESS/LENGTH", 2, 2,
                             fake_addr, &yes);
    unixctl_command_register("fake/del-addr", "NAME ADDRESS/LENGTH", 2, 2,
                             fake_addr, NULL);
    unixctl_command_register("fake/addrs", "NAME", 1, 1, fake_addrs, NULL);
    unixctl_command_register("fake/add-route",
                             "NAME DESTINATION/LENGTH GATEWAY", 3, 3,
                             fake_add_route, NULL);
    unixctl_command_register("fake/create-tap", "", 0, 0, fake_create_tap,
                             NULL);
    unixctl_command_register("fake/destroy", "NAME", 1, 1, fake_destroy,
                             NULL);
    unixctl_command_register("fake/rename", "NAME NEW-NAME", 2, 2,
                             fake_rename, NULL);
    unixctl_command_register("fake/set", "NAME KEY VALUE", 3, 3, fake_set,
                             NULL);
    unixctl_command_register("fake/show", "", 0, 0, fake_show, NULL);
    unixctl_command_register("fake/rx", "NAME FRAME [COUNT]", 2, 3, fake_rx,
                             NULL);
    unixctl_command_register("fake/host-tx", "NAME FRAME [COUNT]", 2, 3,
                             fake_rx, &yes);
    unixctl_command_register("fake/tx", "NAME", 1, 1, fake_tx, NULL);
    unixctl_command_register("fake/host-rx", "NAME", 1, 1, fake_tx, &yes);
    unixctl_command_register("fake/fault",
                             "CALL[:REQUEST] ERRNO [COUNT [SKIP]]", 2, 4,
                             fake_fault, NULL);
    unixctl_command_register("fake/lose", "N [silently]", 1, 2, fake_lose,
                             NULL);
    unixctl_command_register("fake/vanish", "NAME SKIP [TYPE]", 2, 3,
                             fake_vanish, NULL);
    unixctl_command_register("fake/move", "NAME out|in", 2, 2, fake_move,
                             NULL);
    unixctl_command_register("fake/foreign", "NAME", 1, 1, fake_foreign,
                             NULL);
    unixctl_command_register("fake/files", "", 0, 0, fake_files, NULL);
    unixctl_command_register("fake/vm-open", "NAME", 1, 1, fake_vm_open,
                             NULL);
    unixctl_command_register("fake/vm-close", "NAME", 1, 1, fake_vm_close,
                             NULL);
    unixctl_command_register("fake/vm-tx", "NAME FRAME", 2, 2, fake_vm_tx,
                             NULL);
    unixctl_command_register("fake/vm-rx", "NAME", 1, 1, fake_vm_rx, NULL);
    unixctl_command_register("fake/knob", "NAME VALUE", 2, 2, fake_knob,
                             NULL);
    unixctl_command_register("fake/add-neigh", "NAME IP LINK-ADDRESS", 3, 3,
                             fake_add_neigh, NULL);
    unixctl_command_register("fake/shown", "", 0, 0, fake_shown, NULL);
    unixctl_command_register("fake/load", "IN OUT FRAME COUNT BURST", 5, 5,
                             fake_load, NULL);
    unixctl_command_register("fake/sent", "NAME", 1, 1, fake_sent, NULL);
    unixctl_command_register("fake/calls", "CALL[:REQUEST]", 1, 1,
                             fake_calls, NULL);
}
