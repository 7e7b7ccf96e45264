/*
 * SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * The fake BSD kernel: what it keeps, and what does not depend on the
 * system.  See fake-kernel.h.
 *
 * 'mutex' guards everything here. */

#include "fake-kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define HASH_SIZE 16384
#define MAX_FAULTS 32
#define MAX_COUNTED 128
#define DEFAULT_RCVBUF 65536

static pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static struct fk_if *interfaces;
static struct fk_if *last_interface;
static struct fk_if *by_name[HASH_SIZE];
static struct fk_if **by_index;
static unsigned int by_index_size;
static unsigned int next_index = 1;

static struct fk_file *files;

struct fk_route fk_routes[FK_MAX_ROUTES];
int fk_n_routes;
struct fk_route6 fk_routes6[FK_MAX_ROUTES];
int fk_n_routes6;
struct fk_neigh fk_neighs[FK_MAX_NEIGHS];
int fk_n_neighs;

struct fault {
    char call[24];
    unsigned long int request;
    int error, skip, count;
};
static struct fault faults[MAX_FAULTS];

struct counted {
    char call[24];
    unsigned long int request;
    unsigned int n;
};
static struct counted counted[MAX_COUNTED];

static size_t short_len;
static int short_count;
static int vanish_skip = -1;
static char vanish_name[FK_NAME];
static int vanish_type = -1;    /* Of what takes its place, -1: nothing. */
static int vanish_alen;
static int lose_count;
static bool lose_silently;
static uint32_t garbage;
static unsigned long long int n_lost;
static uint64_t n_shown;
bool fk_route_mute;
bool fk_route_noise;
size_t fk_max_bpfbuf = 512 * 1024;

/* Knobs. */

struct fk_knobs fk_knobs;

#define KNOB(NAME) { #NAME, &fk_knobs.NAME }
static const struct {
    const char *name;
    int *value;
} knobs[] = {
    KNOB(forwarding),
    KNOB(rerror),
    KNOB(tap_transient),
    KNOB(devfs_cloning),
    KNOB(tap_nodes),
    KNOB(up_on_open),
    KNOB(max_sockbuf),
    KNOB(msg_cost),
    KNOB(max_write),
    KNOB(mtu_max),
    KNOB(index_reuse),
    KNOB(digits),
    KNOB(silent_mtu),
    KNOB(silent_promisc),
    KNOB(dad_ms),
    KNOB(caps_reset),
};

static bool set_knob(const char *name, int value);

/* Before main(), for what runs without fk_reset(), with what the environment
 * says: "NAME=VALUE,NAME=VALUE...". */
static void __attribute__((constructor))
init_knobs(void)
{
    const char *s = getenv("FAKE_KNOBS");
    char name[32];
    int value, n;

    fk_knobs = fk_default_knobs;
    for (; s && *s; s += n) {
        if (sscanf(s, "%31[^=]=%d%n", name, &value, &n) != 2
            || !set_knob(name, value)) {
            fprintf(stderr, "FAKE_KNOBS: \"%s\" is no knob\n", s);
            abort();
        }
        n += s[n] == ',';
    }
}

static bool
set_knob(const char *name, int value)
{
    bool found = true;

    if (!strcmp(name, "release")) {
        fk_set_release(value);
    } else {
        found = false;
        for (size_t i = 0; i < sizeof knobs / sizeof knobs[0]; i++) {
            if (!strcmp(knobs[i].name, name)) {
                *knobs[i].value = value;
                found = true;
            }
        }
    }
    return found;
}

bool
fk_set_knob(const char *name, int value)
{
    bool found;

    fk_lock();
    found = set_knob(name, value);
    fk_unlock();
    return found;
}

/* How often the mutex has been taken by the thread that holds it. */
static int depth;

void
fk_lock(void)
{
    static bool loaded;

    pthread_mutex_lock(&mutex);
    depth++;
    if (!loaded) {
        loaded = true;
        fk_state_load();
    }
}

void
fk_unlock(void)
{
    if (!--depth) {
        fk_state_save();
    }
    pthread_mutex_unlock(&mutex);
}

static void *
xcalloc_(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (!p) {
        abort();
    }
    return p;
}

/* Queues. */

void
fk_queue_init(struct fk_queue *q)
{
    q->head = NULL;
    q->tail = &q->head;
    q->n = q->bytes = 0;
}

