/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The fake BSD kernel outlives the process: what a kernel still has when the
 * program that used it has ended, however that ended.
 *
 * If the environment variable FAKE_KERNEL names a file, interfaces are written
 * to it with each change, as they will be when the process has ended and its
 * descriptors are closed: promiscuous mode goes, taps go or lose their addresses
 * and their link.  The next process starts with them.
 *
 * The callers hold fk_lock(). */

#include "fake-kernel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What was written last. */
static char *saved;

/* True if 'ifp' is a tap that this process has open. */
static bool
is_open(const struct fk_if *ifp)
{
    return ifp->tap_file && !ifp->tap_file->foreign;
}

/* True if 'ifp' goes when this process ends. */
static bool
goes(const struct fk_if *ifp)
{
    return (is_open(ifp)
            && (ifp->transient || (ifp->cloned && !fk_tap_survives_close)));
}

static void
print_hex(FILE *stream, const uint8_t *p, size_t n)
{
    putc(' ', stream);
    for (size_t i = 0; i < n; i++) {
        fprintf(stream, "%02x", p[i]);
    }
}

static bool
scan_hex(FILE *stream, uint8_t *p, size_t n)
{
    bool ok = true;

    ok = fscanf(stream, " ") >= 0;
    for (size_t i = 0; i < n && ok; i++) {
        unsigned int byte;

        ok = fscanf(stream, "%2x", &byte) == 1;
        p[i] = byte;
    }
    return ok;
}

/* Prints what will be left of 'ifp'. */
static void
print_interface(FILE *stream, const struct fk_if *ifp)
{
    unsigned int flags = ifp->flags & ~(unsigned int) FK_IFF_PROMISC;
    int n_addrs = is_open(ifp) ? 0 : ifp->n_addrs;
    int link_state = ifp->link_state;

    if (is_open(ifp)) {
        flags &= ~(unsigned int) FK_IFF_UP;
        link_state = fk_tap_survives_close ? FK_LINK_DOWN : link_state;
    }
    fprintf(stream, "%s %s %u %d %x %d %d %d %"PRIu64" %d %"PRIx64" %"PRIx64
            " %d %d", ifp->name, ifp->driver, ifp->index, ifp->type, flags,
            ifp->mtu, ifp->alen, link_state, ifp->baudrate, ifp->has_caps,
            ifp->caps, ifp->caps_enabled, ifp->is_tap, n_addrs);
    print_hex(stream, ifp->lladdr[0], 8);
    for (int i = 0; i < n_addrs; i++) {
        fprintf(stream, " %d", ifp->addrs[i].family);
        print_hex(stream, ifp->addrs[i].addr, 16);
        print_hex(stream, ifp->addrs[i].mask, 16);
    }
    putc('\n', stream);
}

static char *
to_text(void)
{
    char *text;
    size_t len;
    FILE *stream = open_memstream(&text, &len);

    for (const struct fk_if *ifp = fk_if_first(); ifp; ifp = ifp->next) {
        if (!goes(ifp)) {
            print_interface(stream, ifp);
        }
    }
    fclose(stream);
    return text;
}

void
fk_state_save(void)
{
    const char *name = getenv("FAKE_KERNEL");
    char *text, tmp[512];
    FILE *stream;

    if (!name) {
        return;
    }
    text = to_text();
    if (saved && !strcmp(text, saved)) {
        free(text);
        return;
    }
    free(saved);
    saved = text;
    snprintf(tmp, sizeof tmp, "%s.%ld", name, (long int) getpid());
    stream = fopen(tmp, "w");
    if (!stream || fputs(text, stream) < 0 || fclose(stream)
        || rename(tmp, name)) {
        abort();
    }
}

/* Reads one interface.  Returns false at the end of the file. */
static bool
load_interface(FILE *stream)
{
    char name[FK_NAME], driver[FK_NAME];
    struct fk_if v, *ifp;
    int has_caps, is_tap, n_addrs;

    memset(&v, 0, sizeof v);
    if (fscanf(stream, "%15s %15s %u %d %x %d %d %d %"SCNu64" %d %"SCNx64
               " %"SCNx64" %d %d", name, driver, &v.index, &v.type,
               &v.flags, &v.mtu, &v.alen, &v.link_state, &v.baudrate,
               &has_caps, &v.caps, &v.caps_enabled, &is_tap, &n_addrs)
        != 14 || !scan_hex(stream, v.lladdr[0], 8)) {
        return false;
    }
    for (int i = 0; i < n_addrs; i++) {
        if (fscanf(stream, " %d", &v.addrs[i].family) != 1
            || !scan_hex(stream, v.addrs[i].addr, 16)
            || !scan_hex(stream, v.addrs[i].mask, 16)) {
            abort();
        }
    }

    ifp = fk_if_create_as(name, v.type, v.alen, v.index);
    memcpy(ifp->driver, driver, sizeof ifp->driver);
    memcpy(ifp->lladdr[0], v.lladdr[0], sizeof ifp->lladdr[0]);
    memcpy(ifp->addrs, v.addrs, sizeof ifp->addrs);
    ifp->n_addrs = n_addrs;
    ifp->flags = v.flags;
    ifp->mtu = v.mtu;
    ifp->link_state = v.link_state;
    ifp->baudrate = v.baudrate;
    ifp->has_caps = has_caps;
    ifp->caps = v.caps;
    ifp->caps_enabled = v.caps_enabled;
    ifp->is_tap = is_tap;
    return true;
}

void
fk_state_load(void)
{
    const char *name = getenv("FAKE_KERNEL");
    FILE *stream = name ? fopen(name, "r") : NULL;

    if (stream) {
        while (load_interface(stream)) {
            continue;
        }
        fclose(stream);
    }
}
