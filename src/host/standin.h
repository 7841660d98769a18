/* SPDX-License-Identifier: MIT */
#ifndef GD_STANDIN_H
#define GD_STANDIN_H
/*
 * Symlinks that became plain files. A tree that went through git without
 * symlink support, a zip file or a web form holds the target's text where the
 * link was. Such a file ends without a newline, which no file of the kernel
 * does, and its text leads somewhere.
 */
#include "base/strv.h"

struct gd_standins {
	/* Opens a path inside the root, following real links there; a negative errno on failure. */
	int (*open)(void *impl, const char *path, int flags);
	void *impl;
	/* Pairs: the path of a stand-in, and where it leads; both from the root. */
	struct gd_strv found;
};

/*
 * The target's text where the plain file at `path` stands in for a link; owned.
 * -EINVAL where it does not. A file that is read for its own sake may well hold
 * an absolute path: with `as_file` that counts only where something is there.
 */
int gd_standin_read(const struct gd_standins *s, const char *path, bool as_file, char **ret) GD_MUST_CHECK;

/* The path with every stand-in found so far replaced; owned. */
char *gd_standin_apply(const struct gd_standins *s, const char *path);

enum gd_standin_last {
	GD_STANDIN_PARENTS, /* only what stands before the last component */
	GD_STANDIN_FOLDER, /* the last one too: a folder is wanted */
	GD_STANDIN_FILE, /* the last one too: a file is wanted */
};

/*
 * Looks for the first component of `path` that is a stand-in, and remembers it.
 * -ENOENT where there is none.
 */
int gd_standin_discover(struct gd_standins *s, const char *path, enum gd_standin_last what) GD_MUST_CHECK;

#endif
