/* SPDX-License-Identifier: MIT */
#include "fact/store.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/version.h"

/* How often the step limit is looked at, in virtual machine steps. */
enum { STEPS_PER_LOOK = 1000 };

struct locked_store {
	struct gd_store store;
	int looks;
	time_t deadline_s; /* of CLOCK_MONOTONIC */
};

static int sql_error(struct gd_store *s, const char *what, struct gd_err *err)
{
	return gd_err_set(err, -EIO, "the fact store: %s: %s", what, sqlite3_errmsg(s->db));
}

static int run(struct gd_store *s, const char *sql, struct gd_err *err)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : sql_error(s, sql, err);
}

static int collate_version(void *arg, int na, const void *a, int nb, const void *b)
{
	gd_autofree x = gd_xstrndup(a, (size_t)na);
	gd_autofree y = gd_xstrndup(b, (size_t)nb);

	(void)arg;
	return gd_version_compare(x, y);
}

static bool any_null(int count, sqlite3_value **args)
{
	for (int i = 0; i < count; i++)
		if (sqlite3_value_type(args[i]) == SQLITE_NULL)
			return true;
	return false;
}

static void version_compare(sqlite3_context *ctx, int count, sqlite3_value **args)
{
	if (any_null(count, args))
		sqlite3_result_null(ctx);
	else
		sqlite3_result_int(ctx, gd_version_compare((const char *)sqlite3_value_text(args[0]),
							   (const char *)sqlite3_value_text(args[1])));
}

static void version_is(sqlite3_context *ctx, int count, sqlite3_value **args)
{
	if (any_null(count, args))
		sqlite3_result_null(ctx);
	else
		sqlite3_result_int(ctx, gd_version_has_prefix((const char *)sqlite3_value_text(args[0]),
							      (const char *)sqlite3_value_text(args[1])));
}

static int add_functions(struct gd_store *s, struct gd_err *err)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;

	if (sqlite3_create_collation(s->db, "version", SQLITE_UTF8, NULL, collate_version) != SQLITE_OK ||
	    sqlite3_create_function(s->db, "version_compare", 2, flags, NULL, version_compare, NULL, NULL) !=
		    SQLITE_OK ||
	    sqlite3_create_function(s->db, "version_is", 2, flags, NULL, version_is, NULL, NULL) != SQLITE_OK)
		return sql_error(s, "functions", err);
	return 0;
}

static const char *sql_type(enum gd_type type)
{
	switch (type) {
	case GD_BOOL:
	case GD_INT:
		return "INTEGER";
	case GD_REAL:
		return "REAL";
	case GD_VERSION:
		return "TEXT COLLATE version";
	case GD_TEXT:
		break;
	}
	return "TEXT";
}

static int create_table(struct gd_store *s, const struct gd_table *t, struct gd_err *err)
{
	gd_autobuf sql = { 0 };

	gd_buf_printf(&sql, "CREATE TABLE \"%s\"(", t->name);
	for (size_t i = 0; i < t->column_count; i++)
		gd_buf_printf(&sql, "%s\"%s\" %s", i ? "," : "", t->columns[i].name, sql_type(t->columns[i].type));
	gd_buf_printf(&sql, ") STRICT; CREATE VIEW \"this_%s\" AS SELECT * FROM \"%s\"", t->name, t->name);
	return run(s, sql.data, err);
}

static void bind_cell(sqlite3_stmt *stmt, int at, const struct gd_cell *c, enum gd_type type, bool hide)
{
	bool text = type == GD_TEXT || type == GD_VERSION;

	if (hide && text && c->state == GD_KNOWN)
		sqlite3_bind_text(stmt, at, "(private)", -1, SQLITE_STATIC);
	else if (hide || c->state != GD_KNOWN)
		sqlite3_bind_null(stmt, at);
	else if (type == GD_REAL)
		sqlite3_bind_double(stmt, at, c->value.r);
	else if (text)
		sqlite3_bind_text(stmt, at, c->value.s, -1, SQLITE_STATIC);
	else
		sqlite3_bind_int64(stmt, at, c->value.i);
}

