/* SPDX-License-Identifier: MIT */
/*
 * What engines that run have really loaded, by /proc/PID/maps. Which ROCm a
 * program finds depends on its environment, its RUNPATH and the loader's files;
 * what it has mapped is the outcome. Paths are those that the process sees: of
 * one in a container, the container's.
 */
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "probes/engine.h"
#include "probes/process_maps.h"
#include "probes/rocm.h"

static const struct gd_column library_columns[] = {
	{ .name = "id",
	  .type = GD_TEXT,
	  .flags = GD_COL_KEY,
	  .help = "The scope and the file; \"(deleted)\" is part of it, as the kernel says it." },
	{ .name = "scope", .type = GD_TEXT, .help = "The process: scope.id." },
	{ .name = "pid", .type = GD_INT, .flags = GD_COL_VOLATILE, .help = "The number of the process." },
	{ .name = "library", .type = GD_TEXT, .help = "Its name without version: librocblas, libggml-hip …" },
	{ .name = "file", .type = GD_TEXT, .help = "The file, as the process sees it; in a container, a file there." },
	{ .name = "folder", .type = GD_TEXT, .help = "Its folder." },
	{ .name = "container", .type = GD_BOOL, .help = "The process runs in a container: scope.container." },
	{ .name = "release_number",
	  .type = GD_INT,
	  .help = "The ROCm release that its name ends with, as in 70201; absent where it ends otherwise." },
	{ .name = "deleted",
	  .type = GD_BOOL,
	  .help = "The file was replaced or removed on disk after the process had loaded it." },
};

static const struct gd_table library_table = {
	.name = "process_library",
	.help = "A library of ROCm, or an engine's back end for GPUs, that an engine which runs has loaded.",
	.columns = library_columns,
	.column_count = GD_COUNT(library_columns),
};

static const struct gd_column process_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The process: scope.id." },
	{ .name = "engine", .type = GD_TEXT, .help = "The engine that it is: scope.engine." },
	{ .name = "program", .type = GD_TEXT, .help = "Its program: scope.program." },
	{ .name = "container", .type = GD_BOOL, .help = "It runs in a container: scope.container." },
	{ .name = "libraries",
	  .type = GD_TEXT,
	  .help = "The names in process_library; absent where it has loaded none." },
	{ .name = "runs_rocm",
	  .type = GD_BOOL,
	  .help = "It has loaded the HIP runtime, or a library of an engine that needs it." },
	{ .name = "folders",
	  .type = GD_TEXT,
	  .help = "The folders that ROCm's libraries in it are from; absent where it has none of them." },
	{ .name = "release_numbers",
	  .type = GD_TEXT,
	  .help = "The releases that the names of these end with, as in 70201; absent where they end otherwise." },
	{ .name = "mixed",
	  .type = GD_BOOL,
	  .help = "It has loaded libraries of several ROCm releases, or one library from two files." },
	{ .name = "twice",
	  .type = GD_TEXT,
	  .help = "The libraries of ROCm that it has loaded from two files; absent where there are none." },
	{ .name = "mixture", .type = GD_TEXT, .help = "What is mixed, in words; absent where nothing is." },
	{ .name = "deleted_count",
	  .type = GD_INT,
	  .help = "How many of its libraries in process_library were replaced or removed on disk since they were "
		  "loaded." },
	{ .name = "deleted", .type = GD_TEXT, .help = "Which those are; absent where there are none." },
	{ .name = "restart", .type = GD_TEXT, .help = "How it is started anew." },
	{ .name = "change",
	  .type = GD_TEXT,
	  .help = "What is to be done so that it loads one release only; absent where nothing is mixed." },
};

static const struct gd_table process_table = {
	.name = "process_rocm",
	.help = "An engine that runs, and what of ROCm it has loaded. There are none where the kernel offers no GPU to "
		"ROCm (kfd).",
	.columns = process_columns,
	.column_count = GD_COUNT(process_columns),
};

/* The columns from here on follow from the maps, but for `restart`. */
enum { FIRST_OF_MAPS = 4 };

/* ---------------------------------------------------------------- libraries -- */

struct process {
	const struct gd_row *scope;
	const char *id;
	bool may_run; /* ROCm, as far as the kernel goes */
	char *maps; /* the path */
	struct gd_loaded *items;
	size_t count;
};

