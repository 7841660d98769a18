/* SPDX-License-Identifier: MIT */
/* What a shell or a session is started with: the caller's own environment, and the files that logins read. */
#include <errno.h>
#include <string.h>

#include "base/env_text.h"
#include "probes/hsa.h"
#include "probes/setting.h"

static void take_variable(struct gd_host *h, const char *name, struct gd_scopes *s, struct gd_scope *caller)
{
	gd_autofree value = NULL;
	int r = gd_host_env(h, name, &value);

	if (r == 0)
		gd_settings_add(&caller->settings, name, value, "the environment of gpudoctor", 0);
	else if (r != -ENOENT)
		gd_scopes_miss(s, name, r);
}

void gd_setting_add_caller(struct gd_host *h, struct gd_scopes *s)
{
	const char *const *names = gd_variable_names_peek();
	gd_autofree first = NULL;
	struct gd_scope *caller;

	/* A tree was never started in an environment. */
	if (gd_host_env(h, names[0], &first) == -GD_ENOTCAPTURED)
		return;
	caller = gd_scopes_add(s, "caller", "caller");
	for (; *names; names++)
		take_variable(h, *names, s, caller);
	for (int n = 0; n < GD_HSA_NODES; n++) {
		gd_autofree name = gd_xasprintf(GD_HSA_OVERRIDE "_%d", n);

		take_variable(h, name, s, caller);
	}
	gd_settings_conclude(&caller->settings);
}

/* What files before this one set, it may take back; true where it is not known whether it does. */
static bool take_back(struct gd_settings *s, const struct gd_assignment *a)
{
	bool any = false;

	for (size_t i = 0; i < s->count; i++) {
		struct gd_setting *one = &s->items[i];

		if (one->cleared || strcmp(one->name, a->name) != 0)
			continue;
		any = true;
		one->cleared = a->change == GD_CHANGE_UNSET;
	}
	return any && a->change == GD_CHANGE_PERHAPS_UNSET;
}

/* Adds what a file sets; returns the error of the door. */
static int read_into(struct gd_host *h, const char *path, enum gd_settings_form form, enum gd_env_syntax syntax,
		     struct gd_settings *out)
{
	gd_auto_assignments all = { 0 };
	gd_autobuf text = { 0 };
	int r = gd_host_read_settings(h, path, form, &text);

	gd_env_parse(&all, syntax, gd_buf_peek(&text), text.len);
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].change == GD_CHANGE_SET || take_back(out, &all.items[i]))
			gd_settings_add(out, all.items[i].name, all.items[i].value, path, all.items[i].line);
	return r;
}

/*
 * An empty value is passed over here, other than in EnvironmentFile=. What would
 * be replaced in a value is not known; a backslash that keeps it from that is gone.
 */
static int read_environment_d_file(struct gd_host *h, const char *path, struct gd_settings *out)
{
	gd_auto_settings all = { 0 };
	int r = read_into(h, path, GD_SETTINGS_ENV_FILE, GD_ENV_FILE, &all);

	for (size_t i = 0; i < all.count; i++) {
		const char *value = all.items[i].value;

		if (*value)
			gd_settings_add(out, all.items[i].name, strchr(value, '$') ? NULL : value, path,
					all.items[i].line);
	}
	return r;
}

void gd_setting_read_environment_d(struct gd_host *h, const char *home, struct gd_scopes *s, struct gd_settings *out)
{
	static const char *const of_all[] = {
		"/etc/environment.d",
		"/run/environment.d",
		"/usr/local/lib/environment.d",
		"/usr/lib/environment.d",
	};
	gd_autofree own = home ? gd_xasprintf("%s/.config/environment.d", home) : NULL;
	gd_autofree unlisted = NULL;
	gd_autostrv dirs = { 0 };
	gd_autostrv files = { 0 };
	int r;

	if (own)
		gd_strv_add(&dirs, own);
	for (size_t i = 0; i < GD_COUNT(of_all); i++)
		gd_strv_add(&dirs, of_all[i]);
	r = gd_list_conf_files(h, &dirs, ".conf", &files, &unlisted);
	/* That the home of somebody else is closed is no fault. */
	if (!home)
		gd_scopes_miss(s, unlisted, r);
	for (size_t i = 0; i < files.count; i++)
		gd_scopes_miss(s, files.items[i], read_environment_d_file(h, files.items[i], out));
	gd_settings_conclude(out);
}

