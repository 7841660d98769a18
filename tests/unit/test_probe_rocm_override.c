/* SPDX-License-Identifier: MIT */
/* Overrides of the ISA, for each scope and each GPU. */
#include "probe_machine.h"

#include "fact/gpudb.h"
#include "probes/rocm_override.h"

extern const struct gd_probe gd_probe_rocm_override;
extern const struct gd_probe gd_probe_rocm_setting;
extern const struct gd_probe gd_probe_setting;
extern const struct gd_probe gd_probe_gpu;
extern const struct gd_probe gd_probe_kfd;
extern const struct gd_probe gd_probe_rocm;
extern const struct gd_probe gd_probe_rocm_kernels;
extern const struct gd_probe gd_probe_gpu_code;

static struct gd_gpudb *db;

static void declare(struct gd_facts *f, const struct gd_probe *probe)
{
	for (const struct gd_table *const *t = probe->tables; *t; t++) {
		gd_facts_declare(f, *t, probe->name);
		gd_facts_complete(f, (*t)->name);
	}
}

static void begin_with(struct machine *m, const char *origin, const char *files)
{
	gd_autofree text =
		gd_xasprintf("gpudoctor-capture 1\norigin %s\n%send %u\n", origin, files, count_entries(files));
	struct gd_capture *capture = NULL;
	struct gd_err err = { "" };

	if (gd_capture_parse("test", text, strlen(text), &capture, &err) < 0)
		fail_msg("%s", err.text);
	machine_free(m);
	m->host = gd_capture_host(capture);
	m->facts = gd_facts_new();
	declare(m->facts, &gd_probe_setting);
	declare(m->facts, &gd_probe_gpu);
	declare(m->facts, &gd_probe_kfd);
	declare(m->facts, &gd_probe_rocm);
	declare(m->facts, &gd_probe_rocm_kernels);
	declare(m->facts, &gd_probe_gpu_code);
}

/* An empty machine, all of it looked at. */
static void begin(struct machine *m)
{
	begin_with(m, "live", "absent /opt/none\n");
}

static void add_gpu(struct machine *m, const char *id, int64_t node, const char *isa)
{
	struct gd_row *gpu = gd_facts_add(m->facts, "gpu");

	gd_set_text(gpu, "id", id, "test");
	gd_set_text(gpu, "name", "Radeon", "test");
	gd_set_text(gpu, "vendor", "AMD", "test");
	if (node >= 0) {
		struct gd_row *row = gd_facts_add(m->facts, "kfd_node");

		gd_set_int(gpu, "kfd_node", node, "test");
		gd_set_int(row, "node", node, "test");
		gd_set_bool(row, "is_gpu", true, "test");
	}
	if (isa)
		gd_set_text(gpu, "isa", isa, "test");
}

static void add_scope(struct machine *m, const char *id, const char *kind)
{
	struct gd_row *row = gd_facts_add(m->facts, "scope");

	gd_set_text(row, "id", id, "test");
	gd_set_text(row, "kind", kind, "test");
	gd_set_text(row, "name", id, "test");
	gd_set_absent(row, "unit", "test");
}

static void set(struct machine *m, const char *scope, const char *variable, const char *value)
{
	struct gd_row *row = gd_facts_add(m->facts, "setting");
	gd_autofree id = gd_xasprintf("%s %s", scope, variable);

	gd_set_text(row, "id", id, "test");
	gd_set_text(row, "scope", scope, "test");
	gd_set_text(row, "variable", variable, "test");
	if (value)
		gd_set_text(row, "value", value, "test");
	else
		gd_set_unknown(row, "value", GD_GAP_DENIED, "denied", NULL);
	gd_set_text(row, "place", "/etc/x:1", "test");
	gd_set_bool(row, "repeated", false, "test");
}

static void judge(struct machine *m)
{
	struct gd_ctx ctx = { .probe = &gd_probe_rocm_override, .db = db, .host = m->host, .facts = m->facts };
	struct gd_err err = { "" };

	gd_facts_declare(m->facts, gd_probe_rocm_override.tables[0], "rocm_override");
	gd_facts_declare(m->facts, gd_probe_rocm_setting.tables[0], "rocm_setting");
	assert_int_equal(gd_probe_rocm_override.run(&ctx, &err), 0);
	assert_int_equal(gd_probe_rocm_setting.run(&ctx, &err), 0);
	gd_facts_close(m->facts);
}

