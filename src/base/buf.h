/* SPDX-License-Identifier: MIT */
#ifndef GD_BUF_H
#define GD_BUF_H
/* A growable run of bytes, always followed by a NUL that does not count. */
#include "base/defs.h"

struct gd_buf {
	char *data; /* NULL while empty */
	size_t len;
	size_t cap;
};

void gd_buf_add(struct gd_buf *b, const void *bytes, size_t len);
void gd_buf_puts(struct gd_buf *b, const char *s);
void gd_buf_putc(struct gd_buf *b, char c);
void gd_buf_printf(struct gd_buf *b, const char *fmt, ...) GD_PRINTF(2, 3);
/* Makes room for `len` more bytes and returns where they go. */
char *gd_buf_reserve(struct gd_buf *b, size_t len);
void gd_buf_clear(struct gd_buf *b);
void gd_buf_free(struct gd_buf *b);
/* The text, "" while empty; borrowed. */
const char *gd_buf_peek(const struct gd_buf *b);
/* The text, owned by the caller; the buffer is empty afterwards. */
char *gd_buf_take(struct gd_buf *b);

#define gd_autobuf GD_CLEANUP(gd_buf_free) struct gd_buf

#endif