/* What all logins of the machine read. */
struct login {
	struct gd_settings settings;
	const char *unread; /* the first file that could not be read; borrowed */
	int unread_error;
};

static void take_file(struct gd_host *h, const char *path, struct gd_scopes *s, struct login *login)
{
	bool pam = !strcmp(path, "/etc/environment");
	bool conf = !strcmp(path, "/etc/security/pam_env.conf");
	int r = read_into(h, path, pam ? GD_SETTINGS_PAM : conf ? GD_SETTINGS_PAM_CONF : GD_SETTINGS_SHELL,
			  pam ? GD_ENV_PAM : conf ? GD_ENV_PAM_CONF : GD_ENV_SHELL, &login->settings);

	if (r < 0 && !gd_host_is_absence(r) && !login->unread) {
		login->unread = path;
		login->unread_error = r;
	}
	gd_scopes_miss(s, path, r);
}

/* One that sets nothing needs no row. */
static void add_login(struct gd_scopes *s, const char *id, const char *home, struct login *login)
{
	struct gd_scope *scope;

	gd_settings_conclude(&login->settings);
	scope = login->settings.count ? gd_scopes_add(s, "login", id) : NULL;
	if (!scope)
		return;
	scope->name = home ? gd_xstrdup(home) : NULL;
	scope->settings = login->settings;
	scope->unread = login->unread ? gd_xstrdup(login->unread) : NULL;
	scope->unread_error = login->unread_error;
	login->settings = (struct gd_settings){ 0 };
}

/* In the order in which a login reads them. */
static void add_system_login(struct gd_host *h, struct gd_scopes *s)
{
	static const char profiles[] = "/etc/profile.d";
	struct login login = { 0 };
	gd_autofree unlisted = NULL;
	gd_autostrv dirs = { 0 };
	gd_autostrv files = { 0 };
	int r;

	take_file(h, "/etc/security/pam_env.conf", s, &login);
	take_file(h, "/etc/environment", s, &login);
	take_file(h, "/etc/profile", s, &login);
	gd_strv_add(&dirs, profiles);
	r = gd_list_conf_files(h, &dirs, ".sh", &files, &unlisted);
	gd_scopes_miss(s, profiles, r);
	for (size_t i = 0; i < files.count; i++)
		take_file(h, files.items[i], s, &login);
	add_login(s, "login", NULL, &login);
	gd_settings_free(&login.settings);
}

/* Nobody else's home need be open to the caller. */
static void add_home(struct gd_host *h, const char *home, struct gd_scopes *s)
{
	static const char *const files[] = { ".profile", ".bash_profile", ".bashrc", ".zshrc" };
	gd_autofree id = gd_xasprintf("login %s", home);
	struct login login = { 0 };

	for (size_t i = 0; i < GD_COUNT(files); i++) {
		gd_autofree path = gd_xasprintf("%s/%s", home, files[i]);

		(void)!read_into(h, path, GD_SETTINGS_SHELL, GD_ENV_SHELL, &login.settings);
	}
	add_login(s, id, home, &login);
	gd_settings_free(&login.settings);
}

static bool has_own_environment(struct gd_host *h, const char *home)
{
	gd_autofree dir = gd_xasprintf("%s/.config/environment.d", home);
	gd_autostrv names = { 0 };

	return gd_host_list(h, dir, &names) == 0 && names.count > 0;
}

static void add_manager(struct gd_host *h, const char *home, struct gd_scopes *s)
{
	gd_autofree id = home ? gd_xasprintf("user manager of %s", home) : gd_xstrdup("user manager");
	gd_auto_settings found = { 0 };
	struct gd_scope *manager;

	gd_setting_read_environment_d(h, home, s, &found);
	manager = found.count ? gd_scopes_add(s, "user-manager", id) : NULL;
	if (!manager)
		return;
	manager->name = home ? gd_xstrdup(home) : NULL;
	manager->settings = found;
	found = (struct gd_settings){ 0 };
}

void gd_setting_add_logins(struct gd_host *h, const struct gd_strv *homes, struct gd_scopes *s)
{
	add_system_login(h, s);
	for (size_t i = 0; i < homes->count; i++)
		add_home(h, homes->items[i], s);
	add_manager(h, NULL, s);
	for (size_t i = 0; i < homes->count; i++)
		if (has_own_environment(h, homes->items[i]))
			add_manager(h, homes->items[i], s);
}
