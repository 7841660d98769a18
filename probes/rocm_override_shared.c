/* SPDX-License-Identifier: MIT */
/* One override for several GPUs: what it makes of each of them. */
#include <string.h>

#include "base/buf.h"
#include "probes/rocm_override.h"

/* Both are of one scope, and set by the same variable. */
static bool is_same_setting(const struct gd_row *a, const struct gd_row *b)
{
	return gd_is_known(a, "variable") && gd_is_known(b, "variable") &&
	       !strcmp(gd_get_text(a, "scope", ""), gd_get_text(b, "scope", "")) &&
	       !strcmp(gd_get_text(a, "variable", ""), gd_get_text(b, "variable", ""));
}

static bool fits(const struct gd_row *row)
{
	const char *verdict = gd_get_text(row, "verdict", "unknown");

	return !strcmp(verdict, "works") || !strcmp(verdict, "no-op");
}

static void describe(const struct gd_row *row, struct gd_buf *out)
{
	const char *name = gd_get_text(row, "gpu_name", "a GPU");
	const char *isa = gd_get_text(row, "isa", "unknown");

	gd_buf_printf(out, "%s%s (%s) is %s and taken for %s", out->len ? "; " : "", name, gd_get_text(row, "gpu", "?"),
		      isa, gd_get_text(row, "isa_assumed", "?"));
}

/* What is useless for one of them is told as that. */
static bool is_shared(const struct gd_rows *rows, const struct gd_row *row, struct gd_buf *text)
{
	bool differ = false;
	bool misfit = false;
	bool useless = false;
	bool readable = gd_is_known(row, "isa_assumed");

	for (size_t i = 0; i < rows->count; i++) {
		const struct gd_row *other = rows->rows[i];

		if (!is_same_setting(row, other))
			continue;
		differ |= gd_is_known(row, "isa") && gd_is_known(other, "isa") &&
			  strcmp(gd_get_text(row, "isa", ""), gd_get_text(other, "isa", "")) != 0;
		misfit |= gd_is_known(other, "verdict") && !fits(other);
		useless |= gd_get_int(other, "proved_useless", 0) == 1;
		describe(other, text);
	}
	return readable && differ && misfit && !useless;
}

static bool is_first(const struct gd_rows *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_same_setting(rows->rows[i], rows->rows[n]))
			return false;
	return true;
}

void gd_override_set_shared(struct gd_facts *facts, const char *table)
{
	const struct gd_rows *rows = gd_facts_table_peek(facts, table);

	for (size_t i = 0; i < rows->count; i++) {
		struct gd_row *row = rows->rows[i];
		gd_autobuf text = { 0 };
		bool shared = is_shared(rows, row, &text);

		gd_set_bool(row, "first", is_first(rows, i), "setting");
		gd_set_bool(row, "shared", shared, "the rows of the scope");
		if (shared)
			gd_set_text(row, "shared_by", text.data, "the rows of the scope");
		else
			gd_set_absent(row, "shared_by", "the rows of the scope");
	}
}