#define OVERRIDE "HSA_OVERRIDE_GFX_VERSION"
#define T "rocm_override"
#define KEY "unit a 0000:03:00.0"

/* One GPU, one unit, one value. */
static void judge_one(struct machine *m, const char *isa, const char *value)
{
	begin(m);
	add_gpu(m, "0000:03:00.0", 1, isa);
	add_scope(m, "unit a", "unit");
	set(m, "unit a", OVERRIDE, value);
	judge(m);
}

/* The names are in LLVM's AMDGPU guide: minor and stepping are a hexadecimal digit each. */
static void test_isas(void **state)
{
	static const struct {
		const char *value;
		const char *isa;
	} cases[] = {
		{ "10.3.0", "gfx1030" }, { "9.0.10", "gfx90a" }, { "9.0.12", "gfx90c" }, { "11.5.1", "gfx1151" },
		{ "9.0.6", "gfx906" }, { "9.16.0", "9.16.0" }, { "", NULL }, { "gfx1030", NULL }, { "10.3", NULL },
		{ "10.3.0.0", NULL }, { "10.3.0 ", NULL }, { " 10.3.0", "gfx1030" }, { "64.0.0", NULL },
		{ "10.256.0", NULL }, { "a.b.c", NULL }, { "10..0", NULL }, { "99999999999999999999.0.0", NULL },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		gd_autofree isa = gd_override_isa(cases[i].value);

		assert_string_equal(isa ? isa : "(none)", cases[i].isa ? cases[i].isa : "(none)");
	}
}

static void test_relations(void **state)
{
	(void)state;
	assert_string_equal(gd_override_relation_peek(db, "gfx1031", "gfx1030"), "sibling");
	assert_string_equal(gd_override_relation_peek(db, "gfx1103", "gfx1102"), "sibling");
	assert_string_equal(gd_override_relation_peek(db, "gfx1151", "gfx1100"), "sibling");
	assert_string_equal(gd_override_relation_peek(db, "gfx1201", "gfx1200"), "sibling");
	assert_string_equal(gd_override_relation_peek(db, "gfx1031", "gfx1031"), "same");
	assert_string_equal(gd_override_relation_peek(db, "gfx1010", "gfx1030"), "other-generation");
	assert_string_equal(gd_override_relation_peek(db, "gfx1151", "gfx1201"), "other-generation");
	assert_string_equal(gd_override_relation_peek(db, "gfx906", "gfx90a"), "other-generation");
	assert_string_equal(gd_override_relation_peek(db, "gfx1031", "gfx1039"), "no-isa");
	assert_string_equal(gd_override_relation_peek(db, "gfx906", "9.16.0"), "no-isa");
}

