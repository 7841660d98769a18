/* SPDX-License-Identifier: MIT */
/*
 * What programs lead to: the variables that they are started with, what they
 * have loaded, and where that is not known, RUNPATH in their files. Paths of a
 * process in a container are the container's, and not looked for.
 */
#include <errno.h>
#include <string.h>

#include "probes/rocm.h"

static void look_below(struct gd_ctx *ctx, struct gd_rocm_found *f, const char *root, const char *found_by)
{
	static const char *const libs[] = { "lib", "lib64" };

	for (size_t i = 0; i < GD_COUNT(libs); i++) {
		gd_autofree dir = gd_xasprintf("%s/%s", root, libs[i]);

		gd_rocm_look_in(ctx->host, f, dir, found_by);
	}
}

static void look_along(struct gd_ctx *ctx, struct gd_rocm_found *f, const char *list, const char *found_by)
{
	gd_autostrv dirs = { 0 };

	gd_strv_split(&dirs, list, ":;");
	for (size_t i = 0; i < dirs.count && i < GD_ROCM_LISTED; i++)
		gd_rocm_look_in(ctx->host, f, dirs.items[i], found_by);
}

/* The row of that key, or NULL, also where no probe made the table. */
static const struct gd_row *row_of(const struct gd_ctx *ctx, const char *table, const char *key)
{
	return gd_facts_table_peek(ctx->facts, table) ? gd_facts_find(ctx->facts, table, key) : NULL;
}

bool gd_setting_is_of_container(const struct gd_facts *facts, const struct gd_row *setting)
{
	const struct gd_row *scope = gd_facts_table_peek(facts, "scope")
					     ? gd_facts_find(facts, "scope", gd_get_text(setting, "scope", ""))
					     : NULL;

	return scope && gd_get_int(scope, "container", 0);
}

static void look_by_settings(struct gd_ctx *ctx, struct gd_rocm_found *f)
{
	const struct gd_rows *settings = gd_facts_table_peek(ctx->facts, "setting");

	for (size_t i = 0; settings && i < settings->count; i++) {
		const char *variable = gd_get_text(settings->rows[i], "variable", "");
		const char *value = gd_get_text(settings->rows[i], "value", "");

		if (gd_setting_is_of_container(ctx->facts, settings->rows[i]))
			continue;
		if (!strcmp(variable, "LD_LIBRARY_PATH"))
			look_along(ctx, f, value, "LD_LIBRARY_PATH");
		else if (!strcmp(variable, "ROCM_PATH"))
			look_below(ctx, f, value, "ROCM_PATH");
		else if (!strcmp(variable, "HIP_PATH"))
			look_below(ctx, f, value, "HIP_PATH");
	}
}

/* -------------------------------------------------------------------- loaded -- */

/* Where it lies beside an engine's own library, and nothing else says whose the folder is, it is that engine's. */
static void look_in_loaded(struct gd_ctx *ctx, struct gd_rocm_found *f, const struct gd_row *library, bool of_engine)
{
	const struct gd_row *scope = row_of(ctx, "scope", gd_get_text(library, "scope", ""));
	const char *folder = gd_get_text(library, "folder", "");
	struct gd_rocm_visit how = { .found_by = "process" };

	gd_rocm_classify(ctx->host, folder, &how);
	if (of_engine && scope && how.kind == GD_ROCM_OTHER && !gd_rocm_is_large(folder)) {
		how.kind = GD_ROCM_ENGINE;
		how.engine = gd_get_text(scope, "engine", NULL);
	}
	gd_rocm_visit(ctx->host, f, folder, &how);
}

/* Engines' libraries first: their folders often hold ROCm's too. */
static void look_by_processes(struct gd_ctx *ctx, struct gd_rocm_found *f)
{
	const struct gd_rows *libraries = gd_facts_table_peek(ctx->facts, "process_library");

	for (size_t i = 0; libraries && i < libraries->count * 2; i++) {
		const struct gd_row *row = libraries->rows[i % libraries->count];
		bool of_engine = gd_rocm_is_of_engine(gd_rocm_base_peek(gd_get_text(row, "file", "")));

		/* Where it is not known whether there is a container, the paths prove nothing either. */
		if (of_engine == (i < libraries->count) && gd_get_int(row, "container", 1) == 0)
			look_in_loaded(ctx, f, row, of_engine);
	}
}

/* The engines that have loaded a library from this folder; `folders` are those of the rows, links resolved. Owned. */
static char *users_of(const struct gd_ctx *ctx, const struct gd_rows *libraries, const struct gd_strv *folders,
		      const char *folder)
{
	gd_autostrv engines = { 0 };

	for (size_t i = 0; i < libraries->count; i++) {
		const struct gd_row *library = libraries->rows[i];
		const struct gd_row *scope;
		const char *engine;

		if (gd_get_int(library, "container", 1) != 0 || strcmp(folders->items[i], folder) != 0)
			continue;
		scope = row_of(ctx, "scope", gd_get_text(library, "scope", ""));
		engine = scope ? gd_get_text(scope, "engine", NULL) : NULL;
		if (engine && !gd_strv_has(&engines, engine))
			gd_strv_add(&engines, engine);
	}
	gd_strv_sort(&engines);
	return engines.count ? gd_strv_join(&engines, " ") : NULL;
}

