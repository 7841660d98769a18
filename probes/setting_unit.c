/* SPDX-License-Identifier: MIT */
/* Which units have to do with an engine or with a GPU, and what they set. */
#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "host/resolve.h"
#include "probes/engine.h"
#include "probes/setting.h"

/* Hand-made units that are read to see what they are about. */
enum { CANDIDATES_MAX = 256 };

/* "x.service" of the unit itself, and of its folder "x.service.d"; NULL for anything else, that of all "x-*" too. */
static char *service_of(const char *name)
{
	size_t n = strlen(name);
	gd_autofree service = gd_xstrndup(name, n > 2 && !strcmp(name + n - 2, ".d") ? n - 2 : n);

	if (!gd_is_service_name(service) || strstr(service, "-.service"))
		return NULL;
	return GD_STEAL(service);
}

/* What comes with packages is read only where its name says what it is. */
static void add_candidates(const struct gd_unit_dir *dir, struct gd_strv *out)
{
	bool all = !gd_setting_is_of_package(dir->path);

	for (size_t i = 0; i < dir->names.count; i++) {
		gd_autofree service = service_of(dir->names.items[i]);

		if (service && (all || gd_engine_of_unit_peek(service)) && !gd_strv_has(out, service))
			gd_strv_add(out, service);
	}
}

/* A link to a unit of another name makes both names one unit. */
static bool is_alias(struct gd_host *h, const struct gd_unit_dirs *d, const char *name)
{
	gd_autofree path = gd_unit_fragment(d, name);
	gd_autofree target = NULL;
	const char *slash;

	if (!path || gd_host_link(h, path, &target) < 0 || !strcmp(target, "/dev/null"))
		return false;
	slash = strrchr(target, '/');
	slash = slash ? slash + 1 : target;
	return gd_is_service_name(slash) && strcmp(slash, strrchr(path, '/') + 1) != 0;
}

static const char *engine_of(const char *name, const struct gd_unit *u)
{
	const char *engine = u->program ? gd_engine_of_program_peek(u->program) : NULL;

	return engine ? engine : gd_engine_of_unit_peek(name);
}

/* Whose units are looked at. */
struct manager {
	struct gd_host *host;
	struct gd_scopes *scopes;
	const struct gd_unit_dirs *dirs;
	const struct gd_settings *base;
	const char *home; /* NULL: the system's, or those of all users */
	const char *kind;
};

static struct gd_scope *add_scope(const struct manager *m, const char *name)
{
	bool user = !strcmp(m->kind, "user-unit");
	gd_autofree id = gd_xasprintf("%sunit %s", user ? "user " : "", name);

	if (gd_scopes_find(m->scopes, id)) {
		char *more = gd_xasprintf("%s of %s", id, m->home ? m->home : "all users");

		free(id);
		id = more;
	}
	return gd_scopes_find(m->scopes, id) ? NULL : gd_scopes_add(m->scopes, m->kind, id);
}

/* True where the unit itself is about an engine, or sets what an engine reads. */
static bool is_relevant(const char *engine, const struct gd_unit *u, const struct gd_settings *base)
{
	return engine || u->settings.count > (base ? base->count : 0);
}

static void take_unit(const struct manager *m, const char *name)
{
	gd_auto_unit u = { 0 };
	const char *engine;
	struct gd_scope *scope;

	gd_unit_read(m->host, m->dirs, name, m->base, &u);
	engine = engine_of(name, &u);
	/* A file of secrets that somebody else's unit reads says nothing of engines. */
	if (u.unread && !u.unread_is_environment)
		gd_scopes_miss(m->scopes, u.unread, u.unread_error);
	gd_unit_keep(m->host, &u, is_relevant(engine, &u, m->base));
	if (!is_relevant(engine, &u, m->base))
		return;
	scope = add_scope(m, name);
	if (!scope)
		return;
	scope->name = gd_xstrdup(name);
	scope->engine = engine;
	scope->program = GD_STEAL(u.program);
	scope->file = u.fragment ? GD_STEAL(u.fragment)
				 : u.drop_ins.count ? gd_xstrdup(u.drop_ins.items[0]) : NULL;
	scope->masked = u.masked || u.broken;
	scope->unread = GD_STEAL(u.unread);
	scope->unread_error = u.unread_error;
	if (scope->masked)
		return;
	scope->settings = u.settings;
	u.settings = (struct gd_settings){ 0 };
}