/* The pairs that the issue trackers know best. */
static void test_verdicts(void **state)
{
	static const struct {
		const char *isa;
		const char *value;
		const char *verdict;
	} cases[] = {
		{ "gfx1031", "10.3.0", "works" },  { "gfx1032", "10.3.0", "works" },
		{ "gfx1103", "11.0.0", "unsafe" }, { "gfx1103", "11.0.2", "mixed" },
		{ "gfx1010", "10.3.0", "unsafe" }, { "gfx1201", "12.0.0", "works" },
		{ "gfx906", "9.0.6", "no-op" },	   { "gfx1033", "10.3.0", "untested" },
		{ "gfx1100", "11.0.3", "unknown" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		automachine m = { 0 };

		judge_one(&m, cases[i].isa, cases[i].value);
		assert_text(&m, T, KEY, "verdict", cases[i].verdict);
		assert_int(&m, T, KEY, "valid", 1);
	}
}

static void test_values(void **state)
{
	automachine m = { 0 };

	(void)state;
	judge_one(&m, "gfx1031", "");
	assert_int(&m, T, KEY, "valid", 0);
	assert_int(&m, T, KEY, "empty", 1);
	assert_absent(&m, T, KEY, "isa_assumed");
	judge_one(&m, "gfx1031", "gfx1030");
	assert_int(&m, T, KEY, "valid", 0);
	assert_int(&m, T, KEY, "empty", 0);
	assert_absent(&m, T, KEY, "verdict");
	judge_one(&m, "gfx1031", NULL);
	expect_gap(&m, T, KEY, "valid", GD_GAP_DENIED);
	expect_gap(&m, T, KEY, "verdict", GD_GAP_DENIED);
	begin(&m);
	gd_facts_incomplete(m.facts, "rocm_install", GD_GAP_DENIED, "/opt", NULL);
	add_gpu(&m, "0000:03:00.0", 1, NULL);
	add_scope(&m, "unit a", "unit");
	set(&m, "unit a", OVERRIDE, "10.3.0");
	judge(&m);
	assert_text(&m, T, KEY, "isa_assumed", "gfx1030");
	expect_gap(&m, T, KEY, "relation", GD_GAP_NO_SOURCE);
	assert_int(&m, T, KEY, "proved_needless", 0);
	assert_int(&m, T, KEY, "proved_useless", 0);
	/* Not every place for installs was looked into: unknown, and not "no kernels". */
	expect_gap(&m, T, KEY, "assumed_kernels", GD_GAP_DENIED);
}

/* The variable with the number of a node wins, for that node alone. */
static void test_nodes(void **state)
{
	automachine m = { 0 };

	(void)state;
	begin(&m);
	add_gpu(&m, "0000:03:00.0", 1, "gfx1031");
	add_gpu(&m, "0000:04:00.0", 2, "gfx1103");
	add_scope(&m, "unit a", "unit");
	set(&m, "unit a", OVERRIDE, "10.3.0");
	set(&m, "unit a", OVERRIDE "_2", "11.0.2");
	set(&m, "unit a", OVERRIDE "_0", "9.0.0");
	judge(&m);
	assert_text(&m, T, KEY, "variable", OVERRIDE);
	assert_int(&m, T, KEY, "shared", 0);
	assert_text(&m, T, "unit a 0000:04:00.0", "variable", OVERRIDE "_2");
	assert_text(&m, T, "unit a 0000:04:00.0", "isa_assumed", "gfx1102");
	assert_int(&m, "rocm_setting", "unit a " OVERRIDE "_2", "node_is_gpu", 1);
	assert_int(&m, "rocm_setting", "unit a " OVERRIDE "_0", "node_is_gpu", 0);
}

static void test_shared(void **state)
{
	automachine m = { 0 };

	(void)state;
	begin(&m);
	add_gpu(&m, "0000:03:00.0", 1, "gfx1031");
	add_gpu(&m, "0000:0e:00.0", 2, "gfx1103");
	add_scope(&m, "unit a", "unit");
	set(&m, "unit a", OVERRIDE, "10.3.0");
	judge(&m);
	assert_int(&m, T, KEY, "shared", 1);
	assert_int(&m, T, KEY, "first", 1);
	assert_int(&m, T, "unit a 0000:0e:00.0", "first", 0);
	assert_text(&m, T, KEY, "shared_by",
		    "Radeon (0000:03:00.0) is gfx1031 and taken for gfx1030; "
		    "Radeon (0000:0e:00.0) is gfx1103 and taken for gfx1030");
	/* Two that it fits are no fault, and neither are two of a kind. */
	begin(&m);
	add_gpu(&m, "0000:03:00.0", 1, "gfx1031");
	add_gpu(&m, "0000:0e:00.0", 2, "gfx1032");
	add_scope(&m, "unit a", "unit");
	set(&m, "unit a", OVERRIDE, "10.3.0");
	judge(&m);
	assert_int(&m, T, KEY, "shared", 0);
	begin(&m);
	add_gpu(&m, "0000:03:00.0", 1, "gfx1103");
	add_gpu(&m, "0000:0e:00.0", 2, "gfx1103");
	add_scope(&m, "unit a", "unit");
	set(&m, "unit a", OVERRIDE, "11.0.0");
	judge(&m);
	assert_int(&m, T, KEY, "shared", 0);
}

/* Two cards, and what a unit leaves of them; `seen` has "-" where there is no row, "?" where it is unknown. */
static void expect_seen(const char *variable, const char *value, const char *seen)
{
	static const char *const keys[] = { KEY, "unit a 0000:0e:00.0" };
	automachine m = { 0 };
	const struct gd_rows *nodes;
	char is[] = "  ";

	begin(&m);
	add_gpu(&m, "0000:03:00.0", 4, "gfx1103");
	add_gpu(&m, "0000:0e:00.0", 1, "gfx1031");
	nodes = gd_facts_table_peek(m.facts, "kfd_node");
	/* 16 hexadecimal digits: 00a1b2c3d4e5f607 and 00a1000000000001. */
	gd_set_text(nodes->rows[0], "unique_id", "45514025410622983", "test");
	gd_set_text(nodes->rows[1], "unique_id", "45317471250415617", "test");
	add_scope(&m, "unit a", "unit");
	set(&m, "unit a", OVERRIDE, "10.3.0");
	set(&m, "unit a", variable, value);
	judge(&m);
	for (size_t i = 0; i < GD_COUNT(keys); i++) {
		const struct gd_row *row = gd_facts_find(m.facts, T, keys[i]);

		is[i] = !row ? '-' : gd_is_known(row, "value") ? 'x' : '?';
		/* What the sibling's rule advises is what clears it. */
		if (row && strcmp(seen, "xx") != 0)
			assert_int_equal(gd_get_int(row, "shared", -1), 0);
	}
	if (strcmp(is, seen) != 0)
		fail_msg("%s=%s: %s, not %s", variable, value ? value : "?", is, seen);
}

/* The first in the order of the topology is number 0: here the second card. */
static void test_visible(void **state)
{
	static const char rocr[] = "ROCR_VISIBLE_DEVICES";
	static const char hip[] = "HIP_VISIBLE_DEVICES";

	(void)state;
	expect_seen("HSA_XNACK", "1", "xx");
	expect_seen(rocr, "0", "-x");
	expect_seen(rocr, "1", "x-");
	expect_seen(rocr, "1,0", "xx");
	expect_seen(rocr, "0,7,1", "-x");
	expect_seen(rocr, "", "--");
	expect_seen(rocr, "-1", "--");
	expect_seen(rocr, NULL, "??");
	expect_seen(rocr, "GPU-00a1b2c3d4e5f607", "x-");
	expect_seen(rocr, "GPU-00A10,GPU-00a1b", "xx");
	/* Both start so. */
	expect_seen(rocr, "GPU-00a1", "--");
	expect_seen(rocr, "GPU-ffff", "--");
	expect_seen(hip, "1", "x-");
	expect_seen(hip, "", "xx");
	expect_seen("CUDA_VISIBLE_DEVICES", "0", "-x");
	/* AMD's manual and the source differ on whether HIP reads it. */
	expect_seen("GPU_DEVICE_ORDINAL", "0", "?x");
}

/* Numbers of the second variable count what the first one left; what cannot be mapped is unknown. */
static void test_visible_both(void **state)
{
	automachine m = { 0 };

	(void)state;
	begin(&m);
	add_gpu(&m, "0000:03:00.0", 1, "gfx1031");
	add_gpu(&m, "0000:0e:00.0", 2, "gfx1103");
	add_scope(&m, "unit a", "unit");
	set(&m, "unit a", OVERRIDE, "10.3.0");
	set(&m, "unit a", "ROCR_VISIBLE_DEVICES", "1");
	set(&m, "unit a", "HIP_VISIBLE_DEVICES", "0");
	judge(&m);
	assert_null(gd_facts_find(m.facts, T, KEY));
	assert_non_null(gd_facts_find(m.facts, T, "unit a 0000:0e:00.0"));
	/* No UUID is known, so that this one may be that of any GPU. */
	begin(&m);
	add_gpu(&m, "0000:03:00.0", 1, "gfx1031");
	add_scope(&m, "unit a", "unit");
	set(&m, "unit a", OVERRIDE, "10.3.0");
	set(&m, "unit a", "ROCR_VISIBLE_DEVICES", "GPU-00a1b2c3d4e5f607");
	judge(&m);
	expect_gap(&m, T, KEY, "value", GD_GAP_NO_SOURCE);
	expect_gap(&m, T, KEY, "verdict", GD_GAP_NO_SOURCE);
	/* In a container other GPUs may be the first ones. */
	begin(&m);
	add_gpu(&m, "0000:03:00.0", 1, "gfx1031");
	add_scope(&m, "process 7", "process");
	gd_set_bool(gd_facts_table_peek(m.facts, "scope")->rows[0], "container", true, "test");
	set(&m, "process 7", OVERRIDE, "10.3.0");
	set(&m, "process 7", "ROCR_VISIBLE_DEVICES", "1");
	judge(&m);
	expect_gap(&m, T, "process 7 0000:03:00.0", "value", GD_GAP_NO_SOURCE);
}

/* Without such a GPU it does not matter who sets what. */
static void test_other_gpus(void **state)
{
	automachine m = { 0 };
	struct gd_row *gpu;

	(void)state;
	begin(&m);
	gpu = gd_facts_add(m.facts, "gpu");
	gd_set_text(gpu, "id", "0000:01:00.0", "test");
	gd_set_text(gpu, "vendor", "NVIDIA", "test");
	add_scope(&m, "caller", "caller");
	set(&m, "caller", OVERRIDE, "10.3.0");
	gd_facts_incomplete(m.facts, "setting", GD_GAP_DENIED, "d", NULL);
	judge(&m);
	assert_int_equal(gd_facts_table_peek(m.facts, T)->count, 0);
	assert_true(is_complete(&m, T));
	assert_true(is_complete(&m, "rocm_setting"));
}

/* What the names of files say of one ISA; `usable` < 0: they do not tell. */
static void add_isa(struct machine *m, const char *folder, const char *isa, int usable)
{
	struct gd_row *row = gd_facts_add(m->facts, "kernel_isa");
	gd_autofree id = gd_xasprintf("%s %s", folder, isa);

	gd_set_text(row, "id", id, "test");
	gd_set_text(row, "directory", folder, "test");
	gd_set_text(row, "library", "rocblas", "test");
	gd_set_text(row, "isa", isa, "test");
	if (usable < 0)
		gd_set_unknown(row, "usable", GD_GAP_DENIED, "denied", NULL);
	else
		gd_set_bool(row, "usable", usable, "test");
}

static void add_kernels(struct machine *m, const char *install, const char *kind, const char *isas)
{
	gd_autostrv words = { 0 };
	gd_autofree id = gd_xasprintf("%s/rocblas/library", install);
	struct gd_row *row;

	row = gd_facts_add(m->facts, "rocm_install");
	gd_set_text(row, "id", install, "test");
	gd_set_text(row, "kind", kind, "test");
	gd_set_text(row, "found_by", "/opt", "test");
	gd_set_absent(row, "engine", "test");
	gd_set_text(row, "rocblas_file", id, "test");
	row = gd_facts_add(m->facts, "kernel_library");
	gd_set_text(row, "id", id, "test");
	gd_set_text(row, "library", "rocblas", "test");
	gd_set_text(row, "install", install, "test");
	gd_set_text(row, "layout", "lazy", "test");
	gd_set_text(row, "isas", isas, "test");
	gd_set_bool(row, "complete", true, "test");
	gd_strv_split(&words, isas, " ");
	for (size_t i = 0; i < words.count; i++)
		add_isa(m, id, words.items[i], 1);
}

/* The back end of an engine, and what it holds for the first GPU. */
static void add_code(struct machine *m, const char *engine, const char *code)
{
	struct gd_row *row = gd_facts_add(m->facts, "gpu_code");

	gd_set_text(row, "id", "0000:03:00.0 /x/libggml-hip.so", "test");
	gd_set_text(row, "gpu", "0000:03:00.0", "test");
	gd_set_text(row, "role", "ggml-hip", "test");
	gd_set_text(row, "engine", engine, "test");
	gd_set_text(row, "code", code, "test");
}

/* What the scope loads decides: its own variable before the install of the machine. */
static void test_kernels(void **state)
{
	automachine m = { 0 };

	(void)state;
	begin(&m);
	add_gpu(&m, "0000:03:00.0", 1, "gfx1201");
	add_scope(&m, "unit a", "unit");
	set(&m, "unit a", OVERRIDE, "12.0.0");
	add_kernels(&m, "/opt/rocm/lib", "amd", "gfx1100 gfx1200 gfx1201");
	judge(&m);
	assert_text(&m, T, KEY, "rocblas_directory", "/opt/rocm/lib/rocblas/library");
	assert_int(&m, T, KEY, "proved_needless", 1);
	assert_int(&m, T, KEY, "proved_useless", 0);
	begin(&m);
	add_gpu(&m, "0000:03:00.0", 1, "gfx1103");
	add_scope(&m, "unit a", "unit");
	set(&m, "unit a", OVERRIDE, "11.0.2");
	set(&m, "unit a", "ROCBLAS_TENSILE_LIBPATH", "/srv/rocblas/library");
	add_kernels(&m, "/opt/rocm/lib", "amd", "gfx1100 gfx1102");
	add_kernels(&m, "/srv", "other", "gfx1103");
	judge(&m);
	assert_text(&m, T, KEY, "rocblas_directory", "/srv/rocblas/library");
	assert_text(&m, T, KEY, "directory_from", "ROCBLAS_TENSILE_LIBPATH");
	assert_int(&m, T, KEY, "true_kernels", 1);
	assert_int(&m, T, KEY, "proved_useless", 1);
	/* The engine's own code is for the other chip: it needs the override, whatever rocBLAS has. */
	begin(&m);
	add_gpu(&m, "0000:03:00.0", 1, "gfx1201");
	add_scope(&m, "unit a", "unit");
	gd_set_text(gd_facts_table_peek(m.facts, "scope")->rows[0], "engine", "llama.cpp", "test");
	set(&m, "unit a", OVERRIDE, "12.0.0");
	add_kernels(&m, "/opt/rocm/lib", "amd", "gfx1200 gfx1201");
	add_code(&m, "llama.cpp", "missing");
	judge(&m);
	assert_int(&m, T, KEY, "true_kernels", 1);
	assert_int(&m, T, KEY, "engine_needs_it", 1);
	assert_int(&m, T, KEY, "proved_needless", 0);
	/* Archives may hold what no name tells of. */
	begin(&m);
	add_gpu(&m, "0000:03:00.0", 1, "gfx1201");
	add_scope(&m, "unit a", "unit");
	set(&m, "unit a", OVERRIDE, "12.0.0");
	add_kernels(&m, "/opt/rocm/lib", "amd", "gfx1201");
	gd_set_bool(gd_facts_table_peek(m.facts, "kernel_library")->rows[0], "complete", false, "test");
	judge(&m);
	assert_int(&m, T, KEY, "true_kernels", 1);
	expect_gap(&m, T, KEY, "assumed_kernels", GD_GAP_NO_SOURCE);
	/* Of two installs nothing says which one is loaded. */
	begin(&m);
	add_gpu(&m, "0000:03:00.0", 1, "gfx1201");
	add_scope(&m, "unit a", "unit");
	set(&m, "unit a", OVERRIDE, "12.0.0");
	add_kernels(&m, "/opt/rocm-6/lib", "amd", "gfx1200");
	add_kernels(&m, "/opt/rocm-7/lib", "amd", "gfx1201");
	judge(&m);
	expect_gap(&m, T, KEY, "true_kernels", GD_GAP_AMBIGUOUS);
}

/* A tree lists a folder in full and says nothing of files that are not in it. */
static void test_loader_path(void **state)
{
	static const struct {
		const char *files;
		const char *directory;
	} cases[] = {
		{ "dir /engine\n|libggml-hip.so\n", "/opt/rocm/lib/rocblas/library" },
		{ "dir /engine\n|librocblas.so.5\nfile /engine/librocblas.so.5\n", NULL },
		{ "error dir /engine EACCES\n", NULL },
		{ "", NULL },
	};
	automachine m = { 0 };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		begin_with(&m, "tree", cases[i].files);
		add_gpu(&m, "0000:03:00.0", 1, "gfx1201");
		add_scope(&m, "unit a", "unit");
		set(&m, "unit a", OVERRIDE, "12.0.0");
		set(&m, "unit a", "LD_LIBRARY_PATH", "/engine");
		add_kernels(&m, "/opt/rocm/lib", "amd", "gfx1200 gfx1201");
		judge(&m);
		if (cases[i].directory)
			assert_text(&m, T, KEY, "rocblas_directory", cases[i].directory);
		else
			assert_false(gd_is_known(row_of(&m, T, KEY), "rocblas_directory"));
	}
}

