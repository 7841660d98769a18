/* SPDX-License-Identifier: MIT */
#include "probes/unit_file.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/env_text.h"
#include "base/parse.h"
#include "base/unit_text.h"

/* -------------------------------------------------------------- settings -- */

bool gd_settings_add(struct gd_settings *s, const char *name, const char *value, const char *file, unsigned line)
{
	if (s->count == GD_SETTINGS_MAX)
		return false;
	GD_GROW(s->items, s->count, s->cap);
	s->items[s->count++] = (struct gd_setting){
		.name = gd_xstrdup(name),
		.value = value ? gd_xstrdup(value) : NULL,
		.file = gd_xstrdup(file),
		.line = line,
	};
	return true;
}

void gd_settings_conclude(struct gd_settings *s)
{
	for (size_t i = 0; i < s->count; i++) {
		bool last = !s->items[i].cleared;

		for (size_t k = i + 1; last && k < s->count; k++)
			last = s->items[k].cleared || strcmp(s->items[i].name, s->items[k].name) != 0;
		s->items[i].in_effect = last;
	}
}

void gd_settings_free(struct gd_settings *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->items[i].name);
		free(s->items[i].value);
		free(s->items[i].file);
	}
	free(s->items);
	*s = (struct gd_settings){ 0 };
}

/* ------------------------------------------------------------ specifiers -- */

enum resolved { RESOLVED, COMPUTED, REFUSED };

/* Undoes "%%", and a "%" at the very end is itself. What the others stand for, systemd knows at run time. */
static enum resolved resolve(const char *word, struct gd_buf *out)
{
	static const char specifiers[] = "aAbBCdDEfgGhHiIjJlLmMnNopPqsStTuUvVwWyY";
	enum resolved result = RESOLVED;

	gd_buf_puts(out, "");
	for (; *word; word++) {
		if (*word == '%' && word[1] == '%') {
			word++;
		} else if (*word == '%' && word[1]) {
			if (!strchr(specifiers, word[1]))
				return REFUSED;
			result = COMPUTED;
		}
		gd_buf_putc(out, *word);
	}
	return result;
}

/* --------------------------------------------------------------- reading -- */

struct reader {
	struct gd_host *host;
	struct gd_unit *unit;
	const char *file;
	size_t own; /* where the unit's own settings start, behind its manager's */
	struct gd_strv unset;
	struct gd_settings passed;
};

/* The first thing that could not be read is enough to say. */
static void note_unread(struct gd_unit *u, const char *path, int error)
{
	if (u->unread)
		return;
	u->unread = gd_xstrdup(path);
	u->unread_error = error;
}

static void add(struct reader *r, const char *name, const char *value, const char *file, unsigned line)
{
	if (!gd_settings_add(&r->unit->settings, name, value, file, line))
		note_unread(r->unit, file, -EFBIG);
}

bool gd_unit_add_assignments(struct gd_settings *s, const char *value, const char *file, unsigned line)
{
	gd_autobuf word = { 0 };
	bool room = true;

	while (gd_unit_word(&value, &word) > 0) {
		gd_autobuf text = { 0 };
		enum resolved result = resolve(word.data, &text);
		size_t n = strcspn(text.data, "=");

		/* What is no assignment is passed over, and the rest of the line is read. */
		if (result == REFUSED || text.data[n] != '=' || !gd_is_variable_name(text.data, n) ||
		    !gd_is_utf8(text.data, text.len))
			continue;
		text.data[n] = '\0';
		room &= gd_settings_add(s, text.data, result == RESOLVED ? text.data + n + 1 : NULL, file, line);
	}
	return room;
}

static void take_environment(struct reader *r, const char *value, unsigned line)
{
	struct gd_settings *s = &r->unit->settings;

	for (size_t i = r->own; !*value && i < s->count; i++)
		s->items[i].cleared = true;
	if (!gd_unit_add_assignments(s, value, r->file, line))
		note_unread(r->unit, r->file, -EFBIG);
}

