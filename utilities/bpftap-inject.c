/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* "ovs-bpftap inject": from a capture file into a port. */

#include "bpftap-commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-compress.h"
#include "bpftap-names.h"
#include "bpftap-options.h"
#include "bpftap-ports.h"
#include "bpftap-who.h"

static const char help[] =
"usage: ovs-bpftap inject -i PORT [OPTION]... FILE\n"
"\n"
"Sends the packets of a pcap or pcapng file (- for standard input) out of a\n"
"port, by default with the distances in time that they have in the file.\n"
"\n"
"  -i, --interface=PORT the port\n"
"      --feedback       let them also enter the switch, as from PORT\n"
"  -x, --multiplier=X   X times as fast as in the file\n"
"  -p, --pps=N          N packets a second\n"
"  -M, --mbps=N         N megabits a second\n"
"  -t, --topspeed       as fast as possible\n"
"  -l, --loop=N         N times the file, 0 for ever (1)\n"
"  -c, --count=N        end after N packets\n"
"  -f, --filter=FILTER  only packets of the file that match\n"
"      --max-gap=TIME   make longer gaps in the file this long\n"
"      --no-wait        lose packets for which the switch has no room\n"
"      --own-address    with the port's own address as source address\n"
BT_HELP_COMMON
"example: ovs-bpftap inject -i p1 --feedback --pps=1000 --loop=10 p1.pcap\n";

/* Frames that go in one call. */
#define BATCH_MAX 64

/* Largest frame that is read: no port takes more. */
#define FRAME_MAX 262144

/* When the switch has no room, how long to wait before the next try. */
#define ROOM_WAIT (1000 * 1000)

/* A gap that is longer deserves a word. */
#define GAP_NOTE (10 * BT_NSEC)

/* A wait that is shorter than this is not worth the sleep. */
#define SLEEP_MIN (50 * 1000)

enum pace {
    PACE_FILE,                  /* That of the file, times 'factor'. */
    PACE_PACKETS,               /* 'factor' packets a second. */
    PACE_BITS,                  /* 'factor' bits a second. */
    PACE_NONE,
};

/* Why packets could not be sent, and how many. */
struct cause {
    int error;
    uint64_t n;
};

/* Causes that are told apart; the last stands for all others. */
#define CAUSES_MAX 8

struct inject {
    const char *port;
    const char *file;
    struct bt_common common;
    const char *filter;
    bool feedback, own_address, no_wait;
    uint64_t max_gap;           /* Nanoseconds; 0 for no limit. */
    enum pace pace;
    double factor;
    uint64_t loops;             /* 0 for ever. */
    uint64_t count;             /* 0 for no end. */

    struct bpfdev *dev;
    pid_t child;                /* That decompresses, or 0. */
    uint32_t mtu;               /* The port's, 0 if it is not known. */
    int dlt;                    /* The port's. */
    uint32_t frame_max;         /* What the port takes, and a switch can. */

    /* The batch. */
    struct iovec frames[BATCH_MAX];
    uint8_t *memory;
    size_t n_frames;
    size_t n_bytes;

    /* Pacing: where the current loop started. */
    uint64_t started;           /* Monotonic, of all. */
    uint64_t base;              /* Monotonic, of this loop. */
    uint64_t file_base;         /* In the file, nanoseconds. */
    bool has_base;
    uint64_t file_last;         /* Time of the packet before, in the file. */
    uint64_t planned_packets, planned_bytes;

    uint64_t sent, bytes, failed, too_long, cut, n_loops;
    uint32_t longest;           /* Of those too long. */
    struct cause causes[CAUSES_MAX];
    size_t n_causes;
    bool stop;
    enum bt_status status;
};

static void
count_cause(struct inject *in, int error)
{
    size_t i = 0;

    while (i < in->n_causes && in->causes[i].error != error) {
        i++;
    }
    if (i == in->n_causes && i < CAUSES_MAX) {
        in->causes[in->n_causes++].error = error;
    }
    in->causes[i < CAUSES_MAX ? i : CAUSES_MAX - 1].n++;
}

