/* SPDX-License-Identifier: MIT */
/*
 * Who sets which variables that ROCm or an engine reads: the caller's
 * environment, what logins read, the units of services, and the environments of
 * engines that run. Variables that are not in the list of host/variables.c are
 * never looked at.
 */
#include "probes/setting.h"

#include <errno.h>
#include <string.h>

#include "probes/engine.h"

static const struct gd_column scope_columns[] = {
	{ .name = "id",
	  .type = GD_TEXT,
	  .flags = GD_COL_KEY,
	  .help = "What it is, as in \"unit ollama.service\" or \"process 812\"." },
	{ .name = "kind",
	  .type = GD_TEXT,
	  .help = "caller (who started gpudoctor), login (shells), user-manager (what environment.d sets), unit, "
		  "user-unit or process." },
	{ .name = "name", .type = GD_TEXT, .help = "The unit, the short name of the process, or the home." },
	{ .name = "engine", .type = GD_TEXT, .help = "The engine that it runs, as in ollama or llama.cpp." },
	{ .name = "program", .type = GD_TEXT, .help = "The program that it starts, or is." },
	{ .name = "file", .type = GD_TEXT, .help = "The file of the unit, or its first drop-in." },
	{ .name = "running", .type = GD_BOOL, .help = "It runs now." },
	{ .name = "pid", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "The number of the process." },
	{ .name = "unit", .type = GD_TEXT, .help = "The scope of the unit that a process belongs to." },
	{ .name = "masked", .type = GD_BOOL, .help = "The unit is masked, or systemd refuses to read it." },
	{ .name = "whole",
	  .type = GD_BOOL,
	  .help = "Everything that may set its variables was read; unknown where something could not be." },
};

static const struct gd_table scope_table = {
	.name = "scope",
	.help = "Someone that programs are started by, and whose environment they get: a unit, a login, a process.",
	.columns = scope_columns,
	.column_count = GD_COUNT(scope_columns),
};

static const struct gd_column setting_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The scope and the variable." },
	{ .name = "scope", .type = GD_TEXT, .help = "Whose environment it is: scope.id." },
	{ .name = "variable", .type = GD_TEXT, .help = "The variable." },
	{ .name = "value", .type = GD_TEXT, .help = "The value that holds in the end." },
	{ .name = "file", .type = GD_TEXT, .help = "The file that sets it." },
	{ .name = "line", .type = GD_INT, .help = "The line of it, from 1." },
	{ .name = "place",
	  .type = GD_TEXT,
	  .help = "Where it is to be changed: that file and line, and for what runs already those of its unit or "
		  "login, where they set the same value." },
	{ .name = "overruled",
	  .type = GD_TEXT,
	  .help = "Other places that set it and do not count, as they are read, with their values." },
	{ .name = "repeats",
	  .type = GD_TEXT,
	  .help = "Another scope that has this very setting, as a service that runs has that of its unit." },
	{ .name = "repeated", .type = GD_BOOL, .help = "There is such a scope, so this one needs no word of its own." },
};

static const struct gd_table setting_table = {
	.name = "setting",
	.help = "A variable that ROCm or an engine reads, and what sets it for one scope.",
	.columns = setting_columns,
	.column_count = GD_COUNT(setting_columns),
};

static const struct gd_table *const tables[] = { &scope_table, &setting_table, NULL };

/* ---------------------------------------------------------------- scopes -- */

struct gd_scope *gd_scopes_find(const struct gd_scopes *s, const char *id)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->items[i].id, id))
			return &s->items[i];
	return NULL;
}

struct gd_scope *gd_scopes_add(struct gd_scopes *s, const char *kind, const char *id)
{
	if (s->count == GD_SCOPES_MAX) {
		gd_scopes_miss(s, id, -EFBIG);
		return NULL;
	}
	GD_GROW(s->items, s->count, s->cap);
	s->items[s->count] = (struct gd_scope){ .id = gd_xstrdup(id), .kind = kind };
	return &s->items[s->count++];
}

void gd_scopes_miss(struct gd_scopes *s, const char *path, int error)
{
	if (s->missed || error >= 0 || error == -ENOENT || error == -ENOTDIR)
		return;
	s->missed = gd_xstrdup(path);
	s->missed_error = error;
}

void gd_scopes_free(struct gd_scopes *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct gd_scope *one = &s->items[i];

		free(one->id);
		free(one->name);
		free(one->program);
		free(one->file);
		free(one->unit);
		free(one->group);
		free(one->unread);
		gd_settings_free(&one->settings);
	}
	free(s->items);
	free(s->missed);
	*s = (struct gd_scopes){ 0 };
}

/* ---------------------------------------------------------------- places -- */

static bool is_kind(const struct gd_scope *scope, const char *kind)
{
	return !strcmp(scope->kind, kind);
}

/* The setting of that name that holds in a scope, or NULL. */
static const struct gd_setting *effective(const struct gd_scope *scope, const char *name)
{
	for (size_t i = 0; scope && i < scope->settings.count; i++)
		if (scope->settings.items[i].in_effect && !strcmp(scope->settings.items[i].name, name))
			return &scope->settings.items[i];
	return NULL;
}

