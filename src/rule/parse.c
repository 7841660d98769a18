/* SPDX-License-Identifier: MIT */
/*
 * From the text of a rule file to rules. inih reads one section at a time, so
 * that a fault in one section leaves the others alone.
 */
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/parse.h"
#include "rule/rule.h"

/* inih's line buffer, as distributions build it, is 200 bytes with its end. */
enum { MAX_LINE_BYTES = 197, MAX_NAME_BYTES = 64, MAX_VALUE_BYTES = 8192 };

struct section {
	struct gd_rule *rule;
	const char *next; /* the text not yet given to inih */
	const char *end;
	unsigned line; /* of the line last given */
	bool continued; /* that line starts with a blank */
	bool severity_seen;
	struct gd_err err;
	int error;
};

static int fault(struct section *s, const char *what, const char *about)
{
	if (!s->error)
		s->error = gd_err_set(&s->err, -EINVAL, "%s:%u: [%s] %s%s%.80s", s->rule->file, s->line,
				      s->rule->name ? s->rule->name : "", what, about ? ": " : "", about ? about : "");
	return 0; /* inih's word for an error */
}

/* Gives inih the next line of the section, and keeps count. */
static char *next_line(char *line, int size, void *arg)
{
	struct section *s = arg;
	const char *eol;
	size_t n;

	if (s->next >= s->end)
		return NULL;
	eol = memchr(s->next, '\n', (size_t)(s->end - s->next));
	n = (size_t)((eol ? eol + 1 : s->end) - s->next);
	s->line++;
	s->continued = isblank((unsigned char)*s->next);
	if (n > MAX_LINE_BYTES || n >= (size_t)size) {
		fault(s, "a line of more than 196 bytes; continue it on the next line, behind a blank", NULL);
		n = 1;
		s->next = s->end;
		line[0] = '\n';
	} else {
		memcpy(line, s->next, n);
		s->next += n;
	}
	line[n] = '\0';
	return line;
}

static bool is_rule_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n && n <= MAX_NAME_BYTES && !s[n] && s[0] != '-';
}

/* One line a value, or several with a newline between them. */
static int set_text(struct section *s, char **field, const char *key, const char *value)
{
	char *joined;

	if (*field && !s->continued)
		return fault(s, "given twice", key);
	if (*field && strlen(*field) + strlen(value) > MAX_VALUE_BYTES)
		return fault(s, "longer than 8 KiB", key);
	joined = *field ? gd_xasprintf("%s %s", *field, value) : gd_xstrdup(value);
	free(*field);
	*field = joined;
	return 1;
}

static int set_severity(struct section *s, const char *value)
{
	if (s->severity_seen)
		return fault(s, "given twice", "severity");
	s->severity_seen = true;
	for (int i = 0; i < GD_SEVERITY_COUNT; i++)
		if (!strcmp(gd_severity_name_peek((enum gd_severity)i), value)) {
			s->rule->severity = (enum gd_severity)i;
			return 1;
		}
	return fault(s, "severity is error, warning, advice or info, not", value);
}

static int add_fix(struct section *s, const char *value)
{
	struct gd_rule *rule = s->rule;
	size_t n = strcspn(value, " \t");

	if (s->continued && rule->fix_count)
		return set_text(s, &rule->fixes[rule->fix_count - 1].text, "fix", value);
	for (int i = 0; i < GD_FIX_KIND_COUNT; i++) {
		const char *name = gd_fix_kind_name_peek((enum gd_fix_kind)i);

		if (strlen(name) != n || strncmp(name, value, n))
			continue;
		if (!value[n] || !value[n + strspn(value + n, " \t")])
			return fault(s, "a fix says KIND and TEXT", value);
		GD_GROW(rule->fixes, rule->fix_count, rule->fix_cap);
		rule->fixes[rule->fix_count++] = (struct gd_fix){
			.kind = (enum gd_fix_kind)i,
			.text = gd_xstrdup(value + n + strspn(value + n, " \t")),
		};
		return 1;
	}
	return fault(s, "not a kind of fix", value);
}

