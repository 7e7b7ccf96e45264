/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* "ovs-bpftap dump": tcpdump(8) on ports of the switch.
 *
 * Three processes: this one captures and writes pcap into a pipe; tcpdump
 * reads it and prints; a relay passes on what tcpdump prints, leaving out the
 * line that says that it reads a file and, with several ports, saying whose
 * each packet is.  The latter two are in process groups of their own, so that
 * Ctrl-C ends the capture, and they end when they have printed all of it. */

#include "bpftap-commands.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "bpfdev/bpfdev.h"
#include "bpftap-child.h"
#include "bpftap-engine.h"
#include "bpftap-labels.h"
#include "bpftap-names.h"
#include "bpftap-options.h"
#include "bpftap-ports.h"

static const char help[] =
"usage: ovs-bpftap dump -i PORT... [OPTION]... [FILTER]\n"
"\n"
"Prints packets as tcpdump does.  FILTER is applied inside the switch.\n"
"\n"
"  -i PORT          port: NAME, BRIDGE/PATTERN or any; may be repeated\n"
"  -c N             end after N packets\n"
"  -s SNAPLEN       bytes of each packet\n"
"  -Q in|out|inout  direction, as seen from the switch\n"
"  --filter=FILTER  filter for the -i before, instead of the common one\n"
"  -F FILE          read the filter from FILE\n"
"  -B KIB           buffer memory for each port\n"
"  -D, -L           list ports; list the link type of the port\n"
"  -d               print the compiled filter (-dd: as C, -ddd: as numbers)\n"
"  --wait           wait for ports that are not there, and for their return\n"
"  --reconnect      wait for a switch that is not there, and for its return\n"
"  --immediate-mode hand over each packet at once\n"
BT_HELP_COMMON
"\n"
"All other options are tcpdump's: -n -e -v -x -X -A -t -l -q -S -# -w FILE\n"
"and so on; the exit status is tcpdump's, too.  With several ports each line\n"
"starts with the port and the direction.\n"
"\n"
"example:  ovs-bpftap dump -i p1 -nn -e icmp\n";

enum {
    OPT_FILTER = 256,
    OPT_WAIT,
    OPT_RECONNECT,
    OPT_IMMEDIATE,
    OPT_VERSION,
    OPT_PASS,                   /* tcpdump's long options, to pass on. */
    OPT_REFUSE,                 /* Those without a meaning here. */
};

static const struct option options[] = {
    { "interface", required_argument, NULL, 'i' },
    { "snapshot-length", required_argument, NULL, 's' },
    { "direction", required_argument, NULL, 'Q' },
    { "buffer-size", required_argument, NULL, 'B' },
    { "no-optimize", no_argument, NULL, 'O' },
    { "list-interfaces", no_argument, NULL, 'D' },
    { "list-data-link-types", no_argument, NULL, 'L' },
    { "linktype", required_argument, NULL, 'y' },
    { "no-promiscuous-mode", no_argument, NULL, 'p' },
    { "filter", required_argument, NULL, OPT_FILTER },
    { "wait", no_argument, NULL, OPT_WAIT },
    { "reconnect", no_argument, NULL, OPT_RECONNECT },
    { "immediate-mode", no_argument, NULL, OPT_IMMEDIATE },
    { "version", no_argument, NULL, OPT_VERSION },
    { "monitor-mode", no_argument, NULL, OPT_REFUSE },
    { "time-stamp-type", required_argument, NULL, OPT_REFUSE },
    { "list-time-stamp-types", no_argument, NULL, OPT_REFUSE },
    { "number", no_argument, NULL, '#' },
    { "absolute-tcp-sequence-numbers", no_argument, NULL, OPT_PASS },
    { "count", no_argument, NULL, OPT_PASS },
    { "dont-verify-checksums", no_argument, NULL, OPT_PASS },
    { "micro", no_argument, NULL, OPT_PASS },
    { "nano", no_argument, NULL, OPT_PASS },
    { "packet-buffered", no_argument, NULL, OPT_PASS },
    { "print", no_argument, NULL, OPT_PASS },
    { "relinquish-privileges", required_argument, NULL, OPT_PASS },
    { "time-stamp-precision", required_argument, NULL, OPT_PASS },
    { NULL, 0, NULL, 0 },
};

static const char short_options[] =
    ":aAbB:c:C:dDeE:fF:G:hHi:Ij:JKlLm:M:nNOpqQ:r:s:StT:uUvV:w:W:xXy:Yz:Z:#";

