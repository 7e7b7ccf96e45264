/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Sends frames into switches as fast as they go, and counts what comes out at
 * the other end.
 *
 *     blast [-s SIZE] [-f FLOWS] [-t SECONDS] [-i SECONDS]
 *           PID FROM-NETNS:DEVICE TO-NETNS:DEVICE...
 *
 * Each three arguments are a switch: its process, where to send, and where to
 * count.  The switches get their traffic by turns of -i SECONDS, so that
 * whatever else the machine does weighs on all of them, until each has had -t
 * SECONDS.  Then one line for each comes out:
 *
 *     SENT/S FORWARDED/S NANOSECONDS-OF-PID-PER-FRAME
 *
 * Frames are UDP in IPv4 to a link address that nobody has, so the receiving
 * host counts them and drops them at once.  The arrivals are read from the
 * device's own counter: a socket on that side would take the processor from
 * the switch.
 *
 * One thread, no locks. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum {
    BURST = 64,                 /* Frames per system call. */
    ETH_LEN = 14,
    IP_LEN = 20,
    UDP_LEN = 8,
    MIN_SIZE = ETH_LEN + IP_LEN + UDP_LEN,
    MAX_SIZE = 9018,
    MAX_FLOWS = 4096,
    MAX_LANES = 32,
};

struct options {
    size_t size;                /* Bytes in a frame, without FCS. */
    unsigned int flows;         /* Different UDP source ports. */
    double seconds;             /* To measure each switch. */
    double slice;               /* Seconds in one turn. */
};

/* An interface in a network namespace. */
struct end {
    char netns[NAME_MAX];
    char device[IFNAMSIZ];
};

/* What there is to see at one moment, or a sum of differences. */
struct counters {
    double time;                /* Seconds. */
    uint64_t sent;              /* Frames. */
    uint64_t arrived;           /* Frames. */
    double cpu;                 /* Seconds of the process. */
};

/* A switch and the way through it. */
struct lane {
    clockid_t cpu;              /* Clock of the process. */
    int fd;                     /* Socket that sends. */
    int counters;               /* Where the arrivals are counted, ... */
    char device[IFNAMSIZ];      /* ...on this device. */
    uint64_t sent;              /* Frames. */
    struct counters total;
};

/* The frames of one burst, each with an address of its own in memory. */
struct burst {
    struct mmsghdr messages[BURST];
    struct iovec iovs[BURST];
    uint8_t frames[BURST][MAX_SIZE];
    uint16_t next_flow;
};

static void __attribute__((noreturn, format(printf, 2, 3)))
die(int error, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "blast: ");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, error ? ": %s\n" : "\n", strerror(error));
    exit(EXIT_FAILURE);
}

static double
seconds_of(clockid_t clock)
{
    struct timespec ts;

    if (clock_gettime(clock, &ts)) {
        die(errno, "cannot read a clock");
    }
    return ts.tv_sec + ts.tv_nsec / 1e9;
}

static double
parse_number(const char *what, const char *string, double min, double max)
{
    char *tail;
    double value = strtod(string, &tail);

    if (tail == string || *tail || !(value >= min && value <= max)) {
        die(0, "%s: \"%s\" is not a number from %g to %g", what, string, min,
            max);
    }
    return value;
}

static void
parse_end(const char *string, struct end *end)
{
    const char *colon = strchr(string, ':');

    if (!colon || colon == string
        || (size_t) (colon - string) >= sizeof end->netns
        || !colon[1] || strlen(colon + 1) >= sizeof end->device) {
        die(0, "\"%s\" is not of the form NETNS:DEVICE", string);
    }
    memcpy(end->netns, string, colon - string);
    end->netns[colon - string] = '\0';
    memcpy(end->device, colon + 1, strlen(colon + 1) + 1);
}

static void
enter(const char *netns)
{
    char path[PATH_MAX];
    int fd;

    snprintf(path, sizeof path, "/run/netns/%s", netns);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET)) {
        die(errno, "cannot enter network namespace \"%s\"", netns);
    }
    close(fd);
}

