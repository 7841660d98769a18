/* SPDX-License-Identifier: MIT */
/* The text form of a capture: printing and parsing. The format stands in capture.h. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/alloc.h"
#include "base/parse.h"
#include "host/capture.h"
#include "host/capture_words.h"

#define MAGIC "gpudoctor-capture 1"

/* Longer lines of content are folded here. */
enum { FOLD_COLUMN = 200, MAX_NAME_BYTES = 4096 };

void gd_capture_escape(struct gd_buf *out, const char *data, size_t len)
{
	bool text = gd_is_text(data, len);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c == '\\')
			gd_buf_puts(out, "\\\\");
		else if (c == '\t' || (c >= 0x20 && c < 0x7f) || (text && c >= 0x80))
			gd_buf_putc(out, (char)c);
		else
			gd_buf_printf(out, "\\x%02x", c);
	}
}

static void print_content(struct gd_buf *out, const char *data, size_t len)
{
	while (len) {
		const char *eol = memchr(data, '\n', len);
		size_t n = eol ? (size_t)(eol - data) : len;
		bool whole = eol && n <= FOLD_COLUMN;

		if (n > FOLD_COLUMN)
			n = FOLD_COLUMN;
		/* A fold must not cut a UTF-8 sequence. */
		while (!whole && n && n < len && ((unsigned char)data[n] & 0xc0) == 0x80)
			n--;
		if (!n)
			n = len < FOLD_COLUMN ? len : FOLD_COLUMN;
		if (whole)
			n = (size_t)(eol - data);
		gd_buf_putc(out, '|');
		gd_capture_escape(out, data, n);
		gd_buf_puts(out, whole ? "\n" : "\\\n");
		data += n + whole;
		len -= n + whole;
	}
}

static void print_stat(struct gd_buf *out, const struct gd_stat *st)
{
	gd_buf_printf(out, " %s %04o %u:%u %u:%u %s%s%s\n", gd_file_type_name_peek(st->mode),
		      st->mode & 07777u, st->uid, st->gid,
		      major(st->rdev), minor(st->rdev), st->readable ? "r" : "", st->writable ? "w" : "",
		      st->readable || st->writable ? "" : "-");
}

/* As gd_capture_escape(), and without " -> ", which ends the path of a link. */
static void print_path(struct gd_buf *out, const char *path)
{
	const char *arrow;

	while ((arrow = strstr(path, " -> "))) {
		gd_capture_escape(out, path, (size_t)(arrow - path) + 1);
		gd_buf_puts(out, "\\x2d");
		path = arrow + 2;
	}
	gd_capture_escape(out, path, strlen(path));
}

/* "absent" is said of paths. */
static bool prints_absent(const struct gd_entry *e)
{
	return e->error == -ENOENT && e->verb < GD_VERB_ENV;
}

static void print_entry(struct gd_buf *out, const struct gd_entry *e)
{
	if (prints_absent(e)) {
		gd_buf_puts(out, "absent ");
		print_path(out, e->path);
		gd_buf_putc(out, '\n');
		return;
	}
	if (e->error) {
		gd_buf_printf(out, "error %s ", gd_verb_name_peek(e->verb));
		print_path(out, e->path);
		gd_buf_printf(out, " %s\n", gd_errno_name_peek(e->error));
		return;
	}
	gd_buf_printf(out, "%s ", gd_verb_name_peek(e->verb));
	print_path(out, e->path);
	switch (e->verb) {
	case GD_VERB_FILE:
	case GD_VERB_OBJECT:
	case GD_VERB_SAID:
		gd_buf_putc(out, '\n');
		print_content(out, e->data, e->len);
		break;
	case GD_VERB_DIR:
	case GD_VERB_PROCESSES:
		gd_buf_putc(out, '\n');
		for (size_t i = 0; i < e->names.count; i++) {
			gd_buf_putc(out, '|');
			gd_capture_escape(out, e->names.items[i], strlen(e->names.items[i]));
			gd_buf_putc(out, '\n');
		}
		break;
	case GD_VERB_LINK:
		gd_buf_puts(out, " -> ");
		gd_capture_escape(out, e->data, strlen(e->data));
		gd_buf_putc(out, '\n');
		break;
	case GD_VERB_ENV:
		gd_buf_puts(out, " = ");
		gd_capture_escape(out, e->data, strlen(e->data));
		gd_buf_putc(out, '\n');
		break;
	case GD_VERB_STAT:
	case GD_VERB_COUNT:
		print_stat(out, &e->stat);
		break;
	}
}

