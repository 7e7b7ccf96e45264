/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * A fake BSD kernel: interfaces, taps, bpf and routing sockets in user space.
 *
 * The host files of FreeBSD and NetBSD are compiled, unmodified, against
 * clean-room headers (tests/bsd/freebsd, tests/bsd/netbsd) that redirect
 * their system calls here.  The kernel has these layers:
 *
 *   - fake-kernel.c knows Linux only.  It keeps the interfaces, descriptors
 *     and queues.  A fake descriptor is a real eventfd, readable exactly when
 *     the fake object is, so poll(2) works on it.
 *
 *   - fake-stack.c is the host's own network stack.
 *
 *   - fake-state.c carries interfaces over from one process to the next.
 *
 *   - fake-bsd.c, fake-freebsd.c and fake-netbsd.c are compiled with the
 *     clean-room headers.  They take requests apart and build messages, byte
 *     for byte as the systems do.
 *
 *   - fake-pcap.c stands in for libpcap on these kernels.
 *
 * This header has plain C types only, since both worlds include it.
 *
 * One recursive mutex, fk_lock(), guards everything.  Any thread may call
 * anything; functions take the mutex themselves. */

#ifndef TESTS_BSD_FAKE_KERNEL_H
#define TESTS_BSD_FAKE_KERNEL_H 1

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FK_NAME 16
#define FK_MAX_ADDRS 16
#define FK_MAX_LLADDRS 4
#define FK_MAX_MEDIA 64

/* A queue of frames or messages. */
struct fk_buf {
    struct fk_buf *next;
    size_t len;
    size_t orig_len;            /* For captured frames. */
    uint8_t data[];
};

struct fk_queue {
    struct fk_buf *head, **tail;
    size_t n, bytes;
};

struct fk_addr {
    int family;                 /* 4 or 6. */
    uint8_t addr[16], mask[16];
    unsigned int detection;     /* Not 0, and a number that tells this address
                                 * from others: not in use yet, because
                                 * somebody may have it. */
};

/* Counters, under the names of struct if_data. */
struct fk_counters {
    uint64_t ipackets, ierrors, opackets, oerrors, collisions, ibytes, obytes;
    uint64_t imcasts, omcasts, iqdrops, oqdrops, noproto;
};

struct fk_if {
    struct fk_if *next;         /* In the list of all, by index. */
    struct fk_if *hash_next;    /* In the hash of names. */
    char name[FK_NAME];
    char driver[FK_NAME];       /* Name and unit at birth. */
    unsigned int index;
    int type;                   /* IFT_*. */
    unsigned int flags;         /* IFF_*, upper half included. */
    int pcount;                 /* Who asked for promiscuous mode. */
    int mtu;
    int alen;                   /* 6, or 0 for none, or anything. */
    uint8_t lladdr[FK_MAX_LLADDRS][8]; /* [0] is the active one. */
    int n_lladdrs;
    uint8_t factory[8];
    int link_state;             /* LINK_STATE_*. */
    uint64_t baudrate;
    struct fk_counters counters;

    bool has_media;
    int media[FK_MAX_MEDIA];
    int n_media;
    int media_current, media_active, media_status;
    int media_grow;             /* E2BIG on order: how often the list is found
                                 * to have grown. */

    bool no_bpf;                /* bpf does not know it. */

    bool has_caps;
    uint64_t caps, caps_enabled;

    struct fk_addr addrs[FK_MAX_ADDRS];
    int n_addrs;

    /* Frames. */
    struct fk_queue wire;       /* Sent on the wire. */
    struct fk_queue host_tx;    /* Tap: sent by the host's stack, for read. */
    struct fk_queue host_rx;    /* Received by the host's stack. */

    bool is_tap;
    bool cloned;                /* NetBSD: goes with its descriptor. */
    bool transient;             /* FreeBSD 14: likewise. */
    struct fk_file *tap_file;   /* Who has it open. */
    bool is_away;               /* In another vnet. */
};

enum fk_file_type {
    FK_INET,                    /* Socket for requests. */
    FK_LINK,                    /* Likewise, family AF_LINK. */
    FK_ROUTE,
    FK_TAP,
    FK_BPF,
};

