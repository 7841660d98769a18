/* SPDX-License-Identifier: MIT */
/*
 * What the names of kernel files say. The names are those of Debian's librocblas0
 * 5.5.1, librocblas4 6.4.4, librocblas5 7.2.4 and libhipblaslt1 7.1.1, and those that
 * Tensile, hipBLASLt, TheRock and MIOpen document.
 */
#include "cmocka_all.h"

#include "probes/tensile_name.h"

static void expect(const char *name, enum gd_kernel_file kind, const char *isa, const char *features)
{
	struct gd_kernel_name n;

	gd_kernel_name_parse(name, &n);
	if (n.kind != kind || strcmp(n.isa, isa) || strcmp(n.features, features))
		fail_msg("%s: kind %d isa \"%s\" features \"%s\"", name, (int)n.kind, n.isa, n.features);
}

static void expect_stem(const char *name, bool fallback, const char *stem)
{
	struct gd_kernel_name n;

	gd_kernel_name_parse(name, &n);
	assert_int_equal(n.fallback, fallback);
	assert_int_equal(n.stem_len, strlen(stem));
	assert_memory_equal(n.stem, stem, n.stem_len);
}

static void test_indices(void **state)
{
	(void)state;
	expect("TensileLibrary.dat", GD_KERNEL_INDEX_MERGED, "", "");
	expect("TensileLibrary.yaml", GD_KERNEL_INDEX_MERGED, "", "");
	expect("TensileLibrary_gfx906.dat", GD_KERNEL_INDEX_ISA, "gfx906", "");
	expect("TensileLibrary_lazy_gfx1103.dat", GD_KERNEL_INDEX_LAZY, "gfx1103", "");
	expect("TensileLibrary_lazy_gfx90a.dat", GD_KERNEL_INDEX_LAZY, "gfx90a", "");
	expect("TensileLibrary_lazy_gfx1250.dat.zlib", GD_KERNEL_INDEX_LAZY, "gfx1250", "");
	expect("TensileLibrary_lazy_gfx11-generic.dat", GD_KERNEL_INDEX_LAZY, "gfx11-generic", "");
	expect("TensileLibrary_Type_HH_Contraction_l_Alik_Bljk_Cijk_Dijk_gfx1030.dat", GD_KERNEL_INDEX_TYPE, "gfx1030",
	       "");
	expect("TensileLibrary_Type_HH_Contraction_l_Alik_Bljk_Cijk_Dijk_fallback.dat", GD_KERNEL_INDEX_TYPE, "", "");
	expect("TensileLibrary_BB_BB_HA_Bias_SAV_UA_Type_BB_HPA_Contraction_l_Ailk_Bjlk_Cijk_Dijk_gfx1103.dat",
	       GD_KERNEL_INDEX_TYPE, "gfx1103", "");
	expect("TensileLibrary_BB_BB_UA_Type_BB_HPA_Contraction_l_Ailk_Bjlk_Cijk_Dijk_gfx942.dat.zlib",
	       GD_KERNEL_INDEX_TYPE, "gfx942", "");
}

static void test_code(void **state)
{
	(void)state;
	expect("Kernels.so-000-gfx1010.hsaco", GD_KERNEL_CODE_HELPER, "gfx1010", "");
	expect("Kernels.so-000-gfx90a-xnack+.hsaco", GD_KERNEL_CODE_HELPER, "gfx90a", "xnack+");
	expect("Kernels.so-000-gfx906-xnack-.hsaco", GD_KERNEL_CODE_HELPER, "gfx906", "xnack-");
	expect("Kernels.so-000-gfx90a-sramecc+-xnack-.hsaco", GD_KERNEL_CODE_HELPER, "gfx90a", "sramecc+ xnack-");
	expect("TensileLibrary_gfx803.co", GD_KERNEL_CODE_ISA, "gfx803", "");
	expect("TensileLibrary_Type_BB_HPA_Contraction_l_Ailk_Bjlk_Cijk_Dijk_CU104_gfx90a.co", GD_KERNEL_CODE_TYPE,
	       "gfx90a", "");
	expect("TensileLibrary_Type_BB_HPA_Contraction_l_Ailk_Bjlk_Cijk_Dijk_CU104_gfx90a-xnack+.hsaco",
	       GD_KERNEL_CODE_TYPE, "gfx90a", "xnack+");
	expect("TensileLibrary_Type_BB_HPA_Contraction_l_Ailk_Bjlk_Cijk_Dijk_fallback_gfx1201.hsaco",
	       GD_KERNEL_CODE_TYPE, "gfx1201", "");
	expect("extop_gfx1103.co", GD_KERNEL_CODE_EXTRA, "gfx1103", "");
	expect("hipblasltTransform_gfx942.hsaco", GD_KERNEL_CODE_EXTRA, "gfx942", "");
}

