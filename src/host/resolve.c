/* SPDX-License-Identifier: MIT */
#include "host/resolve.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "host/host.h"

/* The kernel's own limit, MAXSYMLINKS. */
enum { MAX_LINKS = 40, MAX_PATH_BYTES = 4096 };

static void drop_last(struct gd_buf *b)
{
	while (b->len && b->data[b->len - 1] != '/')
		b->len--;
	if (b->len)
		b->len--;
	if (b->data)
		b->data[b->len] = '\0';
}

/* Takes the next component off `*rest`; false at the end. */
static bool next_component(const char **rest, const char **name, size_t *len)
{
	*rest += strspn(*rest, "/");
	*name = *rest;
	*len = strcspn(*rest, "/");
	*rest += *len;
	return *len > 0;
}

static bool is_dot(const char *name, size_t len)
{
	return len == 1 && name[0] == '.';
}

static bool is_dot_dot(const char *name, size_t len)
{
	return len == 2 && name[0] == '.' && name[1] == '.';
}

char *gd_path_normal(const char *path)
{
	struct gd_buf out = { 0 };
	const char *name;
	size_t len;

	while (next_component(&path, &name, &len)) {
		if (is_dot(name, len))
			continue;
		if (is_dot_dot(name, len)) {
			drop_last(&out);
			continue;
		}
		gd_buf_putc(&out, '/');
		gd_buf_add(&out, name, len);
	}
	if (!out.len)
		gd_buf_putc(&out, '/');
	return gd_buf_take(&out);
}

int gd_resolve(int (*link)(void *impl, const char *path, char **ret), void *impl, const char *path,
	       enum gd_resolve_flags flags, char **ret)
{
	gd_autofree todo = gd_xstrdup(path);
	gd_autobuf done = { 0 };
	const char *rest = todo;
	const char *name;
	size_t len;
	int links = 0;

	while (next_component(&rest, &name, &len)) {
		gd_autofree target = NULL;
		char *joined;
		int r;

		if (is_dot(name, len))
			continue;
		if (is_dot_dot(name, len)) {
			drop_last(&done);
			continue;
		}
		gd_buf_putc(&done, '/');
		gd_buf_add(&done, name, len);
		if (done.len > MAX_PATH_BYTES)
			return -ENAMETOOLONG;
		if (!(flags & GD_RESOLVE_LAST) && !rest[strspn(rest, "/")])
			break;
		r = link(impl, done.data, &target);
		if (r == -EINVAL || r == -ENOENT || r == -ENOTDIR || r == -GD_ENOTCAPTURED)
			continue;
		if (r < 0)
			return r;
		if (++links > MAX_LINKS)
			return -ELOOP;
		if (target[0] == '/')
			gd_buf_clear(&done);
		else
			drop_last(&done);
		joined = gd_xasprintf("%s/%s", target, rest);
		free(todo);
		todo = joined;
		rest = todo;
	}
	if (!done.len)
		gd_buf_putc(&done, '/');
	*ret = gd_buf_take(&done);
	return 0;
}

bool gd_path_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (!path[n] || path[n] == '/');
}
