/* SPDX-License-Identifier: MIT */
/* CSV tables. */
#include <string.h>

#include "base/csv.h"
#include "tests/fuzz/fuzz.h"

static const char *const seeds[] = { "tests/fuzz/seeds/csv/*", "data/gpu-db/*.csv", NULL };
static const char *const words[] = {
	",", "\"", "\"\"", "\r\n", "\"a,b\"", "\"a\nb\"", ",,", NULL,
};
const struct gd_fuzz_target gd_fuzz_target = { .name = "csv", .seeds = seeds, .words = words, .runs = 3000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gd_csv t;
	struct gd_err err = { "" };
	int r = gd_csv_parse(&t, "input", (const char *)data, size, &err);
	size_t bytes = 0;
	unsigned line = 0;

	FUZZ_ASSERT(r == 0 || err.text[0], "a refusal says why");
	for (size_t i = 0; !r && i < t.rows; i++) {
		FUZZ_ASSERT(t.lines[i] > line, "row %zu", i);
		line = t.lines[i];
		for (size_t c = 0; c < t.columns; c++)
			bytes += strlen(gd_csv_peek(&t, i, (int)c));
	}
	FUZZ_ASSERT(bytes <= size, "%zu bytes of cells", bytes);
	if (!r && t.columns)
		FUZZ_ASSERT(gd_csv_column(&t, t.cells[0]) == 0, "%s", t.cells[0]);
	gd_csv_free(&t);
	return 0;
}
