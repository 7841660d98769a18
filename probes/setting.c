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
#include "probes/homes.h"

static const struct gd_column scope_columns[] = {
	{ .name = "id",
	  .type = GD_TEXT,
	  .flags = GD_COL_KEY,
	  .help = "What it is, as in \"unit ollama.service\" or \"process 812\"." },
	{ .name = "kind",
	  .type = GD_TEXT,
	  .help = "caller (who started gpudoctor), login (shells), manager (what system.conf sets for all units), "
		  "user-manager (what environment.d sets), unit, user-unit or process." },
	{ .name = "name", .type = GD_TEXT, .help = "The unit, the short name of the process, or the home." },
	{ .name = "engine", .type = GD_TEXT, .help = "The engine that it runs, as in ollama or llama.cpp." },
	{ .name = "program", .type = GD_TEXT, .help = "The program that it starts, or is." },
	{ .name = "called",
	  .type = GD_TEXT,
	  .help = "The path that a process was called as, or that of the script that it runs: in a virtual environment "
		  "of Python the program is a link." },
	{ .name = "file", .type = GD_TEXT, .help = "The file of the unit, or its first drop-in." },
	{ .name = "running", .type = GD_BOOL, .help = "It runs now." },
	{ .name = "pid", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "The number of the process." },
	{ .name = "unit", .type = GD_TEXT, .help = "The scope of the unit that a process belongs to." },
	{ .name = "container",
	  .type = GD_BOOL,
	  .help = "The process runs in a container, and paths in its variables are those of the container." },
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
	{ .name = "change", .type = GD_TEXT, .help = "What is to be done there so that it is set no more." },
	{ .name = "folder",
	  .type = GD_TEXT,
	  .help = "What a variable names that rocBLAS or hipBLASLt reads its kernels from: files (a folder that holds "
		  "some), empty, not-a-folder or missing." },
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
	if (s->missed || error >= 0 || gd_host_is_absence(error))
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
		free(one->called);
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

bool gd_scope_is(const struct gd_scope *scope, const char *kind)
{
	return !strcmp(scope->kind, kind);
}

/* ------------------------------------------------------------------ rows -- */

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
	if (gd_scope_is(scope, "process")) {
		gd_set_bool(row, "running", true, "/proc");
		return;
	}
	if (!gd_scope_is(scope, "unit") && !gd_scope_is(scope, "user-unit")) {
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
	bool unit = gd_scope_is(scope, "unit") || gd_scope_is(scope, "user-unit");

	gd_set_text(row, "id", scope->id, source);
	gd_set_text(row, "kind", scope->kind, source);
	gd_set_text_or_absent(row, "name", scope->name, source);
	gd_set_text_or_absent(row, "engine", scope->engine, source);
	gd_set_text_or_absent(row, "program", scope->program, source);
	gd_set_text_or_absent(row, "called", scope->called, source);
	gd_set_text_or_absent(row, "file", scope->file, source);
	gd_set_text_or_absent(row, "unit", scope->unit, source);
	set_running(row, s, scope);
	if (scope->pid)
		gd_set_int(row, "pid", scope->pid, source);
	else
		gd_set_absent(row, "pid", source);
	if (!gd_scope_is(scope, "process"))
		gd_set_absent(row, "container", source);
	else if (scope->group)
		gd_set_bool(row, "container", scope->container, source);
	else
		gd_set_unknown(row, "container", GD_GAP_NO_SOURCE, "its control group is not known", NULL);
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
		gd_autofree place = gd_setting_place(other);

		if (other != winner && !strcmp(other->name, winner->name))
			gd_buf_printf(&text, "%s%s (%s)", text.len ? ", " : "", place,
				      other->value ? other->value : "?");
	}
	return text.len ? gd_buf_take(&text) : NULL;
}

static void set_value(struct gd_row *row, const struct gd_scope *scope, const struct gd_setting *setting)
{
	gd_autofree place = gd_setting_place(setting);

	if (scope->unread)
		set_unread(row, "value", scope);
	else if (setting->value)
		gd_set_text(row, "value", setting->value, place);
	else
		gd_set_unknown(row, "value", GD_GAP_NO_SOURCE, "it is computed when it is read", NULL);
}

/* What a variable names that rocBLAS or hipBLASLt reads its kernels from. */
static void set_folder(struct gd_ctx *ctx, struct gd_row *row, const struct gd_scope *scope)
{
	const char *variable = gd_get_text(row, "variable", "");
	const struct gd_cell *value = gd_get(row, "value");
	gd_autostrv names = { 0 };
	int r;

	if (strcmp(variable, "ROCBLAS_TENSILE_LIBPATH") != 0 && strcmp(variable, "HIPBLASLT_TENSILE_LIBPATH") != 0) {
		gd_set_absent(row, "folder", "the variable names none");
		return;
	}
	if (value->state != GD_KNOWN) {
		gd_set_unknown(row, "folder", value->gap, value->detail, value->remedy);
		return;
	}
	if (*value->value.s != '/' || scope->container) {
		gd_set_unknown(row, "folder", GD_GAP_NO_SOURCE,
			       scope->container ? "it is a path of the container, which is not entered"
						: "it depends on the folder that the program is started in", NULL);
		return;
	}
	r = gd_host_list(ctx->host, value->value.s, &names);
	if (r >= 0)
		gd_set_text(row, "folder", names.count ? "files" : "empty", value->value.s);
	else if (gd_host_is_absence(r))
		gd_set_text(row, "folder", r == -ENOENT ? "missing" : "not-a-folder", value->value.s);
	else
		gd_take_error(ctx, row, "folder", value->value.s, r);
}

static void add_setting_row(struct gd_ctx *ctx, const struct gd_scopes *s, const struct gd_scope *scope,
			    const struct gd_setting *setting)
{
	struct gd_row *row = gd_facts_add(ctx->facts, setting_table.name);
	gd_autofree id = gd_xasprintf("%s %s", scope->id, setting->name);
	gd_autofree place = gd_setting_place(gd_setting_origin(s, scope, setting).setting);
	gd_autofree change = gd_setting_change(s, scope, setting);
	gd_autofree overruled = overruled_by(scope, setting);
	const struct gd_scope *repeated = gd_setting_repeated(s, scope, setting);

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
	gd_set_text(row, "change", change, setting->file);
	set_folder(ctx, row, scope);
	gd_set_text_or_absent(row, "overruled", overruled, setting->file);
	gd_set_text_or_absent(row, "repeats", repeated ? repeated->id : NULL, setting->file);
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
	if (!gd_homes(ctx->host, &homes))
		gd_scopes_miss(&s, "/home", -E2BIG);
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
