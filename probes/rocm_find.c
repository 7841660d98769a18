/* SPDX-License-Identifier: MIT */
#include "probes/rocm_find.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/parse.h"

/* Libraries whose names say something of the release, or that hold code for GPUs. */
static const char *const libraries[] = {
	"libamd_comgr",	  "libamdhip64",  "libggml-hip",     "libhipblas",    "libhipblaslt",	 "libhipfft",
	"libhiprand",	  "libhiprtc",	  "libhipsolver",    "libhipsparse",  "libhsa-runtime64", "libMIOpen",
	"librccl",	  "librocblas",	  "librocfft",	     "librocm-core",  "librocm_smi64",	 "librocrand",
	"librocsolver",	  "librocsparse", "libroctracer64",  "libroctx64",    "libtorch_hip",
};

/* Names that a folder of a whole system is asked for, with the versions that they have had. */
static const struct {
	const char *name;
	const char *versions;
} asked[] = {
	{ "libhsa-runtime64.so", "1" }, { "libamdhip64.so", "5 6 7 8" }, { "librocblas.so", "0 3 4 5 6" },
	{ "libhipblaslt.so", "0 1 2" }, { "libMIOpen.so", "1" },	 { "libggml-hip.so", "0" },
};

size_t gd_rocm_library_len(const char *name)
{
	const char *end = strstr(name, ".so");
	size_t len = end ? (size_t)(end - name) : 0;

	if (!len || (end[3] && end[3] != '.'))
		return 0;
	for (size_t i = 0; i < GD_COUNT(libraries); i++)
		if (strlen(libraries[i]) == len && !memcmp(name, libraries[i], len))
			return len;
	return 0;
}

bool gd_rocm_is_of_engine(const char *name)
{
	return !strncmp(name, "libggml-hip.", 12) || !strncmp(name, "libtorch_hip.", 13);
}

/* ------------------------------------------------------------------- notes -- */

bool gd_rocm_is_absence(int error)
{
	return gd_host_is_absence(error) || error == -ELOOP;
}

/*
 * In a tree, what is missing was perhaps never copied; but a folder that is
 * there counts as copied in full, and so does what it lacks. The root does not:
 * everything in a tree has that as its parent.
 */
static bool is_disproved(struct gd_host *h, const char *path)
{
	gd_autofree parent = gd_xstrdup(path);
	char *slash;

	while ((slash = strrchr(parent, '/')) && slash != parent) {
		gd_autostrv names = { 0 };
		int r;

		*slash = '\0';
		r = gd_host_list_any(h, parent, &names);
		if (r != -GD_ENOTCAPTURED)
			return r == 0 && !gd_strv_has(&names, slash + 1);
	}
	return false;
}

int gd_rocm_stat(struct gd_host *h, const char *path, struct gd_stat *ret)
{
	int r = gd_host_stat(h, path, ret);

	return r == -GD_ENOTCAPTURED && is_disproved(h, path) ? -ENOENT : r;
}

/* Which of two says more: what is forbidden can be helped here and now. */
static int weight(int error)
{
	return error == -EACCES || error == -EPERM ? 2 : error == -GD_ENOTCAPTURED ? 0 : 1;
}

void gd_rocm_note(struct gd_host *h, struct gd_rocm_found *f, const char *path, int error)
{
	if (error >= 0 || gd_rocm_is_absence(error) || (f->error && weight(error) <= weight(f->error)))
		return;
	if (error == -GD_ENOTCAPTURED && is_disproved(h, path))
		return;
	free(f->error_path);
	f->error = error;
	f->error_path = gd_xstrdup(path);
}

/* ------------------------------------------------------------- one folder -- */

/* What a capture lists and says no more of counts as what it is wanted to be. */
static bool is_folder(struct gd_host *h, const char *dir, const char *name)
{
	gd_autofree path = gd_xasprintf("%s/%s", dir, name);
	struct gd_stat st;
	int r = gd_host_stat(h, path, &st);

	return r == 0 ? S_ISDIR(st.mode) : r == -GD_ENOTCAPTURED;
}

static int list(struct gd_host *h, const char *dir, struct gd_rocm_folder *ret)
{
	gd_autostrv names = { 0 };
	int r = gd_host_list_any(h, dir, &names);

	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];

		if (gd_rocm_library_len(name) && !gd_strv_has(&ret->names, name))
			gd_strv_add(&ret->names, name);
		else if (!strcmp(name, "rocblas"))
			ret->rocblas |= is_folder(h, dir, name);
		else if (!strcmp(name, "hipblaslt"))
			ret->hipblaslt |= is_folder(h, dir, name);
	}
	gd_strv_sort_natural(&ret->names);
	return r;
}

