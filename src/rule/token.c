/* SPDX-License-Identifier: MIT */
#include "rule/token.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

bool gd_token_is(const struct gd_token *t, const char *word)
{
	return t->type == GD_TOK_WORD && t->len == strlen(word) && !strncasecmp(t->at, word, t->len);
}

static size_t word_len(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

/* Numbers as SQL writes them: 12, 1.5, .5, 1e9, 0x1f. */
static size_t number_len(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '.' ||
	       ((s[n] == '+' || s[n] == '-') && n && (s[n - 1] == 'e' || s[n - 1] == 'E')))
		n++;
	return n;
}

/* A string with doubled quotes inside; 0 where it does not end. */
static size_t string_len(const char *s)
{
	size_t n = 1;

	while (s[n]) {
		if (s[n] == '\'' && s[n + 1] == '\'')
			n += 2;
		else if (s[n++] == '\'')
			return n;
	}
	return 0;
}

static size_t operator_len(const char *s)
{
	static const char *const two[] = { "<=", ">=", "<>", "!=", "==", "||", "<<", ">>" };

	for (size_t i = 0; i < GD_COUNT(two); i++)
		if (!strncmp(s, two[i], 2))
			return 2;
	return strchr("<>=+-*/%&|~", *s) ? 1 : 0;
}

int gd_token_next(const char **s, struct gd_token *ret, struct gd_err *err)
{
	const char *p = *s + strspn(*s, " \t\r\n");
	enum gd_token_type type = GD_TOK_END;
	size_t n = 0;

	if (!strncmp(p, "--", 2) || !strncmp(p, "/*", 2))
		return gd_err_set(err, -EINVAL, "a comment inside an expression");
	if (!*p) {
		type = GD_TOK_END;
	} else if (isdigit((unsigned char)*p) || (*p == '.' && isdigit((unsigned char)p[1]))) {
		type = GD_TOK_NUMBER;
		n = number_len(p);
	} else if (isalpha((unsigned char)*p) || *p == '_') {
		type = GD_TOK_WORD;
		n = word_len(p);
	} else if (*p == '\'') {
		type = GD_TOK_STRING;
		n = string_len(p);
		if (!n)
			return gd_err_set(err, -EINVAL, "a quoted text that does not end: %.40s", p);
	} else if (strchr("(),.", *p)) {
		type = *p == '(' ? GD_TOK_OPEN : *p == ')' ? GD_TOK_CLOSE : *p == ',' ? GD_TOK_COMMA : GD_TOK_DOT;
		n = 1;
	} else if (operator_len(p)) {
		type = GD_TOK_OPERATOR;
		n = operator_len(p);
	} else if (*p == '"') {
		return gd_err_set(err, -EINVAL, "text stands in single quotes: 'amdgpu'");
	} else {
		return gd_err_set(err, -EINVAL, "\"%c\" has no place in an expression",
				  isprint((unsigned char)*p) ? *p : '?');
	}
	*ret = (struct gd_token){ .type = type, .at = p, .len = n };
	*s = p + n;
	return 0;
}
