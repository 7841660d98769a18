/* SPDX-License-Identifier: MIT */
#include "base/env_text.h"

#include <string.h>

#include "base/alloc.h"
#include "base/parse.h"
#include "base/shell_text.h"

static const char blanks[] = " \t\n\r";

void gd_assignments_add(struct gd_assignments *a, const char *name, size_t name_len, const char *value, unsigned line)
{
	GD_GROW(a->items, a->count, a->cap);
	a->items[a->count++] = (struct gd_assignment){
		.name = gd_xstrndup(name, name_len),
		.value = value ? gd_xstrdup(value) : NULL,
		.line = line,
	};
}

void gd_assignments_free(struct gd_assignments *a)
{
	for (size_t i = 0; i < a->count; i++) {
		free(a->items[i].name);
		free(a->items[i].value);
	}
	free(a->items);
	*a = (struct gd_assignments){ 0 };
}

bool gd_is_variable_name(const char *s, size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	static const char digits[] = "0123456789";

	for (size_t i = 0; i < len; i++)
		if (!s[i] || (!strchr(letters, s[i]) && (!i || !strchr(digits, s[i]))))
			return false;
	return len > 0;
}

static void add_valid(struct gd_assignments *a, const char *name, size_t name_len, const char *value, unsigned line)
{
	if (gd_is_variable_name(name, name_len) && (!value || gd_is_utf8(value, strlen(value))))
		gd_assignments_add(a, name, name_len, value, line);
}

/* --------------------------------------------------- systemd's env files -- */

/* A place in a text; a NUL ends it. */
struct cursor {
	const char *s;
	const char *end;
	unsigned line;
};

static char peek(const struct cursor *c)
{
	return c->s < c->end ? *c->s : '\0';
}

static char take(struct cursor *c)
{
	char now = peek(c);

	c->line += now == '\n';
	c->s++;
	return now;
}

static bool is_end_of_line(char c)
{
	return c == '\n' || c == '\r' || c == '\0';
}

/* As systemd has done since release 254; before, a backslash at its end carried a comment on into the next line. */
static void skip_comment(struct cursor *c)
{
	while (!is_end_of_line(peek(c)))
		take(c);
}

static void cut_blanks(struct gd_buf *b, size_t keep)
{
	while (b->len > keep && strchr(blanks, b->data[b->len - 1]))
		b->data[--b->len] = '\0';
}

static void take_single_quoted(struct cursor *c, struct gd_buf *value)
{
	while (peek(c) && peek(c) != '\'')
		gd_buf_putc(value, take(c));
	if (peek(c))
		take(c);
}

/* Only what would be special in a shell loses its backslash; one before a line's end joins the lines. */
static void take_double_quoted(struct cursor *c, struct gd_buf *value)
{
	while (peek(c) && peek(c) != '"') {
		char now = take(c);

		if (now == '\\' && !peek(c))
			return;
		if (now == '\\') {
			now = take(c);
			if (now == '\n')
				continue;
			if (!strchr("\"\\`$", now))
				gd_buf_putc(value, '\\');
		}
		gd_buf_putc(value, now);
	}
	if (peek(c))
		take(c);
}

/* Unquoted text up to the line's end, without the blanks there; what was escaped stays. */
static void take_plain(struct cursor *c, struct gd_buf *value)
{
	size_t keep = value->len;

	while (!is_end_of_line(peek(c))) {
		char now = take(c);

		if (now != '\\') {
			gd_buf_putc(value, now);
			continue;
		}
		now = peek(c);
		if (now)
			take(c);
		if (!is_end_of_line(now))
			gd_buf_putc(value, now);
		keep = value->len;
	}
	cut_blanks(value, keep);
}

/* Quoted pieces may follow each other; the first unquoted character ends that. */
static void take_value(struct cursor *c, struct gd_buf *value)
{
	gd_buf_puts(value, "");
	for (;;) {
		while (peek(c) == ' ' || peek(c) == '\t')
			take(c);
		if (peek(c) == '\'') {
			take(c);
			take_single_quoted(c, value);
		} else if (peek(c) == '"') {
			take(c);
			take_double_quoted(c, value);
		} else {
			take_plain(c, value);
			return;
		}
	}
}

