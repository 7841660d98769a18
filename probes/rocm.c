/* SPDX-License-Identifier: MIT */
/*
 * Every copy of ROCm's libraries on the disks, and the engines' libraries that
 * would load one. Which kernels lie in them is for the probe rocm_kernels.
 */
#include "probes/rocm.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/parse.h"
#include "base/version.h"

static const struct gd_column install_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The folder, links resolved." },
	{ .name = "path", .type = GD_TEXT, .help = "The folder as it was found." },
	{ .name = "kind",
	  .type = GD_TEXT,
	  .help = "amd (/opt/rocm and its like), distribution, engine, python, or other (only a variable, a program, "
		  "the loader's files or /usr/local lead there)." },
	{ .name = "found_by",
	  .type = GD_TEXT,
	  .help = "What led there first: loader, LD_LIBRARY_PATH or another variable, /opt, /usr/local, ollama, "
		  "lemonade, lm-studio, llama.cpp, site-packages, process (an engine that runs has loaded a library "
		  "from it), or RUNPATH (of a service's program, or of one whose memory is closed to the caller)." },
	{ .name = "engine",
	  .type = GD_TEXT,
	  .help = "The engine that brought it: ollama, lemonade, lm-studio, llama.cpp, pytorch …; absent where none "
		  "did." },
	{ .name = "engines",
	  .type = GD_TEXT,
	  .help = "The engines found here that would load it: the one that brought it, or those without a copy of "
		  "their own where the loader finds this one first. What a file's RUNPATH says goes before." },
	{ .name = "loaded",
	  .type = GD_TEXT,
	  .help = "The libraries that the loader finds here before any other folder, by the caller's LD_LIBRARY_PATH, "
		  "its own files and its own folders; absent where there are none." },
	{ .name = "loaded_by",
	  .type = GD_TEXT,
	  .help = "The engines that run, in no container, and have loaded a library from it; absent where none has." },
	{ .name = "version",
	  .type = GD_VERSION,
	  .help = "The ROCm release; only its first two numbers where nothing says more." },
	{ .name = "packager",
	  .type = GD_TEXT,
	  .help = "Whose build it is, as in rocm_release: amd, therock, arch, debian, ubuntu, fedora, "
		  "ollama, pytorch …" },
	{ .name = "owner",
	  .type = GD_TEXT,
	  .help = "package, bundle (of an engine or in Python's packages), or hand-made." },
	{ .name = "package",
	  .type = GD_TEXT,
	  .help = "The package, where the package manager's own files prove it." },
	{ .name = "rocblas_file", .type = GD_TEXT, .help = "The library rocBLAS in it, links resolved." },
	{ .name = "rocblas_version", .type = GD_VERSION, .help = "The version in that file's name." },
	{ .name = "hipblaslt_file", .type = GD_TEXT, .help = "The library hipBLASLt in it, links resolved." },
	{ .name = "hipblaslt_version", .type = GD_VERSION, .help = "The version in that file's name." },
	{ .name = "hip_file",
	  .type = GD_TEXT,
	  .help = "The HIP runtime in it (libamdhip64), links resolved." },
	{ .name = "hip_version", .type = GD_VERSION, .help = "The version in that file's name." },
	{ .name = "hsa_file",
	  .type = GD_TEXT,
	  .help = "ROCm's runtime in it (libhsa-runtime64), links resolved." },
	{ .name = "kpack",
	  .type = GD_BOOL,
	  .help = "Whether a folder of kpack archives is beside it, which hold GPU code that other builds keep in the "
		  "libraries." },
	{ .name = "mixed",
	  .type = GD_BOOL,
	  .help = "Whether the names of its libraries are of several ROCm releases, patch levels left aside." },
	{ .name = "release_numbers",
	  .type = GD_TEXT,
	  .help = "The releases that the names of its libraries end with, as in 70201; absent where they end "
		  "otherwise." },
};

static const struct gd_table install_table = {
	.name = "rocm_install",
	.help = "A folder that holds ROCm's libraries, in one of the places where they are put, or where a variable "
		"or an engine leads. Homes that are closed to the caller and what containers store are not searched.",
	.columns = install_columns,
	.column_count = GD_COUNT(install_columns),
};