/* A folder that a version names, and that the machine's install reaches by a link: another one was there before. */
static void test_shared_kernels(void **state)
{
	static const char folder[] = "/usr/lib/x/rocblas/4.4.1/library";
	automachine m = { 0 };
	struct gd_row *row;

	(void)state;
	begin(&m);
	add_gpu(&m, "0000:03:00.0", 1, "gfx1201");
	add_scope(&m, "unit a", "unit");
	set(&m, "unit a", OVERRIDE, "12.0.0");
	add_kernels(&m, "/opt/rocm/lib", "amd", "gfx1200");
	row = gd_facts_table_peek(m.facts, "kernel_library")->rows[0];
	gd_set_text(row, "id", folder, "test");
	gd_set_text(row, "install", "/usr/lib/x", "test");
	row = gd_facts_add(m.facts, "install_kernels");
	gd_set_text(row, "id", "/opt/rocm/lib /usr/lib/x/rocblas/4.4.1/library", "test");
	gd_set_text(row, "install", "/opt/rocm/lib", "test");
	gd_set_text(row, "library", "rocblas", "test");
	gd_set_text(row, "folder", folder, "test");
	add_isa(&m, folder, "gfx1200", 1);
	judge(&m);
	assert_text(&m, T, KEY, "rocblas_directory", folder);
	assert_int(&m, T, KEY, "assumed_kernels", 1);
	assert_int(&m, T, KEY, "true_kernels", 0);
}

