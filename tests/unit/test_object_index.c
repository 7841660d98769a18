/* SPDX-License-Identifier: MIT */
/* MessagePack: the walker, Tensile's index files, and archives of code objects. */
#include <errno.h>

#include "object_fixture.h"

#include "object/msgpack.h"

static int open_memory(const struct gd_buf *b)
{
	int fd = memfd_create("msgpack", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, gd_buf_peek(b), b->len), b->len);
	return fd;
}

/* Passes over one value; `*ret_left` is how much follows it. */
static int pass(const struct gd_buf *b, uint64_t *ret_left)
{
	struct gd_msgpack_value v = { 0 };
	struct gd_work work = { 0 };
	struct gd_stream s;
	struct gd_msgpack m = { .s = &s };
	int fd = open_memory(b);
	int r = gd_stream_open(&s, fd, 0, b->len, GD_PACKING_NONE, 0, &work);

	assert_int_equal(r, 0);
	r = gd_msgpack_next(&m, &v);
	if (!r)
		r = gd_msgpack_pass(&m, &v);
	*ret_left = gd_stream_most_left(&s);
	gd_stream_close(&s);
	close(fd);
	return r;
}

/* One of each format of the specification's table; all of it is one value. */
#define ALL_FORMATS \
	"\xdc\x00\x2c" /* array of 44 */ \
	"\x00\x7f\xe0\xff\xc0\xc2\xc3" /* small numbers, nil, false, true */ \
	"\xcc\x01\xcd\x01\x02\xce\x01\x02\x03\x04\xcf\x01\x02\x03\x04\x05\x06\x07\x08" \
	"\xd0\x01\xd1\x01\x02\xd2\x01\x02\x03\x04\xd3\x01\x02\x03\x04\x05\x06\x07\x08" \
	"\xca\x01\x02\x03\x04\xcb\x01\x02\x03\x04\x05\x06\x07\x08" \
	"\xa0\xa3" "abc\xd9\x02" "ab\xda\x00\x02" "ab\xdb\x00\x00\x00\x02" "ab" \
	"\xc4\x02" "ab\xc5\x00\x02" "ab\xc6\x00\x00\x00\x02" "ab" \
	"\xd4\x01" "a\xd5\x01" "ab\xd6\x01" "abcd\xd7\x01" "abcdefgh\xd8\x01" "abcdefghijklmnop" \
	"\xc7\x01\x05" "a\xc8\x00\x02\x05" "ab\xc9\x00\x00\x00\x03\x05" "abc" \
	"\x90\x92\x01\x02\xdc\x00\x01\x01\xdd\x00\x00\x00\x02\x01\x02" \
	"\x80\x81\xa1" "a\x01\xde\x00\x01\xa1" "a\x01\xdf\x00\x00\x00\x01\x01\x02" \
	"\x91\x91\x91\x81\x01\x92\x90\x80" "\xbf" "0123456789012345678901234567890" "\x01"

static void test_formats(void **state)
{
	struct gd_buf b = { .data = (char[]){ ALL_FORMATS "rest" }, .len = sizeof(ALL_FORMATS) - 1 + 4 };
	uint64_t left = 0;

	(void)state;
	assert_int_equal(pass(&b, &left), 0);
	assert_int_equal(left, 4);
	/* Cut anywhere in it, it is not whole. */
	for (b.len -= 5; b.len; b.len--)
		assert_true(pass(&b, &left) < 0);
}

static void expect_bad(const char *bytes, size_t len, int error)
{
	struct gd_buf b = { .data = (char *)(uintptr_t)bytes, .len = len };
	uint64_t left;
	int r = pass(&b, &left);

	if (r != error)
		fail_msg("%02x %02x …: %d, not %d", (unsigned char)bytes[0], (unsigned char)bytes[1], r, error);
}
#define BAD(bytes, error) expect_bad(bytes, sizeof(bytes) - 1, error)

static void test_claims(void **state)
{
	(void)state;
	BAD("\xc1 never used", -EBADMSG);
	BAD("\xdd\xff\xff\xff\xff 2^32 values", -EBADMSG);
	BAD("\xdf\xff\xff\xff\xff 2^33 values", -EBADMSG);
	BAD("\xdb\xff\xff\xff\xff text", -EBADMSG);
	BAD("\xc6\xff\xff\xff\xff bytes", -EBADMSG);
	BAD("\xc9\xff\xff\xff\xff\x01 bytes", -EBADMSG);
	BAD("\x9f\x9f\x9f\x9f\x9f\x9f", -EBADMSG);
	BAD("\xdd\x00", -ENODATA);
	BAD("\xcf\x01\x02", -EBADMSG);
	BAD("\xa3" "ab", -EBADMSG);
	BAD("\x91", -EBADMSG);
}

