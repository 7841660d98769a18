/* SPDX-License-Identifier: MIT */
/* Names of kernel files and libraries, one a line, as the files of one folder. */
#include <string.h>

#include "base/alloc.h"
#include "base/strv.h"
#include "probes/rocm.h"
#include "probes/tensile_tally.h"
#include "tests/fuzz/fuzz.h"

static const char *const seeds[] = { "tests/fuzz/seeds/kernels/*", NULL };
static const char *const words[] = {
	"gfx",	    "_gfx1103", "-gfx90a",	  "-xnack+", "-sramecc-", "-generic",	"-strict", "_fallback", ".dat",
	".co",	    ".hsaco",	".zlib",	  ".yaml",   ".kpack",	  "blas_lib_",	".kdb",	   ".so.",	"70201",
	"TensileLibrary_lazy_gfx906.dat", "TensileLibrary", "_Type_", "_Contraction_", "Kernels.so-000-", NULL,
};
const struct gd_fuzz_target gd_fuzz_target = { .name = "kernels", .seeds = seeds, .words = words, .runs = 3000 };

static void check_piece(const char *name, const char *piece, size_t len)
{
	if (piece)
		FUZZ_ASSERT(piece >= name && piece + len <= name + strlen(name), "a piece is outside of \"%s\"", name);
	else
		FUZZ_ASSERT(!len, "no piece, and %zu bytes of it", len);
}

static void check_isa(const char *isa)
{
	char again[GD_ISA_BYTES];
	char features[GD_ISA_FEATURES_BYTES];

	if (!*isa)
		return;
	FUZZ_ASSERT(strlen(isa) < GD_ISA_BYTES, "\"%s\" is too long", isa);
	FUZZ_ASSERT(gd_tensile_target(isa, strlen(isa), again, features), "\"%s\" is no target", isa);
	FUZZ_ASSERT(!strcmp(isa, again) && !*features, "\"%s\" becomes \"%s\"", isa, again);
}

static void add(struct gd_tally *t, const char *name)
{
	struct gd_kernel_name n;
	char isa[GD_ISA_BYTES];
	bool code = false;

	gd_kernel_name_parse(name, &n);
	check_isa(n.isa);
	check_piece(name, n.stem, n.stem_len);
	FUZZ_ASSERT(strlen(n.features) < GD_ISA_FEATURES_BYTES, "too many features in \"%s\"", name);
	gd_tally_add(t, &n, "");
	if (gd_kpack_name_parse(name, "blas_lib", isa)) {
		check_isa(isa);
		gd_tally_add_archive(t, isa);
	}
	if (gd_miopen_name_parse(name, isa, &code))
		FUZZ_ASSERT(strlen(isa) >= 6 && strlen(isa) <= 7, "\"%s\" of \"%s\"", isa, name);
}

static void check_tally(const struct gd_tally *t)
{
	size_t types = 0;

	FUZZ_ASSERT(t->count <= GD_TALLY_ISAS, "%zu ISAs", t->count);
	for (size_t i = 0; i < t->count; i++) {
		const struct gd_isa_tally *isa = &t->isas[i];
		const char *status = gd_isa_status_peek(t, isa);
		gd_autofree lacks = gd_isa_lacks(t, isa);

		types += isa->tuned + isa->fallback + isa->without_code + isa->without_index;
		FUZZ_ASSERT(!gd_isa_is_usable(t, isa) || gd_isa_has_index(t, isa), "%s: no index", isa->isa);
		FUZZ_ASSERT(gd_isa_is_usable(t, isa) || !strcmp(status, "partial"), "%s: %s", isa->isa, status);
		FUZZ_ASSERT(!lacks == (strcmp(status, "partial") != 0), "%s is %s and lacks %s", isa->isa, status,
			    lacks ? lacks : "nothing");
		if (i)
			FUZZ_ASSERT(gd_isa_compare(t->isas[i - 1].isa, isa->isa) < 0, "%s is out of order",
				    isa->isa);
	}
	FUZZ_ASSERT(types <= t->files, "%zu types in %zu files", types, t->files);
}

static void parse_versions(const char *name)
{
	gd_autofree version = gd_rocm_library_version(name);
	gd_autofree leading = gd_rocm_leading_version(name);
	int64_t number = gd_rocm_release_number(name);

	FUZZ_ASSERT(number >= 0 && number < 1000000, "%lld of \"%s\"", (long long)number, name);
	FUZZ_ASSERT(!number || version, "\"%s\" is of a release and has no version", name);
	FUZZ_ASSERT(!version || strstr(name, version), "\"%s\" is not in \"%s\"", version, name);
	FUZZ_ASSERT(!leading || !strncmp(name, leading, strlen(leading)), "\"%s\" does not start with \"%s\"", name,
		    leading);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gd_autofree text = gd_xstrndup((const char *)data, size);
	GD_CLEANUP(gd_tally_free) struct gd_tally t = { 0 };
	gd_autostrv names = { 0 };

	gd_strv_split(&names, text, "\n");
	for (size_t i = 0; i < names.count; i++) {
		add(&t, names.items[i]);
		parse_versions(names.items[i]);
	}
	gd_tally_close(&t);
	check_tally(&t);
	return 0;
}
