# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.

# make bench: runs what BENCHMARKS names, in this order.  A program among them
# also goes into EXTRA_PROGRAMS, so that it is not built by default.  It is run
# without arguments in the build directory, prints its own tables, and exits
# with status 77, after a line that says why, where it cannot run.
#
#     make bench BENCH='forwarding tap' BENCH_RUNS=9 BENCH_SECONDS=2
BENCHMARKS += \
	tests/bench/bench-forwarding \
	tests/bench/bench-ports \
	tests/bench/bench-tcp \
	tests/bench/bench-tap \
	tests/bench/bench-capture \
	tests/bench/bench-attack \
	tests/bench/bench-why \
	tests/bench/bench-restart \
	tests/bench/bench-calls
# What benchmarks need besides themselves.
BENCH_TOOLS = $(check_PROGRAMS)

bench: all $(BENCHMARKS) $(BENCH_TOOLS)
	@programs=; for program in $(BENCHMARKS); do \
	  test -f $$program || program=$(srcdir)/$$program; \
	  programs="$$programs $$program"; \
	done; \
	$(SHELL) $(srcdir)/tests/bench/bench tests/atlocal $$programs
.PHONY: bench

# The attacks alone, all of them together for half an hour at the end.
bench-attack:
	ATTACK_MINUTES=$${ATTACK_MINUTES-30} $(MAKE) bench BENCH=attack
.PHONY: bench-attack

# Tests have it, too.
if HOST_LINUX
check_PROGRAMS += tests/bench/blast
tests_bench_blast_SOURCES = tests/bench/blast.c
EXTRA_PROGRAMS += tests/bench/spend
BENCH_TOOLS += tests/bench/spend
CLEANFILES += tests/bench/spend
tests_bench_spend_SOURCES = tests/bench/spend.c
else
EXTRA_DIST += tests/bench/blast.c tests/bench/spend.c
endif

EXTRA_DIST += \
	tests/bench/RESULTS.md \
	tests/bench/bench \
	tests/bench/bench-attack \
	tests/bench/bench-calls \
	tests/bench/bench-capture \
	tests/bench/bench-forwarding \
	tests/bench/bench-lib.sh \
	tests/bench/bench-ports \
	tests/bench/bench-restart \
	tests/bench/bench-tcp \
	tests/bench/bench-tap \
	tests/bench/bench-why \
	tests/bench/table.awk
TESTSUITE_AT += tests/bench.at

# Daemons with a source and sink of packets inside (bench-netdev.c).  The
# second is linked without the tap point.
bench_daemon_sources = \
	vswitchd/datapath.c \
	vswitchd/datapath.h \
	vswitchd/ovs-vswitchd.c \
	tests/bench/bench-netdev.c
EXTRA_PROGRAMS += \
	tests/bench/tapped/ovs-vswitchd \
	tests/bench/bare/ovs-vswitchd
BENCH_TOOLS += \
	tests/bench/tapped/ovs-vswitchd \
	tests/bench/bare/ovs-vswitchd
CLEANFILES += \
	tests/bench/tapped/ovs-vswitchd \
	tests/bench/bare/ovs-vswitchd
tests_bench_tapped_ovs_vswitchd_SOURCES = $(bench_daemon_sources)
tests_bench_tapped_ovs_vswitchd_CPPFLAGS = $(vswitchd_ovs_vswitchd_CPPFLAGS)
tests_bench_tapped_ovs_vswitchd_LDFLAGS = $(AM_LDFLAGS) $(link_with_switch) \
	-Wl,--wrap=bridge_init
tests_bench_tapped_ovs_vswitchd_LDADD = $(SWITCH_LIBS)
tests_bench_tapped_ovs_vswitchd_DEPENDENCIES = $(SWITCH_OWN_LIBS) $(OVS_STAMP)
tests_bench_bare_ovs_vswitchd_SOURCES = $(bench_daemon_sources)
tests_bench_bare_ovs_vswitchd_CPPFLAGS = $(vswitchd_ovs_vswitchd_CPPFLAGS)
tests_bench_bare_ovs_vswitchd_LDFLAGS = $(AM_LDFLAGS) \
	$(link_with_datapath) $(link_without_tap) -Wl,--wrap=bridge_init
tests_bench_bare_ovs_vswitchd_LDADD = $(SWITCH_LIBS)
tests_bench_bare_ovs_vswitchd_DEPENDENCIES = $(SWITCH_OWN_LIBS) $(OVS_STAMP)

EXTRA_PROGRAMS += tests/bench/tap-load
BENCH_TOOLS += tests/bench/tap-load
CLEANFILES += tests/bench/tap-load
tests_bench_tap_load_SOURCES = tests/bench/tap-load.c
tests_bench_tap_load_CPPFLAGS = $(AM_CPPFLAGS) $(OVS_CPPFLAGS)
tests_bench_tap_load_LDADD = lib/bpfdev/libbpfdev.la $(OVS_LIBS)

# Filters and the storing of packets, without a switch.
BENCHMARKS += tests/bench/bench-filter
EXTRA_PROGRAMS += tests/bench/bench-filter
CLEANFILES += tests/bench/bench-filter
tests_bench_bench_filter_SOURCES = tests/bench/bench-filter.c
tests_bench_bench_filter_CPPFLAGS = $(AM_CPPFLAGS) $(OVS_CPPFLAGS)
tests_bench_bench_filter_LDADD = \
	lib/bpf/libbpfmod.la $(OVS_LIBS) $(PCAP_LIBS)

# The notifier and the caches of the provider, on fake BSD kernels.
if HOST_LINUX
bsd_bench_programs = \
	tests/bench/bench-notifier-freebsd \
	tests/bench/bench-notifier-netbsd
BENCHMARKS += $(bsd_bench_programs)
EXTRA_PROGRAMS += $(bsd_bench_programs)
CLEANFILES += $(bsd_bench_programs)
tests_bench_bench_notifier_freebsd_SOURCES = tests/bench/bench-notifier.c
tests_bench_bench_notifier_freebsd_CPPFLAGS = $(AM_CPPFLAGS) $(OVS_CPPFLAGS) \
	-I$(srcdir)
tests_bench_bench_notifier_freebsd_LDADD = \
	tests/bsd/libnetdev-fake.la \
	tests/bsd/libhost-freebsd.la \
	tests/bsd/libfake.la \
	$(OVS_LIBS) $(PCAP_LIBS)
tests_bench_bench_notifier_netbsd_SOURCES = tests/bench/bench-notifier.c
tests_bench_bench_notifier_netbsd_CPPFLAGS = $(AM_CPPFLAGS) $(OVS_CPPFLAGS) \
	-I$(srcdir)
tests_bench_bench_notifier_netbsd_LDADD = \
	tests/bsd/libnetdev-fake.la \
	tests/bsd/libhost-netbsd.la \
	tests/bsd/libfake.la \
	$(OVS_LIBS) $(PCAP_LIBS)
else
EXTRA_DIST += tests/bench/bench-notifier.c
endif

# Capture clients of their own: bench-bpfdev.
BENCHMARKS += tests/bench/bench-bpfdev
EXTRA_PROGRAMS += tests/bench/bench-bpfdev
CLEANFILES += tests/bench/bench-bpfdev
tests_bench_bench_bpfdev_CPPFLAGS = $(AM_CPPFLAGS) $(OVS_CPPFLAGS)
tests_bench_bench_bpfdev_LDADD = $(bpfdev_switch_libs)
tests_bench_bench_bpfdev_SOURCES = \
	tests/bench/bench-bpfdev.c \
	$(bpfdev_switch_sources)