static int insert_rows(struct gd_store *s, const struct gd_rows *rows, bool hide_private, struct gd_err *err)
{
	const struct gd_table *t = rows->table;
	gd_autobuf sql = { 0 };
	sqlite3_stmt *stmt;
	int r = SQLITE_DONE;

	if (!rows->count)
		return 0;
	gd_buf_printf(&sql, "INSERT INTO \"%s\" VALUES(?", t->name);
	for (size_t i = 1; i < t->column_count; i++)
		gd_buf_puts(&sql, ",?");
	gd_buf_puts(&sql, ")");
	if (sqlite3_prepare_v2(s->db, sql.data, -1, &stmt, NULL) != SQLITE_OK)
		return sql_error(s, t->name, err);
	for (size_t i = 0; i < rows->count && r == SQLITE_DONE; i++) {
		for (size_t c = 0; c < t->column_count; c++)
			bind_cell(stmt, (int)c + 1, &rows->rows[i]->cells[c], t->columns[c].type,
				  hide_private && (t->columns[c].flags & GD_COL_PRIVATE));
		r = sqlite3_step(stmt);
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	return r == SQLITE_DONE ? 0 : sql_error(s, t->name, err);
}

static int load(struct gd_store *s, bool hide_private, struct gd_err *err)
{
	int r = run(s, "BEGIN", err);

	for (size_t i = 0; i < s->facts->count && r >= 0; i++) {
		r = create_table(s, s->facts->tables[i].table, err);
		if (r >= 0)
			r = insert_rows(s, &s->facts->tables[i], hide_private, err);
	}
	return r < 0 ? r : run(s, "COMMIT", err);
}

static int configure(struct gd_store *s, struct gd_err *err)
{
	/* Double quotes are names only: "no such column", never a silent string. */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, 100 * 1000);
	sqlite3_limit(s->db, SQLITE_LIMIT_SQL_LENGTH, 100 * 1000);
	sqlite3_limit(s->db, SQLITE_LIMIT_EXPR_DEPTH, 100);
	sqlite3_limit(s->db, SQLITE_LIMIT_COMPOUND_SELECT, 20);
	sqlite3_limit(s->db, SQLITE_LIMIT_VDBE_OP, 250 * 1000);
	sqlite3_limit(s->db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000);
	sqlite3_limit(s->db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(s->db, SQLITE_LIMIT_WORKER_THREADS, 0);
	return add_functions(s, err);
}

int gd_store_open(const struct gd_facts *facts, bool hide_private, struct gd_store **ret, struct gd_err *err)
{
	struct locked_store *own = gd_xcalloc(1, sizeof(*own));
	struct gd_store *s = &own->store;
	int r;

	/* One thread uses it; SQLite refuses this once it has started, which is as good. */
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_hard_heap_limit64(GD_STORE_MAX_HEAP_BYTES);
	s->facts = facts;
	if (sqlite3_open_v2(":memory:", &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK)
		r = sql_error(s, "open", err);
	else
		r = configure(s, err);
	if (r >= 0)
		r = load(s, hide_private, err);
	if (r < 0) {
		gd_store_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void gd_store_close(struct gd_store *s)
{
	if (!s)
		return;
	sqlite3_close(s->db);
	free(s);
}

static time_t now_s(void)
{
	struct timespec now;

	return clock_gettime(CLOCK_MONOTONIC, &now) ? 0 : now.tv_sec;
}

static int look(void *arg)
{
	struct locked_store *s = arg;

	/* One step may be a search in a long text, so steps alone bound nothing. */
	return ++s->looks > GD_STORE_MAX_STEPS / STEPS_PER_LOOK || now_s() > s->deadline_s;
}

void gd_store_reset_steps(struct gd_store *s)
{
	struct locked_store *own = (struct locked_store *)s;

	own->looks = 0;
	own->deadline_s = now_s() + GD_STORE_MAX_SECONDS;
}

/* printf makes gigabytes in one step, which no step limit sees. */
static bool is_closed_function(const char *name)
{
	static const char *const closed[] = { "load_extension", "fts3_tokenizer", "printf", "format" };

	for (size_t i = 0; name && i < GD_COUNT(closed); i++)
		if (!strcasecmp(closed[i], name))
			return true;
	return false;
}

/* Reading is all that is left. Rules narrow this further while they compile. */
static int allow_reading(void *arg, int action, const char *a, const char *b, const char *schema, const char *via)
{
	const struct gd_store *s = arg;

	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		break;
	case SQLITE_FUNCTION:
		if (is_closed_function(b))
			return SQLITE_DENY;
		break;
	default:
		return SQLITE_DENY;
	}
	return s->watch ? s->watch(s->watch_arg, action, a, b, schema, via) : SQLITE_OK;
}

int gd_store_lock(struct gd_store *s, struct gd_err *err)
{
	if (sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) != SQLITE_OK ||
	    sqlite3_exec(s->db, "PRAGMA query_only=1", NULL, NULL, NULL) != SQLITE_OK)
		return sql_error(s, "lock", err);
	sqlite3_set_authorizer(s->db, allow_reading, s);
	gd_store_reset_steps(s);
	sqlite3_progress_handler(s->db, STEPS_PER_LOOK, look, s);
	return 0;
}
