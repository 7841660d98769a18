/* SPDX-License-Identifier: MIT */
#ifndef GD_VARIABLES_H
#define GD_VARIABLES_H
/*
 * The environment variables and arguments that may be taken from the files and
 * processes of other people. The values of all others are nobody's business: they are taken
 * out where a file is read, before a probe or a recorder sees them.
 */
#include "base/buf.h"
#include "base/defs.h"

/* True for a name of the list. */
bool gd_variable_is_kept(const char *name, size_t len);
/* The names that stand in the list in full, NULL-terminated; borrowed. */
const char *const *gd_variable_names_peek(void);

/* What a file holds that sets variables. */
enum gd_settings_form {
	GD_SETTINGS_UNIT, /* a unit file of systemd, or a drop-in of one */
	GD_SETTINGS_ENV_FILE, /* the others: see env_text.h */
	GD_SETTINGS_PAM,
	GD_SETTINGS_PAM_CONF,
	GD_SETTINGS_SHELL,
	GD_SETTINGS_ENVIRON,
	GD_SETTINGS_MAPS, /* /proc/PID/maps: what a process has in its memory */
	GD_SETTINGS_ARGS, /* /proc/PID/cmdline: words, each ended by a NUL */
};

/*
 * Appends the text without what is not to be known: only variables of the list
 * stay, each in the line where it stood, and of a unit what says which files
 * and programs it uses. Of a process's maps the path of each library stays,
 * once, and no address; of arguments the program and what Python runs: the
 * others may be prompts and tokens. A text that went through this once is not
 * changed again.
 */
void gd_settings_strip(enum gd_settings_form form, const char *text, size_t len, struct gd_buf *out);

#endif
