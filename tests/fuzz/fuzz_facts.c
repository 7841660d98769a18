/* SPDX-License-Identifier: MIT */
/* Fact text: what is taken, printed and read back stays the same. */
#include <string.h>

#include "fact/text.h"
#include "probe/probe.h"
#include "tests/fuzz/fuzz.h"

static const char *const seeds[] = { "tests/fuzz/seeds/facts/*", NULL };
static const char *const words[] = {
	"table gpu complete\n", "table gpu incomplete denied \"d\" fix \"f\"\n", "row\n", " absent",
	" unknown asleep \"d\" fix \"f\"", " = ", " @ \"/x\"", "true", "false", "\\x41", "\\\"",
	"  id = \"x\" @ \"y\"\n", "  cu_count = 3\n", "end\n", "#", NULL,
};
const struct gd_fuzz_target gd_fuzz_target = { .name = "facts", .seeds = seeds, .words = words, .runs = 3000 };

static const struct gd_text_options all = { .show_private = true };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	GD_CLEANUP(gd_facts_freep) struct gd_facts *facts = gd_facts_new();
	GD_CLEANUP(gd_facts_freep) struct gd_facts *again = gd_facts_new();
	gd_autobuf once = { 0 };
	gd_autobuf twice = { 0 };
	struct gd_err err = { "" };
	int r;

	gd_probes_declare(facts);
	gd_probes_declare(again);
	if (gd_text_parse(facts, "input", (const char *)data, size, &err) < 0) {
		/* What was read before a refusal is nobody's: it may hold the very row that was refused. */
		FUZZ_ASSERT(err.text[0], "a refusal says why");
		return 0;
	}
	gd_text_print(facts, &all, &once);
	r = gd_text_parse(again, "printed", gd_buf_peek(&once), once.len, &err);
	FUZZ_ASSERT(r == 0, "%s", err.text);
	gd_text_print(again, &all, &twice);
	FUZZ_ASSERT(!strcmp(gd_buf_peek(&once), gd_buf_peek(&twice)), "printed and read back:\n%s----\n%s",
		    gd_buf_peek(&once), gd_buf_peek(&twice));
	return 0;
}
