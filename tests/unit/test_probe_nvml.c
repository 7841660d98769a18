/* SPDX-License-Identifier: MIT */
/* NVML: numbers and names as words, where the library is looked for, when it is not asked, which GPU is lost. */
#include <stdlib.h>

#include "forward_fixture.h"
#include "probe/library.h"
#include "probes/nvml.h"

extern const struct gd_probe gd_probe_nvml;
extern const struct gd_probe gd_probe_nvidia;
extern const struct gd_probe gd_probe_pci;

/* Both NULL, or the same text; frees what was got. */
static void expect(char *got, const char *wanted)
{
	if (!wanted)
		assert_null(got);
	else if (!got)
		fail_msg("NULL, wanted %s", wanted);
	else
		assert_string_equal(got, wanted);
	free(got);
}

static void test_words(void **state)
{
	(void)state;
	/* The names of nvmlReturn_t in the API reference. */
	expect(gd_nvml_return_word(0), "ok");
	expect(gd_nvml_return_word(3), "not-supported");
	expect(gd_nvml_return_word(4), "no-permission");
	expect(gd_nvml_return_word(8), "insufficient-power");
	expect(gd_nvml_return_word(9), "driver-not-loaded");
	expect(gd_nvml_return_word(13), "function-not-found");
	expect(gd_nvml_return_word(15), "gpu-is-lost");
	expect(gd_nvml_return_word(16), "reset-required");
	expect(gd_nvml_return_word(17), "operating-system");
	expect(gd_nvml_return_word(18), "version-mismatch");
	expect(gd_nvml_return_word(25), "argument-version-mismatch");
	expect(gd_nvml_return_word(27), "not-ready");
	expect(gd_nvml_return_word(28), "error-28");
	expect(gd_nvml_return_word(999), "unknown-error");
	expect(gd_nvml_return_word(-1), "error--1");
}

static void test_versions(void **state)
{
	(void)state;
	/* The header: 1000 × major + 10 × minor. */
	expect(gd_nvml_cuda_version(12080), "12.8");
	expect(gd_nvml_cuda_version(9010), "9.1");
	expect(gd_nvml_cuda_version(13000), "13.0");
	expect(gd_nvml_cuda_version(0), NULL);
	expect(gd_nvml_cuda_version(-12080), NULL);
	expect(gd_nvml_cuda_version(1208000), NULL);
	expect(gd_nvml_file_version("/usr/lib/libnvidia-ml.so.535.104.05"), "535.104.05");
	expect(gd_nvml_file_version("libnvidia-ml.so.580.142"), "580.142");
	expect(gd_nvml_file_version("/usr/lib/wsl/lib/libnvidia-ml.so.1"), NULL);
	expect(gd_nvml_file_version("/opt/libnvidia-ml.so.535.x"), NULL);
	expect(gd_nvml_file_version("/opt/libnvidia-ml.so"), NULL);
	expect(gd_nvml_file_version("/opt/libnvidia-ml.so.1/other"), NULL);
	expect(gd_nvml_own_version("12.535.104"), "535.104");
	expect(gd_nvml_own_version("12.550"), "550");
	expect(gd_nvml_own_version("9.390.87"), "390.87");
	expect(gd_nvml_own_version("580.142"), "580.142");
	expect(gd_nvml_own_version("12"), NULL);
	expect(gd_nvml_own_version("12."), NULL);
	expect(gd_nvml_own_version(""), NULL);
	expect(gd_nvml_own_version("AAAA"), NULL);
}

