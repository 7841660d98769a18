/* SPDX-License-Identifier: MIT */
#ifndef GD_STRV_H
#define GD_STRV_H
/* A vector of owned strings. */
#include "base/defs.h"

struct gd_strv {
	char **items;
	size_t count;
	size_t cap;
};

void gd_strv_add(struct gd_strv *v, const char *s);
void gd_strv_add_n(struct gd_strv *v, const char *s, size_t len);
bool gd_strv_has(const struct gd_strv *v, const char *s);
void gd_strv_sort(struct gd_strv *v);
/* Sorts so that card2 comes before card10. */
void gd_strv_sort_natural(struct gd_strv *v);
/* Adds the pieces of `s` between characters of `delims`; empty pieces are left out. */
void gd_strv_split(struct gd_strv *v, const char *s, const char *delims);
/* All items with `sep` between them; owned by the caller. */
char *gd_strv_join(const struct gd_strv *v, const char *sep);
void gd_strv_free(struct gd_strv *v);

#define gd_autostrv GD_CLEANUP(gd_strv_free) struct gd_strv

#endif
