/* SPDX-License-Identifier: MIT */
/* What a manager of units sets for all of them: systemd-system.conf(5). */
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/unit_text.h"
#include "probes/unit_file.h"

static int read_file(struct gd_host *h, const char *path, struct gd_settings *out)
{
	gd_auto_unit_lines lines = { 0 };
	gd_autobuf text = { 0 };
	int r = gd_host_read_settings(h, path, GD_SETTINGS_UNIT, &text);

	if (r < 0)
		return gd_host_is_absence(r) ? 0 : r;
	gd_unit_parse(&lines, gd_buf_peek(&text), text.len);
	for (size_t i = 0; i < lines.count; i++) {
		const struct gd_unit_line *line = &lines.items[i];

		if (!line->key || strcmp(line->section, "Manager") != 0 || strcmp(line->key, "DefaultEnvironment") != 0)
			continue;
		for (size_t k = 0; !*line->value && k < out->count; k++)
			out->items[k].cleared = true;
		if (!gd_unit_add_assignments(out, line->value, path, line->line))
			return -EFBIG;
	}
	return 0;
}

/* Of the file itself one counts, and then the drop-ins. */
static void find_files(struct gd_host *h, const char *manager, struct gd_strv *out)
{
	static const char *const roots[] = { "/etc", "/run", "/usr/local/lib", "/usr/lib" };
	gd_autofree unlisted = NULL;
	gd_autostrv dirs = { 0 };
	gd_autostrv drop_ins = { 0 };
	gd_autofree file = gd_xasprintf("/etc/systemd/%s.conf", manager);

	gd_strv_add(out, file);
	for (size_t i = 0; i < GD_COUNT(roots); i++) {
		gd_autofree dir = gd_xasprintf("%s/systemd/%s.conf.d", roots[i], manager);

		gd_strv_add(&dirs, dir);
	}
	/* Where a folder cannot be listed, neither can that of the units beside it, which is told. */
	(void)!gd_list_conf_files(h, &dirs, ".conf", &drop_ins, &unlisted);
	for (size_t i = 0; i < drop_ins.count; i++)
		gd_strv_add(out, drop_ins.items[i]);
}

/* Those that are taken back do not count for any unit. */
static void drop_cleared(struct gd_settings *s)
{
	struct gd_settings kept = { 0 };

	for (size_t i = 0; i < s->count; i++)
		if (!s->items[i].cleared)
			gd_settings_add(&kept, s->items[i].name, s->items[i].value, s->items[i].file, s->items[i].line);
	gd_settings_free(s);
	*s = kept;
}

int gd_unit_read_defaults(struct gd_host *h, const char *manager, struct gd_settings *out, char **ret_unread)
{
	gd_autostrv files = { 0 };
	int error = 0;

	find_files(h, manager, &files);
	for (size_t i = 0; i < files.count; i++) {
		int r = read_file(h, files.items[i], out);

		if (r < 0 && !error) {
			error = r;
			*ret_unread = gd_xstrdup(files.items[i]);
		}
	}
	drop_cleared(out);
	return error;
}
