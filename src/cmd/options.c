/* SPDX-License-Identifier: MIT */
/* One table of all options: getopt's list and --help both come from it. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "cmd/cmd.h"
#include "render/term.h"

struct option_spec {
	const char *name;
	int key; /* the short option, or a number above 255 */
	const char *arg; /* NULL: takes none */
	unsigned bit; /* 0: every command has it */
	const char *help;
};

enum {
	KEY_ROOT = 256,
	KEY_CAPTURE,
	KEY_DEMO,
	KEY_TIMEOUT,
	KEY_FACTS,
	KEY_FORMAT,
	KEY_COLOUR,
	KEY_FAIL_ON,
	KEY_RULES,
	KEY_PRIVATE,
	KEY_DESCRIBE,
	KEY_CHECK,
	KEY_ALL,
	KEY_COMMENT,
	KEY_FORCE
};

enum { DEFAULT_TIMEOUT_MS = 5000, MAX_TIMEOUT_S = 3600 };

static const struct option_spec specs[] = {
	{ "root", KEY_ROOT, "DIR", GD_OPT_HOST, "look at the machine whose files are below DIR" },
	{ "capture", KEY_CAPTURE, "FILE", GD_OPT_HOST,
	  "look at a machine recorded with gpudoctor record; - is standard input" },
	{ "demo", KEY_DEMO, NULL, GD_OPT_HOST, "look at a recorded machine that comes with the program" },
	{ "timeout", KEY_TIMEOUT, "SECONDS", GD_OPT_HOST, "how long a driver's library may take to answer (5)" },
	{ "facts", KEY_FACTS, "FILE", GD_OPT_FACTS, "take the facts from FILE, as gpudoctor facts printed them" },
	{ "format", KEY_FORMAT, "NAME", GD_OPT_FORMAT, "text (the default) or json" },
	{ "describe", KEY_DESCRIBE, NULL, GD_OPT_DESCRIBE, "list every table and column instead" },
	{ "fail-on", KEY_FAIL_ON, "SEVERITY", GD_OPT_FAIL_ON,
	  "exit with 1 from this on: error, or warning (the default)" },
	{ "rules", KEY_RULES, "PATH", GD_OPT_RULES, "add the rules of a file or folder; may be given again" },
	{ "check", KEY_CHECK, "FILE", GD_OPT_CHECK, "say what is wrong with a rule file" },
	{ "all", KEY_ALL, NULL, GD_OPT_RECORD, "record every file below --root, not only what was asked for" },
	{ "comment", KEY_COMMENT, "TEXT", GD_OPT_RECORD, "say where the record comes from" },
	{ "force", KEY_FORCE, NULL, GD_OPT_RECORD, "replace FILE" },
	{ "show-private", KEY_PRIVATE, NULL, GD_OPT_PRIVATE, "show serial numbers and other private values" },
	{ "quiet", 'q', NULL, GD_OPT_VERBOSITY, "only the verdict, errors and warnings" },
	{ "verbose", 'v', NULL, GD_OPT_VERBOSITY, "also references, rule names and every open question" },
	{ "color", KEY_COLOUR, "WHEN", GD_OPT_VERBOSITY, "auto (the default), always or never" },
	{ "help", 'h', NULL, 0, "show this" },
};

static bool takes(const struct gd_command *cmd, const struct option_spec *s)
{
	return !s->bit || (cmd->options & s->bit);
}

void gd_print_command_usage(const struct gd_command *cmd)
{
	struct gd_view view = gd_view_of_stdout();
	gd_autobuf out = { 0 };

	gd_buf_printf(&out, "Usage: gpudoctor %s [OPTION…]%s%s\n", cmd->name, *cmd->args ? " " : "", cmd->args);
	gd_paragraph(&out, &view, "", cmd->about);
	gd_buf_puts(&out, "\nOptions:\n");
	for (size_t i = 0; i < GD_COUNT(specs); i++) {
		const struct option_spec *s = &specs[i];
		gd_autofree name = gd_xasprintf("--%s%s%s", s->name, s->arg ? " " : "", s->arg ? s->arg : "");
		gd_autofree first = s->key < 256 ? gd_xasprintf("  -%c, %-20s ", s->key, name)
						 : gd_xasprintf("      %-20s ", name);

		if (takes(cmd, s))
			gd_paragraph(&out, &view, first, s->help);
	}
	fputs(out.data, stdout);
}

void gd_print_usage(void)
{
	printf("Usage: gpudoctor COMMAND [OPTION…] [ARGUMENT…]\n"
	       "See what a Linux machine that runs language models has, what is wrong with it,\n"
	       "and what to do about it.\n"
	       "\nCommands:\n");
	for (size_t i = 0; gd_commands[i]; i++)
		printf("  %-9s %s\n", gd_commands[i]->name, gd_commands[i]->help);
	printf("\nOptions:\n"
	       "  -h, --help     show this\n"
	       "      --version  show the version\n"
	       "\ngpudoctor COMMAND --help says more about one. The manual: gpudoctor(1).\n");
}

static int set_format(struct gd_options *o, const char *name)
{
	o->format = gd_format_find(name);
	return o->format ? -1 : gd_fail(GD_EXIT_USAGE, "there is no format \"%s\"; there are text and json", name);
}

