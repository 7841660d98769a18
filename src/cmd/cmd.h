/* SPDX-License-Identifier: MIT */
#ifndef GD_CMD_H
#define GD_CMD_H
/*
 * Commands: each is one file src/cmd/cmd_NAME.c that defines gd_command_NAME,
 * and one word in the list of src/local.mk. Only this layer prints and exits.
 */
#include "render/render.h"

/* Beside the verdict of check (0, 1, 2); the numbers are those of sysexits.h. */
enum gd_exit {
	GD_EXIT_USAGE = 64, /* wrong words on the command line */
	GD_EXIT_DATA = 65, /* a file or query that makes no sense */
	GD_EXIT_NO_INPUT = 66, /* a file or root that cannot be opened */
	GD_EXIT_SOFTWARE = 70, /* a fault of this program */
	GD_EXIT_OS = 71, /* no memory left; given by base/alloc.c */
	GD_EXIT_CANNOT_CREATE = 73,
	GD_EXIT_IO = 74, /* standard output could not be written */
};

/* Which options a command takes. */
enum gd_option_bit {
	GD_OPT_HOST = 1 << 0, /* --root, --capture, --demo, --timeout */
	GD_OPT_FORMAT = 1 << 1,
	GD_OPT_VERBOSITY = 1 << 2, /* --quiet, --verbose */
	GD_OPT_FAIL_ON = 1 << 3,
	GD_OPT_RULES = 1 << 4,
	GD_OPT_PRIVATE = 1 << 5,
	GD_OPT_DESCRIBE = 1 << 6,
	GD_OPT_CHECK = 1 << 7,
	GD_OPT_RECORD = 1 << 8, /* --all, --comment, --force */
	GD_OPT_FACTS = 1 << 9,
};

struct gd_options {
	const char *root;
	int timeout_ms; /* for each library that is asked */
	const char *capture;
	const char *facts;
	bool demo;
	const struct gd_format *format;
	struct gd_view view;
	enum gd_severity fail_on;
	struct gd_strv rule_paths;
	bool show_private;
	bool describe;
	bool all;
	bool force;
	const char *comment;
	const char *check_file;
};

struct gd_command {
	const char *name;
	const char *help; /* one line */
	const char *args; /* "[TABLE…]", or "" */
	const char *about; /* a few lines for --help */
	unsigned options; /* gd_option_bit */
	int min_args;
	int max_args; /* -1: any number */
	int (*run)(const struct gd_options *o, char **args, int count);
};

extern const struct gd_command *const gd_commands[];

/*
 * Reads the options of a command; what is left are its arguments. Returns -1 to
 * go on, or an exit status (0 after --help).
 */
int gd_options_parse(const struct gd_command *cmd, int argc, char **argv, struct gd_options *o, char ***ret_args,
		     int *ret_count);
void gd_options_free(struct gd_options *o);
/* Refuses a format that has no such output. Returns 0, or GD_EXIT_USAGE with a message. */
int gd_need_output(const struct gd_options *o, bool has_it);
void gd_print_usage(void);
void gd_print_command_usage(const struct gd_command *cmd);

/* "gpudoctor: …" on standard error; returns the status. */
int gd_fail(int status, const char *fmt, ...) GD_PRINTF(2, 3);
/* The exit status for a negative errno of the lower layers. */
int gd_status_of(int error);
/* Writes everything; returns 0, or GD_EXIT_IO with a message. */
int gd_put_out(const struct gd_buf *out);

#endif
