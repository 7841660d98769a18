/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/parse.h"

int gd_err_set(struct gd_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (err) {
		vsnprintf(err->text, sizeof(err->text), fmt, ap);
		/* A text that was cut may end inside a character. */
		gd_repair_text(err->text);
	}
	va_end(ap);
	return code;
}
