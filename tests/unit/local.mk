# SPDX-License-Identifier: MIT
# Each test_NAME.c is a program of its own, and speaks TAP.
UNIT_LIBS = $(GD_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS = \
	tests/unit/test_amdgpu_driver \
	tests/unit/test_buf_strv \
	tests/unit/test_capture \
	tests/unit/test_child \
	tests/unit/test_csv \
	tests/unit/test_door_fails \
	tests/unit/test_engine \
	tests/unit/test_env_text \
	tests/unit/test_fact \
	tests/unit/test_gpu_join \
	tests/unit/test_gpudb \
	tests/unit/test_hsa_abi \
	tests/unit/test_hsa_find \
	tests/unit/test_library \
	tests/unit/test_mask \
	tests/unit/test_mask_text \
	tests/unit/test_node_access \
	tests/unit/test_object_bundle \
	tests/unit/test_object_door \
	tests/unit/test_object_elf \
	tests/unit/test_object_index \
	tests/unit/test_object_packed \
	tests/unit/test_object_target \
	tests/unit/test_object_text \
	tests/unit/test_object_work \
	tests/unit/test_parse \
	tests/unit/test_probe_amdgpu \
	tests/unit/test_probe_amdgpu_rows \
	tests/unit/test_probe_code_object \
	tests/unit/test_probe_cpu \
	tests/unit/test_probe_drivers \
	tests/unit/test_probe_host \
	tests/unit/test_probe_hsa \
	tests/unit/test_probe_kfd \
	tests/unit/test_probe_nvml \
	tests/unit/test_probe_pci \
	tests/unit/test_probe_platform \
	tests/unit/test_probe_process_rocm \
	tests/unit/test_probe_rocm \
	tests/unit/test_probe_rocm_complete \
	tests/unit/test_probe_rocm_kernels \
	tests/unit/test_probe_rocm_kernels_linked \
	tests/unit/test_probe_rocm_override \
	tests/unit/test_probe_rocm_override_kernels \
	tests/unit/test_probe_rocm_release \
	tests/unit/test_probe_setting \
	tests/unit/test_probe_vulkan \
	tests/unit/test_recorder \
	tests/unit/test_resolve \
	tests/unit/test_rocm_listings \
	tests/unit/test_rule_guard \
	tests/unit/test_sandbox \
	tests/unit/test_store \
	tests/unit/test_tensile_name \
	tests/unit/test_text \
	tests/unit/test_tree \
	tests/unit/test_unit_file \
	tests/unit/test_unit_text \
	tests/unit/test_variables \
	tests/unit/test_version

if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif
# Names of the files in real packages; the first lines say which and from where.
ROCM_LISTINGS = \
	tests/data/rocm-listings/libhipblaslt1-7.1.1.txt \
	tests/data/rocm-listings/libhipblaslt1-7.2.4.txt \
	tests/data/rocm-listings/librocblas0-5.5.1.txt \
	tests/data/rocm-listings/librocblas4-6.4.4.txt \
	tests/data/rocm-listings/librocblas5-7.2.4.txt
EXTRA_DIST += \
	tests/unit/amdgpu_fixture.h \
	tests/unit/bundle_fixture.h \
	tests/unit/cmocka_all.h \
	tests/unit/elf_fixture.h \
	tests/unit/facts_fixture.h \
	tests/unit/forward_fixture.h \
	tests/unit/kernels_fixture.h \
	tests/unit/listing_fixture.h \
	tests/unit/mask_fixture.h \
	tests/unit/object_fixture.h \
	tests/unit/override_fixture.h \
	tests/unit/pci_fixture.h \
	tests/unit/probe_machine.h \
	tests/unit/rocm_fixture.h \
	tests/unit/sandbox_fixture.h \
	tests/unit/tree_fixture.h \
	$(ROCM_LISTINGS)

tests_unit_test_amdgpu_driver_LDADD = $(UNIT_LIBS)
tests_unit_test_buf_strv_LDADD = $(UNIT_LIBS)
tests_unit_test_capture_LDADD = $(UNIT_LIBS)
tests_unit_test_child_LDADD = $(UNIT_LIBS)
tests_unit_test_csv_LDADD = $(UNIT_LIBS)
tests_unit_test_door_fails_LDADD = $(UNIT_LIBS)
tests_unit_test_engine_LDADD = $(UNIT_LIBS)
tests_unit_test_env_text_LDADD = $(UNIT_LIBS)
tests_unit_test_fact_LDADD = $(UNIT_LIBS)
tests_unit_test_gpu_join_LDADD = $(UNIT_LIBS)
tests_unit_test_gpudb_LDADD = $(UNIT_LIBS)
tests_unit_test_hsa_abi_LDADD = $(UNIT_LIBS)
tests_unit_test_hsa_find_LDADD = $(UNIT_LIBS)
tests_unit_test_library_LDADD = $(UNIT_LIBS)
tests_unit_test_mask_LDADD = $(UNIT_LIBS)
tests_unit_test_mask_text_LDADD = $(UNIT_LIBS)
tests_unit_test_node_access_LDADD = $(UNIT_LIBS)
tests_unit_test_object_bundle_LDADD = $(UNIT_LIBS)
tests_unit_test_object_door_LDADD = $(UNIT_LIBS)
tests_unit_test_object_elf_LDADD = $(UNIT_LIBS)
tests_unit_test_object_index_LDADD = $(UNIT_LIBS)
tests_unit_test_object_packed_LDADD = $(UNIT_LIBS)
tests_unit_test_object_target_LDADD = $(UNIT_LIBS)
tests_unit_test_object_text_LDADD = $(UNIT_LIBS)
tests_unit_test_object_work_LDADD = $(UNIT_LIBS)
# It counts how often targets are compared.
tests_unit_test_object_work_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=gd_target_compare
tests_unit_test_parse_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_amdgpu_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_amdgpu_rows_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_code_object_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_cpu_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_drivers_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_host_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_hsa_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_kfd_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_nvml_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_pci_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_platform_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_process_rocm_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_rocm_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_rocm_complete_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_rocm_kernels_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_rocm_kernels_linked_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_rocm_override_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_rocm_override_kernels_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_rocm_release_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_setting_LDADD = $(UNIT_LIBS)
tests_unit_test_probe_vulkan_LDADD = $(UNIT_LIBS)
tests_unit_test_recorder_LDADD = $(UNIT_LIBS)
tests_unit_test_resolve_LDADD = $(UNIT_LIBS)
tests_unit_test_rocm_listings_LDADD = $(UNIT_LIBS)
tests_unit_test_rule_guard_LDADD = $(UNIT_LIBS)
tests_unit_test_sandbox_LDADD = $(UNIT_LIBS) -lpthread
tests_unit_test_store_LDADD = $(UNIT_LIBS)
tests_unit_test_tensile_name_LDADD = $(UNIT_LIBS)
tests_unit_test_text_LDADD = $(UNIT_LIBS)
tests_unit_test_tree_LDADD = $(UNIT_LIBS)
tests_unit_test_unit_file_LDADD = $(UNIT_LIBS)
tests_unit_test_unit_text_LDADD = $(UNIT_LIBS)
tests_unit_test_variables_LDADD = $(UNIT_LIBS)
tests_unit_test_version_LDADD = $(UNIT_LIBS)
