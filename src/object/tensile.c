/* SPDX-License-Identifier: MIT */
/*
 * Index files of Tensile, behind rocBLAS and hipBLASLt: a MessagePack map with
 * "solutions", one for each kernel, and "library", how to choose among them; for
 * hipBLASLt also "version". Newer ones are packed with zlib: .dat.zlib. The
 * index of a lazily loaded library has no solutions of its own.
 */
#include <errno.h>
#include <string.h>

#include "object/msgpack.h"
#include "object/object_parts.h"

/* "solutions" comes first as a rule, so that hardly anything is unpacked. */
enum { MAX_UNPACKED_BYTES = 64 * 1024 * 1024, MAX_KEY_BYTES = 32 };

static bool is_map(unsigned char c)
{
	return (c >= 0x80 && c <= 0x8f) || c == 0xde || c == 0xdf;
}

/* RFC 1950: method 8, a window of at most 32 KiB, and a check in the second byte. */
static bool is_zlib(const unsigned char *head, size_t len)
{
	return len >= 2 && (head[0] & 0x0f) == 8 && head[0] >> 4 <= 7 && (head[0] << 8 | head[1]) % 31 == 0;
}

static int read_solutions(struct gd_object *o, struct gd_msgpack *m)
{
	struct gd_msgpack_value v = { 0 };
	int r = gd_msgpack_next(m, &v);

	if (r < 0)
		return r;
	if (v.type != GD_MSGPACK_ARRAY)
		return -EBADMSG;
	o->has_solutions = true;
	o->solution_count = v.count;
	return 0;
}

/* As far as the solutions. The first key that only an index has makes the file one. */
static int read_index(struct gd_object *o, struct gd_msgpack *m)
{
	struct gd_msgpack_value v = { 0 };
	int r = gd_msgpack_next(m, &v);
	uint64_t pairs = v.type == GD_MSGPACK_MAP ? v.count : 0;

	while (r >= 0 && pairs-- && !o->has_solutions) {
		char key[MAX_KEY_BYTES];

		r = gd_msgpack_text(m, key, sizeof(key));
		if (r < 0)
			return r;
		if (!strcmp(key, "solutions") || !strcmp(key, "library"))
			o->kind = GD_OBJECT_TENSILE;
		if (!strcmp(key, "solutions"))
			return read_solutions(o, m);
		r = gd_msgpack_next(m, &v);
		if (r >= 0)
			r = gd_msgpack_pass(m, &v);
	}
	return r;
}

static int tell(struct gd_object *o, const struct gd_stream *s, int r)
{
	uint64_t at = gd_stream_offset(s);

	if (r != -ENODATA && r != -EBADMSG && r != -EFBIG)
		return r;
	if (o->kind != GD_OBJECT_TENSILE)
		return 0;
	gd_object_fault(o, at, r == -ENODATA ? "the index is cut off"
			       : r == -EFBIG ? "the index is larger than any of its kind"
					     : "the index is damaged");
	return 0;
}

int gd_tensile_read(struct gd_object *o, int fd, const unsigned char *head, size_t len)
{
	enum gd_packing packing = GD_PACKING_NONE;
	struct gd_stream s;
	struct gd_msgpack m = { .s = &s };
	int r;

	if (is_zlib(head, len))
		packing = GD_PACKING_ZLIB;
	else if (!is_map(head[0]))
		return 0;
	r = gd_stream_open(&s, fd, 0, o->size_bytes, packing, MAX_UNPACKED_BYTES, &o->work);
	if (r < 0)
		return r;
	r = tell(o, &s, read_index(o, &m));
	gd_stream_close(&s);
	return r;
}
