# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.
#
# The BSD host files on fake BSD kernels.  See README.md in this directory.

TESTSUITE_AT += \
	tests/bsd-host.at \
	tests/bsd-switch.at \
	tests/bsd-tunnel.at

EXTRA_DIST += \
	$(bsd_fake_headers) \
	tests/bsd/README.md \
	tests/bsd/duplicates.py \
	tests/bsd/layers.py \
	tests/bsd/portable.py \
	tests/bsd/rc.subr

if HOST_LINUX
# The fake kernels' calls and structures take the place of the system's.
bsd_fake_cppflags = $(AM_CPPFLAGS) -I$(srcdir)/tests/bsd
bsd_freebsd_cppflags = $(bsd_fake_cppflags) \
	-isystem $(srcdir)/tests/bsd/freebsd \
	-isystem $(srcdir)/tests/bsd/include \
	-include $(srcdir)/tests/bsd/fake-pcap.h
bsd_netbsd_cppflags = $(bsd_fake_cppflags) \
	-isystem $(srcdir)/tests/bsd/netbsd \
	-isystem $(srcdir)/tests/bsd/include \
	-include $(srcdir)/tests/bsd/fake-pcap.h

# These tests are about memory as well, so they always run with a sanitizer,
# unless everything is built with one anyway.
bsd_sanitize = $(if $(findstring -fsanitize,$(CFLAGS)),, \
	-fsanitize=address,undefined)

check_LTLIBRARIES = \
	tests/bsd/libfake.la \
	tests/bsd/libnetdev-fake.la

# What does not depend on the system.
bsd_fake_sources = \
	tests/bsd/fake-kernel.c \
	tests/bsd/fake-kernel.h \
	tests/bsd/fake-pcap.c \
	tests/bsd/fake-pcap.h \
	tests/bsd/fake-stack.c \
	tests/bsd/fake-state.c
tests_bsd_libfake_la_SOURCES = $(bsd_fake_sources)
tests_bsd_libfake_la_CPPFLAGS = $(bsd_fake_cppflags)

# The provider, with the routes that only the BSDs need.
tests_bsd_libnetdev_fake_la_SOURCES = \
	$(lib_netdev_libnetdevbsd_la_SOURCES) \
	$(bsd_netdev_sources)
tests_bsd_libnetdev_fake_la_CPPFLAGS = $(bsd_fake_cppflags) \
	$(OVS_CPPFLAGS)

# The fake libpcap and kernel under the sanitizer.
check_LTLIBRARIES += tests/bsd/libfake-sanitized.la
tests_bsd_libfake_sanitized_la_SOURCES = $(bsd_fake_sources)
tests_bsd_libfake_sanitized_la_CPPFLAGS = $(bsd_fake_cppflags)
tests_bsd_libfake_sanitized_la_CFLAGS = $(AM_CFLAGS) $(bsd_sanitize)

# FreeBSD.
bsd_freebsd_sources = \
	$(bsd_host_sources) \
	$(freebsd_host_sources) \
	tests/bsd/fake-bsd.c \
	tests/bsd/fake-bsd.h \
	tests/bsd/fake-freebsd.c
check_LTLIBRARIES += tests/bsd/libhost-freebsd.la
tests_bsd_libhost_freebsd_la_SOURCES = $(bsd_freebsd_sources)
tests_bsd_libhost_freebsd_la_CPPFLAGS = $(bsd_freebsd_cppflags)

check_PROGRAMS += tests/bsd/test-abi-freebsd
tests_bsd_test_abi_freebsd_SOURCES = tests/bsd/test-abi-freebsd.c tests/bsd/abi.h
tests_bsd_test_abi_freebsd_CPPFLAGS = $(bsd_freebsd_cppflags)

check_PROGRAMS += tests/bsd/test-host-freebsd
tests_bsd_test_host_freebsd_SOURCES = tests/bsd/test-host.c $(bsd_freebsd_sources)
tests_bsd_test_host_freebsd_CPPFLAGS = $(bsd_freebsd_cppflags)
tests_bsd_test_host_freebsd_CFLAGS = $(AM_CFLAGS) $(bsd_sanitize)
tests_bsd_test_host_freebsd_LDADD = tests/bsd/libfake-sanitized.la

