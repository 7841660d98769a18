/* SPDX-License-Identifier: MIT */
#include "host/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "host/resolve.h"

struct gd_capture *gd_capture_new(bool partial)
{
	struct gd_capture *c = gd_xcalloc(1, sizeof(*c));

	c->partial = partial;
	return c;
}

void gd_entry_clear(struct gd_entry *e)
{
	free(e->path);
	free(e->data);
	gd_strv_free(&e->names);
	*e = (struct gd_entry){ 0 };
}

static int compare(const void *a, const void *b)
{
	const struct gd_entry *x = a;
	const struct gd_entry *y = b;
	int r = strcmp(x->path, y->path);

	return r ? r : (int)x->verb - (int)y->verb;
}

int gd_entry_compare(const void *a, const void *b)
{
	return compare(*(struct gd_entry *const *)a, *(struct gd_entry *const *)b);
}

static void keep(void *entry)
{
	(void)entry; /* the vector owns it */
}

void gd_capture_free(struct gd_capture *c)
{
	if (!c)
		return;
	tdestroy(c->index, keep);
	for (size_t i = 0; i < c->count; i++) {
		gd_entry_clear(c->entries[i]);
		free(c->entries[i]);
	}
	free(c->entries);
	free(c);
}

const struct gd_entry *gd_capture_find(const struct gd_capture *c, const char *path, enum gd_verb verb)
{
	struct gd_entry key = { .path = (char *)(uintptr_t)path, .verb = verb };
	struct gd_entry *const *found = tfind(&key, &c->index, compare);

	return found ? *found : NULL;
}

int gd_capture_add(struct gd_capture *c, const char *path, enum gd_verb verb, struct gd_entry *e)
{
	struct gd_entry *own;

	if (gd_capture_find(c, path, verb))
		return -EEXIST;
	own = gd_xmalloc(sizeof(*own));
	*own = *e;
	own->path = gd_xstrdup(path);
	own->verb = verb;
	*e = (struct gd_entry){ 0 };
	GD_GROW(c->entries, c->count, c->cap);
	c->entries[c->count++] = own;
	if (!tsearch(own, &c->index, compare))
		abort();
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	const struct gd_entry *x = a;
	const struct gd_entry *y = b;

	return strcmp(x->path, y->path);
}

/* What is not there is so for every verb; variables and notes have names of their own. */
static bool is_absent(const struct gd_capture *c, const char *path)
{
	struct gd_entry key = { .path = (char *)(uintptr_t)path };
	struct gd_entry *const *found = *path == '/' ? tfind(&key, &c->index, compare_paths) : NULL;

	return found && (*found)->error == -ENOENT;
}

/* Something was told of it that only a file has. */
static bool is_file(const struct gd_capture *c, const char *path)
{
	return gd_capture_find(c, path, GD_VERB_FILE) || gd_capture_find(c, path, GD_VERB_OBJECT);
}

/* What to say of a path that has no entry of its own for this verb. */
static int answer_missing(const struct gd_capture *c, const char *path, enum gd_verb verb)
{
	gd_autofree parent = gd_xstrdup(path);
	char *slash;

	if (is_absent(c, path))
		return -ENOENT;
	if ((verb == GD_VERB_FILE || verb == GD_VERB_OBJECT) && gd_capture_find(c, path, GD_VERB_DIR))
		return -EISDIR;
	if (verb == GD_VERB_DIR && is_file(c, path))
		return c->partial ? -GD_ENOTCAPTURED : -ENOTDIR;
	if (verb == GD_VERB_LINK && (gd_capture_find(c, path, GD_VERB_DIR) || is_file(c, path)))
		return -EINVAL;
	while ((slash = strrchr(parent, '/'))) {
		const struct gd_entry *dir;

		*slash = '\0';
		if (is_absent(c, parent))
			return -ENOENT;
		dir = c->partial ? NULL : gd_capture_find(c, *parent ? parent : "/", GD_VERB_DIR);
		if (dir && !dir->error) {
			gd_autofree name = gd_xstrndup(slash + 1, strcspn(slash + 1, "/"));

			return gd_strv_has(&dir->names, name) ? -GD_ENOTCAPTURED : -ENOENT;
		}
	}
	return -GD_ENOTCAPTURED;
}

static int look_up(const struct gd_capture *c, const char *path, enum gd_verb verb, const struct gd_entry **ret)
{
	const struct gd_entry *e = gd_capture_find(c, path, verb);

	if (!e)
		return answer_missing(c, path, verb);
	*ret = e;
	return e->error;
}

/* A link whose parents hold no links. */
static int plain_link(void *impl, const char *path, char **ret)
{
	const struct gd_entry *e = NULL;
	int r = look_up(impl, path, GD_VERB_LINK, &e);

	if (r < 0)
		return r;
	*ret = gd_xstrdup(e->data);
	return 0;
}

static int find(struct gd_capture *c, const char *path, enum gd_verb verb, const struct gd_entry **ret)
{
	gd_autofree real = NULL;
	int r = gd_resolve(plain_link, c, path, verb == GD_VERB_LINK ? GD_RESOLVE_PARENTS : GD_RESOLVE_LAST, &real);

	return r < 0 ? r : look_up(c, real, verb, ret);
}

static int capture_read(void *impl, const char *path, size_t max, struct gd_buf *out)
{
	const struct gd_entry *e = NULL;
	int r = find(impl, path, GD_VERB_FILE, &e);

	if (r < 0)
		return r;
	if (e->len > max)
		return -EFBIG;
	gd_buf_add(out, e->data, e->len);
	return 0;
}

