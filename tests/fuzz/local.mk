# SPDX-License-Identifier: MIT
# Each target runs over its seeds and some mutations in `make check`;
# `make fuzz FUZZ_SECONDS=60` lets libFuzzer search (clang, sanitizers).
FUZZERS = \
	tests/fuzz/fuzz_capture \
	tests/fuzz/fuzz_csv \
	tests/fuzz/fuzz_facts \
	tests/fuzz/fuzz_kernels \
	tests/fuzz/fuzz_mask \
	tests/fuzz/fuzz_object \
	tests/fuzz/fuzz_object_text \
	tests/fuzz/fuzz_parse \
	tests/fuzz/fuzz_probes \
	tests/fuzz/fuzz_report \
	tests/fuzz/fuzz_rules \
	tests/fuzz/fuzz_settings \
	tests/fuzz/fuzz_tensile \
	tests/fuzz/fuzz_version
check_PROGRAMS += $(FUZZERS)
TESTS += $(FUZZERS)
FUZZ_DRIVER = tests/fuzz/driver.c tests/fuzz/fuzz.h

tests_fuzz_fuzz_capture_SOURCES = tests/fuzz/fuzz_capture.c tests/fuzz/capture_input.h $(FUZZ_DRIVER)
tests_fuzz_fuzz_csv_SOURCES = tests/fuzz/fuzz_csv.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_facts_SOURCES = tests/fuzz/fuzz_facts.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_kernels_SOURCES = tests/fuzz/fuzz_kernels.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_mask_SOURCES = tests/fuzz/fuzz_mask.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_object_SOURCES = tests/fuzz/fuzz_object.c tests/fuzz/object_input.h $(FUZZ_DRIVER)
tests_fuzz_fuzz_object_text_SOURCES = tests/fuzz/fuzz_object_text.c tests/fuzz/object_input.h $(FUZZ_DRIVER)
tests_fuzz_fuzz_parse_SOURCES = tests/fuzz/fuzz_parse.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_probes_SOURCES = tests/fuzz/fuzz_probes.c tests/fuzz/capture_input.h $(FUZZ_DRIVER)
tests_fuzz_fuzz_report_SOURCES = tests/fuzz/fuzz_report.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_rules_SOURCES = tests/fuzz/fuzz_rules.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_settings_SOURCES = tests/fuzz/fuzz_settings.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_tensile_SOURCES = tests/fuzz/fuzz_tensile.c tests/fuzz/object_input.h $(FUZZ_DRIVER)
tests_fuzz_fuzz_version_SOURCES = tests/fuzz/fuzz_version.c $(FUZZ_DRIVER)
tests_fuzz_fuzz_capture_LDADD = $(GD_LIBS)
tests_fuzz_fuzz_csv_LDADD = $(GD_LIBS)
tests_fuzz_fuzz_facts_LDADD = $(GD_LIBS)
tests_fuzz_fuzz_kernels_LDADD = $(GD_LIBS)
tests_fuzz_fuzz_mask_LDADD = $(GD_LIBS)
tests_fuzz_fuzz_object_LDADD = $(GD_LIBS)
tests_fuzz_fuzz_object_text_LDADD = $(GD_LIBS)
tests_fuzz_fuzz_parse_LDADD = $(GD_LIBS)
tests_fuzz_fuzz_probes_LDADD = $(GD_LIBS)
tests_fuzz_fuzz_report_LDADD = $(GD_LIBS)
tests_fuzz_fuzz_rules_LDADD = $(GD_LIBS)
tests_fuzz_fuzz_settings_LDADD = $(GD_LIBS)
tests_fuzz_fuzz_tensile_LDADD = $(GD_LIBS)
tests_fuzz_fuzz_version_LDADD = $(GD_LIBS)

EXTRA_DIST += tests/fuzz/fuzz.sh $(FUZZ_SEEDS)
FUZZ_SEEDS = \
	tests/fuzz/seeds/capture/every-verb \
	tests/fuzz/seeds/csv/quotes \
	tests/fuzz/seeds/facts/cpu-only \
	tests/fuzz/seeds/facts/desktop-amd \
	tests/fuzz/seeds/facts/laptop-nvidia \
	tests/fuzz/seeds/kernels/others \
	tests/fuzz/seeds/kernels/rocblas \
	tests/fuzz/seeds/mask/values \
	tests/fuzz/seeds/object/archive \
	tests/fuzz/seeds/object/bundle \
	tests/fuzz/seeds/object/ccob-v1-zstd \
	tests/fuzz/seeds/object/ccob-v2-zlib \
	tests/fuzz/seeds/object/ccob-v3-zstd \
	tests/fuzz/seeds/object/code-object \
	tests/fuzz/seeds/object/library \
	tests/fuzz/seeds/object/library-32-bits \
	tests/fuzz/seeds/object/library-kpack \
	tests/fuzz/seeds/object_text/empty \
	tests/fuzz/seeds/object_text/every-line \
	tests/fuzz/seeds/parse/list \
	tests/fuzz/seeds/parse/meminfo \
	tests/fuzz/seeds/parse/number \
	tests/fuzz/seeds/rules/every-key \
	tests/fuzz/seeds/rules/open-header \
	tests/fuzz/seeds/settings/broken \
	tests/fuzz/seeds/settings/env-file \
	tests/fuzz/seeds/settings/environ \
	tests/fuzz/seeds/settings/maps \
	tests/fuzz/seeds/settings/pam \
	tests/fuzz/seeds/settings/pam-conf \
	tests/fuzz/seeds/settings/shell \
	tests/fuzz/seeds/settings/unit \
	tests/fuzz/seeds/tensile/index \
	tests/fuzz/seeds/tensile/index-zlib \
	tests/fuzz/seeds/tensile/lazy \
	tests/fuzz/seeds/version/kernels \
	tests/fuzz/seeds/version/odd

CLEANFILES += fuzz-*.input

FUZZ_SECONDS = 60
fuzz: $(BUILT_SOURCES)
	FUZZ_SECONDS='$(FUZZ_SECONDS)' FUZZ_ONLY='$(FUZZ_ONLY)' MAKE='$(MAKE)' \
	$(SHELL) $(srcdir)/tests/fuzz/fuzz.sh $(abs_srcdir) $(abs_builddir)/fuzz-build
fuzz-libs:
	@echo $(GD_LIBS)
.PHONY: fuzz fuzz-libs
