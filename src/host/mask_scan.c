/* SPDX-License-Identifier: MIT */
#include "host/mask_scan.h"

#include <inttypes.h>
#include <string.h>

#include "host/mask_shape.h"

/* Longer words are no names of hosts or people. */
enum { MAX_NAME_BYTES = 255, MAX_LABELS = 5 };

char gd_scan_before(const struct gd_scan *s)
{
	return s->at ? s->in[s->at - 1] : '\0';
}

char gd_scan_ahead(const struct gd_scan *s, size_t ahead)
{
	return s->len - s->at > ahead ? s->in[s->at + ahead] : '\0';
}

bool gd_scan_has(const struct gd_scan *s, const char *text)
{
	size_t n = strlen(text);

	return s->len - s->at >= n && !memcmp(s->in + s->at, text, n);
}

bool gd_same_text(const char *p, size_t len, const char *text)
{
	return len == strlen(text) && !memcmp(p, text, len);
}

bool gd_same_word(const char *p, size_t len, const char *text)
{
	if (len != strlen(text))
		return false;
	for (size_t i = 0; i < len; i++)
		if (gd_to_lower(p[i]) != gd_to_lower(text[i]))
			return false;
	return true;
}

/* Letters, digits, "_" and every byte of UTF-8 letters. */
static bool is_word(char c)
{
	return gd_is_alnum(c) || c == '_' || (unsigned char)c >= 0x80;
}

/*
 * GUIDs that name firmware variables, WMI methods and firmware clients are the
 * same on every machine: the 64 bytes before them, up to a blank, tell. A
 * firmware client is named below its PCI function, 0000:00:16.0-GUID.
 */
static bool is_software_guid(const struct gd_scan *s)
{
	static const char *const places[] = { "efivars/", "wmi", "mei:", "mei_cl" };
	size_t start = s->at;

	while (start && s->at - start < 64 && (unsigned char)s->in[start - 1] > ' ')
		start--;
	for (size_t k = 0; k < GD_COUNT(places); k++)
		for (size_t i = start, n = strlen(places[k]); i + n <= s->at; i++)
			if (gd_same_word(s->in + i, n, places[k]))
				return true;
	return s->at - start >= 4 && s->in[s->at - 1] == '-' && gd_is_digit(s->in[s->at - 2]) &&
	       s->in[s->at - 3] == '.' && gd_is_hex(s->in[s->at - 4]);
}

static bool is_known_guid(const char *digits)
{
	static const char *const guids[] = {
		"8be4df6193ca11d2aa0d00e098032b8c", /* EFI global variables */
		"d719b2cb3d3a4596a3bcdad00e67656f", /* EFI image security database */
		"605dab50e04643008fb93dd810dd8b23", /* shim */
		"4a67b0820a4c41cfb6c7440b29bb8c4f", /* systemd's boot loader interface */
	};

	for (size_t i = 0; i < GD_COUNT(guids); i++)
		if (!strcmp(digits, guids[i]))
			return true;
	return false;
}

static size_t rule_uuid(struct gd_scan *s)
{
	char digits[33];
	char c = gd_scan_before(s);
	size_t n = gd_shape_uuid(s->in + s->at, s->len - s->at, digits);

	if (!n || (gd_is_alnum(c) && (s->at < 4 || memcmp(s->in + s->at - 4, "\\x2d", 4))))
		return 0;
	if (is_known_guid(digits) || is_software_guid(s))
		gd_buf_add(s->out, s->in + s->at, n);
	else
		gd_mask_put_uuid(s->m, digits, gd_scan_ahead(s, 8) == '-' ? "-" : "\\x2d", s->out);
	return n;
}

static size_t rule_machine_id(struct gd_scan *s)
{
	if (is_word(gd_scan_before(s)) || !s->m->machine_id[0] || s->len - s->at < 32 ||
	    is_word(gd_scan_ahead(s, 32)) || !gd_same_word(s->in + s->at, 32, s->m->machine_id))
		return 0;
	gd_mask_put_uuid(s->m, s->m->machine_id, "", s->out);
	return 32;
}

/* `digits` are the address without colons; a hardware address of 6 bytes stands for longer ones too. */
static void put_mac(struct gd_mask *m, const char *digits, size_t len, const char *sep, struct gd_buf *out)
{
	uint64_t n = 0;
	unsigned b[3];

	if (len == 12 && !memcmp(digits, "020000", 6)) {
		n = strtoull(digits + 6, NULL, 16);
		gd_pool_keep(&m->pools[GD_POOL_MAC], n);
	} else {
		n = gd_pool_number(&m->pools[GD_POOL_MAC], digits, len);
	}
	b[0] = (unsigned)(n >> 16 & 0xff);
	b[1] = (unsigned)(n >> 8 & 0xff);
	b[2] = (unsigned)(n & 0xff);
	gd_buf_printf(out, "02%s00%s00%s%02x%s%02x%s%02x", sep, sep, sep, b[0], sep, b[1], sep, b[2]);
}

