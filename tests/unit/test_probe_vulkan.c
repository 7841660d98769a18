/* SPDX-License-Identifier: MIT */
/* The manifests of Vulkan drivers, and what is read out of drivers' names. */
#include "probe_machine.h"

#include "probes/pci.h"
#include "probes/vulkan.h"

extern const struct gd_probe gd_probe_vulkan;
extern const struct gd_probe gd_probe_vulkan_icd;

/* A live machine that is asked for nothing. */
static void close_nothing(void *impl)
{
	(void)impl;
}

static const struct gd_host_ops live_ops = { .kind = "live", .close = close_nothing };

static struct gd_gpudb *db;

/* As run() of the fixture, with the GPU database. */
static void look(struct machine *m, const char *origin, const char *body)
{
	gd_autofree text =
		gd_xasprintf("gpudoctor-capture 1\norigin %s\n%send %u\n", origin, body, count_entries(body));
	struct gd_ctx ctx = { .probe = &gd_probe_vulkan_icd, .db = db };
	struct gd_err err = { "" };
	struct gd_capture *capture = NULL;

	if (gd_capture_parse("test", text, strlen(text), &capture, &err) < 0)
		fail_msg("%s", err.text);
	machine_free(m);
	m->host = gd_capture_host(capture);
	m->facts = gd_facts_new();
	ctx.host = m->host;
	ctx.facts = m->facts;
	gd_facts_declare(m->facts, gd_probe_vulkan_icd.tables[0], gd_probe_vulkan_icd.name);
	assert_int_equal(gd_probe_vulkan_icd.run(&ctx, &err), 0);
	gd_facts_close(m->facts);
}

/* The variables that the probe asks for; the home is not set. */
#define NO_VARIABLES                                                                                          \
	"error env VK_ADD_DRIVER_FILES ENOENT\nerror env VK_DRIVER_FILES ENOENT\n"                             \
	"error env VK_ICD_FILENAMES ENOENT\nerror env HOME ENOENT\nerror env XDG_CONFIG_HOME ENOENT\n"         \
	"error env XDG_CONFIG_DIRS ENOENT\nerror env XDG_DATA_HOME ENOENT\nerror env XDG_DATA_DIRS ENOENT\n"

static void test_folders(void **state)
{
	automachine m = { 0 };

	(void)state;
	look(&m, "live",
	     NO_VARIABLES
	     "absent /etc/xdg/vulkan/icd.d\nabsent /etc/vulkan/icd.d\nabsent /usr/local/share/vulkan/icd.d\n"
	     "dir /usr/share/vulkan/icd.d\n|radeon_icd.x86_64.json\n|radeon_icd.i686.json\n|README\n|odd.json\n"
	     "|new.json\n"
	     "file /usr/share/vulkan/icd.d/radeon_icd.x86_64.json\n|{\"ICD\": {\"library_path\": "
	     "\"/usr/lib/libvulkan_radeon.so\", \"api_version\": \"1.4.305\", \"library_arch\": \"64\"}}\n"
	     "file /usr/share/vulkan/icd.d/radeon_icd.i686.json\n|{\"ICD\": {\"library_path\": "
	     "\"/usr/lib32/libvulkan_radeon.so\", \"api_version\": \"1.4.305\", \"library_arch\": \"32\"}}\n"
	     "file /usr/share/vulkan/icd.d/odd.json\n|{\"layer\": {}}\n"
	     "file /usr/share/vulkan/icd.d/new.json\n|{\"ICD\": {\"library_path\": \"libvulkan_future.so.2\"}}\n");
	assert_true(is_complete(&m, "vulkan_icd"));
	assert_int_equal(gd_facts_table_peek(m.facts, "vulkan_icd")->count, 4);
	assert_text(&m, "vulkan_icd", "/usr/share/vulkan/icd.d/radeon_icd.x86_64.json", "driver", "radv");
	assert_text(&m, "vulkan_icd", "/usr/share/vulkan/icd.d/radeon_icd.x86_64.json", "api_version", "1.4.305");
	assert_int(&m, "vulkan_icd", "/usr/share/vulkan/icd.d/radeon_icd.x86_64.json", "bits", 64);
	assert_int(&m, "vulkan_icd", "/usr/share/vulkan/icd.d/radeon_icd.x86_64.json", "software", 0);
	assert_int(&m, "vulkan_icd", "/usr/share/vulkan/icd.d/radeon_icd.x86_64.json", "selected", 1);
	assert_int(&m, "vulkan_icd", "/usr/share/vulkan/icd.d/radeon_icd.i686.json", "bits", 32);
	expect_gap(&m, "vulkan_icd", "/usr/share/vulkan/icd.d/odd.json", "library", GD_GAP_GARBAGE);
	expect_gap(&m, "vulkan_icd", "/usr/share/vulkan/icd.d/new.json", "driver", GD_GAP_NO_SOURCE);
	assert_absent(&m, "vulkan_icd", "/usr/share/vulkan/icd.d/new.json", "bits");
	assert_absent(&m, "vulkan_icd", "/usr/share/vulkan/icd.d/new.json", "api_version");
}