static void free_process(struct process *p)
{
	gd_process_maps_free(p->items, p->count);
	free(p->maps);
}

static char *folder_of(const char *file)
{
	size_t len = (size_t)(gd_rocm_base_peek(file) - file - 1);

	return gd_xstrndup(file, len ? len : 1);
}

static void add_library(struct gd_ctx *ctx, const struct process *p, const struct gd_loaded *l)
{
	gd_autofree id = gd_xasprintf("%s %s%s", p->id, l->file, l->deleted ? " (deleted)" : "");
	gd_autofree folder = folder_of(l->file);
	struct gd_row *row;

	if (gd_facts_find(ctx->facts, library_table.name, id))
		return;
	row = gd_facts_add(ctx->facts, library_table.name);
	gd_set_text(row, "id", id, p->maps);
	gd_set_text(row, "scope", p->id, p->maps);
	gd_set_cell(row, "pid", gd_get(p->scope, "pid"));
	gd_set_text(row, "library", l->name, p->maps);
	gd_set_text(row, "file", l->file, p->maps);
	gd_set_text(row, "folder", folder, p->maps);
	gd_set_cell(row, "container", gd_get(p->scope, "container"));
	if (l->release)
		gd_set_int(row, "release_number", l->release, p->maps);
	else
		gd_set_absent(row, "release_number", p->maps);
	gd_set_bool(row, "deleted", l->deleted, p->maps);
}

/* ------------------------------------------------------------------ process -- */

static void add_once(struct gd_strv *v, const char *text)
{
	if (!gd_strv_has(v, text))
		gd_strv_add(v, text);
}

/* The items with `between` before each but the first; absent where there are none. */
static void set_list(struct gd_row *row, const char *column, const struct gd_strv *items, const char *between,
		     const char *source)
{
	gd_autofree text = items->count ? gd_strv_join(items, between) : NULL;

	gd_set_text_or_absent(row, column, text, source);
}

static void set_libraries(struct gd_row *row, const struct process *p)
{
	static const char *const hip[] = { "libamdhip64", "libggml-hip", "libtorch_hip" };
	gd_autostrv names = { 0 };
	gd_autostrv deleted = { 0 };
	bool runs = false;

	for (size_t i = 0; i < p->count; i++) {
		add_once(&names, p->items[i].name);
		if (p->items[i].deleted)
			gd_strv_add(&deleted, p->items[i].file);
	}
	for (size_t i = 0; i < GD_COUNT(hip); i++)
		runs |= gd_strv_has(&names, hip[i]);
	gd_strv_sort(&names);
	set_list(row, "libraries", &names, " ", p->maps);
	gd_set_bool(row, "runs_rocm", runs, p->maps);
	gd_set_int(row, "deleted_count", (int64_t)deleted.count, p->maps);
	set_list(row, "deleted", &deleted, ", ", p->maps);
}

/* Another file of the same library that was loaded before it. */
static const struct gd_loaded *earlier_copy(const struct process *p, const struct gd_loaded *l)
{
	for (const struct gd_loaded *other = p->items; other < l; other++)
		/* What was replaced on disk, and is read anew, stands there twice: that is another matter. */
		if (other->rocm && !strcmp(other->name, l->name) && strcmp(other->file, l->file) != 0)
			return other;
	return NULL;
}

/* Folders and releases of ROCm's libraries, each once. */
static void find_sources(const struct process *p, struct gd_strv *folders, struct gd_strv *numbers,
			 struct gd_strv *releases)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct gd_loaded *l = &p->items[i];
		gd_autofree folder = folder_of(l->file);
		gd_autofree number = gd_xasprintf("%lld", (long long)l->release);
		gd_autofree release = gd_rocm_release_text(l->release);

		if (!l->rocm)
			continue;
		add_once(folders, folder);
		if (!l->release)
			continue;
		add_once(numbers, number);
		add_once(releases, release);
	}
	gd_strv_sort(folders);
	gd_strv_sort(numbers);
	gd_strv_sort_natural(releases);
}

