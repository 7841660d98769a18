/* SPDX-License-Identifier: MIT */
/*
 * The code for GPUs inside of libraries: which ISAs the offload bundles in them
 * are for. A list of what a build supports may be wrong, and ROCm's runtime
 * lists a GPU whether or not there is code for it; the bundles decide.
 */
#include <string.h>

#include "object/object.h"
#include "probe/probe.h"

static const struct gd_column file_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The file, links resolved." },
	{ .name = "role",
	  .type = GD_TEXT,
	  .help = "ggml-hip (llama.cpp's back end, and Ollama's), rocblas, hipblaslt, miopen or torch-hip." },
	{ .name = "install", .type = GD_TEXT, .help = "The id in rocm_install of its folder; absent as in rocm_file." },
	{ .name = "engine", .type = GD_TEXT, .help = "The engine that brought it; absent where none did." },
	{ .name = "status",
	  .type = GD_TEXT,
	  .help = "ok, no-code (a library without code for GPUs), archived (its code is in kpack archives), empty, "
		  "not-elf (no library at all) or damaged." },
	{ .name = "isas",
	  .type = GD_TEXT,
	  .help = "The ISAs that it holds code for, from the lowest number; absent where there are none." },
	{ .name = "bundle_count", .type = GD_INT, .help = "How many offload bundles it holds." },
	{ .name = "compressed", .type = GD_BOOL, .help = "Whether any of these is compressed." },
	{ .name = "kpack", .type = GD_BOOL, .help = "Whether it takes code from kpack archives." },
	{ .name = "soname", .type = GD_TEXT, .help = "The name by which programs ask the loader for it." },
	{ .name = "runpath", .type = GD_TEXT, .help = "Where it looks for libraries first (RUNPATH or RPATH)." },
	{ .name = "size_bytes", .type = GD_INT, .help = "How large the file is." },
	{ .name = "fault", .type = GD_TEXT, .help = "What is damaged in it; absent where nothing was found to be." },
};

static const struct gd_table file_table = {
	.name = "code_file",
	.help = "A library that may hold code for AMD GPUs.",
	.columns = file_columns,
	.column_count = GD_COUNT(file_columns),
};

static const struct gd_column isa_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The file and the target, as in gfx90a:xnack+." },
	{ .name = "file", .type = GD_TEXT, .help = "The file: code_file.id." },
	{ .name = "target", .type = GD_TEXT, .help = "What its code is for: an ISA, with the features it needs." },
	{ .name = "isa", .type = GD_TEXT, .help = "The ISA alone, as in gfx90a or gfx11-generic." },
	{ .name = "generic", .type = GD_BOOL, .help = "Whether the code runs on several ISAs of a family." },
	{ .name = "bundle_count", .type = GD_INT, .help = "In how many bundles of the file there is code for it." },
	{ .name = "size_bytes", .type = GD_INT, .help = "How much code that is, unpacked." },
};

static const struct gd_table isa_table = {
	.name = "code_isa",
	.help = "A target that a code_file holds code for.",
	.columns = isa_columns,
	.column_count = GD_COUNT(isa_columns),
};

static const struct role {
	const char *library;
	const char *role;
} roles[] = {
	{ "libggml-hip", "ggml-hip" }, { "librocblas", "rocblas" },	 { "libhipblaslt", "hipblaslt" },
	{ "libMIOpen", "miopen" },     { "libtorch_hip", "torch-hip" },
};

static const char *role_of(const char *library)
{
	for (size_t i = 0; i < GD_COUNT(roles); i++)
		if (!strcmp(roles[i].library, library))
			return roles[i].role;
	return NULL;
}

static const char *status_of(const struct gd_object *o)
{
	if (o->kind == GD_OBJECT_EMPTY)
		return "empty";
	if (o->fault)
		return "damaged";
	if (o->kind != GD_OBJECT_ELF)
		return "not-elf";
	if (o->target_count)
		return "ok";
	return o->kpack ? "archived" : "no-code";
}

/* ------------------------------------------------------------------ targets -- */

static void add_target(struct gd_ctx *ctx, const char *path, const struct gd_object_target *t)
{
	struct gd_row *row = gd_facts_add(ctx->facts, isa_table.name);
	gd_autobuf target = { 0 };
	gd_autofree id = NULL;

	gd_target_print(&t->target, &target);
	id = gd_xasprintf("%s %s", path, gd_buf_peek(&target));
	gd_set_text(row, "id", id, path);
	gd_set_text(row, "file", path, path);
	gd_set_text(row, "target", gd_buf_peek(&target), path);
	gd_set_text(row, "isa", t->target.isa, path);
	gd_set_bool(row, "generic", t->target.generic, path);
	gd_set_int(row, "bundle_count", (int64_t)t->count, path);
	if (t->size_bytes)
		gd_set_int(row, "size_bytes", (int64_t)t->size_bytes, path);
	else
		gd_set_unknown(row, "size_bytes", GD_GAP_NO_SOURCE, "the bundles do not say it unless unpacked", NULL);
}