static void test_variables(void **state)
{
	automachine m = { 0 };

	(void)state;
	look(&m, "live",
	     "error env VK_ADD_DRIVER_FILES ENOENT\nenv VK_DRIVER_FILES = /x/one.json:/y\n"
	     "env HOME = /home/user\nenv XDG_DATA_DIRS = /nix/share:/usr/share\n"
	     "error env XDG_CONFIG_HOME ENOENT\nerror env XDG_CONFIG_DIRS ENOENT\nerror env XDG_DATA_HOME ENOENT\n"
	     "absent /etc/xdg/vulkan/icd.d\nabsent /etc/vulkan/icd.d\nabsent /nix/share/vulkan/icd.d\n"
	     "absent /home/user/.config/vulkan/icd.d\n"
	     "absent /x/one.json\n"
	     "dir /y\n|two.json\nfile /y/two.json\n|{\"ICD\": {\"library_path\": \"libGLX_nvidia.so.0\"}}\n"
	     "dir /home/user/.local/share/vulkan/icd.d\n|amdvlk.json\n"
	     "file /home/user/.local/share/vulkan/icd.d/amdvlk.json\n"
	     "|{\"ICD\": {\"library_path\": \"./amdvlk64.so\"}}\n"
	     "dir /usr/share/vulkan/icd.d\n|lvp.json\n"
	     "error file /usr/share/vulkan/icd.d/lvp.json EACCES\n");
	assert_true(is_complete(&m, "vulkan_icd"));
	assert_absent(&m, "vulkan_icd", "/x/one.json", "library");
	assert_int(&m, "vulkan_icd", "/x/one.json", "selected", 1);
	assert_text(&m, "vulkan_icd", "/y/two.json", "driver", "nvidia");
	assert_int(&m, "vulkan_icd", "/y/two.json", "selected", 1);
	assert_text(&m, "vulkan_icd", "/home/user/.local/share/vulkan/icd.d/amdvlk.json", "driver", "amdvlk");
	assert_int(&m, "vulkan_icd", "/home/user/.local/share/vulkan/icd.d/amdvlk.json", "selected", 0);
	expect_gap(&m, "vulkan_icd", "/usr/share/vulkan/icd.d/lvp.json", "library", GD_GAP_DENIED);
}

