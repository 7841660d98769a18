/* SPDX-License-Identifier: MIT */
#include "base/version.h"

#include <ctype.h>
#include <string.h>

static bool is_version_char(char c)
{
	return isalnum((unsigned char)c) || c == '~' || c == '-' || c == '^' || c == '.';
}

static bool is_rc(const char *s)
{
	return s[0] == '-' && s[1] == 'r' && s[2] == 'c' && isdigit((unsigned char)s[3]);
}

/* The separator at `s`, with the kernel's "-rcN" read as "~rcN". */
static char separator(const char *s)
{
	return is_rc(s) ? '~' : *s;
}

/* Consumes `c` where both have it; -1/1 where only one has, 2 where neither. */
static int compare_separator(char c, const char **a, const char **b, int when_only_a)
{
	bool in_a = separator(*a) == c;
	bool in_b = separator(*b) == c;

	if (in_a != in_b)
		return in_a ? when_only_a : -when_only_a;
	if (!in_a)
		return 2;
	(*a)++;
	(*b)++;
	return 0;
}

static int compare_numbers(const char **a, const char **b)
{
	size_t na;
	size_t nb;
	int r;

	while (**a == '0')
		(*a)++;
	while (**b == '0')
		(*b)++;
	na = strspn(*a, "0123456789");
	nb = strspn(*b, "0123456789");
	r = na != nb ? (na < nb ? -1 : 1) : strncmp(*a, *b, na);
	*a += na;
	*b += nb;
	return r;
}

static int compare_words(const char **a, const char **b)
{
	while (isalpha((unsigned char)**a) && isalpha((unsigned char)**b)) {
		if (**a != **b)
			return **a < **b ? -1 : 1;
		(*a)++;
		(*b)++;
	}
	return isalpha((unsigned char)**a) ? 1 : isalpha((unsigned char)**b) ? -1 : 0;
}

static void skip_other(const char **s)
{
	while (**s && !is_version_char(**s))
		(*s)++;
}

/* One step of the specification's algorithm; 0 means "equal so far". */
static int compare_step(const char **a, const char **b)
{
	static const struct {
		char c;
		int when_only_a;
	} separators[] = { { '-', -1 }, { '^', -1 }, { '.', -1 } };
	int r = compare_separator('~', a, b, -1);

	if (r != 2)
		return r;
	if (!**a || !**b)
		return **a ? 1 : **b ? -1 : 0;
	for (size_t i = 0; i < GD_COUNT(separators); i++) {
		r = compare_separator(separators[i].c, a, b, separators[i].when_only_a);
		if (r != 2)
			return r;
	}
	if (isdigit((unsigned char)**a) || isdigit((unsigned char)**b)) {
		if (!isdigit((unsigned char)**a))
			return -1;
		if (!isdigit((unsigned char)**b))
			return 1;
		return compare_numbers(a, b);
	}
	return compare_words(a, b);
}

int gd_version_compare(const char *a, const char *b)
{
	for (;;) {
		int r;

		skip_other(&a);
		skip_other(&b);
		if (!*a && !*b)
			return 0;
		r = compare_step(&a, &b);
		if (r)
			return r < 0 ? -1 : 1;
	}
}

bool gd_version_has_prefix(const char *version, const char *pattern)
{
	for (;;) {
		const char *v = version;
		const char *p = pattern;

		if (isdigit((unsigned char)*v) && isdigit((unsigned char)*p)) {
			if (compare_numbers(&v, &p))
				return false;
		} else if (*v != *p || !*v) {
			return false;
		} else {
			v++;
			p++;
		}
		if (!*p)
			return !(isdigit((unsigned char)*v) && isdigit((unsigned char)p[-1]));
		version = v;
		pattern = p;
	}
}

bool gd_version_is_valid(const char *s)
{
	return isdigit((unsigned char)*s);
}
