/* SPDX-License-Identifier: MIT */
/*
 * The live machine and directory trees: both are a root descriptor.
 *
 * openat2() with RESOLVE_IN_ROOT lets the kernel keep every symlink inside the
 * root. Kernels before 5.6 and some container filters lack it; then each
 * component is walked with readlinkat(), which is slower and the same to see.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "host/host.h"
#include "host/resolve.h"
#include "host/standin.h"

struct tree {
	int root_fd;
	bool partial; /* what is missing was perhaps never copied */
	bool walk; /* openat2() is not to be had */
	struct gd_standins standins; /* of a partial tree */
};

/* O_NONBLOCK: a FIFO or a device that stands where a file should be cannot hold us. */
enum { OPEN_FLAGS = O_CLOEXEC | O_NOCTTY | O_NONBLOCK };

static const char *relative(const char *path)
{
	path += strspn(path, "/");
	return *path ? path : ".";
}

static int missing(const struct tree *t, int error)
{
	return t->partial && (error == ENOENT || error == ENOTDIR) ? -GD_ENOTCAPTURED : -error;
}

/* readlinkat() on a path whose parents hold no links. */
static int plain_link(void *impl, const char *path, char **ret)
{
	const struct tree *t = impl;
	char target[4096];
	ssize_t n = readlinkat(t->root_fd, relative(path), target, sizeof(target));

	if (n < 0)
		return -errno;
	if ((size_t)n == sizeof(target))
		return -ENAMETOOLONG;
	*ret = gd_xstrndup(target, (size_t)n);
	return 0;
}

