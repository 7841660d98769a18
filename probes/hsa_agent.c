/* SPDX-License-Identifier: MIT */
/* In the child: what a runtime says of each agent, checked before it is believed. */
#include <string.h>

#include "base/parse.h"
#include "probes/hsa.h"

/* 64 partitions of eight GPUs and the nodes of two processors are 72. */
enum {
	AGENTS_MAX = 256,
	UNITS_MAX = 4096,
	NAME_BYTES = 256,
	POOLS_MAX = 64,
	ISAS_MAX = 32,
};
static const uint64_t memory_max_bytes = UINT64_C(1) << 50;
static const char source[] = "hsa_agent_get_info";

char *gd_hsa_isa_gfx(const char *isa)
{
	static const char prefix[] = "amdgcn-amd-amdhsa--";
	const char *gfx = isa + strlen(prefix);

	if (strncmp(isa, prefix, strlen(prefix)) != 0 || strncmp(gfx, "gfx", 3) != 0)
		return NULL;
	return gd_xstrndup(gfx, strcspn(gfx, ":"));
}

int gd_hsa_isa_feature(const char *isa, const char *feature)
{
	size_t len = strlen(feature);

	for (const char *p = strchr(isa, ':'); p; p = strchr(p, ':')) {
		p++;
		if (!strncmp(p, feature, len) && (p[len] == '+' || p[len] == '-') && (!p[len + 1] || p[len + 1] == ':'))
			return p[len] == '+';
	}
	return -1;
}

struct agents {
	const struct gd_hsa_calls *calls;
	struct gd_hsa_agent items[AGENTS_MAX];
	size_t count;
	bool too_many;
};

static gd_hsa_status add_agent(struct gd_hsa_agent agent, void *arg)
{
	struct agents *all = arg;

	all->too_many = all->count == AGENTS_MAX;
	if (all->too_many)
		return GD_HSA_INFO_BREAK;
	all->items[all->count++] = agent;
	return GD_HSA_SUCCESS;
}

/* The one that is asked about now. */
struct agent {
	struct gd_answer *answer;
	const struct gd_hsa_calls *calls;
	struct gd_hsa_agent handle;
	struct gd_row *row;
	bool gpu;
};

static void set_refused(const struct agent *g, const char *column, gd_hsa_status status)
{
	gd_autofree name = gd_hsa_status_name(status);
	gd_autofree detail = gd_xasprintf("the runtime does not say it: %s", name);

	gd_set_unknown(g->row, column, GD_GAP_ERROR, detail, NULL);
}

static void set_garbage(const struct agent *g, const char *column, uint64_t value)
{
	gd_autofree text = gd_xasprintf("%llu", (unsigned long long)value);

	gd_take_garbage(g->row, column, source, text);
}

/* A text of fixed length, which need not end in a NUL. */
static void take_text(const struct agent *g, const char *column, uint32_t what)
{
	char text[NAME_BYTES] = { 0 };
	gd_hsa_status status = g->calls->agent_get_info(g->handle, what, text);
	const char *trimmed;

	text[sizeof(text) - 1] = '\0';
	trimmed = gd_trim(text);
	if (status != GD_HSA_SUCCESS)
		set_refused(g, column, status);
	else if (*trimmed)
		gd_set_text(g->row, column, trimmed, source);
	else
		gd_set_absent(g->row, column, source);
}

static bool ask_number(const struct agent *g, const char *column, uint32_t what, uint32_t *ret)
{
	/* More room than the number takes, for one that grows in a later version. */
	uint32_t room[16] = { 0 };
	gd_hsa_status status = g->calls->agent_get_info(g->handle, what, room);

	if (status != GD_HSA_SUCCESS) {
		set_refused(g, column, status);
		return false;
	}
	*ret = room[0];
	return true;
}

static void take_number(const struct agent *g, const char *column, uint32_t what, uint32_t max)
{
	uint32_t number;

	if (!ask_number(g, column, what, &number))
		return;
	if (number > max)
		set_garbage(g, column, number);
	else
		gd_set_int(g->row, column, number, source);
}