void
fk_queue_put(struct fk_queue *q, const void *data, size_t len,
             size_t orig_len)
{
    struct fk_buf *buf = xcalloc_(1, sizeof *buf + len);

    buf->len = len;
    buf->orig_len = orig_len;
    if (len) {
        memcpy(buf->data, data, len);
    }
    *q->tail = buf;
    q->tail = &buf->next;
    q->n++;
    q->bytes += len;
}

struct fk_buf *
fk_queue_get(struct fk_queue *q)
{
    struct fk_buf *buf = q->head;

    if (buf) {
        q->head = buf->next;
        if (!q->head) {
            q->tail = &q->head;
        }
        q->n--;
        q->bytes -= buf->len;
    }
    return buf;
}

void
fk_queue_clear(struct fk_queue *q)
{
    struct fk_buf *buf;

    while ((buf = fk_queue_get(q))) {
        free(buf);
    }
}

/* Faults and counts. */

void
fk_fault(const char *call, unsigned long int request, int error, int skip,
         int count)
{
    fk_lock();
    for (int i = 0; i < MAX_FAULTS; i++) {
        struct fault *f = &faults[i];

        if (!f->count) {
            snprintf(f->call, sizeof f->call, "%s", call);
            f->request = request;
            f->error = error;
            f->skip = skip;
            f->count = count;
            fk_unlock();
            return;
        }
    }
    abort();
}

void
fk_fault_short(size_t n, int count)
{
    fk_lock();
    short_len = n;
    short_count = count;
    fk_unlock();
}

size_t
fk_take_short(void)
{
    size_t len = SIZE_MAX;

    fk_lock();
    if (short_count) {
        short_count--;
        len = short_len;
    }
    fk_unlock();
    return len;
}

void
fk_vanish_after(int skip, const char *name)
{
    fk_lock();
    vanish_skip = skip;
    vanish_type = -1;
    snprintf(vanish_name, sizeof vanish_name, "%s", name ? name : "");
    fk_unlock();
}

void
fk_replace_after(int skip, const char *name, int type, int alen)
{
    fk_lock();
    fk_vanish_after(skip, name);
    vanish_type = type;
    vanish_alen = alen;
    fk_unlock();
}

bool
fk_vanish_pending(void)
{
    bool pending;

    fk_lock();
    pending = vanish_skip >= 0;
    fk_unlock();
    return pending;
}

void
fk_lose_messages(int n, bool silently)
{
    fk_lock();
    lose_count = n;
    lose_silently = silently;
    fk_unlock();
}

void
fk_set_garbage(uint32_t seed)
{
    garbage = seed;
}

static uint32_t
random_number(void)
{
    garbage ^= garbage << 13;
    garbage ^= garbage >> 17;
    garbage ^= garbage << 5;
    return garbage;
}

void
fk_garble(void *data_, size_t len)
{
    uint8_t *data = data_;

    fk_lock();
    if (garbage && len) {
        for (unsigned int n = random_number() % 8; n > 0; n--) {
            data[random_number() % len] = random_number();
        }
    }
    fk_unlock();
}

static void
count_call(const char *call, unsigned long int request)
{
    for (int i = 0; i < MAX_COUNTED; i++) {
        struct counted *c = &counted[i];

        if (!c->n) {
            snprintf(c->call, sizeof c->call, "%s", call);
            c->request = request;
        }
        if (c->request == request && !strcmp(c->call, call)) {
            c->n++;
            return;
        }
    }
}

void
fk_count(const char *what)
{
    fk_lock();
    count_call(what, 0);
    fk_unlock();
}

unsigned int
fk_n_calls(const char *call, unsigned long int request)
{
    unsigned int n = 0;

    fk_lock();
    for (int i = 0; i < MAX_COUNTED && counted[i].n; i++) {
        const struct counted *c = &counted[i];

        if ((!strcmp(call, "any") || !strcmp(c->call, call))
            && (!request || c->request == request)) {
            n += c->n;
        }
    }
    fk_unlock();
    return n;
}

static int
take_fault(const char *call, unsigned long int request)
{
    for (int i = 0; i < MAX_FAULTS; i++) {
        struct fault *f = &faults[i];

        if (f->count && (!strcmp(f->call, call) || !strcmp(f->call, "any"))
            && (!f->request || f->request == request)) {
            if (f->skip) {
                f->skip--;
                continue;
            }
            f->count--;
            return f->error;
        }
    }
    return 0;
}

