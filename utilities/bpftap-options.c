/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Options that sub-commands have in common; see bpftap-options.h. */

#include "bpftap-options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-commands.h"

/* Largest amount of buffer memory to ask for, in KiB. */
#define MEMORY_MAX (1024 * 1024)

/* Largest snapshot length, which is also that of tcpdump. */
#define SNAPLEN_MAX 262144

/* Values of the common options without letters. */
enum {
    OPT_SOCKET = 0x1000,
    OPT_HELP,
    OPT_LIST_OPTIONS,
};

/* An option of all, or of those that have BT_HAS_*. */
struct common_option {
    struct option option;
    unsigned int has;           /* 0: all. */
    const char *help;           /* NULL for one that is not for people. */
};

static const struct common_option common_options[] = {
    { { "json", no_argument, NULL, 'j' }, BT_HAS_JSON,
      "  -j, --json           as JSON\n" },
    { { "quiet", no_argument, NULL, 'q' }, BT_HAS_QUIET,
      "  -q, --quiet          nothing but errors\n" },
    { { "socket", required_argument, NULL, OPT_SOCKET }, 0,
      "      --socket=PATH    the switch's socket (default: bpf.sock in "
      "OVS_RUNDIR)\n" },
    { { "help", no_argument, NULL, OPT_HELP }, 0,
      "  -h, --help           this text\n" },
    { { "list-options", no_argument, NULL, OPT_LIST_OPTIONS }, 0, NULL },
};

static bool
applies(const struct common_option *common, unsigned int has)
{
    return !common->has || common->has & has;
}

void
bt_print_help(const char *help, unsigned int has)
{
    size_t before = strcspn(help, BT_HELP_COMMON);

    printf("%.*s", (int) before, help);
    for (size_t i = 0; i < BT_ARRAY_SIZE(common_options); i++) {
        if (applies(&common_options[i], has) && common_options[i].help) {
            fputs(common_options[i].help, stdout);
        }
    }
    fputs(help + before + strlen(BT_HELP_COMMON), stdout);
}

/* Returns the options of the sub-command and those that are common.  The
 * caller frees them. */
static struct option *
join_options(const struct option *own, unsigned int has)
{
    struct option *all;
    size_t n = 0;

    while (own[n].name) {
        n++;
    }
    all = bt_zalloc((n + BT_ARRAY_SIZE(common_options) + 1) * sizeof *all);
    memcpy(all, own, n * sizeof *all);
    for (size_t i = 0; i < BT_ARRAY_SIZE(common_options); i++) {
        if (applies(&common_options[i], has)) {
            all[n++] = common_options[i].option;
        }
    }
    return all;
}

/* Prints 'options', all long ones that are for people, for the completion of
 * shells. */
static void BT_NORETURN
list_options(const struct option *options)
{
    for (; options->name; options++) {
        if (options->val != OPT_LIST_OPTIONS) {
            printf("--%s\n", options->name);
        }
    }
    exit(bt_finish_stdout() ? BT_OK : BT_FAILED);
}

/* Takes 'c' if it is a common option. */
static bool
parse_common(int c, struct bt_common *common)
{
    bool letters = !(common->has & BT_LONG_ONLY);

    if (c == OPT_SOCKET) {
        common->socket = optarg[0] ? optarg : NULL;
    } else if (c == OPT_HELP || (c == 'h' && letters)) {
        bt_print_help(common->help, common->has);
        exit(bt_finish_stdout() ? BT_OK : BT_FAILED);
    } else if (c == 'q' && common->has & BT_HAS_QUIET) {
        common->quiet = true;
    } else if (c == 'j' && common->has & BT_HAS_JSON) {
        common->json = true;
    } else {
        return false;
    }
    return true;
}

int
bt_getopt(int argc, char *argv[], const char *own_letters,
          const struct option *own, int *index, struct bt_common *common)
{
    struct option *options = join_options(own, common->has);
    char *letters = bt_asprintf("%s%s%s%s", own_letters,
                                common->has & BT_LONG_ONLY ? "" : "h",
                                common->has & BT_HAS_QUIET ? "q" : "",
                                common->has & BT_HAS_JSON ? "j" : "");
    int c;

    do {
        c = getopt_long(argc, argv, letters, options, index);
        if (c == '?' || c == ':') {
            bt_bad_option(c, argv);
        } else if (c == OPT_LIST_OPTIONS) {
            list_options(options);
        }
    } while (c != -1 && parse_common(c, common));
    free(letters);
    free(options);
    return c;
}

void
bt_require_port(bool named)
{
    if (!named) {
        bt_usage("which port? Say -i PORT; \"ovs-bpftap list\" shows them");
    }
}

static void
set_snaplen(struct bt_spec *spec)
{
    spec->snaplen = bt_parse_uint("-s", optarg, 0, SNAPLEN_MAX);
}

static void
set_direction(struct bt_spec *spec)
{
    spec->direction = bt_parse_direction("-Q", optarg);
}

/* Lets 'set' change what the option is about. */
static void
set_specs(struct bt_capture *capture, void (*set)(struct bt_spec *))
{
    if (!capture->common) {
        set(bt_capture_last(capture));
        return;
    }
    set(&capture->defaults);
    for (size_t i = 0; i < capture->n_specs; i++) {
        set(&capture->specs[i]);
    }
}

bool
bt_parse_port_option(int c, struct bt_capture *capture)
{
    switch (c) {
    case 'i':
        if (!optarg[0]) {
            bt_usage("-i: the name of a port cannot be empty");
        }
        bt_capture_add(capture, optarg);
        return true;
    case 'f':
        bt_capture_last(capture)->filter = optarg;
        return true;
    case 's':
        set_specs(capture, set_snaplen);
        return true;
    case 'Q':
        set_specs(capture, set_direction);
        return true;
    case 'B':
        capture->memory = 1024 * bt_parse_uint("-B", optarg, 1, MEMORY_MAX);
        return true;
    case 'O':
        capture->no_optimize = true;
        return true;
    default:
        return false;
    }
}

bool
bt_parse_file_option(int c, struct bt_files_config *files)
{
    switch (c) {
    case 'w':
        files->path = optarg;
        return true;
    case 'z':
        files->compression = bt_compression_parse("-z", optarg);
        return true;
    case 'a':
        bt_files_parse_end("-a", optarg, files);
        return true;
    default:
        return false;
    }
}

void
bt_set_final_filter(struct bt_capture *capture, const char *filter)
{
    if (!filter) {
        return;
    } else if (capture->defaults.filter) {
        bt_usage("a filter at the end and -f before any -i say the same "
                 "thing; use one of them");
    }
    capture->defaults.filter = filter;
}
