/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface on Linux, part 2: media, drivers and offloads, through
 * ethtool and, for transceivers, the MII ioctls.
 *
 * No state, no lock: any thread may call any function. */

#include "host/host.h"
#include "host/host-linux.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <linux/ethtool.h>
#include <linux/mii.h>
#include <linux/sockios.h>

/* Media, through ethtool.
 *
 * The link modes of ethtool are numbered in the order in which they were
 * invented.  Those that OpenFlow has a bit for are listed; every other mode
 * that is a rate is HOST_F_OTHER. */

#define MODE_WORDS 8            /* 256 link modes, three bitmaps of them. */

union link_settings {
    struct ethtool_link_settings s;
    uint8_t room[sizeof(struct ethtool_link_settings)
                 + 3 * MODE_WORDS * sizeof(uint32_t)];
};

static const struct {
    uint8_t bit;
    uint32_t feature;
} link_modes[] = {
    { ETHTOOL_LINK_MODE_10baseT_Half_BIT, HOST_F_10MB_HD },
    { ETHTOOL_LINK_MODE_10baseT_Full_BIT, HOST_F_10MB_FD },
    { ETHTOOL_LINK_MODE_100baseT_Half_BIT, HOST_F_100MB_HD },
    { ETHTOOL_LINK_MODE_100baseT_Full_BIT, HOST_F_100MB_FD },
    { ETHTOOL_LINK_MODE_100baseT1_Full_BIT, HOST_F_100MB_FD },
    { ETHTOOL_LINK_MODE_100baseFX_Half_BIT, HOST_F_100MB_HD },
    { ETHTOOL_LINK_MODE_100baseFX_Full_BIT, HOST_F_100MB_FD },
    { ETHTOOL_LINK_MODE_1000baseT_Half_BIT, HOST_F_1GB_HD },
    { ETHTOOL_LINK_MODE_1000baseT_Full_BIT, HOST_F_1GB_FD },
    { ETHTOOL_LINK_MODE_1000baseKX_Full_BIT, HOST_F_1GB_FD },
    { ETHTOOL_LINK_MODE_1000baseX_Full_BIT, HOST_F_1GB_FD },
    { ETHTOOL_LINK_MODE_1000baseT1_Full_BIT, HOST_F_1GB_FD },
    { ETHTOOL_LINK_MODE_10000baseT_Full_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_10000baseKX4_Full_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_10000baseKR_Full_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_10000baseR_FEC_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_10000baseCR_Full_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_10000baseSR_Full_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_10000baseLR_Full_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_10000baseLRM_Full_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_10000baseER_Full_BIT, HOST_F_10GB_FD },
    { ETHTOOL_LINK_MODE_40000baseKR4_Full_BIT, HOST_F_40GB_FD },
    { ETHTOOL_LINK_MODE_40000baseCR4_Full_BIT, HOST_F_40GB_FD },
    { ETHTOOL_LINK_MODE_40000baseSR4_Full_BIT, HOST_F_40GB_FD },
    { ETHTOOL_LINK_MODE_40000baseLR4_Full_BIT, HOST_F_40GB_FD },
    { ETHTOOL_LINK_MODE_100000baseKR4_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseSR4_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseCR4_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseLR4_ER4_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseKR2_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseSR2_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseCR2_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseLR2_ER2_FR2_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseDR2_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseKR_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseSR_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseLR_ER_FR_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseCR_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_100000baseDR_Full_BIT, HOST_F_100GB_FD },
    { ETHTOOL_LINK_MODE_TP_BIT, HOST_F_COPPER },
    { ETHTOOL_LINK_MODE_FIBRE_BIT, HOST_F_FIBER },
    { ETHTOOL_LINK_MODE_Autoneg_BIT, HOST_F_AUTONEG },
    { ETHTOOL_LINK_MODE_Pause_BIT, HOST_F_PAUSE },
    { ETHTOOL_LINK_MODE_Asym_Pause_BIT, HOST_F_PAUSE_ASYM },
    /* Not rates, and without a meaning for OpenFlow. */
    { ETHTOOL_LINK_MODE_AUI_BIT, 0 },
    { ETHTOOL_LINK_MODE_MII_BIT, 0 },
    { ETHTOOL_LINK_MODE_BNC_BIT, 0 },
    { ETHTOOL_LINK_MODE_Backplane_BIT, 0 },
    { ETHTOOL_LINK_MODE_FEC_NONE_BIT, 0 },
    { ETHTOOL_LINK_MODE_FEC_RS_BIT, 0 },
    { ETHTOOL_LINK_MODE_FEC_BASER_BIT, 0 },
    { ETHTOOL_LINK_MODE_FEC_LLRS_BIT, 0 },
};

