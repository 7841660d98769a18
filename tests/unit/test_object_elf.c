/* SPDX-License-Identifier: MIT */
/* ELF files: libraries with bundles in them, code objects, and damaged ones. */
#include "elf_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static const struct code codes[] = { { HOST, 0 }, { GPU "gfx1030", 900 }, { GPU "gfx1103", 100 } };
#define TARGETS "target gfx1030 %d %d\ntarget gfx1103 %d %d\n"

/* A library as the linker makes it: names, two bundles, their wrappers, and a section without bytes. */
static void put_library(struct gd_buf *out, const struct elf_kind *k)
{
	const struct gd_buf room = { .len = 1 << 30 };
	autodynamic d = { 0 };
	gd_autobuf fatbin = { 0 };
	gd_autobuf wrappers = { 0 };

	put_dynamic(&d, k, DT_NEEDED, "libamdhip64.so.6");
	put_dynamic(&d, k, DT_NEEDED, "libc.so.6");
	put_dynamic(&d, k, DT_SONAME, "libggml-hip.so.0");
	put_dynamic(&d, k, DT_RPATH, "/opt/rocm/lib");
	put_dynamic(&d, k, DT_RUNPATH, "$ORIGIN:$ORIGIN/../lib");
	put_dynamic(&d, k, DT_STRSZ, NULL);
	put_dynamic(&d, k, DT_NULL, NULL);
	put_dynamic(&d, k, DT_NEEDED, "behind the end");
	put_bundle(&fatbin, codes, GD_COUNT(codes));
	align(&fatbin, 0, 4096);
	put_bundle(&fatbin, codes, GD_COUNT(codes));
	put_wrappers(&wrappers, "FPIH", 2);
	put_elf(out, k,
		(struct section[]){
			{ ".dynstr", SHT_STRTAB, &d.strings, 0, 0 },
			{ ".text", SHT_PROGBITS, &wrappers, 0, 0 },
			{ ".hip_fatbin", SHT_PROGBITS, &fatbin, 0, 4096 },
			{ ".dynamic", SHT_DYNAMIC, &d.entries, 1, 0 },
			{ ".hipFatBinSegment", SHT_PROGBITS, &wrappers, 0, 8 },
			{ ".bss", SHT_NOBITS, &room, 0, 0 },
		},
		6);
}

static void test_library(void **state)
{
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };
	gd_autobuf out = { 0 };
	gd_autofree expected = NULL;

	(void)state;
	put_library(&b, &x86_64);
	o = object_of(&b);
	gd_object_print(&o, &out);
	expected = gd_xasprintf("kind elf\nsize %zu\nclass 64\nmachine 62\nsoname libggml-hip.so.0\n"
				"needed libamdhip64.so.6\nneeded libc.so.6\nrpath /opt/rocm/lib\n"
				"runpath $ORIGIN:$ORIGIN/../lib\nfatbin %d\nbundles 2\n" TARGETS,
				b.len, 0x3000 + 0x2000 + 100, 2, 1800, 2, 200);
	assert_string_equal(out.data, expected);
}

/* Of another class or byte order, the names are read as well. */
static void test_kinds(void **state)
{
	static const struct elf_kind kinds[] = {
		{ .narrow = true, .type = ET_DYN, .machine = EM_386 },
		{ .backward = true, .type = ET_DYN, .machine = EM_PPC64 },
		{ .narrow = true, .backward = true, .type = ET_EXEC, .machine = EM_MIPS },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(kinds); i++) {
		gd_autobuf b = { 0 };
		gd_autoobject o = { 0 };

		put_library(&b, &kinds[i]);
		o = object_of(&b);
		assert_null(o.fault);
		assert_int_equal(o.kind, GD_OBJECT_ELF);
		assert_int_equal(o.class_bits, kinds[i].narrow ? 32 : 64);
		assert_int_equal(o.machine, kinds[i].machine);
		assert_string_equal(o.soname, "libggml-hip.so.0");
		assert_string_equal(o.runpath, "$ORIGIN:$ORIGIN/../lib");
		assert_int_equal(o.needed.count, 2);
		expect_targets(&o, "gfx1030 gfx1103");
	}
}