/* What belongs to a library and is for no ISA, and what does not belong to it at all. */
static void test_others(void **state)
{
	static const char *const names[] = {
		"TensileManifest.txt",
		"TensileLiteLibrary_lazy_Mapping.dat",
		"TensileLiteLibrary_lazy_gfx942_Mapping.dat",
		"hipblasltExtOpLibrary.dat",
		"hipblasltExtOpLibrary_gfx942.dat",
		"hipblasltTransform.hsaco",
		"TensileLibrary_JIT_ad7857c9cccf2981_555e7809bfd8786c.dat",
		"",
		".",
		"gfx1103",
		"_gfx1103.dat",
		"TensileLibrary",
		"TensileLibrary.co",
		"TensileLibrary_lazy_.dat",
		"TensileLibrary_lazy.dat",
		"TensileLibrary_lazy_gfx.dat",
		"TensileLibrary_lazy_gfx1.dat",
		"TensileLibrary_lazy_gfx11030.dat",
		"TensileLibrary_lazy_gfx110g.dat",
		"TensileLibrary_lazy_gfxabc.dat",
		"TensileLibrary_lazy_gfx1103.dat.bak",
		"TensileLibrary_lazy_gfx1103.dat\n",
		"TensileLibrary_lazy_gfx1103\n.dat",
		"TensileLibrary_lazy_gfx1103 .dat",
		"tensilelibrary_lazy_gfx1103.dat",
		"xTensileLibrary_lazy_gfx1103.dat",
		"TensileLibrary_lazy_gfx1103-xnack.dat",
		"TensileLibrary_Type_HH_Contraction_l_Alik_Bljk_Cijk_Dijk.dat",
		"TensileLibrary_Type_HH_Contraction_l_Alik_Bljk_Cijk_Dijk_fallback.hsaco",
		"Kernels.so-000-gfx1103.dat",
		"Kernels.so-00-gfx1103.hsaco",
		"Kernels.so-abc-gfx1103.hsaco",
		"Kernels.so-000-.hsaco",
		"extop_gfx1103.dat",
	};

	(void)state;
	for (size_t i = 0; i < GD_COUNT(names); i++) {
		struct gd_kernel_name n;

		gd_kernel_name_parse(names[i], &n);
		if (n.kind != GD_KERNEL_OTHER)
			fail_msg("%s: kind %d", names[i], (int)n.kind);
	}
}

static void test_stems(void **state)
{
	(void)state;
	expect_stem("TensileLibrary_Type_HH_Contraction_l_Alik_Bljk_Cijk_Dijk_gfx1030.dat", false,
		    "TensileLibrary_Type_HH_Contraction_l_Alik_Bljk_Cijk_Dijk");
	expect_stem("TensileLibrary_Type_BB_HPA_Contraction_l_Ailk_Bjlk_Cijk_Dijk_CU104_gfx90a.co", false,
		    "TensileLibrary_Type_BB_HPA_Contraction_l_Ailk_Bjlk_Cijk_Dijk_CU104");
	expect_stem("TensileLibrary_Type_SS_Contraction_l_Ailk_Bjlk_Cijk_Dijk_XPU_gfx942.dat", false,
		    "TensileLibrary_Type_SS_Contraction_l_Ailk_Bjlk_Cijk_Dijk_XPU");
	expect_stem("TensileLibrary_Type_CC_Contraction_l_AlikC_BljkC_Cijk_Dijk_fallback_gfx90a-xnack-.hsaco", true,
		    "TensileLibrary_Type_CC_Contraction_l_AlikC_BljkC_Cijk_Dijk");
	expect_stem("TensileLibrary_BB_BB_HA_Bias_UA_Type_BB_HPA_Contraction_l_Ailk_Bjlk_Cijk_Dijk_gfx1103.co", false,
		    "TensileLibrary_BB_BB_HA_Bias_UA_Type_BB_HPA_Contraction_l_Ailk_Bjlk_Cijk_Dijk");
}

