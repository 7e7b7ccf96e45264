noinst_LTLIBRARIES += lib/netdev/libnetdevbsd.la
lib_netdev_libnetdevbsd_la_SOURCES = \
	lib/netdev/netdev-bsd-private.h \
	lib/netdev/netdev-bsd.c \
	lib/netdev/netdev-bsd.h \
	lib/netdev/netdev-cache.c \
	lib/netdev/netdev-cache.h \
	lib/netdev/netdev-chore.c \
	lib/netdev/netdev-chore.h \
	lib/netdev/netdev-dev.c \
	lib/netdev/netdev-dev.h \
	lib/netdev/netdev-leftovers.c \
	lib/netdev/netdev-leftovers.h \
	lib/netdev/netdev-offload.c \
	lib/netdev/netdev-offload.h \
	lib/netdev/netdev-pmd.c \
	lib/netdev/netdev-poll.c \
	lib/netdev/netdev-policer.c \
	lib/netdev/netdev-policer.h \
	lib/netdev/netdev-qos.c \
	lib/netdev/netdev-ready.c \
	lib/netdev/netdev-rxq.c \
	lib/netdev/netdev-stats.c \
	lib/netdev/netdev-tap.c \
	lib/netdev/netdev-tx.c

# Ports that are polled by threads of their own (netdev-pmd.c), and reads that
# can be done without (netdev-poll.c).  The calls come from a library that
# follows ours, so that the linker must be told to take the wrappers in.
link_with_pmd = \
	-Wl,--undefined=__wrap_netdev_is_pmd -Wl,--wrap=netdev_is_pmd
link_with_ready = \
	-Wl,--undefined=__wrap_poll -Wl,--wrap=poll \
	-Wl,--wrap=accept -Wl,--wrap=read -Wl,--wrap=recv \
	-Wl,--wrap=recvfrom -Wl,--wrap=recvmsg -Wl,--wrap=close

# The routes of systems whose routes Open vSwitch does not read.  The calls of
# --wrap come from libraries that follow ours, so that the linker must be told
# to take the wrappers in.
bsd_netdev_sources = lib/netdev/netdev-route.c
link_with_bsd_routes = \
	-Wl,--undefined=__wrap_route_table_run \
	-Wl,--wrap=route_table_init -Wl,--wrap=route_table_run \
	-Wl,--wrap=route_table_wait -Wl,--wrap=route_table_get_change_seq \
	-Wl,--wrap=route_table_fallback_lookup
if HOST_LINUX
EXTRA_DIST += $(bsd_netdev_sources)
link_with_routes =
else
lib_netdev_libnetdevbsd_la_SOURCES += $(bsd_netdev_sources)
link_with_routes = $(link_with_bsd_routes)
endif
lib_netdev_libnetdevbsd_la_CPPFLAGS = $(AM_CPPFLAGS) $(OVS_CPPFLAGS)
EXTRA_DIST += lib/netdev/DEFECTS.md
dist_man5_MANS += lib/netdev/ovs-netdev-bsd.5
