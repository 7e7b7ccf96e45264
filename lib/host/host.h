/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * What the netdev provider asks of the operating system.
 *
 * One header, one implementation per system: host-linux.c, host-freebsd.c and
 * host-netbsd.c (with host-bsd.c for what those two share).  Configure picks
 * the file; nothing above this line knows which one it was.  The
 * implementations use nothing but their system's own declarations and
 * libpcap, and this header is plain C with no type of Open vSwitch or libpcap
 * in it.
 *
 *
 * Names
 * =====
 *
 * Every 'name' below is the *kernel's* name of a network interface.  It may
 * differ from the name that the user gave to a port: NetBSD cannot rename a
 * tap, so the port "br0" may be the interface "tap3" there.  host_tap_open()
 * reports the kernel's name; the provider maps one to the other.
 *
 * A name of IFNAMSIZ (16) or more bytes is never cut: every function that
 * takes a name refuses it with ENAMETOOLONG.
 *
 *
 * Errors
 * ======
 *
 * Functions return 0 or a positive errno value and do not rely on errno
 * afterwards.  They never log.  These values have one meaning everywhere,
 * whatever the system itself uses:
 *
 *   - ENODEV: there is no interface of this name (the BSDs say ENXIO).
 *
 *   - EOPNOTSUPP: the interface or the system cannot do this, ever.  The
 *     caller may remember the answer.
 *
 *   - ENAMETOOLONG: see above.
 *
 *   - EAGAIN: nothing to read now, or no room to write now.
 *
 *   - ETIMEDOUT: the system did not answer within the bound that a function
 *     documents.
 *
 * EINTR is handled inside and never reported.  On an error, output arguments
 * are unspecified unless a function says otherwise, but nothing is left open
 * or allocated.
 *
 * A failure to obtain a socket or descriptor is never remembered: the next
 * call tries again.
 *
 *
 * Threads
 * =======
 *
 * Every function may be called by any thread.  Calls that take a handle
 * (struct host_tap, host_rx, host_tx, host_notifier, host_promisc) must be
 * serialised per handle by the caller, with the exception that one thread may
 * read a tap while another one writes it.  No function blocks longer than a
 * system call on local state needs, except where a timeout is documented.  No
 * function calls back under a lock of its own. */

#ifndef HOST_HOST_H
#define HOST_HOST_H 1

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Length of an Ethernet address. */
#define HOST_LLADDR_LEN 6

/* Short name of the system, for logs and status: "linux", "freebsd",
 * "netbsd".  A static string. */
const char *host_system(void);

/* Asks the C library to keep up to 'size' bytes of memory that was freed for
 * what is allocated next, where it would give back less than that to the
 * system at once: glibc does from 128 kB on, which is two packets of TSO, each
 * of which then costs a page fault every 4 kB (M_TRIM_THRESHOLD in
 * mallopt(3)).  Does nothing where freed memory stays for a while anyway, as
 * with jemalloc(3).
 *
 * Concerns the whole process, for good. */
void host_keep_memory(size_t size);

/* Statistics.
 *
 * Totals since the interface was created, from the *kernel's* side of the
 * interface: for a tap, "rx" is what the kernel's stack received, that is,
 * what the switch wrote.  The provider exchanges the directions for devices
 * that it opened as taps; the host file never does.
 *
 * A counter that the system does not have is UINT64_MAX, never 0.
 *
 * Source: FreeBSD and NetBSD, struct if_data (ifnet(9)); Linux,
 * struct rtnl_link_stats64. */
struct host_stats {
    uint64_t rx_packets;
    uint64_t tx_packets;
    uint64_t rx_bytes;
    uint64_t tx_bytes;
    uint64_t rx_errors;
    uint64_t tx_errors;
    uint64_t rx_dropped;        /* if_iqdrops. */
    uint64_t tx_dropped;        /* if_oqdrops; NetBSD has none. */
    uint64_t rx_multicast;      /* if_imcasts. */
    uint64_t tx_multicast;      /* if_omcasts. */
    uint64_t collisions;
    uint64_t rx_noproto;        /* For a protocol nobody handles. */

    /* Details of errors, which only Linux tells apart. */
    uint64_t rx_length_errors;
    uint64_t rx_over_errors;
    uint64_t rx_crc_errors;
    uint64_t rx_frame_errors;
    uint64_t rx_fifo_errors;
    uint64_t rx_missed_errors;
    uint64_t tx_aborted_errors;
    uint64_t tx_carrier_errors;
    uint64_t tx_fifo_errors;
    uint64_t tx_heartbeat_errors;
    uint64_t tx_window_errors;
};

