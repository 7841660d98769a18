# SPDX-License-Identifier: MIT
# Libraries that do what a real one does not do on demand. They are built plainly: what is tested is who loads them.
FAKE_BUILD = $(CC) -std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra -fPIC -fvisibility=hidden -shared

FAKE_VULKAN = tests/fakes/vulkan/libvulkan.so.1 tests/fakes/vulkan-lacks/libvulkan.so.1
check_DATA += $(FAKE_VULKAN)
CLEANFILES += $(FAKE_VULKAN)
EXTRA_DIST += tests/fakes/fake_vulkan.c

tests/fakes/vulkan/libvulkan.so.1: tests/fakes/fake_vulkan.c
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(FAKE_BUILD) -o $@ $(srcdir)/tests/fakes/fake_vulkan.c

tests/fakes/vulkan-lacks/libvulkan.so.1: tests/fakes/fake_vulkan.c
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(FAKE_BUILD) -Wno-unused -DLACKS_ENTRY -o $@ $(srcdir)/tests/fakes/fake_vulkan.c