static void mask_mac(struct gd_scan *s, size_t skip, size_t n, const char *sep)
{
	const char *p = s->in + s->at + skip;
	gd_autobuf digits = { 0 };

	for (size_t i = 0; i < n; i++)
		if (p[i] != ':')
			gd_buf_putc(&digits, gd_to_lower(p[i]));
	gd_buf_add(s->out, p - skip, skip);
	if (strspn(gd_buf_peek(&digits), "0") == digits.len || strspn(gd_buf_peek(&digits), "f") == digits.len)
		gd_buf_add(s->out, p, n);
	else
		put_mac(s->m, digits.data, digits.len, sep, s->out);
}

static size_t rule_mac(struct gd_scan *s)
{
	char c = gd_scan_before(s);
	size_t n;

	/* enp3s0 may be named by its address instead: enx0123456789ab. */
	if (!is_word(c) && (gd_scan_has(s, "enx") || gd_scan_has(s, "wlx")) &&
	    gd_hex_run(s->in + s->at + 3, s->len - s->at - 3, 13) == 12 && !is_word(gd_scan_ahead(s, 15))) {
		mask_mac(s, 3, 12, "");
		return 15;
	}
	if (is_word(c) || c == ':')
		return 0;
	n = gd_shape_mac(s->in + s->at, s->len - s->at);
	if (n)
		mask_mac(s, 0, n, ":");
	return n;
}

/* GPU-0123456789abcdef is how ROCm writes the id that the kernel calls unique_id. */
static size_t rule_gpu_id(struct gd_scan *s)
{
	char hex[17];

	if (is_word(gd_scan_before(s)) || !gd_scan_has(s, "GPU-") ||
	    gd_hex_run(s->in + s->at + 4, s->len - s->at - 4, 17) != 16 || is_word(gd_scan_ahead(s, 20)))
		return 0;
	memcpy(hex, s->in + s->at + 4, 16);
	hex[16] = '\0';
	gd_buf_puts(s->out, "GPU-");
	gd_mask_put_id(s->m, strtoull(hex, NULL, 16), 16, 16, s->out);
	return 20;
}

/*
 * "version 1.2.3.4", "version: 1.2.3.4" and inxi's "v: 1.2.3.4": a number that
 * only looks like an address. What was written is asked, not what was read: had
 * the word been a secret, masking the result again would find it gone.
 */
static bool follows_version(const struct gd_scan *s)
{
	const char *text = gd_buf_peek(s->out) + s->out_start;
	size_t len = s->out->len - s->out_start;
	size_t i = len;

	while (i && len - i < 64 && text[i - 1] && strchr(" \t=:\"'v", text[i - 1]))
		i--;
	if (i < len && len >= 4 && !memcmp(text + len - 4, " v: ", 4))
		return true;
	return i >= 6 && i < len && gd_same_word(text + i - 6, 6, "ersion");
}

/* Behind a dash an address is the end of a range, anything else a version. */
static bool follows_range(const struct gd_scan *s)
{
	uint8_t first[4];
	size_t n = 0;

	while (n < 16 && s->at > n + 1 && (gd_is_digit(s->in[s->at - 2 - n]) || s->in[s->at - 2 - n] == '.'))
		n++;
	return n < 16 && gd_shape_ipv4(s->in + s->at - 1 - n, n, first) == n && n;
}

static const struct {
	const char *prefix;
	uint8_t net[3];
} documentation[] = {
	{ "192.0.2", { 192, 0, 2 } },
	{ "198.51.100", { 198, 51, 100 } },
	{ "203.0.113", { 203, 0, 113 } },
};

static size_t rule_ipv4(struct gd_scan *s)
{
	uint8_t a[4];
	uint64_t number;
	size_t net;
	char c = gd_scan_before(s);
	size_t n = gd_shape_ipv4(s->in + s->at, s->len - s->at, a);

	if (!n || is_word(c) || c == '.' || c == '+' || c == '~' || follows_version(s) ||
	    (c == '-' && !follows_range(s)))
		return 0;
	for (size_t i = 0; i < GD_COUNT(documentation); i++)
		if (!memcmp(a, documentation[i].net, 3)) {
			if (a[3])
				gd_pool_keep(&s->m->pools[GD_POOL_IPV4], i * 254 + a[3]);
			gd_buf_add(s->out, s->in + s->at, n);
			return n;
		}
	/* Loopback, unspecified, and masks of networks. */
	if (a[0] == 0 || a[0] == 127 || a[0] == 255) {
		gd_buf_add(s->out, s->in + s->at, n);
		return n;
	}
	number = gd_pool_number(&s->m->pools[GD_POOL_IPV4], a, sizeof(a)) - 1;
	/* There are 762 such addresses; what comes after shares the last one. */
	if (number >= GD_COUNT(documentation) * 254)
		number = GD_COUNT(documentation) * 254 - 1;
	net = (size_t)number / 254;
	gd_buf_printf(s->out, "%s.%u", documentation[net].prefix, (unsigned)(number % 254) + 1);
	return n;
}