struct dump {
    struct bt_capture capture;
    struct bt_strv tcpdump;     /* Its argument vector. */
    char *filter;               /* From the end of the line, or -F. */
    const char *filter_file;
    bool numbered;              /* The user wants numbers. */
    unsigned int print_filter;  /* -d, -dd, -ddd. */
    bool print_dlt;
    const char *linktype;

    struct bt_labels *labels;   /* With several ports. */
    pid_t tcpdump_pid;
    pid_t relay_pid;
    int status;                 /* tcpdump's. */
};

/* What a session of tcpdump may use on an interface, but not on a port. */
static void BT_NORETURN
refuse(const char *option)
{
    bt_usage("tcpdump's option %s does not apply to ports of a switch",
             option);
}

/* Options that this program takes for itself.  Returns false if 'c' is
 * another one. */
static bool
parse_own_option(int c, struct dump *dump, char *argv[])
{
    struct bt_capture *capture = &dump->capture;

    switch (c) {
    case 'c':
        capture->files.end.packets = bt_parse_uint("-c", optarg, 1,
                                                   INT64_MAX);
        return true;
    case 'F':
        dump->filter_file = optarg;
        return true;
    case 'd':
        dump->print_filter++;
        return true;
    case 'L':
        dump->print_dlt = true;
        return true;
    case 'y':
        dump->linktype = optarg;
        return true;
    case 'p':                   /* Every port is promiscuous anyway. */
        return true;
    case '#':
        dump->numbered = true;
        return true;
    case OPT_FILTER:
        bt_capture_last(capture)->filter = optarg;
        return true;
    case OPT_WAIT:
        capture->wait = true;
        return true;
    case OPT_RECONNECT:
        capture->reconnect = true;
        return true;
    case OPT_IMMEDIATE:
        capture->immediate = true;
        return true;
    case 'h':
        bt_print_help(help, BT_LONG_ONLY);
        exit(bt_finish_stdout() ? BT_OK : BT_FAILED);
    case 'I':
    case 'J':
    case 'j':
    case 'r':
    case 'V':
        refuse((const char[]) { '-', c, '\0' });
    case OPT_REFUSE:
        refuse(argv[optind - 1]);
    default:
        return false;
    }
}

static void BT_NORETURN
exec_tcpdump(char *const argv[])
{
    execvp(argv[0], argv);
    bt_fatal("cannot run tcpdump (%s); install it, or use \"ovs-bpftap "
             "capture\"", strerror(errno));
}

static void
pass_on(struct dump *dump, int c, const char *long_name)
{
    if (c == OPT_PASS) {
        bt_strv_addf(&dump->tcpdump, "--%s%s%s", long_name,
                     optarg ? "=" : "", optarg ? optarg : "");
    } else {
        bt_strv_addf(&dump->tcpdump, "-%c", c);
        if (optarg) {
            bt_strv_add(&dump->tcpdump, optarg);
        }
    }
}

/* The file of -F, with line ends as spaces. */
static char *
read_filter_file(const char *name)
{
    struct bt_str s = { NULL, 0, 0 };
    FILE *stream = fopen(name, "r");
    int c;

    if (!stream) {
        bt_fatal("%s: cannot read the filter (%s)", name, strerror(errno));
    }
    while ((c = getc(stream)) != EOF) {
        char ch = c == '\n' ? ' ' : c;

        bt_str_put(&s, &ch, 1);
    }
    fclose(stream);
    return s.s ? s.s : bt_strdup("");
}

static void
parse(struct dump *dump, int argc, char *argv[])
{
    char *version[] = {
        (char *) "tcpdump", (char *) "--version", NULL
    };
    struct bt_common common = { .help = help, .has = BT_LONG_ONLY };
    int c, index;

    while ((c = bt_getopt(argc, argv, short_options, options, &index,
                          &common)) != -1) {
        if (c == 'D') {
            char *list[] = { (char *) "list", NULL };

            optind = 1;
            exit(bt_cmd_list(1, list));
        } else if (c == OPT_VERSION) {
            exec_tcpdump(version);
        } else if (c == 'f' || !bt_parse_port_option(c, &dump->capture)) {
            /* -f is a filter elsewhere and an option of tcpdump's here. */
            if (c == 'f' || !parse_own_option(c, dump, argv)) {
                pass_on(dump, c, options[c == OPT_PASS ? index : 0].name);
            }
        }
    }

    dump->capture.socket = common.socket;
    dump->filter = bt_join_words(argc - optind, argv + optind);
    if (dump->filter_file) {
        free(dump->filter);
        dump->filter = read_filter_file(dump->filter_file);
    }
    bt_set_final_filter(&dump->capture, dump->filter);
    bt_require_port(dump->capture.n_specs > 0);
}

