/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* "ovs-bpftap record": keeps the last packets in memory, and writes them to a
 * file when something happens. */

#include "bpftap-commands.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpftap-engine.h"
#include "bpftap-events.h"
#include "bpftap-options.h"

static const char help[] =
"usage: ovs-bpftap record -i PORT... [OPTION]... [FILTER]\n"
"       ovs-bpftap record --trigger[=REASON] | --status [--control=PATH]\n"
"Keeps the last packets in memory; writes a file when something happens.\n"
"  -i PORT          port: NAME, BRIDGE/PATTERN or any; may be repeated\n"
"  -f FILTER, -s SNAPLEN, -Q in|out|inout   for the -i before, or for all\n"
"  -w FILE          names of files: FILE_NUMBER_TIME (ovs-bpftap.pcapng)\n"
"  --on=EVENT       write at: match:FILTER counter:NAME[+N] link log:REGEX\n"
"                   restart; always: SIGUSR1, record --trigger\n"
"  --memory=MIB     memory for packets (64), and at most as much after EVENT\n"
"  --before=TIME, --after=TIME   to write (all there is; 5s)\n"
"  --files=N, --pause=TIME   files to keep (10), time between them (10s)\n"
"  -a CONDITION     end: duration:TIME files:N\n"
"  -z gzip|zstd, --comment=TEXT, --print-names, -B KIB, -O   as for capture\n"
"  --log-file=PATH  the switch's log, for log:\n"
"  --control=PATH   socket for commands\n"
"  --trigger[=REASON], --status   tell a running recorder to write; ask it\n"
BT_HELP_COMMON
"example: ovs-bpftap record -i p1 --on=counter:drops --on=link --before=30s\n";

enum {
    OPT_ON = 256,
    OPT_MEMORY,
    OPT_BEFORE,
    OPT_AFTER,
    OPT_FILES,
    OPT_PAUSE,
    OPT_COMMENT,
    OPT_PRINT_NAMES,
    OPT_LOG_FILE,
    OPT_CONTROL,
    OPT_TRIGGER,
    OPT_STATUS,
};

static const struct option options[] = {
    { "interface", required_argument, NULL, 'i' },
    { "filter", required_argument, NULL, 'f' },
    { "snapshot-length", required_argument, NULL, 's' },
    { "direction", required_argument, NULL, 'Q' },
    { "write", required_argument, NULL, 'w' },
    { "compress", required_argument, NULL, 'z' },
    { "autostop", required_argument, NULL, 'a' },
    { "buffer-size", required_argument, NULL, 'B' },
    { "no-optimize", no_argument, NULL, 'O' },
    { "on", required_argument, NULL, OPT_ON },
    { "memory", required_argument, NULL, OPT_MEMORY },
    { "before", required_argument, NULL, OPT_BEFORE },
    { "after", required_argument, NULL, OPT_AFTER },
    { "files", required_argument, NULL, OPT_FILES },
    { "pause", required_argument, NULL, OPT_PAUSE },
    { "comment", required_argument, NULL, OPT_COMMENT },
    { "print-names", no_argument, NULL, OPT_PRINT_NAMES },
    { "log-file", required_argument, NULL, OPT_LOG_FILE },
    { "control", required_argument, NULL, OPT_CONTROL },
    { "trigger", optional_argument, NULL, OPT_TRIGGER },
    { "status", no_argument, NULL, OPT_STATUS },
    { NULL, 0, NULL, 0 },
};

static const char short_options[] = ":i:f:s:Q:w:z:a:B:O";

/* The command line. */
struct arguments {
    struct bt_capture capture;
    struct bt_record record;
    struct bt_strv comments;
    struct bt_events *events;
    const char *control;        /* NULL for the default. */
    char *name;                 /* Of files that have none. */
    char *command;              /* For another recorder, or NULL. */
};

/* As bt_parse_duration(), but 0 is fine. */
static uint64_t
parse_time(const char *what, const char *s)
{
    return !strcmp(s, "0") ? 0 : bt_parse_duration(what, s);
}

/* Options about what is kept, and when it is written.  Returns false if 'c' is
 * another one. */
