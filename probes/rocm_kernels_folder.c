/* SPDX-License-Identifier: MIT */
/* One folder of kernels: its names, and the rows that follow from them. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/parse.h"
#include "probes/rocm_find.h"
#include "probes/rocm_kernels.h"
#include "probes/tensile_tally.h"

static const struct gd_column library_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The folder, links resolved." },
	{ .name = "path", .type = GD_TEXT, .help = "The folder as it was found." },
	{ .name = "library", .type = GD_TEXT, .help = "rocblas, hipblaslt, or miopen." },
	{ .name = "install",
	  .type = GD_TEXT,
	  .help = "The id in rocm_install of the first copy that looks here, all are in install_kernels; absent where "
		  "only a variable leads here." },
	{ .name = "found_by",
	  .type = GD_TEXT,
	  .help = "install, ROCBLAS_TENSILE_LIBPATH or HIPBLASLT_TENSILE_LIBPATH." },
	{ .name = "version",
	  .type = GD_VERSION,
	  .help = "The version of the library that looks here, where the path names it, as on Debian; absent where it "
		  "does not." },
	{ .name = "layout",
	  .type = GD_TEXT,
	  .help = "lazy (an index for each ISA that names one for each type), per-isa (one index for each ISA), merged "
		  "(one index for all), kpack (only archives), or none (no kernels)." },
	{ .name = "file_count",
	  .type = GD_INT,
	  .help = "How many names are in it and in its folders for targets; any other folder in it counts as one." },
	{ .name = "isas",
	  .type = GD_TEXT,
	  .help = "The ISAs that it has usable kernels for by the names of its files, from the lowest number; absent "
		  "where there are none." },
	{ .name = "isa_count", .type = GD_INT, .help = "How many these are." },
	{ .name = "targets",
	  .type = GD_TEXT,
	  .help = "The ISAs that it has an index for, with kernels or without; absent where there are none." },
	{ .name = "target_count", .type = GD_INT, .help = "How many these are." },
	{ .name = "complete",
	  .type = GD_BOOL,
	  .help = "Whether every ISA that it may have kernels for is a row of kernel_isa: an ISA without a row has "
		  "none here. Not so where a part of it could not be read, or where kpack archives are, which may hold "
		  "more." },
	{ .name = "subfolders",
	  .type = GD_BOOL,
	  .help = "Whether the files of an ISA lie in a folder of its own below; not every build looks there." },
	{ .name = "mixed",
	  .type = GD_BOOL,
	  .help = "Whether names show files of several builds: types with an index and no code, and others with code "
		  "and no index." },
};

const struct gd_table gd_kernel_library_table = {
	.name = "kernel_library",
	.help = "A folder that rocBLAS, hipBLASLt or MIOpen takes kernels from, by the names of its files.",
	.columns = library_columns,
	.column_count = GD_COUNT(library_columns),
};

static const struct gd_column isa_columns[] = {
	{ .name = "id",
	  .type = GD_TEXT,
	  .flags = GD_COL_KEY,
	  .help = "The folder and the ISA with a blank between them." },
	{ .name = "directory", .type = GD_TEXT, .help = "The folder: the id in kernel_library." },
	{ .name = "library", .type = GD_TEXT, .help = "rocblas, hipblaslt, or miopen." },
	{ .name = "install", .type = GD_TEXT, .help = "As in kernel_library." },
	{ .name = "isa", .type = GD_TEXT, .help = "The ISA, as in gfx1103 or gfx11-generic." },
	{ .name = "status",
	  .type = GD_TEXT,
	  .help = "tuned, fallback (kernels for any chip only, which are slow), or partial (see lacks); of miopen, "
		  "whose databases are no need, always tuned." },
	{ .name = "usable",
	  .type = GD_BOOL,
	  .help = "Whether at least one type has an index that leads to it, and code." },
	{ .name = "index", .type = GD_BOOL, .help = "Whether the library finds an index for it." },
	{ .name = "code_objects", .type = GD_INT, .help = "How many files of code are for it." },
	{ .name = "tuned_files",
	  .type = GD_INT,
	  .help = "How many types (data types and orders of matrices) have tuned kernels, index and code; where all "
		  "are in one file, 1." },
	{ .name = "fallback_files",
	  .type = GD_INT,
	  .help = "How many types have kernels for any chip, index and code." },
	{ .name = "lacks",
	  .type = GD_TEXT,
	  .help = "What is not there and belongs there; absent where nothing is known." },
	{ .name = "features",
	  .type = GD_TEXT,
	  .help = "The features that its files are for, as in xnack+ xnack-; absent where none is named." },
	{ .name = "archive",
	  .type = GD_BOOL,
	  .help = "Whether a kpack archive for it is beside the library." },
};

const struct gd_table gd_kernel_isa_table = {
	.name = "kernel_isa",
	.help = "An ISA that the files of a kernel_library are for.",
	.columns = isa_columns,
	.column_count = GD_COUNT(isa_columns),
};

/* The names of one folder, counted. */
struct reading {
	struct gd_ctx *ctx;
	const struct gd_kernel_folder *folder;
	const char *real;
	struct gd_tally tally;
	struct gd_strv names; /* the tally leads into them */
	bool subfolders;
	bool hidden; /* a part of it could not be read */
	bool packed; /* there are archives: what is not here may be in them */
};

