/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* ovs-bpftap: captures on the ports of a running switch, and what goes with
 * that.  Finds the sub-command and runs it.
 *
 * One thread throughout. */

#include <getopt.h>
#include <string.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-commands.h"
#include "bsd-config.h"

struct command {
    const char *name;
    int (*run)(int argc, char *argv[]);
    const char *summary;
};

static const struct command commands[] = {
    { "list", bt_cmd_list, "list the ports, and who listens to them" },
    { "capture", bt_cmd_capture, "write packets to files" },
    { "record", bt_cmd_record, "keep packets in memory until something "
      "happens" },
    { "dump", bt_cmd_dump, "show packets, as tcpdump does" },
    { "inject", bt_cmd_inject, "replay a capture file into a port" },
    { "top", bt_cmd_top, "watch the traffic of all ports" },
    { "trace", bt_cmd_trace, "tell what the switch does with packets" },
    { "follow", bt_cmd_follow, "show the way of packets through the switch" },
    { "drops", bt_cmd_drops, "show packets that the switch drops, and why" },
    { "exporter", bt_cmd_exporter, "serve metrics by HTTP" },
    { "extcap", bt_cmd_extcap, "serve Wireshark (it calls this itself)" },
};

static void
print_help(void)
{
    printf("ovs-bpftap captures packets on the ports of a running switch.\n"
           "\n"
           "usage: ovs-bpftap COMMAND [OPTION]...\n"
           "\n");
    for (size_t i = 0; i < BT_ARRAY_SIZE(commands); i++) {
        printf("  %-9s %s\n", commands[i].name, commands[i].summary);
    }
    printf("\n"
           "\"ovs-bpftap COMMAND --help\" explains one; ovs-bpftap(8) has "
           "examples.\n"
           "\n"
           "  ovs-bpftap list\n"
           "  ovs-bpftap dump -i p1 -nn -e icmp\n"
           "  ovs-bpftap capture -i p1 -w p1.pcap -c 100 port 53\n");
}

static const struct command *
find_command(const char *name)
{
    for (size_t i = 0; i < BT_ARRAY_SIZE(commands); i++) {
        if (!strcmp(commands[i].name, name)) {
            return &commands[i];
        }
    }
    return NULL;
}

/* Wireshark finds the extcap program by its link's name. */
static bool
called_as_extcap(const char *program)
{
    const char *slash = program ? strrchr(program, '/') : NULL;

    return program && !strcmp(slash ? slash + 1 : program,
                              "ovs-bpftap-extcap");
}

/* What a command has printed is a part of what it did. */
static int
finish(int status)
{
    return bt_finish_stdout() || status != BT_OK ? status : BT_FAILED;
}

int
main(int argc, char *argv[])
{
    const struct command *command;

    bpfdev_set_wait_limit(bt_wait_limit, NULL);
    if (called_as_extcap(argv[0])) {
        return finish(bt_cmd_extcap(argc, argv));
    } else if (argc < 2) {
        bt_usage("what to do? Name a command");
    } else if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")
               || !strcmp(argv[1], "help")) {
        print_help();
        return finish(BT_OK);
    } else if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
        printf("ovs-bpftap (%s)\n", PACKAGE_STRING);
        return finish(BT_OK);
    }

    command = find_command(argv[1]);
    if (!command) {
        bt_usage("there is no command \"%s\"", argv[1]);
    }
    bt_set_command(command->name);
    opterr = 0;                 /* bt_bad_option() has the messages. */
    return finish(command->run(argc - 1, argv + 1));
}