/* Names alone; what the manager has there, only it knows. */
static void take_passed(struct reader *r, const char *value, unsigned line)
{
	gd_autobuf word = { 0 };

	if (!*value)
		gd_settings_free(&r->passed);
	while (gd_unit_word(&value, &word) > 0)
		if (gd_is_variable_name(word.data, word.len))
			gd_settings_add(&r->passed, word.data, NULL, r->file, line);
}

static void take_environment_file(struct reader *r, const char *value, unsigned line)
{
	(void)line;
	if (*value)
		gd_strv_add(&r->unit->environment_files, value);
	else
		gd_strv_free(&r->unit->environment_files);
}

static void take_unset(struct reader *r, const char *value, unsigned line)
{
	gd_autobuf word = { 0 };

	(void)line;
	if (!*value)
		gd_strv_free(&r->unset);
	while (gd_unit_word(&value, &word) > 0) {
		gd_autobuf text = { 0 };

		if (resolve(word.data, &text) == RESOLVED)
			gd_strv_add(&r->unset, text.data);
	}
}

/* The first of several commands, without what says how it is to be started. */
static void take_program(struct reader *r, const char *value, unsigned line)
{
	struct gd_unit *u = r->unit;
	gd_autobuf word = { 0 };
	gd_autobuf text = { 0 };

	(void)line;
	if (!*value) {
		free(u->program);
		u->program = NULL;
	}
	if (u->program || gd_unit_word(&value, &word) <= 0 || resolve(word.data, &text) != RESOLVED)
		return;
	u->program = gd_xstrdup(text.data + strspn(text.data, "@-:+!"));
}

static void take_line(struct reader *r, const struct gd_unit_line *line)
{
	static const struct {
		const char *key;
		void (*take)(struct reader *r, const char *value, unsigned line);
	} keys[] = {
		{ "Environment", take_environment },
		{ "EnvironmentFile", take_environment_file },
		{ "ExecStart", take_program },
		{ "PassEnvironment", take_passed },
		{ "UnsetEnvironment", take_unset },
	};

	if (!line->key || strcmp(line->section, "Service") != 0)
		return;
	for (size_t i = 0; i < GD_COUNT(keys); i++)
		if (!strcmp(line->key, keys[i].key))
			keys[i].take(r, line->value, line->line);
}

/* Whether it may be written down is known when the whole unit is. The text is borrowed. */
static int read_text(struct reader *r, const char *path, enum gd_settings_form form, const struct gd_buf **ret)
{
	struct gd_unit *u = r->unit;
	struct gd_unit_text one = { .path = gd_xstrdup(path), .environment = form == GD_SETTINGS_ENV_FILE };

	one.error = gd_host_peek_settings(r->host, path, form, &one.text);
	GD_GROW(u->texts, u->text_count, u->text_cap);
	u->texts[u->text_count] = one;
	*ret = &u->texts[u->text_count++].text;
	return one.error;
}

/* A link to /dev/null, or nothing at all, hides what has the same name in the folders behind. */
static bool is_masked(struct gd_host *h, const char *path)
{
	gd_autofree real = NULL;

	return gd_host_resolve(h, path, &real) == 0 && !strcmp(real, "/dev/null");
}

/* Returns whether there is anything in it. */
static bool read_file(struct reader *r, const char *path, bool fragment)
{
	gd_auto_unit_lines lines = { 0 };
	const struct gd_buf *text;
	int error;

	if (is_masked(r->host, path))
		return false;
	error = read_text(r, path, GD_SETTINGS_UNIT, &text);
	if (error < 0) {
		note_unread(r->unit, path, error);
		return true;
	}
	gd_unit_parse(&lines, gd_buf_peek(text), text->len);
	r->file = path;
	/* Of a drop-in systemd takes what stands before the fault, a unit it refuses. */
	r->unit->broken |= fragment && lines.broken_line;
	for (size_t i = 0; i < lines.count; i++)
		take_line(r, &lines.items[i]);
	return text->len > 0;
}