void gd_capture_print(const struct gd_capture *c, const char *comment, struct gd_buf *out)
{
	struct gd_entry **sorted = gd_xcalloc(c->count, sizeof(*sorted));
	size_t printed = 0;

	for (size_t i = 0; i < c->count; i++)
		sorted[i] = c->entries[i];
	qsort(sorted, c->count, sizeof(*sorted), gd_entry_compare);
	gd_buf_puts(out, MAGIC "\n");
	while (comment && *comment) {
		size_t n = strcspn(comment, "\n");

		gd_buf_printf(out, "#%s%.*s\n", n ? " " : "", (int)n, comment);
		comment += n + (comment[n] == '\n');
	}
	gd_buf_printf(out, "origin %s\n", c->partial ? "tree" : "live");
	for (size_t i = 0; i < c->count; i++) {
		/* "absent" holds for every verb: one line is enough. */
		if (i && prints_absent(sorted[i]) && prints_absent(sorted[i - 1]) &&
		    !strcmp(sorted[i]->path, sorted[i - 1]->path))
			continue;
		print_entry(out, sorted[i]);
		printed++;
	}
	free(sorted);
	gd_buf_printf(out, "end %zu\n", printed);
}

struct reader {
	const char *name;
	const char *p;
	const char *end;
	unsigned line;
	struct gd_buf text; /* the current line */
	struct gd_err *err;
};

static int fault(struct reader *r, const char *what)
{
	return gd_err_set(r->err, -EINVAL, "%s:%u: %s", r->name, r->line, what);
}

