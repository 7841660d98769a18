/* SPDX-License-Identifier: MIT */
/* Which copies of ROCm are found, whose they are, and of which release. */
#include "rocm_fixture.h"

#include "forward_fixture.h"
#include "probes/rocm.h"

#if defined(__x86_64__)
#define LIB "/usr/lib/x86_64-linux-gnu"
#define ARCHITECTURE "amd64"
#else
#define LIB "/usr/lib64"
#define ARCHITECTURE "arm64"
#endif

/* ----------------------------------------------------------------- versions -- */

static void expect_number(const char *name, int64_t number)
{
	if (gd_rocm_release_number(name) != number)
		fail_msg("%s: %lld", name, (long long)gd_rocm_release_number(name));
}

/* Names of AMD's, Fedora's and Debian's packages. */
static void test_release_number(void **state)
{
	gd_autofree text = gd_rocm_release_text(70201);
	gd_autofree ten = gd_rocm_release_text(100100);

	(void)state;
	expect_number("libamdhip64.so.7.2.70201", 70201);
	expect_number("librocblas.so.5.2.70201", 70201);
	expect_number("libhsa-runtime64.so.1.15.60404", 60404);
	expect_number("librocblas.so.0.1.50700", 50700);
	expect_number("libamdhip64.so.10.1.100100", 100100);
	expect_number("libamdhip64.so.6.4.43484", 0);
	expect_number("libamdhip64.so.5.7.31921", 0);
	expect_number("librocblas.so.4.4", 0);
	expect_number("librocblas.so.4", 0);
	expect_number("librocblas.so", 0);
	expect_number("librocblas.so.70201", 0);
	expect_number("libhsa-runtime64.so.1.15.0", 0);
	expect_number("libhsa-runtime64.so.1.15.99999", 0);
	expect_number("libhsa-runtime64.so.1.15.60404x", 0);
	expect_number("libhsa-runtime64.so.1.2.3.4.60404", 0);
	expect_number("libhsa-runtime64.so.1.15.99999999999999999999", 0);
	expect_number("", 0);
	assert_string_equal(text, "7.2.1");
	assert_string_equal(ten, "10.1.0");
}

static void expect_version(const char *name, const char *version)
{
	gd_autofree is = gd_rocm_library_version(name);

	assert_string_equal(is ? is : "(none)", version);
}

static void expect_leading(const char *text, const char *version)
{
	gd_autofree is = gd_rocm_leading_version(text);

	assert_string_equal(is ? is : "(none)", version);
}

static void test_versions(void **state)
{
	(void)state;
	expect_version("librocblas.so.5.2.70201", "5.2");
	expect_version("librocblas.so.4.4", "4.4");
	expect_version("librocblas.so.4", "4");
	expect_version("libamdhip64.so.6.4.43484", "6.4.43484");
	expect_version("librocblas.so", "(none)");
	expect_version("librocblas.so.", "(none)");
	expect_version("librocblas.so.old", "(none)");
	expect_leading("7.2.1-81\n", "7.2.1");
	expect_leading("7.9.0rc20251008", "7.9.0");
	expect_leading("6.4", "6.4");
	expect_leading("7.2.", "7.2");
	expect_leading("7", "(none)");
	expect_leading("", "(none)");
	expect_leading("...", "(none)");
	expect_leading("rocm", "(none)");
	expect_leading("1.2.3.4.5", "(none)");
}

/* ------------------------------------------------------------------- places -- */

static void put_amd(const char *root_path, const char *number, const char *minor)
{
	static const char *const names[] = { "libamdhip64.so.7", "libhsa-runtime64.so.1", "librocblas.so.5" };

	for (size_t i = 0; i < GD_COUNT(names); i++) {
		gd_autofree name = gd_xasprintf("%s%s.%s", names[i], i ? ".2" : minor, number);
		gd_autofree file = gd_xasprintf("%s/lib/%s", root_path, name);
		gd_autofree alias = gd_xasprintf("%s/lib/%s", root_path, names[i]);

		put(file, "");
		put_link(alias, name);
	}
}

