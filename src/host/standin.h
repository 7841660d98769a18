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
	int root_fd;
	/* Pairs: the path of a stand-in, and where it leads; both from the root. */
	struct gd_strv found;
};

/* The target's text where the plain file at `path` stands in for a link; owned. -EINVAL where it does not. */
int gd_standin_read(const struct gd_standins *s, const char *path, char **ret) GD_MUST_CHECK;

/* The path with every stand-in found so far replaced; owned. */
char *gd_standin_apply(const struct gd_standins *s, const char *path);

/*
 * Looks for the first component of `path` that is a stand-in, and remembers it.
 * With `last`, the last component counts too. -ENOENT where there is none.
 */
int gd_standin_discover(struct gd_standins *s, const char *path, bool last) GD_MUST_CHECK;

#endif
