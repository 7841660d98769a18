/* SPDX-License-Identifier: MIT */
#ifndef GD_FUZZ_OBJECT_INPUT_H
#define GD_FUZZ_OBJECT_INPUT_H
/* Bytes as an open file, and what is true of whatever is read from one. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "object/object.h"
#include "tests/fuzz/fuzz.h"

static inline int open_input(const uint8_t *data, size_t size)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd < 0 || gd_write_fd(fd, data, size) < 0)
		abort();
	return fd;
}

/* What is printed is taken, and printed again it is the same. */
static inline void check_text(const struct gd_object *o)
{
	gd_autoobject again = { 0 };
	gd_autobuf once = { 0 };
	gd_autobuf twice = { 0 };
	int r;

	gd_object_print(o, &once);
	r = gd_object_parse(gd_buf_peek(&once), &again);
	FUZZ_ASSERT(r == 0, "%s", gd_buf_peek(&once));
	gd_object_print(&again, &twice);
	FUZZ_ASSERT(!strcmp(gd_buf_peek(&once), gd_buf_peek(&twice)), "%s----\n%s", gd_buf_peek(&once),
		    gd_buf_peek(&twice));
}

#endif