/* Sets every counter of 'stats' to "not supported". */
static inline void
host_stats_init(struct host_stats *stats)
{
    uint64_t *p = (uint64_t *) stats;

    for (size_t i = 0; i < sizeof *stats / sizeof *p; i++) {
        p[i] = UINT64_MAX;
    }
}

/* Interface flags.  These are this header's own numbers. */
enum host_flags {
    HOST_FLAG_UP = 1 << 0,       /* Administratively up. */
    HOST_FLAG_PROMISC = 1 << 1,  /* Promiscuous, whoever wanted it:
                                  * IFF_PROMISC or, on FreeBSD, also
                                  * IFF_PPROMISC. */
    HOST_FLAG_LOOPBACK = 1 << 2, /* Is a loopback interface. */
};

/* Values of an interface that can be asked for, and that change messages can
 * carry. */
enum host_value {
    HOST_V_IFINDEX = 1 << 0,
    HOST_V_NAME = 1 << 1,
    HOST_V_FLAGS = 1 << 2,
    HOST_V_MTU = 1 << 3,
    HOST_V_LLADDR = 1 << 4,
    HOST_V_CARRIER = 1 << 5,
    HOST_V_RESETS = 1 << 6,
    HOST_V_STATS = 1 << 7,

    /* Values that are never part of struct host_link but that a change
     * message can declare outdated, see struct host_event. */
    HOST_V_ADDRS = 1 << 8,      /* host_get_addrs(). */
    HOST_V_MEDIA = 1 << 9,      /* host_get_media(). */
    HOST_V_NEIGH = 1 << 10,     /* host_arp_lookup(). */
};

/* What is known about one interface.  Only the members whose bit is set in
 * 'have' are meaningful. */
struct host_link {
    unsigned int have;           /* HOST_V_*. */
    unsigned int ifindex;        /* HOST_V_IFINDEX: > 0. */
    char name[IFNAMSIZ];         /* HOST_V_NAME: always NUL-terminated. */
    unsigned int flags;          /* HOST_V_FLAGS: HOST_FLAG_*. */
    int mtu;                     /* HOST_V_MTU: bytes, no link header. */

    /* HOST_V_LLADDR: the Ethernet address.  'ether' is false for an interface
     * that is not Ethernet; the address is then all zeros (the loopback
     * interface, point-to-point tunnels).  EAGAIN: the interface is announced
     * but not complete; it has none yet. */
    uint8_t lladdr[HOST_LLADDR_LEN];
    bool ether;

    /* HOST_V_CARRIER: the link is there.  An interface that does not sense
     * its link (LINK_STATE_UNKNOWN) counts as connected, as does one without
     * media: fall back from SIOCGIFXMEDIA or SIOCGIFMEDIA to
     * ifi_link_state. */
    bool carrier;

    /* HOST_V_RESETS: how often the carrier changed since the interface
     * exists.  Only for systems whose kernel counts (Linux); the provider
     * counts transitions of 'carrier' where it is missing. */
    uint64_t resets;

    struct host_stats stats;     /* HOST_V_STATS. */
};

/* Asks the system for one value of interface 'name'.
 *
 * 'want' is exactly one of HOST_V_IFINDEX to HOST_V_STATS.  On success
 * 'link->have' includes 'want', and every other value that came with the same
 * answer for nothing, so that the caller need not ask again.  (One
 * RTM_GETLINK carries everything on Linux; on a BSD an ioctl carries one
 * value, SIOCGIFDATA some more.)
 *
 * HOST_V_RESETS: EOPNOTSUPP where the kernel does not count.
 * HOST_V_STATS must take time that does not grow with the number of
 * interfaces (SIOCGIFDATA, one RTM_GETLINK). */
int host_link_get(const char *name, enum host_value want,
                  struct host_link *link);

/* Calls 'cb' once for every interface of the system, in no particular order,
 * with at least HOST_V_IFINDEX, HOST_V_NAME, HOST_V_FLAGS and, for an
 * Ethernet interface, HOST_V_LLADDR, from one request to the system
 * (RTM_GETLINK dump, getifaddrs(3)).  'cb' may call any function of this
 * header.  Used to find out what was missed, see host_revalidate_interval().
 *
 * On an error, 'cb' may have been called for some interfaces.  EAGAIN:
 * interfaces changed meanwhile, what 'cb' saw may not be all; ask again. */
int host_link_dump(void (*cb)(const struct host_link *, void *aux),
                   void *aux);

