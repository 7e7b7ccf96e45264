/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * A host that does as it is told: see fake-host.h.  'mutex' guards all. */

#include "fake-host.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_IFS 20000
#define MAX_EVENTS 65536

struct fake_host fake;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct fake_if *ifs[MAX_IFS];
static unsigned int n_ifs;

/* Messages, or failures, to be read. */
static struct {
    int error;
    struct host_event event;
} *events;
static unsigned int events_head, events_tail;

static void
lock(void)
{
    pthread_mutex_lock(&mutex);
}

static void
unlock(void)
{
    pthread_mutex_unlock(&mutex);
}

/* Ordering. */

unsigned int
fake_count(const unsigned int *counter)
{
    unsigned int value;

    lock();
    value = *counter;
    unlock();
    return value;
}

void
fake_reset(void)
{
    for (unsigned int i = 0; i < n_ifs; i++) {
        free(ifs[i]);
    }
    n_ifs = 0;
    events_head = events_tail = 0;
    memset(&fake, 0, sizeof fake);
    fake.link_get_all = true;
}

static struct fake_if *
find(const char *name)
{
    for (unsigned int i = 0; i < n_ifs; i++) {
        if (ifs[i]->exists && !strcmp(ifs[i]->link.name, name)) {
            return ifs[i];
        }
    }
    return NULL;
}

struct fake_if *
fake_find(const char *name)
{
    struct fake_if *interface;

    lock();
    interface = find(name);
    unlock();
    return interface;
}

static struct fake_if *
add(const char *name)
{
    struct fake_if *interface = calloc(1, sizeof *interface);
    struct host_link *link = &interface->link;

    if (n_ifs >= MAX_IFS) {
        abort();
    }
    ifs[n_ifs++] = interface;
    interface->exists = true;
    link->ifindex = n_ifs;
    snprintf(link->name, sizeof link->name, "%s", name);
    link->flags = HOST_FLAG_UP;
    link->mtu = 1500;
    link->lladdr[0] = 2;
    link->lladdr[4] = n_ifs >> 8;
    link->lladdr[5] = n_ifs;
    link->ether = true;
    link->carrier = true;
    host_stats_init(&link->stats);
    return interface;
}

struct fake_if *
fake_add(const char *name)
{
    struct fake_if *interface;

    lock();
    interface = add(name);
    unlock();
    return interface;
}

void
fake_remove(struct fake_if *interface)
{
    lock();
    interface->exists = false;
    unlock();
}

static void
put_event(int error, const struct host_event *event)
{
    lock();
    if (!events) {
        events = calloc(MAX_EVENTS, sizeof *events);
    }
    if (events_tail - events_head >= MAX_EVENTS) {
        abort();
    }
    events[events_tail % MAX_EVENTS].error = error;
    if (event) {
        events[events_tail % MAX_EVENTS].event = *event;
    }
    events_tail++;
    unlock();
}

void
fake_event(const struct host_event *event)
{
    put_event(0, event);
}

void
fake_link_event(const struct fake_if *interface, unsigned int have,
                unsigned int stale)
{
    struct host_event event;

    memset(&event, 0, sizeof event);
    event.type = HOST_EV_LINK;
    event.msg_type = 1;
    event.stale = stale;
    event.link = interface->link;
    event.link.have = have;
    put_event(0, &event);
}

void
fake_gone_event(const struct fake_if *interface)
{
    struct host_event event;

    memset(&event, 0, sizeof event);
    event.type = HOST_EV_GONE;
    event.msg_type = 2;
    event.link = interface->link;
    event.link.have = HOST_V_IFINDEX | HOST_V_NAME;
    put_event(0, &event);
}

void
fake_notifier_error(int error)
{
    put_event(error, NULL);
}

void
fake_receive(struct fake_if *interface, unsigned int caplen,
             unsigned int len, unsigned int n)
{
    lock();
    while (n--) {
        struct fake_frame *frame = &interface->rx[interface->rx_tail++ % 256];

        frame->caplen = caplen;
        frame->len = len;
    }
    unlock();
}

/* The host interface. */

const char *
host_system(void)
{
    return "fake";
}

void
host_keep_memory(size_t size)
{
    (void) size;
}

int
host_revalidate_interval(void)
{
    return fake.revalidate_ms;
}

const char *
host_msg_name(int msg_type)
{
    return msg_type == 1 ? "LINK" : msg_type == 2 ? "GONE" : NULL;
}

