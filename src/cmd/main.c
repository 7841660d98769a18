/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "config.h"

static const struct gd_command *find(const char *name)
{
	for (size_t i = 0; gd_commands[i]; i++)
		if (!strcmp(gd_commands[i]->name, name))
			return gd_commands[i];
	return NULL;
}

static int finish(int status)
{
	if (fflush(stdout) || ferror(stdout))
		return gd_fail(GD_EXIT_IO, "standard output could not be written");
	return status;
}

static int run(const struct gd_command *cmd, int argc, char **argv)
{
	struct gd_options o;
	char **args;
	int count;
	int status = gd_options_parse(cmd, argc, argv, &o, &args, &count);

	if (status < 0)
		status = cmd->run(&o, args, count);
	gd_options_free(&o);
	return finish(status);
}

int main(int argc, char **argv)
{
	const struct gd_command *cmd;

	/* The character set decides widths; numbers stay as C writes them. */
	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc < 2) {
		gd_print_usage();
		return GD_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("gpudoctor " PACKAGE_VERSION);
		return finish(0);
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		gd_print_usage();
		return finish(0);
	}
	cmd = find(argv[1]);
	if (!cmd)
		return gd_fail(GD_EXIT_USAGE, "there is no command \"%s\"; gpudoctor --help lists them", argv[1]);
	return run(cmd, argc - 1, argv + 1);
}
