/* SPDX-License-Identifier: MIT */
#ifndef GD_CAPTURE_H
#define GD_CAPTURE_H
/*
 * A capture: what a door answered, as one text file that reads well in a diff.
 *
 *   gpudoctor-capture 1
 *   # any number of comment lines: where it came from, under which licence
 *   origin live | tree
 *   file PATH              the content follows, each line behind a "|"
 *   |text
 *   |last line without a newline\
 *   dir PATH               the names follow, each behind a "|"
 *   link PATH -> TARGET
 *   stat PATH char 0660 0:993 226:128 rw
 *   object PATH            what a binary file holds, in the text of object.h behind "|"
 *                          (not needed beside a "file", whose bytes tell it too)
 *   env NAME = VALUE       a variable of the caller's environment
 *   processes NAME         the numbers of processes that a probe looked for, each behind a "|"
 *   said NAME              what the libraries of a probe said, as fact text behind "|"
 *   absent PATH            the machine answered "no such file"
 *   error VERB PATH ERRNO  VERB is one of the above, ERRNO a name
 *   end N                  N entries; its absence shows a truncated file
 *
 * In content and paths a backslash is \\, and a byte outside printable ASCII
 * and valid UTF-8 is \xNN. A "\" at the end of a content line says that no
 * newline follows there, so long lines can be folded.
 *
 * With origin tree, a path that is not mentioned was perhaps never copied.
 * With origin live, a name missing from a listed directory is proved absent.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "host/host.h"

enum gd_verb {
	GD_VERB_FILE,
	GD_VERB_DIR,
	GD_VERB_LINK,
	GD_VERB_STAT,
	GD_VERB_OBJECT,
	GD_VERB_ENV, /* from here on a name stands where the others have a path */
	GD_VERB_SAID,
	GD_VERB_PROCESSES,
	GD_VERB_COUNT
};

struct gd_entry {
	char *path;
	enum gd_verb verb;
	int error; /* negative errno, or 0 */
	char *data; /* file content, link target, variable, object or fact text */
	size_t len;
	struct gd_strv names;
	struct gd_stat stat;
};

/* By path, then verb; takes pointers to `struct gd_entry *`. */
int gd_entry_compare(const void *a, const void *b);

struct gd_capture {
	struct gd_entry **entries; /* in the order they were added */
	size_t count;
	size_t cap;
	void *index; /* the same entries, as a tsearch() tree by path and verb */
	bool partial; /* origin tree */
};

struct gd_capture *gd_capture_new(bool partial);
void gd_capture_free(struct gd_capture *c);

/* The entry for a path and verb, or NULL; borrowed. */
const struct gd_entry *gd_capture_find(const struct gd_capture *c, const char *path, enum gd_verb verb);
/*
 * Adds an answer; the path is copied, the rest is taken from `*e`. The first
 * answer for a path and verb stays: -EEXIST, and `*e` is left alone.
 */
int gd_capture_add(struct gd_capture *c, const char *path, enum gd_verb verb, struct gd_entry *e) GD_MUST_CHECK;
void gd_entry_clear(struct gd_entry *e);

int gd_capture_parse(const char *name, const char *text, size_t len, struct gd_capture **ret,
		     struct gd_err *err) GD_MUST_CHECK;
/* `comment` may be NULL; each of its lines gets a "# ". */
void gd_capture_print(const struct gd_capture *c, const char *comment, struct gd_buf *out);

/* A door that answers from `c`, and owns it. */
struct gd_host *gd_capture_host(struct gd_capture *c);

/* Bytes as they stand in a capture: escapes, no quotes. */
void gd_capture_escape(struct gd_buf *out, const char *data, size_t len);

#endif
