/* SPDX-License-Identifier: MIT */
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"

static const char *skip_space(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

int gd_parse_u64(const char *s, int base, uint64_t *ret)
{
	char *end;
	unsigned long long v;

	s = skip_space(s);
	if (!isxdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	v = strtoull(s, &end, base);
	if (end == s || *skip_space(end))
		return -EINVAL;
	if (errno)
		return -ERANGE;
	*ret = v;
	return 0;
}

int gd_parse_i64(const char *s, int base, int64_t *ret)
{
	char *end;
	long long v;

	s = skip_space(s);
	if (!isxdigit((unsigned char)*s) && !(*s == '-' && isxdigit((unsigned char)s[1])))
		return -EINVAL;
	errno = 0;
	v = strtoll(s, &end, base);
	if (end == s || *skip_space(end))
		return -EINVAL;
	if (errno)
		return -ERANGE;
	*ret = v;
	return 0;
}

int gd_parse_real(const char *s, double *ret)
{
	char *end;
	double v;

	s = skip_space(s);
	if (!isdigit((unsigned char)*s) && !(*s == '-' && isdigit((unsigned char)s[1])))
		return -EINVAL;
	errno = 0;
	v = strtod(s, &end);
	if (end == s || *skip_space(end))
		return -EINVAL;
	if (errno || !isfinite(v))
		return -ERANGE;
	*ret = v;
	return 0;
}

char *gd_trim(char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}

char *gd_line_value(const char *text, const char *key, const char *seps)
{
	size_t klen = strlen(key);

	while (text && *text) {
		const char *eol = strchr(text, '\n');
		size_t len = eol ? (size_t)(eol - text) : strlen(text);

		if (len > klen && !strncmp(text, key, klen) && strchr(seps, text[klen])) {
			gd_autofree line = gd_xstrndup(text + klen, len - klen);
			size_t skip = strspn(line, seps);

			return gd_xstrdup(gd_trim(line + skip));
		}
		text = eol ? eol + 1 : NULL;
	}
	return NULL;
}

static int parse_number(const char **s, unsigned *ret)
{
	char *end;
	unsigned long v;

	if (!isdigit((unsigned char)**s))
		return -EINVAL;
	errno = 0;
	v = strtoul(*s, &end, 10);
	if (errno || v > UINT32_MAX)
		return -ERANGE;
	*ret = (unsigned)v;
	*s = end;
	return 0;
}

int gd_parse_list(const char *s, unsigned limit, void (*f)(unsigned, void *), void *arg)
{
	s = skip_space(s);
	while (*s) {
		unsigned first;
		unsigned last;
		int r = parse_number(&s, &first);

		if (r < 0)
			return r;
		last = first;
		if (*s == '-') {
			s++;
			r = parse_number(&s, &last);
			if (r < 0)
				return r;
		}
		if (last < first)
			return -EINVAL;
		if (last - first >= limit)
			return -E2BIG;
		limit -= last - first + 1;
		for (unsigned i = first; i - first <= last - first; i++)
			f(i, arg);
		s = skip_space(s);
		if (*s == ',')
			s++;
		else if (*s)
			return -EINVAL;
	}
	return 0;
}

static void count_one(unsigned n, void *arg)
{
	unsigned *count = arg;

	(void)n;
	(*count)++;
}

int gd_count_list(const char *s, unsigned limit, unsigned *ret)
{
	unsigned count = 0;
	int r = gd_parse_list(s, limit, count_one, &count);

	if (r < 0)
		return r;
	*ret = count;
	return 0;
}

/* Length of one UTF-8 sequence, or 0 where it is malformed. */
static size_t utf8_len(const unsigned char *p, size_t left)
{
	size_t n = *p >= 0xf0 && *p < 0xf5 ? 4 : *p >= 0xe0 && *p < 0xf0 ? 3 : *p >= 0xc2 && *p < 0xe0 ? 2 : 0;

	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] >= 0xa0) || (*p == 0xf0 && p[1] < 0x90) ||
	    (*p == 0xf4 && p[1] >= 0x90))
		return 0;
	return n;
}

bool gd_is_utf8(const char *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t n = (unsigned char)data[at] < 0x80 ? 1 : utf8_len((const unsigned char *)data + at, len - at);

		if (!n)
			return false;
		at += n;
	}
	return true;
}

bool gd_is_text(const char *data, size_t len)
{
	const unsigned char *p = (const unsigned char *)data;

	while (len) {
		size_t n = 1;

		if (*p >= 0x80)
			n = utf8_len(p, len);
		else if (*p < 0x20 ? !isspace(*p) : *p == 0x7f)
			n = 0;
		if (!n)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

void gd_repair_text(char *s)
{
	while (*s) {
		size_t left = strnlen(s, 4);
		size_t n = (unsigned char)*s < 0x80 ? 1 : utf8_len((const unsigned char *)s, left);

		if (!n)
			*s = '?';
		s += n ? n : 1;
	}
}

bool gd_starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}