/* Targets are sorted, so equal ISAs with other features are neighbours. */
static void join_isas(const struct gd_object *o, struct gd_buf *out)
{
	for (size_t i = 0; i < o->target_count; i++)
		if (!i || strcmp(o->targets[i].target.isa, o->targets[i - 1].target.isa) != 0)
			gd_buf_printf(out, "%s%s", out->len ? " " : "", o->targets[i].target.isa);
}

/* --------------------------------------------------------------------- files -- */

/* A tree holds large files as empty ones; on a machine an empty library is broken. */
static void set_unread(struct gd_ctx *ctx, struct gd_row *row, const char *path, const struct gd_object *o)
{
	static const char *const columns[] = { "isas", "bundle_count", "compressed", "kpack", "soname", "runpath" };
	bool live = !strcmp(gd_host_kind_peek(ctx->host), "live");
	gd_autofree detail = gd_xasprintf("%s: %s", path, o->fault ? o->fault : "the file is empty");
	bool garbage = o->fault || live;

	for (size_t i = 0; i < GD_COUNT(columns); i++)
		gd_set_unknown(row, columns[i], garbage ? GD_GAP_GARBAGE : GD_GAP_NOT_CAPTURED, detail,
			       garbage ? NULL : gd_remedy_peek(-GD_ENOTCAPTURED));
}

static void set_isas(struct gd_row *row, const char *path, const struct gd_object *o)
{
	gd_autobuf isas = { 0 };

	join_isas(o, &isas);
	if (!isas.len && o->kpack)
		gd_set_unknown(row, "isas", GD_GAP_NO_SOURCE, "its code is in kpack archives", NULL);
	else
		gd_set_text_or_absent(row, "isas", gd_buf_peek(&isas), path);
}

static void set_contents(struct gd_ctx *ctx, struct gd_row *row, const char *path, const struct gd_object *o)
{
	gd_set_text(row, "status", status_of(o), path);
	gd_set_int(row, "size_bytes", (int64_t)o->size_bytes, path);
	gd_set_text_or_absent(row, "fault", o->fault, path);
	/* What was read of a damaged file is shown, but it does not tell what else should be there. */
	for (size_t i = 0; i < o->target_count; i++)
		add_target(ctx, path, &o->targets[i]);
	if (o->kind == GD_OBJECT_EMPTY || o->fault) {
		set_unread(ctx, row, path, o);
		return;
	}
	set_isas(row, path, o);
	gd_set_int(row, "bundle_count", (int64_t)o->bundle_count, path);
	gd_set_bool(row, "compressed", o->compressed_count > 0, path);
	gd_set_bool(row, "kpack", o->kpack, path);
	gd_set_text_or_absent(row, "soname", o->soname, path);
	gd_set_text_or_absent(row, "runpath", o->runpath ? o->runpath : o->rpath, path);
}

static void add_file(struct gd_ctx *ctx, const struct gd_row *file, const char *role)
{
	const char *path = gd_get_text(file, "id", "");
	struct gd_row *row = gd_facts_add(ctx->facts, file_table.name);
	gd_autoobject object = { 0 };
	int r = gd_host_object(ctx->host, path, &object);

	gd_set_cell(row, "id", gd_get(file, "id"));
	gd_set_text(row, "role", role, path);
	gd_set_cell(row, "install", gd_get(file, "install"));
	gd_set_cell(row, "engine", gd_get(file, "engine"));
	if (r == 0) {
		set_contents(ctx, row, path, &object);
		return;
	}
	for (size_t i = 4; i < GD_COUNT(file_columns); i++)
		gd_take_error(ctx, row, file_columns[i].name, path, r);
}

/* The first file of which not everything is known. */
static const struct gd_cell *first_unknown(const struct gd_rows *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (gd_get(files->rows[i], "isas")->state == GD_UNKNOWN)
			return gd_get(files->rows[i], "isas");
	return NULL;
}

static void close_tables(struct gd_ctx *ctx, const struct gd_rows *found)
{
	const struct gd_cell *unknown = first_unknown(gd_facts_table_peek(ctx->facts, file_table.name));

	gd_facts_close_like(ctx->facts, file_table.name, found);
	gd_facts_close_like(ctx->facts, isa_table.name, found);
	if (found->complete && unknown)
		gd_facts_incomplete(ctx->facts, isa_table.name, unknown->gap, unknown->detail, unknown->remedy);
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	const struct gd_rows *files = gd_facts_table_peek(ctx->facts, "rocm_file");

	(void)err;
	for (size_t i = 0; i < files->count; i++) {
		const char *role = role_of(gd_get_text(files->rows[i], "library", ""));

		if (role)
			add_file(ctx, files->rows[i], role);
	}
	close_tables(ctx, files);
	return 0;
}

const struct gd_probe gd_probe_code_object = {
	.name = "code_object",
	.help = "Reads which ISAs the libraries of ROCm and of engines hold code for.",
	.tables = (const struct gd_table *const[]){ &file_table, &isa_table, NULL },
	.needs = (const char *const[]){ "rocm", NULL },
	.run = run,
};
