/* SPDX-License-Identifier: MIT */
#ifndef GD_TEST_TREE_FIXTURE_H
#define GD_TEST_TREE_FIXTURE_H
/* A directory tree of its own for each test. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmocka_all.h"

#include "base/alloc.h"
#include "host/host.h"

static char root[64];

static inline int make_root(void **state)
{
	(void)state;
	strcpy(root, "/tmp/gpudoctor-unit-XXXXXX");
	return !mkdtemp(root) || chmod(root, 0755);
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int remove_root(void **state)
{
	(void)state;
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The place of a path of the tree on this machine, its folder made. Owned. */
static inline char *place(const char *path)
{
	char *real = gd_xasprintf("%s%s", root, path);

	for (char *p = real + strlen(root) + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			if (mkdir(real, 0755) < 0 && errno != EEXIST)
				fail_msg("%s: %s", real, strerror(errno));
			*p = '/';
		}
	return real;
}

static inline void put_n(const char *path, const char *text, size_t len)
{
	gd_autofree real = place(path);
	int fd = open(real, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len || close(fd) < 0)
		fail_msg("%s: %s", real, strerror(errno));
}

static inline void put(const char *path, const char *text)
{
	put_n(path, text, strlen(text));
}

/* Zeros that take no room. */
static inline void put_sparse(const char *path, off_t bytes)
{
	gd_autofree real = place(path);

	put(path, "");
	if (truncate(real, bytes) < 0)
		fail_msg("%s: %s", real, strerror(errno));
}

static inline void put_link(const char *path, const char *target)
{
	gd_autofree real = place(path);

	if (symlink(target, real) < 0)
		fail_msg("%s: %s", real, strerror(errno));
}

static inline void put_fifo(const char *path)
{
	gd_autofree real = place(path);

	if (mkfifo(real, 0644) < 0)
		fail_msg("%s: %s", real, strerror(errno));
}

static inline void put_dir(const char *path)
{
	gd_autofree real = place(path);

	if (mkdir(real, 0755) < 0)
		fail_msg("%s: %s", real, strerror(errno));
}

static inline struct gd_host *open_tree(void)
{
	struct gd_err err = { "" };
	struct gd_host *h = NULL;

	if (gd_host_open_tree(root, &h, &err) < 0)
		fail_msg("%s", err.text);
	return h;
}

static inline void expect_read(struct gd_host *h, const char *path, const char *text)
{
	gd_autobuf out = { 0 };
	int r = gd_host_read(h, path, &out);

	if (r < 0)
		fail_msg("reading %s: %s", path, gd_host_strerror_peek(r));
	assert_string_equal(gd_buf_peek(&out), text);
	assert_int_equal(out.len, strlen(text));
}

/* Reading fails with this error, and leaves what was in the buffer. */
static inline void expect_read_error(struct gd_host *h, const char *path, int error)
{
	gd_autobuf out = { 0 };
	int r;

	gd_buf_puts(&out, "before");
	r = gd_host_read(h, path, &out);
	if (r != error)
		fail_msg("reading %s: %d, not %d", path, r, error);
	assert_string_equal(gd_buf_peek(&out), "before");
}

/* The names joined by blanks. */
static inline void expect_list(struct gd_host *h, const char *path, const char *names)
{
	gd_autostrv out = { 0 };
	int r = gd_host_list(h, path, &out);
	gd_autofree joined = gd_strv_join(&out, " ");

	if (r < 0)
		fail_msg("listing %s: %s", path, gd_host_strerror_peek(r));
	assert_string_equal(joined, names);
}

static inline void expect_list_error(struct gd_host *h, const char *path, int error)
{
	gd_autostrv out = { 0 };
	int r = gd_host_list(h, path, &out);

	if (r != error)
		fail_msg("listing %s: %d, not %d", path, r, error);
	assert_int_equal(out.count, 0);
}

static inline void expect_link(struct gd_host *h, const char *path, const char *target)
{
	gd_autofree out = NULL;
	int r = gd_host_link(h, path, &out);

	if (r < 0)
		fail_msg("the link %s: %s", path, gd_host_strerror_peek(r));
	assert_string_equal(out, target);
}

static inline void expect_link_error(struct gd_host *h, const char *path, int error)
{
	gd_autofree out = NULL;
	int r = gd_host_link(h, path, &out);

	if (r != error)
		fail_msg("the link %s: %d, not %d", path, r, error);
	assert_null(out);
}

static inline void expect_resolved(struct gd_host *h, const char *path, const char *real)
{
	gd_autofree out = NULL;
	int r = gd_host_resolve(h, path, &out);

	if (r < 0)
		fail_msg("resolving %s: %s", path, gd_host_strerror_peek(r));
	assert_string_equal(out, real);
}

static inline void expect_stat_error(struct gd_host *h, const char *path, int error)
{
	struct gd_stat st;
	int r = gd_host_stat(h, path, &st);

	if (r != error)
		fail_msg("the state of %s: %d, not %d", path, r, error);
}

#endif
