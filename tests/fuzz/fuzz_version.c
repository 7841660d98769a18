/* SPDX-License-Identifier: MIT */
/* Versions, one a line: their order must be an order, or sorting and ranges make no sense. */
#include <string.h>

#include "base/alloc.h"
#include "base/strv.h"
#include "base/version.h"
#include "tests/fuzz/fuzz.h"

static const char *const seeds[] = { "tests/fuzz/seeds/version/*", NULL };
static const char *const words[] = {
	"~", "-rc1", "-rc", "^", "-", ".", "..", "6.10", "06", "a", "Z", "+", "_", "rc", NULL,
};
const struct gd_fuzz_target gd_fuzz_target = { .name = "version", .seeds = seeds, .words = words, .runs = 2000 };

enum { MAX_VERSIONS = 12 };

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void compare_three(const char *a, const char *b, const char *c)
{
	int ab = sign(gd_version_compare(a, b));
	int bc = sign(gd_version_compare(b, c));
	int ac = sign(gd_version_compare(a, c));

	if (ab <= 0 && bc <= 0)
		FUZZ_ASSERT(ac <= 0 && (ac < 0 || (!ab && !bc)), "\"%s\" <= \"%s\" <= \"%s\", but %d", a, b, c, ac);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gd_autofree text = gd_xstrndup((const char *)data, size);
	gd_autostrv v = { 0 };

	gd_strv_split(&v, text, "\n");
	if (v.count > MAX_VERSIONS) {
		for (size_t i = MAX_VERSIONS; i < v.count; i++)
			free(v.items[i]);
		v.count = MAX_VERSIONS;
	}
	for (size_t i = 0; i < v.count; i++) {
		FUZZ_ASSERT(!gd_version_compare(v.items[i], v.items[i]), "\"%s\" is not itself", v.items[i]);
		FUZZ_ASSERT(gd_version_has_prefix(v.items[i], v.items[i]), "\"%s\" is not itself", v.items[i]);
		for (size_t j = 0; j < v.count; j++) {
			FUZZ_ASSERT(sign(gd_version_compare(v.items[i], v.items[j])) ==
					    -sign(gd_version_compare(v.items[j], v.items[i])),
				    "\"%s\" and \"%s\" both ways", v.items[i], v.items[j]);
			for (size_t k = 0; k < v.count; k++)
				compare_three(v.items[i], v.items[j], v.items[k]);
		}
	}
	return 0;
}
