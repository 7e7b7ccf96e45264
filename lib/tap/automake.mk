noinst_LTLIBRARIES += lib/tap/libtap.la
lib_tap_libtap_la_CPPFLAGS = $(AM_CPPFLAGS) $(OVS_CPPFLAGS) \
	-DOVS_BSD_VERSION='"$(PACKAGE_VERSION)"'
lib_tap_libtap_la_SOURCES = \
	lib/tap/bpf-tap.c \
	lib/tap/bpf-tap.h \
	lib/tap/tap-appctl.c \
	lib/tap/tap-appctl.h \
	lib/tap/tap-config.c \
	lib/tap/tap-config.h \
	lib/tap/tap-drops.c \
	lib/tap/tap-drops.h \
	lib/tap/tap-feedback.c \
	lib/tap/tap-feedback.h \
	lib/tap/tap-identity.c \
	lib/tap/tap-identity.h \
	lib/tap/tap-inject.c \
	lib/tap/tap-inject.h \
	lib/tap/tap-netdev.c \
	lib/tap/tap-netdev.h \
	lib/tap/tap-ovsdb.c \
	lib/tap/tap-ovsdb.h \
	lib/tap/tap-server.c \
	lib/tap/tap-server.h \
	lib/tap/tap-trunc.c \
	lib/tap/tap-trunc.h \
	lib/tap/tap-tunnel.c \
	lib/tap/tap-tunnel.h \
	lib/tap/tap-whole.c \
	lib/tap/tap-whole.h \
	lib/tap/tap-wrap.c

# What a program needs for its packets to pass the tap point.  Calls that are
# wrapped come from libraries that follow libtap.la, so that the linker must be
# told to take the wrappers in.
link_with_tap = \
	-Wl,--undefined=__wrap_netdev_send \
	-Wl,--wrap=netdev_rxq_recv -Wl,--wrap=netdev_send \
	-Wl,--wrap=netdev_push_header -Wl,--wrap=netdev_pop_header \
	-Wl,--wrap=netdev_reconfigure -Wl,--wrap=odp_execute_actions \
	-Wl,--wrap=dp_packet_uninit -Wl,--wrap=coverage_counter_register

# What a program needs that is to be compared with one of those: it has the
# wrappers, and nobody calls them.
link_without_tap = \
	-Wl,--defsym=__real_netdev_rxq_recv=netdev_rxq_recv \
	-Wl,--defsym=__real_netdev_send=netdev_send \
	-Wl,--defsym=__real_netdev_push_header=netdev_push_header \
	-Wl,--defsym=__real_netdev_pop_header=netdev_pop_header \
	-Wl,--defsym=__real_netdev_reconfigure=netdev_reconfigure \
	-Wl,--defsym=__real_odp_execute_actions=odp_execute_actions \
	-Wl,--defsym=__real_dp_packet_uninit=dp_packet_uninit \
	-Wl,--defsym=__real_coverage_counter_register=coverage_counter_register

dist_man5_MANS += lib/tap/ovs-bpf.conf.5
