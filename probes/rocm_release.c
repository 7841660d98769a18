/* SPDX-License-Identifier: MIT */
/*
 * What published builds of ROCm are said to hold for the GPUs at hand. This is
 * what the database says, and nothing of it was looked up on this machine: what
 * the database leaves open is absent.
 */
#include <string.h>

#include "probe/probe.h"

#define DB "data/gpu-db/rocm-releases.csv"

static const struct gd_column columns[] = {
	{ .name = "id",
	  .type = GD_TEXT,
	  .flags = GD_COL_KEY,
	  .help = "The build and the ISA with a blank between them." },
	{ .name = "isa", .type = GD_TEXT, .help = "The ISA of an AMD GPU that is here." },
	{ .name = "packager",
	  .type = GD_TEXT,
	  .help = "Who publishes it: amd, therock, debian, ubuntu, fedora, arch, ollama, pytorch or lemonade; "
		  "source for what a plain build of the sources makes." },
	{ .name = "build",
	  .type = GD_TEXT,
	  .help = "What it is called there, as in Debian 13 or Ollama 0.5.8 to 0.6.1." },
	{ .name = "first",
	  .type = GD_VERSION,
	  .help = "The ROCm release that it has, or the first of several." },
	{ .name = "last", .type = GD_VERSION, .help = "The last of several." },
	{ .name = "date", .type = GD_TEXT, .help = "Year and month of the first of them." },
	{ .name = "official",
	  .type = GD_TEXT,
	  .help = "Whether AMD supports the ISA on Linux with this release: yes, limited (some products only, or as a "
		  "preview), deprecated, or no; absent where that is not said, or another packager answers for the "
		  "build." },
	{ .name = "rocblas",
	  .type = GD_BOOL,
	  .help = "Whether its rocBLAS has kernels for the ISA; absent where that is not said." },
	{ .name = "hipblaslt",
	  .type = GD_BOOL,
	  .help = "Whether its hipBLASLt has kernels for the ISA; absent where that is not said." },
	{ .name = "tested",
	  .type = GD_BOOL,
	  .help = "False where the packager says that it builds for the ISA and does not test it; absent where that is "
		  "not said." },
	{ .name = "checked",
	  .type = GD_TEXT,
	  .help = "How rocblas is known: files (names of files in the package), build (the targets that it is built "
		  "for) or inferred; absent where it is not." },
	{ .name = "source", .type = GD_TEXT, .help = "Where all this was read." },
};

static const struct gd_table table = {
	.name = "rocm_release",
	.help = "A published build of ROCm and the ISA of a GPU that is here, by the GPU database. What is installed "
		"is in rocm_install and kernel_isa.",
	.columns = columns,
	.column_count = GD_COUNT(columns),
};

static const char *cell(const struct gd_csv *t, size_t row, const char *column)
{
	return gd_csv_peek(t, row, gd_csv_column(t, column));
}

static bool lists(const struct gd_csv *t, size_t row, const char *column, const char *isa)
{
	gd_autostrv list = { 0 };

	gd_strv_split(&list, cell(t, row, column), ";");
	return gd_strv_has(&list, isa);
}

static void set_official(struct gd_row *fact, const struct gd_csv *t, size_t row, const char *isa)
{
	static const char *const words[][2] = {
		{ "official", "yes" },
		{ "limited", "limited" },
		{ "deprecated", "deprecated" },
	};

	if (!*cell(t, row, "official")) {
		gd_set_absent(fact, "official", DB);
		return;
	}
	for (size_t i = 0; i < GD_COUNT(words); i++)
		if (lists(t, row, words[i][0], isa)) {
			gd_set_text(fact, "official", words[i][1], DB);
			return;
		}
	gd_set_text(fact, "official", "no", DB);
}

static void set_kernels(struct gd_row *fact, const char *column, const struct gd_csv *t, size_t row, const char *isa)
{
	bool unsure = !strcmp(column, "rocblas") && lists(t, row, "unsure", isa);

	if (*cell(t, row, column) && !unsure)
		gd_set_bool(fact, column, lists(t, row, column, isa), DB);
	else
		gd_set_absent(fact, column, DB);
}

static void set_tested(struct gd_row *fact, const struct gd_csv *t, size_t row, const char *isa)
{
	if (*cell(t, row, "untested") && lists(t, row, "rocblas", isa))
		gd_set_bool(fact, "tested", !lists(t, row, "untested", isa), DB);
	else
		gd_set_absent(fact, "tested", DB);
}

static void add(struct gd_ctx *ctx, const struct gd_csv *t, size_t row, const char *isa)
{
	static const char *const as_they_are[] = { "packager", "build", "first", "last", "date", "source" };
	struct gd_row *fact = gd_facts_add(ctx->facts, "rocm_release");
	gd_autofree id = gd_xasprintf("%s %s", cell(t, row, "build"), isa);

	gd_set_text(fact, "id", id, DB);
	gd_set_text(fact, "isa", isa, DB);
	for (size_t i = 0; i < GD_COUNT(as_they_are); i++)
		gd_set_text(fact, as_they_are[i], cell(t, row, as_they_are[i]), DB);
	if (*cell(t, row, "checked"))
		gd_set_text(fact, "checked", cell(t, row, "checked"), DB);
	else
		gd_set_absent(fact, "checked", DB);
	set_official(fact, t, row, isa);
	set_kernels(fact, "rocblas", t, row, isa);
	set_kernels(fact, "hipblaslt", t, row, isa);
	set_tested(fact, t, row, isa);
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	const struct gd_rows *gpus = gd_facts_table_peek(ctx->facts, "gpu");
	const struct gd_csv *t = ctx->db ? gd_gpudb_table_peek(ctx->db, "rocm-releases") : NULL;
	gd_autostrv isas = { 0 };
	bool all = gpus->complete;

	(void)err;
	for (size_t i = 0; i < gpus->count; i++) {
		const char *isa = gd_get_text(gpus->rows[i], "isa", NULL);

		if (strcmp(gd_get_text(gpus->rows[i], "vendor", "AMD"), "AMD") != 0)
			continue;
		all = all && isa;
		if (isa && !gd_strv_has(&isas, isa))
			gd_strv_add(&isas, isa);
	}
	for (size_t i = 0; i < isas.count; i++)
		for (size_t row = 0; t && row < t->rows; row++)
			add(ctx, t, row, isas.items[i]);
	if (all)
		gd_facts_complete(ctx->facts, "rocm_release");
	else
		gd_facts_incomplete(ctx->facts, "rocm_release", GD_GAP_NO_SOURCE, "not every GPU's ISA is known", NULL);
	return 0;
}

const struct gd_probe gd_probe_rocm_release = {
	.name = "rocm_release",
	.help = "Tells which published builds of ROCm are for the GPUs that are here.",
	.tables = (const struct gd_table *const[]){ &table, NULL },
	.needs = (const char *const[]){ "gpu", NULL },
	.run = run,
};