static bool
parse_record_option(int c, struct arguments *a)
{
    switch (c) {
    case OPT_ON:
        bt_events_add(a->events, "--on", optarg);
        return true;
    case OPT_MEMORY:
        a->record.memory = bt_parse_uint("--memory", optarg, 1, 65536) << 20;
        return true;
    case OPT_BEFORE:
        a->record.before = bt_parse_duration("--before", optarg);
        return true;
    case OPT_AFTER:
        a->record.after = parse_time("--after", optarg);
        return true;
    case OPT_PAUSE:
        a->record.pause = parse_time("--pause", optarg);
        return true;
    default:
        return false;
    }
}

/* Options about files.  Returns false if 'c' is another one. */
static bool
parse_file_option(int c, struct arguments *a)
{
    struct bt_files_config *files = &a->capture.files;

    switch (c) {
    case OPT_FILES:
        files->next.files = bt_parse_uint("--files", optarg, 1, 99999);
        return true;
    case OPT_COMMENT:
        bt_strv_add(&a->comments, optarg);
        return true;
    case OPT_PRINT_NAMES:
        files->print_names = "-";
        return true;
    default:
        return bt_parse_file_option(c, files);
    }
}

static void
set_command(struct arguments *a, char *command)
{
    if (a->command) {
        bt_usage("--trigger and --status exclude each other");
    }
    if (strchr(command, '\n')) {
        bt_usage("--trigger: the reason must be one line");
    }
    a->command = command;
}

static void
parse_control_option(int c, struct arguments *a)
{
    switch (c) {
    case OPT_LOG_FILE:
        bt_events_set_log(a->events, optarg);
        break;
    case OPT_CONTROL:
        a->control = optarg;
        break;
    case OPT_TRIGGER:
        set_command(a, (optarg && optarg[0]
                        ? bt_asprintf("trigger %.500s", optarg)
                        : bt_strdup("trigger")));
        break;
    case OPT_STATUS:
        set_command(a, bt_strdup("status"));
        break;
    }
}

static void
set_defaults(struct arguments *a)
{
    bt_capture_init(&a->capture);
    a->events = bt_events_create();
    a->record.memory = 64 << 20;
    a->record.after = 5 * BT_NSEC;
    a->record.pause = 10 * BT_NSEC;
    a->capture.wait = true;
    a->capture.reconnect = true;
    a->capture.stats_interval = 0;
    a->capture.files.encoder.format = BT_PCAPNG;
    a->capture.files.encoder.nanoseconds = true;
    a->capture.files.next.files = 10;
    a->capture.files.record = &a->record;
    a->capture.files.comments = &a->comments;
}

static void
check(struct arguments *a)
{
    struct bt_files_config *files = &a->capture.files;

    bt_require_port(a->capture.n_specs > 0);
    if (files->end.bytes || files->end.packets) {
        bt_usage("-a: a recorder ends after duration:TIME or files:N");
    }
    if (!files->path) {
        files->path = a->name = bt_files_default_name(files, "pcapng");
    }
    if (files->compression == BT_PLAIN) {
        files->compression = bt_compression_of_name(files->path);
    }
    bt_files_check(files);
}

static enum bt_status
record(struct arguments *a)
{
    check(a);
    bt_signals_init();
    bt_events_start(a->events, &a->capture, a->control);
    return bt_capture_run(&a->capture);
}

int
bt_cmd_record(int argc, char *argv[])
{
    struct bt_common common = { .help = help, .has = BT_HAS_QUIET };
    struct arguments a = { .command = NULL };
    int status;
    char *filter;
    int c;

    set_defaults(&a);
    while ((c = bt_getopt(argc, argv, short_options, options, NULL,
                          &common)) != -1) {
        if (!bt_parse_port_option(c, &a.capture)
            && !parse_record_option(c, &a)
            && !parse_file_option(c, &a)) {
            parse_control_option(c, &a);
        }
    }
    a.capture.socket = common.socket;
    a.capture.quiet = a.capture.files.quiet = common.quiet;
    filter = bt_join_words(argc - optind, argv + optind);
    bt_set_final_filter(&a.capture, filter);
    status = (!a.command ? record(&a)
              : bt_events_command(common.socket, a.control, a.command)
              ? BT_OK : BT_FAILED);
    bt_events_destroy(a.events);
    bt_capture_destroy(&a.capture);
    bt_strv_free(&a.comments);
    free(a.command);
    free(a.name);
    free(filter);
    return status;
}
