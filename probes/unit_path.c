/* SPDX-License-Identifier: MIT */
/* Where units and their drop-ins lie, and which of several with one name wins. */
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "probes/unit_file.h"

/* Longer lists are no folders of units. */
enum { NAMES_MAX = 16384, CONF_FILES_MAX = 1024 };

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* /lib is a link to /usr/lib on most systems, and a folder counts once. */
static bool is_known(const struct gd_unit_dirs *d, const char *path)
{
	for (size_t i = 0; i < d->count; i++)
		if (!strcmp(d->items[i].path, path))
			return true;
	return false;
}

static void open_dir(struct gd_host *h, const char *path, struct gd_unit_dirs *d)
{
	gd_autofree real = NULL;
	struct gd_unit_dir dir = { 0 };
	int r;

	if (gd_host_resolve(h, path, &real) < 0)
		real = gd_xstrdup(path);
	if (is_known(d, real))
		return;
	r = gd_host_list(h, real, &dir.names);
	if (r >= 0 && dir.names.count > NAMES_MAX) {
		gd_strv_free(&dir.names);
		r = -EFBIG;
	}
	dir.error = gd_host_is_absence(r) ? 0 : r;
	dir.path = GD_STEAL(real);
	GD_GROW(d->items, d->count, d->cap);
	d->items[d->count++] = dir;
}

void gd_unit_dirs_open_system(struct gd_host *h, struct gd_unit_dirs *ret)
{
	static const char *const dirs[] = {
		"/etc/systemd/system.control",
		"/run/systemd/system.control",
		"/run/systemd/transient",
		"/run/systemd/generator.early",
		"/etc/systemd/system",
		"/etc/systemd/system.attached",
		"/run/systemd/system",
		"/run/systemd/system.attached",
		"/run/systemd/generator",
		"/usr/local/lib/systemd/system",
		"/usr/lib/systemd/system",
		"/lib/systemd/system",
		"/run/systemd/generator.late",
	};

	for (size_t i = 0; i < GD_COUNT(dirs); i++)
		open_dir(h, dirs[i], ret);
}

static void open_below(struct gd_host *h, const char *home, const char *below, struct gd_unit_dirs *ret)
{
	gd_autofree path = gd_xasprintf("%s/%s", home, below);

	open_dir(h, path, ret);
}

void gd_unit_dirs_open_user(struct gd_host *h, const char *home, struct gd_unit_dirs *ret)
{
	static const char *const of_all[] = {
		"/etc/xdg/systemd/user", "/etc/systemd/user", "/run/systemd/user",
	};
	static const char *const of_packages[] = {
		"/usr/local/share/systemd/user", "/usr/share/systemd/user", "/usr/local/lib/systemd/user",
		"/usr/lib/systemd/user", "/lib/systemd/user",
	};

	if (home) {
		open_below(h, home, ".config/systemd/user.control", ret);
		open_below(h, home, ".config/systemd/user", ret);
	}
	for (size_t i = 0; i < GD_COUNT(of_all); i++)
		open_dir(h, of_all[i], ret);
	if (home)
		open_below(h, home, ".local/share/systemd/user", ret);
	for (size_t i = 0; i < GD_COUNT(of_packages); i++)
		open_dir(h, of_packages[i], ret);
}

void gd_unit_dirs_free(struct gd_unit_dirs *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->items[i].path);
		gd_strv_free(&d->items[i].names);
	}
	free(d->items);
	*d = (struct gd_unit_dirs){ 0 };
}

static const char suffix[] = ".service";

bool gd_is_service_name(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:-_.\\@";
	size_t n = strlen(name);

	return n > strlen(suffix) && n < 256 && !strcmp(name + n - strlen(suffix), suffix) && *name != '.' &&
	       *name != '@' && strspn(name, allowed) == n;
}

