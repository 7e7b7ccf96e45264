# The client library.  Its version (-version-info) is current:revision:age:
# another revision for each release, another current (and age, if the change
# is compatible) for each change of the interface.
lib_LTLIBRARIES += lib/bpfdev/libbpfdev.la
lib_bpfdev_libbpfdev_la_CPPFLAGS = $(AM_CPPFLAGS) \
	-DBPFDEV_RUNDIR='"$(localstatedir)/run/openvswitch"'
lib_bpfdev_libbpfdev_la_CFLAGS = $(AM_CFLAGS) -pthread
lib_bpfdev_libbpfdev_la_LIBADD = $(PCAP_LIBS) -lpthread
lib_bpfdev_libbpfdev_la_LDFLAGS = $(AM_LDFLAGS) \
	-version-info 0:0:0 \
	-no-undefined \
	-export-symbols $(srcdir)/lib/bpfdev/libbpfdev.sym
lib_bpfdev_libbpfdev_la_DEPENDENCIES = lib/bpfdev/libbpfdev.sym
EXTRA_DIST += lib/bpfdev/libbpfdev.sym
lib_bpfdev_libbpfdev_la_SOURCES = \
	lib/bpfdev/bpfdev-conn.c \
	lib/bpfdev/bpfdev-filter.c \
	lib/bpfdev/bpfdev-ioctl.c \
	lib/bpfdev/bpfdev-list.c \
	lib/bpfdev/bpfdev-private.h \
	lib/bpfdev/bpfdev.c

include_HEADERS += lib/bpfdev/bpfdev.h

pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = lib/bpfdev/libbpfdev.pc
