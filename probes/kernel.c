/* SPDX-License-Identifier: MIT */
/* The kernel: its command line, its modules, and the parameters of those that matter to a GPU. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "probe/probe.h"

static const struct gd_column kernel_arg_columns[] = {
	{ .name = "position", .type = GD_INT, .flags = GD_COL_KEY,
	  .help = "The argument's place on the command line, from 1." },
	{ .name = "name", .type = GD_TEXT,
	  .help = "What stands before the \"=\", as written: the kernel reads \"-\" and \"_\" as the same." },
	{ .name = "value", .type = GD_TEXT,
	  .help = "What stands behind the \"=\", without the quotes around it; absent without a \"=\"." },
};

static const struct gd_table kernel_arg_table = {
	.name = "kernel_arg",
	.help = "An argument of the running kernel's command line; what follows \"--\" is not the kernel's.",
	.columns = kernel_arg_columns,
	.column_count = GD_COUNT(kernel_arg_columns),
};

static const struct gd_column module_columns[] = {
	{ .name = "name", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "The module's name, with \"_\" for \"-\"." },
	{ .name = "loaded", .type = GD_BOOL, .help = "Whether its code runs: live, or part of the kernel image." },
	{ .name = "builtin", .type = GD_BOOL,
	  .help = "Whether it is part of the kernel image instead of a loaded file." },
	{ .name = "version", .type = GD_TEXT,
	  .help = "The version it declares; read for modules that matter to a GPU only." },
};

static const struct gd_table module_table = {
	.name = "module",
	.help = "A loaded kernel module, or a built-in one that matters to a GPU and shows itself.",
	.columns = module_columns,
	.column_count = GD_COUNT(module_columns),
};

static const struct gd_column module_param_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY,
	  .help = "Module and parameter, with a dot between them." },
	{ .name = "module", .type = GD_TEXT, .help = "The module's name." },
	{ .name = "name", .type = GD_TEXT, .help = "The parameter's name." },
	{ .name = "value", .type = GD_TEXT,
	  .help = "Its value now, as the kernel prints it; absent where that is empty." },
};

static const struct gd_table module_param_table = {
	.name = "module_param",
	.help = "A parameter of a kernel module that matters to a GPU.",
	.columns = module_param_columns,
	.column_count = GD_COUNT(module_param_columns),
};

static const struct gd_table *const tables[] = { &kernel_arg_table, &module_table, &module_param_table, NULL };

static const char *const watched[] = {
	"amdgpu", "amdttm", "amdkcl", "amdkfd", "ttm", "radeon", "i915", "xe", "nvidia", "nvidia_drm", "nvidia_uvm",
	"nvidia_modeset", "nouveau", "nova_core", "vfio_pci", "simpledrm", "amdxdna", "kvm",
};

enum { MAX_ARGS = 4096, MAX_MODULES = 4096, MAX_PARAMS = 1024 };

static const char proc_cmdline[] = "/proc/cmdline";
static const char proc_modules[] = "/proc/modules";
static const char sys_module[] = "/sys/module";

static bool is_watched(const char *name)
{
	for (size_t i = 0; i < GD_COUNT(watched); i++)
		if (!strcmp(watched[i], name))
			return true;
	return false;
}

/* Reads a text file; -EINVAL where it holds a NUL. */
static int read_text(struct gd_ctx *ctx, const char *path, struct gd_buf *out)
{
	int r = gd_host_read(ctx->host, path, out);

	if (r < 0)
		return r;
	return memchr(gd_buf_peek(out), '\0', out->len) ? -EINVAL : 0;
}

static void incomplete(struct gd_ctx *ctx, const char *table, const char *path, const char *why)
{
	gd_autofree detail = gd_xasprintf("%s: %s", path, why);

	gd_facts_incomplete(ctx->facts, table, GD_GAP_GARBAGE, detail, NULL);
}

/*
 * Cuts one argument off, in the way of the kernel's next_arg(): a quote anywhere
 * protects blanks, and quotes go away only where they enclose the value or the
 * whole argument. Returns what is left; `*value` is NULL without a "=".
 */
