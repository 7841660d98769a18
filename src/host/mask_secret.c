/* SPDX-License-Identifier: MIT */
/* Values whose name says that they are secret, or a serial number. */
#include <string.h>

#include "host/mask_scan.h"
#include "host/mask_shape.h"

enum kind { KIND_NONE, KIND_SECRET, KIND_KEY, KIND_SERIAL, KIND_VOLUME };

static const char masked[] = "masked";

bool gd_is_placeholder(const char *p, size_t len)
{
	static const char *const words[] = {
		"none",
		"null",
		"nil",
		"(null)",
		"(none)",
		"n/a",
		"[n/a]",
		"na",
		"unknown",
		"default",
		"default string",
		"not",
		"not specified",
		"not applicable",
		"not available",
		"to",
		"to be filled by o.e.m.",
		"system",
		"system serial number",
		"chassis serial number",
		"base board serial number",
		"empty",
		"invalid",
		"[not",
	};

	for (size_t i = 0; i < GD_COUNT(words); i++)
		if (gd_same_word(p, len, words[i]))
			return true;
	if (len && *p == '<')
		return true; /* <superuser required> */
	for (size_t i = 0; i < len; i++)
		if (!strchr("0-.:xX ", p[i]) || !p[i])
			return false;
	return true;
}

/* What no secret looks like: answers to a question. */
static bool is_answer(const char *p, size_t len)
{
	static const char *const words[] = { "y",   "m", "n", "yes",  "no",   "true",	"false", "on",
					     "off", "0", "1", "none", "null", "(null)", "auto" };

	for (size_t i = 0; i < GD_COUNT(words); i++)
		if (gd_same_word(p, len, words[i]))
			return true;
	return !len;
}

/* Counts and lengths: max_tokens, key_length, tokens_per_second. */
static bool is_number(const char *p, size_t len)
{
	size_t dots = 0;

	for (size_t i = 0; i < len; i++) {
		dots += p[i] == '.';
		if (!gd_is_digit(p[i]) && p[i] != '.')
			return false;
	}
	return len <= 9 && dots < 2; /* more dots are an address's */
}

/* Names are compared without regard to case, "-" as "_". */
static char fold(char c)
{
	return c == '-' ? '_' : gd_to_lower(c);
}

static bool holds_at(const char *p, size_t len, size_t at, const char *part)
{
	size_t n = strlen(part);

	for (size_t i = 0; i < n; i++)
		if (len - at <= i || fold(p[at + i]) != part[i])
			return false;
	return true;
}

static bool holds_any(const char *p, size_t len, const char *const *parts, size_t count)
{
	for (size_t at = 0; at < len; at++)
		for (size_t i = 0; i < count; i++)
			if (holds_at(p, len, at, parts[i]))
				return true;
	return false;
}

static bool ends_with(const char *p, size_t len, const char *tail)
{
	return len >= strlen(tail) && holds_at(p, len, len - strlen(tail), tail);
}

/* Of "author" and "authors" only what authorises is secret. */
static bool is_auth(const char *p, size_t len)
{
	for (size_t at = 0; at < len; at++)
		if (holds_at(p, len, at, "auth") &&
		    (!holds_at(p, len, at, "author") || holds_at(p, len, at, "authori")))
			return true;
	return false;
}

/* `p` is the name as it stands, without leading dashes. */
static enum kind kind_of(const char *p, size_t len)
{
	static const char *const harmless[] = { "keymap", "keytable", "keyboard", "keycode", "tokeniz" };
	static const char *const secret[] = {
		"secret", "password", "passwd", "passphrase", "credential", "pretty_host"
	};
	static const char *const key[] = { "token", "key", "cookie" };
	static const char *const serial[] = { "serial" };

	if (holds_any(p, len, secret, GD_COUNT(secret)) || gd_same_word(p, len, "pass") || ends_with(p, len, "_pass") ||
	    ends_with(p, len, "_pwd"))
		return KIND_SECRET;
	if (holds_any(p, len, harmless, GD_COUNT(harmless)))
		return KIND_NONE;
	if (holds_any(p, len, key, GD_COUNT(key)) || is_auth(p, len))
		return KIND_KEY;
	if (gd_same_word(p, len, "uniq") || ends_with(p, len, "_uniq") || holds_any(p, len, serial, GD_COUNT(serial)))
		return KIND_SERIAL;
	return ends_with(p, len, "uuid") ? KIND_VOLUME : KIND_NONE;
}

