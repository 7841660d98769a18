/* SPDX-License-Identifier: MIT */
/* The machine as a whole: distribution, kernel, memory, and who is asking. */
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "base/version.h"
#include "probe/probe.h"

static const struct gd_column host_columns[] = {
	{ .name = "id", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "Always \"host\"." },
	{ .name = "os_id", .type = GD_TEXT, .help = "The distribution's short name, ID in os-release." },
	{ .name = "os_name", .type = GD_TEXT,
	  .help = "The distribution's name for people, PRETTY_NAME in os-release." },
	{ .name = "os_version", .type = GD_TEXT, .help = "The distribution's version, VERSION_ID in os-release." },
	{ .name = "os_like", .type = GD_TEXT,
	  .help = "The distributions it descends from, blank separated, ID_LIKE in os-release." },
	{ .name = "kernel_release", .type = GD_VERSION,
	  .help = "The release of the running kernel, as uname -r prints it." },
	{ .name = "arch", .type = GD_TEXT, .help = "The kernel's machine name: x86_64, aarch64 and the like." },
	{ .name = "ram_mib", .type = GD_INT,
	  .help = "Memory the kernel manages, without what the firmware took away." },
	{ .name = "ram_available_mib", .type = GD_INT, .flags = GD_COL_VOLATILE,
	  .help = "Memory a new program could have without swapping." },
	{ .name = "swap_mib", .type = GD_INT, .help = "Size of all swap space." },
	{ .name = "swap_free_mib", .type = GD_INT, .flags = GD_COL_VOLATILE,
	  .help = "Swap space that is not in use." },
	{ .name = "caller_uid", .type = GD_INT, .help = "The effective user id of gpudoctor itself." },
	{ .name = "caller_groups", .type = GD_TEXT,
	  .help = "The numeric group ids of gpudoctor itself, blank separated." },
};

static const struct gd_table host_table = {
	.name = "host",
	.help = "The machine: distribution, kernel, memory, and who asked.",
	.singleton = true,
	.columns = host_columns,
	.column_count = GD_COUNT(host_columns),
};

static const struct gd_table *const tables[] = { &host_table, NULL };

static const char etc_os_release[] = "/etc/os-release";
static const char usr_os_release[] = "/usr/lib/os-release";
static const char proc_osrelease[] = "/proc/sys/kernel/osrelease";
static const char proc_version[] = "/proc/version";
static const char proc_arch[] = "/proc/sys/kernel/arch";
static const char proc_cpuinfo[] = "/proc/cpuinfo";
static const char proc_meminfo[] = "/proc/meminfo";
static const char proc_status[] = "/proc/self/status";

/* A value of os-release: the shell's quotes and backslashes, and no more of the shell. Owned. */
static char *unquote(const char *s)
{
	gd_autobuf out = { 0 };
	char quote = 0;

	for (; *s; s++) {
		if (*s == '\\' && quote != '\'' && s[1])
			gd_buf_putc(&out, *++s);
		else if (quote ? *s == quote : *s == '"' || *s == '\'')
			quote = quote ? 0 : *s;
		else
			gd_buf_putc(&out, *s);
	}
	return gd_buf_take(&out);
}

/* Reads the first of the two files that is there; on failure the column says why. */
static const char *read_os_release(struct gd_ctx *ctx, struct gd_row *row, const char *column, struct gd_buf *text)
{
	struct gd_cell first;

	if (gd_take_content(ctx, row, column, etc_os_release, text))
		return etc_os_release;
	first = *gd_get(row, column);
	gd_buf_clear(text);
	if (gd_take_content(ctx, row, column, usr_os_release, text))
		return usr_os_release;
	/* Neither: the file that may be there says more than the one that is not. */
	if (first.state == GD_UNKNOWN && gd_is_absent(row, column))
		gd_set_cell(row, column, &first);
	return NULL;
}

