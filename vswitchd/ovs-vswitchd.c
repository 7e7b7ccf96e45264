/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 The ovs-bsd authors.
 *
 * ovs-vswitchd, the switch daemon: Open vSwitch's bridge and userspace
 * datapath with this project's netdev provider and bpf tap module in them.
 *
 * Users put this program in the place of Open vSwitch's own daemon, so options
 * and control commands, the order in which things start and stop, and what
 * signals do must stay what Open vSwitch 3.1 documents in ovs-vswitchd(8).
 * What differs is in datapath.c (which datapath a bridge gets) and in the one
 * option more, --netdev-provider.
 *
 * Everything here runs on the main thread; nothing is shared, so there are no
 * locks. */

#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "command-line.h"
#include "daemon.h"
#include "datapath.h"
#include "dirs.h"
#include "dns-resolve.h"
#include "dpdk.h"
#include "dpif.h"
#include "dummy.h"
#include "fatal-signal.h"
#include "memory.h"
#include "netdev.h"
#include "netdev/netdev-bsd.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vconn.h"
#include "openvswitch/version.h"
#include "openvswitch/vlog.h"
#include "ovs-numa.h"
#include "ovs-rcu.h"
#include "ovs-router.h"
#include "ovs-thread.h"
#include "simap.h"
#include "stream-ssl.h"
#include "stream.h"
#include "tap/bpf-tap.h"
#include "unixctl.h"
#include "util.h"
#include "vswitchd/bridge.h"

/* Last, because it undoes definitions of <config.h>. */
#include "ovs-compat.h"

VLOG_DEFINE_THIS_MODULE(vswitchd);

/* What the command line asks for. */
struct options {
    char *remote;               /* Where ovsdb-server listens. */
    char *unixctl_path;         /* Control socket, NULL for the default. */
    bool lock_memory;           /* --mlockall. */
    bool access_hw;             /* --hw-rawio-access. */
    bool native_netdevs;        /* --netdev-provider=native. */
    bool system_disabled;       /* --disable-system. */
    bool dummies_override;      /* --enable-dummy=system or =override. */
};

/* How the "exit" command ends the main loop. */
struct shutdown {
    struct unixctl_conn **conns; /* Those who asked, and await a reply. */
    size_t n_conns;
    bool cleanup;               /* Delete datapaths and ports, too. */
};

static void OVS_NO_RETURN
usage(void)
{
    printf("%s: Open vSwitch daemon with the ovs-bsd netdev provider and\n"
           "capture module\n"
           "usage: %s [OPTIONS] [DATABASE]\n"
           "DATABASE is where ovsdb-server listens"
           " (default: \"unix:%s/db.sock\").\n",
           program_name, program_name, ovs_rundir());
    stream_usage("DATABASE", true, false, true);
    daemon_usage();
    vlog_usage();
    printf("\nNetwork devices:\n"
           "  --netdev-provider=bsd     system and tap ports through the\n"
           "                            ovs-bsd provider (default)\n"
           "  --netdev-provider=native  through Open vSwitch's own classes\n"
           "\nOther options:\n"
           "  --unixctl=SOCKET          set the control socket's name\n"
           "  --mlockall                keep all memory out of swap\n"
           OVS_COMPAT_RAWIO_USAGE
           "  --disable-system          do without the system datapath\n"
           "  --disable-system-route    do not read the system's routes\n"
           "  -h, --help                show this text\n"
           "  -V, --version             show version information\n");
    exit(EXIT_SUCCESS);
}

static void OVS_NO_RETURN
print_version(void)
{
    ovs_print_version(0, 0);
    printf("with ovs-bsd %s\n", OVS_BSD_VERSION);
    print_dpdk_version();
    exit(EXIT_SUCCESS);
}

static bool
parse_netdev_provider(const char *name)
{
    if (strcmp(name, "bsd") && strcmp(name, "native")) {
        ovs_fatal(0, "--netdev-provider: \"%s\" is neither \"bsd\" nor "
                  "\"native\"", name);
    }
    return !strcmp(name, "native");
}

static char *
parse_remote(int argc, char *argv[])
{
    if (argc > 1) {
        ovs_fatal(0, "only one DATABASE may be given, \"%s\" is one too many;"
                  " use --help for usage", argv[1]);
    }
    return (argc
            ? xstrdup(argv[0])
            : xasprintf("unix:%s/db.sock", ovs_rundir()));
}

