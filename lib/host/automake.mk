noinst_LTLIBRARIES += lib/host/libhost.la

lib_host_libhost_la_SOURCES = lib/host/host.h

# What all systems share.
host_rx_sources = \
	lib/host/host-rx-pcap.c \
	lib/host/host-rx.c \
	lib/host/host-rx.h
if HOST_LINUX
lib_host_libhost_la_SOURCES += \
	$(host_rx_sources) \
	lib/host/host-linux-exclusive.c \
	lib/host/host-linux-io.c \
	lib/host/host-linux-media.c \
	lib/host/host-linux-net.c \
	lib/host/host-linux-tap.c \
	lib/host/host-linux-vnet.c \
	lib/host/host-linux.c \
	lib/host/host-linux.h \
	lib/host/host-rx-packet.c \
	lib/host/host-rx-packet.h \
	lib/host/host-rx-queue.c \
	lib/host/host-rx-ring.c \
	lib/host/host-rtnl.c \
	lib/host/host-rtnl.h
else
EXTRA_DIST += \
	lib/host/host-linux-exclusive.c \
	lib/host/host-linux-io.c \
	lib/host/host-linux-media.c \
	lib/host/host-linux-net.c \
	lib/host/host-linux-tap.c \
	lib/host/host-linux-vnet.c \
	lib/host/host-linux.c \
	lib/host/host-linux.h \
	lib/host/host-rx-packet.c \
	lib/host/host-rx-packet.h \
	lib/host/host-rx-queue.c \
	lib/host/host-rx-ring.c \
	lib/host/host-rtnl.c \
	lib/host/host-rtnl.h
endif

# What the BSDs share, and the file of each.
bsd_host_sources = \
	$(host_rx_sources) \
	lib/host/host-bsd-addr.c \
	lib/host/host-bsd-media.c \
	lib/host/host-bsd-pcap.c \
	lib/host/host-bsd-promisc.c \
	lib/host/host-bsd-route.c \
	lib/host/host-bsd-routes.c \
	lib/host/host-bsd-tap.c \
	lib/host/host-bsd.c \
	lib/host/host-bsd.h \
	lib/host/host-routes.h \
	lib/host/rtbsd.c \
	lib/host/rtbsd.h
if HOST_FREEBSD
lib_host_libhost_la_SOURCES += $(bsd_host_sources) lib/host/host-freebsd.c
endif
if HOST_NETBSD
lib_host_libhost_la_SOURCES += $(bsd_host_sources) lib/host/host-netbsd.c
endif
EXTRA_DIST += \
	$(bsd_host_sources) \
	lib/host/host-freebsd.c \
	lib/host/host-netbsd.c
