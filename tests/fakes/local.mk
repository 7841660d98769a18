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
EXTRA_DIST += tests/fakes/fake_nvml.c tests/fakes/fake_nvml.h

tests/fakes/nvml/libnvidia-ml.so.1: tests/fakes/fake_nvml.c tests/fakes/fake_nvml.h
	$(AM_V_CC)$(MKDIR_P) $(@D) && \
	$(FAKE_BUILD) -o $(@D)/libnvidia-ml.so.570.86.15 $(srcdir)/tests/fakes/fake_nvml.c && \
	ln -sf libnvidia-ml.so.570.86.15 $@

tests/fakes/nvml-2018/libnvidia-ml.so.1: tests/fakes/fake_nvml.c tests/fakes/fake_nvml.h
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(FAKE_BUILD) -DFAKE_OF_2018 -o $@ $(srcdir)/tests/fakes/fake_nvml.c

# Each folder is one installation: drm is whole, the others are of another time.
FAKE_DRM = \
	tests/fakes/drm/libdrm.so.2 \
	tests/fakes/drm/libdrm_amdgpu.so.1 \
	tests/fakes/drm-old/libdrm.so.2 \
	tests/fakes/drm-old-amdgpu/libdrm.so.2 \
	tests/fakes/drm-old-amdgpu/libdrm_amdgpu.so.1
check_DATA += $(FAKE_DRM)
CLEANFILES += $(FAKE_DRM)
EXTRA_DIST += tests/fakes/fake_drm.c

$(FAKE_DRM): tests/fakes/fake_drm.c tests/fakes/local.mk
	$(AM_V_CC)$(MKDIR_P) $(@D) && case $@ in \
	*drm-old/*) flags=-DWITHOUT_VERSION ;; \
	*drm-old-amdgpu/libdrm_amdgpu*) flags="-DFAKE_AMDGPU -DWITHOUT_FIRMWARE" ;; \
	*libdrm_amdgpu*) flags=-DFAKE_AMDGPU ;; \
	*) flags= ;; \
	esac && $(FAKE_BUILD) -fvisibility=default $(DRM_CFLAGS) $$flags -o $@ $(srcdir)/tests/fakes/fake_drm.c

# The functions of this one are all that it has, so none is hidden.
HSA_FAKES = \
	tests/fakes/libfake_hsa.so \
	tests/fakes/libfake_hsa_lacks.so \
	tests/fakes/libfake_hsa_needs.so \
	tests/fakes/libfake_kfd.so
HSA_BUILD = $(FAKE_BUILD) -fvisibility=default $(AM_CPPFLAGS)
check_DATA += $(HSA_FAKES)
CLEANFILES += $(HSA_FAKES)
EXTRA_DIST += tests/fakes/fake_hsa.c tests/fakes/fake_kfd.c tests/fakes/kfd_topology.py

tests/fakes/libfake_hsa.so: tests/fakes/fake_hsa.c probes/hsa_abi.h
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(HSA_BUILD) -o $@ $(srcdir)/tests/fakes/fake_hsa.c

tests/fakes/libfake_hsa_lacks.so: tests/fakes/fake_hsa.c probes/hsa_abi.h
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(HSA_BUILD) -DLACKS_POOLS -o $@ $(srcdir)/tests/fakes/fake_hsa.c

tests/fakes/libfake_hsa_needs.so: tests/fakes/fake_hsa.c probes/hsa_abi.h
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(HSA_BUILD) -DNEEDS_SYMBOL -o $@ $(srcdir)/tests/fakes/fake_hsa.c

tests/fakes/libfake_kfd.so: tests/fakes/fake_kfd.c
	$(AM_V_CC)$(MKDIR_P) $(@D) && $(HSA_BUILD) -o $@ $(srcdir)/tests/fakes/fake_kfd.c -ldl
