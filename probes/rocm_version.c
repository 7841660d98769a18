/* SPDX-License-Identifier: MIT */
/* Which release of ROCm lies in a folder, by its version file and the names of its libraries. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/parse.h"
#include "base/version.h"
#include "probes/rocm.h"

/* -------------------------------------------------------------------- names -- */

/* What follows ".so.", or NULL. */
static const char *version_in(const char *name)
{
	const char *end = strstr(name, ".so.");

	return end ? end + strlen(".so.") : NULL;
}

/* The numbers between dots; false where anything else stands there. */
static bool split_numbers(const char *text, uint64_t *numbers, size_t max, size_t *count)
{
	gd_autostrv parts = { 0 };

	gd_strv_split(&parts, text, ".");
	if (!parts.count || parts.count > max)
		return false;
	for (size_t i = 0; i < parts.count; i++)
		if (!isdigit((unsigned char)*parts.items[i]) || gd_parse_u64(parts.items[i], 10, &numbers[i]) < 0)
			return false;
	*count = parts.count;
	return true;
}

enum { NUMBERS = 4 };

static bool is_release(uint64_t n)
{
	enum { FIRST = 30000, LAST = 990000, MOST = 30 };

	return n >= FIRST && n <= LAST && n / 100 % 100 <= MOST && n % 100 <= MOST;
}

int64_t gd_rocm_release_number(const char *name)
{
	const char *version = version_in(name);
	uint64_t n[NUMBERS];
	size_t count;

	if (!version || !split_numbers(version, n, NUMBERS, &count) || count < 2 || !is_release(n[count - 1]))
		return 0;
	/* HIP counts its commits in that place; only where both agree, it is the release. */
	if ((!strncmp(name, "libamdhip64.", 12) || !strncmp(name, "libhiprtc.", 10)) &&
	    (n[count - 1] / 10000 != n[0] || n[count - 1] / 100 % 100 != n[1]))
		return 0;
	return (int64_t)n[count - 1];
}

char *gd_rocm_release_text(int64_t number)
{
	return gd_xasprintf("%lld.%lld.%lld", (long long)(number / 10000), (long long)(number / 100 % 100),
			    (long long)(number % 100));
}

char *gd_rocm_library_version(const char *name)
{
	const char *version = version_in(name);
	size_t len = version ? strlen(version) : 0;
	uint64_t n[NUMBERS];
	size_t count;

	if (!version || !split_numbers(version, n, NUMBERS, &count))
		return NULL;
	if (gd_rocm_release_number(name))
		len = (size_t)(strrchr(version, '.') - version);
	return gd_xstrndup(version, len);
}

char *gd_rocm_leading_version(const char *text)
{
	size_t len = strspn(text, "0123456789.");
	uint64_t n[NUMBERS];
	size_t count;
	char *version;

	while (len && text[len - 1] == '.')
		len--;
	version = gd_xstrndup(text, len);
	if (split_numbers(version, n, NUMBERS, &count) && count >= 2)
		return version;
	free(version);
	return NULL;
}

/* ------------------------------------------------------------------ release -- */

/* Sets the version by the file of that name; false where there is no such file, or nothing in it. */
static bool take_info(struct gd_ctx *ctx, struct gd_row *row, const char *dir, const char *name)
{
	gd_autofree path = gd_xasprintf("%s/%s", dir, name);
	gd_autofree version = NULL;
	gd_autobuf text = { 0 };

	if (gd_host_read_max(ctx->host, path, 4096, &text) < 0)
		return false;
	version = gd_rocm_leading_version(gd_buf_peek(&text));
	if (version)
		gd_set_text(row, "version", version, path);
	else
		gd_take_garbage(row, "version", path, text.data ? gd_trim(text.data) : "");
	return true;
}

/* /opt/rocm/.info/version; packages without the core have version-utils and the like only. */
static bool take_info_folder(struct gd_ctx *ctx, struct gd_row *row, const struct gd_rocm_folder *d)
{
	gd_autofree dir = gd_xasprintf("%.*s/.info", (int)(gd_rocm_base_peek(d->real) - d->real - 1), d->real);
	gd_autostrv names = { 0 };

	if (take_info(ctx, row, dir, "version"))
		return true;
	if (gd_host_list(ctx->host, dir, &names) < 0)
		return false;
	for (size_t i = 0; i < names.count; i++)
		if (!strncmp(names.items[i], "version-", strlen("version-")) &&
		    take_info(ctx, row, dir, names.items[i]))
			return true;
	return false;
}

/* /opt/rocm-7.2.1, /opt/rocm/core-7.14, therock/gfx1151-7.13.0: folders that are made for one release. */
static bool take_folder_name(struct gd_row *row, const struct gd_rocm_folder *d)
{
	gd_autofree root = gd_xasprintf("%.*s", (int)(gd_rocm_base_peek(d->real) - d->real - 1), d->real);
	const char *dash = strrchr(gd_rocm_base_peek(root), '-');
	gd_autofree version = dash ? gd_rocm_leading_version(dash + 1) : NULL;

	if (!version || (d->kind != GD_ROCM_AMD && d->kind != GD_ROCM_ENGINE))
		return false;
	gd_set_text(row, "version", version, d->real);
	return true;
}