static const struct {
    uint32_t mbps;
    uint32_t full;
    uint32_t half;
} link_speeds[] = {
    { SPEED_10, HOST_F_10MB_FD, HOST_F_10MB_HD },
    { SPEED_100, HOST_F_100MB_FD, HOST_F_100MB_HD },
    { SPEED_1000, HOST_F_1GB_FD, HOST_F_1GB_HD },
    { SPEED_10000, HOST_F_10GB_FD, HOST_F_OTHER },
    { SPEED_40000, HOST_F_40GB_FD, HOST_F_OTHER },
    { SPEED_100000, HOST_F_100GB_FD, HOST_F_OTHER },
};

static uint32_t
mode_to_feature(unsigned int bit)
{
    for (size_t i = 0; i < sizeof link_modes / sizeof link_modes[0]; i++) {
        if (link_modes[i].bit == bit) {
            return link_modes[i].feature;
        }
    }
    return HOST_F_OTHER;
}

static uint32_t
modes_to_features(const uint32_t *words, int n_words)
{
    uint32_t features = 0;

    for (int i = 0; i < n_words * 32; i++) {
        if (words[i / 32] & (UINT32_C(1) << (i % 32))) {
            features |= mode_to_feature(i);
        }
    }
    return features;
}

/* Reads the link settings of 'name'.  The kernel first tells how many words
 * its bitmaps have. */
static int
get_link_settings(const char *name, union link_settings *ls)
{
    int error;

    memset(ls, 0, sizeof *ls);
    ls->s.cmd = ETHTOOL_GLINKSETTINGS;
    error = lhost_ethtool(name, ls);
    if (error) {
        return error;
    }
    if (ls->s.link_mode_masks_nwords >= 0
        || ls->s.link_mode_masks_nwords < -MODE_WORDS) {
        return EPROTO;
    }

    ls->s.link_mode_masks_nwords = -ls->s.link_mode_masks_nwords;
    ls->s.cmd = ETHTOOL_GLINKSETTINGS;
    error = lhost_ethtool(name, ls);
    if (!error && (ls->s.link_mode_masks_nwords <= 0
                   || ls->s.link_mode_masks_nwords > MODE_WORDS)) {
        error = EPROTO;
    }
    return error;
}

static uint32_t
speed_to_feature(uint32_t mbps, bool full)
{
    if (!mbps || mbps == (uint32_t) SPEED_UNKNOWN) {
        return 0;
    }
    for (size_t i = 0; i < sizeof link_speeds / sizeof link_speeds[0]; i++) {
        if (link_speeds[i].mbps == mbps) {
            return full ? link_speeds[i].full : link_speeds[i].half;
        }
    }
    return HOST_F_OTHER;
}

static uint32_t
current_features(const struct ethtool_link_settings *s)
{
    uint32_t features = speed_to_feature(s->speed, s->duplex != DUPLEX_HALF);

    if (s->port == PORT_TP || s->port == PORT_DA) {
        features |= HOST_F_COPPER;
    } else if (s->port == PORT_FIBRE) {
        features |= HOST_F_FIBER;
    }
    if (s->autoneg == AUTONEG_ENABLE) {
        features |= HOST_F_AUTONEG;
    }
    return features;
}

static void
format_media(const struct ethtool_link_settings *s, char *text, size_t size)
{
    if (s->speed && s->speed != (uint32_t) SPEED_UNKNOWN) {
        snprintf(text, size, "%u Mb/s%s", s->speed,
                 s->duplex == DUPLEX_FULL ? " full-duplex"
                 : s->duplex == DUPLEX_HALF ? " half-duplex" : "");
    }
}