/* Returns a socket that sends out of 'end'.  It bypasses the queueing
 * discipline, as fast generators do. */
static int
open_sender(const struct end *end)
{
    struct sockaddr_ll sll = { .sll_family = AF_PACKET };
    int one = 1;
    int fd;

    enter(end->netns);
    fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        die(errno, "cannot open a packet socket");
    }
    sll.sll_ifindex = if_nametoindex(end->device);
    if (!sll.sll_ifindex) {
        die(errno, "no device \"%s\"", end->device);
    }
    if (bind(fd, (struct sockaddr *) &sll, sizeof sll)) {
        die(errno, "cannot bind to \"%s\"", end->device);
    }
    if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one)) {
        die(errno, "cannot bypass the queue of \"%s\"", end->device);
    }
    return fd;
}

/* Returns a descriptor of the counters in the namespace of 'end'.  It stays
 * with that namespace. */
static int
open_counters(const struct end *end)
{
    int fd;

    enter(end->netns);
    fd = open("/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        die(errno, "cannot open /proc/thread-self/net/dev");
    }
    return fd;
}

/* Returns the number of frames that 'device' has received. */
static uint64_t
read_arrivals(int fd, const char *device)
{
    char text[16384];
    char key[IFNAMSIZ + 3];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    uint64_t bytes, packets;
    const char *line;

    if (n < 0) {
        die(errno, "cannot read interface counters");
    }
    text[n] = '\0';
    snprintf(key, sizeof key, "%s:", device);
    line = strstr(text, key);
    if (!line || sscanf(line + strlen(key), "%"SCNu64" %"SCNu64,
                        &bytes, &packets) != 2) {
        die(0, "no counters of device \"%s\"", device);
    }
    return packets;
}

static uint16_t
ip_checksum(const uint8_t *header)
{
    uint32_t sum = 0;

    for (int i = 0; i < IP_LEN; i += 2) {
        sum += header[i] << 8 | header[i + 1];
    }
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return ~sum;
}

static void
put_be16(uint8_t *p, uint16_t x)
{
    p[0] = x >> 8;
    p[1] = x;
}

static void
compose_frame(uint8_t *frame, size_t size)
{
    static const uint8_t ethernet[ETH_LEN] = {
        0x02, 0xbe, 0x4c, 0x00, 0x00, 0x02,
        0x02, 0xbe, 0x4c, 0x00, 0x00, 0x01, 0x08, 0x00
    };
    static const uint8_t addresses[8] = { 10, 9, 0, 1, 10, 9, 0, 2 };
    uint8_t *ip = frame + ETH_LEN;
    uint8_t *udp = ip + IP_LEN;

    memset(frame, 0, size);
    memcpy(frame, ethernet, sizeof ethernet);
    ip[0] = 0x45;
    put_be16(ip + 2, size - ETH_LEN);
    ip[8] = 64;
    ip[9] = IPPROTO_UDP;
    memcpy(ip + 12, addresses, sizeof addresses);
    put_be16(ip + 10, ip_checksum(ip));
    put_be16(udp + 2, 9);
    put_be16(udp + 4, size - ETH_LEN - IP_LEN);
}

static struct burst *
make_burst(size_t size)
{
    struct burst *burst = calloc(1, sizeof *burst);

    if (!burst) {
        die(ENOMEM, "cannot make frames");
    }
    for (int i = 0; i < BURST; i++) {
        compose_frame(burst->frames[i], size);
        burst->iovs[i].iov_base = burst->frames[i];
        burst->iovs[i].iov_len = size;
        burst->messages[i].msg_hdr.msg_iov = &burst->iovs[i];
        burst->messages[i].msg_hdr.msg_iovlen = 1;
    }
    return burst;
}

/* Sends one burst and returns how many frames went. */
static unsigned int
send_burst(int fd, struct burst *burst, unsigned int flows)
{
    int n;

    for (int i = 0; i < BURST; i++) {
        put_be16(burst->frames[i] + ETH_LEN + IP_LEN,
                 10000 + burst->next_flow);
        burst->next_flow = (burst->next_flow + 1) % flows;
    }
    n = sendmmsg(fd, burst->messages, BURST, 0);
    if (n < 0 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR) {
        die(errno, "cannot send");
    }
    return n < 0 ? 0 : n;
}

