/* SPDX-License-Identifier: MIT */
#ifndef GD_TABLE_H
#define GD_TABLE_H
/*
 * The declaration of a fact table. A probe writes its tables down once; the SQL
 * schema, the type checks, `facts --describe`, gpudoctor-facts(7) and the
 * masking of private values all follow from it.
 */
#include "base/defs.h"

enum gd_type {
	GD_BOOL, /* 0 or 1 in SQL, true or false in JSON */
	GD_INT,
	GD_REAL,
	GD_TEXT,
	GD_VERSION, /* text that SQL compares as a version: 6.9 < 6.10 */
};

enum gd_column_flags {
	GD_COL_KEY = 1, /* names the row; always known, unique in its table */
	GD_COL_PRIVATE = 2, /* shown only with --show-private */
	GD_COL_VOLATILE = 4, /* a reading that changes by itself: load, clocks, memory in use */
};

struct gd_column {
	const char *name; /* the unit is part of the name: vram_mib, link_gtps */
	enum gd_type type;
	unsigned flags;
	const char *help; /* one sentence */
};

struct gd_table {
	const char *name;
	const char *help; /* one sentence: what one row is */
	bool singleton; /* exactly one row when complete; rules may name its columns anywhere */
	const struct gd_column *columns; /* the key first */
	size_t column_count;
};

/* "bool", "int", "real", "text", "version"; borrowed. */
const char *gd_type_name_peek(enum gd_type type);
/* The column's number, or -1. */
int gd_table_column(const struct gd_table *t, const char *name);

#endif
