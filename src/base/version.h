/* SPDX-License-Identifier: MIT */
#ifndef GD_VERSION_H
#define GD_VERSION_H
/*
 * Version comparison for kernels, drivers and libraries.
 *
 * The rules are those of the UAPI group's Version Format Specification
 * (numbers compare as numbers, "~" sorts before the end, "-" and "^" separate
 * release parts, text before numbers), so that 6.9 < 6.10, 6.10~rc1 < 6.10 and
 * 6.10-rc1 < 6.10: the kernel writes a release candidate with "-rc", which is
 * read as "~rc". (6.10.0-rc5 has one number more and so sorts after 6.10, which
 * suits ranges: what a release brings is there from its first candidate on.)
 */
#include "base/defs.h"

/* <0, 0, >0 as strcmp. */
int gd_version_compare(const char *a, const char *b);

/*
 * Compares only as many leading numbers as `pattern` has, so that
 * 6.10.3-200.fc40 "is" 6.10. Used for `= 6.10` in a range.
 */
bool gd_version_has_prefix(const char *version, const char *pattern);

/* True for text that starts with a digit and can be ordered. */
bool gd_version_is_valid(const char *s);

#endif
