# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.

# What a package confines the daemon and the tool with.
EXTRA_DIST += \
	packaging/apparmor/ovs-bpftap \
	packaging/apparmor/ovs-vswitchd

# FreeBSD and NetBSD.
EXTRA_DIST += \
	packaging/freebsd/Makefile \
	packaging/freebsd/files/ovs-bsd-newsyslog.conf.in \
	packaging/freebsd/files/ovs-bsd-reopen-logs.in \
	packaging/freebsd/files/ovs-vswitchd.in \
	packaging/freebsd/files/ovsdb-server.in \
	packaging/freebsd/files/pkg-message.in \
	packaging/freebsd/pkg-descr \
	packaging/freebsd/pkg-plist \
	packaging/pkgsrc/DESCR \
	packaging/pkgsrc/Makefile \
	packaging/pkgsrc/PLIST \
	packaging/pkgsrc/files/ovs_vswitchd.sh \
	packaging/pkgsrc/files/ovsdb_server.sh

# Debian.
EXTRA_DIST += \
	packaging/debian/changelog \
	packaging/debian/clean \
	packaging/debian/control \
	packaging/debian/copyright \
	packaging/debian/examples/ovs-vswitchd.service.d/ovs-bsd.conf \
	packaging/debian/libbpfdev-dev.install \
	packaging/debian/libbpfdev0.install \
	packaging/debian/not-installed \
	packaging/debian/ovs-bsd-switch.README.Debian \
	packaging/debian/ovs-bsd-switch.docs \
	packaging/debian/ovs-bsd-switch.examples \
	packaging/debian/ovs-bsd-switch.install \
	packaging/debian/ovs-bsd-switch.links \
	packaging/debian/ovs-bsd-switch.postinst \
	packaging/debian/ovs-bsd-switch.prerm \
	packaging/debian/ovs-bsd-switch.sysusers \
	packaging/debian/rules \
	packaging/debian/source/format \
	packaging/debian/tests/control \
	packaging/debian/tests/library \
	packaging/debian/tests/takeover

# Debian's packages, in the directory deb of the build tree.  They are built
# from a distribution, and bring an Open vSwitch of their own unless
# DEB_CONFIGURE_FLAGS names trees of one that was configured for Debian's
# directories.
DEB_CONFIGURE_FLAGS =
deb: dist
	rm -rf deb && $(MKDIR_P) deb
	mv $(distdir).tar.gz deb/$(PACKAGE)_$(VERSION).orig.tar.gz
	cd deb && tar xzf $(PACKAGE)_$(VERSION).orig.tar.gz && \
	cd $(distdir) && cp -R packaging/debian debian && \
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
	  DEB_BUILD_OPTIONS="$${DEB_BUILD_OPTIONS-nocheck}" \
	  OVS_BSD_CONFIGURE_FLAGS='$(DEB_CONFIGURE_FLAGS)' \
	  dpkg-buildpackage -us -uc
clean-local: clean-deb
clean-deb:
	rm -rf deb

# Builds them, and installs and removes them beside openvswitch-switch in a
# copy of the machine's root; needs root.  The Open vSwitch of this build tree
# serves if it was configured for Debian's directories.
check-deb:
	flags=; \
	if grep '"/var/run/openvswitch"' '$(OVS_BUILD)/lib/dirs.c' >/dev/null && \
	   grep '"/etc"' '$(OVS_BUILD)/lib/dirs.c' >/dev/null; then \
	  flags='--with-ovs-source=$(OVS_SOURCE) --with-ovs-build=$(OVS_BUILD)'; \
	fi; \
	$(MAKE) deb DEB_CONFIGURE_FLAGS="$$flags"
	$(srcdir)/tests/deb deb
EXTRA_DIST += tests/deb
.PHONY: check-deb clean-deb deb
