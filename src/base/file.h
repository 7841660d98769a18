/* SPDX-License-Identifier: MIT */
#ifndef GD_FILE_H
#define GD_FILE_H
/* Reading open descriptors, with bounds, and writing to them. */
#include "base/buf.h"

/* Appends what is left to read; -EFBIG where that is more than `max` bytes. */
int gd_read_fd(int fd, size_t max, struct gd_buf *out) GD_MUST_CHECK;
/* Reads these very bytes; -ENODATA where the file ends before them. */
int gd_read_at(int fd, uint64_t at, void *to, size_t len) GD_MUST_CHECK;
/* Writes all of it. */
int gd_write_fd(int fd, const void *from, size_t len) GD_MUST_CHECK;

#endif
