/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The fake BSD kernel: the host's own network stack, as far as a switch on
 * this host gets to notice it.  It takes in what an interface receives for
 * itself, answers questions for its link addresses and pings to any address
 * of the host (whichever interface that belongs to, as the kernels do), and
 * forwards if it is told to.
 *
 * Checksums are not looked at.  The callers hold fk_lock(). */

#include "fake-kernel.h"

#include <string.h>

/* Frames that are kept for whoever wants to see them. */
#define MAX_HOST_RX 4096

/* Where things are in an Ethernet frame. */
#define ETHER_TYPE_AT 12
#define ETHER_LEN 14
#define ARP_LEN 28
#define ARP_SPA_AT (ETHER_LEN + 14)
#define ARP_TPA_AT (ETHER_LEN + 24)
#define IP_LEN 20
#define IP_TTL_AT (ETHER_LEN + 8)
#define IP_CSUM_AT (ETHER_LEN + 10)
#define IP_SRC_AT (ETHER_LEN + 12)
#define IP_DST_AT (ETHER_LEN + 16)
#define ICMP_AT (ETHER_LEN + IP_LEN)

/* Longest frame that is answered. */
#define MAX_FRAME 2048

/* The interface sends a frame of the stack's. */
static void
output(struct fk_if *ifp, const uint8_t *frame, size_t len)
{
    if (ifp->is_tap) {
        fk_host_tx(ifp, frame, len);
    } else if (ifp->flags & FK_IFF_UP) {
        fk_queue_put(&ifp->wire, frame, len, len);
        ifp->counters.opackets++;
        ifp->counters.obytes += len;
        fk_bpf_deliver(ifp, frame, len, true, NULL);
    }
}

/* True if one of the IPv4 addresses of 'ifp' is 'ip' or, if 'net', has it on
 * its network. */
static bool
has_ip(const struct fk_if *ifp, const uint8_t *ip, bool net)
{
    for (int i = 0; i < ifp->n_addrs; i++) {
        const struct fk_addr *a = &ifp->addrs[i];
        bool match = a->family == 4 && !a->detection;

        for (int j = 0; j < 4 && match; j++) {
            match = !((a->addr[j] ^ ip[j]) & (net ? a->mask[j] : 0xff));
        }
        if (match) {
            return true;
        }
    }
    return false;
}

/* The interface, among all that are up, for which has_ip() holds. */
static struct fk_if *
find_ip(const uint8_t *ip, bool net)
{
    struct fk_if *ifp;

    for (ifp = fk_if_first(); ifp; ifp = ifp->next) {
        if (ifp->flags & FK_IFF_UP && has_ip(ifp, ip, net)) {
            break;
        }
    }
    return ifp;
}

static const uint8_t *
find_neigh(const struct fk_if *ifp, const uint8_t *ip)
{
    for (int i = 0; i < fk_n_neighs; i++) {
        if (fk_neighs[i].ifindex == ifp->index && fk_neighs[i].complete
            && !memcmp(&fk_neighs[i].ip, ip, 4)) {
            return fk_neighs[i].lladdr;
        }
    }
    return NULL;
}

/* Addresses 'frame' to 'dst', from 'ifp'. */
static void
set_ether(uint8_t *frame, const struct fk_if *ifp, const uint8_t *dst)
{
    memmove(frame, dst, 6);
    memcpy(frame + 6, ifp->lladdr[0], 6);
}

/* A question for a link address is answered where the address is. */
static void
arp_input(struct fk_if *ifp, const uint8_t *frame, size_t len)
{
    uint8_t reply[ETHER_LEN + ARP_LEN];

    if (len < sizeof reply || frame[ETHER_LEN + 7] != 1
        || !has_ip(ifp, frame + ARP_TPA_AT, false)) {
        return;
    }
    memcpy(reply, frame, sizeof reply);
    set_ether(reply, ifp, frame + 6);
    reply[ETHER_LEN + 7] = 2;
    memcpy(reply + ETHER_LEN + 8, ifp->lladdr[0], 6);
    memcpy(reply + ARP_SPA_AT, frame + ARP_TPA_AT, 4);
    memcpy(reply + ETHER_LEN + 18, frame + ETHER_LEN + 8, 10);
    output(ifp, reply, sizeof reply);
}