/* The numbers of releases, each once. */
static void collect_numbers(struct gd_host *h, const struct gd_rocm_folder *d, struct gd_strv *out)
{
	for (size_t i = 0; i < d->names.count; i++) {
		gd_autofree path = gd_xasprintf("%s/%s", d->path, d->names.items[i]);
		gd_autofree real = NULL;
		int64_t n = gd_rocm_release_number(d->names.items[i]);
		gd_autofree text = NULL;

		/* Where the folder was asked for names, those with all numbers are where the links lead. */
		if (!n && gd_host_resolve(h, path, &real) == 0)
			n = gd_rocm_release_number(gd_rocm_base_peek(real));
		text = gd_xasprintf("%lld", (long long)n);
		if (n && !gd_strv_has(out, text))
			gd_strv_add(out, text);
	}
	gd_strv_sort(out);
}

/* PyTorch's own file says it: hip: Optional[str] = '6.4.43482-0f2d60242' */
static bool take_torch(struct gd_ctx *ctx, struct gd_row *row, const struct gd_rocm_folder *d)
{
	gd_autofree path = gd_xasprintf("%.*s/version.py", (int)(gd_rocm_base_peek(d->real) - d->real - 1), d->real);
	gd_autobuf text = { 0 };
	gd_autofree line = NULL;
	gd_autofree version = NULL;
	const char *quote;

	if (!d->engine || strcmp(d->engine, "pytorch") != 0 || gd_host_read_max(ctx->host, path, 65536, &text) < 0)
		return false;
	line = gd_line_value(gd_buf_peek(&text), "hip", ": =");
	quote = line ? strpbrk(line, "'\"") : NULL;
	version = quote ? gd_rocm_leading_version(quote + 1) : NULL;
	if (!version)
		return false;
	/* The third number is HIP's own. */
	version[strcspn(version, ".") + 1 + strcspn(version + strcspn(version, ".") + 1, ".")] = '\0';
	gd_set_text(row, "version", version, path);
	return true;
}

/* libamdhip64.so.6.4.43484 is of ROCm 6.4; which of them, the name does not say. */
static bool take_hip(struct gd_row *row)
{
	const char *hip = gd_get_text(row, "hip_version", NULL);
	gd_autofree version = NULL;
	uint64_t n[NUMBERS];
	size_t count;

	if (!hip || !split_numbers(hip, n, NUMBERS, &count) || count < 2)
		return false;
	version = gd_xasprintf("%llu.%llu", (unsigned long long)n[0], (unsigned long long)n[1]);
	gd_set_text(row, "version", version, gd_get_text(row, "hip_file", ""));
	return true;
}

static bool take_package(struct gd_ctx *ctx, struct gd_row *row, const struct gd_rocm_folder *d,
			 struct gd_rocm_packages *p)
{
	static const char *const names[] = { "rocm-core", "rocblas", "hsa-rocr" };

	if (d->kind != GD_ROCM_AMD && d->kind != GD_ROCM_DISTRIBUTION)
		return false;
	for (size_t i = 0; i < GD_COUNT(names); i++) {
		gd_autofree version = gd_rocm_pacman_version(ctx, p, names[i]);
		gd_autofree source = NULL;

		if (!version)
			continue;
		source = gd_xasprintf("/var/lib/pacman/local: %s", names[i]);
		gd_set_text(row, "version", version, source);
		return true;
	}
	return false;
}

/*
 * Whether they are of releases that are not built for each other. Patch levels
 * are: rolling distributions build single packages anew.
 */
static bool are_mixed(const struct gd_strv *numbers)
{
	for (size_t i = 1; i < numbers->count; i++)
		if (strtoll(numbers->items[i], NULL, 10) / 100 != strtoll(numbers->items[0], NULL, 10) / 100)
			return true;
	return false;
}

/* What all of them say, which are not mixed: "7.2.4", or "7.2" of 70203 and 70204. NULL where there are none. */
static char *common_release(const struct gd_strv *numbers)
{
	char *text = numbers->count ? gd_rocm_release_text(strtoll(numbers->items[0], NULL, 10)) : NULL;

	if (numbers->count > 1)
		*strrchr(text, '.') = '\0';
	return text;
}

static void set_version(struct gd_ctx *ctx, struct gd_row *row, const struct gd_rocm_folder *d,
			const struct gd_strv *numbers, struct gd_rocm_packages *p)
{
	gd_autofree release = common_release(numbers);

	/* A distribution's folder is beside /usr/.info or /.info, which nobody has. */
	if (d->kind != GD_ROCM_DISTRIBUTION && take_info_folder(ctx, row, d))
		return;
	if (are_mixed(numbers))
		gd_set_unknown(row, "version", GD_GAP_AMBIGUOUS, "its libraries are of several releases", NULL);
	else if (release)
		gd_set_text(row, "version", release, d->real);
	else if (!take_folder_name(row, d) && !take_package(ctx, row, d, p) && !take_torch(ctx, row, d) &&
		 !take_hip(row))
		gd_set_unknown(row, "version", GD_GAP_NO_SOURCE, "neither a file nor the libraries' names say it",
			       NULL);
}

void gd_rocm_set_release(struct gd_ctx *ctx, struct gd_row *row, const struct gd_rocm_folder *d,
			 struct gd_rocm_packages *p)
{
	gd_autostrv numbers = { 0 };
	gd_autofree text = NULL;

	collect_numbers(ctx->host, d, &numbers);
	text = gd_strv_join(&numbers, " ");
	if (numbers.count)
		gd_set_text(row, "release_numbers", text, d->real);
	else
		gd_set_absent(row, "release_numbers", d->real);
	gd_set_bool(row, "mixed", are_mixed(&numbers), d->real);
	set_version(ctx, row, d, &numbers, p);
}
