/* SPDX-License-Identifier: MIT */
/* The lines of a capture that tell what a binary file holds: what is taken is printed as it was. */
#include "base/alloc.h"
#include "tests/fuzz/object_input.h"

static const char *const seeds[] = { "tests/fuzz/seeds/object_text/*", NULL };
static const char *const words[] = {
	"kind elf\n", "kind kpack\n", "size 1\n", "class 64\n", "machine 62\n", "soname ", "needed ", "rpath ",
	"runpath ", "fatbin 1\n", "kpack\n", "archive ", "bundles 1\n", "compressed 1 3\n", "target gfx1103 1 1\n",
	"target gfx90a:sramecc+:xnack- 2 3\n", "solutions 0\n", "fault ", ":xnack+", "-generic", NULL,
};
const struct gd_fuzz_target gd_fuzz_target = { .name = "object_text", .seeds = seeds, .words = words, .runs = 4000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gd_autofree text = gd_xstrndup((const char *)data, size);
	gd_autoobject o = { 0 };
	gd_autobuf printed = { 0 };

	if (gd_object_parse(text, &o) < 0) {
		FUZZ_ASSERT(!o.targets && !o.fault && !o.needed.count, "a refusal leaves nothing behind");
		return 0;
	}
	gd_object_print(&o, &printed);
	FUZZ_ASSERT(!strcmp(gd_buf_peek(&printed), text), "%s----\n%s", text, gd_buf_peek(&printed));
	for (size_t i = 0; i < o.target_count; i++)
		FUZZ_ASSERT(gd_target_covers(&o.targets[i].target, o.targets[i].target.isa), "%s",
			    o.targets[i].target.isa);
	check_text(&o);
	return 0;
}