/* Turns off the HOST_FLAG_* in 'off' and turns on those in 'on'.  Only
 * HOST_FLAG_UP can be changed by this function; other bits are EINVAL.  All
 * flags of the interface that are not named keep their values (flags are
 * read, modified and written: both halves on FreeBSD).  No system call
 * changes anything if the flags are already as wanted.
 *
 * A flag that was changed is reported by the notifier. */
int host_set_flags(const char *name, unsigned int off, unsigned int on);

/* Promiscuous mode.
 *
 * Switches promiscuous mode of 'name' on or off on behalf of one port.
 * '*holdp' must be NULL before the first call for a port; the host file keeps
 * there what it needs:
 *
 *   - Linux does nothing, and '*holdp' stays NULL: receive handles have the
 *     interface promiscuous as long as they are open, by a membership that ends
 *     with whoever has it.
 *
 *   - The BSDs keep a bpf descriptor attached to the interface with
 *     BIOCPROMISC; it is closed, and '*holdp' set to NULL, when the mode is
 *     switched off.  (IFF_PROMISC cannot be set by SIOCSIFFLAGS, and FreeBSD's
 *     IFF_PPROMISC makes the host's own stack take in everybody's frames.)
 *
 * Switching on what is on, or off what is off, does nothing and succeeds;
 * what was switched on for an interface that has since been replaced or
 * renamed is not on.  Switching off also succeeds if the interface is
 * gone.
 *
 * EOPNOTSUPP: this interface cannot be captured on, so it cannot be a port
 * (the BSDs: one without bpf(4), such as bridge0). */
struct host_promisc;
int host_set_promisc(const char *name, bool on, struct host_promisc **holdp);

/* Sets the MTU of 'name' to 'mtu' bytes.  EINVAL: the interface does not
 * accept that size. */
int host_set_mtu(const char *name, int mtu);

/* Sets the Ethernet address of 'name'.  Does not compare it with the present
 * one: the caller has done so.  An interface that must be taken down for it
 * is up again afterwards.
 *
 * FreeBSD: SIOCSIFLLADDR, no routing message follows.  NetBSD: SIOCALIFADDR
 * with IFLR_ACTIVE on an AF_LINK socket, then SIOCDLIFADDR of the old one. */
int host_set_lladdr(const char *name, const uint8_t lladdr[HOST_LLADDR_LEN]);

/* Media.
 *
 * The bits have the numbers of OpenFlow 1.1+ port features (as enum
 * netdev_features of Open vSwitch, which the provider asserts). */
enum host_feature {
    HOST_F_10MB_HD = 1 << 0,
    HOST_F_10MB_FD = 1 << 1,
    HOST_F_100MB_HD = 1 << 2,
    HOST_F_100MB_FD = 1 << 3,
    HOST_F_1GB_HD = 1 << 4,
    HOST_F_1GB_FD = 1 << 5,
    HOST_F_10GB_FD = 1 << 6,
    HOST_F_40GB_FD = 1 << 7,
    HOST_F_100GB_FD = 1 << 8,
    HOST_F_1TB_FD = 1 << 9,
    HOST_F_OTHER = 1 << 10,      /* A rate that has no bit: 2.5, 5, 20, 25,
                                  * 50, 56, 200, 400 Gb/s. */
    HOST_F_COPPER = 1 << 11,
    HOST_F_FIBER = 1 << 12,
    HOST_F_AUTONEG = 1 << 13,
    HOST_F_PAUSE = 1 << 14,
    HOST_F_PAUSE_ASYM = 1 << 15,
};

struct host_media {
    uint32_t current;            /* HOST_F_*: in use now. */
    uint32_t advertised;         /* HOST_F_*: offered to the peer. */
    uint32_t supported;          /* HOST_F_*: the hardware can do. */
    uint32_t peer;               /* HOST_F_*: offered by the peer; 0 where
                                  * the system does not tell. */
    uint64_t speed;              /* Bits per second now; 0 = unknown.  From
                                  * ethtool or ifi_baudrate, so exact for
                                  * rates that have no bit. */
    int duplex;                  /* 1 full, 0 half, -1 unknown. */
    char text[48];               /* Media in words ("1000baseT
                                  * <full-duplex>"), or "". */
};

/* Fills '*media' for interface 'name'.  EOPNOTSUPP: the interface has no
 * media, which is normal for virtual ones.
 *
 * BSD: SIOCGIFXMEDIA or SIOCGIFMEDIA, first with no room, then with the room
 * that the first call asked for; the list may have grown in between (E2BIG:
 * try again, at most a few times).  Words whose type is not Ethernet are not
 * looked at. */
int host_get_media(const char *name, struct host_media *media);