/* Patterns on the names of manifests, as the loader reads them. */
static void test_filters(void **state)
{
	static const struct {
		const char *kept;
		const char *left_out;
		bool radeon;
		bool nvidia;
	} cases[] = {
		{ NULL, NULL, true, true },
		{ "radeon*", NULL, true, false },
		{ "*RADEON*,nothing", NULL, true, false },
		{ NULL, "nvidia_icd.json", true, false },
		{ NULL, "*", false, false },
		{ "*", "*nvidia*", true, false },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		automachine m = { 0 };
		gd_autofree kept = cases[i].kept ? gd_xasprintf("env VK_LOADER_DRIVERS_SELECT = %s\n", cases[i].kept)
						 : gd_xstrdup("");
		gd_autofree left = cases[i].left_out ? gd_xasprintf("env VK_LOADER_DRIVERS_DISABLE = %s\n",
								    cases[i].left_out)
						     : gd_xstrdup("");
		gd_autofree body = gd_xasprintf(
			"%s%sdir /usr/share/vulkan/icd.d\n|radeon_icd.json\n|nvidia_icd.json\n", kept, left);

		look(&m, "live", body);
		assert_int(&m, "vulkan_icd", "/usr/share/vulkan/icd.d/radeon_icd.json", "selected", cases[i].radeon);
		assert_int(&m, "vulkan_icd", "/usr/share/vulkan/icd.d/nvidia_icd.json", "selected", cases[i].nvidia);
	}
}

/* In a tree nobody knows the variables, and folders that were not copied prove nothing. */
static void test_tree(void **state)
{
	automachine m = { 0 };

	(void)state;
	look(&m, "tree",
	     "dir /usr/share/vulkan/icd.d\n|lvp.json\n"
	     "file /usr/share/vulkan/icd.d/lvp.json\n|{\"ICD\": {\"library_path\": \"libvulkan_lvp.so\"}}\n");
	assert_false(is_complete(&m, "vulkan_icd"));
	assert_int(&m, "vulkan_icd", "/usr/share/vulkan/icd.d/lvp.json", "software", 1);
}