/* A card that is taken for another one by a program of an engine. */
static void begin_program(struct machine *m, const char *program, const char *engine, const char *isa,
			  const char *value)
{
	struct gd_row *scope;

	begin(m);
	add_gpu(m, "0000:03:00.0", 1, isa);
	add_scope(m, "unit a", "unit");
	scope = gd_facts_table_peek(m->facts, "scope")->rows[0];
	if (program)
		gd_set_text(scope, "program", program, "test");
	if (engine)
		gd_set_text(scope, "engine", engine, "test");
	set(m, "unit a", OVERRIDE, value);
}

#define TORCH "/opt/venv/lib/python3.12/site-packages/torch/lib"

/* PyTorch brings its own rocBLAS, and the programs of its virtual environment load that one. */
static void test_python(void **state)
{
	static const char *const programs[] = { "/opt/venv/bin/vllm", "/opt/venv/bin/python3" };
	automachine m = { 0 };

	(void)state;
	for (size_t i = 0; i < GD_COUNT(programs); i++) {
		begin_program(&m, programs[i], i ? NULL : "vllm", "gfx1103", "11.0.2");
		add_kernels(&m, "/opt/rocm/lib", "amd", "gfx1103");
		add_kernels(&m, TORCH, "python", "gfx1100 gfx1102");
		add_kernels(&m, "/home/joe/venv/lib/python3.12/site-packages/torch/lib", "python", "gfx1103");
		judge(&m);
		assert_text(&m, T, KEY, "rocblas_directory", TORCH "/rocblas/library");
		assert_text(&m, T, KEY, "directory_from", "Python's packages");
		assert_int(&m, T, KEY, "proved_useless", 0);
		assert_int(&m, T, KEY, "true_kernels", 0);
	}
	/* A process is the machine's Python by its file; what it was called as says which packages it has. */
	begin_program(&m, "/usr/bin/python3.12", "vllm", "gfx1103", "11.0.2");
	gd_set_text(gd_facts_table_peek(m.facts, "scope")->rows[0], "called", "/opt/venv/bin/python", "test");
	add_kernels(&m, TORCH, "python", "gfx1102");
	judge(&m);
	assert_text(&m, T, KEY, "rocblas_directory", TORCH "/rocblas/library");
	/* Which of two is loaded depends on how the packages were built. */
	begin_program(&m, "/opt/venv/bin/vllm", "vllm", "gfx1103", "11.0.2");
	set(&m, "unit a", "LD_LIBRARY_PATH", "/opt/rocm/lib");
	add_kernels(&m, "/opt/rocm/lib", "amd", "gfx1103");
	add_kernels(&m, TORCH, "python", "gfx1102");
	judge(&m);
	expect_gap(&m, T, KEY, "assumed_kernels", GD_GAP_AMBIGUOUS);
}