static void
parse_options(int argc, char *argv[], struct options *o)
{
    enum {
        OPT_PEER_CA_CERT = UCHAR_MAX + 1,
        OPT_BOOTSTRAP_CA_CERT,
        OPT_MLOCKALL,
        OPT_UNIXCTL,
        OPT_ENABLE_DUMMY,
        OPT_DUMMY_NUMA,
        OPT_DISABLE_SYSTEM,
        OPT_DISABLE_SYSTEM_ROUTE,
        OPT_DPDK,
        OPT_HW_RAWIO_ACCESS,
        OPT_NETDEV_PROVIDER,
        VLOG_OPTION_ENUMS,
        DAEMON_OPTION_ENUMS,
        SSL_OPTION_ENUMS,
    };
    static const struct option long_options[] = {
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'V'},
        {"unixctl", required_argument, NULL, OPT_UNIXCTL},
        {"mlockall", no_argument, NULL, OPT_MLOCKALL},
        {"netdev-provider", required_argument, NULL, OPT_NETDEV_PROVIDER},
        {"disable-system", no_argument, NULL, OPT_DISABLE_SYSTEM},
        {"disable-system-route", no_argument, NULL, OPT_DISABLE_SYSTEM_ROUTE},
        {"enable-dummy", optional_argument, NULL, OPT_ENABLE_DUMMY},
        {"dummy-numa", required_argument, NULL, OPT_DUMMY_NUMA},
        {"dpdk", optional_argument, NULL, OPT_DPDK},
        OVS_COMPAT_RAWIO_OPTION(OPT_HW_RAWIO_ACCESS)
        {"peer-ca-cert", required_argument, NULL, OPT_PEER_CA_CERT},
        {"bootstrap-ca-cert", required_argument, NULL, OPT_BOOTSTRAP_CA_CERT},
        STREAM_SSL_LONG_OPTIONS,
        VLOG_LONG_OPTIONS,
        DAEMON_LONG_OPTIONS,
        {NULL, 0, NULL, 0},
    };
    char *short_options = ovs_cmdl_long_options_to_short_options(long_options);
    int c;

    while ((c = getopt_long(argc, argv, short_options, long_options,
                            NULL)) != -1) {
        switch (c) {
        case 'h':
            usage();

        case 'V':
            print_version();

        case OPT_UNIXCTL:
            o->unixctl_path = optarg;
            break;

        case OPT_MLOCKALL:
            o->lock_memory = true;
            break;

        case OPT_NETDEV_PROVIDER:
            o->native_netdevs = parse_netdev_provider(optarg);
            break;

        case OPT_DISABLE_SYSTEM:
            dp_disallow_provider("system");
            o->system_disabled = true;
            break;

        case OPT_DISABLE_SYSTEM_ROUTE:
            ovs_router_disable_system_routing_table();
            break;

        case OPT_ENABLE_DUMMY:
            dummy_enable(optarg);
            /* "system" and "override" put dummies in the place of the system's
             * classes; a plain --enable-dummy leaves them alone. */
            o->dummies_override |= optarg && optarg[0];
            break;

        case OPT_DUMMY_NUMA:
            ovs_numa_set_dummy(optarg);
            break;

        case OPT_DPDK:
            ovs_fatal(0, "--dpdk is not an option of this version: DPDK is "
                      "configured in the database (ovs-vsctl set "
                      "Open_vSwitch . other_config:dpdk-init=true)");

        case OPT_HW_RAWIO_ACCESS:
            o->access_hw = true;
            break;

        case OPT_PEER_CA_CERT:
            stream_ssl_set_peer_ca_cert_file(optarg);
            break;

        case OPT_BOOTSTRAP_CA_CERT:
            stream_ssl_set_ca_cert_file(optarg, true);
            break;

        STREAM_SSL_OPTION_HANDLERS
        VLOG_OPTION_HANDLERS
        DAEMON_OPTION_HANDLERS

        case '?':
            exit(EXIT_FAILURE);

        default:
            OVS_NOT_REACHED();
        }
    }
    free(short_options);

    o->remote = parse_remote(argc - optind, argv + optind);
}