static void take_kind(struct agent *g)
{
	static const char *const kinds[] = {
		[GD_HSA_DEVICE_CPU] = "cpu",
		[GD_HSA_DEVICE_GPU] = "gpu",
		[GD_HSA_DEVICE_DSP] = "dsp",
		[GD_HSA_DEVICE_AIE] = "aie",
	};
	uint32_t kind;

	if (!ask_number(g, "kind", GD_HSA_AGENT_DEVICE, &kind))
		return;
	g->gpu = kind == GD_HSA_DEVICE_GPU;
	if (kind < GD_COUNT(kinds))
		gd_set_text(g->row, "kind", kinds[kind], source);
	else
		set_garbage(g, "kind", kind);
}

static void take_profile(const struct agent *g)
{
	uint32_t profile;

	if (!ask_number(g, "profile", GD_HSA_AGENT_PROFILE, &profile))
		return;
	if (profile == GD_HSA_PROFILE_BASE || profile == GD_HSA_PROFILE_FULL)
		gd_set_text(g->row, "profile", profile == GD_HSA_PROFILE_FULL ? "full" : "base", source);
	else
		set_garbage(g, "profile", profile);
}

static void take_address(const struct agent *g)
{
	gd_autofree address = NULL;
	uint32_t domain;
	uint32_t bdf;

	if (!g->gpu) {
		gd_set_absent(g->row, "pci_address", source);
		return;
	}
	if (!ask_number(g, "pci_address", GD_HSA_AGENT_BDFID, &bdf) ||
	    !ask_number(g, "pci_address", GD_HSA_AGENT_DOMAIN, &domain))
		return;
	if (bdf > 0xffff) {
		set_garbage(g, "pci_address", bdf);
		return;
	}
	address = gd_xasprintf("%04x:%02x:%02x.%x", domain, bdf >> 8, (bdf >> 3) & 0x1f, bdf & 7);
	gd_set_text(g->row, "pci_address", address, source);
}

/* ------------------------------------------------------------------- ISA -- */

struct isas {
	const struct agent *agent;
	struct gd_strv names;
	gd_hsa_status status;
};

static gd_hsa_status add_isa(struct gd_hsa_isa isa, void *arg)
{
	struct isas *all = arg;
	const struct gd_hsa_calls *calls = all->agent->calls;
	/* The length is asked for, but a runtime that lies about it shall not write beyond. */
	char name[4096] = { 0 };
	uint32_t len = 0;

	if (all->names.count == ISAS_MAX)
		return GD_HSA_INFO_BREAK;
	all->status = calls->isa_get_info_alt(isa, GD_HSA_ISA_NAME_LENGTH, &len);
	if (all->status == GD_HSA_SUCCESS && len < NAME_BYTES)
		all->status = calls->isa_get_info_alt(isa, GD_HSA_ISA_NAME, name);
	name[NAME_BYTES - 1] = '\0';
	if (all->status != GD_HSA_SUCCESS)
		return all->status;
	gd_strv_add(&all->names, name);
	return GD_HSA_SUCCESS;
}

static void set_feature(const struct agent *g, const char *column, const char *isa)
{
	int feature = gd_hsa_isa_feature(isa, column);

	if (feature < 0)
		gd_set_absent(g->row, column, "hsa_isa_get_info_alt");
	else
		gd_set_bool(g->row, column, feature, "hsa_isa_get_info_alt");
}

static void take_isa(const struct agent *g)
{
	static const char *const columns[] = { "isa", "gfx", "xnack", "sramecc", "other_isas" };
	static const char from[] = "hsa_isa_get_info_alt";
	struct isas all = { .agent = g };
	gd_hsa_status status = g->calls->agent_iterate_isas(g->handle, add_isa, &all);
	const char *isa = all.names.count ? all.names.items[0] : NULL;
	gd_autofree gfx = isa ? gd_hsa_isa_gfx(isa) : NULL;
	gd_autobuf others = { 0 };

	for (size_t i = 1; i < all.names.count; i++)
		gd_buf_printf(&others, "%s%s", others.len ? " " : "", all.names.items[i]);
	for (size_t i = 0; i < GD_COUNT(columns) && !isa; i++) {
		/* Processors have none, and the runtime may call the question itself wrong. */
		if (status == GD_HSA_SUCCESS || !g->gpu)
			gd_set_absent(g->row, columns[i], "hsa_agent_iterate_isas");
		else
			set_refused(g, columns[i], status);
	}
	if (isa) {
		gd_set_text(g->row, "isa", isa, from);
		if (gfx)
			gd_set_text(g->row, "gfx", gfx, from);
		else
			gd_take_garbage(g->row, "gfx", from, isa);
		set_feature(g, "xnack", isa);
		set_feature(g, "sramecc", isa);
		if (others.len)
			gd_set_text(g->row, "other_isas", others.data, from);
		else
			gd_set_absent(g->row, "other_isas", from);
	}
	gd_strv_free(&all.names);
}