check_PROGRAMS += tests/bsd/fuzz-rtbsd-freebsd
tests_bsd_fuzz_rtbsd_freebsd_SOURCES = \
	tests/bsd/fuzz-rtbsd.c $(bsd_freebsd_sources)
tests_bsd_fuzz_rtbsd_freebsd_CPPFLAGS = $(bsd_freebsd_cppflags) -DFUZZER_MAIN
tests_bsd_fuzz_rtbsd_freebsd_CFLAGS = $(AM_CFLAGS) $(bsd_sanitize)
tests_bsd_fuzz_rtbsd_freebsd_LDADD = tests/bsd/libfake-sanitized.la

# The whole switch.  Its name is the real one's, because its files are named
# after it.
check_PROGRAMS += tests/bsd/switch-freebsd/ovs-vswitchd
tests_bsd_switch_freebsd_ovs_vswitchd_SOURCES = \
	$(vswitchd_ovs_vswitchd_SOURCES) \
	tests/bsd/fake-ctl.c
tests_bsd_switch_freebsd_ovs_vswitchd_CPPFLAGS = \
	$(vswitchd_ovs_vswitchd_CPPFLAGS) -I$(srcdir)/tests/bsd
tests_bsd_switch_freebsd_ovs_vswitchd_LDFLAGS = \
	$(vswitchd_ovs_vswitchd_LDFLAGS) $(link_with_bsd_routes)
tests_bsd_switch_freebsd_ovs_vswitchd_LDADD = \
	lib/tap/libtap.la \
	lib/bpf/libbpfmod.la \
	tests/bsd/libnetdev-fake.la \
	tests/bsd/libhost-freebsd.la \
	tests/bsd/libfake.la \
	$(OVS_VSWITCHD_LIBS) $(PCAP_LIBS) $(UNWIND_LIBS)

# What the module of capture devices asks of FreeBSD: compiled, not run.
check_LTLIBRARIES += tests/bsd/libpeercred-freebsd.la
tests_bsd_libpeercred_freebsd_la_SOURCES = lib/bpf/bpf-peercred.c
tests_bsd_libpeercred_freebsd_la_CPPFLAGS = $(bsd_freebsd_cppflags) $(OVS_CPPFLAGS)

# NetBSD.
bsd_netbsd_sources = \
	$(bsd_host_sources) \
	$(netbsd_host_sources) \
	tests/bsd/fake-bsd.c \
	tests/bsd/fake-bsd.h \
	tests/bsd/fake-netbsd.c
check_LTLIBRARIES += tests/bsd/libhost-netbsd.la
tests_bsd_libhost_netbsd_la_SOURCES = $(bsd_netbsd_sources)
tests_bsd_libhost_netbsd_la_CPPFLAGS = $(bsd_netbsd_cppflags)

check_PROGRAMS += tests/bsd/test-abi-netbsd
tests_bsd_test_abi_netbsd_SOURCES = tests/bsd/test-abi-netbsd.c tests/bsd/abi.h
tests_bsd_test_abi_netbsd_CPPFLAGS = $(bsd_netbsd_cppflags)

check_PROGRAMS += tests/bsd/test-host-netbsd
tests_bsd_test_host_netbsd_SOURCES = tests/bsd/test-host.c $(bsd_netbsd_sources)
tests_bsd_test_host_netbsd_CPPFLAGS = $(bsd_netbsd_cppflags)
tests_bsd_test_host_netbsd_CFLAGS = $(AM_CFLAGS) $(bsd_sanitize)
tests_bsd_test_host_netbsd_LDADD = tests/bsd/libfake-sanitized.la

check_PROGRAMS += tests/bsd/fuzz-rtbsd-netbsd
tests_bsd_fuzz_rtbsd_netbsd_SOURCES = \
	tests/bsd/fuzz-rtbsd.c $(bsd_netbsd_sources)
tests_bsd_fuzz_rtbsd_netbsd_CPPFLAGS = $(bsd_netbsd_cppflags) -DFUZZER_MAIN
tests_bsd_fuzz_rtbsd_netbsd_CFLAGS = $(AM_CFLAGS) $(bsd_sanitize)
tests_bsd_fuzz_rtbsd_netbsd_LDADD = tests/bsd/libfake-sanitized.la

# The whole switch.  Its name is the real one's, because its files are named
# after it.
check_PROGRAMS += tests/bsd/switch-netbsd/ovs-vswitchd
tests_bsd_switch_netbsd_ovs_vswitchd_SOURCES = \
	$(vswitchd_ovs_vswitchd_SOURCES) \
	tests/bsd/fake-ctl.c
