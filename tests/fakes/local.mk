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

# The name of the file behind the link is where the version of NVIDIA's driver stands.
FAKE_NVML = tests/fakes/nvml/libnvidia-ml.so.1 tests/fakes/nvml-2018/libnvidia-ml.so.1
check_DATA += $(FAKE_NVML)
CLEANFILES += $(FAKE_NVML) tests/fakes/nvml/libnvidia-ml.so.570.86.15
EXTRA_DIST += tests/fakes/fake_nvml.c

tests/fakes/nvml/libnvidia-ml.so.1: tests/fakes/fake_nvml.c
	$(AM_V_CC)$(MKDIR_P) $(@D) && \
	$(FAKE_BUILD) -o $(@D)/libnvidia-ml.so.570.86.15 $(srcdir)/tests/fakes/fake_nvml.c && \
	ln -sf libnvidia-ml.so.570.86.15 $@

tests/fakes/nvml-2018/libnvidia-ml.so.1: tests/fakes/fake_nvml.c
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(FAKE_BUILD) -DFAKE_OF_2018 -o $@ $(srcdir)/tests/fakes/fake_nvml.c
