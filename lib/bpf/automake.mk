noinst_LTLIBRARIES += lib/bpf/libbpfmod.la
lib_bpf_libbpfmod_la_CPPFLAGS = $(AM_CPPFLAGS) $(OVS_CPPFLAGS)
lib_bpf_libbpfmod_la_CFLAGS = $(AM_CFLAGS) $(PREFETCH_CFLAGS)
lib_bpf_libbpfmod_la_LIBADD = $(PCAP_LIBS)
lib_bpf_libbpfmod_la_SOURCES = \
	lib/printable.c \
	lib/printable.h \
	lib/bpf/bpf-client.c \
	lib/bpf/bpf-client.h \
	lib/bpf/bpf-config.c \
	lib/bpf/bpf-config.h \
	lib/bpf/bpf-cost.c \
	lib/bpf/bpf-cost.h \
	lib/bpf/bpf-device.c \
	lib/bpf/bpf-device.h \
	lib/bpf/bpf-feed.c \
	lib/bpf/bpf-feed.h \
	lib/bpf/bpf-filter.c \
	lib/bpf/bpf-filter.h \
	lib/bpf/bpf-jit-aarch64.c \
	lib/bpf/bpf-jit-arch.h \
	lib/bpf/bpf-jit-none.c \
	lib/bpf/bpf-jit-x86_64.c \
	lib/bpf/bpf-jit.c \
	lib/bpf/bpf-jit.h \
	lib/bpf/bpf-passed.c \
	lib/bpf/bpf-passed.h \
	lib/bpf/bpf-pool.c \
	lib/bpf/bpf-pool.h \
	lib/bpf/bpf-port.c \
	lib/bpf/bpf-port.h \
	lib/bpf/bpf-quota.c \
	lib/bpf/bpf-quota.h \
	lib/bpf/bpf-record.h \
	lib/bpf/bpf-registry.h \
	lib/bpf/bpf-share.c \
	lib/bpf/bpf-share.h \
	lib/bpf/bpf-stream.h \
	lib/bpf/bpf-totals.c \
	lib/bpf/bpf-totals.h

# The server of capture clients.
lib_bpf_libbpfmod_la_SOURCES += \
	lib/bpf/bpf-conn.c \
	lib/bpf/bpf-conn.h \
	lib/bpf/bpf-peercred.c \
	lib/bpf/bpf-peercred.h \
	lib/bpf/bpf-poller.c \
	lib/bpf/bpf-poller.h \
	lib/bpf/bpf-proto.h \
	lib/bpf/bpf-request.c \
	lib/bpf/bpf-request.h \
	lib/bpf/bpf-server.c \
	lib/bpf/bpf-server.h \
	lib/bpf/bpf-shm.c \
	lib/bpf/bpf-shm.h