/* Sends until 'end'. */
static void
send_until(struct lane *lane, struct burst *burst, unsigned int flows,
           double end)
{
    while (seconds_of(CLOCK_MONOTONIC) < end) {
        lane->sent += send_burst(lane->fd, burst, flows);
    }
}

static struct counters
read_counters(const struct lane *lane)
{
    return (struct counters) {
        .time = seconds_of(CLOCK_MONOTONIC),
        .sent = lane->sent,
        .arrived = read_arrivals(lane->counters, lane->device),
        .cpu = seconds_of(lane->cpu),
    };
}

static void
add_difference(struct counters *total, const struct counters *a,
               const struct counters *b)
{
    total->time += b->time - a->time;
    total->sent += b->sent - a->sent;
    total->arrived += b->arrived - a->arrived;
    total->cpu += b->cpu - a->cpu;
}

/* Gives 'lane' its turn.  A part of it passes before counting starts: until
 * then the switch before it has emptied its buffers, and this one has filled
 * its own. */
static void
run_slice(struct lane *lane, struct burst *burst, const struct options *o)
{
    double start = seconds_of(CLOCK_MONOTONIC);
    struct counters before, after;

    send_until(lane, burst, o->flows, start + o->slice / 5);
    before = read_counters(lane);
    send_until(lane, burst, o->flows, before.time + o->slice);
    after = read_counters(lane);
    add_difference(&lane->total, &before, &after);
}

static void
report(const struct counters *total)
{
    printf("%.0f %.0f %.1f\n", total->sent / total->time,
           total->arrived / total->time,
           total->arrived ? total->cpu * 1e9 / total->arrived : 0);
}

static void
parse_options(int argc, char *argv[], struct options *o)
{
    int c;

    while ((c = getopt(argc, argv, "s:f:t:i:")) != -1) {
        switch (c) {
        case 's':
            o->size = parse_number("size", optarg, MIN_SIZE, MAX_SIZE);
            break;
        case 'f':
            o->flows = parse_number("flows", optarg, 1, MAX_FLOWS);
            break;
        case 't':
            o->seconds = parse_number("seconds", optarg, 0.01, 3600);
            break;
        case 'i':
            o->slice = parse_number("seconds", optarg, 0.001, 3600);
            break;
        default:
            exit(EXIT_FAILURE);
        }
    }
}

static void
open_lane(char *argv[], struct lane *lane)
{
    pid_t pid = parse_number("process id", argv[0], 1, INT_MAX);
    struct end from, to;

    parse_end(argv[1], &from);
    parse_end(argv[2], &to);
    if (clock_getcpuclockid(pid, &lane->cpu)) {
        die(0, "cannot read the processor time of process %s", argv[0]);
    }
    lane->counters = open_counters(&to);
    memcpy(lane->device, to.device, sizeof lane->device);
    lane->fd = open_sender(&from);
}

int
main(int argc, char *argv[])
{
    struct options o = {
        .size = 64, .flows = 16, .seconds = 1, .slice = 0.1
    };
    static struct lane lanes[MAX_LANES];
    struct burst *burst;
    int n;

    parse_options(argc, argv, &o);
    n = (argc - optind) / 3;
    if ((argc - optind) % 3 || n < 1 || n > MAX_LANES) {
        die(0, "needs PID, FROM-NETNS:DEVICE and TO-NETNS:DEVICE for each of "
            "up to %d switches", MAX_LANES);
    }
    for (int i = 0; i < n; i++) {
        open_lane(argv + optind + 3 * i, &lanes[i]);
    }

    burst = make_burst(o.size);
    do {
        for (int i = 0; i < n; i++) {
            run_slice(&lanes[i], burst, &o);
        }
    } while (lanes[n - 1].total.time < o.seconds);
    for (int i = 0; i < n; i++) {
        report(&lanes[i].total);
    }
    free(burst);
    return EXIT_SUCCESS;
}