/* Makes 'name' advertise 'features' (HOST_F_*: rates, and AUTONEG).  On the
 * BSDs one medium is selected by SIOCSIFMEDIA: "autoselect" if AUTONEG is
 * set, else the fastest of the wanted rates.  EINVAL: nothing that the
 * hardware supports is left. */
int host_set_advertised(const char *name, uint32_t features);

/* Asks the transceiver of 'name' whether its link is up, past any cached
 * state: Linux, MII register 1 or ETHTOOL_GLINK; BSD, SIOCGIFXMEDIA or
 * SIOCGIFMEDIA.  EOPNOTSUPP if the interface has neither. */
int host_get_mii_link(const char *name, bool *up);

/* What drives an interface.  Members are "" when unknown. */
struct host_driver {
    char name[32];
    char version[32];
    char firmware[32];
    char bus[32];
};

/* Fills '*driver' for interface 'name': ETHTOOL_GDRVINFO on Linux; on a BSD
 * 'name' is the interface's name before any renaming without its unit, as far
 * as the system tells.  EOPNOTSUPP: nothing is known. */
int host_get_driver(const char *name, struct host_driver *driver);

/* For the user: why an interface with driver 'driver' may be down though nobody
 * took it down, and what to do.  NULL if there is no such reason.  A static
 * string. */
const char *host_down_hint(const char *driver);

/* Addresses.  IPv4 addresses and masks are IPv4-mapped (::ffff:a.b.c.d), both
 * of them.  An IPv6 link-local address carries no embedded scope: where a
 * KAME kernel hands it out with the interface's index in bytes 2 and 3, the
 * host file clears these. */
struct host_addr {
    struct in6_addr addr;
    struct in6_addr mask;
};

/* Stores all IPv4 and IPv6 addresses of 'name' into a new array '*addrs' of
 * '*n' elements, which the caller must free().  No address at all is success
 * with '*addrs' NULL and '*n' 0. */
int host_get_addrs(const char *name, struct host_addr **addrs, size_t *n);

/* Makes 'addr' with netmask 'mask' the only IPv4 address of 'name'; 'addr'
 * INADDR_ANY removes all of its IPv4 addresses (and succeeds if there is
 * none).  Network byte order.  BSD: SIOCAIFADDR (FreeBSD: the structure with
 * the vhid) and SIOCDIFADDR; the classic SIOCSIFADDR is refused today. */
int host_set_in4(const char *name, struct in_addr addr, struct in_addr mask);

/* Adds 'router' as the default IPv4 gateway.  EEXIST: there is one already
 * (it is left alone).  At most 1 second. */
int host_add_router(struct in_addr router);

/* Looks up the route to 'dst'.  Stores the gateway (0.0.0.0 if 'dst' is on a
 * connected network) in '*gateway' and the outgoing interface's kernel name
 * in 'name'.  ENETUNREACH: no route.  Waits at most 'timeout_ms' milliseconds
 * for the kernel's answer (ETIMEDOUT); unrelated messages that are read
 * meanwhile do not extend it. */
int host_get_next_hop(struct in_addr dst, int timeout_ms,
                      struct in_addr *gateway, char name[IFNAMSIZ]);

/* Looks up the Ethernet address of neighbour 'ip' on interface 'name' in the
 * kernel's ARP table.  ENXIO: there is no complete entry for 'ip' on this
 * interface (entries of other interfaces do not count). */
int host_arp_lookup(const char *name, struct in_addr ip,
                    uint8_t lladdr[HOST_LLADDR_LEN]);

/* Offloads that break a switch port.
 *
 * A switch must see frames as they were on the wire: segments that the
 * hardware or the kernel has coalesced (LRO, GRO) exceed the MTU and cannot
 * be forwarded; on the BSDs frames whose checksum is left to the hardware
 * (TXCSUM, TSO, TOE) come out of a bpf capture unfinished, as if_bridge(4)
 * knows.  These are switched off while an interface is a port.
 *
 * 'saved' remembers what was changed.  Its contents belong to the host
 * file. */
#define HOST_OFFLOADS_ID 3
struct host_offloads {
    bool changed;
    uint64_t saved[4];

    /* Which interface this is about, whatever it is called by now.  On Linux
     * its index and the network namespace; a BSD knows more.  All zeros where
     * the host file cannot tell. */
    uint64_t id[HOST_OFFLOADS_ID];
};

/* Switches the offending offloads of 'name' off and fills '*saved'.  An
 * interface that has none of them, or cannot change them, is success with
 * 'saved->changed' false; 'saved->id' is filled in all the same. */
int host_offloads_off(const char *name, struct host_offloads *saved);

