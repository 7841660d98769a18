/* SPDX-License-Identifier: MIT */
/* The numbers of probes/hsa_abi.h against the headers of ROCm, where they are installed. */
#include "cmocka_all.h"

#include "probes/hsa_abi.h"

#if __has_include(<hsa/hsa.h>) && __has_include(<hsa/hsa_ext_amd.h>)
#include <hsa/hsa.h>
#include <hsa/hsa_ext_amd.h>

#define SAME(ours, theirs) { #ours, (uint32_t)(ours), (uint32_t)(theirs) }

static const struct {
	const char *name;
	uint32_t ours;
	uint32_t theirs;
} numbers[] = {
	SAME(GD_HSA_SUCCESS, HSA_STATUS_SUCCESS),
	SAME(GD_HSA_INFO_BREAK, HSA_STATUS_INFO_BREAK),
	SAME(GD_HSA_ERROR, HSA_STATUS_ERROR),
	SAME(GD_HSA_ERROR_INVALID_ARGUMENT, HSA_STATUS_ERROR_INVALID_ARGUMENT),
	SAME(GD_HSA_ERROR_INVALID_AGENT, HSA_STATUS_ERROR_INVALID_AGENT),
	SAME(GD_HSA_ERROR_OUT_OF_RESOURCES, HSA_STATUS_ERROR_OUT_OF_RESOURCES),
	SAME(GD_HSA_ERROR_NOT_INITIALIZED, HSA_STATUS_ERROR_NOT_INITIALIZED),
	SAME(GD_HSA_ERROR_REFCOUNT_OVERFLOW, HSA_STATUS_ERROR_REFCOUNT_OVERFLOW),
	SAME(GD_HSA_ERROR_INCOMPATIBLE_ARGUMENTS, HSA_STATUS_ERROR_INCOMPATIBLE_ARGUMENTS),
	SAME(GD_HSA_ERROR_EXCEPTION, HSA_STATUS_ERROR_EXCEPTION),
	SAME(GD_HSA_ERROR_INVALID_RUNTIME_STATE, HSA_STATUS_ERROR_INVALID_RUNTIME_STATE),
	SAME(GD_HSA_ERROR_FATAL, HSA_STATUS_ERROR_FATAL),
	SAME(GD_HSA_SYSTEM_VERSION_MAJOR, HSA_SYSTEM_INFO_VERSION_MAJOR),
	SAME(GD_HSA_SYSTEM_VERSION_MINOR, HSA_SYSTEM_INFO_VERSION_MINOR),
	SAME(GD_HSA_SYSTEM_BUILD_VERSION, HSA_AMD_SYSTEM_INFO_BUILD_VERSION),
	SAME(GD_HSA_AGENT_NAME, HSA_AGENT_INFO_NAME),
	SAME(GD_HSA_AGENT_VENDOR_NAME, HSA_AGENT_INFO_VENDOR_NAME),
	SAME(GD_HSA_AGENT_PROFILE, HSA_AGENT_INFO_PROFILE),
	SAME(GD_HSA_AGENT_WAVEFRONT_SIZE, HSA_AGENT_INFO_WAVEFRONT_SIZE),
	SAME(GD_HSA_AGENT_DEVICE, HSA_AGENT_INFO_DEVICE),
	SAME(GD_HSA_AGENT_CHIP_ID, HSA_AMD_AGENT_INFO_CHIP_ID),
	SAME(GD_HSA_AGENT_COMPUTE_UNIT_COUNT, HSA_AMD_AGENT_INFO_COMPUTE_UNIT_COUNT),
	SAME(GD_HSA_AGENT_MAX_CLOCK_FREQUENCY, HSA_AMD_AGENT_INFO_MAX_CLOCK_FREQUENCY),
	SAME(GD_HSA_AGENT_DRIVER_NODE_ID, HSA_AMD_AGENT_INFO_DRIVER_NODE_ID),
	SAME(GD_HSA_AGENT_BDFID, HSA_AMD_AGENT_INFO_BDFID),
	SAME(GD_HSA_AGENT_PRODUCT_NAME, HSA_AMD_AGENT_INFO_PRODUCT_NAME),
	SAME(GD_HSA_AGENT_DOMAIN, HSA_AMD_AGENT_INFO_DOMAIN),
	SAME(GD_HSA_AGENT_UUID, HSA_AMD_AGENT_INFO_UUID),
	SAME(GD_HSA_PROFILE_BASE, HSA_PROFILE_BASE),
	SAME(GD_HSA_PROFILE_FULL, HSA_PROFILE_FULL),
	SAME(GD_HSA_DEVICE_CPU, HSA_DEVICE_TYPE_CPU),
	SAME(GD_HSA_DEVICE_GPU, HSA_DEVICE_TYPE_GPU),
	SAME(GD_HSA_DEVICE_DSP, HSA_DEVICE_TYPE_DSP),
	SAME(GD_HSA_ISA_NAME_LENGTH, HSA_ISA_INFO_NAME_LENGTH),
	SAME(GD_HSA_ISA_NAME, HSA_ISA_INFO_NAME),
	SAME(GD_HSA_POOL_SEGMENT, HSA_AMD_MEMORY_POOL_INFO_SEGMENT),
	SAME(GD_HSA_POOL_GLOBAL_FLAGS, HSA_AMD_MEMORY_POOL_INFO_GLOBAL_FLAGS),
	SAME(GD_HSA_POOL_SIZE, HSA_AMD_MEMORY_POOL_INFO_SIZE),
	SAME(GD_HSA_POOL_ALLOC_ALLOWED, HSA_AMD_MEMORY_POOL_INFO_RUNTIME_ALLOC_ALLOWED),
	SAME(GD_HSA_POOL_ALLOC_MAX_SIZE, HSA_AMD_MEMORY_POOL_INFO_ALLOC_MAX_SIZE),
	SAME(GD_HSA_SEGMENT_GLOBAL, HSA_AMD_SEGMENT_GLOBAL),
	SAME(GD_HSA_SEGMENT_GROUP, HSA_AMD_SEGMENT_GROUP),
	SAME(GD_HSA_POOL_COARSE_GRAINED, HSA_AMD_MEMORY_POOL_GLOBAL_FLAG_COARSE_GRAINED),
};

static void test_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].ours != numbers[i].theirs)
			fail_msg("%s is 0x%x, in the header 0x%x", numbers[i].name, numbers[i].ours, numbers[i].theirs);
}

static void test_types(void **state)
{
	(void)state;
	assert_int_equal(sizeof(gd_hsa_status), sizeof(hsa_status_t));
	assert_int_equal(sizeof(struct gd_hsa_agent), sizeof(hsa_agent_t));
	assert_int_equal(sizeof(struct gd_hsa_isa), sizeof(hsa_isa_t));
	assert_int_equal(sizeof(struct gd_hsa_pool), sizeof(hsa_amd_memory_pool_t));
	assert_int_equal(sizeof(hsa_device_type_t), sizeof(uint32_t));
	assert_int_equal(sizeof(hsa_profile_t), sizeof(uint32_t));
	assert_int_equal(sizeof(hsa_amd_segment_t), sizeof(uint32_t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_types),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	puts("1..0 # SKIP hsa/hsa.h and hsa/hsa_ext_amd.h are not installed");
	return 0;
}

#endif