static void free_reading(struct reading *r)
{
	gd_tally_free(&r->tally);
	gd_strv_free(&r->names);
}

/* Moves the names over, so that they live as long as the tally. */
static const char *keep_name(struct reading *r, struct gd_strv *from, size_t i)
{
	const char *name = from->items[i];

	GD_GROW(r->names.items, r->names.count, r->names.cap);
	r->names.items[r->names.count++] = from->items[i];
	from->items[i] = NULL;
	return name;
}

/* ------------------------------------------------------------------ reading -- */

/* In a tree, what a listed folder lacks is not there. */
static int judge_missing(struct gd_ctx *ctx, const char *real, int error)
{
	struct gd_stat st;

	return error == -GD_ENOTCAPTURED ? gd_rocm_stat(ctx->host, real, &st) : error;
}

/* An index must be a file: it decides whether the library starts. Thousands of others are taken by their names. */
static bool may_be_opened(struct reading *r, const char *dir, const char *name, enum gd_kernel_file kind)
{
	gd_autofree path = NULL;
	struct gd_stat st;
	int error;

	if (kind != GD_KERNEL_INDEX_MERGED && kind != GD_KERNEL_INDEX_ISA && kind != GD_KERNEL_INDEX_LAZY)
		return true;
	path = gd_xasprintf("%s/%s", dir, name);
	error = gd_host_stat(r->ctx->host, path, &st);
	return error ? !gd_rocm_is_absence(error) : S_ISREG(st.mode);
}

static void take_name(struct reading *r, const char *dir, const char *name, const char *folder_isa)
{
	struct gd_kernel_name n;
	char isa[GD_ISA_BYTES];
	bool code;

	if (!strcmp(r->folder->library, "miopen")) {
		if (gd_miopen_name_parse(name, isa, &code))
			gd_tally_add_plain(&r->tally, isa, code);
		else
			r->tally.files++;
		return;
	}
	gd_kernel_name_parse(name, &n);
	if (may_be_opened(r, dir, name, n.kind))
		gd_tally_add(&r->tally, &n, folder_isa);
}

static void take_subfolder(struct reading *r, const char *name, const char *isa)
{
	gd_autofree dir = gd_xasprintf("%s/%s", r->real, name);
	gd_autostrv names = { 0 };
	struct gd_stat st;
	int error;

	if (gd_host_stat(r->ctx->host, dir, &st) == 0 && !S_ISDIR(st.mode)) {
		r->tally.files++;
		return;
	}
	error = gd_host_list_any(r->ctx->host, dir, &names);
	r->subfolders = true;
	if (error < 0)
		gd_tally_add_error(&r->tally, isa, error);
	for (size_t i = 0; i < names.count; i++)
		take_name(r, dir, keep_name(r, &names, i), isa);
}

static int take_folder(struct reading *r)
{
	gd_autostrv names = { 0 };
	int error = gd_host_list_any(r->ctx->host, r->real, &names);

	for (size_t i = 0; i < names.count; i++) {
		const char *name = keep_name(r, &names, i);
		char isa[GD_ISA_BYTES];
		char features[GD_ISA_FEATURES_BYTES];

		if (gd_tensile_target(name, strlen(name), isa, features) && r->tally.count < GD_TALLY_ISAS)
			take_subfolder(r, name, isa);
		else
			take_name(r, r->real, name, "");
	}
	return error;
}

