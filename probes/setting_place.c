/* SPDX-License-Identifier: MIT */
/* Where a setting comes from, what has to be changed there, and which scope it is told of. */
#include <string.h>

#include "base/alloc.h"
#include "base/parse.h"
#include "probes/setting.h"

/* The setting of that name that holds in a scope, or NULL. */
static const struct gd_setting *effective(const struct gd_scope *scope, const char *name)
{
	for (size_t i = 0; scope && i < scope->settings.count; i++)
		if (scope->settings.items[i].in_effect && !strcmp(scope->settings.items[i].name, name))
			return &scope->settings.items[i];
	return NULL;
}

/* What is not known may be the same. */
static bool may_be_equal(const struct gd_setting *a, const struct gd_setting *b)
{
	return !a->value || !b->value || !strcmp(a->value, b->value);
}

/* The logins, or the managers, of two people. */
static bool are_homes(const struct gd_scope *a, const struct gd_scope *b)
{
	return a != b && a->name && b->name && gd_scope_is(b, a->kind) &&
	       (gd_scope_is(a, "login") || gd_scope_is(a, "user-manager"));
}

/* The same value, or in both one that is not known. */
static bool is_same_value(const struct gd_setting *a, const struct gd_setting *b)
{
	return a->value && b->value ? !strcmp(a->value, b->value) : a->value == b->value;
}

/* A file sets the variables of what runs: that of the unit, or, where there is none, one that shells read. */
struct gd_origin gd_setting_origin(const struct gd_scopes *s, const struct gd_scope *scope,
				   const struct gd_setting *setting)
{
	const struct gd_scope *unit = scope->unit ? gd_scopes_find(s, scope->unit) : NULL;
	const struct gd_setting *of_unit = effective(unit, setting->name);

	if (of_unit && may_be_equal(of_unit, setting))
		return (struct gd_origin){ unit, of_unit };
	if (scope->unit || scope->container || !(gd_scope_is(scope, "process") || gd_scope_is(scope, "caller")))
		return (struct gd_origin){ scope, setting };
	for (size_t i = 0; i < s->count; i++) {
		const struct gd_scope *login = gd_scope_is(&s->items[i], "login") ? &s->items[i] : NULL;
		const struct gd_setting *of_login = effective(login, setting->name);

		if (of_login && of_login->value && may_be_equal(of_login, setting))
			return (struct gd_origin){ login, of_login };
	}
	return (struct gd_origin){ scope, setting };
}

char *gd_setting_place(const struct gd_setting *setting)
{
	if (!setting->line)
		return gd_xstrdup(setting->file);
	return gd_xasprintf("%s:%u", setting->file, setting->line);
}

/* ---------------------------------------------------------------- change -- */

bool gd_setting_is_of_package(const char *path)
{
	return gd_starts_with(path, "/usr/") || gd_starts_with(path, "/lib/");
}

/* "vllm@*.service" for a template, whose instances are what runs. */
static char *units_of(const char *name)
{
	const char *at = strstr(name, "@.");

	return at ? gd_xasprintf("'%.*s@*%s'", (int)(at - name), name, at + 1) : gd_xstrdup(name);
}

/* A file of the manager itself, as "/etc/systemd/system.conf.d/x.conf". */
static bool is_of_manager(const char *file)
{
	return strstr(file, "/systemd/system.conf") || strstr(file, "/systemd/user.conf");
}

/* What comes with a package would come back with its next release. */
static char *change_unit(const struct gd_origin *o, const char *place)
{
	bool user = gd_scope_is(o->scope, "user-unit");
	const char *systemctl = user ? "systemctl --user" : "sudo systemctl";
	gd_autofree units = units_of(o->scope->name);
	gd_autofree edit = gd_xasprintf("%s edit %s", systemctl, o->scope->name);
	const char *reload = is_of_manager(o->setting->file) ? "daemon-reexec" : "daemon-reload";

	if (gd_setting_is_of_package(o->setting->file))
		return gd_xasprintf("run: %s; write UnsetEnvironment=%s below a line [Service] there; "
				    "then: %s try-restart %s", edit, o->setting->name, systemctl, units);
	return gd_xasprintf("take %s out at %s; then: %s %s && %s try-restart %s", o->setting->name, place, systemctl,
			    reload, systemctl, units);
}

