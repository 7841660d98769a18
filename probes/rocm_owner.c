/* SPDX-License-Identifier: MIT */
/*
 * Who put a copy of ROCm where it is. A package is named only where the package
 * manager's own files prove it: dpkg's and pacman's can be read; rpm's database
 * cannot.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "probes/rocm.h"

#define DPKG "/var/lib/dpkg/info"
#define PACMAN "/var/lib/pacman/local"

#if defined(__x86_64__)
#define DPKG_ARCHITECTURE "amd64"
#elif defined(__aarch64__)
#define DPKG_ARCHITECTURE "arm64"
#elif defined(__riscv)
#define DPKG_ARCHITECTURE "riscv64"
#else
#define DPKG_ARCHITECTURE "ppc64el"
#endif

/* The answer, and what kept it from being one. */
struct proof {
	char *package;
	char *source;
	int error; /* of the first file that could not be looked at */
	char *error_path;
};

static void free_proof(struct proof *p)
{
	free(p->package);
	free(p->source);
	free(p->error_path);
}

static void keep_error(struct proof *p, const char *path, int error)
{
	if (p->error || error >= 0 || gd_rocm_is_absence(error))
		return;
	p->error = error;
	p->error_path = gd_xstrdup(path);
}

static void keep_package(struct proof *p, const char *package, const char *source)
{
	p->package = gd_xstrdup(package);
	p->source = gd_xstrdup(source);
}

/* --------------------------------------------------------------------- dpkg -- */

/* libamdhip64.so.6.4 lies in libamdhip64-6, librocblas.so.4 in librocblas4: Debian's policy. Owned, or NULL. */
static char *debian_package(const char *file)
{
	const char *name = gd_rocm_base_peek(file);
	const char *end = strstr(name, ".so.");
	int len = end ? (int)(end - name) : 0;

	if (!len || !isdigit((unsigned char)end[4]))
		return NULL;
	return gd_xasprintf("%.*s%s%.*s", len, name, isdigit((unsigned char)name[len - 1]) ? "-" : "",
			    (int)strspn(end + 4, "0123456789"), end + 4);
}

/* A distribution's library has one place, so the package's list need only be there. */
static bool has_list(struct gd_ctx *ctx, const char *package, struct proof *p)
{
	static const char *const ends[] = { ":" DPKG_ARCHITECTURE ".list", ".list" };

	for (size_t i = 0; i < GD_COUNT(ends); i++) {
		gd_autofree path = gd_xasprintf(DPKG "/%s%s", package, ends[i]);
		struct gd_stat st;
		int r = gd_rocm_stat(ctx->host, path, &st);

		keep_error(p, path, r);
		if (r < 0)
			continue;
		keep_package(p, package, path);
		return true;
	}
	return false;
}

static bool prove_by_dpkg(struct gd_ctx *ctx, const struct gd_row *row, struct proof *p)
{
	static const char *const columns[] = { "rocblas_file", "hip_file", "hsa_file", "hipblaslt_file" };

	for (size_t i = 0; i < GD_COUNT(columns); i++) {
		const char *file = gd_get_text(row, columns[i], NULL);
		gd_autofree package = file ? debian_package(file) : NULL;

		if (package && has_list(ctx, package, p))
			return true;
	}
	return false;
}

/* AMD's packages of several releases can be installed side by side: the list must name the folder. */
static bool names_folder(struct gd_ctx *ctx, const char *package, const char *root, struct proof *p)
{
	gd_autofree path = gd_xasprintf(DPKG "/%s.list", package);
	gd_autofree line = gd_xasprintf("\n%s/", root);
	gd_autobuf text = { 0 };
	int r = gd_host_read_max(ctx->host, path, 256 * 1024, &text);

	keep_error(p, path, r);
	if (r < 0 || !strstr(gd_buf_peek(&text), line))
		return false;
	keep_package(p, package, path);
	return true;
}

