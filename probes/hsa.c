/* SPDX-License-Identifier: MIT */
/*
 * ROCm's runtime (HSA): every copy of it that is here is asked which GPUs it
 * offers, and once more without the caller's override of the ISA, so that what
 * the override does is seen.
 */
#include "probes/hsa.h"

#include <string.h>
#include <sys/stat.h>

#include "probes/pci.h"

static const struct gd_column runtime_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The runtime as in the table library." },
	{ .name = "file", .type = GD_TEXT, .help = "The file." },
	{ .name = "found_in",
	  .type = GD_TEXT,
	  .help = "loader (in the loader's folders, where programs look first), unlisted (there, but the loader does "
		  "not find it), LD_LIBRARY_PATH, opt, distribution, engine, python, or other (the loader's files or a "
		  "variable lead there)." },
	{ .name = "hsa_version", .type = GD_VERSION, .help = "The version of the HSA standard that it follows." },
	{ .name = "build", .type = GD_TEXT, .help = "The build that it says it is; many say nothing." },
	{ .name = "without_override",
	  .type = GD_BOOL,
	  .help = "It was asked with HSA_OVERRIDE_GFX_VERSION taken out of the environment." },
	{ .name = "overridden", .type = GD_BOOL, .help = "An override of the ISA was set while it was asked." },
	{ .name = "override", .type = GD_TEXT, .help = "That override." },
	{ .name = "init_status", .type = GD_TEXT, .help = "What hsa_init answered, as in HSA_STATUS_SUCCESS." },
	{ .name = "init_detail", .type = GD_TEXT, .help = "What that means, in the runtime's own words." },
	{ .name = "agent_count", .type = GD_INT, .help = "How many agents it has, processors among them." },
	{ .name = "gpu_agent_count",
	  .type = GD_INT,
	  .help = "How many GPUs it offers to programs; 0 where it could not be started." },
};

static const struct gd_table runtime_table = {
	.name = "hsa_runtime",
	.help = "A copy of ROCm's runtime (libhsa-runtime64) that was found, and how it started.",
	.columns = runtime_columns,
	.column_count = GD_COUNT(runtime_columns),
};

static const struct gd_column agent_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The runtime, and the agent's number in it." },
	{ .name = "runtime", .type = GD_TEXT, .help = "The runtime that offers it: the id in hsa_runtime." },
	{ .name = "number", .type = GD_INT, .help = "Its number there, from 0." },
	{ .name = "kind", .type = GD_TEXT, .help = "cpu, gpu, dsp, or aie (an AI engine)." },
	{ .name = "name", .type = GD_TEXT, .help = "Its name; of a GPU the ISA, as in gfx1103." },
	{ .name = "isa", .type = GD_TEXT, .help = "Its first ISA in full, as in amdgcn-amd-amdhsa--gfx1103." },
	{ .name = "gfx", .type = GD_TEXT, .help = "The chip in that name, without features: gfx90a." },
	{ .name = "xnack",
	  .type = GD_BOOL,
	  .help = "Whether that ISA is one with XNACK (page faults served); absent where it does not say." },
	{ .name = "sramecc",
	  .type = GD_BOOL,
	  .help = "Whether that ISA is one with SRAM-ECC; absent where it does not say." },
	{ .name = "other_isas", .type = GD_TEXT, .help = "Further ISAs that it runs, generic ones mostly." },
	{ .name = "marketing_name", .type = GD_TEXT, .help = "The product's name, as the runtime knows it." },
	{ .name = "vendor_name", .type = GD_TEXT, .help = "AMD, or CPU." },
	{ .name = "cu_count", .type = GD_INT, .help = "How many compute units, or cores of a processor, it has." },
	{ .name = "wavefront_size", .type = GD_INT, .help = "How many lanes one wavefront has." },
	{ .name = "max_clock_mhz", .type = GD_INT, .help = "Its highest clock." },
	{ .name = "profile", .type = GD_TEXT, .help = "The HSA profile: full where it shares all memory, else base." },
	{ .name = "node", .type = GD_INT, .help = "Its node, as the runtime counts them." },
	{ .name = "pci_address", .type = GD_TEXT, .help = "Its PCI address." },
	{ .name = "device_id", .type = GD_TEXT, .help = "Its PCI device in four hexadecimal digits." },
	{ .name = "pool_count", .type = GD_INT, .help = "How many memory pools it has." },
	{ .name = "memory_mib",
	  .type = GD_INT,
	  .help = "Its largest pool that is coarse-grained, that is, its own memory; of a processor its largest." },
	{ .name = "alloc_max_mib", .type = GD_INT, .help = "The largest piece that one allocation may have." },
	{ .name = "lds_kib", .type = GD_INT, .help = "The local data share of one workgroup." },
	{ .name = "overridden", .type = GD_BOOL, .help = "An override of the ISA was set for it." },
	{ .name = "override",
	  .type = GD_TEXT,
	  .help = "The value of that, as in 11.0.0; a variable for its node wins, but runtimes before ROCm 6.2 know "
		  "only the one for all." },
	{ .name = "uuid", .type = GD_TEXT, .flags = GD_COL_PRIVATE, .help = "The identifier of this very chip." },
};

