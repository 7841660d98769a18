/* SPDX-License-Identifier: MIT */
#ifndef GD_CSV_H
#define GD_CSV_H
/* RFC 4180 tables with a header line, held in memory. */
#include "base/alloc.h"
#include "base/err.h"

struct gd_csv {
	struct gd_arena arena;
	const char *name;
	size_t columns;
	size_t rows;         /* without the header */
	const char **cells;  /* (rows + 1) × columns, header first */
	unsigned *lines;     /* line number of each row in its file */
	size_t cap;
};

/*
 * Parses `len` bytes; `name` is borrowed and stands in messages. Refuses rows
 * whose count of fields differs from the header's, with file and line.
 */
int gd_csv_parse(struct gd_csv *t, const char *name, const char *text, size_t len, struct gd_err *err) GD_MUST_CHECK;
void gd_csv_free(struct gd_csv *t);

/* The column's number, or -1. */
int gd_csv_column(const struct gd_csv *t, const char *name);
/* The cell, "" where empty; borrowed. A column of -1 reads as empty. */
const char *gd_csv_peek(const struct gd_csv *t, size_t row, int column);

#endif
