/* SPDX-License-Identifier: MIT */
/* For each AMD GPU and each install of ROCm: the kernels that its libraries have for that GPU. */
#include <string.h>

#include "probes/gpu_join.h"
#include "probes/rocm_builds.h"
#include "probes/tensile_count.h"

static const struct gd_column columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The GPU and the folder of the install." },
	{ .name = "gpu", .type = GD_TEXT, .help = "The GPU: gpu.id." },
	{ .name = "install",
	  .type = GD_TEXT,
	  .help = "The install: rocm_install.id; absent for kernels that only a variable leads to." },
	{ .name = "kind", .type = GD_TEXT, .help = "Its kind, as in rocm_install; other where there is no install." },
	{ .name = "by_variable",
	  .type = GD_BOOL,
	  .help = "Whether no install looks into the folder, and only ROCBLAS_TENSILE_LIBPATH leads there." },
	{ .name = "first",
	  .type = GD_BOOL,
	  .help = "No row before is of the same install or folder: what is no GPU's own matter is told once." },
	{ .name = "folder_serves",
	  .type = GD_BOOL,
	  .help = "Whether its folder of rocBLAS's kernels was seen to have some for any AMD GPU here." },
	{ .name = "packager", .type = GD_TEXT, .help = "Whose build the install is, as in rocm_install." },
	{ .name = "engine", .type = GD_TEXT, .help = "The engine that brought the install; absent where none did." },
	{ .name = "version", .type = GD_VERSION, .help = "The release of ROCm." },
	{ .name = "isa", .type = GD_TEXT, .help = "The ISA of the GPU, whatever an override says." },
	{ .name = "official",
	  .type = GD_TEXT,
	  .help = "Whether AMD supports that ISA with this release: yes, limited (some products only, or as a "
		  "preview), deprecated or no; absent for builds of others, who answer for them." },
	{ .name = "hip_code",
	  .type = GD_TEXT,
	  .help = "Code for that ISA in the file of rocBLAS itself: present, generic or missing; for that of engines "
		  "see gpu_code." },
	{ .name = "rocblas",
	  .type = GD_TEXT,
	  .help = "Kernels of rocBLAS for that ISA: tuned, fallback (untuned), partial (files are missing), missing, "
		  "or empty (it has none for any ISA); absent where the install has no rocBLAS." },
	{ .name = "rocblas_lacks",
	  .type = GD_TEXT,
	  .help = "Which of its files are missing where they are there in part: kernel_isa.lacks." },
	{ .name = "rocblas_kernels",
	  .type = GD_INT,
	  .help = "How many tuned kernels its indices have for that ISA; 0 where all are fallbacks or missing." },
	{ .name = "rocblas_directory", .type = GD_TEXT, .help = "The folder that holds them, or should." },
	{ .name = "hipblaslt",
	  .type = GD_TEXT,
	  .help = "The same for hipBLASLt, in whose place rocBLAS works where it has nothing." },
	{ .name = "hipblaslt_directory", .type = GD_TEXT, .help = "The folder that holds those, or should." },
};

