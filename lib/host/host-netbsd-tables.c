/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface on NetBSD: its numbers and formats, for the files that are
 * the same on all BSDs.
 *
 * Nothing here calls anything.  No state and no locks. */

#include "host/host-bsd.h"

#include <sys/types.h>
#include <net/if_media.h>
#include <net/route.h>

#include "host/rtbsd.h"

const bool bsd_digits_are_index = true;

const unsigned int rtbsd_promisc_flags = IFF_PROMISC;

uint64_t
rtbsd_output_drops(const struct if_data *data)
{
    /* Not counted per interface. */
    (void) data;
    return UINT64_MAX;
}

/* Bits 5 to 7 of the number are bits 13 to 15 of the word. */
unsigned int
bsd_medium_number(int word)
{
    return (word & 0x1f) | (word & 0xe000) >> 8;
}

const struct bsd_medium bsd_media[] = {
    { 3, 3, 10, 'C', "T" },
    { 4, 4, 10, 'C', "2" },
    { 5, 5, 10, 'C', "5" },
    { 12, 12, 10, 'C', "STP" },
    { 13, 13, 10, 'F', "FL" },
    { 6, 6, 100, 'C', "TX" },
    { 7, 7, 100, 'F', "FX" },
    { 8, 8, 100, 'C', "T4" },
    { 9, 9, 100, 'C', "VG" },
    { 10, 10, 100, 'C', "T2" },
    { 11, 11, 1000, 'F', "SX" },
    { 14, 14, 1000, 'F', "LX" },
    { 15, 15, 1000, 'C', "CX" },
    { 16, 16, 1000, 'C', "T" },
    { 22, 22, 1000, 'F', "BX10" },
    { 27, 27, 1000, 'C', "KX" },
    { 32, 32, 1000, 0, "SGMII" },
    { 21, 21, 2500, 'F', "SX" },
    { 28, 28, 2500, 'C', "KX" },
    { 29, 29, 2500, 'C', "T" },
    { 30, 30, 5000, 'C', "T" },
    { 33, 33, 5000, 'C', "KR" },
    { 18, 18, 10000, 'F', "LR" },
    { 19, 19, 10000, 'F', "SR" },
    { 20, 20, 10000, 'C', "CX4" },
    { 23, 23, 10000, 'C', "TWINAX" },
    { 24, 24, 10000, 'C', "TWINAX-LONG" },
    { 25, 25, 10000, 'F', "LRM" },
    { 26, 26, 10000, 'C', "T" },
    { 34, 34, 10000, 'F', "AOC" },
    { 35, 35, 10000, 'C', "CR1" },
    { 36, 36, 10000, 'F', "ER" },
    { 37, 37, 10000, 'C', "KR" },
    { 38, 38, 10000, 'C', "KX4" },
    { 39, 39, 10000, 'F', "LX4" },
    { 40, 40, 10000, 0, "SFI" },
    { 41, 41, 10000, 'F', "ZR" },
    { 42, 42, 20000, 'C', "KR2" },
    { 43, 43, 25000, 'F', "AOC" },
    { 44, 44, 25000, 0, "AUI" },
    { 45, 45, 25000, 'C', "CR" },
    { 46, 46, 25000, 'C', "ACC" },
    { 47, 47, 25000, 'C', "CR-S" },
    { 48, 48, 25000, 'F', "ER" },
    { 49, 49, 25000, 'C', "KR" },
    { 50, 50, 25000, 'C', "KR-S" },
    { 51, 51, 25000, 'F', "LR" },
    { 52, 52, 25000, 'F', "SR" },
    { 53, 53, 25000, 'C', "T" },
    { 54, 54, 40000, 'F', "AOC" },
    { 55, 55, 40000, 'C', "CR4" },
    { 56, 56, 40000, 'F', "ER4" },
    { 57, 57, 40000, 'F', "FR" },
    { 58, 58, 40000, 'C', "KR4" },
    { 59, 59, 40000, 'F', "LR4" },
    { 60, 60, 40000, 'F', "SR4" },
    { 61, 61, 40000, 'C', "T" },
    { 62, 62, 40000, 0, "XLPPI" },
    { 63, 71, 50000, 0, "" },
    { 73, 74, 50000, 0, "" },
    { 75, 75, 56000, 0, "R4" },
    { 76, 87, 100000, 0, "" },
    { 102, 105, 100000, 0, "" },
    { 88, 95, 200000, 0, "" },
    { 106, 106, 200000, 0, "" },
    { 96, 101, 400000, 0, "" },
    { 107, 111, 400000, 0, "" },
};
const size_t n_bsd_media = sizeof bsd_media / sizeof bsd_media[0];

/* bpf(4): net.bpf.maxbufsize. */
const int bsd_max_capture_buffer = 1024 * 1024;

/* Offloads that leave work undone in frames that we see, or make frames that
 * were never on the wire. */
const uint64_t bsd_bad_offloads = (IFCAP_TSOv4 | IFCAP_TSOv6 | IFCAP_LRO
                                   | IFCAP_CSUM_IPv4_Tx
                                   | IFCAP_CSUM_TCPv4_Tx | IFCAP_CSUM_UDPv4_Tx
                                   | IFCAP_CSUM_TCPv6_Tx
                                   | IFCAP_CSUM_UDPv6_Tx);

const struct rtbsd_type rtbsd_types[] = {
    [RTM_ADD] = { "RTM_ADD", RTBSD_ROUTE },
    [RTM_DELETE] = { "RTM_DELETE", RTBSD_ROUTE },
    [RTM_CHANGE] = { "RTM_CHANGE", RTBSD_ROUTE },
    [RTM_GET] = { "RTM_GET", RTBSD_ROUTE },
    [RTM_LOSING] = { "RTM_LOSING", RTBSD_OTHER },
    [RTM_REDIRECT] = { "RTM_REDIRECT", RTBSD_OTHER },
    [RTM_MISS] = { "RTM_MISS", RTBSD_OTHER },
    [RTM_IFANNOUNCE] = { "RTM_IFANNOUNCE", RTBSD_ANNOUNCE },
    [RTM_IEEE80211] = { "RTM_IEEE80211", RTBSD_OTHER },
    [RTM_LLINFO_UPD] = { "RTM_LLINFO_UPD", RTBSD_NEIGH },
    [RTM_IFINFO] = { "RTM_IFINFO", RTBSD_LINK },
    [RTM_NEWADDR] = { "RTM_NEWADDR", RTBSD_ADDR },
    [RTM_DELADDR] = { "RTM_DELADDR", RTBSD_ADDR },
    [RTM_CHGADDR] = { "RTM_CHGADDR", RTBSD_ADDR },
};

const size_t rtbsd_n_types = sizeof rtbsd_types / sizeof rtbsd_types[0];

/* RT_ROUNDUP() of <net/route.h>. */
size_t
rtbsd_space(size_t len)
{
    return len ? (len + 7) & ~(size_t) 7 : 8;
}