int
fk_enter(const char *call, unsigned long int request)
{
    int error;

    fk_lock();
    count_call(call, request);
    if (vanish_skip >= 0 && !vanish_skip--) {
        struct fk_if *ifp = fk_if_find(vanish_name);

        if (ifp) {
            fk_if_destroy(ifp);
        }
        if (ifp && vanish_type >= 0) {
            ifp = fk_if_create_type(vanish_name, vanish_type, vanish_alen);
            fk_if_set_flags(ifp, ifp->flags | FK_IFF_UP);
        }
    }
    error = take_fault(call, request);
    fk_unlock();
    return error;
}

/* Interfaces. */

static struct fk_if **
name_bucket(const char *name)
{
    unsigned int hash = 5381;

    for (; *name; name++) {
        hash = hash * 33 + (unsigned char) *name;
    }
    return &by_name[hash % HASH_SIZE];
}

static void
name_insert(struct fk_if *ifp)
{
    struct fk_if **bucket = name_bucket(ifp->name);

    ifp->hash_next = *bucket;
    *bucket = ifp;
}

static void
name_remove(struct fk_if *ifp)
{
    struct fk_if **p = name_bucket(ifp->name);

    while (*p != ifp) {
        p = &(*p)->hash_next;
    }
    *p = ifp->hash_next;
}

struct fk_if *
fk_if_find(const char *name)
{
    struct fk_if *ifp;

    fk_lock();
    for (ifp = *name_bucket(name); ifp; ifp = ifp->hash_next) {
        if (!strncmp(ifp->name, name, FK_NAME)) {
            break;
        }
    }
    fk_unlock();
    return ifp;
}

struct fk_if *
fk_if_lookup(const char *name)
{
    return (fk_knobs.digits && name[0]
            && !name[strspn(name, "0123456789")]
            ? fk_if_by_index(strtoul(name, NULL, 10))
            : fk_if_find(name));
}

struct fk_if *
fk_if_by_index(unsigned int index)
{
    struct fk_if *ifp;

    fk_lock();
    ifp = index < by_index_size ? by_index[index] : NULL;
    fk_unlock();
    return ifp;
}

struct fk_if *
fk_if_first(void)
{
    return interfaces;
}

static void
index_insert(struct fk_if *ifp)
{
    if (ifp->index >= by_index_size) {
        unsigned int size = ifp->index * 2 + 64;

        by_index = realloc(by_index, size * sizeof *by_index);
        if (!by_index) {
            abort();
        }
        memset(by_index + by_index_size, 0,
               (size - by_index_size) * sizeof *by_index);
        by_index_size = size;
    }
    by_index[ifp->index] = ifp;
}

/* Kernels use an index again as soon as they can. */
static unsigned int
new_index(void)
{
    unsigned int index = next_index;

    if (fk_knobs.index_reuse == FK_INDEX_LOWEST) {
        for (index = 1; fk_if_by_index(index); index++) {
            continue;
        }
    } else if (fk_knobs.index_reuse == FK_INDEX_LAST && index > 1
               && !fk_if_by_index(index - 1)) {
        index--;
    }
    return index;
}

static void
if_insert(struct fk_if *ifp)
{
    ifp->next = NULL;
    if (last_interface) {
        last_interface->next = ifp;
    } else {
        interfaces = ifp;
    }
    last_interface = ifp;
    name_insert(ifp);
    index_insert(ifp);
}

struct fk_if *
fk_if_create_type(const char *name, int type, int alen)
{
    struct fk_if *ifp;

    fk_lock();
    ifp = fk_if_create_as(name, type, alen, new_index());
    fk_unlock();
    return ifp;
}

struct fk_if *
fk_if_create_as(const char *name, int type, int alen, unsigned int index)
{
    struct fk_if *ifp = xcalloc_(1, sizeof *ifp);

    fk_lock();
    snprintf(ifp->name, sizeof ifp->name, "%s", name);
    snprintf(ifp->driver, sizeof ifp->driver, "%s", name);
    ifp->index = index;
    if (index >= next_index) {
        next_index = index + 1;
    }
    ifp->no_bpf = !strncmp(name, "bridge", 6) || !strncmp(name, "agr", 3);
    ifp->type = type;
    ifp->alen = alen;
    ifp->mtu = 1500;
    ifp->link_state = FK_LINK_UP;
    ifp->baudrate = 1000 * 1000 * 1000;
    ifp->n_lladdrs = 1;
    ifp->lladdr[0][0] = 0x02;
    ifp->lladdr[0][3] = ifp->index >> 16;
    ifp->lladdr[0][4] = ifp->index >> 8;
    ifp->lladdr[0][5] = ifp->index;
    memcpy(ifp->factory, ifp->lladdr[0], sizeof ifp->factory);
    ifp->flags = type == FK_IFT_LOOP ? FK_IFF_LOOPBACK : 0;
    fk_queue_init(&ifp->wire);
    fk_queue_init(&ifp->host_tx);
    fk_queue_init(&ifp->host_rx);

    if_insert(ifp);
    fk_msg_announce(ifp, true);
    fk_unlock();
    return ifp;
}