/* What these load in the end is not known, and surely not what the loader has for them. */
static void test_starters(void **state)
{
	static const struct {
		const char *program;
		const char *engine;
	} cases[] = {
		{ "/usr/bin/podman", "ollama" }, { "/usr/bin/docker", NULL }, { "/bin/sh", NULL },
		{ "/usr/bin/bash", "llama.cpp" }, { "/usr/bin/toolbox", NULL }, { "/usr/bin/distrobox", NULL },
		{ "/usr/bin/python3", NULL }, { "/usr/bin/env", NULL }, { "/usr/bin/vllm", "vllm" },
		{ "/opt/venv/bin/vllm", "vllm" }, { "/srv/start.sh", NULL }, { "/usr/bin/lemonade-server", "lemonade" },
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(cases); i++) {
		automachine m = { 0 };

		begin_program(&m, cases[i].program, cases[i].engine, "gfx1031", "10.3.0");
		add_kernels(&m, "/opt/rocm/lib", "amd", "gfx1100");
		judge(&m);
		expect_gap(&m, T, KEY, "rocblas_directory", GD_GAP_NO_SOURCE);
		expect_gap(&m, T, KEY, "assumed_kernels", GD_GAP_NO_SOURCE);
		assert_int(&m, T, KEY, "proved_useless", 0);
	}
}