int gd_need_output(const struct gd_options *o, bool has_it)
{
	if (has_it)
		return 0;
	return gd_fail(GD_EXIT_USAGE, "the format %s is not for this: %s", o->format->name, o->format->help);
}

static int set_fail_on(struct gd_options *o, const char *name)
{
	if (strcmp(name, "error") && strcmp(name, "warning"))
		return gd_fail(GD_EXIT_USAGE, "--fail-on takes error or warning, not \"%s\"", name);
	o->fail_on = !strcmp(name, "error") ? GD_ERROR : GD_WARNING;
	return -1;
}

static int set_colour(struct gd_options *o, const char *when)
{
	if (!strcmp(when, "always") || !strcmp(when, "never"))
		o->view.colour = !strcmp(when, "always");
	else if (strcmp(when, "auto"))
		return gd_fail(GD_EXIT_USAGE, "--color takes auto, always or never, not \"%s\"", when);
	return -1;
}

static int set_timeout(struct gd_options *o, const char *text)
{
	double seconds;

	if (gd_parse_real(text, &seconds) < 0 || !(seconds >= 0.001 && seconds <= MAX_TIMEOUT_S))
		return gd_fail(GD_EXIT_USAGE, "--timeout takes seconds, more than 0 and at most %d, not \"%s\"",
			       MAX_TIMEOUT_S, text);
	o->timeout_ms = (int)(seconds * 1000);
	return -1;
}

static int set_option(const struct gd_command *cmd, struct gd_options *o, int key)
{
	switch (key) {
	case KEY_ROOT:
		o->root = optarg;
		break;
	case KEY_CAPTURE:
		o->capture = optarg;
		break;
	case KEY_DEMO:
		o->demo = true;
		break;
	case KEY_TIMEOUT:
		return set_timeout(o, optarg);
	case KEY_FACTS:
		o->facts = optarg;
		break;
	case KEY_FORMAT:
		return set_format(o, optarg);
	case KEY_FAIL_ON:
		return set_fail_on(o, optarg);
	case KEY_COLOUR:
		return set_colour(o, optarg);
	case KEY_RULES:
		gd_strv_add(&o->rule_paths, optarg);
		break;
	case KEY_PRIVATE:
		o->show_private = true;
		break;
	case KEY_DESCRIBE:
		o->describe = true;
		break;
	case KEY_CHECK:
		o->check_file = optarg;
		break;
	case KEY_ALL:
		o->all = true;
		break;
	case KEY_COMMENT:
		o->comment = optarg;
		break;
	case KEY_FORCE:
		o->force = true;
		break;
	case 'q':
		o->view.verbosity = GD_QUIET;
		break;
	case 'v':
		o->view.verbosity = GD_VERBOSE;
		break;
	case 'h':
		gd_print_command_usage(cmd);
		return 0;
	default:
		fprintf(stderr, "Try: gpudoctor %s --help\n", cmd->name);
		return GD_EXIT_USAGE;
	}
	return -1;
}

static void build_getopt(const struct gd_command *cmd, struct option *longs, char *shorts)
{
	for (size_t i = 0; i < GD_COUNT(specs); i++) {
		const struct option_spec *s = &specs[i];

		if (!takes(cmd, s))
			continue;
		*longs++ = (struct option){ .name = s->name, .has_arg = s->arg != NULL, .val = s->key };
		if (s->key < 256)
			*shorts++ = (char)s->key;
	}
	*longs = (struct option){ 0 };
	*shorts = '\0';
}

static int check_args(const struct gd_command *cmd, const struct gd_options *o, int count)
{
	if ((o->root != NULL) + (o->capture != NULL) + (o->facts != NULL) + o->demo > 1)
		return gd_fail(GD_EXIT_USAGE, "only one of --root, --capture, --facts and --demo can be looked at");
	if (count < cmd->min_args && !o->check_file)
		return gd_fail(GD_EXIT_USAGE, "%s needs %s; try: gpudoctor %s --help", cmd->name, cmd->args, cmd->name);
	if (cmd->max_args >= 0 && count > cmd->max_args)
		return gd_fail(
			GD_EXIT_USAGE,
			"%s: too many arguments (an argument with blanks stands in quotes); try: gpudoctor %s --help",
			cmd->name, cmd->name);
	return -1;
}

int gd_options_parse(const struct gd_command *cmd, int argc, char **argv, struct gd_options *o, char ***ret_args,
		     int *ret_count)
{
	struct option longs[GD_COUNT(specs) + 1];
	char shorts[GD_COUNT(specs) + 1];
	static char program[] = "gpudoctor";
	int key;

	*o = (struct gd_options){ .format = gd_formats[0], .view = gd_view_of_stdout(), .fail_on = GD_WARNING,
				  .timeout_ms = DEFAULT_TIMEOUT_MS };
	build_getopt(cmd, longs, shorts);
	argv[0] = program; /* getopt's messages start with it */
	optind = 1;
	while ((key = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		int r = set_option(cmd, o, key);

		if (r >= 0)
			return r;
	}
	*ret_args = argv + optind;
	*ret_count = argc - optind;
	return check_args(cmd, o, *ret_count);
}

void gd_options_free(struct gd_options *o)
{
	gd_strv_free(&o->rule_paths);
}
