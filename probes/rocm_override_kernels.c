/* SPDX-License-Identifier: MIT */
/*
 * Which folder of kernels rocBLAS loads for the programs of a scope.
 *
 * Source: rocBLAS, tensile_host.cpp: ROCBLAS_TENSILE_LIBPATH as it is given, else
 * a folder beside librocblas, and there, or in what the variable names, a folder
 * of the ISA's name where there is one. The ISA is the one that is assumed.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/parse.h"
#include "base/strv.h"
#include "probes/rocm_find.h"
#include "probes/rocm_override.h"

/* What was found; `why` says the reason where `path` is NULL. */
struct folder {
	char *path;
	const char *from; /* what leads there */
	const struct gd_row *library; /* the row in kernel_library, or NULL where it was not read */
	bool missing; /* it is proved that there is no such folder */
	enum gd_gap gap;
	const char *why;
	const char *remedy;
};

static const struct gd_rows *rows_of(const struct gd_ctx *ctx, const char *name)
{
	return gd_facts_table_peek(ctx->facts, name);
}

/* The row of rocBLAS's kernels at this path, links in it resolved; NULL where nobody read it. */
static const struct gd_row *library_at(const struct gd_ctx *ctx, const char *path)
{
	const struct gd_rows *libraries = rows_of(ctx, "kernel_library");
	gd_autofree real = NULL;

	if (gd_host_resolve(ctx->host, path, &real) < 0)
		return NULL;
	for (size_t i = 0; i < libraries->count; i++)
		if (gd_text_is(libraries->rows[i], "library", "rocblas") && gd_text_is(libraries->rows[i], "id", real))
			return libraries->rows[i];
	return NULL;
}

/* Takes a folder, or the one of the ISA in it; false where neither was read. */
static bool take(const struct gd_ctx *ctx, const char *path, const char *isa, const char *from, struct folder *f)
{
	gd_autofree below = isa ? gd_xasprintf("%s/%s", path, isa) : NULL;

	f->library = below ? library_at(ctx, below) : NULL;
	if (!f->library)
		f->library = library_at(ctx, path);
	if (!f->library)
		return false;
	f->path = gd_row_key(f->library);
	f->from = from;
	return true;
}

static void leave_open(struct folder *f, enum gd_gap gap, const char *why, const char *remedy)
{
	f->gap = gap;
	f->why = why;
	f->remedy = remedy;
}

/* ------------------------------------------------------------- variables -- */

/* The value of a variable in the scope: 1, 0 where it is not set, -1 where it is not known. */
static int value_of(const struct gd_ctx *ctx, const char *scope, const char *variable, const char **ret)
{
	const struct gd_row *setting = gd_setting_peek(ctx, scope, variable);

	if (!setting)
		return 0;
	*ret = gd_get_text(setting, "value", NULL);
	return *ret ? 1 : -1;
}

static bool is_missing(const struct gd_ctx *ctx, const char *path)
{
	struct gd_stat st;
	int r = gd_host_stat(ctx->host, path, &st);

	return gd_rocm_is_absence(r) || (r == 0 && !S_ISDIR(st.mode));
}

/* Returns whether the variable decides. */
static bool by_libpath(const struct gd_ctx *ctx, const char *scope, const char *isa, struct folder *f)
{
	static const char variable[] = "ROCBLAS_TENSILE_LIBPATH";
	const char *value = NULL;
	int r = value_of(ctx, scope, variable, &value);

	if (!r)
		return false;
	if (r < 0 || *value != '/') {
		leave_open(f, GD_GAP_NO_SOURCE, "ROCBLAS_TENSILE_LIBPATH names no path that is known", NULL);
		return true;
	}
	if (take(ctx, value, isa, variable, f))
		return true;
	f->path = gd_xstrdup(value);
	f->from = variable;
	f->missing = is_missing(ctx, value);
	leave_open(f, GD_GAP_NOT_PROBED, "the folder was not read", NULL);
	return true;
}

/* ---------------------------------------------------------- the library -- */

/* The kernels that belong to a librocblas in this folder, in rocBLAS's order. */
static bool take_beside(const struct gd_ctx *ctx, const char *lib, const char *isa, const char *from, struct folder *f)
{
	static const char *const beside[] = { "../../Tensile/library", "library", "../rocblas/library",
					      "rocblas/library" };

	for (size_t i = 0; i < GD_COUNT(beside); i++) {
		gd_autofree path = gd_xasprintf("%s/%s", lib, beside[i]);

		if (take(ctx, path, isa, from, f))
			return true;
	}
	return false;
}

static bool has_rocblas(const struct gd_row *install)
{
	return gd_is_known(install, "rocblas_file");
}

