/* SPDX-License-Identifier: MIT */
#ifndef GD_RENDER_H
#define GD_RENDER_H
/*
 * Output formats. Each is one file src/render/format_NAME.c that defines
 * gd_format_NAME, and one word in the list of src/local.mk. A renderer gets
 * finished data and may not fetch facts.
 */
#include "base/buf.h"
#include "fact/text.h"
#include "plan/report.h"

enum gd_verbosity { GD_QUIET, GD_NORMAL, GD_VERBOSE };

/* How the text shall look. */
struct gd_view {
	unsigned width; /* columns to wrap at; 0 for none */
	bool colour;
	enum gd_verbosity verbosity;
};

/* The answer to a query: rows of typed values. */
enum gd_value_type { GD_VALUE_NULL, GD_VALUE_INT, GD_VALUE_REAL, GD_VALUE_TEXT };

struct gd_value {
	enum gd_value_type type;
	int64_t i;
	double r;
	char *text; /* of every type but NULL, for people; owned */
};

struct gd_grid {
	struct gd_strv columns;
	struct gd_value *cells; /* row by row */
	size_t rows;
	size_t cap;
	bool cut; /* there were more rows than are kept */
};

void gd_grid_free(struct gd_grid *g);

/* One rule as `explain` shows it: the rule, and every verdict on this machine. */
struct gd_explanation {
	const struct gd_rule *rule;
	const struct gd_verdict *verdicts;
	size_t verdict_count;
	bool show_private;
};

struct gd_format {
	const char *name;
	const char *help; /* a few words */
	void (*report)(const struct gd_report *r, const struct gd_view *view, struct gd_buf *out);
	void (*facts)(const struct gd_facts *f, const struct gd_text_options *o, struct gd_buf *out);
	/* Every table and column that there is. */
	void (*describe)(const struct gd_facts *f, const struct gd_view *view, struct gd_buf *out);
	void (*grid)(const struct gd_grid *g, const struct gd_view *view, struct gd_buf *out);
	void (*rules)(const struct gd_ruleset *set, const struct gd_view *view, struct gd_buf *out);
	void (*explain)(const struct gd_explanation *e, const struct gd_view *view, struct gd_buf *out);
};

/* All formats, NULL-terminated, the default first; generated at build time. */
extern const struct gd_format *const gd_formats[];
/* NULL for a name that no format has. */
const struct gd_format *gd_format_find(const char *name);

/* "fine", "problem", "unknown", "does not apply"; borrowed. */
const char *gd_outcome_text_peek(enum gd_outcome o);

#endif