struct fk_if *
fk_if_create(const char *name)
{
    return fk_if_create_type(name, FK_IFT_ETHER, 6);
}

static void
list_remove(struct fk_if *ifp)
{
    struct fk_if *prev = NULL;

    if (interfaces == ifp) {
        interfaces = ifp->next;
    } else {
        for (prev = interfaces; prev->next != ifp; prev = prev->next) {
            continue;
        }
        prev->next = ifp->next;
    }
    if (last_interface == ifp) {
        last_interface = prev;
    }
}

/* Routes through an interface go with it, without a message of their own. */
static void
forget_routes(unsigned int ifindex)
{
    int n = 0;

    for (int i = 0; i < fk_n_routes; i++) {
        if (fk_routes[i].ifindex != ifindex) {
            fk_routes[n++] = fk_routes[i];
        }
    }
    fk_n_routes = n;

    n = 0;
    for (int i = 0; i < fk_n_routes6; i++) {
        if (fk_routes6[i].ifindex != ifindex) {
            fk_routes6[n++] = fk_routes6[i];
        }
    }
    fk_n_routes6 = n;
}

void
fk_if_destroy(struct fk_if *ifp)
{
    fk_lock();
    for (struct fk_file *file = files; file; file = file->next) {
        if (file->ifp == ifp) {
            file->ifp = NULL;
            fk_file_update(file);
        }
    }
    fk_msg_announce(ifp, false);
    forget_routes(ifp->index);
    name_remove(ifp);
    by_index[ifp->index] = NULL;
    list_remove(ifp);
    fk_queue_clear(&ifp->wire);
    fk_queue_clear(&ifp->host_tx);
    fk_queue_clear(&ifp->host_rx);
    free(ifp);
    fk_unlock();
}

/* Interfaces in other vnets. */
static struct fk_if *away;

void
fk_if_move_out(struct fk_if *ifp)
{
    fk_lock();
    for (struct fk_file *file = files; file; file = file->next) {
        if (file->ifp == ifp && file->type == FK_BPF) {
            file->ifp = NULL;
            fk_file_update(file);
        }
    }
    fk_msg_announce(ifp, false);
    name_remove(ifp);
    by_index[ifp->index] = NULL;
    list_remove(ifp);
    ifp->pcount = 0;
    ifp->flags &= ~(unsigned int) FK_IFF_PROMISC;
    ifp->n_addrs = 0;
    ifp->is_away = true;
    ifp->next = away;
    away = ifp;
    fk_unlock();
}

int
fk_if_move_in(const char *name)
{
    struct fk_if **p, *ifp;

    fk_lock();
    for (p = &away; *p && strcmp((*p)->name, name); p = &(*p)->next) {
        continue;
    }
    ifp = *p;
    if (ifp) {
        *p = ifp->next;
        ifp->is_away = false;
        ifp->index = new_index();
        if (ifp->index >= next_index) {
            next_index = ifp->index + 1;
        }
        if_insert(ifp);
        fk_msg_announce(ifp, true);
    }
    fk_unlock();
    return ifp ? 0 : ENXIO;
}

int
fk_if_rename(struct fk_if *ifp, const char *name)
{
    int error = 0;

    fk_lock();
    if (!name[0] || strlen(name) >= FK_NAME) {
        error = EINVAL;
    } else if (fk_if_find(name)) {
        error = EEXIST;
    } else {
        fk_msg_announce(ifp, false);
        name_remove(ifp);
        memset(ifp->name, 0, sizeof ifp->name);
        memcpy(ifp->name, name, strlen(name));
        name_insert(ifp);
        fk_msg_announce(ifp, true);
    }
    fk_unlock();
    return error;
}

bool
fk_if_is_promisc(const struct fk_if *ifp)
{
    return ifp->pcount > 0 || ifp->flags & FK_IFF_PPROMISC;
}

void
fk_if_change_pcount(struct fk_if *ifp, int delta)
{
    unsigned int flags;

    fk_lock();
    ifp->pcount += delta;
    flags = ((ifp->flags & ~(unsigned int) FK_IFF_PROMISC)
             | (ifp->pcount > 0 ? FK_IFF_PROMISC : 0));
    if (fk_knobs.silent_promisc) {
        ifp->flags = flags;
    } else {
        fk_if_set_flags(ifp, flags);
    }
    fk_unlock();
}

