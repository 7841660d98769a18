/* SPDX-License-Identifier: MIT */
#include "host/recorder.h"

#include <errno.h>
#include <search.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "host/capture.h"
#include "host/mask.h"
#include "host/resolve.h"

struct recorder {
	struct gd_host *inner;
	struct gd_capture *capture;
	void *plain; /* a tsearch() tree of paths that are known to be no links */
};

/* Larger files are left out of a whole-tree record: models and libraries. */
enum { WHOLE_FILE_MAX_BYTES = 16 * 1024 * 1024, MAX_DEPTH = 64 };

static void add(struct recorder *rec, const char *path, enum gd_verb verb, int error, struct gd_entry *e)
{
	e->error = error;
	/* "Not captured" is what a replay says of a path without an entry. */
	if (error == -GD_ENOTCAPTURED || gd_capture_add(rec->capture, path, verb, e) < 0)
		gd_entry_clear(e);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Asks the inner door for a link and writes down the answer where it is one. */
static int noting_link(void *impl, const char *path, char **ret)
{
	struct recorder *rec = impl;
	const struct gd_entry *known = gd_capture_find(rec->capture, path, GD_VERB_LINK);
	struct gd_entry e = { 0 };
	int r;

	/* Every path has its parents resolved: ask for each of them once. */
	if (known && !known->error) {
		*ret = gd_xstrdup(known->data);
		return 0;
	}
	if (tfind(path, &rec->plain, compare_paths))
		return -EINVAL;
	r = gd_host_link(rec->inner, path, ret);
	if (r == -EINVAL)
		tsearch(gd_xstrdup(path), &rec->plain, compare_paths);
	if (r == 0) {
		e.data = gd_xstrdup(*ret);
		e.len = strlen(*ret);
		add(rec, path, GD_VERB_LINK, 0, &e);
	}
	return r;
}

/* The path as a replay will look it up, the links on the way written down. */
static char *canonical(struct recorder *rec, const char *path, enum gd_resolve_flags flags)
{
	char *real = NULL;

	if (gd_resolve(noting_link, rec, path, flags, &real) < 0)
		real = gd_path_normal(path);
	return real;
}

static int recorder_read(void *impl, const char *path, size_t max, struct gd_buf *out)
{
	struct recorder *rec = impl;
	gd_autofree real = canonical(rec, path, GD_RESOLVE_LAST);
	struct gd_entry e = { 0 };
	size_t before = out->len;
	int r = gd_host_read_max(rec->inner, path, max, out);

	if (r == 0) {
		e.len = out->len - before;
		e.data = gd_xmalloc(e.len + 1);
		memcpy(e.data, gd_buf_peek(out) + before, e.len);
		e.data[e.len] = '\0';
	}
	add(rec, real, GD_VERB_FILE, r, &e);
	return r;
}

/* What is no setting of the list was taken out by the door behind this one. */
static int recorder_read_settings(void *impl, const char *path, enum gd_settings_form form, struct gd_buf *out)
{
	struct recorder *rec = impl;
	gd_autofree real = canonical(rec, path, GD_RESOLVE_LAST);
	gd_autobuf text = { 0 };
	struct gd_entry e = { 0 };
	int r = gd_host_read_settings(rec->inner, path, form, &text);

	if (r >= 0) {
		gd_buf_add(out, gd_buf_peek(&text), text.len);
		gd_buf_puts(&text, "");
		e.len = text.len;
		e.data = gd_buf_take(&text);
	}
	add(rec, real, GD_VERB_FILE, r, &e);
	return r;
}

static int recorder_peek_settings(void *impl, const char *path, enum gd_settings_form form, struct gd_buf *out)
{
	struct recorder *rec = impl;

	return gd_host_read_settings(rec->inner, path, form, out);
}

/* A file that several units share is kept where one of them is of interest. */
static void fill_in(struct recorder *rec, const struct gd_entry *known, const struct gd_buf *text)
{
	for (size_t i = 0; i < rec->capture->count; i++) {
		struct gd_entry *e = rec->capture->entries[i];

		if (e != known)
			continue;
		free(e->data);
		e->data = gd_xstrdup(gd_buf_peek(text));
		e->len = text->len;
	}
}

static void recorder_keep_settings(void *impl, const char *path, int error, const struct gd_buf *text)
{
	struct recorder *rec = impl;
	gd_autofree real = canonical(rec, path, GD_RESOLVE_LAST);
	const struct gd_entry *known = gd_capture_find(rec->capture, real, GD_VERB_FILE);
	struct gd_entry e = { 0 };

	if (known && !known->error && !known->len && error >= 0 && text) {
		fill_in(rec, known, text);
		return;
	}
	if (error >= 0) {
		e.data = gd_xstrdup(text ? gd_buf_peek(text) : "");
		e.len = text ? text->len : 0;
	}
	add(rec, real, GD_VERB_FILE, error < 0 ? error : 0, &e);
}

static int recorder_processes(void *impl, const char *name, gd_process_filter *wanted, struct gd_strv *out)
{
	struct recorder *rec = impl;
	struct gd_entry e = { 0 };
	int r = gd_host_processes(rec->inner, name, wanted, &e.names);

	for (size_t i = 0; r >= 0 && i < e.names.count; i++)
		gd_strv_add(out, e.names.items[i]);
	add(rec, name, GD_VERB_PROCESSES, r, &e);
	return r;
}

static int recorder_list(void *impl, const char *path, struct gd_strv *out)
{
	struct recorder *rec = impl;
	gd_autofree real = canonical(rec, path, GD_RESOLVE_LAST);
	struct gd_entry e = { 0 };
	int r = gd_host_list(rec->inner, path, out);

	for (size_t i = 0; r == 0 && i < out->count; i++)
		gd_strv_add(&e.names, out->items[i]);
	add(rec, real, GD_VERB_DIR, r, &e);
	return r;
}

static int recorder_link(void *impl, const char *path, char **ret)
{
	struct recorder *rec = impl;
	gd_autofree real = canonical(rec, path, GD_RESOLVE_PARENTS);
	struct gd_entry e = { 0 };
	int r = noting_link(rec, real, ret);

	if (r < 0)
		add(rec, real, GD_VERB_LINK, r, &e);
	return r;
}

static int recorder_stat(void *impl, const char *path, struct gd_stat *ret)
{
	struct recorder *rec = impl;
	gd_autofree real = canonical(rec, path, GD_RESOLVE_LAST);
	struct gd_entry e = { 0 };
	int r = gd_host_stat(rec->inner, path, &e.stat);

	if (r == 0)
		*ret = e.stat;
	add(rec, real, GD_VERB_STAT, r, &e);
	return r;
}

static int recorder_object(void *impl, const char *path, struct gd_object *ret)
{
	struct recorder *rec = impl;
	gd_autofree real = canonical(rec, path, GD_RESOLVE_LAST);
	gd_autobuf text = { 0 };
	struct gd_entry e = { 0 };
	int r = gd_host_object(rec->inner, path, ret);

	if (r == 0) {
		gd_object_print(ret, &text);
		e.len = text.len;
		e.data = gd_buf_take(&text);
	}
	add(rec, real, GD_VERB_OBJECT, r, &e);
	return r;
}

static int recorder_env(void *impl, const char *name, char **ret)
{
	struct recorder *rec = impl;
	struct gd_entry e = { 0 };
	int r = gd_host_env(rec->inner, name, ret);

	if (r == 0) {
		e.data = gd_xstrdup(*ret);
		e.len = strlen(*ret);
	}
	add(rec, name, GD_VERB_ENV, r, &e);
	return r;
}

static void recorder_note(void *impl, const char *name, const struct gd_buf *text)
{
	struct recorder *rec = impl;
	struct gd_entry e = { .data = gd_xstrdup(gd_buf_peek(text)), .len = text->len };

	add(rec, name, GD_VERB_SAID, 0, &e);
}

static int recorder_said(void *impl, const char *name, struct gd_buf *out)
{
	struct recorder *rec = impl;
	gd_autobuf text = { 0 };
	int r = gd_host_said(rec->inner, name, &text);

	if (r < 0)
		return r;
	recorder_note(rec, name, &text);
	gd_buf_add(out, gd_buf_peek(&text), text.len);
	return 0;
}

static void recorder_close(void *impl)
{
	struct recorder *rec = impl;

	gd_capture_free(rec->capture);
	tdestroy(rec->plain, free);
	free(rec);
}

static const struct gd_host_ops recorder_ops = {
	.kind = "recorder",
	.read = recorder_read,
	.list = recorder_list,
	.link = recorder_link,
	.stat = recorder_stat,
	.object = recorder_object,
	.env = recorder_env,
	.read_settings = recorder_read_settings,
	.peek_settings = recorder_peek_settings,
	.keep_settings = recorder_keep_settings,
	.processes = recorder_processes,
	.said = recorder_said,
	.note = recorder_note,
	.close = recorder_close,
};

struct gd_host *gd_recorder_new(struct gd_host *inner)
{
	struct recorder *rec = gd_xcalloc(1, sizeof(*rec));

	rec->inner = inner;
	rec->capture = gd_capture_new(!gd_host_is_live(inner));
	return gd_host_new(&recorder_ops, rec, gd_host_is_live(inner));
}

static struct recorder *impl_of(struct gd_host *h)
{
	return gd_host_impl_peek(h, &recorder_ops);
}

/* Also where everything is asked for, processes are not to be known in full. */
static bool is_of_process(const char *path, enum gd_settings_form *ret)
{
	static const struct {
		const char *file;
		enum gd_settings_form form;
	} files[] = {
		{ "/environ", GD_SETTINGS_ENVIRON },
		{ "/cmdline", GD_SETTINGS_ARGS },
		{ "/maps", GD_SETTINGS_MAPS },
	};
	static const char proc[] = "/proc/";
	const char *pid = path + strlen(proc);
	const char *name = strrchr(path, '/');

	if (strncmp(path, proc, strlen(proc)) != 0 || *pid < '1' || *pid > '9' ||
	    pid[strspn(pid, "0123456789")] != '/')
		return false;
	for (size_t i = 0; i < GD_COUNT(files); i++) {
		*ret = files[i].form;
		if (!strcmp(name, files[i].file))
			return true;
	}
	return false;
}

/*
 * Its bytes, as far as they are not too many. Of a binary file what it holds is
 * told too: masking may change the length of bytes, and then they tell nothing.
 */
static void take_file(struct recorder *rec, const char *path)
{
	gd_autobuf content = { 0 };
	gd_autoobject o = { 0 };
	gd_autoobject again = { 0 };
	enum gd_settings_form form;
	int r;

	if (is_of_process(path, &form)) {
		(void)!recorder_read_settings(rec, path, form, &content);
		return;
	}
	r = recorder_read(rec, path, WHOLE_FILE_MAX_BYTES, &content);
	if (gd_host_object(rec->inner, path, &o) < 0)
		return;
	if (r == -EFBIG || (o.kind != GD_OBJECT_OTHER && o.kind != GD_OBJECT_EMPTY))
		(void)!recorder_object(rec, path, &again);
}

static void take_below(struct recorder *rec, const char *dir, int depth)
{
	gd_autostrv names = { 0 };

	if (depth > MAX_DEPTH || recorder_list(rec, dir, &names) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		gd_autofree path = gd_xasprintf("%s/%s", strcmp(dir, "/") ? dir : "", names.items[i]);
		gd_autofree target = NULL;
		struct gd_stat st;

		if (noting_link(rec, path, &target) == 0 || gd_host_stat(rec->inner, path, &st) < 0)
			continue;
		if (S_ISDIR(st.mode))
			take_below(rec, path, depth + 1);
		else if (S_ISREG(st.mode))
			take_file(rec, path);
		else
			(void)!recorder_stat(rec, path, &st);
	}
}

int gd_recorder_take_all(struct gd_host *recorder, struct gd_err *err)
{
	struct recorder *rec = impl_of(recorder);

	if (gd_host_is_live(rec->inner))
		return gd_err_set(err, -EOPNOTSUPP,
				  "the whole of a live machine cannot be recorded; use --all with --root");
	take_below(rec, "/", 0);
	return 0;
}

static void mask_string(struct gd_mask *m, char **s)
{
	gd_autobuf out = { 0 };

	gd_mask_path(m, *s, &out);
	free(*s);
	*s = gd_buf_take(&out);
}

/* As it would stand in the environment of a process, where the name decides with. */
static void mask_variable(struct gd_mask *m, struct gd_entry *e)
{
	gd_autofree assignment = gd_xasprintf("%s=%s", e->path, e->data);
	size_t skip = strlen(e->path) + 1;
	gd_autobuf out = { 0 };

	gd_mask_content(m, "/proc/self/environ", assignment, strlen(assignment), &out);
	free(e->data);
	e->data = gd_xstrdup(out.len > skip ? out.data + skip : "");
	e->len = strlen(e->data);
}

static void mask_said(struct gd_mask *m, struct gd_entry *e)
{
	static const char words[] = "  last_words = ";
	gd_autobuf out = { 0 };

	for (const char *p = e->data, *end = e->data + e->len; p < end;) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t n = eol ? (size_t)(eol + 1 - p) : (size_t)(end - p);
		bool printed = n > strlen(words) && !memcmp(p, words, strlen(words));

		gd_mask_content(m, printed ? GD_MASK_WORDS : GD_MASK_SAID, p, n, &out);
		p += n;
	}
	gd_buf_puts(&out, "");
	free(e->data);
	e->len = out.len;
	e->data = gd_buf_take(&out);
}