static const struct gd_table table = {
	.name = "gpu_rocm",
	.help = "An AMD GPU and an install of ROCm: which kernels the one has for the other.",
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

/* Better ones first: of several folders that an install may have, the best counts. */
static const char *const ranks[] = { "tuned", "fallback", "partial", "missing", "empty" };

enum { MISSING = 3, EMPTY, UNRANKED };

static size_t rank_of(const char *status)
{
	for (size_t i = 0; i < GD_COUNT(ranks); i++)
		if (!strcmp(status, ranks[i]))
			return i;
	return UNRANKED;
}

/* What one library of one install has for one ISA. */
struct best {
	size_t rank;
	const struct gd_row *folder; /* that the rank is of */
	const struct gd_cell *unsure; /* the status of a folder that could not be judged */
};

/* A folder of which every ISA is listed has nothing for one that is not. */
static void judge_folder(const struct gd_ctx *ctx, const struct gd_row *folder, const char *isa, struct best *best)
{
	static const struct gd_cell partly = {
		.state = GD_UNKNOWN,
		.gap = GD_GAP_NO_SOURCE,
		.detail = "the folder may hold kernels for more ISAs than its names tell",
	};
	gd_autofree key = gd_xasprintf("%s %s", gd_get_text(folder, "id", ""), isa);
	const struct gd_row *kernels = gd_facts_find(ctx->facts, "kernel_isa", key);
	const struct gd_cell *status = kernels ? gd_get(kernels, "status") : gd_get(folder, "layout");
	size_t without = gd_get_int(folder, "target_count", 1) ? MISSING : EMPTY;
	size_t rank = kernels ? rank_of(gd_get_text(kernels, "status", "")) : without;

	if (status->state == GD_UNKNOWN || (!kernels && !gd_get_int(folder, "complete", 0))) {
		best->unsure = status->state == GD_UNKNOWN ? status : &partly;
		return;
	}
	if (rank >= best->rank)
		return;
	best->rank = rank;
	best->folder = folder;
}

static struct best judge_folders(const struct gd_ctx *ctx, const char *install, const char *library, const char *isa)
{
	const struct gd_rows *pairs = gd_facts_table_peek(ctx->facts, "install_kernels");
	struct best best = { .rank = UNRANKED };

	for (size_t i = 0; i < pairs->count; i++) {
		const struct gd_row *pair = pairs->rows[i];
		const struct gd_row *folder;

		if (!gd_text_is(pair, "install", install) || !gd_text_is(pair, "library", library))
			continue;
		folder = gd_facts_find(ctx->facts, "kernel_library", gd_get_text(pair, "folder", ""));
		if (folder)
			judge_folder(ctx, folder, isa, &best);
	}
	return best;
}

/* The library is there, and no folder with kernels was found for it. */
static void set_without_folder(const struct gd_ctx *ctx, struct gd_row *row, const char *library, const char *install)
{
	const struct gd_rows *pairs = gd_facts_table_peek(ctx->facts, "install_kernels");

	if (pairs->complete)
		gd_set_text(row, library, ranks[EMPTY], install);
	else
		gd_set_unknown(row, library, pairs->gap, pairs->detail, pairs->remedy);
}

/* The ISA of the row is known. */
static void set_kernels(const struct gd_ctx *ctx, struct gd_row *row, const struct gd_row *install,
			const char *library, const char *directory)
{
	gd_autofree file = gd_xasprintf("%s_file", library);
	const char *id = gd_get_text(install, "id", "");
	struct best best = judge_folders(ctx, id, library, gd_get_text(row, "isa", ""));

	if (best.folder && (best.rank < MISSING || !best.unsure)) {
		gd_set_text(row, library, ranks[best.rank], gd_get_text(best.folder, "id", ""));
		gd_set_cell(row, directory, gd_get(best.folder, "id"));
		return;
	}
	if (!gd_is_known(install, file))
		gd_set_cell(row, library, gd_get(install, file));
	else if (best.unsure)
		gd_set_cell(row, library, best.unsure);
	else
		set_without_folder(ctx, row, library, id);
	if (gd_is_known(row, library))
		gd_set_absent(row, directory, id);
	else
		gd_set_cell(row, directory, gd_get(row, library));
}

/* ------------------------------------------------------- support and code -- */

/* All that depends on the ISA is as unknown as that. */
static void set_all(struct gd_row *row, const struct gd_cell *isa)
{
	static const char *const names[] = {
		"official",  "hip_code",	    "rocblas", "rocblas_lacks", "rocblas_kernels", "rocblas_directory",
		"hipblaslt", "hipblaslt_directory",
	};

	for (size_t i = 0; i < GD_COUNT(names); i++)
		gd_set_cell(row, names[i], isa);
}

static void set_official(const struct gd_ctx *ctx, struct gd_row *row, const struct gd_row *install)
{
	static const char *const needed[] = { "packager", "version" };
	const struct gd_row *build;

	for (size_t i = 0; i < GD_COUNT(needed); i++)
		if (gd_get(install, needed[i])->state == GD_UNKNOWN) {
			gd_set_cell(row, "official", gd_get(install, needed[i]));
			return;
		}
	if (!gd_text_is(install, "packager", "amd")) {
		gd_set_absent(row, "official", gd_get(install, "packager")->source);
		return;
	}
	build = gd_rocm_build_find(ctx->facts, "amd", gd_get_text(row, "isa", ""),
				   gd_get_text(install, "version", ""));
	if (build)
		gd_set_cell(row, "official", gd_get(build, "official"));
	else
		gd_set_unknown(row, "official", GD_GAP_NO_SOURCE, "the release is not in rocm-releases.csv", NULL);
}

static void set_hip_code(const struct gd_ctx *ctx, struct gd_row *row, const struct gd_row *gpu,
			 const struct gd_row *install)
{
	const struct gd_rows *codes = gd_facts_table_peek(ctx->facts, "gpu_code");
	const struct gd_cell *file = gd_get(install, "rocblas_file");
	gd_autofree key = NULL;
	const struct gd_row *code;

	if (file->state != GD_KNOWN) {
		gd_set_cell(row, "hip_code", file);
		return;
	}
	key = gd_xasprintf("%s %s", gd_get_text(gpu, "id", ""), file->value.s);
	code = gd_facts_find(ctx->facts, "gpu_code", key);
	if (code)
		gd_set_cell(row, "hip_code", gd_get(code, "code"));
	else
		gd_set_unknown(row, "hip_code", codes->gap, codes->detail, codes->remedy);
}

/* ------------------------------------------------------------------ pairs -- */

/* Where one index is for all ISAs, or all types, tuned kernels cannot be told from others. */
static void set_count(struct gd_ctx *ctx, struct gd_row *row, struct gd_tensile_cost *total)
{
	const struct gd_cell *status = gd_get(row, "rocblas");
	const char *directory = gd_get_text(row, "rocblas_directory", "");
	const struct gd_row *folder = gd_facts_find(ctx->facts, "kernel_library", directory);

	if (status->state != GD_KNOWN)
		gd_set_cell(row, "rocblas_kernels", status);
	else if (strcmp(status->value.s, "tuned") != 0)
		gd_set_int(row, "rocblas_kernels", 0, status->source);
	else if (folder && gd_text_is(folder, "layout", "lazy"))
		gd_tensile_count(ctx, row, "rocblas_kernels", directory, gd_get_text(row, "isa", ""),
				 total);
	else
		gd_set_unknown(row, "rocblas_kernels", GD_GAP_NO_SOURCE, "one index is for all types", NULL);
}

static void set_lacks(const struct gd_ctx *ctx, struct gd_row *row)
{
	const struct gd_cell *status = gd_get(row, "rocblas");
	gd_autofree key = gd_xasprintf("%s %s", gd_get_text(row, "rocblas_directory", ""), gd_get_text(row, "isa", ""));
	const struct gd_row *kernels = gd_facts_find(ctx->facts, "kernel_isa", key);

	if (status->state != GD_KNOWN)
		gd_set_cell(row, "rocblas_lacks", status);
	else if (kernels)
		gd_set_cell(row, "rocblas_lacks", gd_get(kernels, "lacks"));
	else
		gd_set_absent(row, "rocblas_lacks", status->source);
}

static void add(struct gd_ctx *ctx, const struct gd_row *gpu, const struct gd_row *install)
{
	static const char *const libraries[][2] = {
		{ "rocblas", "rocblas_directory" },
		{ "hipblaslt", "hipblaslt_directory" },
	};
	struct gd_row *row = gd_gpu_join_add(ctx, table.name, gpu, install);

	gd_set_cell(row, "install", gd_get(install, "id"));
	gd_set_cell(row, "kind", gd_get(install, "kind"));
	gd_set_bool(row, "by_variable", false, "kernel_library");
	gd_set_cell(row, "packager", gd_get(install, "packager"));
	gd_set_cell(row, "engine", gd_get(install, "engine"));
	gd_set_cell(row, "version", gd_get(install, "version"));
	if (!gd_is_known(gpu, "isa")) {
		set_all(row, gd_get(gpu, "isa"));
		return;
	}
	set_official(ctx, row, install);
	set_hip_code(ctx, row, gpu, install);
	for (size_t i = 0; i < GD_COUNT(libraries); i++)
		set_kernels(ctx, row, install, libraries[i][0], libraries[i][1]);
	set_lacks(ctx, row);
}

/* A folder of rocBLAS's kernels that no install looks into, but whoever sets the variable does. */
static void add_folder(struct gd_ctx *ctx, const struct gd_row *gpu, const struct gd_row *folder)
{
	static const char *const none[] = {
		"packager", "install", "engine", "version", "official", "hip_code", "hipblaslt", "hipblaslt_directory",
	};
	const char *id = gd_get_text(folder, "id", "");
	struct best best = { .rank = UNRANKED };
	struct gd_row *row;

	if (gd_get(folder, "install")->state != GD_ABSENT || !gd_text_is(folder, "library", "rocblas"))
		return;
	row = gd_gpu_join_add(ctx, table.name, gpu, folder);
	for (size_t i = 0; i < GD_COUNT(none); i++)
		gd_set_absent(row, none[i], id);
	gd_set_text(row, "kind", "other", id);
	gd_set_bool(row, "by_variable", true, id);
	gd_set_cell(row, "rocblas_directory", gd_get(folder, "id"));
	if (gd_is_known(gpu, "isa"))
		judge_folder(ctx, folder, gd_get_text(gpu, "isa", ""), &best);
	if (!gd_is_known(gpu, "isa"))
		gd_set_cell(row, "rocblas", gd_get(gpu, "isa"));
	else if (best.unsure)
		gd_set_cell(row, "rocblas", best.unsure);
	else
		gd_set_text(row, "rocblas", ranks[best.rank], id);
	set_lacks(ctx, row);
}

/* Last, since what they cost is limited for all of them. */
static void set_counts(struct gd_ctx *ctx)
{
	const struct gd_rows *rows = gd_facts_table_peek(ctx->facts, table.name);
	struct gd_tensile_cost total = { 0 };

	for (size_t i = 0; i < rows->count; i++)
		set_count(ctx, rows->rows[i], &total);
}

static bool serves(const struct gd_row *pair)
{
	return gd_text_is(pair, "rocblas", "tuned") || gd_text_is(pair, "rocblas", "fallback");
}

static const char *place_of(const struct gd_row *pair)
{
	return gd_get_text(pair, "install", gd_get_text(pair, "rocblas_directory", ""));
}

/* What other pairs make of this one, once all are there. */
static void set_among_others(const struct gd_rows *pairs, struct gd_row *row)
{
	const char *directory = gd_get_text(row, "rocblas_directory", NULL);
	bool any = false;
	bool first = true;

	for (size_t i = 0; directory && i < pairs->count; i++)
		any |= serves(pairs->rows[i]) && gd_text_is(pairs->rows[i], "rocblas_directory", directory);
	for (size_t i = 0; pairs->rows[i] != row; i++)
		first &= strcmp(place_of(pairs->rows[i]), place_of(row)) != 0;
	gd_set_bool(row, "folder_serves", any, "gpu_rocm");
	gd_set_bool(row, "first", first, "gpu_rocm");
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	const struct gd_rows *pairs = gd_facts_table_peek(ctx->facts, table.name);

	(void)err;
	gd_gpu_join(ctx, table.name, "rocm_install", add);
	gd_gpu_join(ctx, table.name, "kernel_library", add_folder);
	for (size_t i = 0; i < pairs->count; i++)
		set_among_others(pairs, pairs->rows[i]);
	set_counts(ctx);
	return 0;
}

const struct gd_probe gd_probe_gpu_rocm = {
	.name = "gpu_rocm",
	.help = "Joins AMD GPUs with the kernels that installs of ROCm hold for them.",
	.tables = (const struct gd_table *const[]){ &table, NULL },
	.needs = (const char *const[]){ "gpu", "rocm", "rocm_kernels", "rocm_release", "gpu_code", NULL },
	.run = run,
};
