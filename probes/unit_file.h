/* SPDX-License-Identifier: MIT */
#ifndef GD_PROBE_UNIT_FILE_H
#define GD_PROBE_UNIT_FILE_H
/*
 * Service units as systemd reads them from its folders: which file of several
 * holds, which drop-ins belong to it, and what of all that sets the environment
 * of the service. See systemd.unit(5) and systemd.exec(5).
 *
 * Not followed: aliases, patterns in EnvironmentFile=, and specifiers but "%%",
 * whose values are unknown. So is what PassEnvironment= passes on.
 */
#include "base/strv.h"
#include "host/host.h"

/* A place that sets a variable. */
struct gd_setting {
	char *name;
	char *value; /* NULL: whoever reads it computes it */
	char *file;
	unsigned line; /* 0 where there are no lines */
	bool in_effect; /* the one that holds in the end; of each name at most one */
	bool cleared; /* taken back before anything else set it */
};

enum { GD_SETTINGS_MAX = 4096 };
struct gd_settings {
	struct gd_setting *items; /* in the order in which they are applied */
	size_t count;
	size_t cap;
};

/* False, and nothing added, where there are GD_SETTINGS_MAX of them: no program has so many. */
bool gd_settings_add(struct gd_settings *s, const char *name, const char *value, const char *file, unsigned line);
/* The last of each name holds, unless it was cleared; sets `in_effect`. */
void gd_settings_conclude(struct gd_settings *s);
void gd_settings_free(struct gd_settings *s);
#define gd_auto_settings GD_CLEANUP(gd_settings_free) struct gd_settings

/* A folder of units, listed once. */
struct gd_unit_dir {
	char *path;
	struct gd_strv names;
	int error; /* why it could not be listed; 0 also where it is not there */
};

/* Folders of units, those first that win. */
struct gd_unit_dirs {
	struct gd_unit_dir *items;
	size_t count;
	size_t cap;
};

void gd_unit_dirs_open_system(struct gd_host *h, struct gd_unit_dirs *ret);
/* Of the user manager, for the person whose home this is; NULL: only what holds for everybody. */
void gd_unit_dirs_open_user(struct gd_host *h, const char *home, struct gd_unit_dirs *ret);
void gd_unit_dirs_free(struct gd_unit_dirs *d);
#define gd_auto_unit_dirs GD_CLEANUP(gd_unit_dirs_free) struct gd_unit_dirs

/* Whether systemd takes it for the name of a service; "@" may be followed by an instance or not. */
bool gd_is_service_name(const char *name);
/* The path of the unit file that holds, or NULL; owned. */
char *gd_unit_fragment(const struct gd_unit_dirs *d, const char *name);
/*
 * The drop-ins of a unit in the order in which they are read. Returns the error
 * of a folder that could not be listed, and its path; else 0.
 */
int gd_unit_drop_ins(struct gd_host *h, const struct gd_unit_dirs *d, const char *name, struct gd_strv *out,
		     char **ret_unlisted);
/*
 * The files in `dirs` whose names end so, by their names; of several with one
 * name the one from the first folder. As systemd does it for every *.d.
 */
int gd_list_conf_files(struct gd_host *h, const struct gd_strv *dirs, const char *ending, struct gd_strv *out,
		       char **ret_unlisted);

/* Adds the assignments of Environment= or DefaultEnvironment=; false where there is no room for all. */
bool gd_unit_add_assignments(struct gd_settings *s, const char *value, const char *file, unsigned line);
/*
 * What DefaultEnvironment= sets for all units of a manager, "system" or "user".
 * Returns the error of a file that could not be read, and its path; else 0.
 */
int gd_unit_read_defaults(struct gd_host *h, const char *manager, struct gd_settings *out, char **ret_unread);

/* What a file of a unit answered. */
struct gd_unit_text {
	char *path;
	int error;
	struct gd_buf text;
	bool environment; /* it is a file of EnvironmentFile= */
};

struct gd_unit {
	char *fragment; /* NULL: there is none, perhaps drop-ins alone */
	bool masked; /* it can not be started */
	bool broken; /* systemd refuses it: a header without end */
	struct gd_strv drop_ins;
	struct gd_strv environment_files;
	char *program; /* NULL: it starts none, as far as was read */
	struct gd_settings settings;
	/* What could not be read and may set anything. */
	char *unread; /* NULL: everything was read */
	int unread_error;
	bool unread_is_environment; /* it is a file of EnvironmentFile= */
	struct gd_unit_text *texts; /* what was read */
	size_t text_count;
	size_t text_cap;
};

/* Reads a unit; `base` are the variables that its manager has, or NULL. */
void gd_unit_read(struct gd_host *h, const struct gd_unit_dirs *d, const char *name, const struct gd_settings *base,
		  struct gd_unit *ret);
/*
 * Lets a recorder write down what was read: all of it where the unit is of
 * interest, else that its own files are there, and nothing of what is in them.
 */
void gd_unit_keep(struct gd_host *h, const struct gd_unit *u, bool wanted);
void gd_unit_free(struct gd_unit *u);
#define gd_auto_unit GD_CLEANUP(gd_unit_free) struct gd_unit

#endif
