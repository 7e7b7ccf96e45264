/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The fake BSD kernel: what only NetBSD does.  See fake-kernel.h.
 *
 * The callers hold fk_lock(). */

#define FAKE_KERNEL 1

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/ioctl.h>
#include <sys/sockio.h>
#include <net/bpf.h>
#include <net/if.h>
#include <net/if_dl.h>
#include <net/if_media.h>
#include <net/if_tap.h>
#include <net/route.h>
#include <netinet/in_var.h>

#include "fake-bsd.h"

const bool fk_tap_survives_close = false;
const bool fk_bpf_read_fails_when_gone = false;
const bool fk_bpf_hides_from_writers = false;
const size_t fk_min_sdl_len = 8;

const struct fk_knobs fk_default_knobs = {
    .rerror = 1,
    .devfs_cloning = 1,
    .tap_nodes = 4,
    .max_sockbuf = 256 * 1024 - 1,
    .msg_cost = 512,
    .max_write = 9216,
    .mtu_max = 9216,
    .index_reuse = FK_INDEX_LAST,
    .digits = 1,
    .silent_mtu = 1,
    .silent_promisc = 1,
    .dad_ms = 3000,
};

void
fk_set_release(int release)
{
    fk_knobs.rerror = release >= 8;
    fk_knobs.max_write = release >= 8 ? 9216 : 2046;
}

const char *
fk_system(void)
{
    return "netbsd";
}

size_t
fk_sa_space(size_t len)
{
    return RT_ROUNDUP(len);
}

void
fk_fill_if_data(const struct fk_if *ifp, struct if_data *data)
{
    const struct fk_counters *c = &ifp->counters;

    *data = (struct if_data) {
        .ifi_type = ifp->type,
        .ifi_addrlen = ifp->alen,
        .ifi_hdrlen = 14,
        .ifi_link_state = ifp->link_state,
        .ifi_mtu = ifp->mtu,
        .ifi_baudrate = ifp->baudrate,
        .ifi_ipackets = c->ipackets,
        .ifi_ierrors = c->ierrors,
        .ifi_opackets = c->opackets,
        .ifi_oerrors = c->oerrors,
        .ifi_collisions = c->collisions,
        .ifi_ibytes = c->ibytes,
        .ifi_obytes = c->obytes,
        .ifi_imcasts = c->imcasts,
        .ifi_omcasts = c->omcasts,
        .ifi_iqdrops = c->iqdrops,
        .ifi_noproto = c->noproto,
    };
}

static void
send_lladdr_msg(const struct fk_if *ifp, int type, const uint8_t *lladdr)
{
    struct sockaddr_storage ss;
    size_t len = fk_make_sdl(ifp, lladdr, &ss);

    fk_send_addr_msg(ifp, type, &ss, len, NULL, 0);
}

void
fk_msg_lladdr(struct fk_if *ifp, const uint8_t *old)
{
    (void) old;
    send_lladdr_msg(ifp, RTM_CHGADDR, ifp->lladdr[0]);
}

static int
find_lladdr(const struct fk_if *ifp, const uint8_t *lladdr)
{
    for (int i = 0; i < ifp->n_lladdrs; i++) {
        if (!memcmp(ifp->lladdr[i], lladdr, 6)) {
            return i;
        }
    }
    return -1;
}

static int
add_lladdr(struct fk_if *ifp, const uint8_t *lladdr, unsigned int flags)
{
    int i = find_lladdr(ifp, lladdr);

    if (i < 0) {
        if (ifp->n_lladdrs >= FK_MAX_LLADDRS) {
            return ENOMEM;
        }
        i = ifp->n_lladdrs++;
        memcpy(ifp->lladdr[i], lladdr, 6);
        send_lladdr_msg(ifp, RTM_NEWADDR, lladdr);
    }
    if (flags & IFLR_ACTIVE && i) {
        uint8_t active[8];

        memcpy(active, ifp->lladdr[0], sizeof active);
        memcpy(ifp->lladdr[0], lladdr, 6);
        memcpy(ifp->lladdr[i], active, sizeof active);
        send_lladdr_msg(ifp, RTM_CHGADDR, lladdr);
    }
    return 0;
}

static int
del_lladdr(struct fk_if *ifp, const uint8_t *lladdr)
{
    int i = find_lladdr(ifp, lladdr);
    uint8_t gone[8];

    if (i < 0) {
        return EADDRNOTAVAIL;
    }
    if (!i || !memcmp(ifp->factory, lladdr, 6)) {
        return EBUSY;
    }
    memcpy(gone, ifp->lladdr[i], sizeof gone);
    ifp->n_lladdrs--;
    memmove(ifp->lladdr[i], ifp->lladdr[i + 1],
            (ifp->n_lladdrs - i) * sizeof ifp->lladdr[0]);
    send_lladdr_msg(ifp, RTM_DELADDR, gone);
    return 0;
}