/* What was loaded from two files: names alone, and with the files. */
static void find_copies(const struct process *p, struct gd_strv *twice, struct gd_strv *words)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct gd_loaded *l = &p->items[i];
		const struct gd_loaded *other = l->rocm ? earlier_copy(p, l) : NULL;
		gd_autofree text = NULL;

		if (!other || gd_strv_has(twice, l->name))
			continue;
		text = gd_xasprintf("%s from %s and %s", l->name, other->file, l->file);
		gd_strv_add(twice, l->name);
		gd_strv_add(words, text);
	}
}

/* How it is started anew. Owned. */
static char *restart_of(const struct process *p)
{
	static const char system[] = "unit ";
	static const char user[] = "user unit ";
	const char *unit = gd_get_text(p->scope, "unit", "");
	const char *name = gd_get_text(p->scope, "name", "");

	if (!strncmp(unit, system, strlen(system)))
		return gd_xasprintf("run: sudo systemctl restart %s", unit + strlen(system));
	if (!strncmp(unit, user, strlen(user)))
		return gd_xasprintf("run: systemctl --user restart %s", unit + strlen(user));
	if (gd_get_int(p->scope, "container", 0))
		return gd_xasprintf("start the container of %s (%s) anew", name, p->id);
	return gd_xasprintf("start %s (%s) anew", name, p->id);
}

/* What leads the loader to several of them: replaced files, a variable, or the folders themselves. Owned. */
static char *change_of(struct gd_ctx *ctx, const struct process *p, const struct gd_strv *folders, bool replaced)
{
	gd_autofree key = gd_xasprintf("%s LD_LIBRARY_PATH", p->id);
	const struct gd_rows *settings = gd_facts_table_peek(ctx->facts, "setting");
	const struct gd_row *setting = settings ? gd_facts_find(ctx->facts, "setting", key) : NULL;
	const char *place = setting ? gd_get_text(setting, "place", NULL) : NULL;
	gd_autofree restart = restart_of(p);
	gd_autofree list = gd_strv_join(folders, ", ");

	if (replaced)
		return GD_STEAL(restart);
	if (folders->count == 1)
		return gd_xasprintf("remove ROCm's libraries from %s and install one release of them; then %s", list,
				    restart);
	if (place)
		return gd_xasprintf("let LD_LIBRARY_PATH, set at %s, lead to one of %s only; then %s", place, list,
				    restart);
	return gd_xasprintf("let the loader find one of %s only: see RUNPATH of %s and its libraries, and "
			    "/etc/ld.so.conf.d; then %s", list, gd_get_text(p->scope, "program", "the program"),
			    restart);
}

static void set_mixture(struct gd_ctx *ctx, struct gd_row *row, const struct process *p)
{
	gd_autostrv folders = { 0 };
	gd_autostrv numbers = { 0 };
	gd_autostrv releases = { 0 };
	gd_autostrv twice = { 0 };
	gd_autostrv words = { 0 };

	find_sources(p, &folders, &numbers, &releases);
	if (releases.count > 1) {
		gd_autofree list = gd_strv_join(&releases, " and ");
		gd_autofree text = gd_xasprintf("libraries of ROCm %s", list);

		gd_strv_add(&words, text);
	}
	find_copies(p, &twice, &words);
	set_list(row, "folders", &folders, ", ", p->maps);
	set_list(row, "release_numbers", &numbers, " ", p->maps);
	set_list(row, "twice", &twice, " ", p->maps);
	set_list(row, "mixture", &words, "; ", p->maps);
	gd_set_bool(row, "mixed", words.count > 0, p->maps);
	if (words.count) {
		gd_autofree change = change_of(ctx, p, &folders, gd_get_int(row, "deleted_count", 0) > 0);

		gd_set_text(row, "change", change, p->maps);
	} else {
		gd_set_absent(row, "change", p->maps);
	}
}

static void set_unread(struct gd_ctx *ctx, struct gd_row *row, const struct process *p, int error)
{
	for (size_t i = FIRST_OF_MAPS; i < GD_COUNT(process_columns); i++) {
		if (!strcmp(process_columns[i].name, "restart"))
			continue;
		if (error == -ENODATA)
			gd_set_unknown(row, process_columns[i].name, GD_GAP_NO_SOURCE,
				       "no library is in its memory: it has ended, or was linked without any", NULL);
		else
			gd_take_error(ctx, row, process_columns[i].name, p->maps, error);
	}
}

