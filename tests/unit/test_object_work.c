/* SPDX-License-Identifier: MIT */
/* However much a file claims, the work that it makes is counted, and bounded for the file as a whole. */
#include <errno.h>

#include "elf_fixture.h"

#include "object/stream.h"

/* The linker puts these in between. */
int __real_gd_target_compare(const struct gd_target *a, const struct gd_target *b);
int __wrap_gd_target_compare(const struct gd_target *a, const struct gd_target *b);

static uint64_t compared;

int __wrap_gd_target_compare(const struct gd_target *a, const struct gd_target *b)
{
	compared++;
	return __real_gd_target_compare(a, b);
}

/* Whatever the reading of a packed range costs is counted, and ends at the limit for the whole file. */
static void test_work(void **state)
{
	struct gd_work work = { .bytes = GD_WORK_MAX_BYTES - 20000 };
	struct gd_stream s;
	gd_autobuf plain = { 0 };
	gd_autobuf b = { 0 };
	int fd;

	(void)state;
	put_zeros(&plain, 100000);
	put_packed_data(&b, &plain, PACK_ZLIB);
	fd = memfd_create("packed", MFD_CLOEXEC);
	assert_int_equal(write(fd, gd_buf_peek(&b), b.len), b.len);
	assert_int_equal(gd_stream_open(&s, fd, 0, b.len, GD_PACKING_ZLIB, 200000, &work), 0);
	assert_int_equal(gd_stream_skip(&s, 10000), 0);
	assert_int_equal(work.bytes, GD_WORK_MAX_BYTES - 20000 + b.len + 16384);
	assert_int_equal(gd_stream_skip(&s, 10000), -EDQUOT);
	gd_stream_close(&s);
	/* The same as it stands in the file. */
	work.bytes = GD_WORK_MAX_BYTES - b.len + 1;
	assert_int_equal(gd_stream_open(&s, fd, 0, b.len, GD_PACKING_NONE, 0, &work), 0);
	assert_int_equal(gd_stream_read(&s, &(char){ 0 }, 1), -EDQUOT);
	gd_stream_close(&s);
	close(fd);
}

/* An archive that lists more targets than there can be entries. */
static void test_long_list(void **state)
{
	gd_autobuf toc = { 0 };
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	gd_buf_add(&toc, "\x81\xaagfx_arches\xdd\x00\x0f\x42\x40", 17);
	for (int i = 0; i < 1000000; i++)
		gd_buf_puts(&toc, "\xa6gfx906");
	gd_buf_puts(&b, "KPAK");
	put_le(&b, 1, 4);
	put_le(&b, 16, 8);
	gd_buf_add(&b, gd_buf_peek(&toc), toc.len);
	o = object_of(&b);
	expect_fault(&o, "more than 262144 entries");
	expect_targets(&o, "gfx906");
	assert_int_equal(o.targets[0].count, 262144);
	assert_in_range(o.work.bytes, 262144 * 7, 262144 * 7 + 8192);
}

/* A map with one list of paths, "x" all of them. */
static void put_paths(struct gd_buf *b, uint32_t count)
{
	gd_buf_add(b, "\x81\xb2kpack_search_paths\xdd", 21);
	for (int shift = 24; shift >= 0; shift -= 8)
		gd_buf_putc(b, (char)(count >> shift & 0xff));
	for (uint32_t i = 0; i < count; i++)
		gd_buf_puts(b, "\xa1x");
}

/* Where no more paths are kept, no more are read. */
static void test_long_reference(void **state)
{
	gd_autobuf ref = { 0 };
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	put_paths(&ref, 400000);
	put_elf(&b, &x86_64, (struct section[]){ { ".rocm_kpack_ref", SHT_PROGBITS, &ref, 0, 0 } }, 1);
	o = object_of(&b);
	expect_fault(&o, "more and longer names of libraries");
	assert_int_equal(o.archives.count, 1024);
	assert_in_range(o.work.bytes, 2048, 16384);
	/* A section that is larger than any is not read at all. */
	gd_object_free(&o);
	gd_buf_clear(&ref);
	gd_buf_clear(&b);
	put_paths(&ref, 600000);
	put_elf(&b, &x86_64, (struct section[]){ { ".rocm_kpack_ref", SHT_PROGBITS, &ref, 0, 0 } }, 1);
	o = object_of(&b);
	expect_fault(&o, "a section .rocm_kpack_ref of 1200025 bytes");
	assert_in_range(o.work.bytes, 0, 256);
}

