/* SPDX-License-Identifier: MIT */
/*
 * One clang offload bundle: a list of entries, each an ID and the place of its
 * code object. The layouts are those of clang's ClangOffloadBundler page and,
 * for packed ones, of RawCompressedBundleHeader in LLVM's OffloadBundle.cpp.
 */
#include <errno.h>
#include <string.h>

#include "object/object_parts.h"

enum {
	MAX_ENTRIES = 512,
	MAX_ID_BYTES = 256,
	COUNT_BYTES = 8,
	ENTRY_BYTES = 24, /* offset, size, length of the ID */
	MAX_HEADER_BYTES = GD_BUNDLE_MAGIC_BYTES + COUNT_BYTES + MAX_ENTRIES * (ENTRY_BYTES + MAX_ID_BYTES),
	NEWEST_VERSION = 3,
};
_Static_assert((int)MAX_HEADER_BYTES <= (int)GD_STREAM_ZSTD_MAX_BYTES, "a header that cannot be unpacked");

static const char plain_magic[] = "__CLANG_OFFLOAD_BUNDLE__";
static const char compressed_magic[] = "CCOB";

/* Where a packed one keeps what; it is followed by a hash of 8 bytes, and that by the data. */
static const struct {
	size_t header_bytes;
	size_t size_at; /* of all of it; 0: not told */
	size_t size_bytes;
	size_t unpacked_at;
} layouts[NEWEST_VERSION + 1] = {
	[1] = { .header_bytes = 20, .unpacked_at = 8, .size_bytes = 4 },
	[2] = { .header_bytes = 24, .size_at = 8, .unpacked_at = 12, .size_bytes = 4 },
	[3] = { .header_bytes = 32, .size_at = 8, .unpacked_at = 16, .size_bytes = 8 },
};

struct span {
	uint64_t at;
	uint64_t end;
};

struct bundle {
	struct gd_object *o;
	uint64_t at; /* in the file */
	uint64_t room; /* that its code objects may take, from its start */
	uint64_t header_bytes; /* as far as it was read */
	struct span spans[MAX_ENTRIES]; /* of its code objects, from its start */
	size_t span_count;
	uint64_t extent; /* where the last of them ends */
};

enum gd_bundle_magic gd_bundle_magic(const unsigned char *p)
{
	if (!memcmp(p, plain_magic, GD_BUNDLE_MAGIC_BYTES))
		return GD_BUNDLE_PLAIN;
	/* Four letters alone stand in other data by chance. No version so far is above 3. */
	if (!memcmp(p, compressed_magic, 4) && gd_le16(p + 4) && gd_le16(p + 4) < 256)
		return GD_BUNDLE_COMPRESSED;
	return GD_BUNDLE_NONE;
}

/* Cuts the next part of a triple off; "" at the end. */
static const char *next_part(const char **s, size_t *len)
{
	const char *part = *s;

	*len = strcspn(part, "-");
	*s = part + *len + (part[*len] == '-');
	return part;
}

static bool starts_with(const char *s, const char *head)
{
	return !strncmp(s, head, strlen(head));
}

/*
 * The target ID in KIND-ARCH-VENDOR-OS[-ENVIRONMENT][-TARGET], or NULL for an
 * entry of the host, of another maker's GPU, or without a target. The
 * environment is empty as a rule, and older bundles leave its dash out too.
 */
static const char *target_of(const char *id)
{
	const char *rest = id;
	const char *arch;
	size_t n;

	next_part(&rest, &n);
	if (n == strlen("host") && starts_with(id, "host"))
		return NULL;
	arch = next_part(&rest, &n);
	if (!starts_with(arch, "amdgcn") && !starts_with(arch, "amdgpu") && !starts_with(arch, "spirv64"))
		return NULL;
	next_part(&rest, &n);
	next_part(&rest, &n);
	if (!starts_with(rest, "gfx") && !starts_with(rest, "amdgcnspirv"))
		next_part(&rest, &n);
	return *rest ? rest : NULL;
}