static const struct gd_row *install_at(const struct gd_ctx *ctx, const char *path)
{
	const struct gd_rows *installs = rows_of(ctx, "rocm_install");
	gd_autofree real = NULL;

	if (gd_host_resolve(ctx->host, path, &real) < 0)
		return NULL;
	for (size_t i = 0; i < installs->count; i++)
		if (gd_text_is(installs->rows[i], "id", real))
			return installs->rows[i];
	return NULL;
}

static void take_install(const struct gd_ctx *ctx, const struct gd_row *install, const char *isa, const char *from,
			 struct folder *f)
{
	const struct gd_rows *pairs = rows_of(ctx, "install_kernels");
	const char *id = gd_get_text(install, "id", "");

	if (take_beside(ctx, id, isa, from, f))
		return;
	for (size_t i = 0; i < pairs->count; i++) {
		const struct gd_row *pair = pairs->rows[i];

		if (gd_text_is(pair, "library", "rocblas") && gd_text_is(pair, "install", id))
			f->library = gd_facts_find(ctx->facts, "kernel_library", gd_get_text(pair, "folder", ""));
		if (!f->library)
			continue;
		f->path = gd_row_key(f->library);
		f->from = from;
		return;
	}
	f->path = gd_xasprintf("%s/rocblas/library", id);
	f->from = from;
	f->missing = is_missing(ctx, f->path);
	leave_open(f, GD_GAP_NOT_PROBED, "the folder was not read", NULL);
}

/*
 * A librocblas that no install was made of: 1 where there is one, -1 where that cannot be seen. What the
 * folder's list leaves out is not there; a folder that may be entered only is asked name by name.
 */
static int holds_rocblas(const struct gd_ctx *ctx, const char *dir)
{
	gd_autostrv names = { 0 };
	bool listed = gd_host_list_any(ctx->host, dir, &names) == 0;
	int found = 0;

	if (!listed)
		gd_rocm_names_of("librocblas.so", &names);
	for (size_t i = 0; i < names.count && found <= 0; i++) {
		gd_autofree path = NULL;
		struct gd_stat st;
		int r;

		if (gd_rocm_library_len(names.items[i]) != strlen("librocblas") ||
		    !gd_starts_with(names.items[i], "librocblas"))
			continue;
		path = gd_xasprintf("%s/%s", dir, names.items[i]);
		r = gd_host_stat(ctx->host, path, &st);
		if (r == 0)
			found = 1;
		else if (!gd_rocm_is_absence(r))
			found = -1;
	}
	return found;
}

/* One folder of LD_LIBRARY_PATH; returns whether it decides. */
static bool by_loader_path(const struct gd_ctx *ctx, const char *dir, const char *isa, struct folder *f)
{
	static const char variable[] = "LD_LIBRARY_PATH";
	const struct gd_row *install = install_at(ctx, dir);
	int found;

	if (install && has_rocblas(install)) {
		take_install(ctx, install, isa, variable, f);
		return true;
	}
	if (install && gd_is_absent(install, "rocblas_file"))
		return false;
	found = holds_rocblas(ctx, dir);
	if (found < 0)
		leave_open(f, GD_GAP_NOT_CAPTURED, "a folder of LD_LIBRARY_PATH could not be looked into", NULL);
	else if (found && !take_beside(ctx, dir, isa, variable, f))
		leave_open(f, GD_GAP_NOT_PROBED, "the kernels beside a library of LD_LIBRARY_PATH were not read", NULL);
	return found != 0;
}

static bool by_loader_paths(const struct gd_ctx *ctx, const char *scope, const char *isa, struct folder *f)
{
	gd_autostrv dirs = { 0 };
	const char *value = NULL;
	int r = value_of(ctx, scope, "LD_LIBRARY_PATH", &value);

	if (r < 0)
		leave_open(f, GD_GAP_NO_SOURCE, "the value of LD_LIBRARY_PATH is not known", NULL);
	if (r > 0)
		gd_strv_split(&dirs, value, ":;");
	for (size_t i = 0; i < dirs.count; i++)
		if (*dirs.items[i] == '/' && by_loader_path(ctx, dirs.items[i], isa, f))
			return true;
	return r < 0;
}

/* ---------------------------------------------------------------- loader -- */

/* The one that the loader finds; else the only one that programs could be linked to. */
static const struct gd_row *system_install(const struct gd_rows *installs, bool *ret_several)
{
	const struct gd_row *only = NULL;
	size_t count = 0;

	for (size_t i = 0; i < installs->count; i++) {
		const struct gd_row *install = installs->rows[i];

		if (!has_rocblas(install))
			continue;
		if (gd_text_is(install, "found_by", "loader"))
			return install;
		if (gd_text_is(install, "kind", "amd") || gd_text_is(install, "kind", "distribution")) {
			only = install;
			count++;
		}
	}
	*ret_several = count > 1;
	return count == 1 ? only : NULL;
}