/* Code that is packed up: what is in an archive its name says, if at all. */
static void take_archives(struct reading *r)
{
	const char *libraries = !strcmp(r->folder->library, "miopen") ? "miopen_lib" : "blas_lib";
	gd_autostrv names = { 0 };
	int error = r->folder->archives ? gd_host_list(r->ctx->host, r->folder->archives, &names) : -ENOENT;

	if (error == -GD_ENOTCAPTURED)
		error = judge_missing(r->ctx, r->folder->archives, error);
	r->packed = error == 0;
	r->hidden |= error < 0 && !gd_rocm_is_absence(error);
	for (size_t i = 0; i < names.count; i++) {
		char isa[GD_ISA_BYTES];

		if (gd_kpack_name_parse(names.items[i], libraries, isa))
			gd_tally_add_archive(&r->tally, isa);
	}
}

/* --------------------------------------------------------------------- rows -- */

static void set_list(struct gd_row *row, const char *column, const char *count_column, const struct gd_strv *isas,
		     const char *source)
{
	gd_autofree text = isas->count ? gd_strv_join(isas, " ") : NULL;

	gd_set_text_or_absent(row, column, text, source);
	gd_set_int(row, count_column, (int64_t)isas->count, source);
}

/* Nothing can be said of an ISA whose folder is closed, or whose kernels may be packed up. */
static bool is_open(const struct gd_tally *t, const struct gd_isa_tally *i)
{
	return i->error || ((i->archive || t->open_archive) && !gd_isa_is_usable(t, i));
}

static bool is_complete(const struct reading *r)
{
	const struct gd_tally *t = &r->tally;

	return !t->too_many && !r->packed && !r->hidden;
}

static void set_open(struct gd_row *row, const struct gd_isa_tally *i, const char *real)
{
	static const char *const columns[] = { "status", "usable", "lacks" };
	gd_autofree detail = i->error ? gd_xasprintf("%s/%s: %s", real, i->isa, gd_host_strerror_peek(i->error))
				      : gd_xstrdup("its kernels may be in a kpack archive");

	for (size_t c = 0; c < GD_COUNT(columns); c++)
		gd_set_unknown(row, columns[c], i->error ? gd_gap_of_error(i->error) : GD_GAP_NO_SOURCE, detail,
			       i->error ? gd_remedy_peek(i->error) : NULL);
}

static void set_verdict(struct gd_row *row, const struct gd_tally *t, const struct gd_isa_tally *i, const char *real)
{
	gd_autofree lacks = gd_isa_lacks(t, i);

	gd_set_text(row, "status", gd_isa_status_peek(t, i), real);
	gd_set_bool(row, "usable", gd_isa_is_usable(t, i), real);
	gd_set_text_or_absent(row, "lacks", lacks, real);
}

static void set_counts(struct gd_row *row, const struct gd_tally *t, const struct gd_isa_tally *i, const char *real)
{
	static const char *const columns[] = { "index", "code_objects", "tuned_files", "fallback_files", "features" };
	gd_autofree detail = NULL;

	if (i->error) {
		detail = gd_xasprintf("%s/%s: %s", real, i->isa, gd_host_strerror_peek(i->error));
		for (size_t c = 0; c < GD_COUNT(columns); c++)
			gd_set_unknown(row, columns[c], gd_gap_of_error(i->error), detail, gd_remedy_peek(i->error));
		return;
	}
	gd_set_bool(row, "index", gd_isa_has_index(t, i), real);
	gd_set_int(row, "code_objects", (int64_t)i->code_objects, real);
	gd_set_int(row, "tuned_files", (int64_t)(i->tuned ? i->tuned : !i->lazy && i->code), real);
	gd_set_int(row, "fallback_files", (int64_t)i->fallback, real);
	gd_set_text_or_absent(row, "features", i->features, real);
}

static void add_isa(const struct reading *r, const struct gd_isa_tally *i)
{
	struct gd_row *row = gd_facts_add(r->ctx->facts, "kernel_isa");
	gd_autofree id = gd_xasprintf("%s %s", r->real, i->isa);

	gd_set_text(row, "id", id, r->real);
	gd_set_text(row, "directory", r->real, r->real);
	gd_set_text(row, "library", r->folder->library, r->folder->path);
	gd_set_text_or_absent(row, "install", r->folder->install, r->folder->path);
	gd_set_text(row, "isa", i->isa, r->real);
	gd_set_bool(row, "archive", i->archive, r->folder->archives ? r->folder->archives : r->real);
	set_counts(row, &r->tally, i, r->real);
	if (is_open(&r->tally, i))
		set_open(row, i, r->real);
	else
		set_verdict(row, &r->tally, i, r->real);
}