static void test_addresses(void **state)
{
	(void)state;
	/* As the kernel writes them, where NVML has eight digits in capitals: 00000000:C1:1F.0. */
	expect(gd_nvml_address(&(struct nvml_pci){ .bus = 0xc1, .device = 0x1f }), "0000:c1:1f.0");
	expect(gd_nvml_address(&(struct nvml_pci){ .domain = 15, .bus = 1 }), "000f:01:00.0");
	expect(gd_nvml_address(&(struct nvml_pci){ .domain = 0x10000, .bus = 0x65 }), "10000:65:00.0");
	expect(gd_nvml_address(&(struct nvml_pci){ .domain = UINT32_MAX }), "ffffffff:00:00.0");
	expect(gd_nvml_address(&(struct nvml_pci){ .bus = 0x100 }), NULL);
	expect(gd_nvml_address(&(struct nvml_pci){ .device = 0x20 }), NULL);
	expect(gd_nvml_mig_profile("NVIDIA A100-SXM4-40GB MIG 1c.3g.20gb"), "1c.3g.20gb");
	expect(gd_nvml_mig_profile("NVIDIA H100 80GB HBM3 MIG 1g.10gb+me"), "1g.10gb+me");
	expect(gd_nvml_mig_profile("NVIDIA H200"), NULL);
	expect(gd_nvml_mig_profile("NVIDIA H200 MIG "), NULL);
}

static void test_throttling(void **state)
{
	(void)state;
	expect(gd_nvml_throttle_words(0), "none");
	expect(gd_nvml_throttle_words(0x1), "gpu-idle");
	expect(gd_nvml_throttle_words(0x2), "application-clocks");
	expect(gd_nvml_throttle_words(0x4), "sw-power-cap");
	expect(gd_nvml_throttle_words(0x8), "hw-slowdown");
	expect(gd_nvml_throttle_words(0x10), "sync-boost");
	expect(gd_nvml_throttle_words(0x20), "sw-thermal-slowdown");
	expect(gd_nvml_throttle_words(0x40), "hw-thermal-slowdown");
	expect(gd_nvml_throttle_words(0x80), "hw-power-brake");
	expect(gd_nvml_throttle_words(0x100), "display-clocks");
	expect(gd_nvml_throttle_words(0x48), "hw-slowdown, hw-thermal-slowdown");
	expect(gd_nvml_throttle_words(0x8000000000000204), "sw-power-cap, 0x8000000000000200");
}

static void test_entries(void **state)
{
	enum { FILLER = 0xa5, LEN = 8 * 32 + 1 };
	unsigned char bytes[LEN];

	(void)state;
	for (size_t size = 16; size <= 32; size += 8)
		for (size_t count = 1; count <= 8; count++) {
			memset(bytes, FILLER, LEN);
			memset(bytes, 0, size * count);
			assert_int_equal(gd_nvml_entry_bytes(bytes, LEN, count, FILLER), size);
		}
	/* Wiped to the end, or not touched. */
	memset(bytes, 0, LEN);
	assert_int_equal(gd_nvml_entry_bytes(bytes, LEN, 2, FILLER), 0);
	memset(bytes, FILLER, LEN);
	assert_int_equal(gd_nvml_entry_bytes(bytes, LEN, 2, FILLER), 0);
}

static void test_places(void **state)
{
	struct gd_host *h = open_entries("file /usr/lib/wsl/lib/libnvidia-ml.so.1\n|x\n"
					 "file /usr/lib/nvidia-390/libnvidia-ml.so.1\n|x\n"
					 "file /run/nvidia/driver/usr/lib64/libnvidia-ml.so.1\n|x\n");
	gd_autostrv found = { 0 };
	gd_autostrv fewer = { 0 };
	gd_autofree all = NULL;

	(void)state;
	gd_nvml_places(h, "390.157", &found);
	all = gd_strv_join(&found, " ");
	assert_string_equal(all, "/usr/lib/wsl/lib/libnvidia-ml.so.1 "
				 "/run/nvidia/driver/usr/lib64/libnvidia-ml.so.1 "
				 "/usr/lib/nvidia-390/libnvidia-ml.so.1");
	gd_nvml_places(h, NULL, &fewer);
	assert_int_equal(fewer.count, 2);
	gd_host_close(h);
}

struct session {
	struct forward forward;
	struct gd_ctx ctx;
};

static void declare(struct gd_facts *facts, const struct gd_probe *p)
{
	for (const struct gd_table *const *t = p->tables; *t; t++)
		gd_facts_declare(facts, *t, p->name);
}

