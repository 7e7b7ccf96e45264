# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.

bin_PROGRAMS += utilities/ovs-bpftap

# What the tests of single modules need, too.
BPFTAP_MODULES = \
	lib/printable.c \
	lib/printable.h \
	utilities/bpftap-child.c \
	utilities/bpftap-child.h \
	utilities/bpftap-compress.c \
	utilities/bpftap-compress.h \
	utilities/bpftap-files.c \
	utilities/bpftap-files.h \
	utilities/bpftap-files-name.c \
	utilities/bpftap-files-parse.c \
	utilities/bpftap-files-private.h \
	utilities/bpftap-files-record.c \
	utilities/bpftap-format.c \
	utilities/bpftap-format.h \
	utilities/bpftap-labels.c \
	utilities/bpftap-labels.h \
	utilities/bpftap-merge.c \
	utilities/bpftap-merge.h \
	utilities/bpftap-output.c \
	utilities/bpftap-output.h \
	utilities/bpftap-ring.c \
	utilities/bpftap-ring.h \
	utilities/bpftap-util.c \
	utilities/bpftap-util.h

# The capture itself, which the tests run without a switch.
BPFTAP_ENGINE = \
	$(BPFTAP_MODULES) \
	utilities/bpftap-control.c \
	utilities/bpftap-control.h \
	utilities/bpftap-drops.c \
	utilities/bpftap-drops.h \
	utilities/bpftap-engine.c \
	utilities/bpftap-engine.h \
	utilities/bpftap-engine-packets.c \
	utilities/bpftap-engine-ports.c \
	utilities/bpftap-engine-private.h \
	utilities/bpftap-engine-report.c \
	utilities/bpftap-filter.c \
	utilities/bpftap-filter.h \
	utilities/bpftap-mirror.c \
	utilities/bpftap-mirror.h \
	utilities/bpftap-names.c \
	utilities/bpftap-names.h \
	utilities/bpftap-ports.c \
	utilities/bpftap-ports.h \
	utilities/bpftap-socket.c \
	utilities/bpftap-socket.h \
	utilities/bpftap-source.c \
	utilities/bpftap-source.h \
	utilities/bpftap-spec.c \
	utilities/bpftap-who.c \
	utilities/bpftap-who.h \
	utilities/bpftap-tap.c \
	utilities/bpftap-tap.h

utilities_ovs_bpftap_SOURCES = \
	$(BPFTAP_ENGINE) \
	utilities/bpftap-brief.c \
	utilities/bpftap-brief.h \
	utilities/bpftap-capture.c \
	utilities/bpftap-commands.h \
	utilities/bpftap-csv.c \
	utilities/bpftap-csv.h \
	utilities/bpftap-dump.c \
	utilities/bpftap-events-db.c \
	utilities/bpftap-events-log.c \
	utilities/bpftap-events-private.h \
	utilities/bpftap-events.c \
	utilities/bpftap-events.h \
	utilities/bpftap-exporter.c \
	utilities/bpftap-extcap.c \
	utilities/bpftap-fact.c \
	utilities/bpftap-fact.h \
	utilities/bpftap-follow.c \
	utilities/bpftap-forecast.c \
	utilities/bpftap-forecast.h \
	utilities/bpftap-inject.c \
	utilities/bpftap-latency.c \
	utilities/bpftap-latency.h \
	utilities/bpftap-list.c \
	utilities/bpftap-logical.c \
	utilities/bpftap-logical.h \
	utilities/bpftap-metrics.c \
	utilities/bpftap-metrics.h \
	utilities/bpftap-options.c \
	utilities/bpftap-options.h \
	utilities/bpftap-outer.c \
	utilities/bpftap-outer.h \
	utilities/bpftap-record.c \
	utilities/bpftap-scrape.c \
	utilities/bpftap-scrape.h \
	utilities/bpftap-top.c \
	utilities/bpftap-trace.c \
	utilities/bpftap-ways.c \
	utilities/bpftap-ways.h \
	utilities/bpftap-words.c \
	utilities/ovs-bpftap.c
# The library goes into the program: it starts faster that way, and the program
# in the build tree is a program and not a script around one.
utilities_ovs_bpftap_LDFLAGS = $(AM_LDFLAGS) -static
utilities_ovs_bpftap_LDADD = lib/bpfdev/libbpfdev.la $(PCAP_LIBS) \
	$(COMPRESS_LIBS) $(HTTP_LIBS) -lpthread -lm

# Where its files are installed.
BUILT_SOURCES += utilities/bpftap-dirs.h
CLEANFILES += utilities/bpftap-dirs.h
nodist_utilities_ovs_bpftap_SOURCES = utilities/bpftap-dirs.h
utilities/bpftap-extcap.$(OBJEXT): utilities/bpftap-dirs.h
utilities/bpftap-dirs.h: Makefile
	$(AM_V_GEN)$(MKDIR_P) utilities && \
	echo '#define BPFTAP_PKGDATADIR "$(pkgdatadir)"' > $@.tmp && \
	mv $@.tmp $@
dist_pkgdata_DATA = utilities/ovs-bpftap-extcap.html

# For README.md.
EXTRA_DIST += utilities/pictures/metrics.png utilities/pictures/top.svg

dist_man8_MANS += utilities/ovs-bpftap.8

# Wireshark calls the program by this name.
install-exec-hook: install-extcap-link
install-extcap-link: install-binPROGRAMS
	rm -f '$(DESTDIR)$(bindir)/ovs-bpftap-extcap'
	cd '$(DESTDIR)$(bindir)' && \
	  $(LN_S) ovs-bpftap$(EXEEXT) ovs-bpftap-extcap
uninstall-hook:
	rm -f '$(DESTDIR)$(bindir)/ovs-bpftap-extcap'
.PHONY: install-extcap-link

# bash and zsh look for files of these names.
bashcompdir = $(datadir)/bash-completion/completions
dist_bashcomp_DATA = utilities/bash-completion/ovs-bpftap
zshcompdir = $(datadir)/zsh/site-functions
dist_zshcomp_DATA = utilities/_ovs-bpftap

# A dashboard for what "ovs-bpftap exporter" tells.
dist_pkgdata_DATA += utilities/grafana.json
