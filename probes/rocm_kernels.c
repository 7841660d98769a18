/* SPDX-License-Identifier: MIT */
/*
 * Kernels by ISA: for each copy of ROCm the folders that its libraries take
 * kernels from, and the folders that variables name. What is in the libraries'
 * own files is for the probe code_object.
 *
 * Source of the places and their order: rocBLAS' and hipBLASLt's
 * tensile_host.cpp; Debian puts the version between rocblas and library. They
 * are beside the name that the loader took (dlpi_name), wherever a link of that
 * name leads: a copy of links has the kernels that it has links to.
 */
#include "probes/rocm_kernels.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "probes/rocm.h"

static const struct gd_column pair_columns[] = {
	{ .name = "id",
	  .type = GD_TEXT,
	  .flags = GD_COL_KEY,
	  .help = "The copy and the folder with a blank between them." },
	{ .name = "install", .type = GD_TEXT, .help = "The copy: the id in rocm_install." },
	{ .name = "library", .type = GD_TEXT, .help = "rocblas, hipblaslt, or miopen: the one of it that looks." },
	{ .name = "folder", .type = GD_TEXT, .help = "Where it looks: the id in kernel_library." },
};

/* Links make several copies share a folder, and a copy may look into several. */
static const struct gd_table pair_table = {
	.name = "install_kernels",
	.help = "A copy of ROCm and a folder that it takes kernels from.",
	.columns = pair_columns,
	.column_count = GD_COUNT(pair_columns),
};

/* Rows of rocm_install, one at a time. */
struct install {
	struct gd_ctx *ctx;
	const char *id;
	char *archives;
	int error; /* of the first folder that could not be looked into for the library at hand */
};

static char *resolved(struct gd_ctx *ctx, const char *base, const char *rest)
{
	gd_autofree path = gd_xasprintf("%s/%s", base, rest);
	char *real = NULL;

	return gd_host_resolve(ctx->host, path, &real) == 0 ? real : GD_STEAL(path);
}

/* Beside the folder of the libraries, or above it. NULL where there is none. */
static char *find_archives(const struct gd_row *row)
{
	return gd_get_int(row, "kpack", 0) ? gd_xstrdup(gd_get(row, "kpack")->source) : NULL;
}

static void add_pair(const struct install *in, const struct gd_row *folder, const char *path)
{
	gd_autofree id = gd_xasprintf("%s %s", in->id, gd_get_text(folder, "id", ""));
	struct gd_row *row;

	if (gd_facts_find(in->ctx->facts, pair_table.name, id))
		return;
	row = gd_facts_add(in->ctx->facts, pair_table.name);
	gd_set_text(row, "id", id, path);
	gd_set_text(row, "install", in->id, path);
	gd_set_cell(row, "library", gd_get(folder, "library"));
	gd_set_cell(row, "folder", gd_get(folder, "id"));
}

static bool add_folder(const struct install *in, const char *base, const char *rest, struct gd_kernel_folder f)
{
	gd_autofree path = resolved(in->ctx, base, rest);
	const struct gd_row *folder;

	f.path = path;
	f.found_by = "install";
	f.install = in->id;
	f.archives = in->archives;
	folder = gd_kernel_folder_add(in->ctx, &f);
	/* One that another library was found to use is not this one's. */
	if (!folder || strcmp(gd_get_text(folder, "library", ""), f.library) != 0)
		return false;
	add_pair(in, folder, path);
	return true;
}

static bool add_below(const struct install *in, const char *base, const char *rest, const char *library,
		      enum gd_kernel_expected expected)
{
	struct gd_kernel_folder f = { .library = library, .expected = expected };

	return add_folder(in, base, rest, f);
}

/* rocblas/4.4.1/library, rocblas/5/library. */
static bool add_versions(struct install *in, const char *base)
{
	gd_autofree dir = gd_xasprintf("%s/rocblas", base);
	gd_autostrv names = { 0 };
	struct gd_stat st;
	bool found = false;
	int r = gd_host_list(in->ctx->host, dir, &names);

	if (r == -GD_ENOTCAPTURED)
		r = gd_rocm_stat(in->ctx->host, dir, &st);
	if (r < 0 && !gd_rocm_is_absence(r) && !in->error)
		in->error = r;
	for (size_t i = 0; i < names.count && i < GD_ROCM_LISTED; i++) {
		gd_autofree rest = gd_xasprintf("rocblas/%s/library", names.items[i]);
		struct gd_kernel_folder f = { .library = "rocblas",
					      .expected = GD_KERNELS_USUAL,
					      .version = names.items[i] };

		if (isdigit((unsigned char)*names.items[i]) &&
		    names.items[i][strspn(names.items[i], "0123456789.")] == '\0')
			found |= add_folder(in, base, rest, f);
	}
	return found;
}

static bool add_rocblas(struct install *in, const char *base)
{
	/* Of a build tree, and of folders with everything in them. */
	static const char *const rests[] = { "../../Tensile/library", "library", "../rocblas/library" };
	bool found = false;

	for (size_t i = 0; i < GD_COUNT(rests); i++)
		found |= add_below(in, base, rests[i], "rocblas", GD_KERNELS_PERHAPS);
	found |= add_below(in, base, "rocblas/library", "rocblas", GD_KERNELS_USUAL);
	return found | add_versions(in, base);
}

static bool add_hipblaslt(struct install *in, const char *base)
{
	bool built = add_below(in, base, "../Tensile/library", "hipblaslt", GD_KERNELS_PERHAPS);

	return add_below(in, base, "hipblaslt/library", "hipblaslt", GD_KERNELS_USUAL) || built;
}