static void test_radv_family(void **state)
{
	static const struct {
		const char *name;
		const char *family;
	} cases[] = {
		{ "AMD Radeon RX 6800 (RADV NAVI21)", "NAVI21" },
		{ "AMD EPYC (RADV PHOENIX)", "PHOENIX" },
		{ "AMD Radeon Graphics (RADV GFX1103_R1)", "GFX1103_R1" },
		{ "AMD Ryzen AI MAX+ 395 w/ Radeon 8060S (RADV STRIX_HALO)", "STRIX_HALO" },
		/* Before Mesa 22.2. */
		{ "AMD RADV NAVI10 (ACO)", "NAVI10" },
		{ "AMD RADV RAVEN", "RAVEN" },
		{ "AMD Radeon RX 6800", NULL }, /* AMDVLK */
		{ "RADV ", NULL },
		{ "llvmpipe (LLVM 15.0.6, 256 bits)", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		gd_autofree family = gd_radv_family(cases[i].name);

		if (cases[i].family)
			assert_string_equal(family, cases[i].family);
		else
			assert_null(family);
	}
}

static void test_mesa_version(void **state)
{
	static const struct {
		const char *info;
		const char *version;
	} cases[] = {
		{ "Mesa 22.3.6", "22.3.6" },
		{ "Mesa 25.0.7-2~bpo12+1", "25.0.7" },
		{ "Mesa 22.3.6 (LLVM 15.0.6)", "22.3.6" },
		{ "Mesa 26.0.0-devel (git-0123456789)", "26.0.0" },
		{ "2025.Q2.1 (LLPC)", NULL },
		{ "580.95.05", NULL },
		{ "Mesa ", NULL },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		gd_autofree version = gd_mesa_version(cases[i].info);

		if (cases[i].version)
			assert_string_equal(version, cases[i].version);
		else
			assert_null(version);
	}
}

/* The names of one chip over the versions of Mesa. */
static void test_radv_isa(void **state)
{
	static const struct {
		const char *family;
		const char *isa;
		bool ambiguous;
	} cases[] = {
		{ "GFX1103_R1", "gfx1103", false },
		{ "PHOENIX", "gfx1103", false },
		{ "PHOENIX2", "gfx1103", false },
		{ "GFX1151", "gfx1151", false },
		{ "STRIX_HALO", "gfx1151", false },
		{ "GFX1150", "gfx1150", false },
		{ "STRIX1", "gfx1150", false },
		{ "KRACKAN1", "gfx1152", false },
		{ "GFX1201", "gfx1201", false },
		{ "VEGA20", "gfx906", false },
		{ "RENOIR", "gfx90c", false },
		{ "GFX1100", "gfx1100", false },
		{ "NAVI31", "gfx1100", false },
		{ "RAVEN2", NULL, true },
		{ "GFX940", NULL, true },
		{ "NAVI99", NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		bool ambiguous;
		const char *isa = gd_radv_isa_peek(db, cases[i].family, &ambiguous);

		assert_int_equal(ambiguous, cases[i].ambiguous);
		if (cases[i].isa)
			assert_string_equal(isa, cases[i].isa);
		else
			assert_null(isa);
	}
}

static void add_manifest(struct gd_facts *f, const char *manifest, const char *driver, bool software, bool selected)
{
	struct gd_row *row = gd_facts_add(f, "vulkan_icd");

	gd_set_text(row, "manifest", manifest, "x");
	gd_set_bool(row, "software", software, "x");
	gd_set_bool(row, "selected", selected, "x");
	if (driver)
		gd_set_text(row, "driver", driver, "x");
}

/* A machine with an NVIDIA card that sleeps, beside a GPU of AMD that does not. */
static struct gd_ctx sleeping_machine(void)
{
	static const struct gd_column pci_columns[] = {
		{ .name = "address", .type = GD_TEXT, .flags = GD_COL_KEY, .help = "x" },
		{ .name = "vendor_id", .type = GD_TEXT, .help = "x" },
		{ .name = "display", .type = GD_BOOL, .help = "x" },
		{ .name = "accelerator", .type = GD_BOOL, .help = "x" },
		{ .name = "driver", .type = GD_TEXT, .help = "x" },
		{ .name = "asleep", .type = GD_BOOL, .help = "x" },
	};
	static const struct gd_table pci = {
		.name = "pci_device", .help = "x", .columns = pci_columns, .column_count = GD_COUNT(pci_columns)
	};
	static const char *const gpus[][3] = { { "0000:01:00.0", "10de", "nvidia" },
					       { "0000:05:00.0", "1002", "amdgpu" } };
	struct gd_ctx ctx = { .probe = &gd_probe_vulkan, .db = db, .facts = gd_facts_new() };

	gd_facts_declare(ctx.facts, &pci, "test");
	gd_facts_declare(ctx.facts, &gd_library_table, "test");
	gd_facts_declare(ctx.facts, gd_probe_vulkan_icd.tables[0], "test");
	for (const struct gd_table *const *t = gd_probe_vulkan.tables; *t; t++)
		gd_facts_declare(ctx.facts, *t, "vulkan");
	for (size_t i = 0; i < GD_COUNT(gpus); i++) {
		struct gd_row *row = gd_facts_add(ctx.facts, "pci_device");

		gd_set_text(row, "address", gpus[i][0], "x");
		gd_set_text(row, "vendor_id", gpus[i][1], "x");
		gd_set_bool(row, "display", true, "x");
		gd_set_text(row, "driver", gpus[i][2], "x");
		gd_set_bool(row, "asleep", i == 0, "x");
	}
	return ctx;
}

/* Only a driver that would open the sleeping card is here, so nobody is asked. */
static void test_sleeping(void **state)
{
	struct gd_ctx ctx = sleeping_machine();
	struct gd_row *row;

	(void)state;
	ctx.host = gd_host_new(&live_ops, NULL, true);
	ctx.inquiry = gd_inquiry_new(&gd_probe_vulkan);
	ctx.children = gd_children_new(1000);
	add_manifest(ctx.facts, "/nvidia.json", "nvidia", false, true);
	gd_probe_vulkan.start(&ctx);
	assert_int_equal(gd_probe_vulkan.run(&ctx, &(struct gd_err){ "" }), 0);
	row = gd_facts_find(ctx.facts, "library", "vulkan");
	assert_string_equal(gd_get_text(row, "status", ""), "not-asked");
	assert_int_equal(gd_facts_table_peek(ctx.facts, "vulkan_device")->gap, GD_GAP_ASLEEP);
	assert_non_null(strstr(gd_facts_table_peek(ctx.facts, "vulkan_device")->detail, "0000:01:00.0"));
	gd_children_free(ctx.children);
	gd_inquiry_free(ctx.inquiry);
	gd_host_close(ctx.host);
	gd_facts_free(ctx.facts);
}

/* Drivers of other makers leave it alone; one that nobody knows may not. */
static void test_harmless(void **state)
{
	struct gd_ctx ctx = sleeping_machine();
	gd_autostrv files = { 0 };
	gd_autofree joined = NULL;

	(void)state;
	add_manifest(ctx.facts, "/nvidia.json", "nvidia", false, true);
	add_manifest(ctx.facts, "/nvk.json", "nvk", false, true);
	add_manifest(ctx.facts, "/radeon.json", "radv", false, true);
	add_manifest(ctx.facts, "/other.json", "radv", false, false);
	add_manifest(ctx.facts, "/intel.json", "anv", false, true);
	add_manifest(ctx.facts, "/virtio.json", "venus", false, true);
	add_manifest(ctx.facts, "/unheard.json", NULL, false, true);
	add_manifest(ctx.facts, "/lvp.json", "lavapipe", true, true);
	gd_vulkan_list_harmless(&ctx, &files);
	joined = gd_strv_join(&files, " ");
	assert_string_equal(joined, "/radeon.json /intel.json /lvp.json");
	gd_facts_free(ctx.facts);
}

/* Which GPUs count when a kernel driver's library is to be asked. */
static void test_sleeper(void **state)
{
	struct gd_ctx ctx = sleeping_machine();
	struct gd_row *nvidia = gd_facts_find(ctx.facts, "pci_device", "0000:01:00.0");

	(void)state;
	assert_ptr_equal(gd_pci_sleeper_peek(&ctx, "nvidia"), nvidia);
	assert_ptr_equal(gd_pci_sleeper_peek(&ctx, NULL), nvidia);
	assert_null(gd_pci_sleeper_peek(&ctx, "amdgpu"));
	gd_set_text(nvidia, "driver", "vfio-pci", "x");
	assert_null(gd_pci_sleeper_peek(&ctx, NULL));
	gd_set_unknown(nvidia, "driver", GD_GAP_DENIED, "x", NULL);
	assert_ptr_equal(gd_pci_sleeper_peek(&ctx, "amdgpu"), nvidia);
	gd_set_absent(nvidia, "driver", "x");
	assert_null(gd_pci_sleeper_peek(&ctx, NULL));
	gd_facts_free(ctx.facts);
}

static void test_result_text(void **state)
{
	gd_autofree known = gd_vulkan_result_text(VK_ERROR_INCOMPATIBLE_DRIVER);
	gd_autofree unknown = gd_vulkan_result_text((VkResult)-4711);

	(void)state;
	assert_string_equal(known, "VK_ERROR_INCOMPATIBLE_DRIVER");
	assert_string_equal(unknown, "VkResult -4711");
}

static int open_db(void **state)
{
	(void)state;
	db = gd_gpudb_open();
	return 0;
}

static int close_db(void **state)
{
	(void)state;
	gd_gpudb_free(db);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folders),	    cmocka_unit_test(test_variables),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_tree),	    cmocka_unit_test(test_radv_family),
		cmocka_unit_test(test_mesa_version), cmocka_unit_test(test_radv_isa),
		cmocka_unit_test(test_result_text), cmocka_unit_test(test_sleeping),
		cmocka_unit_test(test_harmless),    cmocka_unit_test(test_sleeper),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_db, close_db);
}
