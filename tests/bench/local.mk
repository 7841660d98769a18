# SPDX-License-Identifier: MIT
# `make bench` prints a table; what is tested is the count of instructions, which is the same on every run.
EXTRA_PROGRAMS = tests/bench/measure
CLEANFILES += $(EXTRA_PROGRAMS)
tests_bench_measure_SOURCES = tests/bench/measure.c
dist_check_SCRIPTS += tests/bench/test_instructions.py
if HAVE_PYTHON3
TESTS += tests/bench/test_instructions.py
endif
EXTRA_DIST += tests/bench/bench.py tests/bench/common.py tests/bench/instructions.limit tests/bench/coverage.sh

bench: gpudoctor$(EXEEXT) tests/bench/measure$(EXEEXT)
	@$(AM_TESTS_ENVIRONMENT) $(PYTHON3) $(srcdir)/tests/bench/bench.py

# Builds in a folder of its own, so that this one stays as it is.
coverage:
	@MAKE='$(MAKE)' $(SHELL) $(srcdir)/tests/bench/coverage.sh $(abs_srcdir) $(abs_builddir)/coverage-build
.PHONY: bench coverage