static void
note_failure(struct inject *in)
{
    int error = errno;

    count_cause(in, error);
    if (!in->failed++) {
        bt_error("%s: packet %llu could not be sent: %s", in->port,
                 (unsigned long long int) (in->sent + in->failed),
                 bpfdev_strerror(in->dev));
    }
    in->status = BT_FAILED;
    if (error == ENXIO || error == EINVAL || error == EBADF
        || error == ETIMEDOUT) {
        /* Port or switch gone or stuck, or never allowed. */
        in->stop = true;
    }
}

/* If the frame failed because the switch has no room for it now, waits a
 * moment and returns true, to try again. */
static bool
wait_for_room(struct inject *in)
{
    if (errno != ENOBUFS || in->no_wait || bt_stop_signal()) {
        return false;
    }
    bt_poll(NULL, 0, ROOM_WAIT);
    return true;
}

/* Sends the batch. */
static void
flush(struct inject *in)
{
    size_t done = 0;

    while (done < in->n_frames && !in->stop) {
        ssize_t n = bpfdev_write_frames(in->dev, in->frames + done,
                                        in->n_frames - done);
        size_t sent = n > 0 ? n : 0;

        for (size_t i = 0; i < sent; i++) {
            in->bytes += in->frames[done + i].iov_len;
        }
        in->sent += sent;
        done += sent;
        if (done < in->n_frames && !wait_for_room(in)) {
            note_failure(in);
            done++;
        }
    }
    in->n_frames = 0;
    in->n_bytes = 0;
}

/* Looks at the gap before the packet with time 'ts': shortens one that is
 * longer than the user wants, and tells of one that he might wonder about. */
static void
bound_gap(struct inject *in, uint64_t ts)
{
    uint64_t gap = ts > in->file_last ? (ts - in->file_last) / in->factor : 0;

    in->file_last = ts;
    if (in->max_gap && gap > in->max_gap) {
        in->file_base += (gap - in->max_gap) * in->factor;
    } else if (gap > GAP_NOTE && !in->common.quiet) {
        char *duration = bt_format_duration(gap);

        bt_note("packet %llu follows after %s (--max-gap=TIME makes that "
                "shorter)", (unsigned long long int) in->planned_packets + 1,
                duration);
        free(duration);
    }
}

/* When the frame of 'length' bytes with time 'ts' is to be sent, monotonic. */
static uint64_t
due_time(struct inject *in, uint64_t ts, uint32_t length)
{
    uint64_t due;

    switch (in->pace) {
    case PACE_FILE:
        if (!in->has_base) {
            in->file_base = in->file_last = ts;
            in->has_base = true;
        }
        bound_gap(in, ts);
        due = in->base + (ts > in->file_base
                          ? (ts - in->file_base) / in->factor : 0);
        break;
    case PACE_PACKETS:
        due = in->started + in->planned_packets / in->factor * 1e9;
        break;
    case PACE_BITS:
        due = in->started + 8.0 * in->planned_bytes / in->factor * 1e9;
        break;
    case PACE_NONE:
    default:
        due = 0;
        break;
    }
    in->planned_packets++;
    in->planned_bytes += length;
    return due;
}

/* Sends what is due before 'due' and waits for it. */
static void
wait_until(struct inject *in, uint64_t due)
{
    uint64_t now = due ? bt_now_mono() : 0;

    if (due <= now) {
        return;
    }
    flush(in);
    while (!bt_stop_signal() && (now = bt_now_mono()) + SLEEP_MIN < due) {
        uint64_t left = due - now;

        if (left > 5 * 1000 * 1000) {
            bt_poll(NULL, 0, left - 3 * 1000 * 1000);
        } else {
            struct timespec ts = { 0, left };

            nanosleep(&ts, NULL);
        }
    }
}

static void
add_frame(struct inject *in, const uint8_t *data, uint32_t length)
{
    if (in->n_frames >= BATCH_MAX || in->n_bytes + length > FRAME_MAX) {
        flush(in);
    }
    memcpy(in->memory + in->n_bytes, data, length);
    in->frames[in->n_frames].iov_base = in->memory + in->n_bytes;
    in->frames[in->n_frames].iov_len = length;
    in->n_frames++;
    in->n_bytes += length;
}

static bool
is_over(const struct inject *in)
{
    return (in->stop || bt_stop_signal()
            || (in->count && in->planned_packets >= in->count));
}

