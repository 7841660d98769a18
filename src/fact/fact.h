/* SPDX-License-Identifier: MIT */
#ifndef GD_FACT_H
#define GD_FACT_H
/*
 * Facts: rows of typed cells, each known (with its source), absent (proved, with
 * its source) or unknown (with a reason and what would make it known).
 *
 * A column name or type that does not fit the table's declaration is a bug in
 * the probe and ends the program.
 */
#include "base/alloc.h"
#include "base/err.h"
#include "fact/table.h"

enum gd_state { GD_UNSET, GD_KNOWN, GD_ABSENT, GD_UNKNOWN };

/* Why a cell, or the rest of a table, is unknown. */
enum gd_gap {
	GD_GAP_NONE,
	GD_GAP_NOT_CAPTURED, /* the tree or capture holds no word of it */
	GD_GAP_DENIED, /* the caller may not read it */
	GD_GAP_ASLEEP, /* asking would wake a suspended device */
	GD_GAP_GARBAGE, /* what was read makes no sense */
	GD_GAP_ERROR, /* reading failed in another way */
	GD_GAP_AMBIGUOUS, /* the sources allow several answers */
	GD_GAP_NO_SOURCE, /* nothing on this machine says it */
	GD_GAP_CRASHED, /* a library crashed before it said so */
	GD_GAP_TIMED_OUT, /* a library did not answer in time */
	GD_GAP_NOT_PROBED, /* the probe did not run, or stopped before it */
	GD_GAP_COUNT,
};

struct gd_cell {
	enum gd_state state;
	enum gd_gap gap; /* of an unknown */
	union {
		int64_t i; /* GD_BOOL, GD_INT */
		double r; /* GD_REAL */
		const char *s; /* GD_TEXT, GD_VERSION */
	} value;
	const char *source; /* a path, a table of the GPU database with its line, or a formula; NULL if unknown */
	const char *detail; /* of an unknown: one sentence, or NULL */
	const char *remedy; /* of an unknown: what would make it known, or NULL */
};

struct gd_row {
	const struct gd_table *table;
	struct gd_arena *arena; /* the fact set's; all strings live in it */
	struct gd_cell *cells; /* as many as the table has columns */
};

struct gd_rows {
	const struct gd_table *table;
	const char *probe; /* who fills it */
	struct gd_row **rows;
	size_t count;
	size_t cap;
	bool complete; /* every row there is has been listed */
	enum gd_gap gap; /* where not: why */
	const char *detail;
	const char *remedy;
};

struct gd_facts {
	struct gd_arena arena;
	struct gd_rows *tables; /* in the order they were declared */
	size_t count;
	size_t cap;
};

struct gd_facts *gd_facts_new(void);
void gd_facts_free(struct gd_facts *f);
static inline void gd_facts_freep(struct gd_facts **f)
{
	gd_facts_free(*f);
}

/* Declares a table, incomplete until gd_facts_complete(). Both are borrowed. */
void gd_facts_declare(struct gd_facts *f, const struct gd_table *table, const char *probe);
/* The rows of a table, or NULL where nobody declared it; borrowed. */
struct gd_rows *gd_facts_table_peek(const struct gd_facts *f, const char *table);
/* Every row of the table has been listed. */
void gd_facts_complete(struct gd_facts *f, const char *table);
/* The table stays incomplete, for this reason. */
void gd_facts_incomplete(struct gd_facts *f, const char *table, enum gd_gap gap, const char *detail,
			 const char *remedy);

/* As complete as the rows that it was made from, or incomplete for their reason; complete for NULL. */
void gd_facts_close_like(struct gd_facts *f, const char *table, const struct gd_rows *from);

struct gd_row *gd_facts_add(struct gd_facts *f, const char *table);
/* The row whose key is this text or number, or NULL; borrowed. */
struct gd_row *gd_facts_find(const struct gd_facts *f, const char *table, const char *key);

void gd_set_bool(struct gd_row *row, const char *column, bool value, const char *source);
void gd_set_int(struct gd_row *row, const char *column, int64_t value, const char *source);
void gd_set_real(struct gd_row *row, const char *column, double value, const char *source);
/* The longest text of a fact. SQL could not hold a much longer one, and nothing real is near it. */
enum { GD_TEXT_MAX_BYTES = 64 * 1024 };
/* For GD_TEXT and GD_VERSION. A longer text, or bytes that are not UTF-8, make the cell unknown (garbage). */
void gd_set_text(struct gd_row *row, const char *column, const char *value, const char *source);
/* As gd_set_text(); absent where there is no text: NULL, or an empty one. */
void gd_set_text_or_absent(struct gd_row *row, const char *column, const char *value, const char *source);
void gd_set_absent(struct gd_row *row, const char *column, const char *source);
void gd_set_unknown(struct gd_row *row, const char *column, enum gd_gap gap, const char *detail, const char *remedy);
/* Copies a cell of another row, state, source and all. Where it is known, the types must agree. */
void gd_set_cell(struct gd_row *row, const char *column, const struct gd_cell *from);

/* The cell; borrowed. */
const struct gd_cell *gd_get(const struct gd_row *row, const char *column);
bool gd_is_known(const struct gd_row *row, const char *column);
bool gd_is_absent(const struct gd_row *row, const char *column);
/* The value where it is known, else what the caller says. */
int64_t gd_get_int(const struct gd_row *row, const char *column, int64_t otherwise);
double gd_get_real(const struct gd_row *row, const char *column, double otherwise);
const char *gd_get_text(const struct gd_row *row, const char *column, const char *otherwise);
/* The text is known, and it is this one. */
bool gd_text_is(const struct gd_row *row, const char *column, const char *value);
/* The key as text; owned. */
char *gd_row_key(const struct gd_row *row);

/* Every cell still unset becomes unknown (not probed). */
void gd_facts_close(struct gd_facts *f);

/* "denied", "not-captured" …; borrowed. The second gives -1 for an unknown word. */
const char *gd_gap_name_peek(enum gd_gap gap);
int gd_gap_by_name(const char *name);
/* One sentence for people; borrowed. */
const char *gd_gap_text_peek(enum gd_gap gap);

/* The value of a known cell as text, without quotes: numbers in C notation; owned. */
char *gd_cell_text(const struct gd_cell *cell, enum gd_type type);

#endif