static int take_pair(void *arg, const char *section, const char *key, const char *value)
{
	struct section *s = arg;
	struct gd_rule *r = s->rule;
	const struct {
		const char *key;
		char **field;
	} fields[] = {
		{ "title", &r->title }, { "on", &r->on },	    { "when", &r->when },   { "problem", &r->problem },
		{ "says", &r->says },	{ "because", &r->because }, { "valid", &r->valid },
	};

	(void)section;
	if (s->error)
		return 0;
	if (!*value)
		return fault(s, "has no value", key);
	for (size_t i = 0; i < GD_COUNT(fields); i++)
		if (!strcmp(fields[i].key, key))
			return set_text(s, fields[i].field, key, value);
	if (!strcmp(key, "severity"))
		return set_severity(s, value);
	if (!strcmp(key, "fix"))
		return add_fix(s, value);
	if (strcmp(key, "see"))
		return fault(s, "not a key of a rule", key);
	if (s->continued && r->see.count)
		return set_text(s, &r->see.items[r->see.count - 1], key, value);
	gd_strv_add(&r->see, value);
	return 1;
}

static void check_complete(struct section *s)
{
	const struct {
		const char *key;
		bool given;
	} needed[] = {
		{ "title", s->rule->title },	  { "on", s->rule->on },     { "problem", s->rule->problem },
		{ "severity", s->severity_seen }, { "says", s->rule->says },
	};

	for (size_t i = 0; i < GD_COUNT(needed); i++)
		if (!needed[i].given)
			fault(s, "the key is missing", needed[i].key);
}

/* Puts the rule in the place of one with its name and an earlier origin, or at the end. */
static void put(struct gd_ruleset *set, struct gd_rule *rule)
{
	for (size_t i = 0; i < set->count; i++) {
		struct gd_rule *old = set->rules[i];

		if (strcmp(old->name, rule->name))
			continue;
		if (old->origin == rule->origin && !strcmp(old->file, rule->file)) {
			gd_autofree e = gd_xasprintf("%s:%u: [%s] stands at line %u already", rule->file, rule->line,
						     rule->name, old->line);

			gd_strv_add(&set->errors, e);
			gd_rule_free(rule);
			return;
		}
		rule->overridden = old;
		set->rules[i] = rule;
		return;
	}
	GD_GROW(set->rules, set->count, set->cap);
	set->rules[set->count++] = rule;
}

static bool is_header(const char *line)
{
	return *line == '[';
}

static void add_section(struct gd_ruleset *set, const char *file, enum gd_origin origin, unsigned line,
			const char *start, const char *end)
{
	struct gd_rule *rule = gd_xcalloc(1, sizeof(*rule));
	struct section s = { .rule = rule, .next = start, .end = end, .line = line - 1 };
	const char *eol = memchr(start, '\n', (size_t)(end - start));
	const char *close = memchr(start, ']', (size_t)((eol ? eol : end) - start));
	gd_autofree name = gd_xstrndup(start + 1, close ? (size_t)(close - start) - 1 : 0);
	int r;

	rule->file = gd_xstrdup(file);
	rule->line = line;
	rule->origin = origin;
	rule->name = gd_xstrdup(gd_trim(name));
	r = ini_parse_stream(next_line, &s, take_pair, &s);
	if (r > 0 && !s.error) {
		s.line = line - 1 + (unsigned)r;
		fault(&s, "neither KEY = VALUE nor a comment", NULL);
	}
	s.line = line;
	if (!s.error && !is_rule_name(rule->name))
		fault(&s, "a rule's name is made of a-z, 0-9 and -", NULL);
	if (!s.error)
		check_complete(&s);
	if (!s.error) {
		put(set, rule);
		return;
	}
	gd_strv_add(&set->errors, s.err.text);
	gd_rule_free(rule);
}

void gd_ruleset_add_text(struct gd_ruleset *set, const char *file, enum gd_origin origin, const char *text, size_t len)
{
	const char *end = text + len;
	const char *start = NULL;
	unsigned start_line = 0;
	unsigned line = 1;

	if (!gd_is_text(text, len)) {
		gd_autofree e = gd_xasprintf("%s: holds bytes that are no text", file);

		gd_strv_add(&set->errors, e);
		return;
	}
	for (const char *p = text; p < end; line++) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));

		if (is_header(p)) {
			if (start)
				add_section(set, file, origin, start_line, start, p);
			start = p;
			start_line = line;
		} else if (!start && !strchr("#;\r\n", *p)) {
			gd_autofree e = gd_xasprintf("%s:%u: text before the first [section]", file, line);

			gd_strv_add(&set->errors, e);
			return;
		}
		p = eol ? eol + 1 : end;
	}
	if (start)
		add_section(set, file, origin, start_line, start, end);
}
