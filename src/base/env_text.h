/* SPDX-License-Identifier: MIT */
#ifndef GD_ENV_TEXT_H
#define GD_ENV_TEXT_H
/*
 * Texts that set environment variables, each in the syntax of the program that
 * reads it. None of them is expanded: what the reader would compute is unknown.
 */
#include "base/buf.h"

/* Only a shell can take back what it set. */
enum gd_change { GD_CHANGE_SET, GD_CHANGE_UNSET, GD_CHANGE_PERHAPS_UNSET };

struct gd_assignment {
	char *name;
	enum gd_change change;
	char *value; /* NULL: the reader computes it, from other variables or with a command */
	unsigned line; /* where it starts, from 1; 0 where there are no lines */
};

struct gd_assignments {
	struct gd_assignment *items; /* in the order of the text; the last of a name holds */
	size_t count;
	size_t cap;
};

enum gd_env_syntax {
	GD_ENV_FILE, /* systemd's EnvironmentFile= and environment.d(5); the latter expands "$" */
	GD_ENV_PAM, /* /etc/environment, as pam_env reads it */
	GD_ENV_PAM_CONF, /* pam_env.conf(5): NAME DEFAULT=… OVERRIDE=… */
	GD_ENV_SHELL, /* what a file of a shell exports: see shell_text.h */
	GD_ENV_BLOCK, /* /proc/PID/environ: NAME=VALUE, each ended by a NUL */
};

void gd_env_parse(struct gd_assignments *a, enum gd_env_syntax syntax, const char *text, size_t len);
/* Writes them such that gd_env_parse() reads them back, each in its line again. */
void gd_env_print(const struct gd_assignments *a, enum gd_env_syntax syntax, struct gd_buf *out);
void gd_assignments_free(struct gd_assignments *a);

#define gd_auto_assignments GD_CLEANUP(gd_assignments_free) struct gd_assignments

/* Adds one; `value` may be NULL. */
void gd_assignments_add(struct gd_assignments *a, const char *name, size_t name_len, const char *value, unsigned line);
/* What any program can be given: letters, digits and "_", no digit first. */
bool gd_is_variable_name(const char *s, size_t len);

#endif