/* Dummy classes come into being while options are parsed, so which datapath
 * and which netdev classes there are can be settled only afterwards. */
static void
choose_classes(const struct options *o)
{
    /* First, because the datapaths look at the host's routes when they are
     * initialized, and keep the devices open that these lead to. */
    if (!o->native_netdevs && !o->dummies_override) {
        netdev_bsd_register();
        netdev_bsd_set_sent(bpf_tap_sent);
        bpf_tap_set_reporter(netdev_bsd_is_ours);
        bpf_tap_set_clock(netdev_bsd_get_times);
        bpf_tap_set_finish(netdev_bsd_finish);
    }
    if (!o->system_disabled && !o->dummies_override) {
        datapath_make_userspace_the_system();
    }
}

/* Locks memory after daemonizing, because a child inherits no locks. */
static void
lock_memory(void)
{
    if (mlockall(MCL_CURRENT | MCL_FUTURE)) {
        VLOG_ERR("cannot lock memory (--mlockall): %s", ovs_strerror(errno));
    } else {
        ovs_compat_set_memory_locked();
    }
}

static void
exit_command(struct unixctl_conn *conn, int argc, const char *argv[],
             void *shutdown_)
{
    struct shutdown *shutdown = shutdown_;

    shutdown->conns = xrealloc(shutdown->conns, (shutdown->n_conns + 1)
                               * sizeof *shutdown->conns);
    shutdown->conns[shutdown->n_conns++] = conn;
    shutdown->cleanup |= argc > 1 && !strcmp(argv[1], "--cleanup");
}

/* Whoever asked for the end gets the answer when there is nothing left that it
 * might collide with. */
static void
reply_to_exit(struct shutdown *shutdown)
{
    for (size_t i = 0; i < shutdown->n_conns; i++) {
        unixctl_command_reply(shutdown->conns[i], NULL);
    }
    free(shutdown->conns);
}

static void
report_memory(void)
{
    struct simap usage = SIMAP_INITIALIZER(&usage);

    bridge_get_memory_usage(&usage);
    memory_report(&usage);
    simap_destroy(&usage);
}

static void
run(struct unixctl_server *unixctl)
{
    memory_run();
    if (memory_should_report()) {
        report_memory();
    }
    bridge_run();
    bpf_tap_run();
    unixctl_server_run(unixctl);
    netdev_run();
}

static void
wait(struct unixctl_server *unixctl)
{
    memory_wait();
    bridge_wait();
    bpf_tap_wait();
    unixctl_server_wait(unixctl);
    netdev_wait();
}

static void
main_loop(struct unixctl_server *unixctl, const struct shutdown *shutdown)
{
    while (!shutdown->n_conns) {
        run(unixctl);
        if (!shutdown->n_conns) {
            wait(unixctl);
            poll_block();
        }
    }
}

int
main(int argc, char *argv[])
{
    struct options options = { .remote = NULL };
    struct shutdown shutdown = { .n_conns = 0 };
    struct unixctl_server *unixctl;

    set_program_name(argv[0]);
    ovsthread_id_init();
    dns_resolve_init(true);
    ovs_cmdl_proctitle_init(argc, argv);
    parse_options(argc, argv, &options);
    fatal_ignore_sigpipe();
    choose_classes(&options);

    ovs_compat_daemonize_start(true, options.access_hw);
    /* In the words that Open vSwitch's own tests expect of a daemon. */
    VLOG_INFO("ovs-vswitchd (Open vSwitch) %s with ovs-bsd %s",
              OVS_PACKAGE_VERSION, OVS_BSD_VERSION);
    if (options.lock_memory) {
        lock_memory();
    }
    if (unixctl_server_create(options.unixctl_path, &unixctl)) {
        exit(EXIT_FAILURE);
    }
    unixctl_command_register("exit", "[--cleanup]", 0, 1, exit_command,
                             &shutdown);
    bridge_init(options.remote);
    bpf_tap_init(options.remote, ovs_rundir());
    free(options.remote);

    main_loop(unixctl, &shutdown);

    bpf_tap_exit();
    bridge_exit(shutdown.cleanup);
    reply_to_exit(&shutdown);
    unixctl_server_destroy(unixctl);
    vlog_disable_async();
    ovsrcu_exit();
    dns_resolve_destroy();
    return 0;
}