static char *next_arg(char *args, char **name, char **value)
{
	bool quoted = *args == '"';
	bool in_quote = quoted;
	size_t equals = 0;
	size_t i;

	args += quoted;
	for (i = 0; args[i] && (in_quote || !isspace((unsigned char)args[i])); i++) {
		if (!equals && args[i] == '=')
			equals = i;
		if (args[i] == '"')
			in_quote = !in_quote;
	}
	*name = args;
	*value = NULL;
	args += i;
	if (*args)
		*args++ = '\0';
	if (equals) {
		(*name)[equals] = '\0';
		*value = *name + equals + 1;
		quoted |= **value == '"';
		*value += **value == '"';
	}
	/* One quote at the end goes with the one at the beginning, whichever that was. */
	if (quoted && i && *name + i > (*value ? *value : *name) && (*name)[i - 1] == '"')
		(*name)[i - 1] = '\0';
	return args;
}

static void take_args(struct gd_ctx *ctx)
{
	gd_autobuf text = { 0 };
	int r = read_text(ctx, proc_cmdline, &text);
	int64_t position = 0;
	char *at;

	if (r < 0) {
		gd_take_list_error(ctx, "kernel_arg", proc_cmdline, r);
		return;
	}
	at = text.data ? gd_trim(text.data) : NULL;
	while (at && *at) {
		struct gd_row *row;
		char *name;
		char *value;

		at = next_arg(at, &name, &value);
		at += strspn(at, " \t\n\v\f\r");
		if (!value && !strcmp(name, "--"))
			break; /* the rest is for init */
		if (++position > MAX_ARGS) {
			incomplete(ctx, "kernel_arg", proc_cmdline, "more arguments than any kernel takes");
			return;
		}
		row = gd_facts_add(ctx->facts, "kernel_arg");
		gd_set_int(row, "position", position, proc_cmdline);
		gd_set_text(row, "name", name, proc_cmdline);
		if (value)
			gd_set_text(row, "value", value, proc_cmdline);
		else
			gd_set_absent(row, "value", proc_cmdline);
	}
	gd_facts_complete(ctx->facts, "kernel_arg");
}

static struct gd_row *add_module(struct gd_ctx *ctx, const char *name, const char *source)
{
	struct gd_row *row = gd_facts_add(ctx->facts, "module");

	gd_set_text(row, "name", name, source);
	if (is_watched(name)) {
		gd_autofree path = gd_xasprintf("%s/%s/version", sys_module, name);

		gd_take_text(ctx, row, "version", path);
	} else {
		gd_set_unknown(row, "version", GD_GAP_NOT_PROBED, "it is read for modules that matter to a GPU only",
			       NULL);
	}
	return row;
}

static bool is_module_name(const char *s)
{
	for (const char *at = s; *at; at++)
		if (!isalnum((unsigned char)*at) && *at != '_' && *at != '-')
			return false;
	return *s != '\0';
}

/* One line of /proc/modules: NAME SIZE USERS DEPENDENTS STATE ADDRESS. */
static bool take_module_line(struct gd_ctx *ctx, const char *line, struct gd_strv *loaded)
{
	gd_autostrv words = { 0 };
	struct gd_row *row;

	gd_strv_split(&words, line, " \t");
	if (words.count < 5 || !is_module_name(words.items[0]) || gd_strv_has(loaded, words.items[0]))
		return false;
	if (loaded->count >= MAX_MODULES)
		return false;
	gd_strv_add(loaded, words.items[0]);
	row = add_module(ctx, words.items[0], proc_modules);
	gd_set_bool(row, "loaded", !strcmp(words.items[4], "Live"), proc_modules);
	gd_set_bool(row, "builtin", false, proc_modules);
	return true;
}

