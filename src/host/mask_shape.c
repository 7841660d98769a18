/* SPDX-License-Identifier: MIT */
#include "host/mask_shape.h"

#include <arpa/inet.h>
#include <string.h>

bool gd_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

char gd_to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool gd_is_hex(char c)
{
	return gd_is_digit(c) || (gd_to_lower(c) >= 'a' && gd_to_lower(c) <= 'f');
}

bool gd_is_alnum(char c)
{
	return gd_is_digit(c) || (gd_to_lower(c) >= 'a' && gd_to_lower(c) <= 'z');
}

size_t gd_hex_run(const char *p, size_t len, size_t max)
{
	size_t n = 0;

	while (n < len && n < max && gd_is_hex(p[n]))
		n++;
	return n;
}

size_t gd_shape_uuid(const char *p, size_t len, char ret_digits[33])
{
	static const size_t groups[] = { 8, 4, 4, 4, 12 };
	size_t at = 0;
	size_t digits = 0;

	for (size_t g = 0; g < GD_COUNT(groups); g++) {
		if (g) {
			size_t sep = at < len && p[at] == '-'			    ? 1
				     : len - at >= 4 && !memcmp(p + at, "\\x2d", 4) ? 4
										    : 0;

			if (!sep)
				return 0;
			at += sep;
		}
		if (gd_hex_run(p + at, len - at, groups[g]) != groups[g])
			return 0;
		for (size_t i = 0; i < groups[g]; i++)
			ret_digits[digits++] = gd_to_lower(p[at + i]);
		at += groups[g];
	}
	ret_digits[digits] = '\0';
	return at < len && gd_is_alnum(p[at]) ? 0 : at;
}

static bool is_pair(const char *p, size_t len)
{
	if (gd_hex_run(p, len, 2) != 2 || (len > 2 && (gd_is_alnum(p[2]) || p[2] == '_')))
		return false;
	return len < 4 || p[2] != '.' || !gd_is_alnum(p[3]); /* 10.0.0.1 */
}

size_t gd_shape_mac(const char *p, size_t len)
{
	size_t at = 0;
	size_t pairs = 0;

	/* A colon that no pair follows is the sentence's own. */
	while (is_pair(p + at + (pairs != 0), len - at - (pairs != 0))) {
		at += pairs ? 3 : 2;
		pairs++;
		if (at >= len || p[at] != ':')
			break;
	}
	return pairs < 6 ? 0 : at;
}

/* The four octets alone, whatever follows. */
static size_t octets(const char *p, size_t len, uint8_t ret[4])
{
	size_t at = 0;

	for (size_t g = 0; g < 4; g++) {
		unsigned v = 0;
		size_t n = 0;

		if (g && (at >= len || p[at++] != '.'))
			return 0;
		for (; at < len && gd_is_digit(p[at]) && n < 4; n++)
			v = v * 10 + (unsigned)(p[at++] - '0');
		if (!n || n > 3 || v > 255 || (n > 1 && p[at - n] == '0'))
			return 0;
		ret[g] = (uint8_t)v;
	}
	return at;
}

size_t gd_shape_ipv4(const char *p, size_t len, uint8_t ret[4])
{
	uint8_t other[4];
	size_t n = octets(p, len, ret);
	char next = n < len ? p[n] : '\0';
	char after = n + 1 < len ? p[n + 1] : '\0';

	if (!n || gd_is_alnum(next) || next == '_' || next == '~' || next == '+' || (next == '.' && gd_is_alnum(after)))
		return 0;
	/* 1.2.3.4-1 is a package's version, 10.0.0.1-10.0.0.9 a range. */
	if (next == '-' && gd_is_alnum(after) && !octets(p + n + 1, len - n - 1, other))
		return 0;
	return n;
}

/* a::b is a name in C++; an address has a digit, or more groups. */
static bool is_plausible(const char *text)
{
	size_t groups = 0;

	if (!strcmp(text, "::"))
		return true;
	for (const char *c = text; *c; c++) {
		if (gd_is_digit(*c))
			return true;
		groups += *c != ':' && (c == text || c[-1] == ':');
	}
	return groups >= 3;
}

size_t gd_shape_ipv6(const char *p, size_t len, uint8_t ret[16])
{
	char text[INET6_ADDRSTRLEN];
	size_t n = 0;
	size_t colons = 0;

	while (n < len && n < sizeof(text) && (gd_is_hex(p[n]) || p[n] == ':'))
		colons += p[n++] == ':';
	if (colons < 2 || n >= sizeof(text))
		return 0;
	if (n < len && (gd_is_alnum(p[n]) || p[n] == '_' || (p[n] == '.' && n + 1 < len && gd_is_alnum(p[n + 1]))))
		return 0;
	if (p[n - 1] == ':' && (p[n - 2] != ':' || (n > 2 && p[n - 3] == ':')))
		n--; /* the sentence's own */
	memcpy(text, p, n);
	text[n] = '\0';
	return is_plausible(text) && inet_pton(AF_INET6, text, ret) == 1 ? n : 0;
}
