/* SPDX-License-Identifier: MIT */
/*
 * Texts that set variables. The first byte says of which kind. What is left of
 * one must say the same of the variables of the list, in the same lines, hold no
 * other variable, and not change when it is taken once more. What is left of the
 * maps of a process is a line for each library.
 */
#include <string.h>

#include "base/env_text.h"
#include "base/unit_text.h"
#include "host/variables.h"
#include "tests/fuzz/fuzz.h"

static const char *const seeds[] = { "tests/fuzz/seeds/settings/*", NULL };
static const char *const words[] = {
	"HSA_XNACK=", "TOKEN=", "Environment=", "\nEnvironment=\n", "UnsetEnvironment=", "[Service]\n", "[",
	"export ",    " OVERRIDE=", " DEFAULT=", "\\\n", "\\x", "\"", "'", "\n# ", "%%", "$", "\r", "\\", ";",
	" ", "/lib.so", " (deleted)\n", NULL,
};
const struct gd_fuzz_target gd_fuzz_target = { .name = "settings", .seeds = seeds, .words = words, .runs = 20000 };

/* "LINE NAME=VALUE" of the variables of the list. */
static void describe_variables(enum gd_env_syntax syntax, const char *text, size_t len, bool strict, struct gd_buf *out)
{
	gd_auto_assignments all = { 0 };

	gd_env_parse(&all, syntax, text, len);
	gd_buf_puts(out, "");
	for (size_t i = 0; i < all.count; i++) {
		const struct gd_assignment *a = &all.items[i];
		bool kept = gd_variable_is_kept(a->name, strlen(a->name));

		FUZZ_ASSERT(kept || !strict, "%s is left", a->name);
		if (kept)
			gd_buf_printf(out, "%u %s=%s\n", a->line, a->name, a->value ? a->value : "(computed)");
	}
}

static void describe_words(const struct gd_unit_line *line, bool strict, struct gd_buf *out)
{
	gd_autobuf word = { 0 };
	const char *at = line->value;

	/* A reset. */
	if (!*at)
		gd_buf_printf(out, "%u %s\n", line->line, line->key);
	while (gd_unit_word(&at, &word) > 0) {
		bool kept = gd_variable_is_kept(word.data, strcspn(word.data, "="));

		FUZZ_ASSERT(kept || !strict, "%s is left", word.data);
		if (kept)
			gd_buf_printf(out, "%u %s %s\n", line->line, line->key, word.data);
	}
}

static void describe_unit(const char *text, size_t len, bool strict, struct gd_buf *out)
{
	gd_auto_unit_lines u = { 0 };

	gd_unit_parse(&u, text, len);
	gd_buf_puts(out, "");
	for (size_t i = 0; i < u.count; i++) {
		const struct gd_unit_line *line = &u.items[i];

		if (line->key && !strcmp(line->section, "Service") &&
		    (!strcmp(line->key, "Environment") || !strcmp(line->key, "UnsetEnvironment")))
			describe_words(line, strict, out);
	}
	gd_buf_printf(out, "broken %u\n", u.broken_line);
}

/* How often the first line of `line` stands in `text`. */
static size_t count_line(const char *text, const char *line)
{
	size_t len = strcspn(line, "\n") + 1;
	size_t count = 0;

	for (; *text; text += strcspn(text, "\n") + 1)
		count += !strncmp(text, line, len);
	return count;
}

static void check_maps(const char *text, size_t len, const struct gd_buf *left)
{
	static const char start[] = "0-0 r--p 0 0:0 0 ";

	for (const char *at = gd_buf_peek(left); *at; at += strcspn(at, "\n") + 1) {
		const char *path = at + strlen(start);
		size_t n = strcspn(at, "\n") - strlen(start);

		FUZZ_ASSERT(!strncmp(at, start, strlen(start)) && *path == '/', "a line is left: %s", at);
		FUZZ_ASSERT(memmem(path, n, ".so", 3), "no library is left: %s", path);
		FUZZ_ASSERT(memmem(text, len, path, n), "a path is new: %s", path);
		FUZZ_ASSERT(count_line(gd_buf_peek(left), at) == 1, "a path is left twice: %s", path);
	}
}

static const struct {
	char letter;
	enum gd_settings_form form;
	enum gd_env_syntax syntax;
} kinds[] = {
	{ 'f', GD_SETTINGS_ENV_FILE, GD_ENV_FILE }, { 'p', GD_SETTINGS_PAM, GD_ENV_PAM },
	{ 'c', GD_SETTINGS_PAM_CONF, GD_ENV_PAM_CONF }, { 's', GD_SETTINGS_SHELL, GD_ENV_SHELL },
	{ 'e', GD_SETTINGS_ENVIRON, GD_ENV_BLOCK }, { 'm', GD_SETTINGS_MAPS, GD_ENV_FILE },
	{ 'a', GD_SETTINGS_ARGS, GD_ENV_BLOCK },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum gd_settings_form form = GD_SETTINGS_UNIT;
	enum gd_env_syntax syntax = GD_ENV_FILE;
	const char *text = (const char *)data + 1;
	gd_autobuf once = { 0 };
	gd_autobuf twice = { 0 };
	gd_autobuf before = { 0 };
	gd_autobuf after = { 0 };

	if (!size--)
		return 0;
	for (size_t i = 0; i < GD_COUNT(kinds); i++)
		if (kinds[i].letter == (char)data[0]) {
			form = kinds[i].form;
			syntax = kinds[i].syntax;
		}
	gd_settings_strip(form, text, size, &once);
	gd_settings_strip(form, gd_buf_peek(&once), once.len, &twice);
	FUZZ_ASSERT(once.len == twice.len && !memcmp(gd_buf_peek(&once), gd_buf_peek(&twice), once.len),
		    "it changes the second time: \"%s\", \"%s\"", gd_buf_peek(&once), gd_buf_peek(&twice));
	if (form == GD_SETTINGS_MAPS) {
		check_maps(text, size, &once);
		return 0;
	}
	if (form == GD_SETTINGS_ARGS)
		return 0;
	if (form == GD_SETTINGS_UNIT) {
		describe_unit(text, size, false, &before);
		describe_unit(gd_buf_peek(&once), once.len, true, &after);
	} else {
		describe_variables(syntax, text, size, false, &before);
		describe_variables(syntax, gd_buf_peek(&once), once.len, true, &after);
	}
	FUZZ_ASSERT(!strcmp(before.data, after.data), "it says something else:\n%sand\n%s", before.data, after.data);
	return 0;
}
