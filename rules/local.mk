# SPDX-License-Identifier: MIT
# One file a topic; every section is a rule.
RULE_FILES = \
	rules/driver.rules \
	rules/node.rules \
	rules/link.rules \
	rules/memory.rules \
	rules/identity.rules \
	rules/vulkan.rules \
	rules/nvml.rules \
	rules/hsa.rules \
	rules/rocm.rules \
	rules/override.rules \
	rules/cpu.rules
EXTRA_DIST += $(RULE_FILES)

src/rule/embedded_rules.c: $(RULE_FILES) tools/embed.awk rules/local.mk
	$(AM_V_GEN)$(MKDIR_P) $(@D) && cd $(srcdir) && \
	$(AWK) -v list=gd_embedded_rules -f tools/embed.awk $(RULE_FILES) >$(abs_builddir)/$@