/* What is not known may be the same. */
static bool may_be_equal(const struct gd_setting *a, const struct gd_setting *b)
{
	return !a->value || !b->value || !strcmp(a->value, b->value);
}

/* A file sets the variables of what runs: that of the unit, or, where there is none, one that shells read. */
static const struct gd_setting *find_origin(const struct gd_scopes *s, const struct gd_scope *scope,
					    const struct gd_setting *setting)
{
	const struct gd_scope *unit = scope->unit ? gd_scopes_find(s, scope->unit) : NULL;
	const struct gd_setting *of_unit = effective(unit, setting->name);

	if (of_unit && may_be_equal(of_unit, setting))
		return of_unit;
	if (scope->unit || !(is_kind(scope, "process") || is_kind(scope, "caller")))
		return setting;
	for (size_t i = 0; i < s->count; i++) {
		const struct gd_setting *of_login = is_kind(&s->items[i], "login")
							    ? effective(&s->items[i], setting->name) : NULL;

		if (of_login && of_login->value && may_be_equal(of_login, setting))
			return of_login;
	}
	return setting;
}

static char *place_of(const struct gd_setting *setting)
{
	if (!setting->line)
		return gd_xstrdup(setting->file);
	return gd_xasprintf("%s:%u", setting->file, setting->line);
}

/* What runs counts for more than what may be started, and that for more than a login. */
static int rank(const struct gd_scope *scope)
{
	static const char *const kinds[] = { "process", "unit", "user-unit", "caller" };
	int rank = 0;

	while (rank < (int)GD_COUNT(kinds) && !is_kind(scope, kinds[rank]))
		rank++;
	return rank;
}

/* Both have the variable from one place, or one process has it from the other. */
static bool is_same(const struct gd_scopes *s, const struct gd_scope *a, const struct gd_setting *in_a,
		    const struct gd_scope *b, const struct gd_setting *in_b)
{
	const struct gd_setting *from_a = find_origin(s, a, in_a);
	const struct gd_setting *from_b = find_origin(s, b, in_b);

	if (!may_be_equal(in_a, in_b))
		return false;
	if (from_a->line && from_a->line == from_b->line && !strcmp(from_a->file, from_b->file))
		return true;
	return a->group && b->group && !strcmp(a->group, b->group);
}

/* The scope that says the same and is to be named instead, or NULL. */
static const struct gd_scope *find_repeated(const struct gd_scopes *s, const struct gd_scope *scope,
					    const struct gd_setting *setting)
{
	const struct gd_scope *best = scope;

	for (size_t i = 0; i < s->count; i++) {
		const struct gd_scope *other = &s->items[i];
		const struct gd_setting *same = other == scope ? NULL : effective(other, setting->name);

		if (!same || !is_same(s, scope, setting, other, same))
			continue;
		if (rank(other) < rank(best) || (rank(other) == rank(best) && other < best))
			best = other;
	}
	return best == scope ? NULL : best;
}

/* ------------------------------------------------------------------ rows -- */

static void set_text_or_absent(struct gd_row *row, const char *column, const char *value, const char *source)
{
	if (value)
		gd_set_text(row, column, value, source);
	else
		gd_set_absent(row, column, source);
}

static void set_unread(struct gd_row *row, const char *column, const struct gd_scope *scope)
{
	int error = scope->unread_error;
	bool pattern = error == -EOPNOTSUPP;
	const char *why = pattern ? "a pattern or specifier, not followed" : gd_host_strerror_peek(error);
	gd_autofree detail = gd_xasprintf("%s: %s", scope->unread, why);

	gd_set_unknown(row, column, pattern ? GD_GAP_NO_SOURCE : gd_gap_of_error(error), detail,
		       pattern ? NULL : gd_remedy_peek(error));
}

static void set_running(struct gd_row *row, const struct gd_scopes *s, const struct gd_scope *scope)
{
	if (is_kind(scope, "process")) {
		gd_set_bool(row, "running", true, "/proc");
		return;
	}
	if (!is_kind(scope, "unit") && !is_kind(scope, "user-unit")) {
		gd_set_absent(row, "running", "nothing that runs");
		return;
	}
	for (size_t i = 0; i < s->count; i++)
		if (s->items[i].unit && !strcmp(s->items[i].unit, scope->id)) {
			gd_set_bool(row, "running", true, s->items[i].id);
			return;
		}
	/* Processes are looked for by the names of engines: a service that starts something else may run unseen. */
	if (s->processes_listed && scope->program && gd_engine_of_program_peek(scope->program))
		gd_set_bool(row, "running", false, "/proc");
	else
		gd_set_unknown(row, "running", s->processes_listed ? GD_GAP_NO_SOURCE : GD_GAP_NOT_CAPTURED,
			       "none of the processes that are known belongs to it", NULL);
}