struct fk_file {
    struct fk_file *next;       /* In the list of all. */
    int fd;
    enum fk_file_type type;
    bool nonblock;
    bool signalled;             /* The eventfd is readable. */
    struct fk_if *ifp;          /* FK_TAP, FK_BPF: NULL if gone. */
    bool foreign;               /* Another process's. */

    /* FK_ROUTE. */
    struct fk_queue queue;      /* Messages. */
    size_t rcvbuf;
    bool rerror;                /* SO_RERROR. */
    bool overflowed;
    bool filtered;              /* RO_MSGFILTER. */
    uint8_t wanted[256];
    int n_enobufs;              /* SO_RCVBUF requests refused. */

    /* FK_BPF: 'queue' is the kernel's buffer. */
    size_t bufsize;
    int snaplen;
    int direction;              /* BPF_D_*. */
    bool promisc, reject;
    bool was_attached;          /* The interface is gone if 'ifp' is NULL. */
    bool write_only;            /* Opened so. */
    uint64_t n_recv, n_drop;
};

void fk_lock(void);
void fk_unlock(void);

/* Forgets everything: interfaces, descriptors, faults, counters. */
void fk_reset(void);

/* Interfaces. */
#define FK_IFT_ETHER 0x6
#define FK_IFT_LOOP 0x18
#define FK_IFT_FDDI 0xf
#define FK_LINK_UNKNOWN 0
#define FK_LINK_DOWN 1
#define FK_LINK_UP 2
#define FK_IFF_UP 0x1
#define FK_IFF_LOOPBACK 0x8
#define FK_IFF_PROMISC 0x100
#define FK_IFF_PPROMISC 0x20000

/* Creates Ethernet interface 'name' with MTU 1500, a link address made of its
 * index, link up, administratively down.  Announces it. */
struct fk_if *fk_if_create(const char *name);

/* Creates an interface of another type with link addresses of 'alen'
 * bytes. */
struct fk_if *fk_if_create_type(const char *name, int type, int alen);

/* The same, with the index 'index'. */
struct fk_if *fk_if_create_as(const char *name, int type, int alen,
                              unsigned int index);

/* Announces the departure of 'ifp' and destroys it.  Descriptors on it see
 * what the system lets them see. */
void fk_if_destroy(struct fk_if *ifp);

/* Finds an interface by its name, and as requests of the system do, which may
 * take digits for its index. */
struct fk_if *fk_if_find(const char *name);
struct fk_if *fk_if_lookup(const char *name);
struct fk_if *fk_if_by_index(unsigned int index);
struct fk_if *fk_if_first(void);

/* Moves 'ifp' out of this world, to another vnet, and back.  A tap's descriptor
 * goes on to work. */
void fk_if_move_out(struct fk_if *ifp);
int fk_if_move_in(const char *name);

/* Renames 'ifp' and announces that.  Returns an errno value. */
int fk_if_rename(struct fk_if *ifp, const char *name);

/* Each of these changes one thing and sends the message that the system
 * sends. */
void fk_if_set_flags(struct fk_if *ifp, unsigned int flags);
void fk_if_set_link(struct fk_if *ifp, int link_state);
void fk_if_set_mtu(struct fk_if *ifp, int mtu);
void fk_if_set_lladdr(struct fk_if *ifp, const uint8_t lladdr[6]);
int fk_if_add_addr(struct fk_if *ifp, const struct fk_addr *addr);
int fk_if_del_addr(struct fk_if *ifp, const struct fk_addr *addr);
bool fk_if_is_promisc(const struct fk_if *ifp);
void fk_if_change_pcount(struct fk_if *ifp, int delta);

/* Gives 'ifp' media: the 'n' words of the list, and the state. */
void fk_if_set_media(struct fk_if *ifp, const int *words, int n, int current,
                     int active, int status);

/* A frame arrives on the wire of 'ifp'. */
void fk_wire_rx(struct fk_if *ifp, const void *frame, size_t len);

/* The host's stack sends a frame through tap 'ifp'. */
void fk_host_tx(struct fk_if *ifp, const void *frame, size_t len);

/* The host's stack gets a frame that 'ifp' received, takes it in if it is for
 * this host, and answers it (fake-stack.c). */
void fk_stack_input(struct fk_if *ifp, const uint8_t *frame, size_t len);

