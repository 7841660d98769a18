/* SPDX-License-Identifier: MIT */
#ifndef GD_DEFS_H
#define GD_DEFS_H
/*
 * Attributes and scope cleanup used everywhere.
 *
 * Ownership in the whole program: `const` arguments are borrowed; a returned
 * pointer is owned by the caller unless the function's name says `_peek`; a
 * `ret_` argument is written on success only. Functions that can fail return 0
 * or a negative errno.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define GD_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define GD_MUST_CHECK __attribute__((warn_unused_result))
#define GD_NORETURN __attribute__((noreturn))
#define GD_UNUSED __attribute__((unused))
#define GD_CLEANUP(f) __attribute__((cleanup(f)))

#define GD_COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline void gd_free_charp(char **p)
{
	free(*p);
}
/* A string freed at the end of its scope. */
#define gd_autofree GD_CLEANUP(gd_free_charp) char *

/* Takes the pointer out of a variable that would free it. */
#define GD_STEAL(p) \
	(__extension__({ \
		__typeof__(p) *gd_pp = &(p); \
		__typeof__(p) gd_val = *gd_pp; \
		*gd_pp = NULL; \
		gd_val; \
	}))

#endif
