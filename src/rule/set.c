/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "fact/embedded.h"
#include "rule/rule.h"

enum { MAX_RULE_FILE_BYTES = 4 * 1024 * 1024 };

const char *gd_severity_name_peek(enum gd_severity s)
{
	static const char *const names[] = {
		[GD_ERROR] = "error", [GD_WARNING] = "warning", [GD_ADVICE] = "advice", [GD_INFO] = "info",
	};

	return names[s];
}

static const struct {
	const char *name;
	const char *text;
} fix_kinds[GD_FIX_KIND_COUNT] = {
	[GD_FIX_KERNEL_ARG] = { "kernel-arg", "kernel command line (takes effect after a reboot)" },
	[GD_FIX_MODULE_OPTION] = { "module-option", "module option in /etc/modprobe.d" },
	[GD_FIX_ENV] = { "env", "environment of the engine" },
	[GD_FIX_UNSET_ENV] = { "unset-env", "take out of the environment" },
	[GD_FIX_FIRMWARE_SETUP] = { "firmware-setup", "firmware setup (BIOS)" },
	[GD_FIX_HARDWARE] = { "hardware", "hardware" },
	[GD_FIX_PACKAGE] = { "package", "software" },
	[GD_FIX_COMMAND] = { "command", "run" },
	[GD_FIX_ACTION] = { "action", "by hand" },
	[GD_FIX_CHOICE] = { "choice", "use" },
};

const char *gd_fix_kind_name_peek(enum gd_fix_kind k)
{
	return fix_kinds[k].name;
}

const char *gd_fix_kind_text_peek(enum gd_fix_kind k)
{
	return fix_kinds[k].text;
}

struct gd_ruleset *gd_ruleset_new(void)
{
	return gd_xcalloc(1, sizeof(struct gd_ruleset));
}

void gd_rule_free(struct gd_rule *r)
{
	char **const texts[] = { &r->name, &r->file, &r->title,	  &r->on,    &r->when,
				 &r->problem, &r->says, &r->because, &r->valid, &r->broken };

	for (size_t i = 0; i < GD_COUNT(texts); i++)
		free(*texts[i]);
	for (size_t i = 0; i < r->fix_count; i++)
		free(r->fixes[i].text);
	free(r->fixes);
	gd_strv_free(&r->see);
	if (r->overridden)
		gd_rule_free(r->overridden);
	free(r);
}

void gd_ruleset_free(struct gd_ruleset *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		gd_rule_free(set->rules[i]);
	free(set->rules);
	gd_strv_free(&set->errors);
	free(set);
}

const struct gd_rule *gd_ruleset_find(const struct gd_ruleset *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (!strcmp(set->rules[i]->name, name))
			return set->rules[i];
	return NULL;
}

void gd_ruleset_add_shipped(struct gd_ruleset *set)
{
	for (const struct gd_embedded *e = gd_embedded_rules; e->name; e++)
		gd_ruleset_add_text(set, e->file, GD_SHIPPED, e->text, e->len);
}

static int add_file(struct gd_ruleset *set, const char *path, enum gd_origin origin, struct gd_err *err)
{
	gd_autobuf text = { 0 };
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r;

	if (fd < 0)
		return gd_err_set(err, -errno, "cannot open the rules %s: %s", path, strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return gd_err_set(err, -EINVAL, "the rules %s are no regular file", path);
	}
	r = gd_read_fd(fd, MAX_RULE_FILE_BYTES, &text);
	close(fd);
	if (r == -EFBIG)
		return gd_err_set(err, r, "the rules %s are larger than 4 MiB", path);
	if (r < 0)
		return gd_err_set(err, r, "cannot read the rules %s: %s", path, strerror(-r));
	gd_ruleset_add_text(set, path, origin, gd_buf_peek(&text), text.len);
	return 0;
}

static bool is_rule_file(const char *name)
{
	size_t n = strlen(name);

	return n > 6 && name[0] != '.' && !strcmp(name + n - 6, ".rules");
}

int gd_ruleset_add_path(struct gd_ruleset *set, const char *path, enum gd_origin origin, struct gd_err *err)
{
	gd_autostrv names = { 0 };
	struct dirent *e;
	DIR *dir = opendir(path);

	if (!dir && errno == ENOENT && origin == GD_ADMIN)
		return 0;
	if (!dir && errno == ENOTDIR)
		return add_file(set, path, origin, err);
	if (!dir)
		return gd_err_set(err, -errno, "cannot open the rules %s: %s", path, strerror(errno));
	while ((e = readdir(dir)))
		if (is_rule_file(e->d_name))
			gd_strv_add(&names, e->d_name);
	closedir(dir);
	gd_strv_sort(&names);
	for (size_t i = 0; i < names.count; i++) {
		gd_autofree file = gd_xasprintf("%s/%s", path, names.items[i]);
		struct gd_err one = { 0 };

		/* One unreadable file must not hide the others. */
		if (add_file(set, file, origin, &one) < 0)
			gd_strv_add(&set->errors, one.text);
	}
	return 0;
}
