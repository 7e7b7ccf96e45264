# Programs that "make bench" runs, in this order.  They are not built by
# default: list each in EXTRA_PROGRAMS and in BENCHMARKS.