/* Requests on a socket of family AF_LINK. */
static int
link_ioctl(struct fk_if *ifp, unsigned long int request, void *arg)
{
    struct if_laddrreq *req = arg;
    struct sockaddr_dl sdl;
    uint8_t lladdr[6];

    memcpy(&sdl, &req->addr, sizeof sdl);
    if (sdl.sdl_family != AF_LINK || sdl.sdl_alen != ifp->alen
        || sdl.sdl_alen != 6) {
        return EINVAL;
    }
    memcpy(lladdr, LLADDR(&sdl), sizeof lladdr);
    switch (request) {
    case SIOCALIFADDR:
        return add_lladdr(ifp, lladdr, req->flags);
    case SIOCDLIFADDR:
        return del_lladdr(ifp, lladdr);
    default:
        return ENOTTY;
    }
}

static int
get_media(struct fk_if *ifp, struct ifmediareq *imr)
{
    int room = imr->ifm_count;

    if (!ifp->has_media) {
        return ENOTTY;
    }
    imr->ifm_current = ifp->media_current;
    imr->ifm_active = ifp->media_active;
    imr->ifm_mask = 0;
    imr->ifm_status = ifp->media_status;
    if (room && ifp->media_grow) {
        ifp->media_grow--;
        ifp->media[ifp->n_media] = ifp->media[0];
        ifp->n_media++;
    }
    imr->ifm_count = ifp->n_media;
    if (!room) {
        /* All but the name and the pointer. */
        fk_garble(&imr->ifm_current, 5 * sizeof(int));
        return 0;
    }
    if (room < ifp->n_media) {
        return E2BIG;
    }
    memcpy(imr->ifm_ulist, ifp->media, ifp->n_media * sizeof(int));
    fk_garble(imr->ifm_ulist, ifp->n_media * sizeof(int));
    return 0;
}

/* IFF_PROMISC and others are not for user space to change, which is not an
 * error. */
static int
set_flags(struct fk_if *ifp, const struct ifreq *ifr)
{
    fk_if_set_flags(ifp, ((ifr->ifr_flags & 0xffff & ~IFF_CANTCHANGE)
                          | (ifp->flags & IFF_CANTCHANGE)));
    return 0;
}

static int
get_caps(const struct fk_if *ifp, struct ifcapreq *req)
{
    if (!ifp->has_caps) {
        return ENOTTY;
    }
    req->ifcr_capabilities = ifp->caps;
    req->ifcr_capenable = ifp->caps_enabled;
    return 0;
}

static int
set_caps(struct fk_if *ifp, const struct ifcapreq *req)
{
    if (!ifp->has_caps || req->ifcr_capenable & ~ifp->caps) {
        return EINVAL;
    }
    ifp->caps_enabled = req->ifcr_capenable;
    if (fk_knobs.caps_reset && ifp->link_state == FK_LINK_UP) {
        fk_if_set_link(ifp, FK_LINK_DOWN);
        fk_if_set_link(ifp, FK_LINK_UP);
    }
    return 0;
}

static int
interface_ioctl(struct fk_if *ifp, unsigned long int request, void *arg)
{
    struct ifreq *ifr = arg;

    switch (request) {
    case SIOCGIFFLAGS:
        ifr->ifr_flags = ifp->flags & 0xffff;
        return 0;
    case SIOCSIFFLAGS:
        return set_flags(ifp, ifr);
    case SIOCGIFDATA: {
        struct ifdatareq *req = arg;

        fk_fill_if_data(ifp, &req->ifdr_data);
        return 0;
    }
    case SIOCGIFMEDIA:
        return get_media(ifp, arg);
    case SIOCGIFCAP:
        return get_caps(ifp, arg);
    case SIOCSIFCAP:
        return set_caps(ifp, arg);
    default:
        return FK_UNKNOWN;
    }
}

int
fk_system_ioctl(struct fk_file *file, unsigned long int request, void *arg)
{
    struct fk_if *ifp;

    if (file->type == FK_TAP || file->type == FK_BPF) {
        return FK_UNKNOWN;
    }
    ifp = fk_req_if(arg);
    if (!ifp) {
        return ENXIO;
    }
    return (file->type == FK_LINK
            ? link_ioctl(ifp, request, arg)
            : interface_ioctl(ifp, request, arg));
}

int
fk_system_sysctl(const int *mib, unsigned int n, struct out *out)
{
    (void) mib;
    (void) n;
    (void) out;
    return FK_UNKNOWN;
}

#define REQUEST(NAME) { #NAME, NAME }
const struct fk_request_name fk_request_names[] = {
    REQUEST(SIOCGIFFLAGS), REQUEST(SIOCSIFFLAGS), REQUEST(SIOCGIFMTU),
    REQUEST(SIOCSIFMTU), REQUEST(SIOCGIFDATA), REQUEST(SIOCALIFADDR),
    REQUEST(SIOCDLIFADDR), REQUEST(SIOCGIFMEDIA), REQUEST(SIOCSIFMEDIA),
    REQUEST(SIOCGIFCAP), REQUEST(SIOCSIFCAP), REQUEST(SIOCGIFINDEX),
    REQUEST(SIOCAIFADDR), REQUEST(SIOCDIFADDR), REQUEST(SIOCIFDESTROY),
    REQUEST(TAPGIFNAME), REQUEST(FIONBIO), REQUEST(BIOCSETIF),
    REQUEST(BIOCSETF), REQUEST(BIOCPROMISC),
    { NULL, 0 },
};
