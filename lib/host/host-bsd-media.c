/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface of the BSDs: media (ifmedia(4)).
 *
 * A media word is an int: 5 bits and a few more of medium, 3 bits of type of
 * network, the rest options.  The numbers of the media differ from system to
 * system; each system's file has the table.
 *
 * No state and no locks.  Any thread may call anything. */

#include "host/host-bsd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sockio.h>
#include <net/if_media.h>

/* How often to ask again for a list that grew meanwhile, and how long a list
 * may be. */
#define MAX_LIST_RETRIES 4
#define MAX_LIST_LEN 4096

/* The numbers that every system gives to media that are none. */
enum {
    MEDIUM_AUTO = IFM_AUTO,
    MEDIUM_NONE = IFM_NONE,
};

static bool
is_ethernet(int word)
{
    return (word & IFM_NMASK) == IFM_ETHER;
}

static bool
is_auto(int word)
{
    return is_ethernet(word) && bsd_medium_number(word) == MEDIUM_AUTO;
}

static const struct bsd_medium *
find_medium(int word)
{
    unsigned int number = bsd_medium_number(word);

    if (!is_ethernet(word)) {
        return NULL;
    }
    for (size_t i = 0; i < n_bsd_media; i++) {
        const struct bsd_medium *medium = &bsd_media[i];

        if (number >= medium->first && number <= medium->last) {
            return medium;
        }
    }
    return NULL;
}

static uint32_t
rate_feature(unsigned int mbps, bool full)
{
    switch (mbps) {
    case 10:
        return full ? HOST_F_10MB_FD : HOST_F_10MB_HD;
    case 100:
        return full ? HOST_F_100MB_FD : HOST_F_100MB_HD;
    case 1000:
        return full ? HOST_F_1GB_FD : HOST_F_1GB_HD;
    case 10000:
        return HOST_F_10GB_FD;
    case 40000:
        return HOST_F_40GB_FD;
    case 100000:
        return HOST_F_100GB_FD;
    default:
        return HOST_F_OTHER;
    }
}

static uint32_t
material_feature(char material)
{
    return (material == 'C' ? HOST_F_COPPER
            : material == 'F' ? HOST_F_FIBER
            : 0);
}

/* Rates beyond 1 Gb/s know no half duplex, and drivers of them do not always
 * say "full". */
static bool
is_full_duplex(int word, const struct bsd_medium *medium)
{
    return word & IFM_FDX || medium->mbps > 1000;
}

static uint32_t
pause_features(int word)
{
    uint32_t rx = word & IFM_ETH_RXPAUSE;
    uint32_t tx = word & IFM_ETH_TXPAUSE;

    if (word & IFM_FLOW || (rx && tx)) {
        return HOST_F_PAUSE;
    }
    return (rx ? HOST_F_PAUSE | HOST_F_PAUSE_ASYM
            : tx ? HOST_F_PAUSE_ASYM
            : 0);
}

/* Translates one word into HOST_F_*.  0 if it is not about Ethernet. */
static uint32_t
word_features(int word)
{
    const struct bsd_medium *medium = find_medium(word);

    if (is_auto(word)) {
        return HOST_F_AUTONEG;
    }
    if (!medium) {
        return 0;
    }
    return (rate_feature(medium->mbps, is_full_duplex(word, medium))
            | material_feature(medium->material)
            | pause_features(word));
}

/* Names the medium of 'word' in 'text', in the words of ifconfig(8). */
static void
format_medium(int word, char *text, size_t size)
{
    const struct bsd_medium *medium = find_medium(word);
    unsigned int mbps = medium ? medium->mbps : 0;

    if (!medium) {
        snprintf(text, size, "%s",
                 bsd_medium_number(word) == MEDIUM_NONE ? "none" : "unknown");
        return;
    }

    snprintf(text, size, "%u%s%s%s",
             mbps >= 10000 ? mbps / 1000 : mbps,
             mbps >= 10000 ? "Gbase" : "base", medium->suffix,
             is_full_duplex(word, medium) ? " <full-duplex>"
             : word & IFM_HDX ? " <half-duplex>" : "");
}

/* What SIOCGIF(X)MEDIA tells: the words, and the list. */
struct media_state {
    struct ifmediareq imr;      /* 'ifm_ulist' is 'words'. */
    int *words;                 /* 'imr.ifm_count' of them. */
};

/* Asks for the state without the list; '->ifm_count' says how long that is. */
static int
get_media_header(const char *name, struct ifmediareq *imr)
{
    int error = bsd_name_request(name, imr, sizeof *imr);

    if (!error) {
        error = bsd_get_media(imr);
    }
    if (bsd_is_unsupported(error)) {
        return EOPNOTSUPP;
    }
    if (!error && (imr->ifm_count < 0 || imr->ifm_count > MAX_LIST_LEN)) {
        return EOPNOTSUPP;
    }
    return error;
}

/* Asks again, with room for as many words as 'state->imr.ifm_count'.  E2BIG:
 * the list has grown. */
static int
get_media_list(const char *name, struct media_state *state)
{
    int n = state->imr.ifm_count;
    int *words = calloc(n, sizeof *words);
    int error;

    if (!words) {
        return ENOMEM;
    }
    error = bsd_name_request(name, &state->imr, sizeof state->imr);
    if (!error) {
        state->imr.ifm_ulist = words;
        state->imr.ifm_count = n;
        error = bsd_get_media(&state->imr);
    }
    if (error) {
        free(words);
        return bsd_is_unsupported(error) ? EOPNOTSUPP : error;
    }
    state->words = words;
    if (state->imr.ifm_count > n) {
        state->imr.ifm_count = n;
    }
    return 0;
}