static void
handle_packet(struct inject *in, const struct pcap_pkthdr *header,
              const uint8_t *data)
{
    uint64_t ts = (uint64_t) header->ts.tv_sec * BT_NSEC + header->ts.tv_usec;

    if (header->caplen < header->len) {
        in->cut++;              /* Half a frame would be another frame. */
        in->status = BT_FAILED;
        return;
    } else if (header->caplen > in->frame_max) {
        in->too_long++;
        if (header->caplen > in->longest) {
            in->longest = header->caplen;
        }
        in->status = BT_FAILED;
        return;
    }
    wait_until(in, due_time(in, ts, header->caplen));
    if (!bt_stop_signal()) {
        add_frame(in, data, header->caplen);
    }
}

static void
set_filter(const struct inject *in, pcap_t *pcap)
{
    struct bpf_program program;

    if (!in->filter) {
        return;
    }
    if (pcap_compile(pcap, &program, in->filter, 1, PCAP_NETMASK_UNKNOWN)
        || pcap_setfilter(pcap, &program)) {
        bt_fatal("filter \"%.200s\": %s", in->filter, pcap_geterr(pcap));
    }
    pcap_freecode(&program);
}

static pcap_t *
open_file(struct inject *in)
{
    char errbuf[PCAP_ERRBUF_SIZE];
    FILE *stream = bt_input_open(in->file, &in->child);
    pcap_t *pcap;

    if (!stream) {
        bt_fatal("%s: cannot read (%s)", in->file, strerror(errno));
    }
    pcap = pcap_fopen_offline_with_tstamp_precision(
        stream, PCAP_TSTAMP_PRECISION_NANO, errbuf);
    if (!pcap) {
        bt_fatal("%s: cannot read (%s)", in->file, errbuf);
    } else if (pcap_datalink(pcap) != in->dlt) {
        const char *theirs = pcap_datalink_val_to_name(pcap_datalink(pcap));
        const char *ours = pcap_datalink_val_to_name(in->dlt);

        bt_fatal("%s: its packets have link type %s and port %s takes %s",
                 in->file, theirs ? theirs : "?", in->port,
                 ours ? ours : "?");
    }
    set_filter(in, pcap);
    return pcap;
}

/* Sends the file once. */
static void
replay(struct inject *in)
{
    pcap_t *pcap = open_file(in);
    struct pcap_pkthdr *header;
    const uint8_t *data;
    uint64_t before = in->planned_packets;
    bool damaged;
    int retval = 0;

    in->base = bt_now_mono();
    in->has_base = false;
    while (!is_over(in)
           && (retval = pcap_next_ex(pcap, &header, &data)) == 1) {
        handle_packet(in, header, data);
    }
    damaged = retval == PCAP_ERROR;
    if (retval == PCAP_ERROR) {
        flush(in);              /* All before the damage is good. */
        bt_error("%s: %s; %llu packets before that were sent", in->file,
                 pcap_geterr(pcap), (unsigned long long int) in->sent);
        in->stop = true;
        in->status = BT_FAILED;
    } else if (in->planned_packets == before) {
        in->stop = true;        /* Nothing to loop over. */
    }
    in->n_loops++;
    pcap_close(pcap);           /* Closes the stream. */
    if (!bt_input_close(NULL, in->child) && !damaged && !is_over(in)) {
        flush(in);
        bt_error("%s: the compressed file is damaged or cut; %llu packets "
                 "before that were sent", in->file,
                 (unsigned long long int) in->sent);
        in->stop = true;
        in->status = BT_FAILED;
    }
}

/* Frames longer than the port's MTU, link header and two VLAN tags are counted
 * here: the switch would refuse them one by one. */
static void
find_frame_max(struct inject *in)
{
    struct bpfdev_port *ports;
    size_t n;

    in->frame_max = BPFDEV_FRAME_MAX;
    if (bpfdev_list_ports(in->dev, &ports, &n)) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(ports[i].name, in->port) && ports[i].mtu
            && ports[i].dlt == DLT_EN10MB) {
            in->mtu = ports[i].mtu;
        }
    }
    if (in->mtu && in->mtu + 14 + 8 < in->frame_max) {
        in->frame_max = in->mtu + 14 + 8;
    }
    free(ports);
}