/* An entry without bytes stands for code that is not there. */
static void take_entry(struct bundle *b, uint64_t offset, uint64_t size, const char *id)
{
	const char *target = target_of(id);
	struct gd_target t;

	if (!size)
		return;
	if (!gd_is_inside(offset, size, b->room)) {
		gd_object_fault(b->o, b->at,
				"the code object %s of %llu bytes at %llu of its bundle is not inside of it", id,
				(unsigned long long)size, (unsigned long long)offset);
		return;
	}
	b->spans[b->span_count++] = (struct span){ offset, offset + size };
	if (offset + size > b->extent)
		b->extent = offset + size;
	if (!target)
		return;
	if (gd_target_parse(target, &t) < 0)
		gd_object_fault(b->o, b->at, "\"%s\" is not a target ID", target);
	else
		gd_object_add_target(b->o, b->at, &t, size);
}

static int read_entry(struct bundle *b, struct gd_stream *s)
{
	unsigned char raw[ENTRY_BYTES];
	char id[MAX_ID_BYTES + 1];
	uint64_t id_len;
	int r = gd_stream_read(s, raw, sizeof(raw));

	if (r < 0)
		return r;
	id_len = gd_le64(raw + 16);
	if (id_len > MAX_ID_BYTES) {
		gd_object_fault(b->o, b->at, "an entry's ID claims %llu bytes, more than %d",
				(unsigned long long)id_len, MAX_ID_BYTES);
		return -EBADMSG;
	}
	r = gd_stream_read(s, id, (size_t)id_len);
	if (r < 0)
		return r;
	id[id_len] = '\0';
	b->header_bytes += ENTRY_BYTES + id_len;
	take_entry(b, gd_le64(raw), gd_le64(raw + 8), id);
	return 0;
}

static int compare_spans(const void *x, const void *y)
{
	const struct span *a = x;
	const struct span *b = y;

	return a->at < b->at ? -1 : a->at > b->at;
}

static void check_spans(struct bundle *b)
{
	if (!b->span_count)
		return;
	qsort(b->spans, b->span_count, sizeof(b->spans[0]), compare_spans);
	if (b->spans[0].at < b->header_bytes)
		gd_object_fault(b->o, b->at, "a code object lies in the header of its bundle");
	for (size_t i = 1; i < b->span_count; i++)
		if (b->spans[i].at < b->spans[i - 1].end)
			gd_object_fault(b->o, b->at, "code objects of the bundle overlap");
}

/* -EBADMSG, and the fault noted, where the header cannot be followed to its end. */
static int read_header(struct bundle *b, struct gd_stream *s)
{
	unsigned char raw[GD_BUNDLE_MAGIC_BYTES + COUNT_BYTES];
	uint64_t count;
	int r = gd_stream_read(s, raw, sizeof(raw));

	if (r < 0)
		return r;
	if (gd_bundle_magic(raw) != GD_BUNDLE_PLAIN) {
		gd_object_fault(b->o, b->at, "what is packed is no bundle");
		return -EBADMSG;
	}
	count = gd_le64(raw + GD_BUNDLE_MAGIC_BYTES);
	if (count > MAX_ENTRIES) {
		gd_object_fault(b->o, b->at, "the bundle claims %llu entries, more than %d",
				(unsigned long long)count, MAX_ENTRIES);
		return -EBADMSG;
	}
	b->header_bytes = sizeof(raw);
	for (uint64_t i = 0; i < count; i++) {
		r = gd_object_count_entry(b->o, b->at);
		if (r >= 0)
			r = read_entry(b, s);
		if (r < 0)
			return r;
	}
	check_spans(b);
	return 0;
}

/* As read_header(), and every way in which data can be damaged is a fault. */
static int follow(struct bundle *b, struct gd_stream *s)
{
	int r = read_header(b, s);

	if (r == -ENODATA)
		gd_object_fault(b->o, b->at, "the list of the bundle's entries is cut off");
	else if (r == -EBADMSG || r == -EFBIG)
		gd_object_fault(b->o, b->at, "the bundle cannot be unpacked");
	else if (r < 0)
		return r;
	if (r < 0)
		return -EBADMSG;
	b->o->bundle_count++;
	return 0;
}

