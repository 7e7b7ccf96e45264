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

# What the BSDs share, and the files of each.
bsd_host_sources = \
	$(host_rx_sources) \
	lib/host/host-bsd-addr.c \
	lib/host/host-bsd-bpf.c \
	lib/host/host-bsd-media.c \
	lib/host/host-bsd-notifier.c \
	lib/host/host-bsd-offload.c \
	lib/host/host-bsd-pcap.c \
	lib/host/host-bsd-promisc.c \
	lib/host/host-bsd-request.c \
	lib/host/host-bsd-request.h \
	lib/host/host-bsd-route.c \
	lib/host/host-bsd-routes.c \
	lib/host/host-bsd-rx.c \
	lib/host/host-bsd-tap.c \
	lib/host/host-bsd-tx.c \
	lib/host/host-bsd.c \
	lib/host/host-bsd.h \
	lib/host/host-routes.h \
	lib/host/rtbsd.c \
	lib/host/rtbsd.h
freebsd_host_sources = \
	lib/host/host-freebsd-tables.c \
	lib/host/host-freebsd.c
netbsd_host_sources = \
	lib/host/host-netbsd-tables.c \
	lib/host/host-netbsd.c
if HOST_FREEBSD
lib_host_libhost_la_SOURCES += $(bsd_host_sources) $(freebsd_host_sources)
endif
if HOST_NETBSD
lib_host_libhost_la_SOURCES += $(bsd_host_sources) $(netbsd_host_sources)
endif
EXTRA_DIST += \
	$(bsd_host_sources) \
	$(freebsd_host_sources) \
	$(netbsd_host_sources)