static void add_scope_row(struct gd_ctx *ctx, const struct gd_scopes *s, const struct gd_scope *scope)
{
	struct gd_row *row = gd_facts_add(ctx->facts, scope_table.name);
	const char *source = scope->file ? scope->file : scope->id;
	bool unit = is_kind(scope, "unit") || is_kind(scope, "user-unit");

	gd_set_text(row, "id", scope->id, source);
	gd_set_text(row, "kind", scope->kind, source);
	set_text_or_absent(row, "name", scope->name, source);
	set_text_or_absent(row, "engine", scope->engine, source);
	set_text_or_absent(row, "program", scope->program, source);
	set_text_or_absent(row, "file", scope->file, source);
	set_text_or_absent(row, "unit", scope->unit, source);
	set_running(row, s, scope);
	if (scope->pid)
		gd_set_int(row, "pid", scope->pid, source);
	else
		gd_set_absent(row, "pid", source);
	if (unit)
		gd_set_bool(row, "masked", scope->masked, source);
	else
		gd_set_absent(row, "masked", source);
	if (scope->unread)
		set_unread(row, "whole", scope);
	else
		gd_set_bool(row, "whole", true, source);
}

static char *overruled_by(const struct gd_scope *scope, const struct gd_setting *winner)
{
	gd_autobuf text = { 0 };

	for (size_t i = 0; i < scope->settings.count && text.len < GD_TEXT_MAX_BYTES / 2; i++) {
		const struct gd_setting *other = &scope->settings.items[i];
		gd_autofree place = place_of(other);

		if (other != winner && !strcmp(other->name, winner->name))
			gd_buf_printf(&text, "%s%s (%s)", text.len ? ", " : "", place,
				      other->value ? other->value : "?");
	}
	return text.len ? gd_buf_take(&text) : NULL;
}

static void set_value(struct gd_row *row, const struct gd_scope *scope, const struct gd_setting *setting)
{
	gd_autofree place = place_of(setting);

	if (scope->unread)
		set_unread(row, "value", scope);
	else if (setting->value)
		gd_set_text(row, "value", setting->value, place);
	else
		gd_set_unknown(row, "value", GD_GAP_NO_SOURCE, "it is computed when it is read", NULL);
}

static void add_setting_row(struct gd_ctx *ctx, const struct gd_scopes *s, const struct gd_scope *scope,
			    const struct gd_setting *setting)
{
	struct gd_row *row = gd_facts_add(ctx->facts, setting_table.name);
	gd_autofree id = gd_xasprintf("%s %s", scope->id, setting->name);
	gd_autofree place = place_of(find_origin(s, scope, setting));
	gd_autofree overruled = overruled_by(scope, setting);
	const struct gd_scope *repeated = find_repeated(s, scope, setting);

	gd_set_text(row, "id", id, setting->file);
	gd_set_text(row, "scope", scope->id, setting->file);
	gd_set_text(row, "variable", setting->name, setting->file);
	set_value(row, scope, setting);
	gd_set_text(row, "file", setting->file, setting->file);
	if (setting->line)
		gd_set_int(row, "line", setting->line, setting->file);
	else
		gd_set_absent(row, "line", setting->file);
	gd_set_text(row, "place", place, setting->file);
	set_text_or_absent(row, "overruled", overruled, setting->file);
	set_text_or_absent(row, "repeats", repeated ? repeated->id : NULL, setting->file);
	gd_set_bool(row, "repeated", repeated != NULL, setting->file);
}

static void conclude(struct gd_ctx *ctx, const struct gd_scopes *s)
{
	gd_autofree detail = NULL;

	if (!s->missed) {
		gd_facts_complete(ctx->facts, scope_table.name);
		gd_facts_complete(ctx->facts, setting_table.name);
		return;
	}
	detail = gd_xasprintf("%s: %s", s->missed, gd_host_strerror_peek(s->missed_error));
	for (const struct gd_table *const *t = tables; *t; t++)
		gd_facts_incomplete(ctx->facts, (*t)->name, gd_gap_of_error(s->missed_error), detail,
				    gd_remedy_peek(s->missed_error));
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	GD_CLEANUP(gd_scopes_free) struct gd_scopes s = { 0 };
	gd_autostrv homes = { 0 };

	(void)err;
	gd_setting_homes(ctx->host, &homes);
	gd_setting_add_caller(ctx->host, &s);
	gd_setting_add_logins(ctx->host, &homes, &s);
	gd_setting_add_units(ctx->host, &homes, &s);
	gd_setting_add_processes(ctx->host, &s);
	for (size_t i = 0; i < s.count; i++) {
		const struct gd_scope *scope = &s.items[i];

		add_scope_row(ctx, &s, scope);
		for (size_t k = 0; k < scope->settings.count; k++)
			if (scope->settings.items[k].in_effect)
				add_setting_row(ctx, &s, scope, &scope->settings.items[k]);
	}
	conclude(ctx, &s);
	return 0;
}

const struct gd_probe gd_probe_setting = {
	.name = "setting",
	.help = "Looks for what sets the variables that ROCm and engines read: files, units, and engines that run.",
	.tables = tables,
	.run = run,
};