static void parse_env_file(struct gd_assignments *a, const char *text, size_t len)
{
	struct cursor c = { .s = text, .end = text + len, .line = 1 };

	while (peek(&c)) {
		gd_autobuf name = { 0 };
		gd_autobuf value = { 0 };
		unsigned line = c.line;

		if (strchr(blanks, peek(&c))) {
			take(&c);
			continue;
		}
		if (peek(&c) == '#' || peek(&c) == ';') {
			skip_comment(&c);
			continue;
		}
		/* What a name starts with is taken for a part of it, be it the sign. */
		do {
			gd_buf_putc(&name, take(&c));
		} while (!is_end_of_line(peek(&c)) && peek(&c) != '=');
		if (peek(&c) != '=')
			continue;
		take(&c);
		take_value(&c, &value);
		gd_buf_puts(&name, "");
		cut_blanks(&name, 0);
		add_valid(a, name.data, name.len, value.data, line);
	}
}

/* ------------------------------------------------------- lines of others -- */

typedef void take_line(struct gd_assignments *a, char *line, unsigned number);

static void each_line(struct gd_assignments *a, const char *text, size_t len, take_line *f)
{
	unsigned number = 1;

	for (const char *end = text + len; text < end && *text; number++) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		gd_autofree line = gd_xstrndup(text, (size_t)((eol ? eol : end) - text));
		bool whole = strlen(line) == (size_t)((eol ? eol : end) - text);

		f(a, gd_trim(line), number);
		if (!eol || !whole)
			return;
		text = eol + 1;
	}
}

static char *skip_export(char *line)
{
	static const char word[] = "export";
	size_t n = strlen(word);

	if (!strncmp(line, word, n) && (line[n] == ' ' || line[n] == '\t'))
		return line + n + strspn(line + n, " \t");
	return NULL;
}

/* A "#" ends the line wherever it stands, and a quote at the start takes the last one of the value with it. */
static void take_pam_line(struct gd_assignments *a, char *line, unsigned number)
{
	char *exported = skip_export(line);
	char *name = exported ? exported : line;
	char *value;
	size_t n;

	name[strcspn(name, "#")] = '\0';
	value = strchr(name, '=');
	if (!value)
		return;
	n = (size_t)(value - name);
	value = gd_trim(value + 1);
	if (*value == '"' || *value == '\'') {
		size_t last = strlen(++value);

		if (last && (value[last - 1] == '"' || value[last - 1] == '\''))
			value[last - 1] = '\0';
	}
	add_valid(a, name, n, value, number);
}

/* The value of "DEFAULT=" or "OVERRIDE=", quotes taken off; NULL where it is not set. */
static char *pam_option(const char *line, const char *option)
{
	const char *at = strstr(line, option);
	const char *end;

	if (!at || at == line || (at[-1] != ' ' && at[-1] != '\t'))
		return NULL;
	at += strlen(option);
	if (*at != '"')
		return gd_xstrndup(at, strcspn(at, " \t"));
	end = strchr(++at, '"');
	return gd_xstrndup(at, end ? (size_t)(end - at) : strlen(at));
}

static void take_pam_conf_line(struct gd_assignments *a, char *line, unsigned number)
{
	gd_autofree value = NULL;

	if (*line == '#')
		return;
	value = pam_option(line, "OVERRIDE=");
	if (value && !*value) {
		free(value);
		value = NULL;
	}
	if (!value)
		value = pam_option(line, "DEFAULT=");
	if (value)
		add_valid(a, line, strcspn(line, " \t"), strpbrk(value, "$@\\") ? NULL : value, number);
}