/* This very program, by its real linker. */
static void test_real(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	gd_autoobject o = { 0 };
	struct stat st;

	(void)state;
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	assert_int_equal(gd_object_read(fd, (uint64_t)st.st_size, &o), 0);
	close(fd);
	assert_null(o.fault);
	assert_int_equal(o.kind, GD_OBJECT_ELF);
	assert_int_equal(o.class_bits, sizeof(void *) * 8);
	assert_true(gd_strv_has(&o.needed, "libc.so.6"));
	assert_int_equal(o.fatbin_bytes, 0);
	assert_int_equal(o.target_count, 0);
}

/* Sections of that name beside each other, as one for each file of a relocatable object has. */
static void test_several_sections(void **state)
{
	gd_autobuf fatbin = { 0 };
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	put_bundle(&fatbin, codes, 2);
	put_elf(&b, &x86_64,
		(struct section[]){
			{ ".hip_fatbin", SHT_PROGBITS, &fatbin, 0, 4096 },
			{ ".hip_fatbin.a1b2", SHT_PROGBITS, &fatbin, 0, 4096 },
			{ ".hip_fatbi", SHT_PROGBITS, &fatbin, 0, 4096 },
			{ ".hip_fatbin", SHT_NOBITS, &fatbin, 0, 4096 },
		},
		4);
	o = object_of(&b);
	assert_null(o.fault);
	assert_int_equal(o.bundle_count, 2);
	assert_int_equal(o.fatbin_bytes, 2 * fatbin.len);
	expect_targets(&o, "gfx1030");
}

/* The section is there, and nobody put code into it. */
static void test_no_code(void **state)
{
	gd_autobuf zeros = { 0 };
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	put_zeros(&zeros, 3 * 4096);
	put_elf(&b, &x86_64, (struct section[]){ { ".hip_fatbin", SHT_PROGBITS, &zeros, 0, 4096 } }, 1);
	o = object_of(&b);
	assert_null(o.fault);
	assert_int_equal(o.fatbin_bytes, zeros.len);
	assert_int_equal(o.bundle_count, 0);
}

/* TheRock moves code to archives: the wrappers say so, and a section names them. */
static void test_kpack(void **state)
{
	static const char reference[] = "\x82\xb2kpack_search_paths\x92\xbd../.kpack/rocm-gfx1100.kpack!"
					"\xbc../.kpack/rocm-gfx942.kpack!\xabkernel_name\xa5lib/x";
	const struct gd_buf away = { .len = 1 << 30 };
	gd_autobuf ref = { 0 };
	gd_autobuf wrappers = { 0 };
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	gd_buf_add(&ref, reference, sizeof(reference) - 1);
	put_wrappers(&wrappers, "HIPK", 70);
	put_elf(&b, &x86_64,
		(struct section[]){
			{ ".hip_fatbin", SHT_NOBITS, &away, 0, 4096 },
			{ ".hipFatBinSegment", SHT_PROGBITS, &wrappers, 0, 8 },
			{ ".rocm_kpack_ref", SHT_PROGBITS, &ref, 0, 0 },
		},
		3);
	o = object_of(&b);
	assert_null(o.fault);
	assert_true(o.kpack);
	assert_int_equal(o.archives.count, 2);
	assert_string_equal(o.archives.items[0], "../.kpack/rocm-gfx1100.kpack!");
	assert_string_equal(o.archives.items[1], "../.kpack/rocm-gfx942.kpack!");
	assert_int_equal(o.target_count, 0);
}

