/* SPDX-License-Identifier: Apache-2.0
 *
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License"); you may not
 * use this file except in compliance with the License.  You may obtain a copy
 * of the License at http://www.apache.org/licenses/LICENSE-2.0 */

/* "ovs-bpftap extcap", also called as ovs-bpftap-extcap: what Wireshark and
 * tshark expect of a program in their extcap folder.
 *
 * Wireshark runs it at every start, so that listing must be quick, and silent
 * if no switch runs. */

#include "bpftap-commands.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "bpfdev/bpfdev.h"
#include "utilities/bpftap-dirs.h"
#include "bpftap-engine.h"
#include "bpftap-names.h"
#include "bpftap-options.h"
#include "bpftap-ports.h"
#include "bsd-config.h"

static const char help[] =
"usage: ovs-bpftap extcap --extcap-interfaces\n"
"       ovs-bpftap extcap --extcap-interface=IF --extcap-dlts\n"
"       ovs-bpftap extcap --extcap-interface=IF --extcap-config\n"
"       ovs-bpftap extcap --extcap-interface=IF --extcap-capture-filter=F\n"
"       ovs-bpftap extcap --extcap-interface=IF --capture --fifo=FIFO\n"
"                  [--extcap-capture-filter=F] [--direction=in|out|inout]\n"
"                  [--snaplen=N] [--reconnect]\n"
"\n"
"Wireshark and tshark call this themselves once ovs-bpftap-extcap lies, or\n"
"is linked to, in their extcap folder, which \"tshark -G folders\" names, or\n"
"in WIRESHARK_EXTCAP_DIR (ignored for root):\n"
"\n"
"  tshark -D | grep ovs:\n"
"  tshark -i ovs:p1 -f icmp\n"
"\n"
BT_HELP_COMMON;

/* What Wireshark's help button shows. */
#define HELP_FILE BPFTAP_PKGDATADIR "/ovs-bpftap-extcap.html"

/* Interfaces are called ovs:PORT. */
#define PREFIX "ovs:"

enum {
    OPT_INTERFACES = 256,
    OPT_VERSION,
    OPT_INTERFACE,
    OPT_DLTS,
    OPT_CONFIG,
    OPT_FILTER,
    OPT_CAPTURE,
    OPT_FIFO,
    OPT_DIRECTION,
    OPT_SNAPLEN,
    OPT_RECONNECT,
    OPT_IGNORED,
};

static const struct option options[] = {
    { "extcap-interfaces", no_argument, NULL, OPT_INTERFACES },
    { "extcap-version", optional_argument, NULL, OPT_VERSION },
    { "extcap-interface", required_argument, NULL, OPT_INTERFACE },
    { "extcap-dlts", no_argument, NULL, OPT_DLTS },
    { "extcap-config", no_argument, NULL, OPT_CONFIG },
    { "extcap-capture-filter", required_argument, NULL, OPT_FILTER },
    { "extcap-control-in", required_argument, NULL, OPT_IGNORED },
    { "extcap-control-out", required_argument, NULL, OPT_IGNORED },
    { "capture", no_argument, NULL, OPT_CAPTURE },
    { "fifo", required_argument, NULL, OPT_FIFO },
    { "direction", required_argument, NULL, OPT_DIRECTION },
    { "snaplen", required_argument, NULL, OPT_SNAPLEN },
    { "reconnect", no_argument, NULL, OPT_RECONNECT },
    { NULL, 0, NULL, 0 },
};

struct extcap {
    int action;                 /* OPT_INTERFACES and so on, 0 for none. */
    char *pattern;              /* The port, as for -i. */
    const char *filter;
    const char *fifo;
    struct bt_common common;
    unsigned int direction;
    uint32_t snaplen;
    bool reconnect;
};

/* Prints 'name' as part of an interface's value: what could end the value, or
 * confuse a shell, as %XX. */
static void
print_encoded(const char *name)
{
    for (; *name; name++) {
        unsigned char c = *name;

        if (isalnum(c) || strchr("-_.:@+/", c)) {
            putchar(c);
        } else {
            printf("%%%02X", c);
        }
    }
}

static int
hex_digit(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *p = c ? strchr(digits, toupper((unsigned char) c)) : NULL;

    return p ? p - digits : -1;
}