/* Looks for 'name' with the mutex held. */
static int
get(const char *name, struct fake_if **interface)
{
    if (strlen(name) >= IFNAMSIZ) {
        return ENAMETOOLONG;
    }
    *interface = find(name);
    return *interface ? (*interface)->get_error : ENODEV;
}

int
host_link_get(const char *name, enum host_value want, struct host_link *link)
{
    struct fake_if *interface;
    int error;

    lock();
    fake.calls.link_get++;
    error = get(name, &interface);
    if (!error) {
        *link = interface->link;
        link->have = (fake.link_get_all
                      ? HOST_V_IFINDEX | HOST_V_NAME | HOST_V_FLAGS
                        | HOST_V_MTU | HOST_V_LLADDR | HOST_V_CARRIER
                        | HOST_V_STATS
                      : want);
    }
    unlock();
    return error;
}

int
host_link_dump(void (*cb)(const struct host_link *, void *aux), void *aux)
{
    lock();
    fake.calls.link_dump++;
    for (unsigned int i = 0; i < n_ifs; i++) {
        struct host_link link = ifs[i]->link;

        link.have = (HOST_V_IFINDEX | HOST_V_NAME | HOST_V_FLAGS
                     | HOST_V_LLADDR);
        if (ifs[i]->exists) {
            unlock();
            cb(&link, aux);
            lock();
        }
    }
    unlock();
    return 0;
}

int
host_set_flags(const char *name, unsigned int off, unsigned int on)
{
    struct fake_if *interface;
    int error;

    lock();
    fake.calls.set_flags++;
    error = get(name, &interface);
    if (!error) {
        interface->link.flags = (interface->link.flags & ~off) | on;
    }
    unlock();
    return error;
}

int
host_set_promisc(const char *name, bool on, struct host_promisc **holdp)
{
    struct fake_if *interface;
    int error;

    lock();
    fake.calls.set_promisc++;
    error = get(name, &interface);
    if (!error && on) {
        interface->link.flags |= HOST_FLAG_PROMISC;
        *holdp = (struct host_promisc *) interface;
    } else if (!error) {
        interface->link.flags &= ~HOST_FLAG_PROMISC;
    }
    if (!on) {
        *holdp = NULL;
    }
    unlock();
    return error == ENODEV && !on ? 0 : error;
}

int
host_set_mtu(const char *name, int mtu)
{
    struct fake_if *interface;
    int error;

    lock();
    fake.calls.set_mtu++;
    error = get(name, &interface);
    if (!error) {
        interface->link.mtu = mtu;
    }
    unlock();
    return error;
}

int
host_set_lladdr(const char *name, const uint8_t lladdr[HOST_LLADDR_LEN])
{
    struct fake_if *interface;
    int error;

    lock();
    fake.calls.set_lladdr++;
    error = get(name, &interface);
    if (!error) {
        memcpy(interface->link.lladdr, lladdr, HOST_LLADDR_LEN);
    }
    unlock();
    return error;
}

int
host_get_media(const char *name, struct host_media *media)
{
    struct fake_if *interface;
    int error;

    lock();
    fake.calls.get_media++;
    error = get(name, &interface);
    if (!error) {
        error = interface->media_error;
        *media = interface->media;
    }
    unlock();
    return error;
}

int
host_set_advertised(const char *name, uint32_t features)
{
    struct fake_if *interface;
    int error;

    lock();
    error = get(name, &interface);
    if (!error) {
        interface->media.advertised = features;
    }
    unlock();
    return error;
}

int
host_get_mii_link(const char *name, bool *up)
{
    struct fake_if *interface;
    int error;

    lock();
    error = get(name, &interface);
    *up = !error && interface->mii_up;
    unlock();
    return error;
}

const char *
host_down_hint(const char *driver __attribute__((unused)))
{
    return NULL;
}

int
host_get_driver(const char *name, struct host_driver *driver)
{
    struct fake_if *interface;
    int error;

    lock();
    fake.calls.get_driver++;
    memset(driver, 0, sizeof *driver);
    strcpy(driver->name, "fake");
    error = get(name, &interface);
    unlock();
    return error;
}

int
host_get_addrs(const char *name, struct host_addr **addrs, size_t *n)
{
    struct fake_if *interface;
    int error;

    lock();
    fake.calls.get_addrs++;
    *addrs = NULL;
    *n = 0;
    error = get(name, &interface);
    if (!error && interface->n_addrs) {
        *n = interface->n_addrs;
        *addrs = malloc(*n * sizeof **addrs);
        memcpy(*addrs, interface->addrs, *n * sizeof **addrs);
    }
    unlock();
    return error;
}