static int
get_media_state(const char *name, struct media_state *state)
{
    int error = E2BIG;

    state->words = NULL;
    for (int i = 0; i < MAX_LIST_RETRIES && error == E2BIG; i++) {
        error = get_media_header(name, &state->imr);
        if (!error && state->imr.ifm_count) {
            error = get_media_list(name, state);
        }
    }
    return error;
}

/* Speed in bits per second: that of the medium in use, which is exact, else
 * what the interface itself reports.  (Without a link the latter is some
 * default.) */
static uint64_t
get_speed(const char *name, int active)
{
    const struct bsd_medium *medium = find_medium(active);
    struct if_data data;

    if (medium) {
        return (uint64_t) medium->mbps * 1000 * 1000;
    }
    return bsd_get_if_data(name, &data) ? 0 : data.ifi_baudrate;
}

/* Fills in what is in use now.  'linked' is false if it is known that there
 * is no link: then nothing is in use. */
static void
set_current(const char *name, const struct ifmediareq *imr, bool linked,
            struct host_media *media)
{
    const struct bsd_medium *medium = find_medium(imr->ifm_active);
    char active[32];

    format_medium(linked ? imr->ifm_active : IFM_ETHER | IFM_NONE,
                  active, sizeof active);
    if (is_auto(imr->ifm_current)) {
        snprintf(media->text, sizeof media->text, "autoselect (%s)", active);
        media->current |= HOST_F_AUTONEG;
    } else {
        format_medium(imr->ifm_current, media->text, sizeof media->text);
    }
    if (!linked) {
        return;
    }
    media->current |= word_features(imr->ifm_active);
    media->speed = get_speed(name, imr->ifm_active);
    if (medium) {
        media->duplex = is_full_duplex(imr->ifm_active, medium);
    }
}

int
host_get_media(const char *name, struct host_media *media)
{
    struct media_state state;
    int error;

    error = get_media_state(name, &state);
    if (error) {
        return error;
    }
    if (!is_ethernet(state.imr.ifm_current)) {
        /* A radio, or something from the museum. */
        free(state.words);
        return EOPNOTSUPP;
    }

    memset(media, 0, sizeof *media);
    media->duplex = -1;
    for (int i = 0; i < state.imr.ifm_count; i++) {
        media->supported |= word_features(state.words[i]);
    }
    media->advertised = (is_auto(state.imr.ifm_current)
                         ? media->supported
                         : word_features(state.imr.ifm_current));
    set_current(name, &state.imr,
                !(state.imr.ifm_status & IFM_AVALID)
                || state.imr.ifm_status & IFM_ACTIVE, media);
    free(state.words);
    return 0;
}

/* The features that choose a medium, as opposed to describing it. */
#define RATE_FEATURES (HOST_F_10MB_HD | HOST_F_10MB_FD | HOST_F_100MB_HD   \
                       | HOST_F_100MB_FD | HOST_F_1GB_HD | HOST_F_1GB_FD  \
                       | HOST_F_10GB_FD | HOST_F_40GB_FD                  \
                       | HOST_F_100GB_FD | HOST_F_1TB_FD | HOST_F_OTHER)

/* How good 'word' is for somebody who wants 'features'.  0 is useless. */
static unsigned int
rank_word(int word, uint32_t features)
{
    const struct bsd_medium *medium = find_medium(word);

    if (is_auto(word)) {
        return features & HOST_F_AUTONEG ? UINT32_MAX : 0;
    }
    if (!medium || features & HOST_F_AUTONEG
        || !(word_features(word) & features & RATE_FEATURES)) {
        return 0;
    }
    return medium->mbps * 2 + is_full_duplex(word, medium);
}

/* Finds the word among the 'n' 'words' that suits 'features' best.  Returns
 * false if none does. */
static bool
choose_word(const int *words, int n, uint32_t features, int *word)
{
    unsigned int best = 0;

    for (int i = 0; i < n; i++) {
        unsigned int rank = rank_word(words[i], features);

        if (rank > best) {
            best = rank;
            *word = words[i];
        }
    }
    return best > 0;
}

int
host_set_advertised(const char *name, uint32_t features)
{
    struct media_state state;
    struct ifreq ifr;
    int word = 0;
    int error;

    error = get_media_state(name, &state);
    if (error) {
        return error;
    }
    if (!choose_word(state.words, state.imr.ifm_count, features, &word)) {
        error = EINVAL;
    } else if (word != state.imr.ifm_current) {
        memset(&ifr, 0, sizeof ifr);
        ifr.ifr_media = word;
        error = bsd_ifreq(name, SIOCSIFMEDIA, &ifr);
    }
    free(state.words);
    return error;
}

int
bsd_media_carrier(const char *name, bool *up)
{
    struct ifmediareq imr;
    int error = get_media_header(name, &imr);

    if (error) {
        return error;
    }
    if (!(imr.ifm_status & IFM_AVALID)) {
        return EOPNOTSUPP;
    }
    *up = (imr.ifm_status & IFM_ACTIVE) != 0;
    return 0;
}

int
host_get_mii_link(const char *name, bool *up)
{
    return bsd_media_carrier(name, up);
}
