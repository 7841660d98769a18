# SPDX-License-Identifier: MIT
# One word here adds a probe: probes/NAME.c, which defines gd_probe_NAME.
PROBE_SOURCES = \
	probes/host.c \
	probes/platform.c \
	probes/kernel.c \
	probes/cpu.c \
	probes/pci.c \
	probes/drm.c \
	probes/kfd.c \
	probes/amdgpu_driver.c \
	probes/amdgpu.c \
	probes/nvidia.c \
	probes/intel.c \
	probes/hsa_env.c \
	probes/setting.c \
	probes/vulkan_env.c \
	probes/vulkan_icd.c \
	probes/vulkan.c \
	probes/nvml.c \
	probes/libdrm.c \
	probes/udev.c \
	probes/hsa.c \
	probes/gpu.c \
	probes/rocm.c \
	probes/rocm_kernels.c \
	probes/code_object.c \
	probes/gpu_code.c \
	probes/gpu_rocm.c \
	probes/rocm_support.c \
	probes/rocwmma.c \
	probes/rocm_override.c \
	probes/rocm_setting.c \
	probes/rocm_release.c

# Parts of the probes above.
PROBE_PARTS = \
	probes/amdgpu_clocks.c \
	probes/amdgpu_power.c \
	probes/amdgpu_row.h \
	probes/cpu.h \
	probes/cpu_cgroup.c \
	probes/cpu_info.c \
	probes/cpu_kinds.c \
	probes/cpu_numa.c \
	probes/cpu_topology.c \
	probes/engine.c \
	probes/engine.h \
	probes/gpu.h \
	probes/gpu_figures.c \
	probes/gpu_identity.c \
	probes/gpu_join.c \
	probes/gpu_join.h \
	probes/gpu_libraries.c \
	probes/hsa.h \
	probes/hsa_abi.h \
	probes/hsa_agent.c \
	probes/hsa_ask.c \
	probes/hsa_find.c \
	probes/kfd_node.c \
	probes/kfd_node.h \
	probes/kfd_parts.c \
	probes/libdrm.h \
	probes/libdrm_amdgpu.c \
	probes/node_access.c \
	probes/node_access.h \
	probes/nvml.h \
	probes/nvml_abi.h \
	probes/nvml_ask.c \
	probes/nvml_call.c \
	probes/nvml_device.c \
	probes/nvml_mig.c \
	probes/nvml_process.c \
	probes/nvml_text.c \
	probes/pci.h \
	probes/pci_bar.c \
	probes/pci_link.c \
	probes/pci_name.c \
	probes/pci_names.c \
	probes/pci_names.h \
	probes/platform.h \
	probes/platform_virt.c \
	probes/rocm.h \
	probes/rocm_builds.c \
	probes/rocm_builds.h \
	probes/rocm_find.c \
	probes/rocm_find.h \
	probes/rocm_homes.c \
	probes/rocm_kernels.h \
	probes/rocm_kernels_folder.c \
	probes/rocm_override.h \
	probes/rocm_override_kernels.c \
	probes/rocm_override_shared.c \
	probes/rocm_owner.c \
	probes/rocm_places.c \
	probes/rocm_version.c \
	probes/rocwmma.h \
	probes/setting.h \
	probes/setting_login.c \
	probes/setting_place.c \
	probes/setting_process.c \
	probes/setting_unit.c \
	probes/tensile_count.c \
	probes/tensile_count.h \
	probes/tensile_name.c \
	probes/tensile_name.h \
	probes/tensile_tally.c \
	probes/tensile_tally.h \
	probes/udev.h \
	probes/udev_library.c \
	probes/unit_file.c \
	probes/unit_file.h \
	probes/unit_path.c \
	probes/vulkan.h \
	probes/vulkan_device.c

probes/registry.c: probes/local.mk tools/registry.sh
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(REGISTRY) probe/probe.h gd_probe gd_probes "" $(PROBE_SOURCES) >$@