static size_t rule_ipv6(struct gd_scan *s)
{
	static const uint8_t loopback[16] = { [15] = 1 };
	static const uint8_t unspecified[16] = { 0 };
	static const uint8_t documented[12] = { 0x20, 0x01, 0x0d, 0xb8 };
	uint8_t a[16];
	uint64_t number = 0;
	char c = gd_scan_before(s);
	/* A name may end in a dash, and what stands for it in a letter. */
	bool inside = is_word(c) || c == ':' || c == '.' || (c && strchr("/-@+", c) && s->in[s->at] == ':');
	size_t n = inside ? 0 : gd_shape_ipv6(s->in + s->at, s->len - s->at, a);

	if (!n)
		return 0;
	for (size_t i = 12; i < 16; i++)
		number = number << 8 | a[i];
	if (!memcmp(a, loopback, 16) || !memcmp(a, unspecified, 16) || a[0] == 0xff) {
		gd_buf_add(s->out, s->in + s->at, n);
	} else if (!memcmp(a, documented, 4)) {
		if (!memcmp(a, documented, 12))
			gd_pool_keep(&s->m->pools[GD_POOL_IPV6], number);
		gd_buf_add(s->out, s->in + s->at, n);
	} else {
		number = gd_pool_number(&s->m->pools[GD_POOL_IPV6], a, sizeof(a));
		gd_buf_printf(s->out, "2001:db8::%" PRIx64, number);
	}
	return n;
}

/* Directories below /home and /Users that are no person's. */
static bool is_nobodys_home(const char *p, size_t len)
{
	static const char *const names[] = { "linuxbrew", "lost+found", "Shared" };

	for (size_t i = 0; i < GD_COUNT(names); i++)
		if (gd_same_text(p, len, names[i]))
			return true;
	return false;
}

static size_t rule_home(struct gd_scan *s)
{
	/* A link's target may start with "home/", seen from the root. */
	size_t skip = gd_scan_has(s, "/home/")		  ? 6
		      : gd_scan_has(s, "/Users/")	  ? 7
		      : !s->at && gd_scan_has(s, "home/") ? 5
							  : 0;
	const char *p = s->in + s->at + skip;
	size_t left = s->len - s->at - skip;
	size_t n = 0;

	if (!skip || !left || !is_word(*p))
		return 0;
	while (n < left && n <= MAX_NAME_BYTES && (is_word(p[n]) || (p[n] && strchr("-.@+", p[n]))))
		n++;
	while (n && strchr(".@+", p[n - 1]))
		n--; /* the sentence's own */
	if (!n || n > MAX_NAME_BYTES)
		return 0;
	gd_buf_add(s->out, p - skip, skip);
	if (is_nobodys_home(p, n))
		gd_buf_add(s->out, p, n);
	else
		gd_mask_put_person(s->m, p, n, s->out);
	return skip + n;
}

/* A name as it stands below /dev/disk/by-*; "nvme-" before and "-part1" behind it stay. */
static void mask_disk(struct gd_scan *s, const char *p, size_t n, bool has_bus)
{
	const char *dash = has_bus ? memchr(p, '-', n) : NULL;
	size_t tail = n;
	size_t head = 0;

	while (tail && gd_is_digit(p[tail - 1]))
		tail--;
	if (tail == n || tail < 5 || memcmp(p + tail - 5, "-part", 5))
		tail = n;
	else
		tail -= 5;
	if (dash && (size_t)(dash - p) < tail && (n < 7 || memcmp(p, "masked-", 7)))
		head = (size_t)(dash - p) + 1;
	gd_buf_add(s->out, p, head);
	gd_mask_put_disk(s->m, p + head, tail - head, s->out);
	gd_buf_add(s->out, p + tail, n - tail);
}

static size_t rule_disk(struct gd_scan *s)
{
	static const char *const dirs[] = { "/by-id/", "/by-uuid/", "/by-partuuid/" };
	char digits[33];
	size_t skip = 0;
	size_t n = 0;
	const char *p;
	size_t left;

	if (s->in[s->at] != '/')
		return 0;
	for (size_t i = 0; !skip && i < GD_COUNT(dirs); i++)
		if (gd_scan_has(s, dirs[i]))
			skip = strlen(dirs[i]);
	p = s->in + s->at + skip;
	left = s->len - s->at - skip;
	while (skip && n < left && (is_word(p[n]) || (p[n] && strchr("-.:+=#@%\\", p[n]))))
		n++;
	while (n && strchr(".:", p[n - 1]))
		n--; /* the sentence's own */
	if (!n || gd_shape_uuid(p, left, digits))
		return 0;
	gd_buf_add(s->out, p - skip, skip);
	mask_disk(s, p, n, skip == strlen(dirs[0]));
	return skip + n;
}