/* Only what can name a person; the lines' own words stay, whatever people are called. */
static void mask_object(struct gd_mask *m, struct gd_entry *e)
{
	gd_autoobject o = { 0 };
	gd_autobuf out = { 0 };
	char **const texts[] = { &o.soname, &o.rpath, &o.runpath, &o.fault };

	if (gd_object_parse(e->data, &o) < 0)
		return;
	for (size_t i = 0; i < GD_COUNT(texts); i++)
		if (*texts[i])
			mask_string(m, texts[i]);
	for (size_t i = 0; i < o.needed.count; i++)
		mask_string(m, &o.needed.items[i]);
	for (size_t i = 0; i < o.archives.count; i++)
		mask_string(m, &o.archives.items[i]);
	gd_object_print(&o, &out);
	free(e->data);
	e->len = out.len;
	e->data = gd_buf_take(&out);
}

static void mask_entry(struct gd_mask *m, struct gd_entry *e)
{
	if (e->verb == GD_VERB_ENV && e->data)
		mask_variable(m, e);
	if (e->verb == GD_VERB_SAID && e->data)
		mask_said(m, e);
	if (e->verb >= GD_VERB_ENV)
		return;
	if (e->verb == GD_VERB_FILE && e->data) {
		gd_autobuf out = { 0 };

		gd_mask_content(m, e->path, e->data, e->len, &out);
		free(e->data);
		e->len = out.len;
		e->data = gd_buf_take(&out);
	}
	if (e->verb == GD_VERB_LINK && e->data)
		mask_string(m, &e->data);
	if (e->verb == GD_VERB_OBJECT && e->data)
		mask_object(m, e);
	for (size_t i = 0; i < e->names.count; i++) {
		/* A name alone is a person's only directly below /home. */
		gd_autofree path = gd_xasprintf("%s/%s", e->path, e->names.items[i]);

		mask_string(m, &path);
		free(e->names.items[i]);
		e->names.items[i] = gd_xstrdup(strrchr(path, '/') + 1);
	}
	mask_string(m, &e->path);
}

void gd_recorder_print(struct gd_host *recorder, const char *comment, struct gd_buf *out)
{
	struct recorder *rec = impl_of(recorder);
	struct gd_mask *m = gd_mask_new(rec->inner);

	for (size_t i = 0; i < rec->capture->count; i++)
		mask_entry(m, rec->capture->entries[i]);
	gd_mask_free(m);
	gd_capture_print(rec->capture, comment, out);
}
