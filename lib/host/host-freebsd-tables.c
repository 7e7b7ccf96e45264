/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The host interface on FreeBSD: its numbers and formats, for the files that are
 * the same on all BSDs.
 *
 * Nothing here calls anything.  No state and no locks. */

#include "host/host-bsd.h"

#include <sys/types.h>
#include <net/if_media.h>
#include <net/route.h>

#include "host/rtbsd.h"

const bool bsd_digits_are_index = false;

/* IFF_PROMISC is what the kernel's own users of the interface asked for
 * (bpf(4), and so this program), IFF_PPROMISC what others asked for by
 * ioctl. */
const unsigned int rtbsd_promisc_flags = IFF_PROMISC | IFF_PPROMISC;

uint64_t
rtbsd_output_drops(const struct if_data *data)
{
    return data->ifi_oqdrops;
}

/* Bits 5 to 8 of the number are bits 11 to 14 of the word. */
unsigned int
bsd_medium_number(int word)
{
    return (word & 0x1f) | (word & 0x7800) >> 6;
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
    { 62, 62, 100, 0, "SGMII" },
    { 11, 11, 1000, 'F', "SX" },
    { 14, 14, 1000, 'F', "LX" },
    { 15, 15, 1000, 'C', "CX" },
    { 16, 16, 1000, 'C', "T" },
    { 30, 30, 1000, 'C', "KX" },
    { 41, 41, 1000, 0, "SGMII" },
    { 44, 44, 1000, 'C', "CX-SGMII" },
    { 21, 21, 2500, 'F', "SX" },
    { 36, 36, 2500, 'C', "KX" },
    { 37, 37, 2500, 'C', "T" },
    { 63, 63, 2500, 0, "X" },
    { 38, 38, 5000, 'C', "T" },
    { 64, 64, 5000, 'C', "KR" },
    { 69, 69, 5000, 'C', "KR-S" },
    { 70, 70, 5000, 'C', "KR1" },
    { 18, 18, 10000, 'F', "LR" },
    { 19, 19, 10000, 'F', "SR" },
    { 20, 20, 10000, 'C', "CX4" },
    { 22, 22, 10000, 'C', "TWINAX" },
    { 23, 23, 10000, 'C', "TWINAX-LONG" },
    { 24, 24, 10000, 'F', "LRM" },
    { 26, 26, 10000, 'C', "T" },
    { 32, 32, 10000, 'C', "KX4" },
    { 33, 33, 10000, 'C', "KR" },
    { 34, 34, 10000, 'C', "CR1" },
    { 42, 42, 10000, 0, "SFI" },
    { 46, 46, 10000, 'F', "ER" },
    { 59, 59, 10000, 'F', "AOC" },
    { 35, 35, 20000, 'C', "KR2" },
    { 40, 40, 25000, 0, "PCIE" },
    { 53, 53, 25000, 'C', "CR" },
    { 54, 54, 25000, 'C', "KR" },
    { 55, 55, 25000, 'F', "SR" },
    { 58, 58, 25000, 'F', "LR" },
    { 60, 60, 25000, 'C', "ACC" },
    { 61, 61, 25000, 'F', "AOC" },
    { 65, 65, 25000, 'C', "T" },
    { 66, 66, 25000, 'C', "CR-S" },
    { 67, 67, 25000, 'C', "CR1" },
    { 68, 68, 25000, 'C', "KR-S" },
    { 71, 71, 25000, 0, "AUI" },
    { 86, 86, 25000, 'C', "KR1" },
    { 27, 27, 40000, 'C', "CR4" },
    { 28, 28, 40000, 'F', "SR4" },
    { 29, 29, 40000, 'F', "LR4" },
    { 43, 43, 40000, 0, "XLPPI" },
    { 45, 45, 40000, 'C', "KR4" },
    { 72, 73, 40000, 0, "XLAUI" },
    { 74, 74, 40000, 'F', "ER4" },
    { 119, 119, 40000, 'F', "LM4" },
    { 39, 39, 50000, 0, "PCIE" },
    { 56, 56, 50000, 'C', "CR2" },
    { 57, 57, 50000, 'C', "KR2" },
    { 75, 75, 50000, 'F', "SR2" },
    { 76, 76, 50000, 'F', "LR2" },
    { 77, 78, 50000, 0, "LAUI2" },
    { 79, 80, 50000, 0, "AUI2" },
    { 81, 81, 50000, 'C', "CP" },
    { 82, 82, 50000, 'F', "SR" },
    { 83, 83, 50000, 'F', "LR" },
    { 84, 84, 50000, 'F', "FR" },
    { 85, 85, 50000, 'C', "KR-PAM4" },
    { 87, 88, 50000, 0, "AUI1" },
    { 118, 118, 50000, 'C', "KR4" },
    { 51, 51, 56000, 0, "R4" },
    { 47, 47, 100000, 'C', "CR4" },
    { 48, 48, 100000, 'F', "SR4" },
    { 49, 49, 100000, 'C', "KR4" },
    { 50, 50, 100000, 'F', "LR4" },
    { 89, 90, 100000, 0, "CAUI4" },
    { 91, 92, 100000, 0, "AUI4" },
    { 93, 93, 100000, 'C', "CR-PAM4" },
    { 94, 94, 100000, 'C', "KR-PAM4" },
    { 95, 95, 100000, 'C', "CP2" },
    { 96, 96, 100000, 'F', "SR2" },
    { 97, 97, 100000, 'F', "DR" },
    { 98, 98, 100000, 'C', "KR2-PAM4" },
    { 99, 100, 100000, 0, "CAUI2" },
    { 101, 102, 100000, 0, "AUI2" },
    { 103, 103, 200000, 'C', "CR4-PAM4" },
    { 104, 104, 200000, 'F', "SR4" },
    { 105, 105, 200000, 'F', "FR4" },
    { 106, 106, 200000, 'F', "LR4" },
    { 107, 107, 200000, 'F', "DR4" },
    { 108, 108, 200000, 'C', "KR4-PAM4" },
    { 109, 110, 200000, 0, "AUI4" },
    { 111, 112, 200000, 0, "AUI8" },
    { 113, 113, 400000, 'F', "FR8" },
    { 114, 114, 400000, 'F', "LR8" },
    { 115, 115, 400000, 'F', "DR4" },
    { 116, 117, 400000, 0, "AUI8" },
};
const size_t n_bsd_media = sizeof bsd_media / sizeof bsd_media[0];