/* Keeps the frames that arrive at 'name' from the host's own stack, which does
 * not answer ARP and ping there any more, while receive handles get them as
 * before.  Follows host_offloads_off() and adds to '*saved' what it has changed.
 * The kernel takes it back by itself when the interface goes or moves to
 * another network namespace.
 *
 * EOPNOTSUPP: the system cannot do that, of which host_has_exclusive() tells
 * beforehand, or its kernel lacks a part. */
bool host_has_exclusive(void);
int host_exclusive(const char *name, struct host_offloads *saved);

/* True if the interface that 'saved' is about is there now. */
bool host_offloads_present(const struct host_offloads *saved);

/* Takes back what host_offloads_off() and host_exclusive() changed and nothing
 * else; afterwards 'saved->changed' is false.  Does nothing if it was.  Finds
 * the interface under whatever name it has by now, and leaves another one of
 * its name alone.
 *
 * ENODEV: it is out of reach, gone or elsewhere.  '*saved' is as before, for
 * another attempt should it return. */
int host_offloads_restore(struct host_offloads *saved);

/* Likewise, where the interface is since it was moved out of reach as 'event'
 * (HOST_EV_GONE and 'moved') says, by a thread that enters that place and ends.
 * Slow: a place without a name is looked for among those of all processes.
 *
 * ENODEV: 'saved' is about another interface, or this one has gone on.  EPERM: we
 * may not enter.  '*saved' is as before. */
struct host_event;
int host_offloads_follow(struct host_offloads *saved,
                         const struct host_event *event);

/* Frames.
 *
 * What is known about a frame besides its bytes.  All zeros: nothing, and a
 * frame that is whole. */
enum host_csum {
    HOST_CSUM_UNKNOWN,          /* Finished, if its sender has done so. */
    HOST_CSUM_GOOD,             /* Finished, and checked by the system. */
    HOST_CSUM_PARTIAL,          /* Unfinished: the sum of the pseudo header is
                                 * in the field, 'csum_start' and
                                 * 'csum_offset' say where. */
    HOST_CSUM_MAYBE,            /* Unfinished if the field has just the sum of
                                 * the pseudo header: the system lets such
                                 * frames through and does not mark them. */
};

enum host_gso {
    HOST_GSO_NONE,              /* One frame as on the wire. */
    HOST_GSO_TCP4,              /* Stands for several TCP segments. */
    HOST_GSO_TCP6,
    HOST_GSO_UDP,               /* Stands for several UDP datagrams. */
    HOST_GSO_UNKNOWN,           /* Stands for several frames in a way that this
                                 * header has no word for. */
};

/* Nothing in here has been checked against the bytes of the frame: offsets and
 * sizes can be whatever the owner of a tap made of them. */
struct host_meta {
    uint64_t time_ns;           /* Arrival, in nanoseconds since 1970-01-01
                                 * UTC; 0 = unknown. */
    uint16_t csum_start;        /* HOST_CSUM_PARTIAL: the sum is over the
                                 * bytes from here to the end... */
    uint16_t csum_offset;       /* ...and belongs this far behind the start. */
    uint16_t gso_size;          /* Payload of each segment but the last. */
    uint16_t tpid;              /* A VLAN tag that was taken off the frame, */
    uint16_t tci;               /* and that goes behind the addresses; host
                                 * byte order, 'tpid' 0 = none. */
    uint8_t csum;               /* enum host_csum. */
    uint8_t gso;                /* enum host_gso. */
};

/* Bytes that belong to a frame. */
struct host_piece {
    const void *data;
    size_t len;
};

struct host_frame {
    const void *data;           /* Starts with the Ethernet header. */
    size_t len;                 /* Bytes at 'data'. */
    size_t wire_len;            /* > 'len': the rest was cut off. */
    struct host_meta meta;

    /* What follows 'len' bytes at 'data', up to HOST_PIECES_MAX pieces: only of
     * frames that are sent, and with work left over. */
    const struct host_piece *pieces;
    size_t n_pieces;

    /* NULL, or the variable that points to the memory, from malloc(), that
     * 'data' is in, HOST_FRAME_HEADROOM bytes from its beginning: only of
     * frames that are received, and as a rule long.  Whoever keeps the memory
     * stores NULL there, and frees it some day. */
    void **memory;
};

/* Room before a frame, for the headers of a tunnel, so that pushing them does
 * not copy the frame; 2 bytes align the IP header. */
#define HOST_FRAME_HEADROOM (128 + 2)

#define HOST_PIECES_MAX 32