static const struct gd_table agent_table = {
	.name = "hsa_agent",
	.help = "A processor or GPU that a copy of ROCm's runtime offers.",
	.columns = agent_columns,
	.column_count = GD_COUNT(agent_columns),
};

static const struct gd_table *const tables[] = { &runtime_table, &agent_table, NULL };
static const char *const needs[] = { "pci", "kfd", "hsa_env", NULL };

/*
 * hsa_init() reserves address space by the terabyte, so that is not limited;
 * what it writes to is far below this on a machine with eight GPUs.
 */
static const struct gd_sandbox_limits limits = { .data_bytes = UINT64_C(4) << 30 };

/* Under Windows (WSL) the runtime has a device of another name. What cannot be seen, a child may find. */
static bool may_have_device(const struct gd_ctx *ctx)
{
	static const char *const devices[] = { "/dev/kfd", "/dev/dxg" };
	struct gd_stat st;

	for (size_t i = 0; i < GD_COUNT(devices); i++) {
		int r = gd_host_stat(ctx->host, devices[i], &st);

		if (r < 0 ? !gd_host_is_absence(r) : S_ISCHR(st.mode))
			return true;
	}
	return false;
}

static void add_render_nodes(const struct gd_ctx *ctx, struct gd_hsa_errand *e)
{
	const struct gd_rows *nodes = gd_facts_table_peek(ctx->facts, "kfd_node");

	for (size_t i = 0; nodes && i < nodes->count && e->render_count < GD_HSA_RENDER_NODES; i++)
		if (gd_is_known(nodes->rows[i], "render_minor"))
			e->render_minors[e->render_count++] = gd_get_int(nodes->rows[i], "render_minor", 0);
}

static void ask(struct gd_ctx *ctx, struct gd_hsa_errand e)
{
	const char *library = e.place ? e.place->path : GD_HSA_NAME;
	gd_autofree id = gd_xasprintf("hsa %s%s", library, e.without_override ? " without override" : "");
	struct gd_question q = { .id = id, .library = library, .limits = limits, .ask = gd_hsa_ask, .arg = &e };

	e.id = id;
	gd_library_ask(ctx, &q);
}

static void leave_asleep(struct gd_ctx *ctx, const struct gd_hsa_places *found, const char *why)
{
	for (size_t i = 0; i < found->count; i++) {
		gd_autofree id = gd_xasprintf("hsa %s", found->items[i].path);

		gd_library_leave(ctx, id, found->items[i].path, GD_LIBRARY_NOT_ASKED, why, GD_ASLEEP_REMEDY);
	}
}

/* The loader may know a folder that the search does not: where there is a device, a child tries the name itself. */
static void ask_by_name(struct gd_ctx *ctx, const struct gd_hsa_errand *e)
{
	if (e->no_device)
		gd_library_leave(ctx, "hsa " GD_HSA_NAME, GD_HSA_NAME, GD_LIBRARY_MISSING,
				 "it is in none of the loader's folders", NULL);
	else
		ask(ctx, *e);
}

static void ask_each(struct gd_ctx *ctx, struct gd_hsa_errand e, const struct gd_hsa_places *found)
{
	for (size_t i = 0; i < found->count; i++) {
		e.place = &found->items[i];
		e.left_out = i + 1 == found->count ? found->left_out : 0;
		e.without_override = false;
		ask(ctx, e);
		e.without_override = true;
		if (!e.no_device && gd_hsa_is_overridden(e.overrides))
			ask(ctx, e);
	}
}

static void start(struct gd_ctx *ctx)
{
	GD_CLEANUP(gd_hsa_overrides_free) struct gd_hsa_overrides overrides = { 0 };
	GD_CLEANUP(gd_hsa_places_free) struct gd_hsa_places found = { 0 };
	struct gd_hsa_errand e = { .overrides = &overrides, .no_device = !may_have_device(ctx) };
	const struct gd_row *sleeper = gd_pci_sleeper_peek(ctx, "amdgpu");
	gd_autofree asleep = sleeper ? gd_xasprintf("%s is suspended, and starting the runtime would wake it",
						    gd_get_text(sleeper, "address", ""))
				     : NULL;

	gd_hsa_find(ctx->host, &found);
	gd_hsa_overrides_take(ctx->host, &overrides);
	add_render_nodes(ctx, &e);
	e.asleep = asleep;
	if (!found.count || strcmp(found.items[0].found_in, "loader") != 0)
		ask_by_name(ctx, &e);
	if (asleep)
		leave_asleep(ctx, &found, asleep);
	else
		ask_each(ctx, e, &found);
}

const struct gd_probe gd_probe_hsa = {
	.name = "hsa",
	.help = "ROCm's runtime: which GPUs each copy of it offers, with and without an override of the ISA.",
	.tables = tables,
	.needs = needs,
	.start = start,
	.run = gd_library_run,
};
