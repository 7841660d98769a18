/* SPDX-License-Identifier: MIT */
/* AMD GPUs joined with what lies on the disks for them: kernels, code, rocWMMA's headers. */
#include "cmocka_all.h"

#include <string.h>

#include "fact/text.h"
#include "probe/probe.h"
#include "probes/rocwmma.h"

extern const struct gd_probe gd_probe_gpu_rocm;
extern const struct gd_probe gd_probe_gpu_code;

static struct gd_facts *facts;

/* The facts that a probe makes of these. */
static void look(const struct gd_probe *probe, const char *tables)
{
	gd_autofree text = gd_xasprintf("gpudoctor-facts 1\n%send\n", tables);
	struct gd_ctx ctx = { .probe = probe };
	struct gd_err err = { "" };

	gd_facts_freep(&facts);
	facts = gd_facts_new();
	ctx.facts = facts;
	gd_probes_declare(facts);
	if (gd_text_parse(facts, "test", text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(probe->run(&ctx, &err), 0);
	gd_facts_close(facts);
}

static int tear_down(void **state)
{
	(void)state;
	gd_facts_freep(&facts);
	facts = NULL;
	return 0;
}

static const struct gd_cell *cell(const char *table, const char *key, const char *column)
{
	const struct gd_row *row = gd_facts_find(facts, table, key);

	if (!row)
		fail_msg("no row %s in %s", key, table);
	return gd_get(row, column);
}

static void expect(const char *table, const char *key, const char *column, const char *value)
{
	const struct gd_cell *c = cell(table, key, column);

	assert_int_equal(c->state, GD_KNOWN);
	assert_string_equal(c->value.s, value);
}

#define PHOENIX \
	"row\n id = \"0000:64:00.0\"\n vendor = \"AMD\"\n compute = true\n isa = \"gfx1103\"\n"
#define GPUS "table gpu complete\n" PHOENIX
#define INSTALL(id) \
	"row\n id = \"" id "\"\n rocblas_file = \"" id "/librocblas.so.5\"\n hipblaslt_file absent @ \"x\"\n" \
	" engine absent @ \"x\"\n version = \"7.2.1\"\n"
#define INSTALLS "table rocm_install complete\n" INSTALL("/opt/rocm/lib")
#define FOLDER(id, install) \
	"row\n id = \"" id "\"\n library = \"rocblas\"\n install = \"" install "\"\n layout = \"lazy\"\n complete = true\n"
#define KERNELS(folder, isa, status) \
	"row\n id = \"" folder " " isa "\"\n status = \"" status "\"\n"

static void test_kernels(void **state)
{
	static const char row[] = "0000:64:00.0 /opt/rocm/lib";

	(void)state;
	look(&gd_probe_gpu_rocm, GPUS INSTALLS "table kernel_library complete\n" FOLDER("/k", "/opt/rocm/lib")
	     "table kernel_isa complete\n" KERNELS("/k", "gfx1103", "tuned"));
	expect("gpu_rocm", row, "rocblas", "tuned");
	expect("gpu_rocm", row, "rocblas_directory", "/k");
	expect("gpu_rocm", row, "isa", "gfx1103");
	expect("gpu_rocm", row, "version", "7.2.1");
	assert_int_equal(cell("gpu_rocm", row, "hipblaslt")->state, GD_ABSENT);
	assert_true(gd_facts_table_peek(facts, "gpu_rocm")->complete);
	/* A folder that was read and has others only. */
	look(&gd_probe_gpu_rocm, GPUS INSTALLS "table kernel_library complete\n" FOLDER("/k", "/opt/rocm/lib")
	     "table kernel_isa complete\n" KERNELS("/k", "gfx1102", "tuned"));
	expect("gpu_rocm", row, "rocblas", "missing");
	expect("gpu_rocm", row, "rocblas_directory", "/k");
	/* Kernels of another install do not count. */
	look(&gd_probe_gpu_rocm, GPUS INSTALLS "table kernel_library complete\n" FOLDER("/k", "/opt/other/lib")
	     "table kernel_isa complete\n" KERNELS("/k", "gfx1103", "tuned"));
	expect("gpu_rocm", row, "rocblas", "missing");
	assert_int_equal(cell("gpu_rocm", row, "rocblas_directory")->state, GD_ABSENT);
}

static void test_several_folders(void **state)
{
	static const char row[] = "0000:64:00.0 /opt/rocm/lib";

	(void)state;
	look(&gd_probe_gpu_rocm, GPUS INSTALLS "table kernel_library complete\n" FOLDER("/a", "/opt/rocm/lib")
	     FOLDER("/b", "/opt/rocm/lib") FOLDER("/c", "/opt/rocm/lib")
	     "table kernel_isa complete\n" KERNELS("/a", "gfx1103", "partial") KERNELS("/b", "gfx1103", "fallback"));
	expect("gpu_rocm", row, "rocblas", "fallback");
	expect("gpu_rocm", row, "rocblas_directory", "/b");
}

static void test_unknown_kernels(void **state)
{
	static const char row[] = "0000:64:00.0 /opt/rocm/lib";

	(void)state;
	/* A folder that may not be read might have them; one that has them settles it. */
	look(&gd_probe_gpu_rocm, GPUS INSTALLS "table kernel_library complete\n"
	     "row\n id = \"/k\"\n library = \"rocblas\"\n install = \"/opt/rocm/lib\"\n layout unknown denied \"no\"\n complete = false\n"
	     "table kernel_isa complete\n");
	assert_int_equal(cell("gpu_rocm", row, "rocblas")->gap, GD_GAP_DENIED);
	look(&gd_probe_gpu_rocm, GPUS INSTALLS "table kernel_library complete\n"
	     "row\n id = \"/k\"\n library = \"rocblas\"\n install = \"/opt/rocm/lib\"\n layout unknown denied \"no\"\n complete = false\n"
	     FOLDER("/b", "/opt/rocm/lib") "table kernel_isa complete\n" KERNELS("/b", "gfx1103", "tuned"));
	expect("gpu_rocm", row, "rocblas", "tuned");
	look(&gd_probe_gpu_rocm, GPUS INSTALLS "table kernel_library incomplete not-captured \"no\"\n"
	     "table kernel_isa complete\n");
	assert_int_equal(cell("gpu_rocm", row, "rocblas")->gap, GD_GAP_NOT_CAPTURED);
	/* Nobody knows the chip. */
	look(&gd_probe_gpu_rocm, "table gpu complete\nrow\n id = \"0000:64:00.0\"\n vendor = \"AMD\"\n compute = true\n"
	     " isa unknown no-source \"new\"\n" INSTALLS "table kernel_library complete\ntable kernel_isa complete\n");
	assert_int_equal(cell("gpu_rocm", row, "rocblas")->gap, GD_GAP_NO_SOURCE);
}

static void test_pairs(void **state)
{
	(void)state;
	/* Other vendors' GPUs and screens are no partners. */
	look(&gd_probe_gpu_rocm, GPUS "row\n id = \"0000:01:00.0\"\n vendor = \"NVIDIA\"\n compute = true\n"
	     "row\n id = \"0000:02:00.0\"\n vendor = \"AMD\"\n compute = false\n" INSTALLS INSTALL("/usr/lib64")
	     "table kernel_library complete\ntable kernel_isa complete\n");
	assert_int_equal(gd_facts_table_peek(facts, "gpu_rocm")->count, 2);
	/* An install that was not looked for might be there, unless nobody could use it. */
	look(&gd_probe_gpu_rocm, GPUS "table rocm_install incomplete denied \"/opt\"\n");
	assert_false(gd_facts_table_peek(facts, "gpu_rocm")->complete);
	look(&gd_probe_gpu_rocm, "table gpu complete\ntable rocm_install incomplete denied \"/opt\"\n");
	assert_true(gd_facts_table_peek(facts, "gpu_rocm")->complete);
	look(&gd_probe_gpu_rocm, "table gpu incomplete not-captured \"/sys\"\ntable rocm_install complete\n");
	assert_false(gd_facts_table_peek(facts, "gpu_rocm")->complete);
}

#define FILE_ROW(isas) \
	"table code_file complete\nrow\n id = \"/x/libggml-hip.so\"\n role = \"ggml-hip\"\n engine = \"llama.cpp\"\n" isas
#define TARGET(isa) "row\n id = \"/x/libggml-hip.so " isa "\"\n file = \"/x/libggml-hip.so\"\n isa = \"" isa "\"\n"

static void test_code(void **state)
{
	static const char row[] = "0000:64:00.0 /x/libggml-hip.so";

	(void)state;
	look(&gd_probe_gpu_code, GPUS FILE_ROW("isas = \"gfx1100 gfx1103\"\n") "table code_isa complete\n"
	     TARGET("gfx1100") TARGET("gfx1103"));
	expect("gpu_code", row, "code", "present");
	expect("gpu_code", row, "role", "ggml-hip");
	expect("gpu_code", row, "engine", "llama.cpp");
	/* LLVM, AMDGPUUsage: gfx11-generic runs on gfx1100 to gfx1103 and gfx1150 to gfx1153. */
	look(&gd_probe_gpu_code, GPUS FILE_ROW("isas = \"gfx11-generic\"\n") "table code_isa complete\n"
	     TARGET("gfx11-generic"));
	expect("gpu_code", row, "code", "generic");
	look(&gd_probe_gpu_code, GPUS FILE_ROW("isas = \"gfx1102 gfx12-generic\"\n") "table code_isa complete\n"
	     TARGET("gfx1102") TARGET("gfx12-generic"));
	expect("gpu_code", row, "code", "missing");
	look(&gd_probe_gpu_code, GPUS FILE_ROW("isas unknown not-captured \"an empty file\"\n")
	     "table code_isa incomplete not-captured \"an empty file\"\n");
	assert_int_equal(cell("gpu_code", row, "code")->gap, GD_GAP_NOT_CAPTURED);
}

static void test_rocwmma_header(void **state)
{
	gd_autostrv isas = { 0 };
	gd_autofree text = NULL;

	(void)state;
	gd_rocwmma_isas("#if defined(__gfx908__)\n#define ROCWMMA_ARCH_GFX908 __gfx908__\n#elif defined(__gfx1100__)\n"
			"#elif defined(__gfx90a__)\n// __gfx __gfx1__ __gfx12 __gfxyz__\n", &isas);
	text = gd_strv_join(&isas, " ");
	assert_string_equal(text, "gfx90a gfx908 gfx1100");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_several_folders),
		cmocka_unit_test(test_unknown_kernels),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_code),
		cmocka_unit_test(test_rocwmma_header),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