/* Queues. */
void fk_queue_init(struct fk_queue *q);
void fk_queue_put(struct fk_queue *q, const void *data, size_t len,
                  size_t orig_len);
struct fk_buf *fk_queue_get(struct fk_queue *q); /* To be freed.  NULL. */
void fk_queue_clear(struct fk_queue *q);

/* Descriptors. */
struct fk_file *fk_file_new(enum fk_file_type type); /* NULL and errno. */
struct fk_file *fk_file_find(int fd);
int fk_file_close(struct fk_file *file);
size_t fk_n_files(void);

/* The process ends in the middle of everything: the kernel closes all of its
 * descriptors. */
void fk_crash(void);

/* Makes the eventfd of 'file' readable exactly if there is something to
 * read. */
void fk_file_update(struct fk_file *file);

/* Waits until 'file' is readable. */
void fk_file_wait(struct fk_file *file);

/* Messages that wait in routing sockets, and that found no room so far. */
size_t fk_n_queued(void);
unsigned long long int fk_n_lost(void);

/* Sends a message of type 'type' to all routing sockets. */
void fk_route_broadcast(int type, const void *msg, size_t len);

/* Taps: opens the tap for the device "/dev/'unit'", or a new one if 'unit' is
 * "tap".  Returns NULL and errno. */
struct fk_file *fk_tap_open(const char *unit, bool cloned_goes_with_fd);
int fk_tap_create(char name[FK_NAME]);

/* Writes a frame to tap 'file', as write(2).  Returns -1 and errno. */
ssize_t fk_tap_write(struct fk_file *file, const void *frame, size_t len);

/* bpf.  Frames go to descriptors on 'ifp', outgoing or not, except to
 * 'sender'. */
void fk_bpf_deliver(struct fk_if *ifp, const void *frame, size_t len,
                    bool outgoing, const struct fk_file *sender);
int fk_bpf_attach(struct fk_file *file, struct fk_if *ifp);
void fk_bpf_set_promisc(struct fk_file *file, bool promisc);
void fk_bpf_flush(struct fk_file *file);
size_t fk_n_captured(void);     /* Frames waiting in all descriptors. */
uint64_t fk_n_shown(void);      /* Frames shown to all filters so far. */
int fk_bpf_write(struct fk_file *file, const void *frame, size_t len);

/* Routes and neighbours.  Those to the networks on a link are not among the
 * routes: they follow from the addresses of interfaces that are up. */
struct fk_route6 {
    uint8_t dst[16], mask[16], gateway[16];
    unsigned int ifindex;
};
struct fk_route {
    uint32_t dst, mask, gateway; /* Network byte order; gateway 0: none. */
    unsigned int ifindex;
};
struct fk_neigh {
    uint32_t ip;
    unsigned int ifindex;
    uint8_t lladdr[6];
    bool complete;
};
#define FK_MAX_ROUTES 64
#define FK_MAX_NEIGHS 64
extern struct fk_route fk_routes[FK_MAX_ROUTES];
extern int fk_n_routes;
extern struct fk_route6 fk_routes6[FK_MAX_ROUTES];
extern int fk_n_routes6;
extern struct fk_neigh fk_neighs[FK_MAX_NEIGHS];
extern int fk_n_neighs;
void fk_add_route(uint32_t dst, uint32_t mask, uint32_t gateway,
                  unsigned int ifindex);
void fk_add_route6(const struct fk_route6 *route);
void fk_add_neigh(uint32_t ip, unsigned int ifindex, const uint8_t *lladdr);

/* Faults.
 *
 * After 'skip' more calls of 'call', the next 'count' ones fail with 'error'.
 * 'call' is the name of a system call, or "any"; 'request' restricts it to
 * one ioctl request, or to a type of descriptor: FK_OF_TYPE() (0: any). */
#define FK_OF_TYPE(TYPE) (1 + (unsigned long int) (TYPE))

void fk_fault(const char *call, unsigned long int request, int error,
              int skip, int count);

/* The next 'count' reads of a tap return at most 'n' bytes. */
void fk_fault_short(size_t n, int count);

/* Interface 'name' is destroyed at the 'skip'th call from now, of whatever
 * kind, before it is carried out.  Negative: never mind. */
