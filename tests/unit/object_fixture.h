/* SPDX-License-Identifier: MIT */
#ifndef GD_TEST_OBJECT_FIXTURE_H
#define GD_TEST_OBJECT_FIXTURE_H
/* Binary files by the published layouts, good ones and others, and what is read from them. */
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "cmocka_all.h"

#include "base/alloc.h"
#include "object/object.h"

#define MAGIC "__CLANG_OFFLOAD_BUNDLE__"
#define GPU "hipv4-amdgcn-amd-amdhsa--"
#define HOST "host-x86_64-unknown-linux-gnu-"

/* Least byte first. */
static inline void put_le(struct gd_buf *b, uint64_t n, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		gd_buf_putc(b, (char)(n >> 8 * i & 0xff));
}

static inline void put_zeros(struct gd_buf *b, size_t n)
{
	memset(gd_buf_reserve(b, n), 0, n);
	b->len += n;
}

static inline void align(struct gd_buf *b, size_t from, size_t to)
{
	while ((b->len - from) % to)
		gd_buf_putc(b, '\0');
}

/* Overwrites a number that stands there already. */
static inline void set_le(struct gd_buf *b, size_t at, uint64_t n, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		b->data[at + i] = (char)(n >> 8 * i & 0xff);
}

static inline void put_entry(struct gd_buf *b, uint64_t offset, uint64_t size, const char *id)
{
	put_le(b, offset, 8);
	put_le(b, size, 8);
	put_le(b, strlen(id), 8);
	gd_buf_puts(b, id);
}

struct code {
	const char *id;
	size_t bytes;
};

/* As clang-offload-bundler -bundle-align=4096 writes it: the list, then each code object at a page of its own. */
static inline void put_bundle(struct gd_buf *b, const struct code *codes, size_t count)
{
	size_t start = b->len;
	size_t at = 0x1000;

	gd_buf_puts(b, MAGIC);
	put_le(b, count, 8);
	for (size_t i = 0; i < count; i++) {
		put_entry(b, at, codes[i].bytes, codes[i].id);
		at += (codes[i].bytes + 0xfff) & ~(size_t)0xfff;
	}
	for (size_t i = 0; i < count; i++) {
		align(b, start, 0x1000);
		for (size_t n = 0; n < codes[i].bytes; n++)
			gd_buf_putc(b, (char)(n * 7 + i));
	}
}

enum { PACK_ZLIB, PACK_ZSTD };

static inline void put_packed_data(struct gd_buf *b, const struct gd_buf *plain, unsigned method)
{
	size_t room = method == PACK_ZSTD ? ZSTD_compressBound(plain->len) : compressBound(plain->len);
	char *to = gd_buf_reserve(b, room);
	uLongf n = room;

	if (method == PACK_ZSTD)
		n = ZSTD_compress(to, room, gd_buf_peek(plain), plain->len, 3);
	else
		assert_int_equal(compress((Bytef *)to, &n, (const Bytef *)gd_buf_peek(plain), plain->len), Z_OK);
	assert_false(method == PACK_ZSTD && ZSTD_isError(n));
	b->len += n;
}

/* RawCompressedBundleHeader of LLVM's OffloadBundle.cpp, and the data. */
static inline void put_packed(struct gd_buf *b, const struct gd_buf *plain, unsigned version, unsigned method)
{
	size_t start = b->len;
	size_t width = version == 3 ? 8 : 4;

	gd_buf_puts(b, "CCOB");
	put_le(b, version, 2);
	put_le(b, method, 2);
	if (version > 1)
		put_le(b, 0, width);
	put_le(b, plain->len, width);
	put_le(b, 0x1122334455667788, 8); /* the hash, which only verbose tools look at */
	put_packed_data(b, plain, method);
	if (version > 1)
		set_le(b, start + 8, b->len - start, width);
}

/* What is read from a file with these bytes. */
static inline struct gd_object object_of(const struct gd_buf *b)
{
	struct gd_object o = { 0 };
	int fd = memfd_create("object", MFD_CLOEXEC);
	size_t done = 0;
	int r;

	assert_true(fd >= 0);
	while (done < b->len) {
		ssize_t n = write(fd, b->data + done, b->len - done);

		assert_true(n > 0);
		done += (size_t)n;
	}
	r = gd_object_read(fd, b->len, &o);
	close(fd);
	assert_int_equal(r, 0);
	return o;
}

/* The same as text; owned. */
static inline char *text_of(const struct gd_buf *b)
{
	gd_autoobject o = object_of(b);
	gd_autobuf out = { 0 };

	gd_object_print(&o, &out);
	return gd_buf_take(&out);
}

static inline void expect_text(const struct gd_buf *b, const char *expected)
{
	gd_autofree text = text_of(b);

	assert_string_equal(text, expected);
}

/* The IDs of the targets, with blanks between them; owned. */
static inline char *targets_of(const struct gd_object *o)
{
	gd_autobuf out = { 0 };

	for (size_t i = 0; i < o->target_count; i++) {
		gd_buf_puts(&out, i ? " " : "");
		gd_target_print(&o->targets[i].target, &out);
	}
	return gd_buf_take(&out);
}

static inline void expect_targets(const struct gd_object *o, const char *expected)
{
	gd_autofree targets = targets_of(o);

	assert_string_equal(targets, expected);
}

static inline void expect_fault(const struct gd_object *o, const char *part)
{
	if (!o->fault || !strstr(o->fault, part))
		fail_msg("the fault is \"%s\", not \"… %s …\"", o->fault ? o->fault : "", part);
}

#endif
