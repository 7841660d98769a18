/* SPDX-License-Identifier: MIT */
/*
 * For each AMD GPU that computes: which installs of ROCm here serve it and
 * which do not, and what is known of the releases that do elsewhere.
 */
#include <string.h>

#include "base/parse.h"
#include "base/version.h"
#include "probes/gpu_join.h"
#include "probes/rocm_builds.h"

static const struct gd_column columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The GPU: gpu.id." },
	{ .name = "name", .type = GD_TEXT, .help = "The name of the GPU." },
	{ .name = "isa", .type = GD_TEXT, .help = "The ISA of the GPU, whatever an override says." },
	{ .name = "lacking",
	  .type = GD_TEXT,
	  .help = "The installs found here whose rocBLAS has kernels, and none for it; absent where there are none." },
	{ .name = "lacking_count", .type = GD_INT, .help = "How many these are." },
	{ .name = "amd_version",
	  .type = GD_VERSION,
	  .help = "The newest release of AMD's own packages among them; absent without these." },
	{ .name = "serving",
	  .type = GD_TEXT,
	  .help = "The installs found here whose rocBLAS has kernels for it, and folders of such kernels that "
		  "variables name; absent where there are none." },
	{ .name = "serving_count", .type = GD_INT, .help = "How many these are." },
	{ .name = "beside_served",
	  .type = GD_BOOL,
	  .help = "Whether the GPU is an integrated one beside another AMD GPU that an install serves." },
	{ .name = "builds",
	  .type = GD_TEXT,
	  .help = "Builds of ROCm that are known to have kernels for it, here or not; absent where none is known." },
	{ .name = "sources_serve",
	  .type = GD_BOOL,
	  .help = "Whether AMD's packages of that release leave it out, and rocBLAS has kernels for it where it is "
		  "built from the sources." },
	{ .name = "dropped",
	  .type = GD_BOOL,
	  .help = "Whether AMD's packages had kernels for it once and have them no more." },
	{ .name = "last_build",
	  .type = GD_TEXT,
	  .help = "The last of AMD's releases that had them; absent where it was not dropped." },
	{ .name = "sibling_serves",
	  .type = GD_BOOL,
	  .help = "Whether code of another ISA is known to work on this GPU by more than one report, and an install "
		  "found here has kernels for that one." },
	{ .name = "sibling",
	  .type = GD_TEXT,
	  .help = "That ISA; absent where there is none." },
	{ .name = "sibling_install", .type = GD_TEXT, .help = "That install: rocm_install.id." },
	{ .name = "sibling_setting",
	  .type = GD_TEXT,
	  .help = "The variable and value that make ROCm take the GPU for that ISA: for its node alone, where there "
		  "are AMD GPUs of other ISAs." },
	{ .name = "sibling_evidence", .type = GD_TEXT, .help = "How that is known." },
	{ .name = "sibling_in_use",
	  .type = GD_BOOL,
	  .help = "Whether an override that was found makes ROCm take the GPU for that ISA already." },
};