int
host_get_media(const char *name, struct host_media *media)
{
    union link_settings ls;
    int error = get_link_settings(name, &ls);
    int n;

    memset(media, 0, sizeof *media);
    if (error) {
        return error;
    }

    n = ls.s.link_mode_masks_nwords;
    media->current = current_features(&ls.s);
    media->supported = modes_to_features(ls.s.link_mode_masks, n);
    media->advertised = modes_to_features(ls.s.link_mode_masks + n, n);
    media->peer = modes_to_features(ls.s.link_mode_masks + 2 * n, n);
    if (ls.s.speed != (uint32_t) SPEED_UNKNOWN) {
        media->speed = UINT64_C(1000000) * ls.s.speed;
    }
    media->duplex = (ls.s.duplex == DUPLEX_FULL ? 1
                     : ls.s.duplex == DUPLEX_HALF ? 0 : -1);
    format_media(&ls.s, media->text, sizeof media->text);
    return 0;
}

int
host_set_advertised(const char *name, uint32_t features)
{
    union link_settings ls;
    uint32_t *supported, *advertised;
    bool any = false;
    int error;

    error = get_link_settings(name, &ls);
    if (error) {
        return error;
    }

    supported = ls.s.link_mode_masks;
    advertised = supported + ls.s.link_mode_masks_nwords;
    for (int i = 0; i < ls.s.link_mode_masks_nwords * 32; i++) {
        uint32_t bit = UINT32_C(1) << (i % 32);

        if (supported[i / 32] & bit && mode_to_feature(i) & features) {
            advertised[i / 32] |= bit;
            any = true;
        } else {
            advertised[i / 32] &= ~bit;
        }
    }
    if (!any) {
        return EINVAL;
    }

    ls.s.cmd = ETHTOOL_SLINKSETTINGS;
    ls.s.autoneg = (features & HOST_F_AUTONEG
                    ? AUTONEG_ENABLE : AUTONEG_DISABLE);
    return lhost_ethtool(name, &ls);
}

/* Reads MII register BMSR.  Its link bit latches failures, so the first read
 * may tell of the past. */
static int
get_mii_bmsr(const char *name, uint16_t *bmsr)
{
    struct ifreq ifr;
    struct mii_ioctl_data *mii = (struct mii_ioctl_data *) &ifr.ifr_data;
    int error;

    memset(&ifr, 0, sizeof ifr);
    error = lhost_ifreq_ioctl(name, SIOCGMIIPHY, &ifr);
    for (int i = 0; !error && i < 2; i++) {
        mii->reg_num = MII_BMSR;
        error = lhost_ifreq_ioctl(name, SIOCGMIIREG, &ifr);
        *bmsr = mii->val_out;
    }
    return error;
}

int
host_get_mii_link(const char *name, bool *up)
{
    struct ethtool_value link = { .cmd = ETHTOOL_GLINK };
    uint16_t bmsr = 0;
    int error = get_mii_bmsr(name, &bmsr);

    if (!error) {
        *up = (bmsr & BMSR_LSTATUS) != 0;
    } else if (error != ENODEV && error != ENAMETOOLONG) {
        error = lhost_ethtool(name, &link);
        *up = link.data != 0;
    }
    return error;
}

const char *
host_down_hint(const char *driver)
{
    /* Nothing but its owner takes an interface down. */
    (void) driver;
    return NULL;
}

int
host_get_driver(const char *name, struct host_driver *driver)
{
    struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
    int error = lhost_ethtool(name, &info);

    memset(driver, 0, sizeof *driver);
    if (!error) {
        snprintf(driver->name, sizeof driver->name, "%.31s", info.driver);
        snprintf(driver->version, sizeof driver->version, "%.31s",
                 info.version);
        snprintf(driver->firmware, sizeof driver->firmware, "%.31s",
                 info.fw_version);
        snprintf(driver->bus, sizeof driver->bus, "%.31s", info.bus_info);
    }
    return error;
}

/* Offloads. */

/* What has been changed.  SAVED_QDISC: what host_exclusive() hung its filter
 * on. */
enum { SAVED_LRO, SAVED_GRO, SAVED_EXCLUSIVE, SAVED_QDISC };

/* Stores in 'id' what tells an interface of our network namespace from all
 * others: its index, and which namespace that is. */
static void
identify(unsigned int ifindex, uint64_t id[HOST_OFFLOADS_ID])
{
    struct stat s;

    memset(id, 0, HOST_OFFLOADS_ID * sizeof *id);
    if (ifindex && !stat("/proc/thread-self/ns/net", &s)) {
        id[0] = ifindex;
        id[1] = s.st_ino;
    }
}

/* Stores in 'name' what the interface of 'saved->id' is called now.  ENODEV:
 * it is gone, or in another network namespace. */