static void test_targets(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} targets[] = {
		{ "gfx803", true },	      { "gfx90c", true },     { "gfx1250", true },  { "gfx1250-strict", true },
		{ "gfx9-4-generic", true },   { "gfx12-generic", true }, { "gfx90a-xnack+", true },
		{ "gfx9", false },	      { "gfx110X", false },   { "gfx110X-all", false }, { "gfx1103-", false },
		{ "gfx1103-xnack", false },   { "sm_86", false },     { "", false },	    { "gfx-generic", false },
		{ "gfx90a-xnack+-xnack+-xnack+-xnack+-xnack+-xnack+", false },
	};
	char isa[GD_ISA_BYTES];
	char features[GD_ISA_FEATURES_BYTES];

	(void)state;
	for (size_t i = 0; i < GD_COUNT(targets); i++)
		if (gd_tensile_target(targets[i].text, strlen(targets[i].text), isa, features) != targets[i].good)
			fail_msg("%s", targets[i].text);
}

static void expect_archive(const char *name, const char *libraries, bool good, const char *isa)
{
	char got[GD_ISA_BYTES];

	assert_int_equal(gd_kpack_name_parse(name, libraries, got), good);
	assert_string_equal(got, isa);
}

static void test_archives(void **state)
{
	(void)state;
	expect_archive("blas_lib_gfx1103.kpack", "blas_lib", true, "gfx1103");
	expect_archive("blas_lib_gfx1250-strict.kpack", "blas_lib", true, "gfx1250-strict");
	expect_archive("blas_lib_gfx110X-all.kpack", "blas_lib", true, "");
	expect_archive("blas_lib.kpack", "blas_lib", true, "");
	expect_archive("fft_lib_gfx1103.kpack", "blas_lib", false, "");
	expect_archive("blas_lib_gfx1103.tar", "blas_lib", false, "");
}

static void expect_miopen(const char *name, const char *isa, bool code)
{
	char got[GD_ISA_BYTES];
	bool got_code = false;

	if (gd_miopen_name_parse(name, got, &got_code) != (*isa != '\0') || strcmp(got, isa) || got_code != code)
		fail_msg("%s: \"%s\" %d", name, got, got_code);
}

/* Above 64 compute units their number is hexadecimal and follows at once, else decimal after an underscore. */
static void test_miopen(void **state)
{
	(void)state;
	expect_miopen("gfx90a68.kdb", "gfx90a", true);
	expect_miopen("gfx90878.HIP.fdb.txt", "gfx908", false);
	expect_miopen("gfx942130.db.txt", "gfx942", false);
	expect_miopen("gfx906_60.kdb", "gfx906", true);
	expect_miopen("gfx1030_36.db", "gfx1030", false);
	expect_miopen("gfx1030_36.HIP.fdb.txt", "gfx1030", false);
	expect_miopen("gfx1250256.db.txt", "gfx1250", false);
	expect_miopen("gfx908.tn.model", "gfx908", false);
	expect_miopen("gfx90a_ConvHipIgemmGroupXdlops_decoder.ktn.model", "gfx90a", false);
	expect_miopen("miopen.db", "", false);
	expect_miopen("gfx9.kdb", "", false);
	expect_miopen("gfx90a68.txt", "", false);
	expect_miopen("gfxabc.kdb", "", false);
	expect_miopen("", "", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_indices), cmocka_unit_test(test_code),	 cmocka_unit_test(test_others),
		cmocka_unit_test(test_stems),	cmocka_unit_test(test_targets),
		cmocka_unit_test(test_archives), cmocka_unit_test(test_miopen),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
