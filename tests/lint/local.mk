# SPDX-License-Identifier: MIT
# Lints: the rules of checks.py, held over the tree, and over fixtures that break them.
LINT_TESTS = tests/lint/test_lint.py tests/lint/test_fixtures.py
dist_check_SCRIPTS += $(LINT_TESTS)
if HAVE_PYTHON3
TESTS += $(LINT_TESTS)
endif
EXTRA_DIST += tests/lint/checks.py tests/lint/waivers $(LINT_FIXTURES)
LINT_FIXTURES = \
	tests/lint/fixtures/expected \
	tests/lint/fixtures/tree/probes/calls.c \
	tests/lint/fixtures/tree/probes/calls.h \
	tests/lint/fixtures/tree/probes/good.c \
	tests/lint/fixtures/tree/probes/local.mk \
	tests/lint/fixtures/tree/probes/stray.c \
	tests/lint/fixtures/tree/probes/unlisted.c \
	tests/lint/fixtures/tree/src/base/layer.c \
	tests/lint/fixtures/tree/src/base/sizes.c \
	tests/lint/fixtures/tree/src/base/sizes.h \
	tests/lint/fixtures/tree/src/base/words.c \
	tests/lint/fixtures/tree/src/plan/layer.c \
	tests/lint/fixtures/tree/src/render/layer.c \
	tests/lint/fixtures/tree/src/rule/layer.c \
	tests/lint/fixtures/tree/tests/cli/tap.py \
	tests/lint/fixtures/tree/tests/cli/test_good.py \
	tests/lint/fixtures/tree/tests/cli/test_nothing.py \
	tests/lint/fixtures/tree/tests/unit/helper.h \
	tests/lint/fixtures/tree/tests/unit/test_nothing.c \
	tests/lint/fixtures/waivers

# What `make dist` takes, for the check that nothing is left out.
check_DATA += tests/lint/distfiles.list
CLEANFILES += tests/lint/distfiles.list
tests/lint/distfiles.list: Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && for f in $(DISTFILES); do echo "$$f"; done | sed 's|^$(srcdir)/||' >$@