/* AMD's packages, the loader told of the folder by another name. */
static void test_amd(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_amd("/opt/rocm-7.2.1", "70201", ".2");
	put("/opt/rocm-7.2.1/.info/version", "7.2.1-81\n");
	put("/opt/rocm-7.2.1/lib/rocblas/library/TensileLibrary_lazy_gfx1100.dat", "");
	put_link("/opt/rocm", "rocm-7.2.1");
	put("/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n");
	put("/etc/ld.so.conf.d/10-rocm.conf", "/opt/rocm/lib\n");
	run_tree(&m);
	expect_keys(&m, "rocm_install", "/opt/rocm-7.2.1/lib");
#define ID "/opt/rocm-7.2.1/lib"
	assert_text(&m, "rocm_install", ID, "path", "/opt/rocm/lib");
	assert_text(&m, "rocm_install", ID, "kind", "amd");
	assert_text(&m, "rocm_install", ID, "found_by", "loader");
	assert_text(&m, "rocm_install", ID, "version", "7.2.1");
	assert_text(&m, "rocm_install", ID, "packager", "amd");
	assert_text(&m, "rocm_install", ID, "rocblas_file", ID "/librocblas.so.5.2.70201");
	assert_text(&m, "rocm_install", ID, "rocblas_version", "5.2");
	assert_text(&m, "rocm_install", ID, "hip_file", ID "/libamdhip64.so.7.2.70201");
	assert_text(&m, "rocm_install", ID, "hip_version", "7.2");
	assert_text(&m, "rocm_install", ID, "hsa_file", ID "/libhsa-runtime64.so.1.2.70201");
	assert_absent(&m, "rocm_install", ID, "hipblaslt_file");
	assert_text(&m, "rocm_install", ID, "loaded", "libamdhip64 libhsa-runtime64 librocblas");
	assert_absent(&m, "rocm_install", ID, "engine");
	assert_absent(&m, "rocm_install", ID, "engines");
	assert_int(&m, "rocm_install", ID, "kpack", 0);
	assert_int(&m, "rocm_install", ID, "mixed", 0);
	assert_text(&m, "rocm_install", ID, "release_numbers", "70201");
	/* No package manager was copied with the tree. */
	expect_gap(&m, "rocm_install", ID, "owner", GD_GAP_NOT_CAPTURED);
	expect_open(&m, "rocm_install", GD_GAP_NOT_CAPTURED);
	assert_text(&m, "rocm_file", ID "/librocblas.so.5.2.70201", "install", ID);
	assert_text(&m, "rocm_file", ID "/librocblas.so.5.2.70201", "library", "librocblas");
#undef ID
}

/* The libraries of one release among those of another. */
static void test_mixed(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/opt/rocm/lib/libamdhip64.so.7.2.70201", "");
	put("/opt/rocm/lib/librocblas.so.4.3.60303", "");
	run_tree(&m);
	assert_int(&m, "rocm_install", "/opt/rocm/lib", "mixed", 1);
	assert_text(&m, "rocm_install", "/opt/rocm/lib", "release_numbers", "60303 70201");
	expect_gap(&m, "rocm_install", "/opt/rocm/lib", "version", GD_GAP_AMBIGUOUS);
}

/* A rolling distribution builds single packages anew: their patch levels differ, and they fit. */
static void test_patch_levels(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/opt/rocm/lib/libamdhip64.so.7.2.70204", "");
	put("/opt/rocm/lib/libhsa-runtime64.so.1.18.70203", "");
	run_tree(&m);
	assert_int(&m, "rocm_install", "/opt/rocm/lib", "mixed", 0);
	assert_text(&m, "rocm_install", "/opt/rocm/lib", "release_numbers", "70203 70204");
	assert_text(&m, "rocm_install", "/opt/rocm/lib", "version", "7.2");
	/* One of the release before. */
	put("/opt/rocm/lib/librocblas.so.5.1.70104", "");
	run_tree(&m);
	assert_int(&m, "rocm_install", "/opt/rocm/lib", "mixed", 1);
	expect_gap(&m, "rocm_install", "/opt/rocm/lib", "version", GD_GAP_AMBIGUOUS);
}