int
host_set_in4(const char *name, struct in_addr addr,
             struct in_addr mask __attribute__((unused)))
{
    struct fake_if *interface;
    int error;

    lock();
    error = get(name, &interface);
    if (!error) {
        interface->n_addrs = addr.s_addr ? 1 : 0;
        memset(&interface->addrs[0], 0, sizeof interface->addrs[0]);
        memcpy(&interface->addrs[0].addr.s6_addr[12], &addr, 4);
    }
    unlock();
    return error;
}

int
host_add_router(struct in_addr router __attribute__((unused)))
{
    return 0;
}

/* Everything is behind the interface that exists longest. */
int
host_get_next_hop(struct in_addr dst __attribute__((unused)),
                  int timeout_ms __attribute__((unused)),
                  struct in_addr *gateway, char name[IFNAMSIZ])
{
    int error = ENETUNREACH;

    lock();
    for (unsigned int i = 0; i < n_ifs && error; i++) {
        if (ifs[i]->exists) {
            gateway->s_addr = 0;
            strcpy(name, ifs[i]->link.name);
            error = 0;
        }
    }
    unlock();
    return error;
}

int
host_arp_lookup(const char *name,
                struct in_addr ip __attribute__((unused)),
                uint8_t lladdr[HOST_LLADDR_LEN])
{
    struct fake_if *interface;
    int error;

    lock();
    error = get(name, &interface);
    if (!error) {
        memset(lladdr, 0x42, HOST_LLADDR_LEN);
    }
    unlock();
    return error;
}

int
host_offloads_off(const char *name, struct host_offloads *saved)
{
    struct fake_if *interface;
    int error;

    lock();
    fake.calls.offloads_off++;
    memset(saved, 0, sizeof *saved);
    error = get(name, &interface);
    if (!error && interface->offload) {
        saved->changed = true;
        saved->saved[0] = 1;
        saved->saved[2] = interface->link.ifindex;
        interface->offload = false;
    }
    unlock();
    return error;
}

bool
host_offloads_present(const struct host_offloads *saved)
{
    return saved->id[0] != 0;
}

bool
host_has_exclusive(void)
{
    return fake.has_exclusive;
}

int
host_exclusive(const char *name, struct host_offloads *saved)
{
    struct fake_if *interface;
    int error;

    lock();
    error = get(name, &interface);
    error = error ? error : fake.exclusive_error;
    if (!error) {
        interface->exclusive = true;
        saved->changed = true;
        saved->saved[1] = 1;
        saved->saved[2] = interface->link.ifindex;
    }
    unlock();
    return error;
}

int
host_offloads_follow(struct host_offloads *saved,
                     const struct host_event *event)
{
    (void) saved;
    (void) event;
    return ENODEV;
}

/* The index of the interface is among what is saved; as its identity it would
 * be written down for the next daemon. */
int
host_offloads_restore(struct host_offloads *saved)
{
    struct fake_if *interface;
    int error = 0;

    if (!saved->changed) {
        return 0;
    }
    lock();
    fake.calls.offloads_restore++;
    interface = ifs[saved->saved[2] - 1];
    if (interface->exists) {
        interface->offload |= saved->saved[0];
        interface->exclusive &= !saved->saved[1];
    } else {
        error = ENODEV;
    }
    saved->changed = error == ENODEV;
    unlock();
    return error;
}

/* Taps.  Their descriptor is one of /dev/null, their frames are those of the
 * interface. */

int
host_tap_locate(const struct host_tap *tap, char *where, size_t size,
                struct host_link *link)
{
    (void) tap;
    (void) where;
    (void) size;
    (void) link;
    return EOPNOTSUPP;
}

int
host_place_name(int place, char *where, size_t size)
{
    (void) place;
    (void) where;
    (void) size;
    return EOPNOTSUPP;
}

const char *
host_tap_device(void)
{
    return "/dev/tap";
}

int
host_tap_open(const char *port_name, struct host_tap *tap)
{
    static unsigned int n_taps;
    char name[IFNAMSIZ];
    struct fake_if *interface;

    memset(tap, 0, sizeof *tap);
    tap->fd = -1;

    lock();
    fake.calls.tap_open++;
    if (fake.tap_open_error || strlen(port_name) >= IFNAMSIZ) {
        unlock();
        return fake.tap_open_error ? fake.tap_open_error : ENAMETOOLONG;
    }
    if (fake.tap_keeps_kname) {
        snprintf(name, sizeof name, "tap%u", n_taps++);
    } else {
        snprintf(name, sizeof name, "%s", port_name);
    }
    interface = find(name);
    if (!interface) {
        interface = add(name);
        interface->link.flags = 0;
    }
    unlock();

    tap->fd = open("/dev/null", O_RDWR);
    tap->ifindex = interface->link.ifindex;
    strcpy(tap->name, name);
    return 0;
}

