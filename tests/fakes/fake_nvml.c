/* SPDX-License-Identifier: MIT */
/*
 * A libnvidia-ml.so.1 that does as the variable FAKE_NVML says, which
 * fake_nvml.h tells.
 *
 * The structures are written down here once more, from NVIDIA's documentation:
 * that the program under test and this file agree is part of the test. With
 * FAKE_OF_2018 the functions are those of a driver of that year.
 */
#include "fake_nvml.h"

/* ------------------------------------------------------------ the system -- */

EXPORT int nvmlInit_v2(void)
{
	ENTER;
	if (number("noise", 0)) {
		static char line[1024];

		memset(line, '#', sizeof(line) - 1);
		line[sizeof(line) - 1] = '\n';
		for (int i = 0; i < 4096; i++) {
			fwrite(line, 1, sizeof(line), stdout);
			fwrite(line, 1, sizeof(line), stderr);
		}
		fflush(stdout);
		fprintf(stderr, "fake: the last words\n");
	}
	for (unsigned i = 0; i < MOST; i++) {
		gpus[i] = (struct gpu){ .index = i, .instance = -1 };
		for (int k = 0; k < INSTANCES; k++)
			instances[i][k] = (struct gpu){ .index = i, .instance = k };
	}
	return (int)number("init", OK);
}

EXPORT const char *nvmlErrorString(int error)
{
	switch (error) {
	case 4:
		return "Insufficient Permissions";
	case 9:
		return "Driver Not Loaded";
	case 15:
		return "GPU is lost";
	case 18:
		return "RM has detected an NVML/RM version mismatch.";
	case 999:
		return "Unknown Error";
	default:
		return NULL;
	}
}

EXPORT int nvmlSystemGetNVMLVersion(char *text, unsigned length)
{
	ENTER;
	return give(text, length, "12.570.86");
}

EXPORT int nvmlSystemGetDriverVersion(char *text, unsigned length)
{
	ENTER;
	return give(text, length, "570.86.15");
}

EXPORT int nvmlSystemGetCudaDriverVersion(int *version)
{
	ENTER;
	*version = 9010;
	return OK;
}

EXPORT int nvmlDeviceGetCount_v2(unsigned *count)
{
	ENTER;
	*count = (unsigned)number("count", 1);
	return OK;
}

EXPORT int nvmlDeviceGetHandleByIndex_v2(unsigned index, struct gpu **ret)
{
	ENTER;
	if (index >= MOST)
		return INVALID_ARGUMENT;
	if (number("handle", OK))
		return (int)number("handle", OK);
	*ret = &gpus[index];
	return state(*ret);
}

/* --------------------------------------------------------------- one GPU -- */

EXPORT int nvmlDeviceGetName(struct gpu *g, char *text, unsigned length)
{
	ENTER_GPU(g);
	g->named = 1;
	if (g->instance >= 0)
		return give(text, length, "NVIDIA H100 80GB HBM3 MIG 1g.10gb");
	return give(text, length, h100() ? "NVIDIA H100 80GB HBM3" : "NVIDIA GeForce RTX 3090");
}

EXPORT int nvmlDeviceGetUUID(struct gpu *g, char *text, unsigned length)
{
	char uuid[96];

	ENTER_GPU(g);
	if (g->instance >= 0)
		snprintf(uuid, sizeof(uuid), "MIG-00000000-0000-0000-%04x-%012x", g->index, (unsigned)g->instance);
	else
		snprintf(uuid, sizeof(uuid), "GPU-00000000-0000-0000-0000-%012x", g->index);
	return give(text, length, uuid);
}

struct pci_v2 {
	char busId[16];
	unsigned domain, bus, device, pciDeviceId, pciSubSystemId, reserved[4];
};

EXPORT int nvmlDeviceGetPciInfo_v2(struct gpu *g, struct pci_v2 *ret)
{
	ENTER_GPU(g);
	*ret = (struct pci_v2){ .bus = 0x65 + g->index, .pciDeviceId = 0x220410de, .reserved = { 1, 2, 3, 4 } };
	return OK;
}

struct memory {
	unsigned long long total, free, used;
};

EXPORT int nvmlDeviceGetMemoryInfo(struct gpu *g, struct memory *ret)
{
	ENTER_GPU(g);
	*ret = (struct memory){ .total = 24576 * MIB, .free = 16000 * MIB, .used = 8576 * MIB };
	return OK;
}

struct bar1 {
	unsigned long long bar1Total, bar1Free, bar1Used;
};

EXPORT int nvmlDeviceGetBAR1MemoryInfo(struct gpu *g, struct bar1 *ret)
{
	ENTER_GPU(g);
	*ret = (struct bar1){ .bar1Total = (h100() ? 131072 : 256) * MIB };
	if (number("absurd", 0))
		ret->bar1Total = UINT64_MAX;
	return OK;
}

EXPORT int nvmlDeviceGetCudaComputeCapability(struct gpu *g, int *major, int *minor)
{
	ENTER_GPU(g);
	*major = number("absurd", 0) ? -1 : h100() ? 9 : 8;
	*minor = h100() ? 0 : 6;
	return OK;
}