/* bpf(4): net.bpf.maxbufsize. */
const int bsd_max_capture_buffer = 512 * 1024;

/* Offloads that if_bridge(4) takes from its members, too. */
const uint64_t bsd_bad_offloads = (IFCAP_LRO | IFCAP_TSO4 | IFCAP_TSO6
                                   | IFCAP_TXCSUM | IFCAP_TXCSUM_IPV6
                                   | IFCAP_TOE4 | IFCAP_TOE6
                                   | IFCAP_VLAN_HWTSO);

const struct rtbsd_type rtbsd_types[] = {
    [RTM_ADD] = { "RTM_ADD", RTBSD_ROUTE },
    [RTM_DELETE] = { "RTM_DELETE", RTBSD_ROUTE },
    [RTM_CHANGE] = { "RTM_CHANGE", RTBSD_ROUTE },
    [RTM_GET] = { "RTM_GET", RTBSD_ROUTE },
    [RTM_LOSING] = { "RTM_LOSING", RTBSD_OTHER },
    [RTM_REDIRECT] = { "RTM_REDIRECT", RTBSD_OTHER },
    [RTM_MISS] = { "RTM_MISS", RTBSD_OTHER },
    [RTM_NEWADDR] = { "RTM_NEWADDR", RTBSD_ADDR },
    [RTM_DELADDR] = { "RTM_DELADDR", RTBSD_ADDR },
    [RTM_IFINFO] = { "RTM_IFINFO", RTBSD_LINK },
    [RTM_NEWMADDR] = { "RTM_NEWMADDR", RTBSD_OTHER },
    [RTM_DELMADDR] = { "RTM_DELMADDR", RTBSD_OTHER },
    [RTM_IFANNOUNCE] = { "RTM_IFANNOUNCE", RTBSD_ANNOUNCE },
    [RTM_IEEE80211] = { "RTM_IEEE80211", RTBSD_OTHER },
};

const size_t rtbsd_n_types = sizeof rtbsd_types / sizeof rtbsd_types[0];

/* SA_SIZE() of <net/route.h>, which wants a structure. */
size_t
rtbsd_space(size_t len)
{
    return len ? (len + sizeof(long) - 1) & ~(sizeof(long) - 1)
           : sizeof(long);
}
