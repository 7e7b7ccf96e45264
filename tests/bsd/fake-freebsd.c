/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The fake BSD kernel: what only FreeBSD does.  See fake-kernel.h.
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
#include <sys/sysctl.h>
#include <net/if.h>
#include <net/if_media.h>
#include <net/if_mib.h>
#include <net/if_tap.h>
#include <net/route.h>
#include <netinet/in_var.h>

#include "fake-bsd.h"

const bool fk_tap_survives_close = true;
const bool fk_bpf_read_fails_when_gone = true;
const bool fk_bpf_hides_from_writers = true;
const size_t fk_min_sdl_len = 54;

const struct fk_knobs fk_default_knobs = {
    .rerror = 1,
    .tap_transient = 1,
    .devfs_cloning = 1,
    .tap_nodes = -1,
    .max_sockbuf = 2 * 1024 * 1024,
    .max_write = 9216,
    .mtu_max = 9216,
    .index_reuse = FK_INDEX_LOWEST,
    .caps_reset = 1,
};

void
fk_set_release(int release)
{
    fk_knobs.rerror = fk_knobs.tap_transient = release >= 14;
    fk_knobs.max_write = release >= 14 ? 9216 : 4096;
}

const char *
fk_system(void)
{
    return "freebsd";
}

size_t
fk_sa_space(size_t len)
{
    const struct sockaddr sa = { .sa_len = len };

    return SA_SIZE(&sa);
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
        .ifi_datalen = sizeof *data,
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
        .ifi_oqdrops = c->oqdrops,
        .ifi_noproto = c->noproto,
    };
}

void
fk_msg_lladdr(struct fk_if *ifp, const uint8_t *old)
{
    /* FreeBSD tells nobody. */
    (void) ifp;
    (void) old;
}

/* A number beyond the first 5 bits is "other" for those who ask in the old
 * way. */
static int
fold(int word)
{
    return (word & IFM_ETH_XTYPE
            ? (word & ~(IFM_ETH_XTYPE | IFM_TMASK)) | IFM_OTHER
            : word);
}

static int
get_media(struct fk_if *ifp, struct ifmediareq *imr, bool extended)
{
    int room = imr->ifm_count;

    if (!ifp->has_media) {
        return EINVAL;
    }
    imr->ifm_current = extended ? ifp->media_current
                       : fold(ifp->media_current);
    imr->ifm_active = extended ? ifp->media_active : fold(ifp->media_active);
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

static int
set_flags(struct fk_if *ifp, const struct ifreq *ifr)
{
    const unsigned int cant_change = IFF_PROMISC | IFF_LOOPBACK;
    unsigned int flags = ((ifr->ifr_flags & 0xffff)
                          | (unsigned int) ifr->ifr_flagshigh << 16);

    fk_if_set_flags(ifp, ((flags & ~cant_change)
                          | (ifp->flags & cant_change)));
    return 0;
}

static int
set_lladdr(struct fk_if *ifp, const struct ifreq *ifr)
{
    if (ifr->ifr_addr.sa_len != ifp->alen) {
        return EINVAL;
    }
    fk_if_set_lladdr(ifp, (const uint8_t *) ifr->ifr_addr.sa_data);
    if (ifp->flags & IFF_UP) {
        /* The interface goes down and up again for it, unannounced. */
        ifp->counters.oqdrops += ifp->host_tx.n;
        fk_queue_clear(&ifp->host_tx);
    }
    return 0;
}

static int
get_caps(const struct fk_if *ifp, struct ifreq *ifr)
{
    if (!ifp->has_caps) {
        return EINVAL;
    }
    ifr->ifr_reqcap = ifp->caps;
    ifr->ifr_curcap = ifp->caps_enabled;
    return 0;
}

static int
set_caps(struct fk_if *ifp, const struct ifreq *ifr)
{
    unsigned int wanted = ifr->ifr_reqcap;

    if (!ifp->has_caps || wanted & ~ifp->caps) {
        return EINVAL;
    }
    ifp->caps_enabled = wanted;
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
        ifr->ifr_flagshigh = ifp->flags >> 16;
        return 0;
    case SIOCSIFFLAGS:
        return set_flags(ifp, ifr);
    case SIOCGIFDATA:
        fk_fill_if_data(ifp, (struct if_data *) (void *) ifr->ifr_data);
        return 0;
    case SIOCSIFLLADDR:
        return set_lladdr(ifp, ifr);
    case SIOCGIFMEDIA:
    case SIOCGIFXMEDIA:
        return get_media(ifp, arg, request == SIOCGIFXMEDIA);
    case SIOCGIFCAP:
        return get_caps(ifp, ifr);
    case SIOCSIFCAP:
        return set_caps(ifp, ifr);
    case SIOCSIFNAME:
        return fk_if_rename(ifp, ifr->ifr_data);
    default:
        return FK_UNKNOWN;
    }
}

int
fk_system_ioctl(struct fk_file *file, unsigned long int request, void *arg)
{
    struct fk_if *ifp;

    if (file->type == FK_TAP) {
        if (request != TAPSTRANSIENT || !file->ifp || !fk_knobs.tap_transient) {
            return request == TAPSTRANSIENT ? ENOTTY : FK_UNKNOWN;
        }
        file->ifp->transient = *(const int *) arg != 0;
        return 0;
    }
    if (file->type == FK_LINK) {
        return ENOTTY;
    }
    if (file->type == FK_BPF) {
        return FK_UNKNOWN;
    }
    if (request == SIOCIFCREATE2) {
        struct ifreq *ifr = arg;

        return strcmp(ifr->ifr_name, "tap") ? EINVAL
               : fk_tap_create(ifr->ifr_name);
    }
    ifp = fk_req_if(arg);
    return ifp ? interface_ioctl(ifp, request, arg) : ENXIO;
}

int
fk_system_sysctl(const int *mib, unsigned int n, struct out *out)
{
    const struct fk_if *ifp;

    if (n != 6 || mib[0] != CTL_NET || mib[1] != PF_LINK
        || mib[2] != NETLINK_GENERIC || mib[3] != IFMIB_IFDATA
        || mib[5] != IFDATA_DRIVERNAME) {
        return FK_UNKNOWN;
    }
    ifp = fk_if_by_index(mib[4]);
    if (!ifp) {
        return ENOENT;
    }
    out_put(out, ifp->driver, strlen(ifp->driver) + 1);
    return 0;
}

#define REQUEST(NAME) { #NAME, NAME }
const struct fk_request_name fk_request_names[] = {
    REQUEST(SIOCGIFFLAGS), REQUEST(SIOCSIFFLAGS), REQUEST(SIOCGIFMTU),
    REQUEST(SIOCSIFMTU), REQUEST(SIOCGIFDATA), REQUEST(SIOCSIFLLADDR),
    REQUEST(SIOCGIFMEDIA), REQUEST(SIOCGIFXMEDIA), REQUEST(SIOCSIFMEDIA),
    REQUEST(SIOCGIFCAP), REQUEST(SIOCSIFCAP), REQUEST(SIOCSIFNAME),
    REQUEST(SIOCGIFINDEX), REQUEST(SIOCAIFADDR), REQUEST(SIOCDIFADDR),
    REQUEST(SIOCIFCREATE2), REQUEST(SIOCIFDESTROY), REQUEST(TAPGIFNAME),
    REQUEST(TAPSTRANSIENT), REQUEST(FIONBIO),
    { NULL, 0 },
};