/* ---------------------------------------------------------------- memory -- */

struct pools {
	const struct gd_hsa_calls *calls;
	uint64_t count;
	uint64_t local_bytes; /* the largest that is coarse-grained: a GPU's own memory */
	uint64_t global_bytes; /* the largest of all */
	uint64_t alloc_bytes; /* the largest piece that may be allocated */
	uint64_t group_bytes;
};

static uint64_t ask_pool(const struct pools *all, struct gd_hsa_pool pool, uint32_t what, size_t bytes)
{
	uint64_t room[8] = { 0 };
	uint64_t value = 0;

	if (all->calls->pool_get_info(pool, what, room) != GD_HSA_SUCCESS)
		return 0;
	memcpy(&value, room, bytes < sizeof(value) ? bytes : sizeof(value));
	return value;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static gd_hsa_status add_pool(struct gd_hsa_pool pool, void *arg)
{
	struct pools *all = arg;
	uint64_t segment = ask_pool(all, pool, GD_HSA_POOL_SEGMENT, sizeof(uint32_t));
	uint64_t flags = ask_pool(all, pool, GD_HSA_POOL_GLOBAL_FLAGS, sizeof(uint32_t));
	uint64_t size = ask_pool(all, pool, GD_HSA_POOL_SIZE, sizeof(size_t));

	if (all->count++ == POOLS_MAX)
		return GD_HSA_INFO_BREAK;
	if (segment == GD_HSA_SEGMENT_GROUP)
		all->group_bytes = larger(all->group_bytes, size);
	if (segment != GD_HSA_SEGMENT_GLOBAL)
		return GD_HSA_SUCCESS;
	all->global_bytes = larger(all->global_bytes, size);
	if (flags & GD_HSA_POOL_COARSE_GRAINED)
		all->local_bytes = larger(all->local_bytes, size);
	if (ask_pool(all, pool, GD_HSA_POOL_ALLOC_ALLOWED, 1))
		all->alloc_bytes = larger(all->alloc_bytes,
					  ask_pool(all, pool, GD_HSA_POOL_ALLOC_MAX_SIZE, sizeof(size_t)));
	return GD_HSA_SUCCESS;
}

static void set_size(const struct agent *g, const char *column, uint64_t bytes, uint64_t unit_bytes)
{
	static const char from[] = "hsa_amd_memory_pool_get_info";

	if (bytes > memory_max_bytes)
		set_garbage(g, column, bytes);
	else if (bytes)
		gd_set_int(g->row, column, (int64_t)(bytes / unit_bytes), from);
	else
		gd_set_absent(g->row, column, from);
}

static void take_pools(const struct agent *g)
{
	static const char *const columns[] = { "pool_count", "memory_mib", "alloc_max_mib", "lds_kib" };
	static const uint64_t mib = 1024 * 1024;
	struct pools all = { .calls = g->calls };
	gd_hsa_status status = g->calls->agent_iterate_pools(g->handle, add_pool, &all);

	if (status != GD_HSA_SUCCESS && status != GD_HSA_INFO_BREAK) {
		for (size_t i = 0; i < GD_COUNT(columns); i++)
			set_refused(g, columns[i], status);
		return;
	}
	if (all.count > POOLS_MAX)
		set_garbage(g, "pool_count", all.count);
	else
		gd_set_int(g->row, "pool_count", (int64_t)all.count, "hsa_amd_agent_iterate_memory_pools");
	set_size(g, "memory_mib", all.local_bytes ? all.local_bytes : all.global_bytes, mib);
	set_size(g, "alloc_max_mib", all.alloc_bytes, mib);
	set_size(g, "lds_kib", all.group_bytes, 1024);
}

/* ----------------------------------------------------------------- agent -- */

static void take_override(const struct agent *g)
{
	const struct gd_hsa_errand *e = g->answer->arg;
	const char *text = NULL;

	if (!e->without_override && g->gpu)
		text = gd_hsa_override_peek(e->overrides, gd_get_int(g->row, "node", -1));
	gd_set_bool(g->row, "overridden", text != NULL, "the caller's environment");
	if (text)
		gd_set_text(g->row, "override", text, "the caller's environment");
	else
		gd_set_absent(g->row, "override", "the caller's environment");
}

static void take_hex(const struct agent *g, const char *column, uint32_t what)
{
	gd_autofree text = NULL;
	uint32_t id;

	if (!g->gpu) {
		gd_set_absent(g->row, column, source);
		return;
	}
	if (!ask_number(g, column, what, &id))
		return;
	text = gd_xasprintf("%04x", id);
	gd_set_text(g->row, column, text, source);
}

static void take_agent(struct agent *g, size_t number)
{
	const struct gd_hsa_errand *e = g->answer->arg;
	gd_autofree id = gd_xasprintf("%s agent %zu", e->id, number);

	gd_set_text(g->row, "id", id, "gpudoctor");
	gd_set_text(g->row, "runtime", e->id, "gpudoctor");
	gd_set_int(g->row, "number", (int64_t)number, "hsa_iterate_agents");
	take_kind(g);
	take_text(g, "name", GD_HSA_AGENT_NAME);
	take_text(g, "marketing_name", GD_HSA_AGENT_PRODUCT_NAME);
	take_text(g, "vendor_name", GD_HSA_AGENT_VENDOR_NAME);
	take_text(g, "uuid", GD_HSA_AGENT_UUID);
	take_number(g, "cu_count", GD_HSA_AGENT_COMPUTE_UNIT_COUNT, UNITS_MAX);
	take_number(g, "max_clock_mhz", GD_HSA_AGENT_MAX_CLOCK_FREQUENCY, 100 * 1000);
	take_number(g, "node", GD_HSA_AGENT_DRIVER_NODE_ID, UNITS_MAX);
	take_hex(g, "device_id", GD_HSA_AGENT_CHIP_ID);
	take_address(g);
	take_profile(g);
	if (g->gpu)
		take_number(g, "wavefront_size", GD_HSA_AGENT_WAVEFRONT_SIZE, 1024);
	else
		gd_set_absent(g->row, "wavefront_size", source);
	take_override(g);
	take_isa(g);
	take_pools(g);
}

bool gd_hsa_take_agents(struct gd_answer *a, const struct gd_hsa_calls *calls, struct gd_row *runtime)
{
	struct agents all = { .calls = calls };
	const char *unsure = NULL;
	gd_hsa_status status;
	int64_t gpus = 0;

	gd_answer_step(a, "hsa_iterate_agents");
	status = calls->iterate_agents(add_agent, &all);
	if (all.too_many || (status != GD_HSA_SUCCESS && status != GD_HSA_INFO_BREAK)) {
		gd_autofree name = gd_hsa_status_name(status);
		gd_autofree detail = all.too_many ? gd_xasprintf("it lists more than %d agents", AGENTS_MAX)
						  : gd_xasprintf("hsa_iterate_agents: %s", name);

		gd_answer_end(a, all.too_many ? GD_LIBRARY_GARBAGE : GD_LIBRARY_FAILED, detail);
		return false;
	}
	gd_answer_step(a, "hsa_agent_get_info");
	for (size_t i = 0; i < all.count; i++) {
		struct agent g = { .answer = a, .calls = calls, .handle = all.items[i] };

		g.row = gd_facts_add(a->facts, "hsa_agent");
		take_agent(&g, i);
		gpus += g.gpu;
		if (!gd_is_known(g.row, "kind"))
			unsure = gd_get(g.row, "kind")->detail;
		gd_answer_tell(a);
	}
	gd_set_int(runtime, "agent_count", (int64_t)all.count, "hsa_iterate_agents");
	if (unsure)
		gd_set_unknown(runtime, "gpu_agent_count", GD_GAP_ERROR, unsure, NULL);
	else
		gd_set_int(runtime, "gpu_agent_count", gpus, "hsa_iterate_agents");
	return true;
}
