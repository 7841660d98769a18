/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

char *gd_buf_reserve(struct gd_buf *b, size_t len)
{
	size_t need = b->len + len + 1;

	if (need > b->cap) {
		size_t cap = b->cap ? b->cap : 128;

		while (cap < need)
			cap *= 2;
		b->data = gd_xrealloc_array(b->data, cap, 1);
		b->cap = cap;
	}
	return b->data + b->len;
}

void gd_buf_add(struct gd_buf *b, const void *bytes, size_t len)
{
	char *at = gd_buf_reserve(b, len);

	if (len)
		memcpy(at, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void gd_buf_puts(struct gd_buf *b, const char *s)
{
	gd_buf_add(b, s, strlen(s));
}

void gd_buf_putc(struct gd_buf *b, char c)
{
	gd_buf_add(b, &c, 1);
}

void gd_buf_printf(struct gd_buf *b, const char *fmt, ...)
{
	va_list ap;
	va_list again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n > 0) {
		char *at = gd_buf_reserve(b, (size_t)n);

		vsnprintf(at, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

void gd_buf_clear(struct gd_buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

void gd_buf_free(struct gd_buf *b)
{
	free(b->data);
	*b = (struct gd_buf){ 0 };
}

const char *gd_buf_peek(const struct gd_buf *b)
{
	return b->data ? b->data : "";
}

char *gd_buf_take(struct gd_buf *b)
{
	char *s = b->data ? b->data : gd_xstrdup("");

	*b = (struct gd_buf){ 0 };
	return s;
}