/* Adds 'delta' to the checksum at 'csum', for a word that was lowered by as
 * much. */
static void
adjust_csum(uint8_t *csum, unsigned int delta)
{
    unsigned int sum = (csum[0] << 8 | csum[1]) + delta;

    sum = (sum & 0xffff) + (sum >> 16);
    csum[0] = sum >> 8;
    csum[1] = sum;
}

/* The answer to a ping goes out where the route leads, to whom 'frame' came
 * from unless the neighbour is known. */
static void
echo_input(const uint8_t *frame, size_t len)
{
    struct fk_if *out = find_ip(frame + IP_SRC_AT, true);
    uint8_t reply[MAX_FRAME];
    const uint8_t *neigh;

    if (!out || len < ICMP_AT + 8 || frame[ICMP_AT] != 8) {
        return;
    }
    memcpy(reply, frame, len);
    neigh = find_neigh(out, frame + IP_SRC_AT);
    set_ether(reply, out, neigh ? neigh : frame + 6);
    memcpy(reply + IP_SRC_AT, frame + IP_DST_AT, 4);
    memcpy(reply + IP_DST_AT, frame + IP_SRC_AT, 4);
    reply[ICMP_AT] = 0;
    adjust_csum(reply + ICMP_AT + 2, 0x800);
    output(out, reply, len);
}

static void
forward(const uint8_t *frame, size_t len)
{
    struct fk_if *out = find_ip(frame + IP_DST_AT, true);
    const uint8_t *neigh = out ? find_neigh(out, frame + IP_DST_AT) : NULL;
    uint8_t copy[MAX_FRAME];

    if (neigh && frame[IP_TTL_AT] > 1) {
        memcpy(copy, frame, len);
        set_ether(copy, out, neigh);
        copy[IP_TTL_AT]--;
        adjust_csum(copy + IP_CSUM_AT, 0x100);
        output(out, copy, len);
    }
}

static void
ip_input(const uint8_t *frame, size_t len)
{
    if (len < ICMP_AT || len > MAX_FRAME || frame[ETHER_LEN] != 0x45) {
        return;
    }
    if (find_ip(frame + IP_DST_AT, false)) {
        if (frame[ETHER_LEN + 9] == 1) {
            echo_input(frame, len);
        }
    } else if (fk_knobs.forwarding) {
        forward(frame, len);
    }
}

/* True if the stack takes in a frame for 'dst' that 'ifp' has received.  For
 * what bpf alone made it receive, it does not.  NetBSD leaves it to the
 * hardware to see to that unless the interface is promiscuous, and the tap has
 * none. */
static bool
takes_in(const struct fk_if *ifp, const uint8_t *dst)
{
    return (dst[0] & 1 || !memcmp(dst, ifp->lladdr[0], 6)
            || ifp->flags & FK_IFF_PPROMISC
            || (ifp->is_tap && !fk_tap_survives_close
                && !fk_if_is_promisc(ifp)));
}

void
fk_stack_input(struct fk_if *ifp, const uint8_t *frame, size_t len)
{
    if (!takes_in(ifp, frame)) {
        return;
    }
    if (ifp->host_rx.n < MAX_HOST_RX) {
        fk_queue_put(&ifp->host_rx, frame, len, len);
    }
    switch (frame[ETHER_TYPE_AT] << 8 | frame[ETHER_TYPE_AT + 1]) {
    case 0x0806:
        arp_input(ifp, frame, len);
        break;
    case 0x0800:
        ip_input(frame, len);
        break;
    }
}