static char *
decode(const char *value)
{
    struct bt_str s = { NULL, 0, 0 };

    while (*value) {
        char c = *value++;

        if (c == '%' && hex_digit(value[0]) >= 0 && hex_digit(value[1]) >= 0) {
            c = hex_digit(value[0]) * 16 + hex_digit(value[1]);
            value += 2;
        }
        bt_str_put(&s, &c, 1);
    }
    return s.s ? s.s : bt_strdup("");
}

/* Prints text for a dialog, in which braces would end a sentence early. */
static void
print_display(const char *text)
{
    char *printable = bt_printable(text);

    for (const char *p = printable; *p; p++) {
        putchar(*p == '{' ? '(' : *p == '}' ? ')' : *p);
    }
    free(printable);
}

/* Returns the ports, or NULL if there is no switch, without a word. */
static struct bpfdev_port *
ports_if_any(const char *socket, size_t *n)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    struct bpfdev *dev = bpfdev_monitor_open(socket, BPFDEV_RDONLY, errbuf);
    struct bpfdev_port *ports = NULL;

    *n = 0;
    if (dev && bt_ports_try_list(dev, &ports, n)) {
        ports = NULL;
        *n = 0;
    }
    bpfdev_close(dev);
    return ports;
}

static void
list_interfaces(const struct extcap *extcap)
{
    struct bt_str names = { NULL, 0, 0 };
    struct bpfdev_port *ports;
    size_t n;

    printf("extcap {version=%s}", PACKAGE_VERSION);
    if (!access(HELP_FILE, R_OK)) {
        printf("{help=file://" HELP_FILE "}");
    }
    printf("{display=Open vSwitch ports}\n");
    ports = ports_if_any(extcap->common.socket, &n);
    for (size_t i = 0; i < n; i++) {
        printf("interface {value=" PREFIX);
        print_encoded(ports[i].name);
        printf("}{display=Open vSwitch port ");
        print_display(ports[i].bridge);
        putchar('/');
        print_display(ports[i].name);
        printf(" (%s", ports[i].type);
        bt_names_describe(ports[i].name, &names);
        if (names.length) {
            printf(", ");
            print_display(names.s);
        }
        printf(")}\n");
        bt_str_clear(&names);
    }
    if (n) {
        printf("interface {value=" PREFIX "any}"
               "{display=Open vSwitch, all ports}\n");
    }
    bt_str_free(&names);
    free(ports);
}

/* Returns the link type of the chosen port, Ethernet if that cannot be found
 * out. */
static int
find_dlt(const struct extcap *extcap)
{
    int dlt = DLT_EN10MB;
    size_t n;
    struct bpfdev_port *ports = ports_if_any(extcap->common.socket, &n);

    for (size_t i = 0; i < n; i++) {
        if (!strcmp(ports[i].name, extcap->pattern)) {
            dlt = ports[i].dlt;
        }
    }
    free(ports);
    return dlt;
}

static void
list_dlts(const struct extcap *extcap)
{
    int dlt = find_dlt(extcap);
    const char *name = pcap_datalink_val_to_name(dlt);
    const char *description = pcap_datalink_val_to_description(dlt);

    printf("dlt {number=%d}{name=%s}{display=%s}\n", dlt, name ? name : "?",
           description ? description : "?");
}

static void
list_config(void)
{
    fputs("arg {number=0}{call=--direction}{display=Direction}"
          "{type=selector}"
          "{tooltip=As seen from the switch: what it receives from the port, "
          "what it sends out of it, or both}{group=Capture}\n"
          "value {arg=0}{value=inout}{display=In and out}{default=true}\n"
          "value {arg=0}{value=in}{display=In (received by the switch)}"
          "{default=false}\n"
          "value {arg=0}{value=out}{display=Out (sent by the switch)}"
          "{default=false}\n"
          "arg {number=1}{call=--snaplen}{display=Snapshot length}"
          "{type=unsigned}{range=0,262144}{default=0}"
          "{tooltip=Bytes of each packet, 0 for all of it}{group=Capture}\n"
          "arg {number=2}{call=--reconnect}"
          "{display=Go on when the switch restarts}{type=boolflag}"
          "{default=false}{tooltip=Wait for the switch and the port to come "
          "back, and mark the gap}{group=Capture}\n"
          "arg {number=3}{call=--socket}{display=Socket of the switch}"
          "{type=string}{tooltip=Where the switch's bpf.sock is, if not in "
          "its usual directory}{group=Switch}\n", stdout);
}