static void read_environment_file(struct reader *r, const char *path)
{
	gd_auto_assignments all = { 0 };
	const struct gd_buf *text = NULL;
	bool optional = *path == '-';
	int error;

	path += optional;
	if (*path != '/')
		return;
	error = strpbrk(path, "%*?[") ? -EOPNOTSUPP
				      : read_text(r, path, GD_SETTINGS_ENV_FILE, &text);
	if (error < 0 && !gd_host_is_absence(error)) {
		r->unit->unread_is_environment |= !r->unit->unread;
		note_unread(r->unit, path, error);
	}
	if (error >= 0)
		gd_env_parse(&all, GD_ENV_FILE, gd_buf_peek(text), text->len);
	for (size_t i = 0; i < all.count; i++)
		add(r, all.items[i].name, all.items[i].value, path, all.items[i].line);
}

/* "NAME" takes a variable away, "NAME=VALUE" only where it has that value. */
static void apply_unset(struct reader *r)
{
	struct gd_settings *s = &r->unit->settings;

	for (size_t i = 0; i < s->count; i++) {
		struct gd_setting *one = &s->items[i];
		gd_autofree assignment = one->value ? gd_xasprintf("%s=%s", one->name, one->value) : NULL;

		if (one->in_effect && (gd_strv_has(&r->unset, one->name) ||
				       (assignment && gd_strv_has(&r->unset, assignment))))
			one->in_effect = false;
	}
}

static bool is_set(const struct gd_settings *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (!s->items[i].cleared && !strcmp(s->items[i].name, name))
			return true;
	return false;
}

/* What the unit sets itself wins over what is passed on. */
static void add_passed(struct reader *r)
{
	for (size_t i = 0; i < r->passed.count; i++) {
		const struct gd_setting *one = &r->passed.items[i];

		if (!is_set(&r->unit->settings, one->name))
			add(r, one->name, NULL, one->file, one->line);
	}
	gd_settings_free(&r->passed);
}

static void add_base(struct reader *r, const struct gd_settings *base)
{
	for (size_t i = 0; base && i < base->count; i++)
		add(r, base->items[i].name, base->items[i].value, base->items[i].file, base->items[i].line);
}

void gd_unit_read(struct gd_host *h, const struct gd_unit_dirs *d, const char *name, const struct gd_settings *base,
		  struct gd_unit *ret)
{
	struct reader r = { .host = h, .unit = ret };
	gd_autofree unlisted = NULL;
	int error;

	add_base(&r, base);
	r.own = ret->settings.count;
	ret->fragment = gd_unit_fragment(d, name);
	ret->masked = ret->fragment && !read_file(&r, ret->fragment, true);
	error = gd_unit_drop_ins(h, d, name, &ret->drop_ins, &unlisted);
	if (error < 0)
		note_unread(ret, unlisted, error);
	for (size_t i = 0; i < ret->drop_ins.count; i++)
		read_file(&r, ret->drop_ins.items[i], false);
	/* They win over Environment=, wherever they are named. */
	for (size_t i = 0; i < ret->environment_files.count; i++)
		read_environment_file(&r, ret->environment_files.items[i]);
	add_passed(&r);
	gd_settings_conclude(&ret->settings);
	apply_unset(&r);
	gd_strv_free(&r.unset);
}

void gd_unit_keep(struct gd_host *h, const struct gd_unit *u, bool wanted)
{
	for (size_t i = 0; i < u->text_count; i++) {
		const struct gd_unit_text *one = &u->texts[i];

		/* Where the rest of the unit is not known, nobody asks for these. */
		if (wanted || !one->environment)
			gd_host_keep_settings(h, one->path, one->error, wanted ? &one->text : NULL);
	}
}

void gd_unit_free(struct gd_unit *u)
{
	for (size_t i = 0; i < u->text_count; i++) {
		free(u->texts[i].path);
		gd_buf_free(&u->texts[i].text);
	}
	free(u->texts);
	free(u->fragment);
	free(u->program);
	free(u->unread);
	gd_strv_free(&u->drop_ins);
	gd_strv_free(&u->environment_files);
	gd_settings_free(&u->settings);
	*u = (struct gd_unit){ 0 };
}
