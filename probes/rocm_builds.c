/* SPDX-License-Identifier: MIT */
#include "probes/rocm_builds.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/version.h"

static const struct gd_rows *table(const struct gd_facts *facts)
{
	return gd_facts_table_peek(facts, "rocm_release");
}

static bool is_of(const struct gd_row *row, const char *packager, const char *isa)
{
	return !strcmp(gd_get_text(row, "packager", ""), packager) && !strcmp(gd_get_text(row, "isa", ""), isa);
}

/* 7.2 lies in 7.2.0 to 7.2.4: it may be any of them. */
static bool spans(const struct gd_row *row, const char *version)
{
	const char *first = gd_get_text(row, "first", "");
	const char *last = gd_get_text(row, "last", "");

	if (gd_version_has_prefix(first, version) || gd_version_has_prefix(last, version))
		return true;
	return gd_version_compare(first, version) <= 0 && gd_version_compare(version, last) <= 0;
}

const struct gd_row *gd_rocm_build_find(const struct gd_facts *facts, const char *packager, const char *isa,
					const char *version)
{
	const struct gd_rows *builds = table(facts);

	for (size_t i = builds->count; i-- > 0;)
		if (is_of(builds->rows[i], packager, isa) && spans(builds->rows[i], version))
			return builds->rows[i];
	return NULL;
}

/* The newest row of a packager that says anything of the kernels, or NULL. */
static const struct gd_row *newest(const struct gd_rows *builds, const char *packager, const char *isa)
{
	for (size_t i = builds->count; i-- > 0;)
		if (is_of(builds->rows[i], packager, isa) && gd_is_known(builds->rows[i], "rocblas"))
			return builds->rows[i];
	return NULL;
}

/* What a packager had once and has no more cannot be had, so its newest row decides. */
char *gd_rocm_builds_with(const struct gd_facts *facts, const char *isa)
{
	const struct gd_rows *builds = table(facts);
	gd_autobuf out = { 0 };

	for (size_t i = 0; i < builds->count; i++) {
		const struct gd_row *row = builds->rows[i];

		if (is_of(row, "source", isa))
			continue;
		if (!gd_get_int(row, "rocblas", 0) || newest(builds, gd_get_text(row, "packager", ""), isa) != row)
			continue;
		gd_buf_printf(&out, "%s%s", out.len ? ", " : "", gd_get_text(row, "build", ""));
		if (!strcmp(gd_get_text(row, "checked", ""), "inferred"))
			gd_buf_puts(&out, " (inferred)");
	}
	return out.len ? gd_buf_take(&out) : NULL;
}

const struct gd_row *gd_rocm_build_dropped(const struct gd_facts *facts, const char *isa)
{
	const struct gd_rows *builds = table(facts);
	const struct gd_row *now = newest(builds, "amd", isa);

	if (!now || gd_get_int(now, "rocblas", 0))
		return NULL;
	for (size_t i = builds->count; i-- > 0;)
		if (is_of(builds->rows[i], "amd", isa) && gd_get_int(builds->rows[i], "rocblas", 0))
			return builds->rows[i];
	return NULL;
}
