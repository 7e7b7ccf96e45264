# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.

# The start script for FreeBSD and NetBSD.  The directories are Open vSwitch's.
EXTRA_DIST += INSTALL-BSD.md utilities/rc.d/ovs_bsd.in
noinst_SCRIPTS = utilities/rc.d/ovs_bsd
CLEANFILES += utilities/rc.d/ovs_bsd
utilities/rc.d/ovs_bsd: utilities/rc.d/ovs_bsd.in Makefile
	$(AM_V_GEN)$(MKDIR_P) utilities/rc.d && \
	sed -e 's|@sbindir[@]|$(sbindir)|; s|@bindir[@]|$(bindir)|' \
	    -e 's|@rundir[@]|$(ovs_rundir)|' \
	    -e 's|@logdir[@]|$(ovs_logdir)|' \
	    -e 's|@dbdir[@]|$(ovs_dbdir)|' \
	    -e 's|@pkgdatadir[@]|$(datadir)/openvswitch|' \
	    $(srcdir)/utilities/rc.d/ovs_bsd.in >$@.tmp && \
	chmod +x $@.tmp && mv $@.tmp $@

if !HOST_LINUX
rcdir = $(sysconfdir)/rc.d
rc_SCRIPTS = utilities/rc.d/ovs_bsd
endif