/* From a login anything may be started, and an engine has its own copy. */
static void test_logins(void **state)
{
	automachine m = { 0 };

	(void)state;
	begin_program(&m, NULL, NULL, "gfx1031", "10.3.0");
	add_kernels(&m, "/opt/rocm/lib", "amd", "gfx1100");
	judge(&m);
	assert_int(&m, T, KEY, "proved_useless", 1);
	begin_program(&m, NULL, NULL, "gfx1031", "10.3.0");
	add_kernels(&m, "/opt/rocm/lib", "amd", "gfx1100");
	add_kernels(&m, "/usr/lib/ollama/rocm", "engine", "gfx1030");
	judge(&m);
	expect_gap(&m, T, KEY, "assumed_kernels", GD_GAP_AMBIGUOUS);
}

/* Ollama's own folders stand before those of LD_LIBRARY_PATH. */
static void test_ollama(void **state)
{
	automachine m = { 0 };

	(void)state;
	begin_program(&m, "/usr/local/bin/ollama", "ollama", "gfx1031", "10.3.0");
	set(&m, "unit a", "LD_LIBRARY_PATH", "/opt/rocm/lib");
	add_kernels(&m, "/opt/rocm/lib", "amd", "gfx1100");
	add_kernels(&m, "/usr/local/lib/ollama/rocm", "engine", "gfx1030");
	gd_set_text(gd_facts_table_peek(m.facts, "rocm_install")->rows[1], "engine", "ollama", "test");
	judge(&m);
	assert_text(&m, T, KEY, "rocblas_directory", "/usr/local/lib/ollama/rocm/rocblas/library");
	assert_int(&m, T, KEY, "assumed_kernels", 1);
}