/* The pages were cut out of the file, and the section's head still counts them. That is no damage. */
static void test_kpack_cut(void **state)
{
	for (int kpack = 0; kpack < 2; kpack++) {
		gd_autobuf fatbin = { 0 };
		gd_autobuf wrappers = { 0 };
		gd_autobuf b = { 0 };
		gd_autoobject o = { 0 };

		(void)state;
		put_bundle(&fatbin, codes, 2);
		put_wrappers(&wrappers, kpack ? "HIPK" : "FPIH", 1);
		put_elf(&b, &x86_64,
			(struct section[]){
				{ ".hipFatBinSegment", SHT_PROGBITS, &wrappers, 0, 8 },
				{ ".hip_fatbin", SHT_PROGBITS, &fatbin, 0, 4096 },
			},
			2);
		/* Its size, in the third section head of four. */
		set_le(&b, b.len - 2 * 64 + 32, 1ULL << 40, 8);
		o = object_of(&b);
		assert_int_equal(o.kpack, kpack);
		if (kpack)
			assert_null(o.fault);
		else
			expect_fault(&o, "the section of bundles is cut off");
		expect_targets(&o, kpack ? "" : "gfx1030");
	}
}

static void put_code(struct gd_buf *b, unsigned abi_version, uint32_t flags)
{
	const struct elf_kind k = { .type = ET_DYN, .machine = 224, .osabi = 64, .abi_version = abi_version,
				    .flags = flags };
	gd_autobuf text = { 0 };

	put_zeros(&text, 256);
	put_elf(b, &k, (struct section[]){ { ".text", SHT_PROGBITS, &text, 0, 256 } }, 1);
}

static void test_code_object(void **state)
{
	static const struct {
		unsigned abi_version;
		uint32_t flags;
		const char *target;
	} known[] = {
		{ 3, 0x44, "gfx1103" },
		{ 3, 0x63f, "gfx90a:xnack-" },
		{ 4, 0x1000054, "gfx11-generic" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(known); i++) {
		gd_autobuf b = { 0 };
		gd_autofree expected = NULL;

		put_code(&b, known[i].abi_version, known[i].flags);
		expected = gd_xasprintf("kind code-object\nsize %zu\nclass 64\nmachine 224\ntarget %s 1 %zu\n", b.len,
					known[i].target, b.len);
		expect_text(&b, expected);
	}
}

static void test_odd_code_objects(void **state)
{
	const struct elf_kind mesa = { .type = ET_REL, .machine = 224, .osabi = 66, .flags = 0x44 };
	const struct elf_kind r600 = { .narrow = true, .type = ET_REL, .machine = 224, .flags = 1 };
	static const char *const faults[] = { "of ABI version 0 for an unknown processor",
					      "an unknown processor: its flags are 0x27",
					      "for another loader than ROCm's: its ABI is 66", "of 32 bits" };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(faults); i++) {
		gd_autobuf b = { 0 };
		gd_autoobject o = { 0 };

		if (i < 2)
			put_code(&b, i ? 3 : 0, i ? 0x27 : 0x2f);
		else
			put_elf(&b, i == 2 ? &mesa : &r600, NULL, 0);
		o = object_of(&b);
		assert_int_equal(o.kind, GD_OBJECT_CODE);
		expect_fault(&o, faults[i]);
		assert_int_equal(o.target_count, 0);
	}
}

/* A section may hold code objects without a bundle around them, each at a page; this one is cut. */
static void test_bare_code(void **state)
{
	gd_autobuf fatbin = { 0 };
	gd_autobuf b = { 0 };
	gd_autobuf code = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	put_code(&code, 3, 0x44);
	gd_buf_add(&fatbin, code.data, code.len);
	align(&fatbin, 0, 4096);
	put_bundle(&fatbin, codes, 2);
	align(&fatbin, 0, 4096);
	put_code(&fatbin, 3, 0x4a);
	fatbin.len -= 1;
	put_elf(&b, &x86_64, (struct section[]){ { ".hip_fatbin", SHT_PROGBITS, &fatbin, 0, 4096 } }, 1);
	o = object_of(&b);
	expect_fault(&o, "the code object is cut off");
	expect_targets(&o, "gfx1030 gfx1103");
	assert_int_equal(o.targets[1].size_bytes, code.len);
	assert_int_equal(o.bundle_count, 1);
}