static void begin(struct session *s)
{
	s->forward = (struct forward){ .inner = open_entries("") };
	s->ctx = (struct gd_ctx){ .probe = &gd_probe_nvml, .facts = gd_facts_new() };
	s->ctx.host = gd_host_new(&forward_ops, &s->forward, true);
	gd_facts_declare(s->ctx.facts, &gd_library_table, "runner");
	gd_facts_complete(s->ctx.facts, "library");
	declare(s->ctx.facts, &gd_probe_nvml);
	declare(s->ctx.facts, &gd_probe_nvidia);
	declare(s->ctx.facts, &gd_probe_pci);
	s->ctx.children = gd_children_new(120 * 1000);
	s->ctx.inquiry = gd_inquiry_new(&gd_probe_nvml);
}

static void finish(struct session *s)
{
	struct gd_err err = { "" };

	assert_int_equal(gd_library_run(&s->ctx, &err), 0);
	gd_facts_close(s->ctx.facts);
}

static void end(struct session *s)
{
	gd_facts_free(s->ctx.facts);
	gd_inquiry_free(s->ctx.inquiry);
	gd_children_free(s->ctx.children);
	gd_host_close(s->ctx.host);
}

static const char *text_of(const struct session *s, const char *name, const char *key, const char *column)
{
	const struct gd_row *row = gd_facts_find(s->ctx.facts, name, key);

	return row ? gd_get_text(row, column, "(not known)") : "(no row)";
}

static bool is_complete(const struct session *s, const char *name)
{
	return gd_facts_table_peek(s->ctx.facts, name)->complete;
}

static void add_pci(struct session *s, const char *address, const char *vendor, const char *driver, bool asleep)
{
	struct gd_row *row = gd_facts_add(s->ctx.facts, "pci_device");

	gd_set_text(row, "address", address, "test");
	gd_set_text(row, "vendor_id", vendor, "test");
	gd_set_bool(row, "display", true, "test");
	gd_set_text(row, "driver", driver, "test");
	gd_set_bool(row, "asleep", asleep, "test");
}

static void test_asleep(void **state)
{
	struct session s;

	(void)state;
	begin(&s);
	add_pci(&s, "0000:01:00.0", "10de", "nvidia", false);
	add_pci(&s, "0000:02:00.0", "10de", "nvidia", true);
	gd_probe_nvml.start(&s.ctx);
	finish(&s);
	assert_string_equal(text_of(&s, "library", "nvml", "status"), "not-asked");
	assert_string_equal(text_of(&s, "library", "nvml", "detail"),
			    "0000:02:00.0 is suspended, and NVML would wake it");
	assert_false(is_complete(&s, "nvml_device"));
	assert_int_equal(gd_facts_table_peek(s.ctx.facts, "nvml_device")->gap, GD_GAP_ASLEEP);
	end(&s);
	/* Those that NVML does not touch may sleep on. */
	begin(&s);
	add_pci(&s, "0000:01:00.0", "1002", "amdgpu", true);
	add_pci(&s, "0000:02:00.0", "10de", "vfio-pci", true);
	add_pci(&s, "0000:03:00.0", "10de", "nvidia", false);
	gd_probe_nvml.start(&s.ctx);
	finish(&s);
	assert_string_not_equal(text_of(&s, "library", "nvml", "status"), "not-asked");
	end(&s);
}

/* Asks the fake, which lies where only the errand says it does; false where this machine has a library of its own. */
static bool ask(struct session *s, const char *how, const char *const *gpus, bool no_driver)
{
	struct gd_nvml_errand errand = { .no_driver = no_driver };
	struct gd_question q = { .id = "nvml", .library = GD_NVML_LIBRARY, .ask = gd_nvml_ask, .arg = &errand };
	const char *folder = getenv("TOP_BUILDDIR");
	gd_autofree path = gd_xasprintf("%s/tests/fakes/nvml/" GD_NVML_LIBRARY, folder ? folder : ".");

	gd_strv_add(&errand.places, "/nowhere/" GD_NVML_LIBRARY);
	gd_strv_add(&errand.places, path);
	for (; gpus && *gpus; gpus++)
		gd_strv_add(&errand.gpus, *gpus);
	setenv("FAKE_NVML", how, 1);
	begin(s);
	gd_library_ask(&s->ctx, &q);
	gd_strv_free(&errand.places);
	gd_strv_free(&errand.gpus);
	finish(s);
	return !strcmp(text_of(s, "library", "nvml", "file"), path);
}