void gd_rocm_set_loaded_by(struct gd_ctx *ctx)
{
	const struct gd_rows *installs = gd_facts_table_peek(ctx->facts, "rocm_install");
	const struct gd_rows *libraries = gd_facts_table_peek(ctx->facts, "process_library");
	gd_autostrv folders = { 0 };

	for (size_t i = 0; libraries && i < libraries->count; i++) {
		const char *folder = gd_get_text(libraries->rows[i], "folder", "");
		gd_autofree real = NULL;

		gd_strv_add(&folders, gd_host_resolve(ctx->host, folder, &real) == 0 ? real : folder);
	}
	for (size_t i = 0; libraries && i < installs->count; i++) {
		struct gd_row *row = installs->rows[i];
		gd_autofree users = users_of(ctx, libraries, &folders, gd_get_text(row, "id", ""));

		if (users)
			gd_set_text(row, "loaded_by", users, "process_library");
		else if (libraries->complete)
			gd_set_absent(row, "loaded_by", "process_library");
		else
			gd_set_unknown(row, "loaded_by", libraries->gap, libraries->detail, libraries->remedy);
	}
}

/* ------------------------------------------------------------------- RUNPATH -- */

/* With $ORIGIN replaced; NULL where it is no absolute path then. Owned. */
static char *expand(const char *entry, const char *origin)
{
	static const char *const names[] = { "$ORIGIN", "${ORIGIN}" };
	gd_autobuf out = { 0 };

	while (*entry) {
		size_t n = 0;

		for (size_t i = 0; i < GD_COUNT(names) && !n; i++)
			n = strncmp(entry, names[i], strlen(names[i])) ? 0 : strlen(names[i]);
		if (n)
			gd_buf_puts(&out, origin);
		else
			gd_buf_putc(&out, *entry);
		entry += n ? n : 1;
	}
	return out.len && *out.data == '/' && !strchr(out.data, '$') ? gd_buf_take(&out) : NULL;
}

static void look_along_runpath(struct gd_ctx *ctx, struct gd_rocm_found *f, const char *program, const char *runpath)
{
	gd_autofree origin = gd_xstrndup(program, (size_t)(gd_rocm_base_peek(program) - program));
	gd_autostrv entries = { 0 };

	gd_strv_split(&entries, runpath, ":");
	for (size_t i = 0; i < entries.count && i < GD_ROCM_LISTED; i++) {
		gd_autofree path = expand(entries.items[i], origin);
		gd_autofree real = NULL;

		/* Whose a folder is shows in its name, and "bin/../lib" hides that. */
		if (path && gd_host_resolve(ctx->host, path, &real) == 0)
			gd_rocm_look_in(ctx->host, f, real, "RUNPATH");
		else if (path)
			gd_rocm_look_in(ctx->host, f, path, "RUNPATH");
	}
}

static void look_by_program(struct gd_ctx *ctx, struct gd_rocm_found *f, const char *program)
{
	gd_autoobject o = { 0 };
	gd_autofree real = NULL;
	int r = gd_host_resolve(ctx->host, program, &real);

	r = r < 0 ? r : gd_host_object(ctx->host, real, &o);
	/* Trees hold large files as empty ones. */
	if (r == 0 && o.kind == GD_OBJECT_EMPTY && strcmp(gd_host_kind_peek(ctx->host), "live") != 0)
		r = -GD_ENOTCAPTURED;
	/* What is no file has no RUNPATH. */
	if (r != -EINVAL && r != -EISDIR)
		gd_rocm_note(ctx->host, f, program, r);
	if (r == 0 && (o.runpath || o.rpath))
		look_along_runpath(ctx, f, real, o.runpath ? o.runpath : o.rpath);
}

/* What may be started, or runs unseen. What else runs has shown its libraries. */
static bool is_asked(const struct gd_ctx *ctx, const struct gd_row *scope)
{
	const char *kind = gd_get_text(scope, "kind", "");
	const struct gd_row *process = row_of(ctx, "process_rocm", gd_get_text(scope, "id", ""));

	if (*gd_get_text(scope, "program", "") != '/')
		return false;
	if (!strcmp(kind, "process"))
		return gd_get_int(scope, "container", 1) == 0 && process &&
		       gd_get(process, "libraries")->state == GD_UNKNOWN;
	return !strcmp(kind, "unit") || !strcmp(kind, "user-unit");
}

static void look_by_programs(struct gd_ctx *ctx, struct gd_rocm_found *f)
{
	const struct gd_rows *scopes = gd_facts_table_peek(ctx->facts, "scope");
	gd_autostrv programs = { 0 };

	for (size_t i = 0; scopes && i < scopes->count; i++) {
		const char *program = gd_get_text(scopes->rows[i], "program", "");

		if (!is_asked(ctx, scopes->rows[i]) || gd_strv_has(&programs, program))
			continue;
		if (programs.count == GD_ROCM_LISTED) {
			gd_rocm_note(ctx->host, f, program, -E2BIG);
			return;
		}
		gd_strv_add(&programs, program);
		look_by_program(ctx, f, program);
	}
}

void gd_rocm_look_by_programs(struct gd_ctx *ctx, struct gd_rocm_found *f)
{
	look_by_settings(ctx, f);
	look_by_processes(ctx, f);
	look_by_programs(ctx, f);
}