static const struct gd_column file_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The file, links resolved." },
	{ .name = "library", .type = GD_TEXT, .help = "Its name without version: librocblas, libggml-hip …" },
	{ .name = "folder", .type = GD_TEXT, .help = "Its folder, links resolved." },
	{ .name = "install",
	  .type = GD_TEXT,
	  .help = "The id in rocm_install of that folder; absent where no library of ROCm is beside it." },
	{ .name = "engine", .type = GD_TEXT, .help = "The engine that brought it; absent where none did." },
	{ .name = "found_by", .type = GD_TEXT, .help = "What led to the folder, as in rocm_install." },
};

static const struct gd_table file_table = {
	.name = "rocm_file",
	.help = "A library of ROCm, or of an engine, that holds code for AMD GPUs or starts it.",
	.columns = file_columns,
	.column_count = GD_COUNT(file_columns),
};

/* ------------------------------------------------------------------ helpers -- */

const char *gd_rocm_base_peek(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static char *file_of(struct gd_host *h, const struct gd_rocm_folder *d, const char *library)
{
	gd_autofree best = NULL;

	for (size_t i = 0; i < d->names.count; i++) {
		gd_autofree path = gd_xasprintf("%s/%s", d->path, d->names.items[i]);
		gd_autofree real = NULL;
		struct gd_stat st;
		int r;

		if (gd_rocm_library_len(d->names.items[i]) != strlen(library) ||
		    strncmp(d->names.items[i], library, strlen(library)) != 0)
			continue;
		r = gd_host_stat(h, path, &st);
		/* A capture may list a name and say no more of it. */
		if ((r < 0 && r != -GD_ENOTCAPTURED) || (r == 0 && !S_ISREG(st.mode)) ||
		    gd_host_resolve(h, path, &real) < 0)
			continue;
		if (best && strverscmp(best, real) >= 0)
			continue;
		free(best);
		best = GD_STEAL(real);
	}
	return GD_STEAL(best);
}

static bool holds_rocm(const struct gd_rocm_folder *d)
{
	for (size_t i = 0; i < d->names.count; i++)
		if (!gd_rocm_is_of_engine(d->names.items[i]))
			return true;
	return d->rocblas || d->hipblaslt;
}

/* ---------------------------------------------------------------------- row -- */

static void set_file(struct gd_ctx *ctx, struct gd_row *row, const struct gd_rocm_folder *d, const char *library,
		     const char *column, const char *version_column)
{
	gd_autofree file = file_of(ctx->host, d, library);
	gd_autofree version = file ? gd_rocm_library_version(gd_rocm_base_peek(file)) : NULL;

	gd_set_text_or_absent(row, column, file, d->real);
	if (!version_column)
		return;
	if (version)
		gd_set_text(row, version_column, version, file);
	else if (file)
		gd_set_unknown(row, version_column, GD_GAP_NO_SOURCE, "the file's name holds no version", NULL);
	else
		gd_set_absent(row, version_column, d->real);
}

static void set_kpack(struct gd_ctx *ctx, struct gd_row *row, const struct gd_rocm_folder *d)
{
	static const char *const places[] = { ".kpack", "../.kpack" };
	int error = 0;

	for (size_t i = 0; i < GD_COUNT(places); i++) {
		gd_autofree raw = gd_xasprintf("%s/%s", d->real, places[i]);
		gd_autofree path = NULL;
		struct gd_stat st;
		int r = gd_host_resolve(ctx->host, raw, &path);

		r = r < 0 ? r : gd_rocm_stat(ctx->host, path, &st);
		if (r == 0 && S_ISDIR(st.mode)) {
			gd_set_bool(row, "kpack", true, path);
			return;
		}
		if (r < 0 && !gd_rocm_is_absence(r))
			error = r;
	}
	if (error)
		gd_take_error(ctx, row, "kpack", d->real, error);
	else
		gd_set_bool(row, "kpack", false, d->real);
}

static const char *kind_text(enum gd_rocm_kind kind)
{
	static const char *const texts[] = {
		[GD_ROCM_AMD] = "amd",	     [GD_ROCM_DISTRIBUTION] = "distribution", [GD_ROCM_ENGINE] = "engine",
		[GD_ROCM_PYTHON] = "python", [GD_ROCM_OTHER] = "other",
	};

	return texts[kind];
}

/* From 7.9 on, releases are built by TheRock, AMD's own packages too. */
static const char *packager_of_amd(const struct gd_row *row)
{
	const char *version = gd_get_text(row, "version", NULL);
	const char *package_source = gd_get(row, "package")->source;

	if (package_source && strstr(package_source, "/pacman/"))
		return "arch";
	if (gd_get_int(row, "kpack", 0))
		return "therock";
	if (!version)
		return NULL;
	return gd_version_compare(version, "7.9") >= 0 ? "therock" : "amd";
}

static void set_packager(struct gd_ctx *ctx, struct gd_row *row, const struct gd_rocm_folder *d)
{
	const struct gd_rows *host = gd_facts_table_peek(ctx->facts, "host");
	const char *packager = d->engine;

	if (!packager && d->kind == GD_ROCM_AMD)
		packager = packager_of_amd(row);
	else if (!packager && d->kind == GD_ROCM_PYTHON && strstr(d->real, "/_rocm_sdk_"))
		packager = "therock";
	else if (!packager && d->kind == GD_ROCM_DISTRIBUTION && host && host->count)
		packager = gd_get_text(host->rows[0], "os_id", NULL);
	if (packager)
		gd_set_text(row, "packager", packager, d->real);
	else
		gd_set_unknown(row, "packager", GD_GAP_NO_SOURCE, "nothing here says who built it", NULL);
}

static void add_install(struct gd_ctx *ctx, const struct gd_rocm_folder *d, struct gd_rocm_packages *packages)
{
	struct gd_row *row = gd_facts_add(ctx->facts, "rocm_install");

	gd_set_text(row, "id", d->real, d->path);
	gd_set_text(row, "path", d->path, d->found_by);
	gd_set_text(row, "kind", kind_text(d->kind), d->path);
	gd_set_text(row, "found_by", d->found_by, d->path);
	gd_set_text_or_absent(row, "engine", d->engine, d->path);
	set_file(ctx, row, d, "librocblas", "rocblas_file", "rocblas_version");
	set_file(ctx, row, d, "libhipblaslt", "hipblaslt_file", "hipblaslt_version");
	set_file(ctx, row, d, "libamdhip64", "hip_file", "hip_version");
	set_file(ctx, row, d, "libhsa-runtime64", "hsa_file", NULL);
	set_kpack(ctx, row, d);
	gd_rocm_set_release(ctx, row, d, packages);
	gd_rocm_set_owner(ctx, row, d, packages);
	set_packager(ctx, row, d);
}

static void add_files(struct gd_ctx *ctx, const struct gd_rocm_folder *d)
{
	static const char *const wanted[] = { "libamdhip64",  "libggml-hip", "libhipblaslt", "libhsa-runtime64",
					      "libMIOpen",    "librocblas",  "libtorch_hip" };

	for (size_t i = 0; i < GD_COUNT(wanted); i++) {
		gd_autofree file = file_of(ctx->host, d, wanted[i]);
		struct gd_row *row;

		if (!file || !gd_is_text(file, strlen(file)) || gd_facts_find(ctx->facts, "rocm_file", file))
			continue;
		row = gd_facts_add(ctx->facts, "rocm_file");
		gd_set_text(row, "id", file, d->path);
		gd_set_text(row, "library", wanted[i], file);
		gd_set_text(row, "folder", d->real, file);
		if (holds_rocm(d))
			gd_set_text(row, "install", d->real, file);
		else
			gd_set_absent(row, "install", d->real);
		if (d->engine)
			gd_set_text(row, "engine", d->engine, d->path);
		else
			gd_set_absent(row, "engine", d->path);
		gd_set_text(row, "found_by", d->found_by, d->path);
	}
}

/* ------------------------------------------------------------------- loader -- */

/* Which libraries the loader finds in each folder first. */
static void set_loaded(struct gd_ctx *ctx, const struct gd_rocm_found *f)
{
	static const char *const columns[] = { "hip_file", "hsa_file", "rocblas_file", "hipblaslt_file" };
	static const char *const names[] = { "libamdhip64", "libhsa-runtime64", "librocblas", "libhipblaslt" };
	bool found[GD_COUNT(columns)] = { false };

	for (size_t i = 0; i < f->count; i++) {
		struct gd_row *row = gd_facts_find(ctx->facts, "rocm_install", f->items[i].real);
		gd_autobuf text = { 0 };

		if (!row)
			continue;
		for (size_t c = 0; c < GD_COUNT(columns); c++) {
			if (found[c] || !gd_is_known(row, columns[c]) ||
			    (!f->items[i].in_loader && !f->items[i].in_variable))
				continue;
			found[c] = true;
			gd_buf_printf(&text, "%s%s", text.len ? " " : "", names[c]);
		}
		if (text.len)
			gd_set_text(row, "loaded", gd_buf_peek(&text), "the loader's order");
		else
			gd_set_absent(row, "loaded", "the loader's order");
	}
}

static bool has_own_copy(const struct gd_rocm_found *f, const char *engine)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->items[i].engine && !strcmp(f->items[i].engine, engine) && holds_rocm(&f->items[i]))
			return true;
	return false;
}