/* Taps. */
struct host_tap {
    int fd;                      /* Non-blocking, close-on-exec. */
    unsigned int ifindex;        /* > 0. */
    char name[IFNAMSIZ];         /* The kernel's name. */
    bool offloads;               /* Frames that are read may have work left
                                  * over, and be as long as
                                  * HOST_TAP_FRAME_MAX; those that are
                                  * written may, too. */
};

/* Longest frame that can be read from a tap with 'offloads', in bytes: 64 KiB
 * of IP packet with an Ethernet header and tags. */
#define HOST_TAP_FRAME_MAX (65536 + 64)

/* Creates a tap interface for the port 'port_name' and fills '*tap'.
 *
 * On Linux the interface outlives a process that ends without
 * host_tap_close(), with its addresses, routes and flags, for the next one to
 * adopt (TUNSETPERSIST).
 *
 * The interface gets the name 'port_name' where the system can rename taps
 * (FreeBSD, Linux), else it keeps the name that the system gave it (NetBSD).
 * It is not brought up.  Frames have no prefix of any kind.
 *
 * An interface named 'port_name' that exists already is adopted if it is a
 * tap that no process has open (FreeBSD keeps the interface when its owner
 * crashed; Linux keeps a persistent one).  A tap that somebody has open is
 * EBUSY, any other interface EEXIST.  On each error path the descriptor is
 * closed and an interface that was created is destroyed.
 *
 * ENOENT: the device file is missing: host_tap_device(), or the one of the
 * interface that would be adopted.
 *
 * ENAMETOOLONG: 'port_name' has 16 or more bytes and the system needs it as
 * the interface's name (on NetBSD a longer one is accepted). */
int host_tap_open(const char *port_name, struct host_tap *tap);

/* Returns the path of the device that host_tap_open() opens, for messages. */
const char *host_tap_device(void);

/* Where is the interface of 'tap', which nobody finds by its name any more?
 * On Linux it may be in another network namespace, while the descriptor works
 * as before.  Stores a name of the place for people in the 'size' bytes at
 * 'where', and in '*link' what the system says of the interface there.
 *
 * ENODEV: it is not elsewhere, but gone.  Other errors: it is elsewhere, but
 * the system does not tell more.  EOPNOTSUPP: no interface of a tap is ever
 * elsewhere here. */
int host_tap_locate(const struct host_tap *tap, char *where, size_t size,
                    struct host_link *link);

/* Closes 'tap' and sees to it that its interface is gone: on FreeBSD it
 * survives the close and is destroyed by name, after a check that the name
 * still belongs to 'tap->ifindex'.  Afterwards 'tap->fd' is -1; calling it
 * again does nothing.  ENODEV is not reported. */
int host_tap_close(struct host_tap *tap);

/* To be called when the process is about to end without host_tap_close(), so
 * that the interface stays where it can: who opens it next need not know of
 * virtio headers and must find frames whole. */
void host_tap_leave(const struct host_tap *tap);

/* Reads one frame into the 'size' bytes at 'buf', stores its length in '*len'
 * and what is known about it in '*meta'.  'size' must exceed the longest frame
 * that is acceptable by at least one byte: a kernel cuts silently what does not
 * fit, so '*len == size' tells the caller that the frame was cut.
 *
 * EAGAIN: no frame now.  That includes an interface that is down (EHOSTDOWN)
 * and a read of 0 bytes.  ENODEV: the interface is gone (ENXIO, EBADFD, EIO
 * once it was destroyed). */
int host_tap_read(struct host_tap *tap, void *buf, size_t size, size_t *len,
                  struct host_meta *meta);

/* Writes one frame; 'frame->wire_len' does not matter, nor does 'meta' unless
 * 'tap->offloads' is true.  ENETDOWN: the
 * interface is down and the frame was dropped (FreeBSD writes 0 bytes, Linux
 * says EIO).  EAGAIN or ENOBUFS: no room, dropped.  EMSGSIZE: too long, or
 * only partly taken.  ENODEV: the interface is gone.
 *
 * NetBSD takes a frame for an interface that is down, or that is longer than
 * its MTU, and drops it without a word: that is success here, too. */
int host_tap_write(struct host_tap *tap, const struct host_frame *frame);

/* Reception on an interface that is not a tap. */
struct host_rx;

/* What a receive handle is opened with. */
struct host_rx_config {
    int max_frame;              /* Bytes of the longest frame that is to be
                                 * received whole, with its header and tags. */
    int buffer_size;            /* Bytes that wait; 0 = what suits
                                 * 'max_frame'. */
    int n_queues;               /* Handles between which the system shares out
                                 * the frames of this interface, by flow. */
    uint16_t group;             /* 'n_queues' > 1: the same number for those
                                 * that belong together, unique in this
                                 * process. */
    bool pcap;                  /* Through libpcap, also where the system has
                                 * a better way. */
};