/* Opens a path component by component, without openat2(). */
static int open_walking(struct tree *t, const char *path, int flags)
{
	gd_autofree real = NULL;
	int r = gd_resolve(plain_link, t, path, GD_RESOLVE_LAST, &real);
	int fd;

	if (r < 0)
		return r;
	fd = openat(t->root_fd, relative(real), flags | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

static int open_as_told(struct tree *t, const char *path, int flags)
{
	/* openat2() refuses what means nothing beside O_PATH. */
	int all = flags | (flags & O_PATH ? O_CLOEXEC : OPEN_FLAGS);
	struct open_how how = {
		.flags = (uint64_t)(unsigned)all,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	if (t->walk)
		return open_walking(t, path, all);
	fd = syscall(SYS_openat2, t->root_fd, relative(path), &how, sizeof(how));
	if (fd >= 0)
		return (int)fd;
	if (errno == ENOSYS || errno == EPERM || errno == EAGAIN) {
		t->walk = errno != EAGAIN;
		return open_walking(t, path, all);
	}
	return -errno;
}

/*
 * Opening a device can wake a GPU or arm a watchdog. So what is to be read is
 * looked at first, and where it is no file, the caller gets a descriptor that
 * tells its type and cannot be read.
 */
static int open_once(struct tree *t, const char *path, int flags)
{
	struct stat st;
	int fd;

	if (flags & (O_PATH | O_DIRECTORY))
		return open_as_told(t, path, flags);
	fd = open_as_told(t, path, O_PATH | (flags & O_NOFOLLOW));
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return open_as_told(t, path, flags);
}

static int standin_open(void *impl, const char *path, int flags)
{
	return open_once(impl, path, flags);
}

/* Opens through stand-ins: a file on the way is perhaps one, or, where a folder is wanted, the last is. */
static int open_with_standins(struct tree *t, const char *path, int flags)
{
	for (int i = 0; i < 40; i++) {
		gd_autofree real = gd_standin_apply(&t->standins, path);
		int fd = open_once(t, real, flags);

		if (fd != -ENOTDIR ||
		    gd_standin_discover(&t->standins, real,
					flags & O_DIRECTORY ? GD_STANDIN_FOLDER : GD_STANDIN_PARENTS) < 0)
			return fd;
	}
	return -ELOOP;
}

static int tree_open(struct tree *t, const char *path, int flags)
{
	int fd = t->partial ? open_with_standins(t, path, flags) : open_once(t, path, flags);

	return fd < 0 ? missing(t, -fd) : fd;
}

/* Opens a regular file, and nothing else. */
static int open_file(struct tree *t, const char *path, struct stat *st)
{
	int fd = tree_open(t, path, O_RDONLY);
	int r = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, st) < 0)
		r = -errno;
	else if (S_ISDIR(st->st_mode))
		r = -EISDIR;
	else if (!S_ISREG(st->st_mode))
		r = -EINVAL;
	if (!r)
		return fd;
	close(fd);
	return r;
}

static int read_at(struct tree *t, const char *path, size_t max, struct gd_buf *out)
{
	struct stat st;
	int fd = open_file(t, path, &st);
	int r;

	if (fd < 0)
		return fd;
	r = gd_read_fd(fd, max, out);
	close(fd);
	return r;
}

/* A whole file without a newline may be a link to the file that is meant. */
static bool may_be_standin(const struct gd_buf *out, size_t before)
{
	return out->len > before && out->len - before <= 1024 && out->data[out->len - 1] != '\n';
}

/* Where the file at `path` stands in for a link, remembers that. */
static bool is_standin(struct tree *t, const char *path)
{
	gd_autofree real = gd_standin_apply(&t->standins, path);

	return gd_standin_discover(&t->standins, real, GD_STANDIN_FILE) == 0;
}

static int tree_read(void *impl, const char *path, size_t max, struct gd_buf *out)
{
	struct tree *t = impl;
	size_t before = out->len;
	int r = read_at(t, path, max, out);

	for (int i = 0; i < 40 && r == 0 && t->partial && may_be_standin(out, before); i++) {
		if (!is_standin(t, path))
			break;
		out->len = before;
		r = read_at(t, path, max, out);
	}
	return r;
}

static int tree_object(void *impl, const char *path, struct gd_object *ret)
{
	struct tree *t = impl;
	struct stat st;
	int fd = open_file(t, path, &st);
	int r;

	for (int i = 0; i < 40 && fd >= 0 && t->partial && st.st_size && st.st_size <= 1024; i++) {
		if (!is_standin(t, path))
			break;
		close(fd);
		fd = open_file(t, path, &st);
	}
	if (fd < 0)
		return fd;
	r = gd_object_read(fd, (uint64_t)st.st_size, ret);
	close(fd);
	return r;
}

static int tree_list(void *impl, const char *path, struct gd_strv *out)
{
	int fd = tree_open(impl, path, O_RDONLY | O_DIRECTORY);
	struct dirent *e;
	DIR *dir;
	int r;

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		r = -errno;
		close(fd);
		return r;
	}
	errno = 0;
	while ((e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			gd_strv_add(out, e->d_name);
	r = -errno;
	closedir(dir);
	return r;
}

/* As plain_link(), and through files that stand in for links. */
static int tree_link(void *impl, const char *path, char **ret)
{
	struct tree *t = impl;
	int r = plain_link(t, path, ret);

	if (r == -EINVAL && t->partial)
		return gd_standin_read(&t->standins, path, false, ret);
	return r < 0 && r != -EINVAL ? missing(t, -r) : r;
}

static int tree_link_anywhere(void *impl, const char *path, char **ret)
{
	gd_autofree real = NULL;
	int r = gd_resolve(tree_link, impl, path, GD_RESOLVE_PARENTS, &real);

	return r < 0 ? r : tree_link(impl, real, ret);
}

static int tree_stat(void *impl, const char *path, struct gd_stat *ret)
{
	struct tree *t = impl;
	gd_autofree real = NULL;
	struct stat st;
	int r = gd_resolve(tree_link, t, path, GD_RESOLVE_LAST, &real);

	if (r < 0)
		return r;
	if (fstatat(t->root_fd, relative(real), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return missing(t, errno);
	*ret = (struct gd_stat){
		.mode = st.st_mode,
		.uid = st.st_uid,
		.gid = st.st_gid,
		.rdev = st.st_rdev,
		.readable = !faccessat(t->root_fd, relative(real), R_OK, AT_EACCESS),
		.writable = !faccessat(t->root_fd, relative(real), W_OK, AT_EACCESS),
	};
	return 0;
}

static int tree_env(void *impl, const char *name, char **ret)
{
	const struct tree *t = impl;
	const char *value = t->partial ? NULL : getenv(name);

	if (!value)
		return missing(t, ENOENT);
	*ret = gd_xstrdup(value);
	return 0;
}

static void tree_close(void *impl)
{
	struct tree *t = impl;

	close(t->root_fd);
	gd_strv_free(&t->standins.found);
	free(t);
}

static const struct gd_host_ops live_ops = {
	.kind = "live",
	.read = tree_read,
	.list = tree_list,
	.link = tree_link_anywhere,
	.stat = tree_stat,
	.object = tree_object,
	.env = tree_env,
	.close = tree_close,
};

static const struct gd_host_ops tree_ops = {
	.kind = "tree",
	.read = tree_read,
	.list = tree_list,
	.link = tree_link_anywhere,
	.stat = tree_stat,
	.object = tree_object,
	.env = tree_env,
	.close = tree_close,
};

static int open_root(const char *dir, bool partial, struct gd_host **ret, struct gd_err *err)
{
	struct tree *t;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return gd_err_set(err, -errno, "cannot open the root %s: %s", dir, strerror(errno));
	t = gd_xcalloc(1, sizeof(*t));
	t->root_fd = fd;
	t->standins.open = standin_open;
	t->standins.impl = t;
	t->partial = partial;
	*ret = gd_host_new(partial ? &tree_ops : &live_ops, t, !partial);
	return 0;
}

int gd_host_open_live(struct gd_host **ret, struct gd_err *err)
{
	return open_root("/", false, ret, err);
}

int gd_host_open_tree(const char *dir, struct gd_host **ret, struct gd_err *err)
{
	return open_root(dir, true, ret, err);
}