/* Ten million levels, which a reader that calls itself would not come back from. */
static void test_deep(void **state)
{
	gd_autobuf b = { 0 };
	uint64_t left = 1;

	(void)state;
	alarm(20);
	memset(gd_buf_reserve(&b, 10000001), 0x91, 10000000);
	b.len = 10000000;
	gd_buf_putc(&b, 1);
	assert_int_equal(pass(&b, &left), 0);
	assert_int_equal(left, 0);
	b.len--;
	assert_int_equal(pass(&b, &left), -EBADMSG);
	alarm(0);
}

static void test_text(void **state)
{
	struct gd_buf b = { .data = (char[]){ "\xa3" "abc\xa4" "abcd\x92\x01\x02\xa2" "a\0\xa1" "z\x07" }, .len = 18 };
	static const char *const texts[] = { "abc", "", "", "", "z", "" };
	struct gd_work work = { 0 };
	struct gd_stream s;
	struct gd_msgpack m = { .s = &s };
	int fd = open_memory(&b);
	char text[4];

	(void)state;
	assert_int_equal(gd_stream_open(&s, fd, 0, b.len, GD_PACKING_NONE, 0, &work), 0);
	for (size_t i = 0; i < GD_COUNT(texts); i++) {
		assert_int_equal(gd_msgpack_text(&m, text, sizeof(text)), 0);
		assert_string_equal(text, texts[i]);
	}
	assert_int_equal(gd_msgpack_text(&m, text, sizeof(text)), -ENODATA);
	gd_stream_close(&s);
	close(fd);
}

/* An index as rocBLAS has it: `count` solutions before the library that chooses among them. */
static void put_index(struct gd_buf *b, unsigned count)
{
	gd_buf_add(b, "\x82\xa9solutions\xdc", 12);
	gd_buf_putc(b, (char)(count >> 8));
	gd_buf_putc(b, (char)count);
	for (unsigned i = 0; i < count; i++)
		gd_buf_puts(b, "\x82\xa4name\xa4" "Cijk\xa5index\x07");
	gd_buf_puts(b, "\xa7library\x82\xa4type\xa8Hardware\xa4rows\x90");
}

static void expect_solutions(const struct gd_buf *b, uint64_t count)
{
	gd_autofree expected = gd_xasprintf("kind tensile\nsize %zu\nsolutions %llu\n", b->len,
					    (unsigned long long)count);

	expect_text(b, expected);
}

static void test_tensile(void **state)
{
	/* The lazy index of hipBLASLt, which has the version last; and one with the solutions last. */
	static const char lazy[] = "\x83\xa9solutions\x90\xa7library\x82\xa4type\xa8Hardware\xa4rows\x90"
				   "\xa7version\x04";
	static const char last[] = "\x83\xa7version\xa6" "4.33.0\xa7library\x82\xa4type\xa8Hardware\xa4rows\x92\x01\x80"
				   "\xa9solutions\x93\x80\x80\x80";
	static const char none[] = "\x82\xa7version\x04\xa7library\x80";
	gd_autobuf b = { 0 };

	(void)state;
	put_index(&b, 559);
	expect_solutions(&b, 559);
	gd_buf_clear(&b);
	gd_buf_add(&b, lazy, sizeof(lazy) - 1);
	expect_solutions(&b, 0);
	gd_buf_clear(&b);
	gd_buf_add(&b, last, sizeof(last) - 1);
	expect_solutions(&b, 3);
	gd_buf_clear(&b);
	gd_buf_add(&b, none, sizeof(none) - 1);
	expect_text(&b, "kind tensile\nsize 19\n");
}

static void test_tensile_packed(void **state)
{
	gd_autobuf plain = { 0 };
	gd_autobuf b = { 0 };

	(void)state;
	put_index(&plain, 20000);
	put_packed_data(&b, &plain, PACK_ZLIB);
	expect_solutions(&b, 20000);
}

/* MessagePack and other data that is no index. */
static void test_other(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} others[] = {
		{ "\x82\x01\xa5" "a.dat\x02\xa5" "b.dat", 15 }, /* TensileLiteLibrary_lazy_Mapping.dat */
		{ "\x81\xa7gfx1100\x80", 10 }, /* hipblasltExtOpLibrary.dat */
		{ "\x81", 1 },
		{ "\xde", 1 },
		{ "\x82\xa1", 2 },
		{ "\x81\xa8librarie\x80", 11 },
		{ "\x78\x9c", 2 }, /* zlib's head */
		{ "\x78\x9cjunk junk junk", 16 },
		{ "\x78\x9d", 2 },
		{ "#!/bin/sh\n", 10 },
		{ "KPA", 3 },
		{ "\177EL", 3 },
		{ "__CLANG_OFFLOAD_BUNDLE_", 23 },
		{ "CCOB", 4 },
		{ "CCOB\0\0\0\0", 8 },
		{ "\0\0\0\0\0\0\0\0", 8 },
	};
	gd_autobuf none = { 0 };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(others); i++) {
		struct gd_buf b = { .data = (char *)(uintptr_t)others[i].bytes, .len = others[i].len };
		gd_autofree expected = gd_xasprintf("kind other\nsize %zu\n", b.len);

		expect_text(&b, expected);
	}
	expect_text(&none, "kind empty\nsize 0\n");
}