/* A folder of a whole system is asked for names; the links there lead to all of the version. */
static void test_distribution(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/etc/os-release", "ID=debian\nVERSION_ID=13\n");
	put(LIB "/librocblas.so.4.4", "");
	put_link(LIB "/librocblas.so.4", "librocblas.so.4.4");
	put(LIB "/libamdhip64.so.6.4.43484", "");
	put_link(LIB "/libamdhip64.so.6", "libamdhip64.so.6.4.43484");
	put("/var/lib/dpkg/info/librocblas4:" ARCHITECTURE ".list", "/.\n");
	run_tree(&m);
	expect_keys(&m, "rocm_install", LIB);
	assert_text(&m, "rocm_install", LIB, "kind", "distribution");
	assert_text(&m, "rocm_install", LIB, "rocblas_file", LIB "/librocblas.so.4.4");
	assert_text(&m, "rocm_install", LIB, "hip_version", "6.4.43484");
	assert_text(&m, "rocm_install", LIB, "version", "6.4");
	assert_text(&m, "rocm_install", LIB, "packager", "debian");
	assert_text(&m, "rocm_install", LIB, "owner", "package");
	assert_text(&m, "rocm_install", LIB, "package", "librocblas4");
	assert_absent(&m, "rocm_install", LIB, "release_numbers");
}

/* One library for each family of chips. */
static void test_fedora(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/etc/os-release", "ID=fedora\n");
	put("/usr/lib64/rocm/gfx11/lib/librocblas.so.4.4", "");
	put("/usr/lib64/rocm/gfx1103/lib/librocblas.so.4.4", "");
	put("/usr/lib64/libhsa-runtime64.so.1.15.60404", "");
	put_link("/usr/lib64/libhsa-runtime64.so.1", "libhsa-runtime64.so.1.15.60404");
	run_tree(&m);
	expect_keys(&m, "rocm_install", "/usr/lib64, /usr/lib64/rocm/gfx11/lib, /usr/lib64/rocm/gfx1103/lib");
	assert_text(&m, "rocm_install", "/usr/lib64", "version", "6.4.4");
	assert_text(&m, "rocm_install", "/usr/lib64/rocm/gfx1103/lib", "kind", "distribution");
	assert_text(&m, "rocm_install", "/usr/lib64/rocm/gfx1103/lib", "packager", "fedora");
	expect_gap(&m, "rocm_install", "/usr/lib64", "owner", GD_GAP_NOT_CAPTURED);
}

static void test_arch(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/opt/rocm/lib/librocblas.so.5.2", "");
	put("/usr/lib/ollama/libggml-hip.so", "");
	put("/etc/ld.so.conf.d/rocm.conf", "/opt/rocm/lib\n");
	put("/var/lib/pacman/local/rocblas-7.2.0-1/desc", "");
	put("/var/lib/pacman/local/rocblas-tests-7.1.0-1/desc", "");
	put("/var/lib/pacman/local/rocm-core-1:7.2.0-1/desc", "");
	run_tree(&m);
	assert_text(&m, "rocm_install", "/opt/rocm/lib", "version", "7.2.0");
	assert_text(&m, "rocm_install", "/opt/rocm/lib", "packager", "arch");
	assert_text(&m, "rocm_install", "/opt/rocm/lib", "owner", "package");
	assert_text(&m, "rocm_install", "/opt/rocm/lib", "package", "rocblas");
	/* Ollama has no copy of its own here, so it takes the loader's. */
	assert_text(&m, "rocm_install", "/opt/rocm/lib", "engines", "ollama");
	assert_absent(&m, "rocm_file", "/usr/lib/ollama/libggml-hip.so", "install");
	assert_text(&m, "rocm_file", "/usr/lib/ollama/libggml-hip.so", "engine", "ollama");
}

/* Two releases of AMD's packages: the list must name the folder. */
static void test_amd_package(void **state)
{
	automachine m = { 0 };

	(void)state;
	put_amd("/opt/rocm-7.2.1", "70201", ".2");
	put_amd("/opt/rocm-7.1.0", "70100", ".1");
	put("/var/lib/dpkg/info/rocm-core7.1.0.list", "/.\n/opt\n/opt/rocm-7.1.0\n/opt/rocm-7.1.0/.info/version\n");
	put("/var/lib/dpkg/info/rocm-core.list", "/.\n/opt\n/opt/rocm-7.2.1\n/opt/rocm-7.2.1/.info/version\n");
	run_tree(&m);
	assert_text(&m, "rocm_install", "/opt/rocm-7.2.1/lib", "package", "rocm-core");
	assert_text(&m, "rocm_install", "/opt/rocm-7.1.0/lib", "package", "rocm-core7.1.0");
}