static size_t count_homes(const struct gd_scopes *s, const struct gd_origin *o)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct gd_setting *same = effective(&s->items[i], o->setting->name);

		count += same && are_homes(o->scope, &s->items[i]) && is_same_value(o->setting, same);
	}
	return count;
}

static char *change_login(const struct gd_scopes *s, const struct gd_origin *o, const char *place)
{
	size_t others = count_homes(s, o);
	gd_autofree also = others ? gd_xasprintf(" (and in %zu other home%s)", others, others == 1 ? "" : "s") : NULL;

	return gd_xasprintf("take %s out at %s%s, log in again, and start what uses ROCm anew", o->setting->name, place,
			    also ? also : "");
}

/* The files of its unit say something else: they were changed, or the program sets it by itself. */
static char *change_process(const struct gd_scopes *s, const struct gd_scope *process, const char *variable)
{
	const struct gd_scope *unit = process->unit ? gd_scopes_find(s, process->unit) : NULL;
	gd_autofree start =
		gd_xasprintf("start %s (process %lld) without %s", process->name, (long long)process->pid, variable);

	if (!unit || unit->unread)
		return GD_STEAL(start);
	return gd_xasprintf("%s; %s does not set it so, or not any more: %s restart %s", start, unit->name,
			    gd_scope_is(unit, "user-unit") ? "systemctl --user" : "sudo systemctl", unit->name);
}

char *gd_setting_change(const struct gd_scopes *s, const struct gd_scope *scope, const struct gd_setting *setting)
{
	struct gd_origin o = gd_setting_origin(s, scope, setting);
	gd_autofree place = gd_setting_place(o.setting);

	if (gd_scope_is(o.scope, "unit") || gd_scope_is(o.scope, "user-unit"))
		return change_unit(&o, place);
	if (gd_scope_is(o.scope, "manager"))
		return gd_xasprintf("take %s out at %s; then: sudo systemctl daemon-reexec, and start what uses ROCm "
				    "anew", setting->name, place);
	if (gd_scope_is(o.scope, "login") || gd_scope_is(o.scope, "user-manager"))
		return change_login(s, &o, place);
	if (gd_scope_is(o.scope, "caller"))
		return gd_xasprintf("unset %s in the shell, or in what starts it", setting->name);
	if (o.scope->container)
		return gd_xasprintf("take %s out of what starts the container (process %lld)", setting->name,
				    (long long)o.scope->pid);
	return change_process(s, o.scope, setting->name);
}

/* ------------------------------------------------------------- repeated -- */

/* What runs counts for more than what may be started, and that for more than a login. */
static int rank(const struct gd_scope *scope)
{
	static const char *const kinds[] = { "process", "unit", "user-unit", "caller" };
	int rank = 0;

	while (rank < (int)GD_COUNT(kinds) && !gd_scope_is(scope, kinds[rank]))
		rank++;
	return rank;
}

/* Both have the variable from one place, one process has it from the other, or two people do the same. */
static bool is_same(const struct gd_scopes *s, const struct gd_scope *a, const struct gd_setting *in_a,
		    const struct gd_scope *b, const struct gd_setting *in_b)
{
	const struct gd_setting *from_a = gd_setting_origin(s, a, in_a).setting;
	const struct gd_setting *from_b = gd_setting_origin(s, b, in_b).setting;

	if (are_homes(a, b))
		return is_same_value(in_a, in_b);
	if (!may_be_equal(in_a, in_b))
		return false;
	if (from_a->line && from_a->line == from_b->line && !strcmp(from_a->file, from_b->file))
		return true;
	return a->group && b->group && !strcmp(a->group, b->group);
}

const struct gd_scope *gd_setting_repeated(const struct gd_scopes *s, const struct gd_scope *scope,
					   const struct gd_setting *setting)
{
	const struct gd_scope *best = scope;

	for (size_t i = 0; i < s->count; i++) {
		const struct gd_scope *other = &s->items[i];
		const struct gd_setting *same = other == scope ? NULL : effective(other, setting->name);

		if (!same || !is_same(s, scope, setting, other, same))
			continue;
		if (rank(other) < rank(best) || (rank(other) == rank(best) && other < best))
			best = other;
	}
	return best == scope ? NULL : best;
}