static void add_of_library(struct install *in, const struct gd_row *row, const char *column, const char *library,
			   bool (*add)(struct install *in, const char *base))
{
	gd_autofree usual = gd_xasprintf("%s/library", library);
	struct gd_kernel_folder f = { .library = library, .expected = GD_KERNELS_NAMED };
	bool found;

	in->error = 0;
	found = add(in, in->id);
	/* The library is there, and its kernels are not, or not to be seen: that is worth a row. */
	f.error = in->error;
	if (gd_is_known(row, column) && !found)
		add_folder(in, in->id, usual, f);
}

static void add_miopen(const struct install *in, const struct gd_row *row)
{
	static const char *const rests[] = { "../share/miopen/db", "../../share/miopen/db" };
	bool multiarch = !strcmp(gd_get_text(row, "kind", ""), "distribution");

	for (size_t i = 0; i < (multiarch ? GD_COUNT(rests) : 1); i++)
		add_below(in, in->id, rests[i], "miopen", GD_KERNELS_PERHAPS);
}

static void add_install(struct gd_ctx *ctx, const struct gd_row *row)
{
	gd_autofree archives = find_archives(row);
	struct install in = { .ctx = ctx, .id = gd_get_text(row, "id", ""), .archives = archives };

	add_of_library(&in, row, "rocblas_file", "rocblas", add_rocblas);
	add_of_library(&in, row, "hipblaslt_file", "hipblaslt", add_hipblaslt);
	add_miopen(&in, row);
}

/* ---------------------------------------------------------------- variables -- */

static const struct {
	const char *name;
	const char *library;
} variables[] = {
	{ "ROCBLAS_TENSILE_LIBPATH", "rocblas" },
	{ "HIPBLASLT_TENSILE_LIBPATH", "hipblaslt" },
};

/* For a folder that a variable names: there is a row for it whatever lies there. */
static void add_named(struct gd_ctx *ctx, const char *path, const char *library, const char *found_by)
{
	gd_autofree archives = NULL;
	struct gd_kernel_folder f = { .path = path,
				      .library = library,
				      .found_by = found_by,
				      .expected = GD_KERNELS_NAMED };

	if (*path != '/')
		return;
	archives = resolved(ctx, path, "../../../.kpack");
	f.archives = archives;
	gd_kernel_folder_add(ctx, &f);
}

/* The first error of a variable that could not be learnt. */
static int add_of_caller(struct gd_ctx *ctx)
{
	int error = 0;

	for (size_t i = 0; i < GD_COUNT(variables); i++) {
		gd_autofree value = NULL;
		int r = gd_host_env(ctx->host, variables[i].name, &value);

		if (r == 0)
			add_named(ctx, value, variables[i].library, variables[i].name);
		else if (r != -ENOENT && !error)
			error = r;
	}
	return error;
}

static void add_of_setting(struct gd_ctx *ctx, const struct gd_row *setting)
{
	for (size_t i = 0; i < GD_COUNT(variables); i++)
		if (gd_text_is(setting, "variable", variables[i].name))
			add_named(ctx, gd_get_text(setting, "value", ""), variables[i].library, variables[i].name);
}

static void add_of_settings(struct gd_ctx *ctx)
{
	const struct gd_rows *settings = gd_facts_table_peek(ctx->facts, "setting");

	for (size_t i = 0; settings && i < settings->count; i++)
		if (!gd_setting_is_of_container(ctx->facts, settings->rows[i]))
			add_of_setting(ctx, settings->rows[i]);
}

/* -------------------------------------------------------------- completeness -- */

static void close_libraries(struct gd_ctx *ctx, const char *table, int error)
{
	const struct gd_rows *installs = gd_facts_table_peek(ctx->facts, "rocm_install");

	gd_facts_close_like(ctx->facts, table, installs);
	if (installs->complete && error)
		gd_facts_incomplete(ctx->facts, table, gd_gap_of_error(error),
				    "the variables that name folders of kernels", gd_remedy_peek(error));
}

static void close_isas(struct gd_ctx *ctx)
{
	const struct gd_rows *libraries = gd_facts_table_peek(ctx->facts, "kernel_library");

	if (!libraries->complete) {
		gd_facts_incomplete(ctx->facts, "kernel_isa", libraries->gap, libraries->detail, libraries->remedy);
		return;
	}
	for (size_t i = 0; i < libraries->count; i++) {
		const struct gd_cell *layout = gd_get(libraries->rows[i], "layout");
		gd_autofree detail = NULL;

		if (gd_get_int(libraries->rows[i], "complete", 0))
			continue;
		detail = gd_xasprintf("%s may hold kernels for more", gd_get_text(libraries->rows[i], "id", ""));
		gd_facts_incomplete(ctx->facts, "kernel_isa",
				    layout->state == GD_UNKNOWN ? layout->gap : GD_GAP_NO_SOURCE,
				    layout->state == GD_UNKNOWN ? layout->detail : detail, layout->remedy);
		return;
	}
	gd_facts_complete(ctx->facts, "kernel_isa");
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	const struct gd_rows *installs = gd_facts_table_peek(ctx->facts, "rocm_install");
	int error;

	(void)err;
	for (size_t i = 0; i < installs->count; i++)
		add_install(ctx, installs->rows[i]);
	error = add_of_caller(ctx);
	add_of_settings(ctx);
	close_libraries(ctx, "kernel_library", error);
	close_libraries(ctx, pair_table.name, 0);
	close_isas(ctx);
	return 0;
}

const struct gd_probe gd_probe_rocm_kernels = {
	.name = "rocm_kernels",
	.help = "Reads from the names of files which ISAs rocBLAS, hipBLASLt and MIOpen have kernels for.",
	.tables = (const struct gd_table *const[]){ &gd_kernel_library_table, &pair_table, &gd_kernel_isa_table,
						       NULL },
	.needs = (const char *const[]){ "rocm", "setting", NULL },
	.run = run,
};
