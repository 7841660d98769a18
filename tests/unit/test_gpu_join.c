/* SPDX-License-Identifier: MIT */
/* AMD GPUs joined with what lies on the disks for them: kernels, code, rocWMMA's headers. */
#include "cmocka_all.h"

#include <string.h>

#include "fact/text.h"
#include "probe/probe.h"
#include "probes/rocwmma.h"

extern const struct gd_probe gd_probe_gpu_rocm;
extern const struct gd_probe gd_probe_gpu_code;
extern const struct gd_probe gd_probe_rocm_support;

static struct gd_facts *facts;

/* The facts that a probe makes of these. */
static void look(const struct gd_probe *probe, const char *tables)
{
	gd_autofree text = gd_xasprintf("gpudoctor-facts 1\n%send\n", tables);
	struct gd_gpudb *db = gd_gpudb_open();
	struct gd_ctx ctx = { .probe = probe, .db = db };
	struct gd_err err = { "" };

	gd_facts_freep(&facts);
	facts = gd_facts_new();
	ctx.facts = facts;
	gd_probes_declare(facts);
	if (gd_text_parse(facts, "test", text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(probe->run(&ctx, &err), 0);
	gd_facts_close(facts);
	gd_gpudb_free(db);
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
#define APU "row\n id = \"0000:0a:00.0\"\n vendor = \"AMD\"\n compute = true\n integrated = true\n isa = \"gfx1036\"\n"
#define GPUS "table gpu complete\n" PHOENIX
#define INSTALL(id) \
	"row\n id = \"" id "\"\n rocblas_file = \"" id "/librocblas.so.5\"\n hipblaslt_file absent @ \"x\"\n" \
	" engine absent @ \"x\"\n version = \"7.2.1\"\n"
#define INSTALLS "table rocm_install complete\n" INSTALL("/opt/rocm/lib")
#define FOLDER(id, install) \
	"row\n id = \"" id "\"\n library = \"rocblas\"\n install = \"" install "\"\n" \
	" layout = \"per-isa\"\n complete = true\n"
#define CLOSED_FOLDER(id, install) \
	"row\n id = \"" id "\"\n library = \"rocblas\"\n install = \"" install "\"\n" \
	" layout unknown denied \"no\"\n complete = false\n"
#define LOOKS(install, folder) \
	"row\n id = \"" install " " folder "\"\n install = \"" install "\"\n library = \"rocblas\"\n" \
	" folder = \"" folder "\"\n"
#define PAIRS "table install_kernels complete\n"
#define KERNELS(folder, isa, status) \
	"row\n id = \"" folder " " isa "\"\n status = \"" status "\"\n"

static void test_kernels(void **state)
{
	static const char row[] = "0000:64:00.0 /opt/rocm/lib";

	(void)state;
	look(&gd_probe_gpu_rocm, GPUS INSTALLS "table kernel_library complete\n" FOLDER("/k", "/opt/rocm/lib")
	     PAIRS LOOKS("/opt/rocm/lib", "/k")
	     "table kernel_isa complete\n" KERNELS("/k", "gfx1103", "tuned"));
	expect("gpu_rocm", row, "rocblas", "tuned");
	expect("gpu_rocm", row, "rocblas_directory", "/k");
	expect("gpu_rocm", row, "isa", "gfx1103");
	expect("gpu_rocm", row, "version", "7.2.1");
	assert_int_equal(cell("gpu_rocm", row, "hipblaslt")->state, GD_ABSENT);
	assert_true(gd_facts_table_peek(facts, "gpu_rocm")->complete);
	/* A folder that was read and has others only. */
	look(&gd_probe_gpu_rocm, GPUS INSTALLS "table kernel_library complete\n" FOLDER("/k", "/opt/rocm/lib")
	     PAIRS LOOKS("/opt/rocm/lib", "/k")
	     "table kernel_isa complete\n" KERNELS("/k", "gfx1102", "tuned"));
	expect("gpu_rocm", row, "rocblas", "missing");
	expect("gpu_rocm", row, "rocblas_directory", "/k");
	/* Kernels of another install do not count. */
	look(&gd_probe_gpu_rocm, GPUS INSTALLS "table kernel_library complete\n" FOLDER("/k", "/opt/other/lib")
	     PAIRS LOOKS("/opt/other/lib", "/k")
	     "table kernel_isa complete\n" KERNELS("/k", "gfx1103", "tuned"));
	expect("gpu_rocm", row, "rocblas", "empty");
	assert_int_equal(cell("gpu_rocm", row, "rocblas_directory")->state, GD_ABSENT);
	/* Two GPUs and one install. */
	look(&gd_probe_gpu_rocm, GPUS APU INSTALLS "table kernel_library complete\n" FOLDER("/k", "/opt/rocm/lib")
	     PAIRS LOOKS("/opt/rocm/lib", "/k") "table kernel_isa complete\n" KERNELS("/k", "gfx1103", "tuned"));
	assert_true(cell("gpu_rocm", row, "first")->value.i);
	assert_false(cell("gpu_rocm", "0000:0a:00.0 /opt/rocm/lib", "first")->value.i);
	assert_true(cell("gpu_rocm", "0000:0a:00.0 /opt/rocm/lib", "folder_serves")->value.i);
}

static void test_several_folders(void **state)
{
	static const char row[] = "0000:64:00.0 /opt/rocm/lib";

	(void)state;
	look(&gd_probe_gpu_rocm, GPUS INSTALLS "table kernel_library complete\n" FOLDER("/a", "/opt/rocm/lib")
	     FOLDER("/b", "/opt/rocm/lib") FOLDER("/c", "/opt/rocm/lib")
	     PAIRS LOOKS("/opt/rocm/lib", "/a") LOOKS("/opt/rocm/lib", "/b") LOOKS("/opt/rocm/lib", "/c")
	     "table kernel_isa complete\n" KERNELS("/a", "gfx1103", "partial") KERNELS("/b", "gfx1103", "fallback"));
	expect("gpu_rocm", row, "rocblas", "fallback");
	expect("gpu_rocm", row, "rocblas_directory", "/b");
}

/* Copies of links share the folder of what they lead to: it serves all of them, whichever was found first. */
static void test_shared_folder(void **state)
{
	(void)state;
	look(&gd_probe_gpu_rocm, GPUS INSTALLS INSTALL("/usr/lib/ollama/rocm")
	     "table kernel_library complete\n" FOLDER("/k", "/opt/rocm/lib")
	     PAIRS LOOKS("/opt/rocm/lib", "/k") LOOKS("/usr/lib/ollama/rocm", "/k")
	     "table kernel_isa complete\n" KERNELS("/k", "gfx1103", "tuned"));
	expect("gpu_rocm", "0000:64:00.0 /opt/rocm/lib", "rocblas", "tuned");
	expect("gpu_rocm", "0000:64:00.0 /usr/lib/ollama/rocm", "rocblas", "tuned");
	expect("gpu_rocm", "0000:64:00.0 /usr/lib/ollama/rocm", "rocblas_directory", "/k");
	assert_int_equal(gd_facts_table_peek(facts, "gpu_rocm")->count, 2);
}

static void test_unknown_kernels(void **state)
{
	static const char row[] = "0000:64:00.0 /opt/rocm/lib";

	(void)state;
	/* A folder that may not be read might have them; one that has them settles it. */
	look(&gd_probe_gpu_rocm, GPUS INSTALLS "table kernel_library complete\n"
	     CLOSED_FOLDER("/k", "/opt/rocm/lib")
	     PAIRS LOOKS("/opt/rocm/lib", "/k")
	     "table kernel_isa complete\n");
	assert_int_equal(cell("gpu_rocm", row, "rocblas")->gap, GD_GAP_DENIED);
	look(&gd_probe_gpu_rocm, GPUS INSTALLS "table kernel_library complete\n"
	     CLOSED_FOLDER("/k", "/opt/rocm/lib")
	     FOLDER("/b", "/opt/rocm/lib")
	     PAIRS LOOKS("/opt/rocm/lib", "/k") LOOKS("/opt/rocm/lib", "/b")
	     "table kernel_isa complete\n" KERNELS("/b", "gfx1103", "tuned"));
	expect("gpu_rocm", row, "rocblas", "tuned");
	look(&gd_probe_gpu_rocm, GPUS INSTALLS "table install_kernels incomplete not-captured \"no\"\n"
	     "table kernel_isa complete\n");
	assert_int_equal(cell("gpu_rocm", row, "rocblas")->gap, GD_GAP_NOT_CAPTURED);
	/* Nobody knows the chip. */
	look(&gd_probe_gpu_rocm, "table gpu complete\nrow\n id = \"0000:64:00.0\"\n vendor = \"AMD\"\n compute = true\n"
	     " isa unknown no-source \"new\"\n" INSTALLS PAIRS
	     "table kernel_library complete\ntable kernel_isa complete\n");
	assert_int_equal(cell("gpu_rocm", row, "rocblas")->gap, GD_GAP_NO_SOURCE);
}

static void test_pairs(void **state)
{
	(void)state;
	/* Other vendors' GPUs and screens are no partners. */
	look(&gd_probe_gpu_rocm, GPUS "row\n id = \"0000:01:00.0\"\n vendor = \"NVIDIA\"\n compute = true\n"
	     "row\n id = \"0000:02:00.0\"\n vendor = \"AMD\"\n compute = false\n" INSTALLS INSTALL("/usr/lib64")
	     "table kernel_library complete\n" PAIRS "table kernel_isa complete\n");
	assert_int_equal(gd_facts_table_peek(facts, "gpu_rocm")->count, 2);
	/* An install that was not looked for might be there, unless nobody could use it. */
	look(&gd_probe_gpu_rocm, GPUS "table rocm_install incomplete denied \"/opt\"\n");
	assert_false(gd_facts_table_peek(facts, "gpu_rocm")->complete);
	look(&gd_probe_gpu_rocm, "table gpu complete\ntable rocm_install incomplete denied \"/opt\"\n");
	assert_true(gd_facts_table_peek(facts, "gpu_rocm")->complete);
	look(&gd_probe_gpu_rocm, "table gpu incomplete not-captured \"/sys\"\ntable rocm_install complete\n");
	assert_false(gd_facts_table_peek(facts, "gpu_rocm")->complete);
}

/* Only a variable leads there: it serves whoever sets that. */
static void test_folder_without_install(void **state)
{
	static const char row[] = "0000:64:00.0 /k";

	(void)state;
	look(&gd_probe_gpu_rocm, GPUS "table rocm_install complete\ntable kernel_library complete\n"
	     "row\n id = \"/k\"\n library = \"rocblas\"\n install absent @ \"x\"\n layout = \"lazy\"\n"
	     " complete = true\n"
	     "table kernel_isa complete\n" KERNELS("/k", "gfx1103", "fallback"));
	expect("gpu_rocm", row, "rocblas", "fallback");
	expect("gpu_rocm", row, "rocblas_directory", "/k");
	expect("gpu_rocm", row, "kind", "other");
	assert_int_equal(cell("gpu_rocm", row, "install")->state, GD_ABSENT);
}

#define RELEASES \
	"table rocm_release complete\n" RELEASE("ROCm 6.3", "amd", "6.3.0", "6.3.4", "deprecated", "= true") \
	RELEASE("ROCm 7.0", "amd", "7.0.0", "7.0.2", "no", "absent @ \"x\"") \
	RELEASE("ROCm 7.2", "amd", "7.2.0", "7.2.4", "no", "= false") \
	RELEASE("Debian 13", "debian", "5.5.1", "5.5.1", "no", "= true\n checked = \"files\"") \
	RELEASE("TheRock 10.0", "therock", "10.0.0", "10.0.0", "no", "= true\n checked = \"inferred\"") \
	RELEASE("Ollama 0.6", "ollama", "6.3.3", "6.3.3", "no", "= true") \
	RELEASE("Ollama 0.13", "ollama", "6.3.3", "6.3.3", "no", "= false") \
	RELEASE("sources", "source", "7.1.0", "7.2.4", "no", "= true")
#define RELEASE(build, packager, first, last, official, rocblas) \
	"row\n id = \"" build "\"\n build = \"" build "\"\n packager = \"" packager "\"\n isa = \"gfx1103\"\n" \
	" first = \"" first "\"\n last = \"" last "\"\n official = \"" official "\"\n" " rocblas " rocblas "\n"

static void test_support_of_a_release(void **state)
{
	static const char row[] = "0000:64:00.0 /opt/rocm/lib";

	(void)state;
#define WITH(packager, version) \
	GPUS "table rocm_install complete\nrow\n id = \"/opt/rocm/lib\"\n packager = \"" packager "\"\n" \
	" version = \"" version "\"\n rocblas_file = \"/opt/rocm/lib/librocblas.so.5\"\n" RELEASES \
	"table kernel_library complete\n" PAIRS "table kernel_isa complete\ntable gpu_code complete\n" \
	"row\n id = \"0000:64:00.0 /opt/rocm/lib/librocblas.so.5\"\n code = \"generic\"\n"
	look(&gd_probe_gpu_rocm, WITH("amd", "6.3.3"));
	expect("gpu_rocm", row, "official", "deprecated");
	expect("gpu_rocm", row, "hip_code", "generic");
	look(&gd_probe_gpu_rocm, WITH("amd", "7.2"));
	expect("gpu_rocm", row, "official", "no");
	look(&gd_probe_gpu_rocm, WITH("amd", "9.9.9"));
	assert_int_equal(cell("gpu_rocm", row, "official")->gap, GD_GAP_NO_SOURCE);
	look(&gd_probe_gpu_rocm, WITH("debian", "5.5.1"));
	assert_int_equal(cell("gpu_rocm", row, "official")->state, GD_ABSENT);
#undef WITH
}

#define PAIR(install, rocblas) \
	"row\n id = \"0000:64:00.0 " install "\"\n gpu = \"0000:64:00.0\"\n install = \"" install "\"\n" \
	" packager = \"amd\"\n" \
	" rocblas = \"" rocblas "\"\n rocblas_directory = \"" install "/rocblas/library\"\n version = \"7.2.1\"\n"

static void test_support(void **state)
{
	static const char row[] = "0000:64:00.0";

	(void)state;
	look(&gd_probe_rocm_support, GPUS RELEASES "table gpu_rocm complete\n" PAIR("/a", "missing")
	     PAIR("/b", "tuned") PAIR("/c", "missing") "table kernel_isa complete\n");
	expect("rocm_support", row, "lacking", "/a, /c");
	expect("rocm_support", row, "serving", "/b");
	/* Ollama had them once, and AMD: what is gone cannot be installed. */
	expect("rocm_support", row, "builds", "Debian 13, TheRock 10.0 (inferred)");
	expect("rocm_support", row, "last_build", "ROCm 6.3");
	assert_true(cell("rocm_support", row, "dropped")->value.i);
	expect("rocm_support", row, "amd_version", "7.2.1");
	assert_true(cell("rocm_support", row, "sources_serve")->value.i);
	assert_string_equal(cell("rocm_support", row, "lacking_count")->source,
			    "/a/rocblas/library, /c/rocblas/library");
	look(&gd_probe_rocm_support, GPUS "table gpu_rocm incomplete denied \"/opt\"\n");
	assert_int_equal(cell("rocm_support", row, "lacking_count")->value.i, 0);
	assert_false(gd_facts_table_peek(facts, "rocm_support")->complete);
	assert_int_equal(cell("rocm_support", row, "builds")->state, GD_ABSENT);
}

#define FIRST(isa) \
	"table gpu complete\nrow\n id = \"0000:64:00.0\"\n vendor = \"AMD\"\n compute = true\n isa = \"" isa "\"\n"
#define NAVI22 FIRST("gfx1031")
#define KRACKAN FIRST("gfx1152")
#define NAVI31 "row\n id = \"0000:65:00.0\"\n vendor = \"AMD\"\n compute = true\n isa = \"gfx1100\"\n"

/* AMD's engineers: gfx1031 runs code for gfx1030 (ROCm/rocBLAS#1339). */
static void test_sibling(void **state)
{
	static const char row[] = "0000:64:00.0";

	(void)state;
#define WITH(gpu, isa, usable) \
	gpu "table gpu_rocm complete\n" PAIR("/a", "missing") "table kernel_isa complete\n" \
	"row\n id = \"/a " isa "\"\n library = \"rocblas\"\n install = \"/a\"\n isa = \"" isa "\"\n" \
	" usable = " usable "\n"
	look(&gd_probe_rocm_support, WITH(NAVI22, "gfx1030", "true"));
	expect("rocm_support", row, "sibling", "gfx1030");
	expect("rocm_support", row, "sibling_setting", "HSA_OVERRIDE_GFX_VERSION=10.3.0");
	expect("rocm_support", row, "sibling_install", "/a");
	look(&gd_probe_rocm_support, WITH(NAVI22, "gfx1030", "false"));
	assert_int_equal(cell("rocm_support", row, "sibling")->state, GD_ABSENT);
	assert_false(cell("rocm_support", row, "sibling_in_use")->value.i);
	look(&gd_probe_rocm_support, WITH(NAVI22, "gfx1030", "true") "table rocm_override complete\nrow\n id = \"x\"\n"
	     " gpu = \"0000:64:00.0\"\n isa_assumed = \"gfx1030\"\n");
	assert_true(cell("rocm_support", row, "sibling_in_use")->value.i);
	/* Beside a GPU of another kind the variable of its node alone. */
	look(&gd_probe_rocm_support, WITH(NAVI22 " kfd_node = 2\n" NAVI31, "gfx1030", "true"));
	expect("rocm_support", row, "sibling_setting", "HSA_OVERRIDE_GFX_VERSION_2=10.3.0");
	look(&gd_probe_rocm_support, WITH(NAVI22 NAVI31, "gfx1030", "true"));
	assert_int_equal(cell("rocm_support", row, "sibling_setting")->state, GD_ABSENT);
	/* Of gfx1152 as gfx1150 there is one report. */
	look(&gd_probe_rocm_support, WITH(KRACKAN, "gfx1150", "true"));
	assert_false(cell("rocm_support", row, "sibling_serves")->value.i);
	/* Of gfx1103 as gfx1102 reports differ. */
	look(&gd_probe_rocm_support, WITH(GPUS, "gfx1102", "true"));
	assert_int_equal(cell("rocm_support", row, "sibling")->state, GD_ABSENT);
	assert_false(cell("rocm_support", row, "sibling_serves")->value.i);
#undef WITH
}

#define FILE_ROW(isas) \
	"table code_file complete\nrow\n id = \"/x/libggml-hip.so\"\n role = \"ggml-hip\"\n" \
	" engine = \"llama.cpp\"\n" isas
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


static void test_beside(void **state)
{
	static const char apu[] = "0000:0a:00.0 /x/libggml-hip.so";

	(void)state;
	look(&gd_probe_gpu_code, GPUS APU FILE_ROW("isas = \"gfx1103\"\n") "table code_isa complete\n"
	     TARGET("gfx1103"));
	expect("gpu_code", apu, "code", "missing");
	assert_true(cell("gpu_code", apu, "beside_served")->value.i);
	assert_false(cell("gpu_code", "0000:64:00.0 /x/libggml-hip.so", "beside_served")->value.i);
	look(&gd_probe_gpu_code, GPUS APU FILE_ROW("isas = \"gfx1201\"\n") "table code_isa complete\n"
	     TARGET("gfx1201"));
	assert_false(cell("gpu_code", apu, "beside_served")->value.i);
}

static void test_rocwmma_header(void **state)
{
	gd_autostrv isas = { 0 };
	gd_autofree text = NULL;

	(void)state;
	gd_rocwmma_isas("#if defined(__gfx908__)\n#define ROCWMMA_ARCH_GFX908 __gfx908__\n#elif defined(__gfx1100__)\n"
			"#elif defined(__gfx90a__)\n// __gfx __gfx1__ __gfx12 __gfxyz__\n", &isas);
	text = gd_strv_join(&isas, " ");
	assert_string_equal(text, "gfx908 gfx90a gfx1100");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_several_folders),
		cmocka_unit_test(test_shared_folder),
		cmocka_unit_test(test_unknown_kernels),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_folder_without_install),
		cmocka_unit_test(test_support_of_a_release),
		cmocka_unit_test(test_support),
		cmocka_unit_test(test_sibling),
		cmocka_unit_test(test_code),
		cmocka_unit_test(test_beside),
		cmocka_unit_test(test_rocwmma_header),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
