sbin_PROGRAMS += vswitchd/ovs-vswitchd
vswitchd_ovs_vswitchd_SOURCES = \
	vswitchd/backtrace.c \
	vswitchd/datapath.c \
	vswitchd/datapath.h \
	vswitchd/ovs-vswitchd.c
vswitchd_ovs_vswitchd_CPPFLAGS = $(AM_CPPFLAGS) $(OVS_CPPFLAGS) \
	-DOVS_BSD_VERSION='"$(PACKAGE_VERSION)"'
vswitchd_ovs_vswitchd_LDFLAGS = $(AM_LDFLAGS) $(link_with_switch) \
	-Wl,--wrap=$(UNWIND_GET_PROC_NAME)
vswitchd_ovs_vswitchd_LDADD = $(SWITCH_LIBS)
vswitchd_ovs_vswitchd_DEPENDENCIES = $(SWITCH_OWN_LIBS) $(OVS_STAMP)

# What any program needs that has the whole switch in it.  The calls that
# --wrap names are served by lib/tap (the tap point) and vswitchd/datapath.c.
link_with_switch = -export-dynamic $(link_with_tap) \
	-Wl,--wrap=ofproto_normalize_type
SWITCH_OWN_LIBS = \
	lib/tap/libtap.la \
	lib/bpf/libbpfmod.la \
	lib/netdev/libnetdevbsd.la \
	lib/host/libhost.la
SWITCH_LIBS = $(SWITCH_OWN_LIBS) $(OVS_VSWITCHD_LIBS) \
	$(PCAP_LIBS) $(UNWIND_LIBS)

dist_man8_MANS += vswitchd/ovs-vswitchd.8
