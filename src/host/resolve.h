/* SPDX-License-Identifier: MIT */
#ifndef GD_RESOLVE_H
#define GD_RESOLVE_H
/* Symlink resolution inside a root, on top of any back end's `link`. */
#include "base/defs.h"

enum gd_resolve_flags {
	GD_RESOLVE_PARENTS = 0, /* leave the last component as it is */
	GD_RESOLVE_LAST = 1,
};

/*
 * `link` answers for one path whose parents hold no more links. "No link" and
 * "not there" end nothing: the rest of the path is kept, and the read that
 * follows gives the error. Any other error is returned.
 */
int gd_resolve(int (*link)(void *impl, const char *path, char **ret), void *impl, const char *path,
	       enum gd_resolve_flags flags, char **ret) GD_MUST_CHECK;

/* The path with doubled slashes, "." and ".." worked out as text; owned. */
char *gd_path_normal(const char *path);
/* The path is that of the folder, or of something in it; both without links and doubled slashes. */
bool gd_path_is_below(const char *path, const char *dir);

#endif