/* Each bundle may have 512 entries, and the file 16384 bundles, but not both. */
static void test_many_entries(void **state)
{
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		size_t start = b.len;

		gd_buf_puts(&b, MAGIC);
		put_le(&b, 512, 8);
		for (unsigned k = 0; k < 512; k++) {
			gd_autofree id = gd_xasprintf(GPU "gfx9%02x", k % 256);

			put_entry(&b, 0x8000 + k, 1, id);
		}
		put_zeros(&b, start + 0x8000 + 512 - b.len);
	}
	compared = 0;
	o = object_of(&b);
	expect_fault(&o, "more than 262144 entries");
	assert_int_equal(o.bundle_count, 512);
	/* 256 targets are halved eight times. */
	assert_in_range(compared, 262144, 262144 * 10);
	assert_int_equal(o.target_count, 256);
	for (size_t i = 0; i < o.target_count; i++)
		assert_int_equal(o.targets[i].count, 1024);
	assert_int_equal(o.work.entries, 262144);
	assert_in_range(o.work.bytes, 1, 512 * 64 * 1024);
}

/* `count` sections of this name; all of them are the first one's bytes. */
static void put_same(struct gd_buf *out, const char *name, const struct gd_buf *data, unsigned count)
{
	struct section *sections = gd_xcalloc(count, sizeof(*sections));
	struct gd_buf none = { 0 };
	size_t heads;

	for (unsigned i = 0; i < count; i++)
		sections[i] = (struct section){ name, SHT_PROGBITS, i ? &none : data, 0, 0 };
	put_elf(out, &x86_64, sections, count);
	free(sections);
	/* Of each 64 bytes the offset stands at 24, the size at 32; the first head is of no section. */
	heads = out->len - (count + 2) * 64;
	for (unsigned i = 2; i <= count; i++)
		memcpy(out->data + heads + i * 64 + 24, out->data + heads + 64 + 24, 16);
}

static struct gd_object object_of_same(const char *name, const struct gd_buf *data, unsigned count)
{
	gd_autobuf b = { 0 };

	put_same(&b, name, data, count);
	return object_of(&b);
}

/* Many sections over one range: a small file that would have much read. */
static void test_same_range(void **state)
{
	gd_autobuf wrappers = { 0 };
	gd_autobuf paths = { 0 };
	gd_autobuf bundles = { 0 };
	gd_autoobject many_wrappers = { 0 };
	gd_autoobject many_paths = { 0 };
	gd_autoobject many_bundles = { 0 };

	(void)state;
	put_zeros(&wrappers, 1 << 20);
	many_wrappers = object_of_same(".hipFatBinSegment", &wrappers, 600);
	expect_fault(&many_wrappers, "more than 512 MiB would have to be read");
	assert_in_range(many_wrappers.work.bytes, GD_WORK_MAX_BYTES - 8192, GD_WORK_MAX_BYTES);
	put_paths(&paths, 10);
	many_paths = object_of_same(".rocm_kpack_ref", &paths, 100);
	expect_fault(&many_paths, "a second section .rocm_kpack_ref");
	assert_int_equal(many_paths.archives.count, 10);
	/* Ten times 2,000 of the shortest ones that there can be. */
	for (int i = 0; i < 2000; i++) {
		gd_buf_puts(&bundles, MAGIC);
		put_le(&bundles, 0, 8);
	}
	many_bundles = object_of_same(".hip_fatbin", &bundles, 10);
	expect_fault(&many_bundles, "more than 16384 bundles");
	assert_int_equal(many_bundles.bundle_count, 16384);
}

/* A program has one dynamic section, and libelf keeps each that is read. */
static void test_dynamic_twice(void **state)
{
	gd_autobuf strings = { 0 };
	gd_autobuf entries = { 0 };
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	gd_buf_add(&strings, "\0libc.so.6", 11);
	put_le(&entries, DT_NEEDED, 8);
	put_le(&entries, 1, 8);
	put_zeros(&entries, 16);
	put_elf(&b, &x86_64,
		(struct section[]){ { ".dynstr", SHT_STRTAB, &strings, 0, 0 },
				    { ".dynamic", SHT_DYNAMIC, &entries, 1, 0 },
				    { ".dynamic", SHT_DYNAMIC, &entries, 1, 0 } },
		3);
	o = object_of(&b);
	expect_fault(&o, "a second dynamic section");
	assert_int_equal(o.needed.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_work),	      cmocka_unit_test(test_long_list),
		cmocka_unit_test(test_long_reference), cmocka_unit_test(test_many_entries),
		cmocka_unit_test(test_same_range),    cmocka_unit_test(test_dynamic_twice),
	};

	return cmocka_run_group_tests_name("work that a file makes", tests, NULL, NULL);
}