/* "vllm@.service" of "vllm@qwen.service"; NULL for a unit that is no instance. */
static char *template_of(const char *name)
{
	const char *at = strchr(name, '@');

	if (!at || at[1] == '.')
		return NULL;
	return gd_xasprintf("%.*s@%s", (int)(at - name), name, suffix);
}

static char *find(const struct gd_unit_dirs *d, const char *name)
{
	for (size_t i = 0; i < d->count; i++)
		if (gd_strv_has(&d->items[i].names, name))
			return gd_xasprintf("%s/%s", d->items[i].path, name);
	return NULL;
}

char *gd_unit_fragment(const struct gd_unit_dirs *d, const char *name)
{
	gd_autofree template = template_of(name);
	char *path = find(d, name);

	return path || !template ? path : find(d, template);
}

static void add_folder(const struct gd_unit_dir *dir, const char *name, struct gd_strv *out)
{
	gd_autofree folder = gd_xasprintf("%s.d", name);
	gd_autofree path = gd_xasprintf("%s/%s", dir->path, folder);

	if (gd_strv_has(&dir->names, folder))
		gd_strv_add(out, path);
}

/* Of a-b-c.service: its own folder, that of all a-b-*, and that of all a-*. */
static void add_folders_of(const struct gd_unit_dir *dir, const char *name, struct gd_strv *out)
{
	gd_autofree prefix = gd_xstrndup(name, strlen(name) - strlen(suffix));
	char *dash;

	add_folder(dir, name, out);
	while ((dash = strrchr(prefix, '-'))) {
		/* A name that ends with a dash stands for itself. */
		if (dash[1] && dash != prefix) {
			gd_autofree shared = gd_xasprintf("%.*s-%s", (int)(dash - prefix), prefix, suffix);

			add_folder(dir, shared, out);
		}
		*dash = '\0';
	}
}

int gd_unit_drop_ins(struct gd_host *h, const struct gd_unit_dirs *d, const char *name, struct gd_strv *out,
		     char **ret_unlisted)
{
	gd_autofree template = template_of(name);
	gd_autostrv folders = { 0 };

	for (size_t i = 0; i < d->count; i++) {
		add_folders_of(&d->items[i], name, &folders);
		if (template)
			add_folders_of(&d->items[i], template, &folders);
	}
	/* Those of all services. */
	for (size_t i = 0; i < d->count; i++)
		add_folder(&d->items[i], "service", &folders);
	return gd_list_conf_files(h, &folders, ".conf", out, ret_unlisted);
}

static bool ends_with(const char *s, const char *ending)
{
	size_t n = strlen(s);

	return n > strlen(ending) && !strcmp(s + n - strlen(ending), ending);
}

static int compare_bases(const void *a, const void *b)
{
	return strcmp(base_of(*(char *const *)a), base_of(*(char *const *)b));
}

static bool has_base(const struct gd_strv *paths, const char *base)
{
	for (size_t i = 0; i < paths->count; i++)
		if (!strcmp(base_of(paths->items[i]), base))
			return true;
	return false;
}

int gd_list_conf_files(struct gd_host *h, const struct gd_strv *dirs, const char *ending, struct gd_strv *out,
		       char **ret_unlisted)
{
	int error = 0;

	for (size_t i = 0; i < dirs->count; i++) {
		gd_autostrv names = { 0 };
		int r = gd_host_list(h, dirs->items[i], &names);

		if (r < 0 && !gd_host_is_absence(r) && !error) {
			error = r;
			*ret_unlisted = gd_xstrdup(dirs->items[i]);
		}
		for (size_t k = 0; k < names.count && out->count < CONF_FILES_MAX; k++) {
			gd_autofree path = gd_xasprintf("%s/%s", dirs->items[i], names.items[k]);

			if (*names.items[k] != '.' && ends_with(names.items[k], ending) &&
			    !has_base(out, names.items[k]))
				gd_strv_add(out, path);
		}
	}
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), compare_bases);
	return error;
}