int
host_tap_close(struct host_tap *tap)
{
    if (tap->fd >= 0) {
        close(tap->fd);
        lock();
        ifs[tap->ifindex - 1]->exists = false;
        unlock();
    }
    tap->fd = -1;
    return 0;
}

/* Takes the first of the frames that wait. */
static struct fake_frame
next_frame(struct fake_if *interface)
{
    return interface->rx[interface->rx_head++ % 256];
}

void
host_tap_leave(const struct host_tap *tap)
{
    (void) tap;
}

int
host_tap_read(struct host_tap *tap, void *buf, size_t size, size_t *len,
              struct host_meta *meta)
{
    struct fake_if *interface = ifs[tap->ifindex - 1];
    int error = 0;

    memset(meta, 0, sizeof *meta);
    lock();
    fake.calls.tap_read++;
    if (!interface->exists) {
        error = ENODEV;
    } else if (interface->rx_head == interface->rx_tail) {
        error = EAGAIN;
    } else {
        struct fake_frame frame = next_frame(interface);

        *len = frame.len < size ? frame.len : size;
        memset(buf, 0x5a, *len);
    }
    unlock();
    return error;
}

static int
send_frame(struct fake_if *interface)
{
    int error = interface->exists ? 0 : ENODEV;

    if (!error && interface->tx_next < 64) {
        error = interface->tx_errors[interface->tx_next++];
    }
    interface->tx_frames += !error;
    return error;
}

int
host_tap_write(struct host_tap *tap,
               const struct host_frame *frame __attribute__((unused)))
{
    int error;

    lock();
    error = send_frame(ifs[tap->ifindex - 1]);
    unlock();
    return error;
}

/* Transmission. */

struct host_tx {
    struct fake_if *interface;
};

int
host_tx_open(const char *name, struct host_tx **txp)
{
    struct fake_if *interface;
    int error;

    *txp = NULL;
    lock();
    fake.calls.tx_open++;
    error = get(name, &interface);
    if (!error) {
        *txp = malloc(sizeof **txp);
        (*txp)->interface = interface;
    }
    unlock();
    return error;
}

bool
host_tx_leave_work(struct host_tx *tx)
{
    (void) tx;
    return false;
}

void
host_tx_close(struct host_tx *tx)
{
    if (tx) {
        lock();
        fake.calls.tx_close++;
        unlock();
        free(tx);
    }
}

int
host_tx_fd(const struct host_tx *tx __attribute__((unused)))
{
    return -1;
}

size_t
host_tx_send(struct host_tx *tx,
             const struct host_frame *frames __attribute__((unused)), size_t n,
             int *errors)
{
    size_t n_sent = 0;

    lock();
    for (size_t i = 0; i < n; i++) {
        errors[i] = send_frame(tx->interface);
        n_sent += !errors[i];
        if (errors[i] == ENODEV) {
            for (; i < n; i++) {
                errors[i] = ENODEV;
            }
        }
    }
    unlock();
    return n_sent;
}

/* Notifier.  Its descriptor is readable all the time; no test waits for it. */

struct host_notifier {
    int fd;
};

int
host_notifier_open(struct host_notifier **notifierp)
{
    struct host_notifier *notifier;

    *notifierp = NULL;
    lock();
    fake.calls.notifier_open++;
    unlock();
    if (fake.notifier_open_error) {
        return fake.notifier_open_error;
    }
    notifier = malloc(sizeof *notifier);
    notifier->fd = open("/dev/null", O_RDONLY);
    *notifierp = notifier;
    return 0;
}

void
host_notifier_close(struct host_notifier *notifier)
{
    if (notifier) {
        close(notifier->fd);
        free(notifier);
    }
}

int
host_notifier_fd(const struct host_notifier *notifier)
{
    return notifier->fd;
}

int
host_notifier_read(struct host_notifier *notifier __attribute__((unused)),
                   struct host_event *event)
{
    int error = EAGAIN;

    lock();
    if (events_head != events_tail) {
        error = events[events_head % MAX_EVENTS].error;
        *event = events[events_head % MAX_EVENTS].event;
        events_head++;
    }
    unlock();
    return error;
}

/* Reception. */

