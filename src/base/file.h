/* SPDX-License-Identifier: MIT */
#ifndef GD_FILE_H
#define GD_FILE_H
/* Reading an open descriptor to its end, with a bound. */
#include "base/buf.h"

/* Appends what is left to read; -EFBIG where that is more than `max` bytes. */
int gd_read_fd(int fd, size_t max, struct gd_buf *out) GD_MUST_CHECK;

#endif
