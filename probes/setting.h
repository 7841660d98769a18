/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_SETTING_H
#define GD_PROBE_SETTING_H
/* Scopes: whose environment it is that variables are set in; used by probes/setting*.c and their tests only. */
#include "probe/probe.h"
#include "probes/unit_file.h"

struct gd_scope {
	char *id; /* "caller", "login", "unit ollama.service", "process 812" … */
	const char *kind; /* caller, login, manager, user-manager, unit, user-unit or process */
	char *name; /* of the unit or process, or the home; NULL for those there is one of */
	const char *engine; /* NULL: none that is known */
	char *program; /* NULL: not known */
	char *called; /* what it was called as, or its script: what says which Python it is; NULL: not known */
	char *file; /* where it is defined, or NULL */
	char *unit; /* of a process: the id of the scope that started it, or NULL */
	char *group; /* of a process: its control group, which those that it started share; NULL: not known */
	int64_t pid; /* 0 where it is no process */
	bool container; /* of a process: it runs in one, and sees other files */
	bool masked;
	struct gd_settings settings;
	char *unread; /* what could not be read and may set anything, or NULL */
	int unread_error;
};

enum { GD_SCOPES_MAX = 1024 };
struct gd_scopes {
	struct gd_scope *items;
	size_t count;
	size_t cap;
	char *missed; /* what kept scopes from being found, the first such thing; NULL: nothing did */
	int missed_error;
	bool processes_listed;
};

/* A new scope, with the ids that are its key, or NULL where there are too many; borrowed. */
struct gd_scope *gd_scopes_add(struct gd_scopes *s, const char *kind, const char *id);
/* `kind`: one of those above. */
bool gd_scope_is(const struct gd_scope *scope, const char *kind);
struct gd_scope *gd_scopes_find(const struct gd_scopes *s, const char *id);
/* Notes that scopes are missing because of an error; that something is not there is none. */
void gd_scopes_miss(struct gd_scopes *s, const char *path, int error);
void gd_scopes_free(struct gd_scopes *s);

/* Where a setting is to be changed, and whose that is: of what runs, its unit or login where it comes from there. */
struct gd_origin {
	const struct gd_scope *scope;
	const struct gd_setting *setting;
};
struct gd_origin gd_setting_origin(const struct gd_scopes *s, const struct gd_scope *scope,
				   const struct gd_setting *setting);
/* The file or folder is one of a package's, which would come back with its next release. */
bool gd_setting_is_of_package(const char *path);
/* "FILE:LINE"; owned. */
char *gd_setting_place(const struct gd_setting *setting);
/* What is to be done so that it is set no more; owned. */
char *gd_setting_change(const struct gd_scopes *s, const struct gd_scope *scope, const struct gd_setting *setting);
/* The scope that has the same setting and is to be named instead, or NULL. */
const struct gd_scope *gd_setting_repeated(const struct gd_scopes *s, const struct gd_scope *scope,
					   const struct gd_setting *setting);

void gd_setting_add_caller(struct gd_host *h, struct gd_scopes *s);
void gd_setting_add_logins(struct gd_host *h, const struct gd_strv *homes, struct gd_scopes *s);
/* Processes come last: they know of their units. */
void gd_setting_add_units(struct gd_host *h, const struct gd_strv *homes, struct gd_scopes *s);
void gd_setting_add_processes(struct gd_host *h, struct gd_scopes *s);

/* What environment.d(5) sets for the services of a user; `home` may be NULL. */
void gd_setting_read_environment_d(struct gd_host *h, const char *home, struct gd_scopes *s, struct gd_settings *out);

/* The unit in a process's control group, "ollama.service", or NULL; owned. `ret_user`: of a user's manager. */
char *gd_unit_of_cgroup(const char *cgroup, bool *ret_user);

#endif