/* The section heads stand last: of a library that was not copied whole they are missing. */
static void test_cut(void **state)
{
	gd_autobuf b = { 0 };

	(void)state;
	put_library(&b, &x86_64);
	for (size_t i = 4; i < b.len; i += i < 200 || i + 1000 > b.len ? 1 : 61) {
		struct gd_buf part = { .data = b.data, .len = i };
		gd_autoobject o = object_of(&part);

		if (!o.fault || o.kind != GD_OBJECT_ELF || o.target_count)
			fail_msg("%zu bytes: %s", i, o.fault ? o.fault : "nothing is wrong");
	}
}

static void test_claims(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
		size_t bytes;
		const char *fault;
	} changes[] = {
		{ 60, 0, 2, "claims more than 65279 sections" },
		{ 60, 0xfeff, 2, "the table of sections is cut off" },
		{ 60, 20, 2, "the table of sections is cut off" },
		{ 40, 0, 8, "there is no table of sections" },
		{ 40, 1ULL << 60, 8, "the table of sections is cut off" },
		{ 40, UINT64_MAX, 8, "the table of sections is cut off" },
		{ 62, 300, 2, "there is no section 300" },
		{ 4, 7, 1, "not one of an ELF file" },
		{ 5, 9, 1, "not one of an ELF file" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(changes); i++) {
		gd_autobuf b = { 0 };
		gd_autoobject o = { 0 };

		put_library(&b, &x86_64);
		set_le(&b, changes[i].at, changes[i].value, changes[i].bytes);
		o = object_of(&b);
		expect_fault(&o, changes[i].fault);
		assert_int_equal(o.kind, GD_OBJECT_ELF);
		assert_int_equal(o.target_count, 0);
	}
}

/* One section head changed: the rest is told all the same. */
static void expect_section_fault(size_t section, size_t at, uint64_t value, size_t bytes, const char *fault,
				 const char *targets)
{
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	put_library(&b, &x86_64);
	/* Eight heads at the end: none, six, and that of the names. */
	set_le(&b, b.len - (8 - section) * 64 + at, value, bytes);
	o = object_of(&b);
	expect_fault(&o, fault);
	expect_targets(&o, targets);
}

static void test_section_claims(void **state)
{
	static const char all[] = "gfx1030 gfx1103";
	enum { DYNSTR = 1, FATBIN = 3, DYNAMIC = 4, OFFSET = 24, SIZE = 32, LINK = 40 };

	(void)state;
	expect_section_fault(DYNSTR, SIZE, 3, 8, "there is no string at 1 of this section", all);
	expect_section_fault(DYNSTR, SIZE, 0, 8, "there is no string", all);
	expect_section_fault(DYNSTR, OFFSET, 1ULL << 62, 8, "a section of 97 bytes is cut off", all);
	expect_section_fault(DYNSTR, OFFSET, UINT64_MAX, 8, "is cut off", all);
	expect_section_fault(DYNAMIC, SIZE, 1ULL << 60, 8, "is cut off", all);
	expect_section_fault(DYNAMIC, LINK, 99, 4, "there is no section 99", all);
	expect_section_fault(DYNAMIC, LINK, 0xffffffff, 4, "there is no section", all);
	expect_section_fault(FATBIN, SIZE, UINT64_MAX, 8, "the section of bundles is cut off", all);
	expect_section_fault(FATBIN, OFFSET, 1ULL << 50, 8, "the section of bundles is cut off", "");
	expect_section_fault(FATBIN, SIZE, 0x3000 + 40, 8, "the list of the bundle's entries is cut off", all);
}

static void test_names(void **state)
{
	autodynamic d = { 0 };
	gd_autofree long_one = gd_xmalloc(20001);
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	memset(long_one, 'x', 20000);
	long_one[20000] = '\0';
	put_dynamic(&d, &x86_64, DT_SONAME, "first\nsecond\x1b[1m\xff\xc3\xa4");
	put_dynamic(&d, &x86_64, DT_SONAME, "another one");
	put_dynamic(&d, &x86_64, DT_NEEDED, "");
	put_dynamic(&d, &x86_64, DT_RPATH, long_one);
	put_elf(&b, &x86_64,
		(struct section[]){ { ".dynstr", SHT_STRTAB, &d.strings, 0, 0 },
				    { ".dynamic", SHT_DYNAMIC, &d.entries, 1, 0 } },
		2);
	o = object_of(&b);
	assert_string_equal(o.soname, "first?second?[1m?\xc3\xa4");
	assert_int_equal(o.needed.count, 1);
	assert_string_equal(o.needed.items[0], "");
	assert_null(o.rpath);
	expect_fault(&o, "there is no string at");
}