static bool prove_by_amd(struct gd_ctx *ctx, const struct gd_row *row, const char *root, struct proof *p)
{
	static const char *const names[] = { "rocm-core", "hsa-rocr" };
	const char *version = gd_get_text(row, "version", "");

	for (size_t i = 0; i < GD_COUNT(names); i++) {
		gd_autofree versioned = gd_xasprintf("%s%s", names[i], version);

		if (names_folder(ctx, names[i], root, p) ||
		    (*version && names_folder(ctx, versioned, root, p)))
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------- pacman -- */

static void read_pacman(struct gd_ctx *ctx, struct gd_rocm_packages *p)
{
	if (p->read)
		return;
	p->read = true;
	p->error = gd_host_list(ctx->host, PACMAN, &p->pacman);
}

/* "rocblas-7.2.0-1": a name, a version and the packager's release. */
static const char *version_of(const char *folder, const char *name)
{
	size_t len = strlen(name);
	const char *version = folder + len + 1;

	if (strncmp(folder, name, len) != 0 || folder[len] != '-' || !isdigit((unsigned char)*version))
		return NULL;
	return strchr(version, '-') && strchr(version, '-') == strrchr(version, '-') ? version : NULL;
}

char *gd_rocm_pacman_version(struct gd_ctx *ctx, struct gd_rocm_packages *p, const char *name)
{
	read_pacman(ctx, p);
	for (size_t i = 0; i < p->pacman.count; i++) {
		const char *version = version_of(p->pacman.items[i], name);

		/* What is before a colon is the packager's epoch. */
		if (version && strchr(version, ':'))
			version = strchr(version, ':') + 1;
		if (version)
			return gd_rocm_leading_version(version);
	}
	return NULL;
}

static bool prove_by_pacman(struct gd_ctx *ctx, const char *const *names, struct gd_rocm_packages *packages,
			    struct proof *p)
{
	read_pacman(ctx, packages);
	keep_error(p, PACMAN, packages->error);
	for (; *names; names++)
		for (size_t i = 0; i < packages->pacman.count; i++) {
			gd_autofree source = gd_xasprintf(PACMAN "/%s", packages->pacman.items[i]);

			if (!version_of(packages->pacman.items[i], *names))
				continue;
			keep_package(p, *names, source);
			return true;
		}
	return false;
}

void gd_rocm_packages_free(struct gd_rocm_packages *p)
{
	gd_strv_free(&p->pacman);
}

/* --------------------------------------------------------------------- owner -- */

static bool prove(struct gd_ctx *ctx, const struct gd_row *row, const struct gd_rocm_folder *d,
		  struct gd_rocm_packages *packages, struct proof *p)
{
	static const char *const rocm[] = { "rocblas", "hip-runtime-amd", "hsa-rocr", NULL };
	static const char *const ollama[] = { "ollama-rocm", NULL };
	gd_autofree root = gd_xasprintf("%.*s", (int)(gd_rocm_base_peek(d->real) - d->real - 1), d->real);
	bool by_package = !strncmp(d->real, "/usr/lib", strlen("/usr/lib"));

	if (d->kind == GD_ROCM_ENGINE)
		return by_package && d->engine && !strcmp(d->engine, "ollama") &&
		       prove_by_pacman(ctx, ollama, packages, p);
	if (d->kind == GD_ROCM_AMD)
		return prove_by_amd(ctx, row, root, p) || prove_by_pacman(ctx, rocm, packages, p);
	return d->kind == GD_ROCM_DISTRIBUTION &&
	       (prove_by_dpkg(ctx, row, p) || prove_by_pacman(ctx, rocm, packages, p));
}

/* A build tree has this file beside the library or above it; owned, or NULL. */
static char *build_file(struct gd_ctx *ctx, const struct gd_rocm_folder *d)
{
	static const char *const ups[] = { "", "/..", "/../..", "/../../.." };

	for (size_t i = 0; i < GD_COUNT(ups); i++) {
		gd_autofree path = gd_xasprintf("%s%s/CMakeCache.txt", d->real, ups[i]);
		struct gd_stat st;

		if (gd_host_stat(ctx->host, path, &st) == 0)
			return GD_STEAL(path);
	}
	return NULL;
}

static void set_unproved(struct gd_row *row, const char *column, const struct proof *p)
{
	gd_autofree detail = p->error ? gd_xasprintf("%s: %s", p->error_path, gd_host_strerror_peek(p->error)) : NULL;

	if (p->error)
		gd_set_unknown(row, column, gd_gap_of_error(p->error), detail, gd_remedy_peek(p->error));
	else
		gd_set_unknown(row, column, GD_GAP_NO_SOURCE, "no package manager whose files can be read says it",
			       NULL);
}

static void set_package(struct gd_row *row, const struct gd_rocm_folder *d, const struct proof *p)
{
	if (p->package)
		gd_set_text(row, "package", p->package, p->source);
	else if (strncmp(d->real, "/usr/lib", strlen("/usr/lib")) != 0 && strncmp(d->real, "/opt", strlen("/opt")) != 0)
		gd_set_absent(row, "package", d->real);
	else
		set_unproved(row, "package", p);
}

void gd_rocm_set_owner(struct gd_ctx *ctx, struct gd_row *row, const struct gd_rocm_folder *d,
		       struct gd_rocm_packages *packages)
{
	GD_CLEANUP(free_proof) struct proof p = { 0 };
	gd_autofree built = d->kind == GD_ROCM_OTHER ? build_file(ctx, d) : NULL;

	prove(ctx, row, d, packages, &p);
	set_package(row, d, &p);
	if (d->kind == GD_ROCM_ENGINE || d->kind == GD_ROCM_PYTHON)
		gd_set_text(row, "owner", "bundle", d->real);
	else if (p.package)
		gd_set_text(row, "owner", "package", p.source);
	else if (built)
		gd_set_text(row, "owner", "hand-made", built);
	else
		set_unproved(row, "owner", &p);
}