/* Turns a name that others know the port by into the port's own. */
static void
resolve_port(struct inject *in)
{
    struct bpfdev_port *ports;
    unsigned int n_found = 0;
    const char *pattern = in->port;
    size_t n;

    if (!bt_names_is_pattern(pattern)) {
        return;
    }
    ports = bt_ports_list(in->dev, &n);
    for (size_t i = 0; i < n; i++) {
        if (bt_pattern_matches(pattern, &ports[i])) {
            in->port = bt_strdup(ports[i].name);
            n_found++;
        }
    }
    free(ports);
    if (n_found != 1) {
        bt_fatal("%u ports are called \"%s\", one is needed; \"ovs-bpftap "
                 "list\" shows them", n_found, pattern);
    }
}

static void
open_port(struct inject *in)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    const struct bpf_insn nothing = BPF_STMT(BPF_RET | BPF_K, 0);
    unsigned int complete = !in->own_address;
    unsigned int feedback = in->feedback;

    in->dev = bpfdev_open(in->common.socket, 0, errbuf);
    if (!in->dev) {
        bt_who_explain(in->common.socket, errno, errbuf);
        bt_fatal("%s", errbuf);
    }
    resolve_port(in);
    if (bpfdev_attach(in->dev, in->port)
        || bpfdev_set_filter(in->dev, &nothing, 1)
        || bpfdev_ioctl(in->dev, BIOCSHDRCMPLT, &complete)
        || bpfdev_ioctl(in->dev, BIOCSFEEDBACK, &feedback)
        || (in->dlt = bpfdev_datalink(in->dev)) < 0) {
        bt_fatal("%s", bpfdev_strerror(in->dev));
    }
    find_frame_max(in);
}

/* "No buffer space available": 54, ... */
static void
put_causes(const struct inject *in, struct bt_str *s)
{
    for (size_t i = 0; i < in->n_causes; i++) {
        bt_str_puts(s, i ? ", " : "");
        bt_str_json(s, strerror(in->causes[i].error));
        bt_str_printf(s, ": %llu", (unsigned long long int) in->causes[i].n);
    }
}

static void
print_statistics(const struct inject *in)
{
    double seconds = (bt_now_mono() - in->started) / 1e9;
    unsigned long long int sent = in->sent, bytes = in->bytes;

    if (in->common.json) {
        struct bt_str causes = { NULL, 0, 0 };

        put_causes(in, &causes);
        printf("{\"packets\": %llu, \"bytes\": %llu, \"seconds\": %.6f, "
               "\"packets_per_second\": %.1f, \"bits_per_second\": %.1f, "
               "\"loops\": %llu, \"failed\": %llu, \"too_long\": %llu, "
               "\"incomplete\": %llu, \"causes\": {%s}}\n", sent, bytes,
               seconds, sent / seconds, 8 * bytes / seconds,
               (unsigned long long int) in->n_loops,
               (unsigned long long int) in->failed,
               (unsigned long long int) in->too_long,
               (unsigned long long int) in->cut, bt_str_cstr(&causes));
        bt_str_free(&causes);
        return;
    }
    bt_note("%llu packets (%llu bytes) sent in %.3f seconds: %.0f packets/s, "
            "%.3f Mbit/s", sent, bytes, seconds, sent / seconds,
            8 * bytes / seconds / 1e6);
}

/* Says what is the matter with an exit status that is not 0. */
static void
print_unsent(const struct inject *in)
{
    unsigned long long int too_long = in->too_long, cut = in->cut;

    for (size_t i = 0; i < in->n_causes; i++) {
        bt_note("%llu packets not sent: %s",
                (unsigned long long int) in->causes[i].n,
                strerror(in->causes[i].error));
    }
    if (too_long && in->frame_max == BPFDEV_FRAME_MAX) {
        bt_note("%llu packets not sent: up to %u bytes, more than the %u that "
                "a switch can send", too_long, in->longest, in->frame_max);
    } else if (too_long) {
        bt_note("%llu packets not sent: up to %u bytes, more than the %u that "
                "the MTU of %s allows (%u, link header, two VLAN tags)",
                too_long, in->longest, in->frame_max, in->port, in->mtu);
    }
    if (cut) {
        bt_note("%llu packets not sent: incomplete in the file", cut);
    }
}

