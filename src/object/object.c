/* SPDX-License-Identifier: MIT */
#include "object/object.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/parse.h"
#include "object/object_parts.h"

uint64_t gd_le64(const unsigned char *p)
{
	return (uint64_t)gd_le32(p + 4) << 32 | gd_le32(p);
}

uint32_t gd_le32(const unsigned char *p)
{
	return (uint32_t)gd_le16(p + 2) << 16 | gd_le16(p);
}

unsigned gd_le16(const unsigned char *p)
{
	return (unsigned)p[1] << 8 | p[0];
}

void gd_object_clean(char *s)
{
	for (char *p = s; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	gd_repair_text(s);
}

void gd_object_fault(struct gd_object *o, uint64_t at, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (o->fault)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	o->fault = gd_xasprintf("offset %llu: %s", (unsigned long long)at, text);
	gd_object_clean(o->fault);
}

int gd_object_read_at(struct gd_object *o, int fd, uint64_t at, void *to, size_t len)
{
	return gd_work_take(&o->work.bytes, len, GD_WORK_MAX_BYTES) ? gd_read_at(fd, at, to, len) : -EDQUOT;
}

int gd_object_count_entry(struct gd_object *o, uint64_t at)
{
	if (gd_work_take(&o->work.entries, 1, GD_WORK_MAX_ENTRIES))
		return 0;
	gd_object_fault(o, at, "more than %d entries for code objects", GD_WORK_MAX_ENTRIES);
	return -EDQUOT;
}

bool gd_object_too_long(struct gd_object *o, uint64_t at, uint64_t bytes)
{
	if (o->needed.count < GD_WORK_MAX_NAMES && o->archives.count < GD_WORK_MAX_NAMES &&
	    gd_work_take(&o->work.names_bytes, bytes, GD_WORK_MAX_NAMES_BYTES))
		return false;
	gd_object_fault(o, at, "more and longer names of libraries than any program has");
	return true;
}

/* Where the target stands, or belongs. */
static size_t place_of(const struct gd_object *o, const struct gd_target *t)
{
	size_t low = 0;
	size_t high = o->target_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (gd_target_compare(&o->targets[middle].target, t) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void gd_object_add_target(struct gd_object *o, uint64_t at, const struct gd_target *t, uint64_t size_bytes)
{
	struct gd_object_target *to;
	size_t i = place_of(o, t);

	if (i == o->target_count || gd_target_compare(&o->targets[i].target, t) != 0) {
		if (o->target_count == GD_WORK_MAX_TARGETS) {
			gd_object_fault(o, at, "more than %d targets", GD_WORK_MAX_TARGETS);
			return;
		}
		o->targets = gd_xrealloc_array(o->targets, o->target_count + 1, sizeof(*o->targets));
		memmove(o->targets + i + 1, o->targets + i, (o->target_count - i) * sizeof(*o->targets));
		o->targets[i] = (struct gd_object_target){ .target = *t };
		o->target_count++;
	}
	to = &o->targets[i];
	to->count++;
	to->size_bytes = size_bytes > UINT64_MAX - to->size_bytes ? UINT64_MAX : to->size_bytes + size_bytes;
}

static int read_bundles(struct gd_object *o, int fd, enum gd_object_kind kind)
{
	int r;

	o->kind = kind;
	r = gd_fatbin_read(o, fd, 0, o->size_bytes);
	if (r >= 0 && !o->bundle_count)
		gd_object_fault(o, 0, "the bundle is cut off in its header");
	return r;
}

static int read_kind(struct gd_object *o, int fd)
{
	unsigned char head[GD_OBJECT_HEAD_BYTES] = { 0 };
	size_t n = o->size_bytes < sizeof(head) ? (size_t)o->size_bytes : sizeof(head);
	int r = gd_read_at(fd, 0, head, n);

	if (r < 0)
		return r;
	if (!n) {
		o->kind = GD_OBJECT_EMPTY;
		return 0;
	}
	if (gd_elf_is(head, n))
		return gd_elf_read(o, fd, head, n);
	if (gd_kpack_is(head, n))
		return gd_kpack_read(o, fd, head);
	/* What is cut inside of the first bytes was a bundle, too. */
	switch (gd_bundle_magic(head)) {
	case GD_BUNDLE_PLAIN:
		return read_bundles(o, fd, GD_OBJECT_BUNDLE);
	case GD_BUNDLE_COMPRESSED:
		return read_bundles(o, fd, GD_OBJECT_COMPRESSED_BUNDLE);
	case GD_BUNDLE_NONE:
		break;
	}
	return gd_tensile_read(o, fd, head, n);
}

int gd_object_read(int fd, uint64_t size_bytes, struct gd_object *ret)
{
	struct gd_object o = { .size_bytes = size_bytes };
	int r = read_kind(&o, fd);

	if (r == -ENODATA) {
		gd_object_fault(&o, size_bytes, "the file became shorter while it was read");
		r = 0;
	}
	if (r == -EDQUOT) {
		gd_object_fault(&o, 0, "to tell what is in it, more than %d MiB would have to be read or unpacked",
				GD_WORK_MAX_BYTES >> 20);
		r = 0;
	}
	if (r < 0) {
		gd_object_free(&o);
		return r;
	}
	*ret = o;
	return 0;
}

void gd_object_free(struct gd_object *o)
{
	free(o->soname);
	free(o->rpath);
	free(o->runpath);
	gd_strv_free(&o->needed);
	gd_strv_free(&o->archives);
	free(o->targets);
	free(o->fault);
	*o = (struct gd_object){ 0 };
}
