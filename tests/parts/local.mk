# SPDX-License-Identifier: MIT
# Real driver libraries, on GPUs that Mesa's drm-shim emulates; and real code objects, from clang and its bundler.
PARTS_TESTS = \
	tests/parts/test_code_object.py \
	tests/parts/test_hsa.py \
	tests/parts/test_radv.py \
	tests/parts/test_vulkan.py
dist_check_SCRIPTS += $(PARTS_TESTS)
if HAVE_PYTHON3
TESTS += $(PARTS_TESTS)
endif
check_PROGRAMS += tests/parts/object_digest
tests_parts_object_digest_SOURCES = tests/parts/object_digest.c
tests_parts_object_digest_LDADD = $(GD_LIBS)
EXTRA_DIST += tests/parts/fetch.sh tests/parts/ggml_devices.py tests/parts/parts.py