/* True where a known name was found and its stand-in written. */
static bool put_name(struct gd_scan *s, const char *p, size_t n)
{
	struct gd_pool *pools = s->m->pools;
	char lower[MAX_NAME_BYTES + 1];

	for (size_t i = 0; i < n; i++)
		lower[i] = gd_to_lower(p[i]);
	if (!(s->scope & GD_SCOPE_COMMON) && gd_pool_find(&pools[GD_POOL_COMMON], lower, n))
		return false;
	if (gd_pool_find(&pools[GD_POOL_KNOWN], p, n))
		gd_mask_put_person(s->m, p, n, s->out);
	else if (gd_pool_find(&pools[GD_POOL_HOST], lower, n))
		gd_buf_puts(s->out, "host");
	else
		return false;
	return true;
}

static size_t word_len(const struct gd_scan *s, size_t at)
{
	size_t n = 0;

	while (at + n < s->len && (is_word(s->in[at + n]) || s->in[at + n] == '-'))
		n++;
	while (n && s->in[at + n - 1] == '-')
		n--;
	return n;
}

/* The word and what follows its dots, longest first: john.doe, box.example.org. */
static size_t dotted_name(struct gd_scan *s, size_t first)
{
	size_t ends[MAX_LABELS] = { first };
	size_t count = 1;

	while (count < MAX_LABELS && gd_scan_ahead(s, ends[count - 1]) == '.') {
		size_t n = word_len(s, s->at + ends[count - 1] + 1);

		if (!n || ends[count - 1] + 1 + n > MAX_NAME_BYTES)
			break;
		ends[count] = ends[count - 1] + 1 + n;
		count++;
	}
	while (count--)
		if (put_name(s, s->in + s->at, ends[count]))
			return ends[count];
	return 0;
}

static size_t rule_name(struct gd_scan *s)
{
	const char *p = s->in + s->at;
	size_t back = s->at;
	size_t n;

	if (!is_word(*p) || is_word(gd_scan_before(s)))
		return 0;
	while (back && s->in[back - 1] == '-')
		back--;
	if (back < s->at && back && is_word(s->in[back - 1]))
		return 0; /* the second half of a word with a dash */
	n = word_len(s, s->at);
	if (n > MAX_NAME_BYTES)
		return 0;
	/* The unit of a person's home directory. */
	if (n > 5 && !memcmp(p, "home-", 5) && gd_pool_find(&s->m->pools[GD_POOL_KNOWN], p + 5, n - 5)) {
		gd_buf_puts(s->out, "home-");
		gd_mask_put_person(s->m, p + 5, n - 5, s->out);
		return n;
	}
	if (s->m->dotted)
		return dotted_name(s, n);
	return put_name(s, p, n) ? n : 0;
}

static const struct {
	unsigned scope; /* what the text must be able to hold; any of these */
	size_t (*match)(struct gd_scan *s);
} rules[] = {
	{ 0, rule_home },
	{ 0, rule_disk },
	{ GD_SCOPE_SECRETS, gd_rule_userinfo },
	{ 0, rule_uuid },
	{ 0, rule_machine_id },
	{ 0, rule_mac },
	{ 0, rule_gpu_id },
	{ GD_SCOPE_SECRETS | GD_SCOPE_SERIALS, gd_rule_assignment },
	{ GD_SCOPE_ADDRESSES, rule_ipv6 },
	{ GD_SCOPE_ADDRESSES, rule_ipv4 },
	{ GD_SCOPE_SECRETS, gd_rule_token },
	{ GD_SCOPE_NAMES, rule_name },
};

void gd_scan_text(struct gd_mask *m, unsigned scope, const char *in, size_t len, struct gd_buf *out)
{
	struct gd_scan s = { .m = m, .scope = scope, .in = in, .len = len, .out = out, .out_start = out->len };

	while (s.at < len) {
		char before = gd_scan_before(&s);
		size_t n = 0;

		/* Inside a word nothing can start, save a UUID behind "\x2d". */
		for (size_t i = 0; i < GD_COUNT(rules) && !n; i++) {
			if (is_word(in[s.at]) && is_word(before) && before != 'd')
				break;
			if (!rules[i].scope || (scope & rules[i].scope))
				n = rules[i].match(&s);
		}
		if (!n) {
			gd_buf_putc(out, in[s.at]);
			n = 1;
		}
		s.at += n;
	}
}