void
fk_if_set_flags(struct fk_if *ifp, unsigned int flags)
{
    fk_lock();
    if (flags != ifp->flags) {
        ifp->flags = flags;
        fk_msg_ifinfo(ifp);
        for (struct fk_file *file = files; file; file = file->next) {
            if (file->ifp == ifp) {
                fk_file_update(file);
            }
        }
    }
    fk_unlock();
}

void
fk_if_set_link(struct fk_if *ifp, int link_state)
{
    fk_lock();
    if (link_state != ifp->link_state) {
        ifp->link_state = link_state;
        fk_msg_ifinfo(ifp);
    }
    fk_unlock();
}

void
fk_if_set_mtu(struct fk_if *ifp, int mtu)
{
    fk_lock();
    ifp->mtu = mtu;
    if (!fk_knobs.silent_mtu) {
        fk_msg_ifinfo(ifp);
    }
    fk_unlock();
}

void
fk_if_set_lladdr(struct fk_if *ifp, const uint8_t lladdr[6])
{
    uint8_t old[8];

    fk_lock();
    memcpy(old, ifp->lladdr[0], sizeof old);
    memcpy(ifp->lladdr[0], lladdr, 6);
    fk_msg_lladdr(ifp, old);
    fk_unlock();
}

void
fk_if_set_media(struct fk_if *ifp, const int *words, int n, int current,
                int active, int status)
{
    fk_lock();
    ifp->has_media = true;
    ifp->n_media = n < FK_MAX_MEDIA ? n : FK_MAX_MEDIA;
    memcpy(ifp->media, words, ifp->n_media * sizeof *words);
    ifp->media_current = current;
    ifp->media_active = active;
    ifp->media_status = status;
    fk_unlock();
}

static int
find_addr(const struct fk_if *ifp, const struct fk_addr *addr)
{
    for (int i = 0; i < ifp->n_addrs; i++) {
        if (ifp->addrs[i].family == addr->family
            && !memcmp(ifp->addrs[i].addr, addr->addr,
                       addr->family == 4 ? 4 : 16)) {
            return i;
        }
    }
    return -1;
}

/* Duplicate address detection ends, and nobody else has the address. */
static void
detected(unsigned int detection)
{
    for (struct fk_if *ifp = fk_if_first(); ifp; ifp = ifp->next) {
        for (int i = 0; i < ifp->n_addrs; i++) {
            if (ifp->addrs[i].detection == detection) {
                ifp->addrs[i].detection = 0;
                fk_msg_addr(ifp, &ifp->addrs[i], true);
            }
        }
    }
}

static void *
detect_duplicates(void *detection)
{
    usleep(fk_knobs.dad_ms * 1000);
    fk_lock();
    detected((uintptr_t) detection);
    fk_unlock();
    return NULL;
}

static unsigned int
start_detection(void)
{
    static uintptr_t detection;
    pthread_t thread;

    detection++;
    if (pthread_create(&thread, NULL, detect_duplicates, (void *) detection)) {
        abort();
    }
    pthread_detach(thread);
    return detection;
}

int
fk_if_add_addr(struct fk_if *ifp, const struct fk_addr *addr)
{
    int error = 0;
    int i;

    fk_lock();
    i = find_addr(ifp, addr);
    if (i < 0 && ifp->n_addrs >= FK_MAX_ADDRS) {
        error = ENOMEM;
    } else {
        i = i < 0 ? ifp->n_addrs++ : i;
        ifp->addrs[i] = *addr;
        ifp->addrs[i].detection = (addr->family == 4 && fk_knobs.dad_ms
                                   ? start_detection() : 0);
        fk_msg_addr(ifp, addr, true);
    }
    fk_unlock();
    return error;
}

int
fk_if_del_addr(struct fk_if *ifp, const struct fk_addr *addr)
{
    int error = 0;
    int i;

    fk_lock();
    i = find_addr(ifp, addr);
    if (i < 0) {
        error = EADDRNOTAVAIL;
    } else {
        struct fk_addr gone = ifp->addrs[i];

        ifp->n_addrs--;
        memmove(&ifp->addrs[i], &ifp->addrs[i + 1],
                (ifp->n_addrs - i) * sizeof ifp->addrs[0]);
        fk_msg_addr(ifp, &gone, false);
    }
    fk_unlock();
    return error;
}

static bool
is_for_interface(const struct fk_if *ifp, const uint8_t *frame)
{
    return frame[0] & 1 || !memcmp(frame, ifp->lladdr[0], 6);
}