/* Returns the link type of the first port that the user chose. */
static const char *
first_linktype(struct dump *dump)
{
    struct bpfdev *dev = bt_monitor_open(dump->capture.socket);
    const char *pattern = dump->capture.specs[0].pattern;
    const char *name = NULL;
    struct bpfdev_port *ports;
    size_t n;

    ports = bt_ports_list(dev, &n);
    for (size_t i = 0; i < n && !name; i++) {
        if (bt_pattern_matches(pattern, &ports[i])) {
            name = pcap_datalink_val_to_name(ports[i].dlt);
        }
    }
    free(ports);
    bpfdev_close(dev);
    if (!name) {
        bt_fatal("no port \"%s\"; \"ovs-bpftap list\" shows the ports",
                 pattern);
    }
    return name;
}

static void
check_linktype(struct dump *dump)
{
    const char *name = first_linktype(dump);

    if (strcasecmp(dump->linktype, name)) {
        bt_fatal("%s has link type %s and no other",
                 dump->capture.specs[0].pattern, name);
    }
}

static int
print_linktype(struct dump *dump)
{
    const char *name = first_linktype(dump);
    const char *description
        = pcap_datalink_val_to_description(pcap_datalink_name_to_val(name));

    printf("Data link types for %s (use option -y to set):\n  %s (%s)\n",
           dump->capture.specs[0].pattern, name,
           description ? description : name);
    return BT_OK;
}

/* Lets tcpdump print the filter that would be used. */
static void BT_NORETURN
print_filter(struct dump *dump)
{
    const struct bt_spec *spec = &dump->capture.specs[0];
    struct bt_strv argv = { NULL, 0 };

    bt_strv_add(&argv, "tcpdump");
    bt_strv_add(&argv, dump->print_filter == 1 ? "-d"
                       : dump->print_filter == 2 ? "-dd" : "-ddd");
    bt_strv_add(&argv, "-y");
    bt_strv_add(&argv, first_linktype(dump));
    bt_strv_addf(&argv, "-s%u", spec->snaplen);
    if (dump->capture.no_optimize) {
        bt_strv_add(&argv, "-O");
    }
    bt_strv_add(&argv, "--");
    if (spec->filter || dump->filter) {
        bt_strv_add(&argv, spec->filter ? spec->filter : dump->filter);
    }
    exec_tcpdump(argv.v);
}

/* The relay. */

/* A stream of tcpdump's and where it goes on to. */
struct relayed {
    int from;
    FILE *to;
    struct bt_str pending;      /* An incomplete line. */
};

static void
relay_line(struct dump *dump, struct relayed *r, const char *line, size_t n)
{
    static const char reading[] = "reading from file -";
    char label[300];
    size_t skip;

    if (r->to == stderr) {
        if (n >= strlen(reading) && !memcmp(line, reading, strlen(reading))) {
            return;             /* The user knows better. */
        }
    } else {
        skip = bt_labels_match(dump->labels, line, n, label, sizeof label);
        if (skip) {
            fputs(label, r->to);
            if (!dump->numbered) {
                line += skip;
                n -= skip;
            }
        }
    }
    fwrite(line, 1, n, r->to);
}

/* Passes on what can be read.  Returns false at the end. */
static bool
relay_some(struct dump *dump, struct relayed *r)
{
    char buffer[16384];
    ssize_t n = read(r->from, buffer, sizeof buffer);
    char *line, *end;

    if (n < 0 && errno == EINTR) {
        return true;
    } else if (n > 0) {
        bt_str_put(&r->pending, buffer, n);
    }

    line = r->pending.s;
    while (line && (end = memchr(line, '\n', (r->pending.s
                                              + r->pending.length - line)))) {
        relay_line(dump, r, line, end + 1 - line);
        line = end + 1;
    }
    if (line) {
        size_t left = r->pending.s + r->pending.length - line;

        if (n <= 0 && left) {
            relay_line(dump, r, line, left);
            left = 0;
        }
        memmove(r->pending.s, line, left);
        r->pending.length = left;
    }
    return !fflush(r->to) && n > 0;
}

/* Relays until tcpdump has closed both streams, or nobody reads ours. */
static void BT_NORETURN
relay_main(struct dump *dump, int out, int err)
{
    struct relayed streams[2] = {
        { out, stdout, { NULL, 0, 0 } },
        { err, stderr, { NULL, 0, 0 } },
    };
    struct pollfd fds[2] = {
        { out, POLLIN, 0 },
        { err, POLLIN, 0 },
    };

    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (poll(fds, 2, -1) < 0) {
            continue;
        }
        for (size_t i = 0; i < 2; i++) {
            if (fds[i].fd >= 0 && fds[i].revents
                && !relay_some(dump, &streams[i])) {
                close(fds[i].fd);
                fds[i].fd = -1;
            }
        }
    }
    _exit(0);
}

