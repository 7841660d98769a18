/* SPDX-License-Identifier: MIT */
#ifndef GD_ALLOC_H
#define GD_ALLOC_H
/*
 * Allocation that cannot return NULL: a short run that cannot get a few
 * kilobytes has nothing useful left to do, so it says so and exits 71.
 * Sizes that come from a file are bounded before they reach these.
 */
#include "base/defs.h"

void *gd_xmalloc(size_t bytes) __attribute__((malloc, returns_nonnull));
void *gd_xcalloc(size_t count, size_t bytes) __attribute__((malloc, returns_nonnull));
void *gd_xrealloc_array(void *p, size_t count, size_t bytes) __attribute__((returns_nonnull));
char *gd_xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *gd_xstrndup(const char *s, size_t bytes) __attribute__((malloc, returns_nonnull));
char *gd_xasprintf(const char *fmt, ...) GD_PRINTF(1, 2) __attribute__((malloc, returns_nonnull));

/* Makes room for one more element in a vector whose capacity doubles. */
#define GD_GROW(vec, count, cap) \
	do { \
		if ((count) == (cap)) { \
			(cap) = (cap) ? (cap) * 2 : 8; \
			(vec) = gd_xrealloc_array((vec), (cap), sizeof(*(vec))); \
		} \
	} while (0)

/* A bump allocator: everything in it is freed at once. */
struct gd_arena {
	struct gd_arena_block *head;
	size_t used_bytes;
};

void *gd_arena_alloc(struct gd_arena *a, size_t bytes) __attribute__((returns_nonnull));
const char *gd_arena_strdup(struct gd_arena *a, const char *s) __attribute__((returns_nonnull));
void gd_arena_free(struct gd_arena *a);

#endif