static const char *layout_of(const struct gd_tally *t)
{
	const char *layout = gd_tally_layout_peek(t);

	if (strcmp(layout, "none") != 0)
		return layout;
	for (size_t i = 0; i < t->count; i++)
		if (t->isas[i].archive)
			return "kpack";
	return t->open_archive ? "kpack" : "none";
}

static void set_contents(struct reading *r, struct gd_row *row)
{
	gd_autostrv usable = { 0 };
	gd_autostrv targets = { 0 };

	for (size_t i = 0; i < r->tally.count; i++) {
		const struct gd_isa_tally *isa = &r->tally.isas[i];

		add_isa(r, isa);
		if (gd_isa_is_usable(&r->tally, isa))
			gd_strv_add(&usable, isa->isa);
		if (gd_isa_has_index(&r->tally, isa))
			gd_strv_add(&targets, isa->isa);
	}
	gd_set_text(row, "layout", layout_of(&r->tally), r->real);
	gd_set_int(row, "file_count", (int64_t)r->tally.files, r->real);
	set_list(row, "isas", "isa_count", &usable, r->real);
	set_list(row, "targets", "target_count", &targets, r->real);
	gd_set_bool(row, "subfolders", r->subfolders, r->real);
	gd_set_bool(row, "mixed", gd_tally_is_mixed(&r->tally), r->real);
	gd_set_bool(row, "complete", is_complete(r), r->real);
}

static void set_unread(const struct reading *r, struct gd_row *row, int error)
{
	static const char *const columns[] = { "layout",  "file_count",	  "isas",	"isa_count",
					       "targets", "target_count", "subfolders", "mixed" };
	gd_autofree detail = gd_xasprintf("%s: %s", r->folder->path, gd_host_strerror_peek(error));

	for (size_t i = 0; i < GD_COUNT(columns); i++)
		gd_set_unknown(row, columns[i], gd_gap_of_error(error), detail, gd_remedy_peek(error));
	gd_set_bool(row, "complete", false, r->folder->path);
}

static struct gd_row *add_row(const struct reading *r)
{
	struct gd_row *row = gd_facts_add(r->ctx->facts, "kernel_library");

	gd_set_text(row, "id", r->real, r->folder->path);
	gd_set_text(row, "path", r->folder->path, r->folder->found_by);
	gd_set_text(row, "library", r->folder->library, r->folder->path);
	gd_set_text(row, "found_by", r->folder->found_by, r->folder->path);
	gd_set_text_or_absent(row, "version", r->folder->version, r->real);
	gd_set_text_or_absent(row, "install", r->folder->install, r->folder->path);
	return row;
}

static bool is_wanted(const struct reading *r, int error)
{
	if (r->folder->expected == GD_KERNELS_NAMED)
		return true;
	if (error < 0)
		return r->folder->expected == GD_KERNELS_USUAL && !gd_rocm_is_absence(error);
	return r->tally.count || r->tally.merged;
}

const struct gd_row *gd_kernel_folder_add(struct gd_ctx *ctx, const struct gd_kernel_folder *f)
{
	GD_CLEANUP(free_reading) struct reading r = { .ctx = ctx, .folder = f };
	gd_autofree real = NULL;
	struct gd_row *row;
	int error;

	if (gd_host_resolve(ctx->host, f->path, &real) < 0)
		real = gd_xstrdup(f->path);
	if (!gd_is_text(real, strlen(real)))
		return NULL;
	if (gd_facts_find(ctx->facts, "kernel_library", real))
		return gd_facts_find(ctx->facts, "kernel_library", real);
	r.real = real;
	error = f->error ? f->error : take_folder(&r);
	if (error < 0)
		error = judge_missing(ctx, real, error);
	if (!is_wanted(&r, error))
		return NULL;
	row = add_row(&r);
	if (error < 0 && !gd_rocm_is_absence(error)) {
		set_unread(&r, row, error);
		return row;
	}
	take_archives(&r);
	gd_tally_close(&r.tally);
	set_contents(&r, row);
	return row;
}
