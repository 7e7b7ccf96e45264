/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* "ovs-bpftap capture": from ports to files. */

#include "bpftap-commands.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-engine.h"
#include "bpftap-options.h"

static const char help[] =
"usage: ovs-bpftap capture -i PORT... -w FILE [OPTION]... [FILTER]\n"
"  -i PORT          port: NAME, BRIDGE/PATTERN or any; may be repeated\n"
"  -f FILTER, -s SNAPLEN, -Q in|out|inout   for the -i before, or for all\n"
"  -w FILE          output (ovs-bpftap-TIME.pcap); - is stdout; .gz, .zst\n"
"  -F FORMAT        pcap, nsecpcap or pcapng;  -z gzip|zstd  compression\n"
"  --nano, --micro  resolution of times (default: pcapng nano, pcap micro)\n"
"  -c N             end after N packets\n"
"  -a CONDITION     end: duration:S filesize:KB packets:N files:N\n"
"  -b CONDITION     next file: filesize:KB duration:S interval:S packets:N\n"
"                   files:N (a ring) printname:FILE nametimenum:1|2\n"
"  -G TIME          next file after TIME; -w may have a strftime(3) stamp\n"
"  --print-names    print the name of each complete file\n"
"  --comment=TEXT   comment at the start of the file (pcapng)\n"
"  --stats-interval=S  seconds between statistics in the file (60; 0 none)\n"
"  --wait           wait for ports that are not there, and for their return\n"
"  --reconnect      wait for a switch that is not there, and for its return\n"
"  -B KIB           buffer memory for each port\n"
"  --immediate-mode each packet at once;  -O  filter as it is;\n"
"  --identity       number packets (pcapng)\n"
BT_HELP_COMMON
"examples: ovs-bpftap capture -i p1 -w p1.pcap icmp or arp\n"
"          ovs-bpftap capture -i any -w all.pcapng -b filesize:10000 -b "
"files:5\n";

enum {
    OPT_NANO = 256,
    OPT_MICRO,
    OPT_COMMENT,
    OPT_PRINT_NAMES,
    OPT_STATS_INTERVAL,
    OPT_WAIT,
    OPT_RECONNECT,
    OPT_IMMEDIATE,
    OPT_IDENTITY,
};

static const struct option options[] = {
    { "interface", required_argument, NULL, 'i' },
    { "filter", required_argument, NULL, 'f' },
    { "snapshot-length", required_argument, NULL, 's' },
    { "direction", required_argument, NULL, 'Q' },
    { "write", required_argument, NULL, 'w' },
    { "format", required_argument, NULL, 'F' },
    { "compress", required_argument, NULL, 'z' },
    { "count", required_argument, NULL, 'c' },
    { "autostop", required_argument, NULL, 'a' },
    { "ring-buffer", required_argument, NULL, 'b' },
    { "rotate", required_argument, NULL, 'G' },
    { "buffer-size", required_argument, NULL, 'B' },
    { "no-optimize", no_argument, NULL, 'O' },
    { "nano", no_argument, NULL, OPT_NANO },
    { "micro", no_argument, NULL, OPT_MICRO },
    { "comment", required_argument, NULL, OPT_COMMENT },
    { "print-names", no_argument, NULL, OPT_PRINT_NAMES },
    { "stats-interval", required_argument, NULL, OPT_STATS_INTERVAL },
    { "wait", no_argument, NULL, OPT_WAIT },
    { "reconnect", no_argument, NULL, OPT_RECONNECT },
    { "immediate-mode", no_argument, NULL, OPT_IMMEDIATE },
    { "identity", no_argument, NULL, OPT_IDENTITY },
    { NULL, 0, NULL, 0 },
};

static const char short_options[] = ":i:f:s:Q:w:F:z:c:a:b:G:B:O";

/* What was said about the file format, before it is known what fits. */
struct format_choice {
    bool format_given;
    bool resolution_given;
};

static void
parse_format(struct bt_capture *capture, struct format_choice *choice,
             const char *s)
{
    struct bt_encoder *encoder = &capture->files.encoder;

    if (!strcmp(s, "pcapng")) {
        encoder->format = BT_PCAPNG;
    } else if (!strcmp(s, "pcap")) {
        encoder->format = BT_PCAP;
    } else if (!strcmp(s, "nsecpcap")) {
        encoder->format = BT_PCAP;
        encoder->nanoseconds = true;
        choice->resolution_given = true;
    } else {
        bt_usage("-F: \"%s\" is none of pcap, nsecpcap and pcapng", s);
    }
    choice->format_given = true;
}

/* Options that choose the format.  Returns false if 'c' is another one. */
static bool
parse_format_option(int c, struct bt_capture *capture,
                    struct format_choice *choice)
{
    switch (c) {
    case 'F':
        parse_format(capture, choice, optarg);
        return true;
    case OPT_NANO:
    case OPT_MICRO:
        capture->files.encoder.nanoseconds = c == OPT_NANO;
        choice->resolution_given = true;
        return true;
    default:
        return false;
    }
}

