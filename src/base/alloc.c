/* SPDX-License-Identifier: MIT */
#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_NO_MEMORY = 71, ARENA_BLOCK_BYTES = 16 * 1024 };

struct gd_arena_block {
	struct gd_arena_block *next;
	size_t size;
	_Alignas(max_align_t) char data[];
};

static void GD_NORETURN out_of_memory(void)
{
	fputs("gpudoctor: out of memory\n", stderr);
	_Exit(EXIT_NO_MEMORY);
}

void *gd_xmalloc(size_t bytes)
{
	void *p = malloc(bytes ? bytes : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *gd_xcalloc(size_t count, size_t bytes)
{
	void *p = calloc(count ? count : 1, bytes ? bytes : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *gd_xrealloc_array(void *p, size_t count, size_t bytes)
{
	void *q = reallocarray(p, count ? count : 1, bytes ? bytes : 1);

	if (!q)
		out_of_memory();
	return q;
}

char *gd_xstrndup(const char *s, size_t bytes)
{
	char *p = strndup(s, bytes);

	if (!p)
		out_of_memory();
	return p;
}

char *gd_xstrdup(const char *s)
{
	return gd_xstrndup(s, strlen(s));
}

char *gd_xasprintf(const char *fmt, ...)
{
	char *p = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&p, fmt, ap) < 0)
		out_of_memory();
	va_end(ap);
	return p;
}

void *gd_arena_alloc(struct gd_arena *a, size_t bytes)
{
	size_t want = (bytes + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	struct gd_arena_block *b = a->head;

	if (!b || b->size - a->used_bytes < want) {
		size_t size = want > ARENA_BLOCK_BYTES ? want : ARENA_BLOCK_BYTES;

		b = gd_xmalloc(sizeof(*b) + size);
		b->next = a->head;
		b->size = size;
		a->head = b;
		a->used_bytes = 0;
	}
	a->used_bytes += want;
	return b->data + a->used_bytes - want;
}

const char *gd_arena_strdup(struct gd_arena *a, const char *s)
{
	size_t bytes = strlen(s) + 1;

	return memcpy(gd_arena_alloc(a, bytes), s, bytes);
}

void gd_arena_free(struct gd_arena *a)
{
	while (a->head) {
		struct gd_arena_block *next = a->head->next;

		free(a->head);
		a->head = next;
	}
	a->used_bytes = 0;
}
