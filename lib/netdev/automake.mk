noinst_LTLIBRARIES += lib/netdev/libnetdevbsd.la
lib_netdev_libnetdevbsd_la_SOURCES = \
	lib/netdev/netdev-bsd-private.h \
	lib/netdev/netdev-bsd.c \
	lib/netdev/netdev-bsd.h \
	lib/netdev/netdev-cache.c \
	lib/netdev/netdev-cache.h \
	lib/netdev/netdev-dev.c \
	lib/netdev/netdev-dev.h \
	lib/netdev/netdev-policer.c \
	lib/netdev/netdev-policer.h \
	lib/netdev/netdev-qos.c \
	lib/netdev/netdev-rxq.c \
	lib/netdev/netdev-stats.c \
	lib/netdev/netdev-tap.c \
	lib/netdev/netdev-tx.c
lib_netdev_libnetdevbsd_la_CPPFLAGS = $(AM_CPPFLAGS) $(OVS_CPPFLAGS)
EXTRA_DIST += lib/netdev/DEFECTS.md
dist_man5_MANS += lib/netdev/ovs-netdev-bsd.5
