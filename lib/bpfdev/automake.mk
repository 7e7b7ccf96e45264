# The client library.  Its version (-version-info) is current:revision:age:
# another revision for each release, another current (and age, if the change
# is compatible) for each change of the interface.
lib_LTLIBRARIES += lib/bpfdev/libbpfdev.la
lib_bpfdev_libbpfdev_la_CPPFLAGS = $(AM_CPPFLAGS)
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
	lib/bpfdev/bpfdev-identity.c \
	lib/bpfdev/bpfdev-ioctl.c \
	lib/bpfdev/bpfdev-list.c \
	lib/bpfdev/bpfdev-private.h \
	lib/bpfdev/bpfdev.c
nodist_lib_bpfdev_libbpfdev_la_SOURCES = lib/bpfdev/bpfdev-rundir.h

# The directories of sockets and logs are those of the Open vSwitch that the
# daemon is linked with.
BUILT_SOURCES += lib/bpfdev/bpfdev-rundir.h
CLEANFILES += lib/bpfdev/bpfdev-rundir.h
$(lib_bpfdev_libbpfdev_la_OBJECTS): lib/bpfdev/bpfdev-rundir.h
lib/bpfdev/bpfdev-rundir.h: $(OVS_STAMP) Makefile
	$(AM_V_GEN)$(MKDIR_P) lib/bpfdev && \
	rundir=`sed -n 's/.*"\(.*\)", "OVS_RUNDIR".*/\1/p' \
	  '$(OVS_BUILD)/lib/dirs.c'` && \
	logdir=`sed -n 's/.*"\(.*\)", "OVS_LOGDIR".*/\1/p' \
	  '$(OVS_BUILD)/lib/dirs.c'` && \
	test -n "$$rundir" && test -n "$$logdir" && \
	{ echo "#define BPFDEV_RUNDIR \"$$rundir\"" && \
	  echo "#define BPFDEV_LOGDIR \"$$logdir\""; } > $@.tmp && \
	mv $@.tmp $@

include_HEADERS += lib/bpfdev/bpfdev.h

pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = lib/bpfdev/libbpfdev.pc

# The manual page, and its example, which the tests run.
dist_man3_MANS += lib/bpfdev/bpfdev.3
check_PROGRAMS += lib/bpfdev/bpfdev-example
lib_bpfdev_bpfdev_example_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/lib/bpfdev
lib_bpfdev_bpfdev_example_LDADD = lib/bpfdev/libbpfdev.la
lib_bpfdev_bpfdev_example_SOURCES = lib/bpfdev/bpfdev-example.c