/* 0 where it could be told whether the file is there. */
static int ask_for(struct gd_host *h, const char *dir, const char *name, struct gd_rocm_folder *ret)
{
	gd_autofree path = gd_xasprintf("%s/%s", dir, name);
	struct gd_stat st;
	int r = gd_host_stat(h, path, &st);

	if (r == 0 && S_ISREG(st.mode) && !gd_strv_has(&ret->names, name))
		gd_strv_add(&ret->names, name);
	return gd_rocm_is_absence(r) ? 0 : r;
}

static int ask_for_folder(struct gd_host *h, const char *dir, const char *name, bool *ret)
{
	gd_autofree path = gd_xasprintf("%s/%s", dir, name);
	struct gd_stat st;
	int r = gd_host_stat(h, path, &st);

	*ret |= r == 0 && S_ISDIR(st.mode);
	return gd_rocm_is_absence(r) ? 0 : r;
}

/* The first of two errors. */
static int earlier(int error, int next)
{
	return error ? error : next;
}

void gd_rocm_names_of(const char *library, struct gd_strv *out)
{
	for (size_t i = 0; i < GD_COUNT(asked); i++) {
		gd_autostrv versions = { 0 };

		if (strcmp(asked[i].name, library) != 0)
			continue;
		gd_strv_split(&versions, asked[i].versions, " ");
		for (size_t k = 0; k < versions.count; k++) {
			gd_autofree name = gd_xasprintf("%s.%s", library, versions.items[k]);

			gd_strv_add(out, name);
		}
	}
	gd_strv_add(out, library);
}

static int ask_for_versions(struct gd_host *h, const char *dir, size_t which, struct gd_rocm_folder *ret)
{
	gd_autostrv names = { 0 };
	int error = 0;

	gd_rocm_names_of(asked[which].name, &names);
	for (size_t i = 0; i < names.count; i++)
		error = earlier(error, ask_for(h, dir, names.items[i], ret));
	return error;
}

static int ask(struct gd_host *h, const char *dir, struct gd_rocm_folder *ret)
{
	struct gd_stat st;
	int error = gd_host_stat(h, dir, &st);

	if (error)
		return error;
	for (size_t i = 0; i < GD_COUNT(asked); i++)
		error = earlier(error, ask_for_versions(h, dir, i, ret));
	error = earlier(error, ask_for_folder(h, dir, "rocblas", &ret->rocblas));
	return earlier(error, ask_for_folder(h, dir, "hipblaslt", &ret->hipblaslt));
}

static void free_folder(struct gd_rocm_folder *d)
{
	free(d->path);
	free(d->real);
	free(d->found_by);
	gd_strv_free(&d->names);
}

/* Where one way of looking fails, the other may do: a folder that may be entered and not listed, or a tree. */
static void look(struct gd_host *h, struct gd_rocm_found *f, struct gd_rocm_folder *d, bool large)
{
	int r = large ? ask(h, d->path, d) : list(h, d->path, d);

	if (r < 0 && !gd_rocm_is_absence(r))
		r = large ? list(h, d->path, d) : ask(h, d->path, d);
	gd_rocm_note(h, f, d->path, r);
}

void gd_rocm_visit(struct gd_host *h, struct gd_rocm_found *f, const char *path, const struct gd_rocm_visit *how)
{
	GD_CLEANUP(free_folder) struct gd_rocm_folder d = { .kind = how->kind,
							    .engine = how->engine,
							    .in_variable = how->in_variable,
							    .in_loader = how->in_loader };
	int r = *path == '/' ? gd_host_resolve(h, path, &d.real) : -EINVAL;

	if (*path != '/' || gd_rocm_is_absence(r))
		return;
	if (r == 0 && gd_strv_has(&f->seen, d.real))
		return;
	if (r == 0 && !gd_is_text(d.real, strlen(d.real)))
		r = -EINVAL;
	if (r < 0) {
		gd_rocm_note(h, f, path, r);
		return;
	}
	gd_strv_add(&f->seen, d.real);
	d.path = gd_xstrdup(path);
	d.found_by = gd_xstrdup(how->found_by);
	look(h, f, &d, how->large || gd_rocm_is_large(d.real));
	if (!d.names.count && !d.rocblas && !d.hipblaslt)
		return;
	if (f->count == GD_ROCM_FOLDERS) {
		gd_rocm_note(h, f, path, -E2BIG);
		return;
	}
	GD_GROW(f->items, f->count, f->cap);
	f->items[f->count++] = d;
	d = (struct gd_rocm_folder){ 0 };
}

void gd_rocm_look_in(struct gd_host *h, struct gd_rocm_found *f, const char *path, const char *found_by)
{
	struct gd_rocm_visit how = { .found_by = found_by };

	gd_rocm_classify(h, path, &how);
	gd_rocm_visit(h, f, path, &how);
}

void gd_rocm_found_free(struct gd_rocm_found *f)
{
	for (size_t i = 0; i < f->count; i++)
		free_folder(&f->items[i]);
	free(f->items);
	free(f->error_path);
	gd_strv_free(&f->seen);
	*f = (struct gd_rocm_found){ 0 };
}