static int capture_list(void *impl, const char *path, struct gd_strv *out)
{
	const struct gd_entry *e = NULL;
	int r = find(impl, path, GD_VERB_DIR, &e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < e->names.count; i++)
		gd_strv_add(out, e->names.items[i]);
	return 0;
}

static int capture_link(void *impl, const char *path, char **ret)
{
	const struct gd_entry *e = NULL;
	int r = find(impl, path, GD_VERB_LINK, &e);

	if (r < 0)
		return r;
	*ret = gd_xstrdup(e->data);
	return 0;
}

static int capture_stat(void *impl, const char *path, struct gd_stat *ret)
{
	const struct gd_entry *e = NULL;
	int r = find(impl, path, GD_VERB_STAT, &e);

	if (r == 0) {
		*ret = e->stat;
		return 0;
	}
	/* What was listed or read is there, and may be read. */
	if (r == -GD_ENOTCAPTURED && find(impl, path, GD_VERB_DIR, &e) == 0)
		*ret = (struct gd_stat){ .mode = S_IFDIR | 0555, .readable = true };
	else if (r == -GD_ENOTCAPTURED &&
		 (find(impl, path, GD_VERB_FILE, &e) == 0 || find(impl, path, GD_VERB_OBJECT, &e) == 0))
		*ret = (struct gd_stat){ .mode = S_IFREG | 0444, .readable = true };
	else
		return r;
	return 0;
}

/* The reader of binary files wants a descriptor. */
static int object_of_bytes(const struct gd_entry *e, struct gd_object *ret)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = gd_write_fd(fd, e->data, e->len);
	if (!r)
		r = gd_object_read(fd, e->len, ret);
	close(fd);
	return r;
}

static int capture_object(void *impl, const char *path, struct gd_object *ret)
{
	const struct gd_entry *e = NULL;
	int r = find(impl, path, GD_VERB_OBJECT, &e);

	if (r == 0)
		return gd_object_parse(e->data, ret);
	/* Where its bytes were kept, they tell the same; only a file too large to keep could have been looked into. */
	if (r == -GD_ENOTCAPTURED && find(impl, path, GD_VERB_FILE, &e) == 0)
		return object_of_bytes(e, ret);
	return r == -GD_ENOTCAPTURED && e && e->error != -EFBIG ? e->error : r;
}

static int capture_env(void *impl, const char *name, char **ret)
{
	const struct gd_entry *e = gd_capture_find(impl, name, GD_VERB_ENV);

	if (!e || e->error)
		return e ? e->error : -GD_ENOTCAPTURED;
	*ret = gd_xstrdup(e->data);
	return 0;
}

static int capture_processes(void *impl, const char *name, gd_process_filter *wanted, struct gd_strv *out)
{
	const struct gd_entry *e = gd_capture_find(impl, name, GD_VERB_PROCESSES);

	(void)wanted; /* who recorded it has asked that */
	if (!e || e->error)
		return e ? e->error : -GD_ENOTCAPTURED;
	for (size_t i = 0; i < e->names.count; i++)
		gd_strv_add(out, e->names.items[i]);
	return 0;
}

static int capture_said(void *impl, const char *name, struct gd_buf *out)
{
	const struct gd_entry *e = gd_capture_find(impl, name, GD_VERB_SAID);

	if (!e || e->error)
		return e ? e->error : -GD_ENOTCAPTURED;
	gd_buf_add(out, e->data, e->len);
	return 0;
}

static void capture_close(void *impl)
{
	gd_capture_free(impl);
}

static const struct gd_host_ops capture_ops = {
	.kind = "capture",
	.read = capture_read,
	.list = capture_list,
	.link = capture_link,
	.stat = capture_stat,
	.object = capture_object,
	.env = capture_env,
	.processes = capture_processes,
	.said = capture_said,
	.close = capture_close,
};

struct gd_host *gd_capture_host(struct gd_capture *c)
{
	return gd_host_new(&capture_ops, c, false);
}

enum { CAPTURE_MAX_BYTES = 256 * 1024 * 1024 };

/* O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever. */
static int open_file(const char *file, struct gd_err *err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st = { 0 };

	if (fd < 0)
		return gd_err_set(err, -errno, "cannot open the capture %s: %s", file, strerror(errno));
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	if (S_ISDIR(st.st_mode))
		return gd_err_set(err, -EISDIR, "%s is a directory, not a capture; a directory goes with --root", file);
	return gd_err_set(err, -EINVAL, "the capture %s is no regular file; - reads one from standard input", file);
}

static int read_whole(const char *file, struct gd_buf *out, struct gd_err *err)
{
	bool input = !strcmp(file, "-");
	int fd = input ? STDIN_FILENO : open_file(file, err);
	int r;

	if (fd < 0)
		return fd;
	r = gd_read_fd(fd, CAPTURE_MAX_BYTES, out);
	if (!input)
		close(fd);
	if (r == -EFBIG)
		return gd_err_set(err, r, "the capture %s is larger than 256 MiB", file);
	return r < 0 ? gd_err_set(err, r, "cannot read the capture %s: %s", file, strerror(-r)) : 0;
}

int gd_host_open_capture(const char *file, struct gd_host **ret, struct gd_err *err)
{
	gd_autobuf text = { 0 };
	struct gd_capture *c;
	int r = read_whole(file, &text, err);

	if (r < 0)
		return r;
	r = gd_capture_parse(file, gd_buf_peek(&text), text.len, &c, err);
	if (r < 0)
		return r;
	*ret = gd_capture_host(c);
	return 0;
}
