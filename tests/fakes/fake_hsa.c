/* SPDX-License-Identifier: MIT */
/*
 * A runtime in the place of ROCm's that does what the environment tells it:
 *
 *   FAKE_HSA_GPUS    how many GPUs it offers, behind one processor (1)
 *   FAKE_HSA_ISA     their ISA (gfx1103); HSA_OVERRIDE_GFX_VERSION changes it, as in the real one
 *   FAKE_HSA_KNOWS   ISAs that it knows, between blanks: GPUs of another are not offered
 *   FAKE_HSA_INIT    what hsa_init() answers
 *   FAKE_HSA_DOES    crash, abort, hang, exit, flood: in hsa_init(); crash-late, hang-late: at the second GPU;
 *                    garbage: names without an end, sizes beyond all memory; refuse: no question is answered
 *
 * Built with LACKS_POOLS it has no memory pools, as none since 2016; built with
 * NEEDS_SYMBOL it cannot be loaded, because nobody has what it needs.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/hsa_abi.h"

enum { GPU = 100 };

#ifdef NEEDS_SYMBOL
/* Data, which the loader looks up at once. */
extern int gpudoctor_symbol_that_nobody_has;
#endif

static bool does(const char *what)
{
	const char *told = getenv("FAKE_HSA_DOES");

	return told && !strcmp(told, what);
}

static unsigned number(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 0) : otherwise;
}

static const char *gfx(void)
{
	static char name[64];
	const char *isa = getenv("FAKE_HSA_ISA");
	const char *override = getenv("HSA_OVERRIDE_GFX_VERSION");
	unsigned major;
	unsigned minor;
	unsigned step;

	snprintf(name, sizeof(name), "%s", isa ? isa : "gfx1103");
	if (override && sscanf(override, "%u.%u.%u", &major, &minor, &step) == 3)
		snprintf(name, sizeof(name), "gfx%u%x%x", major, minor, step);
	return name;
}

static unsigned gpu_count(void)
{
	const char *knows = getenv("FAKE_HSA_KNOWS");

	return knows && !strstr(knows, gfx()) ? 0 : number("FAKE_HSA_GPUS", 1);
}

static void flood(void)
{
	static char line[1024];

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (int i = 0; i < 8 * 1024; i++)
		(void)!write(2, line, sizeof(line));
	fputs("rocr: the last words\n", stderr);
}

gd_hsa_status hsa_init(void)
{
	if (does("crash")) {
		fputs("rocr: what is this chip?\n", stderr);
		raise(SIGSEGV);
	}
	if (does("abort"))
		abort();
	if (does("hang"))
		pause();
	if (does("exit"))
		_exit(7);
	if (does("flood"))
		flood();
#ifdef NEEDS_SYMBOL
	return (gd_hsa_status)gpudoctor_symbol_that_nobody_has;
#else
	return number("FAKE_HSA_INIT", GD_HSA_SUCCESS);
#endif
}

gd_hsa_status hsa_status_string(gd_hsa_status status, const char **ret)
{
	if (status != GD_HSA_ERROR_OUT_OF_RESOURCES)
		return GD_HSA_ERROR_INVALID_ARGUMENT;
	*ret = "HSA_STATUS_ERROR_OUT_OF_RESOURCES: there is not enough of something.";
	return GD_HSA_SUCCESS;
}

gd_hsa_status hsa_system_get_info(uint32_t what, void *ret)
{
	static const char *const build = "\"1.15.0-rocm-rel-6.4\"";
	uint16_t version = what == GD_HSA_SYSTEM_VERSION_MAJOR ? 1 : 15;

	if (does("refuse"))
		return GD_HSA_ERROR_INVALID_ARGUMENT;
	if (what == GD_HSA_SYSTEM_BUILD_VERSION)
		memcpy(ret, &build, sizeof(build));
	else
		memcpy(ret, &version, sizeof(version));
	return GD_HSA_SUCCESS;
}

gd_hsa_status hsa_iterate_agents(gd_hsa_status (*f)(struct gd_hsa_agent agent, void *arg), void *arg)
{
	gd_hsa_status status = f((struct gd_hsa_agent){ 1 }, arg);

	for (unsigned i = 0; i < gpu_count() && status == GD_HSA_SUCCESS; i++)
		status = f((struct gd_hsa_agent){ GPU + i }, arg);
	return status;
}

static void put_text(void *ret, size_t size, const char *text)
{
	if (does("garbage"))
		memset(ret, 'A', size);
	else
		snprintf(ret, size, "%s", text);
}

static void put_number(void *ret, uint32_t value)
{
	if (does("garbage"))
		value = UINT32_MAX;
	memcpy(ret, &value, sizeof(value));
}