static int read_plain(struct gd_object *o, int fd, uint64_t at, uint64_t end, uint64_t *ret_len)
{
	struct bundle b = { .o = o, .at = at, .room = end - at };
	struct gd_stream s;
	int r = gd_stream_open(&s, fd, at, end, GD_PACKING_NONE, 0, &o->work);

	if (r < 0)
		return r;
	r = follow(&b, &s);
	gd_stream_close(&s);
	if (!r)
		*ret_len = b.extent > b.header_bytes ? b.extent : b.header_bytes;
	return r;
}

/* A number of 4 or 8 bytes. */
static uint64_t number_at(const unsigned char *p, size_t bytes)
{
	return bytes == 8 ? gd_le64(p) : gd_le32(p);
}

struct packed {
	unsigned version;
	enum gd_packing packing;
	size_t header_bytes;
	uint64_t size_bytes; /* 0: not told */
	uint64_t unpacked_bytes;
};

static bool read_packed_header(struct gd_object *o, uint64_t at, uint64_t room, const unsigned char *head,
			       struct packed *p)
{
	unsigned method = gd_le16(head + 6);

	p->version = gd_le16(head + 4);
	p->packing = method ? GD_PACKING_ZSTD : GD_PACKING_ZLIB;
	if (p->version > NEWEST_VERSION || method > 1) {
		gd_object_fault(o, at, "a compressed bundle of version %u and method %u, which are not known",
				p->version, method);
		return false;
	}
	p->header_bytes = layouts[p->version].header_bytes;
	if (room < p->header_bytes) {
		gd_object_fault(o, at, "the header of a compressed bundle is cut off");
		return false;
	}
	p->size_bytes = 0;
	if (layouts[p->version].size_at)
		p->size_bytes = number_at(head + layouts[p->version].size_at, layouts[p->version].size_bytes);
	p->unpacked_bytes = number_at(head + layouts[p->version].unpacked_at, layouts[p->version].size_bytes);
	if (layouts[p->version].size_at && (p->size_bytes <= p->header_bytes || p->size_bytes > room)) {
		gd_object_fault(o, at, "a compressed bundle claims %llu bytes, and there are %llu",
				(unsigned long long)p->size_bytes, (unsigned long long)room);
		return false;
	}
	return true;
}

static int read_compressed(struct gd_object *o, int fd, uint64_t at, uint64_t end, uint64_t *ret_len)
{
	unsigned char head[32] = { 0 };
	struct bundle b = { .o = o, .at = at };
	struct gd_stream s;
	struct packed p;
	int r = gd_object_read_at(o, fd, at, head, end - at < sizeof(head) ? (size_t)(end - at) : sizeof(head));

	if (r < 0)
		return r;
	if (!read_packed_header(o, at, end - at, head, &p))
		return -EBADMSG;
	b.room = p.unpacked_bytes;
	if (p.size_bytes)
		end = at + p.size_bytes;
	r = gd_stream_open(&s, fd, at + p.header_bytes, end, p.packing, MAX_HEADER_BYTES, &o->work);
	if (r == -EBADMSG)
		gd_object_fault(o, at, "the bundle cannot be unpacked");
	if (r < 0)
		return r;
	r = follow(&b, &s);
	gd_stream_close(&s);
	if (r < 0)
		return r;
	o->compressed_count++;
	if (p.version > o->compressed_version)
		o->compressed_version = p.version;
	*ret_len = p.size_bytes;
	return 0;
}

int gd_bundle_read(struct gd_object *o, int fd, uint64_t at, uint64_t end, enum gd_bundle_magic magic,
		   uint64_t *ret_len)
{
	int r;

	*ret_len = 0;
	r = magic == GD_BUNDLE_COMPRESSED ? read_compressed(o, fd, at, end, ret_len)
					  : read_plain(o, fd, at, end, ret_len);
	/* Told by the fault. */
	return r == -EBADMSG ? 0 : r;
}