static void test_many_names(void **state)
{
	gd_autofree name = gd_xmalloc(12001);

	(void)state;
	memset(name, 'x', 12000);
	for (size_t length = 1; length <= 12000; length += 11999) {
		autodynamic d = { 0 };
		gd_autobuf b = { 0 };
		gd_autoobject o = { 0 };

		name[length] = '\0';
		for (int i = 0; i < 1100; i++)
			put_dynamic(&d, &x86_64, DT_NEEDED, name);
		put_elf(&b, &x86_64,
			(struct section[]){ { ".dynstr", SHT_STRTAB, &d.strings, 0, 0 },
					    { ".dynamic", SHT_DYNAMIC, &d.entries, 1, 0 } },
			2);
		o = object_of(&b);
		expect_fault(&o, "more and longer names");
		assert_int_equal(o.needed.count, length == 1 ? 1024 : 21);
		name[length] = 'x';
	}
}

static void test_large_dynamic(void **state)
{
	autodynamic d = { 0 };
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };

	(void)state;
	put_dynamic(&d, &x86_64, DT_SONAME, "x");
	put_zeros(&d.entries, 64 * 1024);
	put_elf(&b, &x86_64,
		(struct section[]){ { ".dynstr", SHT_STRTAB, &d.strings, 0, 0 },
				    { ".dynamic", SHT_DYNAMIC, &d.entries, 1, 0 } },
		2);
	o = object_of(&b);
	expect_fault(&o, "a dynamic section of 65552 bytes");
}

/* Every byte of heads and names changed in turn. */
static void test_changed(void **state)
{
	gd_autobuf b = { 0 };

	(void)state;
	put_library(&b, &x86_64);
	for (size_t i = 4; i < b.len; i += i < 4096 || i + 700 > b.len ? 1 : 127) {
		gd_autoobject o = { 0 };

		b.data[i] = (char)~b.data[i];
		o = object_of(&b);
		assert_true(o.bundle_count <= 2 && o.target_count <= 4 && o.needed.count <= 3);
		b.data[i] = (char)~b.data[i];
	}
}

/* What a descriptor gives that no longer has what it had, and what one gives that cannot be read. */
static void test_reading_fails(void **state)
{
	gd_autobuf b = { 0 };
	gd_autoobject o = { 0 };
	int fd = memfd_create("object", MFD_CLOEXEC);

	(void)state;
	put_library(&b, &x86_64);
	assert_int_equal(write(fd, b.data, 3000), 3000);
	assert_int_equal(gd_object_read(fd, b.len, &o), 0);
	assert_non_null(o.fault);
	gd_object_free(&o);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(gd_object_read(fd, b.len, &o), 0);
	expect_fault(&o, "the file became shorter");
	close(fd);
	fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	gd_object_free(&o);
	assert_int_equal(gd_object_read(fd, 100, &o), -EISDIR);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_library),	       cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_real),	       cmocka_unit_test(test_several_sections),
		cmocka_unit_test(test_no_code),	       cmocka_unit_test(test_kpack),
		cmocka_unit_test(test_kpack_cut),      cmocka_unit_test(test_code_object),
		cmocka_unit_test(test_odd_code_objects), cmocka_unit_test(test_bare_code),
		cmocka_unit_test(test_cut),	       cmocka_unit_test(test_claims),
		cmocka_unit_test(test_section_claims), cmocka_unit_test(test_names),
		cmocka_unit_test(test_many_names),     cmocka_unit_test(test_large_dynamic),
		cmocka_unit_test(test_changed),	       cmocka_unit_test(test_reading_fails),
	};

	return cmocka_run_group_tests_name("ELF files", tests, NULL, NULL);
}