/* A fake that was not loaded at all is a fault of the build. */
static void skip_own_library(struct session *s)
{
	const char *file = text_of(s, "library", "nvml", "file");

	if (*file != '/')
		fail_msg("no library was loaded: %s", file);
	print_message("# this machine has a library of its own: %s\n", file);
	end(s);
	skip();
}

static void test_other_place(void **state)
{
	struct session s;

	(void)state;
	if (!ask(&s, "", NULL, false))
		skip_own_library(&s);
	assert_string_equal(text_of(&s, "library", "nvml", "status"), "ok");
	assert_true(gd_is_absent(gd_facts_find(s.ctx.facts, "library", "nvml"), "detail"));
	assert_string_equal(text_of(&s, "nvml", "nvml", "library_version"), "570.86.15");
	assert_string_equal(text_of(&s, "nvml_device", "0000:65:00.0", "name"), "NVIDIA GeForce RTX 3090");
	end(&s);
	/* The failure of the first place must not have closed the tables. */
	ask(&s, "crash=nvmlInit_v2", NULL, false);
	assert_string_equal(text_of(&s, "library", "nvml", "status"), "crashed");
	assert_false(is_complete(&s, "nvml_device"));
	end(&s);
}

static void test_lost(void **state)
{
	static const char *const three[] = { "0000:65:00.0", "0000:66:00.0", "0000:67:00.0", NULL };
	static const char *const four[] = { "0000:65:00.0", "0000:66:00.0", "0000:67:00.0", "0000:68:00.0", NULL };
	struct session s;

	(void)state;
	if (!ask(&s, "count=3 lost=1", three, false))
		skip_own_library(&s);
	assert_string_equal(text_of(&s, "nvml_device", "0000:66:00.0", "status"), "gpu-is-lost");
	assert_string_equal(text_of(&s, "nvml_device", "nvml1", "status"), "(no row)");
	end(&s);
	/* It might be either of two. */
	ask(&s, "count=3 lost=1", four, false);
	assert_string_equal(text_of(&s, "nvml_device", "0000:66:00.0", "status"), "(no row)");
	assert_string_equal(text_of(&s, "nvml_device", "nvml1", "status"), "gpu-is-lost");
	end(&s);
	/* Either of the two might be it. */
	ask(&s, "count=2 handle=999", three, false);
	assert_string_equal(text_of(&s, "nvml_device", "nvml0", "status"), "unknown-error");
	assert_string_equal(text_of(&s, "nvml_device", "nvml1", "status"), "unknown-error");
	end(&s);
}

static void test_no_driver(void **state)
{
	struct session s;

	(void)state;
	if (!ask(&s, "init=9", NULL, true))
		skip_own_library(&s);
	assert_string_equal(text_of(&s, "library", "nvml", "status"), "no-device");
	assert_true(is_complete(&s, "nvml_device"));
	end(&s);
	/* A node may be missing: that proves nothing of the cards. */
	ask(&s, "init=9", NULL, false);
	assert_string_equal(text_of(&s, "library", "nvml", "status"), "no-device");
	assert_false(is_complete(&s, "nvml_device"));
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),	    cmocka_unit_test(test_versions), cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_throttling),  cmocka_unit_test(test_entries),  cmocka_unit_test(test_places),
		cmocka_unit_test(test_asleep),	    cmocka_unit_test(test_lost),     cmocka_unit_test(test_no_driver),
		cmocka_unit_test(test_other_place),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
