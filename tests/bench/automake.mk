# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-bsd authors.

# make bench: runs what BENCHMARKS names, in this order.  A program among them
# also goes into EXTRA_PROGRAMS, so that it is not built by default.  It is run
# without arguments in the build directory, prints its own tables, and exits
# with status 77, after a line that says why, where it cannot run.
#
#     make bench BENCH='forwarding tap' BENCH_RUNS=9 BENCH_SECONDS=2
BENCHMARKS += \
	tests/bench/bench-forwarding
# What benchmarks need besides themselves.
BENCH_TOOLS = tests/bench/blast

bench: all $(BENCHMARKS) $(BENCH_TOOLS)
	@programs=; for program in $(BENCHMARKS); do \
	  test -f $$program || program=$(srcdir)/$$program; \
	  programs="$$programs $$program"; \
	done; \
	$(SHELL) $(srcdir)/tests/bench/bench tests/atlocal $$programs
.PHONY: bench

EXTRA_PROGRAMS += tests/bench/blast
tests_bench_blast_SOURCES = tests/bench/blast.c
CLEANFILES += tests/bench/blast

EXTRA_DIST += \
	tests/bench/bench \
	tests/bench/bench-forwarding \
	tests/bench/bench-lib.sh \
	tests/bench/table.awk
