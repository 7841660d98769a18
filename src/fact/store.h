/* SPDX-License-Identifier: MIT */
#ifndef GD_STORE_H
#define GD_STORE_H
/*
 * The facts as an in-memory SQLite database.
 *
 * Each fact table is a STRICT table; an absent or unknown cell is NULL there.
 * Version columns collate as versions.
 * For every table T there is a view this_T, which rules use for the row at
 * hand, so that the authorizer can tell it from a subquery over T.
 *
 * The functions known besides SQLite's own: version_compare(a, b) gives -1, 0
 * or 1, and version_is(v, '6.10') is true for 6.10.3.
 */
#include <sqlite3.h>

#include "base/err.h"
#include "fact/fact.h"
#include "fact/gpudb.h"

struct gd_store {
	sqlite3 *db;
	const struct gd_facts *facts; /* borrowed */
	/*
	 * What narrows the reading-only authorizer while a statement is prepared, or
	 * NULL. Changing SQLite's own authorizer instead would expire each statement
	 * that was prepared before.
	 */
	int (*watch)(void *arg, int action, const char *a, const char *b, const char *schema, const char *via);
	void *watch_arg;
};

/* Limits of one statement: what a rule or a user's query may cost. */
enum {
	GD_STORE_MAX_STEPS = 50 * 1000 * 1000,
	GD_STORE_MAX_SECONDS = 5,
	GD_STORE_MAX_HEAP_BYTES = 64 * 1024 * 1024
};

/* With `hide_private`, "(private)" stands for the values of private columns. */
int gd_store_open(const struct gd_facts *facts, bool hide_private, struct gd_store **ret,
		  struct gd_err *err) GD_MUST_CHECK;
void gd_store_close(struct gd_store *s);
static inline void gd_store_closep(struct gd_store **s)
{
	gd_store_close(*s);
}

/*
 * Adds what people may want to ask and rules do not need: the tables `source`
 * (tbl, key, column, source), `gap` (tbl, key, column, reason, detail, remedy)
 * and one table db_NAME for each table of the GPU database.
 */
int gd_store_add_extras(struct gd_store *s, const struct gd_gpudb *db, struct gd_err *err) GD_MUST_CHECK;

/*
 * From here on nothing can be written, attached or loaded, and one statement
 * is interrupted after GD_STORE_MAX_STEPS virtual machine steps or
 * GD_STORE_MAX_SECONDS seconds.
 */
int gd_store_lock(struct gd_store *s, struct gd_err *err) GD_MUST_CHECK;

/* Starts counting the steps of the next statement anew. */
void gd_store_reset_steps(struct gd_store *s);

#endif
