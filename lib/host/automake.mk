noinst_LTLIBRARIES += lib/host/libhost.la
lib_host_libhost_la_SOURCES = lib/host/host.h
if HOST_LINUX
lib_host_libhost_la_SOURCES += \
	lib/host/host-linux.c \
	lib/host/host-rtnl.c \
	lib/host/host-rtnl.h
else
EXTRA_DIST += \
	lib/host/host-linux.c \
	lib/host/host-rtnl.c \
	lib/host/host-rtnl.h
endif