/* Ollama's bundles of every era. */
static void test_ollama(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/usr/local/lib/ollama/rocm/librocblas.so.4.3.60303", "");
	put("/usr/local/lib/ollama/rocm/libggml-hip.so", "");
	put("/usr/lib64/ollama/rocm_v7_2/libamdhip64.so.7.2.70201", "");
	put("/opt/ollama/lib/ollama/libhsa-runtime64.so.1", "");
	put("/usr/lib/ollama/cuda_v12/libcublas.so.12", "");
	run_tree(&m);
	expect_keys(&m, "rocm_install",
		    "/usr/local/lib/ollama/rocm, /usr/lib64/ollama/rocm_v7_2, /opt/ollama/lib/ollama");
	assert_text(&m, "rocm_install", "/usr/local/lib/ollama/rocm", "kind", "engine");
	assert_text(&m, "rocm_install", "/usr/local/lib/ollama/rocm", "engine", "ollama");
	assert_text(&m, "rocm_install", "/usr/local/lib/ollama/rocm", "engines", "ollama");
	assert_text(&m, "rocm_install", "/usr/local/lib/ollama/rocm", "owner", "bundle");
	assert_absent(&m, "rocm_install", "/usr/local/lib/ollama/rocm", "package");
	assert_text(&m, "rocm_install", "/usr/local/lib/ollama/rocm", "version", "6.3.3");
	assert_text(&m, "rocm_install", "/usr/local/lib/ollama/rocm", "packager", "ollama");
	assert_text(&m, "rocm_install", "/usr/lib64/ollama/rocm_v7_2", "version", "7.2.1");
	assert_text(&m, "rocm_file", "/usr/local/lib/ollama/rocm/libggml-hip.so", "install",
		    "/usr/local/lib/ollama/rocm");
}

/* TheRock's wheels and PyTorch's. */
static void test_python(void **state)
{
	automachine m = { 0 };

	(void)state;
#define SITE "/usr/local/lib/python3.12/site-packages"
	put(SITE "/_rocm_sdk_core/lib/libamdhip64.so.7", "");
	put(SITE "/_rocm_sdk_core/.info/version", "7.9.0rc20251008\n");
	put(SITE "/_rocm_sdk_libraries_gfx110X_all/lib/librocblas.so.5", "");
	put(SITE "/_rocm_sdk_libraries_gfx110X_all/.kpack/blas_lib_gfx1103.kpack", "");
	put(SITE "/torch/lib/librocblas.so", "");
	put(SITE "/torch/lib/libtorch_hip.so", "");
	put(SITE "/torch/version.py", "from typing import Optional\n__version__ = '2.9.0+rocm6.4'\n"
				      "hip: Optional[str] = '6.4.43482-0f2d60242'\n");
	run_tree(&m);
	expect_keys(&m, "rocm_install",
		    SITE "/torch/lib, " SITE "/_rocm_sdk_core/lib, " SITE "/_rocm_sdk_libraries_gfx110X_all/lib");
	assert_text(&m, "rocm_install", SITE "/torch/lib", "kind", "python");
	assert_text(&m, "rocm_install", SITE "/torch/lib", "engine", "pytorch");
	assert_text(&m, "rocm_install", SITE "/torch/lib", "version", "6.4");
	expect_gap(&m, "rocm_install", SITE "/torch/lib", "rocblas_version", GD_GAP_NO_SOURCE);
	assert_text(&m, "rocm_install", SITE "/_rocm_sdk_core/lib", "version", "7.9.0");
	assert_text(&m, "rocm_install", SITE "/_rocm_sdk_core/lib", "packager", "therock");
	assert_int(&m, "rocm_install", SITE "/_rocm_sdk_core/lib", "kpack", 0);
	assert_int(&m, "rocm_install", SITE "/_rocm_sdk_libraries_gfx110X_all/lib", "kpack", 1);
	assert_text(&m, "rocm_install", SITE "/_rocm_sdk_libraries_gfx110X_all/lib", "owner", "bundle");
	assert_text(&m, "rocm_file", SITE "/torch/lib/libtorch_hip.so", "engine", "pytorch");
#undef SITE
}