/* Engines without a copy of their own, with blanks between them. Owned. */
static char *poor_engines(const struct gd_rocm_found *f)
{
	gd_autostrv engines = { 0 };

	for (size_t i = 0; i < f->count; i++) {
		const char *engine = f->items[i].engine;

		if (engine && !has_own_copy(f, engine) && !gd_strv_has(&engines, engine))
			gd_strv_add(&engines, engine);
	}
	return engines.count ? gd_strv_join(&engines, " ") : gd_xstrdup("");
}

static void set_engines(struct gd_ctx *ctx, const struct gd_rocm_found *f)
{
	gd_autofree poor = poor_engines(f);
	const struct gd_rows *rows = gd_facts_table_peek(ctx->facts, "rocm_install");

	for (size_t i = 0; i < rows->count; i++) {
		struct gd_row *row = rows->rows[i];

		if (gd_is_known(row, "engine"))
			gd_set_cell(row, "engines", gd_get(row, "engine"));
		else if (*poor && strstr(gd_get_text(row, "loaded", ""), "librocblas"))
			gd_set_text(row, "engines", poor, "the loader's order");
		else
			gd_set_absent(row, "engines", "the loader's order");
	}
}

/* --------------------------------------------------------------------- probe -- */

static void close_table(struct gd_ctx *ctx, const struct gd_rocm_found *f, const char *table)
{
	gd_autofree detail = NULL;

	if (!f->error) {
		gd_facts_complete(ctx->facts, table);
		return;
	}
	detail = gd_xasprintf("%s: %s", f->error_path,
			      f->error == -E2BIG ? "more folders than are looked into"
						 : gd_host_strerror_peek(f->error));
	gd_repair_text(detail);
	gd_facts_incomplete(ctx->facts, table, f->error == -E2BIG ? GD_GAP_ERROR : gd_gap_of_error(f->error), detail,
			    gd_remedy_peek(f->error));
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	GD_CLEANUP(gd_rocm_found_free) struct gd_rocm_found found = { 0 };
	GD_CLEANUP(gd_rocm_packages_free) struct gd_rocm_packages packages = { 0 };

	(void)err;
	gd_rocm_find(ctx->host, &found);
	gd_rocm_look_by_programs(ctx, &found);
	for (size_t i = 0; i < found.count; i++) {
		if (holds_rocm(&found.items[i]))
			add_install(ctx, &found.items[i], &packages);
		add_files(ctx, &found.items[i]);
	}
	set_loaded(ctx, &found);
	set_engines(ctx, &found);
	gd_rocm_set_loaded_by(ctx);
	close_table(ctx, &found, "rocm_install");
	close_table(ctx, &found, "rocm_file");
	return 0;
}

const struct gd_probe gd_probe_rocm = {
	.name = "rocm",
	.help = "Looks for copies of ROCm's libraries.",
	.tables = (const struct gd_table *const[]){ &install_table, &file_table, NULL },
	.needs = (const char *const[]){ "host", "setting", "process_rocm", NULL },
	.run = run,
};
