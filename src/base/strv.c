/* SPDX-License-Identifier: MIT */
#include "base/strv.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

void gd_strv_add_n(struct gd_strv *v, const char *s, size_t len)
{
	GD_GROW(v->items, v->count, v->cap);
	v->items[v->count++] = gd_xstrndup(s, len);
}

void gd_strv_add(struct gd_strv *v, const char *s)
{
	gd_strv_add_n(v, s, strlen(s));
}

bool gd_strv_has(const struct gd_strv *v, const char *s)
{
	for (size_t i = 0; i < v->count; i++)
		if (!strcmp(v->items[i], s))
			return true;
	return false;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_natural(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

void gd_strv_sort(struct gd_strv *v)
{
	if (v->count)
		qsort(v->items, v->count, sizeof(*v->items), compare);
}

void gd_strv_sort_natural(struct gd_strv *v)
{
	if (v->count)
		qsort(v->items, v->count, sizeof(*v->items), compare_natural);
}

void gd_strv_split(struct gd_strv *v, const char *s, const char *delims)
{
	while (*s) {
		size_t n = strcspn(s, delims);

		if (n)
			gd_strv_add_n(v, s, n);
		s += n;
		if (*s)
			s++;
	}
}

char *gd_strv_join(const struct gd_strv *v, const char *sep)
{
	struct gd_buf b = { 0 };

	for (size_t i = 0; i < v->count; i++) {
		if (i)
			gd_buf_puts(&b, sep);
		gd_buf_puts(&b, v->items[i]);
	}
	return gd_buf_take(&b);
}

void gd_strv_free(struct gd_strv *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i]);
	free(v->items);
	*v = (struct gd_strv){ 0 };
}