/* Homes, of the caller and of a service; another user's may be closed. */
static void test_homes(void **state)
{
	automachine m = { 0 };
	static const char text[] =
		"env HOME = /home/u\n"
		"dir /home\n|u\n|v\n|w\n|.w\nstat /home/v" DIR "stat /home/w" CLOSED "stat /home/.w" DIR
		"stat /home/v/llama.cpp" DIR "dir /home/v/llama.cpp\n|build\n"
		"dir /home/v/llama.cpp/build/bin\n|libggml-hip.so\n|librocblas.so.5\n"
		"stat /home/w/llama.cpp" DIR "dir /home/w/llama.cpp\n|build\n"
		"dir /home/w/llama.cpp/build/bin\n|libggml-hip.so\n|librocblas.so.5\n"
		"stat /home/u/.lmstudio/extensions/backends" DIR "stat /home/u/.cache/lemonade" DIR
		"stat /var/lib/lemonade/.cache/lemonade" DIR
		"dir /home/u/.lmstudio/extensions/backends/vendor\n|linux-llama-rocm-vendor-v4\n|linux-cuda\n"
		"dir /home/u/.lmstudio/extensions/backends/vendor/linux-llama-rocm-vendor-v4\n|librocblas.so.4\n"
		"dir /home/u/.cache/lemonade/bin/therock\n|gfx1151-7.13.0\n"
		"dir /home/u/.cache/lemonade/bin/therock/gfx1151-7.13.0/lib\n|libamdhip64.so.7\n"
		"dir /var/lib/lemonade/.cache/lemonade/bin/llamacpp\n|rocm\n|vulkan\n"
		"dir /var/lib/lemonade/.cache/lemonade/bin/llamacpp/rocm\n|libggml-hip.so\n|libhipblaslt.so.1\n";

	(void)state;
	run_rocm(&m, open_entries(text), NULL);
	expect_keys(&m, "rocm_install",
		    "/home/u/.cache/lemonade/bin/therock/gfx1151-7.13.0/lib, "
		    "/var/lib/lemonade/.cache/lemonade/bin/llamacpp/rocm, "
		    "/home/u/.lmstudio/extensions/backends/vendor/linux-llama-rocm-vendor-v4, "
		    "/home/v/llama.cpp/build/bin");
	assert_text(&m, "rocm_install", "/home/v/llama.cpp/build/bin", "engine", "llama.cpp");
	assert_text(&m, "rocm_file", "/home/v/llama.cpp/build/bin/libggml-hip.so", "engine", "llama.cpp");
	assert_text(&m, "rocm_install", "/home/u/.cache/lemonade/bin/therock/gfx1151-7.13.0/lib", "version", "7.13.0");
	assert_text(&m, "rocm_install", "/home/u/.cache/lemonade/bin/therock/gfx1151-7.13.0/lib", "engine", "lemonade");
	assert_text(&m, "rocm_install", "/home/u/.lmstudio/extensions/backends/vendor/linux-llama-rocm-vendor-v4",
		    "engine", "lm-studio");
}

/* In a tree nobody's home is the caller's: all that are in it are searched, and what containers store is not. */
static void test_homes_of_tree(void **state)
{
	automachine m = { 0 };

	(void)state;
	put("/home/a/llama.cpp/build-rocm/bin/libggml-hip.so.0", "");
	put("/home/b/.venv/lib/python3.12/site-packages/torch/lib/librocblas.so", "");
	put("/root/src/llama.cpp/build/bin/librocblas.so.4", "");
	put("/home/a/.local/share/containers/storage/overlay/1/diff/opt/rocm/lib/librocblas.so.4", "");
	put("/var/lib/docker/overlay2/1/diff/usr/lib/ollama/rocm/librocblas.so.4", "");
	put("/var/lib/containerd/opt/rocm/lib/librocblas.so.4", "");
	run_tree(&m);
	expect_keys(&m, "rocm_install",
		    "/home/b/.venv/lib/python3.12/site-packages/torch/lib, /root/src/llama.cpp/build/bin");
	expect_keys(&m, "rocm_file",
		    "/home/b/.venv/lib/python3.12/site-packages/torch/lib/librocblas.so, "
		    "/home/a/llama.cpp/build-rocm/bin/libggml-hip.so.0, "
		    "/root/src/llama.cpp/build/bin/librocblas.so.4");
	assert_text(&m, "rocm_file", "/home/a/llama.cpp/build-rocm/bin/libggml-hip.so.0", "engine", "llama.cpp");
}