EXPORT int nvmlDeviceGetClockInfo(struct gpu *g, unsigned type, unsigned *ret)
{
	ENTER_GPU(g);
	if (type != 1 && type != 2)
		return INVALID_ARGUMENT;
	return set(ret, type == 1 ? 210 : 405);
}

EXPORT int nvmlDeviceGetMaxClockInfo(struct gpu *g, unsigned type, unsigned *ret)
{
	ENTER_GPU(g);
	if (type != 1 && type != 2)
		return INVALID_ARGUMENT;
	return set(ret, type == 1 ? 2100 : 9751);
}

EXPORT int nvmlDeviceGetTemperature(struct gpu *g, unsigned sensor, unsigned *ret)
{
	ENTER_GPU(g);
	return sensor ? INVALID_ARGUMENT : set(ret, 41);
}

#define ONE_NUMBER(function, value) \
	EXPORT int function(struct gpu *g, unsigned *ret) \
	{ \
		ENTER_GPU(g); \
		return set(ret, (unsigned)(value)); \
	}

ONE_NUMBER(nvmlDeviceGetPerformanceState, 8)
ONE_NUMBER(nvmlDeviceGetPowerUsage, 23190)
ONE_NUMBER(nvmlDeviceGetPowerManagementLimit, 300000)
ONE_NUMBER(nvmlDeviceGetPowerManagementDefaultLimit, 350000)
ONE_NUMBER(nvmlDeviceGetEnforcedPowerLimit, 290500)
ONE_NUMBER(nvmlDeviceGetCurrPcieLinkGeneration, 1)
ONE_NUMBER(nvmlDeviceGetMaxPcieLinkGeneration, 4)
ONE_NUMBER(nvmlDeviceGetCurrPcieLinkWidth, 8)
ONE_NUMBER(nvmlDeviceGetMaxPcieLinkWidth, 16)
ONE_NUMBER(nvmlDeviceGetComputeMode, number("mode", 0))
ONE_NUMBER(nvmlDeviceGetPersistenceMode, h100())
ONE_NUMBER(nvmlDeviceGetDisplayActive, !h100())
ONE_NUMBER(nvmlDeviceGetVirtualizationMode, h100() ? 1 : 0)

EXPORT int nvmlDeviceGetEccMode(struct gpu *g, unsigned *now, unsigned *pending)
{
	ENTER_GPU(g);
	if (!h100())
		return NOT_SUPPORTED;
	*pending = 0;
	return set(now, 1);
}

EXPORT int nvmlDeviceGetTotalEccErrors(struct gpu *g, unsigned type, unsigned counter, unsigned long long *ret)
{
	ENTER_GPU(g);
	if (!h100())
		return NOT_SUPPORTED;
	if (type != 1 || counter > 1)
		return INVALID_ARGUMENT;
	*ret = number("absurd", 0) ? UINT64_MAX : (unsigned long long)number("ecc", 0) + 3 * counter;
	return OK;
}

EXPORT int nvmlDeviceGetNvLinkState(struct gpu *g, unsigned link, unsigned *ret)
{
	ENTER_GPU(g);
	if (link >= (h100() ? 18U : 4U))
		return INVALID_ARGUMENT;
	*ret = h100() && link != 5;
	return OK;
}

EXPORT int nvmlDeviceGetCurrentClocksThrottleReasons(struct gpu *g, unsigned long long *ret)
{
	ENTER_GPU(g);
	*ret = (unsigned long long)number("reasons", 1);
	return OK;
}

/* ------------------------------------------------------------- processes -- */

static int put(unsigned char *to, unsigned *count, unsigned room, unsigned pid, unsigned long long bytes,
	       unsigned instance)
{
	size_t size = (size_t)number("entry", 24);
	unsigned char *at = to + *count * size;
	unsigned long long protected = 0;

	(*count)++;
	if (*count > room)
		return INSUFFICIENT_SIZE;
	memcpy(at, &pid, 4);
	memcpy(at + 8, &bytes, 8);
	if (size >= 24) {
		memcpy(at + 16, &instance, 4);
		memcpy(at + 20, &instance, 4);
	}
	if (size >= 32)
		memcpy(at + 24, &protected, 8);
	return OK;
}

static int list_compute(struct gpu *g, unsigned *count, unsigned char *to)
{
	unsigned room = *count;
	int error = (int)number("list", OK);

	(void)g;
	*count = 0;
	if (error)
		return error;
	if (number("processes", 0)) {
		for (unsigned i = 0; i < (unsigned)number("processes", 0); i++)
			error |= put(to, count, room, 1000 + i, 8 * MIB, UINT32_MAX);
		return error;
	}
	if (h100()) {
		error |= put(to, count, room, 4321, 2048 * MIB, 0);
		return error | put(to, count, room, 4321, 1024 * MIB, 1);
	}
	error |= put(to, count, room, 4321, 8192 * MIB, UINT32_MAX);
	return error | put(to, count, room, 77, UINT64_MAX, UINT32_MAX);
}

