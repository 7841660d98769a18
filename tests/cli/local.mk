# SPDX-License-Identifier: MIT
# The command line, and input that nobody would write on purpose.
CLI_TESTS = \
	tests/cli/test_hsa.py \
	tests/cli/test_input.py \
	tests/cli/test_libraries.py \
	tests/cli/test_nvml.py \
	tests/cli/test_libdrm.py \
	tests/cli/test_nodes.py \
	tests/cli/test_options.py \
	tests/cli/test_output.py \
	tests/cli/test_query.py \
	tests/cli/test_record.py \
	tests/cli/test_systemd.py
dist_check_SCRIPTS += $(CLI_TESTS)
if HAVE_PYTHON3
TESTS += $(CLI_TESTS)
endif
EXTRA_DIST += tests/cli/devices.py tests/cli/live.py tests/cli/machine.py tests/cli/tap.py tests/cli/world.py