static void add_process(struct gd_ctx *ctx, const struct process *p, int error)
{
	static const char *const copied[] = { "engine", "program", "container" };
	struct gd_row *row = gd_facts_add(ctx->facts, process_table.name);
	gd_autofree restart = restart_of(p);

	gd_set_text(row, "id", p->id, p->maps);
	for (size_t i = 0; i < GD_COUNT(copied); i++)
		gd_set_cell(row, copied[i], gd_get(p->scope, copied[i]));
	gd_set_text(row, "restart", restart, p->id);
	if (error < 0) {
		set_unread(ctx, row, p, error);
		return;
	}
	set_libraries(row, p);
	set_mixture(ctx, row, p);
}

/* Returns an error that leaves its libraries unknown. */
static int take_process(struct gd_ctx *ctx, struct process *p)
{
	int r = gd_process_maps_read(ctx->host, p->maps, &p->items, &p->count);

	/* It has ended by now. */
	if (r == -ENOENT || r == -ESRCH)
		return 0;
	for (size_t i = 0; r >= 0 && i < p->count; i++)
		add_library(ctx, p, &p->items[i]);
	if (p->may_run)
		add_process(ctx, p, r);
	return r;
}

/* --------------------------------------------------------------------- probe -- */

/* Known, and none. */
static bool lacks_kfd(const struct gd_ctx *ctx)
{
	const struct gd_rows *kfd = gd_facts_table_peek(ctx->facts, "kfd");

	return kfd && kfd->count && (!gd_get_int(kfd->rows[0], "present", 1) ||
				     !gd_get_int(kfd->rows[0], "gpu_node_count", 1));
}

/* Scopes may be missing, or what they set; that each process is among them is enough here. */
static bool knows_processes(struct gd_ctx *ctx, const struct gd_rows *scopes)
{
	gd_autostrv pids = { 0 };

	if (scopes->complete)
		return true;
	if (gd_host_processes(ctx->host, GD_ENGINE_PROCESSES, gd_engine_filter, &pids) < 0)
		return false;
	for (size_t i = 0; i < pids.count; i++) {
		gd_autofree id = gd_xasprintf("process %s", pids.items[i]);

		if (!gd_facts_find(ctx->facts, "scope", id))
			return false;
	}
	return true;
}

static void close_libraries(struct gd_ctx *ctx, const char *unread, int error)
{
	bool empty = error == -ENODATA;
	gd_autofree detail = gd_xasprintf("%s: %s", unread ? unread : "", empty ? "no library is in its memory"
										: gd_host_strerror_peek(error));

	if (error)
		gd_facts_incomplete(ctx->facts, library_table.name, empty ? GD_GAP_NO_SOURCE : gd_gap_of_error(error),
				    detail, gd_remedy_peek(error));
	else
		gd_facts_complete(ctx->facts, library_table.name);
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	const struct gd_rows *scopes = gd_facts_table_peek(ctx->facts, "scope");
	bool may_run = !lacks_kfd(ctx);
	bool listed = knows_processes(ctx, scopes);
	gd_autofree unread = NULL;
	int error = 0;

	(void)err;
	for (size_t i = 0; i < scopes->count; i++) {
		GD_CLEANUP(free_process) struct process p = { .scope = scopes->rows[i], .may_run = may_run };
		int r;

		if (strcmp(gd_get_text(p.scope, "kind", ""), "process") != 0 || !gd_is_known(p.scope, "pid"))
			continue;
		p.id = gd_get_text(p.scope, "id", "");
		p.maps = gd_xasprintf("/proc/%lld/maps", (long long)gd_get_int(p.scope, "pid", 0));
		r = take_process(ctx, &p);
		if (r < 0 && !error) {
			error = r;
			unread = gd_xstrdup(p.maps);
		}
	}
	if (listed)
		close_libraries(ctx, unread, error);
	else
		gd_facts_incomplete(ctx->facts, library_table.name, scopes->gap, scopes->detail, scopes->remedy);
	gd_facts_close_like(ctx->facts, process_table.name, listed || !may_run ? NULL : scopes);
	return 0;
}

const struct gd_probe gd_probe_process_rocm = {
	.name = "process_rocm",
	.help = "Looks at which libraries of ROCm the engines that run have loaded.",
	.tables = (const struct gd_table *const[]){ &library_table, &process_table, NULL },
	.needs = (const char *const[]){ "kfd", "setting", NULL },
	.run = run,
};