void
fk_wire_rx(struct fk_if *ifp, const void *frame, size_t len)
{
    fk_lock();
    if (ifp->flags & FK_IFF_UP && len >= 14
        && (fk_if_is_promisc(ifp) || is_for_interface(ifp, frame))) {
        ifp->counters.ipackets++;
        ifp->counters.ibytes += len;
        ifp->counters.imcasts += *(const uint8_t *) frame & 1;
        fk_bpf_deliver(ifp, frame, len, false, NULL);
        fk_stack_input(ifp, frame, len);
    }
    fk_unlock();
}

void
fk_host_tx(struct fk_if *ifp, const void *frame, size_t len)
{
    fk_lock();
    if (!(ifp->flags & FK_IFF_UP) || !ifp->tap_file) {
        ifp->counters.oqdrops++;
    } else {
        fk_queue_put(&ifp->host_tx, frame, len, len);
        fk_bpf_deliver(ifp, frame, len, true, NULL);
        fk_file_update(ifp->tap_file);
    }
    fk_unlock();
}

/* Descriptors. */

struct fk_file *
fk_file_new(enum fk_file_type type)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct fk_file *file;

    if (fd < 0) {
        return NULL;
    }
    file = xcalloc_(1, sizeof *file);
    file->fd = fd;
    file->type = type;
    file->rcvbuf = DEFAULT_RCVBUF;
    file->bufsize = 32768;
    file->snaplen = 262144;
    file->direction = 1;
    fk_queue_init(&file->queue);
    fk_lock();
    file->next = files;
    files = file;
    fk_unlock();
    return file;
}

struct fk_file *
fk_file_find(int fd)
{
    struct fk_file *file;

    fk_lock();
    for (file = files; file && file->fd != fd; file = file->next) {
        continue;
    }
    fk_unlock();
    return file;
}

size_t
fk_n_files(void)
{
    size_t n = 0;

    fk_lock();
    for (const struct fk_file *file = files; file; file = file->next) {
        n++;
    }
    fk_unlock();
    return n;
}

/* What becomes of a tap when its device is closed. */
static void
tap_closed(struct fk_if *ifp)
{
    ifp->tap_file = NULL;
    fk_queue_clear(&ifp->host_tx);
    if (ifp->is_away) {
        /* What becomes of it there, nobody sees here. */
        return;
    }
    if (ifp->transient || (ifp->cloned && !fk_tap_survives_close)) {
        fk_if_destroy(ifp);
        return;
    }
    while (ifp->n_addrs) {
        fk_if_del_addr(ifp, &ifp->addrs[0]);
    }
    fk_if_set_flags(ifp, ifp->flags & ~(unsigned int) FK_IFF_UP);
    if (fk_tap_survives_close) {
        /* NetBSD's taps have no link state. */
        fk_if_set_link(ifp, FK_LINK_DOWN);
    }
}

void
fk_crash(void)
{
    fk_lock();
    while (files) {
        fk_file_close(files);
    }
    fk_unlock();
}

int
fk_file_close(struct fk_file *file)
{
    struct fk_file **p;
    int retval;

    fk_lock();
    for (p = &files; *p != file; p = &(*p)->next) {
        continue;
    }
    *p = file->next;
    fk_bpf_set_promisc(file, false);
    if (file->type == FK_TAP && file->ifp) {
        tap_closed(file->ifp);
    }
    fk_queue_clear(&file->queue);
    retval = close(file->fd);
    free(file);
    fk_unlock();
    return retval;
}

static bool
is_readable(const struct fk_file *file)
{
    switch (file->type) {
    case FK_ROUTE:
        return file->queue.n || file->overflowed;
    case FK_TAP:
        return !file->ifp || file->ifp->host_tx.n;
    case FK_BPF:
        return (file->queue.n
                || (file->was_attached && !file->ifp
                    && fk_bpf_read_fails_when_gone));
    case FK_INET:
    case FK_LINK:
    default:
        return false;
    }
}

void
fk_file_update(struct fk_file *file)
{
    bool readable = is_readable(file);
    uint64_t value = 1;

    if (readable && !file->signalled) {
        file->signalled = write(file->fd, &value, sizeof value) > 0;
    } else if (!readable && file->signalled) {
        file->signalled = read(file->fd, &value, sizeof value) < 0;
    }
}

void
fk_file_wait(struct fk_file *file)
{
    struct pollfd pfd = { .fd = file->fd, .events = POLLIN };

    poll(&pfd, 1, -1);
}