/* Prints what is wrong with the filter, if anything is. */
static void
check_filter(const struct extcap *extcap)
{
    char errbuf[BPFDEV_ERRBUF_SIZE];
    struct bpf_program program;

    if (bpfdev_compile(extcap->filter, find_dlt(extcap), 262144, true,
                       &program, errbuf)) {
        puts(errbuf);
    } else {
        bpfdev_free_filter(&program);
    }
}

static int
capture(const struct extcap *extcap)
{
    struct bt_capture capture;
    enum bt_status status;

    if (!extcap->fifo) {
        bt_usage("--capture needs --fifo=FIFO");
    }
    bt_capture_init(&capture);
    capture.defaults.filter = extcap->filter;
    capture.defaults.direction = extcap->direction;
    capture.defaults.snaplen = extcap->snaplen;
    bt_capture_add(&capture, extcap->pattern);
    capture.socket = extcap->common.socket;
    capture.reconnect = capture.wait = extcap->reconnect;
    capture.quiet = true;
    capture.files.path = extcap->fifo;
    capture.files.encoder.format = BT_PCAPNG;
    capture.files.encoder.nanoseconds = true;
    capture.files.reader_may_close = true;

    bt_set_dialog();
    bt_signals_init();
    status = bt_capture_run(&capture);
    bt_capture_destroy(&capture);
    return status;
}

static void
parse_interface(struct extcap *extcap, const char *value)
{
    if (strncmp(value, PREFIX, strlen(PREFIX))) {
        bt_usage("\"%s\" is no interface of this program: they start with "
                 PREFIX, value);
    }
    free(extcap->pattern);
    extcap->pattern = decode(value + strlen(PREFIX));
}

static void
parse_option(struct extcap *extcap, int c)
{
    switch (c) {
    case OPT_INTERFACES:
    case OPT_DLTS:
    case OPT_CONFIG:
    case OPT_CAPTURE:
        extcap->action = c;
        break;
    case OPT_VERSION:           /* Wireshark's: all of them will do. */
    case OPT_IGNORED:           /* Controls, of which we declare none. */
        break;
    case OPT_INTERFACE:
        parse_interface(extcap, optarg);
        break;
    case OPT_FILTER:
        extcap->filter = optarg;
        break;
    case OPT_FIFO:
        extcap->fifo = optarg;
        break;
    case OPT_DIRECTION:
        extcap->direction = bt_parse_direction("--direction", optarg);
        break;
    case OPT_SNAPLEN:
        extcap->snaplen = bt_parse_uint("--snaplen", optarg, 0, 262144);
        break;
    case OPT_RECONNECT:
        extcap->reconnect = true;
        break;
    }
}

static int
act(const struct extcap *extcap)
{
    if (extcap->action == OPT_INTERFACES) {
        list_interfaces(extcap);
    } else if (!extcap->pattern) {
        bt_usage("which interface? Say --extcap-interface=IF");
    } else if (extcap->action == OPT_DLTS) {
        list_dlts(extcap);
    } else if (extcap->action == OPT_CONFIG) {
        list_config();
    } else if (extcap->action == OPT_CAPTURE) {
        return capture(extcap);
    } else if (extcap->filter) {
        check_filter(extcap);
    } else {
        bt_usage("what about the interface? Say --capture, --extcap-dlts or "
                 "--extcap-config");
    }
    return BT_OK;
}

int
bt_cmd_extcap(int argc, char *argv[])
{
    struct extcap extcap;
    int c, status;

    memset(&extcap, 0, sizeof extcap);
    extcap.direction = BPF_D_INOUT;
    extcap.common.help = help;
    extcap.common.has = BT_LONG_ONLY;
    while ((c = bt_getopt(argc, argv, ":", options, NULL,
                          &extcap.common)) != -1) {
        parse_option(&extcap, c);
    }
    status = act(&extcap);
    free(extcap.pattern);
    return status;
}
