# SPDX-License-Identifier: MIT
# Real driver libraries, on GPUs that Mesa's drm-shim emulates.
PARTS_TESTS = \
	tests/parts/test_hsa.py \
	tests/parts/test_radv.py \
	tests/parts/test_vulkan.py
dist_check_SCRIPTS += $(PARTS_TESTS)
if HAVE_PYTHON3
TESTS += $(PARTS_TESTS)
endif
EXTRA_DIST += tests/parts/fetch.sh tests/parts/ggml_devices.py tests/parts/parts.py
