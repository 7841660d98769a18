# SPDX-License-Identifier: MIT
# Every test speaks TAP, so that each case counts. cmocka does so by its environment.
TEST_EXTENSIONS = .py .sh
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TAP_DRIVER)
PY_LOG_DRIVER = $(TAP_DRIVER)
SH_LOG_DRIVER = $(TAP_DRIVER)
PY_LOG_COMPILER = $(PYTHON3)
SH_LOG_COMPILER = $(SHELL)
AM_TESTS_ENVIRONMENT = \
	CMOCKA_MESSAGE_OUTPUT=TAP \
	ASAN_OPTIONS=detect_leaks=1:abort_on_error=1 \
	UBSAN_OPTIONS=print_stacktrace=1 \
	GPUDOCTOR=$(abs_top_builddir)/gpudoctor$(EXEEXT) \
	TOP_SRCDIR=$(abs_top_srcdir) TOP_BUILDDIR=$(abs_top_builddir) \
	PYTHON3=$(PYTHON3) PYTHONDONTWRITEBYTECODE=1 VALGRIND=$(VALGRIND) \
	GPUDOCTOR_PARTS=$${GPUDOCTOR_PARTS:-$(abs_top_builddir)/../parts} \
	SANITIZERS=$(enable_sanitizers) LC_ALL=C.UTF-8 NO_COLOR=1 COLUMNS=80; \
	export CMOCKA_MESSAGE_OUTPUT ASAN_OPTIONS UBSAN_OPTIONS GPUDOCTOR TOP_SRCDIR TOP_BUILDDIR \
	PYTHON3 PYTHONDONTWRITEBYTECODE VALGRIND GPUDOCTOR_PARTS SANITIZERS LC_ALL NO_COLOR COLUMNS;

include tests/fakes/local.mk
include tests/unit/local.mk
include tests/rules/local.mk
include tests/machines/local.mk
include tests/cli/local.mk
include tests/parts/local.mk
include tests/lint/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
