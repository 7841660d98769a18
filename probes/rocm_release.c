/* SPDX-License-Identifier: MIT */
#include "probes/rocm_release.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/version.h"

static const char *cell(const struct gd_csv *t, size_t row, const char *column)
{
	return gd_csv_peek(t, row, gd_csv_column(t, column));
}

bool gd_csv_list_has(const struct gd_csv *t, size_t row, const char *column, const char *word)
{
	const char *list = cell(t, row, column);
	size_t len = strlen(word);

	while (*list) {
		size_t n = strcspn(list, ";");

		if (n == len && !memcmp(list, word, n))
			return true;
		list += n + (list[n] == ';');
	}
	return false;
}

/* 7.2 lies in 7.2.0 to 7.2.4: it may be any of them. */
static bool spans(const struct gd_csv *t, size_t row, const char *version)
{
	const char *first = cell(t, row, "first");
	const char *last = cell(t, row, "last");

	if (gd_version_has_prefix(first, version) || gd_version_has_prefix(last, version))
		return true;
	return gd_version_compare(first, version) <= 0 && gd_version_compare(version, last) <= 0;
}

int gd_rocm_release_find(const struct gd_csv *t, const char *packager, const char *version)
{
	for (size_t i = t->rows; i-- > 0;)
		if (!strcmp(cell(t, i, "packager"), packager) && spans(t, i, version))
			return (int)i;
	return -1;
}

/* Rows of a packager stand together, the oldest first. */
static bool is_last_with(const struct gd_csv *t, size_t row, const char *isa)
{
	for (size_t i = row + 1; i < t->rows && !strcmp(cell(t, i, "packager"), cell(t, row, "packager")); i++)
		if (gd_csv_list_has(t, i, "rocblas", isa))
			return false;
	return gd_csv_list_has(t, row, "rocblas", isa);
}

/* What a packager had once and has no more cannot be had. */
static bool is_current(const struct gd_csv *t, size_t row, const char *isa)
{
	for (size_t i = row + 1; i < t->rows && !strcmp(cell(t, i, "packager"), cell(t, row, "packager")); i++)
		if (*cell(t, i, "rocblas") && !gd_csv_list_has(t, i, "unsure", isa))
			return false;
	return true;
}

char *gd_rocm_release_builds(const struct gd_csv *t, const char *isa)
{
	gd_autobuf out = { 0 };

	for (size_t i = 0; i < t->rows; i++)
		if (is_last_with(t, i, isa) && is_current(t, i, isa))
			gd_buf_printf(&out, "%s%s", out.len ? ", " : "", cell(t, i, "build"));
	return out.len ? gd_buf_take(&out) : NULL;
}

const char *gd_rocm_release_last_peek(const struct gd_csv *t, const char *isa)
{
	for (size_t i = 0; i < t->rows; i++)
		if (!strcmp(cell(t, i, "packager"), "amd") && is_last_with(t, i, isa))
			return is_current(t, i, isa) ? NULL : cell(t, i, "build");
	return NULL;
}
