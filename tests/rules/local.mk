# SPDX-License-Identifier: MIT
# One case file for each rule file. test_rules.py says what a case looks like.
RULE_CASES = \
	tests/rules/cpu.cases \
	tests/rules/driver.cases \
	tests/rules/hsa.cases \
	tests/rules/override.cases \
	tests/rules/identity.cases \
	tests/rules/link.cases \
	tests/rules/memory.cases \
	tests/rules/nvml.cases \
	tests/rules/rocm.cases \
	tests/rules/vulkan.cases \
	tests/rules/node.cases
RULE_TESTS = \
	tests/rules/test_rules.py \
	tests/rules/test_rule_files.py \
	tests/rules/test_rule_logic.py
dist_check_SCRIPTS += $(RULE_TESTS)
if HAVE_PYTHON3
TESTS += $(RULE_TESTS)
endif
EXTRA_DIST += $(RULE_CASES)