static void parse_block(struct gd_assignments *a, const char *text, size_t len)
{
	while (len) {
		size_t n = strnlen(text, len);
		gd_autofree entry = gd_xstrndup(text, n);
		const char *sign = strchr(entry, '=');

		if (sign && sign != entry)
			gd_assignments_add(a, entry, (size_t)(sign - entry), sign + 1, 0);
		text += n + (n < len);
		len -= n + (n < len);
	}
}

void gd_env_parse(struct gd_assignments *a, enum gd_env_syntax syntax, const char *text, size_t len)
{
	switch (syntax) {
	case GD_ENV_FILE:
		parse_env_file(a, text, len);
		break;
	case GD_ENV_PAM:
		each_line(a, text, len, take_pam_line);
		break;
	case GD_ENV_PAM_CONF:
		each_line(a, text, len, take_pam_conf_line);
		break;
	case GD_ENV_SHELL:
		gd_shell_parse(a, text, len);
		break;
	case GD_ENV_BLOCK:
		parse_block(a, text, len);
		break;
	}
}

/* -------------------------------------------------------------- printing -- */

static void put_escaped(const char *value, const char *special, struct gd_buf *out)
{
	for (; *value; value++) {
		if (strchr(special, *value))
			gd_buf_putc(out, '\\');
		gd_buf_putc(out, *value);
	}
}

/* In single quotes, where nothing is special but they themselves. */
static void put_shell_word(const char *value, struct gd_buf *out)
{
	gd_buf_putc(out, '\'');
	for (; *value; value++) {
		if (*value == '\'')
			gd_buf_puts(out, "'\"'\"'");
		else
			gd_buf_putc(out, *value);
	}
	gd_buf_putc(out, '\'');
}

static void print_pam_conf(const char *name, const char *value, struct gd_buf *out)
{
	const char *quote = strchr(value, '"') ? "" : "\"";

	gd_buf_printf(out, "%s %s=%s%s%s", name, *value ? "OVERRIDE" : "DEFAULT", quote, value, quote);
}

static void print_shell(const struct gd_assignment *a, struct gd_buf *out)
{
	if (a->change != GD_CHANGE_SET) {
		gd_buf_printf(out, "%sunset %s", a->change == GD_CHANGE_PERHAPS_UNSET ? ": && " : "", a->name);
		return;
	}
	gd_buf_printf(out, "export %s=", a->name);
	if (a->value)
		put_shell_word(a->value, out);
	else
		gd_buf_putc(out, '$');
}

static void print_one(const struct gd_assignment *a, enum gd_env_syntax syntax, bool first, struct gd_buf *out)
{
	/* What a reader computes stays something that is computed. */
	const char *value = a->value ? a->value : "$";

	switch (syntax) {
	case GD_ENV_FILE:
		gd_buf_printf(out, "%s%s=\"", first ? "" : "\r", a->name);
		put_escaped(value, "\"\\`$", out);
		gd_buf_putc(out, '"');
		break;
	case GD_ENV_PAM:
		gd_buf_printf(out, "%s=\"%s\"", a->name, value);
		break;
	case GD_ENV_PAM_CONF:
		print_pam_conf(a->name, value, out);
		break;
	case GD_ENV_SHELL:
		gd_buf_puts(out, first ? "" : "; ");
		print_shell(a, out);
		break;
	case GD_ENV_BLOCK:
		gd_buf_printf(out, "%s=%s", a->name, value);
		gd_buf_putc(out, '\0');
		break;
	}
}

void gd_env_print(const struct gd_assignments *a, enum gd_env_syntax syntax, struct gd_buf *out)
{
	size_t start = out->len;
	unsigned line = 1;

	for (size_t i = 0; i < a->count; i++) {
		size_t from;

		for (; line < a->items[i].line; line++)
			gd_buf_putc(out, '\n');
		from = out->len;
		print_one(&a->items[i], syntax, from == start || out->data[from - 1] == '\n', out);
		for (; from < out->len; from++)
			line += out->data[from] == '\n';
	}
	if (a->count && syntax != GD_ENV_BLOCK)
		gd_buf_putc(out, '\n');
}