#define ROCM "/opt/rocm/lib/rocblas/library"

/* Files for an ISA are no kernels that can be used, and what nobody could read proves nothing. */
static void test_usable(void **state)
{
	automachine m = { 0 };

	(void)state;
	begin_program(&m, "/usr/bin/llama-server", "llama.cpp", "gfx1031", "10.3.0");
	add_kernels(&m, "/opt/rocm/lib", "amd", "gfx1100");
	add_isa(&m, ROCM, "gfx1030", 0);
	add_isa(&m, ROCM, "gfx1031", -1);
	judge(&m);
	assert_int(&m, T, KEY, "assumed_kernels", 0);
	expect_gap(&m, T, KEY, "true_kernels", GD_GAP_DENIED);
	/* A row decides, whatever else may be missing. */
	begin_program(&m, "/usr/bin/llama-server", "llama.cpp", "gfx1031", "10.3.0");
	add_kernels(&m, "/opt/rocm/lib", "amd", "gfx1100");
	gd_set_bool(gd_facts_table_peek(m.facts, "kernel_library")->rows[0], "complete", false, "test");
	add_isa(&m, ROCM, "gfx1030", 0);
	judge(&m);
	assert_int(&m, T, KEY, "assumed_kernels", 0);
	expect_gap(&m, T, KEY, "true_kernels", GD_GAP_NO_SOURCE);
}

static int set_up(void **state)
{
	(void)state;
	db = gd_gpudb_open();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gd_gpudb_free(db);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_isas),   cmocka_unit_test(test_relations),  cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_values), cmocka_unit_test(test_nodes),	  cmocka_unit_test(test_shared),
		cmocka_unit_test(test_kernels), cmocka_unit_test(test_other_gpus), cmocka_unit_test(test_loader_path),
		cmocka_unit_test(test_shared_kernels), cmocka_unit_test(test_python),
		cmocka_unit_test(test_starters), cmocka_unit_test(test_logins),	   cmocka_unit_test(test_ollama),
		cmocka_unit_test(test_usable), cmocka_unit_test(test_visible), cmocka_unit_test(test_visible_both),
	};

	return cmocka_run_group_tests_name("the probe rocm_override", tests, set_up, tear_down);
}