static void take_os(struct gd_ctx *ctx, struct gd_row *row)
{
	static const struct {
		const char *column;
		const char *key;
	} map[] = {
		{ "os_id", "ID" },
		{ "os_name", "PRETTY_NAME" },
		{ "os_version", "VERSION_ID" },
		{ "os_like", "ID_LIKE" },
	};
	gd_autobuf text = { 0 };
	const char *path = read_os_release(ctx, row, map[0].column, &text);

	for (size_t i = 0; i < GD_COUNT(map); i++) {
		gd_autofree raw = path ? gd_line_value(gd_buf_peek(&text), map[i].key, "=") : NULL;
		gd_autofree value = raw ? unquote(raw) : NULL;

		if (!path)
			gd_set_cell(row, map[i].column, gd_get(row, map[0].column));
		else if (value && *value)
			gd_set_text(row, map[i].column, value, path);
		else
			gd_set_absent(row, map[i].column, path);
	}
}

/* Takes the word at `s`, where it is a version. */
static bool take_release_word(struct gd_row *row, const char *s, const char *path)
{
	gd_autofree word = gd_xstrndup(s, strcspn(s, " \t\n"));

	if (!gd_version_is_valid(word)) {
		gd_take_garbage(row, "kernel_release", path, word);
		return false;
	}
	gd_set_text(row, "kernel_release", word, path);
	return gd_is_known(row, "kernel_release");
}

static void take_release(struct gd_ctx *ctx, struct gd_row *row)
{
	static const char prefix[] = "Linux version ";
	gd_autobuf text = { 0 };
	struct gd_cell first;

	if (gd_take_content(ctx, row, "kernel_release", proc_osrelease, &text) &&
	    take_release_word(row, gd_buf_peek(&text), proc_osrelease))
		return;
	first = *gd_get(row, "kernel_release");
	gd_buf_clear(&text);
	if (gd_take_content(ctx, row, "kernel_release", proc_version, &text)) {
		bool linux_version = !strncmp(gd_buf_peek(&text), prefix, strlen(prefix));

		if (take_release_word(row, linux_version ? text.data + strlen(prefix) : "", proc_version))
			return;
	}
	if (first.state == GD_UNKNOWN)
		gd_set_cell(row, "kernel_release", &first);
}

static bool has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += len) {
		bool starts = at == text || strchr(" \t", at[-1]);

		if (starts && (!at[len] || strchr(" \t", at[len])))
			return true;
	}
	return false;
}

/* The machine name that only a kernel for that machine could go with; NULL where the text leaves it open. */
static const char *arch_of_cpuinfo(const char *text)
{
	gd_autofree flags = gd_line_value(text, "flags", "\t:");
	gd_autofree features = gd_line_value(text, "Features", "\t:");
	gd_autofree fdiv = gd_line_value(text, "fdiv_bug", "\t:");
	gd_autofree isa = gd_line_value(text, "isa", "\t:");

	/* Only 32-bit kernels write "fdiv_bug", and only 64-bit ones on Arm write "asimd". */
	if (flags && has_word(flags, "lm"))
		return fdiv ? "i686" : "x86_64";
	if (features && has_word(features, "asimd"))
		return "aarch64";
	return isa && !strncmp(isa, "rv64", 4) ? "riscv64" : NULL;
}

static void take_arch(struct gd_ctx *ctx, struct gd_row *row)
{
	gd_autobuf text = { 0 };
	const char *arch;
	int r;

	if (gd_take_text(ctx, row, "arch", proc_arch))
		return;
	/* A thousand CPUs fill more than a file of the usual limit. */
	r = gd_host_read_max(ctx->host, proc_cpuinfo, (size_t)8 * GD_READ_MAX_BYTES, &text);
	arch = r < 0 ? NULL : arch_of_cpuinfo(gd_buf_peek(&text));
	if (arch)
		gd_set_text(row, "arch", arch, proc_cpuinfo);
	else if (r < 0 && r != -ENOENT)
		gd_take_error(ctx, row, "arch", proc_cpuinfo, r);
	else if (gd_is_absent(row, "arch"))
		gd_set_unknown(row, "arch", GD_GAP_NO_SOURCE,
			       "/proc/sys/kernel/arch came with Linux 6.1, and /proc/cpuinfo does not tell",
			       "run gpudoctor on the machine itself, with a kernel of 6.1 or later");
}

/* "131151708 kB" as MiB. */
static int parse_kib(char *s, int64_t *ret_mib)
{
	size_t len = strlen(s);

	if (len < 3 || strcmp(s + len - 2, "kB"))
		return -EINVAL;
	s[len - 2] = '\0';
	if (gd_parse_i64(s, 10, ret_mib) < 0 || *ret_mib < 0)
		return -EINVAL;
	*ret_mib /= 1024;
	return 0;
}