static int
offloads_find(const struct host_offloads *saved, char name[IFNAMSIZ])
{
    uint64_t id[HOST_OFFLOADS_ID];

    identify(saved->id[0], id);
    return (id[0] && !memcmp(id, saved->id, sizeof id)
            && if_indextoname(saved->id[0], name) ? 0 : ENODEV);
}

bool
host_offloads_present(const struct host_offloads *saved)
{
    char name[IFNAMSIZ];

    return !offloads_find(saved, name);
}

int
host_offloads_off(const char *name, struct host_offloads *saved)
{
    struct ethtool_value lro = { .cmd = ETHTOOL_GFLAGS };
    struct ethtool_value gro = { .cmd = ETHTOOL_GGRO };
    int error = lhost_check_name(name);

    memset(saved, 0, sizeof *saved);
    if (error) {
        return error;
    }

    identify(if_nametoindex(name), saved->id);
    if (!lhost_ethtool(name, &lro) && lro.data & ETH_FLAG_LRO) {
        lro.cmd = ETHTOOL_SFLAGS;
        lro.data &= ~ETH_FLAG_LRO;
        saved->saved[SAVED_LRO] = !lhost_ethtool(name, &lro);
    }
    if (!lhost_ethtool(name, &gro) && gro.data) {
        gro.cmd = ETHTOOL_SGRO;
        gro.data = 0;
        saved->saved[SAVED_GRO] = !lhost_ethtool(name, &gro);
    }
    saved->changed = saved->saved[SAVED_LRO] || saved->saved[SAVED_GRO];
    return 0;
}

int
host_exclusive(const char *name, struct host_offloads *saved)
{
    unsigned int ifindex;
    int error = lhost_get_ifindex(name, &ifindex);
    bool added_qdisc;

    error = error ? error : lhost_exclusive_on(ifindex, &added_qdisc);
    if (!error) {
        saved->saved[SAVED_EXCLUSIVE] = 1;
        saved->saved[SAVED_QDISC] = added_qdisc;
        saved->changed = true;
    }
    return error;
}

static int
restore(const char *name, const struct host_offloads *saved)
{
    struct ethtool_value lro = { .cmd = ETHTOOL_GFLAGS };
    struct ethtool_value gro = { .cmd = ETHTOOL_SGRO, .data = 1 };
    int errors[3] = { 0 };

    if (saved->saved[SAVED_LRO] && !lhost_ethtool(name, &lro)) {
        lro.cmd = ETHTOOL_SFLAGS;
        lro.data |= ETH_FLAG_LRO;
        errors[0] = lhost_ethtool(name, &lro);
    }
    if (saved->saved[SAVED_GRO]) {
        errors[1] = lhost_ethtool(name, &gro);
    }
    if (saved->saved[SAVED_EXCLUSIVE]) {
        errors[2] = lhost_exclusive_off(saved->id[0],
                                        saved->saved[SAVED_QDISC]);
    }
    return errors[0] ? errors[0] : errors[1] ? errors[1] : errors[2];
}

struct follow {
    const struct host_offloads *saved;
    unsigned int ifindex;       /* Where it is now. */
};

static int
restore_here(void *follow_)
{
    const struct follow *follow = follow_;
    char name[IFNAMSIZ];

    return (if_indextoname(follow->ifindex, name)
            ? restore(name, follow->saved) : ENODEV);
}

int
host_offloads_follow(struct host_offloads *saved,
                     const struct host_event *event)
{
    uint64_t id[HOST_OFFLOADS_ID];
    struct host_offloads left = *saved;
    struct follow follow = { &left, event->new_ifindex };
    int error;

    identify(event->link.ifindex, id);
    if (!event->new_ifindex || memcmp(id, saved->id, sizeof id)) {
        return ENODEV;
    }

    /* Filters stay behind. */
    left.saved[SAVED_EXCLUSIVE] = 0;
    error = lhost_run_at(event->place, restore_here, &follow);
    saved->changed = error != 0;
    return error;
}

int
host_offloads_restore(struct host_offloads *saved)
{
    char name[IFNAMSIZ];
    int error;

    if (!saved->changed) {
        return 0;
    }
    error = offloads_find(saved, name);
    error = error ? error : restore(name, saved);
    saved->changed = error == ENODEV;
    return error;
}