static void
close_pipe(int fds[2])
{
    for (int i = 0; i < 2; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

static bool
make_pipe(int fds[2])
{
    if (pipe(fds)) {
        bt_error("no pipe for tcpdump (%s)", strerror(errno));
        return false;
    }
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    return true;
}

/* Forks.  The child is in a process group of its own and takes signals as
 * they come.  Returns -1 after a message. */
static pid_t
fork_apart(void)
{
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid < 0) {
        bt_error("cannot fork (%s)", strerror(errno));
    } else if (!pid) {
        bt_signals_default();
        setpgid(0, 0);
    }
    return pid;
}

static void
complete_arguments(struct dump *dump)
{
    bt_strv_add(&dump->tcpdump, "-r");
    bt_strv_add(&dump->tcpdump, "-");
    if (dump->labels || dump->numbered) {
        bt_strv_add(&dump->tcpdump, "-#");
    }
    if (dump->labels) {
        bt_strv_add(&dump->tcpdump, "-l");
    }
}

static bool
start_processes(struct dump *dump, int in[2], int out[2], int err[2])
{
    dump->tcpdump_pid = fork_apart();
    if (!dump->tcpdump_pid) {
        dup2(in[0], STDIN_FILENO);
        if (out[1] >= 0) {
            dup2(out[1], STDOUT_FILENO);
        }
        dup2(err[1], STDERR_FILENO);
        exec_tcpdump(dump->tcpdump.v);
    } else if (dump->tcpdump_pid < 0) {
        return false;
    }

    dump->relay_pid = fork_apart();
    if (!dump->relay_pid) {
        close(in[0]);
        close(in[1]);
        close(err[1]);
        if (out[1] >= 0) {
            close(out[1]);
        }
        relay_main(dump, out[0], err[0]);
    }
    return dump->relay_pid > 0;
}

/* Starts tcpdump and the relay, and returns the descriptor to write to. */
static int
open_tcpdump(void *dump_)
{
    struct dump *dump = dump_;
    int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };
    bool ok = (make_pipe(in) && make_pipe(err)
               && (!dump->labels || make_pipe(out)));

    complete_arguments(dump);
    ok = ok && start_processes(dump, in, out, err);
    close_pipe(out);
    close_pipe(err);
    if (!ok) {
        close_pipe(in);
        return -1;
    }
    close(in[0]);
    return in[1];
}

static void
wait_for_tcpdump(void *dump_)
{
    struct dump *dump = dump_;

    if (dump->tcpdump_pid > 0) {
        dump->status = bt_wait_pid(dump->tcpdump_pid);
    }
    if (dump->relay_pid > 0) {
        bt_wait_pid(dump->relay_pid);
    }
}

static void
note_label(void *dump_, uint32_t number, const char *port,
           enum bt_direction direction)
{
    struct dump *dump = dump_;

    bt_labels_note(dump->labels, number, bt_names_title(port), direction);
}

static int
run(struct dump *dump)
{
    struct bt_capture *capture = &dump->capture;
    enum bt_status status;

    if (bt_capture_is_plural(capture)) {
        dump->labels = bt_labels_create();
        if (!dump->labels) {
            return BT_FAILED;
        }
        for (size_t i = 0; i < capture->n_specs; i++) {
            if (bt_pattern_is_exact(capture->specs[i].pattern)) {
                bt_labels_expect(dump->labels, capture->specs[i].pattern);
            }
        }
        capture->observe = note_label;
    }
    capture->files.encoder.nanoseconds = true;
    capture->files.open = open_tcpdump;
    capture->files.open_aux = dump;
    capture->files.reader_may_close = true;
    capture->closed = wait_for_tcpdump;
    capture->aux = dump;

    bt_signals_init();
    status = bt_capture_run(capture);
    return dump->status ? dump->status : (int) status;
}

int
bt_cmd_dump(int argc, char *argv[])
{
    struct dump dump;
    int status;

    memset(&dump, 0, sizeof dump);
    bt_capture_init(&dump.capture);
    dump.capture.common = true;
    bt_strv_add(&dump.tcpdump, "tcpdump");
    parse(&dump, argc, argv);
    if (dump.linktype) {
        check_linktype(&dump);
    }

    if (dump.print_filter) {
        print_filter(&dump);
    }
    status = dump.print_dlt ? print_linktype(&dump) : run(&dump);
    bt_capture_destroy(&dump.capture);
    bt_strv_free(&dump.tcpdump);
    free(dump.filter);
    return status;
}
