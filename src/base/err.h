/* SPDX-License-Identifier: MIT */
#ifndef GD_ERR_H
#define GD_ERR_H
/* One line of error text for a person, carried up to the command layer. */
#include "base/defs.h"

struct gd_err {
	char text[1024];
};

/* Writes the text and returns `code`, so that a caller can say `return gd_err_set(…)`. */
int gd_err_set(struct gd_err *err, int code, const char *fmt, ...) GD_PRINTF(3, 4);

#endif
