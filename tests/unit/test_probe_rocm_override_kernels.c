/* SPDX-License-Identifier: MIT */
/* Which kernels a program loads, and what they say of the override that it is started with. */
#include "override_fixture.h"

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
	begin_one(&m, "gfx1201", "12.0.0");
	add_kernels(&m, "/opt/rocm/lib", "amd", "gfx1100 gfx1200 gfx1201");
	judge(&m);
	assert_text(&m, T, KEY, "rocblas_directory", "/opt/rocm/lib/rocblas/library");
	assert_int(&m, T, KEY, "proved_needless", 1);
	assert_int(&m, T, KEY, "proved_useless", 0);
	begin_one(&m, "gfx1103", "11.0.2");
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
	begin_one(&m, "gfx1201", "12.0.0");
	add_kernels(&m, "/opt/rocm/lib", "amd", "gfx1201");
	gd_set_bool(gd_facts_table_peek(m.facts, "kernel_library")->rows[0], "complete", false, "test");
	judge(&m);
	assert_int(&m, T, KEY, "true_kernels", 1);
	expect_gap(&m, T, KEY, "assumed_kernels", GD_GAP_NO_SOURCE);
	/* Of two installs nothing says which one is loaded. */
	begin_one(&m, "gfx1201", "12.0.0");
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
	begin_one(&m, "gfx1201", "12.0.0");
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

	begin_one(m, isa, value);
	scope = gd_facts_table_peek(m->facts, "scope")->rows[0];
	if (program)
		gd_set_text(scope, "program", program, "test");
	if (engine)
		gd_set_text(scope, "engine", engine, "test");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_loader_path),
		cmocka_unit_test(test_shared_kernels),
		cmocka_unit_test(test_python),
		cmocka_unit_test(test_starters),
		cmocka_unit_test(test_logins),
		cmocka_unit_test(test_ollama),
		cmocka_unit_test(test_usable),
	};

	return cmocka_run_group_tests_name("the probe rocm_override: kernels", tests, set_up, tear_down);
}