/* The routing socket. */

size_t
fk_n_queued(void)
{
    size_t n = 0;

    fk_lock();
    for (const struct fk_file *file = files; file; file = file->next) {
        n += file->type == FK_ROUTE ? file->queue.n + file->overflowed : 0;
    }
    fk_unlock();
    return n;
}

unsigned long long int
fk_n_lost(void)
{
    unsigned long long int n;

    fk_lock();
    n = n_lost;
    fk_unlock();
    return n;
}

static void
route_deliver(struct fk_file *file, const void *msg, size_t len)
{
    size_t cost = fk_knobs.msg_cost;

    cost = len > cost ? len : cost;
    if (file->queue.n * cost + cost > file->rcvbuf) {
        n_lost++;
        file->overflowed = file->overflowed || file->rerror;
    } else {
        fk_queue_put(&file->queue, msg, len, len);
    }
    fk_file_update(file);
}

void
fk_route_broadcast(int type, const void *msg, size_t len)
{
    bool lose;

    fk_lock();
    lose = lose_count > 0;
    lose_count -= lose;
    for (struct fk_file *file = files; file; file = file->next) {
        if (file->type != FK_ROUTE
            || (file->filtered && !file->wanted[type & 0xff])) {
            continue;
        }
        if (!lose) {
            route_deliver(file, msg, len);
        } else if (!lose_silently && file->rerror) {
            file->overflowed = true;
            fk_file_update(file);
        }
    }
    fk_unlock();
}

/* Taps. */

/* Creates the lowest tap whose name is free. */
int
fk_tap_create(char name[FK_NAME])
{
    struct fk_if *ifp;

    fk_lock();
    for (int i = 0; i < 1000; i++) {
        bool taken = false;

        snprintf(name, FK_NAME, "tap%d", i);
        for (ifp = interfaces; ifp && !taken; ifp = ifp->next) {
            taken = !strcmp(ifp->driver, name) || !strcmp(ifp->name, name);
        }
        if (!taken) {
            break;
        }
    }
    ifp = fk_if_create(name);
    ifp->is_tap = true;
    ifp->link_state = fk_tap_survives_close ? FK_LINK_DOWN : FK_LINK_UNKNOWN;
    ifp->baudrate = 0;
    fk_unlock();
    return 0;
}

static struct fk_if *
find_unit(const char *unit)
{
    struct fk_if *ifp;

    for (ifp = interfaces; ifp; ifp = ifp->next) {
        if (ifp->is_tap && !strcmp(ifp->driver, unit)) {
            break;
        }
    }
    return ifp;
}

static struct fk_file *
open_unit(const char *unit, bool cloned)
{
    struct fk_if *ifp = find_unit(unit);
    struct fk_file *file;

    if (!ifp) {
        errno = ENXIO;
        return NULL;
    }
    if (ifp->tap_file) {
        errno = EBUSY;
        return NULL;
    }
    file = fk_file_new(FK_TAP);
    if (file) {
        file->ifp = ifp;
        ifp->tap_file = file;
        ifp->cloned = cloned;
        if (fk_tap_survives_close) {
            fk_if_set_link(ifp, FK_LINK_UP);
        }
        if (fk_knobs.up_on_open) {
            fk_if_set_flags(ifp, ifp->flags | FK_IFF_UP);
        }
    }
    return file;
}

struct fk_file *
fk_tap_open(const char *unit, bool cloned_goes_with_fd)
{
    struct fk_file *file;
    char name[FK_NAME];
    bool clone = !strcmp(unit, "tap");

    fk_lock();
    if (clone) {
        fk_tap_create(name);
    }
    file = open_unit(clone ? name : unit, clone && cloned_goes_with_fd);
    fk_unlock();
    return file;
}

/* bpf. */

static void
bpf_append(struct fk_file *file, const void *frame, size_t len)
{
    size_t snaplen = file->snaplen;
    size_t caplen = len < snaplen ? len : snaplen;

    file->n_recv++;
    n_shown++;
    if (file->reject) {
        return;
    }

    /* Two buffers, each record with a header of about 32 bytes. */
    if (file->queue.bytes + file->queue.n * 32 + caplen
        > 2 * file->bufsize) {
        file->n_drop++;
        return;
    }
    fk_queue_put(&file->queue, frame, caplen, len);
    fk_file_update(file);
}

