/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* Options that sub-commands have in common: those of all of them, and those
 * about ports and devices.
 *
 * One thread, no locks. */

#ifndef BPFTAP_OPTIONS_H
#define BPFTAP_OPTIONS_H 1

#include <stdbool.h>

#include "bpftap-engine.h"

struct option;

/* What the common options say.  A sub-command fills in 'help' and 'has'. */
struct bt_common {
    const char *help;           /* For --help: all but the common options,
                                 * which go where it has a BT_HELP_COMMON. */
    unsigned int has;           /* BT_HAS_*. */
    const char *socket;         /* --socket, or NULL for the default. */
    bool quiet;                 /* -q. */
    bool json;                  /* -j. */
};

/* -q and -j are for those who print what they could leave out, or what another
 * program may want to read.  -h and --socket are for all.  "dump" leaves the
 * letters to tcpdump and extcap to Wireshark: they have the long options. */
#define BT_HAS_QUIET 0x1
#define BT_HAS_JSON 0x2
#define BT_LONG_ONLY 0x4

/* Where the common options come in a help text. */
#define BT_HELP_COMMON "\f"

/* getopt_long(3) with the options of a sub-command and the common ones, which
 * are dealt with here: returns the former, or -1 at the end.  'options' ends
 * with zeros; 'index' may be NULL.  A bad option ends the program with a
 * message, --help with the text. */
int bt_getopt(int argc, char *argv[], const char *short_options,
              const struct option *options, int *index, struct bt_common *);

/* Prints 'help', with the common options in 'has' (BT_HAS_*). */
void bt_print_help(const char *help, unsigned int has);

/* Ends the program with a message unless the user has named a port. */
void bt_require_port(bool named);

/* Takes option 'c', with its value in getopt's 'optarg', if it is one of -i,
 * -f, -s, -Q, -B and -O.  Returns false if it is another one. */
bool bt_parse_port_option(int c, struct bt_capture *capture);

/* Likewise one of -w, -z and -a. */
bool bt_parse_file_option(int c, struct bt_files_config *files);

/* Makes 'filter', from the end of the command line, the filter of all ports
 * that have none of their own.  NULL is fine. */
void bt_set_final_filter(struct bt_capture *capture, const char *filter);

#endif /* bpftap-options.h */