static int list_graphics(struct gpu *g, unsigned *count, unsigned char *to)
{
	unsigned room = *count;
	int error;

	(void)g;
	*count = 0;
	if (h100() || number("processes", 0))
		return (int)number("list", OK);
	error = put(to, count, room, 1500, 300 * MIB, UINT32_MAX);
	return error | put(to, count, room, 4321, 8192 * MIB, UINT32_MAX) | (int)number("list", OK);
}

#define PROCESSES(suffix) \
	EXPORT int nvmlDeviceGetComputeRunningProcesses##suffix(struct gpu *g, unsigned *count, unsigned char *to) \
	{ \
		ENTER_GPU(g); \
		return list_compute(g, count, to); \
	} \
	EXPORT int nvmlDeviceGetGraphicsRunningProcesses##suffix(struct gpu *g, unsigned *count, unsigned char *to) \
	{ \
		ENTER_GPU(g); \
		return list_graphics(g, count, to); \
	}
PROCESSES()

#ifndef FAKE_OF_2018

PROCESSES(_v2)
PROCESSES(_v3)

ONE_NUMBER(nvmlDeviceGetNumGpuCores, h100() ? 16896 : 10496)
ONE_NUMBER(nvmlDeviceGetMemoryBusWidth, h100() ? 5120 : 384)

EXPORT int nvmlSystemGetCudaDriverVersion_v2(int *version)
{
	ENTER;
	*version = number("absurd", 0) ? -5 : 12080;
	return OK;
}

struct pci {
	char busIdLegacy[16];
	unsigned domain, bus, device, pciDeviceId, pciSubSystemId;
	char busId[32];
};

EXPORT int nvmlDeviceGetPciInfo_v3(struct gpu *g, struct pci *ret)
{
	ENTER_GPU(g);
	*ret = (struct pci){ .domain = h100() ? 0x10000 : 0, .bus = 0x65 + g->index };
	snprintf(ret->busId, sizeof(ret->busId), "%08X:%02X:%02X.0", ret->domain, ret->bus, ret->device);
	if (number("absurd", 0))
		ret->bus = 0x12345;
	return (int)number("pci", OK);
}

struct memory_v2 {
	unsigned version;
	unsigned long long total, reserved, free, used;
};

EXPORT int nvmlDeviceGetMemoryInfo_v2(struct gpu *g, struct memory_v2 *ret)
{
	ENTER_GPU(g);
	if (ret->version != (sizeof(*ret) | 2U << 24))
		return VERSION;
	ret->total = (g->instance >= 0 ? 9984 : h100() ? 81559 : 24576) * MIB;
	ret->reserved = (h100() ? 551 : 320) * MIB;
	ret->used = 8256 * MIB + 1;
	ret->free = ret->total - ret->reserved - ret->used;
	if (number("absurd", 0))
		ret->total = 1ULL << 63;
	if (number("absurd", 0))
		ret->used = ret->reserved = UINT64_MAX;
	return OK;
}

EXPORT int nvmlDeviceGetCurrentClocksEventReasons(struct gpu *g, unsigned long long *ret)
{
	return nvmlDeviceGetCurrentClocksThrottleReasons(g, ret);
}

EXPORT int nvmlDeviceGetRemappedRows(struct gpu *g, unsigned *correctable, unsigned *uncorrectable, unsigned *pending,
				     unsigned *failed)
{
	ENTER_GPU(g);
	if (!h100())
		return NOT_SUPPORTED;
	*correctable = 5;
	*uncorrectable = 6;
	*pending = 1;
	*failed = 0;
	return OK;
}

EXPORT int nvmlDeviceGetMigMode(struct gpu *g, unsigned *now, unsigned *pending)
{
	ENTER_GPU(g);
	if (!h100())
		return NOT_SUPPORTED;
	*now = 1;
	*pending = 0;
	return OK;
}

ONE_NUMBER(nvmlDeviceGetMaxMigDeviceCount, INSTANCES + 1)
ONE_NUMBER(nvmlDeviceGetGpuInstanceId, 7 + g->instance)
ONE_NUMBER(nvmlDeviceGetComputeInstanceId, 0)

EXPORT int nvmlDeviceGetMigDeviceHandleByIndex(struct gpu *g, unsigned index, struct gpu **ret)
{
	ENTER_GPU(g);
	if (number("list", OK))
		return (int)number("list", OK);
	/* The third place is free. */
	if (index == 2)
		return NOT_FOUND;
	*ret = &instances[g->index][index > 2 ? index - 1 : index];
	return OK;
}

struct attributes {
	unsigned multiprocessorCount, sharedCopyEngineCount, sharedDecoderCount, sharedEncoderCount, sharedJpegCount,
		sharedOfaCount, gpuInstanceSliceCount, computeInstanceSliceCount;
	unsigned long long memorySizeMB;
};

EXPORT int nvmlDeviceGetAttributes_v2(struct gpu *g, struct attributes *ret)
{
	ENTER_GPU(g);
	*ret = (struct attributes){ .multiprocessorCount = 16,
				    .sharedCopyEngineCount = 1,
				    .gpuInstanceSliceCount = 2,
				    .computeInstanceSliceCount = 1,
				    .memorySizeMB = 9984 };
	return OK;
}

#endif