static void take_memory(struct gd_ctx *ctx, struct gd_row *row)
{
	static const struct {
		const char *column;
		const char *key;
	} map[] = {
		{ "ram_mib", "MemTotal" },
		{ "ram_available_mib", "MemAvailable" },
		{ "swap_mib", "SwapTotal" },
		{ "swap_free_mib", "SwapFree" },
	};
	gd_autobuf text = { 0 };
	bool read = gd_take_content(ctx, row, map[0].column, proc_meminfo, &text);

	/* A file that does not begin like meminfo proves nothing by what it lacks. */
	if (read && strncmp(gd_buf_peek(&text), "MemTotal:", strlen("MemTotal:"))) {
		gd_take_garbage(row, map[0].column, proc_meminfo, gd_buf_peek(&text));
		read = false;
	}
	for (size_t i = 0; i < GD_COUNT(map); i++) {
		gd_autofree value = read ? gd_line_value(gd_buf_peek(&text), map[i].key, ":") : NULL;
		gd_autofree before = value ? gd_xstrdup(value) : NULL;
		int64_t mib;

		if (!read)
			gd_set_cell(row, map[i].column, gd_get(row, map[0].column));
		else if (!value)
			gd_set_absent(row, map[i].column, proc_meminfo);
		else if (parse_kib(value, &mib) < 0)
			gd_take_garbage(row, map[i].column, proc_meminfo, before);
		else
			gd_set_int(row, map[i].column, mib, proc_meminfo);
	}
}

/* The effective id: the second of the four on a line "Uid:" or "Gid:". */
static int effective_id(const char *text, const char *key, int64_t *ret)
{
	gd_autofree line = gd_line_value(text, key, ":");
	gd_autostrv ids = { 0 };

	if (line)
		gd_strv_split(&ids, line, " \t");
	if (ids.count != 4 || gd_parse_i64(ids.items[1], 10, ret) < 0 || *ret < 0)
		return -EINVAL;
	return 0;
}

static void take_groups(struct gd_row *row, const char *text)
{
	gd_autofree line = gd_line_value(text, "Groups", ":");
	gd_autofree joined = NULL;
	gd_autofree own = NULL;
	gd_autostrv groups = { 0 };
	int64_t gid;

	if (line)
		gd_strv_split(&groups, line, " \t");
	for (size_t i = 0; i < groups.count; i++)
		if (strspn(groups.items[i], "0123456789") != strlen(groups.items[i])) {
			gd_take_garbage(row, "caller_groups", proc_status, line);
			return;
		}
	if (!line || effective_id(text, "Gid", &gid) < 0) {
		gd_take_garbage(row, "caller_groups", proc_status, line ? line : "");
		return;
	}
	own = gd_xasprintf("%lld", (long long)gid);
	if (!gd_strv_has(&groups, own))
		gd_strv_add(&groups, own);
	joined = gd_strv_join(&groups, " ");
	gd_set_text(row, "caller_groups", joined, proc_status);
}

static void take_caller(struct gd_ctx *ctx, struct gd_row *row)
{
	gd_autobuf text = { 0 };
	int64_t uid;

	if (!gd_take_content(ctx, row, "caller_uid", proc_status, &text)) {
		gd_set_cell(row, "caller_groups", gd_get(row, "caller_uid"));
		return;
	}
	if (effective_id(gd_buf_peek(&text), "Uid", &uid) < 0)
		gd_take_garbage(row, "caller_uid", proc_status, "");
	else
		gd_set_int(row, "caller_uid", uid, proc_status);
	take_groups(row, gd_buf_peek(&text));
}

static int run(struct gd_ctx *ctx, struct gd_err *err)
{
	struct gd_row *row = gd_facts_add(ctx->facts, "host");

	(void)err;
	gd_set_text(row, "id", "host", "gpudoctor");
	take_os(ctx, row);
	take_release(ctx, row);
	take_arch(ctx, row);
	take_memory(ctx, row);
	take_caller(ctx, row);
	gd_facts_complete(ctx->facts, "host");
	return 0;
}

const struct gd_probe gd_probe_host = {
	.name = "host",
	.help = "Looks at the distribution, the kernel, the memory and the caller's identity.",
	.tables = tables,
	.run = run,
};