void fk_vanish_after(int skip, const char *name);

/* As fk_vanish_after(), and at once there is another interface of that name,
 * as fk_if_create_type() makes it, up. */
void fk_replace_after(int skip, const char *name, int type, int alen);

/* True if that is yet to come. */
bool fk_vanish_pending(void);

/* The next 'n' routing messages are lost.  'silently' is without a trace;
 * otherwise sockets with SO_RERROR learn about it. */
void fk_lose_messages(int n, bool silently);

/* RTM_GET is not answered while 'mute'.  With 'noise', answers to others come
 * first. */
extern bool fk_route_mute;
extern bool fk_route_noise;

/* Largest bpf buffer. */
extern size_t fk_max_bpfbuf;

/* What can be set by name, among it what differs between releases.  The
 * system's file has the defaults; README.md says where they come from. */
struct fk_knobs {
    int forwarding;             /* The host forwards what it takes in for
                                 * others. */
    int rerror;                 /* SO_RERROR exists. */
    int tap_transient;          /* TAPSTRANSIENT exists. */
    int devfs_cloning;          /* Opening "/dev/tap" makes a new tap. */
    int tap_nodes;              /* How many taps have a device file to open them
                                 * by: "/dev/tap0", ...  Negative: all. */
    int up_on_open;             /* Opening a tap brings it up. */
    int max_sockbuf;            /* Largest receive buffer, in bytes. */
    int msg_cost;               /* Bytes that a message takes there at
                                 * least. */
    int max_write;              /* Longest write to bpf, in bytes. */
    int mtu_max;                /* Largest MTU. */
    int index_reuse;            /* How an ifindex is chosen: FK_INDEX_*. */
    int digits;                 /* A name of digits is an ifindex. */
    int silent_mtu;             /* No message when an MTU changes. */
    int silent_promisc;         /* No message about promiscuous mode. */
    int dad_ms;                 /* Duplicate address detection: how long a new
                                 * IPv4 address is not used. */
    int caps_reset;             /* Changing capabilities takes the link down
                                 * and up. */
};
#define FK_INDEX_NEW 0          /* Always a new one. */
#define FK_INDEX_LAST 1         /* The last one again if it is free. */
#define FK_INDEX_LOWEST 2       /* The lowest that is free. */
extern struct fk_knobs fk_knobs;
extern const struct fk_knobs fk_default_knobs;

/* Sets the knob called 'name'; "release" sets those that differ in this
 * release of the system.  Returns false if there is none. */
bool fk_set_knob(const char *name, int value);

/* From the system's file: sets the knobs of 'release'. */
void fk_set_release(int release);

/* Writes the interfaces to a file, and reads them (fake-state.c). */
void fk_state_save(void);
void fk_state_load(void);

/* From now on, some bytes of what the kernel hands out are garbage: of tables,
 * messages and media.  0 ends it. */
void fk_set_garbage(uint32_t seed);
void fk_garble(void *data, size_t len);

/* To be called at the beginning of every call.  Returns the error with which
 * it must fail, or 0. */
int fk_enter(const char *call, unsigned long int request);

/* Counts something that is no call, for fk_n_calls(). */
void fk_count(const char *what);

/* How many calls of 'call' (and, if not 0, with 'request') there were. */
unsigned int fk_n_calls(const char *call, unsigned long int request);

/* Takes the length of a short read, SIZE_MAX if none was ordered. */
size_t fk_take_short(void);

/* From fake-freebsd.c and fake-netbsd.c. */
void fk_msg_announce(const struct fk_if *ifp, bool arrival);
void fk_msg_ifinfo(const struct fk_if *ifp);
void fk_msg_addr(const struct fk_if *ifp, const struct fk_addr *addr,
                 bool add);
void fk_msg_route(const struct fk_route *route);
void fk_msg_route6(const struct fk_route6 *route);
void fk_msg_lladdr(struct fk_if *ifp, const uint8_t *old);
extern const bool fk_tap_survives_close;
extern const bool fk_bpf_read_fails_when_gone;
extern const bool fk_bpf_hides_from_writers;
unsigned long int fk_request_by_name(const char *name);
const char *fk_system(void);

#endif /* tests/bsd/fake-kernel.h */
