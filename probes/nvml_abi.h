/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_NVML_ABI_H
#define GD_PROBE_NVML_ABI_H
/*
 * The binary interface of libnvidia-ml.so.1, as far as this program uses it, in
 * its own words. NVIDIA keeps it stable: a function whose structure changes gets
 * a new suffix. Taken from the NVML API reference (docs.nvidia.com/deploy/nvml-api,
 * releases 525 and 590) and checked against nvml.h of 2014 (API 6) and of 12.x
 * (github.com/NVIDIA/go-nvml).
 */
#include <stdint.h>

enum nvml_return {
	NVML_OK = 0,
	NVML_UNINITIALIZED = 1,
	NVML_INVALID_ARGUMENT = 2,
	NVML_NOT_SUPPORTED = 3,
	NVML_NO_PERMISSION = 4,
	NVML_NOT_FOUND = 6,
	NVML_INSUFFICIENT_SIZE = 7,
	NVML_INSUFFICIENT_POWER = 8,
	NVML_DRIVER_NOT_LOADED = 9,
	NVML_FUNCTION_NOT_FOUND = 13,
	NVML_GPU_IS_LOST = 15,
	NVML_OPERATING_SYSTEM = 17, /* the control device is blocked by the system or a cgroup */
	NVML_VERSION_MISMATCH = 18,
	NVML_UNKNOWN_ERROR = 999,
};

enum nvml_clock { NVML_CLOCK_SM = 1, NVML_CLOCK_MEMORY = 2 };
enum nvml_sensor { NVML_SENSOR_GPU = 0 };
enum nvml_memory_error { NVML_ERROR_UNCORRECTED = 1 };
/* Counted since the driver was loaded, or over the life of the card. */
enum nvml_counter { NVML_SINCE_LOAD = 0, NVML_EVER = 1 };
/* NVLink links of one GPU at most. */
enum { NVML_LINKS = 18 };

typedef struct nvml_gpu *nvml_device; /* opaque */

struct nvml_pci {
	char legacy_id[16];
	uint32_t domain;
	uint32_t bus;
	uint32_t device;
	uint32_t device_id;
	uint32_t subsystem_id;
	char id[32]; /* _v2 ends with four reserved numbers in its place */
};

struct nvml_memory {
	uint64_t total;
	uint64_t free;
	uint64_t used; /* with what the driver reserves */
};

struct nvml_memory_v2 {
	uint32_t version;
	uint64_t total;
	uint64_t reserved;
	uint64_t free;
	uint64_t used;
};

struct nvml_bar1 {
	uint64_t total;
	uint64_t free;
	uint64_t used;
};

/*
 * _v1 ends behind `memory`, and some drivers of the 535 branch wrote one number
 * more with _v3: how long an entry is has to be seen from what was written.
 */
struct nvml_process {
	uint32_t pid;
	uint64_t memory; /* all ones where it is not known */
	uint32_t gpu_instance;
	uint32_t compute_instance;
};
enum { NVML_PROCESS_MIN_BYTES = 16, NVML_PROCESS_STEP_BYTES = 8, NVML_PROCESS_MAX_BYTES = 32 };

struct nvml_attributes {
	uint32_t multiprocessors;
	uint32_t engines[5]; /* copy, decoder, encoder, JPEG, optical flow */
	uint32_t gpu_slices;
	uint32_t compute_slices;
	uint64_t memory_mib;
};

#define NVML_VERSIONED(type, version) ((uint32_t)(sizeof(type) | (version) << 24))

_Static_assert(sizeof(struct nvml_pci) == 68, "nvmlPciInfo_t");
_Static_assert(sizeof(struct nvml_memory) == 24, "nvmlMemory_t");
_Static_assert(NVML_VERSIONED(struct nvml_memory_v2, 2U) == 0x02000028, "nvmlMemory_v2_t");
_Static_assert(sizeof(struct nvml_process) == 24, "nvmlProcessInfo_v2_t");
_Static_assert(sizeof(struct nvml_attributes) == 40, "nvmlDeviceAttributes_t");

#endif