/* A directory of /sys/module that /proc/modules does not name, or where that file could not be read. */
static void add_sysfs_module(struct gd_ctx *ctx, const char *name, bool listed)
{
	gd_autofree dir = gd_xasprintf("%s/%s", sys_module, name);
	gd_autofree initstate = gd_xasprintf("%s/initstate", dir);
	struct gd_row *row = add_module(ctx, name, dir);
	gd_autobuf state = { 0 };
	int r;

	if (listed) {
		gd_autofree source = gd_xasprintf("%s, %s", proc_modules, dir);

		gd_set_bool(row, "loaded", true, source);
		gd_set_bool(row, "builtin", true, source);
		return;
	}
	/* Only loaded files have this one. */
	r = read_text(ctx, initstate, &state);
	if (r == -ENOENT || !r) {
		gd_set_bool(row, "loaded", r || !strcmp(state.data ? gd_trim(state.data) : "", "live"), initstate);
		gd_set_bool(row, "builtin", r == -ENOENT, initstate);
		return;
	}
	gd_take_error(ctx, row, "loaded", initstate, r);
	gd_set_cell(row, "builtin", gd_get(row, "loaded"));
}

static bool take_loaded_modules(struct gd_ctx *ctx, const char *text, struct gd_strv *loaded)
{
	gd_autostrv lines = { 0 };
	bool good = true;

	gd_strv_split(&lines, text, "\n");
	for (size_t i = 0; i < lines.count; i++)
		good &= take_module_line(ctx, lines.items[i], loaded);
	return good;
}

static void take_param(struct gd_ctx *ctx, const char *module, const char *name)
{
	gd_autofree path = gd_xasprintf("%s/%s/parameters/%s", sys_module, module, name);
	gd_autofree id = gd_xasprintf("%s.%s", module, name);
	struct gd_row *row = gd_facts_add(ctx->facts, "module_param");

	gd_set_text(row, "id", id, path);
	gd_set_text(row, "module", module, path);
	gd_set_text(row, "name", name, path);
	gd_take_text(ctx, row, "value", path);
}

/* Adds the parameters of one module; false where the table lacks some for it. */
static bool take_params(struct gd_ctx *ctx, const char *module)
{
	gd_autofree dir = gd_xasprintf("%s/%s/parameters", sys_module, module);
	gd_autostrv names = { 0 };
	bool good = true;
	int r = gd_host_list(ctx->host, dir, &names);

	if (r == -ENOENT)
		return true;
	if (r < 0) {
		gd_take_list_error(ctx, "module_param", dir, r);
		return false;
	}
	for (size_t i = 0; i < names.count; i++) {
		bool usable = i < MAX_PARAMS && gd_is_text(names.items[i], strlen(names.items[i]));

		if (usable)
			take_param(ctx, module, names.items[i]);
		good &= usable;
	}
	if (!good)
		incomplete(ctx, "module_param", dir, "names that make no sense there");
	return good;
}

static void take_modules(struct gd_ctx *ctx)
{
	gd_autobuf text = { 0 };
	gd_autostrv loaded = { 0 };
	gd_autostrv dirs = { 0 };
	/* A kernel without loadable modules has no such file. */
	int r = read_text(ctx, proc_modules, &text);
	bool listed = !r || r == -ENOENT;
	int d = gd_host_list(ctx->host, sys_module, &dirs);
	bool dirs_listed = !d || d == -ENOENT;
	bool good = listed && dirs_listed;
	bool params_good = dirs_listed;

	if (good)
		gd_facts_complete(ctx->facts, "module");
	else
		gd_take_list_error(ctx, "module", listed ? sys_module : proc_modules, listed ? d : r);
	if (!r && !take_loaded_modules(ctx, gd_buf_peek(&text), &loaded))
		incomplete(ctx, "module", proc_modules, "lines that make no sense there");
	if (!dirs_listed)
		gd_take_list_error(ctx, "module_param", sys_module, d);
	for (size_t i = 0; i < GD_COUNT(watched); i++) {
		bool is_loaded = gd_strv_has(&loaded, watched[i]);

		if (!is_loaded && !gd_strv_has(&dirs, watched[i]))
			continue;
		if (!is_loaded)
			add_sysfs_module(ctx, watched[i], listed);
		params_good &= take_params(ctx, watched[i]);
	}
	if (params_good)
		gd_facts_complete(ctx->facts, "module_param");
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	(void)err;
	take_args(ctx);
	take_modules(ctx);
	return 0;
}

const struct gd_probe gd_probe_kernel = {
	.name = "kernel",
	.help = "Looks at the kernel's command line, its modules and their parameters.",
	.tables = tables,
	.run = run,
};