/* Moves to the next line; false at the end of the file. */
static bool next_line(struct reader *r)
{
	const char *eol;

	if (r->p >= r->end)
		return false;
	eol = memchr(r->p, '\n', (size_t)(r->end - r->p));
	gd_buf_clear(&r->text);
	gd_buf_add(&r->text, r->p, (size_t)((eol ? eol : r->end) - r->p));
	r->p = eol ? eol + 1 : r->end;
	r->line++;
	return true;
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Undoes the escapes of `s`. A lone backslash at the end is left to the caller,
 * who is told by `ret_open`; with NULL there it is an error.
 */
static int unescape(const char *s, size_t len, struct gd_buf *out, bool *ret_open)
{
	bool open = false;

	for (size_t i = 0; i < len; i++) {
		if (s[i] != '\\') {
			const char *next = memchr(s + i, '\\', len - i);
			size_t n = next ? (size_t)(next - s) - i : len - i;

			gd_buf_add(out, s + i, n);
			i += n - 1;
		} else if (i + 1 == len && ret_open) {
			open = true;
		} else if (i + 1 < len && s[i + 1] == '\\') {
			gd_buf_putc(out, '\\');
			i++;
		} else if (i + 3 < len && s[i + 1] == 'x' && hex_digit(s[i + 2]) >= 0 && hex_digit(s[i + 3]) >= 0) {
			gd_buf_putc(out, (char)(hex_digit(s[i + 2]) * 16 + hex_digit(s[i + 3])));
			i += 3;
		} else {
			return -EINVAL;
		}
	}
	if (ret_open)
		*ret_open = open;
	return 0;
}

static int read_content(struct reader *r, struct gd_entry *e)
{
	gd_autobuf data = { 0 };

	gd_buf_puts(&data, "");
	while (r->p < r->end && *r->p == '|') {
		bool open;

		next_line(r);
		if (unescape(r->text.data + 1, r->text.len - 1, &data, &open) < 0)
			return fault(r, "an escape that is not \\\\ or \\xNN");
		if (!open)
			gd_buf_putc(&data, '\n');
	}
	e->len = data.len;
	e->data = gd_buf_take(&data);
	return 0;
}

static int read_object(struct reader *r, struct gd_entry *e)
{
	gd_autoobject o = { 0 };
	int q = read_content(r, e);

	if (q >= 0 && (strlen(e->data) != e->len || gd_object_parse(e->data, &o) < 0))
		q = fault(r, "these lines do not tell what a binary file holds");
	return q;
}

static bool has_doubles(const struct gd_strv *names)
{
	struct gd_strv sorted = { .items = gd_xcalloc(names->count, sizeof(char *)), .count = names->count };
	bool doubles = false;

	if (names->count)
		memcpy(sorted.items, names->items, names->count * sizeof(char *));
	gd_strv_sort(&sorted);
	for (size_t i = 1; i < sorted.count; i++)
		doubles |= !strcmp(sorted.items[i - 1], sorted.items[i]);
	free(sorted.items); /* the strings belong to `names` */
	return doubles;
}

static int read_names(struct reader *r, struct gd_entry *e)
{
	while (r->p < r->end && *r->p == '|') {
		gd_autobuf name = { 0 };

		next_line(r);
		if (unescape(r->text.data + 1, r->text.len - 1, &name, NULL) < 0)
			return fault(r, "an escape that is not \\\\ or \\xNN");
		if (!name.len || name.len > MAX_NAME_BYTES || strlen(name.data) != name.len || strchr(name.data, '/'))
			return fault(r, "not a file name");
		gd_strv_add(&e->names, name.data);
	}
	return has_doubles(&e->names) ? fault(r, "a name stands twice in this directory") : 0;
}

static int read_stat(struct reader *r, const char *s, struct gd_stat *st)
{
	static const char expected[] = "expected: stat PATH TYPE MODE UID:GID MAJOR:MINOR ACCESS";
	gd_autostrv words = { 0 };
	uint64_t n[5]; /* mode, uid, gid, major, minor */

	gd_strv_split(&words, s, " :");
	if (words.count != 7)
		return fault(r, expected);
	for (size_t i = 0; i < GD_COUNT(n); i++)
		if (gd_parse_u64(words.items[i + 1], i ? 10 : 8, &n[i]) < 0 || n[i] > (i ? UINT32_MAX : 07777))
			return fault(r, expected);
	st->mode = (mode_t)n[0];
	st->uid = (uid_t)n[1];
	st->gid = (gid_t)n[2];
	st->rdev = makedev((unsigned)n[3], (unsigned)n[4]);
	st->readable = strchr(words.items[6], 'r') != NULL;
	st->writable = strchr(words.items[6], 'w') != NULL;
	if (gd_file_type_by_name(words.items[0], &st->mode) < 0)
		return fault(r, "unknown type of file");
	return 0;
}

/* Cuts the next blank-separated word off `*s`. */
static char *take_word(char **s)
{
	char *word = *s;
	size_t n = strcspn(word, " ");

	*s = word + n + (word[n] == ' ');
	word[n] = '\0';
	return word;
}

/*
 * Paths may hold blanks, so each kind of line cuts its path off in its own
 * way: up to the end, up to " -> ", or up to a known count of words from the end.
 */
static char *cut_tail_words(char *s, int words)
{
	char *at = s + strlen(s);

	while (words-- && at) {
		*at = words >= 0 && at != s + strlen(s) ? ' ' : *at;
		at = memrchr(s, ' ', (size_t)(at - s));
	}
	if (!at)
		return NULL;
	*at = '\0';
	return at + 1;
}

static int add_entry(struct reader *r, struct gd_capture *c, const char *raw_path, enum gd_verb verb,
		     struct gd_entry *e)
{
	gd_autobuf path = { 0 };

	if (unescape(raw_path, strlen(raw_path), &path, NULL) < 0)
		return fault(r, "an escape that is not \\\\ or \\xNN");
	if (!path.len || strlen(path.data) != path.len || (verb < GD_VERB_ENV && path.data[0] != '/'))
		return fault(r, verb < GD_VERB_ENV ? "a path that does not start with a slash" : "a name is missing");
	return gd_capture_add(c, path.data, verb, e) < 0 ? fault(r, "this path was answered before") : 0;
}

/* What stands behind the path and `sign`; cuts it off `s`. */
static int read_target(struct reader *r, char *s, const char *sign, const char *expected, struct gd_entry *e)
{
	gd_autobuf target = { 0 };
	char *tail = strstr(s, sign);

	if (!tail || unescape(tail + strlen(sign), strlen(tail + strlen(sign)), &target, NULL) < 0 ||
	    (target.len && strlen(target.data) != target.len))
		return fault(r, expected);
	*tail = '\0';
	gd_buf_puts(&target, "");
	e->len = target.len;
	e->data = gd_buf_take(&target);
	return 0;
}

static int read_entry(struct reader *r, struct gd_capture *c, char *s)
{
	GD_CLEANUP(gd_entry_clear) struct gd_entry e = { 0 };
	const char *word = take_word(&s);
	char *tail;
	gd_autofree path = NULL;
	int verb;
	int q = 0;

	if (!strcmp(word, "absent")) {
		e.error = -ENOENT;
		return add_entry(r, c, s, GD_VERB_FILE, &e);
	}
	if (!strcmp(word, "error")) {
		verb = gd_verb_by_name(take_word(&s));
		tail = cut_tail_words(s, 1);
		e.error = tail ? gd_errno_by_name(tail) : 0;
		if (verb < 0 || !e.error)
			return fault(r, "expected: error file|dir|link|stat|object|env|said|processes PATH ERRNO");
		return add_entry(r, c, s, (enum gd_verb)verb, &e);
	}
	verb = gd_verb_by_name(word);
	if (verb < 0)
		return fault(r, "not a line of a capture");
	if (verb == GD_VERB_LINK) {
		q = read_target(r, s, " -> ", "expected: link PATH -> TARGET", &e);
		if (q >= 0 && !*e.data)
			q = fault(r, "expected: link PATH -> TARGET");
	} else if (verb == GD_VERB_ENV) {
		q = read_target(r, s, " = ", "expected: env NAME = VALUE", &e);
	} else if (verb == GD_VERB_STAT) {
		tail = cut_tail_words(s, 5);
		q = tail ? read_stat(r, tail, &e.stat)
			 : fault(r, "expected: stat PATH TYPE MODE UID:GID MAJOR:MINOR ACCESS");
	}
	path = gd_xstrdup(s); /* the lines that follow reuse the line buffer */
	if (verb == GD_VERB_FILE || verb == GD_VERB_SAID)
		q = read_content(r, &e);
	else if (verb == GD_VERB_OBJECT)
		q = read_object(r, &e);
	else if (verb == GD_VERB_DIR || verb == GD_VERB_PROCESSES)
		q = read_names(r, &e);
	return q < 0 ? q : add_entry(r, c, path, (enum gd_verb)verb, &e);
}

static int check_end(struct reader *r, const struct gd_capture *c, const char *count)
{
	uint64_t n;

	if (gd_parse_u64(count, 10, &n) < 0 || n != c->count)
		return fault(r, "the count of entries does not agree: lines are missing or were added");
	while (next_line(r))
		if (r->text.len)
			return fault(r, "text after the end line");
	return 0;
}

static int read_header(struct reader *r, struct gd_capture *c)
{
	if (!next_line(r) || strcmp(gd_buf_peek(&r->text), MAGIC)) {
		r->line = 1;
		if (!strncmp(gd_buf_peek(&r->text), "gpudoctor-capture ", 18))
			return fault(r, "a capture of another format version; this program reads version 1");
		return fault(r, "not a gpudoctor capture (the first line must be \"" MAGIC "\")");
	}
	while (next_line(r)) {
		const char *s = gd_buf_peek(&r->text);

		if (*s == '#')
			continue;
		if (strcmp(s, "origin live") && strcmp(s, "origin tree"))
			return fault(r, "expected: origin live|tree");
		c->partial = !strcmp(s, "origin tree");
		return 0;
	}
	return fault(r, "the capture ends before its origin line: it is truncated");
}

static int read_entries(struct reader *r, struct gd_capture *c)
{
	int q = read_header(r, c);

	while (q >= 0 && next_line(r)) {
		if (memchr(gd_buf_peek(&r->text), '\0', r->text.len))
			return fault(r, "a NUL byte: this is no text file");
		if (!strncmp(r->text.data ? r->text.data : "", "end ", 4))
			return check_end(r, c, r->text.data + 4);
		if (r->text.len && r->text.data[0] != '#')
			q = read_entry(r, c, r->text.data);
	}
	return q < 0 ? q : fault(r, "no end line: the capture is truncated; record it again");
}

int gd_capture_parse(const char *name, const char *text, size_t len, struct gd_capture **ret, struct gd_err *err)
{
	struct reader r = { .name = name, .p = text, .end = text + len, .err = err };
	struct gd_capture *c = gd_capture_new(false);
	int q = read_entries(&r, c);

	gd_buf_free(&r.text);
	if (q < 0) {
		gd_capture_free(c);
		return q;
	}
	*ret = c;
	return 0;
}
