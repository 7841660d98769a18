/* SPDX-License-Identifier: MIT */
#ifndef GD_MSGPACK_H
#define GD_MSGPACK_H
/*
 * Walks MessagePack data (https://github.com/msgpack/msgpack/blob/master/spec.md)
 * without building anything: what is not wanted is passed over. Nesting is a
 * count of values still to come, not a stack.
 */
#include "object/stream.h"

enum gd_msgpack_type { GD_MSGPACK_OTHER, GD_MSGPACK_TEXT, GD_MSGPACK_ARRAY, GD_MSGPACK_MAP };

struct gd_msgpack {
	struct gd_stream *s;
	uint64_t passed; /* values so far */
};

struct gd_msgpack_value {
	enum gd_msgpack_type type;
	uint64_t count; /* bytes of a text, elements of an array, pairs of a map */
};

/*
 * The head of the next value; what is in it follows. All of these return what
 * gd_stream_read() does, -EBADMSG also for claims that the rest of the data
 * cannot hold, and -EFBIG for more values than any such file has.
 */
int gd_msgpack_next(struct gd_msgpack *m, struct gd_msgpack_value *ret) GD_MUST_CHECK;
/* Passes over what is in the value whose head was read. */
int gd_msgpack_pass(struct gd_msgpack *m, const struct gd_msgpack_value *v) GD_MUST_CHECK;
/* The next value as text; "", and passed over, where it is none or does not fit. */
int gd_msgpack_text(struct gd_msgpack *m, char *to, size_t size) GD_MUST_CHECK;

#endif
