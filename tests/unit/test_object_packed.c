/* SPDX-License-Identifier: MIT */
/* Compressed offload bundles of all versions, whole and damaged. */
#include "bundle_fixture.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "base/file.h"

static void test_packed(void **state)
{
	(void)state;
	for (unsigned version = 1; version <= 3; version++)
		for (unsigned method = PACK_ZLIB; method <= PACK_ZSTD; method++) {
			gd_autobuf plain = { 0 };
			gd_autobuf b = { 0 };
			gd_autoobject o = { 0 };

			put_codes(&plain);
			put_packed(&b, &plain, version, method);
			/* A second one behind it, and a plain one, each at its page. */
			align(&b, 0, 4096);
			put_packed(&b, &plain, version, method);
			align(&b, 0, 4096);
			put_codes(&b);
			o = object_of(&b);
			assert_int_equal(o.kind, GD_OBJECT_COMPRESSED_BUNDLE);
			assert_null(o.fault);
			assert_int_equal(o.bundle_count, 3);
			assert_int_equal(o.compressed_count, 2);
			assert_int_equal(o.compressed_version, version);
			expect_targets(&o, TARGETS);
			assert_int_equal(o.targets[1].count, 3);
			assert_int_equal(o.targets[1].size_bytes, 15000);
		}
}

/* 32 bytes of the head of a bundle of ROCm 7's rocBLAS as Debian built it; the data behind it is ours. */
static void test_version_3(void **state)
{
	static const unsigned char head[] = {
		0x43, 0x43, 0x4f, 0x42, 0x03, 0x00, 0x01, 0x00, 0x5f, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x88, 0x49, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xef, 0x02, 0x28, 0xe9, 0x84, 0xc3, 0xe5, 0x33,
	};
	gd_autobuf plain = { 0 };
	gd_autobuf b = { 0 };

	(void)state;
	put_bundle(&plain, codes, 2);
	gd_buf_add(&b, head, sizeof(head));
	put_packed_data(&b, &plain, PACK_ZSTD);
	assert_true(b.len < 0x105f);
	put_zeros(&b, 0x105f - b.len);
	expect_text(&b, "kind compressed-bundle\nsize 4191\nbundles 1\ncompressed 1 3\ntarget gfx906 1 100\n");
}

static void test_cut_packed(void **state)
{
	(void)state;
	for (unsigned version = 2; version <= 3; version++)
		for (unsigned method = PACK_ZLIB; method <= PACK_ZSTD; method++) {
			gd_autobuf plain = { 0 };
			gd_autobuf b = { 0 };

			put_codes(&plain);
			put_packed(&b, &plain, version, method);
			for (size_t i = 0; i < b.len; i++)
				expect_cut(&b, i, 0);
		}
}

/* Version 1 does not tell its length: as long as the list can be unpacked, nothing shows. */
static void test_cut_version_1(void **state)
{
	(void)state;
	for (unsigned method = PACK_ZLIB; method <= PACK_ZSTD; method++) {
		gd_autobuf plain = { 0 };
		gd_autobuf b = { 0 };

		put_codes(&plain);
		put_packed(&b, &plain, 1, method);
		for (size_t i = 8; i < b.len; i++) {
			struct gd_buf part = { .data = b.data, .len = i };
			gd_autoobject o = object_of(&part);

			assert_true(o.fault || o.bundle_count == 1);
			assert_true(i >= 40 || o.fault);
		}
	}
}

static void expect_packed_fault(const struct gd_buf *packed, const char *fault)
{
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	gd_buf_add(&b, packed->data, packed->len);
	align(&b, 0, 4096);
	put_bundle(&b, codes + 3, 1);
	o = object_of(&b);
	expect_fault(&o, fault);
	/* The next one is found all the same. */
	expect_targets(&o, "gfx1103");
	assert_int_equal(o.bundle_count, 1);
	assert_int_equal(o.compressed_count, 0);
}

static void test_packed_claims(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
		size_t bytes;
		const char *fault;
	} changes[] = {
		{ 4, 4, 2, "version 4 and method 1, which are not known" },
		{ 6, 2, 2, "version 3 and method 2, which are not known" },
		{ 6, 0, 2, "cannot be unpacked" },
		{ 8, 0, 8, "claims 0 bytes" },
		{ 8, 31, 8, "claims 31 bytes" },
		{ 8, 32, 8, "claims 32 bytes" },
		{ 8, 1ULL << 60, 8, "claims 1152921504606846976 bytes" },
		{ 8, UINT64_MAX, 8, "claims 18446744073709551615 bytes" },
		{ 8, 40, 8, "cut off" },
		{ 32, 0, 4, "cannot be unpacked" },
		/* The frame asks for a dictionary; has a bit that is reserved. */
		{ 36, 0x21, 1, "cannot be unpacked" },
		{ 36, 0x28, 1, "cannot be unpacked" },
		{ 39, 0xffffffff, 4, "cannot be unpacked" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(changes); i++) {
		gd_autobuf plain = { 0 };
		gd_autobuf b = { 0 };

		put_bundle(&plain, codes, 2);
		put_packed(&b, &plain, 3, PACK_ZSTD);
		set_le(&b, changes[i].at, changes[i].value, changes[i].bytes);
		expect_packed_fault(&b, changes[i].fault);
	}
}

static void test_packed_other(void **state)
{
	gd_autobuf plain = { 0 };
	gd_autobuf b = { 0 };

	(void)state;
	gd_buf_puts(&plain, "no bundle at all, but long enough to be one");
	put_packed(&b, &plain, 2, PACK_ZLIB);
	expect_packed_fault(&b, "what is packed is no bundle");
}