static void by_loader(const struct gd_ctx *ctx, const char *isa, struct folder *f)
{
	const struct gd_rows *installs = rows_of(ctx, "rocm_install");
	bool several = false;
	const struct gd_row *install = system_install(installs, &several);

	if (install)
		take_install(ctx, install, isa, "the loader", f);
	else if (several)
		leave_open(f, GD_GAP_AMBIGUOUS, "several installs of ROCm hold a rocBLAS, none is the loader's", NULL);
	else if (!installs->complete)
		leave_open(f, installs->gap, installs->detail, installs->remedy);
}

/* --------------------------------------------------------------- kernels -- */

/* Whether it has kernels for the ISA, where a row says so. Files for it need not be kernels that can be used. */
static void set_usable(struct gd_row *row, const char *column, const struct folder *f, const struct gd_row *isa)
{
	const struct gd_cell *usable = gd_get(isa, "usable");

	if (usable->state == GD_UNKNOWN)
		gd_set_unknown(row, column, usable->gap, usable->detail, usable->remedy);
	else
		gd_set_bool(row, column, gd_get_int(isa, "usable", 0) == 1, f->path);
}

/* It has no row for the ISA, which says something only where every row was listed. */
static void set_unlisted(struct gd_row *row, const char *column, const struct folder *f)
{
	const struct gd_cell *isas = gd_get(f->library, "isas");

	if (gd_get_int(f->library, "complete", 0) == 1)
		gd_set_bool(row, column, false, f->path);
	else if (isas->state == GD_UNKNOWN)
		gd_set_unknown(row, column, isas->gap, isas->detail, isas->remedy);
	else
		gd_set_unknown(row, column, GD_GAP_NO_SOURCE, "it may hold kernels for more than its names tell",
			       NULL);
}

static void set_has_kernels(struct gd_ctx *ctx, struct gd_row *row, const char *column, const struct folder *f,
			    const char *isa)
{
	gd_autofree key = f->library && isa ? gd_xasprintf("%s %s", gd_get_text(f->library, "id", ""), isa) : NULL;
	const struct gd_row *known = key ? gd_facts_find(ctx->facts, "kernel_isa", key) : NULL;

	if (!isa)
		gd_set_absent(row, column, "no ISA to look for");
	else if (f->missing)
		gd_set_bool(row, column, false, f->path);
	else if (known)
		set_usable(row, column, f, known);
	else if (f->library)
		set_unlisted(row, column, f);
	else if (f->why)
		gd_set_unknown(row, column, f->gap, f->why, f->remedy);
	else
		gd_set_absent(row, column, f->path ? f->path : "rocm_install");
}

/* A copy of its own goes before the loader's; before LD_LIBRARY_PATH too only where the program sees to that. */
static void by_program(const struct gd_ctx *ctx, const char *scope, const char *isa,
		       const struct gd_override_program *p, struct folder *f)
{
	bool paths = !p->own_first && by_loader_paths(ctx, scope, isa, f);

	if (paths && p->packages) {
		free(f->path);
		*f = (struct folder){ 0 };
		leave_open(f, GD_GAP_AMBIGUOUS,
			   "Python's packages and LD_LIBRARY_PATH name a rocBLAS each, and the build decides", NULL);
	} else if (paths) {
		return;
	} else if (p->why) {
		leave_open(f, p->gap, p->why, NULL);
	} else if (p->install) {
		take_install(ctx, p->install, isa, p->from, f);
	} else {
		by_loader(ctx, isa, f);
	}
}

void gd_override_set_kernels(struct gd_ctx *ctx, struct gd_row *row, const char *scope, const char *isa,
			     const char *assumed)
{
	const struct gd_row *whose = gd_facts_find(ctx->facts, "scope", scope);
	struct gd_override_program program;
	struct folder f = { 0 };

	gd_override_find_program(ctx, scope, &program);
	if (whose && gd_get_int(whose, "container", 0) == 1)
		leave_open(&f, GD_GAP_NO_SOURCE, "it loads what is in its container, which is not entered", NULL);
	else if (program.elsewhere)
		leave_open(&f, program.gap, program.why, NULL);
	else if (!by_libpath(ctx, scope, assumed, &f))
		by_program(ctx, scope, assumed, &program, &f);
	if (f.path) {
		gd_set_text(row, "rocblas_directory", f.path, f.from);
		gd_set_text(row, "directory_from", f.from, f.from);
	} else if (f.why) {
		gd_set_unknown(row, "rocblas_directory", f.gap, f.why, f.remedy);
		gd_set_unknown(row, "directory_from", f.gap, f.why, f.remedy);
	} else {
		gd_set_absent(row, "rocblas_directory", "rocm_install");
		gd_set_absent(row, "directory_from", "rocm_install");
	}
	set_has_kernels(ctx, row, "true_kernels", &f, isa);
	set_has_kernels(ctx, row, "assumed_kernels", &f, assumed);
	free(f.path);
}