static void
set_pace(struct inject *in, enum pace pace, double factor)
{
    if (in->pace != PACE_FILE || in->factor != 1) {
        bt_usage("--multiplier, --pps, --mbps and --topspeed exclude each "
                 "other");
    }
    in->pace = pace;
    in->factor = factor;
}

enum {
    OPT_FEEDBACK = 256,
    OPT_OWN_ADDRESS,
    OPT_MAX_GAP,
    OPT_NO_WAIT,
};

static const struct option options[] = {
    { "interface", required_argument, NULL, 'i' },
    { "feedback", no_argument, NULL, OPT_FEEDBACK },
    { "multiplier", required_argument, NULL, 'x' },
    { "pps", required_argument, NULL, 'p' },
    { "mbps", required_argument, NULL, 'M' },
    { "topspeed", no_argument, NULL, 't' },
    { "loop", required_argument, NULL, 'l' },
    { "count", required_argument, NULL, 'c' },
    { "filter", required_argument, NULL, 'f' },
    { "own-address", no_argument, NULL, OPT_OWN_ADDRESS },
    { "max-gap", required_argument, NULL, OPT_MAX_GAP },
    { "no-wait", no_argument, NULL, OPT_NO_WAIT },
    { NULL, 0, NULL, 0 },
};

/* Options about speed.  Returns false if 'c' is another one. */
static bool
parse_pace(struct inject *in, int c)
{
    switch (c) {
    case 'x':
        set_pace(in, PACE_FILE, bt_parse_double("-x", optarg, 1e-6));
        return true;
    case 'p':
        set_pace(in, PACE_PACKETS, bt_parse_double("-p", optarg, 1e-3));
        return true;
    case 'M':
        set_pace(in, PACE_BITS, 1e6 * bt_parse_double("-M", optarg, 1e-3));
        return true;
    case 't':
        set_pace(in, PACE_NONE, 1);
        return true;
    default:
        return false;
    }
}

static void
parse_option(struct inject *in, int c)
{
    switch (c) {
    case 'i':
        in->port = optarg;
        break;
    case OPT_FEEDBACK:
        in->feedback = true;
        break;
    case 'l':
        in->loops = bt_parse_uint("-l", optarg, 0, INT64_MAX);
        break;
    case 'c':
        in->count = bt_parse_uint("-c", optarg, 1, INT64_MAX);
        break;
    case 'f':
        in->filter = optarg;
        break;
    case OPT_OWN_ADDRESS:
        in->own_address = true;
        break;
    case OPT_MAX_GAP:
        in->max_gap = bt_parse_duration("--max-gap", optarg);
        break;
    case OPT_NO_WAIT:
        in->no_wait = true;
        break;
    }
}

static void
parse(struct inject *in, int argc, char *argv[])
{
    int c;

    while ((c = bt_getopt(argc, argv, ":i:x:p:M:tl:c:f:", options, NULL,
                          &in->common)) != -1) {
        if (!parse_pace(in, c)) {
            parse_option(in, c);
        }
    }
    bt_require_port(in->port != NULL);
    if (optind + 1 != argc) {
        bt_usage("name one capture file to replay, - for standard input");
    }
    in->file = argv[optind];
    if (!strcmp(in->file, "-") && in->loops != 1) {
        bt_usage("standard input can be read only once: -l needs a file");
    }
}

int
bt_cmd_inject(int argc, char *argv[])
{
    struct inject in;

    memset(&in, 0, sizeof in);
    in.common.help = help;
    in.common.has = BT_HAS_JSON | BT_HAS_QUIET;
    in.factor = 1;
    in.loops = 1;
    parse(&in, argc, argv);
    open_port(&in);
    in.memory = bt_alloc(2 * FRAME_MAX);

    bt_signals_init();
    in.started = bt_now_mono();
    do {
        replay(&in);
    } while (!is_over(&in) && (!in.loops || in.n_loops < in.loops));
    flush(&in);
    if (!in.common.quiet) {
        print_statistics(&in);
    }
    if (in.common.quiet || !in.common.json) {
        print_unsent(&in);
    }
    bpfdev_close(in.dev);
    free(in.memory);
    return in.status;
}