struct host_rx {
    struct fake_if *interface;
    bool pending;
    bool outgrown;                  /* Gets what came before 'end' only. */
    unsigned int start, end;        /* As rx_head and rx_tail. */
    int fds[2];                     /* A pipe in which nothing ever comes. */
};

bool
host_rx_has_queues(void)
{
    return false;
}

bool
host_rx_is_attached(const struct host_rx *rx __attribute__((unused)))
{
    fake.calls.rx_check++;
    return !fake.detached;
}

static struct host_rx *
make_rx(struct fake_if *interface)
{
    struct host_rx *rx = calloc(1, sizeof *rx);

    rx->interface = interface;
    if (pipe(rx->fds) < 0) {
        abort();
    }
    return rx;
}

int
host_rx_open(const char *name, const struct host_rx_config *config,
             struct host_rx **rxp)
{
    struct fake_if *interface;
    int error;

    *rxp = NULL;
    lock();
    fake.calls.rx_open++;
    error = get(name, &interface);
    if (!error) {
        error = (fake.rx_open_error ? fake.rx_open_error
                 : config->n_queues > 1 || !interface->link.ether ? EOPNOTSUPP
                 : 0);
    }
    fake.rx_config = *config;
    unlock();
    if (!error) {
        *rxp = make_rx(interface);
    }
    return error;
}

void
host_rx_close(struct host_rx *rx)
{
    if (rx) {
        lock();
        fake.calls.rx_close++;
        unlock();
        close(rx->fds[0]);
        close(rx->fds[1]);
        free(rx);
    }
}

void
host_rx_quiet(struct host_rx *rx __attribute__((unused)))
{
}

const char *
host_rx_way(const struct host_rx *rx __attribute__((unused)))
{
    return "fake";
}

bool
host_rx_any_length(const struct host_rx *rx __attribute__((unused)))
{
    return fake.rx_any_length;
}

bool
host_rx_wants_room(const struct host_rx *rx __attribute__((unused)))
{
    bool wants_room;

    lock();
    wants_room = fake.rx_wants_room;
    unlock();
    return wants_room;
}

int
host_rx_grow(struct host_rx *rx, struct host_rx **rxp)
{
    int error;

    *rxp = NULL;
    lock();
    error = fake.rx_grow_error;
    fake.calls.rx_grow++;
    if (!error) {
        *rxp = make_rx(rx->interface);
        rx->outgrown = true;
        rx->end = (*rxp)->start = rx->interface->rx_tail;
        fake.rx_wants_room = false;
    }
    unlock();
    return error;
}

int
host_rx_fd(const struct host_rx *rx)
{
    return rx->fds[0];
}

bool
host_rx_pending(const struct host_rx *rx)
{
    return rx->pending;
}

uint64_t
host_rx_drops(struct host_rx *rx __attribute__((unused)))
{
    return 7;
}

/* Whether there is a frame for 'rx'.  Those of a handle whose place it has
 * taken must have been received before. */
static bool
has_frame(const struct host_rx *rx)
{
    const struct fake_if *interface = rx->interface;

    if ((int) (interface->rx_head - rx->start) < 0) {
        fprintf(stderr, "frames were left in the old handle\n");
        abort();
    }
    return interface->rx_head != (rx->outgrown ? rx->end : interface->rx_tail);
}

/* As libpcap on a BSD: hands out at most 'max' frames and keeps the rest. */
int
host_rx_recv(struct host_rx *rx, size_t max, host_rx_cb *cb, void *aux)
{
    static uint8_t data[65536];
    struct fake_if *interface = rx->interface;
    bool more = true;
    int error;
    size_t n = 0;

    lock();
    fake.calls.rx_recv++;
    error = (!interface->exists ? ENODEV
             : !(interface->link.flags & HOST_FLAG_UP) ? ENETDOWN : 0);
    while (!error && more && n < max && has_frame(rx)) {
        struct fake_frame fake_frame = next_frame(interface);
        struct host_frame frame = {
            .data = interface->rx_data ? interface->rx_data : data,
            .len = fake_frame.caplen,
            .wire_len = fake_frame.len,
            .meta = interface->rx_meta,
        };

        n++;
        unlock();
        more = cb(&frame, aux);
        lock();
    }
    rx->pending = n >= max || (!more && has_frame(rx));
    unlock();
    return error;
}

void
host_rx_drain(struct host_rx *rx, size_t max)
{
    lock();
    for (size_t i = 0; i < max; i++) {
        if (rx->interface->rx_head == rx->interface->rx_tail) {
            break;
        }
        next_frame(rx->interface);
    }
    unlock();
}