/* The list can be read, and a code object in it is not inside of what is said to be packed. */
static void test_packed_outside(void **state)
{
	gd_autobuf plain = { 0 };
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	put_codes(&plain);
	put_packed(&b, &plain, 3, PACK_ZLIB);
	set_le(&b, 16, 0x2000, 8);
	o = object_of(&b);
	expect_fault(&o, "not inside of it");
	expect_targets(&o, "gfx906");
	assert_int_equal(o.bundle_count, 1);
}

/*
 * From here on no more than this may be asked for, used or not. Sanitizers take
 * memory for themselves, so the limit is for builds without them.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif
enum { ROOM_BYTES = 8 << 20 };

static void limit_memory(struct rlimit *before)
{
	gd_autobuf status = { 0 };
	struct rlimit limit;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	const char *data;

	assert_int_equal(getrlimit(RLIMIT_DATA, before), 0);
	limit = *before;
	assert_int_equal(gd_read_fd(fd, 65536, &status), 0);
	close(fd);
	data = strstr(gd_buf_peek(&status), "VmData:");
	assert_non_null(data);
	limit.rlim_cur = strtoul(data + strlen("VmData:"), NULL, 10) * 1024 + ROOM_BYTES;
#ifndef SANITIZED
	assert_int_equal(setrlimit(RLIMIT_DATA, &limit), 0);
#endif
}

static struct gd_object object_in_little_memory(const struct gd_buf *b)
{
	struct gd_object o;
	struct rlimit before;

	limit_memory(&before);
	o = object_of(b);
	assert_int_equal(setrlimit(RLIMIT_DATA, &before), 0);
	return o;
}

/* A frame as large as these bundles are in the field: 512 MiB, which zstd would keep all of. */
static void test_large_frame(void **state)
{
	/* Magic, one segment with a size of 8 bytes, 512 MiB; then a raw block with the list, not the last one. */
	static const char frame[] = "\x28\xb5\x2f\xfd\xe0\x00\x00\x00\x20\x00\x00\x00";
	gd_autobuf plain = { 0 };
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	put_bundle(&plain, codes, 2);
	gd_buf_puts(&b, "CCOB");
	put_le(&b, 3, 2);
	put_le(&b, PACK_ZSTD, 2);
	put_le(&b, 32 + 13 + 3 + 4096, 8);
	put_le(&b, 512 << 20, 8);
	put_le(&b, 0, 8);
	gd_buf_add(&b, frame, 13);
	put_le(&b, 4096 << 3, 3);
	gd_buf_add(&b, plain.data, 4096);
	o = object_in_little_memory(&b);
	assert_null(o.fault);
	expect_targets(&o, "gfx906");
	assert_int_equal(o.bundle_count, 1);
}

/* 64 MiB of zeros behind the list, or behind one as long as can be: neither is unpacked. */
static void test_bomb(void **state)
{
	(void)state;
	alarm(20);
	for (unsigned method = PACK_ZLIB; method <= PACK_ZSTD; method++) {
		gd_autobuf plain = { 0 };
		gd_autobuf b = { 0 };
		gd_autobuf list = { 0 };
		gd_autobuf c = { 0 };
		gd_autoobject o = { 0 };

		put_bundle(&plain, codes, 2);
		put_zeros(&plain, 64 << 20);
		put_packed(&b, &plain, 3, method);
		set_le(&b, 16, 1ULL << 60, 8);
		o = object_in_little_memory(&b);
		assert_null(o.fault);
		expect_targets(&o, "gfx906");
		gd_buf_puts(&list, MAGIC);
		put_le(&list, 512, 8);
		for (int i = 0; i < 512; i++) {
			put_zeros(&list, 16);
			put_le(&list, 256, 8);
			put_zeros(&list, 256);
		}
		put_zeros(&list, 64 << 20);
		put_packed(&c, &list, 3, method);
		gd_object_free(&o);
		o = object_in_little_memory(&c);
		assert_null(o.fault);
		assert_int_equal(o.bundle_count, 1);
		assert_int_equal(o.target_count, 0);
	}
	alarm(0);
}

/* Every byte changed in turn: nothing crashes, and what is told fits the file. */
static void test_changed(void **state)
{
	gd_autobuf plain = { 0 };
	gd_autobuf b = { 0 };

	(void)state;
	put_bundle(&plain, codes, GD_COUNT(codes));
	put_packed(&b, &plain, 3, PACK_ZSTD);
	align(&b, 0, 4096);
	put_bundle(&b, codes, 3);
	for (size_t i = 0; i < b.len; i++) {
		static const char flips[] = { 0x01, (char)0x80, (char)0xff };

		for (size_t k = 0; k < GD_COUNT(flips); k++) {
			gd_autoobject o = { 0 };

			b.data[i] = (char)(b.data[i] ^ flips[k]);
			o = object_of(&b);
			assert_true(o.bundle_count <= 2 && o.target_count <= 10);
			b.data[i] = (char)(b.data[i] ^ flips[k]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_version_3),
		cmocka_unit_test(test_cut_packed),
		cmocka_unit_test(test_cut_version_1),
		cmocka_unit_test(test_packed_claims),
		cmocka_unit_test(test_packed_other),
		cmocka_unit_test(test_packed_outside),
		cmocka_unit_test(test_large_frame),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_changed),
	};

	return cmocka_run_group_tests_name("compressed offload bundles", tests, NULL, NULL);
}
