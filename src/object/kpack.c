/* SPDX-License-Identifier: MIT */
/*
 * Archives that code objects were moved to, one for each family of GPUs, and the
 * section of a library that names them: rocm-systems, shared/kpack,
 * docs/multi_arch_packaging_with_kpack.md. Both hold MessagePack maps.
 */
#include <errno.h>
#include <string.h>

#include "object/msgpack.h"
#include "object/object_parts.h"

/* Header of an archive: magic, version, where the table of contents starts. */
enum { HEADER_BYTES = 16, VERSION_AT = 4, TOC_AT = 8, VERSION = 1, MAX_KEY_BYTES = 32, MAX_ITEM_BYTES = 4096 };

static const unsigned char magic[] = { 'K', 'P', 'A', 'K' };

bool gd_kpack_is(const unsigned char *head, size_t len)
{
	return len >= sizeof(magic) && !memcmp(head, magic, sizeof(magic));
}

static int take_isa(struct gd_object *o, uint64_t at, const char *text)
{
	struct gd_target t;

	if (gd_target_parse(text, &t) < 0)
		gd_object_fault(o, at, "\"%s\" is not a target ID", text);
	else
		gd_object_add_target(o, at, &t, 0);
	return 0;
}

static int take_path(struct gd_object *o, uint64_t at, const char *text)
{
	if (!*text)
		return 0;
	if (gd_object_too_long(o, at, strlen(text)))
		return -EFBIG;
	gd_strv_add(&o->archives, text);
	gd_object_clean(o->archives.items[o->archives.count - 1]);
	return 0;
}

/* What is done with a text; an error ends the list. */
typedef int take_fn(struct gd_object *o, uint64_t at, const char *text);

/* The array whose head was read. */
static int take_texts(struct gd_object *o, struct gd_msgpack *m, uint64_t count, take_fn *take)
{
	int r = 0;

	while (r >= 0 && count--) {
		char text[MAX_ITEM_BYTES];

		r = gd_object_count_entry(o, gd_stream_offset(m->s));
		if (r >= 0)
			r = gd_msgpack_text(m, text, sizeof(text));
		if (r >= 0)
			r = take(o, gd_stream_offset(m->s), text);
	}
	return r;
}

/* Calls `take` for each text in the array that stands under this key. */
static int each_text(struct gd_object *o, struct gd_msgpack *m, const char *wanted, take_fn *take)
{
	struct gd_msgpack_value v = { 0 };
	int r = gd_msgpack_next(m, &v);
	uint64_t pairs = v.count;

	if (r >= 0 && v.type != GD_MSGPACK_MAP)
		return -EBADMSG;
	while (r >= 0 && pairs--) {
		char key[MAX_KEY_BYTES];

		r = gd_msgpack_text(m, key, sizeof(key));
		if (r >= 0)
			r = gd_msgpack_next(m, &v);
		if (r >= 0 && !strcmp(key, wanted))
			return v.type == GD_MSGPACK_ARRAY ? take_texts(o, m, v.count, take) : -EBADMSG;
		if (r >= 0)
			r = gd_msgpack_pass(m, &v);
	}
	return r;
}

static int read_map(struct gd_object *o, int fd, uint64_t at, uint64_t end, const char *key, take_fn *take)
{
	struct gd_stream s;
	struct gd_msgpack m = { .s = &s };
	int r = gd_stream_open(&s, fd, at, end, GD_PACKING_NONE, 0, &o->work);

	if (r >= 0)
		r = each_text(o, &m, key, take);
	if (r == -ENODATA || r == -EBADMSG || r == -EFBIG) {
		gd_object_fault(o, gd_stream_offset(&s), "the list of code objects is %s",
				r == -ENODATA ? "cut off" : "damaged");
		r = 0;
	}
	gd_stream_close(&s);
	return r;
}

int gd_kpack_read(struct gd_object *o, int fd, const unsigned char *head)
{
	uint64_t toc = gd_le64(head + TOC_AT);

	o->kind = GD_OBJECT_KPACK;
	if (o->size_bytes < HEADER_BYTES || toc < HEADER_BYTES || toc >= o->size_bytes) {
		gd_object_fault(o, 0, "the archive is cut off before its table of contents");
		return 0;
	}
	if (gd_le32(head + VERSION_AT) != VERSION) {
		gd_object_fault(o, 0, "an archive of version %u, which is not known", gd_le32(head + VERSION_AT));
		return 0;
	}
	return read_map(o, fd, toc, o->size_bytes, "gfx_arches", take_isa);
}

int gd_kpack_read_reference(struct gd_object *o, int fd, uint64_t at, uint64_t end)
{
	return read_map(o, fd, at, end, "kpack_search_paths", take_path);
}