static const struct gd_table table = {
	.name = "rocm_support",
	.help = "What ROCm has for an AMD GPU that can compute.",
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

/* ------------------------------------------------------------- installs -- */

struct side {
	struct gd_buf installs;
	struct gd_buf folders; /* that were listed for it */
	int64_t count;
	const struct gd_row *newest; /* of AMD's packages, where the release is known */
};

static bool is_newer(const struct gd_row *row, const struct gd_row *than)
{
	if (!gd_is_known(row, "version") || strcmp(gd_get_text(row, "packager", ""), "amd") != 0)
		return false;
	return !than || gd_version_compare(gd_get_text(row, "version", ""), gd_get_text(than, "version", "")) > 0;
}

static void count_in(struct side *side, const struct gd_row *pair)
{
	const char *folder = gd_get_text(pair, "rocblas_directory", gd_get_text(pair, "install", ""));

	gd_buf_printf(&side->installs, "%s%s", side->count ? ", " : "", gd_get_text(pair, "install", folder));
	gd_buf_printf(&side->folders, "%s%s", side->count ? ", " : "", folder);
	side->count++;
	if (is_newer(pair, side->newest))
		side->newest = pair;
}

static void set_side(struct gd_row *row, const char *names, const char *count, const struct side *side)
{
	const char *source = side->count ? gd_buf_peek(&side->folders) : "gpu_rocm";

	if (side->count)
		gd_set_text(row, names, gd_buf_peek(&side->installs), source);
	else
		gd_set_absent(row, names, source);
	gd_set_int(row, count, side->count, source);
}

static void side_free(struct side *side)
{
	gd_buf_free(&side->installs);
	gd_buf_free(&side->folders);
}

static void set_installs(const struct gd_ctx *ctx, struct gd_row *row, const char *gpu)
{
	const struct gd_rows *pairs = gd_facts_table_peek(ctx->facts, "gpu_rocm");
	struct side lacking = { 0 };
	struct side serving = { 0 };

	for (size_t i = 0; i < pairs->count; i++) {
		const char *rocblas = gd_get_text(pairs->rows[i], "rocblas", "");

		if (strcmp(gd_get_text(pairs->rows[i], "gpu", ""), gpu) != 0)
			continue;
		/* A variable that leads past the kernels is a matter for whoever sets it. */
		if (!strcmp(rocblas, "missing") && gd_is_known(pairs->rows[i], "install"))
			count_in(&lacking, pairs->rows[i]);
		else if (!strcmp(rocblas, "tuned") || !strcmp(rocblas, "fallback"))
			count_in(&serving, pairs->rows[i]);
	}
	set_side(row, "lacking", "lacking_count", &lacking);
	set_side(row, "serving", "serving_count", &serving);
	if (lacking.newest)
		gd_set_cell(row, "amd_version", gd_get(lacking.newest, "version"));
	else
		gd_set_absent(row, "amd_version", "gpu_rocm");
	side_free(&lacking);
	side_free(&serving);
}

/* -------------------------------------------------------------- releases -- */

static void set_releases(const struct gd_ctx *ctx, struct gd_row *row, const char *isa)
{
	const struct gd_row *last = gd_rocm_build_dropped(ctx->facts, isa);
	const char *version = gd_get_text(row, "amd_version", NULL);
	const struct gd_row *sources = version ? gd_rocm_build_find(ctx->facts, "source", isa, version) : NULL;
	const struct gd_row *packages = version ? gd_rocm_build_find(ctx->facts, "amd", isa, version) : NULL;
	gd_autofree builds = gd_rocm_builds_with(ctx->facts, isa);

	gd_set_bool(row, "sources_serve",
		    sources && gd_get_int(sources, "rocblas", 0) && packages && !gd_get_int(packages, "rocblas", 1),
		    "rocm_release");
	gd_set_text_or_absent(row, "builds", builds, "rocm_release");
	gd_set_bool(row, "dropped", last != NULL, "rocm_release");
	if (last)
		gd_set_cell(row, "last_build", gd_get(last, "build"));
	else
		gd_set_absent(row, "last_build", "rocm_release");
}

/* -------------------------------------------------------------- siblings -- */

/* As the runtime reads it: the last two digits are hexadecimal. gfx90c is 9.0.12. */
static char *override_for(const char *isa)
{
	const char *digits = isa + strlen("gfx");
	size_t len = strlen(digits);
	int64_t minor;
	int64_t stepping;
	gd_autofree tail = NULL;

	if (len < 3)
		return NULL;
	tail = gd_xasprintf("%c", digits[len - 2]);
	if (gd_parse_i64(tail, 16, &minor) < 0 || gd_parse_i64(digits + len - 1, 16, &stepping) < 0)
		return NULL;
	return gd_xasprintf("%.*s.%d.%d", (int)(len - 2), digits, (int)minor, (int)stepping);
}

/* The first install here with kernels of rocBLAS for that ISA, or NULL. */
static const struct gd_cell *install_with(const struct gd_ctx *ctx, const char *isa)
{
	const struct gd_rows *kernels = gd_facts_table_peek(ctx->facts, "kernel_isa");

	for (size_t i = 0; i < kernels->count; i++)
		if (!strcmp(gd_get_text(kernels->rows[i], "library", ""), "rocblas") &&
		    !strcmp(gd_get_text(kernels->rows[i], "isa", ""), isa) &&
		    gd_get_int(kernels->rows[i], "usable", 0) && gd_is_known(kernels->rows[i], "install"))
			return gd_get(kernels->rows[i], "install");
	return NULL;
}

static const char *csv_cell(const struct gd_csv *t, size_t row, const char *column)
{
	return gd_csv_peek(t, row, gd_csv_column(t, column));
}

/* The row of hsa-override.csv by which code of another ISA works and is here, or -1. One report is no advice. */
static int find_sibling(const struct gd_ctx *ctx, const struct gd_csv *t, const char *isa)
{
	for (size_t i = 0; i < t->rows; i++)
		if (!strcmp(csv_cell(t, i, "isa"), isa) && !strcmp(csv_cell(t, i, "verdict"), "works") &&
		    strcmp(csv_cell(t, i, "reach"), "one") != 0 && install_with(ctx, csv_cell(t, i, "assumed")))
			return (int)i;
	return -1;
}

/* The variable for all GPUs would break the others, where these are of another kind. NULL where no node is known. */
static char *setting_for(const struct gd_ctx *ctx, const struct gd_row *gpu, const char *value)
{
	const struct gd_rows *gpus = gd_facts_table_peek(ctx->facts, "gpu");
	bool alone = true;

	for (size_t i = 0; i < gpus->count; i++)
		if (gd_gpu_join_takes(gpus->rows[i]) &&
		    strcmp(gd_get_text(gpus->rows[i], "isa", ""), gd_get_text(gpu, "isa", "")) != 0)
			alone = false;
	if (alone)
		return gd_xasprintf("HSA_OVERRIDE_GFX_VERSION=%s", value);
	if (!gd_is_known(gpu, "kfd_node"))
		return NULL;
	return gd_xasprintf("HSA_OVERRIDE_GFX_VERSION_%d=%s", (int)gd_get_int(gpu, "kfd_node", 0), value);
}

static bool is_in_use(const struct gd_ctx *ctx, const char *gpu, const char *sibling)
{
	const struct gd_rows *overrides = gd_facts_table_peek(ctx->facts, "rocm_override");

	for (size_t i = 0; i < overrides->count; i++)
		if (!strcmp(gd_get_text(overrides->rows[i], "gpu", ""), gpu) &&
		    !strcmp(gd_get_text(overrides->rows[i], "isa_assumed", ""), sibling))
			return true;
	return false;
}

static void set_sibling(const struct gd_ctx *ctx, struct gd_row *row, const struct gd_row *gpu)
{
	static const char *const names[] = { "sibling", "sibling_install", "sibling_setting", "sibling_evidence" };
	const struct gd_csv *t = gd_gpudb_table_peek(ctx->db, "hsa-override");
	int found = find_sibling(ctx, t, gd_get_text(gpu, "isa", ""));
	const char *sibling = found < 0 ? NULL : csv_cell(t, (size_t)found, "assumed");
	gd_autofree value = sibling ? override_for(sibling) : NULL;
	gd_autofree setting = value ? setting_for(ctx, gpu, value) : NULL;
	gd_autofree source = NULL;

	gd_set_bool(row, "sibling_serves", setting != NULL, "data/gpu-db/hsa-override.csv");
	gd_set_bool(row, "sibling_in_use", sibling && is_in_use(ctx, gd_get_text(gpu, "id", ""), sibling),
		    "rocm_override");
	for (size_t i = 0; !setting && i < GD_COUNT(names); i++)
		gd_set_absent(row, names[i], "data/gpu-db/hsa-override.csv");
	if (!setting)
		return;
	source = gd_xasprintf("data/gpu-db/hsa-override.csv:%u", t->lines[found]);
	gd_set_text(row, "sibling", sibling, source);
	gd_set_cell(row, "sibling_install", install_with(ctx, sibling));
	gd_set_text(row, "sibling_setting", setting, source);
	gd_set_text(row, "sibling_evidence", csv_cell(t, (size_t)found, "evidence"), source);
}

/* ------------------------------------------------------------------ rows -- */

static void add(struct gd_ctx *ctx, const struct gd_row *gpu)
{
	struct gd_row *row = gd_facts_add(ctx->facts, table.name);

	gd_set_cell(row, "id", gd_get(gpu, "id"));
	gd_set_cell(row, "name", gd_get(gpu, "name"));
	gd_set_cell(row, "isa", gd_get(gpu, "isa"));
	if (gd_is_known(gpu, "isa")) {
		set_installs(ctx, row, gd_get_text(gpu, "id", ""));
		set_releases(ctx, row, gd_get_text(gpu, "isa", ""));
		set_sibling(ctx, row, gpu);
		return;
	}
	for (size_t i = 3; i < GD_COUNT(columns); i++)
		gd_set_cell(row, columns[i].name, gd_get(gpu, "isa"));
}

static void set_beside(const struct gd_rows *gpus, const struct gd_rows *rows, struct gd_row *row)
{
	bool integrated = false;
	bool served = false;

	for (size_t i = 0; i < gpus->count; i++)
		if (gd_text_is(gpus->rows[i], "id", gd_get_text(row, "id", "")))
			integrated = gd_get_int(gpus->rows[i], "integrated", 0) == 1;
	for (size_t i = 0; i < rows->count; i++)
		served |= rows->rows[i] != row && gd_get_int(rows->rows[i], "serving_count", 0) > 0;
	gd_set_bool(row, "beside_served", integrated && served, "gpu, gpu_rocm");
}

/* The pairs close the table: where installs may be missing, so may what is said of a GPU. */
static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	const struct gd_rows *gpus = gd_facts_table_peek(ctx->facts, "gpu");
	const struct gd_rows *pairs = gd_facts_table_peek(ctx->facts, "gpu_rocm");
	const struct gd_rows *rows = gd_facts_table_peek(ctx->facts, table.name);

	(void)err;
	for (size_t i = 0; i < gpus->count; i++)
		if (gd_gpu_join_takes(gpus->rows[i]))
			add(ctx, gpus->rows[i]);
	for (size_t i = 0; i < rows->count; i++)
		set_beside(gpus, rows, rows->rows[i]);
	gd_facts_close_like(ctx->facts, table.name, pairs);
	return 0;
}

const struct gd_probe gd_probe_rocm_support = {
	.name = "rocm_support",
	.help = "Tells which installs of ROCm serve each AMD GPU, and which do not.",
	.tables = (const struct gd_table *const[]){ &table, NULL },
	.needs = (const char *const[]){ "gpu", "gpu_rocm", "rocm_kernels", "rocm_release", "rocm_override", NULL },
	.run = run,
};