void
fk_bpf_deliver(struct fk_if *ifp, const void *frame, size_t len,
               bool outgoing, const struct fk_file *sender)
{
    fk_lock();
    for (struct fk_file *file = files; file; file = file->next) {
        /* Direction: in 0, both 1, out 2. */
        if (file->type == FK_BPF && file->ifp == ifp && file != sender
            && !(file->write_only && fk_bpf_hides_from_writers)
            && file->direction != (outgoing ? 0 : 2)) {
            bpf_append(file, frame, len);
        }
    }
    fk_unlock();
}

int
fk_bpf_attach(struct fk_file *file, struct fk_if *ifp)
{
    file->ifp = ifp;
    file->was_attached = true;
    return 0;
}

void
fk_bpf_set_promisc(struct fk_file *file, bool promisc)
{
    fk_lock();
    if (promisc != file->promisc) {
        file->promisc = promisc;
        if (file->ifp) {
            fk_if_change_pcount(file->ifp, promisc ? 1 : -1);
        }
    }
    fk_unlock();
}

void
fk_bpf_flush(struct fk_file *file)
{
    fk_lock();
    fk_queue_clear(&file->queue);
    fk_file_update(file);
    fk_unlock();
}

size_t
fk_n_captured(void)
{
    size_t n = 0;

    fk_lock();
    for (const struct fk_file *file = files; file; file = file->next) {
        n += file->type == FK_BPF ? file->queue.n : 0;
    }
    fk_unlock();
    return n;
}

uint64_t
fk_n_shown(void)
{
    uint64_t n;

    fk_lock();
    n = n_shown;
    fk_unlock();
    return n;
}

int
fk_bpf_write(struct fk_file *file, const void *frame, size_t len)
{
    struct fk_if *ifp;
    int error = 0;

    fk_lock();
    ifp = file->ifp;
    if (!ifp) {
        error = ENXIO;
    } else if (!(ifp->flags & FK_IFF_UP)) {
        error = ENETDOWN;
    } else if (len > (size_t) ifp->mtu + 14) {
        error = EMSGSIZE;
    } else if (len > (size_t) fk_knobs.max_write) {
        error = EIO;
    } else {
        ifp->counters.opackets++;
        ifp->counters.obytes += len;
        ifp->counters.omcasts += *(const uint8_t *) frame & 1;
        if (ifp->is_tap && ifp->tap_file) {
            fk_queue_put(&ifp->host_tx, frame, len, len);
            fk_file_update(ifp->tap_file);
        } else {
            fk_queue_put(&ifp->wire, frame, len, len);
        }
        fk_bpf_deliver(ifp, frame, len, true, NULL);
    }
    fk_unlock();
    return error;
}

/* Routes and neighbours. */

void
fk_add_route(uint32_t dst, uint32_t mask, uint32_t gateway,
             unsigned int ifindex)
{
    fk_lock();
    if (fk_n_routes < FK_MAX_ROUTES) {
        fk_routes[fk_n_routes++] = (struct fk_route) {
            dst, mask, gateway, ifindex
        };
        fk_msg_route(&fk_routes[fk_n_routes - 1]);
    }
    fk_unlock();
}

void
fk_add_route6(const struct fk_route6 *route)
{
    fk_lock();
    if (fk_n_routes6 < FK_MAX_ROUTES) {
        fk_routes6[fk_n_routes6++] = *route;
        fk_msg_route6(route);
    }
    fk_unlock();
}

void
fk_add_neigh(uint32_t ip, unsigned int ifindex, const uint8_t *lladdr)
{
    struct fk_neigh *neigh;

    fk_lock();
    if (fk_n_neighs < FK_MAX_NEIGHS) {
        neigh = &fk_neighs[fk_n_neighs++];
        memset(neigh, 0, sizeof *neigh);
        neigh->ip = ip;
        neigh->ifindex = ifindex;
        neigh->complete = lladdr != NULL;
        if (lladdr) {
            memcpy(neigh->lladdr, lladdr, 6);
        }
    }
    fk_unlock();
}

void
fk_reset(void)
{
    fk_lock();
    memset(faults, 0, sizeof faults);
    memset(counted, 0, sizeof counted);
    short_count = lose_count = 0;
    garbage = 0;
    vanish_skip = -1;
    while (interfaces) {
        fk_if_destroy(interfaces);
    }
    next_index = 1;
    fk_n_routes = fk_n_routes6 = fk_n_neighs = 0;
    fk_route_mute = fk_route_noise = false;
    fk_knobs = fk_default_knobs;
    for (struct fk_file *file = files; file; file = file->next) {
        fk_queue_clear(&file->queue);
        file->overflowed = false;
        fk_file_update(file);
    }
    fk_unlock();
}