static void expect_index_fault(const char *bytes, size_t len, const char *fault)
{
	struct gd_buf b = { .data = (char *)(uintptr_t)bytes, .len = len };
	gd_autoobject o = object_of(&b);

	assert_int_equal(o.kind, GD_OBJECT_TENSILE);
	expect_fault(&o, fault);
}
#define INDEX_FAULT(bytes, fault) expect_index_fault(bytes, sizeof(bytes) - 1, fault)

static void test_damaged_index(void **state)
{
	(void)state;
	INDEX_FAULT("\x82\xa9solutions", "offset 11: the index is cut off");
	INDEX_FAULT("\x82\xa9solutions\xdd\x00", "the index is cut off");
	INDEX_FAULT("\x82\xa9solutions\xdd\xff\xff\xff\xff", "the index is damaged");
	INDEX_FAULT("\x82\xa9solutions\xdd\x00\x00\x00\x09 of nine", "the index is damaged");
	INDEX_FAULT("\x82\xa9solutions\x07", "the index is damaged");
	INDEX_FAULT("\x82\xa7library\x93\x01\x02", "the index is damaged");
	INDEX_FAULT("\x82\xa7library\x80", "the index is cut off");
	INDEX_FAULT("\x82\xa7library\xc1", "the index is damaged");
}

/* A map of 64 MiB of zeros, packed: what comes behind it is given up. */
static void test_index_bomb(void **state)
{
	gd_autobuf plain = { 0 };
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	alarm(20);
	gd_buf_add(&plain, "\x82\xa7library\xc6\x04\x00\x00\x00", 14);
	put_zeros(&plain, 64 << 20);
	put_packed_data(&b, &plain, PACK_ZLIB);
	o = object_of(&b);
	assert_int_equal(o.kind, GD_OBJECT_TENSILE);
	assert_non_null(o.fault);
	alarm(0);
}

/* By the page on kpack: header, data, and the table of contents at the end. */
static void put_archive(struct gd_buf *b, const char *toc, size_t len)
{
	gd_buf_puts(b, "KPAK");
	put_le(b, 1, 4);
	put_le(b, 64 + 100, 8);
	put_zeros(b, 64 + 100 - 16);
	gd_buf_add(b, toc, len);
}

static void test_archive(void **state)
{
	static const char toc[] = "\x84\xae" "format_version\x01\xaagroup_name\xa3" "fft\xaagfx_arches\x94"
				  "\xa7gfx1100\xa7gfx1101\xadgfx90a:xnack+\xa6gfx942\xa3toc\x80";
	gd_autobuf b = { 0 };
	gd_autofree expected = NULL;

	(void)state;
	put_archive(&b, toc, sizeof(toc) - 1);
	expected = gd_xasprintf("kind kpack\nsize %zu\ntarget gfx90a:xnack+ 1 0\ntarget gfx942 1 0\n"
				"target gfx1100 1 0\ntarget gfx1101 1 0\n",
				b.len);
	expect_text(&b, expected);
	/* Cut anywhere in its list. */
	for (b.len = 164 + 54; b.len > 4; b.len--) {
		gd_autoobject o = object_of(&b);

		assert_int_equal(o.kind, GD_OBJECT_KPACK);
		assert_non_null(o.fault);
	}
}

static void test_damaged_archive(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
		size_t bytes;
		const char *fault;
	} changes[] = {
		{ 4, 2, 4, "version 2, which is not known" },
		{ 8, 0, 8, "cut off before its table" },
		{ 8, UINT64_MAX, 8, "cut off before its table" },
		{ 8, 188, 8, "cut off before its table" },
		{ 164, 0xdd, 1, "damaged" },
		{ 164, 0x90, 1, "damaged" },
		{ 176, 0xdf, 1, "damaged" },
		/* The name of a target ends after six letters. */
		{ 177, 0xa6, 1, "\"CPUgfx\" is not a target ID" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(changes); i++) {
		static const char toc[] = "\x81\xaagfx_arches\x91\xaa" "CPUgfx1100";
		gd_autobuf b = { 0 };
		gd_autoobject o = { 0 };

		put_archive(&b, toc, sizeof(toc) - 1);
		set_le(&b, changes[i].at, changes[i].value, changes[i].bytes);
		o = object_of(&b);
		expect_fault(&o, changes[i].fault);
		assert_int_equal(o.target_count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),	       cmocka_unit_test(test_claims),
		cmocka_unit_test(test_deep),	       cmocka_unit_test(test_text),
		cmocka_unit_test(test_tensile),	       cmocka_unit_test(test_tensile_packed),
		cmocka_unit_test(test_other),	       cmocka_unit_test(test_damaged_index),
		cmocka_unit_test(test_index_bomb),     cmocka_unit_test(test_archive),
		cmocka_unit_test(test_damaged_archive),
	};

	return cmocka_run_group_tests_name("index files and archives", tests, NULL, NULL);
}