/* ------------------------------------------------------------------- loader -- */

/* Each library is the first one along the loader's way. */
static void test_loaded(void **state)
{
	automachine m = { 0 };
	static const char text[] = "env LD_LIBRARY_PATH = relative:/home/u/rocBLAS/build/library/src\n"
				   "dir /home/u/rocBLAS/build/library/src\n|librocblas.so.5\n|librocblas.so.5.2\n"
				   "stat /home/u/rocBLAS/build/CMakeCache.txt" STAT
				   "file /etc/ld.so.conf\n|/opt/rocm/lib\n"
				   "dir /opt/rocm/lib\n|librocblas.so.5\n|libamdhip64.so.7\n|libhsa-runtime64.so.1\n"
				   "dir /opt/rocm-6.3.3/lib\n|libamdhip64.so.6\n"
				   "dir /opt\n|rocm\n|rocm-6.3.3\n";

	(void)state;
	run_rocm(&m, open_entries(text), NULL);
	expect_keys(&m, "rocm_install", "/home/u/rocBLAS/build/library/src, /opt/rocm/lib, /opt/rocm-6.3.3/lib");
	assert_text(&m, "rocm_install", "/home/u/rocBLAS/build/library/src", "found_by", "LD_LIBRARY_PATH");
	assert_text(&m, "rocm_install", "/home/u/rocBLAS/build/library/src", "kind", "other");
	assert_text(&m, "rocm_install", "/home/u/rocBLAS/build/library/src", "owner", "hand-made");
	assert_text(&m, "rocm_install", "/home/u/rocBLAS/build/library/src", "loaded", "librocblas");
	assert_text(&m, "rocm_install", "/opt/rocm/lib", "loaded", "libamdhip64 libhsa-runtime64");
	assert_absent(&m, "rocm_install", "/opt/rocm-6.3.3/lib", "loaded");
	assert_text(&m, "rocm_install", "/opt/rocm-6.3.3/lib", "found_by", "/opt");
	assert_text(&m, "rocm_install", "/opt/rocm-6.3.3/lib", "version", "6.3.3");
}

/* What a service is started with leads to places that nobody would search. */
static void test_settings(void **state)
{
	automachine m = { 0 };
	static const char *const settings[] = { "LD_LIBRARY_PATH", "/srv/rocblas:/nowhere", "ROCM_PATH", "/srv/rocm",
						"HIP_PATH",	   "relative",		    NULL };

	(void)state;
	put("/srv/rocblas/librocblas.so.5", "");
	put("/srv/rocm/lib/libamdhip64.so.7", "");
	put("/relative/lib/libamdhip64.so.7", "");
	run_rocm(&m, open_tree(), settings);
	expect_keys(&m, "rocm_install", "/srv/rocblas, /srv/rocm/lib");
	assert_text(&m, "rocm_install", "/srv/rocblas", "found_by", "LD_LIBRARY_PATH");
	assert_absent(&m, "rocm_install", "/srv/rocblas", "loaded");
	assert_text(&m, "rocm_install", "/srv/rocm/lib", "found_by", "ROCM_PATH");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_release_number),
		cmocka_unit_test(test_versions),
		TEST(test_amd),
		TEST(test_mixed),
		TEST(test_patch_levels),
		TEST(test_distribution),
		TEST(test_fedora),
		TEST(test_arch),
		TEST(test_amd_package),
		TEST(test_ollama),
		TEST(test_python),
		cmocka_unit_test(test_homes),
		TEST(test_homes_of_tree),
		cmocka_unit_test(test_loaded),
		TEST(test_settings),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
