/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_HSA_ABI_H
#define GD_PROBE_HSA_ABI_H
/*
 * The part of the HSA runtime's binary interface that is used here: names and
 * numbers as in hsa.h (HSA Runtime Programmer's Reference 1.2) and
 * hsa_ext_amd.h of ROCR-Runtime, which no release has changed. Written down
 * here, so that the program builds without ROCm; tests/unit/test_hsa_abi.c
 * holds each number against those headers where they are installed.
 */
#include <stdint.h>

typedef uint32_t gd_hsa_status;
/* Handles are structures of one number, and are passed by value. */
struct gd_hsa_agent {
	uint64_t handle;
};
struct gd_hsa_isa {
	uint64_t handle;
};
struct gd_hsa_pool {
	uint64_t handle;
};

enum {
	GD_HSA_SUCCESS = 0x0,
	GD_HSA_INFO_BREAK = 0x1,
	GD_HSA_ERROR = 0x1000,
	GD_HSA_ERROR_INVALID_ARGUMENT = 0x1001,
	GD_HSA_ERROR_INVALID_AGENT = 0x1004,
	GD_HSA_ERROR_OUT_OF_RESOURCES = 0x1008,
	GD_HSA_ERROR_NOT_INITIALIZED = 0x100b,
	GD_HSA_ERROR_REFCOUNT_OVERFLOW = 0x100c,
	GD_HSA_ERROR_INCOMPATIBLE_ARGUMENTS = 0x100d,
	GD_HSA_ERROR_EXCEPTION = 0x1016,
	GD_HSA_ERROR_INVALID_RUNTIME_STATE = 0x1025,
	GD_HSA_ERROR_FATAL = 0x1026,
};

/* hsa_system_info_t */
enum {
	GD_HSA_SYSTEM_VERSION_MAJOR = 0, /* uint16_t */
	GD_HSA_SYSTEM_VERSION_MINOR = 1, /* uint16_t */
	GD_HSA_SYSTEM_BUILD_VERSION = 0x200, /* const char * */
};

/* hsa_agent_info_t and hsa_amd_agent_info_t */
enum {
	GD_HSA_AGENT_NAME = 0, /* char[64] */
	GD_HSA_AGENT_VENDOR_NAME = 1, /* char[64] */
	GD_HSA_AGENT_PROFILE = 4, /* hsa_profile_t */
	GD_HSA_AGENT_WAVEFRONT_SIZE = 6, /* uint32_t */
	GD_HSA_AGENT_DEVICE = 17, /* hsa_device_type_t */
	GD_HSA_AGENT_CHIP_ID = 0xa000, /* uint32_t */
	GD_HSA_AGENT_COMPUTE_UNIT_COUNT = 0xa002, /* uint32_t */
	GD_HSA_AGENT_MAX_CLOCK_FREQUENCY = 0xa003, /* uint32_t */
	GD_HSA_AGENT_DRIVER_NODE_ID = 0xa004, /* uint32_t */
	GD_HSA_AGENT_BDFID = 0xa006, /* uint32_t */
	GD_HSA_AGENT_PRODUCT_NAME = 0xa009, /* char[64] */
	GD_HSA_AGENT_DOMAIN = 0xa00f, /* uint32_t */
	GD_HSA_AGENT_UUID = 0xa011, /* char[21] */
};

/* hsa_profile_t */
enum { GD_HSA_PROFILE_BASE = 0, GD_HSA_PROFILE_FULL = 1 };
/* hsa_device_type_t; 3 is an AI engine, later than the headers of 2022. */
enum { GD_HSA_DEVICE_CPU = 0, GD_HSA_DEVICE_GPU = 1, GD_HSA_DEVICE_DSP = 2, GD_HSA_DEVICE_AIE = 3 };
/* hsa_isa_info_t */
enum { GD_HSA_ISA_NAME_LENGTH = 0 /* uint32_t */, GD_HSA_ISA_NAME = 1 /* char[that length] */ };

/* hsa_amd_memory_pool_info_t */
enum {
	GD_HSA_POOL_SEGMENT = 0, /* hsa_amd_segment_t */
	GD_HSA_POOL_GLOBAL_FLAGS = 1, /* uint32_t */
	GD_HSA_POOL_SIZE = 2, /* size_t */
	GD_HSA_POOL_ALLOC_ALLOWED = 5, /* bool */
	GD_HSA_POOL_ALLOC_MAX_SIZE = 16, /* size_t */
};
/* hsa_amd_segment_t */
enum { GD_HSA_SEGMENT_GLOBAL = 0, GD_HSA_SEGMENT_GROUP = 3 };
/* hsa_amd_memory_pool_global_flag_t */
enum { GD_HSA_POOL_COARSE_GRAINED = 4 };

struct gd_hsa_calls {
	gd_hsa_status (*init)(void);
	gd_hsa_status (*status_string)(gd_hsa_status status, const char **ret);
	gd_hsa_status (*system_get_info)(uint32_t what, void *ret);
	gd_hsa_status (*iterate_agents)(gd_hsa_status (*f)(struct gd_hsa_agent agent, void *arg), void *arg);
	gd_hsa_status (*agent_get_info)(struct gd_hsa_agent agent, uint32_t what, void *ret);
	gd_hsa_status (*agent_iterate_isas)(struct gd_hsa_agent agent,
					    gd_hsa_status (*f)(struct gd_hsa_isa isa, void *arg), void *arg);
	gd_hsa_status (*isa_get_info_alt)(struct gd_hsa_isa isa, uint32_t what, void *ret);
	gd_hsa_status (*agent_iterate_pools)(struct gd_hsa_agent agent,
					     gd_hsa_status (*f)(struct gd_hsa_pool pool, void *arg), void *arg);
	gd_hsa_status (*pool_get_info)(struct gd_hsa_pool pool, uint32_t what, void *ret);
};

#endif