tests_bsd_switch_netbsd_ovs_vswitchd_CPPFLAGS = \
	$(vswitchd_ovs_vswitchd_CPPFLAGS) -I$(srcdir)/tests/bsd
tests_bsd_switch_netbsd_ovs_vswitchd_LDFLAGS = \
	$(vswitchd_ovs_vswitchd_LDFLAGS) $(link_with_bsd_routes)
tests_bsd_switch_netbsd_ovs_vswitchd_LDADD = \
	lib/tap/libtap.la \
	lib/bpf/libbpfmod.la \
	tests/bsd/libnetdev-fake.la \
	tests/bsd/libhost-netbsd.la \
	tests/bsd/libfake.la \
	$(OVS_VSWITCHD_LIBS) $(PCAP_LIBS) $(UNWIND_LIBS)

check_LTLIBRARIES += tests/bsd/libpeercred-netbsd.la
tests_bsd_libpeercred_netbsd_la_SOURCES = lib/bpf/bpf-peercred.c
tests_bsd_libpeercred_netbsd_la_CPPFLAGS = $(bsd_netbsd_cppflags) $(OVS_CPPFLAGS)

else
EXTRA_DIST += \
	tests/bsd/abi.h \
	tests/bsd/fake-bsd.c \
	tests/bsd/fake-bsd.h \
	tests/bsd/fake-ctl.c \
	tests/bsd/fake-freebsd.c \
	tests/bsd/fake-kernel.c \
	tests/bsd/fake-kernel.h \
	tests/bsd/fake-netbsd.c \
	tests/bsd/fake-pcap.c \
	tests/bsd/fake-pcap.h \
	tests/bsd/fake-stack.c \
	tests/bsd/fake-state.c \
	tests/bsd/fuzz-rtbsd.c \
	tests/bsd/test-abi-freebsd.c \
	tests/bsd/test-abi-netbsd.c \
	tests/bsd/test-host.c
endif

bsd_fake_headers = \
	tests/bsd/freebsd/flavour-socket.h \
	tests/bsd/freebsd/flavour-sysctl.h \
	tests/bsd/freebsd/flavour-un.h \
	tests/bsd/freebsd/net/bpf.h \
	tests/bsd/freebsd/net/if.h \
	tests/bsd/freebsd/net/if_dl.h \
	tests/bsd/freebsd/net/if_media.h \
	tests/bsd/freebsd/net/if_mib.h \
	tests/bsd/freebsd/net/if_tap.h \
	tests/bsd/freebsd/net/route.h \
	tests/bsd/freebsd/netinet/in_var.h \
	tests/bsd/freebsd/sys/sockio.h \
	tests/bsd/freebsd/sys/ucred.h \
	tests/bsd/freebsd/sys/user.h \
	tests/bsd/include/bsd-calls.h \
	tests/bsd/include/fcntl.h \
	tests/bsd/include/flavour-bpf-common.h \
	tests/bsd/include/flavour-if-common.h \
	tests/bsd/include/flavour-media-common.h \
	tests/bsd/include/flavour-route-common.h \
	tests/bsd/include/ifaddrs.h \
	tests/bsd/include/net/if_types.h \
	tests/bsd/include/netinet/in.h \
	tests/bsd/include/sys/filio.h \
	tests/bsd/include/sys/ioccom.h \
	tests/bsd/include/sys/ioctl.h \
	tests/bsd/include/sys/socket.h \
	tests/bsd/include/sys/sysctl.h \
	tests/bsd/include/sys/un.h \
	tests/bsd/include/unistd.h \
	tests/bsd/netbsd/flavour-socket.h \
	tests/bsd/netbsd/flavour-sysctl.h \
	tests/bsd/netbsd/flavour-un.h \
	tests/bsd/netbsd/net/bpf.h \
	tests/bsd/netbsd/net/if.h \
	tests/bsd/netbsd/net/if_dl.h \
	tests/bsd/netbsd/net/if_ether.h \
	tests/bsd/netbsd/net/if_media.h \
	tests/bsd/netbsd/net/if_tap.h \
	tests/bsd/netbsd/net/route.h \
	tests/bsd/netbsd/netinet/in_var.h \
	tests/bsd/netbsd/sys/sockio.h