static void take_units(const struct manager *m, const struct gd_strv *names)
{
	size_t taken = 0;

	for (size_t i = 0; i < names->count; i++) {
		if (is_alias(m->host, m->dirs, names->items[i]))
			continue;
		if (taken++ == CANDIDATES_MAX) {
			gd_scopes_miss(m->scopes, names->items[i], -EFBIG);
			return;
		}
		take_unit(m, names->items[i]);
	}
}

static void read_defaults(struct gd_host *h, const char *manager, struct gd_scopes *s, struct gd_settings *out)
{
	gd_autofree unread = NULL;
	int r = gd_unit_read_defaults(h, manager, out, &unread);

	if (r < 0)
		gd_scopes_miss(s, unread, r);
}

/* What all services of the system get, also those that are not looked at. */
static void add_system_manager(struct gd_scopes *s, const struct gd_settings *defaults)
{
	struct gd_scope *manager = defaults->count ? gd_scopes_add(s, "manager", "system manager") : NULL;

	if (!manager)
		return;
	for (size_t i = 0; i < defaults->count; i++) {
		const struct gd_setting *one = &defaults->items[i];

		gd_settings_add(&manager->settings, one->name, one->value, one->file, one->line);
	}
	gd_settings_conclude(&manager->settings);
}

static void add_system_units(struct gd_host *h, struct gd_scopes *s)
{
	gd_auto_unit_dirs dirs = { 0 };
	gd_auto_settings base = { 0 };
	gd_autostrv names = { 0 };
	struct manager m = { .host = h, .scopes = s, .dirs = &dirs, .base = &base, .kind = "unit" };

	read_defaults(h, "system", s, &base);
	add_system_manager(s, &base);
	gd_unit_dirs_open_system(h, &dirs);
	for (size_t i = 0; i < dirs.count; i++) {
		gd_scopes_miss(s, dirs.items[i].path, dirs.items[i].error);
		add_candidates(&dirs.items[i], &names);
	}
	gd_strv_sort_natural(&names);
	take_units(&m, &names);
}

/* With a home: only the units that it has something to say about. */
static void add_user_units(struct gd_host *h, const char *home, struct gd_scopes *s)
{
	gd_auto_unit_dirs dirs = { 0 };
	gd_auto_settings base = { 0 };
	gd_autostrv names = { 0 };
	struct manager m = {
		.host = h, .scopes = s, .dirs = &dirs, .base = &base, .home = home, .kind = "user-unit",
	};

	gd_unit_dirs_open_user(h, home, &dirs);
	for (size_t i = 0; i < dirs.count; i++) {
		bool own = home && gd_path_is_below(dirs.items[i].path, home);

		if (!home)
			gd_scopes_miss(s, dirs.items[i].path, dirs.items[i].error);
		if (own || !home)
			add_candidates(&dirs.items[i], &names);
	}
	if (!names.count)
		return;
	read_defaults(h, "user", s, &base);
	gd_setting_read_environment_d(h, home, s, &base);
	gd_strv_sort_natural(&names);
	take_units(&m, &names);
}

void gd_setting_add_units(struct gd_host *h, const struct gd_strv *homes, struct gd_scopes *s)
{
	add_system_units(h, s);
	for (size_t i = 0; i < homes->count; i++)
		add_user_units(h, homes->items[i], s);
	add_user_units(h, NULL, s);
}