/* Options about files.  Returns false if 'c' is another one. */
static bool
parse_file_option(int c, struct bt_capture *capture, struct bt_strv *comments)
{
    switch (c) {
    case 'b':
        bt_files_parse_next("-b", optarg, &capture->files);
        return true;
    case 'G':
        capture->files.next.duration = bt_parse_duration("-G", optarg);
        return true;
    case 'c':
        capture->files.end.packets = bt_parse_uint("-c", optarg, 1,
                                                   INT64_MAX);
        return true;
    case OPT_COMMENT:
        bt_strv_add(comments, optarg);
        return true;
    case OPT_PRINT_NAMES:
        capture->files.print_names = "-";
        return true;
    case OPT_STATS_INTERVAL:
        capture->stats_interval = (!strcmp(optarg, "0") ? 0
                                   : bt_parse_duration("--stats-interval",
                                                       optarg));
        return true;
    default:
        return bt_parse_file_option(c, &capture->files);
    }
}

static void
parse_mode_option(int c, struct bt_capture *capture)
{
    switch (c) {
    case OPT_WAIT:
        capture->wait = true;
        break;
    case OPT_RECONNECT:
        capture->reconnect = true;
        break;
    case OPT_IMMEDIATE:
        capture->immediate = true;
        break;
    case OPT_IDENTITY:
        capture->identity = true;
        break;
    }
}

/* NAME.pcapng, or NAME.pcapng.gz. */
static bool
is_called_pcapng(const char *path)
{
    const char *end = path + strlen(path)
        - strlen(bt_compression_suffix(bt_compression_of_name(path)));

    return end - path > 7 && !memcmp(end - 7, ".pcapng", 7);
}

/* Fills in what was left open about the format: pcapng where it is needed or
 * the name of the file asks for it. */
static void
choose_format(struct bt_capture *capture, const struct format_choice *choice)
{
    struct bt_files_config *files = &capture->files;

    if (!choice->format_given) {
        bool pcapng = (bt_capture_is_plural(capture)
                       || (files->path && is_called_pcapng(files->path)));

        files->encoder.format = pcapng ? BT_PCAPNG : BT_PCAP;
    }
    if (!choice->resolution_given) {
        files->encoder.nanoseconds = files->encoder.format == BT_PCAPNG;
    }
}

/* Chooses a name, in the present directory, if the user does not care, and a
 * compression by the name.  Returns memory to be freed in the end. */
static char *
choose_name(struct bt_capture *capture)
{
    struct bt_files_config *files = &capture->files;
    char *name = NULL;

    if (!files->path) {
        name = bt_files_default_name(files, files->encoder.format == BT_PCAPNG
                                            ? "pcapng" : "pcap");
        files->path = name;
        if (!capture->quiet) {
            bt_note("writing to %s", name);
        }
    } else if (files->compression == BT_PLAIN) {
        files->compression = bt_compression_of_name(files->path);
    }
    return name;
}

static void
check(struct bt_capture *capture, const struct bt_strv *comments)
{
    struct bt_files_config *files = &capture->files;

    bt_require_port(capture->n_specs > 0);
    if (comments->n && files->encoder.format == BT_PCAP) {
        bt_usage("--comment: a pcap file cannot hold a comment; use "
                 "-F pcapng");
    } else if (files->print_names && files->path
               && !strcmp(files->path, "-")) {
        bt_usage("standard output takes the capture and has no name to "
                 "print");
    }
    if (files->path) {
        bt_files_check(files);
    }
}

int
bt_cmd_capture(int argc, char *argv[])
{
    struct bt_common common = { .help = help, .has = BT_HAS_QUIET };
    struct format_choice choice = { false, false };
    struct bt_strv comments = { NULL, 0 };
    struct bt_capture capture;
    enum bt_status status;
    char *filter, *name;
    int c;

    bt_capture_init(&capture);
    while ((c = bt_getopt(argc, argv, short_options, options, NULL,
                          &common)) != -1) {
        if (!bt_parse_port_option(c, &capture)
            && !parse_format_option(c, &capture, &choice)
            && !parse_file_option(c, &capture, &comments)) {
            parse_mode_option(c, &capture);
        }
    }
    capture.socket = common.socket;
    capture.quiet = common.quiet;
    filter = bt_join_words(argc - optind, argv + optind);
    bt_set_final_filter(&capture, filter);
    choose_format(&capture, &choice);
    check(&capture, &comments);
    name = choose_name(&capture);
    capture.files.comments = &comments;
    capture.progress = !capture.quiet && isatty(STDERR_FILENO);

    bt_signals_init();
    status = bt_capture_run(&capture);
    bt_capture_destroy(&capture);
    bt_strv_free(&comments);
    free(filter);
    free(name);
    return status;
}
