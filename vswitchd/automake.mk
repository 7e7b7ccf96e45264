sbin_PROGRAMS += vswitchd/ovs-vswitchd
vswitchd_ovs_vswitchd_SOURCES = \
	vswitchd/backtrace.c \
	vswitchd/datapath.c \
	vswitchd/datapath.h \
	vswitchd/lock.c \
	vswitchd/ovs-vswitchd.c \
	vswitchd/schema.c \
	vswitchd/schema.h \
	vswitchd/status.c \
	vswitchd/version.c
vswitchd_ovs_vswitchd_CPPFLAGS = $(AM_CPPFLAGS) $(OVS_CPPFLAGS) \
	-DOVS_BSD_VERSION='"$(PACKAGE_VERSION)"'
vswitchd_ovs_vswitchd_LDFLAGS = $(AM_LDFLAGS) $(link_with_switch) \
	-Wl,--wrap=$(UNWIND_GET_PROC_NAME) \
	-Wl,--wrap=ovs_get_program_version \
	-Wl,--wrap=ovsdb_idl_has_lock \
	-Wl,--wrap=ovsrec_interface_set_error \
	-Wl,--wrap=ovsrec_interface_set_status
vswitchd_ovs_vswitchd_LDADD = $(SWITCH_LIBS)
vswitchd_ovs_vswitchd_DEPENDENCIES = $(SWITCH_OWN_LIBS) $(OVS_STAMP)

# What any program needs that has the whole switch in it.  The calls that
# --wrap names are served by lib/tap (the tap point), lib/netdev and vswitchd/datapath.c.
link_with_switch = $(link_with_tap) $(link_with_datapath)
link_with_datapath = -export-dynamic $(link_with_routes) $(link_with_pmd) \
	$(link_with_ready) \
	-Wl,--wrap=dp_enumerate_names \
	-Wl,--wrap=dp_enumerate_types \
	-Wl,--wrap=dp_parse_name \
	-Wl,--wrap=ofproto_ct_del_zone_timeout_policy \
	-Wl,--wrap=ofproto_ct_set_zone_timeout_policy \
	-Wl,--wrap=ofproto_ct_zone_limit_protection_update \
	-Wl,--wrap=ofproto_ct_zone_limit_update \
	-Wl,--wrap=ofproto_get_datapath_cap \
	-Wl,--wrap=ofproto_normalize_type
SWITCH_OWN_LIBS = \
	lib/tap/libtap.la \
	lib/bpf/libbpfmod.la \
	lib/netdev/libnetdevbsd.la \
	lib/host/libhost.la
SWITCH_LIBS = $(SWITCH_OWN_LIBS) $(OVS_VSWITCHD_LIBS) \
	$(PCAP_LIBS) $(UNWIND_LIBS)

dist_man8_MANS += vswitchd/ovs-vswitchd.8