/* True if the system can share out the frames of an interface, see
 * 'n_queues'. */
bool host_rx_has_queues(void);

/* Opens a receive handle for 'name' in '*rxp', in the best way that the system
 * has and grants.  While it is open the interface is promiscuous.  Frames that
 * this host sends through the interface are not received.
 *
 * A buffer larger than the system allows becomes smaller.  EOPNOTSUPP: not an
 * Ethernet interface, one that cannot be captured on (bridge0 on a BSD), or
 * 'n_queues' is more than 1 where the system cannot do that.  ENETDOWN: the
 * system cannot receive on an interface that is down. */
int host_rx_open(const char *name, const struct host_rx_config *config,
                 struct host_rx **rxp);

/* Closes 'rx'.  NULL is fine.  Slow: the Linux kernel takes 10 to 20
 * milliseconds. */
void host_rx_close(struct host_rx *rx);

/* Lets nothing more arrive in 'rx', which is about to be closed, but perhaps
 * not at once.  Quick. */
void host_rx_quiet(struct host_rx *rx);

/* Returns false if the interface that 'rx' was opened on is gone.  There may
 * be another one under its name and even its index, and NetBSD's handle never
 * fails then but is silent for ever. */
bool host_rx_is_attached(const struct host_rx *rx);

/* Name of the way in which 'rx' receives, for the user: "ring" or "libpcap".  A
 * static string. */
const char *host_rx_way(const struct host_rx *rx);

/* True if 'rx' receives frames whole however long they are, not only up to
 * 'max_frame' of its configuration. */
bool host_rx_any_length(const struct host_rx *rx);

/* Takes one frame, whose memory is the caller's during the call only.  Returns
 * false if it should be the last one for now, which is a wish. */
typedef bool host_rx_cb(const struct host_frame *frame, void *aux);

/* Calls 'cb' for each frame that has arrived, up to 'max' (> 0) of them.
 * Never waits.  No frame is success, too.
 *
 *   - ENODEV: the interface is gone.  The handle must be closed.
 *   - ENETDOWN: the interface is down.  The handle stays usable.
 *   - EIO, another errno value: reception failed.  The handle must be
 *     closed. */
int host_rx_recv(struct host_rx *rx, size_t max, host_rx_cb *cb, void *aux);

/* Descriptor of 'rx' to poll for POLLIN. */
int host_rx_fd(const struct host_rx *rx);

/* True if 'rx' may hold frames of which its descriptor does not tell: do not
 * wait, receive again. */
bool host_rx_pending(const struct host_rx *rx);

/* Discards what has arrived, at most about 'max' frames, so that it ends on an
 * interface that receives all the time. */
void host_rx_drain(struct host_rx *rx, size_t max);

/* True if more seems to arrive than 'rx' has room for, or reads at little cost,
 * and host_rx_grow() may help. */
bool host_rx_wants_room(const struct host_rx *rx);

/* Opens in '*rxp' a handle with more room that takes the place of 'rx', without
 * losing a frame and without changing their order.  When this returns, what
 * arrives goes to '*rxp' only, and 'rx' still has what had arrived before: it
 * should be received from until nothing comes any more, and then be closed.
 *
 * Slow: 10 to 50 milliseconds on Linux.  One thread may go on receiving from
 * 'rx' meanwhile, but must not close it.  EOPNOTSUPP: there is none with more
 * room.  On any error 'rx' goes on as before. */
int host_rx_grow(struct host_rx *rx, struct host_rx **rxp);

/* Returns how many frames 'rx' has lost for want of room. */
uint64_t host_rx_drops(struct host_rx *rx);

/* Transmission on an interface that is not a tap. */
struct host_tx;

/* Opens a transmit handle for 'name' in '*txp': Linux, a packet socket that
 * never receives; BSD, a pcap handle with the filter `ret #0' (or it would
 * copy every received frame into a buffer that nobody reads).  Frames go out
 * with the source address they have (BIOCSHDRCMPLT).  Their 'meta' does not
 * matter. */
int host_tx_open(const char *name, struct host_tx **txp);

/* Asks that frames sent through 'tx', which has not sent any, may have work
 * left over, as their 'meta' says: an unfinished checksum (HOST_CSUM_PARTIAL)
 * and segmentation ('gso', 'gso_size').  Returns false if that is not
 * possible; it is not on the BSDs. */
bool host_tx_leave_work(struct host_tx *tx);

/* Closes 'tx'.  NULL is fine.  Slow on Linux, as host_rx_close(). */
void host_tx_close(struct host_tx *tx);