gd_hsa_status hsa_agent_get_info(struct gd_hsa_agent agent, uint32_t what, void *ret)
{
	bool gpu = agent.handle >= GPU;
	unsigned n = gpu ? (unsigned)agent.handle - GPU : 0;
	uint32_t kind = gpu ? GD_HSA_DEVICE_GPU : GD_HSA_DEVICE_CPU;
	char uuid[32];

	if (n == 1 && does("crash-late"))
		raise(SIGSEGV);
	if (n == 1 && does("hang-late"))
		pause();
	if (does("refuse"))
		return GD_HSA_ERROR_INVALID_ARGUMENT;
	snprintf(uuid, sizeof(uuid), "GPU-5ec2e7%010x", n);
	switch (what) {
	case GD_HSA_AGENT_DEVICE:
		memcpy(ret, &kind, sizeof(kind));
		break;
	case GD_HSA_AGENT_NAME:
		put_text(ret, 64, gpu ? gfx() : "Some Processor");
		break;
	case GD_HSA_AGENT_PRODUCT_NAME:
		put_text(ret, 64, gpu ? "Radeon of the Test" : "");
		break;
	case GD_HSA_AGENT_VENDOR_NAME:
		put_text(ret, 64, gpu ? "AMD" : "CPU");
		break;
	case GD_HSA_AGENT_UUID:
		put_text(ret, 21, gpu ? uuid : "CPU-XX");
		break;
	case GD_HSA_AGENT_PROFILE:
		put_number(ret, gpu ? GD_HSA_PROFILE_BASE : GD_HSA_PROFILE_FULL);
		break;
	case GD_HSA_AGENT_COMPUTE_UNIT_COUNT:
		put_number(ret, gpu ? 12 : 16);
		break;
	case GD_HSA_AGENT_WAVEFRONT_SIZE:
		put_number(ret, gpu ? 32 : 0);
		break;
	case GD_HSA_AGENT_MAX_CLOCK_FREQUENCY:
		put_number(ret, 2700);
		break;
	case GD_HSA_AGENT_DRIVER_NODE_ID:
		put_number(ret, gpu ? 1 + n : 0);
		break;
	case GD_HSA_AGENT_CHIP_ID:
		put_number(ret, 0x15bf);
		break;
	case GD_HSA_AGENT_BDFID:
		put_number(ret, gpu ? (4 + n) << 8 | 3 << 3 | 1 : 0);
		break;
	case GD_HSA_AGENT_DOMAIN:
		put_number(ret, 0);
		break;
	default:
		return GD_HSA_ERROR_INVALID_ARGUMENT;
	}
	return GD_HSA_SUCCESS;
}

gd_hsa_status hsa_agent_iterate_isas(struct gd_hsa_agent agent, gd_hsa_status (*f)(struct gd_hsa_isa isa, void *arg),
				     void *arg)
{
	gd_hsa_status status;

	if (agent.handle < GPU || does("refuse"))
		return GD_HSA_ERROR_INVALID_AGENT;
	status = f((struct gd_hsa_isa){ 1 }, arg);
	return status == GD_HSA_SUCCESS ? f((struct gd_hsa_isa){ 2 }, arg) : status;
}

gd_hsa_status hsa_isa_get_info_alt(struct gd_hsa_isa isa, uint32_t what, void *ret)
{
	char name[96];
	uint32_t len;

	/* The features that MI200 and its like have in their name. */
	if (isa.handle == 1)
		snprintf(name, sizeof(name), "amdgcn-amd-amdhsa--%s%s", gfx(),
			 strncmp(gfx(), "gfx90a", 6) ? "" : ":sramecc+:xnack-");
	else
		snprintf(name, sizeof(name), "amdgcn-amd-amdhsa--gfx11-generic");
	len = does("garbage") ? 200 : (uint32_t)strlen(name) + 1;
	if (what == GD_HSA_ISA_NAME_LENGTH)
		memcpy(ret, &len, sizeof(len));
	else
		put_text(ret, len, name);
	return GD_HSA_SUCCESS;
}

#ifndef LACKS_POOLS
/* Own memory, the same fine-grained, and the local data share. */
gd_hsa_status hsa_amd_agent_iterate_memory_pools(struct gd_hsa_agent agent,
						 gd_hsa_status (*f)(struct gd_hsa_pool pool, void *arg), void *arg)
{
	(void)agent;
	if (does("refuse"))
		return GD_HSA_ERROR_INVALID_AGENT;
	for (uint64_t i = 1; i <= 3; i++)
		f((struct gd_hsa_pool){ i }, arg);
	return GD_HSA_SUCCESS;
}

gd_hsa_status hsa_amd_memory_pool_get_info(struct gd_hsa_pool pool, uint32_t what, void *ret)
{
	bool group = pool.handle == 3;
	uint32_t segment = group ? GD_HSA_SEGMENT_GROUP : GD_HSA_SEGMENT_GLOBAL;
	uint32_t flags = pool.handle == 1 ? GD_HSA_POOL_COARSE_GRAINED : 2;
	/* The fine-grained one is larger, as the memory of the machine is for an integrated GPU. */
	uint64_t size = group ? 64 * 1024 : (pool.handle == 1 ? UINT64_C(4) : UINT64_C(15)) << 30;
	bool allowed = !group;

	if (does("garbage") && !group)
		size = UINT64_MAX;
	switch (what) {
	case GD_HSA_POOL_SEGMENT:
		memcpy(ret, &segment, sizeof(segment));
		break;
	case GD_HSA_POOL_GLOBAL_FLAGS:
		memcpy(ret, &flags, sizeof(flags));
		break;
	case GD_HSA_POOL_SIZE:
	case GD_HSA_POOL_ALLOC_MAX_SIZE:
		memcpy(ret, &size, sizeof(size));
		break;
	case GD_HSA_POOL_ALLOC_ALLOWED:
		memcpy(ret, &allowed, sizeof(allowed));
		break;
	default:
		return GD_HSA_ERROR_INVALID_ARGUMENT;
	}
	return GD_HSA_SUCCESS;
}
#endif
