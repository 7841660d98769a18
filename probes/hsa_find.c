/* SPDX-License-Identifier: MIT */
/*
 * The copies of ROCm's runtime among the folders that hold ROCm. A folder that
 * the caller may not read is passed over: the caller's programs cannot use it.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/parse.h"
#include "probes/hsa.h"
#include "probes/rocm_find.h"

#define ANY_NAME "libhsa-runtime64.so"

struct search {
	struct gd_host *host;
	struct gd_hsa_places *found;
};

/* Takes a file that is there and is not known by another name. */
static bool take_file(struct search *s, const char *path, const char *found_in)
{
	struct gd_hsa_places *f = s->found;
	gd_autofree real = NULL;
	struct gd_stat st;

	if (gd_host_stat(s->host, path, &st) < 0 || !S_ISREG(st.mode) || gd_host_resolve(s->host, path, &real) < 0)
		return false;
	if (gd_strv_has(&f->seen, real))
		return true;
	gd_strv_add(&f->seen, real);
	if (f->count == GD_HSA_RUNTIMES) {
		f->left_out++;
		return true;
	}
	f->items[f->count++] = (struct gd_hsa_place){
		.path = gd_xstrdup(path),
		.real = GD_STEAL(real),
		.found_in = found_in,
	};
	return true;
}

static bool take_name(struct search *s, const struct gd_rocm_folder *d, const char *name, const char *found_in)
{
	gd_autofree path = gd_xasprintf("%s/%s", d->path, name);

	return gd_strv_has(&d->names, name) && take_file(s, path, found_in);
}

static const char *found_in(const struct gd_rocm_folder *d)
{
	if (d->in_variable)
		return "LD_LIBRARY_PATH";
	if (d->kind == GD_ROCM_ENGINE)
		return "engine";
	if (d->kind == GD_ROCM_PYTHON)
		return "python";
	if (gd_starts_with(d->path, "/opt/"))
		return "opt";
	return d->kind == GD_ROCM_DISTRIBUTION || gd_starts_with(d->path, "/usr/local/") ? "distribution" : "other";
}

/* Without a version, or with all of it, where the usual name is not there. One is enough: others are links to it. */
static void take_any(struct search *s, const struct gd_rocm_folder *d)
{
	const char *where = found_in(d);

	if (take_name(s, d, GD_HSA_NAME, where) || take_name(s, d, ANY_NAME, where))
		return;
	for (size_t i = 0; i < d->names.count; i++)
		if (gd_starts_with(d->names.items[i], ANY_NAME ".") && take_name(s, d, d->names.items[i], where))
			return;
}

/*
 * The one that the loader should find comes first. Whether it does, a child
 * sees: the loader asks its cache, which may be older than its files.
 */
void gd_hsa_find(struct gd_host *h, struct gd_hsa_places *ret)
{
	GD_CLEANUP(gd_rocm_found_free) struct gd_rocm_found all = { 0 };
	struct search s = { .host = h, .found = ret };

	gd_rocm_find(h, &all);
	for (size_t i = 0; i < all.count && !ret->count; i++)
		if (all.items[i].in_variable || all.items[i].in_loader)
			take_name(&s, &all.items[i], GD_HSA_NAME, "loader");
	for (size_t i = 0; i < all.count; i++)
		take_any(&s, &all.items[i]);
}

void gd_hsa_places_free(struct gd_hsa_places *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->items[i].path);
		free(p->items[i].real);
	}
	gd_strv_free(&p->seen);
}