/* Descriptor of 'tx' to poll for POLLOUT, or -1 if the system accepts frames
 * at all times. */
int host_tx_fd(const struct host_tx *tx);

/* Sends the 'n' frames in order; 'wire_len' does not matter.  Every frame is
 * tried whatever became of those before it.  errors[i] is set to 0 if frame
 * 'i' was handed to the system, else to:
 *
 *   - EMSGSIZE: longer than the interface takes.  (FreeBSD and NetBSD refuse a
 *     frame longer than 14 + MTU, so a full-size VLAN-tagged one.)
 *   - EAGAIN, ENOBUFS: no room.
 *   - ENETDOWN: the interface is down.
 *   - ENODEV: the interface is gone; the frames after it get the same error
 *     without being tried, and the handle must be closed.
 *   - another errno value.
 *
 * Returns the number of frames sent.  Allocates nothing. */
size_t host_tx_send(struct host_tx *tx, const struct host_frame *frames,
                    size_t n, int *errors);

/* Change notifier. */
enum host_event_type {
    /* Interface 'link' exists: it is new, or something about it changed, or
     * both.  'link.have' tells what the message carried; 'stale' tells what
     * may have changed but was not carried.  A change of name under the same
     * ifindex is reported with the new name, where the system does not
     * announce it as HOST_EV_GONE of the old name. */
    HOST_EV_LINK,

    /* The interface is gone: 'link' has HOST_V_IFINDEX and, where the message
     * says so, HOST_V_NAME.  On FreeBSD a rename is GONE with the old name,
     * then LINK with the new name and the same ifindex. */
    HOST_EV_GONE,

    /* Only the values in 'stale' of interface 'link' (HOST_V_IFINDEX) changed:
     * HOST_V_ADDRS, HOST_V_NEIGH, ... */
    HOST_EV_STALE,

    /* A message that says nothing about any of this: unknown or
     * uninteresting.  To be counted. */
    HOST_EV_OTHER,

    /* A message that could not be parsed (length, version, alignment) and was
     * skipped.  To be counted. */
    HOST_EV_MALFORMED,
};

struct host_event {
    enum host_event_type type;
    int msg_type;                /* The system's RTM_* number, 0..255. */
    unsigned int stale;          /* HOST_V_*, disjoint from 'link.have'. */
    struct host_link link;

    /* HOST_EV_GONE: the interface was not destroyed but moved out of reach,
     * to the place that host_place_name() knows by this number, where its
     * index is 'new_ifindex', 0 if that is not known. */
    bool moved;
    int place;
    unsigned int new_ifindex;
};

/* Stores in the 'size' bytes at 'where' what people call 'place', of an event
 * of this process: a network namespace on Linux, under the name that "ip
 * netns" has for it, else by its number.  Nobody else tells where an interface
 * went (EOPNOTSUPP). */
int host_place_name(int place, char *where, size_t size);

struct host_notifier;

/* Opens the routing socket (AF_ROUTE, or NETLINK_ROUTE with its link and
 * address groups): non-blocking, with a large receive buffer, restricted to
 * the messages that matter where the system can, and with overflow made
 * visible (SO_RERROR) where the system can. */
int host_notifier_open(struct host_notifier **notifierp);

/* Closes 'notifier'.  NULL is fine. */
void host_notifier_close(struct host_notifier *notifier);

/* Descriptor of 'notifier' to poll for POLLIN.  It says nothing about events
 * that were already read from the system but not yet handed out: call
 * host_notifier_read() until it returns EAGAIN before waiting. */
int host_notifier_fd(const struct host_notifier *notifier);

/* Hands out the next event in '*event'.  One call makes at most one system
 * call that reads, so the caller bounds the work.
 *
 *   - 0: '*event' is filled.
 *   - EAGAIN: nothing more for now.
 *   - ENOBUFS: the system lost messages.  Everything that is cached may be
 *     wrong.  The notifier goes on working.
 *   - another value: the notifier is broken; close it, open a new one, and
 *     treat it as a loss. */
int host_notifier_read(struct host_notifier *notifier,
                       struct host_event *event);

/* Name of message type 'msg_type' ("RTM_NEWLINK"), or NULL if unknown.  A
 * static string. */
const char *host_msg_name(int msg_type);

/* Milliseconds between two checks with host_link_dump() for changes that the
 * system does not report: FreeBSD 13 loses routing messages silently, and
 * FreeBSD sends none when a link address is changed, NetBSD none when an MTU
 * is.  0 if the notifier can be relied on. */
int host_revalidate_interval(void);

#endif /* HOST_HOST_H */
