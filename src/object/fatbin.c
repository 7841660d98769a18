/* SPDX-License-Identifier: MIT */
/*
 * The bundles of a section, one for each source file. Clang aligns each to 4096
 * bytes (HIPCodeObjectAlign in its HIPUtility.cpp) and the linker puts one
 * behind the other, so the end of one leads to the next.
 */
#include <errno.h>

#include "object/object_parts.h"

enum {
	ALIGN_BYTES = 4096,
	E_SHOFF = 40, /* of a 64-bit ELF header */
	E_SHENTSIZE = 58,
	E_SHNUM = 60,
};

struct walk {
	struct gd_object *o;
	int fd;
	uint64_t start;
	uint64_t at;
	uint64_t end;
	enum gd_bundle_magic magic; /* of what stands at `at` */
	bool code; /* an ELF code object stands there, without a bundle around it */
	bool lost; /* where the bundle before it ends is not known */
};

static uint64_t aligned(const struct walk *w, uint64_t at)
{
	uint64_t over = (at - w->start) % ALIGN_BYTES;

	return over ? at + (ALIGN_BYTES - over) : at;
}

/* Moves to the bundle that starts at one of the first `count` bytes of `buf`, which stands at w->at; false: none. */
static bool look(struct walk *w, const unsigned char *buf, size_t len, size_t count)
{
	for (size_t i = 0; i < count && len - i >= GD_BUNDLE_MAGIC_BYTES; i++) {
		if (buf[i] != '_' && buf[i] != 'C')
			continue;
		w->magic = gd_bundle_magic(buf + i);
		if (w->magic != GD_BUNDLE_NONE) {
			w->at += i;
			return true;
		}
	}
	return false;
}

/*
 * Moves to the next bundle at or after w->at: 1, or 0 where there is none, or
 * the error of a read. It should be at the next page; where some linker aligned
 * it to less, it is before that. Further on, and where the end of the one before
 * is not known, only the starts of pages are looked at: what is packed holds
 * pieces of what was packed, magics too.
 */
static int find_next(struct walk *w)
{
	unsigned char buf[ALIGN_BYTES + GD_OBJECT_HEAD_BYTES];
	size_t count = w->lost ? 1 : ALIGN_BYTES;

	while (w->at < w->end && w->end - w->at >= GD_BUNDLE_MAGIC_BYTES) {
		uint64_t next = aligned(w, w->at);
		size_t want = count + GD_OBJECT_HEAD_BYTES;
		size_t len = w->end - w->at < want ? (size_t)(w->end - w->at) : want;
		int r = gd_object_read_at(w->o, w->fd, w->at, buf, len);

		if (r < 0)
			return r == -ENODATA ? 0 : r;
		w->code = w->at == next && gd_elf_is_code(buf, len);
		if (w->code || look(w, buf, len, count))
			return 1;
		if (!gd_work_take(&w->o->work.steps, 1, GD_WORK_MAX_STEPS)) {
			gd_object_fault(w->o, w->at, "no bundle starts in %d MiB", GD_WORK_MAX_STEPS / 256);
			return 0;
		}
		w->at = w->at == next ? next + ALIGN_BYTES : next;
		count = 1;
	}
	return 0;
}

/* The section headers stand last in a code object. */
static int take_code(struct walk *w)
{
	unsigned char head[GD_OBJECT_HEAD_BYTES];
	int r = gd_object_read_at(w->o, w->fd, w->at, head, sizeof(head));
	uint64_t table_at;
	uint64_t table_bytes;

	if (r < 0)
		return r;
	table_at = gd_le64(head + E_SHOFF);
	table_bytes = (uint64_t)gd_le16(head + E_SHENTSIZE) * gd_le16(head + E_SHNUM);
	w->lost = table_at < sizeof(head) || !gd_is_inside(table_at, table_bytes, w->end - w->at);
	if (w->lost) {
		gd_object_fault(w->o, w->at, "the code object is cut off");
		w->at = aligned(w, w->at + 1);
		return 0;
	}
	gd_elf_add_code(w->o, w->at, head, table_at + table_bytes);
	w->at += table_at + table_bytes;
	return 0;
}

static int take_bundle(struct walk *w)
{
	uint64_t len;
	int r = gd_bundle_read(w->o, w->fd, w->at, w->end, w->magic, &len);

	w->lost = !len;
	w->at = len ? w->at + len : aligned(w, w->at + 1);
	return r;
}

int gd_fatbin_read(struct gd_object *o, int fd, uint64_t at, uint64_t end)
{
	struct walk w = { .o = o, .fd = fd, .start = at, .at = at, .end = end };

	int r = find_next(&w);

	while (r > 0) {
		if (!gd_work_take(&o->work.bundles, 1, GD_WORK_MAX_BUNDLES)) {
			gd_object_fault(o, w.at, "more than %d bundles", GD_WORK_MAX_BUNDLES);
			return 0;
		}
		r = w.code ? take_code(&w) : take_bundle(&w);
		if (r >= 0)
			r = find_next(&w);
	}
	return r;
}
