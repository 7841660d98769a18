/* SPDX-License-Identifier: MIT */
#ifndef GD_FUZZ_CAPTURE_INPUT_H
#define GD_FUZZ_CAPTURE_INPUT_H
/* Bytes as a capture, with the count at the end put right: else hardly a mutation would get past it. */
#include <string.h>

#include "host/capture.h"

/* Cuts the last line off where it is the end line. */
static inline size_t without_end_line(const char *text, size_t len)
{
	size_t at = len;

	while (at && text[at - 1] == '\n')
		at--;
	while (at && text[at - 1] != '\n')
		at--;
	return len - at > 4 && !memcmp(text + at, "end ", 4) ? at : len;
}

/* Text with the right end line; the first two lines that count are the format and the origin. */
static inline void put_end_line(const char *text, size_t len, struct gd_buf *out)
{
	unsigned entries = 0;

	len = without_end_line(text, len);
	gd_buf_add(out, text, len);
	if (len && text[len - 1] != '\n')
		gd_buf_putc(out, '\n');
	for (size_t i = 0; i < out->len; i++) {
		entries += out->data[i] != '|' && out->data[i] != '#' && out->data[i] != '\n';
		while (out->data[i] != '\n')
			i++;
	}
	gd_buf_printf(out, "end %u\n", entries > 2 ? entries - 2 : 0);
}

/* NULL where the bytes are no capture even so. */
static inline struct gd_capture *capture_of(const uint8_t *data, size_t size)
{
	gd_autobuf text = { 0 };
	struct gd_capture *c = NULL;
	struct gd_err err = { "" };

	put_end_line((const char *)data, size, &text);
	return gd_capture_parse("input", gd_buf_peek(&text), text.len, &c, &err) < 0 ? NULL : c;
}

#endif