static bool is_key_char(char c)
{
	return gd_is_alnum(c) || c == '_' || c == '.' || c == '-';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

/* A name and where its value stands, counted from the scan's place. */
struct assignment {
	size_t dashes;
	size_t name_end;
	size_t value;
	size_t end;
	char before; /* the byte before the name */
	bool closed; /* a quote opened before the name and closed behind it */
};

static size_t skip_blanks(const struct gd_scan *s, size_t at)
{
	while (is_blank(gd_scan_ahead(s, at)))
		at++;
	return at;
}

/* "Serial Number" is a name of two words. */
static size_t second_word(const struct gd_scan *s, size_t at)
{
	const char *p = s->in + s->at + at;
	size_t left = s->len - s->at - at;

	return (s->scope & GD_SCOPE_NAMES) && left > 7 && gd_same_word(p, 7, " number") && !is_key_char(p[7]) ? at + 7
													      : at;
}

/*
 * In key-fe80::1 and key.host:80 the colon belongs to an address, so one with
 * no blank behind it counts only where the name's last word is the telling one.
 */
static bool is_close_colon(const struct gd_scan *s, size_t colon)
{
	static const char *const tails[] = { "key",  "token", "secret", "password", "passwd", "passphrase",  "pass",
					     "auth", "cookie", "serial", "number",  "uuid",   "credential", "_pwd" };
	char next = gd_scan_ahead(s, colon + 1);

	if (is_blank(next) || is_quote(next))
		return true;
	for (size_t i = 0; i < GD_COUNT(tails); i++)
		if (ends_with(s->in + s->at, colon, tails[i]))
			return true;
	return false;
}

/* A colon that separates; "Serial Number  : X" pads its name, elsewhere it stands close. */
static bool is_colon(const struct gd_scan *s, const struct assignment *a, size_t at, size_t sep)
{
	if (gd_scan_ahead(s, sep) != ':' || !(s->scope & GD_SCOPE_NAMES) || gd_scan_ahead(s, sep + 1) == ':')
		return false;
	if (a->closed)
		return true;
	return sep == at ? is_close_colon(s, sep) : memchr(s->in + s->at, ' ', a->name_end) != NULL;
}

/* Finds the value behind the name; false where none follows. */
static bool find_value(const struct gd_scan *s, struct assignment *a)
{
	size_t at = a->name_end;
	bool spaced = !(s->scope & GD_SCOPE_ARGS);
	bool apart = false; /* an option and its value as two words */
	size_t sep;
	char c;

	a->closed = is_quote(a->before) && gd_scan_ahead(s, at) == a->before;
	at += a->closed;
	sep = spaced ? skip_blanks(s, at) : at;
	c = gd_scan_ahead(s, sep);
	if (is_colon(s, a, at, sep))
		at = sep + 1 + (gd_scan_ahead(s, sep + 1) == '=');
	else if (c == '=' || (c == '>' && a->before == '<') || (c == ',' && a->closed && a->dashes))
		at = sep + 1;
	else if (a->dashes && c == '\0' && sep < s->len - s->at && (apart = true))
		at = sep + 1;
	else if (a->dashes && (apart = is_blank(gd_scan_ahead(s, at))))
		at++;
	else
		return false;
	a->value = spaced ? skip_blanks(s, at) : at;
	c = gd_scan_ahead(s, a->value);
	if (s->at + a->value >= s->len || c == '\n' || (apart && c == '-'))
		return false;
	return c != '/' || gd_scan_ahead(s, a->value + 1) != '/'; /* token://… */
}

/* From `at` up to a byte of `stops`, a NUL or a newline. */
static size_t run_until(const struct gd_scan *s, size_t at, const char *stops)
{
	for (; s->at + at < s->len; at++) {
		char c = gd_scan_ahead(s, at);

		if (!c || c == '\n' || strchr(stops, c))
			break;
		if (c == '\\' && *stops == '"' && gd_scan_ahead(s, at + 1) == '"')
			at++;
	}
	return at;
}

/* Moves `value` behind an opening quote and sets `end`. */
static void measure_value(const struct gd_scan *s, struct assignment *a, enum kind kind)
{
	static const char *const schemes[] = { "Bearer", "Basic", "Token" };
	char quote[2] = { gd_scan_ahead(s, a->value), '\0' };

	if (is_quote(quote[0])) {
		a->value++;
		a->end = run_until(s, a->value, quote);
		return;
	}
	if (is_quote(a->before) && !a->closed) {
		quote[0] = a->before;
		a->end = run_until(s, a->value, quote);
		return;
	}
	/* An argument or variable that starts with the name ends with a NUL only. */
	if ((s->scope & GD_SCOPE_ARGS) && !a->before) {
		a->end = a->value;
		while (s->at + a->end < s->len && gd_scan_ahead(s, a->end))
			a->end++;
		return;
	}
	if (quote[0] == '[')
		a->end = run_until(s, ++a->value, "]");
	else
		a->end = run_until(s, a->value, a->before == '<' ? "<" : kind == KIND_SERIAL ? " \t,<" : " \t");
	for (size_t i = 0; i < GD_COUNT(schemes); i++)
		if (gd_same_word(s->in + s->at + a->value, a->end - a->value, schemes[i]) &&
		    is_blank(gd_scan_ahead(s, a->end)))
			a->end = run_until(s, skip_blanks(s, a->end), " \t");
	while (a->end > a->value && (is_quote(gd_scan_ahead(s, a->end - 1)) || gd_scan_ahead(s, a->end - 1) == '\r'))
		a->end--;
}

/*
 * Values that stay, told by how they start: names inside an object are looked
 * at one by one, and UUIDs have their own rule. This is asked before the value
 * is measured, or nested names would be measured again and again.
 */
static bool is_other_value(enum kind kind, const char *v, size_t left)
{
	char digits[33];

	if (!left || *v == '{' || (kind == KIND_SERIAL && *v == '<'))
		return true;
	return kind == KIND_VOLUME &&
	       (gd_shape_uuid(v, left, digits) || (left > 4 && (!memcmp(v, "GPU-", 4) || !memcmp(v, "MIG-", 4))));
}

/* "E: KEY=10000 0" in udev's words: the keys that a device has. */
static bool is_key_bitmap(const struct gd_scan *s)
{
	size_t back = s->at && s->in[s->at - 1] == ' ' ? 1 : 0;

	return gd_scan_has(s, "KEY=") && s->at >= back + 2 && !memcmp(s->in + s->at - back - 2, "E:", 2);
}

static bool is_kept(enum kind kind, const char *v, size_t len)
{
	switch (kind) {
	case KIND_KEY:
		return is_answer(v, len) || is_number(v, len);
	case KIND_SECRET:
		return is_answer(v, len);
	case KIND_SERIAL:
		/* Small numbers count strings and ports. */
		return gd_is_placeholder(v, len) || (len <= 3 && is_number(v, len));
	case KIND_VOLUME:
		return gd_is_placeholder(v, len) || (len > 3 && !memcmp(v + len - 3, "-XX", 3)); /* CPU-XX */
	case KIND_NONE:
		break;
	}
	return true;
}

size_t gd_rule_assignment(struct gd_scan *s)
{
	struct assignment a = { .before = gd_scan_before(s) };
	enum kind kind;
	const char *v;

	if (is_key_char(a.before))
		return 0;
	while (is_key_char(gd_scan_ahead(s, a.name_end)))
		a.name_end++;
	while (a.dashes < a.name_end && gd_scan_ahead(s, a.dashes) == '-')
		a.dashes++;
	if (a.name_end == a.dashes)
		return 0;
	kind = kind_of(s->in + s->at + a.dashes, a.name_end - a.dashes);
	if (kind == KIND_NONE || is_key_bitmap(s) ||
	    !(s->scope & (kind == KIND_SERIAL || kind == KIND_VOLUME ? GD_SCOPE_SERIALS : GD_SCOPE_SECRETS)))
		return 0;
	if (kind == KIND_SERIAL)
		a.name_end = second_word(s, a.name_end);
	if (!find_value(s, &a))
		return 0;
	if (is_other_value(kind, s->in + s->at + a.value, s->len - s->at - a.value))
		return 0;
	measure_value(s, &a, kind);
	v = s->in + s->at + a.value;
	if (a.end == a.value || is_kept(kind, v, a.end - a.value))
		return 0;
	/* The name may hold a person's or a token; alone it has no value, so this goes no deeper. */
	gd_scan_text(s->m, s->scope & ~(unsigned)GD_SCOPE_SERIALS, s->in + s->at, a.name_end, s->out);
	gd_buf_add(s->out, s->in + s->at + a.name_end, a.value - a.name_end);
	if (kind == KIND_VOLUME)
		gd_mask_put_disk(s->m, v, a.end - a.value, s->out);
	else
		gd_buf_puts(s->out, masked);
	return a.end;
}

/* scheme://user:password@host */
size_t gd_rule_userinfo(struct gd_scan *s)
{
	size_t at = 0;

	if (!gd_scan_has(s, "://"))
		return 0;
	for (size_t i = 3; s->at + i < s->len; i++) {
		char c = gd_scan_ahead(s, i);

		if (c == '@')
			at = i;
		if (!c || strchr("/?# \t\r\n\"'<>", c))
			break;
	}
	if (at <= 3)
		return 0;
	gd_buf_printf(s->out, "://%s", masked);
	return at;
}

/* The tokens of well-known services, wherever they stand. */
size_t gd_rule_token(struct gd_scan *s)
{
	static const char *const prefixes[] = {
		"hf_", "sk-", "ghp_", "gho_", "github_pat_", "glpat-", "nvapi-", "xoxb-"
	};
	size_t skip = 0;
	size_t n;
	bool digit = false;
	bool upper = false;

	if (is_key_char(gd_scan_before(s)))
		return 0;
	for (size_t i = 0; !skip && i < GD_COUNT(prefixes); i++)
		if (gd_scan_has(s, prefixes[i]))
			skip = strlen(prefixes[i]);
	for (n = skip;
	     skip && (gd_is_alnum(gd_scan_ahead(s, n)) || gd_scan_ahead(s, n) == '_' || gd_scan_ahead(s, n) == '-');
	     n++) {
		char c = gd_scan_ahead(s, n);

		digit = digit || gd_is_digit(c);
		upper = upper || gd_to_lower(c) != c;
	}
	if (!skip || n - skip < 20 || !digit || !upper)
		return 0;
	gd_buf_puts(s->out, masked);
	return n;
}
